#include "platforms/meta_accounts.h"

#include "base/json.h"
#include "platforms/meta_page.h"

static bool text_read(struct arena *arena, const cJSON *object, const char *name, const char **ret,
                      struct error *err)
{
    const char *text = NULL;

    if (!json_string_opt(object, name, &text, err))
        return false;
    *ret = text ? arena_strdup(arena, text) : "";
    return true;
}

static bool account_read(struct arena *arena, const cJSON *object, struct meta_account *ret,
                         struct error *err)
{
    struct meta_account got = { 0 };
    const char *id = NULL;

    if (!meta_id_read(object, "account_id", &id, err) ||
        !text_read(arena, object, "name", &got.name, err) ||
        !text_read(arena, object, "currency", &got.currency, err) ||
        !text_read(arena, object, "timezone_name", &got.timezone, err))
        return false;
    got.id = arena_strdup(arena, id);
    *ret = got;
    return true;
}

bool meta_accounts_parse(struct arena *arena, const char *body, size_t len,
                         struct meta_accounts *ret, const char **ret_after, struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const cJSON *root = json_parse(tree, body, len, err);
    const cJSON *rows = NULL, *row = NULL;
    const char *after = NULL;

    if (!root || !meta_page_read(root, &rows, &after, err))
        return error_wrap(err, "ad accounts");
    cJSON_ArrayForEach(row, rows) {
        struct meta_account account;

        if (!account_read(arena, row, &account, err))
            return error_wrap(err, "ad accounts");
        *vec_push(arena, &ret->rows) = account;
    }
    *ret_after = arena_strdup(arena, after);
    return true;
}

bool meta_account_parse(struct arena *arena, const char *body, size_t len, struct meta_account *ret,
                        struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const cJSON *root = json_parse(tree, body, len, err);

    if (!root || !account_read(arena, root, ret, err))
        return error_wrap(err, "ad account");
    return true;
}

char *meta_account_write(struct arena *arena, const struct meta_account *account)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "account_id", account->id);
    cJSON_AddStringToObject(root, "name", account->name);
    cJSON_AddStringToObject(root, "currency", account->currency);
    cJSON_AddStringToObject(root, "timezone_name", account->timezone);
    return json_print(arena, root);
}

bool meta_business_parse(struct arena *arena, const char *body, size_t len, const char **ret_name,
                         struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const cJSON *root = json_parse(tree, body, len, err);

    if (!root || !text_read(arena, root, "name", ret_name, err))
        return error_wrap(err, "business");
    return true;
}
