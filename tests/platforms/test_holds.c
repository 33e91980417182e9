/* What one worker learns not to ask, all know, with a real Redis between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "platforms/upstream.h"
#include "tests/platforms/peer.h"
#include "tests/support/redis_server.h"

#define KEY "{raiox}:holds"

/* A process of its own but for the loop. */
struct worker {
    struct redis *redis;
    struct upstream *upstream;
    struct upstream_job *job;
    int done;
    struct error err;
};

struct world {
    struct loop *loop;
    struct http *http;
    struct redis_server *server;
    struct peer *peer;
    struct peer_reply reply;
    int asked;
    struct worker workers[2];
};

static void on_request(void *arg, const struct peer_request *request, struct peer_reply *reply)
{
    struct world *w = arg;

    (void)request;
    w->asked++;
    *reply = w->reply;
}

static void on_state(void *arg, bool up, const struct error *err)
{
    (void)arg;
    (void)up;
    (void)err;
}

static void on_done(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct worker *worker = arg;

    (void)answer;
    worker->done++;
    worker->err = err ? *err : (struct error){ 0 };
}

static void worker_start(struct world *w, struct worker *worker)
{
    struct redis_address address;
    struct error err;

    memset(worker, 0, sizeof(*worker));
    assert_true(redis_address_parse(w->server->unix_url, &address, &err));
    worker->redis = redis_create(w->loop, &address, "test", on_state, NULL);
    worker->upstream = upstream_create(w->loop, w->http, worker->redis, NULL, NULL);
    while (!redis_up(worker->redis))
        loop_turn(w->loop, 1000);
}

static void worker_end(struct worker *worker)
{
    upstream_destroy(worker->upstream);
    redis_destroy(worker->redis);
}

static int set_up(void **state)
{
    static struct world world;
    struct world *w = &world;

    memset(w, 0, sizeof(*w));
    w->loop = loop_create();
    w->http = http_create(w->loop, &(struct http_options){ .user_agent = "raiox-test" });
    w->peer = peer_create(w->loop, on_request, w);
    w->server = redis_server_start(NULL);
    for (int i = 0; i < 2; i++)
        worker_start(w, &w->workers[i]);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 2; i++)
        worker_end(&w->workers[i]);
    http_destroy(w->http);
    peer_destroy(w->peer);
    redis_server_stop(w->server);
    loop_destroy(w->loop);
    return 0;
}

static void on_pong(void *arg, const redisReply *reply, const struct error *err)
{
    (void)reply;
    (void)err;
    *(bool *)arg = true;
}

/* Until Redis has answered all that the worker has said so far, or is known to be away. */
static void settle(struct world *w, struct worker *worker)
{
    bool answered = false;

    redis_command(worker->redis, 5000, on_pong, &answered, 1, &BYTES("PING"));
    while (!answered)
        loop_turn(w->loop, 1000);
}

/* Until it is time to read the holds again. */
static void a_second_later(struct world *w)
{
    int64_t then = clock_mono_ms() + 1010;

    while (clock_mono_ms() < then)
        loop_turn(w->loop, (int)(then - clock_mono_ms()));
}

/* One call in a job of its own, begun as a worker begins it: something is asked of Redis first. */
static enum err_kind ask(struct world *w, int i, const char *account, const char *token)
{
    struct worker *worker = &w->workers[i];
    char url[128], name[UPSTREAM_TOKEN_NAME];

    upstream_token_name(token, name);
    snprintf(url, sizeof(url), "%s/path", peer_url(w->peer));
    worker->job = upstream_job_begin(worker->upstream, clock_mono_ms() + 5000, NULL);
    settle(w, worker);
    worker->done = 0;
    upstream_send(worker->job, &(struct upstream_call){
                                   .platform = "meta",
                                   .what = "campaigns",
                                   .account = account,
                                   .token = name,
                                   .request = { .method = "GET", .url = url },
                                   .done = on_done,
                                   .arg = worker,
                               });
    while (worker->done == 0)
        loop_turn(w->loop, 1000);
    upstream_job_end(worker->job);
    settle(w, worker);
    return worker->err.kind;
}

