/* What Monday's answers mean: errors in each shape, the layout by title, rows and their faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "platforms/monday_answer.h"
#include "platforms/monday_layout.h"
#include "platforms/monday_rows.h"

/* 2026-11-21 15:00 UTC: nine hours before the daily limit ends. */
#define NOW INT64_C(1795273200000)

struct judge_case {
    const char *why, *body;
    int status; /* 0: a 2xx */
    int64_t header_ms;
    enum err_kind kind;
    enum monday_fault fault;
    int64_t retry_ms;
};

static const struct judge_case judge_cases[] = {
    { "a good answer", "{\"data\":{\"boards\":[]}}", 0, 0, ERR_NONE, MONDAY_FAULT_NONE, 0 },
    { "an empty list of errors is none", "{\"data\":{},\"errors\":[]}", 0, 0, ERR_NONE,
      MONDAY_FAULT_NONE, 0 },
    { "complexity, modern",
      "{\"data\":null,\"errors\":[{\"message\":\"Complexity budget exhausted, query cost 222080 "
      "budget remaining 747 out of 10000000 reset in 16 seconds\",\"extensions\":{\"code\":"
      "\"COMPLEXITY_BUDGET_EXHAUSTED\",\"status_code\":429,\"complexity\":222080,"
      "\"complexity_budget_left\":747,\"complexity_budget_limit\":10000000,"
      "\"retry_in_seconds\":16,\"error_data\":{}}}]}",
      0, 0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, 16000 },
    { "complexity, legacy: the wait stands in the text",
      "{\"error_code\":\"ComplexityException\",\"status_code\":429,\"error_message\":\"Complexity "
      "budget exhausted, query cost 222080 budget remaining 747 out of 10000000 reset in 16 "
      "seconds\",\"error_data\":{},\"errors\":[\"Complexity budget exhausted\"]}",
      0, 0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, 16000 },
    { "one query over the budget never passes",
      "{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":\"COMPLEXITY_BUDGET_EXHAUSTED\","
      "\"complexity\":1200000,\"complexity_budget_limit\":1000000,\"retry_in_seconds\":9}}]}",
      0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_TOO_COMPLEX, 0 },
    { "partial data is no good answer",
      "{\"data\":{\"boards\":[{}]},\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":"
      "\"INTERNAL_SERVER_ERROR\"}}]}",
      0, 0, ERR_UNAVAILABLE, MONDAY_FAULT_NONE, 0 },
    { "a text among the errors", "{\"errors\":[\"Not Authenticated\"]}", 0, 0, ERR_AUTH,
      MONDAY_FAULT_NONE, 0 },
    { "an error that is no list", "{\"errors\":\"boom\"}", 0, 0, ERR_BAD_RESPONSE,
      MONDAY_FAULT_NONE, 0 },
    { "an error of no known shape", "{\"errors\":[17]}", 0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_NONE,
      0 },
    { "concurrency: the header's wait is the longer",
      "{\"errors\":[{\"message\":\"Max concurrency exceeded\",\"extensions\":{\"code\":"
      "\"maxConcurrencyExceeded\",\"status_code\":429,\"retry_in_seconds\":15}}]}",
      429, 20000, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, 20000 },
    { "the daily limit ends at midnight, UTC",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"DAILY_LIMIT_EXCEEDED\","
      "\"retry_in_seconds\":1}}]}",
      429, 0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, INT64_C(9) * 3600 * 1000 },
    { "blocked for minutes",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"API_TEMPORARILY_BLOCKED\"}}]}", 0,
      0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, 120000 },
    { "a wait of a wrong type is none",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"FIELD_LIMIT_EXCEEDED\","
      "\"retry_in_seconds\":\"soon\"}}]}",
      0, 0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, 0 },
    { "a wait beyond a day is a day",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"FIELD_LIMIT_EXCEEDED\","
      "\"retry_in_seconds\":9000000000000}}]}",
      0, 0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, INT64_C(24) * 3600 * 1000 },
    { "an unknown code with a status inside",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"NEW\",\"status_code\":429}}]}", 0,
      0, ERR_RATE_LIMIT, MONDAY_FAULT_NONE, 0 },
    { "an expired cursor",
      "{\"data\":null,\"errors\":[{\"message\":\"CursorExpiredError: x\",\"extensions\":{\"code\":"
      "\"CursorException\",\"status_code\":200}}]}",
      0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_CURSOR, 0 },
    { "a column that is gone",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"InvalidColumnIdException\"}}]}",
      0, 0, ERR_CONFIG, MONDAY_FAULT_LAYOUT, 0 },
    { "gone, with 404",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"ResourceNotFoundException\"}}]}",
      404, 0, ERR_CONFIG, MONDAY_FAULT_LAYOUT, 0 },
    { "a field that left the schema",
      "{\"errors\":[{\"message\":\"Cannot query field\",\"extensions\":{\"code\":"
      "\"undefinedField\",\"status_code\":200}}]}",
      0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_NONE, 0 },
    { "a wrong version",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"InvalidVersionException\"}}]}", 0,
      0, ERR_CONFIG, MONDAY_FAULT_NONE, 0 },
    { "a token without the scope",
      "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"missingRequiredPermissions\"}}]}",
      0, 0, ERR_PERMISSION, MONDAY_FAULT_NONE, 0 },
    { "a bad token", "{\"errors\":[\"Not Authenticated\"]}", 401, 0, ERR_AUTH, MONDAY_FAULT_NONE,
      0 },
    { "an address that is not allowed", "{\"errors\":[\"Your ip is restricted\"]}", 401, 0,
      ERR_PERMISSION, MONDAY_FAULT_NONE, 0 },
    { "a gateway's page", "<html>502</html>", 502, 0, ERR_UNAVAILABLE, MONDAY_FAULT_NONE, 0 },
    { "a page with 200", "<html>hello</html>", 0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_NONE, 0 },
    { "nothing", "", 0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_NONE, 0 },
    { "cut off", "{\"data\":{\"boards\":[", 0, 0, ERR_BAD_RESPONSE, MONDAY_FAULT_NONE, 0 },
};

