/*
 * An outside world that errs: what `raiox report` still tells, and how it names what it cannot.
 * Each scenario is a report of its own; all of them are made at the same time, for the slow ones
 * take what a report may take: 60 s. Figures as in test_report.c.
 */
#include "tests/e2e/reading.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define WARNINGS_MAX 24
#define SCENARIOS_MAX 64
/* A report's 60 s, the start of all these processes at once, sanitizers. */
#define LONGEST_MS (60 * 1000 + 120 * 1000)
/* 32 MiB of an answer, what is parsed of it, and the program. */
#define RSS_MAX_KIB (256 * 1024)
/* A worker holds at most 256 MiB of answers at once, and gives back what it does not need. */
#define WORKER_MAX_KIB (384 * 1024)
#define WORKER_IDLE_KIB (64 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

struct scenario {
    const char *sentence;
    const char *client;
    const char *fault;
    bool alone;        /* a fault of a whole service: a world of its own */
    const char *total; /* currency, spend, daily budget, projection; NULL: none */
    const char *warnings[WARNINGS_MAX + 1]; /* platform, account, kind; in any order */
    const char *says;                       /* no report, status 1, and this on standard error */
};

/* 29 stores of Franquia Trinta; store n spends 21 x (n + 0.50) and has 10 a day. */
static const char stores_faults[] =
    "[{\"account\":\"act_64001\",\"kind\":\"delay\",\"delay_ms\":700},"
    "{\"account\":\"act_64002\",\"kind\":\"transient\",\"times\":1},"
    /* code 80000, and a header that says: in an hour */
    "{\"account\":\"act_64003\",\"kind\":\"throttle\",\"retry_after_s\":3600},"
    /* the code alone; the usage header says 0 % */
    "{\"account\":\"act_64004\",\"status\":400,\"body\":{\"error\":{\"message\":\"(#17) User "
    "request "
    "limit reached\",\"type\":\"OAuthException\",\"code\":17,\"fbtrace_id\":\"A\"}}},"
    "{\"account\":\"act_64005\",\"kind\":\"unavailable\"},"
    "{\"account\":\"act_64006\",\"kind\":\"html\"},"
    "{\"account\":\"act_64007\",\"kind\":\"html\",\"status\":200},"
    "{\"account\":\"act_64008\",\"kind\":\"cut\"},"
    "{\"account\":\"act_64009\",\"kind\":\"close\"},"
    "{\"account\":\"act_64010\",\"kind\":\"huge\"},"
    "{\"account\":\"act_64011\",\"kind\":\"nested\"},"
    "{\"account\":\"act_64012\",\"kind\":\"wrong_types\"},"
    "{\"account\":\"act_64013\",\"kind\":\"bad_utf8\",\"path\":\"campaigns\"},"
    "{\"account\":\"act_64014\",\"kind\":\"empty\"},"
    "{\"account\":\"act_64015\",\"kind\":\"reduce_data\",\"times\":3},"
    "{\"account\":\"act_64016\",\"kind\":\"permission\"},"
    "{\"account\":\"act_64018\",\"kind\":\"hang\"},"
    "{\"account\":\"act_64019\",\"kind\":\"drip\"},"
    "{\"account\":\"act_64020\",\"status\":429,\"retry_after_s\":1,\"times\":2},"
    /* half of an account is no account */
    "{\"account\":\"act_64021\",\"kind\":\"unavailable\",\"path\":\"insights\"},"
    "{\"account\":\"act_64022\",\"kind\":\"nested\",\"path\":\"insights\"},"
    "{\"account\":\"act_64023\",\"status\":200,\"body\":{\"data\":\"none\"}}]";

