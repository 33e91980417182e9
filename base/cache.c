/*
 * In Redis a value is its time to live in ms, a line break and the bytes: with what Redis says is
 * left of it that gives its age, whatever the clocks of the hosts show.
 */
#include "base/cache.h"

#include "base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define KEY_PREFIX "{raiox}:cache:"
#define CLAIM_PREFIX "{raiox}:claim:"

/* How long a caller waits for Redis; and when a connection without an answer counts as dead, which
 * is another matter, for others use it too. */
#define ANSWER_MS 500
#define REDIS_MS 5000

/* Copies of all values in this process, and one value; a larger one is not remembered at all. */
#define COPIES_MAX ((size_t)32 << 20)
#define VALUE_MAX ((size_t)8 << 20)

#define SWEEP_MS 10000
#define SLOTS 256

struct copy {
    struct copy *chain;       /* in its slot */
    struct copy *prev, *next; /* the least recently put first */
    char *name;
    char *data;
    size_t len;
    int64_t put_ms, ttl_ms; /* monotonic */
};

struct ask {
    struct cache *cache; /* NULL: destroyed meanwhile, nobody is told */
    struct ask *prev, *next;
    struct loop_timer timer;
    cache_value_fn *done;
    cache_claim_fn *claimed; /* instead of done: it asks for a claim */
    void *arg, *context;
    bool got;      /* the claim: everybody's, unless Redis says that it is another's */
    bool in_redis; /* its callback is still to come */
    bool told;
    char name[];
};

struct cache {
    struct loop *loop;
    struct redis *redis;
    struct copy *slots[SLOTS];
    struct copy *oldest, *newest;
    size_t bytes;
    int64_t swept_ms;
    struct ask *asks;
    struct copy *lent; /* to the callback that runs */
    bool lent_dropped;
    char token[33]; /* what our claims hold: no other process' do */
};

static void *must(void *memory)
{
    if (!memory)
        fatal("out of memory");
    return memory;
}

/* ---- copies in the process ---- */

static struct copy **copy_slot(struct cache *cache, const char *name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    struct copy **at = &cache->slots[hash % SLOTS];
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->chain;
    return at;
}

static void copy_free(struct copy *copy)
{
    free(copy->name);
    free(copy->data);
    free(copy);
}

static void copy_drop(struct cache *cache, struct copy *copy)
{
    *copy_slot(cache, copy->name) = copy->chain;
    *(copy->prev ? &copy->prev->next : &cache->oldest) = copy->next;
    *(copy->next ? &copy->next->prev : &cache->newest) = copy->prev;
    cache->bytes -= copy->len;
    if (cache->lent == copy)
        cache->lent_dropped = true;
    else
        copy_free(copy);
}

static bool copy_lives(const struct copy *copy, int64_t now_ms)
{
    return now_ms - copy->put_ms < copy->ttl_ms;
}

static void sweep(struct cache *cache, int64_t now_ms)
{
    struct copy *next = NULL;

    if (now_ms - cache->swept_ms < SWEEP_MS)
        return;
    cache->swept_ms = now_ms;
    for (struct copy *copy = cache->oldest; copy; copy = next) {
        next = copy->next;
        if (!copy_lives(copy, now_ms))
            copy_drop(cache, copy);
    }
}

static struct copy *copy_find(struct cache *cache, const char *name)
{
    struct copy *copy = *copy_slot(cache, name);
    return copy && copy_lives(copy, clock_mono_ms()) ? copy : NULL;
}

static struct copy *copy_put(struct cache *cache, const char *name, struct bytes value,
                             int64_t age_ms, int64_t ttl_ms)
{
    int64_t now_ms = clock_mono_ms();
    struct copy *copy = *copy_slot(cache, name);

    if (copy)
        copy_drop(cache, copy);
    sweep(cache, now_ms);
    while (cache->oldest && cache->bytes > COPIES_MAX - value.len)
        copy_drop(cache, cache->oldest);

    copy = must(calloc(1, sizeof(*copy)));
    copy->name = must(strdup(name));
    copy->data = must(malloc(value.len + 1));
    if (value.len > 0)
        memcpy(copy->data, value.data, value.len);
    copy->data[value.len] = '\0';
    copy->len = value.len;
    copy->put_ms = now_ms - age_ms;
    copy->ttl_ms = ttl_ms;
    *copy_slot(cache, name) = copy;
    copy->prev = cache->newest;
    *(copy->prev ? &copy->prev->next : &cache->oldest) = copy;
    cache->newest = copy;
    cache->bytes += value.len;
    return copy;
}

/* ---- asking ---- */

