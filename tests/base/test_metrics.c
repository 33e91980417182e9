#include "base/metrics.h"

#include "tests/base/dies.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { COMMANDS, WAITING, ACK_SECONDS, REQUESTS, UPSTREAM_SECONDS, ODD, ROWS };

static const char *const results[] = { "ok", "timeout", NULL };
static const char *const platforms[] = { "meta", "google_ads", "monday", NULL };
static const char *const odd_values[] = { "a\"b", "c\\d", "e\nf", NULL };
static const double bounds[] = { 0.0005, 0.01, 1, 2.5, 0 };
static const double one_bound[] = { 1, 0 };

static const struct metric table[ROWS] = {
    [COMMANDS] = { .name = "raiox_commands_total", .help = "Commands." },
    [WAITING] = { .name = "raiox_jobs_waiting", .help = "Jobs that wait.", .kind = METRIC_GAUGE },
    [ACK_SECONDS] = { .name = "raiox_ack_seconds",
                      .help = "Time to acknowledge.",
                      .kind = METRIC_HISTOGRAM,
                      .buckets = bounds },
    [REQUESTS] = { .name = "raiox_upstream_requests_total",
                   .help = "Requests.",
                   .labels = { { "platform", platforms }, { "result", results } } },
    [UPSTREAM_SECONDS] = { .name = "raiox_upstream_seconds",
                           .help = "Time of a request.",
                           .kind = METRIC_HISTOGRAM,
                           .labels = { { "platform", platforms } },
                           .buckets = one_bound },
    [ODD] = { .name = "odd", .help = "A \\ and\na \"", .labels = { { "v", odd_values } } },
};

static int set_up(void **state)
{
    *state = metrics_create(table, ROWS, -1);
    return 0;
}

static int tear_down(void **state)
{
    metrics_destroy(*state);
    return 0;
}

static void assert_written(const struct metrics *metrics, size_t first, size_t count,
                           const char *want)
{
    scoped_buf struct buf out;
    struct error err = { 0 };

    buf_init(&out, 100000);
    metrics_write(metrics, first, count, &out);
    assert_true(buf_ok(&out, &err));
    assert_string_equal(buf_cstr(&out), want);
}

static void a_counter_counts(void **state)
{
    assert_written(*state, COMMANDS, 1,
                   "# HELP raiox_commands_total Commands.\n"
                   "# TYPE raiox_commands_total counter\n"
                   "raiox_commands_total 0\n");
    metrics_add(*state, COMMANDS, 0, 0, 1);
    metrics_add(*state, COMMANDS, 0, 0, 18446744073709551614U);
    assert_int_equal(metrics_get(*state, COMMANDS, 0, 0), UINT64_MAX);
    assert_written(*state, COMMANDS, 1,
                   "# HELP raiox_commands_total Commands.\n"
                   "# TYPE raiox_commands_total counter\n"
                   "raiox_commands_total 18446744073709551615\n");
}

static void a_gauge_is_written_in_units(void **state)
{
    static const struct {
        int64_t milli;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 7000, "7" },
        { 1500, "1.500" },
        { 1, "0.001" },
        { -1, "-0.001" },
        { -2500, "-2.500" },
        { -3000, "-3" },
        { 12034, "12.034" },
        { INT64_MAX, "9223372036854775.807" },
        { INT64_MIN, "-9223372036854775.808" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char want[200];
        metrics_set(*state, WAITING, 0, 0, cases[i].milli);
        assert_true((int64_t)metrics_get(*state, WAITING, 0, 0) == cases[i].milli);
        snprintf(want, sizeof(want),
                 "# HELP raiox_jobs_waiting Jobs that wait.\n# TYPE raiox_jobs_waiting gauge\n"
                 "raiox_jobs_waiting %s\n",
                 cases[i].text);
        assert_written(*state, WAITING, 1, want);
    }
}

