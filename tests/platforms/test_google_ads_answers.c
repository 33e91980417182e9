/* What Google's answers mean: refusals by code, tokens, rows, and the account they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "model/projection.h"
#include "platforms/google_ads_account.h"
#include "platforms/google_ads_answer.h"
#include "platforms/google_ads_rows.h"
#include "platforms/google_token.h"

#define FAILURE(status_word, code)                                                                 \
    "{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"" status_word                         \
    "\",\"details\":[{\"@type\":\"type.googleapis.com/google.ads.googleads.v26.errors."            \
    "GoogleAdsFailure\",\"errors\":[{\"errorCode\":{" code "},\"message\":\"m\"}],"                \
    "\"requestId\":\"kX3\"}]}}"

struct judge_case {
    const char *why;
    int status;
    const char *body;
    int64_t header_ms;
    enum err_kind kind;
    enum google_ads_fault fault;
    int64_t retry_ms;
};

static const struct judge_case judge_cases[] = {
    { "fine", 200, "{}", 0, ERR_NONE, GOOGLE_ADS_FAULT_NONE, 0 },
    { "an expired token, without a failure of Google Ads", 401,
      "{\"error\":{\"code\":401,\"message\":\"m\",\"status\":\"UNAUTHENTICATED\",\"details\":[{"
      "\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"ACCESS_TOKEN_EXPIRED\"}"
      "]}}",
      0, ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN, 0 },
    { "401 without a word", 401, "", 0, ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN, 0 },
    { "a token that Google Ads refuses", 401,
      FAILURE("UNAUTHENTICATED", "\"authenticationError\":\"OAUTH_TOKEN_EXPIRED\""), 0, ERR_AUTH,
      GOOGLE_ADS_FAULT_TOKEN, 0 },
    { "no new token mends this 401", 401,
      FAILURE("UNAUTHENTICATED", "\"authenticationError\":\"NOT_ADS_USER\""), 0, ERR_AUTH,
      GOOGLE_ADS_FAULT_NONE, 0 },
    { "a customer unknown", 401,
      FAILURE("UNAUTHENTICATED", "\"authenticationError\":\"CUSTOMER_NOT_FOUND\""), 0,
      ERR_NOT_FOUND, GOOGLE_ADS_FAULT_NONE, 0 },
    { "no permission", 403,
      FAILURE("PERMISSION_DENIED", "\"authorizationError\":\"USER_PERMISSION_DENIED\""), 0,
      ERR_PERMISSION, GOOGLE_ADS_FAULT_NONE, 0 },
    { "no permission, as a stream says it", 403,
      "[" FAILURE("PERMISSION_DENIED", "\"authorizationError\":\"USER_PERMISSION_DENIED\"") "]", 0,
      ERR_PERMISSION, GOOGLE_ADS_FAULT_NONE, 0 },
    { "an account closed, as a stream says it", 403,
      "[" FAILURE("PERMISSION_DENIED", "\"authorizationError\":\"CUSTOMER_NOT_ENABLED\"") "]", 0,
      ERR_NOT_FOUND, GOOGLE_ADS_FAULT_NONE, 0 },
    { "a project at test level", 403,
      FAILURE("PERMISSION_DENIED",
              "\"authorizationError\":\"CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION\""),
      0, ERR_CONFIG, GOOGLE_ADS_FAULT_NONE, 0 },
    { "the API is switched off", 403,
      "{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","
      "\"reason\":\"SERVICE_DISABLED\"}]}}",
      0, ERR_CONFIG, GOOGLE_ADS_FAULT_NONE, 0 },
    { "metrics of a manager account", 400,
      FAILURE("INVALID_ARGUMENT", "\"queryError\":\"REQUESTED_METRICS_FOR_MANAGER\""), 0,
      ERR_CONFIG, GOOGLE_ADS_FAULT_MANAGER, 0 },
    { "our bug", 400, FAILURE("INVALID_ARGUMENT", "\"queryError\":\"UNRECOGNIZED_FIELD\""), 0,
      ERR_BAD_RESPONSE, GOOGLE_ADS_FAULT_NONE, 0 },
    { "a page token that has expired", 400,
      FAILURE("INVALID_ARGUMENT", "\"requestError\":\"EXPIRED_PAGE_TOKEN\""), 0, ERR_BAD_RESPONSE,
      GOOGLE_ADS_FAULT_PAGE_TOKEN, 0 },
    { "a version that is gone", 400,
      FAILURE("INVALID_ARGUMENT", "\"requestError\":\"UNSUPPORTED_VERSION\""), 0, ERR_CONFIG,
      GOOGLE_ADS_FAULT_NONE, 0 },
    { "a wrong path: HTML", 404, "<!DOCTYPE html>", 0, ERR_CONFIG, GOOGLE_ADS_FAULT_NONE, 0 },
    { "a quota with its wait", 429,
      "{\"error\":{\"code\":429,\"details\":[{\"@type\":\"x.GoogleAdsFailure\",\"errors\":[{"
      "\"errorCode\":{\"quotaError\":\"RESOURCE_EXHAUSTED\"},\"details\":{\"quotaErrorDetails\":{"
      "\"retryDelay\":\"900s\"}}}]}]}}",
      1000, ERR_RATE_LIMIT, GOOGLE_ADS_FAULT_NONE, 900000 },
    { "a part of a second is a second", 429,
      "{\"error\":{\"details\":[{\"@type\":\"x.GoogleAdsFailure\",\"errors\":[{\"errorCode\":{"
      "\"quotaError\":\"RESOURCE_TEMPORARILY_EXHAUSTED\"},\"details\":{\"quotaErrorDetails\":{"
      "\"retryDelay\":\"3.5s\"}}}]}]}}",
      0, ERR_RATE_LIMIT, GOOGLE_ADS_FAULT_NONE, 4000 },
    { "a wait that is no duration", 429,
      "{\"error\":{\"details\":[{\"@type\":\"x.GoogleAdsFailure\",\"errors\":[{\"errorCode\":{"
      "\"quotaError\":\"RESOURCE_EXHAUSTED\"},\"details\":{\"quotaErrorDetails\":{"
      "\"retryDelay\":\"tomorrow\"}}}]}]}}",
      0, ERR_RATE_LIMIT, GOOGLE_ADS_FAULT_NONE, 5000 },
    { "429 and no more", 429, "busy", 0, ERR_RATE_LIMIT, GOOGLE_ADS_FAULT_NONE, 5000 },
    { "429 and Retry-After", 429, "busy", 7000, ERR_RATE_LIMIT, GOOGLE_ADS_FAULT_NONE, 7000 },
    { "transient", 500, FAILURE("INTERNAL", "\"internalError\":\"INTERNAL_ERROR\""), 0,
      ERR_UNAVAILABLE, GOOGLE_ADS_FAULT_NONE, 0 },
    { "unavailable", 503, "{\"error\":{\"code\":503}}", 0, ERR_UNAVAILABLE, GOOGLE_ADS_FAULT_NONE,
      0 },
    { "a redirect", 302, "", 0, ERR_BAD_RESPONSE, GOOGLE_ADS_FAULT_NONE, 0 },
    { "details of wrong types", 400,
      "{\"error\":{\"details\":[7,{\"@type\":5},{\"@type\":\"x.GoogleAdsFailure\",\"errors\":[8,{"
      "\"errorCode\":[]},{\"errorCode\":{\"queryError\":5}}]}]}}",
      0, ERR_BAD_RESPONSE, GOOGLE_ADS_FAULT_NONE, 0 },
    { "an empty list", 500, "[]", 0, ERR_UNAVAILABLE, GOOGLE_ADS_FAULT_NONE, 0 },
};

static void a_refusal_is_judged_by_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(judge_cases); i++) {
        const struct judge_case *c = &judge_cases[i];
        enum google_ads_fault fault;
        struct error err = { 0 };
        bool ok = google_ads_answer_judge(c->status, bytes_of(c->body), c->header_ms, &fault, &err);

        if (ok != (c->kind == ERR_NONE) || err.kind != c->kind || fault != c->fault ||
            err.retry_after_ms != c->retry_ms)
            fail_msg("%s: %s, fault %d, wait %lld", c->why, error_kind_name(err.kind), fault,
                     (long long)err.retry_after_ms);
    }
}

struct token_case {
    const char *why, *body;
    bool ok;
};

static const struct token_case token_cases[] = {
    { "as Google sends it",
      "{\"access_token\":\"ya29.a0Example\",\"expires_in\":3599,\"scope\":\"x\",\"token_type\":"
      "\"Bearer\"}",
      true },
    { "dots at its end", "{\"access_token\":\"ya29.c....\",\"expires_in\":60}", true },
    { "no token", "{\"expires_in\":3599}", false },
    { "an empty token", "{\"access_token\":\"\",\"expires_in\":3599}", false },
    { "a token with a line break", "{\"access_token\":\"a\\r\\nX: y\",\"expires_in\":3599}",
      false },
    { "a token with a blank", "{\"access_token\":\"a b\",\"expires_in\":3599}", false },
    { "a token beyond ASCII", "{\"access_token\":\"\u00e7\",\"expires_in\":3599}", false },
    { "a token of a wrong type", "{\"access_token\":5,\"expires_in\":3599}", false },
    { "no life", "{\"access_token\":\"a\"}", false },
    { "a life of nothing", "{\"access_token\":\"a\",\"expires_in\":0}", false },
    { "a life without end", "{\"access_token\":\"a\",\"expires_in\":1e15}", false },
    { "a life in words", "{\"access_token\":\"a\",\"expires_in\":\"3599\"}", false },
    { "HTML", "<html>", false },
    { "nothing", "", false },
};

static void only_a_token_that_fits_a_header_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(token_cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct google_token_answer answer;
        struct error err = { 0 };

        if (google_token_parse(arena, bytes_of(token_cases[i].body), &answer, &err) !=
            token_cases[i].ok)
            fail_msg("%s: %s", token_cases[i].why, err.log);
    }
}

static void a_refused_exchange_says_who_mends_it(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum err_kind kind;
    } cases[] = {
        { 200, "{}", ERR_NONE },
        { 400, "{\"error\":\"invalid_grant\",\"error_description\":\"x\"}", ERR_AUTH },
        { 401, "{\"error\":\"invalid_client\"}", ERR_CONFIG },
        { 401, "{\"error\":\"unauthorized_client\"}", ERR_CONFIG },
        { 400, "{\"error\":\"invalid_scope\"}", ERR_CONFIG },
        { 400, "{\"error\":\"unsupported_grant_type\"}", ERR_BAD_RESPONSE },
        { 403, "{\"error\":\"access_denied\"}", ERR_PERMISSION },
        { 400, "{\"error\":{\"code\":400}}", ERR_BAD_RESPONSE },
        { 404, "<html>", ERR_BAD_RESPONSE },
        { 429, "", ERR_UNAVAILABLE },
        { 503, "{\"error\":\"invalid_grant\"}", ERR_UNAVAILABLE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        bool ok = google_token_judge(cases[i].status, bytes_of(cases[i].body), 0, &err);

        if (ok != (cases[i].kind == ERR_NONE) || err.kind != cases[i].kind)
            fail_msg("%d %s: %s", cases[i].status, cases[i].body, error_kind_name(err.kind));
    }
}

/* ---- rows ---- */

