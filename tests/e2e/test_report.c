/*
 * Every client of the sample agency (tests/sandbox/agency.json): what the report says against what
 * was worked out by hand. The report is made at noon of 2026-11-21 in São Paulo: 21 days of
 * November have begun, 9 are left. Where nothing else is said projection = spend + 9 x daily
 * budget, run rate = spend / 21 x 30 = spend x 10 / 7, pacing = projection / target, recommended =
 * (target - spend) / 9.
 */
#include "tests/e2e/reading.h"

#include <stdio.h>
#include <string.h>

#define PADARIA "1234567890"

static int open_alone(void **state)
{
    int failed = world_open(state);

    if (!failed)
        world_start(state, &(struct world_options){ .parts = WORLD_ALONE });
    return failed;
}

/* ---- the totals of everybody ---- */

#define TOTALS_MAX 2
#define WARNINGS_MAX 3

struct client_row {
    const char *client; /* Monday's item */
    /* currency, spend, daily budget, projection, run rate, target, pacing, recommended; "-": null
     */
    const char *totals[TOTALS_MAX + 1];
    const char *warnings[WARNINGS_MAX + 1]; /* platform, account, kind */
};

static const struct client_row rows[] = {
    /* Padaria Sol: Meta 400 + 600, 50 + 30 a day; Google 234.56, 20 a day.
     * 1234.56 + 900 = 2134.56; 12345.6 / 7 = 1763.657; 2134.56 / 3000 = 0.71152;
     * 1765.44 / 9 = 196.16 */
    { PADARIA, { "BRL 1234.56 100.00 2134.56 1763.66 3000.00 0.7115 196.16" }, { 0 } },
    /* Golden Nine, the published example: 9027.63 and 320.12.
     * 9 x 320.12 = 2881.08; 90276.3 / 7 = 12896.614; 11908.71 / 15000 = 0.79391;
     * 5972.37 / 9 = 663.597 */
    { "7000000001", { "BRL 9027.63 320.12 11908.71 12896.61 15000.00 0.7939 663.60" }, { 0 } },
    /* Açaí & Cia: 987.40 + 640.00 + 210.55 + 987.45; 50 + 25 (its other ad set is paused) + 12
     * + 50 (two campaigns share it). 9 x 137 = 1233; 28254 / 7 = 4036.286;
     * 4058.40 / 15000 = 0.27056; 12174.60 / 9 = 1352.733 */
    { "7000000002", { "BRL 2825.40 137.00 4058.40 4036.29 15000.00 0.2706 1352.73" }, { 0 } },
    /* 9 x 20 = 180; 3333.3 / 7 = 476.186 */
    { "7000000003", { "BRL 333.33 20.00 513.33 476.19 - - -" }, { 0 } },
    /* 9 x 15 = 135; 1201 / 7 = 171.571 */
    { "7000000004", { "BRL 120.10 15.00 255.10 171.57 - - -" }, { 0 } },
    /* Construtora Horizonte: 5400 + 1500 + 1000 + 600. 900 a day for 4 days (22 to 25), and what is
     * left of 900 - 600 over 3 days (22 to 24): 100 a day. No end, or nothing left: nothing.
     * 8500 + 3600 + 300; 85000 / 7 = 12142.857; 12400 / 20000; 11500 / 9 = 1277.778 */
    { "7000000005", { "BRL 8500.00 1000.00 12400.00 12142.86 20000.00 0.6200 1277.78" }, { 0 } },
    /* Escola Aurora: 700 + 300 + 250 + 10. 30 + 20.50 a day; 800 over 8 days (to the 29th);
     * 10 a day and 200 over 9 days, 22.2222: 50.50 + 100 + 32.2222 = 182.7222.
     * 1260 + 454.50 + 800 + 90 + 200 = 2804.50; 12600 / 7 = 1800; 2804.50 / 8000 = 0.35056;
     * 6740 / 9 = 748.889 */
    { "7000000006", { "BRL 1260.00 182.72 2804.50 1800.00 8000.00 0.3506 748.89" }, { 0 } },
    /* Academia Força: 490 + 320 + 80; only the ad set of 18 a day still runs tomorrow.
     * 890 + 162; 8900 / 7 = 1271.429 */
    { "7000000007", { "BRL 890.00 18.00 1052.00 1271.43 - - -" }, { 0 } },
    /* Hotel Maresia: 820 + 0.50 + 410. 100 from the 26th (5 days), 40 to the 27th (6), 20 from the
     * 25th (6), 60 from the 27th (4), 15 to the 24th (3): 235 a day in all.
     * 1230.50 + 500 + 240 + 120 + 240 + 45 = 2375.50; 12305 / 7 = 1757.857;
     * 2375.50 / 6000.50 = 0.39588; 4770 / 9 = 530 */
    { "7000000008", { "BRL 1230.50 235.00 2375.50 1757.86 6000.50 0.3959 530.00" }, { 0 } },
    /* Moda Íris: 900 + 350.25 (archived) + 149.75 (deleted) + 77.70 (paused) + 12.30 (with issues);
     * 45 a day. 1490 + 405; 14900 / 7 = 2128.571; 1895 / 5000; 3510 / 9 = 390 */
    { "7000000009", { "BRL 1490.00 45.00 1895.00 2128.57 5000.00 0.3790 390.00" }, { 0 } },
    /* Livraria Página: nothing spent yet this month. 9 x 27.50 */
    { "7000000010", { "BRL 0.00 27.50 247.50 0.00 - - -" }, { 0 } },
    /* Sunset Surf Co, dollars alone: 1500.50 + 640.25, 75 + 30 a day, and the target is in dollars.
     * 2140.75 + 945; 21407.5 / 7 = 3058.214; 3085.75 / 4000 = 0.77144; 1859.25 / 9 = 206.583 */
    { "7000000011", { "USD 2140.75 105.00 3085.75 3058.21 4000.00 0.7714 206.58" }, { 0 } },
    /* Kinoko KK: the 22nd has begun in Tokyo, 8 days are left. Whole yen, Meta's offset is 1.
     * 105000 + 8 x 5000; 105000 / 22 x 30 = 143181.8 */
    { "7000000012", { "JPY 105000 5000 145000 143182 - - -" }, { 0 } },
    /* Café Andino: Meta counts pesos whole (offset 1), ISO 4217 gives them two decimals.
     * 2345678.90 + 9 x 120000; 23456789 / 7 = 3350969.857 */
    { "7000000013", { "COP 2345678.90 120000.00 3425678.90 3350969.86 - - -" }, { 0 } },
    /* Pearl Majlis: three decimals, yet Meta's offset is 100: 1250 is 12.500 a day.
     * 210.125 + 112.500; 2101.25 / 7 = 300.1786 */
    { "7000000014", { "BHD 210.125 12.500 322.625 300.179 - - -" }, { 0 } },
    /* Duna Kft: Meta's offset is 1. 250000.50 + 135000; 2500005 / 7 = 357143.571 */
    { "7000000015", { "HUF 250000.50 15000.00 385000.50 357143.57 - - -" }, { 0 } },
    /* Kiwi Outdoors: the 22nd in Auckland. 440 + 8 x 30; 440 / 22 x 30 = 600 */
    { "7000000016", { "NZD 440.00 30.00 680.00 600.00 - - -" }, { 0 } },
    /* Exporta Brasil: two currencies, the target is of the agency's.
     * 1800 + 540; 18000 / 7 = 2571.429; 2340 / 10000; 8200 / 9 = 911.111.
     * 900 + 100, 40 + 10 a day: 1000 + 450; 10000 / 7 = 1428.571 */
    { "7000000017",
      { "BRL 1800.00 60.00 2340.00 2571.43 10000.00 0.2340 911.11",
        "USD 1000.00 50.00 1450.00 1428.57 - - -" },
      { 0 } },
    /* Clínica Bem Estar: 612 + 297; 6120 / 7 = 874.286; 909 / 2500.50 = 0.36353;
     * 1888.50 / 9 = 209.833 */
    { "7000000018", { "BRL 612.00 33.00 909.00 874.29 2500.50 0.3635 209.83" }, { 0 } },
    /* Cliente da Agência: the agency's own business manager without a list. */
    { "7000000019", { 0 }, { "meta - config" } },
    /* Pet Feliz: two listed accounts without a business manager. 299.99 + 9 x 30;
     * 2999.9 / 7 = 428.557 */
    { "7000000020", { "BRL 299.99 30.00 569.99 428.56 - - -" }, { 0 } },
    /* Dupla Um and Dois: 10 + 90, 100 / 7 = 14.286; 20 + 90, 200 / 7 = 28.571 */
    { "7000000021", { "BRL 10.00 10.00 100.00 14.29 - - -" }, { 0 } },
    { "7000000022", { "BRL 20.00 10.00 110.00 28.57 - - -" }, { 0 } },
    /* Ids Quebrados: three cells that hold no ids. Sem Contas: nothing in them. */
    { "7000000023", { 0 }, { "monday - config", "monday - config", "monday - config" } },
    { "7000000024", { 0 }, { "monday - config" } },
    /* Sem Canal: 70 + 63; 700 / 7 */
    { "7000000025", { "BRL 70.00 7.00 133.00 100.00 - - -" }, { 0 } },
    /* Só Google: 300 + 45 of a paused one, 18 a day. 345 + 162; 3450 / 7 = 492.857;
     * 507 / 900 = 0.56333; 555 / 9 = 61.667 */
    { "7000000026", { "BRL 345.00 18.00 507.00 492.86 900.00 0.5633 61.67" }, { 0 } },
    /* Só Meta: 512.34 + 225; 5123.4 / 7 = 731.914; 737.34 / 1234.56 = 0.59725;
     * 722.22 / 9 = 80.247 */
    { "7000000027", { "BRL 512.34 25.00 737.34 731.91 1234.56 0.5972 80.25" }, { 0 } },
    /* Gerente Errado: 150 + 90; 1500 / 7 = 214.286; the other id is a manager account's. */
    { "7000000028",
      { "BRL 150.00 10.00 240.00 214.29 - - -" },
      { "google_ads 5550001111 config" } },
    /* Gêmea A and B: one business manager in two rows. 50 + 90; 500 / 7 = 71.429 */
    { "7000000029", { "BRL 50.00 10.00 140.00 71.43 - - -" }, { "meta 6101 config" } },
    { "7000000030", { "BRL 50.00 10.00 140.00 71.43 - - -" }, { "meta 6101 config" } },
    /* Conta Invisível: 60 + 90; 600 / 7 = 85.714; 6299 is listed and not there. */
    { "7000000031", { "BRL 60.00 10.00 150.00 85.71 - - -" }, { "meta act_6299 not_found" } },
    /* Meta Ambígua: 15.000 could be fifteen. 61 + 90; 610 / 7 = 87.143 */
    { "7000000032", { "BRL 61.00 10.00 151.00 87.14 - - -" }, { 0 } },
    /* Rede Compartilhada: 100 + 200 + 300 + 400 + 0 + 55.55; 50 once for five campaigns, and 7.
     * 1055.55 + 513; 10555.5 / 7 = 1507.929; 1568.55 / 5000 = 0.31371; 3944.45 / 9 = 438.272 */
    { "7000000033", { "BRL 1055.55 57.00 1568.55 1507.93 5000.00 0.3137 438.27" }, { 0 } },
    /* Evento Total: 2100 + 90 this month. 6000 - 1000 (October) - 2100 = 2900 over 9 days, to the
     * 30th: 322.222 a day; the other has no end. 2190 + 2900; 21900 / 7 = 3128.571 */
    { "7000000034", { "BRL 2190.00 322.22 5090.00 3128.57 - - -" }, { 0 } },
    /* Troca Rápida: 120 + 480 (removed) + 33 (ended) + 210 (limited) + 5 (not eligible); 12 + 10 a
     * day. 848 + 198; 8480 / 7 = 1211.429 */
    { "7000000035", { "BRL 848.00 22.00 1046.00 1211.43 - - -" }, { 0 } },
    /* Conta Suspensa: 750 / 7 = 107.143, and nothing runs. */
    { "7000000036", { "BRL 75.00 0.00 75.00 107.14 - - -" }, { 0 } },
    { "7000000037", { 0 }, { "google_ads 6660005555 not_found" } },
    { "7000000038", { 0 }, { "google_ads 6660006666 permission" } },
    /* Acesso Direto: 42 + 45; 420 / 7 */
    { "7000000039", { "BRL 42.00 5.00 87.00 60.00 - - -" }, { 0 } },
    /* Franquia Trinta: (1 + ... + 29) + 29 x 0.50 = 449.50 a day for 21 days; 29 x 10 a day.
     * 9439.50 + 2610; 94395 / 7 = 13485 */
    { "7000000040",
      { "BRL 9439.50 290.00 12049.50 13485.00 - - -" },
      { "meta act_64030 permission" } },
    /* Conta Fechada: 88 (paused) + 12, and 10 a day by the campaign's own status.
     * 100 + 90; 1000 / 7 = 142.857 */
    { "7000000041", { "BRL 100.00 10.00 190.00 142.86 - - -" }, { 0 } },
    /* Mega Varejo, 900 campaigns of Meta: daily 10.01 to 19.00, together
     * (900000 + 900 x 901 / 2) cents = 13054.50; spend a day 1.01 to 1.99 and 1.100 to 1.900:
     * (99 + 49.5) x 21 + (801 + 400.5) x 21 = 3118.50 + 25231.50 = 28350.
     * 300 of Google: 300 x 5 a day; 0.01 to 0.99 and 0.100 to 0.300 a day:
     * (49.5 + 40.2) x 21 = 1883.70. 30233.70 + 9 x 14554.50; 302337 / 7 = 43191;
     * 161224.20 / 50000 = 3.22448; 19766.30 / 9 = 2196.256 */
    { "7000000042", { "BRL 30233.70 14554.50 161224.20 43191.00 50000.00 3.2245 2196.26" }, { 0 } },
    /* Benchmark SA, 3 accounts of 20: 20.01 to 20.20 a day, 402.10 each; 12.01 to 12.20 spent a
     * day, 242.10 x 21 = 5084.10 each. Google: 20 x 8 a day; 62.10 x 21 = 1304.10.
     * 16556.40 + 9 x 1366.30; 165564 / 7 = 23652; 28853.10 / 30000 = 0.96177;
     * 13443.60 / 9 = 1493.733 */
    { "7000000043", { "BRL 16556.40 1366.30 28853.10 23652.00 30000.00 0.9618 1493.73" }, { 0 } },
    /* 10 + 11 + 12 + 13 + 14; 5 x 10 a day. 60 + 450; 600 / 7 = 85.714; 510 / 100; 40 / 9 */
    { "7000000044", { "BRL 60.00 50.00 510.00 85.71 100.00 5.1000 4.44" }, { 0 } },
    /* 150 + 135; 1500 / 7 = 214.286 */
    { "7000000045", { "BRL 150.00 15.00 285.00 214.29 - - -" }, { 0 } },
    /* 5 + 45; 50 / 7 = 7.143 */
    { "7000000046", { "BRL 5.00 5.00 50.00 7.14 - - -" }, { 0 } },
};

