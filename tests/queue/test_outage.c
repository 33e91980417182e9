/* Redis goes away, forgets, refuses, and comes back: nothing is lost and nothing spins. */
#include "tests/queue/rig.h"

#include "base/clock.h"
#include "queue/internal.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * Ten minutes off for this process, as on a host without NTP. Nothing may depend on it: leases and
 * deadlines are by Redis' clock.
 */
static int64_t clock_off_s;

int clock_gettime(clockid_t which, struct timespec *ret)
{
    int result = (int)syscall(SYS_clock_gettime, which, ret);

    if (which == CLOCK_REALTIME)
        ret->tv_sec += clock_off_s;
    return result;
}

static void a_clock_that_is_off_changes_nothing(void **state)
{
    static const int64_t off_s[] = { -600, 600 };
    struct rig *rig = *state;

    for (size_t i = 0; i < COUNT(off_s); i++) {
        struct worker worker, other;
        struct outcome reclaimed = { 0 };

        rig_do(rig, "FLUSHALL");
        clock_off_s = 0;
        int64_t true_ms = clock_real_ms();
        clock_off_s = off_s[i];
        worker_begin(rig, &worker, "w1", 8);
        assert_int_equal(rig_accept(rig, worker.queue, "1").result, ACCEPTED);
        WAIT_UNTIL(rig, worker.count == 1);
        assert_in_range(worker.jobs[0]->accepted_real_ms, true_ms - 1000,
                        true_ms + RIG_PATIENCE_MS);
        assert_in_range(worker.jobs[0]->left_ms, QUEUE_JOB_LIFE_MS - RIG_PATIENCE_MS,
                        QUEUE_JOB_LIFE_MS);

        worker_begin(rig, &other, "w2", 0); /* does not take it for a dead host's */
        queue_reclaim(other.queue, 60000, on_count, &reclaimed);
        WAIT_UNTIL(rig, reclaimed.told);
        assert_int_equal(reclaimed.count, 0);
        assert_int_equal(worker_retry(&worker, 0, 300).err.kind, ERR_NONE);
        int64_t begin_ms = clock_mono_ms();
        WAIT_UNTIL(rig, worker.count == 2);
        assert_true(clock_mono_ms() - begin_ms >= 200); /* not at once, nor in ten minutes */
        worker_end(&worker);
        worker_end(&other);
        clock_off_s = 0;
    }
}

struct campaign {
    struct worker worker;
    struct queue *endpoint;
    struct outcome accepted[200], finished[400];
    int ended, done, unknown;
};

/* Ends what was handed in since, one way or another still on its way when Redis dies. */
static void end_new_jobs(struct campaign *campaign)
{
    struct worker *worker = &campaign->worker;

    for (; campaign->ended < worker->count; campaign->ended++) {
        struct job **job = &worker->jobs[campaign->ended];
        queue_finish(worker->queue, *job, on_outcome, &campaign->finished[campaign->ended]);
        job_free(TAKE(*job));
    }
}

static void twenty_times_killed_Redis_comes_back_with_everything(void **state)
{
    enum { KILLS = 20, EACH = 10 };
    struct rig *rig = *state;
    struct campaign *campaign = test_calloc(1, sizeof(*campaign));

    worker_begin(rig, &campaign->worker, "w1", 16);
    campaign->endpoint = rig_queue(rig, NULL);
    for (int kill = 0; kill < KILLS; kill++) {
        rig_turn_for(rig, 150); /* long enough up for a reconnect without back-off */
        for (int i = 0; i < EACH; i++) {
            char trigger[32];
            snprintf(trigger, sizeof(trigger), "kill.%d.%d", kill, i);
            const struct command command = rig_command(trigger);
            queue_accept(campaign->endpoint, &command, RIG_PATIENCE_MS, on_accept_outcome,
                         &campaign->accepted[kill * EACH + i]);
        }
        /* At another step of it each time: said, heard, handed out, ended. */
        for (int turn = 0; turn < kill % 7; turn++) {
            loop_turn(rig->loop, 5);
            end_new_jobs(campaign);
        }
        redis_server_kill(rig->server);
        redis_server_restart(rig->server);
        WAIT_UNTIL(rig, queue_up(campaign->endpoint) && queue_up(campaign->worker.queue));
    }
    for (int i = 0; i < KILLS * EACH; i++) {
        WAIT_UNTIL(rig, campaign->accepted[i].told);
        assert_int_equal(campaign->accepted[i].result, ACCEPTED);
    }
    for (int i = 0; i < KILLS * EACH; i++) {
        WAIT_UNTIL(rig, campaign->worker.count > i);
        end_new_jobs(campaign);
        WAIT_UNTIL(rig, campaign->finished[i].told);
        assert_int_equal(campaign->finished[i].err.kind, ERR_NONE);
    }
    rig_reconnect(rig);
    assert_int_equal(campaign->worker.count, KILLS * EACH); /* none lost, none twice */
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&campaign->worker);
    queue_destroy(campaign->endpoint);
    test_free(campaign);
}

