/*
 * Names as people type them: without case, accents and stray blanks, so that "acai" finds "Açaí".
 */
#ifndef RAIOX_MODEL_NAME_H
#define RAIOX_MODEL_NAME_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* The first character of UTF-8 text, which moves on behind it; 0 at the end, U+FFFD for no UTF-8.
 */
int32_t text_next(const char **text);

/*
 * The form in which names are compared: case folded, compatibility forms resolved, accents taken
 * off, blanks around it gone and those within made one space. Two names are the same when their
 * forms are the same bytes. UTF-8 that is none becomes U+FFFD.
 */
char *name_fold(struct arena *arena, const char *name);

/* Of two folded texts: does a word of name begin with text? (The first word included.) */
bool name_has_word_prefix(const char *name, const char *text);

/* How near a folded name is to a folded text, the most telling first. */
struct nearness {
    int words; /* of the text that are words of the name, too */
    int edits; /* characters put in, left out or exchanged until a word of the name begins with it
                */
    int apart; /* by how much their lengths differ */
};
struct nearness name_nearness(const char *name, const char *text);
/* <0: a is nearer. */
int nearness_compare(struct nearness a, struct nearness b);

#endif
