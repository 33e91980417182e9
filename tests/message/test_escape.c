/* Names from outside: whatever they hold, they neither format, ping, reorder nor break anything. */
#include "message/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/blocks.h"
#include "message/json_out.h"

#define Z "\u200b"

static void same(const char *why, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", why, got, wanted);
}

static void names_become_one_clean_line(void **state)
{
    static const struct {
        const char *why, *name, *wanted;
        size_t max;
    } cases[] = {
        { "nothing to do", "Padaria Sol", "Padaria Sol", 0 },
        { "accents and emoji stay", "Açaí 🎉 日本", "Açaí 🎉 日本", 20 },
        { "none", NULL, "", 10 },
        { "a line break", "a\r\nb", "a b", 0 },
        { "breaks at the ends", "\n\ta\n", "a", 0 },
        { "an escape sequence", "\x1b[31mred", "[31mred", 0 },
        { "C1 control",
          "a\xc2\x9b"
          "31mb",
          "a 31mb", 0 },
        { "DEL",
          "a\x7f"
          "b",
          "a b", 0 },
        { "Unicode's own line break", "a\u2028b\u2029c", "a b c", 0 },
        { "right-to-left override", "abc\u202egnp.exe", "abcgnp.exe", 0 },
        { "isolates", "\u2066a\u2069\u2067b\u2068", "ab", 0 },
        { "nothing but marks", "\u202e\u202c", "", 0 },
        { "nothing but blanks", " \u00a0\t\u3000", "", 0 },
        { "nothing that can be seen", "\u200b\u200d\ufe0f\u3164", "", 0 },
        { "blanks around it", "  a b ", "a b", 0 },
        { "a byte that is no UTF-8",
          "a\xff"
          "b",
          "a\ufffd"
          "b",
          0 },
        { "cut in a character", "a\xc3", "a\ufffd", 0 },
        { "an encoded surrogate", "\xed\xa0\x80", "\ufffd\ufffd\ufffd", 0 },
        { "an overlong slash", "\xc0\xaf", "\ufffd\ufffd", 0 },
        { "just fits", "abcde", "abcde", 5 },
        { "cut", "abcdef", "abcd…", 5 },
        { "cut between characters", "ááááá", "ááá…", 4 },
        { "an accent stays with its letter", "ae\u0301e\u0301", "a…", 3 },
        { "a family is not torn apart", "a👩‍👩‍👧b", "a…", 4 },
        { "a flag is not torn apart", "a🇧🇷bc", "a…", 3 },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        same(cases[i].why, text_clean(arena, cases[i].name, cases[i].max), cases[i].wanted);
}

static void nothing_in_a_name_formats_or_pings(void **state)
{
    static const struct {
        const char *why, *name, *wanted;
    } cases[] = {
        { "escaped once", "a & b < c > d", "a &amp; b &lt; c &gt; d" },
        { "an entity is text", "&amp;", "&amp;amp;" },
        { "everybody", "<!channel>", "&lt;!channel&gt;" },
        { "bold", "*x*", Z "*" Z "x" Z "*" Z },
        { "italic", "_x", Z "_" Z "x" },
        { "strike, code", "~`", Z "~" Z Z "`" Z },
        { "an emoji", ":fire:", ":" Z "fire:" },
        { "a link", "http://x", "http:" Z "//x" },
        { "a mention", "@here", "@" Z "here" },
        { "a channel", "#geral", "#" Z "geral" },
        { "plain punctuation", "Natal: 50% #", "Natal: 50% #" },
        { "quotes are not for Slack to escape", "\"a'", "\"a'" },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        same(cases[i].why, name_mrkdwn(arena, cases[i].name, 100), cases[i].wanted);
}

static void the_length_of_a_name_is_what_is_read(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    same("five ampersands", name_mrkdwn(arena, "&&&&&", 5), "&amp;&amp;&amp;&amp;&amp;");
    same("six ampersands", name_mrkdwn(arena, "&&&&&&", 5), "&amp;&amp;&amp;&amp;…");
}

static void an_id_is_code_only_when_it_looks_like_one(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    same("an id", id_mrkdwn(arena, "act_11"), "`act_11`");
    same("a backtick", id_mrkdwn(arena, "a`b"), "a" Z "`" Z "b");
    same("markup", id_mrkdwn(arena, "<!here>"), "&lt;!here&gt;");
    same("none", id_mrkdwn(arena, NULL), "");
    same("empty", id_mrkdwn(arena, ""), "");
}

static void a_terminal_is_shown_controls_as_numbers(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    same("escape", text_terminal(arena, "a\x1b[2Jb", 0), "a<U+001B>[2Jb");
    same("C1",
         text_terminal(arena,
                       "\xc2\x9b"
                       "2J",
                       0),
         "<U+009B>2J");
    same("bell, line", text_terminal(arena, "\a\n", 0), "<U+0007><U+000A>");
    same("override", text_terminal(arena, "\u202e", 0), "<U+202E>");
    same("raw C1 byte", text_terminal(arena, "\x9b", 0), "\ufffd");
}

static void a_cut_never_leaves_half_an_entity(void **state)
{
    static const struct {
        const char *text;
        size_t max, wanted;
    } cases[] = {
        { "ab&amp;", 7, 7 },  { "ab&amp;c", 7, 7 }, { "ab&amp;c", 6, 2 }, { "ab&amp;c", 3, 2 },
        { "&lt;&gt;", 5, 4 }, { "&lt;&gt;", 3, 0 }, { "abc", 2, 2 },      { "a&b;cd", 5, 5 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(mrkdwn_cut(cases[i].text, cases[i].max), cases[i].wanted);
}

static void json_text_is_always_json(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
        { "\n\t\x01\x7f", "\"\\n\\u0009\\u0001\\u007f\"" },
        { "é🎉", "\"é🎉\"" },
        { "\xff\xc3", "\"\ufffd\ufffd\"" },
        { "", "\"\"" },
        { NULL, "null" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_buf struct buf out = { 0 };

        buf_init(&out, BUF_UNBOUNDED);
        json_text(&out, cases[i].text);
        same("json", out.data, cases[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_one_clean_line),
        cmocka_unit_test(nothing_in_a_name_formats_or_pings),
        cmocka_unit_test(the_length_of_a_name_is_what_is_read),
        cmocka_unit_test(an_id_is_code_only_when_it_looks_like_one),
        cmocka_unit_test(a_terminal_is_shown_controls_as_numbers),
        cmocka_unit_test(a_cut_never_leaves_half_an_entity),
        cmocka_unit_test(json_text_is_always_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
