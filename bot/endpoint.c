/* HTTP in. Between the proxy and bot/serve.c: bytes in, requests with a whole body out. */
#include "bot/endpoint.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/tcp.h> /* its tcp_info counts received bytes, glibc's does not */
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections in all: behind a proxy every address is the proxy's, so there is no ceiling an
 * address. */
#define MAX_CONNECTIONS 8192
/* Room that is kept free: from here on the oldest incomplete request makes way. */
#define SPARE_CONNECTIONS 64
/* A request, from its first byte to its last; Slack itself waits 3 s for the answer. */
#define REQUEST_DEADLINE_MS 10000
/* libmicrohttpd's own, of inactivity only: how long an idle keep-alive connection stays. */
#define IDLE_SECONDS 75
#define SWEEP_MS 1000
#define BACKLOG 4096
#define SD_LISTEN_FDS_START 3 /* sd_listen_fds(3) */

/* One connection, known from accept to close. */
struct peer {
    struct peer *next, *prev;
    struct endpoint *endpoint;
    int fd;
    int64_t since_ms;       /* when the request under way began; 0: idle */
    uint64_t bytes_at_rest; /* received when the last request was complete */
    struct request *request;
};

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
    struct loop_watch *watch;
    struct loop_timer sweep, again;
    const struct route *routes;
    size_t route_count;
    struct peer *oldest, *newest;
    size_t peers, requests;
    bool draining;
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

static void run_soon(struct endpoint *endpoint);

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
    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->connection);
        run_soon(request->endpoint);
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

/* Sets request->route, or the status that refuses it: broken framing, no such place, too large,
 * wrong type. */
static int refuse(struct request *request, const char *method, const char *path)
{
    const struct endpoint *endpoint = request->endpoint;
    const char *length = NULL, *type = NULL;
    bool known = false;
    int64_t announced = 0;

    if (!framing_is_sound(request->connection))
        return MHD_HTTP_BAD_REQUEST;
    for (size_t i = 0; i < endpoint->route_count && !request->route; i++) {
        if (strcmp(endpoint->routes[i].path, path) != 0)
            continue;
        known = true;
        if (strcmp(endpoint->routes[i].method, method) == 0)
            request->route = &endpoint->routes[i];
    }
    if (!request->route)
        return known ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND;
    if (request_header(request, "Content-Length", &length) &&
        (!text_int64(length, strlen(length), &announced) || announced < 0))
        return MHD_HTTP_BAD_REQUEST;
    if (announced > (int64_t)request->route->max_body)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    if (request->route->content_type && (request_header(request, "Content-Type", &type) != 1 ||
                                         !media_type_is(type, request->route->content_type)))
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    return 0;
}

/* ---- libmicrohttpd's callbacks ---- */

static uint64_t bytes_received(const struct peer *peer)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info);

    if (getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

/* Ends a connection from below: libmicrohttpd has no call for it, and sees the end of its socket.
 */
static void peer_close(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
}

static void make_room(struct endpoint *endpoint)
{
    struct peer *oldest = NULL;

    if (endpoint->peers < MAX_CONNECTIONS - SPARE_CONNECTIONS)
        return;
    for (struct peer *peer = endpoint->oldest; peer; peer = peer->next)
        if (peer->since_ms > 0 && !(peer->request && peer->request->suspended) &&
            (!oldest || peer->since_ms < oldest->since_ms))
            oldest = peer;
    if (oldest)
        peer_close(oldest);
}

static void peer_open(struct endpoint *endpoint, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct peer *peer = calloc(1, sizeof(*peer));

    if (!peer || !info)
        abort();
    make_room(endpoint);
    peer->endpoint = endpoint;
    peer->fd = info->connect_fd;
    peer->since_ms = clock_mono_ms(); /* a new connection owes us its first request */
    peer->prev = endpoint->newest;
    if (endpoint->newest)
        endpoint->newest->next = peer;
    else
        endpoint->oldest = peer;
    endpoint->newest = peer;
    endpoint->peers++;
    *context = peer;
}

static void peer_gone(struct endpoint *endpoint, struct peer *peer)
{
    if (peer->prev)
        peer->prev->next = peer->next;
    else
        endpoint->oldest = peer->next;
    if (peer->next)
        peer->next->prev = peer->prev;
    else
        endpoint->newest = peer->prev;
    endpoint->peers--;
    free(peer);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        peer_open(arg, connection, context);
    else
        peer_gone(arg, *context);
}

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
    if (request->peer->since_ms == 0)
        request->peer->since_ms = request->began_us / 1000;
    endpoint->requests++;
    return request;
}

static void drained(struct endpoint *endpoint)
{
    void (*done)(void *arg) = endpoint->on_drained;

    if (!endpoint->draining || endpoint->requests > 0 || !done)
        return;
    endpoint->on_drained = NULL;
    done(endpoint->drained_arg);
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
    request->peer->since_ms = 0;
    request->peer->bytes_at_rest = bytes_received(request->peer);
    if (request->response)
        MHD_destroy_response(request->response);
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

static enum MHD_Result queue_refusal(struct request *request, int status)
{
    request_answer(request, status, NULL, (struct bytes){ "", 0 }, CLOSE_AFTER);
    return queue_answer(request);
}

static enum MHD_Result take_body(struct request *request, const char *data, size_t *len)
{
    if (!request->refusal) {
        buf_add(&request->body, data, *len);
        if (request->body.overflowed)
            request->refusal = MHD_HTTP_CONTENT_TOO_LARGE;
    }
    *len = 0;
    return MHD_YES;
}

/* Called with the headers, then with each piece of the body, then without any, and after a resume
 * again. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **context)
{
    struct request *request = *context;

    (void)version;
    if (!request) {
        *context = request = request_begin(arg, connection);
        int status = refuse(request, method, path);
        if (status != 0)
            return queue_refusal(request, status);
        buf_init(&request->body, request->route->max_body);
        return MHD_YES;
    }
    if (*upload_data_size > 0)
        return take_body(request, upload_data, upload_data_size);
    if (request->refusal)
        return queue_refusal(request, request->refusal);
    if (!request->response) {
        request->route->handle(request->route->arg, request);
        if (!request->response) {
            request->suspended = true;
            MHD_suspend_connection(connection);
            return MHD_YES;
        }
    }
    return queue_answer(request);
}

/* ---- the daemon on our loop ---- */

static void run(struct endpoint *endpoint)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;

    MHD_run(endpoint->daemon);
    if (MHD_get_timeout(endpoint->daemon, &wait_ms) == MHD_YES && wait_ms == 0)
        run_soon(endpoint);
}

