/*
 * A load of signed commands, each with a trigger_id of its own, over many connections from one
 * thread. An answer other than 200 with its body ends the program.
 */
#ifndef RAIOX_TESTS_BENCH_LOAD_H
#define RAIOX_TESTS_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct load;

/* count commands are made and signed here, before anything is measured. */
struct load *load_create(size_t count);
/* The same of requests made elsewhere, which are copied. */
struct load *load_create_of(const char *const *requests, size_t count);
void load_destroy(struct load *load);

/* Over so many kept connections, each asking again as soon as it was answered. Commands a second.
 */
double load_as_fast_as_it_goes(struct load *load, int port, size_t connections);
/* a_second of them at their instants, whether the earlier ones were answered or not. */
void load_at_a_rate(struct load *load, int port, size_t connections, int a_second);
/* Each over a connection of its own, all of them made at one instant. */
void load_at_once(struct load *load, int port);

/* Of the last run, from the instant at which each was to be sent: share 0.99 is the p99. */
double load_latency_ms(const struct load *load, double share);

#endif
