/*
 * The plan of calls. A business manager is asked for its name, its own and its clients' accounts at
 * the same time; as soon as an account is known, its campaigns (with their ad sets) and its
 * insights are asked for at the same time. So the longest chain is two calls and pages, whatever
 * the number of accounts. What an answer means is in meta_accounts, _campaigns, _insights,
 * _assemble; how a list is read to its end, in meta_list.
 */
#include "platforms/meta.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "platforms/meta_accounts.h"
#include "platforms/meta_assemble.h"
#include "platforms/meta_campaigns.h"
#include "platforms/meta_error.h"
#include "platforms/meta_insights.h"
#include "platforms/meta_list.h"

/* Rows a page. "Practical limit: 100 with nesting, 500 for plain fields" (Meta contract, paging).
 */
#define ACCOUNTS_LIMIT 500
#define NESTED_LIMIT 100
#define PLAIN_LIMIT 500
/* Calls under way for one account of one report, for the quota is the account's: its campaigns and
 * its insights, and as many nested lists as there is room for. Each call has one page under way. */
#define ACCOUNT_CALLS 8
/* How often a limit is halved: nested lists lose their nesting after 25, plain ones end at 15. */
#define NESTED_HALVINGS 2
#define PLAIN_HALVINGS 5

/* Zones and currencies of listed accounts are remembered so long; they hardly ever change. */
#define REMEMBER_MS (INT64_C(60) * 60 * 1000)

/* Campaigns that may run, or would if something were mended. Of thousands of paused and archived
 * ones only those that spent matter, and insights name them. */
#define LISTED_STATUSES "[\"ACTIVE\",\"IN_PROCESS\",\"WITH_ISSUES\"]"
#define ACTIVE_STATUS "[\"ACTIVE\"]"
/* Insights leave deleted and archived campaigns out unless they are asked for. */
#define EVERY_STATUS                                                                               \
    "[{\"field\":\"campaign.effective_status\",\"operator\":\"IN\",\"value\":"                     \
    "[\"ACTIVE\",\"PAUSED\",\"DELETED\",\"ARCHIVED\",\"IN_PROCESS\",\"WITH_ISSUES\"]}]"

/* How much longer than its accounts a report waits for the name of their business manager. */
#define NAME_MS 2000

struct meta {
    struct arena *arena; /* holds this too */
    struct upstream *upstream;
    struct cache *cache;
    struct meta_access access;
    const char *agency_business_id; /* NULL: none */
    char *authorization;            /* the header; NULL: not configured */
    const char *headers[2];
    char proof[65];
    char token[UPSTREAM_TOKEN_NAME];
};

/* One client's month, under way. Everything is in the job's arena. */
struct fetch {
    struct meta *meta;
    const struct ask *ask;
    platform_done_fn *done;
    void *done_arg;
    struct findings *findings;
    struct meta_lists lists;
    int open; /* lists and look-ups under way, accounts' included; the business's name apart */
    int64_t started_ms;
    bool name_open, name_awaited; /* it is under way; and nothing else is */
    bool stopped;                 /* done was called */

    const char *business_id, *business_name; /* NULL: not known */
    struct edge {
        struct fetch *fetch;
        enum owned owned;
        struct error err;
    } edges[2];  /* owned, clients' */
    bool listed; /* the client names its accounts: edges are not asked */
    struct account *accounts, **accounts_end; /* in the order of their arrival */
};

struct account {
    struct fetch *fetch;
    struct account *next;
    struct ad_account *model;
    const char *digits; /* the id without act_ */
    struct meta_listing listing;
    struct meta_insights insights;
    VEC(struct meta_more) follow; /* nested lists to be read on; the first `followed` are or were */
    size_t followed;
    int open;
    bool flat;  /* ad sets are asked for apart from their campaigns */
    bool whole; /* its numbers are complete */
    struct error err;
};

/* ---- the platform ---- */

/* appsecret_proof: lower-case hex of HMAC-SHA256(app secret, access token). */
static void proof_write(const char *secret, const char *token, char ret[65])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)token,
              strlen(token), mac, &len))
        fatal("HMAC-SHA256 does not work");
    for (unsigned int i = 0; i < len && i < 32; i++)
        snprintf(ret + 2 * (size_t)i, 3, "%02x", mac[i]);
}

