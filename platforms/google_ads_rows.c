#include "platforms/google_ads_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/money.h"

/* An end from this year on is an open one: the contract of the Google Ads API, section 4. */
#define OPEN_YEAR 2037
/* Rows of one list that we take: 200 pages would be 2,000,000. */
#define MAX_ROWS 200000

/*
 * The rows of a page; none where it has none. An answer without rows still says what it is: any
 * other object is not read as "nothing was spent".
 */
static bool page_rows(const cJSON *root, const cJSON **ret_rows, struct error *err)
{
    static const char *const marks[] = { "fieldMask", "requestId", "totalResultsCount", NULL };
    bool known = false;

    if (!cJSON_IsObject(root))
        return error_set(err, ERR_BAD_RESPONSE, "not an object");
    if (!json_array_opt(root, "results", ret_rows, err))
        return false;
    for (const char *const *mark = marks; *mark; mark++)
        known |= json_get(root, *mark) != NULL;
    if (json_get(root, "error") || (!*ret_rows && !known && root->child))
        return error_set(err, ERR_BAD_RESPONSE, "no answer to a search");
    return true;
}

static bool page_next(struct arena *arena, const cJSON *root, const char **ret, struct error *err)
{
    const char *next = NULL;

    if (!json_string_opt(root, "nextPageToken", &next, err))
        return false;
    *ret = next && next[0] ? arena_strdup(arena, next) : NULL;
    return true;
}

/* A copy; "" where it is not given. */
static bool text_or_empty(struct arena *arena, const cJSON *object, const char *name,
                          const char **ret, struct error *err)
{
    const char *text = NULL;

    if (!json_string_opt(object, name, &text, err))
        return false;
    *ret = text && text[0] ? arena_strdup(arena, text) : "";
    return true;
}

/* What is not given is 0: Google leaves out what is unset. */
static bool number_or_0(const cJSON *object, const char *name, int64_t *ret, struct error *err)
{
    bool has = false;

    *ret = 0;
    return json_int_text_opt(object, name, ret, &has, err);
}

static bool read_id(struct arena *arena, const cJSON *object, const char **ret, struct error *err)
{
    const char *id = NULL;

    if (!json_string(object, "id", &id, err))
        return false;
    if (!text_is_digits(id, strlen(id), 20))
        return error_set(err, ERR_BAD_RESPONSE, "\"id\" is not digits");
    *ret = arena_strdup(arena, id);
    return true;
}

/* ---- facts ---- */

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static bool facts_of(struct arena *arena, const cJSON *customer, struct google_ads_facts *ret,
                     struct error *err)
{
    struct google_ads_facts facts = { 0 };
    const char *currency = NULL, *timezone = NULL;
    bool has = false;

    if (!json_string(customer, "currencyCode", &currency, err) ||
        !json_string_opt(customer, "timeZone", &timezone, err) ||
        !json_bool_opt(customer, "manager", &facts.manager, &has, err) ||
        !text_or_empty(arena, customer, "descriptiveName", &facts.name, err))
        return false;
    if (!currency_valid(currency))
        return error_set(err, ERR_BAD_RESPONSE, "unknown currency \"%.10s\"", currency);
    if (timezone && timezone[0] && !timezone_valid(timezone))
        return error_set(err, ERR_BAD_RESPONSE, "unknown time zone \"%.60s\"", timezone);
    memcpy(facts.currency, currency, sizeof(facts.currency));
    facts.timezone = timezone && timezone[0] ? arena_strdup(arena, timezone) : NULL;
    *ret = facts;
    return true;
}

/* The facts of a row's customer, once they are not known yet. */
static bool row_facts(struct arena *arena, const cJSON *row, const char *asked,
                      struct google_ads_facts *facts, bool *ret_has, struct error *err)
{
    const cJSON *customer = NULL;
    const char *id = NULL;

    if (*ret_has)
        return true;
    if (!json_object(row, "customer", &customer, err) || !read_id(arena, customer, &id, err))
        return false;
    if (strcmp(id, asked) != 0)
        return error_set(err, ERR_BAD_RESPONSE, "customer %s answered for %s", id, asked);
    *ret_has = facts_of(arena, customer, facts, err);
    return *ret_has;
}

bool google_ads_facts_parse(struct arena *arena, struct bytes body, const char *customer,
                            struct google_ads_facts *facts, bool *ret_has, struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    const cJSON *root = json_parse(scratch, body.data, body.len, err), *rows = NULL, *row;

    if (!root || !page_rows(root, &rows, err))
        return error_wrap(err, "google ads: facts");
    cJSON_ArrayForEach(row, rows)
        if (!row_facts(arena, row, customer, facts, ret_has, err))
            return error_wrap(err, "google ads: facts");
    return true;
}

