#include "platforms/meta_campaigns.h"

#include <string.h>

#include "base/bytes.h"

/* Absent, null, "" and "0" are all the same: no such budget. A budget_remaining may be negative. */
static bool amount_read(const cJSON *object, const char *name, int64_t *ret, bool *ret_has,
                        struct error *err)
{
    const char *text = NULL;

    *ret = 0;
    *ret_has = false;
    if (!json_string_opt(object, name, &text, err))
        return false;
    if (!text || !*text)
        return true;
    if (!text_int64(text, strlen(text), ret))
        return error_set(err, ERR_BAD_RESPONSE, "%s is no amount", name);
    *ret_has = true;
    return true;
}

static bool budget_read(const cJSON *object, struct meta_budget *ret, struct error *err)
{
    bool has;

    if (!amount_read(object, "daily_budget", &ret->daily, &has, err) ||
        !amount_read(object, "lifetime_budget", &ret->lifetime, &has, err) ||
        !amount_read(object, "budget_remaining", &ret->remaining, &ret->has_remaining, err))
        return false;
    if (ret->daily < 0 || ret->lifetime < 0)
        return error_set(err, ERR_BAD_RESPONSE, "a budget below 0");
    if (ret->daily > 0 && ret->lifetime > 0)
        return error_set(err, ERR_BAD_RESPONSE, "a daily and a lifetime budget at one level");
    return true;
}

/* An absent time is open, and so is 1970's first instant, which Meta writes for "none". */
static bool time_read(const cJSON *object, const char *name, int64_t open, int64_t *ret,
                      struct error *err)
{
    const char *text = NULL;
    int64_t ms = 0;

    if (!json_string_opt(object, name, &text, err))
        return false;
    if (text && *text && !meta_time_parse(text, &ms))
        return error_set(err, ERR_BAD_RESPONSE, "%s is no instant", name);
    *ret = ms > 0 ? ms : open;
    return true;
}

static bool window_read(const cJSON *object, const char *end_name, struct meta_window *ret,
                        struct error *err)
{
    return time_read(object, "start_time", INT64_MIN, &ret->start_ms, err) &&
           time_read(object, end_name, INT64_MAX, &ret->end_ms, err);
}

static bool ad_set_read(struct arena *arena, const cJSON *object, struct meta_listing *listing,
                        struct error *err)
{
    struct meta_ad_set got = { .row.order = listing->ad_sets.len };
    const char *id = NULL, *campaign_id = NULL, *status = NULL;

    if (!meta_id_read(object, "id", &id, err) ||
        !meta_id_read(object, "campaign_id", &campaign_id, err) ||
        !json_string(object, "effective_status", &status, err) ||
        !budget_read(object, &got.budget, err) ||
        !window_read(object, "end_time", &got.window, err))
        return error_wrap(err, "ad set");
    got.row.id = arena_strdup(arena, id);
    got.campaign_id = arena_strdup(arena, campaign_id);
    got.active = strcmp(status, "ACTIVE") == 0;
    *vec_push(arena, &listing->ad_sets) = got;
    return true;
}

static bool ad_set_rows_read(struct arena *arena, const cJSON *rows, struct meta_listing *listing,
                             struct error *err)
{
    const cJSON *row = NULL;

    vec_reserve(arena, &listing->ad_sets, (size_t)cJSON_GetArraySize(rows));
    cJSON_ArrayForEach(row, rows) {
        if (!ad_set_read(arena, row, listing, err))
            return false;
    }
    return true;
}

static bool nested_read(struct arena *arena, const cJSON *campaign, const char *id,
                        struct meta_listing *listing, struct error *err)
{
    const cJSON *nested = NULL, *rows = NULL;
    const char *after = NULL;

    if (!json_object_opt(campaign, "adsets", &nested, err))
        return false;
    if (!nested)
        return true;
    if (!meta_page_read(nested, &rows, &after, err) || !ad_set_rows_read(arena, rows, listing, err))
        return error_wrap(err, "adsets");
    if (after)
        *vec_push(arena, &listing->more) = (struct meta_more){ id, arena_strdup(arena, after) };
    return true;
}

static bool campaign_read(struct arena *arena, const cJSON *object, struct meta_listing *listing,
                          struct error *err)
{
    struct meta_campaign got = { .row.order = listing->campaigns.len };
    const char *id = NULL, *name = NULL, *status = NULL;

    if (!meta_id_read(object, "id", &id, err) || !json_string_opt(object, "name", &name, err) ||
        !json_string(object, "effective_status", &status, err) ||
        !budget_read(object, &got.budget, err) ||
        !window_read(object, "stop_time", &got.window, err))
        return false;
    got.row.id = arena_strdup(arena, id);
    got.name = arena_strdup(arena, name ? name : "");
    got.status = arena_strdup(arena, status);
    got.active = strcmp(status, "ACTIVE") == 0;
    *vec_push(arena, &listing->campaigns) = got;
    return nested_read(arena, object, got.row.id, listing, err);
}

bool meta_campaigns_parse(struct arena *arena, const char *body, size_t len,
                          struct meta_listing *listing, const char **ret_after, struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const cJSON *root = json_parse(tree, body, len, err);
    const cJSON *rows = NULL, *row = NULL;
    const char *after = NULL;

    if (!root || !meta_page_read(root, &rows, &after, err))
        return error_wrap(err, "campaigns");
    vec_reserve(arena, &listing->campaigns, (size_t)cJSON_GetArraySize(rows));
    vec_reserve(arena, &listing->ad_sets, (size_t)cJSON_GetArraySize(rows)); /* most have one */
    cJSON_ArrayForEach(row, rows) {
        if (!campaign_read(arena, row, listing, err))
            return error_wrap(err, "campaigns");
    }
    *ret_after = arena_strdup(arena, after);
    return true;
}

bool meta_ad_sets_parse(struct arena *arena, const char *body, size_t len,
                        struct meta_listing *listing, const char **ret_after, struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const cJSON *root = json_parse(tree, body, len, err);
    const cJSON *rows = NULL;
    const char *after = NULL;

    if (!root || !meta_page_read(root, &rows, &after, err) ||
        !ad_set_rows_read(arena, rows, listing, err))
        return error_wrap(err, "ad sets");
    *ret_after = arena_strdup(arena, after);
    return true;
}
