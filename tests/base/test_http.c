#include "base/clock.h"
#include "base/http.h"
#include "tests/support/http_peer.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define OK_HELLO OK_HEAD "Content-Length: 5\r\nX-Hint: ten\r\n\r\nhello"

static struct loop *loop;
static struct http *http;
static int outstanding;

/* What a callback was given. */
struct got {
    int calls, status;
    char body[64];
    size_t body_len;
    char hint[64];
    bool sent;
    int64_t took_ms;
    enum err_kind kind;
    char log[400];
    struct http_call *call;
    int order;
};
static int order;

static void on_got(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct got *got = arg;
    const char *hint = http_header(answer, "x-hINT");

    assert_ptr_equal(answer->call, got->call);
    assert_int_equal(strlen(answer->body) <= answer->body_len, 1);
    assert_int_equal(answer->body[answer->body_len], '\0');
    got->calls++;
    got->status = answer->status;
    got->body_len = answer->body_len;
    snprintf(got->body, sizeof(got->body), "%s", answer->body);
    snprintf(got->hint, sizeof(got->hint), "%s", hint ? hint : "(none)");
    got->sent = answer->sent;
    got->took_ms = answer->took_ms;
    got->kind = err ? err->kind : ERR_NONE;
    snprintf(got->log, sizeof(got->log), "%s", err ? err->log : "");
    got->order = order++;
    if (--outstanding == 0)
        loop_stop(loop);
}

static void begin(const struct http_options *options)
{
    loop = loop_create();
    http = http_create(loop, options ? options : &(struct http_options){ 0 });
    outstanding = order = 0;
}

static void end(void)
{
    http_destroy(http);
    loop_destroy(loop);
}

static void sending(struct got *got, const struct http_request *request)
{
    *got = (struct got){ 0 };
    outstanding++;
    got->call = http_send(http, request, on_got, got);
    assert_int_equal(got->calls, 0); /* never inside the call */
}

static void get(struct got *got, const char *url)
{
    sending(got, &(struct http_request){ .method = "GET", .url = url });
}

/* ---- addresses ---- */

