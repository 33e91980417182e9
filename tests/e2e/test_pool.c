/*
 * The pool, killed, stopped, started anew and left alone by Redis, Slack and Monday: every command
 * that was acknowledged is answered, once as far as anybody can know.
 */
#include "base/clock.h"
#include "tests/support/world.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ANALYST "U0ANALISTA"
#define REPEATED "pode aparecer duas vezes"
/* What nobody handed back is found by its idle time, a minute: whatever comes sooner was. */
#define IDLE_MS 55000
#define DONE "raiox_jobs_total{result=\"done\"}"
#define MONDAY_ASKED "raiox_upstream_requests_total{platform=\"monday\",result=\"ok\"}"

/* Clients with small reports, each with a channel of its own. */
static const char *const channels[] = { "C0123",      "C0GOLDEN9", "C0CLIENTE1", "C0HORIZONTE",
                                        "C0AURORA",   "C0FORCA",   "C0MARESIA",  "C0IRIS",
                                        "C0PAGINA",   "C0KIWI",    "C0SOGOOGLE", "C0SOMETA",
                                        "C0ACAIPRAIA" };

/* ---- what many tests do ---- */

static void ask(struct world *world, const char *channel)
{
    assert_int_equal(world_ask(world, channel, ANALYST, "").status, 200);
}

static void ask_all(struct world *world, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ask(world, channels[i % COUNT(channels)]);
}

struct wanted {
    int64_t count;
};

static bool were_taken(struct world *world, void *arg)
{
    const struct wanted *wanted = arg;
    return world_taken_count(world) >= wanted->count;
}

static void wait_taken(struct world *world, int64_t count)
{
    world_wait(world, were_taken, &(struct wanted){ count }, "not all commands were answered");
}

/* Of all that Slack took; they must be in order of nothing. */
static int64_t count_repeated(struct world *world)
{
    int64_t count = 0;
    const cJSON *reply;

    for (int64_t after = 0; (reply = world_reply(world, after, 1)); after = world_number(reply))
        count += cJSON_IsTrue(json_get(reply, "ok")) &&
                 strstr(world_body(world, reply), REPEATED) != NULL;
    return count;
}

static bool is_gone(struct world *world, void *arg)
{
    const pid_t *pid = arg;
    char path[64], state = 'X';

    (void)world;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)*pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    bool read = fscanf(file, "%*d (%*[^)]) %c", &state) == 1;
    fclose(file);
    return !read || state == 'Z';
}

/* No job is left over anywhere, and none died. */
static void assert_settled(struct world *world)
{
    struct world_answer answer = world_get(world, "/metrics");

    assert_int_equal(answer.status, 200);
    assert_true(world_metric(world, "raiox_jobs_waiting") == 0);
    assert_true(world_metric(world, "raiox_jobs_in_flight") == 0);
    assert_true(world_metric(world, "raiox_jobs_dead") == 0);
}

static bool are_settled(struct world *world, void *arg)
{
    (void)arg;
    return world_metric(world, "raiox_jobs_waiting") == 0 &&
           world_metric(world, "raiox_jobs_in_flight") == 0;
}

static void wait_settled(struct world *world)
{
    world_wait(world, are_settled, NULL, "jobs stay in the queue");
}

/* ---- names ---- */

/* Whoever is on call kills, or looks into, the process that the queue shows. */
static void who_holds_a_job_is_named_by_its_own_pid(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_RUN,
                                        .env = (const char *const[]){ "RAIOX_WORKERS=1", NULL } });
    struct error err = { 0 };
    pid_t workers[2];

    world_fault(world, "{\"service\":\"meta\",\"kind\":\"delay\",\"delay_ms\":9000}");
    ask(world, "C0123");
    world_wait_calls(world, "meta", 1);
    assert_int_equal(world_children(world, &world->run, "worker", workers, COUNT(workers)), 1);
    const char *pid = arena_printf(world->arena, ":%d:", (int)workers[0]);
    const char *out = world_raiox(world, "queue", "--json").out;
    const cJSON *root = json_parse(world->arena, out, strlen(out), &err);
    const cJSON *row = cJSON_GetArrayItem(json_get(root, "in_flight"), 0);
    const char *worker = cJSON_GetStringValue(json_get(row, "worker"));
    assert_non_null(worker);
    assert_non_null(strstr(worker, pid));
    assert_non_null(strstr(world_raiox(world, "queue").out, worker));
}

