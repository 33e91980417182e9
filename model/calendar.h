/*
 * Days and months of a time zone (days of 23 and 25 hours included), by the tables that the machine
 * keeps, and by ICU's where it keeps none. The instant is always an argument: no clock here.
 */
#ifndef RAIOX_MODEL_CALENDAR_H
#define RAIOX_MODEL_CALENDAR_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* A calendar day without a zone. {0}: none. */
struct day {
    int year, month, day; /* 2026, 11, 21 */
};

/* The month in which an instant falls, as one zone sees it. */
struct month {
    struct day first, today, last;
    int days;      /* in the month */
    int elapsed;   /* today included */
    int days_left; /* after today: 0 on the last day */
};

/* An IANA name ("America/Sao_Paulo"); neither "GMT+3" forms nor unknown ones. */
bool timezone_valid(const char *zone);
/* ERR_CONFIG: unknown zone. */
MUST_CHECK bool timezone_offset_ms(const char *zone, int64_t real_ms, int64_t *ret,
                                   struct error *err); /* to be added to UTC */
MUST_CHECK bool month_of(const char *zone, int64_t real_ms, struct month *ret, struct error *err);
MUST_CHECK bool day_of(const char *zone, int64_t real_ms, struct day *ret, struct error *err);
/* Is the instant on an earlier day than d in every zone there is? What is long past is told apart
 * without asking ICU; false says nothing. */
bool instant_long_before(int64_t real_ms, struct day d);
/* The instant as RFC 3339 with the zone's offset: "2026-11-21T12:00:00-03:00"; ret holds 32 bytes.
 */
MUST_CHECK bool instant_format(const char *zone, int64_t real_ms, char ret[32], struct error *err);

bool day_none(struct day d);
int day_compare(struct day a, struct day b); /* <0, 0, >0 */
struct day day_add(struct day d, int days);
int days_between(struct day from, struct day to); /* to - from: 0 for the same day */
void day_format(struct day d, char ret[11]);      /* "2026-11-21" */
MUST_CHECK bool day_parse(const char *text, size_t len,
                          struct day *ret); /* the same, real days only */

/*
 * The last day on which something that ends at this instant still runs, in the zone: an end at
 * 00:00 belongs to the day before.
 */
MUST_CHECK bool last_day_before(const char *zone, int64_t end_real_ms, struct day *ret,
                                struct error *err);

#endif
