/* HTTP in. Between the proxy and bot/serve.c: bytes in, requests with a whole body out. */
#include "bot/endpoint.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h> /* its tcp_info counts received bytes, glibc's does not */
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections in all: behind a proxy every address is the proxy's, so there is no ceiling an
 * address. */
#define MAX_CONNECTIONS 8192
/* Room that is kept free: from here on the oldest incomplete request makes way. */
#define SPARE_CONNECTIONS 64
/* Descriptors for everything else: Redis, the loop, the log, the daemon's own. */
#define OTHER_DESCRIPTORS 256
/* A request, from its first byte to its last, and again for taking the answer; Slack itself waits
 * 3 s. */
#define REQUEST_DEADLINE_MS 10000
/* libmicrohttpd's own, of inactivity only: how long an idle keep-alive connection stays. */
#define IDLE_SECONDS 75
#define SWEEP_MS 1000
#define BACKLOG 4096
/* What is held of bodies in all. A command has less than 2 KiB. */
#define MAX_BODIES ((size_t)64 * 1024 * 1024)
/* A refused body is read to its end up to this size, so that whoever sends it hears the refusal: an
 * early close resets the connection under it. */
#define MAX_DISCARDED (1024 * 1024)
/* Turns of libmicrohttpd in which answers must be out that are given at the very end. */
#define LAST_TURNS 16
/* Who has just connected means to ask something: a server that stops waits so long for its first
 * byte. */
#define NEWCOMER_MS 1000
#define SD_LISTEN_FDS_START 3 /* sd_listen_fds(3) */

/* Whose move it is on a connection. */
enum peer_state {
    PEER_OWES,  /* the client's: a request to be sent, or an answer to be taken; there is a deadline
                 */
    PEER_WAITS, /* ours: its request is whole and not answered yet */
    PEER_IDLE,  /* nobody's: between two requests */
    PEER_LEAVES, /* closed from below, libmicrohttpd has not seen it yet */
    PEER_STATES,
};

/* One connection, known from accept to close, on the list of its state. */
struct peer {
    TAILQ_ENTRY(peer) link;
    struct endpoint *endpoint;
    int fd;
    enum peer_state state;
    int64_t since_ms; /* in this state */
    bool at_rest_known;
    uint64_t bytes_at_rest; /* received before the request that it owes */
    struct request *request;
};
TAILQ_HEAD(peers, peer);

struct request {
    struct endpoint *endpoint;
    struct peer *peer;
    struct MHD_Connection *connection;
    struct arena *arena;
    const struct route *route;
    struct buf body;
    int64_t began_us;
    int refusal; /* status to answer with once the body was read; 0: none */
    struct MHD_Response *response;
    unsigned status;
    bool suspended;
};

struct endpoint {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    int listen_fd;
    struct loop_watch *watch;
    struct loop_timer sweep, again;
    struct loop_hook resume;
    const struct route *routes;
    size_t route_count;
    struct peers peers[PEER_STATES]; /* each oldest first */
    size_t peer_count, peer_ceiling, requests, body_bytes;
    bool draining, ending;
    void (*on_drained)(void *arg);
    void *drained_arg;
};

/* ---- requests ---- */

struct header_search {
    const char *name, *value;
    size_t count;
};

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct header_search *search = arg;

    (void)kind;
    if (strcasecmp(name, search->name) == 0 && search->count++ == 0)
        search->value = value ? value : "";
    return MHD_YES;
}

size_t request_header(const struct request *request, const char *name, const char **ret_value)
{
    struct header_search search = { .name = name };

    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, on_header, &search);
    *ret_value = search.value;
    return search.count;
}

struct bytes request_body(const struct request *request)
{
    return (struct bytes){ buf_cstr(&request->body), request->body.len };
}

struct arena *request_arena(struct request *request)
{
    return request->arena;
}

int64_t request_began_us(const struct request *request)
{
    return request->began_us;
}

static void resume_soon(struct endpoint *endpoint);
static void peer_becomes(struct peer *peer, enum peer_state state);

void request_answer(struct request *request, int status, const char *content_type,
                    struct bytes body, enum after_answer after)
{
    /* MUST_COPY takes it before it returns; the cast drops a const that it does not write through.
     */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.data, MHD_RESPMEM_MUST_COPY);

    if (!response)
        abort();
    if (content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (after == CLOSE_AFTER || request->endpoint->draining)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    request->response = response;
    request->status = (unsigned)status;
    peer_becomes(request->peer, PEER_OWES);
    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->connection);
        resume_soon(request->endpoint);
    }
}

/* ---- what libmicrohttpd lets through ---- */