/* ---- deaths ---- */

static void what_killed_workers_held_is_answered_once(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_RUN,
                                 .sandbox = (const char *const[]){ "--latency-ms", "700", NULL } });
    pid_t pids[8];
    size_t from = 0;

    ask_all(world, 8);
    world_wait_calls(world, "meta", 1);
    assert_int_equal(world_children(world, &world->run, "worker", pids, COUNT(pids)), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(kill(pids[i], SIGKILL), 0);
    int64_t killed_ms = clock_mono_ms();
    for (size_t i = 0; i < 2; i++)
        world_wait_log(world, &world->run, &from, "\"process ended\"", "\"signal\":9");
    for (size_t i = 0; i < 2; i++)
        world_wait_log(world, &world->run, &from, "\"redis is there\"", "\"part\":\"worker\"");
    wait_taken(world, 8);
    assert_in_range(clock_mono_ms() - killed_ms, 0, IDLE_MS);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 8);
    assert_int_equal(count_repeated(world), 0);
    assert_settled(world);
    assert_true(world_metric(world, "raiox_redelivered_total") >= 8);
}

/* Where in a job its worker dies; how many replies Slack then has, and how many say that they may
 * be a second one. */
static const struct death {
    const char *point;
    int64_t replies, repeated;
} deaths[] = {
    { "taken", 1, 0 },   { "board", 1, 0 },
    { "report", 1, 0 },  { "marked", 1, 1 }, /* nobody can know that it was not sent */
    { "posting", 1, 1 }, { "replied", 2, 1 },
};

static void a_worker_may_die_at_any_step(void **state)
{
    for (size_t i = 0; i < COUNT(deaths); i++) {
        char point[64];
        snprintf(point, sizeof(point), "RAIOX_TEST_POINT=%s C0123 1", deaths[i].point);
        struct world *world = world_start(
            state, &(struct world_options){ .parts = WORLD_RUN,
                                            .program = WORLD_RAIOX_POINTS,
                                            .env = (const char *const[]){ point, NULL } });
        size_t from = 0;

        ask(world, "C0123");
        world_wait_log(world, &world->run, &from, "\"process ended\"", "\"signal\":9");
        wait_taken(world, deaths[i].replies);
        wait_settled(world);
        if (world_taken_count(world) != deaths[i].replies ||
            count_repeated(world) != deaths[i].repeated)
            fail_msg("%s: %d replies, %d of them repeated", deaths[i].point,
                     (int)world_taken_count(world), (int)count_repeated(world));
        assert_settled(world);
        world_close(state);
        world_open(state);
    }
}

static void a_job_that_crashes_three_workers_dies_alone(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_RUN,
                                 .program = WORLD_RAIOX_POINTS,
                                 .env = (const char *const[]){ "RAIOX_TEST_POINT=report C0123 99",
                                                               "RAIOX_WORKERS=1", NULL },
                                 .sandbox = (const char *const[]){ "--latency-ms", "50", NULL } });
    size_t from = 0;

    ask_all(world, COUNT(channels)); /* the first is the one that crashes */
    for (int i = 0; i < 3; i++)
        world_wait_log(world, &world->run, &from, "\"process ended\"", "\"signal\":9");
    wait_settled(world);
    assert_int_equal(world_count_log(world, &world->run, "\"process ended\"", "\"signal\":9"), 3);
    assert_true(world_metric(world, "raiox_jobs_dead") == 1);
    assert_int_equal(world_count_log(world, &world->run, "\"job dead\"", "\"crashed\""), 1);
    for (size_t i = 0; i < COUNT(channels); i++) {
        const cJSON *reply = NULL;
        int64_t after = 0;
        while ((reply = world_reply(world, after, 1)) &&
               strcmp(json_get(reply, "channel")->valuestring, channels[i]) != 0)
            after = world_number(reply);
        if (!reply)
            fail_msg("%s was not answered", channels[i]);
        assert_true((strstr(world_body(world, reply), "Não consegui terminar") != NULL) ==
                    (i == 0));
    }
}

