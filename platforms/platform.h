/*
 * What an advertising platform is to the rest of raiox: given a client, fill in its business
 * managers, accounts and campaigns of this month. A new platform is one file pair and one line in
 * the table.
 */
#ifndef RAIOX_PLATFORMS_PLATFORM_H
#define RAIOX_PLATFORMS_PLATFORM_H

#include "base/arena.h"
#include "base/error.h"
#include "model/report.h"
#include "platforms/upstream.h"

/* What a platform is asked. Lives in the job's arena until done was called or the ask was dropped.
 */
struct ask {
    struct upstream_job *job; /* on whose behalf: deadline, lane, trace */
    struct arena *arena;      /* the job's: the findings and all they point to */
    const struct client *client;
    int64_t now_real_ms;  /* the report's instant */
    const char *timezone; /* RAIOX_TIMEZONE: where an account has no zone of its own */
};

/*
 * Runs once, never inside fetch(). Every account of the client is in findings as numbers or as a
 * warning. After upstream_job_cancel(ask->job) it does not run at all.
 */
typedef void platform_done_fn(void *arg, struct findings *findings);

struct platform {
    const char *name; /* "meta": the word in --json, metrics and warnings */
    /* Has the client accounts here? Then it belongs into the report, with a warning if not
     * configured. */
    bool (*concerns)(const struct client *client);
    /* state: what the platform's own _create() returned. Not configured: findings of config
     * warnings. */
    void (*fetch)(void *state, const struct ask *ask, platform_done_fn *done, void *arg);
    /* For `raiox check`: one cheap call; err NULL when it works, else what to mend (err->user, one
     * line). */
    void (*probe)(void *state, struct upstream_job *job,
                  void (*done)(void *arg, const struct error *err), void *arg);
};

#endif
