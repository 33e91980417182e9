/*
 * The report as Slack shows it: what the analyst came for first, then where it comes from, then the
 * campaigns by spend, as many as fit. Nothing of who asked is in it, so that one reply serves all
 * who ask within a minute.
 */
#include "message/message.h"

#include <string.h>

#include "message/blocks.h"
#include "message/escape.h"
#include "message/format.h"
#include "message/summary.h"
#include "message/warnings.h"

/* How much of a name is shown, in characters: what a phone shows in two lines. */
#define CLIENT_NAME_MAX 110
#define NAME_MAX_SHOWN 70
#define PLATFORM_SHOWN_MAX 40
#define PLACE_SHOWN_MAX 30
#define ZONE_SHOWN_MAX 40

/* A client with more currencies gets the others in a line each, and beyond that their number. */
#define CURRENCIES_IN_FULL 3
#define CURRENCIES_IN_LINES 12

#define WARNING_LINES 12
#define FALLBACK_WARNING_LINES 4
/* Half of all room at most for where the numbers come from; the rest is the campaigns'. */
#define ACCOUNT_BLOCKS_END 28
#define ACCOUNT_CHARACTERS_END 6500
/* What the lines behind the campaigns need: the rest in one line, as-of and method. */
#define FOOT_BLOCKS 2
#define FOOT_CHARACTERS 1000
/* The same behind the accounts. */
#define FOLD_BLOCKS 1
#define FOLD_CHARACTERS 600

struct reply {
    struct arena *arena;
    enum locale locale;
    const struct report *report;
    const char *month, *as_of; /* "novembro de 2026", "21/11/2026 12:00" */
    bool partial;
    warning_groups warnings;
    struct blocks blocks;
};

static const char *w(const struct reply *r, enum word which)
{
    return word(r->locale, which);
}

static const char *amount(const struct reply *r, int64_t micros, const char *currency)
{
    return format_micros(r->arena, r->locale, micros, currency);
}

/* "Gasto no mês" or "Gasto no mês (parcial)". */
static const char *label(const struct reply *r, enum word which)
{
    if (!r->partial)
        return w(r, which);
    return arena_printf(r->arena, "%s (%s)", w(r, which), w(r, WORD_PARTIAL));
}

/* "BRL", or "BRL (parcial)". */
static const char *currency_label(const struct reply *r, const char *currency)
{
    const char *code = name_mrkdwn(r->arena, currency, 3);

    return r->partial ? arena_printf(r->arena, "%s (%s)", code, w(r, WORD_PARTIAL)) : code;
}

/* The head. */

static void add_header(struct reply *r)
{
    const char *name = text_clean(r->arena, r->report->client->name, CLIENT_NAME_MAX);

    blocks_header(&r->blocks, join(r->arena, name, *name && *r->month ? " · " : "", r->month));
}

static void add_figure(struct reply *r, const char *name, const char *value)
{
    blocks_field(&r->blocks, join(r->arena, "*", name, "*\n", value));
}

static void add_target(struct reply *r, const struct total *total)
{
    if (!total->has_target) {
        if (r->report->totals.len == 1)
            add_figure(r, w(r, WORD_TARGET), w(r, WORD_NO_TARGET));
        return;
    }
    add_figure(r, w(r, WORD_TARGET), amount(r, total->target, total->currency));
    add_figure(r, w(r, WORD_PACING), pacing_text(r->arena, r->locale, total, r->partial));
    add_figure(r, w(r, WORD_RECOMMENDED), recommended_text(r->arena, r->locale, total, r->partial));
}

/* Under a currency's own heading, which says "(parcial)" for all of them. */
static const char *label_of_total(const struct reply *r, enum word which)
{
    return r->report->totals.len > 1 ? w(r, which) : label(r, which);
}

