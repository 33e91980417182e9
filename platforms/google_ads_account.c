#include "platforms/google_ads_account.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define FACTS                                                                                      \
    "customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone, "         \
    "customer.manager"

const char google_ads_facts_query[] = "SELECT " FACTS " FROM customer LIMIT 1";

const char google_ads_campaigns_query[] =
    "SELECT " FACTS ", campaign.id, campaign.name, campaign.status, campaign.serving_status, "
    "campaign.primary_status, campaign.experiment_type, campaign.start_date_time, "
    "campaign.end_date_time, campaign.campaign_budget, campaign_budget.id, "
    "campaign_budget.amount_micros, campaign_budget.total_amount_micros, "
    "campaign_budget.reference_count, campaign_budget.period FROM campaign "
    "WHERE campaign.status IN ('ENABLED', 'PAUSED')";

/* Daily data reach back 37 months: the contract of the Google Ads API, section 4. */
#define HISTORY_YEARS 3

const char *google_ads_costs_query(struct arena *arena, const struct month *month)
{
    char first[11], today[11];

    day_format(month->first, first);
    day_format(month->today, today);
    return arena_printf(arena,
                        "SELECT campaign.id, campaign.name, campaign.status, metrics.cost_micros, "
                        "metrics.impressions, metrics.clicks FROM campaign "
                        "WHERE segments.date BETWEEN '%s' AND '%s'",
                        first, today);
}

/* May it still spend tomorrow or later? */
static bool runs(const struct google_ads_campaign *row, const struct month *month)
{
    return row->may_run && row->kind == GOOGLE_ADS_BASE && row->budget[0] &&
           (day_none(row->ends) || day_compare(row->ends, month->today) > 0);
}

/* Does what is left of its budget depend on what it has spent? Without an end nothing does. */
static bool needs_total(const struct google_ads_campaign *row, const struct month *month)
{
    return row->total && runs(row, month) && !day_none(row->ends) &&
           (day_none(row->starts) || day_compare(row->starts, month->today) <= 0);
}

const char *google_ads_totals_query(struct arena *arena,
                                    const struct google_ads_campaigns *campaigns,
                                    const struct month *month)
{
    struct day oldest = { month->first.year - HISTORY_YEARS, month->first.month, 1 };
    struct day earliest = month->today;
    char from[11], today[11];
    scoped_buf struct buf ids;

    buf_init(&ids, SIZE_MAX);
    for (size_t i = 0; i < campaigns->rows.len; i++) {
        const struct google_ads_campaign *row = &campaigns->rows.items[i];

        if (!needs_total(row, month))
            continue;
        buf_printf(&ids, "%s%s", ids.len ? ", " : "", row->id);
        if (day_compare(row->starts, earliest) < 0)
            earliest = row->starts;
    }
    if (ids.len == 0)
        return NULL;
    if (day_none(earliest) || day_compare(earliest, oldest) < 0)
        earliest = oldest;
    day_format(earliest, from);
    day_format(month->today, today);
    return arena_printf(arena,
                        "SELECT campaign.id, segments.date, metrics.cost_micros FROM campaign "
                        "WHERE campaign.id IN (%s) AND segments.date BETWEEN '%s' AND '%s'",
                        buf_cstr(&ids), from, today);
}

/* ---- looking up ---- */

/* Rows by a text of theirs, so that two lists are joined without looking each up in a whole one. */
struct key {
    const char *text;
    size_t row;
};
struct index {
    struct key *keys;
    size_t len;
};

static int by_text_then_row(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->text, right->text);

    return order ? order : (left->row > right->row) - (left->row < right->row);
}

static void index_sort(struct index *index)
{
    if (index->len)
        qsort(index->keys, index->len, sizeof(struct key), by_text_then_row);
}

