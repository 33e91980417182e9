/*
 * hiredis has a blocking half and an asynchronous one; both stand on the same buffers and parser,
 * and so do we. Its asynchronous half is not used: a reply that nobody asked for ends the process
 * there (an assert in async.c), and it knows no time-outs.
 *
 * A command is in redis->waiting from being written until its reply, in the order of replies; what
 * has failed is in redis->failed until its callback has run.
 */
#include "base/redis.h"

#include "base/clock.h"
#include "base/lookup.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#ifdef RAIOX_REDIS_TLS
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#endif

/* From the beginning of a connect to the last answer of its greeting. With the longest back-off a
 * server that is back is in use again within CONNECT_MS + BACKOFF_MAX_MS. */
#define CONNECT_MS 2000
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 2000
/* A connection that lived this long was a real one: after it the back-off begins anew. */
#define STEADY_MS 100

/* The resolver's own patience with two name servers that are away, and some. */
#define LOOKUP_MS 25000

/* A primary that was demoted keeps its connections and refuses every write: its name may lead to
 * another by now, which only a new connection finds out. Not more often than this. */
#define READONLY_MS 3000

/* What we take of one reply: far above what our scripts return, far below what hurts. */
#define REPLY_MAX ((size_t)64 << 20)
#define REPLY_ITEMS_MAX (1 << 20)

/* hiredis reads so much at a time. So many reads before others on the loop have their turn. */
#define READ_SIZE ((size_t)16 << 10)
#define READS_A_TURN 16

#define COMMAND_MAX ((size_t)16 << 20)

enum state {
    STATE_DOWN, /* waiting for the next attempt */
    STATE_LOOKING_UP,
    STATE_CONNECTING,
    STATE_GREETING,
    STATE_UP,
};

struct command {
    struct command *next;
    redis_reply_fn *done;
    void *arg, *context;
    int64_t due_ms; /* monotonic */
    enum err_kind failure;
    const struct redis_script *script; /* sent by its hash, so it may come back as NOSCRIPT */
    size_t words, tail_len;            /* then: how many words tail holds, as they were sent */
    char tail[];
};

struct commands {
    struct command *first, **end;
};

struct redis {
    struct loop *loop;
    struct redis_address address;
    char name[64];
    redis_state_fn *on_state;
    void *arg, *context;

    enum state state;
    struct lookup *lookup; /* NULL unless looking up */
    struct lookup_answer found;
    size_t tries, turn; /* of found: left in this attempt; whose turn it is */
    redisContext *link; /* NULL while down */
    struct loop_watch *watch;
    short events;
    struct loop_hook flush;
    struct loop_timer attempt;  /* down: when to try again. connecting, greeting: its end */
    struct loop_timer time_out; /* at or before the first due_ms of those waiting */
    struct loop_timer tell;     /* of what failed inside the call that asked for it */
    int64_t backoff_ms, up_since_ms;
    bool demoted; /* it said READONLY, and the connection is old enough to be made anew */
    size_t taken; /* bytes of the reply that is coming in */

    struct commands waiting, failed;
    size_t failed_count;
    struct buf out;     /* where a command is written before hiredis takes it */
    enum err_kind told; /* what on_state heard last; ERR_NONE: up, ERR_KINDS: nothing yet */
    char reason[240];   /* why it is down */
    int inside;         /* callbacks that run right now */
    bool destroyed;
#ifdef RAIOX_REDIS_TLS
    SSL_CTX *tls;
    SSL *ssl; /* the link's; NULL without one */
#endif
};

