/* raiox on a terminal: what each command prints, where, and with which status it ends. */
#include "base/bytes.h"
#include "base/clock.h"
#include "tests/support/world.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct world *alone(void **state, const char *const *env)
{
    return world_start(state, &(struct world_options){ .parts = WORLD_ALONE, .env = env });
}

static const cJSON *parse(struct world *world, const char *text)
{
    struct error err = { 0 };
    const cJSON *json = json_parse(world->arena, text, strlen(text), &err);

    if (!json)
        fail_msg("not JSON: %s: %s", err.log, text);
    return json;
}

static void assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in: %s", words, text);
}

/* ---- report ---- */

/* Worked out by hand: 1000.00 + 234.56 spent on 21 of 30 days, 80.00 + 20.00 a day for 9 more. */
static const char padaria_sol[] =
    "{\"client\":{\"id\":\"1234567890\",\"name\":\"Padaria Sol\",\"channel_id\":\"C0123\"},"
    "\"as_of\":\"2026-11-21T12:00:00-03:00\",\"totals\":[{\"currency\":\"BRL\","
    "\"spend\":\"1234.56\",\"daily_budget\":\"100.00\",\"projection\":\"2134.56\","
    "\"run_rate_projection\":\"1763.66\",\"days_left\":9,\"target\":\"3000.00\",\"pacing\":0.7115,"
    "\"recommended_daily_budget\":\"196.16\"}],\"business_managers\":[{\"platform\":\"meta\","
    "\"id\":\"77\",\"name\":\"Sol BM\",\"totals\":[{\"currency\":\"BRL\",\"spend\":\"1000.00\","
    "\"daily_budget\":\"80.00\",\"projection\":\"1720.00\",\"run_rate_projection\":\"1428.57\","
    "\"days_left\":9,\"target\":null,\"pacing\":null,\"recommended_daily_budget\":null}],"
    "\"ad_accounts\":[{\"id\":\"act_10\",\"name\":\"Sol 1\",\"currency\":\"BRL\","
    "\"timezone\":\"America/Sao_Paulo\",\"owned\":true,\"spend\":\"1000.00\","
    "\"daily_budget\":\"80.00\",\"projection\":\"1720.00\",\"run_rate_projection\":\"1428.57\","
    "\"days_left\":9,\"campaigns\":[{\"id\":\"502\",\"name\":\"Panetone\",\"status\":\"ACTIVE\","
    "\"spend\":\"600.00\",\"budget\":{\"kind\":\"daily\",\"level\":\"campaign\","
    "\"amount\":\"30.00\",\"shared_id\":null},\"daily_budget\":\"30.00\","
    "\"projection\":\"870.00\",\"impressions\":30000,\"clicks\":750},{\"id\":\"501\","
    "\"name\":\"Natal\",\"status\":\"ACTIVE\",\"spend\":\"400.00\",\"budget\":{\"kind\":\"daily\","
    "\"level\":\"campaign\",\"amount\":\"50.00\",\"shared_id\":null},\"daily_budget\":\"50.00\","
    "\"projection\":\"850.00\",\"impressions\":10000,\"clicks\":321}]}]},"
    "{\"platform\":\"google_ads\",\"id\":\"9876543210\",\"name\":\"Agency MCC\","
    "\"totals\":[{\"currency\":\"BRL\",\"spend\":\"234.56\",\"daily_budget\":\"20.00\","
    "\"projection\":\"414.56\",\"run_rate_projection\":\"335.09\",\"days_left\":9,"
    "\"target\":null,\"pacing\":null,\"recommended_daily_budget\":null}],"
    "\"ad_accounts\":[{\"id\":\"1112223330\",\"name\":\"Padaria Sol\",\"currency\":\"BRL\","
    "\"timezone\":\"America/Sao_Paulo\",\"owned\":null,\"spend\":\"234.56\","
    "\"daily_budget\":\"20.00\",\"projection\":\"414.56\",\"run_rate_projection\":\"335.09\","
    "\"days_left\":9,\"campaigns\":[{\"id\":\"601\",\"name\":\"Pesquisa - Marca\","
    "\"status\":\"ENABLED\",\"spend\":\"234.56\",\"budget\":{\"kind\":\"daily\","
    "\"level\":\"campaign\",\"amount\":\"20.00\",\"shared_id\":null},\"daily_budget\":\"20.00\","
    "\"projection\":\"414.56\",\"impressions\":5230,\"clicks\":288}]}]}],\"warnings\":[]}";

