/* bot/config.c: what is configured is read, and every fault is told, none of them a secret. */
#include "base/attr.h"
#include "bot/config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The environment of a case: "NAME=value" in lines. */
static const char *look_up(void *arg, const char *name)
{
    static char value[8192];
    size_t len = strlen(name);

    for (const char *line = arg; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + len + 1, "\n"),
                     line + len + 1);
            return value;
        }
    return NULL;
}

struct loaded {
    struct arena *arena;
    struct config config;
    bool ok;
    const char *faults;
};

static struct loaded load(unsigned needs, const char *dotenv, const char *environment)
{
    struct loaded loaded = { .arena = arena_create() };
    scoped_buf struct buf faults;

    buf_init(&faults, (size_t)1024 * 1024);
    loaded.ok = config_load(loaded.arena, needs, bytes_of(dotenv), look_up,
                            (void *)(uintptr_t)environment, &loaded.config, &faults);
    loaded.faults = arena_strdup(loaded.arena, buf_cstr(&faults));
    assert_int_equal(loaded.ok, faults.len == 0);
    return loaded;
}

static void nothing_set_is_the_defaults(void **state)
{
    (void)state;
    struct loaded got = load(0, NULL, "");

    assert_true(got.ok);
    assert_string_equal(got.config.listen.host, "127.0.0.1");
    assert_int_equal(got.config.listen.port, 8080);
    assert_string_equal(got.config.work_listen.host, "");
    assert_null(got.config.public_url);
    assert_string_equal(got.config.state_dir, "./var");
    assert_int_equal(got.config.locale, LOCALE_PT_BR);
    assert_string_equal(got.config.timezone, "America/Sao_Paulo");
    assert_string_equal(got.config.currency, "BRL");
    assert_in_range(got.config.workers, 1, 256);
    assert_int_equal(got.config.concurrency, 64);
    assert_int_equal(got.config.log_level, LOG_INFO);
    assert_int_equal(got.config.now_real_ms, 0);
    assert_null(got.config.slack_signing_secret);
    assert_null(got.config.slack_team_id);
    assert_string_equal(got.config.slack_response_origin, "https://hooks.slack.com");
    assert_null(got.config.redis_url);
    assert_null(got.config.name_users);
    assert_string_equal(got.config.monday_active_group, "Ativos");
    assert_int_equal(got.config.monday_cache_ms, 300000);
    assert_int_equal(got.config.report_cache_ms, 60000);
    assert_null(got.config.meta_token);
    assert_null(got.config.google_login_customer_id);
    arena_destroy(got.arena);
}

static void what_is_set_is_read(void **state)
{
    (void)state;
    struct loaded got = load(CONFIG_NEEDS_SLACK | CONFIG_NEEDS_REDIS | CONFIG_NEEDS_MONDAY, NULL,
                             "RAIOX_LISTEN=[::]:0\nRAIOX_WORK_LISTEN=localhost:8081\n"
                             "RAIOX_PUBLIC_URL=https://bot.example.com/\nRAIOX_LOCALE=en_US\n"
                             "RAIOX_TIMEZONE=Europe/Lisbon\nRAIOX_CURRENCY=EUR\n"
                             "RAIOX_WORKERS=3\nRAIOX_CONCURRENCY=10000\nRAIOX_LOG=debug\n"
                             "RAIOX_NOW=2026-11-21T12:00:00-03:00\n"
                             "SLACK_SIGNING_SECRET=abc\nREDIS_URL=redis://u:p@h:7000/3\n"
                             "RAIOX_NAME_USERS= U1 , W22,,U333\n"
                             "MONDAY_API_TOKEN=t\nMONDAY_BOARD_ID=123\nMONDAY_CACHE_SECONDS=0\n"
                             "GOOGLE_ADS_LOGIN_CUSTOMER_ID=123-456-7890\n"
                             "META_GRAPH_URL=http://127.0.0.1:9/graph//\n");

    assert_string_equal(got.faults, "");
    assert_string_equal(got.config.listen.host, "::");
    assert_int_equal(got.config.listen.port, 0);
    assert_string_equal(got.config.work_listen.host, "localhost");
    assert_string_equal(got.config.public_url, "https://bot.example.com");
    assert_int_equal(got.config.locale, LOCALE_EN_US);
    assert_int_equal(got.config.workers, 3);
    assert_int_equal(got.config.concurrency, 10000);
    assert_int_equal(got.config.log_level, LOG_DEBUG);
    assert_int_equal(got.config.now_real_ms, 1795273200000);
    assert_string_equal(got.config.redis.host, "h");
    assert_int_equal(got.config.redis.port, 7000);
    assert_int_equal(got.config.redis.db, 3);
    assert_string_equal(got.config.name_users[0], "U1");
    assert_string_equal(got.config.name_users[1], "W22");
    assert_string_equal(got.config.name_users[2], "U333");
    assert_null(got.config.name_users[3]);
    assert_int_equal(got.config.monday_cache_ms, 0);
    assert_string_equal(got.config.google_login_customer_id, "1234567890");
    assert_string_equal(got.config.meta_url, "http://127.0.0.1:9/graph");
    arena_destroy(got.arena);
}

