/*
 * JSON at the door. cJSON does the parsing and printing; this file adds what it does not check
 * (LESSONS: nesting, bytes behind the value, UTF-8, \u0000, duplicate-case keys) and getters that
 * take the type wanted. Ids and amounts are strings; money never meets a double. An unknown field
 * is skipped.
 */
#ifndef RAIOX_BASE_JSON_H
#define RAIOX_BASE_JSON_H

#include "base/arena.h"
#include "base/error.h"

#include <cjson/cJSON.h>

#define JSON_MAX_DEPTH 64

/* Call once at the start of main(), before any other use of cJSON: sets its allocator hooks. From
 * then on cJSON_Create and friends do not fail: out of memory ends the process. */
void json_init(void);

/*
 * Parses one whole document into the arena; the tree lives and dies with it (never cJSON_Delete
 * it). NULL with ERR_BAD_RESPONSE: not JSON, invalid UTF-8, half of a surrogate pair, a NUL (raw or
 * \u0000), a number too large for a double, nested too deep, more behind it. text needs no NUL and
 * is not kept. A key that comes twice is let pass: the getters take the first.
 */
MUST_CHECK cJSON *json_parse(struct arena *arena, const char *text, size_t len, struct error *err);

/*
 * Getters. Names are matched to the letter, case too. The plain ones want the field and its type
 * (ERR_BAD_RESPONSE with the name otherwise); the _opt ones take an absent field or null as "not
 * given" (ret NULL / has false) and still refuse a wrong type. What ret receives is borrowed from
 * the tree.
 */
const cJSON *json_get(const cJSON *object, const char *name); /* NULL: absent, or object is none */
MUST_CHECK bool json_object(const cJSON *object, const char *name, const cJSON **ret,
                            struct error *err);
MUST_CHECK bool json_object_opt(const cJSON *object, const char *name, const cJSON **ret,
                                struct error *err);
MUST_CHECK bool json_array(const cJSON *object, const char *name, const cJSON **ret,
                           struct error *err);
MUST_CHECK bool json_array_opt(const cJSON *object, const char *name, const cJSON **ret,
                               struct error *err);
MUST_CHECK bool json_string(const cJSON *object, const char *name, const char **ret,
                            struct error *err);
MUST_CHECK bool json_string_opt(const cJSON *object, const char *name, const char **ret,
                                struct error *err);
/* A whole number that has a double of its own (below 2^53 either way), nothing else. */
MUST_CHECK bool json_int(const cJSON *object, const char *name, int64_t *ret, struct error *err);
MUST_CHECK bool json_int_opt(const cJSON *object, const char *name, int64_t *ret, bool *ret_has,
                             struct error *err);
/* A string of digits with an optional minus, as both platforms send 64-bit numbers. */
MUST_CHECK bool json_int_text(const cJSON *object, const char *name, int64_t *ret,
                              struct error *err);
MUST_CHECK bool json_int_text_opt(const cJSON *object, const char *name, int64_t *ret,
                                  bool *ret_has, struct error *err);
MUST_CHECK bool json_bool_opt(const cJSON *object, const char *name, bool *ret, bool *ret_has,
                              struct error *err);

/*
 * Writing: build with cJSON_CreateObject and friends (malloc, outside of any parse), print with
 * this, delete with scoped_json. The text is in the arena, unformatted; out of memory ends the
 * process.
 */
char *json_print(struct arena *arena, const cJSON *root);
static inline void json_delete_p(cJSON **root)
{
    cJSON_Delete(*root);
}
#define scoped_json __attribute__((cleanup(json_delete_p)))

#endif
