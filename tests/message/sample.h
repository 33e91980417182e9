/* Reports filled in by hand, figures included: what message/ has to show. */
#ifndef RAIOX_TESTS_MESSAGE_SAMPLE_H
#define RAIOX_TESTS_MESSAGE_SAMPLE_H

#include "model/report.h"

#define SAMPLE_ZONE "America/Sao_Paulo"
#define SAMPLE_NOW_MS INT64_C(1795273200000) /* 2026-11-21T12:00:00-03:00 */

/* A report without accounts: client, instant, month. */
struct report *sample_empty(struct arena *arena, const char *client_name);

/* The report that the README shows for --json: one Meta account of one campaign, a Google manager
 * without accounts, one dead account, pacing 0.7115. */
struct report *sample_padaria(struct arena *arena);

struct business_manager *sample_manager(struct arena *arena, struct report *report,
                                        const char *platform, const char *id, const char *name);
struct ad_account *sample_account(struct arena *arena, struct business_manager *manager,
                                  const char *id, const char *name, const char *currency);
/* A running campaign with a daily budget of its own; amounts in hundredths. */
struct campaign *sample_campaign(struct arena *arena, struct ad_account *account, const char *name,
                                 int64_t spend, int64_t daily);
struct total *sample_total(struct arena *arena, struct report *report, const char *currency,
                           int64_t spend, int64_t projection);
struct warning *sample_warning(struct arena *arena, struct report *report, const char *platform,
                               const char *account, enum err_kind kind);

/* 900 campaigns of one account, 1.00, 2.00, … 900.00 spent: 405,450.00 in all. */
struct report *sample_900(struct arena *arena, const char *campaign_name);

#endif
