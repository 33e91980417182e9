#include "platforms/meta_list.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "platforms/meta_error.h"

/* The origin, a path, a dozen fields, a filter and a cursor stay far below. */
#define MAX_URL 16384

struct meta_list {
    struct meta_lists *lists;
    struct meta_list *prev, *next;
    struct meta_query query;
    meta_page_fn *page;
    meta_ended_fn *ended;
    void *arg;
    struct upstream_sent *sent;
    int limit, halvings_left;
    const char *after;
    VEC(const char *) cursors; /* all that were followed: one that comes again is a loop */
    bool restarted;
};

static void list_unlink(struct meta_list *list)
{
    if (list->prev)
        list->prev->next = list->next;
    else
        list->lists->under_way = list->next;
    if (list->next)
        list->next->prev = list->prev;
}

void meta_lists_cancel(struct meta_lists *lists, const void *arg)
{
    struct meta_list *next;

    for (struct meta_list *list = lists->under_way; list; list = next) {
        next = list->next;
        if (arg && list->arg != arg)
            continue;
        upstream_cancel(list->sent);
        list_unlink(list);
    }
}

/* The last thing done with a list. */
static void list_end(struct meta_list *list, const struct error *err, bool too_much)
{
    list_unlink(list);
    list->ended(list->arg, err, too_much);
}

/* ---- asking ---- */

static void add_param(struct buf *url, char before, const char *name, const char *value)
{
    buf_char(url, before);
    buf_text(url, name);
    buf_char(url, '=');
    buf_urlencode(url, value, strlen(value));
}

static void add_fields(const struct meta_list *list, struct buf *url)
{
    const struct meta_query *query = &list->query;
    char limit[32];

    add_param(url, '?', "fields", query->fields);
    if (!query->nested)
        return;
    /* Half as many ad sets as campaigns a page: most campaigns have one to five. */
    snprintf(limit, sizeof(limit), ",adsets.limit(%d){", (list->limit + 1) / 2);
    buf_urlencode(url, limit, strlen(limit));
    buf_urlencode(url, query->nested, strlen(query->nested));
    buf_urlencode(url, "}", 1);
}

static void url_write(const struct meta_list *list, struct buf *url)
{
    const struct meta_access *access = list->lists->access;
    char limit[16];

    buf_printf(url, "%s/%s/%s", access->url, access->version, list->query.path);
    add_fields(list, url);
    for (const struct meta_param *p = list->query.params; p && p->name; p++)
        add_param(url, '&', p->name, p->value);
    if (list->limit) {
        snprintf(limit, sizeof(limit), "%d", list->limit);
        add_param(url, '&', "limit", limit);
    }
    if (list->after)
        add_param(url, '&', "after", list->after);
    if (*access->proof)
        add_param(url, '&', "appsecret_proof", access->proof);
    assert(!url->overflowed); /* cursors, all that comes from outside, are short: meta_page.c */
}

static void on_answer(void *arg, const struct http_answer *answer, const struct error *err);

static void list_send(struct meta_list *list)
{
    scoped_buf struct buf url;

    buf_init(&url, MAX_URL);
    url_write(list, &url);
    list->sent =
        upstream_send(list->lists->job, &(struct upstream_call){
                                            .platform = "meta",
                                            .what = list->query.what,
                                            .account = list->query.account,
                                            .token = list->lists->access->token,
                                            .request = { .method = "GET",
                                                         .url = url.data,
                                                         .headers = list->lists->access->headers },
                                            .judge = meta_judge,
                                            .done = on_answer,
                                            .arg = list,
                                        });
}

void meta_list_start(struct meta_lists *lists, const struct meta_query *query, meta_page_fn *page,
                     meta_ended_fn *ended, void *arg)
{
    struct meta_list *list = arena_new(lists->arena, struct meta_list);

    list->lists = lists;
    list->query = *query;
    list->page = page;
    list->ended = ended;
    list->arg = arg;
    list->limit = query->limit;
    list->halvings_left = query->halvings;
    list->after = query->after;
    if (list->after)
        *vec_push(lists->arena, &list->cursors) = list->after;
    list->next = lists->under_way;
    if (list->next)
        list->next->prev = list;
    lists->under_way = list;
    list_send(list);
}

/* ---- going on ---- */

/* false: enough pages were read already, or the cursor is one that was followed before. */
static bool list_follow(struct meta_list *list, const char *after, struct error *err)
{
    for (size_t i = 0; i < list->cursors.len; i++) {
        if (strcmp(list->cursors.items[i], after) == 0)
            return error_set(err, ERR_BAD_RESPONSE, "%s: the pages go in a circle",
                             list->query.what);
    }
    if (++list->lists->pages > META_MAX_PAGES)
        return error_set(err, ERR_BAD_RESPONSE, "%s: more than %d pages", list->query.what,
                         META_MAX_PAGES);
    *vec_push(list->lists->arena, &list->cursors) = after;
    list->after = after;
    return true;
}

/* A refusal that asking in another way may mend. true: it was asked. */
static bool list_asked_anew(struct meta_list *list, enum meta_fault_class class)
{
    if (class == META_FAULT_REDUCE && list->halvings_left > 0 && list->limit > 1) {
        list->halvings_left--;
        list->limit /= 2;
    } else if (class == META_FAULT_CURSOR && list->after && !list->restarted) {
        /* Rows that come again count once. */
        list->restarted = true;
        list->after = NULL;
        list->cursors.len = 0;
    } else {
        return false;
    }
    list_send(list);
    return true;
}

static void on_answer(void *arg, const struct http_answer *answer, const struct error *failure)
{
    struct meta_list *list = arg;
    const char *after = NULL;
    struct error err = { 0 };

    list->sent = NULL;
    if (failure) {
        enum meta_fault_class class = failure->kind == ERR_BAD_RESPONSE && answer->body_len
                                          ? meta_fault_read(answer->body, answer->body_len).class
                                          : META_FAULT_UNKNOWN;
        if (!list_asked_anew(list, class))
            list_end(list, failure, class == META_FAULT_REDUCE);
        return;
    }
    if (!list->page(list->arg, answer->body, answer->body_len, &after, &err) ||
        (after && !list_follow(list, after, &err))) {
        list_end(list, &err, false);
        return;
    }
    if (after)
        list_send(list);
    else
        list_end(list, NULL, false);
}
