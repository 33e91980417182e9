/* Rows of the board: their cells, what two of them both claim, and finding one. */
#include "model/client.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* --- ids ------------------------------------------------------------------------------------- */

#define TWENTY "12345678901234567890"
#define NO_BREAK_SPACE "\xc2\xa0"

static const struct {
    const char *why, *text, *ids; /* joined by one space */
    const char *bad;              /* NULL: none */
} id_cases[] = {
    { "none", "", "", NULL },
    { "blanks alone", " \t\n" NO_BREAK_SPACE, "", NULL },
    { "separators alone", ", ,\n,", "", NULL },
    { "one", "123", "123", NULL },
    { "commas", "1,2,3", "1 2 3", NULL },
    { "commas and blanks", "1, 2 ,3 , 4", "1 2 3 4", NULL },
    { "line breaks", "1\n2\r\n3\r4", "1 2 3 4", NULL },
    { "tabs", "1\t2", "1 2", NULL },
    { "no-break spaces, as a sheet pastes them", "1" NO_BREAK_SPACE "2" NO_BREAK_SPACE, "1 2",
      NULL },
    { "a line separator",
      "1\xe2\x80\xa8"
      "2",
      "1 2", NULL },
    { "act_", "act_10, ACT_11 Act_12", "10 11 12", NULL },
    { "dashes", "987-654-3210", "9876543210", NULL },
    { "a dash before one digit", "12-3", "123", NULL },
    { "with and without", "act_10,10", "10", NULL },
    { "each once, where it first stood", "3,1,3,2,1", "3 1 2", NULL },
    { "leading zeros are kept", "0012", "0012", NULL },
    { "leading zeros are another id", "12,0012", "12 0012", NULL },
    { "twenty digits", TWENTY, TWENTY, NULL },
    { "twenty-one", TWENTY "1", "", TWENTY "1" },
    { "letters", "abc", "", "abc" },
    { "letters among good ones", "1,abc,2,def", "1 2", "abc" },
    { "act_ alone", "act_", "", "act_" },
    { "act_ twice", "act_act_1", "", "act_act_1" },
    { "another prefix", "acc_1", "", "acc_1" },
    { "a dash alone", "-", "", "-" },
    { "a dash before", "-1", "", "-1" },
    { "a dash behind", "1-", "", "1-" },
    { "two dashes", "1--2", "", "1--2" },
    { "a dash behind act_", "act_-1", "", "act_-1" },
    { "a semicolon", "1;2", "", "1;2" },
    { "a decimal point, of a numbers column", "123.0", "", "123.0" },
    { "an exponent", "1.2e+15", "", "1.2e+15" },
    { "a plus", "+1", "", "+1" },
    { "other digits than ASCII's", "\xd9\xa1\xd9\xa2", "", "\xd9\xa1\xd9\xa2" },
    { "bytes that are no UTF-8", "1\xff", "", "1\xff" },
    { "half a character at the end", "1 \xe2\x80", "1", "\xe2\x80" },
    { "a link", "https://business.facebook.com/77", "", "https://business.facebook.com/77" },
};

static void ids_are_read_as_people_type_them(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(id_cases); i++) {
        const char *const *ids = NULL;
        const char *bad = "?", *joined = "";
        size_t count = 0;
        bool ok = client_ids(arena, id_cases[i].text, &ids, &count, &bad);

        for (size_t n = 0; n < count; n++)
            joined = arena_printf(arena, "%s%s%s", joined, n > 0 ? " " : "", ids[n]);
        if (strcmp(joined, id_cases[i].ids) != 0 || ids[count])
            fail_msg("%s: \"%s\"", id_cases[i].why, joined);
        if (ok != !id_cases[i].bad || (!ok && strcmp(bad, id_cases[i].bad) != 0) || (ok && bad))
            fail_msg("%s: bad \"%s\"", id_cases[i].why, bad ? bad : "none");
    }
    const char *const *ids = NULL;
    const char *bad = "?";
    size_t count = 7;
    assert_true(client_ids(arena, NULL, &ids, &count, &bad));
    assert_int_equal(count, 0);
    assert_null(ids[0]);
}

