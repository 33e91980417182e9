/* Folding and comparing names, through ICU. */
#include "model/name.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

/* Bytes. Slack's whole command has less; what is longer is no name, and its start will do. */
#define FOLDED_LENGTH_MAX ((size_t)64 * 1024)

/* UTF-16 units in an arena. */
struct utf16 {
    UChar *units;
    int32_t len;
};

/* ICU's macros change signs on purpose. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
int32_t text_next(const char **text)
{
    int32_t at = 0;
    UChar32 c;

    if (!**text)
        return 0;
    U8_NEXT_OR_FFFD(*text, at, -1, c);
    *text += at;
    return c;
}

/* The character that stands at *at, which moves on behind it. */
static UChar32 utf16_next(const struct utf16 *text, int32_t *at)
{
    UChar32 c;

    U16_NEXT(text->units, *at, text->len, c);
    return c;
}
#pragma GCC diagnostic pop

static struct utf16 utf16_of(struct arena *arena, const char *text)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t bytes = (int32_t)strnlen(text, FOLDED_LENGTH_MAX);
    struct utf16 ret = { arena_array(arena, UChar, (size_t)bytes + 1), 0 };

    u_strFromUTF8WithSub(ret.units, bytes + 1, &ret.len, text, bytes, 0xFFFD, NULL, &status);
    assert(U_SUCCESS(status)); /* a unit takes at least a byte */
    return ret;
}

static struct utf16 normalised(struct arena *arena, const UNormalizer2 *form, struct utf16 text)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t len = unorm2_normalize(form, text.units, text.len, NULL, 0, &status);

    assert(status == U_BUFFER_OVERFLOW_ERROR || U_SUCCESS(status));
    struct utf16 ret = { arena_array(arena, UChar, (size_t)len + 1), len };
    status = U_ZERO_ERROR;
    unorm2_normalize(form, text.units, text.len, ret.units, len + 1, &status);
    assert(U_SUCCESS(status));
    return ret;
}

/* A mark that any script may borrow: an accent. A script's own marks are letters of its words. */
static bool is_accent(UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;

    return u_charType(c) == U_NON_SPACING_MARK &&
           uscript_getScript(c, &status) == USCRIPT_INHERITED;
}

/* Drops accents and stray blanks, in place. */
static void tidy(struct utf16 *text)
{
    int32_t at = 0, len = 0;
    bool blank = false; /* one is owed, should anything follow */

    while (at < text->len) {
        int32_t start = at;
        UChar32 c = utf16_next(text, &at);

        if (is_accent(c))
            continue;
        if (u_isUWhiteSpace(c)) {
            blank = len > 0;
            continue;
        }
        if (blank)
            text->units[len++] = ' ';
        blank = false;
        while (start < at)
            text->units[len++] = text->units[start++];
    }
    text->len = len;
}

char *name_fold(struct arena *arena, const char *name)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *folding = unorm2_getNFKCCasefoldInstance(&status);
    const UNormalizer2 *decomposing = unorm2_getNFKDInstance(&status);

    assert(U_SUCCESS(status)); /* both are built into ICU's library */
    struct utf16 text = normalised(arena, folding, utf16_of(arena, name));
    text = normalised(arena, decomposing, text);
    tidy(&text);

    size_t room = (size_t)text.len * 3 + 1; /* a UTF-16 unit is at most three bytes of UTF-8 */
    char *ret = arena_alloc(arena, room);
    u_strToUTF8(ret, (int32_t)room, NULL, text.units, text.len, &status);
    assert(U_SUCCESS(status));
    return ret;
}

static bool is_word_character(UChar32 c)
{
    return u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

/* Does a word begin between these two? before is 0 at the start of the text. */
static bool word_begins(UChar32 before, UChar32 c)
{
    if (before == 0 || before == ' ')
        return c != ' ';
    return !is_word_character(before) && is_word_character(c);
}

bool name_has_word_prefix(const char *name, const char *text)
{
    size_t len = strlen(text);
    UChar32 before = 0;

    for (const char *at = name; *at;) {
        const char *start = at;
        UChar32 c = text_next(&at);

        if (word_begins(before, c) && strncmp(start, text, len) == 0)
            return true;
        before = c;
    }
    return false;
}

/* Is this word (len bytes, no blank in it) one of name's, which blanks separate? */
static bool has_word(const char *name, const char *word, size_t len)
{
    while (*name) {
        size_t name_len = strcspn(name, " ");

        if (name_len == len && memcmp(name, word, len) == 0)
            return true;
        name += name_len + strspn(name + name_len, " ");
    }
    return false;
}

static int shared_words(const char *name, const char *text)
{
    int words = 0;

    while (*text) {
        size_t len = strcspn(text, " ");

        words += has_word(name, text, len) ? 1 : 0;
        text += len + strspn(text + len, " ");
    }
    return words;
}

/* Characters of a name that are looked at for its nearness: more would tell no more. */
#define NEAR_MAX 64

static int min2(int a, int b)
{
    return a < b ? a : b;
}

/*
 * Levenshtein's distance from text to the nearest start of a word of name (Sellers' variant: a
 * match may begin at any word at no cost and end anywhere). column[i]: edits from the first i
 * characters of text to what of name ends here.
 */
static int edits_to_word_prefix(const char *name, const char *text)
{
    UChar32 wanted[NEAR_MAX], before = 0;
    int column[NEAR_MAX + 1] = { 0 }, len = 0;

    while (len < NEAR_MAX && *text)
        wanted[len++] = text_next(&text);
    for (int i = 0; i <= len; i++)
        column[i] = i;

    int best = column[len];
    for (int n = 0; n < NEAR_MAX && *name; n++) {
        UChar32 c = text_next(&name);

        if (word_begins(before, c)) /* what came before may be skipped for nothing */
            for (int i = 0; i <= len; i++)
                column[i] = min2(column[i], i);
        int diagonal = column[0]++;
        for (int i = 1; i <= len; i++) {
            int replaced = diagonal + (wanted[i - 1] == c ? 0 : 1);
            diagonal = column[i];
            column[i] = min2(replaced, min2(column[i], column[i - 1]) + 1);
        }
        best = min2(best, column[len]);
        before = c;
    }
    return best;
}

/* Characters, as far as they are looked at. */
static int near_length(const char *text)
{
    int len = 0;

    while (len < NEAR_MAX && text_next(&text) != 0)
        len++;
    return len;
}

struct nearness name_nearness(const char *name, const char *text)
{
    return (struct nearness){ .words = shared_words(name, text),
                              .edits = edits_to_word_prefix(name, text),
                              .apart = abs(near_length(name) - near_length(text)) };
}

int nearness_compare(struct nearness a, struct nearness b)
{
    if (a.words != b.words)
        return a.words > b.words ? -1 : 1;
    if (a.edits != b.edits)
        return a.edits < b.edits ? -1 : 1;
    return (a.apart > b.apart) - (a.apart < b.apart);
}
