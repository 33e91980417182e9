/*
 * The plan of calls, over real HTTP against canned answers: which calls are made, what becomes of
 * pages, refusals and hostile bodies, and that every account ends in numbers or in a warning.
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
#include "platforms/meta.h"
#include "tests/platforms/peer.h"

/* 2026-11-21 12:00 in São Paulo. */
#define NOON INT64_C(1795273200000)

/* The first route whose words all stand in the target answers, `times` times (0: always). */
struct route {
    const char *word, *also; /* also: NULL for none */
    int status;
    const char *body;
    int times;
    const char *headers;
    bool cut;
    size_t body_len;
};

/* word, also, status, body, and the rest by name */
#define ROUTE_FIELDS(word_, also_, status_, ...)                                                   \
    {                                                                                              \
        .word = (word_), .also = (also_), .status = (status_), .body = __VA_ARGS__                 \
    }
#define ROUTE(...) ((struct route)ROUTE_FIELDS(__VA_ARGS__))

struct world {
    struct loop *loop;
    struct http *http;
    struct peer *peer;
    struct upstream *upstream;
    struct upstream_job *job;
    struct cache *cache;
    struct meta *meta;
    struct arena *arena;
    struct route routes[24];
    int used[24];
    const char *targets[300]; /* that were asked, in order */
    int asked;
    bool bad_headers; /* a request came without the token, or with it in its target */
    struct ask ask;
    struct client client;
    const char *accounts[8];
    struct findings *findings;
    int done;
    struct error probe_err;
    bool endless; /* campaigns: always one more page */
};

static void on_request(void *arg, const struct peer_request *request, struct peer_reply *reply)
{
    struct world *w = arg;

    if (!strstr(request->headers, "\r\nAuthorization: Bearer EAAexampleAccessToken123") ||
        strstr(request->target, "EAAexample"))
        w->bad_headers = true;
    if (w->asked < (int)COUNT(w->targets))
        w->targets[w->asked] = arena_strdup(w->arena, request->target);
    w->asked++;
    if (w->endless && strstr(request->target, "/campaigns")) {
        *reply = (struct peer_reply){
            .status = 200,
            .body = arena_printf(w->arena,
                                 "{\"data\":[],\"paging\":{\"cursors\":{\"after\":\"c%d\"},"
                                 "\"next\":\"x\"}}",
                                 w->asked),
        };
        return;
    }
    for (size_t i = 0; i < COUNT(w->routes) && w->routes[i].word; i++) {
        const struct route *route = &w->routes[i];
        if (!strstr(request->target, route->word) ||
            (route->also && !strstr(request->target, route->also)) ||
            (route->times && w->used[i] >= route->times))
            continue;
        w->used[i]++;
        *reply = (struct peer_reply){ .status = route->status,
                                      .headers = route->headers,
                                      .body = route->body,
                                      .body_len = route->body_len,
                                      .cut = route->cut };
        return;
    }
    *reply = (struct peer_reply){ .status = 400,
                                  .body = "{\"error\":{\"code\":2500,\"message\":\"no route\"}}" };
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
    w->meta = meta_create(w->upstream, w->cache,
                          &(struct meta_options){ .url = peer_url(w->peer),
                                                  .version = "v26.0",
                                                  .token = "EAAexampleAccessToken123",
                                                  .app_secret = "fedcba98765432100123456789abcdef",
                                                  .agency_business_id = "99" });
    w->client.meta_id = "77";
    w->client.meta_accounts = w->accounts;
    w->ask = (struct ask){ .job = w->job,
                           .arena = w->arena,
                           .client = &w->client,
                           .now_real_ms = NOON,
                           .timezone = "America/Sao_Paulo" };
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    upstream_job_end(w->job);
    meta_destroy(w->meta);
    upstream_destroy(w->upstream);
    cache_destroy(w->cache);
    http_destroy(w->http);
    peer_destroy(w->peer);
    loop_destroy(w->loop);
    arena_destroy(w->arena);
    free(w);
    return 0;
}

static void on_done(void *arg, struct findings *findings)
{
    struct world *w = arg;

    w->done++;
    w->findings = findings;
}

static void run(struct world *w)
{
    w->done = 0;
    meta_platform.fetch(w->meta, &w->ask, on_done, w);
    assert_int_equal(w->done, 0); /* never inside the call */
    while (w->done == 0)
        loop_turn(w->loop, 1000);
    loop_turn(w->loop, 10);
    assert_int_equal(w->done, 1);
    assert_false(w->bad_headers);
}

static void route(struct world *w, struct route added)
{
    size_t i = 0;

    while (w->routes[i].word)
        i++;
    assert_true(i + 1 < COUNT(w->routes));
    w->routes[i] = added;
}

static int asked_for(const struct world *w, const char *word)
{
    int count = 0;

    for (int i = 0; i < w->asked; i++)
        count += strstr(w->targets[i], word) != NULL;
    return count;
}

#define ACCOUNT(n)                                                                                 \
    "{\"id\":\"act_" #n "\",\"account_id\":\"" #n "\",\"name\":\"Sol " #n                          \
    "\",\"currency\":\"BRL\",\"timezone_name\":\"America\\/Sao_Paulo\"}"
#define LIST(rows) "{\"data\":[" rows "]}"
#define PAGE(rows, after)                                                                          \
    "{\"data\":[" rows "],\"paging\":{\"cursors\":{\"after\":\"" after "\"},\"next\":\"https://"   \
    "never.example/?access_token=SECRET\"}}"