static void a_list_of_many_ids_is_read_in_its_order(void **state)
{
    enum { IDS = 20000 };
    scoped_arena struct arena *arena = arena_create();
    char *text = arena_alloc(arena, IDS * 2 * 8 + 1);
    const char *const *ids = NULL, *bad = NULL;
    size_t count = 0, at = 0;

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < IDS; i++) {
            const char *id = arena_printf(arena, "%07d,", (i * 7919) % IDS);
            memcpy(text + at, id, 8);
            at += 8;
        }
    assert_true(client_ids(arena, text, &ids, &count, (const char **)&bad));
    assert_int_equal(count, IDS);
    assert_string_equal(ids[0], "0000000");
    assert_string_equal(ids[1], "0007919");
}

/* --- target ---------------------------------------------------------------------------------- */

static const struct {
    const char *why, *text;
    int64_t micros; /* 0: no target */
} target_cases[] = {
    { "whole", "15000", INT64_C(15000000000) },
    { "a point and one decimal", "15000.5", INT64_C(15000500000) },
    { "a point and two", "15000.05", INT64_C(15000050000) },
    { "pt_BR with groups", "15.000,00", INT64_C(15000000000) },
    { "pt_BR with more groups", "1.234.567,89", INT64_C(1234567890000) },
    { "pt_BR without groups", "15000,5", INT64_C(15000500000) },
    { "pt_BR with groups and one decimal", "15.000,5", INT64_C(15000500000) },
    { "a small one", "0,01", 10000 },
    { "a sign before", "R$ 15.000,00", INT64_C(15000000000) },
    { "a sign without blank", "R$15000", INT64_C(15000000000) },
    { "a sign and a no-break space", "R$" NO_BREAK_SPACE "15.000,00", INT64_C(15000000000) },
    { "a sign behind", "15000 R$", INT64_C(15000000000) },
    { "dollars", "US$ 15000.50", INT64_C(15000500000) },
    { "a dollar sign", "$15000", INT64_C(15000000000) },
    { "other dollars", "NZ$ 15000", INT64_C(15000000000) },
    { "dollars of one letter", "A$ 15000", INT64_C(15000000000) },
    { "a sign of four letters", "ABCD$ 15000", 0 },
    { "euros", "\xe2\x82\xac 15.000,00", INT64_C(15000000000) },
    { "pounds behind", "15000\xc2\xa3", INT64_C(15000000000) },
    { "blanks around", " \t15000\n", INT64_C(15000000000) },
    { "leading zeros", "0015000", INT64_C(15000000000) },
    { "the largest", "9223372036854,77", INT64_C(9223372036854770000) },

    { "nothing", "", 0 },
    { "blanks", "  ", 0 },
    { "a sign alone", "R$", 0 },
    { "zero", "0", 0 },
    { "zero with decimals", "0,00", 0 },
    { "zero with a sign", "R$ 0.00", 0 },
    { "fifteen thousand or fifteen", "15.000", 0 },
    { "fifteen or fifteen thousand", "15,000", 0 },
    { "groups without decimals", "1.234.567", 0 },
    { "groups with a sign, without decimals", "R$ 15.000", 0 },
    { "en_US with groups", "15,000.00", 0 },
    { "two commas", "1,000,000", 0 },
    { "three decimals", "1234.567", 0 },
    { "three decimals behind a comma", "1234,567", 0 },
    { "a point behind groups", "15.000.00", 0 },
    { "a group of two", "15.00,00", 0 },
    { "a group of four", "15.0000,00", 0 },
    { "a first group of four", "1500.000,00", 0 },
    { "an empty first group", ".000,00", 0 },
    { "no decimals behind the comma", "15000,", 0 },
    { "no decimals behind the point", "15000.", 0 },
    { "no decimals behind groups", "15.000,", 0 },
    { "no whole part", ",50", 0 },
    { "no whole part before a point", ".50", 0 },
    { "below zero", "-15000", 0 },
    { "a plus", "+15000", 0 },
    { "two signs", "R$ 15000 R$", 0 },
    { "another two", "$$15000", 0 },
    { "a code is no sign", "BRL 15000", 0 },
    { "a letter is no sign", "R 15000", 0 },
    { "words", "15 mil", 0 },
    { "a suffix", "15k", 0 },
    { "two values, as a mirror joins them", "100, 200", 0 },
    { "two values with decimals", "100.5, 200", 0 },
    { "two values without comma", "100 200", 0 },
    { "a blank as group sign", "15 000,00", 0 },
    { "an apostrophe as group sign", "15'000", 0 },
    { "an exponent", "1e4", 0 },
    { "percent", "15%", 0 },
    { "other digits than ASCII's", "\xd9\xa1\xd9\xa2", 0 },
    { "too large", "9223372036854,78", 0 },
    { "far too large", "99999999999999999999999999", 0 },
    { "far too large, grouped", "999.999.999.999.999.999.999.999,00", 0 },
    { "bytes that are no UTF-8",
      "\xff"
      "15000",
      0 },
    { "half a character behind", "15000\xe2\x82", 0 },
};

