#include "model/zonefile.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The largest of tzdata 2025b has 3.5 KB. */
#define TABLE_MAX ((size_t)64 * 1024)
#define HEADER 44
/* What a local time is: seconds, whether it is summer's, where its name begins. */
#define TYPE 6

/* A table, or the 64-bit one behind the 32-bit one: how many there are of each. */
struct block {
    uint64_t types, names, times, leaps, standards, universals;
    uint64_t time_size;
};

static uint64_t number_at(const unsigned char *at)
{
    return (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3];
}

static uint64_t block_size(const struct block *block)
{
    return HEADER + block->times * (block->time_size + 1) + block->types * TYPE + block->names +
           block->leaps * (block->time_size + 4) + block->standards + block->universals;
}

/* Does the block begin here, and end within len bytes? */
static bool read_block(const unsigned char *at, size_t len, uint64_t time_size, struct block *ret)
{
    if (len < HEADER || memcmp(at, "TZif", 4) != 0)
        return false;
    *ret = (struct block){ .universals = number_at(at + 20),
                           .standards = number_at(at + 24),
                           .leaps = number_at(at + 28),
                           .times = number_at(at + 32),
                           .types = number_at(at + 36),
                           .names = number_at(at + 40),
                           .time_size = time_size };
    return block_size(ret) <= len;
}

static bool points_within(const unsigned char *at, const struct block *block)
{
    const unsigned char *indexes = at + HEADER + block->times * block->time_size;
    const unsigned char *types = indexes + block->times;
    const unsigned char *names = types + block->types * TYPE;

    if (block->types == 0 || block->names == 0 || names[block->names - 1] != '\0')
        return false;
    for (uint64_t i = 0; i < block->times; i++)
        if (indexes[i] >= block->types)
            return false;
    for (uint64_t i = 0; i < block->types; i++)
        if (types[i * TYPE + 5] >= block->names)
            return false;
    return true;
}

bool zonefile_is_whole(struct bytes table)
{
    const unsigned char *at = (const unsigned char *)table.data;
    size_t len = table.len;
    struct block block;

    if (!read_block(at, len, 4, &block))
        return false;
    if (at[4] < '2') /* version 1 has no more */
        return points_within(at, &block);
    at += block_size(&block);
    len -= block_size(&block);
    if (!read_block(at, len, 8, &block) || !points_within(at, &block))
        return false;
    at += block_size(&block);
    len -= block_size(&block);
    return len >= 2 && at[0] == '\n' && memchr(at + 1, '\n', len - 1); /* the rule from then on */
}

static int open_table(const char *zone)
{
    const char *dir = getenv("TZDIR");
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/usr/share/zoneinfo", zone);

    if (len < 0 || (size_t)len >= sizeof(path))
        return -1;
    /* A pipe is none, and is not waited for. */
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool zonefile_there(const char *zone)
{
    int fd = open_table(zone);
    char *table = malloc(TABLE_MAX);
    ssize_t got = fd >= 0 && table ? read(fd, table, TABLE_MAX) : -1;
    bool whole = got >= 0 && (size_t)got < TABLE_MAX &&
                 zonefile_is_whole((struct bytes){ table, (size_t)got });

    free(table);
    if (fd >= 0)
        close(fd);
    return whole;
}
