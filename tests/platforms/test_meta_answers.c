/* Meta's answers become an account: to the micro, to the day, and nothing that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "model/projection.h"
#include "platforms/meta_accounts.h"
#include "platforms/meta_assemble.h"

/* 2026-11-21 12:00 in São Paulo. */
#define NOON INT64_C(1795273200000)

struct world {
    struct arena *arena;
    struct meta_listing listing;
    struct meta_insights insights;
    struct ad_account account;
    const char *after;
    struct error err;
};

static int set_up(void **state)
{
    struct arena *arena = arena_create();
    struct world *w = arena_new(arena, struct world);

    w->arena = arena;
    memcpy(w->account.currency, "BRL", 4);
    w->account.timezone = "America/Sao_Paulo";
    *state = w;
    return month_of(w->account.timezone, NOON, &w->account.month, &w->err) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    arena_destroy(w->arena);
    return 0;
}

static bool campaigns(struct world *w, const char *body)
{
    return meta_campaigns_parse(w->arena, body, strlen(body), &w->listing, &w->after, &w->err);
}

static bool ad_sets(struct world *w, const char *body)
{
    return meta_ad_sets_parse(w->arena, body, strlen(body), &w->listing, &w->after, &w->err);
}

static bool insights(struct world *w, const char *body)
{
    return meta_insights_parse(w->arena, body, strlen(body), w->account.currency, &w->account.month,
                               &w->insights, &w->after, &w->err);
}

static bool assemble(struct world *w)
{
    return meta_assemble(w->arena, &w->listing, &w->insights, &w->account, &w->err);
}

static const struct campaign *find(const struct world *w, const char *id)
{
    for (size_t i = 0; i < w->account.campaigns.len; i++)
        if (strcmp(w->account.campaigns.items[i].id, id) == 0)
            return &w->account.campaigns.items[i];
    fail_msg("no campaign %s", id);
    return NULL;
}

#define ROW(id, spend)                                                                             \
    "{\"campaign_id\":\"" id "\",\"campaign_name\":\"n" id "\",\"spend\":\"" spend                 \
    "\",\"impressions\":\"10\",\"clicks\":\"3\",\"date_start\":\"2026-11-01\","                    \
    "\"date_stop\":\"2026-11-21\"}"
#define LIST(rows) "{\"data\":[" rows "]}"

/* The contract's example, with the ad sets nested. */
static void the_example_of_the_contract_is_understood(void **state)
{
    struct world *w = *state;

    assert_true(campaigns(
        w,
        "{\"data\":[{\"id\":\"23850000000000001\",\"name\":\"Promo\\u00e7\\u00e3o Novembro\","
        "\"effective_status\":\"ACTIVE\",\"daily_budget\":\"5000\",\"budget_remaining\":\"1830\","
        "\"start_time\":\"2026-11-01T00:00:00-0300\",\"adsets\":{\"data\":[{\"id\":\"13\","
        "\"campaign_id\":\"23850000000000001\",\"effective_status\":\"ACTIVE\"}]}},"
        "{\"id\":\"23850000000000002\",\"name\":\"Remarketing\",\"effective_status\":\"ACTIVE\","
        "\"budget_remaining\":\"0\",\"start_time\":\"2026-10-10T09:00:00-0300\",\"adsets\":"
        "{\"data\":[{\"id\":\"23850000000000011\",\"campaign_id\":\"23850000000000002\","
        "\"effective_status\":\"ACTIVE\",\"daily_budget\":\"2500\",\"lifetime_budget\":\"0\","
        "\"budget_remaining\":\"2500\",\"start_time\":\"2026-10-10T09:00:00-0300\"}],\"paging\":"
        "{\"cursors\":{\"after\":\"NEST\"},\"next\":\"https:\\/\\/x?access_token=S\"}}}],"
        "\"paging\":{\"cursors\":{\"before\":\"a\",\"after\":\"QVFIUexample2\"},"
        "\"next\":\"https:\\/\\/graph.facebook.com\\/v26.0\\/x\"}}"));
    assert_string_equal(w->after, "QVFIUexample2");
    assert_int_equal(w->listing.more.len, 1);
    assert_string_equal(w->listing.more.items[0].campaign_id, "23850000000000002");
    assert_string_equal(w->listing.more.items[0].after, "NEST");

    assert_true(ad_sets(
        w, "{\"data\":[{\"id\":\"23850000000000012\",\"campaign_id\":\"23850000000000002\","
           "\"effective_status\":\"PAUSED\",\"daily_budget\":\"0\",\"lifetime_budget\":\"300000\","
           "\"budget_remaining\":\"120000\",\"start_time\":\"2026-10-10T09:00:00-0300\","
           "\"end_time\":\"2026-11-30T23:59:00-0300\"}],\"paging\":{\"cursors\":{\"before\":\"a\","
           "\"after\":\"b\"}}}"));
    assert_null(w->after); /* `after` alone is on the last page too */
    assert_true(insights(w, LIST(ROW("23850000000000001", "987.4"))));
    assert_true(assemble(w));

    const struct campaign *promo = find(w, "23850000000000001");
    assert_string_equal(promo->name, "Promoção Novembro");
    assert_int_equal(promo->spend_micros, 987400000);
    assert_int_equal(promo->level, LEVEL_CAMPAIGN);
    assert_int_equal(promo->budgets.len, 1);
    assert_int_equal(promo->budgets.items[0].amount_micros, 50000000);
    assert_true(promo->budgets.items[0].running);
    assert_true(day_none(promo->budgets.items[0].starts));
    assert_true(day_none(promo->budgets.items[0].ends));

    const struct campaign *remarketing = find(w, "23850000000000002");
    assert_int_equal(remarketing->level, LEVEL_AD_SET);
    assert_int_equal(remarketing->budgets.len, 2);
    assert_int_equal(remarketing->budgets.items[0].amount_micros, 25000000);
    assert_true(remarketing->budgets.items[0].running);
    assert_int_equal(remarketing->budgets.items[1].kind, BUDGET_LIFETIME);
    assert_int_equal(remarketing->budgets.items[1].remaining_micros, 1200000000);
    assert_false(remarketing->budgets.items[1].running);
    assert_int_equal(remarketing->budgets.items[1].ends.day, 30);
}

