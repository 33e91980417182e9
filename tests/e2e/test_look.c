/*
 * Who looks inside: raiox queue and its subcommands, raiox why, and one command followed through
 * the logs of all processes by its receipt.
 */
#include "tests/support/world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#define ANALYST "U0ANALISTA"
#define SLACK_REFUSES "{\"service\":\"slack\",\"kind\":\"fixed\",\"status\":403}"
#define SLACK_THROTTLES                                                                            \
    "{\"service\":\"slack\",\"kind\":\"throttle\",\"times\":1,\"retry_after_s\":1}"

#define assert_says(text, ...) says_((text), (const char *const[]){ __VA_ARGS__, NULL })
static void says_(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strstr(text, *words))
            fail_msg("\"%s\" is not in: %s", *words, text);
}

/* The receipt of the next line of this event. */
static const char *receipt(struct world *world, size_t *from, const char *event)
{
    const char *line = world_wait_log(world, &world->run, from, event);
    const char *id = world_log_field(world, line, "id");

    assert_non_null(id);
    return id;
}

/* What a command that must go well says as JSON. */
static const cJSON *told_(struct world *world, const char *const *words)
{
    struct error err = { 0 };
    struct world_result result = world_raiox_(world, words);
    const cJSON *root = json_parse(world->arena, result.out, strlen(result.out), &err);

    if (result.status != 0 || !root)
        fail_msg("status %d, %s%s", result.status, result.out, result.err);
    return root;
}
#define told(world, ...) told_((world), (const char *const[]){ __VA_ARGS__, NULL })

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static int number_of(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);

    if (!cJSON_IsNumber(item))
        fail_msg("no number \"%s\"", name);
    return (int)item->valuedouble;
}

static const cJSON *attempt_of(const cJSON *story, int at)
{
    const cJSON *attempt = cJSON_GetArrayItem(json_get(story, "attempts"), at);

    if (!attempt)
        fail_msg("no attempt %d", at);
    return attempt;
}

/* The first of the events whose members have these texts; NULL: none. */
static const cJSON *find_event(const cJSON *owner, const char *name, const char *text,
                               const char *other_name, const char *other_text)
{
    const cJSON *events = json_get(owner, "events");

    for (const cJSON *event = events ? events->child : NULL; event; event = event->next)
        if (strcmp(text_of(event, name), text) == 0 &&
            strcmp(text_of(event, other_name), other_text) == 0)
            return event;
    return NULL;
}

static const cJSON *event_of(const cJSON *owner, const char *event)
{
    return find_event(owner, "event", event, "event", event);
}

static const cJSON *call_of(const cJSON *owner, const char *platform, const char *what)
{
    return find_event(owner, "platform", platform, "what", what);
}

/* Is it among the dead? The log says so a moment earlier. */
static bool is_dead(struct world *world, void *arg)
{
    return world_raiox(world, "queue", "dead", arg).status == 0;
}

/* ---- why ---- */

static void a_story_goes_from_the_command_to_its_reply(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_ask(world, "C0123", ANALYST, "publico");
    const char *id = receipt(world, &from, "\"job done\"");
    assert_says(world_body(world, world_taken_reply(world, 0)), id);
    const cJSON *story = told(world, "why", id, "--json"), *attempt = attempt_of(story, 0);
    assert_string_equal(text_of(story, "id"), id);
    assert_string_equal(text_of(attempt, "result"), "done");
    assert_int_equal(number_of(attempt, "attempt"), 1);
    assert_string_equal(text_of(json_get(attempt, "command"), "text"), "publico");
    assert_string_equal(text_of(json_get(attempt, "command"), "user_id"), ANALYST);
    assert_true(cJSON_IsTrue(json_get(call_of(attempt, "monday", "board"), "shared")));
    assert_string_equal(text_of(event_of(attempt, "client"), "name"), "Padaria Sol");
    assert_string_equal(text_of(event_of(attempt, "mark"), "as"), "posting");
    assert_string_equal(text_of(event_of(attempt, "reply"), "outcome"), "taken");

    const cJSON *report = event_of(attempt, "report"), *numbers = event_of(report, "numbers");
    assert_string_equal(text_of(report, "how"), "fetched");
    assert_int_equal(number_of(call_of(report, "meta", "insights"), "status"), 200);
    assert_string_equal(text_of(call_of(report, "meta", "insights"), "account"), "act_10");
    assert_non_null(call_of(report, "google_ads", "token"));
    const cJSON *account = cJSON_GetArrayItem(json_get(numbers, "accounts"), 0);
    assert_string_equal(text_of(account, "id"), "act_10");
    assert_string_equal(text_of(account, "timezone"), "America/Sao_Paulo");
    assert_string_equal(text_of(account, "spend"), "1000.00");
    assert_string_equal(text_of(account, "projection"), "1720.00");
    assert_int_equal(number_of(account, "with_daily_budget"), 2);
    assert_int_equal(number_of(account, "days_left"), 9);
    assert_string_equal(text_of(cJSON_GetArrayItem(json_get(numbers, "totals"), 0), "projection"),
                        "2134.56");

    struct world_result eyes = world_raiox(world, "why", id);
    assert_int_equal(eyes.status, 0);
    assert_says(eyes.out, id, "/raiox publico", ANALYST, "C0123", "Padaria Sol", "HTTP 200",
                "insights of act_10", "1720.00", "outcome taken", "in channel");
}

