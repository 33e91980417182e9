/* What the dead held comes back, a crash is charged to who did it, and zombies change nothing. */
#include "tests/queue/rig.h"

#include "base/clock.h"
#include "queue/internal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct outcome hand_back(struct rig *rig, struct queue *supervisor, const char *consumer,
                                const char *crashed_id)
{
    struct outcome outcome = { 0 };

    queue_hand_back(supervisor, consumer, crashed_id, on_count, &outcome);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.err.kind, ERR_NONE);
    return outcome;
}

static struct outcome reclaim(struct rig *rig, struct queue *supervisor, int64_t idle_ms)
{
    struct outcome outcome = { 0 };

    queue_reclaim(supervisor, idle_ms, on_count, &outcome);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.err.kind, ERR_NONE);
    return outcome;
}

/* ---- a process that holds jobs until it is killed ---- */

struct victim {
    pid_t pid;
    int pipe; /* a byte for each job that it was handed */
};

static void tell_parent(void *arg, struct job *job)
{
    (void)job; /* held until the end */
    if (write(*(int *)arg, "j", 1) != 1)
        _exit(1);
}

static NORETURN void be_victim(const struct rig *rig, const char *consumer, int fd)
{
    struct loop *loop = loop_create();
    struct queue *queue = queue_create(loop, &rig->address, consumer, NULL, NULL);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    queue_take(queue, 8, tell_parent, &fd);
    loop_run(loop);
    _exit(1);
}

static struct victim victim_start(const struct rig *rig, const char *consumer)
{
    struct victim victim;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    victim.pid = fork();
    assert_true(victim.pid >= 0);
    if (victim.pid == 0)
        be_victim(rig, consumer, ends[1]);
    close(ends[1]);
    victim.pipe = ends[0];
    return victim;
}

static void victim_wait(const struct victim *victim, int jobs)
{
    struct pollfd fd = { .fd = victim->pipe, .events = POLLIN };
    char bytes[8];

    for (int got = 0; got < jobs;) {
        assert_int_equal(poll(&fd, 1, RIG_PATIENCE_MS), 1);
        ssize_t some = read(victim->pipe, bytes, sizeof(bytes));
        assert_true(some > 0);
        got += (int)some;
    }
}

static void victim_kill(struct victim *victim)
{
    assert_int_equal(kill(victim->pid, SIGKILL), 0);
    assert_int_equal(waitpid(victim->pid, NULL, 0), victim->pid);
    close(victim->pipe);
}

/* ---- handing back ---- */

static void a_killed_workers_jobs_are_back_at_once_and_uncharged(void **state)
{
    struct rig *rig = *state;
    struct queue *supervisor = rig_queue(rig, NULL);
    struct victim victim = victim_start(rig, "v1");
    struct worker heir;

    for (int i = 0; i < 5; i++)
        rig_accept(rig, supervisor, NULL);
    victim_wait(&victim, 5);
    victim_kill(&victim);

    assert_int_equal(hand_back(rig, supervisor, "v1", NULL).count, 5);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 5); /* nothing keeps them from anybody */
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:delayed"), 0);
    worker_begin(rig, &heir, "heir", 8);
    WAIT_UNTIL(rig, heir.count == 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(heir.jobs[i]->crashes, 0);
        assert_int_equal(heir.jobs[i]->attempt, 1);
        assert_int_equal(worker_finish(&heir, i).err.kind, ERR_NONE);
    }
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    assert_int_equal(hand_back(rig, supervisor, "v1", NULL).count, 0); /* nobody by that name */
    worker_end(&heir);
    queue_destroy(supervisor);
}

/* Redis may hand a job to a connection whose end it has not read yet: nobody tells us of it. */
static void what_a_dead_name_is_handed_afterwards_comes_back_too(void **state)
{
    struct rig *rig = *state;
    struct queue *supervisor = rig_queue(rig, NULL);
    struct worker heir;

    rig_do(rig, "XGROUP CREATE {raiox}:jobs workers 0 MKSTREAM");
    assert_int_equal(hand_back(rig, supervisor, "v1", NULL).count, 0);
    rig_accept(rig, supervisor, "1");
    rig_do(rig, "XREADGROUP GROUP workers v1 COUNT 1 STREAMS {raiox}:jobs >");
    worker_begin(rig, &heir, "w2", 8);
    WAIT_UNTIL(rig, heir.count == 1);
    worker_end(&heir);
    queue_destroy(supervisor);
}

