/*
 * An access token of Google's, by the refresh token grant. One for all asks of the process: one
 * exchange at a time, the others wait for it. Nothing of it leaves the process. Source: the
 * contract of Google's token endpoint, sections 3 to 5.
 */
#ifndef RAIOX_PLATFORMS_GOOGLE_TOKEN_H
#define RAIOX_PLATFORMS_GOOGLE_TOKEN_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "platforms/upstream.h"

#include <stdint.h>

struct google_token_options {
    const char *platform; /* a literal, for upstream events: "google_ads" */
    const char *url;      /* of the token endpoint */
    const char *client_id, *client_secret, *refresh_token;
};

struct google_token;
/* options are copied. */
struct google_token *google_token_create(struct upstream *upstream,
                                         const struct google_token_options *options);
void google_token_destroy(struct google_token *token); /* before its upstream */

/*
 * The token, while it is good for some time yet; NULL: wait for one. Begins to renew it in the
 * background when it has less than 5 minutes left. Borrowed until the next turn of the loop.
 */
const char *google_token_now(struct google_token *token);

/*
 * Waits for a token. text is NULL when err is set; a failed exchange is remembered for some
 * seconds, and a dead refresh token for a minute. Runs once, never inside the call, not after the
 * job has ended; ERR_TIMEOUT at its deadline.
 */
typedef void google_token_fn(void *arg, const char *text, const struct error *err);
void google_token_wait(struct google_token *token, struct upstream_job *job, google_token_fn *done,
                       void *arg);

/*
 * An API has answered 401 to the token of this number: throws it away, unless a newer one is here
 * already. The number is that of the token which google_token_now() or done() gave in this turn.
 */
unsigned google_token_number(const struct google_token *token);
void google_token_refused(struct google_token *token, unsigned number);

/* ---- pure ---- */

struct google_token_answer {
    const char *access_token;
    const char *refresh_token; /* NULL: the old one stays */
    int64_t expires_in_ms;
};
/* ERR_BAD_RESPONSE: no token in it, or one that cannot stand in a header. */
MUST_CHECK bool google_token_parse(struct arena *arena, struct bytes body,
                                   struct google_token_answer *ret, struct error *err);
/* Any status. true for a 2xx; otherwise err by the word in "error". */
MUST_CHECK bool google_token_judge(int status, struct bytes body, int64_t retry_after_ms,
                                   struct error *err);

#endif
