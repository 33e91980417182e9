/* The reply in Slack: what it says, in which order, and that Slack takes it whatever is in it. */
#include "message/message.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/json.h"
#include "tests/message/sample.h"
#include "tests/message/slack_limits.h"

#define N "\u00a0"
#define Z "\u200b"

static const struct envelope plain = { .receipt = "1795273200000-0" };

static const char *body_of(struct arena *arena, enum locale locale, const struct report *report,
                           const struct envelope *envelope, bool text_only)
{
    struct message message = message_report(arena, locale, report);
    const char *body = message_body(arena, locale, &message, envelope, text_only);
    const char *why = slack_refuses(body);

    if (why)
        fail_msg("%s: %s", why, body);
    return body;
}

/* Every text of the blocks, in their order, a line break behind each. */
static void add_texts(struct buf *out, const cJSON *item)
{
    const cJSON *child = NULL;

    if (json_get(item, "type") && cJSON_IsString(json_get(item, "text")))
        buf_printf(out, "%s\n", json_get(item, "text")->valuestring);
    cJSON_ArrayForEach(child, item)
        add_texts(out, child);
}

static char *shown(struct arena *arena, enum locale locale, const struct report *report)
{
    const char *body = body_of(arena, locale, report, &plain, false);
    struct error err = { 0 };
    const cJSON *root = json_parse(arena, body, strlen(body), &err);
    scoped_buf struct buf out = { 0 };

    buf_init(&out, 1 << 20);
    add_texts(&out, json_get(root, "blocks"));
    assert_true(buf_ok(&out, &err));
    return arena_strdup(arena, buf_cstr(&out));
}

/* All of these, one behind the other. */
static void in_order(const char *text, const char *const *wanted)
{
    const char *at = text;

    for (; *wanted; wanted++) {
        const char *found = strstr(at, *wanted);

        if (!found)
            fail_msg("no \"%s\" in\n%s", *wanted, at);
        at = found + strlen(*wanted);
    }
}

static void absent(const char *text, const char *what)
{
    if (strstr(text, what))
        fail_msg("\"%s\" in\n%s", what, text);
}

static void what_the_analyst_came_for_stands_first(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->warnings.len = 0;
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){
                 "Padaria Sol · novembro de 2026\n", "*Gasto no mês*\nR$" N "1.234,56\n",
                 "*Projeção*\nR$" N "2.134,56\n", "*Alvo do mês*\nR$" N "3.000,00\n",
                 "*Projeção ÷ alvo*\n🔴 71,2% (abaixo do alvo)\n",
                 "*Diário recomendado*\nR$" N "196,16\n", "*Orçamento diário*\nR$" N "100,00\n",
                 "*Projeção pela média*\nR$" N "1.763,66\n", "*Dias restantes*\n9\n",
                 "*Meta · Sol BM*\n",
                 "Sol 1 (act_10)\nGasto R$" N "1.000,00\nProjeção R$" N "1.720,00\nDiário R$" N
                 "80,00\n",
                 "*Google Ads · Agency MCC*\n", "*Campanhas, por gasto*\n",
                 "Natal\nGasto R$" N "400,00\nR$" N "50,00/dia\n",
                 "Dados de 21/11/2026 12:00 (America/Sao_Paulo). Projeção: ",
                 "Recibo 1795273200000-0\n", NULL });
    in_order(shown(arena, LOCALE_EN_US, report),
             (const char *[]){ "Padaria Sol · November 2026\n", "*Spend this month*\nR$1,234.56\n",
                               "*Projection*\nR$2,134.56\n", "*Month's target*\nR$3,000.00\n",
                               "🔴 71.2% (below target)\n", "*Recommended daily*\nR$196.16\n",
                               "As of Nov 21, 2026, 12:00 PM (America/Sao_Paulo).",
                               "Receipt 1795273200000-0\n", NULL });
}

