/*
 * The Graph API's door: version, token, proof, which node and edge, and the shape of failures and
 * pages. Source: contracts of the Marketing API, v26.0.
 */
#include "tests/sandbox/meta.h"

#include <ctype.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Above these an answer is too big ("reduce the amount of data"): plain rows, and with nesting. */
#define ROWS_MAX 1000
#define ROWS_NESTED_MAX 250
#define PAGE_DEFAULT 25
#define HISTORY_MONTHS 37

void *meta_fail(struct meta_call *call, int status, int code, int subcode, const char *format, ...)
{
    char message[600];
    va_list args;
    scoped_json cJSON *root = NULL;

    if (call->failed)
        return NULL;
    call->failed = true;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    root = cJSON_CreateObject();
    cJSON *error = cJSON_AddObjectToObject(root, "error");
    cJSON_AddStringToObject(error, "message", message);
    if (code != 1) { /* "reduce the amount of data" comes with neither type nor trace */
        cJSON_AddStringToObject(error, "type",
                                code == 100 && subcode == 33 ? "GraphMethodException"
                                                             : "OAuthException");
    }
    cJSON_AddNumberToObject(error, "code", code);
    if (subcode)
        cJSON_AddNumberToObject(error, "error_subcode", subcode);
    if (code != 1)
        cJSON_AddStringToObject(error, "fbtrace_id", "ASandboxTrace");
    reply_json(call->request, status, root);
    return NULL;
}

const char *edge_param(const struct meta_edge *edge, const char *name)
{
    return edge->nested ? field_modifier(edge->nested, name)
                        : request_param(edge->call->request, name);
}

int account_today(const struct meta_call *call, const struct account *account)
{
    return day_today(sandbox_today_ms(call->request->sandbox), account->zone);
}

const cJSON *edge_json(const struct meta_edge *edge, const char *name, bool want_array)
{
    const char *text = edge_param(edge, name);
    struct error err = { 0 };

    if (!text)
        return NULL;
    cJSON *json = json_parse(edge->call->request->arena, text, strlen(text), &err);
    if (!json || (want_array ? !cJSON_IsArray(json) : !cJSON_IsObject(json)))
        return meta_fail(edge->call, 400, 100, 0, "(#100) Param %s must be %s", name,
                         want_array ? "an array" : "a valid time range object");
    return json;
}

static bool days_of_preset(const char *word, int today, struct days *ret)
{
    char *end = NULL;
    long count = strncmp(word, "last_", 5) ? 0 : strtol(word + 5, &end, 10);
    int quarter = month_first(today);

    if (days_of_word(word, today, ret))
        return true;
    while ((date_of(quarter).month - 1) % 3)
        quarter = month_first(quarter - 1);
    if (end && !strcmp(end, "d") &&
        (count == 3 || count == 7 || count == 14 || count == 28 || count == 30 || count == 90))
        *ret = (struct days){ today - (int)count, today - 1 };
    else if (!strcmp(word, "this_quarter"))
        *ret = (struct days){ quarter, today };
    else if (!strcmp(word, "this_year"))
        *ret = (struct days){ day_of((struct date){ date_of(today).year, 1, 1 }), today };
    else if (!strcmp(word, "maximum") || !strcmp(word, "data_maximum"))
        *ret = (struct days){ today - HISTORY_MONTHS * 30, today };
    else
        return false;
    return true;
}

static bool days_of_range(const struct meta_edge *edge, struct days *ret)
{
    const cJSON *range = edge_json(edge, "time_range", false);

    if (!range)
        return false;
    if (!day_parse(json_text(range, "since", ""), &ret->from) ||
        !day_parse(json_text(range, "until", ""), &ret->to)) {
        meta_fail(edge->call, 400, 100, 0,
                  "(#100) Param time_range must be {'since':YYYY-MM-DD,'until':YYYY-MM-DD}");
        return false;
    }
    if (ret->from > ret->to) {
        meta_fail(edge->call, 400, 100, 0,
                  "(#100) The start date of the time range cannot be later than the end date");
        return false;
    }
    return true;
}