static void a_target_that_could_be_read_in_two_ways_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(target_cases); i++) {
        int64_t got = 42;
        bool ok = target_parse(target_cases[i].text, &got);

        if (ok != (target_cases[i].micros != 0) || got != (ok ? target_cases[i].micros : 42))
            fail_msg("%s: \"%s\" gave %" PRId64, target_cases[i].why, target_cases[i].text, got);
    }
    int64_t got;
    assert_false(target_parse(NULL, &got));
}

/* --- the board as a whole -------------------------------------------------------------------- */

static struct client *row(struct arena *arena, struct board *board, const char *name,
                          const char *channel_id, const char *meta_id, const char *meta_accounts,
                          const char *google_ids)
{
    struct client *c = vec_push(arena, &board->clients);
    const char *bad = NULL;
    size_t count;

    c->id = arena_printf(arena, "%zu", 1000 + board->clients.len);
    c->name = name;
    c->channel_id = channel_id;
    c->meta_id = meta_id;
    if (!client_ids(arena, meta_accounts, &c->meta_accounts, &count, &bad) ||
        !client_ids(arena, google_ids, &c->google_ids, &count, &bad))
        fail_msg("bad id %s", bad);
    return c;
}

static void expect_problems(const struct board *board, size_t at, size_t problems, size_t shared)
{
    const struct client *c = &board->clients.items[at];

    if (c->problems.len != problems || c->shared.len != shared ||
        c->shares_accounts != (shared > 0))
        fail_msg("%s: %zu problems (%s), %zu shared", c->name, c->problems.len,
                 c->problems.len > 0 ? c->problems.items[0] : "", c->shared.len);
}

static void two_rows_with_one_channel_are_both_a_problem(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct board board = { 0 };

    (void)state;
    row(arena, &board, "Sol", "C1", "", "", "");
    row(arena, &board, "Lua", "C2", "", "", "");
    row(arena, &board, "Mar", "C1", "", "", "");
    row(arena, &board, "Sem canal", "", "", "", "");
    row(arena, &board, "Sem canal", "", "", "", "");
    board_check(arena, &board);
    expect_problems(&board, 0, 1, 0);
    expect_problems(&board, 1, 0, 0);
    expect_problems(&board, 2, 1, 0);
    expect_problems(&board, 3, 0, 0);
    expect_problems(&board, 4, 0, 0);
    assert_string_equal(board.clients.items[0].problems.items[0],
                        "channel_id C1 is also in the row of \"Mar\" (1003)");
    assert_string_equal(board.clients.items[2].problems.items[0],
                        "channel_id C1 is also in the row of \"Sol\" (1001)");
}

