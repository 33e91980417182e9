/*
 * The other end of an outside call, for the tests of the clients: a small HTTP/1.1 server on
 * 127.0.0.1 that lives on the test's own loop, so that a test needs neither threads nor luck. It
 * answers what the test's function says, breaks off in the middle, or never answers at all.
 */
#ifndef RAIOX_TESTS_PLATFORMS_PEER_H
#define RAIOX_TESTS_PLATFORMS_PEER_H

#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>

struct peer_request {
    const char *method;
    const char *target;  /* percent-decoded: "/v1/me?fields=id" */
    const char *headers; /* raw, one a line */
    const char *body;
};

struct peer_reply {
    int status;          /* 0: no answer, the connection stays open */
    const char *headers; /* more lines, each with its \r\n; NULL: none */
    const char *body;    /* good until the function is called again */
    size_t body_len;     /* 0: strlen */
    bool cut;            /* half of the body, then the connection is closed */
};

typedef void peer_fn(void *arg, const struct peer_request *request, struct peer_reply *reply);

struct peer;
struct peer *peer_create(struct loop *loop, peer_fn *fn, void *arg);
void peer_destroy(struct peer *peer);
const char *peer_url(const struct peer *peer); /* "http://127.0.0.1:PORT" */

#endif
