/* What the sandbox takes and what it refuses: a query, a document, a message, a list of fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sandbox/agency.h"
#include "tests/sandbox/blockkit.h"
#include "tests/sandbox/gaql.h"
#include "tests/sandbox/meta_fields.h"
#include "tests/sandbox/monday_check.h"

static const struct gaql_case {
    const char *query, *code; /* NULL: fine */
} gaql_cases[] = {
    { "SELECT customer.id FROM customer LIMIT 1", NULL },
    { "SELECT campaign.id, metrics.cost_micros FROM campaign WHERE segments.date DURING THIS_MONTH",
      NULL },
    { "SELECT campaign.id FROM campaign WHERE campaign.status IN ('ENABLED', 'PAUSED')", NULL },
    { "select campaign.id from campaign where segments.date between '2026-11-01' and '2026-11-21'",
      NULL },
    { "", "EXPECTED_SELECT" },
    { "SELECT * FROM campaign", "UNEXPECTED_INPUT" },
    { "SELECT campaign.id", "EXPECTED_FROM" },
    { "SELECT campaign.start_date FROM campaign", "UNRECOGNIZED_FIELD" },
    { "SELECT campaign.Id FROM campaign", "UNRECOGNIZED_FIELD" },
    { "SELECT campaign.id FROM ad_groups", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE" },
    { "SELECT metrics.cost_micros FROM customer_client",
      "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE" },
    { "SELECT campaign.id FROM customer", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE" },
    { "SELECT campaign.id FROM campaign WHERE segments.date DURING LAST_90_DAYS",
      "INVALID_VALUE_WITH_DURING_OPERATOR" },
    { "SELECT campaign.id FROM campaign WHERE segments.date BETWEEN '2026-11-31' AND '2026-12-01'",
      "BAD_VALUE" },
    { "SELECT campaign.id FROM campaign WHERE segments.date BETWEEN '2026-11-21' AND '2026-11-01'",
      "BAD_VALUE" },
    { "SELECT campaign.id FROM campaign WHERE campaign.name = Natal", "BAD_VALUE" },
    { "SELECT campaign.id FROM campaign WHERE campaign.name ~ 'x'", "BAD_OPERATOR" },
    { "SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR campaign.id = 2",
      "UNEXPECTED_INPUT" },
    { "SELECT campaign.id FROM campaign WHERE campaign.name = 'x", "BAD_SYMBOL" },
    { "SELECT campaign.id FROM campaign WHERE campaign.status IN ('ENABLED'",
      "UNEXPECTED_END_OF_QUERY" },
    { "SELECT campaign.id FROM campaign LIMIT 0", "BAD_LIMIT_COUNT" },
    { "SELECT campaign.id, FROM campaign", "UNRECOGNIZED_FIELD" },
};

static void a_query_that_google_refuses_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(gaql_cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct gaql gaql = { 0 };
        const struct gaql_wrong *wrong = gaql_parse(arena, gaql_cases[i].query, &gaql);
        const char *code = wrong ? wrong->code : "fine", *want = gaql_cases[i].code;
        if (strcmp(code, want ? want : "fine") != 0)
            fail_msg("%s: %s", gaql_cases[i].query, code);
    }
}

static const struct document_case {
    const char *document, *variables, *code;
} document_cases[] = {
    { "{ boards(ids: [1], limit: 1) { id groups { id title } } }", NULL, NULL },
    { "query Q($b: [ID!]!) { boards(ids: $b) { ...B } } fragment B on Board { id name }",
      "{\"b\":[\"1\"]}", NULL },
    { "query($b:[ID!]!,$g:CompareValue!){boards(ids:$b){items_page(limit:500,query_params:{rules:["
      "{column_id:\"group\",compare_value:$g,operator:any_of}]}){cursor items{id column_values{id "
      "... on MirrorValue{display_value}}}}}}",
      "{\"b\":\"1\",\"g\":[\"x\"]}", NULL },
    { "{ boards { id ", NULL, "parseError" },
    { "{ boards { id } } }", NULL, "parseError" },
    { "{ boards { groups { pos } } }", NULL, "undefinedField" },
    { "{ boards { items { id } } }", NULL, "undefinedField" },
    { "{ boards { items_page { items { column_values { display_value } } } } }", NULL,
      "undefinedField" },
    { "{ boards }", NULL, "selectionMismatch" },
    { "{ boards { id { x } } }", NULL, "selectionMismatch" },
    { "{ boards(board: 1) { id } }", NULL, "argumentNotAccepted" },
    { "{ boards(limit: \"one\") { id } }", NULL, "argumentLiteralsIncompatible" },
    { "{ next_items_page(limit: 5) { cursor } }", NULL, "missingRequiredArguments" },
    { "{ boards(ids: $b) { id } }", NULL, "GRAPHQL_VALIDATION_FAILED" },
    { "query($b: [ID!]!) { boards(ids: $b) { id } }", "{}", "BAD_USER_INPUT" },
    { "query($b: [ID!]!) { boards(ids: $b) { id } }", "{\"b\":[null]}", "BAD_USER_INPUT" },
    { "query($b: [String!]!) { boards(ids: $b) { id } }", "{\"b\":[\"1\"]}",
      "GRAPHQL_VALIDATION_FAILED" },
    { "query($c: String) { next_items_page(cursor: $c) { cursor } }", "{\"c\":\"x\"}",
      "GRAPHQL_VALIDATION_FAILED" },
    { "{ boards { ... on Item { id } } }", NULL, "cannotSpreadFragment" },
    { "{ boards { ... on Nothing { id } } }", NULL, "undefinedType" },
    { "{ boards { ...F } }", NULL, "useAndDefineFragment" },
    { "{ boards { ...F } } fragment F on Board { ...F }", NULL, "infiniteLoop" },
    { "mutation { boards { id } }", NULL, "UserUnauthorizedException" },
};

static void a_document_that_monday_refuses_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(document_cases); i++) {
        const struct document_case *c = &document_cases[i];
        scoped_arena struct arena *arena = arena_create();
        scoped_json cJSON *variables = c->variables ? cJSON_Parse(c->variables) : NULL;
        struct monday_query query = { .arena = arena, .variables = variables };
        const char *code = monday_check(&query, c->document, NULL) ? "fine" : query.wrong.code;
        if (strcmp(code, c->code ? c->code : "fine") != 0)
            fail_msg("%s: %s, %s", c->document, code,
                     query.wrong.message ? query.wrong.message : "");
    }
}

