/*
 * Taking. One connection sleeps in XREADGROUP; what it brings is in this process' hands until its
 * end has reached Redis. Every ten seconds, and after each reconnect, all that is pending on our
 * name is touched, which renews the lease; what we find there without holding it was handed out in
 * an answer that never came, and is taken in now.
 */
#include "queue/internal.h"

#include <stdlib.h>
#include <string.h>

/* One XREADGROUP sleeps this long; then another, so that a connection that died silently is found
 * out. */
#define BLOCK_MS 5000
#define TOUCH_MS 10000
/* A page of script_touch. */
#define TOUCH_PAGE 200
/* Other hosts' delayed jobs are looked after this often, ours when they are due. */
#define DUE_MS 5000
/* After an error: long enough not to spin, short enough not to be noticed. */
#define AGAIN_MS 100
#define REFUSED_MS 1000

/* ---- what this process holds ---- */

static struct hold *hold_find(struct queue *queue, const char *entry)
{
    struct hold *hold;

    TAILQ_FOREACH(hold, &queue->holds, link)
    {
        if (strcmp(hold->entry, entry) == 0)
            return hold;
    }
    return NULL;
}

static struct hold *hold_begin(struct queue *queue, const char *entry)
{
    struct hold *hold = calloc(1, sizeof(*hold));

    if (!hold)
        fatal("out of memory");
    memcpy(hold->entry, entry, strlen(entry) + 1);
    TAILQ_INSERT_TAIL(&queue->holds, hold, link);
    queue->holding++;
    return hold;
}

void hold_end(struct queue *queue, struct hold *hold)
{
    TAILQ_REMOVE(&queue->holds, hold, link);
    queue->holding--;
    free(hold);
    take_soon(queue);
}

/* ---- an entry comes in ---- */

/* Not ours, or deleted under our feet. If this is not heard, the next touch finds it again. */
static void drop_entry(struct queue *queue, struct bytes entry)
{
    const struct bytes ack[] = { BYTES("XACK"), BYTES(KEY_JOBS), BYTES(KEY_GROUP), entry };
    const struct bytes del[] = { BYTES("XDEL"), BYTES(KEY_JOBS), entry };

    queue_say(queue, queue->redis, NULL, QUEUE_ANSWER_MS, NULL, NULL, COUNT(ack), ack);
    queue_say(queue, queue->redis, NULL, QUEUE_ANSWER_MS, NULL, NULL, COUNT(del), del);
}

static void hand_in(struct queue *queue, const redisReply *entry)
{
    struct bytes id = entry->type == REDIS_REPLY_ARRAY && entry->elements > 0
                          ? reply_bytes(entry->element[0])
                          : (struct bytes){ 0 };

    if (!id.data || hold_find(queue, id.data))
        return;
    struct taken *taken = taken_read(queue, entry);
    if (!taken) {
        drop_entry(queue, id);
        return;
    }
    taken->hold = hold_begin(queue, taken->job.entry);
    if (queue->room == 0) {
        queue_release(queue, &taken->job, NULL, NULL);
        job_free(&taken->job);
        return;
    }
    queue->on_job(queue->job_arg, &taken->job);
}

static void hand_in_all(struct queue *queue, const redisReply *entries)
{
    if (entries->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < entries->elements; i++)
        hand_in(queue, entries->element[i]);
}

/* ---- asking for more ---- */

static void on_take_time(void *arg)
{
    take_soon(arg);
}

static void on_group(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;

    (void)reply;
    if (err && queue_connected(queue))
        queue_tell_bad(queue, err);
    if (!queue->closing)
        queue_timer(queue, &queue->take_again, err ? REFUSED_MS : 0, on_take_time);
}

static void on_group_time(void *arg)
{
    struct queue *queue = arg;
    const struct bytes words[] = { BYTES(KEY_JOBS) };

    queue_say(queue, queue->redis, &script_group, QUEUE_ANSWER_MS, on_group, queue, COUNT(words),
              words);
}