/*
 * With appendfsync always a Redis whose disk is full ends itself rather than break its word; it is
 * back when there is room, with all that it had acknowledged.
 */
static void a_full_disk_loses_nothing_that_was_accepted(void **state)
{
    struct rig *rig = *state;
    const struct rlimit full = { 1, RLIM_INFINITY };
    const struct command command = rig_command("full");
    struct worker worker;
    struct outcome outcome = { 0 };

    worker_begin(rig, &worker, "w1", 0);
    assert_int_equal(rig_accept(rig, worker.queue, "before").result, ACCEPTED);
    assert_int_equal(prlimit(rig->server->pid, RLIMIT_FSIZE, &full, NULL), 0);
    queue_accept(worker.queue, &command, 3000, on_accept_outcome, &outcome);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.result, ACCEPTED_UNKNOWN); /* the connection went with it */
    redis_server_kill(rig->server);
    redis_server_restart(rig->server);
    rig_reconnect(rig);
    WAIT_UNTIL(rig, queue_up(worker.queue));
    queue_take(worker.queue, 8, worker_on_job, &worker);
    assert_int_equal(rig_accept(rig, worker.queue, "after").result, ACCEPTED);
    WAIT_UNTIL(rig, worker.count >= 2);
    assert_string_equal(worker.jobs[0]->command.trigger_id, "before");
    assert_string_equal(worker.jobs[worker.count - 1]->command.trigger_id, "after");
    worker_end(&worker);
}

/* The jobs are pending on a worker that lives and never read of them. */
static void an_answer_that_never_arrived_is_read_again(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    rig_accept(rig, worker.queue, "held");
    WAIT_UNTIL(rig, worker.count == 1);
    for (int i = 0; i < 3; i++)
        rig_plant(rig, i == 0 ? "lost0" : i == 1 ? "lost1" : "lost2", NULL);
    /* As if the connection had been cut with this answer on its way. */
    rig_do(rig, "XREADGROUP GROUP workers w1 COUNT 10 STREAMS {raiox}:jobs >");
    rig_do(rig, "CLIENT KILL TYPE normal SKIPME yes");
    WAIT_UNTIL(rig, worker.count == 4);
    rig_turn_for(rig, 200);
    assert_int_equal(worker.count, 4); /* and the held one is not handed in again */
    for (int i = 0; i < 4; i++)
        assert_int_equal(worker_finish(&worker, i).err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&worker);
}

/* How many connections sleep in a blocking read, as Redis sees it. */
static int64_t sleeping(struct rig *rig)
{
    return rig_number(rig, "EVAL %s 0",
                      "return tonumber(string.match(redis.call('INFO', 'clients'), "
                      "'blocked_clients:(%d+)'))");
}

/* Handed out, and the answer may still come: taken in at once it could be done, and then be done
 * again. */
