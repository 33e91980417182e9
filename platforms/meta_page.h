/*
 * What all of Meta's lists share: {"data":[…],"paging":{…}} and its cursors, ids, instants. Pure.
 */
#ifndef RAIOX_PLATFORMS_META_PAGE_H
#define RAIOX_PLATFORMS_META_PAGE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/*
 * One page of a list, nested or not.
 * ret_rows   the array
 * ret_after  the cursor behind it, borrowed; NULL: that was the last page. A page may be empty and
 *            still go on. paging.next itself is never used: it holds the access token.
 */
MUST_CHECK bool meta_page_read(const cJSON *list, const cJSON **ret_rows, const char **ret_after,
                               struct error *err);

/* An id: 1 to 20 digits. Borrowed. */
MUST_CHECK bool meta_id_read(const cJSON *object, const char *name, const char **ret,
                             struct error *err);

/* "2026-11-01T00:00:00-0300" (also with a colon, or Z) to ms since 1970. */
MUST_CHECK bool meta_time_parse(const char *text, int64_t *ret_ms);

/*
 * What every row of a list begins with, so that lists can be put in order. Pages shift while they
 * are read: a row may come twice, and is then counted once.
 */
struct meta_row {
    const char *id;
    size_t order; /* of its arrival */
};
/* Sorts rows (size bytes each) by id and keeps the latest of each id. Returns how many are left. */
size_t meta_rows_settle(void *rows, size_t len, size_t size);

#endif
