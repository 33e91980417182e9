/*
 * What a service manager hears of us (sd_notify(3)): ready, starting anew, stopping, and, as long
 * as the event loop turns, that we live. Where there is none (NOTIFY_SOCKET is not set) nothing
 * happens.
 */
#ifndef RAIOX_BOT_NOTIFY_H
#define RAIOX_BOT_NOTIFY_H

#include "base/loop.h"

#include <stdint.h>

/* Lives inside its owner's struct, {0} at first. */
struct notify {
    struct loop *loop;
    struct loop_timer beat;
    int64_t beat_every_ms; /* 0: nobody watches */
};

/* Ready, for the first time or again; from now on the watchdog, if there is one, is kept quiet. */
void notify_ready(struct notify *notify, struct loop *loop);
/* Ready follows from this process, which may by then be another program. */
void notify_reloading(void);
/* The watchdog is kept quiet while we drain, too. */
void notify_stopping(void);
/* Before the loop goes. */
void notify_finish(struct notify *notify);
/* In a forked child: what it is about is not its parent's state. */
void notify_leave_to_parent(void);

#endif
