/*
 * The plan of calls, over real HTTP against canned answers: what is asked at once and what is not,
 * the one token of all, and that every customer ends in numbers or in a warning.
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
#include "platforms/google_ads.h"
#include "tests/platforms/peer.h"

/* 2026-11-21 12:00 in São Paulo, which is 2026-11-22 00:00 in Tokyo. */
#define NOON INT64_C(1795273200000)

#define TOKEN_1 "{\"access_token\":\"ya29.one\",\"expires_in\":3599,\"token_type\":\"Bearer\"}"
#define TOKEN_2 "{\"access_token\":\"ya29.two\",\"expires_in\":3599,\"token_type\":\"Bearer\"}"
#define FACTS(id, currency, zone, manager)                                                         \
    "\"customer\":{\"id\":\"" id "\",\"descriptiveName\":\"Conta " id                              \
    "\",\"currencyCode\":\"" currency "\",\"timeZone\":\"" zone "\",\"manager\":" manager "}"
#define SAO(id) FACTS(id, "BRL", "America/Sao_Paulo", "false")
#define CAMPAIGN(facts, id, budget)                                                                \
    "{" facts ",\"campaign\":{\"id\":\"" id "\",\"name\":\"N" id "\",\"status\":\"ENABLED\","      \
    "\"campaignBudget\":\"customers/1/campaignBudgets/" budget                                     \
    "\"},\"campaignBudget\":{\"id\":\"" budget                                                     \
    "\",\"amountMicros\":\"50000000\",\"period\":\"DAILY\"}}"
#define COST(id, micros)                                                                           \
    "{\"campaign\":{\"id\":\"" id "\",\"name\":\"N" id "\",\"status\":\"ENABLED\"},"               \
    "\"metrics\":{\"costMicros\":\"" micros "\"}}"
#define PAGE(rows) "{\"results\":[" rows "],\"fieldMask\":\"x\"}"
#define PAGE_MORE(rows, next) "{\"results\":[" rows "],\"nextPageToken\":\"" next "\"}"
#define FAILURE(code)                                                                              \
    "[{\"error\":{\"details\":[{\"@type\":\"x.GoogleAdsFailure\",\"errors\":[{\"errorCode\":"      \
    "{" code "},\"message\":\"m\"}]}]}}]"
#define EXPIRED "{\"error\":{\"code\":401,\"status\":\"UNAUTHENTICATED\"}}"

#define IS_CAMPAIGNS "campaign.status IN"
#define IS_COSTS "metrics.impressions"
#define IS_FACTS "FROM customer LIMIT 1"
#define IS_TOTALS "segments.date, metrics.cost_micros"

/* The first route that fits answers, `times` times (0: always). */
struct route {
    const char *target, *word; /* in the path, in the body; word NULL: any */
    int status;
    const char *body;
    int times;
    const char *header; /* that the request must carry; NULL: any */
};

struct world {
    struct arena *arena;
    struct loop *loop;
    struct http *http;
    struct peer *peer;
    struct upstream *upstream;
    struct upstream_job *job;
    struct cache *cache;
    struct google_ads *ads;
    const char *login; /* customer id that ads was given; NULL: none */
    const struct route *routes;
    int used[16];
    int tokens, calls, names; /* asked for */
    const char *bodies[64];
    bool bad; /* a request was not as it should be */

    struct ask ask;
    struct client client;
    const char *ids[8];
    struct findings *findings;
    int done;
    struct error probe_err;
};

static bool fits(const struct route *route, const struct peer_request *request)
{
    return strstr(request->target, route->target) &&
           (!route->word || strstr(request->body, route->word)) &&
           (!route->header || strstr(request->headers, route->header));
}

static void count(struct world *w, const struct peer_request *request)
{
    if (strcmp(request->target, "/token") == 0) {
        w->tokens++;
        w->bad |= !strstr(request->body, "grant_type=refresh_token&refresh_token=1%2F%2F0gXyz&"
                                         "client_id=77.apps&client_secret=GOCSPX-x") ||
                  !strstr(request->headers, "\r\nContent-Type: application/x-www-form-urlencoded");
        return;
    }
    w->bad |= !strstr(request->headers, "\r\nAuthorization: Bearer ya29.") ||
              strstr(request->body, "pageSize") != NULL ||
              strstr(request->headers, "\r\ndeveloper-token:") ||
              (strstr(request->headers, "\r\nlogin-customer-id:") != NULL) !=
                  (w->login && strcmp(request->method, "POST") == 0);
    if (strstr(request->target, "/9998887777/")) {
        w->names++;
        return;
    }
    if (w->calls < (int)COUNT(w->bodies))
        w->bodies[w->calls] = arena_strdup(w->arena, request->body);
    w->calls++;
}

