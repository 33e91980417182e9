/*
 * libmicrohttpd in its external-epoll mode: its one descriptor is watched by the loop, and all
 * handlers, timers and calls to raiox run in the same thread. Whoever waits is suspended, and
 * resumed by a timer of the loop: no delay ever blocks another request.
 */
#include "tests/sandbox/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/ledger.h"

#define BODY_MAX (4 << 20)
#define CONNECTIONS_MAX 16384
#define CONNECTION_MEMORY (64 << 10) /* holds the longest URL that Meta is asked with */
#define DRIP_MS 1000
#define HANG_MS (15 * 60 * 1000)

/* Answers that may be given again: a table by hash, thrown away whole every minute. */
#define CACHE_SLOTS 8192
#define CACHE_LIFE_MS (60 * 1000)

/* The cache may throw it away while a slow answer still waits with it. */
struct ready {
    struct MHD_Response *response;
    int holders; /* the cache, and each request that is to be answered with it */
};

struct cached {
    uint64_t hash;
    char *key;
    size_t key_len;
    struct ready *ready;
    int status;
};

struct server {
    struct sandbox *sandbox;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer timer; /* when libmicrohttpd wants to be run again */
    struct request *requests;
    struct cached cache[CACHE_SLOTS];
    int64_t cache_born_ms;
    int port;
    char url[40];
    bool stopping;
};

/* ---- the request, as handlers see it ---- */

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_param(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->params.len; i++) {
        if (!strcmp(request->params.items[i].name, name))
            return request->params.items[i].value;
    }
    return NULL;
}

bool request_media_type_is(const struct request *request, const char *type)
{
    const char *got = request_header(request, "Content-Type");
    size_t len = strlen(type);

    return got && !strncasecmp(got, type, len) && (!got[len] || strchr("; ", got[len]));
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

/* NULL: a broken escape, or a NUL, or bytes that are no UTF-8. */
static char *percent_decoded(struct arena *arena, const char *text, size_t len, bool plus)
{
    char *out = arena_alloc(arena, len + 1), *at = out;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
            int low = high >= 0 ? hex_value(text[i + 2]) : -1;
            if (low < 0)
                return NULL;
            *at++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *at++ = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    return utf8_valid(out, (size_t)(at - out)) ? out : NULL;
}

static bool params_read(struct request *request, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *pair = text + at, *amp = memchr(pair, '&', len - at);
        size_t pair_len = amp ? (size_t)(amp - pair) : len - at;
        const char *equals = memchr(pair, '=', pair_len);
        size_t name_len = equals ? (size_t)(equals - pair) : pair_len;
        size_t value_at = equals ? name_len + 1 : pair_len;
        char *name = percent_decoded(request->arena, pair, name_len, true);
        char *value = percent_decoded(request->arena, pair + value_at, pair_len - value_at, true);
        if (!name || !value)
            return false;
        if (pair_len)
            *vec_push(request->arena, &request->params) = (struct param){ name, value };
        at += pair_len + 1;
    }
    return true;
}

bool request_read_form(struct request *request)
{
    return params_read(request, buf_cstr(&request->body), request->body.len);
}

void reply_text(struct request *request, int status, const char *type, const char *text)
{
    request->reply.status = status;
    request->reply.type = type;
    request->reply.body = bytes_of(text);
}

void reply_json(struct request *request, int status, const cJSON *root)
{
    reply_text(request, status, "application/json; charset=UTF-8",
               json_print(request->arena, root));
}

void reply_header(struct request *request, const char *name, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *vec_push(request->arena, &request->reply.headers) =
        (struct header){ name, arena_strdup(request->arena, text) };
}

/* ---- the cache of answers ---- */

static struct bytes cache_key(const struct request *request)
{
    struct buf key = { 0 };
    static const char *const asked_by[] = { "Authorization", "login-customer-id", "API-Version",
                                            "Content-Type", "If-None-Match" };

    buf_init(&key, BODY_MAX * 2);
    buf_printf(&key, "%s %s\n", request->method, request->uri);
    for (size_t i = 0; i < COUNT(asked_by); i++) {
        const char *value = request_header(request, asked_by[i]);
        buf_printf(&key, "%s\n", value ? value : "");
    }
    buf_add(&key, buf_cstr(&request->body), request->body.len);
    return (struct bytes){ TAKE(key.data), key.len };
}

static uint64_t hash_of(struct bytes key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 1099511628211u;
    return hash;
}

static void ready_leave(struct ready *ready)
{
    if (!ready || --ready->holders > 0)
        return;
    MHD_destroy_response(ready->response);
    free(ready);
}

static void answer_ready(struct request *request, struct ready *ready)
{
    ready->holders++;
    request->reply.ready = ready;
}

