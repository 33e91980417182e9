#include "tests/sandbox/agency.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define AGENCY_MAX_BYTES (4 << 20)
#define MICROS 1000000
#define CENT_MICROS 10000

/* What an impression costs where the data do not count them: R$ 20 a thousand. */
#define IMPRESSION_MICROS 20000
#define CLICK_IMPRESSIONS 40

const char *json_text(const cJSON *object, const char *name, const char *fallback)
{
    const cJSON *item = json_get(object, name);
    return cJSON_IsString(item) ? item->valuestring : fallback;
}

/*
 * Repetitions: {"repeat": 900, "as": "n", ...} in a list stands for 900 copies without those two
 * fields, in whose texts {n} is the copy's number from 1 and {nnnn} the same with leading zeros.
 */
static char *number_filled_in(const char *text, const char *mark, int number)
{
    struct buf out = { 0 };

    buf_init(&out, strlen(text) * 4 + 64);
    for (const char *at = text; *at;) {
        size_t width = at[0] == '{' ? strspn(at + 1, mark) : 0;
        if (width && at[1 + width] == '}') {
            buf_printf(&out, "%0*d", (int)width, number);
            at += width + 2;
        } else {
            buf_char(&out, *at++);
        }
    }
    char *filled = strdup(buf_cstr(&out));
    buf_finish(&out);
    return filled;
}

static void fill_numbers(cJSON *item, const char *mark, int number)
{
    cJSON *child = NULL;

    if (cJSON_IsString(item) && strchr(item->valuestring, '{')) {
        char *filled = number_filled_in(item->valuestring, mark, number);
        cJSON_SetValuestring(item, filled);
        free(filled);
    }
    cJSON_ArrayForEach(child, item)
        fill_numbers(child, mark, number);
}

static void expand_list(cJSON *list)
{
    cJSON *item = list->child;

    while (item) {
        cJSON *next = item->next;
        const cJSON *repeat = json_get(item, "repeat");
        if (cJSON_IsNumber(repeat)) {
            int count = repeat->valueint;
            char mark[2] = { json_text(item, "as", "n")[0], 0 };
            for (int i = 1; i <= count; i++) {
                cJSON *copy = cJSON_Duplicate(item, true);
                cJSON_DeleteItemFromObjectCaseSensitive(copy, "repeat");
                cJSON_DeleteItemFromObjectCaseSensitive(copy, "as");
                fill_numbers(copy, mark, i);
                cJSON_AddItemToArray(list, copy);
            }
            cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
        }
        item = next;
    }
}

static void expand(cJSON *item)
{
    cJSON *child = NULL;

    if (cJSON_IsArray(item))
        expand_list(item);
    cJSON_ArrayForEach(child, item)
        expand(child);
}

/* "1234.56" to micros; the data are ours, so a wrong one ends the program. */
static int64_t micros_of(const char *text)
{
    char *end = NULL;
    int64_t whole = strtoll(text, &end, 10), part = 0, scale = MICROS;

    if (*end == '.') {
        for (end++; *end >= '0' && *end <= '9' && scale > 1; end++) {
            scale /= 10;
            part += (*end - '0') * scale;
        }
    }
    if (*end || end == text) {
        fprintf(stderr, "agency.json: \"%s\" is no amount\n", text);
        exit(EXIT_FAILURE);
    }
    return whole * MICROS + part;
}

static int day_in(const cJSON *json, const char *name)
{
    int day = 0;

    if (!day_parse(json_text(json, name, ""), &day)) {
        fprintf(stderr, "agency.json: %s \"%s\" is no day\n", name, json_text(json, name, ""));
        exit(EXIT_FAILURE);
    }
    return day;
}

