#include "base/json.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two fields of a row: the text, which may hold NULs, and its length. */
#define TEXT(literal) (literal), sizeof(literal) - 1

struct json_case {
    const char *why;
    const char *text;
    size_t len;
    const char *printed; /* NULL: refused */
};

static const struct json_case cases[] = {
    { "an object", TEXT("{\"a\":1,\"b\":[true,false,null]}"), "{\"a\":1,\"b\":[true,false,null]}" },
    { "blanks everywhere", TEXT(" \t\r\n[ 1 ,\n2 ] \t\r\n"), "[1,2]" },
    { "nothing inside", TEXT("[{},[],\"\"]"), "[{},[],\"\"]" },
    { "a value alone", TEXT("\"x\""), "\"x\"" },
    { "a number alone at the end", TEXT("12"), "12" },
    { "every escape", TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
    { "escaped letters", TEXT("\"\\u00e9\\u20AC\\ud83d\\ude00\""), "\"é€😀\"" },
    { "raw letters", TEXT("\"é€😀\""), "\"é€😀\"" },
    { "a bracket in a string", TEXT("[\"[[[{{{\"]"), "[\"[[[{{{\"]" },
    { "an escaped quote", TEXT("[\"a\\\"]\"]"), "[\"a\\\"]\"]" },
    { "a backslash at the end", TEXT("[\"a\\\\\"]"), "[\"a\\\\\"]" },
    { "numbers", TEXT("[0,-0.5,1e3,1E+2,25e-1]"), "[0,-0.5,1000,100,2.5]" },
    { "DEL and C1 in a string", TEXT("\"\x7f\xC2\x9b\""), "\"\x7f\xC2\x9b\"" },
    { "the same key twice", TEXT("{\"a\":1,\"a\":2}"), "{\"a\":1,\"a\":2}" },

    { "nothing", TEXT(""), NULL },
    { "blanks alone", TEXT(" \n"), NULL },
    { "HTML", TEXT("<!DOCTYPE html>"), NULL },
    { "a word", TEXT("hello"), NULL },
    { "a word of JSON's letters", TEXT("nulll"), NULL },
    { "a word cut off", TEXT("tru"), NULL },
    { "a word in capitals", TEXT("True"), NULL },
    { "a byte order mark", TEXT("\xEF\xBB\xBF{}"), NULL },
    { "bytes behind it", TEXT("{} x"), NULL },
    { "another value behind it", TEXT("{}{}"), NULL },
    { "a letter behind it", TEXT("[]n"), NULL },
    { "a closing bracket behind it", TEXT("[]]"), NULL },
    { "a NUL behind it", TEXT("[]\0"), NULL },
    { "a form feed for a blank", TEXT("[\f1]"), NULL },
    { "a NUL for a blank", TEXT("[\0001]"), NULL },
    { "a control byte for a blank", TEXT("[1\x01]"), NULL },
    { "a comment", TEXT("[1/**/]"), NULL },
    { "a comma too many", TEXT("[1,]"), NULL },
    { "a comma too many in an object", TEXT("{\"a\":1,}"), NULL },
    { "a comma alone", TEXT("[,]"), NULL },
    { "no comma", TEXT("[1 2]"), NULL },
    { "no comma between strings", TEXT("[\"a\"\"b\"]"), NULL },
    { "no colon", TEXT("{\"a\" 1}"), NULL },
    { "no value", TEXT("{\"a\":}"), NULL },
    { "no key", TEXT("{1:2}"), NULL },
    { "a key without quotes", TEXT("{a:1}"), NULL },
    { "single quotes", TEXT("{'a':1}"), NULL },
    { "cut in an object", TEXT("{\"a\":1"), NULL },
    { "cut in an array", TEXT("[1,2"), NULL },
    { "cut in a string", TEXT("[\"abc"), NULL },
    { "cut in an escape", TEXT("[\"abc\\"), NULL },
    { "cut in \\u", TEXT("[\"\\u00"), NULL },
    { "cut in a pair", TEXT("[\"\\ud83d\\u"), NULL },
    { "the wrong bracket", TEXT("[1}"), NULL },
    { "an unknown escape", TEXT("\"\\x41\""), NULL },
    { "an escaped NUL byte", TEXT("\"\\\0\""), NULL },
    { "an escape of three digits", TEXT("\"\\u00e\""), NULL },
    { "an escape with a sign", TEXT("\"\\u+0e9\""), NULL },
    { "\\u0000", TEXT("\"a\\u0000b\""), NULL },
    { "\\u0000 in a key", TEXT("{\"a\\u0000\":1}"), NULL },
    { "a raw NUL in a string", TEXT("\"a\0b\""), NULL },
    { "a raw newline in a string", TEXT("\"a\nb\""), NULL },
    { "a raw tab in a string", TEXT("\"abcdefgh\tb\""), NULL },
    { "0x1F in a string", TEXT("\"\x1f\""), NULL },
    { "a high surrogate alone", TEXT("\"\\ud83d\""), NULL },
    { "a high surrogate before a letter", TEXT("\"\\ud83dx\\ude00\""), NULL },
    { "a high surrogate before an escape", TEXT("\"\\ud83d\\nude00\""), NULL },
    { "two high surrogates", TEXT("\"\\ud83d\\ud83d\""), NULL },
    { "a low surrogate alone", TEXT("\"\\ude00\""), NULL },
    { "a pair the wrong way round", TEXT("\"\\ude00\\ud83d\""), NULL },
    { "Latin-1", TEXT("\"S\xE3o\""), NULL },
    { "an overlong slash", TEXT("\"\xC0\xAF\""), NULL },
    { "a raw surrogate", TEXT("\"\xED\xA0\x80\""), NULL },
    { "UTF-8 cut by the quote", TEXT("\"\xE2\x82\""), NULL },
    { "invalid UTF-8 in a key", TEXT("{\"\xFF\":1}"), NULL },
    { "a leading zero", TEXT("01"), NULL },
    { "a leading zero below zero", TEXT("-01"), NULL },
    { "two zeros", TEXT("[00]"), NULL },
    { "a plus", TEXT("+1"), NULL },
    { "a minus alone", TEXT("-"), NULL },
    { "a minus before a letter", TEXT("[-a]"), NULL },
    { "two minuses", TEXT("--1"), NULL },
    { "no digit before the point", TEXT("[.5]"), NULL },
    { "no digit before the point, below zero", TEXT("[-.5]"), NULL },
    { "no digit behind the point", TEXT("[1.]"), NULL },
    { "two points", TEXT("[1.2.3]"), NULL },
    { "no digit in the exponent", TEXT("[1e]"), NULL },
    { "a sign alone in the exponent", TEXT("[1e+]"), NULL },
    { "a fraction in the exponent", TEXT("[1e1.5]"), NULL },
    { "two exponents", TEXT("[1e5e5]"), NULL },
    { "a number and a minus", TEXT("[1-]"), NULL },
    { "hexadecimal", TEXT("[0x10]"), NULL },
    { "infinity by an exponent", TEXT("[1e999]"), NULL },
    { "infinity below zero", TEXT("[-1e309]"), NULL },
    { "infinity by its name", TEXT("[Infinity]"), NULL },
    { "not a number", TEXT("[NaN]"), NULL },
    { "a decimal comma's halves", TEXT("[1,,5]"), NULL },
};

static int set_up(void **state)
{
    (void)state;
    json_init();
    return 0;
}

static void check_case(const struct json_case *c, const char *text)
{
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };
    const cJSON *root = json_parse(arena, text, c->len, &err);

    if (!root != !c->printed)
        fail_msg("%s: %s", c->why, root ? "was let in" : err.log);
    if (!root && (err.kind != ERR_BAD_RESPONSE || strncmp(err.log, "not JSON: ", 10) != 0))
        fail_msg("%s: %s", c->why, err.log);
    if (root && (err.kind != ERR_NONE || strcmp(json_print(arena, root), c->printed) != 0))
        fail_msg("%s: became %s", c->why, json_print(arena, root));
}

