/*
 * Slack: commands go out signed, replies come in through response_urls and chat.postMessage. Every
 * message, refused ones too, is kept for the page and for tests.
 */
#include "tests/sandbox/slack.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/sandbox/agency.h"
#include "tests/sandbox/blockkit.h"
#include "tests/sandbox/server.h"

#define URLS_KEPT 65536
#define URL_USES 5
#define URL_LIFE_MS (30 * 60 * 1000)
#define MESSAGES_KEPT 4096
#define MESSAGES_BYTES (64 << 20) /* of what is kept; the oldest go first */
#define WAIT_MAX_MS 25000
#define COMMAND_MS 10000 /* Slack itself gives up after 3000 */
#define SLACK_PATIENCE_MS 3000

struct response_url {
    char path[96]; /* "/commands/T…/…/…" */
    char channel[32], user[32];
    int64_t born_ms;
    int uses;
};

struct message {
    uint64_t number;
    char *json; /* what is told of it */
    size_t len;
    bool posted; /* by raiox, not typed or acknowledged */
};

struct slack {
    struct sandbox *sandbox;
    struct response_url urls[URLS_KEPT];
    uint64_t url_count;
    struct message messages[MESSAGES_KEPT];
    uint64_t last, first; /* numbers; first: the oldest kept */
    size_t bytes;
    uint64_t posted; /* messages that Slack took */
    VEC(struct request *) waiting;
    struct arena *arena; /* of the list of those who wait */
};

struct slack *slack_create(struct sandbox *sandbox)
{
    struct slack *slack = calloc(1, sizeof(*slack));
    if (!slack)
        abort();
    slack->sandbox = sandbox;
    slack->first = 1;
    slack->arena = arena_create();
    return slack;
}

static struct message *message_at(struct slack *slack, uint64_t number)
{
    return &slack->messages[number % MESSAGES_KEPT];
}

static void drop_oldest(struct slack *slack)
{
    struct message *message = message_at(slack, slack->first++);

    slack->bytes -= message->len;
    free(message->json);
    *message = (struct message){ 0 };
}

void slack_clear_replies(struct slack *slack)
{
    while (slack->first <= slack->last)
        drop_oldest(slack);
    slack->posted = 0;
}

void slack_destroy(struct slack *slack)
{
    if (!slack)
        return;
    slack_clear_replies(slack);
    arena_destroy(slack->arena);
    free(slack);
}

/* ---- what is kept ---- */

struct origin {
    const char *kind; /* "response_url", "chat.postMessage", "command", "ack" */
    const char *channel, *user;
};

static void wake_waiting(struct slack *slack)
{
    for (size_t i = 0; i < slack->waiting.len; i++) {
        slack_tell_replies(slack->waiting.items[i]);
        request_answer(slack->waiting.items[i]);
    }
    slack->waiting.len = 0;
}

/* body: the message (owned by nobody here: copied into the text). */
static void keep(struct slack *slack, struct origin origin, const cJSON *body,
                 struct verdict verdict, int status)
{
    scoped_json cJSON *root = cJSON_CreateObject();
    bool posted = strcmp(origin.kind, "command") != 0 && strcmp(origin.kind, "ack") != 0;

    cJSON_AddNumberToObject(root, "number", (double)++slack->last);
    cJSON_AddStringToObject(root, "kind", origin.kind);
    cJSON_AddStringToObject(root, "channel", origin.channel);
    cJSON_AddStringToObject(root, "user", origin.user);
    cJSON_AddNumberToObject(root, "at_ms", (double)clock_real_ms());
    cJSON_AddNumberToObject(root, "status", status);
    cJSON_AddBoolToObject(root, "ok", !verdict.error);
    if (verdict.error) {
        cJSON_AddStringToObject(root, "error", verdict.error);
        cJSON_AddStringToObject(root, "detail", verdict.detail ? verdict.detail : "");
    }
    if (body)
        cJSON_AddItemReferenceToObject(root, "body", (cJSON *)(uintptr_t)body);
    if (slack->last - slack->first >= MESSAGES_KEPT)
        drop_oldest(slack);
    struct message *message = message_at(slack, slack->last);
    message->number = slack->last;
    message->json = cJSON_PrintUnformatted(root);
    message->len = strlen(message->json);
    message->posted = posted;
    slack->bytes += message->len;
    while (slack->bytes > MESSAGES_BYTES && slack->first < slack->last)
        drop_oldest(slack);
    if (posted && !verdict.error)
        slack->posted++;
    wake_waiting(slack);
}

