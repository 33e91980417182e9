#include "platforms/meta_error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "platforms/upstream.h"

/* "a throttle with an estimate of 0 waits 60 s" (Meta contract, rate headers). */
#define THROTTLE_MS (INT64_C(60) * 1000)
/* Codes 341 and 368 name no time: "wait long". */
#define BLOCKED_MS (INT64_C(15) * 60 * 1000)
/* Estimates above are held to be garbage. */
#define MAX_THROTTLE_MS (INT64_C(24) * 3600 * 1000)

#define ANY (-1) /* a subcode: whichever */

/* The first row that fits decides: subcodes before their code. Source: Meta contract, errors. */
static const struct rule {
    int64_t first, last; /* codes */
    int64_t subcode;
    enum meta_fault_class class;
} rules[] = {
    { 100, 100, 1487534, META_FAULT_REDUCE },   { 100, 100, 1504018, META_FAULT_REDUCE },
    { 2, 2, 1504038, META_FAULT_REDUCE },       { 2, 2, 1504041, META_FAULT_OURS },
    { 2, 2, 1504042, META_FAULT_OURS },         { 1, 2, ANY, META_FAULT_TRANSIENT },
    { 4, 4, ANY, META_FAULT_THROTTLE },         { 17, 17, ANY, META_FAULT_THROTTLE },
    { 32, 32, ANY, META_FAULT_THROTTLE },       { 613, 613, ANY, META_FAULT_THROTTLE },
    { 80000, 80014, ANY, META_FAULT_THROTTLE }, { 190, 190, ANY, META_FAULT_TOKEN },
    { 2635, 2635, ANY, META_FAULT_VERSION },    { 10, 10, ANY, META_FAULT_PERMISSION },
    { 200, 299, ANY, META_FAULT_PERMISSION },   { 100, 100, 3191001, META_FAULT_PERMISSION },
    { 100, 100, 33, META_FAULT_NOT_FOUND },     { 2642, 2642, ANY, META_FAULT_CURSOR },
    { 341, 341, ANY, META_FAULT_BLOCKED },      { 368, 368, ANY, META_FAULT_BLOCKED },
};

static const enum err_kind kinds[] = {
    [META_FAULT_UNKNOWN] = ERR_BAD_RESPONSE,  [META_FAULT_TRANSIENT] = ERR_UNAVAILABLE,
    [META_FAULT_REDUCE] = ERR_BAD_RESPONSE,   [META_FAULT_THROTTLE] = ERR_RATE_LIMIT,
    [META_FAULT_BLOCKED] = ERR_RATE_LIMIT,    [META_FAULT_TOKEN] = ERR_AUTH,
    [META_FAULT_VERSION] = ERR_CONFIG,        [META_FAULT_PROOF] = ERR_CONFIG,
    [META_FAULT_PERMISSION] = ERR_PERMISSION, [META_FAULT_NOT_FOUND] = ERR_NOT_FOUND,
    [META_FAULT_CURSOR] = ERR_BAD_RESPONSE,   [META_FAULT_OURS] = ERR_BAD_RESPONSE,
};

/* Of the one setting that is refused by this name alone. */
static const char wrong_proof[] = "Meta refuses appsecret_proof: whoever runs raiox must set "
                                  "META_APP_SECRET to the secret of the "
                                  "app that META_ACCESS_TOKEN belongs to";

static enum meta_fault_class classify(int64_t code, int64_t subcode, const char *message,
                                      bool is_transient)
{
    /* Two refusals that only their words tell: one from a passing fault, one from our own. */
    if (code == 1 && strcasestr(message, "reduce the amount of data"))
        return META_FAULT_REDUCE;
    if (code == 100 && strstr(message, "appsecret_proof"))
        return META_FAULT_PROOF;
    for (size_t i = 0; i < COUNT(rules); i++) {
        const struct rule *rule = &rules[i];
        if (code >= rule->first && code <= rule->last &&
            (rule->subcode == ANY || rule->subcode == subcode))
            return rule->class;
    }
    return is_transient ? META_FAULT_TRANSIENT : META_FAULT_OURS;
}

/* Letters, digits, _ and - alone, so that a log line stays what it is. */
static void copy_trace(const char *text, char *ret, size_t size)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    if (text[len] == '\0' && len < size)
        memcpy(ret, text, len + 1);
}

