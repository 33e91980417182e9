/* What json_parse() lets in is clean, and survives being printed and read again. */
#include "tests/fuzz/fuzz.h"

#include "base/bytes.h"
#include "base/json.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_init();
    return 0;
}

static int depth_of(const cJSON *item)
{
    const cJSON *child = NULL;
    int deepest = 0;

    if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
        return 0;
    cJSON_ArrayForEach(child, item) {
        int depth = depth_of(child);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void check_strings(const cJSON *item)
{
    const cJSON *child = NULL;

    if (item->string)
        assert(utf8_valid(item->string, strlen(item->string)));
    if (cJSON_IsString(item))
        assert(utf8_valid(item->valuestring, strlen(item->valuestring)));
    cJSON_ArrayForEach(child, item)
        check_strings(child);
}

/* Whatever their result, the getters leave ret alone or fill it rightly. */
static void check_getters(const cJSON *root)
{
    struct error err = { 0 };
    int64_t number = 42, from_text = 42;
    const char *text = "untouched";

    if (!json_int(root, "a", &number, &err))
        assert(number == 42 && err.kind == ERR_BAD_RESPONSE);
    if (!json_int_text(root, "a", &from_text, &err))
        assert(from_text == 42 && err.log[0]);
    if (!json_string(root, "a", &text, &err))
        assert(strcmp(text, "untouched") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };
    const cJSON *root = json_parse(arena, (const char *)data, size, &err);

    if (!root) {
        assert(err.kind == ERR_BAD_RESPONSE && err.log[0] && !err.user[0]);
        return 0;
    }
    assert(err.kind == ERR_NONE);
    assert(utf8_valid((const char *)data, size));
    assert(depth_of(root) <= JSON_MAX_DEPTH);
    check_strings(root);
    check_getters(root);

    const char *printed = json_print(arena, root);
    const cJSON *again = json_parse(arena, printed, strlen(printed), &err);
    assert(again && strcmp(printed, json_print(arena, again)) == 0);
    return 0;
}
