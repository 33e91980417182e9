#include "platforms/meta_assemble.h"

#include <stdlib.h>
#include <string.h>

/*
 * Currencies whose budgets Meta counts in whole units; all others in hundredths. Not ISO 4217's
 * decimals (COP, HUF, IDR, TWD, BHD, JOD differ). Source: Meta developers, "Currencies", 2026-10.
 */
static const char whole_units[][4] = { "CLP", "COP", "CRC", "HUF", "IDR", "ISK",
                                       "JPY", "KRW", "PYG", "TWD", "VND" };

int64_t meta_minor_micros(const char *currency)
{
    for (size_t i = 0; i < COUNT(whole_units); i++) {
        if (strcmp(currency, whole_units[i]) == 0)
            return MICROS;
    }
    return MICROS / 100;
}

/* ---- schedules ---- */

static struct meta_window window_both(struct meta_window a, struct meta_window b)
{
    return (struct meta_window){
        .start_ms = a.start_ms > b.start_ms ? a.start_ms : b.start_ms,
        .end_ms = a.end_ms < b.end_ms ? a.end_ms : b.end_ms,
    };
}

/* The window in days: {0} where it is open, or has started. */
static bool window_days(const struct ad_account *account, struct meta_window window,
                        struct day *ret_starts, struct day *ret_ends, struct error *err)
{
    struct day starts = { 0 }, ends = { 0 };

    if (!instant_long_before(window.start_ms, account->month.today) &&
        !day_of(account->timezone, window.start_ms, &starts, err))
        return false;
    if (window.end_ms != INT64_MAX &&
        !last_day_before(account->timezone, window.end_ms, &ends, err))
        return false;
    if (!day_none(starts) && day_compare(starts, account->month.today) <= 0)
        starts = (struct day){ 0 };
    *ret_starts = starts;
    *ret_ends = ends;
    return true;
}

/* Is any day after today in it? */
static bool runs_later(const struct ad_account *account, struct day starts, struct day ends)
{
    if (day_none(ends))
        return true;
    return day_compare(ends, account->month.today) > 0 &&
           (day_none(starts) || day_compare(starts, ends) <= 0);
}

/* ---- budgets ---- */

static bool to_micros(const char *currency, int64_t minor, int64_t *ret, struct error *err)
{
    if (__builtin_mul_overflow(minor, meta_minor_micros(currency), ret))
        return error_set(err, ERR_BAD_RESPONSE, "a budget too large to hold");
    return true;
}

static bool budget_any(const struct meta_budget *budget)
{
    return budget->daily > 0 || budget->lifetime > 0;
}

/* One budget with its schedule; nothing if it has none. */
static bool budget_add(struct arena *arena, const struct ad_account *account,
                       const struct meta_budget *from, struct meta_window window, bool on,
                       struct campaign *campaign, struct error *err)
{
    struct budget got = { .kind = from->daily > 0 ? BUDGET_DAILY : BUDGET_LIFETIME };
    int64_t amount = from->daily > 0 ? from->daily : from->lifetime;

    if (!budget_any(from))
        return true;
    if (!to_micros(account->currency, amount, &got.amount_micros, err) ||
        !window_days(account, window, &got.starts, &got.ends, err))
        return false;
    got.running = on && runs_later(account, got.starts, got.ends);
    if (got.kind == BUDGET_LIFETIME) {
        if (got.running && !from->has_remaining)
            return error_set(err, ERR_BAD_RESPONSE, "a lifetime budget without budget_remaining");
        if (!to_micros(account->currency, from->remaining, &got.remaining_micros, err))
            return false;
    }
    *vec_push(arena, &campaign->budgets) = got;
    return true;
}

/* The ad sets of one campaign. */
struct ad_sets {
    const struct meta_ad_set *items;
    size_t len;
};

/* Ad sets of one campaign mostly run together: one schedule for them all. */
static bool same_as_last(const struct campaign *campaign, struct day starts, struct day ends)
{
    if (campaign->budgets.len == 0)
        return false;

    const struct budget *last = &campaign->budgets.items[campaign->budgets.len - 1];
    return day_compare(last->starts, starts) == 0 && day_compare(last->ends, ends) == 0;
}

/*
 * A campaign's own budget is spent on the days on which at least one of its ACTIVE ad sets runs,
 * within the campaign's own schedule: once for each of their schedules, which may leave a gap.
 */
static bool campaign_budget_fill(struct arena *arena, const struct ad_account *account,
                                 const struct meta_campaign *from, struct ad_sets ad_sets,
                                 struct campaign *campaign, struct error *err)
{
    campaign->level = LEVEL_CAMPAIGN;
    for (size_t i = 0; i < ad_sets.len; i++) {
        struct meta_window window = window_both(ad_sets.items[i].window, from->window);
        struct day starts, ends;

        if (!ad_sets.items[i].active || !from->active)
            continue;
        if (!window_days(account, window, &starts, &ends, err))
            return false;
        if (runs_later(account, starts, ends) && !same_as_last(campaign, starts, ends) &&
            !budget_add(arena, account, &from->budget, window, true, campaign, err))
            return false;
    }
    if (campaign->budgets.len > 0)
        return true;
    return budget_add(arena, account, &from->budget, from->window, false, campaign, err);
}

