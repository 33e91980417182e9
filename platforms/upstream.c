/*
 * Between a platform's plan and base/http: every outside call passes here, is tried again where
 * that helps, and is told to the observer. A call lives in its job's list from upstream_send() to
 * its done(); it is always in one of two states, under way (http set) or waiting (timer set), so
 * ending a job means ending either.
 */
#include "platforms/upstream.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "platforms/holds.h"

#define MAX_TRIES 5
/* The first back-off; each next one is twice as long. */
#define FIRST_WAIT_MS 500
/* What a host may ask us to wait at most, so that sums of times stay far from overflow. Google was
 * seen to ask for 11 hours. */
#define MAX_HINT_MS ((int64_t)7 * 24 * 3600 * 1000)

/*
 * A wait that no report lives through is kept to by the reports that come after it, too: each call
 * before its end would be refused, and counts against the quota that is used up. Once an hour it is
 * tried all the same, for a host may have named a wait that is absurd.
 */
#define HOLD_MIN_MS (INT64_C(60) * 1000)
#define HOLD_MAX_MS (INT64_C(60) * 60 * 1000)
/* A token that was refused is refused again; whoever mends it is not kept waiting longer. */
#define DEAD_MS (INT64_C(60) * 1000)

struct upstream {
    struct loop *loop;
    struct holds *holds;
    struct http *http;
    upstream_event_fn *on_event;
    void *observer;
    struct upstream_job *jobs; /* all that were begun and not ended */
    uint64_t random;           /* state of the jitter's generator, never 0 */
    int next_lane;
};

struct upstream_sent {
    struct upstream_job *job;
    struct upstream_sent *prev, *next;
    struct upstream_call call; /* its request's texts are behind the struct */
    struct http_call *http;
    struct loop_timer timer;
    int try;
};

/* A thing that runs later or never: fn from a timer (at once, or when its line is woken), or value
 * from a cache that knows no cancel. */
struct pending {
    struct upstream_job *job; /* NULL: the job has ended, only the memory is left to free */
    struct pending *prev, *next;
    struct loop_timer timer;
    void (*fn)(void *arg);
    void (*late)(void *arg); /* in fn's place at the job's deadline; NULL: waits on */
    cache_value_fn *on_value;
    cache_claim_fn *on_claim;
    bool in_cache; /* the cache holds a pointer to us and will call */
    void *arg;
    struct upstream_line *line; /* NULL: stands in none */
    struct pending *behind;     /* the next of the line */
    void *context;              /* the loop's, of who stands in the line */
};

struct upstream_job {
    struct upstream *upstream;
    struct upstream_job *prev, *next;
    struct upstream_sent *sent;
    struct pending *pending;
    int64_t deadline_ms;
    void *arg;
    int calls, lane;
};

#define LIST_ADD(head, item)                                                                       \
    do {                                                                                           \
        (item)->prev = NULL;                                                                       \
        (item)->next = (head);                                                                     \
        if (head)                                                                                  \
            (head)->prev = (item);                                                                 \
        (head) = (item);                                                                           \
    } while (0)
#define LIST_REMOVE(head, item)                                                                    \
    do {                                                                                           \
        if ((item)->prev)                                                                          \
            (item)->prev->next = (item)->next;                                                     \
        else                                                                                       \
            (head) = (item)->next;                                                                 \
        if ((item)->next)                                                                          \
            (item)->next->prev = (item)->prev;                                                     \
    } while (0)

static void *zeroed(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        fatal("out of memory");
    return memory;
}

struct upstream *upstream_create(struct loop *loop, struct http *http, struct redis *redis,
                                 upstream_event_fn *on_event, void *observer)
{
    struct upstream *upstream = zeroed(sizeof(*upstream));

    upstream->loop = loop;
    upstream->http = http;
    upstream->holds = holds_create(loop, redis);
    upstream->on_event = on_event;
    upstream->observer = observer;
    /* Forked workers must not retry in step. A seed that could not be read costs only that. */
    if (getrandom(&upstream->random, sizeof(upstream->random), GRND_NONBLOCK) < 0)
        upstream->random = (uint64_t)loop_now_ms(loop);
    upstream->random |= 1;
    return upstream;
}

