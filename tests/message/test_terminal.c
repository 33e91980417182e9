/* The report in a terminal: aligned, within its width, and nothing of a name reaches the terminal.
 */
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "tests/message/sample.h"

#define N "\u00a0"

static void same(const char *got, const char *wanted)
{
    if (strcmp(got, wanted) != 0)
        fail_msg("\n%s\nis not\n%s", got, wanted);
}

static void wide_enough_it_is_a_table(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    same(message_terminal(arena, LOCALE_PT_BR, sample_padaria(arena), 80, false),
         "Padaria Sol · novembro de 2026\n"
         "Números parciais: veja abaixo o que falta e quem resolve.\n"
         "\n"
         "Gasto no mês (parcial)             R$" N "1.234,56\n"
         "Projeção (parcial)                 R$" N "2.134,56\n"
         "Alvo do mês                        R$" N "3.000,00\n"
         "Projeção ÷ alvo                    ⚪ 71,2% (parcial)\n"
         "Diário recomendado                 no máximo R$" N "196,16\n"
         "Orçamento diário (parcial)         R$" N "100,00\n"
         "Projeção pela média (parcial)      R$" N "1.763,66\n"
         "Dias restantes                     9\n"
         "\n"
         "O que falta\n"
         "  Meta recusou o nosso token de acesso (act_11). Quem cuida do token precisa\n"
         "  renová-lo.\n"
         "\n"
         "                             Gasto no mês     Projeção  Orçamento diário\n"
         "Meta · Sol BM\n"
         "  Sol 1 (act_10)              R$" N "1.000,00  R$" N "1.720,00          R$" N "80,00\n"
         "    Natal                       R$" N "400,00    R$" N "850,00          R$" N "50,00\n"
         "Google Ads · Agency MCC\n"
         "  nenhuma conta com números\n"
         "\n"
         "Dados de 21/11/2026 12:00 (America/Sao_Paulo).\n"
         "Projeção: gasto até agora + orçamento diário × dias restantes. As plataformas\n"
         "ainda corrigem os últimos dias.\n");
}

static void narrow_it_stands_below_each_other(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->warnings.len = 0;
    same(message_terminal(arena, LOCALE_EN_US, report, 40, false),
         "Padaria Sol · November 2026\n"
         "\n"
         "Spend this month\n"
         "  R$1,234.56\n"
         "Projection\n"
         "  R$2,134.56\n"
         "Month's target\n"
         "  R$3,000.00\n"
         "Projection ÷ target\n"
         "  🔴 71.2% (below target)\n"
         "Recommended daily\n"
         "  R$196.16\n"
         "Daily budget\n"
         "  R$100.00\n"
         "Projection by average\n"
         "  R$1,763.66\n"
         "Days left\n"
         "  9\n"
         "\n"
         "Meta · Sol BM\n"
         "  Sol 1 (act_10)\n"
         "    Spend R$1,000.00\n"
         "    Projection R$1,720.00\n"
         "    Daily R$80.00\n"
         "    Natal\n"
         "      Spend R$400.00\n"
         "      Projection R$850.00\n"
         "      Daily R$50.00\n"
         "Google Ads · Agency MCC\n"
         "  no account with numbers\n"
         "\n"
         "As of Nov 21, 2026, 12:00 PM\n"
         "(America/Sao_Paulo).\n"
         "Projection: spend so far + daily budget\n"
         "× days left. Platforms still correct the\n"
         "last days.\n");
}

/* The line that begins with this, after blanks. */
static const char *line_of(struct arena *arena, const char *text, const char *start)
{
    const char *found = strstr(text, start);

    if (!found)
        fail_msg("no %s in\n%s", start, text);
    return arena_strndup(arena, found, strcspn(found, "\n"));
}

