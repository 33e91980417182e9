/*
 * GAQL: a statement read into its parts and checked against the fields that a resource may be asked
 * for. Evaluating it is google_ads.c's. Source: contracts of Google Ads, section 4.
 */
#ifndef RAIOX_SANDBOX_GAQL_H
#define RAIOX_SANDBOX_GAQL_H

#include "base/arena.h"

#include <stdbool.h>

enum gaql_type {
    GAQL_TEXT,
    GAQL_INT64, /* a JSON string */
    GAQL_DOUBLE,
    GAQL_BOOL,
    GAQL_ENUM,
    GAQL_DATE,
    GAQL_LIST,
};

struct gaql_field {
    const char *name; /* campaign.id */
    enum gaql_type type;
};

struct gaql_condition {
    const struct gaql_field *field;
    const char *operator; /* upper case, one blank: "NOT IN" */
    VEC(const char *) values;
};

struct gaql {
    VEC(const struct gaql_field *) select;
    const char *from;
    VEC(struct gaql_condition) where;
    const struct gaql_field *order_by; /* NULL: none */
    bool descending;
    long limit;                                /* 0: none */
    bool has_metrics, has_segments, has_dates; /* selected, selected, in WHERE */
};

struct gaql_wrong {
    const char *code; /* of queryError: "UNRECOGNIZED_FIELD" */
    const char *message;
};

/* NULL when it was read and may be asked; else what is wrong. */
const struct gaql_wrong *gaql_parse(struct arena *arena, const char *text, struct gaql *ret);

#endif
