/*
 * `raiox why ID`: the story of a job, as its workers told it (bot/story.h), joined to what the
 * queue knows of it now and to the story of whoever made its report.
 */
#include "bot/commands.h"

#include "base/json.h"
#include "bot/looking.h"
#include "message/escape.h"
#include "message/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAKES "ID [--json], the receipt id under a reply"
#define FORMULA                                                                                    \
    "projection = spend + what each running budget may spend a day x the days after today on "     \
    "which it runs"

/* One attempt: its text, and the same as a tree. */
struct attempt {
    struct bytes text;
    const cJSON *root;
};
struct attempts {
    VEC(struct attempt);
};

struct asked {
    struct looking looking;
    const char *id;
    bool json;
    struct attempts attempts;
    const char *maker;    /* the receipt whose job made the report, where it is another; NULL */
    struct attempts made; /* its attempts; none: not kept, or not told yet */
    const struct dead_job *dead;
    struct queue_found found;
    double oldest_seconds; /* of the queue, where it waits */
};

/* ---- reading trees ---- */

/* "" where it is absent or of another type. */
static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static int64_t number_of(const cJSON *object, const char *name)
{
    struct error ignored;
    int64_t number = 0;
    bool has;

    return json_int_opt(object, name, &number, &has, &ignored) ? number : 0;
}

static const char *span_of(const struct asked *asked, const cJSON *object, const char *name)
{
    return looking_span(asked->looking.arena, number_of(object, name));
}

static const char *clean(const struct asked *asked, const cJSON *object, const char *name)
{
    return looking_text(asked->looking.arena, text_of(object, name), 300);
}

static bool is_event(const cJSON *event, const char *name)
{
    return strcmp(text_of(event, "event"), name) == 0;
}

static const cJSON *list_of(const cJSON *object, const char *name)
{
    const cJSON *list = json_get(object, name);

    return cJSON_IsArray(list) ? list->child : NULL;
}

/* ---- an event, for eyes ---- */

static void print_when(const struct asked *asked, const cJSON *event, int indent, const char *what)
{
    printf("%*s%10s  %-8s ", indent, "", span_of(asked, event, "ms"),
           looking_text(asked->looking.arena, what, 20));
}

static void print_call(const struct asked *asked, const cJSON *call, int indent)
{
    struct arena *arena = asked->looking.arena;
    int64_t status = number_of(call, "status");
    const char *account = text_of(call, "account");
    const char *what =
        arena_printf(arena, "%s %s%s%s", clean(asked, call, "platform"), clean(asked, call, "what"),
                     *account ? " of " : "", *account ? clean(asked, call, "account") : "");

    print_when(asked, call, indent, "call");
    printf("%-40s  try %" PRId64 "  %-9s  %8s", what, number_of(call, "try"),
           status > 0 ? arena_printf(arena, "HTTP %" PRId64, status) : "no answer",
           span_of(asked, call, "took_ms"));
    if (*text_of(call, "kind"))
        printf("  %s: %s", clean(asked, call, "kind"), clean(asked, call, "error"));
    if (json_get(call, "retry_in_ms"))
        printf("; again in %s", span_of(asked, call, "retry_in_ms"));
    if (cJSON_IsTrue(json_get(call, "shared")))
        printf("  once for all who wait");
    putchar('\n');
}

/* What no row below shows better: its members in their order. */
static void print_step(const struct asked *asked, const cJSON *event, int indent)
{
    const cJSON *member;
    const char *between = "";

    print_when(asked, event, indent, text_of(event, "event"));
    cJSON_ArrayForEach(member, event) {
        if (strcmp(member->string, "ms") == 0 || strcmp(member->string, "event") == 0)
            continue;
        if (cJSON_IsString(member))
            printf("%s%s %s", between, looking_text(asked->looking.arena, member->string, 40),
                   clean(asked, event, member->string));
        else if (cJSON_IsNumber(member))
            printf("%s%s %" PRId64, between, looking_text(asked->looking.arena, member->string, 40),
                   number_of(event, member->string));
        between = ", ";
    }
    putchar('\n');
}

/* ---- how the numbers were made ---- */

static void print_figures(const struct asked *asked, const cJSON *row)
{
    printf("  %s  spend %13s  a day %11s  projection %13s", clean(asked, row, "currency"),
           clean(asked, row, "spend"), clean(asked, row, "daily_budget"),
           clean(asked, row, "projection"));
}

