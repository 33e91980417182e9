#include "base/bytes.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Two fields of a row: the text, which may hold NULs, and its length. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static void bytes_are_equal_to_the_last(void **state)
{
    (void)state;
    assert_true(bytes_equal(BYTES("a\0b"), BYTES("a\0b")));
    assert_true(bytes_equal(bytes_of(NULL), BYTES("")));
    assert_true(bytes_equal_text(BYTES("spend"), "spend"));
    assert_true(bytes_equal_text(BYTES(""), NULL));
    assert_false(bytes_equal(BYTES("a\0b"), BYTES("a\0c")));
    assert_false(bytes_equal(BYTES("ab"), BYTES("abc")));
    assert_false(bytes_equal_text(BYTES("spend\0"), "spend"));
    assert_false(bytes_equal_text(BYTES("Spend"), "spend"));
    assert_false(bytes_equal_text(bytes_of("spend"), ""));
}

static void a_buffer_grows_and_stays_a_string(void **state)
{
    (void)state;
    scoped_buf struct buf buf;
    struct error err = { 0 };

    buf_init(&buf, 100000);
    assert_string_equal(buf_cstr(&buf), "");
    assert_null(buf.data);
    for (int i = 0; i < 1000; i++) {
        buf_text(&buf, "abc");
        buf_char(&buf, '-');
        buf_add(&buf, "\0x", 2);
        buf_printf(&buf, "%04d", i);
        if (buf.len != (size_t)(i + 1) * 10 || buf.data[buf.len] != '\0')
            fail_msg("after %d", i);
    }
    assert_memory_equal(buf.data + 9990, "abc-\0x0999", 11);
    assert_true(buf_ok(&buf, &err));
    assert_int_equal(err.kind, ERR_NONE);
}

static void a_buffer_never_passes_a_part_for_the_whole(void **state)
{
    (void)state;
    scoped_buf struct buf buf;
    struct error err = { 0 };

    buf_init(&buf, 10);
    buf_text(&buf, "0123456789"); /* to the brim */
    assert_true(buf_ok(&buf, &err));
    buf_char(&buf, 'x');
    assert_false(buf_ok(&buf, &err));
    assert_int_equal(err.kind, ERR_BAD_RESPONSE);
    assert_string_equal(err.log, "more than 10 bytes");
    assert_string_equal(buf_cstr(&buf), "0123456789");

    buf_reset(&buf);
    assert_string_equal(buf_cstr(&buf), "");
    buf_text(&buf, "01234");
    buf_printf(&buf, "%s", "567890"); /* one too many: none of it */
    buf_char(&buf, 'x');              /* would fit, but what came before it is missing */
    assert_false(buf_ok(&buf, &err));
    assert_string_equal(buf_cstr(&buf), "01234");
}

static void a_buffer_without_room_refuses_all(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    struct error err = { 0 };

    buf_text(&buf, "");
    assert_true(buf_ok(&buf, &err));
    buf_char(&buf, 'x');
    assert_false(buf_ok(&buf, &err));
    buf_finish(&buf);
    buf_finish(&buf);
    assert_string_equal(buf_cstr(&buf), "");
}

struct text_case {
    const char *why;
    const char *text;
    size_t len;
    bool ok;
};

