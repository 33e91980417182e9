/*
 * Google Ads' part of a report. For each customer id, all at the same time:
 *
 *     remembered facts -> campaigns with budgets ─┬─> [facts] -> [totals] -> ad account, or a
 * warning
 *                      -> costs of the month ─────┘
 *
 * Costs are asked for with explicit days at once: those of the zone that is remembered, or the
 * agency's. Where the account then turns out to live in another day they are asked for again, so
 * that an ordinary customer takes two calls, side by side. What stands in brackets is asked for
 * only where it is needed.
 */
#include "platforms/google_ads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "platforms/google_ads_account.h"
#include "platforms/google_ads_answer.h"
#include "platforms/google_ads_rows.h"
#include "platforms/google_token.h"

#define PLATFORM "google_ads"
/* Zone and currency of an account hardly ever change; its name is read anew with its campaigns. */
#define FACTS_MS (INT64_C(24) * 3600 * 1000)
/* The name of the manager account is a nicety: asked for beside the accounts, and not for long. */
#define NAME_MS 3000
#define NAME_FAILED_MS (5 * 60 * 1000)
/* Pages of one list: 10,000 rows each. */
#define MAX_PAGES 20

struct probe {
    void (*done)(void *arg, const struct error *err);
    void *arg;
    struct upstream_job *job;
};

struct google_ads {
    struct upstream *upstream;
    struct loop *loop;
    struct cache *cache;
    struct google_token *token; /* NULL: not configured */
    char *url, *version, *login, *developer_token;

    char *login_name;              /* of the manager account; NULL: not known */
    struct upstream_job *name_job; /* asking for it; NULL: not */
    struct upstream_line name_line;
    int64_t name_again_ms; /* monotonic: not asked before, for it failed */
    struct probe probe;    /* one at a time */
};

static char *copy(const char *text)
{
    char *ret = text ? strdup(text) : NULL;

    if (text && !ret)
        fatal("out of memory");
    return ret;
}

struct google_ads *google_ads_create(struct upstream *upstream, struct cache *cache,
                                     const struct google_ads_options *options)
{
    struct google_ads *ads = calloc(1, sizeof(*ads));

    if (!ads)
        fatal("out of memory");
    ads->upstream = upstream;
    ads->loop = upstream_loop(upstream);
    ads->cache = cache;
    ads->url = copy(options->url);
    ads->version = copy(options->version);
    ads->login = copy(options->login_customer_id);
    ads->developer_token = copy(options->developer_token);
    if (options->client_id && options->client_secret && options->refresh_token)
        ads->token = google_token_create(
            upstream, &(struct google_token_options){ .platform = PLATFORM,
                                                      .url = options->token_url,
                                                      .client_id = options->client_id,
                                                      .client_secret = options->client_secret,
                                                      .refresh_token = options->refresh_token });
    return ads;
}

void google_ads_destroy(struct google_ads *ads)
{
    if (!ads)
        return;
    upstream_line_drop(&ads->name_line);
    upstream_job_end(ads->name_job);
    google_token_destroy(ads->token);
    free(ads->url);
    free(ads->version);
    free(ads->login);
    free(ads->developer_token);
    free(ads->login_name);
    free(ads);
}

/* ---- one call ---- */

typedef void answered_fn(void *arg, const struct http_answer *answer, const struct error *err);

/* May it stand in our log as it is? */
static bool is_plain(const char *id)
{
    return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
           strlen(id);
}

static bool judge(void *arg, const struct http_answer *answer, struct error *err)
{
    enum google_ads_fault fault;

    (void)arg;
    if (google_ads_answer_judge(answer->status, (struct bytes){ answer->body, answer->body_len },
                                upstream_retry_after_ms(answer), &fault, err))
        return true;

    /* Google's own name of the call: its support asks for it. */
    const char *id = http_header(answer, "request-id");
    if (id && is_plain(id))
        error_wrap(err, "request %.40s", id);
    return false;
}

