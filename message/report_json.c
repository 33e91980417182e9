/* `raiox report --json`: the names are a promise to scripts and stand in the README. */
#include "message/message.h"

#include <inttypes.h>

#include "message/escape.h"
#include "message/json_out.h"

/* An amount as a decimal string with its currency's own decimals. */
static void member_money(struct buf *out, struct arena *arena, const char *name, int64_t micros,
                         const char *currency)
{
    json_member(out, name, money_decimal(arena, money_of(micros, currency)));
}

static void member_money_if(struct buf *out, struct arena *arena, bool has, const char *name,
                            int64_t micros, const char *currency)
{
    if (has)
        member_money(out, arena, name, micros, currency);
    else
        json_member(out, name, NULL);
}

static void member_share(struct buf *out, const char *name, bool has, int64_t share_e4)
{
    uint64_t size = share_e4 < 0 ? -(uint64_t)share_e4 : (uint64_t)share_e4;

    json_key(out, name);
    if (has)
        buf_printf(out, "%s%" PRIu64 ".%04" PRIu64, share_e4 < 0 ? "-" : "", size / 10000,
                   size % 10000);
    else
        json_null(out);
}

static void member_instant(struct buf *out, const char *name, const char *zone, int64_t real_ms)
{
    struct error err = { 0 };
    char text[32];
    bool ok = (zone && instant_format(zone, real_ms, text, &err)) ||
              instant_format("UTC", real_ms, text, &err);

    json_member(out, name, ok ? text : NULL);
}

static void add_client(struct buf *out, const struct client *client)
{
    json_key(out, "client");
    json_open(out, '{');
    json_member(out, "id", client->id);
    json_member(out, "name", client->name);
    json_member(out, "channel_id", client->channel_id);
    json_close(out, '}');
}

static void add_total(struct buf *out, struct arena *arena, const struct total *total)
{
    const struct figures *f = &total->figures;
    const char *currency = total->currency;

    json_open(out, '{');
    json_member(out, "currency", currency);
    member_money(out, arena, "spend", f->spend, currency);
    member_money(out, arena, "daily_budget", f->daily_budget, currency);
    member_money(out, arena, "projection", f->projection, currency);
    member_money(out, arena, "run_rate_projection", f->run_rate, currency);
    json_member_number(out, "days_left", total->days_left);
    member_money_if(out, arena, total->has_target, "target", total->target, currency);
    member_share(out, "pacing", total->has_target, total->pacing_e4);
    member_money_if(out, arena, total->has_target && total->has_recommended,
                    "recommended_daily_budget", total->recommended_daily_budget, currency);
    json_close(out, '}');
}

static void add_totals(struct buf *out, struct arena *arena, const struct total *totals, size_t len)
{
    json_key(out, "totals");
    json_open(out, '[');
    for (size_t i = 0; i < len; i++)
        add_total(out, arena, &totals[i]);
    json_close(out, ']');
}

static void add_budget(struct buf *out, struct arena *arena, const struct campaign *campaign,
                       const char *currency)
{
    bool none = campaign->budget_kind == BUDGET_NONE;

    json_key(out, "budget");
    json_open(out, '{');
    json_member(out, "kind", budget_kind_name(campaign->budget_kind));
    json_member(out, "level", none ? NULL : budget_level_name(campaign->level));
    member_money_if(out, arena, !none && campaign->has_budget_amount, "amount",
                    campaign->budget_amount, currency);
    json_member(out, "shared_id", campaign->shared_id);
    json_close(out, '}');
}

static void add_campaign(struct buf *out, struct arena *arena, const struct campaign *campaign,
                         const char *currency)
{
    json_open(out, '{');
    json_member(out, "id", campaign->id);
    json_member(out, "name", campaign->name);
    json_member(out, "status", campaign->status);
    member_money(out, arena, "spend", campaign->spend_micros, currency);
    add_budget(out, arena, campaign, currency);
    member_money(out, arena, "daily_budget", campaign->figures.daily_budget, currency);
    member_money(out, arena, "projection", campaign->figures.projection, currency);
    json_member_number(out, "impressions", campaign->impressions);
    json_member_number(out, "clicks", campaign->clicks);
    json_close(out, '}');
}

static void member_owned(struct buf *out, enum owned owned)
{
    json_key(out, "owned");
    if (owned == OWNED_UNKNOWN)
        json_null(out);
    else
        json_bool(out, owned == OWNED_YES);
}

static void add_account(struct buf *out, struct arena *arena, const struct ad_account *account)
{
    const struct figures *f = &account->figures;

    json_open(out, '{');
    json_member(out, "id", account->id);
    json_member(out, "name", account->name);
    json_member(out, "currency", account->currency);
    json_member(out, "timezone", account->timezone);
    member_owned(out, account->owned);
    member_money(out, arena, "spend", f->spend, account->currency);
    member_money(out, arena, "daily_budget", f->daily_budget, account->currency);
    member_money(out, arena, "projection", f->projection, account->currency);
    member_money(out, arena, "run_rate_projection", f->run_rate, account->currency);
    json_member_number(out, "days_left", account->month.days_left);
    json_key(out, "campaigns");
    json_open(out, '[');
    for (size_t i = 0; i < account->campaigns.len; i++)
        add_campaign(out, arena, &account->campaigns.items[i], account->currency);
    json_close(out, ']');
    json_close(out, '}');
}

static void add_manager(struct buf *out, struct arena *arena,
                        const struct business_manager *manager)
{
    json_open(out, '{');
    json_member(out, "platform", manager->platform);
    json_member(out, "id", manager->id);
    json_member(out, "name", manager->name);
    add_totals(out, arena, manager->totals.items, manager->totals.len);
    json_key(out, "ad_accounts");
    json_open(out, '[');
    for (size_t i = 0; i < manager->ad_accounts.len; i++)
        add_account(out, arena, &manager->ad_accounts.items[i]);
    json_close(out, ']');
    json_close(out, '}');
}

static void add_warning(struct buf *out, const struct report *report, const struct warning *warning)
{
    json_open(out, '{');
    json_member(out, "platform", warning->platform);
    json_member(out, "account", warning->account);
    json_member(out, "kind", error_kind_name(warning->kind));
    json_member(out, "message", warning->message);
    if (warning->retry_real_ms > 0)
        member_instant(out, "retry_at", report->timezone, warning->retry_real_ms);
    else
        json_member(out, "retry_at", NULL);
    json_close(out, '}');
}

const char *message_report_json(struct arena *arena, const struct report *report)
{
    scoped_buf struct buf out = { 0 };

    buf_init(&out, BUF_UNBOUNDED);
    json_open(&out, '{');
    add_client(&out, report->client);
    member_instant(&out, "as_of", report->timezone, report->as_of_real_ms);
    add_totals(&out, arena, report->totals.items, report->totals.len);
    json_key(&out, "business_managers");
    json_open(&out, '[');
    for (size_t i = 0; i < report->business_managers.len; i++)
        add_manager(&out, arena, &report->business_managers.items[i]);
    json_close(&out, ']');
    json_key(&out, "warnings");
    json_open(&out, '[');
    for (size_t i = 0; i < report->warnings.len; i++)
        add_warning(&out, report, &report->warnings.items[i]);
    json_close(&out, ']');
    json_close(&out, '}');
    return arena_strndup(arena, out.data, out.len);
}
