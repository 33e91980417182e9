/*
 * `raiox serve` is restarted under load on a socket that its service manager holds (LISTEN_FDS):
 * nobody is refused, nobody is cut off, and what was acknowledged is in Redis.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "tests/bot/serve_rig.h"
#include "tests/support/redis_server.h"

#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CLIENTS 8
#define RESTARTS 10
#define BACKLOG 4096 /* raiox-serve.socket's */

static const char *program;

struct load {
    struct serve_rig at; /* of which clients read the port alone */
    sem_t ended;         /* a command was, well or not */
    atomic_bool over;
    atomic_int accepted, busy, refused, cut, others;
};

struct client {
    pthread_t thread;
    struct load *load;
    int number;
};

/* One command on a connection of its own. */
static void type_once(struct client *client, int serial)
{
    scoped_arena struct arena *arena = arena_create();
    struct load *load = client->load;
    const char *trigger = arena_printf(arena, "%d.%d", client->number, serial);
    const char *request = rig_command(arena, rig_body(arena, trigger, ""));
    int fd = rig_dial(&load->at);

    if (fd < 0) {
        load->refused++;
        return;
    }
    atomic_int *count = &load->cut;
    if (rig_says(fd, request)) {
        struct rig_answer answer = rig_hear(arena, fd, false);
        if (answer.status == 200) /* nobody works: with 20,000 waiting it is busy */
            count = memmem(answer.body.data, answer.body.len, "Buscando", 8) ? &load->accepted
                                                                             : &load->busy;
        else if (answer.status != 0)
            count = &load->others;
    }
    (*count)++;
    close(fd);
}

static void *type_on(void *arg)
{
    struct client *client = arg;

    for (int serial = 0; !client->load->over; serial++) {
        type_once(client, serial);
        sem_post(&client->load->ended);
    }
    return NULL;
}

/* Until this endpoint has served, too: what others had begun is at most one command a client. */
static void let_it_serve(struct load *load)
{
    while (sem_trywait(&load->ended) == 0)
        continue;
    for (int i = 0; i < 2 * CLIENTS; i++)
        sem_wait(&load->ended);
}

static int listen_on_loopback(int *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, BACKLOG), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int64_t jobs_in(const struct redis_server *redis)
{
    char *text = redis_server_ask(redis, (const char *const[]){ "XLEN", "{raiox}:jobs", NULL });
    int64_t count = strtoll(text, NULL, 10);

    free(text);
    return count;
}

static void nobody_is_refused_while_the_endpoint_is_restarted(void **state)
{
    struct redis_server *redis = redis_server_start(NULL);
    struct load load = { 0 };
    struct client clients[CLIENTS];
    int port = 0, fd = listen_on_loopback(&port);

    (void)state;
    struct serve_rig *rig = serve_rig_start(program, redis->unix_url, NULL, fd);
    assert_int_equal(rig->port, port);
    load.at.port = port;
    assert_int_equal(sem_init(&load.ended, 0, 0), 0);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ .load = &load, .number = i };
        assert_int_equal(pthread_create(&clients[i].thread, NULL, type_on, &clients[i]), 0);
    }
    for (int i = 0; i < RESTARTS; i++) {
        let_it_serve(&load);
        serve_rig_stop(rig);
        rig = serve_rig_start(program, redis->unix_url, NULL, fd);
    }
    load.over = true;
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
    serve_rig_stop(rig);
    close(fd);

    print_message("%d accepted, %d too many, over %d restarts\n", load.accepted, load.busy,
                  RESTARTS);
    assert_int_equal(load.refused, 0);
    assert_int_equal(load.cut, 0);
    assert_int_equal(load.others, 0);
    assert_true(load.accepted >= RESTARTS * CLIENTS);
    assert_int_equal(jobs_in(redis), load.accepted);
    redis_server_stop(redis);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_refused_while_the_endpoint_is_restarted),
    };

    if (argc != 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
