/* bot/resolve.c: one client's numbers never reach another's channel. */
#include "base/attr.h"
#include "bot/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *id, *name, *channel_id;
} rows[] = {
    { "1", "Padaria Sol", "C1" }, { "2", "Padaria Lua", "C2" }, { "3", "Açaí & Cia", "C3" },
    { "4", "Twin A", "C4" },      { "5", "Twin B", "C4" },      { "6", "Nowhere", "" },
    { "7", "Ajuda", "C7" },       { "8", "Foo", "C8" },         { "9", "Foo público", "C9" },
    { "10", "Same", "C10" },      { "11", "Same", "C11" },
};

static struct board *make_board(struct arena *arena)
{
    struct board *board = arena_new(arena, struct board);

    for (size_t i = 0; i < COUNT(rows); i++)
        *vec_push(arena, &board->clients) = (struct client){
            .id = rows[i].id, .name = rows[i].name, .channel_id = rows[i].channel_id, .meta_id = ""
        };
    board_check(arena, board);
    return board;
}

static const char *const managers[] = { "U1", "U22", NULL };

#define NOBODY NULL
static const struct {
    const char *why, *channel_id, *user_id, *text;
    bool restricted; /* RAIOX_NAME_USERS holds U1 and U22 */
    const char *client_id;
    enum notice notice; /* where there is no client */
    bool in_channel, ask_again;
} cases[] = {
    { "a channel's own client", "C1", "U9", "", true, "1", 0, false, false },
    { "for all to see", "C1", "U9", "público", true, "1", 0, true, false },
    { "its own name in its channel", "C1", "U9", "padaria sol", true, "1", 0, false, false },
    { "the start of its name", "C8", "U9", "FOO", false, "8", 0, false, false },
    { "its name, escaped", "C3", "U9", "acai &amp; cia", false, "3", 0, false, false },
    { "its name for all", "C3", "U9", "Açaí &amp; Cia público", false, "3", 0, true, false },
    { "help in its channel", "C1", "U9", "help", false, NOBODY, NOTICE_HELP, false, false },

    { "another's name", "C1", "U1", "Padaria Lua", false, NOBODY, NOTICE_OTHER_CHANNEL, false,
      false },
    { "another's name, by a manager", "C1", "U1", "Padaria Lua", true, NOBODY, NOTICE_OTHER_CHANNEL,
      false, false },
    { "another's name for all", "C1", "U1", "Padaria Lua público", false, NOBODY,
      NOTICE_OTHER_CHANNEL, true, false },
    { "a name that several have", "C1", "U1", "Padaria", false, NOBODY, NOTICE_OTHER_CHANNEL, false,
      false },
    { "a name that nobody has", "C1", "U1", "Paderia Lux", false, NOBODY, NOTICE_OTHER_CHANNEL,
      false, false },
    { "another's name that is a word", "C1", "U1", "ajuda", false, NOBODY, NOTICE_OTHER_CHANNEL,
      false, false },
    { "another's name that ends in a word", "C8", "U1", "foo publico", false, NOBODY,
      NOTICE_OTHER_CHANNEL, false, false },
    { "its own name beside another's that goes on", "C9", "U1", "Foo", false, NOBODY,
      NOTICE_OTHER_CHANNEL, false, false },
    { "one's own name that another has, too", "C10", "U1", "Same", false, NOBODY,
      NOTICE_OTHER_CHANNEL, false, false },
    { "any name where two rows have the channel", "C4", "U1", "Twin A", false, NOBODY,
      NOTICE_OTHER_CHANNEL, false, false },
    { "a third's name where two rows have it", "C4", "U1", "Padaria Sol", false, NOBODY,
      NOTICE_OTHER_CHANNEL, false, false },
    { "two rows with one channel", "C4", "U1", "", false, NOBODY, NOTICE_SEVERAL_ROWS, false,
      true },
    { "a channel that nobody has", "C99", "U1", "", false, NOBODY, NOTICE_UNKNOWN_CHANNEL, false,
      true },
    { "a channel in small letters is another", "c1", "U1", "", false, NOBODY,
      NOTICE_UNKNOWN_CHANNEL, false, true },
    { "no channel is not the one of who has none", "", "U1", "", false, NOBODY,
      NOTICE_UNKNOWN_CHANNEL, false, true },

    { "a name in a direct message", "D1", "U9", "padaria lua", false, "2", 0, false, false },
    { "a name in an internal channel, which may be a client's by now", "C99", "U9", "padaria lua",
      false, "2", 0, false, true },
    { "for all in an internal channel", "C99", "U9", "padaria lua public", false, "2", 0, true,
      true },
    { "a client without a channel", "D1", "U9", "nowhere", false, "6", 0, false, false },
    { "exact beats prefix", "D1", "U9", "foo", false, "8", 0, false, false },
    { "the whole text beats its last word", "D1", "U9", "FOO PÚBLICO", false, "9", 0, false,
      false },
    { "a client named Ajuda", "D1", "U9", "ajuda", false, "7", 0, false, false },
    { "several names", "D1", "U9", "padaria", false, NOBODY, NOTICE_SEVERAL_NAMES, false, false },
    { "one name twice", "D1", "U9", "same", false, NOBODY, NOTICE_SEVERAL_NAMES, false, false },
    { "no name", "D1", "U9", "qwertz", false, NOBODY, NOTICE_UNKNOWN_NAME, false, true },

    { "by a manager", "D1", "U22", "foo", true, "8", 0, false, false },
    { "by another", "D1", "U2", "foo", true, NOBODY, NOTICE_NAMES_FORBIDDEN, false, false },
    { "by whose id is longer", "D1", "U222", "foo", true, NOBODY, NOTICE_NAMES_FORBIDDEN, false,
      false },
    { "by nobody", "D1", "", "foo", true, NOBODY, NOTICE_NAMES_FORBIDDEN, false, false },
    { "no names are told to another", "D1", "U2", "padaria", true, NOBODY, NOTICE_NAMES_FORBIDDEN,
      false, false },
    { "help for another", "D1", "U2", "help", true, NOBODY, NOTICE_HELP, false, false },
};