static void a_remembered_report_says_whose_it_was(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_ask(world, "C0123", ANALYST, "");
    const char *maker = receipt(world, &from, "\"job done\"");
    world_ask(world, "C0123", ANALYST, "");
    const char *id = receipt(world, &from, "\"job done\"");
    assert_string_not_equal(id, maker);
    const cJSON *story = told(world, "why", id, "--json");
    const cJSON *report = event_of(attempt_of(story, 0), "report");
    assert_string_equal(text_of(report, "how"), "remembered");
    assert_string_equal(text_of(report, "made_by"), maker);
    assert_string_not_equal(text_of(report, "made_at"), "");
    assert_null(json_get(report, "events"));
    const cJSON *made = json_get(story, "report_made_by");
    assert_string_equal(text_of(made, "id"), maker);
    assert_non_null(call_of(event_of(attempt_of(made, 0), "report"), "meta", "insights"));
    assert_says(world_raiox(world, "why", id).out, "remembered", maker, "insights of act_10");
}

static void who_joins_a_fetch_has_its_calls_in_its_story(void **state)
{
    struct world *world =
        world_start(state, &(struct world_options){
                               .parts = WORLD_RUN,
                               .env = (const char *const[]){ "RAIOX_WORKERS=1", NULL },
                               .sandbox = (const char *const[]){ "--latency-ms", "1500", NULL } });
    const char *makers[5] = { NULL };
    size_t from = 0;
    int fetched = 0;

    for (int i = 0; i < 5; i++)
        world_ask(world, "C0123", ANALYST, "");
    for (int i = 0; i < 5; i++) {
        const char *id = receipt(world, &from, "\"job done\"");
        const cJSON *report = event_of(attempt_of(told(world, "why", id, "--json"), 0), "report");
        bool own = strcmp(text_of(report, "how"), "fetched") == 0;
        fetched += own;
        if (!own)
            assert_string_equal(text_of(report, "how"), "joined");
        makers[i] = text_of(report, "made_by");
        assert_string_equal(makers[i], makers[0]);
        assert_int_equal(own, strcmp(makers[i], id) == 0);
        assert_non_null(call_of(report, "meta", "insights"));
        assert_non_null(event_of(report, "numbers"));
    }
    assert_int_equal(fetched, 1);
}

static void every_attempt_is_told(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_fault(world, SLACK_THROTTLES);
    world_fault(world, "{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"transient\","
                       "\"times\":1}");
    world_ask(world, "C0123", ANALYST, "");
    const char *id = receipt(world, &from, "\"job done\"");
    const cJSON *story = told(world, "why", id, "--json");
    assert_int_equal(cJSON_GetArraySize(json_get(story, "attempts")), 2);
    const cJSON *first = attempt_of(story, 0), *second = attempt_of(story, 1);
    assert_string_equal(text_of(first, "result"), "retried");
    assert_string_equal(text_of(event_of(first, "reply"), "outcome"), "not taken yet");
    assert_true(number_of(event_of(first, "retry"), "in_ms") >= 1000);
    assert_int_equal(number_of(second, "attempt"), 2);
    assert_string_equal(text_of(second, "result"), "done");
    assert_string_equal(text_of(event_of(second, "report"), "how"), "remembered");

    struct world_result eyes = world_raiox(world, "why", id);
    assert_says(eyes.out, "attempt 1  retried", "attempt 2  done", "try 1", "try 2", "again in",
                "HTTP 429");
}