static const char *text_of(struct arena *arena, const cJSON *total, const char *name)
{
    const cJSON *item = json_get(total, name);

    if (cJSON_IsNumber(item))
        return arena_printf(arena, "%.4f", item->valuedouble);
    return cJSON_IsString(item) ? item->valuestring : cJSON_IsNull(item) ? "-" : "absent";
}

static const char *total_text(struct arena *arena, const cJSON *total)
{
    return arena_printf(arena, "%s %s %s %s %s %s %s %s", text_of(arena, total, "currency"),
                        text_of(arena, total, "spend"), text_of(arena, total, "daily_budget"),
                        text_of(arena, total, "projection"),
                        text_of(arena, total, "run_rate_projection"),
                        text_of(arena, total, "target"), text_of(arena, total, "pacing"),
                        text_of(arena, total, "recommended_daily_budget"));
}

static const char *warning_text(struct arena *arena, const cJSON *warning)
{
    return arena_printf(arena, "%s %s %s", text_of(arena, warning, "platform"),
                        text_of(arena, warning, "account"), text_of(arena, warning, "kind"));
}

static void check_list(struct arena *arena, const char *client, const cJSON *list,
                       const char *const *wanted,
                       const char *(*print)(struct arena *arena, const cJSON *item))
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        const char *text = print(arena, item);
        if (!*wanted || strcmp(text, *wanted) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", client, text, *wanted ? *wanted : "nothing");
        wanted++;
    }
    if (*wanted)
        fail_msg("%s: \"%s\" is missing", client, *wanted);
}

