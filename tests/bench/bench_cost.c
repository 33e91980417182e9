/*
 * The CPU time of a job with upstreams that answer at once: the worker process against a bare
 * program that makes the same calls and parses the same bodies (bare_worker.c). A job's calls are
 * learnt from the worker itself, through a relay. Both keep their connections, and as many jobs
 * under way. Takes the path of bare_worker.
 */
#include "tests/bench/relay.h"
#include "tests/bench/rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 11
#define JOBS 200
/* What a worker takes by default: so it works when there is work enough. */
#define BUSY_AT_ONCE 64
#define MOST_TIMES_BARE 1.1
/* And when there is little. */
#define QUIET_AT_ONCE 4
/* The client whose job is the pattern, and its number in all of its ids. */
#define PATTERN_CLIENT 1
#define PATTERN_MARK "55570001"

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* ---- learning the calls of a job ---- */

/* Everything of the outside world that raiox calls is behind one port. */
static int sandbox_port(const struct world *world)
{
    return (int)strtol(strrchr(world->admin, ':') + 1, NULL, 10);
}

static const char *by_way_of(struct world *world, const char *text, int port)
{
    const char *old = arena_printf(world->arena, "127.0.0.1:%d", sandbox_port(world));
    const char *at = strstr(text, old);

    return at ? arena_printf(world->arena, "%.*s127.0.0.1:%d%s", (int)(at - text), text, port,
                             at + strlen(old))
              : text;
}

static void restart_work(struct world *world)
{
    process_signal(&world->work, SIGTERM);
    process_must_end_well(&world->work, PROCESS_PATIENCE_MS);
    world_start_work(world);
}

static void accept_client(struct rig *rig, int client, const char *response_url)
{
    char channel[32];

    snprintf(channel, sizeof(channel), "C0BENCH%04d", client);
    rig_accept(rig, channel, response_url);
}

/* Writes one job's requests into a file. */
static const char *learn(struct rig *rig, const char *response_url)
{
    struct world *world = rig->world;
    const char *const *env = world->env;
    const char *path = arena_printf(world->arena, "%s/pattern", world->dir);
    struct relay *relay = relay_start(sandbox_port(world));
    scoped_buf struct buf requests;

    for (const char *const *variable = env; *variable; variable++)
        world_set(world, by_way_of(world, *variable, relay_port(relay)));
    restart_work(world);
    const char *url = by_way_of(world, response_url, relay_port(relay));
    accept_client(rig, PATTERN_CLIENT + 1, url); /* from here on board and token are remembered */
    rig_wait_replies(rig, 1);
    relay_clear(relay);
    accept_client(rig, PATTERN_CLIENT, url);
    rig_wait_replies(rig, 2);
    buf_init(&requests, (size_t)4 << 20);
    relay_requests(relay, &requests);
    world->env = env;
    restart_work(world);
    relay_stop(relay);

    FILE *file = fopen(path, "we");
    must_be(file && fwrite(buf_cstr(&requests), 1, requests.len, file) == requests.len &&
                fclose(file) == 0,
            "the pattern cannot be written");
    return path;
}

/* ---- the bare one ---- */

struct bare {
    pid_t pid;
    FILE *to, *from;
};

static struct bare bare_start(const char *program, const char *pattern, int port)
{
    struct bare bare = { 0 };
    char port_text[16];
    int in[2], out[2];