void upstream_destroy(struct upstream *upstream)
{
    if (!upstream)
        return;
    for (struct upstream_job *job = upstream->jobs, *next; job; job = next) {
        next = job->next;
        upstream_job_end(job);
    }
    holds_destroy(upstream->holds);
    free(upstream);
}

struct upstream_job *upstream_job_begin(struct upstream *upstream, int64_t deadline_ms, void *arg)
{
    struct upstream_job *job = zeroed(sizeof(*job));

    job->upstream = upstream;
    job->deadline_ms = deadline_ms;
    job->arg = arg;
    upstream->next_lane = upstream->next_lane % 1000000 + 1; /* lane 0 is left to others */
    job->lane = upstream->next_lane;
    LIST_ADD(upstream->jobs, job);
    holds_refresh(upstream->holds);
    return job;
}

static void sent_free(struct upstream_sent *sent)
{
    LIST_REMOVE(sent->job->sent, sent);
    free(sent);
}

void upstream_cancel(struct upstream_sent *sent)
{
    if (!sent)
        return;
    http_cancel(sent->http);
    loop_timer_stop(sent->job->upstream->loop, &sent->timer);
    sent_free(sent);
}

static void line_leave(struct pending *pending)
{
    struct pending **at = pending->line ? &pending->line->first : NULL;

    if (!at)
        return;
    while (*at != pending)
        at = &(*at)->behind;
    *at = pending->behind;
    pending->line = NULL;
}

static void pending_detach(struct pending *pending)
{
    line_leave(pending);
    LIST_REMOVE(pending->job->pending, pending);
    loop_timer_stop(pending->job->upstream->loop, &pending->timer);
    pending->job = NULL;
}

static void pending_drop(struct pending *pending)
{
    pending_detach(pending);
    if (!pending->in_cache)
        free(pending);
}

void upstream_job_end(struct upstream_job *job)
{
    if (!job)
        return;
    for (struct upstream_sent *sent = job->sent, *next; sent; sent = next) {
        next = sent->next;
        upstream_cancel(sent);
    }
    for (struct pending *pending = job->pending, *next; pending; pending = next) {
        next = pending->next;
        pending_drop(pending);
    }
    LIST_REMOVE(job->upstream->jobs, job);
    free(job);
}

int upstream_job_calls(const struct upstream_job *job)
{
    return job->calls;
}

struct upstream *upstream_of(struct upstream_job *job)
{
    return job->upstream;
}

struct loop *upstream_loop(struct upstream *upstream)
{
    return upstream->loop;
}

/* ---- waiting between tries ---- */

/* xorshift64*: spreading retries needs no better one. */
static uint64_t random_next(struct upstream *upstream)
{
    uint64_t x = upstream->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    upstream->random = x;
    return (x * 0x2545f4914f6cdd1dU) >> 32;
}

/* How long to wait behind try number `try`: never less than the platform's own hint. */
static int64_t wait_ms(struct upstream *upstream, const struct error *err, int try)
{
    int64_t base = (int64_t)FIRST_WAIT_MS << (try - 1);
    int64_t jitter = (int64_t)(random_next(upstream) % (uint64_t)(base / 2));

    if (err->retry_after_ms > 0)
        return err->retry_after_ms + jitter / 2;
    return base * 3 / 4 + jitter; /* 75 % to 125 % */
}

/* The wait before the next try, or -1 when there is none. */
static int64_t next_try_ms(struct upstream_sent *sent, const struct error *err)
{
    struct upstream_job *job = sent->job;
    int64_t wait;

    if (!error_may_pass(err->kind) || sent->try >= MAX_TRIES)
        return -1;
    wait = wait_ms(job->upstream, err, sent->try);
    return loop_now_ms(job->upstream->loop) + wait < sent->call.request.deadline_ms ? wait : -1;
}

