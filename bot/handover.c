/* The workers' pids and names travel in one environment variable, from one life of the supervisor
 * to the next. */
#include "bot/handover.h"

#include "base/bytes.h"

#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLE "RAIOX_HANDOVER" /* "pid name;pid name;…" */

void handover_add(struct handover *handover, pid_t pid, const char *consumer)
{
    if (handover->count == HANDOVER_MAX)
        return;
    handover->pids[handover->count] = pid;
    snprintf(handover->consumers[handover->count], sizeof(handover->consumers[0]), "%s", consumer);
    handover->count++;
}

/* The path of the program; after an upgrade the kernel marks the old file's name. */
static const char *program_path(void)
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

/* Does what is on disk start? A wrong .env at noon must not end the pool. */
static bool is_sound(const char *path)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        close_range(3, ~0U, 0);
        execl(path, "raiox", "work", "--check-config", (char *)NULL);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

void handover_exec(const struct handover *handover, char **argv)
{
    const char *path = program_path();
    scoped_buf struct buf text;

    if (!path || !is_sound(path))
        return;
    buf_init(&text, (size_t)HANDOVER_MAX * 160);
    for (size_t i = 0; i < handover->count; i++)
        buf_printf(&text, "%d %s;", (int)handover->pids[i], handover->consumers[i]);
    setenv(VARIABLE, buf_cstr(&text), 1);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execv(path, argv);
    unsetenv(VARIABLE);
}

void handover_read(struct handover *ret)
{
    const char *text = getenv(VARIABLE);

    ret->count = 0;
    while (text && *text) {
        size_t len = strcspn(text, ";"), space = strcspn(text, " ");
        char consumer[sizeof(ret->consumers[0])];
        int64_t pid = 0;

        if (space >= len || !text_int64(text, space, &pid) || pid <= 1)
            break;
        snprintf(consumer, sizeof(consumer), "%.*s", (int)(len - space - 1), text + space + 1);
        handover_add(ret, (pid_t)pid, consumer);
        text += len + (text[len] == ';');
    }
    unsetenv(VARIABLE);
}
