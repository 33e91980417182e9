/*
 * The endpoint. A command comes in from bot/endpoint.c, is checked in the order of the README's
 * table, goes to queue/ and is answered when Redis has it. The rest is /healthz, /readyz and
 * /metrics.
 */
#include "bot/serve.h"

#include "base/cache.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/log.h"
#include "base/loop.h"
#include "bot/endpoint.h"
#include "bot/form.h"
#include "bot/grammar.h"
#include "bot/notify.h"
#include "bot/redis_news.h"
#include "bot/signature.h"
#include "message/message.h"
#include "queue/queue.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Slack waits 3 s for the whole answer. */
#define ACCEPT_WAIT_MS 1000
#define READY_WAIT_MS 1000
/* A TERM lets what is being accepted be answered, and no more. */
#define DRAIN_MS 5000
#define MAX_COMMAND ((size_t)64 * 1024)
#define MAX_METRICS ((size_t)1024 * 1024)

struct serve {
    const struct config *config;
    struct metrics *metrics;
    enum meters_of whose;
    struct loop *loop;
    struct queue *queue;
    struct cache *cache;
    struct signature *signature;
    struct endpoint *endpoint;
    struct loop_timer drain;
    struct notify notify;
};

/* One command on its way: in the request's arena. */
struct incoming {
    struct serve *serve;
    struct request *request;
    struct command command;
    const char *asked; /* the text, decoded */
};

static const struct bytes no_body = { "", 0 };

/* ---- answers ---- */

static void answer_message(struct incoming *incoming, const struct message *message)
{
    struct arena *arena = request_arena(incoming->request);
    const char *body = message_body(arena, incoming->serve->config->locale, message,
                                    &(struct envelope){ .in_channel = false }, false);

    request_answer(incoming->request, 200, "application/json; charset=utf-8", bytes_of(body),
                   KEEP_ALIVE);
    meter_ack(incoming->serve->metrics, clock_mono_us() - request_began_us(incoming->request));
}

static void answer_notice(struct incoming *incoming, enum notice notice)
{
    struct notice_facts facts = { .channel_id = incoming->command.channel_id,
                                  .name = incoming->asked };
    struct message message = message_notice(request_arena(incoming->request),
                                            incoming->serve->config->locale, notice, &facts);

    answer_message(incoming, &message);
}

static void refuse(struct serve *serve, struct request *request, int status, const char *reason)
{
    LOG(LOG_WARN, "command refused", LOG_I("status", status), LOG_S("reason", reason));
    meter_command(serve->metrics, COMMAND_REFUSED);
    request_answer(request, status, NULL, no_body, CLOSE_AFTER);
}

/* ---- the checks, in their order ---- */

/* Sent unsigned now and then: answered, and nothing else of it is read. */
static bool is_ssl_check(struct bytes body)
{
    static const char wanted[] = "ssl_check=1";
    const size_t len = sizeof(wanted) - 1;

    for (size_t at = 0; at + len <= body.len;) {
        const char *end = memchr(body.data + at, '&', body.len - at);
        size_t field = end ? (size_t)(end - body.data) - at : body.len - at;
        if (field == len && memcmp(body.data + at, wanted, len) == 0)
            return true;
        at += field + 1;
    }
    return false;
}

/* The one value of a header; NULL when it is missing or comes twice. */
static const char *only_header(const struct request *request, const char *name)
{
    const char *value = NULL;

    return request_header(request, name, &value) == 1 ? value : NULL;
}

static enum signature_fault check_signature(struct serve *serve, const struct request *request)
{
    return signature_verify(serve->signature, only_header(request, "X-Slack-Request-Timestamp"),
                            only_header(request, "X-Slack-Signature"), request_body(request),
                            clock_real_ms());
}

static const char *field(const struct form *form, const char *name)
{
    const char *value = form_get(form, name);

    return value ? value : "";
}

/* May this be answered to? Written as the origin is, with a path behind it, nothing is left to be
 * understood: an authority ends at its first slash. Anything else is parsed. */
static bool is_of_origin(const char *url, const char *origin)
{
    size_t len = strlen(origin);

    if (strncmp(url, origin, len) == 0 && url[len] == '/') {
        for (const char *c = url + len; *c > ' ' && *c <= '~'; c++)
            if (c[1] == '\0')
                return true;
    }
    return http_url_allowed(url) && http_same_origin(url, origin);
}

