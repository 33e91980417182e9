/* A call is tried again where that helps, told to the observer, and ended with its job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "platforms/upstream.h"
#include "tests/platforms/peer.h"

#define MAX_EVENTS 16

struct world {
    struct loop *loop;
    struct http *http;
    struct peer *peer;
    struct upstream *upstream;
    struct upstream_job *job;
    /* What the peer answers, one after the other; the last that has headers again and again. */
    struct peer_reply replies[8];
    int asked;
    char headers[2048], method[16], target[256], body[256]; /* of the last request */
    /* What came back. */
    int done;
    struct error err;
    int status;
    struct upstream_event events[MAX_EVENTS];
    int event_count;
    void *event_job;
    bool end_job_in_done;
    const char *account; /* that the calls are about */
};

static void on_request(void *arg, const struct peer_request *request, struct peer_reply *reply)
{
    struct world *w = arg;
    int last = 0;

    for (int i = 0; i <= w->asked && i < 8; i++)
        if (w->replies[i].headers)
            last = i;
    *reply = w->replies[last];
    w->asked++;
    snprintf(w->headers, sizeof(w->headers), "%s", request->headers);
    snprintf(w->method, sizeof(w->method), "%s", request->method);
    snprintf(w->target, sizeof(w->target), "%s", request->target);
    snprintf(w->body, sizeof(w->body), "%s", request->body);
}

static void on_event(void *observer, void *job_arg, const struct upstream_event *event)
{
    struct world *w = observer;

    assert_true(w->event_count < MAX_EVENTS);
    w->event_job = job_arg;
    w->events[w->event_count] = *event;
    w->events[w->event_count++].error = ""; /* borrowed */
}

static void on_done(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct world *w = arg;

    w->done++;
    w->status = answer->status;
    w->err = err ? *err : (struct error){ 0 };
    if (w->end_job_in_done) {
        upstream_job_end(w->job);
        w->job = NULL;
    }
}

/* A call by itself would be waited for twenty seconds, a job here for a minute. */
#define LONG_BEFORE_MS 15000
#define PATIENCE_MS 60000

static int set_up(void **state)
{
    static struct world world;
    struct world *w = &world;

    memset(w, 0, sizeof(*w));
    w->account = "act_1";
    w->loop = loop_create();
    w->http = http_create(w->loop, &(struct http_options){ .user_agent = "raiox-test" });
    w->peer = peer_create(w->loop, on_request, w);
    w->upstream = upstream_create(w->loop, w->http, NULL, on_event, w);
    w->job = upstream_job_begin(w->upstream, clock_mono_ms() + 60000, w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    upstream_job_end(w->job);
    upstream_destroy(w->upstream);
    http_destroy(w->http);
    peer_destroy(w->peer);
    loop_destroy(w->loop);
    return 0;
}

static struct upstream_sent *send_call(struct world *w)
{
    static const char *const headers[] = { "Authorization: Bearer x", "X-Two: 2", NULL };
    char url[128];

    snprintf(url, sizeof(url), "%s/path?q=1", peer_url(w->peer));
    return upstream_send(w->job, &(struct upstream_call){
                                     .platform = "meta",
                                     .what = "campaigns",
                                     .account = w->account,
                                     .request = { .method = "POST",
                                                  .url = url,
                                                  .headers = headers,
                                                  .body = "hello",
                                                  .body_len = 5 },
                                     .done = on_done,
                                     .arg = w,
                                 });
}

static void turn_until_done(struct world *w)
{
    while (w->done == 0)
        loop_turn(w->loop, 1000);
}

/* Until the peer has been asked n times. */
static void turn_until_asked(struct world *w, int n)
{
    while (w->asked < n)
        loop_turn(w->loop, 1000);
}

static void a_good_answer_ends_the_call_at_once(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 204, .headers = "" };
    assert_non_null(send_call(w));
    assert_int_equal(w->done, 0);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_NONE);
    assert_int_equal(w->status, 204);
    assert_int_equal(upstream_job_calls(w->job), 1);
    assert_string_equal(w->method, "POST");
    assert_string_equal(w->target, "/path?q=1");
    assert_string_equal(w->body, "hello");
    assert_non_null(strstr(w->headers, "Authorization: Bearer x"));
    assert_non_null(strstr(w->headers, "X-Two: 2"));
    assert_int_equal(w->event_count, 1);
    assert_int_equal(w->events[0].try, 1);
    assert_int_equal(w->events[0].kind, ERR_NONE);
    assert_int_equal(w->events[0].retry_in_ms, -1);
    assert_string_equal(w->events[0].account, "act_1");
    assert_ptr_equal(w->event_job, w);
}

