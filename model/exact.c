/*
 * Exact sums. The fractions are brought to their least common denominator with as many 32-bit limbs
 * as it takes: nine hundred different numbers of days make some 1,300 bits of it.
 */
#include "model/exact.h"

#include <assert.h>

void exact_add(struct exact *sum, int128 whole)
{
    if (__builtin_add_overflow(sum->whole, whole, &sum->whole))
        sum->overflowed = true;
}

/* Adds less than one. */
static void add_fraction(struct exact *sum, uint32_t numerator, uint32_t denominator)
{
    struct fraction *same = NULL;

    for (size_t i = 0; i < sum->fractions.len && !same; i++)
        if (sum->fractions.items[i].denominator == denominator)
            same = &sum->fractions.items[i];
    if (!same) {
        same = vec_push(sum->arena, &sum->fractions);
        same->denominator = denominator;
    }
    uint64_t both = (uint64_t)same->numerator + numerator;
    if (both >= denominator) {
        both -= denominator;
        exact_add(sum, 1);
    }
    same->numerator = (uint32_t)both;
}

void exact_add_quotient(struct exact *sum, int128 numerator, uint32_t denominator)
{
    assert(denominator > 0);
    int128 whole = numerator / denominator, rest = numerator % denominator;

    if (rest < 0) { /* the fraction is never below zero: round the whole number down */
        rest += denominator;
        whole--;
    }
    exact_add(sum, whole);
    if (rest > 0)
        add_fraction(sum, (uint32_t)rest, denominator);
}

/* A natural number: limbs from the lowest; as many as were allotted, those above len are 0. */
struct natural {
    uint32_t *limbs;
    size_t len;
};

static void natural_multiply(struct natural *n, uint32_t by)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < n->len; i++) {
        carry += (uint64_t)n->limbs[i] * by;
        n->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0)
        n->limbs[n->len++] = (uint32_t)carry;
}

/* Returns the remainder. */
static uint32_t natural_divide(struct natural *n, uint32_t by)
{
    uint64_t rest = 0;

    for (size_t i = n->len; i-- > 0;) {
        rest = rest << 32 | n->limbs[i];
        n->limbs[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    while (n->len > 0 && n->limbs[n->len - 1] == 0)
        n->len--;
    return (uint32_t)rest;
}

static uint32_t natural_modulo(const struct natural *n, uint32_t by)
{
    uint64_t rest = 0;

    for (size_t i = n->len; i-- > 0;)
        rest = (rest << 32 | n->limbs[i]) % by;
    return (uint32_t)rest;
}

/* n += other * factor */
static void natural_add_product(struct natural *n, const struct natural *other, uint32_t factor)
{
    uint64_t carry = 0;
    size_t i = 0;

    for (; i < other->len || carry > 0; i++) {
        carry += n->limbs[i];
        if (i < other->len)
            carry += (uint64_t)other->limbs[i] * factor;
        n->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (i > n->len)
        n->len = i;
    while (n->len > 0 && n->limbs[n->len - 1] == 0)
        n->len--;
}

static int natural_compare(const struct natural *a, const struct natural *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    for (size_t i = a->len; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

/* n -= other, which is not larger. */
static void natural_subtract(struct natural *n, const struct natural *other)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < n->len; i++) {
        uint64_t take = (i < other->len ? other->limbs[i] : 0) + borrow;
        borrow = n->limbs[i] < take ? 1 : 0;
        n->limbs[i] = (uint32_t)(n->limbs[i] - take);
    }
    while (n->len > 0 && n->limbs[n->len - 1] == 0)
        n->len--;
}

static uint32_t greatest_common_divisor(uint32_t a, uint32_t b)
{
    while (b > 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/*
 * Adds the fractions: returns the whole numbers in their sum, and leaves in ret_vs_half how what
 * remains compares with a half (<0, 0, >0).
 */
static int64_t add_up(const struct exact *sum, int *ret_vs_half)
{
    size_t room = sum->fractions.len + 2; /* each multiplies by less than a limb; 1 and a double */
    struct natural top = { arena_array(sum->arena, uint32_t, room), 0 };
    struct natural bottom = { arena_array(sum->arena, uint32_t, room), 1 };
    int64_t whole = 0;

    bottom.limbs[0] = 1;
    for (size_t i = 0; i < sum->fractions.len; i++) {
        /* top/bottom + n/d = (top * d/g + n * bottom/g) / (bottom/g * d), g: what both share */
        const struct fraction *f = &sum->fractions.items[i];
        uint32_t shared =
            greatest_common_divisor(f->denominator, natural_modulo(&bottom, f->denominator));

        natural_multiply(&top, f->denominator / shared);
        natural_divide(&bottom, shared);
        natural_add_product(&top, &bottom, f->numerator);
        natural_multiply(&bottom, f->denominator);
        if (natural_compare(&top, &bottom) >= 0) {
            natural_subtract(&top, &bottom);
            whole++;
        }
    }
    natural_multiply(&top, 2);
    *ret_vs_half = natural_compare(&top, &bottom);
    return whole;
}

static bool to_int64(int128 number, int64_t *ret)
{
    if (number < INT64_MIN || number > INT64_MAX)
        return false;
    *ret = (int64_t)number;
    return true;
}

bool exact_round(const struct exact *sum, int64_t *ret)
{
    struct exact rounded = { .whole = sum->whole, .overflowed = sum->overflowed };
    int vs_half;

    exact_add(&rounded, add_up(sum, &vs_half));
    /* A half goes up from above zero, and below zero down to the whole number it is counted from.
     */
    if (vs_half > 0 || (vs_half == 0 && rounded.whole >= 0))
        exact_add(&rounded, 1);
    return !rounded.overflowed && to_int64(rounded.whole, ret);
}

bool quotient_round(int128 numerator, int64_t denominator, int64_t *ret)
{
    assert(denominator > 0);
    int128 quotient = numerator / denominator, rest = numerator % denominator;

    if ((rest < 0 ? -rest : rest) * 2 >= denominator)
        quotient += numerator < 0 ? -1 : 1;
    return to_int64(quotient, ret);
}
