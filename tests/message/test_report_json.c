/* `raiox report --json`, field by field against documents written by hand. */
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/message/sample.h"

static const cJSON *parsed(struct arena *arena, const char *text)
{
    struct error err = { 0 };
    const cJSON *root = json_parse(arena, text, strlen(text), &err);

    if (!root)
        fail_msg("%s: %s", err.log, text);
    return root;
}

static void equal(struct arena *arena, const struct report *report, const char *wanted)
{
    const char *got = message_report_json(arena, report);

    if (!cJSON_Compare(parsed(arena, got), parsed(arena, wanted), true))
        fail_msg("%s\nis not\n%s", got, wanted);
}

static void the_documented_example_is_written_to_the_letter(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    equal(arena, sample_padaria(arena),
          "{\"client\":{\"id\":\"1234567890\",\"name\":\"Padaria Sol\",\"channel_id\":\"C0123\"},"
          "\"as_of\":\"2026-11-21T12:00:00-03:00\","
          "\"totals\":[{\"currency\":\"BRL\",\"spend\":\"1234.56\",\"daily_budget\":\"100.00\","
          "\"projection\":\"2134.56\",\"run_rate_projection\":\"1763.66\",\"days_left\":9,"
          "\"target\":\"3000.00\",\"pacing\":0.7115,\"recommended_daily_budget\":\"196.16\"}],"
          "\"business_managers\":[{\"platform\":\"meta\",\"id\":\"77\",\"name\":\"Sol BM\","
          "\"totals\":[{\"currency\":\"BRL\",\"spend\":\"1000.00\",\"daily_budget\":\"80.00\","
          "\"projection\":\"1720.00\",\"run_rate_projection\":\"1428.57\",\"days_left\":9,"
          "\"target\":null,\"pacing\":null,\"recommended_daily_budget\":null}],"
          "\"ad_accounts\":[{\"id\":\"act_10\",\"name\":\"Sol 1\",\"currency\":\"BRL\","
          "\"timezone\":\"America/Sao_Paulo\",\"owned\":true,\"spend\":\"1000.00\","
          "\"daily_budget\":\"80.00\",\"projection\":\"1720.00\","
          "\"run_rate_projection\":\"1428.57\",\"days_left\":9,"
          "\"campaigns\":[{\"id\":\"501\",\"name\":\"Natal\",\"status\":\"ACTIVE\","
          "\"spend\":\"400.00\",\"budget\":{\"kind\":\"daily\",\"level\":\"campaign\","
          "\"amount\":\"50.00\",\"shared_id\":null},\"daily_budget\":\"50.00\","
          "\"projection\":\"850.00\",\"impressions\":10000,\"clicks\":321}]}]},"
          "{\"platform\":\"google_ads\",\"id\":\"9876543210\",\"name\":\"Agency MCC\","
          "\"totals\":[],\"ad_accounts\":[]}],"
          "\"warnings\":[{\"platform\":\"meta\",\"account\":\"act_11\",\"kind\":\"auth\","
          "\"message\":\"the token was refused; whoever looks after it has to renew it\","
          "\"retry_at\":null}]}");
}

/* The member at a path like "a.0.b", as JSON text. */
static char *at(struct arena *arena, const struct report *report, const char *path)
{
    const cJSON *item = parsed(arena, message_report_json(arena, report));
    char *steps = arena_strdup(arena, path), *rest = NULL;

    for (char *step = strtok_r(steps, ".", &rest); step; step = strtok_r(NULL, ".", &rest))
        item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, atoi(step)) : json_get(item, step);
    if (!item)
        fail_msg("%s is not there", path);
    return json_print(arena, item);
}