static void a_passing_fault_is_tried_again(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 503, .headers = "" };
    w->replies[1] = (struct peer_reply){ .status = 200, .headers = "", .body = "{}" };
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_NONE);
    assert_int_equal(w->asked, 2);
    assert_int_equal(upstream_job_calls(w->job), 2);
    assert_int_equal(w->event_count, 2);
    assert_int_equal(w->events[0].kind, ERR_UNAVAILABLE);
    assert_int_equal(w->events[0].status, 503);
    assert_in_range(w->events[0].retry_in_ms, 375, 625); /* 0.5 s with jitter */
    assert_int_equal(w->events[1].try, 2);
}

static void a_body_cut_off_is_tried_again(void **state)
{
    struct world *w = *state;

    w->replies[0] =
        (struct peer_reply){ .status = 200, .headers = "", .body = "{\"a\":1}", .cut = true };
    w->replies[1] = (struct peer_reply){ .status = 200, .headers = "", .body = "{}" };
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_NONE);
    assert_int_equal(w->events[0].kind, ERR_UNAVAILABLE);
}

static const struct final_case {
    int status;
    const char *headers;
    enum err_kind kind;
    int64_t retry_after_ms;
} finals[] = {
    { 401, "", ERR_AUTH, 0 },
    { 403, "", ERR_PERMISSION, 0 },
    { 404, "", ERR_NOT_FOUND, 0 },
    { 400, "", ERR_BAD_RESPONSE, 0 },
    { 301, "Location: http://127.0.0.1:1/\r\n", ERR_BAD_RESPONSE, 0 },
    { 422, "Retry-After: 1\r\n", ERR_BAD_RESPONSE, 0 },
    /* A hint beyond the job's deadline: at once, and it is still said. */
    { 429, "Retry-After: 3600\r\n", ERR_RATE_LIMIT, 3600000 },
    { 503, "retry-after: 120\r\n", ERR_UNAVAILABLE, 120000 },
    { 429, "Retry-After: 999999999\r\n", ERR_RATE_LIMIT, INT64_C(604800000) },
};

static void what_waiting_cannot_mend_ends_the_call(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(finals); i++) {
        w->replies[0] =
            (struct peer_reply){ .status = finals[i].status, .headers = finals[i].headers };
        w->done = w->asked = w->event_count = 0;
        w->account = (const char *const[]){ "1", "2", "3", "4", "5", "6", "7", "8", "9" }[i];
        send_call(w);
        turn_until_done(w);
        if (w->err.kind != finals[i].kind || w->err.retry_after_ms != finals[i].retry_after_ms ||
            w->asked != 1 || w->events[0].retry_in_ms != -1)
            fail_msg("%d: %s after %d tries, %lld ms", finals[i].status,
                     error_kind_name(w->err.kind), w->asked, (long long)w->err.retry_after_ms);
    }
}

