/*
 * The formulas, each with cases worked out by hand. Unless a case says otherwise today is
 * 2026-11-21: 21 days elapsed, 9 left (22 to 30), 30 in the month. Amounts are whole micros; R()
 * makes them of reais.
 */
#include "model/projection.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define R(amount) (INT64_C(1000000) * (amount))
#define CENTS(amount) (INT64_C(10000) * (amount))

/* A day, or none for "". */
static struct day day(const char *text)
{
    struct day d = { 0 };

    if (*text && !day_parse(text, strlen(text), &d))
        fail_msg("no day: %s", text);
    return d;
}

static struct month month_on(const char *today)
{
    struct day d = day(today);
    struct day next =
        d.month == 12 ? (struct day){ d.year + 1, 1, 1 } : (struct day){ d.year, d.month + 1, 1 };
    struct month m = { .first = { d.year, d.month, 1 }, .today = d, .elapsed = d.day };

    m.last = day_add(next, -1);
    m.days = m.last.day;
    m.days_left = m.days - m.elapsed;
    return m;
}

static struct ad_account account_on(const char *today)
{
    return (struct ad_account){ .id = "act_1",
                                .name = "One",
                                .currency = "BRL",
                                .timezone = "America/Sao_Paulo",
                                .month = month_on(today) };
}

static struct campaign *campaign_in(struct arena *arena, struct ad_account *account, int64_t spend,
                                    enum budget_level level, const char *shared_id)
{
    struct campaign *c = vec_push(arena, &account->campaigns);

    c->id = arena_printf(arena, "%zu", account->campaigns.len);
    c->name = "Campaign";
    c->status = "ACTIVE";
    c->spend_micros = spend;
    c->level = level;
    c->shared_id = shared_id;
    return c;
}

static void daily_in(struct arena *arena, struct campaign *c, int64_t amount, const char *starts,
                     const char *ends)
{
    *(struct budget *)vec_push(arena, &c->budgets) = (struct budget){ .kind = BUDGET_DAILY,
                                                                      .amount_micros = amount,
                                                                      .starts = day(starts),
                                                                      .ends = day(ends),
                                                                      .running = true };
}

static void lifetime_in(struct arena *arena, struct campaign *c, int64_t amount, int64_t remaining,
                        const char *starts, const char *ends)
{
    *(struct budget *)vec_push(arena, &c->budgets) = (struct budget){ .kind = BUDGET_LIFETIME,
                                                                      .amount_micros = amount,
                                                                      .remaining_micros = remaining,
                                                                      .starts = day(starts),
                                                                      .ends = day(ends),
                                                                      .running = true };
}

/* The budget added last belongs to something that is off. */
static void paused(struct campaign *c)
{
    c->budgets.items[c->budgets.len - 1].running = false;
}

static void project(struct arena *arena, struct ad_account *account)
{
    struct error err = { 0 };

    if (!projection_account(arena, account, &err))
        fail_msg("projection: %s", err.log);
}

static void expect(const char *why, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        fail_msg("%s: %s %" PRId64 " instead of %" PRId64, why, what, got, want);
}

static void expect_figures(const char *why, const struct figures *got, int64_t spend, int64_t daily,
                           int64_t projection)
{
    expect(why, "spend", got->spend, spend);
    expect(why, "daily_budget", got->daily_budget, daily);
    expect(why, "projection", got->projection, projection);
}

/* --- one budget ------------------------------------------------------------------------------ */

static const struct {
    const char *why;
    int64_t amount;
    const char *starts, *ends, *today;
    int64_t daily, projection; /* with 100 spent */
} daily_cases[] = {
    /* 100 + 50 x 9 */
    { "open end", R(50), "", "", "2026-11-21", R(50), R(550) },
    { "started last month", R(50), "2026-10-10", "", "2026-11-21", R(50), R(550) },
    { "starts today", R(50), "2026-11-21", "", "2026-11-21", R(50), R(550) },
    { "starts tomorrow", R(50), "2026-11-22", "", "2026-11-21", R(50), R(550) },
    /* 25 to 30: 100 + 50 x 6 */
    { "later start", R(50), "2026-11-25", "", "2026-11-21", R(50), R(400) },
    /* 30 alone */
    { "starts on the last day", R(50), "2026-11-30", "", "2026-11-21", R(50), R(150) },
    { "starts next month", R(50), "2026-12-01", "", "2026-11-21", R(50), R(100) },
    { "starts next year", R(50), "2027-01-15", "", "2026-11-21", R(50), R(100) },
    /* 22 to 25: 100 + 50 x 4 */
    { "earlier end", R(50), "", "2026-11-25", "2026-11-21", R(50), R(300) },
    /* 24, 25, 26: 100 + 50 x 3 */
    { "later start and earlier end", R(50), "2026-11-24", "2026-11-26", "2026-11-21", R(50),
      R(250) },
    { "one day, start and end", R(50), "2026-11-24", "2026-11-24", "2026-11-21", R(50), R(150) },
    { "ends tomorrow", R(50), "", "2026-11-22", "2026-11-21", R(50), R(150) },
    { "ends on the last day", R(50), "", "2026-11-30", "2026-11-21", R(50), R(550) },
    { "ends next month", R(50), "", "2026-12-05", "2026-11-21", R(50), R(550) },
    { "starts and ends next month", R(50), "2026-12-01", "2026-12-05", "2026-11-21", R(50),
      R(100) },
    /* From tomorrow on it spends nothing. */
    { "ends today", R(50), "", "2026-11-21", "2026-11-21", 0, R(100) },
    { "ended yesterday", R(50), "", "2026-11-20", "2026-11-21", 0, R(100) },
    { "ended last month", R(50), "2026-10-01", "2026-10-31", "2026-11-21", 0, R(100) },
    { "ends before it starts", R(50), "2026-11-26", "2026-11-24", "2026-11-21", 0, R(100) },
    { "nothing a day", 0, "", "", "2026-11-21", 0, R(100) },
    { "the last day of the month", R(50), "", "", "2026-11-30", R(50), R(100) },
    { "the last day but one", R(50), "", "", "2026-11-29", R(50), R(150) },
    { "the first day", R(50), "", "", "2026-11-01", R(50), R(1550) },       /* x 29 */
    { "the first day of 28", R(50), "", "", "2026-02-01", R(50), R(1450) }, /* x 27 */
    { "the first day of 29", R(50), "", "", "2028-02-01", R(50), R(1500) }, /* x 28 */
    { "the first day of 31", R(50), "", "", "2026-12-01", R(50), R(1600) }, /* x 30 */
    { "the first day of December, ends next year", R(50), "", "2027-01-02", "2026-12-01", R(50),
      R(1600) },
    { "a micro a day", 1, "", "", "2026-11-21", 1, R(100) + 9 },
};