#define SET(n, campaign, budget)                                                                   \
    "{\"id\":\"" #n "\",\"campaign_id\":\"" #campaign                                              \
    "\",\"effective_status\":\"ACTIVE\",\"daily_budget\":\"" #budget "\"}"
#define CAMPAIGN(n, sets)                                                                          \
    "{\"id\":\"" #n "\",\"name\":\"C" #n                                                           \
    "\",\"effective_status\":\"ACTIVE\",\"adsets\":{\"data\":[" sets "]}}"
#define SPENT(n, spend)                                                                            \
    "{\"campaign_id\":\"" #n "\",\"campaign_name\":\"C" #n "\",\"spend\":\"" spend                 \
    "\",\"impressions\":\"1\",\"clicks\":\"1\",\"date_start\":\"2026-11-01\",\"date_stop\":"       \
    "\"2026-11-21\"}"
#define FAULT(code, sub)                                                                           \
    "{\"error\":{\"message\":\"m\",\"type\":\"OAuthException\",\"code\":" #code                    \
    ",\"error_subcode\":" #sub ",\"fbtrace_id\":\"A1b2C3\"}}"
#define NO_PROOF                                                                                   \
    "{\"error\":{\"message\":\"Invalid appsecret_proof provided in the API argument\","            \
    "\"type\":\"GraphMethodException\",\"code\":100,\"fbtrace_id\":\"A1b2C3\"}}"
#define TOO_MUCH                                                                                   \
    "{\"error\":{\"code\":1,\"message\":\"Please reduce the amount of data you're asking for, "    \
    "then retry your request\"}}"

static void one_account(struct world *w)
{
    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200, LIST(ACCOUNT(10))));
    route(w, ROUTE("/77/client_ad_accounts", NULL, 200, LIST("")));
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\",\"name\":\"Sol BM\"}"));
}

static void healthy_account(struct world *w)
{
    route(w, ROUTE("/act_10/campaigns", NULL, 200, LIST(CAMPAIGN(501, SET(1, 501, 5000)))));
    route(w, ROUTE("/act_10/insights", NULL, 200, LIST(SPENT(501, "400.00"))));
}

static const struct ad_account *only_account(const struct world *w)
{
    assert_int_equal(w->findings->business_managers.len, 1);
    assert_int_equal(w->findings->business_managers.items[0].ad_accounts.len, 1);
    return &w->findings->business_managers.items[0].ad_accounts.items[0];
}

static const struct warning *only_warning(const struct world *w)
{
    if (w->findings->warnings.len != 1)
        fail_msg("%zu warnings", w->findings->warnings.len);
    return &w->findings->warnings.items[0];
}

/* ---- what goes well ---- */

static void a_client_of_three_accounts_takes_nine_calls(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200, LIST(ACCOUNT(10) "," ACCOUNT(11))));
    route(w, ROUTE("/77/client_ad_accounts", NULL, 200, LIST(ACCOUNT(11) "," ACCOUNT(12))));
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\",\"name\":\"Sol BM\"}"));
    healthy_account(w);
    route(w, ROUTE("/campaigns", NULL, 200, LIST("")));
    route(w, ROUTE("/insights", NULL, 200, LIST("")));
    run(w);

    assert_int_equal(w->asked, 9);
    assert_int_equal(w->findings->warnings.len, 0);
    assert_int_equal(w->findings->business_managers.len, 1);
    const struct business_manager *bm = w->findings->business_managers.items;
    assert_string_equal(bm->platform, "meta");
    assert_string_equal(bm->id, "77");
    assert_string_equal(bm->name, "Sol BM");
    assert_int_equal(bm->ad_accounts.len, 3);
    int owned = 0;
    for (size_t i = 0; i < 3; i++)
        owned += bm->ad_accounts.items[i].owned == OWNED_YES;
    assert_int_equal(owned, 2); /* 11 is in both lists */
    const struct ad_account *sol = &bm->ad_accounts.items[0];
    assert_string_equal(sol->id, "act_10");
    assert_string_equal(sol->name, "Sol 10");
    assert_int_equal(sol->month.days_left, 9);
    assert_int_equal(sol->campaigns.len, 1);
    assert_int_equal(sol->campaigns.items[0].spend_micros, 400000000);
    assert_int_equal(sol->campaigns.items[0].budgets.items[0].amount_micros, 50000000);
}

/* The vector is the contract's. */
static void every_call_carries_the_proof_and_the_words_of_the_contract(void **state)
{
    struct world *w = *state;

    one_account(w);
    healthy_account(w);
    run(w);
    assert_int_equal(w->asked, 5);
    assert_int_equal(asked_for(w, "appsecret_proof=bc91f5dc51339f07e5e27d0893d11bd294fdde4e4b7c04b1"
                                  "bf9dc2de1d589357"),
                     5);
    assert_int_equal(asked_for(w, "/v26.0/"), 5);
    assert_int_equal(asked_for(w, "time_range={\"since\":\"2026-11-01\",\"until\":\"2026-11-21\"}"),
                     1);
    assert_int_equal(asked_for(w, "level=campaign"), 1);
    assert_int_equal(asked_for(w,
                               "filtering=[{\"field\":\"campaign.effective_status\",\"operator\":"
                               "\"IN\",\"value\":[\"ACTIVE\",\"PAUSED\",\"DELETED\",\"ARCHIVED\""),
                     1);
    assert_int_equal(asked_for(w, "adsets.limit(50){id,campaign_id,effective_status"), 1);
    assert_int_equal(asked_for(w, "effective_status=[\"ACTIVE\",\"IN_PROCESS\",\"WITH_ISSUES\"]"),
                     1);
}

