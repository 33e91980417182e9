/*
 * The pool's parent. It has a loop and a Redis connection of its own and does no job; its children
 * are forked without exec, so that they share the metrics and the places that say which job runs.
 */
#include "bot/supervisor.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "bot/endpoint.h"
#include "bot/handover.h"
#include "bot/meters.h"
#include "bot/notify.h"
#include "bot/pool.h"
#include "bot/private_redis.h"
#include "bot/redis_news.h"
#include "bot/serve.h"
#include "bot/story.h"
#include "bot/worker.h"
#include "queue/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who dies younger than this is started again more slowly each time, but so that the pool is whole
 * within two seconds of any death: those who kill workers every second are no crash loop. */
#define YOUNG_MS 10000
#define RESTART_LEAST_MS 100
#define RESTART_MOST_MS 1000
/* A child that was told to stop has this long; then it is killed and its jobs are handed back. A
 * worker drains for WORKER_DRAIN_MS; all of it together stays within 25 s. */
#define STOP_MS 23000
/* At the end Redis has this long to hear what is handed back. */
#define SETTLE_MS 1500
/* What a dead host held is taken over when nobody touched it for so long. */
#define RECLAIM_IDLE_MS 60000
#define RECLAIM_EVERY_MS 15000
#define READY_WAIT_MS 1000
#define MAX_METRICS ((size_t)1024 * 1024)
#define MAX_CHILDREN 600 /* 256 workers, their predecessors after a HUP, endpoint and Redis */

enum role { ROLE_NONE, ROLE_REDIS, ROLE_ENDPOINT, ROLE_WORKER, ROLE_OLD_WORKER };

struct child {
    struct supervisor *supervisor;
    enum role role;
    pid_t pid; /* 0: to be started again */
    struct pool_place *place;
    char consumer[POOL_WORKER_NAME_MAX];
    int64_t started_ms, started_real_ms, restart_ms;
    struct loop_timer timer; /* pid 0: until it is started again; else until it is killed */
};

/* In this order: what hands work on stops before what does it, and Redis hears of all of it. */
enum stage {
    STAGE_UP,
    STAGE_STOP_ENDPOINT,
    STAGE_STOP_WORKERS,
    STAGE_SETTLE,
    STAGE_STOP_REDIS,
    STAGE_DOWN,
};

struct supervisor {
    const struct config *config;
    const struct supervisor_options *options;
    struct metrics *metrics;
    struct pool_place *places; /* shared, one a child */
    struct loop *loop;
    struct queue *queue;
    struct endpoint *endpoint; /* RAIOX_WORK_LISTEN's */
    struct child children[MAX_CHILDREN];
    enum stage stage;
    struct loop_timer stop, reclaim;
    struct notify notify;
    int handing_back; /* that Redis has not heard of yet */
    bool hurry;       /* a second TERM: jobs are put back at once */
    bool anew;        /* a HUP came while workers were being replaced */
    bool redis_up;
    bool left_looked_at; /* what an earlier run left in the private Redis */
};

/* ---- starting ---- */

/* In the child: nothing of the parent's but standard streams, the shared memory and keep_fd (as 3).
 */
static int become_child(pid_t parent, int keep_fd)
{
    sigset_t none;

    setpgid(0, 0); /* Ctrl-C is the supervisor's; it tells us in its order */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before it could be heard of */
        _exit(1);
    signal(SIGHUP, SIG_IGN);  /* the supervisor's, too */
    signal(SIGTTOU, SIG_IGN); /* a terminal with "stty tostop" must not stop us for a log line */
    if (keep_fd == 3)         /* dup2() would leave it to be closed by exec() */
        fcntl(3, F_SETFD, 0);
    else if (keep_fd >= 0)
        dup2(keep_fd, 3);
    if (close_range(keep_fd >= 0 ? 4 : 3, ~0U, 0) != 0)
        abort();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    unsetenv("LISTEN_FDS");
    notify_leave_to_parent();
    return 3;
}

