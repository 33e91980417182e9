/* A worker takes jobs, and every way that they leave it. */
#include "tests/queue/rig.h"

#include "base/clock.h"
#include "queue/internal.h"

#include <inttypes.h>
#include <stdio.h>

static void a_job_is_handed_in_as_it_was_asked(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    struct outcome accepted = rig_accept(rig, worker.queue, "9.9");
    WAIT_UNTIL(rig, worker.count == 1);

    const struct job *job = worker.jobs[0];
    struct command asked = rig_command("9.9");
    assert_string_equal(job->id, accepted.id);
    assert_string_equal(job->command.team_id, asked.team_id);
    assert_string_equal(job->command.channel_id, asked.channel_id);
    assert_string_equal(job->command.channel_name, asked.channel_name);
    assert_string_equal(job->command.user_id, asked.user_id);
    assert_string_equal(job->command.text, asked.text);
    assert_string_equal(job->command.response_url, asked.response_url);
    assert_string_equal(job->command.trigger_id, "9.9");
    assert_int_equal(job->attempt, 1);
    assert_int_equal(job->crashes + job->posts, 0);
    assert_int_equal(job->mark, MARK_NONE);
    assert_int_equal(job->deadline_real_ms - job->accepted_real_ms, QUEUE_JOB_LIFE_MS);
    assert_in_range(clock_real_ms() - job->accepted_real_ms, 0, RIG_PATIENCE_MS);
    assert_in_range(job->left_ms, QUEUE_JOB_LIFE_MS - RIG_PATIENCE_MS, QUEUE_JOB_LIFE_MS + 50);
    assert_true(arena_used(job_arena(worker.jobs[0])) > 0);
    worker_end(&worker);
}

static void a_finished_job_leaves_nothing_that_waits(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    struct outcome accepted = rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    assert_int_equal(worker_finish(&worker, 0).err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    assert_in_range(rig_number(rig, "PTTL {raiox}:job:%s", accepted.id), 1, QUEUE_KEEP_MS);
    assert_int_equal(rig_accept(rig, worker.queue, "1").result, ACCEPTED_DUPLICATE);
    worker_end(&worker);
}

static void a_worker_takes_no_more_than_it_has_room_for(void **state)
{
    struct rig *rig = *state;
    struct queue *endpoint = rig_queue(rig, NULL);
    struct worker worker;

    for (int i = 0; i < 7; i++)
        rig_accept(rig, endpoint, NULL);
    worker_begin(rig, &worker, "w1", 3);
    WAIT_UNTIL(rig, worker.count == 3);
    rig_turn_for(rig, 100);
    assert_int_equal(worker.count, 3);
    worker_finish(&worker, 1);
    WAIT_UNTIL(rig, worker.count == 4);
    rig_turn_for(rig, 100);
    assert_int_equal(worker.count, 4);

    worker_finish(&worker, 0);
    worker_finish(&worker, 2);
    worker_finish(&worker, 3);
    WAIT_UNTIL(rig, worker.count == 7);
    worker_end(&worker);
    queue_destroy(endpoint);
}

static void two_workers_share_and_get_nothing_twice(void **state)
{
    enum { MANY = 60 };
    struct rig *rig = *state;
    struct queue *endpoint = rig_queue(rig, NULL);
    struct worker workers[2];
    char seen[MANY][17];
    int count = 0;

    worker_begin(rig, &workers[0], "w1", 5);
    worker_begin(rig, &workers[1], "w2", 5);
    for (int i = 0; i < MANY; i++)
        rig_accept(rig, endpoint, NULL);
    while (count < MANY) {
        int before = count;
        for (int w = 0; w < 2; w++) {
            for (int i = 0; i < workers[w].count; i++) {
                if (!workers[w].jobs[i])
                    continue;
                for (int k = 0; k < count; k++)
                    assert_string_not_equal(seen[k], workers[w].jobs[i]->id);
                memcpy(seen[count++], workers[w].jobs[i]->id, 17);
                worker_finish(&workers[w], i);
            }
        }
        if (count == before)
            rig_turn(rig, rig_patience(), "more jobs", __FILE__, __LINE__);
    }
    assert_true(workers[0].count > 0 && workers[1].count > 0);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&workers[0]);
    worker_end(&workers[1]);
    queue_destroy(endpoint);
}