struct meta *meta_create(struct upstream *upstream, struct cache *cache,
                         const struct meta_options *options)
{
    struct arena *arena = arena_create();
    struct meta *meta = arena_new(arena, struct meta);

    meta->arena = arena;
    meta->upstream = upstream;
    meta->cache = cache;
    meta->agency_business_id = arena_strdup(arena, options->agency_business_id);
    if (options->token) {
        meta->authorization = arena_printf(arena, "Authorization: Bearer %s", options->token);
        upstream_token_name(options->token, meta->token);
        if (options->app_secret)
            proof_write(options->app_secret, options->token, meta->proof);
    }
    meta->headers[0] = meta->authorization;
    meta->access = (struct meta_access){
        .url = arena_strdup(arena, options->url),
        .version = arena_strdup(arena, options->version),
        .proof = meta->proof,
        .token = meta->token,
        .headers = meta->headers,
    };
    return meta;
}

void meta_destroy(struct meta *meta)
{
    if (!meta)
        return;
    if (meta->authorization)
        OPENSSL_cleanse(meta->authorization, strlen(meta->authorization));
    arena_destroy(meta->arena);
}

static bool lists_accounts(const struct client *client)
{
    return client->meta_accounts && client->meta_accounts[0];
}

static bool concerns(const struct client *client)
{
    return *client->meta_id || lists_accounts(client);
}

/* ---- warnings ---- */

static const char not_configured_message[] =
    "Meta is not configured: whoever runs raiox must set META_ACCESS_TOKEN";

/* What happened, and who can mend it. */
static const char *const sentences[ERR_KINDS] = {
    [ERR_AUTH] = "Meta refuses the access token: whoever owns META_ACCESS_TOKEN must renew it",
    [ERR_CONFIG] = "Meta cannot be asked this way: whoever runs raiox must mend META_API_VERSION "
                   "or META_GRAPH_URL",
    [ERR_PERMISSION] = "Meta does not let us read this: whoever administers it must grant ads_read "
                       "to the system user",
    [ERR_NOT_FOUND] = "Meta knows no such thing, or our token cannot see it: mend the id in "
                      "Monday, or share the account with the business",
    [ERR_RATE_LIMIT] = "Meta limits our calls for now: ask again later",
    [ERR_TIMEOUT] = "Meta did not answer in time: ask again in some minutes",
    [ERR_UNAVAILABLE] = "Meta is not available: ask again in some minutes",
    [ERR_BAD_RESPONSE] = "Meta's answer cannot be used: whoever runs raiox must look into it",
};

static const char *sentence_of(const struct error *err)
{
    if (err->user[0])
        return err->user;
    return sentences[err->kind] ? sentences[err->kind] : sentences[ERR_BAD_RESPONSE];
}

/* account: NULL, of none. */
static void warn(struct fetch *fetch, const struct ad_account *account, const struct error *err)
{
    struct arena *arena = fetch->ask->arena;
    struct warning *warning = vec_push(arena, &fetch->findings->warnings);
    const char *sentence = arena_strdup(arena, sentence_of(err));

    warning->platform = "meta";
    warning->account = account ? account->id : NULL;
    warning->account_name = account ? account->name : NULL;
    warning->kind = sentences[err->kind] ? err->kind : ERR_BAD_RESPONSE;
    warning->topic = err->kind == ERR_CONFIG ? TOPIC_SETTINGS : TOPIC_NONE;
    warning->message = err->log[0] ? arena_printf(arena, "%s (%s)", sentence, err->log) : sentence;
    if (err->retry_after_ms > 0) {
        struct loop *loop = upstream_loop(fetch->meta->upstream);
        warning->retry_real_ms =
            fetch->ask->now_real_ms + (loop_now_ms(loop) - fetch->started_ms) + err->retry_after_ms;
    }
}

static void warn_config(struct fetch *fetch, const char *account, enum warning_topic topic,
                        const char *message)
{
    struct warning *warning = vec_push(fetch->ask->arena, &fetch->findings->warnings);

    *warning = (struct warning){ .platform = "meta",
                                 .account = account,
                                 .kind = ERR_CONFIG,
                                 .message = message,
                                 .topic = topic };
}

