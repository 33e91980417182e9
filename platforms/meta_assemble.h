/*
 * Puts an account together from what was listed and what was spent: joined from both sides, budgets
 * in micros, schedules in days of the account's zone. Pure.
 */
#ifndef RAIOX_PLATFORMS_META_ASSEMBLE_H
#define RAIOX_PLATFORMS_META_ASSEMBLE_H

#include "model/report.h"
#include "platforms/meta_campaigns.h"
#include "platforms/meta_insights.h"

/*
 * Fills account->campaigns, by id. Needs its currency, timezone and month. Sorts listing and
 * insights in place.
 * errors  ERR_BAD_RESPONSE: an amount too large to hold, a running lifetime budget without what is
 *         left of it
 */
MUST_CHECK bool meta_assemble(struct arena *arena, struct meta_listing *listing,
                              struct meta_insights *insights, struct ad_account *account,
                              struct error *err);

/* Micros in one of Meta's minor units of a currency. */
int64_t meta_minor_micros(const char *currency);

#endif
