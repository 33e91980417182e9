#include "tests/bench/whole.h"

#include "tests/bot/serve_rig.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

/* A response_url takes so many replies. */
#define URL_USES 5

/* Clients with small reports, each with a channel of its own (tests/sandbox/agency.json). */
static const char *const channels[] = { "C0123",      "C0GOLDEN9", "C0CLIENTE1", "C0HORIZONTE",
                                        "C0AURORA",   "C0FORCA",   "C0MARESIA",  "C0IRIS",
                                        "C0PAGINA",   "C0KIWI",    "C0SOGOOGLE", "C0SOMETA",
                                        "C0ACAIPRAIA" };

void whole_start(struct whole *whole, const char *variable)
{
    const char *const env[] = { "SLACK_SIGNING_SECRET=" RIG_SECRET, variable, NULL };
    static const char *const redis[] = { "--appendonly", "yes", "--appendfsync", "always", NULL };
    pid_t workers[WHOLE_WORKERS];

    *whole = (struct whole){ 0 };
    world_open(&whole->state);
    whole->world = world_start(
        &whole->state, &(struct world_options){ .parts = WORLD_SPLIT, .env = env, .redis = redis });
    whole->processes[0].name = "endpoint";
    whole->processes[0].pid = whole->world->serve.pid;
    whole->processes[1].name = "supervisor";
    whole->processes[1].pid = whole->world->work.pid;
    if (world_children(whole->world, &whole->world->work, NULL, workers, WHOLE_WORKERS) !=
        WHOLE_WORKERS)
        fatal("the pool has another size");
    for (size_t i = 0; i < WHOLE_WORKERS; i++) {
        whole->processes[2 + i].name = "worker";
        whole->processes[2 + i].pid = workers[i];
    }
}

void whole_stop(struct whole *whole)
{
    world_close(&whole->state);
}

static const char *response_url(struct world *world, const char *channel)
{
    const char *asked =
        arena_printf(world->arena, "{\"channel\":\"%s\",\"user\":\"U0ANALISTA\"}", channel);
    const char *url = NULL;
    struct error err;
    scoped_buf struct buf encoded;

    if (!json_string(world_admin(world, "POST", "/response_urls", asked), "response_url", &url,
                     &err))
        fatal("the sandbox gives a response_url otherwise");
    buf_init(&encoded, 4096);
    buf_urlencode(&encoded, url, strlen(url));
    return arena_strdup(world->arena, buf_cstr(&encoded));
}

static const char *request(struct world *world, const char *channel, const char *url)
{
    static int serial;

    return rig_command(
        world->arena,
        arena_printf(world->arena,
                     "token=t&team_id=T0RAIOX01&team_domain=agencia&channel_id=%s&channel_name=c"
                     "&user_id=U0ANALISTA&user_name=joana&command=%%2Fraiox&text="
                     "&api_app_id=A0RAIOXAPP&response_url=%s&trigger_id=whole.%d",
                     channel, url, serial++));
}

struct load *whole_send(struct whole *whole, size_t count)
{
    struct world *world = whole->world;
    struct arena *kept = world_moment_begin(world);
    const char **requests = arena_array(world->arena, const char *, count);
    const char *url = NULL, *channel = NULL;

    for (size_t i = 0; i < count; i++) {
        if (i % URL_USES == 0) {
            channel = channels[i / URL_USES % COUNT(channels)];
            url = response_url(world, channel);
        }
        requests[i] = request(world, channel, url);
    }
    struct load *load = load_create_of(requests, count);
    world_moment_end(world, kept);
    whole->sent += (int64_t)count;
    load_as_fast_as_it_goes(load, world->port, WHOLE_CONNECTIONS);
    return load;
}

static bool were_taken(struct world *world, void *arg)
{
    const struct whole *whole = arg;

    return world_taken_count(world) >= whole->sent;
}

void whole_wait_replies(struct whole *whole)
{
    struct arena *kept = world_moment_begin(whole->world);

    world_wait(whole->world, were_taken, whole, "a command was not answered");
    if (world_taken_count(whole->world) != whole->sent)
        fatal("a command was answered twice");
    world_moment_end(whole->world, kept);
}
