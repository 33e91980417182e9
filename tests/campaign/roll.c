/*
 * Rolling restarts under load: two pools on one Redis, first left alone, then each in turn told to
 * start anew (HUP), then each in turn stopped (TERM) and started again. Nothing may be lost, and no
 * reply may take a second longer than the longest one did while nobody rolled.
 *
 *   campaign_roll [ROUNDS]    10 of each kind; takes about a minute and a half
 */
#include "tests/campaign/crowd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Commands a second. */
#define RATE 25
#define WARM_MS 3000
#define QUIET_MS 20000
/* From one restart to the next. */
#define BETWEEN_MS 1500
#define SERVED_MS 30000
#define ADDED_MS 1000

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

static void wait_until_up(struct world *world, const struct process *pool, size_t *from)
{
    world_wait_log(world, pool, from, "\"pool is up\"");
}

static void start_other(struct world *world, struct process *other, size_t *from)
{
    *from = 0;
    process_start(other, world->dir, "other-work",
                  (const char *const[]){ world->program, "work", NULL }, world->env);
    wait_until_up(world, other, from);
}

/* One pool after the other, under load before, meanwhile and after. */
static void start_both_anew(struct crowd *crowd, struct world *world, struct process *const *pools,
                            size_t *froms)
{
    for (int i = 0; i < 2; i++) {
        process_signal(pools[i], SIGHUP);
        crowd_ask_for(crowd, RATE, BETWEEN_MS);
        wait_until_up(world, pools[i], &froms[i]);
    }
}

static void stop_and_start_both(struct crowd *crowd, struct world *world, struct process *other,
                                size_t *from)
{
    process_signal(other, SIGTERM);
    crowd_ask_for(crowd, RATE, BETWEEN_MS);
    process_must_end_well(other, SERVED_MS);
    start_other(world, other, from);
    process_signal(&world->work, SIGTERM);
    crowd_ask_for(crowd, RATE, BETWEEN_MS);
    process_must_end_well(&world->work, SERVED_MS);
    world_start_work(world);
}

static bool say(const char *what, int64_t longest_ms, int64_t quiet_ms)
{
    printf("longest time from command to reply %s: %lld ms, %lld more than while nobody rolled, "
           "wanted at most %d more\n",
           what, (long long)longest_ms, (long long)(longest_ms - quiet_ms), ADDED_MS);
    return longest_ms - quiet_ms <= ADDED_MS;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 10;
    int most = RATE * (WARM_MS + QUIET_MS + rounds * 4 * BETWEEN_MS) / 1000 + 8 * rounds + 1;
    struct process other = { 0 };
    size_t froms[2] = { 0 };
    void *state;

    must_be(rounds > 0 && rounds <= 100, "takes 1 to 100 rounds");
    world_open(&state);
    struct world *world = world_start(
        &state,
        &(struct world_options){
            .parts = WORLD_SPLIT,
            .env = (const char *const[]){ "RAIOX_WORKERS=2", "RAIOX_REPORT_CACHE_SECONDS=0", NULL },
            .sandbox = (const char *const[]){ "--latency-ms", "200", NULL } });
    struct process *const pools[] = { &world->work, &other };
    struct crowd *crowd = crowd_create(world, most);

    wait_until_up(world, &world->work, &froms[0]);
    start_other(world, &other, &froms[1]);
    crowd_ask_for(crowd, RATE, WARM_MS); /* the board is fetched, connections are made */
    bool served = crowd_is_served(crowd, SERVED_MS);
    int before_quiet = crowd_count(crowd).asked;
    crowd_ask_for(crowd, RATE, QUIET_MS);
    served = crowd_is_served(crowd, SERVED_MS) && served;
    int64_t quiet_ms = crowd_longest_reply_ms(crowd, before_quiet);
    int before_hup = crowd_count(crowd).asked;
    for (int i = 0; i < rounds; i++)
        start_both_anew(crowd, world, pools, froms);
    served = crowd_is_served(crowd, SERVED_MS) && served;
    int64_t hup_ms = crowd_longest_reply_ms(crowd, before_hup);
    int before_term = crowd_count(crowd).asked;
    for (int i = 0; i < rounds; i++)
        stop_and_start_both(crowd, world, &other, &froms[1]);
    served = crowd_is_served(crowd, SERVED_MS) && served;
    int64_t term_ms = crowd_longest_reply_ms(crowd, before_term);

    printf("%d HUPs and %d stops in two pools of two workers, %d commands a second; longest time "
           "from command to reply before them: %lld ms\n",
           2 * rounds, 2 * rounds, RATE, (long long)quiet_ms);
    bool good = say("while pools start anew", hup_ms, quiet_ms);
    good = say("while pools stop and start", term_ms, quiet_ms) && good;
    struct crowd_count count = crowd_count(crowd);
    good = crowd_judge(crowd) && served && good && count.replies == count.accepted &&
           count.repeated == 0;
    printf("ROLLING: %s\n", good ? "HELD" : "NOT HELD");
    crowd_destroy(crowd);
    process_signal(&other, SIGTERM);
    process_must_end_well(&other, SERVED_MS);
    world_close(&state);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
