/*
 * The log: one JSON object a line on standard error, human text when that is a terminal. Only bot/
 * logs. Values go out escaped, cut at 2048 bytes; secrets, tokens, response_urls and bodies are
 * never given to it. LOG(LOG_INFO, "job done", LOG_S("id", job->id), LOG_I("ms", took));
 */
#ifndef RAIOX_BASE_LOG_H
#define RAIOX_BASE_LOG_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name;
    const char *text; /* NULL: a number */
    int64_t number;
};
static inline const char *log_text_(const char *text)
{
    return text ? text : "";
}
#define LOG_S(name, text) ((struct log_field){ (name), log_text_(text), 0 })
#define LOG_I(name, number) ((struct log_field){ (name), NULL, (int64_t)(number) })

/* role is the process' part ("serve", "work", "worker"), copied, shown on each line with its pid.
 */
void log_init(enum log_level least, const char *role);
bool log_level_parse(const char *text, enum log_level *ret);
bool log_enabled(enum log_level level);
void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);
#define LOG(level, event, ...)                                                                     \
    do {                                                                                           \
        if (log_enabled(level)) {                                                                  \
            const struct log_field fields_[] = { __VA_ARGS__ };                                    \
            log_event((level), (event), fields_, COUNT(fields_));                                  \
        }                                                                                          \
    } while (0)

#endif
