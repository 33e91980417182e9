/*
 * The one error type. A kind says what to do next, the same for every platform and room; the texts
 * say what happened, one for the reader in Slack and one for the log. Owns: nothing; {0} is "no
 * error". Rooms below bot/ return errors and log nothing, bot/ logs each once.
 */
#ifndef RAIOX_BASE_ERROR_H
#define RAIOX_BASE_ERROR_H

#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

enum err_kind { /* from AUTH on, the names are those of a report's warnings: one word, one meaning
                 */
                ERR_NONE,
                ERR_INPUT, /* the asker can fix it (unknown client, bad word): say what to type */
                ERR_INTERNAL, /* a promise broken inside raiox: no retry, alert */
                ERR_CONFIG,   /* the operator can fix it (a row in Monday, a variable): say where */
                ERR_AUTH,     /* token refused: no retry, tell whoever owns the token */
                ERR_PERMISSION,   /* this account is not ours to read: no retry */
                ERR_NOT_FOUND,    /* no such account, or none that we may see */
                ERR_RATE_LIMIT,   /* the platform asked us to wait: retry after the hint */
                ERR_TIMEOUT,      /* no answer in time: retry with back-off */
                ERR_UNAVAILABLE,  /* 5xx, broken connection: retry with back-off */
                ERR_BAD_RESPONSE, /* an answer we cannot read: no retry, alert */
                ERR_KINDS,
};

struct error {
    enum err_kind kind;
    int64_t retry_after_ms; /* the platform's own hint; 0: none, use the back-off */
    char user[200]; /* one sentence for Slack, or empty: no id, URL, token or platform text */
    char log[400];  /* "outer: inner: cause" for us: ids and statuses, no secret */
};

/*
 * error_set(err, kind, format, ...) sets kind and log text, clears the rest. Returns false, so that
 * a failing path is one line: return error_set(err, ...). A text too long is cut at a whole UTF-8
 * character.
 */
#define error_set(...) (error_set_(__VA_ARGS__), error_false_())
PRINTF(3, 4) void error_set_(struct error *err, enum err_kind kind, const char *format, ...);

/* error_wrap(err, format, ...) puts "outer: " before the log text on the way up; returns false. */
#define error_wrap(...) (error_wrap_(__VA_ARGS__), error_false_())
PRINTF(2, 3) void error_wrap_(struct error *err, const char *format, ...);

/* Macros, so that compiler and analyzer see the false and do not follow a path that is none. */
static inline bool error_false_(void)
{
    return false;
}

/* The kind's word in JSON and metrics: "rate_limit". "none" for ERR_NONE. */
const char *error_kind_name(enum err_kind kind);

/* Can waiting mend it? RATE_LIMIT, TIMEOUT, UNAVAILABLE. */
bool error_may_pass(enum err_kind kind);

/* Out of memory, or of something else that nothing works without: says so and ends the process. */
NORETURN void fatal(const char *what);

#endif
