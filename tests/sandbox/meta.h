/* What the parts of the simulated Graph API share: failures, lists and their pages, periods. */
#ifndef RAIOX_SANDBOX_META_H
#define RAIOX_SANDBOX_META_H

#include "tests/sandbox/agency.h"
#include "tests/sandbox/meta_fields.h"
#include "tests/sandbox/sandbox.h"

/* A call as its parts see it. Once failed, nothing else of it counts. */
struct meta_call {
    struct request *request;
    const struct agency *agency;
    const char *version; /* "v26.0" */
    bool failed;
    int rows; /* objects in this answer, nested ones counted */
};

/* Returns NULL, so that a failing path is one line. The message is the first failure's. */
PRINTF(5, 6)
void *meta_fail(struct meta_call *call, int status, int code, int subcode, const char *format, ...);

/*
 * The parameters of an edge: those of the request, or the modifiers of a nested field. value is
 * NULL where it is not given.
 */
struct meta_edge {
    struct meta_call *call;
    const struct field *nested; /* NULL: the request itself */
    const struct field *fields; /* the first asked for; NULL: none */
    const char *id;             /* of the node that it hangs on, for paging.next */
    const char *name;           /* campaigns */
};
const char *edge_param(const struct meta_edge *edge, const char *name);
/* The days that the edge asks about; today is the account's. */
bool edge_days(const struct meta_edge *edge, int today, struct days *ret, bool *ret_given);
/* Is text one of a JSON list in this parameter? list absent: fallback. */
const cJSON *edge_json(const struct meta_edge *edge, const char *name, bool want_array);

/* The rows [from, to) that this page shows of count; false when the call has failed. */
struct page {
    size_t from, to;
};
bool edge_page(struct meta_edge *edge, size_t count, bool has_nested, struct page *ret);
/* {"data":data,"paging":…}; owns data. */
cJSON *edge_result(struct meta_edge *edge, cJSON *data, struct page page, size_t count);

int account_today(const struct meta_call *call, const struct account *account);

/* Insights of an account, campaign or ad set. NULL when failed; an empty list where nothing was
 * delivered. */
struct insights_scope {
    const struct account *account;
    const struct campaign *campaign; /* NULL: all of the account */
    const struct ad_set *ad_set;     /* NULL: all of the campaign */
};
cJSON *meta_insights(struct meta_edge *edge, struct insights_scope scope, size_t *ret_rows);

/* A node with the fields asked for, or one of the lists on it. NULL when failed. */
cJSON *meta_node_account(struct meta_call *call, const struct account *account,
                         const struct field *fields);
cJSON *meta_node_campaign(struct meta_call *call, const struct campaign *campaign,
                          const struct field *fields);
cJSON *meta_node_ad_set(struct meta_call *call, const struct ad_set *ad_set,
                        const struct field *fields);
cJSON *meta_node_business(struct meta_call *call, const struct business *business,
                          const struct field *fields);
cJSON *meta_edge_of_account(struct meta_edge *edge, const struct account *account);
cJSON *meta_edge_of_campaign(struct meta_edge *edge, const struct campaign *campaign);
cJSON *meta_edge_of_business(struct meta_edge *edge, const struct business *business);

#endif
