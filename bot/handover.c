/* The workers' pids and names, and the number of the metrics' descriptor, travel in one environment
 * variable, from one life of the supervisor to the next. */
#include "bot/handover.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* "pid name;pid name;…metrics descriptor;": behind the workers, for what is there is the end to a
 * program that does not know it. */
#define VARIABLE "RAIOX_HANDOVER"
#define METRICS "metrics"
/* A program that does not say by then whether it starts is none: the pool waits for it. */
#define CHECK_S 10

void handover_add(struct handover *handover, pid_t pid, const char *consumer)
{
    if (handover->count == HANDOVER_MAX)
        return;
    handover->pids[handover->count] = pid;
    snprintf(handover->consumers[handover->count], sizeof(handover->consumers[0]), "%s", consumer);
    handover->count++;
}

/* After an upgrade the kernel marks the old file's name. */
static const char *running_path(void)
{
    static const char deleted[] = " (deleted)";
    static char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (len < 0)
        return NULL;
    path[len] = '\0';
    size_t mark = sizeof(deleted) - 1;
    if ((size_t)len > mark && strcmp(path + len - mark, deleted) == 0)
        path[(size_t)len - mark] = '\0';
    return path;
}

static const char *program_path(const char *called)
{
    return strchr(called, '/') && access(called, X_OK) == 0 ? called : running_path();
}

static NORETURN void become_check(const char *path, int out)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(out, STDERR_FILENO) < 0)
        _exit(127);
    close_range(3, ~0U, 0);
    alarm(CHECK_S); /* goes through exec(), and ends it */
    execl(path, "raiox", "work", "--check-config", (char *)NULL);
    _exit(127);
}

static void add_faults(struct buf *faults, const char *piece, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_text(faults, piece[i] == '\n' ? "; " : (const char[]){ piece[i], '\0' });
}

/* What it says, one line: faults are behind one another. False: time is up, for what it started
 * itself may hang, and hold the pipe, when it has ended. */
static bool read_faults(int fd, struct buf *faults)
{
    int64_t until_ms = clock_mono_ms() + (int64_t)(CHECK_S + 1) * 1000;
    struct pollfd from = { .fd = fd, .events = POLLIN };
    char piece[1024];

    for (;;) {
        int64_t left_ms = until_ms - clock_mono_ms();
        int ready = left_ms > 0 ? poll(&from, 1, (int)left_ms) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        ssize_t got = read(fd, piece, sizeof(piece));
        if (got <= 0)
            return true;
        add_faults(faults, piece, (size_t)got);
    }
}

/* Does what is on disk start? A wrong .env at noon must not end the pool. */
static bool is_sound(const char *path, struct error *err)
{
    scoped_buf struct buf faults;
    int status = 0, ends[2];
    bool in_time = true;

    buf_init(&faults, (size_t)64 * 1024);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERR_UNAVAILABLE, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        become_check(path, ends[1]);
    close(ends[1]);
    if (pid > 0)
        in_time = read_faults(ends[0], &faults);
    close(ends[0]);
    if (!in_time)
        kill(pid, SIGKILL);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return error_set(err, ERR_UNAVAILABLE, "fork: %s", strerror(errno));
    if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (!in_time || (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM))
        return error_set(err, ERR_CONFIG, "%s does not say within %d s whether it starts", path,
                         CHECK_S);
    return error_set(err, ERR_CONFIG, "the program or the configuration on disk is not sound: %s",
                     faults.len > 0 ? buf_cstr(&faults) : path);
}

void handover_exec(const struct handover *handover, char **argv, struct error *err)
{
    const char *path = program_path(argv[0]);
    scoped_buf struct buf text;

    buf_init(&text, (size_t)HANDOVER_MAX * 160);
    if (!path) {
        error_set(err, ERR_UNAVAILABLE, "the program's path: %s", strerror(errno));
        return;
    }
    if (!is_sound(path, err))
        return;
    for (size_t i = 0; i < handover->count; i++)
        buf_printf(&text, "%d %s;", (int)handover->pids[i], handover->consumers[i]);
    if (handover->metrics_fd >= 0)
        buf_printf(&text, METRICS " %d;", handover->metrics_fd);
    setenv(VARIABLE, buf_cstr(&text), 1);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (handover->metrics_fd >= 0)
        fcntl(handover->metrics_fd, F_SETFD, 0);
    execv(path, argv);
    error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (handover->metrics_fd >= 0)
        fcntl(handover->metrics_fd, F_SETFD, FD_CLOEXEC);
    unsetenv(VARIABLE);
}

/* Who copies the environment of a pool that runs must not be given its workers. */
static bool is_our_child(pid_t pid)
{
    siginfo_t info;

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* One of the list, "pid name" or METRICS and a number; false: neither. */
static bool read_item(struct bytes item, struct handover *ret)
{
    const char *space = memchr(item.data, ' ', item.len);
    int64_t number = 0;

    if (!space)
        return false;
    struct bytes word = { item.data, (size_t)(space - item.data) };
    struct bytes rest = { space + 1, item.len - word.len - 1 };
    if (bytes_equal_text(word, METRICS)) {
        if (!text_int64(rest.data, rest.len, &number) || number < 3 || number > INT_MAX)
            return false;
        ret->metrics_fd = (int)number;
        return true;
    }
    if (!text_int64(word.data, word.len, &number) || number <= 1 || number > INT_MAX)
        return false;
    if (!is_our_child((pid_t)number))
        return true;
    char consumer[sizeof(ret->consumers[0])];
    snprintf(consumer, sizeof(consumer), "%.*s", (int)rest.len, rest.data);
    handover_add(ret, (pid_t)number, consumer);
    return true;
}

void handover_read(struct handover *ret)
{
    const char *text = getenv(VARIABLE);

    ret->count = 0;
    ret->metrics_fd = -1;
    while (text && *text) {
        size_t len = strcspn(text, ";");

        if (!read_item((struct bytes){ text, len }, ret))
            break;
        text += len + (text[len] == ';');
    }
    unsetenv(VARIABLE);
}
