/* Who looks at the queue sees what is there: figures, the dead, stories. */
#include "tests/queue/rig.h"

#include "queue/internal.h"

#include <stdio.h>

/* ---- figures ---- */

struct seen {
    int told;
    struct error err;
    struct queue_stats stats;
    struct {
        char id[17], worker[32], client[64];
        double age_seconds;
        int attempt;
    } rows[16];
};

static void on_stats(void *arg, const struct queue_stats *stats, const struct error *err)
{
    struct seen *seen = arg;

    seen->told++;
    if (err) {
        seen->err = *err;
        return;
    }
    seen->stats = *stats;
    for (size_t i = 0; i < stats->in_flight.len && i < COUNT(seen->rows); i++) {
        const struct queue_holding *row = &stats->in_flight.items[i];
        snprintf(seen->rows[i].id, sizeof(seen->rows[i].id), "%s", row->id);
        snprintf(seen->rows[i].worker, sizeof(seen->rows[i].worker), "%s", row->worker);
        snprintf(seen->rows[i].client, sizeof(seen->rows[i].client), "%s", row->client);
        seen->rows[i].age_seconds = row->age_seconds;
        seen->rows[i].attempt = row->attempt;
    }
}

static struct seen look(struct rig *rig, struct queue *queue)
{
    struct seen seen = { 0 };

    queue_stats(queue, on_stats, &seen);
    WAIT_UNTIL(rig, seen.told);
    assert_int_equal(seen.err.kind, ERR_NONE);
    return seen;
}

static void an_empty_queue_is_all_zeros(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct seen seen = look(rig, queue);

    assert_int_equal(seen.stats.waiting + seen.stats.delayed + seen.stats.dead, 0);
    assert_int_equal(seen.stats.in_flight_total, 0);
    assert_int_equal(seen.stats.in_flight.len, 0);
    assert_true(seen.stats.oldest_seconds == 0);
    assert_true(seen.stats.accepted_per_minute == 0 && seen.stats.done_per_minute == 0);
    queue_destroy(queue);
}

static void each_job_is_counted_where_it_is(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 5);
    for (int i = 0; i < 5; i++)
        rig_accept(rig, worker.queue, NULL);
    WAIT_UNTIL(rig, worker.count == 5);
    queue_take(worker.queue, 0, NULL, NULL);
    WAIT_UNTIL(rig, !worker.queue->taking);
    for (int i = 0; i < 3; i++)
        rig_accept(rig, worker.queue, NULL);
    queue_name_client(worker.queue, worker.jobs[4], "Padaria Sol");
    worker_finish(&worker, 0);
    worker_retry(&worker, 1, 60000);
    worker_give_up(&worker, 2, "expired");

    struct seen seen = look(rig, worker.queue);
    assert_int_equal(seen.stats.waiting, 3);
    assert_int_equal(seen.stats.delayed, 1);
    assert_int_equal(seen.stats.dead, 1);
    assert_int_equal(seen.stats.in_flight_total, 2);
    assert_int_equal(seen.stats.in_flight.len, 2);
    assert_string_equal(seen.rows[0].id, worker.jobs[3]->id);
    assert_string_equal(seen.rows[0].client, "");
    assert_string_equal(seen.rows[1].id, worker.jobs[4]->id);
    assert_string_equal(seen.rows[1].client, "Padaria Sol");
    assert_string_equal(seen.rows[1].worker, "w1");
    assert_int_equal(seen.rows[1].attempt, 1);
    assert_true(seen.rows[0].age_seconds >= 0 && seen.rows[0].age_seconds < RIG_PATIENCE_MS / 1000);
    assert_true(seen.stats.oldest_seconds >= seen.rows[1].age_seconds);
    worker_end(&worker);
}

static void the_oldest_is_found_wherever_it_is(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct worker worker;
    char text[64];
    redisReply *reply = redisCommand(rig->direct, "TIME");
    long long now_ms = atoll(reply->element[0]->str) * 1000;

    freeReplyObject(reply);
    rig_accept(rig, queue, NULL);
    snprintf(text, sizeof(text), "%lld 9000000000000 1 0 0 0", now_ms - 100000);
    rig_plant(rig, "old", text);
    double waiting = look(rig, queue).stats.oldest_seconds;
    assert_true(waiting > 99 && waiting < 130);

    worker_begin(rig, &worker, "w1", 5);
    WAIT_UNTIL(rig, worker.count == 2);
    double held = look(rig, queue).stats.oldest_seconds;
    assert_true(held > 99 && held < 130);
    worker_retry(&worker, 1, 60000);
    double delayed = look(rig, queue).stats.oldest_seconds;
    assert_true(delayed > 99 && delayed < 130);
    worker_end(&worker);
    queue_destroy(queue);
}

