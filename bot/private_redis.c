/* Directories, the lock, and redis-server's arguments. */
#include "bot/private_redis.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NO_SERVER                                                                                  \
    "redis-server cannot be started: install it (apt-get install redis-server) or set REDIS_URL"
#define LOCK_TRIES 20
#define LOCK_AGAIN_MS 100

static const char *absolute(struct arena *arena, const char *dir)
{
    char cwd[4096];

    if (dir[0] == '/' || !getcwd(cwd, sizeof(cwd)))
        return dir;
    return arena_printf(arena, "%s/%s", cwd, strncmp(dir, "./", 2) == 0 ? dir + 2 : dir);
}

static const char *socket_path(struct arena *arena, const char *state_dir)
{
    return arena_printf(arena, "%s/redis.sock", absolute(arena, state_dir));
}

/* mkdir -p, the last one 0700, written with a slash behind it or without. */
static bool make_dirs(struct arena *arena, const char *dir, struct error *err)
{
    char *path = arena_strdup(arena, dir);
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return error_set(err, ERR_CONFIG, "RAIOX_STATE_DIR: %s: %s", path, strerror(errno));
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set(err, ERR_CONFIG, "RAIOX_STATE_DIR: %s: %s", path, strerror(errno));
    return true;
}

/* Is the program where execlp() would look for it? */
static bool is_in_path(struct arena *arena, const char *program)
{
    const char *at = getenv("PATH");

    while (at && *at) {
        size_t len = strcspn(at, ":");
        if (access(arena_printf(arena, "%.*s/%s", (int)len, at, program), X_OK) == 0)
            return true;
        at += len + (at[len] == ':');
    }
    return false;
}

/* The redis-server of a run that was killed holds the lock until it has ended, in a moment. */
static bool take_lock(int fd)
{
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        poll(NULL, 0, LOCK_AGAIN_MS);
    }
    return false;
}

bool private_redis_prepare(struct arena *arena, const char *state_dir, const char **ret_dir,
                           int *ret_lock, struct error *err)
{
    const char *dir = absolute(arena, state_dir);
    const char *lock = arena_printf(arena, "%s/lock", dir);

    if (!is_in_path(arena, "redis-server"))
        return error_set(err, ERR_UNAVAILABLE, NO_SERVER);
    if (!make_dirs(arena, dir, err))
        return false;
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, ERR_CONFIG, "RAIOX_STATE_DIR: %s: %s", lock, strerror(errno));
    if (!take_lock(fd)) {
        close(fd);
        return error_set(err, ERR_CONFIG, "RAIOX_STATE_DIR: %s is in use by another raiox run",
                         dir);
    }
    *ret_dir = dir;
    *ret_lock = fd;
    return true;
}

int private_redis_exec(const char *dir)
{
    if (chdir(dir) != 0) {
        fprintf(stderr, "raiox: %s: %s\n", dir, strerror(errno));
        return 1;
    }
    umask(077); /* response_urls are secrets, even in a folder that somebody else has made */
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "redis.sock",
           "--unixsocketperm", "700", "--dir", dir, "--appendonly", "yes", "--appendfsync",
           "always", "--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no",
           "--logfile", "redis.log", (char *)NULL);
    fprintf(stderr, "raiox: " NO_SERVER "\n");
    return 1;
}

bool private_redis_address(struct arena *arena, struct config *config, struct error *err)
{
    const char *path = socket_path(arena, config->state_dir);
    const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (strlen(path) > most)
        return error_set(err, ERR_CONFIG,
                         "RAIOX_STATE_DIR: its path is too long for a unix socket (%zu bytes, at "
                         "most %zu with /redis.sock): name a shorter one",
                         strlen(path), most);
    config->redis = (struct redis_address){ .port = 0 };
    snprintf(config->redis.path, sizeof(config->redis.path), "%s", path);
    return true;
}

bool private_redis_is_there(struct arena *arena, const struct config *config)
{
    return access(socket_path(arena, config->state_dir), R_OK | W_OK) == 0;
}
