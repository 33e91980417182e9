/*
 * What the supervisor shares with the processes of its pool: a place for each worker that names the
 * job whose callback is running. A worker that crashes is thereby charged to that job and to no
 * other.
 */
#ifndef RAIOX_BOT_POOL_H
#define RAIOX_BOT_POOL_H

#include <stdint.h>
#include <sys/types.h>

/* The receipt id of the job whose callback runs now; "" between callbacks. In shared memory. */
struct pool_place {
    char job_id[32];
};

#define POOL_WORKER_NAME_MAX 128
/*
 * A worker's name in the queue, "host:pid:start": no other process of any host has had it while its
 * jobs are kept, and whoever is on call finds the process by it. One word, whatever the host is
 * called: Redis refuses a connection's name that has a blank or a letter beyond ASCII in it.
 */
void pool_worker_name(const char *host, pid_t pid, int64_t started_real_ms,
                      char ret[POOL_WORKER_NAME_MAX]);

#endif