static void add_total(struct reply *r, const struct total *total)
{
    const struct figures *f = &total->figures;

    if (r->report->totals.len > 1)
        blocks_section(&r->blocks,
                       arena_printf(r->arena, "*%s*", currency_label(r, total->currency)));
    add_figure(r, label_of_total(r, WORD_SPEND), amount(r, f->spend, total->currency));
    add_figure(r, label_of_total(r, WORD_PROJECTION), amount(r, f->projection, total->currency));
    add_target(r, total);
    add_figure(r, label_of_total(r, WORD_DAILY_BUDGET),
               amount(r, f->daily_budget, total->currency));
    add_figure(r, label_of_total(r, WORD_RUN_RATE), amount(r, f->run_rate, total->currency));
    add_figure(r, w(r, WORD_DAYS_LEFT), arena_printf(r->arena, "%d", total->days_left));
}

/* "Gasto R$ 1,00 · Projeção R$ 2,00 · Diário R$ 3,00" */
static const char *figures_line(const struct reply *r, const struct figures *f,
                                const char *currency)
{
    return join(
        r->arena, say(r->arena, r->locale, WORD_SPEND_OF, amount(r, f->spend, currency)), " · ",
        say(r->arena, r->locale, WORD_PROJECTION_OF, amount(r, f->projection, currency)), " · ",
        say(r->arena, r->locale, WORD_DAILY_OF, amount(r, f->daily_budget, currency)));
}

/* "e mais 3 moedas" */
static const char *more_currencies(const struct reply *r, size_t count)
{
    return counted(r->arena, r->locale, WORD_MORE_CURRENCIES_ONE, WORD_MORE_CURRENCIES, count);
}

/* Currencies from the fourth on, a line each. */
static void add_other_totals(struct reply *r)
{
    const struct report *report = r->report;
    size_t end = CURRENCIES_IN_FULL + CURRENCIES_IN_LINES;
    scoped_buf struct buf text = { 0 };

    buf_init(&text, BUF_UNBOUNDED);
    for (size_t i = CURRENCIES_IN_FULL; i < report->totals.len && i < end; i++) {
        const struct total *total = &report->totals.items[i];

        buf_printf(&text, "%s*%s* %s", text.len ? "\n" : "", currency_label(r, total->currency),
                   figures_line(r, &total->figures, total->currency));
    }
    if (report->totals.len > end)
        buf_printf(&text, "\n%s", more_currencies(r, report->totals.len - end));
    if (text.len > 0)
        blocks_section(&r->blocks, text.data);
}

static void add_totals(struct reply *r)
{
    const char *none = no_numbers_text(r->locale, r->report);
    const char *note = target_note(r->arena, r->locale, r->report, true);

    if (none)
        blocks_section(&r->blocks, arena_printf(r->arena, "⚠️ *%s*", none));
    else if (r->partial)
        blocks_section(&r->blocks, arena_printf(r->arena, "⚠️ *%s*", w(r, WORD_PARTIAL_LINE)));
    for (size_t i = 0; i < r->report->totals.len && i < CURRENCIES_IN_FULL; i++)
        add_total(r, &r->report->totals.items[i]);
    add_other_totals(r);
    if (note)
        blocks_section(&r->blocks, note);
}

/* What is missing, and who can mend it. */

/* At most max lines and BLOCK_TEXT_MAX characters, each behind "• "; the others as their number. */
static const char *warning_lines(const struct reply *r, size_t max, size_t characters)
{
    size_t shown = 0, left = r->report->warnings.len;
    scoped_buf struct buf text = { 0 };

    buf_init(&text, BUF_UNBOUNDED);
    for (; shown < r->warnings.len && shown < max; shown++) {
        const struct warning_group *group = &r->warnings.items[shown];
        const char *line = warning_line(r->arena, r->locale, r->report, group, true);

        if (utf8_length(buf_cstr(&text)) + utf8_length(line) > characters)
            break;
        buf_printf(&text, "\n• %s", line);
        left -= group->count;
    }
    if (left > 0)
        buf_printf(&text, "\n• %s",
                   counted(r->arena, r->locale, WORD_MORE_WARNINGS_ONE, WORD_MORE_WARNINGS, left));
    return arena_strndup(r->arena, buf_cstr(&text), text.len);
}

