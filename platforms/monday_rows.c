#include "platforms/monday_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Items that a board can hold: the contract of Monday's API, section 5. */
#define MAX_ROWS 10000

#define ITEM_FIELDS                                                                                \
    "{ id name state group { id } column_values(ids: $cols) { id text "                            \
    "... on MirrorValue { display_value } ... on FormulaValue { display_value } "                  \
    "... on BoardRelationValue { display_value } } }"

const char monday_first_page_query[] =
    "query RaioxFirstPage($board: [ID!]!, $group: CompareValue!, $cols: [String!]!, $limit: Int!) "
    "{ boards(ids: $board, limit: 1) { items_page(limit: $limit, query_params: { rules: "
    "[{ column_id: \"group\", compare_value: $group, operator: any_of }] }) "
    "{ cursor items " ITEM_FIELDS " } } }";

const char monday_first_page_every_group_query[] =
    "query RaioxFirstPage($board: [ID!]!, $cols: [String!]!, $limit: Int!) "
    "{ boards(ids: $board, limit: 1) { items_page(limit: $limit) "
    "{ cursor items " ITEM_FIELDS " } } }";

const char monday_next_page_query[] =
    "query RaioxNextPage($cursor: String!, $cols: [String!]!, $limit: Int!) "
    "{ next_items_page(cursor: $cursor, limit: $limit) { cursor items " ITEM_FIELDS " } }";

/* ---- pages ---- */

/* Mirrors and the like have no text, only what they show. */
static bool read_cell(struct arena *arena, const cJSON *value, const struct monday_layout *layout,
                      struct monday_row *row, struct error *err)
{
    const char *id = NULL, *text = NULL, *shown = NULL;

    if (!json_string(value, "id", &id, err) || !json_string_opt(value, "text", &text, err) ||
        !json_string_opt(value, "display_value", &shown, err))
        return false;
    for (size_t i = 0; i < MONDAY_COLUMNS; i++)
        if (layout->columns[i] && strcmp(layout->columns[i], id) == 0)
            row->cells[i] = monday_trim(arena, shown ? shown : text ? text : "");
    return true;
}

/* A cell that did not come: of a column that must be there, the layout is an old one. */
static bool check_cells(const struct monday_layout *layout, struct monday_row *row,
                        struct error *err)
{
    for (size_t i = 0; i < MONDAY_COLUMNS; i++) {
        if (row->cells[i] || !layout->columns[i])
            continue;
        if (i < MONDAY_REQUIRED)
            return error_set(err, ERR_CONFIG, "column \"%s\" did not come", monday_titles[i]);
        row->cells[i] = "";
    }
    return true;
}

static bool in_groups(const struct monday_layout *layout, const char *group)
{
    for (size_t i = 0; i < layout->groups.len; i++)
        if (group && strcmp(layout->groups.items[i], group) == 0)
            return true;
    return layout->every_group;
}

/* ret_wanted: false for an item that is no client of ours. */
static bool is_wanted(const cJSON *item, const struct monday_layout *layout, bool *ret_wanted,
                      struct error *err)
{
    const char *state = NULL, *group_id = NULL;
    const cJSON *group = NULL;

    if (!json_string_opt(item, "state", &state, err) ||
        !json_object_opt(item, "group", &group, err) ||
        !json_string_opt(group, "id", &group_id, err))
        return false;
    *ret_wanted = (!state || strcmp(state, "active") == 0) && in_groups(layout, group_id);
    return true;
}

static bool read_item(struct arena *arena, const cJSON *item, const struct monday_layout *layout,
                      struct monday_rows *rows, struct error *err)
{
    const char *id = NULL, *name = NULL;
    const cJSON *values = NULL, *value;
    struct monday_row row = { 0 };
    bool wanted;

    if (!json_string(item, "id", &id, err) || !json_string(item, "name", &name, err) ||
        !json_array(item, "column_values", &values, err) || !is_wanted(item, layout, &wanted, err))
        return false;
    if (!wanted)
        return true;

    row.id = arena_strdup(arena, id);
    row.name = monday_trim(arena, name);
    cJSON_ArrayForEach(value, values)
        if (!read_cell(arena, value, layout, &row, err))
            return false;
    if (!check_cells(layout, &row, err))
        return false;
    if (rows->rows.len >= MAX_ROWS)
        return error_set(err, ERR_BAD_RESPONSE, "more than %d items", MAX_ROWS);
    *vec_push(arena, &rows->rows) = row;
    return true;
}

static bool find_page(const cJSON *root, bool first, const cJSON **ret, struct error *err)
{
    const cJSON *data = NULL, *board = NULL;

    if (!first)
        return json_object(root, "data", &data, err) &&
               json_object(data, "next_items_page", ret, err);
    return monday_answer_board(root, &board, err) && json_object(board, "items_page", ret, err);
}

