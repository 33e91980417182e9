#include "tests/sandbox/days.h"

#include "base/attr.h"

#include <stdio.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define MS_PER_DAY 86400000

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int day_of(struct date date)
{
    int year = date.month <= 2 ? date.year - 1 : date.year;
    int era = (year >= 0 ? year : year - 399) / 400;
    int of_era = year - era * 400;
    int of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date date_of(int day)
{
    int shifted = day + 719468;
    int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int of_era = shifted - era * 146097;
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153;
    struct date date = { .day = of_year - (153 * month + 2) / 5 + 1,
                         .month = month < 10 ? month + 3 : month - 9 };
    date.year = year + era * 400 + (date.month <= 2);
    return date;
}

bool day_parse(const char *text, int *ret)
{
    struct date date;
    int end = 0;

    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10)
        return false;
    if (sscanf(text, "%4d-%2d-%2d%n", &date.year, &date.month, &date.day, &end) != 3 || end != 10)
        return false;
    int day = day_of(date);
    struct date again = date_of(day);
    if (again.year != date.year || again.month != date.month || again.day != date.day)
        return false;
    *ret = day;
    return true;
}

void day_format(int day, char ret[16])
{
    struct date date = date_of(day);
    snprintf(ret, 16, "%04d-%02d-%02d", date.year % 10000, date.month % 100, date.day % 100);
}

int day_today(int64_t real_ms, const char *zone)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar name[64];
    int32_t len = 0;

    u_strFromUTF8(name, COUNT(name), &len, zone, -1, &status);
    UCalendar *calendar = ucal_open(name, len, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status))
        return (int)(real_ms / MS_PER_DAY);
    ucal_setMillis(calendar, (double)real_ms, &status);
    struct date date = { .year = ucal_get(calendar, UCAL_YEAR, &status),
                         .month = ucal_get(calendar, UCAL_MONTH, &status) + 1,
                         .day = ucal_get(calendar, UCAL_DATE, &status) };
    ucal_close(calendar);
    return day_of(date);
}

int month_first(int day)
{
    return day - date_of(day).day + 1;
}

int month_last(int day)
{
    return month_first(month_first(day) + 31) - 1;
}

int weekday(int day)
{
    return ((day % 7) + 11) % 7; /* day 0 was a Thursday */
}

static bool days_of_month(const char *word, int today, struct days *ret)
{
    int first = month_first(today);

    if (!strcmp(word, "this_month"))
        *ret = (struct days){ first, today };
    else if (!strcmp(word, "last_month"))
        *ret = (struct days){ month_first(first - 1), first - 1 };
    else
        return false;
    return true;
}

static bool days_of_week(const char *word, int today, struct days *ret)
{
    int sunday = today - weekday(today), monday = today - (weekday(today) + 6) % 7;

    if (!strcmp(word, "this_week_sun_today"))
        *ret = (struct days){ sunday, today };
    else if (!strcmp(word, "this_week_mon_today"))
        *ret = (struct days){ monday, today };
    else if (!strcmp(word, "last_week_sun_sat"))
        *ret = (struct days){ sunday - 7, sunday - 1 };
    else if (!strcmp(word, "last_week_mon_sun"))
        *ret = (struct days){ monday - 7, monday - 1 };
    else
        return false;
    return true;
}

bool days_of_word(const char *word, int today, struct days *ret)
{
    if (!strcmp(word, "today"))
        *ret = (struct days){ today, today };
    else if (!strcmp(word, "yesterday"))
        *ret = (struct days){ today - 1, today - 1 };
    else
        return days_of_month(word, today, ret) || days_of_week(word, today, ret);
    return true;
}
