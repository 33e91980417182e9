#include "tests/bench/rig.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define USER "U0ANALISTA"
#define ACCEPT_MS 10000

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* ---- the world ---- */

void rig_start(struct rig *rig, const struct world_options *options)
{
    struct redis_address address;
    struct error err;

    *rig = (struct rig){ 0 };
    world_open(&rig->state);
    rig->world = world_start(&rig->state, options);
    rig->loop = loop_create();
    must_be(redis_address_parse(rig->world->redis->unix_url, &address, &err), "Redis' address");
    rig->queue = queue_create(rig->loop, &address, NULL, NULL, NULL);
    while (!queue_up(rig->queue))
        loop_turn(rig->loop, 1000);
}

void rig_stop(struct rig *rig)
{
    queue_destroy(rig->queue);
    loop_destroy(rig->loop);
    world_close(&rig->state);
}

pid_t rig_worker(struct rig *rig)
{
    pid_t pids[2];

    must_be(world_children(rig->world, &rig->world->work, "worker", pids, 2) == 1,
            "the pool is not of one process");
    return pids[0];
}

/* ---- commands ---- */

const char **rig_response_urls(struct rig *rig, const char *channel, size_t count)
{
    struct world *world = rig->world;
    const char **urls = arena_array(world->arena, const char *, count);
    const char *body =
        arena_printf(world->arena, "{\"channel\":\"%s\",\"user\":\"%s\"}", channel, USER);
    struct error err;

    for (size_t i = 0; i < count; i++)
        must_be(json_string(world_admin(world, "POST", "/response_urls", body), "response_url",
                            &urls[i], &err),
                "the sandbox gives a response_url otherwise");
    return urls;
}

static void on_accepted(void *arg, enum accepted result, const char *id, const struct error *err)
{
    bool *accepted = arg;

    (void)id;
    (void)err;
    must_be(result == ACCEPTED, "a command was not accepted");
    *accepted = true;
}

void rig_accept(struct rig *rig, const char *channel, const char *response_url)
{
    static int serial;
    char trigger[32];
    bool accepted = false;

    snprintf(trigger, sizeof(trigger), "bench.%d", ++serial);
    const struct command command = {
        .team_id = "T0RAIOX01",
        .channel_id = channel,
        .channel_name = "bench",
        .user_id = USER,
        .text = "",
        .response_url = response_url,
        .trigger_id = trigger,
    };
    queue_accept(rig->queue, &command, ACCEPT_MS, on_accepted, &accepted);
    while (!accepted)
        loop_turn(rig->loop, ACCEPT_MS);
}

static bool were_taken(struct world *world, void *arg)
{
    const int64_t *count = arg;

    return world_taken_count(world) >= *count;
}

void rig_wait_replies(struct rig *rig, int64_t count)
{
    world_wait(rig->world, were_taken, &count, "the replies did not come");
}

/* ---- what a process costs ---- */

double cpu_ms_of(pid_t pid)
{
    clockid_t clock;
    struct timespec spent;

    must_be(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &spent) == 0,
            "the kernel does not tell what a process has cost");
    return (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6;
}

double memory_mib_of(pid_t pid, const char *field)
{
    char path[64], line[256];
    size_t len = strlen(field);
    long kib = -1;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    must_be(file != NULL, "the process is gone");
    while (kib < 0 && fgets(line, sizeof(line), file))
        if (strncmp(line, field, len) == 0 && line[len] == ':')
            kib = strtol(line + len + 1, NULL, 10);
    fclose(file);
    must_be(kib >= 0, "the kernel does not tell of memory");
    return (double)kib / 1024;
}

struct holding {
    pid_t pid;
    double most_mib;
};

static bool holds_no_more(struct world *world, void *arg)
{
    const struct holding *holding = arg;

    (void)world;
    return memory_mib_of(holding->pid, "VmRSS") <= holding->most_mib;
}

void rig_wait_memory(struct rig *rig, pid_t pid, double most_mib)
{
    world_wait(rig->world, holds_no_more, &(struct holding){ pid, most_mib },
               "the memory is not given back");
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double median_of(double *values, size_t count)
{
    qsort(values, count, sizeof(double), by_size);
    return values[count / 2];
}

static bool all_met = true;

void expect(bool met, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    puts(met ? "" : "  <-- NOT MET");
    fflush(stdout);
    all_met = all_met && met;
}

int verdict(void)
{
    return all_met ? EXIT_SUCCESS : EXIT_FAILURE;
}
