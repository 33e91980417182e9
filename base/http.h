/*
 * HTTP out, over one curl multi handle of the loop: HTTP/2 where the host has it, connections and
 * TLS sessions shared by all. https only (http on loopback), no redirects, no proxy or netrc from
 * the environment. Who may vouch for a host is the system's list of authorities, or the file that
 * SSL_CERT_FILE names, for a private one. Calls beyond a host's ceiling wait here as small structs,
 * not as transfers.
 */
#ifndef RAIOX_BASE_HTTP_H
#define RAIOX_BASE_HTTP_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/loop.h"

struct http;
struct http_call;

struct http_options {
    int max_per_host;  /* transfers under way to one host: 0 takes 64 */
    size_t max_body;   /* of one answer, after decompression: 0 takes 32 MiB */
    size_t max_bodies; /* of all answers being held at once: 0 takes 256 MiB */
    const char *user_agent;
};

/* One a loop. */
struct http *http_create(struct loop *loop, const struct http_options *options);
/* Cancels what is under way: no callback runs. Not from a callback of its own. */
void http_destroy(struct http *http);

struct http_request {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *const *headers; /* "Name: value", ends with NULL; or NULL */
    const char *body;           /* POST */
    size_t body_len;
    int64_t total_ms;    /* from its sending (waiting for a turn not counted); 0: 20 s */
    int64_t stall_ms;    /* without a byte, to the next whole second; 0: 10 s */
    int64_t deadline_ms; /* monotonic, waiting included; 0: none */
    int lane;  /* fair turns: waiting calls of one lane do not hold up another's; 0 is a lane */
    bool once; /* POST: never sent again on a new connection when a kept one turns out to be dead
                  (RFC 9110 9.2.2 lets a client do that only where repeating is harmless) */
};

struct http_answer {
    int status;       /* 0: none came */
    const char *body; /* body_len bytes and a NUL; good until the callback returns; empty when the
                         answer did not come whole */
    size_t body_len;
    int64_t took_ms; /* from its sending */
    bool sent;       /* some byte of the request may have reached the host */
    struct http_call *call;
};
/* A header of the answer, or NULL. The name's case does not matter. Borrowed, as the body. */
const char *http_header(const struct http_answer *answer, const char *name);

/*
 * answer is never NULL; err is NULL when an HTTP answer came whole, whatever its status. Otherwise
 * ERR_TIMEOUT, ERR_UNAVAILABLE (connect, TLS, cut off, max_bodies used up), ERR_BAD_RESPONSE (too
 * large, not HTTP, encoding broken) or ERR_CONFIG (URL, a header with a control byte). err->log
 * holds no part of the request, not even the host.
 */
typedef void http_done_fn(void *arg, const struct http_answer *answer, const struct error *err);

/*
 * Copies what it needs of the request. The callback runs once, never inside this call, and not at
 * all after http_cancel(). The handle is dead once the callback has run.
 */
struct http_call *http_send(struct http *http, const struct http_request *request,
                            http_done_fn *done, void *arg);
void http_cancel(struct http_call *call); /* NULL is fine */

/*
 * Is it an URL that we may call: https, or http on loopback (127.0.0.0/8, [::1], localhost); no
 * user info?
 */
bool http_url_allowed(const char *url);
/* "https://host:port" of both the same? Default ports count as written; host case does not matter.
 */
bool http_same_origin(const char *url, const char *origin);

#endif