static void a_report_as_json_is_what_was_promised(void **state)
{
    struct world *world = alone(state, NULL);
    static const char *const names[] = { "Padaria Sol", "padária SOL ", "1234567890" };

    for (size_t i = 0; i < COUNT(names); i++) {
        struct world_result got = world_raiox(world, "report", names[i], "--json");
        assert_int_equal(got.status, 0);
        assert_string_equal(got.err, "");
        if (!cJSON_Compare(parse(world, got.out), parse(world, padaria_sol), true))
            fail_msg("%s: %s", names[i], got.out);
    }
}

/* ---- the shape of every client's report ---- */

/* 's' text, 'S' text or null, 'n' number, 'N' number or null, 'b' true, false or null, 'm' money,
 * 'M' money or null, 'o' object, 'a' list. */
struct field {
    const char *name;
    char type;
};

static bool is_money(const cJSON *value)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "";

    text += *text == '-';
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || text[whole] == '\0')
        return whole > 0;
    size_t decimals = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    return decimals >= 2 && decimals <= 3 && text[whole + 1 + decimals] == '\0';
}

static bool fits(const cJSON *value, char type)
{
    if (!value)
        return false;
    if (strchr("SNbM", type) && cJSON_IsNull(value))
        return true;
    switch (type) {
    case 's':
    case 'S':
        return cJSON_IsString(value);
    case 'n':
    case 'N':
        return cJSON_IsNumber(value);
    case 'b':
        return cJSON_IsBool(value);
    case 'm':
    case 'M':
        return is_money(value);
    case 'o':
        return cJSON_IsObject(value);
    case 'a':
        return cJSON_IsArray(value);
    default:
        return false;
    }
}

static void check_fields(struct world *world, const cJSON *object, const struct field *fields)
{
    for (; fields->name; fields++)
        if (!fits(json_get(object, fields->name), fields->type))
            fail_msg("%s is not as promised in %s", fields->name, json_print(world->arena, object));
}

static void check_total(struct world *world, const cJSON *total)
{
    check_fields(world, total,
                 (const struct field[]){ { "currency", 's' },
                                         { "spend", 'm' },
                                         { "daily_budget", 'm' },
                                         { "projection", 'm' },
                                         { "run_rate_projection", 'm' },
                                         { "days_left", 'n' },
                                         { "target", 'M' },
                                         { "pacing", 'N' },
                                         { "recommended_daily_budget", 'M' },
                                         { NULL, 0 } });
}

static bool is_one_of(const cJSON *value, const char *const *words)
{
    for (; *words; words++)
        if (cJSON_IsString(value) && strcmp(value->valuestring, *words) == 0)
            return true;
    return false;
}

static void check_campaign(struct world *world, const cJSON *campaign)
{
    static const char *const kinds[] = { "daily", "lifetime", "mixed", "none", NULL };
    static const char *const levels[] = { "campaign", "ad_set", "shared", NULL };
    const cJSON *budget = json_get(campaign, "budget"), *level = json_get(budget, "level");

    check_fields(world, campaign,
                 (const struct field[]){ { "id", 's' },
                                         { "name", 's' },
                                         { "status", 's' },
                                         { "spend", 'm' },
                                         { "budget", 'o' },
                                         { "daily_budget", 'm' },
                                         { "projection", 'm' },
                                         { "impressions", 'n' },
                                         { "clicks", 'n' },
                                         { NULL, 0 } });
    check_fields(world, budget,
                 (const struct field[]){ { "kind", 's' },
                                         { "level", 'S' },
                                         { "amount", 'M' },
                                         { "shared_id", 'S' },
                                         { NULL, 0 } });
    bool none = is_one_of(json_get(budget, "kind"), (const char *const[]){ "none", NULL });
    bool shared = is_one_of(level, (const char *const[]){ "shared", NULL });
    if (!is_one_of(json_get(budget, "kind"), kinds) || cJSON_IsNull(level) != none ||
        (!none && !is_one_of(level, levels)) ||
        (none && !cJSON_IsNull(json_get(budget, "amount"))) ||
        shared == cJSON_IsNull(json_get(budget, "shared_id")))
        fail_msg("a budget is not as promised: %s", json_print(world->arena, budget));
}