static void an_observation_falls_into_its_bucket_and_all_above(void **state)
{
    static const int64_t observed_us[] = {
        -5, 0, 500, 501, 10000, 10001, 999999, 2500000, 2500001
    };

    for (size_t i = 0; i < COUNT(observed_us); i++)
        metrics_observe_us(*state, ACK_SECONDS, 0, 0, observed_us[i]);
    assert_int_equal(metrics_get(*state, ACK_SECONDS, 0, 0), COUNT(observed_us));
    assert_written(*state, ACK_SECONDS, 1,
                   "# HELP raiox_ack_seconds Time to acknowledge.\n"
                   "# TYPE raiox_ack_seconds histogram\n"
                   "raiox_ack_seconds_bucket{le=\"0.0005\"} 3\n"
                   "raiox_ack_seconds_bucket{le=\"0.01\"} 5\n"
                   "raiox_ack_seconds_bucket{le=\"1\"} 7\n"
                   "raiox_ack_seconds_bucket{le=\"2.5\"} 8\n"
                   "raiox_ack_seconds_bucket{le=\"+Inf\"} 9\n"
                   "raiox_ack_seconds_sum 6.021002\n"
                   "raiox_ack_seconds_count 9\n");
}

static void each_pair_of_labels_has_its_own_number(void **state)
{
    for (size_t platform = 0; platform < 3; platform++)
        for (size_t result = 0; result < 2; result++)
            metrics_add(*state, REQUESTS, platform, result, platform * 10 + result);
    metrics_observe_us(*state, UPSTREAM_SECONDS, 1, 0, 1000000);
    metrics_observe_us(*state, UPSTREAM_SECONDS, 1, 0, 1000001);
    assert_int_equal(metrics_get(*state, REQUESTS, 2, 1), 21);
    assert_int_equal(metrics_get(*state, UPSTREAM_SECONDS, 0, 0), 0);
    assert_int_equal(metrics_get(*state, UPSTREAM_SECONDS, 1, 0), 2);
    assert_written(*state, REQUESTS, 2,
                   "# HELP raiox_upstream_requests_total Requests.\n"
                   "# TYPE raiox_upstream_requests_total counter\n"
                   "raiox_upstream_requests_total{platform=\"meta\",result=\"ok\"} 0\n"
                   "raiox_upstream_requests_total{platform=\"meta\",result=\"timeout\"} 1\n"
                   "raiox_upstream_requests_total{platform=\"google_ads\",result=\"ok\"} 10\n"
                   "raiox_upstream_requests_total{platform=\"google_ads\",result=\"timeout\"} 11\n"
                   "raiox_upstream_requests_total{platform=\"monday\",result=\"ok\"} 20\n"
                   "raiox_upstream_requests_total{platform=\"monday\",result=\"timeout\"} 21\n"
                   "# HELP raiox_upstream_seconds Time of a request.\n"
                   "# TYPE raiox_upstream_seconds histogram\n"
                   "raiox_upstream_seconds_bucket{platform=\"meta\",le=\"1\"} 0\n"
                   "raiox_upstream_seconds_bucket{platform=\"meta\",le=\"+Inf\"} 0\n"
                   "raiox_upstream_seconds_sum{platform=\"meta\"} 0.000000\n"
                   "raiox_upstream_seconds_count{platform=\"meta\"} 0\n"
                   "raiox_upstream_seconds_bucket{platform=\"google_ads\",le=\"1\"} 1\n"
                   "raiox_upstream_seconds_bucket{platform=\"google_ads\",le=\"+Inf\"} 2\n"
                   "raiox_upstream_seconds_sum{platform=\"google_ads\"} 2.000001\n"
                   "raiox_upstream_seconds_count{platform=\"google_ads\"} 2\n"
                   "raiox_upstream_seconds_bucket{platform=\"monday\",le=\"1\"} 0\n"
                   "raiox_upstream_seconds_bucket{platform=\"monday\",le=\"+Inf\"} 0\n"
                   "raiox_upstream_seconds_sum{platform=\"monday\"} 0.000000\n"
                   "raiox_upstream_seconds_count{platform=\"monday\"} 0\n");
}

static void help_and_values_are_escaped(void **state)
{
    assert_written(*state, ODD, 1,
                   "# HELP odd A \\\\ and\\na \"\n"
                   "# TYPE odd counter\n"
                   "odd{v=\"a\\\"b\"} 0\n"
                   "odd{v=\"c\\\\d\"} 0\n"
                   "odd{v=\"e\\nf\"} 0\n");
}