static void rates_count_what_was_accepted_and_done(void **state)
{
    struct rig *rig = *state;
    struct worker worker;
    struct seen seen;

    worker_begin(rig, &worker, "w1", 16);
    for (int i = 0; i < 10; i++)
        rig_accept(rig, worker.queue, NULL);
    WAIT_UNTIL(rig, worker.count == 10);
    for (int i = 0; i < 4; i++)
        worker_finish(&worker, i);
    /* What was accepted is added within a second or so. A minute may turn meanwhile, and then a
     * part of what it saw is no longer counted. */
    do
        seen = look(rig, worker.queue);
    while (seen.stats.accepted_per_minute < 9);
    assert_true(seen.stats.accepted_per_minute <= 10);
    assert_true(seen.stats.done_per_minute > 3 && seen.stats.done_per_minute <= 4);
    worker_end(&worker);
}

/* ---- the dead ---- */

struct dead_seen {
    int told;
    size_t count;
    struct {
        char id[17], reason[32], error[64], text[64];
        int attempt;
        int64_t accepted_ms, died_ms;
    } rows[8];
};

static void on_dead(void *arg, const struct dead_jobs *jobs, const struct error *err)
{
    struct dead_seen *seen = arg;

    assert_null(err);
    seen->told++;
    seen->count = jobs->jobs.len;
    for (size_t i = 0; i < seen->count && i < COUNT(seen->rows); i++) {
        const struct dead_job *dead = &jobs->jobs.items[i];
        snprintf(seen->rows[i].id, sizeof(seen->rows[i].id), "%s", dead->job.id);
        snprintf(seen->rows[i].reason, sizeof(seen->rows[i].reason), "%s", dead->reason);
        snprintf(seen->rows[i].error, sizeof(seen->rows[i].error), "%s", dead->error);
        snprintf(seen->rows[i].text, sizeof(seen->rows[i].text), "%s", dead->job.command.text);
        seen->rows[i].attempt = dead->job.attempt;
        seen->rows[i].accepted_ms = dead->job.accepted_real_ms;
        seen->rows[i].died_ms = dead->died_real_ms;
    }
}

static struct dead_seen look_dead(struct rig *rig, struct queue *queue, const char *id)
{
    struct dead_seen seen = { 0 };

    queue_dead(queue, id, on_dead, &seen);
    WAIT_UNTIL(rig, seen.told);
    return seen;
}

static int64_t settle(struct rig *rig, struct queue *queue, bool retry, const char *id)
{
    struct outcome outcome = { 0 };

    (retry ? queue_dead_retry : queue_dead_drop)(queue, id, on_count, &outcome);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.err.kind, ERR_NONE);
    return outcome.count;
}

/* Jobs that die one after the other, the last of them the newest. */
static void bury(struct rig *rig, struct worker *worker, int count)
{
    for (int i = 0; i < count; i++) {
        rig_accept(rig, worker->queue, NULL);
        WAIT_UNTIL(rig, worker->count == i + 1);
        worker_give_up(worker, i, i % 2 ? "attempts" : "reply_refused");
        rig_turn_for(rig, 2); /* another ms */
    }
}

static void the_dead_are_shown_with_why_the_newest_first(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    assert_int_equal(look_dead(rig, worker.queue, NULL).count, 0);
    bury(rig, &worker, 3);
    struct dead_seen seen = look_dead(rig, worker.queue, NULL);
    assert_int_equal(seen.count, 3);
    assert_true(seen.rows[0].died_ms > seen.rows[1].died_ms &&
                seen.rows[1].died_ms > seen.rows[2].died_ms);
    assert_string_equal(seen.rows[0].reason, "reply_refused");
    assert_string_equal(seen.rows[1].reason, "attempts");
    assert_string_equal(seen.rows[0].error, "slack: 404");
    assert_string_equal(seen.rows[0].text, rig_command("").text);
    assert_int_equal(seen.rows[0].attempt, 1);
    assert_true(seen.rows[0].died_ms >= seen.rows[0].accepted_ms);

    struct dead_seen one = look_dead(rig, worker.queue, seen.rows[1].id);
    assert_int_equal(one.count, 1);
    assert_string_equal(one.rows[0].id, seen.rows[1].id);
    assert_int_equal(look_dead(rig, worker.queue, "nosuchid").count, 0);
    worker_end(&worker);
}

