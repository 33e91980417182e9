#include "platforms/meta_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"

#define MAX_ID 20
/* Real ones have one or two hundred bytes. */
#define MAX_CURSOR 2048

bool meta_page_read(const cJSON *list, const cJSON **ret_rows, const char **ret_after,
                    struct error *err)
{
    const cJSON *rows = NULL, *paging = NULL, *cursors = NULL;
    const char *next = NULL, *after = NULL;

    if (!json_array(list, "data", &rows, err) || !json_object_opt(list, "paging", &paging, err) ||
        (paging && !json_string_opt(paging, "next", &next, err)))
        return false;
    /* `after` alone is on the last page too: only `next` says that there is more. */
    if (next && (!json_object(paging, "cursors", &cursors, err) ||
                 !json_string(cursors, "after", &after, err)))
        return error_wrap(err, "paging");
    if (next && (!*after || strlen(after) > MAX_CURSOR))
        return error_set(err, ERR_BAD_RESPONSE, "paging: an empty or oversized cursor");

    *ret_rows = rows;
    *ret_after = after;
    return true;
}

bool meta_id_read(const cJSON *object, const char *name, const char **ret, struct error *err)
{
    const char *id = NULL;

    if (!json_string(object, name, &id, err))
        return false;
    if (!text_is_digits(id, strlen(id), MAX_ID))
        return error_set(err, ERR_BAD_RESPONSE, "%s is no id", name);
    *ret = id;
    return true;
}

bool meta_time_parse(const char *text, int64_t *ret_ms)
{
    size_t len = strlen(text);
    char colon[40];

    if (len < 5 || len + 2 > sizeof(colon) || (text[len - 5] != '+' && text[len - 5] != '-'))
        return clock_parse_rfc3339(text, ret_ms);
    /* RFC 3339 wants -03:00, Meta writes -0300. */
    memcpy(colon, text, len - 2);
    colon[len - 2] = ':';
    memcpy(colon + len - 1, text + len - 2, 3);
    return clock_parse_rfc3339(colon, ret_ms);
}

static int compare_rows(const void *left, const void *right)
{
    const struct meta_row *a = left, *b = right;
    int by_id = strcmp(a->id, b->id);

    return by_id ? by_id : (a->order > b->order) - (a->order < b->order);
}

size_t meta_rows_settle(void *rows, size_t len, size_t size)
{
    char *base = rows;
    size_t kept = 0;

    if (len == 0)
        return 0;
    qsort(rows, len, size, compare_rows);
    for (size_t i = 0; i < len; i++) {
        const struct meta_row *row = (const void *)(base + i * size);
        const struct meta_row *next = (const void *)(base + (i + 1) * size);

        if (i + 1 < len && strcmp(row->id, next->id) == 0)
            continue; /* the later one is the newer */
        if (kept != i)
            memcpy(base + kept * size, row, size);
        kept++;
    }
    return kept;
}
