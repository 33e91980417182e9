/*
 * Starting anew in place: the supervisor's process runs the program that is on disk now, and gives
 * it the workers that its predecessor had, and the memory in which they go on counting.
 */
#ifndef RAIOX_BOT_HANDOVER_H
#define RAIOX_BOT_HANDOVER_H

#include "base/error.h"
#include "bot/pool.h"

#include <stddef.h>
#include <sys/types.h>

#define HANDOVER_MAX 256

struct handover {
    size_t count;
    pid_t pids[HANDOVER_MAX];
    char consumers[HANDOVER_MAX][POOL_WORKER_NAME_MAX];
    int metrics_fd; /* -1: none */
};

void handover_add(struct handover *handover, pid_t pid, const char *consumer);
/*
 * Tries the program on disk with the configuration on disk first; returns only if that or the exec
 * failed, and then nothing has changed and err says why. argv: this process' own; a path in argv[0]
 * is the program (where a link points now), else the file that this process runs.
 */
void handover_exec(const struct handover *handover, char **argv, struct error *err);
/* What the predecessor gave; none on a first start. */
void handover_read(struct handover *ret);

#endif
