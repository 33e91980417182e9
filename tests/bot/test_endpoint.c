/* The real `raiox serve` with a real Redis, spoken to over raw sockets. */
#include "tests/bot/serve_rig.h"
#include "tests/support/redis_server.h"

#include "base/attr.h"
#include "base/clock.h"
#include "queue/keys.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* A command is not waited for as long as anything else that is asked of Redis: five seconds. */
#define REDIS_WAIT_MS 5000
/* Of that, so much is waited for Redis to take it. */
#define ACCEPT_MS 1000
/* A server that stops waits so long for the first byte of who has just connected. */
#define NEWCOMER_MS 1000
/* The whole life of a request that does not end. */
#define REQUEST_MS 10000

static const char *program;

/* One Redis and one server for most tests; the queue is emptied before each. */
static struct redis_server *redis;
static struct serve_rig *rig;
static struct arena *arena;
static int serial;

static int begin_suite(void **state)
{
    (void)state;
    redis = redis_server_start(NULL);
    rig = serve_rig_start(program, redis->tcp_url, NULL, -1);
    return 0;
}

static int end_suite(void **state)
{
    (void)state;
    serve_rig_stop(rig);
    redis_server_stop(redis);
    return 0;
}

static void redis_do(const char *a, const char *b, const char *c)
{
    free(redis_server_ask(redis, (const char *const[]){ a, b, c, NULL }));
}

static int begin(void **state)
{
    (void)state;
    arena = arena_create();
    redis_do("FLUSHALL", NULL, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static int64_t queued(void)
{
    char *text = redis_server_ask(redis, (const char *const[]){ "XLEN", KEY_JOBS, NULL });
    int64_t count = strtoll(text, NULL, 10);

    free(text);
    return count;
}

/* A command that nobody sent before. */
static const char *fresh_body(const char *text)
{
    return rig_body(arena, arena_printf(arena, "%d.%d.fresh", (int)getpid(), ++serial), text);
}

static const char *fresh_command(void)
{
    return rig_command(arena, fresh_body(""));
}

static void assert_says(struct rig_answer answer, const char *word)
{
    if (answer.status != 200 || !strstr(answer.head, "application/json") ||
        !strstr(answer.body.data, "\"response_type\":\"ephemeral\"") ||
        !strstr(answer.body.data, word))
        fail_msg("%d %s%s: no ephemeral message with \"%s\"", answer.status, answer.head,
                 answer.body.data ? answer.body.data : "", word);
}

/* ---- what is well ---- */

static void a_command_is_accepted_and_its_channel_named(void **state)
{
    (void)state;
    assert_says(rig_ask(rig, arena, fresh_command()), "<#C0CLIENTE1>");
    assert_int_equal(queued(), 1);
}

static void a_name_is_named_and_harmless(void **state)
{
    (void)state;
    const char *body = fresh_body("A%C3%A7a%C3%AD+%26amp%3B+%3C%21channel%3E");
    struct rig_answer answer = rig_ask(rig, arena, rig_command(arena, body));

    assert_says(answer, "Açaí &amp; ");
    assert_null(strstr(answer.body.data, "<!channel>"));
}

static void help_is_answered_and_nothing_queued(void **state)
{
    (void)state;
    assert_says(rig_ask(rig, arena, rig_command(arena, fresh_body("ajuda"))), "/raiox");
    assert_says(rig_ask(rig, arena, rig_command(arena, fresh_body("+HELP+"))), "/raiox");
    assert_int_equal(queued(), 0);
}

static void the_same_trigger_five_times_is_one_job(void **state)
{
    (void)state;
    const char *request = rig_command(arena, fresh_body(""));
    int fds[5];

    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = rig_dial(rig);
        assert_true(rig_says(fds[i], request));
    }
    for (size_t i = 0; i < COUNT(fds); i++) {
        assert_says(rig_hear(arena, fds[i], false), "<#C0CLIENTE1>");
        close(fds[i]);
    }
    assert_int_equal(queued(), 1);
}

static void a_connection_serves_a_thousand_commands(void **state)
{
    (void)state;
    int fd = rig_dial(rig);

    for (int i = 0; i < 1000; i++) {
        scoped_arena struct arena *mine = arena_create();
        const char *trigger = arena_printf(mine, "keep.%d.%d", (int)getpid(), i);
        assert_true(rig_says(fd, rig_command(mine, rig_body(mine, trigger, ""))));
        assert_int_equal(rig_hear(mine, fd, false).status, 200);
    }
    close(fd);
    assert_int_equal(queued(), 1000);
}

static void requests_in_one_write_are_answered_in_order(void **state)
{
    (void)state;
    const char *names[] = { "um", "dois", "tres", "quatro", "cinco", "seis", "sete" };
    const char *all = "";
    int fd = rig_dial(rig);

    for (size_t i = 0; i < COUNT(names); i++)
        all = arena_printf(arena, "%s%s", all, rig_command(arena, fresh_body(names[i])));
    assert_true(rig_says(fd, all));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_says(rig_hear(arena, fd, false), names[i]);
    close(fd);
    assert_int_equal(queued(), COUNT(names));
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    const char *request = fresh_command();
    int fd = rig_dial(rig);

    for (size_t i = 0; request[i]; i++)
        assert_true(rig_say(fd, (struct bytes){ request + i, 1 }));
    assert_says(rig_hear(arena, fd, false), "<#C0CLIENTE1>");
    close(fd);
    assert_int_equal(queued(), 1);
}

static void ssl_check_is_answered_and_nothing_else_of_it_read(void **state)
{
    (void)state;
    const char *body = arena_printf(arena, "ssl_check=1&%s", fresh_body(""));
    struct rig_answer answer =
        rig_ask(rig, arena,
                arena_printf(arena,
                             "POST /slack/commands HTTP/1.1\r\nHost: x\r\nContent-Type: "
                             "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
                             strlen(body), body));

    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.len, 0);
    assert_int_equal(queued(), 0);
}

