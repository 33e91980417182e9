#include "tests/support/world.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLES_MAX 128
#define ARGUMENTS_MAX 32
/* raiox has 25 s to stop; under sanitizers it looks for leaks then. */
#define STOP_MS 90000
#define LOOK_EVERY_MS 20

static void must_be(bool ok, const char *what)
{
    if (!ok)
        fatal(what);
}

/* ---- memory ---- */

struct arena *world_moment_begin(struct world *world)
{
    struct arena *kept = world->arena;

    world->arena = arena_create();
    return kept;
}

void world_moment_end(struct world *world, struct arena *begun)
{
    arena_destroy(world->arena);
    world->arena = begun;
}

/* ---- the environment ---- */

static size_t name_len(const char *variable)
{
    return strcspn(variable, "=");
}

static const char *const *with_variable(struct arena *arena, const char *const *env,
                                        const char *variable)
{
    const char **made = arena_array(arena, const char *, VARIABLES_MAX);
    size_t len = name_len(variable), count = 0;

    for (; env && *env; env++)
        if (name_len(*env) != len || memcmp(*env, variable, len) != 0)
            made[count++] = *env;
    must_be(count < VARIABLES_MAX - 2, "too many variables for a world");
    if (variable[len] == '=')
        made[count] = arena_strdup(arena, variable);
    return made;
}

void world_set(struct world *world, const char *variable)
{
    world->env = with_variable(world->arena, world->env, variable);
}

/* What a program is started with by everybody: where programs are, and what sanitizers shall do. */
static const char *const *bare_env(const struct world *world)
{
    const char **env = arena_array(world->arena, const char *, 8);
    const char *path = getenv("PATH");

    env[0] = arena_printf(world->arena, "PATH=%s", path ? path : "/usr/bin:/bin");
    env[1] =
        arena_printf(world->arena, "ASAN_OPTIONS=log_path=%s/sanitizer:detect_leaks=1", world->dir);
    env[2] = arena_printf(world->arena, "UBSAN_OPTIONS=log_path=%s/sanitizer:print_stacktrace=1",
                          world->dir);
    return env;
}

void world_write_dotenv(const struct world *world, const char *text)
{
    scoped_arena struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/.env", world->dir);

    if (!text) {
        must_be(unlink(path) == 0, "no .env to take away");
        return;
    }
    FILE *file = fopen(path, "we");
    must_be(file && fputs(text, file) >= 0 && fclose(file) == 0, ".env cannot be written");
}

/* ---- HTTP ---- */

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    buf_add(arg, data, size * count);
    return size * count;
}

static struct world_answer ask(struct world *world, const char *method, const char *url,
                               const char *body)
{
    struct world_answer answer = { .body = "" };
    scoped_buf struct buf got;
    long status = 0;
    CURL *curl = curl_easy_init();

    must_be(curl != NULL, "curl");
    buf_init(&got, (size_t)256 << 20);
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
    answer.status = (int)status;
    answer.body = arena_strdup(world->arena, buf_cstr(&got));
    return answer;
}

const cJSON *world_admin(struct world *world, const char *method, const char *path,
                         const char *body)
{
    const char *url = arena_printf(world->arena, "%s%s", world->admin, path);
    struct world_answer answer = ask(world, method, url, body);
    struct error err = { 0 };

    if (answer.status != 200) {
        fprintf(stderr, "%s %s: HTTP %d %s\n", method, url, answer.status, answer.body);
        fatal("the sandbox did not do what it was told");
    }
    const cJSON *json = json_parse(world->arena, answer.body, strlen(answer.body), &err);
    must_be(json != NULL, "the sandbox does not answer in JSON");
    return json;
}

struct world_answer world_get(struct world *world, const char *path)
{
    return ask(world, "GET", arena_printf(world->arena, "http://127.0.0.1:%d%s", world->port, path),
               NULL);
}