#define CUSTOMER                                                                                   \
    "\"customer\":{\"resourceName\":\"customers/1234567890\",\"id\":\"1234567890\","               \
    "\"descriptiveName\":\"Sol\",\"currencyCode\":\"BRL\",\"timeZone\":\"America/Sao_Paulo\","     \
    "\"manager\":false}"
#define ROW(campaign, budget)                                                                      \
    "{" CUSTOMER ",\"campaign\":{" campaign "},\"campaignBudget\":{" budget "}}"
#define ON(id) "\"id\":\"" id "\",\"name\":\"N" id "\",\"status\":\"ENABLED\""
#define USES(budget) ",\"campaignBudget\":\"customers/1234567890/campaignBudgets/" budget "\""
#define DAILY(id, micros)                                                                          \
    "\"id\":\"" id "\",\"amountMicros\":\"" micros "\",\"period\":\"DAILY\","                      \
    "\"explicitlyShared\":true,\"referenceCount\":\"1\""
#define PAGE(rows) "{\"results\":[" rows "],\"fieldMask\":\"x\",\"requestId\":\"r\"}"
#define COST(id, micros)                                                                           \
    "{\"campaign\":{\"id\":\"" id "\",\"name\":\"N" id "\",\"status\":\"REMOVED\"},"               \
    "\"metrics\":{\"costMicros\":\"" micros "\",\"clicks\":\"3\"}}"

