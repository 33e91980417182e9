#include "tests/sandbox/faults.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/agency.h"

#define FAULTS_MAX 256
#define HUGE_DEFAULT (100u << 20)
#define NESTED_DEPTH 100000

struct kind;

struct fault {
    const struct kind *kind;
    char *service, *path, *account, *match, *method, *body; /* NULL: any, or none */
    int status, delay_ms, times, hits;
    int retry_after_s;
    size_t fill_len;
};

struct faults {
    struct fault list[FAULTS_MAX];
    size_t count;
};

/*
 * A kind either lets the service work and spoils how its answer travels or reads, or stands in the
 * service's place. fn fills the reply.
 */
struct kind {
    const char *name;
    bool wants_answer;
    void (*fn)(const struct fault *fault, struct request *request);
};

static const char *json_made(struct request *request, const char *format, int number)
{
    struct buf out = { 0 };

    buf_init(&out, 4096);
    for (const char *at = format; *at; at++) {
        if (*at == '#')
            buf_printf(&out, "%d", number);
        else
            buf_char(&out, *at);
    }
    char *text = arena_strdup(request->arena, buf_cstr(&out));
    buf_finish(&out);
    return text;
}

/* One failure as each service words it. # is the seconds to wait. */
struct wording {
    int status;
    const char *body; /* NULL: this service has no such failure */
};

static void reply_worded(const struct fault *fault, struct request *request,
                         const struct wording wordings[SERVICES])
{
    const struct wording *wording = &wordings[request->service];
    int wait_s = fault->retry_after_s ? fault->retry_after_s : 1;

    if (!wording->body) {
        reply_text(request, 500, "text/plain", "this service has no such fault\n");
        return;
    }
    reply_text(request, fault->status ? fault->status : wording->status,
               "application/json; charset=UTF-8", json_made(request, wording->body, wait_s));
}

#define GOOGLE_FAILURE(code, message, status, kind, name, details)                                 \
    "{\"error\":{\"code\":" code ",\"message\":\"" message "\",\"status\":\"" status               \
    "\",\"details\":[{\"@type\":\"type.googleapis.com/google.ads.googleads.v26.errors."            \
    "GoogleAdsFailure\",\"errors\":[{\"errorCode\":{\"" kind "\":\"" name                          \
    "\"},\"message\":\"" message "\"" details "}],\"requestId\":\"kSandboxFault\"}]}}"

static void throttle(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_SLACK] = { 429, "{\"ok\":false,\"error\":\"ratelimited\"}" },
        [SERVICE_MONDAY] = { 429,
                             "{\"data\":null,\"errors\":[{\"message\":\"Complexity budget "
                             "exhausted, query cost 222080 budget remaining 747 out of 10000000 "
                             "reset in # seconds\",\"extensions\":{\"code\":"
                             "\"COMPLEXITY_BUDGET_EXHAUSTED\",\"status_code\":429,\"complexity\":"
                             "222080,\"complexity_budget_left\":747,\"complexity_budget_limit\":"
                             "10000000,\"retry_in_seconds\":#,\"error_data\":{}}}],\"account_id\":"
                             "1234567,\"extensions\":{\"request_id\":\"0f1e2d3c\"}}" },
        [SERVICE_META] = { 400, "{\"error\":{\"message\":\"(\\u002380000) There have been too many "
                                "calls from this ad-account. Wait a bit and try again.\",\"type\":"
                                "\"OAuthException\",\"is_transient\":false,\"code\":80000,"
                                "\"error_subcode\":2446079,\"fbtrace_id\":\"A1b2C3\"}}" },
        [SERVICE_GOOGLE_ADS] = { 429, GOOGLE_FAILURE("429",
                                                     "Resource has been exhausted (e.g. check "
                                                     "quota).",
                                                     "RESOURCE_EXHAUSTED", "quotaError",
                                                     "RESOURCE_EXHAUSTED",
                                                     ",\"details\":{\"quotaErrorDetails\":{"
                                                     "\"rateScope\":\"DEVELOPER\",\"rateName\":"
                                                     "\"Number of operations for explorer "
                                                     "access\",\"retryDelay\":\"#s\"}}") },
        [SERVICE_GOOGLE_OAUTH] = { 429, "{\"error\":\"rate_limit_exceeded\"}" },
    };

    reply_worded(fault, request, wordings);
    int wait_s = fault->retry_after_s;
    if (request->service == SERVICE_SLACK || request->service == SERVICE_MONDAY)
        reply_header(request, "Retry-After", "%d", wait_s ? wait_s : 1);
    if (request->service == SERVICE_META && request->account)
        reply_header(request, "X-Business-Use-Case-Usage",
                     "{\"%s\":[{\"type\":\"ads_insights\",\"call_count\":100,\"total_cputime\":40,"
                     "\"total_time\":42,\"estimated_time_to_regain_access\":%d}]}",
                     request->account + (strncmp(request->account, "act_", 4) ? 0 : 4),
                     (wait_s + 59) / 60);
}