static void print_account(const struct asked *asked, const cJSON *account, int indent)
{
    int64_t sharing = number_of(account, "sharing_a_budget");
    const char *whose =
        arena_printf(asked->looking.arena, "%s %s", clean(asked, account, "platform"),
                     clean(asked, account, "id"));

    printf("%*s%-26s", indent, "", whose);
    print_figures(asked, account);
    printf("  a daily budget: %" PRId64 " of %" PRId64 " campaigns",
           number_of(account, "with_daily_budget"), number_of(account, "campaigns"));
    if (sharing > 0)
        printf(", %" PRId64 " share one", sharing);
    printf("; day %" PRId64 ", %" PRId64 " left in %s\n", number_of(account, "days_elapsed"),
           number_of(account, "days_left"), clean(asked, account, "timezone"));
}

static void print_warning(const struct asked *asked, const cJSON *warning, int indent)
{
    const char *account = text_of(warning, "account");

    printf("%*s! %s%s%s %s: %s\n", indent, "", clean(asked, warning, "platform"),
           *account ? " " : "", *account ? clean(asked, warning, "account") : "",
           clean(asked, warning, "kind"), clean(asked, warning, "message"));
}

static void print_left_out(const cJSON *object, const char *name, const char *what, int indent)
{
    if (number_of(object, name) > 0)
        printf("%*sand %" PRId64 " more %s\n", indent, "", number_of(object, name), what);
}

static void print_numbers(const struct asked *asked, const cJSON *numbers, int indent)
{
    int inner = indent + 12;

    print_when(asked, numbers, indent, "numbers");
    printf("as of %s, %s, day %" PRId64 ", %" PRId64 " left%s\n", clean(asked, numbers, "as_of"),
           clean(asked, numbers, "timezone"), number_of(numbers, "days_elapsed"),
           number_of(numbers, "days_left"),
           cJSON_IsTrue(json_get(numbers, "complete")) ? "" : "; something is missing");
    for (const cJSON *row = list_of(numbers, "accounts"); row; row = row->next)
        print_account(asked, row, inner);
    print_left_out(numbers, "accounts_left_out", "accounts", inner);
    for (const cJSON *row = list_of(numbers, "totals"); row; row = row->next) {
        printf("%*s%-26s", inner, "", "total");
        print_figures(asked, row);
        if (*text_of(row, "target"))
            printf("  target %s", clean(asked, row, "target"));
        putchar('\n');
    }
    for (const cJSON *row = list_of(numbers, "warnings"); row; row = row->next)
        print_warning(asked, row, inner);
    print_left_out(numbers, "warnings_left_out", "warnings", inner);
    printf("%*s" FORMULA "\n", inner, "");
}

/* ---- events and attempts, for eyes ---- */

static void print_events(const struct asked *asked, const cJSON *owner, int indent);

static void print_report(const struct asked *asked, const cJSON *report, int indent)
{
    const char *how = text_of(report, "how"), *made_at = text_of(report, "made_at");

    print_when(asked, report, indent, "report");
    if (strcmp(how, "fetched") == 0)
        printf("asked of the platforms from %s on", clean(asked, report, "began_at"));
    else if (strcmp(how, "joined") == 0)
        printf("was being fetched for receipt %s since %s: joined", clean(asked, report, "made_by"),
               clean(asked, report, "began_at"));
    else
        printf("remembered: made for receipt %s", clean(asked, report, "made_by"));
    printf("%s%s\n", *made_at ? ", made at " : "", *made_at ? clean(asked, report, "made_at") : "");
    print_events(asked, report, indent + 4);
}

static void print_event(const struct asked *asked, const cJSON *event, int indent)
{
    if (!cJSON_IsObject(event))
        return;
    if (is_event(event, "call"))
        print_call(asked, event, indent);
    else if (is_event(event, "numbers"))
        print_numbers(asked, event, indent);
    else if (is_event(event, "report"))
        print_report(asked, event, indent);
    else
        print_step(asked, event, indent);
}

/* Nested at most as deep as json_parse() lets through. */
static void print_events(const struct asked *asked, const cJSON *owner, int indent)
{
    for (const cJSON *event = list_of(owner, "events"); event; event = event->next)
        print_event(asked, event, indent);
    print_left_out(owner, "left_out", "events, too many to be kept", indent + 12);
}

