/* Looking: figures, the dead and what may be done with them, and the story of a job. */
#include "queue/internal.h"

#include <stdlib.h>
#include <string.h>

/* Rows of jobs in flight that are read; their number is always the true one. */
#define MAX_ROWS 2000
/* A page of script_dead. */
#define DEAD_PAGE 500
/* Stories that wait for a connection: the later ones of a long outage are not kept. */
#define MAX_NOTES 1000

/* Ends with a NUL: hiredis puts one behind every string. */
static const char *cell_text(struct arena *arena, const redisReply *cell)
{
    struct bytes text = reply_bytes(cell);

    return text.data ? arena_strndup(arena, text.data, text.len) : "";
}

static bool is_row(const redisReply *reply, size_t cells)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == cells;
}

/* ---- figures ---- */

static void read_rows(struct arena *arena, const redisReply *rows, struct queue_stats *stats)
{
    for (size_t i = 0; i < rows->elements; i++) {
        const redisReply *row = rows->element[i];
        struct queue_holding *holding;

        if (!is_row(row, 5))
            continue;
        holding = vec_push(arena, &stats->in_flight);
        holding->id = cell_text(arena, row->element[0]);
        holding->worker = cell_text(arena, row->element[1]);
        holding->client = cell_text(arena, row->element[2]);
        holding->age_seconds = (double)row->element[3]->integer / 1000;
        holding->attempt = (int)row->element[4]->integer;
    }
}

static void on_stats(struct op *op, const redisReply *reply, const struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    struct queue_stats stats = { 0 };
    struct error bad;

    if (!err && !is_row(reply, 8)) {
        error_set(&bad, ERR_INTERNAL, "stats: an answer of no meaning");
        err = &bad;
    }
    if (!err) {
        stats.waiting = reply->element[0]->integer;
        stats.delayed = reply->element[1]->integer;
        stats.dead = reply->element[2]->integer;
        stats.in_flight_total = reply->element[3]->integer;
        stats.oldest_seconds = (double)reply->element[4]->integer / 1000;
        stats.accepted_per_minute = (double)reply->element[5]->integer / 1000;
        stats.done_per_minute = (double)reply->element[6]->integer / 1000;
        read_rows(arena, reply->element[7], &stats);
    }
    op->tell.stats(op->arg, err ? NULL : &stats, err);
}

void queue_stats(struct queue *queue, queue_stats_fn *done, void *arg)
{
    struct digits rows;
    const struct bytes words[] = { BYTES(KEY_JOBS), digits(&rows, MAX_ROWS) };
    struct op *op = op_create(queue, &script_stats, on_stats, COUNT(words), words);

    op->tell.stats = done;
    op->arg = arg;
    op_start(op, QUEUE_LOOK_MS);
}

/* ---- one job ---- */

static int64_t cell_number(const redisReply *cell)
{
    struct bytes text = reply_bytes(cell);
    int64_t number = 0;

    if (cell->type == REDIS_REPLY_INTEGER)
        return cell->integer;
    return text_int64(text.data, text.len, &number) ? number : 0;
}

static enum queue_place place_of(const redisReply *reply)
{
    struct bytes word = reply_bytes(reply->element[1]);

    if (reply->elements == 6 && bytes_equal_text(word, "waiting"))
        return QUEUE_WAITING;
    if (reply->elements == 6 && bytes_equal_text(word, "in flight"))
        return QUEUE_IN_FLIGHT;
    if (reply->elements == 7 && bytes_equal_text(word, "delayed"))
        return QUEUE_DELAYED;
    return QUEUE_NOWHERE;
}

/* *ret stays as it is where the job is not there, or not one of ours. */
static void read_found(struct arena *arena, const redisReply *reply, const char *id,
                       struct queue_found *ret)
{
    struct queue_found got = { .place = place_of(reply), .client = "", .error = "", .worker = "" };