static const char *const bad_campaigns[] = {
    "",
    "<html>",
    "[]",
    "[{\"results\":[]}]",
    "{\"error\":{\"code\":500}}",
    "{\"ok\":true}",
    "{\"results\":{}}",
    "{\"results\":[],\"nextPageToken\":5}",
    PAGE("5"),
    PAGE("{" CUSTOMER "}"),
    PAGE("{\"campaign\":{" ON("1") "}}"),
    PAGE("{" CUSTOMER ",\"campaign\":{\"id\":111}}"),
    PAGE("{" CUSTOMER ",\"campaign\":{\"id\":\"1 OR 2\"}}"),
    PAGE("{" CUSTOMER ",\"campaign\":{" ON("1") ",\"endDateTime\":\"soon\"}}"),
    PAGE("{" CUSTOMER ",\"campaign\":{" ON("1") ",\"endDateTime\":\"2026-02-30 00:00:00\"}}"),
    PAGE("{" CUSTOMER ",\"campaign\":{" ON("1") ",\"startDateTime\":\"2026-11-01T00:00:00\"}}"),
    PAGE(ROW(ON("1") USES("7"), "\"amountMicros\":50000000")),
    PAGE(ROW(ON("1") USES("7"), "\"amountMicros\":\"5e7\"")),
    PAGE(ROW(ON("1") USES("7"), "\"amountMicros\":\"9223372036854775808\"")),
    PAGE(ROW(ON("1") USES("7"), "\"amountMicros\":\"-1\"")),
    PAGE("{\"customer\":{\"id\":\"999\",\"currencyCode\":\"BRL\"},\"campaign\":{" ON("1") "}}"),
    PAGE("{\"customer\":{\"id\":\"1234567890\",\"currencyCode\":\"brl\"},\"campaign\":{" ON(
        "1") "}}"),
    PAGE("{\"customer\":{\"id\":\"1234567890\",\"currencyCode\":\"BRL\",\"timeZone\":\"Mars/X\"},"
         "\"campaign\":{" ON("1") "}}"),
    "{\"results\":[" ROW(ON("1") USES("7"), DAILY("7", "1")) ",",
};