/* LESSONS 3.13, 1.3: spend without a listed campaign stays, and a campaign without spend too. */
static void campaigns_and_insights_are_joined_from_both_sides(void **state)
{
    struct world *w = *state;

    assert_true(campaigns(w, LIST("{\"id\":\"2\",\"name\":\"two\",\"effective_status\":\"ACTIVE\"},"
                                  "{\"id\":\"3\",\"name\":\"three\","
                                  "\"effective_status\":\"WITH_ISSUES\"}")));
    assert_true(insights(w, LIST(ROW("4", "4.04") "," ROW("1", "1.01") "," ROW("3", "3.03"))));
    assert_true(assemble(w));
    assert_int_equal(w->account.campaigns.len, 4);
    assert_string_equal(find(w, "1")->name, "n1");
    assert_string_equal(find(w, "1")->status, "");
    assert_int_equal(find(w, "1")->impressions, 10);
    assert_int_equal(find(w, "1")->clicks, 3);
    assert_int_equal(find(w, "2")->spend_micros, 0);
    assert_int_equal(find(w, "3")->spend_micros, 3030000);
    assert_string_equal(find(w, "3")->status, "WITH_ISSUES");
    assert_int_equal(find(w, "4")->spend_micros, 4040000);
}

static void a_row_that_comes_twice_counts_once(void **state)
{
    struct world *w = *state;
#define SET                                                                                        \
    "{\"id\":\"9\",\"campaign_id\":\"1\",\"effective_status\":\"ACTIVE\",\"daily_budget\":"        \
    "\"700\"}"
#define ONE                                                                                        \
    "{\"id\":\"1\",\"name\":\"one\",\"effective_status\":\"ACTIVE\",\"adsets\":{\"data\":[" SET    \
    "]}}"

    assert_true(campaigns(w, LIST(ONE)));
    assert_true(campaigns(w, LIST(ONE "," ONE)));
    assert_true(ad_sets(w, LIST(SET)));
    assert_true(insights(w, LIST(ROW("1", "5.00"))));
    assert_true(insights(w, LIST(ROW("1", "5.50"))));
    assert_true(assemble(w));
    assert_int_equal(w->account.campaigns.len, 1);
    assert_int_equal(find(w, "1")->spend_micros, 5500000); /* the later one */
    assert_int_equal(find(w, "1")->budgets.len, 1);
}

