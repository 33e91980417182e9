/* The body of a command, after its signature was found good. */
#include "bot/form.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* NULL with err: a bad escape, bad UTF-8 or a NUL. */
static const char *decode(struct arena *arena, struct bytes text, struct error *err)
{
    char *out = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                error_set(err, ERR_INPUT, "form: bad escape");
                return NULL;
            }
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    if (!utf8_valid(out, len)) {
        error_set(err, ERR_INPUT, "form: not UTF-8, or a NUL");
        return NULL;
    }
    return out;
}

static bool add_field(struct arena *arena, struct form *form, struct bytes pair, struct error *err)
{
    const char *equals = memchr(pair.data, '=', pair.len);
    size_t name_len = equals ? (size_t)(equals - pair.data) : pair.len;
    size_t value_at = equals ? name_len + 1 : pair.len;
    struct form_field field = {
        .name = decode(arena, (struct bytes){ pair.data, name_len }, err),
    };

    if (!field.name)
        return false;
    field.value = decode(arena, (struct bytes){ pair.data + value_at, pair.len - value_at }, err);
    if (!field.value)
        return false;
    if (form->count == FORM_MAX_FIELDS)
        return error_set(err, ERR_INPUT, "form: more than %d fields", FORM_MAX_FIELDS);
    if (form_get(form, field.name))
        return error_set(err, ERR_INPUT, "form: one field twice");
    form->fields[form->count++] = field;
    return true;
}

bool form_parse(struct arena *arena, struct bytes body, struct form *ret, struct error *err)
{
    ret->count = 0;
    while (body.len > 0) {
        const char *end = memchr(body.data, '&', body.len);
        size_t len = end ? (size_t)(end - body.data) : body.len;

        if (len > 0 && !add_field(arena, ret, (struct bytes){ body.data, len }, err))
            return false;
        len += end ? 1 : 0;
        body.data += len;
        body.len -= len;
    }
    return true;
}

const char *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (form->fields[i].name[0] == name[0] && strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    return NULL;
}
