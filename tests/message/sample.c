#include "tests/message/sample.h"

#include <string.h>

#define HUNDREDTH (MICROS / 100)
#define DAYS_LEFT 9

static const struct month november = {
    .first = { 2026, 11, 1 },
    .today = { 2026, 11, 21 },
    .last = { 2026, 11, 30 },
    .days = 30,
    .elapsed = 21,
    .days_left = DAYS_LEFT,
};

struct report *sample_empty(struct arena *arena, const char *client_name)
{
    struct client *client = arena_new(arena, struct client);
    struct report *report = arena_new(arena, struct report);

    client->id = "1234567890";
    client->name = client_name;
    client->channel_id = "C0123";
    client->meta_id = "";
    client->kpis.min_investment = "";
    report->client = client;
    report->as_of_real_ms = SAMPLE_NOW_MS;
    report->timezone = SAMPLE_ZONE;
    report->currency = "BRL";
    report->month = november;
    return report;
}

struct business_manager *sample_manager(struct arena *arena, struct report *report,
                                        const char *platform, const char *id, const char *name)
{
    struct business_manager *manager = vec_push(arena, &report->business_managers);

    manager->platform = platform;
    manager->id = id;
    manager->name = name;
    return manager;
}

struct ad_account *sample_account(struct arena *arena, struct business_manager *manager,
                                  const char *id, const char *name, const char *currency)
{
    struct ad_account *account = vec_push(arena, &manager->ad_accounts);

    account->id = id;
    account->name = name;
    memcpy(account->currency, currency, sizeof(account->currency));
    account->timezone = SAMPLE_ZONE;
    account->month = november;
    return account;
}

struct campaign *sample_campaign(struct arena *arena, struct ad_account *account, const char *name,
                                 int64_t spend, int64_t daily)
{
    struct campaign *campaign = vec_push(arena, &account->campaigns);
    struct figures *sum = &account->figures;

    campaign->id = "501";
    campaign->name = name;
    campaign->status = "ACTIVE";
    campaign->spend_micros = spend * HUNDREDTH;
    campaign->level = LEVEL_CAMPAIGN;
    campaign->budget_kind = BUDGET_DAILY;
    campaign->has_budget_amount = true;
    campaign->budget_amount = daily * HUNDREDTH;
    campaign->figures = (struct figures){
        .spend = spend * HUNDREDTH,
        .daily_budget = daily * HUNDREDTH,
        .projection = (spend + daily * DAYS_LEFT) * HUNDREDTH,
    };
    sum->spend += campaign->figures.spend;
    sum->daily_budget += campaign->figures.daily_budget;
    sum->projection += campaign->figures.projection;
    return campaign;
}

struct total *sample_total(struct arena *arena, struct report *report, const char *currency,
                           int64_t spend, int64_t projection)
{
    struct total *total = vec_push(arena, &report->totals);

    memcpy(total->currency, currency, sizeof(total->currency));
    total->figures.spend = spend * HUNDREDTH;
    total->figures.projection = projection * HUNDREDTH;
    total->days_left = DAYS_LEFT;
    return total;
}

struct warning *sample_warning(struct arena *arena, struct report *report, const char *platform,
                               const char *account, enum err_kind kind)
{
    struct warning *warning = vec_push(arena, &report->warnings);

    warning->platform = platform;
    warning->account = account;
    warning->kind = kind;
    warning->message = "the token was refused; whoever looks after it has to renew it";
    return warning;
}

struct report *sample_padaria(struct arena *arena)
{
    struct report *report = sample_empty(arena, "Padaria Sol");
    struct business_manager *manager = sample_manager(arena, report, "meta", "77", "Sol BM");
    struct ad_account *account = sample_account(arena, manager, "act_10", "Sol 1", "BRL");
    struct campaign *campaign = sample_campaign(arena, account, "Natal", 40000, 5000);
    struct total *total = sample_total(arena, report, "BRL", 123456, 213456);

    ((struct client *)report->client)->has_target = true;
    campaign->impressions = 10000;
    campaign->clicks = 321;
    account->owned = OWNED_YES;
    account->figures = (struct figures){ 1000 * INT64_C(1000000), 80 * INT64_C(1000000),
                                         1720 * INT64_C(1000000), 1428571429 };
    total->figures.daily_budget = 100 * INT64_C(1000000);
    total->figures.run_rate = 1763657143;
    total->has_target = true;
    total->target = 3000 * INT64_C(1000000);
    total->pacing_e4 = 7115;
    total->has_recommended = true;
    total->recommended_daily_budget = 196160000;
    *(struct total *)vec_push(arena, &manager->totals) =
        (struct total){ .currency = "BRL", .figures = account->figures, .days_left = DAYS_LEFT };
    sample_manager(arena, report, "google_ads", "9876543210", "Agency MCC");
    sample_warning(arena, report, "meta", "act_11", ERR_AUTH);
    return report;
}

struct report *sample_900(struct arena *arena, const char *campaign_name)
{
    struct report *report = sample_empty(arena, "Loja Grande");
    struct business_manager *manager = sample_manager(arena, report, "meta", "78", "Grande BM");
    struct ad_account *account = sample_account(arena, manager, "act_900", "Grande", "BRL");

    for (int64_t i = 1; i <= 900; i++)
        sample_campaign(arena, account, campaign_name, i * 100, 100);
    sample_total(arena, report, "BRL", 40545000, 40545000 + 900 * 100 * DAYS_LEFT);
    return report;
}