static void every_client_has_the_figures_worked_out_by_hand(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct client_row *row = &rows[i];
        const cJSON *report = reading_report(world, row->client), *total;

        check_list(world->arena, row->client, json_get(report, "totals"), row->totals, total_text);
        check_list(world->arena, row->client, json_get(report, "warnings"), row->warnings,
                   warning_text);
        cJSON_ArrayForEach(total, json_get(report, "totals"))
            assert_fields(total, "days_left", "9", NULL);
        assert_fields(json_get(report, "client"), "id", row->client, NULL);
        assert_fields(report, "as_of", "2026-11-21T12:00:00-03:00", NULL);
    }
}

/* ---- lesson by lesson ---- */

static void assert_budget(const cJSON *campaign, const char *kind, const char *level,
                          const char *amount, const char *shared_id)
{
    reading_fields_(json_get(campaign, "budget"),
                    (const char *const[]){ "kind", kind, "level", level, "amount", amount,
                                           "shared_id", shared_id, NULL });
}

/* 9,000 for ten days, 5,400 of it spent in six: 3,600 over the four that are left. */
static void lifetime_budget_is_spread(void **state)
{
    const cJSON *report = reading_report(*state, "Construtora Horizonte");
    const cJSON *ten_days = reading_campaign(report, "43101");

    assert_budget(ten_days, "lifetime", "campaign", "9000.00", "null");
    assert_fields(ten_days, "spend", "5400.00", "daily_budget", "900.00", "projection", "9000.00",
                  NULL);
    assert_fields(reading_campaign(report, "43102"), "daily_budget", "0.00", "projection",
                  "1500.00", NULL);
    assert_budget(reading_campaign(report, "43102"), "lifetime", "campaign", "5000.00", "null");
    assert_fields(reading_campaign(report, "43103"), "daily_budget", "0.00", "projection",
                  "1000.00", NULL);
    /* An end at 00:00 of the 25th is the 24th's. */
    assert_fields(reading_campaign(report, "43104"), "daily_budget", "100.00", "projection",
                  "900.00", NULL);
}

