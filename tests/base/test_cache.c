#include "base/cache.h"
#include "base/clock.h"
#include "tests/support/redis_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Longer than anything here takes on a busy machine. */
#define PATIENCE_MS 60000

static struct loop *loop;

static void on_state(void *arg, bool up, const struct error *err)
{
    (void)arg;
    (void)up;
    (void)err;
}

/* Two workers of one pool: each has its own connection and its own copies. */
struct worker {
    struct redis *redis;
    struct cache *cache;
};

static struct worker worker_begin(const struct redis_server *server)
{
    struct worker worker = { 0 };
    struct redis_address address;
    struct error err = { 0 };

    assert_true(redis_address_parse(server->unix_url, &address, &err));
    worker.redis = redis_create(loop, &address, "cache", on_state, NULL);
    while (!redis_up(worker.redis))
        loop_turn(loop, 1000);
    worker.cache = cache_create(loop, worker.redis);
    return worker;
}

static void worker_end(struct worker *worker)
{
    cache_destroy(worker->cache);
    redis_destroy(worker->redis);
}

struct got {
    int calls;
    bool found;
    char text[64];
    size_t len;
    int64_t age_ms;
};

static void on_value(void *arg, struct bytes value, int64_t age_ms)
{
    struct got *got = arg;

    got->calls++;
    got->found = value.data != NULL;
    got->len = value.len;
    snprintf(got->text, sizeof(got->text), "%.*s", (int)(value.len < 60 ? value.len : 60),
             value.data ? value.data : "");
    got->age_ms = age_ms;
    loop_stop(loop);
}

static struct got get(struct cache *cache, const char *name)
{
    struct got got = { 0 };

    cache_get(cache, name, on_value, &got);
    assert_int_equal(got.calls, 0); /* never inside the call */
    loop_run(loop);
    assert_int_equal(got.calls, 1);
    return got;
}

static void on_stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void pass_ms(int64_t ms)
{
    struct loop_timer timer = { 0 };

    loop_timer_start(loop, &timer, ms, on_stop, NULL);
    loop_run(loop);
}

/* Until Redis has taken what was put: its answer to something later. */
static void on_pong(void *arg, const redisReply *reply, const struct error *err)
{
    (void)reply;
    (void)err;
    *(bool *)arg = true;
}

static void settle(struct worker *worker)
{
    bool done = false;

    redis_command(worker->redis, PATIENCE_MS, on_pong, &done, 1, &BYTES("PING"));
    while (!done)
        loop_turn(loop, 1000);
}

static int setup(void **state)
{
    (void)state;
    loop = loop_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_destroy(loop);
    return 0;
}

/* ---- in one process ---- */

static void without_redis_this_process_remembers(void **state)
{
    struct cache *cache = cache_create(loop, NULL);

    (void)state;
    assert_false(get(cache, "board").found);
    int64_t put_ms = clock_mono_ms();
    cache_put(cache, "board", BYTES("rows"), 60000);
    cache_put(cache, "empty", BYTES(""), 60000);
    struct got got = get(cache, "board");
    assert_string_equal(got.text, "rows");
    assert_true(got.age_ms >= 0 && got.age_ms <= clock_mono_ms() - put_ms);
    assert_true(get(cache, "empty").found); /* nothing is a value, too */
    assert_int_equal(get(cache, "empty").len, 0);
    assert_false(get(cache, "boar").found);
    assert_false(get(cache, "").found);

    cache_put(cache, "board", BYTES("newer"), 60000);
    assert_string_equal(get(cache, "board").text, "newer");
    cache_drop(cache, "board");
    cache_drop(cache, "board");
    assert_false(get(cache, "board").found);
    cache_put(cache, "empty", BYTES("x"), 0); /* not to be remembered */
    assert_false(get(cache, "empty").found);
    cache_destroy(cache);
}

static void a_value_is_forgotten_when_its_time_is_over(void **state)
{
    struct cache *cache = cache_create(loop, NULL);

    (void)state;
    cache_put(cache, "a", BYTES("1"), 2000);
    cache_put(cache, "b", BYTES("2"), 600000);
    assert_true(get(cache, "a").found);
    pass_ms(2001);
    assert_false(get(cache, "a").found);
    struct got got = get(cache, "b");
    assert_true(got.found && got.age_ms >= 2001);
    cache_destroy(cache);
}

static void five_thousand_names_are_told_apart(void **state)
{
    struct cache *cache = cache_create(loop, NULL);
    char name[32];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "report:%d", i);
        cache_put(cache, name, bytes_of(name), 60000);
    }
    for (int i = 0; i < 5000; i += 7) {
        snprintf(name, sizeof(name), "report:%d", i);
        cache_drop(cache, name);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "report:%d", i);
        struct got got = get(cache, name);
        assert_int_equal(got.found, i % 7 != 0);
        if (got.found)
            assert_string_equal(got.text, name);
    }
    cache_destroy(cache);
}