static void every_page_of_every_list_is_read(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77/owned_ad_accounts", "after=A1", 200, LIST(ACCOUNT(11))));
    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200, PAGE(ACCOUNT(10), "A1")));
    route(w, ROUTE("/77/client_ad_accounts", "after=B1", 200, LIST(ACCOUNT(12))));
    route(w, ROUTE("/77/client_ad_accounts", NULL, 200, PAGE("", "B1")));
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\"}"));
    route(w, ROUTE("/act_10/campaigns", "after=C2", 200, LIST(CAMPAIGN(503, SET(3, 503, 300)))));
    route(w,
          ROUTE("/act_10/campaigns", "after=C1", 200, PAGE(CAMPAIGN(502, SET(2, 502, 200)), "C2")));
    route(w, ROUTE("/act_10/campaigns", NULL, 200,
                   PAGE("{\"id\":\"501\",\"name\":\"C501\",\"effective_status\":\"ACTIVE\","
                        "\"adsets\":" PAGE(SET(1, 501, 100), "D1") "}",
                        "C1")));
    route(w, ROUTE("/501/adsets", "after=D2", 200, LIST(SET(6, 501, 100))));
    route(w, ROUTE("/501/adsets", "after=D1", 200, PAGE(SET(5, 501, 100), "D2")));
    route(w, ROUTE("/act_10/insights", "after=E1", 200, LIST(SPENT(502, "2.00"))));
    route(w, ROUTE("/act_10/insights", NULL, 200, PAGE(SPENT(501, "1.00"), "E1")));
    route(w, ROUTE("/campaigns", NULL, 200, LIST("")));
    route(w, ROUTE("/insights", NULL, 200, LIST("")));
    run(w);

    assert_int_equal(w->findings->warnings.len, 0);
    const struct business_manager *bm = w->findings->business_managers.items;
    assert_null(bm->name);
    assert_int_equal(bm->ad_accounts.len, 3);
    const struct ad_account *sol = &bm->ad_accounts.items[0];
    assert_int_equal(sol->campaigns.len, 3);
    assert_int_equal(sol->campaigns.items[0].budgets.len, 3);
    assert_int_equal(sol->campaigns.items[0].spend_micros, 1000000);
    assert_int_equal(sol->campaigns.items[1].spend_micros, 2000000);
    assert_int_equal(sol->campaigns.items[2].spend_micros, 0);
}

static void listed_accounts_are_asked_for_and_then_remembered(void **state)
{
    struct world *w = *state;

    w->accounts[0] = "10";
    w->accounts[1] = "10"; /* typed twice */
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\",\"name\":\"Sol BM\"}"));
    healthy_account(w);
    route(w, ROUTE("/act_10?", NULL, 200, ACCOUNT(10)));
    run(w);
    assert_int_equal(w->asked, 4);
    assert_string_equal(only_account(w)->name, "Sol 10");
    assert_int_equal(only_account(w)->owned, OWNED_UNKNOWN);
    w->asked = 0;
    run(w);
    assert_int_equal(w->asked, 3);
    assert_string_equal(only_account(w)->name, "Sol 10");
    assert_int_equal(only_account(w)->campaigns.len, 1);
}

static void listed_accounts_without_a_business_are_the_agencys(void **state)
{
    struct world *w = *state;

    w->client.meta_id = "";
    w->accounts[0] = "10";
    route(w, ROUTE("/99?", NULL, 200, "{\"id\":\"99\",\"name\":\"Agency\"}"));
    healthy_account(w);
    route(w, ROUTE("/act_10?", NULL, 200, ACCOUNT(10)));
    run(w);
    assert_string_equal(w->findings->business_managers.items[0].name, "Agency");
    assert_int_equal(only_account(w)->campaigns.len, 1);
}

/* LESSONS 1.6: the server's day is not the account's. */
static void the_month_is_of_the_accounts_zone(void **state)
{
    struct world *w = *state;

    w->ask.now_real_ms = INT64_C(1796094000000); /* 2026-12-01 00:00 in São Paulo, 12:00 in Tokyo */
    w->ask.now_real_ms -= 3600 * 1000;           /* November in São Paulo, December in Tokyo */
    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200,
                   LIST("{\"account_id\":\"20\",\"currency\":\"JPY\",\"timezone_name\":"
                        "\"Asia\\/Tokyo\"},{\"account_id\":\"21\",\"currency\":\"BRL\"}")));
    route(w, ROUTE("/77", NULL, 200, LIST("")));
    route(w, ROUTE("/campaigns", NULL, 200, LIST("")));
    route(w, ROUTE("/insights", NULL, 200, LIST("")));
    run(w);
    assert_int_equal(asked_for(w, "/act_20/insights"), 1);
    assert_int_equal(asked_for(w, "time_range={\"since\":\"2026-12-01\",\"until\":\"2026-12-01\"}"),
                     1);
    assert_int_equal(asked_for(w, "time_range={\"since\":\"2026-11-01\",\"until\":\"2026-11-30\"}"),
                     1);
}

/* ---- asking for less ---- */

static void too_much_data_is_asked_for_in_smaller_pages(void **state)
{
    struct world *w = *state;

    one_account(w);
    route(w, ROUTE("/act_10/campaigns", "limit=100", 500, TOO_MUCH));
    route(w, ROUTE("/act_10/insights", "limit=500", 400, FAULT(100, 1487534)));
    route(w, ROUTE("/act_10/insights", "limit=250", 500, FAULT(2, 1504038)));
    healthy_account(w);
    run(w);
    assert_int_equal(w->findings->warnings.len, 0);
    assert_int_equal(only_account(w)->campaigns.len, 1);
    assert_int_equal(asked_for(w, "&limit=50&"), 1);
    assert_int_equal(asked_for(w, "adsets.limit(25)"), 1);
    assert_int_equal(asked_for(w, "&limit=125&"), 1);
}