static void on_request(void *arg, const struct peer_request *request, struct peer_reply *reply)
{
    struct world *w = arg;

    count(w, request);
    for (size_t i = 0; w->routes[i].target; i++) {
        const struct route *route = &w->routes[i];

        if (!fits(route, request) || (route->times && w->used[i] >= route->times))
            continue;
        w->used[i]++;
        *reply = (struct peer_reply){ .status = route->status, .body = route->body };
        return;
    }
    *reply = (struct peer_reply){ .status = 200, .body = TOKEN_1 };
    if (strcmp(request->target, "/token") != 0)
        *reply = (struct peer_reply){ .status = 400, .body = FAILURE("\"queryError\":\"NONE\"") };
}

static struct google_ads *make_ads(struct world *w, const char *login, const char *refresh_token)
{
    w->login = login;
    return google_ads_create(w->upstream, w->cache,
                             &(struct google_ads_options){
                                 .url = peer_url(w->peer),
                                 .version = "v26",
                                 .token_url = arena_printf(w->arena, "%s/token", peer_url(w->peer)),
                                 .client_id = "77.apps",
                                 .client_secret = "GOCSPX-x",
                                 .refresh_token = refresh_token,
                                 .login_customer_id = login });
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
    w->ads = make_ads(w, NULL, "1//0gXyz");
    w->ids[0] = "1234567890";
    w->client.google_ids = w->ids;
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

    google_ads_destroy(w->ads);
    upstream_destroy(w->upstream);
    cache_destroy(w->cache);
    peer_destroy(w->peer);
    http_destroy(w->http);
    loop_destroy(w->loop);
    arena_destroy(w->arena);
    free(w);
    return 0;
}

static void on_findings(void *arg, struct findings *findings)
{
    struct world *w = arg;

    w->done++;
    w->findings = findings;
}

static void wait_for(struct world *w, int done)
{
    int64_t until = clock_mono_ms() + 60000;

    while (w->done < done && clock_mono_ms() < until)
        loop_turn(w->loop, 100);
    assert_int_equal(w->done, done);
}

static void fetch(struct world *w, const struct route *routes)
{
    w->routes = routes;
    memset(w->used, 0, sizeof(w->used));
    w->done = w->calls = 0;
    google_ads_platform.fetch(w->ads, &w->ask, on_findings, w);
    assert_int_equal(w->done, 0);
    wait_for(w, 1);
    assert_false(w->bad);
}

static const struct ad_account *account(const struct world *w, size_t at)
{
    if (w->findings->warnings.len)
        fail_msg("%s", w->findings->warnings.items[0].message);
    assert_int_equal(w->findings->business_managers.len, 1);
    assert_true(at < w->findings->business_managers.items[0].ad_accounts.len);
    return &w->findings->business_managers.items[0].ad_accounts.items[at];
}

static const struct warning *only_warning(const struct world *w)
{
    assert_int_equal(w->findings->business_managers.len, 0);
    assert_int_equal(w->findings->warnings.len, 1);
    return &w->findings->warnings.items[0];
}

static bool asked(const struct world *w, const char *word)
{
    for (int i = 0; i < w->calls && i < (int)COUNT(w->bodies); i++)
        if (strstr(w->bodies[i], word))
            return true;
    return false;
}

static const struct route ordinary[] = {
    { "/v26/customers/1234567890/googleAds:search", IS_CAMPAIGNS, 200,
      PAGE(CAMPAIGN(SAO("1234567890"), "111", "7")), 0, NULL },
    { "/1234567890/", IS_COSTS, 200, PAGE(COST("111", "987450000") "," COST("9", "1000000")), 0,
      NULL },
    { 0 }
};