/* ---- the end ---- */

/* Nothing of the fetch is touched behind it. */
static void finish(void *arg)
{
    struct fetch *fetch = arg;

    fetch->done(fetch->done_arg, fetch->findings);
}

static void add_whole_accounts(struct fetch *fetch, struct business_manager *manager, bool owned)
{
    for (const struct account *account = fetch->accounts; account; account = account->next) {
        if (account->whole && (account->model->owned == OWNED_YES) == owned)
            *vec_push(fetch->ask->arena, &manager->ad_accounts) = *account->model;
    }
}

static void add_manager(struct fetch *fetch)
{
    struct business_manager *manager =
        vec_push(fetch->ask->arena, &fetch->findings->business_managers);

    manager->platform = "meta";
    manager->id = fetch->business_id;
    manager->name = fetch->business_name;
    add_whole_accounts(fetch, manager, true);
    add_whole_accounts(fetch, manager, false);
}

static void warn_of_edges(struct fetch *fetch)
{
    struct error *owned = &fetch->edges[0].err, *clients = &fetch->edges[1].err;
    struct error none = { 0 };

    if (owned->kind != ERR_NONE && owned->kind == clients->kind) {
        error_wrap(owned, "accounts of business manager %s", fetch->business_id);
        warn(fetch, NULL, owned);
        return;
    }
    for (size_t i = 0; i < COUNT(fetch->edges); i++) {
        struct error *err = &fetch->edges[i].err;
        if (err->kind == ERR_NONE)
            continue;
        error_wrap(err, "%s accounts of business manager %s", i == 0 ? "owned" : "client",
                   fetch->business_id);
        warn(fetch, NULL, err);
    }
    if (!fetch->accounts && owned->kind == ERR_NONE && clients->kind == ERR_NONE) {
        error_set(&none, ERR_NOT_FOUND, "business manager %s has no ad accounts",
                  fetch->business_id);
        warn(fetch, NULL, &none);
    }
}

static void on_name_late(void *arg);

/* The last thing that each callback does. */
static void finish_if_all_ended(struct fetch *fetch)
{
    if (fetch->open > 0)
        return;
    if (fetch->name_open) {
        if (!fetch->name_awaited)
            upstream_after(fetch->ask->job, NAME_MS, on_name_late, fetch);
        fetch->name_awaited = true;
        return;
    }
    fetch->stopped = true;
    add_manager(fetch);
    if (!fetch->listed)
        warn_of_edges(fetch);
    for (const struct account *account = fetch->accounts; account; account = account->next) {
        if (!account->whole)
            warn(fetch, account->model, &account->err);
    }
    finish(fetch);
}

/* All numbers are in: they come without the name. */
static void on_name_late(void *arg)
{
    struct fetch *fetch = arg;

    if (fetch->stopped)
        return;
    meta_lists_cancel(&fetch->lists, fetch);
    fetch->name_open = false;
    finish_if_all_ended(fetch);
}

/* A dead token or version is the same for every account: none of the calls under way can help. */
static bool stops_everything(const struct error *err)
{
    return err->kind == ERR_AUTH || err->kind == ERR_CONFIG;
}

static void stop(struct fetch *fetch, const struct error *err)
{
    fetch->stopped = true;
    meta_lists_cancel(&fetch->lists, NULL);
    add_manager(fetch);
    warn(fetch, NULL, err);
    finish(fetch);
}

/* ---- an account ---- */

static void account_fail(struct account *account, const struct error *err)
{
    meta_lists_cancel(&account->fetch->lists, account);
    account->fetch->open -= account->open;
    account->open = 0;
    account->followed = account->follow.len;
    account->err = *err;
}

static void account_list(struct account *account, const struct meta_query *query,
                         meta_page_fn *page, meta_ended_fn *ended)
{
    account->open++;
    account->fetch->open++;
    meta_list_start(&account->fetch->lists, query, page, ended, account);
}

static void list_closed(struct account *account)
{
    account->open--;
    account->fetch->open--;
}

