/* A story is whole JSON whatever happens, has its end, and holds no secret. */
#include "base/json.h"
#include "bot/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET_URL "https://hooks.slack.com/commands/T1/2/secret"

static const struct job some_job = {
    .id = "abc123",
    .command = { .team_id = "T1",
                 .channel_id = "C1",
                 .channel_name = "padaria",
                 .user_id = "U1",
                 .text = "sol \"quoted\" \x1b[31m\xff",
                 .response_url = SECRET_URL,
                 .trigger_id = "trigger-secret" },
    .accepted_real_ms = 1795273200123,
    .attempt = 2,
    .crashes = 1,
    .posts = 1,
};

static const struct upstream_event good_call = { .platform = "meta",
                                                 .what = "insights",
                                                 .account = "act_10",
                                                 .try = 1,
                                                 .status = 200,
                                                 .took_ms = 88,
                                                 .bytes = 1234,
                                                 .retry_in_ms = -1,
                                                 .error = "" };

static const cJSON *read_line(struct arena *arena, const struct story *story)
{
    struct error err = { 0 };
    struct bytes line = story_line(arena, story, &some_job, "host:1", "done", NULL);
    const cJSON *root = json_parse(arena, line.data, line.len, &err);

    if (!root)
        fail_msg("%s: %s", err.log, line.data);
    assert_true(line.len <= STORY_LINE_MAX);
    assert_null(memchr(line.data, '\n', line.len));
    return root;
}

static const cJSON *event_at(const cJSON *root, int at)
{
    const cJSON *event = cJSON_GetArrayItem(json_get(root, "events"), at);

    assert_non_null(event);
    return event;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static int number_of(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);

    assert_true(cJSON_IsNumber(item));
    return (int)item->valuedouble;
}

static void an_attempt_is_one_line_of_json(void **state)
{
    struct story story;
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    story_begin(&story, arena, STORY_JOB_MAX);
    STORY(&story, "board", LOG_I("clients", 47), LOG_S("error", ""), LOG_S("none", NULL));
    const cJSON *root = read_line(arena, &story);
    assert_string_equal(text_of(root, "id"), "abc123");
    assert_int_equal(number_of(root, "attempt"), 2);
    assert_int_equal(number_of(root, "crashes"), 1);
    assert_int_equal(number_of(root, "posts_before"), 1);
    assert_string_equal(text_of(root, "accepted_at"), "2026-11-21T15:00:00.123Z");
    assert_string_equal(text_of(json_get(root, "command"), "text"),
                        "sol \"quoted\" \x1b[31m\uFFFD");
    assert_null(json_get(root, "left_out"));
    assert_int_equal(number_of(event_at(root, 0), "clients"), 47);
    assert_null(json_get(event_at(root, 0), "error"));
    assert_null(json_get(event_at(root, 0), "none"));
}

static void no_secret_is_in_it(void **state)
{
    struct story story;
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    story_begin(&story, arena, STORY_JOB_MAX);
    struct bytes line = story_line(arena, &story, &some_job, "host:1", "dead", "why");
    assert_null(strstr(line.data, "hooks.slack.com"));
    assert_null(strstr(line.data, "secret"));
}

static void a_call_says_what_it_cost_and_what_it_brought(void **state)
{
    struct story story;
    scoped_arena struct arena *arena = arena_create();
    struct upstream_event bad = good_call;

    (void)state;
    bad.status = 0;
    bad.kind = ERR_TIMEOUT;
    bad.error = "no answer";
    bad.retry_in_ms = 500;
    bad.account = NULL;
    story_begin(&story, arena, STORY_JOB_MAX);
    story_call(&story, &good_call, false);
    story_call(&story, &bad, true);
    const cJSON *root = read_line(arena, &story), *first = event_at(root, 0);
    assert_string_equal(text_of(first, "account"), "act_10");
    assert_int_equal(number_of(first, "status"), 200);
    assert_int_equal(number_of(first, "took_ms"), 88);
    assert_null(json_get(first, "kind"));
    assert_null(json_get(first, "retry_in_ms"));
    assert_null(json_get(first, "shared"));
    const cJSON *second = event_at(root, 1);
    assert_string_equal(text_of(second, "kind"), "timeout");
    assert_int_equal(number_of(second, "retry_in_ms"), 500);
    assert_null(json_get(second, "account"));
    assert_true(cJSON_IsTrue(json_get(second, "shared")));
}

