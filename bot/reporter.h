/*
 * One client's report: every platform that concerns it asked at once, merged, projected. Who wants
 * it (a job, the terminal) brings the arena and the upstream job.
 */
#ifndef RAIOX_BOT_REPORTER_H
#define RAIOX_BOT_REPORTER_H

#include "base/cache.h"
#include "base/loop.h"
#include "bot/config.h"
#include "model/report.h"
#include "platforms/monday.h"
#include "platforms/platform.h"
#include "platforms/upstream.h"

/* A report's calls are retried inside this; then its holes are named. */
#define REPORT_MS 60000

struct reporter; /* one a process: HTTP client, tokens, the board */

/* cache and redis (upstream.h's) may be NULL. on_event sees every try of every call
 * (platforms/upstream.h). */
struct reporter *reporter_create(struct loop *loop, struct cache *cache, struct redis *redis,
                                 const struct config *config, upstream_event_fn *on_event,
                                 void *observer);
void reporter_destroy(struct reporter *reporter);
struct upstream *reporter_upstream(struct reporter *reporter);
struct http *reporter_http(struct reporter *reporter);
struct monday *reporter_monday(struct reporter *reporter);

/* Every platform that raiox knows, for `raiox check` too. */
struct reporter_platform {
    const struct platform *platform;
    void *state;
    bool configured; /* has any of its variables set */
};
const struct reporter_platform *reporter_platforms(struct reporter *reporter, size_t *ret_count);

/*
 * done runs once, later; not after upstream_job_end(job). client is kept by pointer: in the arena.
 * err set: no report can be made at all (an amount too large to hold); holes are warnings in the
 * report.
 */
typedef void reporter_done_fn(void *arg, struct report *report, const struct error *err);
void reporter_fetch(struct reporter *reporter, struct arena *arena, const struct client *client,
                    struct upstream_job *job, reporter_done_fn *done, void *arg);

#endif
