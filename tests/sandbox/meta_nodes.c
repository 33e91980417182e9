/* Businesses, ad accounts, campaigns and ad sets: the fields asked for, and the lists on them. */
#include "tests/sandbox/meta.h"

#include <stdio.h>
#include <string.h>

/*
 * A type of node: the names that it knows (facebook-business-sdk-codegen, api_specs). A plain field
 * is what the data hold under its name; what has to be worked out is in work_out(). An edge is a
 * list within the node.
 */
struct type {
    const char *name;
    const char *const *fields; /* ends with NULL */
    const char *const *edges;  /* ends with NULL */
};

static const char *const account_fields[] = {
    "id",
    "account_id",
    "name",
    "currency",
    "timezone_name",
    "timezone_id",
    "timezone_offset_hours_utc",
    "account_status",
    "disable_reason",
    "amount_spent",
    "spend_cap",
    "balance",
    "min_daily_budget",
    "funding_source",
    "business",
    "business_name",
    "owner",
    "created_time",
    "age",
    "is_prepay_account",
    NULL,
};
static const char *const account_edges[] = { "campaigns", "adsets", "insights", NULL };
static const char *const campaign_fields[] = {
    "id",
    "account_id",
    "name",
    "status",
    "configured_status",
    "effective_status",
    "daily_budget",
    "lifetime_budget",
    "budget_remaining",
    "spend_cap",
    "start_time",
    "stop_time",
    "objective",
    "buying_type",
    "bid_strategy",
    "pacing_type",
    "issues_info",
    "is_adset_budget_sharing_enabled",
    "is_budget_schedule_enabled",
    "created_time",
    "updated_time",
    "special_ad_categories",
    NULL,
};
static const char *const campaign_edges[] = { "adsets", "insights", NULL };
static const char *const ad_set_fields[] = {
    "id",
    "account_id",
    "campaign_id",
    "name",
    "status",
    "configured_status",
    "effective_status",
    "daily_budget",
    "lifetime_budget",
    "budget_remaining",
    "daily_spend_cap",
    "daily_min_spend_target",
    "lifetime_spend_cap",
    "lifetime_min_spend_target",
    "start_time",
    "end_time",
    "is_budget_schedule_enabled",
    "bid_strategy",
    "pacing_type",
    "issues_info",
    "optimization_goal",
    "billing_event",
    "created_time",
    "updated_time",
    NULL,
};
static const char *const ad_set_edges[] = { "insights", NULL };
static const char *const business_fields[] = {
    "id", "name", "created_time", "primary_page", "timezone_id", "verification_status", NULL
};
static const char *const business_edges[] = { "owned_ad_accounts", "client_ad_accounts", NULL };

static const struct type account_type = { "ad-account", account_fields, account_edges };
static const struct type campaign_type = { "ad-campaign-group", campaign_fields, campaign_edges };
static const struct type ad_set_type = { "ad-campaign", ad_set_fields, ad_set_edges };
static const struct type business_type = { "business", business_fields, business_edges };

static bool name_in(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (!strcmp(*names, name))
            return true;
    }
    return false;
}

static bool has_edges(const struct type *type, const struct field *fields)
{
    for (const struct field *field = fields; field; field = field->next) {
        if (name_in(type->edges, field->name))
            return true;
    }
    return false;
}

static void *unknown_field(struct meta_call *call, const struct type *type, const char *name)
{
    return meta_fail(call, 400, 100, 0,
                     "(#100) Tried accessing nonexisting field (%s) on node type (%s)", name,
                     type->name);
}

/* ---- fields ---- */

static bool is_amount(const char *text)
{
    return text && strspn(text, "0") < strlen(text);
}

static int64_t minor_units(const struct account *account, int64_t micros)
{
    static const char *const whole[] = { "CLP", "COP", "CRC", "HUF", "IDR", "ISK",
                                         "JPY", "KRW", "PYG", "TWD", "VND", NULL };
    return micros / (name_in(whole, account->currency) ? 1000000 : 10000);
}