/* Calls without end leave room for the steps behind them, and everything for whole JSON. */
static void what_does_not_fit_is_counted(void **state)
{
    struct story story;
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    story_begin(&story, arena, STORY_JOB_MAX);
    for (int i = 0; i < 2000; i++)
        story_call(&story, &good_call, false);
    int calls_left_out = story.left_out;
    assert_in_range(calls_left_out, 1, 1999);
    STORY(&story, "reply", LOG_S("outcome", "taken"));
    assert_int_equal(story.left_out, calls_left_out);
    const cJSON *root = read_line(arena, &story), *events = json_get(root, "events");
    assert_int_equal(number_of(root, "left_out"), calls_left_out);
    assert_string_equal(text_of(event_at(root, cJSON_GetArraySize(events) - 1), "event"), "reply");
    for (int i = 0; i < 2000; i++)
        STORY(&story, "step", LOG_S("text", "a text of some length, again and again"));
    root = read_line(arena, &story);
    assert_int_equal(cJSON_GetArraySize(json_get(root, "events")) + story.left_out, 4001);
}

static void any_room_gives_whole_json(void **state)
{
    (void)state;
    for (size_t max = 0; max < 600; max++) {
        struct story story;
        scoped_arena struct arena *arena = arena_create();

        story_begin(&story, arena, max);
        STORY(&story, "board", LOG_I("clients", 47));
        story_call(&story, &good_call, false);
        STORY(&story, "reply", LOG_S("outcome", "taken"));
        assert_true(story.events.len <= max);
        const cJSON *events = json_get(read_line(arena, &story), "events");
        assert_int_equal(cJSON_GetArraySize(events) + story.left_out, 3);
    }
}

static void a_story_that_was_never_begun_keeps_nothing(void **state)
{
    struct story story = { 0 };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    STORY(&story, "board", LOG_I("clients", 47));
    story_call(&story, &good_call, true);
    assert_int_equal(story.left_out, 2);
    assert_int_equal(story.events.len, 0);
    assert_null(story.events.data);
    read_line(arena, &story);
}

static void a_long_text_is_cut_between_two_characters(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        struct story story;
        scoped_arena struct arena *arena = arena_create();
        char text[4096];

        memset(text, 'x', lead);
        for (size_t at = lead; at + 4 < sizeof(text); at += 4)
            memcpy(text + at, "\U0001F600", 5);
        story_begin(&story, arena, STORY_JOB_MAX);
        STORY(&story, "step", LOG_S("text", text));
        const char *got = text_of(event_at(read_line(arena, &story), 0), "text");
        assert_in_range(strlen(got), 590, 600);
        assert_null(strstr(got, "\uFFFD"));
    }
}

/* Slack would not send them, but whoever has its secret could: the story is JSON all the same. */
static void a_command_of_long_words_is_a_story_too(void **state)
{
    struct story story;
    scoped_arena struct arena *arena = arena_create();
    struct job job = some_job;
    struct error err = { 0 };
    static char words[60000];

    (void)state;
    memset(words, '\x1b', sizeof(words) - 1);
    job.command = (struct command){ words, words, words, words, words, SECRET_URL, "t" };
    story_begin(&story, arena, STORY_JOB_MAX);
    for (int i = 0; i < 2000; i++)
        STORY(&story, "step", LOG_S("what", words));
    assert_true(story.left_out > 0);
    struct bytes line = story_line(arena, &story, &job, "host:1", "dead", words);
    const cJSON *root = json_parse(arena, line.data, line.len, &err);
    assert_non_null(root);
    assert_string_not_equal(text_of(json_get(root, "command"), "channel_name"), "");
    assert_non_null(json_get(root, "left_out"));
}

static void a_fetch_is_told_to_each_of_its_askers(void **state)
{
    struct story fetch, own, joined, remembered;
    scoped_arena struct arena *arena = arena_create();
    struct telling telling = { .receipt = "maker1", .made_real_ms = 1795273200123 };

    (void)state;
    story_begin(&fetch, arena, STORY_FETCH_MAX);
    for (int i = 0; i < 1000; i++)
        story_call(&fetch, &good_call, false);
    telling.fetched = &fetch;
    story_begin(&own, arena, STORY_JOB_MAX);
    story_fetched(&own, &telling, "maker1");
    story_begin(&joined, arena, STORY_JOB_MAX);
    story_fetched(&joined, &telling, "abc123");
    telling.fetched = NULL;
    story_begin(&remembered, arena, STORY_JOB_MAX);
    story_fetched(&remembered, &telling, "abc123");

    const cJSON *report = event_at(read_line(arena, &own), 0);
    assert_string_equal(text_of(report, "how"), "fetched");
    assert_int_equal(number_of(report, "left_out") + cJSON_GetArraySize(json_get(report, "events")),
                     1000);
    report = event_at(read_line(arena, &joined), 0);
    assert_string_equal(text_of(report, "how"), "joined");
    assert_string_equal(text_of(report, "made_by"), "maker1");
    assert_true(cJSON_GetArraySize(json_get(report, "events")) > 50);
    report = event_at(read_line(arena, &remembered), 0);
    assert_string_equal(text_of(report, "how"), "remembered");
    assert_string_equal(text_of(report, "made_at"), "2026-11-21T15:00:00.123Z");
    assert_null(json_get(report, "events"));
}

