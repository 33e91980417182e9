/*
 * application/x-www-form-urlencoded from outside. '+' is a blank, %XX one byte; the result is UTF-8
 * without NUL, or the whole form is refused.
 */
#ifndef RAIOX_BOT_FORM_H
#define RAIOX_BOT_FORM_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>

/* Slack sends some fifteen; more than this is not Slack. */
#define FORM_MAX_FIELDS 64

struct form_field {
    const char *name, *value;
};
struct form {
    struct form_field fields[FORM_MAX_FIELDS];
    size_t count;
};

/* ERR_INPUT: bad escape, bad UTF-8, NUL, too many fields, one name twice. Texts are in the arena.
 */
MUST_CHECK bool form_parse(struct arena *arena, struct bytes body, struct form *ret,
                           struct error *err);
/* NULL: no such field. */
const char *form_get(const struct form *form, const char *name);

#endif