/* Each from memory of exactly its size, so that ASan sees a step behind its end. */
static void only_json_is_let_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *exact = malloc(cases[i].len + !cases[i].len);
        assert_non_null(exact);
        memcpy(exact, cases[i].text, cases[i].len);
        check_case(&cases[i], exact);
        free(exact);
    }
}

/* The scan looks at eight bytes at once: each place of a bad byte against them. */
static void a_bad_byte_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const bad[] = { "\x01", "\x1f", "\x80", "\xff", "\\x", "\\u0000", "\"" };

    for (size_t i = 0; i < COUNT(bad); i++) {
        for (size_t place = 0; place < 24; place++) {
            scoped_arena struct arena *arena = arena_create();
            struct error err = { 0 };
            const char *text = arena_printf(arena, "[\"%.*s%s%s\"]", (int)place,
                                            "abcdefghijklmnopqrstuvwx", bad[i], "0123456789");
            if (json_parse(arena, text, strlen(text), &err))
                fail_msg("%s", text);
        }
    }
}

static void every_start_of_a_document_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1.5e3,\"\\u00e9\\ud83d\\ude00é\",true,null,{\"b\":-0.1}]}";

    for (size_t len = 0; len < sizeof(text); len++) {
        scoped_arena struct arena *arena = arena_create();
        struct error err = { 0 };
        char *exact = malloc(len + !len);
        memcpy(exact, text, len);
        bool let_in = json_parse(arena, exact, len, &err) != NULL;
        free(exact);
        if (let_in != (len == sizeof(text) - 1))
            fail_msg("%zu bytes", len);
    }
}

