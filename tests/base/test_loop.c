#include "base/clock.h"
#include "base/loop.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;

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
    loop = NULL;
    return 0;
}

/* What ran, in order: one letter each. */
static char ran[256];

static void note(char letter)
{
    size_t len = strlen(ran);

    assert_true(len + 1 < sizeof(ran));
    ran[len] = letter;
    ran[len + 1] = '\0';
}

static void on_note(void *arg)
{
    note(*(const char *)arg);
}

static void on_stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* ---- timers ---- */

static void timers_run_in_order_of_their_time(void **state)
{
    struct loop_timer timers[6] = { 0 }, stop = { 0 };
    static const int delays[] = { 30, 10, 20, 0, 10, 25 };
    int64_t began_ms;

    (void)state;
    ran[0] = '\0';
    do { /* all within one ms: else their delays do not say which is due first */
        began_ms = clock_mono_ms();
        for (size_t i = 0; i < COUNT(delays); i++)
            loop_timer_start(loop, &timers[i], delays[i], on_note, (void *)(&"abcdef"[i]));
    } while (clock_mono_ms() != began_ms);
    loop_timer_stop(loop, &timers[5]);
    loop_timer_start(loop, &stop, 40, on_stop, NULL);
    loop_run(loop);
    assert_string_equal(ran, "dbeca");
}

static void a_timer_is_never_early(void **state)
{
    struct loop_timer timer = { 0 };

    (void)state;
    for (int delay_ms = 0; delay_ms < 30; delay_ms += 7) {
        int64_t start_ms = clock_mono_ms();
        loop_timer_start(loop, &timer, delay_ms, on_stop, NULL);
        loop_run(loop);
        assert_true(clock_mono_ms() - start_ms >= delay_ms);
    }
}

struct random_timers {
    struct loop_timer timers[500];
    int64_t last_due_ms;
    int count;
};

struct random_timer {
    struct random_timers *all;
    int64_t due_ms;
};

static void on_random(void *arg)
{
    struct random_timer *timer = arg;

    assert_true(timer->due_ms >= timer->all->last_due_ms);
    timer->all->last_due_ms = timer->due_ms;
    timer->all->count++;
}

static void five_hundred_timers_moved_and_stopped_at_random_keep_their_order(void **state)
{
    struct random_timers all = { 0 };
    struct random_timer args[COUNT(all.timers)];
    bool running[COUNT(all.timers)] = { false };
    struct loop_timer stop = { 0 };
    int expected = 0;

    (void)state;
    srandom(7);
    for (int step = 0; step < 5000; step++) {
        size_t i = (size_t)random() % COUNT(all.timers);
        running[i] = random() % 3 != 0;
        args[i].all = &all;
        if (running[i])
            loop_timer_start(loop, &all.timers[i], random() % 50, on_random, &args[i]);
        else
            loop_timer_stop(loop, &all.timers[i]);
        args[i].due_ms = all.timers[i].due_ms;
    }
    for (size_t i = 0; i < COUNT(all.timers); i++)
        expected += running[i];
    loop_timer_start(loop, &stop, 60, on_stop, NULL);
    loop_run(loop);
    assert_int_equal(all.count, expected);
}

static struct loop_timer again;
static int again_count;

static void on_again(void *arg)
{
    again_count++;
    loop_timer_start(loop, &again, 0, on_again, arg);
}

static void a_timer_that_starts_itself_at_once_has_one_run_a_turn(void **state)
{
    (void)state;
    again_count = 0;
    loop_timer_start(loop, &again, 0, on_again, NULL);
    for (int turn = 1; turn <= 5; turn++) {
        loop_turn(loop, 1000);
        assert_int_equal(again_count, turn);
    }
    loop_timer_stop(loop, &again);
    loop_timer_stop(loop, &again);
    loop_turn(loop, 0);
    assert_int_equal(again_count, 5);
}

static void a_time_beyond_all_times_never_comes(void **state)
{
    struct loop_timer never = { 0 };

    (void)state;
    loop_timer_start(loop, &never, INT64_MAX, on_note, NULL);
    loop_turn(loop, 1);
    loop_turn(loop, -1);
    assert_int_not_equal(never.place, 0);
    loop_timer_stop(loop, &never);
    assert_int_equal(never.place, 0);
}

