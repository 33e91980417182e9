#include "tests/sandbox/graphql.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NESTING_MAX 32

struct reader {
    struct arena *arena;
    const char *start, *at;
    const char *token; /* NULL: the end. "..." and one character, or a word, number, string */
    const char *token_at;
    enum { TOKEN_SIGN, TOKEN_NAME, TOKEN_NUMBER, TOKEN_STRING } kind;
    int depth;
    const char *wrong;
    const char *wrong_at;
};

static bool fail(struct reader *reader, const char *expected)
{
    if (!reader->wrong) {
        reader->wrong = arena_printf(reader->arena, "Parse error on %s: expected %s",
                                     reader->token ? reader->token : "end of document", expected);
        reader->wrong_at = reader->token_at;
    }
    return false;
}

static void skip_ignored(struct reader *reader)
{
    for (;;) {
        while (isspace((unsigned char)*reader->at) || *reader->at == ',')
            reader->at++;
        if (*reader->at != '#')
            return;
        reader->at += strcspn(reader->at, "\n");
    }
}

static void read_string(struct reader *reader)
{
    const char *start = ++reader->at;
    char *out = arena_alloc(reader->arena, strlen(start) + 1), *end = out;

    for (; *reader->at && *reader->at != '"' && *reader->at != '\n'; reader->at++) {
        if (*reader->at == '\\' && reader->at[1])
            reader->at++;
        *end++ = *reader->at;
    }
    if (*reader->at == '"')
        reader->at++;
    else
        fail(reader, "the end of a string");
    reader->kind = TOKEN_STRING;
    reader->token = out;
}

static void advance(struct reader *reader)
{
    skip_ignored(reader);
    const char *start = reader->token_at = reader->at;

    reader->token = NULL;
    if (!*start)
        return;
    if (*start == '"') {
        read_string(reader);
        return;
    }
    if (isalpha((unsigned char)*start) || *start == '_') {
        while (isalnum((unsigned char)*reader->at) || *reader->at == '_')
            reader->at++;
        reader->kind = TOKEN_NAME;
    } else if (isdigit((unsigned char)*start) || *start == '-') {
        reader->at += 1 + strspn(start + 1, "0123456789.eE+-");
        reader->kind = TOKEN_NUMBER;
    } else {
        reader->at += strncmp(start, "...", 3) ? 1 : 3;
        reader->kind = TOKEN_SIGN;
    }
    reader->token = arena_strndup(reader->arena, start, (size_t)(reader->at - start));
}

static bool at_sign(const struct reader *reader, const char *sign)
{
    return reader->token && reader->kind == TOKEN_SIGN && !strcmp(reader->token, sign);
}

static bool take(struct reader *reader, const char *sign)
{
    if (!at_sign(reader, sign))
        return false;
    advance(reader);
    return true;
}

static bool want(struct reader *reader, const char *sign)
{
    return take(reader, sign) || fail(reader, sign);
}

static const char *take_name(struct reader *reader)
{
    const char *name = reader->token;

    if (!name || reader->kind != TOKEN_NAME) {
        fail(reader, "a name");
        return NULL;
    }
    advance(reader);
    return name;
}

static struct gql_value *read_value(struct reader *reader);

static bool read_values(struct reader *reader, struct gql_value *parent, const char *end)
{
    struct gql_value **last = &parent->first;

    if (++reader->depth > NESTING_MAX)
        return fail(reader, "less nesting");
    while (!take(reader, end)) {
        const char *name = NULL;
        if (parent->kind == GQL_OBJECT && (!(name = take_name(reader)) || !want(reader, ":")))
            return false;
        struct gql_value *value = read_value(reader);
        if (!value)
            return false;
        value->name = name;
        *last = value;
        last = &value->next;
    }
    reader->depth--;
    return true;
}

static struct gql_value *read_value(struct reader *reader)
{
    struct gql_value *value = arena_new(reader->arena, struct gql_value);

    if (!reader->token) {
        fail(reader, "a value");
        return NULL;
    }
    if (take(reader, "$")) {
        value->kind = GQL_VARIABLE;
        value->text = take_name(reader);
        return value->text ? value : NULL;
    }
    if (take(reader, "[")) {
        value->kind = GQL_LIST;
        return read_values(reader, value, "]") ? value : NULL;
    }
    if (take(reader, "{")) {
        value->kind = GQL_OBJECT;
        return read_values(reader, value, "}") ? value : NULL;
    }
    if (reader->kind == TOKEN_SIGN) {
        fail(reader, "a value");
        return NULL;
    }
    value->kind = reader->kind == TOKEN_NAME     ? GQL_ENUM
                  : reader->kind == TOKEN_NUMBER ? GQL_NUMBER
                                                 : GQL_STRING;
    value->text = reader->token;
    advance(reader);
    return value;
}

static bool read_arguments(struct reader *reader, struct gql_argument **last)
{
    if (!take(reader, "("))
        return true;
    do {
        struct gql_argument *argument = arena_new(reader->arena, struct gql_argument);
        argument->name = take_name(reader);
        if (!argument->name || !want(reader, ":") || !(argument->value = read_value(reader)))
            return false;
        *last = argument;
        last = &argument->next;
    } while (!take(reader, ")"));
    return true;
}