static void an_ordinary_customer_takes_two_calls(void **state)
{
    struct world *w = *state;

    fetch(w, ordinary);
    assert_string_equal(account(w, 0)->id, "1234567890");
    assert_string_equal(account(w, 0)->name, "Conta 1234567890");
    assert_string_equal(account(w, 0)->timezone, "America/Sao_Paulo");
    assert_int_equal(account(w, 0)->campaigns.len, 2);
    assert_int_equal(account(w, 0)->campaigns.items[0].spend_micros, 987450000);
    assert_null(w->findings->business_managers.items[0].id);
    assert_int_equal(w->calls, 2);
    assert_true(asked(w, "BETWEEN '2026-11-01' AND '2026-11-21'"));
    fetch(w, ordinary);
    assert_int_equal(w->calls, 2);
    assert_int_equal(w->tokens, 1); /* one for both reports */
}

static void many_customers_share_one_token_and_keep_their_order(void **state)
{
    struct world *w = *state;

    w->ids[0] = "3";
    w->ids[1] = "1";
    w->ids[2] = "2";
    fetch(w,
          (const struct route[]){
              { "/customers/3/", IS_CAMPAIGNS, 200, PAGE(CAMPAIGN(SAO("3"), "1", "7")), 0, NULL },
              { "/customers/1/", IS_CAMPAIGNS, 200, PAGE(CAMPAIGN(SAO("1"), "1", "7")), 0, NULL },
              { "/customers/2/", IS_CAMPAIGNS, 403,
                FAILURE("\"authorizationError\":\"USER_PERMISSION_DENIED\""), 0, NULL },
              { "/customers/2/", IS_COSTS, 200, PAGE(COST("1", "5")), 0, NULL },
              { "/customers/", IS_COSTS, 200, PAGE(COST("1", "5")), 0, NULL },
              { 0 } });
    assert_int_equal(w->tokens, 1);
    assert_int_equal(w->findings->business_managers.items[0].ad_accounts.len, 2);
    assert_string_equal(w->findings->business_managers.items[0].ad_accounts.items[0].id, "3");
    assert_string_equal(w->findings->business_managers.items[0].ad_accounts.items[1].id, "1");
    assert_int_equal(w->findings->warnings.len, 1);
    assert_string_equal(w->findings->warnings.items[0].account, "2");
    assert_int_equal(w->findings->warnings.items[0].kind, ERR_PERMISSION);
}

#define TOKYO FACTS("1234567890", "JPY", "Asia/Tokyo", "false")

static void the_month_is_the_accounts_own(void **state)
{
    static const struct route tokyo[] = {
        { "/1234567890/", IS_CAMPAIGNS, 200, PAGE(CAMPAIGN(TOKYO, "1", "7")), 0, NULL },
        { "/1234567890/", "'2026-11-22'", 200, PAGE(COST("1", "22000000")), 0, NULL },
        { "/1234567890/", "'2026-11-21'", 200, PAGE(COST("1", "21000000")), 0, NULL },
        { 0 }
    };
    struct world *w = *state;

    fetch(w, tokyo);
    assert_int_equal(account(w, 0)->campaigns.items[0].spend_micros, 22000000);
    assert_int_equal(account(w, 0)->month.days_left, 8);
    assert_string_equal(account(w, 0)->currency, "JPY");
    fetch(w, tokyo); /* the zone is remembered: the right days at once */
    assert_int_equal(w->calls, 2);
    assert_false(asked(w, "'2026-11-21'"));
    assert_int_equal(account(w, 0)->campaigns.items[0].spend_micros, 22000000);
}

static void an_account_without_campaigns_is_asked_what_it_is(void **state)
{
    struct world *w = *state;

    fetch(w, (const struct route[]){
                 { "/1234567890/", IS_CAMPAIGNS, 200, "{\"fieldMask\":\"x\"}", 0, NULL },
                 { "/1234567890/", IS_COSTS, 200, PAGE(COST("5", "3000000")), 0, NULL },
                 { "/1234567890/", IS_FACTS, 200, PAGE("{" SAO("1234567890") "}"), 0, NULL },
                 { 0 } });
    assert_int_equal(account(w, 0)->campaigns.len, 1);
    assert_int_equal(w->calls, 3);
}

