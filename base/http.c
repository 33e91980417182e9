/*
 * A call waits in a lane of its host until the host has room, then borrows a transfer (an easy
 * handle and a buffer) from the pool, and gives it back when its callback has run.
 */
#include "base/http.h"

#include "base/clock.h"
#include "base/http_url.h"

#include <assert.h>
#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_MAX_PER_HOST 64
#define DEFAULT_MAX_BODY ((size_t)32 << 20)
#define DEFAULT_MAX_BODIES ((size_t)256 << 20)
#define DEFAULT_TOTAL_MS 20000
#define DEFAULT_STALL_MS 10000

/* What is kept for the next transfers; more is given back when it falls idle. */
#define POOL_TRANSFERS 64
#define POOL_BODY ((size_t)32 << 10)

#define LANE_SLOTS 256

/* An easy handle with the options that never change, and the answer that it is collecting. */
struct transfer {
    CURL *easy;
    struct http_call *call;
    struct buf body;
    size_t uploaded; /* of call->body, when curl asks for it in pieces */
    bool over_budget;
    struct transfer *next; /* in the pool */
};

/* Calls of one asker that wait for their turn at one host, the oldest first. Never empty. */
struct lane {
    int number;
    struct http_call *first, *last;
    struct lane *prev, *next; /* the host's ring */
    struct lane *chain;       /* in its slot */
};

/* scheme://host:port as written. Hosts come from the configuration: they are few and stay. */
struct host {
    char *origin;
    size_t origin_len;
    bool https;
    int under_way;
    struct lane *turn; /* whose call starts next; NULL: nobody waits */
    struct lane *slots[LANE_SLOTS];
    struct host *next;
};

enum call_state {
    CALL_WAITING, /* in a lane */
    CALL_REFUSED, /* only its callback is left */
    CALL_UNDER_WAY,
    CALL_TELLING, /* its callback runs */
};

/* One block of memory: behind the struct lie the header list and the copied strings. */
struct http_call {
    struct http *http;
    struct host *host;
    enum call_state state;
    struct http_call *prev, *next;           /* all of http's */
    struct http_call *lane_prev, *lane_next; /* while waiting */
    struct lane *lane;
    struct transfer *transfer;
    struct loop_timer timer; /* its deadline while waiting; refused: at once */
    enum err_kind refusal;
    const char *refusal_text;
    int64_t total_ms, stall_ms, deadline_ms, started_ms;
    http_done_fn *done;
    void *arg, *context;
    bool post, once;
    const char *url, *body;
    size_t body_len;
    struct curl_slist *headers;
};

struct http {
    struct loop *loop;
    CURLM *multi;
    CURLSH *share;
    int max_per_host;
    size_t max_body, max_bodies;
    size_t held; /* bytes of all buffers */
    char *user_agent;
    char *ca_file; /* NULL: the system's own */
    struct host *hosts;
    struct http_call *calls;
    struct transfer *pool;
    size_t pool_len;
    struct loop_timer timer; /* when curl wants to be run again */
};

static void *must(void *memory)
{
    if (!memory)
        fatal("out of memory");
    return memory;
}

/* ---- hosts and their lanes ---- */

/* NULL: it may not be called. Only an origin that was not met before costs a parse. */
static struct host *host_of(struct http *http, const char *url)
{
    size_t len = http_origin_length(url);

    for (struct host *host = http->hosts; host; host = host->next)
        if (host->origin_len == len && memcmp(host->origin, url, len) == 0)
            return http_url_bytes_fine(url + len) ? host : NULL;
    if (!http_url_allowed(url))
        return NULL;

    struct host *host = must(calloc(1, sizeof(*host)));
    host->origin = must(strndup(url, len));
    host->origin_len = len;
    host->https = strncasecmp(url, "https:", 6) == 0;
    host->next = http->hosts;
    http->hosts = host;
    return host;
}

static struct lane **lane_slot(struct host *host, int number)
{
    struct lane **at = &host->slots[(unsigned)number % LANE_SLOTS];

    while (*at && (*at)->number != number)
        at = &(*at)->chain;
    return at;
}

/* A new lane has its turn after all others. */
static struct lane *lane_create(struct host *host, int number)
{
    struct lane *lane = must(calloc(1, sizeof(*lane)));

