/* The common part of report, clients and check. */
#include "bot/oneshot.h"

#include "base/clock.h"
#include "base/log.h"
#include "bot/private_redis.h"

#include <string.h>

/* A Redis that does not answer by then is done without. */
#define REDIS_WAIT_MS 500

static void on_redis(void *arg, bool up, const struct error *err)
{
    struct oneshot *oneshot = arg;

    (void)up;
    oneshot->redis_tried = true;
    if (err)
        oneshot->redis_error = *err;
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

void print_plain(FILE *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* U+0080 to U+009F, in UTF-8 */
            c++;
        else if (*c >= 0x20 && *c != 0x7f) {
            putc(*c, out);
            continue;
        }
        putc('?', out);
    }
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