static int64_t count_in(const cJSON *json, const char *name, int64_t fallback)
{
    const cJSON *item = json_get(json, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : fallback;
}

/* {"from","to","total"} or {"from","to","day"}: an amount for all the days, or for each of them. */
static void rule_load(struct spend_rule *rule, const cJSON *json)
{
    rule->days = (struct days){ day_in(json, "from"), day_in(json, "to") };
    const char *daily = json_text(json, "day", NULL);
    rule->total_micros = daily ? micros_of(daily) * (rule->days.to - rule->days.from + 1)
                               : micros_of(json_text(json, "total", ""));
    rule->impressions = count_in(json, "impressions", rule->total_micros / IMPRESSION_MICROS);
    rule->clicks = count_in(json, "clicks", rule->impressions / CLICK_IMPRESSIONS);
}

static void ad_set_load(struct ad_set *ad_set, const cJSON *json, const struct campaign *campaign)
{
    ad_set->json = json;
    ad_set->id = json_text(json, "id", "");
    ad_set->status = json_text(json, "status", "ACTIVE");
    bool paused_above =
        !strcmp(campaign->effective_status, "PAUSED") && !strcmp(ad_set->status, "ACTIVE");
    ad_set->effective_status =
        json_text(json, "effective_status", paused_above ? "CAMPAIGN_PAUSED" : ad_set->status);
    ad_set->campaign = campaign;
}

static void text_default(cJSON *json, const char *name, const char *text)
{
    if (!json_get(json, name))
        cJSON_AddStringToObject(json, name, text);
}

/* A Meta campaign has ad sets; one without any in the data has one that runs as it does. */
static void default_ad_set(struct arena *arena, cJSON *json, const char *id, const char *start)
{
    if (json_get(json, "adsets"))
        return;
    cJSON *sets = cJSON_AddArrayToObject(json, "adsets"), *set = cJSON_CreateObject();
    cJSON_AddStringToObject(set, "id", arena_printf(arena, "%s01", id));
    cJSON_AddStringToObject(set, "name", "Conjunto 1");
    cJSON_AddStringToObject(set, "start_time", start);
    cJSON_AddItemToArray(sets, set);
}

static void campaign_load(struct arena *arena, struct campaign *campaign, cJSON *json,
                          const struct account *account, bool meta)
{
    const cJSON *item = NULL;

    *campaign = (struct campaign){
        .json = json,
        .id = json_text(json, "id", ""),
        .name = json_text(json, "name", ""),
        .status = json_text(json, "status", meta ? "ACTIVE" : "ENABLED"),
        .account = account,
    };
    campaign->effective_status = json_text(json, "effective_status", campaign->status);
    if (meta) {
        const char *start = json_text(account->json, "start_time", "2026-10-01T00:00:00-0300");
        text_default(json, "start_time", start);
        default_ad_set(arena, json, campaign->id, json_text(json, "start_time", start));
    }
    const cJSON *sets = json_get(json, "adsets"), *rules = json_get(json, "spend");
    campaign->ad_sets = arena_array(arena, struct ad_set, (size_t)cJSON_GetArraySize(sets));
    cJSON_ArrayForEach(item, sets) {
        text_default((cJSON *)item, "start_time", json_text(json, "start_time", ""));
        ad_set_load(&campaign->ad_sets[campaign->ad_set_count++], item, campaign);
    }
    campaign->rules = arena_array(arena, struct spend_rule, (size_t)cJSON_GetArraySize(rules));
    cJSON_ArrayForEach(item, rules)
        rule_load(&campaign->rules[campaign->rule_count++], item);
}

static bool spent_in_whole_units(const char *currency)
{
    return !strcmp(currency, "JPY") || !strcmp(currency, "CLP");
}

static void account_load(struct arena *arena, struct account *account, const cJSON *json, bool meta)
{
    cJSON *item = NULL;

    *account = (struct account){
        .json = json,
        .id = json_text(json, "id", ""),
        .name = json_text(json, "name", ""),
        .currency = json_text(json, "currency", "BRL"),
        .zone = json_text(json, "zone", "America/Sao_Paulo"),
        .business = json_text(json, "business", NULL),
        .owned = !strcmp(json_text(json, "relation", "owned"), "owned"),
        .denied = cJSON_IsTrue(json_get(json, "denied")),
    };
    account->unit_micros = spent_in_whole_units(account->currency) ? MICROS : CENT_MICROS;
    cJSON *campaigns = (cJSON *)json_get(json, "campaigns");
    account->campaigns = arena_array(arena, struct campaign, (size_t)cJSON_GetArraySize(campaigns));
    cJSON_ArrayForEach(item, campaigns)
        campaign_load(arena, &account->campaigns[account->campaign_count++], item, account, meta);
}

static struct account *accounts_load(struct arena *arena, const cJSON *list, bool meta,
                                     size_t *ret_count)
{
    const cJSON *item = NULL;
    struct account *accounts = arena_array(arena, struct account, (size_t)cJSON_GetArraySize(list));

    *ret_count = 0;
    cJSON_ArrayForEach(item, list)
        account_load(arena, &accounts[(*ret_count)++], item, meta);
    return accounts;
}

static void businesses_load(struct agency *agency)
{
    const cJSON *list = json_get(agency->meta, "businesses"), *item = NULL;

    agency->businesses =
        arena_array(agency->arena, struct business, (size_t)cJSON_GetArraySize(list));
    cJSON_ArrayForEach(item, list) {
        agency->businesses[agency->business_count++] = (struct business){
            .json = item,
            .id = json_text(item, "id", ""),
            .name = json_text(item, "name", ""),
            .sees_all = cJSON_IsTrue(json_get(item, "sees_all")),
        };
    }
}

static cJSON *file_parse(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(AGENCY_MAX_BYTES);
    size_t len = text ? fread(text, 1, AGENCY_MAX_BYTES, file) : 0;
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, false);
    if (!root)
        fprintf(stderr, "%s: not JSON near byte %td\n", path, end ? end - text : 0);
    free(text);
    fclose(file);
    return root;
}