/* INTERFACE 4: two rows with one meta_id and no lists, or with one ad account or Google id. */
static void accounts_of_two_rows_are_a_problem_of_both(void **state)
{
    static const struct {
        const char *why;
        const char *meta_id[2], *accounts[2], *google[2];
        size_t problems; /* of each */
        const char *platform, *id;
        bool is_manager;
    } cases[] = {
        { "one meta_id, no lists", { "77", "77" }, { "", "" }, { "", "" }, 1, "meta", "77", true },
        { "one meta_id, one with a list",
          { "77", "77" },
          { "10", "" },
          { "", "" },
          0,
          "",
          "",
          false },
        { "one meta_id, two lists", { "77", "77" }, { "10", "11" }, { "", "" }, 0, "", "", false },
        { "two meta_ids", { "77", "78" }, { "", "" }, { "", "" }, 0, "", "", false },
        { "no meta_id", { "", "" }, { "", "" }, { "", "" }, 0, "", "", false },
        { "one ad account",
          { "77", "78" },
          { "10,11", "11,12" },
          { "", "" },
          1,
          "meta",
          "11",
          false },
        { "one ad account, one with act_",
          { "", "" },
          { "act_11", "11" },
          { "", "" },
          1,
          "meta",
          "11",
          false },
        { "one Google id",
          { "", "" },
          { "", "" },
          { "111-222-3333", "1112223333" },
          1,
          "google_ads",
          "1112223333",
          false },
        { "an ad account and a Google id of one number",
          { "", "" },
          { "5", "" },
          { "", "5" },
          0,
          "",
          "",
          false },
        { "a business manager and an ad account of one number",
          { "5", "" },
          { "", "5" },
          { "", "" },
          0,
          "",
          "",
          false },
        { "several at once",
          { "77", "77" },
          { "10,11", "11,10" },
          { "5", "5" },
          3,
          "meta",
          "10",
          false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct board board = { 0 };

        for (int n = 0; n < 2; n++)
            row(arena, &board, n ? "Lua" : "Sol", "", cases[i].meta_id[n], cases[i].accounts[n],
                cases[i].google[n]);
        board_check(arena, &board);
        for (size_t n = 0; n < 2; n++) {
            const struct client *c = &board.clients.items[n];
            expect_problems(&board, n, cases[i].problems, cases[i].problems);
            if (cases[i].problems > 0 &&
                (strcmp(c->shared.items[0].platform, cases[i].platform) != 0 ||
                 strcmp(c->shared.items[0].id, cases[i].id) != 0 ||
                 c->shared.items[0].is_manager != cases[i].is_manager ||
                 !strstr(c->problems.items[0], n ? "\"Sol\" (1001)" : "\"Lua\" (1002)")))
                fail_msg("%s: %s", cases[i].why, c->problems.items[0]);
        }
    }
}

static void a_row_does_not_quarrel_with_itself(void **state)
{
    static const char *const twice[] = { "10", "10", NULL };
    scoped_arena struct arena *arena = arena_create();
    struct board board = { 0 };

    (void)state;
    struct client *c = row(arena, &board, "Sol", "C1", "77", "", "5");
    c->meta_accounts = twice;
    c->google_ids = NULL;
    board_check(arena, &board);
    expect_problems(&board, 0, 0, 0);

    struct board empty = { 0 };
    board_check(arena, &empty);
    assert_int_equal(empty.clients.len, 0);
}

static void a_problem_of_many_rows_names_a_few(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct board board = { 0 };

    (void)state;
    for (int i = 0; i < 7; i++)
        row(arena, &board, arena_printf(arena, "N%d", i), "C1", "", "", "");
    board_check(arena, &board);
    assert_string_equal(board.clients.items[0].problems.items[0],
                        "channel_id C1 is also in the row of \"N1\" (1002), \"N2\" (1003), "
                        "\"N3\" (1004) and 3 more");
    assert_string_equal(board.clients.items[1].problems.items[0],
                        "channel_id C1 is also in the row of \"N0\" (1001), \"N2\" (1003), "
                        "\"N3\" (1004) and 3 more");
}

static void a_copy_outlives_its_board(void **state)
{
    scoped_arena struct arena *kept = arena_create();
    struct arena *gone = arena_create();
    struct board board = { 0 };

    (void)state;
    struct client *c = row(gone, &board,
                           arena_strdup(gone, "A\xc3\xa7"
                                              "a\xc3\xad"),
                           arena_strdup(gone, "C1"), arena_strdup(gone, "77"), "10,11", "5");
    c->kpis = (struct kpis){ .health = arena_strdup(gone, "good"),
                             .min_investment = arena_strdup(gone, "15000"),
                             .gap = arena_strdup(gone, "") };
    c->has_target = true;
    c->target_micros = 15000;
    row(gone, &board, "Lua", "", "", "11", "");
    board_check(gone, &board);
    struct client *copy = client_copy(kept, &board.clients.items[0]);
    arena_destroy(gone);

    assert_string_equal(copy->id, "1001");
    assert_string_equal(copy->name, "A\xc3\xa7"
                                    "a\xc3\xad");
    assert_string_equal(copy->folded_name, "acai");
    assert_string_equal(copy->channel_id, "C1");
    assert_string_equal(copy->meta_id, "77");
    assert_string_equal(copy->meta_accounts[0], "10");
    assert_string_equal(copy->meta_accounts[1], "11");
    assert_null(copy->meta_accounts[2]);
    assert_string_equal(copy->google_ids[0], "5");
    assert_null(copy->google_ids[1]);
    assert_string_equal(copy->kpis.health, "good");
    assert_string_equal(copy->kpis.min_investment, "15000");
    assert_string_equal(copy->kpis.gap, "");
    assert_null(copy->kpis.satisfaction);
    assert_true(copy->has_target);
    assert_int_equal(copy->target_micros, 15000);
    assert_true(copy->shares_accounts);
    assert_int_equal(copy->problems.len, 1);
    assert_string_equal(copy->problems.items[0],
                        "ad account 11 is also in the row of \"Lua\" (1002)");
    assert_int_equal(copy->shared.len, 1);
    assert_string_equal(copy->shared.items[0].platform, "meta");
    assert_string_equal(copy->shared.items[0].id, "11");
}

/* --- finding one ----------------------------------------------------------------------------- */

#define ACAI                                                                                       \
    "A\xc3\xa7"                                                                                    \
    "a\xc3\xad da Praia"                   /* Açaí da Praia */
#define JORGE "S\xc3\xa3o Jorge"           /* São Jorge */
#define CAFE_CENTRO "Caf\xc3\xa9 (Centro)" /* Café (Centro) */
#define CAFE_NORTE "CAFE\xcc\x81 Norte"    /* CAFÉ Norte, decomposed */
#define OTICA "\xc3\x93tica Vis\xc3\xa3o"  /* Ótica Visão */
#define STRASSE                                                                                    \
    "Stra\xc3\x9f"                                                                                 \
    "e"                                      /* Straße */
#define WIDE "\xef\xbc\xa1\xef\xbc\xa2 Wide" /* AB in full width */
#define GATO "Gato\xc2\xa0Preto"             /* a no-break space */
#define BEIRA "  Beira  Mar "
#define PIZZA "\xf0\x9f\x8d\x95 Pizza" /* an emoji */

static const char *const names[] = {
    ACAI,        JORGE,      "Padaria Sol",   "Padaria do Sol",
    "Padaria",   "Sol",      "Solar Energia", "Casa & Jardim",
    CAFE_CENTRO, CAFE_NORTE, OTICA,           STRASSE,
    WIDE,        GATO,       BEIRA,           PIZZA,
    "Duplo",     "Duplo",    "D\xc3\xbaplo",
};

static struct board board_of_names(struct arena *arena, bool checked)
{
    struct board board = { 0 };

    for (size_t i = 0; i < COUNT(names); i++)
        row(arena, &board, names[i], "", "", "", "");
    if (checked)
        board_check(arena, &board);
    return board;
}

static const struct {
    const char *why, *text;
    enum match_kind kind;
    const char *first; /* the one, or the first of several */
    size_t count;      /* of several */
} name_cases[] = {
    { "as it is", "Padaria Sol", MATCH_ONE, "Padaria Sol", 0 },
    { "without accents, as a prefix", "acai", MATCH_ONE, ACAI, 0 },
    { "without accents, whole", "acai da praia", MATCH_ONE, ACAI, 0 },
    { "in capitals with a tilde", "S\xc3\x83O JORGE", MATCH_ONE, JORGE, 0 },
    { "small without a tilde", "sao jorge", MATCH_ONE, JORGE, 0 },
    { "more accents than it has", "s\xc3\xa3\xc3\xb3 j\xc3\xb3rg\xc3\xa9", MATCH_ONE, JORGE, 0 },
    { "accents where it has none",
      "p\xc3\xa1"
      "daria s\xc3\xb3l",
      MATCH_ONE, "Padaria Sol", 0 },
    { "exact beats prefix", "padaria", MATCH_ONE, "Padaria", 0 },
    { "exact beats word-prefix", "sol", MATCH_ONE, "Sol", 0 },
    { "prefix beats word-prefix", "sola", MATCH_ONE, "Solar Energia", 0 },
    { "several with a prefix", "padaria ", MATCH_ONE, "Padaria", 0 },
    { "several with a longer prefix", "pada", MATCH_SEVERAL, "Padaria", 3 },
    { "a prefix over a word's end", "padaria d", MATCH_ONE, "Padaria do Sol", 0 },
    { "a second word", "jorge", MATCH_ONE, JORGE, 0 },
    { "a second word's beginning", "jar", MATCH_ONE, "Casa & Jardim", 0 },
    { "a word behind a bracket", "centro", MATCH_ONE, CAFE_CENTRO, 0 },
    { "the bracket, too", "(cen", MATCH_ONE, CAFE_CENTRO, 0 },
    { "a sign as a word", "& jardim", MATCH_ONE, "Casa & Jardim", 0 },
    { "composed and decomposed", "caf\xc3\xa9 norte", MATCH_ONE, CAFE_NORTE, 0 },
    { "decomposed and composed", "o\xcc\x81tica visa\xcc\x83o", MATCH_ONE, OTICA, 0 },
    { "sharp s", "STRASSE", MATCH_ONE, STRASSE, 0 },
    { "full width", "ab wide", MATCH_ONE, WIDE, 0 },
    { "a no-break space", "gato preto", MATCH_ONE, GATO, 0 },
    { "blanks around and within", " beira mar", MATCH_ONE, BEIRA, 0 },
    { "more blanks", "\t beira \t mar\n", MATCH_ONE, BEIRA, 0 },
    { "behind an emoji", "pizza", MATCH_ONE, PIZZA, 0 },
    { "several of one name", "duplo", MATCH_SEVERAL, "Duplo", 3 },
    { "several of one name, accented", "D\xc3\x9aPLO", MATCH_SEVERAL, "Duplo", 3 },
    { "within a word is no match", "daria", MATCH_NONE, "Padaria", 0 },
    { "not from a word's second letter", "orge", MATCH_NONE, JORGE, 0 },
    { "longer than the name", "solar energia ltda", MATCH_NONE, "Solar Energia", 0 },
    { "a typing error", "padria sol", MATCH_NONE, "Padaria Sol", 0 },
    { "two letters exchanged", "slo", MATCH_NONE, "Sol", 0 },
    { "words in another order", "praia acai", MATCH_NONE, ACAI, 0 },
    { "a letter too many", "ottica", MATCH_NONE, OTICA, 0 },
};

static void a_name_is_found_without_case_accents_and_blanks(void **state)
{
    (void)state;
    for (size_t round = 0; round < 2; round++) { /* folded beforehand, or not */
        scoped_arena struct arena *arena = arena_create();
        struct board board = board_of_names(arena, round == 0);

        for (size_t i = 0; i < COUNT(name_cases); i++) {
            struct match m = client_by_name(arena, &board, name_cases[i].text);
            const char *first = m.kind == MATCH_ONE    ? m.client->name
                                : m.closest_count == 0 ? "nobody"
                                                       : m.closest[0]->name;

            if (m.kind != name_cases[i].kind || strcmp(first, name_cases[i].first) != 0)
                fail_msg("%s: kind %d, %s", name_cases[i].why, m.kind, first);
            if (m.kind == MATCH_SEVERAL && m.closest_count != name_cases[i].count)
                fail_msg("%s: %zu of them", name_cases[i].why, m.closest_count);
            if (m.kind == MATCH_NONE && m.closest_count != 10)
                fail_msg("%s: %zu named", name_cases[i].why, m.closest_count);
        }
    }
}

static void nothing_matches_no_name(void **state)
{
    static const char *const nothing[] = { "", " ", NO_BREAK_SPACE, "\xcc\x81" };
    scoped_arena struct arena *arena = arena_create();
    struct board board = board_of_names(arena, true), empty = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(nothing); i++) {
        assert_int_equal(client_by_name(arena, &board, nothing[i]).kind, MATCH_NONE);
        assert_false(client_name_exact(&board, nothing[i]));
    }
    struct match m = client_by_name(arena, &empty, "sol");
    assert_int_equal(m.kind, MATCH_NONE);
    assert_int_equal(m.closest_count, 0);
    assert_false(client_name_exact(&empty, "sol"));
    assert_null(client_by_id(&empty, "1"));
}

