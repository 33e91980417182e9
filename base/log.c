#include "base/log.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of one text; the rest is cut, with "…" in its place. Keeps most lines below PIPE_BUF (4096), so
 * that those of several processes on one pipe do not mix. */
#define MAX_VALUE 2048

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

static struct {
    enum log_level least;
    bool terminal;
    char role[32];
} settings = { .least = LOG_INFO, .role = "raiox" };

void log_init(enum log_level least, const char *role)
{
    settings.least = least;
    settings.terminal = isatty(STDERR_FILENO) == 1;
    snprintf(settings.role, sizeof(settings.role), "%s", role);
}

bool log_level_parse(const char *text, enum log_level *ret)
{
    for (size_t i = 0; i < COUNT(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level)
{
    return level >= settings.least;
}

/* C0, DEL and, in two bytes, C1: a terminal obeys them, even those that JSON lets stand. */
static bool is_control(const unsigned char *c, size_t step)
{
    return (step == 1 && (*c < 0x20 || *c == 0x7F)) || (step == 2 && *c == 0xC2 && c[1] < 0xA0);
}

/* What stands between the quotes of a JSON string, whatever the bytes. */
static void add_escaped(struct buf *line, const char *text)
{
    size_t left = strlen(text), room = MAX_VALUE;

    while (left > 0) {
        const unsigned char *c = (const unsigned char *)text;
        size_t step = utf8_sequence(text, left), taken = step ? step : 1;
        if (taken > room) {
            buf_text(line, "…");
            return;
        }
        if (step == 0)
            buf_text(line, "\uFFFD");
        else if (is_control(c, step))
            buf_printf(line, "\\u%04x", step == 1 ? *c : c[1]);
        else if (*c == '"' || *c == '\\')
            buf_add(line, (const char[]){ '\\', *text }, 2);
        else
            buf_add(line, text, step);
        text += taken;
        left -= taken;
        room -= taken;
    }
}

static void add_quoted(struct buf *line, const char *text)
{
    buf_char(line, '"');
    add_escaped(line, text);
    buf_char(line, '"');
}

/* "2026-11-21T15:00:00.123Z" */
static void format_now(char ret[32])
{
    int64_t now_ms = clock_real_ms();
    char seconds[32];

    clock_format_utc(now_ms, seconds);
    snprintf(ret, 32, "%.19s.%03dZ", seconds, (int)(now_ms % 1000));
}

static void add_json(struct buf *line, enum log_level level, const char *event,
                     const struct log_field *fields, size_t count)
{
    char time[32];

    format_now(time);
    buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"role\":", time, level_names[level]);
    add_quoted(line, settings.role);
    buf_printf(line, ",\"pid\":%jd,\"event\":", (intmax_t)getpid());
    add_quoted(line, event);
    for (size_t i = 0; i < count; i++) {
        buf_char(line, ',');
        add_quoted(line, fields[i].name);
        buf_char(line, ':');
        if (fields[i].text)
            add_quoted(line, fields[i].text);
        else
            buf_printf(line, "%" PRId64, fields[i].number);
    }
    buf_text(line, "}\n");
}

/* Needs no quotes to be read as one word. */
static bool is_word(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"\\=", *text))
            return false;
    return true;
}

/* 15:00:00.123 info  worker[4711] job done id=R1 ms=12 */
static void add_human(struct buf *line, enum log_level level, const char *event,
                      const struct log_field *fields, size_t count)
{
    char time[32];

    format_now(time);
    buf_printf(line, "%.12s %-5s ", strchr(time, 'T') + 1, level_names[level]);
    add_escaped(line, settings.role);
    buf_printf(line, "[%jd] ", (intmax_t)getpid());
    add_escaped(line, event);
    for (size_t i = 0; i < count; i++) {
        buf_char(line, ' ');
        add_escaped(line, fields[i].name);
        buf_char(line, '=');
        if (!fields[i].text)
            buf_printf(line, "%" PRId64, fields[i].number);
        else if (is_word(fields[i].text))
            add_escaped(line, fields[i].text);
        else
            add_quoted(line, fields[i].text);
    }
    buf_char(line, '\n');
}

/* A log that cannot be written is lost: there is nowhere to say so. */
static void write_all(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(STDERR_FILENO, data, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        data += written;
        len -= (size_t)written;
    }
}

void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    if (!log_enabled(level))
        return;

    int saved_errno = errno; /* a caller may log first and look at errno then */
    scoped_buf struct buf line;
    buf_init(&line, SIZE_MAX); /* bounded: each of its texts is */
    if (settings.terminal)
        add_human(&line, level, event, fields, count);
    else
        add_json(&line, level, event, fields, count);
    write_all(line.data, line.len);
    errno = saved_errno;
}
