/*
 * From budgets to figures. A pot is one distinct budget with every schedule that it pays for; days
 * are counted as offsets from today (1 is tomorrow), so that a month's end is days_left.
 */
#include "model/projection.h"

#include "model/exact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The last day of what has no end: later than any other. */
#define OPEN_END INT64_MAX

/* Days from tomorrow on in which something runs, both included. */
struct span {
    int64_t from, to;
};
struct pot {
    enum budget_kind kind;
    int64_t amount, remaining;
    VEC(struct span) spans; /* empty: it spends nothing from tomorrow on */
};

/* What pots add up to, for a campaign or an account. */
struct sums {
    struct exact daily, projection;
};

static bool too_large(struct error *err, const char *what, const char *id)
{
    return error_set(err, ERR_BAD_RESPONSE, "%s %s: an amount too large to hold", what, id);
}

/* false: it does not run from tomorrow on. */
static bool span_of(const struct month *month, const struct budget *budget, struct span *ret)
{
    struct span span = { 1, OPEN_END };

    if (!budget->running || budget->kind == BUDGET_NONE)
        return false;
    if (!day_none(budget->starts) && days_between(month->today, budget->starts) > span.from)
        span.from = days_between(month->today, budget->starts);
    if (!day_none(budget->ends))
        span.to = days_between(month->today, budget->ends);
    *ret = span;
    return span.to >= span.from;
}

static void pot_add(struct arena *arena, struct pot *pot, const struct month *month,
                    const struct budget *budget)
{
    struct span span;

    if (!span_of(month, budget, &span))
        return;
    if (pot->spans.len == 0) { /* a budget is the same for all that it pays for */
        pot->kind = budget->kind;
        pot->amount = budget->amount_micros;
        pot->remaining = budget->remaining_micros > 0 ? budget->remaining_micros : 0;
    }
    *(struct span *)vec_push(arena, &pot->spans) = span;
}

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* The days on which at least one of the spans runs: in all (OPEN_END: without end), and those of
 * this month. */
static void pot_days(struct pot *pot, int days_left, int64_t *ret_all, int64_t *ret_month)
{
    int64_t next = 1, all = 0, in_month = 0; /* next: the first day not yet looked at */

    qsort(pot->spans.items, pot->spans.len, sizeof(struct span), by_start);
    for (size_t i = 0; i < pot->spans.len; i++) {
        struct span span = pot->spans.items[i];

        if (span.from < next)
            span.from = next;
        if (span.to < span.from)
            continue;
        if (span.from <= days_left)
            in_month += (span.to < days_left ? span.to : days_left) - span.from + 1;
        if (span.to == OPEN_END) {
            all = OPEN_END;
            break;
        }
        all += span.to - span.from + 1;
        next = span.to + 1;
    }
    *ret_all = all;
    *ret_month = in_month;
}

/* Adds a pot to what it counts for. */
static void pot_count(struct pot *pot, int days_left, struct sums *sums)
{
    int64_t all, in_month;

    if (pot->spans.len == 0)
        return;
    pot_days(pot, days_left, &all, &in_month);
    if (pot->kind == BUDGET_DAILY) {
        exact_add(&sums->daily, pot->amount);
        exact_add(&sums->projection, (int128)pot->amount * in_month);
    } else if (all != OPEN_END) { /* a lifetime's share of a day */
        exact_add_quotient(&sums->daily, pot->remaining, (uint32_t)all);
        exact_add_quotient(&sums->projection, (int128)pot->remaining * in_month, (uint32_t)all);
    }
}

/* Whatever rooms have agreed on: what does not fit would be left out of the sums in silence. */
static bool budgets_check(const struct campaign *campaign, struct error *err)
{
    for (size_t i = 0; i < campaign->budgets.len; i++) {
        const struct budget *budget = &campaign->budgets.items[i];

        if (budget->kind == BUDGET_MIXED)
            return error_set(err, ERR_INTERNAL, "campaign %s: one budget of two kinds",
                             campaign->id);
        if (budget->amount_micros < 0)
            return error_set(err, ERR_BAD_RESPONSE, "campaign %s: a budget below zero",
                             campaign->id);
        if (budget->kind != BUDGET_NONE && campaign->level == LEVEL_NONE)
            return error_set(err, ERR_INTERNAL, "campaign %s: a budget without level",
                             campaign->id);
    }
    if (campaign->level == LEVEL_SHARED && !campaign->shared_id)
        return error_set(err, ERR_INTERNAL, "campaign %s: a shared budget without id",
                         campaign->id);
    return true;
}

/* Which kinds there are among a campaign's budgets, as a set of 1 << kind. */
static unsigned kinds_of(const struct campaign *campaign, const struct month *month,
                         bool only_running)
{
    unsigned kinds = 0;
    struct span span;

    for (size_t i = 0; i < campaign->budgets.len; i++) {
        const struct budget *budget = &campaign->budgets.items[i];
        if (budget->kind != BUDGET_NONE && (!only_running || span_of(month, budget, &span)))
            kinds |= 1U << budget->kind;
    }
    return kinds;
}