static const struct scenario scenarios[] = {
    /* Left are 1, 2, 15, 17, 20 and 24 to 29: 21 x (1 + 2 + 15 + 17 + 20 + 159 + 11 x 0.50)
     * = 21 x 219.50 = 4609.50; 11 x 10 a day: 4609.50 + 990. */
    { "thirty accounts, each with a trouble of its own (LESSONS 1.8, 3.10, 3.11, 3.14)",
      "Franquia Trinta",
      stores_faults,
      false,
      "BRL 4609.50 110.00 5599.50",
      { "meta act_64003 rate_limit", "meta act_64004 rate_limit", "meta act_64005 unavailable",
        "meta act_64006 unavailable", "meta act_64007 bad_response", "meta act_64008 unavailable",
        "meta act_64009 unavailable", "meta act_64010 bad_response", "meta act_64011 bad_response",
        "meta act_64012 bad_response", "meta act_64013 bad_response", "meta act_64014 bad_response",
        "meta act_64016 permission", "meta act_64018 timeout", "meta act_64019 timeout",
        "meta act_64021 unavailable", "meta act_64022 bad_response", "meta act_64023 bad_response",
        "meta act_64030 permission" },
      NULL },

    /* Google's customers, one after the other. */
    { "Google down: its customer is named, never R$ 0 (LESSONS 1.8)",
      "Rede Compartilhada",
      "{\"account\":\"6660001111\",\"kind\":\"unavailable\"}",
      false,
      NULL,
      { "google_ads 6660001111 unavailable" },
      NULL },
    { "Google hangs",
      "Evento Total",
      "{\"account\":\"6660002222\",\"kind\":\"hang\"}",
      false,
      NULL,
      { "google_ads 6660002222 timeout" },
      NULL },
    { "Google sends numbers for strings",
      "Troca Rápida",
      "{\"account\":\"6660003333\",\"kind\":\"wrong_types\"}",
      false,
      NULL,
      { "google_ads 6660003333 bad_response" },
      NULL },
    { "Google's quota is used up for eleven hours (LESSONS 3.16)",
      "Só Google",
      "{\"account\":\"5550002222\",\"kind\":\"throttle\",\"retry_after_s\":40591}",
      false,
      NULL,
      { "google_ads 5550002222 rate_limit" },
      NULL },
    { "Google slow",
      "Padaria Sol",
      "{\"account\":\"1112223330\",\"kind\":\"delay\",\"delay_ms\":1500}",
      false,
      "BRL 1234.56 100.00 2134.56",
      { 0 },
      NULL },
    { "Google fails once and is asked again",
      "Acesso Direto",
      "{\"account\":\"6660007777\",\"kind\":\"transient\",\"times\":1}",
      false,
      "BRL 42.00 5.00 87.00",
      { 0 },
      NULL },
    { "Google answers in HTML",
      "Conta Suspensa",
      "{\"account\":\"6660004444\",\"kind\":\"html\"}",
      false,
      NULL,
      { "google_ads 6660004444 unavailable" },
      NULL },
    { "Google sends 100 MB: Meta's part stands",
      "Benchmark SA",
      "{\"account\":\"6660009999\",\"kind\":\"huge\"}",
      false,
      /* 3 x 5084.10, 3 x 402.10 a day */
      "BRL 15252.30 1206.30 26109.00",
      { "google_ads 6660009999 bad_response" },
      NULL },
    { "Google nests 100,000 deep: Meta's part stands",
      "Açaí & Cia",
      "{\"account\":\"1234567890\",\"kind\":\"nested\"}",
      false,
      /* 1837.95 + 9 x 87 */
      "BRL 1837.95 87.00 2620.95",
      { "google_ads 1234567890 bad_response" },
      NULL },
    { "Google drips: Meta's part stands",
      "Hotel Maresia",
      "{\"account\":\"2220001111\",\"kind\":\"drip\"}",
      false,
      /* 820.50 + 500 + 240 + 120, 160 a day */
      "BRL 820.50 160.00 1680.50",
      { "google_ads 2220001111 timeout" },
      NULL },
    { "Google refuses every access token",
      "Sunset Surf Co",
      "{\"account\":\"3330001111\",\"kind\":\"token_dead\"}",
      false,
      "USD 1500.50 75.00 2175.50",
      { "google_ads 3330001111 auth" },
      NULL },
    { "Google asks to wait a second, and is given it",
      "Exporta Brasil",
      "{\"account\":\"4440001111\",\"kind\":\"throttle\",\"retry_after_s\":1,\"times\":1}",
      false,
      "BRL 1800.00 60.00 2340.00",
      { 0 },
      NULL },
    { "Google cuts its answer off",
      "Gerente Errado",
      "{\"account\":\"5550003333\",\"kind\":\"cut\"}",
      false,
      NULL,
      { "google_ads 5550001111 config", "google_ads 5550003333 unavailable" },
      NULL },

    /* Meta's lists of accounts. */
    { "owned accounts cannot be listed: nothing passes for the whole",
      "Golden Nine",
      "{\"path\":\"/900/owned_ad_accounts\",\"kind\":\"unavailable\"}",
      false,
      NULL,
      { "meta - unavailable" },
      NULL },
    { "Meta asks for less at the list of accounts (LESSONS 3.11)",
      "Moda Íris",
      "{\"path\":\"/4701/owned_ad_accounts\",\"kind\":\"reduce_data\",\"times\":2}",
      false,
      "BRL 1490.00 45.00 1895.00",
      { 0 },
      NULL },
    /* Row 600 begins the 7th page of campaigns, row 500 the 2nd of insights. Google's part:
     * 1883.70 + 9 x 1500. */
    { "page 7 of the campaigns fails: the account is no account (LESSONS 1.4)",
      "Mega Varejo",
      "{\"service\":\"meta\",\"path\":\"campaigns\",\"match\":\"000258\",\"kind\":\"unavailable\"}",
      true,
      "BRL 1883.70 1500.00 15383.70",
      { "meta act_6610 unavailable" },
      NULL },
    { "page 2 of the insights cannot be read: the account is no account",
      "Mega Varejo",
      "{\"service\":\"meta\",\"path\":\"insights\",\"match\":\"0001f4\",\"kind\":\"wrong_types\"}",
      true,
      "BRL 1883.70 1500.00 15383.70",
      { "meta act_6610 bad_response" },
      NULL },

    /* Whole services. */
    { "Meta down: Google's part stands",
      "Padaria Sol",
      "{\"service\":\"meta\",\"kind\":\"unavailable\"}",
      true,
      "BRL 234.56 20.00 414.56",
      { "meta - unavailable" },
      NULL },
    { "Meta hangs: Google's part stands",
      "Padaria Sol",
      "{\"service\":\"meta\",\"kind\":\"hang\"}",
      true,
      "BRL 234.56 20.00 414.56",
      { "meta - timeout" },
      NULL },
    { "Meta's token is dead (LESSONS 3.17)",
      "Padaria Sol",
      "{\"service\":\"meta\",\"kind\":\"token_dead\"}",
      true,
      "BRL 234.56 20.00 414.56",
      { "meta - auth" },
      NULL },
    { "the refresh token is dead (LESSONS 3.17)",
      "Padaria Sol",
      "{\"service\":\"google_oauth\",\"kind\":\"token_dead\"}",
      true,
      "BRL 1000.00 80.00 1720.00",
      { "google_ads 1112223330 auth" },
      NULL },
    { "the token server is down",
      "Padaria Sol",
      "{\"service\":\"google_oauth\",\"kind\":\"unavailable\"}",
      true,
      "BRL 1000.00 80.00 1720.00",
      { "google_ads 1112223330 unavailable" },
      NULL },
    { "the token server hangs",
      "Padaria Sol",
      "{\"service\":\"google_oauth\",\"kind\":\"hang\"}",
      true,
      "BRL 1000.00 80.00 1720.00",
      { "google_ads 1112223330 timeout" },
      NULL },
    { "the token server sends 100 MB",
      "Padaria Sol",
      "{\"service\":\"google_oauth\",\"kind\":\"huge\"}",
      true,
      "BRL 1000.00 80.00 1720.00",
      { "google_ads 1112223330 bad_response" },
      NULL },
    { "the token server sends numbers for strings",
      "Padaria Sol",
      "{\"service\":\"google_oauth\",\"kind\":\"wrong_types\"}",
      true,
      "BRL 1000.00 80.00 1720.00",
      { "google_ads 1112223330 bad_response" },
      NULL },
    { "the token server fails once",
      "Padaria Sol",
      "{\"service\":\"google_oauth\",\"kind\":\"transient\",\"times\":1}",
      true,
      "BRL 1234.56 100.00 2134.56",
      { 0 },
      NULL },

    /* Monday: no board, no report. */
    { "Monday slow",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"delay\",\"delay_ms\":1500}",
      true,
      "BRL 1234.56 100.00 2134.56",
      { 0 },
      NULL },
    { "Monday asks to wait a second",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"throttle\",\"retry_after_s\":1,\"times\":1}",
      true,
      "BRL 1234.56 100.00 2134.56",
      { 0 },
      NULL },
    { "Monday errs with HTTP 200, once",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"transient\",\"times\":1}",
      true,
      "BRL 1234.56 100.00 2134.56",
      { 0 },
      NULL },
    { "Monday finds the question too complex",
      "Padaria Sol",
      "{\"service\":\"monday\",\"match\":\"RaioxFirstPage\",\"kind\":\"reduce_data\",\"times\":1}",
      true,
      "BRL 1234.56 100.00 2134.56",
      { 0 },
      NULL },
    { "Monday down",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"unavailable\"}",
      true,
      NULL,
      { 0 },
      "503" },
    { "Monday's token is dead",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"token_dead\"}",
      true,
      NULL,
      { 0 },
      "Not Authenticated" },
    { "Monday answers in HTML",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"html\"}",
      true,
      NULL,
      { 0 },
      "502" },
    { "Monday cuts its answer off",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"cut\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday hangs up",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"close\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday sends 100 MB",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"huge\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday nests 100,000 deep",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"nested\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday sends numbers for strings",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"wrong_types\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday sends nothing",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"empty\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday hangs",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"hang\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
    { "Monday drips",
      "Padaria Sol",
      "{\"service\":\"monday\",\"kind\":\"drip\"}",
      true,
      NULL,
      { 0 },
      "Monday" },
};

/* ---- all at once ---- */

struct running {
    void *state; /* its world, if it has one of its own */
    struct process process;
    int64_t begun_ms;
};

static struct running running[COUNT(scenarios)];
static void *shared;

static struct world *world_of(size_t i)
{
    return scenarios[i].alone ? running[i].state : shared;
}

static void start(size_t i)
{
    const struct scenario *scenario = &scenarios[i];
    struct world *world = world_of(i);
    const char *const argv[] = { world->program, "report", scenario->client, "--json", NULL };
    char name[32];

    world_fault(world, scenario->fault);
    snprintf(name, sizeof(name), "scenario-%zu", i);
    running[i].begun_ms = clock_mono_ms();
    process_start(&running[i].process, world->dir, name, argv, world->env);
}

static int start_all(void **state)
{
    (void)state;
    world_open(&shared);
    world_start(&shared, &(struct world_options){ .parts = WORLD_ALONE });
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        if (scenarios[i].alone) {
            world_open(&running[i].state);
            world_start(&running[i].state, &(struct world_options){ .parts = WORLD_ALONE });
        }
        start(i);
    }
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scenarios); i++)
        if (scenarios[i].alone)
            world_close(&running[i].state);
    world_close(&shared);
    return 0;
}

