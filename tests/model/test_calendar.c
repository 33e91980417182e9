/* Days and months as zones see them. Instants are given in UTC and read by base/clock. */
#include "model/calendar.h"

#include "base/clock.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static int64_t instant(const char *text)
{
    int64_t ms = 0;

    if (!clock_parse_rfc3339(text, &ms))
        fail_msg("no instant: %s", text);
    return ms;
}

static struct day day(const char *text)
{
    struct day d = { 0 };

    if (!day_parse(text, strlen(text), &d))
        fail_msg("no day: %s", text);
    return d;
}

static void expect_day(const char *why, struct day got, const char *want)
{
    char text[11];

    day_format(got, text);
    if (strcmp(text, want) != 0)
        fail_msg("%s: %s instead of %s", why, text, want);
}

/*
 * LESSONS 1: the server's date (UTC) instead of the account's was wrong from 21:00 on in São Paulo,
 * which is three hours behind all year since 2019.
 */
static const struct {
    const char *why, *zone, *instant, *today, *last;
    int days, elapsed, left;
} month_cases[] = {
    { "noon", "America/Sao_Paulo", "2026-11-21T15:00:00Z", "2026-11-21", "2026-11-30", 30, 21, 9 },
    { "20:59:59, the same day everywhere", "America/Sao_Paulo", "2026-11-21T23:59:59Z",
      "2026-11-21", "2026-11-30", 30, 21, 9 },
    { "21:00, tomorrow in UTC", "America/Sao_Paulo", "2026-11-22T00:00:00Z", "2026-11-21",
      "2026-11-30", 30, 21, 9 },
    { "23:59:59, tomorrow in UTC", "America/Sao_Paulo", "2026-11-22T02:59:59.999Z", "2026-11-21",
      "2026-11-30", 30, 21, 9 },
    { "midnight", "America/Sao_Paulo", "2026-11-22T03:00:00Z", "2026-11-22", "2026-11-30", 30, 22,
      8 },
    { "the last evening, next month in UTC", "America/Sao_Paulo", "2026-12-01T01:00:00Z",
      "2026-11-30", "2026-11-30", 30, 30, 0 },
    { "the first minute of a month", "America/Sao_Paulo", "2026-12-01T03:00:00Z", "2026-12-01",
      "2026-12-31", 31, 1, 30 },
    { "the last evening of a year", "America/Sao_Paulo", "2027-01-01T02:00:00Z", "2026-12-31",
      "2026-12-31", 31, 31, 0 },
    { "still yesterday far in the west", "Pacific/Pago_Pago", "2026-11-01T10:59:59Z", "2026-10-31",
      "2026-10-31", 31, 31, 0 },
    { "already tomorrow far in the east", "Pacific/Kiritimati", "2026-10-31T10:00:00Z",
      "2026-11-01", "2026-11-30", 30, 1, 29 },
    { "a zone of a quarter of an hour", "Asia/Kathmandu", "2026-11-20T18:15:00Z", "2026-11-21",
      "2026-11-30", 30, 21, 9 },
    { "28 days", "UTC", "2026-02-01T00:00:00Z", "2026-02-01", "2026-02-28", 28, 1, 27 },
    { "29 days", "UTC", "2028-02-28T12:00:00Z", "2028-02-28", "2028-02-29", 29, 28, 1 },
    { "29 February itself", "UTC", "2028-02-29T12:00:00Z", "2028-02-29", "2028-02-29", 29, 29, 0 },
    { "2100 is no leap year", "UTC", "2100-02-28T12:00:00Z", "2100-02-28", "2100-02-28", 28, 28,
      0 },
    { "2000 was one", "UTC", "2000-02-28T12:00:00Z", "2000-02-28", "2000-02-29", 29, 28, 1 },
    { "31 days", "UTC", "2026-01-31T23:59:59Z", "2026-01-31", "2026-01-31", 31, 31, 0 },
    { "30 days", "UTC", "2026-04-15T00:00:00Z", "2026-04-15", "2026-04-30", 30, 15, 15 },
    { "before 1970", "UTC", "1969-12-31T23:59:59Z", "1969-12-31", "1969-12-31", 31, 31, 0 },
    /* New York, 2026: 8 March has 23 hours, 1 November 25. */
    { "the first minute of a day of 23 hours", "America/New_York", "2026-03-08T05:00:00Z",
      "2026-03-08", "2026-03-31", 31, 8, 23 },
    { "its last", "America/New_York", "2026-03-09T03:59:59Z", "2026-03-08", "2026-03-31", 31, 8,
      23 },
    { "23 hours on it is the next day", "America/New_York", "2026-03-09T04:00:00Z", "2026-03-09",
      "2026-03-31", 31, 9, 22 },
    { "the first minute of a day of 25 hours", "America/New_York", "2026-11-01T04:00:00Z",
      "2026-11-01", "2026-11-30", 30, 1, 29 },
    { "24 hours on it is still that day", "America/New_York", "2026-11-02T04:00:00Z", "2026-11-01",
      "2026-11-30", 30, 1, 29 },
    { "25 hours on it is the next", "America/New_York", "2026-11-02T05:00:00Z", "2026-11-02",
      "2026-11-30", 30, 2, 28 },
    /* São Paulo, 2018: clocks went from 00:00 to 01:00 on 4 November, the day began at 01:00. */
    { "a day without its midnight", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04",
      "2018-11-30", 30, 4, 26 },
    { "the last second before it", "America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03",
      "2018-11-30", 30, 3, 27 },
};