static void nesting_is_dropped_when_smaller_pages_do_not_help(void **state)
{
    struct world *w = *state;

    one_account(w);
    route(w, ROUTE("/act_10/campaigns", "adsets.limit(50)", 200,
                   PAGE(CAMPAIGN(501, SET(1, 501, 5000)), "C1"), .times = 1));
    route(w, ROUTE("/act_10/campaigns", "adsets.limit", 500, TOO_MUCH));
    route(w, ROUTE("/act_10/campaigns", NULL, 200,
                   LIST("{\"id\":\"501\",\"name\":\"C501\",\"effective_status\":\"ACTIVE\"}"
                        ",{\"id\":\"502\",\"name\":\"C502\",\"effective_status\":"
                        "\"ACTIVE\"}")));
    route(w, ROUTE("/act_10/adsets", "effective_status=[\"ACTIVE\"]", 200,
                   LIST(SET(1, 501, 5000) "," SET(2, 502, 700) "," SET(3, 999, 1))));
    healthy_account(w);
    run(w);
    assert_int_equal(w->findings->warnings.len, 0);
    const struct ad_account *sol = only_account(w);
    assert_int_equal(sol->campaigns.len, 2);
    assert_int_equal(sol->campaigns.items[0].budgets.len, 1);
    assert_int_equal(sol->campaigns.items[1].budgets.items[0].amount_micros, 7000000);
}

static void too_much_data_for_ever_is_a_warning(void **state)
{
    struct world *w = *state;

    one_account(w);
    route(w, ROUTE("/act_10/insights", NULL, 500, TOO_MUCH));
    healthy_account(w);
    run(w);
    assert_int_equal(asked_for(w, "/insights"), 6);
    assert_int_equal(only_warning(w)->kind, ERR_BAD_RESPONSE);
    assert_string_equal(only_warning(w)->account, "act_10");
    assert_int_equal(w->findings->business_managers.items[0].ad_accounts.len, 0);
}

static void a_forgotten_cursor_restarts_the_list_once(void **state)
{
    struct world *w = *state;

    one_account(w);
    route(w, ROUTE("/act_10/insights", "after=E1", 400, FAULT(2642, 0), .times = 1));
    route(w, ROUTE("/act_10/insights", "after=E1", 200, LIST(SPENT(502, "2.00"))));
    route(w, ROUTE("/act_10/insights", NULL, 200, PAGE(SPENT(501, "1.00"), "E1")));
    healthy_account(w);
    run(w);
    assert_int_equal(asked_for(w, "/insights"), 4);
    assert_int_equal(only_account(w)->campaigns.len, 2);
    assert_int_equal(only_account(w)->campaigns.items[0].spend_micros, 1000000);
}

static void a_cursor_that_is_forgotten_again_is_a_warning(void **state)
{
    struct world *w = *state;

    one_account(w);
    route(w, ROUTE("/act_10/insights", "after=E1", 400, FAULT(2642, 0), .times = 3));
    route(w, ROUTE("/act_10/insights", NULL, 200, PAGE(SPENT(501, "1.00"), "E1")));
    healthy_account(w);
    run(w);
    assert_int_equal(asked_for(w, "/insights"), 4);
    assert_int_equal(only_warning(w)->kind, ERR_BAD_RESPONSE);
}

/* Its row as a client's account comes first, for the other list has a page before it. */
static void an_account_in_both_lists_is_owned(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77/owned_ad_accounts", "after=A2", 200, LIST(ACCOUNT(10))));
    route(w, ROUTE("/77/owned_ad_accounts", "after=A1", 200, PAGE("", "A2")));
    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200, PAGE("", "A1")));
    route(w, ROUTE("/77/client_ad_accounts", NULL, 200, LIST(ACCOUNT(10))));
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\"}"));
    healthy_account(w);
    run(w);
    assert_int_equal(only_account(w)->owned, OWNED_YES);
    assert_int_equal(asked_for(w, "/act_10/campaigns"), 1);
}

/* ---- what goes wrong: each ends in a warning of its kind, and no number is shown ---- */

#define HTML "<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>"

