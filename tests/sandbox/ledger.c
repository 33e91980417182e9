#include "tests/sandbox/ledger.h"

#include <stdlib.h>
#include <string.h>

/* As many calls as are told one by one; the counts go on beyond it. */
#define LEDGER_KEPT 16384

struct call {
    uint64_t number;
    enum service service;
    char method[8], what[160], account[32];
    int status;                /* 0: not answered yet */
    int64_t begun_ms, took_ms; /* begun: monotonic */
};

struct ledger {
    struct call calls[LEDGER_KEPT];
    uint64_t last, first; /* numbers; first: the first since it was cleared */
    uint64_t count[SERVICES];
    int in_flight[SERVICES], most_in_flight[SERVICES];
};

static const char *const names[SERVICES] = {
    [SERVICE_ADMIN] = "admin",
    [SERVICE_PAGE] = "page",
    [SERVICE_SLACK] = "slack",
    [SERVICE_MONDAY] = "monday",
    [SERVICE_META] = "meta",
    [SERVICE_GOOGLE_ADS] = "google_ads",
    [SERVICE_GOOGLE_OAUTH] = "google_oauth",
};

const char *service_name(enum service service)
{
    return names[service];
}

struct ledger *ledger_create(void)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (!ledger)
        abort();
    ledger->first = 1;
    return ledger;
}

void ledger_destroy(struct ledger *ledger)
{
    free(ledger);
}

static void text_kept(char *ret, size_t size, const char *text)
{
    size_t len = text ? strlen(text) : 0;

    len = len < size ? len : size - 1;
    if (len)
        memcpy(ret, text, len);
    ret[len] = 0;
}

uint64_t ledger_begin(struct ledger *ledger, const struct request *request, const char *what)
{
    struct call *call = &ledger->calls[++ledger->last % LEDGER_KEPT];

    *call = (struct call){ .number = ledger->last,
                           .service = request->service,
                           .begun_ms = request->begun_ms };
    text_kept(call->method, sizeof(call->method), request->method);
    text_kept(call->what, sizeof(call->what), what);
    text_kept(call->account, sizeof(call->account), request->account);
    ledger->count[call->service]++;
    if (++ledger->in_flight[call->service] > ledger->most_in_flight[call->service])
        ledger->most_in_flight[call->service] = ledger->in_flight[call->service];
    return ledger->last;
}

void ledger_end(struct ledger *ledger, const struct request *request, int status, int64_t took_ms)
{
    struct call *call = &ledger->calls[request->call % LEDGER_KEPT];

    ledger->in_flight[request->service]--;
    if (call->number != request->call)
        return; /* overwritten: so many came meanwhile */
    call->status = status;
    call->took_ms = took_ms;
}

void ledger_clear(struct ledger *ledger)
{
    ledger->first = ledger->last + 1;
    memset(ledger->count, 0, sizeof(ledger->count));
    memcpy(ledger->most_in_flight, ledger->in_flight, sizeof(ledger->in_flight));
}

static void counts_json(const struct ledger *ledger, cJSON *root)
{
    cJSON *counts = cJSON_AddObjectToObject(root, "counts");
    cJSON *most = cJSON_AddObjectToObject(root, "most_in_flight");
    double total = 0;

    for (enum service s = SERVICE_SLACK; s < SERVICES; s++) {
        cJSON_AddNumberToObject(counts, names[s], (double)ledger->count[s]);
        cJSON_AddNumberToObject(most, names[s], ledger->most_in_flight[s]);
        total += (double)ledger->count[s];
    }
    cJSON_AddNumberToObject(root, "total", total);
}

static cJSON *call_json(const struct call *call)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "number", (double)call->number);
    cJSON_AddStringToObject(json, "service", names[call->service]);
    cJSON_AddStringToObject(json, "method", call->method);
    cJSON_AddStringToObject(json, "path", call->what);
    if (*call->account)
        cJSON_AddStringToObject(json, "account", call->account);
    cJSON_AddNumberToObject(json, "status", call->status);
    cJSON_AddNumberToObject(json, "begun_ms", (double)call->begun_ms);
    cJSON_AddNumberToObject(json, "took_ms", (double)call->took_ms);
    return json;
}

cJSON *ledger_json(const struct ledger *ledger, const char *service, bool with_list)
{
    cJSON *root = cJSON_CreateObject();
    uint64_t first = ledger->first;

    counts_json(ledger, root);
    if (!with_list)
        return root;
    if (ledger->last >= LEDGER_KEPT && first <= ledger->last - LEDGER_KEPT)
        first = ledger->last - LEDGER_KEPT + 1;
    cJSON *list = cJSON_AddArrayToObject(root, "calls");
    for (uint64_t n = first; n <= ledger->last; n++) {
        const struct call *call = &ledger->calls[n % LEDGER_KEPT];
        if (!service || !strcmp(service, names[call->service]))
            cJSON_AddItemToArray(list, call_json(call));
    }
    return root;
}