/* LESSONS 3.16: each call to a quota that is used up for hours burns more of it. */
static void a_long_wait_is_kept_to_by_who_comes_after(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 429, .headers = "Retry-After: 40591\r\n" };
    send_call(w);
    turn_until_done(w);
    for (int i = 0; i < 3; i++) {
        w->done = 0;
        w->err = (struct error){ 0 };
        send_call(w);
        assert_int_equal(w->done, 0); /* never inside the call */
        turn_until_done(w);
        assert_int_equal(w->err.kind, ERR_RATE_LIMIT);
        assert_in_range(w->err.retry_after_ms, 40580000, 40591000);
    }
    assert_int_equal(w->asked, 1);
    assert_int_equal(upstream_job_calls(w->job), 1);
    upstream_cancel(send_call(w)); /* held, and not wanted any more */
    w->account = NULL;             /* another quota */
    w->done = 0;
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->asked, 2);
}

/* A minute may be over before the next report is: that one asks. */
static void a_minute_is_not_held_against_the_next(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 429, .headers = "Retry-After: 60\r\n" };
    w->replies[1] = (struct peer_reply){ .status = 200, .headers = "", .body = "{}" };
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_RATE_LIMIT);
    w->done = 0;
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_NONE);
}

struct turn {
    int *order; /* counts the ends of all */
    int place;
};

static void on_turn(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct turn *turn = arg;

    (void)answer;
    assert_null(err);
    turn->place = ++*turn->order;
}

static void send_turn(struct world *w, struct upstream_job *job, struct turn *turn, int *order)
{
    char url[128];

    turn->order = order;
    snprintf(url, sizeof(url), "%s/path", peer_url(w->peer));
    upstream_send(job, &(struct upstream_call){ .platform = "meta",
                                                .what = "campaigns",
                                                .request = { .method = "GET", .url = url },
                                                .done = on_turn,
                                                .arg = turn });
}

/* Each job has its turn at a host that takes no more, however much another wants of it. */
static void a_large_job_does_not_delay_the_small_one_behind_it(void **state)
{
    struct world *w = *state;
    struct turn large[100] = { 0 }, small[3] = { 0 };
    struct http *narrow =
        http_create(w->loop, &(struct http_options){ .max_per_host = 2, .user_agent = "test" });
    struct upstream *upstream = upstream_create(w->loop, narrow, NULL, NULL, NULL);
    struct upstream_job *first = upstream_job_begin(upstream, clock_mono_ms() + 60000, NULL);
    struct upstream_job *second = upstream_job_begin(upstream, clock_mono_ms() + 60000, NULL);
    int order = 0;

    w->replies[0] = (struct peer_reply){ .status = 200, .headers = "", .body = "{}" };
    for (size_t i = 0; i < COUNT(large); i++)
        send_turn(w, first, &large[i], &order);
    for (size_t i = 0; i < COUNT(small); i++)
        send_turn(w, second, &small[i], &order);
    while (order < (int)(COUNT(large) + COUNT(small)))
        loop_turn(w->loop, 1000);
    for (size_t i = 0; i < COUNT(small); i++) /* one of the other's between any two, two at first */
        assert_in_range(small[i].place, 1, 2 + 2 * COUNT(small) + 1);
    upstream_destroy(upstream);
    http_destroy(narrow);
}

static void a_hint_is_never_shortened(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 429, .headers = "Retry-After: 1\r\n" };
    w->replies[1] = (struct peer_reply){ .status = 200, .headers = "" };
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_NONE);
    assert_in_range(w->events[0].retry_in_ms, 1000, 1300);
}

