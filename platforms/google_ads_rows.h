/*
 * Answers of googleAds:search to rows: an account's facts, its campaigns with their budgets, and
 * what they cost. 64-bit numbers come as text, and what is unset does not come at all. Pure.
 */
#ifndef RAIOX_PLATFORMS_GOOGLE_ADS_ROWS_H
#define RAIOX_PLATFORMS_GOOGLE_ADS_ROWS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "model/calendar.h"

#include <stdbool.h>
#include <stdint.h>

/* What an account is; the same on each row that says it. */
struct google_ads_facts {
    char currency[4];
    const char *timezone; /* IANA; NULL: the account has none */
    const char *name;     /* "" where it has none */
    bool manager;
};

enum google_ads_kind { GOOGLE_ADS_BASE, GOOGLE_ADS_EXPERIMENT, GOOGLE_ADS_DRAFT };

struct google_ads_campaign {
    const char *id, *name, *status;
    bool may_run; /* by its three statuses; its dates apart */
    enum google_ads_kind kind;
    struct day starts, ends; /* the account's days; {0}: has started, open */
    const char *budget;      /* resource name; "" where it has none */
    const char *budget_id;
    bool total;   /* the amount is for the whole schedule, not for a day */
    bool several; /* more than one campaign uses the budget, Google says */
    int64_t amount_micros;
};

struct google_ads_cost {
    const char *id, *name, *status;
    int64_t cost_micros, impressions, clicks;
    struct day day; /* {0}: of the whole period */
};

struct google_ads_campaigns {
    VEC(struct google_ads_campaign) rows;
};
struct google_ads_costs {
    VEC(struct google_ads_cost) rows;
};

/*
 * Each reads one page and adds its rows.
 * customer   the id that was asked: another one's answer is an error
 * facts      written when a row brings them; ret_has says so (never set to false)
 * ret_next   the page token of the next page; NULL: that was the last
 * errors     ERR_BAD_RESPONSE
 */
MUST_CHECK bool google_ads_facts_parse(struct arena *arena, struct bytes body, const char *customer,
                                       struct google_ads_facts *facts, bool *ret_has,
                                       struct error *err);
MUST_CHECK bool google_ads_campaigns_parse(struct arena *arena, struct bytes body,
                                           const char *customer,
                                           struct google_ads_campaigns *campaigns,
                                           struct google_ads_facts *facts, bool *ret_has,
                                           const char **ret_next, struct error *err);
MUST_CHECK bool google_ads_costs_parse(struct arena *arena, struct bytes body,
                                       struct google_ads_costs *costs, const char **ret_next,
                                       struct error *err);

/* The form in which facts are remembered, and back. */
const char *google_ads_facts_print(struct arena *arena, const struct google_ads_facts *facts);
MUST_CHECK bool google_ads_facts_read(struct arena *arena, struct bytes text,
                                      struct google_ads_facts *ret, struct error *err);

#endif
