/*
 * A worker. A job comes from queue/, becomes a task, and goes: board -> client -> report -> mark ->
 * post -> finish. Every step is a callback; whatever a task makes is in its job's arena; a task
 * ends in task_end() alone.
 */
#include "bot/worker.h"

#include "base/cache.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/log.h"
#include "base/loop.h"
#include "bot/fetches.h"
#include "bot/meters.h"
#include "bot/redis_news.h"
#include "bot/reply.h"
#include "bot/reporter.h"
#include "bot/resolve.h"
#include "bot/story.h"
#include "bot/test_point.h"
#include "message/message.h"
#include "queue/queue.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* Contexts are serial numbers, so that a late callback of a job that is gone names nobody; a place
 * of the ring is used again after so many jobs, more than RAIOX_CONCURRENCY can be. */
#define CONTEXTS 16384
/* Of one reply whose fate is unknown: how often it is posted in all. */
#define MAX_POSTS 3
/* What a response_url takes, within 30 minutes. Slack docs, "Handling user interaction". */
#define RESPONSE_URL_USES 5
/* "ajuda" as a client's name is remembered for the endpoint so much longer than its board. */
#define HELP_NAME_MS (60 * 60 * 1000)
/* Without a job for so long, a process gives memory back. */
#define IDLE_MS 1000

struct context {
    uintptr_t serial;
    char job_id[32];
};

struct worker {
    const struct config *config;
    struct metrics *metrics;
    struct pool_place *place;
    const char *consumer;
    struct loop *loop;
    struct queue *queue;
    struct cache *cache;
    struct reporter *reporter;
    struct fetches *fetches;
    struct context contexts[CONTEXTS];
    uintptr_t serial;
    struct task *tasks;
    int task_count;
    bool draining;
    int64_t noted_real_ms; /* when the board was fetched that note_help_name() last saw */
    struct loop_timer idle;
    struct loop_timer drain;
};

/* A job in flight, in its own arena. */
struct task {
    struct task *next, *prev;
    struct worker *worker;
    struct job *job;
    struct arena *arena;
    int64_t taken_ms; /* monotonic */
    struct story story;
    struct behalf behalf;
    struct upstream_job *board_job; /* asking Monday */
    bool awaits_board, asked_again;
    struct wait *wait; /* for a report */
    struct http_call *post;
    struct message message;
    struct envelope envelope;
    bool text_only;         /* Slack refused the blocks */
    bool direct;            /* response_url no longer serves: chat.postMessage */
    enum job_result result; /* what it counts as once Slack has the reply */
    bool settling;          /* the queue was told how it ends: nothing else happens to it */
    struct error last_word; /* why it is given up, or tried again */
    const char *give_up_reason;
};

static void take_more(struct worker *worker);

/* ---- memory ---- */

/* What many jobs at once, or a large one, have left free between what lives on: back to the system
 * when nothing has been done for a while. */
static void give_memory_back(void *arg)
{
    const struct worker *worker = arg;

    if (worker->task_count == 0)
        malloc_trim(0);
}

/* ---- the life of a task ---- */

/* Nothing that is under way for it may call back any more. */
static void stop_everything(struct task *task)
{
    upstream_job_end(task->board_job);
    task->board_job = NULL;
    fetches_leave(task->wait);
    task->wait = NULL;
    http_cancel(task->post);
    task->post = NULL;
}

static void task_end(struct task *task)
{
    struct worker *worker = task->worker;

    stop_everything(task);
    if (task->prev)
        task->prev->next = task->next;
    else
        worker->tasks = task->next;
    if (task->next)
        task->next->prev = task->prev;
    worker->task_count--;
    job_free(task->job);
    if (worker->task_count > 0)
        return;
    loop_timer_start(worker->loop, &worker->idle, IDLE_MS, give_memory_back, worker);
    if (worker->draining)
        loop_stop(worker->loop);
}

/* What the queue was last told about a task has arrived, or the job is no longer ours: either way
 * it is over. */
static void on_settled(void *arg, const struct error *err)
{
    struct task *task = arg;

    TEST_POINT("settled", task->job);
    if (err)
        LOG(LOG_WARN, "job not settled", LOG_S("id", task->job->id), LOG_S("error", err->log));
    task_end(task);
}

