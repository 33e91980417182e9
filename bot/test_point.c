/* Not part of raiox: see test_point.h. */
#include "bot/test_point.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fits(const char *wanted, const char *given)
{
    return strcmp(wanted, "*") == 0 || strcmp(wanted, given) == 0;
}

/* Takes one of the deaths that are left; false: all were died. */
static bool take_death(const char *name, int times)
{
    char path[32];

    for (int i = 1; i <= times; i++) {
        snprintf(path, sizeof(path), "test-point.%d", i);
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd >= 0) {
            if (write(fd, name, strlen(name)) < 0)
                abort();
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
    unsigned one_in = 1;

    if (wanted && sscanf(wanted, "%31s %31s %d %u", point, channel, &times, &one_in) >= 3 &&
        fits(point, name) && fits(channel, channel_id) && arc4random_uniform(one_in) == 0 &&
        take_death(name, times))
        raise(SIGKILL);
}