bool monday_page_parse(struct arena *arena, struct bytes body, const struct monday_layout *layout,
                       bool first, struct monday_rows *rows, const char **ret_cursor,
                       struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    cJSON *root = json_parse(scratch, body.data, body.len, err);
    const cJSON *page = NULL, *items = NULL, *item;
    const char *cursor = NULL;
    int at = 0;

    if (!root || !find_page(root, first, &page, err) ||
        !json_string_opt(page, "cursor", &cursor, err) || !json_array(page, "items", &items, err))
        return error_wrap(err, "monday: page");
    cJSON_ArrayForEach(item, items) {
        if (!read_item(arena, item, layout, rows, err))
            return error_wrap(err, "monday: item %d of the page", at);
        at++;
    }
    *ret_cursor = cursor && cursor[0] ? arena_strdup(arena, cursor) : NULL;
    return true;
}

/* ---- rows to clients ---- */

/* A cell of the row as a problem quotes it: its first 40 characters. */
#define SHOWN(text) (int)utf8_cut((text), 40), (text)

#define ADD_PROBLEM(arena, client, ...)                                                            \
    (*vec_push((arena), &(client)->problems) = arena_printf((arena), __VA_ARGS__))

/*
 * The ids of a cell; those that are none are left out and named in a problem, so that no part
 * passes for the whole, and a cell of nothing but commas not for an empty one. Ends with NULL.
 */
static const char *const *read_ids(struct arena *arena, const struct monday_row *row,
                                   enum monday_column column, struct client *client,
                                   size_t *ret_count)
{
    static const char *const none[] = { NULL };
    const char *const *ids = none;
    const char *bad = NULL;

    *ret_count = 0;
    if (!client_ids(arena, row->cells[column], &ids, ret_count, &bad) ||
        (*ret_count == 0 && row->cells[column][0])) {
        ADD_PROBLEM(arena, client, "%s: \"%.*s\" is no id", monday_titles[column],
                    SHOWN(bad ? bad : row->cells[column]));
        *vec_push(arena, &client->unread) = monday_titles[column];
    }
    return ids;
}

static void read_meta(struct arena *arena, const struct monday_row *row, struct client *client)
{
    size_t businesses, accounts;
    const char *const *ids = read_ids(arena, row, MONDAY_META, client, &businesses);

    client->meta_id = businesses == 1 ? ids[0] : "";
    if (businesses > 1) {
        ADD_PROBLEM(arena, client, "%s: \"%.*s\" is more than one id", monday_titles[MONDAY_META],
                    SHOWN(row->cells[MONDAY_META]));
        *vec_push(arena, &client->unread) = monday_titles[MONDAY_META];
    }

    client->meta_accounts = read_ids(arena, row, MONDAY_META_ACCOUNTS, client, &accounts);
    /* A list without a single id must not become "every account of the business manager". */
    if (accounts == 0 && row->cells[MONDAY_META_ACCOUNTS][0])
        client->meta_id = "";
}

/* A Slack id is letters and digits; a name, a link or two ids would never match. */
static void read_channel(struct arena *arena, const struct monday_row *row, struct client *client)
{
    const char *text = row->cells[MONDAY_CHANNEL];

    client->channel_id = text;
    for (const char *c = text; *c; c++) {
        if ((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9'))
            continue;
        ADD_PROBLEM(arena, client, "%s: \"%.*s\" is no channel id", monday_titles[MONDAY_CHANNEL],
                    SHOWN(text));
        return;
    }
}

static void read_target(struct arena *arena, const struct monday_row *row, struct client *client)
{
    const char *text = row->cells[MONDAY_MIN_INVESTMENT];

    if (!text || !text[0])
        return;
    client->has_target = target_parse(text, &client->target_micros);
    if (!client->has_target)
        ADD_PROBLEM(arena, client,
                    "%s: \"%.*s\" is no amount, or could be read in two ways: no target",
                    monday_titles[MONDAY_MIN_INVESTMENT], SHOWN(text));
}

static void read_client(struct arena *arena, const struct monday_row *row, struct client *client)
{
    const char *const *cells = row->cells;
    size_t count;

    client->id = row->id;
    client->name = row->name;
    client->kpis = (struct kpis){
        .health = cells[MONDAY_HEALTH],
        .satisfaction = cells[MONDAY_SATISFACTION],
        .engagement = cells[MONDAY_ENGAGEMENT],
        .gap = cells[MONDAY_GAP],
        .min_revenue = cells[MONDAY_MIN_REVENUE],
        .ideal_revenue = cells[MONDAY_IDEAL_REVENUE],
        .real_revenue = cells[MONDAY_REAL_REVENUE],
        .min_investment = cells[MONDAY_MIN_INVESTMENT],
        .real_investment = cells[MONDAY_REAL_INVESTMENT],
    };
    read_channel(arena, row, client);
    read_meta(arena, row, client);
    client->google_ids = read_ids(arena, row, MONDAY_GOOGLE, client, &count);
    read_target(arena, row, client);
}

static int by_id_then_place(const void *a, const void *b)
{
    const struct monday_row *const *left = a, *const *right = b;
    int order = strcmp((*left)->id, (*right)->id);

    return order ? order : (*left > *right) - (*left < *right);
}

/* Pages have no stable order: an item may come on two of them. The first one stands. */
static bool *mark_repeats(struct arena *scratch, const struct monday_rows *rows)
{
    size_t count = rows->rows.len;
    bool *repeats = arena_array(scratch, bool, count);
    const struct monday_row **sorted = arena_array(scratch, const struct monday_row *, count);

    for (size_t i = 0; i < count; i++)
        sorted[i] = &rows->rows.items[i];
    if (count)
        qsort(sorted, count, sizeof(struct monday_row *), by_id_then_place);
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i]->id, sorted[i - 1]->id) == 0)
            repeats[sorted[i] - rows->rows.items] = true;
    return repeats;
}

