/*
 * What a report lacks and who can mend it, in the reader's language. Warnings that say the same of
 * several accounts are one line. Nothing of a platform's own text gets here.
 */
#ifndef RAIOX_MESSAGE_WARNINGS_H
#define RAIOX_MESSAGE_WARNINGS_H

#include "message/message.h"

struct warning_group {
    const struct warning *first;    /* its platform, kind, topic and time are the group's */
    VEC(const struct warning *) of; /* those about an account, or a column of the client's row */
    size_t count;                   /* warnings in it */
};

typedef VEC(struct warning_group) warning_groups;

/* In the order in which they came. */
warning_groups warnings_group(struct arena *arena, const struct report *report);

/* One line: what happened, to which accounts, who can mend it or when to ask again. */
const char *warning_line(struct arena *arena, enum locale locale, const struct report *report,
                         const struct warning_group *group, bool mrkdwn);

#endif