static void *must(void *memory)
{
    if (!memory)
        fatal("out of memory");
    return memory;
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* ---- lists of commands ---- */

static void commands_push(struct commands *list, struct command *command)
{
    command->next = NULL;
    *list->end = command;
    list->end = &command->next;
}

static struct command *commands_pop(struct commands *list)
{
    struct command *command = list->first;

    if (command) {
        list->first = command->next;
        if (!list->first)
            list->end = &list->first;
    }
    return command;
}

/* ---- callbacks: each may destroy the connection ---- */

static void enter(struct redis *redis)
{
    assert(redis->inside >= 0);
    redis->inside++;
}

/* false: redis is gone. */
static bool leave(struct redis *redis)
{
    if (--redis->inside > 0 || !redis->destroyed)
        return !redis->destroyed;
    buf_finish(&redis->out);
    free(redis);
    return false;
}

static void command_tell(struct redis *redis, struct command *command, const redisReply *reply,
                         const struct error *err)
{
    /* Who asked for no answer may be gone: then its context must not be shown to anybody either. */
    if (command->done) {
        void *old = loop_context_swap(redis->loop, command->context);
        command->done(command->arg, reply, err);
        loop_context_swap(redis->loop, old);
    }
    free(command);
}

static void failure(const struct redis *redis, const struct command *command, struct error *err)
{
    if (command->failure == ERR_TIMEOUT)
        error_set(err, ERR_TIMEOUT, "no answer from Redis in time");
    else if (command->failure == ERR_INTERNAL)
        error_set(err, ERR_INTERNAL, "a command over its ceiling");
    else
        error_set(err, ERR_UNAVAILABLE, "%s", redis->reason);
}

/*
 * Tells those that had failed before it began; call it between enter() and leave(). One by one from
 * the shared list, for redis_destroy() in a callback tells the rest itself.
 */
static void tell_failed(struct redis *redis)
{
    for (size_t count = redis->failed_count; count > 0 && redis->failed_count > 0; count--) {
        struct command *command = commands_pop(&redis->failed);
        struct error err;

        redis->failed_count--;
        failure(redis, command, &err);
        command_tell(redis, command, NULL, &err);
    }
}

static void on_tell(void *arg)
{
    struct redis *redis = arg;

    enter(redis);
    tell_failed(redis);
    leave(redis);
}

/* Timers and watches of the connection itself run on nobody's behalf but its creator's. */
static void timer_start(struct redis *redis, struct loop_timer *timer, int64_t delay_ms,
                        void (*fn)(void *arg))
{
    loop_timer_start(redis->loop, timer, delay_ms, fn, redis);
    timer->context = redis->context;
}

static void fail(struct redis *redis, struct command *command, enum err_kind kind)
{
    command->failure = kind;
    commands_push(&redis->failed, command);
    redis->failed_count++;
}

/* Fails a command inside the call that gave it: its callback comes later. */
static void fail_later(struct redis *redis, struct command *command, enum err_kind kind)
{
    fail(redis, command, kind);
    if (redis->tell.place == 0)
        timer_start(redis, &redis->tell, 0, on_tell);
}

/* ---- going down ---- */

static void on_attempt(void *arg);

/* Everything that waits fails; those whose time is over with ERR_TIMEOUT. */
static void fail_waiting(struct redis *redis, int64_t now_ms)
{
    struct command *command = NULL;

    while ((command = commands_pop(&redis->waiting)))
        fail(redis, command, command->due_ms <= now_ms ? ERR_TIMEOUT : ERR_UNAVAILABLE);
}

static void unlink_now(struct redis *redis)
{
    loop_unwatch(redis->loop, redis->watch);
    redis->watch = NULL;
    loop_hook_stop(redis->loop, &redis->flush);
    loop_timer_stop(redis->loop, &redis->attempt);
    loop_timer_stop(redis->loop, &redis->time_out);
    lookup_cancel(TAKE(redis->lookup));
    if (redis->link)
        redisFree(redis->link);
    redis->link = NULL;
#ifdef RAIOX_REDIS_TLS
    redis->ssl = NULL;
#endif
    redis->state = STATE_DOWN;
    redis->demoted = false;
    redis->taken = 0;
}

/* err NULL: it came up. What on_state has heard already it does not hear again. */
static void tell_state(struct redis *redis, const struct error *err)
{
    enum err_kind kind = err ? err->kind : ERR_NONE;

    if (kind == redis->told)
        return;
    redis->told = kind;
    void *old = loop_context_swap(redis->loop, redis->context);
    redis->on_state(redis->arg, !err, err);
    loop_context_swap(redis->loop, old);
}

/* Closes the connection, plans the next attempt and tells everybody. redis may be gone after it. */
static void go_down(struct redis *redis, enum err_kind kind, const char *why)
{
    bool was_up = redis->state == STATE_UP;
    char cause[200];
    struct error err;

    snprintf(cause, sizeof(cause), "%s", why); /* it may lie in the link */
    unlink_now(redis);
    fail_waiting(redis, clock_mono_ms());
    if (was_up && clock_mono_ms() - redis->up_since_ms >= STEADY_MS)
        redis->backoff_ms = BACKOFF_MIN_MS;
    timer_start(redis, &redis->attempt, redis->backoff_ms, on_attempt);
    redis->backoff_ms *= 2;
    if (redis->backoff_ms > BACKOFF_MAX_MS)
        redis->backoff_ms = BACKOFF_MAX_MS;

    const char *what = was_up ? "connection lost" : "not connected";
    snprintf(redis->reason, sizeof(redis->reason), "%s: %s", what, cause);
    error_set(&err, kind, "%s", redis->reason);
    enter(redis);
    tell_state(redis, &err);
    tell_failed(redis);
    if (leave(redis)) /* what is commanded from now on was never sent */
        snprintf(redis->reason, sizeof(redis->reason), "not connected: %s", cause);
}

static void on_time_out(void *arg)
{
    struct redis *redis = arg;
    int64_t now_ms = clock_mono_ms(), first_ms = INT64_MAX;

    for (struct command *command = redis->waiting.first; command; command = command->next)
        if (command->due_ms < first_ms)
            first_ms = command->due_ms;
    if (first_ms <= now_ms)
        go_down(redis, ERR_UNAVAILABLE, "it did not answer in time");
    else if (first_ms < INT64_MAX)
        timer_start(redis, &redis->time_out, first_ms - now_ms, on_time_out);
}

/* ---- what Redis says no with ---- */

/* A script that is stopped at a command which its user may not run does not say NOPERM: Redis 7.0,
 * script.c, and 7.2. */
static bool no_right_in_script(const char *text)
{
    return begins(text, "ERR The user executing the script can't ") ||
           begins(text, "ERR ACL failure in script");
}

static enum err_kind kind_of_refusal(const char *text)
{
    static const struct {
        const char *word;
        enum err_kind kind;
    } words[] = {
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
    };
    size_t len = strcspn(text, " ");

    if (no_right_in_script(text))
        return ERR_PERMISSION;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, text, len) == 0)
            return words[i].kind;
    return ERR_INTERNAL;
}

