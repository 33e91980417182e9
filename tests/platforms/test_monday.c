/*
 * The board on its way: which calls are made and which are not, who is joined to whom, and what
 * becomes of refusals. Over real HTTP against canned answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "platforms/monday.h"
#include "tests/platforms/peer.h"

#define TOKEN "eyJhbGciOiJIUzI1NiJ9.EXAMPLE.TOKEN"

#define COLUMN(id, title) "{\"id\":\"" id "\",\"title\":\"" title "\",\"archived\":false}"
#define LAYOUT(channel)                                                                            \
    "{\"data\":{\"boards\":[{\"id\":\"1\",\"groups\":[{\"id\":\"g1\",\"title\":\"Ativos\","        \
    "\"archived\":false,\"deleted\":false}],\"columns\":[" COLUMN(                                 \
        channel,                                                                                   \
        "channel_id") "," COLUMN("me",                                                             \
                                 "meta_id") "," COLUMN("ac",                                       \
                                                       "meta_adaccount_ids") "," COLUMN("go",      \
                                                                                        "google_"  \
                                                                                        "id") "]}" \
                                                                                              "]}" \
                                                                                              "}"
#define ITEM(id, channel)                                                                          \
    "{\"id\":\"" id "\",\"name\":\"N" id "\",\"state\":\"active\",\"group\":{\"id\":\"g1\"},"      \
    "\"column_values\":[{\"id\":\"" channel "\",\"text\":\"C" id "\"},{\"id\":\"me\",\"text\":"    \
    "\"7" id "\"},{\"id\":\"ac\",\"text\":null},{\"id\":\"go\",\"text\":\"\"}]}"
#define PAGE(cursor, items)                                                                        \
    "{\"data\":{\"boards\":[{\"items_page\":{\"cursor\":" cursor ",\"items\":[" items "]}}]}}"
#define NEXT(cursor, items)                                                                        \
    "{\"data\":{\"next_items_page\":{\"cursor\":" cursor ",\"items\":[" items "]}}}"
#define REFUSED(code)                                                                              \
    "{\"data\":null,\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"" code "\"}}]}"
#define ONE_PAGE PAGE("null", ITEM("1", "ch"))

/* What the peer answers, in order. word must stand in the request's body. */
struct step {
    const char *word;
    int status;
    const char *body;
    bool cut;
};

struct world {
    struct arena *arena;
    struct loop *loop;
    struct http *http;
    struct peer *peer;
    struct upstream *upstream;
    struct upstream_job *job;
    struct cache *cache;
    struct monday *monday;
    const struct step *steps;
    int asked;
    const char *bodies[20];
    const char *wrong; /* the first request that was not as it should be */

    int done;
    size_t clients;
    char name[16]; /* of the last client */
    struct error err;
};

static void on_request(void *arg, const struct peer_request *request, struct peer_reply *reply)
{
    struct world *w = arg;
    const struct step *step = w->steps;

    for (int i = 0; i < w->asked && step->word; i++)
        step++;
    if (w->asked < (int)COUNT(w->bodies))
        w->bodies[w->asked] = arena_strdup(w->arena, request->body);
    w->asked++;
    if (!strstr(request->headers, "\r\nAuthorization: " TOKEN) ||
        !strstr(request->headers, "\r\nAPI-Version: 2026-10") ||
        !strstr(request->headers, "\r\nContent-Type: application/json") || !step->word ||
        !strstr(request->body, step->word)) {
        w->wrong = w->wrong ? w->wrong : arena_strdup(w->arena, request->body);
        *reply = (struct peer_reply){ .status = 400, .body = "{}" };
        return;
    }
    *reply = (struct peer_reply){ .status = step->status, .body = step->body, .cut = step->cut };
}