static void a_daily_budget_counts_on_the_days_on_which_it_runs(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(daily_cases); i++) {
        struct ad_account account = account_on(daily_cases[i].today);
        struct campaign *c = campaign_in(arena, &account, R(100), LEVEL_CAMPAIGN, NULL);

        daily_in(arena, c, daily_cases[i].amount, daily_cases[i].starts, daily_cases[i].ends);
        project(arena, &account);
        expect_figures(daily_cases[i].why, &c->figures, R(100), daily_cases[i].daily,
                       daily_cases[i].projection);
        expect_figures(daily_cases[i].why, &account.figures, R(100), daily_cases[i].daily,
                       daily_cases[i].projection);
        expect(daily_cases[i].why, "kind", c->budget_kind, BUDGET_DAILY);
        expect(daily_cases[i].why, "level", c->level, LEVEL_CAMPAIGN);
        expect(daily_cases[i].why, "has amount", c->has_budget_amount, true);
        expect(daily_cases[i].why, "amount", c->budget_amount, daily_cases[i].amount);
    }
}

static const struct {
    const char *why;
    int64_t amount, remaining;
    const char *starts, *ends;
    int64_t daily, projection; /* with nothing spent */
} lifetime_cases[] = {
    /* 22 to 25 is four days. */
    { "all of it this month", R(1000), R(400), "", "2026-11-25", R(100), R(400) },
    /* 22 November to 1 December is ten days, nine of them in the month. */
    { "ends next month", R(1000), R(1000), "", "2026-12-01", R(100), R(900) },
    /* 22 November to 22 December is 31 days. */
    { "ends far in the next", R(9999), R(3100), "", "2026-12-22", R(100), R(900) },
    { "ends on the last day", R(900), R(900), "", "2026-11-30", R(100), R(900) },
    { "ends tomorrow", R(500), R(77), "", "2026-11-22", R(77), R(77) },
    { "ends today", R(500), R(77), "", "2026-11-21", 0, 0 },
    { "has ended", R(500), R(77), "", "2026-11-03", 0, 0 },
    { "no end", R(500), R(77), "", "", 0, 0 },
    { "no end and a later start", R(500), R(500), "2026-11-25", "", 0, 0 },
    { "nothing left", R(500), 0, "", "2026-11-25", 0, 0 },
    { "less than nothing left", R(500), -R(3), "", "2026-11-25", 0, 0 },
    /* 26 November to 5 December is ten days, five of them in the month. */
    { "starts later", R(1000), R(1000), "2026-11-26", "2026-12-05", R(100), R(500) },
    { "starts and ends later this month", R(90), R(90), "2026-11-26", "2026-11-28", R(30), R(90) },
    { "starts next month", R(1000), R(1000), "2026-12-01", "2026-12-10", R(100), 0 },
    { "started last month", R(1000), R(400), "2026-10-10", "2026-11-25", R(100), R(400) },
    { "ends before it starts", R(1000), R(400), "2026-11-26", "2026-11-25", 0, 0 },
    /* 100 / 3 = 33.333333..., and the projection is the whole 100, not 3 x 33.333333. */
    { "does not divide", R(100), R(100), "", "2026-11-24", 33333333, R(100) },
    { "rounds up", R(200), R(200), "", "2026-11-24", 66666667, R(200) },
    /* 22 November to 2 December is eleven days: 100 / 11 = 9.0909..., 900 / 11 = 81.8181... */
    { "does not divide, over the month's end", R(100), R(100), "", "2026-12-02", 9090909,
      81818182 },
    { "half a micro goes away from zero", R(1), 1, "", "2026-11-23", 1, 1 },
    { "a third of a micro goes", R(1), 1, "", "2026-11-24", 0, 1 },
    /* 1 micro over 19 days, nine of them in the month: 9/19 < 1/2; over 18: 9/18. */
    { "just under half a micro in the month", R(1), 1, "", "2026-12-10", 0, 0 },
    { "half a micro in the month", R(1), 1, "", "2026-12-09", 0, 1 },
    /* 22 November 2026 to 31 December 2036: 9 + 31 + 3653 (ten years, leap 2028, 2032, 2036). */
    { "ends in ten years", R(3693), R(3693), "", "2036-12-31", R(1), R(9) },
};

static void what_is_left_of_a_lifetime_budget_is_spread_over_its_days(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(lifetime_cases); i++) {
        struct ad_account account = account_on("2026-11-21");
        struct campaign *c = campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL);

        lifetime_in(arena, c, lifetime_cases[i].amount, lifetime_cases[i].remaining,
                    lifetime_cases[i].starts, lifetime_cases[i].ends);
        project(arena, &account);
        expect_figures(lifetime_cases[i].why, &c->figures, 0, lifetime_cases[i].daily,
                       lifetime_cases[i].projection);
        expect_figures(lifetime_cases[i].why, &account.figures, 0, lifetime_cases[i].daily,
                       lifetime_cases[i].projection);
        expect(lifetime_cases[i].why, "kind", c->budget_kind, BUDGET_LIFETIME);
        expect(lifetime_cases[i].why, "amount", c->budget_amount, lifetime_cases[i].amount);
    }
}

/* LESSONS 1: "A lifetime budget was used as if it were a day's: 9,000 for ten days projected
 * 90,000." On the 20th ten days are left: 900 a day, 9,000 in all. */
static void nine_thousand_for_ten_days_is_not_ninety_thousand(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-20");
    struct campaign *c = campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL);

    (void)state;
    lifetime_in(arena, c, R(9000), R(9000), "2026-11-21", "2026-11-30");
    project(arena, &account);
    expect_figures("ten days", &account.figures, 0, R(900), R(9000));
    expect("ten days", "amount", c->budget_amount, R(9000));
}

static void what_is_off_spends_nothing_more(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");
    struct campaign *daily = campaign_in(arena, &account, R(10), LEVEL_CAMPAIGN, NULL);

    (void)state;
    daily_in(arena, daily, R(50), "", "");
    paused(daily);
    project(arena, &account);
    expect_figures("paused", &account.figures, R(10), 0, R(10));
    /* Its budget is still its budget. */
    expect("paused", "kind", daily->budget_kind, BUDGET_DAILY);
    expect("paused", "has amount", daily->has_budget_amount, true);
    expect("paused", "amount", daily->budget_amount, R(50));
    expect("paused", "level", daily->level, LEVEL_CAMPAIGN);
}

static void a_campaign_without_budget_still_counts_its_spend(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");
    struct campaign *gone = campaign_in(arena, &account, R(7), LEVEL_NONE, NULL);
    struct error err = { 0 };

    (void)state;
    gone->status = "DELETED";
    project(arena, &account);
    expect_figures("deleted", &account.figures, R(7), 0, R(7));
    expect("deleted", "kind", gone->budget_kind, BUDGET_NONE);
    expect("deleted", "has amount", gone->has_budget_amount, false);

    /* An account without campaigns is zero. */
    struct ad_account empty = account_on("2026-11-21");
    assert_true(projection_account(arena, &empty, &err));
    expect_figures("empty", &empty.figures, 0, 0, 0);
    expect("empty", "run rate", empty.figures.run_rate, 0);
}