static void refusal(const redisReply *reply, struct error *err)
{
    /* "unknown command" goes on with the arguments, which may be secret. */
    const char *arguments = strstr(reply->str, ", with args");
    int len = arguments ? (int)(arguments - reply->str) : (int)strlen(reply->str);

    error_set(err, kind_of_refusal(reply->str), "%.*s", len, reply->str);
}

/* ---- sending ---- */

static void add_word(struct buf *out, const char *data, size_t len)
{
    char head[32];

    buf_add(out, head, (size_t)snprintf(head, sizeof(head), "$%zu\r\n", len));
    buf_add(out, data, len);
    buf_add(out, "\r\n", 2);
}

static void add_words(struct buf *out, size_t count, const struct bytes *words)
{
    for (size_t i = 0; i < count; i++)
        add_word(out, words[i].data, words[i].len);
}

static void watch_for(struct redis *redis, short events)
{
    if (redis->events == events)
        return;
    redis->events = events;
    loop_watch_events(redis->loop, redis->watch, events);
}

/* hiredis says "Success" of a certificate that was refused. */
static const char *link_error(const struct redis *redis)
{
#ifdef RAIOX_REDIS_TLS
    long verdict = redis->ssl ? SSL_get_verify_result(redis->ssl) : X509_V_OK;
    if (verdict != X509_V_OK)
        return X509_verify_cert_error_string(verdict);
#endif
    return redis->link->errstr;
}

