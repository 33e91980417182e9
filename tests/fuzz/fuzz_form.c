/* The body of a command: what is taken is text, and says the same when it is written again. */
#include "tests/fuzz/fuzz.h"

#include "bot/form.h"
#include "bot/grammar.h"

#include <assert.h>
#include <string.h>

static void check_again(struct arena *arena, const struct form *form)
{
    scoped_buf struct buf body;
    struct error err = { 0 };
    struct form again;

    buf_init(&body, (size_t)1 << 24);
    for (size_t i = 0; i < form->count; i++) {
        buf_char(&body, '&');
        buf_urlencode(&body, form->fields[i].name, strlen(form->fields[i].name));
        buf_char(&body, '=');
        buf_urlencode(&body, form->fields[i].value, strlen(form->fields[i].value));
    }
    assert(form_parse(arena, (struct bytes){ buf_cstr(&body), body.len }, &again, &err));
    assert(again.count == form->count);
    for (size_t i = 0; i < form->count; i++)
        assert(strcmp(form_get(&again, form->fields[i].name), form->fields[i].value) == 0);
}

/* Whatever was typed: it has no blanks around it, and is help, a name or a public word. */
static void check_grammar(struct arena *arena, const char *typed)
{
    const char *text = grammar_decode(arena, typed);
    struct asked asked = grammar_parse(arena, text, NULL);

    assert(strlen(text) <= strlen(typed) && utf8_valid(text, strlen(text)));
    assert(*text == '\0' || !strchr(" \t\r\n", *text));
    assert(!asked.help || (!asked.name && !asked.in_channel));
    assert(!asked.name || *asked.name);
    assert(!asked.name || asked.in_channel || strcmp(asked.name, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };
    struct form form;

    if (!form_parse(arena, (struct bytes){ (const char *)data, size }, &form, &err)) {
        assert(err.kind == ERR_INPUT);
        return 0;
    }
    assert(form.count <= FORM_MAX_FIELDS);
    for (size_t i = 0; i < form.count; i++) {
        assert(utf8_valid(form.fields[i].name, strlen(form.fields[i].name)));
        assert(utf8_valid(form.fields[i].value, strlen(form.fields[i].value)));
        check_grammar(arena, form.fields[i].value);
    }
    if (form.count > 0)
        check_again(arena, &form);
    return 0;
}
