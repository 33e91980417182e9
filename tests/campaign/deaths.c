/*
 * A campaign of deaths: real raiox serve and work, a Redis that keeps every write (appendfsync
 * always), four workers. While commands come at a steady rate, a worker taken at random is killed
 * every second, and others die at the named points between taking a job and its end. At the end
 * each command is answered once, or twice and says so.
 *
 *   campaign_deaths [COMMANDS [KILLS [SEED]]]    10,000 and 200, and as many at named points
 *
 * Takes KILLS seconds and a little.
 */
#include "tests/campaign/crowd.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKERS 4
#define WORKERS_TEXT "4"
/* So many points a job passes. */
#define POINTS_A_JOB 8
#define KILL_EVERY_MS 1000
#define LOOK_EVERY_MS 200
#define WHOLE_MS 2000
#define SERVED_MS 180000
#define DEATHS_MAX 8192
#define JOBS_MAX 65536

static const char *const points[] = { "taken",   "board",   "report",    "marked",
                                      "posting", "replied", "finishing", "settled" };

/* What the log tells of one job. */
struct job_facts {
    char id[32];
    int charged, crashes; /* deaths that name it; the most it was ever taken with */
    bool done, dead;
};

struct campaign {
    struct world *world;
    struct crowd *crowd;
    int commands, kills, killed;
    size_t log_at;

    pid_t up[WORKERS * 4];
    int64_t gaps_ms[DEATHS_MAX]; /* deaths that no new worker has made good yet, the oldest first */
    size_t gap_count;
    int deaths;
    int64_t whole_ms; /* the longest such gap */

    struct job_facts *jobs;
    size_t job_count;
};

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* ---- the log ---- */

static struct job_facts *job_of(struct campaign *campaign, const char *id)
{
    size_t at = 5381;

    for (const char *c = id; *c; c++)
        at = at * 33 + (unsigned char)*c;
    for (at %= JOBS_MAX; *campaign->jobs[at].id; at = (at + 1) % JOBS_MAX)
        if (strcmp(campaign->jobs[at].id, id) == 0)
            return &campaign->jobs[at];
    must_be(++campaign->job_count < JOBS_MAX, "more jobs than there is room for");
    snprintf(campaign->jobs[at].id, sizeof(campaign->jobs[at].id), "%s", id);
    return &campaign->jobs[at];
}

static int64_t time_of(struct world *world, const char *line)
{
    const char *text = world_log_field(world, line, "time");
    struct tm at = { 0 };
    int millis = 0;
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &at) : NULL;

    must_be(rest && sscanf(rest, ".%3dZ", &millis) == 1, "a line of the log without its time");
    return (int64_t)timegm(&at) * 1000 + millis;
}

static int64_t number_of(struct world *world, const char *line, const char *name)
{
    const char *text = world_log_field(world, line, name);

    must_be(text != NULL, "a line of the log lacks a number");
    return strtoll(text, NULL, 10);
}

/* true: it was up. */
static bool take_from_up(struct campaign *campaign, pid_t pid)
{
    for (size_t i = 0; i < COUNT(campaign->up); i++)
        if (campaign->up[i] == pid) {
            campaign->up[i] = 0;
            return true;
        }
    return false;
}

static void drop_oldest_gap(struct campaign *campaign)
{
    memmove(campaign->gaps_ms, campaign->gaps_ms + 1,
            --campaign->gap_count * sizeof(campaign->gaps_ms[0]));
}

/* Who dies before it was up fills no gap: that gap begins anew. */
static void note_death(struct campaign *campaign, const char *line)
{
    struct world *world = campaign->world;
    const char *id = world_log_field(world, line, "id");
    bool was_up = take_from_up(campaign, (pid_t)number_of(world, line, "child"));

    campaign->deaths++;
    if (id && *id)
        job_of(campaign, id)->charged++;
    if (!was_up && campaign->gap_count > 0)
        drop_oldest_gap(campaign);
    must_be(campaign->gap_count < DEATHS_MAX, "more deaths than there is room for");
    campaign->gaps_ms[campaign->gap_count++] = time_of(world, line);
}

