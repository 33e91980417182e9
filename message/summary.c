#include "message/summary.h"

#include <stdlib.h>
#include <string.h>

#include "message/escape.h"
#include "message/format.h"

/* Ten-thousandths either side of the target. */
#define GREEN_WITHIN 1000
#define YELLOW_WITHIN 2500

#define STATUS_MAX 30 /* characters */
#define CELL_MAX 40

static struct sum *sum_of(struct arena *arena, sums *all, const char *currency)
{
    struct sum *sum = NULL;

    for (size_t i = 0; i < all->len; i++) {
        if (strcmp(all->items[i].currency, currency) == 0)
            return &all->items[i];
    }
    sum = vec_push(arena, all);
    memcpy(sum->currency, currency, sizeof(sum->currency));
    return sum;
}

void sums_add(struct arena *arena, sums *all, const char *currency, const struct figures *figures)
{
    struct sum *sum = sum_of(arena, all, currency);
    struct figures *to = &sum->figures;

    sum->count++;
    if (__builtin_add_overflow(to->spend, figures->spend, &to->spend) ||
        __builtin_add_overflow(to->daily_budget, figures->daily_budget, &to->daily_budget) ||
        __builtin_add_overflow(to->projection, figures->projection, &to->projection) ||
        __builtin_add_overflow(to->run_rate, figures->run_rate, &to->run_rate))
        sum->too_large = true;
}

sums sums_of_platform(struct arena *arena, const struct report *report, const char *platform)
{
    sums all = { 0 };

    for (size_t i = 0; i < report->business_managers.len; i++) {
        const struct business_manager *manager = &report->business_managers.items[i];

        if (strcmp(manager->platform, platform) != 0)
            continue;
        for (size_t k = 0; k < manager->ad_accounts.len; k++) {
            const struct ad_account *account = &manager->ad_accounts.items[k];
            sums_add(arena, &all, account->currency, &account->figures);
        }
    }
    return all;
}

static int compare_amounts(int64_t a, int64_t b) /* the larger first */
{
    return (a < b) - (a > b);
}

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked_campaign *a = left, *b = right;
    int order = (a->currency_rank > b->currency_rank) - (a->currency_rank < b->currency_rank);

    if (!order)
        order = compare_amounts(a->campaign->spend_micros, b->campaign->spend_micros);
    if (!order)
        order =
            compare_amounts(a->campaign->figures.daily_budget, b->campaign->figures.daily_budget);
    if (!order)
        order = strcmp(a->campaign->name ? a->campaign->name : "",
                       b->campaign->name ? b->campaign->name : "");
    return order ? order
                 : strcmp(a->campaign->id ? a->campaign->id : "",
                          b->campaign->id ? b->campaign->id : "");
}

static size_t currency_rank(const struct report *report, const char *currency)
{
    size_t rank = 0;

    while (rank < report->totals.len && strcmp(report->totals.items[rank].currency, currency) != 0)
        rank++;
    return rank;
}

static void add_ranked(struct arena *arena, ranked_campaigns *all,
                       const struct business_manager *manager, const struct ad_account *account,
                       size_t rank)
{
    for (size_t i = 0; i < account->campaigns.len; i++)
        *vec_push(arena, all) =
            (struct ranked_campaign){ &account->campaigns.items[i], account, manager, rank };
}

static void sort_ranked(ranked_campaigns *all)
{
    if (all->len > 1)
        qsort(all->items, all->len, sizeof(all->items[0]), compare_ranked);
}

ranked_campaigns campaigns_ranked(struct arena *arena, const struct report *report)
{
    ranked_campaigns all = { 0 };

    for (size_t i = 0; i < report->business_managers.len; i++) {
        const struct business_manager *manager = &report->business_managers.items[i];

        for (size_t k = 0; k < manager->ad_accounts.len; k++) {
            const struct ad_account *account = &manager->ad_accounts.items[k];
            add_ranked(arena, &all, manager, account, currency_rank(report, account->currency));
        }
    }
    sort_ranked(&all);
    return all;
}

ranked_campaigns campaigns_ranked_of(struct arena *arena, const struct business_manager *manager,
                                     const struct ad_account *account)
{
    ranked_campaigns all = { 0 };

    add_ranked(arena, &all, manager, account, 0);
    sort_ranked(&all);
    return all;
}

static bool within(int64_t pacing_e4, int64_t margin)
{
    return pacing_e4 >= 10000 - margin && pacing_e4 <= 10000 + margin;
}

enum light pacing_light(const struct total *total, bool partial)
{
    if (partial || !total->has_target)
        return LIGHT_WHITE;
    if (within(total->pacing_e4, GREEN_WITHIN))
        return LIGHT_GREEN;
    return within(total->pacing_e4, YELLOW_WITHIN) ? LIGHT_YELLOW : LIGHT_RED;
}

const char *light_emoji(enum light light)
{
    static const char *const emoji[] = {
        [LIGHT_WHITE] = "⚪",
        [LIGHT_GREEN] = "🟢",
        [LIGHT_YELLOW] = "🟡",
        [LIGHT_RED] = "🔴",
    };

    return emoji[light];
}

const char *pacing_text(struct arena *arena, enum locale locale, const struct total *total,
                        bool partial)
{
    enum light light = pacing_light(total, partial);
    const char *share = format_share(arena, locale, total->pacing_e4);
    enum word side = total->pacing_e4 < 10000 ? WORD_BELOW : WORD_ABOVE;

    if (partial)
        return arena_printf(arena, "%s %s (%s)", light_emoji(light), share,
                            word(locale, WORD_PARTIAL));
    return arena_printf(arena, "%s %s (%s)", light_emoji(light), share,
                        word(locale, light == LIGHT_GREEN ? WORD_ON_TARGET : side));
}

