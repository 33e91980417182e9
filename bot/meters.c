/* The table of metrics, and one function for each thing that is counted. */
#include "bot/meters.h"

#include <string.h>

static const char *const command_results[] = { "accepted",    "duplicate", "refused", "busy",
                                               "unavailable", "help",      NULL };
static const char *const job_results[] = { "done", "partial", "retried", "dead", NULL };
static const char *const reply_results[] = { "posted", "repeated", "expired", "refused", NULL };
static const char *const platforms[] = { "monday", "meta", "google_ads", "slack", NULL };
static const char *const versions[] = { RAIOX_VERSION, NULL };

/* "ok", then the kinds of warnings in the order of enum err_kind from ERR_INTERNAL on. */
static const char *const outcomes[] = {
    "ok",         "internal", "config",      "auth",         "permission", "not_found",
    "rate_limit", "timeout",  "unavailable", "bad_response", NULL,
};

static const double ack_buckets[] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,   0.1,   0.25,   1,     3,    0 };
static const double call_buckets[] = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 0 };
static const double job_buckets[] = { 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1740, 0 };

static const struct metric table[METERS] = {
    [METER_BUILD_INFO] = { .name = "raiox_build_info",
                           .help = "The version that runs; always 1.",
                           .kind = METRIC_GAUGE,
                           .labels = { { "version", versions } } },
    [METER_COMMANDS] = { .name = "raiox_commands_total",
                         .help = "Slash commands received, by what became of them.",
                         .kind = METRIC_COUNTER,
                         .labels = { { "result", command_results } } },
    [METER_ACK_SECONDS] = { .name = "raiox_ack_seconds",
                            .help = "From a command's headers to its acknowledgement.",
                            .kind = METRIC_HISTOGRAM,
                            .buckets = ack_buckets },
    [METER_JOBS_WAITING] = { .name = "raiox_jobs_waiting",
                             .help = "Jobs that no worker has taken yet, delayed ones included.",
                             .kind = METRIC_GAUGE },
    [METER_JOBS_IN_FLIGHT] = { .name = "raiox_jobs_in_flight",
                               .help = "Jobs that workers hold.",
                               .kind = METRIC_GAUGE },
    [METER_JOBS_DEAD] = { .name = "raiox_jobs_dead",
                          .help = "Jobs given up and kept for a look (raiox queue dead).",
                          .kind = METRIC_GAUGE },
    [METER_OLDEST_JOB_SECONDS] = { .name = "raiox_oldest_job_seconds",
                                   .help = "Age of the oldest job that is not done.",
                                   .kind = METRIC_GAUGE },
    [METER_REDIS_UP] = { .name = "raiox_redis_up",
                         .help = "1 where Redis told the endpoint of the queue at this scrape.",
                         .kind = METRIC_GAUGE },
    [METER_JOBS] = { .name = "raiox_jobs_total",
                     .help = "Jobs by how they ended, and retries on the way.",
                     .kind = METRIC_COUNTER,
                     .labels = { { "result", job_results } } },
    [METER_JOB_SECONDS] = { .name = "raiox_job_seconds",
                            .help = "From a command's acceptance to its reply.",
                            .kind = METRIC_HISTOGRAM,
                            .buckets = job_buckets },
    [METER_UPSTREAM_REQUESTS] = { .name = "raiox_upstream_requests_total",
                                  .help = "Calls to outside APIs, each try counted.",
                                  .kind = METRIC_COUNTER,
                                  .labels = { { "platform", platforms }, { "result", outcomes } } },
    [METER_UPSTREAM_SECONDS] = { .name = "raiox_upstream_seconds",
                                 .help = "How long an outside API took to answer.",
                                 .kind = METRIC_HISTOGRAM,
                                 .labels = { { "platform", platforms } },
                                 .buckets = call_buckets },
    [METER_REPLIES] = { .name = "raiox_replies_total",
                        .help = "Replies to Slack, each counted once.",
                        .kind = METRIC_COUNTER,
                        .labels = { { "result", reply_results } } },
    [METER_REDELIVERED] = { .name = "raiox_redelivered_total",
                            .help = "Jobs handed back because their worker died.",
                            .kind = METRIC_COUNTER },
};

struct metrics *meters_create(int fd)
{
    struct metrics *metrics = metrics_create(table, COUNT(table), fd);

    metrics_set(metrics, METER_BUILD_INFO, 0, 0, 1000);
    return metrics;
}

void meter_command(struct metrics *metrics, enum command_result result)
{
    metrics_add(metrics, METER_COMMANDS, result, 0, 1);
}

void meter_ack(struct metrics *metrics, int64_t us)
{
    metrics_observe_us(metrics, METER_ACK_SECONDS, 0, 0, us);
}

void meter_queue(struct metrics *metrics, const struct queue_stats *stats)
{
    metrics_set(metrics, METER_REDIS_UP, 0, 0, stats ? 1000 : 0);
    if (!stats)
        return;
    metrics_set(metrics, METER_JOBS_WAITING, 0, 0, (stats->waiting + stats->delayed) * 1000);
    metrics_set(metrics, METER_JOBS_IN_FLIGHT, 0, 0, stats->in_flight_total * 1000);
    metrics_set(metrics, METER_JOBS_DEAD, 0, 0, stats->dead * 1000);
    metrics_set(metrics, METER_OLDEST_JOB_SECONDS, 0, 0, (int64_t)(stats->oldest_seconds * 1000));
}

void meter_job(struct metrics *metrics, enum job_result result)
{
    metrics_add(metrics, METER_JOBS, result, 0, 1);
}

void meter_job_seconds(struct metrics *metrics, int64_t us)
{
    metrics_observe_us(metrics, METER_JOB_SECONDS, 0, 0, us);
}

static size_t platform_index(const char *platform)
{
    for (size_t i = 0; platforms[i]; i++)
        if (strcmp(platforms[i], platform) == 0)
            return i;
    return COUNT(platforms) - 2; /* cannot happen: every caller names one of the table */
}

void meter_upstream(struct metrics *metrics, const char *platform, enum err_kind kind, int64_t us)
{
    size_t place = platform_index(platform);
    size_t outcome = kind < ERR_INTERNAL ? 0 : (size_t)(kind - ERR_INTERNAL) + 1;

    metrics_add(metrics, METER_UPSTREAM_REQUESTS, place, outcome, 1);
    metrics_observe_us(metrics, METER_UPSTREAM_SECONDS, place, 0, us);
}

void meter_reply(struct metrics *metrics, enum reply_result result)
{
    metrics_add(metrics, METER_REPLIES, result, 0, 1);
}

void meter_redelivered(struct metrics *metrics, uint64_t count)
{
    metrics_add(metrics, METER_REDELIVERED, 0, 0, count);
}

void meters_write(const struct metrics *metrics, enum meters_of whose, struct buf *out)
{
    metrics_write(metrics, METER_BUILD_INFO, 1, out);
    if (whose != METERS_OF_POOL)
        metrics_write(metrics, METER_COMMANDS, METER_JOBS - METER_COMMANDS, out);
    if (whose != METERS_OF_ENDPOINT)
        metrics_write(metrics, METER_JOBS, METERS - METER_JOBS, out);
}
