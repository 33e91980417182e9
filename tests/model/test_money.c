/* Amounts: what is read, what is refused, what is shown. */
#include "model/money.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *why, *text;
    bool ok;
    int64_t micros;
} parse_cases[] = {
    { "cents", "1250.07", true, 1250070000 },
    { "whole", "1250", true, 1250000000 },
    { "zero", "0", true, 0 },
    { "zero with decimals", "0.00", true, 0 },
    { "below zero", "-1.5", true, -1500000 },
    { "minus zero", "-0", true, 0 },
    { "leading zeros", "0000000000000000000000012.5", true, 12500000 },
    { "six decimals", "0.000001", true, 1 },
    { "the seventh decimal rounds up", "0.0000005", true, 1 },
    { "half goes away from zero below it, too", "-0.0000005", true, -1 },
    { "just under a half goes down", "0.00000049999999999999999999", true, 0 },
    { "rounded once, not digit by digit", "0.00000044444444444445", true, 0 },
    { "rounding carries over", "0.9999995", true, 1000000 },
    { "the largest", "9223372036854.775807", true, INT64_MAX },
    { "the smallest", "-9223372036854.775808", true, INT64_MIN },
    { "the largest, rounded down to", "9223372036854.7758074", true, INT64_MAX },
    { "one micro too many", "9223372036854.775808", false, 0 },
    { "one micro too few", "-9223372036854.775809", false, 0 },
    { "rounded up to one too many", "9223372036854.7758075", false, 0 },
    { "rounded down to one too few", "-9223372036854.7758085", false, 0 },
    { "far too large", "99999999999999999999999999999999", false, 0 },
    { "nothing", "", false, 0 },
    { "a minus alone", "-", false, 0 },
    { "a point alone", ".", false, 0 },
    { "no whole part", ".5", false, 0 },
    { "no decimals behind the point", "5.", false, 0 },
    { "two points", "1.2.3", false, 0 },
    { "two minuses", "--1", false, 0 },
    { "a plus", "+1", false, 0 },
    { "a decimal comma", "1250,07", false, 0 },
    { "grouped", "1,250.07", false, 0 },
    { "an exponent", "1e3", false, 0 },
    { "hexadecimal", "0x10", false, 0 },
    { "a blank before", " 1", false, 0 },
    { "a blank behind", "1 ", false, 0 },
    { "a sign", "R$1", false, 0 },
    { "no number", "NaN", false, 0 },
    { "letters in the decimals", "1.0000000x", false, 0 },
    { "other digits than ASCII's", "\xd9\xa1", false, 0 },
};

static void spend_is_read_to_the_last_micro(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parse_cases); i++) {
        struct money got = { .micros = 42 };
        struct error err = { 0 };
        bool ok = money_parse(parse_cases[i].text, strlen(parse_cases[i].text), "BRL", &got, &err);

        if (ok != parse_cases[i].ok || got.micros != (ok ? parse_cases[i].micros : 42))
            fail_msg("%s: \"%s\" gave %" PRId64, parse_cases[i].why, parse_cases[i].text,
                     got.micros);
        if (!ok && err.kind != ERR_BAD_RESPONSE)
            fail_msg("%s: kind %d", parse_cases[i].why, err.kind);
    }
}

static void an_amount_ends_where_its_length_says(void **state)
{
    struct money got;
    struct error err = { 0 };

    (void)state;
    assert_true(money_parse("12.345", 4, "BRL", &got, &err));
    assert_int_equal(got.micros, 12300000);
    assert_string_equal(got.currency, "BRL");
    assert_false(money_parse("1\0002", 3, "BRL", &got, &err));
}

static void currencies_are_never_added_together(void **state)
{
    struct money sum = money_of(7, "BRL");
    struct error err = { 0 };

    (void)state;
    assert_false(money_add(money_of(1, "BRL"), money_of(1, "USD"), &sum, &err));
    assert_int_equal(err.kind, ERR_INTERNAL);
    assert_int_equal(sum.micros, 7);
}