static const struct fault_case {
    const char *why;
    struct route route;
    enum err_kind kind;
    int64_t retry_after_ms; /* 0: not looked at */
} faults[] = {
    { "permission", ROUTE_FIELDS("/act_10/insights", NULL, 403, FAULT(200, 0)), ERR_PERMISSION, 0 },
    { "no insights", ROUTE_FIELDS("/act_10/insights", NULL, 400, FAULT(100, 3191001)),
      ERR_PERMISSION, 0 },
    { "not there", ROUTE_FIELDS("/act_10/campaigns", NULL, 400, FAULT(100, 33)), ERR_NOT_FOUND, 0 },
    { "our bug", ROUTE_FIELDS("/act_10/campaigns", NULL, 400, FAULT(100, 1)), ERR_BAD_RESPONSE, 0 },
    { "a cursor forgotten for ever", ROUTE_FIELDS("/act_10/insights", NULL, 400, FAULT(2642, 0)),
      ERR_BAD_RESPONSE, 0 },
    { "a throttle without estimate",
      ROUTE_FIELDS("/act_10/insights", NULL, 400, FAULT(80000, 2446079)), ERR_RATE_LIMIT, 60000 },
    { "a throttle of 20 minutes",
      ROUTE_FIELDS(
          "/act_10/campaigns", NULL, 400, FAULT(80004, 2446079),
          .headers =
              "X-Business-Use-Case-Usage: {\"10\":[{\"type\":\"ads_management\",\"call_count\":"
              "20,\"estimated_time_to_regain_access\":20}]}\r\n"),
      ERR_RATE_LIMIT, 20 * 60000 },
    { "a throttle with Retry-After",
      ROUTE_FIELDS("/act_10/insights", NULL, 429, FAULT(4, 1504022),
                   .headers = "Retry-After: 300\r\n"),
      ERR_RATE_LIMIT, 300000 },
    { "away, for a time that it names",
      ROUTE_FIELDS("/act_10/campaigns", NULL, 503, FAULT(2, 0), .headers = "Retry-After: 120\r\n"),
      ERR_UNAVAILABLE, 120000 },
    { "HTML for JSON", ROUTE_FIELDS("/act_10/insights", NULL, 200, HTML), ERR_BAD_RESPONSE, 0 },
    { "HTML and 400", ROUTE_FIELDS("/act_10/insights", NULL, 400, HTML), ERR_BAD_RESPONSE, 0 },
    { "nothing", ROUTE_FIELDS("/act_10/insights", NULL, 200, ""), ERR_BAD_RESPONSE, 0 },
    { "JSON cut off",
      ROUTE_FIELDS("/act_10/insights", NULL, 200, "{\"data\":[{\"campaign_id\":\"5"),
      ERR_BAD_RESPONSE, 0 },
    { "an error with 200", ROUTE_FIELDS("/act_10/campaigns", NULL, 200, FAULT(4711, 0)),
      ERR_BAD_RESPONSE, 0 },
    { "a number for a string",
      ROUTE_FIELDS(
          "/act_10/insights", NULL, 200,
          LIST("{\"campaign_id\":501,\"spend\":400,\"date_start\":\"2026-11-01\",\"date_stop\":"
               "\"2026-11-21\"}")),
      ERR_BAD_RESPONSE, 0 },
    { "last month",
      ROUTE_FIELDS("/act_10/insights", NULL, 200,
                   LIST("{\"campaign_id\":\"501\",\"spend\":\"400\",\"date_start\":\"2026-10-01\","
                        "\"date_stop\":\"2026-10-21\"}")),
      ERR_BAD_RESPONSE, 0 },
    { "an id that is a path",
      ROUTE_FIELDS("/act_10/campaigns", NULL, 200,
                   LIST("{\"id\":\"..\\/..\\/me\",\"effective_status\":\"ACTIVE\"}")),
      ERR_BAD_RESPONSE, 0 },
    { "a page that follows itself", ROUTE_FIELDS("/act_10/campaigns", NULL, 200, PAGE("", "C1")),
      ERR_BAD_RESPONSE, 0 },
    { "a nested page that follows itself", ROUTE_FIELDS("/501/adsets", NULL, 200, PAGE("", "D1")),
      ERR_BAD_RESPONSE, 0 },
    { "an account that is not asked for",
      ROUTE_FIELDS("/77/owned_ad_accounts", NULL, 200, LIST("{}")), ERR_BAD_RESPONSE, 0 },
};

static void every_fault_ends_in_a_warning_of_its_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        void *one = NULL;
        set_up(&one);
        struct world *w = one;
        route(w, faults[i].route);
        one_account(w);
        route(w, ROUTE("/act_10/campaigns", NULL, 200,
                       LIST("{\"id\":\"501\",\"effective_status\":\"ACTIVE\",\"adsets\":" PAGE(
                           SET(1, 501, 1), "D0") "}")));
        route(w, ROUTE("/501/adsets", NULL, 200, LIST("")));
        healthy_account(w);
        run(w);
        const struct warning *warning =
            w->findings->warnings.len ? &w->findings->warnings.items[0] : NULL;
        if (!warning || w->findings->warnings.len > 1 || warning->kind != faults[i].kind)
            fail_msg("%s: %zu warnings, %s", faults[i].why, w->findings->warnings.len,
                     warning ? warning->message : "");
        if (w->findings->business_managers.items[0].ad_accounts.len != 0)
            fail_msg("%s: numbers are shown", faults[i].why);
        if (faults[i].retry_after_ms &&
            (warning->retry_real_ms < NOON + faults[i].retry_after_ms ||
             warning->retry_real_ms > NOON + faults[i].retry_after_ms + 30000))
            fail_msg("%s: from %lld", faults[i].why, (long long)warning->retry_real_ms);
        if (strstr(warning->message, "SECRET") || strstr(warning->message, "EAAexample"))
            fail_msg("%s: %s", faults[i].why, warning->message);
        tear_down(&one);
    }
}

static void an_answer_nested_without_end_is_refused(void **state)
{
    struct world *w = *state;
    size_t depth = 100000;
    char *body = arena_alloc(w->arena, depth + 1);

    memset(body, '[', depth);
    memcpy(body, "{\"data\":", 8);
    one_account(w);
    route(w, ROUTE("/act_10/campaigns", NULL, 200, body));
    route(w, ROUTE("/act_10/insights", NULL, 400, body));
    run(w);
    assert_int_equal(only_warning(w)->kind, ERR_BAD_RESPONSE);
}

/* What is waited for an answer that never comes is 20 s; a timer of ours ends it sooner. */
#define CALL_MS 18000