static void at_most_ten_names_are_offered_always_the_same(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct board board = { 0 };

    (void)state;
    for (int i = 0; i < 40; i++) /* not in the order of their names */
        row(arena, &board, arena_printf(arena, "Loja %02d", (i * 7) % 40), "", "", "", "");
    board_check(arena, &board);
    struct match several = client_by_name(arena, &board, "loja");
    struct match none = client_by_name(arena, &board, "lojo");
    assert_int_equal(several.kind, MATCH_SEVERAL);
    assert_int_equal(none.kind, MATCH_NONE);
    assert_int_equal(several.closest_count, 10);
    assert_int_equal(none.closest_count, 10);
    for (int i = 0; i < 10; i++) {
        const char *want = arena_printf(arena, "Loja %02d", i);
        assert_string_equal(several.closest[i]->name, want);
        assert_string_equal(none.closest[i]->name, want);
    }
}

static void an_exact_name_is_known_as_such(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct board board = board_of_names(arena, true);

    (void)state;
    assert_true(client_name_exact(&board, " A\xc3\x87"
                                          "A\xc3\x8d DA PRAIA"));
    assert_true(client_name_exact(&board, "duplo"));
    assert_false(client_name_exact(&board, "acai"));
    assert_false(client_name_exact(&board, "Padaria Sol publico"));
}

