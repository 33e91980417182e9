/* bot/form.c: a form is decoded to the byte, or refused as a whole. */
#include "base/attr.h"
#include "bot/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static bool parse(struct arena *arena, const char *text, size_t len, struct form *ret)
{
    struct error err = { 0 };
    bool ok = form_parse(arena, (struct bytes){ text, len }, ret, &err);

    assert_int_equal(err.kind, ok ? ERR_NONE : ERR_INPUT);
    return ok;
}

static const struct {
    const char *why, *body, *name, *value; /* value NULL: no such field */
} good[] = {
    { "nothing", "", "a", NULL },
    { "an empty value", "text=&a=b", "text", "" },
    { "a name alone", "text", "text", "" },
    { "an empty name", "=b", "", "b" },
    { "a blank", "a=b+c", "a", "b c" },
    { "a plus", "a=b%2Bc", "a", "b+c" },
    { "small hex digits", "a=%c3%a7", "a", "ç" },
    { "capital hex digits", "a=%C3%A7", "a", "ç" },
    { "raw UTF-8", "a=ç", "a", "ç" },
    { "an equals sign in a value", "a=b=c", "a", "b=c" },
    { "an escaped ampersand", "a=b%26c=d", "a", "b&c=d" },
    { "a percent sign", "a=50%25", "a", "50%" },
    { "what an escape makes is not decoded again", "a=%2541", "a", "%41" },
    { "an escaped name", "%61=b", "a", "b" },
    { "empty pairs", "&&a=b&&", "a", "b" },
    { "the last of many", "a=1&b=2&c=3", "c", "3" },
    { "names differ by case", "A=1&a=2", "a", "2" },
    { "a prefix is not the name", "text_=1", "text", NULL },
    { "line breaks", "a=%0D%0A%09", "a", "\r\n\t" },
    { "the last code point", "a=%F4%8F%BF%BF", "a", "\xF4\x8F\xBF\xBF" },
    { "Slack's own text of vector B", "text=A%C3%A7a%C3%AD+%26+Cia+%2B+50%25", "text",
      "Açaí & Cia + 50%" },
};

static void what_is_sound_is_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct form form;
        if (!parse(arena, good[i].body, strlen(good[i].body), &form))
            fail_msg("%s: refused", good[i].why);
        const char *value = form_get(&form, good[i].name);
        if ((value == NULL) != (good[i].value == NULL) ||
            (value && strcmp(value, good[i].value) != 0))
            fail_msg("%s: \"%s\"", good[i].why, value ? value : "none");
    }
}

#define BODY(text) (text), sizeof(text) - 1
static const struct {
    const char *why, *body;
    size_t len;
} bad[] = {
    { "an escape of one digit at the end", BODY("a=%4") },
    { "an escape without digits at the end", BODY("a=%") },
    { "an escape that the next field cuts", BODY("a=%4&b=c") },
    { "no hex digits", BODY("a=%zz") },
    { "one hex digit", BODY("a=%4g") },
    { "a sign in an escape", BODY("a=%+4") },
    { "a blank in an escape", BODY("a=% 4") },
    { "0x", BODY("a=%0x41") },
    { "%u", BODY("a=%u0041") },
    { "a bad escape in a name", BODY("%=b") },
    { "an escaped NUL", BODY("a=b%00c") },
    { "a NUL at the end", BODY("a=b%00") },
    { "a NUL in a name", BODY("a%00=b") },
    { "a raw NUL", BODY("a=b\0c") },
    { "a lone continuation byte", BODY("a=%80") },
    { "a sequence cut off", BODY("a=%C3") },
    { "a sequence cut off by a field", BODY("a=%C3&b=%A7") },
    { "overlong", BODY("a=%C0%AF") },
    { "a surrogate", BODY("a=%ED%A0%80") },
    { "above U+10FFFF", BODY("a=%F4%90%80%80") },
    { "Latin-1", BODY("a=\xE7") },
    { "FF", BODY("a=%FF") },
    { "a field twice", BODY("a=1&b=2&a=1") },
    { "a field twice, once escaped", BODY("a=1&%61=2") },
    { "an empty name twice", BODY("=1&=2") },
};

static void what_is_not_is_refused_as_a_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct form form;
        if (parse(arena, bad[i].body, bad[i].len, &form))
            fail_msg("%s: taken", bad[i].why);
    }
}

static void there_are_only_so_many_fields(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    const char *body = "f=0";
    struct form form;

    for (int i = 1; i < FORM_MAX_FIELDS; i++)
        body = arena_printf(arena, "%s&f%d=%d", body, i, i);
    assert_true(parse(arena, body, strlen(body), &form));
    assert_int_equal(form.count, FORM_MAX_FIELDS);
    assert_string_equal(form_get(&form, "f63"), "63");
    body = arena_printf(arena, "%s&more=1", body);
    assert_false(parse(arena, body, strlen(body), &form));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sound_is_decoded),
        cmocka_unit_test(what_is_not_is_refused_as_a_whole),
        cmocka_unit_test(there_are_only_so_many_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
