#include "base/bytes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP ((size_t)256)

struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, text ? strlen(text) : 0 };
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of(text));
}

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){ .max = max };
}

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){ 0 };
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Makes room for more bytes and a NUL; false when that is over the ceiling. */
static bool buf_room(struct buf *buf, size_t more)
{
    if (buf->overflowed || more > buf->max - buf->len || buf->len + more == SIZE_MAX) {
        buf->overflowed = true;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return true;

    size_t cap = buf->cap ? buf->cap : FIRST_CAP;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap - 1 > buf->max)
        cap = buf->max + 1;
    char *data = realloc(buf->data, cap);
    if (!data)
        fatal("out of memory");
    buf->data = data;
    buf->cap = cap;
    return true;
}

void buf_add(struct buf *buf, const char *data, size_t len)
{
    if (!buf_room(buf, len))
        return;
    if (len)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
    if (buf->overflowed || buf->cap - buf->len < 2) {
        buf_add(buf, &c, 1);
        return;
    }
    buf->data[buf->len++] = c;
    buf->data[buf->len] = '\0';
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int wanted = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (wanted < 0)
        fatal("a text that cannot be formatted");
    if (buf_room(buf, (size_t)wanted)) {
        vsnprintf(buf->data + buf->len, (size_t)wanted + 1, format, again);
        buf->len += (size_t)wanted;
    }
    va_end(again);
}

bool buf_ok(const struct buf *buf, struct error *err)
{
    if (buf->overflowed)
        return error_set(err, ERR_BAD_RESPONSE, "more than %zu bytes", buf->max);
    return true;
}

const char *buf_cstr(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The Unicode Standard, table 3-7 "Well-Formed UTF-8 Byte Sequences": only the second byte's range
 * depends on the first. */
size_t utf8_sequence(const char *text, size_t len)
{
    const unsigned char *t = (const unsigned char *)text;

    if (len == 0 || t[0] == 0)
        return 0;
    if (t[0] < 0x80)
        return 1;
    if (t[0] < 0xC2 || t[0] > 0xF4 || len < 2)
        return 0;

    unsigned char least = t[0] == 0xE0 ? 0xA0 : t[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char most = t[0] == 0xED ? 0x9F : t[0] == 0xF4 ? 0x8F : 0xBF;
    size_t need = t[0] < 0xE0 ? 2 : t[0] < 0xF0 ? 3 : 4;
    if (len < need || t[1] < least || t[1] > most)
        return 0;
    for (size_t i = 2; i < need; i++)
        if (!is_tail(t[i]))
            return 0;
    return need;
}

/* Eight bytes of ASCII without a NUL: the high bit of a byte is set by itself or by borrowing. */
static bool plain_word(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    return ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_valid(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        if (len - at >= sizeof(uint64_t) && plain_word(text + at)) {
            at += sizeof(uint64_t);
            continue;
        }
        size_t step = utf8_sequence(text + at, len - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

size_t utf8_length(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += !is_tail((unsigned char)*text);
    return count;
}

size_t utf8_cut(const char *text, size_t max)
{
    size_t at = 0;

    for (size_t count = 0; text[at]; at++) {
        if (is_tail((unsigned char)text[at]))
            continue;
        if (count++ == max)
            break;
    }
    return at;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_is_digits(const char *text, size_t len, size_t max)
{
    if (len == 0 || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

bool text_int64(const char *text, size_t len, int64_t *ret)
{
    bool minus = len > 0 && text[0] == '-';
    int64_t value = 0;

    if (!text_is_digits(text + minus, len - minus, SIZE_MAX))
        return false;
    for (size_t i = minus; i < len; i++) {
        int digit = text[i] - '0';
        /* Towards its sign: the least int64_t has no positive twin. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, minus ? -digit : digit, &value))
            return false;
    }
    *ret = value;
    return true;
}

/* RFC 3986, 2.3: what needs no escape. */
static bool is_unreserved(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void buf_urlencode(struct buf *buf, const char *text, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(text[i]))
            buf_char(buf, text[i]);
        else
            buf_add(buf, (const char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
    }
}
