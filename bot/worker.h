/* One worker process of the pool: one event loop, up to RAIOX_CONCURRENCY jobs in flight, no
 * threads. */
#ifndef RAIOX_BOT_WORKER_H
#define RAIOX_BOT_WORKER_H

#include "base/metrics.h"
#include "bot/config.h"
#include "bot/pool.h"

#include <signal.h>

/*
 * Works until TERM or INT; then takes nothing new, finishes what is in flight for WORKER_DRAIN_MS
 * at most and puts the rest back: at once on WORKER_RELEASE. That is a signal of its own, for a
 * TERM may come twice (from the supervisor, and from who signals the whole group). consumer: this
 * process' name in the queue. Returns the exit status.
 */
#define WORKER_DRAIN_MS 22000
/* For Redis to hear of what is put back; with both, and the supervisor's own, a TERM takes 25 s. */
#define WORKER_LEAVE_MS 900
#define WORKER_RELEASE SIGUSR1
int worker(const struct config *config, struct metrics *metrics, struct pool_place *place,
           const char *consumer);

#endif
