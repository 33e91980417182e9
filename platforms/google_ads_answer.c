#include "platforms/google_ads_answer.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"

/* Where a throttle names no wait: the contract of the Google Ads API, section 7. */
#define THROTTLED_MS 5000

struct code {
    const char *kind, *name; /* name NULL: every other name of the kind */
    enum err_kind error;
    enum google_ads_fault fault;
};

/* The first that fits counts. */
static const struct code codes[] = {
    { "authenticationError", "OAUTH_TOKEN_INVALID", ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN },
    { "authenticationError", "OAUTH_TOKEN_EXPIRED", ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN },
    { "authenticationError", "OAUTH_TOKEN_REVOKED", ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN },
    { "authenticationError", "OAUTH_TOKEN_DISABLED", ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN },
    { "authenticationError", "OAUTH_TOKEN_HEADER_INVALID", ERR_AUTH, GOOGLE_ADS_FAULT_TOKEN },
    { "authenticationError", "CUSTOMER_NOT_FOUND", ERR_NOT_FOUND, GOOGLE_ADS_FAULT_NONE },
    { "authenticationError", "CLIENT_CUSTOMER_ID_INVALID", ERR_NOT_FOUND, GOOGLE_ADS_FAULT_NONE },
    { "authenticationError", "DEVELOPER_TOKEN_INVALID", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "authenticationError", NULL, ERR_AUTH, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "USER_PERMISSION_DENIED", ERR_PERMISSION, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT", ERR_PERMISSION,
      GOOGLE_ADS_FAULT_NONE },
    /* Not set up, cancelled or closed: there is no such account any more. */
    { "authorizationError", "CUSTOMER_NOT_ENABLED", ERR_NOT_FOUND, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "DEVELOPER_TOKEN_PROHIBITED", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", ERR_CONFIG,
      GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "PROJECT_DISABLED", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "MISSING_TOS", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "INCOMPLETE_SIGNUP", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION", ERR_CONFIG,
      GOOGLE_ADS_FAULT_NONE },
    { "authorizationError", NULL, ERR_PERMISSION, GOOGLE_ADS_FAULT_NONE },
    { "queryError", "REQUESTED_METRICS_FOR_MANAGER", ERR_CONFIG, GOOGLE_ADS_FAULT_MANAGER },
    { "requestError", "INVALID_CUSTOMER_ID", ERR_NOT_FOUND, GOOGLE_ADS_FAULT_NONE },
    { "requestError", "UNSUPPORTED_VERSION", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "requestError", "EXPIRED_PAGE_TOKEN", ERR_BAD_RESPONSE, GOOGLE_ADS_FAULT_PAGE_TOKEN },
    { "requestError", "INVALID_PAGE_TOKEN", ERR_BAD_RESPONSE, GOOGLE_ADS_FAULT_PAGE_TOKEN },
    { "headerError", "INVALID_LOGIN_CUSTOMER_ID", ERR_CONFIG, GOOGLE_ADS_FAULT_NONE },
    { "quotaError", NULL, ERR_RATE_LIMIT, GOOGLE_ADS_FAULT_NONE },
    { "internalError", "INTERNAL_ERROR", ERR_UNAVAILABLE, GOOGLE_ADS_FAULT_NONE },
    { "internalError", "TRANSIENT_ERROR", ERR_UNAVAILABLE, GOOGLE_ADS_FAULT_NONE },
    { "internalError", "DEADLINE_EXCEEDED", ERR_UNAVAILABLE, GOOGLE_ADS_FAULT_NONE },
};

/* Borrowed from the tree; "" where it is not said. */
struct said {
    const char *kind, *name; /* of the first error that has a code */
    const char *reason;      /* of an ErrorInfo: "SERVICE_DISABLED" */
    int64_t wait_ms;
};

/* Optional and of help only: one of a wrong type counts as not given. */
static const char *text_or_empty(const cJSON *object, const char *name)
{
    const char *text = NULL;
    struct error ignored;

    return json_string_opt(object, name, &text, &ignored) && text ? text : "";
}

