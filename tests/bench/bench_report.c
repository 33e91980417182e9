/*
 * From a command to its reply, against the longest chain of upstream calls: the calls that had to
 * wait for one another, seen from when each began and ended in the sandbox's record. One business
 * manager, three ad accounts of 20 campaigns, one Google account; each call is answered after
 * 200 ms. The board and the access token are remembered, reports are not.
 */
#include "tests/bench/rig.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 21
#define LATENCY_MS 200
#define LATENCY_TEXT "200"
#define MOST_TIMES_CHAIN 1.05
#define MOST_CALLS 12
#define CALLS_MAX 64

struct call {
    const char *path;
    int64_t begun_ms, ended_ms;
    int depth; /* calls in the longest chain that ends with this one */
};

struct record {
    struct call calls[CALLS_MAX];
    size_t count;
};

/* The token's and the reply's calls are not counted. */
static bool counts(const char *service)
{
    return strcmp(service, "slack") != 0 && strcmp(service, "google_oauth") != 0;
}

static void read_record(struct world *world, struct record *record)
{
    const cJSON *list = json_get(world_admin(world, "GET", "/calls", NULL), "calls"), *row = NULL;
    struct error err;

    record->count = 0;
    cJSON_ArrayForEach(row, list) {
        struct call *call = &record->calls[record->count];
        const char *service = NULL;
        int64_t took_ms = 0;
        *call = (struct call){ .depth = 1 };
        if (record->count == CALLS_MAX || !json_string(row, "service", &service, &err) ||
            !json_string(row, "path", &call->path, &err) ||
            !json_int(row, "begun_ms", &call->begun_ms, &err) ||
            !json_int(row, "took_ms", &took_ms, &err))
            fatal("the sandbox tells of its calls otherwise");
        call->ended_ms = call->begun_ms + took_ms;
        record->count += counts(service);
    }
}

/* The calls are in the order in which they began: who ended before another began stands earlier.
 * Returns the last call of the longest chain. */
static struct call *longest_chain(struct record *record)
{
    struct call *last = &record->calls[0];

    for (size_t i = 0; i < record->count; i++) {
        struct call *call = &record->calls[i];
        for (const struct call *before = record->calls; before < call; before++)
            if (before->ended_ms <= call->begun_ms && before->depth >= call->depth)
                call->depth = before->depth + 1;
        if (call->depth > last->depth)
            last = call;
    }
    return last;
}

static void print_chain(const struct record *record, const struct call *last)
{
    const struct call *at = last;
    const char *names[CALLS_MAX];
    int count = 0;

    while (at) {
        const struct call *before = NULL;
        names[count++] = at->path;
        for (size_t i = 0; i < record->count && !before; i++)
            if (record->calls[i].depth == at->depth - 1 &&
                record->calls[i].ended_ms <= at->begun_ms)
                before = &record->calls[i];
        at = before;
    }
    printf("the longest chain:");
    while (count-- > 0)
        printf(" %s%s", names[count], count > 0 ? " ->" : "\n");
}

/* From the command's being typed to its reply's being posted. */
static double round_ms(struct world *world)
{
    static int64_t after;
    struct error err;
    int64_t at_ms = 0, typed_ms = clock_real_ms();

    world_command(world, "C0BENCH", "U0ANALISTA", "");
    const cJSON *reply = world_taken_reply(world, after);
    after = world_number(reply);
    if (!json_int(reply, "at_ms", &at_ms, &err))
        fatal("a reply without its time");
    return (double)(at_ms - typed_ms);
}

int main(void)
{
    static const char *const env[] = { "RAIOX_REPORT_CACHE_SECONDS=0", "RAIOX_WORKERS=1", NULL };
    static const char *const sandbox[] = { "--latency-ms", LATENCY_TEXT, NULL };
    void *state = NULL;
    struct record record;
    double times_ms[ROUNDS];

    world_open(&state);
    struct world *world = world_start(
        &state, &(struct world_options){ .parts = WORLD_RUN, .env = env, .sandbox = sandbox });
    round_ms(world);
    for (int i = 0; i < ROUNDS; i++) {
        world_clear_calls(world);
        times_ms[i] = round_ms(world);
    }
    read_record(world, &record);
    const struct call *last = longest_chain(&record);
    print_chain(&record, last);
    double chain_ms = (double)last->depth * LATENCY_MS, ms = median_of(times_ms, ROUNDS);
    expect(ms <= MOST_TIMES_CHAIN * chain_ms,
           "command to reply: %.0f ms (median of %d, longest %.0f), %d calls that wait for one "
           "another: %.0f ms; ratio %.3f, wanted at most %.2f",
           ms, ROUNDS, times_ms[ROUNDS - 1], last->depth, chain_ms, ms / chain_ms,
           MOST_TIMES_CHAIN);
    expect(record.count <= MOST_CALLS, "upstream calls: %zu, wanted at most %d", record.count,
           MOST_CALLS);
    world_close(&state);
    return verdict();
}
