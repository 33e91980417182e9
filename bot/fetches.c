/*
 * One fetch a client, with a line of askers. Its steps: remembered? -> is somebody else at it? ->
 * remembered meanwhile? -> ask the platforms -> write the message -> remember it -> tell everybody
 * in the line.
 */
#include "bot/fetches.h"

#include "base/clock.h"
#include "base/json.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* Another process is at it: how often to look whether it is done. */
#define LOOK_AGAIN_MS 100
/* A process that dies at it stands in the way no longer than this; who lives renews. */
#define CLAIM_MS 3000
#define RENEW_MS 1000
/* A report with holes is there for those who wait in other processes, and soon gone. */
#define HOLES_MS 2000
/* Of a fetch, so many askers are named in the log. */
#define NAMED_MOST 32

struct wait {
    struct wait *next;
    struct fetch *fetch;
    const struct behalf *asker;
    fetched_fn *done;
    void *arg, *context;
};

struct fetch {
    struct fetch *next;
    struct fetches *fetches;
    struct arena *arena;
    const struct client *client;
    const char *name;         /* of the remembered message and of the claim */
    const char *holes_name;   /* of a message with holes: its copy must not hide a whole one */
    int64_t began_ms;         /* monotonic */
    struct upstream_job *job; /* NULL: the platforms are not being asked */
    bool claimed;
    bool waited; /* for another process */
    bool asking; /* the cache has a callback of ours outstanding */
    bool over;   /* nobody waits any more, and it goes with that callback */
    struct loop_timer timer;
    struct wait *waits;
    struct behalf behalf;
    int named;
    struct story story;
    struct telling telling; /* of that story, or whose a remembered report is */
};

struct fetches {
    struct loop *loop;
    struct cache *cache;
    struct reporter *reporter;
    const struct config *config;
    struct fetch *list;
};

static void step(void *arg);

struct fetches *fetches_create(struct loop *loop, struct cache *cache, struct reporter *reporter,
                               const struct config *config)
{
    struct fetches *fetches = calloc(1, sizeof(*fetches));

    if (!fetches)
        abort();
    *fetches =
        (struct fetches){ .loop = loop, .cache = cache, .reporter = reporter, .config = config };
    return fetches;
}

static void unlink_fetch(struct fetch *fetch)
{
    struct fetch **place = &fetch->fetches->list;

    while (*place != fetch)
        place = &(*place)->next;
    *place = fetch->next;
}

static void release_claim(struct fetch *fetch)
{
    if (fetch->claimed)
        cache_release(fetch->fetches->cache, fetch->name);
    fetch->claimed = false;
}

/* Ends a fetch that is out of the list; its memory waits for a callback of the cache, if one is
 * due. */
static void end_fetch(struct fetch *fetch)
{
    loop_timer_stop(fetch->fetches->loop, &fetch->timer);
    upstream_job_end(fetch->job);
    fetch->job = NULL;
    release_claim(fetch);
    fetch->over = true;
    if (!fetch->asking)
        arena_destroy(fetch->arena);
}

void fetches_destroy(struct fetches *fetches)
{
    if (!fetches)
        return;
    while (fetches->list) {
        struct fetch *fetch = fetches->list;
        fetches->list = fetch->next;
        fetch->asking = false; /* the cache goes before us and calls nobody any more */
        end_fetch(fetch);
    }
    free(fetches);
}

/* Tells everybody in the line, each in its own name, and ends. A callback may ask again: that is a
 * new fetch. */
static void deliver(struct fetch *fetch, const struct fetched *fetched, const struct error *err)
{
    struct loop *loop = fetch->fetches->loop;

    unlink_fetch(fetch);
    while (fetch->waits) {
        struct wait *wait = fetch->waits;
        fetch->waits = wait->next;
        wait->fetch = NULL;
        story_fetched(wait->asker->story, &fetch->telling, wait->asker->ids);
        void *old = loop_context_swap(loop, wait->context);
        wait->done(wait->arg, fetched, err);
        loop_context_swap(loop, old);
    }
    end_fetch(fetch);
}

/* ---- remembering ---- */

static const char *pack(struct arena *arena, const struct fetched *fetched,
                        const struct telling *telling)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "text", fetched->message.text);
    if (fetched->message.blocks)
        cJSON_AddStringToObject(root, "blocks", fetched->message.blocks);
    cJSON_AddBoolToObject(root, "complete", fetched->complete);
    cJSON_AddStringToObject(root, "made_by", telling->receipt);
    cJSON_AddNumberToObject(root, "made_ms", (double)telling->made_real_ms);
    return json_print(arena, root);
}