    if (got.place == QUEUE_NOWHERE || !receipt_id_valid(bytes_of(id)) ||
        !command_unpack(arena, reply_bytes(reply->element[2]), &got.job.command) ||
        !state_unpack(reply_bytes(reply->element[3]), &got.job))
        return;
    memcpy(got.job.id, id, strlen(id));
    int64_t now_ms = cell_number(reply->element[0]);
    int64_t age_ms = now_ms - got.job.accepted_real_ms;
    got.age_seconds = age_ms > 0 ? (double)age_ms / 1000 : 0;
    got.client = cell_text(arena, reply->element[4]);
    if (got.place == QUEUE_WAITING)
        got.before = cell_number(reply->element[5]);
    else if (got.place == QUEUE_IN_FLIGHT)
        got.worker = cell_text(arena, reply->element[5]);
    else {
        int64_t due_in_ms = cell_number(reply->element[5]) - now_ms;
        got.due_in_ms = due_in_ms > 0 ? due_in_ms : 0;
        got.error = cell_text(arena, reply->element[6]);
    }
    *ret = got;
}

static bool is_more(const redisReply *reply)
{
    return is_row(reply, 4) && bytes_equal_text(reply_bytes(reply->element[1]), "more");
}

/* On behind the last entry of this page. */
static void find_on(struct op *op, const redisReply *reply)
{
    struct bytes last = reply_bytes(reply->element[2]);
    struct digits before;
    char from[40] = "(";

    memcpy(from + 1, last.data, last.len); /* NOLINT: nothing, where there is no data */
    const struct bytes words[] = { op->words[0],
                                   op->words[1],
                                   { from, last.len + 1 },
                                   digits(&before, cell_number(reply->element[3])) };
    op_next(op, COUNT(words), words);
}

static void on_found(struct op *op, const redisReply *reply, const struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    struct queue_found found = { .place = QUEUE_NOWHERE, .client = "", .error = "", .worker = "" };

    if (!err && is_more(reply) && reply_bytes(reply->element[2]).len < 32 && !op->queue->closing) {
        find_on(op, reply);
        return;
    }
    if (!err && reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2)
        read_found(arena, reply, arena_strndup(arena, op->words[1].data, op->words[1].len), &found);
    op->tell.found(op->arg, err ? NULL : &found, err);
}

void queue_find(struct queue *queue, const char *id, queue_found_fn *done, void *arg)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(id), BYTES("-"), BYTES("0") };
    struct op *op = op_create(queue, &script_find, on_found, COUNT(words), words);

    op->tell.found = done;
    op->arg = arg;
    op_start(op, QUEUE_LOOK_MS);
}

/* ---- the dead ---- */

static void read_dead(struct arena *arena, const redisReply *row, struct dead_jobs *jobs)
{
    struct dead_job got = { 0 };
    struct bytes id, packed, state, died;

    if (!is_row(row, 6))
        return;
    id = reply_bytes(row->element[0]);
    died = reply_bytes(row->element[1]);
    packed = reply_bytes(row->element[2]);
    state = reply_bytes(row->element[3]);
    if (!receipt_id_valid(id) || !text_int64(died.data, died.len, &got.died_real_ms) ||
        !packed.data || !command_unpack(arena, packed, &got.job.command) ||
        !state_unpack(state, &got.job))
        return;                          /* `drop --all` takes it away */
    memcpy(got.job.id, id.data, id.len); /* NOLINT: a valid id is there */
    got.reason = cell_text(arena, row->element[4]);
    got.error = cell_text(arena, row->element[5]);
    *vec_push(arena, &jobs->jobs) = got;
}

static void on_dead(struct op *op, const redisReply *reply, const struct error *err)
{
    struct dead_jobs *jobs = op->part;
    bool all = op->words[1].len == 0;

    if (!err && reply->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->elements; i++)
            read_dead(op->arena, reply->element[i], jobs);
        if (all && reply->elements == DEAD_PAGE && !op->queue->closing) {
            struct digits skip;
            op->total += DEAD_PAGE;
            const struct bytes words[] = { BYTES(KEY_JOBS), BYTES(""), digits(&skip, op->total) };
            op_next(op, COUNT(words), words);
            return;
        }
    }
    op->tell.dead(op->arg, err ? NULL : jobs, err);
}

