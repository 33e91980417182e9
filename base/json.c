#include "base/json.h"

#include "base/bytes.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* cJSON reads a number through a buffer of this size and goes on behind what fitted. */
#define MAX_NUMBER 63
/* Below this every whole number has a double of its own: 2^53. */
#define MAX_EXACT 9007199254740992.0

static bool ready;
/* Where cJSON's memory comes from: the arena of the parse under way, malloc while there is none. */
static _Thread_local struct arena *parsing;

static void *take_memory(size_t size)
{
    if (parsing)
        return arena_alloc_raw(parsing, size);

    void *memory = malloc(size);
    if (!memory)
        fatal("out of memory");
    return memory;
}

static void give_memory_back(void *memory)
{
    if (!parsing)
        free(memory);
}

void json_init(void)
{
    cJSON_Hooks hooks = { .malloc_fn = take_memory, .free_fn = give_memory_back };

    cJSON_InitHooks(&hooks);
    ready = true;
}

/*
 * The scan before the parse: refuses what cJSON lets pass and leaves the grammar to it. Each step
 * returns the place behind what it read, or NULL and says in scan->wrong why not.
 */
struct scan {
    const char *text, *end;
    const char *at; /* where it went wrong */
    const char *wrong;
    int depth;
};

static const char *refuse(struct scan *scan, const char *at, const char *wrong)
{
    scan->at = at;
    scan->wrong = wrong;
    return NULL;
}

#define EVERY_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* How many of the eight bytes in word, first in memory lowest, need no look: printable ASCII but no
 * quote and no backslash. Borrows spoil only bytes above the first hit, which is the one wanted. */
static int plain_bytes(uint64_t word)
{
    uint64_t quote = word ^ EVERY_BYTE('"'), backslash = word ^ EVERY_BYTE('\\');
    uint64_t hits =
        word | (word - EVERY_BYTE(0x20)) | (quote - EVERY_BYTE(1)) | (backslash - EVERY_BYTE(1));

    hits &= EVERY_BYTE(0x80);
    return hits ? __builtin_ctzll(hits) / 8 : 8;
}

static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        int plain = plain_bytes(le64toh(word));
        at += plain;
        if (plain < 8)
            return at;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