struct framing {
    size_t content_lengths;
    bool bad;
};

static enum MHD_Result check_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct framing *framing = arg;

    (void)kind;
    (void)value;
    if (name[strcspn(name, " \t")] != '\0' || strcasecmp(name, "Transfer-Encoding") == 0)
        framing->bad = true;
    if (strcasecmp(name, "Content-Length") == 0 && ++framing->content_lengths > 1)
        framing->bad = true;
    return MHD_YES;
}

static bool framing_is_sound(struct MHD_Connection *connection)
{
    struct framing framing = { 0 };

    MHD_get_connection_values(connection, MHD_HEADER_KIND, check_header, &framing);
    return !framing.bad;
}

/* The media type alone counts, whatever parameters follow it. */
static bool media_type_is(const char *value, const char *wanted)
{
    size_t len = strlen(wanted);

    return value && strncasecmp(value, wanted, len) == 0 &&
           (value[len] == '\0' || strchr("; \t", value[len]) != NULL);
}

/* HEAD is GET without its body, which libmicrohttpd leaves out by itself. */
static bool route_serves(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 &&
                                                  strcmp(route->method, MHD_HTTP_METHOD_GET) == 0);
}

/* Sets request->route; else the status for it: no such place, or not in this way. */
static int find_route(struct request *request, const char *method, const char *path)
{
    const struct endpoint *endpoint = request->endpoint;
    int status = MHD_HTTP_NOT_FOUND;

    for (size_t i = 0; i < endpoint->route_count; i++) {
        const struct route *route = &endpoint->routes[i];
        if (strcmp(route->path, path) != 0)
            continue;
        if (route_serves(route, method)) {
            request->route = route;
            return 0;
        }
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    return status;
}

/* Sets request->route and *announced (bytes of the body), or gives the status that refuses it:
 * broken framing, no such place, too large, wrong type. */
static int refuse(struct request *request, const char *method, const char *path, int64_t *announced)
{
    const char *length = NULL, *type = NULL;

    if (!framing_is_sound(request->connection))
        return MHD_HTTP_BAD_REQUEST;
    if (request_header(request, "Content-Length", &length) &&
        (!text_int64(length, strlen(length), announced) || *announced < 0))
        return MHD_HTTP_BAD_REQUEST;
    int status = find_route(request, method, path);
    if (status != 0)
        return status;
    if (*announced > (int64_t)request->route->max_body)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    if (request->route->content_type && (request_header(request, "Content-Type", &type) != 1 ||
                                         !media_type_is(type, request->route->content_type)))
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    return 0;
}

/* ---- connections ---- */

static uint64_t bytes_received(const struct peer *peer)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info);

    if (getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

static void peer_becomes(struct peer *peer, enum peer_state state)
{
    struct endpoint *endpoint = peer->endpoint;

    if (peer->state == PEER_LEAVES)
        return;
    TAILQ_REMOVE(&endpoint->peers[peer->state], peer, link);
    TAILQ_INSERT_TAIL(&endpoint->peers[state], peer, link);
    peer->state = state;
    peer->since_ms = clock_mono_ms();
}

/* Ends a connection from below: libmicrohttpd has no call for it, and sees the end of its socket.
 */
static void peer_close(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    peer_becomes(peer, PEER_LEAVES);
}

/* The oldest incomplete request goes first; where there is none, who has been idle the longest. */
static void close_oldest(struct endpoint *endpoint)
{
    struct peer *oldest = TAILQ_FIRST(&endpoint->peers[PEER_OWES]);

    if (!oldest)
        oldest = TAILQ_FIRST(&endpoint->peers[PEER_IDLE]);
    if (oldest)
        peer_close(oldest);
}

static void peer_open(struct endpoint *endpoint, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct peer *peer = calloc(1, sizeof(*peer));

    if (!peer || !info)
        fatal("out of memory");
    if (endpoint->peer_count >= endpoint->peer_ceiling - SPARE_CONNECTIONS)
        close_oldest(endpoint);
    peer->endpoint = endpoint;
    peer->fd = info->connect_fd;
    peer->state = PEER_OWES; /* its first request */
    peer->since_ms = clock_mono_ms();
    peer->at_rest_known = true;
    TAILQ_INSERT_TAIL(&endpoint->peers[PEER_OWES], peer, link);
    endpoint->peer_count++;
    *context = peer;
}

static void drained(struct endpoint *endpoint);

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct endpoint *endpoint = arg;
    struct peer *peer = *context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        peer_open(endpoint, connection, context);
        return;
    }
    TAILQ_REMOVE(&endpoint->peers[peer->state], peer, link);
    endpoint->peer_count--;
    free(peer);
    drained(endpoint);
}