struct board *monday_board_build(struct arena *arena, const struct monday_rows *rows,
                                 int64_t fetched_real_ms)
{
    scoped_arena struct arena *scratch = arena_create();
    const bool *repeats = mark_repeats(scratch, rows);
    struct board *board = arena_new(arena, struct board);

    board->fetched_real_ms = fetched_real_ms;
    for (size_t i = 0; i < rows->rows.len; i++)
        if (!repeats[i])
            read_client(arena, &rows->rows.items[i], vec_push(arena, &board->clients));
    board_check(arena, board);
    return board;
}

/* ---- the form that is remembered ---- */

/* {"fetched":"<ms>","rows":[["<id>","<name>","<cell>" or null, …], …]} */
const char *monday_rows_print(struct arena *arena, const struct monday_rows *rows,
                              int64_t fetched_real_ms)
{
    scoped_json cJSON *root = cJSON_CreateObject();
    char fetched[24];

    snprintf(fetched, sizeof(fetched), "%" PRId64, fetched_real_ms);
    cJSON_AddStringToObject(root, "fetched", fetched);
    cJSON *list = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < rows->rows.len; i++) {
        const struct monday_row *row = &rows->rows.items[i];
        cJSON *item = cJSON_CreateArray();

        cJSON_AddItemToArray(item, cJSON_CreateString(row->id));
        cJSON_AddItemToArray(item, cJSON_CreateString(row->name));
        for (size_t c = 0; c < MONDAY_COLUMNS; c++)
            cJSON_AddItemToArray(item, row->cells[c] ? cJSON_CreateString(row->cells[c])
                                                     : cJSON_CreateNull());
        cJSON_AddItemToArray(list, item);
    }
    return json_print(arena, root);
}

/* Only what a layout may lack may be null. */
static bool read_remembered(struct arena *arena, const cJSON *item, struct monday_row *row)
{
    const cJSON *value;
    size_t at = 0;

    cJSON_ArrayForEach(value, item) {
        const char *text = cJSON_IsString(value) ? arena_strdup(arena, value->valuestring) : NULL;

        if (at >= MONDAY_COLUMNS + 2 ||
            (!text && (!cJSON_IsNull(value) || at < MONDAY_REQUIRED + 2)))
            return false;
        if (at == 0)
            row->id = text;
        else if (at == 1)
            row->name = text;
        else
            row->cells[at - 2] = text;
        at++;
    }
    return at == MONDAY_COLUMNS + 2;
}

bool monday_rows_read(struct arena *arena, struct bytes text, struct monday_rows *ret,
                      int64_t *ret_fetched_real_ms, struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    cJSON *root = json_parse(scratch, text.data, text.len, err);
    const cJSON *list = NULL, *item;
    struct monday_rows rows = { 0 };
    int64_t fetched;

    if (!root || !json_int_text(root, "fetched", &fetched, err) ||
        !json_array(root, "rows", &list, err))
        return error_wrap(err, "monday: remembered board");
    cJSON_ArrayForEach(item, list)
        if (!cJSON_IsArray(item) || !read_remembered(arena, item, vec_push(arena, &rows.rows)))
            return error_set(err, ERR_BAD_RESPONSE, "monday: remembered board: row %zu",
                             rows.rows.len);
    *ret = rows;
    *ret_fetched_real_ms = fetched;
    return true;
}
