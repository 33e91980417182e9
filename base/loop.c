/* Everything that happens in a process begins here: a turn waits, then runs what is due. */
#include "base/loop.h"

#include "base/clock.h"
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* With nothing to do a process still turns this often: nothing depends on it. */
#define IDLE_TURN_MS (60 * 1000)

#define WAIT_BITS (POLLIN | POLLOUT)

struct loop_watch {
    int fd;
    short events;
    short revents; /* what this turn's wait found */
    size_t place;  /* in loop->watches and loop->fds */
    size_t fired;  /* in loop->fired, from 1; 0: not there */
    void (*fn)(void *arg, short revents);
    void *arg, *context;
};

struct loop {
    bool stopped, turning;
    int64_t now_ms;

    /* Three arrays with room for watch_cap each. watches and fds go together, place by place. */
    struct loop_watch **watches;
    struct pollfd *fds;
    struct loop_watch **fired; /* what the turn still has to call; NULL where it was removed */
    size_t watch_count, watch_cap, fired_count;

    struct loop_timer **heap; /* from 1; the parent of place n is n / 2 */
    size_t timer_count, timer_cap;
    uint64_t timer_order;

    struct loop_hook *hooks, **hooks_end; /* what runs before the next wait, in order */

    int signal_fd;
    struct loop_watch *signal_watch;
    void (*on_signal)(void *arg, int signal);
    void *on_signal_arg;

    void *context;
    void (*observer)(void *arg, void *context);
    void *observer_arg;
};