static void take_failed(struct queue *queue, const struct error *err)
{
    if (!redis_up(queue->taker))
        return; /* told by its state; goes on when it is up again */
    if (strncmp(err->log, "NOGROUP", strlen("NOGROUP")) == 0) {
        queue_timer(queue, &queue->take_again, AGAIN_MS, on_group_time);
    } else if (strncmp(err->log, "UNBLOCKED", strlen("UNBLOCKED")) == 0) {
        queue_timer(queue, &queue->take_again, AGAIN_MS, on_take_time);
    } else {
        queue_tell_bad(queue, err);
        queue_timer(queue, &queue->take_again, REFUSED_MS, on_take_time);
    }
}

static void on_taken(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;

    queue->taking = false;
    if (queue->closing)
        return;
    if (err) {
        take_failed(queue, err);
        return;
    }
    /* [[stream, entries]], or nil when nothing came. */
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
        reply->element[0]->type == REDIS_REPLY_ARRAY && reply->element[0]->elements == 2)
        hand_in_all(queue, reply->element[0]->element[1]);
    take_soon(queue);
}

static void on_take_hook(void *arg)
{
    struct queue *queue = arg;
    int64_t free_places = (int64_t)queue->room - queue->holding;
    struct digits count, block;

    if (queue->closing || queue->taking || queue->take_again.place || free_places <= 0 ||
        !queue->clock_known || !redis_up(queue->taker))
        return;
    struct bytes words[] = {
        BYTES("XREADGROUP"), BYTES("GROUP"),
        BYTES(KEY_GROUP),    bytes_of(queue->consumer),
        BYTES("COUNT"),      digits(&count, free_places),
        BYTES("BLOCK"),      digits(&block, BLOCK_MS),
        BYTES("STREAMS"),    BYTES(KEY_JOBS),
        BYTES(">"),
    };
    queue->taking = true;
    queue->take_sent_real_ms = queue_real_ms(queue);
    queue_say(queue, queue->taker, NULL, BLOCK_MS + QUEUE_ANSWER_MS, on_taken, queue, COUNT(words),
              words);
}

/* Asks when the turn is over: jobs that end together are made up for together. */
void take_soon(struct queue *queue)
{
    if (!queue->closing && queue->taker && queue->room > 0)
        loop_hook_start(queue->loop, &queue->take_hook, on_take_hook, queue);
}

/* ---- touching what is ours ---- */

static void on_found(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;

    if (!err && !queue->closing)
        hand_in_all(queue, reply);
}

static void find_entry(struct queue *queue, struct bytes entry)
{
    const struct bytes words[] = { BYTES("XRANGE"), BYTES(KEY_JOBS), entry, entry };

    queue_say(queue, queue->redis, NULL, QUEUE_ANSWER_MS, on_found, queue, COUNT(words), words);
}

/*
 * Handed out since the XREADGROUP that waits for its answer was sent: perhaps this is the answer,
 * late. Taken in from here it could be done before that comes, and then be done again. The next
 * touch knows better.
 */
static bool may_be_on_its_way(const struct queue *queue, int64_t handed_out_ms)
{
    return queue->taking && handed_out_ms >= queue->take_sent_real_ms;
}

static void on_touched(void *arg, const redisReply *reply, const struct error *err);

/* from: "-", or "(" and the last entry of the page before. */
static void touch_page(struct queue *queue, struct bytes from)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(queue->consumer), from };

    queue_say(queue, queue->redis, &script_touch, QUEUE_ANSWER_MS, on_touched, queue, COUNT(words),
              words);
}

static void on_touched(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;

    if (queue->closing || err || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
        reply->element[1]->elements != reply->element[2]->elements)
        return; /* the taker tells of what stays wrong */
    const redisReply *entries = reply->element[1], *idle = reply->element[2];
    int64_t now_ms = reply->element[0]->integer;
    queue_clock_seen(queue, now_ms);
    for (size_t i = 0; i < entries->elements; i++) {
        struct bytes entry = reply_bytes(entries->element[i]);

        if (entry.data && !hold_find(queue, entry.data) &&
            !may_be_on_its_way(queue, now_ms - idle->element[i]->integer))
            find_entry(queue, entry);
    }
    if (entries->elements == TOUCH_PAGE) {
        char from[40] = "(";
        struct bytes last = reply_bytes(entries->element[TOUCH_PAGE - 1]);

        if (last.len < sizeof(from) - 1) {
            memcpy(from + 1, last.data, last.len);
            touch_page(queue, (struct bytes){ from, last.len + 1 });
        }
    }
}

