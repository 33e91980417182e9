#include "base/clock.h"
#include "base/redis.h"
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the resolver ---- */

/*
 * libc's resolver as it is where the name servers are away: one name that it holds on to until
 * names_answered is unlocked. Others go to libc.
 */
static pthread_mutex_t names_answered = PTHREAD_MUTEX_INITIALIZER;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    bool slow = name && strcmp(name, "slow.test") == 0;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (slow) {
        pthread_mutex_lock(&names_answered);
        pthread_mutex_unlock(&names_answered);
    }
    return real(slow ? "localhost" : name, service, hints, ret);
}

/* ---- addresses ---- */

static void an_address_is_host_or_path_with_a_database(void **state)
{
    static const struct {
        const char *url;
        struct redis_address want;
    } rows[] = {
        { "redis://localhost", { .host = "localhost", .port = 6379 } },
        { "redis://localhost/", { .host = "localhost", .port = 6379 } },
        { "redis://10.0.0.1:7000/15", { .host = "10.0.0.1", .port = 7000, .db = 15 } },
        { "redis://[::1]:7000/0", { .host = "::1", .port = 7000 } },
        { "redis://:secret@h:1", { .host = "h", .port = 1, .password = "secret" } },
        { "redis://u:p%40ss%2F@h/2",
          { .host = "h", .port = 6379, .user = "u", .password = "p@ss/", .db = 2 } },
        { "unix:///run/redis.sock", { .path = "/run/redis.sock" } },
        { "unix:///run/redis.sock?db=3", { .path = "/run/redis.sock", .db = 3 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct redis_address *want = &rows[i].want;
        struct redis_address got;
        struct error err = { 0 };
        if (!redis_address_parse(rows[i].url, &got, &err) || strcmp(got.host, want->host) != 0 ||
            got.port != want->port || strcmp(got.path, want->path) != 0 ||
            strcmp(got.user, want->user) != 0 || strcmp(got.password, want->password) != 0 ||
            got.db != want->db || got.tls)
            fail_msg("%s: %s", rows[i].url, err.log);
    }
}

static void what_is_no_address_is_refused_without_repeating_it(void **state)
{
    static const char *const urls[] = {
        NULL,
        "",
        "secret",
        "http://secret:6379",
        "redis:/secret",
        "redis://",
        "redis:///0",
        "redis://:6379",
        "redis://h:0/secret",
        "redis://h:65536",
        "redis://h:port",
        "redis://h:-1",
        "redis://h/secret",
        "redis://h/-1",
        "redis://h/1/2",
        "redis://h/999999",
        "redis://h/1?x=secret",
        "redis://h/1#secret",
        "redis://secret@h",
        "redis://:secret%0a@h",
        "redis://secret%00:x@h",
        "redis://u:secret word@h",
        "redis://u:secret\n@h",
        "redis://u:%zz@@h h",
        "unix://",
        "unix:///",
        "unix://relative",
        "unix:///p?db=",
        "unix:///p?db=x",
        "unix:///p?db=1&x=2",
        "unix:///p?secret=1",
        "unix:///p#1",
        "unix:///0123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567890123456789012345678901234567890123456789",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct redis_address got = { .port = 42 };
        struct error err = { 0 };
        if (redis_address_parse(urls[i], &got, &err))
            fail_msg("\"%s\" was taken", urls[i]);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_non_null(strstr(err.log, "redis"));
        assert_null(strstr(err.log, "secret"));
        assert_int_equal(got.port, 42);
    }
}

static void tls_is_taken_where_hiredis_has_it_and_explained_elsewhere(void **state)
{
    struct redis_address got = { 0 };
    struct error err = { 0 };

    (void)state;
    if (redis_address_parse("rediss://u:secret@h:6380/1", &got, &err)) {
        assert_true(got.tls);
        return;
    }
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_non_null(strstr(err.log, "hiredis_ssl"));
    assert_null(strstr(err.log, "secret"));
}

/* ---- one connection ---- */

static struct loop *loop;
static struct redis *redis;

static struct {
    int ups, downs;
    struct error err;
} seen;

static void on_state(void *arg, bool up, const struct error *err)
{
    (void)arg;
    assert_int_equal(up, err == NULL);
    seen.ups += up;
    seen.downs += !up;
    if (err)
        seen.err = *err;
    loop_stop(loop);
}

static void begin(const char *url)
{
    struct redis_address address;
    struct error err = { 0 };

    memset(&seen, 0, sizeof(seen));
    loop = loop_create();
    assert_true(redis_address_parse(url, &address, &err));
    redis = redis_create(loop, &address, "raiox-test", on_state, NULL);
    assert_int_equal(seen.ups + seen.downs, 0);
}

static void begin_up(const char *url)
{
    begin(url);
    loop_run(loop);
    assert_int_equal(seen.ups, 1);
    assert_true(redis_up(redis));
}

static void end(void)
{
    redis_destroy(redis);
    loop_destroy(loop);
    redis = NULL;
}

static void on_late(void *arg)
{
    (void)arg;
    fail_msg("it took too long");
}

/* Longer than anything here takes on a busy machine. */
#define PATIENCE_MS 60000

/* Turns until *number is at least wanted. */
static void until(const int *number, int wanted)
{
    struct loop_timer late = { 0 };

    loop_timer_start(loop, &late, PATIENCE_MS, on_late, NULL);
    while (*number < wanted)
        loop_turn(loop, 1000);
    loop_timer_stop(loop, &late);
}

struct got {
    int calls;
    int type;
    long long integer;
    char text[200];
    enum err_kind kind;
    char log[400];
};
static int answers;

static void on_reply(void *arg, const redisReply *reply, const struct error *err)
{
    struct got *got = arg;

    assert_int_equal(reply == NULL, err != NULL);
    got->calls++;
    got->type = reply ? reply->type : 0;
    got->integer = reply ? reply->integer : 0;
    snprintf(got->text, sizeof(got->text), "%s", reply && reply->str ? reply->str : "");
    got->kind = err ? err->kind : ERR_NONE;
    snprintf(got->log, sizeof(got->log), "%s", err ? err->log : "");
    answers++;
}

#define COMMAND(into, timeout_ms, ...)                                                             \
    do {                                                                                           \
        const char *const words_[] = { __VA_ARGS__ };                                              \
        struct bytes bytes_[COUNT(words_)];                                                        \
        for (size_t i_ = 0; i_ < COUNT(words_); i_++)                                              \
            bytes_[i_] = bytes_of(words_[i_]);                                                     \
        *(into) = (struct got){ 0 };                                                               \
        redis_command(redis, (timeout_ms), on_reply, (into), COUNT(words_), bytes_);               \
        assert_int_equal((into)->calls, 0); /* never inside the call */                            \
    } while (0)

static void commands_are_answered_in_their_order(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    static struct got got[1000];

    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        answers = 0;
        begin_up(tcp ? server->tcp_url : server->unix_url);
        COMMAND(&got[0], PATIENCE_MS, "DEL", "n");
        for (size_t i = 1; i < COUNT(got); i++)
            COMMAND(&got[i], PATIENCE_MS, "INCR", "n");
        until(&answers, COUNT(got));
        for (size_t i = 1; i < COUNT(got); i++)
            assert_int_equal(got[i].integer, i);
        end();
    }
    redis_server_stop(server);
}

static void words_may_hold_any_byte_and_a_megabyte(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    const size_t len = 5 << 20;
    char *value = malloc(len);
    struct got got = { 0 };

    (void)state;
    answers = 0;
    for (size_t i = 0; i < len; i++)
        value[i] = (char)(i * 7);
    begin_up(server->unix_url);
    struct bytes set[] = { BYTES("SET"), { "k\0\r\n", 4 }, { value, len } };
    struct bytes strlen_of[] = { BYTES("STRLEN"), { "k\0\r\n", 4 } };
    redis_command(redis, PATIENCE_MS, on_reply, &got, COUNT(set), set);
    redis_command(redis, PATIENCE_MS, on_reply, &got, COUNT(strlen_of), strlen_of);
    struct bytes none[] = { BYTES("ECHO"), { NULL, 0 } };
    memset(value, 0, len);
    until(&answers, 2);
    assert_int_equal(got.integer, len);
    redis_command(redis, PATIENCE_MS, on_reply, &got, COUNT(none), none);
    struct bytes back[] = { BYTES("GETRANGE"), { "k\0\r\n", 4 }, BYTES("5242875"), BYTES("-1") };
    until(&answers, 3);
    assert_int_equal(got.type, REDIS_REPLY_STRING);
    assert_string_equal(got.text, "");
    redis_command(redis, PATIENCE_MS, on_reply, &got, COUNT(back), back);
    until(&answers, 4);
    assert_int_equal((unsigned char)got.text[4], (unsigned char)((len - 1) * 7));
    free(value);
    end();
    redis_server_stop(server);
}

static void a_command_over_its_ceiling_fails_and_the_connection_lives(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    const size_t len = 17 << 20;
    char *value = calloc(1, len);
    struct got large = { 0 }, script = { 0 }, small;
    static struct redis_script echo = { .source = "return 1" };

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    struct bytes words[] = { BYTES("SET"), BYTES("k"), { value, len } };
    redis_command(redis, PATIENCE_MS, on_reply, &large, COUNT(words), words);
    redis_script(redis, &echo, PATIENCE_MS, on_reply, &script, 1, 2, words + 1);
    COMMAND(&small, PATIENCE_MS, "PING");
    assert_int_equal(large.calls, 0);
    until(&answers, 3);
    assert_int_equal(large.kind, ERR_INTERNAL);
    assert_int_equal(script.kind, ERR_INTERNAL);
    assert_string_equal(small.text, "PONG");
    free(value);
    end();
    redis_server_stop(server);
}

static void who_we_are_and_which_database_is_set_on_connect(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[128];
    struct got got;

    (void)state;
    answers = 0;
    snprintf(url, sizeof(url), "%s?db=7", server->unix_url);
    begin_up(url);
    COMMAND(&got, PATIENCE_MS, "CLIENT", "GETNAME");
    until(&answers, 1);
    assert_string_equal(got.text, "raiox-test");
    COMMAND(&got, PATIENCE_MS, "SET", "seven", "7");
    until(&answers, 2);
    end();
    char *text = redis_server_ask(server, (const char *const[]){ "INFO", "keyspace", NULL });
    assert_non_null(strstr(text, "db7:keys=1"));
    free(text);
    redis_server_stop(server);
}

/* ---- what Redis says no with ---- */

static void each_refusal_has_its_kind(void **state)
{
    static const struct {
        const char *word;
        enum err_kind kind;
    } rows[] = {
        { "MISCONF", ERR_UNAVAILABLE },
        { "OOM", ERR_UNAVAILABLE },
        { "READONLY", ERR_UNAVAILABLE },
        { "LOADING", ERR_UNAVAILABLE },
        { "MASTERDOWN", ERR_UNAVAILABLE },
        { "CLUSTERDOWN", ERR_UNAVAILABLE },
        { "TRYAGAIN", ERR_UNAVAILABLE },
        { "BUSY", ERR_UNAVAILABLE },
        { "UNBLOCKED", ERR_UNAVAILABLE },
        { "NOREPLICAS", ERR_UNAVAILABLE },
        { "NOAUTH", ERR_AUTH },
        { "WRONGPASS", ERR_AUTH },
        { "NOPERM", ERR_PERMISSION },
        { "ERR", ERR_INTERNAL },
        { "NOGROUP", ERR_INTERNAL },
        { "BUSYGROUP", ERR_INTERNAL },
        { "WRONGTYPE", ERR_INTERNAL },
        { "MISCONFX", ERR_INTERNAL },
    };
    struct redis_server *server = redis_server_start(NULL);

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char script[100];
        struct got got;
        snprintf(script, sizeof(script), "return redis.error_reply('%s it is')", rows[i].word);
        COMMAND(&got, PATIENCE_MS, "EVAL", script, "0");
        until(&answers, (int)i + 1);
        assert_int_equal(got.kind, rows[i].kind);
        assert_int_equal(strncmp(got.log, rows[i].word, strlen(rows[i].word)), 0);
    }
    end();
    redis_server_stop(server);
}