/* How this attempt ended, for `raiox why`: told before the queue hears of the end. */
static void tell_story(struct task *task, const char *result, const char *why)
{
    struct worker *worker = task->worker;

    queue_note(worker->queue, task->job->id,
               story_line(task->arena, &task->story, task->job, worker->consumer, result, why));
}

static const char *result_name(enum job_result result)
{
    return result == JOB_DONE ? "done" : "partial";
}

static void finish(struct task *task)
{
    struct worker *worker = task->worker;
    int64_t took_ms = clock_real_ms() - task->job->accepted_real_ms;

    LOG(LOG_INFO, "job done", LOG_S("id", task->job->id), LOG_I("ms", took_ms),
        LOG_S("result", result_name(task->result)));
    meter_job(worker->metrics, task->result);
    meter_job_seconds(worker->metrics, (took_ms > 0 ? took_ms : 0) * 1000);
    task->settling = true;
    tell_story(task, result_name(task->result), NULL);
    queue_finish(worker->queue, task->job, on_settled, task);
    TEST_POINT("finishing", task->job);
}

static void give_up(struct task *task, const char *reason, const struct error *err)
{
    LOG(LOG_ERROR, "job dead", LOG_S("id", task->job->id), LOG_S("reason", reason),
        LOG_S("error", err->log));
    meter_job(task->worker->metrics, JOB_DEAD);
    task->settling = true;
    tell_story(task, "dead", arena_printf(task->arena, "%s: %s", reason, err->log));
    queue_give_up(task->worker->queue, task->job, reason, err->log, on_settled, task);
}

static void post_message(struct task *task, struct message message);

static void post_notice(struct task *task, enum notice notice, const struct notice_facts *facts)
{
    STORY(&task->story, "notice", LOG_S("what", story_notice(notice)));
    post_message(task, message_notice(task->arena, task->worker->config->locale, notice, facts));
}

static int64_t retry_delay_ms(const struct task *task, const struct error *err)
{
    int64_t delay_ms = queue_backoff_ms(task->job->attempt);

    return err->retry_after_ms > delay_ms ? err->retry_after_ms : delay_ms;
}

static void retry_in(struct task *task, int64_t delay_ms, const struct error *err)
{
    LOG(LOG_WARN, "job retried", LOG_S("id", task->job->id), LOG_I("attempt", task->job->attempt),
        LOG_I("in_ms", delay_ms), LOG_S("error", err->log));
    meter_job(task->worker->metrics, JOB_RETRIED);
    task->settling = true;
    STORY(&task->story, "retry", LOG_I("in_ms", delay_ms));
    tell_story(task, "retried", err->log);
    queue_retry(task->worker->queue, task->job, delay_ms, err->log, on_settled, task);
}

/* Attempts are used up: one last message, then the job is dead. */
static void say_last_word(struct task *task, const char *reason, const struct error *err)
{
    struct notice_facts facts = { .kind = err->kind, .detail = err->user };

    task->last_word = *err;
    task->give_up_reason = reason;
    post_notice(task, NOTICE_GAVE_UP, &facts);
}

/* A job that would come back behind its deadline could not be answered any more: say it now. */
static void retry_or_last_word(struct task *task, const struct error *err)
{
    int64_t delay_ms = retry_delay_ms(task, err);
    int64_t left_ms = task->job->left_ms - (loop_now_ms(task->worker->loop) - task->taken_ms);

    if (task->job->attempt < QUEUE_MAX_ATTEMPTS && delay_ms < left_ms)
        retry_in(task, delay_ms, err);
    else
        say_last_word(task, "attempts", err);
}

/* ---- the reply ---- */

static void send_reply(struct task *task);

/* The job was handed to another process meanwhile, or Redis cannot keep it: let go of it without a
 * word to anybody. */
static void let_go(struct task *task, const struct error *err)
{
    LOG(LOG_WARN, "job let go", LOG_S("id", task->job->id), LOG_S("error", err->log));
    task->settling = true;
    tell_story(task, "let go", err->log);
    queue_release(task->worker->queue, task->job, on_settled, task);
}

