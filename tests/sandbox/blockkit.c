#include "tests/sandbox/blockkit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define BLOCKS_MAX 50
#define ID_MAX 255
#define TEXT_MAX 3000
#define HEADER_MAX 150
#define FIELDS_MAX 10
#define FIELD_MAX 2000
#define CONTEXT_MAX 10
#define ACTIONS_MAX 25
#define BUTTON_TEXT_MAX 75
#define VALUE_MAX 2000
#define URL_MAX 3000
#define ALT_MAX 2000
#define MARKDOWN_MAX 12000
#define TABLE_ROWS_MAX 100
#define TABLE_CELLS_MAX 20
#define CELLS_CHARS_MAX 10000
#define OPTIONS_MAX 100
#define OVERFLOW_MAX 5
#define OPTION_VALUE_MAX 150
#define FALLBACK_MAX 40000
#define API_CHARS_MAX 13200 /* undocumented, of chat.postMessage only */

struct judge {
    struct arena *arena;
    const char *wrong;
    VEC(const char *) ids; /* block_id and action_id are unique in a message */
    size_t markdown_chars, cell_chars, tables, all_chars;
    const char *at; /* JSON pointer of the block */
};

PRINTF(2, 3) static bool bad(struct judge *judge, const char *format, ...)
{
    char text[300];
    va_list args;

    if (judge->wrong)
        return false;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    judge->wrong = arena_printf(judge->arena, "%s [json-pointer:%s]", text, judge->at);
    return false;
}

/* ---- texts ---- */

static bool text_within(struct judge *judge, const cJSON *text, const char *what, size_t max)
{
    if (!cJSON_IsString(text))
        return bad(judge, "missing required field: %s", what);
    size_t len = utf8_length(text->valuestring);
    judge->all_chars += len;
    if (len == 0)
        return bad(judge, "must be more than 0 characters: %s", what);
    return len <= max ||
           bad(judge, "must be less than %zu characters: %s has %zu", max + 1, what, len);
}

static bool only_known(struct judge *judge, const cJSON *object, const char *const *names)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, object) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], item->string) != 0)
            i++;
        if (!names[i])
            return bad(judge, "invalid additional property: %s", item->string);
    }
    return true;
}

static bool check_text(struct judge *judge, const cJSON *object, const char *what, size_t max,
                       bool plain_only)
{
    static const char *const known[] = { "type", "text", "emoji", "verbatim", NULL };
    const cJSON *type = json_get(object, "type");

    if (!cJSON_IsObject(object))
        return bad(judge, "missing required field: %s", what);
    bool plain = cJSON_IsString(type) && !strcmp(type->valuestring, "plain_text");
    bool mrkdwn = cJSON_IsString(type) && !strcmp(type->valuestring, "mrkdwn");
    if (!plain && (plain_only || !mrkdwn))
        return bad(judge, "unsupported type of text object: %s", what);
    if (!only_known(judge, object, known))
        return false;
    const cJSON *emoji = json_get(object, "emoji"), *verbatim = json_get(object, "verbatim");
    if ((emoji && (!plain || !cJSON_IsBool(emoji))) ||
        (verbatim && (!mrkdwn || !cJSON_IsBool(verbatim))))
        return bad(judge, "emoji belongs to plain_text, verbatim to mrkdwn: %s", what);
    return text_within(judge, json_get(object, "text"), what, max);
}

static bool check_optional_text(struct judge *judge, const cJSON *object, const char *name,
                                size_t max)
{
    const cJSON *text = json_get(object, name);
    return !text || text_within(judge, text, name, max);
}

static bool check_id(struct judge *judge, const cJSON *object, const char *name)
{
    const cJSON *id = json_get(object, name);

    if (!id)
        return true;
    if (!text_within(judge, id, name, ID_MAX))
        return false;
    const char *mark = arena_printf(judge->arena, "%s=%s", name, id->valuestring);
    for (size_t i = 0; i < judge->ids.len; i++) {
        if (!strcmp(judge->ids.items[i], mark))
            return bad(judge, "%s already exists: %s", name, id->valuestring);
    }
    *vec_push(judge->arena, &judge->ids) = mark;
    return true;
}

/* ---- elements ---- */

