#include "tests/queue/rig.h"

#include "base/clock.h"
#include <stdio.h>

int64_t rig_patience(void)
{
    return clock_mono_ms() + RIG_PATIENCE_MS;
}

void rig_turn(struct rig *rig, int64_t give_up_ms, const char *condition, const char *file,
              int line)
{
    if (clock_mono_ms() > give_up_ms) {
        print_error("waited in vain for %s\n", condition);
        _fail(file, line);
    }
    loop_turn(rig->loop, 100);
}

void rig_turn_for(struct rig *rig, int64_t ms)
{
    int64_t end_ms = clock_mono_ms() + ms, now_ms;

    while ((now_ms = clock_mono_ms()) < end_ms)
        loop_turn(rig->loop, (int)(end_ms - now_ms));
}

/* ---- Redis, from the outside ---- */

void rig_reconnect(struct rig *rig)
{
    redisFree(rig->direct);
    rig->direct = redisConnectUnix(rig->address.path);
    if (!rig->direct || rig->direct->err)
        fail_msg("no connection to the private Redis");
}

static redisReply *ask(struct rig *rig, const char *format, va_list args)
{
    redisReply *reply = redisvCommand(rig->direct, format, args);

    if (!reply)
        fail_msg("%s: %s", format, rig->direct->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", format, reply->str);
    return reply;
}

int64_t rig_number(struct rig *rig, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    redisReply *reply = ask(rig, format, args);
    va_end(args);
    int64_t number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
    freeReplyObject(reply);
    return number;
}

bool rig_text(struct rig *rig, char ret[256], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    redisReply *reply = ask(rig, format, args);
    va_end(args);
    bool there = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
    if (there)
        snprintf(ret, 256, "%s", reply->str);
    freeReplyObject(reply);
    return there;
}

void rig_do(struct rig *rig, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    freeReplyObject(ask(rig, format, args));
    va_end(args);
}

void rig_order(struct rig *rig, const char *line)
{
    redisReply *reply = redisCommand(rig->direct, line);

    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", line, reply ? reply->str : rig->direct->errstr);
    freeReplyObject(reply);
}

void rig_plant(struct rig *rig, const char *id, const char *entry_state)
{
    static const char packed[] = "T\0C\0canal\0U\0texto\0https://x\0t"; /* and its NUL */
    redisReply *reply = entry_state
                            ? redisCommand(rig->direct, "XADD {raiox}:jobs * i %s c %b s %s", id,
                                           packed, sizeof(packed), entry_state)
                            : redisCommand(rig->direct, "XADD {raiox}:jobs * i %s c %b", id, packed,
                                           sizeof(packed));

    assert_non_null(reply);
    assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
}

/* ---- a suite ---- */

int rig_begin(void **state)
{
    /* What the README asks of an operator's Redis: nothing acknowledged is lost. */
    static const char *const arguments[] = { "--appendonly", "yes", "--appendfsync", "always",
                                             NULL };
    struct rig *rig = test_calloc(1, sizeof(*rig));
    struct error err;

    rig->server = redis_server_start(arguments);
    rig->loop = loop_create();
    if (!redis_address_parse(rig->server->unix_url, &rig->address, &err))
        fail_msg("%s", err.log);
    rig_reconnect(rig);
    *state = rig;
    return 0;
}

int rig_end(void **state)
{
    struct rig *rig = *state;

    redisFree(rig->direct);
    loop_destroy(rig->loop);
    redis_server_stop(rig->server);
    test_free(rig);
    return 0;
}

int rig_empty(void **state)
{
    struct rig *rig = *state;

    rig_do(rig, "FLUSHALL");
    rig->good_news = rig->bad_news = 0;
    return 0;
}

/* ---- queues ---- */

static void on_state(void *arg, bool up, const struct error *err)
{
    struct rig *rig = arg;

    assert_true(up || err);
    if (err) {
        rig->bad_news++;
        rig->bad = *err;
    } else {
        rig->good_news++;
    }
}

struct queue *rig_queue(struct rig *rig, const char *consumer)
{
    struct queue *queue = queue_create(rig->loop, &rig->address, consumer, on_state, rig);

    WAIT_UNTIL(rig, queue_up(queue));
    return queue;
}

void on_outcome(void *arg, const struct error *err)
{
    struct outcome *outcome = arg;

    outcome->told++;
    outcome->err = err ? *err : (struct error){ 0 };
}

void on_count(void *arg, int64_t count, const struct error *err)
{
    struct outcome *outcome = arg;

    on_outcome(outcome, err);
    outcome->count = count;
}

void on_accept_outcome(void *arg, enum accepted result, const char *id, const struct error *err)
{
    struct outcome *outcome = arg;

    on_outcome(outcome, err);
    outcome->result = result;
    snprintf(outcome->id, sizeof(outcome->id), "%s", id);
}

struct command rig_command(const char *trigger_id)
{
    return (struct command){
        .team_id = "T1",
        .channel_id = "C1",
        .channel_name = "padaria-sol",
        .user_id = "U1",
        .text = "S\303\243o Jo\303\243o & filhos",
        .response_url = "https://hooks.slack.com/commands/1/2/3",
        .trigger_id = trigger_id,
    };
}

struct outcome rig_accept(struct rig *rig, struct queue *queue, const char *trigger_id)
{
    struct command command = rig_command(trigger_id);
    struct outcome outcome = { 0 };

    queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &outcome);
    WAIT_UNTIL(rig, outcome.told);
    return outcome;
}