    lane->number = number;
    *lane_slot(host, number) = lane;
    if (!host->turn) {
        lane->prev = lane->next = host->turn = lane;
        return lane;
    }
    lane->next = host->turn;
    lane->prev = host->turn->prev;
    lane->prev->next = lane->next->prev = lane;
    return lane;
}

static void lane_destroy(struct host *host, struct lane *lane)
{
    *lane_slot(host, lane->number) = lane->chain;
    lane->prev->next = lane->next;
    lane->next->prev = lane->prev;
    if (host->turn == lane)
        host->turn = lane->next == lane ? NULL : lane->next;
    free(lane);
}

static void call_queue(struct http_call *call, int number)
{
    struct lane *lane = *lane_slot(call->host, number);

    if (!lane)
        lane = lane_create(call->host, number);
    call->lane = lane;
    call->lane_prev = lane->last;
    if (lane->last)
        lane->last->lane_next = call;
    else
        lane->first = call;
    lane->last = call;
}

static void call_unqueue(struct http_call *call)
{
    struct lane *lane = call->lane;

    if (call->lane_prev)
        call->lane_prev->lane_next = call->lane_next;
    else
        lane->first = call->lane_next;
    if (call->lane_next)
        call->lane_next->lane_prev = call->lane_prev;
    else
        lane->last = call->lane_prev;
    call->lane = NULL;
    call->lane_prev = call->lane_next = NULL;
    if (!lane->first)
        lane_destroy(call->host, lane);
}

/* ---- transfers ---- */

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    struct transfer *transfer = arg;
    struct http *http = transfer->call->http;
    size_t cap = transfer->body.cap;

    (void)one; /* always 1 */
    if (len > http->max_bodies || http->held > http->max_bodies - len) {
        transfer->over_budget = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_add(&transfer->body, data, len);
    http->held += transfer->body.cap - cap;
    return transfer->body.overflowed ? CURL_WRITEFUNC_ERROR : len;
}

/*
 * For calls that must not be sent twice: with a body that curl cannot rewind it does not repeat the
 * request when a kept connection turns out to be dead.
 */
static size_t on_upload(char *to, size_t one, size_t len, void *arg)
{
    struct transfer *transfer = arg;
    size_t left = transfer->call->body_len - transfer->uploaded;

    (void)one; /* always 1 */
    if (len > left)
        len = left;
    if (len > 0)
        memcpy(to, transfer->call->body + transfer->uploaded, len);
    transfer->uploaded += len;
    return len;
}

static struct transfer *transfer_create(struct http *http)
{
    struct transfer *transfer = must(calloc(1, sizeof(*transfer)));
    CURL *easy = must(curl_easy_init());

    transfer->easy = easy;
    buf_init(&transfer->body, http->max_body);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_SHARE, http->share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Else the loop stands still until a look-up that has timed out comes back. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http"); /* host_of() lets http in */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    if (http->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->max_body);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16L << 10);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    return transfer;
}

static void transfer_destroy(struct http *http, struct transfer *transfer)
{
    http->held -= transfer->body.cap;
    buf_finish(&transfer->body);
    curl_easy_cleanup(transfer->easy);
    free(transfer);
}

static struct transfer *pool_take(struct http *http)
{
    struct transfer *transfer = http->pool;

    if (!transfer)
        return transfer_create(http);
    http->pool = transfer->next;
    http->pool_len--;
    return transfer;
}

/* The handle is not cleared: whatever a call sets is set by every call. */
static void pool_put(struct http *http, struct transfer *transfer)
{
    transfer->call = NULL;
    if (http->pool_len == POOL_TRANSFERS) {
        transfer_destroy(http, transfer);
        return;
    }
    if (transfer->body.cap > POOL_BODY) {
        http->held -= transfer->body.cap;
        buf_finish(&transfer->body);
        buf_init(&transfer->body, http->max_body);
    }
    buf_reset(&transfer->body);
    transfer->next = http->pool;
    http->pool = transfer;
    http->pool_len++;
}

static void transfer_load(struct transfer *transfer, struct http_call *call, int64_t now_ms)
{
    CURL *easy = transfer->easy;
    bool https = call->host->https;
    int64_t total_ms = call->total_ms;

    if (call->deadline_ms && call->deadline_ms - now_ms < total_ms)
        total_ms = call->deadline_ms - now_ms;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)total_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->stall_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((call->stall_ms + 999) / 1000));
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    /* Rather wait for a handshake that may bring HTTP/2 than open a connection a call. */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, https ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(https ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    if (call->post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->once ? NULL : call->body);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    transfer->call = call;
    transfer->uploaded = 0;
    transfer->over_budget = false;
}

