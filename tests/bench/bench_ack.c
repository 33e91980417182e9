/*
 * Acknowledging commands: `raiox serve` against a bare libmicrohttpd server that does one
 * synchronous XADD, over kept connections, in turns; then its latency at a steady rate, and with
 * many new connections at one instant. Takes the paths of raiox and of bare_endpoint.
 */
#include "tests/bench/load.h"
#include "tests/bot/serve_rig.h"
#include "tests/support/redis_server.h"

#include "base/error.h"
#include "queue/keys.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 9
/* Below the queue's ceiling, for nobody takes them. */
#define COMMANDS 15000
#define CONNECTIONS 64
#define RATE 1000
#define AT_ONCE 1000

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* ---- the bare one ---- */

struct bare {
    pid_t pid;
    int input, port;
};

static struct bare bare_start(const char *program, int redis_port)
{
    struct bare bare = { 0 };
    char text[16] = "", port[16];
    int in[2], out[2];

    must_be(pipe(in) == 0 && pipe(out) == 0, "pipe");
    snprintf(port, sizeof(port), "%d", redis_port);
    bare.pid = fork();
    must_be(bare.pid >= 0, "fork");
    if (bare.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execl(program, program, port, RIG_SECRET, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    must_be(read(out[0], text, sizeof(text) - 1) > 0, "bare_endpoint does not start");
    close(out[0]);
    bare.input = in[1];
    bare.port = (int)strtol(text, NULL, 10);
    return bare;
}

static void bare_stop(struct bare *bare)
{
    close(bare->input);
    waitpid(bare->pid, NULL, 0);
}

/* ---- the runs ---- */

static void expect_entries(const struct redis_server *redis, const char *key, size_t count)
{
    char *text = redis_server_ask(redis, (const char *const[]){ "XLEN", key, NULL });

    must_be(strtoul(text, NULL, 10) == count, "a command is missing in Redis, or twice in it");
    free(text);
    free(redis_server_ask(redis, (const char *const[]){ "FLUSHALL", NULL }));
}

static double round_of(const struct redis_server *redis, int port, const char *key)
{
    struct load *load = load_create(COMMANDS);
    double a_second = load_as_fast_as_it_goes(load, port, CONNECTIONS);

    load_destroy(load);
    expect_entries(redis, key, COMMANDS);
    return a_second;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(double), by_size);
    return values[ROUNDS / 2];
}

static void throughput(const struct redis_server *redis, int port, int bare_port)
{
    double ours[ROUNDS], theirs[ROUNDS], ratios[ROUNDS];

    round_of(redis, port, KEY_JOBS); /* both warm */
    round_of(redis, bare_port, "bare");
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = round_of(redis, port, KEY_JOBS);
        theirs[i] = round_of(redis, bare_port, "bare");
        ratios[i] = ours[i] / theirs[i];
    }
    printf("acknowledged a second over %d kept connections: raiox %.0f, bare %.0f\n", CONNECTIONS,
           median(ours), median(theirs));
    printf("ratio (median of %d rounds): %.2f, wanted at least 0.90\n", ROUNDS, median(ratios));
}

static void latency(const struct redis_server *redis, int port)
{
    struct load *load = load_create((size_t)5 * RATE);

    load_at_a_rate(load, port, CONNECTIONS, RATE);
    printf("at %d a second: p50 %.2f ms, p99 %.2f ms, longest %.2f ms; wanted p99 below 10 ms\n",
           RATE, load_latency_ms(load, 0.5), load_latency_ms(load, 0.99), load_latency_ms(load, 1));
    load_destroy(load);
    expect_entries(redis, KEY_JOBS, (size_t)5 * RATE);
}

static void at_once(const struct redis_server *redis, int port)
{
    double all[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        struct load *load = load_create(AT_ONCE);
        load_at_once(load, port);
        all[i] = load_latency_ms(load, 1);
        load_destroy(load);
        expect_entries(redis, KEY_JOBS, AT_ONCE);
    }
    double middle = median(all);
    printf("%d new connections at one instant, all answered: %.1f ms (median of %d), longest %.1f "
           "ms; wanted within 150 ms\n",
           AT_ONCE, middle, ROUNDS, all[ROUNDS - 1]);
}

int main(int argc, char **argv)
{
    must_be(argc == 3, "takes the paths of raiox and bare_endpoint");
    struct redis_server *redis = redis_server_start(NULL);
    struct serve_rig *serve = serve_rig_start(argv[1], redis->tcp_url, NULL, -1);
    struct bare bare = bare_start(argv[2], redis->port);

    throughput(redis, serve->port, bare.port);
    latency(redis, serve->port);
    at_once(redis, serve->port);
    bare_stop(&bare);
    serve_rig_stop(serve);
    redis_server_stop(redis);
    return 0;
}