static void transient(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_SLACK] = { 500, "{\"ok\":false,\"error\":\"internal_error\"}" },
        [SERVICE_MONDAY] = { 200, "{\"errors\":[{\"message\":\"Internal server error\","
                                  "\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\","
                                  "\"status_code\":500}}],\"account_id\":1234567}" },
        [SERVICE_META] = { 500, "{\"error\":{\"message\":\"An unexpected error has occurred. "
                                "Please retry your request later.\",\"type\":\"OAuthException\","
                                "\"is_transient\":true,\"code\":2,\"fbtrace_id\":\"A1b2C3\"}}" },
        [SERVICE_GOOGLE_ADS] = { 500,
                                 GOOGLE_FAILURE("500", "Internal error encountered.", "INTERNAL",
                                                "internalError", "INTERNAL_ERROR", "") },
        [SERVICE_GOOGLE_OAUTH] = { 503, "{\"error\":\"internal_failure\"}" },
    };

    reply_worded(fault, request, wordings);
}

static void unavailable(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_SLACK] = { 503, "{\"ok\":false,\"error\":\"service_unavailable\"}" },
        [SERVICE_MONDAY] = { 503, "<html><body>503 Service Unavailable</body></html>" },
        [SERVICE_META] = { 503, "{\"error\":{\"message\":\"Service temporarily unavailable\","
                                "\"type\":\"OAuthException\",\"is_transient\":true,\"code\":2,"
                                "\"fbtrace_id\":\"A1b2C3\"}}" },
        [SERVICE_GOOGLE_ADS] = { 503,
                                 "{\"error\":{\"code\":503,\"message\":\"The service is currently "
                                 "unavailable.\",\"status\":\"UNAVAILABLE\"}}" },
        [SERVICE_GOOGLE_OAUTH] = { 503, "<html><body>503</body></html>" },
    };

    reply_worded(fault, request, wordings);
}

static void token_dead(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_SLACK] = { 200, "{\"ok\":false,\"error\":\"token_revoked\"}" },
        [SERVICE_MONDAY] = { 401, "{\"errors\":[\"Not Authenticated\"]}" },
        [SERVICE_META] = { 400, "{\"error\":{\"message\":\"Error validating access token: Session "
                                "has expired on Sunday, 01-Nov-26 10:00:00 PST.\",\"type\":"
                                "\"OAuthException\",\"code\":190,\"error_subcode\":463,"
                                "\"fbtrace_id\":\"A1b2C3\"}}" },
        [SERVICE_GOOGLE_ADS] = { 401,
                                 "{\"error\":{\"code\":401,\"message\":\"Request had invalid "
                                 "authentication credentials. Expected OAuth 2 access token, login "
                                 "cookie or other valid authentication credential.\",\"status\":"
                                 "\"UNAUTHENTICATED\",\"details\":[{\"@type\":\"type.googleapis."
                                 "com/google.rpc.ErrorInfo\",\"reason\":\"ACCESS_TOKEN_EXPIRED\","
                                 "\"domain\":\"googleapis.com\",\"metadata\":{\"service\":"
                                 "\"googleads.googleapis.com\"}}]}}" },
        [SERVICE_GOOGLE_OAUTH] = { 400,
                                   "{\"error\":\"invalid_grant\",\"error_description\":\"Token "
                                   "has been expired or revoked.\"}" },
    };

    reply_worded(fault, request, wordings);
}

