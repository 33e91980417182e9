#include "message/json_out.h"

#include <inttypes.h>
#include <string.h>

#include "message/escape.h"

static void comma(struct buf *out)
{
    char last = out->len ? out->data[out->len - 1] : '['; /* NOLINT: it is ASCII */

    if (last != '{' && last != '[' && last != ':' && last != ',')
        buf_char(out, ',');
}

void json_open(struct buf *out, char bracket)
{
    comma(out);
    buf_char(out, bracket);
}

void json_close(struct buf *out, char bracket)
{
    buf_char(out, bracket);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Bytes of the character beyond ASCII that text begins with, if it stands for itself; else 0. */
static size_t plain_sequence(const char *text, size_t len)
{
    if ((unsigned char)text[0] == 0xc2 && len > 1 && (unsigned char)text[1] < 0xa0)
        return 0; /* U+0080 to U+009F: controls */
    return (unsigned char)text[0] < 0x80 ? 0 : utf8_sequence(text, len);
}

/* Bytes that stand for themselves inside a JSON string. */
static size_t plain_length(const char *text, size_t len)
{
    size_t at = 0, step = 0;

    do {
        at += step;
        while (at < len && is_plain((unsigned char)text[at]))
            at++;
    } while (at < len && (step = plain_sequence(text + at, len - at)) > 0);
    return at;
}

/* One that does not; returns its bytes. */
static size_t add_special(struct buf *out, const char *text)
{
    int32_t c = 0;
    size_t used = code_point_at(text, &c);

    if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", (char)c);
    else if (c == '\n')
        buf_text(out, "\\n");
    else if (c >= 0) /* controls; C1, too: a terminal obeys them */
        buf_printf(out, "\\u%04x", (unsigned)c);
    else
        buf_text(out, "\xef\xbf\xbd"); /* U+FFFD */
    return used;
}

void json_text_len(struct buf *out, const char *text, size_t len)
{
    const char *end = text + len;

    comma(out);
    buf_char(out, '"');
    while (text < end) {
        size_t plain = plain_length(text, (size_t)(end - text));

        buf_add(out, text, plain);
        text += plain;
        if (text < end)
            text += add_special(out, text);
    }
    buf_char(out, '"');
}

void json_text(struct buf *out, const char *text)
{
    if (text) {
        json_text_len(out, text, strlen(text));
    } else {
        comma(out);
        buf_text(out, "null");
    }
}

void json_key(struct buf *out, const char *name)
{
    comma(out);
    buf_char(out, '"');
    buf_text(out, name);
    buf_text(out, "\":");
}

void json_number(struct buf *out, int64_t number)
{
    comma(out);
    buf_printf(out, "%" PRId64, number);
}

void json_bool(struct buf *out, bool value)
{
    comma(out);
    buf_text(out, value ? "true" : "false");
}

void json_null(struct buf *out)
{
    json_text(out, NULL);
}

void json_member(struct buf *out, const char *name, const char *text)
{
    json_key(out, name);
    json_text(out, text);
}

void json_member_number(struct buf *out, const char *name, int64_t number)
{
    json_key(out, name);
    json_number(out, number);
}
