/*
 * Google Ads over REST: search, searchStream, listAccessibleCustomers. Rows are worked out from the
 * sample agency field by field, so that WHERE, ORDER BY and SELECT all look at the same values.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/agency.h"
#include "tests/sandbox/gaql.h"
#include "tests/sandbox/google_oauth.h"
#include "tests/sandbox/sandbox.h"

#define NEWEST 26
#define OLDEST 23 /* v22 was sunset on 2026-10-07 */
#define FIRST_EVER 19
#define STREAM_BATCH 10000

struct ads_call {
    struct request *request;
    const struct agency *agency;
    bool stream; /* failures come in a list */
    const struct account *customer;
    int today;
};

/* One row: what its fields are read from. */
struct row {
    const struct ads_call *call;
    const struct campaign *campaign; /* NULL: none */
    const struct account *client;    /* of customer_client */
    const cJSON *budget;
    struct delivery delivery;
    int day; /* of segments.date; 0: none */
};

static const char *request_id(const struct ads_call *call)
{
    return arena_printf(call->request->arena, "kX3Sandbox%08x",
                        (unsigned)(call->request->call * 2654435761u));
}

static void send_failure(struct ads_call *call, int status, cJSON *root)
{
    scoped_json cJSON *whole = root;

    if (call->stream) {
        whole = cJSON_CreateArray();
        cJSON_AddItemToArray(whole, root);
    }
    reply_json(call->request, status, whole);
    reply_header(call->request, "request-id", "%s", request_id(call));
}

static void refuse(struct ads_call *call, int status, const char *word, const char *kind,
                   const char *code, const char *message)
{
    cJSON *root = cJSON_CreateObject(), *error = cJSON_AddObjectToObject(root, "error");

    cJSON_AddNumberToObject(error, "code", status);
    cJSON_AddStringToObject(error, "message",
                            status == 403 ? "The caller does not have permission"
                                          : "Request contains an invalid argument.");
    cJSON_AddStringToObject(error, "status", word);
    cJSON *detail = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(error, "details"), detail);
    cJSON_AddStringToObject(detail, "@type",
                            "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure");
    cJSON *item = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(detail, "errors"), item);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(item, "errorCode"), kind, code);
    cJSON_AddStringToObject(item, "message", message);
    cJSON_AddStringToObject(detail, "requestId", request_id(call));
    send_failure(call, status, root);
}

static void refuse_argument(struct ads_call *call, const char *kind, const char *code,
                            const char *message)
{
    refuse(call, 400, "INVALID_ARGUMENT", kind, code, message);
}

static void refuse_permission(struct ads_call *call, const char *code, const char *message)
{
    refuse(call, 403, "PERMISSION_DENIED", "authorizationError", code, message);
}

static void refuse_token(struct ads_call *call, enum token_state state)
{
    cJSON *root = cJSON_CreateObject(), *error = cJSON_AddObjectToObject(root, "error");
    cJSON *info = cJSON_CreateObject();

    cJSON_AddNumberToObject(error, "code", 401);
    cJSON_AddStringToObject(error, "message",
                            "Request had invalid authentication credentials. Expected OAuth 2 "
                            "access token, login cookie or other valid authentication credential.");
    cJSON_AddStringToObject(error, "status", "UNAUTHENTICATED");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(error, "details"), info);
    cJSON_AddStringToObject(info, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
    cJSON_AddStringToObject(info, "reason",
                            state == TOKEN_MISSING   ? "CREDENTIALS_MISSING"
                            : state == TOKEN_EXPIRED ? "ACCESS_TOKEN_EXPIRED"
                                                     : "ACCESS_TOKEN_TYPE_UNSUPPORTED");
    cJSON_AddStringToObject(info, "domain", "googleapis.com");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(info, "metadata"), "service",
                            "googleads.googleapis.com");
    send_failure(call, 401, root);
}