static void check_manager(struct world *world, const cJSON *manager)
{
    const cJSON *total, *account, *campaign;

    check_fields(world, manager,
                 (const struct field[]){ { "platform", 's' },
                                         { "id", 'S' },
                                         { "name", 'S' },
                                         { "totals", 'a' },
                                         { "ad_accounts", 'a' },
                                         { NULL, 0 } });
    cJSON_ArrayForEach(total, json_get(manager, "totals"))
        check_total(world, total);
    cJSON_ArrayForEach(account, json_get(manager, "ad_accounts")) {
        check_fields(world, account,
                     (const struct field[]){ { "id", 's' },
                                             { "name", 's' },
                                             { "currency", 's' },
                                             { "timezone", 's' },
                                             { "owned", 'b' },
                                             { "spend", 'm' },
                                             { "daily_budget", 'm' },
                                             { "projection", 'm' },
                                             { "days_left", 'n' },
                                             { "campaigns", 'a' },
                                             { NULL, 0 } });
        cJSON_ArrayForEach(campaign, json_get(account, "campaigns"))
            check_campaign(world, campaign);
    }
}

static void check_report(struct world *world, const cJSON *report)
{
    static const char *const kinds[] = { "auth",      "permission",  "rate_limit",
                                         "timeout",   "unavailable", "bad_response",
                                         "not_found", "config",      NULL };
    const cJSON *item;

    check_fields(world, report,
                 (const struct field[]){ { "client", 'o' },
                                         { "as_of", 's' },
                                         { "totals", 'a' },
                                         { "business_managers", 'a' },
                                         { "warnings", 'a' },
                                         { NULL, 0 } });
    check_fields(world, json_get(report, "client"),
                 (const struct field[]){
                     { "id", 's' }, { "name", 's' }, { "channel_id", 's' }, { NULL, 0 } });
    cJSON_ArrayForEach(item, json_get(report, "totals"))
        check_total(world, item);
    cJSON_ArrayForEach(item, json_get(report, "business_managers"))
        check_manager(world, item);
    cJSON_ArrayForEach(item, json_get(report, "warnings")) {
        check_fields(world, item,
                     (const struct field[]){ { "platform", 'S' },
                                             { "account", 'S' },
                                             { "kind", 's' },
                                             { "message", 's' },
                                             { NULL, 0 } });
        if (!is_one_of(json_get(item, "kind"), kinds))
            fail_msg("a warning of no kind: %s", json_print(world->arena, item));
    }
}

static void every_client_has_a_row_and_a_report_of_one_shape(void **state)
{
    struct world *world = alone(state, NULL);
    struct world_result list = world_raiox(world, "clients", "--json");
    const cJSON *client;
    int count = 0;

    assert_int_equal(list.status, 0);
    cJSON_ArrayForEach(client, parse(world, list.out)) {
        check_fields(world, client,
                     (const struct field[]){ { "id", 's' },
                                             { "name", 's' },
                                             { "channel_id", 's' },
                                             { "meta_id", 's' },
                                             { "meta_adaccount_ids", 'a' },
                                             { "google_ids", 'a' },
                                             { "kpis", 'o' },
                                             { "problems", 'a' },
                                             { NULL, 0 } });
        struct world_result got =
            world_raiox(world, "report", json_get(client, "id")->valuestring, "--json");
        assert_int_equal(got.status, 0);
        check_report(world, parse(world, got.out));
        count++;
    }
    assert_true(count >= 40);
}

static void who_is_not_known_is_null(void **state)
{
    struct world *world =
        alone(state, (const char *const[]){ "GOOGLE_ADS_LOGIN_CUSTOMER_ID", NULL });
    struct world_result got = world_raiox(world, "report", "Acesso Direto", "--json");

    assert_int_equal(got.status, 0);
    const cJSON *manager = json_get(parse(world, got.out), "business_managers")->child;
    assert_true(cJSON_IsNull(json_get(manager, "id")) && cJSON_IsNull(json_get(manager, "name")));
    const cJSON *total = json_get(parse(world, got.out), "totals")->child;
    assert_true(cJSON_IsNull(json_get(total, "target")) &&
                cJSON_IsNull(json_get(total, "pacing")) &&
                cJSON_IsNull(json_get(total, "recommended_daily_budget")));
}