/* ---- a call's life ---- */

static void on_refused(void *arg);

static void call_refuse(struct http_call *call, enum err_kind kind, const char *text)
{
    call->state = CALL_REFUSED;
    call->refusal = kind;
    call->refusal_text = text;
    loop_timer_start(call->http->loop, &call->timer, 0, on_refused, call);
    call->timer.context = call->context; /* not of whose callback made room for it */
}

static void call_start(struct http_call *call)
{
    struct http *http = call->http;
    int64_t now_ms = clock_mono_ms();

    loop_timer_stop(http->loop, &call->timer);
    if (call->deadline_ms && call->deadline_ms <= now_ms) {
        call_refuse(call, ERR_TIMEOUT, "the deadline passed before it was sent");
        return;
    }
    call->transfer = pool_take(http);
    transfer_load(call->transfer, call, now_ms);
    if (curl_multi_add_handle(http->multi, call->transfer->easy) != CURLM_OK)
        fatal("curl does not take a transfer");
    call->state = CALL_UNDER_WAY;
    call->started_ms = now_ms;
    call->host->under_way++;
}

static void host_start_waiting(struct http *http, struct host *host)
{
    while (host->turn && host->under_way < http->max_per_host) {
        struct http_call *call = host->turn->first;
        host->turn = host->turn->next;
        call_unqueue(call);
        call_start(call);
    }
}

static void call_free(struct http_call *call)
{
    loop_timer_stop(call->http->loop, &call->timer);
    if (call->prev)
        call->prev->next = call->next;
    else
        call->http->calls = call->next;
    if (call->next)
        call->next->prev = call->prev;
    free(call);
}

/* Runs the callback; call is gone after it. */
static void call_tell(struct http_call *call, const struct http_answer *answer,
                      const struct error *err)
{
    call->state = CALL_TELLING;
    void *old = loop_context_swap(call->http->loop, call->context);
    call->done(call->arg, answer, err);
    loop_context_swap(call->http->loop, old);
    call_free(call);
}

static void on_refused(void *arg)
{
    struct http_call *call = arg;
    struct error err;

    error_set(&err, call->refusal, "%s", call->refusal_text);
    call_tell(call, &(struct http_answer){ .body = "", .call = call }, &err);
}

static void on_waited_too_long(void *arg)
{
    struct http_call *call = arg;

    call_unqueue(call);
    call_refuse(call, ERR_TIMEOUT, "the deadline passed before it was sent");
}

static enum err_kind kind_of(CURLcode code, const struct transfer *transfer)
{
    if (transfer->over_budget)
        return ERR_UNAVAILABLE;
    if (transfer->body.overflowed)
        return ERR_BAD_RESPONSE;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return ERR_TIMEOUT;
    if (code == CURLE_FILESIZE_EXCEEDED || code == CURLE_BAD_CONTENT_ENCODING ||
        code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL /* HTTP/0.9 */)
        return ERR_BAD_RESPONSE;
    if (code == CURLE_URL_MALFORMAT)
        return ERR_CONFIG;
    return ERR_UNAVAILABLE;
}

/* No part of the request: curl's own sentence for the code only, never its error buffer. */
static void describe(CURLcode code, const struct transfer *transfer, bool sent, struct error *err)
{
    const char *what = curl_easy_strerror(code);

    if (transfer->over_budget)
        what = "all answers together are over their ceiling";
    else if (transfer->body.overflowed || code == CURLE_FILESIZE_EXCEEDED)
        what = "the answer is over its ceiling";
    else if (code == CURLE_UNSUPPORTED_PROTOCOL)
        what = "the answer is not HTTP";
    error_set(err, kind_of(code, transfer), "%s%s", what, sent ? "" : " (nothing was sent)");
}

/* Once curl begins with the request, its first bytes may be on their way before it counts them. */
static bool was_sent(CURL *easy)
{
    long request_bytes = 0;
    curl_off_t connected_us = 0;

    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    return request_bytes > 0 || connected_us > 0;
}

