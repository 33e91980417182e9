/* The words behind /raiox. */
#include "bot/grammar.h"

#include "base/bytes.h"
#include "model/name.h"

#include <string.h>
#include <strings.h>

/* Folded: "PÚBLICO", with its accent composed or not, is the first. */
static const char *const public_words[] = { "publico", "public" };
static const char *const help_words[] = { "ajuda", "help" };

static bool is_public_word(struct arena *arena, const char *word)
{
    const char *folded = name_fold(arena, word);

    for (size_t i = 0; i < COUNT(public_words); i++)
        if (strcmp(folded, public_words[i]) == 0)
            return true;
    return false;
}

static const struct {
    const char *escaped;
    char plain;
} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' } };

/* The entity at text, or NULL. */
static const char *entity_at(const char *text, char *ret)
{
    for (size_t i = 0; i < COUNT(entities); i++)
        if (strncmp(text, entities[i].escaped, strlen(entities[i].escaped)) == 0) {
            *ret = entities[i].plain;
            return entities[i].escaped;
        }
    return NULL;
}

/* Blanks as people's keyboards make them: ASCII's and the no-break space. */
static size_t blank_at(const char *text)
{
    if (*text && strchr(" \t\r\n", *text))
        return 1;
    return strncmp(text, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

static char *trim(char *text)
{
    size_t len, skip;

    while ((skip = blank_at(text)) > 0)
        text += skip;
    for (len = strlen(text); len > 0;) {
        if (blank_at(text + len - 1))
            len--;
        else if (len >= 2 && blank_at(text + len - 2) == 2)
            len -= 2;
        else
            break;
    }
    text[len] = '\0';
    return text;
}

const char *grammar_decode(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1);
    size_t len = 0;

    while (*text) {
        char plain;
        const char *entity = entity_at(text, &plain);
        out[len++] = entity ? plain : *text;
        text += entity ? strlen(entity) : 1;
    }
    return trim(out);
}

bool grammar_is_help(const char *text)
{
    for (size_t i = 0; i < COUNT(help_words); i++)
        if (strcasecmp(text, help_words[i]) == 0)
            return true;
    return false;
}

/* The last word of text, and where it begins. */
static const char *last_word(const char *text)
{
    const char *word = text;

    while (*text) {
        size_t blank = blank_at(text);
        text += blank ? blank : 1;
        if (blank)
            word = text;
    }
    return word;
}

struct asked grammar_parse(struct arena *arena, const char *text, const struct board *board)
{
    struct asked asked = { .name = *text ? text : NULL };

    if (!*text || (board && client_name_exact(board, text)))
        return asked;
    if (grammar_is_help(text))
        return (struct asked){ .help = true };

    const char *word = last_word(text);
    if (is_public_word(arena, word)) {
        char *rest = trim(arena_strndup(arena, text, (size_t)(word - text)));
        asked.in_channel = true;
        asked.name = *rest ? rest : NULL;
    }
    return asked;
}
