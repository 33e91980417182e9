/*
 * Askers for the campaigns: each types one command under a name of its own, so that every reply is
 * known to be whose. What they were told at once and what came later is judged at the end.
 */
#ifndef RAIOX_TESTS_CAMPAIGN_CROWD_H
#define RAIOX_TESTS_CAMPAIGN_CROWD_H

#include "tests/support/world.h"

struct crowd_count {
    int asked;
    int accepted, refused, unknown; /* what the acknowledgement said: yes, try again, perhaps */
    int64_t longest_ack_ms;
    int replies, repeated; /* that Slack took; that said that they may be a second one */
    int answered;          /* of the accepted, with one reply or more */
    int twice;             /* askers with more than one reply, marked as it should be */
    /* Broken promises. */
    int missing;  /* accepted, and no reply */
    int unmarked; /* more than one reply that does not say so */
    int uncalled; /* told "try again", and answered all the same */
};

struct crowd *crowd_create(struct world *world, int most);
void crowd_destroy(struct crowd *crowd);

/* The next asker types a command in one of the clients' channels. */
void crowd_ask(struct crowd *crowd);
/* So many a second, for so long; meanwhile looks for replies every few milliseconds. */
void crowd_ask_for(struct crowd *crowd, int rate, int64_t ms);
/* Reads what came to Slack meanwhile; to be called before 4,000 messages came. Returns how many
 * replies came since the beginning. */
int crowd_look(struct crowd *crowd);
struct crowd_count crowd_count(const struct crowd *crowd);
/* Waits, at most timeout_ms, until everybody who was accepted has an answer and the queue is empty.
 */
bool crowd_is_served(struct crowd *crowd, int timeout_ms);

/* The longest time from a command to its first reply as it was seen by crowd_look(), of the askers
 * from this one on (0: the first); of those who wait, until now. */
int64_t crowd_longest_reply_ms(const struct crowd *crowd, int from);

/* Prints what was counted, and each broken promise; true: none is. */
bool crowd_judge(const struct crowd *crowd);

#endif