static const struct text_case utf8_cases[] = {
    { "nothing", TEXT(""), true },
    { "ASCII", TEXT("a plain text of more than eight bytes\n\t\x01\x7f"), true },
    { "the first and last of two bytes", TEXT("\xC2\x80\xDF\xBF"), true },
    { "the first and last of three", TEXT("\xE0\xA0\x80\xEF\xBF\xBF"), true },
    { "around the surrogates", TEXT("\xED\x9F\xBF\xEE\x80\x80"), true },
    { "the first and last of four", TEXT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), true },
    { "a NUL", TEXT("ab\0cdefghijkl"), false },
    { "a NUL at the end of eight", TEXT("abcdefg\0"), false },
    { "a tail alone", TEXT("\x80"), false },
    { "a tail behind eight plain bytes", TEXT("abcdefgh\xBF"), false },
    { "an overlong slash", TEXT("\xC0\xAF"), false },
    { "an overlong NUL", TEXT("\xC0\x80"), false },
    { "overlong, the last of it", TEXT("\xC1\xBF"), false },
    { "overlong in three", TEXT("\xE0\x9F\xBF"), false },
    { "overlong in four", TEXT("\xF0\x8F\xBF\xBF"), false },
    { "the first surrogate", TEXT("\xED\xA0\x80"), false },
    { "the last surrogate", TEXT("\xED\xBF\xBF"), false },
    { "above U+10FFFF", TEXT("\xF4\x90\x80\x80"), false },
    { "a lead that never is", TEXT("\xF5\x80\x80\x80"), false },
    { "0xFF", TEXT("abcdefg\xFF"), false },
    { "cut in two", TEXT("\xC3"), false },
    { "cut in three", TEXT("abcdef\xE2\x82"), false },
    { "cut in four", TEXT("\xF0\x9F\x98"), false },
    { "a lead before ASCII", TEXT("\xC3z"), false },
    { "a third byte that is no tail", TEXT("\xE2\x82z"), false },
    { "a fourth byte that is no tail", TEXT("\xF0\x9F\x98z"), false },
    { "Latin-1", TEXT("S\xE3o Paulo"), false },
};

static void only_valid_utf8_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(utf8_cases); i++) {
        const struct text_case *c = &utf8_cases[i];
        if (utf8_valid(c->text, c->len) != c->ok)
            fail_msg("%s", c->why);
        /* At each place against the eight bytes that are looked at together. */
        for (size_t pad = 0; pad < 17; pad++) {
            char text[80];
            memset(text, '.', sizeof(text));
            memcpy(text + pad, c->text, c->len);
            bool was_cut = strncmp(c->why, "cut", 3) == 0;
            if (utf8_valid(text, pad + c->len) != c->ok ||
                (!was_cut && utf8_valid(text, sizeof(text)) != c->ok))
                fail_msg("%s, behind %zu bytes", c->why, pad);
        }
    }
}

static void every_code_point_is_judged(void **state)
{
    (void)state;
    for (uint32_t point = 1; point < 0x120000; point++) {
        unsigned char text[4] = { 0 };
        size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        static const unsigned char leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
        uint32_t rest = point;
        for (size_t i = len - 1; i > 0; i--, rest >>= 6)
            text[i] = (unsigned char)(0x80 | (rest & 0x3F));
        text[0] = (unsigned char)(leads[len] | rest);

        bool ok = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        if (utf8_sequence((char *)text, len) != (ok ? len : 0) ||
            utf8_valid((char *)text, len) != ok)
            fail_msg("U+%04X", point);
        for (size_t less = 0; less < len; less++)
            if (utf8_sequence((char *)text, less) != 0)
                fail_msg("U+%04X cut at %zu", point, less);
    }
}