static void a_list_of_campaigns_that_is_none_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_campaigns); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct google_ads_campaigns campaigns = { 0 };
        struct google_ads_facts facts;
        bool has = false;
        const char *next = NULL;
        struct error err = { 0 };

        if (google_ads_campaigns_parse(arena, bytes_of(bad_campaigns[i]), "1234567890", &campaigns,
                                       &facts, &has, &next, &err) ||
            err.kind != ERR_BAD_RESPONSE)
            fail_msg("taken: %s", bad_campaigns[i]);
    }
}

static void an_answer_that_is_no_cost_is_not_zero(void **state)
{
    static const struct {
        const char *body;
        bool ok;
        size_t rows;
    } cases[] = {
        { "{}", true, 0 },
        { "{\"fieldMask\":\"x\"}", true, 0 },
        { PAGE(""), true, 0 },
        { PAGE(COST("1", "987450000")), true, 1 },
        { PAGE("{\"campaign\":{\"id\":\"1\"}}"), true, 1 },
        { "{\"hello\":1}", false, 0 },
        { "{\"error\":{}}", false, 0 },
        { "[{\"results\":[]}]", false, 0 },
        { PAGE("{\"metrics\":{\"costMicros\":\"5\"}}"), false, 0 },
        { PAGE("{\"campaign\":{\"id\":\"1\"},\"metrics\":{\"costMicros\":5}}"), false, 0 },
        { PAGE("{\"campaign\":{\"id\":\"1\"},\"metrics\":{\"costMicros\":\"x\"}}"), false, 0 },
        { PAGE("{\"campaign\":{\"id\":\"1\"},\"metrics\":[]}"), false, 0 },
        { PAGE("{\"campaign\":{\"id\":\"1\"},\"segments\":{\"date\":\"2026-13-01\"}}"), false, 0 },
        { "<html>", false, 0 },
        { "", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct google_ads_costs costs = { 0 };
        const char *next = NULL;
        struct error err = { 0 };

        if (google_ads_costs_parse(arena, bytes_of(cases[i].body), &costs, &next, &err) !=
                cases[i].ok ||
            costs.rows.len != cases[i].rows)
            fail_msg("%s: %s", cases[i].body, err.log);
    }
}

/* ---- the account ---- */

static const struct month november = { .first = { 2026, 11, 1 },
                                       .today = { 2026, 11, 21 },
                                       .last = { 2026, 11, 30 },
                                       .days = 30,
                                       .elapsed = 21,
                                       .days_left = 9 };

static void build(struct arena *arena, const char *campaigns, const char *costs, const char *totals,
                  struct ad_account *ret)
{
    struct google_ads_answers answers = { .customer = "1234567890",
                                          .timezone = "America/Sao_Paulo",
                                          .month = november };
    bool has = false;
    const char *next;
    struct error err = { 0 };

    if (!google_ads_campaigns_parse(arena, bytes_of(campaigns), "1234567890", &answers.campaigns,
                                    &answers.facts, &has, &next, &err) ||
        !google_ads_costs_parse(arena, bytes_of(costs), &answers.costs, &next, &err) ||
        !google_ads_costs_parse(arena, bytes_of(totals), &answers.totals, &next, &err) ||
        !google_ads_account_build(arena, &answers, ret, &err) ||
        !projection_account(arena, ret, &err))
        fail_msg("%s", err.log);
}

static const struct campaign *find(const struct ad_account *account, const char *id)
{
    for (size_t i = 0; i < account->campaigns.len; i++)
        if (strcmp(account->campaigns.items[i].id, id) == 0)
            return &account->campaigns.items[i];
    return NULL;
}

static void campaigns_and_costs_are_joined_from_both_sides(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account;

    (void)state;
    build(arena,
          PAGE(ROW(ON("1") USES("7"), DAILY("7", "50000000")) "," ROW(
              ON("2") USES("8"),
              DAILY("8", "20000000")) "," ROW("\"id\":\"3\",\"status\":\"PAUSED\"" USES("9"),
                                              DAILY("9",
                                                    "10000000")) "," ROW("\"id\":\"4\",\"status\":"
                                                                         "\"PAUSED\"" USES("10"),
                                                                         DAILY("10", "90000000"))),
          PAGE(COST("1", "100000000") "," COST("3", "7000000") "," COST(
              "5", "3000000") ","
                              "{\"campaign\":{\"id\":\"6\"},\"metrics\":{\"costMicros\":\"0\"}}"),
          PAGE(""), &account);
    assert_string_equal(account.name, "Sol");
    assert_string_equal(account.currency, "BRL");
    /* 1 spent, 2 did not, 3 is paused and spent, 5 was removed and spent; 4 and 6 are nothing. */
    assert_int_equal(account.campaigns.len, 4);
    assert_null(find(&account, "4"));
    assert_int_equal(find(&account, "2")->spend_micros, 0);
    assert_string_equal(find(&account, "5")->status, "REMOVED");
    assert_int_equal(find(&account, "5")->clicks, 3);
    assert_int_equal(find(&account, "3")->figures.daily_budget, 0);
    assert_int_equal(account.figures.spend, 110000000);
    assert_int_equal(account.figures.daily_budget, 70000000);
    assert_int_equal(account.figures.projection, 110000000 + 9 * INT64_C(70000000));
}

static void a_shared_budget_counts_once_and_an_experiment_has_none(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account;

    (void)state;
    build(arena,
          PAGE(ROW(ON("111") USES("777"), DAILY("777", "50000000")) "," ROW(
              ON("112") USES("777"),
              DAILY("777",
                    "50000000")) "," ROW(ON("113") USES("778"),
                                         DAILY("778",
                                               "1000000")) "," ROW(ON("114") ",\"experimentType\":"
                                                                             "\"EXPERIMENT\"" USES(
                                                                                 "778"),
                                                                   DAILY("778", "1000000"))),
          PAGE(COST("114", "5000000")), PAGE(""), &account);
    assert_int_equal(find(&account, "111")->level, LEVEL_SHARED);
    assert_string_equal(find(&account, "112")->shared_id, "777");
    assert_int_equal(find(&account, "112")->figures.daily_budget, 50000000);
    /* explicitly_shared alone does not mean that several use it. */
    assert_int_equal(find(&account, "113")->level, LEVEL_CAMPAIGN);
    assert_int_equal(find(&account, "114")->budget_kind, BUDGET_NONE);
    assert_int_equal(find(&account, "114")->spend_micros, 5000000);
    assert_int_equal(account.figures.daily_budget, 51000000);
}

/* One campaign of 100.00 a day: what it may spend from tomorrow on, and to the month's end. */
struct running_case {
    const char *why, *more;
    int64_t daily, days;
};

static const struct running_case running_cases[] = {
    { "on", "", 100, 9 },
    { "on, and named so by all its statuses",
      ",\"primaryStatus\":\"ELIGIBLE\",\"servingStatus\":\"SERVING\"", 100, 9 },
    { "limited still spends", ",\"primaryStatus\":\"LIMITED\"", 100, 9 },
    { "a status that we do not know", ",\"primaryStatus\":\"DREAMING\"", 100, 9 },
    { "not eligible", ",\"primaryStatus\":\"NOT_ELIGIBLE\"", 0, 0 },
    { "primary paused", ",\"primaryStatus\":\"PAUSED\"", 0, 0 },
    { "primary ended", ",\"primaryStatus\":\"ENDED\"", 0, 0 },
    { "suspended", ",\"servingStatus\":\"SUSPENDED\"", 0, 0 },
    { "serving ended", ",\"servingStatus\":\"ENDED\"", 0, 0 },
    { "pending: from its start on",
      ",\"primaryStatus\":\"PENDING\",\"servingStatus\":\"PENDING\","
      "\"startDateTime\":\"2026-11-28 00:00:00\"",
      100, 3 },
    { "starts next month", ",\"startDateTime\":\"2026-12-01 00:00:00\"", 100, 0 },
    { "ends at the end of a day", ",\"endDateTime\":\"2026-11-25 23:59:59\"", 100, 4 },
    { "an end at 00:00 belongs to the day before", ",\"endDateTime\":\"2026-11-25 00:00:00\"", 100,
      3 },
    { "ends tonight", ",\"endDateTime\":\"2026-11-21 23:59:59\"", 0, 0 },
    { "ends at tomorrow's 00:00, which is tonight", ",\"endDateTime\":\"2026-11-22 00:00:00\"", 0,
      0 },
    { "has ended", ",\"endDateTime\":\"2026-11-03 23:59:59\"", 0, 0 },
    { "2037 is no end", ",\"endDateTime\":\"2037-12-30 23:59:59\"", 100, 9 },
    { "a day without a time", ",\"endDateTime\":\"2026-11-25\"", 100, 4 },
};

static void a_budget_counts_only_while_its_campaign_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(running_cases); i++) {
        const struct running_case *c = &running_cases[i];
        scoped_arena struct arena *arena = arena_create();
        struct ad_account account;

        build(arena,
              arena_printf(arena, PAGE(ROW(ON("1") USES("7") "%s", DAILY("7", "100000000"))),
                           c->more),
              PAGE(COST("1", "1000000")), PAGE(""), &account);
        if (account.figures.daily_budget != c->daily * MICROS ||
            account.figures.projection != (1 + c->days * 100) * MICROS)
            fail_msg("%s: daily %lld, projection %lld", c->why,
                     (long long)account.figures.daily_budget,
                     (long long)account.figures.projection);
    }
}