static void a_right_that_a_script_lacks_is_a_matter_of_rights(void **state)
{
    static struct redis_script incr = { .source = "return redis.call('INCR', KEYS[1])" };
    struct redis_server *server = redis_server_start(NULL);
    struct got got = { 0 };

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    free(redis_server_ask(server,
                          (const char *const[]){ "ACL", "SETUSER", "default", "-incr", NULL }));
    redis_script(redis, &incr, PATIENCE_MS, on_reply, &got, 1, 1, &BYTES("n"));
    until(&answers, 1);
    assert_int_equal(got.kind, ERR_PERMISSION);
    end();
    redis_server_stop(server);
}

static void an_unknown_command_does_not_show_its_arguments(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got got;

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    COMMAND(&got, PATIENCE_MS, "XNOPE", "secret");
    until(&answers, 1);
    assert_int_equal(got.kind, ERR_INTERNAL);
    assert_null(strstr(got.log, "secret"));
    end();
    redis_server_stop(server);
}

/* ---- scripts ---- */

static struct redis_script concat = {
    .source = "return KEYS[1] .. ARGV[1] .. (#ARGV > 1 and ARGV[2] or '')",
};

static void a_script_is_sent_whole_only_when_redis_does_not_know_it(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct bytes words[] = { BYTES("{raiox}:"), BYTES("a\r\nb"), BYTES("") };
    struct got got = { 0 };

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++)
            redis_script(redis, &concat, PATIENCE_MS, on_reply, &got, 1, COUNT(words), words);
        until(&answers, i * 3 + 3);
        assert_string_equal(got.text, "{raiox}:a\r\nb");
        free(redis_server_ask(server, (const char *const[]){ "SCRIPT", "FLUSH", NULL }));
    }
    assert_int_equal(strlen(concat.sha), 40);
    char *stats = redis_server_ask(server, (const char *const[]){ "INFO", "commandstats", NULL });
    assert_non_null(strstr(stats, "cmdstat_evalsha:calls=6,"));
    assert_non_null(strstr(stats, "cmdstat_eval:calls=6,"));
    free(stats);

    redis_script(redis, &concat, PATIENCE_MS, on_reply, &got, 1, COUNT(words), words);
    until(&answers, 7);
    redis_script(redis, &concat, PATIENCE_MS, on_reply, &got, 1, COUNT(words), words);
    until(&answers, 8);
    stats = redis_server_ask(server, (const char *const[]){ "INFO", "commandstats", NULL });
    assert_non_null(strstr(stats, "cmdstat_evalsha:calls=8,"));
    assert_non_null(strstr(stats, "cmdstat_eval:calls=7,"));
    free(stats);
    end();
    redis_server_stop(server);
}

