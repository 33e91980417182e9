/* One question to the queue, from a terminal. */
#include "bot/looking.h"

#include "base/clock.h"
#include "base/log.h"
#include "bot/private_redis.h"
#include "message/escape.h"

#include <inttypes.h>
#include <stdio.h>

/* Bad news ends the waiting at once: whoever looks wants to know that, too. */
static void on_redis(void *arg, bool up, const struct error *err)
{
    struct looking *looking = arg;

    if (!up && err)
        (void)looking_is_answer(looking, err);
}

/* A wrong or missing address is told in a line, as all that cannot be done. */
static bool find_redis(struct looking *looking)
{
    struct config *config = &looking->config;
    struct error err = { 0 };

    if (config->redis_url)
        return true;
    if (!private_redis_is_there(looking->arena, config)) {
        fprintf(stderr,
                "raiox %s: there is no queue to look at: REDIS_URL is empty, and no raiox run "
                "has its Redis in %s (RAIOX_STATE_DIR)\n",
                looking->command, config->state_dir);
        return false;
    }
    if (!private_redis_address(looking->arena, config, &err)) {
        fprintf(stderr, "raiox %s: %s\n", looking->command, err.log);
        return false;
    }
    return true;
}

bool looking_begin(struct looking *looking, const char *command)
{
    *looking = (struct looking){ .arena = arena_create(), .command = command, .status = 1 };
    config_load_or_exit(looking->arena, 0, &looking->config);
    log_init(looking->config.log_level, "cli");
    if (!find_redis(looking)) {
        arena_destroy(looking->arena);
        return false;
    }
    looking->loop = loop_create();
    looking->queue = queue_create(looking->loop, &looking->config.redis, NULL, on_redis, looking);
    return true;
}

int looking_wait(struct looking *looking)
{
    if (!looking->over)
        loop_run(looking->loop);
    return looking->status;
}

void looking_answered(struct looking *looking, int status)
{
    looking->over = true;
    looking->status = status;
    loop_stop(looking->loop);
}

bool looking_is_answer(struct looking *looking, const struct error *err)
{
    if (looking->over)
        return false;
    if (!err)
        return true;
    fprintf(stderr, "raiox %s: Redis does not answer: %s\n", looking->command,
            text_terminal(looking->arena, err->log, 0));
    looking_answered(looking, 1);
    return false;
}

void looking_end(struct looking *looking)
{
    looking->over = true;
    queue_destroy(looking->queue);
    loop_destroy(looking->loop);
    arena_destroy(looking->arena);
}

/* ---- words ---- */

const char *looking_span(struct arena *arena, int64_t ms)
{
    int64_t s = ms / 1000;

    if (ms < 0)
        return "0 ms";
    if (s < 1)
        return arena_printf(arena, "%" PRId64 " ms", ms);
    if (s < 10)
        return arena_printf(arena, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
    if (s < 60)
        return arena_printf(arena, "%" PRId64 " s", s);
    if (s < 3600)
        return arena_printf(arena, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    if (s < (int64_t)48 * 3600)
        return arena_printf(arena, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    return arena_printf(arena, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

const char *looking_utc(struct arena *arena, int64_t real_ms)
{
    char text[32];

    clock_format_utc(real_ms, text);
    return arena_strdup(arena, text);
}

const char *looking_text(struct arena *arena, const char *text, size_t max)
{
    return text && *text ? text_terminal(arena, text, max) : "-";
}

const char *looking_typed(struct arena *arena, const char *text, size_t max)
{
    return text && *text ? arena_printf(arena, "/raiox %s", text_terminal(arena, text, max))
                         : "/raiox";
}