/* false: the connection is down, and redis may be gone. */
static bool write_out(struct redis *redis)
{
    int all = 0;

    if (redisBufferWrite(redis->link, &all) != REDIS_OK) {
        go_down(redis, ERR_UNAVAILABLE, link_error(redis));
        return false;
    }
    /* A TLS handshake that waits for the other side would find the socket writable all the time. */
    bool shaking_hands = redis->address.tls && redis->state == STATE_GREETING;
    watch_for(redis, all || shaking_hands ? POLLIN : POLLIN | POLLOUT);
    return true;
}

/* Runs before the wait of a turn that had something to say. */
static void flush(void *arg)
{
    write_out(arg);
}

/* Hands redis->out to hiredis; command waits for the reply. */
static void submit(struct redis *redis, struct command *command)
{
    if (!redis->out.data || redis->out.overflowed ||
        redisAppendFormattedCommand(redis->link, redis->out.data, redis->out.len) != REDIS_OK) {
        fail_later(redis, command, ERR_INTERNAL);
        return;
    }
    commands_push(&redis->waiting, command);
    loop_hook_start(redis->loop, &redis->flush, flush, redis);
    if (redis->time_out.place == 0 || command->due_ms < redis->time_out.due_ms)
        timer_start(redis, &redis->time_out, command->due_ms - clock_mono_ms(), on_time_out);
}

static struct command *command_create(struct redis *redis, int64_t timeout_ms, redis_reply_fn *done,
                                      void *arg, size_t tail_len)
{
    struct command *command = must(calloc(1, sizeof(*command) + tail_len));

    command->done = done;
    command->arg = arg;
    command->context = loop_context(redis->loop);
    command->due_ms = clock_mono_ms() + timeout_ms;
    command->tail_len = tail_len;
    return command;
}

static void send_words(struct redis *redis, struct command *command, size_t count,
                       const struct bytes *words)
{
    buf_reset(&redis->out);
    buf_printf(&redis->out, "*%zu\r\n", count);
    add_words(&redis->out, count, words);
    submit(redis, command);
}

void redis_command(struct redis *redis, int64_t timeout_ms, redis_reply_fn *done, void *arg,
                   size_t count, const struct bytes *words)
{
    if (redis->destroyed)
        return;
    struct command *command = command_create(redis, timeout_ms, done, arg, 0);
    if (redis->state == STATE_UP)
        send_words(redis, command, count, words);
    else
        fail_later(redis, command, ERR_UNAVAILABLE);
}

/* ---- scripts ---- */

static void script_hash(struct redis_script *script)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(script->source, strlen(script->source), hash, &len, EVP_sha1(), NULL) != 1)
        fatal("OpenSSL has no SHA-1, which Redis names scripts by");
    for (unsigned i = 0; i < len; i++)
        snprintf(script->sha + (size_t)2 * i, 3, "%02x", hash[i]);
}

/* verb is EVALSHA with the hash, or EVAL with the source. */
static void send_script(struct redis *redis, struct command *command, const char *verb,
                        const char *which)
{
    buf_reset(&redis->out);
    buf_printf(&redis->out, "*%zu\r\n", command->words + 2);
    add_word(&redis->out, verb, strlen(verb));
    add_word(&redis->out, which, strlen(which));
    buf_add(&redis->out, command->tail, command->tail_len);
    submit(redis, command);
}

void redis_script(struct redis *redis, struct redis_script *script, int64_t timeout_ms,
                  redis_reply_fn *done, void *arg, size_t keys, size_t count,
                  const struct bytes *words)
{
    char number[24];

    if (redis->destroyed)
        return;
    if (!script->sha[0])
        script_hash(script);
    buf_reset(&redis->out);
    add_word(&redis->out, number, (size_t)snprintf(number, sizeof(number), "%zu", keys));
    add_words(&redis->out, count, words);

    struct command *command = command_create(redis, timeout_ms, done, arg, redis->out.len);
    if (redis->out.len > 0)
        memcpy(command->tail, redis->out.data, redis->out.len);
    command->words = count + 1;
    command->script = script;
    if (redis->out.overflowed)
        fail_later(redis, command, ERR_INTERNAL);
    else if (redis->state == STATE_UP)
        send_script(redis, command, "EVALSHA", script->sha);
    else
        fail_later(redis, command, ERR_UNAVAILABLE);
}