static void nothing_to_work_with_is_no_reason_to_spin(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_RUN,
                                        .program = WORLD_RAIOX_POINTS,
                                        .env = (const char *const[]){ "RAIOX_TEST_POINT=taken * 99",
                                                                      "RAIOX_WORKERS=1", NULL } });
    int64_t start_ms = clock_mono_ms();
    size_t from = 0;

    ask(world, "C0123");
    ask(world, "C0GOLDEN9");
    for (int i = 0; i < 6; i++)
        world_wait_log(world, &world->run, &from, "\"process ended\"", "\"signal\":9");
    /* 100, 200, 400, 800 and 1000 ms lie between them. */
    assert_true(clock_mono_ms() - start_ms >= 2500);
    wait_settled(world);
    assert_true(world_metric(world, "raiox_jobs_dead") == 2);
}

static void workers_of_a_killed_supervisor_finish_and_leave(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_SPLIT,
                                 .sandbox = (const char *const[]){ "--latency-ms", "500", NULL } });
    pid_t pids[8];

    ask_all(world, 4);
    world_wait_calls(world, "meta", 1);
    assert_int_equal(world_children(world, &world->work, "worker", pids, COUNT(pids)), 2);
    process_signal(&world->work, SIGKILL);
    assert_true(process_ends(&world->work, PROCESS_PATIENCE_MS));
    wait_taken(world, 4);
    for (size_t i = 0; i < 2; i++)
        world_wait(world, is_gone, &pids[i], "a worker outlives its supervisor");
    assert_int_equal(world_taken_count(world), 4);
    assert_int_equal(count_repeated(world), 0);
    world_start_work(world);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 4);
}

/* Nobody is left to kill it, and nobody hears of what it puts back. */
static void an_orphan_without_Redis_leaves(void **state)
{
    struct world *world =
        world_start(state, &(struct world_options){
                               .parts = WORLD_SPLIT,
                               .sandbox = (const char *const[]){ "--latency-ms", "2000", NULL },
                               .redis = (const char *const[]){ "--appendonly", "yes",
                                                               "--appendfsync", "always", NULL } });
    pid_t pids[8];

    ask_all(world, 4);
    world_wait_calls(world, "meta", 1);
    assert_int_equal(world_children(world, &world->work, "worker", pids, COUNT(pids)), 2);
    process_signal(&world->work, SIGKILL);
    assert_true(process_ends(&world->work, PROCESS_PATIENCE_MS));
    redis_server_kill(world->redis);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(kill(pids[i], SIGUSR1), 0); /* WORKER_RELEASE: without the long wait */
    for (size_t i = 0; i < 2; i++)
        world_wait(world, is_gone, &pids[i], "an orphan waits for a Redis that is gone");
    redis_server_restart(world->redis);
    /* Still there: who looks for what a dead host held takes them, some 75 s later. */
    char *left =
        redis_server_ask(world->redis, (const char *const[]){ "XLEN", "{raiox}:jobs", NULL });
    assert_string_equal(left, "4");
    free(left);
    world_start_work(world);
}

/* The whole of `raiox run` at once, as when the machine runs out of memory. */
static void a_killed_run_is_taken_up_by_the_next_one(void **state)
{
    struct world *world =
        world_start(state, &(struct world_options){
                               .parts = WORLD_RUN,
                               .sandbox = (const char *const[]){ "--latency-ms", "1000", NULL } });
    pid_t pids[8];

    ask_all(world, 6);
    world_wait_calls(world, "meta", 1);
    assert_int_equal(world_children(world, &world->run, "worker", pids, COUNT(pids)), 2);
    process_signal(&world->run, SIGSTOP);
    for (size_t i = 0; i < 2; i++)
        kill(pids[i], SIGKILL);
    process_signal(&world->run, SIGKILL);
    assert_true(process_ends(&world->run, PROCESS_PATIENCE_MS));
    int64_t killed_ms = clock_mono_ms();
    world_start_run(world);
    wait_taken(world, 6);
    assert_in_range(clock_mono_ms() - killed_ms, 0, IDLE_MS);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 6);
}

/* ---- stopping and starting anew ---- */

static void a_term_finishes_what_is_in_flight(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_SPLIT,
                                 .sandbox = (const char *const[]){ "--latency-ms", "700", NULL } });

    for (int i = 0; i < 8; i++)
        ask_all(world, COUNT(channels));
    world_wait_calls(world, "meta", 10);
    process_signal(&world->work, SIGTERM);
    process_must_end_well(&world->work, PROCESS_PATIENCE_MS);
    size_t put_back = world_count_log(world, &world->work, "\"job put back\"");
    assert_int_equal(world_count_log(world, &world->work, "\"level\":\"error\""), 0);
    int64_t answered = world_taken_count(world);
    assert_true(answered > 0);
    assert_int_equal(put_back, 0);
    world_start_work(world);
    wait_taken(world, (int64_t)(8 * COUNT(channels)));
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 8 * COUNT(channels));
    assert_int_equal(count_repeated(world), 0);
}