static void add_warnings(struct reply *r)
{
    enum word title = r->partial ? WORD_MISSING : WORD_TO_MEND;

    if (r->warnings.len > 0)
        blocks_section(&r->blocks,
                       arena_printf(r->arena, "*%s*%s", w(r, title),
                                    warning_lines(r, WARNING_LINES, BLOCK_TEXT_MAX - 100)));
}

/* Platforms, business managers and accounts. */

/* One line a currency, each behind a line break; many currencies end in their number. */
static const char *sum_lines(const struct reply *r, const sums *all)
{
    scoped_buf struct buf text = { 0 };

    buf_init(&text, BUF_UNBOUNDED);
    for (size_t i = 0; i < all->len && i < CURRENCIES_IN_FULL; i++) {
        const struct sum *sum = &all->items[i];

        buf_printf(&text, "\n%s",
                   sum->too_large ? w(r, WORD_UNKNOWN)
                                  : figures_line(r, &sum->figures, sum->currency));
    }
    if (all->len > CURRENCIES_IN_FULL)
        buf_printf(&text, "\n%s", more_currencies(r, all->len - CURRENCIES_IN_FULL));
    return arena_strndup(r->arena, buf_cstr(&text), text.len);
}

static const char *platform_mrkdwn(const struct reply *r, const char *platform)
{
    const char *name = platform_name(platform);

    return name == platform ? name_mrkdwn(r->arena, name, PLATFORM_SHOWN_MAX) : name;
}

/* " · Sol BM", or nothing where it is not known. */
static const char *manager_suffix(const struct reply *r, const struct business_manager *manager)
{
    const char *name = manager->name && *manager->name ? manager->name : manager->id;

    if (!name || !*name)
        return "";
    return arena_printf(r->arena, " · %s", name_mrkdwn(r->arena, name, NAME_MAX_SHOWN));
}

static sums sums_of_manager(const struct reply *r, const struct business_manager *manager)
{
    sums all = { 0 };

    for (size_t i = 0; i < manager->ad_accounts.len; i++) {
        const struct ad_account *account = &manager->ad_accounts.items[i];
        sums_add(r->arena, &all, account->currency, &account->figures);
    }
    return all;
}

static const char *manager_text(const struct reply *r, const struct business_manager *manager)
{
    const char *head = arena_printf(r->arena, "*%s%s*", platform_mrkdwn(r, manager->platform),
                                    manager_suffix(r, manager));
    sums all = sums_of_manager(r, manager);

    if (manager->ad_accounts.len == 0)
        return arena_printf(r->arena, "%s\n%s", head, w(r, WORD_NO_AD_ACCOUNTS));
    /* A single account's figures stand right below. */
    return manager->ad_accounts.len == 1 ? head
                                         : arena_printf(r->arena, "%s%s", head, sum_lines(r, &all));
}

static const char *account_title(const struct reply *r, const struct ad_account *account)
{
    const char *name = text_clean(r->arena, account->name, NAME_MAX_SHOWN);
    const char *id = text_clean(r->arena, account->id, NAME_MAX_SHOWN);

    const char *month = account_month(r->arena, r->locale, r->report, account);

    return *name ? join(r->arena, name, " (", id, ")", month) : join(r->arena, id, month);
}

static const char *account_text(const struct reply *r, const struct ad_account *account)
{
    const struct figures *f = &account->figures;

    return join(
        r->arena, account_title(r, account), "\n",
        say(r->arena, r->locale, WORD_SPEND_OF, amount(r, f->spend, account->currency)), "\n",
        say(r->arena, r->locale, WORD_PROJECTION_OF, amount(r, f->projection, account->currency)),
        "\n",
        say(r->arena, r->locale, WORD_DAILY_OF, amount(r, f->daily_budget, account->currency)));
}

/* Accounts that found no room. */
struct folded {
    sums sums;
    size_t count;
};

static void fold_account(struct reply *r, struct folded *folded, const struct ad_account *account)
{
    sums_add(r->arena, &folded->sums, account->currency, &account->figures);
    folded->count++;
}