static void not_found(struct request *request)
{
    reply_text(request, 404, "text/html; charset=UTF-8",
               "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>"
               "<p>The requested URL was not found on this server.</html>\n");
}

/* ---- values ---- */

static cJSON *int64_json(int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)number);
    return cJSON_CreateString(text);
}

static cJSON *ratio_json(double above, double below)
{
    return cJSON_CreateNumber(below > 0 ? above / below : 0);
}

static cJSON *metric_value(const struct row *row, const char *name)
{
    const struct delivery *d = &row->delivery;

    if (!strcmp(name, "cost_micros"))
        return int64_json(d->micros);
    if (!strcmp(name, "impressions"))
        return int64_json(d->impressions);
    if (!strcmp(name, "clicks"))
        return int64_json(d->clicks);
    if (!strcmp(name, "ctr"))
        return ratio_json((double)d->clicks, (double)d->impressions);
    if (!strcmp(name, "average_cpc"))
        return ratio_json((double)d->micros, (double)d->clicks);
    if (!strcmp(name, "average_cpm"))
        return ratio_json((double)d->micros * 1000, (double)d->impressions);
    return cJSON_CreateNumber(0);
}

static cJSON *copy_or(const cJSON *data, const char *name, const char *fallback)
{
    const cJSON *value = json_get(data, name);

    if (value)
        return cJSON_Duplicate(value, true);
    return fallback ? cJSON_CreateString(fallback) : NULL;
}

static const char *resource_name(const struct row *row, const char *kind, const char *id)
{
    return arena_printf(row->call->request->arena, "customers/%s/%s/%s", row->call->customer->id,
                        kind, id);
}

static cJSON *campaign_value(const struct row *row, const char *name)
{
    static const char *const defaults[][2] = {
        { "serving_status", "SERVING" },
        { "primary_status", "ELIGIBLE" },
        { "advertising_channel_type", "SEARCH" },
        { "experiment_type", "BASE" },
        { "start_date_time", "2026-10-01 00:00:00" },
        { "bidding_strategy_type", "TARGET_SPEND" },
        { "advertising_channel_sub_type", "UNSPECIFIED" },
    };
    const cJSON *data = row->campaign->json;

    if (!strcmp(name, "resource_name"))
        return cJSON_CreateString(resource_name(row, "campaigns", row->campaign->id));
    if (!strcmp(name, "id"))
        return cJSON_CreateString(row->campaign->id);
    if (!strcmp(name, "status"))
        return cJSON_CreateString(row->campaign->status);
    if (!strcmp(name, "campaign_budget"))
        return cJSON_CreateString(
            resource_name(row, "campaignBudgets", json_text(data, "budget", "")));
    if (!strcmp(name, "primary_status") && !json_get(data, name) &&
        strcmp(row->campaign->status, "ENABLED") != 0)
        return cJSON_CreateString(row->campaign->status);
    for (size_t i = 0; i < COUNT(defaults); i++) {
        if (!strcmp(name, defaults[i][0]))
            return copy_or(data, name, defaults[i][1]);
    }
    return copy_or(data, name, NULL);
}

static int64_t references(const struct row *row)
{
    const struct account *customer = row->call->customer;
    const char *id = json_text(row->budget, "id", "");
    int64_t count = 0;

    for (size_t i = 0; i < customer->campaign_count; i++) {
        const struct campaign *campaign = &customer->campaigns[i];
        if (!strcmp(json_text(campaign->json, "budget", ""), id) &&
            strcmp(campaign->status, "REMOVED") != 0)
            count++;
    }
    return count;
}