static void on_replies_late(struct request *request)
{
    struct slack *slack = request->sandbox->slack;

    for (size_t i = 0; i < slack->waiting.len; i++) {
        if (slack->waiting.items[i] == request)
            slack->waiting.items[i] = slack->waiting.items[--slack->waiting.len];
    }
    slack_tell_replies(request);
}

static int64_t number_param(const struct request *request, const char *name)
{
    const char *text = request_param(request, name);
    int64_t number = 0;

    return text && text_int64(text, strlen(text), &number) ? number : 0;
}

static bool told_of(const struct request *request, const struct message *message)
{
    const char *channel = request_param(request, "channel");

    if (!message->posted && !request_param(request, "all"))
        return false;
    return !channel || strstr(message->json,
                              arena_printf(request->arena, "\"channel\":\"%s\"", channel)) != NULL;
}

void slack_tell_replies(struct request *request)
{
    struct slack *slack = request->sandbox->slack;
    uint64_t after = (uint64_t)number_param(request, "after");
    int64_t wait_ms = number_param(request, "wait_ms"), limit = number_param(request, "limit");
    struct buf out = { 0 };
    int count = 0;

    buf_init(&out, 2 * MESSAGES_BYTES);
    buf_printf(&out, "{\"last\":%llu,\"posted\":%llu,\"replies\":[",
               (unsigned long long)slack->last, (unsigned long long)slack->posted);
    for (uint64_t n = after + 1 > slack->first ? after + 1 : slack->first; n <= slack->last; n++) {
        const struct message *message = message_at(slack, n);
        if (!told_of(request, message))
            continue;
        if (limit > 0 && count == limit)
            break;
        buf_text(&out, count++ ? "," : "");
        buf_add(&out, message->json, message->len);
    }
    buf_text(&out, "]}");
    reply_text(request, 200, "application/json; charset=utf-8",
               arena_strdup(request->arena, buf_cstr(&out)));
    buf_finish(&out);
    if (count == 0 && wait_ms > 0 && request->state != REQUEST_WAITING) {
        *vec_push(slack->arena, &slack->waiting) = request;
        request_wait(request, wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS, on_replies_late);
    }
}

/* ---- response_url ---- */

static const char *config(const struct slack *slack, const char *name)
{
    return json_text(slack->sandbox->agency->slack, name, "");
}

static void random_hex(char *ret, size_t bytes)
{
    unsigned char raw[32];

    if (bytes > sizeof(raw) || RAND_bytes(raw, (int)bytes) != 1)
        abort();
    for (size_t i = 0; i < bytes; i++)
        snprintf(ret + 2 * i, 3, "%02x", raw[i]);
}

static const struct response_url *url_make(struct slack *slack, const char *channel,
                                           const char *user)
{
    struct response_url *url = &slack->urls[slack->url_count % URLS_KEPT];
    char secret[25];

    random_hex(secret, 12);
    *url = (struct response_url){ .born_ms = sandbox_clock_ms(slack->sandbox) };
    snprintf(url->path, sizeof(url->path), "/commands/%s/%llu/%s", config(slack, "team_id"),
             1000000000000ull + slack->url_count++, secret);
    snprintf(url->channel, sizeof(url->channel), "%s", channel);
    snprintf(url->user, sizeof(url->user), "%s", user);
    return url;
}

/* The number in the path says where it is kept; the whole path must be the same. */
static struct response_url *url_of(struct slack *slack, const char *path)
{
    unsigned long long number = 0;

    if (sscanf(path, "/commands/%*[A-Z0-9]/%llu/", &number) != 1 || number < 1000000000000ull)
        return NULL;
    struct response_url *url = &slack->urls[(number - 1000000000000ull) % URLS_KEPT];
    return *url->path && !strcmp(url->path, path) ? url : NULL;
}

