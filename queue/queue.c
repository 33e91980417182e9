/*
 * The queue's two connections, what is known of Redis' clock, and what its owner is told. The rest:
 * accept.c the endpoint's side, take.c and job.c the worker's, supervise.c the supervisor's, look.c
 * for eyes, op.c what outlives a connection, scripts.c what happens inside Redis.
 */
#include "queue/internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often Redis' clock is asked, and what was accepted is added to its minute. */
#define PULSE_MS 10000
#define PULSE_BUSY_MS 1000
/* News of Redis, good or bad, are told no faster than this. */
#define NEWS_MS 1000
/* Nothing was refused for so long, and everything that was is tried again within a second. */
#define MENDED_MS 2000

/*
 * The ceiling of jobs in Redis, above which accepting answers "busy": what the pool finished in
 * the last minute, kept up for half of a job's life; but never less than what one worker of
 * RAIOX_CONCURRENCY 64 with reports of two seconds serves in some ten minutes, since an idle pool
 * shows nothing of what it can do.
 */
#define CEILING_MIN 20000
#define CEILING_MINUTES (QUEUE_JOB_LIFE_MS / 60000 / 2)

void queue_timer(struct queue *queue, struct loop_timer *timer, int64_t delay_ms,
                 void (*fn)(void *arg))
{
    void *old = loop_context_swap(queue->loop, NULL);

    loop_timer_start(queue->loop, timer, delay_ms, fn, queue);
    loop_context_swap(queue->loop, old);
}

void queue_say(struct queue *queue, struct redis *redis, struct redis_script *script,
               int64_t timeout_ms, redis_reply_fn *done, void *arg, size_t count,
               const struct bytes *words)
{
    void *old = loop_context_swap(queue->loop, NULL);

    if (script)
        redis_script(redis, script, timeout_ms, done, arg, 1, count, words);
    else
        redis_command(redis, timeout_ms, done, arg, count, words);
    loop_context_swap(queue->loop, old);
}

/* ---- does Redis take a write? ---- */

struct probe {
    struct loop *loop;
    struct loop_timer timer;
    void *context;
    queue_done_fn *done; /* NULL: told already */
    void *arg;
};

static void probe_tell(struct probe *probe, const struct error *err)
{
    queue_done_fn *done = TAKE(probe->done);

    loop_timer_stop(probe->loop, &probe->timer);
    if (!done)
        return;
    void *old = loop_context_swap(probe->loop, probe->context);
    done(probe->arg, err);
    loop_context_swap(probe->loop, old);
}

static void on_probe(void *arg, const redisReply *reply, const struct error *err)
{
    struct probe *probe = arg;

    (void)reply; /* OK */
    probe_tell(probe, err);
    free(probe);
}

static void on_probe_late(void *arg)
{
    struct error err;

    error_set(&err, ERR_TIMEOUT, "Redis does not answer in time");
    probe_tell(arg, &err);
}

/* The wait has a timer of its own: an impatient probe must not close everybody's connection. */
void queue_ready(struct queue *queue, int64_t wait_ms, queue_done_fn *done, void *arg)
{
    const struct bytes words[] = { BYTES("SET"), BYTES(KEY_READY), BYTES("1"), BYTES("EX"),
                                   BYTES("60") };
    struct probe *probe = calloc(1, sizeof(*probe));

    if (!probe)
        fatal("out of memory");
    probe->loop = queue->loop;
    probe->context = loop_context(queue->loop);
    probe->done = done;
    probe->arg = arg;
    void *old = loop_context_swap(queue->loop, NULL);
    loop_timer_start(queue->loop, &probe->timer, wait_ms, on_probe_late, probe);
    loop_context_swap(queue->loop, old);
    queue_say(queue, queue->redis, NULL, QUEUE_ANSWER_MS, on_probe, probe, COUNT(words), words);
}

/* ---- what the owner is told ---- */

static void on_news_time(void *arg);

/* false: the last news is not a second old, and this is looked at again when it is. */
static bool may_tell(struct queue *queue)
{
    int64_t wait_ms = queue->told_ms + NEWS_MS - loop_now_ms(queue->loop);

    if (wait_ms > 0)
        queue_timer(queue, &queue->news_later, wait_ms, on_news_time);
    return wait_ms <= 0;
}

static void tell(struct queue *queue, const struct error *bad)
{
    queue->told_ms = loop_now_ms(queue->loop);
    queue->bad_told = bad != NULL;
    queue->bad_waits = false;
    loop_timer_stop(queue->loop, &queue->news_later);
    if (queue->on_state)
        queue->on_state(queue->state_arg, queue_up(queue), bad);
}

static void tell_good(struct queue *queue)
{
    if (queue->closing || !queue->bad_told || !queue_up(queue) || queue->refused_ms)
        return;
    if (may_tell(queue))
        tell(queue, NULL);
}

static void on_news_time(void *arg)
{
    struct queue *queue = arg;
    struct error err = queue->bad;

    if (queue->bad_waits && (!queue_up(queue) || queue->refused_ms)) {
        tell(queue, &err);
        return;
    }
    queue->bad_waits = false; /* gone before anybody heard of it */
    tell_good(queue);
}

static void on_mended(void *arg, const struct error *err)
{
    struct queue *queue = arg;

    if (err || !queue->refused_ms || loop_now_ms(queue->loop) - queue->refused_ms < MENDED_MS)
        return;
    queue->refused_ms = 0;
    tell_good(queue);
}

/* Nobody may have anything to say for long: that Redis takes writes again is found out by one. */
static void on_mend_time(void *arg)
{
    struct queue *queue = arg;

    if (!queue->refused_ms)
        return;
    queue_timer(queue, &queue->mend, NEWS_MS, on_mend_time);
    if (queue_connected(queue))
        queue_ready(queue, QUEUE_ANSWER_MS, on_mended, queue);
}