static void a_second_term_puts_all_back_at_once(void **state)
{
    struct world *world =
        world_start(state, &(struct world_options){
                               .parts = WORLD_SPLIT,
                               .sandbox = (const char *const[]){ "--latency-ms", "30000", NULL } });
    size_t from = 0;

    ask_all(world, 5);
    world_wait_calls(world, "monday", 1);
    process_signal(&world->work, SIGTERM);
    world_wait_log(world, &world->work, &from, "\"draining\"");
    int64_t second_ms = clock_mono_ms();
    process_signal(&world->work, SIGTERM);
    process_must_end_well(&world->work, PROCESS_PATIENCE_MS);
    assert_in_range(clock_mono_ms() - second_ms, 0, 20000); /* draining goes on for 22 s */
    assert_int_equal(world_count_log(world, &world->work, "\"job put back\""), 5);
    world_option(world, "{\"latency_ms\":0}");
    world_start_work(world);
    wait_taken(world, 5);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 5);
    assert_int_equal(world_count_log(world, &world->work, "\"job retried\""), 0);
}

static void a_hup_starts_anew_and_loses_nothing(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_ALONE,
                                 .env = (const char *const[]){ "RAIOX_WORKERS", NULL },
                                 .sandbox = (const char *const[]){ "--latency-ms", "100", NULL } });
    int64_t asked = 0;
    size_t from = 0;
    pid_t old[8], now[8];

    world_write_dotenv(world, "RAIOX_WORKERS=2\n");
    world_start_redis(world, NULL);
    world_start_work(world);
    world_start_serve(world);
    pid_t supervisor = world->work.pid;
    assert_int_equal(world_children(world, &world->work, "worker", old, COUNT(old)), 2);

    world_write_dotenv(world, "RAIOX_WORKERS=3\n");
    for (; asked < 20; asked++)
        ask(world, channels[asked % (int64_t)COUNT(channels)]);
    process_signal(&world->work, SIGHUP);
    world_wait_log(world, &world->work, &from, "\"starting anew\"", "\"workers\":2");
    do /* load until the last of the old ones is gone */
        ask(world, channels[asked++ % (int64_t)COUNT(channels)]);
    while (!is_gone(world, &old[0]) || !is_gone(world, &old[1]));
    world_wait_log(world, &world->work, &from, "\"pool is up\"", "\"workers\":3");
    wait_taken(world, asked);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), asked);
    assert_int_equal(count_repeated(world), 0);
    assert_int_equal(world->work.pid, supervisor);
    assert_int_equal(world_children(world, &world->work, "worker", now, COUNT(now)), 3);
    assert_int_equal(world_count_log(world, &world->work, "\"level\":\"error\""), 0);
}

/* The pool's own numbers, not the endpoint's. */
static double pool_metric(struct world *world, int port, const char *sample)
{
    int endpoint = world->port;

    world->port = port;
    double value = world_metric(world, sample);
    world->port = endpoint;
    return value;
}

/* Where the pool listens for those who watch it. */
static int pool_port(struct world *world, size_t *from)
{
    const char *line =
        world_wait_log(world, &world->work, from, "\"listening\"", "\"host\":\"127.0.0.1\"");

    return atoi(world_log_field(world, line, "port"));
}

struct counted {
    int port;
    double done;
};

static bool have_counted(struct world *world, void *arg)
{
    const struct counted *wanted = arg;
    return pool_metric(world, wanted->port, DONE) >= wanted->done;
}