static bool unpack(struct arena *arena, struct bytes value, struct fetched *ret,
                   struct telling *ret_telling)
{
    struct error unread = { 0 };
    const cJSON *root = json_parse(arena, value.data, value.len, &unread);
    struct fetched got = { 0 };
    struct telling telling = { 0 };
    bool known;

    if (!root || !json_string(root, "text", &got.message.text, &unread) ||
        !json_string_opt(root, "blocks", &got.message.blocks, &unread) ||
        !json_string_opt(root, "made_by", &telling.receipt, &unread) ||
        !json_int_opt(root, "made_ms", &telling.made_real_ms, &known, &unread))
        return false;
    got.complete = cJSON_IsTrue(json_get(root, "complete"));
    *ret = got;
    *ret_telling = telling;
    return true;
}

static void remember(struct fetch *fetch, const struct fetched *fetched)
{
    int64_t ttl_ms = fetch->fetches->config->report_cache_ms;

    if (ttl_ms == 0)
        return;
    struct bytes packed = bytes_of(pack(fetch->arena, fetched, &fetch->telling));
    if (fetched->complete)
        cache_put(fetch->fetches->cache, fetch->name, packed, ttl_ms);
    else
        cache_put(fetch->fetches->cache, fetch->holes_name, packed, HOLES_MS);
}

/* ---- asking the platforms ---- */

static void on_report(void *arg, struct report *report, const struct error *err)
{
    struct fetch *fetch = arg;
    struct fetched fetched = { 0 };

    if (err) {
        deliver(fetch, NULL, err);
        return;
    }
    fetch->telling.made_real_ms = clock_real_ms();
    story_numbers(&fetch->story, report);
    fetched.message = message_report(fetch->arena, fetch->fetches->config->locale, report);
    fetched.complete = report_complete(report);
    remember(fetch, &fetched);
    deliver(fetch, &fetched, NULL);
}

/* Every second while the platforms are asked. */
static void renew(void *arg)
{
    struct fetch *fetch = arg;

    cache_claim(fetch->fetches->cache, fetch->name, CLAIM_MS, NULL, NULL);
    loop_timer_start(fetch->fetches->loop, &fetch->timer, RENEW_MS, renew, fetch);
}

static void ask_platforms(struct fetch *fetch)
{
    struct fetches *fetches = fetch->fetches;

    fetch->job = upstream_job_begin(reporter_upstream(fetches->reporter),
                                    clock_mono_ms() + REPORT_MS, &fetch->behalf);
    if (fetch->claimed)
        loop_timer_start(fetches->loop, &fetch->timer, RENEW_MS, renew, fetch);
    reporter_fetch(fetches->reporter, fetch->arena, fetch->client, fetch->job, on_report, fetch);
}

/* ---- the steps before ---- */

/* Was it given up while the cache was asked? Then it ends here. */
static bool gone(struct fetch *fetch)
{
    bool over = fetch->over;

    fetch->asking = false;
    if (over)
        arena_destroy(fetch->arena); /* the fetch is in it */
    return over;
}

static void look(struct fetch *fetch);

/* Who has the claim looks once more: what another process made meanwhile was remembered before its
 * claim was given up. */
static void on_claim(void *arg, bool got)
{
    struct fetch *fetch = arg;

    fetch->claimed = got;
    if (got && fetch->over)
        release_claim(fetch);
    if (gone(fetch))
        return;
    if (got) {
        look(fetch);
        return;
    }
    fetch->waited = true;
    loop_timer_start(fetch->fetches->loop, &fetch->timer, LOOK_AGAIN_MS, step, fetch);
}

/* Nothing is remembered. */
static void go_on(struct fetch *fetch)
{
    if (fetch->claimed) {
        ask_platforms(fetch);
        return;
    }
    fetch->asking = true;
    cache_claim(fetch->fetches->cache, fetch->name, CLAIM_MS, on_claim, fetch);
}

/* Gives what another process, or an earlier fetch of this one, has made. */
static bool deliver_remembered(struct fetch *fetch, struct bytes value)
{
    struct fetched fetched;
    struct telling telling;

    if (!value.data || !unpack(fetch->arena, value, &fetched, &telling))
        return false;
    fetch->telling = telling;
    deliver(fetch, &fetched, NULL);
    return true;
}

/* One with holes is for those alone who were waiting when it was made. */
static void on_holes(void *arg, struct bytes value, int64_t age_ms)
{
    struct fetch *fetch = arg;

    if (gone(fetch))
        return;
    if (age_ms >= clock_mono_ms() - fetch->began_ms || !deliver_remembered(fetch, value))
        go_on(fetch);
}

static void on_remembered(void *arg, struct bytes value, int64_t age_ms)
{
    struct fetch *fetch = arg;

    (void)age_ms;
    if (gone(fetch) || deliver_remembered(fetch, value))
        return;
    if (!fetch->waited) {
        go_on(fetch);
        return;
    }
    fetch->asking = true;
    cache_get(fetch->fetches->cache, fetch->holes_name, on_holes, fetch);
}

