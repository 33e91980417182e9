/* Understands insights of one account at campaign level: what was spent this month. Pure. */
#ifndef RAIOX_PLATFORMS_META_INSIGHTS_H
#define RAIOX_PLATFORMS_META_INSIGHTS_H

#include "model/calendar.h"
#include "platforms/meta_page.h"

#define META_INSIGHTS_FIELDS "campaign_id,campaign_name,spend,impressions,clicks"

struct meta_insight {
    struct meta_row row; /* the campaign's id */
    const char *name;
    int64_t spend_micros;
    int64_t impressions, clicks;
};
struct meta_insights {
    VEC(struct meta_insight) rows;
};

/*
 * One page; rows are added to ret. A row of other days than the month's first until today is
 * refused (ERR_BAD_RESPONSE): the month asked for and the month reckoned with are the same.
 * No rows at all: nothing was spent.
 */
MUST_CHECK bool meta_insights_parse(struct arena *arena, const char *body, size_t len,
                                    const char *currency, const struct month *month,
                                    struct meta_insights *ret, const char **ret_after,
                                    struct error *err);

#endif