static void print_attempt(const struct asked *asked, const cJSON *attempt)
{
    const char *error = text_of(attempt, "error");

    if (strcmp(text_of(attempt, "result"), "crashed") == 0) {
        printf("\ncrashed  the worker %s at %s, in a callback of this job (%s %" PRId64 ")\n",
               clean(asked, attempt, "worker"), clean(asked, attempt, "ended_at"),
               json_get(attempt, "signal") ? "signal" : "exit",
               number_of(attempt, json_get(attempt, "signal") ? "signal" : "exit"));
        return;
    }
    printf("\nattempt %" PRId64 "  %s in %s  worker %s\n", number_of(attempt, "attempt"),
           clean(asked, attempt, "result"), span_of(asked, attempt, "took_ms"),
           clean(asked, attempt, "worker"));
    printf("  taken at %s", clean(asked, attempt, "taken_at"));
    if (number_of(attempt, "crashes") > 0)
        printf(", after %" PRId64 " crashes", number_of(attempt, "crashes"));
    if (number_of(attempt, "posts_before") > 0)
        printf(", posted %" PRId64 " times before with unknown outcome",
               number_of(attempt, "posts_before"));
    printf("%s%s\n", *error ? "; " : "", *error ? clean(asked, attempt, "error") : "");
    print_events(asked, attempt, 0);
}

static void print_asked(const struct asked *asked, const struct command *command,
                        const char *accepted_at)
{
    struct arena *arena = asked->looking.arena;

    printf("  asked     %s by %s in %s (%s) at %s\n", looking_typed(arena, command->text, 100),
           looking_text(arena, command->user_id, 300),
           looking_text(arena, command->channel_id, 300),
           looking_text(arena, command->channel_name, 300), looking_text(arena, accepted_at, 40));
}

static void print_command(const struct asked *asked)
{
    struct arena *arena = asked->looking.arena;
    const struct job *job = asked->found.place != QUEUE_NOWHERE ? &asked->found.job
                            : asked->dead                       ? &asked->dead->job
                                                                : NULL;

    if (job) {
        print_asked(asked, &job->command, looking_utc(arena, job->accepted_real_ms));
        return;
    }
    for (size_t i = 0; i < asked->attempts.len; i++) {
        const cJSON *root = asked->attempts.items[i].root, *command = json_get(root, "command");
        if (!command)
            continue;
        print_asked(asked,
                    &(struct command){ .text = text_of(command, "text"),
                                       .user_id = text_of(command, "user_id"),
                                       .channel_id = text_of(command, "channel_id"),
                                       .channel_name = text_of(command, "channel_name") },
                    text_of(root, "accepted_at"));
        return;
    }
}

static const char *span_of_seconds(const struct asked *asked, double seconds)
{
    return looking_span(asked->looking.arena, (int64_t)(seconds * 1000));
}

static void print_found(const struct asked *asked)
{
    const struct queue_found *found = &asked->found;
    struct arena *arena = asked->looking.arena;
    const char *age = span_of_seconds(asked, found->age_seconds);

    if (found->place == QUEUE_WAITING)
        printf("waiting, %s old, for attempt %d; %" PRId64 " %s before it, and the oldest job of "
               "the queue is %s old\n",
               age, found->job.attempt, found->before, found->before == 1 ? "waits" : "wait",
               span_of_seconds(asked, asked->oldest_seconds));
    else if (found->place == QUEUE_DELAYED)
        printf("delayed, %s old: attempt %d in %s, for the one before it failed: %s\n", age,
               found->job.attempt, looking_span(arena, found->due_in_ms),
               looking_text(arena, found->error, 300));
    else
        printf("in flight, %s old, at attempt %d of worker %s; it tells its story when it ends\n",
               age, found->job.attempt, looking_text(arena, found->worker, 127));
}

static void print_now(const struct asked *asked)
{
    struct arena *arena = asked->looking.arena;

    if (asked->found.place != QUEUE_NOWHERE)
        print_found(asked);
    else if (asked->dead)
        printf("dead, %s: %s\n", looking_text(arena, asked->dead->reason, 40),
               looking_text(arena, asked->dead->error, 300));
    else
        printf("%s\n", clean(asked, asked->attempts.items[asked->attempts.len - 1].root, "result"));
}

/* What the maker's story has of the report. */
static void print_maker(const struct asked *asked)
{
    if (!asked->maker)
        return;
    printf("\nThe report was made for receipt %s",
           looking_text(asked->looking.arena, asked->maker, 16));
    if (asked->made.len == 0) {
        printf(", whose story is not there: it has not ended, or is older than a day.\n");
        return;
    }
    printf(":\n");
    for (size_t i = 0; i < asked->made.len; i++)
        for (const cJSON *event = list_of(asked->made.items[i].root, "events"); event;
             event = event->next)
            if (is_event(event, "report"))
                print_event(asked, event, 0);
}

