#include "platforms/monday_answer.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"

#define SECOND_MS INT64_C(1000)
#define DAY_MS (24 * 3600 * SECOND_MS)
/* "wait minutes": the contract of Monday's API, section 6. */
#define BLOCKED_MS (2 * 60 * SECOND_MS)
/* The most points that one query may cost: the same, section 5. */
#define MAX_COMPLEXITY 5000000

enum hint {
    HINT_GIVEN,    /* what the answer names, or nothing */
    HINT_MINUTES,  /* at least BLOCKED_MS */
    HINT_MIDNIGHT, /* until 00:00 UTC */
};

struct code {
    const char *code; /* extensions.code, error_code, or the text of an error that has neither */
    enum err_kind kind;
    enum monday_fault fault;
    enum hint hint;
};

static const struct code codes[] = {
    { "ComplexityException", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "COMPLEXITY_BUDGET_EXHAUSTED", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "complexityBudgetExhausted", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Complexity budget exhausted", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "FIELD_MINUTE_RATE_LIMIT_EXCEEDED", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "FIELD_LIMIT_EXCEEDED", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "maxConcurrencyExceeded", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Rate Limit Exceeded", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Minute limit rate exceeded", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "IP_RATE_LIMIT_EXCEEDED", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "API_TEMPORARILY_BLOCKED", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_MINUTES },
    { "DAILY_LIMIT_EXCEEDED", ERR_RATE_LIMIT, MONDAY_FAULT_NONE, HINT_MIDNIGHT },
    { "CursorException", ERR_BAD_RESPONSE, MONDAY_FAULT_CURSOR, HINT_GIVEN },
    { "CursorExpiredError", ERR_BAD_RESPONSE, MONDAY_FAULT_CURSOR, HINT_GIVEN },
    { "INTERNAL_SERVER_ERROR", ERR_UNAVAILABLE, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Internal Server Error", ERR_UNAVAILABLE, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Unauthorized", ERR_AUTH, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Not Authenticated", ERR_AUTH, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "Your ip is restricted", ERR_PERMISSION, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "UserUnauthorizedException", ERR_PERMISSION, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "USER_ACCESS_DENIED", ERR_PERMISSION, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "missingRequiredPermissions", ERR_PERMISSION, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "UNAUTHORIZED_FIELD_OR_TYPE", ERR_PERMISSION, MONDAY_FAULT_NONE, HINT_GIVEN },
    { "InvalidBoardIdException", ERR_CONFIG, MONDAY_FAULT_LAYOUT, HINT_GIVEN },
    { "InvalidColumnIdException", ERR_CONFIG, MONDAY_FAULT_LAYOUT, HINT_GIVEN },
    { "ResourceNotFoundException", ERR_CONFIG, MONDAY_FAULT_LAYOUT, HINT_GIVEN },
    { "InvalidVersionException", ERR_CONFIG, MONDAY_FAULT_NONE, HINT_GIVEN },
};

/* The first error of an answer, whatever its shape. Borrowed from the tree; code "" where none. */
struct said {
    const char *code, *text;
    int64_t status; /* the status inside; 0: none */
    int64_t wait_ms;
    int64_t cost, budget; /* complexity of the query, and the most there ever is; 0: not said */
};

/* Optional and of help only: one of a wrong type counts as not given. */
static const char *text_or_empty(const cJSON *object, const char *name)
{
    const char *text = NULL;
    struct error ignored;

    return json_string_opt(object, name, &text, &ignored) && text ? text : "";
}

static int64_t number_or_0(const cJSON *object, const char *name)
{
    int64_t number = 0;
    bool has = false;
    struct error ignored;

    return json_int_opt(object, name, &number, &has, &ignored) && has && number > 0 ? number : 0;
}

static int64_t wait_of(int64_t seconds)
{
    return seconds > DAY_MS / SECOND_MS ? DAY_MS : seconds * SECOND_MS;
}

/* "… reset in 16 seconds": where no field says it. */
static int64_t wait_in_text(const char *text)
{
    const char *at = strstr(text, "reset in ");
    size_t digits;
    int64_t seconds;

    if (!at)
        return 0;
    at += strlen("reset in ");
    digits = strspn(at, "0123456789");
    return digits < 10 && text_int64(at, digits, &seconds) ? wait_of(seconds) : 0;
}

static void read_modern(const cJSON *error, struct said *said)
{
    const cJSON *extensions = json_get(error, "extensions");

    said->text = text_or_empty(error, "message");
    said->code = text_or_empty(extensions, "code");
    said->status = number_or_0(extensions, "status_code");
    said->wait_ms = wait_of(number_or_0(extensions, "retry_in_seconds"));
    said->cost = number_or_0(extensions, "complexity");
    said->budget = number_or_0(extensions, "complexity_budget_limit");
}

static void read_legacy(const cJSON *root, struct said *said)
{
    said->code = text_or_empty(root, "error_code");
    said->text = text_or_empty(root, "error_message");
    said->status = number_or_0(root, "status_code");
    said->wait_ms = wait_of(number_or_0(root, "retry_in_seconds"));
}

/* Is there an error in it? */
static bool read_error(const cJSON *root, struct said *ret)
{
    const cJSON *errors = json_get(root, "errors"), *error;

    *ret = (struct said){ .code = "", .text = "" };
    if (json_get(root, "error_code") || json_get(root, "error_message")) {
        read_legacy(root, ret);
        return true;
    }
    if (!errors || cJSON_IsNull(errors) ||
        (cJSON_IsArray(errors) && cJSON_GetArraySize(errors) == 0))
        return false;

    error = cJSON_IsArray(errors) ? cJSON_GetArrayItem(errors, 0) : errors;
    if (cJSON_IsString(error))
        ret->text = error->valuestring;
    else
        read_modern(error, ret);
    return true;
}

static const struct code *find_code(const struct said *said)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(codes[i].code, said->code[0] ? said->code : said->text) == 0)
            return &codes[i];
    return NULL;
}

