#include "tests/support/process.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

static NORETURN void become(const struct process *process, pid_t parent, const char *const *argv,
                            const char *const *env)
{
    int out = open(process->out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int err = open(process->err, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || chdir(process->dir) != 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
        dup2(err, 2) < 0)
        _exit(126);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execve(argv[0], (char *const *)(void *)argv, (char *const *)(void *)env);
    _exit(127);
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    must_be(fd >= 0, "no file for a program's output");
    close(fd);
}

void process_start(struct process *process, const char *dir, const char *name,
                   const char *const *argv, const char *const *env)
{
    pid_t parent = getpid();

    must_be(process->pid == 0, "the program is running already");
    snprintf(process->name, sizeof(process->name), "%s", name);
    snprintf(process->dir, sizeof(process->dir), "%s", dir);
    snprintf(process->out, sizeof(process->out), "%.100s/%.40s.out", dir, name);
    snprintf(process->err, sizeof(process->err), "%.100s/%.40s.err", dir, name);
    touch(process->out);
    touch(process->err);
    process->pid = fork();
    must_be(process->pid >= 0, "fork");
    if (process->pid == 0)
        become(process, parent, argv, env);
}

void process_signal(const struct process *process, int signal)
{
    must_be(process->pid > 0 && kill(process->pid, signal) == 0, "no such process to signal");
}

bool process_ends(struct process *process, int timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;

    if (process->pid == 0)
        return true;
    struct pollfd end = { .fd = pidfd_open(process->pid, 0), .events = POLLIN };
    must_be(end.fd >= 0, "pidfd_open");
    int64_t left_ms = timeout_ms;
    while (left_ms > 0 && poll(&end, 1, (int)left_ms) <= 0)
        left_ms = end_ms - clock_mono_ms();
    close(end.fd);
    if (waitpid(process->pid, &process->status, WNOHANG) != process->pid)
        return false;
    process->pid = 0;
    return true;
}

static NORETURN void give_up(const struct process *process, const char *what)
{
    scoped_arena struct arena *arena = arena_create();
    const char *said = process_said(process, arena, process->err);
    size_t len = strlen(said), shown = len < 4000 ? len : 4000;

    fprintf(stderr, "%s: %s; its last words:\n%s\n", process->name, what, said + len - shown);
    fatal(what);
}

void process_must_end_well(struct process *process, int timeout_ms)
{
    if (process->pid == 0)
        return;
    if (!process_ends(process, timeout_ms))
        give_up(process, "the program does not end");
    if (!WIFEXITED(process->status) || WEXITSTATUS(process->status) != 0)
        give_up(process, "the program did not end well");
}

const char *process_said(const struct process *process, struct arena *arena, const char *file)
{
    struct stat at;
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    (void)process;
    must_be(fd >= 0 && fstat(fd, &at) == 0, "a program's output cannot be read");
    char *text = arena_alloc(arena, (size_t)at.st_size + 1);
    size_t len = 0;
    while (len < (size_t)at.st_size) {
        ssize_t got = read(fd, text + len, (size_t)at.st_size - len);
        must_be(got > 0 || (got < 0 && errno == EINTR), "a program's output cannot be read");
        len += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    return text;
}

static bool holds(const char *line, const char *const *words)
{
    for (; *words; words++)
        if (!strstr(line, *words))
            return false;
    return true;
}

/* A line that is there already; NULL: none yet, and *from is behind the last whole one. */
static const char *line_there(const struct process *process, struct arena *arena, const char *file,
                              size_t *from, const char *const *words)
{
    scoped_arena struct arena *reading = arena_create();
    const char *said = process_said(process, reading, file), *at = said + *from, *end;

    must_be(*from <= strlen(said), "a program's output became shorter");
    for (; (end = strchr(at, '\n')); at = end + 1) {
        const char *line = arena_strndup(reading, at, (size_t)(end - at));
        *from = (size_t)(end + 1 - said);
        if (holds(line, words))
            return arena_strdup(arena, line);
    }
    return NULL;
}

const char *process_line(const struct process *process, struct arena *arena, const char *file,
                         size_t *from, const char *const *words, int timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms, left_ms = timeout_ms;
    int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int pidfd = process->pid > 0 ? pidfd_open(process->pid, 0) : -1;
    struct pollfd fds[] = { { .fd = inotify, .events = POLLIN },
                            { .fd = pidfd, .events = POLLIN } };
    const char *line;
    char events[4096];
    bool over = false;

    must_be(inotify >= 0 && inotify_add_watch(inotify, file, IN_MODIFY) >= 0, "inotify");
    while (!(line = line_there(process, arena, file, from, words)) && left_ms > 0 && !over) {
        over = poll(fds, COUNT(fds), (int)left_ms) > 0 && (fds[1].revents & POLLIN);
        while (read(inotify, events, sizeof(events)) > 0)
            ;
        left_ms = over ? 1 : end_ms - clock_mono_ms(); /* what it said last is still read */
    }
    close(inotify);
    if (pidfd >= 0)
        close(pidfd);
    return line;
}
