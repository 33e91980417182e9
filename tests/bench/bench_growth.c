/*
 * What endpoint and pool hold after many commands against what they held after the first thousand:
 * memory; and descriptors, against what they had before the first and a kept connection a job.
 *
 *   bench_growth [COMMANDS [fresh]]    20,000; by hand a million (tests/campaign/soak)
 *
 * fresh: no report is remembered, each command asks the platforms (or joins who asks just now).
 */
#include "tests/bench/whole.h"

#include "base/clock.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS 20000
#define BATCH 1000
#define MOST_GROWTH_MIB 5.0
/* Connections to Slack are kept for as many jobs as one worker has in flight (RAIOX_CONCURRENCY).
 */
#define KEPT_CONNECTIONS 64
/* A worker gives memory back when it has been idle for a second. */
#define CALM_MS 2500
#define LOOK_EVERY_MS 50

struct held {
    double mib;
    int descriptors;
};

static int descriptors_of(pid_t pid)
{
    char path[64];
    int count = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        fatal("the process is gone");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2; /* "." and ".." */
}

/* The least that each holds while all are idle. */
static void measure(const struct whole *whole, struct held *ret)
{
    int64_t end_ms = clock_mono_ms() + CALM_MS;

    for (size_t i = 0; i < WHOLE_PROCESSES; i++)
        ret[i] = (struct held){ 1e9, INT32_MAX };
    while (clock_mono_ms() < end_ms) {
        for (size_t i = 0; i < WHOLE_PROCESSES; i++) {
            double mib = memory_mib_of(whole->processes[i].pid, "VmRSS");
            int descriptors = descriptors_of(whole->processes[i].pid);
            ret[i].mib = mib < ret[i].mib ? mib : ret[i].mib;
            if (descriptors < ret[i].descriptors)
                ret[i].descriptors = descriptors;
        }
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

static void send_batch(struct whole *whole)
{
    load_destroy(whole_send(whole, BATCH));
    whole_wait_replies(whole);
}

static void judge(const struct whole *whole, const struct held *fresh, const struct held *first,
                  const struct held *last)
{
    for (size_t i = 0; i < WHOLE_PROCESSES; i++)
        expect(last[i].mib - first[i].mib <= MOST_GROWTH_MIB &&
                   last[i].descriptors <= fresh[i].descriptors + KEPT_CONNECTIONS,
               "%s: %.1f MiB after %d commands, %.1f MiB after %lld, wanted at most %.0f MiB more; "
               "descriptors: %d before, %d, %d, wanted at most %d more than before",
               whole->processes[i].name, first[i].mib, BATCH, last[i].mib, (long long)whole->sent,
               MOST_GROWTH_MIB, fresh[i].descriptors, first[i].descriptors, last[i].descriptors,
               KEPT_CONNECTIONS);
}

static double spent_ms(const struct whole *whole)
{
    double sum_ms = 0;

    for (size_t i = 0; i < WHOLE_PROCESSES; i++)
        sum_ms += cpu_ms_of(whole->processes[i].pid);
    return sum_ms;
}

int main(int argc, char **argv)
{
    long commands = argc > 1 ? strtol(argv[1], NULL, 10) : COMMANDS;
    bool no_cache = argc > 2 && strcmp(argv[2], "fresh") == 0;
    struct held fresh[WHOLE_PROCESSES], first[WHOLE_PROCESSES], last[WHOLE_PROCESSES];
    struct whole whole;

    if (commands < 2 * BATCH)
        fatal("two thousand commands or more");
    whole_start(&whole, no_cache ? "RAIOX_REPORT_CACHE_SECONDS=0" : NULL);
    measure(&whole, fresh);
    send_batch(&whole);
    measure(&whole, first);
    int64_t began_ms = clock_mono_ms();
    while (whole.sent < commands)
        send_batch(&whole);
    double took_s = (double)(clock_mono_ms() - began_ms) / 1000;
    measure(&whole, last);
    judge(&whole, fresh, first, last);
    expect(true, "%lld commands in %.0f s, each answered once; %.2f ms of processor time each",
           (long long)whole.sent, took_s, spent_ms(&whole) / (double)whole.sent);
    whole_stop(&whole);
    return verdict();
}