static void a_sum_too_large_is_refused(void **state)
{
    struct money sum = money_of(7, "BRL");
    struct error err = { 0 };

    (void)state;
    assert_false(money_add(money_of(INT64_MAX, "BRL"), money_of(1, "BRL"), &sum, &err));
    assert_int_equal(err.kind, ERR_BAD_RESPONSE);
    assert_false(money_add(money_of(INT64_MIN, "BRL"), money_of(-1, "BRL"), &sum, &err));
    assert_int_equal(sum.micros, 7);
    assert_true(money_add(money_of(INT64_MAX - 1, "BRL"), money_of(1, "BRL"), &sum, &err));
    assert_true(sum.micros == INT64_MAX);
    assert_true(money_add(money_zero("BRL"), money_of(-3, "BRL"), &sum, &err));
    assert_int_equal(sum.micros, -3);
}

/* LESSONS 1: minor units / 100 and "R$" for every currency. */
static const struct {
    const char *why, *currency;
    int64_t micros;
    const char *text;
} decimal_cases[] = {
    { "two decimals", "BRL", 1234560000, "1234.56" },
    { "none", "JPY", 1234000000, "1234" },
    { "none, rounded", "JPY", 1234500000, "1235" },
    { "none in Chile", "CLP", 999499999, "999" },
    { "three decimals", "BHD", 1234567500, "1234.568" },
    { "three in Kuwait", "KWD", 1000, "0.001" },
    { "COP has two, though Meta counts it without", "COP", 5000000, "5.00" },
    { "half a cent goes away from zero", "BRL", 5000, "0.01" },
    { "just under half a cent", "BRL", 4999, "0.00" },
    { "half a cent below zero", "BRL", -5000, "-0.01" },
    { "no minus before zero", "BRL", -4999, "0.00" },
    { "no minus before zero without decimals", "JPY", -499999, "0" },
    { "rounding carries over", "BRL", 999995000, "1000.00" },
    { "zero", "BRL", 0, "0.00" },
    { "the largest", "BRL", INT64_MAX, "9223372036854.78" },
    { "the smallest", "BRL", INT64_MIN, "-9223372036854.78" },
    { "a currency that nobody knows", "QQQ", 1500000, "1.50" },
};

static void amounts_are_shown_with_their_currencys_decimals(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(decimal_cases); i++) {
        const char *got =
            money_decimal(arena, money_of(decimal_cases[i].micros, decimal_cases[i].currency));
        if (strcmp(got, decimal_cases[i].text) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", decimal_cases[i].why, got,
                     decimal_cases[i].text);
    }
}

static void a_currency_is_three_letters_that_icu_knows(void **state)
{
    static const char *const good[] = { "AED", "ZAR", "BRL", "USD", "EUR",
                                        "JPY", "BHD", "COP", "HUF", "TWD" };
    static const char *const bad[] = { "",    "BR",  "brl", "BRLX", "B L",
                                       "QQQ", "R$ ", "840", "Br1",  "BR\xc3" };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (!currency_valid(good[i]))
            fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (currency_valid(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(currency_valid(NULL));
}

static void decimals_are_iso_4217s(void **state)
{
    static const struct {
        const char *code;
        int decimals;
    } cases[] = { { "BRL", 2 }, { "USD", 2 }, { "JPY", 0 }, { "KRW", 0 }, { "CLP", 0 },
                  { "PYG", 0 }, { "VND", 0 }, { "BHD", 3 }, { "KWD", 3 }, { "TND", 3 },
                  { "COP", 2 }, { "HUF", 2 }, { "IDR", 2 }, { "TWD", 2 }, { "MXN", 2 },
                  { "", 2 },    { "zz", 2 } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (currency_decimals(cases[i].code) != cases[i].decimals)
            fail_msg("%s has %d", cases[i].code, currency_decimals(cases[i].code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spend_is_read_to_the_last_micro),
        cmocka_unit_test(an_amount_ends_where_its_length_says),
        cmocka_unit_test(currencies_are_never_added_together),
        cmocka_unit_test(a_sum_too_large_is_refused),
        cmocka_unit_test(amounts_are_shown_with_their_currencys_decimals),
        cmocka_unit_test(a_currency_is_three_letters_that_icu_knows),
        cmocka_unit_test(decimals_are_iso_4217s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
