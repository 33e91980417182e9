/* Not part of raiox: see test_point.h. */
#include "bot/test_point.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Takes one of the deaths that are left; false: all were died. */
static bool take_death(int times)
{
    char path[32];

    for (int i = 1; i <= times; i++) {
        snprintf(path, sizeof(path), "test-point.%d", i);
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd >= 0) {
            close(fd);
            return true;
        }
    }
    return false;
}

void test_point(const char *name, const char *channel_id)
{
    const char *wanted = getenv("RAIOX_TEST_POINT");
    char point[32], channel[32];
    int times = 0;

    if (wanted && sscanf(wanted, "%31s %31s %d", point, channel, &times) == 3 &&
        strcmp(point, name) == 0 &&
        (strcmp(channel, "*") == 0 || strcmp(channel, channel_id) == 0) && take_death(times))
        raise(SIGKILL);
}
