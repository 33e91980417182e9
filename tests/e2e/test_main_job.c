/* One command end to end: the analyst's channel, the endpoint, Redis, a worker, the reply. */
#include "tests/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ANALYST "U0ANALISTA"

static void assert_says(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strstr(text, *words))
            fail_msg("\"%s\" is not in: %s", *words, text);
}

/* The published example: nine campaigns spend 9,027.63, five of them may spend 320.12 a day. */
static void nine_campaigns_give_their_published_sum(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    struct world_ack ack = world_ask(world, "C0GOLDEN9", ANALYST, "");

    assert_int_equal(ack.status, 200);
    assert_says(ack.text, (const char *const[]){ "<#C0GOLDEN9>", NULL });
    const cJSON *reply = world_taken_reply(world, 0);
    assert_says(world_body(world, reply), (const char *const[]){ "Golden Nine", "9.027,63",
                                                                 "320,12", "\"ephemeral\"", NULL });
    assert_int_equal(world_taken_count(world), 1);
}

/* Worked out by hand in tests/sandbox/agency.json. */
static void two_platforms_make_one_answer(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_SPLIT });

    world_ask(world, "C0123", ANALYST, "publico");
    const cJSON *reply = world_taken_reply(world, 0);
    assert_says(world_body(world, reply),
                (const char *const[]){ "Padaria Sol", "1.234,56", "2.134,56", "196,16",
                                       "\"in_channel\"", NULL });
    assert_string_equal(world_get(world, "/readyz").body, "ready\n");
}

/* The columns are named to the asker, who is to know what to mend where. */
static void a_row_of_garbage_is_answered_with_what_to_mend(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });

    world_ask(world, "C0QUEBRADO", ANALYST, "");
    const cJSON *garbage = world_taken_reply(world, 0);
    assert_says(world_body(world, garbage),
                (const char *const[]){ "Ids Quebrados", "Monday", "meta_id", "meta_adaccount_ids",
                                       "google_id", NULL });
    world_ask(world, "C0SEMCONTAS", ANALYST, "");
    assert_says(world_body(world, world_taken_reply(world, world_number(garbage))),
                (const char *const[]){ "Sem Contas", "Monday", "meta_id", "google_id", NULL });
}

/* One receipt id leads through all processes, also where two commands share their calls. */
static void a_command_is_followed_by_its_receipt(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){
                   .parts = WORLD_RUN,
                   .env = (const char *const[]){ "RAIOX_LOG=debug", "RAIOX_WORKERS=1", NULL },
                   .sandbox = (const char *const[]){ "--latency-ms", "1500", NULL } });
    const char *ids[2];
    size_t from = 0;

    for (size_t i = 0; i < COUNT(ids); i++) {
        world_ask(world, "C0123", ANALYST, "");
        ids[i] = world_log_field(
            world, world_wait_log(world, &world->run, &from, "\"command accepted\""), "id");
    }
    const cJSON *first = world_taken_reply(world, 0);
    world_taken_reply(world, world_number(first));
    from = 0;
    for (size_t i = 0; i < COUNT(ids); i++)
        world_wait_log(world, &world->run, &from, "\"job done\"");
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_int_equal(world_count_log(world, &world->run, "\"job taken\"", ids[i]), 1);
        assert_true(world_count_log(world, &world->run, "\"upstream\"", "\"meta\"", ids[i]) > 0);
        assert_int_equal(world_count_log(world, &world->run, "\"job done\"", ids[i]), 1);
    }
    assert_true(world_count_log(world, &world->run, "\"upstream\"", ids[0], ids[1]) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nine_campaigns_give_their_published_sum, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(two_platforms_make_one_answer, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_row_of_garbage_is_answered_with_what_to_mend, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_command_is_followed_by_its_receipt, world_open,
                                        world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