bool edge_days(const struct meta_edge *edge, int today, struct days *ret, bool *ret_given)
{
    const char *preset = edge_param(edge, "date_preset");

    *ret = (struct days){ today - 30, today - 1 };
    *ret_given = true;
    if (edge_param(edge, "time_range")) {
        if (!days_of_range(edge, ret))
            return false;
    } else if (preset) {
        if (!days_of_preset(preset, today, ret)) {
            meta_fail(edge->call, 400, 100, 0,
                      "(#100) date_preset must be one of the following values: today, yesterday, "
                      "this_month, last_month, this_quarter, maximum, data_maximum, last_3d, ...");
            return false;
        }
    } else {
        *ret_given = false;
    }
    if (ret->from < today - HISTORY_MONTHS * 31) {
        meta_fail(edge->call, 400, 3018, 0,
                  "(#3018) The start date of the time range cannot be beyond 37 months from the "
                  "current date");
        return false;
    }
    return true;
}

/* ---- pages ---- */

#define CURSOR_START "QVFIU"

static const char *cursor_of(struct arena *arena, const struct meta_edge *edge, size_t row)
{
    unsigned hash = 5381;

    for (const char *at = edge->name; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    for (const char *at = edge->id; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    return arena_printf(arena, CURSOR_START "%08x%06zxZD", hash, row);
}

static bool cursor_read(const struct meta_edge *edge, const char *cursor, size_t *ret)
{
    unsigned row = 0;

    if (strlen(cursor) != strlen(CURSOR_START) + 16 ||
        sscanf(cursor + strlen(CURSOR_START) + 8, "%6x", &row) != 1 ||
        strcmp(cursor, cursor_of(edge->call->request->arena, edge, row)) != 0)
        return false;
    *ret = row;
    return true;
}

bool edge_page(struct meta_edge *edge, size_t count, bool has_nested, struct page *ret)
{
    const char *limit = edge_param(edge, "limit"), *after = edge_param(edge, "after");
    int64_t want = PAGE_DEFAULT;
    size_t from = 0;

    if (limit && (!text_int64(limit, strlen(limit), &want) || want < 0)) {
        meta_fail(edge->call, 400, 100, 0, "(#100) Param limit must be an integer");
        return false;
    }
    if (after && *after && !cursor_read(edge, after, &from)) {
        meta_fail(edge->call, 400, 2642, 0, "(#2642) Invalid cursors values");
        return false;
    }
    if (want == 0)
        want = PAGE_DEFAULT;
    from = from < count ? from : count;
    ret->from = from;
    ret->to = count - from < (size_t)want ? count : from + (size_t)want;
    edge->call->rows += (int)(ret->to - ret->from);
    if (edge->call->rows > (has_nested || edge->nested ? ROWS_NESTED_MAX : ROWS_MAX)) {
        meta_fail(edge->call, 500, 1, 0,
                  "Please reduce the amount of data you're asking for, then retry your request");
        return false;
    }
    return true;
}

/* The same request with after: it holds the token, as the real one does. */
static const char *next_url(const struct meta_edge *edge, const char *after)
{
    struct request *request = edge->call->request;
    struct buf url = { 0 };

    buf_init(&url, 1 << 20);
    buf_printf(&url, "https://graph.facebook.com/%s/%s/%s?access_token=", edge->call->version,
               edge->id, edge->name);
    buf_text(&url, json_text(edge->call->agency->meta, "token", ""));
    for (size_t i = 0; !edge->nested && i < request->params.len; i++) {
        const struct param *param = &request->params.items[i];
        if (!strcmp(param->name, "after") || !strcmp(param->name, "access_token"))
            continue;
        buf_printf(&url, "&%s=", param->name);
        buf_urlencode(&url, param->value, strlen(param->value));
    }
    buf_printf(&url, "&after=%s", after);
    char *text = arena_strdup(request->arena, buf_cstr(&url));
    buf_finish(&url);
    return text;
}

cJSON *edge_result(struct meta_edge *edge, cJSON *data, struct page page, size_t count)
{
    struct arena *arena = edge->call->request->arena;
    cJSON *root = cJSON_CreateObject();

    cJSON_AddItemToObject(root, "data", data);
    if (page.from == page.to)
        return root;
    cJSON *paging = cJSON_AddObjectToObject(root, "paging");
    cJSON *cursors = cJSON_AddObjectToObject(paging, "cursors");
    const char *after = cursor_of(arena, edge, page.to);
    cJSON_AddStringToObject(cursors, "before", cursor_of(arena, edge, page.from));
    cJSON_AddStringToObject(cursors, "after", after);
    if (page.to < count)
        cJSON_AddStringToObject(paging, "next", next_url(edge, after));
    return root;
}

/* ---- the door ---- */

static bool version_serves(struct meta_call *call, const char *version)
{
    static const char *const good[] = { "v26.0", "v25.0" };
    int major = 0, minor = 0, end = 0;

    if (sscanf(version, "v%d.%d%n", &major, &minor, &end) != 2 || version[end]) {
        meta_fail(call, 400, 2500, 0, "Unknown path components: /%s", version);
        return false;
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!strcmp(version, good[i]))
            return true;
    }
    if (major > 26)
        meta_fail(call, 400, 2500, 0, "Unknown path components: /%s", version);
    else
        meta_fail(call, 400, 2635, 0,
                  "(#2635) You are calling a deprecated version of the Ads API. Please update to "
                  "the latest version: v26.0.");
    return false;
}

static void proof_of(const char *token, const char *secret, char ret[65])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)token, strlen(token),
         mac, &len);
    for (size_t i = 0; i < 32; i++)
        snprintf(ret + 2 * i, 3, "%02x", mac[i]);
}