static void all_pages_are_read(void **state)
{
    struct world *w = *state;

    fetch(w,
          (const struct route[]){
              { "/1234567890/", "\"pageToken\":\"p2\"", 200,
                PAGE(CAMPAIGN(SAO("1234567890"), "2", "8")), 0, NULL },
              { "/1234567890/", "\"pageToken\":\"c2\"", 400,
                FAILURE("\"requestError\":\"EXPIRED_PAGE_TOKEN\""), 1, NULL },
              { "/1234567890/", "\"pageToken\":\"c2\"", 200, PAGE(COST("2", "2000000")), 0, NULL },
              { "/1234567890/", IS_CAMPAIGNS, 200,
                PAGE_MORE(CAMPAIGN(SAO("1234567890"), "1", "7"), "p2"), 0, NULL },
              { "/1234567890/", IS_COSTS, 200, PAGE_MORE(COST("1", "1000000"), "c2"), 0, NULL },
              { 0 } });
    assert_int_equal(account(w, 0)->campaigns.len, 2);
    assert_int_equal(account(w, 0)->campaigns.items[0].spend_micros, 1000000);
    assert_int_equal(account(w, 0)->campaigns.items[1].spend_micros, 2000000);
    assert_int_equal(w->calls, 6);
}

static void pages_without_end_end(void **state)
{
    struct world *w = *state;

    fetch(w, (const struct route[]){ { "/1234567890/", IS_CAMPAIGNS, 200,
                                       PAGE_MORE(CAMPAIGN(SAO("1234567890"), "1", "7"), "again"), 0,
                                       NULL },
                                     { "/1234567890/", IS_COSTS, 200, PAGE(""), 0, NULL },
                                     { 0 } });
    assert_int_equal(only_warning(w)->kind, ERR_BAD_RESPONSE);
}

static void total_budgets_take_one_call_more(void **state)
{
    struct world *w = *state;

    fetch(w,
          (const struct route[]){
              { "/1234567890/", IS_CAMPAIGNS, 200,
                PAGE("{" SAO(
                    "1234567890") ",\"campaign\":{\"id\":\"1\",\"status\":\"ENABLED\","
                                  "\"startDateTime\":\"2026-10-01 00:00:00\",\"endDateTime\":"
                                  "\"2026-11-30 23:59:59\",\"campaignBudget\":\"customers/1/b/7\"},"
                                  "\"campaignBudget\":{\"totalAmountMicros\":\"900000000\","
                                  "\"period\":"
                                  "\"CUSTOM_PERIOD\"}}"),
                0, NULL },
              { "/1234567890/", IS_TOTALS, 200,
                PAGE("{\"campaign\":{\"id\":\"1\"},\"segments\":{\"date\":\"2026-10-02\"},"
                     "\"metrics\":{\"costMicros\":\"400000000\"}}"),
                0, NULL },
              { "/1234567890/", IS_COSTS, 200, PAGE(COST("1", "100000000")), 0, NULL },
              { 0 } });
    assert_int_equal(w->calls, 3);
    assert_int_equal(account(w, 0)->campaigns.items[0].budgets.items[0].remaining_micros,
                     500000000);
}

static void a_401_throws_the_token_away_once(void **state)
{
    struct world *w = *state;

    w->ids[1] = "2";
    fetch(w, (const struct route[]){
                 { "/token", NULL, 200, TOKEN_1, 1, NULL },
                 { "/token", NULL, 200, TOKEN_2, 0, NULL },
                 { "/customers/", NULL, 401, EXPIRED, 0, "Bearer ya29.one" },
                 { "/1234567890/", IS_CAMPAIGNS, 200, PAGE(CAMPAIGN(SAO("1234567890"), "1", "7")),
                   0, NULL },
                 { "/2/", IS_CAMPAIGNS, 200, PAGE(CAMPAIGN(SAO("2"), "1", "7")), 0, NULL },
                 { "/customers/", IS_COSTS, 200, PAGE(COST("1", "5000000")), 0, NULL },
                 { 0 } });
    assert_int_equal(account(w, 1)->campaigns.items[0].spend_micros, 5000000);
    assert_int_equal(w->tokens, 2);
    assert_int_equal(w->calls, 8);
}

static void a_second_401_is_final(void **state)
{
    struct world *w = *state;

    fetch(w, (const struct route[]){ { "/customers/", NULL, 401, EXPIRED, 0, NULL }, { 0 } });
    assert_int_equal(only_warning(w)->kind, ERR_AUTH);
    assert_true(w->calls <= 4);
    assert_true(w->tokens <= 3);
}

