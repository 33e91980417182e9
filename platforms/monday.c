/*
 * The board on its way from Monday to whoever wants it:
 *
 *     monday_board() -> held in this process -> remembered by all workers -> asked of Monday
 *
 * Whatever is under way is joined: who waits stands in one line and is woken when the board, or the
 * error, is there. Asking belongs to a job of its own, so that the end of the report that began it
 * does not take the board away from the others.
 */
#include "platforms/monday.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "platforms/monday_answer.h"
#include "platforms/monday_layout.h"
#include "platforms/monday_rows.h"

/* Within a report's 60 s, so that it still has time to say that Monday did not answer. */
#define FETCH_MS (50 * 1000)
/* One call is cut by Monday at 60 s; the contract of its API wants about 30 s of us. */
#define CALL_MS (30 * 1000)
/* Columns are added and renamed by hand and seldom; a column that is refused is noticed at once. */
#define LAYOUT_MS (30 * 60 * 1000)
/* INTERFACE: an unknown channel or name asks Monday again at most once in this time. */
#define AGAIN_MS (10 * 1000)

#define PAGE_LIMIT 200
#define LEAST_PAGE_LIMIT 25
/* A board of 10,000 items in pages of 25; more is a cursor that runs in circles. */
#define MAX_PAGES 400

struct held { /* one board and the memory that it lives in */
    struct arena *arena;
    const struct board *board;
    int64_t fetched_mono_ms;
};

struct fetch {           /* one asking of Monday, from the layout to the last page */
    struct arena *arena; /* NULL: none under way */
    struct monday_rows rows;
    const char *cursor; /* of the page under way; NULL: the first */
    int pages, limit;
    bool layout_asked, restarted;
};

struct probe {
    void (*done)(void *arg, const struct error *err);
    void *arg;
};

struct monday {
    struct upstream *upstream;
    struct loop *loop;
    struct cache *cache;
    char *url, *version, *token, *board_id, *active_group;
    char token_name[UPSTREAM_TOKEN_NAME];
    int64_t cache_ms;
    /* In the cache: the board, one of the last AGAIN_MS, and whose turn it is to ask again. */
    char *board_name, *fresh_name, *again_name;

    struct held held;            /* arena NULL: none */
    struct held layout_held;     /* its board is not used */
    struct monday_layout layout; /* while layout_held.arena is set */

    struct upstream_line line; /* who waits for what is under way */
    struct upstream_job *job;  /* whose look into the cache, or fetch, that is; NULL: none */
    struct fetch fetch;
    bool again;           /* somebody in the line wants a board younger than AGAIN_MS */
    struct error failure; /* of the last fetch; kind NONE: its board is held */
    struct probe probe;   /* one at a time */
};

struct want { /* one of the line */
    struct monday *monday;
    monday_board_fn *done;
    void *arg;
};

static char *copy(const char *text)
{
    char *ret = strdup(text);

    if (!ret)
        fatal("out of memory");
    return ret;
}

static char *cache_name(const char *what, const struct monday_options *options)
{
    scoped_arena struct arena *arena = arena_create();

    /* The form of monday_rows_print() is part of the name: another release reads only its own. */
    return copy(
        arena_printf(arena, "monday:%s:1:%s:%s", what, options->board_id, options->active_group));
}

struct monday *monday_create(struct upstream *upstream, struct cache *cache,
                             const struct monday_options *options)
{
    struct monday *monday = calloc(1, sizeof(*monday));

    if (!monday)
        fatal("out of memory");
    monday->upstream = upstream;
    monday->loop = upstream_loop(upstream);
    monday->cache = cache;
    monday->url = copy(options->url);
    monday->version = copy(options->version);
    monday->token = copy(options->token);
    upstream_token_name(options->token, monday->token_name);
    monday->board_id = copy(options->board_id);
    monday->active_group = copy(options->active_group);
    monday->cache_ms = options->cache_ms;
    monday->board_name = cache_name("board", options);
    monday->fresh_name = cache_name("fresh", options);
    monday->again_name = cache_name("again", options);
    return monday;
}

