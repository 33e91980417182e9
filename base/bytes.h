/*
 * Bytes with their length, a growing buffer with a ceiling, and what is asked of text from outside.
 */
#ifndef RAIOX_BASE_BYTES_H
#define RAIOX_BASE_BYTES_H

#include "base/attr.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* len bytes somewhere else, NUL not promised. Owns nothing. */
struct bytes {
    const char *data;
    size_t len;
};
#define BYTES(literal) ((struct bytes){ (literal), sizeof(literal) - 1 })
struct bytes bytes_of(const char *text); /* NULL gives none */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);

/*
 * A growing buffer; always NUL behind its len bytes once something was written. It takes its
 * ceiling at birth, and going over it is remembered as an error (never a cut that passes for the
 * whole): write everything, then ask buf_ok() once. Owns: its memory (malloc), until buf_finish.
 */
struct buf {
    char *data; /* NULL while empty */
    size_t len, cap, max;
    bool overflowed;
};
void buf_init(struct buf *buf, size_t max);
void buf_finish(struct buf *buf); /* fine on {0} and twice */
void buf_reset(struct buf *buf);  /* empty again, memory kept */
void buf_add(struct buf *buf, const char *data, size_t len);
void buf_text(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
PRINTF(2, 3) void buf_printf(struct buf *buf, const char *format, ...);
MUST_CHECK bool buf_ok(const struct buf *buf,
                       struct error *err);   /* ERR_BAD_RESPONSE: over the ceiling */
const char *buf_cstr(const struct buf *buf); /* "" while empty */
#define scoped_buf __attribute__((cleanup(buf_finish)))

/* Valid UTF-8 without surrogates, overlong forms or anything above U+10FFFF; NUL bytes are refused
 * too. */
bool utf8_valid(const char *text, size_t len);
/* Bytes of the valid character that text starts with, 1 to 4; 0 if there is none (NUL is none). */
size_t utf8_sequence(const char *text, size_t len);
/* Code points in valid UTF-8. */
size_t utf8_length(const char *text);
/* Bytes of the longest start of text that has at most max code points and ends on a whole one. */
size_t utf8_cut(const char *text, size_t max);

/* All digits, at least one, at most max of them. */
bool text_is_digits(const char *text, size_t len, size_t max);
/* "-?digits" that fit; no blanks, no plus. */
MUST_CHECK bool text_int64(const char *text, size_t len, int64_t *ret);

/*
 * percent-encodes for a query value or form field (RFC 3986 unreserved stay) onto buf.
 */
void buf_urlencode(struct buf *buf, const char *text, size_t len);

#endif