static struct monday *make_monday(struct world *w, int64_t cache_ms)
{
    return monday_create(w->upstream, w->cache,
                         &(struct monday_options){ .url = peer_url(w->peer),
                                                   .version = "2026-10",
                                                   .token = TOKEN,
                                                   .board_id = "4567890123",
                                                   .active_group = "Ativos",
                                                   .cache_ms = cache_ms });
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->arena = arena_create();
    w->loop = loop_create();
    w->http = http_create(w->loop, &(struct http_options){ .user_agent = "raiox-test" });
    w->peer = peer_create(w->loop, on_request, w);
    w->upstream = upstream_create(w->loop, w->http, NULL, NULL, NULL);
    w->job = upstream_job_begin(w->upstream, clock_mono_ms() + 60000, NULL);
    w->cache = cache_create(w->loop, NULL);
    w->monday = make_monday(w, 300000);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    monday_destroy(w->monday);
    upstream_destroy(w->upstream);
    cache_destroy(w->cache);
    peer_destroy(w->peer);
    http_destroy(w->http);
    loop_destroy(w->loop);
    arena_destroy(w->arena);
    free(w);
    return 0;
}

static void on_board(void *arg, const struct board *board, const struct error *err)
{
    struct world *w = arg;

    w->done++;
    w->err = err ? *err : (struct error){ 0 };
    w->clients = board ? board->clients.len : 0;
    w->name[0] = '\0';
    if (w->clients)
        snprintf(w->name, sizeof(w->name), "%s", board->clients.items[w->clients - 1].name);
    assert_true(!board == (err != NULL));
}

static void wait_for(struct world *w, int done)
{
    int64_t until = clock_mono_ms() + 60000;

    while (w->done < done && clock_mono_ms() < until)
        loop_turn(w->loop, 100);
    assert_int_equal(w->done, done);
}

static void ask(struct world *w, const struct step *steps)
{
    w->steps = steps;
    monday_board(w->monday, w->job, on_board, w);
    assert_int_equal(w->done, 0);
    wait_for(w, 1);
}

static void every_page_is_read_and_values_travel_as_variables(void **state)
{
    struct world *w = *state;

    ask(w,
        (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), false },
                               { "RaioxFirstPage", 200, PAGE("\"MSw0\"", ITEM("1", "ch")), false },
                               { "\"cursor\":\"MSw0\"", 200, NEXT("\"MSw1\"", ""), false },
                               { "\"cursor\":\"MSw1\"", 200,
                                 NEXT("null", ITEM("1", "ch") "," ITEM("2", "ch")), false },
                               { 0 } });
    assert_null(w->wrong);
    assert_int_equal(w->err.kind, ERR_NONE);
    assert_int_equal(w->clients, 2);
    assert_string_equal(w->name, "N2");
    assert_non_null(strstr(w->bodies[1], "\"board\":[\"4567890123\"]"));
    assert_non_null(strstr(w->bodies[1], "\"group\":[\"g1\"]"));
    assert_non_null(strstr(w->bodies[1], "\"cols\":[\"ch\",\"me\",\"ac\",\"go\"]"));
    assert_non_null(strstr(w->bodies[1], "\"limit\":200"));
}

static const struct step plain[] = { { "RaioxLayout", 200, LAYOUT("ch"), false },
                                     { "RaioxFirstPage", 200, ONE_PAGE, false },
                                     { 0 } };

static void what_is_remembered_is_not_asked_again(void **state)
{
    struct world *w = *state;

    ask(w, plain);
    monday_board(w->monday, w->job, on_board, w);
    assert_int_equal(w->done, 1); /* never inside the call */
    wait_for(w, 2);
    monday_board_again(w->monday, w->job, on_board, w); /* younger than 10 s */
    wait_for(w, 3);
    assert_int_equal(w->asked, 2);
    assert_int_equal(w->clients, 1);
}