static void a_report_with_a_hole_is_a_report(void **state)
{
    struct world *world = alone(state, NULL);

    world_fault(world, "{\"service\":\"meta\",\"account\":\"act_10\",\"kind\":\"permission\"}");
    struct world_result got = world_raiox(world, "report", "Padaria Sol", "--json");
    assert_int_equal(got.status, 0);
    const cJSON *warning = json_get(parse(world, got.out), "warnings")->child;
    assert_string_equal(json_get(warning, "kind")->valuestring, "permission");
    assert_string_equal(json_get(warning, "account")->valuestring, "act_10");
    got = world_raiox(world, "report", "Padaria Sol");
    assert_int_equal(got.status, 0);
    assert_says(got.out, "act_10");
    assert_says(got.out, "234,56");
}

static void a_row_of_garbage_is_named_by_its_columns(void **state)
{
    struct world *world = alone(state, NULL);
    static const char *const columns[] = { "meta_id", "meta_adaccount_ids", "google_id" };
    struct world_result got = world_raiox(world, "report", "Ids Quebrados");
    struct world_result list = world_raiox(world, "clients");

    assert_int_equal(got.status, 0);
    for (size_t i = 0; i < COUNT(columns); i++) {
        assert_says(got.out, columns[i]);
        assert_says(list.out, columns[i]);
    }
    assert_says(list.out, "\"8a8\" is no id");
}

static void a_row_without_accounts_is_named_with_its_columns(void **state)
{
    struct world *world = alone(state, NULL);
    struct world_result got = world_raiox(world, "report", "Sem Contas", "--json");

    assert_int_equal(got.status, 0);
    const cJSON *warning = json_get(parse(world, got.out), "warnings")->child;
    assert_string_equal(json_get(warning, "platform")->valuestring, "monday");
    assert_string_equal(json_get(warning, "kind")->valuestring, "config");
    assert_says(json_get(warning, "message")->valuestring, "Sem Contas (item 7000000024)");
    assert_says(json_get(warning, "message")->valuestring, "google_id");
    got = world_raiox(world, "report", "Sem Contas");
    assert_int_equal(got.status, 0);
    assert_says(got.out, "Sem Contas");
    assert_says(got.out, "google_id");
}

static const struct refusal {
    const char *client, *fault, *says;
} refusals[] = {
    { "Nobody At All", NULL, "no client is called" },
    { "C", NULL, "several clients are called" },
    { "Dupla", NULL, "Dupla Dois" },
    { "9999999999", NULL, "no client is called" },
    { "Prospecto", NULL, "no client is called" }, /* not in the active group */
    { "Padaria Sol", "{\"service\":\"monday\",\"kind\":\"token_dead\"}", "MONDAY_API_TOKEN" },
    { "Padaria Sol", "{\"service\":\"monday\",\"kind\":\"html\"}", "Monday" },
};

static void without_a_report_the_status_is_1_and_says_why(void **state)
{
    struct world *world = alone(state, NULL);

    for (size_t i = 0; i < COUNT(refusals); i++) {
        if (refusals[i].fault)
            world_fault(world, refusals[i].fault);
        struct world_result got = world_raiox(world, "report", refusals[i].client);
        if (got.status != 1 || *got.out || !strstr(got.err, refusals[i].says))
            fail_msg("%s: status %d, \"%s\", \"%s\"", refusals[i].client, got.status, got.out,
                     got.err);
        world_clear_faults(world);
    }
}

static void a_client_is_listed_with_what_is_wrong(void **state)
{
    struct world *world = alone(state, NULL);
    struct world_result got = world_raiox(world, "clients");

    assert_int_equal(got.status, 0);
    assert_says(got.out, "Padaria Sol  (1234567890, C0123)");
    assert_says(got.out, "no channel");
    assert_says(got.out, "min_investment: \"15.000\"");
    assert_null(strstr(got.out, "Ex-cliente"));
    world_fault(world, "{\"service\":\"monday\",\"kind\":\"token_dead\"}");
    got = world_raiox(world, "clients", "--json");
    assert_int_equal(got.status, 1);
    assert_string_equal(got.out, "");
    assert_says(got.err, "MONDAY_API_TOKEN");
}

