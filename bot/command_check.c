/* `raiox check`: tries every configured thing, one after the other, a line each. */
#include "bot/commands.h"

#include "base/json.h"
#include "bot/oneshot.h"
#include "bot/reply.h"
#include "message/escape.h"

#include <stdio.h>
#include <string.h>

#define REDIS_MS 2000

struct check {
    struct oneshot oneshot;
    bool failed;
    bool waiting; /* for the answer to the one being tried */
    bool taken;   /* Redis took the write */
};

/* What an error says may be another's words: nothing in it moves the cursor. */
static void line(const char *state, const char *what, const char *words)
{
    scoped_arena struct arena *arena = arena_create();

    printf("%-5s %-11s %s\n", state, what, text_terminal(arena, words, 0));
    fflush(stdout);
}

static void told(struct check *check, const char *what, const struct error *err)
{
    if (!err) {
        line("ok", what, "answers");
        return;
    }
    const char *words = *err->user ? err->user : err->log;
    if (*err->user && *err->log) /* who mends it is to see what was said, too */
        words = arena_printf(check->oneshot.arena, "%s (%s)", err->user, err->log);
    line("FAIL", what, words);
    check->failed = true;
}

static void wait_for(struct check *check)
{
    while (check->waiting)
        loop_turn(check->oneshot.loop, 1000);
}

/* ---- Redis ---- */

static void on_write(void *arg, const redisReply *reply, const struct error *err)
{
    struct check *check = arg;

    (void)reply;
    check->waiting = false;
    check->taken = !err;
    check->failed = check->failed || err;
    if (err)
        line("FAIL", "redis",
             arena_printf(check->oneshot.arena,
                          "%s: see that it runs where REDIS_URL says, and lets "
                          "us write",
                          err->log));
    else
        line("ok", "redis", "takes a write");
}

static void on_setting(void *arg, const redisReply *reply, const struct error *err)
{
    struct check *check = arg;

    check->waiting = false;
    if (err || reply->type != REDIS_REPLY_ARRAY || reply->elements < 2)
        return; /* a managed Redis does not tell */
    const char *name = reply->element[0]->str, *value = reply->element[1]->str;
    if (!name || !value) /* no texts */
        return;
    if (strcmp(name, "appendonly") == 0 && strcmp(value, "yes") != 0)
        line("warn", "redis",
             "no append-only file: a restart of Redis loses accepted commands; "
             "set appendonly yes");
    if (strcmp(name, "maxmemory-policy") == 0 && strcmp(value, "noeviction") != 0)
        line("warn", "redis",
             "may evict the queue when memory is short; set maxmemory-policy "
             "noeviction");
}

static void ask_setting(struct check *check, const char *name)
{
    const struct bytes words[] = { BYTES("CONFIG"), BYTES("GET"), bytes_of(name) };

    check->waiting = true;
    redis_command(check->oneshot.redis, REDIS_MS, on_setting, check, COUNT(words), words);
    wait_for(check);
}

static void check_redis(struct check *check)
{
    const struct bytes words[] = { BYTES("SET"), BYTES("{raiox}:check"), BYTES("1"), BYTES("PX"),
                                   BYTES("1000") };

    if (!check->oneshot.redis) {
        line("-", "redis",
             "REDIS_URL is empty: `raiox run` starts a private one, serve and work "
             "need it set");
        return;
    }
    check->waiting = true;
    redis_command(check->oneshot.redis, REDIS_MS, on_write, check, COUNT(words), words);
    wait_for(check);
    if (check->taken) {
        ask_setting(check, "appendonly");
        ask_setting(check, "maxmemory-policy");
    }
}

/* ---- Monday and the platforms ---- */

struct probe {
    struct check *check;
    const char *what;
};

static void on_probe(void *arg, const struct error *err)
{
    struct probe *probe = arg;

    probe->check->waiting = false;
    told(probe->check, probe->what, err);
}

static void check_monday(struct check *check)
{
    struct oneshot *oneshot = &check->oneshot;
    struct probe probe = { check, "monday" };

    if (!oneshot->config.monday_token || !oneshot->config.monday_board_id) {
        line("FAIL", "monday",
             "MONDAY_API_TOKEN and MONDAY_BOARD_ID are needed: the board says who the clients are");
        check->failed = true;
        return;
    }
    check->waiting = true;
    monday_probe(reporter_monday(oneshot->reporter), oneshot->job, on_probe, &probe);
    wait_for(check);
}

static void check_platforms(struct check *check)
{
    struct oneshot *oneshot = &check->oneshot;
    size_t count = 0;
    const struct reporter_platform *platforms = reporter_platforms(oneshot->reporter, &count);

    for (size_t i = 0; i < count; i++) {
        struct probe probe = { check, platforms[i].platform->name };
        if (!platforms[i].configured) {
            line("-", probe.what, "not configured");
            continue;
        }
        check->waiting = true;
        platforms[i].platform->probe(platforms[i].state, oneshot->job, on_probe, &probe);
        wait_for(check);
    }
}

/* ---- Slack ---- */

static void on_slack(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct check *check = arg;
    struct bytes body = { answer->body, answer->body_len };
    struct error said = { 0 };

    check->waiting = false;
    enum reply_outcome outcome =
        err ? REPLY_UNKNOWN : reply_judge_message(answer->status, body, 0, &said);
    if (outcome == REPLY_TAKEN)
        line("ok", "slack", "answers");
    else if (outcome == REPLY_PROHIBITED)
        line("warn", "slack", "SLACK_BOT_TOKEN is refused: copy it anew from the app's OAuth page");
    else
        line("warn", "slack", err ? err->log : said.log);
}

/* Never more than a warning: without the token late answers alone are lost. */
static void check_slack(struct check *check)
{
    struct oneshot *oneshot = &check->oneshot;
    const struct config *config = &oneshot->config;

    if (!config->slack_signing_secret)
        line("-", "slack", "SLACK_SIGNING_SECRET is empty: `raiox serve` and `raiox run` need it");
    if (!config->slack_bot_token) {
        line("-", "slack",
             "SLACK_BOT_TOKEN is empty: answers that come too late are not delivered");
        return;
    }
    const char *const headers[] = {
        arena_printf(oneshot->arena, "Authorization: Bearer %s", config->slack_bot_token), NULL
    };
    const struct http_request request = {
        .method = "POST",
        .url = arena_printf(oneshot->arena, "%s/auth.test", config->slack_api_url),
        .headers = headers,
        .body = "",
    };
    check->waiting = true;
    http_send(reporter_http(oneshot->reporter), &request, on_slack, check);
    wait_for(check);
}

int command_check(int argc, char **argv)
{
    struct check check = { .failed = false };

    (void)argv;
    if (argc > 1)
        return command_usage("check", "no arguments");
    oneshot_begin(&check.oneshot, 0, REPORT_MS, false);
    check_redis(&check);
    check_monday(&check);
    check_platforms(&check);
    check_slack(&check);
    oneshot_end(&check.oneshot);
    return check.failed ? 1 : 0;
}
