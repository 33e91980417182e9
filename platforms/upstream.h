/*
 * A call to an outside API with what all of them need: retries inside the report's time with
 * back-off and the API's own hints, metrics by platform, a trace for `raiox why`, turns by job. A
 * platform says how to judge an answer; everything else is here, once.
 */
#ifndef RAIOX_PLATFORMS_UPSTREAM_H
#define RAIOX_PLATFORMS_UPSTREAM_H

#include "base/arena.h"
#include "base/cache.h"
#include "base/error.h"
#include "base/http.h"
#include "base/loop.h"
#include "base/redis.h"

struct upstream; /* one a process */

/*
 * What happened to one try of a call. Reported to the observer: metrics and `raiox why` are made of
 * it. Nothing in it is secret: no URL, header or body.
 */
struct upstream_event {
    const char *platform; /* "meta", "google_ads", "monday" */
    const char *what;     /* "campaigns", "insights", "token": the platform's word for the call */
    const char *account;  /* NULL: of no account */
    int try;              /* from 1 */
    int status;           /* HTTP; 0: no answer */
    int64_t took_ms;
    size_t bytes;
    enum err_kind kind;  /* ERR_NONE: fine */
    int64_t retry_in_ms; /* it will be tried again after so long; -1: that was the last try */
    const char *error;   /* log text of the error, "" when fine */
};
typedef void upstream_event_fn(void *observer, void *job_arg, const struct upstream_event *event);

/*
 * redis: where the workers tell one another what is not to be asked for some time (holds.h); it is
 * destroyed behind the upstream. NULL: each process finds out by itself.
 */
struct upstream *upstream_create(struct loop *loop, struct http *http, struct redis *redis,
                                 upstream_event_fn *on_event, void *observer);
void upstream_destroy(struct upstream *upstream);

/*
 * On whose behalf calls are made: one report (or one token refresh, which has a job of its own).
 * deadline_ms (monotonic): no try begins behind it, and what is under way then ends with
 * ERR_TIMEOUT. arg is handed to the observer with each event (NULL: nobody's).
 */
struct upstream_job;
struct upstream_job *upstream_job_begin(struct upstream *upstream, int64_t deadline_ms, void *arg);
/* Ends the job: cancels its calls, none of its callbacks runs any more. NULL is fine. */
void upstream_job_end(struct upstream_job *job);
int upstream_job_calls(
    const struct upstream_job *job); /* HTTP calls sent so far, retries counted */
struct upstream *upstream_of(struct upstream_job *job);
struct loop *upstream_loop(struct upstream *upstream);

/* What a token is called where it must not be shown, in Redis: the start of its SHA-256 in hex. */
#define UPSTREAM_TOKEN_NAME 17
void upstream_token_name(const char *token, char ret[UPSTREAM_TOKEN_NAME]);

struct upstream_call {
    const char *platform, *what,
        *account;      /* kept by pointer: literals, or in an arena that outlives the call */
    const char *token; /* the name of the token that ERR_AUTH is about, kept too; NULL: of one that
                          is not remembered as refused */
    struct http_request request; /* copied */
    /*
     * Is this answer (any status) a good one? false sets err with its kind and the hint it carries.
     * Judges only; parsing is done()'s.
     */
    bool (*judge)(void *arg, const struct http_answer *answer, struct error *err);
    /* err NULL: a good answer. Else the last error; answer may then have status 0, and no headers.
     * Runs once, later. judge NULL: upstream_judge_status. */
    void (*done)(void *arg, const struct http_answer *answer, const struct error *err);
    void *arg;
};
struct upstream_sent;
/*
 * Tries the call: RATE_LIMIT, TIMEOUT and UNAVAILABLE are tried again (0.5, 1, 2, 4 s with jitter,
 * or the hint) at most 5 times and as long as the next try would begin before the job's deadline;
 * when the hint lies beyond it the call fails at once, and err->retry_after_ms still says when
 * asking makes sense. After a hint of more than a minute that account (the same thing, where it is
 * of none) is not asked again before its end (or an hour has passed), nor within a minute anything
 * with a token that was refused (ERR_AUTH): such a call fails in the next turn, unsent. All workers
 * keep to it. The handle is for upstream_cancel() alone, and dead once done() has run; it may be
 * ignored.
 */
struct upstream_sent *upstream_send(struct upstream_job *job, const struct upstream_call *call);
/* done() does not run any more. NULL is fine. */
void upstream_cancel(struct upstream_sent *sent);

/*
 * What must not outlive the job and is no call. Neither runs inside the call that asked for it, nor
 * after upstream_job_end().
 */
/* fn(arg) in the next turn: for an answer that is known at once. */
void upstream_later(struct upstream_job *job, void (*fn)(void *arg), void *arg);
/* The same after wait_ms. */
void upstream_after(struct upstream_job *job, int64_t wait_ms, void (*fn)(void *arg), void *arg);
/* As cache_get(); a cache of NULL remembers nothing. */
void upstream_cache_get(struct upstream_job *job, struct cache *cache, const char *name,
                        cache_value_fn *done, void *arg);
/* As cache_claim(); without a cache it is always got. */
void upstream_cache_claim(struct upstream_job *job, struct cache *cache, const char *name,
                          int64_t ttl_ms, cache_claim_fn *done, void *arg);

/*
 * Those who wait for one thing that is under way for all of them: a token, the board. {0} at first.
 * Who stands in it when its job ends has left it.
 */
struct upstream_line {
    struct pending *first;
};
/*
 * fn is given a copy of the size bytes at arg, good until it returns. late (NULL: none) runs in its
 * place when the job's deadline comes first.
 */
void upstream_wait(struct upstream_job *job, struct upstream_line *line, void (*fn)(void *arg),
                   void (*late)(void *arg), const void *arg, size_t size);
/* Each one's fn runs in the next turn, under the context in which it began to wait. */
void upstream_wake(struct upstream_line *line);
/* None of them runs: before the line's memory goes. */
void upstream_line_drop(struct upstream_line *line);

/* The usual judgement of a bare status: 401, 403, 404, 429 (+ Retry-After), 5xx, other non-2xx.
 * true for 2xx. */
bool upstream_judge_status(const struct http_answer *answer, struct error *err);
/* Retry-After in ms (seconds or an HTTP date); 0: none. */
int64_t upstream_retry_after_ms(const struct http_answer *answer);

#endif