/* ---- one by one ---- */

static const char *field(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);

    return cJSON_IsString(item) ? item->valuestring : "-";
}

static void check_total(struct arena *arena, const struct scenario *scenario, const cJSON *report)
{
    const cJSON *total = json_get(report, "totals")->child;
    const char *text =
        total ? arena_printf(arena, "%s %s %s %s", field(total, "currency"), field(total, "spend"),
                             field(total, "daily_budget"), field(total, "projection"))
              : NULL;

    if (!text != !scenario->total || (text && strcmp(text, scenario->total) != 0))
        fail_msg("\"%s\", not \"%s\"", text ? text : "no total",
                 scenario->total ? scenario->total : "none");
}

static bool is_wanted(const struct scenario *scenario, const char *text)
{
    for (size_t i = 0; scenario->warnings[i]; i++)
        if (strcmp(scenario->warnings[i], text) == 0)
            return true;
    return false;
}

static void check_warnings(struct arena *arena, const struct scenario *scenario,
                           const cJSON *report)
{
    const cJSON *list = json_get(report, "warnings"), *item;
    int wanted = 0;

    while (scenario->warnings[wanted])
        wanted++;
    cJSON_ArrayForEach(item, list) {
        const char *text = arena_printf(arena, "%s %s %s", field(item, "platform"),
                                        field(item, "account"), field(item, "kind"));
        if (!is_wanted(scenario, text))
            fail_msg("not awaited: %s (%s)", text, field(item, "message"));
        if (!*field(item, "message"))
            fail_msg("no words: %s", text);
    }
    assert_int_equal(cJSON_GetArraySize(list), wanted);
}