static void a_hup_goes_on_counting(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_ALONE,
                                        .env = (const char *const[]){ "RAIOX_WORKERS=1", NULL } });
    size_t from = 0;

    world_set(world, "RAIOX_WORK_LISTEN=127.0.0.1:0");
    world_start_redis(world, NULL);
    world_start_work(world);
    world_start_serve(world);
    int port = pool_port(world, &from);
    ask_all(world, 3);
    world_wait(world, have_counted, &(struct counted){ port, 3 }, "the jobs are not counted");
    double calls = pool_metric(world, port, MONDAY_ASKED);
    for (int life = 1; life <= 2; life++) { /* from one to the next, and on */
        process_signal(&world->work, SIGHUP);
        port = pool_port(world, &from);
        world_wait_log(world, &world->work, &from, "\"process ended\"", "\"old worker\"");
        assert_true(pool_metric(world, port, DONE) == 2 + life);
        assert_true(pool_metric(world, port, MONDAY_ASKED) >= calls);
        ask(world, "C0123");
        world_wait(world, have_counted, &(struct counted){ port, 3 + life },
                   "the new worker does not count");
    }
}

static void a_hup_with_a_broken_configuration_changes_nothing(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_ALONE,
                                        .env = (const char *const[]){ "RAIOX_WORKERS", NULL } });
    pid_t old[8], now[8];
    size_t from = 0;

    world_write_dotenv(world, "RAIOX_WORKERS=2\n");
    world_start_redis(world, NULL);
    world_start_work(world);
    world_start_serve(world);
    assert_int_equal(world_children(world, &world->work, "worker", old, COUNT(old)), 2);
    world_write_dotenv(world, "RAIOX_WORKERS=many\nRAIOX_LOCALE=tlh\n");
    process_signal(&world->work, SIGHUP);
    const char *line = world_wait_log(world, &world->work, &from, "\"not started anew\"");
    assert_non_null(strstr(line, "RAIOX_WORKERS"));
    assert_non_null(strstr(line, "RAIOX_LOCALE"));
    ask(world, "C0123");
    wait_taken(world, 1);
    assert_int_equal(world_children(world, &world->work, "worker", now, COUNT(now)), 2);
    assert_memory_equal(old, now, 2 * sizeof(old[0]));
    /* Mended, it works. */
    world_write_dotenv(world, "RAIOX_WORKERS=1\n");
    process_signal(&world->work, SIGHUP);
    world_wait_log(world, &world->work, &from, "\"pool is up\"", "\"workers\":1");
    for (size_t i = 0; i < 2; i++)
        world_wait(world, is_gone, &old[i], "an old worker stays");
    ask(world, "C0GOLDEN9");
    wait_taken(world, 2);
}

/* The program on disk was replaced by one that says nothing: the pool works on. */
static void a_hup_to_a_program_that_hangs_changes_nothing(void **state)
{
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_ALONE,
                                        .env = (const char *const[]){ "RAIOX_WORKERS=1", NULL } });
    const char *path = arena_printf(world->arena, "%s/raiox", world->dir);
    pid_t old[2], now[2];
    size_t from = 0;

    assert_int_equal(symlink(world->program, path), 0);
    world_start_redis(world, NULL);
    world_start_serve(world);
    world->program = path;
    world_start_work(world);
    assert_int_equal(world_children(world, &world->work, "worker", old, COUNT(old)), 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/bin/cat", path), 0); /* "work" and "--check-config" are no files */
    process_signal(&world->work, SIGHUP);
    world_wait_log(world, &world->work, &from, "\"not started anew\"", "not sound");
    assert_int_equal(unlink(path), 0);
    FILE *script = fopen(path, "we");
    assert_non_null(script);
    /* It hangs in what it starts, which outlives it and goes with this test. */
    fprintf(script, "#!/bin/sh\ntail -f --pid=%d /dev/null\nexit 1\n", (int)getpid());
    assert_int_equal(fclose(script), 0);
    assert_int_equal(chmod(path, 0755), 0);
    process_signal(&world->work, SIGHUP);
    world_wait_log(world, &world->work, &from, "\"not started anew\"", "does not say within");
    ask(world, "C0123");
    wait_taken(world, 1);
    assert_int_equal(world_children(world, &world->work, "worker", now, COUNT(now)), 1);
    assert_int_equal(now[0], old[0]);
}

/* ---- Redis ---- */

static void redis_may_be_killed_with_jobs_in_flight(void **state)
{
    struct world *world = world_start(
        state,
        &(struct world_options){ .parts = WORLD_SPLIT,
                                 .redis = (const char *const[]){ "--appendonly", "yes",
                                                                 "--appendfsync", "always", NULL },
                                 .sandbox = (const char *const[]){ "--latency-ms", "400", NULL } });

    ask_all(world, 6);
    world_wait_calls(world, "meta", 1);
    redis_server_kill(world->redis);
    struct world_ack ack = world_command(world, "C0123", ANALYST, "");
    assert_int_equal(ack.status, 200);
    assert_in_range(ack.took_ms, 0, 4900); /* five seconds are what others wait for Redis */
    assert_int_equal(world_get(world, "/readyz").status, 503);
    redis_server_restart(world->redis);
    wait_taken(world, 6);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), 6);
    ask(world, "C0MARESIA");
    wait_taken(world, 7);
}