static void a_script_that_says_noscript_itself_does_not_go_round(void **state)
{
    static struct redis_script liar = { .source = "return redis.error_reply('NOSCRIPT of mine')" };
    struct redis_server *server = redis_server_start(NULL);
    struct got got = { 0 };

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    redis_script(redis, &liar, PATIENCE_MS, on_reply, &got, 0, 0, NULL);
    until(&answers, 1);
    assert_int_equal(got.kind, ERR_INTERNAL);
    assert_string_equal(got.log, "NOSCRIPT of mine");
    end();
    redis_server_stop(server);
}

/* ---- time ---- */

static void a_command_without_an_answer_ends_and_takes_the_connection_along(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got blocked, other, again;

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    int64_t start_ms = clock_mono_ms();
    COMMAND(&blocked, 150, "BLPOP", "never", "0");
    COMMAND(&other, PATIENCE_MS, "PING");
    until(&answers, 2);
    /* The other one's answer would have been waited for much longer. */
    assert_in_range(clock_mono_ms() - start_ms, 150, PATIENCE_MS / 3);
    assert_int_equal(blocked.kind, ERR_TIMEOUT);
    assert_int_equal(other.kind, ERR_UNAVAILABLE);
    assert_int_equal(seen.downs, 1);
    assert_false(redis_up(redis));
    until(&seen.ups, 2);
    COMMAND(&again, PATIENCE_MS, "PING");
    until(&answers, 3);
    assert_string_equal(again.text, "PONG");
    end();
    redis_server_stop(server);
}

