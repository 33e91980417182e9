/*
 * What is asked of an account, and rows to the model's ad account: campaigns and costs joined from
 * both sides, shared budgets, what is left of total budgets. Pure.
 */
#ifndef RAIOX_PLATFORMS_GOOGLE_ADS_ACCOUNT_H
#define RAIOX_PLATFORMS_GOOGLE_ADS_ACCOUNT_H

#include "base/arena.h"
#include "base/error.h"
#include "model/report.h"
#include "platforms/google_ads_rows.h"

#include <stdbool.h>

/* GAQL. The account's facts; its campaigns that are not removed, with their budgets and the facts
 * again, spending or not. */
extern const char google_ads_facts_query[], google_ads_campaigns_query[];
/* What each campaign cost from the month's first day to today, removed ones included. */
const char *google_ads_costs_query(struct arena *arena, const struct month *month);
/*
 * What running total budgets with an end have spent since their start, all of them in one query, a
 * row a day. NULL: the account has none.
 */
const char *google_ads_totals_query(struct arena *arena,
                                    const struct google_ads_campaigns *campaigns,
                                    const struct month *month);

struct google_ads_answers {
    const char *customer; /* id */
    struct google_ads_facts facts;
    const char *timezone; /* the account's, or the agency's where it has none */
    struct month month;   /* of that zone: the one that costs were asked for */
    struct google_ads_campaigns campaigns;
    struct google_ads_costs costs;
    struct google_ads_costs totals; /* of google_ads_totals_query(), by day */
};
/* Figures are left to projection. ERR_BAD_RESPONSE: amounts too large to hold. */
MUST_CHECK bool google_ads_account_build(struct arena *arena,
                                         const struct google_ads_answers *answers,
                                         struct ad_account *ret, struct error *err);

#endif
