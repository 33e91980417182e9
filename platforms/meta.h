/* Meta: business manager -> ad accounts -> campaigns with their ad sets, and this month's insights.
 */
#ifndef RAIOX_PLATFORMS_META_H
#define RAIOX_PLATFORMS_META_H

#include "base/cache.h"
#include "platforms/platform.h"

struct meta_options {
    const char *url, *version;
    const char *token;              /* NULL: not configured */
    const char *app_secret;         /* NULL: no appsecret_proof */
    const char *agency_business_id; /* NULL: none */
};

struct meta;
/* options are copied; cache (zones and currencies of listed accounts) may be NULL. */
struct meta *meta_create(struct upstream *upstream, struct cache *cache,
                         const struct meta_options *options);
void meta_destroy(struct meta *meta);
extern const struct platform meta_platform; /* state: struct meta * */

#endif