static void say(struct world *w, int status, const char *headers)
{
    w->reply = (struct peer_reply){ .status = status, .headers = headers, .body = "{}" };
}

/* What Redis holds of them, as text; the caller's to free. */
static char *in_redis(struct world *w)
{
    return redis_server_ask(w->server, (const char *const[]){ "HGETALL", KEY, NULL });
}

static void a_long_ban_is_known_to_the_other_and_to_the_next(void **state)
{
    struct world *w = *state;

    say(w, 429, "Retry-After: 40591\r\n");
    assert_int_equal(ask(w, 0, "act_1", "t"), ERR_RATE_LIMIT);
    say(w, 200, "");
    assert_int_equal(ask(w, 1, "act_1", "t"), ERR_RATE_LIMIT);
    assert_in_range(w->workers[1].err.retry_after_ms, 40580000, 40591000);
    assert_int_equal(w->asked, 1);
    for (int i = 0; i < 2; i++) { /* both end; what they knew is still known */
        worker_end(&w->workers[i]);
        worker_start(w, &w->workers[i]);
        assert_int_equal(ask(w, i, "act_1", "t"), ERR_RATE_LIMIT);
        assert_int_equal(ask(w, i, "act_2", "t"), ERR_NONE); /* another's quota is its own */
    }
    assert_int_equal(w->asked, 3);
}

static void what_is_short_or_may_not_pass_is_nobodys_business(void **state)
{
    static const struct {
        int status;
        const char *headers;
    } cases[] = {
        { 403, "" },
        { 404, "" },
        { 400, "" },
        { 422, "Retry-After: 40591\r\n" },
        { 429, "Retry-After: 60\r\n" },
        { 503, "Retry-After: 60\r\n" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        say(w, cases[i].status, cases[i].headers);
        assert_int_not_equal(ask(w, 0, "act_1", "t"), ERR_NONE);
        char *holds = in_redis(w);
        if (*holds)
            fail_msg("%d: %s", cases[i].status, holds);
        free(holds);
    }
    say(w, 200, "");
    assert_int_equal(ask(w, 1, "act_1", "t"), ERR_NONE);
}

static void a_dead_token_is_asked_once_for_all(void **state)
{
    struct world *w = *state;

    say(w, 401, "");
    assert_int_equal(ask(w, 0, "act_1", "EAAB-secret"), ERR_AUTH);
    say(w, 200, "");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(w, i, "act_2", "EAAB-secret"), ERR_AUTH); /* whatever is asked */
        assert_int_equal(w->workers[i].err.retry_after_ms, 0);         /* no wait mends it */
    }
    assert_int_equal(w->asked, 1);
    char *holds = in_redis(w),
         *left = redis_server_ask(w->server, (const char *const[]){ "PTTL", KEY, NULL });
    assert_null(strstr(holds, "EAAB"));
    assert_in_range(strtol(left, NULL, 10), 50000, 60000); /* a minute */
    free(left);
    free(holds);
    assert_int_equal(ask(w, 1, "act_1", "a new one"), ERR_NONE);
    assert_int_equal(w->asked, 2);
}

static void what_an_operator_deletes_is_asked_again(void **state)
{
    struct world *w = *state;

    say(w, 429, "Retry-After: 40591\r\n");
    ask(w, 0, "act_1", "t");
    assert_int_equal(ask(w, 1, "act_1", "t"), ERR_RATE_LIMIT);
    free(redis_server_ask(w->server, (const char *const[]){ "DEL", KEY, NULL }));
    say(w, 200, "");
    a_second_later(w);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(w, i, "act_1", "t"), ERR_NONE);
    assert_int_equal(w->asked, 3);
}