/* ---- watches ---- */

struct pair {
    int near, far;
    struct loop_watch *watch;
    struct pair *other;
    short seen; /* all revents so far */
    int calls;
};

static void pair_open(struct pair *pair)
{
    int fds[2];

    *pair = (struct pair){ 0 };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    pair->near = fds[0];
    pair->far = fds[1];
}

static void pair_close(struct pair *pair)
{
    loop_unwatch(loop, pair->watch);
    close(pair->near);
    if (pair->far >= 0)
        close(pair->far);
}

static void on_pair(void *arg, short revents)
{
    struct pair *pair = arg;

    pair->seen = (short)(pair->seen | revents);
    pair->calls++;
}

static void on_pair_read(void *arg, short revents)
{
    struct pair *pair = arg;
    char byte = 0;

    on_pair(arg, revents);
    assert_int_equal(read(pair->near, &byte, 1), 1);
}

static void a_watch_is_told_what_it_asked_for(void **state)
{
    struct pair pair;

    (void)state;
    pair_open(&pair);
    pair.watch = loop_watch(loop, pair.near, POLLIN, on_pair_read, &pair);
    loop_turn(loop, 0);
    assert_int_equal(pair.calls, 0);
    assert_int_equal(write(pair.far, "x", 1), 1);
    loop_turn(loop, 1000);
    loop_turn(loop, 0);
    assert_int_equal(pair.calls, 1);
    assert_int_equal(pair.seen, POLLIN);
    pair_close(&pair);
}

static void a_watch_for_writing_sees_no_reading(void **state)
{
    struct pair pair;

    (void)state;
    pair_open(&pair);
    assert_int_equal(write(pair.far, "x", 1), 1);
    pair.watch = loop_watch(loop, pair.near, POLLOUT, on_pair, &pair);
    loop_turn(loop, 1000);
    assert_int_equal(pair.seen, POLLOUT);
    pair_close(&pair);
}

/* Each row: the other side is closed while we watch for these. */
static void a_hang_up_reaches_the_watch_whatever_it_asked_for(void **state)
{
    static const short rows[] = { POLLIN, POLLOUT, POLLIN | POLLOUT, 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pair pair;
        pair_open(&pair);
        pair.watch = loop_watch(loop, pair.near, rows[i], on_pair, &pair);
        close(pair.far);
        pair.far = -1;
        loop_turn(loop, 1000);
        assert_int_equal(pair.calls, 1);
        assert_true(pair.seen & (rows[i] ? rows[i] : POLLHUP));
        pair_close(&pair);
    }
}

static void a_hang_up_that_nobody_takes_is_told_once_and_does_not_spin(void **state)
{
    struct pair pair;

    (void)state;
    pair_open(&pair);
    pair.watch = loop_watch(loop, pair.near, 0, on_pair, &pair);
    close(pair.far);
    pair.far = -1;
    int64_t start_ms = clock_mono_ms();
    for (int turn = 0; turn < 4; turn++)
        loop_turn(loop, 20);
    assert_int_equal(pair.calls, 1);
    assert_true(clock_mono_ms() - start_ms >= 60);
    loop_watch_events(loop, pair.watch, POLLIN); /* asked again, told again */
    loop_turn(loop, 1000);
    assert_int_equal(pair.calls, 2);
    pair_close(&pair);
}

static void on_pair_remove_both(void *arg, short revents)
{
    struct pair *pair = arg;

    on_pair(arg, revents);
    loop_unwatch(loop, pair->watch);
    loop_unwatch(loop, pair->other->watch);
    pair->watch = pair->other->watch = NULL;
}

static void a_watch_removed_in_a_turn_is_not_called_in_it(void **state)
{
    struct pair pairs[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        pair_open(&pairs[i]);
        pairs[i].other = &pairs[!i];
        pairs[i].watch = loop_watch(loop, pairs[i].near, POLLIN, on_pair_remove_both, &pairs[i]);
        assert_int_equal(write(pairs[i].far, "x", 1), 1);
    }
    loop_turn(loop, 1000);
    loop_turn(loop, 0);
    assert_int_equal(pairs[0].calls + pairs[1].calls, 1);
    pair_close(&pairs[0]);
    pair_close(&pairs[1]);
}

