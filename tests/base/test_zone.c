/* A zone's table is read to the byte or not at all, and says what libc says. */
#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/clock.h"

/* --- tables written by hand ----------------------------------------------------------------- */

struct written {
    unsigned char data[512];
    size_t len;
};

static void put(struct written *to, uint64_t number, size_t len)
{
    for (size_t i = len; i-- > 0;)
        to->data[to->len++] = (unsigned char)(number >> (8 * i));
}

static void put_text(struct written *to, const char *text)
{
    memcpy(to->data + to->len, text, strlen(text));
    to->len += strlen(text);
}

struct table {
    char version;
    uint32_t leaps, types;
    int64_t instants[2];
    unsigned char type_of[2];
    int32_t offsets[2]; /* of the types */
    const char *footer;
};

/* -3 h until 1000, -2 h until 2000, and then the rule. */
static const struct table good = {
    .version = '2',
    .types = 2,
    .instants = { 1000, 2000 },
    .type_of = { 1, 0 },
    .offsets = { -3 * 3600, -2 * 3600 },
    .footer = "\n<-03>3\n",
};

static void put_header(struct written *to, char version, uint32_t leaps, uint32_t times,
                       uint32_t types)
{
    put_text(to, "TZif");
    put(to, (unsigned char)version, 1);
    put(to, 0, 8);
    put(to, 0, 7);
    put(to, 0, 4); /* marks */
    put(to, 0, 4);
    put(to, leaps, 4);
    put(to, times, 4);
    put(to, types, 4);
    put(to, 4, 4); /* letters */
}

static void write_table(struct written *to, const struct table *table)
{
    to->len = 0;
    put_header(to, table->version, 0, 1, 1); /* version 1's part, which nobody reads */
    put(to, 7, 4);
    put(to, 0, 1);
    put(to, 0xdeadbeef, 6);
    put_text(to, "ABC");
    put(to, 0, 1);

    put_header(to, table->version, table->leaps, 2, table->types);
    for (size_t i = 0; i < 2; i++)
        put(to, (uint64_t)table->instants[i], 8);
    for (size_t i = 0; i < 2; i++)
        put(to, table->type_of[i], 1);
    for (size_t i = 0; i < table->types; i++) {
        put(to, (uint32_t)table->offsets[i], 4);
        put(to, 0, 2);
    }
    put_text(to, "ABC");
    put(to, 0, 1);
    for (size_t i = 0; i < table->leaps; i++)
        put(to, 1, 12);
    put_text(to, table->footer);
}

static struct zone *zone_of(const struct table *table)
{
    struct written written;

    write_table(&written, table);
    return zone_read(written.data, written.len);
}

static void an_offset_holds_from_its_instant_on(void **state)
{
    static const struct {
        int64_t instant;
        int32_t hours;
    } cases[] = { { INT64_C(-1000000000000), -3 },
                  { 999, -3 },
                  { 1000, -2 },
                  { 1999, -2 },
                  { 2000, -3 },
                  { 2001, -3 },
                  { INT64_C(9000000000), -3 } };
    struct zone *zone = zone_of(&good);

    (void)state;
    assert_non_null(zone);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(zone_offset(zone, cases[i].instant), cases[i].hours * 3600);
    zone_close(zone);
}

static void a_table_that_lies_is_none(void **state)
{
    struct {
        const char *why;
        struct table table;
    } cases[] = {
        { "version 1", good },          { "leap seconds", good },
        { "no types", good },           { "a type that is not there", good },
        { "instants backwards", good }, { "the same instant twice", good },
        { "26 hours ahead", good },     { "25 hours behind", good },
    };
    struct written written;

    (void)state;
    cases[0].table.version = '\0';
    cases[1].table.leaps = 1;
    cases[2].table.types = 0;
    cases[3].table.type_of[1] = 2;
    cases[4].table.instants[1] = 999;
    cases[5].table.instants[1] = 1000;
    cases[6].table.offsets[0] = 26 * 3600;
    cases[7].table.offsets[1] = -25 * 3600;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (zone_of(&cases[i].table))
            fail_msg("%s was taken", cases[i].why);

    write_table(&written, &good);
    written.data[0] = 't';
    assert_null(zone_read(written.data, written.len));
}

static void a_table_cut_anywhere_is_none(void **state)
{
    struct written written;

    (void)state;
    write_table(&written, &good);
    for (size_t len = 0; len < written.len; len++) {
        unsigned char *exact = malloc(len + 1); /* so that a sanitizer sees a read behind its end */
        assert_non_null(exact);
        memcpy(exact, written.data, len);
        if (zone_read(exact, len))
            fail_msg("%zu of %zu bytes were taken", len, written.len);
        free(exact);
    }
}