static enum google_ads_fault fault_of(const struct http_answer *answer)
{
    enum google_ads_fault fault;
    struct error ignored;

    if (answer->status == 0 ||
        google_ads_answer_judge(answer->status, (struct bytes){ answer->body, answer->body_len }, 0,
                                &fault, &ignored))
        return GOOGLE_ADS_FAULT_NONE;
    return fault;
}

/* path: behind the version; query NULL: a GET of what needs no login customer. */
static struct upstream_sent *send_call(struct google_ads *ads, struct upstream_job *job,
                                       const char *what, const char *account, const char *path,
                                       const char *query, const char *page, const char *token,
                                       answered_fn *done, void *arg)
{
    scoped_arena struct arena *arena = arena_create();
    scoped_json cJSON *body = cJSON_CreateObject();
    const char *headers[5];
    size_t count = 0;
    const char *text = NULL;

    headers[count++] = "Content-Type: application/json";
    headers[count++] = arena_printf(arena, "Authorization: Bearer %s", token);
    if (ads->login && query)
        headers[count++] = arena_printf(arena, "login-customer-id: %s", ads->login);
    if (ads->developer_token)
        headers[count++] = arena_printf(arena, "developer-token: %s", ads->developer_token);
    headers[count] = NULL;
    if (query) {
        cJSON_AddStringToObject(body, "query", query);
        if (page)
            cJSON_AddStringToObject(body, "pageToken", page);
        text = json_print(arena, body);
    }
    return upstream_send(
        job, &(struct upstream_call){
                 .platform = PLATFORM,
                 .what = what,
                 .account = account,
                 .request = { .method = query ? "POST" : "GET",
                              .url = arena_printf(arena, "%s/%s/%s", ads->url, ads->version, path),
                              .headers = headers,
                              .body = text,
                              .body_len = text ? strlen(text) : 0 },
                 .judge = judge,
                 .done = done,
                 .arg = arg,
             });
}

static const char *search_path(struct arena *arena, const char *customer)
{
    return arena_printf(arena, "customers/%s/googleAds:search", customer);
}

static const char *facts_name(struct arena *arena, const char *customer)
{
    return arena_printf(arena, PLATFORM ":facts:1:%s", customer);
}

/* ---- the name of the manager account that access comes through ---- */

static void name_settled(struct google_ads *ads)
{
    struct upstream_job *job = TAKE(ads->name_job);

    if (!ads->login_name)
        ads->name_again_ms = loop_now_ms(ads->loop) + NAME_FAILED_MS;
    upstream_wake(&ads->name_line);
    upstream_job_end(job);
}

static void on_name(void *arg, const struct http_answer *answer, const struct error *failure)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads *ads = arg;
    struct google_ads_facts facts;
    bool has = false;
    struct error err;

    if (!failure &&
        google_ads_facts_parse(arena, (struct bytes){ answer->body, answer->body_len }, ads->login,
                               &facts, &has, &err) &&
        has && facts.name[0]) {
        ads->login_name = copy(facts.name);
        if (ads->cache)
            cache_put(ads->cache, facts_name(arena, ads->login),
                      bytes_of(google_ads_facts_print(arena, &facts)), FACTS_MS);
    }
    name_settled(ads);
}

static void on_name_token(void *arg, const char *token, const struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads *ads = arg;

    if (err)
        name_settled(ads);
    else
        send_call(ads, ads->name_job, "manager", NULL, search_path(arena, ads->login),
                  google_ads_facts_query, NULL, token, on_name, ads);
}

static void on_name_remembered(void *arg, struct bytes value, int64_t age_ms)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads *ads = arg;
    struct google_ads_facts facts;
    struct error ignored;

    (void)age_ms;
    if (value.data && google_ads_facts_read(arena, value, &facts, &ignored) && facts.name[0]) {
        ads->login_name = copy(facts.name);
        name_settled(ads);
        return;
    }
    google_token_wait(ads->token, ads->name_job, on_name_token, ads);
}