static void ask_free(struct ask *ask)
{
    if (ask->cache) {
        loop_timer_stop(ask->cache->loop, &ask->timer);
        *(ask->prev ? &ask->prev->next : &ask->cache->asks) = ask->next;
        if (ask->next)
            ask->next->prev = ask->prev;
    }
    free(ask);
}

/* What is remembered here, or that nothing is. */
static void tell_value(struct cache *cache, const struct ask *ask)
{
    struct copy *copy = copy_find(cache, ask->name);

    cache->lent = copy;
    cache->lent_dropped = false;
    if (copy)
        ask->done(ask->arg, (struct bytes){ copy->data, copy->len },
                  clock_mono_ms() - copy->put_ms);
    else
        ask->done(ask->arg, (struct bytes){ NULL, 0 }, 0);
    cache->lent = NULL;
    if (cache->lent_dropped)
        copy_free(copy);
}

/* ask lives on if Redis still has it. */
static void ask_tell(struct ask *ask)
{
    struct cache *cache = ask->cache;
    void *old = loop_context_swap(cache->loop, ask->context);

    ask->told = true;
    if (ask->claimed)
        ask->claimed(ask->arg, ask->got);
    else
        tell_value(cache, ask);
    loop_context_swap(cache->loop, old);
    if (!ask->in_redis)
        ask_free(ask);
}

static void on_answer_time(void *arg)
{
    ask_tell(arg);
}

/* "ttl\nbytes" and what is left of it in ms. false: not a value of ours, or over. */
static bool read_value(const redisReply *reply, struct bytes *ret, int64_t *ret_age_ms,
                       int64_t *ret_ttl_ms)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_INTEGER || reply->element[1]->integer <= 0)
        return false;
    const char *text = reply->element[0]->str;
    const char *line_end = memchr(text, '\n', reply->element[0]->len);
    int64_t ttl_ms = 0, left_ms = reply->element[1]->integer;

    if (!line_end || !text_int64(text, (size_t)(line_end - text), &ttl_ms) || ttl_ms < left_ms)
        return false;
    *ret = (struct bytes){ line_end + 1, reply->element[0]->len - (size_t)(line_end + 1 - text) };
    *ret_age_ms = ttl_ms - left_ms;
    *ret_ttl_ms = ttl_ms;
    return ret->len <= VALUE_MAX;
}

static void on_redis_value(void *arg, const redisReply *reply, const struct error *err)
{
    struct ask *ask = arg;
    struct bytes value = { 0 };
    int64_t age_ms = 0, ttl_ms = 0;

    ask->in_redis = false;
    if (!ask->cache || ask->told) {
        ask_free(ask);
        return;
    }
    /* A copy that was put while Redis was being asked is newer than its answer. */
    if (!err && !copy_find(ask->cache, ask->name) && read_value(reply, &value, &age_ms, &ttl_ms))
        copy_put(ask->cache, ask->name, value, age_ms, ttl_ms);
    ask_tell(ask);
}

static struct ask *ask_create(struct cache *cache, const char *name, void *arg)
{
    size_t size = strlen(name) + 1;
    struct ask *ask = must(calloc(1, sizeof(*ask) + size));

    memcpy(ask->name, name, size);
    ask->cache = cache;
    ask->arg = arg;
    ask->context = loop_context(cache->loop);
    ask->next = cache->asks;
    if (ask->next)
        ask->next->prev = ask;
    cache->asks = ask;
    return ask;
}

/* prefix and name. malloc. */
static char *key_of(const char *prefix, const char *name)
{
    char *key = NULL;

    if (asprintf(&key, "%s%s", prefix, name) < 0)
        fatal("out of memory");
    return key;
}

/* Waits for Redis no longer than ANSWER_MS; on nobody's behalf, for the asker may be gone when
 * Redis answers late. */
static void ask_redis(struct ask *ask, struct redis_script *script, redis_reply_fn *done,
                      size_t count, const struct bytes *words)
{
    struct cache *cache = ask->cache;

    loop_timer_start(cache->loop, &ask->timer, ANSWER_MS, on_answer_time, ask);
    void *old = loop_context_swap(cache->loop, NULL);
    ask->in_redis = true;
    redis_script(cache->redis, script, REDIS_MS, done, ask, 1, count, words);
    loop_context_swap(cache->loop, old);
}

void cache_get(struct cache *cache, const char *name, cache_value_fn *done, void *arg)
{
    static struct redis_script get = {
        .source = "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}",
    };
    struct ask *ask = ask_create(cache, name, arg);

    ask->done = done;
    if (!cache->redis || copy_find(cache, name)) {
        loop_timer_start(cache->loop, &ask->timer, 0, on_answer_time, ask);
        return;
    }
    char *key = key_of(KEY_PREFIX, name);
    ask_redis(ask, &get, on_redis_value, 1, &(struct bytes){ key, strlen(key) });
    free(key);
}

