#include "base/metrics.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock in shared memory dies with its holder");

/* The memory keeps its size, whoever else has it. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/*
 * Each row of the table has a cell for each pair of label values, the second label's running
 * fastest. A cell is one number; a histogram's is one for each bucket, one for +Inf and the sum of
 * what was observed, in microseconds.
 */
struct row {
    size_t first;   /* number of its first cell */
    size_t values0; /* of the first label, 1 without it */
    size_t values1;
    size_t buckets; /* without +Inf */
    size_t size;    /* numbers in a cell */
};

struct metrics {
    const struct metric *table;
    struct row *rows;
    size_t count, numbers;
    int fd;
    _Atomic uint64_t *memory; /* the stamp, then the numbers */
    _Atomic uint64_t *shared; /* the numbers */
};

static size_t count_values(const struct metric_label *label)
{
    size_t count = 0;

    if (!label->name)
        return 1;
    while (label->values[count])
        count++;
    return count;
}

static size_t count_buckets(const struct metric *metric)
{
    size_t count = 0;

    if (metric->kind != METRIC_HISTOGRAM)
        return 0;
    while (metric->buckets[count] > 0)
        count++;
    return count;
}

static size_t mapped_bytes(const struct metrics *metrics)
{
    return (metrics->numbers + 1) * sizeof(*metrics->memory);
}

/* FNV-1a, 64 bits. The NUL belongs to it, so that "a", "bc" is not "ab", "c". */
static uint64_t stamp_text(uint64_t stamp, const char *text)
{
    do
        stamp = (stamp ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    while (*text++);
    return stamp;
}

/* A gauge is set anew by whoever has its number: how many values it has is enough to know. */
static uint64_t stamp_row(uint64_t stamp, const struct metric *metric)
{
    char text[64];

    snprintf(text, sizeof(text), "%d %zu %zu", (int)metric->kind, count_values(&metric->labels[0]),
             count_values(&metric->labels[1]));
    stamp = stamp_text(stamp_text(stamp, metric->name), text);
    if (metric->kind == METRIC_GAUGE)
        return stamp;
    for (size_t i = 0; i < COUNT(metric->labels) && metric->labels[i].name; i++) {
        stamp = stamp_text(stamp, metric->labels[i].name);
        for (const char *const *value = metric->labels[i].values; *value; value++)
            stamp = stamp_text(stamp, *value);
    }
    for (size_t i = 0; i < count_buckets(metric); i++) {
        snprintf(text, sizeof(text), "%.17g", metric->buckets[i]);
        stamp = stamp_text(stamp, text);
    }
    return stamp;
}

/* What tells one layout from another, whichever version of the program made it; never 0. */
static uint64_t stamp_of(const struct metrics *metrics)
{
    uint64_t stamp = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < metrics->count; i++)
        stamp = stamp_row(stamp, &metrics->table[i]);
    return stamp ? stamp : 1;
}

static struct metrics *lay_out(const struct metric *table, size_t count)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));
    struct row *rows = calloc(count + 1, sizeof(*rows));

    if (!metrics || !rows)
        fatal("out of memory");
    *metrics = (struct metrics){ .table = table, .rows = rows, .count = count };
    for (size_t i = 0; i < count; i++) {
        struct row *row = &rows[i];
        row->first = metrics->numbers;
        row->values0 = count_values(&table[i].labels[0]);
        row->values1 = count_values(&table[i].labels[1]);
        row->buckets = count_buckets(&table[i]);
        row->size = table[i].kind == METRIC_HISTOGRAM ? row->buckets + 2 : 1;
        metrics->numbers += row->values0 * row->values1 * row->size;
    }
    return metrics;
}

/* Such memory as make_memory() makes, ours or a predecessor's. Whatever else has the number that we
 * were given (a listening socket, where the environment is stale) is not ours to close. */
static bool is_memory(int fd)
{
    return fd >= 0 && fcntl(fd, F_GET_SEALS) == SEALS;
}

/* Shorter than what is mapped, it would end us at the first look; nobody makes it so any more. */
static bool is_of_size(int fd, size_t size)
{
    struct stat stat;

    return fstat(fd, &stat) == 0 && stat.st_size == (off_t)size;
}