static void a_retried_job_comes_back_when_it_is_due(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    struct outcome accepted = rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    assert_int_equal(worker_mark(&worker, 0, MARK_POSTING).err.kind, ERR_NONE);
    int64_t deadline_ms = worker.jobs[0]->deadline_real_ms, begin_ms = clock_mono_ms();
    assert_int_equal(worker_retry(&worker, 0, 400).err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:delayed"), 1);
    assert_int_equal(rig_number(rig, "PTTL {raiox}:job:%s", accepted.id), -1); /* kept */

    WAIT_UNTIL(rig, worker.count == 2);
    /* Not when the delayed ones are looked at anyway, every five seconds. */
    assert_in_range(clock_mono_ms() - begin_ms, 395, 4500);
    assert_string_equal(worker.jobs[1]->id, accepted.id);
    assert_string_equal(worker.jobs[1]->command.text, rig_command("").text);
    assert_int_equal(worker.jobs[1]->attempt, 2);
    assert_int_equal(worker.jobs[1]->posts, 1);
    assert_int_equal(worker.jobs[1]->mark, MARK_POSTING);
    assert_int_equal(worker.jobs[1]->deadline_real_ms, deadline_ms);
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:delayed"), 0);
    worker_end(&worker);
}

static void what_somebody_else_delayed_is_looked_after(void **state)
{
    struct rig *rig = *state;
    struct worker first, second;

    worker_begin(rig, &first, "w1", 4);
    rig_accept(rig, first.queue, "1");
    WAIT_UNTIL(rig, first.count == 1);
    worker_retry(&first, 0, 300);
    worker_end(&first); /* gone before it is due */
    worker_begin(rig, &second, "w2", 4);
    WAIT_UNTIL(rig, second.count == 1);
    assert_int_equal(second.jobs[0]->attempt, 2);
    worker_end(&second);
}

static void a_released_job_burns_no_attempt(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    char entry[32];
    snprintf(entry, sizeof(entry), "%s", worker.jobs[0]->entry);
    assert_int_equal(worker_release(&worker, 0).err.kind, ERR_NONE);
    WAIT_UNTIL(rig, worker.count == 2);
    assert_int_equal(worker.jobs[1]->attempt, 1);
    assert_int_equal(worker.jobs[1]->crashes, 0);
    assert_string_not_equal(worker.jobs[1]->entry, entry);
    worker_end(&worker);
}

static void a_mark_is_found_by_who_has_the_job_next(void **state)
{
    static const struct {
        const char *why;
        enum mark marks[4];
        int count;
        enum mark mark;
        int posts;
    } cases[] = {
        { "nothing posted", { MARK_NONE }, 0, MARK_NONE, 0 },
        { "about to post", { MARK_POSTING }, 1, MARK_POSTING, 1 },
        { "posted", { MARK_POSTING, MARK_POSTED }, 2, MARK_POSTED, 1 },
        { "refused for certain", { MARK_POSTING, MARK_NONE }, 2, MARK_NONE, 0 },
        { "unknown twice", { MARK_POSTING, MARK_POSTING }, 2, MARK_POSTING, 2 },
        { "unknown, then refused", { MARK_POSTING, MARK_POSTING, MARK_NONE }, 3, MARK_NONE, 1 },
        { "never below none", { MARK_NONE, MARK_NONE }, 2, MARK_NONE, 0 },
    };
    struct rig *rig = *state;

    for (size_t c = 0; c < COUNT(cases); c++) {
        struct worker worker;

        rig_do(rig, "FLUSHALL");
        worker_begin(rig, &worker, "w1", 4);
        rig_accept(rig, worker.queue, "1");
        WAIT_UNTIL(rig, worker.count == 1);
        for (int i = 0; i < cases[c].count; i++)
            assert_int_equal(worker_mark(&worker, 0, cases[c].marks[i]).err.kind, ERR_NONE);
        worker_release(&worker, 0);
        WAIT_UNTIL(rig, worker.count == 2);
        if (worker.jobs[1]->mark != cases[c].mark || worker.jobs[1]->posts != cases[c].posts)
            fail_msg("%s: mark %d, posts %d", cases[c].why, worker.jobs[1]->mark,
                     worker.jobs[1]->posts);
        worker_end(&worker);
    }
}

static void no_room_stops_a_sleeping_taker_at_once(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    WAIT_UNTIL(rig, worker.queue->taking && worker.queue->taker_client);
    rig_turn_for(rig, 50); /* until it sleeps */
    int64_t begin_ms = clock_mono_ms();
    queue_take(worker.queue, 0, NULL, NULL);
    WAIT_UNTIL(rig, !worker.queue->taking);
    assert_in_range(clock_mono_ms() - begin_ms, 0, 4500); /* a taker wakes up after five seconds */
    rig_accept(rig, worker.queue, "1");
    rig_turn_for(rig, 100);
    assert_int_equal(worker.count, 0);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1);
    worker_end(&worker);
}

