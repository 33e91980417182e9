/*
 * Understands lists of campaigns and ad sets: what runs, with which budget, between which instants.
 * Pure. Amounts are in Meta's minor unit, which is not ISO 4217's: meta_assemble.h translates.
 */
#ifndef RAIOX_PLATFORMS_META_CAMPAIGNS_H
#define RAIOX_PLATFORMS_META_CAMPAIGNS_H

#include "platforms/meta_page.h"

/* What is asked of an ad set, nested in its campaign or not. */
#define META_AD_SET_FIELDS                                                                         \
    "id,campaign_id,effective_status,daily_budget,lifetime_budget,budget_remaining,start_time,"    \
    "end_time"
#define META_CAMPAIGN_FIELDS                                                                       \
    "id,name,effective_status,daily_budget,lifetime_budget,budget_remaining,start_time,stop_time"

struct meta_budget {
    int64_t daily, lifetime; /* at most one is above 0 */
    int64_t remaining;
    bool has_remaining;
};

/* From the start until right before the end. */
struct meta_window {
    int64_t start_ms, end_ms; /* INT64_MIN, INT64_MAX: open */
};

struct meta_campaign {
    struct meta_row row;
    const char *name, *status;
    bool active;
    struct meta_budget budget;
    struct meta_window window;
};

struct meta_ad_set {
    struct meta_row row;
    const char *campaign_id;
    bool active;
    struct meta_budget budget;
    struct meta_window window;
};

/* A campaign whose nested list of ad sets goes on. */
struct meta_more {
    const char *campaign_id, *after;
};

/* What was listed of one account. Everything points into the arena given to the parsers. */
struct meta_listing {
    VEC(struct meta_campaign) campaigns;
    VEC(struct meta_ad_set) ad_sets;
    VEC(struct meta_more) more;
};

/* One page of campaigns, each with its first ad sets (or none: the flat form). Added to listing. */
MUST_CHECK bool meta_campaigns_parse(struct arena *arena, const char *body, size_t len,
                                     struct meta_listing *listing, const char **ret_after,
                                     struct error *err);
/* One page of ad sets, of one campaign or of many. */
MUST_CHECK bool meta_ad_sets_parse(struct arena *arena, const char *body, size_t len,
                                   struct meta_listing *listing, const char **ret_after,
                                   struct error *err);

#endif
