#include "tests/sandbox/monday_check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/monday_schema.h"

#define SPREADS_MAX 16

PRINTF(4, 5)
static bool wrong(struct monday_query *query, const struct gql_selection *where, const char *code,
                  const char *format, ...)
{
    char text[300];
    va_list args;

    if (query->wrong.code)
        return false;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    query->wrong = (struct monday_wrong){ .code = code,
                                          .message = arena_strdup(query->arena, text),
                                          .line = where ? where->line : 0,
                                          .column = where ? where->column : 0 };
    return false;
}

static const struct gql_variable *variable_named(const struct monday_query *query, const char *name)
{
    const struct gql_variable *variable = query->operation->variables;

    while (variable && strcmp(variable->name, name) != 0)
        variable = variable->next;
    return variable;
}

/* ---- types of variables and values ---- */

/* The innermost name: "ID" of "[ID!]!". */
static void base_type(const char *type, char ret[64])
{
    size_t len = strcspn(type + strspn(type, "["), "!]");
    snprintf(ret, 64, "%.*s", (int)len, type + strspn(type, "["));
}

static bool is_required(const char *type)
{
    return type[strlen(type) - 1] == '!';
}

static int list_depth(const char *type)
{
    return (int)strspn(type, "[");
}

/* May a variable of this type stand where that type is wanted? (A single one counts as a list.) */
static bool variable_fits(const char *have, const char *want, bool has_default)
{
    char have_base[64], want_base[64];

    base_type(have, have_base);
    base_type(want, want_base);
    if (strcmp(have_base, want_base) != 0 || list_depth(have) != list_depth(want))
        return false;
    if (is_required(want) && !is_required(have) && !has_default)
        return false;
    /* [ID] where [ID!] is wanted */
    if (list_depth(want) && strstr(want, "!]") && !strstr(have, "!]"))
        return false;
    return true;
}

static bool scalar_fits(const char *type, const cJSON *value)
{
    char base[64];

    base_type(type, base);
    if (!strcmp(base, "ID"))
        return cJSON_IsString(value) ||
               (cJSON_IsNumber(value) && value->valuedouble == trunc(value->valuedouble));
    if (!strcmp(base, "String"))
        return cJSON_IsString(value);
    if (!strcmp(base, "Int"))
        return cJSON_IsNumber(value) && value->valuedouble == (double)value->valueint;
    if (!strcmp(base, "Boolean"))
        return cJSON_IsBool(value);
    if (!strcmp(base, "ItemsQuery") || !strcmp(base, "ItemsPageByColumnValuesQuery"))
        return cJSON_IsObject(value);
    return true; /* CompareValue, and enums: any */
}

static bool json_fits(const char *type, const cJSON *value)
{
    const cJSON *item = NULL;

    if (!value || cJSON_IsNull(value))
        return !is_required(type);
    if (!list_depth(type) || !cJSON_IsArray(value)) {
        char base[64];
        base_type(type, base);
        return (!cJSON_IsArray(value) || !strcmp(base, "CompareValue")) && scalar_fits(type, value);
    }
    cJSON_ArrayForEach(item, value) {
        if (!json_fits(type + 1, item))
            return false;
    }
    return true;
}

static bool check_variables(struct monday_query *query)
{
    static const char *const inputs[] = {
        "ID",
        "String",
        "Int",
        "Boolean",
        "CompareValue",
        "ItemsQuery",
        "State",
        "JSON",
        "ItemsPageByColumnValuesQuery",
        "ColumnType",
        "BoardKind",
        "ItemsQueryRule",
        "ItemsQueryRuleOperator",
    };

    for (const struct gql_variable *v = query->operation->variables; v; v = v->next) {
        const cJSON *value = json_get(query->variables, v->name);
        char base[64];
        bool known = false;

        base_type(v->type, base);
        for (size_t i = 0; i < COUNT(inputs); i++)
            known = known || !strcmp(base, inputs[i]);
        if (!known)
            return wrong(query, NULL, "GRAPHQL_VALIDATION_FAILED", "Unknown type \"%s\".", base);
        if (!value && is_required(v->type) && !v->fallback)
            return wrong(query, NULL, "BAD_USER_INPUT",
                         "Variable \"$%s\" of required type \"%s\" was not provided.", v->name,
                         v->type);
        if (value && !json_fits(v->type, value))
            return wrong(query, NULL, "BAD_USER_INPUT",
                         "Variable \"$%s\" got invalid value; expected type \"%s\".", v->name,
                         v->type);
    }
    return true;
}