static bool names_a_secret(const char *variable, size_t len)
{
    static const char *const ends[] = { "_TOKEN", "_SECRET" };

    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t end = strlen(ends[i]);
        if (len > end && strncmp(variable + len - end, ends[i], end) == 0)
            return true;
    }
    return false;
}

static void check_secrets(const struct world *world, const char *text)
{
    for (const char *const *variable = world->env; *variable; variable++) {
        size_t len = strcspn(*variable, "=");
        if (names_a_secret(*variable, len) && strstr(text, *variable + len + 1))
            fail_msg("%.*s is shown", (int)len, *variable);
    }
    assert_lacks(text, "ya29.");
}

static void a_scenario_ends_as_it_should(void **state)
{
    const struct scenario *scenario = *state;
    size_t i = (size_t)(scenario - scenarios);
    struct world *world = world_of(i);
    struct process *process = &running[i].process;
    int64_t left_ms = running[i].begun_ms + LONGEST_MS - clock_mono_ms();
    struct error err = { 0 };

    if (!process_ends(process, left_ms > 0 ? (int)left_ms : 0))
        fail_msg("it does not end");
    const char *out = process_said(process, world->arena, process->out);
    const char *said = process_said(process, world->arena, process->err);
    check_secrets(world, out);
    check_secrets(world, said);
    assert_true(WIFEXITED(process->status));
    if (scenario->says) {
        assert_int_equal(WEXITSTATUS(process->status), 1);
        assert_string_equal(out, "");
        assert_holds(said, scenario->says);
        return;
    }
    if (WEXITSTATUS(process->status) != 0)
        fail_msg("status %d: %s", WEXITSTATUS(process->status), said);
    const cJSON *report = json_parse(world->arena, out, strlen(out), &err);
    assert_non_null(report);
    check_total(world->arena, scenario, report);
    check_warnings(world->arena, scenario, report);
}

