#include "bot/notify.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

/* A beat that is late by as much as the interval itself is still in time: sd_watchdog_enabled(3).
 */
#define BEATS_PER_PATIENCE 2

static void on_beat(void *arg)
{
    struct notify *notify = arg;

    sd_notify(0, "WATCHDOG=1");
    loop_timer_start(notify->loop, &notify->beat, notify->beat_every_ms, on_beat, notify);
}

void notify_ready(struct notify *notify, struct loop *loop)
{
    uint64_t patience_us = 0;

    notify->loop = loop;
    sd_notify(0, "READY=1");
    if (sd_watchdog_enabled(0, &patience_us) <= 0)
        return;
    notify->beat_every_ms = (int64_t)(patience_us / 1000 / BEATS_PER_PATIENCE);
    if (notify->beat_every_ms > 0)
        on_beat(notify);
}

void notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_us());
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_finish(struct notify *notify)
{
    if (notify->loop)
        loop_timer_stop(notify->loop, &notify->beat);
}

void notify_leave_to_parent(void)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}
