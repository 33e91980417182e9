/*
 * What all workers remember together: values under a name in Redis ("{raiox}:cache:" + name) for
 * some seconds, with a copy in the process. Everything works without Redis (then only this process
 * remembers).
 */
#ifndef RAIOX_BASE_CACHE_H
#define RAIOX_BASE_CACHE_H

#include "base/bytes.h"
#include "base/redis.h"

struct cache;
/* redis may be NULL: `raiox report` on a machine without one. */
struct cache *cache_create(struct loop *loop, struct redis *redis);
/* No callback runs any more. Before its redis; not from a callback. NULL is fine. */
void cache_destroy(struct cache *cache);

/*
 * value has data NULL when nothing is remembered (or Redis does not answer within 500 ms); it is
 * borrowed until the callback returns, whatever the callback puts or drops. age_ms: since put.
 */
typedef void cache_value_fn(void *arg, struct bytes value, int64_t age_ms);
/*
 * The callback never runs inside the call. A copy in the process answers while it is younger than
 * ttl, whatever others have put or dropped meanwhile.
 */
void cache_get(struct cache *cache, const char *name, cache_value_fn *done, void *arg);
/* ttl_ms 0: forget it. */
void cache_put(struct cache *cache, const char *name, struct bytes value, int64_t ttl_ms);
void cache_drop(struct cache *cache, const char *name);

/*
 * One of all processes at a time does the thing of this name: got says whether it is this one,
 * until cache_release() or ttl_ms; who holds it renews it by claiming again. done may be NULL.
 * Without Redis (none, away, silent for 500 ms) everybody gets it.
 */
typedef void cache_claim_fn(void *arg, bool got);
void cache_claim(struct cache *cache, const char *name, int64_t ttl_ms, cache_claim_fn *done,
                 void *arg);
void cache_release(struct cache *cache, const char *name);

#endif