static void refuse_url(struct request *request, int status, const char *error)
{
    reply_text(request, status, "application/json; charset=utf-8",
               arena_printf(request->arena, "{\"ok\":false,\"error\":\"%s\"}", error));
}

static cJSON *message_read(struct request *request)
{
    struct error err = { 0 };

    if (!request_media_type_is(request, "application/json"))
        return NULL;
    return json_parse(request->arena, buf_cstr(&request->body), request->body.len, &err);
}

static void take_response(struct request *request)
{
    struct slack *slack = request->sandbox->slack;
    struct response_url *url = url_of(slack, request->path);

    if (!url || strcmp(request->method, "POST") != 0) {
        refuse_url(request, 404, "no_service");
        return;
    }
    struct origin origin = { "response_url", url->channel, url->user };
    if (sandbox_clock_ms(request->sandbox) - url->born_ms > URL_LIFE_MS) {
        keep(slack, origin, NULL, (struct verdict){ "expired_url", "" }, 404);
        refuse_url(request, 404, "expired_url");
        return;
    }
    if (url->uses >= URL_USES) {
        keep(slack, origin, NULL, (struct verdict){ "used_url", "" }, 404);
        refuse_url(request, 404, "used_url");
        return;
    }
    const cJSON *message = message_read(request);
    struct verdict verdict = message_judge(request->arena, message, false);
    if (!verdict.error)
        url->uses++;
    keep(slack, origin, message, verdict, verdict.error ? 400 : 200);
    reply_text(request, verdict.error ? 400 : 200, "text/plain; charset=utf-8",
               verdict.error ? verdict.error : "ok");
}

/* ---- the Web API ---- */

static const cJSON *channel_of(const struct sandbox *sandbox, const char *id)
{
    const cJSON *channel = NULL;

    cJSON_ArrayForEach(channel, json_get(sandbox->agency->slack, "channels")) {
        if (!strcmp(json_text(channel, "id", ""), id))
            return channel;
    }
    return NULL;
}

static bool is_user(const struct sandbox *sandbox, const char *id)
{
    const cJSON *user = NULL;

    cJSON_ArrayForEach(user, json_get(sandbox->agency->slack, "users")) {
        if (!strcmp(json_text(user, "id", ""), id))
            return true;
    }
    return false;
}

static void api_refuse(struct request *request, const char *error, const char *detail)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddFalseToObject(root, "ok");
    cJSON_AddStringToObject(root, "error", error);
    if (detail) {
        const char *list[] = { detail };
        cJSON_AddItemToObject(root, "errors", cJSON_CreateStringArray(list, 1));
        cJSON_AddItemToObject(cJSON_AddObjectToObject(root, "response_metadata"), "messages",
                              cJSON_CreateStringArray(list, 1));
    }
    reply_json(request, 200, root);
}

static void api_posted(struct request *request, const char *channel, const cJSON *message)
{
    scoped_json cJSON *root = cJSON_CreateObject();
    struct slack *slack = request->sandbox->slack;
    int64_t now_ms = clock_real_ms();

    cJSON_AddTrueToObject(root, "ok");
    cJSON_AddStringToObject(root, "channel", channel);
    cJSON_AddStringToObject(root, "ts",
                            arena_printf(request->arena, "%lld.%06llu", (long long)(now_ms / 1000),
                                         (unsigned long long)(slack->last % 1000000)));
    cJSON_AddItemReferenceToObject(root, "message", (cJSON *)(uintptr_t)message);
    reply_json(request, 200, root);
}

