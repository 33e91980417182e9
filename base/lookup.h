/*
 * A host name looked up beside the loop, by a thread that lives as long: the resolver of libc
 * blocks, for many seconds where a name server is away, and the loop has others to serve.
 */
#ifndef RAIOX_BASE_LOOKUP_H
#define RAIOX_BASE_LOOKUP_H

#include "base/loop.h"

#include <netinet/in.h>

#define LOOKUP_ADDRESSES 8

struct lookup_answer {
    size_t count;                                       /* 0: why says what the resolver said */
    char text[LOOKUP_ADDRESSES][INET6_ADDRSTRLEN + 16]; /* "192.0.2.1", "fe80::1%eth0" */
    char why[120];
};

struct lookup;
/* Borrowed until the callback returns. */
typedef void lookup_done_fn(void *arg, const struct lookup_answer *answer);
/* The callback runs once, never inside this call, and not at all after lookup_cancel(). */
struct lookup *lookup_start(struct loop *loop, const char *host, lookup_done_fn *done, void *arg);
void lookup_cancel(struct lookup *lookup); /* NULL is fine; not from its callback */

#endif