/* --- ad sets --------------------------------------------------------------------------------- */

enum { MAX_SETS = 4 };
struct ad_set {
    enum budget_kind kind;
    int64_t amount, remaining;
    const char *starts, *ends;
    bool off;
};
#define DAILY(amount, starts, ends)                                                                \
    {                                                                                              \
        BUDGET_DAILY, (amount), 0, (starts), (ends), false                                         \
    }
#define DAILY_OFF(amount)                                                                          \
    {                                                                                              \
        BUDGET_DAILY, (amount), 0, "", "", true                                                    \
    }
#define LIFETIME(amount, left, ends)                                                               \
    {                                                                                              \
        BUDGET_LIFETIME, (amount), (left), "", (ends), false                                       \
    }
#define LIFETIME_OFF(amount, left, ends)                                                           \
    {                                                                                              \
        BUDGET_LIFETIME, (amount), (left), "", (ends), true                                        \
    }
/* LESSONS 1: "An ad set without daily_budget ended the whole command." */
#define NO_BUDGET                                                                                  \
    {                                                                                              \
        BUDGET_NONE, 0, 0, "", "", false                                                           \
    }

static const struct {
    const char *why;
    struct ad_set sets[MAX_SETS];
    size_t count;
    enum budget_level level;
    enum budget_kind kind;
    bool has_amount;
    int64_t amount, daily, projection; /* with nothing spent */
} ad_set_cases[] = {
    { "several daily ones: 30 + 20 + 10, x 9",
      { DAILY(R(30), "", ""), DAILY(R(20), "", ""), DAILY(R(10), "", "") },
      3,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      R(60),
      R(60),
      R(540) },
    { "daily ones with schedules: 30 x 9 + 20 x 4 (to the 25th) + 10 x 6 (from the 25th)",
      { DAILY(R(30), "", ""), DAILY(R(20), "", "2026-11-25"), DAILY(R(10), "2026-11-25", "") },
      3,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      R(60),
      R(60),
      R(410) },
    { "several lifetime ones: 400 / 4 + 90 / 9 = 110 a day, 400 + 90 in all",
      { LIFETIME(R(1000), R(400), "2026-11-25"), LIFETIME(R(90), R(90), "2026-11-30") },
      2,
      LEVEL_AD_SET,
      BUDGET_LIFETIME,
      true,
      R(1090),
      R(110),
      R(490) },
    { "both kinds: 30 + 400 / 4 a day, 30 x 9 + 400 in all",
      { DAILY(R(30), "", ""), LIFETIME(R(1000), R(400), "2026-11-25") },
      2,
      LEVEL_AD_SET,
      BUDGET_MIXED,
      false,
      0,
      R(130),
      R(670) },
    { "one is off",
      { DAILY(R(30), "", ""), DAILY_OFF(R(20)) },
      2,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      R(30),
      R(30),
      R(270) },
    { "one ends today",
      { DAILY(R(30), "", ""), DAILY(R(20), "", "2026-11-21") },
      2,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      R(30),
      R(30),
      R(270) },
    { "what runs says the kind, the lifetime one is off",
      { DAILY(R(25), "", ""), LIFETIME_OFF(R(3000), R(1200), "2026-11-30") },
      2,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      R(25),
      R(25),
      R(225) },
    { "what runs says the kind, the daily one is off",
      { DAILY_OFF(R(25)), LIFETIME(R(90), R(90), "2026-11-30") },
      2,
      LEVEL_AD_SET,
      BUDGET_LIFETIME,
      true,
      R(90),
      R(10),
      R(90) },
    { "all off",
      { DAILY_OFF(R(25)), DAILY_OFF(R(35)) },
      2,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      0,
      0,
      0 },
    { "all off, of both kinds",
      { DAILY_OFF(R(25)), LIFETIME_OFF(R(90), R(90), "2026-11-30") },
      2,
      LEVEL_AD_SET,
      BUDGET_MIXED,
      false,
      0,
      0,
      0 },
    { "one without any budget",
      { NO_BUDGET, DAILY(R(30), "", "") },
      2,
      LEVEL_AD_SET,
      BUDGET_DAILY,
      true,
      R(30),
      R(30),
      R(270) },
    { "none with a budget", { NO_BUDGET, NO_BUDGET }, 2, LEVEL_NONE, BUDGET_NONE, false, 0, 0, 0 },
    { "no ad sets", { NO_BUDGET }, 0, LEVEL_NONE, BUDGET_NONE, false, 0, 0, 0 },
    /* 1/3 + 1/3 + 1/3 of a micro a day is one micro, though each is none. */
    { "thirds of a micro",
      { LIFETIME(R(1), 1, "2026-11-24"), LIFETIME(R(1), 1, "2026-11-24"),
        LIFETIME(R(1), 1, "2026-11-24") },
      3,
      LEVEL_AD_SET,
      BUDGET_LIFETIME,
      true,
      R(3),
      1,
      3 },
    /* 1/2 + 1/3 + 1/6 = 1 */
    { "a half, a third and a sixth of a micro",
      { LIFETIME(R(1), 1, "2026-11-23"), LIFETIME(R(1), 1, "2026-11-24"),
        LIFETIME(R(1), 1, "2026-11-27") },
      3,
      LEVEL_AD_SET,
      BUDGET_LIFETIME,
      true,
      R(3),
      1,
      3 },
};

static void a_campaign_without_its_own_budget_has_its_ad_sets(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(ad_set_cases); i++) {
        struct ad_account account = account_on("2026-11-21");
        struct campaign *c = campaign_in(arena, &account, 0, LEVEL_AD_SET, NULL);
        const char *why = ad_set_cases[i].why;

        for (size_t s = 0; s < ad_set_cases[i].count; s++) {
            const struct ad_set *set = &ad_set_cases[i].sets[s];
            *(struct budget *)vec_push(arena, &c->budgets) =
                (struct budget){ .kind = set->kind,
                                 .amount_micros = set->amount,
                                 .remaining_micros = set->remaining,
                                 .starts = day(set->starts),
                                 .ends = day(set->ends),
                                 .running = !set->off };
        }
        project(arena, &account);
        expect(why, "level", c->level, ad_set_cases[i].level);
        expect(why, "kind", c->budget_kind, ad_set_cases[i].kind);
        expect(why, "has amount", c->has_budget_amount, ad_set_cases[i].has_amount);
        expect(why, "amount", c->budget_amount, ad_set_cases[i].amount);
        expect_figures(why, &c->figures, 0, ad_set_cases[i].daily, ad_set_cases[i].projection);
        expect_figures(why, &account.figures, 0, ad_set_cases[i].daily, ad_set_cases[i].projection);
    }
}

/* --- one budget for several ------------------------------------------------------------------ */

