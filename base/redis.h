/*
 * A Redis connection on the loop: hiredis' buffers and parser with what it lacks (time-outs,
 * reconnecting, scripts by their hash). What one turn says goes out as one write. While it is down
 * commands fail at once with ERR_UNAVAILABLE ("not connected: ..."); it reconnects by itself, first
 * after 100 ms, at most every 2 s. A host name (not an address) is looked up at each connect,
 * beside the loop; a connection of a server that refuses to write because it was demoted is made
 * anew.
 */
#ifndef RAIOX_BASE_REDIS_H
#define RAIOX_BASE_REDIS_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/loop.h"

#include <hiredis/hiredis.h>

/* redis://[user:pass@]host:port/db, rediss://… (where hiredis has TLS), unix:///path?db=0. */
struct redis_address {
    char host[256]; /* empty: path */
    int port;
    char path[108];
    char user[128], password[512];
    int db;
    bool tls;
};
/* ERR_CONFIG with what it takes; never repeats the URL, which may hold a password. */
MUST_CHECK bool redis_address_parse(const char *url, struct redis_address *ret, struct error *err);

struct redis;
/*
 * on_state: came up (err NULL) or went away or could not be reached (err): once, not for every
 * attempt, and again when the reason changes its kind. Not called inside create.
 */
typedef void redis_state_fn(void *arg, bool up, const struct error *err);
/* address is copied. name shows in CLIENT LIST. */
struct redis *redis_create(struct loop *loop, const struct redis_address *address, const char *name,
                           redis_state_fn *on_state, void *arg);
/*
 * Outstanding callbacks run with ERR_UNAVAILABLE; what they still command is dropped, callback and
 * all. Fine inside a callback. NULL is fine.
 */
void redis_destroy(struct redis *redis);
bool redis_up(const struct redis *redis);

/*
 * reply is borrowed until the callback returns; NULL when err is set. An error reply of Redis' own
 * ("-OOM …") comes as err: ERR_UNAVAILABLE for MISCONF, OOM, READONLY, LOADING, MASTERDOWN,
 * CLUSTERDOWN, TRYAGAIN, BUSY, UNBLOCKED, NOREPLICAS; ERR_AUTH for NOAUTH, WRONGPASS;
 * ERR_PERMISSION for NOPERM, also inside a script; else ERR_INTERNAL. err->log begins with Redis'
 * own word ("NOGROUP
 * ...").
 */
typedef void redis_reply_fn(void *arg, const redisReply *reply, const struct error *err);

/* Copies the words. The callback runs once, never inside this call. timeout_ms counts from now; on
 * expiry the connection is closed (ERR_TIMEOUT to it, all others outstanding get ERR_UNAVAILABLE).
 * done may be NULL. */
void redis_command(struct redis *redis, int64_t timeout_ms, redis_reply_fn *done, void *arg,
                   size_t count, const struct bytes *words);

/* A Lua script. Static: sha is filled on first use. Sent by hash, and whole when Redis does not
 * know it. */
struct redis_script {
    const char *source;
    char sha[41];
};
void redis_script(struct redis *redis, struct redis_script *script, int64_t timeout_ms,
                  redis_reply_fn *done, void *arg, size_t keys, size_t count,
                  const struct bytes *words);

#endif