static void a_hole_is_told_with_its_reason(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_fault(world, "{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"permission\"}");
    world_ask(world, "C0123", ANALYST, "");
    const char *id = receipt(world, &from, "\"job done\"");
    const cJSON *attempt = attempt_of(told(world, "why", id, "--json"), 0);
    assert_string_equal(text_of(attempt, "result"), "partial");
    const cJSON *numbers = event_of(event_of(attempt, "report"), "numbers");
    assert_true(cJSON_IsFalse(json_get(numbers, "complete")));
    const cJSON *warning = cJSON_GetArrayItem(json_get(numbers, "warnings"), 0);
    assert_string_equal(text_of(warning, "account"), "act_10");
    assert_string_equal(text_of(warning, "kind"), "permission");
    assert_says(world_raiox(world, "why", id).out, "permission", "something is missing");
}

static void a_question_without_a_client_is_told_too(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_ask(world, "C0NINGUEM", ANALYST, "");
    const cJSON *attempt =
        attempt_of(told(world, "why", receipt(world, &from, "\"job done\""), "--json"), 0);
    assert_string_equal(text_of(event_of(attempt, "notice"), "what"), "no client has this channel");
    assert_null(event_of(attempt, "report"));
}

static void a_crash_is_told_by_the_supervisor(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_RUN,
                                 .program = WORLD_RAIOX_POINTS,
                                 .env = (const char *const[]){ "RAIOX_TEST_POINT=report C0123 3",
                                                               "RAIOX_WORKERS=1", NULL } });
    size_t from = 0;
    const char *id = NULL;

    world_ask(world, "C0123", ANALYST, "");
    for (int i = 0; i < 3; i++)
        id = receipt(world, &from, "\"process ended\"");
    world_wait(world, is_dead, (void *)id, "the job is not among the dead");
    const cJSON *story = told(world, "why", id, "--json");
    assert_int_equal(cJSON_GetArraySize(json_get(story, "attempts")), 4);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(text_of(attempt_of(story, i), "result"), "crashed");
        assert_int_equal(number_of(attempt_of(story, i), "signal"), SIGKILL);
    }
    assert_string_equal(text_of(attempt_of(story, 3), "result"), "dead");
    assert_string_equal(text_of(event_of(attempt_of(story, 3), "notice"), "what"), "gave up");
    assert_string_equal(text_of(json_get(story, "dead"), "reason"), "crashed");
    assert_says(world_raiox(world, "why", id).out, "dead, crashed", "signal 9");

    /* Run again by hand, it goes well this time: both are told. */
    assert_int_equal(world_raiox(world, "queue", "retry", id).status, 0);
    assert_string_equal(receipt(world, &from, "\"job done\""), id);
    story = told(world, "why", id, "--json");
    assert_true(cJSON_IsNull(json_get(story, "dead")));
    assert_string_equal(text_of(attempt_of(story, 4), "result"), "done");
}

/* The first attempt's worker is told to stop, twice, while Monday takes its time. */
static void what_is_put_back_is_told(void **state)
{
    struct world *world =
        world_start(state, &(struct world_options){
                               .parts = WORLD_SPLIT,
                               .sandbox = (const char *const[]){ "--latency-ms", "15000", NULL } });
    size_t from = 0;

    world_ask(world, "C0123", ANALYST, "");
    world_wait_calls(world, "monday", 1);
    process_signal(&world->work, SIGTERM);
    world_wait_log(world, &world->work, &from, "\"draining\"");
    process_signal(&world->work, SIGTERM);
    process_must_end_well(&world->work, PROCESS_PATIENCE_MS);
    world_option(world, "{\"latency_ms\":0}");
    world_start_work(world);
    const char *done = world_wait_log(world, &world->work, &from, "\"job done\"");
    const cJSON *story = told(world, "why", world_log_field(world, done, "id"), "--json");
    assert_string_equal(text_of(attempt_of(story, 0), "result"), "put back");
    assert_string_equal(text_of(attempt_of(story, 1), "result"), "done");
    assert_int_equal(number_of(attempt_of(story, 1), "attempt"), 1); /* none was burned */
    assert_string_not_equal(text_of(attempt_of(story, 0), "worker"),
                            text_of(attempt_of(story, 1), "worker"));
}