/* Monday's own words, and those of whoever stands in its way. */
static void what_monday_says_moves_no_cursor(void **state)
{
    static const char *const rows[][2] = {
        { "report", "Padaria Sol" },
        { "clients" },
        { "clients", "--json" },
        { "check" },
    };
    struct world *world = alone(state, NULL);

    world_fault(world, "{\"service\":\"monday\",\"kind\":\"fixed\",\"status\":200,\"body\":"
                       "{\"errors\":[{\"message\":\"\\u001b]0;owned\\u0007\\u009b2J\\u202e\"}]}}");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_result got =
            world_raiox_(world, (const char *const[]){ rows[i][0], rows[i][1], NULL });
        const char *said = arena_printf(world->arena, "%s%s", got.out, got.err);
        if (got.status != 1 || !strstr(said, "<U+001B>]0;owned") || strchr(said, '\x1b') ||
            strchr(said, '\a') || strstr(said, "\xc2\x9b") || strstr(said, "\u202e"))
            fail_msg("%s: status %d, %s", rows[i][0], got.status, said);
    }
}

/* ---- check ---- */

static const struct broken {
    const char *env[8]; /* NULL at the end */
    const char *says;   /* in its line */
    const char *state;  /* the line's first word */
    const char *what;
    int status;
} broken[] = {
    { { NULL }, "answers", "ok", "monday", 0 },
    { { NULL }, "answers", "ok", "meta", 0 },
    { { NULL }, "answers", "ok", "google_ads", 0 },
    { { NULL }, "answers", "ok", "slack", 0 },
    { { "MONDAY_API_TOKEN=wrong", NULL }, "MONDAY_API_TOKEN", "FAIL", "monday", 1 },
    { { "MONDAY_BOARD_ID=12", NULL }, "MONDAY_BOARD_ID", "FAIL", "monday", 1 },
    { { "MONDAY_API_TOKEN", NULL }, "MONDAY_API_TOKEN", "FAIL", "monday", 1 },
    { { "META_ACCESS_TOKEN=wrong", NULL }, "META_ACCESS_TOKEN", "FAIL", "meta", 1 },
    { { "META_ACCESS_TOKEN", NULL }, "META_ACCESS_TOKEN", "FAIL", "meta", 1 },
    { { "META_APP_SECRET=0123", NULL }, "META_APP_SECRET", "FAIL", "meta", 1 },
    { { "META_ACCESS_TOKEN", "META_APP_SECRET", "META_AGENCY_BUSINESS_ID", NULL },
      "not configured",
      "-",
      "meta",
      0 },
    { { "GOOGLE_ADS_REFRESH_TOKEN=wrong", NULL },
      "GOOGLE_ADS_REFRESH_TOKEN",
      "FAIL",
      "google_ads",
      1 },
    { { "GOOGLE_ADS_CLIENT_SECRET=wrong", NULL }, "GOOGLE_ADS_", "FAIL", "google_ads", 1 },
    { { "GOOGLE_ADS_CLIENT_ID", NULL }, "not configured", "FAIL", "google_ads", 1 },
    { { "GOOGLE_ADS_CLIENT_ID", "GOOGLE_ADS_CLIENT_SECRET", "GOOGLE_ADS_REFRESH_TOKEN",
        "GOOGLE_ADS_LOGIN_CUSTOMER_ID", NULL },
      "not configured",
      "-",
      "google_ads",
      0 },
    { { "SLACK_BOT_TOKEN=xoxb-wrong", NULL }, "SLACK_BOT_TOKEN", "warn", "slack", 0 },
    { { "SLACK_API_URL=http://127.0.0.1:1", NULL }, "", "warn", "slack", 0 },
    { { "SLACK_BOT_TOKEN", NULL }, "SLACK_BOT_TOKEN", "-", "slack", 0 },
    { { "SLACK_SIGNING_SECRET", NULL }, "SLACK_SIGNING_SECRET", "-", "slack", 0 },
    { { NULL }, "REDIS_URL", "-", "redis", 0 },
    { { "REDIS_URL=redis://127.0.0.1:1", NULL }, "REDIS_URL", "FAIL", "redis", 1 },
};

/* Is there a line of this state, about this, with these words? */
static bool has_line(const char *out, const char *line_state, const char *what, const char *words)
{
    char start[32];

    snprintf(start, sizeof(start), "%-5s %-11s ", line_state, what);
    for (const char *line = out; line && *line; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n');
        if (strncmp(line, start, strlen(start)) == 0 &&
            memmem(line, (size_t)(end - line), words, strlen(words)))
            return true;
    }
    return false;
}