struct loop *loop_create(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        fatal("out of memory");
    /* Neither curl nor hiredis keeps a write to a closed connection from ending the process. */
    signal(SIGPIPE, SIG_IGN);
    loop->hooks_end = &loop->hooks;
    loop->signal_fd = -1;
    loop->now_ms = clock_mono_ms();
    return loop;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    assert(!loop->turning);
    loop_unwatch(loop, loop->signal_watch);
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    while (loop->watch_count > 0)
        loop_unwatch(loop, loop->watches[loop->watch_count - 1]);
    /* Timers and hooks that still wait are left alone: their owners may be gone already. */
    free(loop->watches);
    free(loop->fds);
    free(loop->fired);
    free(loop->heap);
    free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

/* ---- on whose behalf ---- */

void *loop_context(const struct loop *loop)
{
    return loop->context;
}

void *loop_context_swap(struct loop *loop, void *context)
{
    void *old = loop->context;

    if (old != context) {
        loop->context = context;
        if (loop->observer)
            loop->observer(loop->observer_arg, context);
    }
    return old;
}

void loop_context_observe(struct loop *loop, void (*fn)(void *arg, void *context), void *arg)
{
    loop->observer = fn;
    loop->observer_arg = arg;
}

/* ---- timers: a binary heap, the next one at its top ---- */

static bool timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void timer_put(struct loop *loop, struct loop_timer *timer, size_t place)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void timer_rise(struct loop *loop, struct loop_timer *timer, size_t place)
{
    while (place > 1 && timer_before(timer, loop->heap[place / 2])) {
        timer_put(loop, loop->heap[place / 2], place);
        place /= 2;
    }
    timer_put(loop, timer, place);
}

static void timer_sink(struct loop *loop, struct loop_timer *timer, size_t place)
{
    for (;;) {
        size_t child = place * 2;
        if (child > loop->timer_count)
            break;
        if (child < loop->timer_count && timer_before(loop->heap[child + 1], loop->heap[child]))
            child++;
        if (!timer_before(loop->heap[child], timer))
            break;
        timer_put(loop, loop->heap[child], place);
        place = child;
    }
    timer_put(loop, timer, place);
}

static void timers_grow(struct loop *loop)
{
    if (loop->timer_count + 1 < loop->timer_cap)
        return;
    loop->timer_cap = loop->timer_cap ? loop->timer_cap * 2 : 64;
    loop->heap = reallocarray(loop->heap, loop->timer_cap, sizeof(struct loop_timer *));
    if (!loop->heap)
        fatal("out of memory");
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
                      void (*fn)(void *arg), void *arg)
{
    loop_timer_stop(loop, timer);
    timers_grow(loop);
    /* Not from loop_now_ms(): a timer started late in a long turn would be early. */
    int64_t now_ms = clock_mono_ms();
    if (delay_ms < 0)
        delay_ms = 0;
    timer->due_ms = delay_ms > INT64_MAX - now_ms ? INT64_MAX : now_ms + delay_ms;
    timer->order = loop->timer_order++;
    timer->fn = fn;
    timer->arg = arg;
    timer->context = loop->context;
    timer_rise(loop, timer, ++loop->timer_count);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    size_t place = timer->place;

    if (place == 0)
        return;
    timer->place = 0;
    struct loop_timer *last = loop->heap[loop->timer_count--];
    if (last == timer)
        return;
    if (place > 1 && timer_before(last, loop->heap[place / 2]))
        timer_rise(loop, last, place);
    else
        timer_sink(loop, last, place);
}

/* A timer that is started meanwhile has its turn in the next turn, even if it is due at once. */
static void run_timers(struct loop *loop)
{
    uint64_t end = loop->timer_order;

    while (loop->timer_count > 0) {
        struct loop_timer *timer = loop->heap[1];
        if (timer->due_ms > loop->now_ms || timer->order >= end)
            break;
        loop_timer_stop(loop, timer);
        loop_context_swap(loop, timer->context);
        timer->fn(timer->arg);
    }
    loop_context_swap(loop, NULL);
}

/* ---- before the next wait ---- */

void loop_hook_start(struct loop *loop, struct loop_hook *hook, void (*fn)(void *arg), void *arg)
{
    if (hook->self)
        return;
    *hook = (struct loop_hook){ .fn = fn, .arg = arg, .self = loop->hooks_end };
    *loop->hooks_end = hook;
    loop->hooks_end = &hook->next;
}

void loop_hook_stop(struct loop *loop, struct loop_hook *hook)
{
    if (!hook->self)
        return;
    *hook->self = hook->next;
    if (hook->next)
        hook->next->self = hook->self;
    else
        loop->hooks_end = hook->self;
    hook->self = NULL;
}

static void run_hooks(struct loop *loop)
{
    while (loop->hooks) {
        struct loop_hook *hook = loop->hooks;
        loop_hook_stop(loop, hook);
        hook->fn(hook->arg);
    }
    loop_context_swap(loop, NULL);
}

/* ---- descriptors ---- */

static void watches_grow(struct loop *loop)
{
    if (loop->watch_count < loop->watch_cap)
        return;
    loop->watch_cap = loop->watch_cap ? loop->watch_cap * 2 : 16;
    loop->watches = reallocarray(loop->watches, loop->watch_cap, sizeof(struct loop_watch *));
    loop->fds = reallocarray(loop->fds, loop->watch_cap, sizeof(*loop->fds));
    loop->fired = reallocarray(loop->fired, loop->watch_cap, sizeof(struct loop_watch *));
    if (!loop->watches || !loop->fds || !loop->fired)
        fatal("out of memory");
}

struct loop_watch *loop_watch(struct loop *loop, int fd, short events,
                              void (*fn)(void *arg, short revents), void *arg)
{
    struct loop_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        fatal("out of memory");
    watches_grow(loop);
    watch->fd = fd;
    watch->fn = fn;
    watch->arg = arg;
    watch->context = loop->context;
    watch->place = loop->watch_count++;
    loop->watches[watch->place] = watch;
    loop_watch_events(loop, watch, events);
    return watch;
}

void loop_watch_events(struct loop *loop, struct loop_watch *watch, short events)
{
    watch->events = (short)(events & WAIT_BITS);
    loop->fds[watch->place] =
        (struct pollfd){ .fd = watch->fd, .events = watch->events, .revents = 0 };
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
    if (!watch)
        return;
    if (watch->fired)
        loop->fired[watch->fired - 1] = NULL;

    size_t last = --loop->watch_count;
    loop->watches[watch->place] = loop->watches[last];
    loop->fds[watch->place] = loop->fds[last];
    loop->watches[watch->place]->place = watch->place;
    free(watch);
}

/* Notes what the wait found before anything is called: calls may add and remove watches. */
static void collect_fired(struct loop *loop, int ready)
{
    loop->fired_count = 0;
    for (size_t i = 0; i < loop->watch_count && ready > 0; i++) {
        if (!loop->fds[i].revents)
            continue;
        ready--;
        struct loop_watch *watch = loop->watches[i];
        watch->revents = loop->fds[i].revents;
        loop->fired[loop->fired_count++] = watch;
        watch->fired = loop->fired_count;
    }
}

static void run_fired(struct loop *loop)
{
    for (size_t i = 0; i < loop->fired_count; i++) {
        struct loop_watch *watch = loop->fired[i];
        if (!watch)
            continue;
        watch->fired = 0;
        short revents = (short)(watch->revents & ~(WAIT_BITS & ~watch->events));
        if (!revents)
            continue;
        /* A hang-up that nobody reads away would be found by every wait: it is told once. */
        if (!(revents & WAIT_BITS))
            loop->fds[watch->place].fd = -1;
        loop_context_swap(loop, watch->context);
        watch->fn(watch->arg, revents);
    }
    loop->fired_count = 0;
    loop_context_swap(loop, NULL);
}

/* ---- signals ---- */

static void on_signal_fd(void *arg, short revents)
{
    struct loop *loop = arg;
    struct signalfd_siginfo info;

    (void)revents;
    while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
        loop->on_signal(loop->on_signal_arg, (int)info.ssi_signo);
}

void loop_signals(struct loop *loop, const int *signals, size_t count,
                  void (*fn)(void *arg, int signal), void *arg)
{
    sigset_t set;

    assert(loop->signal_fd < 0);
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        fatal("cannot block signals");
    loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (loop->signal_fd < 0)
        fatal("no descriptor for signals");
    loop->on_signal = fn;
    loop->on_signal_arg = arg;
    loop->signal_watch = loop_watch(loop, loop->signal_fd, POLLIN, on_signal_fd, loop);
}

/* ---- turns ---- */

static int wait_ms(const struct loop *loop, int max_wait_ms)
{
    if (loop->timer_count == 0)
        return max_wait_ms;
    int64_t left_ms = loop->heap[1]->due_ms - clock_mono_ms();
    if (left_ms < 0)
        left_ms = 0;
    return left_ms < max_wait_ms ? (int)left_ms : max_wait_ms;
}

void loop_turn(struct loop *loop, int max_wait_ms)
{
    assert(!loop->turning);
    loop->turning = true;
    run_hooks(loop);
    int ready =
        poll(loop->fds, loop->watch_count, wait_ms(loop, max_wait_ms < 0 ? 0 : max_wait_ms));
    if (ready < 0 && errno != EINTR)
        fatal("the event loop cannot wait");
    loop->now_ms = clock_mono_ms();

    collect_fired(loop, ready);
    run_fired(loop);
    run_timers(loop);
    loop->turning = false;
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped)
        loop_turn(loop, IDLE_TURN_MS);
}
