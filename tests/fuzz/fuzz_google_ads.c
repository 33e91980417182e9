/* Whatever Google answers: an error, or an account whose figures are those of its campaigns. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "model/projection.h"
#include "platforms/google_ads_account.h"
#include "platforms/google_ads_answer.h"
#include "platforms/google_token.h"

static const struct month november = { .first = { 2026, 11, 1 },
                                       .today = { 2026, 11, 21 },
                                       .last = { 2026, 11, 30 },
                                       .days = 30,
                                       .elapsed = 21,
                                       .days_left = 9 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_init();
    return 0;
}

static void check_refusal(int status, struct bytes body)
{
    enum google_ads_fault fault;
    struct error err = { 0 };

    assert(!google_ads_answer_judge(status, body, 0, &fault, &err));
    assert(err.kind >= ERR_CONFIG && err.log[0] && err.retry_after_ms >= 0);
    assert(!google_token_judge(status, body, 0, &err));
    assert(err.kind >= ERR_CONFIG && err.log[0]);
}

/* What comes out of it stands in a header: no control byte, no blank. */
static void check_token(struct bytes body)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_token_answer answer;
    struct error err = { 0 };

    if (!google_token_parse(arena, body, &answer, &err)) {
        assert(err.kind == ERR_BAD_RESPONSE);
        return;
    }
    assert(answer.access_token[0] && answer.expires_in_ms > 0);
    for (const char *c = answer.access_token; *c; c++)
        assert(*c > ' ' && *c <= '~');
}

static void check_account(struct arena *arena, const struct google_ads_answers *answers)
{
    struct ad_account account;
    struct error err = { 0 };

    google_ads_totals_query(arena, &answers->campaigns, &answers->month);
    if (!google_ads_account_build(arena, answers, &account, &err) ||
        !projection_account(arena, &account, &err)) {
        assert(err.kind == ERR_BAD_RESPONSE);
        return;
    }
    assert(account.campaigns.len <= answers->campaigns.rows.len + answers->costs.rows.len);
}

static void check_facts(struct bytes body)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads_facts facts, again;
    struct error err = { 0 };

    if (!google_ads_facts_read(arena, body, &facts, &err))
        return;
    const char *text = google_ads_facts_print(arena, &facts);
    assert(google_ads_facts_read(arena, bytes_of(text), &again, &err));
    assert(strcmp(google_ads_facts_print(arena, &again), text) == 0);
}

/* The same body as each of the answers: campaigns may cost something then. */
static void check_rows(struct bytes body)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads_answers answers = { .customer = "1234567890",
                                          .facts = { "BRL", NULL, "", false },
                                          .timezone = "America/Sao_Paulo",
                                          .month = november };
    bool has = false;
    const char *next = NULL;
    struct error err = { 0 };

    if (!google_ads_campaigns_parse(arena, body, answers.customer, &answers.campaigns,
                                    &answers.facts, &has, &next, &err)) {
        assert(err.kind == ERR_BAD_RESPONSE);
        answers.campaigns = (struct google_ads_campaigns){ 0 };
    }
    if (!google_ads_costs_parse(arena, body, &answers.costs, &next, &err)) {
        assert(err.kind == ERR_BAD_RESPONSE);
        return;
    }
    answers.totals = answers.costs;
    check_account(arena, &answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = { (const char *)data, size };

    check_refusal(400, body);
    check_refusal(429, body);
    check_token(body);
    check_facts(body);
    check_rows(body);
    return 0;
}