static void the_light_is_green_near_the_target_and_red_far_from_it(void **state)
{
    static const struct {
        int64_t e4;
        const char *wanted;
    } cases[] = {
        { 0, "🔴 0,0% (abaixo do alvo)" },         { 7499, "🔴 75,0% (abaixo do alvo)" },
        { 7500, "🟡 75,0% (abaixo do alvo)" },  { 8999, "🟡 90,0% (abaixo do alvo)" },
        { 9000, "🟢 90,0% (no alvo)" },         { 10000, "🟢 100,0% (no alvo)" },
        { 11000, "🟢 110,0% (no alvo)" },       { 11001, "🟡 110,0% (acima do alvo)" },
        { 12500, "🟡 125,0% (acima do alvo)" }, { 12501, "🔴 125,0% (acima do alvo)" },
        { 250000, "🔴 2.500,0% (acima do alvo)" },
    };
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->warnings.len = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        report->totals.items[0].pacing_e4 = cases[i].e4;
        in_order(shown(arena, LOCALE_PT_BR, report), (const char *[]){ cases[i].wanted, NULL });
    }
}

static void a_total_that_lacks_something_says_so(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    const struct report *report = sample_padaria(arena);
    const char *pt = shown(arena, LOCALE_PT_BR, report), *en = shown(arena, LOCALE_EN_US, report);

    (void)state;
    in_order(pt, (const char *[]){ "⚠️ *Números parciais", "*Gasto no mês (parcial)*",
                                   "*Projeção (parcial)*", "⚪ 71,2% (parcial)",
                                   "no máximo R$" N "196,16", "*O que falta*\n• Meta recusou",
                                   "(`act_11`). Quem cuida do token", NULL });
    in_order(en, (const char *[]){ "⚠️ *Incomplete", "*Spend this month (incomplete)*",
                                   "⚪ 71.2% (incomplete)", "at most R$196.16",
                                   "*What is missing*\n• Meta refused our access token (`act_11`).",
                                   NULL });
    absent(pt, "🔴");
}

static void what_is_missing_has_its_name(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->warnings.items[0].account_name = "Loja <b> & *Cia* de um nome comprido demais";
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "(Loja &lt;b&gt; &amp; ", "Cia", "… `act_11`). Quem cuida", NULL });
    report->warnings.items[0].account_name = "";
    in_order(shown(arena, LOCALE_PT_BR, report), (const char *[]){ "(`act_11`). Quem", NULL });
}

static void a_report_without_a_number_shows_none(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    const char *text = NULL;

    (void)state;
    text = shown(arena, LOCALE_PT_BR, report);
    in_order(text, (const char *[]){ "nenhuma conta de anúncios foi encontrada", NULL });
    absent(text, "R$");
    sample_warning(arena, report, "meta", NULL, ERR_TIMEOUT);
    sample_warning(arena, report, "google_ads", "123", ERR_AUTH);
    text = shown(arena, LOCALE_PT_BR, report);
    in_order(text, (const char *[]){ "⚠️ *Sem números: nenhuma conta pôde ser lida",
                                     "Meta não", "Google Ads recusou", NULL });
    absent(text, "R$");
    text = body_of(arena, LOCALE_EN_US, report, &plain, true);
    in_order(text, (const char *[]){ "No numbers", "2 warnings", "Receipt", NULL });
    absent(text, "R$");
}

static void zero_spend_is_a_number(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    struct ad_account *account = sample_account(
        arena, sample_manager(arena, report, "meta", "7", "BM"), "act_1", "C", "BRL");

    (void)state;
    sample_campaign(arena, account, "Parada", 0, 0);
    sample_total(arena, report, "BRL", 0, 0);
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "*Gasto no mês*\nR$" N "0,00",
                               "Parada\nGasto R$" N "0,00\nsem orçamento ativo\n", NULL });
}

static void without_a_target_the_reply_says_where_to_write_it(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_900(arena, "C");
    struct client *client = arena_new(arena, struct client);
    const char *text = shown(arena, LOCALE_PT_BR, report);

    (void)state;
    in_order(text, (const char *[]){ "*Alvo do mês*\nnão informado", "Sem alvo: preencha",
                                     "`min_investment`", NULL });
    absent(text, "Diário recomendado");
    *client = *report->client;
    client->kpis.min_investment = "15.000 <*>";
    report->client = client;
    in_order(
        shown(arena, LOCALE_PT_BR, report),
        (const char *[]){ "não dá para ler \"15.000 &lt;" Z "*" Z "&gt;\"", "15.000,00", NULL });
    sample_warning(arena, report, NULL, NULL, ERR_CONFIG)->topic = TOPIC_NO_TARGET_ROW;
    text = shown(arena, LOCALE_PT_BR, report);
    absent(text, "Sem alvo");
    in_order(text, (const char *[]){ "*Para corrigir*\n• O alvo do Monday é em BRL", NULL });
}