double world_metric(struct world *world, const char *sample)
{
    struct arena *kept = world_moment_begin(world);
    struct world_answer answer = world_get(world, "/metrics");
    size_t len = strlen(sample);
    double value = 0;
    bool found = false;

    must_be(answer.status == 200, "no metrics");
    for (const char *line = answer.body; line && !found;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        found = strncmp(line, sample, len) == 0 && line[len] == ' ';
        if (found)
            value = strtod(line + len, NULL);
    }
    if (!found)
        fprintf(stderr, "%s\n", sample);
    must_be(found, "no such sample in the metrics");
    world_moment_end(world, kept);
    return value;
}

/* ---- starting ---- */

/* A line that must come. */
static const char *must_say(struct world *world, const struct process *process, const char *file,
                            size_t *from, const char *const *words)
{
    const char *line = process_line(process, world->arena, file, from, words, PROCESS_PATIENCE_MS);

    if (!line) {
        fprintf(stderr, "%s was to say \"%s\"%s%s; it said:\n%s\n", process->name, words[0],
                words[1] ? " with " : "", words[1] ? words[1] : "",
                process_said(process, world->arena, process->err));
        fatal("a line that was waited for did not come");
    }
    return line;
}

static void start_sandbox(struct world *world, const char *const *more)
{
    const char *argv[ARGUMENTS_MAX] = { WORLD_SANDBOX, "--port", "0", "--now", WORLD_NOW };
    struct error err = { 0 };
    size_t count = 5, from = 0;

    for (; more && *more; more++) {
        must_be(count < ARGUMENTS_MAX - 1, "too many arguments for the sandbox");
        argv[count++] = *more;
    }
    world->env = bare_env(world);
    process_start(&world->sandbox, world->dir, "sandbox", argv, world->env);
    const char *line = must_say(world, &world->sandbox, world->sandbox.out, &from,
                                (const char *const[]){ "\"url\"", NULL });
    const cJSON *facts = json_parse(world->arena, line, strlen(line), &err), *variable;
    must_be(facts && json_string(facts, "admin", &world->admin, &err),
            "the sandbox says its URLs otherwise");
    cJSON_ArrayForEach(variable, json_get(facts, "env"))
        world_set(world,
                  arena_printf(world->arena, "%s=%s", variable->string, variable->valuestring));
}

static void start_raiox(struct world *world, struct process *process, const char *command)
{
    const char *argv[] = { world->program, command, NULL };

    process_start(process, world->dir, command, argv, world->env);
}

/* Its own lines alone: a second start of that name goes on in the same file. */
static size_t log_end(struct world *world, const char *command)
{
    struct stat at;
    const char *path = arena_printf(world->arena, "%s/%s.err", world->dir, command);

    return stat(path, &at) == 0 ? (size_t)at.st_size : 0;
}

/* Waits until it serves and Redis is there, and tells the sandbox its port. */
static void wait_until_it_serves(struct world *world, const struct process *process, size_t from)
{
    size_t redis_from = from;
    const char *line = must_say(world, process, process->err, &from,
                                (const char *const[]){ "\"event\":\"listening\"", NULL });
    const char *port = world_log_field(world, line, "port");

    must_say(world, process, process->err, &redis_from,
             (const char *const[]){ "\"redis is there\"", "\"endpoint\"", NULL });
    must_be(port != NULL, "raiox does not say its port");
    world->port = (int)strtol(port, NULL, 10);
    world_option(
        world, arena_printf(world->arena, "{\"raiox_url\":\"http://127.0.0.1:%d\"}", world->port));
}

void world_start_redis(struct world *world, const char *const *arguments)
{
    world->redis = redis_server_start(arguments);
    world_set(world, arena_printf(world->arena, "REDIS_URL=%s", world->redis->unix_url));
}

/* Waits until each of its workers takes jobs. */
static void wait_until_it_works(struct world *world, const struct process *process, size_t from)
{
    size_t worker_from = from;
    const char *line = must_say(world, process, process->err, &from,
                                (const char *const[]){ "\"pool is up\"", NULL });
    const char *workers = world_log_field(world, line, "workers");

    must_be(workers != NULL, "raiox does not say how many workers it has");
    for (long left = strtol(workers, NULL, 10); left > 0; left--)
        must_say(world, process, process->err, &worker_from,
                 (const char *const[]){ "\"redis is there\"", "\"worker\"", NULL });
}