static void permission(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_SLACK] = { 403, "action_prohibited" },
        [SERVICE_MONDAY] = { 403, "{\"errors\":[{\"message\":\"User unauthorized to perform "
                                  "action\",\"extensions\":{\"code\":\"UserUnauthorizedException\","
                                  "\"status_code\":403}}],\"account_id\":1234567}" },
        [SERVICE_META] = { 403, "{\"error\":{\"message\":\"(\\u0023200) Ad account owner has NOT "
                                "grant ads_management or ads_read permission\",\"type\":"
                                "\"OAuthException\",\"code\":200,\"fbtrace_id\":\"A1b2C3\"}}" },
        [SERVICE_GOOGLE_ADS] = { 403, GOOGLE_FAILURE("403", "The caller does not have permission",
                                                     "PERMISSION_DENIED", "authorizationError",
                                                     "USER_PERMISSION_DENIED", "") },
        [SERVICE_GOOGLE_OAUTH] = { 403, "{\"error\":\"access_denied\",\"error_description\":"
                                        "\"Account restricted\"}" },
    };

    reply_worded(fault, request, wordings);
}

static void reduce_data(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_MONDAY] = { 200, "{\"data\":null,\"errors\":[{\"message\":\"Query has complexity "
                                  "of 6000000, which exceeds max complexity of 5000000\","
                                  "\"extensions\":{\"code\":\"ComplexityException\","
                                  "\"status_code\":429,\"complexity\":6000000,"
                                  "\"complexity_budget_limit\":5000000}}],\"account_id\":"
                                  "1234567}" },
        [SERVICE_META] = { 500, "{\"error\":{\"code\":1,\"message\":\"Please reduce the amount of "
                                "data you're asking for, then retry your request\"}}" },
    };

    reply_worded(fault, request, wordings);
}

static void cursor_expired(const struct fault *fault, struct request *request)
{
    static const struct wording wordings[SERVICES] = {
        [SERVICE_SLACK] = { 404, "{\"ok\":false,\"error\":\"expired_url\"}" },
        [SERVICE_MONDAY] = { 200,
                             "{\"data\":null,\"errors\":[{\"message\":\"CursorExpiredError: The "
                             "cursor provided for pagination has expired. Please refresh your "
                             "query and obtain a new cursor to continue fetching items.\",\"path\":"
                             "[\"next_items_page\"],\"extensions\":{\"code\":\"CursorException\","
                             "\"status_code\":200,\"error_data\":{}}}],\"account_id\":1234567}" },
        [SERVICE_META] = { 400, "{\"error\":{\"message\":\"(\\u00232642) Invalid cursors values\","
                                "\"type\":\"OAuthException\",\"code\":2642,\"fbtrace_id\":"
                                "\"A1b2C3\"}}" },
        [SERVICE_GOOGLE_ADS] = { 400, GOOGLE_FAILURE("400", "Request contains an invalid argument.",
                                                     "INVALID_ARGUMENT", "requestError",
                                                     "EXPIRED_PAGE_TOKEN", "") },
    };

    reply_worded(fault, request, wordings);
}

static void html(const struct fault *fault, struct request *request)
{
    reply_text(request, fault->status ? fault->status : 502, "text/html; charset=UTF-8",
               "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
               "<body><h1>Bad Gateway</h1></body></html>\n");
}

static void deliver(struct request *request, enum delivery_kind how)
{
    request->reply.delivery = how;
}

static void cut(const struct fault *fault, struct request *request)
{
    (void)fault;
    deliver(request, DELIVER_CUT);
}

static void drip(const struct fault *fault, struct request *request)
{
    (void)fault;
    deliver(request, DELIVER_DRIP);
}

static void hang(const struct fault *fault, struct request *request)
{
    (void)fault;
    deliver(request, DELIVER_HANG);
}

