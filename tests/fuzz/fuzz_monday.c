/* Whatever Monday answers, or is remembered: an error, or a board that is remembered as it was. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "platforms/monday_answer.h"
#include "platforms/monday_layout.h"
#include "platforms/monday_rows.h"

#define NOW INT64_C(1795273200000)

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_init();
    return 0;
}

static void check_judge(struct bytes body)
{
    enum monday_fault fault;
    struct error err = { 0 };

    if (monday_answer_judge(body, NULL, 0, NOW, &fault, &err))
        return;
    assert(err.kind != ERR_NONE && err.log[0]);
    assert(err.retry_after_ms >= 0 && err.retry_after_ms <= INT64_C(24) * 3600 * 1000);
    assert(error_may_pass(err.kind) || err.retry_after_ms == 0);
}

static void check_layout(struct bytes body)
{
    scoped_arena struct arena *arena = arena_create();
    struct monday_layout layout = { 0 };
    struct error err = { 0 };

    if (!monday_layout_parse(arena, body, "Ativos", &layout, &err)) {
        assert(err.kind == ERR_CONFIG || err.kind == ERR_BAD_RESPONSE);
        return;
    }
    for (size_t i = 0; i < MONDAY_REQUIRED; i++)
        assert(layout.columns[i]);
    assert(layout.groups.len > 0);
}

/* A client never has more accounts than its row's text names. */
static void check_board(struct arena *arena, const struct monday_rows *rows)
{
    const struct board *board = monday_board_build(arena, rows, NOW);

    assert(board->clients.len <= rows->rows.len);
    for (size_t i = 0; i < board->clients.len; i++) {
        const struct client *client = &board->clients.items[i];

        assert(client->meta_id && client->meta_accounts && client->google_ids);
        assert(text_is_digits(client->meta_id, strlen(client->meta_id), 20) || !client->meta_id[0]);
        assert(client->has_target == (client->target_micros > 0));
    }

    const char *text = monday_rows_print(arena, rows, NOW);
    struct monday_rows again;
    int64_t fetched;
    struct error err;
    assert(monday_rows_read(arena, bytes_of(text), &again, &fetched, &err) && fetched == NOW);
    assert(strcmp(monday_rows_print(arena, &again, fetched), text) == 0);
}

static void check_page(struct bytes body, bool first)
{
    static const char *group = "g1";
    const struct monday_layout layout = {
        .columns = { "ch", "me", "ac", "go", "he", NULL, NULL, NULL, NULL, NULL, NULL, "mi" },
        .groups = { .items = &group, .len = 1, .cap = 1 },
    };
    scoped_arena struct arena *arena = arena_create();
    struct monday_rows rows = { 0 };
    const char *cursor = NULL;
    struct error err = { 0 };

    if (monday_page_parse(arena, body, &layout, first, &rows, &cursor, &err))
        check_board(arena, &rows);
    else
        assert(err.kind == ERR_CONFIG || err.kind == ERR_BAD_RESPONSE);
}

static void check_remembered(struct bytes text)
{
    scoped_arena struct arena *arena = arena_create();
    struct monday_rows rows;
    int64_t fetched;
    struct error err = { 0 };

    if (monday_rows_read(arena, text, &rows, &fetched, &err))
        check_board(arena, &rows);
    else
        assert(err.kind == ERR_BAD_RESPONSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = { (const char *)data, size };

    check_judge(body);
    check_layout(body);
    check_page(body, true);
    check_page(body, false);
    check_remembered(body);
    return 0;
}
