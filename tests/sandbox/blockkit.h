/*
 * What Slack takes as a message: text, and Block Kit within its limits, counted in code points.
 * Source: contracts of Slack, section 6.
 */
#ifndef RAIOX_SANDBOX_BLOCKKIT_H
#define RAIOX_SANDBOX_BLOCKKIT_H

#include "base/arena.h"
#include "base/json.h"

struct verdict {
    const char *error;  /* "invalid_blocks"; NULL: the message is fine */
    const char *detail; /* what, with a JSON pointer: Slack tells it to chat.postMessage only */
};

/* of_api: chat.postMessage, which also has a limit on all blocks together. */
struct verdict message_judge(struct arena *arena, const cJSON *message, bool of_api);

#endif
