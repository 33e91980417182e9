/*
 * TLS and HTTP/2 as they are, against a real nginx on loopback with a certificate of its own: who
 * is believed, who is not, and that many calls share one connection.
 */
#include "base/clock.h"
#include "base/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    char dir[64], authority[96];
    int h2_port, h1_port, plain_port;
    pid_t nginx;
} site;

/* ---- the site ---- */

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

/* Its pid file is written when it listens; the folder says when that is. */
static void wait_for_pid_file(int inotify)
{
    struct pollfd at = { .fd = inotify, .events = POLLIN };
    int64_t end_ms = clock_mono_ms() + 60 * 1000; /* longer than it takes on a busy machine */
    char events[4096];

    while (access("nginx.pid", F_OK) != 0) {
        assert_true(clock_mono_ms() < end_ms);
        if (poll(&at, 1, 1000) > 0)
            assert_true(read(inotify, events, sizeof(events)) > 0);
    }
}

/* Waits for its end, unless it is to stay. */
static void run(const char *const *argv, bool stays)
{
    pid_t parent = getpid(), child = fork();
    int status = 0;

    if (child == 0) {
        int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (log < 0 || getppid() != parent || dup2(log, 1) < 0 || dup2(log, 2) < 0)
            _exit(1);
        execv(argv[0], (char *const *)(void *)argv);
        _exit(1);
    }
    site.nginx = child;
    if (stays)
        return;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void make_certificate(void)
{
    static const char *const argv[] = {
        "/usr/bin/openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        NULL,
    };

    run(argv, false);
    snprintf(site.authority, sizeof(site.authority), "%s/cert.pem", site.dir);
}

static void write_configuration(void)
{
    FILE *file = fopen("nginx.conf", "we");

    assert_non_null(file);
    fprintf(file,
            "daemon off; master_process off; pid nginx.pid; error_log stderr;\n"
            "events { worker_connections 256; }\n"
            "http { access_log off; client_body_temp_path t1; proxy_temp_path t2;\n"
            "  fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n"
            "  ssl_certificate cert.pem; ssl_certificate_key key.pem;\n"
            "  ssl_session_cache shared:sessions:1m;\n"
            "  server { listen 127.0.0.1:%d ssl http2;\n"
            "    location / { return 200 \"$server_protocol $connection\"; } }\n"
            "  server { listen 127.0.0.1:%d ssl;\n"
            "    limit_rate 160;\n" /* a second or so: that calls are under way together */
            "    location / { return 200 \"$server_protocol $ssl_session_reused                  "
            "                     \"; } }\n"
            "  server { listen 127.0.0.1:%d; return 200; } }\n",
            site.h2_port, site.h1_port, site.plain_port);
    assert_int_equal(fclose(file), 0);
}

static int site_begin(void **state)
{
    char configuration[96], prefix[96];
    int inotify = inotify_init1(IN_CLOEXEC);

    (void)state;
    strcpy(site.dir, "/tmp/raiox-https-XXXXXX");
    assert_non_null(mkdtemp(site.dir));
    assert_int_equal(chdir(site.dir), 0);
    make_certificate();
    site.h2_port = free_port();
    site.h1_port = free_port();
    site.plain_port = free_port();
    write_configuration();
    snprintf(configuration, sizeof(configuration), "%s/nginx.conf", site.dir);
    snprintf(prefix, sizeof(prefix), "%s/", site.dir);
    assert_true(inotify_add_watch(inotify, site.dir, IN_CREATE | IN_MODIFY) >= 0);
    run((const char *const[]){ "/usr/sbin/nginx", "-p", prefix, "-c", configuration, NULL }, true);
    wait_for_pid_file(inotify);
    close(inotify);
    return 0;
}

static int remove_entry(const char *path, const struct stat *at, int type, struct FTW *where)
{
    (void)at;
    (void)type;
    (void)where;
    return remove(path);
}

static int site_end(void **state)
{
    (void)state;
    kill(site.nginx, SIGKILL);
    waitpid(site.nginx, NULL, 0);
    assert_int_equal(chdir("/"), 0);
    nftw(site.dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* ---- calls ---- */

static struct loop *loop;
static struct http *http;
static int outstanding;

struct got {
    int status;
    char body[64];
    bool sent;
    enum err_kind kind;
    char log[400];
};

static void begin(const char *authority)
{
    if (authority)
        setenv("SSL_CERT_FILE", authority, 1);
    else
        unsetenv("SSL_CERT_FILE");
    loop = loop_create();
    http = http_create(loop, &(struct http_options){ 0 });
}

static void end(void)
{
    http_destroy(http);
    loop_destroy(loop);
}

static void on_got(void *arg, const struct http_answer *answer, const struct error *err)
{
    struct got *got = arg;

    got->status = answer->status;
    got->sent = answer->sent;
    got->kind = err ? err->kind : ERR_NONE;
    snprintf(got->body, sizeof(got->body), "%s", answer->body);
    snprintf(got->log, sizeof(got->log), "%s", err ? err->log : "");
    if (--outstanding == 0)
        loop_stop(loop);
}

static void ask(struct got *got, const char *host, int port, bool post)
{
    char url[96];

    snprintf(url, sizeof(url), "https://%s:%d/", host, port);
    *got = (struct got){ 0 };
    outstanding++;
    http_send(http,
              &(struct http_request){ .method = post ? "POST" : "GET",
                                      .url = url,
                                      .body = "twice would be once too often",
                                      .body_len = post ? 29 : 0,
                                      .once = post },
              on_got, got);
}

static void only_who_can_prove_his_name_is_spoken_to(void **state)
{
    const struct {
        const char *why, *authority, *host;
        int port;
        bool ok;
    } rows[] = {
        { "believed", site.authority, "localhost", site.h2_port, true },
        { "believed, without HTTP/2", site.authority, "localhost", site.h1_port, true },
        { "the name of another", site.authority, "127.0.0.1", site.h2_port, false },
        { "an authority that nobody knows", NULL, "localhost", site.h2_port, false },
        { "an empty name of a file is none", "", "localhost", site.h2_port, false },
        { "no such file", "/nonexistent/ca.pem", "localhost", site.h2_port, false },
        { "no TLS at all", site.authority, "localhost", site.plain_port, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct got got;

        begin(rows[i].authority);
        ask(&got, rows[i].host, rows[i].port, false);
        loop_run(loop);
        if (got.kind != (rows[i].ok ? ERR_NONE : ERR_UNAVAILABLE) ||
            got.status != (rows[i].ok ? 200 : 0) || got.sent != rows[i].ok)
            fail_msg("%s: %d, kind %d, sent %d, %s", rows[i].why, got.status, got.kind, got.sent,
                     got.log);
        assert_null(strstr(got.log, "localhost"));
        end();
    }
}

static void where_the_host_has_http_2_all_calls_share_a_connection(void **state)
{
    static struct got got[60];

    (void)state;
    begin(site.authority);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(got); i++)
            ask(&got[i], "localhost", site.h2_port, i % 3 == 0);
        loop_run(loop);
        for (size_t i = 0; i < COUNT(got); i++) {
            if (got[i].status != 200)
                fail_msg("%zu: %d, %s", i, got[i].status, got[i].log);
            assert_memory_equal(got[i].body, "HTTP/2.0 ", 9);
            assert_string_equal(got[i].body, got[0].body);
        }
    }
    end();
}

/* Calls under way together need connections of their own; their handshakes are short ones. */
static void without_http_2_connections_share_the_session(void **state)
{
    static struct got got[8];
    size_t reused = 0;

    (void)state;
    begin(site.authority);
    ask(&got[0], "localhost", site.h1_port, false);
    loop_run(loop);
    for (size_t i = 0; i < COUNT(got); i++)
        ask(&got[i], "localhost", site.h1_port, false);
    loop_run(loop);
    for (size_t i = 0; i < COUNT(got); i++) {
        assert_int_equal(got[i].status, 200);
        reused += strncmp(got[i].body, "HTTP/1.1 r", 10) == 0;
    }
    assert_int_equal(reused, COUNT(got) - 1); /* one went over the connection that was there */
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_can_prove_his_name_is_spoken_to),
        cmocka_unit_test(where_the_host_has_http_2_all_calls_share_a_connection),
        cmocka_unit_test(without_http_2_connections_share_the_session),
    };

    return cmocka_run_group_tests(tests, site_begin, site_end);
}
