/*
 * How far a time zone is from UTC, by the tables that this machine keeps (tzdata). Governments
 * change their clocks several times a year, and the tables inside a library are as old as the
 * library: ICU 72 still gives Mexico the summer time that it gave up in 2022.
 */
#ifndef RAIOX_BASE_ZONE_H
#define RAIOX_BASE_ZONE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

/* The table of an IANA name such as "America/Mexico_City". NULL: there is none here, or none that
 * we can read. */
struct zone *zone_open(const char *name);
/* The same from a table's bytes (RFC 8536, version 2 or later, without leap seconds). */
struct zone *zone_read(const unsigned char *data, size_t len);
void zone_close(struct zone *zone); /* NULL is fine */

/* Seconds to add to UTC at an instant, in seconds since 1970. */
int32_t zone_offset(const struct zone *zone, int64_t real_s);

#endif
