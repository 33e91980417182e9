/* The configuration: one table of variables, each with its reader, its default and what it takes.
 */
#include "bot/config.h"

#include "base/clock.h"
#include "base/http.h"
#include "model/calendar.h"
#include "model/money.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* A .env is a page of text; what is larger is something else. */
#define DOTENV_MAX ((size_t)256 * 1024)

/* A value goes into headers, URLs and scripts: no variable needs more. */
#define VALUE_MAX 4096

/* Of one host; its line in the table says so too. */
#define WORKERS_MAX 256

struct reading {
    struct arena *arena;
    struct bytes dotenv;
    config_lookup_fn *lookup;
    void *arg;
    struct config *config;
    struct buf *faults;
    size_t fault_count;
};

/* Writes field from text; false when text is not what the variable takes. */
typedef bool read_fn(struct reading *reading, const char *text, void *field);

struct variable {
    const char *name;
    const char *fallback; /* NULL: none */
    size_t offset;        /* of the field in struct config */
    read_fn *read;
    bool secret;
    unsigned needed_by; /* CONFIG_NEEDS_… */
    const char *takes;
};

static bool read_text(struct reading *reading, const char *text, void *field)
{
    (void)reading;
    *(const char **)field = text;
    return true;
}

/* What goes into a header: visible ASCII. */
static bool read_token(struct reading *reading, const char *text, void *field)
{
    for (const char *c = text; *c; c++)
        if (!isgraph((unsigned char)*c))
            return false;
    return read_text(reading, text, field);
}

static bool read_digits(struct reading *reading, const char *text, void *field)
{
    return text_is_digits(text, strlen(text), 20) && read_text(reading, text, field);
}

/* Google shows customer ids as 123-456-7890; they are sent without dashes. */
static bool read_customer_id(struct reading *reading, const char *text, void *field)
{
    char *digits = arena_strdup(reading->arena, text);
    size_t len = 0;

    for (const char *c = text; *c; c++)
        if (*c != '-')
            digits[len++] = *c;
    digits[len] = '\0';
    return len == 10 && read_digits(reading, digits, field);
}

static bool read_number(const char *text, int64_t least, int64_t most, int64_t *ret)
{
    int64_t number = 0;

    if (!text_int64(text, strlen(text), &number) || number < least || number > most)
        return false;
    *ret = number;
    return true;
}

static bool read_workers(struct reading *reading, const char *text, void *field)
{
    (void)reading;
    return read_number(text, 1, WORKERS_MAX, field);
}

static int64_t default_workers(void)
{
    int64_t cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores < WORKERS_MAX ? cores : WORKERS_MAX;
}

static bool read_concurrency(struct reading *reading, const char *text, void *field)
{
    (void)reading;
    return read_number(text, 1, 10000, field);
}

/* Seconds in the variable, milliseconds in the program. */
static bool read_seconds(struct reading *reading, const char *text, void *field)
{
    int64_t seconds = 0;

    (void)reading;
    if (!read_number(text, 0, 86400, &seconds))
        return false;
    *(int64_t *)field = seconds * 1000;
    return true;
}

static bool read_upstream_url(struct reading *reading, const char *text, void *field)
{
    size_t len = strlen(text);

    if (!http_url_allowed(text))
        return false;
    while (len > 0 && text[len - 1] == '/')
        len--;
    return read_text(reading, arena_strndup(reading->arena, text, len), field);
}

static bool read_origin(struct reading *reading, const char *text, void *field)
{
    const char *host = strstr(text, "://");

    return host && !strpbrk(host + 3, "/?#") && read_upstream_url(reading, text, field);
}

static bool read_public_url(struct reading *reading, const char *text, void *field)
{
    return strncmp(text, "https://", 8) == 0 && read_upstream_url(reading, text, field);
}

static bool is_literal(const char *host)
{
    unsigned char parsed[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, parsed) == 1 || inet_pton(AF_INET6, host, parsed) == 1;
}