static void what_is_not_known_is_null(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    struct business_manager *manager = sample_manager(arena, report, "google_ads", NULL, NULL);
    struct ad_account *account = sample_account(arena, manager, "1", "", "JPY");

    (void)state;
    sample_campaign(arena, account, "", 123450, 0);
    sample_campaign(arena, account, "m", 0, 0);
    sample_campaign(arena, account, "s", 0, 500);
    struct campaign *none = &account->campaigns.items[0]; /* the list has stopped growing */
    struct campaign *mixed = none + 1, *shared = none + 2;
    none->budget_kind = BUDGET_NONE;
    none->level = LEVEL_NONE;
    mixed->budget_kind = BUDGET_MIXED;
    mixed->level = LEVEL_AD_SET;
    mixed->has_budget_amount = false;
    shared->level = LEVEL_SHARED;
    shared->shared_id = "88";
    account->owned = OWNED_UNKNOWN;
    account->month.days_left = 8;
    sample_total(arena, report, "JPY", 123450, 123450);
    sample_warning(arena, report, NULL, NULL, ERR_CONFIG)->retry_real_ms = SAMPLE_NOW_MS;
    static const struct {
        const char *path, *wanted;
    } cases[] = {
        { "totals.0.target", "null" },
        { "totals.0.pacing", "null" },
        { "totals.0.recommended_daily_budget", "null" },
        { "totals.0.spend", "\"1235\"" }, /* yen have no decimals */
        { "business_managers.0.id", "null" },
        { "business_managers.0.name", "null" },
        { "business_managers.0.ad_accounts.0.owned", "null" },
        { "business_managers.0.ad_accounts.0.days_left", "8" },
        { "business_managers.0.ad_accounts.0.campaigns.0.budget",
          "{\"kind\":\"none\",\"level\":null,\"amount\":null,\"shared_id\":null}" },
        { "business_managers.0.ad_accounts.0.campaigns.1.budget",
          "{\"kind\":\"mixed\",\"level\":\"ad_set\",\"amount\":null,\"shared_id\":null}" },
        { "business_managers.0.ad_accounts.0.campaigns.2.budget",
          "{\"kind\":\"daily\",\"level\":\"shared\",\"amount\":\"5\",\"shared_id\":\"88\"}" },
        { "warnings.0.platform", "null" },
        { "warnings.0.account", "null" },
        { "warnings.0.kind", "\"config\"" },
        { "warnings.0.retry_at", "\"2026-11-21T12:00:00-03:00\"" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = at(arena, report, cases[i].path);

        if (strcmp(got, cases[i].wanted) != 0)
            fail_msg("%s is %s, not %s", cases[i].path, got, cases[i].wanted);
    }
}

static void the_last_day_has_a_target_but_nothing_to_recommend(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->totals.items[0].has_recommended = false;
    assert_string_equal(at(arena, report, "totals.0.recommended_daily_budget"), "null");
    assert_string_equal(at(arena, report, "totals.0.target"), "\"3000.00\"");
}

/* Four decimals in the text itself: a reader of JSON would drop the zeros. */
static void pacing_has_four_decimals(void **state)
{
    static const struct {
        int64_t e4;
        const char *wanted;
    } cases[] = {
        { 0, "\"pacing\":0.0000," },      { 5, "\"pacing\":0.0005," },
        { 10000, "\"pacing\":1.0000," },  { 123456, "\"pacing\":12.3456," },
        { -7115, "\"pacing\":-0.7115," },
    };
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        report->totals.items[0].pacing_e4 = cases[i].e4;
        if (!strstr(message_report_json(arena, report), cases[i].wanted))
            fail_msg("no %s", cases[i].wanted);
    }
}

static void names_are_given_as_they_are_and_the_text_is_still_json(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_900(arena, "a\"b\\c\n\x1b<&>\u202e🎉\xff");

    (void)state;
    assert_string_equal(at(arena, report, "business_managers.0.ad_accounts.0.campaigns.899.name"),
                        "\"a\\\"b\\\\c\\n\\u001b<&>\u202e🎉\ufffd\"");
    assert_string_equal(at(arena, report, "business_managers.0.ad_accounts.0.campaigns.899.spend"),
                        "\"900.00\"");
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_example_is_written_to_the_letter),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(the_last_day_has_a_target_but_nothing_to_recommend),
        cmocka_unit_test(pacing_has_four_decimals),
        cmocka_unit_test(names_are_given_as_they_are_and_the_text_is_still_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
