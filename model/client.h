/*
 * A client of the agency: one row of the board, checked. And finding one by channel or by name.
 */
#ifndef RAIOX_MODEL_CLIENT_H
#define RAIOX_MODEL_CLIENT_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The board's KPI columns, as text the way Monday shows it; "" where the cell is empty, NULL: no
 * such column. */
struct kpis {
    const char *health, *satisfaction, *engagement, *gap;
    const char *min_revenue, *ideal_revenue, *real_revenue;
    const char *min_investment, *real_investment;
};

/* What another active row has too. It is reported all the same, for it cannot be known whose it is.
 */
struct shared_account {
    const char *platform; /* "meta", "google_ads" */
    const char *id;       /* digits */
    bool is_manager;      /* a whole business manager, not one account */
};

/* Everything is in the board's arena. Ids are digits only, without act_ and dashes; lists end with
 * NULL. */
struct client {
    const char *id, *name;
    const char *channel_id;           /* "" where there is none */
    const char *meta_id;              /* Meta business manager; "" */
    const char *const *meta_accounts; /* listed ad accounts; may be empty */
    const char *const *google_ids;    /* Google Ads customer ids; may be empty */
    struct kpis kpis;
    bool has_target;
    int64_t target_micros; /* min_investment, in the currency that the numbers section says */
    VEC(const char *)
    problems; /* what is wrong in the row: words for whoever mends Monday (English) */
    VEC(const char *)
    unread; /* columns that name accounts and hold what is no id ("google_id"): these accounts are
               missing, and a config warning in the report says so */

    /* by board_check() */
    bool shares_accounts; /* shared is not empty */
    VEC(struct shared_account)
    shared; /* each is a problem of this row and the others', and a config warning in the report */
    const char *folded_name; /* name_fold(name), so that a look-up need not do it; NULL: do it */
};

struct board {
    VEC(struct client) clients;
    int64_t fetched_real_ms;
};

/*
 * The rows' checks on a board as a whole: two rows with one channel, one meta_id without lists, or
 * one account. Each is a problem of all those rows. Once a board, before it is asked for names.
 */
void board_check(struct arena *arena, struct board *board);

/* A deep copy into arena. */
struct client *client_copy(struct arena *arena, const struct client *client);

/*
 * A list of ids as people type it: separated by commas, blanks or line breaks, with or without act_
 * and dashes; each then up to 20 digits. NULL is an empty list.
 * ret      digits only, in the order of the text, each once, NULL behind the last; written always:
 *          the good ones are no less good for a bad one beside them
 * ret_bad  the first that is no id, as it was typed; NULL when all are
 * Returns whether all are.
 */
MUST_CHECK bool client_ids(struct arena *arena, const char *text, const char *const **ret,
                           size_t *ret_count, const char **ret_bad);

/*
 * min_investment to micros. "15000", "15000.5", "15.000,00", "15000,5", "R$ 15.000,00". false for
 * what could be read in two ways ("15.000", "15,000"), for 0 and for anything else: no target.
 */
MUST_CHECK bool target_parse(const char *text, int64_t *ret_micros);

enum match_kind {
    MATCH_NONE,
    MATCH_ONE,
    MATCH_SEVERAL,
};
struct match {
    enum match_kind kind;
    const struct client *client; /* MATCH_ONE */
    const struct client *const
        *closest; /* NONE: the nearest names; SEVERAL: those that match; at most 10 */
    size_t closest_count;
};
/* Every active row with this channel: MATCH_ONE, _NONE or _SEVERAL. */
struct match client_by_channel(struct arena *arena, const struct board *board,
                               const char *channel_id);
/*
 * By name, ignoring case, accents and surrounding blanks (ICU): exact beats prefix beats
 * word-prefix. Those that match come in the order of their names, the closest of none by how many
 * words they share with what was typed, then by how few edits would make it match.
 */
struct match client_by_name(struct arena *arena, const struct board *board, const char *name);
/* Is there a client with exactly this name in that sense? For the grammar: a whole text beats its
 * words. */
bool client_name_exact(const struct board *board, const char *name);
const struct client *client_by_id(const struct board *board, const char *id);

#endif