/* Once a process, under no one's context: it is for every report. */
static void ask_name(struct google_ads *ads)
{
    scoped_arena struct arena *arena = arena_create();
    int64_t now = loop_now_ms(ads->loop);

    if (!ads->login || ads->login_name || ads->name_job || now < ads->name_again_ms)
        return;
    void *context = loop_context_swap(ads->loop, NULL);
    ads->name_job = upstream_job_begin(ads->upstream, now + NAME_MS, NULL);
    upstream_cache_get(ads->name_job, ads->cache, facts_name(arena, ads->login), on_name_remembered,
                       ads);
    loop_context_swap(ads->loop, context);
}

/* ---- a report's part ---- */

enum question { CAMPAIGNS, COSTS, FACTS, TOTALS, QUESTIONS };
static const char *const question_names[QUESTIONS] = { "campaigns", "costs", "facts", "totals" };

enum query_state { QUERY_IDLE, QUERY_UNDER_WAY, QUERY_DONE };

/* One question to one customer, all its pages. */
struct query {
    struct customer *customer;
    enum question question;
    enum query_state state;
    const char *text;           /* GAQL */
    const char *page;           /* token of the page under way; NULL: the first */
    struct upstream_sent *sent; /* NULL: waits for a token, or is not under way */
    unsigned token_number;      /* of the token that it was sent with */
    int pages;
    bool waiting;            /* for a token: then whatever its text and page will be by then */
    bool renewed, restarted; /* a new token, a new start: each once */
};

struct customer {
    struct fetch *fetch;
    const char *id, *path;
    struct query queries[QUESTIONS];
    struct google_ads_answers answers; /* its facts once has_facts */
    struct google_ads_facts remembered;
    int64_t remembered_ms; /* how long ago */
    bool has_remembered, has_facts, finished, manager;
    bool from_memory; /* its facts are the remembered ones: no answer has brought them again */
    struct ad_account account;
    struct error failure; /* kind NONE: account is whole */
};

struct fetch { /* in the job's arena */
    struct google_ads *ads;
    const struct ask *ask;
    struct findings *findings;
    struct customer *customers;
    size_t count, open;
    int64_t started_ms;
    platform_done_fn *done;
    void *arg;
};

/* ---- warnings ---- */

static const char not_configured[] =
    "Google Ads is not configured: whoever runs raiox must set GOOGLE_ADS_CLIENT_ID, "
    "GOOGLE_ADS_CLIENT_SECRET and GOOGLE_ADS_REFRESH_TOKEN";
static const char manager_account[] =
    "the id is of a manager account, which is never expanded: whoever keeps Monday must put the "
    "client's own customer ids into google_id";

/* What happened, and who can mend it. */
static const char *const sentences[ERR_KINDS] = {
    [ERR_CONFIG] = "Google Ads cannot be asked this way: whoever runs raiox must mend the "
                   "GOOGLE_ADS_ variables or the Cloud project",
    [ERR_AUTH] = "Google refuses the sign-in: whoever owns GOOGLE_ADS_REFRESH_TOKEN must renew it",
    [ERR_PERMISSION] = "Google does not let us read this account: its owner must link it to the "
                       "agency's manager account, or GOOGLE_ADS_LOGIN_CUSTOMER_ID is wrong",
    [ERR_NOT_FOUND] = "Google knows no such active account: whoever keeps Monday must mend "
                      "google_id",
    [ERR_RATE_LIMIT] = "Google limits our calls for now: ask again later",
    [ERR_TIMEOUT] = "Google Ads did not answer in time: ask again in some minutes",
    [ERR_UNAVAILABLE] = "Google Ads is not available: ask again in some minutes",
    [ERR_BAD_RESPONSE] = "Google's answer cannot be used: whoever runs raiox must look into it",
};

