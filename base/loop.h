/*
 * The event loop: one a process, one thread. Each turn waits at once for every watched
 * descriptor (transfers' too: base/http.h watches them) and the next timer, then runs what is due.
 * No callback runs inside the call that asked for it. A callback may stop, start or remove
 * anything, itself included.
 *
 * Context: a value that says on whose behalf code runs. A timer, watch, HTTP call or Redis command
 * captures the context in force where it was started, and its callback runs under it; the observer
 * sees every change. So a crash can be charged to the one job whose callback was running. It is as
 * wide as a pointer and never followed here: some callbacks come when the job is over, so let it be
 * a number that is looked up, not the job's address.
 */
#ifndef RAIOX_BASE_LOOP_H
#define RAIOX_BASE_LOOP_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/*
 * Out of memory or descriptors ends the process. SIGPIPE is ignored from here on: who starts
 * another program sets it back for it.
 */
struct loop *loop_create(void);
void loop_destroy(struct loop *loop); /* the last of all; not from a callback */

void loop_run(
    struct loop *loop); /* turns until loop_stop(); what was due in that turn still runs */
void loop_stop(struct loop *loop);
/* One turn that waits at most max_wait_ms (less if a timer is due). */
void loop_turn(struct loop *loop, int max_wait_ms);
/* The monotonic ms at which this turn woke up: what a turn needs of the clock. */
int64_t loop_now_ms(const struct loop *loop);

/* A timer lives inside its owner's struct, {0} at first. Starting a running one moves it. */
struct loop_timer {
    int64_t due_ms; /* monotonic */
    void (*fn)(void *arg);
    void *arg, *context;
    size_t place;   /* in the loop's heap, from 1; 0: not running */
    uint64_t order; /* of its start: timers due at the same ms run in this order */
};
void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
                      void (*fn)(void *arg), void *arg);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer); /* fine when not running */

/*
 * Watches a descriptor (which stays the caller's; unwatch before closing it). events: POLLIN,
 * POLLOUT, none. A hang-up or error comes as what was asked for (reading or writing shows it);
 * where that does not show it as POLLHUP or POLLERR, once: the watch then sleeps until
 * loop_watch_events().
 */
struct loop_watch;
struct loop_watch *loop_watch(struct loop *loop, int fd, short events,
                              void (*fn)(void *arg, short revents), void *arg);
void loop_watch_events(struct loop *loop, struct loop_watch *watch, short events);
void loop_unwatch(struct loop *loop, struct loop_watch *watch); /* NULL is fine */

/* Blocks these signals in the process, for good, and delivers them here instead (signalfd). At most
 * once a loop. */
void loop_signals(struct loop *loop, const int *signals, size_t count,
                  void (*fn)(void *arg, int signal), void *arg);

void *loop_context(const struct loop *loop);
/* Returns the old one, to be put back: void *old = loop_context_swap(loop, job); ... */
void *loop_context_swap(struct loop *loop, void *context);
void loop_context_observe(struct loop *loop, void (*fn)(void *arg, void *context), void *arg);

/*
 * Runs fn once, as the last thing before the next wait: to send what a turn had to say in one go.
 * Lives inside its owner's struct, {0} at first. Starting one that waits changes nothing.
 */
struct loop_hook {
    void (*fn)(void *arg);
    void *arg;
    struct loop_hook *next, **self; /* self: what points at it; NULL: not waiting */
};
void loop_hook_start(struct loop *loop, struct loop_hook *hook, void (*fn)(void *arg), void *arg);
void loop_hook_stop(struct loop *loop, struct loop_hook *hook);

#endif
