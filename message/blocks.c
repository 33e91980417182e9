#include "message/blocks.h"

#include <string.h>

#include "message/escape.h"
#include "message/json_out.h"

#define LONGEST_ENTITY 5 /* "&amp;" */

size_t mrkdwn_cut(const char *mrkdwn, size_t max)
{
    size_t cut = grapheme_cut(mrkdwn, max);

    for (size_t back = 1; mrkdwn[cut] && back < LONGEST_ENTITY && back <= cut; back++) {
        if (mrkdwn[cut - back] == ';')
            break;
        if (mrkdwn[cut - back] == '&')
            return cut - back;
    }
    return cut;
}

void blocks_begin(struct blocks *blocks)
{
    *blocks = (struct blocks){ .max_count = BLOCKS_MAX, .max_characters = BLOCKS_CHARACTERS_MAX };
    buf_init(&blocks->json, BUF_UNBOUNDED);
    json_open(&blocks->json, '[');
}

static void close_section(struct blocks *blocks)
{
    if (!blocks->section_open)
        return;
    if (blocks->fields > 0)
        json_close(&blocks->json, ']');
    json_close(&blocks->json, '}');
    blocks->section_open = false;
    blocks->fields = 0;
}

const char *blocks_end(struct blocks *blocks, struct arena *arena)
{
    const char *json = NULL;

    close_section(blocks);
    json_close(&blocks->json, ']');
    json = arena_strndup(arena, blocks->json.data, blocks->json.len);
    buf_finish(&blocks->json);
    return json;
}

bool blocks_fit(const struct blocks *blocks, const char *text)
{
    return blocks->count < blocks->max_count &&
           blocks->characters + utf8_length(text) <= blocks->max_characters;
}

static void begin_block(struct blocks *blocks, const char *type)
{
    close_section(blocks);
    blocks->count++;
    json_open(&blocks->json, '{');
    json_member(&blocks->json, "type", type);
}

/* A text object; characters: utf8_length(text). Slack refuses an empty text. */
static void add_measured(struct blocks *blocks, bool mrkdwn, const char *text, size_t characters,
                         size_t max)
{
    struct buf *json = &blocks->json;
    size_t len = strlen(text);

    if (len == 0) {
        text = "—";
        len = strlen(text);
        characters = 1;
    }
    if (characters > max) {
        len = mrkdwn ? mrkdwn_cut(text, max) : grapheme_cut(text, max);
        characters = max;
    }
    blocks->characters += characters;
    json_open(json, '{');
    json_member(json, "type", mrkdwn ? "mrkdwn" : "plain_text");
    json_key(json, "text");
    json_text_len(json, text, len);
    if (!mrkdwn) {
        json_key(json, "emoji");
        json_bool(json, false);
    }
    json_close(json, '}');
}

static void add_text(struct blocks *blocks, bool mrkdwn, const char *text, size_t max)
{
    add_measured(blocks, mrkdwn, text, utf8_length(text), max);
}

void blocks_header(struct blocks *blocks, const char *plain)
{
    begin_block(blocks, "header");
    json_key(&blocks->json, "text");
    add_text(blocks, false, plain, BLOCK_HEADER_MAX);
    json_close(&blocks->json, '}');
}

void blocks_divider(struct blocks *blocks)
{
    begin_block(blocks, "divider");
    json_close(&blocks->json, '}');
}

void blocks_context(struct blocks *blocks, const char *plain)
{
    begin_block(blocks, "context");
    json_key(&blocks->json, "elements");
    json_open(&blocks->json, '[');
    add_text(blocks, false, plain, BLOCK_TEXT_MAX);
    json_close(&blocks->json, ']');
    json_close(&blocks->json, '}');
}

void blocks_section(struct blocks *blocks, const char *mrkdwn)
{
    begin_block(blocks, "section");
    json_key(&blocks->json, "text");
    add_text(blocks, true, mrkdwn, BLOCK_TEXT_MAX);
    blocks->section_open = true;
}

static bool takes_field(const struct blocks *blocks)
{
    return blocks->section_open && blocks->fields < BLOCK_FIELDS_MAX;
}

static void add_field(struct blocks *blocks, bool mrkdwn, const char *text, size_t characters)
{
    if (!takes_field(blocks)) {
        begin_block(blocks, "section");
        blocks->section_open = true;
    }
    if (blocks->fields++ == 0) {
        json_key(&blocks->json, "fields");
        json_open(&blocks->json, '[');
    }
    add_measured(blocks, mrkdwn, text, characters, BLOCK_FIELD_MAX);
}

void blocks_field(struct blocks *blocks, const char *mrkdwn)
{
    add_field(blocks, true, mrkdwn, utf8_length(mrkdwn));
}

bool blocks_try_field(struct blocks *blocks, const char *plain)
{
    size_t characters = utf8_length(plain);

    if (blocks->characters + characters > blocks->max_characters ||
        (!takes_field(blocks) && blocks->count >= blocks->max_count))
        return false;
    add_field(blocks, false, plain, characters);
    return true;
}
