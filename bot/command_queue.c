/* `raiox queue`: what waits, who is at what, what died and why, and what to do about it. */
#include "bot/commands.h"

#include "base/clock.h"
#include "bot/looking.h"
#include "message/escape.h"
#include "message/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKES "[--json], dead [ID] [--json], retry ID|--all, or drop ID|--all"
/* Of one worker's jobs, so many are shown to eyes; --json has them all. */
#define ROWS_OF_A_WORKER 20
/* A job that waits longer than this is no longer being fetched within a breath. */
#define SLOW_S 30.0
/* A report's calls end within a minute, and its reply soon after. */
#define STUCK_S 120.0

/* What is looked for, and how it is shown. */
struct asked {
    struct looking looking;
    const char *id; /* NULL: all */
    bool json;
    bool drop; /* of retry and drop */
};

/* ---- queue ---- */

static void seconds_member(struct buf *out, const char *name, double seconds)
{
    json_key(out, name);
    buf_printf(out, "%.3f", seconds);
}

static void holding_object(struct buf *out, const struct queue_holding *holding)
{
    json_open(out, '{');
    json_member(out, "id", holding->id);
    json_member(out, "worker", holding->worker);
    seconds_member(out, "age_seconds", holding->age_seconds);
    json_member_number(out, "attempt", holding->attempt);
    json_member(out, "client", holding->client);
    json_close(out, '}');
}

static void print_stats_json(const struct queue_stats *stats)
{
    scoped_buf struct buf out;

    buf_init(&out, BUF_UNBOUNDED);
    json_open(&out, '{');
    json_member_number(&out, "waiting", stats->waiting);
    json_key(&out, "in_flight");
    json_open(&out, '[');
    for (size_t i = 0; i < stats->in_flight.len; i++)
        holding_object(&out, &stats->in_flight.items[i]);
    json_close(&out, ']');
    json_member_number(&out, "in_flight_total", stats->in_flight_total);
    json_member_number(&out, "delayed", stats->delayed);
    json_member_number(&out, "dead", stats->dead);
    seconds_member(&out, "oldest_seconds", stats->oldest_seconds);
    seconds_member(&out, "accepted_per_minute", stats->accepted_per_minute);
    seconds_member(&out, "done_per_minute", stats->done_per_minute);
    json_close(&out, '}');
    puts(buf_cstr(&out));
}

static int by_worker(const void *a, const void *b)
{
    const struct queue_holding *one = a, *other = b;
    int order = strcmp(one->worker, other->worker);

    if (order != 0)
        return order;
    return (one->age_seconds < other->age_seconds) - (one->age_seconds > other->age_seconds);
}

static double oldest_in_flight(const struct queue_stats *stats)
{
    double oldest = 0;

    for (size_t i = 0; i < stats->in_flight.len; i++)
        if (stats->in_flight.items[i].age_seconds > oldest)
            oldest = stats->in_flight.items[i].age_seconds;
    return oldest;
}

/* Whether things are fine, and what to do where they are not: the worst first, in one line. */
static const char *verdict(struct arena *arena, const struct queue_stats *stats)
{
    bool nobody = stats->in_flight_total == 0 && stats->done_per_minute <= 0;

    if (stats->waiting > 0 && nobody && stats->oldest_seconds > 2)
        return "Nobody takes jobs: see whether `raiox work` runs (or `raiox run`), and its log.";
    if (stats->waiting > 0 && stats->oldest_seconds > SLOW_S)
        return "The pool falls behind: if every report is slow, see `raiox check`; else raise "
               "RAIOX_WORKERS, or start `raiox work` on another host.";
    if (oldest_in_flight(stats) > STUCK_S)
        return "A job takes very long: `raiox why` with its id, and the log of its worker, tell "
               "what it waits for.";
    if (stats->dead > 0)
        return arena_printf(arena,
                            "%" PRId64 " dead: `raiox queue dead` says why; then `raiox queue "
                            "retry ID`, or `drop ID`.",
                            stats->dead);
    if (stats->delayed > 0)
        return "Fine; what is delayed will be tried again by itself.";
    return "Fine.";
}

static void print_worker(struct arena *arena, const struct queue_holding *rows, size_t count)
{
    printf("\n%s  %zu in flight\n", looking_text(arena, rows[0].worker, 127), count);
    for (size_t i = 0; i < count && i < ROWS_OF_A_WORKER; i++)
        printf("  %-16s  %12s  attempt %d  %s\n", looking_text(arena, rows[i].id, 16),
               looking_span(arena, (int64_t)(rows[i].age_seconds * 1000)), rows[i].attempt,
               looking_text(arena, rows[i].client, 60));
    if (count > ROWS_OF_A_WORKER)
        printf("  and %zu more\n", count - ROWS_OF_A_WORKER);
}