static void tell(const struct upstream_sent *sent, const struct http_answer *answer,
                 const struct error *err, int64_t retry_in_ms)
{
    const struct upstream *upstream = sent->job->upstream;
    struct upstream_event event = {
        .platform = sent->call.platform,
        .what = sent->call.what,
        .account = sent->call.account,
        .try = sent->try,
        .status = answer->status,
        .took_ms = answer->took_ms,
        .bytes = answer->body_len,
        .kind = err ? err->kind : ERR_NONE,
        .retry_in_ms = retry_in_ms,
        .error = err ? err->log : "",
    };

    if (upstream->on_event)
        upstream->on_event(upstream->observer, sent->job->arg, &event);
}

/* ---- what is not to be asked for some time ---- */

void upstream_token_name(const char *token, char ret[UPSTREAM_TOKEN_NAME])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (EVP_Digest(token, strlen(token), hash, &len, EVP_sha256(), NULL) != 1)
        fatal("SHA-256 does not work");
    for (size_t i = 0; i < (UPSTREAM_TOKEN_NAME - 1) / 2; i++)
        snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

/* An account's quota is one for all that is asked of it: else the call beside the held one would
 * go out, and be cancelled before its answer teaches us anything. */
static const char *call_name(struct arena *arena, const struct upstream_call *call)
{
    if (call->account)
        return arena_printf(arena, "%s account %s", call->platform, call->account);
    return arena_printf(arena, "%s call %s", call->platform, call->what);
}

static const char *token_name(struct arena *arena, const struct upstream_call *call)
{
    return arena_printf(arena, "%s token %s", call->platform, call->token);
}

/* NULL: it may be sent. */
static const struct hold *hold_find(struct upstream *upstream, const struct upstream_call *call)
{
    if (holds_none(upstream->holds))
        return NULL;

    scoped_arena struct arena *arena = arena_create();
    const struct hold *hold = holds_find(upstream->holds, call_name(arena, call));
    if (!hold && call->token)
        hold = holds_find(upstream->holds, token_name(arena, call));
    return hold;
}

static void hold_add(struct upstream *upstream, const struct upstream_call *call,
                     const struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    int64_t wait = err->retry_after_ms;

    if (err->kind == ERR_AUTH && call->token)
        holds_add(upstream->holds, token_name(arena, call), err, DEAD_MS, DEAD_MS);
    else if (error_may_pass(err->kind) && wait > HOLD_MIN_MS)
        holds_add(upstream->holds, call_name(arena, call), err,
                  wait < HOLD_MAX_MS ? wait : HOLD_MAX_MS, wait);
}

/* ---- a try ---- */

static void send_try(void *arg);

static bool judge(const struct upstream_call *call, const struct http_answer *answer,
                  const struct error *transport, struct error *err)
{
    if (transport) {
        *err = *transport;
        return false;
    }
    if (!call->judge)
        return upstream_judge_status(answer, err);
    return call->judge(call->arg, answer, err);
}

/* done() may end the job: nothing of it, nor of the call, is touched behind it. */
static void sent_end(struct upstream_sent *sent, const struct http_answer *answer,
                     const struct error *err)
{
    void (*done)(void *, const struct http_answer *, const struct error *) = sent->call.done;
    void *done_arg = sent->call.arg;

    sent_free(sent);
    done(done_arg, answer, err);
}

static void on_answer(void *arg, const struct http_answer *answer, const struct error *transport)
{
    struct upstream_sent *sent = arg;
    struct error err = { 0 };
    bool good = judge(&sent->call, answer, transport, &err);
    int64_t wait = -1;

    sent->http = NULL;
    if (err.retry_after_ms > MAX_HINT_MS)
        err.retry_after_ms = MAX_HINT_MS;
    if (!good)
        wait = next_try_ms(sent, &err);
    tell(sent, answer, good ? NULL : &err, wait);
    if (wait >= 0) {
        loop_timer_start(sent->job->upstream->loop, &sent->timer, wait, send_try, sent);
        return;
    }

    if (!good)
        hold_add(sent->job->upstream, &sent->call, &err);
    sent_end(sent, answer, good ? NULL : &err);
}

/* In the turn after upstream_send(): nothing was sent. */
static void on_held(void *arg)
{
    struct upstream_sent *sent = arg;
    struct upstream *upstream = sent->job->upstream;
    const struct hold *hold = hold_find(upstream, &sent->call);

    if (!hold) { /* it has just passed */
        send_try(sent);
        return;
    }
    struct error err = hold->err;
    err.retry_after_ms = 0;
    if (error_may_pass(err.kind)) /* no wait mends a token */
        err.retry_after_ms = hold->wait_until_ms - loop_now_ms(upstream->loop);
    sent_end(sent, &(struct http_answer){ .body = "" }, &err);
}

