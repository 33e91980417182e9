/*
 * Amounts. Whole micros in 64 bits with their currency; nothing here knows a double. Sums check for
 * overflow, currencies never mix, rounding is half away from zero and happens where a number is
 * shown.
 */
#ifndef RAIOX_MODEL_MONEY_H
#define RAIOX_MODEL_MONEY_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define MICROS 1000000

/*
 * An amount in one currency.
 * Unit:  micros, a millionth of the main unit (R$ 1.00 is 1 000 000), Google Ads' own unit.
 * Owns:  nothing; copy it by value. {0} means "no amount", not zero reais.
 */
struct money {
    int64_t micros;
    char currency[4]; /* ISO 4217 code and its NUL, "BRL" */
};

struct money money_zero(const char *currency);
struct money money_of(int64_t micros, const char *currency);

/* Three upper-case letters that ICU knows as a currency. */
bool currency_valid(const char *code);
/* ISO 4217's decimals through ICU: BRL 2, JPY 0, BHD 3. Unknown: 2. */
int currency_decimals(const char *code);

/*
 * Reads a plain decimal in the main unit, such as "1250.07", as Meta sends "spend".
 * text    len bytes, not kept, NUL not needed
 * ret     written on success only
 * errors  ERR_BAD_RESPONSE: not -?digits[.digits], or too large to hold; digits behind the sixth
 *         decimal are rounded half away from zero, once
 */
MUST_CHECK bool money_parse(const char *text, size_t len, const char *currency, struct money *ret,
                            struct error *err);

/* ERR_INTERNAL: two currencies; ERR_BAD_RESPONSE: too large to hold. */
MUST_CHECK bool money_add(struct money a, struct money b, struct money *ret, struct error *err);

/* "1234.56": decimal string in the main unit with the currency's own decimals, as --json shows it.
 */
char *money_decimal(struct arena *arena, struct money amount);

#endif