/* A duration as Google writes it, "900s" or "3.5s", rounded up to the second; 0: none. */
static int64_t duration_ms(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    int64_t seconds;

    if (digits == 0 || digits > 9 || !text_int64(text, digits, &seconds))
        return 0;
    if (*rest == '.') {
        rest += 1 + strspn(rest + 1, "0123456789");
        seconds++;
    }
    return strcmp(rest, "s") == 0 ? seconds * 1000 : 0;
}

static void read_code(const cJSON *error, struct said *said)
{
    const cJSON *code = json_get(error, "errorCode"), *only;
    const cJSON *quota = json_get(json_get(error, "details"), "quotaErrorDetails");
    int64_t wait = duration_ms(text_or_empty(quota, "retryDelay"));

    if (wait > said->wait_ms)
        said->wait_ms = wait;
    only = cJSON_IsObject(code) ? code->child : NULL;
    if (!said->kind[0] && only && cJSON_IsString(only)) {
        said->kind = only->string;
        said->name = only->valuestring;
    }
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void read_detail(const cJSON *detail, struct said *said)
{
    const char *type = text_or_empty(detail, "@type");
    const cJSON *errors = json_get(detail, "errors"), *error;

    if (ends_in(type, ".ErrorInfo"))
        said->reason = text_or_empty(detail, "reason");
    if (ends_in(type, ".GoogleAdsFailure") && cJSON_IsArray(errors))
        cJSON_ArrayForEach(error, errors)
            read_code(error, said);
}

static struct said read_said(struct arena *arena, struct bytes body)
{
    struct said said = { "", "", "", 0 };
    struct error ignored;
    const cJSON *root = json_parse(arena, body.data, body.len, &ignored);
    const cJSON *details, *detail;

    if (cJSON_IsArray(root)) /* a stream's errors come in a list */
        root = root->child;
    details = json_get(json_get(root, "error"), "details");
    if (cJSON_IsArray(details))
        cJSON_ArrayForEach(detail, details)
            read_detail(detail, &said);
    return said;
}

static const struct code *find_code(const struct said *said)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(codes[i].kind, said->kind) == 0 &&
            (!codes[i].name || strcmp(codes[i].name, said->name) == 0))
            return &codes[i];
    return NULL;
}

/* No code that we know: what the status says. */
static enum err_kind kind_of_status(int status, const struct said *said,
                                    enum google_ads_fault *ret_fault)
{
    if (status == 401) {
        *ret_fault = GOOGLE_ADS_FAULT_TOKEN;
        return ERR_AUTH;
    }
    if (status == 403)
        return strcmp(said->reason, "SERVICE_DISABLED") == 0 ? ERR_CONFIG : ERR_PERMISSION;
    if (status == 404) /* a gateway's page: no such path, so no such version or host */
        return ERR_CONFIG;
    if (status == 429)
        return ERR_RATE_LIMIT;
    if (status == 408)
        return ERR_TIMEOUT;
    return status >= 500 ? ERR_UNAVAILABLE : ERR_BAD_RESPONSE;
}

bool google_ads_answer_judge(int status, struct bytes body, int64_t header_ms,
                             enum google_ads_fault *ret_fault, struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    const struct code *code;
    struct said said;
    enum err_kind kind;

    *ret_fault = GOOGLE_ADS_FAULT_NONE;
    if (status >= 200 && status < 300)
        return true;

    said = read_said(arena, body);
    code = find_code(&said);
    kind = code ? code->error : kind_of_status(status, &said, ret_fault);
    if (code)
        *ret_fault = code->fault;
    error_set(err, kind, "HTTP status %d%s%.80s%s%.80s%s%.80s", status, said.kind[0] ? ": " : "",
              said.kind, said.name[0] ? "." : "", said.name, said.reason[0] ? ": " : "",
              said.reason);
    if (error_may_pass(kind))
        err->retry_after_ms = said.wait_ms > header_ms ? said.wait_ms : header_ms;
    if (kind == ERR_RATE_LIMIT && err->retry_after_ms == 0)
        err->retry_after_ms = THROTTLED_MS;
    return false;
}