static void a_dead_refresh_token_is_asked_about_once(void **state)
{
    static const struct route dead[] = {
        { "/token", NULL, 400,
          "{\"error\":\"invalid_grant\",\"error_description\":\"Token has been expired or "
          "revoked.\"}",
          0, NULL },
        { 0 }
    };
    struct world *w = *state;

    w->ids[1] = "2";
    fetch(w, dead);
    assert_int_equal(w->findings->warnings.len, 2);
    assert_int_equal(w->findings->warnings.items[0].kind, ERR_AUTH);
    assert_non_null(strstr(w->findings->warnings.items[0].message, "GOOGLE_ADS_REFRESH_TOKEN"));
    fetch(w, dead);
    assert_int_equal(w->findings->warnings.len, 2);
    assert_int_equal(w->tokens, 1);
    assert_int_equal(w->calls, 0);
}

/* A token server that never answers holds a report up until its deadline, and no longer. */
static void a_token_that_never_comes_is_not_waited_for_behind_the_deadline(void **state)
{
    struct world *w = *state;
    int64_t began = clock_mono_ms();

    upstream_job_end(w->job);
    w->job = w->ask.job = upstream_job_begin(w->upstream, began + 1000, NULL);
    fetch(w, (const struct route[]){ { "/token", NULL, 0, "", 0, NULL }, { 0 } });
    assert_in_range(clock_mono_ms() - began, 950, 15000); /* not the call's own twenty seconds */
    assert_int_equal(only_warning(w)->kind, ERR_TIMEOUT);
    assert_int_equal(w->calls, 0);
}

static void the_end_of_one_report_leaves_the_token_to_the_others(void **state)
{
    struct world *w = *state;
    struct upstream_job *leaving = upstream_job_begin(w->upstream, clock_mono_ms() + 60000, NULL);
    struct arena *arena = arena_create();
    struct ask ask = w->ask;

    w->routes = ordinary;
    ask.job = leaving;
    ask.arena = arena;
    google_ads_platform.fetch(w->ads, &ask, on_findings, w);
    google_ads_platform.fetch(w->ads, &w->ask, on_findings, w);
    while (w->tokens == 0)
        loop_turn(w->loop, 100);
    upstream_job_end(leaving);
    arena_destroy(arena);
    wait_for(w, 1);
    assert_int_equal(account(w, 0)->campaigns.len, 2);
    assert_int_equal(w->tokens, 1);
    assert_int_equal(w->calls, 2);
}

static void the_manager_account_is_named(void **state)
{
    struct world *w = *state;
    const struct route routes[] = {
        { "/9998887777/", IS_FACTS, 200,
          PAGE("{" FACTS("9998887777", "BRL", "America/Sao_Paulo", "true") "}"), 0,
          "\r\nlogin-customer-id: 9998887777" },
        ordinary[0],
        ordinary[1],
        { 0 },
    };

    google_ads_destroy(w->ads);
    w->ads = make_ads(w, "9998887777", "1//0gXyz");
    fetch(w, routes);
    assert_string_equal(w->findings->business_managers.items[0].id, "9998887777");
    assert_string_equal(w->findings->business_managers.items[0].name, "Conta 9998887777");
    fetch(w, routes);
    assert_int_equal(w->names, 1);
    google_ads_destroy(w->ads); /* another process reads it from the cache */
    w->ads = make_ads(w, "9998887777", "1//0gXyz");
    fetch(w, routes);
    assert_int_equal(w->names, 1);
    assert_string_equal(w->findings->business_managers.items[0].name, "Conta 9998887777");
}

static void a_manager_account_without_a_name_breaks_nothing(void **state)
{
    struct world *w = *state;
    const struct route routes[] = {
        { "/9998887777/", NULL, 403, "<html>", 0, NULL },
        ordinary[0],
        ordinary[1],
        { 0 },
    };

    google_ads_destroy(w->ads);
    w->ads = make_ads(w, "9998887777", "1//0gXyz");
    fetch(w, routes);
    assert_int_equal(account(w, 0)->campaigns.len, 2);
    assert_null(w->findings->business_managers.items[0].name);
    fetch(w, routes);
    assert_int_equal(w->names, 1); /* not asked for again at once */
}

struct refusal {
    const char *why;
    const char *word; /* of the question that fails */
    int status;
    const char *body;
    enum err_kind kind;
    enum warning_topic topic;
    int64_t retry_ms;
};

