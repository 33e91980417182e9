/*
 * HTTP in: libmicrohttpd on our event loop, with the guards that it needs (two Content-Length
 * headers, a Transfer-Encoding or a blank in a header's name end the connection with 400; every
 * request has an absolute deadline; connections have a ceiling, and the oldest incomplete one is
 * closed first). Routes are a table; a handler answers at once or later.
 */
#ifndef RAIOX_BOT_ENDPOINT_H
#define RAIOX_BOT_ENDPOINT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/loop.h"
#include "bot/config.h"

#include <stdbool.h>
#include <stddef.h>

struct request; /* lives until it was answered and the answer is out */

/* Must lead to exactly one request_answer(), now or later. */
typedef void route_fn(void *arg, struct request *request);

struct route {
    const char *method, *path; /* a HEAD is served where GET is */
    route_fn *handle;
    void *arg;
    size_t max_body;          /* larger: 413 */
    const char *content_type; /* media type wanted, another: 415; NULL: any */
};

/* All headers of this name: how often it comes, and the value of the first. */
size_t request_header(const struct request *request, const char *name, const char **ret_value);
struct bytes request_body(const struct request *request);
struct arena *request_arena(struct request *request); /* the request's own */
/* Monotonic time at which its headers were read. */
int64_t request_began_us(const struct request *request);

enum after_answer { KEEP_ALIVE, CLOSE_AFTER };
/* body is copied; content_type NULL: none. */
void request_answer(struct request *request, int status, const char *content_type,
                    struct bytes body, enum after_answer after);

struct endpoint;
/*
 * fd: a listening socket (now the endpoint's). routes (count of them) are kept by pointer. Out of
 * memory ends the process.
 */
struct endpoint *endpoint_create(struct loop *loop, int fd, const struct route *routes,
                                 size_t count);
/* Takes no new connections beyond those that the kernel let in; done once the last answer is out
 * and no request is half read, at once if there is none. */
void endpoint_drain(struct endpoint *endpoint, void (*done)(void *arg), void *arg);
/* Requests that are not answered yet get a 503; nobody may answer them afterwards. NULL is fine. */
void endpoint_destroy(struct endpoint *endpoint);

/*
 * A listening socket: the first that a service manager handed down to this process (LISTEN_PID,
 * LISTEN_FDS), once, or a new one. -1 with err (ERR_CONFIG). ret_port: the port it listens on.
 */
MUST_CHECK int endpoint_listen(const struct listen_address *address, int *ret_port,
                               struct error *err);

#endif
