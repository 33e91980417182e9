#include "tests/bot/serve_rig.h"

#include "base/clock.h"
#include "base/error.h"
#include "bot/signature.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
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

#define LOG_MAX ((size_t)4 << 20)
#define ANSWER_MAX ((size_t)4 << 20)

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* ---- the process ---- */

static NORETURN void become_serve(const char *program, const char *redis_url,
                                  const char *const *variables, int listen_fd, pid_t parent)
{
    char pid[16];
    sigset_t none;
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setenv("RAIOX_LISTEN", "127.0.0.1:0", 1);
    setenv("SLACK_SIGNING_SECRET", RIG_SECRET, 1);
    setenv("REDIS_URL", redis_url, 1);
    for (size_t i = 0; variables && variables[i]; i++)
        putenv((char *)(uintptr_t)variables[i]);
    if (listen_fd >= 0) {
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", "1", 1);
        if (listen_fd == 3)
            fcntl(3, F_SETFD, 0);
        else
            dup2(listen_fd, 3);
    }
    dup2(log, STDERR_FILENO);
    execl(program, "raiox", "serve", (char *)NULL);
    _exit(127);
}

const char *serve_rig_log(const struct serve_rig *rig, struct arena *arena)
{
    char path[96];
    size_t len = 0;
    char *text = arena_alloc_raw(arena, LOG_MAX);

    snprintf(path, sizeof(path), "%s/log", rig->dir);
    FILE *file = fopen(path, "re");
    if (file) {
        len = fread(text, 1, LOG_MAX - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    return text;
}

/* The port of its line that says so; 0: not yet. */
static int listening_port(const struct serve_rig *rig)
{
    scoped_arena struct arena *arena = arena_create();
    const char *line = strstr(serve_rig_log(rig, arena), "\"event\":\"listening\"");
    const char *port = line ? strstr(line, "\"port\":") : NULL;

    return port && strchr(port, '\n') ? (int)strtol(port + 7, NULL, 10) : 0;
}

/* Each line of its log wakes us, and so does its death. */
static void wait_until_it_listens(struct serve_rig *rig, int inotify)
{
    int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
    int process = pidfd_open(rig->pid, 0);
    struct pollfd fds[] = { { .fd = inotify, .events = POLLIN },
                            { .fd = process, .events = POLLIN } };
    char events[4096];

    must_be(process >= 0, "pidfd_open");
    while (!(rig->port = listening_port(rig))) {
        int64_t left_ms = end_ms - clock_mono_ms();
        must_be(left_ms > 0, "raiox serve does not listen");
        must_be(poll(fds, COUNT(fds), (int)left_ms) >= 0 || errno == EINTR, "poll");
        must_be(!(fds[1].revents & POLLIN), "raiox serve ended at its start");
        if (fds[0].revents & POLLIN)
            must_be(read(inotify, events, sizeof(events)) > 0, "inotify");
    }
    close(process);
}

struct serve_rig *serve_rig_start(const char *program, const char *redis_url,
                                  const char *const *variables, int listen_fd)
{
    struct serve_rig *rig = calloc(1, sizeof(*rig));
    int inotify = inotify_init1(IN_CLOEXEC);
    char *path = realpath(program, NULL);
    pid_t parent = getpid();

    must_be(rig && path, "no program to start");
    signal(SIGPIPE, SIG_IGN);
    snprintf(rig->dir, sizeof(rig->dir), "/tmp/raiox-serve-XXXXXX");
    must_be(mkdtemp(rig->dir) != NULL, "no folder for raiox serve");
    must_be(inotify >= 0 && inotify_add_watch(inotify, rig->dir, IN_MODIFY) >= 0, "inotify");
    rig->pid = fork();
    must_be(rig->pid >= 0, "fork");
    if (rig->pid == 0) {
        must_be(chdir(rig->dir) == 0, "chdir");
        become_serve(path, redis_url, variables, listen_fd, parent);
    }
    wait_until_it_listens(rig, inotify);
    close(inotify);
    free(path);
    return rig;
}

static void tell_log(const struct serve_rig *rig)
{
    scoped_arena struct arena *arena = arena_create();

    fprintf(stderr, "---- its log:\n%s----\n", serve_rig_log(rig, arena));
}

void serve_rig_wait(struct serve_rig *rig)
{
    int status = 0, process = pidfd_open(rig->pid, 0);
    struct pollfd fd = { .fd = process, .events = POLLIN };

    if (poll(&fd, 1, RIG_PATIENCE_MS) != 1)
        fatal("raiox serve does not end");
    close(process);
    must_be(waitpid(rig->pid, &status, 0) == rig->pid, "waitpid");
    rig->pid = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        tell_log(rig);
        fatal("raiox serve did not end with status 0");
    }
}

static int remove_entry(const char *path, const struct stat *at, int type, struct FTW *where)
{
    (void)at;
    (void)type;
    (void)where;
    return remove(path);
}

void serve_rig_stop(struct serve_rig *rig)
{
    if (!rig)
        return;
    if (rig->pid != 0) {
        kill(rig->pid, SIGTERM);
        serve_rig_wait(rig);
    }
    nftw(rig->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(rig);
}

/* ---- a client ---- */

int rig_dial_host(const struct serve_rig *rig, const char *host)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)rig->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)rig->port) };
    bool six = inet_pton(AF_INET6, host, &v6.sin6_addr) == 1;
    struct timeval patience = { .tv_sec = RIG_PATIENCE_MS / 1000 };
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must_be(six || inet_pton(AF_INET, host, &v4.sin_addr) == 1, "no address");
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
                six ? sizeof(v6) : sizeof(v4)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int rig_dial(const struct serve_rig *rig)
{
    int fd = rig_dial_host(rig, "127.0.0.1");

    must_be(fd >= 0, "raiox serve refuses a connection");
    return fd;
}

