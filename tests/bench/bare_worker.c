/*
 * What a worker's job is measured against: the same calls over one curl multi handle, as few and as
 * many at once, their bodies parsed with cJSON on malloc and thrown away. No queue, no retries, no
 * report.
 *
 * Takes a file with one job's requests as they went over the wire, the port that they go to, and
 * the number in them that stands for the client. Then, for each line "FIRST COUNT AT_ONCE" on its
 * input, and COUNT lines with a response_url each, it does the jobs of COUNT clients and says the
 * CPU time that they took in ms.
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

/* As raiox: transfers under way to one host. */
#define TRANSFERS 64
#define CALLS_MAX 64

/* What a job asks for when it has heard of the step before. */
enum step { STEP_ACCOUNTS, STEP_CAMPAIGNS, STEP_REPLY, STEPS };

/* One request of the pattern. */
struct request {
    enum step step;
    bool post;
    char *path, *body;
    struct curl_slist *headers;
};

/* A client's job: which of its step's requests are to be sent, and how many are not answered. */
struct job {
    int client;
    enum step step;
    int next, open;
    char *response_url;
    struct job *behind; /* in the line of those who have something to send */
};

struct transfer {
    CURL *easy;
    struct job *job;
    bool parsed;
    char *url, *own_body, *answer;
    size_t len, cap;
    struct transfer *behind; /* idle ones */
};

static struct request pattern[CALLS_MAX];
static int pattern_len;
static const char *client_mark; /* "0001" in the pattern's ids */
static const char *port;
static CURLM *multi;
static struct transfer transfers[TRANSFERS], *idle;
static struct job *line, **line_end = &line;
static int running;

static void stop_if(bool wrong, const char *what)
{
    if (!wrong)
        return;
    fprintf(stderr, "bare_worker: %s\n", what);
    exit(1);
}

/* ---- the pattern ---- */

static enum step step_of(const char *path)
{
    if (strncmp(path, "/commands/", 10) == 0)
        return STEP_REPLY;
    return strstr(path, "/act_") ? STEP_CAMPAIGNS : STEP_ACCOUNTS;
}

