/*
 * The harness of all end-to-end tests: the simulated outside world (tests/sandbox), a real private
 * Redis and the real raiox, on free ports in a folder of their own and with exactly the environment
 * given here. What does not work ends the test with its reason and raiox' last words.
 *
 * A test takes its world from *state: world_open() as its setup, world_close() as its teardown, and
 * world_start() as its first line.
 */
#ifndef RAIOX_TESTS_SUPPORT_WORLD_H
#define RAIOX_TESTS_SUPPORT_WORLD_H

#include "base/arena.h"
#include "base/json.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"

#include <stdbool.h>
#include <stdint.h>

/* The instant for which the sample agency's numbers are worked out. */
#define WORLD_NOW "2026-11-21T12:00:00-03:00"

enum world_parts {
    WORLD_ALONE, /* the outside world alone: for commands that end by themselves */
    WORLD_RUN,   /* raiox run, with the private Redis that it starts */
    WORLD_SPLIT, /* a redis-server, raiox serve and raiox work */
};

struct world_options {
    enum world_parts parts;
    const char *program;        /* a raiox built otherwise; NULL: the usual one */
    const char *const *env;     /* "NAME=value" over the usual ones, "NAME" takes one away */
    const char *const *sandbox; /* more arguments of the sandbox */
    const char *const *redis;   /* more arguments of the redis-server */
};

struct world {
    struct arena *arena; /* all that is told by the functions below lives here */
    char dir[64];        /* everything's working directory; RAIOX_STATE_DIR is var in it */
    const char *program;
    const char *const *env; /* what raiox is started with */
    struct process sandbox, run, serve, work;
    struct redis_server *redis; /* WORLD_SPLIT's */
    const char *admin;          /* URL of the sandbox itself */
    int port;                   /* of raiox' endpoint */
    int cli_count, asked_count;
};

int world_open(void **state);
/* Ends all with TERM, in their order, and holds each to what it owes: status 0, no report of a
 * sanitizer, a log of JSON lines without a secret. */
int world_close(void **state);
struct world *world_start(void **state, const struct world_options *options);

/* ---- parts, for who ends and starts them by itself ---- */

void world_start_redis(struct world *world, const char *const *arguments);
/* Each waits until it serves, and tells the sandbox where; the first until all of its workers are
 * at work, too. */
void world_start_run(struct world *world);
void world_start_serve(struct world *world);
/* Waits until all of its workers are at work. */
void world_start_work(struct world *world);
/* From here on raiox is started with this too: "NAME=value", or "NAME" to take it away. */
void world_set(struct world *world, const char *variable);
/* The .env in everything's working directory; NULL: none. */
void world_write_dotenv(const struct world *world, const char *text);
/* The processes that this one has now, by role as the log names it ("worker", "serve"; NULL: all);
 * their number. */
size_t world_children(struct world *world, const struct process *of, const char *role, pid_t *ret,
                      size_t max);

/* What the world tells between the two is gone at the end: for tests that ask it very often. */
struct arena *world_moment_begin(struct world *world);
void world_moment_end(struct world *world, struct arena *begun);

/* ---- Slack ---- */

struct world_ack {
    int status;       /* HTTP */
    const char *text; /* "" where it was no message */
    int64_t took_ms;
};
/* Types /raiox text; raiox must accept it. Its Redis may be too slow for that where the machine is
 * very busy: then it is sent again under the same trigger_id, so that it is accepted once. */
struct world_ack world_ask(struct world *world, const char *channel, const char *user,
                           const char *text);
/* The same once, whatever becomes of it. */
struct world_ack world_command(struct world *world, const char *channel, const char *user,
                               const char *text);
/* The same, all of what POST /admin/commands takes. */
struct world_ack world_command_json(struct world *world, const char *json);
/* The first message behind number after that came to Slack, taken or refused; waits for it at most
 * timeout_ms, then NULL. */
const cJSON *world_reply(struct world *world, int64_t after, int timeout_ms);
/* That one must come, and Slack must take it. */
const cJSON *world_taken_reply(struct world *world, int64_t after);
int64_t world_number(const cJSON *reply);
/* Its "text", and all of its body: for what its blocks must or must not say. */
const char *world_text(const cJSON *reply);
const char *world_body(struct world *world, const cJSON *reply);
/* How many messages came so far, refused ones too; and how many Slack took. */
int64_t world_reply_count(struct world *world);
int64_t world_taken_count(struct world *world);

/* ---- the outside world's mood ---- */

/* Asks the sandbox itself (tests/sandbox/README.md), which must say yes. path: behind /admin. body:
 * NULL, none. */
const cJSON *world_admin(struct world *world, const char *method, const char *path,
                         const char *body);
/* tests/sandbox/README.md's fault, or a list of them. */
void world_fault(struct world *world, const char *json);
void world_clear_faults(struct world *world);
void world_option(struct world *world, const char *json);
void world_advance(struct world *world, int seconds);
/* Calls so far to "monday", "meta", "google_ads", "google_oauth", "slack"; NULL: all but Slack's.
 */
int64_t world_calls(struct world *world, const char *service);
void world_clear_calls(struct world *world);
/* Waits until a service was called this often since the last clearing. */
void world_wait_calls(struct world *world, const char *service, int64_t count);

/* ---- raiox ---- */

/* What it has logged so far in a process and its children. */
const char *world_log(struct world *world, const struct process *of);
/* Waits for a line of its log behind *from with all of these words; it must come. */
const char *world_wait_log_(struct world *world, const struct process *of, size_t *from,
                            const char *const *words);
#define world_wait_log(world, of, from, ...)                                                       \
    world_wait_log_((world), (of), (from), (const char *const[]){ __VA_ARGS__, NULL })
/* How many lines of its log hold all of these words. */
size_t world_count_log_(struct world *world, const struct process *of, const char *const *words);
#define world_count_log(world, of, ...)                                                            \
    world_count_log_((world), (of), (const char *const[]){ __VA_ARGS__, NULL })
/* A text or number field of a log line; NULL: it has none. */
const char *world_log_field(struct world *world, const char *line, const char *name);
/* Everything raiox logged or printed is free of what must not be shown; its logs are JSON lines. */
void world_check_logs(struct world *world);

struct world_result {
    int status; /* of its exit; 128 + the signal that ended it */
    const char *out, *err;
};
/* Runs `raiox …` to its end. words: the arguments, ends with NULL. */
struct world_result world_raiox_(struct world *world, const char *const *words);
#define world_raiox(world, ...) world_raiox_((world), (const char *const[]){ __VA_ARGS__, NULL })

struct world_answer {
    int status; /* 0: none came */
    const char *body;
};
/* Asks raiox' endpoint. */
struct world_answer world_get(struct world *world, const char *path);
/* A sample of /metrics, such as "raiox_jobs_total{result=\"done\"}"; it must be there. */
double world_metric(struct world *world, const char *sample);

/* Tries fn until it is true; it must be in time. For what says nothing when it happens. */
void world_wait(struct world *world, bool (*fn)(struct world *world, void *arg), void *arg,
                const char *what);

#endif
