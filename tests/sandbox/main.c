/* raiox-sandbox: options in, one line of JSON with the URLs out, then the loop until TERM. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "tests/sandbox/agency.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/ledger.h"
#include "tests/sandbox/monday.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/server.h"
#include "tests/sandbox/slack.h"

#define USAGE_STATUS 64

static const char usage[] =
    "raiox-sandbox [--port N] [--now RFC3339] [--latency-ms N] [--data DIR]\n"
    "              [--raiox-url URL] [--signing-secret TEXT] [--require-proof]\n"
    "              [--google-page-rows N] [--monday-budget POINTS]\n"
    "Plays Slack, Monday, Meta, Google Ads and Google's token server on 127.0.0.1.\n";

int64_t sandbox_today_ms(const struct sandbox *sandbox)
{
    return sandbox->options.now_ms >= 0 ? sandbox->options.now_ms : clock_real_ms();
}

int64_t sandbox_clock_ms(const struct sandbox *sandbox)
{
    return clock_mono_ms() + sandbox->skew_ms;
}

static bool number_read(const char *text, int64_t least, int64_t most, int64_t *ret)
{
    return text_int64(text, strlen(text), ret) && *ret >= least && *ret <= most;
}

static bool option_take(struct options *options, int option, const char *text)
{
    int64_t number = 0;
    bool ok = true;

    switch (option) {
    case 'p':
        ok = number_read(text, 0, 65535, &number);
        options->port = (int)number;
        return ok;
    case 'n':
        return clock_parse_rfc3339(text, &options->now_ms);
    case 'l':
        ok = number_read(text, 0, 600000, &number);
        options->latency_ms = (int)number;
        return ok;
    case 'g':
        ok = number_read(text, 1, 10000, &number);
        options->google_page_rows = (int)number;
        return ok;
    case 'm':
        return number_read(text, 0, INT64_MAX, &options->monday_budget);
    case 'd':
        options->data_dir = text;
        return true;
    case 'r':
        options->raiox_url = text;
        return true;
    case 's':
        options->signing_secret = text;
        return true;
    case 'f':
        options->require_proof = true;
        return true;
    default:
        return false;
    }
}

static bool options_read(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        { "port", required_argument, NULL, 'p' },
        { "now", required_argument, NULL, 'n' },
        { "latency-ms", required_argument, NULL, 'l' },
        { "data", required_argument, NULL, 'd' },
        { "raiox-url", required_argument, NULL, 'r' },
        { "signing-secret", required_argument, NULL, 's' },
        { "require-proof", no_argument, NULL, 'f' },
        { "google-page-rows", required_argument, NULL, 'g' },
        { "monday-budget", required_argument, NULL, 'm' },
        { NULL, 0, NULL, 0 },
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (!option_take(options, option, optarg))
            return false;
    }
    return optind == argc;
}

/* As many descriptors as we may have: a benchmark holds thousands of connections. */
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void on_signal(void *arg, int signal)
{
    struct sandbox *sandbox = arg;

    (void)signal;
    loop_stop(sandbox->loop);
}

static void say_ready(const struct sandbox *sandbox)
{
    const char *url = server_url(sandbox->server);

    printf("{\"port\":%d,\"url\":\"%s\",\"page\":\"%s/\",\"admin\":\"%s/admin\","
           "\"env\":{\"SLACK_RESPONSE_ORIGIN\":\"%s\",\"SLACK_API_URL\":\"%s/slack/api\","
           "\"MONDAY_API_URL\":\"%s/monday/v2\",\"META_GRAPH_URL\":\"%s/meta\","
           "\"GOOGLE_ADS_URL\":\"%s/google-ads\",\"GOOGLE_OAUTH_TOKEN_URL\":\"%s/google-oauth/"
           "token\"",
           server_port(sandbox->server), url, url, url, url, url, url, url, url, url);
    const struct agency *agency = sandbox->agency;
    const struct {
        const char *variable;
        const cJSON *of;
        const char *name;
    } secrets[] = {
        { "SLACK_SIGNING_SECRET", agency->slack, "signing_secret" },
        { "SLACK_BOT_TOKEN", agency->slack, "bot_token" },
        { "SLACK_TEAM_ID", agency->slack, "team_id" },
        { "MONDAY_API_TOKEN", agency->monday, "token" },
        { "MONDAY_BOARD_ID", agency->monday, "board_id" },
        { "META_ACCESS_TOKEN", agency->meta, "token" },
        { "META_APP_SECRET", agency->meta, "app_secret" },
        { "META_AGENCY_BUSINESS_ID", agency->meta, "agency_business_id" },
        { "GOOGLE_ADS_CLIENT_ID", agency->google, "client_id" },
        { "GOOGLE_ADS_CLIENT_SECRET", agency->google, "client_secret" },
        { "GOOGLE_ADS_REFRESH_TOKEN", agency->google, "refresh_token" },
        { "GOOGLE_ADS_LOGIN_CUSTOMER_ID", agency->google, "login_customer_id" },
    };
    for (size_t i = 0; i < COUNT(secrets); i++)
        printf(",\"%s\":\"%s\"", secrets[i].variable,
               json_text(secrets[i].of, secrets[i].name, ""));
    printf("}}\n");
    fflush(stdout);
}

static bool start(struct sandbox *sandbox)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/agency.json", sandbox->options.data_dir);
    sandbox->agency = agency_load(path);
    if (!sandbox->agency)
        return false;
    sandbox->ledger = ledger_create();
    sandbox->faults = faults_create();
    sandbox->slack = slack_create(sandbox);
    sandbox->cursors = monday_cursors_create();
    sandbox->server = server_create(sandbox, sandbox->options.port);
    if (!sandbox->server)
        fprintf(stderr, "raiox-sandbox: port %d: %s\n", sandbox->options.port, strerror(errno));
    return sandbox->server;
}

static void finish(struct sandbox *sandbox)
{
    server_destroy(sandbox->server);
    http_destroy(sandbox->http);
    monday_cursors_destroy(sandbox->cursors);
    slack_destroy(sandbox->slack);
    faults_destroy(sandbox->faults);
    ledger_destroy(sandbox->ledger);
    agency_destroy(sandbox->agency);
    loop_destroy(sandbox->loop);
    arena_destroy(sandbox->arena);
}

int main(int argc, char **argv)
{
    struct sandbox sandbox = {
        .options = { .data_dir = SANDBOX_DIR, .now_ms = -1, .google_page_rows = 10000 },
    };
    const struct http_options http = { .max_per_host = 256, .user_agent = "Slackbot 1.0" };
    const int signals[] = { SIGINT, SIGTERM };

    json_init();
    if (!options_read(&sandbox.options, argc, argv)) {
        fputs(usage, stderr);
        return USAGE_STATUS;
    }
    sandbox.arena = arena_create();
    raise_limits();
    signal(SIGPIPE, SIG_IGN);
    sandbox.loop = loop_create();
    loop_signals(sandbox.loop, signals, COUNT(signals), on_signal, &sandbox);
    sandbox.http = http_create(sandbox.loop, &http);
    bool ok = start(&sandbox);
    if (ok) {
        say_ready(&sandbox);
        loop_run(sandbox.loop);
    }
    finish(&sandbox);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
