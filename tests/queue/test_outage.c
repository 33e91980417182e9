/* Redis goes away, forgets, refuses, and comes back: nothing is lost and nothing spins. */
#include "tests/queue/rig.h"

#include "base/clock.h"
#include "queue/internal.h"

#include <stdio.h>
#include <sys/resource.h>

static void a_killed_Redis_comes_back_with_everything(void **state)
{
    enum { MANY = 40 };
    struct rig *rig = *state;
    struct worker worker;
    int finished = 0;

    worker_begin(rig, &worker, "w1", 8);
    for (int i = 0; i < MANY; i++)
        rig_accept(rig, worker.queue, NULL);
    for (int round = 0; finished < MANY; round++) {
        struct outcome told[8] = { 0 };
        int ended = 0;

        WAIT_UNTIL(rig, worker.count > finished);
        for (int i = finished; i < worker.count; i++) {
            queue_finish(worker.queue, worker.jobs[i], on_outcome, &told[ended++]);
            job_free(TAKE(worker.jobs[i]));
        }
        if (round < 3) { /* before, or after, Redis has heard of it */
            if (round > 0)
                loop_turn(rig->loop, 0);
            redis_server_kill(rig->server);
            redis_server_restart(rig->server);
        }
        for (int i = 0; i < ended; i++) {
            WAIT_UNTIL(rig, told[i].told);
            assert_int_equal(told[i].err.kind, ERR_NONE);
        }
        finished += ended;
    }
    rig_reconnect(rig);
    assert_int_equal(worker.count, MANY); /* none lost, none twice */
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
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

static void a_refusal_is_waited_out_and_told_at_most_once_a_second(void **state)
{
    static const struct {
        const char *break_it, *mend_it, *word;
    } cases[] = {
        { "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM" },
        { "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY" },
        { "ACL SETUSER default -eval -evalsha", "ACL SETUSER default +@all", "NOPERM" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct worker worker;
        struct outcome told = { 0 };

        rig_do(rig, "FLUSHALL");
        worker_begin(rig, &worker, "w1", 8);
        rig_accept(rig, worker.queue, "1");
        WAIT_UNTIL(rig, worker.count == 1);
        rig->bad_news = 0;
        rig_order(rig, cases[i].break_it);
        queue_mark(worker.queue, worker.jobs[0], MARK_POSTING, on_outcome, &told);
        rig_turn_for(rig, 1600);
        rig_order(rig, cases[i].mend_it);
        if (told.told)
            fail_msg("%s: was not waited out", cases[i].word);
        WAIT_UNTIL(rig, told.told);
        assert_int_equal(told.err.kind, ERR_NONE);
        assert_in_range(rig->bad_news, 1, 3);
        assert_memory_equal(rig->bad.log, cases[i].word, strlen(cases[i].word));
        assert_int_equal(worker_finish(&worker, 0).err.kind, ERR_NONE);
        worker_end(&worker);
    }
}

/* A queue that is full must still be able to shrink. */
static void a_full_Redis_lets_jobs_finish(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    rig_do(rig, "CONFIG SET maxmemory 1");
    struct outcome finished = worker_finish(&worker, 0);
    rig_do(rig, "CONFIG SET maxmemory 0");
    assert_int_equal(finished.err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&worker);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void a_refused_taker_does_not_spin(void **state)
{
    static const char *const orders[][2] = {
        { "ACL SETUSER default -xreadgroup", "ACL SETUSER default +@all" },
        { "ACL SETUSER default -xgroup", "ACL SETUSER default +@all" },
        { "SET {raiox}:jobs x", "DEL {raiox}:jobs" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        struct worker worker;
        double cpu;

        rig_do(rig, "FLUSHALL");
        rig_order(rig, orders[i][0]);
        worker_begin(rig, &worker, "w1", 8);
        rig->bad_news = 0;
        cpu = cpu_seconds();
        rig_turn_for(rig, 2000);
        assert_true(cpu_seconds() - cpu < 0.2);
        assert_in_range(rig->bad_news, 1, 3);
        rig_order(rig, orders[i][1]);
        rig_accept(rig, worker.queue, NULL);
        WAIT_UNTIL(rig, worker.count == 1);
        worker_end(&worker);
    }
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
    rig_turn_for(rig, 6000); /* beyond the time-out of its answer */
    assert_int_equal(told.told, 0);
    assert_false(queue_up(worker.queue));
    redis_server_thaw(rig->server);
    int64_t begin_ms = clock_mono_ms();
    WAIT_UNTIL(rig, told.told);
    assert_int_equal(told.err.kind, ERR_NONE);
    rig_accept(rig, worker.queue, "2");
    WAIT_UNTIL(rig, worker.count == 2);
    assert_in_range(clock_mono_ms() - begin_ms, 0, 5000);
    worker_end(&worker);
}

static void a_long_outage_is_told_once_and_its_end_too(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, "w1");

    rig_turn_for(rig, 1100); /* so that the next bad news is not too soon */
    rig->good_news = rig->bad_news = 0;
    redis_server_kill(rig->server);
    WAIT_UNTIL(rig, rig->bad_news > 0);
    rig_turn_for(rig, 2500);
    assert_in_range(rig->bad_news, 1, 4);
    assert_int_equal(rig->good_news, 0);
    redis_server_restart(rig->server);
    rig_reconnect(rig);
    WAIT_UNTIL(rig, rig->good_news > 0);
    assert_true(queue_up(queue));
    rig_turn_for(rig, 200);
    assert_int_equal(rig->good_news, 1);
    queue_destroy(queue);
}

static void without_Redis_a_question_is_answered_with_no(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome dropped = { 0 };

    redis_server_kill(rig->server);
    WAIT_UNTIL(rig, !queue_up(queue));
    queue_dead_drop(queue, NULL, on_count, &dropped);
    WAIT_UNTIL(rig, dropped.told);
    assert_int_equal(dropped.err.kind, ERR_UNAVAILABLE);
    queue_destroy(queue);
    redis_server_restart(rig->server);
    rig_reconnect(rig);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_killed_Redis_comes_back_with_everything),
        TEST(an_answer_that_never_arrived_is_read_again),
        TEST(after_FLUSHALL_work_goes_on),
        TEST(a_destroyed_stream_is_made_again),
        TEST(a_destroyed_group_is_made_again_and_nothing_is_lost),
        TEST(a_destroyed_group_hands_its_holder_nothing_twice),
        TEST(a_refusal_is_waited_out_and_told_at_most_once_a_second),
        TEST(a_full_Redis_lets_jobs_finish),
        TEST(a_refused_taker_does_not_spin),
        TEST(a_frozen_Redis_is_worked_with_again_within_five_seconds),
        TEST(a_long_outage_is_told_once_and_its_end_too),
        TEST(without_Redis_a_question_is_answered_with_no),
    };

    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