static void an_answer_that_may_be_on_its_way_is_waited_for(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    WAIT_UNTIL(rig, worker.queue->taking && worker.queue->taker_client && sleeping(rig) == 1);
    rig_do(rig, "MULTI"); /* so that the taker, asleep, is not the first to have it */
    rig_plant(rig, "late", NULL);
    rig_do(rig, "XREADGROUP GROUP workers w1 COUNT 10 STREAMS {raiox}:jobs >");
    rig_do(rig, "EXEC");
    take_touch_soon(worker.queue);
    rig_turn_for(rig, 300);
    assert_int_equal(worker.count, 0);
    rig_number(rig, "CLIENT UNBLOCK %lld", (long long)worker.queue->taker_client);
    rig_turn_for(rig, 50);
    take_touch_soon(worker.queue);
    WAIT_UNTIL(rig, worker.count == 1);
    assert_int_equal(worker_finish(&worker, 0).err.kind, ERR_NONE);
    worker_end(&worker);
}

static void after_FLUSHALL_work_goes_on(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    struct outcome held = rig_accept(rig, worker.queue, "1");
    rig_accept(rig, worker.queue, "2");
    WAIT_UNTIL(rig, worker.count == 2);
    rig_do(rig, "FLUSHALL");

    /* Who holds a job that Redis forgot is the only one who can still answer it. */
    assert_int_equal(worker_mark(&worker, 0, MARK_POSTING).err.kind, ERR_NONE);
    assert_int_equal(worker_finish(&worker, 0).err.kind, ERR_NONE);
    assert_int_equal(worker_retry(&worker, 1, 10).err.kind, ERR_NONE);
    WAIT_UNTIL(rig, worker.count == 3);
    assert_int_equal(worker.jobs[2]->attempt, 2);
    assert_string_equal(worker.jobs[2]->command.text, rig_command("").text);

    struct outcome again = rig_accept(rig, worker.queue, "3");
    assert_int_equal(again.result, ACCEPTED);
    assert_string_not_equal(again.id, held.id);
    WAIT_UNTIL(rig, worker.count == 4);
    assert_int_equal(worker_finish(&worker, 2).err.kind, ERR_NONE);
    assert_int_equal(worker_finish(&worker, 3).err.kind, ERR_NONE);
    worker_end(&worker);
}

static void a_destroyed_stream_is_made_again(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    for (int i = 0; i < 3; i++) {
        rig_accept(rig, worker.queue, NULL);
        WAIT_UNTIL(rig, worker.count == i + 1);
        rig_do(rig, "DEL {raiox}:jobs");
        assert_int_equal(worker_finish(&worker, i).err.kind, ERR_NONE);
    }
    worker_end(&worker);
}

static void a_destroyed_group_is_made_again_and_nothing_is_lost(void **state)
{
    struct rig *rig = *state;
    struct worker worker, other;
    int unmarked = -1, marked = -1;

    worker_begin(rig, &worker, "w1", 8);
    struct outcome first = rig_accept(rig, worker.queue, "1");
    rig_accept(rig, worker.queue, "2");
    WAIT_UNTIL(rig, worker.count == 2);
    worker_mark(&worker, 1, MARK_POSTING);
    queue_take(worker.queue, 0, NULL, NULL);
    rig_do(rig, "XGROUP DESTROY {raiox}:jobs workers");

    worker_begin(rig, &other, "w2", 8);
    WAIT_UNTIL(rig, other.count == 2);
    for (int i = 0; i < 2; i++)
        *(strcmp(other.jobs[i]->id, first.id) == 0 ? &unmarked : &marked) = i;
    assert_true(unmarked >= 0 && marked >= 0);
    assert_int_equal(other.jobs[unmarked]->mark, MARK_NONE);
    assert_int_equal(other.jobs[marked]->mark, MARK_POSTING); /* it will say so */
    assert_int_equal(other.jobs[marked]->posts, 1);

    /* Who had them is fenced off. */
    assert_int_equal(worker_mark(&worker, 0, MARK_POSTING).err.kind, ERR_NOT_FOUND);
    assert_int_equal(worker_finish(&worker, 1).err.kind, ERR_NOT_FOUND);
    assert_int_equal(worker_finish(&other, 0).err.kind, ERR_NONE);
    assert_int_equal(worker_finish(&other, 1).err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&worker);
    worker_end(&other);
}