/* The place of the first key that is text; index->len: none. */
static size_t index_find(const struct index *index, const char *text)
{
    size_t from = 0, to = index->len;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (strcmp(index->keys[middle].text, text) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < index->len && strcmp(index->keys[from].text, text) == 0 ? from : index->len;
}

static size_t index_count(const struct index *index, const char *text)
{
    size_t first = index_find(index, text), at = first;

    while (at < index->len && strcmp(index->keys[at].text, text) == 0)
        at++;
    return at - first;
}

static struct index index_costs(struct arena *arena, const struct google_ads_costs *costs)
{
    struct index index = { arena_array(arena, struct key, costs->rows.len), costs->rows.len };

    for (size_t i = 0; i < index.len; i++)
        index.keys[i] = (struct key){ costs->rows.items[i].id, i };
    index_sort(&index);
    return index;
}

static struct index index_campaigns(struct arena *arena,
                                    const struct google_ads_campaigns *campaigns)
{
    struct index index = { arena_array(arena, struct key, campaigns->rows.len),
                           campaigns->rows.len };

    for (size_t i = 0; i < index.len; i++)
        index.keys[i] = (struct key){ campaigns->rows.items[i].id, i };
    index_sort(&index);
    return index;
}

/* Who uses which budget. Experiments spend out of their base campaign's. */
static struct index index_budgets(struct arena *arena, const struct index *ids,
                                  const struct google_ads_campaigns *campaigns)
{
    struct index index = { arena_array(arena, struct key, ids->len), 0 };

    for (size_t i = 0; i < ids->len; i++) {
        const struct google_ads_campaign *row = &campaigns->rows.items[ids->keys[i].row];
        bool repeat = i > 0 && strcmp(ids->keys[i].text, ids->keys[i - 1].text) == 0;

        if (!repeat && row->kind == GOOGLE_ADS_BASE && row->budget[0])
            index.keys[index.len++] = (struct key){ row->budget, i };
    }
    index_sort(&index);
    return index;
}

/* ---- rows to the model ---- */

struct build {
    struct arena *arena; /* the model's */
    const struct google_ads_answers *answers;
    struct index campaigns, costs, totals, budgets;
    struct ad_account *account;
};

/* What a total budget's campaign has spent since its own start. */
static bool spent_of_total(const struct build *build, const struct google_ads_campaign *row,
                           int64_t *ret, struct error *err)
{
    const struct index *index = &build->totals;

    *ret = 0;
    for (size_t at = index_find(index, row->id);
         at < index->len && strcmp(index->keys[at].text, row->id) == 0; at++) {
        const struct google_ads_cost *cost =
            &build->answers->totals.rows.items[index->keys[at].row];

        if (day_none(cost->day))
            return error_set(err, ERR_BAD_RESPONSE, "a total budget's cost without its day");
        if (day_compare(cost->day, row->starts) < 0)
            continue;
        if (__builtin_add_overflow(*ret, cost->cost_micros, ret))
            return error_set(err, ERR_BAD_RESPONSE, "a cost too large to hold");
    }
    return true;
}

static bool add_budget(const struct build *build, const struct google_ads_campaign *row,
                       struct campaign *campaign, struct error *err)
{
    struct budget budget = {
        .kind = row->total ? BUDGET_LIFETIME : BUDGET_DAILY,
        .amount_micros = row->amount_micros,
        .starts = row->starts,
        .ends = row->ends,
        .running = runs(row, &build->answers->month),
    };
    int64_t spent;

    if (!row->budget[0] || row->kind != GOOGLE_ADS_BASE)
        return true;
    if (row->total) {
        if (!spent_of_total(build, row, &spent, err))
            return false;
        if (__builtin_sub_overflow(row->amount_micros, spent, &budget.remaining_micros))
            return error_set(err, ERR_BAD_RESPONSE, "a cost too large to hold");
        if (budget.remaining_micros < 0)
            budget.remaining_micros = 0;
    }
    campaign->level = LEVEL_CAMPAIGN;
    if (row->several || index_count(&build->budgets, row->budget) > 1) {
        campaign->level = LEVEL_SHARED;
        campaign->shared_id = row->budget_id;
    }
    *(struct budget *)vec_push(build->arena, &campaign->budgets) = budget;
    return true;
}

static void add_cost(struct campaign *campaign, const struct google_ads_cost *cost)
{
    campaign->spend_micros = cost->cost_micros;
    campaign->impressions = cost->impressions;
    campaign->clicks = cost->clicks;
}

static bool has_cost(const struct google_ads_cost *cost)
{
    return cost->cost_micros != 0 || cost->impressions != 0 || cost->clicks != 0;
}

static struct campaign campaign_of(const char *id, const char *name, const char *status)
{
    return (struct campaign){ .id = id, .name = name[0] ? name : id, .status = status };
}

/* A campaign of the list, if it spent this month or may spend from now on. */
static bool add_listed(const struct build *build, const struct google_ads_campaign *row,
                       struct error *err)
{
    const struct google_ads_answers *answers = build->answers;
    struct campaign campaign = campaign_of(row->id, row->name, row->status);
    size_t at = index_find(&build->costs, row->id);
    const struct google_ads_cost *cost =
        at < build->costs.len ? &answers->costs.rows.items[build->costs.keys[at].row] : NULL;

    if (!runs(row, &answers->month) && !(cost && has_cost(cost)))
        return true;
    if (cost)
        add_cost(&campaign, cost);
    if (!add_budget(build, row, &campaign, err))
        return error_wrap(err, "campaign %s", row->id);
    *vec_push(build->arena, &build->account->campaigns) = campaign;
    return true;
}

/* Cost of a campaign that is not in the list: it was removed, and it did spend. */
static void add_unlisted(const struct build *build, const struct google_ads_cost *cost)
{
    struct campaign campaign = campaign_of(cost->id, cost->name, cost->status);

    if (!has_cost(cost) || index_find(&build->campaigns, cost->id) < build->campaigns.len)
        return;
    add_cost(&campaign, cost);
    *vec_push(build->arena, &build->account->campaigns) = campaign;
}

/* The first row of each text: a page's border may have moved a row onto the next page too. */
static bool is_first(const struct index *index, const char *text, size_t row)
{
    return index->keys[index_find(index, text)].row == row;
}

bool google_ads_account_build(struct arena *arena, const struct google_ads_answers *answers,
                              struct ad_account *ret, struct error *err)
{
    scoped_arena struct arena *scratch = arena_create();
    struct build build = { .arena = arena, .answers = answers, .account = ret };
    const struct google_ads_campaigns *campaigns = &answers->campaigns;
    const struct google_ads_costs *costs = &answers->costs;

    build.campaigns = index_campaigns(scratch, campaigns);
    build.costs = index_costs(scratch, costs);
    build.totals = index_costs(scratch, &answers->totals);
    build.budgets = index_budgets(scratch, &build.campaigns, campaigns);

    *ret = (struct ad_account){
        .id = answers->customer,
        .name = answers->facts.name[0] ? answers->facts.name : answers->customer,
        .timezone = answers->timezone,
        .month = answers->month,
    };
    memcpy(ret->currency, answers->facts.currency, sizeof(ret->currency));
    vec_reserve(arena, &ret->campaigns, campaigns->rows.len);
    for (size_t i = 0; i < campaigns->rows.len; i++)
        if (is_first(&build.campaigns, campaigns->rows.items[i].id, i) &&
            !add_listed(&build, &campaigns->rows.items[i], err))
            return error_wrap(err, "google ads");
    for (size_t i = 0; i < costs->rows.len; i++)
        if (is_first(&build.costs, costs->rows.items[i].id, i))
            add_unlisted(&build, &costs->rows.items[i]);
    return true;
}