/* One account never answers, another breaks off each time: the third one's numbers come, in time.
 */
static void silence_costs_only_the_account_that_is_silent(void **state)
{
    struct world *w = *state;
    int64_t began = clock_mono_ms();

    upstream_job_end(w->job);
    w->job = w->ask.job = upstream_job_begin(w->upstream, began + 3000, NULL);
    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200,
                   LIST(ACCOUNT(10) "," ACCOUNT(11) "," ACCOUNT(12))));
    route(w, ROUTE("/77", NULL, 200, LIST("")));
    healthy_account(w);
    route(w, ROUTE("/act_11/campaigns", NULL, 0, ""));
    route(w, ROUTE("/act_12/insights", NULL, 200, LIST(SPENT(1, "1.00")), .cut = true));
    route(w, ROUTE("/campaigns", NULL, 200, LIST("")));
    route(w, ROUTE("/insights", NULL, 200, LIST("")));
    run(w);
    assert_in_range(clock_mono_ms() - began, 0, CALL_MS);
    assert_string_equal(only_account(w)->id, "act_10");
    assert_int_equal(w->findings->warnings.len, 2);
    assert_string_equal(w->findings->warnings.items[0].account, "act_11");
    assert_int_equal(w->findings->warnings.items[0].kind, ERR_TIMEOUT);
    assert_string_equal(w->findings->warnings.items[1].account, "act_12");
    assert_int_equal(w->findings->warnings.items[1].kind, ERR_UNAVAILABLE);
}

/* A page of campaigns that each have more ad sets than came with them. */
#define NESTED 40
static const char *nested_campaigns(void)
{
    static char body[NESTED * 320];
    size_t len = (size_t)snprintf(body, sizeof(body), "{\"data\":[");

    for (int i = 0; i < NESTED; i++)
        len += (size_t)snprintf(
            body + len, sizeof(body) - len,
            "%s{\"id\":\"%d\",\"name\":\"C\",\"effective_status\":\"ACTIVE\",\"adsets\":"
            "{\"data\":[],\"paging\":{\"cursors\":{\"after\":\"D\"},\"next\":\"https://x\"}}}",
            i ? "," : "", 500 + i);
    snprintf(body + len, sizeof(body) - len, "]}");
    return body;
}

static void nested_account(struct world *w, struct route ad_sets)
{
    one_account(w);
    route(w, ROUTE("/act_10/campaigns", NULL, 200, nested_campaigns()));
    route(w, ROUTE("/act_10/insights", NULL, 200, LIST("")));
    route(w, ad_sets);
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\"}"));
}

static void an_account_has_few_calls_under_way(void **state)
{
    struct world *w = *state;

    upstream_job_end(w->job);
    w->job = w->ask.job = upstream_job_begin(w->upstream, clock_mono_ms() + 2000, NULL);
    nested_account(w, ROUTE("/adsets", "after=D", 0, "")); /* none ends */
    run(w);
    assert_int_equal(w->findings->warnings.len, 1);
    assert_int_equal(w->findings->warnings.items[0].kind, ERR_TIMEOUT);
    assert_in_range(asked_for(w, "/adsets"), 1, 8);
}

static void all_of_its_lists_have_their_turn(void **state)
{
    struct world *w = *state;

    nested_account(w, ROUTE("/adsets", "after=D", 200, LIST("")));
    run(w);
    assert_int_equal(w->findings->warnings.len, 0);
    assert_int_equal(only_account(w)->campaigns.len, NESTED);
    assert_int_equal(asked_for(w, "/adsets"), NESTED);
}

/* The business manager's name is a nicety: numbers do not wait for it until the deadline. */
static void numbers_do_not_wait_for_a_name_that_never_comes(void **state)
{
    struct world *w = *state;
    int64_t began = clock_mono_ms();

    route(w, ROUTE("/77?", NULL, 0, ""));
    one_account(w);
    healthy_account(w);
    run(w);
    assert_in_range(clock_mono_ms() - began, 0, CALL_MS);
    assert_int_equal(w->findings->warnings.len, 0);
    assert_int_equal(only_account(w)->campaigns.len, 1);
    assert_null(w->findings->business_managers.items[0].name);
}

static void passing_faults_are_outlived(void **state)
{
    struct world *w = *state;

    one_account(w);
    route(w, ROUTE("/act_10/campaigns", NULL, 500, FAULT(2, 0), .times = 1));
    route(w, ROUTE("/act_10/insights", NULL, 502, HTML, .times = 1));
    healthy_account(w);
    run(w);
    assert_int_equal(w->findings->warnings.len, 0);
    assert_int_equal(only_account(w)->campaigns.len, 1);
}

/* LESSONS 3.14: one dead account does not take the others with it. */
static void one_dead_account_leaves_the_others_alone(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200,
                   LIST(ACCOUNT(10) ",{\"account_id\":\"11\",\"currency\":\"XQX\"},"
                                    "{\"account_id\":\"12\",\"currency\":\"BRL\","
                                    "\"timezone_name\":\"Mars\\/Base\"},"
                                    "{\"account_id\":\"13\",\"currency\":\"BRL\"}")));
    route(w, ROUTE("/77", NULL, 200, LIST("")));
    route(w, ROUTE("/act_13/", NULL, 403, FAULT(273, 0)));
    healthy_account(w);
    run(w);
    assert_string_equal(only_account(w)->id, "act_10");
    assert_int_equal(w->findings->warnings.len, 3);
    assert_string_equal(w->findings->warnings.items[0].account, "act_11");
    assert_string_equal(w->findings->warnings.items[1].account, "act_12");
    assert_string_equal(w->findings->warnings.items[2].account, "act_13");
    assert_int_equal(w->findings->warnings.items[2].kind, ERR_PERMISSION);
}

