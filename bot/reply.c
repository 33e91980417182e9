/*
 * Posting, and reading what Slack says to it. Source: Slack docs, "Handling user interaction", and
 * chat.postMessage. Classified by status first, then by words of the body.
 */
#include "bot/reply.h"

#include "base/json.h"
#include "platforms/upstream.h"

#include <string.h>

struct post {
    reply_done_fn *done;
    void *arg;
    enum reply_outcome (*judge)(int status, struct bytes body, int64_t retry_after_ms,
                                struct error *err);
};

static bool mentions(struct bytes body, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memmem(body.data, body.len, words[i], strlen(words[i])))
            return true;
    return false;
}

/* Sets err and gives the outcome back, so that a judgement is one line. */
static enum reply_outcome judged(enum reply_outcome outcome, struct error *err, enum err_kind kind,
                                 int status)
{
    error_set(err, kind, "slack: %s, HTTP %d", reply_outcome_name(outcome), status);
    return outcome;
}

static enum reply_outcome throttled(struct error *err, int status, int64_t retry_after_ms)
{
    judged(REPLY_NOT_SENT, err, ERR_RATE_LIMIT, status);
    err->retry_after_ms = retry_after_ms > 0 ? retry_after_ms : 1000;
    return REPLY_NOT_SENT;
}

enum reply_outcome reply_judge(int status, struct bytes body, int64_t retry_after_ms,
                               struct error *err)
{
    static const char *const prohibited[] = { "action_prohibited", "channel_is_archived",
                                              "channel_not_found", "no_service" };

    if (status >= 200 && status < 300)
        return REPLY_TAKEN;
    if (status == 429)
        return throttled(err, status, retry_after_ms);
    if (status >= 500)
        return judged(REPLY_UNKNOWN, err, ERR_UNAVAILABLE, status);
    if (mentions(body, prohibited, COUNT(prohibited)))
        return judged(REPLY_PROHIBITED, err, ERR_PERMISSION, status);
    if (status == 400) /* whatever its word is: text alone may be taken */
        return judged(REPLY_BAD_BLOCKS, err, ERR_INTERNAL, status);
    if (status == 404 || status == 410)
        return judged(REPLY_GONE, err, ERR_NOT_FOUND, status);
    return judged(REPLY_PROHIBITED, err, ERR_PERMISSION, status);
}

/* The "error" word of an answer that is not ok; NULL: it is ok. */
static const char *message_error(struct arena *arena, struct bytes body)
{
    struct error unread = { 0 };
    const cJSON *root = json_parse(arena, body.data, body.len, &unread);
    const char *word = NULL;

    if (cJSON_IsTrue(json_get(root, "ok")))
        return NULL;
    if (!json_string_opt(root, "error", &word, &unread) || !word)
        return "unreadable";
    return word;
}

enum reply_outcome reply_judge_message(int status, struct bytes body, int64_t retry_after_ms,
                                       struct error *err)
{
    static const char *const bad_blocks[] = { "invalid_blocks", "msg_blocks_too_long", "no_text",
                                              "too_many_attachments" };
    static const char *const busy[] = { "ratelimited", "rate_limited", "message_limit_exceeded" };
    static const char *const away[] = { "internal_error", "fatal_error", "service_unavailable",
                                        "request_timeout", "unreadable" };

    if (status != 200)
        return reply_judge(status, body, retry_after_ms, err);

    scoped_arena struct arena *arena = arena_create();
    const char *word = message_error(arena, body);
    if (!word)
        return REPLY_TAKEN;
    if (mentions(bytes_of(word), busy, COUNT(busy)))
        return throttled(err, status, retry_after_ms);
    if (mentions(bytes_of(word), away, COUNT(away)))
        return judged(REPLY_UNKNOWN, err, ERR_UNAVAILABLE, status);
    if (mentions(bytes_of(word), bad_blocks, COUNT(bad_blocks)))
        return judged(REPLY_BAD_BLOCKS, err, ERR_INTERNAL, status);
    return judged(REPLY_PROHIBITED, err, ERR_PERMISSION, status);
}

static void on_answer(void *arg, const struct http_answer *answer, const struct error *http_err)
{
    struct post *post = arg;
    struct error err = { 0 };
    enum reply_outcome outcome;

    if (!http_err) {
        outcome = post->judge(answer->status, (struct bytes){ answer->body, answer->body_len },
                              upstream_retry_after_ms(answer), &err);
    } else {
        err = *http_err;
        error_wrap(&err, "slack");
        outcome = answer->sent ? REPLY_UNKNOWN : REPLY_NOT_SENT;
    }
    post->done(post->arg, outcome, answer->took_ms, outcome == REPLY_TAKEN ? NULL : &err);
}

static struct http_call *send_post(struct http *http, struct arena *arena, const char *url,
                                   const char *authorization, const char *body,
                                   const struct post *post)
{
    const char *const headers[] = { "Content-Type: application/json; charset=utf-8", authorization,
                                    NULL };
    const struct http_request request = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .body = body,
        .body_len = strlen(body),
        .once = true, /* a second one that we do not know of would be a reply twice, unmarked */
    };
    struct post *kept = arena_new(arena, struct post);

    *kept = *post;
    return http_send(http, &request, on_answer, kept);
}

struct http_call *reply_post(struct http *http, struct arena *arena, const char *response_url,
                             const char *body, reply_done_fn *done, void *arg)
{
    return send_post(http, arena, response_url, NULL, body,
                     &(struct post){ done, arg, reply_judge });
}

struct http_call *reply_post_message(struct http *http, struct arena *arena,
                                     const struct config *config, const char *body,
                                     reply_done_fn *done, void *arg)
{
    const char *url = arena_printf(arena, "%s/chat.postMessage", config->slack_api_url);
    const char *authorization =
        arena_printf(arena, "Authorization: Bearer %s", config->slack_bot_token);

    return send_post(http, arena, url, authorization, body,
                     &(struct post){ done, arg, reply_judge_message });
}

const char *reply_outcome_name(enum reply_outcome outcome)
{
    switch (outcome) {
    case REPLY_TAKEN:
        return "taken";
    case REPLY_NOT_SENT:
        return "not taken yet";
    case REPLY_UNKNOWN:
        return "outcome unknown";
    case REPLY_BAD_BLOCKS:
        return "blocks refused";
    case REPLY_GONE:
        return "response_url expired or used up";
    case REPLY_PROHIBITED:
        return "posting prohibited";
    }
    return "unknown";
}
