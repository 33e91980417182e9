/* From "who asks where for what" to a client of the board. */
#include "bot/resolve.h"

#include "bot/grammar.h"

#include <string.h>

static struct resolved refused(enum notice notice, const char *channel_id, const char *name)
{
    return (struct resolved){ .notice = notice,
                              .facts = { .channel_id = channel_id, .name = name } };
}

/* The names of clients, for a notice that lists them. */
static void list_names(struct arena *arena, const struct match *match, struct notice_facts *facts)
{
    const char **names = arena_array(arena, const char *, match->closest_count);

    for (size_t i = 0; i < match->closest_count; i++)
        names[i] = match->closest[i]->name;
    facts->names = names;
    facts->names_count = match->closest_count;
}

static bool may_ask_by_name(const char *user_id, const char *const *name_users)
{
    if (!name_users)
        return true;
    for (size_t i = 0; name_users[i]; i++)
        if (strcmp(name_users[i], user_id) == 0)
            return true;
    return false;
}

static struct resolved by_channel(struct arena *arena, const struct match *here,
                                  const char *channel_id)
{
    struct resolved resolved = refused(NOTICE_UNKNOWN_CHANNEL, channel_id, NULL);

    if (here->kind == MATCH_ONE)
        return (struct resolved){ .client = here->client };
    if (here->kind == MATCH_SEVERAL) {
        resolved.notice = NOTICE_SEVERAL_ROWS;
        list_names(arena, here, &resolved.facts);
    }
    resolved.ask_again = true;
    return resolved;
}

/* Slack's direct messages; nobody gives a client one of these. */
static bool is_direct(const char *channel_id)
{
    return channel_id[0] == 'D';
}

/* A name in a channel that is nobody's, as far as this board knows: it may have become a client's
 * since. */
static struct resolved by_name(struct arena *arena, const struct board *board,
                               const char *channel_id, const char *name)
{
    struct match match = client_by_name(arena, board, name);
    struct resolved resolved = refused(NOTICE_UNKNOWN_NAME, NULL, name);

    resolved.ask_again = match.kind == MATCH_NONE || !is_direct(channel_id);
    if (match.kind == MATCH_ONE) {
        resolved.client = match.client;
        return resolved;
    }
    resolved.notice = match.kind == MATCH_SEVERAL ? NOTICE_SEVERAL_NAMES : NOTICE_UNKNOWN_NAME;
    list_names(arena, &match, &resolved.facts);
    return resolved;
}

/* A name in a client's own channel: its own, or none. */
static struct resolved by_name_here(struct arena *arena, const struct board *board,
                                    const struct match *here, const char *channel_id,
                                    const char *name)
{
    struct match match = client_by_name(arena, board, name);

    if (here->kind == MATCH_ONE && match.kind == MATCH_ONE && match.client == here->client)
        return (struct resolved){ .client = match.client };
    return refused(NOTICE_OTHER_CHANNEL, channel_id, NULL);
}

struct resolved resolve(struct arena *arena, const struct board *board, const char *channel_id,
                        const char *user_id, const char *text, const char *const *name_users)
{
    struct asked asked = grammar_parse(arena, grammar_decode(arena, text), board);
    struct match here = client_by_channel(arena, board, channel_id);
    struct resolved resolved;

    if (asked.help)
        return refused(NOTICE_HELP, channel_id, NULL);
    if (!asked.name)
        resolved = by_channel(arena, &here, channel_id);
    else if (here.kind != MATCH_NONE)
        resolved = by_name_here(arena, board, &here, channel_id, asked.name);
    else if (!may_ask_by_name(user_id, name_users))
        return refused(NOTICE_NAMES_FORBIDDEN, channel_id, NULL);
    else
        resolved = by_name(arena, board, channel_id, asked.name);
    resolved.in_channel = asked.in_channel;
    return resolved;
}
