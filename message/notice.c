/* Everything that raiox says in Slack and that is no report: each says what happened and what to
 * do. */
#include "message/message.h"

#include <string.h>

#include "message/blocks.h"
#include "message/escape.h"
#include "message/words.h"

#define NAME_SHOWN_MAX 80
#define DETAIL_SHOWN_MAX 300
#define NAMES_SHOWN_MAX 10
#define CLOSEST_SHOWN_MAX 5 /* guesses; who needs more types more of the name */

_Static_assert(WORD_NOTICE_EXPIRED - WORD_NOTICE_FETCHING == NOTICE_EXPIRED - NOTICE_FETCHING,
               "the catalogue has a text for each notice, in its order");

/* Slack's ids say what they are of. */
static bool is_direct(const char *channel_id)
{
    return channel_id && channel_id[0] == 'D';
}

/* "<#C0123>", which Slack shows as the channel's name; an id is letters and digits. */
static const char *channel_link(struct arena *arena, enum locale locale, const char *channel_id)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = channel_id ? strspn(channel_id, plain) : 0;

    if (len == 0 || channel_id[len] != '\0')
        return word(locale, WORD_THIS_CHANNEL);
    if (is_direct(channel_id))
        return word(locale, WORD_THIS_DIRECT);
    return arena_printf(arena, "<#%s>", channel_id);
}

/* "`C0123`", to be copied into Monday. */
static const char *channel_code(struct arena *arena, enum locale locale, const char *channel_id)
{
    const char *code = id_mrkdwn(arena, channel_id);

    return *code ? code : word(locale, WORD_CHANNEL_ID);
}

/* A line each. */
static const char *name_list(struct arena *arena, enum locale locale,
                             const struct notice_facts *facts, size_t max)
{
    scoped_buf struct buf list = { 0 };

    buf_init(&list, BUF_UNBOUNDED);
    for (size_t i = 0; i < facts->names_count && i < max; i++)
        buf_printf(&list, "%s• %s", i ? "\n" : "",
                   name_mrkdwn(arena, facts->names[i], NAME_SHOWN_MAX));
    if (list.len == 0)
        return word(locale, WORD_NO_CLOSE_NAME);
    return arena_strndup(arena, list.data, list.len);
}

static const char *detail_text(struct arena *arena, const char *detail)
{
    const char *text = name_mrkdwn(arena, detail, DETAIL_SHOWN_MAX);

    return *text ? arena_printf(arena, " (%s)", text) : "";
}

struct message message_notice(struct arena *arena, enum locale locale, enum notice notice,
                              const struct notice_facts *facts)
{
    static const struct notice_facts none;
    const struct notice_facts *f = facts ? facts : &none;
    const char *platform = notice == NOTICE_BOARD_FAILED ? "monday" : NULL;
    size_t names = notice == NOTICE_UNKNOWN_NAME ? CLOSEST_SHOWN_MAX : NAMES_SHOWN_MAX;
    bool nobodys = notice == NOTICE_UNKNOWN_CHANNEL && is_direct(f->channel_id);
    const char *text =
        say(arena, locale, nobodys ? WORD_NO_CLIENT_HERE : WORD_NOTICE_FETCHING + (enum word)notice,
            channel_link(arena, locale, f->channel_id), name_mrkdwn(arena, f->name, NAME_SHOWN_MAX),
            name_list(arena, locale, f, names), message_kind(arena, locale, f->kind, platform),
            detail_text(arena, f->detail), channel_code(arena, locale, f->channel_id));

    return (struct message){
        .text = arena_strndup(arena, text, mrkdwn_cut(text, MESSAGE_TEXT_MAX)),
    };
}