/* NULL: a slash command that we may answer; else why not. */
static const char *read_command(const struct config *config, const struct form *form,
                                struct command *ret)
{
    const char *word = field(form, "command");
    struct command command = {
        .team_id = field(form, "team_id"),
        .channel_id = field(form, "channel_id"),
        .channel_name = field(form, "channel_name"),
        .user_id = field(form, "user_id"),
        .text = field(form, "text"),
        .response_url = field(form, "response_url"),
        .trigger_id = field(form, "trigger_id"),
    };

    if (word[0] != '/' || !*command.team_id || !*command.channel_id || !*command.user_id ||
        !*command.trigger_id || !*command.response_url)
        return "not a slash command";
    if (!is_of_origin(command.response_url, config->slack_response_origin))
        return "response_url of a foreign origin";
    *ret = command;
    return NULL;
}

/* ---- accepting ---- */

static const struct {
    enum notice notice;
    enum command_result counted;
} acceptances[] = {
    [ACCEPTED] = { NOTICE_FETCHING, COMMAND_ACCEPTED },
    [ACCEPTED_DUPLICATE] = { NOTICE_FETCHING, COMMAND_DUPLICATE },
    [ACCEPTED_BUSY] = { NOTICE_BUSY, COMMAND_BUSY },
    [ACCEPTED_LATE] = { NOTICE_NOT_ACCEPTED, COMMAND_UNAVAILABLE },
    [ACCEPTED_NOT] = { NOTICE_NOT_ACCEPTED, COMMAND_UNAVAILABLE },
    [ACCEPTED_UNKNOWN] = { NOTICE_MAYBE_ACCEPTED, COMMAND_UNAVAILABLE },
};

static void on_accepted(void *arg, enum accepted result, const char *id, const struct error *err)
{
    struct incoming *incoming = arg;
    struct serve *serve = incoming->serve;
    enum notice notice = acceptances[result].notice;

    meter_command(serve->metrics, acceptances[result].counted);
    if (result == ACCEPTED || result == ACCEPTED_DUPLICATE)
        LOG(LOG_INFO, result == ACCEPTED ? "command accepted" : "command came twice",
            LOG_S("id", id), LOG_S("channel", incoming->command.channel_id),
            LOG_S("user", incoming->command.user_id));
    else
        LOG(LOG_WARN, "command not accepted", LOG_S("id", id),
            LOG_S("channel", incoming->command.channel_id),
            LOG_S("error", err ? err->log : "queue full"));
    if (notice == NOTICE_FETCHING && *incoming->asked)
        notice = NOTICE_FETCHING_NAME;
    answer_notice(incoming, notice);
}

static void accept_command(struct incoming *incoming)
{
    queue_accept(incoming->serve->queue, &incoming->command, ACCEPT_WAIT_MS, on_accepted, incoming);
}

/* "ajuda" and "help" are answered here, unless the remembered board has a client of that very name.
 */
static void on_help_is_a_name(void *arg, struct bytes value, int64_t age_ms)
{
    struct incoming *incoming = arg;

    (void)age_ms;
    if (value.len > 0 && bytes_equal_text(value, "1")) {
        accept_command(incoming);
        return;
    }
    meter_command(incoming->serve->metrics, COMMAND_HELP);
    answer_notice(incoming, NOTICE_HELP);
}

static void handle_command(void *arg, struct request *request)
{
    struct serve *serve = arg;
    struct arena *arena = request_arena(request);
    struct incoming *incoming = arena_new(arena, struct incoming);
    struct error err = { 0 };
    struct form form;

    if (is_ssl_check(request_body(request))) {
        request_answer(request, 200, NULL, no_body, KEEP_ALIVE);
        return;
    }
    enum signature_fault fault = check_signature(serve, request);
    if (fault != SIGNATURE_GOOD) {
        refuse(serve, request, 401, signature_fault_name(fault));
        return;
    }
    if (!form_parse(arena, request_body(request), &form, &err)) {
        refuse(serve, request, 400, err.log);
        return;
    }
    if (serve->config->slack_team_id &&
        strcmp(field(&form, "team_id"), serve->config->slack_team_id) != 0) {
        refuse(serve, request, 403, "another workspace's command");
        return;
    }
    const char *reason = read_command(serve->config, &form, &incoming->command);
    if (reason) {
        refuse(serve, request, 400, reason);
        return;
    }
    incoming->serve = serve;
    incoming->request = request;
    incoming->asked = grammar_decode(arena, incoming->command.text);
    if (grammar_is_help(incoming->asked))
        cache_get(serve->cache, "help-is-a-name", on_help_is_a_name, incoming);
    else
        accept_command(incoming);
}