static void on_retry_marked(void *arg, const struct error *err)
{
    struct task *task = arg;

    if (task->settling)
        return;
    if (err)
        let_go(task, err);
    else
        retry_in(task, retry_delay_ms(task, &task->last_word), &task->last_word);
}

/* No reply of this job reaches Slack any more, as far as we know. */
static void give_reply_up(struct task *task, enum reply_result counted, const char *reason,
                          const struct error *err)
{
    meter_reply(task->worker->metrics, counted);
    give_up(task, reason, err);
}

/* Certainly not taken: another attempt, and it will not count as a repetition. */
static void post_again_later(struct task *task, const struct error *err)
{
    if (task->job->attempt >= QUEUE_MAX_ATTEMPTS) {
        give_reply_up(task, REPLY_REFUSED, "attempts", err);
        return;
    }
    task->last_word = *err;
    queue_mark(task->worker->queue, task->job, MARK_NONE, on_retry_marked, task);
}

static void on_taken(struct task *task)
{
    meter_reply(task->worker->metrics, task->envelope.repeated ? REPLY_REPEATED : REPLY_POSTED);
    if (task->give_up_reason)
        give_up(task, task->give_up_reason, &task->last_word);
    else
        finish(task);
}

/* response_url is too old or used up: the asker's direct message, where there is a bot token. No
 * job lives as long as its response_url: if this one was posted so often, each of them was seen. */
static void on_gone(struct task *task, const struct error *err)
{
    if (!task->direct && task->job->posts >= RESPONSE_URL_USES) {
        on_taken(task);
        return;
    }
    if (!task->direct && task->worker->config->slack_bot_token) {
        task->direct = true;
        task->text_only = false;
        send_reply(task);
        return;
    }
    give_reply_up(task, REPLY_EXPIRED, "expired", err);
}

static void on_replied(void *arg, enum reply_outcome outcome, int64_t took_ms,
                       const struct error *err)
{
    struct task *task = arg;

    TEST_POINT("replied", task->job);
    task->post = NULL;
    STORY(&task->story, "reply", LOG_S("outcome", reply_outcome_name(outcome)),
          LOG_S("to", task->direct ? "chat.postMessage" : "response_url"),
          LOG_S("visible", task->envelope.in_channel ? "in channel" : "to the asker"),
          LOG_S("blocks", task->text_only ? "left out" : ""),
          LOG_S("repeated", task->envelope.repeated ? "said so" : ""), LOG_I("took_ms", took_ms),
          LOG_S("error", err ? err->log : ""));
    meter_upstream(task->worker->metrics, "slack", err ? err->kind : ERR_NONE, took_ms * 1000);
    if (err)
        LOG(LOG_WARN, "reply", LOG_S("id", task->job->id),
            LOG_S("outcome", reply_outcome_name(outcome)), LOG_S("error", err->log));
    switch (outcome) {
    case REPLY_TAKEN:
        on_taken(task);
        return;
    case REPLY_NOT_SENT:
        post_again_later(task, err);
        return;
    case REPLY_UNKNOWN:
        if (task->job->posts + 1 < MAX_POSTS) /* as it was taken, and this one */
            retry_in(task, retry_delay_ms(task, err), err);
        else
            give_reply_up(task, REPLY_REFUSED, "reply_unknown", err);
        return;
    case REPLY_GONE:
        on_gone(task, err);
        return;
    case REPLY_BAD_BLOCKS:
        if (!task->text_only) {
            task->text_only = true;
            send_reply(task);
            return;
        }
        break;
    case REPLY_PROHIBITED:
        break;
    }
    give_reply_up(task, REPLY_REFUSED, "reply_refused", err);
}

static void send_reply(struct task *task)
{
    struct worker *worker = task->worker;
    struct http *http = reporter_http(worker->reporter);
    /* The post has a copy of its own: a thousand replies under way are not kept twice. */
    scoped_arena struct arena *scratch = arena_create();

    if (task->direct)
        task->envelope.channel =
            task->envelope.in_channel ? task->job->command.channel_id : task->job->command.user_id;
    const char *body = message_body(scratch, worker->config->locale, &task->message,
                                    &task->envelope, task->text_only);
    if (task->direct)
        task->post = reply_post_message(http, task->arena, worker->config, body, on_replied, task);
    else
        task->post =
            reply_post(http, task->arena, task->job->command.response_url, body, on_replied, task);
    TEST_POINT("posting", task->job);
}