/* ---- .env ---- */

static const struct {
    const char *why, *dotenv, *environment;
    const char *group; /* MONDAY_ACTIVE_GROUP as it is read */
} files[] = {
    { "a value", "MONDAY_ACTIVE_GROUP=Clientes", "", "Clientes" },
    { "a last line without its end", "A=1\nMONDAY_ACTIVE_GROUP=Clientes", "", "Clientes" },
    { "a value with blanks", "MONDAY_ACTIVE_GROUP= Em dia \n", "", "Em dia" },
    { "in quotes", "MONDAY_ACTIVE_GROUP=\" Em dia \"\n", "", " Em dia " },
    { "quotes within", "MONDAY_ACTIVE_GROUP=a\"b\"\n", "", "a\"b\"" },
    { "a comment sign in a value", "MONDAY_ACTIVE_GROUP=a # b\n", "", "a # b" },
    { "an equals sign in a value", "MONDAY_ACTIVE_GROUP=a=b\n", "", "a=b" },
    { "a comment", "#MONDAY_ACTIVE_GROUP=x\n  # more\n\n", "", "Ativos" },
    { "Windows' line ends", "MONDAY_ACTIVE_GROUP=x\r\nA=1\r\n", "", "x" },
    { "blanks around the sign", "  MONDAY_ACTIVE_GROUP \t=\tx\n", "", "x" },
    { "the last of two counts", "MONDAY_ACTIVE_GROUP=x\nMONDAY_ACTIVE_GROUP=y\n", "", "y" },
    { "the environment wins", "MONDAY_ACTIVE_GROUP=x\n", "MONDAY_ACTIVE_GROUP=y", "y" },
    { "said to be empty", "MONDAY_ACTIVE_GROUP=\n", "", "" },
    { "said to be empty in quotes", "MONDAY_ACTIVE_GROUP=\"\"\n", "", "" },
    { "said to be empty in the environment", "MONDAY_ACTIVE_GROUP=x\n",
      "MONDAY_ACTIVE_GROUP=", "" },
    { "not said", "", "", "Ativos" },
    { "another that begins so", "MONDAY_ACTIVE_GROUP_X=x\nX_MONDAY_ACTIVE_GROUP=x\n", "",
      "Ativos" },
};

static void dotenv_is_read_and_the_environment_wins(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct loaded got = load(0, files[i].dotenv, files[i].environment);
        if (!got.ok || strcmp(got.config.monday_active_group, files[i].group) != 0)
            fail_msg("%s: %s\"%s\"", files[i].why, got.faults,
                     got.ok ? got.config.monday_active_group : "");
        arena_destroy(got.arena);
    }
}