static bool authorized(struct meta_call *call)
{
    const struct request *request = call->request;
    const char *header = request_header(request, "Authorization");
    const char *ours = json_text(call->agency->meta, "token", "");
    const char *proof = request_param(request, "appsecret_proof");
    const char *token = header && !strncmp(header, "Bearer ", 7)
                            ? header + 7
                            : request_param(request, "access_token");
    char expected[65];

    if (!token) {
        meta_fail(call, 400, 104, 0, "An access token is required to request this resource.");
        return false;
    }
    if (strcmp(token, ours) != 0) {
        meta_fail(call, 400, 190, 0, "Invalid OAuth access token - Cannot parse access token");
        return false;
    }
    proof_of(token, json_text(call->agency->meta, "app_secret", ""), expected);
    if (!proof && request->sandbox->options.require_proof) {
        meta_fail(call, 400, 100, 0,
                  "API calls from the server require an appsecret_proof argument");
        return false;
    }
    if (proof && strcmp(proof, expected) != 0) {
        meta_fail(call, 400, 100, 0, "Invalid appsecret_proof provided in the API argument");
        return false;
    }
    return true;
}

static void *unknown_id(struct meta_call *call, const char *id)
{
    return meta_fail(call, 400, 100, 33,
                     "Unsupported get request. Object with ID '%s' does not exist, cannot be "
                     "loaded due to missing permissions, or does not support this operation. "
                     "Please read the Graph API documentation at "
                     "https://developers.facebook.com/docs/graph-api",
                     id);
}

static void *unknown_edge(struct meta_call *call, const char *name)
{
    return meta_fail(call, 400, 2500, 0, "Unknown path components: /%s", name);
}

static cJSON *of_account(struct meta_call *call, struct meta_edge *edge)
{
    const struct account *account = agency_meta_account(call->agency, edge->id + 4);

    if (!account)
        return unknown_id(call, edge->id);
    if (account->denied)
        return meta_fail(call, 403, 200, 0,
                         "(#200) Ad account owner has NOT grant ads_management or ads_read "
                         "permission");
    call->request->account = edge->id;
    reply_header(call->request, "X-Business-Use-Case-Usage",
                 "{\"%s\":[{\"type\":\"%s\",\"call_count\":1,\"total_cputime\":1,\"total_time\":1,"
                 "\"estimated_time_to_regain_access\":0,\"ads_api_access_tier\":\"full\"}]}",
                 account->id, strcmp(edge->name, "insights") ? "ads_management" : "ads_insights");
    return *edge->name ? meta_edge_of_account(edge, account)
                       : meta_node_account(call, account, edge->fields);
}

