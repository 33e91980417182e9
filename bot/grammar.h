/*
 * What stands behind /raiox: nothing, a client's name, a word that makes the reply public, or a
 * call for help.
 */
#ifndef RAIOX_BOT_GRAMMAR_H
#define RAIOX_BOT_GRAMMAR_H

#include "base/arena.h"
#include "model/client.h"

#include <stdbool.h>

struct asked {
    const char *name; /* the client asked for by name; NULL: the channel's own */
    bool in_channel;  /* the reply is for everyone */
    bool help;
};

/* Slack sends & < > escaped; blanks around it go. */
const char *grammar_decode(struct arena *arena, const char *text);

/* Is the whole (decoded) text a call for help? */
bool grammar_is_help(const char *text);

/*
 * text: decoded. A whole text that is a client's exact name comes before any of the words; board
 * NULL: none does.
 */
struct asked grammar_parse(struct arena *arena, const char *text, const struct board *board);

#endif