static void the_last_day_recommends_nothing(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->totals.items[0].has_recommended = false;
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "*Diário recomendado*\nhoje é o último dia", NULL });
}

static void currencies_stand_apart(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);
    struct ad_account *account =
        sample_account(arena, &report->business_managers.items[1], "9", "US", "USD");

    (void)state;
    report->warnings.len = 0;
    sample_campaign(arena, account, "Rica", 999999999, 0);
    sample_total(arena, report, "USD", 999999999, 999999999);
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "*BRL*\n", "R$" N "1.234,56", "*Alvo do mês*\nR$" N "3.000,00",
                               "*USD*\n", "US$" N "9.999.999,99", "*Campanhas, por gasto*",
                               "Natal\n", "Meta · Sol 1\n", "Rica\n", "Google Ads · US\n", NULL });
}

/* Once, above its figures: a phone has no room for it beside each. */
static void an_incomplete_currency_says_so_in_its_heading(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    sample_total(arena, report, "USD", 100, 200);
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "⚠️ *Números parciais", "*BRL (parcial)*\n", "*Gasto no mês*\n",
                               "⚪ 71,2% (parcial)", "*USD (parcial)*\n", "*Gasto no mês*\n",
                               NULL });
}

static void more_currencies_than_fit_are_counted(void **state)
{
    static const char *const codes[] = { "BRL", "USD", "EUR", "JPY", "GBP", "MXN", "ARS",
                                         "CLP", "COP", "PEN", "UYU", "CAD", "AUD", "NZD",
                                         "CHF", "SEK", "NOK", "DKK", "PLN", "CZK" };
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    struct business_manager *manager = sample_manager(arena, report, "meta", "7", "BM");

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct ad_account *account = sample_account(arena, manager, "act_1", "C", codes[i]);

        for (int k = 0; k < 50; k++)
            sample_campaign(arena, account, "Campanha de um nome comprido para encher", 100, 0);
        sample_total(arena, report, codes[i], 5000, 5000);
    }
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "*BRL*", "*EUR*", "*JPY* Gasto JP¥" N "50", "*CHF* Gasto",
                               "e mais 5 moedas", "Mais ", "campanhas*: ", " + ", NULL });
}

static void one_more_currency_is_not_several(void **state)
{
    static const char *const codes[] = { "BRL", "USD", "EUR", "JPY" };
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    struct business_manager *manager = sample_manager(arena, report, "meta", "7", "BM");

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        sample_campaign(arena, sample_account(arena, manager, "act_1", "C", codes[i]), "N", 1, 0);
        sample_total(arena, report, codes[i], 1, 1);
    }
    in_order(shown(arena, LOCALE_PT_BR, report), (const char *[]){ "e mais 1 moeda\n", NULL });
    in_order(body_of(arena, LOCALE_EN_US, report, &plain, true),
             (const char *[]){ "and 1 more currency\\n", NULL });
}

/* The amount behind the mark, in hundredths. */
static int64_t amount_behind(const char *text, const char *mark, const char **ret_end)
{
    const char *at = strstr(text, mark);
    int64_t hundredths = 0;

    if (!at)
        fail_msg("no \"%s\"", mark);
    at += strlen(mark);
    for (; (*at >= '0' && *at <= '9') || *at == '.' || *at == ','; at++) {
        if (*at >= '0' && *at <= '9')
            hundredths = hundredths * 10 + (*at - '0');
    }
    *ret_end = at;
    return hundredths;
}