static void a_date_is_a_hint_too(void **state)
{
    struct world *w = *state;
    time_t then = (time_t)(clock_real_ms() / 1000 + 3600);
    struct tm tm;
    char header[80];

    assert_non_null(gmtime_r(&then, &tm));
    strftime(header, sizeof(header), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    w->replies[0] = (struct peer_reply){ .status = 429, .headers = header };
    send_call(w);
    turn_until_done(w);
    assert_in_range(w->err.retry_after_ms, 3590000, 3600000);
}

static void a_hint_that_is_none_counts_as_none(void **state)
{
    static const char *const bad[] = {
        "Retry-After: soon\r\n",
        "Retry-After: -5\r\n",
        "Retry-After: 1e9\r\n",
        "Retry-After: 99999999999999999999\r\n",
        "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        "Retry-After: Sun, 06 Nov 2094 08:49:37 GMT and more\r\n",
        "Retry-After:\r\n",
    };
    struct world *w = *state;
    int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;

    /* The deadline leaves no room for a back-off: one try each. */
    for (size_t i = 0; i < COUNT(bad); i++) {
        w->replies[0] = (struct peer_reply){ .status = 429, .headers = bad[i] };
        do { /* anew where the machine was too busy for that one */
            upstream_job_end(w->job);
            w->job = upstream_job_begin(w->upstream, clock_mono_ms() + 300, w);
            w->done = w->event_count = 0;
            send_call(w);
            turn_until_done(w);
        } while (w->err.kind == ERR_TIMEOUT && clock_mono_ms() < give_up_ms);
        if (w->err.kind != ERR_RATE_LIMIT || w->err.retry_after_ms != 0)
            fail_msg("%s gave %lld ms", bad[i], (long long)w->err.retry_after_ms);
    }
}

static void silence_ends_at_the_jobs_deadline(void **state)
{
    struct world *w = *state;
    int64_t began = clock_mono_ms();

    upstream_job_end(w->job);
    w->job = upstream_job_begin(w->upstream, began + 1000, w);
    w->replies[0] = (struct peer_reply){ .status = 0, .headers = "" };
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_TIMEOUT);
    assert_int_equal(w->asked, 1);
    assert_in_range(clock_mono_ms() - began, 990, LONG_BEFORE_MS);
}

static void no_try_begins_behind_the_deadline(void **state)
{
    struct world *w = *state;

    upstream_job_end(w->job);
    w->job = upstream_job_begin(w->upstream, clock_mono_ms() - 1, w);
    send_call(w);
    assert_int_equal(w->done, 0); /* never inside the call */
    turn_until_done(w);
    assert_int_equal(w->err.kind, ERR_TIMEOUT);
    assert_int_equal(w->asked, 0);
}

static void nobody_is_asked_more_than_five_times(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 500, .headers = "" };
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->asked, 5);
    assert_int_equal(w->event_count, 5);
    assert_int_equal(w->err.kind, ERR_UNAVAILABLE);
    for (int i = 0; i < 4; i++)
        assert_in_range(w->events[i].retry_in_ms, 375 << i, 625 << i);
    assert_int_equal(w->events[4].retry_in_ms, -1);
}

static void a_job_may_end_in_its_own_answer(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 200, .headers = "" };
    w->end_job_in_done = true;
    send_call(w);
    send_call(w);
    turn_until_done(w);
    loop_turn(w->loop, 0);
    loop_turn(w->loop, 50);
    assert_int_equal(w->done, 1);
}

static void an_ended_job_calls_nobody_back(void **state)
{
    struct world *w = *state;
    struct upstream_job *other = upstream_job_begin(w->upstream, clock_mono_ms() + 60000, NULL);

    /* One waits for its second try, one is under way, one was just asked for. */
    w->replies[0] = (struct peer_reply){ .status = 503, .headers = "Retry-After: 1\r\n" };
    w->replies[1] = (struct peer_reply){ .status = 0, .headers = "" };
    w->replies[2] = (struct peer_reply){ .status = 200, .headers = "" };
    send_call(w);
    while (w->event_count == 0)
        loop_turn(w->loop, 1000);
    send_call(w);
    turn_until_asked(w, 2);
    send_call(w);
    upstream_job_end(w->job);
    w->job = other;
    send_call(w);
    turn_until_done(w);
    assert_int_equal(w->done, 1);
    assert_int_equal(w->event_count, 2);
    assert_int_equal(upstream_job_calls(other), 1);
}

static void a_cancelled_call_does_not_end(void **state)
{
    struct world *w = *state;

    w->replies[0] = (struct peer_reply){ .status = 200, .headers = "" };
    upstream_cancel(send_call(w));
    upstream_cancel(NULL);
    send_call(w);
    turn_until_done(w);
    loop_turn(w->loop, 20);
    assert_int_equal(w->done, 1);
    assert_int_equal(w->event_count, 1);
}

