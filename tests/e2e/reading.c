#include "tests/e2e/reading.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)64 << 20)

const char *reading_plain(struct arena *arena, const char *text)
{
    static const struct {
        const char *is, *looks;
    } signs[] = {
        { "\xc2\xa0", " " },     /* U+00A0 */
        { "\xe2\x80\xaf", " " }, /* U+202F */
        { "\xe2\x80\x8b", "" },  /* U+200B */
        { "&lt;", "<" },         { "&gt;", ">" }, { "&amp;", "&" },
    };
    scoped_buf struct buf out = { 0 };

    buf_init(&out, TEXT_MAX);
    while (*text) {
        size_t i = 0;
        while (i < COUNT(signs) && strncmp(text, signs[i].is, strlen(signs[i].is)) != 0)
            i++;
        if (i == COUNT(signs)) {
            buf_char(&out, *text++);
            continue;
        }
        buf_text(&out, signs[i].looks);
        text += strlen(signs[i].is);
    }
    return arena_strdup(arena, buf_cstr(&out));
}

static void add_texts(struct buf *out, const cJSON *item)
{
    const cJSON *child;

    if (cJSON_IsString(item) && item->string && strcmp(item->string, "text") == 0)
        buf_printf(out, "%s\n", item->valuestring);
    cJSON_ArrayForEach(child, item)
        add_texts(out, child);
}

const char *reading_reply(struct world *world, const cJSON *reply)
{
    scoped_buf struct buf out = { 0 };

    buf_init(&out, TEXT_MAX);
    add_texts(&out, json_get(reply, "body"));
    return reading_plain(world->arena, buf_cstr(&out));
}

void reading_holds_(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strstr(text, *words))
            fail_msg("\"%s\" is not in: %s", *words, text);
}

void reading_lacks_(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strstr(text, *words))
            fail_msg("\"%s\" is in: %s", *words, text);
}

const cJSON *reading_report(struct world *world, const char *client)
{
    struct world_result result = world_raiox(world, "report", client, "--json");
    struct error err = { 0 };

    if (result.status != 0)
        fail_msg("%s: status %d: %s", client, result.status, result.err);
    const cJSON *report = json_parse(world->arena, result.out, strlen(result.out), &err);
    if (!report)
        fail_msg("%s: no JSON: %s", client, result.out);
    return report;
}

static const cJSON *with_id(const cJSON *list, const char *id)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        const cJSON *own = json_get(item, "id");
        if (cJSON_IsString(own) && strcmp(own->valuestring, id) == 0)
            return item;
    }
    return NULL;
}

/* in_account: the campaigns', else the accounts themselves. */
static const cJSON *look_for(const cJSON *report, const char *id, bool in_account)
{
    const cJSON *manager, *account, *found = NULL;

    cJSON_ArrayForEach(manager, json_get(report, "business_managers")) {
        const cJSON *accounts = json_get(manager, "ad_accounts");
        if (!in_account && !found)
            found = with_id(accounts, id);
        cJSON_ArrayForEach(account, accounts)
            if (in_account && !found)
                found = with_id(json_get(account, "campaigns"), id);
    }
    if (!found)
        fail_msg("%s is not in the report", id);
    return found;
}

const cJSON *reading_campaign(const cJSON *report, const char *id)
{
    return look_for(report, id, true);
}

const cJSON *reading_account(const cJSON *report, const char *id)
{
    return look_for(report, id, false);
}

static bool is_text(const cJSON *item, const char *text)
{
    if (!text)
        return cJSON_IsNull(item);
    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

const cJSON *reading_warning(const cJSON *report, const char *platform, const char *account,
                             const char *kind)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(report, "warnings"))
        if (is_text(json_get(item, "platform"), platform) &&
            is_text(json_get(item, "account"), account) && is_text(json_get(item, "kind"), kind))
            return item;
    return NULL;
}

/* A field as a test writes it down: shares with four decimals, counts without. */
static void print_field(const cJSON *item, char *ret, size_t size)
{
    if (cJSON_IsString(item))
        snprintf(ret, size, "%s", item->valuestring);
    else if (cJSON_IsNumber(item) && item->valuedouble > item->valueint)
        snprintf(ret, size, "%.4f", item->valuedouble);
    else if (cJSON_IsNumber(item))
        snprintf(ret, size, "%.0f", item->valuedouble);
    else if (cJSON_IsBool(item))
        snprintf(ret, size, "%s", cJSON_IsTrue(item) ? "true" : "false");
    else
        snprintf(ret, size, "%s", cJSON_IsNull(item) ? "null" : "absent");
}

void reading_fields_(const cJSON *object, const char *const *fields)
{
    char text[256];

    for (; *fields; fields += 2) {
        print_field(json_get(object, fields[0]), text, sizeof(text));
        if (strcmp(text, fields[1]) != 0)
            fail_msg("%s of %s is %s, not %s", fields[0],
                     json_get(object, "id") ? json_get(object, "id")->valuestring : "it", text,
                     fields[1]);
    }
}
