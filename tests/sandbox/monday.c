/*
 * Monday's GraphQL endpoint with one board, one item a client. A document is checked against the
 * schema first (monday_check.c); here it is answered. Source: contracts of Monday, 2026-10.
 */
#include "tests/sandbox/monday.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/agency.h"
#include "tests/sandbox/monday_check.h"
#include "tests/sandbox/monday_schema.h"

#define PAGE_DEFAULT 25
#define PAGE_MAX 500
#define CURSOR_LIFE_MS (60 * 60 * 1000)
#define CURSORS_KEPT 4096
#define COMPLEXITY_QUERY_MAX 5000000
#define COMPLEXITY_MINUTE 10000000
#define ACCOUNT_ID 1234567

/* Where a list of items goes on: what is left of it, and when its first page was asked for. */
struct cursor {
    char text[40];
    const cJSON **items;
    size_t count;
    int64_t first_ms;
};

struct monday_cursors {
    struct cursor list[CURSORS_KEPT];
    uint64_t made;
    int64_t window_ms, spent; /* the minute's complexity */
};

struct answer {
    struct request *request;
    const cJSON *monday; /* of the agency */
    struct monday_query query;
    int64_t cost, before;
    bool failed;
};

/* What a selection is read from. */
struct node {
    const char *type;
    const cJSON *data;       /* of a board, group, column, item or cell's item */
    const cJSON *column;     /* of a column value */
    const struct page *page; /* of an ItemsResponse */
};

struct page {
    const cJSON **items; /* the page's own */
    size_t count;
    const char *cursor; /* NULL: the last */
};

struct monday_cursors *monday_cursors_create(void)
{
    struct monday_cursors *cursors = calloc(1, sizeof(*cursors));
    if (!cursors)
        abort();
    return cursors;
}

void monday_cursors_destroy(struct monday_cursors *cursors)
{
    for (size_t i = 0; cursors && i < CURSORS_KEPT; i++)
        free(cursors->list[i].items);
    free(cursors);
}

/* ---- failures ---- */

static void add_error(cJSON *root, const char *code, int status, const char *message, int line,
                      int column)
{
    cJSON *error = cJSON_CreateObject();

    cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "errors"), error);
    cJSON_AddStringToObject(error, "message", message);
    if (line) {
        cJSON *place = cJSON_CreateObject();
        cJSON_AddItemToArray(cJSON_AddArrayToObject(error, "locations"), place);
        cJSON_AddNumberToObject(place, "line", line);
        cJSON_AddNumberToObject(place, "column", column);
    }
    cJSON *extensions = cJSON_AddObjectToObject(error, "extensions");
    cJSON_AddStringToObject(extensions, "code", code);
    cJSON_AddNumberToObject(extensions, "status_code", status);
    cJSON_AddObjectToObject(extensions, "error_data");
    cJSON_AddNumberToObject(root, "account_id", ACCOUNT_ID);
}

static void refuse(struct request *request, int http, const char *code, const char *message)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    add_error(root, code, http, message, 0, 0);
    reply_json(request, http, root);
}

static cJSON *fail(struct answer *answer, const char *code, const char *message)
{
    if (!answer->failed) {
        scoped_json cJSON *root = cJSON_CreateObject();
        answer->failed = true;
        cJSON_AddNullToObject(root, "data");
        add_error(root, code, 200, message, 0, 0);
        reply_json(answer->request, 200, root);
    }
    return NULL;
}

static void refuse_complexity(struct answer *answer, int64_t left, int64_t limit, int wait_s)
{
    char message[200];
    scoped_json cJSON *root = cJSON_CreateObject();

    snprintf(message, sizeof(message),
             "Complexity budget exhausted, query cost %lld budget remaining %lld out of %lld reset "
             "in %d seconds",
             (long long)answer->cost, (long long)left, (long long)limit, wait_s);
    cJSON_AddNullToObject(root, "data");
    add_error(root, "COMPLEXITY_BUDGET_EXHAUSTED", 429, message, 0, 0);
    cJSON *extensions =
        cJSON_GetObjectItem(cJSON_GetObjectItem(root, "errors")->child, "extensions");
    cJSON_AddNumberToObject(extensions, "complexity", (double)answer->cost);
    cJSON_AddNumberToObject(extensions, "complexity_budget_left", (double)left);
    cJSON_AddNumberToObject(extensions, "complexity_budget_limit", (double)limit);
    cJSON_AddNumberToObject(extensions, "retry_in_seconds", wait_s);
    reply_json(answer->request, 429, root);
    reply_header(answer->request, "Retry-After", "%d", wait_s);
}

