/*
 * Whose report a command asks for, or why there is none. Pure. One client's numbers never reach
 * another's channel: in a channel that belongs to a client, only that client may be asked for.
 */
#ifndef RAIOX_BOT_RESOLVE_H
#define RAIOX_BOT_RESOLVE_H

#include "base/arena.h"
#include "message/message.h"
#include "model/client.h"

#include <stdbool.h>

struct resolved {
    const struct client *client; /* NULL: answer with the notice */
    bool in_channel;
    bool ask_again;     /* channel or name is not on this board: a fresh one may know better, also
                           where this one has an answer */
    enum notice notice; /* with its facts */
    struct notice_facts facts;
};

/* text: as Slack sent it. name_users: who may ask by name, ends with NULL; NULL: everyone. */
struct resolved resolve(struct arena *arena, const struct board *board, const char *channel_id,
                        const char *user_id, const char *text, const char *const *name_users);

#endif