/* LESSONS 1: "A Google budget shared by five campaigns was counted five times." */
static void a_budget_shared_by_five_campaigns_is_counted_once(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");

    (void)state;
    for (int i = 0; i < 5; i++)
        daily_in(arena, campaign_in(arena, &account, R(10), LEVEL_SHARED, "777"), R(50), "", "");
    project(arena, &account);
    for (int i = 0; i < 5; i++) { /* each shows the whole of it: 10 + 50 x 9 */
        const struct campaign *c = &account.campaigns.items[i];
        expect_figures("one of five", &c->figures, R(10), R(50), R(460));
        expect("one of five", "level", c->level, LEVEL_SHARED);
        expect("one of five", "amount", c->budget_amount, R(50));
        assert_string_equal(c->shared_id, "777");
    }
    expect_figures("five", &account.figures, R(50), R(50), R(500)); /* 5 x 10 + 50 x 9 */
}

static const struct {
    const char *why;
    struct {
        const char *starts, *ends;
        bool off;
    } campaigns[3];
    int64_t daily, projection; /* of the account, 10 a day shared, nothing spent */
} shared_cases[] = {
    { "all open", { { "", "", false }, { "", "", false }, { "", "", false } }, R(10), R(90) },
    /* to the 23rd (2 days), and from the 28th (3) */
    { "days between them on which none runs",
      { { "", "2026-11-23", false }, { "2026-11-28", "", false }, { "", "", true } },
      R(10),
      R(50) },
    /* 22 to 25 and 24 to 27: 22 to 27 (6) */
    { "days on which two run",
      { { "", "2026-11-25", false }, { "2026-11-24", "2026-11-27", false }, { "", "", true } },
      R(10),
      R(60) },
    { "one within another",
      { { "", "2026-11-29", false }, { "2026-11-24", "2026-11-25", false }, { "", "", true } },
      R(10),
      R(80) },
    { "one after the other without a gap",
      { { "2026-11-26", "2026-11-28", false }, { "", "2026-11-25", false }, { "", "", true } },
      R(10),
      R(70) },
    { "one is off, one has ended, one runs to the 24th",
      { { "", "", true }, { "", "2026-11-20", false }, { "", "2026-11-24", false } },
      R(10),
      R(30) },
    { "all are off", { { "", "", true }, { "", "", true }, { "", "", true } }, 0, 0 },
    { "all end today",
      { { "", "2026-11-21", false }, { "", "2026-11-21", false }, { "", "2026-11-21", false } },
      0,
      0 },
    { "all start next month",
      { { "2026-12-01", "", false }, { "2026-12-02", "", false }, { "", "", true } },
      R(10),
      0 },
    { "the same days three times",
      { { "2026-11-29", "2026-11-30", false },
        { "2026-11-29", "2026-11-30", false },
        { "2026-11-29", "2026-11-30", false } },
      R(10),
      R(20) },
};

static void a_shared_budget_counts_on_days_on_which_at_least_one_runs(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(shared_cases); i++) {
        struct ad_account account = account_on("2026-11-21");

        for (size_t n = 0; n < 3; n++) {
            struct campaign *c = campaign_in(arena, &account, 0, LEVEL_SHARED, "777");
            daily_in(arena, c, R(10), shared_cases[i].campaigns[n].starts,
                     shared_cases[i].campaigns[n].ends);
            if (shared_cases[i].campaigns[n].off)
                paused(c);
        }
        project(arena, &account);
        expect_figures(shared_cases[i].why, &account.figures, 0, shared_cases[i].daily,
                       shared_cases[i].projection);
    }
}

static void shared_budgets_with_two_ids_are_two(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");

    (void)state;
    /* Not side by side, and with an own budget between them. */
    daily_in(arena, campaign_in(arena, &account, 0, LEVEL_SHARED, "777"), R(50), "", "");
    daily_in(arena, campaign_in(arena, &account, 0, LEVEL_SHARED, "778"), R(7), "", "");
    daily_in(arena, campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL), R(1), "", "");
    daily_in(arena, campaign_in(arena, &account, 0, LEVEL_SHARED, "777"), R(50), "", "");
    daily_in(arena, campaign_in(arena, &account, 0, LEVEL_SHARED, "778"), R(7), "", "");
    project(arena, &account);
    expect_figures("two shared, one own", &account.figures, 0, R(58), R(58 * 9));
}

static void a_shared_total_is_spread_over_the_days_of_all(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");

    (void)state;
    /* 22 to 25 and 24 November to 3 December: 22 November to 3 December is 12 days, 9 in the
     * month; 1,200 left is 100 a day and 900 in the month. */
    lifetime_in(arena, campaign_in(arena, &account, 0, LEVEL_SHARED, "9"), R(2000), R(1200), "",
                "2026-11-25");
    lifetime_in(arena, campaign_in(arena, &account, 0, LEVEL_SHARED, "9"), R(2000), R(1200),
                "2026-11-24", "2026-12-03");
    project(arena, &account);
    expect_figures("both", &account.figures, 0, R(100), R(900));
}

/* A Meta campaign budget with two ad sets, 22 to 23 and 28 on: 2 + 3 days, one budget. */
static void a_campaign_budget_counts_over_its_ad_sets_schedules(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");
    struct campaign *c = campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL);

    (void)state;
    daily_in(arena, c, R(10), "", "2026-11-23");
    daily_in(arena, c, R(10), "2026-11-28", "");
    daily_in(arena, c, R(10), "", "");
    paused(c);
    project(arena, &account);
    expect_figures("schedules", &c->figures, 0, R(10), R(50));
    expect_figures("schedules", &account.figures, 0, R(10), R(50));
    expect("schedules", "amount", c->budget_amount, R(10));
}

/* --- accounts -------------------------------------------------------------------------------- */

/* LESSONS 1, the golden case: nine campaigns of the original author's published example. */
static void the_nine_campaigns_give_9027_63_and_320_12(void **state)
{
    static const struct {
        int64_t spend, daily; /* cents; daily 0: not active */
    } nine[] = { { 52246, 2360 },   { 70934, 6123 }, { 14921, 0 },
                 { 195982, 14000 }, { 14639, 0 },    { 312854, 3000 },
                 { 31488, 0 },      { 75907, 6529 }, { 133792, 0 } };
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");

    (void)state;
    for (size_t i = 0; i < COUNT(nine); i++) {
        struct campaign *c =
            campaign_in(arena, &account, CENTS(nine[i].spend), LEVEL_CAMPAIGN, NULL);
        daily_in(arena, c, CENTS(nine[i].daily ? nine[i].daily : 9900), "", "");
        if (nine[i].daily == 0)
            paused(c);
    }
    project(arena, &account);
    /* 9,027.63 + 320.12 x 9 = 9,027.63 + 2,881.08 */
    expect_figures("nine", &account.figures, CENTS(902763), CENTS(32012), CENTS(1190871));
    assert_string_equal(money_decimal(arena, money_of(account.figures.spend, "BRL")), "9027.63");
    assert_string_equal(money_decimal(arena, money_of(account.figures.daily_budget, "BRL")),
                        "320.12");
    assert_string_equal(money_decimal(arena, money_of(account.figures.projection, "BRL")),
                        "11908.71");
}

