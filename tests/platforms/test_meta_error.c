/* Every refusal of Meta's is judged by its code, and a throttle waits as its headers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "platforms/meta_error.h"

#define ERR(code, rest) "{\"error\":{\"message\":\"m\",\"code\":" #code rest "}}"
#define PROOF(code, message) "{\"error\":{\"message\":\"" message "\",\"code\":" #code "}}"
#define SUB(n) ",\"error_subcode\":" #n

static const struct fault_case {
    const char *body;
    enum meta_fault_class class;
} faults[] = {
    { ERR(1, ""), META_FAULT_TRANSIENT },
    { ERR(1, SUB(99)), META_FAULT_TRANSIENT },
    { ERR(2, ""), META_FAULT_TRANSIENT },
    { ERR(2, SUB(1504043)), META_FAULT_TRANSIENT },
    { ERR(2, SUB(1504038)), META_FAULT_REDUCE },
    { ERR(2, SUB(1504041)), META_FAULT_OURS },
    { ERR(2, SUB(1504042)), META_FAULT_OURS },
    { ERR(100, SUB(1487534)), META_FAULT_REDUCE },
    { ERR(100, SUB(1504018)), META_FAULT_REDUCE },
    { "{\"error\":{\"code\":1,\"message\":\"Please reduce the amount of data you're asking for, "
      "then retry your request\"}}",
      META_FAULT_REDUCE },
    { ERR(4, SUB(1504022)), META_FAULT_THROTTLE },
    { ERR(17, SUB(2446079)), META_FAULT_THROTTLE },
    { ERR(32, ""), META_FAULT_THROTTLE },
    { ERR(613, SUB(1487742)), META_FAULT_THROTTLE },
    { ERR(80000, SUB(2446079)), META_FAULT_THROTTLE },
    { ERR(80004, ""), META_FAULT_THROTTLE },
    { ERR(80014, ""), META_FAULT_THROTTLE },
    { ERR(80015, ""), META_FAULT_OURS },
    { ERR(190, SUB(463)), META_FAULT_TOKEN },
    { ERR(10, ""), META_FAULT_PERMISSION },
    { ERR(200, ""), META_FAULT_PERMISSION },
    { ERR(299, ""), META_FAULT_PERMISSION },
    { ERR(300, ""), META_FAULT_OURS },
    { ERR(100, SUB(3191001)), META_FAULT_PERMISSION },
    { ERR(100, SUB(33)), META_FAULT_NOT_FOUND },
    { ERR(100, ""), META_FAULT_OURS },
    { ERR(2500, ""), META_FAULT_OURS },
    { ERR(3018, ""), META_FAULT_OURS },
    { ERR(2635, ""), META_FAULT_VERSION },
    { PROOF(100, "Invalid appsecret_proof provided in the API argument"), META_FAULT_PROOF },
    { PROOF(100, "API calls from the server require an appsecret_proof argument"),
      META_FAULT_PROOF },
    { PROOF(100, "(#100) Invalid parameter"), META_FAULT_OURS },
    { PROOF(1, "Invalid appsecret_proof provided in the API argument"), META_FAULT_TRANSIENT },
    { PROOF(190, "Invalid appsecret_proof provided in the API argument"), META_FAULT_TOKEN },
    { ERR(2642, ""), META_FAULT_CURSOR },
    { ERR(341, ""), META_FAULT_BLOCKED },
    { ERR(368, ""), META_FAULT_BLOCKED },
    { ERR(4711, ",\"is_transient\":true"), META_FAULT_TRANSIENT },
    { ERR(4711, ",\"is_transient\":false"), META_FAULT_OURS },
    { ERR(100, ",\"error_subcode\":\"33\""), META_FAULT_OURS },
    { ERR("190", ""), META_FAULT_UNKNOWN },
    { ERR(1.5, ""), META_FAULT_UNKNOWN },
    { "{\"error\":\"190\"}", META_FAULT_UNKNOWN },
    { "{\"error\":[190]}", META_FAULT_UNKNOWN },
    { "{\"Error\":{\"code\":190}}", META_FAULT_UNKNOWN },
    { "<html><body>190</body></html>", META_FAULT_UNKNOWN },
    { "{\"error\":{\"code\":190", META_FAULT_UNKNOWN },
    { "", META_FAULT_UNKNOWN },
    { "null", META_FAULT_UNKNOWN },
    { "[]", META_FAULT_UNKNOWN },
};

static void a_refusal_is_judged_by_code_and_subcode(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct meta_fault got = meta_fault_read(faults[i].body, strlen(faults[i].body));
        if (got.class != faults[i].class)
            fail_msg("%s: class %d, not %d", faults[i].body, got.class, faults[i].class);
    }
}

static void the_trace_is_kept_only_if_it_is_a_word(void **state)
{
    static const struct {
        const char *body, *trace;
    } cases[] = {
        { ERR(1, ",\"fbtrace_id\":\"A1b2C3_-\""), "A1b2C3_-" },
        { ERR(1, ",\"fbtrace_id\":\"a b\""), "" },
        { ERR(1, ",\"fbtrace_id\":\"a\\nb\""), "" },
        { ERR(1, ",\"fbtrace_id\":7"), "" },
        { ERR(1, ",\"fbtrace_id\":\"0123456789012345678901234567890123456789\""), "" },
        { ERR(1, ""), "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(meta_fault_read(cases[i].body, strlen(cases[i].body)).trace,
                            cases[i].trace);
}

#define MINUTE ((int64_t)60000)

static const struct wait_case {
    const char *why, *business, *account;
    int64_t ms;
} waits[] = {
    { "no headers", NULL, NULL, MINUTE },
    { "an estimate of 0",
      "{\"1001\":[{\"type\":\"ads_insights\",\"estimated_time_to_regain_access\":0}]}", NULL,
      MINUTE },
    { "minutes, not seconds", "{\"1001\":[{\"estimated_time_to_regain_access\":20}]}", NULL,
      20 * MINUTE },
    { "a decimal", "{\"1001\":[{\"estimated_time_to_regain_access\":1.5}]}", NULL, 90000 },
    { "the longest of several",
      "{\"1\":[{\"estimated_time_to_regain_access\":3},{\"estimated_time_to_regain_access\":9}],"
      "\"2\":[{\"estimated_time_to_regain_access\":4}]}",
      NULL, 9 * MINUTE },
    { "absurdly long", "{\"1\":[{\"estimated_time_to_regain_access\":1e300}]}", NULL,
      (int64_t)24 * 60 * MINUTE },
    { "negative", "{\"1\":[{\"estimated_time_to_regain_access\":-5}]}", NULL, MINUTE },
    { "a string", "{\"1\":[{\"estimated_time_to_regain_access\":\"5\"}]}", NULL, MINUTE },
    { "no list", "{\"1\":{\"estimated_time_to_regain_access\":5}}", NULL, MINUTE },
    { "a list of numbers", "{\"1\":[5,6]}", NULL, MINUTE },
    { "no object", "[5]", NULL, MINUTE },
    { "no JSON", "5 minutes", NULL, MINUTE },
    { "the account's reset, in seconds", NULL,
      "{\"acc_id_util_pct\":100,\"reset_time_duration\":300}", 300000 },
    { "an account that is not used up", NULL,
      "{\"acc_id_util_pct\":9.67,\"reset_time_duration\":300}", MINUTE },
    { "an account without percent", NULL, "{\"reset_time_duration\":300}", MINUTE },
    { "the business' estimate first", "{\"1\":[{\"estimated_time_to_regain_access\":2}]}",
      "{\"acc_id_util_pct\":100,\"reset_time_duration\":300}", 2 * MINUTE },
};

static void a_throttle_waits_as_the_headers_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(waits); i++) {
        int64_t got = meta_throttle_ms(waits[i].business, waits[i].account);
        if (got != waits[i].ms)
            fail_msg("%s: %lld ms", waits[i].why, (long long)got);
    }
}

static void nesting_without_end_is_no_refusal_of_metas(void **state)
{
    size_t depth = 100000;
    char *body = malloc(depth);

    (void)state;
    memset(body, '[', depth);
    assert_int_equal(meta_fault_read(body, depth).class, META_FAULT_UNKNOWN);
    memcpy(body, "{\"error\":", 9);
    assert_int_equal(meta_fault_read(body, depth).class, META_FAULT_UNKNOWN);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_is_judged_by_code_and_subcode),
        cmocka_unit_test(the_trace_is_kept_only_if_it_is_a_word),
        cmocka_unit_test(a_throttle_waits_as_the_headers_say),
        cmocka_unit_test(nesting_without_end_is_no_refusal_of_metas),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
