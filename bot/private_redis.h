/*
 * The Redis of `raiox run`: a redis-server of its own in RAIOX_STATE_DIR, on a unix socket alone,
 * every write on disk before it is acknowledged (appendfsync always).
 */
#ifndef RAIOX_BOT_PRIVATE_REDIS_H
#define RAIOX_BOT_PRIVATE_REDIS_H

#include "base/arena.h"
#include "base/error.h"
#include "bot/config.h"

#include <stdbool.h>

/*
 * Creates RAIOX_STATE_DIR (0700) and takes its lock: two would write over each other.
 * ret_dir   the directory for private_redis_exec()
 * ret_lock  the lock's descriptor; the lock is held until all who have it have ended, and the
 *           redis-server shall be one of them
 * errors    ERR_CONFIG: what stands in the way; ERR_UNAVAILABLE: there is no redis-server
 */
MUST_CHECK bool private_redis_prepare(struct arena *arena, const char *state_dir,
                                      const char **ret_dir, int *ret_lock, struct error *err);
/* In a child: becomes the redis-server. Returns 1 when there is none to run. */
int private_redis_exec(const char *dir);
/* Points config->redis at it, whether or not it runs now. */
MUST_CHECK bool private_redis_address(struct arena *arena, struct config *config,
                                      struct error *err);
/* Does it seem to run? For commands that can do without. */
bool private_redis_is_there(struct arena *arena, const struct config *config);

#endif
