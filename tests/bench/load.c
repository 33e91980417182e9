#include "tests/bench/load.h"

#include "tests/bot/serve_rig.h"

#include "base/clock.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 4096
#define EVENTS 256
/* Nothing here takes this long; a server that does not answer has failed. */
#define PATIENCE_MS 20000

/* One connection. */
struct client {
    int fd;
    int64_t due_us; /* when what is under way was to be sent; 0: nothing is */
    size_t got;
    char answer[ANSWER_MAX];
};

struct load {
    struct arena *arena;
    const char **requests;
    size_t count, sent, answered;
    double *latencies_ms; /* of the answered, sorted after a run */

    int epoll;
    struct client *clients;
    size_t client_count;
};

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

static struct load *create(size_t count)
{
    struct load *load = calloc(1, sizeof(*load));
    struct rlimit limit;

    must_be(load != NULL, "out of memory");
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    load->arena = arena_create();
    load->count = count;
    load->requests = arena_array(load->arena, const char *, count);
    load->latencies_ms = arena_array(load->arena, double, count);
    return load;
}

struct load *load_create(size_t count)
{
    static int serial;
    struct load *load = create(count);

    for (size_t i = 0; i < count; i++) {
        const char *trigger =
            arena_printf(load->arena, "1234567890.%d.%08d", (int)getpid(), serial++);
        load->requests[i] = rig_command(load->arena, rig_body(load->arena, trigger, ""));
    }
    return load;
}

struct load *load_create_of(const char *const *requests, size_t count)
{
    struct load *load = create(count);

    for (size_t i = 0; i < count; i++)
        load->requests[i] = arena_strdup(load->arena, requests[i]);
    return load;
}

void load_destroy(struct load *load)
{
    arena_destroy(load->arena);
    free(load);
}

/* ---- one connection ---- */

static void client_open(struct load *load, struct client *client, int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    int on = 1;

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must_be(client->fd >= 0, "no descriptor");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    must_be(connect(client->fd, (struct sockaddr *)&at, sizeof(at)) == 0 || errno == EINPROGRESS,
            "connect");
    must_be(epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) == 0, "epoll_ctl");
}

/* A request is smaller than any socket's buffer, so it goes whole or not at all. */
static void client_send(struct load *load, struct client *client, int64_t due_us)
{
    const char *request = load->requests[load->sent++];
    size_t len = strlen(request);

    client->due_us = due_us;
    client->got = 0;
    must_be(send(client->fd, request, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}

/* Has the whole answer come? */
static bool client_has_answer(const struct client *client)
{
    const char *end = strstr(client->answer, "\r\n\r\n"), *length;

    if (!end)
        return false;
    length = strcasestr(client->answer, "\r\nContent-Length:");
    must_be(length != NULL && strncmp(client->answer, "HTTP/1.1 200", 12) == 0, "a refusal");
    size_t wanted = (size_t)(end - client->answer) + 4 + strtoul(length + 17, NULL, 10);
    must_be(client->got <= wanted, "more than an answer");
    if (client->got < wanted)
        return false;
    must_be(strstr(end, "\"ephemeral\"") != NULL, "an answer without its message");
    return true;
}

/* true: what was under way is answered. */
static bool client_hear(struct load *load, struct client *client)
{
    ssize_t got =
        recv(client->fd, client->answer + client->got, ANSWER_MAX - 1 - client->got, MSG_DONTWAIT);

    must_be(got > 0 || (got < 0 && errno == EAGAIN), "the connection ended");
    if (got < 0)
        return false;
    client->got += (size_t)got;
    client->answer[client->got] = '\0';
    if (!client_has_answer(client))
        return false;
    load->latencies_ms[load->answered++] = (double)(clock_mono_us() - client->due_us) / 1000;
    client->due_us = 0;
    return true;
}

/* ---- a run ---- */

static void run_begin(struct load *load, size_t clients)
{
    load->sent = load->answered = 0;
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->clients = calloc(clients, sizeof(*load->clients));
    load->client_count = clients;
    must_be(load->epoll >= 0 && load->clients != NULL, "out of memory or descriptors");
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void run_end(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++)
        close(load->clients[i].fd);
    close(load->epoll);
    free(load->clients);
    qsort(load->latencies_ms, load->answered, sizeof(double), by_size);
}

/* Calls on_event for each connection that has something to say. */
static void wait_for_answers(struct load *load, int wait_ms,
                             void (*on_event)(struct load *load, struct client *client))
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, wait_ms);

    must_be(count > 0 || wait_ms < PATIENCE_MS, "no answer");
    for (int i = 0; i < count; i++)
        on_event(load, events[i].data.ptr);
}