static void on_pair_replace_other(void *arg, short revents)
{
    struct pair *pair = arg, *other = pair->other;

    on_pair(arg, revents);
    loop_unwatch(loop, other->watch);
    close(other->near);
    close(other->far);
    int calls = other->calls;
    struct pair *back = other->other;
    pair_open(other); /* most likely under the same numbers */
    other->calls = calls;
    other->other = back;
    other->watch = loop_watch(loop, other->near, POLLIN, on_pair, other);
}

static void a_descriptor_used_again_in_a_turn_is_not_told_the_old_ones_news(void **state)
{
    struct pair pairs[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        pair_open(&pairs[i]);
        pairs[i].other = &pairs[!i];
        assert_int_equal(write(pairs[i].far, "x", 1), 1);
    }
    pairs[0].watch = loop_watch(loop, pairs[0].near, POLLIN, on_pair_replace_other, &pairs[0]);
    pairs[1].watch = loop_watch(loop, pairs[1].near, POLLIN, on_pair, &pairs[1]);
    loop_turn(loop, 1000);
    assert_int_equal(pairs[0].calls, 1);
    assert_int_equal(pairs[1].calls, 0);
    pair_close(&pairs[0]);
    pair_close(&pairs[1]);
}

static void on_pair_mute_other(void *arg, short revents)
{
    struct pair *pair = arg;

    on_pair(arg, revents);
    loop_watch_events(loop, pair->other->watch, 0);
}

static void what_is_not_asked_for_any_more_is_not_told(void **state)
{
    struct pair pairs[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        pair_open(&pairs[i]);
        pairs[i].other = &pairs[!i];
        pairs[i].watch = loop_watch(loop, pairs[i].near, POLLIN, on_pair_mute_other, &pairs[i]);
        assert_int_equal(write(pairs[i].far, "x", 1), 1);
    }
    loop_turn(loop, 1000);
    assert_int_equal(pairs[0].calls + pairs[1].calls, 1);
    pair_close(&pairs[0]);
    pair_close(&pairs[1]);
}

static void two_hundred_watches_are_told_apart(void **state)
{
    static struct pair pairs[200];

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        pair_open(&pairs[i]);
        pairs[i].watch = loop_watch(loop, pairs[i].near, POLLIN, on_pair_read, &pairs[i]);
    }
    for (size_t i = 0; i < COUNT(pairs); i += 3) /* holes, so that places move */
        pair_close(&pairs[i]);
    for (size_t i = 1; i < COUNT(pairs); i += 3)
        assert_int_equal(write(pairs[i].far, "x", 1), 1);
    loop_turn(loop, 1000);
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_int_equal(pairs[i].calls, i % 3 == 1);
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (i % 3 != 0)
            pair_close(&pairs[i]);
}

/* ---- before the wait ---- */

static struct loop_hook hooks[3];

static void on_hook_starts_another(void *arg)
{
    on_note(arg);
    loop_hook_start(loop, &hooks[2], on_note, (void *)"c");
}

static void hooks_run_once_before_the_wait_in_their_order(void **state)
{
    struct loop_hook stopped = { 0 };

    (void)state;
    ran[0] = '\0';
    loop_hook_start(loop, &stopped, on_note, (void *)"x");
    loop_hook_start(loop, &hooks[0], on_hook_starts_another, (void *)"a");
    loop_hook_start(loop, &hooks[1], on_note, (void *)"b");
    loop_hook_start(loop, &hooks[0], on_note, (void *)"y");
    loop_hook_stop(loop, &stopped);
    loop_hook_stop(loop, &stopped);
    assert_string_equal(ran, "");
    loop_turn(loop, 0);
    loop_turn(loop, 0);
    assert_string_equal(ran, "abc");
}

/* ---- signals ---- */

static void on_signal(void *arg, int signal)
{
    (void)arg;
    note(signal == SIGUSR1 ? '1' : '2');
    if (signal == SIGUSR2)
        loop_stop(loop);
}

