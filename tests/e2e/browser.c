#include "tests/e2e/browser.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 << 20)
#define LOOK_EVERY_MS 50
/* The name under which WebDriver hands out elements; W3C WebDriver, "web element identifier". */
#define ELEMENT "element-6066-11e4-a52e-4f735466cecf"
#define ENTER "\xee\x80\x87" /* U+E007, WebDriver's key */

static const char *find_program(struct arena *arena, const char *name)
{
    const char *path = getenv("PATH");

    for (const char *at = path ? path : ""; *at;) {
        size_t len = strcspn(at, ":");
        const char *program = arena_printf(arena, "%.*s/%s", (int)len, at, name);
        if (access(program, X_OK) == 0)
            return program;
        at += len + (at[len] == ':');
    }
    return NULL;
}

bool browser_installed(void)
{
    scoped_arena struct arena *arena = arena_create();

    return find_program(arena, "chromium") && find_program(arena, "chromedriver");
}

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    buf_add(arg, data, size * count);
    return size * count;
}

/* One call of the driver; what it answers under "value". NULL: it says no, and why. */
static const cJSON *call(struct browser *browser, const char *method, const char *url,
                         const char *body, const char **ret_why)
{
    scoped_buf struct buf got;
    struct error err = { 0 };
    long status = 0;
    CURL *curl = curl_easy_init();

    if (!curl)
        fatal("curl");
    buf_init(&got, ANSWER_MAX);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)PROCESS_PATIENCE_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    const cJSON *answer =
        got.len ? json_parse(browser->world->arena, got.data, got.len, &err) : NULL;
    const cJSON *value = json_get(answer, "value");
    if (status == 200)
        return value;
    fprintf(stderr, "HTTP %ld %s\n", status, buf_cstr(&got));
    const char *why = cJSON_GetStringValue(json_get(value, "error"));
    *ret_why = why ? why : "";
    return NULL;
}

static NORETURN void refused(const char *method, const char *path, const char *body)
{
    fprintf(stderr, "%s %s %s\n", method, path, body ? body : "");
    fatal("the browser does not do it");
}

static const cJSON *must_call(struct browser *browser, const char *method, const char *path,
                              const char *body)
{
    const char *url = arena_printf(browser->world->arena, "%s%s", browser->session, path);
    const char *why;
    const cJSON *value = call(browser, method, url, body, &why);

    if (!value)
        refused(method, path, body);
    return value;
}

/* {"name": text} */
static const char *object(struct browser *browser, const char *name, const char *text)
{
    scoped_json cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, name, text);
    return json_print(browser->world->arena, json);
}

void browser_start(struct browser *browser, struct world *world)
{
    const char *path = getenv("PATH");
    const char *const env[] = { arena_printf(world->arena, "PATH=%s",
                                             path ? path : "/usr/bin:/bin"),
                                arena_printf(world->arena, "HOME=%s", world->dir),
                                arena_printf(world->arena, "TMPDIR=%s", world->dir), NULL };
    const char *const argv[] = { find_program(world->arena, "chromedriver"), "--port=0", NULL };
    const char *line, *port;
    size_t from = 0;

    *browser = (struct browser){ .world = world };
    process_start(&browser->driver, world->dir, "chromedriver", argv, env);
    line = process_line(&browser->driver, world->arena, browser->driver.out, &from,
                        (const char *const[]){ "successfully on port", NULL }, PROCESS_PATIENCE_MS);
    if (!line)
        fatal("chromedriver does not start");
    port = strstr(line, "on port") + strlen("on port ");
    browser->session =
        arena_printf(world->arena, "http://127.0.0.1:%d/session", (int)strtol(port, NULL, 10));
}

