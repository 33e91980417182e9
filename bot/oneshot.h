/*
 * What a command that asks once and ends needs: a loop, the reporter, and Redis' cache where there
 * is one.
 */
#ifndef RAIOX_BOT_ONESHOT_H
#define RAIOX_BOT_ONESHOT_H

#include "base/cache.h"
#include "base/loop.h"
#include "bot/config.h"
#include "bot/reporter.h"

struct oneshot {
    struct arena *arena;
    struct config config;
    struct loop *loop;
    struct redis *redis; /* NULL: none is configured or running */
    struct cache *cache;
    struct reporter *reporter;
    struct upstream_job *job;
    bool redis_tried; /* it came up, or said why not */
};

/*
 * Reads the configuration (or ends the program), waits a moment for Redis. job_ms: for all calls
 * together. held: keeps to what the workers have learnt not to ask for some time; false for a
 * probe, which is to find out whether that is mended.
 */
void oneshot_begin(struct oneshot *oneshot, unsigned needs, int64_t job_ms, bool held);
void oneshot_end(struct oneshot *oneshot);

/* Says on standard error why Monday gave no board, and what to do about it. */
void oneshot_no_board(struct oneshot *oneshot, const char *command, const struct error *err);

#endif