static bool nested(const char *open, const char *close, size_t depth)
{
    scoped_arena struct arena *arena = arena_create();
    scoped_buf struct buf buf;
    struct error err = { 0 };

    buf_init(&buf, (size_t)32 * 1024 * 1024);
    for (size_t i = 0; i < depth; i++)
        buf_text(&buf, open);
    buf_text(&buf, "1");
    for (size_t i = 0; i < depth; i++)
        buf_text(&buf, close);
    bool let_in = json_parse(arena, buf.data, buf.len, &err) != NULL;
    assert_true(let_in || strstr(err.log, "nested too deep"));
    return let_in;
}

static void depth_has_its_limit(void **state)
{
    (void)state;
    assert_true(nested("[", "]", 64));
    assert_true(nested("{\"a\":", "}", 64));
    assert_false(nested("[", "]", 65));
    assert_false(nested("{\"a\":", "}", 65));
    assert_false(nested("[", "]", 1001));
    assert_false(nested("[{\"a\":", "}]", 33));
    assert_false(nested("[", "]", 100000));
    assert_false(nested("[", "]", 5000000));
}

static void depth_counts_what_is_open_at_once(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    scoped_buf struct buf buf;
    struct error err = { 0 };

    buf_init(&buf, 100000);
    buf_text(&buf, "[[]");
    for (int i = 0; i < 1000; i++)
        buf_text(&buf, ",[{}]");
    buf_text(&buf, "]");
    assert_non_null(json_parse(arena, buf.data, buf.len, &err));
}

/* cJSON's buffer for a number holds 63 bytes. */
static void a_number_may_be_long_but_not_endless(void **state)
{
    (void)state;
    for (int len = 60; len < 70; len++) {
        scoped_arena struct arena *arena = arena_create();
        struct error err = { 0 };
        char text[80] = { 0 };
        memset(text, '9', (size_t)len);
        bool let_in = json_parse(arena, text, (size_t)len, &err) != NULL;
        if (let_in != (len <= 63))
            fail_msg("%d digits", len);
        text[1] = '.';
        let_in = json_parse(arena, text, (size_t)len, &err) != NULL;
        if (let_in != (len <= 63))
            fail_msg("%d with a point", len);
    }
}

static void the_tree_outlives_its_text(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };
    char text[] = "{\"name\":\"Padaria Sol\",\"b\":[\"x\"]}";
    const cJSON *root = json_parse(arena, text, strlen(text), &err);
    const char *name = NULL;

    memset(text, '!', sizeof(text) - 1);
    assert_true(json_string(root, "name", &name, &err));
    assert_string_equal(name, "Padaria Sol");
    assert_true(arena_used(arena) > 4 * sizeof(cJSON));
}

/* A tree that was built (malloc) is deleted while parsed ones (arena) come and go. */
static void built_and_parsed_trees_do_not_mix(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };

    for (int i = 0; i < 100; i++) {
        scoped_json cJSON *built = cJSON_CreateObject();
        cJSON_AddStringToObject(built, "a", "1");
        const cJSON *parsed = json_parse(arena, "{\"b\":[1,2,3]}", 13, &err);
        assert_null(json_parse(arena, "{\"b\":[1,2,3}", 12, &err));
        cJSON_AddItemToObject(built, "c", cJSON_Duplicate(json_get(parsed, "b"), true));
        assert_string_equal(json_print(arena, built), "{\"a\":\"1\",\"c\":[1,2,3]}");
    }
}

