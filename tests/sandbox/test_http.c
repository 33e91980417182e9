/* The program itself, started on a free port and asked over HTTP. argv[1]: raiox-sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"

#define LEAVERS 200

static const char *program;
static pid_t sandbox_pid;
static cJSON *info; /* the line that the program says when it is ready */

struct answer {
    long status;
    CURLcode code;
    struct buf body;
};

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    buf_add(arg, data, size * count);
    return size * count;
}

/* headers and body may be NULL. Free with buf_finish(&answer.body). */
static struct answer ask(const char *method, const char *url, const char *headers, const char *body)
{
    struct answer answer = { 0 };
    CURL *curl = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

    buf_init(&answer.body, 256 << 20);
    if (headers)
        list = curl_slist_append(list, headers);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    answer.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(list);
    return answer;
}

static const char *of(const char *group, const char *name)
{
    const cJSON *object = group ? json_get(info, group) : info;
    return json_get(object, name)->valuestring;
}

static long admin(const char *method, const char *path, const char *body)
{
    char url[200];

    snprintf(url, sizeof(url), "%s/%s", of(NULL, "admin"), path);
    struct answer answer = ask(method, url, NULL, body);
    buf_finish(&answer.body);
    return answer.status;
}

static struct answer meta(const char *path)
{
    char url[600], token[200];

    snprintf(url, sizeof(url), "%s/v26.0/%s", of("env", "META_GRAPH_URL"), path);
    snprintf(token, sizeof(token), "Authorization: Bearer %s", of("env", "META_ACCESS_TOKEN"));
    return ask("GET", url, token, NULL);
}

static int start_sandbox(void **state)
{
    int pipe_fds[2];
    char line[8192];

    (void)state;
    if (pipe(pipe_fds) != 0)
        return -1;
    sandbox_pid = fork();
    if (sandbox_pid == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        execl(program, program, "--now", "2026-11-21T12:00:00-03:00", (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[1]);
    FILE *out = fdopen(pipe_fds[0], "r");
    info = out && fgets(line, sizeof(line), out) ? cJSON_Parse(line) : NULL;
    if (out)
        fclose(out);
    return info ? 0 : -1;
}

static int stop_sandbox(void **state)
{
    int status = 0;

    (void)state;
    cJSON_Delete(info);
    kill(sandbox_pid, SIGTERM);
    return waitpid(sandbox_pid, &status, 0) == sandbox_pid && status == 0 ? 0 : -1;
}

static void the_nine_campaigns_add_up(void **state)
{
    (void)state;
    struct answer answer =
        meta("act_9001/insights?fields=spend&time_range=%7B%22since%22%3A%222026-11-01%22%2C%22"
             "until%22%3A%222026-11-30%22%7D");
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(buf_cstr(&answer.body), "\"spend\":\"9027.63\""));
    buf_finish(&answer.body);
}

static const struct refusal {
    const char *path;
    long status;
    const char *code;
} refusals[] = {
    { "act_10/campaigns?fields=id,bogus", 400, "\"code\":100" },
    { "act_10/campaigns?fields=insights%7Bspend", 400, "\"code\":2500" },
    { "act_10/campaigns?effective_status=%5B%22GONE%22%5D", 400, "\"code\":100" },
    { "act_10/campaigns?after=abc", 400, "\"code\":2642" },
    { "act_10/insights?date_preset=lifetime", 400, "\"code\":100" },
    { "act_10/insights?time_range=2026-11-01", 400, "\"code\":100" },
    { "act_10/insights?appsecret_proof=00", 400, "\"code\":100" },
    { "act_10/nothing", 400, "\"code\":2500" },
    { "act_9/campaigns", 400, "\"error_subcode\":33" },
    { "act_64030/insights", 403, "\"code\":200" },
    { "act_6610/campaigns?limit=500&fields=id,insights%7Bspend%7D", 500, "\"code\":1}" },
    { "../v24.0/act_10/campaigns", 400, "\"code\":2635" },
    { "../v99.0/act_10/campaigns", 400, "\"code\":2500" },
};

static void what_meta_would_refuse_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct answer answer = meta(refusals[i].path);
        if (answer.status != refusals[i].status ||
            !strstr(buf_cstr(&answer.body), refusals[i].code))
            fail_msg("%s: %ld %s", refusals[i].path, answer.status, buf_cstr(&answer.body));
        buf_finish(&answer.body);
    }
}

static long post(const char *url, const char *body)
{
    struct answer answer = ask("POST", url, NULL, body);
    buf_finish(&answer.body);
    return answer.status;
}

static void response_url_of(char ret[300])
{
    char url[200];

    snprintf(url, sizeof(url), "%s/response_urls", of(NULL, "admin"));
    struct answer answer = ask("POST", url, NULL, "{\"channel\":\"C0123\"}");
    scoped_json cJSON *json = cJSON_Parse(buf_cstr(&answer.body));
    snprintf(ret, 300, "%s", json_get(json, "response_url")->valuestring);
    buf_finish(&answer.body);
}

