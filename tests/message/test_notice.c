/* Every notice in both languages: what happened, what to do, and nothing of a name's markup. */
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/json.h"
#include "tests/message/slack_limits.h"

static const char *const two_names[] = { "Padaria Sol", "Padaria *Lua* & Cia" };

static const struct notice_facts facts = {
    .channel_id = "C0123ABC",
    .name = "Açaí & <Cia> *x*",
    .detail = "invalid_blocks",
    .names = two_names,
    .names_count = COUNT(two_names),
    .kind = ERR_AUTH,
};

/* What each must hold, whatever else it says: the fact, and what to do. */
static const struct {
    enum notice notice;
    const char *pt[3], *en[3];
} notices[] = {
    { NOTICE_FETCHING, { "<#C0123ABC>", "Buscando os dados" }, { "<#C0123ABC>", "Fetching" } },
    { NOTICE_FETCHING_NAME,
      { "Açaí &amp; &lt;Cia&gt;", "Buscando" },
      { "Açaí &amp; &lt;Cia&gt;", "Fetching" } },
    { NOTICE_HELP,
      { "`/raiox ajuda`", "público", "mensagem direta" },
      { "`/raiox help`", "public", "direct message" } },
    { NOTICE_UNKNOWN_CHANNEL,
      { "<#C0123ABC>", "`C0123ABC`", "`channel_id`" },
      { "<#C0123ABC>", "`C0123ABC`", "`channel_id`" } },
    { NOTICE_UNKNOWN_NAME,
      { "• Padaria Sol\n", "mais próximos" },
      { "• Padaria Sol\n", "closest" } },
    { NOTICE_SEVERAL_NAMES,
      { "• Padaria Sol\n", "nome inteiro" },
      { "• Padaria Sol\n", "whole name" } },
    { NOTICE_SEVERAL_ROWS,
      { "<#C0123ABC>", "• Padaria Sol\n", "uma linha só" },
      { "<#C0123ABC>", "• Padaria Sol\n", "one row only" } },
    { NOTICE_NO_ACCOUNTS,
      { "`meta_id`", "`meta_adaccount_ids`", "`google_id`" },
      { "`meta_id`", "`meta_adaccount_ids`", "`google_id`" } },
    { NOTICE_OTHER_CHANNEL,
      { "mensagem direta", "canal interno" },
      { "direct message", "internal" } },
    { NOTICE_NAMES_FORBIDDEN, { "RAIOX_NAME_USERS" }, { "RAIOX_NAME_USERS" } },
    { NOTICE_BUSY, { "alguns minutos" }, { "a few minutes" } },
    { NOTICE_NOT_ACCEPTED,
      { "não pôde ser aceito", "um minuto" },
      { "could not be accepted", "a minute" } },
    { NOTICE_MAYBE_ACCEPTED, { "pode ter sido aceito", "Espere" }, { "may have been", "Wait" } },
    { NOTICE_BOARD_FAILED,
      { "Monday recusou o nosso token", "renová-lo" },
      { "Monday refused our access token", "renew" } },
    { NOTICE_GAVE_UP,
      { "Não consegui terminar", "renová-lo", "invalid\u200b_\u200bblocks" },
      { "could not be finished", "renew", "invalid\u200b_\u200bblocks" } },
    { NOTICE_EXPIRED, { "Peça de novo" }, { "Ask again" } },
};

static void holds(const char *text, const char *const wanted[3])
{
    for (size_t i = 0; i < 3 && wanted[i]; i++) {
        if (!strstr(text, wanted[i]))
            fail_msg("\"%s\" does not say \"%s\"", text, wanted[i]);
    }
}

/* As a body Slack takes it, public or not, and no hole was left. */
static void sendable(struct arena *arena, enum locale locale, struct message message)
{
    struct envelope envelope = { .receipt = "1795273200000-0" };
    const char *body = message_body(arena, locale, &message, &envelope, false);
    const char *why = slack_refuses(body);

    if (why)
        fail_msg("%s: %s", why, body);
    assert_null(message.blocks);
    assert_null(strchr(message.text, '{'));
    assert_non_null(strstr(body, "\"response_type\":\"ephemeral\""));
    assert_non_null(strstr(body, "1795273200000-0"));
}

static void every_notice_says_what_happened_and_what_to_do(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    assert_int_equal(COUNT(notices), NOTICE_EXPIRED + 1);
    for (size_t i = 0; i < COUNT(notices); i++) {
        struct message pt = message_notice(arena, LOCALE_PT_BR, notices[i].notice, &facts);
        struct message en = message_notice(arena, LOCALE_EN_US, notices[i].notice, &facts);

        holds(pt.text, notices[i].pt);
        holds(en.text, notices[i].en);
        sendable(arena, LOCALE_PT_BR, pt);
        sendable(arena, LOCALE_EN_US, en);
    }
}

static void a_notice_without_facts_is_still_a_sentence(void **state)
{
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (int i = NOTICE_FETCHING; i <= NOTICE_EXPIRED; i++) {
        sendable(arena, LOCALE_PT_BR, message_notice(arena, LOCALE_PT_BR, (enum notice)i, NULL));
        sendable(arena, LOCALE_EN_US, message_notice(arena, LOCALE_EN_US, (enum notice)i, NULL));
    }
    assert_non_null(strstr(message_notice(arena, LOCALE_PT_BR, NOTICE_UNKNOWN_NAME, NULL).text,
                           "nenhum parecido"));
}