    must_be(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe");
    snprintf(port_text, sizeof(port_text), "%d", port);
    bare.pid = fork();
    must_be(bare.pid >= 0, "fork");
    if (bare.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execl(program, program, pattern, port_text, PATTERN_MARK, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    bare.to = fdopen(in[1], "w");
    bare.from = fdopen(out[0], "r");
    must_be(bare.to && bare.from, "fdopen");
    return bare;
}

static void bare_stop(struct bare *bare)
{
    fclose(bare->to);
    fclose(bare->from);
    waitpid(bare->pid, NULL, 0);
}

/* ---- a round ---- */

/* Calls to the platforms and to Slack so far: what both must make alike. */
static int64_t calls(struct world *world)
{
    return world_calls(world, "meta") + world_calls(world, "google_ads") +
           world_calls(world, "slack");
}

static double round_of_worker(struct rig *rig, pid_t worker, const char **urls)
{
    int64_t replies = world_taken_count(rig->world);
    double before_ms = cpu_ms_of(worker);

    for (int i = 0; i < JOBS; i++)
        accept_client(rig, PATTERN_CLIENT + i, urls[i]);
    rig_wait_replies(rig, replies + JOBS);
    return (cpu_ms_of(worker) - before_ms) / JOBS;
}

static double round_of_bare(struct bare *bare, int at_once, const char **urls)
{
    double ms = 0;

    fprintf(bare->to, "%d %d %d\n", PATTERN_CLIENT, JOBS, at_once);
    for (int i = 0; i < JOBS; i++)
        fprintf(bare->to, "%s\n", urls[i]);
    fflush(bare->to);
    must_be(fscanf(bare->from, "%lf", &ms) == 1, "bare_worker ended");
    return ms / JOBS;
}

struct medians {
    double ours, theirs, ratio;
    int64_t calls; /* a job's */
};

static struct medians compare(struct rig *rig, struct bare *bare, int at_once)
{
    double ours[ROUNDS + 1], theirs[ROUNDS + 1], ratios[ROUNDS + 1];
    int64_t calls_of[2] = { 0 };

    world_set(rig->world, arena_printf(rig->world->arena, "RAIOX_CONCURRENCY=%d", at_once));
    restart_work(rig->world);
    pid_t worker = rig_worker(rig);
    for (int i = 0; i <= ROUNDS; i++) { /* the first warms both */
        const char **urls = rig_response_urls(rig, "C0BENCH0001", JOBS);
        world_clear_calls(rig->world);
        theirs[i] = round_of_bare(bare, at_once, urls);
        calls_of[0] = calls(rig->world);
        world_clear_calls(rig->world);
        ours[i] = round_of_worker(rig, worker, urls);
        calls_of[1] = calls(rig->world);
        ratios[i] = ours[i] / theirs[i];
        must_be(calls_of[0] == calls_of[1], "the two do not make the same calls");
    }
    return (struct medians){ median_of(ours + 1, ROUNDS), median_of(theirs + 1, ROUNDS),
                             median_of(ratios + 1, ROUNDS), calls_of[0] / JOBS };
}

int main(int argc, char **argv)
{
    static const char *const env[] = { "RAIOX_REPORT_CACHE_SECONDS=0", "RAIOX_WORKERS=1", NULL };
    static const char *const sandbox[] = { "--data", BENCH_DIR, NULL };
    struct rig rig;

    must_be(argc == 2, "takes the path of bare_worker");
    rig_start(&rig,
              &(struct world_options){ .parts = WORLD_SPLIT, .env = env, .sandbox = sandbox });
    const char *pattern = learn(&rig, rig_response_urls(&rig, "C0BENCH0001", 1)[0]);
    struct bare bare = bare_start(argv[1], pattern, sandbox_port(rig.world));
    struct medians busy = compare(&rig, &bare, BUSY_AT_ONCE);
    struct medians quiet = compare(&rig, &bare, QUIET_AT_ONCE);

    expect(busy.ratio <= MOST_TIMES_BARE,
           "CPU time a job of %lld calls, %d jobs at once: raiox %.2f ms, bare %.2f ms; ratio %.2f "
           "(median of %d rounds of %d jobs), wanted at most %.2f",
           (long long)busy.calls, BUSY_AT_ONCE, busy.ours, busy.theirs, busy.ratio, ROUNDS, JOBS,
           MOST_TIMES_BARE);
    printf("with %d jobs at once: raiox %.2f ms, bare %.2f ms; ratio %.2f\n", QUIET_AT_ONCE,
           quiet.ours, quiet.theirs, quiet.ratio);
    bare_stop(&bare);
    rig_stop(&rig);
    return verdict();
}