static void an_answer_in_time_leaves_no_time_out_behind(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got first, later;

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    COMMAND(&first, 2000, "PING");
    COMMAND(&later, PATIENCE_MS, "BLPOP", "never", "2.5");
    until(&answers, 2);
    assert_string_equal(first.text, "PONG");
    assert_int_equal(later.type, REDIS_REPLY_NIL);
    assert_int_equal(seen.downs, 0);
    end();
    redis_server_stop(server);
}

/* ---- going away and coming back ---- */

static void while_it_is_away_commands_fail_at_once_and_later_it_is_back(void **state)
{
    struct redis_server *server = redis_server_start(
        (const char *const[]){ "--appendonly", "yes", "--appendfsync", "always", NULL });
    struct got got;

    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        answers = 0;
        begin_up(tcp ? server->tcp_url : server->unix_url);
        for (int round = 1; round <= 3; round++) {
            COMMAND(&got, PATIENCE_MS, "SET", "kept", "yes");
            until(&answers, 3 * round - 2);
            redis_server_kill(server);
            until(&seen.downs, round);
            assert_int_equal(seen.err.kind, ERR_UNAVAILABLE);
            COMMAND(&got, PATIENCE_MS, "PING");
            loop_turn(loop, 0); /* the very next one */
            assert_int_equal(answers, 3 * round - 1);
            assert_int_equal(got.kind, ERR_UNAVAILABLE);
            assert_int_equal(strncmp(got.log, "not connected", 13), 0);
            redis_server_restart(server);
            until(&seen.ups, round + 1);
            COMMAND(&got, PATIENCE_MS, "GET", "kept");
            until(&answers, 3 * round);
            assert_string_equal(got.text, "yes");
            assert_int_equal(seen.downs, round); /* told once, not for every attempt */
        }
        end();
    }
    redis_server_stop(server);
}

static void a_server_that_accepts_and_never_answers_is_not_up(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got got;

    (void)state;
    answers = 0;
    redis_server_freeze(server);
    begin(server->unix_url);
    until(&seen.downs, 1);
    assert_int_equal(seen.ups, 0);
    COMMAND(&got, PATIENCE_MS, "PING");
    until(&answers, 1);
    assert_int_equal(got.kind, ERR_UNAVAILABLE);
    redis_server_thaw(server);
    until(&seen.ups, 1);
    end();
    redis_server_stop(server);
}

static void nobody_there_is_said_once(void **state)
{
    (void)state;
    begin("unix:///nonexistent/redis.sock");
    until(&seen.downs, 1);
    assert_int_equal(seen.err.kind, ERR_UNAVAILABLE);
    int64_t end_ms = clock_mono_ms() + 500;
    while (clock_mono_ms() < end_ms)
        loop_turn(loop, 50);
    assert_int_equal(seen.downs, 1);
    end();
}

