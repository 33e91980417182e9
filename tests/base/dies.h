/* Does this end the process, as its header promises? Tried in a child. */
#ifndef RAIOX_TESTS_BASE_DIES_H
#define RAIOX_TESTS_BASE_DIES_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool dies(void (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        act();
        _exit(0);
    }
    /* By SIGABRT; only what no allocator can give ends earlier under ASan, in its own way. */
    return child > 0 && waitpid(child, &status, 0) == child && status != 0;
}

#endif
