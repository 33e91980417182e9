#include "platforms/meta_insights.h"

#include <string.h>

#include "model/money.h"

/* "2026-11-01" in the row's field is this very day. */
static bool day_check(const cJSON *row, const char *name, struct day wanted, struct error *err)
{
    const char *text = NULL;
    char expected[11];

    if (!json_string(row, name, &text, err))
        return false;
    day_format(wanted, expected);
    if (strcmp(text, expected) != 0)
        return error_set(err, ERR_BAD_RESPONSE, "%s is not %s", name, expected);
    return true;
}

/* Counts that are 0 may be absent. */
static bool count_read(const cJSON *row, const char *name, int64_t *ret, struct error *err)
{
    bool has = false;

    if (!json_int_text_opt(row, name, ret, &has, err))
        return false;
    if (!has)
        *ret = 0;
    if (*ret < 0)
        return error_set(err, ERR_BAD_RESPONSE, "%s below 0", name);
    return true;
}

static bool row_read(struct arena *arena, const cJSON *row, const char *currency,
                     const struct month *month, struct meta_insights *insights, struct error *err)
{
    struct meta_insight got = { .row.order = insights->rows.len };
    const char *id = NULL, *name = NULL, *spend = NULL;
    struct money money;

    if (!meta_id_read(row, "campaign_id", &id, err) ||
        !json_string_opt(row, "campaign_name", &name, err) ||
        !json_string(row, "spend", &spend, err) ||
        !money_parse(spend, strlen(spend), currency, &money, err) ||
        !count_read(row, "impressions", &got.impressions, err) ||
        !count_read(row, "clicks", &got.clicks, err) ||
        !day_check(row, "date_start", month->first, err) ||
        !day_check(row, "date_stop", month->today, err))
        return false;
    got.row.id = arena_strdup(arena, id);
    got.name = arena_strdup(arena, name ? name : "");
    got.spend_micros = money.micros;
    *vec_push(arena, &insights->rows) = got;
    return true;
}

bool meta_insights_parse(struct arena *arena, const char *body, size_t len, const char *currency,
                         const struct month *month, struct meta_insights *ret,
                         const char **ret_after, struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const cJSON *root = json_parse(tree, body, len, err);
    const cJSON *rows = NULL, *row = NULL;
    const char *after = NULL;

    if (!root || !meta_page_read(root, &rows, &after, err))
        return error_wrap(err, "insights");
    vec_reserve(arena, &ret->rows, (size_t)cJSON_GetArraySize(rows));
    cJSON_ArrayForEach(row, rows) {
        if (!row_read(arena, row, currency, month, ret, err))
            return error_wrap(err, "insights");
    }
    *ret_after = arena_strdup(arena, after);
    return true;
}