static enum budget_kind kind_of(unsigned kinds)
{
    if (kinds == 0)
        return BUDGET_NONE;
    if (kinds == 1U << BUDGET_DAILY)
        return BUDGET_DAILY;
    return kinds == 1U << BUDGET_LIFETIME ? BUDGET_LIFETIME : BUDGET_MIXED;
}

/* The sum over the ad sets that run. */
static bool sum_of_ad_sets(struct campaign *campaign, const struct month *month, struct error *err)
{
    struct span span;

    for (size_t i = 0; i < campaign->budgets.len; i++) {
        const struct budget *budget = &campaign->budgets.items[i];
        if (span_of(month, budget, &span) &&
            __builtin_add_overflow(campaign->budget_amount, budget->amount_micros,
                                   &campaign->budget_amount))
            return too_large(err, "campaign", campaign->id);
    }
    return true;
}

/* Fills level, budget_kind and budget_amount. */
static bool describe_budget(struct campaign *campaign, const struct month *month, struct error *err)
{
    unsigned all = kinds_of(campaign, month, false), running = kinds_of(campaign, month, true);
    bool own = campaign->level == LEVEL_CAMPAIGN || campaign->level == LEVEL_SHARED;

    campaign->budget_kind = kind_of(running ? running : all);
    campaign->has_budget_amount =
        campaign->budget_kind != BUDGET_NONE && campaign->budget_kind != BUDGET_MIXED;
    campaign->budget_amount = 0;
    if (campaign->budget_kind == BUDGET_NONE) {
        campaign->level = LEVEL_NONE;
        campaign->shared_id = NULL;
    }
    if (!campaign->has_budget_amount)
        return true;
    if (!own)
        return sum_of_ad_sets(campaign, month, err);
    for (size_t i = campaign->budgets.len; i-- > 0;) /* the first one's stays */
        if (campaign->budgets.items[i].kind != BUDGET_NONE)
            campaign->budget_amount = campaign->budgets.items[i].amount_micros;
    return true;
}

static struct sums sums_in(struct arena *arena)
{
    return (struct sums){ { .arena = arena }, { .arena = arena } };
}

/* Figures from a month's spend and what its budgets add to it. */
static bool figures_of(int64_t spend, struct sums *sums, const struct month *month,
                       struct figures *ret)
{
    struct figures f = { .spend = spend };

    exact_add(&sums->projection, spend);
    if (!exact_round(&sums->daily, &f.daily_budget) ||
        !exact_round(&sums->projection, &f.projection) ||
        !quotient_round((int128)spend * month->days, month->elapsed, &f.run_rate))
        return false;
    *ret = f;
    return true;
}

/* Adds a campaign's own budgets; a shared one is left to whoever sees all its campaigns. */
static void count_budgets(struct arena *arena, const struct campaign *campaign,
                          const struct month *month, struct sums *sums)
{
    struct pot pot = { 0 };

    for (size_t i = 0; i < campaign->budgets.len; i++) {
        pot_add(arena, &pot, month, &campaign->budgets.items[i]);
        if (campaign->level == LEVEL_AD_SET) { /* each is a pot of its own */
            pot_count(&pot, month->days_left, sums);
            pot = (struct pot){ 0 };
        }
    }
    pot_count(&pot, month->days_left, sums);
}

static bool campaign_figures(struct arena *arena, struct campaign *campaign,
                             const struct month *month, struct error *err)
{
    struct sums sums = sums_in(arena);

    if (!budgets_check(campaign, err) || !describe_budget(campaign, month, err))
        return false;
    count_budgets(arena, campaign, month, &sums);
    if (!figures_of(campaign->spend_micros, &sums, month, &campaign->figures))
        return too_large(err, "campaign", campaign->id);
    return true;
}

/* A campaign with a shared budget. */
struct sharer {
    const struct campaign *campaign;
};

/* By budget; within one, in the account's own order. */
static int by_shared_id(const void *a, const void *b)
{
    const struct sharer *x = a, *y = b;
    int order = strcmp(x->campaign->shared_id, y->campaign->shared_id);

    return order != 0 ? order : (x->campaign > y->campaign) - (x->campaign < y->campaign);
}

/* Adds the account's shared budgets, each once over all its campaigns. */
static void count_shared(struct arena *arena, const struct ad_account *account, struct sums *sums)
{
    VEC(struct sharer) sharers = { 0 };
    struct pot pot = { 0 };

    for (size_t i = 0; i < account->campaigns.len; i++)
        if (account->campaigns.items[i].level == LEVEL_SHARED)
            *(struct sharer *)vec_push(arena, &sharers) =
                (struct sharer){ &account->campaigns.items[i] };
    if (sharers.len > 0)
        qsort(sharers.items, sharers.len, sizeof(struct sharer), by_shared_id);

    for (size_t i = 0; i < sharers.len; i++) {
        const struct campaign *campaign = sharers.items[i].campaign;

        if (i > 0 && strcmp(campaign->shared_id, sharers.items[i - 1].campaign->shared_id) != 0) {
            pot_count(&pot, account->month.days_left, sums);
            pot = (struct pot){ 0 };
        }
        for (size_t b = 0; b < campaign->budgets.len; b++)
            pot_add(arena, &pot, &account->month, &campaign->budgets.items[b]);
    }
    pot_count(&pot, account->month.days_left, sums);
}

