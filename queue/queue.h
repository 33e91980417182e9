/*
 * Jobs on Redis Streams with a consumer group: accept once, take, keep, finish, retry later, give
 * up, count. What changes more than one key is one Lua script, so a crash between two steps does
 * not exist. Times and leases are by Redis' clock. Every key starts with "{raiox}:".
 *
 * Life of a job: accepted -> waiting (stream) -> taken (pending on a consumer) -> finished
 *                                  ^                 |-> delayed (sorted set) -> waiting again
 *                                  |- handed back <--|-> dead (kept until retried or dropped)
 * Handing back adds a new entry with the same receipt id, for a group never reads a claimed entry
 * as new.
 */
#ifndef RAIOX_QUEUE_QUEUE_H
#define RAIOX_QUEUE_QUEUE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/redis.h"

#include <stdbool.h>
#include <stdint.h>

/* A job has this long from its command: Slack's response_url lives 30 minutes. */
#define QUEUE_JOB_LIFE_MS (29 * 60 * 1000)
/* Attempts for what a report's own retries do not cover; workers that one job may crash. */
#define QUEUE_MAX_ATTEMPTS 5
#define QUEUE_MAX_CRASHES 3

/* What was asked, as the endpoint accepted it. All strings are UTF-8, checked at the door; "" where
 * empty. */
struct command {
    const char *team_id, *channel_id, *channel_name, *user_id, *text;
    const char *response_url; /* secret: never logged, never shown */
    const char *trigger_id;   /* Slack's own id of the command: accepted once */
};

enum mark { /* how far the visible reply got: kept in Redis with the job */
            MARK_NONE,
            MARK_POSTING, /* about to post: if the process dies now, whether Slack took it is
                             unknown */
            MARK_POSTED,  /* Slack took it: only the acknowledgement is left */
};

struct job {
    char id[17]; /* the receipt id: short, random, the same everywhere */
    struct command command;
    int64_t accepted_real_ms; /* Redis' clock */
    int64_t deadline_real_ms; /* accepted + QUEUE_JOB_LIFE_MS, or later for a dead job that was
                                 retried */
    int64_t left_ms;          /* of its life when it was taken, by Redis' clock; < 0: expired */
    int attempt;              /* 1 at first; handing back does not raise it, retry does */
    int crashes;              /* workers that this job crashed */
    int posts;                /* times that the reply was posted with unknown outcome */
    enum mark mark;           /* as it was when taken */
    char entry[32];           /* the stream entry that holds it now */
};

struct queue;

/*
 * consumer: NULL for who only accepts or looks (endpoint, CLI), else unique to this process
 * ("host:pid:start"), at most 127 bytes. Owns its connections: one for the blocking read, one for
 * everything else.
 * on_state (may be NULL): Redis is usable, or not and why, told when that changes; also, with up
 * true and an err, when Redis is there and refuses (OOM, MISCONF ...), and with up true and no err
 * when it takes writes again. News at most once a second.
 */
struct queue *queue_create(struct loop *loop, const struct redis_address *address,
                           const char *consumer, redis_state_fn *on_state, void *arg);
/* Whatever is still outstanding is told ERR_UNAVAILABLE first (an acceptance ACCEPTED_UNKNOWN if it
 * was sent). Jobs in hand stay theirs who have them, and pending in Redis. Not inside a callback of
 * the queue's. NULL is fine. */
void queue_destroy(struct queue *queue);
bool queue_up(const struct queue *queue);
struct redis *
queue_redis(struct queue *queue); /* the connection for everything else, for base/cache */

/* ---- the endpoint's side ---- */

enum accepted {
    ACCEPTED,
    ACCEPTED_DUPLICATE, /* this trigger_id was accepted before: id is that job's */
    ACCEPTED_BUSY,      /* more is waiting than can be served within the deadline */
    ACCEPTED_LATE, /* it arrived behind its own deadline, by Redis' clock: nothing was accepted */
    ACCEPTED_NOT,  /* Redis said no or was away before it was sent: nothing was accepted */
    ACCEPTED_UNKNOWN, /* sent, and the answer was cut or did not come: it may have been accepted */
};
/* err is set with ACCEPTED_NOT and ACCEPTED_UNKNOWN. id is the receipt that it has, or would have.
 */
typedef void queue_accepted_fn(void *arg, enum accepted result, const char *id,
                               const struct error *err);
/*
 * Accepts within wait_ms or says so. The new receipt id is made here. All accepts of a turn are one
 * write. A connection that is away is waited for, within wait_ms and unless it has been away for
 * two seconds; one that breaks meanwhile is made up for by sending the same acceptance again, so
 * ACCEPTED_UNKNOWN is only said when the time is over. Its deadline in Redis is wait_ms from now.
 */
void queue_accept(struct queue *queue, const struct command *command, int64_t wait_ms,
                  queue_accepted_fn *done, void *arg);
/* Jobs waiting or in flight from which on it is ACCEPTED_BUSY. 0, and at first: what the pool
 * finished in the last minute, for half of a job's life, but at least 20,000. */
void queue_set_ceiling(struct queue *queue, int64_t jobs);

/* Does Redis take a write? For /readyz. */
typedef void queue_done_fn(void *arg, const struct error *err);
void queue_ready(struct queue *queue, int64_t wait_ms, queue_done_fn *done, void *arg);

/* ---- the worker's side (consumer given) ---- */

/* job is the callee's, in an arena of its own: job_free(job) when done with it. Its deadline may
 * have passed (left_ms): it is handed in all the same, for somebody is to hear of it. */
typedef void queue_job_fn(void *arg, struct job *job);
/*
 * Keeps up to `room` jobs in this process: takes new ones as soon as there are any. After each
 * reconnect its own pending entries are read again, and those that are not held here are handed in
 * too. Calling again changes room; 0 stops taking (what Redis had already handed out is released
 * again).
 */