/* What is left of a budget: of a lifetime one all of it, of a daily one today's. */
static void add_remaining(cJSON *json, const struct meta_call *call, const cJSON *data,
                          const struct campaign *campaign, bool whole_campaign)
{
    const char *daily = json_text(data, "daily_budget", NULL);
    const char *lifetime = json_text(data, "lifetime_budget", NULL), *budget = lifetime;
    int today = account_today(call, campaign->account);
    struct days days = { today - 3650, today };
    int64_t amount = 0;
    char text[24];

    if (json_get(data, "budget_remaining")) {
        cJSON_AddStringToObject(json, "budget_remaining", json_text(data, "budget_remaining", ""));
        return;
    }
    if (!is_amount(lifetime)) {
        budget = daily;
        days.from = today;
    }
    if (!is_amount(budget)) {
        cJSON_AddStringToObject(json, "budget_remaining", "0");
        return;
    }
    if (text_int64(budget, strlen(budget), &amount) && whole_campaign)
        amount -= minor_units(campaign->account, campaign_delivery(campaign, days).micros);
    snprintf(text, sizeof(text), "%lld", (long long)(amount > 0 ? amount : 0));
    cJSON_AddStringToObject(json, "budget_remaining", text);
}

static void add_plain(cJSON *json, const cJSON *data, const char *name)
{
    const cJSON *value = json_get(data, name);

    if (value)
        cJSON_AddItemToObject(json, name, cJSON_Duplicate(value, true));
}

static void add_account_field(struct meta_call *call, cJSON *json, const struct account *account,
                              const char *name)
{
    if (!strcmp(name, "account_id"))
        cJSON_AddStringToObject(json, name, account->id);
    else if (!strcmp(name, "currency"))
        cJSON_AddStringToObject(json, name, account->currency);
    else if (!strcmp(name, "timezone_name"))
        cJSON_AddStringToObject(json, name, account->zone);
    else if (!strcmp(name, "account_status") && !json_get(account->json, name))
        cJSON_AddNumberToObject(json, name, 1);
    else if (!strcmp(name, "disable_reason") && !json_get(account->json, name))
        cJSON_AddNumberToObject(json, name, 0);
    else if (!strcmp(name, "business") && account->business) {
        const struct business *business = agency_business(call->agency, account->business);
        cJSON *owner = cJSON_AddObjectToObject(json, name);
        cJSON_AddStringToObject(owner, "id", account->business);
        cJSON_AddStringToObject(owner, "name", business ? business->name : "");
    } else
        add_plain(json, account->json, name);
}

static void add_campaign_field(struct meta_call *call, cJSON *json, const struct campaign *campaign,
                               const char *name)
{
    if (!strcmp(name, "account_id"))
        cJSON_AddStringToObject(json, name, campaign->account->id);
    else if (!strcmp(name, "status") || !strcmp(name, "configured_status"))
        cJSON_AddStringToObject(json, name, campaign->status);
    else if (!strcmp(name, "effective_status"))
        cJSON_AddStringToObject(json, name, campaign->effective_status);
    else if (!strcmp(name, "budget_remaining"))
        add_remaining(json, call, campaign->json, campaign, true);
    else
        add_plain(json, campaign->json, name);
}

static void add_ad_set_field(struct meta_call *call, cJSON *json, const struct ad_set *ad_set,
                             const char *name)
{
    if (!strcmp(name, "account_id"))
        cJSON_AddStringToObject(json, name, ad_set->campaign->account->id);
    else if (!strcmp(name, "campaign_id"))
        cJSON_AddStringToObject(json, name, ad_set->campaign->id);
    else if (!strcmp(name, "status") || !strcmp(name, "configured_status"))
        cJSON_AddStringToObject(json, name, ad_set->status);
    else if (!strcmp(name, "effective_status"))
        cJSON_AddStringToObject(json, name, ad_set->effective_status);
    else if (!strcmp(name, "budget_remaining"))
        add_remaining(json, call, ad_set->json, ad_set->campaign,
                      ad_set->campaign->ad_set_count == 1);
    else
        add_plain(json, ad_set->json, name);
}

