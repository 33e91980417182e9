/*
 * A report made of any bytes: names that are no text, amounts at the edge of 64 bits, any number of
 * anything. What goes to Slack is within its limits, what goes to a script is JSON, what goes to a
 * terminal is text.
 */
#include "message/message.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/message/slack_limits.h"

/* The input, taken from the front; zeros behind its end. */
struct source {
    const uint8_t *at;
    size_t left;
    struct arena *arena;
};

static unsigned take(struct source *s, unsigned below)
{
    unsigned value = 0;

    if (s->left > 0) {
        value = *s->at++;
        s->left--;
    }
    return value % below;
}

static int64_t take_amount(struct source *s)
{
    static const int64_t edges[] = { INT64_MIN, INT64_MAX, 0, -1, 1, 5000, 999999995000 };
    unsigned which = take(s, 16);
    uint64_t amount = 0;

    if (which < COUNT(edges))
        return edges[which];
    for (unsigned i = 0; i < which - COUNT(edges); i++)
        amount = amount * 256 + take(s, 256);
    return (int64_t)amount;
}

/* Up to 63 bytes of the input, up to 20 times over; or NULL. */
static const char *take_text(struct source *s, bool may_be_null)
{
    size_t len = take(s, 64), times = 1 + take(s, 20);
    char *text = NULL;

    if (may_be_null && len == 63)
        return NULL;
    if (len > s->left)
        len = s->left;
    text = arena_alloc(s->arena, len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * len, s->at, len);
    s->at += len;
    s->left -= len;
    return text;
}

static void take_currency(struct source *s, char ret[4])
{
    static const char *const codes[] = { "BRL", "USD", "JPY", "BHD", "XXX", "" };
    unsigned which = take(s, COUNT(codes) + 2);

    if (which < COUNT(codes)) {
        memcpy(ret, codes[which], strlen(codes[which]) + 1);
        return;
    }
    for (int i = 0; i < 3; i++)
        ret[i] = (char)(which == COUNT(codes) ? 'A' + (int)take(s, 26) : 1 + (int)take(s, 127));
}

static struct figures take_figures(struct source *s)
{
    return (struct figures){ take_amount(s), take_amount(s), take_amount(s), take_amount(s) };
}

static void take_campaign(struct source *s, struct campaign *campaign)
{
    campaign->id = take_text(s, true);
    campaign->name = take_text(s, true);
    campaign->status = take_text(s, true);
    campaign->spend_micros = take_amount(s);
    campaign->impressions = take_amount(s);
    campaign->clicks = take_amount(s);
    campaign->level = (enum budget_level)take(s, LEVEL_SHARED + 1);
    campaign->shared_id = take_text(s, true);
    campaign->budget_kind = (enum budget_kind)take(s, BUDGET_MIXED + 1);
    campaign->has_budget_amount = take(s, 2);
    campaign->budget_amount = take_amount(s);
    campaign->figures = take_figures(s);
}

static void take_account(struct source *s, struct ad_account *account)
{
    unsigned campaigns = take(s, 24), copies = take(s, 40);

    account->id = take_text(s, false);
    account->name = take_text(s, true);
    take_currency(s, account->currency);
    account->timezone = take_text(s, true);
    account->owned = (enum owned)take(s, OWNED_YES + 1);
    account->figures = take_figures(s);
    for (unsigned i = 0; i < campaigns; i++)
        take_campaign(s, vec_push(s->arena, &account->campaigns));
    for (unsigned i = 0; campaigns > 0 && i < copies; i++) {
        struct campaign copy = account->campaigns.items[i % campaigns];
        *(struct campaign *)vec_push(s->arena, &account->campaigns) = copy;
    }
}

static void take_total(struct source *s, struct total *total)
{
    take_currency(s, total->currency);
    total->figures = take_figures(s);
    total->days_left = (int)take(s, 40) - 4;
    total->has_target = take(s, 2);
    total->target = take_amount(s);
    total->pacing_e4 = take_amount(s);
    total->has_recommended = take(s, 2);
    total->recommended_daily_budget = take_amount(s);
}