static void held_drop(struct held *held)
{
    arena_destroy(held->arena);
    *held = (struct held){ 0 };
}

static void fetch_drop(struct fetch *fetch)
{
    arena_destroy(fetch->arena);
    *fetch = (struct fetch){ 0 };
}

void monday_destroy(struct monday *monday)
{
    if (!monday)
        return;
    upstream_line_drop(&monday->line);
    upstream_job_end(monday->job);
    fetch_drop(&monday->fetch);
    held_drop(&monday->held);
    held_drop(&monday->layout_held);
    free(monday->url);
    free(monday->version);
    free(monday->token);
    free(monday->board_id);
    free(monday->active_group);
    free(monday->board_name);
    free(monday->fresh_name);
    free(monday->again_name);
    free(monday);
}

/* ---- the end of what is under way ---- */

/* Wakes the line: each of it reads monday->failure or monday->held in its turn. */
static void settle(struct monday *monday, const struct error *failure)
{
    struct upstream_job *job = TAKE(monday->job);

    monday->failure = failure ? *failure : (struct error){ 0 };
    monday->again = false;
    fetch_drop(&monday->fetch);
    upstream_wake(&monday->line);
    upstream_job_end(job);
}

/* The arena is monday's from here on. */
static void hold(struct monday *monday, struct arena *arena, const struct monday_rows *rows,
                 int64_t fetched_real_ms, int64_t age_ms)
{
    const struct board *board = monday_board_build(arena, rows, fetched_real_ms);

    held_drop(&monday->held);
    monday->held = (struct held){ arena, board, loop_now_ms(monday->loop) - age_ms };
}

static bool held_younger_than(const struct monday *monday, int64_t ms)
{
    return monday->held.arena && loop_now_ms(monday->loop) - monday->held.fetched_mono_ms < ms;
}

/* ---- asking Monday ---- */

static bool judge(void *arg, const struct http_answer *answer, struct error *err)
{
    struct error status;
    bool fine = upstream_judge_status(answer, &status);
    enum monday_fault fault;

    (void)arg;
    if (answer->status == 423) /* locked for a moment: the contract, section 6 */
        status.kind = ERR_UNAVAILABLE;
    return monday_answer_judge((struct bytes){ answer->body, answer->body_len },
                               fine ? NULL : &status, upstream_retry_after_ms(answer),
                               clock_real_ms(), &fault, err);
}

static enum monday_fault fault_of(const struct http_answer *answer)
{
    enum monday_fault fault;
    struct error ignored;

    return monday_answer_judge((struct bytes){ answer->body, answer->body_len }, NULL, 0, 0, &fault,
                               &ignored)
               ? MONDAY_FAULT_NONE
               : fault;
}

typedef void answered_fn(void *arg, const struct http_answer *answer, const struct error *err);

/* variables is consumed. Values travel as variables alone: no document is ever put together. */
static void send_query(struct monday *monday, struct upstream_job *job, const char *what,
                       const char *query, cJSON *variables, answered_fn *done)
{
    scoped_arena struct arena *arena = arena_create();
    scoped_json cJSON *body = cJSON_CreateObject();
    const char *headers[] = {
        "Content-Type: application/json",
        arena_printf(arena, "Authorization: %s", monday->token),
        arena_printf(arena, "API-Version: %s", monday->version),
        NULL,
    };

    cJSON_AddStringToObject(body, "query", query);
    cJSON_AddItemToObject(body, "variables", variables);
    const char *text = json_print(arena, body);
    upstream_send(job, &(struct upstream_call){
                           .platform = "monday",
                           .what = what,
                           .token = monday->token_name,
                           .request = { .method = "POST",
                                        .url = monday->url,
                                        .headers = headers,
                                        .body = text,
                                        .body_len = strlen(text),
                                        .total_ms = CALL_MS },
                           .judge = judge,
                           .done = done,
                           .arg = monday,
                       });
}

