/*
 * The supervisor: forks the workers (for `raiox run` the endpoint and a private Redis too), knows
 * at once when one dies, hands its jobs back and starts another, more slowly each time it dies
 * young. TERM, INT: drain and leave. HUP (`raiox work`): start anew from the binary and
 * configuration on disk, then replace the workers one by one.
 */
#ifndef RAIOX_BOT_SUPERVISOR_H
#define RAIOX_BOT_SUPERVISOR_H

#include "bot/config.h"

struct supervisor_options {
    int endpoint_fd; /* run: the endpoint's listening socket; -1: no endpoint of ours */
    int endpoint_port;
    const char *redis_dir; /* run: where the private Redis lives; NULL: none of ours */
    int redis_lock;        /* the descriptor that holds that folder's lock */
    char **argv;           /* of this process, for starting anew; NULL: HUP ends it like TERM */
};

/* Returns the exit status when all is stopped. */
int supervisor(const struct config *config, const struct supervisor_options *options);

#endif
