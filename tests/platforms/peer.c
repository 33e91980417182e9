#include "tests/platforms/peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

#define MAX_TEXT ((size_t)256 * 1024 * 1024)

struct connection {
    struct peer *peer;
    struct connection *next;
    int fd; /* -1: closed */
    struct loop_watch *watch;
    struct buf in, out;
    size_t written;
    bool close_after;
};

struct peer {
    struct loop *loop;
    peer_fn *fn;
    void *arg;
    int fd;
    struct loop_watch *watch;
    struct connection *connections;
    char url[40];
};

static void connection_close(struct connection *c)
{
    if (c->fd < 0)
        return;
    loop_unwatch(c->peer->loop, c->watch);
    close(c->fd);
    c->fd = -1;
    buf_finish(&c->in);
    buf_finish(&c->out);
}

static void percent_decode(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        unsigned int byte;
        if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static void reply_write(struct connection *c, const struct peer_reply *reply)
{
    size_t len = reply->body_len ? reply->body_len : reply->body ? strlen(reply->body) : 0;

    if (reply->status == 0)
        return;
    buf_printf(&c->out, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n", reply->status, len,
               reply->headers ? reply->headers : "");
    if (len)
        buf_add(&c->out, reply->body, reply->cut ? len / 2 : len);
    c->close_after = reply->cut;
}

/* Answers the request that stands whole at the start of the input. */
static bool request_take(struct connection *c)
{
    char *end = c->in.data ? strstr(c->in.data, "\r\n\r\n") : NULL;
    char method[16], target[16384];
    struct peer_reply reply = { .status = 200 };
    size_t body_len = 0, head_len;

    if (!end)
        return false;
    head_len = (size_t)(end - c->in.data) + 4;
    const char *length = strcasestr(c->in.data, "\r\nContent-Length:");
    if (length && length < end)
        body_len = strtoul(length + 17, NULL, 10);
    if (c->in.len < head_len + body_len)
        return false;
    *end = '\0';
    if (sscanf(c->in.data, "%15s %16383s", method, target) != 2)
        abort();
    percent_decode(target);

    char *body = strndup(end + 4, body_len);
    c->peer->fn(c->peer->arg,
                &(struct peer_request){
                    .method = method, .target = target, .headers = c->in.data, .body = body },
                &reply);
    free(body);
    reply_write(c, &reply);

    size_t rest = c->in.len - head_len - body_len;
    memmove(c->in.data, c->in.data + head_len + body_len, rest + 1);
    c->in.len = rest;
    return true;
}

static bool flush(struct connection *c)
{
    while (c->written < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + c->written, c->out.len - c->written, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0)
            return false;
        c->written += (size_t)n;
    }
    bool all = c->written == c->out.len;
    loop_watch_events(c->peer->loop, c->watch, all ? POLLIN : POLLIN | POLLOUT);
    if (all) {
        buf_reset(&c->out);
        c->written = 0;
    }
    return !(all && c->close_after);
}

static void on_connection(void *arg, short revents)
{
    struct connection *c = arg;
    char text[65536];

    if (revents & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t n = recv(c->fd, text, sizeof(text), MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
            connection_close(c);
            return;
        }
        if (n > 0)
            buf_add(&c->in, text, (size_t)n);
    }
    while (request_take(c))
        ;
    if (!flush(c))
        connection_close(c);
}

static void on_accept(void *arg, short revents)
{
    struct peer *peer = arg;
    int fd = accept4(peer->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)revents;
    if (fd < 0)
        return;
    struct connection *c = calloc(1, sizeof(*c));
    assert(c);
    c->peer = peer;
    c->fd = fd;
    buf_init(&c->in, MAX_TEXT);
    buf_init(&c->out, MAX_TEXT);
    c->next = peer->connections;
    peer->connections = c;
    c->watch = loop_watch(peer->loop, fd, POLLIN, on_connection, c);
}

struct peer *peer_create(struct loop *loop, peer_fn *fn, void *arg)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);

    assert(peer);
    peer->loop = loop;
    peer->fn = fn;
    peer->arg = arg;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->fd < 0 || bind(peer->fd, (struct sockaddr *)&address, len) < 0 ||
        listen(peer->fd, 128) < 0 || getsockname(peer->fd, (struct sockaddr *)&address, &len) < 0)
        abort();
    snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    peer->watch = loop_watch(loop, peer->fd, POLLIN, on_accept, peer);
    return peer;
}

void peer_destroy(struct peer *peer)
{
    loop_unwatch(peer->loop, peer->watch);
    close(peer->fd);
    while (peer->connections) {
        struct connection *c = peer->connections;
        peer->connections = c->next;
        connection_close(c);
        free(c);
    }
    free(peer);
}

const char *peer_url(const struct peer *peer)
{
    return peer->url;
}