static void signals_come_as_events(void **state)
{
    static const int signals[] = { SIGUSR1, SIGUSR2 };

    (void)state;
    ran[0] = '\0';
    loop_signals(loop, signals, COUNT(signals), on_signal, NULL);
    kill(getpid(), SIGUSR1);
    assert_string_equal(ran, "");
    loop_turn(loop, 1000);
    assert_string_equal(ran, "1");
    kill(getpid(), SIGUSR2);
    loop_run(loop);
    assert_string_equal(ran, "12");
    kill(getpid(), SIGUSR1); /* after a stop too: it must be read away */
    loop_turn(loop, 1000);
    assert_string_equal(ran, "121");
}

static void a_write_to_a_closed_connection_is_an_error_and_no_signal(void **state)
{
    struct pair pair;

    (void)state;
    pair_open(&pair);
    close(pair.far);
    pair.far = -1;
    assert_int_equal(write(pair.near, "x", 1), -1);
    pair_close(&pair);
}

/* ---- context ---- */

static void on_context(void *arg, void *context)
{
    (void)arg;
    note(context ? *(const char *)context : '-');
}

static void on_expect_context(void *arg)
{
    assert_ptr_equal(loop_context(loop), arg);
    note('!');
}

static void on_expect_context_fd(void *arg, short revents)
{
    (void)revents;
    on_expect_context(arg);
    loop_stop(loop);
}

static void callbacks_run_under_the_context_they_were_started_in(void **state)
{
    static char a[] = "a", b[] = "b";
    struct loop_timer timers[2] = { 0 };
    struct pair pair;

    (void)state;
    ran[0] = '\0';
    pair_open(&pair);
    assert_int_equal(write(pair.far, "x", 1), 1);
    assert_null(loop_context_swap(loop, a));
    loop_timer_start(loop, &timers[0], 0, on_expect_context, a);
    assert_ptr_equal(loop_context_swap(loop, b), a);
    loop_timer_start(loop, &timers[1], 0, on_expect_context, b);
    pair.watch = loop_watch(loop, pair.near, POLLIN, on_expect_context_fd, b);
    assert_ptr_equal(loop_context_swap(loop, NULL), b);
    loop_context_observe(loop, on_context, NULL);
    loop_run(loop);
    assert_string_equal(ran, "b!-a!b!-");
    assert_null(loop_context(loop));
    pair_close(&pair);
}

/* ---- doing nothing ---- */

static int64_t cpu_us(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void an_idle_loop_uses_no_processor_time(void **state)
{
    struct pair pair;
    struct loop_timer stop = { 0 };

    (void)state;
    pair_open(&pair);
    pair.watch = loop_watch(loop, pair.near, POLLIN, on_pair, &pair);
    loop_timer_start(loop, &stop, 300, on_stop, NULL);
    int64_t start_us = cpu_us();
    loop_run(loop);
    assert_true(cpu_us() - start_us < 10000);
    pair_close(&pair);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timers_run_in_order_of_their_time),
        TEST(a_timer_is_never_early),
        TEST(five_hundred_timers_moved_and_stopped_at_random_keep_their_order),
        TEST(a_timer_that_starts_itself_at_once_has_one_run_a_turn),
        TEST(a_time_beyond_all_times_never_comes),
        TEST(a_watch_is_told_what_it_asked_for),
        TEST(a_watch_for_writing_sees_no_reading),
        TEST(a_hang_up_reaches_the_watch_whatever_it_asked_for),
        TEST(a_hang_up_that_nobody_takes_is_told_once_and_does_not_spin),
        TEST(a_watch_removed_in_a_turn_is_not_called_in_it),
        TEST(a_descriptor_used_again_in_a_turn_is_not_told_the_old_ones_news),
        TEST(what_is_not_asked_for_any_more_is_not_told),
        TEST(two_hundred_watches_are_told_apart),
        TEST(hooks_run_once_before_the_wait_in_their_order),
        TEST(signals_come_as_events),
        TEST(a_write_to_a_closed_connection_is_an_error_and_no_signal),
        TEST(callbacks_run_under_the_context_they_were_started_in),
        TEST(an_idle_loop_uses_no_processor_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