/* Months of 2026-11-21, São Paulo; amounts as Meta sends them. */
static const struct budget_case {
    const char *why, *campaign, *ad_set; /* fields, "" for none; ad_set NULL: no ad set */
    enum budget_level level;
    size_t budgets;
    bool running;
    int starts, ends; /* days of November, 0: none, above 30: December's */
} budgets[] = {
    { "a daily campaign budget with an active ad set", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\"", LEVEL_CAMPAIGN, 1, true, 0, 0 },
    { "all ad sets paused", "\"daily_budget\":\"100\"", "\"effective_status\":\"PAUSED\"",
      LEVEL_CAMPAIGN, 1, false, 0, 0 },
    { "no ad sets", "\"daily_budget\":\"100\"", NULL, LEVEL_CAMPAIGN, 1, false, 0, 0 },
    { "an ad set of a word that we do not know", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ASLEEP\"", LEVEL_CAMPAIGN, 1, false, 0, 0 },
    { "an ACTIVE ad set that ended yesterday", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"2026-11-20T12:00:00-0300\"", LEVEL_CAMPAIGN,
      1, false, 0, 0 },
    { "an ad set that ends tonight at 00:00", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"2026-11-22T00:00:00-0300\"", LEVEL_CAMPAIGN,
      1, false, 0, 0 },
    { "an ad set that ends tomorrow", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"2026-11-22T00:00:01-0300\"", LEVEL_CAMPAIGN,
      1, true, 0, 22 },
    { "the ad set's end limits the campaign", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"2026-11-26T00:00:00-0300\"", LEVEL_CAMPAIGN,
      1, true, 0, 25 },
    { "the campaign's end limits its ad set",
      "\"daily_budget\":\"100\",\"stop_time\":\"2026-11-24T12:00:00-0300\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"2026-11-26T00:00:00-0300\"", LEVEL_CAMPAIGN,
      1, true, 0, 24 },
    { "an end in another zone's words", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"2026-11-26T03:00:00+0000\"", LEVEL_CAMPAIGN,
      1, true, 0, 25 },
    { "a later start", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"start_time\":\"2026-11-25T00:00:00-0300\"", LEVEL_CAMPAIGN,
      1, true, 25, 0 },
    { "Meta's way to write no end", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"end_time\":\"1969-12-31T16:00:00-0800\"", LEVEL_CAMPAIGN,
      1, true, 0, 0 },
    { "a campaign budget beside an ad set's: the campaign's counts", "\"daily_budget\":\"100\"",
      "\"effective_status\":\"ACTIVE\",\"daily_budget\":\"900\"", LEVEL_CAMPAIGN, 1, true, 0, 0 },
    { "an ad set's budget", "\"daily_budget\":\"0\"",
      "\"effective_status\":\"ACTIVE\",\"daily_budget\":\"900\"", LEVEL_AD_SET, 1, true, 0, 0 },
    { "an ad set's budget, the campaign stops", "\"stop_time\":\"2026-11-23T00:00:00-0300\"",
      "\"effective_status\":\"ACTIVE\",\"daily_budget\":\"900\"", LEVEL_AD_SET, 1, true, 0, 22 },
    { "an ad set's budget, paused with its campaign", "",
      "\"effective_status\":\"CAMPAIGN_PAUSED\",\"daily_budget\":\"900\"", LEVEL_AD_SET, 1, false,
      0, 0 },
    { "budgets of \"\", null and 0", "\"daily_budget\":\"\",\"lifetime_budget\":null",
      "\"effective_status\":\"ACTIVE\",\"daily_budget\":\"0\"", LEVEL_NONE, 0, false, 0, 0 },
    { "a lifetime budget",
      "\"lifetime_budget\":\"900\",\"budget_remaining\":\"-5\","
      "\"stop_time\":\"2026-12-05T00:00:00-0300\"",
      "\"effective_status\":\"ACTIVE\"", LEVEL_CAMPAIGN, 1, true, 0, 34 },
};

static int november(struct day d)
{
    return day_none(d) ? 0 : d.month == 12 ? 30 + d.day : d.day;
}

static void budget_case_check(struct world *w, const struct budget_case *c)
{
    char *nested =
        c->ad_set ? arena_printf(w->arena, "{\"id\":\"9\",\"campaign_id\":\"1\",%s}", c->ad_set)
                  : "";
    char *body =
        arena_printf(w->arena,
                     LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\"%s%s,\"adsets\":{\"data\":"
                          "[%s]}}"),
                     *c->campaign ? "," : "", c->campaign, nested);

    if (!campaigns(w, body) || !assemble(w))
        fail_msg("%s: %s", c->why, w->err.log);
    const struct campaign *got = find(w, "1");
    if (got->level != c->level || got->budgets.len != c->budgets)
        fail_msg("%s: level %d, %zu budgets", c->why, got->level, got->budgets.len);
    if (c->budgets == 0)
        return;
    const struct budget *budget = got->budgets.items;
    if (budget->running != c->running)
        fail_msg("%s: running %d", c->why, budget->running);
    if (budget->running &&
        (november(budget->starts) != c->starts || november(budget->ends) != c->ends))
        fail_msg("%s: from %d to %d", c->why, november(budget->starts), november(budget->ends));
}

