/*
 * What the queue's tests stand on: a private Redis, a loop, a connection of the test's own to look
 * and to break things, and workers that keep what they are handed.
 */
#ifndef RAIOX_TESTS_QUEUE_RIG_H
#define RAIOX_TESTS_QUEUE_RIG_H

#include "queue/queue.h"
#include "tests/support/redis_server.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

/* Longer than anything here takes on a busy machine. */
#define RIG_PATIENCE_MS 60000

struct rig {
    struct redis_server *server;
    struct loop *loop;
    struct redis_address address;
    redisContext *direct;
    int good_news, bad_news;
    struct error bad; /* the last */
};

/* For cmocka's group: one Redis for all tests of a suite, emptied before each. */
int rig_begin(void **state);
int rig_end(void **state);
int rig_empty(void **state);

/* Turns the loop until the condition holds; the test fails where it does not within the patience.
 */
#define WAIT_UNTIL(rig, condition)                                                                 \
    do {                                                                                           \
        int64_t give_up_ms_ = rig_patience();                                                      \
        while (!(condition))                                                                       \
            rig_turn((rig), give_up_ms_, #condition, __FILE__, __LINE__);                          \
    } while (0)
int64_t rig_patience(void);
void rig_turn(struct rig *rig, int64_t give_up_ms, const char *condition, const char *file,
              int line);
/* Turns for so long: only to see that something does not happen. */
void rig_turn_for(struct rig *rig, int64_t ms);

/* A command of the test's own, blocking; fails the test on an error. */
PRINTF(2, 3) int64_t rig_number(struct rig *rig, const char *format, ...);
PRINTF(3, 4) bool rig_text(struct rig *rig, char ret[256], const char *format, ...);
PRINTF(2, 3) void rig_do(struct rig *rig, const char *format, ...);
/* The same, of a table: words with blanks between them. */
void rig_order(struct rig *rig, const char *line);
/* An entry as somebody else might have written it; state NULL: none. */
void rig_plant(struct rig *rig, const char *id, const char *state);
void rig_reconnect(struct rig *rig);

/* A queue that tells its state to the rig, and is up. */
struct queue *rig_queue(struct rig *rig, const char *consumer);

struct outcome {
    int told;
    struct error err; /* kind ERR_NONE: went well */
    int64_t count;
    enum accepted result;
    char id[17];
};
void on_outcome(void *arg, const struct error *err);
void on_count(void *arg, int64_t count, const struct error *err);
void on_accept_outcome(void *arg, enum accepted result, const char *id, const struct error *err);

struct command rig_command(const char *trigger_id);
/* Accepts and waits until it is. */
struct outcome rig_accept(struct rig *rig, struct queue *queue, const char *trigger_id);

struct worker {
    struct rig *rig;
    struct queue *queue;
    struct job *jobs[256];
    int count; /* handed in so far; who ends one sets its place to NULL */
};
/* Takes up to room jobs. */
void worker_begin(struct rig *rig, struct worker *ret, const char *consumer, int room);
void worker_on_job(void *arg, struct job *job); /* for queue_take() */
void worker_end(struct worker *worker);         /* frees what it still has */
/* Ends its job number i, waits for Redis to have heard it, and frees it. */
struct outcome worker_finish(struct worker *worker, int i);
struct outcome worker_retry(struct worker *worker, int i, int64_t delay_ms);
struct outcome worker_give_up(struct worker *worker, int i, const char *reason);
struct outcome worker_release(struct worker *worker, int i);
struct outcome worker_mark(struct worker *worker, int i, enum mark mark);

#endif