/* ---- complexity ---- */

static int64_t cost_of(struct answer *answer, const struct gql_selection *first)
{
    int64_t sum = 0;

    for (const struct gql_selection *s = first; s; s = s->next) {
        const struct gql_definition *fragment =
            s->kind == GQL_SPREAD ? gql_fragment(&answer->query.document, s->name) : NULL;
        int64_t inner = cost_of(answer, fragment ? fragment->first : s->first);
        int64_t times = 1;
        if (s->kind == GQL_FIELD && strstr(s->name, "items_page"))
            times = monday_argument_int(&answer->query, s, "limit", PAGE_DEFAULT);
        else if (s->kind == GQL_FIELD && !strcmp(s->name, "groups"))
            times = 10;
        else if (s->kind == GQL_FIELD && !strcmp(s->name, "column_values")) {
            const cJSON *ids = monday_argument(&answer->query, s, "ids");
            times = ids ? cJSON_GetArraySize(ids) : 100;
        }
        if (strcmp(s->kind == GQL_FIELD ? s->name : "", "complexity") != 0)
            sum += inner * times + (s->first ? 10 : 1);
    }
    return sum;
}

/* true: the query may run; its cost is spent. */
static bool spend_complexity(struct answer *answer)
{
    struct sandbox *sandbox = answer->request->sandbox;
    struct monday_cursors *cursors = sandbox->cursors;
    int64_t budget = sandbox->options.monday_budget, now_ms = sandbox_clock_ms(sandbox);

    answer->cost = cost_of(answer, answer->query.operation->first);
    if (now_ms - cursors->window_ms >= 60000) {
        cursors->window_ms = now_ms;
        cursors->spent = 0;
    }
    answer->before = (budget ? budget : COMPLEXITY_MINUTE) - cursors->spent;
    int wait_s = (int)((60000 - (now_ms - cursors->window_ms)) / 1000) + 1;
    if (answer->cost > COMPLEXITY_QUERY_MAX) {
        refuse_complexity(answer, answer->before, COMPLEXITY_QUERY_MAX, wait_s);
        return false;
    }
    if (budget && answer->cost > answer->before) {
        refuse_complexity(answer, answer->before, budget, wait_s);
        return false;
    }
    if (budget)
        cursors->spent += answer->cost;
    return true;
}

/* ---- cells ---- */

/* The data hold cells by the column's title; "cell" where the title has blanks around it. */
static const char *text_in(const cJSON *item, const cJSON *column)
{
    const char *title = json_text(column, "title", "");
    return json_text(json_get(item, "cells"), json_text(column, "cell", title), NULL);
}

static const char *cell_text(const struct node *node)
{
    return text_in(node->data, node->column);
}

static bool is_computed(const char *type)
{
    static const char *const computed[] = { "mirror", "formula", "board_relation", "dependency",
                                            "subtasks" };

    for (size_t i = 0; i < COUNT(computed); i++) {
        if (!strcmp(type, computed[i]))
            return true;
    }
    return false;
}

