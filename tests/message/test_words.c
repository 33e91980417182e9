/* The catalogue: both languages say all of it. */
#include "message/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

/* A bit for each hole that a text has. */
static unsigned holes_of(const char *text)
{
    unsigned holes = 0;

    for (; (text = strchr(text, '{')); text++) {
        assert_true(text[1] >= '0' && text[1] <= '9' && text[2] == '}');
        holes |= 1u << (text[1] - '0');
    }
    return holes;
}

static void every_text_is_there_in_both_languages_with_the_same_holes(void **state)
{
    (void)state;
    for (int i = 0; i < WORDS; i++) {
        const char *pt = word(LOCALE_PT_BR, (enum word)i), *en = word(LOCALE_EN_US, (enum word)i);

        if (!pt || !en || !*pt || !*en)
            fail_msg("text %d is missing", i);
        if (holes_of(pt) != holes_of(en))
            fail_msg("\"%s\" and \"%s\" have different holes", pt, en);
        assert_true(utf8_valid(pt, strlen(pt)) && utf8_valid(en, strlen(en)));
    }
}

static void holes_are_filled_and_missing_ones_stay_empty(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    assert_string_equal(say(arena, LOCALE_EN_US, WORD_AS_OF, "now", "UTC"), "As of now (UTC).");
    assert_string_equal(say(arena, LOCALE_EN_US, WORD_AS_OF, "{1}", NULL), "As of {1} ().");
    assert_string_equal(say(arena, LOCALE_PT_BR, WORD_RECEIPT, "7"), "Recibo 7");
}

static void platforms_have_the_names_that_people_use(void **state)
{
    (void)state;
    assert_string_equal(platform_name("meta"), "Meta");
    assert_string_equal(platform_name("google_ads"), "Google Ads");
    assert_string_equal(platform_name("monday"), "Monday");
    assert_string_equal(platform_name("other"), "other");
    assert_null(platform_name(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_there_in_both_languages_with_the_same_holes),
        cmocka_unit_test(holes_are_filled_and_missing_ones_stay_empty),
        cmocka_unit_test(platforms_have_the_names_that_people_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
