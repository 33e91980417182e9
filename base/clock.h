/* Two clocks: monotonic for waiting, real for the calendar and for what others stamp. */
#ifndef RAIOX_BASE_CLOCK_H
#define RAIOX_BASE_CLOCK_H

#include "base/attr.h"
#include "base/error.h"

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_real_ms(void); /* since 1970, UTC */

/* Reads RFC 3339 ("2026-11-21T12:00:00-03:00", "…Z", optional fraction, cut at ms) to ms since
 * 1970. A leap second (":60") is refused. */
MUST_CHECK bool clock_parse_rfc3339(const char *text, int64_t *ret_ms);
/* Writes "2026-11-21T15:00:00Z"; ret must hold 32 bytes. */
void clock_format_utc(int64_t real_ms, char ret[32]);

#endif