/* "host:port" with a literal host or localhost; "[::]:8080". */
static bool read_listen(struct reading *reading, const char *text, void *field)
{
    struct listen_address address = { .port = 0 };
    const char *colon = strrchr(text, ':');
    int64_t port = 0;

    (void)reading;
    if (!colon || !read_number(colon + 1, 0, 65535, &port))
        return false;

    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    } else if (memchr(text, ':', len)) {
        return false;
    }
    if (len >= sizeof(address.host))
        return false;
    memcpy(address.host, text, len);
    if (strcmp(address.host, "localhost") != 0 && !is_literal(address.host))
        return false;
    address.port = (int)port;
    *(struct listen_address *)field = address;
    return true;
}

static bool read_redis(struct reading *reading, const char *text, void *field)
{
    struct error err = { 0 };

    return redis_address_parse(text, &reading->config->redis, &err) &&
           read_text(reading, text, field);
}

static bool read_locale(struct reading *reading, const char *text, void *field)
{
    (void)reading;
    return locale_parse(text, field);
}

static bool read_zone(struct reading *reading, const char *text, void *field)
{
    return timezone_valid(text) && read_text(reading, text, field);
}

static bool read_currency(struct reading *reading, const char *text, void *field)
{
    return currency_valid(text) && read_text(reading, text, field);
}

static bool read_log_level(struct reading *reading, const char *text, void *field)
{
    (void)reading;
    return log_level_parse(text, field);
}

static bool read_instant(struct reading *reading, const char *text, void *field)
{
    (void)reading;
    return clock_parse_rfc3339(text, field);
}

/* Versions, each as its platform writes them: v26.0, v26, 2026-10. '9' in the pattern is a run of
 * digits. */
static bool matches(const char *text, const char *pattern)
{
    for (; *pattern; pattern++) {
        size_t digits = strspn(text, "0123456789");
        if (*pattern == '9' && digits > 0 && digits < 5)
            text += digits;
        else if (*text == *pattern)
            text++;
        else
            return false;
    }
    return *text == '\0';
}

static bool read_graph_version(struct reading *reading, const char *text, void *field)
{
    return matches(text, "v9.9") && read_text(reading, text, field);
}

static bool read_google_version(struct reading *reading, const char *text, void *field)
{
    return matches(text, "v9") && read_text(reading, text, field);
}

static bool read_monday_version(struct reading *reading, const char *text, void *field)
{
    return matches(text, "9-9") && read_text(reading, text, field);
}

