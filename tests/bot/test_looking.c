/* How times and texts look to whoever looks at the queue. */
#include "base/json.h"
#include "bot/looking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_span_is_told_in_its_two_largest_units(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { INT64_MIN, "0 ms" },
        { -1, "0 ms" },
        { 0, "0 ms" },
        { 999, "999 ms" },
        { 1000, "1.0 s" },
        { 1999, "1.9 s" },
        { 9999, "9.9 s" },
        { 10000, "10 s" },
        { 59999, "59 s" },
        { 60000, "1 min 0 s" },
        { 200000, "3 min 20 s" },
        { 3599999, "59 min 59 s" },
        { 3600000, "1 h 0 min" },
        { (int64_t)47 * 3600000 + 59 * 60000, "47 h 59 min" },
        { (int64_t)48 * 3600000, "2 d 0 h" },
        { INT64_MAX, "106751991167 d 7 h" },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(looking_span(arena, cases[i].ms), cases[i].text);
}

static void text_from_outside_does_not_move_the_cursor(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { NULL, "-" },
        { "", "-" },
        { "Padaria Sol", "Padaria Sol" },
        { "\x1b[2J", "<U+001B>[2J" },
        { "a\nb", "a<U+000A>b" },
        { "\xc2\x9b"
          "31m",
          "<U+009B>31m" },
        { "\xff\xfe", "\uFFFD\uFFFD" },
        { "gnp\u202exe", "gnp<U+202E>xe" },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(looking_text(arena, cases[i].text, 100), cases[i].shown);
    assert_string_equal(looking_typed(arena, "", 100), "/raiox");
    assert_string_equal(looking_typed(arena, "a\rb", 100), "/raiox a<U+000D>b");
    assert_string_equal(looking_utc(arena, 1795273200999), "2026-11-21T15:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_told_in_its_two_largest_units),
        cmocka_unit_test(text_from_outside_does_not_move_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
