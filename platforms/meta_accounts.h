/* Understands the answers about business managers and their ad accounts. Pure. */
#ifndef RAIOX_PLATFORMS_META_ACCOUNTS_H
#define RAIOX_PLATFORMS_META_ACCOUNTS_H

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

/* What is asked of an ad account, wherever it is asked. */
#define META_ACCOUNT_FIELDS "id,account_id,name,currency,timezone_name"

struct meta_account {
    const char *id;       /* digits, without act_ */
    const char *name;     /* "" where not given */
    const char *currency; /* as it came, not checked; "" where not given */
    const char *timezone; /* the same */
};
struct meta_accounts {
    VEC(struct meta_account) rows;
};

/*
 * One page of owned_ad_accounts or client_ad_accounts. Rows are added to ret, their texts are
 * copied into arena; ret_after as meta_page_read(), copied too. An account without zone or currency
 * does not spoil the page: that is the account's own trouble.
 */
MUST_CHECK bool meta_accounts_parse(struct arena *arena, const char *body, size_t len,
                                    struct meta_accounts *ret, const char **ret_after,
                                    struct error *err);
/* GET /act_N. Also what meta_account_write() wrote. */
MUST_CHECK bool meta_account_parse(struct arena *arena, const char *body, size_t len,
                                   struct meta_account *ret, struct error *err);
/* For the cache. */
char *meta_account_write(struct arena *arena, const struct meta_account *account);

/* GET /{business}: its name; "" where not given. */
MUST_CHECK bool meta_business_parse(struct arena *arena, const char *body, size_t len,
                                    const char **ret_name, struct error *err);

#endif
