/*
 * A burst: 2,000 commands over 64 connections as fast as they are acknowledged, with a Redis that
 * keeps every write; all of them answered.
 */
#include "tests/bench/whole.h"

#include "base/clock.h"

#define COMMANDS 2000
#define MOST_P99_MS 100.0

int main(void)
{
    struct whole whole;

    whole_start(&whole, NULL);
    int64_t began_ms = clock_mono_ms();
    struct load *load = whole_send(&whole, COMMANDS);
    int64_t acknowledged_ms = clock_mono_ms() - began_ms;
    whole_wait_replies(&whole);
    int64_t answered_ms = clock_mono_ms() - began_ms;
    double p99_ms = load_latency_ms(load, 0.99);

    expect(p99_ms < MOST_P99_MS,
           "%d commands over %d connections: acknowledged with p50 %.1f ms, p99 %.1f ms, longest "
           "%.1f ms; wanted p99 under %.0f ms",
           COMMANDS, WHOLE_CONNECTIONS, load_latency_ms(load, 0.50), p99_ms,
           load_latency_ms(load, 1.0), MOST_P99_MS);
    expect(true, "all answered, once each, after %lld ms (all acknowledged after %lld)",
           (long long)answered_ms, (long long)acknowledged_ms);
    load_destroy(load);
    whole_stop(&whole);
    return verdict();
}