bool rig_say(int fd, struct bytes text)
{
    while (text.len > 0) {
        ssize_t sent = send(fd, text.data, text.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text.data += sent;
        text.len -= (size_t)sent;
    }
    return true;
}

bool rig_says(int fd, const char *text)
{
    return rig_say(fd, bytes_of(text));
}

/* Bytes up to and with the blank line, one by one: what follows belongs to the next answer. */
static bool hear_head(int fd, struct buf *head)
{
    char c;

    while (head->len < 4 || memcmp(head->data + head->len - 4, "\r\n\r\n", 4) != 0) {
        if (head->len >= head->max || recv(fd, &c, 1, 0) != 1)
            return false;
        buf_char(head, c);
    }
    return true;
}

struct rig_answer rig_hear(struct arena *arena, int fd, bool bodyless)
{
    struct rig_answer answer = { .head = "" };
    scoped_buf struct buf head;

    buf_init(&head, 16384);
    if (!hear_head(fd, &head))
        return answer;
    answer.head = arena_strdup(arena, buf_cstr(&head));
    const char *length = strcasestr(answer.head, "\r\nContent-Length:");
    size_t len = length && !bodyless ? (size_t)strtoul(length + 17, NULL, 10) : 0;
    must_be(len < ANSWER_MAX, "an answer that is too long");
    char *body = arena_alloc(arena, len + 1);
    for (size_t got = 0; got < len;) {
        ssize_t now = recv(fd, body + got, len - got, 0);
        if (now <= 0)
            return answer;
        got += (size_t)now;
    }
    answer.body = (struct bytes){ body, len };
    answer.status = (int)strtol(answer.head + strlen("HTTP/1.1 "), NULL, 10);
    return answer;
}

const char *rig_hear_end(struct arena *arena, int fd)
{
    scoped_buf struct buf rest;
    char piece[4096];
    ssize_t got;

    buf_init(&rest, ANSWER_MAX);
    while ((got = recv(fd, piece, sizeof(piece), 0)) > 0)
        buf_add(&rest, piece, (size_t)got);
    if (got < 0 && errno != ECONNRESET)
        return NULL;
    return arena_strdup(arena, buf_cstr(&rest));
}

bool rig_is_closed(int fd)
{
    char c;
    ssize_t got = recv(fd, &c, 1, 0);

    return got == 0 || (got < 0 && errno == ECONNRESET);
}

struct rig_answer rig_ask(const struct serve_rig *rig, struct arena *arena, const char *request)
{
    int fd = rig_dial(rig);

    must_be(rig_says(fd, request), "raiox serve does not read");
    struct rig_answer answer = rig_hear(arena, fd, false);
    close(fd);
    return answer;
}

struct rig_answer rig_get(const struct serve_rig *rig, struct arena *arena, const char *path)
{
    return rig_ask(rig, arena, arena_printf(arena, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path));
}

/* ---- commands ---- */

const char *rig_body(struct arena *arena, const char *trigger_id, const char *text)
{
    return arena_printf(arena,
                        "token=t&team_id=T0RAIOX01&team_domain=agencia&channel_id=C0CLIENTE1"
                        "&channel_name=cliente-acai&user_id=U0ANALISTA&user_name=joana"
                        "&command=%%2Fraiox&text=%s&api_app_id=A0RAIOXAPP"
                        "&is_enterprise_install=false&response_url=https%%3A%%2F%%2F"
                        "hooks.slack.com%%2Fcommands%%2FT0RAIOX01%%2F1234567890123%%2F"
                        "AbCdEfGhIjKlMnOpQrStUvWx&trigger_id=%s",
                        text, trigger_id);
}

const char *rig_signature(struct arena *arena, const char *body, int64_t skew_s)
{
    struct signature *signature = signature_create(RIG_SECRET);
    const char *timestamp = arena_printf(arena, "%" PRId64, clock_real_ms() / 1000 + skew_s);
    char made[SIGNATURE_LEN + 1];

    signature_make(signature, timestamp, bytes_of(body), made);
    made[SIGNATURE_LEN] = '\0';
    signature_destroy(signature);
    return arena_printf(arena, "X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: %s\r\n",
                        timestamp, made);
}

const char *rig_command(struct arena *arena, const char *body)
{
    return arena_printf(arena,
                        "POST /slack/commands HTTP/1.1\r\nHost: bot.example.com\r\n"
                        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n%s"
                        "Content-Length: %zu\r\n\r\n%s",
                        rig_signature(arena, body, 0), strlen(body), body);
}