static void check_names_what_is_broken(void **state)
{
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct world *world = alone(state, broken[i].env);
        struct world_result got = world_raiox(world, "check");
        if (got.status != broken[i].status ||
            !has_line(got.out, broken[i].state, broken[i].what, broken[i].says) || *got.err)
            fail_msg("row %zu, %s: status %d\n%s%s", i, broken[i].what, got.status, got.out,
                     got.err);
        world_close(state);
        world_open(state);
    }
}

static void check_warns_of_a_redis_that_may_forget(void **state)
{
    static const struct {
        const char *arguments[5], *warning; /* NULL: none */
    } rows[] = {
        { { "--appendonly", "no", NULL }, "append-only" },
        { { "--appendonly", "yes", NULL }, NULL },
        { { "--appendonly", "yes", "--maxmemory-policy", "allkeys-lru", NULL }, "noeviction" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *world = alone(state, NULL);
        world_start_redis(world, rows[i].arguments);
        struct world_result got = world_raiox(world, "check");
        assert_int_equal(got.status, 0);
        assert_true(has_line(got.out, "ok", "redis", ""));
        assert_true(has_line(got.out, "warn", "redis", rows[i].warning ? rows[i].warning : "") ==
                    (rows[i].warning != NULL));
        world_close(state);
        world_open(state);
    }
}

/* ---- usage and configuration ---- */

static void wrong_usage_is_64(void **state)
{
    static const char *const lines[][4] = {
        { NULL },
        { "fly", NULL },
        { "Report", NULL },
        { "--help", "me", "now", NULL },
        { "help", "fly", NULL },
        { "help", "run", "serve", NULL },
        { "version", "2", NULL },
        { "run", "now", NULL },
        { "serve", "--port", NULL },
        { "work", "--check", NULL },
        { "work", "--check-config", "1", NULL },
        { "check", "all", NULL },
        { "clients", "Padaria", NULL },
        { "clients", "--json", "--json", NULL },
        { "report", NULL },
        { "report", "--json", NULL },
        { "report", "", NULL },
        { "report", "a", "b", NULL },
        { "report", "a", "--xml", NULL },
        { "report", "\xff", NULL },
    };
    struct world *world = alone(state, NULL);

    for (size_t i = 0; i < COUNT(lines); i++) {
        struct world_result got = world_raiox_(world, lines[i]);
        if (got.status != 64 || *got.out || !*got.err)
            fail_msg("%s %s: status %d, \"%s\", \"%s\"", lines[i][0],
                     lines[i][0] ? lines[i][1] : "", got.status, got.out, got.err);
    }
}

static void help_and_version_need_nothing(void **state)
{
    static const char *const commands[] = { "run",     "serve", "work",    "report",
                                            "clients", "check", "version", "help" };
    struct world *world = alone(state, (const char *const[]){ "RAIOX_WORKERS=many", NULL });
    struct world_result overview = world_raiox(world, "help");

    assert_int_equal(overview.status, 0);
    for (size_t i = 0; i < COUNT(commands); i++) {
        struct world_result got = world_raiox(world, "help", commands[i]);
        assert_int_equal(got.status, 0);
        assert_says(got.out, "usage: raiox ");
        assert_says(got.out, commands[i]);
        assert_says(overview.out, commands[i]);
    }
    struct world_result version = world_raiox(world, "version");
    assert_int_equal(version.status, 0);
    assert_int_equal(strncmp(version.out, "raiox ", 6), 0);
    assert_string_equal(world_raiox(world, "--version").out, version.out);
    assert_string_equal(world_raiox(world, "--help").out, overview.out);
}

static void wrong_configuration_is_78_with_all_faults_at_once(void **state)
{
    static const char *const commands[] = { "run", "serve", "work", "report", "clients", "check" };
    static const char *const wrong[] = { "RAIOX_WORKERS", "RAIOX_LOCALE", "RAIOX_TIMEZONE",
                                         "REDIS_URL", "META_GRAPH_URL" };
    struct world *world =
        alone(state, (const char *const[]){ "RAIOX_WORKERS=0", "RAIOX_LOCALE=tlh",
                                            "RAIOX_TIMEZONE=Mars/Base",
                                            "REDIS_URL=gopher://user:pa55word@x",
                                            "META_GRAPH_URL=http://graph.example.com", NULL });

    for (size_t i = 0; i < COUNT(commands); i++) {
        struct world_result got =
            strcmp(commands[i], "report") == 0
                ? world_raiox(world, "report", "Padaria Sol")
                : world_raiox_(world, (const char *const[]){ commands[i], NULL });
        assert_int_equal(got.status, 78);
        assert_string_equal(got.out, "");
        assert_null(strstr(got.err, "pa55word"));
        for (size_t k = 0; k < COUNT(wrong); k++)
            assert_says(got.err, wrong[k]);
        size_t lines = 0;
        for (const char *at = got.err; (at = strchr(at, '\n')); at++)
            lines++;
        assert_int_equal(lines, COUNT(wrong));
    }
}

static void what_a_command_needs_is_said(void **state)
{
    static const struct {
        const char *command, *variable;
    } rows[] = {
        { "serve", "SLACK_SIGNING_SECRET" },
        { "serve", "REDIS_URL" },
        { "work", "REDIS_URL" },
        { "work", "MONDAY_API_TOKEN" },
        { "run", "SLACK_SIGNING_SECRET" },
        { "run", "MONDAY_BOARD_ID" },
        { "clients", "MONDAY_API_TOKEN" },
    };
    struct world *world =
        alone(state, (const char *const[]){ "SLACK_SIGNING_SECRET", "MONDAY_API_TOKEN",
                                            "MONDAY_BOARD_ID", NULL });

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_result got =
            world_raiox_(world, (const char *const[]){ rows[i].command, NULL });
        assert_int_equal(got.status, 78);
        assert_says(got.err, rows[i].variable);
    }
}