static void a_channel_that_is_no_id_makes_no_link(void **state)
{
    static const char *const bad[] = { "", "C1><!channel", "C1|x", "C 1", "`C1`", "é" };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct notice_facts f = { .channel_id = bad[i] };
        struct message fetching = message_notice(arena, LOCALE_EN_US, NOTICE_FETCHING, &f);
        struct message unknown = message_notice(arena, LOCALE_EN_US, NOTICE_UNKNOWN_CHANNEL, &f);

        assert_non_null(strstr(fetching.text, "this channel"));
        assert_null(strchr(fetching.text, '<'));
        sendable(arena, LOCALE_EN_US, unknown);
    }
}

static void a_direct_message_is_no_clients_channel(void **state)
{
    static const struct notice_facts f = { .channel_id = "D0ANALISTA" };
    scoped_arena struct arena *arena = arena_create();
    struct message fetching = message_notice(arena, LOCALE_PT_BR, NOTICE_FETCHING, &f);
    struct message unknown = message_notice(arena, LOCALE_PT_BR, NOTICE_UNKNOWN_CHANNEL, &f);

    (void)state;
    assert_non_null(strstr(fetching.text, "esta mensagem direta"));
    assert_non_null(strstr(unknown.text, "Peça pelo nome: `/raiox Nome do cliente`"));
    assert_null(strstr(unknown.text, "D0ANALISTA"));
    assert_null(strstr(unknown.text, "channel_id"));
}

static void long_names_and_many_of_them_stay_within_limits(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    char *ampersands = arena_alloc(arena, 401);
    const char *names[30];
    struct notice_facts f = { .name = ampersands,
                              .detail = ampersands,
                              .names = names,
                              .names_count = COUNT(names),
                              .kind = ERR_INTERNAL };

    (void)state;
    memset(ampersands, '*', 400);
    for (size_t i = 0; i < COUNT(names); i++)
        names[i] = ampersands;
    for (int i = NOTICE_FETCHING; i <= NOTICE_EXPIRED; i++)
        sendable(arena, LOCALE_PT_BR, message_notice(arena, LOCALE_PT_BR, (enum notice)i, &f));
}

static void of_the_closest_names_the_first_five_are_told(void **state)
{
    static const char *const names[] = { "n1", "n2", "n3", "n4", "n5", "n6" };
    static const struct notice_facts f = { .names = names, .names_count = COUNT(names) };
    scoped_arena struct arena *arena = arena_create();
    const char *none = message_notice(arena, LOCALE_PT_BR, NOTICE_UNKNOWN_NAME, &f).text;

    (void)state;
    assert_non_null(strstr(none, "• n1\n• n2\n• n3\n• n4\n• n5\n"));
    assert_null(strstr(none, "n6"));
    assert_non_null(
        strstr(message_notice(arena, LOCALE_PT_BR, NOTICE_SEVERAL_NAMES, &f).text, "n6"));
}

static void every_kind_says_what_happened_and_who_can_mend_it(void **state)
{
    static const char *const pt[ERR_KINDS] = {
        [ERR_NONE] = "O raiox falhou por dentro. Avise",
        [ERR_INPUT] = "Digite `/raiox ajuda`",
        [ERR_INTERNAL] = "Avise quem cuida do raiox",
        [ERR_CONFIG] = "Google Ads: a configuração",
        [ERR_AUTH] = "Google Ads recusou o nosso token de acesso. Quem cuida do token",
        [ERR_PERMISSION] = "Quem administra a conta",
        [ERR_NOT_FOUND] = "Google Ads não encontrou a conta",
        [ERR_RATE_LIMIT] = "Google Ads pediu para esperar",
        [ERR_TIMEOUT] = "Google Ads não respondeu a tempo",
        [ERR_UNAVAILABLE] = "Google Ads está fora do ar",
        [ERR_BAD_RESPONSE] = "Google Ads respondeu algo que não sabemos ler",
    };
    scoped_arena struct arena *arena = arena_create();

    (void)state;
    for (int i = ERR_NONE; i < ERR_KINDS; i++) {
        const char *text = message_kind(arena, LOCALE_PT_BR, (enum err_kind)i, "google_ads");

        if (!strstr(text, pt[i]))
            fail_msg("\"%s\" does not say \"%s\"", text, pt[i]);
        assert_true(strlen(message_kind(arena, LOCALE_EN_US, (enum err_kind)i, NULL)) > 20);
    }
    assert_non_null(strstr(message_kind(arena, LOCALE_EN_US, ERR_TIMEOUT, NULL), "The service"));
    assert_non_null(strstr(message_kind(arena, LOCALE_EN_US, ERR_TIMEOUT, "<x>"), "&lt;x&gt;"));
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_notice_says_what_happened_and_what_to_do),
        cmocka_unit_test(a_notice_without_facts_is_still_a_sentence),
        cmocka_unit_test(a_channel_that_is_no_id_makes_no_link),
        cmocka_unit_test(a_direct_message_is_no_clients_channel),
        cmocka_unit_test(of_the_closest_names_the_first_five_are_told),
        cmocka_unit_test(long_names_and_many_of_them_stay_within_limits),
        cmocka_unit_test(every_kind_says_what_happened_and_who_can_mend_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
