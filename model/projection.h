/*
 * The numbers (the formulas are in the README, "The numbers"). Pure. Divisions are exact until the
 * end: each figure is worked out as a whole in 128 bits and rounded to a micro once, half away from
 * zero.
 */
#ifndef RAIOX_MODEL_PROJECTION_H
#define RAIOX_MODEL_PROJECTION_H

#include "model/report.h"

/*
 * Fills level, budget_kind, budget_amount and figures of each campaign, then the account's own.
 * Needs account->month.
 *
 * A budget counts from tomorrow on if it is running and does not end today or earlier. Then its
 * daily_budget is what it spends on a day on which it runs, also when its first day is yet to come,
 * this month or later: the projection, daily_budget x days, is what knows the schedule. What ends
 * today has a daily_budget of 0, for from tomorrow on it spends nothing. A lifetime budget's is
 * what is left over the days left of its schedule (from tomorrow, or from a later first day), this
 * month's or not; without an end it is 0.
 *
 * budget_kind is that of the ad sets that run from tomorrow on; where none does, that of all of
 * them, and budget_amount is then 0, the sum over none. A campaign's or shared budget has kind and
 * amount whether it runs or not.
 *
 * An account's figures come from its budgets, each counted once, not from its campaigns' rounded
 * figures: a shared budget counts over the days on which at least one of its campaigns runs.
 *
 * errors  ERR_BAD_RESPONSE: an amount below zero or too large to hold
 *         ERR_INTERNAL: level and budgets do not fit together
 */
MUST_CHECK bool projection_account(struct arena *arena, struct ad_account *account,
                                   struct error *err);

/*
 * Totals of each business manager and of the report, one a currency, by spend; target, pacing and
 * recommended daily budget on the row that the client's target belongs to. Adds the config warning
 * for a target without a row, and sorts the report. Needs report->month, ->currency, ->client and
 * the accounts' figures. ERR_BAD_RESPONSE: a sum too large to hold.
 */
MUST_CHECK bool projection_report(struct arena *arena, struct report *report, struct error *err);

#endif