/* ---- run's start and end ---- */

static void two_runs_do_not_share_a_folder_or_a_port(void **state)
{
    struct world *world = world_start(state, &(struct world_options){ .parts = WORLD_RUN });
    struct world_result got = world_raiox(world, "run");

    assert_int_equal(got.status, 78);
    assert_says(got.err, "RAIOX_STATE_DIR");
    world_set(world, arena_printf(world->arena, "RAIOX_STATE_DIR=%s/other", world->dir));
    world_set(world, arena_printf(world->arena, "RAIOX_LISTEN=127.0.0.1:%d", world->port));
    got = world_raiox(world, "run");
    assert_int_not_equal(got.status, 0);
    assert_says(got.err, "RAIOX_LISTEN");
    assert_says(got.err, "in use");
}

static void a_run_without_redis_server_says_what_to_install(void **state)
{
    struct world *world = alone(state, (const char *const[]){ "PATH=/nowhere", NULL });
    struct world_result got = world_raiox(world, "run");

    assert_int_equal(got.status, 1);
    assert_says(got.err, "redis-server");
    assert_says(got.err, "REDIS_URL");
}

static void the_private_redis_is_for_us_alone(void **state)
{
    static const char *const written[] = { "RAIOX_STATE_DIR", "RAIOX_STATE_DIR=./var//" };
    struct stat at;

    for (size_t i = 0; i < COUNT(written); i++) {
        struct world *world = world_start(
            state, &(struct world_options){ .parts = WORLD_RUN,
                                            .env = (const char *const[]){ written[i], NULL } });

        assert_int_equal(stat(arena_printf(world->arena, "%s/var", world->dir), &at), 0);
        assert_int_equal(at.st_mode & 0777, 0700);
        assert_int_equal(stat(arena_printf(world->arena, "%s/var/appendonlydir", world->dir), &at),
                         0);
        assert_int_equal(at.st_mode & 0777, 0700);
        /* Commands beside a run find its Redis. */
        assert_true(has_line(world_raiox(world, "check").out, "ok", "redis", ""));
        world_close(state);
        world_open(state);
    }
}

static const char *descriptor(struct world *world, const struct process *process, int fd)
{
    char target[256];
    ssize_t len = readlink(arena_printf(world->arena, "/proc/%d/fd/%d", (int)process->pid, fd),
                           target, sizeof(target));

    return len > 0 ? arena_strndup(world->arena, target, (size_t)len) : NULL;
}

static bool has_workers(struct world *world, void *arg)
{
    pid_t workers[1];

    return world_children(world, arg, NULL, workers, COUNT(workers)) > 0;
}