const char *google_ads_facts_print(struct arena *arena, const struct google_ads_facts *facts)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "currencyCode", facts->currency);
    if (facts->timezone)
        cJSON_AddStringToObject(root, "timeZone", facts->timezone);
    cJSON_AddStringToObject(root, "descriptiveName", facts->name);
    cJSON_AddBoolToObject(root, "manager", facts->manager);
    return json_print(arena, root);
}

bool google_ads_facts_read(struct arena *arena, struct bytes text, struct google_ads_facts *ret,
                           struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    const cJSON *root = json_parse(scratch, text.data, text.len, err);

    return root && facts_of(arena, root, ret, err);
}

/* ---- campaigns ---- */

/* "yyyy-MM-dd HH:mm:ss", or the day alone, of the account's zone. ret_midnight: at 00:00:00. */
static bool read_moment(const char *text, struct day *ret, bool *ret_midnight)
{
    size_t len = strlen(text);

    if ((len != 10 && len != 19) || !day_parse(text, 10, ret))
        return false;
    *ret_midnight = false;
    if (len == 10)
        return true;
    for (size_t i = 11; i < len; i++)
        if (i == 13 || i == 16 ? text[i] != ':' : !text_is_digits(text + i, 1, 1))
            return false;
    *ret_midnight = strcmp(text + 11, "00:00:00") == 0;
    return text[10] == ' ';
}

static bool read_schedule(const cJSON *campaign, struct google_ads_campaign *row, struct error *err)
{
    const char *start = NULL, *end = NULL;
    bool midnight;

    if (!json_string_opt(campaign, "startDateTime", &start, err) ||
        !json_string_opt(campaign, "endDateTime", &end, err))
        return false;
    if (start && start[0] && !read_moment(start, &row->starts, &midnight))
        return error_set(err, ERR_BAD_RESPONSE, "\"startDateTime\" is no date and time");
    if (!end || !end[0])
        return true;
    if (!read_moment(end, &row->ends, &midnight))
        return error_set(err, ERR_BAD_RESPONSE, "\"endDateTime\" is no date and time");
    if (row->ends.year >= OPEN_YEAR)
        row->ends = (struct day){ 0 };
    else if (midnight) /* belongs to the day before */
        row->ends = day_add(row->ends, -1);
    return true;
}

/* An unknown word of a status that is given hinders nothing. */
static bool read_statuses(struct arena *arena, const cJSON *campaign,
                          struct google_ads_campaign *row, struct error *err)
{
    static const char *const primary_off[] = { "PAUSED", "REMOVED", "ENDED", "NOT_ELIGIBLE", NULL };
    static const char *const serving_off[] = { "SUSPENDED", "ENDED", NULL };
    const char *primary, *serving, *experiment;

    if (!text_or_empty(arena, campaign, "status", &row->status, err) ||
        !text_or_empty(arena, campaign, "primaryStatus", &primary, err) ||
        !text_or_empty(arena, campaign, "servingStatus", &serving, err) ||
        !text_or_empty(arena, campaign, "experimentType", &experiment, err))
        return false;
    row->may_run = strcmp(row->status, "ENABLED") == 0 && !is_one_of(primary, primary_off) &&
                   !is_one_of(serving, serving_off);
    row->kind = strcmp(experiment, "EXPERIMENT") == 0 ? GOOGLE_ADS_EXPERIMENT
                : strcmp(experiment, "DRAFT") == 0    ? GOOGLE_ADS_DRAFT
                                                      : GOOGLE_ADS_BASE;
    return true;
}

/* The last part of "customers/1/campaignBudgets/777". */
static const char *last_part(const char *resource)
{
    const char *slash = strrchr(resource, '/');

    return slash ? slash + 1 : resource;
}

static bool read_budget(struct arena *arena, const cJSON *result, struct google_ads_campaign *row,
                        struct error *err)
{
    const cJSON *budget = NULL;
    const char *period;
    int64_t daily, total, users;