/* ---- many askers ---- */

static int64_t platform_calls(struct world *world)
{
    return world_calls(world, "meta") + world_calls(world, "google_ads");
}

/* count askers of one client at once over four workers. Returns what they cost the platforms. */
static int64_t cost_of(void **state, const char *fault, int64_t count)
{
    struct world *world = world_start(
        state, &(struct world_options){
                   .parts = WORLD_RUN,
                   .env = (const char *const[]){ "RAIOX_WORKERS=4", "RAIOX_CONCURRENCY=5", NULL },
                   .sandbox = (const char *const[]){ "--latency-ms", "1000", NULL } });
    pid_t pids[8];
    size_t busy = 0;

    if (fault)
        world_fault(world, fault);
    for (int64_t i = 0; i < count; i++)
        ask(world, "C0123");
    wait_taken(world, count);
    wait_settled(world);
    assert_int_equal(world_taken_count(world), count);
    int64_t calls = platform_calls(world);
    size_t workers = world_children(world, &world->run, "worker", pids, COUNT(pids));
    for (size_t i = 0; i < workers; i++) {
        char pid[32];
        snprintf(pid, sizeof(pid), "\"pid\":%d,", (int)pids[i]);
        busy += world_count_log(world, &world->run, "\"job done\"", pid) > 0;
    }
    assert_true(count == 1 || busy >= 2);
    world_close(state);
    world_open(state);
    return calls;
}

static void twenty_askers_cost_one_set_of_calls(void **state)
{
    static const char *const faults[] = {
        NULL,
        "{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"permission\"}", /* a hole, too */
    };

    for (size_t i = 0; i < COUNT(faults); i++)
        assert_int_equal(cost_of(state, faults[i], 20), cost_of(state, faults[i], 1));
}

static void a_report_is_remembered_and_one_with_holes_is_not(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });

    world_fault(world, "{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"permission\"}");
    ask(world, "C0123");
    wait_taken(world, 1);
    assert_null(strstr(world_body(world, world_reply(world, 0, 1)), "1.234,56"));
    world_clear_faults(world);
    ask(world, "C0123");
    wait_taken(world, 2);
    int64_t calls = world_calls(world, NULL);
    ask(world, "C0123");
    wait_taken(world, 3);
    assert_int_equal(world_calls(world, NULL), calls);
    int64_t after = 0;
    for (int i = 0; i < 3; i++) {
        const cJSON *reply = world_taken_reply(world, after);
        after = world_number(reply);
        if (i > 0)
            assert_non_null(strstr(world_body(world, reply), "1.234,56"));
    }
    assert_true(world_metric(world, "raiox_jobs_total{result=\"partial\"}") == 1);
    assert_true(world_metric(world, "raiox_jobs_total{result=\"done\"}") == 2);
}

static void nothing_is_remembered_when_told_so(void **state)
{
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_RUN,
                                                    .env = (const char *const[]){
                                                        "RAIOX_REPORT_CACHE_SECONDS=0", NULL } });

    ask(world, "C0123");
    wait_taken(world, 1);
    int64_t calls = platform_calls(world);
    ask(world, "C0123");
    wait_taken(world, 2);
    assert_true(platform_calls(world) > calls);
}

/* ---- Slack's answers ---- */

