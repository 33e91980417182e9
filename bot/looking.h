/*
 * What `raiox queue` and `raiox why` have in common: a connection to the queue (that of `raiox run`
 * where REDIS_URL is empty), one question at a time, and how times and names look in a terminal.
 */
#ifndef RAIOX_BOT_LOOKING_H
#define RAIOX_BOT_LOOKING_H

#include "base/arena.h"
#include "base/error.h"
#include "base/loop.h"
#include "bot/config.h"
#include "queue/queue.h"

#include <stdbool.h>
#include <stdint.h>

struct looking {
    struct arena *arena;
    struct config config;
    struct loop *loop;
    struct queue *queue;
    const char *command; /* for what is said on standard error */
    bool over;           /* answered, or said why not: what comes later is not listened to */
    int status;          /* the command's exit status */
};

/* Reads the configuration (or ends the program). false: no Redis is known of, and it was said. */
bool looking_begin(struct looking *looking, const char *command);
/* Turns the loop until looking_answered(), and returns its status. Redis away: 1, and said. */
int looking_wait(struct looking *looking);
void looking_answered(struct looking *looking, int status);
/* In a callback of the queue's: false, and said, when there is no answer to read. */
bool looking_is_answer(struct looking *looking, const struct error *err);
void looking_end(struct looking *looking);

/* "850 ms", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
const char *looking_span(struct arena *arena, int64_t ms);
/* "2026-11-21T15:00:00Z" */
const char *looking_utc(struct arena *arena, int64_t real_ms);
/* Text from outside for a terminal, at most max characters; nothing shows as "-". */
const char *looking_text(struct arena *arena, const char *text, size_t max);
/* The command as it was typed. */
const char *looking_typed(struct arena *arena, const char *text, size_t max);

#endif