static void look(struct fetch *fetch)
{
    fetch->asking = true;
    cache_get(fetch->fetches->cache, fetch->name, on_remembered, fetch);
}

static void step(void *arg)
{
    struct fetch *fetch = arg;

    if (fetch->fetches->config->report_cache_ms > 0)
        look(fetch);
    else
        ask_platforms(fetch); /* each time anew; this process' askers still share */
}

/* ---- the line ---- */

static void add_list(struct buf *row, const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        buf_printf(row, "%s,", list[i]);
    buf_char(row, '\n');
}

/* A row that was changed in Monday is another report: the name carries what the report depends on.
 */
static const char *name_of(struct arena *arena, const struct client *client)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    uint64_t start = 0;
    scoped_buf struct buf row;

    buf_init(&row, (size_t)1024 * 1024);
    buf_printf(&row, "%s\n%s\n%d %" PRId64 "\n", client->name, client->meta_id, client->has_target,
               client->target_micros);
    add_list(&row, client->meta_accounts);
    add_list(&row, client->google_ids);
    for (size_t i = 0; i < client->problems.len; i++)
        buf_printf(&row, "%s\n", client->problems.items[i]);
    SHA256((const unsigned char *)buf_cstr(&row), row.len, digest);
    memcpy(&start, digest, sizeof(start));
    return arena_printf(arena, "report:%s:%016" PRIx64, client->id, start);
}

static struct fetch *begin_fetch(struct fetches *fetches, struct arena *arena, const char *name,
                                 const struct client *client, const char *asker)
{
    struct fetch *fetch = arena_new(arena, struct fetch);

    *fetch = (struct fetch){ .next = fetches->list,
                             .fetches = fetches,
                             .arena = arena,
                             .client = client_copy(arena, client),
                             .name = arena_strdup(arena, name),
                             .holes_name = arena_printf(arena, "%s:holes", name),
                             .began_ms = clock_mono_ms(),
                             .behalf = { .story = &fetch->story },
                             .telling = { .receipt = arena_strdup(arena, asker),
                                          .fetched = &fetch->story } };
    story_begin(&fetch->story, arena, STORY_FETCH_MAX);
    fetches->list = fetch;
    loop_timer_start(fetches->loop, &fetch->timer, 0, step, fetch);
    return fetch;
}

/* Who joins later is named from then on; who leaves was there when it began. */
static void add_name(struct fetch *fetch, const char *id)
{
    const char *ids = fetch->behalf.ids;

    if (fetch->named++ >= NAMED_MOST)
        return;
    fetch->behalf.ids =
        ids ? arena_printf(fetch->arena, "%s,%s", ids, id) : arena_strdup(fetch->arena, id);
}

struct wait *fetches_ask(struct fetches *fetches, struct arena *arena, const struct client *client,
                         const struct behalf *asker, fetched_fn *done, void *arg)
{
    const char *name = name_of(arena, client);
    struct wait *wait = arena_new(arena, struct wait);
    struct fetch *fetch = fetches->list;

    while (fetch && strcmp(fetch->name, name) != 0)
        fetch = fetch->next;
    if (!fetch)
        fetch = begin_fetch(fetches, arena_create(), name, client, asker->ids);
    add_name(fetch, asker->ids);
    *wait = (struct wait){ .next = fetch->waits,
                           .fetch = fetch,
                           .asker = asker,
                           .done = done,
                           .arg = arg,
                           .context = loop_context(fetches->loop) };
    fetch->waits = wait;
    return wait;
}

void fetches_leave(struct wait *wait)
{
    struct fetch *fetch = wait ? wait->fetch : NULL;

    if (!fetch)
        return;
    struct wait **place = &fetch->waits;
    while (*place != wait)
        place = &(*place)->next;
    *place = wait->next;
    wait->fetch = NULL;
    story_fetched(wait->asker->story, &fetch->telling, wait->asker->ids);
    if (!fetch->waits) {
        unlink_fetch(fetch);
        end_fetch(fetch);
    }
}

static bool concerns(const struct fetch *fetch, const char *platform)
{
    size_t count;
    const struct reporter_platform *platforms =
        reporter_platforms(fetch->fetches->reporter, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(platforms[i].platform->name, platform) == 0)
            return platforms[i].platform->concerns(fetch->client);
    return false;
}

void fetches_tell(struct fetches *fetches, const struct upstream_event *call)
{
    for (struct fetch *fetch = fetches->list; fetch; fetch = fetch->next)
        if (fetch->job && concerns(fetch, call->platform))
            story_call(&fetch->story, call, true);
}
