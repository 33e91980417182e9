/*
 * The reply's way into Slack: to the command's response_url, or where that no longer serves, to the
 * asker's direct message (the channel, if the command was public). One post a call; what to do
 * about its outcome is the worker's. A response_url is a secret: it goes nowhere else.
 */
#ifndef RAIOX_BOT_REPLY_H
#define RAIOX_BOT_REPLY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/http.h"
#include "bot/config.h"

#include <stdint.h>

enum reply_outcome {
    REPLY_TAKEN,      /* Slack has it */
    REPLY_NOT_SENT,   /* certainly not taken, and another try may do: no connection, 429 */
    REPLY_UNKNOWN,    /* 5xx, cut, time-out: it may have been taken */
    REPLY_BAD_BLOCKS, /* not taken: the same as text alone may be */
    REPLY_GONE,       /* response_url is too old or used up */
    REPLY_PROHIBITED, /* nothing may be posted there, or the token is no good */
};
const char *reply_outcome_name(enum reply_outcome outcome); /* for the log */

/* err says more, unless REPLY_TAKEN; err->retry_after_ms is Slack's hint. took_ms: from its
 * sending.
 */
typedef void reply_done_fn(void *arg, enum reply_outcome outcome, int64_t took_ms,
                           const struct error *err);

/* Both keep nothing of the body, which is the JSON of message_body(). The handle dies with the
 * callback. */
struct http_call *reply_post(struct http *http, struct arena *arena, const char *response_url,
                             const char *body, reply_done_fn *done, void *arg);
/* chat.postMessage; the body names the channel. */
struct http_call *reply_post_message(struct http *http, struct arena *arena,
                                     const struct config *config, const char *body,
                                     reply_done_fn *done, void *arg);

/* Pure: what an answer of response_url means, and one of chat.postMessage. */
enum reply_outcome reply_judge(int status, struct bytes body, int64_t retry_after_ms,
                               struct error *err);
enum reply_outcome reply_judge_message(int status, struct bytes body, int64_t retry_after_ms,
                                       struct error *err);

#endif