static void on_marked(void *arg, const struct error *err)
{
    struct task *task = arg;

    if (task->settling)
        return;
    TEST_POINT("marked", task->job);
    STORY(&task->story, "mark", LOG_S("as", "posting"), LOG_S("error", err ? err->log : ""));
    if (err)
        let_go(task, err);
    else
        send_reply(task);
}

/* The mark comes first: who finds it later knows that Slack may have the reply. */
static void post_message(struct task *task, struct message message)
{
    task->message = message;
    task->envelope.receipt = task->job->id;
    task->envelope.repeated = task->job->posts > 0;
    queue_mark(task->worker->queue, task->job, MARK_POSTING, on_marked, task);
}

/* ---- the report ---- */

static void on_fetched(void *arg, const struct fetched *fetched, const struct error *err)
{
    struct task *task = arg;
    struct message message;

    TEST_POINT("report", task->job);
    task->wait = NULL;
    if (err) {
        LOG(LOG_ERROR, "no report", LOG_S("id", task->job->id), LOG_S("error", err->log));
        say_last_word(task, "no_report", err);
        return;
    }
    task->result = fetched->complete ? JOB_DONE : JOB_PARTIAL;
    message.text = arena_strdup(task->arena, fetched->message.text);
    message.blocks = arena_strdup(task->arena, fetched->message.blocks);
    post_message(task, message);
}

/* ---- the board ---- */

/* Cells that cannot be read are for the report to name. */
static bool has_accounts(const struct client *client)
{
    return *client->meta_id || (client->meta_accounts && client->meta_accounts[0]) ||
           (client->google_ids && client->google_ids[0]) || client->unread.len > 0;
}

/* The endpoint answers a call for help by itself, unless a client is named so. Once for each board
 * that was fetched: it is a search through all names. */
static void note_help_name(struct worker *worker, const struct board *board)
{
    if (worker->noted_real_ms == board->fetched_real_ms)
        return;
    worker->noted_real_ms = board->fetched_real_ms;
    if (client_name_exact(board, "ajuda") || client_name_exact(board, "help"))
        cache_put(worker->cache, "help-is-a-name", BYTES("1"),
                  worker->config->monday_cache_ms + HELP_NAME_MS);
}

static void on_board(void *arg, const struct board *board, const struct error *err);

static void ask_board(struct task *task, bool again)
{
    struct reporter *reporter = task->worker->reporter;

    upstream_job_end(task->board_job);
    task->awaits_board = true;
    task->board_job =
        upstream_job_begin(reporter_upstream(reporter), clock_mono_ms() + REPORT_MS, &task->behalf);
    if (again)
        monday_board_again(reporter_monday(reporter), task->board_job, on_board, task);
    else
        monday_board(reporter_monday(reporter), task->board_job, on_board, task);
}

static void on_board_failed(struct task *task, const struct error *err)
{
    struct notice_facts facts = { .kind = err->kind, .detail = err->user };

    LOG(LOG_WARN, "board", LOG_S("id", task->job->id), LOG_S("error", err->log));
    if (error_may_pass(err->kind))
        retry_or_last_word(task, err);
    else
        post_notice(task, NOTICE_BOARD_FAILED, &facts);
}

static void on_board(void *arg, const struct board *board, const struct error *err)
{
    struct task *task = arg;
    struct worker *worker = task->worker;
    const struct command *command = &task->job->command;

    TEST_POINT("board", task->job);
    task->awaits_board = false;
    if (err) {
        STORY(&task->story, "board", LOG_S("error", err->log));
        on_board_failed(task, err);
        return;
    }
    STORY(&task->story, "board", LOG_I("clients", board->clients.len),
          LOG_I("age_ms", clock_real_ms() - board->fetched_real_ms));
    note_help_name(worker, board);
    struct resolved resolved = resolve(task->arena, board, command->channel_id, command->user_id,
                                       command->text, worker->config->name_users);
    if (resolved.ask_again && !task->asked_again) {
        task->asked_again = true;
        ask_board(task, true);
        return;
    }
    task->envelope.in_channel = resolved.client && resolved.in_channel;
    if (resolved.client && !has_accounts(resolved.client)) {
        resolved.facts = (struct notice_facts){ .name = resolved.client->name };
        resolved.notice = NOTICE_NO_ACCOUNTS;
        resolved.client = NULL;
    }
    if (!resolved.client) {
        post_notice(task, resolved.notice, &resolved.facts);
        return;
    }
    STORY(&task->story, "client", LOG_S("id", resolved.client->id),
          LOG_S("name", resolved.client->name));
    queue_name_client(worker->queue, task->job, resolved.client->name);
    task->wait =
        fetches_ask(worker->fetches, task->arena, resolved.client, &task->behalf, on_fetched, task);
}

