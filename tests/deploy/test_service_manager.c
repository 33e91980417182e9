/*
 * What systemd would hear of raiox over its notification socket (sd_notify(3)): this test is the
 * service manager.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "tests/support/world.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_US "400000" /* of the watchdog */

struct manager {
    struct world *world;
    int fd;
};

/* NOTIFY_SOCKET, and a world that is started with it. */
static struct manager manage(void **state, enum world_parts parts)
{
    struct world *world = *state;
    const char *path = arena_printf(world->arena, "%s/notify", world->dir);
    const char *env[] = { arena_printf(world->arena, "NOTIFY_SOCKET=%s", path),
                          "WATCHDOG_USEC=" PATIENCE_US, NULL };
    struct manager manager = { world, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int on = 1;

    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    assert_true(manager.fd >= 0);
    assert_int_equal(bind(manager.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(setsockopt(manager.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
    world_start(state, &(struct world_options){ .parts = parts, .env = env });
    return manager;
}

/* The next message, and who sent it. */
static const char *hear(const struct manager *manager, pid_t *ret_from)
{
    char text[256], control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec part = { text, sizeof(text) };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    struct pollfd fd = { .fd = manager->fd, .events = POLLIN };
    struct ucred sender = { 0 };

    if (poll(&fd, 1, PROCESS_PATIENCE_MS) != 1)
        fatal("nothing is said to the service manager");
    ssize_t len = recvmsg(manager->fd, &message, 0);
    assert_true(len > 0);
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    assert_non_null(head);
    memcpy(&sender, CMSG_DATA(head), sizeof(sender));
    *ret_from = sender.pid;
    return arena_strndup(manager->world->arena, text, (size_t)len);
}

/* The next message of this process that is not its heart. The others of this world are main
 * processes, too: no child ever says a word. */
static const char *hear_of(const struct manager *manager, const struct process *process)
{
    const struct world *world = manager->world;
    const char *text = "WATCHDOG=1";
    pid_t from = 0;

    while (from != process->pid || strcmp(text, "WATCHDOG=1") == 0) {
        text = hear(manager, &from);
        if (from != world->run.pid && from != world->serve.pid && from != world->work.pid)
            fail_msg("a child said %s", text);
    }
    return text;
}

static void hear_hearts(const struct manager *manager, const struct process *process, int count)
{
    pid_t from = 0;

    while (count > 0)
        if (strcmp(hear(manager, &from), "WATCHDOG=1") == 0 && from == process->pid)
            count--;
}

static void both_say_when_they_are_ready_alive_and_stopping(void **state)
{
    struct manager manager = manage(state, WORLD_SPLIT);
    struct world *world = manager.world;

    assert_string_equal(hear_of(&manager, &world->work), "READY=1");
    assert_string_equal(hear_of(&manager, &world->serve), "READY=1");
    hear_hearts(&manager, &world->work, 3);
    hear_hearts(&manager, &world->serve, 3);

    process_signal(&world->serve, SIGTERM);
    assert_string_equal(hear_of(&manager, &world->serve), "STOPPING=1");
    process_signal(&world->work, SIGTERM);
    assert_string_equal(hear_of(&manager, &world->work), "STOPPING=1");
    close(manager.fd);
}

/* RELOADING=1 and then READY=1 from one process, though the program was started anew. */
static void a_reload_is_told_from_its_beginning_to_its_end(void **state)
{
    struct manager manager = manage(state, WORLD_SPLIT);
    struct world *world = manager.world;

    assert_string_equal(hear_of(&manager, &world->work), "READY=1");
    process_signal(&world->work, SIGHUP);
    const char *text = hear_of(&manager, &world->work);
    assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    assert_string_equal(hear_of(&manager, &world->work), "READY=1");
    hear_hearts(&manager, &world->work, 3);
    close(manager.fd);
}

static void a_reload_that_is_refused_ends_as_well(void **state)
{
    struct manager manager = manage(state, WORLD_SPLIT);
    struct world *world = manager.world;

    assert_string_equal(hear_of(&manager, &world->work), "READY=1");
    world_write_dotenv(world, "RAIOX_LOG=loud\n");
    process_signal(&world->work, SIGHUP);
    assert_int_equal(strncmp(hear_of(&manager, &world->work), "RELOADING=1\n", 12), 0);
    assert_string_equal(hear_of(&manager, &world->work), "READY=1");
    hear_hearts(&manager, &world->work, 3);
    world_write_dotenv(world, NULL);
    close(manager.fd);
}

/* Its endpoint, its workers and its Redis are children. */
static void raiox_run_speaks_with_one_voice(void **state)
{
    struct manager manager = manage(state, WORLD_RUN);
    struct world *world = manager.world;

    assert_string_equal(hear_of(&manager, &world->run), "READY=1");
    hear_hearts(&manager, &world->run, 3);
    process_signal(&world->run, SIGTERM);
    assert_string_equal(hear_of(&manager, &world->run), "STOPPING=1");
    close(manager.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_say_when_they_are_ready_alive_and_stopping, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_reload_is_told_from_its_beginning_to_its_end, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_reload_that_is_refused_ends_as_well, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(raiox_run_speaks_with_one_voice, world_open, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