static void budgets_run_in_the_days_of_their_schedule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(budgets); i++) {
        void *one = NULL;
        assert_int_equal(set_up(&one), 0);
        budget_case_check(one, &budgets[i]);
        tear_down(&one);
    }
}

#define CAMPAIGN_WITH_SETS(budget, sets)                                                           \
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\"," budget ",\"adsets\":{\"data\":[" sets    \
         "]}}")
#define SET_OF_DAYS(n, status, from, to)                                                           \
    "{\"id\":\"" #n "\",\"campaign_id\":\"1\",\"effective_status\":\"" status                      \
    "\",\"start_time\":\"2026-" from "T00:00:00-0300\",\"end_time\":\"2026-" to                    \
    "T00:00:00-0300\"}"

/* Under a campaign budget: 22nd, 25th and 26th November, and not the days between. */
#define TWO_STRETCHES                                                                              \
    SET_OF_DAYS(6, "ACTIVE", "11-01", "11-23")                                                     \
    "," SET_OF_DAYS(7, "ACTIVE", "11-25", "11-27") "," SET_OF_DAYS(                                \
        8, "ACTIVE", "11-25", "11-27") "," SET_OF_DAYS(9, "PAUSED", "11-01", "12-31")

static void a_campaign_budget_runs_while_one_of_its_ad_sets_does(void **state)
{
    struct world *w = *state;

    assert_true(campaigns(w, CAMPAIGN_WITH_SETS("\"daily_budget\":\"100\"", TWO_STRETCHES)));
    assert_true(assemble(w));
    const struct campaign *campaign = find(w, "1");
    assert_int_equal(campaign->budgets.len, 2); /* one schedule stands for two ad sets */
    assert_int_equal(november(campaign->budgets.items[0].ends), 22);
    assert_int_equal(november(campaign->budgets.items[1].starts), 25);
    assert_int_equal(november(campaign->budgets.items[1].ends), 26);
    assert_true(projection_account(w->arena, &w->account, &w->err));
    assert_int_equal(campaign->figures.daily_budget, 1000000);
    assert_int_equal(campaign->figures.projection, 3 * 1000000);
    assert_int_equal(campaign->budget_amount, 1000000);
}

static void a_lifetime_campaign_budget_is_shared_out_over_the_days_that_run(void **state)
{
    struct world *w = *state;

    assert_true(campaigns(
        w, CAMPAIGN_WITH_SETS("\"lifetime_budget\":\"9000\",\"budget_remaining\":\"3000\"",
                              TWO_STRETCHES)));
    assert_true(assemble(w));
    const struct campaign *campaign = find(w, "1");
    assert_true(projection_account(w->arena, &w->account, &w->err));
    assert_int_equal(campaign->figures.daily_budget, 10 * 1000000); /* 30.00 over three days */
    assert_int_equal(campaign->figures.projection, 30 * 1000000);
    assert_int_equal(campaign->budget_amount, 90 * 1000000);
}