static void a_long_text_is_printed_whole(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };

    for (size_t len = 4080; len < 4110; len++) {
        char *text = arena_alloc(arena, len + 1);
        memset(text, 'x', len);
        scoped_json cJSON *built = cJSON_CreateArray();
        cJSON_AddItemToArray(built, cJSON_CreateString(text));
        const char *printed = json_print(arena, built);
        assert_int_equal(strlen(printed), len + 4);
        const cJSON *parsed = json_parse(arena, printed, len + 4, &err);
        assert_non_null(parsed);
        assert_string_equal(parsed->child->valuestring, text);
    }
}

static const char sample[] =
    "{\"object\":{\"x\":1},\"array\":[1],\"string\":\"s\",\"number\":12,\"minus\":-7,"
    "\"digits\":\"120330000000001\",\"least\":\"-9223372036854775808\",\"over\":"
    "\"9223372036854775808\","
    "\"fraction\":1.5,\"exact\":9007199254740991,\"inexact\":9007199254740993,\"huge\":1e300,"
    "\"yes\":true,\"no\":false,\"null\":null,\"word\":\"12 \",\"empty\":\"\","
    "\"twice\":1,\"twice\":2,\"Case\":1}";

static const cJSON *parse_sample(struct arena *arena)
{
    struct error err = { 0 };
    const cJSON *root = json_parse(arena, sample, sizeof(sample) - 1, &err);

    assert_non_null(root);
    return root;
}

enum wanted { OBJECT, ARRAY, STRING, INT, INT_TEXT, BOOL, WANTED };

/* Asks for a field and says what came: "refused", "none" or its value. */
static const char *ask(struct arena *arena, const cJSON *root, enum wanted wanted, bool optional,
                       const char *name, struct error *err)
{
    static const cJSON untouched;
    const cJSON *item = &untouched;
    const char *text = "untouched";
    int64_t number = 4711;
    bool ok = false, has = true, yes = false;

    switch (wanted) {
    case OBJECT:
        ok = optional ? json_object_opt(root, name, &item, err)
                      : json_object(root, name, &item, err);
        text = item ? item == &untouched ? "untouched" : json_print(arena, item) : NULL;
        break;
    case ARRAY:
        ok = optional ? json_array_opt(root, name, &item, err) : json_array(root, name, &item, err);
        text = item ? item == &untouched ? "untouched" : json_print(arena, item) : NULL;
        break;
    case STRING:
        ok = optional ? json_string_opt(root, name, &text, err)
                      : json_string(root, name, &text, err);
        break;
    case INT:
        ok = optional ? json_int_opt(root, name, &number, &has, err)
                      : json_int(root, name, &number, err);
        break;
    case INT_TEXT:
        ok = optional ? json_int_text_opt(root, name, &number, &has, err)
                      : json_int_text(root, name, &number, err);
        break;
    case BOOL:
        ok = json_bool_opt(root, name, &yes, &has, err);
        return !ok ? "refused" : !has ? "none" : yes ? "true" : "false";
    case WANTED:
        break;
    }
    bool is_number = wanted == INT || wanted == INT_TEXT;
    if (!ok && (is_number ? number != 4711 : !text || strcmp(text, "untouched") != 0))
        return "refused and written";
    if (!ok)
        return "refused";
    if (is_number)
        return has ? arena_printf(arena, "%" PRId64, number) : "none";
    return text ? text : "none";
}

struct getter_case {
    enum wanted wanted;
    const char *name, *got;
};

