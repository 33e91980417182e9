/*
 * Accepting: one script for all commands of a turn. An acceptance whose connection breaks is sent
 * again under the same id when the connection is back within its time, and so finds out whether it
 * had arrived: "unknown" is said only when that time is over.
 */
#include "queue/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Somebody who waits for a connection that was away this long waits for nothing. */
#define HOPELESS_MS 2000

#define ID_LEN 10

struct accepting {
    TAILQ_ENTRY(accepting) link;
    struct queue *queue;
    queue_accepted_fn *done;
    void *arg, *context;
    int64_t until_ms; /* monotonic */
    bool broken;      /* it was sent, and the answer was cut */
    struct error err; /* why it waits */
    struct loop_timer timer;
    char id[ID_LEN + 1];
    struct bytes trigger, packed; /* behind the struct */
    char data[];
};

/* So many in one call: Redis serves nobody else meanwhile, which is well under a ms. */
#define MAX_BATCH 64
#define BATCH_WORDS (3 + 4 * MAX_BATCH)

struct batch {
    struct queue *queue;
    size_t count;
    struct accepting *all[MAX_BATCH];
};

/* ---- receipt ids ---- */

/* 50 random bits, in letters that nobody misreads. A thousand a minute meet their like once in
 * decades of the day that they are remembered for. */
static void make_id(struct queue *queue, char ret[ID_LEN + 1])
{
    static const char letters[32] = "0123456789abcdefghjkmnpqrstvwxyz";

    if (queue->id_pool_left < ID_LEN) {
        while (getrandom(queue->id_pool, sizeof(queue->id_pool), 0) !=
               (ssize_t)sizeof(queue->id_pool)) {
            if (errno != EINTR)
                fatal("no random numbers");
        }
        queue->id_pool_left = sizeof(queue->id_pool);
    }
    for (size_t i = 0; i < ID_LEN; i++)
        ret[i] = letters[(unsigned char)queue->id_pool[--queue->id_pool_left] % 32];
    ret[ID_LEN] = '\0';
}

static void accept_send(struct accepting *accepting);

/* ---- the end of one ---- */

static void accept_over(struct accepting *accepting, enum accepted result, const char *id,
                        const struct error *err)
{
    struct queue *queue = accepting->queue;

    if (result == ACCEPTED) {
        queue->accepted_since_pulse++;
        if (!queue->closing)
            queue_pulse_soon(queue);
    }
    loop_timer_stop(queue->loop, &accepting->timer);
    void *old = loop_context_swap(queue->loop, accepting->context);
    accepting->done(accepting->arg, result, id, err);
    loop_context_swap(queue->loop, old);
    free(accepting);
}

static void accept_fail(struct accepting *accepting)
{
    accept_over(accepting, accepting->broken ? ACCEPTED_UNKNOWN : ACCEPTED_NOT, accepting->id,
                &accepting->err);
}

/* ---- waiting for a connection ---- */

static void on_held_too_long(void *arg)
{
    struct accepting *accepting = arg;

    TAILQ_REMOVE(&accepting->queue->held, accepting, link);
    accept_fail(accepting);
}

static void accept_hold(struct accepting *accepting)
{
    struct queue *queue = accepting->queue;
    int64_t now_ms = clock_mono_ms(), left_ms = accepting->until_ms - now_ms;

    if (left_ms < 0 || (!queue_connected(queue) && now_ms - queue->down_since_ms > HOPELESS_MS))
        left_ms = 0;
    TAILQ_INSERT_TAIL(&queue->held, accepting, link);
    void *old = loop_context_swap(queue->loop, NULL);
    loop_timer_start(queue->loop, &accepting->timer, left_ms, on_held_too_long, accepting);
    loop_context_swap(queue->loop, old);
}

/* ---- asking Redis ---- */

/* Its words begin in capitals; base/redis' own do not. */
static bool redis_said_no(const struct error *err)
{
    return err->kind != ERR_TIMEOUT && err->log[0] >= 'A' && err->log[0] <= 'Z';
}