static const struct refusal refusals[] = {
    { "a manager account, by its costs", IS_COSTS, 400,
      FAILURE("\"queryError\":\"REQUESTED_METRICS_FOR_MANAGER\""), ERR_CONFIG,
      TOPIC_MANAGER_ACCOUNT, 0 },
    { "a manager account, by its facts", IS_CAMPAIGNS, 200,
      PAGE(CAMPAIGN(FACTS("1234567890", "BRL", "America/Sao_Paulo", "true"), "1", "7")), ERR_CONFIG,
      TOPIC_MANAGER_ACCOUNT, 0 },
    { "an account closed", IS_CAMPAIGNS, 403,
      FAILURE("\"authorizationError\":\"CUSTOMER_NOT_ENABLED\""), ERR_NOT_FOUND, TOPIC_NONE, 0 },
    { "no permission for costs", IS_COSTS, 403,
      FAILURE("\"authorizationError\":\"USER_PERMISSION_DENIED\""), ERR_PERMISSION, TOPIC_NONE, 0 },
    { "a version that is gone", IS_COSTS, 404, "<html>Not Found</html>", ERR_CONFIG, TOPIC_SETTINGS,
      0 },
    { "a daily quota is not waited for", IS_COSTS, 429,
      "{\"error\":{\"details\":[{\"@type\":\"x.GoogleAdsFailure\",\"errors\":[{\"errorCode\":{"
      "\"quotaError\":\"RESOURCE_EXHAUSTED\"},\"details\":{\"quotaErrorDetails\":{\"retryDelay\":"
      "\"40591s\"}}}]}]}}",
      ERR_RATE_LIMIT, TOPIC_NONE, INT64_C(40591000) },
    { "HTML with 200", IS_COSTS, 200, "<html>", ERR_BAD_RESPONSE, TOPIC_NONE, 0 },
    { "an error with 200 is not zero", IS_COSTS, 200, "{\"error\":{\"code\":500}}",
      ERR_BAD_RESPONSE, TOPIC_NONE, 0 },
    { "a number for a text", IS_COSTS, 200,
      PAGE("{\"campaign\":{\"id\":\"1\"},\"metrics\":{\"costMicros\":5}}"), ERR_BAD_RESPONSE,
      TOPIC_NONE, 0 },
    { "cut off by its maker", IS_CAMPAIGNS, 200, "{\"results\":[{\"cust", ERR_BAD_RESPONSE,
      TOPIC_NONE, 0 },
    { "another customer's answer", IS_CAMPAIGNS, 200, PAGE(CAMPAIGN(SAO("5"), "1", "7")),
      ERR_BAD_RESPONSE, TOPIC_NONE, 0 },
    { "nothing", IS_CAMPAIGNS, 200, "", ERR_BAD_RESPONSE, TOPIC_NONE, 0 },
};

static void each_refusal_is_a_warning_and_never_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        void *one = NULL;
        set_up(&one);
        struct world *w = one;
        const struct refusal *r = &refusals[i];
        const struct route routes[] = {
            { "/customers/", r->word, r->status, r->body, 0, NULL }, ordinary[0], ordinary[1], { 0 }
        };
        fetch(w, routes);
        const struct warning *warning = only_warning(w);
        int64_t wait = warning->retry_real_ms ? warning->retry_real_ms - NOON : 0;

        if (warning->kind != r->kind || warning->topic != r->topic || wait < r->retry_ms ||
            wait > r->retry_ms + (r->retry_ms ? 5000 : 0))
            fail_msg("%s: %s (%s), wait %lld", r->why, error_kind_name(warning->kind),
                     warning->message, (long long)wait);
        assert_string_equal(warning->account, "1234567890");
        assert_null(strstr(warning->message, "ya29"));
        tear_down(&one);
    }
}

static void nested_without_end_is_refused(void **state)
{
    struct world *w = *state;
    char *deep = malloc(200001);

    assert_non_null(deep);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    const struct route routes[] = { { "/customers/", IS_COSTS, 200, deep, 0, NULL },
                                    ordinary[0],
                                    { 0 } };
    fetch(w, routes);
    assert_int_equal(only_warning(w)->kind, ERR_BAD_RESPONSE);
    free(deep);
}