static cJSON *budget_value(const struct row *row, const char *name)
{
    bool total = json_get(row->budget, "total_amount_micros") != NULL;

    if (!row->budget)
        return NULL;
    if (!strcmp(name, "resource_name"))
        return cJSON_CreateString(
            resource_name(row, "campaignBudgets", json_text(row->budget, "id", "")));
    if (!strcmp(name, "reference_count"))
        return int64_json(references(row));
    if (!strcmp(name, "explicitly_shared") && !json_get(row->budget, name))
        return cJSON_CreateBool(true); /* the default of budgets made by the API */
    if (!strcmp(name, "period"))
        return cJSON_CreateString(total ? "CUSTOM_PERIOD" : "DAILY");
    if (!strcmp(name, "delivery_method") || !strcmp(name, "type"))
        return copy_or(row->budget, name, "STANDARD");
    return copy_or(row->budget, name, !strcmp(name, "status") ? "ENABLED" : NULL);
}

static cJSON *customer_value(const struct account *customer, const char *name)
{
    if (!strcmp(name, "resource_name") || !strcmp(name, "client_customer")) {
        char text[64];
        snprintf(text, sizeof(text), "customers/%s", customer->id);
        return cJSON_CreateString(text);
    }
    if (!strcmp(name, "id"))
        return cJSON_CreateString(customer->id);
    if (!strcmp(name, "descriptive_name"))
        return *customer->name ? cJSON_CreateString(customer->name) : NULL;
    if (!strcmp(name, "currency_code"))
        return cJSON_CreateString(customer->currency);
    if (!strcmp(name, "time_zone"))
        return cJSON_CreateString(customer->zone);
    if (!strcmp(name, "status"))
        return copy_or(customer->json, name, "ENABLED");
    return cJSON_CreateBool(cJSON_IsTrue(json_get(customer->json, name)));
}

static cJSON *client_value(const struct row *row, const char *name)
{
    bool itself = row->client == row->call->customer;

    if (!strcmp(name, "level"))
        return int64_json(itself ? 0 : 1);
    return customer_value(row->client, name);
}

/* NULL: the field is not set in this row. The caller deletes it. */
static cJSON *value_of(const struct row *row, const struct gaql_field *field)
{
    const char *name = strchr(field->name, '.') + 1;
    char day[16];

    if (!strncmp(field->name, "campaign.", 9))
        return row->campaign ? campaign_value(row, name) : NULL;
    if (!strncmp(field->name, "campaign_budget.", 16))
        return budget_value(row, name);
    if (!strncmp(field->name, "customer.", 9))
        return customer_value(row->call->customer, name);
    if (!strncmp(field->name, "customer_client.", 16))
        return row->client ? client_value(row, name) : NULL;
    if (!strncmp(field->name, "metrics.", 8))
        return metric_value(row, name);
    day_format(row->day, day);
    return cJSON_CreateString(day);
}

/* ---- WHERE ---- */

static const char *text_of(const cJSON *value, char number[32])
{
    if (cJSON_IsString(value))
        return value->valuestring;
    if (cJSON_IsBool(value))
        return cJSON_IsTrue(value) ? "TRUE" : "FALSE";
    snprintf(number, 32, "%.15g", cJSON_IsNumber(value) ? value->valuedouble : 0);
    return number;
}

static int compare(const struct gaql_field *field, const char *a, const char *b)
{
    if (field->type == GAQL_INT64 || field->type == GAQL_DOUBLE) {
        double x = strtod(a, NULL), y = strtod(b, NULL);
        return x < y ? -1 : x > y;
    }
    return field->type == GAQL_BOOL ? strcasecmp(a, b) : strcmp(a, b);
}

static bool like(const char *text, const char *pattern)
{
    if (!*pattern)
        return !*text;
    if (*pattern == '%')
        return like(text, pattern + 1) || (*text && like(text + 1, pattern));
    return *text &&
           (*pattern == '_' || tolower((unsigned char)*text) == tolower((unsigned char)*pattern)) &&
           like(text + 1, pattern + 1);
}

static bool any_equal(const struct gaql_condition *condition, const char *text)
{
    for (size_t i = 0; i < condition->values.len; i++) {
        if (compare(condition->field, text, condition->values.items[i]) == 0)
            return true;
    }
    return false;
}

