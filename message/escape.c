#include "message/escape.h"

#include <string.h>

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#define ELLIPSIS "…"
#define REPLACEMENT "\xef\xbf\xbd"      /* U+FFFD */
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b" /* U+200B */

/* ICU's macro narrows on purpose, all over. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
size_t code_point_at(const char *text, int32_t *ret)
{
    size_t used = 0;

    U8_NEXT(text, used, (size_t)-1, *ret); /* ends at the NUL, which continues nothing */
    return used;
}
#pragma GCC diagnostic pop

/* C0, DEL, C1, and the two line breaks that Unicode adds. */
static bool is_control(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

/* What changes the direction of the text behind it, or pretends to be a byte order mark. */
static bool is_reordering(int32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0x061c || c == 0xfeff;
}

/* Kept for the life of the process: opening one costs more than a whole message. */
static UBreakIterator *graphemes(void)
{
    static UBreakIterator *iterator;
    UErrorCode status = U_ZERO_ERROR;

    if (!iterator)
        iterator = ubrk_open(UBRK_CHARACTER, "en", NULL, 0, &status);
    return U_SUCCESS(status) ? iterator : NULL;
}

size_t grapheme_cut(const char *text, size_t max)
{
    size_t cut = utf8_cut(text, max);
    UBreakIterator *iterator = NULL;
    UErrorCode status = U_ZERO_ERROR;
    UText utext = UTEXT_INITIALIZER;

    if (text[cut] == '\0' || !(iterator = graphemes()))
        return cut;
    utext_openUTF8(&utext, text, -1, &status);
    ubrk_setUText(iterator, &utext, &status);
    if (U_SUCCESS(status) && !ubrk_isBoundary(iterator, (int32_t)cut)) {
        int32_t before = ubrk_preceding(iterator, (int32_t)cut);

        /* A single grapheme longer than all of max (a pile of accents) is cut within. */
        if (before > 0)
            cut = (size_t)before;
    }
    utext_close(&utext);
    return cut;
}

/* Valid UTF-8 on one line; how says what becomes of what is no text. */
enum controls { CONTROLS_BLANK, CONTROLS_SHOWN };
static void add_clean(struct buf *out, const char *text, enum controls how)
{
    while (*text) {
        int32_t c = 0;
        size_t used = code_point_at(text, &c);

        if (c < 0)
            buf_text(out, REPLACEMENT);
        else if ((is_control(c) || is_reordering(c)) && how == CONTROLS_SHOWN)
            buf_printf(out, "<U+%04X>", (unsigned)c);
        else if (!is_control(c) && !is_reordering(c))
            buf_add(out, text, used);
        else if (is_control(c) && out->len > 0 && out->data[out->len - 1] != ' ')
            buf_char(out, ' ');
        text += used;
    }
}

/* Does the text have nothing that can be seen? (A joiner, a variation selector, blanks.) */
static bool is_invisible(const char *text)
{
    while (*text) {
        int32_t c = 0;

        text += code_point_at(text, &c);
        if (c < 0 || !(u_isUWhiteSpace(c) || is_control(c) ||
                       u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)))
            return false;
    }
    return true;
}

/* Is the text fit to be shown as it is? Most are. */
static bool is_clean(const char *text, size_t max)
{
    size_t count = 0;

    while (*text) {
        int32_t c = (unsigned char)*text;
        size_t used = 1;

        if (c >= 0x80) {
            used = code_point_at(text, &c);
            if (c < 0 || is_reordering(c))
                return false;
        }
        if (is_control(c) || ++count > max)
            return false;
        text += used;
    }
    return count == 0 || text[-1] != ' '; /* such a blank undoes Slack's bold around it */
}

static const char *clean(struct arena *arena, const char *text, size_t max, enum controls how)
{
    scoped_buf struct buf out = { 0 };
    size_t cut = 0;

    if (max == 0)
        max = SIZE_MAX;
    if (!text || (how == CONTROLS_BLANK && is_invisible(text)))
        return "";
    while (*text == ' ')
        text++;
    if (is_clean(text, max))
        return text;
    buf_init(&out, BUF_UNBOUNDED);
    add_clean(&out, text, how);
    while (out.len > 0 && out.data[out.len - 1] == ' ')
        out.data[--out.len] = '\0';
    if (utf8_cut(buf_cstr(&out), max) == out.len)
        return arena_strndup(arena, buf_cstr(&out), out.len);
    cut = grapheme_cut(out.data, max - 1);
    return arena_printf(arena, "%.*s" ELLIPSIS, (int)cut, out.data);
}

const char *text_clean(struct arena *arena, const char *text, size_t max)
{
    return clean(arena, text, max, CONTROLS_BLANK);
}

const char *text_terminal(struct arena *arena, const char *text, size_t max)
{
    return clean(arena, text, max, CONTROLS_SHOWN);
}

/* Formats wherever it stands at the edge of a word. */
static bool is_markup(char c)
{
    return c == '*' || c == '_' || c == '~' || c == '`';
}

/* Begins an emoji (:fire:) or a link (://), a mention (@here), a channel (#general). */
static bool is_opener(char c, char next)
{
    return (c == ':' || c == '@' || c == '#') && next != ' ' && next != '\0';
}

const char *text_mrkdwn(struct arena *arena, const char *text)
{
    scoped_buf struct buf out = { 0 };

    buf_init(&out, BUF_UNBOUNDED);
    for (const char *c = text; *c; c++) {
        if (*c == '&')
            buf_text(&out, "&amp;");
        else if (*c == '<')
            buf_text(&out, "&lt;");
        else if (*c == '>')
            buf_text(&out, "&gt;");
        else if (is_markup(*c))
            buf_printf(&out, ZERO_WIDTH_SPACE "%c" ZERO_WIDTH_SPACE, *c);
        else
            buf_char(&out, *c);
        if (is_opener(c[0], c[1]))
            buf_text(&out, ZERO_WIDTH_SPACE);
    }
    return arena_strndup(arena, buf_cstr(&out), out.len);
}

const char *id_mrkdwn(struct arena *arena, const char *id)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = id ? strspn(id, plain) : 0;

    if (len > 0 && len <= 64 && id[len] == '\0')
        return arena_printf(arena, "`%s`", id);
    return name_mrkdwn(arena, id, 64);
}

const char *name_mrkdwn(struct arena *arena, const char *name, size_t max)
{
    return text_mrkdwn(arena, text_clean(arena, name, max));
}