static void more_jobs_than_a_script_moves_at_once_are_all_handed_back(void **state)
{
    enum { MANY = 250 };
    struct rig *rig = *state;
    struct worker dead;
    struct queue *supervisor;
    char group[256];

    worker_begin(rig, &dead, "w1", MANY);
    for (int i = 0; i < MANY; i++)
        rig_accept(rig, dead.queue, NULL);
    WAIT_UNTIL(rig, dead.count == MANY);
    worker_end(&dead);
    supervisor = rig_queue(rig, NULL);
    assert_int_equal(hand_back(rig, supervisor, "w1", NULL).count, MANY);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), MANY);
    assert_false(rig_text(rig, group, "XPENDING {raiox}:jobs workers - + 1 w1"));
    assert_int_equal(rig_number(rig, "XGROUP DELCONSUMER {raiox}:jobs workers w1"), 0);
    queue_destroy(supervisor);
}

/* After the third it comes back for its last word alone, and even that may crash. */
static void a_crash_is_charged_to_one_job_and_the_third_is_its_last(void **state)
{
    struct rig *rig = *state;
    struct queue *supervisor = rig_queue(rig, NULL);
    struct outcome bad = rig_accept(rig, supervisor, "bad"), good;
    char text[256];

    good = rig_accept(rig, supervisor, "good");
    for (int round = 1; round <= QUEUE_MAX_CRASHES + 1; round++) {
        struct worker worker;
        char name[8]; /* a dead one's is looked at again for seconds: nobody else may bear it */

        snprintf(name, sizeof(name), "w%d", round);
        worker_begin(rig, &worker, name, 8);
        WAIT_UNTIL(rig, worker.count == 2);
        for (int i = 0; i < 2; i++) {
            bool is_bad = strcmp(worker.jobs[i]->id, bad.id) == 0;
            assert_int_equal(worker.jobs[i]->crashes, is_bad ? round - 1 : 0);
            assert_int_equal(worker.jobs[i]->attempt, 1);
        }
        worker_end(&worker);
        assert_int_equal(hand_back(rig, supervisor, name, bad.id).count, 2);
    }
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:dead"), 1);
    assert_true(rig_text(rig, text, "HGET {raiox}:job:%s reason", bad.id));
    assert_string_equal(text, "crashed");

    struct worker heir;
    worker_begin(rig, &heir, "w2", 8);
    WAIT_UNTIL(rig, heir.count == 1);
    assert_string_equal(heir.jobs[0]->id, good.id);
    assert_int_equal(heir.jobs[0]->crashes, 0);
    worker_end(&heir);
    queue_destroy(supervisor);
}

static void a_crash_of_a_job_that_had_ended_is_charged_to_nobody(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    struct outcome done = rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    worker_finish(&worker, 0);
    rig_accept(rig, worker.queue, "2");
    WAIT_UNTIL(rig, worker.count == 2);
    worker_end(&worker);

    struct queue *supervisor = rig_queue(rig, NULL);
    assert_int_equal(hand_back(rig, supervisor, "w1", done.id).count, 1);
    worker_begin(rig, &worker, "w2", 8);
    WAIT_UNTIL(rig, worker.count == 1);
    assert_int_equal(worker.jobs[0]->crashes, 0);
    worker_end(&worker);
    queue_destroy(supervisor);
}

static void the_mark_of_a_killed_worker_is_found(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    worker_mark(&worker, 0, MARK_POSTING);
    worker_end(&worker);

    struct queue *supervisor = rig_queue(rig, NULL);
    hand_back(rig, supervisor, "w1", NULL);
    worker_begin(rig, &worker, "w2", 8);
    WAIT_UNTIL(rig, worker.count == 1);
    assert_int_equal(worker.jobs[0]->mark, MARK_POSTING);
    assert_int_equal(worker.jobs[0]->posts, 1);
    worker_mark(&worker, 0, MARK_POSTED);
    worker_end(&worker);

    hand_back(rig, supervisor, "w2", NULL);
    worker_begin(rig, &worker, "w3", 8);
    WAIT_UNTIL(rig, worker.count == 1);
    assert_int_equal(worker.jobs[0]->mark, MARK_POSTED);
    worker_end(&worker);
    queue_destroy(supervisor);
}