    if (!json_object_opt(result, "campaignBudget", &budget, err) ||
        !text_or_empty(arena, budget, "id", &row->budget_id, err) ||
        !text_or_empty(arena, budget, "period", &period, err) ||
        !number_or_0(budget, "amountMicros", &daily, err) ||
        !number_or_0(budget, "totalAmountMicros", &total, err) ||
        !number_or_0(budget, "referenceCount", &users, err))
        return false;
    if (daily < 0 || total < 0)
        return error_set(err, ERR_BAD_RESPONSE, "a budget below zero");
    if (!row->budget[0] && budget &&
        !text_or_empty(arena, budget, "resourceName", &row->budget, err))
        return false;
    row->total = strcmp(period, "CUSTOM_PERIOD") == 0 || total > 0;
    row->amount_micros = row->total ? total : daily;
    row->several = users > 1;
    if (!row->budget[0])
        row->budget = row->budget_id;
    if (!row->budget_id[0])
        row->budget_id = last_part(row->budget);
    return true;
}

static bool read_campaign(struct arena *arena, const cJSON *result, struct google_ads_campaign *row,
                          struct error *err)
{
    const cJSON *campaign = NULL;

    return json_object(result, "campaign", &campaign, err) &&
           read_id(arena, campaign, &row->id, err) &&
           text_or_empty(arena, campaign, "name", &row->name, err) &&
           text_or_empty(arena, campaign, "campaignBudget", &row->budget, err) &&
           read_statuses(arena, campaign, row, err) && read_schedule(campaign, row, err) &&
           read_budget(arena, result, row, err);
}

bool google_ads_campaigns_parse(struct arena *arena, struct bytes body, const char *customer,
                                struct google_ads_campaigns *campaigns,
                                struct google_ads_facts *facts, bool *ret_has,
                                const char **ret_next, struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    const cJSON *root = json_parse(scratch, body.data, body.len, err), *rows = NULL, *row;

    if (!root || !page_rows(root, &rows, err) || !page_next(arena, root, ret_next, err))
        return error_wrap(err, "google ads: campaigns");
    vec_reserve(arena, &campaigns->rows, (size_t)cJSON_GetArraySize(rows));
    cJSON_ArrayForEach(row, rows) {
        struct google_ads_campaign campaign = { 0 };

        if (campaigns->rows.len >= MAX_ROWS)
            return error_set(err, ERR_BAD_RESPONSE, "google ads: too many campaigns");
        if (!row_facts(arena, row, customer, facts, ret_has, err) ||
            !read_campaign(arena, row, &campaign, err))
            return error_wrap(err, "google ads: campaign %zu", campaigns->rows.len);
        *vec_push(arena, &campaigns->rows) = campaign;
    }
    return true;
}

/* ---- costs ---- */

static bool read_day(const cJSON *result, struct day *ret, struct error *err)
{
    const cJSON *segments = NULL;
    const char *date = NULL;

    *ret = (struct day){ 0 };
    if (!json_object_opt(result, "segments", &segments, err) ||
        !json_string_opt(segments, "date", &date, err))
        return false;
    if (date && !day_parse(date, strlen(date), ret))
        return error_set(err, ERR_BAD_RESPONSE, "\"date\" is no day");
    return true;
}

static bool read_cost(struct arena *arena, const cJSON *result, struct google_ads_cost *row,
                      struct error *err)
{
    const cJSON *campaign = NULL, *metrics = NULL;

    return json_object(result, "campaign", &campaign, err) &&
           json_object_opt(result, "metrics", &metrics, err) &&
           read_id(arena, campaign, &row->id, err) &&
           text_or_empty(arena, campaign, "name", &row->name, err) &&
           text_or_empty(arena, campaign, "status", &row->status, err) &&
           number_or_0(metrics, "costMicros", &row->cost_micros, err) &&
           number_or_0(metrics, "impressions", &row->impressions, err) &&
           number_or_0(metrics, "clicks", &row->clicks, err) && read_day(result, &row->day, err);
}

bool google_ads_costs_parse(struct arena *arena, struct bytes body, struct google_ads_costs *costs,
                            const char **ret_next, struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    const cJSON *root = json_parse(scratch, body.data, body.len, err), *rows = NULL, *row;

    if (!root || !page_rows(root, &rows, err) || !page_next(arena, root, ret_next, err))
        return error_wrap(err, "google ads: costs");
    vec_reserve(arena, &costs->rows, (size_t)cJSON_GetArraySize(rows));
    cJSON_ArrayForEach(row, rows) {
        struct google_ads_cost cost = { 0 };

        if (costs->rows.len >= MAX_ROWS)
            return error_set(err, ERR_BAD_RESPONSE, "google ads: too many rows of cost");
        if (!read_cost(arena, row, &cost, err))
            return error_wrap(err, "google ads: cost %zu", costs->rows.len);
        *vec_push(arena, &costs->rows) = cost;
    }
    return true;
}