static void ask_layout(struct monday *monday, struct upstream_job *job, answered_fn *done)
{
    cJSON *variables = cJSON_CreateObject();

    cJSON_AddItemToObject(variables, "board",
                          cJSON_CreateStringArray((const char *const *)&monday->board_id, 1));
    send_query(monday, job, "layout", monday_layout_query, variables, done);
}

static void add_columns(cJSON *variables, const struct monday_layout *layout)
{
    cJSON *columns = cJSON_AddArrayToObject(variables, "cols");

    for (size_t i = 0; i < MONDAY_COLUMNS; i++)
        if (layout->columns[i])
            cJSON_AddItemToArray(columns, cJSON_CreateString(layout->columns[i]));
}

static answered_fn on_page;

static void ask_page(struct monday *monday)
{
    const struct monday_layout *layout = &monday->layout;
    const struct fetch *fetch = &monday->fetch;
    cJSON *variables = cJSON_CreateObject();
    const char *query = monday_next_page_query;

    cJSON_AddNumberToObject(variables, "limit", fetch->limit);
    add_columns(variables, layout);
    if (fetch->cursor) {
        cJSON_AddStringToObject(variables, "cursor", fetch->cursor);
    } else {
        query = layout->every_group ? monday_first_page_every_group_query : monday_first_page_query;
        cJSON_AddItemToObject(variables, "board",
                              cJSON_CreateStringArray((const char *const *)&monday->board_id, 1));
        if (!layout->every_group)
            cJSON_AddItemToObject(
                variables, "group",
                cJSON_CreateStringArray(layout->groups.items, (int)layout->groups.len));
    }
    send_query(monday, monday->job, "board", query, variables, on_page);
}

static void start_over(struct fetch *fetch)
{
    fetch->rows = (struct monday_rows){ 0 };
    fetch->cursor = NULL;
    fetch->pages = 0;
}

static void on_layout(void *arg, const struct http_answer *answer, const struct error *failure)
{
    struct monday *monday = arg;
    struct arena *arena = arena_create();
    struct error err;

    held_drop(&monday->layout_held);
    if (failure || !monday_layout_parse(arena, (struct bytes){ answer->body, answer->body_len },
                                        monday->active_group, &monday->layout, &err)) {
        arena_destroy(arena);
        settle(monday, failure ? failure : &err);
        return;
    }
    monday->layout_held = (struct held){ arena, NULL, loop_now_ms(monday->loop) };
    ask_page(monday);
}

static void renew_layout(struct monday *monday)
{
    monday->fetch.layout_asked = true;
    start_over(&monday->fetch);
    ask_layout(monday, monday->job, on_layout);
}

/* Remembers what was read, for all workers and for this one. */
static void board_read(struct monday *monday)
{
    struct arena *arena = TAKE(monday->fetch.arena);
    int64_t now = clock_real_ms();

    if (monday->cache && monday->cache_ms > 0) {
        scoped_arena struct arena *scratch = arena_create();
        struct bytes text = bytes_of(monday_rows_print(scratch, &monday->fetch.rows, now));

        cache_put(monday->cache, monday->board_name, text, monday->cache_ms);
        cache_put(monday->cache, monday->fresh_name, text, AGAIN_MS);
    }
    hold(monday, arena, &monday->fetch.rows, now, 0);
    settle(monday, NULL);
}

/* Is there something to do about it? Each remedy is tried once, smaller pages down to the least. */
static bool mend_page(struct monday *monday, enum monday_fault fault)
{
    struct fetch *fetch = &monday->fetch;

    if (fault == MONDAY_FAULT_LAYOUT && !fetch->layout_asked) {
        renew_layout(monday);
        return true;
    }
    if (fault == MONDAY_FAULT_CURSOR && !fetch->restarted) {
        fetch->restarted = true;
        start_over(fetch);
        ask_page(monday);
        return true;
    }
    if (fault == MONDAY_FAULT_TOO_COMPLEX && fetch->limit > LEAST_PAGE_LIMIT) {
        fetch->limit /= 2;
        ask_page(monday);
        return true;
    }
    return false;
}