static bool list_contains(const struct gaql_condition *condition, const cJSON *list)
{
    const cJSON *item = NULL;
    size_t found = 0;

    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && any_equal(condition, item->valuestring))
            found++;
    }
    if (!strcmp(condition->operator, "CONTAINS NONE"))
        return found == 0;
    return !strcmp(condition->operator, "CONTAINS ANY") ? found > 0
                                                        : found >= condition->values.len;
}

static bool text_fits(const struct gaql_condition *condition, const char *text)
{
    const char *operator= condition->operator;
    const char *first = condition->values.items[0];
    int order = compare(condition->field, text, first);

    if (!strcmp(operator, "IN") || !strcmp(operator, "NOT IN"))
        return any_equal(condition, text) == (*operator== 'I');
    if (!strcmp(operator, "LIKE") || !strcmp(operator, "NOT LIKE"))
        return like(text, first) == (*operator== 'L');
    if (!strcmp(operator, "BETWEEN"))
        return order >= 0 && compare(condition->field, text, condition->values.items[1]) <= 0;
    if (!strcmp(operator, "="))
        return order == 0;
    if (!strcmp(operator, "!=") || !strcmp(operator, "<>"))
        return order != 0;
    if (*operator== '>')
        return operator[1] ? order >= 0 : order> 0;
    return operator[1] ? order <= 0 : order<0;
}

static bool fits(const struct row *row, const struct gaql_condition *condition)
{
    char number[32];

    if (condition->field->type == GAQL_DATE)
        return true; /* the rows were made from these days */
    scoped_json cJSON *value = value_of(row, condition->field);
    if (!strncmp(condition->operator, "IS", 2))
        return (value == NULL) == !strcmp(condition->operator, "IS NULL");
    if (!value)
        return !strncmp(condition->operator, "NOT", 3) || !strcmp(condition->operator, "!=");
    if (!strncmp(condition->operator, "CONTAINS", 8))
        return list_contains(condition, value);
    return text_fits(condition, text_of(value, number));
}

/* ---- rows ---- */

static struct days during(const char *word, int today)
{
    struct days days = { today, today };
    char lower[32] = "";
    int count = 0;

    for (size_t i = 0; word[i] && i + 1 < sizeof(lower); i++)
        lower[i] = (char)tolower((unsigned char)word[i]);
    if (sscanf(word, "LAST_%d_DAYS", &count) == 1)
        return (struct days){ today - count, today - 1 };
    if (!strcmp(lower, "last_business_week")) {
        days_of_word("last_week_mon_sun", today, &days);
        days.to -= 2;
    } else {
        days_of_word(lower, today, &days);
    }
    return days;
}

static void narrow(struct days *days, const struct gaql_condition *condition, int today)
{
    struct days asked = { INT32_MIN, INT32_MAX };
    const char *operator= condition->operator;
    int first = 0;

    if (!strcmp(operator, "DURING")) {
        asked = during(condition->values.items[0], today);
    } else if (day_parse(condition->values.items[0], &first)) {
        if (!strcmp(operator, "BETWEEN")) {
            asked.from = first;
            if (!day_parse(condition->values.items[1], &asked.to))
                return;
        } else {
            asked.from = *operator== '=' ? first : * operator== '>' ? first + !operator[1] : 0;
            asked.to = *operator== '=' ? first : * operator== '<' ? first - !operator[1] : today;
        }
    }
    days->from = asked.from > days->from ? asked.from : days->from;
    days->to = asked.to < days->to ? asked.to : days->to;
}

struct rows {
    VEC(struct row) list;
};

static void add_row(struct ads_call *call, struct rows *rows, const struct gaql *gaql,
                    struct row row)
{
    bool nothing = !row.delivery.micros && !row.delivery.impressions && !row.delivery.clicks;

    if (nothing && gaql->has_metrics && gaql->has_segments)
        return;
    for (size_t i = 0; i < gaql->where.len; i++) {
        if (!fits(&row, &gaql->where.items[i]))
            return;
    }
    *vec_push(call->request->arena, &rows->list) = row;
}

