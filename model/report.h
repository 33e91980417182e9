/*
 * One client's month: business manager -> ad account -> campaign -> budgets. A platform fills in
 * the facts, projection.h works out the figures, message/ shows them. Nothing here knows which
 * platform it was. Everything is in the job's arena.
 */
#ifndef RAIOX_MODEL_REPORT_H
#define RAIOX_MODEL_REPORT_H

#include "base/arena.h"
#include "base/error.h"
#include "model/calendar.h"
#include "model/client.h"
#include "model/money.h"

#include <stdbool.h>
#include <stdint.h>

enum budget_kind { BUDGET_NONE, BUDGET_DAILY, BUDGET_LIFETIME, BUDGET_MIXED };
enum budget_level { LEVEL_NONE, LEVEL_CAMPAIGN, LEVEL_AD_SET, LEVEL_SHARED };
const char *budget_kind_name(enum budget_kind kind);    /* "daily", … the words of --json */
const char *budget_level_name(enum budget_level level); /* "campaign", …; NULL for none */

/*
 * One budget as a platform gives it, with the schedule of what it pays for. Facts alone: what it
 * means per day is projection's work.
 */
struct budget {
    enum budget_kind kind;    /* DAILY or LIFETIME */
    int64_t amount_micros;    /* a day's, or the whole lifetime's */
    int64_t remaining_micros; /* LIFETIME: what is left of it now (below 0 counts as 0) */
    struct day starts; /* first day on which it runs, in the account's zone; {0}: has started */
    struct day ends;   /* last day on which it runs (an end at 00:00: the day before); {0}: open */
    bool running;      /* its owner (campaign, ad set) is on now or from `starts` on */
};

/* What is worked out, for a campaign, an account, a business manager or a total. All in one
 * currency. */
struct figures {
    int64_t spend, daily_budget, projection, run_rate; /* micros */
};

struct campaign {
    const char *id, *name;
    const char *status;   /* the platform's own word: "ACTIVE", "ENABLED"; "" where not given */
    int64_t spend_micros; /* month to date, today included */
    int64_t impressions, clicks;
    enum budget_level level;
    const char *shared_id; /* LEVEL_SHARED: the budget's id; else NULL */
    /*
     * LEVEL_CAMPAIGN, LEVEL_SHARED: the one budget, once for each schedule that it pays for (as a
     * Meta campaign budget with its ad sets; usually once): it counts over the days on which at
     * least one of them runs. LEVEL_AD_SET: one an ad set. Empty, or all of BUDGET_NONE: none, and
     * the level becomes LEVEL_NONE.
     */
    VEC(struct budget) budgets;

    /* by projection_account() */
    enum budget_kind budget_kind;
    bool has_budget_amount; /* false: null in --json (none, or mixed) */
    int64_t budget_amount;  /* micros: the campaign's own, or the sum over its running ad sets of
                               that kind */
    struct figures figures;
};

enum owned { OWNED_UNKNOWN, OWNED_NO, OWNED_YES };

struct ad_account {
    const char *id, *name; /* as the platform writes it: "act_10", "1234567890" */
    char currency[4];
    const char *timezone; /* IANA */
    enum owned owned;
    struct month month;             /* of the account's zone, at the report's instant */
    VEC(struct campaign) campaigns; /* every one that spent this month or may spend from now on */
    struct figures figures;         /* by projection_account() */
};

/* A total in one currency. */
struct total {
    char currency[4];
    struct figures figures;
    int days_left;        /* of RAIOX_TIMEZONE */
    bool has_target;      /* then the next three mean something */
    int64_t target;       /* micros */
    int64_t pacing_e4;    /* projection / target in ten-thousandths: 7115 is 0.7115 */
    bool has_recommended; /* false on the last day of the month */
    int64_t recommended_daily_budget;
};

/* One a currency, by spend, the largest first. */
struct totals {
    VEC(struct total);
};

struct business_manager {
    const char *platform;  /* "meta", "google_ads" */
    const char *id, *name; /* NULL where it is not known */
    VEC(struct ad_account) ad_accounts;
    struct totals totals; /* by projection_report(), without target */
};

/* What a config warning is about, so that each language can say it in words of its own. */
enum warning_topic {
    TOPIC_NONE,            /* the kind says it all */
    TOPIC_NOT_CONFIGURED,  /* the platform has no credentials here */
    TOPIC_SETTINGS,        /* it refuses how raiox is set up: version, client, project */
    TOPIC_MANAGER_ACCOUNT, /* the row names a manager account: never expanded */
    TOPIC_SHARED_ACCOUNT,  /* another active row has the same accounts */
    TOPIC_AGENCY_BUSINESS, /* the row names the agency's own business manager, without accounts */
    TOPIC_NO_TARGET_ROW,   /* several currencies, none of them the agency's: no target */
    TOPIC_BAD_ROW,         /* a cell of the row cannot be read; column says which */
    TOPIC_NO_ACCOUNTS,     /* the row leads to no ad account, and nothing failed */
};

struct warning {
    const char *platform;     /* "meta", "google_ads", "monday"; NULL: of the report itself */
    const char *account;      /* "act_11"; NULL where it is about no single account */
    const char *account_name; /* as its people know it; NULL: not known */
    enum err_kind kind;       /* from ERR_CONFIG on */
    const char *message; /* one sentence in English, for --json and the log: what happened, who can
                            mend it */
    int64_t retry_real_ms; /* from when it makes sense to ask again; 0: not said */
    enum warning_topic topic;
    const char *column; /* TOPIC_BAD_ROW: the cell's, by its title in Monday */
};

/* A platform's part: filled in any order, merged by report_add. */
struct findings {
    VEC(struct business_manager) business_managers;
    VEC(struct warning) warnings;
};

struct report {
    const struct client *client;
    int64_t as_of_real_ms;
    const char *timezone; /* RAIOX_TIMEZONE */
    const char *currency; /* RAIOX_CURRENCY */
    struct month month;   /* of that zone */
    struct totals totals; /* by projection_report() */
    VEC(struct business_manager) business_managers;
    VEC(struct warning) warnings;
};

/*
 * Adds a platform's findings, which are taken over, not copied: they are in the report's arena.
 * Called in the order in which platforms are to be shown.
 */
void report_add(struct arena *arena, struct report *report, const struct findings *findings);

/* Adds the config warnings that the client's row brings: cells that should name accounts and cannot
 * be read, accounts that another active row has too, and that it leads to no account at all. Call
 * it after report_add(), for the account is written as the report writes it. The other client is
 * not named, for a report may be read by this one. */
void report_add_client_warnings(struct arena *arena, struct report *report);

/*
 * One order for each asking: platforms as they were added, their business managers by name (an
 * unknown one last), accounts and campaigns by spend, the largest first; then by name and id.
 */
void report_sort(struct report *report);

/* Is nothing missing? Otherwise totals say so, and the report is not remembered. A warning about an
 * account that is in the report all the same, about the target, or about a row without accounts,
 * leaves nothing out. */
bool report_complete(const struct report *report);

#endif
