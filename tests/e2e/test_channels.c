/*
 * Who reads what, where: from the typed command to the message in the channel. Figures as in
 * test_report.c, the agency as in tests/sandbox/agency.json.
 */
#include "tests/e2e/reading.h"

#include <string.h>

#define ANALYST "U0ANALISTA"
#define MANAGER "U0GESTOR"
#define INTERNAL "C0INTERNO"
#define PADARIA "C0123"

static const char *const ask_each_time[] = { "RAIOX_REPORT_CACHE_SECONDS=0", NULL };

static int open_running(void **state)
{
    world_open(state);
    world_start(state, &(struct world_options){ .parts = WORLD_RUN, .env = ask_each_time });
    return 0;
}

/* The number of the newest message: what comes behind it answers what is typed next. */
static int64_t newest(struct world *world)
{
    struct error err = { 0 };
    int64_t number = 0;

    if (!json_int(world_admin(world, "GET", "/replies?after=999999", NULL), "last", &number, &err))
        fail_msg("the sandbox does not say its last message");
    return number;
}

static const cJSON *say_as(struct world *world, const char *channel, const char *user,
                           const char *text)
{
    int64_t before = newest(world);
    struct world_ack ack = world_ask(world, channel, user, text);

    assert_int_equal(ack.status, 200);
    return world_taken_reply(world, before);
}

static const char *ask_as(struct world *world, const char *channel, const char *user,
                          const char *text)
{
    return reading_reply(world, say_as(world, channel, user, text));
}

static const char *ask(struct world *world, const char *channel, const char *text)
{
    return ask_as(world, channel, ANALYST, text);
}

/* ---- one client's numbers never reach another's channel ---- */

static void other_clients_are_refused_in_a_clients_channel(void **state)
{
    static const char *const texts[] = {
        "Golden Nine",         /* another one */
        "golden",              /* the beginning of its name */
        "7000000001",          /* its id */
        "Golden Nine público", /* for all to see */
        "acai",                /* several: their names are not for this channel */
        "xyz",                 /* none: nor are the closest ones */
        "Padaria Sol Golden Nine",
        "Ex-cliente",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        const cJSON *reply = say_as(*state, PADARIA, ANALYST, texts[i]);
        const char *text = reading_reply(*state, reply);
        assert_holds(text, "Este canal é de um cliente", "mensagem direta");
        assert_lacks(text, "R$", "9.027", "Açaí", "Praia", "Pizza", "Gêmea", "Ex-cliente");
        assert_fields(json_get(reply, "body"), "response_type", "ephemeral", NULL);
    }
}

static void own_name_is_answered_in_a_clients_channel(void **state)
{
    assert_holds(ask(*state, PADARIA, "padaria sol"), "Padaria Sol · novembro", "R$ 1.234,56");
    assert_holds(ask(*state, PADARIA, "  PADARIA  "), "Padaria Sol · novembro", "R$ 1.234,56");
}

/* Whose it is cannot be known: neither client's numbers are for it. */
static void channel_of_two_rows_shows_neither(void **state)
{
    const char *text = ask(*state, "C0DUPLA", "");

    assert_holds(text, "Dupla Um", "Dupla Dois", "uma linha só");
    assert_lacks(text, "R$");
    assert_lacks(ask(*state, "C0DUPLA", "Golden Nine"), "R$");
    assert_lacks(ask(*state, "C0DUPLA", "Dupla Um"), "R$");
}

static void other_groups_and_archived_rows_have_no_channel(void **state)
{
    assert_holds(ask(*state, "C0EX", ""), "Nenhum cliente ativo", "`C0EX`", "`channel_id`");
    assert_holds(ask(*state, "C0SEMROW", ""), "Nenhum cliente ativo", "`C0SEMROW`");
    /* A paused namesake and an archived row have these channels, too. */
    assert_holds(ask(*state, PADARIA, ""), "R$ 1.234,56");
    assert_holds(ask(*state, "C0HORIZONTE", ""), "R$ 8.500,00");
}

/* ---- where one may ask for anybody ---- */

static void a_name_is_answered_in_internal_channels_and_directly(void **state)
{
    static const char *const places[] = { INTERNAL, "C0GESTAO", "D0ANALISTA", "C0SEMROW" };

    for (size_t i = 0; i < COUNT(places); i++) {
        const cJSON *reply = say_as(*state, places[i], ANALYST, "golden nine");
        assert_holds(reading_reply(*state, reply), "Golden Nine · novembro", "R$ 9.027,63");
        assert_fields(reply, "channel", places[i], "user", ANALYST, NULL);
        assert_fields(json_get(reply, "body"), "response_type", "ephemeral", NULL);
    }
    assert_holds(ask(*state, "D0ANALISTA", ""), "Peça pelo nome");
}

