/*
 * The board: one Monday item a client. Layout found by column title, then read by id; all pages;
 * active group only. The board is remembered for all workers through base/cache. Source: contracts
 * of Monday's GraphQL API, 2026-10.
 */
#ifndef RAIOX_PLATFORMS_MONDAY_H
#define RAIOX_PLATFORMS_MONDAY_H

#include "base/cache.h"
#include "model/client.h"
#include "platforms/upstream.h"

struct monday_options {
    const char *url, *version, *token, *board_id;
    const char *active_group; /* title; "" means every group */
    int64_t cache_ms;         /* 0: ask each time */
};

struct monday;
/* options are copied. cache may be NULL. */
struct monday *monday_create(struct upstream *upstream, struct cache *cache,
                             const struct monday_options *options);
void monday_destroy(struct monday *monday); /* before its upstream */

/*
 * board is good until the callback returns (copy what is kept: client_copy) and is board_check()ed;
 * NULL when err is set. Fetches under way are joined. Runs once, never inside the call.
 */
typedef void monday_board_fn(void *arg, const struct board *board, const struct error *err);
void monday_board(struct monday *monday, struct upstream_job *job, monday_board_fn *done,
                  void *arg);
/* Asks Monday again because a channel or name was not on the remembered board: at most once in 10
 * s, for all workers; otherwise the remembered board comes. */
void monday_board_again(struct monday *monday, struct upstream_job *job, monday_board_fn *done,
                        void *arg);
/* What whoever runs raiox does about such a failure, in a sentence; NULL: the error says it all. */
const char *monday_mend(enum err_kind kind);
/* For `raiox check`. */
void monday_probe(struct monday *monday, struct upstream_job *job,
                  void (*done)(void *arg, const struct error *err), void *arg);

#endif
