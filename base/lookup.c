/* The thread and the loop share one block; who lets go of it last frees it. */
#include "base/lookup.h"

#include "base/error.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* libc's resolver and the service switch behind it; far above what they use. */
#define STACK_BYTES ((size_t)256 << 10)

struct shared {
    atomic_int owners;
    atomic_bool answered; /* the thread does not touch the answer any more */
    int ready;            /* eventfd: wakes the loop for it */
    char host[256];
    struct lookup_answer answer;
};

struct lookup {
    struct loop *loop;
    struct shared *shared;
    struct loop_watch *watch;
    lookup_done_fn *done;
    void *arg;
};

static void let_go(struct shared *shared)
{
    if (atomic_fetch_sub(&shared->owners, 1) > 1)
        return;
    close(shared->ready);
    free(shared);
}

/* ---- in the thread ---- */

static void add_address(struct lookup_answer *answer, const struct addrinfo *found)
{
    char *text = answer->text[answer->count];

    if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(answer->text[0]), NULL, 0,
                    NI_NUMERICHOST) == 0)
        answer->count++;
}

static void *look_up(void *arg)
{
    struct shared *shared = arg;
    struct lookup_answer *answer = &shared->answer;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int code = getaddrinfo(shared->host, NULL, &hints, &found);

    for (const struct addrinfo *at = found; at && answer->count < LOOKUP_ADDRESSES;
         at = at->ai_next)
        add_address(answer, at);
    if (found)
        freeaddrinfo(found);
    if (answer->count == 0)
        snprintf(answer->why, sizeof(answer->why), "host name: %s",
                 code ? gai_strerror(code) : "no address");
    atomic_store(&shared->answered, true);
    eventfd_write(shared->ready, 1);
    let_go(shared);
    return NULL;
}

/* Signals are for the loop's thread. */
static bool thread_start(struct shared *shared)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;

    sigfillset(&all);
    if (pthread_attr_init(&attr) != 0)
        return false;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &attr, look_up, shared) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return started;
}

/* ---- in the loop ---- */

static void on_ready(void *arg, short revents)
{
    struct lookup *lookup = arg;
    struct shared *shared = lookup->shared;
    lookup_done_fn *done = lookup->done;
    void *done_arg = lookup->arg;

    (void)revents;
    if (!atomic_load(&shared->answered))
        return;
    loop_unwatch(lookup->loop, lookup->watch);
    free(lookup);
    done(done_arg, &shared->answer);
    let_go(shared);
}

struct lookup *lookup_start(struct loop *loop, const char *host, lookup_done_fn *done, void *arg)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    struct shared *shared = calloc(1, sizeof(*shared));

    if (!lookup || !shared)
        fatal("out of memory");
    shared->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shared->ready < 0)
        fatal("no descriptor for a look-up");
    snprintf(shared->host, sizeof(shared->host), "%s", host);
    atomic_init(&shared->owners, 2);
    lookup->loop = loop;
    lookup->shared = shared;
    lookup->done = done;
    lookup->arg = arg;
    lookup->watch = loop_watch(loop, shared->ready, POLLIN, on_ready, lookup);
    if (!thread_start(shared)) { /* as if the thread had been and found nothing */
        snprintf(shared->answer.why, sizeof(shared->answer.why), "host name: no thread for it");
        atomic_store(&shared->answered, true);
        eventfd_write(shared->ready, 1);
        let_go(shared);
    }
    return lookup;
}

void lookup_cancel(struct lookup *lookup)
{
    if (!lookup)
        return;
    loop_unwatch(lookup->loop, lookup->watch);
    let_go(lookup->shared);
    free(lookup);
}
