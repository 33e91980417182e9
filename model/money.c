/* Amounts: read from decimal text, added with a check, written with the currency's decimals. */
#include "model/money.h"

#include <string.h>

#include <unicode/ucurr.h>

/* A micro is the sixth decimal. */
#define MICRO_DECIMALS 6

struct money money_of(int64_t micros, const char *currency)
{
    struct money m = { .micros = micros };
    size_t len = strnlen(currency, sizeof(m.currency) - 1);

    memcpy(m.currency, currency, len);
    return m;
}

struct money money_zero(const char *currency)
{
    return money_of(0, currency);
}

/* ICU asks for UTF-16. false: not three upper-case letters. */
static bool currency_to_utf16(const char *code, UChar ret[4])
{
    for (int i = 0; i < 3; i++) {
        if (code[i] < 'A' || code[i] > 'Z')
            return false;
        ret[i] = (UChar)code[i];
    }
    ret[3] = 0;
    return code[3] == '\0';
}

bool currency_valid(const char *code)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar utf16[4];

    return code && currency_to_utf16(code, utf16) &&
           ucurr_isAvailable(utf16, U_DATE_MIN, U_DATE_MAX, &status) && U_SUCCESS(status);
}

static int decimals_by_icu(const UChar code[4])
{
    UErrorCode status = U_ZERO_ERROR;
    int decimals = (int)ucurr_getDefaultFractionDigits(code, &status);

    return U_SUCCESS(status) && decimals >= 0 && decimals <= MICRO_DECIMALS ? decimals : 2;
}

/* ICU looks through its resources each time: the last currency's are kept, for a report has one. */
int currency_decimals(const char *code)
{
    static _Thread_local struct {
        char code[4];
        int decimals;
    } last;
    UChar utf16[4];

    if (!code || !currency_to_utf16(code, utf16))
        return 2;
    if (memcmp(last.code, code, sizeof(last.code)) != 0) {
        last.decimals = decimals_by_icu(utf16);
        memcpy(last.code, code, sizeof(last.code));
    }
    return last.decimals;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends a digit to an amount that is kept below zero, for the smallest int64_t has no positive
 * twin. false: too large. */
static bool push_digit(int64_t *below_zero, int digit)
{
    return !__builtin_mul_overflow(*below_zero, 10, below_zero) &&
           !__builtin_sub_overflow(*below_zero, digit, below_zero);
}

bool money_parse(const char *text, size_t len, const char *currency, struct money *ret,
                 struct error *err)
{
    bool negative = len > 0 && text[0] == '-', fits = true;
    size_t at = negative ? 1 : 0, first = at;
    int64_t below_zero = 0;

    for (; at < len && is_digit(text[at]); at++)
        fits = fits && push_digit(&below_zero, text[at] - '0');
    if (at == first)
        return error_set(err, ERR_BAD_RESPONSE, "amount without digits");

    size_t decimals = 0; /* given, or made up of zeros */
    bool round_away = false;
    if (at < len) {
        if (text[at] != '.' || at + 1 == len)
            return error_set(err, ERR_BAD_RESPONSE, "amount is not a plain decimal");
        for (at++; at < len; at++, decimals++) {
            if (!is_digit(text[at]))
                return error_set(err, ERR_BAD_RESPONSE, "amount is not a plain decimal");
            if (decimals < MICRO_DECIMALS)
                fits = fits && push_digit(&below_zero, text[at] - '0');
            else if (decimals == MICRO_DECIMALS) /* it alone decides: half goes away from zero */
                round_away = text[at] >= '5';
        }
    }
    for (; decimals < MICRO_DECIMALS; decimals++)
        fits = fits && push_digit(&below_zero, 0);
    if (fits && round_away)
        fits = !__builtin_sub_overflow(below_zero, 1, &below_zero);
    if (fits && !negative)
        fits = !__builtin_sub_overflow(0, below_zero, &below_zero);
    if (!fits)
        return error_set(err, ERR_BAD_RESPONSE, "amount is too large");
    *ret = money_of(below_zero, currency);
    return true;
}

bool money_add(struct money a, struct money b, struct money *ret, struct error *err)
{
    struct money sum = a;

    if (strcmp(a.currency, b.currency) != 0)
        return error_set(err, ERR_INTERNAL, "%s added to %s", b.currency, a.currency);
    if (__builtin_add_overflow(a.micros, b.micros, &sum.micros))
        return error_set(err, ERR_BAD_RESPONSE, "sum in %s is too large", a.currency);
    *ret = sum;
    return true;
}

char *money_decimal(struct arena *arena, struct money amount)
{
    int decimals = currency_decimals(amount.currency);
    uint64_t magnitude = amount.micros < 0 ? 0 - (uint64_t)amount.micros : (uint64_t)amount.micros;
    uint64_t unit = 1; /* micros in the last decimal shown */
    char text[32], *end = text + sizeof(text), *at = end;

    for (int i = decimals; i < MICRO_DECIMALS; i++)
        unit *= 10;
    uint64_t shown = magnitude / unit + (magnitude % unit * 2 >= unit ? 1 : 0);
    bool negative = amount.micros < 0 && shown > 0;

    for (int written = 0; written <= decimals || shown > 0; written++) { /* from the last digit */
        if (written == decimals && decimals > 0)
            *--at = '.';
        *--at = (char)('0' + shown % 10);
        shown /= 10;
    }
    if (negative)
        *--at = '-';
    return arena_strndup(arena, at, (size_t)(end - at));
}