static const struct outcome {
    const char *why, *fault;
    const char *env; /* NULL: nothing more */
    int64_t replies; /* that Slack took */
    bool repeated, direct, text_only;
    const char *dead;  /* its reason; NULL: done */
    int64_t posts;     /* calls to Slack in all */
    const char *count; /* the one sample of raiox_replies_total that is 1 */
} outcomes[] = {
    { "500 twice",
      "{\"service\":\"slack\",\"path\":\"/commands/"
      "\",\"kind\":\"fixed\",\"status\":500,\"times\":2}",
      NULL, 1, true, false, false, NULL, 3, "repeated" },
    { "500 twice although it was taken",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed_after\",\"status\":500,"
      "\"times\":1}",
      NULL, 2, true, false, false, NULL, 2, "repeated" },
    { "never a clear answer",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\",\"status\":502}", NULL, 0,
      false, false, false, "reply_unknown", 3, "refused" },
    { "cut off", "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"close\",\"times\":1}",
      NULL, 1, true, false, false, NULL, 2, "repeated" },
    { "too old, with a bot token",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"cursor_expired\"}", NULL, 1, false,
      true, false, NULL, 2, "posted" },
    { "410, with a bot token",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\",\"status\":410}", NULL, 1,
      false, true, false, NULL, 2, "posted" },
    { "too old, without one",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"cursor_expired\"}",
      "SLACK_BOT_TOKEN", 0, false, false, false, "expired", 1, "expired" },
    { "throttled",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\",\"status\":429,"
      "\"retry_after_s\":3,\"times\":1}",
      NULL, 1, false, false, false, NULL, 2, "posted" },
    { "bad blocks",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\",\"status\":400,"
      "\"body\":\"invalid_blocks\",\"times\":1}",
      NULL, 1, false, false, true, NULL, 2, "posted" },
    { "not even text",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\",\"status\":400,"
      "\"body\":\"invalid_blocks\"}",
      NULL, 0, false, false, false, "reply_refused", 2, "refused" },
    { "prohibited",
      "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"fixed\",\"status\":403,"
      "\"body\":\"action_prohibited\"}",
      NULL, 0, false, false, false, "reply_refused", 1, "refused" },
};

static bool is_over(struct world *world, void *arg)
{
    (void)arg;
    return world_count_log(world, &world->run, "\"job done\"") +
               world_count_log(world, &world->run, "\"job dead\"") >
           0;
}

static void check_count(struct world *world, const struct outcome *outcome)
{
    static const char *const results[] = { "posted", "repeated", "expired", "refused" };

    for (size_t i = 0; i < COUNT(results); i++) {
        char sample[64];
        snprintf(sample, sizeof(sample), "raiox_replies_total{result=\"%s\"}", results[i]);
        double wanted = strcmp(results[i], outcome->count) == 0 ? 1 : 0;
        if (world_metric(world, sample) < wanted || world_metric(world, sample) > wanted)
            fail_msg("%s: %s is %g", outcome->why, sample, world_metric(world, sample));
    }
}

static void check_outcome(struct world *world, const struct outcome *outcome)
{
    const cJSON *last = NULL, *reply;
    int64_t start_ms = clock_mono_ms();

    ask(world, "C0123");
    world_wait(world, is_over, NULL, outcome->why);
    wait_settled(world);
    for (int64_t after = 0; (reply = world_reply(world, after, 1)); after = world_number(reply))
        if (cJSON_IsTrue(json_get(reply, "ok")))
            last = reply;
    if (world_taken_count(world) != outcome->replies ||
        world_calls(world, "slack") != outcome->posts)
        fail_msg("%s: %d replies of %d posts", outcome->why, (int)world_taken_count(world),
                 (int)world_calls(world, "slack"));
    const char *body = last ? world_body(world, last) : "";
    if (last && ((strstr(body, REPEATED) != NULL) != outcome->repeated ||
                 (strstr(body, "\"blocks\"") == NULL) != outcome->text_only))
        fail_msg("%s: %s", outcome->why, body);
    if (last && outcome->direct)
        assert_string_equal(json_get(last, "channel")->valuestring, "D0ANALISTA");
    if (outcome->dead && world_count_log(world, &world->run, "\"job dead\"", outcome->dead) != 1)
        fail_msg("%s: %s", outcome->why, world_log(world, &world->run));
    if (strcmp(outcome->why, "throttled") == 0)
        assert_true(clock_mono_ms() - start_ms >= 3000);
    check_count(world, outcome);
}

static void every_answer_of_slack_ends_as_it_should(void **state)
{
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct world *world = world_start(
            state, &(struct world_options){
                       .parts = WORLD_RUN, .env = (const char *const[]){ outcomes[i].env, NULL } });
        world_fault(world, outcomes[i].fault);
        check_outcome(world, &outcomes[i]);
        world_close(state);
        world_open(state);
    }
}