bool projection_account(struct arena *arena, struct ad_account *account, struct error *err)
{
    struct sums sums = sums_in(arena);
    int64_t spend = 0;

    for (size_t i = 0; i < account->campaigns.len; i++) {
        struct campaign *campaign = &account->campaigns.items[i];

        if (!campaign_figures(arena, campaign, &account->month, err))
            return error_wrap(err, "account %s", account->id);
        if (__builtin_add_overflow(spend, campaign->spend_micros, &spend))
            return too_large(err, "account", account->id);
        if (campaign->level != LEVEL_SHARED)
            count_budgets(arena, campaign, &account->month, &sums);
    }
    count_shared(arena, account, &sums);
    if (!figures_of(spend, &sums, &account->month, &account->figures))
        return too_large(err, "account", account->id);
    return true;
}

/* --- totals ---------------------------------------------------------------------------------- */

static bool figures_add(struct figures *sum, const struct figures *f)
{
    return !__builtin_add_overflow(sum->spend, f->spend, &sum->spend) &&
           !__builtin_add_overflow(sum->daily_budget, f->daily_budget, &sum->daily_budget) &&
           !__builtin_add_overflow(sum->projection, f->projection, &sum->projection) &&
           !__builtin_add_overflow(sum->run_rate, f->run_rate, &sum->run_rate);
}

static struct total *total_in(struct arena *arena, struct totals *totals, const char *currency,
                              int days_left)
{
    for (size_t i = 0; i < totals->len; i++)
        if (strcmp(totals->items[i].currency, currency) == 0)
            return &totals->items[i];

    struct total *total = vec_push(arena, totals);
    memcpy(total->currency, currency, sizeof(total->currency));
    total->days_left = days_left;
    return total;
}

static bool totals_add(struct arena *arena, struct totals *totals,
                       const struct business_manager *manager, int days_left, struct error *err)
{
    for (size_t i = 0; i < manager->ad_accounts.len; i++) {
        const struct ad_account *account = &manager->ad_accounts.items[i];
        struct total *total = total_in(arena, totals, account->currency, days_left);

        if (!figures_add(&total->figures, &account->figures))
            return error_set(err, ERR_BAD_RESPONSE, "total in %s is too large to hold",
                             account->currency);
    }
    return true;
}

static int by_spend(const void *a, const void *b)
{
    const struct total *x = a, *y = b;
    int order = (x->figures.spend < y->figures.spend) - (x->figures.spend > y->figures.spend);

    return order != 0 ? order : strcmp(x->currency, y->currency);
}

static void totals_sort(struct totals *totals)
{
    if (totals->len > 0)
        qsort(totals->items, totals->len, sizeof(struct total), by_spend);
}

/* The row that the client's target is in: the only one, or that of the agency's currency. */
static struct total *target_row(struct report *report)
{
    if (report->totals.len == 1)
        return &report->totals.items[0];
    for (size_t i = 0; i < report->totals.len; i++)
        if (strcmp(report->totals.items[i].currency, report->currency) == 0)
            return &report->totals.items[i];
    return NULL;
}

static bool target_figures(struct total *total, int64_t target, struct error *err)
{
    int128 missing = (int128)target - total->figures.spend;

    total->has_target = true;
    total->target = target;
    total->has_recommended = total->days_left > 0;
    if (!quotient_round((int128)total->figures.projection * 10000, target, &total->pacing_e4))
        return error_set(err, ERR_BAD_RESPONSE, "pacing is too large to hold");
    if (total->has_recommended && !quotient_round(missing > 0 ? missing : 0, total->days_left,
                                                  &total->recommended_daily_budget))
        return error_set(err, ERR_BAD_RESPONSE, "recommended budget is too large to hold");
    return true;
}

static bool target_apply(struct arena *arena, struct report *report, struct error *err)
{
    const struct client *client = report->client;

    if (!client->has_target || client->target_micros <= 0 || report->totals.len == 0)
        return true;

    struct total *row = target_row(report);
    if (row)
        return target_figures(row, client->target_micros, err);

    struct warning *warning = vec_push(arena, &report->warnings);
    warning->kind = ERR_CONFIG;
    warning->topic = TOPIC_NO_TARGET_ROW;
    warning->message = arena_printf(arena,
                                    "min_investment is taken to be in %s, and this client's "
                                    "accounts are in several other currencies: no target is shown",
                                    report->currency);
    return true;
}

bool projection_report(struct arena *arena, struct report *report, struct error *err)
{
    int days_left = report->month.days_left;

    report_sort(report);
    for (size_t i = 0; i < report->business_managers.len; i++) {
        struct business_manager *manager = &report->business_managers.items[i];

        if (!totals_add(arena, &manager->totals, manager, days_left, err) ||
            !totals_add(arena, &report->totals, manager, days_left, err))
            return false;
        totals_sort(&manager->totals);
    }
    totals_sort(&report->totals);
    return target_apply(arena, report, err);
}