static void wide_characters_do_not_push_the_columns(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");
    struct ad_account *account = sample_account(
        arena, sample_manager(arena, report, "meta", NULL, NULL), "act_1", "Conta", "USD");

    (void)state;
    sample_campaign(arena, account, "日本語", 100, 0);
    sample_campaign(arena, account, "🎉🎉", 100, 0);
    sample_campaign(arena, account, "ae\u0301i\u0301o", 100, 0);
    sample_campaign(arena, account, "abcdef", 100, 0);
    sample_total(arena, report, "USD", 400, 400);
    const char *text = message_terminal(arena, LOCALE_EN_US, report, 80, false);
    /* The title's column has 18: 4 of indent, 6, 4, 4 and 6 of the names; then 2 and 16 for "$1.00"
     * to stand right under "Spend this month". */
    same(line_of(arena, text, "日本語"),
         "日本語                     $1.00       $1.00         $0.00");
    same(line_of(arena, text, "🎉🎉"), "🎉🎉                       $1.00       $1.00         $0.00");
    same(line_of(arena, text, "ae\u0301"),
         "ae\u0301i\u0301o                       $1.00       $1.00         $0.00");
    same(line_of(arena, text, "abcdef"),
         "abcdef                     $1.00       $1.00         $0.00");
}

static void no_control_of_a_name_reaches_the_terminal(void **state)
{
    static const char hostile[] = "\x1b[31m\x1b]0;title\a\xc2\x9b"
                                  "2J\r\n\u202e\x7f\xff";
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_900(arena, hostile);
    struct client *client = arena_new(arena, struct client);

    (void)state;
    *client = *report->client;
    client->name = hostile;
    client->kpis.min_investment = hostile;
    report->client = client;
    report->timezone = hostile;
    report->business_managers.items[0].name = hostile;
    report->business_managers.items[0].platform = hostile;
    report->business_managers.items[0].ad_accounts.items[0].name = hostile;
    report->business_managers.items[0].ad_accounts.items[0].campaigns.items[0].status = hostile;
    sample_warning(arena, report, hostile, hostile, ERR_AUTH);
    for (int width = 0; width < 200; width += 33) {
        const char *text = message_terminal(arena, LOCALE_PT_BR, report, width, false);

        assert_true(utf8_valid(text, strlen(text)));
        assert_null(strstr(text, "\u202e"));
        assert_null(strstr(text, "\xc2\x9b"));
        for (const char *c = text; *c; c++) {
            if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f)
                fail_msg("byte %d at \"%.20s\"", *c, c);
        }
    }
}

static void colours_are_ours_and_only_on_request(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_padaria(arena);

    (void)state;
    report->warnings.len = 0;
    assert_null(strchr(message_terminal(arena, LOCALE_PT_BR, report, 80, false), '\x1b'));
    assert_non_null(
        strstr(message_terminal(arena, LOCALE_PT_BR, report, 80, true), "\x1b[31m🔴 71,2%"));
}

static void every_campaign_is_there_by_spend(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    const char *text =
        message_terminal(arena, LOCALE_PT_BR, sample_900(arena, "Campanha"), 100, false);
    size_t count = 0;

    (void)state;
    for (const char *at = text; (at = strstr(at, "    Campanha ")); at++)
        count++;
    assert_int_equal(count, 900);
    assert_true(strstr(text, "R$" N "900,00") < strstr(text, "R$" N "899,00"));
}

static void no_numbers_are_said_not_to_be_zero(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct report *report = sample_empty(arena, "X");

    (void)state;
    sample_warning(arena, report, "meta", NULL, ERR_TIMEOUT);
    const char *text = message_terminal(arena, LOCALE_PT_BR, report, 80, false);
    assert_non_null(strstr(text, "Sem números"));
    assert_null(strstr(text, "R$"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_enough_it_is_a_table),
        cmocka_unit_test(narrow_it_stands_below_each_other),
        cmocka_unit_test(wide_characters_do_not_push_the_columns),
        cmocka_unit_test(no_control_of_a_name_reaches_the_terminal),
        cmocka_unit_test(colours_are_ours_and_only_on_request),
        cmocka_unit_test(every_campaign_is_there_by_spend),
        cmocka_unit_test(no_numbers_are_said_not_to_be_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
