/*
 * What the benchmarks of the whole share: raiox serve, a pool of workers and the sandbox as Slack,
 * signed commands over kept connections, and what each process costs.
 */
#ifndef RAIOX_TESTS_BENCH_WHOLE_H
#define RAIOX_TESTS_BENCH_WHOLE_H

#include "tests/bench/load.h"
#include "tests/bench/rig.h"

#define WHOLE_CONNECTIONS 64
#define WHOLE_WORKERS 2
/* Endpoint, supervisor and workers. */
#define WHOLE_PROCESSES (2 + WHOLE_WORKERS)

struct whole {
    struct world *world;
    void *state; /* the world's, for its end */
    int64_t sent;
    struct {
        const char *name;
        pid_t pid;
    } processes[WHOLE_PROCESSES];
};

/* Redis keeps every write (appendfsync always), as deploy/redis says. variable: one more for raiox;
 * NULL: none. */
void whole_start(struct whole *whole, const char *variable);
void whole_stop(struct whole *whole);

/* Sends so many commands of many channels as fast as they are acknowledged; the caller destroys the
 * load. */
struct load *whole_send(struct whole *whole, size_t count);
/* Waits until each command sent so far has its reply, and no more came than that. */
void whole_wait_replies(struct whole *whole);

#endif