#define TOTAL(id, micros)                                                                          \
    "\"id\":\"" id "\",\"totalAmountMicros\":\"" micros "\",\"period\":\"CUSTOM_PERIOD\""
#define SPENT(id, date, micros)                                                                    \
    "{\"campaign\":{\"id\":\"" id "\"},\"segments\":{\"date\":\"" date                             \
    "\"},\"metrics\":{\"costMicros\":\"" micros "\"}}"
#define TOTAL_CAMPAIGN                                                                             \
    ROW(ON("1") ",\"startDateTime\":\"2026-10-15 00:00:00\",\"endDateTime\":\"2026-11-25 "         \
                "23:59:59\"" USES("7"),                                                            \
        TOTAL("7", "900000000"))

static void a_total_budget_is_what_its_own_start_left_of_it(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account;

    (void)state;
    build(arena, PAGE(TOTAL_CAMPAIGN), PAGE(COST("1", "200000000")),
          PAGE(SPENT("1", "2026-10-14", "77000000") "," SPENT(
              "1", "2026-10-15", "300000000") "," SPENT("1", "2026-11-20", "200000000")),
          &account);
    const struct campaign *campaign = find(&account, "1");
    assert_int_equal(campaign->budget_kind, BUDGET_LIFETIME);
    assert_int_equal(campaign->budget_amount, INT64_C(900000000));
    /* 900 - 500 over the four days from tomorrow to the 25th. */
    assert_int_equal(campaign->figures.daily_budget, 100000000);
    assert_int_equal(campaign->figures.projection, INT64_C(600000000));
}