/* LESSONS 1: "Budgets were read only of campaigns that had spent this month: on the first days of a
 * month half of them were missing." */
static void a_campaign_that_has_not_spent_counts_with_its_budget(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-01");

    (void)state;
    daily_in(arena, campaign_in(arena, &account, R(3), LEVEL_CAMPAIGN, NULL), R(10), "", "");
    daily_in(arena, campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL), R(20), "", "");
    project(arena, &account);
    expect_figures("the first", &account.figures, R(3), R(30), R(3 + 30 * 29));
}

static void an_accounts_figure_is_rounded_once_not_campaign_by_campaign(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");

    (void)state;
    /* A third of a micro a day each: 0 in each campaign, 1 in the account. Over 22 to 24 each
     * spends its whole micro. */
    for (int i = 0; i < 3; i++)
        lifetime_in(arena, campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL), 1, 1, "",
                    "2026-11-24");
    project(arena, &account);
    expect("a third", "daily_budget", account.campaigns.items[0].figures.daily_budget, 0);
    expect_figures("three thirds", &account.figures, 0, 1, 3);

    /* Half a micro each: 1 in each campaign, and 2 x 1/2 = 1 in the account. */
    struct ad_account halves = account_on("2026-11-21");
    for (int i = 0; i < 2; i++)
        lifetime_in(arena, campaign_in(arena, &halves, 0, LEVEL_CAMPAIGN, NULL), 1, 1, "",
                    "2026-11-23");
    project(arena, &halves);
    expect("a half", "daily_budget", halves.campaigns.items[1].figures.daily_budget, 1);
    expect_figures("two halves", &halves.figures, 0, 1, 2);
}

static const struct {
    const char *why, *today;
    int64_t spend, run_rate;
} run_rate_cases[] = {
    { "2,100 in 21 of 30 days", "2026-11-21", R(2100), R(3000) },
    { "the first day", "2026-11-01", R(10), R(300) },
    { "the last day", "2026-11-30", R(1234), R(1234) },
    { "28 days", "2026-02-14", R(100), R(200) },
    { "29 days", "2028-02-01", R(1), R(29) },
    { "31 days", "2026-12-31", R(31), R(31) },
    /* INTERFACE's example: 1,234.56 / 21 x 30 = 1,763.657142857... */
    { "does not divide", "2026-11-21", CENTS(123456), 1763657143 },
    /* 7 x 30 / 21 = 10 exactly, where 7 / 21 rounded first would give 9.99999 */
    { "multiplied first", "2026-11-21", 7, 10 },
    /* 1 x 30 / 20 = 1.5 */
    { "half goes away from zero", "2026-11-20", 1, 2 },
    { "and so it does below zero", "2026-11-20", -1, -2 },
    { "nothing", "2026-11-20", 0, 0 },
    /* 300 million million: x 30 would not fit in 64 bits */
    { "in 128 bits", "2026-11-30", INT64_MAX, INT64_MAX },
};

static void the_run_rate_is_spend_over_elapsed_days(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(run_rate_cases); i++) {
        struct ad_account account = account_on(run_rate_cases[i].today);
        struct campaign *c =
            campaign_in(arena, &account, run_rate_cases[i].spend, LEVEL_NONE, NULL);

        project(arena, &account);
        expect(run_rate_cases[i].why, "run rate", account.figures.run_rate,
               run_rate_cases[i].run_rate);
        expect(run_rate_cases[i].why, "run rate", c->figures.run_rate, run_rate_cases[i].run_rate);
    }
}

/* --- what cannot be ------------------------------------------------------------------------- */

static void amounts_too_large_are_refused(void **state)
{
    static const struct {
        const char *why;
        int64_t spend[2], daily[2], lifetime[2];
    } cases[] = {
        { "spend of two campaigns", { INT64_MAX, 1 }, { 0, 0 }, { 0, 0 } },
        { "run rate of one", { INT64_MAX / 2, 0 }, { 0, 0 }, { 0, 0 } }, /* x 30 / 10 */
        { "daily budgets of two", { 0, 0 }, { INT64_MAX, 1 }, { 0, 0 } },
        { "projection of one", { 0, 0 }, { INT64_MAX / 2, 0 }, { 0, 0 } },
        { "projection of spend and budget", { INT64_MAX / 4, 0 }, { INT64_MAX / 20, 0 }, { 0, 0 } },
        { "lifetimes of two", { 0, 0 }, { 0, 0 }, { INT64_MAX, INT64_MAX } },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ad_account account = account_on("2026-11-10");
        struct error err = { 0 };

        for (int n = 0; n < 2; n++) {
            struct campaign *c =
                campaign_in(arena, &account, cases[i].spend[n], LEVEL_AD_SET, NULL);
            daily_in(arena, c, cases[i].daily[n], "", "");
            lifetime_in(arena, c, R(1), cases[i].lifetime[n], "", "2026-11-30");
        }
        if (projection_account(arena, &account, &err) || err.kind != ERR_BAD_RESPONSE)
            fail_msg("%s: was taken, or kind %d", cases[i].why, err.kind);
    }
}

static void a_sum_of_ad_sets_too_large_is_refused(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-30");
    struct campaign *c = campaign_in(arena, &account, 0, LEVEL_AD_SET, NULL);
    struct error err = { 0 };

    (void)state;
    lifetime_in(arena, c, INT64_MAX, 1, "", "2026-12-30");
    lifetime_in(arena, c, 1, 1, "", "2026-12-30");
    assert_false(projection_account(arena, &account, &err));
    assert_int_equal(err.kind, ERR_BAD_RESPONSE);
}

static void budgets_that_cannot_be_are_refused(void **state)
{
    static const struct {
        const char *why;
        enum budget_kind kind;
        enum budget_level level;
        const char *shared_id;
        int64_t amount;
        enum err_kind want;
    } cases[] = {
        { "below zero", BUDGET_DAILY, LEVEL_CAMPAIGN, NULL, -1, ERR_BAD_RESPONSE },
        { "the smallest", BUDGET_LIFETIME, LEVEL_AD_SET, NULL, INT64_MIN, ERR_BAD_RESPONSE },
        { "one budget of two kinds", BUDGET_MIXED, LEVEL_CAMPAIGN, NULL, 1, ERR_INTERNAL },
        { "without level", BUDGET_DAILY, LEVEL_NONE, NULL, 1, ERR_INTERNAL },
        { "shared without id", BUDGET_DAILY, LEVEL_SHARED, NULL, 1, ERR_INTERNAL },
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ad_account account = account_on("2026-11-21");
        struct campaign *c = campaign_in(arena, &account, 0, cases[i].level, cases[i].shared_id);
        struct error err = { 0 };

        daily_in(arena, c, cases[i].amount, "", "");
        c->budgets.items[0].kind = cases[i].kind;
        if (projection_account(arena, &account, &err) || err.kind != cases[i].want)
            fail_msg("%s: was taken, or kind %d", cases[i].why, err.kind);
    }
}

