/*
 * What accepting costs against a bare XADD of the same bytes: both over the same connection, to one
 * private Redis, so many under way, in turns. The last line is what the endpoint lives by: a server
 * that waits for its one XADD against ours, which says a turn's acceptances in one call.
 */
#include "base/clock.h"
#include "queue/pack.h"
#include "tests/support/redis_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 5
#define COMMANDS 20000

struct bench {
    struct loop *loop;
    struct queue *queue;
    int answered, good;
};

static void on_accepted(void *arg, enum accepted result, const char *id, const struct error *err)
{
    struct bench *bench = arg;

    (void)id;
    (void)err;
    bench->answered++;
    bench->good += result == ACCEPTED;
}

static void on_added(void *arg, const redisReply *reply, const struct error *err)
{
    struct bench *bench = arg;

    (void)reply;
    bench->answered++;
    bench->good += !err;
}

static void say_accept(struct bench *bench, int number)
{
    char trigger[48];

    snprintf(trigger, sizeof(trigger), "1234567890.%d.0123456789abcdef", number);
    struct command command = {
        .team_id = "T0123ABCD",
        .channel_id = "C0123ABCD",
        .channel_name = "padaria-sol",
        .user_id = "U0123ABCD",
        .text = "",
        .response_url = "https://hooks.slack.com/commands/T0123ABCD/12345/0123456789abcdef",
        .trigger_id = trigger,
    };
    queue_accept(bench->queue, &command, 10000, on_accepted, bench);
}

static void say_add(struct bench *bench, int number)
{
    static const char packed[160] = "as many bytes as a packed command";
    const struct bytes words[] = {
        BYTES("XADD"), BYTES("{raiox}:bare"), BYTES("*"), BYTES("c"), { packed, sizeof(packed) }
    };

    (void)number;
    redis_command(queue_redis(bench->queue), 10000, on_added, bench, COUNT(words), words);
}

/* Commands a second, at_once of them under way. */
static double run(struct bench *bench, void (*say)(struct bench *bench, int number), int at_once)
{
    static int number;
    int64_t begin_us = clock_mono_us();

    bench->answered = bench->good = 0;
    for (int said = 0; bench->answered < COMMANDS;) {
        while (said < COMMANDS && said - bench->answered < at_once) {
            say(bench, number++);
            said++;
        }
        loop_turn(bench->loop, 1000);
    }
    if (bench->good != COMMANDS) {
        fprintf(stderr, "only %d of %d were taken\n", bench->good, COMMANDS);
        exit(1);
    }
    return COMMANDS * 1e6 / (double)(clock_mono_us() - begin_us);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Both medians, a second. */
struct medians {
    double accepts, adds;
};

static struct medians compare(struct bench *bench, int at_once)
{
    double accepts[ROUNDS], adds[ROUNDS], ratios[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        adds[i] = run(bench, say_add, at_once);
        accepts[i] = run(bench, say_accept, at_once);
        ratios[i] = accepts[i] / adds[i];
    }
    qsort(accepts, ROUNDS, sizeof(accepts[0]), by_size);
    qsort(adds, ROUNDS, sizeof(adds[0]), by_size);
    qsort(ratios, ROUNDS, sizeof(ratios[0]), by_size);
    printf("%3d at once: %6.0f accepts a second, %6.0f bare XADD, ratio %.2f\n", at_once,
           accepts[ROUNDS / 2], adds[ROUNDS / 2], ratios[ROUNDS / 2]);
    return (struct medians){ accepts[ROUNDS / 2], adds[ROUNDS / 2] };
}

int main(void)
{
    struct redis_server *server = redis_server_start(NULL);
    struct bench bench = { .loop = loop_create() };
    struct redis_address address;
    struct error err;

    if (!redis_address_parse(server->unix_url, &address, &err))
        return 1;
    bench.queue = queue_create(bench.loop, &address, NULL, NULL, NULL);
    queue_set_ceiling(bench.queue, INT32_MAX);
    while (!queue_up(bench.queue))
        loop_turn(bench.loop, 1000);
    struct medians one = compare(&bench, 1), some = compare(&bench, 16), many = compare(&bench, 64);
    printf("against one XADD at a time: 16 at once %.2f, 64 at once %.2f\n",
           some.accepts / one.adds, many.accepts / one.adds);
    queue_destroy(bench.queue);
    loop_destroy(bench.loop);
    redis_server_stop(server);
    return 0;
}
