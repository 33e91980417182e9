/*
 * What an answer of Monday's says went wrong. Most errors come with HTTP 200, in three shapes; the
 * code in the body decides, the status only where there is none. Pure.
 */
#ifndef RAIOX_PLATFORMS_MONDAY_ANSWER_H
#define RAIOX_PLATFORMS_MONDAY_ANSWER_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What to do about it beyond what the error's kind says. */
enum monday_fault {
    MONDAY_FAULT_NONE,
    MONDAY_FAULT_LAYOUT,      /* a column, group or board id is refused: read the layout anew */
    MONDAY_FAULT_CURSOR,      /* the cursor has expired: start again at the first page */
    MONDAY_FAULT_TOO_COMPLEX, /* this one query is over the cap: ask for fewer items */
};

/*
 * true for an answer without an error. Otherwise err has the kind and the wait that Monday asks
 * for, the longest of those that it names.
 * status        what the bare HTTP status says, NULL for a 2xx
 * header_ms     Retry-After; 0: none
 * now_real_ms   for the daily limit, which ends at 00:00 UTC
 */
MUST_CHECK bool monday_answer_judge(struct bytes body, const struct error *status,
                                    int64_t header_ms, int64_t now_real_ms,
                                    enum monday_fault *ret_fault, struct error *err);

#endif