static cJSON *me(struct meta_call *call)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "id", json_text(call->agency->meta, "user_id", "1"));
    cJSON_AddStringToObject(json, "name", "raiox system user");
    return json;
}

static cJSON *answer(struct meta_call *call, struct meta_edge *edge)
{
    const struct business *business = agency_business(call->agency, edge->id);
    const struct campaign *campaign = agency_meta_campaign(call->agency, edge->id);

    if (!strncmp(edge->id, "act_", 4))
        return of_account(call, edge);
    if (!strcmp(edge->id, "me") && !*edge->name)
        return me(call);
    if (business)
        return *edge->name ? meta_edge_of_business(edge, business)
                           : meta_node_business(call, business, edge->fields);
    if (campaign && !campaign->account->denied)
        return *edge->name ? meta_edge_of_campaign(edge, campaign)
                           : meta_node_campaign(call, campaign, edge->fields);
    return *edge->name && strcmp(edge->name, "insights") && strcmp(edge->name, "campaigns") &&
                   strcmp(edge->name, "adsets") && !strstr(edge->name, "_ad_accounts")
               ? unknown_edge(call, edge->name)
               : unknown_id(call, edge->id);
}

/* Meta writes JSON in ASCII, with \uXXXX and \/. Outside of strings there is neither. */
static const char *as_meta_writes(struct arena *arena, const char *text)
{
    size_t len = strlen(text), room = 0;

    for (size_t i = 0; i < len; i++)
        room += (unsigned char)text[i] >= 0xc0 ? 12 : text[i] == '/' ? 2 : 1;
    char *out = arena_alloc(arena, room + 1), *at = out;
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        if (*c < 0x80) {
            if (*c == '/')
                *at++ = '\\';
            *at++ = (char)*c++;
            continue;
        }
        int extra = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : 1;
        unsigned point = *c++ & (0x3fu >> extra);
        while (extra-- > 0)
            point = point << 6 | (*c++ & 0x3fu);
        if (point >= 0x10000) {
            at += snprintf(at, 7, "\\u%04x", 0xd800 + ((point - 0x10000) >> 10));
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        at += snprintf(at, 7, "\\u%04x", point);
    }
    return out;
}

static bool path_split(struct meta_call *call, struct meta_edge *edge)
{
    char *path = arena_strdup(call->request->arena, call->request->path + strlen("/meta/"));
    char *id = strchr(path, '/'), *name = NULL;

    if (id)
        *id++ = 0;
    if (id && (name = strchr(id, '/')))
        *name++ = 0;
    call->version = path;
    edge->id = id ? id : "";
    edge->name = name ? name : "";
    if (name && strchr(name, '/'))
        return unknown_edge(call, name) != NULL;
    return version_serves(call, call->version);
}

void meta_handle(struct request *request)
{
    struct meta_call call = { .request = request, .agency = request->sandbox->agency };
    struct meta_edge edge = { .call = &call };
    const char *fields = request_param(request, "fields");
    struct field list = { 0 };
    scoped_json cJSON *root = NULL;

    if (!path_split(&call, &edge) || !authorized(&call))
        return;
    if (strcmp(request->method, "GET") != 0) {
        meta_fail(&call, 400, 100, 0, "Unsupported %s request", request->method);
        return;
    }
    const char *wrong = fields && *fields ? meta_fields_parse(request->arena, fields, &list) : NULL;
    if (wrong) {
        meta_fail(&call, 400, 2500, 0, "%s", wrong);
        return;
    }
    edge.fields = list.first;
    root = answer(&call, &edge);
    if (!root || call.failed)
        return;
    reply_text(request, 200, "application/json; charset=UTF-8",
               as_meta_writes(request->arena, json_print(request->arena, root)));
    reply_header(request, "X-App-Usage", "{\"call_count\":1,\"total_time\":1,\"total_cputime\":1}");
    reply_header(request, "facebook-api-version", "%s", call.version);
    request->reply.cacheable = true;
}