static void only_https_and_loopback_http_may_be_called(void **state)
{
    static const struct {
        const char *url;
        bool ok;
    } rows[] = {
        { "https://graph.facebook.com/v24.0/me?fields=id", true },
        { "https://example.com", true },
        { "HTTPS://EXAMPLE.COM:8443/a", true },
        { "http://127.0.0.1/", true },
        { "http://127.9.8.7:80", true },
        { "http://[::1]:8080/x", true },
        { "http://localhost:1/", true },
        { "http://LOCALHOST/", true },
        { NULL, false },
        { "", false },
        { "http://", false },
        { "https://", false },
        { "https:///path", false },
        { "https:/example.com/", false },
        { "http:///127.0.0.1/", false },
        { "http:/127.0.0.1/?x=://", false },
        { "https://example.com\\@127.0.0.1/", false },
        { "https:\\\\example.com/", false },
        { "example.com", false },
        { "//example.com/", false },
        { "http://example.com/", false },
        { "http://127.0.0.1.example.com/", false },
        { "http://localhost.example.com/", false },
        { "http://localhost@example.com/", false },
        { "http://128.0.0.1/", false },
        { "http://0.0.0.0/", false },
        { "http://[::]/", false },
        { "http://[::ffff:127.0.0.1]/", false },
        { "http://10.0.0.1/", false },
        { "https://user@example.com/", false },
        { "https://user:pass@example.com/", false },
        { "https://:@example.com/", false },
        { "https://hooks.slack.com@example.com/", false },
        { "https://example.com/#fragment", false },
        { "https://example.com/a b", false },
        { "https://example.com/a\r\nX: y", false },
        { "https://example.com/\x7f", false },
        { "https://ex\xc3\xa4mple.com/", false },
        { "https://example.com:99999/", false },
        { "https://example.com:/x:y@z", true },
        { "ftp://127.0.0.1/", false },
        { "file:///etc/passwd", false },
        { "gopher://127.0.0.1/", false },
        { "javascript:alert(1)", false },
        { " https://example.com/", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (http_url_allowed(rows[i].url) != rows[i].ok)
            fail_msg("\"%s\" should%s be allowed", rows[i].url, rows[i].ok ? "" : " not");
}

static void an_origin_is_scheme_host_and_port(void **state)
{
    static const struct {
        const char *url, *origin;
        bool same;
    } rows[] = {
        { "https://hooks.slack.com/commands/T1/2/abc", "https://hooks.slack.com", true },
        { "https://hooks.slack.com:443/x", "https://hooks.slack.com", true },
        { "https://HOOKS.Slack.com/x", "https://hooks.slack.com/", true },
        { "http://127.0.0.1:8080/x", "http://127.0.0.1:8080", true },
        { "http://[::1]:80/x", "http://[::1]", true },
        { NULL, "https://hooks.slack.com", false },
        { "https://hooks.slack.com/x", NULL, false },
        { "", "https://hooks.slack.com", false },
        { "http://hooks.slack.com/x", "https://hooks.slack.com", false },
        { "https://hooks.slack.com:444/x", "https://hooks.slack.com", false },
        { "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com", false },
        { "https://evil.example/hooks.slack.com", "https://hooks.slack.com", false },
        { "https://hooks.slack.com@evil.example/", "https://hooks.slack.com", false },
        { "https://user@hooks.slack.com/", "https://hooks.slack.com", false },
        { "https://hooks.slack.com\\@evil.example/", "https://hooks.slack.com", false },
        { "https://hooks.slack.com#@evil.example/", "https://hooks.slack.com", false },
        { "https://hooks.slack.com./x", "https://hooks.slack.com", false },
        { "https://xhooks.slack.com/x", "https://hooks.slack.com", false },
        { "http://127.0.0.1:80801/x", "http://127.0.0.1:8080", false },
        { "https://hooks.slack.com/\n", "https://hooks.slack.com", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (http_same_origin(rows[i].url, rows[i].origin) != rows[i].same)
            fail_msg("row %zu: \"%s\" and \"%s\"", i, rows[i].url, rows[i].origin);
}

/* ---- answers ---- */

static void every_way_an_answer_can_come_has_its_kind(void **state)
{
    static const struct {
        const char *why;
        struct peer_play play;
        int status;
        const char *body;
        enum err_kind kind;
    } rows[] = {
        { "whole", { .answer = OK_HELLO }, 200, "hello", ERR_NONE },
        { "whole and empty", { .answer = "HTTP/1.1 204 No Content\r\n\r\n" }, 204, "", ERR_NONE },
        { "any status is an answer",
          { .answer = "HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad" },
          500,
          "bad",
          ERR_NONE },
        { "a redirect is not followed",
          { .answer = "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
                      "0\r\n\r\n" },
          302,
          "",
          ERR_NONE },
        { "chunked",
          { .answer =
                OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" },
          200,
          "hello",
          ERR_NONE },
        { "up to the end of the connection",
          { .manner = PEER_CLOSE, .answer = OK_HEAD "\r\nhello" },
          200,
          "hello",
          ERR_NONE },
        { "100 first",
          { .answer = "HTTP/1.1 100 Continue\r\n\r\n" OK_HELLO },
          200,
          "hello",
          ERR_NONE },
        { "byte by byte",
          { .manner = PEER_BYTEWISE, .pause_ms = 1, .answer = OK_HELLO },
          200,
          "hello",
          ERR_NONE },
        { "cut off in the body",
          { .manner = PEER_CLOSE, .answer = OK_HEAD "Content-Length: 50\r\n\r\nhello" },
          200,
          "",
          ERR_UNAVAILABLE },
        { "cut off in a chunk",
          { .manner = PEER_CLOSE,
            .answer = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\nhello" },
          200,
          "",
          ERR_UNAVAILABLE },
        { "nothing at all", { .manner = PEER_CLOSE, .answer = "" }, 0, "", ERR_UNAVAILABLE },
        { "not HTTP", { .manner = PEER_CLOSE, .answer = "hello\r\n" }, 0, "", ERR_BAD_RESPONSE },
        { "SSH", { .manner = PEER_CLOSE, .answer = "SSH-2.0-x\r\n" }, 0, "", ERR_BAD_RESPONSE },
        { "an encoding that is broken",
          { .manner = PEER_CLOSE,
            .answer = OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello" },
          200,
          "",
          ERR_BAD_RESPONSE },
        { "gzip",
          { .manner = PEER_CLOSE,
            .answer = OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\n"
                              "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10"
                              "\x36\x05\0\0\0",
            .answer_len =
                sizeof(OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\n") - 1 + 25 },
          200,
          "hello",
          ERR_NONE },
    };

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_peer *peer = http_peer_start(&rows[i].play, 1);
        struct got got;
        get(&got, http_peer_url(peer, "/"));
        loop_run(loop);
        if (got.calls != 1 || got.status != rows[i].status || got.kind != rows[i].kind ||
            strcmp(got.body, rows[i].body) != 0 || !got.sent)
            fail_msg("%s: status %d, body \"%s\", %s (%s), sent %d", rows[i].why, got.status,
                     got.body, error_kind_name(got.kind), got.log, got.sent);
        http_peer_stop(peer);
    }
    end();
}

static void headers_are_read_in_any_case_and_no_longer_than_they_are_there(void **state)
{
    static const struct peer_play plays[] = {
        { .path = "/with", .answer = OK_HELLO },
        { .path = "/without", .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
    };
    struct http_peer *peer = http_peer_start(plays, COUNT(plays));
    struct got got;

    (void)state;
    begin(NULL);
    get(&got, http_peer_url(peer, "/with"));
    loop_run(loop);
    assert_string_equal(got.hint, "ten");
    get(&got, http_peer_url(peer, "/without")); /* on the same handle */
    loop_run(loop);
    assert_string_equal(got.hint, "(none)");
    assert_int_equal(http_peer_connections(peer), 1);
    end();
    http_peer_stop(peer);
}

static void a_request_is_what_was_asked_and_nothing_else(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    const char *headers[] = { "Content-Type: application/json", "Authorization: Bearer t", NULL };
    char body[] = "{\"a\":1}";
    struct got got;

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    begin(&(struct http_options){ .user_agent = "raiox-test" });
    sending(&got, &(struct http_request){ .method = "POST",
                                          .url = http_peer_url(peer, "/p?q=1"),
                                          .headers = headers,
                                          .body = body,
                                          .body_len = strlen(body) });
    memset(body, '!', strlen(body)); /* it was copied */
    headers[0] = headers[1] = NULL;
    loop_run(loop);
    get(&got, http_peer_url(peer, "/g"));
    loop_run(loop);
    unsetenv("http_proxy");
    unsetenv("all_proxy");

    const char *post = http_peer_request(peer, 0), *second = http_peer_request(peer, 1);
    assert_ptr_equal(strstr(post, "POST /p?q=1 HTTP/1.1\r\n"), post);
    assert_non_null(strstr(post, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(post, "\r\nAuthorization: Bearer t\r\n"));
    assert_non_null(strstr(post, "\r\nUser-Agent: raiox-test\r\n"));
    assert_non_null(strstr(post, "\r\n\r\n{\"a\":1}"));
    assert_null(strcasestr(post, "expect"));
    assert_null(strcasestr(post, "proxy"));
    assert_ptr_equal(strstr(second, "GET /g HTTP/1.1\r\n"), second);
    assert_null(strstr(second, "Bearer")); /* nothing of the last call's is left on the handle */
    assert_null(strcasestr(second, "content-"));
    end();
    http_peer_stop(peer);
}

static void a_large_body_goes_out_and_an_empty_one_too(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    const size_t len = 3 << 20;
    char *body = malloc(len);
    struct got got;

    (void)state;
    memset(body, 'y', len);
    begin(NULL);
    for (int once = 0; once < 2; once++) {
        sending(&got, &(struct http_request){ .method = "POST",
                                              .url = http_peer_url(peer, "/"),
                                              .body = body,
                                              .body_len = len,
                                              .once = once });
        loop_run(loop);
        assert_string_equal(got.body, "hello");
        assert_int_equal(strlen(strstr(http_peer_request(peer, once * 2), "\r\n\r\n") + 4), len);
        sending(&got, &(struct http_request){
                          .method = "POST", .url = http_peer_url(peer, "/"), .once = once });
        loop_run(loop);
        assert_string_equal(got.body, "hello");
        assert_non_null(strstr(http_peer_request(peer, once * 2 + 1), "Content-Length: 0\r\n"));
    }
    free(body);
    end();
    http_peer_stop(peer);
}

/* ---- what is refused before anything is sent ---- */

static void what_may_not_be_called_is_refused_later_and_never_shown(void **state)
{
    static const char *const bad_header[] = { "X: secret\r\nY: z", NULL };
    static const struct {
        const char *url;
        const char *const *headers;
    } rows[] = {
        { "http://secret.example/", NULL },
        { "", NULL },
        { NULL, NULL },
        { "https://user:secret@example.com/", NULL },
        { "https://127.0.0.1/secret\n", NULL },
        { "https://127.0.0.1/#secret", NULL },
        { "http://127.0.0.1:1/", bad_header },
    };

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct got got;
        sending(&got, &(struct http_request){
                          .method = "GET", .url = rows[i].url, .headers = rows[i].headers });
        loop_run(loop);
        assert_int_equal(got.kind, ERR_CONFIG);
        assert_false(got.sent);
        assert_null(strstr(got.log, "secret"));
    }
    end();
}

/* What was found out about a host once must not let another one in. */
static void a_known_host_vouches_for_no_other(void **state)
{
    static const char *const tails[] = {
        "\\@example.com/", "@example.com/",  ".example.com/", "x@example.com/",
        "0@example.com/",  "#@example.com/", "/ x",           "/\n",
    };
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got got;
    char url[128];

    (void)state;
    begin(NULL);
    get(&got, http_peer_url(peer, ""));
    loop_run(loop);
    assert_string_equal(got.body, "hello");
    for (size_t i = 0; i < COUNT(tails); i++) {
        snprintf(url, sizeof(url), "%s%s", http_peer_url(peer, ""), tails[i]);
        get(&got, url);
        loop_run(loop);
        if (got.kind != ERR_CONFIG)
            fail_msg("\"%s\" was called: %s", tails[i], got.log);
    }
    assert_int_equal(http_peer_requests(peer), 1);
    end();
    http_peer_stop(peer);
}

static void no_connection_is_unavailable_and_nothing_was_sent(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1:1/secret",
        "https://127.0.0.1:1/secret",
        "https://secret.invalid/secret",
    };

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct got got;
        get(&got, urls[i]);
        loop_run(loop);
        assert_int_equal(got.kind, ERR_UNAVAILABLE);
        assert_false(got.sent);
        assert_int_equal(got.status, 0);
        assert_null(strstr(got.log, "secret"));
    }
    end();
}

/* ---- time ---- */

/* One of the three ends a call; the others would let it wait for very long. */
#define LONG_MS 120000

static void every_wait_has_an_end(void **state)
{
    static const struct peer_play plays[] = {
        { .path = "/never", .manner = PEER_NEVER },
        { .path = "/drip", .manner = PEER_BYTEWISE, .pause_ms = 100, .answer = OK_HELLO },
        { .path = "/stuck", .answer = OK_HEAD "Content-Length: 9\r\n\r\nhello" },
    };
    static const struct {
        const char *path;
        int64_t total_ms, stall_ms, deadline_in_ms;
        int64_t min_ms;
    } rows[] = {
        { "/never", 1000, LONG_MS, LONG_MS, 1000 }, { "/never", LONG_MS, 1000, LONG_MS, 900 },
        { "/never", LONG_MS, LONG_MS, 1000, 990 },  { "/drip", 1000, LONG_MS, LONG_MS, 1000 },
        { "/stuck", LONG_MS, 1000, LONG_MS, 900 },  { "/stuck", 1000, LONG_MS, LONG_MS, 1000 },
    };
    struct http_peer *peer = http_peer_start(plays, COUNT(plays));

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct got got;
        int64_t deadline_ms = clock_mono_ms() + rows[i].deadline_in_ms;
        sending(&got, &(struct http_request){ .method = "GET",
                                              .url = http_peer_url(peer, rows[i].path),
                                              .total_ms = rows[i].total_ms,
                                              .stall_ms = rows[i].stall_ms,
                                              .deadline_ms = deadline_ms });
        loop_run(loop);
        if (got.kind != ERR_TIMEOUT || !got.sent || got.took_ms < rows[i].min_ms ||
            got.took_ms > LONG_MS / 4)
            fail_msg("row %zu: %s (%s) after %d ms", i, error_kind_name(got.kind), got.log,
                     (int)got.took_ms);
    }
    end();
    http_peer_stop(peer);
}

static void a_deadline_ends_a_call_that_still_waits_for_its_turn(void **state)
{
    static const struct peer_play play = { .manner = PEER_NEVER };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got first, second, late;

    (void)state;
    begin(&(struct http_options){ .max_per_host = 1 });
    int64_t start_ms = clock_mono_ms();
    sending(&first, &(struct http_request){
                        .method = "GET", .url = http_peer_url(peer, "/"), .total_ms = 4000 });
    sending(&second, &(struct http_request){ .method = "GET",
                                             .url = http_peer_url(peer, "/"),
                                             .deadline_ms = start_ms + 1000 });
    sending(&late, &(struct http_request){ .method = "GET",
                                           .url = http_peer_url(peer, "/"),
                                           .deadline_ms = start_ms - 1 });
    loop_run(loop);
    assert_int_equal(second.kind, ERR_TIMEOUT);
    assert_false(second.sent);
    assert_int_equal(late.kind, ERR_TIMEOUT);
    assert_int_equal(late.order, 0);
    assert_int_equal(second.order, 1);
    assert_int_equal(http_peer_requests(peer), 1);
    end();
    http_peer_stop(peer);
}

/* ---- size ---- */

static void an_answer_over_its_ceiling_is_refused(void **state)
{
    static const struct peer_play plays[] = {
        { .path = "/told",
          .manner = PEER_FLOOD,
          .flood = 100 << 20,
          .answer = OK_HEAD "Content-Length: 104857600\r\n\r\n" },
        { .path = "/untold", .manner = PEER_FLOOD, .flood = 100 << 20, .answer = OK_HEAD "\r\n" },
        { .path = "/exact",
          .manner = PEER_FLOOD,
          .flood = 1 << 20,
          .answer = OK_HEAD "Content-Length: 1048576\r\n\r\n" },
        { .path = "/one-more",
          .manner = PEER_FLOOD,
          .flood = (1 << 20) + 1,
          .answer = OK_HEAD "Content-Length: 1048577\r\n\r\n" },
    };
    static const struct {
        const char *path;
        enum err_kind kind;
    } rows[] = {
        { "/told", ERR_BAD_RESPONSE },
        { "/untold", ERR_BAD_RESPONSE },
        { "/one-more", ERR_BAD_RESPONSE },
        { "/exact", ERR_NONE },
    };
    struct http_peer *peer = http_peer_start(plays, COUNT(plays));

    (void)state;
    begin(&(struct http_options){ .max_body = 1 << 20 });
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct got got;
        get(&got, http_peer_url(peer, rows[i].path));
        loop_run(loop);
        if (got.kind != rows[i].kind || got.body_len != (rows[i].kind ? 0 : 1 << 20))
            fail_msg("%s: %s (%s), %zu bytes", rows[i].path, error_kind_name(got.kind), got.log,
                     got.body_len);
    }
    end();
    http_peer_stop(peer);
}

/* 64 MiB of zeros in 64 KiB. */
static void a_bomb_is_counted_after_decompression(void **state)
{
    char *answer = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&answer, &len);
    FILE *gzip = popen("head -c 67108864 /dev/zero | gzip -9", "re");
    char piece[4096];
    size_t got_len = 0;

    (void)state;
    fprintf(out, OK_HEAD "Content-Encoding: gzip\r\n\r\n");
    while ((got_len = fread(piece, 1, sizeof(piece), gzip)) > 0)
        fwrite(piece, 1, got_len, out);
    pclose(gzip);
    fclose(out);
    assert_true(len > 10000 && len < 1 << 20);

    struct peer_play play = { .manner = PEER_CLOSE, .answer = answer, .answer_len = len };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got got;
    begin(&(struct http_options){ .max_body = 8 << 20 });
    get(&got, http_peer_url(peer, "/"));
    loop_run(loop);
    assert_int_equal(got.kind, ERR_BAD_RESPONSE);
    assert_int_equal(got.body_len, 0);
    end();
    http_peer_stop(peer);
    free(answer);
}

static void all_answers_together_have_a_ceiling_and_give_it_back(void **state)
{
    static const struct peer_play plays[] = {
        { .path = "/stuck",
          .manner = PEER_FLOOD,
          .flood = 900 << 10,
          .answer = OK_HEAD "Content-Length: 1000000\r\n\r\n" },
        { .path = "/whole",
          .manner = PEER_FLOOD,
          .flood = 900 << 10,
          .answer = OK_HEAD "Content-Length: 921600\r\n\r\n" },
    };
    struct http_peer *peer = http_peer_start(plays, COUNT(plays));
    struct got got[4];
    int over = 0, timed_out = 0;

    (void)state;
    begin(&(struct http_options){ .max_body = 1 << 20, .max_bodies = 2 << 20 });
    for (size_t i = 0; i < COUNT(got); i++)
        sending(&got[i], &(struct http_request){ .method = "GET",
                                                 .url = http_peer_url(peer, "/stuck"),
                                                 .total_ms = 500 });
    loop_run(loop);
    for (size_t i = 0; i < COUNT(got); i++) {
        over += got[i].kind == ERR_UNAVAILABLE;
        timed_out += got[i].kind == ERR_TIMEOUT;
    }
    assert_true(over >= 2 && timed_out >= 1 && over + timed_out == 4);
    for (size_t i = 0; i < COUNT(got); i++) { /* one after the other there is room */
        get(&got[i], http_peer_url(peer, "/whole"));
        loop_run(loop);
        assert_int_equal(got[i].kind, ERR_NONE);
        assert_int_equal(got[i].body_len, 900 << 10);
    }
    end();
    http_peer_stop(peer);
}

/* ---- turns ---- */

static void a_host_has_no_more_transfers_than_its_ceiling_and_all_are_served(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    static struct got got[500];

    (void)state;
    begin(&(struct http_options){ .max_per_host = 7 });
    for (size_t i = 0; i < COUNT(got); i++)
        sending(&got[i], &(struct http_request){ .method = "GET",
                                                 .url = http_peer_url(peer, "/"),
                                                 .lane = (int)i % 50 });
    loop_run(loop);
    for (size_t i = 0; i < COUNT(got); i++)
        assert_string_equal(got[i].body, "hello");
    assert_true(http_peer_most(peer) <= 7);
    assert_int_equal(http_peer_connections(peer), 7);
    end();
    http_peer_stop(peer);
}

static void lanes_take_turns(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    /* One asks for 100 things, then two others for two each: lane 256 shares a slot with lane 0. */
    static struct got many[100], few[4];

    (void)state;
    begin(&(struct http_options){ .max_per_host = 1 });
    for (size_t i = 0; i < COUNT(many); i++)
        sending(&many[i], &(struct http_request){
                              .method = "GET", .url = http_peer_url(peer, "/"), .lane = 0 });
    for (size_t i = 0; i < COUNT(few); i++)
        sending(&few[i], &(struct http_request){ .method = "GET",
                                                 .url = http_peer_url(peer, "/"),
                                                 .lane = i % 2 ? 256 : -1 });
    loop_run(loop);
    for (size_t i = 0; i < COUNT(few); i++)
        assert_true(few[i].order <= 7);
    for (size_t i = 1; i < COUNT(many); i++)
        assert_true(many[i - 1].order < many[i].order);
    end();
    http_peer_stop(peer);
}

/* ---- ends ---- */

static struct got victims[6];

static void on_got_cancel_all(void *arg, const struct http_answer *answer, const struct error *err)
{
    on_got(arg, answer, err);
    for (size_t i = 0; i < COUNT(victims); i++)
        http_cancel(victims[i].call); /* itself among them, which is nothing */
    http_cancel(NULL);
    loop_stop(loop);
}

static void a_callback_may_cancel_the_others_and_none_of_them_runs(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    static const char *const urls[] = { "/", "/", "/", "/", "/", NULL };
    struct got after;
    int calls = 0;

    (void)state;
    begin(&(struct http_options){ .max_per_host = 3 }); /* under way, waiting, and refused */
    for (size_t i = 0; i < COUNT(victims); i++) {
        victims[i] = (struct got){ 0 };
        outstanding++;
        victims[i].call =
            http_send(http,
                      &(struct http_request){ .method = "GET",
                                              .url = urls[i] ? http_peer_url(peer, urls[i])
                                                             : "http://not.loopback/" },
                      on_got_cancel_all, &victims[i]);
    }
    loop_run(loop);
    for (int turn = 0; turn < 20; turn++)
        loop_turn(loop, 5);
    for (size_t i = 0; i < COUNT(victims); i++)
        calls += victims[i].calls;
    assert_int_equal(calls, 1);
    outstanding = 0;
    get(&after, http_peer_url(peer, "/")); /* and the host is free again */
    loop_run(loop);
    assert_string_equal(after.body, "hello");
    end();
    http_peer_stop(peer);
}

static void on_got_send_again(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct got *got = arg;
    char url[64];

    if (got->status++ < 9) {
        snprintf(url, sizeof(url), "%s", (const char *)got->hint);
        got->call = http_send(http, &(struct http_request){ .method = "GET", .url = url },
                              on_got_send_again, got);
        return;
    }
    on_got(arg, answer, err);
}

static void a_callback_may_send_the_next_call(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got got = { 0 };

    (void)state;
    begin(&(struct http_options){ .max_per_host = 1 });
    outstanding = 1;
    snprintf(got.hint, sizeof(got.hint), "%s", http_peer_url(peer, "/"));
    got.call = http_send(http, &(struct http_request){ .method = "GET", .url = got.hint },
                         on_got_send_again, &got);
    loop_run(loop);
    assert_int_equal(http_peer_requests(peer), 10);
    assert_int_equal(http_peer_connections(peer), 1);
    end();
    http_peer_stop(peer);
}

static void destroying_ends_every_call_without_a_word(void **state)
{
    static const struct peer_play play = { .manner = PEER_NEVER };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got got[20];

    (void)state;
    begin(&(struct http_options){ .max_per_host = 4 });
    for (size_t i = 0; i < COUNT(got); i++)
        sending(&got[i], &(struct http_request){ .method = "GET",
                                                 .url = i % 5 ? http_peer_url(peer, "/")
                                                              : "http://not.loopback/",
                                                 .deadline_ms = clock_mono_ms() + 60000 });
    while (http_peer_requests(peer) < 4)
        loop_turn(loop, 10);
    int refused = 0;
    for (size_t i = 0; i < COUNT(got); i++)
        refused += got[i].calls;
    end();
    int calls = 0;
    for (size_t i = 0; i < COUNT(got); i++)
        calls += got[i].calls;
    assert_int_equal(calls, refused);
    http_peer_stop(peer);
}

/*
 * The peer takes the second request of a kept connection and hangs up without an answer. curl sends
 * such a request again by itself; where that could post a reply twice it must not.
 */
static void a_call_that_must_not_be_repeated_is_sent_once(void **state)
{
    static const struct peer_play play = { .manner = PEER_ONCE_ONLY, .answer = OK_HELLO };

    (void)state;
    for (int once = 0; once < 2; once++) {
        struct http_peer *peer = http_peer_start(&play, 1);
        struct got got;
        begin(NULL);
        get(&got, http_peer_url(peer, "/"));
        loop_run(loop);
        sending(&got, &(struct http_request){ .method = "POST",
                                              .url = http_peer_url(peer, "/reply"),
                                              .body = "x=1",
                                              .body_len = 3,
                                              .once = once });
        loop_run(loop);
        assert_int_equal(http_peer_requests(peer), once ? 2 : 3);
        assert_int_equal(got.kind, once ? ERR_UNAVAILABLE : ERR_NONE);
        assert_true(got.sent);
        end();
        http_peer_stop(peer);
    }
}

/* ---- context ---- */

static char contexts[2];

static void on_got_in_context(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct got *got = arg;

    assert_ptr_equal(loop_context(loop), got->kind ? &contexts[1] : &contexts[0]);
    on_got(arg, answer, err);
}

static void a_callback_runs_under_its_callers_context(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got got[6];

    (void)state;
    begin(&(struct http_options){ .max_per_host = 1 });
    for (size_t i = 0; i < COUNT(got); i++) {
        got[i] = (struct got){ .kind = i % 2 ? ERR_INPUT : ERR_NONE };
        outstanding++;
        void *old = loop_context_swap(loop, &contexts[i % 2]);
        got[i].call = http_send(http,
                                &(struct http_request){ .method = "GET",
                                                        .url = i < 4 ? http_peer_url(peer, "/")
                                                                     : "http://not.loopback/",
                                                        .lane = (int)i },
                                on_got_in_context, &got[i]);
        loop_context_swap(loop, old);
    }
    loop_run(loop);
    end();
    http_peer_stop(peer);
}

/* ---- what it costs ---- */

static size_t resident_bytes(void)
{
    char text[128];
    FILE *file = fopen("/proc/self/statm", "re");
    const char *second = file && fgets(text, sizeof(text), file) ? strchr(text, ' ') : NULL;

    if (file)
        fclose(file);
    assert_non_null(second);
    return strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static int64_t cpu_us(void)
{
    struct timespec at;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void seven_thousand_waiting_calls_are_small(void **state)
{
    static const struct peer_play play = { .answer = OK_HELLO };
    struct http_peer *peer = http_peer_start(&play, 1);
    static struct got got[7000];
    static const char *const headers[] = {
        "Authorization: Bearer "
        "EAABsbCS1iHgBAKZCZBZAZCZA0123456789012345678901234567890123456789012345678901234567890123",
        NULL
    };
    char url[600];

    (void)state;
    snprintf(url, sizeof(url), "%s?fields=%0400d", http_peer_url(peer, "/v24.0/act_1/campaigns"),
             0);
    begin(NULL);
    memset(got, 0, sizeof(got)); /* its pages are not the calls' */
    malloc_trim(0);              /* and what others gave back is not either */
    size_t before = resident_bytes();
    for (size_t i = 0; i < COUNT(got); i++)
        sending(&got[i], &(struct http_request){
                             .method = "GET", .url = url, .headers = headers, .lane = (int)i / 7 });
    size_t waiting = resident_bytes() - before;
    loop_run(loop);
    for (size_t i = 0; i < COUNT(got); i++)
        assert_int_equal(got[i].kind, ERR_NONE);
    print_message("7,000 calls waiting: %zu KiB\n", waiting >> 10);
    assert_true(waiting < 40 << 20);
    end();
    http_peer_stop(peer);
}

static void waiting_for_an_answer_uses_no_processor_time(void **state)
{
    static const struct peer_play play = { .manner = PEER_NEVER };
    struct http_peer *peer = http_peer_start(&play, 1);
    struct got got[30];

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < COUNT(got); i++)
        sending(&got[i], &(struct http_request){
                             .method = "GET", .url = http_peer_url(peer, "/"), .total_ms = 600 });
    while (http_peer_requests(peer) < (int)COUNT(got))
        loop_turn(loop, 10);
    int64_t start_us = cpu_us();
    loop_run(loop);
    assert_true(cpu_us() - start_us < 60000);
    end();
    http_peer_stop(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_https_and_loopback_http_may_be_called),
        cmocka_unit_test(an_origin_is_scheme_host_and_port),
        cmocka_unit_test(every_way_an_answer_can_come_has_its_kind),
        cmocka_unit_test(headers_are_read_in_any_case_and_no_longer_than_they_are_there),
        cmocka_unit_test(a_request_is_what_was_asked_and_nothing_else),
        cmocka_unit_test(a_large_body_goes_out_and_an_empty_one_too),
        cmocka_unit_test(what_may_not_be_called_is_refused_later_and_never_shown),
        cmocka_unit_test(a_known_host_vouches_for_no_other),
        cmocka_unit_test(no_connection_is_unavailable_and_nothing_was_sent),
        cmocka_unit_test(every_wait_has_an_end),
        cmocka_unit_test(a_deadline_ends_a_call_that_still_waits_for_its_turn),
        cmocka_unit_test(an_answer_over_its_ceiling_is_refused),
        cmocka_unit_test(a_bomb_is_counted_after_decompression),
        cmocka_unit_test(all_answers_together_have_a_ceiling_and_give_it_back),
        cmocka_unit_test(a_host_has_no_more_transfers_than_its_ceiling_and_all_are_served),
        cmocka_unit_test(lanes_take_turns),
        cmocka_unit_test(a_callback_may_cancel_the_others_and_none_of_them_runs),
        cmocka_unit_test(a_callback_may_send_the_next_call),
        cmocka_unit_test(destroying_ends_every_call_without_a_word),
        cmocka_unit_test(a_call_that_must_not_be_repeated_is_sent_once),
        cmocka_unit_test(a_callback_runs_under_its_callers_context),
        cmocka_unit_test(seven_thousand_waiting_calls_are_small),
        cmocka_unit_test(waiting_for_an_answer_uses_no_processor_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
