/*
 * Any bytes as answers of Meta's, put together as one account: what cannot be read is refused as a
 * bad response, and what is taken adds up. Pages are separated by a line "%", the first byte of
 * each says of what list it is.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "platforms/meta_accounts.h"
#include "platforms/meta_assemble.h"
#include "platforms/meta_error.h"

/* 2026-11-21 12:00 in São Paulo. */
#define NOON INT64_C(1795273200000)

struct input {
    struct arena *arena;
    struct meta_listing listing;
    struct meta_insights insights;
    struct meta_accounts accounts;
    struct ad_account account;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_init();
    return 0;
}

static bool page_read(struct input *in, char kind, const char *body, size_t len, struct error *err)
{
    struct meta_account account;
    const char *after = NULL, *name = NULL;

    switch (kind) {
    case 'c':
        return meta_campaigns_parse(in->arena, body, len, &in->listing, &after, err);
    case 's':
        return meta_ad_sets_parse(in->arena, body, len, &in->listing, &after, err);
    case 'i':
        return meta_insights_parse(in->arena, body, len, in->account.currency, &in->account.month,
                                   &in->insights, &after, err);
    case 'a':
        return meta_accounts_parse(in->arena, body, len, &in->accounts, &after, err);
    case 'b':
        return meta_business_parse(in->arena, body, len, &name, err);
    default:
        return meta_account_parse(in->arena, body, len, &account, err);
    }
}

static void pages_read(struct input *in, const char *at, const char *end)
{
    while (at < end) {
        const char *stop = memmem(at, (size_t)(end - at), "\n%\n", 3);
        struct error err = { 0 };

        stop = stop ? stop : end;
        if (!page_read(in, *at, at + 1, (size_t)(stop - at - (stop > at)), &err))
            assert(err.kind == ERR_BAD_RESPONSE && err.log[0] && !err.user[0]);
        meta_fault_read(at, (size_t)(stop - at));
        at = stop + 3 < end ? stop + 3 : end;
    }
}

/* Nothing that was spent is lost or counted twice. */
static void check_sum(const struct input *in)
{
    __int128 listed = 0, spent = 0;

    for (size_t i = 0; i < in->insights.rows.len; i++)
        spent += in->insights.rows.items[i].spend_micros;
    for (size_t i = 0; i < in->account.campaigns.len; i++) {
        const struct campaign *c = &in->account.campaigns.items[i];

        listed += c->spend_micros;
        assert(i == 0 || strcmp(c[-1].id, c->id) < 0);
        assert((c->level == LEVEL_NONE) == (c->budgets.len == 0));
        for (size_t k = 0; k < c->budgets.len; k++)
            assert(c->budgets.items[k].amount_micros > 0);
    }
    assert(listed == spent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    struct input in = { .arena = arena, .account = { .timezone = "America/Sao_Paulo" } };
    struct error err = { 0 };

    memcpy(in.account.currency, "BRL", 4);
    if (!month_of(in.account.timezone, NOON, &in.account.month, &err))
        abort();
    pages_read(&in, (const char *)data, (const char *)data + size);
    if (meta_assemble(arena, &in.listing, &in.insights, &in.account, &err))
        check_sum(&in);
    else
        assert(err.kind == ERR_BAD_RESPONSE && err.log[0]);
    return 0;
}