static void cached_drop(struct cached *cached)
{
    ready_leave(cached->ready);
    free(cached->key);
    *cached = (struct cached){ 0 };
}

void server_forget_bodies(struct server *server)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        cached_drop(&server->cache[i]);
}

static bool cache_answers(struct server *server, struct request *request, struct bytes key)
{
    uint64_t hash = hash_of(key);
    const struct cached *slot = &server->cache[hash % CACHE_SLOTS];

    if (loop_now_ms(server->sandbox->loop) - server->cache_born_ms > CACHE_LIFE_MS) {
        server_forget_bodies(server);
        server->cache_born_ms = loop_now_ms(server->sandbox->loop);
    }
    if (!slot->ready || slot->hash != hash || slot->key_len != key.len ||
        memcmp(slot->key, key.data, key.len) != 0)
        return false;
    answer_ready(request, slot->ready);
    request->reply.status = slot->status;
    return true;
}

static struct MHD_Response *response_of(const struct reply *reply, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.len, (void *)(uintptr_t)reply->body.data, mode);

    if (reply->type)
        MHD_add_response_header(response, "Content-Type", reply->type);
    for (size_t i = 0; i < reply->headers.len; i++)
        MHD_add_response_header(response, reply->headers.items[i].name,
                                reply->headers.items[i].value);
    return response;
}

/* Keeps the answer and the key. */
static void cache_keep(struct server *server, struct request *request, struct bytes *key)
{
    uint64_t hash = hash_of(*key);
    struct cached *slot = &server->cache[hash % CACHE_SLOTS];

    cached_drop(slot);
    slot->hash = hash;
    slot->key_len = key->len;
    slot->key = (char *)(uintptr_t)TAKE(key->data);
    slot->ready = calloc(1, sizeof(*slot->ready));
    if (!slot->ready)
        abort();
    slot->ready->holders = 1;
    slot->ready->response = response_of(&request->reply, MHD_RESPMEM_MUST_COPY);
    slot->status = request->reply.status;
    answer_ready(request, slot->ready);
}

/* ---- from the request to its answer ---- */

static const struct route {
    const char *prefix;
    enum service service;
    void (*handle)(struct request *request);
} routes[] = {
    { "/commands/", SERVICE_SLACK, slack_handle },
    { "/slack/", SERVICE_SLACK, slack_handle },
    { "/monday/", SERVICE_MONDAY, monday_handle },
    { "/meta/", SERVICE_META, meta_handle },
    { "/google-ads/", SERVICE_GOOGLE_ADS, google_ads_handle },
    { "/google-oauth/", SERVICE_GOOGLE_OAUTH, google_oauth_handle },
    { "/admin/", SERVICE_ADMIN, admin_handle },
    { "/", SERVICE_PAGE, page_handle },
};

static const struct route *route_of(const char *path)
{
    size_t i = 0;

    while (i + 1 < COUNT(routes) && strncmp(path, routes[i].prefix, strlen(routes[i].prefix)) != 0)
        i++;
    return &routes[i];
}

/* A response_url is a secret as a whole: its last part stays out of the ledger. */
static const char *path_told(const struct request *request)
{
    const char *last = strrchr(request->path, '/');

    if (strncmp(request->path, "/commands/", 10) != 0)
        return request->path;
    return arena_printf(request->arena, "%.*s/***", (int)(last - request->path), request->path);
}

static const char *account_in_path(struct arena *arena, const char *path)
{
    static const char *const before[] = { "/act_", "/customers/" };

    for (size_t i = 0; i < COUNT(before); i++) {
        const char *at = strstr(path, before[i]);
        if (!at)
            continue;
        at += i == 0 ? 1 : strlen(before[i]);
        return arena_strndup(arena, at, strcspn(at, "/:"));
    }
    return NULL;
}

static bool has_latency(enum service service)
{
    return service == SERVICE_MONDAY || service == SERVICE_META || service == SERVICE_GOOGLE_ADS ||
           service == SERVICE_GOOGLE_OAUTH;
}

static void run_pending(struct server *server);

static void on_answer_due(void *arg)
{
    struct request *request = arg;

    request->state = REQUEST_READY;
    request->suspended = false;
    MHD_resume_connection(request->connection);
    run_pending(request->sandbox->server);
}

static void suspend(struct request *request, int64_t wait_ms, void (*fn)(void *arg))
{
    if (!request->suspended) {
        request->suspended = true;
        MHD_suspend_connection(request->connection);
    }
    request->state = REQUEST_WAITING;
    loop_timer_start(request->sandbox->loop, &request->timer, wait_ms, fn, request);
}