static void note_up(struct campaign *campaign, const char *line)
{
    pid_t pid = (pid_t)number_of(campaign->world, line, "pid");
    size_t i = 0;

    take_from_up(campaign, pid);
    while (i < COUNT(campaign->up) && campaign->up[i] != 0)
        i++;
    must_be(i < COUNT(campaign->up), "more workers than there are");
    campaign->up[i] = pid;
    if (campaign->gap_count == 0)
        return;
    int64_t gap_ms = time_of(campaign->world, line) - campaign->gaps_ms[0];
    if (gap_ms > campaign->whole_ms)
        campaign->whole_ms = gap_ms;
    drop_oldest_gap(campaign);
}

static void note_line(struct campaign *campaign, const char *line)
{
    struct world *world = campaign->world;
    const char *id = world_log_field(world, line, "id");

    if (strstr(line, "\"event\":\"process ended\""))
        note_death(campaign, line);
    else if (strstr(line, "\"event\":\"redis is there\"") && strstr(line, "\"part\":\"worker\""))
        note_up(campaign, line);
    else if (strstr(line, "\"event\":\"job done\""))
        job_of(campaign, id)->done = true;
    else if (strstr(line, "\"event\":\"job dead\""))
        job_of(campaign, id)->dead = true;
    else if (strstr(line, "\"event\":\"job taken\"")) {
        struct job_facts *job = job_of(campaign, id);
        int crashes = (int)number_of(world, line, "crashes");
        job->crashes = crashes > job->crashes ? crashes : job->crashes;
    }
}

/* Reads the lines that are new. */
static void read_log(struct campaign *campaign)
{
    struct world *world = campaign->world;
    struct arena *kept = world->arena;
    FILE *file = fopen(world->work.err, "re");
    char line[16384];

    must_be(file && fseek(file, (long)campaign->log_at, SEEK_SET) == 0, "no log");
    world->arena = arena_create();
    while (fgets(line, sizeof(line), file) && strchr(line, '\n')) {
        campaign->log_at += strlen(line);
        note_line(campaign, line);
    }
    arena_destroy(world->arena);
    world->arena = kept;
    fclose(file);
}

/* ---- the campaign ---- */

static void kill_one(struct campaign *campaign)
{
    pid_t pids[WORKERS * 2];
    size_t count = world_children(campaign->world, &campaign->world->work, NULL, pids, COUNT(pids));

    if (count == 0)
        return; /* between two lives; the next time, then */
    must_be(kill(pids[(size_t)random() % count], SIGKILL) == 0, "a worker cannot be killed");
    campaign->killed++;
}

static void run(struct campaign *campaign)
{
    int64_t begin_ms = clock_mono_ms(), now_ms, looked_ms = 0;
    int64_t all_ms = (int64_t)campaign->kills * KILL_EVERY_MS;
    int asked = 0;

    while (asked < campaign->commands || campaign->killed < campaign->kills) {
        now_ms = clock_mono_ms() - begin_ms;
        if (asked < campaign->commands && now_ms >= all_ms * asked / campaign->commands) {
            crowd_ask(campaign->crowd);
            asked++;
        } else {
            poll(NULL, 0, 2);
        }
        if (campaign->killed < campaign->kills &&
            now_ms >= (int64_t)(campaign->killed + 1) * KILL_EVERY_MS)
            kill_one(campaign);
        if (now_ms >= looked_ms + LOOK_EVERY_MS) {
            looked_ms = now_ms;
            crowd_look(campaign->crowd);
            read_log(campaign);
        }
    }
}

/* ---- the verdict ---- */

static bool is_whole(struct world *world, void *arg)
{
    struct campaign *campaign = arg;

    (void)world;
    read_log(campaign);
    return campaign->gap_count == 0;
}

