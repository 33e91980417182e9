/* Google Ads: customers, their campaigns with budgets, and this month's cost; and the access token
 * for it. */
#ifndef RAIOX_PLATFORMS_GOOGLE_ADS_H
#define RAIOX_PLATFORMS_GOOGLE_ADS_H

#include "base/cache.h"
#include "platforms/platform.h"

struct google_ads_options {
    const char *url, *version, *token_url;
    const char *client_id, *client_secret, *refresh_token; /* any NULL: not configured */
    const char *login_customer_id;                         /* digits; NULL: not sent */
    const char *developer_token;                           /* NULL: not sent */
};

struct google_ads;
/* options are copied; cache (zones and currencies of customers) may be NULL. */
struct google_ads *google_ads_create(struct upstream *upstream, struct cache *cache,
                                     const struct google_ads_options *options);
void google_ads_destroy(struct google_ads *google_ads);
extern const struct platform google_ads_platform; /* state: struct google_ads * */

#endif