static void ad_sets_may_lack_a_daily_budget(void **state)
{
    const cJSON *report = reading_report(*state, "Escola Aurora");

    assert_budget(reading_campaign(report, "44101"), "daily", "ad_set", "50.50", "null");
    assert_budget(reading_campaign(report, "44102"), "lifetime", "ad_set", "1000.00", "null");
    assert_fields(reading_campaign(report, "44102"), "daily_budget", "100.00", "projection",
                  "1100.00", NULL);
    assert_budget(reading_campaign(report, "44103"), "mixed", "ad_set", "null", "null");
    assert_fields(reading_campaign(report, "44103"), "daily_budget", "32.22", "projection",
                  "540.00", NULL);
    assert_budget(reading_campaign(report, "44104"), "none", "null", "null", "null");
    assert_fields(reading_campaign(report, "44104"), "spend", "10.00", "daily_budget", "0.00",
                  NULL);
}

static void budgets_of_those_that_did_not_spend_count(void **state)
{
    const cJSON *report = reading_report(*state, "Livraria Página");

    assert_fields(reading_campaign(report, "48101"), "spend", "0.00", "daily_budget", "27.50",
                  "projection", "247.50", NULL);
    report = reading_report(*state, "Açaí & Cia");
    assert_fields(reading_campaign(report, "112"), "spend", "0.00", "daily_budget", "50.00", NULL);
}