const char *recommended_text(struct arena *arena, enum locale locale, const struct total *total,
                             bool partial)
{
    const char *amount = NULL;

    if (!total->has_recommended)
        return word(locale, WORD_LAST_DAY);
    amount = format_micros(arena, locale, total->recommended_daily_budget, total->currency);
    /* What is missing has spent something or nothing: the rest of the target can only be less. */
    return partial ? say(arena, locale, WORD_AT_MOST, amount) : amount;
}

static bool has_topic(const struct report *report, enum warning_topic topic)
{
    for (size_t i = 0; i < report->warnings.len; i++) {
        if (report->warnings.items[i].topic == topic)
            return true;
    }
    return false;
}

const char *target_note(struct arena *arena, enum locale locale, const struct report *report,
                        bool mrkdwn)
{
    const char *cell = report->client->kpis.min_investment;

    if (report->totals.len == 0 || report->client->has_target ||
        has_topic(report, TOPIC_NO_TARGET_ROW))
        return NULL;
    if (!cell || !*cell)
        return word(locale, WORD_TARGET_WHERE);
    return say(arena, locale, WORD_TARGET_UNREADABLE,
               mrkdwn ? name_mrkdwn(arena, cell, CELL_MAX) : text_terminal(arena, cell, CELL_MAX));
}

const char *no_numbers_text(enum locale locale, const struct report *report)
{
    if (report->totals.len > 0)
        return NULL;
    if (report->warnings.len == 0 || has_topic(report, TOPIC_NO_ACCOUNTS))
        return word(locale, WORD_NO_ACCOUNTS_FOUND);
    return word(locale, WORD_NO_NUMBERS);
}

const char *status_text(struct arena *arena, enum locale locale, const char *status)
{
    static const struct {
        const char *status;
        enum word word; /* WORDS: running, nothing to say */
    } known[] = {
        { "ACTIVE", WORDS },
        { "ENABLED", WORDS },
        { "PAUSED", WORD_PAUSED },
        { "CAMPAIGN_PAUSED", WORD_PAUSED },
        { "ARCHIVED", WORD_ARCHIVED },
        { "DELETED", WORD_REMOVED },
        { "REMOVED", WORD_REMOVED },
        { "IN_PROCESS", WORD_IN_PROCESS },
        { "WITH_ISSUES", WORD_WITH_ISSUES },
    };

    if (!status || !*status)
        return NULL;
    for (size_t i = 0; i < COUNT(known); i++) {
        if (strcmp(known[i].status, status) == 0)
            return known[i].word == WORDS ? NULL : word(locale, known[i].word);
    }
    return text_clean(arena, status, STATUS_MAX);
}

/* Why a lifetime budget has nothing for tomorrow: WORD_NO_BUDGET where it does not run. */
static enum word idle_budget(const struct campaign *campaign)
{
    enum word why = WORD_NO_BUDGET;

    if (campaign->budget_kind != BUDGET_LIFETIME || !campaign->has_budget_amount)
        return why;
    for (size_t i = 0; i < campaign->budgets.len; i++) {
        const struct budget *budget = &campaign->budgets.items[i];

        if (!budget->running)
            continue;
        if (budget->remaining_micros > 0 && day_none(budget->ends))
            return WORD_LIFETIME_OPEN;
        if (budget->remaining_micros <= 0)
            why = WORD_LIFETIME_SPENT;
    }
    return why;
}

const char *budget_text(struct arena *arena, enum locale locale, const struct campaign *campaign,
                        const char *currency)
{
    const char *day = NULL;

    if (campaign->figures.daily_budget <= 0)
        return say(arena, locale, idle_budget(campaign),
                   format_micros(arena, locale, campaign->budget_amount, currency));
    day = format_micros(arena, locale, campaign->figures.daily_budget, currency);
    if (campaign->level == LEVEL_SHARED)
        return say(arena, locale, WORD_A_DAY_SHARED, day);
    if (campaign->budget_kind == BUDGET_LIFETIME && campaign->has_budget_amount)
        return say(arena, locale, WORD_LIFETIME,
                   format_micros(arena, locale, campaign->budget_amount, currency), day);
    return say(arena, locale, WORD_A_DAY, day);
}

const char *account_month(struct arena *arena, enum locale locale, const struct report *report,
                          const struct ad_account *account)
{
    if (day_compare(account->month.first, report->month.first) == 0)
        return "";
    return join(arena, " · ", format_month(arena, locale, account->month.first));
}

bool has_shared_budget(const struct report *report)
{
    for (size_t i = 0; i < report->business_managers.len; i++) {
        const struct business_manager *manager = &report->business_managers.items[i];

        for (size_t k = 0; k < manager->ad_accounts.len; k++) {
            const struct ad_account *account = &manager->ad_accounts.items[k];

            for (size_t c = 0; c < account->campaigns.len; c++) {
                if (account->campaigns.items[c].level == LEVEL_SHARED)
                    return true;
            }
        }
    }
    return false;
}

const char *counted(struct arena *arena, enum locale locale, enum word one, enum word more,
                    size_t count)
{
    return say(arena, locale, count == 1 ? one : more, format_count(arena, locale, count));
}
