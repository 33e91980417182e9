/*
 * Passes HTTP on to another port of this machine, in a thread of its own, and keeps what was asked:
 * so a benchmark learns to the byte which calls are made, without knowing who makes them.
 */
#ifndef RAIOX_TESTS_BENCH_RELAY_H
#define RAIOX_TESTS_BENCH_RELAY_H

#include "base/bytes.h"

struct relay;
struct relay *relay_start(int to_port);
int relay_port(const struct relay *relay);
/* Forgets what was asked so far. */
void relay_clear(struct relay *relay);
/* Appends the requests since then, whole, one behind the other, to out. */
void relay_requests(struct relay *relay, struct buf *out);
void relay_stop(struct relay *relay);

#endif