/* ---- taking ---- */

/* Returns the context in force before. */
static void *set_context(struct worker *worker, const struct job *job)
{
    uintptr_t serial = ++worker->serial;
    struct context *context = &worker->contexts[serial % CONTEXTS];

    context->serial = serial;
    snprintf(context->job_id, sizeof(context->job_id), "%s", job->id);
    return loop_context_swap(worker->loop, (void *)serial);
}

/* Runs at every change: the supervisor reads the place when this process has crashed. */
static void on_context(void *arg, void *value)
{
    struct worker *worker = arg;
    uintptr_t serial = (uintptr_t)value;
    const struct context *context = &worker->contexts[serial % CONTEXTS];

    if (serial != 0 && context->serial == serial)
        memcpy(worker->place->job_id, context->job_id, sizeof(context->job_id));
    else
        worker->place->job_id[0] = '\0';
}

/* A job that was never tried again has all its posts from the deaths of its workers, which are not
 * charged to it: they go on until the response_url says that all its uses were seen. */
static bool is_posted_enough(const struct job *job)
{
    return job->posts >= MAX_POSTS && job->attempt > 1;
}

static void begin(struct task *task)
{
    struct error why = { 0 };

    if (task->job->mark == MARK_POSTED) { /* only the acknowledgement was left */
        finish(task);
        return;
    }
    if (is_posted_enough(task->job)) {
        error_set(&why, ERR_UNAVAILABLE, "the reply was posted %d times", task->job->posts);
        give_reply_up(task, REPLY_REFUSED, "reply_unknown", &why);
        return;
    }
    if (task->job->left_ms <= 0) {
        error_set(&why, ERR_TIMEOUT, "older than a response_url lives");
        task->last_word = why;
        task->give_up_reason = "expired";
        if (!task->worker->config->slack_bot_token) {
            give_reply_up(task, REPLY_EXPIRED, "expired", &why);
            return;
        }
        task->direct = true;
        post_notice(task, NOTICE_EXPIRED, &(struct notice_facts){ 0 });
        return;
    }
    if (task->job->crashes >= QUEUE_MAX_CRASHES) { /* not tried again, but whoever waits is told */
        error_set(&why, ERR_INTERNAL, "crashed %d workers", task->job->crashes);
        say_last_word(task, "crashed", &why);
        return;
    }
    TEST_POINT("taken", task->job);
    ask_board(task, false);
}

static void on_job(void *arg, struct job *job)
{
    struct worker *worker = arg;
    struct task *task = arena_new(job_arena(job), struct task);

    *task = (struct task){ .next = worker->tasks,
                           .worker = worker,
                           .job = job,
                           .arena = job_arena(job),
                           .taken_ms = loop_now_ms(worker->loop),
                           .behalf = { job->id, &task->story },
                           .result = JOB_DONE };
    story_begin(&task->story, task->arena, STORY_JOB_MAX);
    if (worker->tasks)
        worker->tasks->prev = task;
    worker->tasks = task;
    worker->task_count++;
    void *before = set_context(worker, job);
    LOG(LOG_INFO, "job taken", LOG_S("id", job->id), LOG_I("attempt", job->attempt),
        LOG_I("crashes", job->crashes));
    begin(task);
    loop_context_swap(worker->loop, before);
}

static void take_more(struct worker *worker)
{
    queue_take(worker->queue, worker->draining ? 0 : (int)worker->config->concurrency, on_job,
               worker);
}

/* ---- the process ---- */

