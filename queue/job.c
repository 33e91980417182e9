/* A job in a worker's hands: how it is read from the stream, and the ways it can leave. */
#include "queue/internal.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* ---- reading ---- */

struct entry_fields {
    struct bytes id, command, state;
};

/* The last of a name counts; names that are not ours are of a newer raiox. */
static struct entry_fields entry_fields(const redisReply *list)
{
    struct entry_fields got = { 0 };

    for (size_t i = 0; i + 1 < list->elements; i += 2) {
        struct bytes name = reply_bytes(list->element[i]);
        struct bytes value = reply_bytes(list->element[i + 1]);

        if (bytes_equal_text(name, "i"))
            got.id = value;
        else if (bytes_equal_text(name, "c"))
            got.command = value;
        else if (bytes_equal_text(name, "s"))
            got.state = value;
    }
    return got;
}

static bool job_read(struct taken *taken, struct bytes entry, const struct entry_fields *fields)
{
    struct job *job = &taken->job;

    if (!receipt_id_valid(fields->id) || entry.len >= sizeof(job->entry) || !fields->command.data ||
        !command_unpack(taken->arena, fields->command, &job->command))
        return false;
    if (fields->state.data ? !state_unpack(fields->state, job) : !state_of_entry(entry, job))
        return false;
    memcpy(job->id, fields->id.data, fields->id.len); /* NOLINT: a valid id is there */
    memcpy(job->entry, entry.data, entry.len);        /* NOLINT: and its entry */
    return true;
}

struct taken *taken_read(struct queue *queue, const redisReply *entry)
{
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
        entry->element[1]->type != REDIS_REPLY_ARRAY)
        return NULL;

    struct entry_fields fields = entry_fields(entry->element[1]);
    struct arena *arena = arena_create();
    struct taken *taken = arena_new(arena, struct taken);

    taken->arena = arena;
    if (!job_read(taken, reply_bytes(entry->element[0]), &fields)) {
        arena_destroy(arena);
        return NULL;
    }
    taken->job.left_ms = taken->job.deadline_real_ms - queue_real_ms(queue);
    taken->posts = taken->job.posts;
    taken->mark = taken->job.mark;
    return taken;
}

struct arena *job_arena(struct job *job)
{
    return taken_of(job)->arena;
}

void job_free(struct job *job)
{
    if (job)
        arena_destroy(taken_of(job)->arena);
}

/* ---- leaving ---- */

/* Every script of this file answers 1, or 0 when the job is no longer this process' to change. */
static void on_changed(struct op *op, const redisReply *reply, const struct error *err)
{
    struct error lost;

    if (!op->tell.done)
        return;
    if (!err && reply->type != REDIS_REPLY_INTEGER) {
        error_set(&lost, ERR_INTERNAL, "job %.*s: an answer of no meaning", (int)op->words[1].len,
                  op->words[1].data);
        err = &lost;
    } else if (!err && reply->integer == 0) {
        error_set(&lost, ERR_NOT_FOUND, "job %.*s was handed to another process",
                  (int)op->words[1].len, op->words[1].data);
        err = &lost;
    }
    op->tell.done(op->arg, err);
}

/* The words that every change begins with, then extra. */
static struct op *change(struct queue *queue, struct redis_script *script, struct job *job,
                         size_t extra_count, const struct bytes *extra, queue_done_fn *done,
                         void *arg)
{
    struct bytes words[8] = { BYTES(KEY_JOBS), bytes_of(job->id), bytes_of(job->entry),
                              bytes_of(queue->consumer) };

    assert(4 + extra_count <= COUNT(words));
    for (size_t i = 0; i < extra_count; i++)
        words[4 + i] = extra[i];
    struct op *op = op_create(queue, script, on_changed, 4 + extra_count, words);
    op->tell.done = done;
    op->arg = arg;
    return op;
}

/* A change that ends this process' hold. A job ends once. */
static void end(struct queue *queue, struct redis_script *script, struct job *job,
                size_t extra_count, const struct bytes *extra, queue_done_fn *done, void *arg)
{
    struct taken *taken = taken_of(job);

    assert(taken->hold);
    struct op *op = change(queue, script, job, extra_count, extra, done, arg);
    op->hold = TAKE(taken->hold);
    op_start(op, 0);
}

/*
 * A job that goes on elsewhere takes its command and state along from here: what Redis had of them
 * may be lost. more: what comes behind these two.
 */
static void end_with_all(struct queue *queue, struct redis_script *script, struct job *job,
                         int attempt, size_t more_count, const struct bytes *more,
                         queue_done_fn *done, void *arg)
{
    struct taken *taken = taken_of(job);
    struct job now = *job;
    char state[STATE_MAX];
    size_t packed_len = command_packed_len(&job->command);
    char *packed = arena_alloc(taken->arena, packed_len);
    struct bytes extra[4];

    now.attempt = attempt;
    now.posts = taken->posts;
    now.mark = taken->mark;
    command_pack(&job->command, packed);
    extra[0] = (struct bytes){ packed, packed_len };
    extra[1] = state_pack(&now, state);
    assert(more_count <= 2);
    for (size_t i = 0; i < more_count; i++)
        extra[2 + i] = more[i];
    end(queue, script, job, 2 + more_count, extra, done, arg);
}

void queue_finish(struct queue *queue, struct job *job, queue_done_fn *done, void *arg)
{
    end(queue, &script_finish, job, 0, NULL, done, arg);
}

void queue_retry(struct queue *queue, struct job *job, int64_t delay_ms, const char *error,
                 queue_done_fn *done, void *arg)
{
    struct digits delay;
    struct bytes more[] = { digits(&delay, delay_ms > 0 ? delay_ms : 0), bytes_of(error) };

    end_with_all(queue, &script_retry, job, job->attempt + 1, COUNT(more), more, done, arg);
    take_due_in(queue, delay_ms);
}

void queue_release(struct queue *queue, struct job *job, queue_done_fn *done, void *arg)
{
    end_with_all(queue, &script_release, job, job->attempt, 0, NULL, done, arg);
}

void queue_give_up(struct queue *queue, struct job *job, const char *reason, const char *error,
                   queue_done_fn *done, void *arg)
{
    struct bytes more[] = { bytes_of(reason), bytes_of(error) };

    end_with_all(queue, &script_give_up, job, job->attempt, COUNT(more), more, done, arg);
}

void queue_mark(struct queue *queue, struct job *job, enum mark mark, queue_done_fn *done,
                void *arg)
{
    struct taken *taken = taken_of(job);
    struct digits number[2];

    if (mark == MARK_POSTING)
        taken->posts++;
    else if (mark == MARK_NONE && taken->mark == MARK_POSTING && taken->posts > 0)
        taken->posts--;
    taken->mark = mark;

    struct bytes extra[] = { digits(&number[0], mark), digits(&number[1], taken->posts) };
    op_start(change(queue, &script_mark, job, COUNT(extra), extra, done, arg), 0);
}

/* ---- back-off ---- */

int64_t queue_backoff_ms(int attempt)
{
    int64_t most_ms = 2000;
    uint32_t random = 0;

    for (int i = 1; i < attempt && most_ms < 60000; i++)
        most_ms *= 2;
    if (most_ms > 60000)
        most_ms = 60000;
    while (getrandom(&random, sizeof(random), 0) < 0) {
        if (errno != EINTR)
            fatal("no random numbers");
    }
    /* Half of it for certain, so that it grows; half at random, so that nobody comes together. */
    return most_ms / 2 + (int64_t)random % (most_ms / 2 + 1);
}