static void nine_hundred_campaigns_add_up_to_the_total(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    const char *text = shown(arena, LOCALE_PT_BR, sample_900(arena, "Campanha 🎉 & <b> *_~`"));
    const char *at = strstr(text, "*Campanhas, por gasto*"), *rest = strstr(text, " campanhas*: ");
    int64_t sum = 0, count = 0;

    (void)state;
    assert_non_null(at);
    assert_non_null(rest);
    while (at < rest) {
        const char *next = strstr(at, "Gasto R$" N);

        if (!next || next > rest)
            break;
        sum += amount_behind(next, "Gasto R$" N, &at);
        count++;
    }
    sum += amount_behind(rest, "*: R$" N, &at);
    while (*--rest != ' ')
        ;
    assert_int_equal(sum, 40545000);
    assert_int_equal(count + atoi(rest), 900);
    assert_true(count > 60);
}

/* 2 a.m. of December in the agency's zone: an account behind it has all of November to show. */
static void an_account_in_another_month_says_which(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);
    struct ad_account *account = &report->business_managers.items[0].ad_accounts.items[0];

    (void)state;
    absent(shown(arena, LOCALE_PT_BR, report), "act_10) ·");
    report->month.first = (struct day){ 2026, 12, 1 };
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "Padaria Sol · dezembro de 2026\n",
                               "\nSol 1 (act_10) · novembro de 2026\n", NULL });
    account->name = "";
    in_order(shown(arena, LOCALE_EN_US, report),
             (const char *[]){ "\nact_10 · November 2026\n", NULL });
    in_order(message_terminal(arena, LOCALE_EN_US, report, 120, false),
             (const char *[]){ "act_10 · November 2026 ", NULL });
}

static void sixty_accounts_are_all_there(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");

    (void)state;
    for (int m = 0; m < 3; m++) {
        struct business_manager *manager =
            sample_manager(arena, report, "meta", "7", arena_printf(arena, "BM %d", m));
        for (int i = 0; i < 20; i++) {
            const char *name = arena_printf(arena, "Conta %d.%02d", m, i);
            sample_campaign(arena, sample_account(arena, manager, "act_123456789", name, "BRL"),
                            "Campanha", 100000, 1000);
        }
    }
    sample_total(arena, report, "BRL", 6000000, 6540000);
    const char *text = shown(arena, LOCALE_PT_BR, report);
    in_order(text, (const char *[]){ "*Meta*\nGasto R$" N "60.000,00", "*Meta · BM 0*",
                                     "Conta 0.00", "Conta 0.19", "*Meta · BM 1*", "Conta 1.19",
                                     "*Meta · BM 2*", "Conta 2.19", NULL });
    absent(text, "contas*");
}

static void many_accounts_do_not_crowd_out_another_platform(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    struct business_manager *manager = sample_manager(arena, report, "meta", "7", "Franquia");

    (void)state;
    for (int i = 0; i < 200; i++) {
        const char *name = arena_printf(arena, "Uma loja de nome comprido %03d", i);
        sample_campaign(arena, sample_account(arena, manager, "act_123456789", name, "BRL"), "C",
                        100000, 1000);
    }
    manager = sample_manager(arena, report, "google_ads", "8", "Um");
    sample_campaign(arena, sample_account(arena, manager, "1234567890", "Loja", "BRL"), "C", 100,
                    10);
    manager = sample_manager(arena, report, "google_ads", "9", "Dois");
    for (int i = 0; i < 2; i++)
        sample_campaign(arena, sample_account(arena, manager, "123456789", "Outra", "BRL"), "C",
                        100, 10);
    sample_total(arena, report, "BRL", 20000300, 0);
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "*Meta · Franquia*\nGasto R$" N "200.000,00",
                               "Uma loja de nome comprido 000 (", "*Google Ads*\nGasto R$" N "3,00",
                               "*Google Ads · Um*\nLoja (1234567890)\nGasto R$" N "1,00",
                               "*Google Ads · Dois*\nGasto R$" N "2,00", "*Mais ",
                               " contas*\nGasto R$" N, "*Campanhas, por gasto*", NULL });
}

static void accounts_without_room_are_summed(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");

    (void)state;
    for (int m = 0; m < 300; m++) {
        struct business_manager *manager = sample_manager(arena, report, "google_ads", NULL, NULL);
        sample_campaign(arena, sample_account(arena, manager, "123", "Conta", "BRL"), "C", 100,
                        100);
    }
    sample_total(arena, report, "BRL", 30000, 300000);
    const char *text = shown(arena, LOCALE_PT_BR, report);
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, "Conta (123)")); at++)
        count++;
    in_order(text, (const char *[]){ arena_printf(arena, "*Mais %zu contas*\nGasto R$" N "%zu,00 ·",
                                                  300 - count, 300 - count),
                                     NULL });
}