static void without_redis_each_knows_what_it_learnt_and_tells_it_later(void **state)
{
    struct world *w = *state;

    redis_server_kill(w->server);
    say(w, 429, "Retry-After: 40591\r\n");
    for (int i = 0; i < 2; i++) /* each finds out by itself, once */
        for (int n = 0; n < 2; n++)
            assert_int_equal(ask(w, i, i ? "act_2" : "act_1", "t"), ERR_RATE_LIMIT);
    assert_int_equal(w->asked, 2);
    redis_server_restart(w->server);
    for (int i = 0; i < 2; i++)
        while (!redis_up(w->workers[i].redis))
            loop_turn(w->loop, 1000);
    for (int round = 0; round < 2; round++) { /* told, then heard */
        a_second_later(w);
        for (int i = 0; i < 2; i++)
            assert_int_equal(ask(w, i, i ? "act_2" : "act_1", "t"), ERR_RATE_LIMIT);
    }
    assert_int_equal(ask(w, 0, "act_2", "t"), ERR_RATE_LIMIT);
    assert_int_equal(ask(w, 1, "act_1", "t"), ERR_RATE_LIMIT);
    assert_int_equal(w->asked, 2);
}

/* In the hash, put there by whom it may; none of it holds anybody or ends the process. */
static const char *const garbage[] = {
    "",
    "x",
    "1",
    "-1 -1 rate_limit\nu\nl",
    "1 1 rate_limit\nu\nl", /* passed in 1970 */
    "99999999999999 99999999999999 rate_limit",
    "99999999999999 99999999999999 rate_limit\nu",
    "99999999999999 99999999999999 \nu\nl",
    "99999999999999 99999999999999 nonsense\nu\nl",
    "99999999999999 99999999999999 permission\nu\nl",
    "99999999999999999999999999999999 1 rate_limit\nu\nl",
    "99999999999999 99999999999999 rate_limit\nu\nl", /* in the year 5138 */
};

static void nonsense_in_redis_holds_nobody(void **state)
{
    struct world *w = *state;

    say(w, 200, "");
    for (size_t i = 0; i < COUNT(garbage); i++) {
        free(redis_server_ask(w->server, (const char *const[]){ "HSET", KEY, "meta account act_1",
                                                                garbage[i], NULL }));
        worker_end(&w->workers[0]);
        worker_start(w, &w->workers[0]);
        if (ask(w, 0, "act_1", "t") != ERR_NONE)
            fail_msg("held by \"%s\"", garbage[i]);
    }
    free(redis_server_ask(w->server, (const char *const[]){ "SET", KEY, "no hash", NULL }));
    worker_end(&w->workers[0]);
    worker_start(w, &w->workers[0]);
    assert_int_equal(ask(w, 0, "act_1", "t"), ERR_NONE);
}

static void a_worker_may_end_with_redis_still_to_answer(void **state)
{
    struct world *w = *state;
    struct worker *worker = &w->workers[0];

    say(w, 429, "Retry-After: 40591\r\n");
    ask(w, 0, "act_1", "t");
    a_second_later(w);
    redis_server_freeze(w->server);
    upstream_job_begin(worker->upstream, clock_mono_ms() + 5000, NULL);
    upstream_destroy(worker->upstream); /* ends the job, too */
    worker->upstream = upstream_create(w->loop, w->http, worker->redis, NULL, NULL);
    redis_server_thaw(w->server);
    assert_int_equal(ask(w, 0, "act_1", "t"), ERR_RATE_LIMIT);
    assert_int_equal(w->asked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_long_ban_is_known_to_the_other_and_to_the_next),
        TEST(what_is_short_or_may_not_pass_is_nobodys_business),
        TEST(a_dead_token_is_asked_once_for_all),
        TEST(what_an_operator_deletes_is_asked_again),
        TEST(without_redis_each_knows_what_it_learnt_and_tells_it_later),
        TEST(nonsense_in_redis_holds_nobody),
        TEST(a_worker_may_end_with_redis_still_to_answer),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