static void warn(struct fetch *fetch, const struct customer *customer)
{
    struct arena *arena = fetch->ask->arena;
    const struct error *err = &customer->failure;
    struct warning *warning = vec_push(arena, &fetch->findings->warnings);
    enum err_kind kind = sentences[err->kind] ? err->kind : ERR_BAD_RESPONSE;

    *warning = (struct warning){
        .platform = PLATFORM,
        .account = customer->id,
        .kind = kind,
        .message = customer->manager ? manager_account
                                     : arena_printf(arena, "%s (%s)", sentences[kind], err->log),
        .topic = customer->manager    ? TOPIC_MANAGER_ACCOUNT
                 : kind == ERR_CONFIG ? TOPIC_SETTINGS
                                      : TOPIC_NONE,
    };
    if (err->retry_after_ms > 0)
        warning->retry_real_ms = fetch->ask->now_real_ms + err->retry_after_ms +
                                 loop_now_ms(fetch->ads->loop) - fetch->started_ms;
}

/* ---- the end ---- */

static struct business_manager *add_manager(struct fetch *fetch)
{
    struct arena *arena = fetch->ask->arena;
    struct business_manager *manager = vec_push(arena, &fetch->findings->business_managers);

    manager->platform = PLATFORM;
    manager->id = arena_strdup(arena, fetch->ads->login);
    manager->name = arena_strdup(arena, fetch->ads->login_name);
    return manager;
}

/* In the order of the row, whoever answered first. Nothing of the fetch is touched behind it. */
static void finish(void *arg)
{
    struct fetch *fetch = arg;
    struct business_manager *manager = NULL;

    for (size_t i = 0; i < fetch->count; i++) {
        const struct customer *customer = &fetch->customers[i];

        if (customer->failure.kind != ERR_NONE) {
            warn(fetch, customer);
            continue;
        }
        if (!manager)
            manager = add_manager(fetch);
        *vec_push(fetch->ask->arena, &manager->ad_accounts) = customer->account;
    }
    fetch->done(fetch->arg, fetch->findings);
}

static void on_named(void *arg)
{
    finish(*(struct fetch **)arg);
}

/* All accounts are in: the manager account's name, asked for beside them, is waited for. */
static void accounts_done(struct fetch *fetch)
{
    struct google_ads *ads = fetch->ads;

    if (ads->name_job)
        upstream_wait(fetch->ask->job, &ads->name_line, on_named, on_named, &fetch,
                      sizeof(struct fetch *));
    else
        upstream_later(fetch->ask->job, finish, fetch);
}

static void customer_finished(struct customer *customer)
{
    struct fetch *fetch = customer->fetch;

    customer->finished = true;
    if (--fetch->open == 0)
        accounts_done(fetch);
}

static void query_stop(struct query *query)
{
    upstream_cancel(TAKE(query->sent));
    query->state = QUERY_IDLE;
}

static void customer_failed(struct customer *customer, const struct error *err)
{
    for (size_t i = 0; i < QUESTIONS; i++)
        query_stop(&customer->queries[i]);
    customer->failure = *err;
    customer_finished(customer);
}

/* ---- one question ---- */

static void customer_step(struct customer *customer);
static answered_fn on_answer;

static void query_send(struct query *query, const char *token)
{
    struct customer *customer = query->customer;
    struct fetch *fetch = customer->fetch;

    query->token_number = google_token_number(fetch->ads->token);
    query->sent =
        send_call(fetch->ads, fetch->ask->job, question_names[query->question], customer->id,
                  customer->path, query->text, query->page, token, on_answer, query);
}

static void on_token(void *arg, const char *token, const struct error *err)
{
    struct query *query = arg;

    query->waiting = false;
    if (query->customer->finished)
        return; /* another question of the same customer failed for want of the token */
    if (err)
        customer_failed(query->customer, err);
    else
        query_send(query, token);
}

static void query_ask(struct query *query)
{
    struct fetch *fetch = query->customer->fetch;
    const char *token = google_token_now(fetch->ads->token);

    query->state = QUERY_UNDER_WAY;
    if (query->waiting)
        return;
    query->waiting = !token;
    if (token)
        query_send(query, token);
    else
        google_token_wait(fetch->ads->token, fetch->ask->job, on_token, query);
}