static void print_text(const struct asked *asked)
{
    printf("%s  ", asked->id);
    print_now(asked);
    print_command(asked);
    for (size_t i = 0; i < asked->attempts.len; i++)
        print_attempt(asked, asked->attempts.items[i].root);
    print_maker(asked);
}

/* ---- --json ---- */

static void attempts_member(struct buf *out, const struct attempts *attempts)
{
    json_key(out, "attempts");
    json_open(out, '[');
    for (size_t i = 0; i < attempts->len; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_add(out, attempts->items[i].text.data, attempts->items[i].text.len);
    }
    json_close(out, ']');
}

static void dead_member(struct buf *out, const struct asked *asked)
{
    json_key(out, "dead");
    if (!asked->dead) {
        json_null(out);
        return;
    }
    json_open(out, '{');
    json_member(out, "reason", asked->dead->reason);
    json_member(out, "error", asked->dead->error);
    json_member(out, "died_at", looking_utc(asked->looking.arena, asked->dead->died_real_ms));
    json_close(out, '}');
}

static void seconds_member(struct buf *out, const char *name, double seconds)
{
    json_key(out, name);
    buf_printf(out, "%.3f", seconds);
}

static void command_member(struct buf *out, const struct command *command)
{
    json_key(out, "command");
    json_open(out, '{');
    json_member(out, "channel_id", command->channel_id);
    json_member(out, "channel_name", command->channel_name);
    json_member(out, "user_id", command->user_id);
    json_member(out, "text", command->text);
    json_close(out, '}');
}

/* "waiting", "delayed" and "in_flight": one of them, or none, is an object. */
static void place_member(struct buf *out, const struct asked *asked, const char *name,
                         enum queue_place place)
{
    const struct queue_found *found = &asked->found;

    json_key(out, name);
    if (found->place != place) {
        json_null(out);
        return;
    }
    json_open(out, '{');
    json_member(out, "accepted_at", looking_utc(asked->looking.arena, found->job.accepted_real_ms));
    seconds_member(out, "age_seconds", found->age_seconds);
    json_member_number(out, "attempt", found->job.attempt);
    json_member(out, "client", found->client);
    if (place == QUEUE_WAITING) {
        json_member_number(out, "before", found->before);
        seconds_member(out, "oldest_seconds", asked->oldest_seconds);
    } else if (place == QUEUE_DELAYED) {
        seconds_member(out, "due_in_seconds", (double)found->due_in_ms / 1000);
        json_member(out, "error", found->error);
    } else {
        json_member(out, "worker", found->worker);
    }
    command_member(out, &found->job.command);
    json_close(out, '}');
}

static void maker_member(struct buf *out, const struct asked *asked)
{
    json_key(out, "report_made_by");
    if (!asked->maker) {
        json_null(out);
        return;
    }
    json_open(out, '{');
    json_member(out, "id", asked->maker);
    attempts_member(out, &asked->made);
    json_close(out, '}');
}

static void print_json(const struct asked *asked)
{
    scoped_buf struct buf out;

    buf_init(&out, BUF_UNBOUNDED);
    json_open(&out, '{');
    json_member(&out, "id", asked->id);
    attempts_member(&out, &asked->attempts);
    dead_member(&out, asked);
    place_member(&out, asked, "waiting", QUEUE_WAITING);
    place_member(&out, asked, "delayed", QUEUE_DELAYED);
    place_member(&out, asked, "in_flight", QUEUE_IN_FLIGHT);
    maker_member(&out, asked);
    json_close(&out, '}');
    puts(buf_cstr(&out));
}

/* ---- asking ---- */

/* What is not JSON was not written by a worker of ours, and is not shown. */
static void keep_attempts(struct asked *asked, struct attempts *ret, const struct bytes *texts,
                          size_t count)
{
    struct arena *arena = asked->looking.arena;
    struct error ignored;

    for (size_t i = 0; i < count; i++) {
        const cJSON *root =
            texts[i].data ? json_parse(arena, texts[i].data, texts[i].len, &ignored) : NULL;
        if (cJSON_IsObject(root))
            *vec_push(arena, ret) = (struct attempt){
                { arena_strndup(arena, texts[i].data, texts[i].len), texts[i].len }, root
            };
    }
}

/* The last report's maker, where that is another job and the story of the making is not here. */
static const char *find_maker(const struct asked *asked)
{
    const char *maker = NULL;

    for (size_t i = 0; i < asked->attempts.len; i++)
        for (const cJSON *event = list_of(asked->attempts.items[i].root, "events"); event;
             event = event->next)
            if (is_event(event, "report"))
                maker = json_get(event, "events") || !*text_of(event, "made_by") ||
                                strcmp(text_of(event, "made_by"), asked->id) == 0
                            ? NULL
                            : text_of(event, "made_by");
    return maker;
}