static int run_worker(struct child *child, pid_t parent)
{
    become_child(parent, -1);
    log_init(child->supervisor->config->log_level, "worker");
    return worker(child->supervisor->config, child->supervisor->metrics, child->place,
                  child->consumer);
}

static int run_endpoint(struct child *child, pid_t parent)
{
    const struct supervisor *supervisor = child->supervisor;
    int fd = become_child(parent, supervisor->options->endpoint_fd);

    log_init(supervisor->config->log_level, "serve");
    return serve(supervisor->config, supervisor->metrics, METERS_OF_ALL, fd,
                 supervisor->options->endpoint_port);
}

/* It inherits the lock of its folder: who comes after us waits until this Redis has ended, too. */
static int run_redis(struct child *child, pid_t parent)
{
    const struct supervisor_options *options = child->supervisor->options;

    become_child(parent, options->redis_lock);
    return private_redis_exec(options->redis_dir);
}

static void name_child(struct child *child, pid_t pid)
{
    char host[65] = "";

    gethostname(host, sizeof(host) - 1);
    pool_worker_name(host, pid, child->started_real_ms, child->consumer);
}

static NORETURN void run(struct child *child, pid_t parent)
{
    switch (child->role) {
    case ROLE_REDIS:
        exit(run_redis(child, parent));
    case ROLE_ENDPOINT:
        exit(run_endpoint(child, parent));
    case ROLE_WORKER:
        exit(run_worker(child, parent));
    case ROLE_NONE:
    case ROLE_OLD_WORKER:
        break;
    }
    abort();
}

static int64_t restart_delay_ms(struct child *child)
{
    if (clock_mono_ms() - child->started_ms >= YOUNG_MS) {
        child->restart_ms = 0;
        return 0;
    }
    child->restart_ms = child->restart_ms ? child->restart_ms * 2 : RESTART_LEAST_MS;
    if (child->restart_ms > RESTART_MOST_MS)
        child->restart_ms = RESTART_MOST_MS;
    return child->restart_ms;
}

static void start(struct child *child);

static void on_restart(void *arg)
{
    start(arg);
}

static void restart_later(struct child *child)
{
    loop_timer_start(child->supervisor->loop, &child->timer, restart_delay_ms(child), on_restart,
                     child);
}

static void start(struct child *child)
{
    pid_t parent = getpid();

    child->started_ms = clock_mono_ms();
    child->started_real_ms = clock_real_ms();
    memset(child->place, 0, sizeof(*child->place));
    pid_t pid = fork();
    if (pid == 0) {
        name_child(child, getpid());
        run(child, parent);
    }
    if (pid < 0) { /* no room for a process now: those that run go on */
        LOG(LOG_ERROR, "process not started", LOG_S("error", strerror(errno)));
        restart_later(child);
        return;
    }
    child->pid = pid;
    name_child(child, pid);
}

static struct child *add_child(struct supervisor *supervisor, enum role role)
{
    for (size_t i = 0; i < MAX_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role != ROLE_NONE)
            continue;
        *child = (struct child){ .supervisor = supervisor,
                                 .role = role,
                                 .place = &supervisor->places[i] };
        return child;
    }
    abort(); /* more than RAIOX_WORKERS lets through */
}

/* ---- dying ---- */

static const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_NONE:
        break;
    case ROLE_REDIS:
        return "redis";
    case ROLE_ENDPOINT:
        return "endpoint";
    case ROLE_WORKER:
        return "worker";
    case ROLE_OLD_WORKER:
        return "old worker";
    }
    return "none";
}

static void stage_check(struct supervisor *supervisor);
static void replace_next(struct supervisor *supervisor);
static void start_anew(struct supervisor *supervisor);

static bool has_old_workers(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < MAX_CHILDREN; i++)
        if (supervisor->children[i].role == ROLE_OLD_WORKER)
            return true;
    return false;
}

