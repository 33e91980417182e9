/*
 * What people read. Model in, Block Kit and its plain-text twin out, within Slack's limits for any
 * client; and the same report for a terminal and as JSON. The words of each language are in
 * message/words.h. Pure: no clock, no I/O. Everything written is in the arena given.
 */
#ifndef RAIOX_MESSAGE_MESSAGE_H
#define RAIOX_MESSAGE_MESSAGE_H

#include "base/arena.h"
#include "model/report.h"

#include <stdbool.h>

enum locale { LOCALE_PT_BR, LOCALE_EN_US };
bool locale_parse(const char *name, enum locale *ret); /* "pt_BR", "en_US" */

/*
 * A message as response_url takes it. text always stands alone as a fallback; blocks is NULL for a
 * plain one.
 */
struct message {
    const char *text;   /* mrkdwn, escaped, at most 3,000 characters */
    const char *blocks; /* JSON array, or NULL */
};

/* How a reply is to be sent; the pieces that differ between two askers of one report. */
struct envelope {
    bool in_channel;     /* public */
    bool repeated;       /* whether Slack took it the first time is unknown: a line says so */
    const char *channel; /* for chat.postMessage: where to; NULL: for response_url */
    const char *receipt; /* the receipt id, in the last line; NULL: none */
};

struct message message_report(struct arena *arena, enum locale locale, const struct report *report);

/* Everything else that raiox says in Slack. Which of the arguments matter stands beside each. */
enum notice {
    NOTICE_FETCHING,        /* channel_id: data of this channel's client is being fetched */
    NOTICE_FETCHING_NAME,   /* name: data of NAME is being fetched */
    NOTICE_HELP,            /* the grammar with examples */
    NOTICE_UNKNOWN_CHANNEL, /* channel_id: no client has it; what to write in which Monday column */
    NOTICE_UNKNOWN_NAME,    /* name, names: the closest */
    NOTICE_SEVERAL_NAMES,   /* name, names: those that match */
    NOTICE_SEVERAL_ROWS,    /* channel_id, names: two Monday rows with one channel, to be mended */
    NOTICE_NO_ACCOUNTS,     /* name: the row names no ad account; which columns to fill */
    NOTICE_OTHER_CHANNEL, /* in a client's channel only that client may be asked for: ask in a DM */
    NOTICE_NAMES_FORBIDDEN, /* RAIOX_NAME_USERS does not list the asker */
    NOTICE_BUSY,            /* more is waiting than can be served: try again in some minutes */
    NOTICE_NOT_ACCEPTED,    /* could not be accepted, try again in a minute */
    NOTICE_MAYBE_ACCEPTED,  /* may have been accepted: wait a minute before trying again */
    NOTICE_BOARD_FAILED,    /* kind, detail: Monday does not answer, refuses; who can mend it */
    NOTICE_GAVE_UP,         /* kind, detail: giving up, the last word of a job */
    NOTICE_EXPIRED,         /* the command is older than can be answered */
};
struct notice_facts {
    const char *channel_id, *name, *detail;
    const char *const *names;
    size_t names_count;
    enum err_kind kind;
};
struct message message_notice(struct arena *arena, enum locale locale, enum notice notice,
                              const struct notice_facts *facts);

/*
 * The body for response_url (or a 200's answer): {"response_type","text","blocks",…} with the
 * receipt's line as the last block; for chat.postMessage "channel" instead of "response_type".
 * text_only: without blocks, after Slack refused them.
 */
const char *message_body(struct arena *arena, enum locale locale, const struct message *message,
                         const struct envelope *envelope, bool text_only);

/* The same report for a terminal: width columns, colour or not. */
const char *message_terminal(struct arena *arena, enum locale locale, const struct report *report,
                             int width, bool colour);
/* `raiox report --json`, to the letter. */
const char *message_report_json(struct arena *arena, const struct report *report);

/* The kind's own sentence in this language: what happened and who can mend it. platform may be
 * NULL. */
const char *message_kind(struct arena *arena, enum locale locale, enum err_kind kind,
                         const char *platform);

/* An amount as ICU writes it in this language: "R$ 1.234,56" (U+00A0), "R$1,234.56". */
const char *message_money(struct arena *arena, enum locale locale, struct money amount);

#endif