static void api_post_message(struct request *request)
{
    struct slack *slack = request->sandbox->slack;
    const cJSON *message = message_read(request);
    const char *id = json_text(message, "channel", "");
    const cJSON *channel = channel_of(request->sandbox, id);
    struct verdict verdict = { 0 };

    if (!message) {
        api_refuse(request, "invalid_json", NULL);
        return;
    }
    if (!channel && is_user(request->sandbox, id)) /* the bot's direct message with them */
        channel = channel_of(request->sandbox, id = arena_printf(request->arena, "D%s", id + 1));
    if (!channel)
        verdict.error = "channel_not_found";
    else if (channel && cJSON_IsFalse(json_get(channel, "bot")))
        verdict.error = "not_in_channel";
    else
        verdict = message_judge(request->arena, message, true);
    keep(slack, (struct origin){ "chat.postMessage", id, "" }, message, verdict, 200);
    if (verdict.error)
        api_refuse(request, verdict.error, verdict.detail);
    else
        api_posted(request, id, message);
}

static void api_auth_test(struct request *request)
{
    scoped_json cJSON *root = cJSON_CreateObject();
    const struct slack *slack = request->sandbox->slack;

    cJSON_AddTrueToObject(root, "ok");
    cJSON_AddStringToObject(root, "url", "https://agencia-exemplo.slack.com/");
    cJSON_AddStringToObject(root, "team", config(slack, "team_domain"));
    cJSON_AddStringToObject(root, "user", "raiox");
    cJSON_AddStringToObject(root, "team_id", config(slack, "team_id"));
    cJSON_AddStringToObject(root, "user_id", "U0RAIOXBOT");
    cJSON_AddStringToObject(root, "bot_id", "B0RAIOX");
    reply_json(request, 200, root);
}

/* A direct message of the bot with a user: its channel is named after the user's. */
static void api_open(struct request *request)
{
    const cJSON *message = message_read(request);
    const char *users = json_text(message, "users", NULL);
    scoped_json cJSON *root = cJSON_CreateObject();

    if (!users && request_media_type_is(request, "application/x-www-form-urlencoded") &&
        request_read_form(request))
        users = request_param(request, "users");
    if (!users || !is_user(request->sandbox, users)) {
        api_refuse(request, "user_not_found", NULL);
        return;
    }
    cJSON_AddTrueToObject(root, "ok");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(root, "channel"), "id",
                            arena_printf(request->arena, "D%s", users + 1));
    reply_json(request, 200, root);
}

static void api_handle(struct request *request, const char *method)
{
    static const struct {
        const char *name;
        void (*fn)(struct request *request);
    } methods[] = {
        { "chat.postMessage", api_post_message },
        { "auth.test", api_auth_test },
        { "conversations.open", api_open },
    };
    const char *token = request_header(request, "Authorization");

    if (!token || strncmp(token, "Bearer ", 7) != 0) {
        api_refuse(request, "not_authed", NULL);
        return;
    }
    if (strcmp(token + 7, config(request->sandbox->slack, "bot_token")) != 0) {
        api_refuse(request, "invalid_auth", NULL);
        return;
    }
    for (size_t i = 0; i < COUNT(methods); i++) {
        if (!strcmp(method, methods[i].name)) {
            methods[i].fn(request);
            return;
        }
    }
    api_refuse(request, "unknown_method", NULL);
}

void slack_handle(struct request *request)
{
    if (!strncmp(request->path, "/commands/", 10))
        take_response(request);
    else if (!strncmp(request->path, "/slack/api/", 11))
        api_handle(request, request->path + 11);
    else
        reply_text(request, 404, "text/html", "<h1>Not Found</h1>\n");
}

/* ---- commands ---- */

static void form_add(struct buf *form, const char *name, const char *value)
{
    buf_printf(form, "%s%s=", form->len ? "&" : "", name);
    for (const char *at = value; *at; at++) { /* as Slack does: a blank is a plus */
        if (*at == ' ')
            buf_char(form, '+');
        else
            buf_urlencode(form, at, 1);
    }
}

static const char *user_name(const struct sandbox *sandbox, const char *id)
{
    const cJSON *user = NULL;

    cJSON_ArrayForEach(user, json_get(sandbox->agency->slack, "users")) {
        if (!strcmp(json_text(user, "id", ""), id))
            return json_text(user, "name", "");
    }
    return "alguem";
}

