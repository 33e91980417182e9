/*
 * Reads one list of Meta's to its end: page after page by cursor, asking for less when Meta says
 * that it was too much, from the start again when it has forgotten a cursor. Also a single object,
 * as a list of one page. Knows nothing of what the rows mean.
 */
#ifndef RAIOX_PLATFORMS_META_LIST_H
#define RAIOX_PLATFORMS_META_LIST_H

#include "base/arena.h"
#include "base/error.h"
#include "platforms/upstream.h"

/* Pages behind the first ones, of all lists of a report together: what no real client needs. */
#define META_MAX_PAGES 200

/* How Meta is reached. Everything is kept by pointer. */
struct meta_access {
    const char *url, *version;
    const char *proof;          /* appsecret_proof; "" for none */
    const char *token;          /* its name (upstream.h); NULL: none */
    const char *const *headers; /* the token's, ends with NULL */
};

struct meta_list;
/* All lists of one report. */
struct meta_lists {
    const struct meta_access *access;
    struct upstream_job *job;
    struct arena *arena;
    struct meta_list *under_way;
    int pages; /* behind the first ones, so far */
};

struct meta_param {
    const char *name, *value; /* not yet encoded */
};

/* What is asked. Texts are kept by pointer. */
struct meta_query {
    const char *what, *account; /* for the observer: "campaigns", "act_10" */
    const char *path;           /* "act_10/campaigns" */
    const char *fields;
    const char *nested;              /* fields of the ad sets in each row; NULL: none */
    const struct meta_param *params; /* others, ends with {0}; NULL: none */
    const char *after;               /* the cursor to begin behind; NULL: from the start */
    int limit;                       /* rows a page; 0: a single object */
    int halvings;                    /* how often limit is halved before it ends with too_much */
};

/*
 * page   understands a page and adds its rows to what it keeps; body is good during the call.
 *        ret_after as meta_page_read(), in the arena. It may start other lists.
 * ended  runs once, later: err NULL when the list came whole. too_much: fewer rows at once did not
 *        help. It may cancel and start lists, and end the job.
 */
typedef bool meta_page_fn(void *arg, const char *body, size_t len, const char **ret_after,
                          struct error *err);
typedef void meta_ended_fn(void *arg, const struct error *err, bool too_much);

void meta_list_start(struct meta_lists *lists, const struct meta_query *query, meta_page_fn *page,
                     meta_ended_fn *ended, void *arg);
/* Their callbacks do not run any more. arg NULL: all; else those with this arg. */
void meta_lists_cancel(struct meta_lists *lists, const void *arg);

#endif