struct meta_fault meta_fault_read(const char *body, size_t len)
{
    struct meta_fault fault = { 0 };
    struct error ignored = { 0 };
    scoped_arena struct arena *arena = arena_create();
    cJSON *root = json_parse(arena, body, len, &ignored);
    const cJSON *error = NULL;
    const char *message = NULL, *trace = NULL;
    bool has = false, is_transient = false;

    if (!root || !json_object(root, "error", &error, &ignored) ||
        !json_int(error, "code", &fault.code, &ignored))
        return fault;
    /* A code is enough to judge by: what else is there in a wrong type counts as not there. */
    if (!json_int_opt(error, "error_subcode", &fault.subcode, &has, &ignored) || !has)
        fault.subcode = 0;
    if (!json_string_opt(error, "message", &message, &ignored) || !message)
        message = "";
    if (!json_bool_opt(error, "is_transient", &is_transient, &has, &ignored) || !has)
        is_transient = false;
    if (json_string_opt(error, "fbtrace_id", &trace, &ignored) && trace)
        copy_trace(trace, fault.trace, sizeof(fault.trace));
    fault.class = classify(fault.code, fault.subcode, message, is_transient);
    return fault;
}

/* ---- waiting ---- */

/* These are percents and minutes, not money: a double will do. */
static int64_t scaled_ms(const cJSON *number, int64_t unit_ms)
{
    if (!number || !cJSON_IsNumber(number) || !(number->valuedouble > 0))
        return 0;
    double ms = number->valuedouble * (double)unit_ms;
    return ms < (double)MAX_THROTTLE_MS ? (int64_t)ms : MAX_THROTTLE_MS;
}

static int64_t business_estimate_ms(const cJSON *root)
{
    int64_t longest = 0;
    const cJSON *list = NULL, *entry = NULL;

    if (!cJSON_IsObject(root))
        return 0;
    cJSON_ArrayForEach(list, root) {
        if (!cJSON_IsArray(list))
            continue;
        cJSON_ArrayForEach(entry, list) {
            const cJSON *minutes =
                cJSON_IsObject(entry) ? json_get(entry, "estimated_time_to_regain_access") : NULL;
            int64_t ms = scaled_ms(minutes, INT64_C(60) * 1000);
            if (ms > longest)
                longest = ms;
        }
    }
    return longest;
}

static int64_t account_reset_ms(const cJSON *root)
{
    const cJSON *used = cJSON_IsObject(root) ? json_get(root, "acc_id_util_pct") : NULL;

    if (!used || !cJSON_IsNumber(used) || used->valuedouble < 95)
        return 0; /* not this limit is the one that was hit */
    return scaled_ms(json_get(root, "reset_time_duration"), 1000);
}

int64_t meta_throttle_ms(const char *business_usage, const char *account_usage)
{
    struct error ignored = { 0 };
    scoped_arena struct arena *arena = arena_create();
    int64_t ms = 0;

    if (business_usage)
        ms = business_estimate_ms(
            json_parse(arena, business_usage, strlen(business_usage), &ignored));
    if (ms == 0 && account_usage)
        ms = account_reset_ms(json_parse(arena, account_usage, strlen(account_usage), &ignored));
    return ms ? ms : THROTTLE_MS;
}

static int64_t longest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What Meta's own headers, or its contract, say of such a refusal; 0: nothing. */
static int64_t own_wait_ms(enum meta_fault_class class, const struct http_answer *answer)
{
    if (class == META_FAULT_BLOCKED)
        return BLOCKED_MS;
    if (class != META_FAULT_THROTTLE)
        return 0;
    return meta_throttle_ms(http_header(answer, "X-Business-Use-Case-Usage"),
                            http_header(answer, "X-Ad-Account-Usage"));
}

bool meta_judge(void *arg, const struct http_answer *answer, struct error *err)
{
    (void)arg;
    if (answer->status >= 200 && answer->status < 300)
        return true;

    struct meta_fault fault = meta_fault_read(answer->body, answer->body_len);
    if (fault.class == META_FAULT_UNKNOWN)
        return upstream_judge_status(answer, err);

    error_set(err, kinds[fault.class], "HTTP status %d, code %" PRId64 "/%" PRId64 ", trace %s",
              answer->status, fault.code, fault.subcode, fault.trace[0] ? fault.trace : "none");
    if (fault.class == META_FAULT_PROOF)
        snprintf(err->user, sizeof(err->user), "%s", wrong_proof);
    if (error_may_pass(err->kind))
        err->retry_after_ms =
            longest(own_wait_ms(fault.class, answer), upstream_retry_after_ms(answer));
    return false;
}
