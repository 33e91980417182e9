/*
 * The list in the process is a copy of Redis' hash and of what Redis has not yet taken. Commands of
 * one connection are answered in their order: a hold whose writing was answered before a reading is
 * in what that reading brings, or somebody has deleted it.
 */
#include "platforms/holds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY BYTES("{raiox}:holds")
#define REDIS_MS 5000
#define REFRESH_MS 1000
/* No wait of ours is longer: what says so was not written by us. */
#define WAIT_MAX_MS ((long long)7 * 24 * 3600 * 1000)
/* Held at once; more are asked. */
#define HOLDS_MAX 256

struct item {
    struct item *next;
    char *name;
    struct hold hold;
    bool writing, shared; /* Redis is being told; has it */
};

/* A command under way. */
struct told {
    struct told *prev, *next;
    struct holds *holds; /* NULL: destroyed meanwhile */
    char *name;          /* of the hold that is written; NULL: a reading */
};

struct holds {
    struct loop *loop;
    struct redis *redis;
    struct item *items;
    int count;
    struct told *told;
    bool was_read, reading;
    int64_t read_ms; /* when it was last asked for */
};

static void *must(void *memory)
{
    if (!memory)
        fatal("out of memory");
    return memory;
}

struct holds *holds_create(struct loop *loop, struct redis *redis)
{
    struct holds *holds = must(calloc(1, sizeof(*holds)));

    holds->loop = loop;
    holds->redis = redis;
    return holds;
}

static void item_drop(struct holds *holds, struct item **at)
{
    struct item *item = *at;

    *at = item->next;
    holds->count--;
    free(item->name);
    free(item);
}

void holds_destroy(struct holds *holds)
{
    if (!holds)
        return;
    while (holds->items)
        item_drop(holds, &holds->items);
    for (struct told *told = holds->told; told; told = told->next)
        told->holds = NULL; /* its answer frees it */
    free(holds);
}

static struct item *item_find(struct holds *holds, const char *name)
{
    int64_t now = loop_now_ms(holds->loop);
    struct item *found = NULL;

    for (struct item **at = &holds->items; *at;) {
        if ((*at)->hold.until_ms <= now) {
            item_drop(holds, at);
            continue;
        }
        if (strcmp((*at)->name, name) == 0)
            found = *at;
        at = &(*at)->next;
    }
    return found;
}

/* NULL: too many. */
static struct item *item_add(struct holds *holds, const char *name, const struct hold *hold)
{
    if (holds->count >= HOLDS_MAX)
        return NULL;
    struct item *item = must(calloc(1, sizeof(*item)));
    item->name = must(strdup(name));
    item->hold = *hold;
    item->next = holds->items;
    holds->items = item;
    holds->count++;
    return item;
}

/* ---- what Redis is told and asked ---- */

/* On nobody's behalf: who began it may be gone when Redis answers. */
static void tell(struct holds *holds, struct redis_script *script, redis_reply_fn *done,
                 const char *name, size_t count, const struct bytes *words)
{
    struct told *told = must(calloc(1, sizeof(*told)));
    void *context = loop_context_swap(holds->loop, NULL);

    told->holds = holds;
    told->name = name ? must(strdup(name)) : NULL;
    told->next = holds->told;
    if (told->next)
        told->next->prev = told;
    holds->told = told;
    redis_script(holds->redis, script, REDIS_MS, done, told, 1, count, words);
    loop_context_swap(holds->loop, context);
}

/* The holds that it was for, or NULL. */
static struct holds *told_end(struct told *told)
{
    struct holds *holds = told->holds;

    if (holds) {
        *(told->prev ? &told->prev->next : &holds->told) = told->next;
        if (told->next)
            told->next->prev = told->prev;
    }
    free(told->name);
    free(told);
    return holds;
}

static void on_written(void *arg, const redisReply *reply, const struct error *err)
{
    struct told *told = arg;
    struct item *item = told->holds ? item_find(told->holds, told->name) : NULL;

    (void)reply;
    if (item) {
        item->writing = false;
        item->shared = !err; /* else it is told again behind the next reading */
    }
    told_end(told);
}

static void item_write(struct holds *holds, struct item *item)
{
    /* The key ends with the hold that ends last. */
    static struct redis_script write = {
        .source = "local t = redis.call('TIME') "
                  "local now = t[1] * 1000 + math.floor(t[2] / 1000) "
                  "redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %.0f %s', "
                  "now + ARGV[2], now + ARGV[3], ARGV[4])) "
                  "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then "
                  "redis.call('PEXPIRE', KEYS[1], ARGV[2]) end "
                  "return 1",
    };
    int64_t now = loop_now_ms(holds->loop);
    const struct error *err = &item->hold.err;
    char held[24], wait[24], what[sizeof(err->user) + sizeof(err->log) + 32];

    snprintf(held, sizeof(held), "%" PRId64, item->hold.until_ms - now);
    snprintf(wait, sizeof(wait), "%" PRId64, item->hold.wait_until_ms - now);
    snprintf(what, sizeof(what), "%s\n%s\n%s", error_kind_name(err->kind), err->user, err->log);
    const struct bytes words[] = { KEY, bytes_of(item->name), bytes_of(held), bytes_of(wait),
                                   bytes_of(what) };
    item->writing = true;
    tell(holds, &write, on_written, item->name, COUNT(words), words);
}