static void warnings_that_say_the_same_are_one_line(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    for (int i = 0; i < 30; i++)
        sample_warning(arena, report, "meta", arena_printf(arena, "act_%d", 100 + i), ERR_AUTH);
    struct warning *limit = sample_warning(arena, report, "google_ads", "9", ERR_RATE_LIMIT);
    limit->retry_real_ms = SAMPLE_NOW_MS + INT64_C(44) * 60 * 1000 + 1; /* shown rounded up */
    const char *text = shown(arena, LOCALE_PT_BR, report);
    in_order(text,
             (const char *[]){ "• Meta recusou o nosso token de acesso (`act_11`, `act_100`, ",
                               "`act_106`", ", mais 23). Quem cuida",
                               "\n• Google Ads pediu para esperar: consultas demais "
                               "(`9`). Tente de novo a partir de 21/11/2026 12:45.\n",
                               NULL });
    absent(text, "Tente de novo mais tarde");
    absent(text, "token was refused"); /* the English one is for --json */
}

static void a_warning_names_its_account_once(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    sample_warning(arena, report, "meta", "act_12", ERR_NOT_FOUND)->account_name = "act_12";
    sample_warning(arena, report, "meta", "act_13", ERR_NOT_FOUND)->account_name = "Loja";
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "ou ela não é visível para nós (`act_12`, Loja `act_13`)", NULL });
}

static void warnings_without_room_are_counted(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    for (int i = 0; i < 30; i++) {
        const char *platform = arena_printf(arena, "plataforma-%d", i);
        sample_warning(arena, report, platform, "1", ERR_UNAVAILABLE);
    }
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "plataforma-10 está fora do ar", "• e mais 19 avisos\n", NULL });
    in_order(body_of(arena, LOCALE_PT_BR, report, &plain, true),
             (const char *[]){ "31 avisos", "e mais 27 avisos", NULL });
}

static void each_topic_says_what_to_write_where(void **state)
{
    static const struct {
        enum warning_topic topic;
        const char *pt, *en;
    } cases[] = {
        { TOPIC_NONE, "Meta: a configuração", "Meta: there is a mistake" },
        { TOPIC_NOT_CONFIGURED, "Meta não está configurado", "Meta is not configured" },
        { TOPIC_SETTINGS, "Meta não aceita as configurações", "`raiox check`" },
        { TOPIC_MANAGER_ACCOUNT, "`google_id`", "`google_id`" },
        { TOPIC_SHARED_ACCOUNT, "uma linha só do Monday", "one row of Monday only" },
        { TOPIC_AGENCY_BUSINESS, "`meta_adaccount_ids`", "`meta_adaccount_ids`" },
        { TOPIC_NO_TARGET_ROW, "é em BRL", "is in BRL" },
        { TOPIC_BAD_ROW, "só os ids", "only the ids" },
        { TOPIC_NO_ACCOUNTS, "`google_id`", "Fill in or correct" },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct report *report = sample_padaria(arena);

        report->warnings.items[0].kind = ERR_CONFIG;
        report->warnings.items[0].topic = cases[i].topic;
        in_order(shown(arena, LOCALE_PT_BR, report), (const char *[]){ cases[i].pt, NULL });
        in_order(shown(arena, LOCALE_EN_US, report), (const char *[]){ cases[i].en, NULL });
    }
}

