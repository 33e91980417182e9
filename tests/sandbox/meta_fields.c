#include "tests/sandbox/meta_fields.h"

#include <ctype.h>
#include <string.h>

#define NESTING_MAX 6

struct reader {
    struct arena *arena;
    const char *at;
    int depth;
};

const char *field_modifier(const struct field *field, const char *name)
{
    for (size_t i = 0; i < field->modifiers.len; i++) {
        if (!strcmp(field->modifiers.items[i].name, name))
            return field->modifiers.items[i].value;
    }
    return NULL;
}

static void skip_blanks(struct reader *reader)
{
    while (*reader->at == ' ')
        reader->at++;
}

static const char *read_name(struct reader *reader)
{
    skip_blanks(reader);
    const char *start = reader->at;
    while (isalnum((unsigned char)*reader->at) || *reader->at == '_')
        reader->at++;
    if (reader->at == start)
        return NULL;
    char *name = arena_strndup(reader->arena, start, (size_t)(reader->at - start));
    skip_blanks(reader);
    return name;
}

/* The text up to the parenthesis that closes, with strings and nested brackets passed over. */
static const char *read_value(struct reader *reader)
{
    const char *start = reader->at;
    int depth = 0;
    bool quoted = false;

    for (; *reader->at; reader->at++) {
        char c = *reader->at;
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && strchr("([{", c))
            depth++;
        else if (!quoted && c == ')' && depth == 0)
            return arena_strndup(reader->arena, start, (size_t)(reader->at++ - start));
        else if (!quoted && strchr(")]}", c))
            depth--;
    }
    return NULL;
}

static const char *read_list(struct reader *reader, struct field *parent);

static const char *read_field(struct reader *reader, struct field *field)
{
    field->name = read_name(reader);
    if (!field->name)
        return "Syntax error \"Expected name.\" in the fields param";
    while (*reader->at == '.') {
        reader->at++;
        const char *name = read_name(reader);
        if (!name || *reader->at != '(')
            return "Syntax error \"Expected '(' behind a modifier.\" in the fields param";
        reader->at++;
        const char *value = read_value(reader);
        if (!value)
            return "Syntax error \"Expected end of string instead of '('.\" in the fields param";
        *vec_push(reader->arena, &field->modifiers) = (struct field_modifier){ name, value };
        skip_blanks(reader);
    }
    if (*reader->at != '{')
        return NULL;
    reader->at++;
    if (++reader->depth > NESTING_MAX)
        return "Field expansion is nested too deep";
    const char *wrong = read_list(reader, field);
    if (wrong)
        return wrong;
    if (*reader->at++ != '}')
        return "Syntax error \"Expected '}'.\" in the fields param";
    reader->depth--;
    skip_blanks(reader);
    return NULL;
}

static const char *read_list(struct reader *reader, struct field *parent)
{
    struct field **end = &parent->first;

    for (;;) {
        struct field *field = arena_new(reader->arena, struct field);
        const char *wrong = read_field(reader, field);
        if (wrong)
            return wrong;
        *end = field;
        end = &field->next;
        if (*reader->at != ',')
            return NULL;
        reader->at++;
    }
}

const char *meta_fields_parse(struct arena *arena, const char *text, struct field *ret)
{
    struct reader reader = { .arena = arena, .at = text };
    const char *wrong = read_list(&reader, ret);

    if (!wrong && *reader.at)
        wrong = "Syntax error \"Expected end of string.\" in the fields param";
    return wrong;
}