static void transfer_done(struct http *http, struct transfer *transfer, CURLcode code)
{
    struct http_call *call = transfer->call;
    struct host *host = call->host;
    struct http_answer answer = { .body = "", .call = call };
    struct error err = { 0 };
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    answer.took_ms = clock_mono_ms() - call->started_ms;
    answer.sent = was_sent(transfer->easy);
    if (code == CURLE_OK) {
        answer.body = buf_cstr(&transfer->body);
        answer.body_len = transfer->body.len;
    } else {
        describe(code, transfer, answer.sent, &err);
    }
    curl_multi_remove_handle(http->multi, transfer->easy);
    host->under_way--;
    call_tell(call, &answer, code == CURLE_OK ? NULL : &err);
    pool_put(http, transfer);
    host_start_waiting(http, host);
}

/* ---- what curl waits for ---- */

/* Lets curl do what this socket (or CURL_SOCKET_TIMEOUT) is ready for: that alone, where
 * curl_multi_perform() would look at each of the transfers under way. */
static void go_on(struct http *http, curl_socket_t socket, int events)
{
    CURLMsg *message = NULL;
    int count = 0;

    if (curl_multi_socket_action(http->multi, socket, events, &count) != CURLM_OK)
        fatal("curl cannot go on with its transfers");
    while ((message = curl_multi_info_read(http->multi, &count))) {
        char *transfer = NULL;
        CURLcode code = message->data.result; /* the message goes with its handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_done(http, (struct transfer *)(void *)transfer, code);
    }
}

/* A socket of curl's. */
struct socket {
    struct http *http;
    curl_socket_t fd;
    struct loop_watch *watch;
};

static void on_ready(void *arg, short revents)
{
    const struct socket *socket = arg;
    int events = (revents & POLLIN ? CURL_CSELECT_IN : 0) |
                 (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                 (revents & ~(POLLIN | POLLOUT) ? CURL_CSELECT_ERR : 0);

    go_on(socket->http, socket->fd, events);
}

/* curl says what it waits for at a socket; no callback of its transfers runs in here. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct http *http = arg;
    struct socket *socket = known;
    short events =
        (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket)
            loop_unwatch(http->loop, socket->watch);
        free(socket);
        return 0;
    }
    if (socket) {
        loop_watch_events(http->loop, socket->watch, events);
        return 0;
    }
    socket = must(calloc(1, sizeof(*socket)));
    void *old = loop_context_swap(http->loop, NULL); /* connections are shared by all */
    *socket = (struct socket){ http, fd, loop_watch(http->loop, fd, events, on_ready, socket) };
    loop_context_swap(http->loop, old);
    curl_multi_assign(http->multi, fd, socket);
    return 0;
}

static void on_due(void *arg)
{
    go_on(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long wait_ms, void *arg)
{
    struct http *http = arg;

    (void)multi;
    if (wait_ms < 0)
        loop_timer_stop(http->loop, &http->timer);
    else
        loop_timer_start(http->loop, &http->timer, wait_ms, on_due, http);
    http->timer.context = NULL;
    return 0;
}

/* ---- the outside ---- */

struct http *http_create(struct loop *loop, const struct http_options *options)
{
    struct http *http = must(calloc(1, sizeof(*http)));

    http->loop = loop;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        fatal("out of memory");
    http->multi = must(curl_multi_init());
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    http->max_per_host = options->max_per_host ? options->max_per_host : DEFAULT_MAX_PER_HOST;
    http->max_body = options->max_body ? options->max_body : DEFAULT_MAX_BODY;
    http->max_bodies = options->max_bodies ? options->max_bodies : DEFAULT_MAX_BODIES;
    http->user_agent = must(strdup(options->user_agent ? options->user_agent : "raiox"));
    /* OpenSSL's own variable, which the rest of the process goes by; libcurl alone does not. */
    const char *ca_file = getenv("SSL_CERT_FILE");
    if (ca_file && ca_file[0])
        http->ca_file = must(strdup(ca_file));
    /* The multi handle shares connections and names, but TLS sessions only a share does. */
    http->share = must(curl_share_init());
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)http->max_per_host);
    /* Else curl keeps four connections a transfer under way, and none while it is idle. */
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 4L * http->max_per_host);
    return http;
}

