#include "message/json_out.h"

#include <inttypes.h>
#include <string.h>

#include "message/escape.h"

static void comma(struct buf *out)
{
    char last = out->len ? out->data[out->len - 1] : '[';

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

/* Bytes that stand for themselves inside a JSON string, ASCII only. */
static size_t plain_length(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && (unsigned char)text[at] >= 0x20 && (unsigned char)text[at] < 0x7f &&
           text[at] != '"' && text[at] != '\\')
        at++;
    return at;
}

static size_t add_special(struct buf *out, const char *text)
{
    int32_t c = 0;
    size_t used = code_point_at(text, &c);

    if (c < 0)
        buf_text(out, "\xef\xbf\xbd"); /* U+FFFD */
    else if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", (char)c);
    else if (c == '\n')
        buf_text(out, "\\n");
    else if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) /* C1, too: a terminal obeys them */
        buf_printf(out, "\\u%04x", (unsigned)c);
    else
        buf_add(out, text, used);
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
    json_text(out, name);
    buf_char(out, ':');
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