static void budgets_say_what_they_are(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);
    struct ad_account *account = &report->business_managers.items[0].ad_accounts.items[0];
    struct campaign *shared = sample_campaign(arena, account, "Dividida", 300, 1000);

    (void)state;
    shared->level = LEVEL_SHARED;
    shared->shared_id = "88";
    struct campaign *lifetime = sample_campaign(arena, account, "Vitalícia", 200, 3000);
    lifetime->budget_kind = BUDGET_LIFETIME;
    lifetime->budget_amount = 900000000;
    lifetime->status = "PAUSED";
    struct campaign *odd = sample_campaign(arena, account, NULL, 100, 0);
    odd->status = "SOMETHING_NEW";
    sample_campaign(arena, account, "Nova", 90, 0)->status = "IN_PROCESS";
    sample_campaign(arena, account, "Torta", 80, 0)->status = "WITH_ISSUES";
    in_order(shown(arena, LOCALE_PT_BR, report),
             (const char *[]){ "Dividida\nGasto R$" N "3,00\nR$" N "10,00/dia, compartilhado\n",
                               "Vitalícia · pausada\nGasto R$" N "2,00\nTotal R$" N "900,00, R$" N
                               "30,00/dia\n",
                               "(sem nome) · SOMETHING_NEW\n", "Nova · em processamento\n",
                               "Torta · com problemas\n",
                               "Orçamento compartilhado aparece em cada campanha", NULL });
}

static void running_lifetime_budgets_say_why_tomorrow_has_nothing_of_them(void **state)
{
    static const struct {
        const char *name, *says;
        int64_t remaining_micros;
        struct day ends;
        bool running;
    } cases[] = {
        { "Sem fim", "Total R$" N "900,00, sem data de fim\n", 1, { 0 }, true },
        { "Gasta", "Total R$" N "900,00, já gasto\n", 0, { 2026, 11, 30 }, true },
        { "Gasta e sem fim", "Total R$" N "900,00, já gasto\n", -1, { 0 }, true },
        { "Acabou", "sem orçamento ativo\n", 1, { 2026, 11, 20 }, true },
        { "Parada", "sem orçamento ativo\n", 1, { 0 }, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct report *report = sample_padaria(arena);
        struct ad_account *account = &report->business_managers.items[0].ad_accounts.items[0];
        struct campaign *campaign = sample_campaign(arena, account, cases[i].name, 300, 0);

        campaign->budget_kind = BUDGET_LIFETIME;
        campaign->has_budget_amount = true;
        campaign->budget_amount = 900000000;
        *vec_push(arena, &campaign->budgets) =
            (struct budget){ .kind = BUDGET_LIFETIME,
                             .amount_micros = 900000000,
                             .remaining_micros = cases[i].remaining_micros,
                             .ends = cases[i].ends,
                             .running = cases[i].running };
        in_order(shown(arena, LOCALE_PT_BR, report),
                 (const char *[]){ cases[i].name, "Gasto R$" N "3,00\n", cases[i].says, NULL });
    }
}

static void the_fallback_alone_is_a_complete_statement(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);
    struct client *client = arena_new(arena, struct client);

    (void)state;
    *client = *report->client;
    client->name = "Açaí & <Cia> *x*";
    report->client = client;
    sample_total(arena, report, "USD", 100, 200);
    struct message message = message_report(arena, LOCALE_PT_BR, report);
    in_order(message.text,
             (const char *[]){ "*Açaí &amp; &lt;Cia&gt; " Z "*" Z "x" Z "*" Z
                               "* · novembro de 2026",
                               "Gasto no mês (parcial) R$" N "1.234,56",
                               "Projeção (parcial) R$" N "2.134,56", "Alvo do mês R$" N "3.000,00",
                               "71,2%", "Diário recomendado no máximo R$" N "196,16",
                               "US$" N "1,00", "1 aviso", "act_11", "21/11/2026 12:00", NULL });
    const char *body = body_of(arena, LOCALE_PT_BR, report, &plain, true);
    absent(body, "blocks");
    in_order(body, (const char *[]){ "Recibo 1795273200000-0", NULL });
}

static void the_envelope_is_the_askers_own(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    const struct report *report = sample_padaria(arena);
    struct envelope public = { .in_channel = true, .repeated = true, .receipt = "7-1" };
    struct envelope posted = { .channel = "D0123" };
    const char *body = body_of(arena, LOCALE_EN_US, report, &public, false);

    (void)state;
    in_order(body, (const char *[]){ "\"response_type\":\"in_channel\"", "may appear twice",
                                     "Receipt 7-1", NULL });
    body = body_of(arena, LOCALE_EN_US, report, &public, true);
    in_order(body, (const char *[]){ "may appear twice", "Receipt 7-1", NULL });
    body = body_of(arena, LOCALE_EN_US, report, &posted, false);
    in_order(body, (const char *[]){ "\"channel\":\"D0123\"", NULL });
    absent(body, "response_type");
    absent(body, "Receipt");
    body = body_of(arena, LOCALE_EN_US, report, &plain, false);
    in_order(body, (const char *[]){ "\"response_type\":\"ephemeral\"", NULL });
    absent(body, "may appear twice");
}