static void print_in_flight(struct arena *arena, const struct queue_stats *stats)
{
    size_t count = stats->in_flight.len, from = 0;
    struct queue_holding *rows = arena_array(arena, struct queue_holding, count);

    if (count == 0)
        return;
    memcpy(rows, stats->in_flight.items, count * sizeof(*rows));
    qsort(rows, count, sizeof(*rows), by_worker);
    for (size_t i = 1; i <= count; i++) {
        if (i < count && strcmp(rows[i].worker, rows[from].worker) == 0)
            continue;
        print_worker(arena, rows + from, i - from);
        from = i;
    }
    if (stats->in_flight_total > (int64_t)count)
        printf("\nand %" PRId64 " more in flight\n", stats->in_flight_total - (int64_t)count);
}

static void print_stats(struct arena *arena, const struct queue_stats *stats)
{
    printf("waiting    %6" PRId64 "\n", stats->waiting);
    printf("in flight  %6" PRId64 "\n", stats->in_flight_total);
    printf("delayed    %6" PRId64 "\n", stats->delayed);
    printf("dead       %6" PRId64 "\n", stats->dead);
    printf("oldest     %6s\n", stats->waiting + stats->in_flight_total + stats->delayed > 0
                                   ? looking_span(arena, (int64_t)(stats->oldest_seconds * 1000))
                                   : "-");
    printf("accepted   %6.1f a minute\n", stats->accepted_per_minute);
    printf("done       %6.1f a minute\n", stats->done_per_minute);
    print_in_flight(arena, stats);
    printf("\n%s\n", verdict(arena, stats));
}

static void on_stats(void *arg, const struct queue_stats *stats, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    if (asked->json)
        print_stats_json(stats);
    else
        print_stats(asked->looking.arena, stats);
    looking_answered(&asked->looking, 0);
}

static int show_queue(struct asked *asked)
{
    queue_stats(asked->looking.queue, on_stats, asked);
    return looking_wait(&asked->looking);
}

/* ---- queue dead ---- */

static void dead_object(struct buf *out, struct arena *arena, const struct dead_job *dead)
{
    const struct command *command = &dead->job.command;

    json_open(out, '{');
    json_member(out, "id", dead->job.id);
    json_member(out, "reason", dead->reason);
    json_member(out, "error", dead->error);
    json_member_number(out, "attempts", dead->job.attempt);
    json_member_number(out, "crashes", dead->job.crashes);
    json_member(out, "accepted_at", looking_utc(arena, dead->job.accepted_real_ms));
    json_member(out, "died_at", looking_utc(arena, dead->died_real_ms));
    json_key(out, "command");
    json_open(out, '{');
    json_member(out, "channel_id", command->channel_id);
    json_member(out, "channel_name", command->channel_name);
    json_member(out, "user_id", command->user_id);
    json_member(out, "text", command->text);
    json_close(out, '}');
    json_close(out, '}');
}

static void print_dead_json(struct arena *arena, const struct dead_jobs *dead, bool one)
{
    scoped_buf struct buf out;

    buf_init(&out, BUF_UNBOUNDED);
    if (!one)
        json_open(&out, '[');
    for (size_t i = 0; i < dead->jobs.len; i++)
        dead_object(&out, arena, &dead->jobs.items[i]);
    if (!one)
        json_close(&out, ']');
    puts(buf_cstr(&out));
}

/* What a reason of queue_give_up() means, and what running it again would do. */
static const char *in_words(const char *reason)
{
    static const struct {
        const char *reason, *words;
    } table[] = {
        { "expired", "older than its response_url lives; run again only if a bot token is set" },
        { "reply_unknown", "Slack may have the reply, it was not told so three times" },
        { "reply_refused", "Slack refuses the reply; running it again alone does not mend that" },
        { "crashed", "it crashed every worker that had it; not to be run again before an upgrade" },
        { "attempts", "every attempt failed; run it again when what failed is well" },
        { "no_report", "no report could be made" },
    };

    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].reason, reason) == 0)
            return table[i].words;
    return "";
}

