/* A document held against the schema and its variables, before anything is answered. */
#ifndef RAIOX_SANDBOX_MONDAY_CHECK_H
#define RAIOX_SANDBOX_MONDAY_CHECK_H

#include "tests/sandbox/graphql.h"

struct monday_wrong {
    const char *code, *message;
    int line, column; /* 0: of the whole */
};

struct monday_query {
    struct arena *arena;
    struct gql_document document;
    const struct gql_definition *operation;
    const cJSON *variables; /* NULL: none */
    struct monday_wrong wrong;
};

/* false: wrong is set. operation_name NULL: the only operation. */
bool monday_check(struct monday_query *query, const char *text, const char *operation_name);

/* The argument as JSON, variables put in; NULL: not given. In the query's arena, or borrowed. */
const cJSON *monday_argument(const struct monday_query *query,
                             const struct gql_selection *selection, const char *name);
int monday_argument_int(const struct monday_query *query, const struct gql_selection *selection,
                        const char *name, int fallback);

#endif