/* Slack escapes these three in what people type. */
static const char *text_escaped(struct arena *arena, const char *text)
{
    struct buf out = { 0 };

    buf_init(&out, 1 << 20);
    for (const char *at = text; *at; at++) {
        if (*at == '&')
            buf_text(&out, "&amp;");
        else if (*at == '<')
            buf_text(&out, "&lt;");
        else if (*at == '>')
            buf_text(&out, "&gt;");
        else
            buf_char(&out, *at);
    }
    char *escaped = arena_strdup(arena, buf_cstr(&out));
    buf_finish(&out);
    return escaped;
}

static const char *channel_name(const struct sandbox *sandbox, const char *id)
{
    if (*id == 'D')
        return "directmessage";
    return json_text(channel_of(sandbox, id), "name", "desconhecido");
}

static const char *trigger_make(struct request *request)
{
    char secret[33];

    random_hex(secret, 16);
    return arena_printf(request->arena, "%lld.%llu.%s", (long long)clock_real_ms(),
                        (unsigned long long)request->sandbox->slack->url_count, secret);
}

static const char *command_form(struct request *request, const cJSON *command,
                                const struct response_url *url)
{
    struct sandbox *sandbox = request->sandbox;
    struct slack *slack = sandbox->slack;
    struct buf form = { 0 };
    const char *trigger = json_text(command, "trigger_id", NULL);
    const char *response_url =
        arena_printf(request->arena, "%s%s", server_url(sandbox->server), url->path);

    buf_init(&form, 1 << 20);
    form_add(&form, "token", "gIkuvaNzQIHg97ATvDxqgjtO");
    form_add(&form, "team_id", json_text(command, "team_id", config(slack, "team_id")));
    form_add(&form, "team_domain", config(slack, "team_domain"));
    form_add(&form, "channel_id", url->channel);
    form_add(&form, "channel_name", channel_name(sandbox, url->channel));
    form_add(&form, "user_id", url->user);
    form_add(&form, "user_name", user_name(sandbox, url->user));
    form_add(&form, "command", json_text(command, "command", "/raiox"));
    form_add(&form, "text", text_escaped(request->arena, json_text(command, "text", "")));
    form_add(&form, "api_app_id", config(slack, "api_app_id"));
    form_add(&form, "is_enterprise_install", "false");
    form_add(&form, "response_url", json_text(command, "response_url", response_url));
    form_add(&form, "trigger_id", trigger ? trigger : trigger_make(request));
    char *text = arena_strdup(request->arena, buf_cstr(&form));
    buf_finish(&form);
    return text;
}

static const char *signature_of(struct request *request, const char *timestamp, const char *form)
{
    const struct sandbox *sandbox = request->sandbox;
    const char *secret = sandbox->options.signing_secret ? sandbox->options.signing_secret
                                                         : config(sandbox->slack, "signing_secret");
    const char *base = arena_printf(request->arena, "v0:%s:%s", timestamp, form);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *hex = arena_alloc(request->arena, 68);

    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)base, strlen(base), mac,
         &len);
    memcpy(hex, "v0=", 4);
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 3 + 2 * i, 3, "%02x", mac[i]);
    return hex;
}

/* What raiox said at once: shown as Slack would, and told to who sent the command. */
static void on_acknowledged(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct request *request = arg;
    struct slack *slack = request->sandbox->slack;
    const struct response_url *url = request->waiter;
    struct error bad = { 0 };
    struct verdict verdict = { 0 };
    scoped_json cJSON *root = cJSON_CreateObject();

    request->onward = NULL;
    const char *text =
        arena_strndup(request->arena, answer->body ? answer->body : "", answer->body_len);
    const cJSON *body = *text == '{' ? json_parse(request->arena, text, strlen(text), &bad) : NULL;
    if (err || answer->status < 200 || answer->status > 299)
        verdict = (struct verdict){ "dispatch_failed", err ? err->log : "" };
    else if (answer->took_ms > SLACK_PATIENCE_MS)
        verdict = (struct verdict){ "operation_timeout", "" };
    else if (body)
        verdict = message_judge(request->arena, body, false);
    if (verdict.error || *text)
        keep(slack, (struct origin){ "ack", url->channel, url->user }, body, verdict,
             answer->status);
    cJSON_AddNumberToObject(root, "status", answer->status);
    cJSON_AddStringToObject(root, "body", text);
    cJSON_AddNumberToObject(root, "took_ms", (double)answer->took_ms);
    if (verdict.error)
        cJSON_AddStringToObject(root, "error", verdict.error);
    cJSON_AddStringToObject(root, "response_url_path", url->path);
    reply_json(request, 200, root);
    request_answer(request);
}

