/* From a client to its report: where platforms/ and model/ meet. */
#include "bot/reporter.h"

#include "base/clock.h"
#include "base/http.h"
#include "model/calendar.h"
#include "model/projection.h"
#include "platforms/google_ads.h"
#include "platforms/meta.h"

#include <stdlib.h>

/* Transfers under way to one host; more wait on our side as small structs. */
#define CALLS_PER_HOST 64

enum { PLATFORM_META, PLATFORM_GOOGLE_ADS, PLATFORMS };

struct reporter {
    struct loop *loop;
    const struct config *config;
    struct http *http;
    struct upstream *upstream;
    struct monday *monday;
    struct meta *meta;
    struct google_ads *google_ads;
    struct reporter_platform platforms[PLATFORMS];
};

static struct meta *create_meta(struct reporter *reporter, struct cache *cache)
{
    const struct config *config = reporter->config;
    const struct meta_options options = {
        .url = config->meta_url,
        .version = config->meta_version,
        .token = config->meta_token,
        .app_secret = config->meta_app_secret,
        .agency_business_id = config->meta_agency_business_id,
    };

    return meta_create(reporter->upstream, cache, &options);
}

static struct google_ads *create_google_ads(struct reporter *reporter, struct cache *cache)
{
    const struct config *config = reporter->config;
    const struct google_ads_options options = {
        .url = config->google_url,
        .version = config->google_version,
        .token_url = config->google_token_url,
        .client_id = config->google_client_id,
        .client_secret = config->google_client_secret,
        .refresh_token = config->google_refresh_token,
        .login_customer_id = config->google_login_customer_id,
        .developer_token = config->google_developer_token,
    };

    return google_ads_create(reporter->upstream, cache, &options);
}

static struct monday *create_monday(struct reporter *reporter, struct cache *cache)
{
    const struct config *config = reporter->config;
    const struct monday_options options = {
        .url = config->monday_url,
        .version = config->monday_version,
        /* `raiox check` goes on without; it does not ask Monday then */
        .token = config->monday_token ? config->monday_token : "",
        .board_id = config->monday_board_id ? config->monday_board_id : "",
        .active_group = config->monday_active_group,
        .cache_ms = config->monday_cache_ms,
    };

    return monday_create(reporter->upstream, cache, &options);
}

struct reporter *reporter_create(struct loop *loop, struct cache *cache, struct redis *redis,
                                 const struct config *config, upstream_event_fn *on_event,
                                 void *observer)
{
    struct reporter *reporter = calloc(1, sizeof(*reporter));
    const struct http_options options = { .max_per_host = CALLS_PER_HOST,
                                          .user_agent = "raiox/" RAIOX_VERSION };

    if (!reporter)
        abort();
    reporter->loop = loop;
    reporter->config = config;
    reporter->http = http_create(loop, &options);
    reporter->upstream = upstream_create(loop, reporter->http, redis, on_event, observer);
    reporter->monday = create_monday(reporter, cache);
    reporter->meta = create_meta(reporter, cache);
    reporter->google_ads = create_google_ads(reporter, cache);
    reporter->platforms[PLATFORM_META] = (struct reporter_platform){
        &meta_platform,
        reporter->meta,
        config->meta_token || config->meta_app_secret || config->meta_agency_business_id,
    };
    reporter->platforms[PLATFORM_GOOGLE_ADS] = (struct reporter_platform){
        &google_ads_platform,
        reporter->google_ads,
        config->google_client_id || config->google_client_secret || config->google_refresh_token ||
            config->google_login_customer_id || config->google_developer_token,
    };
    return reporter;
}

void reporter_destroy(struct reporter *reporter)
{
    if (!reporter)
        return;
    google_ads_destroy(reporter->google_ads);
    meta_destroy(reporter->meta);
    monday_destroy(reporter->monday);
    upstream_destroy(reporter->upstream);
    http_destroy(reporter->http);
    free(reporter);
}