/* ---- arguments ---- */

static cJSON *value_json(const struct monday_query *query, const struct gql_value *value)
{
    const struct gql_variable *variable = NULL;
    const cJSON *given = NULL;
    cJSON *json = NULL;

    switch (value->kind) {
    case GQL_VARIABLE:
        variable = variable_named(query, value->text);
        given = json_get(query->variables, value->text);
        if (!given && variable && variable->fallback)
            return value_json(query, variable->fallback);
        return given ? cJSON_Duplicate(given, true) : NULL;
    case GQL_NUMBER:
        return cJSON_CreateNumber(strtod(value->text, NULL));
    case GQL_STRING:
        return cJSON_CreateString(value->text);
    case GQL_ENUM:
        return !strcmp(value->text, "true")    ? cJSON_CreateTrue()
               : !strcmp(value->text, "false") ? cJSON_CreateFalse()
               : !strcmp(value->text, "null")  ? cJSON_CreateNull()
                                               : cJSON_CreateString(value->text);
    case GQL_LIST:
        json = cJSON_CreateArray();
        for (const struct gql_value *item = value->first; item; item = item->next)
            cJSON_AddItemToArray(json, value_json(query, item));
        return json;
    case GQL_OBJECT:
        json = cJSON_CreateObject();
        for (const struct gql_value *item = value->first; item; item = item->next)
            cJSON_AddItemToObject(json, item->name, value_json(query, item));
        return json;
    }
    return NULL;
}

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

const cJSON *monday_argument(const struct monday_query *query,
                             const struct gql_selection *selection, const char *name)
{
    for (const struct gql_argument *a = selection->arguments; a; a = a->next) {
        if (strcmp(a->name, name) != 0)
            continue;
        cJSON *json = value_json(query, a->value);
        if (json)
            arena_defer(query->arena, delete_json, json);
        return json;
    }
    return NULL;
}

int monday_argument_int(const struct monday_query *query, const struct gql_selection *selection,
                        const char *name, int fallback)
{
    const cJSON *json = monday_argument(query, selection, name);
    return cJSON_IsNumber(json) ? json->valueint : fallback;
}

/* The variables that a value uses are declared, and where one stands alone its type fits. */
static bool check_value(struct monday_query *query, const struct gql_selection *where,
                        const struct gql_value *value, const struct schema_argument *argument)
{
    if (value->kind == GQL_VARIABLE) {
        const struct gql_variable *variable = variable_named(query, value->text);
        if (!variable)
            return wrong(query, where, "GRAPHQL_VALIDATION_FAILED",
                         "Variable \"$%s\" is not defined.", value->text);
        if (argument && !variable_fits(variable->type, argument->type,
                                       variable->fallback || argument->has_default))
            return wrong(query, where, "GRAPHQL_VALIDATION_FAILED",
                         "Variable \"$%s\" of type \"%s\" used in position expecting type \"%s\".",
                         value->text, variable->type, argument->type);
    }
    for (const struct gql_value *item = value->first; item; item = item->next) {
        if (!check_value(query, where, item, NULL))
            return false;
    }
    return true;
}

static bool check_arguments(struct monday_query *query, const struct gql_selection *selection,
                            const struct schema_type *type, const struct schema_field *field)
{
    for (const struct gql_argument *a = selection->arguments; a; a = a->next) {
        const struct schema_argument *argument = schema_argument(field, a->name);
        if (!argument)
            return wrong(query, selection, "argumentNotAccepted",
                         "Unknown argument \"%s\" on field \"%s.%s\".", a->name, type->name,
                         field->name);
        if (!check_value(query, selection, a->value, argument))
            return false;
        const cJSON *value = monday_argument(query, selection, a->name);
        if (value && !json_fits(argument->type, value))
            return wrong(query, selection, "argumentLiteralsIncompatible",
                         "Argument '%s' on Field '%s' has an invalid value. Expected type '%s'.",
                         a->name, field->name, argument->type);
    }
    for (size_t i = 0; i < COUNT(field->arguments) && field->arguments[i].name; i++) {
        const struct schema_argument *argument = &field->arguments[i];
        if (is_required(argument->type) && !argument->has_default &&
            !monday_argument(query, selection, argument->name))
            return wrong(query, selection, "missingRequiredArguments",
                         "Field '%s' is missing required arguments: %s", field->name,
                         argument->name);
    }
    return true;
}