static void a_wrong_password_is_told_apart_from_no_server(void **state)
{
    struct redis_server *server = redis_server_start(
        (const char *const[]){ "--user", "default", "on", ">right", "~*", "&*", "+@all", "--user",
                               "bot", "on", ">pa:ss", "~*", "&*", "+@all", "-client", NULL });
    static const struct {
        const char *login;
        enum err_kind kind; /* ERR_NONE: it comes up */
    } rows[] = {
        { "", ERR_AUTH },
        { ":secret@", ERR_AUTH },
        { "bot:secret@", ERR_AUTH },
        { "nobody:right@", ERR_AUTH },
        { ":right@", ERR_NONE },
        { "bot:pa%3Ass@", ERR_NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char url[128];
        snprintf(url, sizeof(url), "redis://%s127.0.0.1:%d/0", rows[i].login, server->port);
        begin(url);
        loop_run(loop);
        if (seen.ups != (rows[i].kind == ERR_NONE) || seen.err.kind != rows[i].kind)
            fail_msg("\"%s\": %d %s", rows[i].login, seen.ups, seen.err.log);
        assert_null(strstr(seen.err.log, "secret"));
        end();
    }
    redis_server_stop(server);
}

/* Turns for so long: only to see that something does not happen. */
static void turn_for(int64_t ms)
{
    int64_t end_ms = clock_mono_ms() + ms;

    while (clock_mono_ms() < end_ms)
        loop_turn(loop, 20);
}

static void a_resolver_that_is_silent_holds_up_nobody(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[64];

    (void)state;
    snprintf(url, sizeof(url), "redis://slow.test:%d", server->port);
    pthread_mutex_lock(&names_answered);
    begin(url);
    /* A turn that waited for the resolver would never end: it is silent until further below. */
    until(&seen.downs, 1); /* it says what it waits for */
    turn_for(500);
    assert_int_equal(seen.ups, 0);
    assert_int_equal(seen.downs, 1);
    assert_non_null(strstr(seen.err.log, "looking it up"));
    pthread_mutex_unlock(&names_answered);
    until(&seen.ups, 1);
    end();

    /* Nobody waits for it any more when it answers. */
    pthread_mutex_lock(&names_answered);
    begin(url);
    loop_turn(loop, 0);
    end();
    pthread_mutex_unlock(&names_answered);
    redis_server_stop(server);
}

static void a_name_that_nobody_knows_is_said(void **state)
{
    (void)state;
    begin("redis://no-such-host.invalid:1");
    until(&seen.downs, 1);
    assert_int_equal(seen.err.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(seen.err.log, "host name"));
    assert_null(strstr(seen.err.log, "no-such-host"));
    end();
}

/* "localhost" is ::1 too, where nobody listens. */
static void every_address_of_a_name_is_tried(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[64];

    (void)state;
    snprintf(url, sizeof(url), "redis://localhost:%d", server->port);
    for (int i = 0; i < 3; i++) {
        begin_up(url);
        assert_int_equal(seen.downs, 0);
        end();
    }
    redis_server_stop(server);
}

static void a_database_that_is_not_there_is_the_operators_matter(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[128];

    (void)state;
    snprintf(url, sizeof(url), "%s?db=9999", server->unix_url);
    begin(url);
    loop_run(loop);
    assert_int_equal(seen.downs, 1);
    assert_int_equal(seen.err.kind, ERR_CONFIG);
    end();
    redis_server_stop(server);
}

/* ---- a server that is none ---- */

static int listen_on(char url[64])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(url, 64, "redis://127.0.0.1:%d", ntohs(at.sin_port));
    return fd;
}

static void until_readable(int fd)
{
    struct pollfd at = { .fd = fd, .events = POLLIN };
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

    while (poll(&at, 1, 0) == 0 && clock_mono_ms() < end_ms)
        loop_turn(loop, 1);
}

/* Plays a server up to the end of the greeting. */
static int accept_and_greet(int listener)
{
    static const char welcome[] = "+OK\r\n+PONG\r\n";
    char greeting[512];

    until_readable(listener);
    int peer = accept(listener, NULL, NULL);
    until_readable(peer);
    assert_true(read(peer, greeting, sizeof(greeting)) > 0);
    assert_int_equal(write(peer, welcome, strlen(welcome)), strlen(welcome));
    until(&seen.ups, 1);
    return peer;
}

