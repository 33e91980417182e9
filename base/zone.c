/*
 * A table lists the instants at which the offset changed or will change, and ends in a rule (as in
 * POSIX's TZ) for all time behind the last of them.
 */
#include "base/zone.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIRECTORY "/usr/share/zoneinfo/"
#define NAME_MAX_LENGTH 47
#define FILE_MAX ((size_t)64 * 1024) /* the largest has some 4 KiB */

#define SECONDS_A_DAY INT64_C(86400)

/* The d-th day of the week (0 is Sunday) in the w-th week of a month (5: the last), and so many
 * seconds behind its midnight, on the clock that ends then. */
struct change {
    int month, week, day;
    int32_t seconds;
};
struct rule {
    int32_t standard, summer; /* offsets; summer only where it has one */
    bool has_summer;
    struct change begins, ends; /* of summer */
};

struct zone {
    size_t count;
    int64_t *instants; /* ascending */
    int32_t *offsets;  /* from each instant on */
    int32_t before;    /* the first of them */
    struct rule rule;  /* behind the last of them */
};

/* --- the rule ------------------------------------------------------------------------------ */

/* "3", "03:30:15", "-2", "+14" as seconds. false: something else, or more than max hours. */
static bool read_time(const char **text, int max, int32_t *ret)
{
    bool negative = **text == '-';
    int parts[3] = { 0 };

    if (**text == '-' || **text == '+')
        ++*text;
    for (int i = 0; i < 3; i++) {
        int digits = 0;

        for (; **text >= '0' && **text <= '9' && digits < 3; digits++)
            parts[i] = parts[i] * 10 + *(*text)++ - '0';
        if (digits == 0)
            return false;
        if (**text != ':')
            break;
        ++*text;
    }
    *ret = parts[0] * 3600 + parts[1] * 60 + parts[2];
    if (negative)
        *ret = -*ret;
    return parts[0] <= max && parts[1] < 60 && parts[2] < 60;
}

/* "EST" or "<-03>", which nobody asks for. */
static bool skip_name(const char **text)
{
    bool quoted = **text == '<';
    const char *start = *text + quoted;
    size_t len = quoted ? strcspn(start, ">") : strcspn(start, "0123456789+-,<");

    *text = start + len;
    if (quoted && *(*text)++ != '>')
        return false;
    return len > 0;
}

/* POSIX counts what has to be added to local time. */
static bool read_offset(const char **text, int32_t *ret)
{
    if (!read_time(text, 24, ret))
        return false;
    *ret = -*ret;
    return true;
}

/* One or two digits from 0 or 1 to max. */
static bool read_number(const char **text, int min, int max, int *ret)
{
    int number = 0, digits = 0;

    for (; **text >= '0' && **text <= '9' && digits < 2; digits++)
        number = number * 10 + *(*text)++ - '0';
    *ret = number;
    return digits > 0 && number >= min && number <= max;
}

static bool read_character(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    ++*text;
    return true;
}

/* ",M3.2.0/2": the only form that IANA's tables have. */
static bool read_change(const char **text, struct change *ret)
{
    ret->seconds = 2 * 3600;
    if (!read_character(text, ',') || !read_character(text, 'M') ||
        !read_number(text, 1, 12, &ret->month) || !read_character(text, '.') ||
        !read_number(text, 1, 5, &ret->week) || !read_character(text, '.') ||
        !read_number(text, 0, 6, &ret->day))
        return false;
    return !read_character(text, '/') || read_time(text, 167, &ret->seconds);
}

/* "<-03>3", "CST6CDT,M3.2.0,M11.1.0" */
static bool read_rule(const char *text, struct rule *ret)
{
    *ret = (struct rule){ 0 };
    if (!skip_name(&text) || !read_offset(&text, &ret->standard))
        return false;
    if (*text == '\0')
        return true;
    ret->has_summer = true;
    ret->summer = ret->standard + 3600;
    return skip_name(&text) && (*text == ',' || read_offset(&text, &ret->summer)) &&
           read_change(&text, &ret->begins) && read_change(&text, &ret->ends) && *text == '\0';
}

static int64_t midnight(int year, int month, struct tm *ret)
{
    *ret = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1 };
    return timegm(ret);
}

/* When the change of a year happens, on a clock with this offset. */
static int64_t instant_of(const struct change *change, int year, int32_t offset)
{
    struct tm first, next;
    int64_t start = midnight(year, change->month, &first);
    int64_t days = (midnight(year, change->month + 1, &next) - start) / SECONDS_A_DAY;
    int64_t day = (change->day - first.tm_wday + 7) % 7 + (change->week - 1) * 7;

    if (day >= days)
        day -= 7;
    return start + day * SECONDS_A_DAY + change->seconds - offset;
}

static int32_t rule_offset(const struct rule *rule, int64_t real_s)
{
    time_t local = real_s + rule->standard;
    struct tm tm;

    if (!rule->has_summer || !gmtime_r(&local, &tm))
        return rule->standard;
    int64_t begins = instant_of(&rule->begins, tm.tm_year + 1900, rule->standard);
    int64_t ends = instant_of(&rule->ends, tm.tm_year + 1900, rule->summer);
    bool summer = begins < ends ? real_s >= begins && real_s < ends  /* north */
                                : real_s >= begins || real_s < ends; /* south */
    return summer ? rule->summer : rule->standard;
}

/* --- the table ----------------------------------------------------------------------------- */

/* Bytes still to be read; too few of them are remembered. */
struct reader {
    const unsigned char *at, *end;
    bool ended;
};