static void tell(struct asked *asked)
{
    if (asked->attempts.len == 0 && !asked->dead && asked->found.place == QUEUE_NOWHERE) {
        fprintf(stderr,
                "raiox why: nothing is known of %s: it ended more than a day ago, or never was a "
                "receipt of this queue\n",
                looking_text(asked->looking.arena, asked->id, 40));
        looking_answered(&asked->looking, 1);
        return;
    }
    if (asked->json)
        print_json(asked);
    else
        print_text(asked);
    looking_answered(&asked->looking, 0);
}

static void on_made(void *arg, const struct bytes *attempts, size_t count, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    keep_attempts(asked, &asked->made, attempts, count);
    tell(asked);
}

static void ask_maker(struct asked *asked)
{
    asked->maker = find_maker(asked);
    if (asked->maker)
        queue_story(asked->looking.queue, asked->maker, on_made, asked);
    else
        tell(asked);
}

static void on_stats(void *arg, const struct queue_stats *stats, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    asked->oldest_seconds = stats->oldest_seconds;
    if (asked->oldest_seconds < asked->found.age_seconds) /* taken, and done, meanwhile */
        asked->oldest_seconds = asked->found.age_seconds;
    ask_maker(asked);
}

static void keep_command(struct arena *arena, const struct command *from, struct command *ret)
{
    *ret = (struct command){ .channel_id = arena_strdup(arena, from->channel_id),
                             .channel_name = arena_strdup(arena, from->channel_name),
                             .user_id = arena_strdup(arena, from->user_id),
                             .text = arena_strdup(arena, from->text) };
}

static void keep_dead(struct asked *asked, const struct dead_job *from)
{
    struct arena *arena = asked->looking.arena;
    struct dead_job *kept = arena_new(arena, struct dead_job);

    *kept = *from;
    keep_command(arena, &from->job.command, &kept->job.command);
    kept->reason = arena_strdup(arena, from->reason);
    kept->error = arena_strdup(arena, from->error);
    asked->dead = kept;
}

/* It was looked for first, and may have ended since. */
static bool has_ended(const struct asked *asked)
{
    const char *last = asked->attempts.len > 0
                           ? text_of(asked->attempts.items[asked->attempts.len - 1].root, "result")
                           : "";

    return asked->dead || strcmp(last, "done") == 0 || strcmp(last, "partial") == 0;
}

static void on_dead(void *arg, const struct dead_jobs *dead, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    if (dead->jobs.len > 0)
        keep_dead(asked, &dead->jobs.items[0]);
    if (has_ended(asked))
        asked->found.place = QUEUE_NOWHERE;
    if (asked->found.place == QUEUE_WAITING)
        queue_stats(asked->looking.queue, on_stats, asked);
    else
        ask_maker(asked);
}

static void on_story(void *arg, const struct bytes *attempts, size_t count, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    keep_attempts(asked, &asked->attempts, attempts, count);
    queue_dead(asked->looking.queue, asked->id, on_dead, asked);
}

/* First, so that what ends meanwhile has its story told by then. */
static void on_found(void *arg, const struct queue_found *found, const struct error *err)
{
    struct asked *asked = arg;
    struct arena *arena = asked->looking.arena;

    if (!looking_is_answer(&asked->looking, err))
        return;
    asked->found = *found;
    if (found->place != QUEUE_NOWHERE)
        keep_command(arena, &found->job.command, &asked->found.job.command);
    asked->found.client = arena_strdup(arena, found->client);
    asked->found.worker = arena_strdup(arena, found->worker);
    asked->found.error = arena_strdup(arena, found->error);
    queue_story(asked->looking.queue, asked->id, on_story, asked);
}

int command_why(int argc, char **argv)
{
    struct asked asked = { 0 };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && !asked.json)
            asked.json = true;
        else if (argv[i][0] != '-' && argv[i][0] && !asked.id)
            asked.id = argv[i];
        else
            return command_usage("why", TAKES);
    }
    if (!asked.id)
        return command_usage("why", TAKES);
    if (!looking_begin(&asked.looking, "why"))
        return 1;
    queue_find(asked.looking.queue, asked.id, on_found, &asked);
    int status = looking_wait(&asked.looking);
    looking_end(&asked.looking);
    return status;
}