/* Everything that has a name has this one. */
static struct report *named(struct arena *arena, const char *name)
{
    struct report *report = sample_900(arena, name);
    struct client *client = arena_new(arena, struct client);
    struct business_manager *manager = &report->business_managers.items[0];

    *client = *report->client;
    client->name = name;
    client->kpis.min_investment = name;
    report->client = client;
    manager->name = name;
    manager->ad_accounts.items[0].name = name;
    manager->ad_accounts.items[0].id = name;
    for (size_t i = 0; i < 900; i++)
        manager->ad_accounts.items[0].campaigns.items[i].status = name;
    for (int i = 0; i < 60; i++) {
        struct business_manager *more = sample_manager(arena, report, name, name, name);
        sample_account(arena, more, name, name, "USD");
        sample_warning(arena, report, name, name, ERR_PERMISSION);
    }
    return report;
}

static void hostile_names_stay_within_what_slack_takes(void **state)
{
    static const char *const pieces[] = {
        "&",
        "<",
        ">",
        "*",
        "_",
        "~",
        "`",
        "\"",
        "\\",
        "é",
        "🎉",
        "e\u0301",
        "👩‍👩‍👧",
        "\u202e",
        "\n",
        "\x1b[31m",
        "<!channel>",
        "&amp;",
        "{0}",
        "%s%n",
        "\xff",
        "```",
        ":x:",
        " ",
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        scoped_buf struct buf name = { 0 };

        buf_init(&name, 10000);
        while (name.len < 400 * strlen(pieces[i]))
            buf_text(&name, pieces[i]);
        struct report *report = named(arena, name.data);
        body_of(arena, LOCALE_PT_BR, report, &plain, false);
        body_of(arena, LOCALE_EN_US, report, &plain, true);
        absent(shown(arena, LOCALE_PT_BR, report), "\u202e");
    }
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_analyst_came_for_stands_first),
        cmocka_unit_test(the_light_is_green_near_the_target_and_red_far_from_it),
        cmocka_unit_test(a_total_that_lacks_something_says_so),
        cmocka_unit_test(what_is_missing_has_its_name),
        cmocka_unit_test(a_report_without_a_number_shows_none),
        cmocka_unit_test(zero_spend_is_a_number),
        cmocka_unit_test(without_a_target_the_reply_says_where_to_write_it),
        cmocka_unit_test(the_last_day_recommends_nothing),
        cmocka_unit_test(currencies_stand_apart),
        cmocka_unit_test(an_incomplete_currency_says_so_in_its_heading),
        cmocka_unit_test(more_currencies_than_fit_are_counted),
        cmocka_unit_test(one_more_currency_is_not_several),
        cmocka_unit_test(nine_hundred_campaigns_add_up_to_the_total),
        cmocka_unit_test(an_account_in_another_month_says_which),
        cmocka_unit_test(sixty_accounts_are_all_there),
        cmocka_unit_test(many_accounts_do_not_crowd_out_another_platform),
        cmocka_unit_test(accounts_without_room_are_summed),
        cmocka_unit_test(warnings_that_say_the_same_are_one_line),
        cmocka_unit_test(a_warning_names_its_account_once),
        cmocka_unit_test(warnings_without_room_are_counted),
        cmocka_unit_test(each_topic_says_what_to_write_where),
        cmocka_unit_test(budgets_say_what_they_are),
        cmocka_unit_test(running_lifetime_budgets_say_why_tomorrow_has_nothing_of_them),
        cmocka_unit_test(the_fallback_alone_is_a_complete_statement),
        cmocka_unit_test(the_envelope_is_the_askers_own),
        cmocka_unit_test(hostile_names_stay_within_what_slack_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
