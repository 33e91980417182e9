/*
 * What the supervisor shares with the processes of its pool: a place for each worker that names the
 * job whose callback is running. A worker that crashes is thereby charged to that job and to no
 * other.
 */
#ifndef RAIOX_BOT_POOL_H
#define RAIOX_BOT_POOL_H

/* The receipt id of the job whose callback runs now; "" between callbacks. In shared memory. */
struct pool_place {
    char job_id[32];
};

#endif