/* LESSONS 1.5: a business manager with client accounts only; and half of the edges missing. */
static void one_edge_that_fails_leaves_the_other(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77/owned_ad_accounts", NULL, 403, FAULT(10, 0)));
    route(w, ROUTE("/77/client_ad_accounts", NULL, 200, LIST(ACCOUNT(10))));
    route(w, ROUTE("/77?", NULL, 403, FAULT(10, 0)));
    healthy_account(w);
    run(w);
    assert_int_equal(only_account(w)->owned, OWNED_NO);
    assert_int_equal(only_warning(w)->kind, ERR_PERMISSION);
    assert_null(only_warning(w)->account);
}

static void a_business_that_is_not_visible_is_one_warning(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77", NULL, 400, FAULT(100, 33)));
    run(w);
    assert_int_equal(w->asked, 3);
    assert_int_equal(only_warning(w)->kind, ERR_NOT_FOUND);
}

static void a_business_without_accounts_is_a_warning(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77", NULL, 200, LIST("")));
    run(w);
    assert_int_equal(only_warning(w)->kind, ERR_NOT_FOUND);
    assert_non_null(strstr(only_warning(w)->message, "77"));
}

static void a_listed_account_that_is_not_visible_is_a_warning(void **state)
{
    struct world *w = *state;

    w->accounts[0] = "10";
    w->accounts[1] = "11";
    w->accounts[2] = "12";
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\",\"name\":\"Sol BM\"}"));
    healthy_account(w);
    route(w, ROUTE("/act_10?", NULL, 200, ACCOUNT(10)));
    route(w, ROUTE("/act_11?", NULL, 400, FAULT(100, 33)));
    route(w, ROUTE("/act_12?", NULL, 200, ACCOUNT(13))); /* another one's numbers */
    run(w);
    assert_string_equal(only_account(w)->id, "act_10");
    assert_int_equal(w->findings->warnings.len, 2);
    assert_int_equal(w->findings->warnings.items[0].kind, ERR_NOT_FOUND);
    assert_string_equal(w->findings->warnings.items[0].account, "act_11");
    assert_int_equal(w->findings->warnings.items[1].kind, ERR_BAD_RESPONSE);
    assert_int_equal(asked_for(w, "/act_13"), 0);
}

static void a_dead_token_stops_all_accounts_at_once(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/77/owned_ad_accounts", NULL, 200, LIST(ACCOUNT(10) "," ACCOUNT(11))));
    route(w, ROUTE("/77", NULL, 200, LIST("")));
    route(w, ROUTE("/act_10/insights", NULL, 400, FAULT(190, 463)));
    route(w, ROUTE("/act_", NULL, 0, "")); /* all else never answers */
    int64_t began = clock_mono_ms();
    run(w);
    assert_in_range(clock_mono_ms() - began, 0, CALL_MS);
    assert_int_equal(only_warning(w)->kind, ERR_AUTH);
    assert_null(only_warning(w)->account);
    assert_non_null(strstr(only_warning(w)->message, "META_ACCESS_TOKEN"));
}

static void an_expired_version_is_for_the_operator(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/", NULL, 400, FAULT(2635, 0)));
    run(w);
    assert_int_equal(only_warning(w)->kind, ERR_CONFIG);
    assert_int_equal(only_warning(w)->topic, TOPIC_SETTINGS);
    assert_non_null(strstr(only_warning(w)->message, "META_API_VERSION"));
}

static void a_wrong_app_secret_is_named(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/", NULL, 400, NO_PROOF));
    run(w);
    assert_int_equal(only_warning(w)->kind, ERR_CONFIG);
    assert_int_equal(only_warning(w)->topic, TOPIC_SETTINGS);
    assert_non_null(strstr(only_warning(w)->message, "META_APP_SECRET"));
    assert_null(strstr(only_warning(w)->message, "META_API_VERSION"));
}

/* ---- without a call ---- */

static void the_agencys_own_business_is_never_expanded(void **state)
{
    struct world *w = *state;

    w->client.meta_id = "99";
    run(w);
    assert_int_equal(w->asked, 0);
    assert_int_equal(w->findings->business_managers.len, 0);
    assert_int_equal(only_warning(w)->kind, ERR_CONFIG);
    assert_int_equal(only_warning(w)->topic, TOPIC_AGENCY_BUSINESS);
}

static void without_a_token_each_listed_account_is_named(void **state)
{
    struct world *w = *state;

    meta_destroy(w->meta);
    w->meta = meta_create(w->upstream, NULL,
                          &(struct meta_options){ .url = peer_url(w->peer), .version = "v26.0" });
    run(w);
    assert_int_equal(only_warning(w)->topic, TOPIC_NOT_CONFIGURED);
    assert_non_null(strstr(only_warning(w)->message, "77"));
    w->accounts[0] = "10";
    w->accounts[1] = "11";
    run(w);
    assert_int_equal(w->findings->warnings.len, 2);
    assert_string_equal(w->findings->warnings.items[1].account, "act_11");
    assert_int_equal(w->findings->warnings.items[1].kind, ERR_CONFIG);
    assert_int_equal(w->asked, 0);
}

static void it_concerns_who_has_accounts_here(void **state)
{
    struct world *w = *state;

    assert_true(meta_platform.concerns(&w->client));
    w->client.meta_id = "";
    assert_false(meta_platform.concerns(&w->client));
    w->accounts[0] = "10";
    assert_true(meta_platform.concerns(&w->client));
}