static struct delivery customer_delivery(const struct account *customer, struct days days)
{
    struct delivery sum = { 0 };

    for (size_t i = 0; i < customer->campaign_count; i++) {
        struct delivery d = campaign_delivery(&customer->campaigns[i], days);
        sum.micros += d.micros;
        sum.impressions += d.impressions;
        sum.clicks += d.clicks;
    }
    return sum;
}

static const cJSON *budget_of(const struct account *customer, const struct campaign *campaign)
{
    const char *id = json_text(campaign->json, "budget", "");
    const cJSON *budget = NULL;

    cJSON_ArrayForEach(budget, json_get(customer->json, "budgets")) {
        if (!strcmp(json_text(budget, "id", ""), id))
            return budget;
    }
    return NULL;
}

/* One row for the whole stretch, or one a day where segments.date is selected. */
static void add_delivered(struct ads_call *call, struct rows *rows, const struct gaql *gaql,
                          struct row row, struct days days)
{
    for (int from = days.from; from <= days.to; from++) {
        struct days part = { from, gaql->has_segments ? from : days.to };
        row.day = from;
        row.delivery = row.campaign ? campaign_delivery(row.campaign, part)
                                    : customer_delivery(call->customer, part);
        add_row(call, rows, gaql, row);
        if (!gaql->has_segments)
            return;
    }
}

static struct days days_asked(const struct ads_call *call, const struct gaql *gaql)
{
    struct days days = { call->today - 37 * 31, call->today };

    for (size_t i = 0; i < gaql->where.len; i++) {
        if (gaql->where.items[i].field->type == GAQL_DATE)
            narrow(&days, &gaql->where.items[i], call->today);
    }
    return days;
}

static void add_campaigns(struct ads_call *call, struct rows *rows, const struct gaql *gaql)
{
    const struct account *customer = call->customer;

    for (size_t i = 0; i < customer->campaign_count; i++) {
        const struct campaign *campaign = &customer->campaigns[i];
        struct row row = { .call = call,
                           .campaign = campaign,
                           .budget = budget_of(customer, campaign) };
        add_delivered(call, rows, gaql, row, days_asked(call, gaql));
    }
}

static void add_budgets(struct ads_call *call, struct rows *rows, const struct gaql *gaql)
{
    const cJSON *budget = NULL;

    cJSON_ArrayForEach(budget, json_get(call->customer->json, "budgets"))
        add_row(call, rows, gaql, (struct row){ .call = call, .budget = budget });
}

static bool below_manager(const struct agency *agency, const struct account *customer)
{
    return !cJSON_IsTrue(json_get(customer->json, "direct")) &&
           strcmp(customer->id, json_text(agency->google, "login_customer_id", "")) != 0;
}

static void add_clients(struct ads_call *call, struct rows *rows, const struct gaql *gaql)
{
    const struct agency *agency = call->agency;
    bool manager = cJSON_IsTrue(json_get(call->customer->json, "manager"));

    add_row(call, rows, gaql, (struct row){ .call = call, .client = call->customer });
    for (size_t i = 0; manager && i < agency->customer_count; i++) {
        if (below_manager(agency, &agency->customers[i]))
            add_row(call, rows, gaql,
                    (struct row){ .call = call, .client = &agency->customers[i] });
    }
}

static const struct gaql *sorting; /* qsort has no argument; one thread */

static int by_order(const void *a, const void *b)
{
    char x_number[32], y_number[32];
    scoped_json cJSON *x = value_of(a, sorting->order_by);
    scoped_json cJSON *y = value_of(b, sorting->order_by);
    int order = compare(sorting->order_by, text_of(x, x_number), text_of(y, y_number));

    return sorting->descending ? -order : order;
}

static struct rows rows_of(struct ads_call *call, const struct gaql *gaql)
{
    struct rows rows = { 0 };