/* ---- /healthz, /readyz, /metrics ---- */

static void handle_health(void *arg, struct request *request)
{
    (void)arg;
    request_answer(request, 200, "text/plain; charset=utf-8", BYTES("ok\n"), KEEP_ALIVE);
}

static void on_ready(void *arg, const struct error *err)
{
    struct request *request = arg;

    if (!err) {
        request_answer(request, 200, "text/plain; charset=utf-8", BYTES("ready\n"), KEEP_ALIVE);
        return;
    }
    const char *line = arena_printf(request_arena(request), "not ready: %s\n", err->log);
    request_answer(request, 503, "text/plain; charset=utf-8", bytes_of(line), KEEP_ALIVE);
}

static void handle_ready(void *arg, struct request *request)
{
    struct serve *serve = arg;

    queue_ready(serve->queue, READY_WAIT_MS, on_ready, request);
}

struct scrape {
    struct serve *serve;
    struct request *request;
};

static void write_metrics(struct serve *serve, struct request *request)
{
    scoped_buf struct buf out;

    buf_init(&out, MAX_METRICS);
    meters_write(serve->metrics, serve->whose, &out);
    request_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8",
                   (struct bytes){ buf_cstr(&out), out.len }, KEEP_ALIVE);
}

static void on_stats(void *arg, const struct queue_stats *stats, const struct error *err)
{
    struct scrape *scrape = arg;

    meter_queue(scrape->serve->metrics, err ? NULL : stats);
    write_metrics(scrape->serve, scrape->request);
}

static void handle_metrics(void *arg, struct request *request)
{
    struct serve *serve = arg;
    struct scrape *scrape = arena_new(request_arena(request), struct scrape);

    if (!queue_up(serve->queue)) { /* asking would wait for it */
        meter_queue(serve->metrics, NULL);
        write_metrics(serve, request);
        return;
    }
    *scrape = (struct scrape){ serve, request };
    queue_stats(serve->queue, on_stats, scrape);
}

/* ---- the process ---- */

static void on_redis(void *arg, bool up, const struct error *err)
{
    (void)arg;
    log_redis_news("endpoint", up, err);
}

static void on_drained(void *arg)
{
    struct serve *serve = arg;

    loop_stop(serve->loop);
}

static void on_signal(void *arg, int signal)
{
    struct serve *serve = arg;

    LOG(LOG_INFO, "stopping", LOG_I("signal", signal));
    notify_stopping();
    loop_timer_start(serve->loop, &serve->drain, DRAIN_MS, on_drained, serve);
    endpoint_drain(serve->endpoint, on_drained, serve);
}

int serve(const struct config *config, struct metrics *metrics, enum meters_of whose, int fd,
          int port)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
    struct serve self = { .config = config, .metrics = metrics, .whose = whose };
    const struct route routes[] = {
        { "POST", "/slack/commands", handle_command, &self, MAX_COMMAND,
          "application/x-www-form-urlencoded" },
        { "GET", "/healthz", handle_health, &self, 0, NULL },
        { "GET", "/readyz", handle_ready, &self, 0, NULL },
        { "GET", "/metrics", handle_metrics, &self, 0, NULL },
    };

    self.loop = loop_create();
    loop_signals(self.loop, signals, COUNT(signals), on_signal, &self);
    self.queue = queue_create(self.loop, &config->redis, NULL, on_redis, &self);
    self.cache = cache_create(self.loop, queue_redis(self.queue));
    self.signature = signature_create(config->slack_signing_secret);
    self.endpoint = endpoint_create(self.loop, fd, routes, COUNT(routes));
    LOG(LOG_INFO, "listening", LOG_S("host", config->listen.host), LOG_I("port", port));
    notify_ready(&self.notify, self.loop);

    loop_run(self.loop);

    notify_finish(&self.notify);
    loop_timer_stop(self.loop, &self.drain);
    /* Who still waits for Redis is answered by the queue's end, so the endpoint goes last. */
    cache_destroy(self.cache);
    queue_destroy(self.queue);
    endpoint_destroy(self.endpoint);
    signature_destroy(self.signature);
    loop_destroy(self.loop);
    return 0;
}