/* What curl writes by itself. */
static bool is_curls_own(const char *header)
{
    static const char *const names[] = { "Host:", "Accept:", "Accept-Encoding:",
                                         "Content-Length:" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncasecmp(header, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Reads one request; returns the place behind it. */
static char *read_request(char *at, struct request *ret)
{
    char *end = strstr(at, "\r\n\r\n");
    size_t body_len = 0;

    stop_if(!end, "a request without an end");
    *end = '\0';
    char *head = strtok_r(at, "\r\n", &at);
    ret->post = strncmp(head, "POST ", 5) == 0;
    head = strchr(head, ' ') + 1;
    ret->path = strndup(head, strcspn(head, " "));
    ret->step = step_of(ret->path);
    while ((head = strtok_r(NULL, "\r\n", &at))) {
        if (strncasecmp(head, "Content-Length:", 15) == 0)
            body_len = strtoul(head + 15, NULL, 10);
        if (!is_curls_own(head))
            ret->headers = curl_slist_append(ret->headers, head);
    }
    ret->headers = curl_slist_append(ret->headers, "Expect:");
    ret->body = strndup(end + 4, body_len);
    return end + 4 + body_len;
}

static void read_pattern(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = calloc(1, (size_t)4 << 20);

    stop_if(!file || !text, "no pattern");
    stop_if(fread(text, 1, ((size_t)4 << 20) - 1, file) == 0, "an empty pattern");
    fclose(file);
    for (char *at = text; *at; pattern_len++) {
        stop_if(pattern_len == CALLS_MAX, "too many requests");
        at = read_request(at, &pattern[pattern_len]);
    }
    free(text);
}

/* The pattern's text with this client's number in it. */
static char *of_client(const char *text, int client)
{
    size_t mark_len = strlen(client_mark);
    char *copy = strdup(text), number[16];

    snprintf(number, sizeof(number), "%04d", client);
    for (char *at = copy; (at = strstr(at, client_mark)); at += mark_len)
        memcpy(at + mark_len - 4, number, 4);
    return copy;
}

/* ---- calls ---- */

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    struct transfer *transfer = arg;

    (void)one;
    if (transfer->cap - transfer->len < len + 1) {
        transfer->cap = 2 * transfer->cap + len + 1;
        transfer->answer = realloc(transfer->answer, transfer->cap);
    }
    memcpy(transfer->answer + transfer->len, data, len);
    transfer->len += len;
    return len;
}

static void start(struct transfer *transfer, struct job *job, const struct request *request)
{
    CURL *easy = transfer->easy;

    transfer->job = job;
    transfer->len = 0;
    transfer->parsed = request->step != STEP_REPLY;
    if (request->step == STEP_REPLY) {
        transfer->url = strdup(job->response_url);
    } else {
        char *path = of_client(request->path, job->client);
        transfer->url = malloc(strlen(path) + 64);
        sprintf(transfer->url, "http://127.0.0.1:%s%s", port, path);
        free(path);
    }
    transfer->own_body = request->post ? of_client(request->body, job->client) : NULL;
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    if (request->post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(transfer->own_body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->own_body);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_multi_add_handle(multi, easy);
    job->open++;
}

static void join_line(struct job *job)
{
    job->behind = NULL;
    *line_end = job;
    line_end = &job->behind;
}

/* On to the next step, when all of this one was sent and is answered. */
static void step_on(struct job *job)
{
    if (job->open > 0 || job->next < pattern_len)
        return;
    job->next = 0;
    if (++job->step < STEPS)
        join_line(job);
    else
        running--;
}

/* Sends what may be sent. */
static void go_on(void)
{
    while (line && idle) {
        struct job *job = line;
        while (idle && job->next < pattern_len) {
            const struct request *request = &pattern[job->next++];
            if (request->step != job->step)
                continue;
            struct transfer *transfer = idle;
            idle = transfer->behind;
            start(transfer, job, request);
        }
        if (job->next < pattern_len)
            return;
        line = job->behind;
        if (!line)
            line_end = &line;
        step_on(job); /* its last answers may have come while it stood in the line */
    }
}

static void answered(struct transfer *transfer, CURLcode code)
{
    struct job *job = transfer->job;
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    stop_if(code != CURLE_OK || status != 200, "a call was refused");
    if (transfer->parsed) {
        cJSON *root = cJSON_ParseWithLength(transfer->answer, transfer->len);
        stop_if(!root, "not JSON");
        cJSON_Delete(root);
    }
    curl_multi_remove_handle(multi, transfer->easy);
    free(transfer->url);
    free(transfer->own_body);
    transfer->behind = idle;
    idle = transfer;
    job->open--;
    step_on(job);
}

static void turn(void)
{
    CURLMsg *message;
    int count = 0;

    curl_multi_poll(multi, NULL, 0, 1000, NULL);
    curl_multi_perform(multi, &count);
    while ((message = curl_multi_info_read(multi, &count))) {
        char *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        answered((struct transfer *)(void *)transfer, message->data.result);
    }
    go_on();
}

static double cpu_ms(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static void work(int first, int count, int at_once)
{
    struct job *jobs = calloc((size_t)count, sizeof(*jobs));
    char url[512];

    for (int i = 0; i < count; i++) {
        stop_if(!fgets(url, sizeof(url), stdin), "no response_url");
        url[strcspn(url, "\n")] = '\0';
        jobs[i] = (struct job){ .client = first + i, .response_url = strdup(url) };
    }
    double before_ms = cpu_ms();
    for (int begun = 0; begun < count || running > 0;) {
        for (; begun < count && running < at_once; running++)
            join_line(&jobs[begun++]);
        go_on();
        turn();
    }
    printf("%f\n", cpu_ms() - before_ms);
    fflush(stdout);
    for (int i = 0; i < count; i++)
        free(jobs[i].response_url);
    free(jobs);
}

static void prepare(struct transfer *transfer)
{
    CURL *easy = transfer->easy = curl_easy_init();

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    transfer->behind = idle;
    idle = transfer;
}

int main(int argc, char **argv)
{
    char text[64];
    int first = 0, count = 0, at_once = 0;

    stop_if(argc != 4, "takes a pattern, a port and a client's number");
    port = argv[2];
    client_mark = argv[3];
    read_pattern(argv[1]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 4L * TRANSFERS);
    for (int i = 0; i < TRANSFERS; i++)
        prepare(&transfers[i]);
    while (fgets(text, sizeof(text), stdin) &&
           sscanf(text, "%d %d %d", &first, &count, &at_once) == 3)
        work(first, count, at_once);
    return 0;
}