static void take_manager(struct source *s, struct business_manager *manager)
{
    static const char *const platforms[] = { "meta", "google_ads", "other" };
    unsigned platform = take(s, COUNT(platforms) + 1), accounts = take(s, 12);

    manager->platform = platform < COUNT(platforms) ? platforms[platform] : take_text(s, false);
    manager->id = take_text(s, true);
    manager->name = take_text(s, true);
    for (unsigned i = 0; i < accounts; i++)
        take_account(s, vec_push(s->arena, &manager->ad_accounts));
    for (unsigned i = take(s, 4); i > 0; i--)
        take_total(s, vec_push(s->arena, &manager->totals));
}

static void take_warning(struct source *s, struct warning *warning)
{
    warning->platform = take_text(s, true);
    warning->account = take_text(s, true);
    warning->kind = (enum err_kind)take(s, ERR_KINDS);
    warning->message = take_text(s, true);
    warning->retry_real_ms = take_amount(s);
    warning->topic = (enum warning_topic)take(s, TOPIC_NO_ACCOUNTS + 1);
}

static struct report *take_report(struct source *s)
{
    struct report *report = arena_new(s->arena, struct report);
    struct client *client = arena_new(s->arena, struct client);

    client->id = take_text(s, false);
    client->name = take_text(s, false);
    client->channel_id = take_text(s, false);
    client->kpis.min_investment = take_text(s, true);
    client->has_target = take(s, 2);
    report->client = client;
    report->as_of_real_ms = take_amount(s);
    report->timezone = take(s, 2) ? "America/Sao_Paulo" : take_text(s, false);
    report->currency = take_text(s, false);
    report->month.first = (struct day){ (int)take(s, 256) * 40, (int)take(s, 14), 1 };
    for (unsigned i = take(s, 40); i > 0; i--)
        take_total(s, vec_push(s->arena, &report->totals));
    for (unsigned i = take(s, 80); i > 0; i--)
        take_manager(s, vec_push(s->arena, &report->business_managers));
    for (unsigned i = take(s, 60); i > 0; i--)
        take_warning(s, vec_push(s->arena, &report->warnings));
    return report;
}

static void check_slack(struct source *s, enum locale locale, const struct message *message)
{
    struct envelope envelope = {
        .in_channel = take(s, 2),
        .repeated = take(s, 2),
        .channel = take(s, 2) ? "C1" : NULL,
        .receipt = take_text(s, true),
    };
    const char *why = slack_refuses(message_body(s->arena, locale, message, &envelope, false));

    if (!why)
        why = slack_refuses(message_body(s->arena, locale, message, &envelope, true));
    if (why) {
        fprintf(stderr, "Slack refuses: %s\n", why);
        abort();
    }
}

static void check_notices(struct source *s, enum locale locale)
{
    const char *names[3] = { take_text(s, true), take_text(s, true), take_text(s, true) };
    struct notice_facts facts = {
        .channel_id = take_text(s, true),
        .name = take_text(s, true),
        .detail = take_text(s, true),
        .names = names,
        .names_count = take(s, 4),
        .kind = (enum err_kind)take(s, ERR_KINDS),
    };
    enum notice notice = (enum notice)take(s, NOTICE_EXPIRED + 1);
    struct message message = message_notice(s->arena, locale, notice, &facts);

    check_slack(s, locale, &message);
}

static void check_terminal(const char *text)
{
    assert(utf8_valid(text, strlen(text)));
    for (; *text; text++)
        assert(*text == '\n' || ((unsigned char)*text >= 0x20 && *text != 0x7f));
}

static void check_json(struct arena *arena, const char *text)
{
    struct error err = { 0 };

    assert(json_parse(arena, text, strlen(text), &err));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    struct source s = { .at = data, .left = size, .arena = arena };
    enum locale locale = take(&s, 2) ? LOCALE_PT_BR : LOCALE_EN_US;
    int width = (int)take(&s, 256);
    const struct report *report = take_report(&s);
    struct message message = message_report(arena, locale, report);

    check_slack(&s, locale, &message);
    check_notices(&s, locale);
    check_terminal(message_terminal(arena, locale, report, width, false));
    check_json(arena, message_report_json(arena, report));
    return 0;
}