/* Longer than anything here takes on a busy machine. */
#define PATIENCE_MS 60000

/* The job ends at every turn of a fetch, one after the other: nothing is called, nothing leaks. */
static void a_job_may_end_at_any_turn(void **state)
{
    struct world *w = *state;
    bool whole = false;

    w->accounts[0] = "10";
    w->accounts[1] = "11";
    route(w, ROUTE("/77?", NULL, 200, "{\"id\":\"77\",\"name\":\"Sol BM\"}"));
    healthy_account(w);
    route(w, ROUTE("/act_10?", NULL, 200, ACCOUNT(10)));
    route(w, ROUTE("/act_11?", NULL, 400, FAULT(200, 0)));
    int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;
    for (int turns = 0; !whole && clock_mono_ms() < give_up_ms; turns++) {
        struct upstream_job *job = upstream_job_begin(w->upstream, clock_mono_ms() + 60000, NULL);
        struct arena *arena = arena_create();
        w->ask.job = job;
        w->ask.arena = arena;
        w->done = 0;
        meta_platform.fetch(w->meta, &w->ask, on_done, w);
        for (int i = 0; i < turns && w->done == 0; i++)
            loop_turn(w->loop, 20);
        whole = w->done > 0;
        upstream_job_end(job);
        arena_destroy(arena);
        cache_drop(w->cache, "meta:account:10");
        loop_turn(w->loop, 5);
    }
    assert_true(whole);
}

static void on_probed(void *arg, const struct error *err)
{
    struct world *w = arg;

    w->done++;
    w->probe_err = err ? *err : (struct error){ 0 };
}

static void probe(struct world *w)
{
    w->done = 0;
    meta_platform.probe(w->meta, w->job, on_probed, w);
    assert_int_equal(w->done, 0);
    while (w->done == 0)
        loop_turn(w->loop, 1000);
}

static void the_check_says_what_to_mend(void **state)
{
    struct world *w = *state;

    route(w, ROUTE("/me?", NULL, 200, "{\"id\":\"1\"}", .times = 1));
    route(w, ROUTE("/me?", NULL, 400, NO_PROOF, .times = 1));
    route(w, ROUTE("/me?", NULL, 400, FAULT(190, 463), .times = 1));
    probe(w);
    assert_int_equal(w->probe_err.kind, ERR_NONE);
    probe(w);
    assert_int_equal(w->probe_err.kind, ERR_CONFIG);
    assert_non_null(strstr(w->probe_err.user, "META_APP_SECRET"));
    probe(w);
    assert_int_equal(w->probe_err.kind, ERR_AUTH);
    assert_non_null(strstr(w->probe_err.user, "META_ACCESS_TOKEN"));
    meta_destroy(w->meta);
    w->meta = meta_create(w->upstream, NULL,
                          &(struct meta_options){ .url = peer_url(w->peer), .version = "v26.0" });
    probe(w);
    assert_int_equal(w->probe_err.kind, ERR_CONFIG);
}

/* A hostile Meta that always has one more page, each with another cursor. */
static void pages_without_end_are_ended(void **state)
{
    struct world *w = *state;

    one_account(w);
    w->endless = true;
    healthy_account(w);
    run(w);
    assert_int_equal(asked_for(w, "/campaigns"), 201);
    assert_int_equal(only_warning(w)->kind, ERR_BAD_RESPONSE);
    assert_string_equal(only_warning(w)->account, "act_10");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_client_of_three_accounts_takes_nine_calls),
        TEST(every_call_carries_the_proof_and_the_words_of_the_contract),
        TEST(every_page_of_every_list_is_read),
        TEST(listed_accounts_are_asked_for_and_then_remembered),
        TEST(listed_accounts_without_a_business_are_the_agencys),
        TEST(the_month_is_of_the_accounts_zone),
        TEST(too_much_data_is_asked_for_in_smaller_pages),
        TEST(nesting_is_dropped_when_smaller_pages_do_not_help),
        TEST(too_much_data_for_ever_is_a_warning),
        TEST(a_forgotten_cursor_restarts_the_list_once),
        TEST(a_cursor_that_is_forgotten_again_is_a_warning),
        TEST(an_account_in_both_lists_is_owned),
        TEST(every_fault_ends_in_a_warning_of_its_kind),
        TEST(an_answer_nested_without_end_is_refused),
        TEST(silence_costs_only_the_account_that_is_silent),
        TEST(an_account_has_few_calls_under_way),
        TEST(all_of_its_lists_have_their_turn),
        TEST(numbers_do_not_wait_for_a_name_that_never_comes),
        TEST(passing_faults_are_outlived),
        TEST(one_dead_account_leaves_the_others_alone),
        TEST(one_edge_that_fails_leaves_the_other),
        TEST(a_business_that_is_not_visible_is_one_warning),
        TEST(a_business_without_accounts_is_a_warning),
        TEST(a_listed_account_that_is_not_visible_is_a_warning),
        TEST(a_dead_token_stops_all_accounts_at_once),
        TEST(an_expired_version_is_for_the_operator),
        TEST(a_wrong_app_secret_is_named),
        TEST(the_agencys_own_business_is_never_expanded),
        TEST(without_a_token_each_listed_account_is_named),
        TEST(it_concerns_who_has_accounts_here),
        TEST(a_job_may_end_at_any_turn),
        TEST(the_check_says_what_to_mend),
        TEST(pages_without_end_are_ended),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