/* Nobody has taken it, or it is not tried again yet: what is known of it is told. */
static void what_has_no_story_yet_is_told_from_the_queue(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_ALONE });
    const char *ids[2];
    size_t from = 0;

    world_start_redis(world, NULL);
    world_start_serve(world);
    for (size_t i = 0; i < COUNT(ids); i++) {
        world_command(world, "C0123", ANALYST, "padaria \x1b[31msol");
        ids[i] = world_log_field(
            world, world_wait_log(world, &world->serve, &from, "\"command accepted\""), "id");
    }
    const cJSON *waiting = json_get(told(world, "why", ids[1], "--json"), "waiting");
    assert_int_equal(number_of(waiting, "before"), 1);
    assert_int_equal(number_of(waiting, "attempt"), 1);
    assert_int_equal(strlen(text_of(waiting, "accepted_at")), strlen("2026-11-21T15:00:00Z"));
    assert_string_equal(text_of(json_get(waiting, "command"), "user_id"), ANALYST);
    assert_string_equal(text_of(json_get(waiting, "command"), "channel_id"), "C0123");
    assert_true(number_of(waiting, "oldest_seconds") >= number_of(waiting, "age_seconds"));
    struct world_result eyes = world_raiox(world, "why", ids[1]);
    assert_says(eyes.out, ids[1], "waiting", "1 waits before it", "oldest", ANALYST, "C0123",
                "/raiox padaria");
    assert_null(strchr(eyes.out, '\x1b'));
    assert_says(world_raiox(world, "why", ids[0]).out, "0 wait before it");

    world_fault(world, "{\"service\":\"monday\",\"kind\":\"throttle\",\"retry_after_s\":600}");
    world_start_work(world);
    from = 0;
    world_wait_log(world, &world->work, &from, "\"job retried\"", ids[0]);
    const cJSON *story = told(world, "why", ids[0], "--json");
    assert_true(cJSON_IsNull(json_get(story, "waiting")));
    const cJSON *delayed = json_get(story, "delayed");
    assert_int_equal(number_of(delayed, "attempt"), 2);
    assert_true(number_of(delayed, "due_in_seconds") > 60);
    assert_says(text_of(delayed, "error"), "COMPLEXITY_BUDGET_EXHAUSTED");
    assert_says(world_raiox(world, "why", ids[0]).out, "delayed", "attempt 2 in",
                "COMPLEXITY_BUDGET_EXHAUSTED");
}

/* Of another raiox, or of nobody's. */
static void a_story_of_any_bytes_is_read_with_care(void **state)
{
    static const char *const stories[] = {
        "",
        "no json",
        "7",
        "[]",
        "{}",
        "{\"events\":7,\"command\":3,\"attempt\":\"x\"}",
        "{\"events\":[7,[8],\"x\",null,{}]}",
        "{\"events\":[{\"event\":\"call\",\"status\":1e300,\"try\":0.5,\"retry_in_ms\":\"x\"}]}",
        "{\"events\":[{\"event\":\"numbers\",\"accounts\":[7,{\"id\":8}],\"totals\":{},"
        "\"warnings\":[null,[]]}]}",
        "{\"events\":[{\"event\":\"report\",\"made_by\":7,\"events\":[{\"event\":\"report\","
        "\"made_by\":\"\\u001b[2J\",\"events\":{}}]}]}",
        "{\"events\":[{\"event\":\"report\",\"made_by\":\"no id, {raiox}:jobs\"}]}",
        "{\"events\":[{\"event\":\"\\u001b[2J\",\"\\u001b[3J\":\"\\u001b[4J\"}],\"error\":\"\\n\"}",
        "{\"result\":\"crashed\",\"signal\":\"x\"}",
    };
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_ALONE });

    world_start_redis(world, NULL);
    for (size_t i = 0; i < COUNT(stories); i++) {
        free(redis_server_ask(world->redis,
                              (const char *const[]){ "DEL", "{raiox}:story:abc", NULL }));
        free(redis_server_ask(
            world->redis, (const char *const[]){ "RPUSH", "{raiox}:story:abc", stories[i], NULL }));
        struct world_result eyes = world_raiox(world, "why", "abc");
        struct world_result json = world_raiox(world, "why", "abc", "--json");
        if (eyes.status > 1 || json.status != eyes.status || strchr(eyes.out, '\x1b') ||
            strchr(eyes.err, '\x1b') || (eyes.status == 0) != (stories[i][0] == '{'))
            fail_msg("%s: status %d and %d: %s%s", stories[i], eyes.status, json.status, eyes.out,
                     eyes.err);
    }
}