/* --- totals ---------------------------------------------------------------------------------- */

static struct ad_account *account_in(struct arena *arena, struct report *report, size_t manager,
                                     const char *currency, struct figures figures)
{
    while (report->business_managers.len <= manager) {
        struct business_manager *m = vec_push(arena, &report->business_managers);
        m->platform = "meta";
        m->id = arena_printf(arena, "%zu", report->business_managers.len);
        m->name = m->id;
    }
    struct business_manager *m = &report->business_managers.items[manager];
    struct ad_account *account = vec_push(arena, &m->ad_accounts);
    account->id = arena_printf(arena, "act_%zu", m->ad_accounts.len);
    account->name = account->id;
    memcpy(account->currency, currency, 4);
    account->figures = figures;
    return account;
}

static struct report report_on(const char *today, const struct client *client)
{
    return (struct report){ .client = client,
                            .timezone = "America/Sao_Paulo",
                            .currency = "BRL",
                            .month = month_on(today) };
}

static void total(struct arena *arena, struct report *report)
{
    struct error err = { 0 };

    if (!projection_report(arena, report, &err))
        fail_msg("totals: %s", err.log);
}

/* INTERFACE's own example: 1,234.56 spent, 100 a day, 2,134.56 projected, 9 days left, target
 * 3,000: pacing 2134.56 / 3000 = 0.71152, recommended (3000 - 1234.56) / 9 = 196.16. */
static void the_example_of_the_interface_comes_out(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct client client = { .has_target = true, .target_micros = R(3000) };
    struct report report = report_on("2026-11-21", &client);

    (void)state;
    account_in(arena, &report, 0, "BRL", (struct figures){ R(1000), R(80), R(1720), 1428571429 });
    account_in(arena, &report, 1, "BRL",
               (struct figures){ CENTS(23456), R(20), CENTS(41456), 335085714 });
    total(arena, &report);
    assert_int_equal(report.totals.len, 1);
    const struct total *row = &report.totals.items[0];
    expect_figures("total", &row->figures, CENTS(123456), R(100), CENTS(213456));
    expect("total", "run rate", row->figures.run_rate, 1763657143);
    expect("total", "days left", row->days_left, 9);
    expect("total", "has target", row->has_target, true);
    expect("total", "target", row->target, R(3000));
    expect("total", "pacing", row->pacing_e4, 7115);
    expect("total", "has recommended", row->has_recommended, true);
    expect("total", "recommended", row->recommended_daily_budget, CENTS(19616));
    assert_string_equal(row->currency, "BRL");
    assert_int_equal(report.warnings.len, 0);

    const struct business_manager *first = &report.business_managers.items[0];
    assert_int_equal(first->totals.len, 1);
    expect_figures("manager", &first->totals.items[0].figures, R(1000), R(80), R(1720));
    expect("manager", "days left", first->totals.items[0].days_left, 9);
    expect("manager", "has target", first->totals.items[0].has_target, false);
}

static const struct {
    const char *why, *today;
    int64_t spend, projection, target, pacing_e4;
    bool has_recommended;
    int64_t recommended;
} target_cases[] = {
    { "on target", "2026-11-21", R(2100), R(3000), R(3000), 10000, true, R(100) },
    { "half of it", "2026-11-21", R(0), R(1500), R(3000), 5000, true, 333333333 },
    { "twice as much", "2026-11-21", R(0), R(6000), R(3000), 20000, true, 333333333 },
    { "spent exactly", "2026-11-21", R(3000), R(3000), R(3000), 10000, true, 0 },
    { "spent more", "2026-11-21", R(3001), R(3100), R(3000), 10333, true, 0 },
    { "the last day but one", "2026-11-29", R(2900), R(3000), R(3000), 10000, true, R(100) },
    { "the last day", "2026-11-30", R(2900), R(3000), R(3000), 10000, false, 0 },
    { "the last day, too little", "2026-11-30", R(0), R(0), R(3000), 0, false, 0 },
    /* 1 / 20,000 = 0.00005: half a ten-thousandth */
    { "half of the fourth decimal goes up", "2026-11-21", 0, R(1), R(20000), 1, true, 2222222222 },
    { "just under it goes down", "2026-11-21", 0, R(1) - 1, R(20000), 0, true, 2222222222 },
    { "rounded once", "2026-11-21", 0, R(2), R(3), 6667, true, 333333 },
    /* 1 micro in 2 days */
    { "half a micro a day", "2026-11-28", R(1) - 1, R(1), R(1), 10000, true, 1 },
    { "a target of a cent", "2026-11-21", R(1), R(9000), CENTS(1), INT64_C(9000000000), true, 0 },
    { "a refund", "2026-11-21", -R(9), 0, R(9), 0, true, R(2) },
};

static void pacing_and_recommendation_follow_the_target(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(target_cases); i++) {
        struct client client = { .has_target = true, .target_micros = target_cases[i].target };
        struct report report = report_on(target_cases[i].today, &client);
        const char *why = target_cases[i].why;

        account_in(arena, &report, 0, "BRL",
                   (struct figures){ target_cases[i].spend, 0, target_cases[i].projection, 0 });
        total(arena, &report);
        const struct total *row = &report.totals.items[0];
        expect(why, "has target", row->has_target, true);
        expect(why, "pacing", row->pacing_e4, target_cases[i].pacing_e4);
        expect(why, "has recommended", row->has_recommended, target_cases[i].has_recommended);
        expect(why, "recommended", row->recommended_daily_budget, target_cases[i].recommended);
    }
}

static void without_a_target_there_is_no_pacing(void **state)
{
    static const struct client none[] = { { .has_target = false, .target_micros = R(5) },
                                          { .has_target = true, .target_micros = 0 },
                                          { .has_target = true, .target_micros = -1 } };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        struct report report = report_on("2026-11-21", &none[i]);

        account_in(arena, &report, 0, "BRL", (struct figures){ R(1), R(1), R(10), R(1) });
        total(arena, &report);
        assert_false(report.totals.items[0].has_target);
        assert_false(report.totals.items[0].has_recommended);
        assert_int_equal(report.warnings.len, 0);
    }
}