static void on_reclaimed(void *arg, int64_t count, const struct error *err)
{
    struct supervisor *supervisor = arg;

    if (supervisor->stage == STAGE_DOWN)
        return; /* the queue is being closed, and said so to whoever waited */
    if (err) {
        LOG(LOG_ERROR, "jobs not handed back", LOG_S("error", err->log));
        return;
    }
    if (count > 0)
        LOG(LOG_WARN, "jobs handed back", LOG_I("count", count));
    meter_redelivered(supervisor->metrics, (uint64_t)count);
}

static void on_handed_back(void *arg, int64_t count, const struct error *err)
{
    struct supervisor *supervisor = arg;

    supervisor->handing_back--;
    on_reclaimed(supervisor, count, err);
    stage_check(supervisor);
    if (supervisor->anew && supervisor->stage == STAGE_UP && supervisor->handing_back == 0 &&
        !has_old_workers(supervisor))
        start_anew(supervisor);
}

static void hand_back_of(struct supervisor *supervisor, const char *consumer,
                         const char *crashed_id)
{
    supervisor->handing_back++;
    queue_hand_back(supervisor->queue, consumer, crashed_id, on_handed_back, supervisor);
}

/* What the worker itself cannot tell `raiox why` any more. */
static void tell_crash(const struct child *child, const char *job_id, int status)
{
    scoped_arena struct arena *arena = arena_create();

    queue_note(child->supervisor->queue, job_id,
               story_crash_line(arena, child->consumer, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                                WIFEXITED(status) ? WEXITSTATUS(status) : 0));
}

/* Also after a clean end: then there is as a rule nothing to hand back. */
static void hand_back(struct child *child, const char *job_id, bool crashed, int status)
{
    if (crashed && *job_id)
        tell_crash(child, job_id, status);
    hand_back_of(child->supervisor, child->consumer, crashed && *job_id ? job_id : NULL);
}

/* Is it to be started again, in this stage of our own life? */
static bool is_wanted(const struct child *child)
{
    const struct supervisor *supervisor = child->supervisor;

    switch (child->role) {
    case ROLE_REDIS:
        return supervisor->stage < STAGE_STOP_REDIS;
    case ROLE_ENDPOINT:
    case ROLE_WORKER:
        return supervisor->stage == STAGE_UP;
    case ROLE_NONE:
    case ROLE_OLD_WORKER:
        break;
    }
    return false;
}

static void on_death(struct child *child, int status)
{
    struct supervisor *supervisor = child->supervisor;
    bool crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    enum role role = child->role;
    char job_id[sizeof(child->place->job_id)];

    memcpy(job_id, child->place->job_id, sizeof(job_id));
    job_id[sizeof(job_id) - 1] = '\0'; /* whatever the dead one wrote there */
    LOG(crashed ? LOG_ERROR : LOG_INFO, "process ended", LOG_S("part", role_name(role)),
        LOG_I("child", child->pid), LOG_I("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
        LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0), LOG_S("id", job_id));
    if (role == ROLE_WORKER || role == ROLE_OLD_WORKER)
        hand_back(child, job_id, crashed, status);
    child->pid = 0;
    loop_timer_stop(supervisor->loop, &child->timer);
    if (is_wanted(child))
        restart_later(child);
    else
        child->role = ROLE_NONE;
    if (role == ROLE_OLD_WORKER && supervisor->stage == STAGE_UP)
        replace_next(supervisor);
    stage_check(supervisor);
}

static void reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < MAX_CHILDREN; i++)
            if (supervisor->children[i].role != ROLE_NONE && supervisor->children[i].pid == pid) {
                on_death(&supervisor->children[i], status);
                break;
            }
}

/* ---- stopping ---- */

static bool belongs_to(enum stage stage, enum role role)
{
    switch (stage) {
    case STAGE_STOP_ENDPOINT:
        return role == ROLE_ENDPOINT;
    case STAGE_STOP_WORKERS:
        return role == ROLE_WORKER || role == ROLE_OLD_WORKER;
    case STAGE_STOP_REDIS:
        return role == ROLE_REDIS;
    case STAGE_UP:
    case STAGE_SETTLE:
    case STAGE_DOWN:
        break;
    }
    return false;
}