static void another_worker_reads_it_from_the_cache(void **state)
{
    struct world *w = *state;

    ask(w, plain);
    monday_destroy(w->monday);
    w->monday = make_monday(w, 300000);
    monday_board(w->monday, w->job, on_board, w);
    wait_for(w, 2);
    monday_destroy(w->monday);
    w->monday = make_monday(w, 300000);
    monday_board_again(w->monday, w->job, on_board, w);
    wait_for(w, 3);
    assert_int_equal(w->asked, 2);
    assert_string_equal(w->name, "N1");
}

static void asking_again_asks_monday_layout_and_all(void **state)
{
    struct world *w = *state;

    ask(w, (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), false },
                                  { "RaioxFirstPage", 200, ONE_PAGE, false },
                                  { "RaioxLayout", 200, LAYOUT("ch2"), false },
                                  { "RaioxFirstPage", 200, PAGE("null", ITEM("2", "ch2")), false },
                                  { 0 } });
    /* As if the board were remembered for longer than it is fresh. */
    cache_drop(w->cache, "monday:fresh:1:4567890123:Ativos");
    monday_destroy(w->monday);
    w->monday = make_monday(w, 300000);
    monday_board_again(w->monday, w->job, on_board, w);
    wait_for(w, 2);
    assert_int_equal(w->asked, 4);
    assert_string_equal(w->name, "N2");
    monday_board(w->monday, w->job, on_board, w);
    wait_for(w, 3);
    assert_int_equal(w->asked, 4);
    assert_string_equal(w->name, "N2");
}

static void who_asks_meanwhile_joins_and_who_left_is_not_called(void **state)
{
    struct world *w = *state;
    struct upstream_job *leaving = upstream_job_begin(w->upstream, clock_mono_ms() + 60000, NULL);

    w->steps = plain;
    monday_board(w->monday, leaving, on_board, w);
    monday_board(w->monday, w->job, on_board, w);
    monday_board_again(w->monday, w->job, on_board, w);
    upstream_job_end(leaving); /* the asking that it began goes on for the others */
    wait_for(w, 2);
    assert_int_equal(w->asked, 2);
    assert_int_equal(w->clients, 1);
    for (int i = 0; i < 5; i++)
        loop_turn(w->loop, 0);
    assert_int_equal(w->done, 2);
}

static void without_memory_each_asks(void **state)
{
    struct world *w = *state;

    monday_destroy(w->monday);
    w->monday = make_monday(w, 0);
    ask(w, (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), false },
                                  { "RaioxFirstPage", 200, ONE_PAGE, false },
                                  { "RaioxFirstPage", 200, PAGE("null", ITEM("2", "ch")), false },
                                  { 0 } });
    monday_board(w->monday, w->job, on_board, w);
    wait_for(w, 2);
    assert_int_equal(w->asked, 3); /* the layout lives longer than the board */
    assert_string_equal(w->name, "N2");
}

static void a_layout_that_no_longer_fits_is_read_anew_once(void **state)
{
    struct world *w = *state;

    monday_destroy(w->monday);
    w->monday = make_monday(w, 0);
    ask(w, (const struct step[]){
               { "RaioxLayout", 200, LAYOUT("ch"), false },
               { "RaioxFirstPage", 200, ONE_PAGE, false },
               { "RaioxFirstPage", 200, REFUSED("InvalidColumnIdException"), false },
               { "RaioxLayout", 200, LAYOUT("ch2"), false },
               { "\"cols\":[\"ch2\"", 200, PAGE("null", ITEM("3", "ch2")), false },
               { "RaioxFirstPage", 200, PAGE("null", ITEM("4", "ch9")), false },
               { "RaioxLayout", 200, LAYOUT("ch2"), false },
               { "RaioxFirstPage", 200, PAGE("null", ITEM("4", "ch9")), false },
               { 0 } });
    monday_board(w->monday, w->job, on_board, w);
    wait_for(w, 2);
    assert_string_equal(w->name, "N3");
    monday_board(w->monday, w->job, on_board, w); /* a column did not come, twice */
    wait_for(w, 3);
    assert_int_equal(w->err.kind, ERR_CONFIG);
    assert_int_equal(w->asked, 8);
    assert_null(w->wrong);
}