static struct error status_error(int status)
{
    struct error err = { 0 };

    error_set(&err,
              status == 401   ? ERR_AUTH
              : status == 429 ? ERR_RATE_LIMIT
                              : ERR_UNAVAILABLE,
              "HTTP status %d", status);
    return err;
}

static void an_error_with_status_200_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(judge_cases); i++) {
        const struct judge_case *c = &judge_cases[i];
        struct error status = status_error(c->status), err = { 0 };
        enum monday_fault fault;
        bool ok = monday_answer_judge(bytes_of(c->body), c->status ? &status : NULL, c->header_ms,
                                      NOW, &fault, &err);

        if (ok != (c->kind == ERR_NONE) || err.kind != c->kind || fault != c->fault ||
            err.retry_after_ms != c->retry_ms)
            fail_msg("%s: %s, fault %d, wait %lld", c->why, error_kind_name(err.kind), fault,
                     (long long)err.retry_after_ms);
    }
}

/* ---- layout ---- */

#define GROUP(id, title, archived, deleted)                                                        \
    "{\"id\":\"" id "\",\"title\":\"" title "\",\"archived\":" archived ",\"deleted\":" deleted "}"
#define COLUMN(id, title) "{\"id\":\"" id "\",\"title\":\"" title "\",\"archived\":false}"
#define IDS                                                                                        \
    COLUMN("c1", "channel_id")                                                                     \
    "," COLUMN("c2", " meta_id ") "," COLUMN("c3", "meta_adaccount_ids") "," COLUMN("c4",          \
                                                                                    "google_id")
#define ACTIVE GROUP("g1", " Ativos", "false", "false")
#define BOARD(groups, columns)                                                                     \
    "{\"data\":{\"boards\":[{\"id\":\"1\",\"groups\":[" groups "],\"columns\":[" columns "]}]}}"

struct layout_case {
    const char *why, *body, *group;
    enum err_kind kind;
    const char *says; /* in err.user */
};