/* A call of the board's or of a token's own: it goes into the story of each who waits for that. */
static void tell_shared(struct worker *worker, const struct upstream_event *event)
{
    for (struct task *task = worker->tasks; task; task = task->next)
        if (task->awaits_board && strcmp(event->platform, "monday") == 0)
            story_call(&task->story, event, true);
    fetches_tell(worker->fetches, event);
}

static void on_upstream(void *observer, void *job_arg, const struct upstream_event *event)
{
    struct worker *worker = observer;
    const struct behalf *behalf = job_arg;
    const char *ids = behalf ? behalf->ids : "";

    if (behalf)
        story_call(behalf->story, event, false);
    else
        tell_shared(worker, event);
    meter_upstream(worker->metrics, event->platform, event->kind, event->took_ms * 1000);
    if (event->kind != ERR_NONE)
        LOG(LOG_WARN, "upstream", LOG_S("id", ids), LOG_S("platform", event->platform),
            LOG_S("what", event->what), LOG_S("account", event->account), LOG_I("try", event->try),
            LOG_I("status", event->status), LOG_I("ms", event->took_ms),
            LOG_S("error", event->error));
    else
        LOG(LOG_DEBUG, "upstream", LOG_S("id", ids), LOG_S("platform", event->platform),
            LOG_S("what", event->what), LOG_S("account", event->account), LOG_I("try", event->try),
            LOG_I("status", event->status), LOG_I("ms", event->took_ms));
}

static void on_redis(void *arg, bool up, const struct error *err)
{
    (void)arg;
    log_redis_news("worker", up, err);
}

/* Redis does not hear of what is put back: it stays pending there, and is reclaimed by its idle
 * time. */
static void on_leave(void *arg)
{
    struct worker *worker = arg;

    LOG(LOG_WARN, "jobs left as they are", LOG_I("jobs", worker->task_count));
    loop_stop(worker->loop);
}

/* The time is up: what is not done goes back, and another process does it. */
static void on_drain_over(void *arg)
{
    struct worker *worker = arg;

    for (struct task *task = worker->tasks, *next; task; task = next) {
        next = task->next;
        if (task->settling)
            continue;
        stop_everything(task);
        task->settling = true;
        LOG(LOG_INFO, "job put back", LOG_S("id", task->job->id));
        tell_story(task, "put back", "the worker was told to stop");
        queue_release(worker->queue, task->job, on_settled, task);
    }
    loop_timer_start(worker->loop, &worker->drain, WORKER_LEAVE_MS, on_leave, worker);
}

static void on_signal(void *arg, int signal)
{
    struct worker *worker = arg;

    if (!worker->draining) {
        LOG(LOG_INFO, "draining", LOG_I("signal", signal), LOG_I("jobs", worker->task_count));
        worker->draining = true;
        take_more(worker);
        loop_timer_start(worker->loop, &worker->drain, WORKER_DRAIN_MS, on_drain_over, worker);
    }
    if (signal == WORKER_RELEASE)
        on_drain_over(worker);
    if (worker->task_count == 0)
        loop_stop(worker->loop);
}

int worker(const struct config *config, struct metrics *metrics, struct pool_place *place,
           const char *consumer)
{
    static const int signals[] = { SIGTERM, SIGINT, WORKER_RELEASE };
    static struct worker self; /* the contexts are too many for the stack */

    self = (struct worker){
        .config = config, .metrics = metrics, .place = place, .consumer = consumer
    };
    self.loop = loop_create();
    loop_context_observe(self.loop, on_context, &self);
    loop_signals(self.loop, signals, COUNT(signals), on_signal, &self);
    self.queue = queue_create(self.loop, &config->redis, consumer, on_redis, &self);
    self.cache = cache_create(self.loop, queue_redis(self.queue));
    self.reporter =
        reporter_create(self.loop, self.cache, queue_redis(self.queue), config, on_upstream, &self);
    self.fetches = fetches_create(self.loop, self.cache, self.reporter, config);
    take_more(&self);

    loop_run(self.loop);

    loop_timer_stop(self.loop, &self.drain);
    loop_timer_stop(self.loop, &self.idle);
    cache_destroy(self.cache);
    fetches_destroy(self.fetches);
    reporter_destroy(self.reporter);
    queue_destroy(self.queue);
    loop_destroy(self.loop);
    return 0;
}