static void what_was_handed_out_after_the_end_is_released(void **state)
{
    struct rig *rig = *state;
    struct worker first, second;

    worker_begin(rig, &first, "w1", 4);
    WAIT_UNTIL(rig, first.queue->taking);
    rig_turn_for(rig, 50);
    struct command command = rig_command("1");
    struct outcome accepted = { 0 };
    queue_accept(first.queue, &command, 2000, on_accept_outcome, &accepted);
    queue_take(first.queue, 0, NULL, NULL); /* behind the acceptance, on the same connection */
    WAIT_UNTIL(rig, accepted.told && !first.queue->taking && TAILQ_EMPTY(&first.queue->ops));
    assert_int_equal(first.count, 0);

    worker_begin(rig, &second, "w2", 4);
    WAIT_UNTIL(rig, second.count == 1);
    assert_int_equal(second.jobs[0]->attempt, 1);
    assert_string_equal(second.jobs[0]->id, accepted.id);
    worker_end(&first);
    worker_end(&second);
}

static void an_expired_job_is_handed_in_and_says_so(void **state)
{
    struct rig *rig = *state;
    struct worker worker;
    int64_t now_ms = clock_real_ms();

    rig_plant(rig, "old", "1000 1741000 1 0 0 0");
    worker_begin(rig, &worker, "w1", 4);
    WAIT_UNTIL(rig, worker.count == 1);
    assert_string_equal(worker.jobs[0]->id, "old");
    assert_in_range(-worker.jobs[0]->left_ms, now_ms - 1741000 - 5000,
                    now_ms - 1741000 + RIG_PATIENCE_MS);
    assert_int_equal(worker_give_up(&worker, 0, "expired").err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "ZCARD {raiox}:dead"), 1);
    worker_end(&worker);
}

static void what_is_no_job_is_dropped_and_holds_up_nobody(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    rig_do(rig, "XADD {raiox}:jobs * foo bar");
    rig_do(rig, "XADD {raiox}:jobs * i id1");
    rig_do(rig, "XADD {raiox}:jobs * i id1 c abc");
    rig_plant(rig, "BAD:ID", NULL);
    rig_plant(rig, "id1", "1 2 3");
    worker_begin(rig, &worker, "w1", 2);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    worker_finish(&worker, 0);
    assert_int_equal(worker.count, 1);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&worker);
}

static void an_entry_deleted_under_our_feet_is_forgotten(void **state)
{
    struct rig *rig = *state;
    struct worker first, second;

    worker_begin(rig, &first, "w1", 4);
    rig_accept(rig, first.queue, "1");
    WAIT_UNTIL(rig, first.count == 1);
    rig_do(rig, "XDEL {raiox}:jobs %s", first.jobs[0]->entry);
    worker_end(&first);
    worker_begin(rig, &second, "w1", 4); /* the same name finds what is pending on it */
    rig_accept(rig, second.queue, "2");
    WAIT_UNTIL(rig, second.count == 1);
    rig_turn_for(rig, 100);
    assert_int_equal(second.count, 1);
    worker_end(&second);
}

static struct queue *nested_queue;
static int nested;

static void on_nested(void *arg, const struct error *err)
{
    assert_null(err);
    assert_ptr_equal(loop_context(((struct rig *)arg)->loop), &nested); /* of who asked */
    nested++;
}

static void finish_inside(void *arg, struct job *job)
{
    struct rig *rig = arg;

    assert_null(loop_context(rig->loop)); /* on nobody's behalf */
    void *old = loop_context_swap(rig->loop, &nested);
    queue_mark(nested_queue, job, MARK_POSTING, on_nested, rig);
    queue_finish(nested_queue, job, on_nested, rig);
    loop_context_swap(rig->loop, old);
    job_free(job);
}

static void a_job_may_end_inside_the_call_that_hands_it_in(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, "w1");

    nested = 0;
    nested_queue = queue;
    queue_take(queue, 2, finish_inside, rig);
    for (int i = 0; i < 10; i++)
        rig_accept(rig, queue, NULL);
    WAIT_UNTIL(rig, nested == 20);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    queue_destroy(queue);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_is_handed_in_as_it_was_asked),
        TEST(a_finished_job_leaves_nothing_that_waits),
        TEST(a_worker_takes_no_more_than_it_has_room_for),
        TEST(two_workers_share_and_get_nothing_twice),
        TEST(a_retried_job_comes_back_when_it_is_due),
        TEST(what_somebody_else_delayed_is_looked_after),
        TEST(a_released_job_burns_no_attempt),
        TEST(a_mark_is_found_by_who_has_the_job_next),
        TEST(no_room_stops_a_sleeping_taker_at_once),
        TEST(what_was_handed_out_after_the_end_is_released),
        TEST(an_expired_job_is_handed_in_and_says_so),
        TEST(what_is_no_job_is_dropped_and_holds_up_nobody),
        TEST(an_entry_deleted_under_our_feet_is_forgotten),
        TEST(a_job_may_end_inside_the_call_that_hands_it_in),
    };

    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