static void names_are_found_as_people_type_them(void **state)
{
    assert_holds(ask(*state, INTERNAL, "moda iris"), "Moda Íris", "R$ 1.490,00");
    assert_holds(ask(*state, INTERNAL, "AÇAI & CIA"), "Açaí & Cia", "R$ 2.825,40");
    assert_holds(ask(*state, INTERNAL, "horizonte"), "Construtora Horizonte", "R$ 8.500,00");
    assert_holds(ask(*state, INTERNAL, "acai"), "Mais de um cliente", "Açaí & Cia", "Acai da Praia",
                 "Açaí do Norte");
    const char *none = ask(*state, INTERNAL, "padoca sol");
    assert_holds(none, "Não encontrei", "padoca sol", "Padaria Sol");
    assert_lacks(none, "R$", "Ex-cliente", "Prospecto");
}

static void public_is_the_last_word(void **state)
{
    static const struct {
        const char *channel, *text, *type;
    } cases[] = {
        { PADARIA, "público", "in_channel" }, { PADARIA, "publico", "in_channel" },
        { PADARIA, "PUBLIC", "in_channel" },  { INTERNAL, "Padaria Sol público", "in_channel" },
        { PADARIA, "", "ephemeral" },         { INTERNAL, "Padaria Sol", "ephemeral" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const cJSON *reply = say_as(*state, cases[i].channel, ANALYST, cases[i].text);
        assert_holds(reading_reply(*state, reply), "R$ 1.234,56");
        assert_fields(json_get(reply, "body"), "response_type", cases[i].type, NULL);
    }
}

static void help_is_told_at_once(void **state)
{
    struct world *world = *state;
    int64_t before = world_taken_count(world);

    assert_holds(world_command(world, PADARIA, ANALYST, "ajuda").text, "/raiox Padaria Sol",
                 "público", "ajuda");
    assert_holds(world_command(world, PADARIA, ANALYST, "HELP").text, "/raiox ajuda");
    /* What would have come from them had come before this. */
    ask(world, PADARIA, "");
    assert_int_equal(world_taken_count(world), before + 1);
}

static void only_some_may_ask_by_name(void **state)
{
    static const char *const env[] = { "RAIOX_NAME_USERS=U0OUTRO, " MANAGER, NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_RUN, .env = env });

    static const char *const texts[] = { "Golden Nine", "acai", "xyz" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = ask(world, INTERNAL, texts[i]);
        assert_holds(text, "não pedir clientes pelo nome");
        assert_lacks(text, "R$", "Açaí", "Pizza");
    }
    assert_holds(ask(world, PADARIA, ""), "R$ 1.234,56");
    assert_holds(ask_as(world, INTERNAL, MANAGER, "Golden Nine"), "R$ 9.027,63");
}

/* ---- what Slack is sent ---- */

/* A dozen at once; each answer is in its own channel and has its own figures. */
static void each_channel_has_its_own_figures(void **state)
{
    static const struct {
        const char *channel, *says[6];
    } cases[] = {
        { PADARIA, { "Padaria Sol", "R$ 1.234,56", "R$ 2.134,56", "71,2%", "R$ 196,16" } },
        { "C0GOLDEN9", { "R$ 9.027,63", "R$ 320,12", "R$ 11.908,71", "R$ 663,60", "79,4%" } },
        { "C0CLIENTE1", { "R$ 2.825,40", "R$ 137,00", "R$ 4.058,40", "compartilhado" } },
        { "C0HORIZONTE",
          { "R$ 12.400,00", "Total R$ 9.000,00, R$ 900,00/dia", "sem data de fim",
            "Total R$ 1.000,00, já gasto" } },
        { "C0AURORA", { "R$ 1.260,00", "R$ 182,72", "R$ 2.804,50", "R$ 748,89" } },
        { "C0MARESIA", { "R$ 1.230,50", "R$ 2.375,50", "R$ 6.000,50", "39,6%" } },
        { "C0KINOKO", { "¥ 105.000", "¥ 145.000", "¥ 5.000" } },
        { "C0PEARL", { "210,125", "322,625", "12,500" } },
        { "C0EXPORTA", { "R$ 1.800,00", "US$ 1.000,00", "US$ 1.450,00", "R$ 911,11" } },
        { "C0TRINTA",
          { "R$ 9.439,50 ", "parcial", "O que falta", "Loja negada `act_64030`", "dar acesso" } },
        { "C0MEGA", { "R$ 30.233,70", "R$ 161.224,20", "322,5%", "Mais 1." } },
        { "C0EVENTO", { "R$ 2.190,00", "R$ 5.090,00", "Total R$ 6.000,00, R$ 322,22/dia" } },
        { "C0PROPRIA", { "Sem números", "gerenciador da própria agência" } },
        { "C0QUEBRADO", { "Sem números", "`meta_id`", "`meta_adaccount_ids`", "`google_id`" } },
        { "C0SEMCONTAS", { "não tem conta de anúncios", "`google_id`" } },
        { "C0AMBIGUA", { "R$ 61,00", "15.000", "`min_investment`" } },
    };
    struct world *world = *state;
    int64_t after = newest(world);

    for (size_t i = 0; i < COUNT(cases); i++)
        world_ask(world, cases[i].channel, ANALYST, "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const cJSON *reply = world_taken_reply(world, after);
        const char *channel = json_get(reply, "channel")->valuestring;
        size_t which = 0;
        while (which < COUNT(cases) && strcmp(cases[which].channel, channel) != 0)
            which++;
        assert_true(which < COUNT(cases));
        reading_holds_(arena_printf(world->arena, "%s ", reading_reply(world, reply)),
                       cases[which].says);
        after = world_number(reply);
    }
}