/* LESSONS 1.6, 3.20: Meta's offsets, not ISO 4217's decimals. */
static void minor_units_are_metas_own(void **state)
{
    static const struct {
        const char *currency;
        int64_t micros;
    } cases[] = {
        { "BRL", 10000 },   { "USD", 10000 },   { "CLP", 1000000 }, { "COP", 1000000 },
        { "CRC", 1000000 }, { "HUF", 1000000 }, { "IDR", 1000000 }, { "ISK", 1000000 },
        { "JPY", 1000000 }, { "KRW", 1000000 }, { "PYG", 1000000 }, { "TWD", 1000000 },
        { "VND", 1000000 }, { "BHD", 10000 },   { "JOD", 10000 },   { "LKR", 10000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (meta_minor_micros(cases[i].currency) != cases[i].micros)
            fail_msg("%s", cases[i].currency);
}

static const char *const bad_campaigns[] = {
    "",
    "<!DOCTYPE html><html></html>",
    "{\"data\":[{\"id\":\"1\",\"effective_st",
    "{\"error\":{\"code\":190}}",
    "{}",
    "null",
    "[]",
    "{\"data\":{}}",
    "{\"data\":null}",
    "{\"data\":[]} {}",
    "{\"data\":[7]}",
    "{\"data\":[null]}",
    LIST("{\"id\":1,\"effective_status\":\"ACTIVE\"}"),
    LIST("{\"id\":\"act_1\",\"effective_status\":\"ACTIVE\"}"),
    LIST("{\"id\":\"\",\"effective_status\":\"ACTIVE\"}"),
    LIST("{\"id\":\"123456789012345678901\",\"effective_status\":\"ACTIVE\"}"),
    LIST("{\"id\":\"../1\",\"effective_status\":\"ACTIVE\"}"),
    LIST("{\"effective_status\":\"ACTIVE\"}"),
    LIST("{\"id\":\"1\"}"),
    LIST("{\"id\":\"1\",\"effective_status\":1}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"name\":7}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"daily_budget\":5000}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"daily_budget\":\"50.00\"}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"daily_budget\":\"-1\"}"),
    LIST(
        "{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"daily_budget\":\"99999999999999999999\"}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"daily_budget\":\"1\","
         "\"lifetime_budget\":\"1\"}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"stop_time\":\"tomorrow\"}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"stop_time\":1795273200}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"stop_time\":\"2026-02-30T00:00:00-"
         "0300\"}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"adsets\":[]}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"adsets\":{}}"),
    LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\",\"adsets\":{\"data\":[{\"id\":\"2\"}]}}"),
    "{\"data\":[],\"paging\":7}",
    "{\"data\":[],\"paging\":{\"next\":7}}",
    "{\"data\":[],\"paging\":{\"next\":\"https://x\"}}",
    "{\"data\":[],\"paging\":{\"next\":\"https://x\",\"cursors\":{\"after\":\"\"}}}",
    "{\"data\":[],\"paging\":{\"next\":\"https://x\",\"cursors\":{\"after\":5}}}",
};

static void a_page_of_campaigns_that_cannot_be_right_is_refused(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(bad_campaigns); i++) {
        w->err = (struct error){ 0 };
        if (campaigns(w, bad_campaigns[i]) || w->err.kind != ERR_BAD_RESPONSE)
            fail_msg("%s: taken, or %s", bad_campaigns[i], error_kind_name(w->err.kind));
    }
}

static const char *const bad_insights[] = {
    "{\"data\":{}}",
    LIST("{}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":12.5,\"date_start\":\"2026-11-01\",\"date_stop\":"
         "\"2026-11-21\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"12,5\",\"date_start\":\"2026-11-01\",\"date_stop\":"
         "\"2026-11-21\"}"),
    LIST("{\"campaign_id\":\"1\",\"date_start\":\"2026-11-01\",\"date_stop\":\"2026-11-21\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"1\",\"date_start\":\"2026-10-01\",\"date_stop\":"
         "\"2026-10-31\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"1\",\"date_start\":\"2026-11-01\",\"date_stop\":"
         "\"2026-11-20\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"1\",\"date_start\":\"2026-11-01\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"1\"}"),
    LIST("{\"campaign_id\":1,\"spend\":\"1\",\"date_start\":\"2026-11-01\",\"date_stop\":"
         "\"2026-11-21\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"1\",\"clicks\":\"-1\",\"date_start\":\"2026-11-01\","
         "\"date_stop\":\"2026-11-21\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"1\",\"clicks\":\"many\",\"date_start\":\"2026-11-01\","
         "\"date_stop\":\"2026-11-21\"}"),
    LIST("{\"campaign_id\":\"1\",\"spend\":\"9999999999999999\",\"date_start\":\"2026-11-01\","
         "\"date_stop\":\"2026-11-21\"}"),
};

static void insights_of_other_days_or_in_other_forms_are_refused(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(bad_insights); i++) {
        w->err = (struct error){ 0 };
        if (insights(w, bad_insights[i]) || w->err.kind != ERR_BAD_RESPONSE)
            fail_msg("%s: taken, or %s", bad_insights[i], error_kind_name(w->err.kind));
    }
    assert_true(insights(w, LIST("")));
    assert_true(assemble(w));
    assert_int_equal(w->account.campaigns.len, 0);
}

static void amounts_that_do_not_fit_are_refused_and_never_wrap(void **state)
{
    struct world *w = *state;

    memcpy(w->account.currency, "JPY", 4);
    assert_true(campaigns(w, LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\","
                                  "\"daily_budget\":\"9223372036854775807\"}")));
    assert_false(assemble(w));
    assert_int_equal(w->err.kind, ERR_BAD_RESPONSE);
}