static const struct fields_case {
    const char *fields;
    bool ok;
} fields_cases[] = {
    { "id", true },
    { "id,name , status", true },
    { "campaigns.limit(100){id,insights.date_preset(this_month){spend}}", true },
    { "insights.time_range({\"since\":\"2026-11-01\",\"until\":\"2026-11-21\"}){spend}", true },
    { "x.filtering([{\"field\":\"a\",\"value\":\"(\"}]){y}", true },
    { "", false },
    { "id,", false },
    { ",id", false },
    { "id name", false },
    { "insights{spend", false },
    { "insights{spend}}", false },
    { "insights{}", false },
    { "insights.limit{spend}", false },
    { "insights.limit(5{spend}", false },
    { "insights.(5)", false },
    { "a{b{c{d{e{f{g{h}}}}}}}", false },
};

static void fields_that_meta_cannot_read_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields_cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct field list = { 0 };
        const char *wrong = meta_fields_parse(arena, fields_cases[i].fields, &list);
        if ((wrong == NULL) != fields_cases[i].ok)
            fail_msg("%s: %s", fields_cases[i].fields, wrong ? wrong : "taken");
    }
}

static const struct message_case {
    const char *message, *error; /* NULL: fine */
} message_cases[] = {
    { "{\"text\":\"a\"}", NULL },
    { "{\"blocks\":[{\"type\":\"divider\"}]}", NULL },
    { "{\"text\":\"a\",\"response_type\":\"in_channel\",\"blocks\":[{\"type\":\"section\","
      "\"text\":{\"type\":\"mrkdwn\",\"text\":\"x\"},\"fields\":[{\"type\":\"plain_text\","
      "\"text\":\"y\",\"emoji\":false}]}]}",
      NULL },
    { "[]", "invalid_payload" },
    { "{\"text\":5}", "invalid_payload" },
    { "{\"text\":\"a\",\"response_type\":\"public\"}", "invalid_payload" },
    { "{}", "no_text" },
    { "{\"text\":\"\"}", "no_text" },
    { "{\"text\":\"a\",\"blocks\":{}}", "invalid_blocks" },
    { "{\"blocks\":[{}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"button\"}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"section\"}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"section\",\"fields\":[]}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"section\",\"text\":\"x\"}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"markdown\",\"text\":\"x\"}}]}",
      "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"\"}}]}",
      "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"x\","
      "\"emoji\":true}}]}",
      "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"header\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"x\"}}]}",
      "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"context\",\"elements\":[]}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"divider\",\"text\":\"x\"}]}", "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"divider\",\"block_id\":\"a\"},{\"type\":\"divider\",\"block_id\":"
      "\"a\"}]}",
      "invalid_blocks" },
    { "{\"blocks\":[{\"type\":\"image\",\"image_url\":\"https://x\"}]}", "invalid_blocks" },
};

static void a_message_that_slack_refuses_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(message_cases); i++) {
        const struct message_case *c = &message_cases[i];
        scoped_arena struct arena *arena = arena_create();
        scoped_json cJSON *message = cJSON_Parse(c->message);
        struct verdict verdict = message_judge(arena, message, false);
        if (strcmp(verdict.error ? verdict.error : "fine", c->error ? c->error : "fine") != 0)
            fail_msg("%s: %s", c->message, verdict.error ? verdict.error : "taken");
    }
}

/* The limits count characters: each of these is two bytes. */
static const struct length_case {
    const char *type, *text_type;
    int max;
    bool as_field;
} length_cases[] = {
    { "header", "plain_text", 150, false },
    { "section", "mrkdwn", 3000, false },
    { "section", "mrkdwn", 2000, true },
};

