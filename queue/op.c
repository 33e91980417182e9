/* Operations: what is said to Redis until it has been heard. */
#include "queue/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After a refusal (OOM, LOADING, READONLY) everything is tried again this often. */
#define AGAIN_MS 500

struct bytes digits(struct digits *digits, int64_t number)
{
    int len = snprintf(digits->text, sizeof(digits->text), "%" PRId64, number);

    return (struct bytes){ digits->text, (size_t)len };
}

struct op *op_create(struct queue *queue, struct redis_script *script,
                     void (*over)(struct op *op, const redisReply *reply, const struct error *err),
                     size_t count, const struct bytes *words)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += words[i].len;
    struct op *op = malloc(sizeof(*op) + len);
    if (!op || count > COUNT(op->words))
        fatal("queue: no room for an operation");

    memset(op, 0, sizeof(*op));
    op->queue = queue;
    op->script = script;
    op->over = over;
    op->count = count;
    char *at = (char *)(op + 1);
    for (size_t i = 0; i < count; i++) {
        op->words[i] = (struct bytes){ at, words[i].len };
        if (words[i].len)
            memcpy(at, words[i].data, words[i].len);
        at += words[i].len;
    }
    return op;
}

static void op_free(struct op *op)
{
    loop_timer_stop(op->queue->loop, &op->deadline);
    arena_destroy(op->arena);
    free(op);
}

/* Tells whoever asked, in the name of whoever asked. */
static void op_over(struct op *op, const redisReply *reply, const struct error *err)
{
    struct queue *queue = op->queue;
    struct hold *hold = op->hold;

    TAILQ_REMOVE(&queue->ops, op, link);
    if (op->tell.done) {
        void *old = loop_context_swap(queue->loop, op->context);
        op->over(op, reply, err);
        loop_context_swap(queue->loop, old);
    } else {
        op->over(op, reply, err);
    }
    if (hold)
        hold_end(queue, hold);
    op_free(op);
}

/* Waiting, or somebody else's doing (a password changed, rights taken), mends these. */
static bool try_again(const struct error *err)
{
    return error_may_pass(err->kind) || err->kind == ERR_AUTH || err->kind == ERR_PERMISSION;
}

static void on_again(void *arg)
{
    op_send_all(arg);
}

static void on_reply(void *arg, const redisReply *reply, const struct error *err)
{
    struct op *op = arg;
    struct queue *queue = op->queue;

    if (!err || queue->closing || !try_again(err)) {
        op_over(op, reply, err);
        return;
    }
    op->sent = false;
    op->err = *err;
    if (op->deadline.fn && op->deadline.place == 0) { /* it passed meanwhile */
        op_over(op, NULL, err);
        return;
    }
    if (queue_connected(queue) && queue->ops_again.place == 0) {
        queue_tell_bad(queue, err);
        queue_timer(queue, &queue->ops_again, AGAIN_MS, on_again);
    }
}

static void op_send(struct op *op)
{
    op->sent = true;
    queue_say(op->queue, op->queue->redis, op->script, QUEUE_ANSWER_MS, on_reply, op, op->count,
              op->words);
}

void op_send_all(struct queue *queue)
{
    struct op *op;

    if (!queue_connected(queue))
        return;
    TAILQ_FOREACH(op, &queue->ops, link)
    {
        if (!op->sent)
            op_send(op);
    }
}

/* One that is out goes on until its answer, which QUEUE_ANSWER_MS bounds. */
static void on_deadline(void *arg)
{
    struct op *op = arg;

    if (!op->sent)
        op_over(op, NULL, &op->err);
}

void op_start(struct op *op, int64_t wait_ms)
{
    struct queue *queue = op->queue;

    op->context = loop_context(queue->loop);
    error_set(&op->err, ERR_UNAVAILABLE, "queue: no connection to Redis");
    TAILQ_INSERT_TAIL(&queue->ops, op, link);
    if (wait_ms > 0) {
        void *old = loop_context_swap(queue->loop, NULL);
        loop_timer_start(queue->loop, &op->deadline, wait_ms, on_deadline, op);
        loop_context_swap(queue->loop, old);
    }
    if (queue_connected(queue))
        op_send(op);
}

void op_abandon(struct op *op)
{
    op_over(op, NULL, &op->err);
}

void op_next(struct op *op, size_t count, const struct bytes *words)
{
    struct op *next = op_create(op->queue, op->script, op->over, count, words);

    next->tell = op->tell;
    next->arg = op->arg;
    next->arena = TAKE(op->arena);
    next->part = op->part;
    next->total = op->total;
    op_start(next, op->deadline.fn ? QUEUE_LOOK_MS : 0);
    next->context = op->context;
}
