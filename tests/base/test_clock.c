#include "base/clock.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Seconds since 1970 of the expected values: date -u -d TEXT +%s */
static const struct {
    const char *text;
    bool ok;
    int64_t ms;
} cases[] = {
    { "1970-01-01T00:00:00Z", true, 0 },
    { "2026-11-21T12:00:00-03:00", true, 1795273200000 },
    { "2026-11-21T15:00:00Z", true, 1795273200000 },
    { "2026-11-21t15:00:00z", true, 1795273200000 },
    { "2026-11-22T00:30:00+09:30", true, 1795273200000 },
    { "2026-11-21T15:00:00-00:00", true, 1795273200000 },
    { "2026-11-21T15:00:00.5Z", true, 1795273200500 },
    { "2026-11-21T15:00:00.123999999999Z", true, 1795273200123 },
    { "2026-11-21T15:00:00.0012Z", true, 1795273200001 },
    { "2024-02-29T23:59:59Z", true, 1709251199000 },
    { "2000-02-29T00:00:00Z", true, 951782400000 },
    { "1969-12-31T23:59:59.999Z", true, -1 },
    { "0000-01-01T00:00:00Z", true, -62167219200000 },
    { "9999-12-31T23:59:59Z", true, 253402300799000 },
    { "", false, 0 },
    { "now", false, 0 },
    { "2026-11-21", false, 0 },
    { "2026-11-21T15:00:00", false, 0 },
    { "2026-11-21T15:00Z", false, 0 },
    { "2026-11-21 15:00:00Z", false, 0 },
    { " 2026-11-21T15:00:00Z", false, 0 },
    { "2026-11-21T15:00:00Z ", false, 0 },
    { "2026-11-21T15:00:00Zx", false, 0 },
    { "2026-11-21T15:00:00ZZ", false, 0 },
    { "2026-11-21T15:00:00.Z", false, 0 },
    { "2026-11-21T15:00:00,5Z", false, 0 },
    { "2026-11-21T15:00:00.5", false, 0 },
    { "2026-00-21T15:00:00Z", false, 0 },
    { "2026-13-21T15:00:00Z", false, 0 },
    { "2026-11-00T15:00:00Z", false, 0 },
    { "2026-11-31T15:00:00Z", false, 0 },
    { "2026-01-32T15:00:00Z", false, 0 },
    { "2026-02-29T15:00:00Z", false, 0 },
    { "1900-02-29T15:00:00Z", false, 0 },
    { "2026-11-21T24:00:00Z", false, 0 },
    { "2026-11-21T15:60:00Z", false, 0 },
    { "2016-12-31T23:59:60Z", false, 0 },
    { "2026-11-21T15:00:61Z", false, 0 },
    { "2026-11-21T15:00:00+24:00", false, 0 },
    { "2026-11-21T15:00:00+03:60", false, 0 },
    { "2026-11-21T15:00:00-0300", false, 0 },
    { "2026-11-21T15:00:00-3:00", false, 0 },
    { "2026-11-21T15:00:00-03", false, 0 },
    { "2026-11-21T15:00:00-03:00x", false, 0 },
    { "26-11-21T15:00:00Z", false, 0 },
    { "12026-11-21T15:00:00Z", false, 0 },
    { "-026-11-21T15:00:00Z", false, 0 },
    { "+026-11-21T15:00:00Z", false, 0 },
    { "2026-1-21T15:00:00Z", false, 0 },
    { "2026-11- 1T15:00:00Z", false, 0 },
    { "2026/11/21T15:00:00Z", false, 0 },
    { "20261121T150000Z", false, 0 },
    { "1795273200", false, 0 },
};

static void an_instant_is_read_to_the_ms_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = 4711;
        bool ok = clock_parse_rfc3339(cases[i].text, &ms);
        if (ok != cases[i].ok || ms != (ok ? cases[i].ms : 4711))
            fail_msg("\"%s\" gave %" PRId64, cases[i].text, ms);
    }
}

static void every_start_of_an_instant_is_refused(void **state)
{
    (void)state;
    static const char text[] = "2026-11-21T12:00:00.5-03:00";

    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        char start[sizeof(text)] = { 0 };
        int64_t ms;
        memcpy(start, text, len);
        if (clock_parse_rfc3339(start, &ms))
            fail_msg("\"%s\"", start);
    }
}

static void an_instant_is_written_in_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } instants[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { 999, "1970-01-01T00:00:00Z" },
        { -1, "1969-12-31T23:59:59Z" },
        { -1000, "1969-12-31T23:59:59Z" },
        { -86400000, "1969-12-31T00:00:00Z" },
        { 1795273200123, "2026-11-21T15:00:00Z" },
        { 951782400000, "2000-02-29T00:00:00Z" },
        { 253402300799999, "9999-12-31T23:59:59Z" },
        { INT64_MAX, "292278994-08-17T07:12:55Z" },
        { INT64_MIN, "-292275055-05-16T16:47:04Z" },
    };

    for (size_t i = 0; i < COUNT(instants); i++) {
        char got[32];
        clock_format_utc(instants[i].ms, got);
        assert_string_equal(got, instants[i].text);
    }
}

/* Against libc's own calendar, a day and some seconds at a time from 1600 to 2400. */
static void days_agree_with_libc(void **state)
{
    (void)state;
    for (int64_t s = -11676096000; s < 13569465600; s += 86400 * 3 + 12347) {
        time_t time = (time_t)s;
        struct tm tm;
        char want[32], got[32];
        int64_t back;

        assert_non_null(gmtime_r(&time, &tm));
        assert_int_equal(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
        clock_format_utc(s * 1000, got);
        assert_string_equal(got, want);
        assert_true(clock_parse_rfc3339(got, &back));
        assert_int_equal(back, s * 1000);
    }
}

static void the_clocks_agree_with_the_system(void **state)
{
    (void)state;
    int64_t us = clock_mono_us(), ms = clock_mono_ms(), again_us = clock_mono_us();
    int64_t before = time(NULL), real_ms = clock_real_ms(), after = time(NULL);

    assert_true(us / 1000 <= ms && ms <= again_us / 1000);
    /* time() reads a coarser clock, up to a tick behind. */
    assert_true(before * 1000 <= real_ms && real_ms <= (after + 1) * 1000 + 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_is_read_to_the_ms_or_refused),
        cmocka_unit_test(every_start_of_an_instant_is_refused),
        cmocka_unit_test(an_instant_is_written_in_utc),
        cmocka_unit_test(days_agree_with_libc),
        cmocka_unit_test(the_clocks_agree_with_the_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