static bool check_image(struct judge *judge, const cJSON *image)
{
    bool file = cJSON_IsObject(json_get(image, "slack_file"));

    if (!text_within(judge, json_get(image, "alt_text"), "alt_text", ALT_MAX))
        return false;
    return file || text_within(judge, json_get(image, "image_url"), "image_url", URL_MAX);
}

static bool check_confirm(struct judge *judge, const cJSON *confirm)
{
    return !confirm || (check_text(judge, json_get(confirm, "title"), "title", 100, true) &&
                        check_text(judge, json_get(confirm, "text"), "text", 300, false) &&
                        check_text(judge, json_get(confirm, "confirm"), "confirm", 30, true) &&
                        check_text(judge, json_get(confirm, "deny"), "deny", 30, true));
}

static bool check_button(struct judge *judge, const cJSON *button)
{
    const cJSON *style = json_get(button, "style");

    if (style && (!cJSON_IsString(style) || (strcmp(style->valuestring, "primary") != 0 &&
                                             strcmp(style->valuestring, "danger") != 0)))
        return bad(judge, "invalid style");
    return check_text(judge, json_get(button, "text"), "text", BUTTON_TEXT_MAX, true) &&
           check_optional_text(judge, button, "value", VALUE_MAX) &&
           check_optional_text(judge, button, "url", URL_MAX) &&
           check_optional_text(judge, button, "accessibility_label", BUTTON_TEXT_MAX) &&
           check_confirm(judge, json_get(button, "confirm"));
}

static bool check_options(struct judge *judge, const cJSON *element, int max)
{
    const cJSON *options = json_get(element, "options"), *option = NULL;
    int count = cJSON_GetArraySize(options);

    if (!cJSON_IsArray(options) || count < 1 || count > max)
        return bad(judge, "options: 1 to %d", max);
    cJSON_ArrayForEach(option, options) {
        if (!check_text(judge, json_get(option, "text"), "option.text", BUTTON_TEXT_MAX, true) ||
            !text_within(judge, json_get(option, "value"), "option.value", OPTION_VALUE_MAX))
            return false;
    }
    return true;
}

static bool check_element(struct judge *judge, const cJSON *element)
{
    const cJSON *type = json_get(element, "type");
    const char *name = cJSON_IsString(type) ? type->valuestring : "";

    if (!check_id(judge, element, "action_id"))
        return false;
    if (!strcmp(name, "button"))
        return check_button(judge, element);
    if (!strcmp(name, "image"))
        return check_image(judge, element);
    if (!strcmp(name, "overflow"))
        return check_options(judge, element, OVERFLOW_MAX);
    if (!strcmp(name, "static_select"))
        return check_text(judge, json_get(element, "placeholder"), "placeholder", 150, true) &&
               check_options(judge, element, OPTIONS_MAX);
    return bad(judge, "unsupported type of element: %s", name);
}

/* ---- blocks ---- */

static bool check_header(struct judge *judge, const cJSON *block)
{
    static const char *const known[] = { "type", "block_id", "text", NULL };
    return only_known(judge, block, known) &&
           check_text(judge, json_get(block, "text"), "text", HEADER_MAX, true);
}

static bool check_section(struct judge *judge, const cJSON *block)
{
    static const char *const known[] = { "type",      "block_id", "text", "fields",
                                         "accessory", "expand",   NULL };
    const cJSON *text = json_get(block, "text"), *fields = json_get(block, "fields");
    const cJSON *accessory = json_get(block, "accessory"), *field = NULL;
    int count = cJSON_GetArraySize(fields);

    if (!only_known(judge, block, known))
        return false;
    if (!text && !fields)
        return bad(judge, "missing required field: text or fields");
    if (text && !check_text(judge, text, "text", TEXT_MAX, false))
        return false;
    if (fields && (!cJSON_IsArray(fields) || count < 1 || count > FIELDS_MAX))
        return bad(judge, "fields: 1 to %d items, not %d", FIELDS_MAX, count);
    cJSON_ArrayForEach(field, fields) {
        if (!check_text(judge, field, "field", FIELD_MAX, false))
            return false;
    }
    return !accessory || check_element(judge, accessory);
}