/* The four hexadecimal digits behind \u; -1 if they are not. */
static int hex4(const char *at, const char *end)
{
    int value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* at: behind "\u". */
static const char *scan_unicode_escape(struct scan *scan, const char *at)
{
    int unit = hex4(at, scan->end);

    if (unit < 0)
        return refuse(scan, at, "a \\u without four digits");
    if (unit == 0)
        return refuse(scan, at, "a \\u0000");
    if (unit < 0xD800 || unit > 0xDFFF)
        return at + 4;

    bool pair = unit < 0xDC00 && scan->end - at >= 10 && at[4] == '\\' && at[5] == 'u';
    int low = pair ? hex4(at + 6, scan->end) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return refuse(scan, at, "half of a surrogate pair");
    return at + 10;
}

/* at: behind the backslash. */
static const char *scan_escape(struct scan *scan, const char *at)
{
    if (at < scan->end && *at == 'u')
        return scan_unicode_escape(scan, at + 1);
    if (at < scan->end && *at && strchr("\"\\/bfnrt", *at))
        return at + 1;
    return refuse(scan, at, "an unknown escape");
}

/* at: behind the opening quote. Returns the place behind the closing one. */
static const char *scan_string(struct scan *scan, const char *at)
{
    while (at) {
        at = skip_plain(at, scan->end);
        if (at == scan->end)
            return refuse(scan, at, "a string without an end");
        if (*at == '"')
            return at + 1;
        if (*at == '\\') {
            at = scan_escape(scan, at + 1);
            continue;
        }
        if ((unsigned char)*at < 0x20)
            return refuse(scan, at, "a control byte in a string");
        size_t step = utf8_sequence(at, (size_t)(scan->end - at));
        if (step == 0)
            return refuse(scan, at, "invalid UTF-8");
        at += step;
    }
    return NULL;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Behind a whole number: its end if it is one of JSON's and nothing that cJSON would take for more
 * of it follows. */
static const char *end_number(struct scan *scan, const char *start, const char *at, bool exponent)
{
    char copy[MAX_NUMBER + 1];
    size_t len = (size_t)(at - start);

    if (at < scan->end && *at && strchr("0123456789+-.eE", *at))
        return refuse(scan, at, "a malformed number");
    if (len > MAX_NUMBER)
        return refuse(scan, start, "a number too long");
    if (exponent) { /* without one, 63 digits cannot overflow */
        memcpy(copy, start, len);
        copy[len] = '\0';
        if (!isfinite(strtod(copy, NULL)))
            return refuse(scan, start, "a number too large");
    }
    return at;
}

/* RFC 8259, 6: -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static const char *scan_number(struct scan *scan, const char *start)
{
    const char *at = start, *digits;
    bool exponent = false;

    if (*at == '-')
        at++;
    digits = at;
    at = at < scan->end && *at == '0' ? at + 1 : skip_digits(at, scan->end);
    if (at == digits)
        return refuse(scan, at, "a malformed number");
    if (at < scan->end && *at == '.') {
        digits = at + 1;
        at = skip_digits(digits, scan->end);
        if (at == digits)
            return refuse(scan, at, "a malformed number");
    }
    if (at < scan->end && (*at == 'e' || *at == 'E')) {
        exponent = true;
        at++;
        if (at < scan->end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(digits, scan->end);
        if (at == digits)
            return refuse(scan, at, "a malformed number");
    }
    return end_number(scan, start, at, exponent);
}

enum byte_class { WRONG, PASS, OPEN, CLOSE, QUOTE, NUMBER };

/* What a byte outside of strings begins. Letters: of true, false and null. */
static const unsigned char classes[256] = {
    [' '] = PASS,   ['\t'] = PASS,  ['\n'] = PASS,  ['\r'] = PASS,  [','] = PASS,   [':'] = PASS,
    ['t'] = PASS,   ['r'] = PASS,   ['u'] = PASS,   ['e'] = PASS,   ['f'] = PASS,   ['a'] = PASS,
    ['l'] = PASS,   ['s'] = PASS,   ['n'] = PASS,   ['{'] = OPEN,   ['['] = OPEN,   ['}'] = CLOSE,
    [']'] = CLOSE,  ['"'] = QUOTE,  ['-'] = NUMBER, ['0'] = NUMBER, ['1'] = NUMBER, ['2'] = NUMBER,
    ['3'] = NUMBER, ['4'] = NUMBER, ['5'] = NUMBER, ['6'] = NUMBER, ['7'] = NUMBER, ['8'] = NUMBER,
    ['9'] = NUMBER,
};

static bool scan_document(struct scan *scan)
{
    const char *at = scan->text;

    while (at && at < scan->end) {
        switch ((enum byte_class)classes[(unsigned char)*at]) {
        case PASS:
            at++;
            break;
        case QUOTE:
            at = scan_string(scan, at + 1);
            break;
        case NUMBER:
            at = scan_number(scan, at);
            break;
        case OPEN:
            at = ++scan->depth > JSON_MAX_DEPTH ? refuse(scan, at, "nested too deep") : at + 1;
            break;
        case CLOSE:
            scan->depth--;
            at++;
            break;
        case WRONG:
            at = refuse(scan, at, "an unexpected byte");
            break;
        }
    }
    return at != NULL;
}

static bool only_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at == end;
}

cJSON *json_parse(struct arena *arena, const char *text, size_t len, struct error *err)
{
    struct scan scan = { .text = text, .end = text + len };
    const char *end = NULL;

    assert(ready);
    if (len == 0) {
        error_set(err, ERR_BAD_RESPONSE, "not JSON: empty");
        return NULL;
    }
    if (!scan_document(&scan)) {
        error_set(err, ERR_BAD_RESPONSE, "not JSON: %s at byte %td", scan.wrong, scan.at - text);
        return NULL;
    }

    parsing = arena;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, false);
    parsing = NULL;
    if (!root) {
        error_set(err, ERR_BAD_RESPONSE, "not JSON: malformed at byte %td", end ? end - text : 0);
        return NULL;
    }
    if (!only_blanks(end, scan.end)) {
        error_set(err, ERR_BAD_RESPONSE, "not JSON: more behind it at byte %td", end - text);
        return NULL;
    }
    return root;
}

const cJSON *json_get(const cJSON *object, const char *name)
{
    if (!cJSON_IsObject(object))
        return NULL;
    for (const cJSON *item = object->child; item; item = item->next)
        if (item->string[0] == name[0] && strcmp(item->string, name) == 0)
            return item;
    return NULL;
}

typedef cJSON_bool is_type_fn(const cJSON *item);

