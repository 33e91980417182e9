/* The common part of report, clients and check. */
#include "bot/oneshot.h"

#include "base/clock.h"
#include "base/log.h"
#include "bot/private_redis.h"
#include "message/escape.h"

#include <stdio.h>
#include <string.h>

/* A Redis that does not answer by then is done without. */
#define REDIS_WAIT_MS 500

static void on_redis(void *arg, bool up, const struct error *err)
{
    struct oneshot *oneshot = arg;

    (void)up;
    (void)err;
    oneshot->redis_tried = true;
}

static void connect_redis(struct oneshot *oneshot)
{
    int64_t until_ms = clock_mono_ms() + REDIS_WAIT_MS;
    struct error err = { 0 };

    if (!oneshot->config.redis_url &&
        (!private_redis_is_there(oneshot->arena, &oneshot->config) ||
         !private_redis_address(oneshot->arena, &oneshot->config, &err)))
        return;
    oneshot->redis =
        redis_create(oneshot->loop, &oneshot->config.redis, "raiox", on_redis, oneshot);
    while (!oneshot->redis_tried && clock_mono_ms() < until_ms)
        loop_turn(oneshot->loop, (int)(until_ms - clock_mono_ms()));
}

static void on_upstream(void *observer, void *job_arg, const struct upstream_event *event)
{
    (void)observer;
    (void)job_arg;
    if (event->kind != ERR_NONE)
        LOG(LOG_DEBUG, "upstream", LOG_S("platform", event->platform), LOG_S("what", event->what),
            LOG_S("account", event->account), LOG_I("try", event->try),
            LOG_I("status", event->status), LOG_S("error", event->error));
}

void oneshot_begin(struct oneshot *oneshot, unsigned needs, int64_t job_ms, bool held)
{
    memset(oneshot, 0, sizeof(*oneshot));
    oneshot->arena = arena_create();
    config_load_or_exit(oneshot->arena, needs, &oneshot->config);
    log_init(oneshot->config.log_level, "cli");
    oneshot->loop = loop_create();
    connect_redis(oneshot);
    oneshot->cache = cache_create(oneshot->loop, oneshot->redis);
    oneshot->reporter = reporter_create(oneshot->loop, oneshot->cache, held ? oneshot->redis : NULL,
                                        &oneshot->config, on_upstream, NULL);
    oneshot->job =
        upstream_job_begin(reporter_upstream(oneshot->reporter), clock_mono_ms() + job_ms, NULL);
}

/* What was said is from outside, too. */
void oneshot_no_board(struct oneshot *oneshot, const char *command, const struct error *err)
{
    const char *said = text_terminal(oneshot->arena, err->log, 0), *mend = monday_mend(err->kind);

    if (mend)
        fprintf(stderr, "raiox %s: %s (%s)\n", command, mend, said);
    else
        fprintf(stderr, "raiox %s: Monday: %s\n", command, said);
}

void oneshot_end(struct oneshot *oneshot)
{
    upstream_job_end(oneshot->job);
    cache_destroy(oneshot->cache);
    reporter_destroy(oneshot->reporter);
    redis_destroy(oneshot->redis);
    loop_destroy(oneshot->loop);
    arena_destroy(oneshot->arena);
}