/* Behind the last of its lists. */
static void account_assemble(struct account *account)
{
    struct error err = { 0 };

    if (meta_assemble(account->fetch->ask->arena, &account->listing, &account->insights,
                      account->model, &err))
        account->whole = true;
    else
        account->err = err;
}

static void follow_next(struct account *account);

static void on_list_ended(void *arg, const struct error *err, bool too_much)
{
    struct account *account = arg;
    struct fetch *fetch = account->fetch;

    (void)too_much;
    list_closed(account);
    if (err && stops_everything(err)) {
        stop(fetch, err);
        return;
    }
    if (err)
        account_fail(account, err);
    follow_next(account);
    if (!err && account->open == 0)
        account_assemble(account);
    finish_if_all_ended(fetch);
}

static bool page_of_insights(void *arg, const char *body, size_t len, const char **ret_after,
                             struct error *err)
{
    struct account *account = arg;

    return meta_insights_parse(account->fetch->ask->arena, body, len, account->model->currency,
                               &account->model->month, &account->insights, ret_after, err);
}

static bool page_of_ad_sets(void *arg, const char *body, size_t len, const char **ret_after,
                            struct error *err)
{
    struct account *account = arg;

    return meta_ad_sets_parse(account->fetch->ask->arena, body, len, &account->listing, ret_after,
                              err);
}

/* A nested list of ad sets that has more than came with its campaign. */
static void follow_nested(struct account *account, const struct meta_more *more)
{
    account_list(
        account,
        &(struct meta_query){
            .what = "adsets",
            .account = account->model->id,
            .path = arena_printf(account->fetch->ask->arena, "%s/adsets", more->campaign_id),
            .fields = META_AD_SET_FIELDS,
            .after = more->after,
            .limit = NESTED_LIMIT,
            .halvings = PLAIN_HALVINGS,
        },
        page_of_ad_sets, on_list_ended);
}

static void follow_next(struct account *account)
{
    while (account->open < ACCOUNT_CALLS && account->followed < account->follow.len)
        follow_nested(account, &account->follow.items[account->followed++]);
}

static bool page_of_campaigns(void *arg, const char *body, size_t len, const char **ret_after,
                              struct error *err)
{
    struct account *account = arg;

    account->listing.more.len = 0;
    if (!meta_campaigns_parse(account->fetch->ask->arena, body, len, &account->listing, ret_after,
                              err))
        return false;
    for (size_t i = 0; i < account->listing.more.len; i++)
        *vec_push(account->fetch->ask->arena, &account->follow) = account->listing.more.items[i];
    follow_next(account);
    return true;
}

static void ask_campaigns(struct account *account, meta_ended_fn *ended)
{
    static const struct meta_param params[] = { { "effective_status", LISTED_STATUSES }, { 0 } };

    account_list(
        account,
        &(struct meta_query){
            .what = "campaigns",
            .account = account->model->id,
            .path = arena_printf(account->fetch->ask->arena, "%s/campaigns", account->model->id),
            .fields = META_CAMPAIGN_FIELDS,
            .nested = account->flat ? NULL : META_AD_SET_FIELDS,
            .params = params,
            .limit = NESTED_LIMIT,
            .halvings = account->flat ? PLAIN_HALVINGS : NESTED_HALVINGS,
        },
        page_of_campaigns, ended);
}

/* Only the ACTIVE ones: this is asked when Meta had too much to say. */
static void ask_ad_sets(struct account *account)
{
    static const struct meta_param params[] = { { "effective_status", ACTIVE_STATUS }, { 0 } };

    account_list(
        account,
        &(struct meta_query){
            .what = "adsets",
            .account = account->model->id,
            .path = arena_printf(account->fetch->ask->arena, "%s/adsets", account->model->id),
            .fields = META_AD_SET_FIELDS,
            .params = params,
            .limit = NESTED_LIMIT,
            .halvings = PLAIN_HALVINGS,
        },
        page_of_ad_sets, on_list_ended);
}

/* Campaigns with ad sets in them: when even a short page is too much, the two are asked for apart,
 * from the start. Rows that come again count once. */
static void on_nested_ended(void *arg, const struct error *err, bool too_much)
{
    struct account *account = arg;

    if (err && too_much) {
        list_closed(account);
        account->flat = true;
        ask_campaigns(account, on_list_ended);
        ask_ad_sets(account);
        return;
    }
    on_list_ended(arg, err, too_much);
}