/* What stands over accounts: a business manager, or the sum of a platform that has several. */
struct head {
    const struct business_manager *manager; /* NULL: a platform's sum */
    const char *text;
    size_t characters; /* of the text, and of an only account, whose figures are not in it */
};
typedef VEC(struct head) heads;

static void push_head(const struct reply *r, heads *all, const struct business_manager *manager,
                      const char *text)
{
    struct head *head = vec_push(r->arena, all);

    *head = (struct head){ manager, text, utf8_length(text) };
    if (manager && manager->ad_accounts.len == 1)
        head->characters += utf8_length(account_text(r, &manager->ad_accounts.items[0]));
}

static size_t managers_of(const struct report *report, const char *platform, size_t *ret_first)
{
    size_t count = 0;

    for (size_t i = report->business_managers.len; i-- > 0;) {
        if (strcmp(report->business_managers.items[i].platform, platform) != 0)
            continue;
        *ret_first = i;
        count++;
    }
    return count;
}

static void push_platform(const struct reply *r, heads *all, const char *platform, size_t managers)
{
    sums sum = sums_of_platform(r->arena, r->report, platform);

    if (managers > 1)
        push_head(
            r, all, NULL,
            arena_printf(r->arena, "*%s*%s", platform_mrkdwn(r, platform), sum_lines(r, &sum)));
    for (size_t i = 0; i < r->report->business_managers.len; i++) {
        const struct business_manager *manager = &r->report->business_managers.items[i];

        if (strcmp(manager->platform, platform) == 0)
            push_head(r, all, manager, manager_text(r, manager));
    }
}

/* Platform by platform. */
static heads heads_of(const struct reply *r)
{
    heads all = { 0 };

    for (size_t i = 0; i < r->report->business_managers.len; i++) {
        const char *platform = r->report->business_managers.items[i].platform;
        size_t first = 0, managers = managers_of(r->report, platform, &first);

        if (first == i)
            push_platform(r, &all, platform, managers);
    }
    return all;
}

/* The room for a head and its accounts: so much that those after it (count of them) find theirs,
 * for a platform's sums are worth more than another's thirtieth account. */
static void leave_room(struct blocks *blocks, const struct head *head, size_t count,
                       size_t characters)
{
    blocks->max_count = ACCOUNT_BLOCKS_END - FOLD_BLOCKS;
    blocks->max_characters = ACCOUNT_CHARACTERS_END - FOLD_CHARACTERS;
    if (blocks->count + 1 + count > blocks->max_count ||
        blocks->characters + head->characters + characters > blocks->max_characters)
        return; /* not all find room: first come, first served */
    blocks->max_count -= count;
    blocks->max_characters -= characters;
}

static void add_head(struct reply *r, const struct head *head, struct folded *folded)
{
    bool fits = blocks_fit(&r->blocks, head->text);

    if (fits)
        blocks_section(&r->blocks, head->text);
    for (size_t i = 0; head->manager && i < head->manager->ad_accounts.len; i++) {
        const struct ad_account *account = &head->manager->ad_accounts.items[i];

        fits = fits && blocks_try_field(&r->blocks, account_text(r, account));
        if (!fits)
            fold_account(r, folded, account);
    }
}

static void add_accounts(struct reply *r)
{
    heads all = heads_of(r);
    struct folded folded = { 0 };
    size_t characters = 0; /* of the heads to come */

    if (all.len > 0)
        blocks_divider(&r->blocks);
    for (size_t i = 0; i < all.len; i++)
        characters += all.items[i].characters;
    for (size_t i = 0; i < all.len; i++) {
        characters -= all.items[i].characters;
        leave_room(&r->blocks, &all.items[i], all.len - 1 - i, characters);
        add_head(r, &all.items[i], &folded);
    }
    if (folded.count > 0)
        blocks_section(&r->blocks, arena_printf(r->arena, "*%s*%s",
                                                counted(r->arena, r->locale, WORD_OTHER_ACCOUNT,
                                                        WORD_OTHER_ACCOUNTS, folded.count),
                                                sum_lines(r, &folded.sums)));
}

