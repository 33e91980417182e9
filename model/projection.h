/*
 * The numbers (the formulas are in the README, "The numbers"). Pure. Divisions are exact until the
 * end: each figure is worked out as a whole in 128 bits and rounded to a micro once, half away from
 * zero.
 */
#ifndef RAIOX_MODEL_PROJECTION_H
#define RAIOX_MODEL_PROJECTION_H

#include "model/report.h"

/*
 * Fills budget_kind, budget_amount and figures of each campaign, then the account's: a shared
 * budget counts once, over the days on which at least one of its campaigns runs. Needs
 * account->month. ERR_BAD_RESPONSE: an amount too large to hold.
 */
MUST_CHECK bool projection_account(struct arena *arena, struct ad_account *account,
                                   struct error *err);

/*
 * Totals of each business manager and of the report, one a currency, by spend; target, pacing and
 * recommended daily budget on the row that the client's target belongs to. Adds the config warning
 * for a target without a row. Needs report->month, ->currency, ->client and the accounts' figures.
 */
MUST_CHECK bool projection_report(struct arena *arena, struct report *report, struct error *err);

#endif
