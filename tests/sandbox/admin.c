/* What tests and benchmarks ask of the sandbox itself. */
#include <string.h>

#include "tests/sandbox/agency.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/ledger.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/server.h"
#include "tests/sandbox/slack.h"

static void done(struct request *request)
{
    reply_text(request, 200, "application/json", "{\"ok\":true}");
}

static void refuse(struct request *request, const char *why)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "error", why);
    reply_json(request, 400, root);
}

/* NULL: refused already. */
static const cJSON *body_json(struct request *request)
{
    struct error err = { 0 };
    const cJSON *body =
        json_parse(request->arena, buf_cstr(&request->body), request->body.len, &err);

    if (!body)
        refuse(request, err.log);
    return body;
}

static void add_fault(struct request *request)
{
    const cJSON *body = body_json(request);
    const char *wrong = NULL;

    if (!body)
        return;
    bool several = cJSON_IsArray(body);
    for (const cJSON *fault = several ? body->child : body; fault && !wrong;
         fault = several ? fault->next : NULL)
        wrong = faults_add(request->sandbox->faults, fault);
    if (wrong)
        refuse(request, wrong);
    else
        done(request);
}

static void tell_faults(struct request *request)
{
    scoped_json cJSON *list = faults_json(request->sandbox->faults);
    reply_json(request, 200, list);
}

static void clear_faults(struct request *request)
{
    faults_clear(request->sandbox->faults);
    done(request);
}

static void tell_calls(struct request *request)
{
    scoped_json cJSON *root =
        ledger_json(request->sandbox->ledger, request_param(request, "service"),
                    !request_param(request, "counts"));

    cJSON_AddNumberToObject(root, "connections", server_connections(request->sandbox->server));
    reply_json(request, 200, root);
}

static void clear_calls(struct request *request)
{
    ledger_clear(request->sandbox->ledger);
    done(request);
}

static void clear_replies(struct request *request)
{
    slack_clear_replies(request->sandbox->slack);
    done(request);
}

static void send_command(struct request *request)
{
    const cJSON *body = body_json(request);

    if (body)
        slack_send_command(request, body);
}

static void give_response_url(struct request *request)
{
    const cJSON *body = body_json(request);

    if (body)
        slack_give_response_url(request, body);
}

static int int_in(const cJSON *json, const char *name, int fallback)
{
    const cJSON *item = json_get(json, name);
    return cJSON_IsNumber(item) ? item->valueint : fallback;
}

/* {"advance_s": 1801}: response_urls, cursors and tokens grow older by that. */
static void move_clock(struct request *request)
{
    const cJSON *body = body_json(request);

    if (!body)
        return;
    request->sandbox->skew_ms += (int64_t)int_in(body, "advance_s", 0) * 1000;
    server_forget_bodies(request->sandbox->server);
    done(request);
}

static void set_options(struct request *request)
{
    const cJSON *body = body_json(request);
    struct options *options = &request->sandbox->options;

    if (!body)
        return;
    options->latency_ms = int_in(body, "latency_ms", options->latency_ms);
    options->google_page_rows = int_in(body, "google_page_rows", options->google_page_rows);
    options->monday_budget = int_in(body, "monday_budget", (int)options->monday_budget);
    if (cJSON_IsString(json_get(body, "raiox_url"))) /* started after us, on a free port */
        options->raiox_url =
            arena_strdup(request->sandbox->arena, json_get(body, "raiox_url")->valuestring);
    if (json_get(body, "require_proof"))
        options->require_proof = cJSON_IsTrue(json_get(body, "require_proof"));
    if (options->google_page_rows < 1)
        options->google_page_rows = 1;
    server_forget_bodies(request->sandbox->server);
    done(request);
}

static void tell_channels(struct request *request)
{
    scoped_json cJSON *root = slack_channels_json(request->sandbox);
    reply_json(request, 200, root);
}

static const struct endpoint {
    const char *method, *path;
    void (*fn)(struct request *request);
} endpoints[] = {
    { "POST", "/admin/faults", add_fault },
    { "GET", "/admin/faults", tell_faults },
    { "DELETE", "/admin/faults", clear_faults },
    { "GET", "/admin/calls", tell_calls },
    { "DELETE", "/admin/calls", clear_calls },
    { "GET", "/admin/replies", slack_tell_replies },
    { "DELETE", "/admin/replies", clear_replies },
    { "POST", "/admin/commands", send_command },
    { "POST", "/admin/response_urls", give_response_url },
    { "POST", "/admin/clock", move_clock },
    { "POST", "/admin/options", set_options },
    { "GET", "/admin/channels", tell_channels },
};

void admin_handle(struct request *request)
{
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (!strcmp(request->method, endpoints[i].method) &&
            !strcmp(request->path, endpoints[i].path)) {
            endpoints[i].fn(request);
            return;
        }
    }
    reply_text(request, 404, "application/json", "{\"error\":\"no such endpoint\"}");
}
