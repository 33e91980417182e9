/* Insights: a row for each thing that was delivered, none for the others. */
#include "tests/sandbox/meta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MICROS 1000000

enum level {
    LEVEL_ACCOUNT,
    LEVEL_CAMPAIGN,
    LEVEL_ADSET,
};

struct row {
    const struct account *account;
    const struct campaign *campaign; /* NULL at the account's level */
    const struct ad_set *ad_set;     /* NULL above the ad set's */
    struct days days;
    struct delivery delivery;
};

struct rows {
    VEC(struct row) list;
    const struct insights_scope *scope;
    enum level level;
    int today; /* nothing was delivered after it */
};

/* Names that are valid but that this world never fills: absent, as where there is no value. */
static const char *const never_filled[] = {
    "account_currency",     "actions",       "action_values",       "conversions",
    "cost_per_action_type", "objective",     "optimization_goal",   "inline_link_clicks",
    "unique_clicks",        "purchase_roas", "video_play_actions",  "created_time",
    "updated_time",         "buying_type",   "attribution_setting",
};

static void add_decimal(cJSON *json, const char *name, int64_t micros)
{
    char text[40];
    int len = snprintf(text, sizeof(text), "%lld.%06lld", (long long)(micros / MICROS),
                       (long long)(micros % MICROS));

    while (text[len - 1] == '0') /* Meta sends "987.4", and "12" for 12.00 */
        text[--len] = 0;
    if (text[len - 1] == '.')
        text[--len] = 0;
    cJSON_AddStringToObject(json, name, text);
}

static void add_count(cJSON *json, const char *name, int64_t count)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)count);
    cJSON_AddStringToObject(json, name, text);
}

static int64_t ratio_micros(int64_t above, int64_t below)
{
    return below ? above / below : 0;
}

static void add_ids(cJSON *json, const struct row *row, const char *name)
{
    if (!strcmp(name, "account_id"))
        cJSON_AddStringToObject(json, name, row->account->id);
    else if (!strcmp(name, "account_name"))
        cJSON_AddStringToObject(json, name, row->account->name);
    else if (!strcmp(name, "campaign_id") && row->campaign)
        cJSON_AddStringToObject(json, name, row->campaign->id);
    else if (!strcmp(name, "campaign_name") && row->campaign)
        cJSON_AddStringToObject(json, name, row->campaign->name);
    else if (!strcmp(name, "adset_id") && row->ad_set)
        cJSON_AddStringToObject(json, name, row->ad_set->id);
    else if (!strcmp(name, "adset_name") && row->ad_set)
        cJSON_AddStringToObject(json, name, json_text(row->ad_set->json, "name", ""));
}

static bool add_metric(cJSON *json, const struct row *row, const char *name)
{
    const struct delivery *d = &row->delivery;

    if (!strcmp(name, "spend"))
        add_decimal(json, name, d->micros);
    else if (!strcmp(name, "impressions"))
        add_count(json, name, d->impressions);
    else if (!strcmp(name, "reach"))
        add_count(json, name, d->impressions * 3 / 4);
    else if (!strcmp(name, "clicks"))
        add_count(json, name, d->clicks);
    else if (!strcmp(name, "frequency"))
        add_decimal(json, name, ratio_micros(d->impressions * MICROS, d->impressions * 3 / 4));
    else if (!strcmp(name, "cpm"))
        add_decimal(json, name, ratio_micros(d->micros * 1000, d->impressions));
    else if (!strcmp(name, "cpc"))
        add_decimal(json, name, ratio_micros(d->micros, d->clicks));
    else if (!strcmp(name, "ctr"))
        add_decimal(json, name, ratio_micros(d->clicks * 100 * MICROS, d->impressions));
    else
        return false;
    return true;
}

