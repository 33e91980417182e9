#include "tests/bench/relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than a worker opens. */
#define PAIRS 128
#define ASKED_MAX ((size_t)16 << 20)

/* A connection from the asker, the one that goes on, and what was asked over them. */
struct pair {
    int in, out;
    bool over;
    struct buf asked;
};

struct relay {
    int listener, port, to_port;
    int stop[2]; /* a pipe: closed to end the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of pairs[].asked */
    struct pair pairs[PAIRS];
    size_t count;
};

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void take_connection(struct relay *relay)
{
    struct pair *pair = &relay->pairs[relay->count];
    struct sockaddr_in to = loopback(relay->to_port);
    int one = 1;

    must_be(relay->count < PAIRS, "too many connections for a relay");
    pair->in = accept(relay->listener, NULL, NULL);
    pair->out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must_be(pair->in >= 0 && connect(pair->out, (struct sockaddr *)&to, sizeof(to)) == 0,
            "a relay cannot connect");
    setsockopt(pair->in, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(pair->out, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    pthread_mutex_lock(&relay->lock);
    buf_init(&pair->asked, ASKED_MAX);
    relay->count++;
    pthread_mutex_unlock(&relay->lock);
}

/* What one side said goes to the other; its end does too. keep: it was asked. */
static void pass_on(struct relay *relay, struct pair *pair, bool keep)
{
    int from = keep ? pair->in : pair->out, to = keep ? pair->out : pair->in;
    char bytes[16384];
    ssize_t got = recv(from, bytes, sizeof(bytes), 0);

    if (got <= 0) {
        shutdown(to, SHUT_RDWR);
        pair->over = true;
        return;
    }
    if (keep) {
        pthread_mutex_lock(&relay->lock);
        buf_add(&pair->asked, bytes, (size_t)got);
        pthread_mutex_unlock(&relay->lock);
    }
    for (ssize_t at = 0, sent; at < got; at += sent) {
        sent = send(to, bytes + at, (size_t)(got - at), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
    }
}

static void *run(void *arg)
{
    struct relay *relay = arg;
    struct pollfd fds[2 + 2 * PAIRS];

    for (;;) {
        size_t count = relay->count;
        fds[0] = (struct pollfd){ .fd = relay->stop[0], .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = relay->listener, .events = POLLIN };
        for (size_t i = 0; i < count; i++) {
            const struct pair *pair = &relay->pairs[i];
            fds[2 + 2 * i] = (struct pollfd){ .fd = pair->over ? -1 : pair->in, .events = POLLIN };
            fds[3 + 2 * i] = (struct pollfd){ .fd = pair->over ? -1 : pair->out, .events = POLLIN };
        }
        poll(fds, (nfds_t)(2 + 2 * count), -1);
        if (fds[0].revents)
            return NULL;
        if (fds[1].revents)
            take_connection(relay);
        for (size_t i = 0; i < count; i++) {
            struct pair *pair = &relay->pairs[i];
            if (fds[2 + 2 * i].revents)
                pass_on(relay, pair, true);
            if (fds[3 + 2 * i].revents && !pair->over)
                pass_on(relay, pair, false);
        }
    }
}

struct relay *relay_start(int to_port)
{
    struct relay *relay = calloc(1, sizeof(*relay));
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof(at);

    must_be(relay != NULL, "out of memory");
    relay->to_port = to_port;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must_be(bind(relay->listener, (struct sockaddr *)&at, sizeof(at)) == 0 &&
                listen(relay->listener, PAIRS) == 0 &&
                getsockname(relay->listener, (struct sockaddr *)&at, &len) == 0 &&
                pipe2(relay->stop, O_CLOEXEC) == 0 && pthread_mutex_init(&relay->lock, NULL) == 0,
            "a relay cannot listen");
    relay->port = ntohs(at.sin_port);
    must_be(pthread_create(&relay->thread, NULL, run, relay) == 0, "no thread for a relay");
    return relay;
}

int relay_port(const struct relay *relay)
{
    return relay->port;
}

void relay_clear(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < relay->count; i++)
        buf_reset(&relay->pairs[i].asked);
    pthread_mutex_unlock(&relay->lock);
}

void relay_requests(struct relay *relay, struct buf *out)
{
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < relay->count; i++)
        buf_add(out, buf_cstr(&relay->pairs[i].asked), relay->pairs[i].asked.len);
    pthread_mutex_unlock(&relay->lock);
}

void relay_stop(struct relay *relay)
{
    close(relay->stop[1]);
    pthread_join(relay->thread, NULL);
    close(relay->stop[0]);
    close(relay->listener);
    for (size_t i = 0; i < relay->count; i++) {
        close(relay->pairs[i].in);
        close(relay->pairs[i].out);
        buf_finish(&relay->pairs[i].asked);
    }
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}
