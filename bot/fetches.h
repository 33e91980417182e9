/*
 * Reports under way and reports remembered: however many ask for one client at once, in however
 * many processes, the platforms are asked once and each asker gets the message. A complete report
 * is given again for RAIOX_REPORT_CACHE_SECONDS, one with holes only to those who were already
 * waiting for it.
 */
#ifndef RAIOX_BOT_FETCHES_H
#define RAIOX_BOT_FETCHES_H

#include "base/cache.h"
#include "bot/reporter.h"
#include "bot/story.h"
#include "message/message.h"

#include <stdbool.h>

struct fetches;
struct fetches *fetches_create(struct loop *loop, struct cache *cache, struct reporter *reporter,
                               const struct config *config);
void fetches_destroy(struct fetches *fetches); /* no callback runs any more */

/* What an asker gets; borrowed until the callback returns. */
struct fetched {
    struct message message;
    bool complete;
};
/* err set: no report can be made. Runs once, later. */
typedef void fetched_fn(void *arg, const struct fetched *fetched, const struct error *err);

/* On whose behalf somebody outside is asked, for the log and `raiox why`: the upstream job's arg.
 */
struct behalf {
    const char *ids;     /* receipt ids with commas between them */
    struct story *story; /* what becomes of it is told here */
};

struct wait; /* an asker's place in the line: in its arena */

/*
 * client is copied. asker: its receipt and its story, which has the fetch's in it before done runs,
 * or when it leaves; kept by pointer. done runs in the asker's context.
 */
struct wait *fetches_ask(struct fetches *fetches, struct arena *arena, const struct client *client,
                         const struct behalf *asker, fetched_fn *done, void *arg);
/* Leaves the line; the last one to leave ends the fetch. Not after done. NULL is fine. */
void fetches_leave(struct wait *wait);

/* A call was made once for all who need it (an access token): told to each fetch under way that the
 * platform concerns. */
void fetches_tell(struct fetches *fetches, const struct upstream_event *call);

#endif