static void what_is_not_redis_is_an_error_and_never_a_crash(void **state)
{
    static const struct {
        const char *why, *says;
    } rows[] = {
        { "HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n" },
        { "an answer to no question", "+OK\r\n+OK\r\n+OK\r\n" },
        { "an error to no question", "+PONG\r\n-ERR max number of clients reached\r\n" },
        { "an array of two thousand million", "*2147483647\r\n" },
        { "an array of a million and one", "*1048577\r\n" },
        { "a negative count", "*-7\r\n$-9\r\n" },
        { "a count that overflows", "*99999999999999999999\r\n" },
        { "a string that overflows", "$99999999999999999999\r\n" },
        { "a string without its end", "$3\r\nabcdef\r\n" },
        { "nested without end",
          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n" },
        { "a type of tomorrow", "^3\r\n:1\r\n" },
        { "no number", ":abc\r\n" },
        { "a NUL", "\0\0\0\0" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char url[64];
        struct got got;
        int listener = listen_on(url);
        begin(url);
        answers = 0;
        int peer = accept_and_greet(listener);
        COMMAND(&got, PATIENCE_MS, "PING");
        loop_turn(loop, 0);
        size_t len = rows[i].says[0] ? strlen(rows[i].says) : 4;
        assert_int_equal(write(peer, rows[i].says, len), len);
        until(&seen.downs, 1);
        if (got.calls != 1 || seen.err.kind != ERR_UNAVAILABLE)
            fail_msg("%s: %d calls, %s", rows[i].why, got.calls, seen.err.log);
        end();
        close(peer);
        close(listener);
    }
}

/* One reply of many parts that never ends: each part is small, all of them are not. */
static void a_reply_in_many_parts_has_a_ceiling_too(void **state)
{
    const size_t len = 1 << 20;
    char url[64], *part = malloc(len + 16);
    struct got got;
    int listener = listen_on(url);

    (void)state;
    begin(url);
    answers = 0;
    int peer = accept_and_greet(listener);
    COMMAND(&got, PATIENCE_MS, "PING");
    loop_turn(loop, 0);
    assert_int_equal(write(peer, "*1000000\r\n", 10), 10);
    int head = sprintf(part, "$%zu\r\n", len);
    memset(part + head, 'x', len);
    memcpy(part + head + len, "\r\n", 2);
    for (int i = 0; i < 80 && got.calls == 0; i++) {
        for (size_t at = 0; at < (size_t)head + len + 2 && got.calls == 0;) {
            ssize_t wrote = send(peer, part + at, (size_t)head + len + 2 - at, MSG_DONTWAIT);
            at += wrote > 0 ? (size_t)wrote : 0;
            loop_turn(loop, 0);
        }
    }
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(got.log, "ceiling"));
    end();
    close(peer);
    close(listener);
    free(part);
}

/* Greets, and hangs up on whoever has been greeted. */
static void a_server_that_hangs_up_is_not_knocked_at_all_the_time(void **state)
{
    char url[64];
    int listener = listen_on(url);
    int64_t hung_up_ms = clock_mono_ms(), least_ms = 0;

    (void)state;
    begin(url);
    for (int knocks = 0; knocks < 6; knocks++) {
        until_readable(listener);
        int64_t knocked_ms = clock_mono_ms();
        assert_true(knocked_ms - hung_up_ms >= least_ms);
        seen.ups = seen.downs = 0;
        int peer = accept_and_greet(listener);
        hung_up_ms = clock_mono_ms();
        close(peer);
        until(&seen.downs, 1);
        /* Twice as long each time, unless it lived so long that it counts as a real one. */
        bool short_lived = clock_mono_ms() - knocked_ms < 100;
        least_ms = short_lived && least_ms > 0 ? 2 * least_ms : 100;
    }
    end();
    close(listener);
}

/* The name of a primary leads to another after a failover: only a new connection finds it. */
static void a_demoted_primary_is_left_for_whoever_has_its_name_now(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got got;

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    free(redis_server_ask(server, (const char *const[]){ "REPLICAOF", "127.0.0.1", "1", NULL }));
    COMMAND(&got, PATIENCE_MS, "SET", "k", "v");
    until(&answers, 1);
    assert_int_equal(got.kind, ERR_UNAVAILABLE);
    turn_for(3000);
    assert_int_equal(seen.downs, 0); /* a young connection would lead to the same server */
    for (int i = 2; i <= 4; i++) {
        COMMAND(&got, PATIENCE_MS, "SET", "k", "v");
        until(&answers, i);
        assert_int_equal(strncmp(got.log, "READONLY", 8), 0);
        until(&seen.ups, 2);
    }
    turn_for(200);
    assert_int_equal(seen.downs, 1); /* once, not for every refusal */
    end();
    redis_server_stop(server);
}

static void an_answer_that_is_cut_off_is_an_error(void **state)
{
    char url[64];
    struct got got;
    int listener = listen_on(url);

    (void)state;
    begin(url);
    answers = 0;
    int peer = accept_and_greet(listener);
    COMMAND(&got, PATIENCE_MS, "XREADGROUP");
    loop_turn(loop, 0);
    assert_int_equal(write(peer, "*1\r\n*2\r\n$5\r\nhel", 15), 15);
    loop_turn(loop, 100);
    assert_int_equal(got.calls, 0);
    close(peer);
    until(&answers, 1);
    assert_int_equal(got.kind, ERR_UNAVAILABLE);
    assert_int_equal(strncmp(got.log, "connection lost", 15), 0);
    end();
    close(listener);
}

/* ---- callbacks that do things ---- */

static void on_reply_destroy(void *arg, const redisReply *reply, const struct error *err)
{
    on_reply(arg, reply, err);
    redis_destroy(redis);
    redis = NULL;
}

static void a_callback_may_destroy_the_connection(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got got[4];

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    COMMAND(&got[0], PATIENCE_MS, "PING");
    got[1] = (struct got){ 0 };
    redis_command(redis, PATIENCE_MS, on_reply_destroy, &got[1], 1, &BYTES("PING"));
    COMMAND(&got[2], PATIENCE_MS, "PING");
    COMMAND(&got[3], PATIENCE_MS, "PING");
    until(&answers, 4);
    assert_string_equal(got[0].text, "PONG");
    assert_string_equal(got[1].text, "PONG");
    assert_int_equal(got[2].kind, ERR_UNAVAILABLE);
    assert_int_equal(got[3].kind, ERR_UNAVAILABLE);
    assert_int_equal(got[3].calls, 1);
    end();
    redis_server_stop(server);
}

static void a_callback_may_destroy_it_when_it_failed_too(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got got[3];

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    COMMAND(&got[0], 100, "BLPOP", "never", "0");
    got[1] = (struct got){ 0 };
    redis_command(redis, PATIENCE_MS, on_reply_destroy, &got[1], 1, &BYTES("PING"));
    COMMAND(&got[2], PATIENCE_MS, "PING");
    until(&answers, 3);
    assert_int_equal(got[0].kind, ERR_TIMEOUT);
    assert_int_equal(got[2].calls, 1);
    end();
    redis_server_stop(server);
}

static void on_state_destroy(void *arg, bool up, const struct error *err)
{
    on_state(arg, up, err);
    redis_destroy(redis);
    redis = NULL;
}

static void news_of_the_state_may_destroy_it(void **state)
{
    static const char *const urls[] = { NULL, "unix:///nonexistent/redis.sock" };
    struct redis_server *server = redis_server_start(NULL);

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct redis_address address;
        struct error err = { 0 };
        struct got got;
        answers = 0;
        memset(&seen, 0, sizeof(seen));
        loop = loop_create();
        assert_true(redis_address_parse(urls[i] ? urls[i] : server->unix_url, &address, &err));
        redis = redis_create(loop, &address, "raiox-test", on_state_destroy, NULL);
        COMMAND(&got, PATIENCE_MS, "PING");
        until(&answers, 1);
        while (redis)
            loop_turn(loop, 1000);
        end();
    }
    redis_server_stop(server);
}

