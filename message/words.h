/*
 * The words of each language, one table each. A text's holes are "{0}", "{1}", …; what fills one is
 * already in the form of the place it goes to (escaped for mrkdwn, or plain). Notices are
 * mrkdwn; the others stand in a terminal as well and hold no markup but backticks around what is
 * typed or is the name of a column.
 */
#ifndef RAIOX_MESSAGE_WORDS_H
#define RAIOX_MESSAGE_WORDS_H

#include "message/message.h"

enum word {
    /* The head of a report and its totals. */
    WORD_PARTIAL,      /* short mark beside a number that lacks something */
    WORD_PARTIAL_LINE, /* the sentence above the totals */
    WORD_NO_NUMBERS,   /* no account could be read */
    WORD_NO_ACCOUNTS_FOUND,
    WORD_SPEND,
    WORD_PROJECTION,
    WORD_TARGET,
    WORD_PACING,
    WORD_DAILY_BUDGET,
    WORD_RECOMMENDED,
    WORD_RUN_RATE,
    WORD_DAYS_LEFT,
    WORD_AT_MOST,   /* {0} an amount that can only shrink */
    WORD_BELOW,     /* beside the traffic light: below target */
    WORD_ON_TARGET, /* … */
    WORD_ABOVE,
    WORD_NO_TARGET, /* in place of the amount */
    WORD_LAST_DAY,  /* in place of the recommended daily budget */
    WORD_UNKNOWN,   /* in place of a number that cannot be given */
    WORD_TARGET_WHERE,
    WORD_TARGET_UNREADABLE,   /* {0} what the cell holds */
    WORD_MORE_CURRENCIES_ONE, /* {0} "1" */
    WORD_MORE_CURRENCIES,     /* {0} how many */

    /* Accounts and campaigns. */
    WORD_CAMPAIGNS_BY_SPEND,
    WORD_NO_AD_ACCOUNTS, /* of a business manager */
    WORD_SPEND_OF,       /* {0} amount */
    WORD_PROJECTION_OF,  /* {0} amount */
    WORD_DAILY_OF,       /* {0} amount */
    WORD_A_DAY,          /* {0} amount */
    WORD_A_DAY_SHARED,   /* {0} amount */
    WORD_LIFETIME,       /* {0} whole amount, {1} a day's from tomorrow on */
    WORD_LIFETIME_OPEN,  /* {0} whole amount; no end, so none of it is a day's */
    WORD_LIFETIME_SPENT, /* {0} whole amount; nothing is left of it */
    WORD_NO_BUDGET,      /* nothing to spend from tomorrow on */
    WORD_NO_NAME,
    WORD_OTHER_CAMPAIGN, /* one more */
    WORD_OTHER_CAMPAIGNS,
    WORD_OTHER_ACCOUNT,
    WORD_OTHER_ACCOUNTS,
    WORD_PAUSED,
    WORD_ARCHIVED,
    WORD_REMOVED,
    WORD_IN_PROCESS,
    WORD_WITH_ISSUES,

    /* The foot. */
    WORD_AS_OF, /* {0} instant, {1} time zone */
    WORD_METHOD,
    WORD_SHARED_METHOD,
    WORD_RECEIPT, /* {0} id */
    WORD_REPEATED,

    /* Warnings. */
    WORD_MISSING, /* heading while something is missing */
    WORD_TO_MEND, /* heading while nothing is */
    WORD_WARNING_COUNT_ONE,
    WORD_WARNING_COUNT,     /* {0} */
    WORD_MORE_WARNINGS_ONE, /* {0} */
    WORD_MORE_WARNINGS,     /* {0} */
    WORD_MORE_IDS,          /* {0} how many more accounts */
    WORD_RETRY_AT,          /* {0} instant */
    WORD_SERVICE,           /* in place of a platform's name where there is none */

