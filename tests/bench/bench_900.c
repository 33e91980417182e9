/*
 * A client with 900 campaigns in one ad account and 300 in a Google account, over many pages, with
 * upstreams that answer at once: from command to reply, and what the worker keeps of it.
 */
#include "tests/bench/rig.h"

#include "base/clock.h"

#include <stdio.h>

#define ROUNDS 15
#define MOST_MS 1000
/* What one such report leaves behind in a process that had made one before. */
#define MOST_KEPT_MIB 1.0

static double round_ms(struct rig *rig, const char *channel, const char *response_url)
{
    static int64_t after;
    struct error err;
    int64_t at_ms = 0, accepted_ms = clock_real_ms();

    rig_accept(rig, channel, response_url);
    const cJSON *reply = world_taken_reply(rig->world, after);
    after = world_number(reply);
    if (!json_int(reply, "at_ms", &at_ms, &err))
        fatal("a reply without its time");
    return (double)(at_ms - accepted_ms);
}

int main(void)
{
    static const char *const env[] = { "RAIOX_REPORT_CACHE_SECONDS=0", "RAIOX_WORKERS=1", NULL };
    struct rig rig;
    double times_ms[ROUNDS];

    rig_start(&rig, &(struct world_options){ .parts = WORLD_SPLIT, .env = env });
    const char **urls = rig_response_urls(&rig, "C0MEGA", ROUNDS + 1);
    pid_t worker = rig_worker(&rig);
    double idle_mib = memory_mib_of(worker, "VmRSS");

    round_ms(&rig, "C0GOLDEN9", urls[ROUNDS]);
    double small_mib = memory_mib_of(worker, "VmRSS");
    double first_ms = round_ms(&rig, "C0MEGA", urls[ROUNDS]);
    double first_mib = memory_mib_of(worker, "VmRSS");
    world_clear_calls(rig.world);
    for (int i = 0; i < ROUNDS; i++)
        times_ms[i] = round_ms(&rig, "C0MEGA", urls[i]);
    int64_t calls = world_calls(rig.world, NULL) / ROUNDS;
    double last_mib = memory_mib_of(worker, "VmRSS"), most_mib = memory_mib_of(worker, "VmHWM");

    double ms = median_of(times_ms, ROUNDS);
    expect(ms < MOST_MS,
           "1,200 campaigns over %lld calls: command to reply %.1f ms (median of %d, longest %.1f; "
           "the first, with the board, %.1f), wanted under %d ms",
           (long long)calls, ms, ROUNDS, times_ms[ROUNDS - 1], first_ms, MOST_MS);
    expect(last_mib - first_mib <= MOST_KEPT_MIB,
           "memory: %.1f MiB idle, %.1f after a small client, %.1f after the first of these, %.1f "
           "after %d more, %.1f at most; wanted at most %.1f of growth",
           idle_mib, small_mib, first_mib, last_mib, ROUNDS, most_mib, MOST_KEPT_MIB);
    rig_wait_memory(&rig, worker, small_mib + MOST_KEPT_MIB);
    expect(true, "and given back a moment later: %.1f MiB", memory_mib_of(worker, "VmRSS"));
    rig_stop(&rig);
    return verdict();
}