static bool field_known(const char *name)
{
    static const char *const ids[] = { "account_id", "account_name", "campaign_id", "campaign_name",
                                       "adset_id",   "adset_name",   "ad_id",       "ad_name",
                                       "date_start", "date_stop" };
    static const char *const metrics[] = { "spend",     "impressions", "reach", "clicks",
                                           "frequency", "cpm",         "cpc",   "ctr" };

    for (size_t i = 0; i < COUNT(ids); i++) {
        if (!strcmp(name, ids[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT(metrics); i++) {
        if (!strcmp(name, metrics[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT(never_filled); i++) {
        if (!strcmp(name, never_filled[i]))
            return true;
    }
    return false;
}

static bool fields_known(const struct meta_edge *edge)
{
    for (const struct field *field = edge->fields; field; field = field->next) {
        if (!field_known(field->name) || field->first) {
            meta_fail(edge->call, 400, 100, 0,
                      "(#100) %s is not valid for fields param. please check "
                      "https://developers.facebook.com/docs/marketing-api/reference/"
                      "ads-insights for all valid values",
                      field->name);
            return false;
        }
    }
    return true;
}

static cJSON *row_json(const struct meta_edge *edge, const struct row *row)
{
    cJSON *json = cJSON_CreateObject();
    char from[16], to[16];

    for (const struct field *field = edge->fields; field; field = field->next) {
        if (!json_get(json, field->name) && !add_metric(json, row, field->name))
            add_ids(json, row, field->name);
    }
    if (!edge->fields) {
        static const char *const by_default[] = { "account_id", "campaign_id", "adset_id" };
        for (size_t i = 0; i < COUNT(by_default); i++)
            add_ids(json, row, by_default[i]);
        add_metric(json, row, "impressions");
        add_metric(json, row, "spend");
    }
    day_format(row->days.from, from);
    day_format(row->days.to, to);
    cJSON_AddStringToObject(json, "date_start", from);
    cJSON_AddStringToObject(json, "date_stop", to);
    return json;
}

/* ---- filtering ---- */

static bool list_has(const cJSON *list, const char *text)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && !strcmp(item->valuestring, text))
            return true;
    }
    return cJSON_IsString(list) && !strcmp(list->valuestring, text);
}

static bool compares(const char *operator, int64_t got, const cJSON *value)
{
    double want = cJSON_IsString(value) ? strtod(value->valuestring, NULL) : value->valuedouble;
    double have = (double)got;

    return !strcmp(operator, "GREATER_THAN")            ? have > want
           : !strcmp(operator, "GREATER_THAN_OR_EQUAL") ? have >= want
           : !strcmp(operator, "LESS_THAN")             ? have < want
                                                        : have <= want;
}

static bool filter_known(const struct meta_edge *edge, const cJSON *filter)
{
    static const char *const fields[] = {
        "campaign.effective_status",
        "campaign.id",
        "campaign.name",
        "adset.id",
        "adset.effective_status",
        "spend",
        "impressions",
        "clicks",
        "campaign.delivery_status",
        "adset.delivery_status",
    };
    static const char *const operators[] = { "IN",           "NOT_IN",
                                             "EQUAL",        "NOT_EQUAL",
                                             "GREATER_THAN", "GREATER_THAN_OR_EQUAL",
                                             "LESS_THAN",    "LESS_THAN_OR_EQUAL",
                                             "CONTAIN" };
    const char *field = json_text(filter, "field", ""),
               *operator= json_text(filter, "operator", "");
    bool ok = false, known = false;

    for (size_t i = 0; i < COUNT(fields); i++)
        ok = ok || !strcmp(field, fields[i]);
    for (size_t i = 0; i < COUNT(operators); i++)
        known = known || !strcmp(operator, operators[i]);
    if (!ok || !known || !json_get(filter, "value")) {
        meta_fail(edge->call, 400, 100, 0,
                  "(#100) Filtering field '%s' with operation '%s' is not supported",
                  field, operator);
        return false;
    }
    return true;
}

static bool filter_takes(const cJSON *filter, const struct row *row)
{
    const char *field = json_text(filter, "field", ""),
               *operator= json_text(filter, "operator", "");
    const cJSON *value = json_get(filter, "value");
    const char *text = NULL;

    if (!strcmp(field, "spend"))
        return compares(operator, row->delivery.micros / MICROS, value);
    if (!strcmp(field, "impressions"))
        return compares(operator, row->delivery.impressions, value);
    if (!strcmp(field, "clicks"))
        return compares(operator, row->delivery.clicks, value);
    if (row->campaign && strstr(field, "campaign.effective"))
        text = row->campaign->effective_status;
    else if (row->campaign && !strcmp(field, "campaign.id"))
        text = row->campaign->id;
    else if (row->ad_set && !strcmp(field, "adset.effective_status"))
        text = row->ad_set->effective_status;
    if (!text)
        return true;
    bool has = list_has(value, text);
    return !strncmp(operator, "NOT", 3) ? !has : has;
}

/* Deleted and archived ones are in the account's total, but in a list only when they are asked for.
 */
static bool listed(const cJSON *filtering, const struct row *row)
{
    const cJSON *filter = NULL;
    const char *status = row->campaign ? row->campaign->effective_status : "ACTIVE";
    bool gone = !strcmp(status, "DELETED") || !strcmp(status, "ARCHIVED");

    cJSON_ArrayForEach(filter, filtering) {
        if (!filter_takes(filter, row))
            return false;
        if (!strcmp(json_text(filter, "field", ""), "campaign.effective_status"))
            gone = false;
    }
    return !gone;
}

/* ---- rows ---- */

static struct delivery delivered(const struct rows *rows, const struct campaign *campaign,
                                 struct days days)
{
    if (days.to > rows->today)
        days.to = rows->today;
    return campaign_delivery(campaign, days);
}

static void add_campaign_row(struct meta_edge *edge, struct rows *rows,
                             const struct campaign *campaign, struct days days,
                             const cJSON *filtering)
{
    struct row row = { .account = campaign->account, .campaign = campaign, .days = days };

    /* All of a campaign's delivery is its first ad set's. */
    if (rows->level == LEVEL_ADSET) {
        if (!campaign->ad_set_count)
            return;
        row.ad_set = &campaign->ad_sets[0];
        if (rows->scope->ad_set && rows->scope->ad_set != row.ad_set)
            return;
    }
    row.delivery = delivered(rows, campaign, days);
    bool any = row.delivery.micros || row.delivery.impressions;
    if (any && (rows->scope->campaign || listed(filtering, &row)))
        *vec_push(edge->call->request->arena, &rows->list) = row;
}

static bool filtering_touches(const cJSON *filtering, const struct campaign *campaign)
{
    const struct row row = { .account = campaign->account,
                             .campaign = campaign,
                             .delivery = { INT64_MAX, INT64_MAX, INT64_MAX } };
    const cJSON *filter = NULL;

    cJSON_ArrayForEach(filter, filtering) {
        if (!filter_takes(filter, &row))
            return false;
    }
    return true;
}

static void add_account_row(struct meta_edge *edge, struct rows *rows, struct days days,
                            const cJSON *filtering)
{
    const struct account *account = rows->scope->account;
    struct row row = { .account = account, .days = days };

    for (size_t i = 0; i < account->campaign_count; i++) {
        if (!filtering_touches(filtering, &account->campaigns[i]))
            continue;
        struct delivery d = delivered(rows, &account->campaigns[i], days);
        row.delivery.micros += d.micros;
        row.delivery.impressions += d.impressions;
        row.delivery.clicks += d.clicks;
    }
    if (row.delivery.micros || row.delivery.impressions)
        *vec_push(edge->call->request->arena, &rows->list) = row;
}

static bool level_read(struct meta_edge *edge, const struct insights_scope *scope, enum level *ret)
{
    static const char *const levels[] = { "account", "campaign", "adset" };
    const char *text = edge_param(edge, "level");

    *ret = scope->ad_set ? LEVEL_ADSET : scope->campaign ? LEVEL_CAMPAIGN : LEVEL_ACCOUNT;
    for (enum level level = LEVEL_ACCOUNT; text && level <= LEVEL_ADSET; level++) {
        if (!strcmp(text, levels[level])) {
            *ret = level;
            return true;
        }
    }
    if (text)
        meta_fail(edge->call, 400, 100, 0,
                  "(#100) level must be one of the following values: ad, adset, campaign, account");
    return !text;
}

static bool increment_read(struct meta_edge *edge, int *ret_days)
{
    const char *text = edge_param(edge, "time_increment");
    int64_t days = 0;

    *ret_days = 0;
    if (!text || !strcmp(text, "all_days"))
        return true;
    if (!strcmp(text, "monthly")) {
        *ret_days = -1;
        return true;
    }
    if (!text_int64(text, strlen(text), &days) || days < 1 || days > 90) {
        meta_fail(edge->call, 400, 100, 0,
                  "(#100) time_increment must be one of the following values: 1..90, monthly, "
                  "all_days");
        return false;
    }
    *ret_days = (int)days;
    return true;
}

static void add_rows(struct meta_edge *edge, struct rows *rows, struct days days,
                     const cJSON *filtering)
{
    const struct account *account = rows->scope->account;

    if (rows->level == LEVEL_ACCOUNT) {
        add_account_row(edge, rows, days, filtering);
        return;
    }
    for (size_t i = 0; i < account->campaign_count; i++) {
        const struct campaign *campaign = &account->campaigns[i];
        if (!rows->scope->campaign || rows->scope->campaign == campaign)
            add_campaign_row(edge, rows, campaign, days, filtering);
    }
}

static void add_stretches(struct meta_edge *edge, struct rows *rows, struct days days,
                          int increment, const cJSON *filtering)
{
    for (int from = days.from; from <= days.to;) {
        int to = increment > 0 ? from + increment - 1 : increment < 0 ? month_last(from) : days.to;
        to = to < days.to ? to : days.to;
        add_rows(edge, rows, (struct days){ from, to }, filtering);
        from = to + 1;
    }
}

cJSON *meta_insights(struct meta_edge *edge, struct insights_scope scope, size_t *ret_rows)
{
    struct rows rows = { .scope = &scope, .today = account_today(edge->call, scope.account) };
    struct days days;
    bool given = false;
    int increment = 0;
    struct page page;
    const cJSON *filter = NULL, *filtering = edge_json(edge, "filtering", true);

    cJSON_ArrayForEach(filter, filtering) {
        if (!filter_known(edge, filter))
            return NULL;
    }
    if (edge->call->failed || !fields_known(edge) || !level_read(edge, &scope, &rows.level) ||
        !increment_read(edge, &increment) || !edge_days(edge, rows.today, &days, &given))
        return NULL;
    add_stretches(edge, &rows, days, increment, filtering);
    *ret_rows = rows.list.len;
    if (!edge_page(edge, rows.list.len, false, &page))
        return NULL;
    cJSON *data = cJSON_CreateArray();
    for (size_t i = page.from; i < page.to; i++)
        cJSON_AddItemToArray(data, row_json(edge, &rows.list.items[i]));
    return edge_result(edge, data, page, rows.list.len);
}