/* Signals the children of this stage; how many live. Those that only wait to be restarted are let
 * go. */
static size_t signal_stage(struct supervisor *supervisor, int signal)
{
    size_t living = 0;

    for (size_t i = 0; i < MAX_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (!belongs_to(supervisor->stage, child->role))
            continue;
        if (child->pid == 0) {
            loop_timer_stop(supervisor->loop, &child->timer);
            child->role = ROLE_NONE;
            continue;
        }
        if (signal != 0)
            kill(child->pid, signal);
        living++;
    }
    return living;
}

static void on_stop_timeout(void *arg)
{
    struct supervisor *supervisor = arg;

    if (supervisor->stage == STAGE_SETTLE) { /* another pool finds them by their idle time */
        LOG(LOG_ERROR, "jobs not handed back", LOG_S("error", "Redis does not answer"));
        supervisor->handing_back = 0;
        stage_check(supervisor);
        return;
    }
    signal_stage(supervisor, SIGKILL);
}

static void enter_stage(struct supervisor *supervisor, enum stage stage)
{
    supervisor->stage = stage;
    loop_timer_start(supervisor->loop, &supervisor->stop,
                     stage == STAGE_SETTLE ? SETTLE_MS : STOP_MS, on_stop_timeout, supervisor);
    signal_stage(supervisor, SIGTERM);
    if (supervisor->hurry && stage == STAGE_STOP_WORKERS)
        signal_stage(supervisor, WORKER_RELEASE);
}

static bool stage_is_over(struct supervisor *supervisor)
{
    if (supervisor->stage == STAGE_SETTLE)
        return supervisor->handing_back <= 0;
    return signal_stage(supervisor, 0) == 0;
}

/* On to the next stage when nobody of this one lives any more. */
static void stage_check(struct supervisor *supervisor)
{
    while (supervisor->stage != STAGE_UP && supervisor->stage != STAGE_DOWN &&
           stage_is_over(supervisor))
        enter_stage(supervisor, supervisor->stage + 1);
    if (supervisor->stage == STAGE_DOWN) {
        loop_timer_stop(supervisor->loop, &supervisor->stop);
        loop_stop(supervisor->loop);
    }
}

/* ---- starting anew ---- */

static void start_anew(struct supervisor *supervisor)
{
    struct handover handover = { .metrics_fd = metrics_fd(supervisor->metrics) };
    struct error err = { 0 };

    /* What Redis has not heard yet would be forgotten. */
    supervisor->anew = has_old_workers(supervisor) || supervisor->handing_back > 0;
    if (supervisor->anew) {
        LOG(LOG_INFO, "starting anew later", LOG_S("hint", "workers are still being replaced"));
        return;
    }
    for (size_t i = 0; i < MAX_CHILDREN; i++) {
        const struct child *child = &supervisor->children[i];
        if (child->role == ROLE_WORKER && child->pid > 0)
            handover_add(&handover, child->pid, child->consumer);
    }
    LOG(LOG_INFO, "starting anew", LOG_I("workers", handover.count));
    notify_reloading();
    handover_exec(&handover, supervisor->options->argv, &err);
    notify_ready(&supervisor->notify, supervisor->loop);
    LOG(LOG_ERROR, "not started anew", LOG_S("error", err.log),
        LOG_S("hint", "the old pool goes on; mend it and send HUP again"));
}

static void on_old_stuck(void *arg)
{
    const struct child *child = arg;

    kill(child->pid, SIGKILL);
}

/* One new worker for each old one: start it, tell the old one to stop, and on its end go on to the
 * next. */
static void replace_next(struct supervisor *supervisor)
{
    for (size_t i = 0; i < MAX_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role == ROLE_OLD_WORKER && child->pid > 0) {
            kill(child->pid, SIGTERM);
            loop_timer_start(supervisor->loop, &child->timer, STOP_MS, on_old_stuck, child);
            return;
        }
    }
    if (supervisor->anew && supervisor->handing_back == 0)
        start_anew(supervisor);
}