static bool kind_of_name(const char *name, size_t len, enum err_kind *ret)
{
    for (enum err_kind kind = ERR_NONE; kind < ERR_KINDS; kind++) {
        const char *other = error_kind_name(kind);
        if (strlen(other) == len && memcmp(other, name, len) == 0) {
            *ret = kind;
            return true;
        }
    }
    return false;
}

/* "kind\nuser\nlog". false: not ours, or of a kind that is never held. */
static bool read_what(const char *what, struct error *ret)
{
    const char *user = strchr(what, '\n'), *log = user ? strchr(user + 1, '\n') : NULL;
    enum err_kind kind;

    if (!log || !kind_of_name(what, (size_t)(user - what), &kind) ||
        !(error_may_pass(kind) || kind == ERR_AUTH))
        return false;
    error_set(ret, kind, "%s", log + 1);
    snprintf(ret->user, sizeof(ret->user), "%.*s", (int)(log - user - 1), user + 1);
    return true;
}

/* Name, what is left of it and of the host's wait in ms, why. */
static void take_one(struct holds *holds, redisReply *const *fields)
{
    struct hold hold = { 0 };
    int64_t now = loop_now_ms(holds->loop);

    if (fields[0]->type != REDIS_REPLY_STRING || fields[1]->type != REDIS_REPLY_INTEGER ||
        fields[2]->type != REDIS_REPLY_INTEGER || fields[3]->type != REDIS_REPLY_STRING ||
        fields[1]->integer > WAIT_MAX_MS || fields[2]->integer > WAIT_MAX_MS ||
        !read_what(fields[3]->str, &hold.err))
        return;
    hold.until_ms = now + fields[1]->integer;
    hold.wait_until_ms = now + fields[2]->integer;
    struct item *item = item_find(holds, fields[0]->str);
    if (item)
        item->hold = hold;
    else
        item = item_add(holds, fields[0]->str, &hold);
    if (item)
        item->shared = true;
}

static void on_read(void *arg, const redisReply *reply, const struct error *err)
{
    struct holds *holds = told_end(arg);

    if (!holds)
        return;
    holds->reading = false;
    if (err || reply->type != REDIS_REPLY_ARRAY)
        return;
    for (struct item **at = &holds->items; *at;)
        if ((*at)->shared)
            item_drop(holds, at);
        else
            at = &(*at)->next;
    for (size_t i = 0; i + 3 < reply->elements; i += 4)
        take_one(holds, reply->element + i);
    for (struct item *item = holds->items; item; item = item->next)
        if (!item->shared && !item->writing)
            item_write(holds, item);
}

void holds_refresh(struct holds *holds)
{
    static struct redis_script read = {
        .source = "local t = redis.call('TIME') "
                  "local now = t[1] * 1000 + math.floor(t[2] / 1000) "
                  "local all, live = redis.call('HGETALL', KEYS[1]), {} "
                  "for i = 1, #all, 2 do "
                  "local till, wait, what = string.match(all[i + 1], '^(%d+) (%d+) (.*)$') "
                  "if till and tonumber(till) > now then "
                  "for _, field in ipairs({all[i], till - now, wait - now, what}) do "
                  "live[#live + 1] = field end "
                  "else redis.call('HDEL', KEYS[1], all[i]) end "
                  "end "
                  "return live",
    };
    int64_t now = loop_now_ms(holds->loop);

    if (!holds->redis || holds->reading || (holds->was_read && now - holds->read_ms < REFRESH_MS))
        return;
    holds->was_read = holds->reading = true;
    holds->read_ms = now;
    tell(holds, &read, on_read, NULL, 1, &KEY);
}

/* ---- what others call ---- */

bool holds_none(const struct holds *holds)
{
    return !holds->items;
}

const struct hold *holds_find(struct holds *holds, const char *name)
{
    struct item *item = item_find(holds, name);

    return item ? &item->hold : NULL;
}

void holds_add(struct holds *holds, const char *name, const struct error *err, int64_t held_ms,
               int64_t wait_ms)
{
    int64_t now = loop_now_ms(holds->loop);
    const struct hold hold = { now + held_ms, now + wait_ms, *err };

    if (item_find(holds, name))
        return;
    struct item *item = item_add(holds, name, &hold);
    if (item && holds->redis)
        item_write(holds, item);
}