struct agency *agency_load(const char *path)
{
    cJSON *root = file_parse(path);
    if (!root)
        return NULL;
    expand(root);
    struct arena *arena = arena_create();
    struct agency *agency = arena_new(arena, struct agency);
    agency->root = root;
    agency->arena = arena;
    agency->slack = json_get(root, "slack");
    agency->monday = json_get(root, "monday");
    agency->meta = json_get(root, "meta");
    agency->google = json_get(root, "google");
    businesses_load(agency);
    agency->meta_accounts =
        accounts_load(arena, json_get(agency->meta, "accounts"), true, &agency->meta_account_count);
    agency->customers =
        accounts_load(arena, json_get(agency->google, "customers"), false, &agency->customer_count);
    return agency;
}

void agency_destroy(struct agency *agency)
{
    if (!agency)
        return;
    cJSON_Delete(agency->root);
    arena_destroy(agency->arena);
}

const struct business *agency_business(const struct agency *agency, const char *id)
{
    for (size_t i = 0; i < agency->business_count; i++) {
        if (!strcmp(agency->businesses[i].id, id))
            return &agency->businesses[i];
    }
    return NULL;
}

static const struct account *account_in(const struct account *accounts, size_t count,
                                        const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(accounts[i].id, id))
            return &accounts[i];
    }
    return NULL;
}

const struct account *agency_meta_account(const struct agency *agency, const char *id)
{
    return account_in(agency->meta_accounts, agency->meta_account_count, id);
}

const struct account *agency_customer(const struct agency *agency, const char *id)
{
    return account_in(agency->customers, agency->customer_count, id);
}

const struct campaign *agency_meta_campaign(const struct agency *agency, const char *id)
{
    for (size_t i = 0; i < agency->meta_account_count; i++) {
        const struct account *account = &agency->meta_accounts[i];
        for (size_t j = 0; j < account->campaign_count; j++) {
            if (!strcmp(account->campaigns[j].id, id))
                return &account->campaigns[j];
        }
    }
    return NULL;
}

/* What of total falls on the first done of count days: cumulative, so that the parts add up. */
static int64_t share(int64_t total, int64_t unit, int done, int count)
{
    return total / unit * done / count * unit + (done == count ? total % unit : 0);
}

static int64_t share_between(int64_t total, int64_t unit, struct days of, struct days within)
{
    int count = of.to - of.from + 1;
    return share(total, unit, within.to - of.from + 1, count) -
           share(total, unit, within.from - of.from, count);
}

struct delivery campaign_delivery(const struct campaign *campaign, struct days days)
{
    struct delivery sum = { 0 };

    for (size_t i = 0; i < campaign->rule_count; i++) {
        const struct spend_rule *rule = &campaign->rules[i];
        struct days within = { rule->days.from > days.from ? rule->days.from : days.from,
                               rule->days.to < days.to ? rule->days.to : days.to };
        if (within.from > within.to)
            continue;
        sum.micros +=
            share_between(rule->total_micros, campaign->account->unit_micros, rule->days, within);
        sum.impressions += share_between(rule->impressions, 1, rule->days, within);
        sum.clicks += share_between(rule->clicks, 1, rule->days, within);
    }
    return sum;
}
