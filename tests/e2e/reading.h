/*
 * What an analyst reads, for the tests of this folder: texts as they look (U+00A0 is a blank, what
 * is invisible is not there), and the figures of `raiox report --json`.
 */
#ifndef RAIOX_TESTS_E2E_READING_H
#define RAIOX_TESTS_E2E_READING_H

#include "tests/support/world.h"

/* setjmp.h and the others are what cmocka.h wants to see before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A test whose name is a sentence. */
#define TEST_CASE(sentence, fn, setup, teardown)                                                   \
    {                                                                                              \
        (sentence), (fn), (setup), (teardown), NULL                                                \
    }

const char *reading_plain(struct arena *arena, const char *text);
/* All that a message shows: its text and its blocks. */
const char *reading_reply(struct world *world, const cJSON *reply);

/* The text holds every one of the words, or none of them. Lists end with NULL. */
void reading_holds_(const char *text, const char *const *words);
void reading_lacks_(const char *text, const char *const *words);
#define assert_holds(text, ...) reading_holds_((text), (const char *const[]){ __VA_ARGS__, NULL })
#define assert_lacks(text, ...) reading_lacks_((text), (const char *const[]){ __VA_ARGS__, NULL })

/* `raiox report CLIENT --json`, which must be status 0 and JSON. */
const cJSON *reading_report(struct world *world, const char *client);
/* A campaign or an ad account of it by its id; it must be there. */
const cJSON *reading_campaign(const cJSON *report, const char *id);
const cJSON *reading_account(const cJSON *report, const char *id);
/* A warning about this account (NULL: about none) and of this kind. NULL: none. */
const cJSON *reading_warning(const cJSON *report, const char *platform, const char *account,
                             const char *kind);

/* The fields of an object have these texts: name, text, name, text, ... NULL. "null" is null. */
void reading_fields_(const cJSON *object, const char *const *fields);
#define assert_fields(object, ...)                                                                 \
    reading_fields_((object), (const char *const[]){ __VA_ARGS__, NULL })

#endif