static void an_empty_value_is_the_same_as_none(void **state)
{
    (void)state;
    struct loaded got =
        load(0, "RAIOX_LOCALE=\nRAIOX_CURRENCY=USD\nSLACK_TEAM_ID=\n", "RAIOX_CURRENCY=");

    assert_true(got.ok);
    assert_int_equal(got.config.locale, LOCALE_PT_BR);
    assert_string_equal(got.config.currency, "USD");
    assert_null(got.config.slack_team_id);
    arena_destroy(got.arena);
}

#define LINE(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
static const struct bytes bad_lines[] = {
    LINE("no equals sign"),
    LINE("=x"),
    LINE("lower=x"),
    LINE("A B=x"),
    LINE("export A=x"),
    LINE("1A=x"),
    LINE("A-B=x"),
    LINE("A=\"x"),
    LINE("A=\""),
    LINE("A=x\0y"),
    LINE("A\0=x"),
    LINE("\0"),
    LINE("\xEF\xBB\xBF"
         "A=x"),
    LINE("A: x"),
    LINE("Ç=x"),
    LINE("A=\"x\" # why"),
};

static void a_line_that_is_none_is_told_with_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_lines); i++) {
        scoped_arena struct arena *arena = arena_create();
        scoped_buf struct buf text, faults;
        struct config config;

        buf_init(&text, 1000);
        buf_init(&faults, 1000);
        buf_text(&text, "# one\nRAIOX_LOG=warn\n");
        buf_add(&text, bad_lines[i].data, bad_lines[i].len);
        buf_text(&text, "\nB=1\n");
        if (config_load(arena, 0, (struct bytes){ text.data, text.len }, look_up, NULL, &config,
                        &faults))
            fail_msg("\"%s\" was taken", bad_lines[i].data);
        assert_true(strncmp(buf_cstr(&faults), ".env line 3: ", 13) == 0);
        assert_ptr_equal(strchr(buf_cstr(&faults), '\n'), faults.data + faults.len - 1);
    }
}

/* ---- wrong values ---- */