static void a_response_url_serves_five_times(void **state)
{
    char url[300];

    (void)state;
    response_url_of(url);
    assert_int_equal(post(url, "{\"text\":1}"), 400); /* refused: not a use */
    for (int i = 0; i < 5; i++)
        assert_int_equal(post(url, "{\"text\":\"a\"}"), 200);
    assert_int_equal(post(url, "{\"text\":\"a\"}"), 404);
    char *last = url + strlen(url) - 1;
    *last = *last == '0' ? '1' : '0'; /* another, and a hex digit still */
    assert_int_equal(post(url, "{\"text\":\"a\"}"), 404);
}

static void a_response_url_serves_thirty_minutes(void **state)
{
    char url[300];

    (void)state;
    response_url_of(url);
    assert_int_equal(admin("POST", "clock", "{\"advance_s\":1790}"), 200);
    assert_int_equal(post(url, "{\"text\":\"a\"}"), 200);
    assert_int_equal(admin("POST", "clock", "{\"advance_s\":20}"), 200);
    assert_int_equal(post(url, "{\"text\":\"a\"}"), 404);
}

static int connection(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)json_get(info, "port")->valueint),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* The shipped libmicrohttpd has had faults in its list of suspended connections. */
static void clients_that_leave_while_they_wait_harm_nobody(void **state)
{
    static const char request[] = "GET /meta/v26.0/act_10?fields=name HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    assert_int_equal(admin("POST", "faults",
                           "[{\"service\":\"meta\",\"delay_ms\":100,\"times\":150},"
                           "{\"service\":\"meta\",\"kind\":\"drip\",\"times\":30},"
                           "{\"service\":\"meta\",\"kind\":\"hang\",\"times\":20}]"),
                     200);
    for (int i = 0; i < LEAVERS; i++) {
        int fd = connection();
        assert_int_equal(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), sizeof(request) - 1);
        if (i % 3 == 0)
            shutdown(fd, SHUT_WR);
        close(fd);
    }
    assert_int_equal(admin("DELETE", "faults", NULL), 200);
    for (int i = 0; i < 50; i++) {
        struct answer answer = meta("act_10?fields=name");
        assert_int_equal(answer.status, 200);
        buf_finish(&answer.body);
    }
}

static void one_that_waits_holds_up_nobody(void **state)
{
    (void)state;
    admin("POST", "faults", "{\"service\":\"meta\",\"account\":\"act_77\",\"kind\":\"hang\"}");
    int fd = connection();
    assert_true(send(fd, "GET /meta/v26.0/act_77 HTTP/1.1\r\nHost: x\r\n\r\n", 44, MSG_NOSIGNAL) >
                0);
    struct answer answer = meta("act_10?fields=name"); /* the other one never ends */
    assert_int_equal(answer.status, 200);
    struct pollfd hanging = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&hanging, 1, 0), 0);
    buf_finish(&answer.body);
    admin("DELETE", "faults", NULL);
    close(fd);
}

static void a_cut_answer_is_cut_and_a_huge_one_is_huge(void **state)
{
    (void)state;
    admin("POST", "faults", "{\"service\":\"meta\",\"kind\":\"cut\",\"times\":1}");
    struct answer cut = meta("act_10?fields=name");
    assert_int_equal(cut.code, CURLE_PARTIAL_FILE);
    admin("POST", "faults",
          "{\"service\":\"meta\",\"kind\":\"huge\",\"bytes\":5000000,\"times\":1}");
    struct answer huge = meta("act_10?fields=name");
    assert_int_equal(huge.body.len, 5000000);
    assert_int_equal(admin("POST", "faults", "{\"kind\":\"unheard of\"}"), 400);
    assert_int_equal(admin("POST", "faults", "{\"kid\":\"hang\"}"), 400);
    admin("DELETE", "faults", NULL);
    buf_finish(&cut.body);
    buf_finish(&huge.body);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nine_campaigns_add_up),
        cmocka_unit_test(what_meta_would_refuse_is_refused),
        cmocka_unit_test(a_response_url_serves_five_times),
        cmocka_unit_test(a_response_url_serves_thirty_minutes),
        cmocka_unit_test(clients_that_leave_while_they_wait_harm_nobody),
        cmocka_unit_test(one_that_waits_holds_up_nobody),
        cmocka_unit_test(a_cut_answer_is_cut_and_a_huge_one_is_huge),
    };

    if (argc != 2)
        return 64;
    program = argv[1];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    json_init();
    return cmocka_run_group_tests_name("the sandbox over HTTP", tests, start_sandbox, stop_sandbox);
}