void world_start_run(struct world *world)
{
    size_t from = log_end(world, "run");

    start_raiox(world, &world->run, "run");
    wait_until_it_serves(world, &world->run, from);
    wait_until_it_works(world, &world->run, from);
}

void world_start_serve(struct world *world)
{
    size_t from = log_end(world, "serve");

    start_raiox(world, &world->serve, "serve");
    wait_until_it_serves(world, &world->serve, from);
}

void world_start_work(struct world *world)
{
    size_t from = log_end(world, "work");

    start_raiox(world, &world->work, "work");
    wait_until_it_works(world, &world->work, from);
}

int world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    static bool once;

    must_be(world != NULL, "out of memory");
    if (!once)
        json_init();
    once = true;
    world->arena = arena_create();
    snprintf(world->dir, sizeof(world->dir), "/tmp/raiox-world-XXXXXX");
    must_be(mkdtemp(world->dir) != NULL, "no folder for a world");
    *state = world;
    return 0;
}

struct world *world_start(void **state, const struct world_options *options)
{
    static const char *const ours[] = { "RAIOX_NOW=" WORLD_NOW, "RAIOX_LISTEN=127.0.0.1:0",
                                        "RAIOX_WORKERS=2", NULL };
    struct world *world = *state;

    world->program = options->program ? options->program : WORLD_RAIOX;
    start_sandbox(world, options->sandbox);
    for (const char *const *at = ours; *at; at++)
        world_set(world, *at);
    world_set(world, arena_printf(world->arena, "RAIOX_STATE_DIR=%s/var", world->dir));
    if (options->parts == WORLD_SPLIT)
        world_start_redis(world, options->redis);
    for (const char *const *at = options->env; at && *at; at++)
        world_set(world, *at);
    if (options->parts == WORLD_RUN) {
        world_start_run(world);
    } else if (options->parts == WORLD_SPLIT) {
        world_start_work(world);
        world_start_serve(world);
    }
    return world;
}

/* ---- ending ---- */

static int remove_entry(const char *path, const struct stat *at, int type, struct FTW *where)
{
    (void)at;
    (void)type;
    (void)where;
    return remove(path);
}

static void stop(struct process *process)
{
    if (process->pid > 0)
        process_signal(process, SIGTERM);
    process_must_end_well(process, STOP_MS);
}

static bool show_reports(const struct world *world)
{
    scoped_arena struct arena *arena = arena_create();
    DIR *dir = opendir(world->dir);
    const struct dirent *entry;
    bool any = false;

    must_be(dir != NULL, "the world's folder is gone");
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, "sanitizer.", 10) != 0)
            continue;
        const char *path = arena_printf(arena, "%s/%s", world->dir, entry->d_name);
        fprintf(stderr, "%s\n", process_said(&world->sandbox, arena, path));
        any = true;
    }
    closedir(dir);
    return any;
}