void browser_open(struct browser *browser, bool phone)
{
    struct arena *arena = browser->world->arena;
    const char *sandbox = geteuid() == 0 ? "\"--no-sandbox\"," : "";
    const char *shape = phone ? "\"mobileEmulation\":{\"deviceMetrics\":{\"width\":390,\"height\":"
                                "844,\"pixelRatio\":2,\"touch\":true}},"
                              : "";
    const char *body = arena_printf(
        arena,
        "{\"capabilities\":{\"alwaysMatch\":{\"goog:chromeOptions\":{%s\"binary\":\"%s\","
        "\"args\":[%s\"--headless\",\"--disable-gpu\",\"--disable-dev-shm-usage\","
        "\"--disable-background-networking\",\"--disable-component-update\",\"--disable-sync\","
        "\"--no-first-run\",\"--lang=pt-BR\",\"--window-size=1280,900\","
        "\"--user-data-dir=%s/profile-%d\"]}}}}",
        shape, find_program(arena, "chromium"), sandbox, browser->world->dir, ++browser->opened);
    const cJSON *id = json_get(must_call(browser, "POST", "", body), "sessionId");

    if (!cJSON_IsString(id))
        fatal("a session without id");
    browser->session = arena_printf(arena, "%s/%s", browser->session, id->valuestring);
}

void browser_close(struct browser *browser)
{
    const char *id = strrchr(browser->session, '/');

    must_call(browser, "DELETE", "", NULL);
    browser->session =
        arena_strndup(browser->world->arena, browser->session, (size_t)(id - browser->session));
}

void browser_stop(struct browser *browser)
{
    process_signal(&browser->driver, SIGTERM);
    if (!process_ends(&browser->driver, PROCESS_PATIENCE_MS))
        fatal("chromedriver does not end");
}

void browser_go(struct browser *browser, const char *url)
{
    must_call(browser, "POST", "/url", object(browser, "url", url));
}

/* The last of those that fit, once there is one. */
static const char *element(struct browser *browser, const char *selector)
{
    scoped_json cJSON *ask = cJSON_CreateObject();
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;
    struct arena *arena = browser->world->arena;

    cJSON_AddStringToObject(ask, "using", "css selector");
    cJSON_AddStringToObject(ask, "value", selector);
    const char *body = json_print(arena, ask);
    for (;;) {
        const cJSON *list = must_call(browser, "POST", "/elements", body);
        int count = cJSON_GetArraySize(list);
        if (count > 0)
            return json_get(cJSON_GetArrayItem(list, count - 1), ELEMENT)->valuestring;
        if (clock_mono_ms() > end_ms) {
            fprintf(stderr, "%s\n", selector);
            fatal("the page does not show it");
        }
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

/* Of an element that was found, the page may have drawn another since. */
static bool may_go_the_next_time(const char *why)
{
    return strcmp(why, "stale element reference") == 0 ||
           strcmp(why, "element click intercepted") == 0 ||
           strcmp(why, "element not interactable") == 0;
}

static const cJSON *of_element(struct browser *browser, const char *method, const char *selector,
                               const char *what, const char *body)
{
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;
    struct arena *arena = browser->world->arena;
    const char *why = "";

    for (;;) {
        const char *path = arena_printf(arena, "/element/%s/%s", element(browser, selector), what);
        const cJSON *value =
            call(browser, method, arena_printf(arena, "%s%s", browser->session, path), body, &why);
        if (value)
            return value;
        if (!may_go_the_next_time(why) || clock_mono_ms() > end_ms)
            refused(method, path, body);
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

void browser_click(struct browser *browser, const char *selector)
{
    of_element(browser, "POST", selector, "click", "{}");
}

void browser_type_line(struct browser *browser, const char *selector, const char *text)
{
    of_element(browser, "POST", selector, "clear", "{}");
    of_element(browser, "POST", selector, "value",
               object(browser, "text", arena_printf(browser->world->arena, "%s" ENTER, text)));
}

const char *browser_text(struct browser *browser, const char *selector)
{
    return of_element(browser, "GET", selector, "text", NULL)->valuestring;
}

double browser_number(struct browser *browser, const char *expression)
{
    scoped_json cJSON *ask = cJSON_CreateObject();

    cJSON_AddStringToObject(ask, "script",
                            arena_printf(browser->world->arena, "return Number(%s);", expression));
    cJSON_AddArrayToObject(ask, "args");
    return must_call(browser, "POST", "/execute/sync", json_print(browser->world->arena, ask))
        ->valuedouble;
}