static void an_expired_cursor_starts_again_once(void **state)
{
    struct world *w = *state;

    ask(w, (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), false },
                                  { "RaioxFirstPage", 200, PAGE("\"a\"", ITEM("1", "ch")), false },
                                  { "\"cursor\":\"a\"", 200, REFUSED("CursorException"), false },
                                  { "RaioxFirstPage", 200, PAGE("\"b\"", ITEM("1", "ch")), false },
                                  { "\"cursor\":\"b\"", 200, NEXT("null", ITEM("2", "ch")), false },
                                  { 0 } });
    assert_int_equal(w->clients, 2);
    assert_null(w->wrong);
}

static void a_query_over_the_cap_is_asked_for_less(void **state)
{
    static const char over[] =
        "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"COMPLEXITY_BUDGET_EXHAUSTED\","
        "\"complexity\":6000000,\"complexity_budget_limit\":10000000,\"retry_in_seconds\":50}}]}";
    struct world *w = *state;

    ask(w, (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), false },
                                  { "\"limit\":200", 200, over, false },
                                  { "\"limit\":100", 200, over, false },
                                  { "\"limit\":50", 200, ONE_PAGE, false },
                                  { 0 } });
    assert_int_equal(w->clients, 1);
    assert_null(w->wrong);
}

static void a_limit_is_waited_for_as_long_as_monday_says(void **state)
{
    static const char busy[] =
        "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"maxConcurrencyExceeded\","
        "\"retry_in_seconds\":1}}]}";
    struct world *w = *state;
    int64_t began = clock_mono_ms();

    ask(w, (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), false },
                                  { "RaioxFirstPage", 429, busy, false },
                                  { "RaioxFirstPage", 200, ONE_PAGE, false },
                                  { 0 } });
    assert_int_equal(w->clients, 1);
    assert_true(clock_mono_ms() - began >= 1000);
}

struct refusal {
    const char *why;
    int status;
    const char *body;
    enum err_kind kind;
    int asked;
};

/* The answer to the layout's query. What may pass is tried again elsewhere. Whoever asks next asks
 * Monday, but where it named a wait of more than a minute. */
static const struct refusal refusals[] = {
    { "a dead token", 401, "{\"errors\":[\"Not Authenticated\"]}", ERR_AUTH, 1 },
    { "no permission", 200, REFUSED("USER_ACCESS_DENIED"), ERR_PERMISSION, 1 },
    { "the daily limit is not waited for", 429, REFUSED("DAILY_LIMIT_EXCEEDED"), ERR_RATE_LIMIT,
      1 },
    { "blocked for minutes", 200, REFUSED("API_TEMPORARILY_BLOCKED"), ERR_RATE_LIMIT, 1 },
    { "the board is not visible", 200, "{\"data\":{\"boards\":[]}}", ERR_CONFIG, 1 },
    { "HTML", 200, "<html>", ERR_BAD_RESPONSE, 1 },
    { "a number for the board", 200, "{\"data\":{\"boards\":[5]}}", ERR_BAD_RESPONSE, 1 },
    { "nothing", 200, "", ERR_BAD_RESPONSE, 1 },
    { "our bug", 400, REFUSED("undefinedField"), ERR_BAD_RESPONSE, 1 },
};

