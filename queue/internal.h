/* What the files of this room share: the queue itself, and operations that outlive a connection. */
#ifndef RAIOX_QUEUE_INTERNAL_H
#define RAIOX_QUEUE_INTERNAL_H

#include "queue/keys.h"
#include "queue/pack.h"
#include "queue/queue.h"
#include "queue/scripts.h"

#include <sys/queue.h>

/* An answer that takes longer than this will not come: the connection is closed and made anew. */
#define QUEUE_ANSWER_MS 5000
/* How long a question (stats, the dead, a story) waits for a connection. */
#define QUEUE_LOOK_MS 5000

/* A job in this process' hands. It outlives struct job, until Redis has heard of its end. */
struct hold {
    TAILQ_ENTRY(hold) link;
    char entry[32];
};

/* What a queue_job_fn is given is the job in this. */
struct taken {
    struct job job; /* first: see taken_of() */
    struct arena *arena;
    struct hold *hold; /* NULL once its end is on its way */
    int posts;         /* as of the last queue_mark() */
    enum mark mark;
};

/*
 * Something to be said to Redis until it has heard it: a broken connection or a refusal that may
 * pass (OOM, LOADING) only delays it. Operations go out in the order in which they were asked for,
 * again after each reconnect; every script finds out when it has already been done. Their number is
 * bounded by what the process holds, and notes by MAX_NOTES.
 */
struct op {
    TAILQ_ENTRY(op) link;
    struct queue *queue;
    struct redis_script *script; /* NULL: a plain command; else words[0] is the stream's key */
    bool sent;
    struct loop_timer deadline; /* runs where waiting has an end */
    struct error err;           /* why it waits */
    void *context;              /* the loop's, where it was asked for */

    /* Called once with the outcome, under the context; may start another operation. */
    void (*over)(struct op *op, const redisReply *reply, const struct error *err);
    union { /* whom `over` tells; NULL: nobody */
        queue_done_fn *done;
        queue_count_fn *count;
        queue_stats_fn *stats;
        queue_found_fn *found;
        queue_dead_fn *dead;
        queue_story_fn *story;
    } tell;
    void *arg;
    struct hold *hold;   /* ends with the operation */
    struct arena *arena; /* of an answer in several parts; freed with the operation */
    void *part;
    int64_t total;

    size_t count;
    struct bytes words[10]; /* point behind the struct */
};
TAILQ_HEAD(op_list, op);

struct op *op_create(struct queue *queue, struct redis_script *script,
                     void (*over)(struct op *op, const redisReply *reply, const struct error *err),
                     size_t count, const struct bytes *words);
/* wait_ms 0: until it is done. Whoever called op_create() lets go of it here. */
void op_start(struct op *op, int64_t wait_ms);
/* The same words again or others, for what needs several calls; only inside `over`. */
void op_next(struct op *op, size_t count, const struct bytes *words);
void op_send_all(struct queue *queue);
/* The queue closes before it was sent. */
void op_abandon(struct op *op);

/* A number as a word. */
struct digits {
    char text[24];
};
struct bytes digits(struct digits *digits, int64_t number);

struct accepting;
TAILQ_HEAD(accepting_list, accepting);
struct pause;
TAILQ_HEAD(pause_list, pause);
TAILQ_HEAD(hold_list, hold);

struct queue {
    struct loop *loop;
    struct redis *redis, *taker; /* taker: asleep in XREADGROUP; NULL without a consumer */
    char consumer[128];
    bool closing;

    redis_state_fn *on_state;
    void *state_arg;
    bool bad_told; /* the last that was told was bad */
    bool bad_waits;
    int64_t told_ms;
    struct error bad; /* to be told when its second has come, if it is still so */
    struct loop_timer news_later;
    int64_t refused_ms; /* when Redis, being there, last said no; 0: it takes what it is told */
    struct loop_timer mend;

    /* Redis' clock: its ms less our monotonic ms, at most (an answer takes its time). */
    bool clock_known;
    int64_t clock_ahead_ms;
    int64_t up_since_ms, down_since_ms; /* monotonic, of `redis` */
    struct loop_timer pulse;

    /* accept.c */
    struct accepting_list sending, held; /* for the end of the turn; for a connection */
    struct loop_hook accept_hook;
    int64_t ceiling, fixed_ceiling, accepted_since_pulse;
    char id_pool[256];
    size_t id_pool_left;

    /* op.c */
    struct op_list ops;
    size_t notes; /* of them stories */
    struct loop_timer ops_again;

    /* take.c */
    struct hold_list holds;
    int holding, room;
    bool taking; /* an XREADGROUP is out */
    queue_job_fn *on_job;
    void *job_arg;
    int64_t taker_client;      /* Redis' id of the taker's connection */
    int64_t take_sent_real_ms; /* when its XREADGROUP was sent, at most: Redis' clock */
    struct loop_hook take_hook;
    struct loop_timer take_again, touch, due;

    struct pause_list pauses; /* supervise.c: what goes on after a while */
};

/* queue.c */
/* The connection for everything else is up. */
bool queue_connected(const struct queue *queue);
int64_t queue_real_ms(const struct queue *queue);
/* Something was accepted: its minute is to hear of it. */
void queue_pulse_soon(struct queue *queue);
void queue_clock_seen(struct queue *queue, int64_t redis_ms);
/* Redis is there and says no, or is not there. Told at most once a second. */
void queue_tell_bad(struct queue *queue, const struct error *err);
/* Queue's own work is on nobody's behalf: no timer or command of it may keep a job's context. */
void queue_timer(struct queue *queue, struct loop_timer *timer, int64_t delay_ms,
                 void (*fn)(void *arg));
void queue_say(struct queue *queue, struct redis *redis, struct redis_script *script,
               int64_t timeout_ms, redis_reply_fn *done, void *arg, size_t count,
               const struct bytes *words);

/* accept.c */
void accept_resume(struct queue *queue);
void accept_close(struct queue *queue);

/* take.c */
void take_begin(struct queue *queue);
void take_soon(struct queue *queue);
void take_close(struct queue *queue);
void take_touch_soon(struct queue *queue);
void take_due_in(struct queue *queue, int64_t delay_ms);
void take_taker_up(struct queue *queue);
void hold_end(struct queue *queue, struct hold *hold);

/* job.c: NULL when the entry is not one of ours. */
struct taken *taken_read(struct queue *queue, const redisReply *entry);

/* supervise.c */
void supervise_close(struct queue *queue);

static inline struct taken *taken_of(struct job *job)
{
    return (struct taken *)job;
}
static inline struct bytes reply_bytes(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS
               ? (struct bytes){ reply->str, (size_t)reply->len }
               : (struct bytes){ 0 };
}

#endif