static void on_never_acknowledged(struct request *request)
{
    reply_text(request, 504, "application/json", "{\"error\":\"raiox did not answer\"}");
}

static void tell_dry(struct request *request, const char *const *headers, const char *form,
                     const struct response_url *url)
{
    scoped_json cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "headers");

    for (; *headers; headers++)
        cJSON_AddItemToArray(list, cJSON_CreateString(*headers));
    cJSON_AddStringToObject(root, "body", form);
    cJSON_AddStringToObject(root, "response_url_path", url->path);
    reply_json(request, 200, root);
}

static void keep_typed(struct slack *slack, const cJSON *command, const struct response_url *url)
{
    scoped_json cJSON *typed = cJSON_CreateObject();
    char line[4096];

    snprintf(line, sizeof(line), "%s %s", json_text(command, "command", "/raiox"),
             json_text(command, "text", ""));
    cJSON_AddStringToObject(typed, "text", line);
    keep(slack, (struct origin){ "command", url->channel, url->user }, typed, (struct verdict){ 0 },
         200);
}

static const struct response_url *url_asked(struct request *request, const cJSON *asked)
{
    return url_make(request->sandbox->slack, json_text(asked, "channel", "C0123"),
                    json_text(asked, "user", "U0ANALISTA"));
}

void slack_send_command(struct request *request, const cJSON *command)
{
    struct sandbox *sandbox = request->sandbox;
    const struct response_url *url = url_asked(request, command);
    const char *form = command_form(request, command, url);
    const char *timestamp =
        json_text(command, "timestamp",
                  arena_printf(request->arena, "%lld", (long long)(clock_real_ms() / 1000)));
    const char *signature = json_text(command, "signature", signature_of(request, timestamp, form));
    const char *headers[] = {
        "Content-Type: application/x-www-form-urlencoded",
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)",
        arena_printf(request->arena, "X-Slack-Request-Timestamp: %s", timestamp),
        arena_printf(request->arena, "X-Slack-Signature: %s", signature),
        NULL,
    };

    if (cJSON_IsTrue(json_get(command, "dry"))) {
        tell_dry(request, headers, form, url);
        return;
    }
    if (!sandbox->options.raiox_url) {
        reply_text(request, 409, "application/json", "{\"error\":\"started without --raiox-url\"}");
        return;
    }
    keep_typed(sandbox->slack, command, url);
    request_wait(request, COMMAND_MS + 2000, on_never_acknowledged);
    request->waiter = url;
    const struct http_request onward = {
        .method = "POST",
        .url = arena_printf(request->arena, "%s/slack/commands", sandbox->options.raiox_url),
        .headers = headers,
        .body = form,
        .body_len = strlen(form),
        .total_ms = COMMAND_MS,
    };
    request->onward = http_send(sandbox->http, &onward, on_acknowledged, request);
}

void slack_give_response_url(struct request *request, const cJSON *asked)
{
    const struct response_url *url = url_asked(request, asked);
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(
        root, "response_url",
        arena_printf(request->arena, "%s%s", server_url(request->sandbox->server), url->path));
    cJSON_AddStringToObject(root, "trigger_id", trigger_make(request));
    reply_json(request, 200, root);
}

cJSON *slack_channels_json(const struct sandbox *sandbox)
{
    cJSON *root = cJSON_CreateObject();
    const cJSON *slack = sandbox->agency->slack;

    cJSON_AddItemToObject(root, "channels", cJSON_Duplicate(json_get(slack, "channels"), true));
    cJSON_AddItemToObject(root, "users", cJSON_Duplicate(json_get(slack, "users"), true));
    return root;
}