/* ---- libmicrohttpd's callbacks of a request ---- */

static struct request *request_begin(struct endpoint *endpoint, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct arena *arena = arena_create();
    struct request *request = arena_new(arena, struct request);

    request->endpoint = endpoint;
    request->peer = info->socket_context;
    request->connection = connection;
    request->arena = arena;
    request->began_us = clock_mono_us();
    request->peer->request = request;
    if (request->peer->state == PEER_IDLE)
        peer_becomes(request->peer, PEER_OWES);
    endpoint->requests++;
    return request;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct endpoint *endpoint = arg;
    struct request *request = *context;

    (void)connection;
    (void)code;
    if (!request)
        return;
    request->peer->request = NULL;
    request->peer->at_rest_known = false;
    peer_becomes(request->peer, PEER_IDLE);
    if (request->response)
        MHD_destroy_response(request->response);
    endpoint->body_bytes -= request->body.len;
    buf_finish(&request->body);
    arena_destroy(request->arena);
    *context = NULL;
    endpoint->requests--;
    drained(endpoint);
}

static enum MHD_Result queue_answer(struct request *request)
{
    return MHD_queue_response(request->connection, request->status, request->response);
}

/* What a 405 owes the client. */
static void add_allow(struct request *request, const char *path)
{
    const struct endpoint *endpoint = request->endpoint;

    for (size_t i = 0; i < endpoint->route_count; i++)
        if (strcmp(endpoint->routes[i].path, path) == 0)
            MHD_add_response_header(request->response, MHD_HTTP_HEADER_ALLOW,
                                    endpoint->routes[i].method);
}

static enum MHD_Result queue_refusal(struct request *request, int status, const char *path)
{
    request_answer(request, status, NULL, (struct bytes){ "", 0 }, CLOSE_AFTER);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_allow(request, path);
    return queue_answer(request);
}

/* Is its body worth reading for the refusal to be heard? One that waits for "100 Continue" hears it
 * as it is; where the framing is broken nobody knows what is a body. */
static bool reads_to_refuse(const struct request *request, int status, int64_t announced)
{
    const char *expect = NULL;

    return status != MHD_HTTP_BAD_REQUEST && announced > 0 && announced <= MAX_DISCARDED &&
           request_header(request, MHD_HTTP_HEADER_EXPECT, &expect) == 0;
}

static enum MHD_Result take_headers(struct request *request, const char *method, const char *path)
{
    int64_t announced = 0;
    int status = refuse(request, method, path, &announced);

    if (status != 0 && !reads_to_refuse(request, status, announced))
        return queue_refusal(request, status, path);
    request->refusal = status;
    buf_init(&request->body, status == 0 ? request->route->max_body : 0);
    return MHD_YES;
}

static enum MHD_Result take_body(struct request *request, const char *data, size_t *len)
{
    struct endpoint *endpoint = request->endpoint;
    size_t before = request->body.len;

    if (!request->refusal) {
        buf_add(&request->body, data, *len);
        if (request->body.overflowed)
            request->refusal = MHD_HTTP_CONTENT_TOO_LARGE;
        endpoint->body_bytes += request->body.len - before;
        if (endpoint->body_bytes > MAX_BODIES)
            close_oldest(endpoint);
    }
    *len = 0;
    return MHD_YES;
}

/* The request is whole: the route answers now, or the connection sleeps until it does. */
static enum MHD_Result take_request(struct request *request)
{
    peer_becomes(request->peer, PEER_WAITS);
    request->route->handle(request->route->arg, request);
    if (request->response)
        return queue_answer(request);
    request->suspended = true;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

/* Called with the headers, then with each piece of the body, then without any, and after a resume
 * again. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **context)
{
    struct endpoint *endpoint = arg;
    struct request *request = *context;

    (void)version;
    if (!request) {
        *context = request = request_begin(endpoint, connection);
        return take_headers(request, method, path);
    }
    if (*upload_data_size > 0)
        return take_body(request, upload_data, upload_data_size);
    if (request->response)
        return queue_answer(request);
    if (request->refusal)
        return queue_refusal(request, request->refusal, path);
    if (endpoint->ending)
        return queue_refusal(request, MHD_HTTP_SERVICE_UNAVAILABLE, path);
    return take_request(request);
}

/* ---- the daemon on our loop ---- */

static void on_again(void *arg);

/* What is left over has its turn after the others on the loop. */
static void run(struct endpoint *endpoint)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;