static size_t count_campaigns(const cJSON *report)
{
    const cJSON *manager, *account;
    int count = 0;

    cJSON_ArrayForEach(manager, json_get(report, "business_managers"))
        cJSON_ArrayForEach(account, json_get(manager, "ad_accounts"))
            count += cJSON_GetArraySize(json_get(account, "campaigns"));
    return (size_t)count;
}

/* Google's pages are made of 100 rows here; Meta's and Monday's have their real sizes. */
static void all_pages_are_read(void **state)
{
    struct world *world = *state;

    world_option(world, "{\"google_page_rows\":100}");
    const cJSON *report = reading_report(world, "Mega Varejo");
    world_option(world, "{\"google_page_rows\":10000}");
    assert_int_equal(count_campaigns(report), 1200);
    /* The last ones: 21 x 1.900, and 21 x 0.300. */
    assert_fields(reading_campaign(report, "661000900"), "spend", "39.90", "daily_budget", "19.00",
                  NULL);
    assert_fields(reading_campaign(report, "66680300"), "spend", "6.30", "daily_budget", "5.00",
                  NULL);
    report = reading_report(world, "Franquia Trinta");
    assert_int_equal(count_campaigns(report), 29);
}

static void client_accounts_alone_are_enough(void **state)
{
    const cJSON *report = reading_report(*state, "Clínica Bem Estar");

    assert_fields(reading_account(report, "act_5610"), "owned", "false", "spend", "612.00", NULL);
    report = reading_report(*state, "Golden Nine");
    assert_fields(reading_account(report, "act_9001"), "owned", "true", NULL);
    /* Of listed accounts it is not asked. */
    report = reading_report(*state, "Açaí & Cia");
    assert_fields(reading_account(report, "act_1002"), "owned", "null", "spend", "210.55", NULL);
}