/* ---- refusals ---- */

enum signing {
    SIGN_WELL,
    SIGN_NOTHING,
    SIGN_ANOTHER_BODY,
    SIGN_IN_CAPITALS,
    SIGN_CUT_SHORT,
    SIGN_AS_V1,
    SIGN_TWICE,      /* the second is good, too */
    SIGN_GOOD_LATER, /* a wrong one, then a good one */
    STAMP_TWICE,
    STAMP_ABSENT,
    STAMP_IN_WORDS,
    STAMP_NEGATIVE,
    STAMP_OVERLONG,
    STAMP_EMPTY,
};

/* Cuts a header line off: "name: value\r\n". */
static const char *line_of(const char *headers, const char *name)
{
    const char *at = strstr(headers, name);

    return arena_strndup(arena, at, (size_t)(strchr(at, '\n') - at) + 1);
}

static const char *signed_as(enum signing signing, const char *body, int64_t skew_s)
{
    const char *good = rig_signature(arena, body, skew_s);
    char *stamp = arena_strdup(arena, line_of(good, "X-Slack-Request-Timestamp"));
    char *sign = arena_strdup(arena, line_of(good, "X-Slack-Signature"));
    const char *wrong = "X-Slack-Signature: v0=00112233445566778899aabbccddeeff"
                        "00112233445566778899aabbccddeeff\r\n";

    switch (signing) {
    case SIGN_WELL:
        return good;
    case SIGN_NOTHING:
        return "";
    case SIGN_ANOTHER_BODY:
        return rig_signature(arena, "another", skew_s);
    case SIGN_IN_CAPITALS:
        for (char *c = strstr(sign, "v0="); *c != '\r'; c++)
            *c = (char)(*c >= 'a' && *c <= 'f' ? *c - 32 : *c);
        return arena_printf(arena, "%s%s", stamp, sign);
    case SIGN_CUT_SHORT:
        return arena_printf(arena, "%s%.*s\r\n", stamp, (int)strlen(sign) - 4, sign);
    case SIGN_AS_V1:
        *(strstr(sign, "v0=") + 1) = '1';
        return arena_printf(arena, "%s%s", stamp, sign);
    case SIGN_TWICE:
        return arena_printf(arena, "%s%s%s", stamp, sign, sign);
    case SIGN_GOOD_LATER:
        return arena_printf(arena, "%s%s%s", stamp, wrong, sign);
    case STAMP_TWICE:
        return arena_printf(arena, "%s%s%s", stamp, stamp, sign);
    case STAMP_ABSENT:
        return sign;
    case STAMP_IN_WORDS:
        return arena_printf(arena, "X-Slack-Request-Timestamp: now\r\n%s", sign);
    case STAMP_NEGATIVE:
        return arena_printf(arena, "X-Slack-Request-Timestamp: -1\r\n%s", sign);
    case STAMP_OVERLONG:
        return arena_printf(arena, "X-Slack-Request-Timestamp: 99999999999999999999\r\n%s", sign);
    case STAMP_EMPTY:
        return arena_printf(arena, "X-Slack-Request-Timestamp:\r\n%s", sign);
    }
    return "";
}

#define FORM "application/x-www-form-urlencoded"