/* Slack takes 50 blocks of 3,000 characters, and the whole of 1,200 campaigns is in their sum. */
static void many_campaigns_are_one_message(void **state)
{
    struct world *world = *state;
    const cJSON *reply = say_as(world, "C0MEGA", ANALYST, ""), *block;
    const cJSON *blocks = json_get(json_get(reply, "body"), "blocks");

    assert_in_range(cJSON_GetArraySize(blocks), 3, 50);
    cJSON_ArrayForEach(block, blocks)
        assert_in_range(cJSON_GetArraySize(json_get(block, "fields")), 0, 10);
    assert_holds(reading_reply(world, reply), "Mais 1.");
}

/* Nothing of these does what it does not do for a slash command. */
static void replies_go_to_the_askers_response_url(void **state)
{
    struct world *world = *state;
    const cJSON *reply = say_as(world, PADARIA, ANALYST, ""), *call;
    int posts = 0;

    assert_fields(reply, "kind", "response_url", "channel", PADARIA, "user", ANALYST, NULL);
    assert_null(json_get(json_get(reply, "body"), "replace_original"));
    cJSON_ArrayForEach(call,
                       json_get(world_admin(world, "GET", "/calls?service=slack", NULL), "calls"))
        posts += strstr(json_get(call, "path")->valuestring, "chat.postMessage") != NULL;
    assert_int_equal(posts, 0);
}

static void the_same_command_twice_is_answered_once(void **state)
{
    static const char command[] = "{\"channel\":\"" PADARIA "\",\"user\":\"" ANALYST
                                  "\",\"text\":\"\",\"trigger_id\":\"13345224609.738474920.8088\"}";
    struct world *world = *state;
    int64_t taken = world_taken_count(world), before = newest(world);

    for (int i = 0; i < 3; i++)
        assert_int_equal(world_command_json(world, command).status, 200);
    world_taken_reply(world, before);
    ask(world, "C0PIZZA", ""); /* behind the others in the queue */
    ask(world, "C0PIZZA", "");
    assert_int_equal(world_taken_count(world), taken + 3);
}

static void refused_blocks_become_text(void **state)
{
    struct world *world = *state;
    int64_t before = newest(world);

    world_fault(world, "{\"service\":\"slack\",\"path\":\"/commands/\",\"status\":400,"
                       "\"body\":\"invalid_blocks\",\"times\":1}");
    world_ask(world, PADARIA, ANALYST, "");
    const cJSON *reply = world_taken_reply(world, before);
    world_clear_faults(world);
    assert_null(json_get(json_get(reply, "body"), "blocks"));
    assert_holds(reading_reply(world, reply), "*Padaria Sol* · novembro de 2026",
                 "Gasto no mês R$ 1.234,56", "R$ 196,16");
}

static void english_is_english_from_beginning_to_end(void **state)
{
    static const char *const env[] = { "RAIOX_LOCALE=en_US", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_RUN, .env = env });
    int64_t before = newest(world);

    assert_holds(world_command(world, PADARIA, ANALYST, "").text, "Fetching", "<#C0123>");
    assert_holds(reading_reply(world, world_taken_reply(world, before)),
                 "Padaria Sol · November 2026", "Spend this month", "R$1,234.56", "71.2%",
                 "below target", "R$196.16");
    assert_holds(ask(world, PADARIA, "Golden Nine"), "This channel belongs to a client");
    assert_holds(ask(world, "C0TRINTA", ""), "What is missing", "act_64030",
                 "give the agency access");
    assert_holds(world_command(world, PADARIA, ANALYST, "help").text, "/raiox help");
}

/* ---- holes, as Slack tells of them ---- */