static const unsigned char *take(struct reader *reader, size_t len)
{
    const unsigned char *at = reader->at;

    if (reader->ended || len > (size_t)(reader->end - at)) {
        reader->ended = true;
        return NULL;
    }
    reader->at += len;
    return at;
}

/* A big-endian number of so many bytes, 4 or 8; 0 behind the end. */
static uint64_t take_number(struct reader *reader, size_t len)
{
    const unsigned char *at = take(reader, len);
    uint64_t number = 0;

    for (size_t i = 0; at && i < len; i++)
        number = number << 8 | at[i];
    return number;
}

struct header {
    uint32_t utc_marks, standard_marks, leaps, times, types, letters;
};

static bool read_header(struct reader *reader, struct header *ret)
{
    const unsigned char *magic = take(reader, 20); /* and version, and 15 unused */

    if (!magic || memcmp(magic, "TZif", 4) != 0 || magic[4] < '2')
        return false;
    ret->utc_marks = (uint32_t)take_number(reader, 4);
    ret->standard_marks = (uint32_t)take_number(reader, 4);
    ret->leaps = (uint32_t)take_number(reader, 4);
    ret->times = (uint32_t)take_number(reader, 4);
    ret->types = (uint32_t)take_number(reader, 4);
    ret->letters = (uint32_t)take_number(reader, 4);
    return !reader->ended;
}

/* What stands behind the types; number: bytes of an instant. */
static size_t tail_of(const struct header *header, size_t number)
{
    return (size_t)header->letters + header->leaps * (number + 4) + header->standard_marks +
           header->utc_marks;
}

/* Version 1's data, which stand first, with 32 bits an instant. */
static void skip_old_data(struct reader *reader, const struct header *header)
{
    take(reader, (size_t)header->times * 5 + (size_t)header->types * 6);
    take(reader, tail_of(header, 4));
}

/* A type's offset: its first four of six bytes. false: further away than any zone may be (RFC 8536,
 * 3.2). */
static bool offset_of(const unsigned char *types, size_t type, int32_t *ret)
{
    struct reader reader = { types + type * 6, types + type * 6 + 6, false };

    *ret = (int32_t)(uint32_t)take_number(&reader, 4);
    return *ret > -25 * 3600 && *ret < 26 * 3600;
}

static bool fill_table(struct zone *zone, struct reader *reader, const struct header *header)
{
    for (size_t i = 0; i < header->times; i++) {
        zone->instants[i] = (int64_t)take_number(reader, 8);
        if (i > 0 && zone->instants[i] <= zone->instants[i - 1])
            return false;
    }
    const unsigned char *types_of = take(reader, header->times);
    const unsigned char *types = take(reader, (size_t)header->types * 6);
    if (!types_of || !types || header->types == 0 || !offset_of(types, 0, &zone->before))
        return false;
    for (size_t i = 0; i < header->times; i++) {
        if (types_of[i] >= header->types || !offset_of(types, types_of[i], &zone->offsets[i]))
            return false;
    }
    zone->count = header->times;
    return true;
}

/* "\n…\n" */
static bool read_footer(struct reader *reader, struct rule *ret)
{
    char text[80];
    size_t len = 0;

    if (!take(reader, 1) || reader->at[-1] != '\n')
        return false;
    while (reader->at + len < reader->end && reader->at[len] != '\n')
        len++;
    if (reader->at + len == reader->end || len >= sizeof(text))
        return false;
    memcpy(text, reader->at, len);
    text[len] = '\0';
    return strlen(text) == len && read_rule(text, ret);
}

struct zone *zone_read(const unsigned char *data, size_t len)
{
    struct reader reader = { data, data + len, false };
    struct header header;

    if (!read_header(&reader, &header))
        return NULL;
    skip_old_data(&reader, &header);
    if (!read_header(&reader, &header) || header.leaps > 0 ||
        header.times > (size_t)(reader.end - reader.at) / 9)
        return NULL;

    struct zone *zone = calloc(1, sizeof(*zone));
    if (!zone || !(zone->instants = calloc(header.times + (size_t)1, sizeof(int64_t))) ||
        !(zone->offsets = calloc(header.times + (size_t)1, sizeof(int32_t))))
        fatal("out of memory");
    if (fill_table(zone, &reader, &header) && take(&reader, tail_of(&header, 8)) &&
        read_footer(&reader, &zone->rule))
        return zone;
    zone_close(zone);
    return NULL;
}

/* Letters and what joins them, a folder before its zone: no way out of the directory, and neither
 * "right/", which counts leap seconds, nor "posix/". */
static bool is_name(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t len = strspn(name, letters);

    return len > 0 && len <= NAME_MAX_LENGTH && name[len] == '\0' && name[0] >= 'A' &&
           name[0] <= 'Z';
}

struct zone *zone_open(const char *name)
{
    char path[sizeof(DIRECTORY) + NAME_MAX_LENGTH];
    struct zone *zone = NULL;

    if (!is_name(name))
        return NULL;
    snprintf(path, sizeof(path), DIRECTORY "%s", name);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    unsigned char *data = malloc(FILE_MAX);
    if (!data)
        fatal("out of memory");
    size_t len = fread(data, 1, FILE_MAX, file);
    if (len < FILE_MAX && !ferror(file))
        zone = zone_read(data, len);
    free(data);
    fclose(file);
    return zone;
}

void zone_close(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->instants);
    free(zone->offsets);
    free(zone);
}

int32_t zone_offset(const struct zone *zone, int64_t real_s)
{
    size_t low = 0, high = zone->count; /* the first instant later than this is in [low, high] */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->instants[middle] <= real_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count) /* with no table at all, too */
        return rule_offset(&zone->rule, real_s);
    return low == 0 ? zone->before : zone->offsets[low - 1];
}