static void adopt(struct supervisor *supervisor, const struct handover *handover)
{
    for (size_t i = 0; i < handover->count; i++) {
        struct child *child = add_child(supervisor, ROLE_OLD_WORKER);
        child->pid = handover->pids[i];
        child->started_ms = clock_mono_ms();
        snprintf(child->consumer, sizeof(child->consumer), "%s", handover->consumers[i]);
    }
}

/* ---- events ---- */

/* The endpoint's own listener ends with it; ours would go on to take connections that nobody
 * serves. */
static void stop_accepting(struct supervisor *supervisor)
{
    if (supervisor->options->endpoint_fd >= 0)
        close(supervisor->options->endpoint_fd);
}

static void on_signal(void *arg, int signal)
{
    struct supervisor *supervisor = arg;

    if (signal == SIGCHLD) {
        reap(supervisor);
        return;
    }
    if (signal == SIGHUP && supervisor->options->argv) {
        if (supervisor->stage == STAGE_UP)
            start_anew(supervisor);
        return;
    }
    LOG(LOG_INFO, "stopping", LOG_I("signal", signal));
    notify_stopping();
    if (supervisor->stage == STAGE_UP) {
        stop_accepting(supervisor);
        enter_stage(supervisor, STAGE_STOP_ENDPOINT);
    } else {
        supervisor->hurry = true;
        if (supervisor->stage == STAGE_STOP_WORKERS)
            signal_stage(supervisor, WORKER_RELEASE);
    }
    stage_check(supervisor);
}

static bool is_ours(const struct supervisor *supervisor, const char *consumer)
{
    for (size_t i = 0; i < MAX_CHILDREN; i++)
        if (strcmp(supervisor->children[i].consumer, consumer) == 0)
            return true;
    return false;
}

/* Nobody but our children uses a private Redis: what others hold there was left by a run that was
 * killed, and need not wait until it looks idle. */
static void on_left(void *arg, const struct queue_stats *stats, const struct error *err)
{
    struct supervisor *supervisor = arg;

    if (err) {
        supervisor->left_looked_at = false;
        return;
    }
    for (size_t i = 0; i < stats->in_flight.len; i++) {
        const char *worker = stats->in_flight.items[i].worker;
        bool told = is_ours(supervisor, worker);
        for (size_t k = 0; k < i && !told; k++)
            told = strcmp(stats->in_flight.items[k].worker, worker) == 0;
        if (!told)
            hand_back_of(supervisor, worker, NULL);
    }
}

static void look_at_left(struct supervisor *supervisor)
{
    if (!supervisor->options->redis_dir || supervisor->left_looked_at ||
        !queue_up(supervisor->queue))
        return;
    supervisor->left_looked_at = true;
    queue_stats(supervisor->queue, on_left, supervisor);
}

static void on_redis(void *arg, bool up, const struct error *err)
{
    struct supervisor *supervisor = arg;

    if (up || supervisor->redis_up) /* at first the private one is only being started */
        log_redis_news("supervisor", up, err);
    supervisor->redis_up = up;
    look_at_left(supervisor);
}

static void on_reclaim(void *arg)
{
    struct supervisor *supervisor = arg;

    look_at_left(supervisor);
    if (queue_up(supervisor->queue))
        queue_reclaim(supervisor->queue, RECLAIM_IDLE_MS, on_reclaimed, supervisor);
    loop_timer_start(supervisor->loop, &supervisor->reclaim, RECLAIM_EVERY_MS, on_reclaim,
                     supervisor);
}

/* ---- RAIOX_WORK_LISTEN ---- */

static void handle_health(void *arg, struct request *request)
{
    (void)arg;
    request_answer(request, 200, "text/plain; charset=utf-8", BYTES("ok\n"), KEEP_ALIVE);
}

