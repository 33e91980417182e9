/*
 * Redis taken away under load: nothing accepted is lost, whoever asks meanwhile is told to try
 * again, and the pool goes on soon after its return.
 *
 *   campaign_redis killed [TIMES [POLICY]]    killed and started again, 20 times
 *   campaign_redis frozen [SECONDS]           SIGSTOP: it takes connections and never answers; 30
 *   campaign_redis away [SECONDS]             nobody listens; 2
 *
 * POLICY: of appendfsync, "always" otherwise. "everysec" loses nothing either when the process
 * alone dies: what it had written is the kernel's.
 */
#include "tests/campaign/crowd.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKERS_MAX 20000
#define RATE 25        /* commands a second, where they are acknowledged at once */
#define BEFORE_MS 1500 /* of load before Redis goes, so that jobs are in flight */
#define SERVED_MS 180000
#define ACK_MOST_MS 2700 /* "well under 3 s" */
#define RESUMED_MS 5000

struct outage {
    struct world *world;
    struct crowd *crowd;
    int64_t resumed_ms; /* the longest time from Redis' return to the next reply */
};

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* From the first reply on, the pool works again. */
static void see_it_resume(struct outage *outage, int64_t back_ms)
{
    int before = crowd_look(outage->crowd);

    crowd_ask(outage->crowd);
    while (crowd_look(outage->crowd) == before) {
        must_be(clock_mono_ms() - back_ms < SERVED_MS, "no reply after Redis came back");
        poll(NULL, 0, 20);
    }
    int64_t resumed_ms = clock_mono_ms() - back_ms;
    if (resumed_ms > outage->resumed_ms)
        outage->resumed_ms = resumed_ms;
}

static void kill_once(struct outage *outage, int64_t away_ms)
{
    crowd_ask_for(outage->crowd, RATE, BEFORE_MS);
    redis_server_kill(outage->world->redis);
    crowd_ask_for(outage->crowd, RATE, away_ms);
    redis_server_restart(outage->world->redis);
    see_it_resume(outage, clock_mono_ms());
}

static void freeze_once(struct outage *outage, int64_t away_ms)
{
    crowd_ask_for(outage->crowd, RATE, BEFORE_MS);
    redis_server_freeze(outage->world->redis);
    crowd_ask_for(outage->crowd, RATE, away_ms);
    redis_server_thaw(outage->world->redis);
    see_it_resume(outage, clock_mono_ms());
}

static bool judge(struct outage *outage, const char *what, int number)
{
    bool served = crowd_is_served(outage->crowd, SERVED_MS);
    struct crowd_count count = crowd_count(outage->crowd);
    bool good = crowd_judge(outage->crowd) && served && count.longest_ack_ms <= ACK_MOST_MS &&
                outage->resumed_ms <= RESUMED_MS;

    printf("working again %lld ms after Redis' return at most, wanted at most %d; an "
           "acknowledgement within %d ms\n",
           (long long)outage->resumed_ms, RESUMED_MS, ACK_MOST_MS);
    printf("REDIS %s %d: %s\n", what, number, good ? "HELD" : "NOT HELD");
    return good;
}

int main(int argc, char **argv)
{
    const char *const redis[] = { "--appendonly", "yes", "--appendfsync",
                                  argc > 3 ? argv[3] : "always", NULL };
    static const char *const sandbox[] = { "--latency-ms", "150", NULL };
    static const char *const env[] = { "RAIOX_REPORT_CACHE_SECONDS=0", NULL };
    const char *what = argc > 1 ? argv[1] : "killed";
    int number = argc > 2                      ? atoi(argv[2])
                 : strcmp(what, "killed") == 0 ? 20
                 : strcmp(what, "frozen") == 0 ? 30
                                               : 2;
    struct outage outage = { 0 };
    void *state;

    world_open(&state);
    outage.world = world_start(
        &state, &(struct world_options){
                    .parts = WORLD_SPLIT, .env = env, .sandbox = sandbox, .redis = redis });
    outage.crowd = crowd_create(outage.world, ASKERS_MAX);
    if (strcmp(what, "killed") == 0)
        for (int i = 0; i < number; i++)
            kill_once(&outage, 300);
    else if (strcmp(what, "frozen") == 0)
        freeze_once(&outage, (int64_t)number * 1000);
    else if (strcmp(what, "away") == 0)
        kill_once(&outage, (int64_t)number * 1000);
    else
        fatal("killed, frozen or away");
    bool good = judge(&outage, what, number);
    crowd_destroy(outage.crowd);
    world_close(&state);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
