#include "message/warnings.h"

#include <string.h>

#include "base/bytes.h"
#include "message/escape.h"
#include "message/format.h"
#include "message/words.h"

#define IDS_SHOWN 8
#define NAME_MAX_SHOWN 30
#define PLATFORM_MAX 40 /* characters of a platform that has no name of its own */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_group(const struct warning *a, const struct warning *b)
{
    return a->kind == b->kind && a->topic == b->topic && a->retry_real_ms == b->retry_real_ms &&
           same_text(a->platform, b->platform);
}

static struct warning_group *find_group(const warning_groups *groups, const struct warning *warning)
{
    for (size_t i = 0; i < groups->len; i++) {
        if (same_group(groups->items[i].first, warning))
            return &groups->items[i];
    }
    return NULL;
}

warning_groups warnings_group(struct arena *arena, const struct report *report)
{
    warning_groups groups = { 0 };

    for (size_t i = 0; i < report->warnings.len; i++) {
        const struct warning *warning = &report->warnings.items[i];
        struct warning_group *group = find_group(&groups, warning);

        if (!group) {
            group = vec_push(arena, &groups);
            group->first = warning;
        }
        group->count++;
        if (warning->account || warning->column)
            *vec_push(arena, &group->of) = warning; /* NOLINT: a list of pointers */
    }
    return groups;
}

_Static_assert(WORD_KIND_BAD_RESPONSE - WORD_KIND_INPUT == 2 * (ERR_BAD_RESPONSE - ERR_INPUT),
               "the catalogue has a pair of texts for each kind, in its order");
_Static_assert(WORD_TOPIC_NO_ACCOUNTS - WORD_TOPIC_NOT_CONFIGURED ==
                   2 * (TOPIC_NO_ACCOUNTS - TOPIC_NOT_CONFIGURED),
               "the catalogue has a pair of texts for each topic, in its order");

/* The text of what happened; the next one in the catalogue says who can mend it. */
static enum word kind_word(enum err_kind kind)
{
    if (kind <= ERR_NONE || kind >= ERR_KINDS)
        kind = ERR_INTERNAL;
    return WORD_KIND_INPUT + 2 * (kind - ERR_INPUT);
}

static enum word what_word(const struct warning *warning)
{
    if (warning->topic > TOPIC_NONE && warning->topic <= TOPIC_NO_ACCOUNTS)
        return WORD_TOPIC_NOT_CONFIGURED + 2 * (warning->topic - TOPIC_NOT_CONFIGURED);
    return kind_word(warning->kind);
}

/* What nobody else is to blame for was read in Monday. */
static const char *service_name(struct arena *arena, enum locale locale, enum err_kind kind,
                                const char *platform)
{
    const char *name = platform_name(platform);

    if (!name)
        return kind == ERR_CONFIG ? platform_name("monday") : word(locale, WORD_SERVICE);
    return name == platform ? name_mrkdwn(arena, name, PLATFORM_MAX) : name;
}

const char *message_kind(struct arena *arena, enum locale locale, enum err_kind kind,
                         const char *platform)
{
    enum word what = kind_word(kind);

    return arena_printf(arena, "%s %s",
                        say(arena, locale, what, service_name(arena, locale, kind, platform)),
                        word(locale, what + 1));
}

/* "Sol 1 `act_10`": people know names, and Monday holds ids. */
static void add_account(struct buf *out, struct arena *arena, const struct warning *warning,
                        bool mrkdwn)
{
    const char *id = warning->account ? warning->account : warning->column;
    const char *name = same_text(warning->account_name, id) ? NULL : warning->account_name;

    name = mrkdwn ? name_mrkdwn(arena, name, NAME_MAX_SHOWN)
                  : text_terminal(arena, name, NAME_MAX_SHOWN);
    buf_printf(out, "%s%s", name, *name ? " " : "");
    buf_text(out, mrkdwn ? id_mrkdwn(arena, id) : text_terminal(arena, id, 64));
}

static void add_accounts(struct buf *out, struct arena *arena, enum locale locale,
                         const struct warning_group *group, bool mrkdwn)
{
    for (size_t i = 0; i < group->of.len && i < IDS_SHOWN; i++) {
        buf_text(out, i == 0 ? " (" : ", ");
        add_account(out, arena, group->of.items[i], mrkdwn);
    }
    if (group->of.len > IDS_SHOWN)
        buf_printf(out, ", %s",
                   say(arena, locale, WORD_MORE_IDS,
                       format_count(arena, locale, group->of.len - IDS_SHOWN)));
    if (group->of.len > 0)
        buf_char(out, ')');
}

/* "X refused the token." and the accounts behind it, before its full stop. */
static void add_what(struct buf *out, struct arena *arena, enum locale locale,
                     const struct report *report, const struct warning_group *group, bool mrkdwn)
{
    const char *what = say(arena, locale, what_word(group->first),
                           service_name(arena, locale, group->first->kind, group->first->platform),
                           mrkdwn ? name_mrkdwn(arena, report->currency, 3)
                                  : text_terminal(arena, report->currency, 3));
    size_t len = strlen(what);

    buf_add(out, what, len - 1);
    add_accounts(out, arena, locale, group, mrkdwn);
    buf_char(out, what[len - 1]);
}

/* Instants are shown to the minute, and who asks again in that minute must not be too early. */
static int64_t minute_after(int64_t real_ms)
{
    const int64_t minute_ms = 60 * 1000;

    return (real_ms + minute_ms - 1) / minute_ms * minute_ms;
}

const char *warning_line(struct arena *arena, enum locale locale, const struct report *report,
                         const struct warning_group *group, bool mrkdwn)
{
    const struct warning *first = group->first;
    scoped_buf struct buf out = { 0 };

    buf_init(&out, BUF_UNBOUNDED);
    add_what(&out, arena, locale, report, group, mrkdwn);
    /* A known time to ask again is worth more than "later". */
    if (first->retry_real_ms <= 0 || !error_may_pass(first->kind))
        buf_printf(&out, " %s", word(locale, what_word(first) + 1));
    if (first->retry_real_ms > 0)
        buf_printf(&out, " %s",
                   say(arena, locale, WORD_RETRY_AT,
                       format_instant(arena, locale, report->timezone,
                                      minute_after(first->retry_real_ms))));
    return arena_strndup(arena, buf_cstr(&out), out.len);
}
