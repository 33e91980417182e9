/* A command is accepted once, within its time, or it is said why not. */
#include "tests/queue/rig.h"

#include "base/clock.h"
#include "queue/internal.h"

#include <stdio.h>

static void a_command_is_accepted_and_waits(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome outcome = rig_accept(rig, queue, "1.1");

    assert_int_equal(outcome.result, ACCEPTED);
    assert_int_equal(outcome.err.kind, ERR_NONE);
    assert_int_equal(strlen(outcome.id), 10);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1);
    assert_in_range(rig_number(rig, "TTL {raiox}:trigger:1.1"), 3590, 3600);
    queue_destroy(queue);
}

static void a_trigger_is_accepted_once(void **state)
{
    struct rig *rig = *state;
    struct queue *first = rig_queue(rig, NULL), *second = rig_queue(rig, NULL);
    struct outcome outcome = rig_accept(rig, first, "7.7");

    for (int i = 0; i < 4; i++) {
        struct outcome again = rig_accept(rig, i % 2 ? first : second, "7.7");

        assert_int_equal(again.result, ACCEPTED_DUPLICATE);
        assert_string_equal(again.id, outcome.id);
    }
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1);
    queue_destroy(first);
    queue_destroy(second);
}

static void commands_without_a_trigger_are_different(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    assert_int_equal(rig_accept(rig, queue, "").result, ACCEPTED);
    assert_int_equal(rig_accept(rig, queue, NULL).result, ACCEPTED);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 2);
    queue_destroy(queue);
}

static void many_at_once_are_all_accepted_under_ids_of_their_own(void **state)
{
    enum { MANY = 500 };
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome *outcomes = test_calloc(MANY, sizeof(*outcomes));

    for (int i = 0; i < MANY; i++) {
        char trigger[32];
        snprintf(trigger, sizeof(trigger), "many.%d", i);
        struct command command = rig_command(trigger);
        queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &outcomes[i]);
        assert_int_equal(outcomes[i].told, 0); /* never inside the call */
    }
    for (int i = 0; i < MANY; i++) {
        WAIT_UNTIL(rig, outcomes[i].told);
        assert_int_equal(outcomes[i].result, ACCEPTED);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(outcomes[i].id, outcomes[k].id);
    }
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), MANY);
    test_free(outcomes);
    queue_destroy(queue);
}

static void over_the_ceiling_it_is_busy_and_may_be_asked_again(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    queue_set_ceiling(queue, 2);
    assert_int_equal(rig_accept(rig, queue, "a").result, ACCEPTED);
    assert_int_equal(rig_accept(rig, queue, "b").result, ACCEPTED);
    assert_int_equal(rig_accept(rig, queue, "c").result, ACCEPTED_BUSY);
    assert_int_equal(rig_accept(rig, queue, "a").result, ACCEPTED_DUPLICATE);
    queue_set_ceiling(queue, 0);
    assert_int_equal(rig_accept(rig, queue, "c").result, ACCEPTED); /* its trigger is not taken */
    queue_destroy(queue);
}

/* Redis' clock may be stepped: the first answer shows it, and the acceptance is sent again. */
static void a_wrong_idea_of_the_clock_of_Redis_loses_no_command(void **state)
{
    struct rig *rig = *state;
    struct command command = rig_command("early");
    struct outcome outcome = { 0 };
    struct queue *queue = queue_create(rig->loop, &rig->address, NULL, NULL, NULL);

    /* Asked for before the connection is there, so before anything is known of the clock. */
    queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &outcome);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.result, ACCEPTED);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1);

    queue->clock_ahead_ms -= 600 * 1000;
    assert_int_equal(rig_accept(rig, queue, "stepped").result, ACCEPTED);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 2);
    queue_destroy(queue);
}

static void a_frozen_Redis_is_told_in_time_and_accepts_nothing_late(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome first = rig_accept(rig, queue, "before"), sent = { 0 }, later = { 0 };
    struct command command = rig_command("frozen"), after = rig_command("frozen too");
    int64_t begin_ms;

    assert_int_equal(first.result, ACCEPTED);
    redis_server_freeze(rig->server);
    begin_ms = clock_mono_ms();
    queue_accept(queue, &command, 1500, on_accept_outcome, &sent);
    WAIT_UNTIL(rig, sent.told);
    assert_in_range(clock_mono_ms() - begin_ms, 1400, QUEUE_ANSWER_MS - 1);
    assert_int_equal(sent.result, ACCEPTED_UNKNOWN); /* it may be in Redis' socket */
    assert_int_not_equal(sent.err.kind, ERR_NONE);

    /* By now the connection is known to be gone: this one never leaves us. */
    queue_accept(queue, &after, 700, on_accept_outcome, &later);
    WAIT_UNTIL(rig, later.told);
    assert_int_equal(later.result, ACCEPTED_NOT);

    rig_turn_for(rig, 800); /* three seconds in all */
    redis_server_thaw(rig->server);
    WAIT_UNTIL(rig, queue_up(queue));
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1); /* what was late was refused */
    assert_int_equal(rig_number(rig, "EXISTS {raiox}:trigger:frozen"), 0);
    assert_int_equal(rig_accept(rig, queue, "frozen").result, ACCEPTED);
    queue_destroy(queue);
}