/* A public command's late answer goes to its channel, everybody else's to the asker alone. */
static void a_late_public_answer_goes_to_its_channel(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });

    world_fault(world,
                "{\"service\":\"slack\",\"path\":\"/commands/\",\"kind\":\"cursor_expired\"}");
    world_ask(world, "C0123", ANALYST, "publico");
    const cJSON *reply = world_taken_reply(world, 0);
    assert_string_equal(json_get(reply, "kind")->valuestring, "chat.postMessage");
    assert_string_equal(json_get(reply, "channel")->valuestring, "C0123");
}

/* ---- Monday ---- */

static void monday_away_is_tried_again_later(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    size_t from = 0;

    world_fault(world, "{\"service\":\"monday\",\"kind\":\"unavailable\",\"times\":6}");
    ask(world, "C0123");
    world_wait_log(world, &world->run, &from, "\"job retried\"");
    wait_taken(world, 1);
    assert_non_null(strstr(world_body(world, world_reply(world, 0, 1)), "1.234,56"));
    assert_true(world_metric(world, "raiox_jobs_total{result=\"retried\"}") == 1);
}

static void who_cannot_be_answered_is_told_so(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });

    world_fault(world, "{\"service\":\"monday\",\"kind\":\"fixed\",\"status\":429,"
                       "\"retry_after_s\":7200}");
    ask(world, "C0123");
    const cJSON *reply = world_taken_reply(world, 0);
    assert_non_null(strstr(world_body(world, reply), "Não consegui terminar"));
    wait_settled(world);
    assert_true(world_metric(world, "raiox_jobs_dead") == 1);
    assert_true(world_metric(world, "raiox_jobs_total{result=\"dead\"}") == 1);
}

static bool is_past(struct world *world, void *arg)
{
    const int64_t *until_ms = arg;

    (void)world;
    return clock_mono_ms() >= *until_ms;
}

/* How often the board may have been read. */
static int64_t readings_since(int64_t began_ms)
{
    return 1 + (clock_mono_ms() - began_ms) / 10000;
}

static void monday_is_asked_again_for_a_stranger_once_in_ten_seconds(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    int64_t began_ms = clock_mono_ms(), ten_s_ms = began_ms + 10500;

    ask(world, "C0NOBODY");
    wait_taken(world, 1);
    int64_t once = world_calls(world, "monday");
    for (int i = 0; i < 4; i++) /* a board that was read just now knows no better */
        ask(world, "C0NOBODY");
    wait_taken(world, 5);
    assert_in_range(world_calls(world, "monday"), once, once * readings_since(began_ms));
    world_wait(world, is_past, &ten_s_ms, "time stands still");
    for (int i = 0; i < 5; i++)
        ask(world, "C0NOBODY");
    wait_taken(world, 10);
    assert_in_range(world_calls(world, "monday"), once + 1, once * readings_since(began_ms));
}

#define A_TEST(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

/* An argument is the one test to run ("*" stands for any characters). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        A_TEST(who_holds_a_job_is_named_by_its_own_pid),
        A_TEST(what_killed_workers_held_is_answered_once),
        A_TEST(a_worker_may_die_at_any_step),
        A_TEST(a_job_that_crashes_three_workers_dies_alone),
        A_TEST(nothing_to_work_with_is_no_reason_to_spin),
        A_TEST(workers_of_a_killed_supervisor_finish_and_leave),
        A_TEST(an_orphan_without_Redis_leaves),
        A_TEST(a_killed_run_is_taken_up_by_the_next_one),
        A_TEST(a_term_finishes_what_is_in_flight),
        A_TEST(a_second_term_puts_all_back_at_once),
        A_TEST(a_hup_starts_anew_and_loses_nothing),
        A_TEST(a_hup_goes_on_counting),
        A_TEST(a_hup_with_a_broken_configuration_changes_nothing),
        A_TEST(a_hup_to_a_program_that_hangs_changes_nothing),
        A_TEST(redis_may_be_killed_with_jobs_in_flight),
        A_TEST(twenty_askers_cost_one_set_of_calls),
        A_TEST(a_report_is_remembered_and_one_with_holes_is_not),
        A_TEST(nothing_is_remembered_when_told_so),
        A_TEST(every_answer_of_slack_ends_as_it_should),
        A_TEST(a_late_public_answer_goes_to_its_channel),
        A_TEST(monday_away_is_tried_again_later),
        A_TEST(who_cannot_be_answered_is_told_so),
        A_TEST(monday_is_asked_again_for_a_stranger_once_in_ten_seconds),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