void queue_tell_bad(struct queue *queue, const struct error *err)
{
    if (queue->closing)
        return;
    if (queue_up(queue)) {
        queue->refused_ms = loop_now_ms(queue->loop);
        if (queue->mend.place == 0)
            queue_timer(queue, &queue->mend, NEWS_MS, on_mend_time);
    }
    queue->bad = *err;
    queue->bad_waits = true;
    if (may_tell(queue))
        tell(queue, err);
}

/* ---- Redis' clock ---- */

/*
 * Redis read its clock before this moment, so the difference is at most the true one: deadlines
 * made with it may come early by a round trip, never late.
 */
void queue_clock_seen(struct queue *queue, int64_t redis_ms)
{
    queue->clock_ahead_ms = redis_ms - clock_mono_ms();
    queue->clock_known = true;
}

int64_t queue_real_ms(const struct queue *queue)
{
    return queue->clock_known ? clock_mono_ms() + queue->clock_ahead_ms : 0;
}

static void on_pulse(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;
    bool first = !queue->clock_known;

    if (err) {
        if (queue_connected(queue))
            queue_tell_bad(queue, err);
    } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        int64_t done_milli = reply->element[1]->integer;

        queue_clock_seen(queue, reply->element[0]->integer);
        queue->ceiling = done_milli * CEILING_MINUTES / 1000;
        if (queue->ceiling < CEILING_MIN)
            queue->ceiling = CEILING_MIN;
        if (first)
            take_soon(queue);
    }
}

static void pulse(struct queue *queue)
{
    struct digits accepted;
    struct bytes words[] = { BYTES(KEY_JOBS), digits(&accepted, queue->accepted_since_pulse) };

    /* Where the answer does not come some seconds of a rate are lost, no more. */
    queue->accepted_since_pulse = 0;
    queue_say(queue, queue->redis, &script_pulse, QUEUE_ANSWER_MS, on_pulse, queue, COUNT(words),
              words);
}

static void on_pulse_time(void *arg)
{
    struct queue *queue = arg;

    queue_timer(queue, &queue->pulse, PULSE_MS, on_pulse_time);
    if (queue_connected(queue))
        pulse(queue);
}

void queue_pulse_soon(struct queue *queue)
{
    int64_t due_ms = loop_now_ms(queue->loop) + PULSE_BUSY_MS;

    if (queue->pulse.place == 0 || queue->pulse.due_ms > due_ms)
        queue_timer(queue, &queue->pulse, PULSE_BUSY_MS, on_pulse_time);
}

/* ---- its connections ---- */

static void on_redis_state(void *arg, bool up, const struct error *err)
{
    struct queue *queue = arg;

    if (queue->closing)
        return;
    if (!up) {
        if (queue->up_since_ms)
            queue->down_since_ms = loop_now_ms(queue->loop);
        queue->up_since_ms = 0;
        queue->refused_ms = 0;
        queue_tell_bad(queue, err);
        return;
    }
    queue->up_since_ms = loop_now_ms(queue->loop);
    on_pulse_time(queue);
    accept_resume(queue);
    op_send_all(queue);
    if (queue->taker)
        take_touch_soon(queue);
    tell_good(queue);
}

static void on_taker_state(void *arg, bool up, const struct error *err)
{
    struct queue *queue = arg;

    if (queue->closing)
        return;
    if (!up) {
        queue_tell_bad(queue, err);
        return;
    }
    take_taker_up(queue);
    tell_good(queue);
}

struct queue *queue_create(struct loop *loop, const struct redis_address *address,
                           const char *consumer, redis_state_fn *on_state, void *arg)
{
    struct queue *queue = calloc(1, sizeof(*queue));

    if (!queue)
        fatal("out of memory");
    queue->loop = loop;
    queue->on_state = on_state;
    queue->state_arg = arg;
    queue->bad_told = true; /* until the first good news */
    queue->told_ms = -NEWS_MS;
    queue->ceiling = CEILING_MIN;
    queue->down_since_ms = loop_now_ms(loop);
    TAILQ_INIT(&queue->sending);
    TAILQ_INIT(&queue->held);
    TAILQ_INIT(&queue->ops);
    TAILQ_INIT(&queue->holds);
    TAILQ_INIT(&queue->pauses);
    queue->redis =
        redis_create(loop, address, consumer ? consumer : "raiox", on_redis_state, queue);
    if (consumer) {
        char name[sizeof(queue->consumer) + 8];

        snprintf(queue->consumer, sizeof(queue->consumer), "%s", consumer);
        snprintf(name, sizeof(name), "%s/take", queue->consumer);
        queue->taker = redis_create(loop, address, name, on_taker_state, queue);
    }
    return queue;
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    queue->closing = true;
    redis_destroy(TAKE(queue->taker));
    redis_destroy(TAKE(queue->redis));
    accept_close(queue);
    while (!TAILQ_EMPTY(&queue->ops))
        op_abandon(TAILQ_FIRST(&queue->ops));
    supervise_close(queue);
    take_close(queue);
    loop_timer_stop(queue->loop, &queue->pulse);
    loop_timer_stop(queue->loop, &queue->ops_again);
    loop_timer_stop(queue->loop, &queue->news_later);
    loop_timer_stop(queue->loop, &queue->mend);
    free(queue);
}

bool queue_connected(const struct queue *queue)
{
    return !queue->closing && redis_up(queue->redis);
}

bool queue_up(const struct queue *queue)
{
    return queue_connected(queue) && (!queue->taker || redis_up(queue->taker));
}

struct redis *queue_redis(struct queue *queue)
{
    return queue->redis;
}