static void only_total_budgets_that_run_to_an_end_are_asked_about(void **state)
{
    static const struct {
        const char *campaigns, *says;
    } cases[] = {
        { PAGE(TOTAL_CAMPAIGN),
          "campaign.id IN (1) AND segments.date BETWEEN '2026-10-15' AND '2026-11-21'" },
        { PAGE(TOTAL_CAMPAIGN "," ROW(ON("2") ",\"startDateTime\":\"2020-01-01 00:00:00\","
                                              "\"endDateTime\":\"2026-12-31 23:59:59\"" USES("8"),
                                      TOTAL("8", "1"))),
          "campaign.id IN (1, 2) AND segments.date BETWEEN '2023-11-01' AND '2026-11-21'" },
        { PAGE(ROW(ON("1") ",\"endDateTime\":\"2026-12-31 23:59:59\"" USES("7"), TOTAL("7", "5"))),
          "BETWEEN '2023-11-01' AND" },
        { PAGE(ROW(ON("1") USES("7"), TOTAL("7", "5"))), NULL },
        { PAGE(ROW(ON("1") USES("7"), DAILY("7", "5"))), NULL },
        { PAGE(ROW("\"id\":\"1\",\"status\":\"PAUSED\",\"endDateTime\":\"2026-12-31 "
                   "23:59:59\"" USES("7"),
                   TOTAL("7", "5"))),
          NULL },
        { PAGE(
              ROW(ON("1") ",\"startDateTime\":\"2026-12-01 00:00:00\",\"endDateTime\":\"2026-12-31 "
                          "23:59:59\"" USES("7"),
                  TOTAL("7", "5"))),
          NULL },
        { PAGE(""), NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct google_ads_campaigns campaigns = { 0 };
        struct google_ads_facts facts;
        bool has = false;
        const char *next;
        struct error err;

        assert_true(google_ads_campaigns_parse(arena, bytes_of(cases[i].campaigns), "1234567890",
                                               &campaigns, &facts, &has, &next, &err));
        const char *query = google_ads_totals_query(arena, &campaigns, &november);
        if (!query != !cases[i].says || (query && !strstr(query, cases[i].says)))
            fail_msg("%zu: %s", i, query ? query : "none");
    }
}

static void amounts_too_large_are_an_error(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads_answers answers = { .customer = "1234567890",
                                          .timezone = "America/Sao_Paulo",
                                          .month = november };
    struct ad_account account;
    bool has = false;
    const char *next;
    struct error err = { 0 };

    (void)state;
    assert_true(google_ads_campaigns_parse(arena, bytes_of(PAGE(TOTAL_CAMPAIGN)), "1234567890",
                                           &answers.campaigns, &answers.facts, &has, &next, &err));
    assert_true(google_ads_costs_parse(
        arena,
        bytes_of(PAGE(
            SPENT("1", "2026-11-01", "9223372036854775807") "," SPENT("1", "2026-11-02", "1"))),
        &answers.totals, &next, &err));
    assert_false(google_ads_account_build(arena, &answers, &account, &err));
    assert_int_equal(err.kind, ERR_BAD_RESPONSE);
}

static void facts_are_remembered_as_they_were(void **state)
{
    static const char *const bad[] = { "",
                                       "{}",
                                       "{\"currencyCode\":\"XX\"}",
                                       "{\"currencyCode\":\"BRL\",\"timeZone\":\"GMT+3\"}",
                                       "{\"currencyCode\":\"BRL\",\"timeZone\":5}",
                                       "{\"currencyCode\":\"BRL\",\"manager\":\"no\"}" };
    scoped_arena struct arena *arena = arena_create();
    struct google_ads_facts facts = { "JPY", "Asia/Tokyo", "Quote \"é\"", false }, again;
    struct error err;

    (void)state;
    const char *text = google_ads_facts_print(arena, &facts);
    assert_true(google_ads_facts_read(arena, bytes_of(text), &again, &err));
    assert_string_equal(google_ads_facts_print(arena, &again), text);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(google_ads_facts_read(arena, bytes_of(bad[i]), &again, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_is_judged_by_its_code),
        cmocka_unit_test(only_a_token_that_fits_a_header_is_taken),
        cmocka_unit_test(a_refused_exchange_says_who_mends_it),
        cmocka_unit_test(a_list_of_campaigns_that_is_none_is_refused),
        cmocka_unit_test(an_answer_that_is_no_cost_is_not_zero),
        cmocka_unit_test(campaigns_and_costs_are_joined_from_both_sides),
        cmocka_unit_test(a_shared_budget_counts_once_and_an_experiment_has_none),
        cmocka_unit_test(a_budget_counts_only_while_its_campaign_runs),
        cmocka_unit_test(a_total_budget_is_what_its_own_start_left_of_it),
        cmocka_unit_test(only_total_budgets_that_run_to_an_end_are_asked_about),
        cmocka_unit_test(amounts_too_large_are_an_error),
        cmocka_unit_test(facts_are_remembered_as_they_were),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