static cJSON *text_or_null(const char *text)
{
    return text ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *cell_special(const char *name, const char *text)
{
    if (!strcmp(name, "number"))
        return text && *text ? cJSON_CreateNumber(strtod(text, NULL)) : cJSON_CreateNull();
    if (!strcmp(name, "display_value"))
        return cJSON_CreateString(text ? text : "");
    if (!strcmp(name, "label") || !strcmp(name, "date"))
        return text_or_null(text);
    if (!strcmp(name, "values") || !strcmp(name, "persons_and_teams") ||
        !strcmp(name, "linked_item_ids"))
        return cJSON_CreateArray();
    if (!strcmp(name, "is_done"))
        return cJSON_CreateFalse();
    if (!strcmp(name, "time"))
        return cJSON_CreateString("");
    return cJSON_CreateNull(); /* symbol, direction, index, icon, updated_at */
}

static cJSON *object(struct answer *answer, const struct node *node,
                     const struct gql_selection *first);

/* A mirror shows each linked item's text, with ", " between. */
static cJSON *mirrored(struct answer *answer, const struct node *cell,
                       const struct gql_selection *selection)
{
    const char *text = cell_text(cell);
    cJSON *list = cJSON_CreateArray();

    if (text && *text) {
        const struct node item = { "MirroredItem", cell->data, cell->column, NULL };
        cJSON_AddItemToArray(list, object(answer, &item, selection->first));
    }
    return list;
}

static cJSON *resolve_cell(struct answer *answer, const struct node *node,
                           const struct gql_selection *selection)
{
    const char *name = selection->name, *text = cell_text(node);
    const char *type = json_text(node->column, "type", "");

    if (!strcmp(name, "id"))
        return cJSON_CreateString(json_text(node->column, "id", ""));
    if (!strcmp(name, "type"))
        return cJSON_CreateString(type);
    if (!strcmp(name, "text"))
        return is_computed(type) && strcmp(node->type, "TextValue") != 0
                   ? cJSON_CreateNull()
                   : cJSON_CreateString(text ? text : "");
    if (!strcmp(name, "value"))
        return text && *text && !is_computed(type)
                   ? cJSON_CreateString(arena_printf(answer->query.arena, "\"%s\"", text))
                   : cJSON_CreateNull();
    if (!strcmp(name, "is_leaf"))
        return cJSON_CreateTrue();
    if (!strcmp(name, "mirrored_items"))
        return mirrored(answer, node, selection);
    if (!strcmp(name, "column")) {
        const struct node column = { "Column", node->column, NULL, NULL };
        return object(answer, &column, selection->first);
    }
    return cell_special(name, text);
}

static cJSON *resolve_mirrored(struct answer *answer, const struct node *node,
                               const struct gql_selection *selection)
{
    const struct node item = { "Item", node->data, NULL, NULL };
    const struct node value = { "TextValue", node->data, node->column, NULL };

    if (!strcmp(selection->name, "linked_item"))
        return object(answer, &item, selection->first);
    if (!strcmp(selection->name, "mirrored_value"))
        return object(answer, &value, selection->first);
    return cJSON_CreateString("4567890999");
}

/* ---- items and their pages ---- */

static const cJSON *group_of(const struct answer *answer, const cJSON *item)
{
    const cJSON *group = NULL;

    cJSON_ArrayForEach(group, json_get(answer->monday, "groups")) {
        if (!strcmp(json_text(group, "id", ""), json_text(item, "group", "")))
            return group;
    }
    return NULL;
}

static const cJSON *column_of(const struct answer *answer, const char *id)
{
    const cJSON *column = NULL;

    cJSON_ArrayForEach(column, json_get(answer->monday, "columns")) {
        if (!strcmp(json_text(column, "id", ""), id))
            return column;
    }
    return NULL;
}

/* An ID may come as a whole number. */
static bool is_text(const cJSON *value, const char *text)
{
    char number[32];

    if (cJSON_IsString(value))
        return !strcmp(value->valuestring, text);
    snprintf(number, sizeof(number), "%.0f", cJSON_IsNumber(value) ? value->valuedouble : -1);
    return cJSON_IsNumber(value) && !strcmp(number, text);
}

static bool list_has(const cJSON *list, const char *text)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, list) {
        if (is_text(item, text))
            return true;
    }
    return is_text(list, text);
}

static const char *compared_text(struct answer *answer, const cJSON *rule, const cJSON *item)
{
    const char *id = json_text(rule, "column_id", "");
    const cJSON *column = column_of(answer, id);

    if (!strcmp(id, "group"))
        return json_text(item, "group", "");
    if (!strcmp(id, "name"))
        return json_text(item, "name", "");
    if (!column || is_computed(json_text(column, "type", ""))) {
        fail(answer, column ? "ColumnValueException" : "InvalidColumnIdException",
             column ? "This column type cannot be used in a rule"
                    : "Column not found or not accessible");
        return "";
    }
    const char *text = text_in(item, column);
    return text ? text : "";
}