/* ---- workers ---- */

void worker_on_job(void *arg, struct job *job)
{
    struct worker *worker = arg;

    assert_in_range(worker->count, 0, COUNT(worker->jobs) - 1);
    worker->jobs[worker->count++] = job;
}

void worker_begin(struct rig *rig, struct worker *ret, const char *consumer, int room)
{
    *ret = (struct worker){ .rig = rig, .queue = rig_queue(rig, consumer) };
    queue_take(ret->queue, room, worker_on_job, ret);
}

void worker_end(struct worker *worker)
{
    queue_destroy(worker->queue);
    for (int i = 0; i < worker->count; i++)
        job_free(worker->jobs[i]);
}

/* Frees before Redis has answered: the queue has copied what it needs. */
static struct outcome heard(struct worker *worker, int i, struct outcome *outcome)
{
    job_free(TAKE(worker->jobs[i]));
    WAIT_UNTIL(worker->rig, outcome->told);
    return *outcome;
}

struct outcome worker_finish(struct worker *worker, int i)
{
    struct outcome outcome = { 0 };

    queue_finish(worker->queue, worker->jobs[i], on_outcome, &outcome);
    return heard(worker, i, &outcome);
}

struct outcome worker_retry(struct worker *worker, int i, int64_t delay_ms)
{
    struct outcome outcome = { 0 };

    queue_retry(worker->queue, worker->jobs[i], delay_ms, "slack: 503", on_outcome, &outcome);
    return heard(worker, i, &outcome);
}

struct outcome worker_give_up(struct worker *worker, int i, const char *reason)
{
    struct outcome outcome = { 0 };

    queue_give_up(worker->queue, worker->jobs[i], reason, "slack: 404", on_outcome, &outcome);
    return heard(worker, i, &outcome);
}

struct outcome worker_release(struct worker *worker, int i)
{
    struct outcome outcome = { 0 };

    queue_release(worker->queue, worker->jobs[i], on_outcome, &outcome);
    return heard(worker, i, &outcome);
}

struct outcome worker_mark(struct worker *worker, int i, enum mark mark)
{
    struct outcome outcome = { 0 };

    queue_mark(worker->queue, worker->jobs[i], mark, on_outcome, &outcome);
    WAIT_UNTIL(worker->rig, outcome.told);
    return outcome;
}