static void call_abort(struct http_call *call)
{
    if (call->transfer) {
        curl_multi_remove_handle(call->http->multi, call->transfer->easy);
        call->host->under_way--;
        pool_put(call->http, call->transfer);
    }
    if (call->lane)
        call_unqueue(call);
    call_free(call);
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    for (struct http_call *call = http->calls; call;) {
        struct http_call *next = call->next;
        assert(call->state != CALL_TELLING);
        call_abort(call);
        call = next;
    }
    while (http->pool) {
        struct transfer *transfer = http->pool;
        http->pool = transfer->next;
        transfer_destroy(http, transfer);
    }
    while (http->hosts) {
        struct host *host = http->hosts;
        http->hosts = host->next;
        free(host->origin);
        free(host);
    }
    curl_multi_cleanup(http->multi); /* closes what is watched */
    loop_timer_stop(http->loop, &http->timer);
    curl_share_cleanup(http->share);
    curl_global_cleanup();
    free(http->user_agent);
    free(http->ca_file);
    free(http);
}

static void copy_text(char **at, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(*at, text, size);
    *at += size;
}

/* Puts the header list (and one entry of ours), then the strings, behind the struct. */
static struct http_call *call_create(const struct http_request *request)
{
    static const char no_expect[] = "Expect:"; /* a body is sent without asking first */
    size_t count = 0, size = sizeof(no_expect);

    for (; request->headers && request->headers[count]; count++)
        size += strlen(request->headers[count]) + 1;
    size += (count + 1) * sizeof(struct curl_slist);
    size += (request->url ? strlen(request->url) : 0) + 1 + request->body_len;

    struct http_call *call = must(calloc(1, sizeof(*call) + size));
    struct curl_slist *list = (struct curl_slist *)(call + 1);
    char *at = (char *)(list + count + 1);
    call->headers = list;
    for (size_t i = 0; i <= count; i++) {
        list[i].data = at;
        list[i].next = i < count ? &list[i + 1] : NULL;
        copy_text(&at, i < count ? request->headers[i] : no_expect);
    }
    call->url = at;
    copy_text(&at, request->url ? request->url : "");
    call->body = at;
    if (request->body_len > 0)
        memcpy(at, request->body, request->body_len);
    call->body_len = request->body_len;
    return call;
}

/* A line break in a header would begin another one. */
static bool headers_fine(const struct http_call *call)
{
    for (const struct curl_slist *header = call->headers; header; header = header->next)
        for (const char *c = header->data; *c; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                return false;
    return true;
}

struct http_call *http_send(struct http *http, const struct http_request *request,
                            http_done_fn *done, void *arg)
{
    struct http_call *call = call_create(request);

    assert(strcmp(request->method, "GET") == 0 || strcmp(request->method, "POST") == 0);
    call->http = http;
    call->done = done;
    call->arg = arg;
    call->context = loop_context(http->loop);
    call->post = request->method[0] == 'P';
    call->once = request->once;
    call->total_ms = request->total_ms ? request->total_ms : DEFAULT_TOTAL_MS;
    call->stall_ms = request->stall_ms ? request->stall_ms : DEFAULT_STALL_MS;
    call->deadline_ms = request->deadline_ms;
    call->next = http->calls;
    if (call->next)
        call->next->prev = call;
    http->calls = call;

    call->host = host_of(http, call->url);
    if (!call->host) {
        call_refuse(call, ERR_CONFIG, "not an URL that may be called");
    } else if (!headers_fine(call)) {
        call_refuse(call, ERR_CONFIG, "a header with a control byte");
    } else if (!call->host->turn && call->host->under_way < http->max_per_host) {
        call_start(call);
    } else {
        call_queue(call, request->lane);
        if (call->deadline_ms)
            loop_timer_start(http->loop, &call->timer, call->deadline_ms - clock_mono_ms(),
                             on_waited_too_long, call);
    }
    return call;
}

/* From its own callback it is fine and does nothing: the call is over already. */
void http_cancel(struct http_call *call)
{
    if (!call || call->state == CALL_TELLING)
        return;
    struct http *http = call->http;
    struct host *host = call->host;
    call_abort(call);
    if (host)
        host_start_waiting(http, host);
}

const char *http_header(const struct http_answer *answer, const char *name)
{
    struct curl_header *header = NULL;

    if (!answer->call->transfer || curl_easy_header(answer->call->transfer->easy, name, 0,
                                                    CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}