static void on_answer(struct accepting *accepting, const redisReply *reply)
{
    struct bytes text = reply_bytes(reply);

    if (reply->type == REDIS_REPLY_INTEGER) { /* behind the deadline: Redis' clock */
        queue_clock_seen(accepting->queue, reply->integer);
        if (accepting->until_ms > clock_mono_ms())
            accept_send(accepting); /* our idea of that clock was wrong */
        else
            accept_over(accepting, ACCEPTED_LATE, accepting->id, NULL);
    } else if (bytes_equal_text(text, "OK") || bytes_equal_text(text, accepting->id)) {
        accept_over(accepting, ACCEPTED, accepting->id, NULL);
    } else if (bytes_equal_text(text, "BUSY")) {
        accept_over(accepting, ACCEPTED_BUSY, accepting->id, NULL);
    } else if (receipt_id_valid(text)) {
        accept_over(accepting, ACCEPTED_DUPLICATE, text.data, NULL);
    } else {
        error_set(&accepting->err, ERR_INTERNAL, "accept: an answer of no meaning");
        accept_fail(accepting);
    }
}

static void on_no_answer(struct accepting *accepting, const struct error *err)
{
    accepting->err = *err;
    if (redis_said_no(err)) {
        accept_fail(accepting);
        return;
    }
    accepting->broken = true;
    if (accepting->queue->closing)
        accept_fail(accepting);
    else
        accept_hold(accepting);
}

static void on_batch(void *arg, const redisReply *reply, const struct error *err)
{
    struct batch *batch = arg;
    struct error bad;

    if (!err && (reply->type != REDIS_REPLY_ARRAY || reply->elements != batch->count)) {
        error_set(&bad, ERR_INTERNAL, "An answer of no meaning to accepting");
        err = &bad;
    }
    if (err && redis_said_no(err))
        queue_tell_bad(batch->queue, err);
    for (size_t i = 0; i < batch->count; i++) {
        if (err)
            on_no_answer(batch->all[i], err);
        else
            on_answer(batch->all[i], reply->element[i]);
    }
    free(batch);
}

/* Numbers as words, for as long as a batch is being said. */
struct batch_numbers {
    struct digits ceiling, remember, deadline[MAX_BATCH];
};

static size_t batch_words(const struct batch *batch, int64_t now_ms, struct batch_numbers *numbers,
                          struct bytes words[BATCH_WORDS])
{
    const struct queue *queue = batch->queue;
    int64_t ahead_ms = queue_real_ms(queue) - now_ms;
    size_t count = 0;

    words[count++] = BYTES(KEY_JOBS);
    for (size_t i = 0; i < batch->count; i++)
        words[count++] = batch->all[i]->trigger;
    words[count++] =
        digits(&numbers->ceiling, queue->fixed_ceiling ? queue->fixed_ceiling : queue->ceiling);
    words[count++] = digits(&numbers->remember, QUEUE_TRIGGER_S);
    for (size_t i = 0; i < batch->count; i++) {
        const struct accepting *accepting = batch->all[i];
        int64_t deadline_ms = queue->clock_known ? accepting->until_ms + ahead_ms : 0;

        words[count++] = digits(&numbers->deadline[i], deadline_ms);
        words[count++] = (struct bytes){ accepting->id, ID_LEN };
        words[count++] = accepting->packed;
    }
    return count;
}

/* The first of them to run out of time closes the connection; the others are then sent again. */
static void batch_send(struct batch *batch)
{
    struct queue *queue = batch->queue;
    int64_t now_ms = clock_mono_ms(), until_ms = INT64_MAX;
    struct batch_numbers numbers;
    struct bytes words[BATCH_WORDS];

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->all[i]->until_ms < until_ms)
            until_ms = batch->all[i]->until_ms;
    }
    size_t count = batch_words(batch, now_ms, &numbers, words);
    redis_script(queue->redis, &script_accept, until_ms - now_ms, on_batch, batch, 1 + batch->count,
                 count, words);
}