static void who_asks_in_vain_is_told_so(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    static const struct {
        int status;
        const char *words[6];
    } cases[] = {
        { 1, { "why", "0000000000" } },
        { 1, { "why", "*" } },
        { 1, { "why", "a-much-longer-id-than-any-receipt-has-ever-had" } },
        { 1, { "why", "\x1b[31mred" } },
        { 1, { "queue", "dead", "0000000000" } },
        { 1, { "queue", "dead", "" } },
        { 1, { "queue", "dead", "0000000000", "--json" } },
        { 1, { "queue", "retry", "0000000000" } },
        { 1, { "queue", "drop", "0000000000" } },
        { 1, { "queue", "drop", "" } },
        { 64, { "why" } },
        { 64, { "why", "" } },
        { 64, { "why", "--json" } },
        { 64, { "why", "a", "b" } },
        { 64, { "why", "a", "--jsonn" } },
        { 64, { "queue", "everything" } },
        { 64, { "queue", "" } },
        { 64, { "queue", "--json", "dead" } },
        { 64, { "queue", "dead", "--json", "--json" } },
        { 64, { "queue", "dead", "a", "b" } },
        { 64, { "queue", "retry" } },
        { 64, { "queue", "retry", "--al" } },
        { 64, { "queue", "retry", "a", "--all" } },
        { 64, { "queue", "drop" } },
        { 64, { "queue", "drop", "--all", "--json" } },
    };

    assert_int_equal(EX_USAGE, 64);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world_result result = world_raiox_(world, cases[i].words);
        if (result.status != cases[i].status || *result.out || !*result.err ||
            strchr(result.err, '\x1b'))
            fail_msg("case %zu: status %d, \"%s\", \"%s\"", i, result.status, result.out,
                     result.err);
    }
    assert_says(world_raiox(world, "queue", "retry", "--all").out, "No dead jobs");
    assert_says(world_raiox(world, "queue", "drop", "--all").out, "No dead jobs");
    assert_says(world_raiox(world, "queue", "dead").out, "No dead jobs");
    assert_string_equal(world_raiox(world, "queue", "dead", "--json").out, "[]\n");
}

/* ---- queue ---- */

static void the_queue_shows_who_is_at_what(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    const cJSON *idle = told(world, "queue", "--json");
    assert_int_equal(number_of(idle, "waiting"), 0);
    assert_int_equal(number_of(idle, "delayed"), 0);
    assert_int_equal(number_of(idle, "dead"), 0);
    assert_int_equal(number_of(idle, "oldest_seconds"), 0);
    assert_int_equal(number_of(idle, "done_per_minute"), 0);
    assert_int_equal(number_of(idle, "accepted_per_minute"), 0);
    assert_int_equal(cJSON_GetArraySize(json_get(idle, "in_flight")), 0);
    assert_says(world_raiox(world, "queue").out, "Fine.");

    world_fault(world, "{\"service\":\"meta\",\"kind\":\"delay\",\"delay_ms\":6000,"
                       "\"times\":3}");
    world_ask(world, "C0123", ANALYST, "");
    const char *id = receipt(world, &from, "\"job taken\"");
    world_wait_calls(world, "meta", 1);
    const cJSON *busy = told(world, "queue", "--json");
    const cJSON *holding = cJSON_GetArrayItem(json_get(busy, "in_flight"), 0);
    assert_string_equal(text_of(holding, "id"), id);
    assert_string_equal(text_of(holding, "client"), "Padaria Sol");
    assert_string_not_equal(text_of(holding, "worker"), "");
    assert_int_equal(number_of(holding, "attempt"), 1);
    assert_true(number_of(holding, "age_seconds") < 60);
    assert_says(world_raiox(world, "queue").out, id, "Padaria Sol", text_of(holding, "worker"),
                "attempt 1");
    const cJSON *story = told(world, "why", id, "--json");
    assert_string_equal(text_of(json_get(story, "in_flight"), "client"), "Padaria Sol");
    assert_says(world_raiox(world, "why", id).out, "in flight");
}