static void code_points_are_counted_and_not_split(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max, length, cut;
    } cases[] = {
        { "", 3, 0, 0 },     { "abc", 0, 3, 0 },   { "abc", 2, 3, 2 },  { "abc", 3, 3, 3 },
        { "abc", 9, 3, 3 },  { "São", 2, 3, 3 },   { "é€😀x", 1, 4, 2 }, { "é€😀x", 2, 4, 5 },
        { "é€😀x", 3, 4, 9 }, { "é€😀x", 4, 4, 10 }, { "😀", 0, 1, 0 },    { "😀", SIZE_MAX, 1, 4 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (utf8_length(cases[i].text) != cases[i].length ||
            utf8_cut(cases[i].text, cases[i].max) != cases[i].cut)
            fail_msg("\"%s\" at %zu", cases[i].text, cases[i].max);
}

static void digits_are_digits_and_not_too_many(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        size_t max;
        bool ok;
    } cases[] = {
        { TEXT("0"), 1, true },    { TEXT("0123456789"), 10, true }, { TEXT("1"), SIZE_MAX, true },
        { TEXT(""), 5, false },    { TEXT("1"), 0, false },          { TEXT("123456"), 5, false },
        { TEXT("-1"), 5, false },  { TEXT("+1"), 5, false },         { TEXT(" 1"), 5, false },
        { TEXT("1 "), 5, false },  { TEXT("1\0"), 5, false },        { TEXT("12a"), 5, false },
        { TEXT("1.0"), 5, false }, { TEXT("٣"), 5, false },          { TEXT("/"), 5, false },
        { TEXT(":"), 5, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (text_is_digits(cases[i].text, cases[i].len, cases[i].max) != cases[i].ok)
            fail_msg("\"%s\" of at most %zu", cases[i].text, cases[i].max);
}

static void a_whole_number_is_read_to_its_last_digit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool ok;
        int64_t value;
    } cases[] = {
        { TEXT("0"), true, 0 },
        { TEXT("-0"), true, 0 },
        { TEXT("007"), true, 7 },
        { TEXT("-42"), true, -42 },
        { TEXT("9007199254740993"), true, 9007199254740993 },
        { TEXT("9223372036854775807"), true, INT64_MAX },
        { TEXT("-9223372036854775808"), true, INT64_MIN },
        { TEXT("9223372036854775808"), false, 0 },
        { TEXT("-9223372036854775809"), false, 0 },
        { TEXT("92233720368547758070"), false, 0 },
        { TEXT("99999999999999999999999999"), false, 0 },
        { TEXT(""), false, 0 },
        { TEXT("-"), false, 0 },
        { TEXT("--1"), false, 0 },
        { TEXT("+1"), false, 0 },
        { TEXT(" 1"), false, 0 },
        { TEXT("1 "), false, 0 },
        { TEXT("1-"), false, 0 },
        { TEXT("1.5"), false, 0 },
        { TEXT("1e3"), false, 0 },
        { TEXT("0x10"), false, 0 },
        { TEXT("12\0"), false, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = 4711;
        bool ok = text_int64(cases[i].text, cases[i].len, &got);
        if (ok != cases[i].ok || got != (ok ? cases[i].value : 4711))
            fail_msg("\"%s\" gave %" PRId64, cases[i].text, got);
    }
}

static void all_but_the_unreserved_is_percent_encoded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *encoded;
    } cases[] = {
        { TEXT(""), "" },
        { TEXT("AZaz09-._~"), "AZaz09-._~" },
        { TEXT("a b+c&d=e/f?g#h%"), "a%20b%2Bc%26d%3De%2Ff%3Fg%23h%25" },
        { TEXT("\0\n\x7f\xff"), "%00%0A%7F%FF" },
        { TEXT("São"), "S%C3%A3o" },
        { TEXT("@[`{"), "%40%5B%60%7B" },
        { TEXT("/:"), "%2F%3A" },
        { TEXT("\"'<>*!()"), "%22%27%3C%3E%2A%21%28%29" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_buf struct buf buf;
        buf_init(&buf, 1000);
        buf_urlencode(&buf, cases[i].text, cases[i].len);
        assert_string_equal(buf_cstr(&buf), cases[i].encoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_equal_to_the_last),
        cmocka_unit_test(a_buffer_grows_and_stays_a_string),
        cmocka_unit_test(a_buffer_never_passes_a_part_for_the_whole),
        cmocka_unit_test(a_buffer_without_room_refuses_all),
        cmocka_unit_test(only_valid_utf8_passes),
        cmocka_unit_test(every_code_point_is_judged),
        cmocka_unit_test(code_points_are_counted_and_not_split),
        cmocka_unit_test(digits_are_digits_and_not_too_many),
        cmocka_unit_test(a_whole_number_is_read_to_its_last_digit),
        cmocka_unit_test(all_but_the_unreserved_is_percent_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