static void print_points(const struct campaign *campaign)
{
    int counts[COUNT(points)] = { 0 }, sum = 0;
    char path[128], name[32];

    for (int i = 1;; i++) {
        snprintf(path, sizeof(path), "%s/test-point.%d", campaign->world->dir, i);
        FILE *file = fopen(path, "re");
        if (!file)
            break;
        bool named = fscanf(file, "%31s", name) == 1; /* not: killed at random while it wrote */
        fclose(file);
        if (!named)
            continue;
        for (size_t j = 0; j < COUNT(points); j++)
            counts[j] += strcmp(points[j], name) == 0;
        sum++;
    }
    printf("%d deaths: %d killed at random, %d at named points (", campaign->deaths,
           campaign->killed, sum);
    for (size_t j = 0; j < COUNT(points); j++)
        printf("%s%s %d", j ? ", " : "", points[j], counts[j]);
    printf(")\n");
}

/* Each crash that a job was taken with is a death that named it. */
static bool judge_jobs(const struct campaign *campaign)
{
    int done = 0, dead = 0, lost = 0, charged = 0, crashes = 0, wrongly = 0;

    for (size_t i = 0; i < JOBS_MAX; i++) {
        const struct job_facts *job = &campaign->jobs[i];
        if (!*job->id)
            continue;
        done += job->done && !job->dead;
        dead += job->dead;
        lost += !job->done && !job->dead;
        charged += job->charged;
        crashes += job->crashes;
        wrongly += job->crashes > job->charged;
    }
    printf("jobs: %d done, %d dead, %d without an end; %d deaths named a job, %d crashes charged, "
           "%d jobs charged with what was not theirs\n",
           done, dead, lost, charged, crashes, wrongly);
    return lost == 0 && wrongly == 0 && done + dead >= crowd_count(campaign->crowd).accepted;
}

static bool judge(struct campaign *campaign)
{
    bool served = crowd_is_served(campaign->crowd, SERVED_MS);

    world_wait(campaign->world, is_whole, campaign, "the pool stays with a gap");
    print_points(campaign);
    bool good = crowd_judge(campaign->crowd);
    good = judge_jobs(campaign) && good;
    printf("pool whole again after at most %lld ms, wanted at most %d\n",
           (long long)campaign->whole_ms, WHOLE_MS);
    good = good && served && campaign->whole_ms <= WHOLE_MS;
    puts(good ? "CAMPAIGN OF DEATHS: HELD" : "CAMPAIGN OF DEATHS: NOT HELD");
    return good;
}

int main(int argc, char **argv)
{
    struct campaign campaign = { .commands = argc > 1 ? atoi(argv[1]) : 10000,
                                 .kills = argc > 2 ? atoi(argv[2]) : 200 };
    unsigned seed = argc > 3 ? (unsigned)atoi(argv[3]) : (unsigned)clock_real_ms();
    char point[64];
    void *state;

    must_be(campaign.commands > 0 && campaign.kills > 0, "COMMANDS and KILLS are numbers");
    printf("%d commands, %d kills, seed %u\n", campaign.commands, campaign.kills, seed);
    srandom(seed);
    snprintf(point, sizeof(point), "RAIOX_TEST_POINT=* * %d %d", campaign.kills,
             campaign.commands * POINTS_A_JOB / campaign.kills + 1);
    setlinebuf(stdout);
    campaign.jobs = calloc(JOBS_MAX, sizeof(*campaign.jobs));
    must_be(campaign.jobs != NULL, "out of memory");
    world_open(&state);
    campaign.world = world_start(
        &state, &(struct world_options){
                    .parts = WORLD_SPLIT,
                    .program = WORLD_RAIOX_POINTS,
                    .env = (const char *const[]){ "RAIOX_WORKERS=" WORKERS_TEXT, point,
                                                  "RAIOX_REPORT_CACHE_SECONDS=0", NULL },
                    .sandbox = (const char *const[]){ "--latency-ms", "200", NULL },
                    .redis = (const char *const[]){ "--appendonly", "yes", "--appendfsync",
                                                    "always", NULL } });
    campaign.crowd = crowd_create(campaign.world, campaign.commands);
    run(&campaign);
    bool good = judge(&campaign);
    crowd_destroy(campaign.crowd);
    free(campaign.jobs);
    world_close(&state);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
