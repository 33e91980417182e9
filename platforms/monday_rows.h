/*
 * Pages of items to the board's rows, rows to clients, and the form in which rows are remembered
 * for all workers. What is remembered passes the same checks as what Monday sends. Pure.
 */
#ifndef RAIOX_PLATFORMS_MONDAY_ROWS_H
#define RAIOX_PLATFORMS_MONDAY_ROWS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "model/client.h"
#include "platforms/monday_layout.h"

#include <stdbool.h>
#include <stdint.h>

/* An item as Monday shows it, blanks around each text taken off. */
struct monday_row {
    const char *id, *name;
    const char *cells[MONDAY_COLUMNS]; /* "" where empty; NULL: no such column */
};
struct monday_rows {
    VEC(struct monday_row) rows;
};

/* GraphQL. The first page takes board, limit, cols and, unless every group is wanted, group; the
 * later ones cursor, limit and cols. */
extern const char monday_first_page_query[], monday_first_page_every_group_query[],
    monday_next_page_query[];

/*
 * Adds a page's active items of the layout's groups. first: the page that names the board.
 * ret_cursor    of the next page; NULL: that was the last
 * errors        ERR_CONFIG: the layout does not fit any more, or the board is not visible;
 *               ERR_BAD_RESPONSE: not what was asked for, or more items than a board can hold
 */
MUST_CHECK bool monday_page_parse(struct arena *arena, struct bytes body,
                                  const struct monday_layout *layout, bool first,
                                  struct monday_rows *rows, const char **ret_cursor,
                                  struct error *err);

/* The board, checked: each item once, faults of a row among its problems. */
struct board *monday_board_build(struct arena *arena, const struct monday_rows *rows,
                                 int64_t fetched_real_ms);

/* To and from the form that is remembered. */
const char *monday_rows_print(struct arena *arena, const struct monday_rows *rows,
                              int64_t fetched_real_ms);
MUST_CHECK bool monday_rows_read(struct arena *arena, struct bytes text, struct monday_rows *ret,
                                 int64_t *ret_fetched_real_ms, struct error *err);

#endif
