#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS_PER_DAY INT64_C(86400000)

static int64_t now_us(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        fatal("no clock");
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_real_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

/*
 * Days since 1970 of a day of the proleptic Gregorian calendar, and back. Years begin in March, so
 * that the leap day is the last of its year; 400 years are 146097 days. H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms".
 */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march = (5 * day_of_year + 2) / 153; /* months since March */

    *day = (int)(day_of_year - (153 * march + 2) / 5 + 1);
    *month = (int)(march < 10 ? march + 3 : march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes exactly count digits that make a number from least to most, and moves on. */
static bool take_number(const char **text, int count, int least, int most, int *ret)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!is_digit((*text)[i]))
            return false;
        value = value * 10 + ((*text)[i] - '0');
    }
    if (value < least || value > most)
        return false;
    *text += count;
    *ret = value;
    return true;
}

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool take_date(const char **text, int64_t *ret_days)
{
    int year, month, day;

    if (!take_number(text, 4, 0, 9999, &year) || !take_char(text, '-') ||
        !take_number(text, 2, 1, 12, &month) || !take_char(text, '-') ||
        !take_number(text, 2, 1, days_in_month(year, month), &day))
        return false;
    *ret_days = days_from_date(year, month, day);
    return true;
}

/* ".123456": the first three digits count, the others must be digits. */
static bool take_fraction(const char **text, int *ret_ms)
{
    int ms = 0, digits = 0;

    for (; is_digit(**text); (*text)++, digits++)
        if (digits < 3)
            ms = ms * 10 + (**text - '0');
    if (digits == 0)
        return false;
    for (; digits < 3; digits++)
        ms *= 10;
    *ret_ms = ms;
    return true;
}

static bool take_time(const char **text, int64_t *ret_ms)
{
    int hour, minute, second, ms = 0;

    if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ':') ||
        !take_number(text, 2, 0, 59, &minute) || !take_char(text, ':') ||
        !take_number(text, 2, 0, 59, &second))
        return false;
    if (take_char(text, '.') && !take_fraction(text, &ms))
        return false;
    *ret_ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

static bool take_offset(const char **text, int64_t *ret_ms)
{
    int hour, minute;

    if (take_char(text, 'Z') || take_char(text, 'z')) {
        *ret_ms = 0;
        return true;
    }
    bool west = **text == '-';
    if (!west && **text != '+')
        return false;
    (*text)++;
    if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ':') ||
        !take_number(text, 2, 0, 59, &minute))
        return false;
    *ret_ms = (hour * 60 + minute) * INT64_C(60000) * (west ? -1 : 1);
    return true;
}

bool clock_parse_rfc3339(const char *text, int64_t *ret_ms)
{
    int64_t days, time_ms, offset_ms;

    if (!take_date(&text, &days) || !(take_char(&text, 'T') || take_char(&text, 't')) ||
        !take_time(&text, &time_ms) || !take_offset(&text, &offset_ms) || *text)
        return false;
    *ret_ms = days * MS_PER_DAY + time_ms - offset_ms;
    return true;
}

void clock_format_utc(int64_t real_ms, char ret[32])
{
    int64_t days = real_ms / MS_PER_DAY, ms_of_day = real_ms % MS_PER_DAY, year;
    int month, day;

    if (ms_of_day < 0) { /* both cut towards zero; before 1970 a day still begins at midnight */
        days--;
        ms_of_day += MS_PER_DAY;
    }
    date_from_days(days, &year, &month, &day);

    int second = (int)(ms_of_day / 1000);
    snprintf(ret, 32, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", year, month, day, second / 3600,
             second / 60 % 60, second % 60);
}