/* A nested list; absent where it would be empty, as Meta leaves it out. */
static bool add_edge(cJSON *json, const char *name, cJSON *list)
{
    if (!list)
        return false;
    if (cJSON_GetArraySize(json_get(list, "data")))
        cJSON_AddItemToObject(json, name, list);
    else
        cJSON_Delete(list);
    return true;
}

static struct meta_edge edge_within(struct meta_call *call, const struct field *field,
                                    const char *id)
{
    return (struct meta_edge){
        .call = call, .nested = field, .fields = field->first, .id = id, .name = field->name
    };
}

cJSON *meta_node_account(struct meta_call *call, const struct account *account,
                         const struct field *fields)
{
    scoped_json cJSON *json = cJSON_CreateObject();
    const char *id = arena_printf(call->request->arena, "act_%s", account->id);

    for (const struct field *field = fields; field; field = field->next) {
        struct meta_edge edge = edge_within(call, field, id);
        if (!strcmp(field->name, "id"))
            continue;
        if (name_in(account_edges, field->name)) {
            if (!add_edge(json, field->name, meta_edge_of_account(&edge, account)))
                return NULL;
        } else if (name_in(account_fields, field->name)) {
            add_account_field(call, json, account, field->name);
        } else {
            return unknown_field(call, &account_type, field->name);
        }
    }
    cJSON_AddStringToObject(json, "id", id);
    return TAKE(json);
}

cJSON *meta_node_campaign(struct meta_call *call, const struct campaign *campaign,
                          const struct field *fields)
{
    scoped_json cJSON *json = cJSON_CreateObject();

    for (const struct field *field = fields; field; field = field->next) {
        struct meta_edge edge = edge_within(call, field, campaign->id);
        if (!strcmp(field->name, "id"))
            continue;
        if (name_in(campaign_edges, field->name)) {
            if (!add_edge(json, field->name, meta_edge_of_campaign(&edge, campaign)))
                return NULL;
        } else if (name_in(campaign_fields, field->name)) {
            add_campaign_field(call, json, campaign, field->name);
        } else {
            return unknown_field(call, &campaign_type, field->name);
        }
    }
    cJSON_AddStringToObject(json, "id", campaign->id);
    return TAKE(json);
}

cJSON *meta_node_ad_set(struct meta_call *call, const struct ad_set *ad_set,
                        const struct field *fields)
{
    scoped_json cJSON *json = cJSON_CreateObject();

    for (const struct field *field = fields; field; field = field->next) {
        struct meta_edge edge = edge_within(call, field, ad_set->id);
        const struct insights_scope scope = { ad_set->campaign->account, ad_set->campaign, ad_set };
        size_t rows = 0;
        if (!strcmp(field->name, "id"))
            continue;
        if (name_in(ad_set_edges, field->name)) {
            if (!add_edge(json, field->name, meta_insights(&edge, scope, &rows)))
                return NULL;
        } else if (!strcmp(field->name, "campaign")) {
            cJSON *above = meta_node_campaign(call, ad_set->campaign, field->first);
            if (!above)
                return NULL;
            cJSON_AddItemToObject(json, field->name, above);
        } else if (name_in(ad_set_fields, field->name)) {
            add_ad_set_field(call, json, ad_set, field->name);
        } else {
            return unknown_field(call, &ad_set_type, field->name);
        }
    }
    cJSON_AddStringToObject(json, "id", ad_set->id);
    return TAKE(json);
}

cJSON *meta_node_business(struct meta_call *call, const struct business *business,
                          const struct field *fields)
{
    scoped_json cJSON *json = cJSON_CreateObject();

    for (const struct field *field = fields; field; field = field->next) {
        struct meta_edge edge = edge_within(call, field, business->id);
        if (!strcmp(field->name, "id"))
            continue;
        if (name_in(business_edges, field->name)) {
            if (!add_edge(json, field->name, meta_edge_of_business(&edge, business)))
                return NULL;
        } else if (name_in(business_fields, field->name)) {
            add_plain(json, business->json, field->name);
        } else {
            return unknown_field(call, &business_type, field->name);
        }
    }
    cJSON_AddStringToObject(json, "id", business->id);
    if (!fields)
        cJSON_AddStringToObject(json, "name", business->name);
    return TAKE(json);
}