static void ask_insights(struct account *account)
{
    struct arena *arena = account->fetch->ask->arena;
    struct meta_param *params = arena_array(arena, struct meta_param, 4);
    char since[11], until[11];

    day_format(account->model->month.first, since);
    day_format(account->model->month.today, until);
    params[0] = (struct meta_param){ "level", "campaign" };
    params[1] = (struct meta_param){
        "time_range", arena_printf(arena, "{\"since\":\"%s\",\"until\":\"%s\"}", since, until)
    };
    params[2] = (struct meta_param){ "filtering", EVERY_STATUS };
    account_list(account,
                 &(struct meta_query){
                     .what = "insights",
                     .account = account->model->id,
                     .path = arena_printf(arena, "%s/insights", account->model->id),
                     .fields = META_INSIGHTS_FIELDS,
                     .params = params,
                     .limit = PLAIN_LIMIT,
                     .halvings = PLAIN_HALVINGS,
                 },
                 page_of_insights, on_list_ended);
}

static bool account_fill(struct account *account, const struct meta_account *from,
                         struct error *err)
{
    const struct ask *ask = account->fetch->ask;
    struct ad_account *model = account->model;

    if (!currency_valid(from->currency))
        return error_set(err, ERR_BAD_RESPONSE, "ad account: no such currency");
    if (*from->timezone && !timezone_valid(from->timezone))
        return error_set(err, ERR_BAD_RESPONSE, "ad account: no such time zone");
    if (*from->name)
        model->name = from->name;
    memcpy(model->currency, from->currency, sizeof(model->currency));
    model->timezone = *from->timezone ? from->timezone : ask->timezone;
    return month_of(model->timezone, ask->now_real_ms, &model->month, err);
}

/* Its campaigns and its insights at the same time, now that its zone is known. */
static void account_ask(struct account *account)
{
    ask_campaigns(account, on_nested_ended);
    ask_insights(account);
}

static void account_begin(struct account *account, const struct meta_account *from)
{
    if (account_fill(account, from, &account->err))
        account_ask(account);
}

static struct account *account_add(struct fetch *fetch, const char *digits, enum owned owned)
{
    struct arena *arena = fetch->ask->arena;
    struct account *account = arena_new(arena, struct account);

    account->fetch = fetch;
    account->digits = digits;
    account->model = arena_new(arena, struct ad_account);
    account->model->id = arena_printf(arena, "act_%s", digits);
    account->model->name = account->model->id;
    account->model->owned = owned;
    *fetch->accounts_end = account;
    fetch->accounts_end = &account->next;
    return account;
}

/* ---- the accounts of a business manager ---- */

static struct account *account_find(const struct fetch *fetch, const char *digits)
{
    for (struct account *account = fetch->accounts; account; account = account->next) {
        if (strcmp(account->digits, digits) == 0)
            return account;
    }
    return NULL;
}

static bool page_of_accounts(void *arg, const char *body, size_t len, const char **ret_after,
                             struct error *err)
{
    struct edge *edge = arg;
    struct fetch *fetch = edge->fetch;
    struct meta_accounts got = { 0 };

    if (!meta_accounts_parse(fetch->ask->arena, body, len, &got, ret_after, err))
        return false;
    for (size_t i = 0; i < got.rows.len; i++) {
        const struct meta_account *row = &got.rows.items[i];
        struct account *account = account_find(fetch, row->id);

        if (!account)
            account_begin(account_add(fetch, row->id, edge->owned), row);
        else if (edge->owned == OWNED_YES)
            account->model->owned = OWNED_YES;
    }
    return true;
}

static void on_edge_ended(void *arg, const struct error *err, bool too_much)
{
    struct edge *edge = arg;
    struct fetch *fetch = edge->fetch;

    (void)too_much;
    fetch->open--;
    if (err && stops_everything(err)) {
        stop(fetch, err);
        return;
    }
    if (err)
        edge->err = *err;
    finish_if_all_ended(fetch);
}