static const struct getter_case getter_cases[] = {
    { OBJECT, "object", "{\"x\":1}" },
    { ARRAY, "array", "[1]" },
    { STRING, "string", "s" },
    { STRING, "empty", "" },
    { INT, "number", "12" },
    { INT, "minus", "-7" },
    { INT, "exact", "9007199254740991" },
    { INT, "twice", "1" },
    { INT_TEXT, "digits", "120330000000001" },
    { INT_TEXT, "least", "-9223372036854775808" },
    { BOOL, "yes", "true" },
    { BOOL, "no", "false" },
    { OBJECT, "array", "refused" },
    { OBJECT, "string", "refused" },
    { OBJECT, "number", "refused" },
    { ARRAY, "object", "refused" },
    { ARRAY, "string", "refused" },
    { ARRAY, "no", "refused" },
    { STRING, "number", "refused" },
    { STRING, "object", "refused" },
    { STRING, "yes", "refused" },
    { INT, "digits", "refused" },
    { INT, "fraction", "refused" },
    { INT, "inexact", "refused" },
    { INT, "huge", "refused" },
    { INT, "yes", "refused" },
    { INT, "array", "refused" },
    { INT_TEXT, "number", "refused" },
    { INT_TEXT, "over", "refused" },
    { INT_TEXT, "string", "refused" },
    { INT_TEXT, "word", "refused" },
    { INT_TEXT, "empty", "refused" },
    { BOOL, "number", "refused" },
    { BOOL, "string", "refused" },
};

static void a_field_is_given_in_the_type_wanted_or_refused(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    const cJSON *root = parse_sample(arena);

    for (size_t i = 0; i < COUNT(getter_cases); i++) {
        const struct getter_case *c = &getter_cases[i];
        for (int optional = 0; optional < 2; optional++) {
            struct error err = { 0 };
            const char *got = ask(arena, root, c->wanted, optional, c->name, &err);
            if (strcmp(got, c->got) != 0)
                fail_msg("%s as %d: %s, not %s", c->name, c->wanted, got, c->got);
            if (strcmp(got, "refused") == 0 &&
                (err.kind != ERR_BAD_RESPONSE || !strstr(err.log, c->name)))
                fail_msg("%s as %d: \"%s\"", c->name, c->wanted, err.log);
        }
    }
}

/* "case" and "NUMBER" are there in another case. */
static void an_absent_field_is_missing_or_not_given(void **state)
{
    (void)state;
    static const char *const names[] = { "absent", "case", "NUMBER", "", "null" };
    scoped_arena struct arena *arena = arena_create();
    const cJSON *root = parse_sample(arena);
    struct error err = { 0 };

    for (size_t i = 0; i < COUNT(names); i++) {
        for (enum wanted wanted = OBJECT; wanted < WANTED; wanted++) {
            const char *got = ask(arena, root, wanted, false, names[i], &err);
            const char *got_opt = ask(arena, root, wanted, true, names[i], &err);
            if (strcmp(got_opt, "none") != 0 || (wanted != BOOL && strcmp(got, "refused") != 0))
                fail_msg("\"%s\" as %d: %s, %s", names[i], wanted, got, got_opt);
        }
    }
}

static void what_is_no_object_has_no_fields(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    const cJSON *root = parse_sample(arena);
    const cJSON *others[] = { NULL, json_get(root, "array"), json_get(root, "string"),
                              json_get(root, "null"), json_get(root, "number") };
    struct error err = { 0 };

    for (size_t i = 0; i < COUNT(others); i++) {
        assert_null(json_get(others[i], "x"));
        assert_string_equal(ask(arena, others[i], INT, false, "x", &err), "refused");
        assert_string_equal(err.log, "\"x\" is missing");
        assert_string_equal(ask(arena, others[i], INT, true, "x", &err), "none");
    }
    assert_non_null(json_get(json_get(root, "object"), "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_json_is_let_in),
        cmocka_unit_test(a_bad_byte_is_seen_wherever_it_stands),
        cmocka_unit_test(every_start_of_a_document_is_refused),
        cmocka_unit_test(depth_has_its_limit),
        cmocka_unit_test(depth_counts_what_is_open_at_once),
        cmocka_unit_test(a_number_may_be_long_but_not_endless),
        cmocka_unit_test(the_tree_outlives_its_text),
        cmocka_unit_test(built_and_parsed_trees_do_not_mix),
        cmocka_unit_test(a_long_text_is_printed_whole),
        cmocka_unit_test(a_field_is_given_in_the_type_wanted_or_refused),
        cmocka_unit_test(an_absent_field_is_missing_or_not_given),
        cmocka_unit_test(what_is_no_object_has_no_fields),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