static const struct layout_case layout_cases[] = {
    { "only the ids", BOARD(ACTIVE, IDS), "Ativos", ERR_NONE, NULL },
    { "every group", BOARD("", IDS), "", ERR_NONE, NULL },
    { "an archived twin of a column",
      BOARD(ACTIVE, IDS ",{\"id\":\"old\",\"title\":\"meta_id\",\"archived\":true}"), "Ativos",
      ERR_NONE, NULL },
    { "an archived twin of the group",
      BOARD(GROUP("g0", "Ativos", "true", "false") "," ACTIVE, IDS), "Ativos", ERR_NONE, NULL },
    { "two columns with one title", BOARD(ACTIVE, IDS "," COLUMN("c9", "google_id ")), "Ativos",
      ERR_CONFIG, "google_id" },
    { "two KPI columns with one title",
      BOARD(ACTIVE, IDS "," COLUMN("k1", "health") "," COLUMN("k2", "health")), "Ativos",
      ERR_CONFIG, "health" },
    { "no list of accounts: it must not pass for an empty one",
      BOARD(ACTIVE,
            COLUMN("c1", "channel_id") "," COLUMN("c2", "meta_id") "," COLUMN("c4", "google_id")),
      "Ativos", ERR_CONFIG, "meta_adaccount_ids" },
    { "titles in another case are other titles",
      BOARD(ACTIVE, COLUMN("c1", "Channel_ID") "," COLUMN("c2", "meta_id")), "Ativos", ERR_CONFIG,
      "channel_id" },
    { "no such group", BOARD(GROUP("g2", "Inativos", "false", "false"), IDS), "Ativos", ERR_CONFIG,
      "Ativos" },
    { "the group is deleted", BOARD(GROUP("g1", "Ativos", "false", "true"), IDS), "Ativos",
      ERR_CONFIG, "Ativos" },
    { "the board is not visible", "{\"data\":{\"boards\":[]}}", "Ativos", ERR_CONFIG,
      "MONDAY_BOARD_ID" },
    { "no boards at all", "{\"data\":{}}", "Ativos", ERR_BAD_RESPONSE, NULL },
    { "data is null", "{\"data\":null}", "Ativos", ERR_BAD_RESPONSE, NULL },
    { "columns are no list", "{\"data\":{\"boards\":[{\"groups\":[],\"columns\":{}}]}}", "Ativos",
      ERR_BAD_RESPONSE, NULL },
    { "a title is a number", BOARD(ACTIVE, "{\"id\":\"c\",\"title\":5}"), "Ativos",
      ERR_BAD_RESPONSE, NULL },
    { "a board is a text", "{\"data\":{\"boards\":[\"x\"]}}", "Ativos", ERR_BAD_RESPONSE, NULL },
};

static void columns_are_found_by_title_and_never_guessed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(layout_cases); i++) {
        const struct layout_case *c = &layout_cases[i];
        scoped_arena struct arena *arena = arena_create();
        struct monday_layout found = { 0 };
        struct error err = { 0 };

        bool ok = monday_layout_parse(arena, bytes_of(c->body), c->group, &found, &err);
        if (ok != (c->kind == ERR_NONE) || err.kind != c->kind ||
            (c->says && !strstr(err.user, c->says)))
            fail_msg("%s: %s (%s)", c->why, error_kind_name(err.kind), err.log);
        if (ok) {
            assert_string_equal(found.columns[MONDAY_META], "c2");
            assert_null(found.columns[MONDAY_HEALTH]);
            assert_int_equal(found.every_group, c->group[0] == '\0');
        }
    }
}

/* ---- rows ---- */

static const struct monday_layout layout = {
    .columns = { [MONDAY_CHANNEL] = "ch",
                 [MONDAY_META] = "me",
                 [MONDAY_META_ACCOUNTS] = "ac",
                 [MONDAY_GOOGLE] = "go",
                 [MONDAY_MIN_INVESTMENT] = "mi" },
    .groups = { .items = (const char *[]){ "g1" }, .len = 1, .cap = 1 },
};

#define CELL(id, text) "{\"id\":\"" id "\",\"type\":\"text\",\"text\":" text "}"
#define CELLS(ch, me, ac, go, mi)                                                                  \
    "[" CELL("ch", ch) "," CELL("me", me) "," CELL("ac", ac) "," CELL(                             \
        "go", go) ",{\"id\":\"mi\",\"text\":null,\"display_value\":" mi "}]"