static bool rule_takes(struct answer *answer, const cJSON *rule, const cJSON *item)
{
    const char *operator= json_text(rule, "operator", "any_of");
    const char *text = compared_text(answer, rule, item);
    const cJSON *value = json_get(rule, "compare_value");

    if (!strcmp(operator, "any_of"))
        return list_has(value, text);
    if (!strcmp(operator, "not_any_of"))
        return !list_has(value, text);
    if (!strcmp(operator, "is_empty"))
        return !*text;
    if (!strcmp(operator, "is_not_empty"))
        return *text;
    if (!strcmp(operator, "contains_text"))
        return cJSON_IsString(value) && strstr(text, value->valuestring);
    fail(answer, "InvalidArgumentException", "This operator is not supported for this column");
    return false;
}

static bool query_takes(struct answer *answer, const cJSON *params, const cJSON *item)
{
    const cJSON *rule = NULL, *ids = json_get(params, "ids");
    bool any = !strcmp(json_text(params, "operator", "and"), "or");
    bool all_of_them = true, some = false;

    if (ids && !list_has(ids, json_text(item, "id", "")))
        return false;
    cJSON_ArrayForEach(rule, json_get(params, "rules")) {
        bool takes = rule_takes(answer, rule, item);
        all_of_them = all_of_them && takes;
        some = some || takes;
    }
    return any ? some : all_of_them;
}

struct items {
    VEC(const cJSON *) list;
};

static bool item_shows(const struct answer *answer, const cJSON *item, const cJSON *group)
{
    const cJSON *own = group_of(answer, item);

    return !strcmp(json_text(item, "state", "active"), "active") && own &&
           !cJSON_IsTrue(json_get(own, "archived")) && !cJSON_IsTrue(json_get(own, "deleted")) &&
           (!group || own == group);
}

static const char *cursor_make(struct answer *answer, const cJSON *const *items, size_t count,
                               int64_t first_ms)
{
    struct monday_cursors *cursors = answer->request->sandbox->cursors;
    struct cursor *cursor = &cursors->list[cursors->made++ % CURSORS_KEPT];

    free(cursor->items);
    cursor->items = calloc(count, sizeof(const cJSON *));
    if (!cursor->items)
        abort();
    memcpy(cursor->items, items, count * sizeof(*items));
    cursor->count = count;
    cursor->first_ms = first_ms;
    snprintf(cursor->text, sizeof(cursor->text), "MSw0NTY3ODkw%08llxLSandbox",
             (unsigned long long)cursors->made);
    return cursor->text;
}

static struct page *page_cut(struct answer *answer, const cJSON **items, size_t count, int limit,
                             int64_t first_ms)
{
    struct page *page = arena_new(answer->query.arena, struct page);

    page->items = items;
    page->count = count < (size_t)limit ? count : (size_t)limit;
    if (count > page->count)
        page->cursor =
            arena_strdup(answer->query.arena,
                         cursor_make(answer, items + page->count, count - page->count, first_ms));
    return page;
}

static bool limit_read(struct answer *answer, const struct gql_selection *selection, int *ret)
{
    *ret = monday_argument_int(&answer->query, selection, "limit", PAGE_DEFAULT);
    if (*ret < 1 || *ret > PAGE_MAX) {
        fail(answer, "InvalidArgumentException",
             "Limit must be between 1 and 500 for items_page queries");
        return false;
    }
    return true;
}

static struct page *page_of_cursor(struct answer *answer, const char *text, int limit)
{
    struct sandbox *sandbox = answer->request->sandbox;

    for (size_t i = 0; i < CURSORS_KEPT; i++) {
        const struct cursor *cursor = &sandbox->cursors->list[i];
        if (!*cursor->text || strcmp(cursor->text, text) != 0)
            continue;
        if (sandbox_clock_ms(sandbox) - cursor->first_ms > CURSOR_LIFE_MS)
            break;
        const cJSON **items = arena_array(answer->query.arena, const cJSON *, cursor->count);
        memcpy(items, cursor->items, cursor->count * sizeof(*items));
        return page_cut(answer, items, cursor->count, limit, cursor->first_ms);
    }
    fail(answer, "CursorException",
         "CursorExpiredError: The cursor provided for pagination has expired. Please refresh your "
         "query and obtain a new cursor to continue fetching items.");
    return NULL;
}

