/*
 * The story of one attempt at a job, for `raiox why`: what happened when, as JSON text that grows
 * by an object an event. No tree is built and nothing is formatted twice, since every job pays for
 * it. A fetch has a story too, and whoever waits for it takes it into its own.
 *
 * Never in it: secrets, tokens, response_urls, headers and bodies.
 */
#ifndef RAIOX_BOT_STORY_H
#define RAIOX_BOT_STORY_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/log.h"
#include "message/message.h"
#include "model/report.h"
#include "platforms/upstream.h"
#include "queue/queue.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes for the events: calls take half of it at most; a job's holds a fetch's whole story. An
 * event that does not fit is counted instead. */
#define STORY_FETCH_MAX ((size_t)32 * 1024)
#define STORY_JOB_MAX ((size_t)80 * 1024)
#define STORY_LINE_MAX ((size_t)128 * 1024)

/* Lives in its owner's struct, no shorter than the arena that it begins with. Everything is fine on
 * {0}: nothing is kept then. */
struct story {
    struct buf events; /* objects with commas between them */
    int64_t began_ms;  /* monotonic: every event's "ms" counts from here */
    int64_t began_real_ms;
    int left_out; /* events that did not fit */
};

void story_begin(struct story *story, struct arena *arena, size_t max);

/* STORY(story, "reply", LOG_S("outcome", name), LOG_I("took_ms", took)); empty texts are left out.
 */
#define STORY(story, event, ...)                                                                   \
    do {                                                                                           \
        const struct log_field fields_[] = { __VA_ARGS__ };                                        \
        story_event((story), (event), fields_, COUNT(fields_));                                    \
    } while (0)
void story_event(struct story *story, const char *event, const struct log_field *fields,
                 size_t count);
/* One try of a call to an outside API. shared: it is made once for all who wait for what it brings
 * (the board, a token). */
void story_call(struct story *story, const struct upstream_event *call, bool shared);
/* How the numbers were made. */
void story_numbers(struct story *story, const struct report *report);

/* What a message that is no report was about: "unknown channel". */
const char *story_notice(enum notice notice);

/* What a fetch tells its askers about itself; borrowed. */
struct telling {
    const char *receipt;         /* of the job whose asking began it */
    int64_t made_real_ms;        /* when the report was made; 0: it is not made */
    const struct story *fetched; /* NULL: it was made earlier, or by another process */
};
/* Takes the fetch's story into the asker's. own: the receipt of the asker. */
void story_fetched(struct story *story, const struct telling *telling, const char *own);

/*
 * The whole attempt as one line of JSON, for queue_note(). worker: the process' name in the queue;
 * result: "done", "partial", "retried", "dead", "put back"; why: error text, or NULL.
 */
struct bytes story_line(struct arena *arena, const struct story *story, const struct job *job,
                        const char *worker, const char *result, const char *why);
/* The same for a worker that cannot tell any more: it crashed in this job's callback. */
struct bytes story_crash_line(struct arena *arena, const char *worker, int signal, int status);

#endif