static const struct refusal {
    const char *why;
    int status;
    enum signing signing;
    int64_t skew_s;
    const char *type;   /* NULL: a form's */
    const char *body;   /* NULL: a good command's */
    const char *target; /* NULL: POST /slack/commands */
} refusals[] = {
    { "no signature", 401, SIGN_NOTHING, 0, NULL, NULL, NULL },
    { "another body's signature", 401, SIGN_ANOTHER_BODY, 0, NULL, NULL, NULL },
    { "a signature in capitals", 401, SIGN_IN_CAPITALS, 0, NULL, NULL, NULL },
    { "a signature cut short", 401, SIGN_CUT_SHORT, 0, NULL, NULL, NULL },
    { "a signature of version 1", 401, SIGN_AS_V1, 0, NULL, NULL, NULL },
    { "two signatures", 401, SIGN_TWICE, 0, NULL, NULL, NULL },
    { "two signatures, the second good", 401, SIGN_GOOD_LATER, 0, NULL, NULL, NULL },
    { "two timestamps", 401, STAMP_TWICE, 0, NULL, NULL, NULL },
    { "no timestamp", 401, STAMP_ABSENT, 0, NULL, NULL, NULL },
    { "a timestamp in words", 401, STAMP_IN_WORDS, 0, NULL, NULL, NULL },
    { "a negative timestamp", 401, STAMP_NEGATIVE, 0, NULL, NULL, NULL },
    { "a timestamp of twenty digits", 401, STAMP_OVERLONG, 0, NULL, NULL, NULL },
    { "an empty timestamp", 401, STAMP_EMPTY, 0, NULL, NULL, NULL },
    { "five minutes and more ago", 401, SIGN_WELL, -302, NULL, NULL, NULL },
    { "five minutes and more ahead", 401, SIGN_WELL, 302, NULL, NULL, NULL },
    { "bad escapes, not signed", 401, SIGN_NOTHING, 0, NULL, "text=%zz", NULL },
    { "ssl_check=1 inside a value", 401, SIGN_NOTHING, 0, NULL, "text=ssl_check=1", NULL },
    { "ssl_check=10", 401, SIGN_NOTHING, 0, NULL, "ssl_check=10&x=y", NULL },
    { "an empty body, not signed", 401, SIGN_NOTHING, 0, NULL, "", NULL },

    { "a bad escape", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&text=%zz", NULL },
    { "an escape cut off", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&text=%4", NULL },
    { "a byte that is no UTF-8", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&text=%ff", NULL },
    { "a surrogate", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&text=%ed%a0%80", NULL },
    { "an overlong form", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&text=%c0%af", NULL },
    { "a NUL", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&text=a%00b", NULL },
    { "a field twice", 400, SIGN_WELL, 0, NULL, "command=%2Fraiox&command=%2Fraiox", NULL },
    { "nothing", 400, SIGN_WELL, 0, NULL, "", NULL },
    { "an interaction", 400, SIGN_WELL, 0, NULL, "payload=%7B%22type%22%3A%22x%22%7D", NULL },
    { "a command without its slash", 400, SIGN_WELL, 0, NULL,
      "command=raiox&team_id=T1&channel_id=C1&user_id=U1&trigger_id=1"
      "&response_url=https%3A%2F%2Fhooks.slack.com%2Fx",
      NULL },
    { "no trigger_id", 400, SIGN_WELL, 0, NULL,
      "command=%2Fraiox&team_id=T1&channel_id=C1&user_id=U1"
      "&response_url=https%3A%2F%2Fhooks.slack.com%2Fx",
      NULL },
    { "no channel_id", 400, SIGN_WELL, 0, NULL,
      "command=%2Fraiox&team_id=T1&user_id=U1&trigger_id=1"
      "&response_url=https%3A%2F%2Fhooks.slack.com%2Fx",
      NULL },

    { "JSON", 415, SIGN_WELL, 0, "application/json", NULL, NULL },
    { "multipart", 415, SIGN_WELL, 0, "multipart/form-data; boundary=x", NULL, NULL },
    { "a type that begins as ours", 415, SIGN_WELL, 0, FORM "2", NULL, NULL },
    { "two types", 415, SIGN_WELL, 0, FORM "\r\nContent-Type: " FORM, NULL, NULL },
    { "another type, not signed", 415, SIGN_NOTHING, 0, "text/plain", NULL, NULL },

    { "no such place", 404, SIGN_WELL, 0, NULL, NULL, "POST /slack/command" },
    { "interactions", 404, SIGN_WELL, 0, NULL, NULL, "POST /slack/interactions" },
    { "the root", 404, SIGN_NOTHING, 0, "text/plain", NULL, "GET /" },
    { "a path that goes up", 404, SIGN_WELL, 0, NULL, NULL, "POST /x/../slack/commands" },
    { "GET of a command", 405, SIGN_WELL, 0, NULL, NULL, "GET /slack/commands" },
    { "HEAD of a command", 405, SIGN_WELL, 0, NULL, "", "HEAD /slack/commands" },
    { "PUT of a command", 405, SIGN_WELL, 0, NULL, NULL, "PUT /slack/commands" },
    { "a method in small letters", 405, SIGN_WELL, 0, NULL, NULL, "post /slack/commands" },
    { "POST to the probes", 405, SIGN_NOTHING, 0, NULL, NULL, "POST /healthz" },
    { "OPTIONS", 405, SIGN_NOTHING, 0, NULL, "", "OPTIONS /metrics" },
    { "a GET that brings a body", 413, SIGN_NOTHING, 0, NULL, NULL, "GET /healthz" },
};

static const char *refused_request(const struct refusal *row)
{
    const char *body = row->body ? row->body : fresh_body("marca-do-corpo");

    return arena_printf(arena,
                        "%s HTTP/1.1\r\nHost: x\r\n%sContent-Type: %s\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        row->target ? row->target : "POST /slack/commands",
                        signed_as(row->signing, body, row->skew_s), row->type ? row->type : FORM,
                        strlen(body), body);
}

static void what_is_wrong_is_refused_with_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        int fd = rig_dial(rig);
        bool bodyless = row->target && strncmp(row->target, "HEAD", 4) == 0;

        assert_true(rig_says(fd, refused_request(row)));
        struct rig_answer answer = rig_hear(arena, fd, bodyless);
        if (answer.status != row->status || answer.body.len != 0)
            fail_msg("%s: %d with %zu bytes", row->why, answer.status, answer.body.len);
        if (!rig_is_closed(fd))
            fail_msg("%s: the connection stays open", row->why);
        if (row->status == 405 && !strstr(answer.head, "\r\nAllow: "))
            fail_msg("%s: which methods are allowed is not said", row->why);
        if (queued() != 0)
            fail_msg("%s: was queued", row->why);
        close(fd);
    }
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

static void a_refusal_is_one_log_line_without_the_body(void **state)
{
    (void)state;
    size_t before = count_of(serve_rig_log(rig, arena), "\n");

    assert_int_equal(rig_ask(rig, arena, refused_request(&refusals[1])).status, 401);
    const char *log = serve_rig_log(rig, arena);
    assert_int_equal(count_of(log, "\n"), before + 1);
    assert_null(strstr(log, "marca-do-corpo"));
}

static void an_instant_within_five_minutes_is_taken(void **state)
{
    (void)state;
    static const int64_t skews_s[] = { -298, 298 };

    for (size_t i = 0; i < COUNT(skews_s); i++) {
        const char *body = fresh_body("");
        const char *request =
            arena_printf(arena,
                         "POST /slack/commands HTTP/1.1\r\nHost: x\r\n%sContent-Type: " FORM
                         "; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s",
                         rig_signature(arena, body, skews_s[i]), strlen(body), body);
        assert_int_equal(rig_ask(rig, arena, request).status, 200);
    }
    assert_int_equal(queued(), 2);
}

static const struct {
    const char *url;
    int status;
} response_urls[] = {
    { "https%3A%2F%2Fhooks.slack.com%2Fcommands%2Fx", 200 },
    { "https%3A%2F%2Fhooks.slack.com%2F", 200 },
    { "HTTPS%3A%2F%2FHooks.Slack.com%2Fx", 200 },
    { "https%3A%2F%2Fhooks.slack.com%2Fa+b", 400 },
    { "https%3A%2F%2Fhooks.slack.com%2Fx%0D%0AHost%3A+evil.example", 400 },
    { "https%3A%2F%2Fhooks.slack.com%2F%C3%A7", 400 },
    { "https%3A%2F%2Fevil.example%2Fcommands%2Fx", 400 },
    { "http%3A%2F%2Fhooks.slack.com%2Fcommands%2Fx", 400 },
    { "https%3A%2F%2Fhooks.slack.com.evil.example%2Fx", 400 },
    { "https%3A%2F%2Fhooks.slack.com%40evil.example%2Fx", 400 },
    { "https%3A%2F%2Fhooks.slack.com%3A444%2Fx", 400 },
    { "https%3A%2F%2Fevil.example%2Fhttps%3A%2F%2Fhooks.slack.com%2F", 400 },
    { "https%3A%2F%2Fhooks.slack.com%5C%40evil.example%2Fx", 400 },
    { "https%3A%2F%2Fevil.example%23%40hooks.slack.com%2F", 400 },
    { "https%3A%2F%2Fhooks.slack.com%0D%0AX%3A+y%2F", 400 },
    { "file%3A%2F%2F%2Fetc%2Fpasswd", 400 },
    { "hooks.slack.com%2Fx", 400 },
    { "http%3A%2F%2F127.0.0.1%3A6379%2F", 400 },
    { "http%3A%2F%2F169.254.169.254%2F", 400 },
    { "", 400 },
};

static void only_slacks_own_origin_may_be_answered_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(response_urls); i++) {
        const char *body = arena_printf(arena,
                                        "command=%%2Fraiox&team_id=T1&channel_id=C1&user_id=U1"
                                        "&trigger_id=url.%zu&text=&response_url=%s",
                                        i, response_urls[i].url);
        int status = rig_ask(rig, arena, rig_command(arena, body)).status;
        if (status != response_urls[i].status)
            fail_msg("%s: %d", response_urls[i].url, status);
    }
    assert_int_equal(queued(), 3);
    assert_non_null(strstr(serve_rig_log(rig, arena), "response_url of a foreign origin"));
}

static void another_workspaces_command_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *why, *body;
        int status;
    } cases[] = {
        { "another team", "command=%2Fraiox&team_id=T0OTHER", 403 },
        { "no team", "command=%2Fraiox", 403 },
        { "another team with a foreign response_url",
          "command=%2Fraiox&team_id=T0OTHER&response_url=https%3A%2F%2Fevil.example", 403 },
        { "ours, but no command", "team_id=T0RAIOX01", 400 },
        { "bad escapes come first", "team_id=T0OTHER&x=%zz", 400 },
    };
    struct serve_rig *strict = serve_rig_start(
        program, redis->tcp_url, (const char *const[]){ "SLACK_TEAM_ID=T0RAIOX01", NULL }, -1);

    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = rig_ask(strict, arena, rig_command(arena, cases[i].body)).status;
        if (status != cases[i].status)
            fail_msg("%s: %d", cases[i].why, status);
    }
    assert_int_equal(queued(), 0);
    assert_int_equal(rig_ask(strict, arena, fresh_command()).status, 200);
    assert_int_equal(queued(), 1);
    serve_rig_stop(strict);
}