static void a_hole_is_named_and_never_a_zero(void **state)
{
    struct world *world = *state;

    world_fault(world, "{\"service\":\"google_ads\",\"status\":404,\"body\":\"<html>no</html>\"}");
    const char *text = ask(world, PADARIA, "");
    assert_holds(text, "Números parciais", "Gasto no mês (parcial)", "R$ 1.000,00", "⚪",
                 "no máximo R$ 222,22", "O que falta", "Google Ads", "1112223330");
    assert_lacks(text, "R$ 0,00");
    text = ask(world, "C0SOGOOGLE", "");
    world_clear_faults(world);
    assert_holds(text, "Sem números", "O que falta", "Google Ads");
    assert_lacks(text, "R$");
}

static void a_known_time_to_ask_again_is_told(void **state)
{
    struct world *world = *state;

    world_fault(world, "{\"account\":\"act_10\",\"kind\":\"throttle\",\"retry_after_s\":3600}");
    const char *text = ask(world, PADARIA, "");
    world_clear_faults(world);
    assert_holds(text, "Meta pediu para esperar", "act_10", "Tente de novo a partir de",
                 "R$ 234,56");
}

static void a_dead_token_is_said_with_who_can_mend_it(void **state)
{
    struct world *world = *state;

    world_fault(world, "{\"service\":\"meta\",\"kind\":\"token_dead\"}");
    const char *text = ask(world, PADARIA, "");
    world_clear_faults(world);
    assert_holds(text, "Meta recusou o nosso token", "Quem cuida do token", "R$ 234,56", "parcial");
}

/* An hour later the access token that the worker remembers is too old: it gets one new one, for
 * both customers, and keeps it. */
static void an_old_access_token_is_renewed_once(void **state)
{
    static const char *const env[] = { "RAIOX_REPORT_CACHE_SECONDS=0", "RAIOX_WORKERS=1", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_RUN, .env = env });

    assert_holds(ask(world, "C0GERENTE", ""), "R$ 150,00");
    world_advance(world, 3700);
    world_clear_calls(world);
    assert_holds(ask(world, "C0GERENTE", ""), "R$ 150,00");
    assert_holds(ask(world, "C0SOGOOGLE", ""), "R$ 345,00");
    assert_int_equal(world_calls(world, "google_oauth"), 1);
}

static void board_away_is_said(void **state)
{
    static const char *const env[] = { "MONDAY_CACHE_SECONDS=0", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_RUN, .env = env });

    world_fault(world, "{\"service\":\"monday\",\"kind\":\"token_dead\"}");
    const char *text = ask(world, PADARIA, "");
    assert_holds(text, "Monday recusou o nosso token", "Quem cuida do token");
    assert_lacks(text, "R$");
}

#define CASE(sentence, fn) TEST_CASE(sentence, fn, NULL, NULL)
#define CASE_ALONE(sentence, fn) TEST_CASE(sentence, fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest together[] = {
        CASE("in a client's channel other clients are refused",
             other_clients_are_refused_in_a_clients_channel),
        CASE("in a client's channel its own name is answered",
             own_name_is_answered_in_a_clients_channel),
        CASE("a channel of two rows shows neither's numbers", channel_of_two_rows_shows_neither),
        CASE("a channel without a client is told so (LESSONS 1.9)",
             other_groups_and_archived_rows_have_no_channel),
        CASE("a name is answered in internal channels and directly",
             a_name_is_answered_in_internal_channels_and_directly),
        CASE("names are found as people type them", names_are_found_as_people_type_them),
        CASE("public is the last word", public_is_the_last_word),
        CASE("help is told at once", help_is_told_at_once),
        CASE("each channel has its own figures", each_channel_has_its_own_figures),
        CASE("1,200 campaigns are one message (LESSONS 1.12)", many_campaigns_are_one_message),
        CASE("replies go to the asker's response_url (LESSONS 1.10, 3.4, 3.5)",
             replies_go_to_the_askers_response_url),
        CASE("the same command three times is answered once (LESSONS 3.2)",
             the_same_command_twice_is_answered_once),
        CASE("refused blocks become text (LESSONS 3.6)", refused_blocks_become_text),
        CASE("a hole is named and never R$ 0 (LESSONS 1.8)", a_hole_is_named_and_never_a_zero),
        CASE("a known time to ask again is told (LESSONS 3.10)", a_known_time_to_ask_again_is_told),
        CASE("a dead token is said with who can mend it (LESSONS 3.17)",
             a_dead_token_is_said_with_who_can_mend_it),
    };
    const struct CMUnitTest alone[] = {
        CASE_ALONE("only some may ask by name", only_some_may_ask_by_name),
        CASE_ALONE("English is English from beginning to end",
                   english_is_english_from_beginning_to_end),
        CASE_ALONE("an old access token is renewed once (LESSONS 3.17)",
                   an_old_access_token_is_renewed_once),
        CASE_ALONE("a board that cannot be read is said", board_away_is_said),
    };
    int failed = cmocka_run_group_tests(together, open_running, world_close);

    return failed + cmocka_run_group_tests(alone, NULL, NULL);
}
