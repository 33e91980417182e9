/*
 * Redis is there and says no, in every way that it has (the words of LESSONS 4). Each scene has a
 * Redis of its own and all of them are broken together, so that what they show is waited for once:
 * somebody is told, at most once a second; nothing spins, ends or is lost; and all is well again
 * within seconds of its being mended.
 */
#include "tests/queue/rig.h"

#include "base/clock.h"
#include "queue/internal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define BROKEN_MS 2500
#define ASKED_FOR_MS 2000 /* in what of that an endpoint must have its answer */
/* Some three seconds where nobody else wants the machine. */
#define MENDED_WITHIN_MS (RIG_PATIENCE_MS / 3)

struct stage {
    struct rig rig;
    struct worker worker;
    struct queue *endpoint;
    struct outcome mark, before, accepted, again, ready, refused;
    int64_t broken_ms, mended_ms;
    int told_broken;
};

struct scene {
    const char *name;
    const char *word;         /* in what on-call reads */
    const char *arguments[8]; /* of its redis-server */
    const char *password;     /* ours */
    const char *break_it[4], *mend_it[3];
    void (*break_more)(struct stage *stage);
    void (*mend_more)(struct stage *stage);
    bool marks, accepts, ready; /* these still work */
    bool fenced;                /* what was in hand is handed out anew */
};

/* ---- what no single command does ---- */

/* Said on the test's own connection, which then waits for an answer that takes its time. */
static void say(struct rig *rig, const char *command)
{
    int written = 0;

    assert_int_equal(redisAppendCommand(rig->direct, command), REDIS_OK);
    while (!written)
        assert_int_equal(redisBufferWrite(rig->direct, &written), REDIS_OK);
}

static void is_refused(struct rig *rig, const char *command)
{
    redisReply *reply = NULL;
    int64_t give_up_ms = rig_patience();

    while (!reply || reply->type != REDIS_REPLY_ERROR) {
        freeReplyObject(reply);
        rig_turn(rig, give_up_ms, command, __FILE__, __LINE__);
        reply = redisCommand(rig->direct, command);
    }
    freeReplyObject(reply);
}