static void a_refusal_is_told_to_all_who_wait(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        void *one = NULL;
        set_up(&one);
        struct world *w = one;
        const struct refusal *r = &refusals[i];
        const struct step steps[] = { { "RaioxLayout", r->status, r->body, false },
                                      { "RaioxLayout", r->status, r->body, false },
                                      { 0 } };
        w->steps = steps;
        monday_board(w->monday, w->job, on_board, w);
        monday_board(w->monday, w->job, on_board, w);
        wait_for(w, 2);
        if (w->err.kind != r->kind || w->asked != r->asked)
            fail_msg("%s: %s (%s), %d calls", r->why, error_kind_name(w->err.kind), w->err.log,
                     w->asked);
        w->asked = w->done = 0;
        w->steps = plain;
        monday_board(w->monday, w->job, on_board, w);
        wait_for(w, 1);
        bool held = r->kind == ERR_RATE_LIMIT || r->kind == ERR_AUTH;
        if (w->err.kind != (held ? r->kind : ERR_NONE) || (w->asked == 0) != held)
            fail_msg("%s, and then: %s, %d calls", r->why, error_kind_name(w->err.kind), w->asked);
        tear_down(&one);
    }
}

static void a_cut_answer_is_tried_again(void **state)
{
    struct world *w = *state;

    ask(w, (const struct step[]){ { "RaioxLayout", 200, LAYOUT("ch"), true },
                                  { "RaioxLayout", 200, LAYOUT("ch"), false },
                                  { "RaioxFirstPage", 503, "<html>", false },
                                  { "RaioxFirstPage", 200, ONE_PAGE, false },
                                  { 0 } });
    assert_int_equal(w->clients, 1);
}

static void on_probed(void *arg, const struct error *err)
{
    struct world *w = arg;

    w->done++;
    w->err = err ? *err : (struct error){ 0 };
}

static void check_says_what_to_mend(void **state)
{
    static const struct {
        const char *body, *says;
    } cases[] = {
        { LAYOUT("ch"), NULL },
        { "{\"data\":{\"boards\":[]}}", "MONDAY_BOARD_ID" },
        { "{\"data\":{\"boards\":[{\"groups\":[],\"columns\":[]}]}}", "channel_id" },
        { "<html>", "MONDAY_API_URL" },
        { REFUSED("InvalidVersionException"), "MONDAY_API_VERSION" },
        /* The last: for a minute nobody is asked with this token again. */
        { "{\"errors\":[\"Not Authenticated\"]}", "MONDAY_API_TOKEN" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct step steps[] = { { "RaioxLayout", 200, cases[i].body, false }, { 0 } };

        w->steps = steps;
        w->asked = w->done = 0;
        monday_probe(w->monday, w->job, on_probed, w);
        wait_for(w, 1);
        if ((w->err.kind == ERR_NONE) != !cases[i].says ||
            (cases[i].says && !strstr(w->err.user, cases[i].says)))
            fail_msg("%s: \"%s\" (%s)", cases[i].body, w->err.user, w->err.log);
    }
}

static void destroyed_while_asking_nobody_is_called(void **state)
{
    struct world *w = *state;

    w->steps = (const struct step[]){ { "RaioxLayout", 0, NULL, false }, { 0 } };
    monday_board(w->monday, w->job, on_board, w);
    while (w->asked == 0)
        loop_turn(w->loop, 100);
    monday_destroy(w->monday);
    w->monday = NULL;
    for (int i = 0; i < 5; i++)
        loop_turn(w->loop, 0);
    assert_int_equal(w->done, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_page_is_read_and_values_travel_as_variables),
        TEST(what_is_remembered_is_not_asked_again),
        TEST(another_worker_reads_it_from_the_cache),
        TEST(asking_again_asks_monday_layout_and_all),
        TEST(who_asks_meanwhile_joins_and_who_left_is_not_called),
        TEST(without_memory_each_asks),
        TEST(a_layout_that_no_longer_fits_is_read_anew_once),
        TEST(an_expired_cursor_starts_again_once),
        TEST(a_query_over_the_cap_is_asked_for_less),
        TEST(a_limit_is_waited_for_as_long_as_monday_says),
        TEST(a_refusal_is_told_to_all_who_wait),
        TEST(a_cut_answer_is_tried_again),
        TEST(check_says_what_to_mend),
        TEST(destroyed_while_asking_nobody_is_called),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