int world_close(void **state)
{
    struct world *world = *state;

    if (!world->env) { /* never started */
        arena_destroy(world->arena);
        rmdir(world->dir);
        free(world);
        return 0;
    }
    stop(&world->run);
    stop(&world->serve);
    stop(&world->work);
    stop(&world->sandbox);
    must_be(!show_reports(world), "a sanitizer has something to say");
    world_check_logs(world);
    redis_server_stop(world->redis);
    nftw(world->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    arena_destroy(world->arena);
    free(world);
    *state = NULL;
    return 0;
}

/* ---- Slack ---- */

struct world_ack world_command_json(struct world *world, const char *json)
{
    const cJSON *told = world_admin(world, "POST", "/commands", json);
    struct world_ack ack = { .text = "" };
    struct error err = { 0 };
    const char *body = NULL;
    int64_t status = 0;

    must_be(json_int(told, "status", &status, &err) && json_string(told, "body", &body, &err) &&
                json_int(told, "took_ms", &ack.took_ms, &err),
            "the sandbox tells of an acknowledgement otherwise");
    ack.status = (int)status;
    const cJSON *message = *body ? json_parse(world->arena, body, strlen(body), &err) : NULL;
    if (message)
        must_be(json_string(message, "text", &ack.text, &err), "an acknowledgement without text");
    return ack;
}

struct world_ack world_command(struct world *world, const char *channel, const char *user,
                               const char *text)
{
    scoped_json cJSON *command = cJSON_CreateObject();

    cJSON_AddStringToObject(command, "channel", channel);
    cJSON_AddStringToObject(command, "user", user);
    cJSON_AddStringToObject(command, "text", text);
    return world_command_json(world, json_print(world->arena, command));
}

/* Not what it says where Redis did not confirm a command in its time. */
static bool is_accepted(const struct world_ack *ack)
{
    return ack->status == 200 && !strstr(ack->text, "não pôde ser aceito") &&
           !strstr(ack->text, "pode ter sido aceito");
}

struct world_ack world_ask(struct world *world, const char *channel, const char *user,
                           const char *text)
{
    scoped_json cJSON *command = cJSON_CreateObject();
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;
    struct world_ack ack;

    cJSON_AddStringToObject(command, "channel", channel);
    cJSON_AddStringToObject(command, "user", user);
    cJSON_AddStringToObject(command, "text", text);
    cJSON_AddStringToObject(command, "trigger_id",
                            arena_printf(world->arena, "asked.%d", ++world->asked_count));
    const char *json = json_print(world->arena, command);
    do {
        ack = world_command_json(world, json);
        must_be(is_accepted(&ack) || clock_mono_ms() < end_ms, "a command is not accepted");
    } while (!is_accepted(&ack));
    return ack;
}

/* limit: 0, all of them. */
static const cJSON *replies_behind(struct world *world, int64_t after, int wait_ms, int limit)
{
    return world_admin(world, "GET",
                       arena_printf(world->arena, "/replies?after=%lld&wait_ms=%d&limit=%d",
                                    (long long)after, wait_ms, limit),
                       NULL);
}

const cJSON *world_reply(struct world *world, int64_t after, int timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms, left_ms = timeout_ms;
    const cJSON *first = NULL;

    while (!first && left_ms > 0) {
        first = json_get(replies_behind(world, after, (int)(left_ms < 20000 ? left_ms : 20000), 1),
                         "replies")
                    ->child;
        left_ms = end_ms - clock_mono_ms();
    }
    return first;
}

const cJSON *world_taken_reply(struct world *world, int64_t after)
{
    const cJSON *reply = world_reply(world, after, PROCESS_PATIENCE_MS);

    if (!reply) {
        const struct process *parts[] = { &world->run, &world->work };
        for (size_t i = 0; i < COUNT(parts); i++)
            if (*parts[i]->name)
                fprintf(stderr, "%s\n", world_log(world, parts[i]));
        fatal("no reply came");
    }
    if (!cJSON_IsTrue(json_get(reply, "ok"))) {
        fprintf(stderr, "%s\n", json_print(world->arena, reply));
        fatal("Slack refused the reply");
    }
    return reply;
}

int64_t world_number(const cJSON *reply)
{
    struct error err = { 0 };
    int64_t number = 0;

    must_be(json_int(reply, "number", &number, &err), "a reply without number");
    return number;
}

const char *world_text(const cJSON *reply)
{
    struct error err = { 0 };
    const char *text = NULL;

    must_be(json_string(json_get(reply, "body"), "text", &text, &err), "a reply without text");
    return text;
}

const char *world_body(struct world *world, const cJSON *reply)
{
    return json_print(world->arena, json_get(reply, "body"));
}

int64_t world_reply_count(struct world *world)
{
    struct arena *kept = world_moment_begin(world);
    int count = cJSON_GetArraySize(json_get(replies_behind(world, 0, 0, 0), "replies"));

    world_moment_end(world, kept);
    return count;
}

int64_t world_taken_count(struct world *world)
{
    struct arena *kept = world_moment_begin(world);
    struct error err = { 0 };
    int64_t posted = 0;

    must_be(json_int(replies_behind(world, INT32_MAX, 0, 0), "posted", &posted, &err),
            "the sandbox tells of replies otherwise");
    world_moment_end(world, kept);
    return posted;
}

/* ---- the outside world's mood ---- */

void world_fault(struct world *world, const char *json)
{
    world_admin(world, "POST", "/faults", json);
}

void world_clear_faults(struct world *world)
{
    world_admin(world, "DELETE", "/faults", NULL);
}

void world_option(struct world *world, const char *json)
{
    world_admin(world, "POST", "/options", json);
}

void world_advance(struct world *world, int seconds)
{
    world_admin(world, "POST", "/clock", arena_printf(world->arena, "{\"advance_s\":%d}", seconds));
}

int64_t world_calls(struct world *world, const char *service)
{
    static const char *const others[] = { "monday", "meta", "google_ads", "google_oauth" };
    struct arena *kept = world_moment_begin(world);
    const cJSON *counts = json_get(world_admin(world, "GET", "/calls?counts=1", NULL), "counts");
    struct error err = { 0 };
    int64_t sum = 0;

    for (size_t i = 0; i < (service ? 1 : COUNT(others)); i++) {
        int64_t count = 0;
        must_be(json_int(counts, service ? service : others[i], &count, &err), "no such service");
        sum += count;
    }
    world_moment_end(world, kept);
    return sum;
}

void world_clear_calls(struct world *world)
{
    world_admin(world, "DELETE", "/calls", NULL);
}

struct called {
    const char *service;
    int64_t count;
};

static bool was_called(struct world *world, void *arg)
{
    const struct called *called = arg;

    return world_calls(world, called->service) >= called->count;
}

void world_wait_calls(struct world *world, const char *service, int64_t count)
{
    world_wait(world, was_called, &(struct called){ service, count },
               "a service was not called so often");
}

void world_wait(struct world *world, bool (*fn)(struct world *world, void *arg), void *arg,
                const char *what)
{
    int64_t end_ms = clock_mono_ms() + PROCESS_PATIENCE_MS;

    while (!fn(world, arg)) {
        must_be(clock_mono_ms() < end_ms, what);
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

/* ---- what raiox says ---- */

const char *world_log(struct world *world, const struct process *of)
{
    return process_said(of, world->arena, of->err);
}

const char *world_wait_log_(struct world *world, const struct process *of, size_t *from,
                            const char *const *words)
{
    return must_say(world, of, of->err, from, words);
}

/* Goes through the whole lines of a log. NULL: no more. */
static const char *next_line(struct arena *arena, const char **at)
{
    const char *end = strchr(*at, '\n');

    if (!end)
        return NULL;
    const char *line = arena_strndup(arena, *at, (size_t)(end - *at));
    *at = end + 1;
    return line;
}

size_t world_count_log_(struct world *world, const struct process *of, const char *const *words)
{
    struct arena *kept = world_moment_begin(world);
    const char *at = world_log(world, of), *line;
    size_t count = 0;

    while ((line = next_line(world->arena, &at))) {
        const char *const *word = words;
        while (*word && strstr(line, *word))
            word++;
        count += *word == NULL;
    }
    world_moment_end(world, kept);
    return count;
}

const char *world_log_field(struct world *world, const char *line, const char *name)
{
    struct error err = { 0 };
    const cJSON *field = json_get(json_parse(world->arena, line, strlen(line), &err), name);

    if (cJSON_IsNumber(field))
        return arena_printf(world->arena, "%.0f", field->valuedouble);
    return cJSON_IsString(field) ? field->valuestring : NULL;
}

/* What no log and no terminal may show: the values of these, and what tells of a response_url. */
static void check_secrets(struct world *world, const char *where, const char *text)
{
    static const char *const secret_names[] = {
        "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN",          "MONDAY_API_TOKEN",
        "META_ACCESS_TOKEN",    "META_APP_SECRET",          "GOOGLE_ADS_CLIENT_SECRET",
        "DATABASE_URL",         "GOOGLE_ADS_REFRESH_TOKEN", "GOOGLE_ADS_DEVELOPER_TOKEN",
    };

    for (const char *const *variable = world->env; *variable; variable++) {
        const char *value = *variable + name_len(*variable) + 1;
        for (size_t i = 0; i < COUNT(secret_names); i++)
            if (strlen(secret_names[i]) == name_len(*variable) && *value &&
                strncmp(*variable, secret_names[i], name_len(*variable)) == 0 &&
                strstr(text, value)) {
                fprintf(stderr, "%s shows %s\n", where, secret_names[i]);
                fatal("a secret is shown");
            }
    }
    must_be(!strstr(text, "/commands/T0"), "a response_url is shown");
    must_be(!strstr(text, "ya29."), "an access token of Google's is shown");
}

static void check_log(struct world *world, const struct process *of)
{
    const char *at = *of->name ? world_log(world, of) : "", *line;
    struct arena *reading = arena_create();
    struct error err = { 0 };

    check_secrets(world, of->name, at);
    while ((line = next_line(reading, &at))) {
        if (!cJSON_IsObject(json_parse(reading, line, strlen(line), &err))) {
            fprintf(stderr, "%s: %s\n", of->name, line);
            fatal("a line of the log is no JSON object");
        }
        arena_destroy(reading);
        reading = arena_create();
    }
    must_be(*at == '\0', "the log ends in the middle of a line");
    arena_destroy(reading);
}

void world_check_logs(struct world *world)
{
    check_log(world, &world->run);
    check_log(world, &world->serve);
    check_log(world, &world->work);
}

/* ---- processes ---- */

/* The role in which a process logs; "": it has said nothing. */
static const char *role_of(struct world *world, const struct process *of, pid_t pid)
{
    const char *at = world_log(world, of), *line;
    const char *wanted = arena_printf(world->arena, "\"pid\":%d,", (int)pid);

    while ((line = next_line(world->arena, &at)))
        if (strstr(line, wanted))
            return world_log_field(world, line, "role");
    return "";
}

size_t world_children(struct world *world, const struct process *of, const char *role, pid_t *ret,
                      size_t max)
{
    char path[64];
    long pid = 0;
    size_t count = 0;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)of->pid, (int)of->pid);
    FILE *file = fopen(path, "re");
    must_be(file != NULL, "the kernel does not tell of children");
    while (fscanf(file, "%ld", &pid) == 1)
        if (count < max && (!role || strcmp(role_of(world, of, (pid_t)pid), role) == 0))
            ret[count++] = (pid_t)pid;
    fclose(file);
    return count;
}

struct world_result world_raiox_(struct world *world, const char *const *words)
{
    const char *argv[ARGUMENTS_MAX] = { world->program };
    struct process cli = { 0 };
    size_t count = 1;

    for (; *words; words++) {
        must_be(count < ARGUMENTS_MAX - 1, "too many arguments for raiox");
        argv[count++] = *words;
    }
    process_start(&cli, world->dir, arena_printf(world->arena, "cli-%d", ++world->cli_count), argv,
                  world->env);
    must_be(process_ends(&cli, PROCESS_PATIENCE_MS * 2), "a command of raiox does not end");
    struct world_result result = {
        .status = WIFEXITED(cli.status) ? WEXITSTATUS(cli.status) : 128 + WTERMSIG(cli.status),
        .out = process_said(&cli, world->arena, cli.out),
        .err = process_said(&cli, world->arena, cli.err),
    };
    check_secrets(world, argv[1] ? argv[1] : "raiox", result.out);
    check_secrets(world, argv[1] ? argv[1] : "raiox", result.err);
    return result;
}
