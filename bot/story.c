/* Events as text, with one rule for what does not fit: the event as a whole is left out. */
#include "bot/story.h"

#include "base/clock.h"
#include "message/json_out.h"

#include <stdio.h>
#include <string.h>

/* Of a report's numbers: more than people read, and bounded. */
#define MAX_ACCOUNTS 40
#define MAX_WARNINGS 20
/* Bytes of one text from outside. */
#define MAX_TEXT ((size_t)600)

static void free_text(void *arg)
{
    struct story *story = arg;

    buf_finish(&story->events);
}

void story_begin(struct story *story, struct arena *arena, size_t max)
{
    *story = (struct story){ .began_ms = clock_mono_ms(), .began_real_ms = clock_real_ms() };
    buf_init(&story->events, max);
    arena_defer(arena, free_text, story);
}

/* ---- writing an event ---- */

/* Cut between two characters where it is too long. */
static void bounded_text(struct buf *out, const char *text)
{
    size_t len = strlen(text);

    if (len > MAX_TEXT)
        for (len = MAX_TEXT; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80;)
            len--;
    json_text_len(out, text, len);
}

static void text_member(struct buf *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    json_key(out, name);
    bounded_text(out, text);
}

static void instant_member(struct buf *out, const char *name, int64_t real_ms)
{
    char seconds[32], text[40];

    clock_format_utc(real_ms, seconds);
    snprintf(text, sizeof(text), "%.19s.%03dZ", seconds, (int)(real_ms % 1000));
    json_member(out, name, text);
}

/* Returns where the event begins, for end_event(). */
static size_t begin_event(struct story *story, const char *event)
{
    struct buf *out = &story->events;
    size_t start = out->len;

    json_open(out, '{');
    json_member_number(out, "ms", clock_mono_ms() - story->began_ms);
    json_member(out, "event", event);
    return start;
}

static void drop_event(struct story *story, size_t start)
{
    story->events.overflowed = false;
    story->events.len = start;
    if (story->events.data)
        story->events.data[start] = '\0';
    story->left_out++;
}

static void end_event(struct story *story, size_t start)
{
    json_close(&story->events, '}');
    if (story->events.overflowed)
        drop_event(story, start);
}

void story_event(struct story *story, const char *event, const struct log_field *fields,
                 size_t count)
{
    size_t start = begin_event(story, event);

    for (size_t i = 0; i < count; i++)
        if (fields[i].text)
            text_member(&story->events, fields[i].name, fields[i].text);
        else
            json_member_number(&story->events, fields[i].name, fields[i].number);
    end_event(story, start);
}

/* ---- calls ---- */

void story_call(struct story *story, const struct upstream_event *call, bool shared)
{
    struct buf *out = &story->events;
    size_t start = begin_event(story, "call");

    text_member(out, "platform", call->platform);
    text_member(out, "what", call->what);
    text_member(out, "account", call->account);
    json_member_number(out, "try", call->try);
    json_member_number(out, "status", call->status);
    json_member_number(out, "took_ms", call->took_ms);
    json_member_number(out, "bytes", (int64_t)call->bytes);
    if (call->kind != ERR_NONE) {
        json_member(out, "kind", error_kind_name(call->kind));
        text_member(out, "error", call->error);
        if (call->retry_in_ms >= 0)
            json_member_number(out, "retry_in_ms", call->retry_in_ms);
    }
    if (shared) {
        json_key(out, "shared");
        json_bool(out, true);
    }
    if (out->len > out->max / 2) /* the rest is for what comes behind the calls */
        drop_event(story, start);
    else
        end_event(story, start);
}

/* ---- numbers ---- */

static void money_member(struct buf *out, struct arena *arena, const char *name, int64_t micros,
                         const char *currency)
{
    json_member(out, name, money_decimal(arena, money_of(micros, currency)));
}

static void figures_members(struct buf *out, struct arena *arena, const struct figures *figures,
                            const char *currency)
{
    json_member(out, "currency", currency);
    money_member(out, arena, "spend", figures->spend, currency);
    money_member(out, arena, "daily_budget", figures->daily_budget, currency);
    money_member(out, arena, "projection", figures->projection, currency);
}