static void print_dead_job(struct arena *arena, const struct dead_job *dead)
{
    const struct command *command = &dead->job.command;
    int64_t now_ms = clock_real_ms();
    const char *words = in_words(dead->reason);

    printf("%s  %s%s%s\n", dead->job.id, looking_text(arena, dead->reason, 40), *words ? ": " : "",
           words);
    printf("  asked     %s by %s in %s (%s), %s ago\n", looking_typed(arena, command->text, 100),
           looking_text(arena, command->user_id, 40), looking_text(arena, command->channel_id, 40),
           looking_text(arena, command->channel_name, 60),
           looking_span(arena, now_ms - dead->job.accepted_real_ms));
    printf("  died      %s ago, at attempt %d", looking_span(arena, now_ms - dead->died_real_ms),
           dead->job.attempt);
    if (dead->job.crashes > 0)
        printf(", after %d crash%s", dead->job.crashes, dead->job.crashes > 1 ? "es" : "");
    printf("\n  error     %s\n", looking_text(arena, dead->error, 300));
}

static void print_dead(struct arena *arena, const struct dead_jobs *dead, bool one)
{
    for (size_t i = 0; i < dead->jobs.len; i++)
        print_dead_job(arena, &dead->jobs.items[i]);
    if (one)
        return;
    if (dead->jobs.len == 0)
        printf("No dead jobs.\n");
    else
        printf("\n%zu dead. `raiox why ID` tells more; `raiox queue retry ID|--all` runs again, "
               "`raiox queue drop ID|--all` gives up.\n",
               dead->jobs.len);
}

static int no_such(struct asked *asked)
{
    fprintf(stderr, "raiox queue: no dead job has the id %s; raiox queue dead lists them\n",
            looking_text(asked->looking.arena, asked->id, 40));
    return 1;
}

static void on_dead(void *arg, const struct dead_jobs *dead, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    if (asked->id && dead->jobs.len == 0) {
        looking_answered(&asked->looking, no_such(asked));
        return;
    }
    if (asked->json)
        print_dead_json(asked->looking.arena, dead, asked->id != NULL);
    else
        print_dead(asked->looking.arena, dead, asked->id != NULL);
    looking_answered(&asked->looking, 0);
}

static int show_dead(struct asked *asked)
{
    if (asked->id && !*asked->id)
        return no_such(asked);
    queue_dead(asked->looking.queue, asked->id, on_dead, asked);
    return looking_wait(&asked->looking);
}

/* ---- queue retry, queue drop ---- */

static void on_settled(void *arg, int64_t count, const struct error *err)
{
    struct asked *asked = arg;

    if (!looking_is_answer(&asked->looking, err))
        return;
    if (asked->id && count == 0) {
        looking_answered(&asked->looking, no_such(asked));
        return;
    }
    if (count == 0)
        printf("No dead jobs.\n");
    else
        printf("%" PRId64 " %s.\n", count, asked->drop ? "dropped" : "to be run again");
    looking_answered(&asked->looking, 0);
}

static int settle(struct asked *asked)
{
    struct queue *queue = asked->looking.queue;

    if (asked->id && !*asked->id)
        return no_such(asked);
    if (asked->drop)
        queue_dead_drop(queue, asked->id, on_settled, asked);
    else
        queue_dead_retry(queue, asked->id, on_settled, asked);
    return looking_wait(&asked->looking);
}

/* ---- the arguments ---- */

static int with_queue(struct asked *asked, int (*run)(struct asked *asked))
{
    if (!looking_begin(&asked->looking, "queue"))
        return 1;
    int status = run(asked);
    looking_end(&asked->looking);
    return status;
}

/* "dead [ID] [--json]": the words behind it in any order. */
static int dead_command(struct asked *asked, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && !asked->json)
            asked->json = true;
        else if (argv[i][0] != '-' && !asked->id)
            asked->id = argv[i];
        else
            return command_usage("queue", TAKES);
    }
    return with_queue(asked, show_dead);
}

static int settle_command(struct asked *asked, int argc, char **argv)
{
    bool all = argc == 1 && strcmp(argv[0], "--all") == 0;

    if (argc != 1 || (!all && argv[0][0] == '-'))
        return command_usage("queue", TAKES);
    asked->id = all ? NULL : argv[0];
    return with_queue(asked, settle);
}

int command_queue(int argc, char **argv)
{
    struct asked asked = { .json = argc == 2 && strcmp(argv[1], "--json") == 0 };

    if (argc == 1 || asked.json)
        return with_queue(&asked, show_queue);
    if (strcmp(argv[1], "dead") == 0)
        return dead_command(&asked, argc - 2, argv + 2);
    asked.drop = strcmp(argv[1], "drop") == 0;
    if (asked.drop || strcmp(argv[1], "retry") == 0)
        return settle_command(&asked, argc - 2, argv + 2);
    return command_usage("queue", TAKES);
}