static void a_month_is_the_accounts_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(month_cases); i++) {
        struct month got = { 0 };
        struct error err = { 0 };
        char first[11];

        if (!month_of(month_cases[i].zone, instant(month_cases[i].instant), &got, &err))
            fail_msg("%s: %s", month_cases[i].why, err.log);
        expect_day(month_cases[i].why, got.today, month_cases[i].today);
        expect_day(month_cases[i].why, got.last, month_cases[i].last);
        snprintf(first, sizeof(first), "%.8s01", month_cases[i].today);
        expect_day(month_cases[i].why, got.first, first);
        if (got.days != month_cases[i].days || got.elapsed != month_cases[i].elapsed ||
            got.days_left != month_cases[i].left)
            fail_msg("%s: %d days, %d elapsed, %d left", month_cases[i].why, got.days, got.elapsed,
                     got.days_left);
    }
}

static void zones_are_ianas_names(void **state)
{
    static const char *const good[] = { "America/Sao_Paulo",
                                        "America/Argentina/ComodRivadavia",
                                        "Asia/Kolkata",
                                        "Asia/Calcutta",
                                        "Europe/Kyiv",
                                        "Etc/GMT+3",
                                        "UTC",
                                        "EST5EDT",
                                        "Japan",
                                        "GMT" };
    static const char *const bad[] = { "",
                                       "GMT+3",
                                       "GMT-03:00",
                                       "UTC-3",
                                       "-03:00",
                                       "BST", /* ICU takes it for Dhaka */
                                       "PST",
                                       "IST",
                                       "Etc/Unknown",
                                       "america/sao_paulo",
                                       "America/Sao Paulo",
                                       " America/Sao_Paulo",
                                       "America/Sao_Paulo ",
                                       "America/S\xc3\xa3o_Paulo",
                                       "Brasilia",
                                       "America",
                                       "../../etc/localtime",
                                       "/etc/localtime",
                                       "America/",
                                       "America/Sao_Paulo/",
                                       "right/America/Sao_Paulo",
                                       "EST5EDT,M3.2.0,M11.1.0",
                                       "America/Argentina/ComodRivadavia/And/Still/Longer/Than" };
    struct error err = { 0 };
    struct day d = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (!timezone_valid(good[i]) || !day_of(good[i], 0, &d, &err))
            fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (timezone_valid(bad[i]) || day_of(bad[i], 0, &d, &err) || err.kind != ERR_CONFIG)
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(timezone_valid(NULL));
    assert_false(day_of(NULL, 0, &d, &err));
}

/* ICU 72 has none of these: its tables are of October 2022. */
static void a_law_younger_than_icu_counts(void **state)
{
    static const struct {
        const char *zone, *instant, *today;
    } cases[] = {
        { "America/Mexico_City", "2026-09-01T05:30:00Z", "2026-08-31" },   /* no summer time */
        { "America/Asuncion", "2026-08-01T03:30:00Z", "2026-08-01" },      /* always summer's */
        { "Africa/Cairo", "2026-07-31T21:30:00Z", "2026-08-01" },          /* summer time again */
        { "Asia/Almaty", "2026-10-31T18:30:00Z", "2026-10-31" },           /* an hour nearer */
        { "America/Ciudad_Juarez", "2026-08-01T05:30:00Z", "2026-07-31" }, /* a zone of its own */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct day got = { 0 };

        if (!timezone_valid(cases[i].zone) ||
            !day_of(cases[i].zone, instant(cases[i].instant), &got, &err))
            fail_msg("%s: %s", cases[i].zone, err.log);
        expect_day(cases[i].zone, got, cases[i].today);
    }
}

