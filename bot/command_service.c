/* run, serve, work: the commands that stay. */
#include "bot/commands.h"

#include "base/log.h"
#include "bot/config.h"
#include "bot/endpoint.h"
#include "bot/meters.h"
#include "bot/private_redis.h"
#include "bot/serve.h"
#include "bot/supervisor.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int could_not(const struct error *err)
{
    fprintf(stderr, "raiox: %s\n", err->log);
    return err->kind == ERR_CONFIG ? EX_CONFIG : 1;
}

int command_serve(int argc, char **argv)
{
    scoped_arena struct arena *arena = arena_create();
    struct config config;
    struct error err = { 0 };
    int port = 0;

    (void)argv;
    if (argc > 1)
        return command_usage("serve", "no arguments");
    config_load_or_exit(arena, CONFIG_NEEDS_SLACK | CONFIG_NEEDS_REDIS, &config);
    log_init(config.log_level, "serve");
    int fd = endpoint_listen(&config.listen, &port, &err);
    if (fd < 0) {
        error_wrap(&err, "RAIOX_LISTEN");
        return could_not(&err);
    }
    struct metrics *metrics = meters_create(-1);
    int status = serve(&config, metrics, METERS_OF_ENDPOINT, fd, port);
    metrics_destroy(metrics);
    return status;
}

int command_work(int argc, char **argv)
{
    scoped_arena struct arena *arena = arena_create();
    bool check = argc == 2 && strcmp(argv[1], "--check-config") == 0;
    struct config config;

    if (argc > 1 && !check)
        return command_usage("work", "--check-config or nothing");
    config_load_or_exit(arena, CONFIG_NEEDS_REDIS | CONFIG_NEEDS_MONDAY, &config);
    if (check)
        return EX_OK;
    log_init(config.log_level, "work");
    return supervisor(
        &config, &(struct supervisor_options){ .endpoint_fd = -1,
                                               .argv = argv - 1 }); /* main() cut the name off */
}

int command_run(int argc, char **argv)
{
    scoped_arena struct arena *arena = arena_create();
    struct supervisor_options options = { 0 };
    struct config config;
    struct error err = { 0 };

    (void)argv;
    if (argc > 1)
        return command_usage("run", "no arguments");
    config_load_or_exit(arena, CONFIG_NEEDS_SLACK | CONFIG_NEEDS_MONDAY, &config);
    log_init(config.log_level, "run");
    if (!config.redis_url && (!private_redis_address(arena, &config, &err) ||
                              !private_redis_prepare(arena, config.state_dir, &options.redis_dir,
                                                     &options.redis_lock, &err)))
        return could_not(&err);
    options.endpoint_fd = endpoint_listen(&config.listen, &options.endpoint_port, &err);
    if (options.endpoint_fd < 0) {
        error_wrap(&err, "RAIOX_LISTEN");
        return could_not(&err);
    }
    return supervisor(&config, &options);
}