void cache_put(struct cache *cache, const char *name, struct bytes value, int64_t ttl_ms)
{
    char head[32], ttl[24];

    if (ttl_ms <= 0 || value.len > VALUE_MAX) {
        cache_drop(cache, name);
        return;
    }
    copy_put(cache, name, value, 0, ttl_ms);
    if (!cache->redis)
        return;
    scoped_buf struct buf out;
    buf_init(&out, VALUE_MAX + sizeof(head));
    buf_add(&out, head, (size_t)snprintf(head, sizeof(head), "%" PRId64 "\n", ttl_ms));
    buf_add(&out, value.data, value.len);
    snprintf(ttl, sizeof(ttl), "%" PRId64, ttl_ms);
    char *key = key_of(KEY_PREFIX, name);
    struct bytes words[] = {
        BYTES("SET"), bytes_of(key), { out.data, out.len }, BYTES("PX"), bytes_of(ttl),
    };
    redis_command(cache->redis, REDIS_MS, NULL, NULL, COUNT(words), words);
    free(key);
}

void cache_drop(struct cache *cache, const char *name)
{
    struct copy *copy = *copy_slot(cache, name);

    if (copy)
        copy_drop(cache, copy);
    if (!cache->redis)
        return;
    char *key = key_of(KEY_PREFIX, name);
    struct bytes words[] = { BYTES("DEL"), bytes_of(key) };
    redis_command(cache->redis, REDIS_MS, NULL, NULL, COUNT(words), words);
    free(key);
}

/* ---- claims ---- */

static void on_redis_claim(void *arg, const redisReply *reply, const struct error *err)
{
    struct ask *ask = arg;

    ask->in_redis = false;
    if (!ask->cache || ask->told) {
        ask_free(ask);
        return;
    }
    ask->got = err || reply->type != REDIS_REPLY_INTEGER || reply->integer == 1;
    ask_tell(ask);
}

static void on_nothing(void *arg, bool got)
{
    (void)arg;
    (void)got;
}

void cache_claim(struct cache *cache, const char *name, int64_t ttl_ms, cache_claim_fn *done,
                 void *arg)
{
    static struct redis_script claim = {
        .source = "local holder = redis.call('GET', KEYS[1]) "
                  "if holder and holder ~= ARGV[1] then return 0 end "
                  "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) "
                  "return 1",
    };
    struct ask *ask = ask_create(cache, name, arg);
    char ttl[24];

    ask->claimed = done ? done : on_nothing;
    ask->got = true;
    if (!cache->redis) {
        loop_timer_start(cache->loop, &ask->timer, 0, on_answer_time, ask);
        return;
    }
    snprintf(ttl, sizeof(ttl), "%" PRId64, ttl_ms);
    char *key = key_of(CLAIM_PREFIX, name);
    struct bytes words[] = { bytes_of(key), bytes_of(cache->token), bytes_of(ttl) };
    ask_redis(ask, &claim, on_redis_claim, COUNT(words), words);
    free(key);
}

void cache_release(struct cache *cache, const char *name)
{
    static struct redis_script release = {
        .source = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end "
                  "return 1",
    };

    if (!cache->redis)
        return;
    char *key = key_of(CLAIM_PREFIX, name);
    struct bytes words[] = { bytes_of(key), bytes_of(cache->token) };
    redis_script(cache->redis, &release, REDIS_MS, NULL, NULL, 1, COUNT(words), words);
    free(key);
}

struct cache *cache_create(struct loop *loop, struct redis *redis)
{
    struct cache *cache = must(calloc(1, sizeof(*cache)));

    cache->loop = loop;
    cache->redis = redis;
    uint64_t random[2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        fatal("getrandom");
    snprintf(cache->token, sizeof(cache->token), "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
    return cache;
}

void cache_destroy(struct cache *cache)
{
    if (!cache)
        return;
    assert(!cache->lent);
    while (cache->asks) {
        struct ask *ask = cache->asks;
        bool in_redis = ask->in_redis;
        loop_timer_stop(cache->loop, &ask->timer);
        cache->asks = ask->next;
        ask->cache = NULL;
        if (!in_redis)
            free(ask);
    }
    for (struct copy *copy = cache->oldest; copy;) {
        struct copy *next = copy->next;
        copy_free(copy);
        copy = next;
    }
    free(cache);
}
