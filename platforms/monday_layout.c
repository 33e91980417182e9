#include "platforms/monday_layout.h"

#include <stdio.h>
#include <string.h>

const char *const monday_titles[MONDAY_COLUMNS] = {
    [MONDAY_CHANNEL] = "channel_id",
    [MONDAY_META] = "meta_id",
    [MONDAY_META_ACCOUNTS] = "meta_adaccount_ids",
    [MONDAY_GOOGLE] = "google_id",
    [MONDAY_HEALTH] = "health",
    [MONDAY_SATISFACTION] = "satisfaction",
    [MONDAY_ENGAGEMENT] = "engagement",
    [MONDAY_GAP] = "gap",
    [MONDAY_MIN_REVENUE] = "min_revenue",
    [MONDAY_IDEAL_REVENUE] = "ideal_revenue",
    [MONDAY_REAL_REVENUE] = "real_revenue",
    [MONDAY_MIN_INVESTMENT] = "min_investment",
    [MONDAY_REAL_INVESTMENT] = "real_investment",
};

const char monday_layout_query[] =
    "query RaioxLayout($board: [ID!]!) { boards(ids: $board, limit: 1) { id "
    "groups { id title archived deleted } columns { id title type archived } } }";

#define BLANKS " \t\r\n\v\f"
#define NBSP "\xc2\xa0" /* U+00A0, which editors leave behind */

/* err->user too: who mends it in Monday needs to know which title. what: the first 30 characters of
 * it, so that the sentence is whole. */
static bool config_error(struct error *err, const char *sentence, const char *what)
{
    error_set(err, ERR_CONFIG, "%s \"%.*s\"", sentence, (int)utf8_cut(what, 30), what);
    snprintf(err->user, sizeof(err->user), "%.199s", err->log);
    return false;
}

const char *monday_trim(struct arena *arena, const char *text)
{
    size_t len;

    for (;;) {
        text += strspn(text, BLANKS);
        if (strncmp(text, NBSP, 2) != 0)
            break;
        text += 2;
    }
    len = strlen(text);
    while (len > 0) {
        if (strchr(BLANKS, text[len - 1]))
            len--;
        else if (len > 1 && memcmp(text + len - 2, NBSP, 2) == 0)
            len -= 2;
        else
            break;
    }
    return arena_strndup(arena, text, len);
}

bool monday_answer_board(const cJSON *root, const cJSON **ret, struct error *err)
{
    const cJSON *data = NULL, *boards = NULL;

    if (!json_object(root, "data", &data, err) || !json_array(data, "boards", &boards, err))
        return error_wrap(err, "monday");
    if (cJSON_GetArraySize(boards) == 0)
        return config_error(err, "the token's owner sees no Monday board with the id in",
                            "MONDAY_BOARD_ID");
    *ret = cJSON_GetArrayItem(boards, 0);
    return true;
}

static bool has_flag(const cJSON *object, const char *name, bool *ret, struct error *err)
{
    bool has = false;

    *ret = false;
    return json_bool_opt(object, name, ret, &has, err);
}

static bool read_column(struct arena *arena, const cJSON *column, struct monday_layout *layout,
                        struct error *err)
{
    const char *id = NULL, *title = NULL;
    bool archived;

    if (!json_string(column, "id", &id, err) || !json_string(column, "title", &title, err) ||
        !has_flag(column, "archived", &archived, err))
        return error_wrap(err, "monday: column");
    if (archived)
        return true;

    title = monday_trim(arena, title);
    for (size_t i = 0; i < MONDAY_COLUMNS; i++) {
        if (strcmp(title, monday_titles[i]) != 0)
            continue;
        if (layout->columns[i])
            return config_error(err, "two columns of the Monday board have the title",
                                monday_titles[i]);
        layout->columns[i] = arena_strdup(arena, id);
    }
    return true;
}

static bool read_group(struct arena *arena, const cJSON *group, const char *active,
                       struct monday_layout *layout, struct error *err)
{
    const char *id = NULL, *title = NULL;
    bool archived, deleted;

    if (!json_string(group, "id", &id, err) || !json_string(group, "title", &title, err) ||
        !has_flag(group, "archived", &archived, err) || !has_flag(group, "deleted", &deleted, err))
        return error_wrap(err, "monday: group");
    if (!archived && !deleted && strcmp(monday_trim(arena, title), active) == 0)
        *vec_push(arena, &layout->groups) = arena_strdup(arena, id);
    return true;
}

static bool read_columns(struct arena *arena, const cJSON *board, struct monday_layout *layout,
                         struct error *err)
{
    const cJSON *columns = NULL, *column;

    if (!json_array(board, "columns", &columns, err))
        return error_wrap(err, "monday");
    cJSON_ArrayForEach(column, columns)
        if (!read_column(arena, column, layout, err))
            return false;
    for (size_t i = 0; i < MONDAY_REQUIRED; i++)
        if (!layout->columns[i])
            return config_error(err, "the Monday board has no column with the title",
                                monday_titles[i]);
    return true;
}

static bool read_groups(struct arena *arena, const cJSON *board, const char *active_group,
                        struct monday_layout *layout, struct error *err)
{
    const cJSON *groups = NULL, *group;
    const char *active = monday_trim(arena, active_group);

    if (active[0] == '\0') {
        layout->every_group = true;
        return true;
    }
    if (!json_array(board, "groups", &groups, err))
        return error_wrap(err, "monday");
    cJSON_ArrayForEach(group, groups)
        if (!read_group(arena, group, active, layout, err))
            return false;
    if (layout->groups.len == 0)
        return config_error(err, "the Monday board has no group with the title", active);
    return true;
}

bool monday_layout_parse(struct arena *arena, struct bytes body, const char *active_group,
                         struct monday_layout *ret, struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    cJSON *root = json_parse(scratch, body.data, body.len, err);
    struct monday_layout layout = { 0 };
    const cJSON *board = NULL;

    if (!root)
        return error_wrap(err, "monday: layout");
    if (!monday_answer_board(root, &board, err) || !read_columns(arena, board, &layout, err) ||
        !read_groups(arena, board, active_group, &layout, err))
        return false;
    *ret = layout;
    return true;
}
