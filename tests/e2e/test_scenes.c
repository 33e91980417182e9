/*
 * Scenes that the queue must survive, as the user sees them (LESSONS 4): those that no other suite
 * holds. Which test holds which row: docs/results.md.
 */
#include "base/clock.h"
#include "tests/support/world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ANALYST "U0ANALISTA"
#define REPEATED "pode aparecer duas vezes"
/* A disk that is soon full, and what fills it. */
#define DISK_OPTIONS "size=6m"
#define PIECE 4096

/* Clients with small reports. */
static const char *const channels[] = { "C0123",       "C0GOLDEN9", "C0CLIENTE1",
                                        "C0HORIZONTE", "C0KIWI",    "C0MARESIA" };

static void ask(struct world *world, const char *channel)
{
    assert_int_equal(world_ask(world, channel, ANALYST, "").status, 200);
}

/* One that is not accepted. */
static bool is_refused(struct world *world, const char *channel)
{
    struct world_ack ack = world_command(world, channel, ANALYST, "");

    assert_int_equal(ack.status, 200);
    return strstr(ack.text, "Tente de novo") != NULL;
}

static bool were_taken(struct world *world, void *arg)
{
    const int64_t *count = arg;

    return world_taken_count(world) >= *count;
}

static void wait_taken(struct world *world, int64_t count)
{
    world_wait(world, were_taken, &count, "not all commands were answered");
}

static bool are_settled(struct world *world, void *arg)
{
    (void)arg;
    return world_metric(world, "raiox_jobs_waiting") <= 0 &&
           world_metric(world, "raiox_jobs_in_flight") <= 0;
}

static void wait_settled(struct world *world)
{
    world_wait(world, are_settled, NULL, "jobs stay in the queue");
}

struct readiness {
    int status;
};

static bool is_ready_so(struct world *world, void *arg)
{
    const struct readiness *wanted = arg;

    return world_get(world, "/readyz").status == wanted->status;
}

static void wait_readiness(struct world *world, int status)
{
    world_wait(world, is_ready_so, &(struct readiness){ status }, "/readyz does not change");
}

/* ---- Redis ---- */

static void start(struct world *world, struct process *process, const char *command)
{
    process_start(process, world->dir, command,
                  (const char *const[]){ world->program, command, NULL }, world->env);
}

static void without_Redis_at_the_start_all_wait_for_it(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_ALONE });
    size_t from = 0, away_from = 0;

    world_start_redis(world, NULL);
    redis_server_kill(world->redis);
    int64_t began_ms = clock_mono_ms();
    start(world, &world->work, "work");
    start(world, &world->serve, "serve");
    const char *line = world_wait_log(world, &world->serve, &from, "\"event\":\"listening\"");
    world->port = (int)strtol(world_log_field(world, line, "port"), NULL, 10);
    world_option(
        world, arena_printf(world->arena, "{\"raiox_url\":\"http://127.0.0.1:%d\"}", world->port));
    assert_int_equal(world_get(world, "/healthz").status, 200);
    assert_int_equal(world_get(world, "/readyz").status, 503);
    assert_true(is_refused(world, "C0123"));
    for (int i = 0; i < 3; i++) /* both workers and their supervisor */
        world_wait_log(world, &world->work, &away_from, "\"redis is away\"");
    redis_server_restart(world->redis);
    wait_readiness(world, 200);
    ask(world, "C0123");
    assert_non_null(strstr(world_body(world, world_taken_reply(world, 0)), "1.234,56"));
    assert_int_equal(world_count_log(world, &world->work, "\"process ended\""), 0);
    size_t seconds = (size_t)(clock_mono_ms() - began_ms) / 1000 + 1;
    assert_true(world_count_log(world, &world->work, "\"redis is away\"") <= 3 * seconds);
    assert_int_equal(world_taken_count(world), 1);
}

static void what_FLUSHALL_forgot_is_answered_by_who_holds_it(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_SPLIT,
                                 .sandbox = (const char *const[]){ "--latency-ms", "500", NULL } });

    for (size_t i = 0; i < COUNT(channels); i++)
        ask(world, channels[i]);
    world_wait_calls(world, "meta", 1);
    free(redis_server_ask(world->redis, (const char *const[]){ "FLUSHALL", NULL }));
    wait_taken(world, (int64_t)COUNT(channels));
    ask(world, "C0123");
    wait_taken(world, (int64_t)COUNT(channels) + 1);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), COUNT(channels) + 1);
    assert_true(world_count_log(world, &world->work, "\"level\":\"error\"") <= 10);
}