static void a_destroyed_group_hands_its_holder_nothing_twice(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    rig_do(rig, "XGROUP DESTROY {raiox}:jobs workers");
    rig_accept(rig, worker.queue, "2");
    WAIT_UNTIL(rig, worker.count == 2);
    rig_turn_for(rig, 200);
    assert_int_equal(worker.count, 2);
    assert_int_equal(worker_finish(&worker, 0).err.kind, ERR_NONE);
    assert_int_equal(worker_finish(&worker, 1).err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&worker);
}

/* RAIOX_OUTAGE_MS: for who has the time to see an outage at its full length (tests/outages). */
static int64_t outage_ms(int64_t usual_ms)
{
    const char *text = getenv("RAIOX_OUTAGE_MS");
    int64_t ms = 0;

    return text && text_int64(text, strlen(text), &ms) && ms > usual_ms ? ms : usual_ms;
}

/* Work resumes within five seconds (LESSONS 4): measured where somebody has taken the time to look;
 * elsewhere it must resume, however busy the machine is. */
static int64_t resumes_within_ms(void)
{
    return getenv("RAIOX_OUTAGE_MS") ? 5000 : RIG_PATIENCE_MS;
}

static void a_frozen_Redis_is_worked_with_again_within_five_seconds(void **state)
{
    struct rig *rig = *state;
    struct worker worker;
    struct outcome told = { 0 };

    worker_begin(rig, &worker, "w1", 8);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    redis_server_freeze(rig->server);
    queue_finish(worker.queue, worker.jobs[0], on_outcome, &told);
    job_free(TAKE(worker.jobs[0]));
    rig_turn_for(rig, outage_ms(6000)); /* beyond the time-out of its answer */
    assert_int_equal(told.told, 0);
    assert_false(queue_up(worker.queue));
    redis_server_thaw(rig->server);
    int64_t begin_ms = clock_mono_ms();
    WAIT_UNTIL(rig, told.told);
    assert_int_equal(told.err.kind, ERR_NONE);
    rig_accept(rig, worker.queue, "2");
    WAIT_UNTIL(rig, worker.count == 2);
    assert_in_range(clock_mono_ms() - begin_ms, 0, resumes_within_ms());
    worker_end(&worker);
}

static void a_long_outage_is_told_once_and_its_end_too(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, "w1");
    struct outcome dropped = { 0 };

    rig_turn_for(rig, 1100); /* so that the next bad news is not too soon */
    rig->good_news = rig->bad_news = 0;
    redis_server_kill(rig->server);
    WAIT_UNTIL(rig, rig->bad_news > 0);
    queue_dead_drop(queue, NULL, on_count, &dropped);
    WAIT_UNTIL(rig, dropped.told); /* a question does not wait for ever */
    assert_int_equal(dropped.err.kind, ERR_UNAVAILABLE);
    rig_turn_for(rig, outage_ms(0));
    assert_in_range(rig->bad_news, 1, 2);
    assert_int_equal(rig->good_news, 0);
    redis_server_restart(rig->server);
    rig_reconnect(rig);
    int64_t back_ms = clock_mono_ms();
    WAIT_UNTIL(rig, rig->good_news > 0);
    assert_in_range(clock_mono_ms() - back_ms, 0, resumes_within_ms());
    assert_true(queue_up(queue));
    rig_turn_for(rig, 200);
    assert_int_equal(rig->good_news, 1);
    queue_destroy(queue);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_clock_that_is_off_changes_nothing),
        TEST(twenty_times_killed_Redis_comes_back_with_everything),
        TEST(a_full_disk_loses_nothing_that_was_accepted),
        TEST(an_answer_that_never_arrived_is_read_again),
        TEST(an_answer_that_may_be_on_its_way_is_waited_for),
        TEST(after_FLUSHALL_work_goes_on),
        TEST(a_destroyed_stream_is_made_again),
        TEST(a_destroyed_group_is_made_again_and_nothing_is_lost),
        TEST(a_destroyed_group_hands_its_holder_nothing_twice),
        TEST(a_frozen_Redis_is_worked_with_again_within_five_seconds),
        TEST(a_long_outage_is_told_once_and_its_end_too),
    };

    /* A server inherits it: then a full disk is an error of its writes and not its end. */
    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