static bool nobody_takes_jobs(struct world *world, void *arg)
{
    (void)arg;
    return strstr(world_raiox(world, "queue").out, "Nobody takes jobs") != NULL;
}

static void nobody_at_work_is_said(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_ALONE });

    world_start_redis(world, NULL);
    world_start_serve(world);
    world_ask(world, "C0123", ANALYST, "");
    world_wait(world, nobody_takes_jobs, NULL, "a job that nobody takes is not said");
    assert_int_equal(number_of(told(world, "queue", "--json"), "waiting"), 1);
    assert_true(number_of(told(world, "queue", "--json"), "oldest_seconds") >= 2);
}

static bool is_empty(struct world *world, void *arg)
{
    (void)arg;
    return strcmp(world_raiox(world, "queue", "dead", "--json").out, "[]\n") == 0;
}

/* Asks for something that Slack will not take, and waits for its death. */
static const char *dead_job(struct world *world, size_t *from, const char *text)
{
    world_command_json(world, arena_printf(world->arena,
                                           "{\"channel\":\"C0123\",\"user\":\"" ANALYST
                                           "\",\"text\":\"%s\"}",
                                           text));
    const char *id = receipt(world, from, "\"job dead\"");
    world_wait(world, is_dead, (void *)id, "the job is not among the dead");
    return id;
}

static void a_dead_job_is_seen_and_told(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_fault(world, SLACK_REFUSES);
    const char *id = dead_job(world, &from, "padaria \\u001b[31msol\\u202e");
    const char *other = dead_job(world, &from, "");
    const cJSON *all = told(world, "queue", "dead", "--json");
    assert_int_equal(cJSON_GetArraySize(all), 2);
    assert_string_equal(text_of(cJSON_GetArrayItem(all, 0), "id"), other);
    const cJSON *one = told(world, "queue", "dead", "--json", id);
    assert_string_equal(text_of(one, "id"), id);
    assert_string_equal(text_of(one, "reason"), "reply_refused");
    assert_says(text_of(one, "error"), "HTTP 403");
    assert_int_equal(number_of(one, "attempts"), 1);
    assert_int_equal(strlen(text_of(one, "accepted_at")), strlen("2026-11-21T15:00:00Z"));
    assert_int_equal(strlen(text_of(one, "died_at")), strlen("2026-11-21T15:00:00Z"));
    assert_string_equal(text_of(json_get(one, "command"), "channel_id"), "C0123");
    assert_string_equal(text_of(json_get(one, "command"), "text"), "padaria \x1b[31msol\u202e");

    struct world_result eyes = world_raiox(world, "queue", "dead", id);
    assert_says(eyes.out, id, "reply_refused", "HTTP 403", "C0123", "padaria", "attempt 1");
    assert_null(strstr(eyes.out, other));
    assert_null(strchr(eyes.out, '\x1b'));
    assert_null(strstr(eyes.out, "\u202e"));
    assert_says(world_raiox(world, "queue", "dead").out, id, other, "2 dead");
    assert_says(world_raiox(world, "queue").out, "2 dead", "raiox queue dead");
    eyes = world_raiox(world, "why", id);
    assert_says(eyes.out, "dead, reply_refused", "posting prohibited");
    assert_null(strchr(eyes.out, '\x1b'));
}

