/*
 * Accepting: one script a command. An acceptance whose connection breaks is sent again under the
 * same id when the connection is back within its time, and so finds out whether it had arrived:
 * "unknown" is said only when that time is over.
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
    int64_t until_ms;  /* monotonic */
    bool sent, broken; /* broken: sent, and the answer was cut */
    struct error err;  /* why it waits */
    struct loop_timer timer;
    char id[ID_LEN + 1];
    struct bytes trigger, packed; /* behind the struct */
    char data[];
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

static void accept_send(struct accepting *accepting);

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

static void on_accepted(void *arg, const redisReply *reply, const struct error *err)
{
    struct accepting *accepting = arg;

    if (!err) {
        on_answer(accepting, reply);
        return;
    }
    accepting->err = *err;
    if (redis_said_no(err)) {
        queue_tell_bad(accepting->queue, err);
        accept_fail(accepting);
        return;
    }
    accepting->broken = true;
    if (accepting->queue->closing)
        accept_fail(accepting);
    else
        accept_hold(accepting);
}

static void accept_send(struct accepting *accepting)
{
    struct queue *queue = accepting->queue;
    int64_t left_ms = accepting->until_ms - clock_mono_ms();
    struct digits deadline, ceiling, remember;

    if (left_ms <= 0) {
        accept_hold(accepting); /* not inside the call that asked for it */
        return;
    }
    struct bytes words[] = {
        BYTES(KEY_JOBS),
        accepting->trigger,
        digits(&deadline, queue_real_ms(queue) + left_ms),
        { accepting->id, ID_LEN },
        digits(&ceiling, queue->fixed_ceiling ? queue->fixed_ceiling : queue->ceiling),
        accepting->packed,
        digits(&remember, QUEUE_TRIGGER_S),
    };

    redis_script(queue->redis, &script_accept, left_ms, on_accepted, accepting, 2, COUNT(words),
                 words);
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
    if (queue_connected(queue)) {
        accept_send(accepting);
    } else {
        error_set(&accepting->err, ERR_UNAVAILABLE, "queue: no connection to Redis");
        accept_hold(accepting);
    }
}

void queue_set_ceiling(struct queue *queue, int64_t jobs)
{
    queue->fixed_ceiling = jobs;
}