static void on_again(void *arg)
{
    run(arg);
}

static void run_soon(struct endpoint *endpoint)
{
    if (endpoint->again.place == 0)
        loop_timer_start(endpoint->loop, &endpoint->again, 0, on_again, endpoint);
}

static void on_epoll(void *arg, short revents)
{
    (void)revents;
    run(arg);
}

/*
 * The deadline of a request counts from its first byte; an idle connection has none. Which of the
 * two a quiet connection is, the kernel's count of received bytes tells.
 */
static void sweep_peer(struct peer *peer, int64_t now_ms)
{
    if (peer->request && peer->request->suspended)
        return; /* it waits for us */
    if (peer->since_ms == 0 && bytes_received(peer) != peer->bytes_at_rest)
        peer->since_ms = now_ms;
    if (peer->since_ms > 0 && now_ms - peer->since_ms > REQUEST_DEADLINE_MS)
        peer_close(peer);
}

static void on_sweep(void *arg)
{
    struct endpoint *endpoint = arg;
    int64_t now_ms = clock_mono_ms();

    for (struct peer *peer = endpoint->oldest; peer; peer = peer->next)
        sweep_peer(peer, now_ms);
    run(endpoint); /* libmicrohttpd's own time-outs */
    loop_timer_start(endpoint->loop, &endpoint->sweep, SWEEP_MS, on_sweep, endpoint);
}

/* Raises the soft limit of descriptors to what the ceiling of connections needs, where the hard one
 * lets. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_CONNECTIONS + 256)
        return;
    limit.rlim_cur =
        limit.rlim_max < MAX_CONNECTIONS + 256 ? limit.rlim_max : MAX_CONNECTIONS + 256;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static unsigned connection_ceiling(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_CONNECTIONS + 256)
        return MAX_CONNECTIONS;
    return limit.rlim_cur > 512 ? (unsigned)limit.rlim_cur - 256 : 256;
}

struct endpoint *endpoint_create(struct loop *loop, int fd, const struct route *routes,
                                 size_t count)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));

    if (!endpoint)
        abort();
    raise_descriptors();
    endpoint->loop = loop;
    endpoint->routes = routes;
    endpoint->route_count = count;
    endpoint->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, endpoint,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, connection_ceiling(),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)16384, MHD_OPTION_NOTIFY_COMPLETED, on_completed, endpoint,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, endpoint, MHD_OPTION_END);
    if (!endpoint->daemon)
        abort();

    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(endpoint->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    endpoint->watch = loop_watch(loop, info->epoll_fd, POLLIN, on_epoll, endpoint);
    loop_timer_start(loop, &endpoint->sweep, SWEEP_MS, on_sweep, endpoint);
    return endpoint;
}

void endpoint_drain(struct endpoint *endpoint, void (*done)(void *arg), void *arg)
{
    MHD_socket fd = MHD_quiesce_daemon(endpoint->daemon);

    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    endpoint->draining = true;
    endpoint->on_drained = done;
    endpoint->drained_arg = arg;
    drained(endpoint);
}

void endpoint_destroy(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    for (struct peer *peer = endpoint->oldest; peer; peer = peer->next)
        if (peer->request && peer->request->suspended) /* must not be stopped while asleep */
            request_answer(peer->request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL,
                           (struct bytes){ "", 0 }, CLOSE_AFTER);
    MHD_run(endpoint->daemon);
    loop_timer_stop(endpoint->loop, &endpoint->sweep);
    loop_timer_stop(endpoint->loop, &endpoint->again);
    loop_unwatch(endpoint->loop, endpoint->watch);
    endpoint->on_drained = NULL;
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
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* The first descriptor of LISTEN_FDS when it is ours to take and listens; -1: none. */
static int inherited_socket(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    int listening = 0;
    socklen_t len = sizeof(listening);
    int64_t number = 0;

    if (!count || !text_int64(count, strlen(count), &number) || number < 1)
        return -1;
    if (pid && (!text_int64(pid, strlen(pid), &number) || number != getpid()))
        return -1;
    if (getsockopt(SD_LISTEN_FDS_START, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 ||
        !listening)
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

int endpoint_listen(const struct listen_address *address, int *ret_port, struct error *err)
{
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char port[8];
    int fd = inherited_socket();

    if (fd < 0) {
        snprintf(port, sizeof(port), "%d", address->port);
        int failed = getaddrinfo(address->host, port, &hints, &list);
        if (failed) {
            error_set(err, ERR_CONFIG, "listen on %s port %s: %s", address->host, port,
                      gai_strerror(failed));
            return -1;
        }
        fd = bind_and_listen(list);
        freeaddrinfo(list);
    }
    if (fd < 0) {
        error_set(err, ERR_CONFIG, "listen on %s port %d: %s", address->host, address->port,
                  strerror(errno));
        return -1;
    }
    *ret_port = port_of(fd);
    return fd;
}