static void on_wait_over(void *arg)
{
    struct request *request = arg;

    request->on_late(request);
    request_answer(request);
}

void request_wait(struct request *request, int64_t wait_ms, void (*on_late)(struct request *))
{
    request->on_late = on_late;
    suspend(request, wait_ms, on_wait_over);
}

void request_answer(struct request *request)
{
    loop_timer_start(request->sandbox->loop, &request->timer, 0, on_answer_due, request);
}

/* The service's own answer, from the cache where it can be. */
static void service_answer(struct request *request, const struct route *route, bool spoilt)
{
    struct server *server = request->sandbox->server;
    bool may_cache = !spoilt && has_latency(request->service);
    struct bytes key = may_cache ? cache_key(request) : (struct bytes){ 0 };

    if (!may_cache || !cache_answers(server, request, key)) {
        route->handle(request);
        if (may_cache && request->reply.cacheable && request->reply.status == 200)
            cache_keep(server, request, &key);
    }
    free((void *)(uintptr_t)key.data);
}

static bool begin(struct request *request, const struct route *route)
{
    request->service = route->service;
    if (route->service == SERVICE_ADMIN || route->service == SERVICE_PAGE)
        return true;
    request->account = account_in_path(request->arena, request->path);
    request->call = ledger_begin(request->sandbox->ledger, request, path_told(request));
    if (request->bad_uri || request->too_large) {
        reply_text(request, request->bad_uri ? 400 : 413, "text/html",
                   "<html><title>Bad Request</title><h1>Bad Request</h1></html>\n");
        return false;
    }
    return true;
}

static void process(struct request *request)
{
    struct sandbox *sandbox = request->sandbox;
    const struct route *route = route_of(request->path);
    int64_t wait_ms = 0;

    request->begun_ms = clock_mono_ms();
    request->state = REQUEST_READY;
    if (!begin(request, route))
        return;
    const struct fault *fault = request->call ? faults_match(sandbox->faults, request) : NULL;
    if (!fault || fault_wants_answer(fault))
        service_answer(request, route, fault != NULL);
    if (fault) {
        fault_spoil(fault, request);
        wait_ms += fault_delay_ms(fault);
    }
    if (request->state == REQUEST_WAITING)
        return;
    if (request->reply.delivery == DELIVER_HANG)
        wait_ms = HANG_MS;
    if (has_latency(request->service))
        wait_ms += sandbox->options.latency_ms;
    if (wait_ms > 0)
        suspend(request, wait_ms, on_answer_due);
}

/* ---- spoilt deliveries ---- */

static void on_drip_due(void *arg)
{
    struct request *request = arg;

    request->may_drip = true;
    on_answer_due(request);
}

static ssize_t drip(void *cls, uint64_t pos, char *out, size_t max)
{
    struct request *request = cls;

    if (pos >= request->reply.body.len || max == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!request->may_drip) {
        suspend(request, DRIP_MS, on_drip_due);
        return 0;
    }
    request->may_drip = false;
    out[0] = request->reply.body.data[pos];
    return 1;
}

static ssize_t half(void *cls, uint64_t pos, char *out, size_t max)
{
    const struct request *request = cls;
    size_t end = request->reply.body.len / 2;

    if (pos >= end)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = end - pos < max ? end - pos : max;
    memcpy(out, request->reply.body.data + pos, len);
    return (ssize_t)len;
}

/* {"data":"xxxx…, and it never gets to the end. */
static ssize_t fill(void *cls, uint64_t pos, char *out, size_t max)
{
    static const char head[] = "{\"data\":\"";
    const struct request *request = cls;
    size_t left = request->reply.fill_len - pos, len = left < max ? left : max;

    memset(out, 'x', len);
    for (size_t i = 0; i < len && pos + i < sizeof(head) - 1; i++)
        out[i] = head[pos + i];
    return (ssize_t)len;
}

static struct MHD_Response *response_spoilt(struct request *request)
{
    const struct reply *reply = &request->reply;
    bool filled = reply->delivery == DELIVER_HUGE;
    MHD_ContentReaderCallback reader = filled                            ? fill
                                       : reply->delivery == DELIVER_DRIP ? drip
                                                                         : half;
    struct MHD_Response *response = MHD_create_response_from_callback(
        filled ? reply->fill_len : reply->body.len, 64 << 10, reader, request, NULL);

    MHD_add_response_header(response, "Content-Type", reply->type ? reply->type : "text/plain");
    return response;
}

static enum MHD_Result send_reply(struct request *request)
{
    const struct reply *reply = &request->reply;
    bool shared = reply->ready != NULL;
    struct MHD_Response *response = shared ? reply->ready->response : NULL;