static void the_dead_are_run_again_or_dropped(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;
    const char *ids[4];

    world_fault(world, SLACK_REFUSES);
    for (size_t i = 0; i < COUNT(ids); i++)
        ids[i] = dead_job(world, &from, "");
    assert_says(world_raiox(world, "queue", "drop", ids[0]).out, "1 dropped");
    assert_int_equal(world_raiox(world, "queue", "drop", ids[0]).status, 1);
    assert_int_equal(world_raiox(world, "queue", "retry", ids[0]).status, 1);
    world_clear_faults(world);
    assert_says(world_raiox(world, "queue", "retry", ids[1]).out, "1 to be run again");
    assert_string_equal(receipt(world, &from, "\"job done\""), ids[1]);
    assert_int_equal(world_raiox(world, "queue", "dead", ids[1]).status, 1);
    assert_says(world_raiox(world, "queue", "retry", "--all").out, "2 to be run again");
    receipt(world, &from, "\"job done\"");
    receipt(world, &from, "\"job done\"");
    world_wait(world, is_empty, NULL, "somebody is still dead");
    assert_int_equal(world_taken_count(world), 3);
    world_fault(world, SLACK_REFUSES);
    dead_job(world, &from, "");
    dead_job(world, &from, "");
    assert_says(world_raiox(world, "queue", "drop", "--all").out, "2 dropped");
    assert_string_equal(world_raiox(world, "queue", "dead", "--json").out, "[]\n");
}

static void without_redis_it_is_said_at_once(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_ALONE });
    static const char *const commands[][4] = { { "queue" },
                                               { "queue", "--json" },
                                               { "queue", "dead" },
                                               { "queue", "retry", "--all" },
                                               { "why", "abc" } };

    for (size_t i = 0; i < COUNT(commands); i++) { /* none is known of */
        struct world_result result = world_raiox_(world, commands[i]);
        assert_int_equal(result.status, 1);
        assert_string_equal(result.out, "");
        assert_says(result.err, "REDIS_URL", "RAIOX_STATE_DIR");
    }
    world_set(world, "REDIS_URL=redis://user:hidden@127.0.0.1:1/0");
    for (size_t i = 0; i < COUNT(commands); i++) { /* nobody is there */
        struct world_result result = world_raiox_(world, commands[i]);
        assert_int_equal(result.status, 1);
        assert_string_equal(result.out, "");
        assert_says(result.err, "Redis does not answer");
        assert_null(strstr(result.err, "hidden"));
    }
    world_start_redis(world, NULL);
    redis_server_freeze(world->redis); /* it connects and is silent */
    struct world_result result = world_raiox(world, "queue");
    redis_server_thaw(world->redis);
    assert_int_equal(result.status, 1);
    assert_says(result.err, "Redis does not answer");
}

/* ---- logs ---- */

static void one_command_is_followed_through_all_processes(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_SPLIT });
    size_t from = 0;

    world_fault(world, "{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"transient\","
                       "\"times\":1}");
    world_ask(world, "C0123", ANALYST, "");
    const char *done = world_wait_log(world, &world->work, &from, "\"job done\"");
    const char *id = world_log_field(world, done, "id");
    assert_int_equal(world_count_log(world, &world->serve, "\"command accepted\"", id), 1);
    assert_int_equal(world_count_log(world, &world->work, "\"job taken\"", id), 1);
    assert_int_equal(world_count_log(world, &world->work, "\"upstream\"", id, "act_10"), 1);
    assert_int_equal(world_count_log(world, &world->work, "\"job done\"", id), 1);
    assert_string_equal(world_log_field(world, done, "role"), "worker");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(a_story_goes_from_the_command_to_its_reply),
        TEST(a_remembered_report_says_whose_it_was),
        TEST(who_joins_a_fetch_has_its_calls_in_its_story),
        TEST(every_attempt_is_told),
        TEST(a_hole_is_told_with_its_reason),
        TEST(a_question_without_a_client_is_told_too),
        TEST(a_crash_is_told_by_the_supervisor),
        TEST(what_is_put_back_is_told),
        TEST(what_has_no_story_yet_is_told_from_the_queue),
        TEST(a_story_of_any_bytes_is_read_with_care),
        TEST(who_asks_in_vain_is_told_so),
        TEST(the_queue_shows_who_is_at_what),
        TEST(nobody_at_work_is_said),
        TEST(a_dead_job_is_seen_and_told),
        TEST(the_dead_are_run_again_or_dropped),
        TEST(without_redis_it_is_said_at_once),
        TEST(one_command_is_followed_through_all_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
