/* Sums of fractions, exact until their one rounding. */
#include "model/exact.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MAX_TERMS = 5 };
static const struct {
    const char *why;
    struct {
        int64_t numerator;
        uint32_t denominator;
    } terms[MAX_TERMS]; /* up to a denominator of 0 */
    bool ok;
    int64_t rounded;
} sum_cases[] = {
    { "nothing", { { 0, 0 } }, true, 0 },
    { "whole", { { 5, 1 }, { -7, 1 } }, true, -2 },
    { "a half", { { 1, 2 } }, true, 1 },
    { "a half below zero", { { -1, 2 } }, true, -1 },
    { "one and a half below zero", { { -3, 2 } }, true, -2 },
    { "under a half", { { 1, 3 } }, true, 0 },
    { "under a half below zero", { { -1, 3 } }, true, 0 },
    { "over a half below zero", { { -2, 3 } }, true, -1 },
    { "a half of three parts", { { 1, 6 }, { 1, 4 }, { 1, 12 } }, true, 1 },
    { "just under it", { { 1, 6 }, { 1, 4 }, { 1, 13 } }, true, 0 },
    { "just over it", { { 1, 6 }, { 1, 4 }, { 1, 11 } }, true, 1 },
    { "parts that cancel", { { 1, 3 }, { -1, 3 } }, true, 0 },
    { "parts of two denominators that cancel", { { 1, 2 }, { -2, 4 } }, true, 0 },
    { "a half from above and below", { { 7, 2 }, { -4, 1 } }, true, -1 },
    { "parts that make a whole", { { 2, 3 }, { 3, 9 } }, true, 1 },
    { "the largest", { { INT64_MAX, 1 } }, true, INT64_MAX },
    { "the largest and a bit", { { INT64_MAX, 1 }, { 1, 3 } }, true, INT64_MAX },
    { "the smallest", { { INT64_MIN, 1 } }, true, INT64_MIN },
    { "the smallest and a bit less", { { INT64_MIN, 1 }, { -1, 3 } }, true, INT64_MIN },
    { "too large on the way only",
      { { INT64_MAX, 1 }, { INT64_MAX, 1 }, { -INT64_MAX, 1 } },
      true,
      INT64_MAX },
    { "large denominators",
      { { 1, UINT32_MAX }, { UINT32_MAX - INT64_C(1), UINT32_MAX } },
      true,
      1 },
    /* 2/3 + 5/7 = 29/21: top and bottom agree in their lowest limb; 8/21 + 1/8 is over a half. */
    { "a difference whose lowest limb is nothing",
      { { 1U << 30, 3U << 29 }, { 5, 7 }, { 1, 8 } },
      true,
      2 },
    { "one too many", { { INT64_MAX, 1 }, { 1, 1 } }, false, 0 },
    { "one too few", { { INT64_MIN, 1 }, { -1, 1 } }, false, 0 },
    { "half too many", { { INT64_MAX, 1 }, { 1, 2 } }, false, 0 },
    { "half too few", { { INT64_MIN, 1 }, { -1, 2 } }, false, 0 },
};

static void fractions_are_added_exactly(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(sum_cases); i++) {
        struct exact sum = { .arena = arena };
        int64_t got = 42;

        for (size_t t = 0; t < MAX_TERMS && sum_cases[i].terms[t].denominator > 0; t++)
            exact_add_quotient(&sum, sum_cases[i].terms[t].numerator,
                               sum_cases[i].terms[t].denominator);
        bool ok = exact_round(&sum, &got);
        if (ok != sum_cases[i].ok || got != (ok ? sum_cases[i].rounded : 42))
            fail_msg("%s: %" PRId64, sum_cases[i].why, got);
    }
}

/* Up to six fractions over 1 to 60, whose least common denominator fits in 128 bits. */
static void random_sums_agree_with_a_common_denominator(void **state)
{
    uint64_t random = 1;
    int128 common = 1;

    (void)state;
    for (int n = 2; n <= 60; n++) { /* each prime as often as it fits into 60 */
        bool prime = true;
        for (int d = 2; d < n; d++)
            prime = prime && n % d != 0;
        for (int power = n; prime && power <= 60; power *= n)
            common *= n;
    }
    for (int n = 1; n <= 60; n++)
        assert_true(common % n == 0);

    for (int round = 0; round < 20000; round++) {
        scoped_arena struct arena *arena = arena_create();
        struct exact sum = { .arena = arena };
        int128 top = 0;
        int64_t got = 0, whole = 0;

        for (int t = 0; t < 6; t++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            int64_t numerator = (int64_t)(random >> 50) - 8192;
            uint32_t denominator = (uint32_t)(random >> 33) % 60 + 1;
            exact_add_quotient(&sum, numerator, denominator);
            top += common / denominator * numerator;
        }
        whole = (int64_t)(top / common); /* toward zero, then half away from it */
        int128 rest = top % common;
        if ((rest < 0 ? -rest : rest) * 2 >= common)
            whole += top < 0 ? -1 : 1;
        if (!exact_round(&sum, &got) || got != whole)
            fail_msg("round %d: %" PRId64 " instead of %" PRId64, round, got, whole);
    }
}