/* From the first page on; what an earlier start brought is forgotten. */
static void query_start(struct query *query, const char *text)
{
    struct google_ads_answers *answers = &query->customer->answers;

    query->text = text;
    query->page = NULL;
    query->pages = 0;
    if (query->question == CAMPAIGNS)
        answers->campaigns = (struct google_ads_campaigns){ 0 };
    else if (query->question == COSTS)
        answers->costs = (struct google_ads_costs){ 0 };
    else if (query->question == TOTALS)
        answers->totals = (struct google_ads_costs){ 0 };
    query_ask(query);
}

/* Is there something to do about it? Each remedy is tried once. */
static bool query_mend(struct query *query, enum google_ads_fault fault)
{
    struct google_ads *ads = query->customer->fetch->ads;

    if (fault == GOOGLE_ADS_FAULT_TOKEN && !query->renewed) {
        query->renewed = true;
        google_token_refused(ads->token, query->token_number);
        query_ask(query);
        return true;
    }
    if (fault == GOOGLE_ADS_FAULT_PAGE_TOKEN && !query->restarted && query->page) {
        query->restarted = true;
        query_start(query, query->text);
        return true;
    }
    return false;
}

static bool query_parse(struct query *query, struct bytes body, struct error *err)
{
    struct customer *customer = query->customer;
    struct google_ads_answers *answers = &customer->answers;
    struct arena *arena = customer->fetch->ask->arena;

    query->page = NULL;
    switch (query->question) {
    case CAMPAIGNS:
        return google_ads_campaigns_parse(arena, body, customer->id, &answers->campaigns,
                                          &answers->facts, &customer->has_facts, &query->page, err);
    case COSTS:
        return google_ads_costs_parse(arena, body, &answers->costs, &query->page, err);
    case FACTS:
        if (!google_ads_facts_parse(arena, body, customer->id, &answers->facts,
                                    &customer->has_facts, err))
            return false;
        return customer->has_facts ||
               error_set(err, ERR_BAD_RESPONSE, "google ads: no facts of the account");
    case TOTALS:
        return google_ads_costs_parse(arena, body, &answers->totals, &query->page, err);
    case QUESTIONS:
        break;
    }
    return error_set(err, ERR_INTERNAL, "google ads: no such question");
}

static void on_answer(void *arg, const struct http_answer *answer, const struct error *failure)
{
    struct query *query = arg;
    struct customer *customer = query->customer;
    enum google_ads_fault fault = failure ? fault_of(answer) : GOOGLE_ADS_FAULT_NONE;
    struct error err;

    query->sent = NULL;
    if (failure && query_mend(query, fault))
        return;
    customer->manager = fault == GOOGLE_ADS_FAULT_MANAGER;
    if (failure) {
        err = *failure;
        error_wrap(&err, "google ads: %s", question_names[query->question]);
        customer_failed(customer, &err);
    } else if (!query_parse(query, (struct bytes){ answer->body, answer->body_len }, &err)) {
        customer_failed(customer, &err);
    } else if (!query->page) {
        query->state = QUERY_DONE;
        customer_step(customer);
    } else if (++query->pages < MAX_PAGES) {
        query_ask(query);
    } else {
        error_set(&err, ERR_BAD_RESPONSE, "google ads: no end after %d pages", MAX_PAGES);
        customer_failed(customer, &err);
    }
}

/* ---- one customer ---- */

static const char *zone_of(const struct customer *customer, const struct google_ads_facts *facts)
{
    return facts->timezone ? facts->timezone : customer->fetch->ask->timezone;
}

static void ask_costs(struct customer *customer)
{
    query_start(&customer->queries[COSTS],
                google_ads_costs_query(customer->fetch->ask->arena, &customer->answers.month));
}