static void hear_and_ask_again(struct load *load, struct client *client)
{
    if (client_hear(load, client) && load->sent < load->count)
        client_send(load, client, clock_mono_us());
}

/* Connected by the time that the first request is sent. */
static void connect_all(struct load *load, int port)
{
    for (size_t i = 0; i < load->client_count; i++) {
        client_open(load, &load->clients[i], port);
        struct epoll_event event = { .events = EPOLLOUT, .data.ptr = &load->clients[i] };
        epoll_ctl(load->epoll, EPOLL_CTL_MOD, load->clients[i].fd, &event);
        must_be(epoll_wait(load->epoll, &event, 1, PATIENCE_MS) == 1, "no connection");
        event = (struct epoll_event){ .events = EPOLLIN, .data.ptr = &load->clients[i] };
        epoll_ctl(load->epoll, EPOLL_CTL_MOD, load->clients[i].fd, &event);
    }
}

double load_as_fast_as_it_goes(struct load *load, int port, size_t connections)
{
    run_begin(load, connections);
    connect_all(load, port);
    int64_t began_us = clock_mono_us();
    for (size_t i = 0; i < connections; i++)
        client_send(load, &load->clients[i], clock_mono_us());
    while (load->answered < load->count)
        wait_for_answers(load, PATIENCE_MS, hear_and_ask_again);
    double seconds = (double)(clock_mono_us() - began_us) / 1e6;
    run_end(load);
    return (double)load->count / seconds;
}

static void hear(struct load *load, struct client *client)
{
    client_hear(load, client);
}

/* A connection that waits for nothing. */
static struct client *free_client(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++)
        if (load->clients[i].due_us == 0)
            return &load->clients[i];
    return NULL;
}

void load_at_a_rate(struct load *load, int port, size_t connections, int a_second)
{
    struct client *client;

    run_begin(load, connections);
    connect_all(load, port);
    int64_t began_us = clock_mono_us();
    while (load->answered < load->count) {
        int64_t due_us = began_us + (int64_t)load->sent * 1000000 / a_second;
        if (load->sent < load->count && clock_mono_us() >= due_us && (client = free_client(load)))
            client_send(load, client, due_us);
        else
            wait_for_answers(load, 1, hear);
    }
    run_end(load);
}

static void send_or_hear(struct load *load, struct client *client)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

    if (client->got == 0 && client->answer[0] == '\0') { /* connected now */
        client->answer[0] = ' ';
        must_be(epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event) == 0, "epoll_ctl");
        client_send(load, client, client->due_us);
    } else {
        client_hear(load, client);
    }
}

void load_at_once(struct load *load, int port)
{
    run_begin(load, load->count);
    int64_t began_us = clock_mono_us();
    for (size_t i = 0; i < load->count; i++) {
        struct epoll_event event = { .events = EPOLLOUT, .data.ptr = &load->clients[i] };
        client_open(load, &load->clients[i], port);
        load->clients[i].due_us = began_us;
        must_be(epoll_ctl(load->epoll, EPOLL_CTL_MOD, load->clients[i].fd, &event) == 0,
                "epoll_ctl");
    }
    while (load->answered < load->count)
        wait_for_answers(load, PATIENCE_MS, send_or_hear);
    run_end(load);
}

double load_latency_ms(const struct load *load, double share)
{
    size_t at = (size_t)(share * (double)load->answered);

    return load->latencies_ms[at < load->answered ? at : load->answered - 1];
}