static void more_than_128_bits_are_refused(void **state)
{
    const int128 most = ((int128)INT64_MAX << 64) - 1 + ((int128)1 << 64);
    scoped_arena struct arena *arena = arena_create();
    struct exact above = { .arena = arena }, below = { .arena = arena };
    int64_t got;

    (void)state;
    exact_add(&above, most);
    exact_add(&above, 1);
    exact_add(&above, -most);
    assert_false(exact_round(&above, &got));
    exact_add(&below, -most);
    exact_add(&below, -most);
    exact_add(&below, most);
    assert_false(exact_round(&below, &got));
}

static bool is_prime(uint32_t n)
{
    for (uint32_t d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

/*
 * (p-1)/p + 1/q + ... for every prime up to 2,000 (303 of them), and then what is missing from each
 * up to a whole: the common denominator has some 2,800 bits, the sum is 303.
 */
static void a_common_denominator_of_thousands_of_bits_is_no_matter(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    int64_t primes = 0, got = 0;
    struct exact sum = { .arena = arena };

    (void)state;
    for (uint32_t p = 2; p < 2000; p++) {
        if (!is_prime(p))
            continue;
        primes++;
        exact_add_quotient(&sum, (int64_t)p - 1, p);
    }
    assert_true(exact_round(&sum, &got)); /* 303 less 1/2 + 1/3 + 1/5 + ... = 303 - 2.29 */
    assert_int_equal(got, 301);
    for (uint32_t p = 3; p < 2000; p++)
        if (is_prime(p))
            exact_add_quotient(&sum, 1, p);
    assert_true(exact_round(&sum, &got)); /* 302 and a half, to the last bit */
    assert_int_equal(got, 303);

    struct exact less = { .arena = arena, .whole = sum.whole }, more = less;
    for (size_t i = 0; i < sum.fractions.len; i++) {
        const struct fraction *f = &sum.fractions.items[i];
        exact_add_quotient(&less, f->numerator, f->denominator);
        exact_add_quotient(&more, f->numerator, f->denominator);
    }
    exact_add_quotient(&less, -1, UINT32_MAX); /* a four-thousand-millionth under a half */
    exact_add_quotient(&more, 1, UINT32_MAX);
    assert_true(exact_round(&less, &got));
    assert_int_equal(got, 302);
    assert_true(exact_round(&more, &got));
    assert_int_equal(got, 303);
    assert_int_equal(primes, 303);
}

static const struct {
    const char *why;
    int64_t numerator, denominator;
    int64_t rounded;
} quotient_cases[] = {
    { "whole", 6, 3, 2 },
    { "a third", 1, 3, 0 },
    { "two thirds", 2, 3, 1 },
    { "a half", 1, 2, 1 },
    { "a half below zero", -1, 2, -1 },
    { "a third below zero", -1, 3, 0 },
    { "zero", 0, 7, 0 },
    { "the largest by the largest", INT64_MAX, INT64_MAX, 1 },
    { "half of an odd denominator is no tie", INT64_MAX / 2, INT64_MAX, 0 },
    { "just over it", INT64_MAX / 2 + 1, INT64_MAX, 1 },
    { "the smallest", INT64_MIN, 1, INT64_MIN },
};

static void a_quotient_is_rounded_half_away_from_zero(void **state)
{
    int64_t got = 42;

    (void)state;
    for (size_t i = 0; i < COUNT(quotient_cases); i++)
        if (!quotient_round(quotient_cases[i].numerator, quotient_cases[i].denominator, &got) ||
            got != quotient_cases[i].rounded)
            fail_msg("%s: %" PRId64, quotient_cases[i].why, got);
    got = 42;
    assert_false(quotient_round((int128)INT64_MAX * 2, 1, &got));
    assert_false(quotient_round((int128)INT64_MAX * 2 + 1, 2, &got)); /* rounds up to one more */
    assert_false(quotient_round((int128)INT64_MIN * 2 - 1, 2, &got));
    assert_int_equal(got, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fractions_are_added_exactly),
        cmocka_unit_test(random_sums_agree_with_a_common_denominator),
        cmocka_unit_test(more_than_128_bits_are_refused),
        cmocka_unit_test(a_common_denominator_of_thousands_of_bits_is_no_matter),
        cmocka_unit_test(a_quotient_is_rounded_half_away_from_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