/* ---- clocks ---- */

/* Seconds since the epoch in a line of the log. */
static int64_t said_at(struct world *world, const char *line)
{
    struct tm at = { 0 };

    assert_non_null(strptime(world_log_field(world, line, "time"), "%Y-%m-%dT%H:%M:%S", &at));
    return timegm(&at);
}

static void a_workers_clock_may_be_ten_minutes_off(void **state)
{
    static const struct {
        const char *variable;
        int64_t off_s;
    } clocks[] = { { "RAIOX_TEST_CLOCK_S=600", 600 }, { "RAIOX_TEST_CLOCK_S=-600", -600 } };

    for (size_t i = 0; i < COUNT(clocks); i++) {
        struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_ALONE });
        size_t from = 0;

        world_start_redis(world, NULL);
        world_set(world, "LD_PRELOAD=" SHIFTED_CLOCK);
        world_set(world, clocks[i].variable);
        world_start_work(world);
        world_set(world, "LD_PRELOAD");
        world_start_serve(world);
        world_fault(world, "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\","
                           "\"status\":500,\"times\":1}");
        ask(world, "C0123");
        const char *line = world_wait_log(world, &world->work, &from, "\"job retried\"");
        assert_in_range(said_at(world, line) - clocks[i].off_s, clock_real_ms() / 1000 - 60,
                        clock_real_ms() / 1000 + 60);
        wait_taken(world, 1); /* a second or two later, not ten minutes */
        const cJSON *reply = world_taken_reply(world, 0);
        assert_non_null(strstr(world_body(world, reply), "1.234,56"));
        assert_non_null(strstr(world_body(world, reply), REPEATED));
        wait_settled(world);
        assert_int_equal(world_taken_count(world), 1);
        assert_int_equal(world_count_log(world, &world->work, "\"jobs handed back\""), 0);
        world_close(state);
        world_open(state);
    }
}

/* ---- Slack ---- */

static void a_response_url_that_is_used_up_leaves_the_direct_message(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    struct error err;
    const char *url = NULL;
    const cJSON *given = world_admin(world, "POST", "/response_urls",
                                     "{\"channel\":\"C0123\",\"user\":\"" ANALYST "\"}");

    assert_true(json_string(given, "response_url", &url, &err));
    const char *command = arena_printf(
        world->arena, "{\"channel\":\"C0123\",\"user\":\"" ANALYST "\",\"response_url\":\"%s\"}",
        url);
    for (int64_t i = 1; i <= 6; i++) {
        assert_int_equal(world_command_json(world, command).status, 200);
        wait_taken(world, i);
    }
    int64_t refused = 0, direct = 0;
    const cJSON *reply;
    for (int64_t after = 0; (reply = world_reply(world, after, 1)); after = world_number(reply)) {
        refused += !cJSON_IsTrue(json_get(reply, "ok"));
        direct += strcmp(json_get(reply, "kind")->valuestring, "chat.postMessage") == 0;
    }
    assert_int_equal(refused, 1); /* asked once, not again */
    assert_int_equal(direct, 1);
}

static void the_same_trigger_five_times_has_one_reply(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });

    for (int i = 0; i < 5; i++)
        assert_int_equal(world_command_json(world, "{\"channel\":\"C0123\",\"user\":\"" ANALYST
                                                   "\",\"trigger_id\":\"1.2.same\"}")
                             .status,
                         200);
    ask(world, "C0GOLDEN9"); /* behind them */
    wait_taken(world, 2);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 2);
    assert_true(world_metric(world, "raiox_commands_total{result=\"duplicate\"}") >= 4);
}

/* Its reply is on the way to a silent Slack each time that the other job crashes the worker. */
static void a_neighbours_three_crashes_cost_a_job_nothing(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){
                   .parts = WORLD_RUN,
                   .program = WORLD_RAIOX_POINTS,
                   .env = (const char *const[]){ "RAIOX_TEST_POINT=report C0123 3",
                                                 "RAIOX_WORKERS=1", "SLACK_BOT_TOKEN", NULL } });
    size_t from = 0;

    world_fault(world, "[{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"delay\","
                       "\"delay_ms\":800},{\"service\":\"slack\",\"path\":\"/commands/\","
                       "\"kind\":\"hang\",\"times\":3}]");
    ask(world, "C0GOLDEN9");
    ask(world, "C0123");
    for (int i = 0; i < 3; i++)
        world_wait_log(world, &world->run, &from, "\"process ended\"", "\"signal\":9");
    wait_taken(world, 2);
    wait_settled(world);
    const cJSON *reply = world_taken_reply(world, 0);
    if (strcmp(json_get(reply, "channel")->valuestring, "C0GOLDEN9") != 0)
        reply = world_taken_reply(world, world_number(reply));
    assert_string_equal(json_get(reply, "channel")->valuestring, "C0GOLDEN9");
    assert_non_null(strstr(world_body(world, reply), REPEATED));
    assert_int_equal(world_count_log(world, &world->run, "\"job dead\"", "\"crashed\""), 1);
    assert_int_equal(world_count_log(world, &world->run, "\"job dead\""), 1);
}