static void a_dead_job_is_run_again_with_a_new_life(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    rig_plant(rig, "old", "1000 1741000 4 2 3 1");
    worker_begin(rig, &worker, "w1", 4);
    WAIT_UNTIL(rig, worker.count == 1);
    assert_true(worker.jobs[0]->left_ms < 0);
    worker_give_up(&worker, 0, "reply_unknown");
    assert_int_equal(settle(rig, worker.queue, true, "nosuchid"), 0);
    assert_int_equal(settle(rig, worker.queue, true, "old"), 1);
    assert_int_equal(settle(rig, worker.queue, true, "old"), 0);
    WAIT_UNTIL(rig, worker.count == 2);
    assert_string_equal(worker.jobs[1]->id, "old");
    assert_string_equal(worker.jobs[1]->command.text, "texto");
    assert_int_equal(worker.jobs[1]->attempt, 1);
    assert_int_equal(worker.jobs[1]->crashes, 0);
    assert_int_equal(worker.jobs[1]->posts, 0);
    assert_int_equal(worker.jobs[1]->mark, MARK_POSTING); /* it may have been seen */
    assert_int_equal(worker.jobs[1]->accepted_real_ms, 1000);
    assert_in_range(worker.jobs[1]->left_ms, QUEUE_JOB_LIFE_MS - RIG_PATIENCE_MS,
                    QUEUE_JOB_LIFE_MS + 50);
    assert_int_equal(worker_finish(&worker, 1).err.kind, ERR_NONE);
    assert_int_equal(look_dead(rig, worker.queue, NULL).count, 0);
    worker_end(&worker);
}

static void a_dropped_job_is_gone(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 4);
    bury(rig, &worker, 3);
    struct dead_seen seen = look_dead(rig, worker.queue, NULL);
    assert_int_equal(settle(rig, worker.queue, false, "nosuchid"), 0);
    assert_int_equal(settle(rig, worker.queue, false, seen.rows[0].id), 1);
    assert_int_equal(look_dead(rig, worker.queue, seen.rows[0].id).count, 0);
    assert_true(rig_number(rig, "PTTL {raiox}:job:%s", seen.rows[0].id) > 0); /* not kept */
    assert_int_equal(settle(rig, worker.queue, true, seen.rows[0].id), 0);
    assert_int_equal(settle(rig, worker.queue, false, NULL), 2);
    assert_int_equal(look_dead(rig, worker.queue, NULL).count, 0);
    rig_turn_for(rig, 100);
    assert_int_equal(worker.count, 3);
    worker_end(&worker);
}

static void a_thousand_dead_are_seen_and_run_again_at_once(void **state)
{
    enum { MANY = 1100 }; /* more than two pages */
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    for (int i = 0; i < MANY; i++) {
        static const char packed[] = "T\0C\0canal\0U\0texto\0https://x\0t";
        freeReplyObject(redisCommand(rig->direct,
                                     "HSET {raiox}:job:d%d c %b s %s reason attempts error x", i,
                                     packed, sizeof(packed), "1000 2000 5 0 0 0"));
        rig_do(rig, "ZADD {raiox}:dead %d d%d", 5000 + i, i);
    }
    struct dead_seen seen = look_dead(rig, queue, NULL);
    assert_int_equal(seen.count, MANY);
    assert_string_equal(seen.rows[0].id, "d1099");
    assert_int_equal(settle(rig, queue, true, NULL), MANY);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), MANY);
    queue_destroy(queue);
}

/* ---- one job ---- */

struct told_found {
    int told;
    struct queue_found found;
    char id[17], text[64], user[32], worker[32], client[32], error[32];
};

static void on_found(void *arg, const struct queue_found *found, const struct error *err)
{
    struct told_found *told = arg;

    assert_null(err);
    told->told++;
    told->found = *found;
    snprintf(told->worker, sizeof(told->worker), "%s", found->worker);
    snprintf(told->client, sizeof(told->client), "%s", found->client);
    snprintf(told->error, sizeof(told->error), "%s", found->error);
    if (found->place == QUEUE_NOWHERE)
        return;
    snprintf(told->id, sizeof(told->id), "%s", found->job.id);
    snprintf(told->text, sizeof(told->text), "%s", found->job.command.text);
    snprintf(told->user, sizeof(told->user), "%s", found->job.command.user_id);
}