/* Without a descriptor the memory is as good, but nobody else's after us. */
static int make_memory(size_t size)
{
    int fd = memfd_create("raiox-metrics", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Takes fd over; false, closing it, if it is not to be used. */
static bool map(struct metrics *metrics, int fd)
{
    int flags = fd >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
    void *memory = mmap(NULL, mapped_bytes(metrics), PROT_READ | PROT_WRITE, flags, fd, 0);

    if (memory == MAP_FAILED) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    metrics->fd = fd;
    metrics->memory = memory;
    metrics->shared = metrics->memory + 1;
    return true;
}

static void unmap(struct metrics *metrics)
{
    munmap((void *)metrics->memory, mapped_bytes(metrics));
    if (metrics->fd >= 0)
        close(metrics->fd);
}

/* Goes on with what is in fd. */
static bool take_over(struct metrics *metrics, int fd)
{
    if (!is_memory(fd))
        return false;
    if (!is_of_size(fd, mapped_bytes(metrics))) {
        close(fd);
        return false;
    }
    if (!map(metrics, fd))
        return false;
    if (metrics->memory[0] == stamp_of(metrics) && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        return true;
    unmap(metrics);
    return false;
}

struct metrics *metrics_create(const struct metric *table, size_t count, int fd)
{
    struct metrics *metrics = lay_out(table, count);

    if (take_over(metrics, fd))
        return metrics;
    if (!map(metrics, make_memory(mapped_bytes(metrics))) && !map(metrics, -1))
        fatal("no shared memory for metrics");
    metrics->memory[0] = stamp_of(metrics); /* all else is zeroed: each number is 0 */
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    unmap(metrics);
    free(metrics->rows);
    free(metrics);
}

int metrics_fd(const struct metrics *metrics)
{
    return metrics->fd;
}

static _Atomic uint64_t *cell(const struct metrics *metrics, size_t row, size_t l0, size_t l1)
{
    assert(row < metrics->count);

    const struct row *r = &metrics->rows[row];
    assert(l0 < r->values0 && l1 < r->values1);
    return &metrics->shared[r->first + (l0 * r->values1 + l1) * r->size];
}

/* Numbers stand alone, none says that another is ready: no order is needed between them. */
static void add(_Atomic uint64_t *number, uint64_t n)
{
    atomic_fetch_add_explicit(number, n, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, size_t row, size_t l0, size_t l1, uint64_t n)
{
    _Atomic uint64_t *number = cell(metrics, row, l0, l1);

    assert(metrics->table[row].kind == METRIC_COUNTER);
    add(number, n);
}

void metrics_set(struct metrics *metrics, size_t row, size_t l0, size_t l1, int64_t milli)
{
    _Atomic uint64_t *number = cell(metrics, row, l0, l1);

    assert(metrics->table[row].kind == METRIC_GAUGE);
    atomic_store_explicit(number, (uint64_t)milli, memory_order_relaxed);
}

void metrics_observe_us(struct metrics *metrics, size_t row, size_t l0, size_t l1, int64_t us)
{
    _Atomic uint64_t *numbers = cell(metrics, row, l0, l1);
    const struct metric *metric = &metrics->table[row];
    size_t buckets = metrics->rows[row].buckets, i = 0;

    assert(metric->kind == METRIC_HISTOGRAM);
    if (us < 0)
        us = 0;
    while (i < buckets && (double)us > metric->buckets[i] * 1e6)
        i++;
    add(&numbers[i], 1);
    add(&numbers[buckets + 1], (uint64_t)us);
}

uint64_t metrics_get(const struct metrics *metrics, size_t row, size_t l0, size_t l1)
{
    const _Atomic uint64_t *numbers = cell(metrics, row, l0, l1);
    uint64_t sum = 0;

    if (metrics->table[row].kind != METRIC_HISTOGRAM)
        return load(numbers);
    for (size_t i = 0; i <= metrics->rows[row].buckets; i++)
        sum += load(&numbers[i]);
    return sum;
}

/* Prometheus text format 0.0.4: in HELP a backslash and a newline are escaped, in a label's value
 * a quote too. */
static void write_escaped(const char *text, bool quotes, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buf_text(out, "\\n");
            continue;
        }
        if (*text == '\\' || (quotes && *text == '"'))
            buf_char(out, '\\');
        buf_char(out, *text);
    }
}

static void write_label(const char *name, const char *value, bool *any, struct buf *out)
{
    buf_char(out, *any ? ',' : '{');
    *any = true;
    buf_printf(out, "%s=\"", name);
    write_escaped(value, true, out);
    buf_char(out, '"');
}

/* name + suffix, its labels and a blank; le NULL: not a bucket. */
static void write_name(const struct metric *metric, const char *suffix, const size_t at[2],
                       const char *le, struct buf *out)
{
    bool any = false;

    buf_printf(out, "%s%s", metric->name, suffix);
    for (size_t i = 0; i < COUNT(metric->labels); i++) {
        const struct metric_label *label = &metric->labels[i];
        if (label->name)
            write_label(label->name, label->values[at[i]], &any, out);
    }
    if (le)
        write_label("le", le, &any, out);
    buf_text(out, any ? "} " : " ");
}

static void write_gauge(int64_t milli, struct buf *out)
{
    uint64_t size = milli < 0 ? -(uint64_t)milli : (uint64_t)milli;

    buf_printf(out, "%s%" PRIu64, milli < 0 ? "-" : "", size / 1000);
    if (size % 1000)
        buf_printf(out, ".%03d", (int)(size % 1000));
    buf_char(out, '\n');
}

static void write_histogram(const struct metrics *metrics, size_t row, const size_t at[2],
                            struct buf *out)
{
    const struct metric *metric = &metrics->table[row];
    const _Atomic uint64_t *numbers = cell(metrics, row, at[0], at[1]);
    size_t buckets = metrics->rows[row].buckets;
    uint64_t so_far = 0; /* a bucket counts all below its bound; +Inf's is _count, read once */

    for (size_t i = 0; i <= buckets; i++) {
        char le[32] = "+Inf";
        if (i < buckets)
            snprintf(le, sizeof(le), "%g", metric->buckets[i]);
        so_far += load(&numbers[i]);
        write_name(metric, "_bucket", at, le, out);
        buf_printf(out, "%" PRIu64 "\n", so_far);
    }
    uint64_t sum_us = load(&numbers[buckets + 1]);
    write_name(metric, "_sum", at, NULL, out);
    buf_printf(out, "%" PRIu64 ".%06d\n", sum_us / 1000000, (int)(sum_us % 1000000));
    write_name(metric, "_count", at, NULL, out);
    buf_printf(out, "%" PRIu64 "\n", so_far);
}

static void write_cell(const struct metrics *metrics, size_t row, const size_t at[2],
                       struct buf *out)
{
    const struct metric *metric = &metrics->table[row];

    switch (metric->kind) {
    case METRIC_COUNTER:
        write_name(metric, "", at, NULL, out);
        buf_printf(out, "%" PRIu64 "\n", metrics_get(metrics, row, at[0], at[1]));
        break;
    case METRIC_GAUGE:
        write_name(metric, "", at, NULL, out);
        write_gauge((int64_t)metrics_get(metrics, row, at[0], at[1]), out);
        break;
    case METRIC_HISTOGRAM:
        write_histogram(metrics, row, at, out);
        break;
    }
}

static void write_row(const struct metrics *metrics, size_t row, struct buf *out)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
    };
    const struct metric *metric = &metrics->table[row];

    buf_printf(out, "# HELP %s ", metric->name);
    write_escaped(metric->help, false, out);
    buf_printf(out, "\n# TYPE %s %s\n", metric->name, kinds[metric->kind]);
    for (size_t l0 = 0; l0 < metrics->rows[row].values0; l0++)
        for (size_t l1 = 0; l1 < metrics->rows[row].values1; l1++)
            write_cell(metrics, row, (const size_t[]){ l0, l1 }, out);
}

void metrics_write(const struct metrics *metrics, size_t first, size_t count, struct buf *out)
{
    assert(first <= metrics->count && count <= metrics->count - first);
    for (size_t row = first; row < first + count; row++)
        write_row(metrics, row, out);
}