/* ---- selections ---- */

static bool check_list(struct monday_query *query, const struct gql_selection *first,
                       const struct schema_type *type, int spreads);

static bool check_field(struct monday_query *query, const struct gql_selection *selection,
                        const struct schema_type *type, int spreads)
{
    if (!strcmp(selection->name, "__typename"))
        return true;
    const struct schema_field *field = schema_field(type, selection->name);
    if (!field)
        return wrong(query, selection, "undefinedField",
                     "Cannot query field \"%s\" on type \"%s\".", selection->name, type->name);
    const struct schema_type *inner = schema_type(field->type);
    if (inner && !selection->first)
        return wrong(query, selection, "selectionMismatch",
                     "Field must have selections (field '%s' returns %s but has no selections.)",
                     field->name, field->type);
    if (!inner && selection->first)
        return wrong(query, selection, "selectionMismatch",
                     "Selections can't be made on scalars (field '%s' returns %s)", field->name,
                     field->type);
    return check_arguments(query, selection, type, field) &&
           (!inner || check_list(query, selection->first, inner, spreads));
}

static bool check_fragment(struct monday_query *query, const struct gql_selection *where,
                           const char *on, const struct gql_selection *first,
                           const struct schema_type *type, int spreads)
{
    const struct schema_type *target = on ? schema_type(on) : type;

    if (!target)
        return wrong(query, where, "undefinedType",
                     "No such type %s, so it can't be a fragment "
                     "condition",
                     on);
    if (!schema_overlap(type, target))
        return wrong(query, where, "cannotSpreadFragment",
                     "Fragment on %s can't be spread inside %s", target->name, type->name);
    return check_list(query, first, target, spreads);
}

static bool check_list(struct monday_query *query, const struct gql_selection *first,
                       const struct schema_type *type, int spreads)
{
    for (const struct gql_selection *s = first; s; s = s->next) {
        bool ok = false;
        if (s->kind == GQL_FIELD) {
            ok = check_field(query, s, type, spreads);
        } else if (s->kind == GQL_INLINE) {
            ok = check_fragment(query, s, s->on, s->first, type, spreads);
        } else {
            const struct gql_definition *fragment = gql_fragment(&query->document, s->name);
            if (!fragment)
                ok = wrong(query, s, "useAndDefineFragment",
                           "Fragment %s was used, but not defined", s->name);
            else if (spreads > SPREADS_MAX)
                ok = wrong(query, s, "infiniteLoop", "Fragment %s contains an infinite loop",
                           s->name);
            else
                ok = check_fragment(query, s, fragment->on, fragment->first, type, spreads + 1);
        }
        if (!ok)
            return false;
    }
    return true;
}

static const struct gql_definition *operation_named(struct monday_query *query, const char *name)
{
    const struct gql_definition *found = NULL;

    for (const struct gql_definition *d = query->document.first; d; d = d->next) {
        if (!d->operation || (name && strcmp(d->name, name) != 0))
            continue;
        if (found) {
            wrong(query, NULL, "GRAPHQL_VALIDATION_FAILED",
                  "Must provide operation name if query contains multiple operations.");
            return NULL;
        }
        found = d;
    }
    if (!found)
        wrong(query, NULL, "GRAPHQL_VALIDATION_FAILED", "Unknown operation.");
    else if (strcmp(found->operation, "query") != 0)
        wrong(query, NULL, "UserUnauthorizedException", "User unauthorized to perform action");
    return found;
}

bool monday_check(struct monday_query *query, const char *text, const char *operation_name)
{
    if (!gql_parse(query->arena, text, &query->document)) {
        query->wrong = (struct monday_wrong){ "parseError", query->document.wrong,
                                              query->document.line, query->document.column };
        return false;
    }
    query->operation = operation_named(query, operation_name);
    return !query->wrong.code && check_variables(query) &&
           check_list(query, query->operation->first, schema_type("Query"), 0);
}
