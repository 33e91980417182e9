/* A GraphQL document read into its parts: operations, fragments, selections, values. No schema. */
#ifndef RAIOX_SANDBOX_GRAPHQL_H
#define RAIOX_SANDBOX_GRAPHQL_H

#include "base/arena.h"
#include "base/json.h"

enum gql_kind {
    GQL_VARIABLE, /* text: its name */
    GQL_NUMBER,
    GQL_STRING,
    GQL_ENUM, /* names, true, false, null */
    GQL_LIST,
    GQL_OBJECT,
};

struct gql_value {
    enum gql_kind kind;
    const char *text;
    const char *name;               /* within an object */
    struct gql_value *first, *next; /* of a list or object */
};

struct gql_argument {
    const char *name;
    const struct gql_value *value;
    struct gql_argument *next;
};

struct gql_selection {
    enum { GQL_FIELD, GQL_SPREAD, GQL_INLINE } kind;
    const char *name; /* of the field, or of the fragment */
    const char *key;  /* under which it is answered: the alias, or name */
    const char *on;   /* an inline fragment's type; NULL: none */
    struct gql_argument *arguments;
    struct gql_selection *first, *next; /* within { } */
    int line, column;
};

struct gql_variable {
    const char *name, *type; /* "[ID!]!" */
    const struct gql_value *fallback;
    struct gql_variable *next;
};

struct gql_definition {
    const char *operation; /* "query"; NULL: a fragment */
    const char *name, *on; /* "" where it has none */
    struct gql_variable *variables;
    struct gql_selection *first;
    struct gql_definition *next;
};

struct gql_document {
    struct gql_definition *first;
    const char *wrong; /* what is wrong, and where */
    int line, column;
};

/* false: wrong is set. */
bool gql_parse(struct arena *arena, const char *text, struct gql_document *ret);
const struct gql_definition *gql_fragment(const struct gql_document *document, const char *name);

#endif
