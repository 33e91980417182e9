/*
 * The product's metrics: the rows of base/metrics.h's table, in memory that the pool shares. Queue
 * gauges are served by the endpoint alone, everything of the workers by the pool, all of it by
 * `raiox run`.
 */
#ifndef RAIOX_BOT_METERS_H
#define RAIOX_BOT_METERS_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/metrics.h"
#include "queue/queue.h"

enum meter {
    METER_BUILD_INFO,
    /* the endpoint's */
    METER_COMMANDS,
    METER_ACK_SECONDS,
    METER_JOBS_WAITING,
    METER_JOBS_IN_FLIGHT,
    METER_JOBS_DEAD,
    METER_OLDEST_JOB_SECONDS,
    METER_REDIS_UP,
    /* the pool's */
    METER_JOBS,
    METER_JOB_SECONDS,
    METER_UPSTREAM_REQUESTS,
    METER_UPSTREAM_SECONDS,
    METER_REPLIES,
    METER_REDELIVERED,
    METERS,
};

enum command_result {
    COMMAND_ACCEPTED,
    COMMAND_DUPLICATE,
    COMMAND_REFUSED,
    COMMAND_BUSY,
    COMMAND_UNAVAILABLE,
    COMMAND_HELP,
};
enum job_result { JOB_DONE, JOB_PARTIAL, JOB_RETRIED, JOB_DEAD };
enum reply_result { REPLY_POSTED, REPLY_REPEATED, REPLY_EXPIRED, REPLY_REFUSED };

/* Once, before forking. fd: where the process that this one took the place of kept them
 * (metrics_create); -1: they begin at 0. */
struct metrics *meters_create(int fd);

void meter_command(struct metrics *metrics, enum command_result result);
void meter_ack(struct metrics *metrics, int64_t us);
/* stats NULL: Redis did not answer; the gauges of the queue stay what they were. */
void meter_queue(struct metrics *metrics, const struct queue_stats *stats);
void meter_job(struct metrics *metrics, enum job_result result);
void meter_job_seconds(struct metrics *metrics, int64_t us);
/* platform: "monday", "meta", "google_ads", "slack"; kind ERR_NONE is "ok". */
void meter_upstream(struct metrics *metrics, const char *platform, enum err_kind kind, int64_t us);
void meter_reply(struct metrics *metrics, enum reply_result result);
void meter_redelivered(struct metrics *metrics, uint64_t count);

enum meters_of { METERS_OF_ENDPOINT, METERS_OF_POOL, METERS_OF_ALL };
void meters_write(const struct metrics *metrics, enum meters_of whose, struct buf *out);

#endif
