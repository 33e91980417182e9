/*
 * A sum of whole numbers and fractions, kept exactly and rounded once. An account's daily budget
 * adds what is left of many lifetime budgets over as many different numbers of days; the common
 * denominator of those soon leaves 128 bits, so the fractions are kept apart until the end.
 */
#ifndef RAIOX_MODEL_EXACT_H
#define RAIOX_MODEL_EXACT_H

#include "base/arena.h"
#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 int128;

/* numerator / denominator, from 0 to less than 1. */
struct fraction {
    uint32_t numerator, denominator;
};

/* {0} with an arena is 0. What does not fit is remembered and told by exact_round(). */
struct exact {
    struct arena *arena;
    int128 whole;
    VEC(struct fraction) fractions; /* one a denominator */
    bool overflowed;
};
void exact_add(struct exact *sum, int128 whole);
/* numerator / denominator; denominator above 0. */
void exact_add_quotient(struct exact *sum, int128 numerator, uint32_t denominator);
/* Half away from zero. false: larger than 64 bits hold, or something on the way was. */
MUST_CHECK bool exact_round(const struct exact *sum, int64_t *ret);

/* One division, rounded the same way; denominator above 0. false: larger than 64 bits hold. */
MUST_CHECK bool quotient_round(int128 numerator, int64_t denominator, int64_t *ret);

#endif
