/*
 * Amounts, counts, shares and instants as ICU writes them in a language; never setlocale. ICU's
 * formatters are dear to open and are kept for the life of the process, a bounded number of them.
 */
#ifndef RAIOX_MESSAGE_FORMAT_H
#define RAIOX_MESSAGE_FORMAT_H

#include "message/message.h"

/* message_money() for an amount and its currency apart. */
const char *format_micros(struct arena *arena, enum locale locale, int64_t micros,
                          const char *currency);
/* "1.234", "1,234" */
const char *format_count(struct arena *arena, enum locale locale, size_t count);
/* Ten-thousandths as a percentage with one decimal: 7115 is "71,2%". */
const char *format_share(struct arena *arena, enum locale locale, int64_t share_e4);
/* "21/11/2026 12:00", "Nov 21, 2026, 12:00 PM", in the zone given. */
const char *format_instant(struct arena *arena, enum locale locale, const char *zone,
                           int64_t real_ms);
/* "novembro de 2026", "November 2026"; "" for no day. */
const char *format_month(struct arena *arena, enum locale locale, struct day day);

#endif