    /* What happened ({0} platform) and who can mend it: a pair for each kind, in its order. */
    WORD_KIND_INPUT,
    WORD_MEND_INPUT,
    WORD_KIND_INTERNAL,
    WORD_MEND_INTERNAL,
    WORD_KIND_CONFIG,
    WORD_MEND_CONFIG,
    WORD_KIND_AUTH,
    WORD_MEND_AUTH,
    WORD_KIND_PERMISSION,
    WORD_MEND_PERMISSION,
    WORD_KIND_NOT_FOUND,
    WORD_MEND_NOT_FOUND,
    WORD_KIND_RATE_LIMIT,
    WORD_MEND_RATE_LIMIT,
    WORD_KIND_TIMEOUT,
    WORD_MEND_TIMEOUT,
    WORD_KIND_UNAVAILABLE,
    WORD_MEND_UNAVAILABLE,
    WORD_KIND_BAD_RESPONSE,
    WORD_MEND_BAD_RESPONSE,
    /* The same for each topic of a config warning; {1} is the agency's currency. */
    WORD_TOPIC_NOT_CONFIGURED,
    WORD_MEND_NOT_CONFIGURED,
    WORD_TOPIC_SETTINGS,
    WORD_MEND_SETTINGS,
    WORD_TOPIC_MANAGER_ACCOUNT,
    WORD_MEND_MANAGER_ACCOUNT,
    WORD_TOPIC_SHARED_ACCOUNT,
    WORD_MEND_SHARED_ACCOUNT,
    WORD_TOPIC_AGENCY_BUSINESS,
    WORD_MEND_AGENCY_BUSINESS,
    WORD_TOPIC_NO_TARGET_ROW,
    WORD_MEND_NO_TARGET_ROW,
    WORD_TOPIC_BAD_ROW,
    WORD_MEND_BAD_ROW,
    WORD_TOPIC_NO_ACCOUNTS,
    WORD_MEND_NO_ACCOUNTS,

    /* Notices, in the order of enum notice. {0} channel, {1} name, {2} list of names, {3} the
     * kind's sentence, {4} detail, {5} the channel's id. */
    WORD_NOTICE_FETCHING,
    WORD_NOTICE_FETCHING_NAME,
    WORD_NOTICE_HELP,
    WORD_NOTICE_UNKNOWN_CHANNEL,
    WORD_NOTICE_UNKNOWN_NAME,
    WORD_NOTICE_SEVERAL_NAMES,
    WORD_NOTICE_SEVERAL_ROWS,
    WORD_NOTICE_NO_ACCOUNTS,
    WORD_NOTICE_OTHER_CHANNEL,
    WORD_NOTICE_NAMES_FORBIDDEN,
    WORD_NOTICE_BUSY,
    WORD_NOTICE_NOT_ACCEPTED,
    WORD_NOTICE_MAYBE_ACCEPTED,
    WORD_NOTICE_BOARD_FAILED,
    WORD_NOTICE_GAVE_UP,
    WORD_NOTICE_EXPIRED,
    WORD_NO_CLOSE_NAME,  /* in place of the list, when no name is near */
    WORD_THIS_CHANNEL,   /* in place of a channel that is not known */
    WORD_CHANNEL_ID,     /* the same, for its id */
    WORD_THIS_DIRECT,    /* in place of a direct message, which Slack gives no name */
    WORD_NO_CLIENT_HERE, /* there, where nobody named a client */
    WORDS,
};

const char *word(enum locale locale, enum word which);

/* The text with its holes filled; a hole without an argument stays empty. */
char *words_fill(struct arena *arena, enum locale locale, enum word which, const char *const *args,
                 size_t count);
#define say(arena, locale, which, ...)                                                             \
    words_fill((arena), (locale), (which), (const char *const[]){ __VA_ARGS__ },                   \
               sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* The pieces, one behind the other. */
char *words_join(struct arena *arena, const char *const *pieces, size_t count);
#define join(arena, ...)                                                                           \
    words_join((arena), (const char *const[]){ __VA_ARGS__ },                                      \
               sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* A platform as people write it: "Google Ads". Unknown ones as they are; NULL: NULL. */
const char *platform_name(const char *platform);

#endif
