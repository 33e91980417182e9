/*
 * Text from outside on its way out. Names come from people and platforms: they may hold anything,
 * and leave here as valid UTF-8 that neither formats, pings, reorders nor ends what it stands in.
 */
#ifndef RAIOX_MESSAGE_ESCAPE_H
#define RAIOX_MESSAGE_ESCAPE_H

#include "base/arena.h"
#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

/* For what we write ourselves: its size follows from the report, which was bounded at the door. */
#define BUF_UNBOUNDED (SIZE_MAX / 4)

/*
 * One line of at most max characters (0: any number), cut on a whole grapheme with an ellipsis.
 * Control characters and line breaks become one blank, marks that reorder text (bidi) go, bytes
 * that are not UTF-8 become U+FFFD, blanks around it go. NULL gives "", and so does a text in which
 * nothing can be seen; one that needs none of this comes back as it is.
 */
const char *text_clean(struct arena *arena, const char *text, size_t max);

/*
 * For Slack's mrkdwn: & < > escaped, U+200B around what would format and behind what would become
 * an emoji, a mention or a link.
 */
const char *text_mrkdwn(struct arena *arena, const char *text);

/* text_clean, then text_mrkdwn; max counts what is read, before escaping. */
const char *name_mrkdwn(struct arena *arena, const char *name, size_t max);

/* An id as code, so that it can be copied as it is: "`act_11`". */
const char *id_mrkdwn(struct arena *arena, const char *id);

/* For a terminal: as text_clean, but a control character shows as its number, "<U+001B>". */
const char *text_terminal(struct arena *arena, const char *text, size_t max);

/* The code point at text, which is not at its end, and the bytes that it takes; -1 for a byte that
 * is not UTF-8. */
size_t code_point_at(const char *text, int32_t *ret);

/* Bytes of the longest start of text (valid UTF-8) within max code points that ends between two
 * graphemes; the whole length where that fits. */
size_t grapheme_cut(const char *text, size_t max);

#endif