void queue_dead(struct queue *queue, const char *id, queue_dead_fn *done, void *arg)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(id ? id : ""), BYTES("0") };
    struct op *op = op_create(queue, &script_dead, on_dead, COUNT(words), words);

    op->arena = arena_create();
    op->part = arena_new(op->arena, struct dead_jobs);
    op->tell.dead = done;
    op->arg = arg;
    op_start(op, QUEUE_LOOK_MS);
}

/* [count, more, until when they had died]: those that die meanwhile are not run in circles. */
static void on_settled(struct op *op, const redisReply *reply, const struct error *err)
{
    if (!err && is_row(reply, 3)) {
        op->total += reply->element[0]->integer;
        if (reply->element[1]->integer && !op->queue->closing) {
            const struct bytes words[] = { op->words[0], op->words[1], op->words[2],
                                           reply_bytes(reply->element[2]) };
            op_next(op, COUNT(words), words);
            return;
        }
    }
    if (op->tell.count)
        op->tell.count(op->arg, op->total, err);
}

static void settle(struct queue *queue, const char *how, const char *id, queue_count_fn *done,
                   void *arg)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(how), bytes_of(id ? id : ""),
                                   BYTES("") };
    struct op *op = op_create(queue, &script_settle, on_settled, COUNT(words), words);

    op->tell.count = done;
    op->arg = arg;
    op_start(op, QUEUE_LOOK_MS);
}

void queue_dead_retry(struct queue *queue, const char *id, queue_count_fn *done, void *arg)
{
    settle(queue, "retry", id, done, arg);
}

void queue_dead_drop(struct queue *queue, const char *id, queue_count_fn *done, void *arg)
{
    settle(queue, "drop", id, done, arg);
}

/* ---- the story of a job ---- */

static void on_noted(struct op *op, const redisReply *reply, const struct error *err)
{
    (void)reply;
    (void)err;
    op->queue->notes--;
}

void queue_note(struct queue *queue, const char *id, struct bytes attempt)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(id), attempt };

    if (queue->notes >= MAX_NOTES || !receipt_id_valid(bytes_of(id)))
        return;
    queue->notes++;
    op_start(op_create(queue, &script_note, on_noted, COUNT(words), words), 0);
}

static void on_story(struct op *op, const redisReply *reply, const struct error *err)
{
    struct bytes attempts[QUEUE_STORY_ATTEMPTS];
    size_t count = 0;

    if (!err && reply->type == REDIS_REPLY_ARRAY)
        for (size_t i = 0; i < reply->elements && count < QUEUE_STORY_ATTEMPTS; i++)
            attempts[count++] = reply_bytes(reply->element[i]);
    op->tell.story(op->arg, attempts, count, err);
}

void queue_story(struct queue *queue, const char *id, queue_story_fn *done, void *arg)
{
    char key[64] = KEY_STORY; /* a key that is never written, for what is no id */

    if (receipt_id_valid(bytes_of(id)))
        stpcpy(stpcpy(key, KEY_STORY), id);
    const struct bytes words[] = { BYTES("LRANGE"), bytes_of(key), BYTES("0"), BYTES("-1") };
    struct op *op = op_create(queue, NULL, on_story, COUNT(words), words);

    op->tell.story = done;
    op->arg = arg;
    op_start(op, QUEUE_LOOK_MS);
}

static void on_named(struct op *op, const redisReply *reply, const struct error *err)
{
    (void)op;
    (void)reply;
    (void)err;
}

void queue_name_client(struct queue *queue, const struct job *job, const char *client)
{
    const struct bytes words[] = { BYTES(KEY_JOBS), bytes_of(job->id), bytes_of(client) };

    op_start(op_create(queue, &script_client, on_named, COUNT(words), words), 0);
}
