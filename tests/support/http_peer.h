/*
 * The other end of base/http.c in its tests: a few plain sockets on loopback that answer as told to
 * the byte, well or badly. It knows no HTTP but where a request ends.
 */
#ifndef RAIOX_TESTS_SUPPORT_HTTP_PEER_H
#define RAIOX_TESTS_SUPPORT_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum peer_manner {
    PEER_WHOLE,     /* the answer at once; the connection stays for the next request */
    PEER_CLOSE,     /* the answer, then the connection is closed */
    PEER_BYTEWISE,  /* a byte of it every pause_ms */
    PEER_NEVER,     /* reads the request and says nothing until the other side leaves */
    PEER_FLOOD,     /* the answer (a head), then flood bytes of 'x' */
    PEER_ONCE_ONLY, /* the first request of a connection gets the answer; at the next one the
                       connection is closed, after the whole request was read */
};

struct peer_play {
    const char *path; /* of the request, up to '?'; the first row that fits; NULL: any */
    enum peer_manner manner;
    const char *answer; /* raw: status line, headers, body */
    size_t answer_len;  /* 0: strlen */
    int pause_ms;
    size_t flood;
};

struct http_peer;

/* plays: count rows, kept by pointer. Serves on a thread a connection until it is stopped. */
struct http_peer *http_peer_start(const struct peer_play *plays, size_t count);
void http_peer_stop(struct http_peer *peer);

/* "http://127.0.0.1:port" + path, in a buffer of its own; good until the next call. */
const char *http_peer_url(struct http_peer *peer, const char *path);

int http_peer_requests(struct http_peer *peer);    /* whole requests so far */
int http_peer_connections(struct http_peer *peer); /* accepted so far */
int http_peer_most(struct http_peer *peer);        /* at one time */
/* What request number n (from 0) said, head and body; NULL: there was none. Good until stopped. */
const char *http_peer_request(struct http_peer *peer, int n);

#endif
