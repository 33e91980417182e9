/*
 * Block Kit, written block by block and never beyond what Slack takes (contract: "Block Kit: blocks
 * for a message, with limits"): a text that is too long is cut, and who writes asks first whether
 * there is room. All texts given are valid UTF-8, mrkdwn ones escaped.
 */
#ifndef RAIOX_MESSAGE_BLOCKS_H
#define RAIOX_MESSAGE_BLOCKS_H

#include "base/arena.h"
#include "base/bytes.h"

#include <stdbool.h>

/* A little below Slack's 50, 3,000, 150, 2,000 and the 12,000 that chat.postMessage takes in all;
 * one block and 1,000 characters are left for the receipt's line. */
#define BLOCKS_MAX 49
#define BLOCKS_CHARACTERS_MAX 10800
#define BLOCK_TEXT_MAX 2900
#define BLOCK_HEADER_MAX 148
#define BLOCK_FIELD_MAX 1900
#define BLOCK_FIELDS_MAX 10

/* Of a message's own text: room is left for the receipt's lines behind it. */
#define MESSAGE_TEXT_MAX 2500

struct blocks {
    struct buf json;
    size_t count, characters; /* of all texts */
    size_t fields;            /* of the section that is open */
    bool section_open;        /* takes more fields */
    size_t max_count, max_characters;
};

void blocks_begin(struct blocks *blocks);
/* The JSON array, in arena; blocks is empty then. */
const char *blocks_end(struct blocks *blocks, struct arena *arena);

/* Would a block with this text still be within the ceilings? */
bool blocks_fit(const struct blocks *blocks, const char *text);

void blocks_header(struct blocks *blocks, const char *plain);
void blocks_divider(struct blocks *blocks);
void blocks_context(struct blocks *blocks, const char *plain);
void blocks_section(struct blocks *blocks, const char *mrkdwn); /* fields may follow */
/* In the open section, or in a new one when there is none or it is full. */
void blocks_field(struct blocks *blocks, const char *mrkdwn);
/* The same for plain text, and only where that is still within the ceilings; false: it is not. */
bool blocks_try_field(struct blocks *blocks, const char *plain);

/* The start of an mrkdwn text that has at most max characters: never half an &amp;. */
size_t mrkdwn_cut(const char *mrkdwn, size_t max);

#endif
