/*
 * A thousand jobs of a thousand clients in one worker process at once: the most memory that it ever
 * held, and what it holds when they are done. Each client has one business manager, three ad
 * accounts of 20 campaigns and a Google account (tests/bench/agency.json).
 */
#include "tests/bench/rig.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>

#define JOBS 1000
#define LATENCY_TEXT "100"
#define MOST_MIB 100.0
/* Above what it held before them. */
#define MOST_KEPT_MIB 16.0

static void on_stats(void *arg, const struct queue_stats *stats, const struct error *err)
{
    int64_t *in_flight = arg;

    if (err)
        fatal("the queue does not tell of itself");
    *in_flight = stats->in_flight_total;
}

static int64_t in_flight(struct rig *rig)
{
    int64_t count = -1;

    queue_stats(rig->queue, on_stats, &count);
    while (count < 0)
        loop_turn(rig->loop, 1000);
    return count;
}

static void accept(struct rig *rig, int client, const char *response_url)
{
    char channel[32];

    snprintf(channel, sizeof(channel), "C0BENCH%04d", client);
    rig_accept(rig, channel, response_url);
}

int main(void)
{
    static const char *const env[] = { "RAIOX_REPORT_CACHE_SECONDS=0", "RAIOX_WORKERS=1",
                                       "RAIOX_CONCURRENCY=1000", NULL };
    static const char *const sandbox[] = { "--data", BENCH_DIR, "--latency-ms", LATENCY_TEXT,
                                           NULL };
    struct rig rig;
    int64_t most_in_flight = 0;

    rig_start(&rig,
              &(struct world_options){ .parts = WORLD_SPLIT, .env = env, .sandbox = sandbox });
    const char **urls = rig_response_urls(&rig, "C0BENCH0001", JOBS + 1);
    pid_t worker = rig_worker(&rig);
    accept(&rig, JOBS, urls[JOBS]);
    rig_wait_replies(&rig, 1);
    double before_mib = memory_mib_of(worker, "VmRSS");

    int64_t began_ms = clock_mono_ms();
    for (int i = 0; i < JOBS; i++)
        accept(&rig, i + 1, urls[i]);
    while (world_taken_count(rig.world) < JOBS + 1) {
        int64_t now = in_flight(&rig);
        if (now > most_in_flight)
            most_in_flight = now;
        poll(NULL, 0, 20);
    }
    int64_t took_ms = clock_mono_ms() - began_ms;
    double most_mib = memory_mib_of(worker, "VmHWM");

    expect(most_in_flight == JOBS, "%lld jobs in one process at once, done in %.1f s, %lld calls",
           (long long)most_in_flight, (double)took_ms / 1000,
           (long long)world_calls(rig.world, NULL));
    expect(most_mib <= MOST_MIB, "memory: %.1f MiB before, %.1f MiB at most, wanted at most %.0f",
           before_mib, most_mib, MOST_MIB);
    rig_wait_memory(&rig, worker, before_mib + MOST_KEPT_MIB);
    expect(true, "and given back: %.1f MiB afterwards, wanted at most %.0f more than before",
           memory_mib_of(worker, "VmRSS"), MOST_KEPT_MIB);
    rig_stop(&rig);
    return verdict();
}
