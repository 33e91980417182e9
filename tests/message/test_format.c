/* Amounts, shares and dates as a reader of each language expects them. */
#include "message/format.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unicode/ucurr.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#define NBSP "\u00a0"

static void same(const char *why, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", why, got, wanted);
}

static const struct {
    const char *why;
    int64_t micros;
    const char *currency, *pt, *en;
} amounts[] = {
    { "thousands", 1234560000, "BRL", "R$" NBSP "1.234,56", "R$1,234.56" },
    { "zero", 0, "BRL", "R$" NBSP "0,00", "R$0.00" },
    { "half a cent is rounded up", 5000, "BRL", "R$" NBSP "0,01", "R$0.01" },
    { "less than half a cent is not a cent", 4999, "BRL", "R$" NBSP "0,00", "R$0.00" },
    { "below zero", -1234560000, "BRL", "-R$" NBSP "1.234,56", "-R$1,234.56" },
    { "no minus before a zero", -4999, "BRL", "R$" NBSP "0,00", "R$0.00" },
    { "three digits have no separator", 999990000, "BRL", "R$" NBSP "999,99", "R$999.99" },
    { "rounded into the next group", 999995000, "BRL", "R$" NBSP "1.000,00", "R$1,000.00" },
    { "beyond a double's digits", INT64_C(9007199254740993000), "BRL",
      "R$" NBSP "9.007.199.254.740,99", "R$9,007,199,254,740.99" },
    { "the largest", INT64_MAX, "BRL", "R$" NBSP "9.223.372.036.854,78", "R$9,223,372,036,854.78" },
    { "the smallest", INT64_MIN, "BRL", "-R$" NBSP "9.223.372.036.854,78",
      "-R$9,223,372,036,854.78" },
    { "dollars", 1500000, "USD", "US$" NBSP "1,50", "$1.50" },
    { "no decimals", 1234500000, "JPY", "JP¥" NBSP "1.235", "¥1,235" },
    { "three decimals", 1234567500, "BHD", "BHD" NBSP "1.234,568", "BHD" NBSP "1,234.568" },
    { "two, though Meta counts in whole ones", 1234560000, "COP", "COP" NBSP "1.234,56",
      "COP" NBSP "1,234.56" },
    { "no currency at all", 1234560000, "", "1234.56", "1234.56" },
    { "no code", 1234560000, "<b>", "1234.56", "1234.56" },
};

static void amounts_are_written_as_icu_writes_them(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        struct money amount = money_of(amounts[i].micros, amounts[i].currency);

        same(amounts[i].why, message_money(arena, LOCALE_PT_BR, amount), amounts[i].pt);
        same(amounts[i].why, message_money(arena, LOCALE_EN_US, amount), amounts[i].en);
    }
}

/* What ICU itself writes, without anything of ours. */
static void icu_writes(const char *locale, const char *currency, const char *decimal, char ret[200])
{
    UErrorCode status = U_ZERO_ERROR;
    UNumberFormat *format = unum_open(UNUM_CURRENCY, NULL, 0, locale, NULL, &status);
    UChar code[4], text[100];

    u_charsToUChars(currency, code, 4);
    unum_setTextAttribute(format, UNUM_CURRENCY_CODE, code, 3, &status);
    int32_t len =
        unum_formatDecimal(format, decimal, (int32_t)strlen(decimal), text, 100, NULL, &status);
    u_strToUTF8(ret, 200, NULL, text, len, &status);
    unum_close(format);
    assert_true(U_SUCCESS(status));
}

/* Also more currencies than are kept at once, and back to the first. */
static void every_currency_of_icu_is_written_as_icu_writes_it(void **state)
{
    static const int64_t micros[] = { 0, 10000, -1234567890000, 1000000, 98765432123456789 };
    scoped_arena struct arena *arena = arena_create();
    UErrorCode status = U_ZERO_ERROR;
    UEnumeration *codes = ucurr_openISOCurrencies(UCURR_COMMON, &status);
    const char *code = NULL;
    size_t count = 0;

    (void)state;
    while ((code = uenum_next(codes, NULL, &status))) {
        for (size_t i = 0; i < 2 * COUNT(micros); i++) {
            struct money amount = money_of(micros[i / 2], code);
            char wanted[200];

            icu_writes(i % 2 ? "en_US" : "pt_BR", code, money_decimal(arena, amount), wanted);
            same(code, message_money(arena, i % 2 ? LOCALE_EN_US : LOCALE_PT_BR, amount), wanted);
        }
        count++;
    }
    uenum_close(codes);
    assert_true(count > 100);
}