/* What the parent counts of all that have ended: the largest of them. Sanitizers have a memory of
 * their own. */
static void memory_stays_within_bounds(void **state)
{
    struct rusage usage;

    (void)state;
    for (size_t i = 0; i < COUNT(scenarios); i++)
        assert_int_equal(running[i].process.pid, 0);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    if (usage.ru_maxrss > RSS_MAX_KIB && !SANITIZED)
        fail_msg("%ld KiB", usage.ru_maxrss);
}

/* A quota of eleven hours is not asked twice: each try burns more of it. */
static void a_long_wait_is_not_tried_again(void **state)
{
    struct world *world = shared;
    const cJSON *calls = json_get(world_admin(world, "GET", "/calls", NULL), "calls"), *call;
    int count = 0;

    (void)state;
    cJSON_ArrayForEach(call, calls)
        count += strcmp(field(call, "account"), "5550002222") == 0;
    assert_in_range(count, 1, 2); /* its two queries, side by side */
}

/* ---- a worker ---- */

/* A figure of /proc/PID/status, in KiB. */
static long status_kib(pid_t pid, const char *name)
{
    char path[64], line[256];
    long kib = -1;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("no process %d", (int)pid);
    while (file && kib < 0 && fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name) + 1, NULL, 10);
    fclose(file);
    return kib;
}

