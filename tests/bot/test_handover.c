/* What one life of the supervisor leaves to the next is read with care. */
#include "base/attr.h"
#include "bot/handover.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A child that lives until the descriptor is closed. */
static pid_t child_until(int *ret_fd)
{
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    *ret_fd = ends[1];
    return pid;
}

static struct handover read_text(const char *text)
{
    struct handover got;

    setenv("RAIOX_HANDOVER", text, 1);
    handover_read(&got);
    assert_null(getenv("RAIOX_HANDOVER")); /* children must not find it */
    return got;
}

static void our_workers_and_the_metrics_are_taken_over(void **state)
{
    int fds[2], status;
    pid_t pids[2] = { child_until(&fds[0]), child_until(&fds[1]) };
    char text[128];

    (void)state;
    snprintf(text, sizeof(text), "%d host:1:a;%d host:2:b;metrics 7;", (int)pids[0], (int)pids[1]);
    struct handover got = read_text(text);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.pids[0], pids[0]);
    assert_string_equal(got.consumers[0], "host:1:a");
    assert_int_equal(got.pids[1], pids[1]);
    assert_string_equal(got.consumers[1], "host:2:b");
    assert_int_equal(got.metrics_fd, 7);

    /* One that has just died is still to be heard of; one that was is nobody's. */
    close(fds[0]);
    close(fds[1]);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pids[0], &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(waitpid(pids[1], &status, 0), pids[1]);
    got = read_text(text);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.pids[0], pids[0]);
    assert_int_equal(waitpid(pids[0], &status, 0), pids[0]);
}

static void what_is_no_worker_of_ours_is_left_alone(void **state)
{
    char parent[64], self[64];
    const char *const texts[] = {
        "",
        ";",
        "nonsense",
        "nonsense;",
        "12",
        "12;",
        "-1 a;",
        "0 a;",
        "1 a;",
        "99999999999999999999 a;",
        "4294967298 a;", /* 2 in 32 bits */
        " 12 a;",
        "12a a;",
        "metrics",
        "metrics;",
        "metrics ;",
        "metrics x;",
        "metrics -1;",
        "metrics 2;", /* standard error */
        "metrics 99999999999;",
        "Metrics 7;",
        parent,
        self,
    };

    (void)state;
    snprintf(parent, sizeof(parent), "%d host:1:a;", (int)getppid());
    snprintf(self, sizeof(self), "%d host:1:a;", (int)getpid());
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct handover got = read_text(texts[i]);
        if (got.count != 0 || got.metrics_fd != -1)
            fail_msg("\"%s\": %zu workers, descriptor %d", texts[i], got.count, got.metrics_fd);
    }
    struct handover got;
    handover_read(&got); /* a first start */
    assert_int_equal(got.count, 0);
    assert_int_equal(got.metrics_fd, -1);
}

/* Redis takes it for a connection's name, and the next life reads it from between blanks and ";".
 */
static void a_worker_has_a_name_of_one_word(void **state)
{
    static const struct {
        const char *host, *name;
    } rows[] = {
        { "ads-1.example.com", "ads-1.example.com:7:1a" },
        { "", "host:7:1a" },
        { "two words", "two_words:7:1a" },
        { "a;9 b:1:c;", "a_9_b_1_c_:7:1a" },
        { "m\xc3\xa1quina\n", "m__quina_:7:1a" },
        { "\x1b[31m/%s", "__31m__s:7:1a" },
        { "0123456789012345678901234567890123456789012345678901234567890123",
          "0123456789012345678901234567890123456789012345678901234567890123:7:1a" },
    };
    char name[POOL_WORKER_NAME_MAX], longest[POOL_WORKER_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        pool_worker_name(rows[i].host, 7, 26, name);
        assert_string_equal(name, rows[i].name);
    }
    pool_worker_name(rows[COUNT(rows) - 1].host, INT_MAX, INT64_MAX, longest);
    assert_int_equal(strlen(longest), 64 + strlen(":2147483647:7fffffffffffffff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_workers_and_the_metrics_are_taken_over),
        cmocka_unit_test(what_is_no_worker_of_ours_is_left_alone),
        cmocka_unit_test(a_worker_has_a_name_of_one_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