static void count_up(void *arg)
{
    (*(int *)arg)++;
}

static void count_value(void *arg, struct bytes value, int64_t age_ms)
{
    (void)age_ms;
    *(int *)arg += value.data ? 100 : 1;
}

static void what_is_known_at_once_is_said_later_or_never(void **state)
{
    struct world *w = *state;
    int said = 0, never = 0;
    struct cache *cache = cache_create(w->loop, NULL);
    struct upstream_job *other = upstream_job_begin(w->upstream, clock_mono_ms() + 1000, NULL);

    cache_put(cache, "name", BYTES("value"), 60000);
    upstream_later(w->job, count_up, &said);
    upstream_cache_get(w->job, NULL, "name", count_value, &said);
    upstream_cache_get(w->job, cache, "name", count_value, &said);
    upstream_later(other, count_up, &never);
    upstream_cache_get(other, NULL, "name", count_value, &never);
    upstream_cache_get(other, cache, "name", count_value, &never);
    assert_int_equal(said, 0);
    upstream_job_end(other);
    while (said < 102)
        loop_turn(w->loop, 1000);
    loop_turn(w->loop, 10);
    assert_int_equal(said, 102);
    assert_int_equal(never, 0);
    cache_destroy(cache);
}

struct heard {
    int *woken, *late;
};

static void on_woken(void *arg)
{
    (*((struct heard *)arg)->woken)++;
}

static void on_late(void *arg)
{
    (*((struct heard *)arg)->late)++;
}

/* Three stand in a line: one is late, one is woken, and one waits for nobody knows what. */
static void who_waits_in_a_line_is_woken_or_late_once(void **state)
{
    struct world *w = *state;
    int woken = 0, late = 0;
    struct heard heard = { &woken, &late };
    struct upstream_line line = { 0 };
    int64_t began = clock_mono_ms();
    struct upstream_job *hasty = upstream_job_begin(w->upstream, began + 50, NULL);

    upstream_wait(hasty, &line, on_woken, on_late, &heard, sizeof(heard));
    upstream_wait(hasty, &line, on_woken, NULL, &heard, sizeof(heard));
    upstream_wait(w->job, &line, on_woken, on_late, &heard, sizeof(heard));
    while (late == 0)
        loop_turn(w->loop, 1000);
    assert_in_range(clock_mono_ms() - began, 40, LONG_BEFORE_MS);
    assert_int_equal(woken, 0);
    upstream_wake(&line);
    assert_int_equal(woken, 0); /* never inside the call */
    while (woken < 2)
        loop_turn(w->loop, 1000);
    loop_turn(w->loop, 10);
    assert_int_equal(woken, 2);
    assert_int_equal(late, 1);
    upstream_job_end(hasty);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_answer_ends_the_call_at_once),
        TEST(a_passing_fault_is_tried_again),
        TEST(a_body_cut_off_is_tried_again),
        TEST(what_waiting_cannot_mend_ends_the_call),
        TEST(a_long_wait_is_kept_to_by_who_comes_after),
        TEST(a_minute_is_not_held_against_the_next),
        TEST(a_large_job_does_not_delay_the_small_one_behind_it),
        TEST(a_hint_is_never_shortened),
        TEST(a_date_is_a_hint_too),
        TEST(a_hint_that_is_none_counts_as_none),
        TEST(silence_ends_at_the_jobs_deadline),
        TEST(no_try_begins_behind_the_deadline),
        TEST(nobody_is_asked_more_than_five_times),
        TEST(a_job_may_end_in_its_own_answer),
        TEST(an_ended_job_calls_nobody_back),
        TEST(a_cancelled_call_does_not_end),
        TEST(what_is_known_at_once_is_said_later_or_never),
        TEST(who_waits_in_a_line_is_woken_or_late_once),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