/* ---- receiving ---- */

/* A reply for the command that waits the longest. false: the connection is not the same any more.
 */
static bool on_reply(struct redis *redis, redisReply *reply)
{
    struct command *command = commands_pop(&redis->waiting);
    const redisContext *link = redis->link;
    struct error err = { 0 };

    if (!command) {
        go_down(redis, ERR_UNAVAILABLE,
                reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer to no question");
        return false;
    }
    if (command->script && reply->type == REDIS_REPLY_ERROR && begins(reply->str, "NOSCRIPT")) {
        const struct redis_script *script = command->script;
        command->script = NULL; /* a second NOSCRIPT would be the script's own */
        send_script(redis, command, "EVAL", script->source);
        return true;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        refusal(reply, &err);
        redis->demoted |= begins(reply->str, "READONLY") && redis->state == STATE_UP &&
                          clock_mono_ms() - redis->up_since_ms >= READONLY_MS;
    }
    enter(redis);
    command_tell(redis, command, err.kind ? NULL : reply, err.kind ? &err : NULL);
    return leave(redis) && redis->link == link;
}

/* false: the connection is not the same any more. */
static bool take_replies(struct redis *redis)
{
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(redis->link->reader, &reply) != REDIS_OK) {
            go_down(redis, ERR_UNAVAILABLE, redis->link->reader->errstr);
            return false;
        }
        if (!reply)
            break;
        redis->taken = 0;
        bool same = on_reply(redis, reply);
        freeReplyObject(reply);
        if (!same)
            return false;
    }
    if (redis->demoted) {
        go_down(redis, ERR_UNAVAILABLE, "READONLY: it may be another's turn");
        return false;
    }
    return true;
}

static void on_readable(struct redis *redis)
{
    for (int i = 0; i < READS_A_TURN; i++) {
        const redisReader *reader = redis->link->reader;
        size_t before = reader->len;
        if (redisBufferRead(redis->link) != REDIS_OK) {
            go_down(redis, ERR_UNAVAILABLE, link_error(redis));
            return;
        }
        size_t got = reader->len - before;
        bool more = got == READ_SIZE;
        redis->taken += got;
        if (!take_replies(redis))
            return;
        if (redis->taken > REPLY_MAX) {
            go_down(redis, ERR_UNAVAILABLE, "an answer over its ceiling");
            return;
        }
        if (!more)
            return;
    }
}

/* ---- coming up ---- */

/* Redis may say these of a greeting and still serve us. */
static bool may_be_ignored(const struct error *err)
{
    return begins(err->log, "NOPERM") || begins(err->log, "MISCONF") ||
           begins(err->log, "MASTERDOWN") || begins(err->log, "ERR unknown");
}

/* AUTH and SELECT must be taken. */
static void on_must(void *arg, const redisReply *reply, const struct error *err)
{
    struct redis *redis = arg;

    (void)reply;
    if (err && redis->state == STATE_GREETING)
        go_down(redis, err->kind == ERR_INTERNAL ? ERR_CONFIG : err->kind, err->log);
}

/* A server that does not let us name ourselves, or is not well, is still a server. */
static void on_may(void *arg, const redisReply *reply, const struct error *err)
{
    struct redis *redis = arg;

    (void)reply;
    if (err && redis->state == STATE_GREETING && !may_be_ignored(err))
        go_down(redis, err->kind == ERR_INTERNAL ? ERR_UNAVAILABLE : err->kind, err->log);
}

/* The last of the greeting: one that loads its data, or wants a password, says so now. */
static void on_ping(void *arg, const redisReply *reply, const struct error *err)
{
    struct redis *redis = arg;

    if (redis->state != STATE_GREETING)
        return;
    if (err && !may_be_ignored(err)) {
        on_may(redis, reply, err);
        return;
    }
    loop_timer_stop(redis->loop, &redis->attempt);
    redis->state = STATE_UP;
    redis->up_since_ms = clock_mono_ms();
    tell_state(redis, NULL);
}

