/*
 * Where the board keeps what: columns found by their title, then read by id (titles can be edited
 * by anyone, ids never change), and the groups whose items are clients we serve. Pure.
 */
#ifndef RAIOX_PLATFORMS_MONDAY_LAYOUT_H
#define RAIOX_PLATFORMS_MONDAY_LAYOUT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>

enum monday_column {
    MONDAY_CHANNEL,
    MONDAY_META,
    MONDAY_META_ACCOUNTS,
    MONDAY_GOOGLE,
    MONDAY_REQUIRED, /* the ones before it must be there, see monday_layout_parse() */
    MONDAY_HEALTH = MONDAY_REQUIRED,
    MONDAY_SATISFACTION,
    MONDAY_ENGAGEMENT,
    MONDAY_GAP,
    MONDAY_MIN_REVENUE,
    MONDAY_IDEAL_REVENUE,
    MONDAY_REAL_REVENUE,
    MONDAY_MIN_INVESTMENT,
    MONDAY_REAL_INVESTMENT,
    MONDAY_COLUMNS,
};
extern const char *const monday_titles[MONDAY_COLUMNS];

struct monday_layout {
    const char *columns[MONDAY_COLUMNS]; /* ids; NULL: no such column */
    bool every_group;                    /* then groups is empty */
    VEC(const char *) groups;            /* ids of the active group; more where its title repeats */
};

/* GraphQL, asked with {"board":["<id>"]}. */
extern const char monday_layout_query[];

/*
 * active_group  the title; "" means every group
 * errors        ERR_CONFIG: the board is not visible, a required column is missing, two columns
 *               have one title, no such group (err->user says which); ERR_BAD_RESPONSE
 * A required column that was renamed must not pass for an empty one: without meta_adaccount_ids a
 * client would get every account of its business manager.
 */
MUST_CHECK bool monday_layout_parse(struct arena *arena, struct bytes body,
                                    const char *active_group, struct monday_layout *ret,
                                    struct error *err);

/* The one board of an answer; ERR_CONFIG when the list is empty, as it is without permission. */
MUST_CHECK bool monday_answer_board(const cJSON *root, const cJSON **ret, struct error *err);

/* Without the blanks around it; a copy in the arena. */
const char *monday_trim(struct arena *arena, const char *text);

#endif
