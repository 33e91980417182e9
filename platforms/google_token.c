#include "platforms/google_token.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define SECOND_MS INT64_C(1000)
/* Renewed in the background below this, no longer handed out below that. */
#define RENEW_MS (300 * SECOND_MS)
#define SPARE_MS (60 * SECOND_MS)
/* All tries of one exchange: the reports behind it have 60 s in all. */
#define EXCHANGE_MS (25 * SECOND_MS)
/* How long a failed exchange is remembered: one that may pass, and one that a person must mend. A
 * refused token is remembered by the upstream, for all workers. */
#define FAILED_MS (5 * SECOND_MS)
#define DEAD_MS (60 * SECOND_MS)
/* About 2 KiB as a rule; the contract says to allow for longer. */
#define MAX_TOKEN 16384

struct google_token {
    struct upstream *upstream;
    struct loop *loop;
    const char *platform;
    char *url, *client_id, *client_secret, *refresh_token;
    char name[UPSTREAM_TOKEN_NAME]; /* of refresh_token */
    char *text;                     /* NULL: none */
    int64_t good_until_ms;          /* monotonic, SPARE_MS already taken off */
    int64_t asked_ms;               /* when the exchange under way began */
    unsigned number;                /* of text: 1 for the first */
    struct error failure;           /* of the last exchange; kind NONE: it brought text */
    int64_t failed_until_ms;
    struct upstream_job *job; /* of the exchange under way; NULL: none */
    struct upstream_line line;
};

struct want { /* one of the line */
    struct google_token *token;
    struct upstream_job *job;
    google_token_fn *done;
    void *arg;
};

static char *copy(const char *text)
{
    char *ret = strdup(text);

    if (!ret)
        fatal("out of memory");
    return ret;
}

struct google_token *google_token_create(struct upstream *upstream,
                                         const struct google_token_options *options)
{
    struct google_token *token = calloc(1, sizeof(*token));

    if (!token)
        fatal("out of memory");
    token->upstream = upstream;
    token->loop = upstream_loop(upstream);
    token->platform = options->platform;
    token->url = copy(options->url);
    token->client_id = copy(options->client_id);
    token->client_secret = copy(options->client_secret);
    token->refresh_token = copy(options->refresh_token);
    upstream_token_name(token->refresh_token, token->name);
    return token;
}

void google_token_destroy(struct google_token *token)
{
    if (!token)
        return;
    upstream_line_drop(&token->line);
    upstream_job_end(token->job);
    free(token->url);
    free(token->client_id);
    free(token->client_secret);
    free(token->refresh_token);
    free(token->text);
    free(token);
}

/* ---- what the endpoint says ---- */

static enum err_kind kind_of_word(const char *word)
{
    static const struct {
        const char *word;
        enum err_kind kind;
    } words[] = {
        { "invalid_grant", ERR_AUTH },
        { "invalid_client", ERR_CONFIG },
        { "unauthorized_client", ERR_CONFIG },
        { "invalid_scope", ERR_CONFIG },
        { "access_denied", ERR_PERMISSION },
        { "org_internal", ERR_PERMISSION },
        { "admin_policy_enforced", ERR_PERMISSION },
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].kind;
    return ERR_BAD_RESPONSE;
}

bool google_token_judge(int status, struct bytes body, int64_t retry_after_ms, struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    struct error ignored;
    const char *word = NULL;

    if (status >= 200 && status < 300)
        return true;
    if (status == 429 || status >= 500) {
        error_set(err, ERR_UNAVAILABLE, "google token: HTTP status %d", status);
        err->retry_after_ms = retry_after_ms;
        return false;
    }
    if (!json_string(json_parse(arena, body.data, body.len, &ignored), "error", &word, &ignored))
        return error_set(err, ERR_BAD_RESPONSE, "google token: HTTP status %d", status);
    return error_set(err, kind_of_word(word), "google token: HTTP status %d: %.*s", status,
                     (int)utf8_cut(word, 60), word);
}

/* It goes into a header: printable ASCII, without blanks. */
static bool fit_for_header(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > MAX_TOKEN)
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return true;
}

bool google_token_parse(struct arena *arena, struct bytes body, struct google_token_answer *ret,
                        struct error *err)
{
    cJSON *root = json_parse(arena, body.data, body.len, err);
    struct google_token_answer got = { 0 };
    int64_t seconds;

    if (!root || !json_string(root, "access_token", &got.access_token, err) ||
        !json_string_opt(root, "refresh_token", &got.refresh_token, err) ||
        !json_int(root, "expires_in", &seconds, err))
        return error_wrap(err, "google token");
    if (!fit_for_header(got.access_token) || seconds <= 0 || seconds > 24 * 3600)
        return error_set(err, ERR_BAD_RESPONSE, "google token: no token that we could use");
    got.expires_in_ms = seconds * SECOND_MS;
    *ret = got;
    return true;
}