/* A log line must not go to what has come to be descriptor 2. */
static void without_standard_streams_nothing_takes_their_place(void **state)
{
    struct world *world = alone(state, NULL);
    const char *const argv[] = { "/bin/sh", "-c", "exec \"$0\" work <&- >&- 2>&-", world->program,
                                 NULL };
    struct process work = { 0 };

    world_start_redis(world, NULL);
    process_start(&work, world->dir, "streams", argv, world->env);
    world_wait(world, has_workers, &work, "raiox work starts nobody");
    for (int fd = 0; fd <= 2; fd++) {
        const char *target = descriptor(world, &work, fd);
        assert_non_null(target);
        assert_string_equal(target, "/dev/null");
    }
    process_signal(&work, SIGTERM);
    process_must_end_well(&work, PROCESS_PATIENCE_MS);
}

/* raiox run in a terminal of its own. Returns its pid. */
static pid_t run_in_terminal(struct world *world, int *ret_terminal)
{
    pid_t pid = forkpty(ret_terminal, NULL, NULL, NULL);

    assert_true(pid >= 0);
    if (pid == 0) {
        const char *const argv[] = { world->program, "run", NULL };
        if (chdir(world->dir) == 0)
            execve(argv[0], (char *const *)(void *)argv, (char *const *)(void *)world->env);
        _exit(127);
    }
    return pid;
}

/* Reads what it says until these words. */
static void wait_terminal(int terminal, const char *words)
{
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;
    struct pollfd fds = { .fd = terminal, .events = POLLIN };
    scoped_buf struct buf said;
    char piece[512];

    buf_init(&said, 1 << 20);
    while (!strstr(buf_cstr(&said), words)) {
        assert_true(clock_mono_ms() < end_ms);
        ssize_t got = poll(&fds, 1, 1000) > 0 ? read(terminal, piece, sizeof(piece)) : 0;
        if (got < 0)
            fail_msg("no \"%s\" in: %s", words, buf_cstr(&said));
        buf_add(&said, piece, (size_t)got);
    }
}

static void assert_ends_well(struct world *world, pid_t pid)
{
    struct process process = { .pid = pid };

    snprintf(process.name, sizeof(process.name), "terminal");
    snprintf(process.err, sizeof(process.err), "%s/sandbox.err", world->dir);
    process_must_end_well(&process, PROCESS_PATIENCE_MS);
    /* Nobody of it is left: its folder is free. */
    world_start_run(world);
}

static void ctrl_c_ends_a_run(void **state)
{
    struct world *world = alone(state, NULL);
    int terminal = -1;
    pid_t pid = run_in_terminal(world, &terminal);

    wait_terminal(terminal, "redis is there");
    assert_int_equal(write(terminal, "\003", 1), 1);
    wait_terminal(terminal, "stopping");
    assert_ends_well(world, pid);
    close(terminal);
}

static void a_run_ends_with_its_terminal(void **state)
{
    struct world *world = alone(state, NULL);
    int terminal = -1;
    pid_t pid = run_in_terminal(world, &terminal);

    wait_terminal(terminal, "redis is there");
    close(terminal);
    assert_ends_well(world, pid);
}

#define A_TEST(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

/* An argument is the one test to run ("*" stands for any characters). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        A_TEST(a_report_as_json_is_what_was_promised),
        A_TEST(every_client_has_a_row_and_a_report_of_one_shape),
        A_TEST(who_is_not_known_is_null),
        A_TEST(a_report_with_a_hole_is_a_report),
        A_TEST(a_row_of_garbage_is_named_by_its_columns),
        A_TEST(a_row_without_accounts_is_named_with_its_columns),
        A_TEST(without_a_report_the_status_is_1_and_says_why),
        A_TEST(a_client_is_listed_with_what_is_wrong),
        A_TEST(what_monday_says_moves_no_cursor),
        A_TEST(check_names_what_is_broken),
        A_TEST(check_warns_of_a_redis_that_may_forget),
        A_TEST(wrong_usage_is_64),
        A_TEST(help_and_version_need_nothing),
        A_TEST(wrong_configuration_is_78_with_all_faults_at_once),
        A_TEST(what_a_command_needs_is_said),
        A_TEST(two_runs_do_not_share_a_folder_or_a_port),
        A_TEST(a_run_without_redis_server_says_what_to_install),
        A_TEST(the_private_redis_is_for_us_alone),
        A_TEST(without_standard_streams_nothing_takes_their_place),
        A_TEST(ctrl_c_ends_a_run),
        A_TEST(a_run_ends_with_its_terminal),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