static bool read_page(struct monday *monday, const struct http_answer *answer, struct error *err)
{
    struct fetch *fetch = &monday->fetch;

    if (!monday_page_parse(fetch->arena, (struct bytes){ answer->body, answer->body_len },
                           &monday->layout, !fetch->cursor, &fetch->rows, &fetch->cursor, err))
        return false;
    if (++fetch->pages > MAX_PAGES)
        return error_set(err, ERR_BAD_RESPONSE, "monday: no end after %d pages", MAX_PAGES);
    return true;
}

static void on_page(void *arg, const struct http_answer *answer, const struct error *failure)
{
    struct monday *monday = arg;
    enum monday_fault fault = MONDAY_FAULT_NONE;
    struct error err;

    if (failure)
        fault = fault_of(answer);
    else if (!read_page(monday, answer, &err)) {
        failure = &err;
        if (err.kind == ERR_CONFIG)
            fault = MONDAY_FAULT_LAYOUT;
    }
    if (failure) {
        if (!mend_page(monday, fault))
            settle(monday, failure);
        return;
    }
    if (monday->fetch.cursor)
        ask_page(monday);
    else
        board_read(monday);
}

static void ask_monday(struct monday *monday)
{
    const struct held *layout = &monday->layout_held;

    monday->fetch = (struct fetch){ .arena = arena_create(), .limit = PAGE_LIMIT };
    if (!monday->again && layout->arena &&
        loop_now_ms(monday->loop) - layout->fetched_mono_ms < LAYOUT_MS)
        ask_page(monday);
    else
        renew_layout(monday);
}

/* ---- looking into the cache ---- */

static bool hold_remembered(struct monday *monday, struct bytes value, int64_t age_ms,
                            int64_t most_ms)
{
    struct arena *arena;
    struct monday_rows rows;
    int64_t fetched_real_ms;
    struct error ignored;

    if (!value.data || age_ms >= most_ms)
        return false;
    arena = arena_create();
    if (!monday_rows_read(arena, value, &rows, &fetched_real_ms, &ignored)) {
        arena_destroy(arena);
        return false;
    }
    hold(monday, arena, &rows, fetched_real_ms, age_ms);
    return true;
}

static cache_value_fn on_fresh;

static void on_board(void *arg, struct bytes value, int64_t age_ms)
{
    struct monday *monday = arg;

    if (monday->again)
        upstream_cache_get(monday->job, monday->cache, monday->fresh_name, on_fresh, monday);
    else if (hold_remembered(monday, value, age_ms, monday->cache_ms))
        settle(monday, NULL);
    else
        ask_monday(monday);
}

static void look_for_board(struct monday *monday)
{
    upstream_cache_get(monday->job, monday->cache, monday->board_name, on_board, monday);
}

/* Somebody else asked less than AGAIN_MS ago: what is remembered must do. */
static void on_claim(void *arg, bool got)
{
    struct monday *monday = arg;

    if (got) {
        ask_monday(monday);
        return;
    }
    monday->again = false;
    if (held_younger_than(monday, monday->cache_ms))
        settle(monday, NULL);
    else
        look_for_board(monday);
}

static void on_fresh(void *arg, struct bytes value, int64_t age_ms)
{
    struct monday *monday = arg;

    if (hold_remembered(monday, value, age_ms, AGAIN_MS))
        settle(monday, NULL);
    else
        upstream_cache_claim(monday->job, monday->cache, monday->again_name, AGAIN_MS, on_claim,
                             monday);
}

/* ---- what others call ---- */

static void on_held(void *arg)
{
    struct want *want = arg;

    want->done(want->arg, want->monday->held.board, NULL);
}

static void on_settled(void *arg)
{
    struct want *want = arg;

    if (want->monday->failure.kind == ERR_NONE) {
        on_held(arg);
        return;
    }
    struct error err = want->monday->failure; /* done() may destroy monday */
    want->done(want->arg, NULL, &err);
}