static cJSON *page_json(struct answer *answer, const struct page *page,
                        const struct gql_selection *selection)
{
    const struct node node = { "ItemsResponse", NULL, NULL, page };
    return page ? object(answer, &node, selection->first) : NULL;
}

static cJSON *resolve_items_page(struct answer *answer, const cJSON *group,
                                 const struct gql_selection *selection)
{
    const cJSON *params = monday_argument(&answer->query, selection, "query_params");
    const cJSON *cursor = monday_argument(&answer->query, selection, "cursor"), *item = NULL;
    struct items items = { 0 };
    int limit = 0;

    if (!limit_read(answer, selection, &limit))
        return NULL;
    if (cJSON_IsString(cursor) && params)
        return fail(answer, "InvalidArgumentException",
                    "You must provide either a query_params or a cursor");
    if (cJSON_IsString(cursor))
        return page_json(answer, page_of_cursor(answer, cursor->valuestring, limit), selection);
    cJSON_ArrayForEach(item, json_get(answer->monday, "items")) {
        if (item_shows(answer, item, group) && (!params || query_takes(answer, params, item)))
            *vec_push(answer->query.arena, &items.list) = item;
    }
    int64_t now_ms = sandbox_clock_ms(answer->request->sandbox);
    return page_json(answer, page_cut(answer, items.list.items, items.list.len, limit, now_ms),
                     selection);
}

static bool columns_take(struct answer *answer, const cJSON *columns, const cJSON *item)
{
    const cJSON *want = NULL;

    cJSON_ArrayForEach(want, columns) {
        if (!list_has(json_get(want, "column_values"), compared_text(answer, want, item)))
            return false;
    }
    return true;
}

static cJSON *resolve_by_values(struct answer *answer, const struct gql_selection *selection)
{
    const cJSON *board = monday_argument(&answer->query, selection, "board_id");
    const cJSON *columns = monday_argument(&answer->query, selection, "columns"), *item = NULL;
    struct items items = { 0 };
    int limit = 0;

    if (!limit_read(answer, selection, &limit))
        return NULL;
    if (!list_has(board, json_text(answer->monday, "board_id", "")))
        return fail(answer, "InvalidBoardIdException", "The board does not exist");
    cJSON_ArrayForEach(item, json_get(answer->monday, "items")) {
        if (item_shows(answer, item, NULL) && columns_take(answer, columns, item))
            *vec_push(answer->query.arena, &items.list) = item;
    }
    int64_t now_ms = sandbox_clock_ms(answer->request->sandbox);
    return page_json(answer, page_cut(answer, items.list.items, items.list.len, limit, now_ms),
                     selection);
}

static cJSON *resolve_response(struct answer *answer, const struct node *node,
                               const struct gql_selection *selection)
{
    if (!strcmp(selection->name, "cursor"))
        return text_or_null(node->page->cursor);
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < node->page->count; i++) {
        const struct node item = { "Item", node->page->items[i], NULL, NULL };
        cJSON_AddItemToArray(list, object(answer, &item, selection->first));
    }
    return list;
}

static cJSON *resolve_values(struct answer *answer, const struct node *node,
                             const struct gql_selection *selection)
{
    const cJSON *ids = monday_argument(&answer->query, selection, "ids");
    const cJSON *types = monday_argument(&answer->query, selection, "types"), *column = NULL;
    cJSON *list = cJSON_CreateArray();

    cJSON_ArrayForEach(column, json_get(answer->monday, "columns")) {
        const char *type = json_text(column, "type", "");
        if (!strcmp(type, "name") || cJSON_IsTrue(json_get(column, "archived")) ||
            (ids && !list_has(ids, json_text(column, "id", ""))) ||
            (types && !list_has(types, type)))
            continue;
        const struct node cell = { schema_value_type(type), node->data, column, NULL };
        cJSON_AddItemToArray(list, object(answer, &cell, selection->first));
    }
    return list;
}