static void on_reply_again(void *arg, const redisReply *reply, const struct error *err)
{
    struct got *got = arg;

    on_reply(arg, reply, err);
    redis_command(redis, PATIENCE_MS, on_reply_again, got, 1, &BYTES("PING"));
}

/* One that asks again whatever happens neither spins nor outlives the connection. */
static void a_callback_that_always_asks_again_has_one_answer_a_turn(void **state)
{
    struct got got = { 0 };

    (void)state;
    answers = 0;
    begin("unix:///nonexistent/redis.sock");
    redis_command(redis, PATIENCE_MS, on_reply_again, &got, 1, &BYTES("PING"));
    for (int turn = 0; turn < 20; turn++) {
        int before = answers;
        loop_turn(loop, 10);
        assert_true(answers <= before + 2);
    }
    assert_true(answers > 5);
    int before = answers;
    end();
    assert_int_equal(answers, before + 1);
}

/* ---- context, and what a turn writes ---- */

static char contexts[2];

static void on_reply_in_context(void *arg, const redisReply *reply, const struct error *err)
{
    (void)reply;
    (void)err;
    assert_ptr_equal(loop_context(loop), arg);
    answers++;
}

static void on_context(void *arg, void *context)
{
    (void)arg;
    assert_ptr_not_equal(context, &contexts[1]);
}

static void a_callback_runs_under_its_callers_context(void **state)
{
    struct redis_server *server = redis_server_start(NULL);

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    for (int up = 1; up >= 0; up--) {
        loop_context_swap(loop, &contexts[0]);
        redis_command(redis, PATIENCE_MS, on_reply_in_context, &contexts[0], 1, &BYTES("PING"));
        loop_context_swap(loop, NULL);
        redis_command(redis, PATIENCE_MS, on_reply_in_context, NULL, 1, &BYTES("PING"));
        until(&answers, up ? 2 : 4);
        if (up)
            redis_server_kill(server);
        while (redis_up(redis))
            loop_turn(loop, 1000);
    }
    end();
    redis_server_stop(server);
}