static bool is_small(struct world *world, void *arg)
{
    const pid_t *pid = arg;

    (void)world;
    return SANITIZED || status_kib(*pid, "VmRSS") < WORKER_IDLE_KIB;
}

/* Ten stores send 100 MB to each call, five nest without end; the other fourteen are 21 x (16 + ...
 * + 29 + 14 x 0.50) = 21 x 322 = 6762, and 14 x 10 x 9 more. */
static void a_worker_bears_it_and_is_small_again(void **state)
{
    static const char *const env[] = { "RAIOX_WORKERS=1", "RAIOX_REPORT_CACHE_SECONDS=0", NULL };
    struct world *world =
        world_start(state, &(struct world_options){ .parts = WORLD_SPLIT, .env = env });
    pid_t worker = 0;

    for (int n = 1; n <= 15; n++)
        world_fault(world,
                    arena_printf(world->arena, "{\"account\":\"act_640%02d\",\"kind\":\"%s\"}", n,
                                 n <= 10 ? "huge" : "nested"));
    assert_int_equal(world_children(world, &world->work, "worker", &worker, 1), 1);
    world_ask(world, "C0TRINTA", "U0ANALISTA", "");
    const cJSON *reply = world_taken_reply(world, 0);
    const char *text = reading_reply(world, reply);
    assert_holds(text, "R$ 6.762,00", "R$ 8.022,00", "Números parciais", "act_64001", "act_64030",
                 "Local 16", "Local 29");
    assert_lacks(text, "Local 15", "R$ 0,00");
    if (status_kib(worker, "VmHWM") > WORKER_MAX_KIB && !SANITIZED)
        fail_msg("%ld KiB", status_kib(worker, "VmHWM"));
    world_wait(world, is_small, &worker, "the worker keeps the memory");
    world_clear_faults(world);
    world_ask(world, "C0123", "U0ANALISTA", "");
    assert_holds(reading_reply(world, world_taken_reply(world, world_number(reply))),
                 "R$ 1.234,56");
    assert_int_equal(world_children(world, &world->work, "worker", &(pid_t){ 0 }, 1), 1);
}

int main(void)
{
    const struct CMUnitTest alone[] = {
        TEST_CASE("a worker bears 100 MB and 100,000 levels, and is small again",
                  a_worker_bears_it_and_is_small_again, world_open, world_close),
    };
    struct CMUnitTest tests[COUNT(scenarios) + 2] = { 0 };

    for (size_t i = 0; i < COUNT(scenarios); i++)
        tests[i] = (struct CMUnitTest){ scenarios[i].sentence, a_scenario_ends_as_it_should, NULL,
                                        NULL, (void *)(uintptr_t)&scenarios[i] };
    tests[COUNT(scenarios)] =
        (struct CMUnitTest)TEST_CASE("a quota of eleven hours is not asked twice (LESSONS 3.16)",
                                     a_long_wait_is_not_tried_again, NULL, NULL);
    tests[COUNT(scenarios) + 1] =
        (struct CMUnitTest)TEST_CASE("none of them took more memory than one answer may",
                                     memory_stays_within_bounds, NULL, NULL);
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    return failed + _cmocka_run_group_tests("faults", tests, COUNT(tests), start_all, end_all);
}