static cJSON *resolve_item(struct answer *answer, const struct node *node,
                           const struct gql_selection *selection)
{
    const struct node group = { "Group", group_of(answer, node->data), NULL, NULL };
    const struct node board = { "Board", answer->monday, NULL, NULL };

    if (!strcmp(selection->name, "column_values"))
        return resolve_values(answer, node, selection);
    if (!strcmp(selection->name, "group"))
        return object(answer, &group, selection->first);
    if (!strcmp(selection->name, "board"))
        return object(answer, &board, selection->first);
    if (!strcmp(selection->name, "state"))
        return cJSON_CreateString(json_text(node->data, "state", "active"));
    return text_or_null(json_text(node->data, selection->name, NULL));
}

/* ---- the board ---- */

static cJSON *resolve_list(struct answer *answer, const struct gql_selection *selection,
                           const char *type, const char *member)
{
    const cJSON *ids = monday_argument(&answer->query, selection, "ids"), *data = NULL;
    cJSON *list = cJSON_CreateArray();

    cJSON_ArrayForEach(data, json_get(answer->monday, member)) {
        const struct node node = { type, data, NULL, NULL };
        if (!ids || list_has(ids, json_text(data, "id", "")))
            cJSON_AddItemToArray(list, object(answer, &node, selection->first));
    }
    return list;
}

static cJSON *resolve_board(struct answer *answer, const struct node *node,
                            const struct gql_selection *selection)
{
    const char *name = selection->name;

    (void)node;
    if (!strcmp(name, "groups"))
        return resolve_list(answer, selection, "Group", "groups");
    if (!strcmp(name, "columns"))
        return resolve_list(answer, selection, "Column", "columns");
    if (!strcmp(name, "items_page"))
        return resolve_items_page(answer, NULL, selection);
    if (!strcmp(name, "id"))
        return cJSON_CreateString(json_text(answer->monday, "board_id", ""));
    if (!strcmp(name, "name"))
        return cJSON_CreateString(json_text(answer->monday, "board_name", ""));
    if (!strcmp(name, "state"))
        return cJSON_CreateString("active");
    if (!strcmp(name, "items_count"))
        return cJSON_CreateNumber(cJSON_GetArraySize(json_get(answer->monday, "items")));
    return cJSON_CreateString(!strcmp(name, "board_kind") ? "public" : "");
}

static cJSON *resolve_group(struct answer *answer, const struct node *node,
                            const struct gql_selection *selection)
{
    const char *name = selection->name;

    if (!strcmp(name, "items_page"))
        return resolve_items_page(answer, node->data, selection);
    if (!strcmp(name, "archived") || !strcmp(name, "deleted"))
        return cJSON_CreateBool(cJSON_IsTrue(json_get(node->data, name)));
    return cJSON_CreateString(json_text(node->data, name, ""));
}

static cJSON *resolve_column(struct answer *answer, const struct node *node,
                             const struct gql_selection *selection)
{
    (void)answer;
    if (!strcmp(selection->name, "archived"))
        return cJSON_CreateBool(cJSON_IsTrue(json_get(node->data, "archived")));
    return text_or_null(json_text(node->data, selection->name, NULL));
}

/* ---- the root ---- */

static cJSON *resolve_boards(struct answer *answer, const struct gql_selection *selection)
{
    const cJSON *ids = monday_argument(&answer->query, selection, "ids");
    const struct node board = { "Board", answer->monday, NULL, NULL };
    cJSON *list = cJSON_CreateArray();

    if (!ids || list_has(ids, json_text(answer->monday, "board_id", "")))
        cJSON_AddItemToArray(list, object(answer, &board, selection->first));
    return list;
}

static cJSON *resolve_items(struct answer *answer, const struct gql_selection *selection)
{
    const cJSON *ids = monday_argument(&answer->query, selection, "ids"), *item = NULL;
    int limit = monday_argument_int(&answer->query, selection, "limit", PAGE_DEFAULT);
    cJSON *list = cJSON_CreateArray();

    cJSON_ArrayForEach(item, json_get(answer->monday, "items")) {
        const struct node node = { "Item", item, NULL, NULL };
        if ((!ids || list_has(ids, json_text(item, "id", ""))) && cJSON_GetArraySize(list) < limit)
            cJSON_AddItemToArray(list, object(answer, &node, selection->first));
    }
    return list;
}