static struct told_found find(struct rig *rig, struct queue *queue, const char *id)
{
    struct told_found told = { 0 };

    queue_find(queue, id, on_found, &told);
    WAIT_UNTIL(rig, told.told);
    return told;
}

static void a_job_is_found_wherever_it_is(void **state)
{
    struct rig *rig = *state;
    struct worker worker;
    char ids[5][17];

    worker_begin(rig, &worker, "w1", 3);
    for (int i = 0; i < 5; i++) /* the last two wait */
        strcpy(ids[i], rig_accept(rig, worker.queue, NULL).id);
    WAIT_UNTIL(rig, worker.count == 3);
    queue_take(worker.queue, 0, NULL, NULL);
    WAIT_UNTIL(rig, !worker.queue->taking);
    for (int i = 0; i < 3; i++)
        assert_string_equal(worker.jobs[i]->id, ids[i]);

    struct told_found told = find(rig, worker.queue, ids[4]);
    assert_int_equal(told.found.place, QUEUE_WAITING);
    assert_int_equal(told.found.before, 1);
    assert_string_equal(told.id, ids[4]);
    assert_string_equal(told.text, rig_command(NULL).text);
    assert_string_equal(told.user, rig_command(NULL).user_id);
    assert_int_equal(told.found.job.attempt, 1);
    assert_true(told.found.job.accepted_real_ms > 0);
    assert_true(told.found.age_seconds >= 0 && told.found.age_seconds < RIG_PATIENCE_MS / 1000);
    assert_int_equal(find(rig, worker.queue, ids[3]).found.before, 0);

    queue_name_client(worker.queue, worker.jobs[0], "Padaria Sol");
    told = find(rig, worker.queue, ids[0]);
    assert_int_equal(told.found.place, QUEUE_IN_FLIGHT);
    assert_string_equal(told.worker, "w1");
    assert_string_equal(told.client, "Padaria Sol");

    worker_retry(&worker, 0, 60000);
    told = find(rig, worker.queue, ids[0]);
    assert_int_equal(told.found.place, QUEUE_DELAYED);
    assert_int_equal(told.found.job.attempt, 2);
    assert_in_range(told.found.due_in_ms, 60000 - RIG_PATIENCE_MS, 60000);
    assert_string_not_equal(told.error, "");
    assert_string_equal(told.client, "Padaria Sol");

    worker_give_up(&worker, 1, "expired");
    worker_finish(&worker, 2);
    for (int i = 1; i <= 2; i++)
        assert_int_equal(find(rig, worker.queue, ids[i]).found.place, QUEUE_NOWHERE);
    worker_end(&worker);
}

static void what_is_nowhere_is_not_found(void **state)
{
    static const char *const ids[] = {
        "unknown", "", "*", "no id\r\n", "{raiox}:jobs", "abcdefghijklmnopqrstuvwxyz"
    };
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    for (size_t i = 0; i < COUNT(ids); i++) /* there is no stream */
        assert_int_equal(find(rig, queue, ids[i]).found.place, QUEUE_NOWHERE);
    rig_accept(rig, queue, NULL);
    rig_do(rig, "XADD {raiox}:jobs * i garbage c x");
    rig_do(rig, "XADD {raiox}:jobs * x y");
    rig_do(rig, "ZADD {raiox}:delayed 1 orphan");
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_int_equal(find(rig, queue, ids[i]).found.place, QUEUE_NOWHERE);
    assert_int_equal(find(rig, queue, "garbage").found.place, QUEUE_NOWHERE);
    assert_int_equal(find(rig, queue, "orphan").found.place, QUEUE_NOWHERE);
    queue_destroy(queue);
}

/* More than are looked at in one go. */
static void a_job_behind_many_is_found_with_their_number(void **state)
{
    enum { MANY = 1200 };
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    char id[17];

    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "j%d", i);
        rig_plant(rig, id, i % 2 ? "1000 9000000000000 3 0 0 0" : NULL);
    }
    static const int wanted[] = { 0, 499, 500, 999, 1000, MANY - 1 };
    for (size_t i = 0; i < COUNT(wanted); i++) {
        snprintf(id, sizeof(id), "j%d", wanted[i]);
        struct told_found told = find(rig, queue, id);
        assert_int_equal(told.found.place, QUEUE_WAITING);
        assert_int_equal(told.found.before, wanted[i]);
        assert_int_equal(told.found.job.attempt, wanted[i] % 2 ? 3 : 1);
    }
    assert_int_equal(find(rig, queue, "unknown").found.place, QUEUE_NOWHERE);
    queue_destroy(queue);
}

