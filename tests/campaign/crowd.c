#include "tests/campaign/crowd.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_MS 100

/* Clients with small reports, each with a channel of its own (tests/sandbox/agency.json). */
static const char *const channels[] = { "C0123",      "C0GOLDEN9", "C0CLIENTE1", "C0HORIZONTE",
                                        "C0AURORA",   "C0FORCA",   "C0MARESIA",  "C0IRIS",
                                        "C0PAGINA",   "C0KIWI",    "C0SOGOOGLE", "C0SOMETA",
                                        "C0ACAIPRAIA" };

enum told { TOLD_YES, TOLD_NO, TOLD_PERHAPS };

struct asker {
    enum told told;
    int replies, repeated;
    int64_t asked_ms, answered_ms; /* monotonic; answered by the first reply */
};

struct crowd {
    struct world *world;
    struct asker *askers;
    int most, asked, replies;
    int64_t after, longest_ack_ms; /* after: the number of the last reply seen */
};

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

struct crowd *crowd_create(struct world *world, int most)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));

    must_be(crowd != NULL, "out of memory");
    crowd->world = world;
    crowd->most = most;
    crowd->askers = calloc((size_t)most, sizeof(*crowd->askers));
    must_be(crowd->askers != NULL, "out of memory");
    return crowd;
}

void crowd_destroy(struct crowd *crowd)
{
    free(crowd->askers);
    free(crowd);
}

static enum told told_by(const char *text)
{
    if (strstr(text, "pode ter sido aceito"))
        return TOLD_PERHAPS;
    return strstr(text, "Tente de novo") ? TOLD_NO : TOLD_YES;
}

void crowd_ask(struct crowd *crowd)
{
    struct arena *kept = world_moment_begin(crowd->world);
    char name[16];

    must_be(crowd->asked < crowd->most, "more askers than were announced");
    snprintf(name, sizeof(name), "U%08d", crowd->asked);
    crowd->askers[crowd->asked].asked_ms = clock_mono_ms();
    struct world_ack ack =
        world_command(crowd->world, channels[(size_t)crowd->asked % COUNT(channels)], name, "");
    must_be(ack.status == 200 && *ack.text, "a command was not acknowledged");
    crowd->askers[crowd->asked++].told = told_by(ack.text);
    if (ack.took_ms > crowd->longest_ack_ms)
        crowd->longest_ack_ms = ack.took_ms;
    world_moment_end(crowd->world, kept);
}

void crowd_ask_for(struct crowd *crowd, int rate, int64_t ms)
{
    int64_t begin_ms = clock_mono_ms(), now_ms = 0;

    for (int64_t asked = 0; now_ms < ms; now_ms = clock_mono_ms() - begin_ms) {
        if (now_ms * rate >= asked * 1000) {
            crowd_ask(crowd);
            asked++;
        } else {
            crowd_look(crowd);
            poll(NULL, 0, 10);
        }
    }
}

static void note_reply(struct crowd *crowd, const cJSON *reply)
{
    struct error err;
    const char *name = NULL;
    int number = -1;

    const char *refused = NULL;

    must_be(json_string_opt(reply, "error", &refused, &err), "an error that is no text");
    if (refused && strcmp(refused, "used_url") == 0)
        return; /* posted after five deaths whose posts were all seen */
    must_be(!refused, "Slack refused a reply");
    must_be(json_string(reply, "user", &name, &err) && sscanf(name, "U%8d", &number) == 1 &&
                number >= 0 && number < crowd->asked,
            "a reply to nobody");
    crowd->replies++;
    if (crowd->askers[number].replies++ == 0)
        crowd->askers[number].answered_ms = clock_mono_ms();
    crowd->askers[number].repeated +=
        strstr(world_body(crowd->world, reply), "pode aparecer duas vezes") != NULL;
}

int crowd_look(struct crowd *crowd)
{
    struct arena *kept = world_moment_begin(crowd->world);
    char path[64];
    const cJSON *reply = NULL;

    snprintf(path, sizeof(path), "/replies?after=%lld", (long long)crowd->after);
    const cJSON *told = world_admin(crowd->world, "GET", path, NULL);
    cJSON_ArrayForEach(reply, json_get(told, "replies")) {
        note_reply(crowd, reply);
        crowd->after = world_number(reply);
    }
    world_moment_end(crowd->world, kept);
    return crowd->replies;
}

static void count_asker(struct crowd_count *count, const struct asker *asker)
{
    switch (asker->told) {
    case TOLD_YES:
        count->accepted++;
        count->answered += asker->replies > 0;
        count->missing += asker->replies == 0;
        break;
    case TOLD_NO:
        count->refused++;
        count->uncalled += asker->replies > 0;
        break;
    case TOLD_PERHAPS:
        count->unknown++;
        break;
    }
    count->replies += asker->replies;
    count->repeated += asker->repeated;
    count->twice += asker->replies > 1;
    count->unmarked += asker->replies - asker->repeated > 1;
}

struct crowd_count crowd_count(const struct crowd *crowd)
{
    struct crowd_count count = { .asked = crowd->asked, .longest_ack_ms = crowd->longest_ack_ms };

    for (int i = 0; i < crowd->asked; i++)
        count_asker(&count, &crowd->askers[i]);
    return count;
}

int64_t crowd_longest_reply_ms(const struct crowd *crowd, int from)
{
    int64_t longest_ms = 0;

    for (int i = from; i < crowd->asked; i++) {
        const struct asker *asker = &crowd->askers[i];
        int64_t end_ms = asker->replies > 0 ? asker->answered_ms : clock_mono_ms();
        if (asker->told == TOLD_YES && end_ms - asker->asked_ms > longest_ms)
            longest_ms = end_ms - asker->asked_ms;
    }
    return longest_ms;
}

static bool is_queue_empty(struct crowd *crowd)
{
    static const char *const gauges[] = { "raiox_jobs_waiting", "raiox_jobs_in_flight" };
    struct arena *kept = world_moment_begin(crowd->world);
    bool empty = true;

    for (size_t i = 0; i < COUNT(gauges); i++)
        empty = empty && world_metric(crowd->world, gauges[i]) <= 0;
    world_moment_end(crowd->world, kept);
    return empty;
}

bool crowd_is_served(struct crowd *crowd, int timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;

    do {
        crowd_look(crowd);
        if (crowd_count(crowd).missing == 0 && is_queue_empty(crowd)) {
            crowd_look(crowd);
            return true;
        }
        poll(NULL, 0, LOOK_EVERY_MS);
    } while (clock_mono_ms() < end_ms);
    return false;
}

bool crowd_judge(const struct crowd *crowd)
{
    struct crowd_count count = crowd_count(crowd);

    printf("%d commands: %d accepted, %d told to try again, %d told that nobody knows; longest "
           "acknowledgement %lld ms\n",
           count.asked, count.accepted, count.refused, count.unknown,
           (long long)count.longest_ack_ms);
    printf("%d of %d accepted ones answered, %d missing; %d replies, %d of them marked as perhaps "
           "repeated; %d asked once and have two or more, %d of these without the mark\n",
           count.answered, count.accepted, count.missing, count.replies, count.repeated,
           count.twice, count.unmarked);
    if (count.uncalled > 0)
        printf("%d were told to try again and answered all the same\n", count.uncalled);
    return count.missing == 0 && count.unmarked == 0 && count.uncalled == 0;
}