/* ---- reclaiming ---- */

static void a_dead_hosts_jobs_are_reclaimed_and_a_living_ones_are_not(void **state)
{
    struct rig *rig = *state;
    struct worker dead, living;

    worker_begin(rig, &dead, "far:1", 1);
    rig_accept(rig, dead.queue, "1");
    WAIT_UNTIL(rig, dead.count == 1);
    worker_end(&dead);
    rig_turn_for(rig, 5100);
    worker_begin(rig, &living, "near:1", 1);
    struct outcome held = rig_accept(rig, living.queue, "2");
    WAIT_UNTIL(rig, living.count == 1);
    assert_string_equal(living.jobs[0]->id, held.id);

    struct queue *supervisor = rig_queue(rig, NULL);
    assert_int_equal(reclaim(rig, supervisor, 60000).count, 0); /* nobody is idle that long */
    assert_int_equal(reclaim(rig, supervisor, 5000).count, 1);
    assert_int_equal(worker_finish(&living, 0).err.kind, ERR_NONE);
    WAIT_UNTIL(rig, living.count == 2);
    assert_int_equal(living.jobs[1]->crashes, 0);
    worker_end(&living);
    queue_destroy(supervisor);
}

static void a_touch_renews_the_lease(void **state)
{
    struct rig *rig = *state;
    struct worker worker;
    struct queue *supervisor = rig_queue(rig, NULL);

    worker_begin(rig, &worker, "w1", 250);
    for (int i = 0; i < 250; i++) /* more than a page of touches */
        rig_accept(rig, worker.queue, NULL);
    WAIT_UNTIL(rig, worker.count == 250);
    rig_turn_for(rig, 3000);
    struct outcome outcome = { 0 };
    queue_reclaim(supervisor, 3000, on_count, &outcome); /* looks: all are idle */
    WAIT_UNTIL(rig, !TAILQ_EMPTY(&supervisor->pauses));
    take_touch_soon(worker.queue);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.count, 0); /* looks again: none is */
    assert_int_equal(worker.count, 250);
    worker_end(&worker);
    queue_destroy(supervisor);
}

static void reclaiming_takes_nothing_from_its_own_name(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    rig_turn_for(rig, 100);
    assert_int_equal(reclaim(rig, worker.queue, 50).count, 0);
    assert_int_equal(worker_finish(&worker, 0).err.kind, ERR_NONE);
    worker_end(&worker);
}

/* ---- zombies ---- */

static void what_a_zombie_says_is_refused_and_changes_nothing(void **state)
{
    enum { FINISH, RETRY, RELEASE, GIVE_UP, MARK, WAYS };
    struct rig *rig = *state;

    for (int way = 0; way < WAYS; way++) {
        struct worker zombie, heir;
        struct queue *supervisor;
        struct outcome said;

        rig_do(rig, "FLUSHALL");
        worker_begin(rig, &zombie, "w1", 1);
        struct outcome accepted = rig_accept(rig, zombie.queue, "1");
        WAIT_UNTIL(rig, zombie.count == 1);
        queue_take(zombie.queue, 0, NULL, NULL);
        supervisor = rig_queue(rig, NULL);
        assert_int_equal(hand_back(rig, supervisor, "w1", NULL).count, 1);
        worker_begin(rig, &heir, "w2", 1);
        WAIT_UNTIL(rig, heir.count == 1);

        if (way == FINISH)
            said = worker_finish(&zombie, 0);
        else if (way == RETRY)
            said = worker_retry(&zombie, 0, 0);
        else if (way == RELEASE)
            said = worker_release(&zombie, 0);
        else if (way == GIVE_UP)
            said = worker_give_up(&zombie, 0, "attempts");
        else
            said = worker_mark(&zombie, 0, MARK_POSTED);
        assert_int_equal(said.err.kind, ERR_NOT_FOUND);
        assert_non_null(strstr(said.err.log, accepted.id));
        assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1);
        assert_int_equal(rig_number(rig, "ZCARD {raiox}:dead"), 0);
        assert_int_equal(rig_number(rig, "ZCARD {raiox}:delayed"), 0);
        assert_int_equal(rig_number(rig, "HEXISTS {raiox}:job:%s mark", accepted.id), 0);

        assert_int_equal(worker_finish(&heir, 0).err.kind, ERR_NONE);
        assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
        worker_end(&zombie);
        worker_end(&heir);
        queue_destroy(supervisor);
    }
}