/* Slack user ids between commas: U… or W…. */
static bool read_users(struct reading *reading, const char *text, void *field)
{
    VEC(const char *) users = { 0 };

    while (*(text += strspn(text, ", \t"))) {
        size_t len = strcspn(text, ", \t");
        if ((*text != 'U' && *text != 'W') || len < 2 ||
            strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") < len)
            return false;
        *vec_push(reading->arena, &users) = arena_strndup(reading->arena, text, len);
        text += len;
    }
    if (users.len == 0)
        return false;
    *vec_push(reading->arena, &users) = NULL;
    *(const char *const **)field = (const char *const *)users.items;
    return true;
}

#define FIELD(name) offsetof(struct config, name)
#define A_TOKEN "the token's text: visible ASCII without blanks"
#define AN_URL "an https:// URL (http:// on a loopback address only)"

static const struct variable variables[] = {
    { "RAIOX_LISTEN", "127.0.0.1:8080", FIELD(listen), read_listen, false, 0,
      "address:port, such as 127.0.0.1:8080 or [::]:8080" },
    { "RAIOX_WORK_LISTEN", NULL, FIELD(work_listen), read_listen, false, 0,
      "address:port, such as 127.0.0.1:8081" },
    { "RAIOX_PUBLIC_URL", NULL, FIELD(public_url), read_public_url, false, 0, "an https:// URL" },
    { "RAIOX_STATE_DIR", "./var", FIELD(state_dir), read_text, false, 0, "a directory" },
    { "RAIOX_LOCALE", "pt_BR", FIELD(locale), read_locale, false, 0, "pt_BR or en_US" },
    { "RAIOX_TIMEZONE", "America/Sao_Paulo", FIELD(timezone), read_zone, false, 0,
      "an IANA time zone, such as America/Sao_Paulo" },
    { "RAIOX_CURRENCY", "BRL", FIELD(currency), read_currency, false, 0,
      "an ISO 4217 currency, such as BRL" },
    { "RAIOX_WORKERS", NULL, FIELD(workers), read_workers, false, 0, "a number from 1 to 256" },
    { "RAIOX_CONCURRENCY", "64", FIELD(concurrency), read_concurrency, false, 0,
      "a number from 1 to 10000" },
    { "RAIOX_LOG", "info", FIELD(log_level), read_log_level, false, 0,
      "debug, info, warn or error" },
    { "RAIOX_NOW", NULL, FIELD(now_real_ms), read_instant, false, 0,
      "an RFC 3339 instant, such as 2026-11-21T12:00:00-03:00" },
    { "SLACK_SIGNING_SECRET", NULL, FIELD(slack_signing_secret), read_token, true,
      CONFIG_NEEDS_SLACK, "the Signing Secret of the Slack app's Basic Information page" },
    { "SLACK_BOT_TOKEN", NULL, FIELD(slack_bot_token), read_token, true, 0, A_TOKEN },
    { "SLACK_API_URL", "https://slack.com/api", FIELD(slack_api_url), read_upstream_url, false, 0,
      AN_URL },
    { "SLACK_TEAM_ID", NULL, FIELD(slack_team_id), read_token, false, 0,
      "a workspace id, such as T0123ABCD" },
    { "SLACK_RESPONSE_ORIGIN", "https://hooks.slack.com", FIELD(slack_response_origin), read_origin,
      false, 0, "scheme://host[:port], https (http on a loopback address only)" },
    { "REDIS_URL", NULL, FIELD(redis_url), read_redis, true, CONFIG_NEEDS_REDIS,
      "redis://[user:pass@]host:port/db, rediss://… (where built with TLS) or unix:///path?db=0" },
    { "RAIOX_NAME_USERS", NULL, FIELD(name_users), read_users, false, 0,
      "Slack user ids separated by commas, such as U0123ABCD,U0456EFGH" },
    { "MONDAY_API_TOKEN", NULL, FIELD(monday_token), read_token, true, CONFIG_NEEDS_MONDAY,
      A_TOKEN },
    { "MONDAY_BOARD_ID", NULL, FIELD(monday_board_id), read_digits, false, CONFIG_NEEDS_MONDAY,
      "the digits at the end of the board's address" },
    { "MONDAY_API_URL", "https://api.monday.com/v2", FIELD(monday_url), read_upstream_url, false, 0,
      AN_URL },
    { "MONDAY_API_VERSION", "2026-10", FIELD(monday_version), read_monday_version, false, 0,
      "a version such as 2026-10" },
    { "MONDAY_ACTIVE_GROUP", "Ativos", FIELD(monday_active_group), read_text, false, 0,
      "a group's title" },
    { "MONDAY_CACHE_SECONDS", "300", FIELD(monday_cache_ms), read_seconds, false, 0,
      "seconds from 0 to 86400" },
    { "RAIOX_REPORT_CACHE_SECONDS", "60", FIELD(report_cache_ms), read_seconds, false, 0,
      "seconds from 0 to 86400" },
    { "META_ACCESS_TOKEN", NULL, FIELD(meta_token), read_token, true, 0, A_TOKEN },
    { "META_APP_SECRET", NULL, FIELD(meta_app_secret), read_token, true, 0,
      "the App Secret of the Meta app's settings" },
    { "META_GRAPH_URL", "https://graph.facebook.com", FIELD(meta_url), read_upstream_url, false, 0,
      AN_URL },
    { "META_API_VERSION", "v26.0", FIELD(meta_version), read_graph_version, false, 0,
      "a version such as v26.0" },
    { "META_AGENCY_BUSINESS_ID", NULL, FIELD(meta_agency_business_id), read_digits, false, 0,
      "a business id: digits" },
    { "GOOGLE_ADS_CLIENT_ID", NULL, FIELD(google_client_id), read_token, false, 0, A_TOKEN },
    { "GOOGLE_ADS_CLIENT_SECRET", NULL, FIELD(google_client_secret), read_token, true, 0, A_TOKEN },
    { "GOOGLE_ADS_REFRESH_TOKEN", NULL, FIELD(google_refresh_token), read_token, true, 0, A_TOKEN },
    { "GOOGLE_ADS_LOGIN_CUSTOMER_ID", NULL, FIELD(google_login_customer_id), read_customer_id,
      false, 0, "the manager account's id: ten digits, dashes allowed" },
    { "GOOGLE_ADS_DEVELOPER_TOKEN", NULL, FIELD(google_developer_token), read_token, true, 0,
      A_TOKEN },
    { "GOOGLE_ADS_URL", "https://googleads.googleapis.com", FIELD(google_url), read_upstream_url,
      false, 0, AN_URL },
    { "GOOGLE_ADS_API_VERSION", "v26", FIELD(google_version), read_google_version, false, 0,
      "a version such as v26" },
    { "GOOGLE_OAUTH_TOKEN_URL", "https://oauth2.googleapis.com/token", FIELD(google_token_url),
      read_upstream_url, false, 0, AN_URL },
};

static void add_fault(struct reading *reading, const char *line)
{
    buf_text(reading->faults, line);
    buf_char(reading->faults, '\n');
    reading->fault_count++;
}

/* What the variable holds, fit for a terminal and a line: cut, control bytes as '?', secrets never.
 * One may stand before the '@' of an URL that takes none. */
static const char *shown(struct reading *reading, const struct variable *variable, const char *text)
{
    if (variable->secret || (strstr(text, "://") && strchr(text, '@')))
        return "a value that is not shown";

    char *copy = arena_strndup(reading->arena, text, utf8_cut(text, 80));
    for (char *c = copy; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return arena_printf(reading->arena, "\"%s\"", copy);
}

/* ---- .env ---- */

struct line {
    struct bytes name, value;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool is_name(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(text.data[i] == '_' || isupper((unsigned char)text.data[i]) ||
              (i > 0 && isdigit((unsigned char)text.data[i]))))
            return false;
    return text.len > 0;
}

/* "KEY=value" or KEY="value"; false: neither that, nor blank, nor a comment. name.len 0: nothing in
 * it. */
static bool line_parse(struct bytes text, struct line *ret)
{
    const char *equals = NULL;

    *ret = (struct line){ 0 };
    text = trimmed(text);
    if (text.len == 0 || text.data[0] == '#')
        return true;
    equals = memchr(text.data, '=', text.len);
    if (!equals || memchr(text.data, '\0', text.len))
        return false;

    struct line got = { .name = trimmed((struct bytes){ text.data, (size_t)(equals - text.data) }),
                        .value = trimmed((struct bytes){
                            equals + 1, text.len - (size_t)(equals - text.data) - 1 }) };
    if (!is_name(got.name))
        return false;
    if (got.value.len > 0 && got.value.data[0] == '"') {
        if (got.value.len < 2 || got.value.data[got.value.len - 1] != '"')
            return false;
        got.value.data++;
        got.value.len -= 2;
    }
    *ret = got;
    return true;
}

/* Cuts the next line off *rest; false at the end. */
static bool next_line(struct bytes *rest, struct bytes *ret)
{
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->data, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;

    *ret = (struct bytes){ rest->data, len };
    len += end ? 1 : 0;
    rest->data += len;
    rest->len -= len;
    return true;
}

static void check_dotenv(struct reading *reading)
{
    struct bytes rest = reading->dotenv, text = { 0 };
    struct line line;

    for (int number = 1; next_line(&rest, &text); number++)
        if (!line_parse(text, &line))
            add_fault(reading, arena_printf(reading->arena,
                                            ".env line %d: takes KEY=value, KEY=\"value\", a "
                                            "comment after # or nothing",
                                            number));
}

/* As in a shell that reads the file: of several lines the last one counts. */
static const char *from_dotenv(struct reading *reading, const char *name)
{
    struct bytes rest = reading->dotenv, text = { 0 };
    struct bytes found = { 0 };
    struct line line;

    while (next_line(&rest, &text))
        if (line_parse(text, &line) && bytes_equal_text(line.name, name))
            found = line.value;
    return found.len > 0 ? arena_strndup(reading->arena, found.data, found.len) : NULL;
}

/* ---- reading ---- */

static void read_variable(struct reading *reading, const struct variable *variable, unsigned needs)
{
    void *field = (char *)reading->config + variable->offset;
    const char *text = reading->lookup(reading->arg, variable->name);

    if (!text || !*text)
        text = from_dotenv(reading, variable->name);
    if (!text)
        text = variable->fallback;
    if (!text) {
        if (variable->needed_by & needs)
            add_fault(reading, arena_printf(reading->arena, "%s: is empty; takes %s",
                                            variable->name, variable->takes));
        return;
    }
    if (strlen(text) > VALUE_MAX || !utf8_valid(text, strlen(text)) ||
        !variable->read(reading, text, field))
        add_fault(reading,
                  arena_printf(reading->arena, "%s: holds %s; takes %s", variable->name,
                               utf8_valid(text, strlen(text)) ? shown(reading, variable, text)
                                                              : "bytes that are not UTF-8",
                               variable->takes));
}

/* MONDAY_ACTIVE_GROUP may be said to be empty ("every group"), which for all others is the default.
 */
static bool said_empty(struct reading *reading, const char *name)
{
    const char *text = reading->lookup(reading->arg, name);
    struct bytes rest = reading->dotenv, line_text = { 0 };
    struct line line;
    bool empty = false;

    if (text)
        return *text == '\0';
    while (next_line(&rest, &line_text))
        if (line_parse(line_text, &line) && bytes_equal_text(line.name, name))
            empty = line.value.len == 0;
    return empty;
}

bool config_load(struct arena *arena, unsigned needs, struct bytes dotenv, config_lookup_fn *lookup,
                 void *arg, struct config *ret, struct buf *faults)
{
    struct config config = { .workers = default_workers() };
    struct reading reading = { .arena = arena,
                               .dotenv = dotenv,
                               .lookup = lookup,
                               .arg = arg,
                               .config = &config,
                               .faults = faults };

    check_dotenv(&reading);
    for (size_t i = 0; i < COUNT(variables); i++)
        read_variable(&reading, &variables[i], needs);
    if (said_empty(&reading, "MONDAY_ACTIVE_GROUP"))
        config.monday_active_group = "";
    if (reading.fault_count > 0)
        return false;
    *ret = config;
    return true;
}

static const char *from_environment(void *arg, const char *name)
{
    (void)arg;
    return getenv(name);
}

/* The text of ./.env; data NULL where there is none. */
static bool read_dotenv(struct arena *arena, struct bytes *ret)
{
    char *text = arena_alloc(arena, DOTENV_MAX + 1);
    FILE *file = fopen(".env", "re");

    *ret = (struct bytes){ NULL, 0 };
    if (!file)
        return errno == ENOENT;
    size_t len = fread(text, 1, DOTENV_MAX + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || len > DOTENV_MAX)
        return false;
    *ret = (struct bytes){ text, len };
    return true;
}

void config_load_or_exit(struct arena *arena, unsigned needs, struct config *ret)
{
    scoped_buf struct buf faults;
    struct bytes dotenv;

    buf_init(&faults, (size_t)1024 * 1024);
    if (!read_dotenv(arena, &dotenv)) {
        fprintf(stderr, "raiox: .env: cannot be read, or is larger than 256 KiB\n");
        exit(EX_CONFIG);
    }
    if (config_load(arena, needs, dotenv, from_environment, NULL, ret, &faults))
        return;

    struct bytes rest = { faults.data, faults.len }, line;
    while (next_line(&rest, &line))
        fprintf(stderr, "raiox: %.*s\n", (int)line.len, line.data);
    exit(EX_CONFIG);
}

const char *const *config_names(void)
{
    static const char *names[COUNT(variables) + 1];

    for (size_t i = 0; i < COUNT(variables); i++)
        names[i] = variables[i].name;
    return names;
}

const char *config_default(const char *name)
{
    for (size_t i = 0; i < COUNT(variables); i++)
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].fallback;
    return NULL;
}