static void on_touch_time(void *arg)
{
    struct queue *queue = arg;

    queue_timer(queue, &queue->touch, TOUCH_MS, on_touch_time);
    if (queue_connected(queue))
        touch_page(queue, BYTES("-"));
}

void take_touch_soon(struct queue *queue)
{
    if (queue->on_job)
        queue_timer(queue, &queue->touch, 0, on_touch_time);
}

/* ---- the delayed ---- */

static void on_due_time(void *arg);

static void on_due(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;

    if (!err && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[1]->integer >= 0)
        take_due_in(queue, reply->element[1]->integer);
}

static void on_due_time(void *arg)
{
    struct queue *queue = arg;
    const struct bytes words[] = { BYTES(KEY_JOBS) };

    queue_timer(queue, &queue->due, DUE_MS, on_due_time);
    if (queue_connected(queue))
        queue_say(queue, queue->redis, &script_due, QUEUE_ANSWER_MS, on_due, queue, COUNT(words),
                  words);
}

/* A ms later than asked: Redis' ms and ours do not begin together. */
void take_due_in(struct queue *queue, int64_t delay_ms)
{
    int64_t wait_ms = delay_ms > 0 ? delay_ms + 1 : 1;

    if (queue->closing || !queue->on_job)
        return;
    if (queue->due.place == 0 || queue->due.due_ms > loop_now_ms(queue->loop) + wait_ms)
        queue_timer(queue, &queue->due, wait_ms, on_due_time);
}

/* ---- room ---- */

/* An XREADGROUP that sleeps is woken; if that is refused it ends by itself within BLOCK_MS. What
 * it brings nevertheless is released. */
static void wake_taker(struct queue *queue)
{
    struct digits client;
    const struct bytes words[] = { BYTES("CLIENT"), BYTES("UNBLOCK"),
                                   digits(&client, queue->taker_client) };

    if (queue->taking && queue->taker_client)
        queue_say(queue, queue->redis, NULL, QUEUE_ANSWER_MS, NULL, NULL, COUNT(words), words);
}

void queue_take(struct queue *queue, int room, queue_job_fn *on_job, void *arg)
{
    bool first = !queue->on_job && on_job;

    queue->room = room > 0 && on_job ? room : 0;
    if (on_job) {
        queue->on_job = on_job;
        queue->job_arg = arg;
    }
    if (first) {
        take_touch_soon(queue);
        take_due_in(queue, 0);
    }
    if (queue->room > 0)
        take_soon(queue);
    else
        wake_taker(queue);
}

static void on_client_id(void *arg, const redisReply *reply, const struct error *err)
{
    struct queue *queue = arg;

    if (!err && reply->type == REDIS_REPLY_INTEGER)
        queue->taker_client = reply->integer;
}

void take_taker_up(struct queue *queue)
{
    const struct bytes words[] = { BYTES("CLIENT"), BYTES("ID") };

    queue->taker_client = 0;
    queue_say(queue, queue->taker, NULL, QUEUE_ANSWER_MS, on_client_id, queue, COUNT(words), words);
    take_touch_soon(queue);
    loop_timer_stop(queue->loop, &queue->take_again);
    take_soon(queue);
}

void take_close(struct queue *queue)
{
    struct hold *hold;

    loop_hook_stop(queue->loop, &queue->take_hook);
    loop_timer_stop(queue->loop, &queue->take_again);
    loop_timer_stop(queue->loop, &queue->touch);
    loop_timer_stop(queue->loop, &queue->due);
    while ((hold = TAILQ_FIRST(&queue->holds)))
        hold_end(queue, hold); /* NOLINT: it takes itself out of the list */
}