/* Whose it was may be gone when the answer comes: nobody looks behind a context. */
static void a_context_is_a_value_and_nothing_is_behind_it(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    void *const nowhere = (void *)(uintptr_t)7;

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    for (int up = 1; up >= 0; up--) {
        loop_context_swap(loop, nowhere);
        redis_command(redis, PATIENCE_MS, on_reply_in_context, nowhere, 1, &BYTES("PING"));
        redis_script(redis, &concat, PATIENCE_MS, on_reply_in_context, nowhere, 0, 1, &BYTES("x"));
        loop_context_swap(loop, NULL);
        if (!up)
            redis_server_kill(server);
        until(&answers, up ? 2 : 4);
    }
    end();
    redis_server_stop(server);
}

static void who_wants_no_answer_is_not_shown_when_it_comes(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct got got;

    (void)state;
    answers = 0;
    begin_up(server->unix_url);
    loop_context_swap(loop, &contexts[1]); /* and then it is gone */
    redis_command(redis, PATIENCE_MS, NULL, NULL, 1, &BYTES("PING"));
    loop_context_swap(loop, NULL);
    loop_context_observe(loop, on_context, NULL);
    COMMAND(&got, PATIENCE_MS, "PING");
    until(&answers, 1);
    end();
    redis_server_stop(server);
}

static void what_one_turn_says_is_one_write(void **state)
{
    char url[64], words[65536];
    struct got got[100];
    int listener = listen_on(url);

    (void)state;
    begin(url);
    int peer = accept_and_greet(listener);
    for (size_t i = 0; i < COUNT(got); i++)
        COMMAND(&got[i], PATIENCE_MS, "PING");
    struct pollfd at = { .fd = peer, .events = POLLIN };
    assert_int_equal(poll(&at, 1, 0), 0); /* not yet: the turn is not over */
    loop_turn(loop, 0);
    assert_int_equal(read(peer, words, sizeof(words)), 100 * 14);
    end();
    close(peer);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_host_or_path_with_a_database),
        cmocka_unit_test(what_is_no_address_is_refused_without_repeating_it),
        cmocka_unit_test(tls_is_taken_where_hiredis_has_it_and_explained_elsewhere),
        cmocka_unit_test(commands_are_answered_in_their_order),
        cmocka_unit_test(words_may_hold_any_byte_and_a_megabyte),
        cmocka_unit_test(a_command_over_its_ceiling_fails_and_the_connection_lives),
        cmocka_unit_test(who_we_are_and_which_database_is_set_on_connect),
        cmocka_unit_test(each_refusal_has_its_kind),
        cmocka_unit_test(a_right_that_a_script_lacks_is_a_matter_of_rights),
        cmocka_unit_test(an_unknown_command_does_not_show_its_arguments),
        cmocka_unit_test(a_script_is_sent_whole_only_when_redis_does_not_know_it),
        cmocka_unit_test(a_script_that_says_noscript_itself_does_not_go_round),
        cmocka_unit_test(a_command_without_an_answer_ends_and_takes_the_connection_along),
        cmocka_unit_test(an_answer_in_time_leaves_no_time_out_behind),
        cmocka_unit_test(while_it_is_away_commands_fail_at_once_and_later_it_is_back),
        cmocka_unit_test(a_server_that_accepts_and_never_answers_is_not_up),
        cmocka_unit_test(nobody_there_is_said_once),
        cmocka_unit_test(a_wrong_password_is_told_apart_from_no_server),
        cmocka_unit_test(a_resolver_that_is_silent_holds_up_nobody),
        cmocka_unit_test(a_name_that_nobody_knows_is_said),
        cmocka_unit_test(every_address_of_a_name_is_tried),
        cmocka_unit_test(a_database_that_is_not_there_is_the_operators_matter),
        cmocka_unit_test(what_is_not_redis_is_an_error_and_never_a_crash),
        cmocka_unit_test(a_reply_in_many_parts_has_a_ceiling_too),
        cmocka_unit_test(a_server_that_hangs_up_is_not_knocked_at_all_the_time),
        cmocka_unit_test(a_demoted_primary_is_left_for_whoever_has_its_name_now),
        cmocka_unit_test(an_answer_that_is_cut_off_is_an_error),
        cmocka_unit_test(a_callback_may_destroy_the_connection),
        cmocka_unit_test(a_callback_may_destroy_it_when_it_failed_too),
        cmocka_unit_test(news_of_the_state_may_destroy_it),
        cmocka_unit_test(a_callback_that_always_asks_again_has_one_answer_a_turn),
        cmocka_unit_test(a_callback_runs_under_its_callers_context),
        cmocka_unit_test(a_context_is_a_value_and_nothing_is_behind_it),
        cmocka_unit_test(who_wants_no_answer_is_not_shown_when_it_comes),
        cmocka_unit_test(what_one_turn_says_is_one_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