/* The field of that type; NULL where it may be absent, and is. */
static bool get_opt(const cJSON *object, const char *name, is_type_fn *is_type, const char *type,
                    const cJSON **ret, struct error *err)
{
    const cJSON *item = json_get(object, name);

    if (item && !is_type(item)) {
        if (!cJSON_IsNull(item))
            return error_set(err, ERR_BAD_RESPONSE, "\"%s\" is not %s", name, type);
        item = NULL;
    }
    *ret = item;
    return true;
}

static bool get_typed(const cJSON *object, const char *name, is_type_fn *is_type, const char *type,
                      const cJSON **ret, struct error *err)
{
    const cJSON *item = json_get(object, name);

    if (!item)
        return error_set(err, ERR_BAD_RESPONSE, "\"%s\" is missing", name);
    if (!is_type(item))
        return error_set(err, ERR_BAD_RESPONSE, "\"%s\" is not %s", name, type);
    *ret = item;
    return true;
}

bool json_object(const cJSON *object, const char *name, const cJSON **ret, struct error *err)
{
    return get_typed(object, name, cJSON_IsObject, "an object", ret, err);
}

bool json_object_opt(const cJSON *object, const char *name, const cJSON **ret, struct error *err)
{
    return get_opt(object, name, cJSON_IsObject, "an object", ret, err);
}

bool json_array(const cJSON *object, const char *name, const cJSON **ret, struct error *err)
{
    return get_typed(object, name, cJSON_IsArray, "an array", ret, err);
}

bool json_array_opt(const cJSON *object, const char *name, const cJSON **ret, struct error *err)
{
    return get_opt(object, name, cJSON_IsArray, "an array", ret, err);
}

bool json_string(const cJSON *object, const char *name, const char **ret, struct error *err)
{
    const cJSON *item = NULL;

    if (!get_typed(object, name, cJSON_IsString, "a string", &item, err))
        return false;
    *ret = item->valuestring;
    return true;
}

bool json_string_opt(const cJSON *object, const char *name, const char **ret, struct error *err)
{
    const cJSON *item = NULL;

    if (!get_opt(object, name, cJSON_IsString, "a string", &item, err))
        return false;
    *ret = item ? item->valuestring : NULL;
    return true;
}

static bool whole_number(const cJSON *item, const char *name, int64_t *ret, struct error *err)
{
    double value = item->valuedouble;

    if (!(value > -MAX_EXACT && value < MAX_EXACT) || value != trunc(value))
        return error_set(err, ERR_BAD_RESPONSE, "\"%s\" is not a whole number", name);
    *ret = (int64_t)value;
    return true;
}

bool json_int(const cJSON *object, const char *name, int64_t *ret, struct error *err)
{
    const cJSON *item = NULL;

    return get_typed(object, name, cJSON_IsNumber, "a number", &item, err) &&
           whole_number(item, name, ret, err);
}

bool json_int_opt(const cJSON *object, const char *name, int64_t *ret, bool *ret_has,
                  struct error *err)
{
    const cJSON *item = NULL;

    if (!get_opt(object, name, cJSON_IsNumber, "a number", &item, err) ||
        (item && !whole_number(item, name, ret, err)))
        return false;
    *ret_has = item != NULL;
    return true;
}

static bool number_in_text(const char *text, const char *name, int64_t *ret, struct error *err)
{
    if (!text_int64(text, strlen(text), ret))
        return error_set(err, ERR_BAD_RESPONSE, "\"%s\" is not a whole number in a string", name);
    return true;
}

bool json_int_text(const cJSON *object, const char *name, int64_t *ret, struct error *err)
{
    const char *text = NULL;

    return json_string(object, name, &text, err) && number_in_text(text, name, ret, err);
}

bool json_int_text_opt(const cJSON *object, const char *name, int64_t *ret, bool *ret_has,
                       struct error *err)
{
    const char *text = NULL;

    if (!json_string_opt(object, name, &text, err) ||
        (text && !number_in_text(text, name, ret, err)))
        return false;
    *ret_has = text != NULL;
    return true;
}

bool json_bool_opt(const cJSON *object, const char *name, bool *ret, bool *ret_has,
                   struct error *err)
{
    const cJSON *item = NULL;

    if (!get_opt(object, name, cJSON_IsBool, "a boolean", &item, err))
        return false;
    if (item)
        *ret = cJSON_IsTrue(item);
    *ret_has = item != NULL;
    return true;
}

char *json_print(struct arena *arena, const cJSON *root)
{
    const int guess = 4096; /* bytes; it grows by doubling */
    char *printed = cJSON_PrintBuffered(root, guess, false);

    if (!printed)
        fatal("JSON that cannot be printed");
    char *text = arena_strdup(arena, printed);
    cJSON_free(printed);
    return text;
}