static enum err_kind kind_of_status(int64_t status)
{
    if (status == 429)
        return ERR_RATE_LIMIT;
    if (status >= 500 || status == 423)
        return ERR_UNAVAILABLE;
    if (status == 401)
        return ERR_AUTH;
    if (status == 403)
        return ERR_PERMISSION;
    return ERR_BAD_RESPONSE;
}

static int64_t longest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t wait_for(const struct said *said, enum hint hint, int64_t header_ms,
                        int64_t now_real_ms)
{
    int64_t wait = longest(said->wait_ms ? said->wait_ms : wait_in_text(said->text), header_ms);

    if (hint == HINT_MINUTES)
        return longest(wait, BLOCKED_MS);
    if (hint == HINT_MIDNIGHT)
        return longest(wait, DAY_MS - now_real_ms % DAY_MS);
    return wait;
}

/* Never passes, however long one waits. */
static bool too_complex(const struct said *said)
{
    return said->cost > MAX_COMPLEXITY || (said->budget > 0 && said->cost > said->budget);
}

static bool refused(const struct said *said, const struct error *status, int64_t header_ms,
                    int64_t now_real_ms, enum monday_fault *ret_fault, struct error *err)
{
    const struct code *code = find_code(said);
    enum err_kind kind = code                  ? code->kind
                         : said->status >= 400 ? kind_of_status(said->status)
                         : status              ? status->kind
                                               : ERR_BAD_RESPONSE;

    *ret_fault = code ? code->fault : MONDAY_FAULT_NONE;
    if (kind == ERR_RATE_LIMIT && too_complex(said)) {
        *ret_fault = MONDAY_FAULT_TOO_COMPLEX;
        kind = ERR_BAD_RESPONSE;
    }
    error_set(err, kind, "%s: %.*s", said->code[0] ? said->code : "no code",
              (int)utf8_cut(said->text, 160), said->text);
    if (error_may_pass(kind))
        err->retry_after_ms =
            wait_for(said, code ? code->hint : HINT_GIVEN, header_ms, now_real_ms);
    return false;
}

bool monday_answer_judge(struct bytes body, const struct error *status, int64_t header_ms,
                         int64_t now_real_ms, enum monday_fault *ret_fault, struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    struct error unread;
    cJSON *root = json_parse(arena, body.data, body.len, &unread);
    struct said said;

    *ret_fault = MONDAY_FAULT_NONE;
    if (root && read_error(root, &said))
        return refused(&said, status, header_ms, now_real_ms, ret_fault, err);
    if (status) {
        *err = *status;
        return false;
    }
    if (!root) {
        *err = unread;
        return false;
    }
    return true;
}