/* ---- the exchange ---- */

static void settle(struct google_token *token, const struct error *failure)
{
    struct upstream_job *job = TAKE(token->job);

    token->failure = failure ? *failure : (struct error){ 0 };
    token->failed_until_ms = loop_now_ms(token->loop);
    if (failure && failure->kind != ERR_AUTH)
        token->failed_until_ms += error_may_pass(failure->kind) ? FAILED_MS : DEAD_MS;
    upstream_wake(&token->line);
    upstream_job_end(job);
}

static bool judge(void *arg, const struct http_answer *answer, struct error *err)
{
    (void)arg;
    return google_token_judge(answer->status, (struct bytes){ answer->body, answer->body_len },
                              upstream_retry_after_ms(answer), err);
}

static void on_exchanged(void *arg, const struct http_answer *answer, const struct error *failure)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_token *token = arg;
    struct google_token_answer got;
    struct error err;

    if (failure ||
        !google_token_parse(arena, (struct bytes){ answer->body, answer->body_len }, &got, &err)) {
        settle(token, failure ? failure : &err);
        return;
    }
    free(token->text);
    token->text = copy(got.access_token);
    token->number++;
    token->good_until_ms = token->asked_ms + got.expires_in_ms - SPARE_MS;
    if (got.refresh_token) {
        free(token->refresh_token);
        token->refresh_token = copy(got.refresh_token);
        upstream_token_name(token->refresh_token, token->name);
    }
    settle(token, NULL);
}

static void add_field(struct buf *form, const char *name, const char *value)
{
    buf_text(form, form->len ? "&" : "");
    buf_text(form, name);
    buf_char(form, '=');
    buf_urlencode(form, value, strlen(value));
}

/* Under no one's context: it must not be charged to, nor outlive, the report that began it. */
static void exchange(struct google_token *token)
{
    static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                           NULL };
    void *context = loop_context_swap(token->loop, NULL);
    scoped_buf struct buf form;

    buf_init(&form, SIZE_MAX);
    add_field(&form, "grant_type", "refresh_token");
    add_field(&form, "refresh_token", token->refresh_token);
    add_field(&form, "client_id", token->client_id);
    add_field(&form, "client_secret", token->client_secret);
    token->asked_ms = loop_now_ms(token->loop);
    token->job = upstream_job_begin(token->upstream, token->asked_ms + EXCHANGE_MS, NULL);
    upstream_send(token->job, &(struct upstream_call){
                                  .platform = token->platform,
                                  .what = "token",
                                  .token = token->name,
                                  .request = { .method = "POST",
                                               .url = token->url,
                                               .headers = headers,
                                               .body = form.data,
                                               .body_len = form.len },
                                  .judge = judge,
                                  .done = on_exchanged,
                                  .arg = token,
                              });
    loop_context_swap(token->loop, context);
}

static bool failed_lately(const struct google_token *token)
{
    return token->failure.kind != ERR_NONE && loop_now_ms(token->loop) < token->failed_until_ms;
}

/* ---- what others call ---- */

const char *google_token_now(struct google_token *token)
{
    int64_t left = token->text ? token->good_until_ms - loop_now_ms(token->loop) : 0;

    if (left <= 0)
        return NULL;
    if (left < RENEW_MS - SPARE_MS && !token->job && !failed_lately(token))
        exchange(token);
    return token->text;
}

static void on_settled(void *arg)
{
    struct want *want = arg;
    struct google_token *token = want->token;

    bool fresh = token->failure.kind == ERR_NONE; /* however short its life */

    if (token->text && (fresh || token->good_until_ms > loop_now_ms(token->loop))) {
        want->done(want->arg, token->text, NULL);
    } else if (fresh) { /* thrown away between its coming and this turn */
        google_token_wait(token, want->job, want->done, want->arg);
    } else {
        struct error err = token->failure; /* done() may destroy the token */
        want->done(want->arg, NULL, &err);
    }
}

static void on_late(void *arg)
{
    struct want *want = arg;
    struct error err = { 0 };

    error_set(&err, ERR_TIMEOUT, "google token: none came in time");
    want->done(want->arg, NULL, &err);
}

void google_token_wait(struct google_token *token, struct upstream_job *job, google_token_fn *done,
                       void *arg)
{
    struct want want = { token, job, done, arg };

    upstream_wait(job, &token->line, on_settled, on_late, &want, sizeof(want));
    if (token->job)
        return;
    if (failed_lately(token) || google_token_now(token))
        upstream_wake(&token->line);
    else
        exchange(token);
}

unsigned google_token_number(const struct google_token *token)
{
    return token->number;
}

void google_token_refused(struct google_token *token, unsigned number)
{
    if (number != token->number)
        return;
    free(token->text);
    token->text = NULL;
}
