#include "tests/support/http_peer.h"

#include "base/bytes.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)16 << 20)
#define CONNECTIONS_MAX 4096
#define REQUESTS_MAX 16384

struct connection {
    struct http_peer *peer;
    pthread_t thread;
    int fd;
};

struct http_peer {
    const struct peer_play *plays;
    size_t play_count;
    int listener, port;
    pthread_t thread;
    char url[256];

    pthread_mutex_t lock; /* of all below */
    struct connection connections[CONNECTIONS_MAX];
    int connection_count, open, most;
    char *requests[REQUESTS_MAX];
    int request_count;
};

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* Bytes of the first whole request in buf; 0: there is more to come. */
static size_t request_size(const struct buf *buf)
{
    const char *head_end = buf->len > 0 ? strstr(buf->data, "\r\n\r\n") : NULL;
    size_t body = 0;

    if (!head_end)
        return 0;
    const char *length = strcasestr(buf->data, "\r\ncontent-length:");
    if (length && length < head_end)
        body = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    size_t size = (size_t)(head_end - buf->data) + 4 + body;
    return size <= buf->len ? size : 0;
}

/* Reads until a request is whole. false: the other side left. */
static bool read_request(int fd, struct buf *buf, size_t *ret_size)
{
    char piece[65536];

    while ((*ret_size = request_size(buf)) == 0) {
        ssize_t len = recv(fd, piece, sizeof(piece), 0);
        if (len <= 0)
            return false;
        buf_add(buf, piece, (size_t)len);
    }
    return true;
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Until pause_ms (-1: for ever) are over. false: the other side left meanwhile. */
static bool pause_unless_left(int fd, int pause_ms)
{
    struct pollfd at = { .fd = fd, .events = POLLRDHUP };
    return poll(&at, 1, pause_ms) == 0;
}

static bool send_bytewise(int fd, const struct peer_play *play, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!send_all(fd, play->answer + i, 1) || !pause_unless_left(fd, play->pause_ms))
            return false;
    return true;
}

static bool send_flood(int fd, size_t left)
{
    char piece[65536];

    memset(piece, 'x', sizeof(piece));
    while (left > 0) {
        size_t len = left < sizeof(piece) ? left : sizeof(piece);
        if (!send_all(fd, piece, len))
            return false;
        left -= len;
    }
    return true;
}

/* false: the connection is over. */
static bool play_out(int fd, const struct peer_play *play, int nth)
{
    size_t len = play->answer_len ? play->answer_len : play->answer ? strlen(play->answer) : 0;

    switch (play->manner) {
    case PEER_WHOLE:
        return send_all(fd, play->answer, len);
    case PEER_CLOSE:
        send_all(fd, play->answer, len);
        return false;
    case PEER_BYTEWISE:
        return send_bytewise(fd, play, len);
    case PEER_NEVER:
        return pause_unless_left(fd, -1);
    case PEER_FLOOD:
        return send_all(fd, play->answer, len) && send_flood(fd, play->flood);
    case PEER_ONCE_ONLY:
        return nth == 0 && send_all(fd, play->answer, len);
    }
    return false;
}

static const struct peer_play *find_play(const struct http_peer *peer, const char *request)
{
    const char *path = strchr(request, ' ');
    size_t len = path ? strcspn(++path, " ?") : 0;

    for (size_t i = 0; i < peer->play_count; i++) {
        const char *wanted = peer->plays[i].path;
        if (!wanted || (path && strlen(wanted) == len && memcmp(wanted, path, len) == 0))
            return &peer->plays[i];
    }
    fatal("the peer was asked for a path that no test row has");
}

static const char *record(struct http_peer *peer, const char *request, size_t size)
{
    char *copy = strndup(request, size);

    pthread_mutex_lock(&peer->lock);
    must_be(copy && peer->request_count < REQUESTS_MAX, "too many requests for a test's peer");
    peer->requests[peer->request_count++] = copy;
    pthread_mutex_unlock(&peer->lock);
    return copy;
}

static void *serve_connection(void *arg)
{
    struct connection *connection = arg;
    struct http_peer *peer = connection->peer;
    int fd = connection->fd, nth = 0;
    size_t size = 0;
    scoped_buf struct buf in;

    buf_init(&in, REQUEST_MAX);
    while (read_request(fd, &in, &size)) {
        const char *request = record(peer, in.data, size);
        memmove(in.data, in.data + size, in.len - size + 1);
        in.len -= size;
        if (!play_out(fd, find_play(peer, request), nth++))
            break;
    }
    shutdown(fd, SHUT_RDWR);
    pthread_mutex_lock(&peer->lock);
    peer->open--;
    pthread_mutex_unlock(&peer->lock);
    return NULL;
}

static void take_connection(struct http_peer *peer, int fd)
{
    pthread_mutex_lock(&peer->lock);
    must_be(peer->connection_count < CONNECTIONS_MAX, "too many connections for a test's peer");
    struct connection *connection = &peer->connections[peer->connection_count];
    *connection = (struct connection){ .peer = peer, .fd = fd };
    must_be(pthread_create(&connection->thread, NULL, serve_connection, connection) == 0,
            "no thread for a connection");
    peer->connection_count++;
    if (++peer->open > peer->most)
        peer->most = peer->open;
    pthread_mutex_unlock(&peer->lock);
}

static void *accept_connections(void *arg)
{
    struct http_peer *peer = arg;

    for (;;) {
        int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) /* the listener was shut down */
            return NULL;
        take_connection(peer, fd);
    }
}

struct http_peer *http_peer_start(const struct peer_play *plays, size_t count)
{
    struct http_peer *peer = calloc(1, sizeof(*peer));
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);

    must_be(peer != NULL, "out of memory");
    peer->plays = plays;
    peer->play_count = count;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must_be(peer->listener >= 0 && bind(peer->listener, (struct sockaddr *)&at, len) == 0 &&
                listen(peer->listener, 1024) == 0 &&
                getsockname(peer->listener, (struct sockaddr *)&at, &len) == 0,
            "no port on loopback");
    peer->port = ntohs(at.sin_port);
    pthread_mutex_init(&peer->lock, NULL);
    must_be(pthread_create(&peer->thread, NULL, accept_connections, peer) == 0, "no thread");
    return peer;
}

void http_peer_stop(struct http_peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    for (int i = 0; i < peer->connection_count; i++) {
        shutdown(peer->connections[i].fd, SHUT_RDWR);
        pthread_join(peer->connections[i].thread, NULL);
        close(peer->connections[i].fd);
    }
    for (int i = 0; i < peer->request_count; i++)
        free(peer->requests[i]);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

const char *http_peer_url(struct http_peer *peer, const char *path)
{
    snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%d%s", peer->port, path);
    return peer->url;
}

static int locked(struct http_peer *peer, const int *number)
{
    pthread_mutex_lock(&peer->lock);
    int now = *number;
    pthread_mutex_unlock(&peer->lock);
    return now;
}

int http_peer_requests(struct http_peer *peer)
{
    return locked(peer, &peer->request_count);
}

int http_peer_connections(struct http_peer *peer)
{
    return locked(peer, &peer->connection_count);
}

int http_peer_most(struct http_peer *peer)
{
    return locked(peer, &peer->most);
}

const char *http_peer_request(struct http_peer *peer, int n)
{
    pthread_mutex_lock(&peer->lock);
    const char *request = n >= 0 && n < peer->request_count ? peer->requests[n] : NULL;
    pthread_mutex_unlock(&peer->lock);
    return request;
}
