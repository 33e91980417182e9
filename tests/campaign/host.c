/*
 * A host that is gone: two pools on one Redis, and all processes of one are killed at an instant
 * with jobs in flight. Nobody is left to hand them back, so the other pool finds them by their idle
 * time (60 s by Redis' clock, looked for every 15 s) and answers them.
 *
 *   campaign_host [COMMANDS]    60; takes about a minute and a half
 */
#include "tests/campaign/crowd.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOUND_MS 90000
#define SERVED_MS 150000

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

static void kill_all(struct world *world, struct process *pool)
{
    pid_t pids[8];

    process_signal(pool, SIGSTOP); /* so that it sees none of them die */
    size_t count = world_children(world, pool, NULL, pids, COUNT(pids));
    for (size_t i = 0; i < count; i++)
        must_be(kill(pids[i], SIGKILL) == 0, "a worker cannot be killed");
    process_signal(pool, SIGKILL);
    must_be(process_ends(pool, 5000), "a killed supervisor lives");
}

int main(int argc, char **argv)
{
    int commands = argc > 1 ? atoi(argv[1]) : 60;
    struct process other = { 0 };
    void *state;

    world_open(&state);
    struct world *world =
        world_start(&state, &(struct world_options){
                                .parts = WORLD_SPLIT,
                                .sandbox = (const char *const[]){ "--latency-ms", "1500", NULL } });
    struct crowd *crowd = crowd_create(world, commands);
    for (int i = 0; i < commands; i++)
        crowd_ask(crowd);
    world_wait_calls(world, "meta", 1);
    process_start(&other, world->dir, "other-work",
                  (const char *const[]){ world->program, "work", NULL }, world->env);
    size_t from = 0;
    world_wait_log(world, &other, &from, "\"redis is there\"", "\"worker\"");
    kill_all(world, &world->work);
    int64_t killed_ms = clock_mono_ms();
    int answered = crowd_look(crowd);
    bool served = crowd_is_served(crowd, SERVED_MS);
    int64_t took_ms = clock_mono_ms() - killed_ms;

    printf("%d answered before the host was gone, the others within %lld s, wanted at most %d\n",
           answered, (long long)took_ms / 1000, FOUND_MS / 1000);
    bool good = crowd_judge(crowd) && served && took_ms <= FOUND_MS && answered < commands;
    printf("HOST GONE: %s\n", good ? "HELD" : "NOT HELD");
    crowd_destroy(crowd);
    process_signal(&other, SIGTERM);
    process_must_end_well(&other, 30000);
    world_close(&state);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
