/* A job as it is written in Redis, and read again with the distrust that is due to a shared place.
 */
#include "queue/pack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_STRINGS 7

static void command_fields(struct command *command, const char **ret[COMMAND_STRINGS])
{
    ret[0] = &command->team_id;
    ret[1] = &command->channel_id;
    ret[2] = &command->channel_name;
    ret[3] = &command->user_id;
    ret[4] = &command->text;
    ret[5] = &command->response_url;
    ret[6] = &command->trigger_id;
}

/* NULL is taken for "". */
static const char *given(const char *text)
{
    return text ? text : "";
}

size_t command_packed_len(const struct command *command)
{
    struct command copy = *command;
    const char **fields[COMMAND_STRINGS];
    size_t len = 0;

    command_fields(&copy, fields);
    for (size_t i = 0; i < COMMAND_STRINGS; i++)
        len += strlen(given(*fields[i])) + 1;
    return len;
}

void command_pack(const struct command *command, char *ret)
{
    struct command copy = *command;
    const char **fields[COMMAND_STRINGS];

    command_fields(&copy, fields);
    for (size_t i = 0; i < COMMAND_STRINGS; i++) {
        const char *text = given(*fields[i]);
        size_t size = strlen(text) + 1;

        memcpy(ret, text, size);
        ret += size;
    }
}

bool command_unpack(struct arena *arena, struct bytes packed, struct command *ret)
{
    const char *at = arena_strndup(arena, packed.data, packed.len), *end = at + packed.len;
    const char **fields[COMMAND_STRINGS];
    struct command got = { 0 };

    command_fields(&got, fields);
    for (size_t i = 0; i < COMMAND_STRINGS; i++) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));

        if (!nul || !utf8_valid(at, (size_t)(nul - at)))
            return false;
        *fields[i] = at;
        at = nul + 1;
    }
    *ret = got;
    return true;
}

struct bytes state_pack(const struct job *job, char ret[STATE_MAX])
{
    int len = snprintf(ret, STATE_MAX, "%" PRId64 " %" PRId64 " %d %d %d %d", job->accepted_real_ms,
                       job->deadline_real_ms, job->attempt, job->crashes, job->posts, job->mark);

    return (struct bytes){ ret, (size_t)len };
}

/* The next number of a state, and the blank behind it unless it is the last. */
static bool state_number(struct bytes *rest, bool last, int64_t max, int64_t *ret)
{
    const char *blank = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;
    size_t len = blank ? (size_t)(blank - rest->data) : rest->len;

    if (!blank != last || !text_int64(rest->data, len, ret) || *ret < 0 || *ret > max)
        return false;
    rest->data += len + (blank ? 1 : 0);
    rest->len -= len + (blank ? 1 : 0);
    return true;
}

bool state_unpack(struct bytes packed, struct job *ret)
{
    /* 10^15 ms is the year 33658; counts stay far below a million. */
    static const int64_t max[] = { 1000000000000000, 1000000000000000, 1000000,
                                   1000000,          1000000,          MARK_POSTED };
    int64_t number[COUNT(max)];

    for (size_t i = 0; i < COUNT(max); i++) {
        if (!state_number(&packed, i == COUNT(max) - 1, max[i], &number[i]))
            return false;
    }

    ret->accepted_real_ms = number[0];
    ret->deadline_real_ms = number[1];
    ret->attempt = (int)number[2];
    ret->crashes = (int)number[3];
    ret->posts = (int)number[4];
    ret->mark = (enum mark)number[5];
    return true;
}

bool state_of_entry(struct bytes entry, struct job *ret)
{
    const char *dash = entry.len ? memchr(entry.data, '-', entry.len) : NULL;
    int64_t accepted;

    if (!dash || !text_int64(entry.data, (size_t)(dash - entry.data), &accepted) || accepted < 0 ||
        accepted > 1000000000000000)
        return false;
    ret->accepted_real_ms = accepted;
    ret->deadline_real_ms = accepted + QUEUE_JOB_LIFE_MS;
    ret->attempt = 1;
    ret->crashes = 0;
    ret->posts = 0;
    ret->mark = MARK_NONE;
    return true;
}

bool receipt_id_valid(struct bytes id)
{
    if (id.len < 1 || id.len > 16)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return false;
    }
    return true;
}