static const struct version {
    const char *value, *kind;
} versions[] = {
    { "2027-01", "release_candidate" },
    { "2026-10", "current" },
    { "2026-07", "maintenance" },
    { "2026-04", "previous_maintenance" },
    { "2026-01", "old__maintenance" },
    { "2025-10", "old_previous_maintenance" },
    { "2025-07", "deprecated" },
    { "2025-04", "deprecated" },
    { "2025-01", "deprecated" },
    { "2024-10", "deprecated" },
    { "dev", "dev" },
};

static const struct version *version_asked(const struct request *request)
{
    const char *value = request_header(request, "API-Version");

    for (size_t i = 0; value && i < COUNT(versions); i++) {
        if (!strcmp(value, versions[i].value))
            return &versions[i];
    }
    return value ? NULL : &versions[1];
}

static cJSON *version_json(const struct version *version, const struct gql_selection *first)
{
    cJSON *json = cJSON_CreateObject();

    for (const struct gql_selection *s = first; s; s = s->next)
        cJSON_AddStringToObject(json, s->key,
                                !strcmp(s->name, "kind") ? version->kind : version->value);
    return json;
}

static cJSON *resolve_query(struct answer *answer, const struct node *node,
                            const struct gql_selection *selection)
{
    const char *name = selection->name;
    const cJSON *cursor = NULL;
    int limit = 0;

    (void)node;
    if (!strcmp(name, "boards"))
        return resolve_boards(answer, selection);
    if (!strcmp(name, "items"))
        return resolve_items(answer, selection);
    if (!strcmp(name, "items_page_by_column_values"))
        return resolve_by_values(answer, selection);
    if (!strcmp(name, "next_items_page")) {
        cursor = monday_argument(&answer->query, selection, "cursor");
        return limit_read(answer, selection, &limit)
                   ? page_json(answer, page_of_cursor(answer, cursor->valuestring, limit),
                               selection)
                   : NULL;
    }
    if (!strcmp(name, "version"))
        return version_json(version_asked(answer->request), selection->first);
    if (!strcmp(name, "versions")) {
        cJSON *list = cJSON_CreateArray();
        for (size_t i = 0; i < COUNT(versions); i++)
            cJSON_AddItemToArray(list, version_json(&versions[i], selection->first));
        return list;
    }
    const struct node rest = { !strcmp(name, "complexity") ? "Complexity"
                               : !strcmp(name, "me")       ? "User"
                                                           : "Account",
                               NULL, NULL, NULL };
    return object(answer, &rest, selection->first);
}

static cJSON *resolve_complexity(struct answer *answer, const struct node *node,
                                 const struct gql_selection *selection)
{
    const char *name = selection->name;
    double value = !strcmp(name, "before")  ? (double)answer->before
                   : !strcmp(name, "query") ? (double)answer->cost
                   : !strcmp(name, "after") ? (double)(answer->before - answer->cost)
                                            : 60;

    (void)node;
    return cJSON_CreateNumber(value);
}

static cJSON *resolve_account(struct answer *answer, const struct node *node,
                              const struct gql_selection *selection)
{
    const struct node account = { "Account", NULL, NULL, NULL };

    (void)node;
    if (!strcmp(selection->name, "account"))
        return object(answer, &account, selection->first);
    return cJSON_CreateString(!strcmp(selection->name, "id") ? "1234567" : "agencia-exemplo");
}

static const struct resolver {
    const char *type;
    cJSON *(*fn)(struct answer *, const struct node *, const struct gql_selection *);
} resolvers[] = {
    { "Query", resolve_query },
    { "Board", resolve_board },
    { "Group", resolve_group },
    { "Column", resolve_column },
    { "ItemsResponse", resolve_response },
    { "Item", resolve_item },
    { "Complexity", resolve_complexity },
    { "MirroredItem", resolve_mirrored },
    { "User", resolve_account },
    { "Account", resolve_account },
};

