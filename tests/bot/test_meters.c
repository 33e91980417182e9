/* bot/meters.c: the names that rules and boards hold on to, and who shows what. */
#include "base/attr.h"
#include "bot/meters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum shown_by { BOTH, ENDPOINT, POOL };

/* After what count_all() counts. */
static const struct {
    const char *line;
    enum shown_by by;
} lines[] = {
    { "raiox_build_info{version=\"" RAIOX_VERSION "\"} 1\n", BOTH },
    { "raiox_commands_total{result=\"accepted\"} 2\n", ENDPOINT },
    { "raiox_commands_total{result=\"duplicate\"} 1\n", ENDPOINT },
    { "raiox_commands_total{result=\"refused\"} 1\n", ENDPOINT },
    { "raiox_commands_total{result=\"busy\"} 1\n", ENDPOINT },
    { "raiox_commands_total{result=\"unavailable\"} 1\n", ENDPOINT },
    { "raiox_commands_total{result=\"help\"} 1\n", ENDPOINT },
    { "raiox_ack_seconds_bucket{le=\"0.001\"} 0\n", ENDPOINT },
    { "raiox_ack_seconds_bucket{le=\"0.0025\"} 1\n", ENDPOINT },
    { "raiox_ack_seconds_bucket{le=\"+Inf\"} 1\n", ENDPOINT },
    { "raiox_ack_seconds_count 1\n", ENDPOINT },
    { "raiox_jobs_waiting 12\n", ENDPOINT }, /* the delayed ones wait, too */
    { "raiox_jobs_in_flight 3\n", ENDPOINT },
    { "raiox_jobs_dead 4\n", ENDPOINT },
    { "raiox_oldest_job_seconds 1.500\n", ENDPOINT },
    { "raiox_redis_up 1\n", ENDPOINT },
    { "raiox_jobs_total{result=\"done\"} 1\n", POOL },
    { "raiox_jobs_total{result=\"partial\"} 1\n", POOL },
    { "raiox_jobs_total{result=\"retried\"} 1\n", POOL },
    { "raiox_jobs_total{result=\"dead\"} 1\n", POOL },
    { "raiox_job_seconds_count 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"monday\",result=\"ok\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"auth\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"permission\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"rate_limit\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"timeout\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"unavailable\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"bad_response\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"not_found\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"meta\",result=\"config\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"google_ads\",result=\"internal\"} 1\n", POOL },
    { "raiox_upstream_requests_total{platform=\"slack\",result=\"ok\"} 1\n", POOL },
    { "raiox_upstream_seconds_count{platform=\"google_ads\"} 1\n", POOL },
    { "raiox_replies_total{result=\"posted\"} 1\n", POOL },
    { "raiox_replies_total{result=\"repeated\"} 1\n", POOL },
    { "raiox_replies_total{result=\"expired\"} 1\n", POOL },
    { "raiox_replies_total{result=\"refused\"} 1\n", POOL },
    { "raiox_redelivered_total 5\n", POOL },
};

static void count_all(struct metrics *metrics)
{
    const struct queue_stats stats = {
        .waiting = 10, .delayed = 2, .dead = 4, .in_flight_total = 3, .oldest_seconds = 1.5
    };

    for (enum command_result result = COMMAND_ACCEPTED; result <= COMMAND_HELP; result++)
        meter_command(metrics, result);
    meter_command(metrics, COMMAND_ACCEPTED);
    meter_ack(metrics, 1500);
    meter_queue(metrics, &stats);
    for (enum job_result result = JOB_DONE; result <= JOB_DEAD; result++)
        meter_job(metrics, result);
    meter_job_seconds(metrics, 2000000);
    meter_upstream(metrics, "monday", ERR_NONE, 100000);
    for (enum err_kind kind = ERR_CONFIG; kind < ERR_KINDS; kind++)
        meter_upstream(metrics, "meta", kind, 100000);
    meter_upstream(metrics, "google_ads", ERR_INTERNAL, 100000);
    meter_upstream(metrics, "slack", ERR_NONE, 100000);
    for (enum reply_result result = REPLY_POSTED; result <= REPLY_REFUSED; result++)
        meter_reply(metrics, result);
    meter_redelivered(metrics, 5);
}

static void check(const struct metrics *metrics, enum meters_of whose, bool of_endpoint,
                  bool of_pool)
{
    scoped_buf struct buf out;

    buf_init(&out, (size_t)1024 * 1024);
    meters_write(metrics, whose, &out);
    for (size_t i = 0; i < COUNT(lines); i++) {
        bool wanted = lines[i].by == BOTH || (lines[i].by == ENDPOINT ? of_endpoint : of_pool);
        if ((strstr(buf_cstr(&out), lines[i].line) != NULL) != wanted)
            fail_msg("%s%s:\n%s", lines[i].line, wanted ? "is missing" : "is too much",
                     buf_cstr(&out));
    }
}

static void each_process_shows_what_is_its(void **state)
{
    (void)state;
    struct metrics *metrics = meters_create(-1);

    count_all(metrics);
    check(metrics, METERS_OF_ENDPOINT, true, false);
    check(metrics, METERS_OF_POOL, false, true);
    check(metrics, METERS_OF_ALL, true, true);
    metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_process_shows_what_is_its),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