    MHD_run(endpoint->daemon);
    if (MHD_get_timeout(endpoint->daemon, &wait_ms) == MHD_YES && wait_ms == 0 &&
        endpoint->again.place == 0)
        loop_timer_start(endpoint->loop, &endpoint->again, 0, on_again, endpoint);
}

static void on_again(void *arg)
{
    run(arg);
}

static void on_epoll(void *arg, short revents)
{
    (void)revents;
    run(arg);
}

static void on_resume(void *arg)
{
    run(arg);
}

/* All answers of a turn go out together, as its last thing. */
static void resume_soon(struct endpoint *endpoint)
{
    loop_hook_start(endpoint->loop, &endpoint->resume, on_resume, endpoint);
}

/* Has the first byte of another request come? Of an idle connection the kernel's count of received
 * bytes tells. */
static bool has_begun(struct peer *peer)
{
    uint64_t received = bytes_received(peer);

    if (!peer->at_rest_known) {
        peer->at_rest_known = true;
        peer->bytes_at_rest = received;
    }
    return received != peer->bytes_at_rest;
}

/* The deadline of a request counts from its first byte, to within a sweep; an idle connection has
 * none. */
static void on_sweep(void *arg)
{
    struct endpoint *endpoint = arg;
    int64_t now_ms = clock_mono_ms();
    struct peer *peer, *next;

    for (peer = TAILQ_FIRST(&endpoint->peers[PEER_IDLE]); peer; peer = next) {
        next = TAILQ_NEXT(peer, link);
        if (has_begun(peer))
            peer_becomes(peer, PEER_OWES);
    }
    while ((peer = TAILQ_FIRST(&endpoint->peers[PEER_OWES])) &&
           now_ms - peer->since_ms > REQUEST_DEADLINE_MS)
        peer_close(peer);
    run(endpoint); /* libmicrohttpd's own time-outs */
    loop_timer_start(endpoint->loop, &endpoint->sweep, SWEEP_MS, on_sweep, endpoint);
    drained(endpoint);
}

/* Raises the soft limit of descriptors as far as the hard one lets; returns how many connections
 * fit. */
static size_t connection_ceiling(void)
{
    const rlim_t wanted = MAX_CONNECTIONS + OTHER_DESCRIPTORS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return MAX_CONNECTIONS;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
            return OTHER_DESCRIPTORS;
    }
    if (limit.rlim_cur >= wanted)
        return MAX_CONNECTIONS;
    return limit.rlim_cur > 2 * OTHER_DESCRIPTORS ? (size_t)limit.rlim_cur - OTHER_DESCRIPTORS
                                                  : OTHER_DESCRIPTORS;
}

struct endpoint *endpoint_create(struct loop *loop, int fd, const struct route *routes,
                                 size_t count)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));

    if (!endpoint)
        fatal("out of memory");
    for (size_t i = 0; i < PEER_STATES; i++)
        TAILQ_INIT(&endpoint->peers[i]);
    endpoint->loop = loop;
    endpoint->listen_fd = fd;
    endpoint->routes = routes;
    endpoint->route_count = count;
    endpoint->peer_ceiling = connection_ceiling();
    endpoint->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, endpoint,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)endpoint->peer_ceiling,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)16384, MHD_OPTION_NOTIFY_COMPLETED, on_completed, endpoint,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, endpoint, MHD_OPTION_END);
    if (!endpoint->daemon)
        fatal("libmicrohttpd does not start");

    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(endpoint->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    endpoint->watch = loop_watch(loop, info->epoll_fd, POLLIN, on_epoll, endpoint);
    loop_timer_start(loop, &endpoint->sweep, SWEEP_MS, on_sweep, endpoint);
    return endpoint;
}

/* Nothing is under way: no request that is known, none of which only a part has come, and nobody
 * who was let in a moment ago and has not had the time to speak. */
static bool is_quiet(struct endpoint *endpoint)
{
    int64_t now_ms = clock_mono_ms();
    struct peer *peer;

    if (endpoint->requests > 0)
        return false;
    TAILQ_FOREACH(peer, &endpoint->peers[PEER_OWES], link)
    if (has_begun(peer) || now_ms - peer->since_ms < NEWCOMER_MS)
        return false;
    TAILQ_FOREACH(peer, &endpoint->peers[PEER_IDLE], link)
    if (has_begun(peer))
        return false;
    return true;
}

static void drained(struct endpoint *endpoint)
{
    void (*done)(void *arg) = endpoint->on_drained;

    if (!endpoint->draining || !done || !is_quiet(endpoint))
        return;
    endpoint->on_drained = NULL;
    done(endpoint->drained_arg);
}

