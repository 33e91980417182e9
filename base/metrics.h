/*
 * Counters, gauges and histograms in memory that a supervisor shares with the processes it forks,
 * so that the pool's counts are the pool's. Lock-free atomics; a process that dies takes nothing
 * with it. A metric is a row of a table: its name, help, and the values that its one or two labels
 * may have.
 */
#ifndef RAIOX_BASE_METRICS_H
#define RAIOX_BASE_METRICS_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_label {
    const char *name;          /* NULL: no such label */
    const char *const *values; /* what it may hold, ends with NULL */
};

struct metric {
    const char *name, *help;
    enum metric_kind kind;
    struct metric_label labels[2];
    const double
        *buckets; /* histograms: upper bounds in seconds, rising, ends with 0; +Inf is added */
};

struct metrics;

/*
 * table (count rows) is kept, not copied. MAP_SHARED: call before forking. Never fails (ends the
 * process).
 * fd   -1, or the metrics_fd() of a process that this one took the place of by exec(): the numbers
 *      in it go on, and it is taken over. They begin anew where it is of a table with other
 *      counters, histograms, labels, values or buckets, and where it is no such thing: then it is
 *      left alone.
 */
struct metrics *metrics_create(const struct metric *table, size_t count, int fd);
void metrics_destroy(struct metrics *metrics);

/* The memory's descriptor, closed by exec() unless told otherwise; -1 where the system has none to
 * give. It stays the metrics'. */
int metrics_fd(const struct metrics *metrics);

/* add: counters; set: gauges; observe: histograms.
 * row: index in the table; l0, l1: indexes of the label values (0 where there is no such label). */
void metrics_add(struct metrics *metrics, size_t row, size_t l0, size_t l1, uint64_t n);
void metrics_set(struct metrics *metrics, size_t row, size_t l0, size_t l1, int64_t milli);
void metrics_observe_us(struct metrics *metrics, size_t row, size_t l0, size_t l1, int64_t us);
/* A counter's number, a gauge's milli-units (as int64_t), how often a histogram was observed. */
uint64_t metrics_get(const struct metrics *metrics, size_t row, size_t l0, size_t l1);

/* Prometheus text format 0.0.4. Rows first..first+count-1; gauges are milli-units shown as units.
 */
void metrics_write(const struct metrics *metrics, size_t first, size_t count, struct buf *out);

#endif