static void each_currency_has_its_own_units(void **state)
{
    static const struct {
        const char *client, *campaign, *amount, *spend;
    } cases[] = {
        { "Kinoko KK", "50101", "5000", "105000" },
        { "Café Andino", "51101", "120000.00", "2345678.90" },
        { "Pearl Majlis", "52101", "12.500", "210.125" },
        { "Duna Kft", "53101", "15000.00", "250000.50" },
        { "Sunset Surf Co", "49101", "75.00", "1500.50" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const cJSON *campaign =
            reading_campaign(reading_report(*state, cases[i].client), cases[i].campaign);
        assert_budget(campaign, "daily", "campaign", cases[i].amount, "null");
        assert_fields(campaign, "spend", cases[i].spend, NULL);
    }
}

static void a_day_is_the_accounts_own(void **state)
{
    const cJSON *report = reading_report(*state, "Kiwi Outdoors");

    assert_fields(reading_account(report, "act_5410"), "timezone", "Pacific/Auckland", "days_left",
                  "8", "projection", "680.00", NULL);
    /* The total's own days are the agency's. */
    assert_fields(json_get(report, "totals")->child, "days_left", "9", NULL);
}

/* At 23:30 of the 21st in São Paulo it is the 22nd in UTC; the figures are those of the 21st. And
 * at 22:00 of the 30th it is December in UTC: all of November is spent and nothing is left of it.
 */
static void the_day_is_not_utcs(void **state)
{
    static const char *const late[] = { "--now", "2026-11-21T23:30:00-03:00", NULL };
    static const char *const late_env[] = { "RAIOX_NOW=2026-11-21T23:30:00-03:00", NULL };
    static const char *const last[] = { "--now", "2026-11-30T22:00:00-03:00", NULL };
    static const char *const last_env[] = { "RAIOX_NOW=2026-11-30T22:00:00-03:00", NULL };
    struct world *world = world_start(
        state, &(struct world_options){ .parts = WORLD_ALONE, .sandbox = late, .env = late_env });
    const cJSON *total = json_get(reading_report(world, PADARIA), "totals")->child;

    assert_string_equal(total_text(world->arena, total),
                        "BRL 1234.56 100.00 2134.56 1763.66 3000.00 0.7115 196.16");
    world_close(state);

    world_open(state);
    world = world_start(
        state, &(struct world_options){ .parts = WORLD_ALONE, .sandbox = last, .env = last_env });
    total = json_get(reading_report(world, PADARIA), "totals")->child;
    /* 1234.56 / 30 x 30; 1234.56 / 3000 = 0.41152 */
    assert_string_equal(total_text(world->arena, total),
                        "BRL 1234.56 100.00 1234.56 1234.56 3000.00 0.4115 -");
    assert_fields(total, "days_left", "0", NULL);
}

static void shared_budget_counts_once(void **state)
{
    const cJSON *report = reading_report(*state, "Rede Compartilhada");
    static const char *const sharing[] = { "66601", "66602", "66603", "66604", "66605" };

    for (size_t i = 0; i < COUNT(sharing); i++) {
        const cJSON *campaign = reading_campaign(report, sharing[i]);
        assert_budget(campaign, "daily", "shared", "50.00", "66691");
        assert_fields(campaign, "daily_budget", "50.00", NULL);
    }
    assert_fields(reading_account(report, "6660001111"), "daily_budget", "57.00", "projection",
                  "1568.55", NULL);
}

static void google_alone_is_a_client(void **state)
{
    const cJSON *report = reading_report(*state, "Só Google");
    const cJSON *manager = json_get(report, "business_managers")->child;

    assert_null(manager->next);
    assert_fields(manager, "platform", "google_ads", "id", "9876543210", "name", "Agency MCC",
                  NULL);
    assert_fields(json_get(manager, "totals")->child, "spend", "345.00", NULL);
}

static void agencys_own_business_manager_is_refused(void **state)
{
    const cJSON *report = reading_report(*state, "Cliente da Agência");

    assert_int_equal(cJSON_GetArraySize(json_get(report, "business_managers")), 0);
    assert_int_equal(cJSON_GetArraySize(json_get(report, "totals")), 0);
    assert_non_null(reading_warning(report, "meta", NULL, "config"));
}

/* Its 1,000 of October count against the 6,000, and only there. */
static void total_budget_is_what_is_left_of_it(void **state)
{
    const cJSON *report = reading_report(*state, "Evento Total");

    assert_budget(reading_campaign(report, "66621"), "lifetime", "campaign", "6000.00", "null");
    assert_fields(reading_campaign(report, "66621"), "spend", "2100.00", "daily_budget", "322.22",
                  "projection", "5000.00", NULL);
    assert_fields(reading_campaign(report, "66622"), "spend", "90.00", "daily_budget", "0.00",
                  NULL);
}

static void archived_and_removed_ones_keep_their_spend(void **state)
{
    const cJSON *report = reading_report(*state, "Moda Íris");

    assert_fields(reading_campaign(report, "47102"), "spend", "350.25", "daily_budget", "0.00",
                  NULL);
    assert_fields(reading_campaign(report, "47103"), "spend", "149.75", "daily_budget", "0.00",
                  NULL);
    assert_fields(reading_campaign(report, "47105"), "spend", "77.70", "daily_budget", "0.00",
                  NULL);
    assert_fields(reading_campaign(report, "47106"), "status", "WITH_ISSUES", "spend", "12.30",
                  "daily_budget", "0.00", NULL);
    report = reading_report(*state, "Troca Rápida");
    assert_fields(reading_campaign(report, "66632"), "status", "REMOVED", "spend", "480.00",
                  "daily_budget", "0.00", NULL);
}

static void dead_account_costs_itself_alone(void **state)
{
    const cJSON *report = reading_report(*state, "Franquia Trinta");
    const cJSON *accounts = json_get(json_get(report, "business_managers")->child, "ad_accounts");

    assert_int_equal(cJSON_GetArraySize(accounts), 29);
    assert_int_equal(cJSON_GetArraySize(json_get(report, "warnings")), 1);
    assert_non_null(reading_warning(report, "meta", "act_64030", "permission"));
}

/* Customers below the manager are refused without it; what we may see directly is read. */
static void login_customer_may_be_missing(void **state)
{
    static const char *const env[] = { "GOOGLE_ADS_LOGIN_CUSTOMER_ID", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_ALONE, .env = env });
    const cJSON *report = reading_report(world, PADARIA);

    assert_non_null(reading_warning(report, "google_ads", "1112223330", "permission"));
    assert_fields(json_get(report, "totals")->child, "spend", "1000.00", NULL);
    report = reading_report(world, "Acesso Direto");
    assert_fields(json_get(report, "business_managers")->child, "id", "null", "name", "null", NULL);
    assert_fields(json_get(report, "totals")->child, "spend", "42.00", NULL);
}