/* Campaigns. */

static size_t accounts_in(const struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->business_managers.len; i++)
        count += report->business_managers.items[i].ad_accounts.len;
    return count;
}

/* "Natal" or "Natal · pausada". */
static const char *campaign_title(const struct reply *r, const struct campaign *campaign)
{
    const char *name = text_clean(r->arena, campaign->name, NAME_MAX_SHOWN);
    const char *status = status_text(r->arena, r->locale, campaign->status);

    if (!*name)
        name = w(r, WORD_NO_NAME);
    return status ? join(r->arena, name, " · ", status) : name;
}

/* Where a campaign is, for clients with several accounts. */
static const char *campaign_place(const struct reply *r, const struct ranked_campaign *ranked)
{
    const char *platform = platform_name(ranked->manager->platform);
    const char *name = ranked->account->name;

    return join(r->arena, "\n", text_clean(r->arena, platform, PLATFORM_SHOWN_MAX), " · ",
                text_clean(r->arena, name && *name ? name : ranked->account->id, PLACE_SHOWN_MAX));
}

static const char *campaign_text(const struct reply *r, const struct ranked_campaign *ranked,
                                 bool place)
{
    const struct campaign *campaign = ranked->campaign;
    const char *currency = ranked->account->currency;

    return join(
        r->arena, campaign_title(r, campaign), "\n",
        say(r->arena, r->locale, WORD_SPEND_OF, amount(r, campaign->spend_micros, currency)), "\n",
        budget_text(r->arena, r->locale, campaign, currency),
        place ? campaign_place(r, ranked) : "");
}

/* "Mais 860 campanhas: R$ 12.345,67 + US$ 10,00" */
static const char *other_campaigns(const struct reply *r, const ranked_campaigns *all, size_t from)
{
    sums rest = { 0 };
    scoped_buf struct buf text = { 0 };

    for (size_t i = from; i < all->len; i++) {
        const struct ranked_campaign *ranked = &all->items[i];
        struct figures figures = { .spend = ranked->campaign->spend_micros };

        sums_add(r->arena, &rest, ranked->account->currency, &figures);
    }
    buf_init(&text, BUF_UNBOUNDED);
    buf_printf(
        &text, "*%s*: ",
        counted(r->arena, r->locale, WORD_OTHER_CAMPAIGN, WORD_OTHER_CAMPAIGNS, all->len - from));
    for (size_t i = 0; i < rest.len && i < CURRENCIES_IN_LINES; i++) {
        const struct sum *sum = &rest.items[i];

        buf_printf(&text, "%s%s", i ? " + " : "",
                   sum->too_large ? w(r, WORD_UNKNOWN)
                                  : amount(r, sum->figures.spend, sum->currency));
    }
    if (rest.len > CURRENCIES_IN_LINES)
        buf_printf(&text, ", %s", more_currencies(r, rest.len - CURRENCIES_IN_LINES));
    return arena_strndup(r->arena, buf_cstr(&text), text.len);
}

static void add_campaigns(struct reply *r)
{
    ranked_campaigns all = campaigns_ranked(r->arena, r->report);
    bool place = accounts_in(r->report) > 1;
    size_t shown = 0;

    if (all.len == 0)
        return;
    r->blocks.max_count = BLOCKS_MAX - FOOT_BLOCKS;
    r->blocks.max_characters = BLOCKS_CHARACTERS_MAX - FOOT_CHARACTERS;
    blocks_divider(&r->blocks);
    blocks_section(&r->blocks, arena_printf(r->arena, "*%s*", w(r, WORD_CAMPAIGNS_BY_SPEND)));
    while (shown < all.len &&
           blocks_try_field(&r->blocks, campaign_text(r, &all.items[shown], place)))
        shown++;
    if (shown < all.len)
        blocks_section(&r->blocks, other_campaigns(r, &all, shown));
}