/* ---- sizes ---- */

static const char *padded_body(size_t len)
{
    const char *start = fresh_body("");
    char *padding = arena_alloc(arena, len + 1);

    memset(padding, 'x', len);
    padding[len - strlen(start) - strlen("&more=")] = '\0';
    return arena_printf(arena, "%s&more=%s", start, padding);
}

static void a_body_of_64_kib_is_taken_and_a_byte_more_refused(void **state)
{
    (void)state;
    const char *most = padded_body(65536), *more = padded_body(65537);

    assert_int_equal(strlen(most), 65536);
    assert_int_equal(rig_ask(rig, arena, rig_command(arena, most)).status, 200);
    assert_int_equal(queued(), 1);

    int fd = rig_dial(rig);
    assert_true(rig_says(fd, rig_command(arena, more)));
    assert_int_equal(rig_hear(arena, fd, false).status, 413);
    assert_true(rig_is_closed(fd));
    close(fd);
    assert_int_equal(queued(), 1);
}

static void who_sends_a_megabyte_hears_the_refusal(void **state)
{
    (void)state;
    assert_int_equal(rig_ask(rig, arena, rig_command(arena, padded_body(1024 * 1024))).status, 413);
}

static void a_gigabyte_is_refused_by_its_announcement(void **state)
{
    (void)state;
    static const char *const lengths[] = { "1073741824", "9223372036854775807" };

    for (size_t i = 0; i < COUNT(lengths); i++) {
        int fd = rig_dial(rig);
        assert_true(
            rig_says(fd, arena_printf(arena,
                                      "POST /slack/commands HTTP/1.1\r\nHost: x\r\n"
                                      "Content-Type: " FORM "\r\nContent-Length: %s\r\n\r\n",
                                      lengths[i])));
        assert_int_equal(rig_hear(arena, fd, false).status, 413);
        assert_true(rig_is_closed(fd));
        close(fd);
    }
}

static void a_truncated_request_is_nothing(void **state)
{
    (void)state;
    const char *request = fresh_command();
    size_t head = (size_t)(strstr(request, "\r\n\r\n") - request) + 4;
    const size_t cuts[] = { 1, 20, head - 1, head, head + 1, strlen(request) - 1 };
    int fds[COUNT(cuts)];

    /* An end that comes together with bytes is seen by the deadline alone: all wait for it at once.
     */
    for (size_t i = 0; i < COUNT(cuts); i++) {
        fds[i] = rig_dial(rig);
        assert_true(rig_say(fds[i], (struct bytes){ request, cuts[i] }));
        shutdown(fds[i], SHUT_WR);
    }
    for (size_t i = 0; i < COUNT(cuts); i++) {
        const char *heard = rig_hear_end(arena, fds[i]);
        if (!heard || strstr(heard, "HTTP/1.1 200"))
            fail_msg("cut at %zu: %s", cuts[i], heard ? heard : "stays open");
        close(fds[i]);
    }
    assert_int_equal(queued(), 0);
}