void queue_take(struct queue *queue, int room, queue_job_fn *on_job, void *arg);
struct arena *job_arena(struct job *job);
void job_free(struct job *job);

/*
 * Each of the next four ends this process' hold on the job; call one of them, once, for each job.
 * They copy what they need: the job may be freed at once. done may be NULL. On a broken connection,
 * or refused for what may pass, they are tried again until Redis has heard them, in the order in
 * which they were asked for, so done may come late. It runs in the context that asked.
 * Errors: ERR_NOT_FOUND, the job was handed to another meanwhile (this process had been taken for
 * dead): nothing was changed, drop it without a word to anybody; queue_mark() says the same. With
 * any other error Redis still counts the job as ours, and it is handed in again.
 */
void queue_finish(struct queue *queue, struct job *job, queue_done_fn *done, void *arg);
void queue_retry(struct queue *queue, struct job *job, int64_t delay_ms, const char *error,
                 queue_done_fn *done, void *arg); /* attempt + 1 */
void queue_release(struct queue *queue, struct job *job, queue_done_fn *done,
                   void *arg); /* no attempt burned */
/* reason: "expired", "reply_unknown", "reply_refused", "crashed", "attempts"; error: log text, no
 * secret. */
void queue_give_up(struct queue *queue, struct job *job, const char *reason, const char *error,
                   queue_done_fn *done, void *arg);
/* Remembers how far the reply got, for who has the job next (*job stays as it was taken). posts
 * counts up with MARK_POSTING, and down again when MARK_NONE follows it: Slack did not take it. */
void queue_mark(struct queue *queue, struct job *job, enum mark mark, queue_done_fn *done,
                void *arg);

/* Seconds of back-off before attempt n+1: exponential with jitter, 1 s to 60 s. */
int64_t queue_backoff_ms(int attempt);

/* ---- the supervisor's side ---- */

/* Hands all that a dead consumer held back to the stream, and charges the crash to crashed_id
 * (NULL: none). A job with QUEUE_MAX_CRASHES comes back once more, for a worker to say the last
 * word and give it up; one that crashes even that worker is given up here. Tells the count of jobs
 * moved. Tried until Redis has heard it; the name is looked at again for some seconds, since Redis
 * may hand jobs to a connection whose end it has not seen. */
typedef void queue_count_fn(void *arg, int64_t count, const struct error *err);
void queue_hand_back(struct queue *queue, const char *consumer, const char *crashed_id,
                     queue_count_fn *done, void *arg);
/* The same for consumers that did not touch what they hold for idle_ms (a dead host; a living one
 * touches every 10 s, so 60 s is good). Not this one's own. It looks twice, idle_ms / 4 apart: when
 * Redis itself was away everybody looks idle. */
void queue_reclaim(struct queue *queue, int64_t idle_ms, queue_count_fn *done, void *arg);

/* ---- looking ---- */

struct queue_holding {
    const char *id, *worker, *client; /* client: "" until known */
    double age_seconds;               /* since its command */
    int attempt;
};
struct queue_stats {
    int64_t waiting, delayed, dead, in_flight_total;
    VEC(struct queue_holding) in_flight; /* the oldest entries first, at most 2000 of them */
    double oldest_seconds, accepted_per_minute, done_per_minute;
};
typedef void queue_stats_fn(void *arg, const struct queue_stats *stats, const struct error *err);
void queue_stats(struct queue *queue, queue_stats_fn *done, void *arg);

/* Where a job is that has not ended. */
enum queue_place { QUEUE_NOWHERE, QUEUE_WAITING, QUEUE_DELAYED, QUEUE_IN_FLIGHT };
struct queue_found {
    enum queue_place place; /* QUEUE_NOWHERE: all else is empty */
    struct job job;         /* but for left_ms and entry */
    double age_seconds;     /* since its command */
    const char *client;     /* "" until known */
    int64_t before;         /* waiting: jobs that are taken before it */
    int64_t due_in_ms;      /* delayed: until it waits again */
    const char *error;      /* delayed: why its last attempt failed */
    const char *worker;     /* in flight */
};
/* Looks through all that waits; borrowed. */
typedef void queue_found_fn(void *arg, const struct queue_found *found, const struct error *err);
void queue_find(struct queue *queue, const char *id, queue_found_fn *done, void *arg);

struct dead_job {
    struct job job;
    const char *reason, *error;
    int64_t died_real_ms;
};
struct dead_jobs {
    VEC(struct dead_job) jobs; /* the newest first */
};
typedef void queue_dead_fn(void *arg, const struct dead_jobs *jobs, const struct error *err);
void queue_dead(struct queue *queue, const char *id /* NULL: all */, queue_dead_fn *done,
                void *arg);
/* id NULL: all. count 0: no such job. A retried job has a new deadline and starts at attempt 1. */
void queue_dead_retry(struct queue *queue, const char *id, queue_count_fn *done, void *arg);
void queue_dead_drop(struct queue *queue, const char *id, queue_count_fn *done, void *arg);

/* Adds an attempt, a JSON text of bot/'s, to the receipt's story for `raiox why`; kept for a day.
 */
void queue_note(struct queue *queue, const char *id, struct bytes attempt);
/* The last attempts in their order, borrowed; count 0: unknown id. */
typedef void queue_story_fn(void *arg, const struct bytes *attempts, size_t count,
                            const struct error *err);
void queue_story(struct queue *queue, const char *id, queue_story_fn *done, void *arg);
/* Whose job this is, for the table of jobs in flight. */
void queue_name_client(struct queue *queue, const struct job *job, const char *client);

#endif