static void unconfigured_platform_is_named(void **state)
{
    static const char *const env[] = { "META_ACCESS_TOKEN", "META_APP_SECRET",
                                       "META_AGENCY_BUSINESS_ID", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_ALONE, .env = env });
    const cJSON *report = reading_report(world, PADARIA);

    assert_non_null(reading_warning(report, "meta", NULL, "config"));
    assert_fields(json_get(report, "totals")->child, "spend", "234.56", NULL);
}

/* New York's clocks go back on the 1st: a month of 30 days and an hour, 9 days of it are left. */
static void days_of_25_hours_are_days(void **state)
{
    const cJSON *report = reading_report(*state, "Sunset Surf Co");

    assert_fields(reading_account(report, "act_4910"), "days_left", "9", "spend", "1500.50",
                  "projection", "2175.50", NULL); /* 1500.50 + 9 x 75 */
}

/* ---- the form of it ---- */

/* The example that INTERFACE promises to scripts, with this client's own ids. */
static const char promised[] =
    "{\"client\":{\"id\":\"1234567890\",\"name\":\"Padaria Sol\",\"channel_id\":\"C0123\"},"
    "\"as_of\":\"2026-11-21T12:00:00-03:00\","
    "\"totals\":[{\"currency\":\"BRL\",\"spend\":\"1234.56\",\"daily_budget\":\"100.00\","
    "\"projection\":\"2134.56\",\"run_rate_projection\":\"1763.66\",\"days_left\":9,"
    "\"target\":\"3000.00\",\"pacing\":0.7115,\"recommended_daily_budget\":\"196.16\"}],"
    "\"business_managers\":[{\"platform\":\"meta\",\"id\":\"77\",\"name\":\"Sol BM\","
    "\"totals\":[{\"currency\":\"BRL\",\"spend\":\"1000.00\",\"daily_budget\":\"80.00\","
    "\"projection\":\"1720.00\",\"run_rate_projection\":\"1428.57\",\"days_left\":9}],"
    "\"ad_accounts\":[{\"id\":\"act_10\",\"name\":\"Sol 1\",\"currency\":\"BRL\","
    "\"timezone\":\"America/Sao_Paulo\",\"owned\":true,\"spend\":\"1000.00\","
    "\"daily_budget\":\"80.00\",\"projection\":\"1720.00\",\"days_left\":9,\"campaigns\":["
    "{\"id\":\"502\",\"name\":\"Panetone\",\"status\":\"ACTIVE\",\"spend\":\"600.00\","
    "\"budget\":{\"kind\":\"daily\",\"level\":\"campaign\",\"amount\":\"30.00\","
    "\"shared_id\":null},\"daily_budget\":\"30.00\",\"projection\":\"870.00\"},"
    "{\"id\":\"501\",\"name\":\"Natal\",\"status\":\"ACTIVE\",\"spend\":\"400.00\","
    "\"budget\":{\"kind\":\"daily\",\"level\":\"campaign\",\"amount\":\"50.00\","
    "\"shared_id\":null},\"daily_budget\":\"50.00\",\"projection\":\"850.00\","
    "\"impressions\":10000,\"clicks\":321}]}]},"
    "{\"platform\":\"google_ads\",\"id\":\"9876543210\",\"name\":\"Agency MCC\","
    "\"ad_accounts\":[{\"id\":\"1112223330\",\"name\":\"Padaria Sol\",\"owned\":null,"
    "\"spend\":\"234.56\",\"daily_budget\":\"20.00\",\"projection\":\"414.56\",\"days_left\":9,"
    "\"campaigns\":[{\"id\":\"601\",\"name\":\"Pesquisa - Marca\",\"status\":\"ENABLED\","
    "\"spend\":\"234.56\",\"budget\":{\"kind\":\"daily\",\"level\":\"campaign\","
    "\"amount\":\"20.00\",\"shared_id\":null},\"daily_budget\":\"20.00\","
    "\"projection\":\"414.56\",\"impressions\":5230,\"clicks\":288}]}]}],"
    "\"warnings\":[]}";

/* All of wanted is in got; objects may have more. */
static void assert_within(const char *where, const cJSON *wanted, const cJSON *got)
{
    const cJSON *item;

    if (!got || (wanted->type & 0xff) != (got->type & 0xff))
        fail_msg("%s is absent or of another type", where);
    if (cJSON_IsArray(wanted) && cJSON_GetArraySize(wanted) != cJSON_GetArraySize(got))
        fail_msg("%s has %d elements", where, cJSON_GetArraySize(got));
    if (!wanted->child && !cJSON_Compare(wanted, got, true))
        fail_msg("%s is \"%s\"", where, got->valuestring ? got->valuestring : "another number");
    got = cJSON_IsArray(wanted) ? got->child : got;
    cJSON_ArrayForEach(item, wanted) {
        if (item->string) {
            assert_within(item->string, item, json_get(got, item->string));
            continue;
        }
        assert_within(where, item, got);
        got = got->next;
    }
}