static void what_may_pass_is_tried_again(void **state)
{
    struct world *w = *state;
    const struct route routes[] = {
        { "/token", NULL, 503, "", 1, NULL },
        { "/customers/", IS_COSTS, 500, FAILURE("\"internalError\":\"TRANSIENT_ERROR\""), 1, NULL },
        ordinary[0],
        ordinary[1],
        { 0 },
    };

    fetch(w, routes);
    assert_int_equal(account(w, 0)->campaigns.len, 2);
    assert_int_equal(w->tokens, 2);
    assert_int_equal(w->calls, 3);
}

static void without_credentials_each_customer_is_named(void **state)
{
    struct world *w = *state;

    google_ads_destroy(w->ads);
    w->ads = make_ads(w, NULL, NULL);
    w->ids[1] = "2";
    fetch(w, ordinary);
    assert_int_equal(w->findings->warnings.len, 2);
    assert_int_equal(w->findings->warnings.items[1].topic, TOPIC_NOT_CONFIGURED);
    assert_string_equal(w->findings->warnings.items[1].account, "2");
    assert_int_equal(w->calls + w->tokens, 0);
}

static void on_probed(void *arg, const struct error *err)
{
    struct world *w = arg;

    w->done++;
    w->probe_err = err ? *err : (struct error){ 0 };
}

static void check_says_what_to_mend(void **state)
{
    static const struct {
        const char *login, *refresh_token;
        struct route routes[2];
        enum err_kind kind;
    } cases[] = {
        { NULL,
          "1//0gXyz",
          { { "/v26/customers:listAccessibleCustomers", NULL, 200, "{}", 0, NULL }, { 0 } },
          ERR_NONE },
        { "9998887777",
          "1//0gXyz",
          { { "/9998887777/googleAds:search", IS_FACTS, 200, "{}", 0, NULL }, { 0 } },
          ERR_NONE },
        { NULL,
          "1//0gXyz",
          { { "/token", NULL, 401, "{\"error\":\"invalid_client\"}", 0, NULL }, { 0 } },
          ERR_CONFIG },
        { "9998887777",
          "1//0gXyz",
          { { "/9998887777/", NULL, 403,
              FAILURE("\"authorizationError\":\"USER_PERMISSION_DENIED\""), 0, NULL },
            { 0 } },
          ERR_PERMISSION },
        { NULL, NULL, { { 0 } }, ERR_CONFIG },
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        google_ads_destroy(w->ads);
        w->ads = make_ads(w, cases[i].login, cases[i].refresh_token);
        w->routes = cases[i].routes;
        w->done = 0;
        google_ads_platform.probe(w->ads, w->job, on_probed, w);
        wait_for(w, 1);
        if (w->probe_err.kind != cases[i].kind || !w->probe_err.user[0] != !cases[i].kind)
            fail_msg("%zu: %s (%s)", i, w->probe_err.user, w->probe_err.log);
    }
}

static void only_clients_with_customer_ids_are_concerned(void **state)
{
    const char *none[] = { NULL }, *one[] = { "1", NULL };
    struct client client = { 0 };

    (void)state;
    assert_false(google_ads_platform.concerns(&client));
    client.google_ids = none;
    assert_false(google_ads_platform.concerns(&client));
    client.google_ids = one;
    assert_true(google_ads_platform.concerns(&client));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ordinary_customer_takes_two_calls),
        TEST(many_customers_share_one_token_and_keep_their_order),
        TEST(the_month_is_the_accounts_own),
        TEST(an_account_without_campaigns_is_asked_what_it_is),
        TEST(all_pages_are_read),
        TEST(pages_without_end_end),
        TEST(total_budgets_take_one_call_more),
        TEST(a_401_throws_the_token_away_once),
        TEST(a_second_401_is_final),
        TEST(a_dead_refresh_token_is_asked_about_once),
        TEST(a_token_that_never_comes_is_not_waited_for_behind_the_deadline),
        TEST(the_end_of_one_report_leaves_the_token_to_the_others),
        TEST(the_manager_account_is_named),
        TEST(a_manager_account_without_a_name_breaks_nothing),
        TEST(each_refusal_is_a_warning_and_never_zero),
        TEST(nested_without_end_is_refused),
        TEST(what_may_pass_is_tried_again),
        TEST(without_credentials_each_customer_is_named),
        TEST(check_says_what_to_mend),
        cmocka_unit_test(only_clients_with_customer_ids_are_concerned),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