/* @include and @skip exist; what we send has none, so that one is more likely an accident. */
static bool read_directives(struct reader *reader)
{
    if (at_sign(reader, "@"))
        return fail(reader, "no directive");
    return true;
}

static bool read_selections(struct reader *reader, struct gql_selection **last);

static void place_of(const struct reader *reader, const char *at, int *ret_line, int *ret_column)
{
    *ret_line = 1;
    *ret_column = 1;
    for (const char *c = reader->start; c < at; c++) {
        *ret_line += *c == '\n';
        *ret_column = *c == '\n' ? 1 : *ret_column + 1;
    }
}

static bool read_fragment(struct reader *reader, struct gql_selection *selection)
{
    bool typed = reader->token && !strcmp(reader->token, "on");

    if (!typed && !at_sign(reader, "{")) {
        selection->kind = GQL_SPREAD;
        selection->name = take_name(reader);
        return selection->name && read_directives(reader);
    }
    selection->kind = GQL_INLINE;
    if (typed) {
        advance(reader);
        selection->on = take_name(reader);
    }
    return !reader->wrong && read_directives(reader) && want(reader, "{") &&
           read_selections(reader, &selection->first);
}

static bool read_field(struct reader *reader, struct gql_selection *selection)
{
    selection->kind = GQL_FIELD;
    selection->name = selection->key = take_name(reader);
    if (take(reader, ":"))
        selection->name = take_name(reader);
    if (!selection->name || !read_arguments(reader, &selection->arguments) ||
        !read_directives(reader))
        return false;
    return !take(reader, "{") || read_selections(reader, &selection->first);
}

/* Behind the opening brace. */
static bool read_selections(struct reader *reader, struct gql_selection **last)
{
    if (++reader->depth > NESTING_MAX)
        return fail(reader, "less nesting");
    do {
        struct gql_selection *selection = arena_new(reader->arena, struct gql_selection);
        place_of(reader, reader->token_at, &selection->line, &selection->column);
        if (!(take(reader, "...") ? read_fragment(reader, selection)
                                  : read_field(reader, selection)))
            return false;
        *last = selection;
        last = &selection->next;
    } while (!take(reader, "}"));
    reader->depth--;
    return true;
}

static const char *read_type(struct reader *reader)
{
    const char *text = NULL;

    if (take(reader, "[")) {
        const char *inner = read_type(reader);
        if (!inner || !want(reader, "]"))
            return NULL;
        text = arena_printf(reader->arena, "[%s]", inner);
    } else {
        text = take_name(reader);
    }
    return text && take(reader, "!") ? arena_printf(reader->arena, "%s!", text) : text;
}

static bool read_variables(struct reader *reader, struct gql_variable **last)
{
    if (!take(reader, "("))
        return true;
    do {
        struct gql_variable *variable = arena_new(reader->arena, struct gql_variable);
        if (!want(reader, "$") || !(variable->name = take_name(reader)) || !want(reader, ":") ||
            !(variable->type = read_type(reader)))
            return false;
        if (take(reader, "=") && !(variable->fallback = read_value(reader)))
            return false;
        *last = variable;
        last = &variable->next;
    } while (!take(reader, ")"));
    return true;
}

static bool read_definition(struct reader *reader, struct gql_definition *definition)
{
    definition->name = "";
    if (at_sign(reader, "{")) {
        definition->operation = "query";
    } else {
        const char *word = take_name(reader);
        if (!word)
            return false;
        bool fragment = !strcmp(word, "fragment");
        if (!fragment && strcmp(word, "query") && strcmp(word, "mutation"))
            return fail(reader, "query, mutation or fragment");
        definition->operation = fragment ? NULL : word;
        if (fragment || (reader->token && reader->kind == TOKEN_NAME))
            definition->name = take_name(reader);
        if (fragment) {
            const char *on = take_name(reader);
            definition->on = on && !strcmp(on, "on") ? take_name(reader) : NULL;
            if (!definition->on)
                return fail(reader, "on");
        } else if (!read_variables(reader, &definition->variables)) {
            return false;
        }
    }
    return !reader->wrong && want(reader, "{") && read_selections(reader, &definition->first);
}

bool gql_parse(struct arena *arena, const char *text, struct gql_document *ret)
{
    struct reader reader = { .arena = arena, .start = text, .at = text };
    struct gql_definition **last = &ret->first;

    advance(&reader);
    do {
        struct gql_definition *definition = arena_new(arena, struct gql_definition);
        if (!read_definition(&reader, definition))
            break;
        *last = definition;
        last = &definition->next;
    } while (reader.token);
    ret->wrong = reader.wrong;
    if (ret->wrong)
        place_of(&reader, reader.wrong_at, &ret->line, &ret->column);
    return !ret->wrong;
}

const struct gql_definition *gql_fragment(const struct gql_document *document, const char *name)
{
    const struct gql_definition *definition = document->first;

    while (definition && (definition->operation || strcmp(definition->name, name) != 0))
        definition = definition->next;
    return definition;
}