static void greet_with(struct redis *redis, redis_reply_fn *done, const char *word,
                       const char *second, const char *third)
{
    struct bytes words[] = { bytes_of(word), bytes_of(second), bytes_of(third) };
    struct command *command = command_create(redis, CONNECT_MS, done, redis, 0);

    send_words(redis, command, third ? 3 : second ? 2 : 1, words);
}

static void greet(struct redis *redis)
{
    const struct redis_address *address = &redis->address;
    char db[16];

    redis->state = STATE_GREETING;
    if (address->user[0])
        greet_with(redis, on_must, "AUTH", address->user, address->password);
    else if (address->password[0])
        greet_with(redis, on_must, "AUTH", address->password, NULL);
    snprintf(db, sizeof(db), "%d", address->db);
    if (address->db > 0)
        greet_with(redis, on_must, "SELECT", db, NULL);
    greet_with(redis, on_may, "CLIENT", "SETNAME", redis->name);
    greet_with(redis, on_ping, "PING", NULL, NULL);
}

#ifdef RAIOX_REDIS_TLS
/* hiredis' own context does not check whose certificate it is: this one does. */
static bool begin_tls(struct redis *redis)
{
    struct in_addr v4;
    struct in6_addr v6;
    const char *host = redis->address.host;
    bool literal = inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1;

    if (!redis->tls) {
        redis->tls = must(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_verify(redis->tls, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_default_verify_paths(redis->tls);
    }
    SSL *ssl = must(SSL_new(redis->tls));
    bool named = literal
                     ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
                     : SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
    if (!named) {
        SSL_free(ssl);
        return false;
    }
    if (redisInitiateSSL(redis->link, ssl) != REDIS_OK) {
        SSL_free(ssl); /* only when it went well is it the link's */
        return false;
    }
    redis->ssl = ssl;
    return true;
}
#endif

static void connect_next(struct redis *redis, const char *why);

static void on_connected(struct redis *redis)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(redis->link->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        connect_next(redis, strerror(error ? error : errno));
        return;
    }
#ifdef RAIOX_REDIS_TLS
    if (redis->address.tls && !begin_tls(redis)) {
        go_down(redis, ERR_UNAVAILABLE, "TLS failed");
        return;
    }
#endif
    greet(redis);
}

static void on_ready(void *arg, short revents)
{
    struct redis *redis = arg;

    if (redis->state == STATE_CONNECTING) {
        on_connected(redis);
        return;
    }
    bool shaking_hands = redis->address.tls && redis->state == STATE_GREETING;
    if ((revents & POLLOUT || shaking_hands) && !write_out(redis))
        return;
    if (revents & ~POLLOUT)
        on_readable(redis);
}

static void on_connect_too_late(void *arg)
{
    go_down(arg, ERR_UNAVAILABLE, "no connection in time");
}

#if HIREDIS_MAJOR < 1
/* 0.14 takes any count that the other side names, and allocates for it at once. */
static void *(*create_array)(const redisReadTask *task, int count);

static void *create_bounded_array(const redisReadTask *task, int count)
{
    return count > REPLY_ITEMS_MAX ? NULL : create_array(task, count);
}

static void bound_arrays(redisReader *reader)
{
    static redisReplyObjectFunctions functions;

    if (!create_array) {
        functions = *reader->fn;
        create_array = functions.createArray;
        functions.createArray = create_bounded_array;
    }
    reader->fn = &functions;
}
#else
static void bound_arrays(redisReader *reader)
{
    reader->maxelements = REPLY_ITEMS_MAX;
}
#endif

/* false: not even begun. */
static bool connect_to(struct redis *redis, const char *host)
{
    const struct redis_address *address = &redis->address;

    redis->link = must(host ? redisConnectNonBlock(host, address->port)
                            : redisConnectUnixNonBlock(address->path));
    if (redis->link->err)
        return false;
    bound_arrays(redis->link->reader);
    if (host)
        redisEnableKeepAlive(redis->link);
    redis->state = STATE_CONNECTING;
    redis->events = POLLOUT;
    redis->watch = loop_watch(redis->loop, redis->link->fd, POLLOUT, on_ready, redis);
    return true;
}

static void drop_link(struct redis *redis)
{
    loop_unwatch(redis->loop, TAKE(redis->watch));
    redisFree(TAKE(redis->link));
}

static void on_looked_up_too_long(void *arg)
{
    go_down(arg, ERR_UNAVAILABLE, "host name: the resolver is silent");
}

/* It may still come: but somebody should know what is being waited for. */
static void on_looked_up_slowly(void *arg)
{
    struct redis *redis = arg;
    struct error err;

    timer_start(redis, &redis->attempt, LOOKUP_MS - CONNECT_MS, on_looked_up_too_long);
    snprintf(redis->reason, sizeof(redis->reason), "not connected: host name: still looking it up");
    error_set(&err, ERR_UNAVAILABLE, "%s", redis->reason);
    enter(redis);
    tell_state(redis, &err);
    leave(redis);
}

/* The addresses of a name one after the other; where they end depends on where the last attempt
 * did, for one that is silent uses up a whole attempt. */
static void connect_next(struct redis *redis, const char *why)
{
    char cause[128];

    snprintf(cause, sizeof(cause), "%s", why); /* it may lie in the link */
    while (redis->tries > 0) {
        if (redis->link)
            drop_link(redis);
        redis->tries--;
        if (connect_to(redis, redis->found.text[redis->turn++ % redis->found.count]))
            return;
        snprintf(cause, sizeof(cause), "%s", redis->link->errstr);
    }
    go_down(redis, ERR_UNAVAILABLE, cause);
}

static void on_found(void *arg, const struct lookup_answer *answer)
{
    struct redis *redis = arg;

    redis->lookup = NULL; /* gone with its callback */
    redis->found = *answer;
    redis->tries = answer->count;
    timer_start(redis, &redis->attempt, CONNECT_MS, on_connect_too_late);
    connect_next(redis, answer->why);
}

static void on_attempt(void *arg)
{
    struct redis *redis = arg;
    const char *host = redis->address.host;
    unsigned char literal[sizeof(struct in6_addr)];

    if (host[0] && inet_pton(AF_INET, host, literal) != 1 &&
        inet_pton(AF_INET6, host, literal) != 1) {
        redis->state = STATE_LOOKING_UP;
        timer_start(redis, &redis->attempt, CONNECT_MS, on_looked_up_slowly);
        redis->lookup = lookup_start(redis->loop, host, on_found, redis);
        return;
    }
    redis->tries = 0;
    timer_start(redis, &redis->attempt, CONNECT_MS, on_connect_too_late);
    if (!connect_to(redis, host[0] ? host : NULL))
        go_down(redis, ERR_UNAVAILABLE, redis->link->errstr);
}

/* ---- the outside ---- */

struct redis *redis_create(struct loop *loop, const struct redis_address *address, const char *name,
                           redis_state_fn *on_state, void *arg)
{
    struct redis *redis = must(calloc(1, sizeof(*redis)));

    redis->loop = loop;
    redis->address = *address;
    snprintf(redis->name, sizeof(redis->name), "%s", name);
    redis->on_state = on_state;
    redis->arg = arg;
    redis->context = loop_context(loop);
    redis->told = ERR_KINDS;
    redis->backoff_ms = BACKOFF_MIN_MS;
    redis->waiting.end = &redis->waiting.first;
    redis->failed.end = &redis->failed.first;
    snprintf(redis->reason, sizeof(redis->reason), "not connected: not yet");
    buf_init(&redis->out, COMMAND_MAX);
    timer_start(redis, &redis->attempt, 0, on_attempt);
    return redis;
}

void redis_destroy(struct redis *redis)
{
    if (!redis || redis->destroyed)
        return;
    enter(redis);
    redis->destroyed = true;
    unlink_now(redis);
    loop_timer_stop(redis->loop, &redis->tell);
    fail_waiting(redis, INT64_MIN);
    snprintf(redis->reason, sizeof(redis->reason), "connection closed by us");
    tell_failed(redis);
#ifdef RAIOX_REDIS_TLS
    SSL_CTX_free(redis->tls);
#endif
    leave(redis);
}

bool redis_up(const struct redis *redis)
{
    return redis->state == STATE_UP;
}