static void close_now(const struct fault *fault, struct request *request)
{
    (void)fault;
    deliver(request, DELIVER_CLOSE);
}

static void huge(const struct fault *fault, struct request *request)
{
    reply_text(request, 200, "application/json", "");
    request->reply.fill_len = fault->fill_len ? fault->fill_len : HUGE_DEFAULT;
    deliver(request, DELIVER_HUGE);
}

static void nested(const struct fault *fault, struct request *request)
{
    char *text = arena_alloc(request->arena, 2 * NESTED_DEPTH + 1);

    (void)fault;
    memset(text, '[', NESTED_DEPTH);
    memset(text + NESTED_DEPTH, ']', NESTED_DEPTH);
    reply_text(request, 200, "application/json; charset=UTF-8", text);
}

static void empty(const struct fault *fault, struct request *request)
{
    reply_text(request, fault->status ? fault->status : 200, "application/json", "");
}

/* Texts become numbers, numbers texts, true and false become null. */
static void types_turned(cJSON *parent)
{
    for (cJSON *item = parent->child, *next = NULL; item; item = next) {
        cJSON *other = NULL;

        next = item->next;
        if (cJSON_IsString(item))
            other = cJSON_CreateNumber(7);
        else if (cJSON_IsNumber(item))
            other = cJSON_CreateString("seven");
        else if (cJSON_IsBool(item))
            other = cJSON_CreateNull();
        else
            types_turned(item);
        if (!other)
            continue;
        if (item->string)
            cJSON_ReplaceItemInObjectCaseSensitive(parent, item->string, other);
        else
            cJSON_ReplaceItemViaPointer(parent, item, other);
    }
}

static void wrong_types(const struct fault *fault, struct request *request)
{
    scoped_json cJSON *root = NULL;

    (void)fault;
    if (request->reply.body.data)
        root = cJSON_ParseWithLength(request->reply.body.data, request->reply.body.len);
    if (!root)
        return;
    types_turned(root);
    reply_json(request, request->reply.status, root);
}

/* Bytes that no UTF-8 text holds, in the middle of the answer. */
static void bad_utf8(const struct fault *fault, struct request *request)
{
    char *text = arena_strndup(request->arena, request->reply.body.data, request->reply.body.len);
    char *name = strstr(text, "\"name\":\"");

    (void)fault;
    if (name && name[8])
        name[8] = (char)0xff;
    request->reply.body.data = text;
}

static void fixed(const struct fault *fault, struct request *request)
{
    reply_text(request, fault->status ? fault->status : 500, "application/json; charset=UTF-8",
               fault->body ? arena_strdup(request->arena, fault->body) : "");
    if (fault->retry_after_s)
        reply_header(request, "Retry-After", "%d", fault->retry_after_s);
}

static void only_late(const struct fault *fault, struct request *request)
{
    (void)fault, (void)request;
}

static const struct kind kinds[] = {
    { "delay", true, only_late },
    { "fixed", false, fixed },
    { "fixed_after", true, fixed }, /* the service does its work, and its answer is lost */
    { "throttle", false, throttle },
    { "transient", false, transient },
    { "unavailable", false, unavailable },
    { "token_dead", false, token_dead },
    { "permission", false, permission },
    { "reduce_data", false, reduce_data },
    { "cursor_expired", false, cursor_expired },
    { "html", false, html },
    { "cut", true, cut },
    { "drip", true, drip },
    { "hang", false, hang },
    { "hang_after", true, hang },
    { "close", false, close_now },
    { "close_after", true, close_now },
    { "huge", false, huge },
    { "nested", false, nested },
    { "empty", false, empty },
    { "wrong_types", true, wrong_types },
    { "bad_utf8", true, bad_utf8 },
};

struct faults *faults_create(void)
{
    struct faults *faults = calloc(1, sizeof(*faults));
    if (!faults)
        abort();
    return faults;
}