static void currencies_have_a_row_each_in_the_order_of_spend(void **state)
{
    static const struct client client = { .has_target = true, .target_micros = R(3000) };
    scoped_arena struct arena *arena = arena_create();
    struct report report = report_on("2026-11-21", &client);

    (void)state;
    account_in(arena, &report, 0, "USD", (struct figures){ R(10), R(1), R(19), R(14) });
    account_in(arena, &report, 0, "BRL", (struct figures){ R(300), R(2), R(318), R(400) });
    account_in(arena, &report, 1, "USD", (struct figures){ R(1000), R(3), R(1027), R(1400) });
    account_in(arena, &report, 1, "EUR", (struct figures){ R(300), R(4), R(336), R(400) });
    account_in(arena, &report, 1, "JPY", (struct figures){ R(0), R(5), R(45), R(0) });
    total(arena, &report);

    static const struct {
        const char *currency;
        struct figures figures;
        bool target;
    } want[] = { { "USD", { R(1010), R(4), R(1046), R(1414) }, false },
                 { "BRL", { R(300), R(2), R(318), R(400) }, true }, /* as much as EUR: by code */
                 { "EUR", { R(300), R(4), R(336), R(400) }, false },
                 { "JPY", { R(0), R(5), R(45), R(0) }, false } };
    assert_int_equal(report.totals.len, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct total *row = &report.totals.items[i];
        assert_string_equal(row->currency, want[i].currency);
        assert_memory_equal(&row->figures, &want[i].figures, sizeof(row->figures));
        assert_int_equal(row->has_target, want[i].target);
    }
    assert_int_equal(report.warnings.len, 0);
    assert_true(report_complete(&report));
    assert_int_equal(report.business_managers.items[0].totals.len, 2);
    assert_string_equal(report.business_managers.items[0].totals.items[0].currency, "BRL");
    assert_int_equal(report.business_managers.items[1].totals.len, 3);
}

static void a_single_foreign_row_takes_the_target(void **state)
{
    static const struct client client = { .has_target = true, .target_micros = R(3000) };
    scoped_arena struct arena *arena = arena_create();
    struct report report = report_on("2026-11-21", &client);

    (void)state;
    account_in(arena, &report, 0, "MXN", (struct figures){ R(300), R(2), R(1500), R(400) });
    total(arena, &report);
    assert_true(report.totals.items[0].has_target);
    expect("foreign", "pacing", report.totals.items[0].pacing_e4, 5000);
    assert_int_equal(report.warnings.len, 0);
}

static void several_foreign_rows_have_no_target_and_a_warning(void **state)
{
    static const struct client client = { .has_target = true, .target_micros = R(3000) };
    scoped_arena struct arena *arena = arena_create();
    struct report report = report_on("2026-11-21", &client);

    (void)state;
    account_in(arena, &report, 0, "MXN", (struct figures){ R(300), R(2), R(1500), R(400) });
    account_in(arena, &report, 0, "USD", (struct figures){ R(200), R(2), R(1500), R(400) });
    total(arena, &report);
    assert_false(report.totals.items[0].has_target);
    assert_false(report.totals.items[1].has_target);
    assert_int_equal(report.warnings.len, 1);
    assert_int_equal(report.warnings.items[0].kind, ERR_CONFIG);
    assert_int_equal(report.warnings.items[0].topic, TOPIC_NO_TARGET_ROW);
    assert_non_null(strstr(report.warnings.items[0].message, "BRL"));
    assert_true(report_complete(&report)); /* no number is missing */
}

static void a_report_without_accounts_has_no_totals(void **state)
{
    static const struct client client = { .has_target = true, .target_micros = R(3000) };
    scoped_arena struct arena *arena = arena_create();
    struct report report = report_on("2026-11-21", &client);

    (void)state;
    total(arena, &report);
    assert_int_equal(report.totals.len, 0);
    assert_int_equal(report.warnings.len, 0);
}

static void totals_too_large_are_refused(void **state)
{
    static const struct figures large[] = { { .spend = INT64_MAX },
                                            { .daily_budget = INT64_MAX },
                                            { .projection = INT64_MAX },
                                            { .run_rate = INT64_MAX } };
    static const struct figures one = { 1, 1, 1, 1 };
    static const struct client client = { 0 }, cent = { .has_target = true, .target_micros = 1 };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(large); i++) {
        struct report report = report_on("2026-11-21", &client);
        struct error err = { 0 };

        account_in(arena, &report, 0, "BRL", large[i]);
        account_in(arena, &report, 1, "BRL", one);
        if (projection_report(arena, &report, &err) || err.kind != ERR_BAD_RESPONSE)
            fail_msg("sum %zu was taken, or kind %d", i, err.kind);
    }
    struct report report = report_on("2026-11-21", &cent);
    struct error err = { 0 };
    account_in(arena, &report, 0, "BRL", (struct figures){ .projection = INT64_MAX });
    assert_false(projection_report(arena, &report, &err)); /* pacing: x 10,000 */
    assert_int_equal(err.kind, ERR_BAD_RESPONSE);
}

/* --- properties ------------------------------------------------------------------------------ */

/* Knuth's MMIX generator: the same numbers each run. */
static uint64_t random_state;
static int64_t random_below(int64_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((random_state >> 33) % (uint64_t)limit);
}

/* "With everything open-ended this is spend + daily_budget x days_left." */
static void with_everything_open_ended_it_is_spend_and_daily_times_days_left(void **state)
{
    (void)state;
    random_state = 1;
    for (int round = 0; round < 500; round++) {
        scoped_arena struct arena *arena = arena_create();
        struct ad_account account = account_on("2026-11-01");

        account.month = month_on("2026-12-01");
        account.month.today.day = 1 + (int)random_below(31);
        account.month.elapsed = account.month.today.day;
        account.month.days_left = 31 - account.month.elapsed;
        for (int64_t n = random_below(12); n >= 0; n--) {
            enum budget_level level = (enum budget_level)(LEVEL_CAMPAIGN + random_below(3));
            struct campaign *c = campaign_in(arena, &account, random_below(R(9999)), level,
                                             random_below(2) ? "1" : "2");
            int64_t amount = level == LEVEL_SHARED ? R(*c->shared_id) : random_below(R(999));
            for (int64_t s = level == LEVEL_AD_SET ? random_below(4) : 0; s >= 0; s--)
                daily_in(arena, c, amount, "", "");
            if (random_below(4) == 0)
                paused(c);
        }
        project(arena, &account);
        const struct figures *f = &account.figures;
        expect("open end", "projection", f->projection,
               f->spend + f->daily_budget * account.month.days_left);
        for (size_t i = 0; i < account.campaigns.len; i++) {
            f = &account.campaigns.items[i].figures;
            expect("open end", "projection", f->projection,
                   f->spend + f->daily_budget * account.month.days_left);
        }
    }
}

static void budgets_at_random(struct arena *arena, struct campaign *c, struct day today)
{
    struct budget *b = vec_push(arena, &c->budgets);

    b->kind = c->level == LEVEL_SHARED || random_below(2) ? BUDGET_DAILY : BUDGET_LIFETIME;
    b->amount_micros = c->level == LEVEL_SHARED ? R(10) : random_below(R(999));
    b->remaining_micros = random_below(R(999)) - R(100);
    if (random_below(2))
        b->starts = day_add(today, (int)random_below(60) - 20);
    if (random_below(3))
        b->ends = day_add(today, (int)random_below(90) - 20);
    b->running = random_below(5) > 0;
}

