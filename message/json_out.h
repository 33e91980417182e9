/*
 * Writing JSON straight into a buffer. The comma between two members is put by looking at what was
 * written last, so that whoever writes need not know whether it is the first.
 */
#ifndef RAIOX_MESSAGE_JSON_OUT_H
#define RAIOX_MESSAGE_JSON_OUT_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

void json_open(struct buf *out, char bracket);    /* '{' or '[' */
void json_close(struct buf *out, char bracket);   /* '}' or ']' */
void json_key(struct buf *out, const char *name); /* our own: nothing to escape in it */
void json_text(struct buf *out,
               const char *text); /* NULL: null; bytes that are not UTF-8: U+FFFD */
void json_text_len(struct buf *out, const char *text, size_t len); /* its first len bytes */
void json_number(struct buf *out, int64_t number);
void json_bool(struct buf *out, bool value);
void json_null(struct buf *out);

/* A member: key and value. */
void json_member(struct buf *out, const char *name, const char *text);
void json_member_number(struct buf *out, const char *name, int64_t number);

#endif