/* ---- lists ---- */

/* Which statuses a list shows: those asked for, else all but deleted and archived. */
struct wanted {
    const cJSON *statuses; /* effective_status */
    const cJSON *filtering;
};

static bool status_valid(const char *status, bool of_ad_set)
{
    static const char *const statuses[] = { "ACTIVE",     "PAUSED",      "DELETED", "ARCHIVED",
                                            "IN_PROCESS", "WITH_ISSUES", NULL };
    return name_in(statuses, status) || (of_ad_set && !strcmp(status, "CAMPAIGN_PAUSED"));
}

static bool wanted_read(struct meta_edge *edge, bool of_ad_sets, struct wanted *ret)
{
    const cJSON *item = NULL;

    ret->statuses = edge_json(edge, "effective_status", true);
    ret->filtering = edge_json(edge, "filtering", true);
    cJSON_ArrayForEach(item, ret->statuses) {
        if (!cJSON_IsString(item) || !status_valid(item->valuestring, of_ad_sets)) {
            meta_fail(edge->call, 400, 100, 0,
                      "(#100) Param effective_status[0] must be one of {ACTIVE, PAUSED, DELETED, "
                      "ARCHIVED, IN_PROCESS, WITH_ISSUES%s} - got %s",
                      of_ad_sets ? ", CAMPAIGN_PAUSED" : "",
                      cJSON_IsString(item) ? item->valuestring : "something else");
            return false;
        }
    }
    cJSON_ArrayForEach(item, ret->filtering) {
        const char *field = json_text(item, "field", "");
        const char *dot = strrchr(field, '.');
        field = dot ? dot + 1 : field;
        if (strcmp(field, "effective_status") && strcmp(field, "id") && strcmp(field, "name")) {
            meta_fail(edge->call, 400, 100, 0, "(#100) Filtering field %s is invalid",
                      json_text(item, "field", ""));
            return false;
        }
    }
    return !edge->call->failed;
}

static bool text_in(const cJSON *list, const char *text)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && !strcmp(item->valuestring, text))
            return true;
    }
    return cJSON_IsString(list) && !strcmp(list->valuestring, text);
}

static bool shows(const struct wanted *wanted, const char *status, const char *id, const char *name)
{
    const cJSON *filter = NULL;
    bool gone = !strcmp(status, "DELETED") || !strcmp(status, "ARCHIVED");

    if (wanted->statuses) {
        gone = false;
        if (!text_in(wanted->statuses, status))
            return false;
    }
    cJSON_ArrayForEach(filter, wanted->filtering) {
        const char *field = json_text(filter, "field", "");
        const char *dot = strrchr(field, '.');
        const char *value = !strcmp(dot ? dot + 1 : field, "effective_status") ? status
                            : !strcmp(dot ? dot + 1 : field, "id")             ? id
                                                                   : name;
        bool has = text_in(json_get(filter, "value"), value);
        if (!strncmp(json_text(filter, "operator", ""), "NOT", 3) ? has : !has)
            return false;
        if (value == status)
            gone = false;
    }
    return !gone;
}

struct list {
    VEC(const void *) nodes;
};

static cJSON *campaign_list(struct meta_edge *edge, const struct account *account)
{
    struct wanted wanted;
    struct list list = { 0 };
    struct page page;

    if (!wanted_read(edge, false, &wanted))
        return NULL;
    for (size_t i = 0; i < account->campaign_count; i++) {
        const struct campaign *campaign = &account->campaigns[i];
        if (shows(&wanted, campaign->effective_status, campaign->id, campaign->name))
            *vec_push(edge->call->request->arena, &list.nodes) = campaign;
    }
    if (!edge_page(edge, list.nodes.len, has_edges(&campaign_type, edge->fields), &page))
        return NULL;
    scoped_json cJSON *data = cJSON_CreateArray();
    for (size_t i = page.from; i < page.to; i++) {
        cJSON *node = meta_node_campaign(edge->call, list.nodes.items[i], edge->fields);
        if (!node)
            return NULL;
        cJSON_AddItemToArray(data, node);
    }
    return edge_result(edge, TAKE(data), page, list.nodes.len);
}

