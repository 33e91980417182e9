/*
 * As much of Monday's schema (2026-10) as raiox may ask: types, their fields and arguments. A field
 * that is not here is answered like one that left the schema: undefinedField.
 */
#ifndef RAIOX_SANDBOX_MONDAY_SCHEMA_H
#define RAIOX_SANDBOX_MONDAY_SCHEMA_H

#include <stdbool.h>

struct schema_argument {
    const char *name, *type; /* "[ID!]" */
    bool has_default;
};

struct schema_field {
    const char *name;
    const char *type; /* of what it gives, wrappers stripped: "Board", "Int" */
    struct schema_argument arguments[10];
};

struct schema_type {
    const char *name;
    bool abstract; /* an interface or union */
    const char *implements;
    struct schema_field fields[20];
};

const struct schema_type *schema_type(const char *name); /* NULL: a scalar, or unknown */
const struct schema_field *schema_field(const struct schema_type *type, const char *name);
const struct schema_argument *schema_argument(const struct schema_field *field, const char *name);
/* May a fragment on `on` be spread where `type` is? */
bool schema_overlap(const struct schema_type *type, const struct schema_type *on);

/* The GraphQL type of a column's value by its type word; "UnsupportedValue" for others. */
const char *schema_value_type(const char *column_type);

#endif