/* Before the platforms gave a report, and of a report that an older raiox remembered. */
static void a_telling_may_lack_everything(void **state)
{
    struct story fetch, story;
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    story_begin(&fetch, arena, STORY_FETCH_MAX);
    story_begin(&story, arena, STORY_JOB_MAX);
    story_fetched(&story, &(struct telling){ .receipt = "a", .fetched = &fetch }, "b");
    story_fetched(&story, &(struct telling){ 0 }, "b");
    const cJSON *root = read_line(arena, &story);
    assert_int_equal(cJSON_GetArraySize(json_get(event_at(root, 0), "events")), 0);
    assert_null(json_get(event_at(root, 0), "made_at"));
    assert_null(json_get(event_at(root, 1), "made_by"));
}

/* A report of more accounts and warnings than anybody reads. */
static void numbers_without_end_have_an_end(void **state)
{
    struct story story;
    scoped_arena struct arena *arena = arena_create();
    struct report report = { .as_of_real_ms = 1795273200000,
                             .timezone = "America/Sao_Paulo",
                             .month = { .elapsed = 21, .days_left = 9 } };
    struct business_manager *manager = vec_push(arena, &report.business_managers);

    (void)state;
    manager->platform = "meta";
    for (int i = 0; i < 500; i++) {
        *vec_push(arena, &manager->ad_accounts) =
            (struct ad_account){ .id = arena_printf(arena, "act_%d", i),
                                 .currency = "BRL",
                                 .timezone = "America/Argentina/ComodRivadavia",
                                 .figures = { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX } };
        *vec_push(arena, &report.warnings) = (struct warning){
            .platform = "meta", .account = "act_1", .kind = ERR_AUTH, .message = "it was refused"
        };
    }
    story_begin(&story, arena, STORY_FETCH_MAX);
    for (int i = 0; i < 1000; i++)
        story_call(&story, &good_call, false);
    int left_out = story.left_out;
    story_numbers(&story, &report);
    assert_int_equal(story.left_out, left_out);
    const cJSON *events = json_get(read_line(arena, &story), "events");
    const cJSON *numbers = cJSON_GetArrayItem(events, cJSON_GetArraySize(events) - 1);
    assert_string_equal(text_of(numbers, "event"), "numbers");
    assert_int_equal(cJSON_GetArraySize(json_get(numbers, "accounts")) +
                         number_of(numbers, "accounts_left_out"),
                     500);
    assert_int_equal(cJSON_GetArraySize(json_get(numbers, "warnings")) +
                         number_of(numbers, "warnings_left_out"),
                     500);
}

static void a_crash_names_its_worker(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };

    (void)state;
    struct bytes line = story_crash_line(arena, "host:1", 11, 0);
    const cJSON *root = json_parse(arena, line.data, line.len, &err);
    assert_string_equal(text_of(root, "result"), "crashed");
    assert_string_equal(text_of(root, "worker"), "host:1");
    assert_int_equal(number_of(root, "signal"), 11);
    line = story_crash_line(arena, "host:1", 0, 1);
    root = json_parse(arena, line.data, line.len, &err);
    assert_int_equal(number_of(root, "exit"), 1);
    assert_null(json_get(root, "signal"));
}

static void every_notice_has_a_name(void **state)
{
    (void)state;
    for (int notice = NOTICE_FETCHING; notice <= NOTICE_EXPIRED; notice++)
        assert_true(strlen(story_notice((enum notice)notice)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_is_one_line_of_json),
        cmocka_unit_test(no_secret_is_in_it),
        cmocka_unit_test(a_call_says_what_it_cost_and_what_it_brought),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(any_room_gives_whole_json),
        cmocka_unit_test(a_story_that_was_never_begun_keeps_nothing),
        cmocka_unit_test(a_long_text_is_cut_between_two_characters),
        cmocka_unit_test(a_command_of_long_words_is_a_story_too),
        cmocka_unit_test(a_fetch_is_told_to_each_of_its_askers),
        cmocka_unit_test(a_telling_may_lack_everything),
        cmocka_unit_test(numbers_without_end_have_an_end),
        cmocka_unit_test(a_crash_names_its_worker),
        cmocka_unit_test(every_notice_has_a_name),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
