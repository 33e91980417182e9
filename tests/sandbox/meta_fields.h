/*
 * Meta's field expansion: fields=id,name,insights.date_preset(this_month).limit(5){spend}. Parsed
 * here; what the names mean is looked up by whoever answers.
 */
#ifndef RAIOX_SANDBOX_META_FIELDS_H
#define RAIOX_SANDBOX_META_FIELDS_H

#include "base/arena.h"

struct field_modifier {
    const char *name, *value; /* limit, 5 */
};

struct field {
    const char *name;
    VEC(struct field_modifier) modifiers;
    struct field *first, *next; /* the first within its { }; its neighbour in the list */
};

/* The modifier's value, or NULL. */
const char *field_modifier(const struct field *field, const char *name);

/*
 * ret gets the list as its first; NULL when it was read, else what is wrong (Meta's code 2500).
 */
const char *meta_fields_parse(struct arena *arena, const char *text, struct field *ret);

#endif