#define ITEM(id, name, more, cells)                                                                \
    "{\"id\":\"" id "\",\"name\":\"" name "\"," more ",\"column_values\":" cells "}"
#define OURS "\"state\":\"active\",\"group\":{\"id\":\"g1\"}"
#define PAGE(cursor, items)                                                                        \
    "{\"data\":{\"boards\":[{\"items_page\":{\"cursor\":" cursor ",\"items\":[" items "]}}]}}"
#define NEXT(cursor, items)                                                                        \
    "{\"data\":{\"next_items_page\":{\"cursor\":" cursor ",\"items\":[" items "]}}}"
#define PLAIN CELLS("\"C1\"", "\"77\"", "\"\"", "\"\"", "\"15000\"")

struct row_case {
    const char *why, *cells;
    const char *meta_id, *first_account, *first_google; /* NULL: none */
    int64_t target;
    size_t problems;
    const char *says; /* in the first problem */
};

static const struct row_case row_cases[] = {
    { "all well",
      CELLS("\" C0CLIENTE1 \"", "\"123456789012345\"", "\"act_1001, 1002\"", "\"123-456-7890\"",
            "\"15000\""),
      "123456789012345", "1001", "1234567890", INT64_C(15000000000), 0, NULL },
    { "empty cells are null or empty", CELLS("null", "null", "\"\"", "null", "\"\""), "", NULL,
      NULL, 0, 0, NULL },
    { "a target that could be read in two ways",
      CELLS("\"C1\"", "\"77\"", "\"\"", "\"\"", "\"15.000\""), "77", NULL, NULL, 0, 1,
      "min_investment: \"15.000\"" },
    { "a mirror of two items is no amount",
      CELLS("\"C1\"", "\"77\"", "\"\"", "\"\"", "\"100, 200\""), "77", NULL, NULL, 0, 1,
      "min_investment" },
    { "a bad id beside good ones is named",
      CELLS("\"C1\"", "\"77\"", "\"1001 sol 1002\"", "\"\"", "\"\""), "77", "1001", NULL, 0, 1,
      "meta_adaccount_ids: \"sol\"" },
    { "a list without one id is not every account",
      CELLS("\"C1\"", "\"77\"", "\"pending\"", "\"\"", "\"\""), "", NULL, NULL, 0, 1,
      "meta_adaccount_ids: \"pending\"" },
    { "nor is a list of nothing but a comma", CELLS("\"C1\"", "\"77\"", "\",\"", "\"\"", "\"\""),
      "", NULL, NULL, 0, 1, "meta_adaccount_ids: \",\"" },
    { "two business managers are none", CELLS("\"C1\"", "\"77, 78\"", "\"\"", "\"\"", "\"\""), "",
      NULL, NULL, 0, 1, "meta_id: \"77, 78\"" },
    { "a business manager in words", CELLS("\"C1\"", "\"Sol\"", "\"\"", "\"12\"", "\"\""), "", NULL,
      "12", 0, 1, "meta_id: \"Sol\"" },
    { "a channel's name is not its id", CELLS("\"#padaria\"", "\"7\"", "\"\"", "\"\"", "\"\""), "7",
      NULL, NULL, 0, 1, "channel_id: \"#padaria\"" },
    { "each column's fault is named", CELLS("\"C 1\"", "\"x\"", "\"y\"", "\"z\"", "\"w\""), "",
      NULL, NULL, 0, 5, "channel_id" },
};

