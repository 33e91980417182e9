/*
 * What the benchmarks of the worker share: the simulated outside world around one worker process,
 * commands put straight into the queue, what a process costs, medians and verdicts.
 */
#ifndef RAIOX_TESTS_BENCH_RIG_H
#define RAIOX_TESTS_BENCH_RIG_H

#include "queue/queue.h"
#include "tests/support/world.h"

#include <stdbool.h>
#include <sys/types.h>

struct rig {
    struct world *world;
    void *state; /* the world's, for its end */
    struct loop *loop;
    struct queue *queue;
};

/* options->parts is WORLD_SPLIT. Its pool is to have one process: "RAIOX_WORKERS=1". */
void rig_start(struct rig *rig, const struct world_options *options);
void rig_stop(struct rig *rig);

/* The pool's one process. */
pid_t rig_worker(struct rig *rig);

/* count response_urls of this user's in this channel, each good for five replies. */
const char **rig_response_urls(struct rig *rig, const char *channel, size_t count);
/* Puts a command of that channel into the queue; returns when Redis has it. */
void rig_accept(struct rig *rig, const char *channel, const char *response_url);
/* Waits until so many replies were taken by Slack since the world began. */
void rig_wait_replies(struct rig *rig, int64_t count);

/* CPU time of a living process so far, all of its threads. */
double cpu_ms_of(pid_t pid);
/* A field of /proc/PID/status in MiB: "VmHWM", the most it ever held; "VmRSS", what it holds. */
double memory_mib_of(pid_t pid, const char *field);

/* Waits until it holds no more than that: what is free goes back when it is idle. */
void rig_wait_memory(struct rig *rig, pid_t pid, double most_mib);

/* Sorts them. */
double median_of(double *values, size_t count);

/* Prints the line, and whether it is met; a benchmark's main() returns verdict(). */
PRINTF(2, 3) void expect(bool met, const char *format, ...);
int verdict(void);

#endif