    if (!strcmp(gaql->from, "campaign"))
        add_campaigns(call, &rows, gaql);
    else if (!strcmp(gaql->from, "campaign_budget"))
        add_budgets(call, &rows, gaql);
    else if (!strcmp(gaql->from, "customer_client"))
        add_clients(call, &rows, gaql);
    else
        add_delivered(call, &rows, gaql, (struct row){ .call = call }, days_asked(call, gaql));
    if (gaql->order_by && rows.list.len > 1) {
        sorting = gaql;
        qsort(rows.list.items, rows.list.len, sizeof(*rows.list.items), by_order);
    }
    if (gaql->limit && rows.list.len > (size_t)gaql->limit)
        rows.list.len = (size_t)gaql->limit;
    return rows;
}

/* ---- the answer ---- */

/* snake_case to lowerCamelCase, dots kept. */
static const char *camel(struct arena *arena, const char *name)
{
    char *out = arena_strdup(arena, name), *at = out;

    for (; *name; name++) {
        if (*name == '_')
            *at++ = (char)toupper((unsigned char)*++name);
        else
            *at++ = *name;
    }
    *at = 0;
    return out;
}

static void add_value(const struct row *row, cJSON *json, const struct gaql_field *field)
{
    struct arena *arena = row->call->request->arena;
    const char *name = camel(arena, field->name), *dot = strchr(name, '.');
    const char *group = arena_strndup(arena, name, (size_t)(dot - name));
    cJSON *value = value_of(row, field);

    if (!value)
        return;
    cJSON *object = cJSON_GetObjectItemCaseSensitive(json, group);
    if (!object)
        object = cJSON_AddObjectToObject(json, group);
    if (json_get(object, dot + 1))
        cJSON_Delete(value);
    else
        cJSON_AddItemToObject(object, dot + 1, value);
}

/* Each selected resource brings its name along without being asked. */
static cJSON *row_json(const struct row *row, const struct gaql *gaql)
{
    static const struct gaql_field names[] = {
        { "campaign.resource_name", GAQL_TEXT },
        { "campaign_budget.resource_name", GAQL_TEXT },
        { "customer.resource_name", GAQL_TEXT },
    };
    cJSON *json = cJSON_CreateObject();

    for (size_t i = 0; i < gaql->select.len; i++) {
        const struct gaql_field *field = gaql->select.items[i];
        for (size_t j = 0; j < COUNT(names); j++) {
            size_t len = strcspn(names[j].name, ".") + 1;
            if (!strncmp(names[j].name, field->name, len))
                add_value(row, json, &names[j]);
        }
        add_value(row, json, field);
    }
    return json;
}

static const char *field_mask(struct arena *arena, const struct gaql *gaql)
{
    const char *mask = "";

    for (size_t i = 0; i < gaql->select.len; i++)
        mask = arena_printf(arena, "%s%s%s", mask, *mask ? "," : "",
                            camel(arena, gaql->select.items[i]->name));
    return mask;
}

static cJSON *page_json(const struct ads_call *call, const struct gaql *gaql,
                        const struct rows *rows, size_t from, size_t to)
{
    cJSON *page = cJSON_CreateObject();

    if (from < to) {
        cJSON *results = cJSON_AddArrayToObject(page, "results");
        for (size_t i = from; i < to; i++)
            cJSON_AddItemToArray(results, row_json(&rows->list.items[i], gaql));
    }
    cJSON_AddStringToObject(page, "fieldMask", field_mask(call->request->arena, gaql));
    return page;
}

static void answer_stream(struct ads_call *call, const struct gaql *gaql, const struct rows *rows)
{
    scoped_json cJSON *list = cJSON_CreateArray();
    size_t from = 0;

    do {
        size_t to = from + STREAM_BATCH < rows->list.len ? from + STREAM_BATCH : rows->list.len;
        cJSON *batch = page_json(call, gaql, rows, from, to);
        cJSON_AddStringToObject(batch, "requestId", request_id(call));
        cJSON_AddItemToArray(list, batch);
        from = to;
    } while (from < rows->list.len);
    reply_json(call->request, 200, list);
}