static void a_rule_is_read_whole_or_not_at_all(void **state)
{
    static const char *const taken[] = {
        "\n<-03>3\n",
        "\nCST6\n",
        "\n<+0545>-5:45\n",
        "\nX-0:0:1\n",
        "\nEST5EDT,M3.2.0,M11.1.0\n",
        "\nIST-1GMT0,M10.5.0,M3.5.0/1\n",
        "\n<-02>2<-01>,M3.5.0/-1,M10.5.0/0\n",
        "\nEET-2EEST,M3.4.4/50,M10.4.4/167\n",
    };
    static const char *const refused[] = {
        "",
        "\n",
        "\n\n",
        "<-03>3\n",
        "\n<-03>3",
        "\n3\n",
        "\n<-033\n",
        "\n<-03>\n",
        "\n<>3\n",
        "\n<-03>25\n",
        "\n<-03>3:60\n",
        "\n<-03>3:\n",
        "\n<-03>3 \n",
        "\nEST5EDT\n",
        "\nEST5EDT,M3.2.0\n",
        "\nEST5EDT,M3.2.0,\n",
        "\nEST5EDT,M13.2.0,M11.1.0\n",
        "\nEST5EDT,M0.2.0,M11.1.0\n",
        "\nEST5EDT,M3.0.0,M11.1.0\n",
        "\nEST5EDT,M3.6.0,M11.1.0\n",
        "\nEST5EDT,M3.2.7,M11.1.0\n",
        "\nEST5EDT,M3.2.0/168,M11.1.0\n",
        "\nEST5EDT,J60,J300\n",
        "\nEST5EDT,M3.2.0,M11.1.0,M1.1.1\n",
        "\nEST5EDT,M3.2.0;M11.1.0\n",
        "\nEST00000000000000000000000000000000000000000000000000000000000000000000000000000005\n",
    };
    struct table table = good;

    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++) {
        struct zone *zone = (table.footer = taken[i], zone_of(&table));
        if (!zone)
            fail_msg("refused: %s", taken[i]);
        zone_close(zone);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        table.footer = refused[i];
        if (zone_of(&table))
            fail_msg("taken: %s", refused[i]);
    }
}

/* When summer begins and ends, to the second, far behind the table's last instant. */
static void a_rule_holds_for_ever(void **state)
{
    static const struct {
        const char *rule, *instant;
        int32_t before, from; /* minutes: a second before the instant, and from it on */
    } cases[] = {
        { "\nEST5EDT,M3.2.0,M11.1.0\n", "2150-03-08T07:00:00Z", -300, -240 },
        { "\nEST5EDT,M3.2.0,M11.1.0\n", "2150-11-01T06:00:00Z", -240, -300 },
        { "\nAEST-10AEDT,M10.1.0,M4.1.0/3\n", "2150-10-03T16:00:00Z", 600, 660 },
        { "\nAEST-10AEDT,M10.1.0,M4.1.0/3\n", "2150-04-04T16:00:00Z", 660, 600 },
        { "\nAEST-10AEDT,M10.1.0,M4.1.0/3\n", "2151-01-01T00:00:00Z", 660, 660 },
        { "\nEET-2EEST,M4.5.5/0,M10.5.4/24\n", "2150-04-23T22:00:00Z", 120, 180 }, /* 5th: none */
        { "\nEET-2EEST,M4.5.5/0,M10.5.4/24\n", "2150-10-29T21:00:00Z", 180, 120 },
        { "\nIST-1GMT0,M10.5.0,M3.5.0/1\n", "2150-10-25T01:00:00Z", 60, 0 },
        { "\nIST-1GMT0,M10.5.0,M3.5.0/1\n", "2150-03-29T01:00:00Z", 0, 60 },
    };
    struct table table = good;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = 0;
        struct zone *zone = (table.footer = cases[i].rule, zone_of(&table));

        assert_non_null(zone);
        assert_true(clock_parse_rfc3339(cases[i].instant, &ms));
        if (zone_offset(zone, ms / 1000 - 1) != cases[i].before * 60 ||
            zone_offset(zone, ms / 1000) != cases[i].from * 60)
            fail_msg("%s at %s: %d, then %d", cases[i].rule, cases[i].instant,
                     zone_offset(zone, ms / 1000 - 1), zone_offset(zone, ms / 1000));
        zone_close(zone);
    }
}

/* --- this machine's own tables --------------------------------------------------------------- */

static const char *const zones[] = {
    "Africa/Cairo",     "Africa/Casablanca",  "America/Asuncion",    "America/Mexico_City",
    "America/New_York", "America/Nuuk",       "America/Sao_Paulo",   "America/St_Johns",
    "Asia/Almaty",      "Asia/Gaza",          "Asia/Kathmandu",      "Asia/Tokyo",
    "Europe/Dublin",    "Europe/Lisbon",      "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Chatham",  "Pacific/Kiritimati", "Antarctica/Troll",    "Etc/GMT+3",
};

/* Every 20 hours from 1900 to 2120. */
static void every_zone_is_as_libc_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(zones); i++) {
        struct zone *zone = zone_open(zones[i]);

        if (!zone) /* no tzdata here: ICU's own tables serve */
            skip();
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t t = INT64_C(-2208988800); t < INT64_C(4733510400); t += 20 * 3600 + 1) {
            time_t at = t;
            struct tm local;

            assert_non_null(localtime_r(&at, &local));
            if (zone_offset(zone, t) != local.tm_gmtoff)
                fail_msg("%s at %lld: %d, libc has %ld", zones[i], (long long)t,
                         zone_offset(zone, t), local.tm_gmtoff);
        }
        zone_close(zone);
    }
    unsetenv("TZ");
    tzset();
}

static void no_name_leads_out_of_the_tables(void **state)
{
    static const char *const bad[] = {
        "",
        "../../../etc/localtime",
        "/etc/localtime",
        "America/../../../../etc/localtime",
        "America",
        "America/",
        "right/America/Sao_Paulo",
        "posix/America/Sao_Paulo",
        "localtime",
        "tzdata.zi",
        "America/Sao_Paulo ",
        "America/S\xc3\xa3o_Paulo",
        "America/Sao Paulo",
        "America/No_Such_Place",
        "America/Argentina/ComodRivadavia/And/Still/Longer/Than/That",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (zone_open(bad[i]))
            fail_msg("\"%s\" was opened", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_holds_from_its_instant_on),
        cmocka_unit_test(a_table_that_lies_is_none),
        cmocka_unit_test(a_table_cut_anywhere_is_none),
        cmocka_unit_test(a_rule_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_rule_holds_for_ever),
        cmocka_unit_test(every_zone_is_as_libc_has_it),
        cmocka_unit_test(no_name_leads_out_of_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