static const char *page_of(struct arena *arena, const char *cells)
{
    return arena_printf(arena, PAGE("null", ITEM("1", "Sol ", OURS, "%s")), cells);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void a_cell_that_cannot_be_read_is_a_problem_of_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(row_cases); i++) {
        const struct row_case *c = &row_cases[i];
        scoped_arena struct arena *arena = arena_create();
        struct monday_rows rows = { 0 };
        const char *cursor = "x";
        struct error err = { 0 };

        if (!monday_page_parse(arena, bytes_of(page_of(arena, c->cells)), &layout, true, &rows,
                               &cursor, &err))
            fail_msg("%s: %s", c->why, err.log);
        assert_null(cursor);
        const struct board *board = monday_board_build(arena, &rows, NOW);
        assert_int_equal(board->clients.len, 1);
        const struct client *client = &board->clients.items[0];

        assert_string_equal(client->name, "Sol");
        if (!same(client->meta_id, c->meta_id) ||
            !same(client->meta_accounts[0], c->first_account) ||
            !same(client->google_ids[0], c->first_google) ||
            client->has_target != (c->target != 0) || client->target_micros != c->target ||
            client->problems.len != c->problems ||
            (c->says && !strstr(client->problems.items[0], c->says)))
            fail_msg("%s: meta %s, %zu problems: %s", c->why, client->meta_id, client->problems.len,
                     client->problems.len ? client->problems.items[0] : "none");
    }
}

struct page_case {
    const char *why, *body;
    bool first;
    enum err_kind kind;
    size_t rows;
    const char *cursor;
};

static const struct page_case page_cases[] = {
    { "the first of two", PAGE("\"MSw0\"", ITEM("1", "A", OURS, PLAIN)), true, ERR_NONE, 1,
      "MSw0" },
    { "the next", NEXT("null", ITEM("1", "A", OURS, PLAIN) "," ITEM("2", "B", OURS, PLAIN)), false,
      ERR_NONE, 2, NULL },
    { "an empty page with more behind it", NEXT("\"c\"", ""), false, ERR_NONE, 0, "c" },
    { "items of other groups, of none, and archived ones are left out",
      NEXT("null", ITEM("1", "A", "\"state\":\"active\",\"group\":{\"id\":\"g2\"}", PLAIN) "," ITEM(
                       "2", "B", "\"state\":\"archived\",\"group\":{\"id\":\"g1\"}",
                       PLAIN) "," ITEM("3", "C", "\"group\":null", PLAIN)),
      false, ERR_NONE, 0, NULL },
    { "a required column did not come: the layout is old",
      NEXT("null", ITEM("1", "A", OURS, "[" CELL("ch", "\"C1\"") "]")), false, ERR_CONFIG, 0,
      NULL },
    { "the board is not visible", "{\"data\":{\"boards\":[]}}", true, ERR_CONFIG, 0, NULL },
    { "the page is null", "{\"data\":{\"next_items_page\":null}}", false, ERR_BAD_RESPONSE, 0,
      NULL },
    { "a first page for a next one", PAGE("null", ""), false, ERR_BAD_RESPONSE, 0, NULL },
    { "the cursor is a number", NEXT("7", ""), false, ERR_BAD_RESPONSE, 0, NULL },
    { "an item without a name", NEXT("null", "{\"id\":\"1\"," OURS ",\"column_values\":" PLAIN "}"),
      false, ERR_BAD_RESPONSE, 0, NULL },
    { "an item's id is a number",
      NEXT("null", "{\"id\":1,\"name\":\"A\"," OURS ",\"column_values\":" PLAIN "}"), false,
      ERR_BAD_RESPONSE, 0, NULL },
    { "a text is a number",
      NEXT("null", ITEM("1", "A", OURS, CELLS("\"C1\"", "77", "\"\"", "\"\"", "\"\""))), false,
      ERR_BAD_RESPONSE, 0, NULL },
    { "an item is null", NEXT("null", "null"), false, ERR_BAD_RESPONSE, 0, NULL },
    { "no JSON", "<html>", false, ERR_BAD_RESPONSE, 0, NULL },
};

static void a_page_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(page_cases); i++) {
        const struct page_case *c = &page_cases[i];
        scoped_arena struct arena *arena = arena_create();
        struct monday_rows rows = { 0 };
        const char *cursor = NULL;
        struct error err = { 0 };
        bool ok =
            monday_page_parse(arena, bytes_of(c->body), &layout, c->first, &rows, &cursor, &err);

        if (ok != (c->kind == ERR_NONE) || err.kind != c->kind ||
            (ok && (rows.rows.len != c->rows || !same(cursor, c->cursor))))
            fail_msg("%s: %s (%s), %zu rows", c->why, error_kind_name(err.kind), err.log,
                     rows.rows.len);
    }
}