static void ask_edge(struct fetch *fetch, struct edge *edge, enum owned owned)
{
    const char *what = owned == OWNED_YES ? "owned_ad_accounts" : "client_ad_accounts";

    edge->fetch = fetch;
    edge->owned = owned;
    fetch->open++;
    meta_list_start(&fetch->lists,
                    &(struct meta_query){
                        .what = what,
                        .path = arena_printf(fetch->ask->arena, "%s/%s", fetch->business_id, what),
                        .fields = META_ACCOUNT_FIELDS,
                        .limit = ACCOUNTS_LIMIT,
                        .halvings = PLAIN_HALVINGS,
                    },
                    page_of_accounts, on_edge_ended, edge);
}

static bool business_came(void *arg, const char *body, size_t len, const char **ret_after,
                          struct error *err)
{
    struct fetch *fetch = arg;
    const char *name = NULL;

    *ret_after = NULL;
    if (!meta_business_parse(fetch->ask->arena, body, len, &name, err))
        return false;
    fetch->business_name = *name ? name : NULL;
    return true;
}

/* A name that cannot be read makes no number wrong: no warning. */
static void on_business_ended(void *arg, const struct error *err, bool too_much)
{
    struct fetch *fetch = arg;

    (void)too_much;
    fetch->name_open = false;
    if (err && stops_everything(err)) {
        stop(fetch, err);
        return;
    }
    finish_if_all_ended(fetch);
}

static void ask_business(struct fetch *fetch)
{
    fetch->name_open = true;
    meta_list_start(
        &fetch->lists,
        &(struct meta_query){ .what = "business", .path = fetch->business_id, .fields = "id,name" },
        business_came, on_business_ended, fetch);
}

/* ---- accounts that the client names ---- */

static char *cache_name(struct account *account)
{
    return arena_printf(account->fetch->ask->arena, "meta:account:%s", account->digits);
}

static bool account_came(void *arg, const char *body, size_t len, const char **ret_after,
                         struct error *err)
{
    struct account *account = arg;
    struct fetch *fetch = account->fetch;
    struct meta_account got = { 0 };

    *ret_after = NULL;
    if (!meta_account_parse(fetch->ask->arena, body, len, &got, err))
        return false;
    if (strcmp(got.id, account->digits) != 0)
        return error_set(err, ERR_BAD_RESPONSE, "ad account: another one was asked for");
    if (!account_fill(account, &got, err))
        return false;
    if (fetch->meta->cache)
        cache_put(fetch->meta->cache, cache_name(account),
                  bytes_of(meta_account_write(fetch->ask->arena, &got)), REMEMBER_MS);
    account_ask(account);
    return true;
}

static void ask_account(struct account *account)
{
    account_list(account,
                 &(struct meta_query){ .what = "account",
                                       .account = account->model->id,
                                       .path = account->model->id,
                                       .fields = META_ACCOUNT_FIELDS },
                 account_came, on_list_ended);
}

static void on_remembered(void *arg, struct bytes value, int64_t age_ms)
{
    struct account *account = arg;
    struct meta_account got = { 0 };
    struct error ignored = { 0 };

    (void)age_ms;
    if (account->fetch->stopped)
        return;
    list_closed(account);
    if (value.data &&
        meta_account_parse(account->fetch->ask->arena, value.data, value.len, &got, &ignored) &&
        strcmp(got.id, account->digits) == 0)
        account_begin(account, &got);
    else
        ask_account(account);
    finish_if_all_ended(account->fetch);
}

static void ask_listed(struct fetch *fetch)
{
    for (const char *const *id = fetch->ask->client->meta_accounts; *id; id++) {
        if (account_find(fetch, *id))
            continue;
        struct account *account = account_add(fetch, *id, OWNED_UNKNOWN);
        account->open++;
        fetch->open++;
        upstream_cache_get(fetch->ask->job, fetch->meta->cache, cache_name(account), on_remembered,
                           account);
    }
}

/* ---- the beginning ---- */

