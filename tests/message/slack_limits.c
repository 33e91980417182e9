#include "tests/message/slack_limits.h"

#include <string.h>

#include "base/bytes.h"
#include "base/json.h"

#define TOTAL_MAX                                                                                  \
    12000 /* characters over all blocks, below which chat.postMessage never refuses                \
           */

struct judge {
    const char *why; /* the first thing wrong */
    size_t characters;
};

static void refuse(struct judge *judge, const char *why)
{
    if (!judge->why)
        judge->why = why;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);

    return item && cJSON_IsString(item) ? item->valuestring : NULL;
}

/* Only the three entities, no bare < or >, and of angle brackets only a channel's. */
static bool escaped(const char *text)
{
    for (; *text; text++) {
        if (*text == '&' && strncmp(text, "&amp;", 5) != 0 && strncmp(text, "&lt;", 4) != 0 &&
            strncmp(text, "&gt;", 4) != 0)
            return false;
        if (*text == '>')
            return false;
        if (*text == '<') {
            if (strncmp(text, "<#", 2) != 0 || !strchr(text, '>'))
                return false;
            text = strchr(text, '>');
        }
    }
    return true;
}

/* Characters that reorder, hide or control. */
static bool tame(const char *text)
{
    static const char *const wild[] = { "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                        "\u2066", "\u2067", "\u2068", "\u2069", "\u2028" };

    for (size_t i = 0; i < COUNT(wild); i++) {
        if (strstr(text, wild[i]))
            return false;
    }
    for (; *text; text++) {
        if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f)
            return false;
    }
    return true;
}

static void judge_text(struct judge *judge, const cJSON *object, const char *only_type, size_t max)
{
    const char *type = text_of(object, "type"), *text = text_of(object, "text");

    if (!type || !text) {
        refuse(judge, "a text object without type or text");
        return;
    }
    if (strcmp(type, "plain_text") != 0 && strcmp(type, "mrkdwn") != 0)
        refuse(judge, "an unknown type of text");
    if (only_type && strcmp(type, only_type) != 0)
        refuse(judge, "a type of text that is not allowed here");
    if (*text == '\0')
        refuse(judge, "an empty text");
    if (utf8_length(text) > max)
        refuse(judge, "a text that is too long");
    if (!tame(text))
        refuse(judge, "a character that controls or reorders");
    if (strcmp(type, "mrkdwn") == 0 && (!escaped(text) || json_get(object, "emoji")))
        refuse(judge, "mrkdwn that is not escaped");
    judge->characters += utf8_length(text);
}

static void judge_list(struct judge *judge, const cJSON *list, int max, size_t text_max)
{
    const cJSON *item = NULL;

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) < 1 || cJSON_GetArraySize(list) > max)
        refuse(judge, "a list that is empty or too long");
    cJSON_ArrayForEach(item, list)
        judge_text(judge, item, NULL, text_max);
}

static void judge_section(struct judge *judge, const cJSON *block)
{
    const cJSON *text = json_get(block, "text"), *fields = json_get(block, "fields");

    if (!text && !fields)
        refuse(judge, "a section without text and fields");
    if (text)
        judge_text(judge, text, NULL, 3000);
    if (fields)
        judge_list(judge, fields, 10, 2000);
}

static void judge_block(struct judge *judge, const cJSON *block)
{
    const char *type = text_of(block, "type");

    if (!type)
        refuse(judge, "a block without type");
    else if (strcmp(type, "header") == 0)
        judge_text(judge, json_get(block, "text"), "plain_text", 150);
    else if (strcmp(type, "section") == 0)
        judge_section(judge, block);
    else if (strcmp(type, "context") == 0)
        judge_list(judge, json_get(block, "elements"), 10, 3000);
    else if (strcmp(type, "divider") != 0)
        refuse(judge, "an unknown block");
}

static void judge_blocks(struct judge *judge, const cJSON *blocks)
{
    const cJSON *block = NULL;

    if (!cJSON_IsArray(blocks) || cJSON_GetArraySize(blocks) < 1 || cJSON_GetArraySize(blocks) > 50)
        refuse(judge, "no blocks, or more than 50");
    cJSON_ArrayForEach(block, blocks)
        judge_block(judge, block);
    if (judge->characters > TOTAL_MAX)
        refuse(judge, "more text than chat.postMessage takes");
}

const char *slack_refuses(const char *body)
{
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };
    struct judge judge = { 0 };
    const cJSON *root = json_parse(arena, body, strlen(body), &err), *blocks = NULL;
    const char *text = NULL, *to = NULL;

    if (!root)
        return "not JSON";
    text = text_of(root, "text");
    to = text_of(root, "response_type");
    if (!text || !*text || utf8_length(text) > 3000 || !escaped(text) || !tame(text))
        refuse(&judge, "the fallback text is missing, too long or not escaped");
    if (to ? strcmp(to, "in_channel") != 0 && strcmp(to, "ephemeral") != 0
           : !text_of(root, "channel"))
        refuse(&judge, "neither response_type nor channel");
    blocks = json_get(root, "blocks");
    if (blocks)
        judge_blocks(&judge, blocks);
    return judge.why;
}
