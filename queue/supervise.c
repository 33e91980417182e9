/* The supervisor's side: what the dead held goes back to the stream. */
#include "queue/internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A dead worker's connection may sleep in XREADGROUP for a moment after its death, until Redis
 * reads that it was closed, and be handed a job: its name is looked at again so much later.
 */
static const int64_t again_ms[] = { 100, 1000, 5000 };

/* Something that goes on after a while. */
struct pause {
    TAILQ_ENTRY(pause) link;
    struct queue *queue;
    struct loop_timer timer;
    size_t step;        /* handing back: which of again_ms is next */
    char consumer[128]; /* handing back: whose */
    int64_t idle_ms;    /* reclaiming */
    int64_t since_ms;   /* reclaiming: when it was looked */
    queue_count_fn *done;
    void *arg, *context;
};

static struct pause *pause_create(struct queue *queue)
{
    struct pause *pause = calloc(1, sizeof(*pause));

    if (!pause)
        fatal("out of memory");
    pause->queue = queue;
    TAILQ_INSERT_TAIL(&queue->pauses, pause, link);
    return pause;
}

static void pause_start(struct pause *pause, int64_t delay_ms, void (*fn)(void *arg))
{
    void *old = loop_context_swap(pause->queue->loop, NULL);

    loop_timer_start(pause->queue->loop, &pause->timer, delay_ms, fn, pause);
    loop_context_swap(pause->queue->loop, old);
}

static void pause_end(struct pause *pause)
{
    TAILQ_REMOVE(&pause->queue->pauses, pause, link);
    loop_timer_stop(pause->queue->loop, &pause->timer);
    free(pause);
}

static void pause_tell(struct pause *pause, const struct error *err)
{
    if (!pause->done)
        return;
    void *old = loop_context_swap(pause->queue->loop, pause->context);
    pause->done(pause->arg, 0, err);
    loop_context_swap(pause->queue->loop, old);
}

void supervise_close(struct queue *queue)
{
    struct pause *pause;
    struct error err;

    error_set(&err, ERR_UNAVAILABLE, "queue: closed");
    while ((pause = TAILQ_FIRST(&queue->pauses))) {
        pause_tell(pause, &err); /* NOLINT: the last one took itself out of the list */
        pause_end(pause);
    }
}

static void tell_count(struct op *op, const struct error *err)
{
    if (op->tell.count)
        op->tell.count(op->arg, op->total, err);
}

static bool is_pair(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
}

/* ---- handing back ---- */

/* Hundred at a time. */
static void on_handed_back(struct op *op, const redisReply *reply, const struct error *err)
{
    if (!err && is_pair(reply)) {
        op->total += reply->element[0]->integer;
        if (reply->element[1]->integer && !op->queue->closing) {
            op_next(op, op->count, op->words);
            return;
        }
    }
    tell_count(op, err);
}

static struct op *hand_back(struct queue *queue, const char *consumer, const char *crashed_id)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(consumer),
                                   bytes_of(crashed_id ? crashed_id : "") };

    return op_create(queue, &script_hand_back, on_handed_back, COUNT(words), words);
}

static void on_again_time(void *arg)
{
    struct pause *pause = arg;

    op_start(hand_back(pause->queue, pause->consumer, NULL), 0);
    if (++pause->step < COUNT(again_ms))
        pause_start(pause, again_ms[pause->step], on_again_time);
    else
        pause_end(pause);
}

void queue_hand_back(struct queue *queue, const char *consumer, const char *crashed_id,
                     queue_count_fn *done, void *arg)
{
    struct op *op = hand_back(queue, consumer, crashed_id);
    struct pause *pause = pause_create(queue);

    op->tell.count = done;
    op->arg = arg;
    op_start(op, 0);
    strncat(pause->consumer, consumer, sizeof(pause->consumer) - 1);
    pause_start(pause, again_ms[0], on_again_time);
}

/* ---- reclaiming ---- */

/* A page: what counted in it, and the entry it ended with, "" when it was the last. */
static bool next_page(struct op *op, const redisReply *reply)
{
    char from[40] = "(";
    struct bytes last = reply_bytes(reply->element[1]), words[5];

    if (last.len == 0 || last.len >= sizeof(from) - 1 || op->queue->closing)
        return false;
    memcpy(from + 1, last.data, last.len);
    memcpy(words, op->words, sizeof(words));
    words[3] = (struct bytes){ from, last.len + 1 };
    op_next(op, COUNT(words), words);
    return true;
}

static struct op *reclaim(struct queue *queue, int64_t idle_ms, const char *what,
                          void (*over)(struct op *op, const redisReply *reply,
                                       const struct error *err))
{
    struct digits idle;
    const struct bytes words[] = { BYTES(KEY_JOBS), digits(&idle, idle_ms),
                                   bytes_of(queue->consumer), BYTES("-"), bytes_of(what) };

    return op_create(queue, &script_reclaim, over, COUNT(words), words);
}

static void on_reclaimed(struct op *op, const redisReply *reply, const struct error *err)
{
    if (!err && is_pair(reply)) {
        op->total += reply->element[0]->integer;
        if (next_page(op, reply))
            return;
    }
    tell_count(op, err);
}

static void on_second_look(void *arg)
{
    struct pause *pause = arg;
    struct queue *queue = pause->queue;

    if (!queue->up_since_ms || queue->up_since_ms > pause->since_ms) {
        pause_tell(pause, NULL);
    } else {
        struct op *op = reclaim(queue, pause->idle_ms, "move", on_reclaimed);
        op->tell.count = pause->done;
        op->arg = pause->arg;
        op_start(op, QUEUE_LOOK_MS);
        op->context = pause->context;
    }
    pause_end(pause);
}

static void on_looked(struct op *op, const redisReply *reply, const struct error *err)
{
    struct queue *queue = op->queue;
    int64_t idle_ms = 0;

    if (err || !is_pair(reply) || reply->element[0]->integer == 0) {
        if (err || !is_pair(reply) || !next_page(op, reply))
            tell_count(op, err);
        return;
    }
    if (queue->closing || !text_int64(op->words[1].data, op->words[1].len, &idle_ms)) {
        tell_count(op, NULL);
        return;
    }
    struct pause *pause = pause_create(queue);
    pause->idle_ms = idle_ms;
    pause->since_ms = loop_now_ms(queue->loop);
    pause->done = op->tell.count;
    pause->arg = op->arg;
    pause->context = op->context;
    pause_start(pause, idle_ms / 4, on_second_look);
}

/*
 * Looks twice, a quarter of idle_ms apart: when Redis itself was stopped or away, everybody looks
 * idle until the next touch, which comes within ten seconds of its return.
 */
void queue_reclaim(struct queue *queue, int64_t idle_ms, queue_count_fn *done, void *arg)
{
    struct op *op = reclaim(queue, idle_ms, "look", on_looked);

    op->tell.count = done;
    op->arg = arg;
    op_start(op, QUEUE_LOOK_MS);
}
