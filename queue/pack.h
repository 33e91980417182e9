/*
 * How a job is written in Redis: the command as its strings one after the other, each with its NUL
 * (what comes behind them is of a newer raiox and is not read), and the state as six numbers. Pure.
 */
#ifndef RAIOX_QUEUE_PACK_H
#define RAIOX_QUEUE_PACK_H

#include "queue/queue.h"

size_t command_packed_len(const struct command *command);
void command_pack(const struct command *command, char *ret); /* command_packed_len() bytes */
/* The strings are copied into the arena. False: not ours. */
MUST_CHECK bool command_unpack(struct arena *arena, struct bytes packed, struct command *ret);

/* A state in decimal is six numbers of at most 20 characters. */
#define STATE_MAX 128
struct bytes state_pack(const struct job *job, char ret[STATE_MAX]);
/* Fills the six fields of the job. False: not ours. */
MUST_CHECK bool state_unpack(struct bytes packed, struct job *ret);
/* The state of a job that nothing has happened to: all of it is in the id of its entry. */
MUST_CHECK bool state_of_entry(struct bytes entry, struct job *ret);

/* A receipt id: 1 to 16 of our letters and digits. It becomes part of a key. */
bool receipt_id_valid(struct bytes id);

#endif