/* Those who were let in by the kernel were let in. */
static void take_backlog(struct endpoint *endpoint)
{
    struct pollfd fd = { .fd = endpoint->listen_fd, .events = POLLIN };

    for (int i = 0; i < BACKLOG && poll(&fd, 1, 0) > 0; i++)
        MHD_run(endpoint->daemon);
    run(endpoint); /* what has arrived meanwhile */
}

void endpoint_drain(struct endpoint *endpoint, void (*done)(void *arg), void *arg)
{
    endpoint->on_drained = done;
    endpoint->drained_arg = arg;
    if (!endpoint->draining) {
        take_backlog(endpoint);
        MHD_socket fd = MHD_quiesce_daemon(endpoint->daemon);
        if (fd != MHD_INVALID_SOCKET)
            close(fd);
    }
    endpoint->draining = true;
    drained(endpoint);
}

/* libmicrohttpd must not be stopped while a connection of its is suspended. */
static void end_requests(struct endpoint *endpoint)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    struct peer *peer, *next;

    endpoint->ending = true;
    endpoint->on_drained = NULL;
    for (peer = TAILQ_FIRST(&endpoint->peers[PEER_WAITS]); peer; peer = next) {
        next = TAILQ_NEXT(peer, link);
        request_answer(peer->request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, (struct bytes){ "", 0 },
                       CLOSE_AFTER);
    }
    for (int i = 0; i < LAST_TURNS; i++) {
        MHD_run(endpoint->daemon);
        if (MHD_get_timeout(endpoint->daemon, &wait_ms) != MHD_YES || wait_ms > 0)
            break;
    }
}

void endpoint_destroy(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    end_requests(endpoint);
    loop_timer_stop(endpoint->loop, &endpoint->sweep);
    loop_timer_stop(endpoint->loop, &endpoint->again);
    loop_hook_stop(endpoint->loop, &endpoint->resume);
    loop_unwatch(endpoint->loop, endpoint->watch);
    MHD_stop_daemon(endpoint->daemon);
    free(endpoint);
}

/* ---- the listening socket ---- */

static int port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port); /* NOLINT: getsockname wrote it */
}

static bool environment_says(const char *name, int64_t *ret)
{
    const char *text = getenv(name);

    return text && text_int64(text, strlen(text), ret);
}

/* Were sockets handed to this very process? Told once: the next who asks gets one of its own. */
static bool sockets_handed_down(void)
{
    int64_t pid = 0, count = 0;
    bool ours = environment_says("LISTEN_PID", &pid) && pid == getpid() &&
                environment_says("LISTEN_FDS", &count) && count > 0;

    if (ours) {
        unsetenv("LISTEN_PID");
        unsetenv("LISTEN_FDS");
        unsetenv("LISTEN_FDNAMES");
    }
    return ours;
}

/* Makes the first of them ours; -1: it is no listening socket. */
static int take_handed_down(void)
{
    int listening = 0;
    socklen_t len = sizeof(listening);

    if (getsockopt(SD_LISTEN_FDS_START, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 ||
        !listening)
        return -1;
    /* A connection that is gone before it is accepted must not hold up the loop. */
    int flags = fcntl(SD_LISTEN_FDS_START, F_GETFL);
    if (flags < 0 || fcntl(SD_LISTEN_FDS_START, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(SD_LISTEN_FDS_START, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    return SD_LISTEN_FDS_START;
}

static int bind_and_listen(const struct addrinfo *info)
{
    int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6) /* "[::]" listens on both families */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* The first of its addresses that can be had: localhost has two, and a machine without IPv6 one. */
static int listen_on(const struct listen_address *address, struct error *err)
{
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char port[8];
    int fd = -1;

    snprintf(port, sizeof(port), "%d", address->port);
    int failed = getaddrinfo(address->host, port, &hints, &list);
    if (failed) {
        error_set(err, ERR_CONFIG, "listen on %s port %s: %s", address->host, port,
                  gai_strerror(failed));
        return -1;
    }
    for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
        fd = bind_and_listen(info);
    if (fd < 0)
        error_set(err, ERR_CONFIG, "listen on %s port %s: %s", address->host, port,
                  strerror(errno));
    freeaddrinfo(list);
    return fd;
}

int endpoint_listen(const struct listen_address *address, int *ret_port, struct error *err)
{
    int fd;

    if (sockets_handed_down()) {
        fd = take_handed_down();
        if (fd < 0)
            error_set(err, ERR_CONFIG, "LISTEN_FDS: descriptor %d does not listen",
                      SD_LISTEN_FDS_START);
    } else {
        fd = listen_on(address, err);
    }
    if (fd >= 0)
        *ret_port = port_of(fd);
    return fd;
}
