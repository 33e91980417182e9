#include "base/error.h"

#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[ERR_KINDS] = {
    [ERR_NONE] = "none",
    [ERR_INPUT] = "input",
    [ERR_INTERNAL] = "internal",
    [ERR_CONFIG] = "config",
    [ERR_AUTH] = "auth",
    [ERR_PERMISSION] = "permission",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_RATE_LIMIT] = "rate_limit",
    [ERR_TIMEOUT] = "timeout",
    [ERR_UNAVAILABLE] = "unavailable",
    [ERR_BAD_RESPONSE] = "bad_response",
};

/* snprintf cuts at a byte: takes away what it left of a character. */
static void drop_cut_character(char *text, size_t size, int wanted)
{
    if (wanted < 0 || (size_t)wanted < size)
        return;

    size_t len = strlen(text), start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
        start--;
    if (start < len && utf8_sequence(text + start, len - start) != len - start)
        text[start] = '\0';
}

void error_set_(struct error *err, enum err_kind kind, const char *format, ...)
{
    char log[sizeof(err->log)]; /* the arguments may point into err */
    va_list args;

    va_start(args, format);
    int wanted = vsnprintf(log, sizeof(log), format, args);
    va_end(args);
    drop_cut_character(log, sizeof(log), wanted);

    *err = (struct error){ .kind = kind };
    memcpy(err->log, log, sizeof(log));
}

void error_wrap_(struct error *err, const char *format, ...)
{
    char outer[sizeof(err->log)], log[sizeof(err->log)];
    va_list args;

    va_start(args, format);
    vsnprintf(outer, sizeof(outer), format, args);
    va_end(args);
    int wanted = snprintf(log, sizeof(log), "%s: %s", outer, err->log);
    drop_cut_character(log, sizeof(log), wanted);
    memcpy(err->log, log, sizeof(log));
}

const char *error_kind_name(enum err_kind kind)
{
    return (size_t)kind < COUNT(kind_names) ? kind_names[kind] : "internal";
}

bool error_may_pass(enum err_kind kind)
{
    return kind == ERR_RATE_LIMIT || kind == ERR_TIMEOUT || kind == ERR_UNAVAILABLE;
}

void fatal(const char *what)
{
    dprintf(STDERR_FILENO, "raiox: %s\n", what);
    abort();
}
