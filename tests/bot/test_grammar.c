/* bot/grammar.c: what stands behind /raiox. */
#include "base/attr.h"
#include "bot/grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *text, *decoded;
} decodings[] = {
    { "", "" },
    { "   ", "" },
    { "\t \r\n", "" },
    { "\xC2\xA0\xC2\xA0", "" },
    { " Padaria  Sol ", "Padaria  Sol" },
    { "\xC2\xA0Padaria\xC2\xA0Sol\xC2\xA0 ", "Padaria\xC2\xA0Sol" },
    { "A &amp; B", "A & B" },
    { "&lt;b&gt;", "<b>" },
    { "&amp;lt;", "&lt;" }, /* decoded once */
    { "&amp;amp;amp;", "&amp;amp;" },
    { "&AMP;", "&AMP;" },
    { "&amp", "&amp" },
    { "&", "&" },
    { "&quot;&#39;&nbsp;", "&quot;&#39;&nbsp;" }, /* Slack escapes three characters, no more */
    { "â", "â" },                                 /* its last byte is not a blank's */
    { "é\xC2\xA0", "é" },
};

static void three_entities_are_decoded_once_and_blanks_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(decodings); i++) {
        scoped_arena struct arena *arena = arena_create();
        assert_string_equal(grammar_decode(arena, decodings[i].text), decodings[i].decoded);
    }
}

static struct board *board_of(struct arena *arena, const char *const *names)
{
    struct board *board = arena_new(arena, struct board);

    for (size_t i = 0; names[i]; i++)
        *vec_push(arena, &board->clients) =
            (struct client){ .id = "1", .name = names[i], .channel_id = "", .meta_id = "" };
    board_check(arena, board);
    return board;
}

static const char *const usual[] = { "Padaria Sol", "Foo", NULL };
static const char *const odd[] = { "Ajuda", "Foo", "Foo público", "Público", "Help Desk", NULL };

static const struct {
    const char *why, *text;
    const char *const *names;
    struct asked asked;
} cases[] = {
    { "nothing", "", usual, { 0 } },
    { "a name", "Padaria Sol", usual, { .name = "Padaria Sol" } },
    { "a name that nobody has", "Padaria Lua", usual, { .name = "Padaria Lua" } },
    { "público alone", "público", usual, { .in_channel = true } },
    { "publico", "publico", usual, { .in_channel = true } },
    { "public", "public", usual, { .in_channel = true } },
    { "in capitals", "PÚBLICO", usual, { .in_channel = true } },
    { "mixed", "PúBlIcO", usual, { .in_channel = true } },
    { "decomposed",
      "pu\xCC\x81"
      "blico",
      usual,
      { .in_channel = true } },
    { "decomposed capitals",
      "PU\xCC\x81"
      "BLICO",
      usual,
      { .in_channel = true } },
    { "behind a name",
      "Padaria Sol público",
      usual,
      { .name = "Padaria Sol", .in_channel = true } },
    { "behind a no-break space",
      "Foo\xC2\xA0public",
      usual,
      { .name = "Foo", .in_channel = true } },
    { "behind many blanks", "Foo \t  public", usual, { .name = "Foo", .in_channel = true } },
    { "decomposed behind a name",
      "Foo pu\xCC\x81"
      "blico",
      usual,
      { .name = "Foo", .in_channel = true } },
    { "twice", "Foo público público", usual, { .name = "Foo público", .in_channel = true } },
    { "in front", "público Foo", usual, { .name = "público Foo" } },
    { "part of a word", "Foo republico", usual, { .name = "Foo republico" } },
    { "with a full stop", "Foo public.", usual, { .name = "Foo public." } },
    { "another word that begins so", "Foo publica", usual, { .name = "Foo publica" } },
    { "help", "help", usual, { .help = true } },
    { "ajuda", "Ajuda", usual, { .help = true } },
    { "AJUDA", "AJUDA", usual, { .help = true } },
    { "help and more", "help me", usual, { .name = "help me" } },
    { "helper", "helper", usual, { .name = "helper" } },

    { "a client named Ajuda", "ajuda", odd, { .name = "ajuda" } },
    { "its reply for all", "Ajuda público", odd, { .name = "Ajuda", .in_channel = true } },
    { "help is nobody's name", "help", odd, { .help = true } },
    { "a client named Foo público", "foo publico", odd, { .name = "foo publico" } },
    { "the same, decomposed",
      "Foo pu\xCC\x81"
      "blico",
      odd,
      { .name = "Foo pu\xCC\x81"
                "blico" } },
    { "its reply for all, too",
      "Foo público público",
      odd,
      { .name = "Foo público", .in_channel = true } },
    { "Foo for all, by another word", "Foo public", odd, { .name = "Foo", .in_channel = true } },
    { "a client named Público", "publico", odd, { .name = "publico" } },
    { "no board: the words count", "ajuda", NULL, { .help = true } },
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void a_text_is_a_name_a_word_or_both(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct board *board = cases[i].names ? board_of(arena, cases[i].names) : NULL;
        struct asked asked = grammar_parse(arena, cases[i].text, board);
        if (!same(asked.name, cases[i].asked.name) ||
            asked.in_channel != cases[i].asked.in_channel || asked.help != cases[i].asked.help)
            fail_msg("%s: name \"%s\", in_channel %d, help %d", cases[i].why,
                     asked.name ? asked.name : "none", asked.in_channel, asked.help);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_entities_are_decoded_once_and_blanks_go),
        cmocka_unit_test(a_text_is_a_name_a_word_or_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