/* ---- stories ---- */

struct told_story {
    int told;
    size_t count;
    char text[256]; /* the attempts, with blanks between them */
};

static void on_story(void *arg, const struct bytes *attempts, size_t count, const struct error *err)
{
    struct told_story *told = arg;
    size_t len = 0;

    assert_null(err);
    told->told++;
    told->count = count;
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(told->text + len, sizeof(told->text) - len, "%s%.*s", i ? " " : "",
                                (int)attempts[i].len, attempts[i].data);
}

static struct told_story ask_story(struct rig *rig, struct queue *queue, const char *id)
{
    struct told_story told = { 0 };

    WAIT_UNTIL(rig, queue->notes == 0);
    queue_story(queue, id, on_story, &told);
    WAIT_UNTIL(rig, told.told);
    return told;
}

static void a_story_is_kept_for_a_day(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    queue_note(queue, "abc", BYTES("{\"v\":1}"));
    queue_note(queue, "abc", BYTES("{\"v\":2}"));
    struct told_story told = ask_story(rig, queue, "abc");
    assert_int_equal(told.count, 2);
    assert_string_equal(told.text, "{\"v\":1} {\"v\":2}");
    assert_in_range(rig_number(rig, "TTL {raiox}:story:abc"), 86390, 86400);
    assert_int_equal(ask_story(rig, queue, "unknown").count, 0);
    assert_int_equal(ask_story(rig, queue, "").count, 0);
    assert_int_equal(ask_story(rig, queue, "no id\r\n").count, 0);
    assert_int_equal(ask_story(rig, queue, "abcdefghijklmnopqrstuvwxyz").count, 0);
    queue_note(queue, "", BYTES("{}"));
    queue_note(queue, "no id", BYTES("{}"));
    assert_int_equal(queue->notes, 0);
    assert_int_equal(rig_number(rig, "DBSIZE") - rig_number(rig, "EXISTS {raiox}:ready"), 1);
    queue_destroy(queue);
}

static void a_story_said_twice_is_there_once(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    for (int i = 0; i < 2; i++)
        queue_note(queue, "abc", BYTES("{}"));
    assert_int_equal(ask_story(rig, queue, "abc").count, 1);
    queue_destroy(queue);
}

static void a_story_has_an_end(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    char attempt[16];

    for (int i = 0; i < 40; i++) {
        snprintf(attempt, sizeof(attempt), "%d", i);
        queue_note(queue, "abc", bytes_of(attempt));
    }
    struct told_story told = ask_story(rig, queue, "abc");
    assert_int_equal(told.count, QUEUE_STORY_ATTEMPTS);
    assert_string_equal(told.text, "28 29 30 31 32 33 34 35 36 37 38 39");
    queue_destroy(queue);
}

static void a_story_survives_a_short_outage(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    redis_server_kill(rig->server);
    WAIT_UNTIL(rig, !queue_up(queue));
    queue_note(queue, "abc", BYTES("{}"));
    redis_server_restart(rig->server);
    rig_reconnect(rig);
    WAIT_UNTIL(rig, queue_up(queue) && queue->notes == 0);
    assert_int_equal(ask_story(rig, queue, "abc").count, 1);
    queue_destroy(queue);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_queue_is_all_zeros),
        TEST(each_job_is_counted_where_it_is),
        TEST(the_oldest_is_found_wherever_it_is),
        TEST(rates_count_what_was_accepted_and_done),
        TEST(the_dead_are_shown_with_why_the_newest_first),
        TEST(a_dead_job_is_run_again_with_a_new_life),
        TEST(a_dropped_job_is_gone),
        TEST(a_thousand_dead_are_seen_and_run_again_at_once),
        TEST(a_job_is_found_wherever_it_is),
        TEST(what_is_nowhere_is_not_found),
        TEST(a_job_behind_many_is_found_with_their_number),
        TEST(a_story_is_kept_for_a_day),
        TEST(a_story_said_twice_is_there_once),
        TEST(a_story_has_an_end),
        TEST(a_story_survives_a_short_outage),
    };

    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
