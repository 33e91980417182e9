/*
 * What the endpoint is measured against: libmicrohttpd as it comes, which reads the body, does the
 * HMAC and one synchronous XADD, and answers the same bytes every time. No check beyond that.
 * Takes the address of a Redis on loopback; says its port on standard output; ends with its input.
 */
#include <hiredis/hiredis.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX 4096

struct request {
    size_t len;
    char text[64 + BODY_MAX]; /* "v0:timestamp:" and the body */
    size_t body_at;
};

static redisContext *redis;
static struct MHD_Response *answer, *refusal;
static const char *secret;

static void begin(struct request *request, struct MHD_Connection *connection)
{
    const char *stamp =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Slack-Request-Timestamp");

    request->len = (size_t)snprintf(request->text, 64, "v0:%s:", stamp ? stamp : "");
    request->body_at = request->len;
}

static int is_signed(const struct request *request, struct MHD_Connection *connection)
{
    const char *given =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Slack-Signature");
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char text[2 * EVP_MAX_MD_SIZE + 4] = "v0=";

    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)request->text,
         request->len, sum, &len);
    for (unsigned i = 0; i < len; i++)
        snprintf(text + 3 + (size_t)2 * i, 3, "%02x", sum[i]);
    return given && strlen(given) == 67 && CRYPTO_memcmp(given, text, 67) == 0;
}

static int add(const struct request *request)
{
    redisReply *reply = redisCommand(redis, "XADD bare * c %b", request->text + request->body_at,
                                     request->len - request->body_at);
    int good = reply && reply->type == REDIS_REPLY_STRING;

    freeReplyObject(reply);
    return good;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **context)
{
    struct request *request = *context;

    (void)arg;
    (void)path;
    (void)method;
    (void)version;
    if (!request) {
        *context = request = malloc(sizeof(*request));
        if (!request)
            return MHD_NO;
        begin(request, connection);
        return MHD_YES;
    }
    if (*len > 0) {
        if (request->len + *len > sizeof(request->text))
            return MHD_NO;
        memcpy(request->text + request->len, data, *len);
        request->len += *len;
        *len = 0;
        return MHD_YES;
    }
    if (!is_signed(request, connection) || !add(request))
        return MHD_queue_response(connection, MHD_HTTP_UNAUTHORIZED, refusal);
    return MHD_queue_response(connection, MHD_HTTP_OK, answer);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)arg;
    (void)connection;
    (void)code;
    free(*context);
}

int main(int argc, char **argv)
{
    static char text[] = "{\"response_type\":\"ephemeral\",\"text\":\"ok\"}";
    char byte;

    if (argc != 3)
        return 64;
    redis = redisConnect("127.0.0.1", atoi(argv[1]));
    secret = argv[2];
    answer = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
    refusal = MHD_create_response_from_buffer(0, text, MHD_RESPMEM_PERSISTENT);
    if (!redis || redis->err || !answer || !refusal)
        return 1;
    MHD_add_response_header(answer, "Content-Type", "application/json; charset=utf-8");
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL, MHD_OPTION_CONNECTION_LIMIT,
        4096u, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (!daemon)
        return 1;
    printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    MHD_stop_daemon(daemon);
    redisFree(redis);
    return 0;
}