static void send_try(void *arg)
{
    struct upstream_sent *sent = arg;
    struct upstream_job *job = sent->job;

    sent->try++;
    job->calls++;
    sent->http = http_send(job->upstream->http, &sent->call.request, on_answer, sent);
}

/* The request and its texts in one piece of memory behind the struct. */
static struct upstream_sent *sent_copy(const struct upstream_call *call)
{
    const struct http_request *from = &call->request;
    size_t count = 0, texts = strlen(from->method) + strlen(from->url) + 2 + from->body_len + 1;

    while (from->headers && from->headers[count])
        texts += strlen(from->headers[count++]) + 1;

    struct upstream_sent *sent = zeroed(sizeof(*sent) + (count + 1) * sizeof(char *) + texts);
    const char **headers = (const char **)(sent + 1);
    char *at = (char *)(headers + count + 1);

    sent->call = *call;
    sent->call.request.method = at;
    at = stpcpy(at, from->method) + 1;
    sent->call.request.url = at;
    at = stpcpy(at, from->url) + 1;
    for (size_t i = 0; i < count; i++) {
        headers[i] = at;
        at = stpcpy(at, from->headers[i]) + 1;
    }
    sent->call.request.headers = headers;
    if (from->body) {
        memcpy(at, from->body, from->body_len);
        sent->call.request.body = at;
    }
    return sent;
}

struct upstream_sent *upstream_send(struct upstream_job *job, const struct upstream_call *call)
{
    assert(call->done);

    struct upstream_sent *sent = sent_copy(call);
    struct http_request *request = &sent->call.request;

    if (request->deadline_ms == 0 || request->deadline_ms > job->deadline_ms)
        request->deadline_ms = job->deadline_ms;
    request->lane = job->lane;
    sent->job = job;
    LIST_ADD(job->sent, sent);
    holds_refresh(job->upstream->holds);
    if (hold_find(job->upstream, call))
        loop_timer_start(job->upstream->loop, &sent->timer, 0, on_held, sent);
    else
        send_try(sent);
    return sent;
}

/* ---- what is no call ---- */

static struct pending *pending_add(struct upstream_job *job, void *arg, size_t more)
{
    struct pending *pending = zeroed(sizeof(*pending) + more);

    pending->job = job;
    pending->arg = arg;
    LIST_ADD(job->pending, pending);
    return pending;
}

/* fn may end the job; what it reads may lie in the pending itself. */
static void on_later(void *arg)
{
    struct pending *pending = arg;

    pending_detach(pending);
    pending->fn(pending->arg);
    free(pending);
}

void upstream_after(struct upstream_job *job, int64_t wait_ms, void (*fn)(void *arg), void *arg)
{
    struct pending *pending = pending_add(job, arg, 0);

    pending->fn = fn;
    loop_timer_start(job->upstream->loop, &pending->timer, wait_ms, on_later, pending);
}

void upstream_later(struct upstream_job *job, void (*fn)(void *arg), void *arg)
{
    upstream_after(job, 0, fn, arg);
}

static void on_late(void *arg)
{
    struct pending *pending = arg;

    pending->fn = pending->late;
    on_later(pending);
}

void upstream_wait(struct upstream_job *job, struct upstream_line *line, void (*fn)(void *arg),
                   void (*late)(void *arg), const void *arg, size_t size)
{
    struct pending *pending = pending_add(job, NULL, size);
    struct pending **end = &line->first;
    struct loop *loop = job->upstream->loop;
    int64_t left_ms = job->deadline_ms - loop_now_ms(loop);

    pending->arg = memcpy(pending + 1, arg, size);
    pending->fn = fn;
    pending->late = late;
    if (late)
        loop_timer_start(loop, &pending->timer, left_ms > 0 ? left_ms : 0, on_late, pending);
    pending->line = line;
    pending->context = loop_context(job->upstream->loop);
    while (*end)
        end = &(*end)->behind;
    *end = pending;
}