static void the_oldest_go_when_all_are_too_large(void **state)
{
    struct cache *cache = cache_create(loop, NULL);
    const size_t len = 8 << 20;
    char *value = calloc(1, len + 1);
    char name[8];

    (void)state;
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "%d", i);
        cache_put(cache, name, (struct bytes){ value, len }, 60000);
    }
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(get(cache, name).found, i >= 2); /* 32 MiB in all */
    }
    cache_put(cache, "5", (struct bytes){ value, len + 1 }, 60000); /* too large on its own */
    assert_false(get(cache, "5").found);
    assert_true(get(cache, "4").found);
    free(value);
    cache_destroy(cache);
}

/* ---- what the callback may do ---- */

static struct cache *cache_of_callback;

static void on_value_put_same(void *arg, struct bytes value, int64_t age_ms)
{
    cache_put(cache_of_callback, "a", value, 60000);
    cache_drop(cache_of_callback, "a");
    cache_put(cache_of_callback, "a", BYTES("after"), 60000);
    on_value(arg, value, age_ms); /* still there */
}

static void a_callback_may_put_and_drop_what_it_was_given(void **state)
{
    struct got got = { 0 };

    (void)state;
    cache_of_callback = cache_create(loop, NULL);
    cache_put(cache_of_callback, "a", BYTES("before"), 60000);
    cache_get(cache_of_callback, "a", on_value_put_same, &got);
    loop_run(loop);
    assert_string_equal(got.text, "before");
    assert_string_equal(get(cache_of_callback, "a").text, "after");
    cache_destroy(cache_of_callback);
}

static char context;

static void on_value_in_context(void *arg, struct bytes value, int64_t age_ms)
{
    assert_ptr_equal(loop_context(loop), &context);
    on_value(arg, value, age_ms);
}

static void a_callback_runs_under_its_callers_context(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker worker = worker_begin(server);

    (void)state;
    for (int local = 0; local < 2; local++) {
        struct got got = { 0 };
        if (local)
            cache_put(worker.cache, "a", BYTES("1"), 60000);
        loop_context_swap(loop, &context);
        cache_get(worker.cache, "a", on_value_in_context, &got);
        loop_context_swap(loop, NULL);
        loop_run(loop);
        assert_int_equal(got.found, local);
    }
    worker_end(&worker);
    redis_server_stop(server);
}

/* ---- all workers together ---- */

static void what_one_worker_puts_the_others_know_with_its_age(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker a = worker_begin(server), b = worker_begin(server);

    (void)state;
    int64_t put_ms = clock_mono_ms();
    cache_put(a.cache, "board", (struct bytes){ "r\0w\n\xff", 5 }, 60000);
    settle(&a);
    pass_ms(120);
    struct got got = get(b.cache, "board");
    assert_int_equal(got.len, 5);
    /* By Redis' clock, to a ms or two. */
    assert_true(got.age_ms >= 110 && got.age_ms <= clock_mono_ms() - put_ms + 10);
    assert_true(get(b.cache, "board").age_ms >= got.age_ms); /* now from its own copy */

    char *left =
        redis_server_ask(server, (const char *const[]){ "PTTL", "{raiox}:cache:board", NULL });
    long left_ms = strtol(left, NULL, 10);
    assert_true(left_ms > 0 && left_ms <= 60000);
    free(left);

    cache_drop(a.cache, "board");
    settle(&a);
    assert_false(get(a.cache, "board").found);
    assert_true(get(b.cache, "board").found); /* a copy lives as long as it was meant to */
    worker_end(&a);
    worker_end(&b);
    redis_server_stop(server);
}

static void a_copy_from_redis_is_no_younger_than_the_value(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker a = worker_begin(server), b = worker_begin(server);

    (void)state;
    cache_put(a.cache, "x", BYTES("1"), 3000);
    settle(&a);
    pass_ms(1500);
    assert_true(get(b.cache, "x").found);
    pass_ms(1600);
    assert_false(get(b.cache, "x").found);
    worker_end(&a);
    worker_end(&b);
    redis_server_stop(server);
}

static void what_is_no_value_of_ours_is_nothing_remembered(void **state)
{
    static const char *const rows[][7] = {
        { "SET", "{raiox}:cache:x", "no time to live", "PX", "60000", NULL },
        { "SET", "{raiox}:cache:x", "60000\nbut for ever", NULL },
        { "SET", "{raiox}:cache:x", "\n", "PX", "60000", NULL },
        { "SET", "{raiox}:cache:x", "", "PX", "60000", NULL },
        { "SET", "{raiox}:cache:x", "-5\nx", "PX", "60000", NULL },
        { "SET", "{raiox}:cache:x", "10\nless than it has left", "PX", "60000", NULL },
        { "SET", "{raiox}:cache:x", "99999999999999999999\nx", "PX", "60000", NULL },
        { "LPUSH", "{raiox}:cache:x", "60000\nx", NULL },
        { "PING", NULL },
    };
    struct redis_server *server = redis_server_start(NULL);
    struct worker worker = worker_begin(server);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        free(redis_server_ask(server, (const char *const[]){ "DEL", "{raiox}:cache:x", NULL }));
        free(redis_server_ask(server, rows[i]));
        if (get(worker.cache, "x").found)
            fail_msg("row %zu was taken", i);
    }
    worker_end(&worker);
    redis_server_stop(server);
}