static void json_is_what_scripts_were_promised(void **state)
{
    struct world *world = *state;
    struct error err = { 0 };
    const cJSON *wanted = json_parse(world->arena, promised, strlen(promised), &err);

    assert_non_null(wanted);
    assert_within("the report", wanted, reading_report(world, PADARIA));
}

/* ---- what is no report ---- */

static void no_report_is_status_1_with_its_reason(void **state)
{
    static const struct {
        const char *client, *says;
    } cases[] = {
        { "xyz", "xyz" },
        { "acai", "Acai da Praia" },    /* several */
        { "Ex-cliente", "Ex-cliente" }, /* not in the active group */
        { "7000000051", "7000000051" }, /* archived */
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world_result result = world_raiox(*state, "report", cases[i].client, "--json");
        if (result.status != 1)
            fail_msg("%s: status %d", cases[i].client, result.status);
        assert_string_equal(result.out, "");
        assert_holds(result.err, cases[i].says);
    }
}

static void terminal_shows_the_same_figures(void **state)
{
    struct world *world = *state;
    struct world_result result = world_raiox(world, "report", "padaria SOL");

    assert_int_equal(result.status, 0);
    assert_holds(reading_plain(world->arena, result.out), "Padaria Sol · novembro de 2026",
                 "R$ 1.234,56", "R$ 2.134,56", "R$ 3.000,00", "71,2%", "R$ 196,16",
                 "Sol 1 (act_10)", "Panetone", "21/11/2026");
}

static void english_has_its_own_formats(void **state)
{
    static const char *const env[] = { "RAIOX_LOCALE=en_US", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_ALONE, .env = env });
    struct world_result result = world_raiox(world, "report", PADARIA);

    assert_holds(reading_plain(world->arena, result.out), "Padaria Sol · November 2026",
                 "R$1,234.56", "R$2,134.56", "Recommended daily", "R$196.16", "71.2%");
}

#define CASE(sentence, fn) TEST_CASE(sentence, fn, NULL, NULL)
#define CASE_ALONE(sentence, fn) TEST_CASE(sentence, fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest together[] = {
        CASE("every client of the agency has the figures worked out by hand",
             every_client_has_the_figures_worked_out_by_hand),
        CASE("a lifetime budget is not a day's (LESSONS 1.1)", lifetime_budget_is_spread),
        CASE("an ad set without a daily budget ends nothing (LESSONS 1.2)",
             ad_sets_may_lack_a_daily_budget),
        CASE("budgets count of campaigns that have not spent (LESSONS 1.3)",
             budgets_of_those_that_did_not_spend_count),
        CASE("every page of everything is read (LESSONS 1.4, 3.19)", all_pages_are_read),
        CASE("a business manager with client accounts only is read (LESSONS 1.5)",
             client_accounts_alone_are_enough),
        CASE("minor units are the currency's (LESSONS 1.6, 3.20)", each_currency_has_its_own_units),
        CASE("a day is a day of the account's zone (LESSONS 1.6, 2.4)", a_day_is_the_accounts_own),
        CASE("a shared budget counts once (LESSONS 1.7, 2.1, 3.20)", shared_budget_counts_once),
        CASE("a client with Google only has a report (LESSONS 1.9)", google_alone_is_a_client),
        CASE("the agency's own business manager is refused (LESSONS 1.11)",
             agencys_own_business_manager_is_refused),
        CASE("a total budget is what is left of it over its days (LESSONS 2.1)",
             total_budget_is_what_is_left_of_it),
        CASE("archived, deleted and removed campaigns keep their spend (LESSONS 3.13)",
             archived_and_removed_ones_keep_their_spend),
        CASE("one dead account of thirty costs itself alone (LESSONS 3.14)",
             dead_account_costs_itself_alone),
        CASE("days of 25 hours are days (LESSONS 2.4, 3.20)", days_of_25_hours_are_days),
        CASE("the JSON is what scripts were promised", json_is_what_scripts_were_promised),
        CASE("no report is status 1 with its reason", no_report_is_status_1_with_its_reason),
        CASE("the terminal shows the same figures", terminal_shows_the_same_figures),
    };
    const struct CMUnitTest alone[] = {
        CASE_ALONE("the day is not the server's (LESSONS 1.6)", the_day_is_not_utcs),
        CASE_ALONE("a missing login customer is said, direct access goes on (LESSONS 3.15)",
                   login_customer_may_be_missing),
        CASE_ALONE("a platform without credentials is named", unconfigured_platform_is_named),
        CASE_ALONE("English has its own formats", english_has_its_own_formats),
    };
    int failed = cmocka_run_group_tests(together, open_alone, world_close);

    return failed + cmocka_run_group_tests(alone, NULL, NULL);
}
