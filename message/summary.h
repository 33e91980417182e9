/*
 * What a reply and a terminal both need of a report beyond the figures in it: the order of
 * campaigns, sums of what is folded into one line, and what may be said of the target.
 */
#ifndef RAIOX_MESSAGE_SUMMARY_H
#define RAIOX_MESSAGE_SUMMARY_H

#include "message/message.h"
#include "message/words.h"

/* Sums that never add two currencies, in the order in which these came. */
struct sum {
    char currency[4];
    struct figures figures;
    size_t count;   /* things in it */
    bool too_large; /* then figures mean nothing */
};
typedef VEC(struct sum) sums;
void sums_add(struct arena *arena, sums *all, const char *currency, const struct figures *figures);

/* Every account of a platform, over its business managers. */
sums sums_of_platform(struct arena *arena, const struct report *report, const char *platform);

struct ranked_campaign {
    const struct campaign *campaign;
    const struct ad_account *account;
    const struct business_manager *manager;
    size_t currency_rank; /* its currency's row in the report's totals */
};
typedef VEC(struct ranked_campaign) ranked_campaigns;
/* All of them: by currency as in the totals, then by spend, then by daily budget, then by name. */
ranked_campaigns campaigns_ranked(struct arena *arena, const struct report *report);
/* The same for one account. */
ranked_campaigns campaigns_ranked_of(struct arena *arena, const struct business_manager *manager,
                                     const struct ad_account *account);

/*
 * The traffic light: green within a tenth of the target, yellow within a quarter, red beyond; white
 * while something is missing, for then the share is only a lower bound.
 */
enum light { LIGHT_WHITE, LIGHT_GREEN, LIGHT_YELLOW, LIGHT_RED };
enum light pacing_light(const struct total *total, bool partial);
const char *light_emoji(enum light light);
/* "🔴 71,2% (abaixo do alvo)" */
const char *pacing_text(struct arena *arena, enum locale locale, const struct total *total,
                        bool partial);
/* The recommended daily budget, or why there is none. Needs total->has_target. */
const char *recommended_text(struct arena *arena, enum locale locale, const struct total *total,
                             bool partial);

/* What to write where so that there is a target; NULL where there is one or a warning says it. */
const char *target_note(struct arena *arena, enum locale locale, const struct report *report,
                        bool mrkdwn);

/* Why there is not a single number; NULL where there are some. */
const char *no_numbers_text(enum locale locale, const struct report *report);

/* "pausada" and the like; the platform's own word where we have none; NULL for a running one. */
const char *status_text(struct arena *arena, enum locale locale, const char *status);

/* "R$ 50,00/dia", "…, compartilhado", "Total R$ 9.000,00, R$ 300,00/dia", "sem orçamento ativo". */
const char *budget_text(struct arena *arena, enum locale locale, const struct campaign *campaign,
                        const char *currency);

/* " · dezembro de 2026" for an account in whose zone it is another month than the report's; "" for
 * all others. */
const char *account_month(struct arena *arena, enum locale locale, const struct report *report,
                          const struct ad_account *account);

/* Is any budget shared? */
bool has_shared_budget(const struct report *report);

/* "Mais 12 contas", "1 aviso": one or more things. */
const char *counted(struct arena *arena, enum locale locale, enum word one, enum word more,
                    size_t count);

#endif