void faults_clear(struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->list[i];
        char *texts[] = { fault->service, fault->path,   fault->account,
                          fault->match,   fault->method, fault->body };
        for (size_t j = 0; j < COUNT(texts); j++)
            free(texts[j]);
        *fault = (struct fault){ 0 };
    }
    faults->count = 0;
}

void faults_destroy(struct faults *faults)
{
    if (faults)
        faults_clear(faults);
    free(faults);
}

static char *text_copied(const cJSON *json, const char *name)
{
    const char *text = json_text(json, name, NULL);
    return text ? strdup(text) : NULL;
}

static int int_in(const cJSON *json, const char *name)
{
    const cJSON *item = json_get(json, name);
    return cJSON_IsNumber(item) ? item->valueint : 0;
}

static const struct kind *kind_named(const cJSON *json)
{
    bool answers = json_get(json, "status") || json_get(json, "body");
    const char *name = json_text(json, "kind", answers ? "fixed" : "delay");

    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!strcmp(name, kinds[i].name))
            return &kinds[i];
    }
    return NULL;
}

static const char *const known[] = { "kind",     "service", "path",          "account",
                                     "match",    "method",  "body",          "status",
                                     "delay_ms", "times",   "retry_after_s", "bytes" };

static bool all_known(const cJSON *json)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, json) {
        size_t i = 0;
        while (i < COUNT(known) && strcmp(known[i], item->string) != 0)
            i++;
        if (i == COUNT(known))
            return false;
    }
    return true;
}

const char *faults_add(struct faults *faults, const cJSON *json)
{
    const struct kind *kind = kind_named(json);

    if (!cJSON_IsObject(json) || !all_known(json))
        return "a fault is an object of kind, service, path, account, match, method, status, body, "
               "delay_ms, times, retry_after_s, bytes";
    if (!kind)
        return "unknown kind";
    if (faults->count == FAULTS_MAX)
        return "too many faults";
    struct fault *fault = &faults->list[faults->count++];
    *fault = (struct fault){
        .kind = kind,
        .service = text_copied(json, "service"),
        .path = text_copied(json, "path"),
        .account = text_copied(json, "account"),
        .match = text_copied(json, "match"),
        .method = text_copied(json, "method"),
        .status = int_in(json, "status"),
        .delay_ms = int_in(json, "delay_ms"),
        .times = int_in(json, "times"),
        .retry_after_s = int_in(json, "retry_after_s"),
        .fill_len = (size_t)int_in(json, "bytes"),
    };
    const cJSON *body = json_get(json, "body");
    if (cJSON_IsString(body))
        fault->body = strdup(body->valuestring);
    else if (body)
        fault->body = cJSON_PrintUnformatted(body);
    return NULL;
}

cJSON *faults_json(const struct faults *faults)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->list[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "kind", fault->kind->name);
        if (fault->service)
            cJSON_AddStringToObject(item, "service", fault->service);
        cJSON_AddNumberToObject(item, "times", fault->times);
        cJSON_AddNumberToObject(item, "hits", fault->hits);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static bool fits(const struct fault *fault, const struct request *request)
{
    if (fault->times && fault->hits >= fault->times)
        return false;
    if (fault->service && strcmp(fault->service, service_name(request->service)) != 0)
        return false;
    if (fault->method && strcmp(fault->method, request->method) != 0)
        return false;
    if (fault->path && !strstr(request->path, fault->path))
        return false;
    if (fault->account && (!request->account || strcmp(fault->account, request->account) != 0))
        return false;
    return !fault->match || strstr(buf_cstr(&request->body), fault->match) ||
           strstr(request->uri, fault->match);
}

const struct fault *faults_match(struct faults *faults, const struct request *request)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->list[i];
        if (fits(fault, request)) {
            fault->hits++;
            return fault;
        }
    }
    return NULL;
}

int fault_delay_ms(const struct fault *fault)
{
    return fault->delay_ms;
}

bool fault_wants_answer(const struct fault *fault)
{
    return fault->kind->wants_answer;
}

void fault_spoil(const struct fault *fault, struct request *request)
{
    if (request->state != REQUEST_WAITING)
        fault->kind->fn(fault, request);
}