/* Day by day: what the account's budgets spend on each day left, each shared budget once, as
 * numerators over a common denominator; a second way to the same sum. */
static int64_t projected_day_by_day(const struct ad_account *account)
{
    /* 1..110 days divide it? No: so each lifetime's own days are kept and divided at the end, in
     * long double, which is exact enough to tell a micro apart at these sizes. */
    long double sum = 0;

    for (int offset = 1; offset <= account->month.days_left; offset++) {
        struct day today = day_add(account->month.today, offset);
        bool shared = false;

        for (size_t i = 0; i < account->campaigns.len; i++) {
            const struct campaign *c = &account->campaigns.items[i];
            for (size_t n = 0; n < c->budgets.len; n++) {
                const struct budget *b = &c->budgets.items[n];
                if (!b->running || (!day_none(b->starts) && day_compare(today, b->starts) < 0) ||
                    (!day_none(b->ends) && day_compare(today, b->ends) > 0))
                    continue;
                if (b->kind == BUDGET_LIFETIME) {
                    struct day from = day_add(account->month.today, 1);
                    if (!day_none(b->starts) && day_compare(b->starts, from) > 0)
                        from = b->starts;
                    if (!day_none(b->ends) && b->remaining_micros > 0)
                        sum += (long double)b->remaining_micros / (days_between(from, b->ends) + 1);
                } else if (c->level != LEVEL_SHARED || !shared) {
                    sum += (long double)b->amount_micros;
                    shared = shared || c->level == LEVEL_SHARED;
                }
            }
        }
    }
    return (int64_t)(sum + 0.5L) + account->figures.spend;
}

static void the_projection_is_what_a_walk_over_the_days_gives(void **state)
{
    (void)state;
    random_state = 2;
    for (int round = 0; round < 2000; round++) {
        scoped_arena struct arena *arena = arena_create();
        struct ad_account account = account_on("2026-11-10");

        for (int64_t n = random_below(8); n >= 0; n--) {
            enum budget_level level = (enum budget_level)(LEVEL_CAMPAIGN + random_below(3));
            struct campaign *c = campaign_in(arena, &account, random_below(R(9999)), level, "1");
            for (int64_t s = level == LEVEL_AD_SET ? random_below(4) : 0; s >= 0; s--)
                budgets_at_random(arena, c, account.month.today);
        }
        project(arena, &account);
        int64_t walked = projected_day_by_day(&account);
        int64_t off = account.figures.projection - walked;
        if (off < -1 || off > 1) /* a tie may fall either way in long double */
            fail_msg("round %d: %" PRId64 " instead of %" PRId64, round, account.figures.projection,
                     walked);
    }
}

static void the_order_of_campaigns_changes_no_figure(void **state)
{
    (void)state;
    random_state = 3;
    for (int round = 0; round < 300; round++) {
        scoped_arena struct arena *arena = arena_create();
        struct ad_account account = account_on("2026-11-10"), reversed = account;

        for (int n = 0; n < 6; n++) {
            enum budget_level level = (enum budget_level)(LEVEL_CAMPAIGN + random_below(3));
            budgets_at_random(arena,
                              campaign_in(arena, &account, random_below(R(99)), level,
                                          random_below(2) ? "1" : "2"),
                              account.month.today);
        }
        for (size_t n = account.campaigns.len; n-- > 0;)
            *(struct campaign *)vec_push(arena, &reversed.campaigns) = account.campaigns.items[n];
        project(arena, &account);
        project(arena, &reversed);
        assert_memory_equal(&account.figures, &reversed.figures, sizeof(struct figures));
    }
}

/* More different denominators than any common one in 128 bits could hold: one micro over 1, 2, 3,
 * ... 400 days. The harmonic number H(400) = 6.5699..., so 7. All is projected that falls in the
 * month: 9 x (H(400) - H(9)) + 9 = 9 x (6.56993 - 2.82897) + 9 = 42.669. */
static void four_hundred_ends_are_added_exactly(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct ad_account account = account_on("2026-11-21");

    (void)state;
    for (int days = 1; days <= 400; days++) {
        struct campaign *c = campaign_in(arena, &account, 0, LEVEL_CAMPAIGN, NULL);
        lifetime_in(arena, c, 1, 1, "", "");
        c->budgets.items[0].ends = day_add(account.month.today, days);
    }
    project(arena, &account);
    expect_figures("harmonic", &account.figures, 0, 7, 43);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daily_budget_counts_on_the_days_on_which_it_runs),
        cmocka_unit_test(what_is_left_of_a_lifetime_budget_is_spread_over_its_days),
        cmocka_unit_test(nine_thousand_for_ten_days_is_not_ninety_thousand),
        cmocka_unit_test(what_is_off_spends_nothing_more),
        cmocka_unit_test(a_campaign_without_budget_still_counts_its_spend),
        cmocka_unit_test(a_campaign_without_its_own_budget_has_its_ad_sets),
        cmocka_unit_test(a_budget_shared_by_five_campaigns_is_counted_once),
        cmocka_unit_test(a_shared_budget_counts_on_days_on_which_at_least_one_runs),
        cmocka_unit_test(shared_budgets_with_two_ids_are_two),
        cmocka_unit_test(a_shared_total_is_spread_over_the_days_of_all),
        cmocka_unit_test(a_campaign_budget_counts_over_its_ad_sets_schedules),
        cmocka_unit_test(the_nine_campaigns_give_9027_63_and_320_12),
        cmocka_unit_test(a_campaign_that_has_not_spent_counts_with_its_budget),
        cmocka_unit_test(an_accounts_figure_is_rounded_once_not_campaign_by_campaign),
        cmocka_unit_test(the_run_rate_is_spend_over_elapsed_days),
        cmocka_unit_test(amounts_too_large_are_refused),
        cmocka_unit_test(a_sum_of_ad_sets_too_large_is_refused),
        cmocka_unit_test(budgets_that_cannot_be_are_refused),
        cmocka_unit_test(the_example_of_the_interface_comes_out),
        cmocka_unit_test(pacing_and_recommendation_follow_the_target),
        cmocka_unit_test(without_a_target_there_is_no_pacing),
        cmocka_unit_test(currencies_have_a_row_each_in_the_order_of_spend),
        cmocka_unit_test(a_single_foreign_row_takes_the_target),
        cmocka_unit_test(several_foreign_rows_have_no_target_and_a_warning),
        cmocka_unit_test(a_report_without_accounts_has_no_totals),
        cmocka_unit_test(totals_too_large_are_refused),
        cmocka_unit_test(with_everything_open_ended_it_is_spend_and_daily_times_days_left),
        cmocka_unit_test(the_projection_is_what_a_walk_over_the_days_gives),
        cmocka_unit_test(the_order_of_campaigns_changes_no_figure),
        cmocka_unit_test(four_hundred_ends_are_added_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
