/*
 * The sample agency: agency.json with its repetitions expanded, and what each campaign spent on
 * which day. Meta's ad accounts and Google's customers are the same struct; what is of one platform
 * only stays in the JSON.
 */
#ifndef RAIOX_SANDBOX_AGENCY_H
#define RAIOX_SANDBOX_AGENCY_H

#include "base/arena.h"
#include "base/json.h"
#include "tests/sandbox/days.h"

/* Money spent evenly over a stretch of days, to the account's smallest unit. */
struct spend_rule {
    struct days days;
    int64_t total_micros, impressions, clicks; /* of the whole stretch */
};

struct delivery {
    int64_t micros, impressions, clicks;
};

struct account;
struct campaign;

struct ad_set {
    const cJSON *json;
    const char *id, *status, *effective_status;
    const struct campaign *campaign;
};

struct campaign {
    const cJSON *json;
    const char *id, *name, *status, *effective_status;
    const struct account *account;
    struct ad_set *ad_sets;
    size_t ad_set_count;
    struct spend_rule *rules;
    size_t rule_count;
};

struct account {
    const cJSON *json;
    const char *id, *name, *currency, *zone;
    const char *business; /* Meta: the business manager that it is listed under; NULL */
    bool owned, denied;
    int64_t unit_micros; /* the smallest amount that is spent: a cent, or a whole yen */
    struct campaign *campaigns;
    size_t campaign_count;
};

struct business {
    const cJSON *json;
    const char *id, *name;
    bool sees_all; /* the agency's own: every account is shared with it */
};

struct agency {
    cJSON *root;
    struct arena *arena;
    const cJSON *slack, *monday, *meta, *google;
    struct business *businesses;
    size_t business_count;
    struct account *meta_accounts, *customers;
    size_t meta_account_count, customer_count;
};

/* NULL when the file cannot be read: says why on standard error. */
struct agency *agency_load(const char *path);
void agency_destroy(struct agency *agency);

/* A text of the data; fallback where it is absent. */
const char *json_text(const cJSON *object, const char *name, const char *fallback);

const struct business *agency_business(const struct agency *agency, const char *id);
const struct account *agency_meta_account(const struct agency *agency, const char *id);
const struct account *agency_customer(const struct agency *agency, const char *id);
const struct campaign *agency_meta_campaign(const struct agency *agency, const char *id);

struct delivery campaign_delivery(const struct campaign *campaign, struct days days);

#endif
