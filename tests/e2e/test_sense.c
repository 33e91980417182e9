/*
 * Asking with sense, as the user sees it: what one worker was told not to ask, none asks; and a
 * large client delays no small one.
 */
#include "base/clock.h"
#include "tests/support/world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANALYST "U0ANALISTA"
#define WORKERS 2

/* Asks and waits for the one reply. */
static const cJSON *ask(struct world *world, const char *channel)
{
    const cJSON *last = NULL, *reply;
    int64_t after = 0;

    while ((reply = world_reply(world, after, 1))) {
        last = reply;
        after = world_number(last);
    }
    assert_int_equal(world_ask(world, channel, ANALYST, "").status, 200);
    return world_taken_reply(world, after);
}

/* Has each of the workers made a report? */
static bool all_worked(struct world *world, const pid_t *pids)
{
    for (size_t i = 0; i < WORKERS; i++) {
        char pid[32];
        snprintf(pid, sizeof(pid), "\"pid\":%d,", (int)pids[i]);
        if (world_count_log(world, &world->work, "\"job done\"", pid) == 0)
            return false;
    }
    return true;
}

/* Asks until each worker has made a report of that channel; every reply must say words. */
static void ask_all_workers(struct world *world, const char *channel, const char *words)
{
    pid_t pids[8];

    assert_int_equal(world_children(world, &world->work, "worker", pids, COUNT(pids)), WORKERS);
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;
    while (!all_worked(world, pids)) {
        assert_true(clock_mono_ms() < end_ms);
        const cJSON *reply = ask(world, channel);
        if (!strstr(world_body(world, reply), words))
            fail_msg("%s", world_body(world, reply));
    }
}

static void kill_all_workers(struct world *world)
{
    pid_t pids[8];
    size_t from = strlen(world_log(world, &world->work));
    size_t count = world_children(world, &world->work, "worker", pids, COUNT(pids));

    for (size_t i = 0; i < count; i++)
        assert_int_equal(kill(pids[i], SIGKILL), 0);
    for (size_t i = 0; i < count; i++)
        world_wait_log(world, &world->work, &from, "\"redis is there\"", "\"part\":\"worker\"");
}

static int64_t calls_of(struct world *world, const char *account)
{
    const cJSON *calls = json_get(world_admin(world, "GET", "/calls", NULL), "calls"), *call;
    int64_t count = 0;

    cJSON_ArrayForEach(call, calls) {
        const cJSON *of = json_get(call, "account");
        count += cJSON_IsString(of) && strcmp(of->valuestring, account) == 0;
    }
    return count;
}

/* Two workers, and the two that follow them; a report with holes is not remembered, so that each
 * asking is a report of its own. */
static const struct world_options two_workers = {
    .parts = WORLD_SPLIT,
    .env = (const char *const[]){ "RAIOX_WORKERS=2", "RAIOX_CONCURRENCY=1", NULL },
};

static void a_ban_of_an_hour_is_kept_to_by_all_workers(void **state)
{
    struct world *world = world_start(state, &two_workers);

    world_fault(world, "{\"service\":\"google_ads\",\"account\":\"5550002222\","
                       "\"kind\":\"throttle\",\"retry_after_s\":3900}");
    ask(world, "C0SOGOOGLE");
    int64_t calls = calls_of(world, "5550002222");
    assert_in_range(calls, 1, 2);                 /* its two queries, side by side */
    ask_all_workers(world, "C0SOGOOGLE", "13:0"); /* from noon on, the world's time */
    kill_all_workers(world);
    ask_all_workers(world, "C0SOGOOGLE", "13:0");
    assert_int_equal(calls_of(world, "5550002222"), calls);

    /* The platform has lifted it: on-call says so. */
    world_clear_faults(world);
    free(redis_server_ask(world->redis, (const char *const[]){ "DEL", "{raiox}:holds", NULL }));
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;
    while (calls_of(world, "5550002222") == calls) {
        assert_true(clock_mono_ms() < end_ms);
        ask(world, "C0SOGOOGLE");
    }
}

static void a_dead_token_is_exchanged_once_in_a_minute(void **state)
{
    struct world *world = world_start(state, &two_workers);
    int64_t began_ms = clock_mono_ms();

    world_fault(world, "{\"service\":\"google_oauth\",\"kind\":\"token_dead\"}");
    ask(world, "C0SOGOOGLE");
    assert_int_equal(world_calls(world, "google_oauth"), 1);
    ask_all_workers(world, "C0SOGOOGLE", "Google");
    kill_all_workers(world);
    ask_all_workers(world, "C0SOGOOGLE", "Google");
    if (clock_mono_ms() - began_ms < 60000)
        assert_int_equal(world_calls(world, "google_oauth"), 1);
    else /* a very slow machine */
        assert_in_range(world_calls(world, "google_oauth"), 1,
                        1 + (clock_mono_ms() - began_ms) / 60000);
    /* A probe is what tells whether it is mended: it asks. */
    assert_non_null(strstr(world_raiox(world, "check").out, "FAIL  google_ads"));
    assert_int_equal(world_calls(world, "google_oauth"), 2);
}

static void a_dead_token_of_meta_is_asked_once(void **state)
{
    struct world *world = world_start(state, &two_workers);

    world_fault(world, "{\"service\":\"meta\",\"kind\":\"token_dead\"}");
    ask(world, "C0SOMETA");
    int64_t calls = world_calls(world, "meta");
    assert_in_range(calls, 1, 3); /* what was asked side by side */
    ask_all_workers(world, "C0SOMETA", "Meta");
    assert_non_null(strstr(world_raiox(world, "report", "Só Meta").out, "token"));
    assert_int_equal(world_calls(world, "meta"), calls);
}

/* ---- fairness ---- */

#define LARGE "C0MEGA" /* 900 campaigns in one account */
#define SMALL "C0123"

static void a_large_client_does_not_delay_a_small_one(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){
            .parts = WORLD_SPLIT,
            .env = (const char *const[]){ "RAIOX_WORKERS=1", "RAIOX_REPORT_CACHE_SECONDS=0", NULL },
            .sandbox = (const char *const[]){ "--latency-ms", "300", NULL } });

    ask(world, SMALL); /* from here on the board and the tokens are known */
    int64_t after = world_number(ask(world, SMALL));

    world_clear_calls(world);
    assert_int_equal(world_ask(world, LARGE, ANALYST, "").status, 200);
    world_wait_calls(world, "meta", 3);
    assert_int_equal(world_ask(world, SMALL, ANALYST, "").status, 200);
    const cJSON *first = world_taken_reply(world, after);
    int64_t calls = world_calls(world, "meta");
    const cJSON *second = world_taken_reply(world, world_number(first));
    int64_t all_calls = world_calls(world, "meta");

    /* The large one was there first, and still had calls to make. */
    assert_string_equal(json_get(first, "channel")->valuestring, SMALL);
    assert_string_equal(json_get(second, "channel")->valuestring, LARGE);
    print_message("%d of %d calls\n", (int)calls, (int)all_calls);
    assert_in_range(calls, 3, all_calls - 1);
}

#define A_TEST(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(a_ban_of_an_hour_is_kept_to_by_all_workers),
        A_TEST(a_dead_token_is_exchanged_once_in_a_minute),
        A_TEST(a_dead_token_of_meta_is_asked_once),
        A_TEST(a_large_client_does_not_delay_a_small_one),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