static void on_ready(void *arg, const struct error *err)
{
    struct request *request = arg;
    const char *line =
        err ? arena_printf(request_arena(request), "not ready: %s\n", err->log) : "ready\n";

    request_answer(request, err ? 503 : 200, "text/plain; charset=utf-8", bytes_of(line),
                   KEEP_ALIVE);
}

static void handle_ready(void *arg, struct request *request)
{
    struct supervisor *supervisor = arg;

    queue_ready(supervisor->queue, READY_WAIT_MS, on_ready, request);
}

static void handle_metrics(void *arg, struct request *request)
{
    struct supervisor *supervisor = arg;
    scoped_buf struct buf out;

    buf_init(&out, MAX_METRICS);
    meters_write(supervisor->metrics, METERS_OF_POOL, &out);
    request_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8",
                   (struct bytes){ buf_cstr(&out), out.len }, KEEP_ALIVE);
}

static bool listen_for_probes(struct supervisor *supervisor, struct route routes[3])
{
    struct error err = { 0 };
    int port = 0;

    if (!*supervisor->config->work_listen.host)
        return true;
    int fd = endpoint_listen(&supervisor->config->work_listen, &port, &err);
    if (fd < 0) {
        LOG(LOG_ERROR, "RAIOX_WORK_LISTEN", LOG_S("error", err.log));
        return false;
    }
    routes[0] = (struct route){ "GET", "/healthz", handle_health, supervisor, 0, NULL };
    routes[1] = (struct route){ "GET", "/readyz", handle_ready, supervisor, 0, NULL };
    routes[2] = (struct route){ "GET", "/metrics", handle_metrics, supervisor, 0, NULL };
    supervisor->endpoint = endpoint_create(supervisor->loop, fd, routes, 3);
    LOG(LOG_INFO, "listening", LOG_S("host", supervisor->config->work_listen.host),
        LOG_I("port", port));
    return true;
}

/* ---- the process ---- */

static void start_children(struct supervisor *supervisor)
{
    if (supervisor->options->redis_dir)
        start(add_child(supervisor, ROLE_REDIS));
    if (supervisor->options->endpoint_fd >= 0)
        start(add_child(supervisor, ROLE_ENDPOINT));
    for (int64_t i = 0; i < supervisor->config->workers; i++)
        start(add_child(supervisor, ROLE_WORKER));
}

int supervisor(const struct config *config, const struct supervisor_options *options)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
    static struct supervisor self; /* too large for the stack */
    struct route routes[3];
    struct handover handover;

    handover_read(&handover);
    self = (struct supervisor){ .config = config, .options = options };
    self.metrics = meters_create(handover.metrics_fd);
    self.places = mmap(NULL, MAX_CHILDREN * sizeof(*self.places), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (self.places == MAP_FAILED)
        abort();
    self.loop = loop_create();
    loop_signals(self.loop, signals, COUNT(signals), on_signal, &self);
    adopt(&self, &handover);
    if (!listen_for_probes(&self, routes) && !has_old_workers(&self)) {
        loop_destroy(self.loop);
        munmap(self.places, MAX_CHILDREN * sizeof(*self.places));
        metrics_destroy(self.metrics);
        return 1;
    }
    start_children(&self);
    self.queue = queue_create(self.loop, &config->redis, NULL, on_redis, &self);
    loop_timer_start(self.loop, &self.reclaim, RECLAIM_EVERY_MS, on_reclaim, &self);
    reap(&self); /* who died while this program took the place of the old one */
    replace_next(&self);
    LOG(LOG_INFO, "pool is up", LOG_I("workers", config->workers));
    notify_ready(&self.notify, self.loop);

    loop_run(self.loop);

    notify_finish(&self.notify);
    loop_timer_stop(self.loop, &self.reclaim);
    endpoint_destroy(self.endpoint);
    queue_destroy(self.queue);
    loop_destroy(self.loop);
    munmap(self.places, MAX_CHILDREN * sizeof(*self.places));
    metrics_destroy(self.metrics);
    return 0;
}