/* Facts that are new, or old enough to be put anew before they are forgotten. */
static void remember(const struct customer *customer)
{
    scoped_arena struct arena *arena = arena_create();
    struct cache *cache = customer->fetch->ads->cache;
    const char *text = google_ads_facts_print(arena, &customer->answers.facts);

    if (!cache || customer->from_memory) /* or what is out of date would be kept for ever */
        return;
    if (customer->has_remembered && customer->remembered_ms < FACTS_MS / 2 &&
        strcmp(text, google_ads_facts_print(arena, &customer->remembered)) == 0)
        return;
    cache_put(cache, facts_name(arena, customer->id), bytes_of(text), FACTS_MS);
}

/*
 * The account's facts are known: is the month that costs were asked for the one in which it lives?
 * Else they are asked for again.
 */
static bool settle_month(struct customer *customer, struct error *err)
{
    struct google_ads_answers *answers = &customer->answers;
    struct month month;

    if (answers->facts.manager) {
        customer->manager = true;
        return error_set(err, ERR_CONFIG, "google ads: a manager account");
    }
    answers->timezone = zone_of(customer, &answers->facts);
    if (!month_of(answers->timezone, customer->fetch->ask->now_real_ms, &month, err))
        return error_wrap(err, "google ads");
    if (day_compare(month.first, answers->month.first) == 0 &&
        day_compare(month.today, answers->month.today) == 0)
        return true;
    answers->month = month;
    query_stop(&customer->queries[COSTS]);
    ask_costs(customer);
    return true;
}

/* What can be asked only with the campaigns at hand. true: it is under way, or was not needed. */
static bool settle_campaigns(struct customer *customer, struct error *err)
{
    struct google_ads_answers *answers = &customer->answers;
    struct query *totals = &customer->queries[TOTALS];
    const char *text;

    if (!customer->has_facts && customer->has_remembered) {
        answers->facts = customer->remembered;
        customer->has_facts = customer->from_memory = true;
    }
    if (!customer->has_facts) { /* an account without a campaign that is not removed */
        if (customer->queries[FACTS].state == QUERY_IDLE)
            query_start(&customer->queries[FACTS], google_ads_facts_query);
        return true;
    }
    if (totals->state != QUERY_IDLE)
        return true;
    if (!settle_month(customer, err))
        return false;
    remember(customer);
    text =
        google_ads_totals_query(customer->fetch->ask->arena, &answers->campaigns, &answers->month);
    if (text)
        query_start(totals, text);
    else
        totals->state = QUERY_DONE;
    return true;
}

/* A question was answered. */
static void customer_step(struct customer *customer)
{
    struct error err;

    if (customer->queries[CAMPAIGNS].state != QUERY_DONE)
        return;
    if (!settle_campaigns(customer, &err)) {
        customer_failed(customer, &err);
        return;
    }
    if (customer->queries[COSTS].state != QUERY_DONE ||
        customer->queries[TOTALS].state != QUERY_DONE)
        return;
    if (google_ads_account_build(customer->fetch->ask->arena, &customer->answers,
                                 &customer->account, &err))
        customer_finished(customer);
    else
        customer_failed(customer, &err);
}

static void on_remembered(void *arg, struct bytes value, int64_t age_ms)
{
    struct customer *customer = arg;
    const struct ask *ask = customer->fetch->ask;
    struct error err;

    customer->has_remembered =
        value.data && google_ads_facts_read(ask->arena, value, &customer->remembered, &err);
    customer->remembered_ms = age_ms;
    if (!month_of(zone_of(customer, &customer->remembered), ask->now_real_ms,
                  &customer->answers.month, &err)) {
        customer_failed(customer, &err);
        return;
    }
    query_start(&customer->queries[CAMPAIGNS], google_ads_campaigns_query);
    ask_costs(customer);
}

