/*
 * Whatever Redis, or what answers in its place, says: base/redis.c takes it in over a real socket
 * and hands it to the readers of queue/. Each who asked is told once, whatever came.
 */
#include "tests/fuzz/fuzz.h"

#include "base/clock.h"
#include "queue/queue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Of an input: where the taker's part begins, in 1/256 of it, and the bytes of one write. */
#define HEAD 2
/* Until which a connection is there, on the busiest machine. */
#define PATIENCE_MS 30000

static struct loop *loop;
static struct redis_address address;
static char folder[64];
static int listener;
static int asked, told;

static void remove_socket(void)
{
    unlink(address.path);
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    (void)argc;
    (void)argv;
    strcpy(folder, "/tmp/raiox-fuzz-XXXXXX");
    if (!mkdtemp(folder))
        abort();
    snprintf(address.path, sizeof(address.path), "%s/redis", folder);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/redis", folder);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(listener, 8) != 0)
        abort();
    atexit(remove_socket);
    loop = loop_create();
    return 0;
}

/* ---- who is told ---- */

static void on_accepted(void *arg, enum accepted result, const char *id, const struct error *err)
{
    (void)arg;
    assert(id && strlen(id) < sizeof(((struct job *)NULL)->id));
    assert((result == ACCEPTED_NOT || result == ACCEPTED_UNKNOWN) == (err != NULL));
    told++;
}

static void on_done(void *arg, const struct error *err)
{
    (void)arg;
    assert(!err || err->kind != ERR_NONE);
    told++;
}

static void on_count(void *arg, int64_t count, const struct error *err)
{
    (void)count;
    on_done(arg, err);
}

static void on_stats(void *arg, const struct queue_stats *stats, const struct error *err)
{
    assert((stats == NULL) == (err != NULL));
    for (size_t i = 0; stats && i < stats->in_flight.len; i++)
        assert(stats->in_flight.items[i].id && stats->in_flight.items[i].worker);
    on_done(arg, err);
}

static void on_dead(void *arg, const struct dead_jobs *jobs, const struct error *err)
{
    assert((jobs == NULL) == (err != NULL));
    on_done(arg, err);
}

static void on_job(void *arg, struct job *job)
{
    struct queue *queue = *(struct queue **)arg;

    assert(job->id[0] && utf8_valid(job->command.text, strlen(job->command.text)));
    asked += 2;
    queue_mark(queue, job, MARK_POSTING, on_done, NULL);
    queue_finish(queue, job, on_done, NULL);
    job_free(job);
}

static void ask_everything(struct queue **queue)
{
    const struct command command = { .team_id = "T", .text = "sol", .trigger_id = "1.2" };

    asked += 6;
    queue_accept(*queue, &command, 5000, on_accepted, NULL);
    queue_ready(*queue, 5000, on_done, NULL);
    queue_stats(*queue, on_stats, NULL);
    queue_dead(*queue, NULL, on_dead, NULL);
    queue_dead_drop(*queue, NULL, on_count, NULL);
    queue_hand_back(*queue, "w2", NULL, on_count, NULL);
    queue_take(*queue, 8, on_job, queue);
}

/* ---- the other end ---- */

/* What we say is read away and not looked at. */
static void read_away(int peer)
{
    char words[4096];

    while (recv(peer, words, sizeof(words), MSG_DONTWAIT) > 0)
        continue;
}

static int accept_and_greet(void)
{
    static const char welcome[] = "+OK\r\n+PONG\r\n";
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    int peer = -1;

    while (peer < 0 && clock_mono_ms() < end_ms) {
        loop_turn(loop, 1);
        peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    assert(peer >= 0);
    assert(write(peer, welcome, strlen(welcome)) == (ssize_t)strlen(welcome));
    return peer;
}

static void say(int peer, const uint8_t *data, size_t size, size_t step)
{
    for (size_t at = 0; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        if (send(peer, data + at, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            return; /* hung up on, and rightly */
        loop_turn(loop, 0);
        read_away(peer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD)
        return 0;
    struct queue *queue = queue_create(loop, &address, "w1", NULL, NULL);
    size_t rest = size - HEAD, main_len = rest * data[0] / 256;
    size_t step = data[1] % 8 ? rest + 1 : 1 + data[1] / 8;
    int peers[2];

    asked = told = 0;
    peers[0] = accept_and_greet();
    peers[1] = accept_and_greet();
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    while (!queue_up(queue) && clock_mono_ms() < end_ms)
        loop_turn(loop, 1);
    assert(queue_up(queue));
    ask_everything(&queue);
    loop_turn(loop, 0);
    say(peers[0], data + HEAD, main_len, step);
    say(peers[1], data + HEAD + main_len, rest - main_len, step);
    loop_turn(loop, 0);
    loop_turn(loop, 0);
    queue_destroy(queue);
    close(peers[0]);
    close(peers[1]);
    for (int peer; (peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
        close(peer); /* of a reconnect */
    assert(asked == told);
    return 0;
}