static void an_acceptance_whose_connection_breaks_is_made_good(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome outcomes[20] = { 0 };

    for (int i = 0; i < 20; i++) {
        char trigger[32];
        snprintf(trigger, sizeof(trigger), "cut.%d", i);
        struct command command = rig_command(trigger);
        queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &outcomes[i]);
        if (i % 5 == 4) {
            loop_turn(rig->loop, 0); /* sent, not answered */
            rig_do(rig, "CLIENT KILL TYPE normal SKIPME yes");
        }
    }
    for (int i = 0; i < 20; i++) {
        WAIT_UNTIL(rig, outcomes[i].told);
        assert_int_equal(outcomes[i].result, ACCEPTED);
        assert_int_equal(outcomes[i].told, 1);
    }
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 20);
    queue_destroy(queue);
}

static void without_Redis_the_answer_is_no_and_comes_in_time(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct command command = rig_command("away");
    struct outcome soon = { 0 }, later = { 0 };

    redis_server_kill(rig->server);
    WAIT_UNTIL(rig, !queue_up(queue));
    int64_t begin_ms = clock_mono_ms();
    queue_accept(queue, &command, 500, on_accept_outcome, &soon);
    assert_int_equal(soon.told, 0);
    WAIT_UNTIL(rig, soon.told);
    assert_int_equal(soon.result, ACCEPTED_NOT);
    assert_in_range(clock_mono_ms() - begin_ms, 400, RIG_PATIENCE_MS / 3);

    rig_turn_for(rig, 2000); /* now it is known to be away, and nobody is kept waiting */
    begin_ms = clock_mono_ms();
    queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &later);
    WAIT_UNTIL(rig, later.told);
    assert_int_equal(later.result, ACCEPTED_NOT);
    assert_in_range(clock_mono_ms() - begin_ms, 0, RIG_PATIENCE_MS / 3);

    redis_server_restart(rig->server);
    rig_reconnect(rig);
    WAIT_UNTIL(rig, queue_up(queue));
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    queue_destroy(queue);
}

static void a_short_absence_of_Redis_is_waited_out(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct command command = rig_command("short");
    struct outcome outcome = { 0 };

    redis_server_kill(rig->server);
    WAIT_UNTIL(rig, !queue_up(queue));
    queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &outcome);
    redis_server_restart(rig->server);
    rig_reconnect(rig);
    WAIT_UNTIL(rig, outcome.told);
    assert_int_equal(outcome.result, ACCEPTED);
    queue_destroy(queue);
}

static void a_refusal_of_Redis_is_a_no_with_its_reason(void **state)
{
    static const struct {
        const char *break_it, *mend_it, *word;
        enum err_kind kind;
    } cases[] = {
        { "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM", ERR_UNAVAILABLE },
        { "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY", ERR_UNAVAILABLE },
        { "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "NOREPLICAS",
          ERR_UNAVAILABLE },
        { "SET {raiox}:jobs x", "DEL {raiox}:jobs", "WRONGTYPE", ERR_INTERNAL },
        { "ACL SETUSER default -evalsha -eval", "ACL SETUSER default +@all", "NOPERM",
          ERR_PERMISSION },
    };
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);

    for (size_t i = 0; i < COUNT(cases); i++) {
        rig_order(rig, cases[i].break_it);
        struct outcome outcome = rig_accept(rig, queue, "refused");
        rig_order(rig, cases[i].mend_it);

        if (outcome.result != ACCEPTED_NOT || outcome.err.kind != cases[i].kind ||
            strncmp(outcome.err.log, cases[i].word, strlen(cases[i].word)) != 0)
            fail_msg("%s: %d, kind %d, %s", cases[i].word, outcome.result, outcome.err.kind,
                     outcome.err.log);
    }
    assert_int_equal(rig_accept(rig, queue, "refused").result, ACCEPTED);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 1);
    queue_destroy(queue);
}