/* Of its campaigns: how many there are, spend from tomorrow on, and share a budget. */
static void campaign_members(struct buf *out, const struct ad_account *account)
{
    int64_t counted = 0, sharing = 0;

    for (size_t i = 0; i < account->campaigns.len; i++) {
        const struct campaign *campaign = &account->campaigns.items[i];
        counted += campaign->figures.daily_budget > 0;
        sharing += campaign->level == LEVEL_SHARED;
    }
    json_member_number(out, "campaigns", (int64_t)account->campaigns.len);
    json_member_number(out, "with_daily_budget", counted);
    json_member_number(out, "sharing_a_budget", sharing);
}

static void account_object(struct buf *out, struct arena *arena, const char *platform,
                           const struct ad_account *account)
{
    json_open(out, '{');
    json_member(out, "platform", platform);
    json_member(out, "id", account->id);
    json_member(out, "timezone", account->timezone);
    json_member_number(out, "days_elapsed", account->month.elapsed);
    json_member_number(out, "days_left", account->month.days_left);
    figures_members(out, arena, &account->figures, account->currency);
    campaign_members(out, account);
    json_close(out, '}');
}

/* Returns how many there are in all. */
static size_t accounts_list(struct buf *out, struct arena *arena, const struct report *report)
{
    size_t count = 0;

    json_key(out, "accounts");
    json_open(out, '[');
    for (size_t i = 0; i < report->business_managers.len; i++) {
        const struct business_manager *manager = &report->business_managers.items[i];
        for (size_t j = 0; j < manager->ad_accounts.len; j++)
            if (count++ < MAX_ACCOUNTS)
                account_object(out, arena, manager->platform, &manager->ad_accounts.items[j]);
    }
    json_close(out, ']');
    return count;
}