/* A save into a folder that is gone fails, and writes are refused from then on. */
static void lose_the_folder(struct stage *stage)
{
    struct rig *rig = &stage->rig;
    char folder[128];

    snprintf(folder, sizeof(folder), "%s/gone", rig->server->dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    rig_do(rig, "CONFIG SET dir %s", folder);
    assert_int_equal(rmdir(folder), 0);
    rig_do(rig, "BGSAVE");
    is_refused(rig, "SET probe 1");
}

static void find_the_folder(struct stage *stage)
{
    rig_do(&stage->rig, "CONFIG SET dir %s", stage->rig.server->dir);
    rig_do(&stage->rig, "BGSAVE");
}

/* A disk without room, as the server sees it: its append-only file takes no byte more. */
static void fill_the_disk(struct stage *stage)
{
    const struct rlimit full = { 1, RLIM_INFINITY };

    assert_int_equal(prlimit(stage->rig.server->pid, RLIMIT_FSIZE, &full, NULL), 0);
    is_refused(&stage->rig, "SET probe 1");
}

static void empty_the_disk(struct stage *stage)
{
    const struct rlimit roomy = { RLIM_INFINITY, RLIM_INFINITY };

    assert_int_equal(prlimit(stage->rig.server->pid, RLIMIT_FSIZE, &roomy, NULL), 0);
}

/* Somebody's script that does not end. */
static void keep_it_busy(struct stage *stage)
{
    static struct pollfd none[1];

    say(&stage->rig, "EVAL while\ttrue\tdo\tend 0");
    (void)poll(none, 0, 100); /* beyond its --busy-reply-threshold */
}

static void end_the_script(struct stage *stage)
{
    free(redis_server_ask(stage->rig.server, (const char *const[]){ "SCRIPT", "KILL", NULL }));
    rig_reconnect(&stage->rig);
}

/* Its data are read anew, with a pause at each key, which takes it some five seconds. */
static void load_slowly(struct stage *stage)
{
    rig_do(&stage->rig, "DEBUG POPULATE 800");
    rig_do(&stage->rig, "CONFIG SET key-load-delay 6000");
    say(&stage->rig, "DEBUG RELOAD");
}

static void have_loaded(struct stage *stage)
{
    void *reply = NULL;

    assert_int_equal(redisGetReply(stage->rig.direct, &reply), REDIS_OK);
    freeReplyObject(reply);
}

static const struct scene scenes[] = {
    { .name = "full",
      .word = "OOM",
      .break_it = { "CONFIG SET maxmemory 1" },
      .mend_it = { "CONFIG SET maxmemory 0" } },
    { .name = "a replica now",
      .word = "READONLY",
      .break_it = { "REPLICAOF 127.0.0.1 1" },
      .mend_it = { "REPLICAOF NO ONE" } },
    { .name = "without the replicas that it wants",
      .word = "NOREPLICAS",
      .break_it = { "CONFIG SET min-replicas-to-write 1" },
      .mend_it = { "CONFIG SET min-replicas-to-write 0" } },
    { .name = "a save that failed",
      .word = "MISCONF",
      .arguments = { "--enable-protected-configs", "yes", "--save", "3600", "1" },
      .break_more = lose_the_folder,
      .mend_more = find_the_folder },
    { .name = "a full disk",
      .word = "MISCONF",
      .arguments = { "--appendonly", "yes", "--appendfsync", "everysec" },
      .break_more = fill_the_disk,
      .mend_more = empty_the_disk },
    { .name = "loading",
      .word = "LOADING",
      .arguments = { "--enable-debug-command", "yes", "--loading-process-events-interval-bytes",
                     "1024" },
      .break_more = load_slowly,
      .mend_more = have_loaded },
    { .name = "a script that does not end",
      .word = "BUSY",
      .arguments = { "--busy-reply-threshold", "20" },
      .break_more = keep_it_busy,
      .mend_more = end_the_script },
    { .name = "a password that nobody told us",
      .word = "NOAUTH",
      .break_it = { "CONFIG SET requirepass new", "CLIENT KILL TYPE normal SKIPME yes" },
      .mend_it = { "CONFIG SET requirepass \x01" } },
    { .name = "a password that was changed",
      .word = "WRONGPASS",
      .arguments = { "--user", "bot", "on", ">old", "~*", "&*", "+@all" },
      .password = "old",
      .break_it = { "ACL SETUSER bot resetpass >new", "CLIENT KILL TYPE normal SKIPME yes" },
      .mend_it = { "ACL SETUSER bot resetpass >old" } },
    { .name = "no right to run scripts",
      .word = "NOPERM",
      .ready = true,
      .break_it = { "ACL SETUSER default -eval -evalsha" },
      .mend_it = { "ACL SETUSER default +@all" } },
    { .name = "no right to read as a group",
      .word = "NOPERM",
      .ready = true,
      .marks = true,
      .accepts = true,
      .break_it = { "ACL SETUSER default -xreadgroup", "CLIENT UNBLOCK taker ERROR" },
      .mend_it = { "ACL SETUSER default +@all" } },
    { .name = "a group that is gone and may not be made",
      .word = "can't run this command",
      .fenced = true,
      .ready = true,
      .marks = true,
      .accepts = true,
      .break_it = { "XGROUP DESTROY {raiox}:jobs workers", "ACL SETUSER default -xgroup" },
      .mend_it = { "ACL SETUSER default +@all" } },
};

#define EACH(i) for (size_t i = 0; i < COUNT(scenes); i++)

static struct stage stages[COUNT(scenes)];

/* ---- how it goes ---- */

static void set_the_stage(struct stage *stage, const struct scene *scene, struct loop *loop)
{
    struct rig *rig = &stage->rig;
    struct error err;

    rig->server = redis_server_start(scene->arguments);
    rig->loop = loop;
    assert_true(redis_address_parse(rig->server->unix_url, &rig->address, &err));
    rig_reconnect(rig);
    if (scene->password) {
        strcpy(rig->address.user, "bot");
        strcpy(rig->address.password, scene->password);
    }
    worker_begin(rig, &stage->worker, "w1", 8);
    stage->endpoint = rig_queue(rig, NULL);
    stage->before = rig_accept(rig, stage->endpoint, "before");
    WAIT_UNTIL(rig, stage->worker.count == 1);
}

static void break_it(struct stage *stage, const struct scene *scene)
{
    struct queue *queue = stage->worker.queue;

    for (size_t i = 0; i < COUNT(scene->break_it) && scene->break_it[i]; i++) {
        if (strstr(scene->break_it[i], " taker "))
            rig_number(&stage->rig, "CLIENT UNBLOCK %lld ERROR", (long long)queue->taker_client);
        else
            rig_order(&stage->rig, scene->break_it[i]);
    }
    if (scene->break_more)
        scene->break_more(stage);
    stage->rig.bad_news = stage->rig.good_news = 0;
    stage->broken_ms = clock_mono_ms();
}

static void ask_for_everything(struct stage *stage)
{
    const struct command command = rig_command("broken");

    queue_mark(stage->worker.queue, stage->worker.jobs[0], MARK_POSTING, on_outcome, &stage->mark);
    queue_accept(stage->endpoint, &command, ASKED_FOR_MS, on_accept_outcome, &stage->refused);
    queue_ready(stage->endpoint, ASKED_FOR_MS, on_outcome, &stage->ready);
}

static void check_what_was_said(struct stage *stage, const struct scene *scene)
{
    struct rig *rig = &stage->rig;

    WAIT_UNTIL(rig, rig->bad_news > 0 && stage->refused.told && stage->ready.told &&
                        stage->mark.told >= scene->marks);
    int64_t broken_s = (clock_mono_ms() - stage->broken_ms) / 1000;
    if (rig->bad_news + rig->good_news > 2 * (broken_s + 2))
        fail_msg("%s: %d times bad news, %d good", scene->name, rig->bad_news, rig->good_news);
    if (!strstr(rig->bad.log, scene->word))
        fail_msg("%s: \"%s\"", scene->name, rig->bad.log);
    if (stage->mark.told != scene->marks || stage->mark.err.kind != ERR_NONE)
        fail_msg("%s: the mark was told %d, %s", scene->name, stage->mark.told,
                 stage->mark.err.log);
    if (stage->refused.told != 1 ||
        stage->refused.result != (scene->accepts ? ACCEPTED : ACCEPTED_NOT))
        fail_msg("%s: accepting was told %d: %d, %s", scene->name, stage->refused.told,
                 stage->refused.result, stage->refused.err.log);
    if (stage->ready.told != 1 || scene->ready != (stage->ready.err.kind == ERR_NONE))
        fail_msg("%s: ready was told %d, %s", scene->name, stage->ready.told, stage->ready.err.log);
    assert_int_equal(stage->worker.count, 1);
}

static void mend(struct stage *stage, const struct scene *scene)
{
    for (size_t i = 0; i < COUNT(scene->mend_it) && scene->mend_it[i]; i++) {
        if (strchr(scene->mend_it[i], '\x01'))
            rig_do(&stage->rig, "CONFIG SET requirepass %s", "");
        else
            rig_order(&stage->rig, scene->mend_it[i]);
    }
    if (scene->mend_more)
        scene->mend_more(stage);
    stage->mended_ms = clock_mono_ms();
    stage->rig.good_news = 0;
}

/* The mark is heard, a new command is accepted and handed in, and somebody says that all is well.
 */
static void is_well_again(struct stage *stage, const struct scene *scene)
{
    struct rig *rig = &stage->rig;
    const struct command command = rig_command("again");
    int jobs = 2 + scene->accepts + scene->fenced;

    while (stage->again.result != ACCEPTED || !stage->again.told) {
        stage->again = (struct outcome){ 0 };
        queue_accept(stage->endpoint, &command, RIG_PATIENCE_MS, on_accept_outcome, &stage->again);
        WAIT_UNTIL(rig, stage->again.told);
        if (clock_mono_ms() - stage->mended_ms > MENDED_WITHIN_MS)
            fail_msg("%s: still not accepted, %s", scene->name, stage->again.err.log);
    }
    WAIT_UNTIL(rig, stage->mark.told && stage->worker.count >= jobs);
    if (clock_mono_ms() - stage->mended_ms > MENDED_WITHIN_MS)
        fail_msg("%s: well after %d ms", scene->name, (int)(clock_mono_ms() - stage->mended_ms));
    assert_int_equal(stage->mark.err.kind, ERR_NONE);
    WAIT_UNTIL(rig, rig->good_news > 0);
    for (int i = 0; i < jobs; i++)
        assert_int_equal(worker_finish(&stage->worker, i).err.kind,
                         i == 0 && scene->fenced ? ERR_NOT_FOUND : ERR_NONE);
    assert_int_equal(stage->worker.count, jobs);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void every_no_of_Redis_is_told_waited_out_and_forgotten(void **state)
{
    struct loop *loop = loop_create();

    (void)state;
    EACH(i)
    set_the_stage(&stages[i], &scenes[i], loop);
    rig_turn_for(&stages[0].rig, 1100); /* so that no news is held back for being too soon */
    EACH(i)
    break_it(&stages[i], &scenes[i]);
    rig_turn_for(&stages[0].rig, 200); /* those whose connections were cut know it */
    EACH(i)
    ask_for_everything(&stages[i]);
    double cpu = cpu_seconds();
    rig_turn_for(&stages[0].rig, BROKEN_MS);
    assert_true(cpu_seconds() - cpu < 0.05 * COUNT(scenes));
    EACH(i)
    check_what_was_said(&stages[i], &scenes[i]);
    EACH(i)
    mend(&stages[i], &scenes[i]);
    EACH(i)
    is_well_again(&stages[i], &scenes[i]);
    EACH(i)
    {
        worker_end(&stages[i].worker);
        queue_destroy(stages[i].endpoint);
        redisFree(stages[i].rig.direct);
        redis_server_stop(stages[i].rig.server);
    }
    loop_destroy(loop);
}

/* ---- what passes unnoticed ---- */

static void scripts_that_Redis_forgot_are_sent_again_in_their_order(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    rig->bad_news = 0;
    for (int i = 0; i < 20; i++) {
        struct outcome marked[2] = { 0 }, finished = { 0 };

        rig_accept(rig, worker.queue, NULL);
        WAIT_UNTIL(rig, worker.count == i + 1);
        rig_do(rig, "SCRIPT FLUSH");
        queue_mark(worker.queue, worker.jobs[i], MARK_POSTING, on_outcome, &marked[0]);
        queue_mark(worker.queue, worker.jobs[i], MARK_POSTED, on_outcome, &marked[1]);
        queue_finish(worker.queue, worker.jobs[i], on_outcome, &finished);
        job_free(TAKE(worker.jobs[i]));
        WAIT_UNTIL(rig, marked[0].told && marked[1].told && finished.told);
        assert_int_equal(marked[0].err.kind, ERR_NONE);
        assert_int_equal(marked[1].err.kind, ERR_NONE);
        assert_int_equal(finished.err.kind, ERR_NONE);
    }
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    assert_int_equal(rig->bad_news, 0);
    worker_end(&worker);
}

static void a_taker_that_is_unblocked_goes_on_taking(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 64);
    WAIT_UNTIL(rig, worker.queue->taking);
    for (int i = 0; i < 20; i++) {
        rig_number(rig, "CLIENT UNBLOCK %lld %s", (long long)worker.queue->taker_client,
                   i % 2 ? "ERROR" : "TIMEOUT");
        rig_plant(rig, "unblocked", NULL);
        WAIT_UNTIL(rig, worker.count == i + 1);
    }
    worker_end(&worker);
}

/* A queue that is full must still be able to shrink. */
static void a_full_Redis_lets_jobs_finish(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    worker_begin(rig, &worker, "w1", 8);
    rig_accept(rig, worker.queue, "1");
    WAIT_UNTIL(rig, worker.count == 1);
    rig_do(rig, "CONFIG SET maxmemory 1");
    struct outcome finished = worker_finish(&worker, 0);
    rig_do(rig, "CONFIG SET maxmemory 0");
    assert_int_equal(finished.err.kind, ERR_NONE);
    assert_int_equal(rig_number(rig, "XLEN {raiox}:jobs"), 0);
    worker_end(&worker);
}

/* The key is somebody else's: nothing of ours can mend that, and nothing spins over it. */
static void a_stream_that_is_none_is_told_and_let_alone(void **state)
{
    struct rig *rig = *state;
    struct worker worker;

    rig_do(rig, "SET {raiox}:jobs x");
    rig_turn_for(rig, 1000);
    worker_begin(rig, &worker, "w1", 8);
    rig->bad_news = 0;
    double cpu = cpu_seconds();
    rig_turn_for(rig, 2000);
    assert_true(cpu_seconds() - cpu < 0.2);
    assert_in_range(rig->bad_news, 1, 3);
    assert_non_null(strstr(rig->bad.log, "WRONGTYPE"));
    rig_do(rig, "DEL {raiox}:jobs");
    rig_accept(rig, worker.queue, NULL);
    WAIT_UNTIL(rig, worker.count == 1);
    worker_end(&worker);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_no_of_Redis_is_told_waited_out_and_forgotten),
        TEST(scripts_that_Redis_forgot_are_sent_again_in_their_order),
        TEST(a_taker_that_is_unblocked_goes_on_taking),
        TEST(a_full_Redis_lets_jobs_finish),
        TEST(a_stream_that_is_none_is_told_and_let_alone),
    };

    /* A server inherits it: then a full disk is an error of its writes and not its end. */
    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