static void customer_begin(struct customer *customer, const char *id)
{
    const struct fetch *fetch = customer->fetch;
    struct arena *arena = fetch->ask->arena;

    customer->id = arena_strdup(arena, id);
    customer->path = search_path(arena, id);
    customer->answers.customer = customer->id;
    for (size_t i = 0; i < QUESTIONS; i++)
        customer->queries[i] = (struct query){ .customer = customer, .question = (enum question)i };
    upstream_cache_get(fetch->ask->job, fetch->ads->cache, facts_name(arena, id), on_remembered,
                       customer);
}

/* ---- the platform ---- */

static bool concerns(const struct client *client)
{
    return client->google_ids && client->google_ids[0];
}

static void warn_not_configured(struct fetch *fetch, const char *const *ids)
{
    for (; ids && *ids; ids++)
        *vec_push(fetch->ask->arena, &fetch->findings->warnings) =
            (struct warning){ .platform = PLATFORM,
                              .account = arena_strdup(fetch->ask->arena, *ids),
                              .kind = ERR_CONFIG,
                              .message = not_configured,
                              .topic = TOPIC_NOT_CONFIGURED };
}

static void fetch_begin(void *state, const struct ask *ask, platform_done_fn *done, void *arg)
{
    struct google_ads *ads = state;
    struct fetch *fetch = arena_new(ask->arena, struct fetch);
    const char *const *ids = ask->client->google_ids;

    *fetch = (struct fetch){ .ads = ads,
                             .ask = ask,
                             .findings = arena_new(ask->arena, struct findings),
                             .started_ms = loop_now_ms(ads->loop),
                             .done = done,
                             .arg = arg };
    if (!ads->token)
        warn_not_configured(fetch, ids);
    while (ads->token && ids && ids[fetch->count])
        fetch->count++;
    if (fetch->count == 0) {
        upstream_later(ask->job, finish, fetch);
        return;
    }
    ask_name(ads);
    fetch->open = fetch->count;
    fetch->customers = arena_array(ask->arena, struct customer, fetch->count);
    for (size_t i = 0; i < fetch->count; i++) {
        fetch->customers[i].fetch = fetch;
        customer_begin(&fetch->customers[i], ids[i]); /* NOLINT: counted, so it is there */
    }
}

/* ---- raiox check ---- */

static void probed(struct google_ads *ads, const struct error *failure)
{
    struct probe probe = ads->probe;
    struct error err;

    if (!failure) {
        probe.done(probe.arg, NULL);
        return;
    }
    err = *failure;
    snprintf(err.user, sizeof(err.user), "%.199s",
             sentences[err.kind] ? sentences[err.kind] : err.log);
    probe.done(probe.arg, &err);
}

static void on_probed(void *arg, const struct http_answer *answer, const struct error *failure)
{
    (void)answer;
    probed(arg, failure);
}

/* The manager account's own facts; without one, the list of what the sign-in may read. */
static void on_probe_token(void *arg, const char *token, const struct error *err)
{
    scoped_arena struct arena *arena = arena_create();
    struct google_ads *ads = arg;

    if (err)
        probed(ads, err);
    else if (ads->login)
        send_call(ads, ads->probe.job, "manager", NULL, search_path(arena, ads->login),
                  google_ads_facts_query, NULL, token, on_probed, ads);
    else
        send_call(ads, ads->probe.job, "customers", NULL, "customers:listAccessibleCustomers", NULL,
                  NULL, token, on_probed, ads);
}

static void on_probe_not_configured(void *arg)
{
    struct error err;

    error_set(&err, ERR_CONFIG, "google ads: not configured");
    probed(arg, &err);
}

static void probe_begin(void *state, struct upstream_job *job,
                        void (*done)(void *arg, const struct error *err), void *arg)
{
    struct google_ads *ads = state;

    ads->probe = (struct probe){ done, arg, job };
    if (ads->token)
        google_token_wait(ads->token, job, on_probe_token, ads);
    else
        upstream_later(job, on_probe_not_configured, ads);
}

const struct platform google_ads_platform = {
    .name = PLATFORM,
    .concerns = concerns,
    .fetch = fetch_begin,
    .probe = probe_begin,
};