/* Every 20 hours from 1900 to 2037, where the tables end and a rule goes on, through the machine's
 * tables and libc's reading of them. */
static void every_zone_is_as_libc_has_it(void **state)
{
    static const char *const zones[] = {
        "Africa/Cairo",     "Africa/Casablanca",  "America/Asuncion",    "America/Mexico_City",
        "America/New_York", "America/Nuuk",       "America/Sao_Paulo",   "America/St_Johns",
        "Asia/Almaty",      "Asia/Gaza",          "Asia/Kathmandu",      "Asia/Tokyo",
        "Europe/Dublin",    "Europe/Lisbon",      "Australia/Lord_Howe", "Pacific/Apia",
        "Pacific/Chatham",  "Pacific/Kiritimati", "Antarctica/Troll",    "Etc/GMT+3",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(zones); i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t s = INT64_C(-2208988800); s < INT64_C(2145916800); s += 20 * 3600 + 1) {
            struct error err = { 0 };
            time_t at = s;
            struct tm local;
            int64_t offset_ms = 0;

            assert_non_null(localtime_r(&at, &local));
            if (!timezone_offset_ms(zones[i], s * 1000, &offset_ms, &err) ||
                offset_ms != local.tm_gmtoff * 1000)
                fail_msg("%s at %lld: %lld ms, libc has %ld s; %s", zones[i], (long long)s,
                         (long long)offset_ms, local.tm_gmtoff, err.log);
        }
    }
    unsetenv("TZ");
    tzset();
}

static void more_zones_than_are_kept_stay_right(void **state)
{
    /* Three rounds through more zones than there is room for: each is opened again and again. */
    static const char *const zones[] = {
        "Africa/Cairo",     "Africa/Lagos",        "America/Bogota",      "America/Lima",
        "America/New_York", "America/Los_Angeles", "America/Mexico_City", "America/Santiago",
        "Asia/Dubai",       "Asia/Kolkata",        "Asia/Tokyo",          "Asia/Shanghai",
        "Australia/Sydney", "Europe/Berlin",       "Europe/Lisbon",       "Europe/London",
        "Europe/Madrid",    "Pacific/Auckland",    "America/Manaus",      "UTC",
    };
    static const char *const offsets[] = { "+02:00", "+01:00", "-05:00", "-05:00", "-05:00",
                                           "-08:00", "-06:00", "-03:00", "+04:00", "+05:30",
                                           "+09:00", "+08:00", "+11:00", "+01:00", "+00:00",
                                           "+00:00", "+01:00", "+13:00", "-04:00", "+00:00" };
    int64_t now = instant("2026-11-21T15:00:00Z");

    (void)state;
    for (size_t i = 0; i < 3 * COUNT(zones); i++) {
        struct error err = { 0 };
        char got[32];

        assert_true(instant_format(zones[i % COUNT(zones)], now, got, &err));
        if (strcmp(got + 19, offsets[i % COUNT(zones)]) != 0)
            fail_msg("%s: %s", zones[i % COUNT(zones)], got);
    }
}