/* A token belongs to its query: it carries where to go on and a sum of the text. */
static const char *page_token(const struct ads_call *call, const char *query, size_t row)
{
    unsigned hash = 5381;

    for (const char *at = query; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    return arena_printf(call->request->arena, "CI%08x%08zx", hash, row);
}

static void answer_page(struct ads_call *call, const struct gaql *gaql, const struct rows *rows,
                        const char *query, const char *token)
{
    size_t from = 0, size = (size_t)call->request->sandbox->options.google_page_rows;
    unsigned at = 0;

    if (token && *token) {
        if (strlen(token) != 18 || sscanf(token + 10, "%8x", &at) != 1 ||
            strcmp(token, page_token(call, query, at)) != 0) {
            refuse_argument(call, "requestError", "INVALID_PAGE_TOKEN",
                            "Page token is invalid or of another query.");
            return;
        }
        from = at < rows->list.len ? at : rows->list.len;
    }
    size_t to = rows->list.len - from > size ? from + size : rows->list.len;
    scoped_json cJSON *page = page_json(call, gaql, rows, from, to);
    if (to < rows->list.len)
        cJSON_AddStringToObject(page, "nextPageToken", page_token(call, query, to));
    reply_json(call->request, 200, page);
}

static const char *body_text(const cJSON *body, const char *name, const char *other)
{
    return json_text(body, name, other ? json_text(body, other, NULL) : NULL);
}

static cJSON *body_read(struct ads_call *call)
{
    struct request *request = call->request;
    struct error err = { 0 };

    if (!request_media_type_is(request, "application/json")) {
        refuse_argument(call, "requestError", "UNKNOWN", "Content-Type must be application/json.");
        return NULL;
    }
    cJSON *body = json_parse(request->arena, buf_cstr(&request->body), request->body.len, &err);
    if (!cJSON_IsObject(body)) {
        refuse_argument(call, "requestError", "UNKNOWN", "Invalid JSON payload received.");
        return NULL;
    }
    return body;
}

static void answer_search(struct ads_call *call)
{
    const cJSON *body = body_read(call);
    struct gaql gaql = { 0 };

    if (!body)
        return;
    const char *query = body_text(body, "query", NULL);
    if (json_get(body, "pageSize") || json_get(body, "page_size")) {
        refuse_argument(call, "requestError", "PAGE_SIZE_NOT_SUPPORTED",
                        "Setting the page size is not supported.");
        return;
    }
    if (!query) {
        refuse_argument(call, "requestError", "REQUIRED_FIELD_MISSING", "query is missing.");
        return;
    }
    const struct gaql_wrong *wrong = gaql_parse(call->request->arena, query, &gaql);
    if (wrong) {
        refuse_argument(call, "queryError", wrong->code, wrong->message);
        return;
    }
    if (gaql.has_metrics && cJSON_IsTrue(json_get(call->customer->json, "manager"))) {
        refuse_argument(call, "queryError", "REQUESTED_METRICS_FOR_MANAGER",
                        "Metrics cannot be requested for a manager account. To retrieve metrics, "
                        "issue separate requests against each client account under the manager "
                        "account.");
        return;
    }
    struct rows rows = rows_of(call, &gaql);
    if (call->stream)
        answer_stream(call, &gaql, &rows);
    else
        answer_page(call, &gaql, &rows, query, body_text(body, "pageToken", "page_token"));
    reply_header(call->request, "request-id", "%s", request_id(call));
    call->request->reply.cacheable = true;
}

/* ---- the door ---- */

static bool is_customer_id(const char *text)
{
    return strlen(text) == 10 && strspn(text, "0123456789") == 10;
}

static bool login_allows(struct ads_call *call, const struct account *customer)
{
    const char *login = request_header(call->request, "login-customer-id");
    const char *manager = json_text(call->agency->google, "login_customer_id", "");
    bool below = below_manager(call->agency, customer);

    if (login && !is_customer_id(login)) {
        refuse_argument(call, "headerError", "INVALID_LOGIN_CUSTOMER_ID",
                        "The login customer id must be 10 digits without dashes.");
        return false;
    }
    if (login ? strcmp(login, manager) && (below || strcmp(login, customer->id)) : below) {
        refuse_permission(call, "USER_PERMISSION_DENIED",
                          "User doesn't have permission to access customer. Note: If you're "
                          "accessing a client customer, the manager's customer id must be set in "
                          "the 'login-customer-id' header.");
        return false;
    }
    return true;
}

static bool customer_found(struct ads_call *call, const char *id)
{
    const struct account *customer = agency_customer(call->agency, id);

    if (!is_customer_id(id)) {
        refuse_argument(call, "requestError", "INVALID_CUSTOMER_ID", "Invalid customer ID.");
        return false;
    }
    if (!customer || customer->denied) {
        refuse_permission(call, "USER_PERMISSION_DENIED",
                          "User doesn't have permission to access customer. Note: If you're "
                          "accessing a client customer, the manager's customer id must be set in "
                          "the 'login-customer-id' header.");
        return false;
    }
    if (!login_allows(call, customer))
        return false;
    const char *status = json_text(customer->json, "status", "ENABLED");
    if (!strcmp(status, "CANCELED") || !strcmp(status, "CLOSED")) {
        refuse_permission(call, "CUSTOMER_NOT_ENABLED",
                          "The customer account can't be accessed because it is not yet enabled or "
                          "has been deactivated.");
        return false;
    }
    call->customer = customer;
    call->today = day_today(sandbox_today_ms(call->request->sandbox), customer->zone);
    return true;
}

static void answer_accessible(struct ads_call *call)
{
    scoped_json cJSON *root = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(root, "resourceNames");

    for (size_t i = 0; i < call->agency->customer_count; i++) {
        const struct account *customer = &call->agency->customers[i];
        if (!below_manager(call->agency, customer))
            cJSON_AddItemToArray(names, customer_value(customer, "resource_name"));
    }
    reply_json(call->request, 200, root);
}

static bool version_serves(struct ads_call *call, const char *path, const char **ret_rest)
{
    int version = 0, end = 0;

    if (sscanf(path, "/google-ads/v%d/%n", &version, &end) != 1 || !end || version < FIRST_EVER ||
        version > NEWEST) {
        not_found(call->request);
        return false;
    }
    if (version < OLDEST) {
        refuse_argument(call, "requestError", "UNSUPPORTED_VERSION",
                        "The request's API version is not supported any more.");
        return false;
    }
    *ret_rest = path + end;
    return true;
}

void google_ads_handle(struct request *request)
{
    struct ads_call call = { .request = request, .agency = request->sandbox->agency };
    const char *rest = NULL, *id = NULL, *method = NULL;
    bool post = !strcmp(request->method, "POST");

    if (!version_serves(&call, request->path, &rest))
        return;
    enum token_state state =
        google_token_check(request->sandbox, request_header(request, "Authorization"));
    if (!strncmp(rest, "customers/", 10) && (method = strchr(rest + 10, '/')))
        id = arena_strndup(request->arena, rest + 10, (size_t)(method - rest - 10));
    bool search = method && !strcmp(method, "/googleAds:search");
    call.stream = method && !strcmp(method, "/googleAds:searchStream");
    bool accessible = !strcmp(rest, "customers:listAccessibleCustomers");
    if (!(accessible && !post) && !((search || call.stream) && post))
        not_found(request);
    else if (state != TOKEN_GOOD)
        refuse_token(&call, state);
    else if (accessible)
        answer_accessible(&call);
    else if (customer_found(&call, id))
        answer_search(&call);
}