static void broken_headers_are_refused(void **state)
{
    (void)state;
    char *large = arena_alloc(arena, 20001);
    memset(large, 'a', 20000);
    const char *const requests[] = {
        arena_printf(arena, "GET /healthz HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", large),
        arena_printf(arena, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", large),
        "GET /healthz HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
    };

    int fds[COUNT(requests)];

    for (size_t i = 0; i < COUNT(requests); i++) {
        fds[i] = rig_dial(rig);
        rig_says(fds[i], requests[i]);
    }
    for (size_t i = 0; i < COUNT(requests); i++) {
        const char *heard = rig_hear_end(arena, fds[i]);
        if (!heard || strstr(heard, "HTTP/1.1 200"))
            fail_msg("request %zu: %s", i, heard ? heard : "the connection stays open");
        close(fds[i]);
    }
}

/* ---- framing: the rest of the bytes is never a request ---- */

/* 400, or closed without a word. libmicrohttpd 0.9.75 answers some of them by itself, and then
 * writes the head of its answer twice. */
static const struct {
    const char *why, *headers;
} smugglers[] = {
    { "two lengths", "Content-Length: 0\r\nContent-Length: %zu\r\n" },
    { "two lengths, the other way", "Content-Length: %zu\r\nContent-Length: 0\r\n" },
    { "one length twice", "Content-Length: %zu\r\nContent-Length: %1$zu\r\n" },
    { "lengths in one line", "Content-Length: 0, %zu\r\n" },
    { "a length with a plus", "Content-Length: +%zu\r\n" },
    { "a negative length", "Content-Length: -%zu\r\n" },
    { "a length in words", "Content-Length: all\r\n" },
    { "a length with a tail", "Content-Length: %zux\r\n" },
    { "an empty length", "Content-Length:\r\n" },
    { "chunked", "Transfer-Encoding: chunked\r\n" },
    { "chunked and a length", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" },
    { "an encoding that nobody knows", "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n" },
    { "identity", "Transfer-Encoding: identity\r\nContent-Length: 0\r\n" },
    { "a blank before the colon", "Content-Length : %zu\r\n" },
    { "a tab before the colon", "Content-Length\t: %zu\r\n" },
    { "a blank in another name", "X Y: z\r\nContent-Length: 0\r\n" },
    { "a blank before chunked's colon", "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n" },
    { "two lengths in small letters", "content-length: 0\r\ncontent-length: %zu\r\n" },
};

static void broken_framing_is_400_and_closed(void **state)
{
    (void)state;
    const char *inner = fresh_command(); /* good in itself: it must never be seen */

    for (size_t i = 0; i < COUNT(smugglers); i++) {
        char headers[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        snprintf(headers, sizeof(headers), smugglers[i].headers, strlen(inner));
#pragma GCC diagnostic pop
        int fd = rig_dial(rig);
        assert_true(rig_says(fd, arena_printf(arena,
                                              "POST /slack/commands HTTP/1.1\r\nHost: x\r\n"
                                              "Content-Type: " FORM "\r\n%s%s\r\n%s",
                                              rig_signature(arena, "", 0), headers, inner)));
        struct rig_answer answer = rig_hear(arena, fd, false);
        if (answer.status != 400 && answer.status != 0)
            fail_msg("%s: %d", smugglers[i].why, answer.status);
        const char *rest = rig_hear_end(arena, fd);
        if (!rest || strstr(rest, "HTTP/1.1 200"))
            fail_msg("%s: the connection stays open, or answers again", smugglers[i].why);
        if (queued() != 0)
            fail_msg("%s: the rest was taken for a request", smugglers[i].why);
        close(fd);
    }
}

/* ---- probes ---- */

static void the_probes_answer(void **state)
{
    (void)state;
    assert_int_equal(rig_get(rig, arena, "/healthz").status, 200);
    assert_int_equal(rig_get(rig, arena, "/readyz").status, 200);

    struct rig_answer before = rig_get(rig, arena, "/metrics");
    assert_int_equal(before.status, 200);
    assert_non_null(strstr(before.head, "text/plain; version=0.0.4"));
    assert_non_null(strstr(before.body.data, "raiox_commands_total{result=\"accepted\"} "));
    assert_non_null(strstr(before.body.data, "raiox_commands_total{result=\"refused\"} "));
    assert_non_null(strstr(before.body.data, "raiox_ack_seconds_count "));
    assert_null(strstr(before.body.data, "raiox_upstream_requests_total")); /* the pool's */

    assert_int_equal(rig_ask(rig, arena, fresh_command()).status, 200);
    assert_non_null(strstr(rig_get(rig, arena, "/metrics").body.data, "raiox_jobs_waiting 1\n"));
}

static void head_is_get_without_a_body(void **state)
{
    (void)state;
    static const char *const paths[] = { "/healthz", "/readyz", "/metrics" };

    for (size_t i = 0; i < COUNT(paths); i++) {
        int fd = rig_dial(rig);
        assert_true(
            rig_says(fd, arena_printf(arena, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i])));
        assert_non_null(strstr(rig_hear(arena, fd, true).head, "HTTP/1.1 200"));
        assert_true(rig_says(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_int_equal(rig_hear(arena, fd, false).status, 200);
        close(fd);
    }
}

/* ---- Redis away ---- */

/* Asks until it is so: the server notices by itself, when it notices. */
static void wait_for_readiness(const struct serve_rig *of, int status)
{
    int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;

    while (rig_get(of, arena, "/readyz").status != status)
        if (clock_mono_ms() > end_ms)
            fail_msg("/readyz does not become %d", status);
}

static void assert_not_accepted_in_time(const struct serve_rig *of)
{
    int64_t began_ms = clock_mono_ms();

    assert_says(rig_ask(of, arena, fresh_command()), "aceito");
    assert_in_range(clock_mono_ms() - began_ms, 0, REDIS_WAIT_MS - 1);
}

static void redis_away_is_said_and_survived(void **state)
{
    (void)state;
    struct redis_server *own = redis_server_start(NULL);
    redis_server_kill(own);
    struct serve_rig *serve = serve_rig_start(program, own->tcp_url, NULL, -1);

    assert_int_equal(rig_get(serve, arena, "/healthz").status, 200);
    struct rig_answer ready = rig_get(serve, arena, "/readyz");
    assert_int_equal(ready.status, 503);
    assert_int_equal(count_of(ready.body.data, "\n"), 1);
    assert_not_accepted_in_time(serve);
    assert_int_equal(rig_get(serve, arena, "/metrics").status, 200);

    redis_server_restart(own);
    wait_for_readiness(serve, 200);
    assert_says(rig_ask(serve, arena, fresh_command()), "<#C0CLIENTE1>");

    redis_server_freeze(own);
    assert_not_accepted_in_time(serve);
    assert_int_equal(rig_get(serve, arena, "/healthz").status, 200);
    assert_int_equal(rig_get(serve, arena, "/readyz").status, 503);
    redis_server_thaw(own);
    wait_for_readiness(serve, 200);

    redis_server_kill(own);
    assert_not_accepted_in_time(serve);
    assert_int_equal(rig_get(serve, arena, "/readyz").status, 503);
    redis_server_restart(own);
    wait_for_readiness(serve, 200);
    assert_says(rig_ask(serve, arena, fresh_command()), "<#C0CLIENTE1>");
    serve_rig_stop(serve);
    redis_server_stop(own);
}

static void a_redis_that_refuses_is_said(void **state)
{
    (void)state;
    free(redis_server_ask(redis, (const char *const[]){ "CONFIG", "SET", "maxmemory", "1", NULL }));
    struct rig_answer answer = rig_ask(rig, arena, fresh_command());
    struct rig_answer ready = rig_get(rig, arena, "/readyz");
    free(redis_server_ask(redis, (const char *const[]){ "CONFIG", "SET", "maxmemory", "0", NULL }));

    assert_says(answer, "não pôde ser aceito");
    assert_int_equal(ready.status, 503);
    assert_non_null(strstr(ready.body.data, "OOM"));
    assert_says(rig_ask(rig, arena, fresh_command()), "<#C0CLIENTE1>");
}

/* ---- clients that leave, time out and reuse while their requests wait for Redis ---- */

/* What a client does while its request sleeps. */
enum leaving { STAYS, CLOSES, RESETS, HALF_CLOSES, SENDS_ANOTHER, WAYS };

static void act(int *fd, enum leaving way)
{
    const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

    switch (way) {
    case RESETS:
        setsockopt(*fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        close(*fd);
        *fd = -1;
        break;
    case CLOSES:
        close(*fd);
        *fd = -1;
        break;
    case HALF_CLOSES:
        shutdown(*fd, SHUT_WR);
        break;
    case SENDS_ANOTHER:
        assert_true(rig_says(*fd, fresh_command()));
        break;
    case STAYS:
    case WAYS:
        break;
    }
}

/* The server has read all that was sent: it answers a probe that came after it. */
static void let_it_read(const struct serve_rig *of)
{
    assert_int_equal(rig_get(of, arena, "/healthz").status, 200);
}

static void a_round_of_leavers(bool until_the_time_is_over)
{
    int fds[20 * WAYS];

    redis_server_freeze(redis);
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = rig_dial(rig);
        assert_true(rig_says(fds[i], fresh_command()));
    }
    let_it_read(rig);
    for (size_t i = 0; i < COUNT(fds); i++)
        act(&fds[i], (enum leaving)(i % WAYS));
    let_it_read(rig);
    if (!until_the_time_is_over)
        redis_server_thaw(redis);
    for (size_t i = 0; i < COUNT(fds); i++) {
        for (int n = 0; fds[i] >= 0 && n < (i % WAYS == SENDS_ANOTHER ? 2 : 1); n++)
            if (i % WAYS != HALF_CLOSES)
                assert_int_equal(rig_hear(arena, fds[i], false).status, 200);
        if (fds[i] >= 0)
            close(fds[i]);
    }
    if (until_the_time_is_over)
        redis_server_thaw(redis);
    wait_for_readiness(rig, 200);
}

static void clients_may_leave_while_their_requests_sleep(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        a_round_of_leavers(false);
    a_round_of_leavers(true);
    a_round_of_leavers(false);
    assert_says(rig_ask(rig, arena, fresh_command()), "<#C0CLIENTE1>");
}

/* ---- many who never finish ---- */

#define LORIS 500

static size_t loris_left(int *fds)
{
    size_t left = 0;

    for (size_t i = 0; i < LORIS; i++) {
        if (fds[i] >= 0 && !rig_says(fds[i], "x")) {
            close(fds[i]);
            fds[i] = -1;
        }
        left += fds[i] >= 0;
    }
    return left;
}

static void honest_commands_are_answered_beside_500_that_never_end(void **state)
{
    (void)state;
    static int fds[LORIS];
    const char *request = fresh_command();
    size_t head = (size_t)(strstr(request, "\r\n\r\n") - request) + 4;
    int64_t began_ms = clock_mono_ms();
    int honest = 0;

    for (size_t i = 0; i < LORIS; i++) { /* some in their headers, some in their bodies */
        fds[i] = rig_dial(rig);
        assert_true(rig_say(fds[i], (struct bytes){ request, i % 2 ? head / 2 : head + 5 }));
    }
    /* A byte each now and then keeps them from being idle; a deadline ends them all. */
    while (loris_left(fds) > 0) {
        for (int i = 0; i < 50; i++, honest++) {
            scoped_arena struct arena *mine = arena_create();
            const char *trigger = arena_printf(mine, "loris.%d.%d", (int)getpid(), honest);
            assert_says(rig_ask(rig, mine, rig_command(mine, rig_body(mine, trigger, ""))),
                        "<#C0CLIENTE1>");
        }
        /* None of the honest had to wait for the end of the others. */
        assert_true(honest > 50 || loris_left(fds) == LORIS ||
                    clock_mono_ms() - began_ms >= REQUEST_MS);
        assert_in_range(clock_mono_ms() - began_ms, 0, RIG_PATIENCE_MS);
        poll(NULL, 0, 100); /* one byte ten times a second is slow enough */
    }
    assert_true(clock_mono_ms() - began_ms >= REQUEST_MS - 1000);
    assert_int_equal(queued(), honest);
}

/* A shell that starts the program with so few descriptors. */
static const char *with_512_descriptors(void)
{
    char path[] = "/tmp/raiox-serve-few-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    char *real = realpath(program, NULL);

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nulimit -n 512\nexec '%s' \"$@\"\n", real);
    assert_int_equal(fchmod(fd, 0700), 0);
    fclose(file);
    free(real);
    return arena_strdup(arena, path);
}

/* 512 descriptors leave room for 256 connections. */
static void when_all_places_are_taken_the_oldest_incomplete_makes_way(void **state)
{
    (void)state;
    const char *script = with_512_descriptors();
    struct serve_rig *small = serve_rig_start(script, redis->tcp_url, NULL, -1);
    int loris[400], kept = rig_dial(small);

    assert_true(rig_says(kept, fresh_command()));
    assert_int_equal(rig_hear(arena, kept, false).status, 200);
    for (size_t i = 0; i < COUNT(loris); i++) {
        loris[i] = rig_dial(small);
        rig_says(loris[i], "POST /slack/commands HTTP/1.1\r\nHo");
        if (i % 20 == 0)
            assert_says(rig_ask(small, arena, fresh_command()), "<#C0CLIENTE1>");
    }
    assert_true(rig_is_closed(loris[0]));         /* long before its deadline */
    assert_true(rig_says(kept, fresh_command())); /* who owes nothing stays */
    assert_says(rig_hear(arena, kept, false), "<#C0CLIENTE1>");
    for (size_t i = 0; i < COUNT(loris); i++)
        close(loris[i]);
    close(kept);
    serve_rig_stop(small);
    unlink(script);
}

static void when_all_are_idle_the_longest_idle_makes_way(void **state)
{
    (void)state;
    const char *script = with_512_descriptors();
    struct serve_rig *small = serve_rig_start(script, redis->tcp_url, NULL, -1);
    int idle[300];

    for (size_t i = 0; i < COUNT(idle); i++) {
        idle[i] = rig_dial(small);
        assert_true(rig_says(idle[i], "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_int_equal(rig_hear(arena, idle[i], false).status, 200);
    }
    assert_true(rig_is_closed(idle[0]));
    assert_says(rig_ask(small, arena, fresh_command()), "<#C0CLIENTE1>");
    for (size_t i = 0; i < COUNT(idle); i++)
        close(idle[i]);
    serve_rig_stop(small);
    unlink(script);
}

/* ---- the end ---- */

/* false: the machine was too busy; those who waited had their no before Redis was back. */
static bool term_with_commands_that_wait(void)
{
    struct redis_server *own = redis_server_start(NULL);
    struct serve_rig *serve = serve_rig_start(program, own->tcp_url, NULL, -1);
    int idle = rig_dial(serve), half = rig_dial(serve), fds[20];
    const char *last = fresh_command();

    assert_true(rig_says(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(rig_hear(arena, idle, false).status, 200);
    assert_true(rig_say(half, (struct bytes){ last, strlen(last) / 2 }));
    redis_server_freeze(own);
    int64_t frozen_ms = clock_mono_ms();
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = rig_dial(serve);
        assert_true(rig_says(fds[i], fresh_command()));
    }
    let_it_read(serve);
    kill(serve->pid, SIGTERM);
    redis_server_thaw(own);
    bool in_time = clock_mono_ms() - frozen_ms < ACCEPT_MS / 2;
    for (size_t i = 0; i < COUNT(fds); i++) {
        struct rig_answer answer = rig_hear(arena, fds[i], false);
        assert_says(answer, in_time ? "<#C0CLIENTE1>" : "");
        close(fds[i]);
    }
    assert_true(rig_says(half, last + strlen(last) / 2));
    assert_says(rig_hear(arena, half, false), in_time ? "<#C0CLIENTE1>" : "");
    serve_rig_wait(serve);
    assert_true(rig_is_closed(idle));
    assert_int_equal(rig_dial_host(serve, "127.0.0.1"), -1);
    close(idle);
    close(half);
    serve_rig_stop(serve);
    redis_server_stop(own);
    return in_time;
}

static void term_answers_what_was_accepted(void **state)
{
    int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;

    (void)state;
    while (!term_with_commands_that_wait())
        assert_true(clock_mono_ms() < end_ms);
}

static void term_answers_whom_the_kernel_let_in(void **state)
{
    (void)state;
    struct serve_rig *serve = serve_rig_start(program, redis->tcp_url, NULL, -1);
    int fds[50];

    kill(serve->pid, SIGSTOP);
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = rig_dial(serve);
        assert_true(rig_says(fds[i], fresh_command()));
    }
    kill(serve->pid, SIGTERM);
    kill(serve->pid, SIGCONT);
    for (size_t i = 0; i < COUNT(fds); i++) {
        struct rig_answer answer = rig_hear(arena, fds[i], false);
        if (answer.status != 200)
            fail_msg("connection %zu: %d", i, answer.status);
        close(fds[i]);
    }
    serve_rig_stop(serve);
    assert_int_equal(queued(), COUNT(fds));
}

/* false: the machine was too busy; who had connected said nothing for too long. */
static bool term_with_a_newcomer(void)
{
    struct serve_rig *serve = serve_rig_start(program, redis->tcp_url, NULL, -1);
    int64_t dialled_ms = clock_mono_ms();
    int fd = rig_dial(serve), probe;

    let_it_read(serve);
    kill(serve->pid, SIGTERM);
    while ((probe = rig_dial_host(serve, "127.0.0.1")) >= 0) /* until nobody else is let in */
        close(probe);
    rig_says(fd, fresh_command());
    bool in_time = clock_mono_ms() - dialled_ms < NEWCOMER_MS / 2;
    struct rig_answer answer = rig_hear(arena, fd, false);
    if (in_time)
        assert_says(answer, "<#C0CLIENTE1>");
    close(fd);
    serve_rig_stop(serve);
    return in_time;
}

static void term_waits_for_who_has_just_connected(void **state)
{
    int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;

    (void)state;
    while (!term_with_a_newcomer())
        assert_true(clock_mono_ms() < end_ms);
}

static void term_ends_although_redis_is_silent(void **state)
{
    (void)state;
    struct redis_server *own = redis_server_start(NULL);
    struct serve_rig *serve = serve_rig_start(program, own->tcp_url, NULL, -1);
    int command = rig_dial(serve), metrics = rig_dial(serve), loris = rig_dial(serve);

    wait_for_readiness(serve, 200);
    redis_server_freeze(own);
    assert_true(rig_says(command, fresh_command()));
    assert_true(rig_says(metrics, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_true(rig_says(loris, "POST /slack/commands HTTP/1.1\r\nHo"));
    let_it_read(serve);
    kill(serve->pid, SIGTERM);
    assert_says(rig_hear(arena, command, false), "aceito");
    serve_rig_wait(serve); /* who is silent is silent still */
    close(command);
    close(metrics);
    close(loris);
    serve_rig_stop(serve);
    redis_server_stop(own);
}

/* ---- where it listens ---- */

static void both_families_are_listened_on(void **state)
{
    (void)state;
    static const char *const hosts[] = { "127.0.0.1", "::1" };
    struct serve_rig *serve = serve_rig_start(
        program, redis->unix_url, (const char *const[]){ "RAIOX_LISTEN=[::]:0", NULL }, -1);

    for (size_t i = 0; i < COUNT(hosts); i++) {
        int fd = rig_dial_host(serve, hosts[i]);
        assert_true(fd >= 0);
        assert_true(rig_says(fd, fresh_command()));
        assert_int_equal(rig_hear(arena, fd, false).status, 200);
        close(fd);
    }
    assert_int_equal(queued(), 2);
    serve_rig_stop(serve);
}

static void a_socket_that_is_handed_down_is_taken(void **state)
{
    (void)state;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 16) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    struct serve_rig *serve = serve_rig_start(program, redis->tcp_url, NULL, fd);
    assert_int_equal(serve->port, ntohs(at.sin_port));
    assert_int_equal(rig_ask(serve, arena, fresh_command()).status, 200);
    serve_rig_stop(serve);
    close(fd);
}

static void no_secret_is_logged(void **state)
{
    (void)state;
    const char *log = serve_rig_log(rig, arena);

    assert_non_null(strstr(log, "command accepted"));
    assert_null(strstr(log, RIG_SECRET));
    assert_null(strstr(log, "AbCdEfGhIjKlMnOpQrStUvWx"));
    assert_null(strstr(log, "evil.example"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_accepted_and_its_channel_named),
        TEST(a_name_is_named_and_harmless),
        TEST(help_is_answered_and_nothing_queued),
        TEST(the_same_trigger_five_times_is_one_job),
        TEST(a_connection_serves_a_thousand_commands),
        TEST(requests_in_one_write_are_answered_in_order),
        TEST(a_request_may_come_byte_by_byte),
        TEST(ssl_check_is_answered_and_nothing_else_of_it_read),
        TEST(what_is_wrong_is_refused_with_its_status),
        TEST(a_refusal_is_one_log_line_without_the_body),
        TEST(an_instant_within_five_minutes_is_taken),
        TEST(only_slacks_own_origin_may_be_answered_to),
        TEST(another_workspaces_command_is_refused),
        TEST(a_body_of_64_kib_is_taken_and_a_byte_more_refused),
        TEST(who_sends_a_megabyte_hears_the_refusal),
        TEST(a_gigabyte_is_refused_by_its_announcement),
        TEST(a_truncated_request_is_nothing),
        TEST(broken_headers_are_refused),
        TEST(broken_framing_is_400_and_closed),
        TEST(the_probes_answer),
        TEST(head_is_get_without_a_body),
        TEST(redis_away_is_said_and_survived),
        TEST(a_redis_that_refuses_is_said),
        TEST(clients_may_leave_while_their_requests_sleep),
        TEST(honest_commands_are_answered_beside_500_that_never_end),
        TEST(when_all_places_are_taken_the_oldest_incomplete_makes_way),
        TEST(when_all_are_idle_the_longest_idle_makes_way),
        TEST(term_answers_what_was_accepted),
        TEST(term_answers_whom_the_kernel_let_in),
        TEST(term_waits_for_who_has_just_connected),
        TEST(term_ends_although_redis_is_silent),
        TEST(both_families_are_listened_on),
        TEST(a_socket_that_is_handed_down_is_taken),
        TEST(no_secret_is_logged),
    };

    if (argc != 2) {
        fprintf(stderr, "takes the path of raiox\n");
        return 2;
    }
    program = argv[1];
    return cmocka_run_group_tests(tests, begin_suite, end_suite);
}
