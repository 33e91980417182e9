/* Names: their folded form, where their words begin, and how near one is to another. */
#include "model/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *why, *name, *folded;
} fold_cases[] = {
    { "nothing", "", "" },
    { "as it is", "sol", "sol" },
    { "case", "SOL", "sol" },
    { "accents of Portuguese",
      "\xc3\x81\xc3\x80\xc3\x82\xc3\x83\xc3\x87\xc3\x89\xc3\x8a\xc3\x8d"
      "\xc3\x93\xc3\x94\xc3\x95\xc3\x9a\xc3\x9c",
      "aaaaceeiooouu" },
    { "accents on their own", "a\xcc\x83o\xcc\x83", "ao" },
    { "two accents on one letter", "\xe1\xba\xa5", "a" },
    { "blanks around", " \t sol \n", "sol" },
    { "blanks within", "casa  \t sol", "casa sol" },
    { "a no-break space", "casa\xc2\xa0sol", "casa sol" },
    { "an ideographic space", "casa\xe3\x80\x80sol", "casa sol" },
    { "an accent on a blank", "casa \xcc\x81sol", "casa sol" },
    { "blanks alone", " \xc2\xa0\t", "" },
    { "a zero-width joiner", "ca\xe2\x80\x8dsa", "casa" },
    { "sharp s",
      "Stra\xc3\x9f"
      "e",
      "strasse" },
    { "full width", "\xef\xbc\xa1\xef\xbc\xa2", "ab" },
    { "a ligature", "\xef\xac\x81gura", "figura" },
    { "ordinals", "1\xc2\xba and 1\xc2\xaa", "1o and 1a" },
    { "Greek final sigma", "\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x83" },
    { "an emoji stays", "\xf0\x9f\x8d\x95 Pizza", "\xf0\x9f\x8d\x95 pizza" },
    { "signs stay", "Casa & Jardim (Sul) - 24h", "casa & jardim (sul) - 24h" },
    { "a script's own marks are letters", "\xe0\xa4\x95\xe0\xa5\x81", "\xe0\xa4\x95\xe0\xa5\x81" },
    { "bytes that are no UTF-8", "a\xff", "a\xef\xbf\xbd" },
};

static void a_folded_name_has_no_case_accents_or_stray_blanks(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(fold_cases); i++) {
        const char *got = name_fold(arena, fold_cases[i].name);
        if (strcmp(got, fold_cases[i].folded) != 0)
            fail_msg("%s: \"%s\"", fold_cases[i].why, got);
        if (strcmp(name_fold(arena, got), got) != 0)
            fail_msg("%s: folding it again changes it", fold_cases[i].why);
    }
}

static void words_begin_behind_blanks_and_signs(void **state)
{
    static const struct {
        const char *name, *text;
        bool found;
    } cases[] = {
        { "padaria sol", "sol", true },
        { "padaria sol", "so", true },
        { "padaria sol", "pad", true },
        { "padaria sol", "padaria s", true },
        { "cafe (centro)", "cen", true },
        { "cafe (centro)", "(cen", true },
        { "a-b", "b", true },
        { "casa & jardim", "& j", true },
        { "24h sol", "24", true },
        { "padaria sol", "ol", false },
        { "padaria sol", "aria", false },
        { "padaria sol", "sole", false },
        { "padaria sol", "sol ", false },
        { "24h", "4h", false },
        { "24h", "h", false },
        { "cafe (centro)", "entro", false },
        { "", "a", false },
        { "a", "ab", false },
        /* A vowel sign does not end a word. */
        { "\xe0\xa4\x95\xe0\xa5\x81\xe0\xa4\x95", "\xe0\xa4\x95", true },
        { "\xe0\xa4\x95\xe0\xa5\x81\xe0\xa4\x97", "\xe0\xa4\x97", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (name_has_word_prefix(cases[i].name, cases[i].text) != cases[i].found)
            fail_msg("\"%s\" in \"%s\"", cases[i].text, cases[i].name);
}

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void nearness_is_words_then_edits_then_length(void **state)
{
    static const struct {
        const char *name, *text;
        struct nearness want;
    } cases[] = {
        { "padaria sol", "padaria sol", { 2, 0, 0 } },
        { "padaria sol", "sol padaria", { 2, 4, 0 } }, /* "sol " left out */
        { "padaria sol", "sol", { 1, 0, 8 } },
        { "padaria sol", "so", { 0, 0, 9 } },
        { "padaria sol", "sal", { 0, 1, 8 } },      /* exchanged */
        { "padaria sol", "padria", { 0, 1, 5 } },   /* one put in */
        { "padaria sol", "paddaria", { 0, 1, 3 } }, /* one left out */
        { "padaria sol", "ol", { 0, 1, 9 } },       /* not from within a word */
        { "padaria sol", "xyz", { 0, 3, 8 } },      /* nothing of it */
        { "sol", "sol sol", { 2, 4, 4 } },          /* each word of the text counts */
        { "sol sol", "sol", { 1, 0, 4 } },
        { "solar", "sol", { 0, 0, 2 } },                 /* no word of it */
        { "\xcf\x83\xce\xb1", "\xcf\x83", { 0, 0, 1 } }, /* characters, not bytes */
        { "", "sol", { 0, 3, 3 } },
        { "sol", "", { 0, 0, 3 } },
        { "", "", { 0, 0, 0 } },
        /* No more than 64 characters of either are looked at. */
        { SIXTY TEN, SIXTY TEN TEN, { 0, 0, 0 } },
        { SIXTY "bbbb" TEN, SIXTY TEN, { 0, 4, 0 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nearness got = name_nearness(cases[i].name, cases[i].text);
        if (got.words != cases[i].want.words || got.edits != cases[i].want.edits ||
            got.apart != cases[i].want.apart)
            fail_msg("\"%s\" to \"%s\": %d words, %d edits, %d apart", cases[i].text, cases[i].name,
                     got.words, got.edits, got.apart);
    }

    static const struct nearness order[] = { { 2, 9, 9 }, { 1, 0, 9 }, { 1, 1, 0 },
                                             { 1, 1, 1 }, { 0, 0, 0 }, { 0, 5, 0 } };
    for (size_t a = 0; a < COUNT(order); a++)
        for (size_t b = 0; b < COUNT(order); b++) {
            int got = nearness_compare(order[a], order[b]);
            if ((got > 0) - (got < 0) != (a > b) - (a < b))
                fail_msg("%zu and %zu: %d", a, b, got);
        }
}

static void characters_are_taken_one_by_one(void **state)
{
    const char *text = "a\xc3\xa7\xf0\x9f\x8d\x95\xff\xe2\x80";
    static const int32_t want[] = { 'a', 0xE7, 0x1F355, 0xFFFD, 0xFFFD, 0, 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(want); i++)
        assert_int_equal(text_next(&text), want[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folded_name_has_no_case_accents_or_stray_blanks),
        cmocka_unit_test(words_begin_behind_blanks_and_signs),
        cmocka_unit_test(nearness_is_words_then_edits_then_length),
        cmocka_unit_test(characters_are_taken_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