static struct batch *batch_create(struct queue *queue)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        fatal("out of memory");
    batch->queue = queue;
    return batch;
}

/* The turn is over: what it accepted goes out. */
static void on_accept_hook(void *arg)
{
    struct queue *queue = arg;
    struct batch *batch = NULL;
    struct accepting *accepting;
    int64_t now_ms = clock_mono_ms();
    void *old = loop_context_swap(queue->loop, NULL);

    while ((accepting = TAILQ_FIRST(&queue->sending))) {
        TAILQ_REMOVE(&queue->sending, accepting, link);
        if (!queue_connected(queue) || accepting->until_ms <= now_ms) {
            accept_hold(accepting);
            continue;
        }
        if (!batch)
            batch = batch_create(queue);
        batch->all[batch->count++] = accepting;
        if (batch->count == MAX_BATCH)
            batch_send(TAKE(batch));
    }
    if (batch)
        batch_send(batch);
    loop_context_swap(queue->loop, old);
}

static void accept_send(struct accepting *accepting)
{
    struct queue *queue = accepting->queue;

    TAILQ_INSERT_TAIL(&queue->sending, accepting, link);
    loop_hook_start(queue->loop, &queue->accept_hook, on_accept_hook, queue);
}

void accept_resume(struct queue *queue)
{
    struct accepting *accepting;

    while ((accepting = TAILQ_FIRST(&queue->held))) {
        TAILQ_REMOVE(&queue->held, accepting, link);
        loop_timer_stop(queue->loop, &accepting->timer);
        accept_send(accepting);
    }
}

void accept_close(struct queue *queue)
{
    struct accepting *accepting;

    loop_hook_stop(queue->loop, &queue->accept_hook);
    TAILQ_CONCAT(&queue->held, &queue->sending, link);
    while ((accepting = TAILQ_FIRST(&queue->held))) {
        TAILQ_REMOVE(&queue->held, accepting, link);
        accept_fail(accepting);
    }
}

/* ---- the door ---- */

/* A command without a trigger_id is remembered by its own id, so that it too can be sent again. */
static struct accepting *accept_create(struct queue *queue, const struct command *command)
{
    const char *trigger = command->trigger_id ? command->trigger_id : "";
    size_t trigger_len = strlen(KEY_TRIGGER) + (trigger[0] ? strlen(trigger) : 3 + ID_LEN);
    size_t packed_len = command_packed_len(command);
    struct accepting *accepting = malloc(sizeof(*accepting) + trigger_len + 1 + packed_len);

    if (!accepting)
        fatal("out of memory");
    memset(accepting, 0, sizeof(*accepting));
    make_id(queue, accepting->id);

    char *at = accepting->data;
    accepting->trigger = (struct bytes){ at, trigger_len };
    at = stpcpy(at, KEY_TRIGGER);
    at = trigger[0] ? stpcpy(at, trigger) : stpcpy(stpcpy(at, "id:"), accepting->id);
    accepting->packed = (struct bytes){ at + 1, packed_len };
    command_pack(command, at + 1);
    return accepting;
}

void queue_accept(struct queue *queue, const struct command *command, int64_t wait_ms,
                  queue_accepted_fn *done, void *arg)
{
    struct accepting *accepting = accept_create(queue, command);

    accepting->queue = queue;
    accepting->done = done;
    accepting->arg = arg;
    accepting->context = loop_context(queue->loop);
    accepting->until_ms = clock_mono_ms() + wait_ms;
    error_set(&accepting->err, ERR_UNAVAILABLE, "queue: no connection to Redis");
    accept_send(accepting);
}

void queue_set_ceiling(struct queue *queue, int64_t jobs)
{
    queue->fixed_ceiling = jobs;
}