static void who_is_outstanding_when_the_queue_closes_is_told(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL), *never_up;
    struct command command = rig_command("closing");
    struct outcome sent = { 0 }, unsent = { 0 }, held = { 0 };

    redis_server_freeze(rig->server);
    queue_accept(queue, &command, 2000, on_accept_outcome, &sent);
    loop_turn(rig->loop, 0);
    queue_accept(queue, &command, 2000, on_accept_outcome, &unsent);
    queue_destroy(queue);
    redis_server_thaw(rig->server);
    assert_int_equal(sent.told, 1);
    assert_int_equal(sent.result, ACCEPTED_UNKNOWN);
    assert_int_equal(unsent.told, 1);
    assert_int_equal(unsent.result, ACCEPTED_NOT);

    never_up = queue_create(rig->loop, &rig->address, NULL, NULL, NULL);
    queue_accept(never_up, &command, 2000, on_accept_outcome, &held);
    queue_destroy(never_up);
    assert_int_equal(held.told, 1);
    assert_int_equal(held.result, ACCEPTED_NOT);
}

/* One call carries many: each has an answer of its own. */
static void in_one_turn_each_has_its_own_answer(void **state)
{
    static const struct {
        const char *trigger;
        enum accepted result;
    } cases[] = {
        { "x", ACCEPTED_DUPLICATE }, { "a", ACCEPTED },      { "a", ACCEPTED_DUPLICATE },
        { "b", ACCEPTED },           { "c", ACCEPTED_BUSY }, { "b", ACCEPTED_DUPLICATE },
        { "c", ACCEPTED_BUSY },
    };
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome outcomes[COUNT(cases)] = { 0 };

    rig_accept(rig, queue, "x");
    queue_set_ceiling(queue, 3);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct command command = rig_command(cases[i].trigger);
        queue_accept(queue, &command, RIG_PATIENCE_MS, on_accept_outcome, &outcomes[i]);
    }
    for (size_t i = 0; i < COUNT(cases); i++) {
        WAIT_UNTIL(rig, outcomes[i].told);
        if (outcomes[i].result != cases[i].result)
            fail_msg("%zu, %s: %d", i, cases[i].trigger, outcomes[i].result);
    }
    assert_string_equal(outcomes[2].id, outcomes[1].id);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 3);
    assert_int_equal(rig_number(rig, "EXISTS {raiox}:trigger:c"), 0);
    queue_destroy(queue);
}

static void ready_means_that_a_write_is_taken(void **state)
{
    struct rig *rig = *state;
    struct queue *queue = rig_queue(rig, NULL);
    struct outcome well = { 0 }, full = { 0 }, frozen = { 0 }, again = { 0 };

    queue_ready(queue, RIG_PATIENCE_MS, on_outcome, &well);
    WAIT_UNTIL(rig, well.told);
    assert_int_equal(well.err.kind, ERR_NONE);

    rig_do(rig, "CONFIG SET maxmemory 1");
    queue_ready(queue, RIG_PATIENCE_MS, on_outcome, &full);
    WAIT_UNTIL(rig, full.told);
    rig_do(rig, "CONFIG SET maxmemory 0");
    assert_int_equal(full.err.kind, ERR_UNAVAILABLE);
    assert_memory_equal(full.err.log, "OOM", 3);

    redis_server_freeze(rig->server);
    int64_t begin_ms = clock_mono_ms();
    queue_ready(queue, 300, on_outcome, &frozen);
    WAIT_UNTIL(rig, frozen.told);
    assert_true(clock_mono_ms() - begin_ms >= 290);
    assert_int_equal(frozen.err.kind, ERR_TIMEOUT);
    assert_true(queue_up(queue)); /* before QUEUE_ANSWER_MS: it does not cut the others off */
    redis_server_thaw(rig->server);
    queue_ready(queue, RIG_PATIENCE_MS, on_outcome, &again);
    WAIT_UNTIL(rig, again.told);
    assert_int_equal(again.err.kind, ERR_NONE);
    assert_int_equal(frozen.told, 1);
    queue_destroy(queue);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_accepted_and_waits),
        TEST(a_trigger_is_accepted_once),
        TEST(commands_without_a_trigger_are_different),
        TEST(many_at_once_are_all_accepted_under_ids_of_their_own),
        TEST(over_the_ceiling_it_is_busy_and_may_be_asked_again),
        TEST(a_wrong_idea_of_the_clock_of_Redis_loses_no_command),
        TEST(a_frozen_Redis_is_told_in_time_and_accepts_nothing_late),
        TEST(an_acceptance_whose_connection_breaks_is_made_good),
        TEST(without_Redis_the_answer_is_no_and_comes_in_time),
        TEST(a_short_absence_of_Redis_is_waited_out),
        TEST(a_refusal_of_Redis_is_a_no_with_its_reason),
        TEST(who_is_outstanding_when_the_queue_closes_is_told),
        TEST(in_one_turn_each_has_its_own_answer),
        TEST(ready_means_that_a_write_is_taken),
    };

    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