/* The foot. */

static const char *as_of(const struct reply *r, bool mrkdwn)
{
    const struct report *report = r->report;

    return say(r->arena, r->locale, WORD_AS_OF, r->as_of,
               mrkdwn ? name_mrkdwn(r->arena, report->timezone, ZONE_SHOWN_MAX)
                      : text_clean(r->arena, report->timezone, ZONE_SHOWN_MAX));
}

static void add_foot(struct reply *r)
{
    bool numbers = r->report->totals.len > 0, shared = has_shared_budget(r->report);

    blocks_context(&r->blocks,
                   arena_printf(r->arena, "%s%s%s%s%s", as_of(r, false), numbers ? " " : "",
                                numbers ? w(r, WORD_METHOD) : "", shared ? " " : "",
                                shared ? w(r, WORD_SHARED_METHOD) : ""));
}

/* The fallback: the same statement, short and without blocks. */

static void add_fallback_total(const struct reply *r, struct buf *text, const struct total *total)
{
    const struct figures *f = &total->figures;

    buf_printf(text, "\n%s %s · %s %s", label(r, WORD_SPEND), amount(r, f->spend, total->currency),
               label(r, WORD_PROJECTION), amount(r, f->projection, total->currency));
    if (total->has_target)
        buf_printf(text, " · %s %s · %s · %s %s", w(r, WORD_TARGET),
                   amount(r, total->target, total->currency),
                   pacing_text(r->arena, r->locale, total, r->partial), w(r, WORD_RECOMMENDED),
                   recommended_text(r->arena, r->locale, total, r->partial));
    buf_printf(text, " · %s %s", label(r, WORD_DAILY_BUDGET),
               amount(r, f->daily_budget, total->currency));
}

static void add_fallback_warnings(const struct reply *r, struct buf *text)
{
    size_t count = r->report->warnings.len;

    if (count > 0)
        buf_printf(text, "\n⚠️ %s%s",
                   counted(r->arena, r->locale, WORD_WARNING_COUNT_ONE, WORD_WARNING_COUNT, count),
                   warning_lines(r, FALLBACK_WARNING_LINES, 800));
}

static const char *fallback(const struct reply *r)
{
    const struct report *report = r->report;
    const char *none = no_numbers_text(r->locale, report);
    const char *note = target_note(r->arena, r->locale, report, true);
    scoped_buf struct buf text = { 0 };

    buf_init(&text, BUF_UNBOUNDED);
    buf_printf(&text, "*%s* · %s", name_mrkdwn(r->arena, report->client->name, CLIENT_NAME_MAX),
               r->month);
    if (none)
        buf_printf(&text, "\n%s", none);
    for (size_t i = 0; i < report->totals.len && i < CURRENCIES_IN_FULL; i++)
        add_fallback_total(r, &text, &report->totals.items[i]);
    if (report->totals.len > CURRENCIES_IN_FULL)
        buf_printf(&text, "\n%s", more_currencies(r, report->totals.len - CURRENCIES_IN_FULL));
    if (note)
        buf_printf(&text, "\n%s", note);
    add_fallback_warnings(r, &text);
    buf_printf(&text, "\n%s", as_of(r, true));
    return arena_strndup(r->arena, text.data, mrkdwn_cut(text.data, MESSAGE_TEXT_MAX));
}

struct message message_report(struct arena *arena, enum locale locale, const struct report *report)
{
    struct reply r = {
        .arena = arena,
        .locale = locale,
        .report = report,
        .month = format_month(arena, locale, report->month.first),
        .as_of = format_instant(arena, locale, report->timezone, report->as_of_real_ms),
        .partial = !report_complete(report),
        .warnings = warnings_group(arena, report),
    };

    blocks_begin(&r.blocks);
    add_header(&r);
    add_totals(&r);
    add_warnings(&r);
    add_accounts(&r);
    add_campaigns(&r);
    add_foot(&r);
    return (struct message){
        .text = fallback(&r),
        .blocks = blocks_end(&r.blocks, arena),
    };
}