    if (reply->delivery == DELIVER_CLOSE || reply->delivery == DELIVER_HANG)
        return MHD_NO;
    if (!shared)
        response = reply->delivery == DELIVER_WHOLE ? response_of(reply, MHD_RESPMEM_PERSISTENT)
                                                    : response_spoilt(request);
    enum MHD_Result result =
        MHD_queue_response(request->connection, (unsigned)reply->status, response);
    if (!shared)
        MHD_destroy_response(response);
    return result;
}

/* ---- libmicrohttpd's callbacks ---- */

/* What no client may send unescaped in a request target (RFC 3986). */
static bool uri_is_clean(const char *uri)
{
    for (const unsigned char *at = (const unsigned char *)uri; *at; at++) {
        if (*at <= ' ' || *at >= 0x7f || strchr("\"<>\\^`{|}", *at))
            return false;
    }
    return true;
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct server *server = cls;
    struct arena *arena = arena_create();
    struct request *request = arena_new(arena, struct request);
    const char *query = strchr(uri, '?');
    size_t path_len = query ? (size_t)(query - uri) : strlen(uri);

    request->arena = arena;
    request->sandbox = server->sandbox;
    request->connection = connection;
    request->uri = arena_strdup(arena, uri);
    request->path = percent_decoded(arena, uri, path_len, false);
    request->bad_uri = !uri_is_clean(uri) || !request->path ||
                       (query && !params_read(request, query + 1, strlen(query + 1)));
    if (!request->path)
        request->path = "/";
    buf_init(&request->body, BODY_MAX);
    request->next = server->requests;
    if (request->next)
        request->next->prev = request;
    server->requests = request;
    return request;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **state)
{
    struct request *request = *state;

    (void)cls, (void)connection, (void)url, (void)version;
    if (request->state == REQUEST_NEW) {
        request->state = REQUEST_READING;
        request->method = arena_strdup(request->arena, method);
        return MHD_YES;
    }
    if (*data_len > 0) {
        buf_add(&request->body, data, *data_len);
        request->too_large = request->body.overflowed;
        *data_len = 0;
        return MHD_YES;
    }
    if (request->state == REQUEST_READING)
        process(request);
    return request->state == REQUEST_READY ? send_reply(request) : MHD_YES;
}

static void on_done(void *cls, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode how)
{
    struct server *server = cls;
    struct request *request = *state;

    (void)connection, (void)how;
    if (!request)
        return;
    *state = NULL;
    loop_timer_stop(server->sandbox->loop, &request->timer);
    if (request->onward)
        http_cancel(request->onward);
    if (request->call)
        ledger_end(server->sandbox->ledger, request,
                   request->state == REQUEST_READY ? request->reply.status : 0,
                   clock_mono_ms() - request->begun_ms);
    if (request->prev)
        request->prev->next = request->next;
    else
        server->requests = request->next;
    if (request->next)
        request->next->prev = request->prev;
    ready_leave(request->reply.ready);
    buf_finish(&request->body);
    arena_destroy(request->arena);
}

/* ---- on the loop ---- */

static void on_run_again(void *arg)
{
    run_pending(arg);
}

static void run_pending(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;

    if (server->stopping)
        return;
    MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES)
        loop_timer_start(server->sandbox->loop, &server->timer, (int64_t)wait_ms, on_run_again,
                         server);
    else
        loop_timer_stop(server->sandbox->loop, &server->timer);
}

static void on_readable(void *arg, short revents)
{
    (void)revents;
    run_pending(arg);
}

struct server *server_create(struct sandbox *sandbox, int port)
{
    struct server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (!server)
        abort();
    server->sandbox = sandbox;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)port, NULL, NULL, on_request, server,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_done, server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
        MHD_OPTION_END);
    if (!server->daemon) {
        free(server);
        return NULL;
    }
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", server->port);
    int epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    server->watch = loop_watch(sandbox->loop, epoll_fd, POLLIN, on_readable, server);
    return server;
}

void server_destroy(struct server *server)
{
    if (!server)
        return;
    server->stopping = true;
    loop_timer_stop(server->sandbox->loop, &server->timer);
    for (struct request *request = server->requests; request; request = request->next) {
        if (request->suspended) {
            request->reply.delivery = DELIVER_CLOSE;
            request->state = REQUEST_READY;
            MHD_resume_connection(request->connection);
        }
    }
    loop_unwatch(server->sandbox->loop, server->watch);
    MHD_stop_daemon(server->daemon);
    server_forget_bodies(server);
    free(server);
}

int server_port(const struct server *server)
{
    return server->port;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

int server_connections(const struct server *server)
{
    return (int)MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
        ->num_connections;
}