static bool taken(const struct length_case *c, int length)
{
    scoped_arena struct arena *arena = arena_create();
    char *long_text = arena_alloc(arena, (size_t)length * 2 + 1);
    for (int i = 0; i < length; i++)
        memcpy(long_text + 2 * i, "\xc3\xa7", 2);
    const char *text =
        arena_printf(arena, "{\"type\":\"%s\",\"text\":\"%s\"}", c->text_type, long_text);
    const char *json =
        c->as_field
            ? arena_printf(arena, "{\"blocks\":[{\"type\":\"%s\",\"fields\":[%s]}]}", c->type, text)
            : arena_printf(arena, "{\"blocks\":[{\"type\":\"%s\",\"text\":%s}]}", c->type, text);
    scoped_json cJSON *message = cJSON_Parse(json);
    return !message_judge(arena, message, false).error;
}

static void lengths_are_counted_in_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(length_cases); i++) {
        const struct length_case *c = &length_cases[i];
        if (!taken(c, c->max) || taken(c, c->max + 1))
            fail_msg("%s: %d characters", c->type, c->max);
    }
}

static void fifty_blocks_are_taken_and_fifty_one_are_not(void **state)
{
    (void)state;
    for (int count = 50; count <= 51; count++) {
        scoped_arena struct arena *arena = arena_create();
        scoped_json cJSON *message = cJSON_CreateObject();
        cJSON *blocks = cJSON_AddArrayToObject(message, "blocks");
        for (int i = 0; i < count; i++) {
            cJSON *block = cJSON_CreateObject();
            cJSON_AddStringToObject(block, "type", "divider");
            cJSON_AddItemToArray(blocks, block);
        }
        assert_int_equal(message_judge(arena, message, false).error == NULL, count == 50);
    }
}

static void what_was_spent_by_day_adds_up_over_any_days(void **state)
{
    struct agency *agency = agency_load(SANDBOX_DIR "/agency.json");
    const struct account *golden = agency_meta_account(agency, "9001");
    int first = day_of((struct date){ 2026, 11, 1 });
    int64_t whole = 0, in_parts = 0;

    (void)state;
    assert_non_null(golden);
    assert_int_equal(golden->campaign_count, 9);
    for (size_t i = 0; i < golden->campaign_count; i++) {
        const struct campaign *campaign = &golden->campaigns[i];
        whole += campaign_delivery(campaign, (struct days){ first, first + 29 }).micros;
        for (int day = first; day < first + 30; day++)
            in_parts += campaign_delivery(campaign, (struct days){ day, day }).micros;
    }
    assert_int_equal(whole, 9027630000);
    assert_int_equal(in_parts, whole);
    agency_destroy(agency);
}

static void repetitions_are_written_out(void **state)
{
    struct agency *agency = agency_load(SANDBOX_DIR "/agency.json");
    const struct account *mega = agency_meta_account(agency, "6610");

    (void)state;
    assert_non_null(mega);
    assert_int_equal(mega->campaign_count, 900);
    assert_string_equal(mega->campaigns[0].id, "661000001");
    assert_string_equal(mega->campaigns[899].id, "661000900");
    assert_non_null(agency_meta_account(agency, "64029"));
    assert_non_null(agency_meta_campaign(agency, "6720020"));
    agency_destroy(agency);
}

static void days_are_days_of_their_zone(void **state)
{
    int64_t utc_2am = (int64_t)day_of((struct date){ 2026, 11, 1 }) * 86400000 + 2 * 3600000;
    int first = day_of((struct date){ 2026, 11, 1 }), day = 0;

    (void)state;
    assert_int_equal(day_today(utc_2am, "America/Sao_Paulo"), first - 1);
    assert_int_equal(day_today(utc_2am, "Asia/Tokyo"), first);
    assert_int_equal(day_today(utc_2am, "Pacific/Auckland"), first);
    assert_int_equal(month_last(first), first + 29);
    assert_int_equal(weekday(first), 0);
    assert_false(day_parse("2026-02-29", &day));
    assert_false(day_parse("2026-2-1", &day));
    assert_true(day_parse("2028-02-29", &day));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_that_google_refuses_is_refused),
        cmocka_unit_test(a_document_that_monday_refuses_is_refused),
        cmocka_unit_test(fields_that_meta_cannot_read_are_refused),
        cmocka_unit_test(a_message_that_slack_refuses_is_refused),
        cmocka_unit_test(lengths_are_counted_in_characters),
        cmocka_unit_test(fifty_blocks_are_taken_and_fifty_one_are_not),
        cmocka_unit_test(what_was_spent_by_day_adds_up_over_any_days),
        cmocka_unit_test(repetitions_are_written_out),
        cmocka_unit_test(days_are_days_of_their_zone),
    };

    json_init();
    return cmocka_run_group_tests_name("what the sandbox refuses", tests, NULL, NULL);
}