static bool check_context(struct judge *judge, const cJSON *block)
{
    static const char *const known[] = { "type", "block_id", "elements", NULL };
    const cJSON *elements = json_get(block, "elements"), *element = NULL;
    int count = cJSON_GetArraySize(elements);

    if (!only_known(judge, block, known))
        return false;
    if (!cJSON_IsArray(elements) || count < 1 || count > CONTEXT_MAX)
        return bad(judge, "elements: 1 to %d items, not %d", CONTEXT_MAX, count);
    cJSON_ArrayForEach(element, elements) {
        const cJSON *type = json_get(element, "type");
        bool image = cJSON_IsString(type) && !strcmp(type->valuestring, "image");
        if (!(image ? check_image(judge, element)
                    : check_text(judge, element, "element", TEXT_MAX, false)))
            return false;
    }
    return true;
}

static bool check_divider(struct judge *judge, const cJSON *block)
{
    static const char *const known[] = { "type", "block_id", NULL };
    return only_known(judge, block, known);
}

static bool check_actions(struct judge *judge, const cJSON *block)
{
    const cJSON *elements = json_get(block, "elements"), *element = NULL;
    int count = cJSON_GetArraySize(elements);

    if (!cJSON_IsArray(elements) || count < 1 || count > ACTIONS_MAX)
        return bad(judge, "elements: 1 to %d items, not %d", ACTIONS_MAX, count);
    cJSON_ArrayForEach(element, elements) {
        if (!check_element(judge, element))
            return false;
    }
    return true;
}

static bool check_image_block(struct judge *judge, const cJSON *block)
{
    const cJSON *title = json_get(block, "title");
    return check_image(judge, block) &&
           (!title || check_text(judge, title, "title", ALT_MAX, true));
}

static bool check_markdown(struct judge *judge, const cJSON *block)
{
    const cJSON *text = json_get(block, "text");

    if (!text_within(judge, text, "text", MARKDOWN_MAX))
        return false;
    judge->markdown_chars += utf8_length(text->valuestring);
    return judge->markdown_chars <= MARKDOWN_MAX || bad(judge, "too much markdown");
}

static bool check_rich_text(struct judge *judge, const cJSON *block)
{
    static const char *const types[] = { "rich_text_section", "rich_text_list", "rich_text_quote",
                                         "rich_text_preformatted" };
    const cJSON *elements = json_get(block, "elements"), *element = NULL;

    if (!cJSON_IsArray(elements))
        return bad(judge, "missing required field: elements");
    cJSON_ArrayForEach(element, elements) {
        const cJSON *type = json_get(element, "type");
        size_t i = 0;
        while (i < COUNT(types) && !(cJSON_IsString(type) && !strcmp(type->valuestring, types[i])))
            i++;
        if (i == COUNT(types) || !cJSON_IsArray(json_get(element, "elements")))
            return bad(judge, "unsupported rich_text element");
    }
    return true;
}

static bool check_cell(struct judge *judge, const cJSON *cell)
{
    const cJSON *type = json_get(cell, "type"), *text = json_get(cell, "text");
    const char *name = cJSON_IsString(type) ? type->valuestring : "";

    if (!strcmp(name, "rich_text"))
        return check_rich_text(judge, cell);
    if (!strcmp(name, "raw_number") && !cJSON_IsNumber(json_get(cell, "value")))
        return bad(judge, "raw_number without a value");
    if ((strcmp(name, "raw_text") && strcmp(name, "raw_number")) || !cJSON_IsString(text))
        return bad(judge, "invalid table cell");
    judge->cell_chars += utf8_length(text->valuestring);
    return judge->cell_chars <= CELLS_CHARS_MAX ||
           bad(judge, "tables hold over %d characters", CELLS_CHARS_MAX);
}

static bool check_rows(struct judge *judge, const cJSON *block, int rows_max)
{
    const cJSON *rows = json_get(block, "rows"), *row = NULL, *cell = NULL;
    int count = cJSON_GetArraySize(rows);

    if (!cJSON_IsArray(rows) || count < 1 || count > rows_max)
        return bad(judge, "rows: 1 to %d, not %d", rows_max, count);
    cJSON_ArrayForEach(row, rows) {
        if (!cJSON_IsArray(row) || !row->child || cJSON_GetArraySize(row) > TABLE_CELLS_MAX)
            return bad(judge, "a row has 1 to %d cells", TABLE_CELLS_MAX);
        cJSON_ArrayForEach(cell, row) {
            if (!check_cell(judge, cell))
                return false;
        }
    }
    return true;
}