static void totals_list(struct buf *out, struct arena *arena, const struct report *report)
{
    json_key(out, "totals");
    json_open(out, '[');
    for (size_t i = 0; i < report->totals.len; i++) {
        const struct total *total = &report->totals.items[i];
        json_open(out, '{');
        figures_members(out, arena, &total->figures, total->currency);
        if (total->has_target)
            money_member(out, arena, "target", total->target, total->currency);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void warnings_list(struct buf *out, const struct report *report)
{
    json_key(out, "warnings");
    json_open(out, '[');
    for (size_t i = 0; i < report->warnings.len && i < MAX_WARNINGS; i++) {
        const struct warning *warning = &report->warnings.items[i];
        json_open(out, '{');
        text_member(out, "platform", warning->platform);
        text_member(out, "account", warning->account);
        json_member(out, "kind", error_kind_name(warning->kind));
        text_member(out, "message", warning->message);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void story_numbers(struct story *story, const struct report *report)
{
    scoped_arena struct arena *arena = arena_create();
    struct buf *out = &story->events;
    size_t start = begin_event(story, "numbers");

    instant_member(out, "as_of", report->as_of_real_ms);
    json_member(out, "timezone", report->timezone);
    json_member_number(out, "days_elapsed", report->month.elapsed);
    json_member_number(out, "days_left", report->month.days_left);
    json_key(out, "complete");
    json_bool(out, report_complete(report));
    size_t accounts = accounts_list(out, arena, report);
    totals_list(out, arena, report);
    warnings_list(out, report);
    if (accounts > MAX_ACCOUNTS)
        json_member_number(out, "accounts_left_out", (int64_t)(accounts - MAX_ACCOUNTS));
    if (report->warnings.len > MAX_WARNINGS)
        json_member_number(out, "warnings_left_out",
                           (int64_t)(report->warnings.len - MAX_WARNINGS));
    end_event(story, start);
}

/* ---- notices ---- */

const char *story_notice(enum notice notice)
{
    static const char *const names[] = {
        [NOTICE_FETCHING] = "fetching",
        [NOTICE_FETCHING_NAME] = "fetching",
        [NOTICE_HELP] = "help",
        [NOTICE_UNKNOWN_CHANNEL] = "no client has this channel",
        [NOTICE_UNKNOWN_NAME] = "no client has this name",
        [NOTICE_SEVERAL_NAMES] = "several clients match",
        [NOTICE_SEVERAL_ROWS] = "several clients have this channel",
        [NOTICE_NO_ACCOUNTS] = "the client has no accounts",
        [NOTICE_OTHER_CHANNEL] = "another client's channel",
        [NOTICE_NAMES_FORBIDDEN] = "may not ask by name",
        [NOTICE_BUSY] = "busy",
        [NOTICE_NOT_ACCEPTED] = "not accepted",
        [NOTICE_MAYBE_ACCEPTED] = "may have been accepted",
        [NOTICE_BOARD_FAILED] = "Monday refuses",
        [NOTICE_GAVE_UP] = "gave up",
        [NOTICE_EXPIRED] = "expired",
    };

    return (size_t)notice < COUNT(names) ? names[notice] : "";
}

/* ---- a fetch in the story of its asker ---- */

static void raw_list(struct buf *out, const char *name, const struct buf *objects)
{
    json_key(out, name);
    json_open(out, '[');
    buf_add(out, buf_cstr(objects), objects->len);
    json_close(out, ']');
}

static const char *how_it_came(const struct telling *telling, const char *own)
{
    if (!telling->fetched)
        return "remembered";
    return strcmp(telling->receipt, own) == 0 ? "fetched" : "joined";
}

void story_fetched(struct story *story, const struct telling *telling, const char *own)
{
    struct buf *out = &story->events;
    size_t start = begin_event(story, "report");

    json_member(out, "how", how_it_came(telling, own));
    text_member(out, "made_by", telling->receipt);
    if (telling->made_real_ms > 0)
        instant_member(out, "made_at", telling->made_real_ms);
    if (telling->fetched) {
        instant_member(out, "began_at", telling->fetched->began_real_ms);
        if (telling->fetched->left_out > 0)
            json_member_number(out, "left_out", telling->fetched->left_out);
        raw_list(out, "events", &telling->fetched->events);
    }
    end_event(story, start);
}

/* ---- the whole ---- */

/* There in any case, unlike a text_member(). */
static void command_member(struct buf *out, const char *name, const char *text)
{
    json_key(out, name);
    bounded_text(out, text);
}

static void command_object(struct buf *out, const struct command *command)
{
    json_key(out, "command");
    json_open(out, '{');
    command_member(out, "team_id", command->team_id);
    command_member(out, "channel_id", command->channel_id);
    command_member(out, "channel_name", command->channel_name);
    command_member(out, "user_id", command->user_id);
    command_member(out, "text", command->text);
    json_close(out, '}');
}

static struct bytes in_arena(struct arena *arena, const struct buf *out)
{
    return (struct bytes){ arena_strndup(arena, buf_cstr(out), out->len), out->len };
}

struct bytes story_line(struct arena *arena, const struct story *story, const struct job *job,
                        const char *worker, const char *result, const char *why)
{
    scoped_buf struct buf out;

    buf_init(&out, STORY_LINE_MAX);
    json_open(&out, '{');
    json_member(&out, "id", job->id);
    json_member_number(&out, "attempt", job->attempt);
    json_member(&out, "result", result);
    text_member(&out, "error", why);
    json_member(&out, "worker", worker);
    instant_member(&out, "accepted_at", job->accepted_real_ms);
    instant_member(&out, "taken_at", story->began_real_ms);
    json_member_number(&out, "took_ms", clock_mono_ms() - story->began_ms);
    json_member_number(&out, "crashes", job->crashes);
    json_member_number(&out, "posts_before", job->posts);
    command_object(&out, &job->command);
    raw_list(&out, "events", &story->events);
    if (story->left_out > 0)
        json_member_number(&out, "left_out", story->left_out);
    json_close(&out, '}');
    return in_arena(arena, &out);
}

struct bytes story_crash_line(struct arena *arena, const char *worker, int signal, int status)
{
    scoped_buf struct buf out;

    buf_init(&out, STORY_LINE_MAX);
    json_open(&out, '{');
    json_member(&out, "result", "crashed");
    json_member(&out, "worker", worker);
    instant_member(&out, "ended_at", clock_real_ms());
    if (signal > 0)
        json_member_number(&out, "signal", signal);
    else
        json_member_number(&out, "exit", status);
    json_close(&out, '}');
    return in_arena(arena, &out);
}