static void a_zombie_of_a_job_that_is_done_is_refused_too(void **state)
{
    struct rig *rig = *state;
    struct worker zombie, heir;
    struct queue *supervisor = rig_queue(rig, NULL);

    worker_begin(rig, &zombie, "w1", 1);
    rig_accept(rig, zombie.queue, "1");
    WAIT_UNTIL(rig, zombie.count == 1);
    queue_take(zombie.queue, 0, NULL, NULL);
    hand_back(rig, supervisor, "w1", NULL);
    worker_begin(rig, &heir, "w2", 1);
    WAIT_UNTIL(rig, heir.count == 1);
    worker_finish(&heir, 0);
    assert_int_equal(worker_mark(&zombie, 0, MARK_POSTING).err.kind, ERR_NOT_FOUND);
    assert_int_equal(worker_retry(&zombie, 0, 0).err.kind, ERR_NOT_FOUND);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&zombie);
    worker_end(&heir);
    queue_destroy(supervisor);
}

/* The first time was heard and its answer was cut: the second finds it done. */
static void what_is_said_twice_is_done_once(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    for (int i = 0; i < 3; i++)
        rig_accept(rig, worker.queue, NULL);
    WAIT_UNTIL(rig, worker.count == 3);

    struct job twin[3];
    for (int i = 0; i < 3; i++)
        twin[i] = *worker.jobs[i];
    struct outcome first[3] = { 0 };
    queue_finish(worker.queue, worker.jobs[0], on_outcome, &first[0]);
    queue_retry(worker.queue, worker.jobs[1], 60000, "x", on_outcome, &first[1]);
    queue_give_up(worker.queue, worker.jobs[2], "expired", "x", on_outcome, &first[2]);
    loop_turn(rig->loop, 0); /* sent */
    int64_t give_up_ms = rig_patience();
    while (rig_number(rig, "XLEN {raiox}:jobs") > 0) /* heard */
        assert_true(clock_mono_ms() < give_up_ms);
    rig_do(rig, "CLIENT KILL TYPE normal SKIPME yes");
    assert_int_equal(first[0].told + first[1].told + first[2].told, 0);
    for (int i = 0; i < 3; i++) {
        WAIT_UNTIL(rig, first[i].told);
        assert_int_equal(first[i].err.kind, ERR_NONE);
        assert_int_equal(first[i].told, 1);
    }
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:delayed"), 1);
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:dead"), 1);
    assert_int_equal(rig_number(rig, "HEXISTS {raiox}:job:%s c", twin[0].id), 0);
    worker_end(&worker);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_killed_workers_jobs_are_back_at_once_and_uncharged),
        TEST(what_a_dead_name_is_handed_afterwards_comes_back_too),
        TEST(more_jobs_than_a_script_moves_at_once_are_all_handed_back),
        TEST(a_crash_is_charged_to_one_job_and_the_third_is_its_last),
        TEST(a_crash_of_a_job_that_had_ended_is_charged_to_nobody),
        TEST(the_mark_of_a_killed_worker_is_found),
        TEST(a_dead_hosts_jobs_are_reclaimed_and_a_living_ones_are_not),
        TEST(a_touch_renews_the_lease),
        TEST(reclaiming_takes_nothing_from_its_own_name),
        TEST(what_a_zombie_says_is_refused_and_changes_nothing),
        TEST(a_zombie_of_a_job_that_is_done_is_refused_too),
        TEST(what_is_said_twice_is_done_once),
    };

    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