static bool check_table(struct judge *judge, const cJSON *block)
{
    if (++judge->tables > 1)
        return bad(judge, "only_one_table_allowed");
    if (cJSON_GetArraySize(json_get(block, "column_settings")) > TABLE_CELLS_MAX)
        return bad(judge, "too many column_settings");
    return check_rows(judge, block, TABLE_ROWS_MAX);
}

static bool check_data_table(struct judge *judge, const cJSON *block)
{
    return text_within(judge, json_get(block, "caption"), "caption", TEXT_MAX) &&
           check_rows(judge, block, TABLE_ROWS_MAX + 1);
}

static bool check_alert(struct judge *judge, const cJSON *block)
{
    static const char *const levels[] = { "default", "info", "warning", "error", "success" };
    const cJSON *level = json_get(block, "level");
    bool known = !level;

    for (size_t i = 0; cJSON_IsString(level) && i < COUNT(levels); i++)
        known = known || !strcmp(level->valuestring, levels[i]);
    return known ? check_text(judge, json_get(block, "text"), "text", TEXT_MAX, false)
                 : bad(judge, "unknown level");
}

static const struct block {
    const char *type;
    bool (*check)(struct judge *judge, const cJSON *block);
} blocks[] = {
    { "header", check_header },     { "section", check_section },
    { "context", check_context },   { "divider", check_divider },
    { "actions", check_actions },   { "image", check_image_block },
    { "markdown", check_markdown }, { "rich_text", check_rich_text },
    { "table", check_table },       { "data_table", check_data_table },
    { "alert", check_alert },
};

static bool check_block(struct judge *judge, const cJSON *block, int number)
{
    const cJSON *type = json_get(block, "type");

    judge->at = arena_printf(judge->arena, "/blocks/%d", number);
    if (!cJSON_IsObject(block) || !cJSON_IsString(type))
        return bad(judge, "missing required field: type");
    for (size_t i = 0; i < COUNT(blocks); i++) {
        if (!strcmp(type->valuestring, blocks[i].type))
            return check_id(judge, block, "block_id") && blocks[i].check(judge, block);
    }
    return bad(judge, "unsupported type: %s", type->valuestring);
}

static void check_blocks(struct judge *judge, const cJSON *list)
{
    const cJSON *block = NULL;
    int number = 0;

    judge->at = "/blocks";
    if (!cJSON_IsArray(list))
        bad(judge, "must be an array");
    else if (cJSON_GetArraySize(list) > BLOCKS_MAX)
        bad(judge, "no more than %d items allowed", BLOCKS_MAX);
    cJSON_ArrayForEach(block, list)
        check_block(judge, block, number++);
}

static struct verdict no(struct judge *judge, const char *error)
{
    return (struct verdict){ .error = error, .detail = judge->wrong ? judge->wrong : error };
}

struct verdict message_judge(struct arena *arena, const cJSON *message, bool of_api)
{
    struct judge judge = { .arena = arena, .at = "" };
    const cJSON *text = json_get(message, "text"), *list = json_get(message, "blocks");
    const cJSON *type = json_get(message, "response_type");

    if (!cJSON_IsObject(message) || (text && !cJSON_IsString(text)))
        return no(&judge, "invalid_payload");
    if (type && (!cJSON_IsString(type) || (strcmp(type->valuestring, "ephemeral") != 0 &&
                                           strcmp(type->valuestring, "in_channel") != 0)))
        return no(&judge, "invalid_payload");
    if (list)
        check_blocks(&judge, list);
    if (judge.wrong)
        return no(&judge, "invalid_blocks");
    if (of_api && judge.all_chars > API_CHARS_MAX)
        return no(&judge, "msg_blocks_too_long");
    if ((!text || !*text->valuestring) && !cJSON_GetArraySize(list))
        return no(&judge, "no_text");
    if (text && utf8_length(text->valuestring) > FALLBACK_MAX)
        return no(&judge, "msg_too_long");
    return (struct verdict){ 0 };
}