static void an_instant_is_written_with_the_zones_offset(void **state)
{
    static const struct {
        const char *zone, *instant, *want;
    } cases[] = {
        { "America/Sao_Paulo", "2026-11-21T15:00:00Z", "2026-11-21T12:00:00-03:00" },
        { "America/Sao_Paulo", "2026-11-22T02:59:59.999Z", "2026-11-21T23:59:59-03:00" },
        { "America/Sao_Paulo", "2018-12-01T12:00:00Z", "2018-12-01T10:00:00-02:00" },
        { "America/St_Johns", "2026-11-21T15:00:00Z", "2026-11-21T11:30:00-03:30" },
        { "Asia/Kolkata", "2026-11-21T20:00:00Z", "2026-11-22T01:30:00+05:30" },
        { "UTC", "2026-11-21T15:00:00Z", "2026-11-21T15:00:00+00:00" },
        { "UTC", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59+00:00" },
        /* Only ICU knows it by this name: tzdata has dropped it. */
        { "US/Pacific-New", "2026-07-14T03:33:20Z", "2026-07-13T20:33:20-07:00" },
        { "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T01:30:00-04:00" },
        { "America/New_York", "2026-11-01T06:30:00Z", "2026-11-01T01:30:00-05:00" },
        /* -3:06:28 until 1914: RFC 3339 has no seconds in an offset. */
        { "America/Sao_Paulo", "1900-01-01T12:00:00Z", "1900-01-01T08:54:00-03:06" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        char got[32];

        if (!instant_format(cases[i].zone, instant(cases[i].instant), got, &err) ||
            strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s instead of %s", cases[i].zone, got, cases[i].want);
    }
}

static void an_end_at_midnight_belongs_to_the_day_before(void **state)
{
    static const struct {
        const char *zone, *end, *last;
    } cases[] = {
        { "America/Sao_Paulo", "2026-11-30T23:59:00-03:00", "2026-11-30" },
        { "America/Sao_Paulo", "2026-12-01T00:00:00-03:00", "2026-11-30" },
        { "America/Sao_Paulo", "2026-12-01T00:00:01-03:00", "2026-12-01" },
        { "America/Sao_Paulo", "2026-12-01T00:00:00Z", "2026-11-30" },
        { "UTC", "2026-03-01T00:00:00Z", "2026-02-28" },
        { "UTC", "2028-03-01T00:00:00Z", "2028-02-29" },
        { "UTC", "2027-01-01T00:00:00Z", "2026-12-31" },
        /* The first instant of the day without a midnight. */
        { "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-03" },
        { "America/New_York", "2026-11-02T05:00:00Z", "2026-11-01" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct day got = { 0 };

        if (!last_day_before(cases[i].zone, instant(cases[i].end), &got, &err))
            fail_msg("%s: %s", cases[i].end, err.log);
        expect_day(cases[i].end, got, cases[i].last);
    }
}

static void instants_beyond_four_digit_years_are_refused(void **state)
{
    static const int64_t beyond[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX,
                                      INT64_C(253402300800000), /* 10000-01-01 */
                                      INT64_C(-62135596800001) /* 0000-12-31 */ };
    struct error err = { 0 };
    struct month m;
    struct day d;
    char text[32];

    (void)state;
    for (size_t i = 0; i < COUNT(beyond); i++) {
        assert_false(day_of("UTC", beyond[i], &d, &err));
        assert_int_equal(err.kind, ERR_BAD_RESPONSE);
        assert_false(month_of("UTC", beyond[i], &m, &err));
        assert_false(last_day_before("UTC", beyond[i], &d, &err));
        assert_false(instant_format("UTC", beyond[i], text, &err));
    }
    assert_true(day_of("Pacific/Kiritimati", instant("9999-12-30T00:00:00Z"), &d, &err));
    assert_true(day_of("Pacific/Pago_Pago", instant("0001-01-03T00:00:00Z"), &d, &err));
}

static void only_real_days_are_read(void **state)
{
    static const char *const good[] = { "2026-11-21", "2028-02-29", "2000-02-29", "0001-01-01",
                                        "9999-12-31" };
    static const char *const bad[] = { "",
                                       "2026-02-29",
                                       "2100-02-29",
                                       "2026-04-31",
                                       "2026-00-10",
                                       "2026-13-01",
                                       "2026-01-00",
                                       "2026-01-32",
                                       "0000-01-01",
                                       "2026-1-1",
                                       "2026-11-21 ",
                                       "2026/11/21",
                                       "20261121",
                                       "2026-11-2x",
                                       "-026-11-21",
                                       "+026-11-21",
                                       "21-11-2026",
                                       "2026-11-2",
                                       "\xd9\xa1\xd9\xa1-11-21" };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        expect_day("read and written", day(good[i]), good[i]);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct day d = { 1, 2, 3 };
        if (day_parse(bad[i], strlen(bad[i]), &d) || d.year != 1)
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void days_are_counted_over_month_and_year_ends(void **state)
{
    static const struct {
        const char *from;
        int days;
        const char *to;
    } cases[] = {
        { "2026-11-21", 0, "2026-11-21" },       { "2026-11-21", 9, "2026-11-30" },
        { "2026-11-21", 10, "2026-12-01" },      { "2026-12-31", 1, "2027-01-01" },
        { "2026-02-28", 1, "2026-03-01" },       { "2028-02-28", 1, "2028-02-29" },
        { "2028-02-28", 2, "2028-03-01" },       { "2026-01-01", 365, "2027-01-01" },
        { "2028-01-01", 366, "2029-01-01" },     { "2000-01-01", 146097, "2400-01-01" },
        { "2026-11-21", -21, "2026-10-31" },     { "1970-01-01", -1, "1969-12-31" },
        { "0001-01-01", 3652058, "9999-12-31" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_day(cases[i].from, day_add(day(cases[i].from), cases[i].days), cases[i].to);
        if (days_between(day(cases[i].from), day(cases[i].to)) != cases[i].days)
            fail_msg("%s to %s: %d", cases[i].from, cases[i].to,
                     days_between(day(cases[i].from), day(cases[i].to)));
    }
}

/* Every day of four hundred years, one after the other, is the day after the last. */
static void each_day_follows_the_one_before(void **state)
{
    struct day d = { 1900, 1, 1 };

    (void)state;
    for (int n = 1; n <= 146097; n++) {
        struct day next = day_add(d, 1);
        bool same_month = next.month == d.month && next.year == d.year && next.day == d.day + 1;
        bool new_month = next.day == 1 && next.month == d.month % 12 + 1 &&
                         next.year == d.year + (d.month == 12 ? 1 : 0) && d.day >= 28;

        if ((!same_month && !new_month) || day_compare(d, next) >= 0 ||
            days_between((struct day){ 1900, 1, 1 }, next) != n)
            fail_msg("%04d-%02d-%02d is followed by %04d-%02d-%02d", d.year, d.month, d.day,
                     next.year, next.month, next.day);
        d = next;
    }
    expect_day("four hundred years later", d, "2300-01-01");
}

static void days_are_compared_by_year_month_and_day(void **state)
{
    (void)state;
    assert_true(day_compare(day("2026-11-21"), day("2026-11-21")) == 0);
    assert_true(day_compare(day("2026-11-21"), day("2026-11-22")) < 0);
    assert_true(day_compare(day("2026-12-01"), day("2026-11-30")) > 0);
    assert_true(day_compare(day("2025-12-31"), day("2026-01-01")) < 0);
    assert_true(day_none((struct day){ 0 }));
    assert_false(day_none(day("2026-11-21")));
    assert_false(day_none((struct day){ 2026, 0, 0 }));
    assert_false(day_none((struct day){ 0, 11, 0 }));
    assert_false(day_none((struct day){ 0, 0, 21 }));
}

static void what_is_long_past_is_so_in_every_zone(void **state)
{
    (void)state;
    const struct day today = { 2026, 11, 21 };
    static const char *const zones[] = { "Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago" };
    int64_t midnight_ms = 0;

    assert_true(clock_parse_rfc3339("2026-11-21T00:00:00Z", &midnight_ms));
    assert_true(instant_long_before(INT64_MIN, today));
    assert_false(instant_long_before(INT64_MAX, today));
    assert_false(instant_long_before(midnight_ms, today));
    for (int64_t hours = -72; hours <= 72; hours++) {
        int64_t at_ms = midnight_ms + hours * 3600 * 1000;
        if (!instant_long_before(at_ms, today))
            continue;
        for (size_t i = 0; i < COUNT(zones); i++) {
            struct day day;
            struct error err;
            assert_true(day_of(zones[i], at_ms, &day, &err));
            assert_true(day_compare(day, today) < 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_is_the_accounts_own),
        cmocka_unit_test(zones_are_ianas_names),
        cmocka_unit_test(a_law_younger_than_icu_counts),
        cmocka_unit_test(every_zone_is_as_libc_has_it),
        cmocka_unit_test(more_zones_than_are_kept_stay_right),
        cmocka_unit_test(an_instant_is_written_with_the_zones_offset),
        cmocka_unit_test(what_is_long_past_is_so_in_every_zone),
        cmocka_unit_test(an_end_at_midnight_belongs_to_the_day_before),
        cmocka_unit_test(instants_beyond_four_digit_years_are_refused),
        cmocka_unit_test(only_real_days_are_read),
        cmocka_unit_test(days_are_counted_over_month_and_year_ends),
        cmocka_unit_test(each_day_follows_the_one_before),
        cmocka_unit_test(days_are_compared_by_year_month_and_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