static const char *const wrong[] = {
    "RAIOX_LISTEN=8080",
    "RAIOX_LISTEN=:8080",
    "RAIOX_LISTEN=127.0.0.1",
    "RAIOX_LISTEN=127.0.0.1:",
    "RAIOX_LISTEN=127.0.0.1:65536",
    "RAIOX_LISTEN=127.0.0.1:-1",
    "RAIOX_LISTEN=127.0.0.1:+80",
    "RAIOX_LISTEN=127.0.0.1: 80",
    "RAIOX_LISTEN=example.com:80",
    "RAIOX_LISTEN=::1:8080",
    "RAIOX_LISTEN=[::1]",
    "RAIOX_LISTEN=[::1:8080",
    "RAIOX_LISTEN=[]:8080",
    "RAIOX_LISTEN=127.0.0.1/8:80",
    "RAIOX_LISTEN=http://127.0.0.1:80",
    "RAIOX_WORK_LISTEN=8081",
    "RAIOX_PUBLIC_URL=http://127.0.0.1",
    "RAIOX_PUBLIC_URL=bot.example.com",
    "RAIOX_LOCALE=pt",
    "RAIOX_LOCALE=pt_br",
    "RAIOX_LOCALE=de_DE",
    "RAIOX_TIMEZONE=Sao_Paulo",
    "RAIOX_TIMEZONE=America/Nowhere",
    "RAIOX_TIMEZONE=../../etc/passwd",
    "RAIOX_CURRENCY=R$",
    "RAIOX_CURRENCY=brl",
    "RAIOX_CURRENCY=BRLX",
    "RAIOX_WORKERS=0",
    "RAIOX_WORKERS=257",
    "RAIOX_WORKERS=-1",
    "RAIOX_WORKERS=2.5",
    "RAIOX_WORKERS=two",
    "RAIOX_WORKERS=99999999999999999999",
    "RAIOX_CONCURRENCY=0",
    "RAIOX_CONCURRENCY=10001",
    "RAIOX_CONCURRENCY=64 ",
    "RAIOX_LOG=verbose",
    "RAIOX_LOG=INFO",
    "RAIOX_NOW=yesterday",
    "RAIOX_NOW=2026-11-21",
    "RAIOX_NOW=2026-13-21T12:00:00Z",
    "RAIOX_NOW=2026-11-21T12:00:00",
    "SLACK_API_URL=http://slack.com/api",
    "SLACK_API_URL=ftp://slack.com/api",
    "SLACK_API_URL=slack.com",
    "SLACK_RESPONSE_ORIGIN=https://hooks.slack.com/",
    "SLACK_RESPONSE_ORIGIN=https://hooks.slack.com/commands",
    "SLACK_RESPONSE_ORIGIN=https://hooks.slack.com?x",
    "SLACK_RESPONSE_ORIGIN=https://hooks.slack.com#x",
    "SLACK_RESPONSE_ORIGIN=http://hooks.slack.com",
    "SLACK_RESPONSE_ORIGIN=hooks.slack.com",
    "SLACK_RESPONSE_ORIGIN=*",
    "SLACK_TEAM_ID=T1 T2",
    "RAIOX_NAME_USERS=joana",
    "RAIOX_NAME_USERS=U",
    "RAIOX_NAME_USERS=U1;U2",
    "RAIOX_NAME_USERS=@U1",
    "RAIOX_NAME_USERS=U1,u2",
    "RAIOX_NAME_USERS=,",
    "MONDAY_BOARD_ID=board",
    "MONDAY_BOARD_ID=12 34",
    "MONDAY_BOARD_ID=-1",
    "MONDAY_BOARD_ID=999999999999999999999",
    "MONDAY_API_URL=http://api.monday.com/v2",
    "MONDAY_API_VERSION=v2",
    "MONDAY_API_VERSION=2026-10-01",
    "MONDAY_CACHE_SECONDS=-1",
    "MONDAY_CACHE_SECONDS=86401",
    "MONDAY_CACHE_SECONDS=5m",
    "RAIOX_REPORT_CACHE_SECONDS=1e3",
    "META_GRAPH_URL=https://",
    "META_API_VERSION=26.0",
    "META_API_VERSION=v26",
    "META_API_VERSION=v26.0/../x",
    "META_AGENCY_BUSINESS_ID=act_1",
    "GOOGLE_ADS_LOGIN_CUSTOMER_ID=123-456-789",
    "GOOGLE_ADS_LOGIN_CUSTOMER_ID=customers/1234567890",
    "GOOGLE_ADS_API_VERSION=26",
    "GOOGLE_ADS_API_VERSION=v",
    "GOOGLE_OAUTH_TOKEN_URL=http://10.0.0.1/token",
    "GOOGLE_ADS_URL=http://127.0.0.1.example.com",
};

static void a_wrong_value_is_told_with_its_name_and_what_it_takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct loaded got = load(0, NULL, wrong[i]);
        size_t name_len = strcspn(wrong[i], "=");
        char start[128];

        snprintf(start, sizeof(start), "%.*s: holds \"%s\"; takes ", (int)name_len, wrong[i],
                 wrong[i] + name_len + 1);
        if (got.ok)
            fail_msg("%s was taken", wrong[i]);
        if (strncmp(got.faults, start, strlen(start)) != 0)
            fail_msg("%s: %s", wrong[i], got.faults);
        if (strchr(got.faults, '\n') != got.faults + strlen(got.faults) - 1)
            fail_msg("%s: more than a line: %s", wrong[i], got.faults);
        arena_destroy(got.arena);
    }
}