/* Slack has it each time, and the worker is killed before it hears so. */
static void a_reply_that_was_seen_five_times_is_done(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_RUN,
                                        .env = (const char *const[]){ "RAIOX_WORKERS=1", NULL } });
    size_t from = 0;
    pid_t pid;

    world_fault(world, "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"hang_after\","
                       "\"times\":5}");
    ask(world, "C0123");
    for (int64_t i = 1; i <= 5; i++) {
        wait_taken(world, i);
        assert_int_equal(world_children(world, &world->run, "worker", &pid, 1), 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
    }
    world_wait_log(world, &world->run, &from, "\"job done\"");
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 5); /* and no direct message */
    assert_true(world_metric(world, "raiox_jobs_dead") <= 0);
    assert_true(world_metric(world, "raiox_replies_total{result=\"repeated\"}") >= 1);
}

/* ---- a full disk ---- */

/* A file system of its own for this process and its children. false: we may not. */
static bool mount_small_disk(const char *path)
{
    if (mkdir(path, 0700) != 0)
        fatal("no folder for a small disk");
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("small", path, "tmpfs", 0, DISK_OPTIONS) == 0;
}

static void fill(const char *path)
{
    static const char piece[PIECE];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    for (size_t len = PIECE; len > 0; len /= 2)
        while (write(fd, piece, len) == (ssize_t)len) {
        }
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void a_full_disk_is_said_and_survived(void **state)
{
    struct world *world = *state;
    const char *disk = arena_printf(world->arena, "%s/disk", world->dir);
    const char *filler = arena_printf(world->arena, "%s/filler", disk);

    if (!mount_small_disk(disk)) {
        rmdir(disk);
        skip();
    }
    const char *state_dir = arena_printf(world->arena, "RAIOX_STATE_DIR=%s", disk);
    world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_RUN,
                                 .env = (const char *const[]){ state_dir, NULL },
                                 .sandbox = (const char *const[]){ "--latency-ms", "400", NULL } });
    for (size_t i = 0; i < COUNT(channels); i++)
        ask(world, channels[i]);
    world_wait_calls(world, "meta", 1); /* these are held while the disk is full */
    fill(filler);
    while (!is_refused(world, "C0123")) {
    }
    wait_readiness(world, 503);
    assert_int_equal(world_get(world, "/healthz").status, 200);
    int64_t refused = (int64_t)world_metric(world, "raiox_commands_total{result=\"unavailable\"}");
    assert_true(refused >= 1);

    assert_int_equal(unlink(filler), 0);
    wait_readiness(world, 200);
    ask(world, "C0GOLDEN9");
    wait_taken(world, (int64_t)world_metric(world, "raiox_commands_total{result=\"accepted\"}"));
    wait_settled(world);
    assert_int_equal(
        world_count_log(world, &world->run, "\"process ended\"", "\"part\":\"worker\""), 0);
    assert_true(world_metric(world, "raiox_jobs_dead") <= 0);
    world_close(state);
    umount2(disk, MNT_DETACH);
    rmdir(disk);
    world_open(state);
}

#define A_TEST(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

/* An argument is the one test to run ("*" stands for any characters). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        A_TEST(without_Redis_at_the_start_all_wait_for_it),
        A_TEST(what_FLUSHALL_forgot_is_answered_by_who_holds_it),
        A_TEST(a_workers_clock_may_be_ten_minutes_off),
        A_TEST(a_response_url_that_is_used_up_leaves_the_direct_message),
        A_TEST(the_same_trigger_five_times_has_one_reply),
        A_TEST(a_neighbours_three_crashes_cost_a_job_nothing),
        A_TEST(a_reply_that_was_seen_five_times_is_done),
        A_TEST(a_full_disk_is_said_and_survived),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