/* Of a whole account, or of one campaign. */
static cJSON *ad_set_list(struct meta_edge *edge, const struct account *account,
                          const struct campaign *only)
{
    struct wanted wanted;
    struct list list = { 0 };
    struct page page;

    if (!wanted_read(edge, true, &wanted))
        return NULL;
    for (size_t i = 0; i < account->campaign_count; i++) {
        const struct campaign *campaign = &account->campaigns[i];
        if (only && campaign != only)
            continue;
        for (size_t j = 0; j < campaign->ad_set_count; j++) {
            const struct ad_set *set = &campaign->ad_sets[j];
            if (shows(&wanted, set->effective_status, set->id, json_text(set->json, "name", "")))
                *vec_push(edge->call->request->arena, &list.nodes) = set;
        }
    }
    if (!edge_page(edge, list.nodes.len, has_edges(&ad_set_type, edge->fields), &page))
        return NULL;
    scoped_json cJSON *data = cJSON_CreateArray();
    for (size_t i = page.from; i < page.to; i++) {
        cJSON *node = meta_node_ad_set(edge->call, list.nodes.items[i], edge->fields);
        if (!node)
            return NULL;
        cJSON_AddItemToArray(data, node);
    }
    return edge_result(edge, TAKE(data), page, list.nodes.len);
}

static void *unknown_edge(struct meta_edge *edge)
{
    return meta_fail(edge->call, 400, 2500, 0, "Unknown path components: /%s", edge->name);
}

cJSON *meta_edge_of_account(struct meta_edge *edge, const struct account *account)
{
    size_t rows = 0;

    if (!strcmp(edge->name, "insights"))
        return meta_insights(edge, (struct insights_scope){ .account = account }, &rows);
    if (!strcmp(edge->name, "campaigns"))
        return campaign_list(edge, account);
    if (!strcmp(edge->name, "adsets"))
        return ad_set_list(edge, account, NULL);
    return unknown_edge(edge);
}

cJSON *meta_edge_of_campaign(struct meta_edge *edge, const struct campaign *campaign)
{
    const struct insights_scope scope = { .account = campaign->account, .campaign = campaign };
    size_t rows = 0;

    if (!strcmp(edge->name, "insights"))
        return meta_insights(edge, scope, &rows);
    if (!strcmp(edge->name, "adsets"))
        return ad_set_list(edge, campaign->account, campaign);
    return unknown_edge(edge);
}

static bool account_listed(const struct business *business, const struct account *account,
                           bool owned)
{
    bool own = account->business && !strcmp(account->business, business->id);

    if (owned)
        return own && account->owned;
    return business->sees_all ? !(own && account->owned) : own && !account->owned;
}

/*
 * An account that a business sees without having been granted its numbers is listed, and refused
 * when its own node is asked.
 */
cJSON *meta_edge_of_business(struct meta_edge *edge, const struct business *business)
{
    bool owned = !strcmp(edge->name, "owned_ad_accounts");
    const struct agency *agency = edge->call->agency;
    struct list list = { 0 };
    struct page page;

    if (!owned && strcmp(edge->name, "client_ad_accounts") != 0)
        return unknown_edge(edge);
    for (size_t i = 0; i < agency->meta_account_count; i++) {
        if (account_listed(business, &agency->meta_accounts[i], owned))
            *vec_push(edge->call->request->arena, &list.nodes) = &agency->meta_accounts[i];
    }
    if (!edge_page(edge, list.nodes.len, has_edges(&account_type, edge->fields), &page))
        return NULL;
    scoped_json cJSON *data = cJSON_CreateArray();
    for (size_t i = page.from; i < page.to; i++) {
        cJSON *node = meta_node_account(edge->call, list.nodes.items[i], edge->fields);
        if (!node)
            return NULL;
        cJSON_AddItemToArray(data, node);
    }
    return edge_result(edge, TAKE(data), page, list.nodes.len);
}