static void no_rows_are_no_text(void **state)
{
    assert_written(*state, ROWS, 0, "");
    metrics_destroy(metrics_create(NULL, 0, -1));
    metrics_destroy(NULL);
}

#define PROCESSES 4
#define TIMES 20000

static void count_and_die(struct metrics *metrics)
{
    for (int i = 0; i < TIMES; i++) {
        metrics_add(metrics, REQUESTS, 1, 1, 1);
        metrics_observe_us(metrics, ACK_SECONDS, 0, 0, i);
    }
    raise(SIGKILL);
}

static void what_processes_counted_stays_when_they_are_killed(void **state)
{
    pid_t children[PROCESSES];

    for (size_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            count_and_die(*state);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    assert_int_equal(metrics_get(*state, REQUESTS, 1, 1), PROCESSES * TIMES);
    assert_int_equal(metrics_get(*state, ACK_SECONDS, 0, 0), PROCESSES * TIMES);
    assert_int_equal(metrics_get(*state, REQUESTS, 1, 0), 0);
    assert_int_equal(metrics_get(*state, REQUESTS, 2, 0), 0);
}

/* ---- a successor ---- */

/* What is left to a process by the one that it takes the place of. */
static struct metrics *succeed(const struct metrics *metrics, const struct metric *its_table)
{
    return metrics_create(its_table, ROWS, dup(metrics_fd(metrics)));
}

/* As after an upgrade: a help is better said, and a gauge, which is set anew, has another value. */
static void a_successor_goes_on_counting(void **state)
{
    static const char *const version[] = { "0.1.0", NULL }, *const next[] = { "0.2.0", NULL };
    struct metric before[ROWS], after[ROWS];

    (void)state;
    memcpy(before, table, sizeof(table));
    before[WAITING].labels[0] = (struct metric_label){ "version", version };
    memcpy(after, before, sizeof(before));
    after[WAITING].labels[0].values = next;
    after[COMMANDS].help = "Better said.";
    struct metrics *old = metrics_create(before, ROWS, -1);
    metrics_add(old, REQUESTS, 2, 1, 7);
    metrics_observe_us(old, ACK_SECONDS, 0, 0, 5);
    struct metrics *now = succeed(old, after);
    assert_int_equal(metrics_get(now, REQUESTS, 2, 1), 7);
    assert_int_equal(metrics_get(now, ACK_SECONDS, 0, 0), 1);
    assert_true(fcntl(metrics_fd(now), F_GETFD) & FD_CLOEXEC);
    metrics_add(old, REQUESTS, 2, 1, 1); /* a worker of the predecessor's, still at it */
    metrics_add(now, REQUESTS, 2, 1, 1);
    assert_int_equal(metrics_get(now, REQUESTS, 2, 1), 9);
    metrics_destroy(now);
    assert_int_equal(metrics_get(old, REQUESTS, 2, 1), 9);
    metrics_destroy(old);
}

static void another_layout_begins_anew(void **state)
{
    static const char *const other_results[] = { "timeout", "ok", NULL };
    static const double other_bounds[] = { 0.0005, 0.01, 1, 2.6, 0 };
    struct metrics *old = *state;

    metrics_add(old, COMMANDS, 0, 0, 1);
    for (int what = 0; what < 7; what++) {
        struct metric changed[ROWS];

        memcpy(changed, table, sizeof(table));
        if (what == 0)
            changed[COMMANDS].name = "raiox_orders_total";
        else if (what == 1)
            changed[REQUESTS].labels[1].values = other_results;
        else if (what == 2)
            changed[REQUESTS].labels[1].name = "outcome";
        else if (what == 3)
            changed[ACK_SECONDS].buckets = other_bounds;
        else if (what == 4)
            changed[COMMANDS].kind = METRIC_GAUGE;
        else if (what == 5)
            changed[UPSTREAM_SECONDS].buckets = bounds; /* more numbers */
        else
            changed[COMMANDS] = table[ODD], changed[ODD] = table[COMMANDS];
        int left = dup(metrics_fd(old));
        struct metrics *now = metrics_create(changed, ROWS, left);
        if (left != metrics_fd(now))
            assert_int_equal(fcntl(left, F_GETFD), -1); /* taken over, so closed */
        for (size_t row = 0; row < ROWS; row++)
            if (metrics_get(now, row, 0, 0) != 0)
                fail_msg("change %d: row %zu is not 0", what, row);
        metrics_add(now, REQUESTS, 0, 0, 1);
        assert_int_equal(metrics_get(old, REQUESTS, 0, 0), 0);
        metrics_destroy(now);
    }
}

/* Shorter than what is mapped it would be the end of whoever counts. */
static void nobody_can_cut_the_memory(void **state)
{
    struct stat stat;

    assert_int_equal(fstat(metrics_fd(*state), &stat), 0);
    assert_int_equal(ftruncate(metrics_fd(*state), stat.st_size - 1), -1);
    assert_int_equal(ftruncate(metrics_fd(*state), stat.st_size + 1), -1);
    assert_int_equal(fcntl(metrics_fd(*state), F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void what_is_no_memory_of_ours_is_left_alone(void **state)
{
    int ends[2], memory = memfd_create("other", MFD_CLOEXEC);
    int sealed = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct metrics *old = *state;
    struct stat stat;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fstat(metrics_fd(old), &stat), 0);
    assert_int_equal(ftruncate(memory, stat.st_size), 0); /* of the right size, and no stamp */
    assert_int_equal(ftruncate(sealed, stat.st_size), 0);
    assert_int_equal(fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    const int fds[] = { -1,
                        1 << 20,
                        ends[0],
                        ends[1],
                        memory,
                        sealed,
                        open("/dev/null", O_RDWR),
                        open("/", O_RDONLY),
                        memfd_create("empty", MFD_CLOEXEC) };
    for (size_t i = 0; i < COUNT(fds); i++) {
        struct metrics *now = metrics_create(table, ROWS, fds[i]);
        assert_int_equal(metrics_get(now, COMMANDS, 0, 0), 0);
        metrics_add(now, COMMANDS, 0, 0, 1);
        assert_int_equal(metrics_get(now, COMMANDS, 0, 0), 1);
        metrics_destroy(now);
        if (fds[i] >= 0 && fds[i] != 1 << 20)
            assert_int_equal(close(fds[i]), 0);
    }
}

static struct metrics *victim;

static void name_a_row_too_many(void)
{
    metrics_add(victim, ROWS, 0, 0, 1);
}

static void name_a_first_value_too_many(void)
{
    metrics_add(victim, REQUESTS, 3, 0, 1);
}

static void name_a_second_value_too_many(void)
{
    metrics_add(victim, REQUESTS, 0, 2, 1);
}

static void name_a_label_that_is_not_there(void)
{
    metrics_add(victim, COMMANDS, 1, 0, 1);
}

static void set_a_counter(void)
{
    metrics_set(victim, COMMANDS, 0, 0, 1);
}

static void add_to_a_gauge(void)
{
    metrics_add(victim, WAITING, 0, 0, 1);
}

static void add_to_a_histogram(void)
{
    metrics_add(victim, ACK_SECONDS, 0, 0, 1);
}

static void observe_a_counter(void)
{
    metrics_observe_us(victim, COMMANDS, 0, 0, 1);
}

static void write_rows_too_many(void)
{
    struct buf out = { .max = 1000 };

    metrics_write(victim, 1, ROWS, &out);
}

static void our_own_mistakes_end_the_process(void **state)
{
    static void (*const mistakes[])(void) = {
        name_a_row_too_many,
        name_a_first_value_too_many,
        name_a_second_value_too_many,
        name_a_label_that_is_not_there,
        set_a_counter,
        add_to_a_gauge,
        add_to_a_histogram,
        observe_a_counter,
        write_rows_too_many,
    };

    victim = *state;
    for (size_t i = 0; i < COUNT(mistakes); i++)
        if (!dies(mistakes[i]))
            fail_msg("mistake %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_counter_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_gauge_is_written_in_units, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_observation_falls_into_its_bucket_and_all_above, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_pair_of_labels_has_its_own_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(help_and_values_are_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_rows_are_no_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_processes_counted_stays_when_they_are_killed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_successor_goes_on_counting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_layout_begins_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_can_cut_the_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_memory_of_ours_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_own_mistakes_end_the_process, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