/* ---- claims ---- */

static void on_claim(void *arg, bool got)
{
    *(int *)arg = got;
    loop_stop(loop);
}

static bool claim(struct cache *cache, const char *name, int64_t ttl_ms)
{
    int got = -1;

    cache_claim(cache, name, ttl_ms, on_claim, &got);
    assert_int_equal(got, -1);
    loop_run(loop);
    return got == 1;
}

static void one_of_all_holds_a_claim_until_it_lets_go_or_its_time_is_over(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker a = worker_begin(server), b = worker_begin(server);

    (void)state;
    assert_true(claim(a.cache, "x", 60000));
    assert_true(claim(a.cache, "x", 60000)); /* its own, for longer */
    assert_false(claim(b.cache, "x", 60000));
    assert_true(claim(b.cache, "y", 60000));
    cache_release(b.cache, "x"); /* not b's to give away */
    settle(&b);
    assert_false(claim(b.cache, "x", 60000));
    cache_release(a.cache, "x");
    settle(&a);
    assert_true(claim(b.cache, "x", 2000));
    assert_false(claim(a.cache, "x", 60000));
    pass_ms(2010);
    assert_true(claim(a.cache, "x", 60000));
    worker_end(&a);
    worker_end(&b);
    redis_server_stop(server);
}

static void without_redis_everybody_holds_every_claim(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker a = worker_begin(server), b = worker_begin(server);
    struct cache *alone = cache_create(loop, NULL);

    (void)state;
    assert_true(claim(alone, "x", 60000));
    cache_release(alone, "x");
    cache_destroy(alone);
    assert_true(claim(a.cache, "x", 60000));
    redis_server_freeze(server);
    assert_true(claim(b.cache, "x", 60000)); /* after half a second */
    redis_server_thaw(server);
    worker_end(&a);
    worker_end(&b);
    redis_server_stop(server);
}

/* ---- Redis is not well ---- */

static void a_silent_redis_is_waited_for_half_a_second_and_kept(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker worker = worker_begin(server);

    (void)state;
    redis_server_freeze(server);
    int64_t start_ms = clock_mono_ms();
    assert_false(get(worker.cache, "x").found);
    assert_true(clock_mono_ms() - start_ms >= 500);
    assert_true(
        redis_up(worker.redis)); /* it gave up before Redis was given up: others wait longer */
    cache_put(worker.cache, "x", BYTES("here"), 60000);
    assert_string_equal(get(worker.cache, "x").text, "here");
    redis_server_thaw(server);
    settle(&worker); /* the late answer tells nobody, and does not undo what was put */
    assert_string_equal(get(worker.cache, "x").text, "here");
    worker_end(&worker);
    redis_server_stop(server);
}

static void without_its_redis_the_process_still_remembers(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker worker = worker_begin(server);

    (void)state;
    redis_server_kill(server);
    while (redis_up(worker.redis))
        loop_turn(loop, 1000);
    struct got nothing = { 0 };
    cache_get(worker.cache, "x", on_value, &nothing);
    loop_turn(loop, 0); /* the very next one: nobody waits for Redis */
    assert_int_equal(nothing.calls, 1);
    assert_false(nothing.found);
    cache_put(worker.cache, "x", BYTES("here"), 60000);
    assert_string_equal(get(worker.cache, "x").text, "here");
    cache_drop(worker.cache, "x");
    assert_false(get(worker.cache, "x").found);
    worker_end(&worker);
    redis_server_stop(server);
}

static void destroying_it_silences_what_was_asked(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct worker worker = worker_begin(server);
    struct got got[3] = { 0 };

    (void)state;
    cache_put(worker.cache, "b", BYTES("1"), 60000);
    cache_get(worker.cache, "a", on_value, &got[0]);
    cache_get(worker.cache, "b", on_value, &got[1]);
    cache_get(worker.cache, "c", on_value, &got[2]);
    cache_destroy(worker.cache);
    worker.cache = NULL;
    settle(&worker);
    assert_int_equal(got[0].calls + got[1].calls + got[2].calls, 0);
    worker_end(&worker);
    redis_server_stop(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_redis_this_process_remembers),
        TEST(a_value_is_forgotten_when_its_time_is_over),
        TEST(five_thousand_names_are_told_apart),
        TEST(the_oldest_go_when_all_are_too_large),
        TEST(a_callback_may_put_and_drop_what_it_was_given),
        TEST(a_callback_runs_under_its_callers_context),
        TEST(what_one_worker_puts_the_others_know_with_its_age),
        TEST(a_copy_from_redis_is_no_younger_than_the_value),
        TEST(what_is_no_value_of_ours_is_nothing_remembered),
        TEST(one_of_all_holds_a_claim_until_it_lets_go_or_its_time_is_over),
        TEST(without_redis_everybody_holds_every_claim),
        TEST(a_silent_redis_is_waited_for_half_a_second_and_kept),
        TEST(without_its_redis_the_process_still_remembers),
        TEST(destroying_it_silences_what_was_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