static cJSON *field_json(struct answer *answer, const struct node *node,
                         const struct gql_selection *selection)
{
    if (!strcmp(selection->name, "__typename"))
        return cJSON_CreateString(node->type);
    for (size_t i = 0; i < COUNT(resolvers); i++) {
        if (!strcmp(resolvers[i].type, node->type))
            return resolvers[i].fn(answer, node, selection);
    }
    return resolve_cell(answer, node, selection); /* every other type is a column's value */
}

static void add_selections(struct answer *answer, cJSON *json, const struct node *node,
                           const struct gql_selection *first)
{
    for (const struct gql_selection *s = first; s; s = s->next) {
        const struct gql_definition *fragment =
            s->kind == GQL_SPREAD ? gql_fragment(&answer->query.document, s->name) : NULL;
        const char *on = fragment ? fragment->on : s->on;
        if (s->kind != GQL_FIELD) {
            const struct schema_type *type = schema_type(node->type);
            if (!on || !strcmp(on, node->type) ||
                (type->implements && !strcmp(on, type->implements)))
                add_selections(answer, json, node, fragment ? fragment->first : s->first);
        } else if (!json_get(json, s->key)) {
            cJSON *value = field_json(answer, node, s);
            cJSON_AddItemToObject(json, s->key, value ? value : cJSON_CreateNull());
        }
    }
}

static cJSON *object(struct answer *answer, const struct node *node,
                     const struct gql_selection *first)
{
    cJSON *json = cJSON_CreateObject();

    add_selections(answer, json, node, first);
    return json;
}

/* ---- the door ---- */

static bool authorized(struct request *request)
{
    const char *got = request_header(request, "Authorization");
    const char *token = json_text(request->sandbox->agency->monday, "token", "");
    scoped_json cJSON *root = NULL;

    if (got && (!strcmp(got, token) || (!strncmp(got, "Bearer ", 7) && !strcmp(got + 7, token))))
        return true;
    root = cJSON_CreateObject();
    cJSON *errors = cJSON_AddArrayToObject(root, "errors");
    cJSON_AddItemToArray(errors, cJSON_CreateString("Not Authenticated"));
    reply_json(request, 401, root);
    return false;
}

static void run(struct answer *answer, const char *document, const char *operation)
{
    const struct node query = { "Query", NULL, NULL, NULL };
    scoped_json cJSON *root = NULL;

    if (!monday_check(&answer->query, document, operation)) {
        const struct monday_wrong *wrong = &answer->query.wrong;
        root = cJSON_CreateObject();
        add_error(root, wrong->code, 200, wrong->message, wrong->line, wrong->column);
        reply_json(answer->request, 200, root);
        return;
    }
    if (!spend_complexity(answer))
        return;
    root = cJSON_CreateObject();
    cJSON_AddItemToObject(root, "data", object(answer, &query, answer->query.operation->first));
    if (answer->failed)
        return;
    cJSON *extensions = cJSON_AddObjectToObject(root, "extensions");
    cJSON_AddStringToObject(extensions, "request_id", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
    reply_json(answer->request, 200, root);
    answer->request->reply.cacheable = !answer->request->sandbox->options.monday_budget;
}

void monday_handle(struct request *request)
{
    struct answer answer = { .request = request, .monday = request->sandbox->agency->monday };
    struct error err = { 0 };

    if (strcmp(request->path, "/monday/v2") != 0 || strcmp(request->method, "POST") != 0) {
        reply_text(request, 404, "text/html; charset=utf-8", "<h1>Not Found</h1>\n");
        return;
    }
    if (!authorized(request))
        return;
    if (!version_asked(request)) {
        refuse(request, 200, "InvalidVersionException", "The provided API version is invalid");
        return;
    }
    const cJSON *body = NULL;
    if (request_media_type_is(request, "application/json"))
        body = json_parse(request->arena, buf_cstr(&request->body), request->body.len, &err);
    const char *document = json_text(body, "query", NULL);
    if (!document) {
        refuse(request, 400, "JsonParseException", "No query string was present");
        return;
    }
    answer.query.arena = request->arena;
    answer.query.variables = json_get(body, "variables");
    run(&answer, document, json_text(body, "operationName", NULL));
}
