/* Calendar days as numbers since 1970-01-01, and what day it is in a zone (ICU). */
#ifndef RAIOX_SANDBOX_DAYS_H
#define RAIOX_SANDBOX_DAYS_H

#include <stdbool.h>
#include <stdint.h>

struct date {
    int year, month, day; /* 2026, 1..12, 1..31 */
};

int day_of(struct date date);
struct date date_of(int day);
bool day_parse(const char *text, int *ret); /* YYYY-MM-DD and nothing behind it */
void day_format(int day, char ret[16]);
int day_today(int64_t real_ms, const char *zone); /* an unknown zone counts as UTC */
int month_first(int day);
int month_last(int day);
int weekday(int day); /* 0: Sunday */

/* A stretch of days, both included. */
struct days {
    int from, to;
};
/*
 * The words that Meta (lower case) and Google Ads (upper case) share: this_month, last_7d and so
 * on. today: of the account. false: no such word.
 */
bool days_of_word(const char *word, int today, struct days *ret);

#endif