static void shares_have_one_decimal(void **state)
{
    static const struct {
        int64_t e4;
        const char *pt, *en;
    } cases[] = {
        { 7115, "71,2%", "71.2%" },   { 7114, "71,1%", "71.1%" },
        { 0, "0,0%", "0.0%" },        { 10000, "100,0%", "100.0%" },
        { 9999, "100,0%", "100.0%" }, { 1234567, "12.345,7%", "12,345.7%" },
        { -5, "-0,1%", "-0.1%" },     { INT64_MAX, NULL, NULL },
        { INT64_MIN, NULL, NULL },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *pt = format_share(arena, LOCALE_PT_BR, cases[i].e4);
        const char *en = format_share(arena, LOCALE_EN_US, cases[i].e4);

        same("pt_BR", pt, cases[i].pt ? cases[i].pt : pt);
        same("en_US", en, cases[i].en ? cases[i].en : en);
        assert_true(strchr(pt, '%') && strchr(en, '%'));
    }
}

static void instants_are_shown_in_the_zone_given(void **state)
{
    static const struct {
        const char *zone;
        int64_t ms;
        const char *pt, *en;
    } cases[] = {
        { "America/Sao_Paulo", 1795273200000, "21/11/2026 12:00", "Nov 21, 2026, 12:00 PM" },
        { "UTC", 1795273200000, "21/11/2026 15:00", "Nov 21, 2026, 3:00 PM" },
        { "America/Sao_Paulo", 1795230000000, "21/11/2026 00:00", "Nov 21, 2026, 12:00 AM" },
        { "Asia/Tokyo", 1795273200000, "22/11/2026 00:00", "Nov 22, 2026, 12:00 AM" },
        { NULL, 0, "01/01/1970 00:00", "Jan 1, 1970, 12:00 AM" },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        same("pt_BR", format_instant(arena, LOCALE_PT_BR, cases[i].zone, cases[i].ms), cases[i].pt);
        same("en_US", format_instant(arena, LOCALE_EN_US, cases[i].zone, cases[i].ms), cases[i].en);
    }
}

static void months_are_named(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    same("pt_BR", format_month(arena, LOCALE_PT_BR, (struct day){ 2026, 11, 1 }),
         "novembro de 2026");
    same("en_US", format_month(arena, LOCALE_EN_US, (struct day){ 2028, 2, 29 }), "February 2028");
    same("none", format_month(arena, LOCALE_PT_BR, (struct day){ 0 }), "");
    same("no month", format_month(arena, LOCALE_PT_BR, (struct day){ 2026, 13, 1 }), "");
    same("count", format_count(arena, LOCALE_PT_BR, 1234), "1.234");
    same("count", format_count(arena, LOCALE_EN_US, 1234), "1,234");
}

static void only_two_locales_are_known(void **state)
{
    static const char *const refused[] = { "", "pt", "pt_PT", "en", "en_us", "PT_BR", "pt_BR " };
    enum locale locale = LOCALE_EN_US;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_false(locale_parse(refused[i], &locale));
    assert_int_equal(locale, LOCALE_EN_US);
    assert_true(locale_parse("pt_BR", &locale) && locale == LOCALE_PT_BR);
    assert_true(locale_parse("en_US", &locale) && locale == LOCALE_EN_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_written_as_icu_writes_them),
        cmocka_unit_test(every_currency_of_icu_is_written_as_icu_writes_it),
        cmocka_unit_test(shares_have_one_decimal),
        cmocka_unit_test(instants_are_shown_in_the_zone_given),
        cmocka_unit_test(months_are_named),
        cmocka_unit_test(only_two_locales_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