static void a_running_lifetime_budget_needs_what_is_left_of_it(void **state)
{
    struct world *w = *state;

    assert_true(campaigns(w, LIST("{\"id\":\"1\",\"effective_status\":\"ACTIVE\","
                                  "\"lifetime_budget\":\"100\",\"adsets\":{\"data\":[{\"id\":\"9\","
                                  "\"campaign_id\":\"1\",\"effective_status\":\"ACTIVE\"}]}}")));
    assert_false(assemble(w));
    assert_int_equal(w->err.kind, ERR_BAD_RESPONSE);
}

static void instants_are_read_with_and_without_a_colon(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        { "2026-11-21T12:00:00-0300", true },
        { "2026-11-21T12:00:00-03:00", true },
        { "2026-11-21T15:00:00+0000", true },
        { "2026-11-21T15:00:00Z", true },
        { "", false },
        { "-0300", false },
        { "2026-11-21", false },
        { "2026-11-21T12:00:00", false },
        { "2026-11-21T12:00:00-030", false },
        { "2026-11-21T12:00:00-03000", false },
        { "2026-11-21T12:00:00 -0300", false },
        { "2026-13-21T12:00:00-0300", false },
        { "2026-11-21T12:00:00-0300, and so on and so on and so on-0300", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = 42;
        bool ok = meta_time_parse(cases[i].text, &ms);
        if (ok != cases[i].ok || ms != (ok ? NOON : 42))
            fail_msg("\"%s\" gave %lld", cases[i].text, (long long)ms);
    }
}

static void accounts_are_read_and_remembered(void **state)
{
    struct world *w = *state;
    struct meta_accounts got = { 0 };
    struct meta_account again = { 0 };
    static const char body[] =
        "{\"data\":[{\"id\":\"act_1001\",\"account_id\":\"1001\",\"name\":\"Sol \\\"1\\\"\","
        "\"currency\":\"BRL\",\"timezone_name\":\"America\\/Sao_Paulo\",\"account_status\":101},"
        "{\"id\":\"act_2\",\"account_id\":\"2\"}]}";

    assert_true(meta_accounts_parse(w->arena, body, strlen(body), &got, &w->after, &w->err));
    assert_null(w->after);
    assert_int_equal(got.rows.len, 2);
    assert_string_equal(got.rows.items[1].currency, "");
    const char *kept = meta_account_write(w->arena, &got.rows.items[0]);
    assert_true(meta_account_parse(w->arena, kept, strlen(kept), &again, &w->err));
    assert_string_equal(again.id, "1001");
    assert_string_equal(again.name, "Sol \"1\"");
    assert_string_equal(again.timezone, "America/Sao_Paulo");
}

static void accounts_without_an_id_are_refused(void **state)
{
    struct world *w = *state;
    static const char *const bad[] = {
        LIST("{\"id\":\"act_1\"}"),
        LIST("{\"account_id\":1001}"),
        LIST("{\"account_id\":\"act_1001\"}"),
        LIST("{\"account_id\":\"1001\",\"currency\":986}"),
        LIST("{\"account_id\":\"1001\",\"timezone_name\":{}}"),
        "{\"owned\":[]}",
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct meta_accounts got = { 0 };
        w->err = (struct error){ 0 };
        if (meta_accounts_parse(w->arena, bad[i], strlen(bad[i]), &got, &w->after, &w->err) ||
            w->err.kind != ERR_BAD_RESPONSE)
            fail_msg("%s", bad[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_example_of_the_contract_is_understood),
        TEST(campaigns_and_insights_are_joined_from_both_sides),
        TEST(a_row_that_comes_twice_counts_once),
        TEST(budgets_run_in_the_days_of_their_schedule),
        TEST(a_campaign_budget_runs_while_one_of_its_ad_sets_does),
        TEST(a_lifetime_campaign_budget_is_shared_out_over_the_days_that_run),
        TEST(minor_units_are_metas_own),
        TEST(a_page_of_campaigns_that_cannot_be_right_is_refused),
        TEST(insights_of_other_days_or_in_other_forms_are_refused),
        TEST(amounts_that_do_not_fit_are_refused_and_never_wrap),
        TEST(a_running_lifetime_budget_needs_what_is_left_of_it),
        TEST(instants_are_read_with_and_without_a_colon),
        TEST(accounts_are_read_and_remembered),
        TEST(accounts_without_an_id_are_refused),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
