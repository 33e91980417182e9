/*
 * A message in the envelope of one asker, as response_url or chat.postMessage takes it. The
 * message's blocks are text already, and go out as they are but for their closing bracket.
 */
#include "message/message.h"

#include <string.h>

#include "base/bytes.h"
#include "message/escape.h"
#include "message/json_out.h"
#include "message/words.h"

#define RECEIPT_MAX 80 /* characters */

/* What is about this one reply: its receipt, and whether it may be a second time. "": nothing. */
static const char *envelope_line(struct arena *arena, enum locale locale,
                                 const struct envelope *envelope)
{
    const char *receipt = text_clean(arena, envelope->receipt, RECEIPT_MAX);
    const char *repeated = envelope->repeated ? word(locale, WORD_REPEATED) : "";

    if (*receipt)
        receipt = say(arena, locale, WORD_RECEIPT, receipt);
    return arena_printf(arena, "%s%s%s", repeated, *repeated && *receipt ? " " : "", receipt);
}

static void add_context(struct buf *out, const char *plain)
{
    json_open(out, '{');
    json_member(out, "type", "context");
    json_key(out, "elements");
    json_open(out, '[');
    json_open(out, '{');
    json_member(out, "type", "plain_text");
    json_member(out, "text", plain);
    json_key(out, "emoji");
    json_bool(out, false);
    json_close(out, '}');
    json_close(out, ']');
    json_close(out, '}');
}

static void add_blocks(struct buf *out, const char *blocks, const char *line)
{
    size_t len = strlen(blocks);

    json_key(out, "blocks");
    buf_add(out, blocks, len - 1); /* without the bracket */
    if (*line)
        add_context(out, line);
    json_close(out, ']');
}

const char *message_body(struct arena *arena, enum locale locale, const struct message *message,
                         const struct envelope *envelope, bool text_only)
{
    const char *line = envelope_line(arena, locale, envelope);
    bool with_blocks = message->blocks && !text_only;
    const char *text = message->text;
    scoped_buf struct buf out = { 0 };

    if (!with_blocks && *line)
        text = arena_printf(arena, "%s\n%s", text, text_mrkdwn(arena, line));
    buf_init(&out, BUF_UNBOUNDED);
    json_open(&out, '{');
    if (envelope->channel)
        json_member(&out, "channel", envelope->channel);
    else
        json_member(&out, "response_type", envelope->in_channel ? "in_channel" : "ephemeral");
    json_member(&out, "text", text);
    json_key(&out, "unfurl_links");
    json_bool(&out, false);
    if (with_blocks)
        add_blocks(&out, message->blocks, line);
    json_close(&out, '}');
    return arena_strndup(arena, out.data, out.len);
}