static void not_configured(struct fetch *fetch)
{
    const struct client *client = fetch->ask->client;

    if (!fetch->listed) {
        warn_config(fetch, NULL, TOPIC_NOT_CONFIGURED,
                    arena_printf(fetch->ask->arena, "%s (business manager %s)",
                                 not_configured_message, client->meta_id));
        return;
    }
    for (const char *const *id = client->meta_accounts; *id; id++)
        warn_config(fetch, arena_printf(fetch->ask->arena, "act_%s", *id), TOPIC_NOT_CONFIGURED,
                    not_configured_message);
}

static void fetch_start(void *state, const struct ask *ask, platform_done_fn *done, void *arg)
{
    struct meta *meta = state;
    const struct client *client = ask->client;
    struct fetch *fetch = arena_new(ask->arena, struct fetch);

    fetch->meta = meta;
    fetch->ask = ask;
    fetch->done = done;
    fetch->done_arg = arg;
    fetch->accounts_end = &fetch->accounts;
    fetch->findings = arena_new(ask->arena, struct findings);
    fetch->lists =
        (struct meta_lists){ .access = &meta->access, .job = ask->job, .arena = ask->arena };
    fetch->started_ms = loop_now_ms(upstream_loop(meta->upstream));
    fetch->listed = lists_accounts(client);
    fetch->business_id =
        arena_strdup(ask->arena, *client->meta_id ? client->meta_id : meta->agency_business_id);

    if (!meta->authorization) {
        not_configured(fetch);
        upstream_later(ask->job, finish, fetch);
        return;
    }
    /* It would put every client's accounts into one report. */
    if (!fetch->listed && meta->agency_business_id &&
        strcmp(client->meta_id, meta->agency_business_id) == 0) {
        warn_config(fetch, NULL, TOPIC_AGENCY_BUSINESS,
                    "meta_id is the agency's own business manager: whoever keeps the Monday board "
                    "must list this client's accounts in meta_adaccount_ids");
        upstream_later(ask->job, finish, fetch);
        return;
    }
    if (fetch->business_id)
        ask_business(fetch);
    if (fetch->listed) {
        ask_listed(fetch);
        return;
    }
    ask_edge(fetch, &fetch->edges[0], OWNED_YES);
    ask_edge(fetch, &fetch->edges[1], OWNED_NO);
}

/* ---- raiox check ---- */

struct probe {
    struct meta_lists lists;
    void (*done)(void *arg, const struct error *err);
    void *arg;
};

/* Whatever the token's owner is: that Meta names it is what was asked. */
static bool owner_came(void *arg, const char *body, size_t len, const char **ret_after,
                       struct error *err)
{
    scoped_arena struct arena *tree = arena_create();
    const char *id = NULL;
    const cJSON *root = json_parse(tree, body, len, err);

    (void)arg;
    *ret_after = NULL;
    return root && meta_id_read(root, "id", &id, err);
}

static void on_probed(void *arg, const struct error *err, bool too_much)
{
    struct probe *probe = arg;
    struct error told = { 0 };

    (void)too_much;
    if (!err) {
        probe->done(probe->arg, NULL);
        return;
    }
    told = *err;
    snprintf(told.user, sizeof(told.user), "%s", sentence_of(err));
    probe->done(probe->arg, &told);
}

static void probe_unconfigured(void *arg)
{
    struct probe *probe = arg;
    struct error err = { 0 };

    error_set(&err, ERR_CONFIG, "META_ACCESS_TOKEN is not set");
    snprintf(err.user, sizeof(err.user), "%s", not_configured_message);
    probe->done(probe->arg, &err);
}

static void probe_start(void *state, struct upstream_job *job,
                        void (*done)(void *arg, const struct error *err), void *arg)
{
    struct meta *meta = state;
    struct probe *probe = arena_new(meta->arena, struct probe); /* one a run of `raiox check` */

    probe->lists = (struct meta_lists){ .access = &meta->access, .job = job, .arena = meta->arena };
    probe->done = done;
    probe->arg = arg;
    if (!meta->authorization) {
        upstream_later(job, probe_unconfigured, probe);
        return;
    }
    meta_list_start(&probe->lists,
                    &(struct meta_query){ .what = "probe", .path = "me", .fields = "id" },
                    owner_came, on_probed, probe);
}

const struct platform meta_platform = {
    .name = "meta",
    .concerns = concerns,
    .fetch = fetch_start,
    .probe = probe_start,
};