static void an_item_on_two_pages_is_one_client(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct monday_rows rows = { 0 };
    const char *cursor;
    struct error err;

    (void)state;
    assert_true(monday_page_parse(
        arena, bytes_of(PAGE("\"c\"", ITEM("2", "B", OURS, PLAIN) "," ITEM("1", "A", OURS, PLAIN))),
        &layout, true, &rows, &cursor, &err));
    assert_true(monday_page_parse(
        arena, bytes_of(NEXT("null", ITEM("1", "A2", OURS, PLAIN) "," ITEM("3", "C", OURS, PLAIN))),
        &layout, false, &rows, &cursor, &err));
    const struct board *board = monday_board_build(arena, &rows, NOW);
    assert_int_equal(board->clients.len, 3);
    assert_string_equal(board->clients.items[0].id, "2");
    assert_string_equal(board->clients.items[1].name, "A");
    assert_string_equal(board->clients.items[2].id, "3");
    /* One channel and one meta_id for all three: each row says so. */
    assert_true(board->clients.items[1].problems.len > 0);
    assert_true(board->clients.items[1].shares_accounts);
}

static void what_is_remembered_is_the_board_again(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct monday_rows rows = { 0 }, again = { 0 };
    const char *cursor;
    int64_t fetched = 0;
    struct error err;

    (void)state;
    assert_true(monday_page_parse(
        arena, bytes_of(PAGE("null", ITEM("1", "A\\u00e7a\\u00ed & \\\"Cia\\\"", OURS, PLAIN))),
        &layout, true, &rows, &cursor, &err));
    const char *text = monday_rows_print(arena, &rows, NOW);
    assert_true(monday_rows_read(arena, bytes_of(text), &again, &fetched, &err));
    assert_true(fetched == NOW);
    assert_string_equal(monday_rows_print(arena, &again, fetched), text);
    const struct board *board = monday_board_build(arena, &again, fetched);
    assert_string_equal(board->clients.items[0].name, "Açaí & \"Cia\"");
    assert_null(board->clients.items[0].kpis.health);
    assert_string_equal(board->clients.items[0].kpis.min_investment, "15000");
}

static void what_was_remembered_wrongly_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "{}",
        "{\"fetched\":17,\"rows\":[]}",
        "{\"fetched\":\"17\"}",
        "{\"fetched\":\"17\",\"rows\":[[]]}",
        "{\"fetched\":\"17\",\"rows\":[17]}",
        "{\"fetched\":\"17\",\"rows\":[[\"1\",\"A\",\"C1\",\"\",\"\"]]}",
        "{\"fetched\":\"17\",\"rows\":[[\"1\",\"A\",null,\"\",\"\",\"\",null,null,null,null,null,"
        "null,null,null,null]]}",
        "{\"fetched\":\"17\",\"rows\":[[\"1\",\"A\",\"\",\"\",\"\",\"\",null,null,null,null,null,"
        "null,null,null,null,null]]}",
        "{\"fetched\":\"17\",\"rows\":[[\"1\",\"A\",\"\",\"\",\"\",\"\",1,null,null,null,null,"
        "null,null,null,null]]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct monday_rows rows = { 0 };
        int64_t fetched = 42;
        struct error err = { 0 };

        if (monday_rows_read(arena, bytes_of(texts[i]), &rows, &fetched, &err) || fetched != 42 ||
            err.kind != ERR_BAD_RESPONSE)
            fail_msg("taken: %s", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_with_status_200_is_an_error),
        cmocka_unit_test(columns_are_found_by_title_and_never_guessed),
        cmocka_unit_test(a_cell_that_cannot_be_read_is_a_problem_of_its_row),
        cmocka_unit_test(a_page_is_read_whole_or_not_at_all),
        cmocka_unit_test(an_item_on_two_pages_is_one_client),
        cmocka_unit_test(what_is_remembered_is_the_board_again),
        cmocka_unit_test(what_was_remembered_wrongly_is_refused),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