struct upstream *reporter_upstream(struct reporter *reporter)
{
    return reporter->upstream;
}

struct http *reporter_http(struct reporter *reporter)
{
    return reporter->http;
}

struct monday *reporter_monday(struct reporter *reporter)
{
    return reporter->monday;
}

const struct reporter_platform *reporter_platforms(struct reporter *reporter, size_t *ret_count)
{
    *ret_count = PLATFORMS;
    return reporter->platforms;
}

/* One platform's part of a report being made. */
struct part {
    struct making *making;
    const struct findings *findings; /* NULL: not asked */
};

/* One report being made, in its arena. */
struct making {
    struct reporter *reporter;
    struct arena *arena;
    struct report *report;
    struct ask ask;
    struct part parts[PLATFORMS];
    int outstanding;
    reporter_done_fn *done;
    void *arg;
};

/* An account whose figures cannot be held is a hole with a name, as every other that could not be
 * read. */
static void project_accounts(struct making *making, struct business_manager *manager)
{
    size_t kept = 0;

    for (size_t i = 0; i < manager->ad_accounts.len; i++) {
        struct ad_account *account = &manager->ad_accounts.items[i];
        struct error err = { 0 };

        if (projection_account(making->arena, account, &err)) {
            manager->ad_accounts.items[kept++] = *account;
            continue;
        }
        *vec_push(making->arena, &making->report->warnings) = (struct warning){
            .platform = manager->platform,
            .account = account->id,
            .kind = err.kind,
            .message = arena_strdup(making->arena, err.log),
        };
    }
    manager->ad_accounts.len = kept;
}

static void finish(void *arg)
{
    struct making *making = arg;
    struct report *report = making->report;
    struct error err = { 0 };

    for (size_t i = 0; i < PLATFORMS; i++) /* in their order, whichever answered first */
        if (making->parts[i].findings)
            report_add(making->arena, report, making->parts[i].findings);
    report_add_client_warnings(making->arena, report);
    for (size_t i = 0; i < report->business_managers.len; i++)
        project_accounts(making, &report->business_managers.items[i]);
    if (projection_report(making->arena, report, &err))
        making->done(making->arg, report, NULL);
    else
        making->done(making->arg, NULL, &err);
}

static void on_findings(void *arg, struct findings *findings)
{
    struct part *part = arg;

    part->findings = findings;
    if (--part->making->outstanding == 0)
        finish(part->making);
}

void reporter_fetch(struct reporter *reporter, struct arena *arena, const struct client *client,
                    struct upstream_job *job, reporter_done_fn *done, void *arg)
{
    const struct config *config = reporter->config;
    struct making *making = arena_new(arena, struct making);
    struct report *report = arena_new(arena, struct report);
    struct error err = { 0 };

    report->client = client;
    report->as_of_real_ms = config->now_real_ms ? config->now_real_ms : clock_real_ms();
    report->timezone = config->timezone;
    report->currency = config->currency;
    if (!month_of(config->timezone, report->as_of_real_ms, &report->month, &err))
        abort(); /* the zone was checked at the start */
    *making = (struct making){ .reporter = reporter,
                               .arena = arena,
                               .report = report,
                               .ask = { .job = job,
                                        .arena = arena,
                                        .client = client,
                                        .now_real_ms = report->as_of_real_ms,
                                        .timezone = config->timezone },
                               .done = done,
                               .arg = arg };
    bool concerned[PLATFORMS];
    for (size_t i = 0; i < PLATFORMS; i++) {
        making->parts[i].making = making;
        concerned[i] = reporter->platforms[i].platform->concerns(client);
        making->outstanding += concerned[i];
    }
    if (making->outstanding == 0)
        upstream_later(job, finish, making);
    for (size_t i = 0; i < PLATFORMS; i++)
        if (concerned[i])
            reporter->platforms[i].platform->fetch(reporter->platforms[i].state, &making->ask,
                                                   on_findings, &making->parts[i]);
}