static bool budgets_fill(struct arena *arena, const struct ad_account *account,
                         const struct meta_campaign *from, struct ad_sets ad_sets,
                         struct campaign *campaign, struct error *err)
{
    if (budget_any(&from->budget))
        return campaign_budget_fill(arena, account, from, ad_sets, campaign, err);
    for (size_t i = 0; i < ad_sets.len; i++) {
        const struct meta_ad_set *ad_set = &ad_sets.items[i];

        if (!budget_add(arena, account, &ad_set->budget, window_both(ad_set->window, from->window),
                        ad_set->active && from->active, campaign, err))
            return false;
    }
    campaign->level = campaign->budgets.len ? LEVEL_AD_SET : LEVEL_NONE;
    return true;
}

/* ---- the join ---- */

static int by_campaign(const void *left, const void *right)
{
    const struct meta_ad_set *a = left, *b = right;
    int by_id = strcmp(a->campaign_id, b->campaign_id);

    return by_id ? by_id : strcmp(a->row.id, b->row.id);
}

static void settle(struct meta_listing *listing, struct meta_insights *insights)
{
    listing->campaigns.len = meta_rows_settle(listing->campaigns.items, listing->campaigns.len,
                                              sizeof(listing->campaigns.items[0]));
    listing->ad_sets.len = meta_rows_settle(listing->ad_sets.items, listing->ad_sets.len,
                                            sizeof(listing->ad_sets.items[0]));
    insights->rows.len =
        meta_rows_settle(insights->rows.items, insights->rows.len, sizeof(insights->rows.items[0]));
    if (listing->ad_sets.len)
        qsort(listing->ad_sets.items, listing->ad_sets.len, sizeof(listing->ad_sets.items[0]),
              by_campaign);
}

/* The ad sets of this campaign, from *at on; *at moves behind them. Both lists are in order. */
static struct ad_sets ad_sets_of(const struct meta_listing *listing, const char *id, size_t *at)
{
    const struct meta_ad_set *items = listing->ad_sets.items;
    size_t first;

    while (*at < listing->ad_sets.len && strcmp(items[*at].campaign_id, id) < 0)
        (*at)++;
    first = *at;
    while (*at < listing->ad_sets.len && strcmp(items[*at].campaign_id, id) == 0)
        (*at)++;
    return (struct ad_sets){ *at > first ? items + first : NULL, *at - first };
}

/* What was spent; the name only where no listed campaign has given it. */
static void spend_fill(const struct meta_insight *from, struct campaign *campaign)
{
    if (!campaign->id) {
        campaign->id = from->row.id;
        campaign->name = from->name;
        campaign->status = "";
    }
    campaign->spend_micros = from->spend_micros;
    campaign->impressions = from->impressions;
    campaign->clicks = from->clicks;
}

static bool listed_fill(struct arena *arena, const struct ad_account *account,
                        const struct meta_listing *listing, const struct meta_campaign *from,
                        size_t *ad_set_at, struct campaign *campaign, struct error *err)
{
    struct ad_sets ad_sets = ad_sets_of(listing, from->row.id, ad_set_at);

    campaign->id = from->row.id;
    campaign->name = from->name;
    campaign->status = from->status;
    if (!budgets_fill(arena, account, from, ad_sets, campaign, err))
        return error_wrap(err, "campaign %s", from->row.id);
    return true;
}

bool meta_assemble(struct arena *arena, struct meta_listing *listing,
                   struct meta_insights *insights, struct ad_account *account, struct error *err)
{
    size_t listed_at = 0, spent_at = 0, ad_set_at = 0;

    settle(listing, insights);
    vec_reserve(arena, &account->campaigns, listing->campaigns.len);
    while (listed_at < listing->campaigns.len || spent_at < insights->rows.len) {
        const struct meta_campaign *listed = NULL;
        const struct meta_insight *spent = NULL;
        struct campaign *campaign = vec_push(arena, &account->campaigns);

        if (listed_at < listing->campaigns.len)
            listed = &listing->campaigns.items[listed_at];
        if (spent_at < insights->rows.len)
            spent = &insights->rows.items[spent_at];
        /* The lower id comes now; the other side waits for its turn. */
        int order = listed && spent ? strcmp(listed->row.id, spent->row.id) : 0;
        if (listed && order <= 0) {
            if (!listed_fill(arena, account, listing, listed, &ad_set_at, campaign, err))
                return false;
            listed_at++;
        }
        if (spent && order >= 0) {
            spend_fill(spent, campaign);
            spent_at++;
        }
    }
    return true;
}
