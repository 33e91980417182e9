/* What the whole costs while nobody asks: endpoint, supervisor and two workers over ten seconds. */
#include "tests/bench/whole.h"

#include "base/clock.h"

#include <poll.h>

#define IDLE_MS 10000
#define MOST_SHARE_PCT 0.5 /* of a core */

int main(void)
{
    struct whole whole;
    double spent_ms[WHOLE_PROCESSES], sum_ms = 0;

    whole_start(&whole, NULL);
    load_destroy(whole_send(&whole, 100)); /* no longer new */
    whole_wait_replies(&whole);
    for (size_t i = 0; i < WHOLE_PROCESSES; i++)
        spent_ms[i] = cpu_ms_of(whole.processes[i].pid);
    int64_t began_ms = clock_mono_ms();
    poll(NULL, 0, IDLE_MS);
    double took_ms = (double)(clock_mono_ms() - began_ms);
    for (size_t i = 0; i < WHOLE_PROCESSES; i++) {
        spent_ms[i] = cpu_ms_of(whole.processes[i].pid) - spent_ms[i];
        sum_ms += spent_ms[i];
        expect(true, "%s: %.1f ms in %.1f s", whole.processes[i].name, spent_ms[i], took_ms / 1000);
    }
    expect(sum_ms * 100 < MOST_SHARE_PCT * took_ms,
           "idle: %.2f %% of a core in all, wanted under %.1f %%", sum_ms * 100 / took_ms,
           MOST_SHARE_PCT);
    whole_stop(&whole);
    return verdict();
}
