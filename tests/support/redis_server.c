#include "tests/support/redis_server.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than a start or an answer takes on a busy machine. */
#define START_MS 60000
/* Below the ports that the kernel gives to whoever does not care: none of those takes ours away
 * while a server that was killed is not there. */
#define PORT_FIRST 12000
#define PORT_COUNT 20000
#define ARGUMENTS_MAX 64

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* A port that is free; suites that run side by side look for theirs in different places. */
static int free_port(void)
{
    static unsigned tried;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    bool is_free = false;

    for (int i = 0; i < PORT_COUNT && !is_free; i++) {
        unsigned place = ((unsigned)getpid() * 101 + tried++) % PORT_COUNT;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        at.sin_port = htons((uint16_t)(PORT_FIRST + place));
        is_free = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
        close(fd);
    }
    must_be(is_free, "no free port on loopback");
    return ntohs(at.sin_port);
}

static NORETURN void become_server(const struct redis_server *server, pid_t parent)
{
    char port[16], socket_path[96], log[96];
    const char *argv[ARGUMENTS_MAX] = {
        "redis-server",
        "--bind",
        "127.0.0.1",
        "--port",
        port,
        "--unixsocket",
        socket_path,
        "--dir",
        server->dir,
        "--save",
        "",
        "--logfile",
        log,
        "--daemonize",
        "no",
    };
    size_t count = 15;
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    snprintf(port, sizeof(port), "%d", server->port);
    snprintf(socket_path, sizeof(socket_path), "%s/redis.sock", server->dir);
    snprintf(log, sizeof(log), "%s/log", server->dir);
    for (size_t i = 0; server->arguments && server->arguments[i]; i++) {
        must_be(count < ARGUMENTS_MAX - 1, "too many arguments for redis-server");
        argv[count++] = server->arguments[i];
    }
    execvp(argv[0], (char *const *)(void *)argv);
    _exit(127);
}

/* Is the word in what the server has logged since its start? */
static bool log_says(const struct redis_server *server, long from, const char *word)
{
    char path[96], line[512];
    bool found = false;

    snprintf(path, sizeof(path), "%s/log", server->dir);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    if (fseek(file, from, SEEK_SET) == 0)
        while (!found && fgets(line, sizeof(line), file))
            found = strstr(line, word) != NULL;
    fclose(file);
    return found;
}

static long log_size(const struct redis_server *server)
{
    char path[96];
    struct stat at;

    snprintf(path, sizeof(path), "%s/log", server->dir);
    return stat(path, &at) == 0 ? (long)at.st_size : 0;
}

/* Each line of its log wakes us, and so does its death. */
static void wait_until_ready(const struct redis_server *server, int inotify, long log_from)
{
    int64_t end_ms = clock_mono_ms() + START_MS;
    int process = pidfd_open(server->pid, 0);
    struct pollfd fds[] = { { .fd = inotify, .events = POLLIN },
                            { .fd = process, .events = POLLIN } };
    char events[4096];

    must_be(process >= 0, "pidfd_open");
    while (!log_says(server, log_from, "Ready to accept connections")) {
        int64_t left_ms = end_ms - clock_mono_ms();
        must_be(left_ms > 0, "redis-server does not get ready");
        must_be(poll(fds, COUNT(fds), (int)left_ms) >= 0 || errno == EINTR, "poll");
        must_be(!(fds[1].revents & POLLIN), "redis-server ended at its start");
        if (fds[0].revents & POLLIN)
            must_be(read(inotify, events, sizeof(events)) > 0, "inotify");
    }
    close(process);
}

void redis_server_restart(struct redis_server *server)
{
    long log_from = log_size(server);
    pid_t parent = getpid();
    int inotify = inotify_init1(IN_CLOEXEC);

    must_be(server->pid == 0, "the server is running");
    must_be(inotify >= 0 && inotify_add_watch(inotify, server->dir, IN_MODIFY) >= 0, "inotify");
    server->pid = fork();
    must_be(server->pid >= 0, "fork");
    if (server->pid == 0)
        become_server(server, parent);
    wait_until_ready(server, inotify, log_from);
    close(inotify);

    char *pong = redis_server_ask(server, (const char *const[]){ "PING", NULL });
    must_be(strcmp(pong, "PONG") == 0 || strncmp(pong, "NOAUTH", 6) == 0,
            "redis-server does not answer PING");
    free(pong);
}

struct redis_server *redis_server_start(const char *const *arguments)
{
    struct redis_server *server = calloc(1, sizeof(*server));

    must_be(server != NULL, "out of memory");
    snprintf(server->dir, sizeof(server->dir), "/tmp/raiox-redis-XXXXXX");
    must_be(mkdtemp(server->dir) != NULL, "no folder for redis-server");
    server->port = free_port();
    server->arguments = arguments;
    snprintf(server->unix_url, sizeof(server->unix_url), "unix://%s/redis.sock", server->dir);
    snprintf(server->tcp_url, sizeof(server->tcp_url), "redis://127.0.0.1:%d", server->port);
    redis_server_restart(server);
    return server;
}

void redis_server_freeze(struct redis_server *server)
{
    siginfo_t info;

    must_be(kill(server->pid, SIGSTOP) == 0 &&
                waitid(P_PID, (id_t)server->pid, &info, WSTOPPED) == 0,
            "redis-server does not stop");
}

void redis_server_thaw(struct redis_server *server)
{
    must_be(kill(server->pid, SIGCONT) == 0, "redis-server does not go on");
}

void redis_server_kill(struct redis_server *server)
{
    if (server->pid == 0)
        return;
    must_be(kill(server->pid, SIGKILL) == 0 && waitpid(server->pid, NULL, 0) == server->pid,
            "redis-server does not die");
    server->pid = 0;
}

static int remove_entry(const char *path, const struct stat *at, int type, struct FTW *where)
{
    (void)at;
    (void)type;
    (void)where;
    return remove(path);
}

void redis_server_stop(struct redis_server *server)
{
    if (!server)
        return;
    redis_server_kill(server);
    nftw(server->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(server);
}

static void write_reply(struct buf *out, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        buf_printf(out, "%lld", reply->integer);
    else if (reply->type == REDIS_REPLY_NIL)
        buf_text(out, "(nil)");
    else if (reply->type != REDIS_REPLY_ARRAY)
        buf_add(out, reply->str, (size_t)reply->len);
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        if (i > 0)
            buf_char(out, '\n');
        write_reply(out, reply->element[i]);
    }
}

char *redis_server_ask(const struct redis_server *server, const char *const *words)
{
    int count = 0;
    struct buf out;

    while (words[count])
        count++;
    redisContext *link = redisConnectWithTimeout("127.0.0.1", server->port,
                                                 (struct timeval){ .tv_sec = START_MS / 1000 });
    must_be(link && !link->err, "redis-server cannot be reached");
    redisSetTimeout(link, (struct timeval){ .tv_sec = START_MS / 1000 });
    redisReply *reply = redisCommandArgv(link, count, (const char **)(void *)words, NULL);
    must_be(reply != NULL, "redis-server does not answer");
    buf_init(&out, 64 << 20);
    write_reply(&out, reply);
    freeReplyObject(reply);
    redisFree(link);
    return out.data ? out.data : strdup("");
}