static void who_asks_where_for_what_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct resolved got =
            resolve(arena, make_board(arena), cases[i].channel_id, cases[i].user_id, cases[i].text,
                    cases[i].restricted ? managers : NULL);
        const char *id = got.client ? got.client->id : "nobody";
        if (strcmp(id, cases[i].client_id ? cases[i].client_id : "nobody") != 0)
            fail_msg("%s: client %s, notice %d", cases[i].why, id, got.notice);
        if (!got.client && got.notice != cases[i].notice)
            fail_msg("%s: notice %d", cases[i].why, got.notice);
        if (got.in_channel != cases[i].in_channel)
            fail_msg("%s: in_channel %d", cases[i].why, got.in_channel);
        if (got.ask_again != cases[i].ask_again)
            fail_msg("%s: ask_again %d", cases[i].why, got.ask_again);
    }
}

/* Whatever is typed in a client's channel: no other client and no list of names comes of it. */
static void nothing_typed_in_a_clients_channel_leads_out_of_it(void **state)
{
    (void)state;
    static const char *const ends[] = { "", " público", " public", " ajuda", "\xC2\xA0publico" };

    for (size_t here = 0; here < COUNT(rows); here++)
        for (size_t other = 0; other < COUNT(rows); other++)
            for (size_t n = 0; n < COUNT(ends) * 2; n++) {
                scoped_arena struct arena *arena = arena_create();
                const char *name = rows[other].name;
                const char *text =
                    arena_printf(arena, "%.*s%s", n % 2 ? 3 : 100, name, ends[n / 2]);
                if (!*rows[here].channel_id || (n % 2 && (unsigned char)name[2] >= 0x80))
                    continue;
                struct resolved got =
                    resolve(arena, make_board(arena), rows[here].channel_id, "U1", text, NULL);
                if (got.client && strcmp(got.client->channel_id, rows[here].channel_id) != 0)
                    fail_msg("\"%s\" in %s led to %s", text, rows[here].channel_id,
                             got.client->name);
                if (got.facts.names_count > 0)
                    fail_msg("\"%s\" in %s listed names", text, rows[here].channel_id);
            }
}

static void names_are_listed_where_they_may_be(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    struct resolved several = resolve(arena, make_board(arena), "D1", "U1", "padaria", NULL);

    assert_int_equal(several.facts.names_count, 2);
    assert_string_equal(several.facts.names[0], "Padaria Lua");
    assert_string_equal(several.facts.names[1], "Padaria Sol");

    struct resolved none = resolve(arena, make_board(arena), "D1", "U1", "Padria Lua", NULL);
    assert_int_equal(none.notice, NOTICE_UNKNOWN_NAME);
    assert_string_equal(none.facts.name, "Padria Lua");
    assert_string_equal(none.facts.names[0], "Padaria Lua");

    struct resolved twins = resolve(arena, make_board(arena), "C4", "U1", "", NULL);
    assert_int_equal(twins.facts.names_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_where_for_what_decides),
        cmocka_unit_test(nothing_typed_in_a_clients_channel_leads_out_of_it),
        cmocka_unit_test(names_are_listed_where_they_may_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