static void on_late(void *arg)
{
    struct want *want = arg;
    struct error err = { 0 };

    error_set(&err, ERR_TIMEOUT, "monday: the board did not come in time");
    want->done(want->arg, NULL, &err);
}

/* Under no one's context: what is fetched for all must not be charged to, or outlive, one job. */
static void begin(struct monday *monday)
{
    void *context = loop_context_swap(monday->loop, NULL);

    monday->job = upstream_job_begin(monday->upstream, loop_now_ms(monday->loop) + FETCH_MS, NULL);
    if (monday->cache_ms <= 0)
        ask_monday(monday);
    else if (monday->again)
        upstream_cache_get(monday->job, monday->cache, monday->fresh_name, on_fresh, monday);
    else
        look_for_board(monday);
    loop_context_swap(monday->loop, context);
}

static void want_board(struct monday *monday, struct upstream_job *job, int64_t most_ms, bool again,
                       monday_board_fn *done, void *arg)
{
    struct want want = { monday, done, arg };

    if (held_younger_than(monday, most_ms)) {
        struct upstream_line ready = { 0 };

        upstream_wait(job, &ready, on_held, NULL, &want, sizeof(want));
        upstream_wake(&ready);
        return;
    }
    upstream_wait(job, &monday->line, on_settled, on_late, &want, sizeof(want));
    if (!monday->fetch.arena)
        monday->again |= again;
    if (!monday->job)
        begin(monday);
}

void monday_board(struct monday *monday, struct upstream_job *job, monday_board_fn *done, void *arg)
{
    want_board(monday, job, monday->cache_ms, false, done, arg);
}

void monday_board_again(struct monday *monday, struct upstream_job *job, monday_board_fn *done,
                        void *arg)
{
    want_board(monday, job, AGAIN_MS, true, done, arg);
}

/* ---- raiox check, and what else is said to whoever runs raiox ---- */

static const char *const mend[ERR_KINDS] = {
    [ERR_CONFIG] = "Monday refuses what it was asked: check MONDAY_BOARD_ID and MONDAY_API_VERSION",
    [ERR_AUTH] = "Monday refuses MONDAY_API_TOKEN: put a valid one in its place",
    [ERR_PERMISSION] = "the owner of MONDAY_API_TOKEN may not read the board, or not from this "
                       "machine's address",
    [ERR_RATE_LIMIT] = "Monday's limit of calls is used up: try again later",
    [ERR_TIMEOUT] = "Monday does not answer in time: check MONDAY_API_URL and the network",
    [ERR_UNAVAILABLE] = "Monday cannot be reached: check MONDAY_API_URL and the network",
    [ERR_BAD_RESPONSE] = "what answers is not Monday's API: check MONDAY_API_URL",
};

const char *monday_mend(enum err_kind kind)
{
    return (size_t)kind < COUNT(mend) ? mend[kind] : NULL;
}

static void on_probed(void *arg, const struct http_answer *answer, const struct error *failure)
{
    scoped_arena struct arena *arena = arena_create();
    const struct monday *monday = arg;
    struct probe probe = monday->probe;
    struct monday_layout layout;
    struct error err;
    bool fine = !failure;

    if (failure)
        err = *failure;
    else
        fine = monday_layout_parse(arena, (struct bytes){ answer->body, answer->body_len },
                                   monday->active_group, &layout, &err);
    if (!fine && !err.user[0])
        snprintf(err.user, sizeof(err.user), "%.199s",
                 monday_mend(err.kind) ? monday_mend(err.kind) : err.log);
    probe.done(probe.arg, fine ? NULL : &err);
}

void monday_probe(struct monday *monday, struct upstream_job *job,
                  void (*done)(void *arg, const struct error *err), void *arg)
{
    monday->probe = (struct probe){ done, arg };
    ask_layout(monday, job, on_probed);
}