/* Each holds the word hunter2, which is nobody's business. */
static const char *const secrets[] = {
    "SLACK_SIGNING_SECRET=hunter2 with a blank",
    "SLACK_BOT_TOKEN=xoxb hunter2",
    "MONDAY_API_TOKEN=hunter2\x01",
    "META_ACCESS_TOKEN=hünter2 hunter2",
    "META_APP_SECRET=hunter2 ",
    "GOOGLE_ADS_CLIENT_SECRET=hunter2\xFF",
    "GOOGLE_ADS_REFRESH_TOKEN= hunter2",
    "GOOGLE_ADS_DEVELOPER_TOKEN=\thunter2",
    "REDIS_URL=redis://:hunter2@",
    "REDIS_URL=hunter2",
    "REDIS_URL=http://:hunter2@host:1/0",
    "MONDAY_API_URL=https://me:hunter2@api.monday.com/v2",
    "SLACK_RESPONSE_ORIGIN=https://me:hunter2@hooks.slack.com",
    "RAIOX_PUBLIC_URL=https://hunter2@bot.example.com",
};

static void a_secret_is_never_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) {
        struct loaded got = load(0, NULL, secrets[i]);
        if (got.ok)
            fail_msg("%s was taken", secrets[i]);
        if (strstr(got.faults, "hunter2"))
            fail_msg("%s", got.faults);
        if (!strstr(got.faults, "; takes "))
            fail_msg("%s", got.faults);
        arena_destroy(got.arena);
    }
}

static void what_is_shown_harms_no_terminal(void **state)
{
    (void)state;
    char line[8192] = "RAIOX_LOCALE=\x1b[2J\x07";

    memset(line + strlen(line), 'x', 6000);
    struct loaded got = load(0, NULL, line);
    assert_false(got.ok);
    assert_non_null(strstr(got.faults, "\"?[2J?xxx"));
    assert_in_range(strlen(got.faults), 1, 200);
    arena_destroy(got.arena);

    got = load(0, NULL, "RAIOX_LOCALE=\xC3");
    assert_non_null(strstr(got.faults, "not UTF-8"));
    arena_destroy(got.arena);
}

static const struct {
    unsigned needs;
    const char *names; /* in order */
} needs[] = {
    { CONFIG_NEEDS_SLACK, "SLACK_SIGNING_SECRET: is empty" },
    { CONFIG_NEEDS_REDIS, "REDIS_URL: is empty" },
    { CONFIG_NEEDS_MONDAY, "MONDAY_API_TOKEN: is empty" },
    { CONFIG_NEEDS_MONDAY, "MONDAY_BOARD_ID: is empty" },
};

static void what_a_command_needs_is_missed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(needs); i++) {
        struct loaded got = load(needs[i].needs, "SLACK_SIGNING_SECRET=\n", "REDIS_URL=");
        assert_false(got.ok);
        assert_non_null(strstr(got.faults, needs[i].names));
        arena_destroy(got.arena);
    }
}

static void all_faults_are_told_at_once(void **state)
{
    (void)state;
    struct loaded got =
        load(CONFIG_NEEDS_SLACK | CONFIG_NEEDS_REDIS | CONFIG_NEEDS_MONDAY, "what\nis this\n",
             "RAIOX_LISTEN=x\nRAIOX_WORKERS=0\nMETA_GRAPH_URL=http://meta.example");
    int lines = 0;

    assert_false(got.ok);
    for (const char *c = got.faults; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 2 + 3 + 4);
    arena_destroy(got.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_set_is_the_defaults),
        cmocka_unit_test(what_is_set_is_read),
        cmocka_unit_test(dotenv_is_read_and_the_environment_wins),
        cmocka_unit_test(an_empty_value_is_the_same_as_none),
        cmocka_unit_test(a_line_that_is_none_is_told_with_its_number),
        cmocka_unit_test(a_wrong_value_is_told_with_its_name_and_what_it_takes),
        cmocka_unit_test(a_secret_is_never_shown),
        cmocka_unit_test(what_is_shown_harms_no_terminal),
        cmocka_unit_test(what_a_command_needs_is_missed),
        cmocka_unit_test(all_faults_are_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