static void names_of_any_bytes_and_length_are_survived(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct board board = { 0 };
    char *huge = arena_alloc(arena, 200001);

    (void)state;
    memset(huge, 'a', 200000);
    row(arena, &board, "\xff\xfe\x80", "", "", "", "");
    row(arena, &board, "\xf0\x9f\x8d", "", "", "", "");
    row(arena, &board, huge, "", "", "", "");
    row(arena, &board, "", "", "", "", "");
    board_check(arena, &board);
    assert_int_equal(client_by_name(arena, &board, huge).kind, MATCH_ONE);
    /* Three bytes that are no UTF-8 are three U+FFFD, as the first row's. */
    assert_int_equal(client_by_name(arena, &board, "\xed\xa0\x80").kind, MATCH_ONE);
    assert_int_equal(client_by_name(arena, &board, "zz").kind, MATCH_NONE);
    memset(huge, 0xc3, 200000); /* the first byte of a character, again and again */
    assert_int_equal(client_by_name(arena, &board, huge).kind, MATCH_NONE);
    assert_false(client_name_exact(&board, huge));
}

static void a_channel_finds_its_row_or_all_of_them(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct board board = { 0 };

    (void)state;
    row(arena, &board, "Sol", "C1", "", "", "");
    row(arena, &board, "Lua", "C2", "", "", "");
    row(arena, &board, "Mar", "C2", "", "", "");
    row(arena, &board, "Sem canal", "", "", "", "");
    board_check(arena, &board);

    struct match m = client_by_channel(arena, &board, "C1");
    assert_int_equal(m.kind, MATCH_ONE);
    assert_string_equal(m.client->name, "Sol");
    m = client_by_channel(arena, &board, "C2");
    assert_int_equal(m.kind, MATCH_SEVERAL);
    assert_int_equal(m.closest_count, 2);
    assert_string_equal(m.closest[0]->name, "Lua");
    assert_string_equal(m.closest[1]->name, "Mar");
    assert_int_equal(client_by_channel(arena, &board, "C3").kind, MATCH_NONE);
    assert_int_equal(client_by_channel(arena, &board, "c1").kind, MATCH_NONE);
    assert_int_equal(client_by_channel(arena, &board, "C").kind, MATCH_NONE);
    assert_int_equal(client_by_channel(arena, &board, "").kind, MATCH_NONE);
    assert_int_equal(client_by_channel(arena, &board, NULL).kind, MATCH_NONE);
    assert_string_equal(client_by_id(&board, "1002")->name, "Lua");
    assert_null(client_by_id(&board, "2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_read_as_people_type_them),
        cmocka_unit_test(a_list_of_many_ids_is_read_in_its_order),
        cmocka_unit_test(a_target_that_could_be_read_in_two_ways_is_none),
        cmocka_unit_test(two_rows_with_one_channel_are_both_a_problem),
        cmocka_unit_test(accounts_of_two_rows_are_a_problem_of_both),
        cmocka_unit_test(a_row_does_not_quarrel_with_itself),
        cmocka_unit_test(a_problem_of_many_rows_names_a_few),
        cmocka_unit_test(a_copy_outlives_its_board),
        cmocka_unit_test(a_name_is_found_without_case_accents_and_blanks),
        cmocka_unit_test(nothing_matches_no_name),
        cmocka_unit_test(at_most_ten_names_are_offered_always_the_same),
        cmocka_unit_test(an_exact_name_is_known_as_such),
        cmocka_unit_test(names_of_any_bytes_and_length_are_survived),
        cmocka_unit_test(a_channel_finds_its_row_or_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