void upstream_wake(struct upstream_line *line)
{
    while (line->first) {
        struct pending *pending = line->first;
        struct loop *loop = pending->job->upstream->loop;
        void *old = loop_context_swap(loop, pending->context);

        line_leave(pending);
        loop_timer_start(loop, &pending->timer, 0, on_later, pending);
        loop_context_swap(loop, old);
    }
}

void upstream_line_drop(struct upstream_line *line)
{
    for (struct pending *pending = line->first, *behind; pending; pending = behind) {
        behind = pending->behind;
        pending_drop(pending);
    }
}

/* The cache has called: is there still a job that wants to know? Frees pending. */
static bool back_from_cache(struct pending *pending)
{
    bool alive = pending->job != NULL;

    pending->in_cache = false;
    if (alive)
        pending_drop(pending);
    else
        free(pending);
    return alive;
}

static void on_value(void *arg, struct bytes value, int64_t age_ms)
{
    struct pending *pending = arg;
    cache_value_fn *done = pending->on_value;
    void *done_arg = pending->arg;

    if (back_from_cache(pending))
        done(done_arg, value, age_ms);
}

static void on_claim(void *arg, bool got)
{
    struct pending *pending = arg;
    cache_claim_fn *done = pending->on_claim;
    void *done_arg = pending->arg;

    if (back_from_cache(pending))
        done(done_arg, got);
}

static void on_no_cache(void *arg)
{
    on_value(arg, (struct bytes){ 0 }, 0);
}

void upstream_cache_get(struct upstream_job *job, struct cache *cache, const char *name,
                        cache_value_fn *done, void *arg)
{
    struct pending *pending = pending_add(job, arg, 0);

    pending->on_value = done;
    if (!cache) {
        loop_timer_start(job->upstream->loop, &pending->timer, 0, on_no_cache, pending);
        return;
    }
    pending->in_cache = true;
    cache_get(cache, name, on_value, pending);
}

static void on_claim_without_cache(void *arg)
{
    on_claim(arg, true);
}

void upstream_cache_claim(struct upstream_job *job, struct cache *cache, const char *name,
                          int64_t ttl_ms, cache_claim_fn *done, void *arg)
{
    struct pending *pending = pending_add(job, arg, 0);

    pending->on_claim = done;
    if (!cache) {
        loop_timer_start(job->upstream->loop, &pending->timer, 0, on_claim_without_cache, pending);
        return;
    }
    pending->in_cache = true;
    cache_claim(cache, name, ttl_ms, on_claim, pending);
}

/* ---- the bare status ---- */

/* An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7) as ms from now; 0: past or none.
 */
static int64_t http_date_ms(const char *text)
{
    struct tm tm = { 0 };
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

    if (!end || *end != '\0')
        return 0;
    int64_t wait = (int64_t)timegm(&tm) * 1000 - clock_real_ms();
    return wait > 0 ? wait : 0;
}

int64_t upstream_retry_after_ms(const struct http_answer *answer)
{
    const char *text = http_header(answer, "Retry-After");
    int64_t seconds;

    if (!text)
        return 0;
    if (!text_is_digits(text, strlen(text), 9))
        return http_date_ms(text);
    return text_int64(text, strlen(text), &seconds) ? seconds * 1000 : 0;
}

bool upstream_judge_status(const struct http_answer *answer, struct error *err)
{
    int status = answer->status;
    enum err_kind kind = ERR_BAD_RESPONSE;

    if (status >= 200 && status < 300)
        return true;
    if (status == 401)
        kind = ERR_AUTH;
    else if (status == 403)
        kind = ERR_PERMISSION;
    else if (status == 404)
        kind = ERR_NOT_FOUND;
    else if (status == 408)
        kind = ERR_TIMEOUT;
    else if (status == 429)
        kind = ERR_RATE_LIMIT;
    else if (status >= 500)
        kind = ERR_UNAVAILABLE;

    error_set(err, kind, "HTTP status %d", status);
    if (kind == ERR_RATE_LIMIT || kind == ERR_UNAVAILABLE)
        err->retry_after_ms = upstream_retry_after_ms(answer);
    return false;
}
