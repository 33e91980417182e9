/* Names and figures of what the queue keeps in Redis. One hash tag: all keys live in one slot. */
#ifndef RAIOX_QUEUE_KEYS_H
#define RAIOX_QUEUE_KEYS_H

#define KEY_JOBS "{raiox}:jobs"          /* stream: what waits and what is in flight */
#define KEY_GROUP "workers"              /* its consumer group */
#define KEY_JOB "{raiox}:job:"           /* + id, hash: what happened to a job */
#define KEY_TRIGGER "{raiox}:trigger:"   /* + trigger_id: the id that it was accepted under */
#define KEY_DELAYED "{raiox}:delayed"    /* sorted set of ids by the ms when they are due */
#define KEY_DEAD "{raiox}:dead"          /* sorted set of ids by the ms when they died */
#define KEY_STORY "{raiox}:story:"       /* + id, list: what `raiox why` shows, an attempt each */
#define KEY_ACCEPTED "{raiox}:accepted:" /* + minute: accepted in it */
#define KEY_DONE "{raiox}:done:"         /* + minute: finished in it */
#define KEY_READY "{raiox}:ready"        /* written to see whether Redis takes a write */

/* Slack repeats a command within seconds; an hour is what INTERFACE 5 promises. */
#define QUEUE_TRIGGER_S 3600
/* How long a job's hash outlives its last change: longer than any job, so that who was taken for
 * dead and comes back still meets the fence. */
#define QUEUE_KEEP_MS (2 * 60 * 60 * 1000)
#define QUEUE_STORY_S (24 * 60 * 60)
/* Attempts that are told of one job: all that it has, and what handing back and retrying the dead
 * add; then the oldest go. */
#define QUEUE_STORY_ATTEMPTS 12
/* The dead are kept for somebody to look at, at about 1 KB each; beyond this the oldest go. */
#define QUEUE_MAX_DEAD 50000

#endif
