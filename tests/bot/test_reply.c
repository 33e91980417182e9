/* bot/reply.c: what Slack's answers mean for the reply. */
#include "base/attr.h"
#include "base/json.h"
#include "bot/reply.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct judgement {
    const char *why;
    int status;
    const char *body;
    int64_t retry_after_ms;
    enum reply_outcome outcome;
    enum err_kind kind;
    int64_t hint_ms;
};

static const struct judgement of_response_url[] = {
    { "ok", 200, "ok", 0, REPLY_TAKEN, ERR_NONE, 0 },
    { "ok in JSON", 200, "{\"ok\":true}", 0, REPLY_TAKEN, ERR_NONE, 0 },
    { "no word", 200, "", 0, REPLY_TAKEN, ERR_NONE, 0 },
    { "another good status", 204, "", 0, REPLY_TAKEN, ERR_NONE, 0 },
    { "blocks refused", 400, "invalid_blocks", 0, REPLY_BAD_BLOCKS, ERR_INTERNAL, 0 },
    { "payload refused", 400, "invalid_payload", 0, REPLY_BAD_BLOCKS, ERR_INTERNAL, 0 },
    { "no text", 400, "no_text", 0, REPLY_BAD_BLOCKS, ERR_INTERNAL, 0 },
    { "too much", 400, "too_many_attachments", 0, REPLY_BAD_BLOCKS, ERR_INTERNAL, 0 },
    { "a word that nobody knows", 400, "something_new", 0, REPLY_BAD_BLOCKS, ERR_INTERNAL, 0 },
    { "a prohibition as 400", 400, "channel_not_found", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "expired", 404, "{\"ok\":false,\"error\":\"expired_url\"}", 0, REPLY_GONE, ERR_NOT_FOUND, 0 },
    { "expired, with a blank", 404, "Expired url", 0, REPLY_GONE, ERR_NOT_FOUND, 0 },
    { "used up", 404, "{\"ok\":false,\"error\":\"used_url\"}", 0, REPLY_GONE, ERR_NOT_FOUND, 0 },
    { "gone", 410, "", 0, REPLY_GONE, ERR_NOT_FOUND, 0 },
    { "an archived channel", 410, "channel_is_archived", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "prohibited", 403, "action_prohibited", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "no such channel", 404, "channel_not_found", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "the app is gone", 404, "no_service", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "403 without a word", 403, "", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "a redirect is not followed", 302, "", 0, REPLY_PROHIBITED, ERR_PERMISSION, 0 },
    { "throttled", 429, "{\"ok\":false,\"error\":\"ratelimited\"}", 7000, REPLY_NOT_SENT,
      ERR_RATE_LIMIT, 7000 },
    { "throttled without a hint", 429, "", 0, REPLY_NOT_SENT, ERR_RATE_LIMIT, 1000 },
    { "500", 500, "", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "503 with a good word", 503, "ok", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "500 that names a channel", 500, "channel_not_found", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
};

static const struct judgement of_web_api[] = {
    { "ok", 200, "{\"ok\":true,\"channel\":\"D1\",\"ts\":\"1.2\"}", 0, REPLY_TAKEN, ERR_NONE, 0 },
    { "ok, and a word", 200, "{\"ok\":true,\"error\":\"fatal_error\"}", 0, REPLY_TAKEN, ERR_NONE,
      0 },
    { "ok as a text is not ok", 200, "{\"ok\":\"true\"}", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "throttled with 200", 200, "{\"ok\":false,\"error\":\"ratelimited\"}", 0, REPLY_NOT_SENT,
      ERR_RATE_LIMIT, 1000 },
    { "the old spelling", 200, "{\"ok\":false,\"error\":\"rate_limited\"}", 2000, REPLY_NOT_SENT,
      ERR_RATE_LIMIT, 2000 },
    { "too many messages", 200, "{\"ok\":false,\"error\":\"message_limit_exceeded\"}", 0,
      REPLY_NOT_SENT, ERR_RATE_LIMIT, 1000 },
    { "throttled", 429, "", 30000, REPLY_NOT_SENT, ERR_RATE_LIMIT, 30000 },
    { "Slack's own fault", 200, "{\"ok\":false,\"error\":\"internal_error\"}", 0, REPLY_UNKNOWN,
      ERR_UNAVAILABLE, 0 },
    { "fatal", 200, "{\"ok\":false,\"error\":\"fatal_error\"}", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE,
      0 },
    { "away", 200, "{\"ok\":false,\"error\":\"service_unavailable\"}", 0, REPLY_UNKNOWN,
      ERR_UNAVAILABLE, 0 },
    { "too slow", 200, "{\"ok\":false,\"error\":\"request_timeout\"}", 0, REPLY_UNKNOWN,
      ERR_UNAVAILABLE, 0 },
    { "HTML", 200, "<html>maintenance</html>", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "nothing", 200, "", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "cut", 200, "{\"ok\":tr", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "a list", 200, "[true]", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "no word", 200, "{\"ok\":false}", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "502", 502, "", 0, REPLY_UNKNOWN, ERR_UNAVAILABLE, 0 },
    { "blocks refused", 200, "{\"ok\":false,\"error\":\"invalid_blocks\"}", 0, REPLY_BAD_BLOCKS,
      ERR_INTERNAL, 0 },
    { "their format", 200, "{\"ok\":false,\"error\":\"invalid_blocks_format\"}", 0,
      REPLY_BAD_BLOCKS, ERR_INTERNAL, 0 },
    { "too long", 200, "{\"ok\":false,\"error\":\"msg_blocks_too_long\"}", 0, REPLY_BAD_BLOCKS,
      ERR_INTERNAL, 0 },
    { "no such channel", 200, "{\"ok\":false,\"error\":\"channel_not_found\"}", 0, REPLY_PROHIBITED,
      ERR_PERMISSION, 0 },
    { "not in the channel", 200, "{\"ok\":false,\"error\":\"not_in_channel\"}", 0, REPLY_PROHIBITED,
      ERR_PERMISSION, 0 },
    { "a revoked token", 200, "{\"ok\":false,\"error\":\"token_revoked\"}", 0, REPLY_PROHIBITED,
      ERR_PERMISSION, 0 },
    { "a missing scope", 200, "{\"ok\":false,\"error\":\"missing_scope\"}", 0, REPLY_PROHIBITED,
      ERR_PERMISSION, 0 },
};

static void check(const struct judgement *row,
                  enum reply_outcome (*judge)(int, struct bytes, int64_t, struct error *))
{
    struct error err = { 0 };
    enum reply_outcome outcome = judge(row->status, bytes_of(row->body), row->retry_after_ms, &err);

    if (outcome != row->outcome || err.kind != row->kind || err.retry_after_ms != row->hint_ms)
        fail_msg("%s: %s, %s, %" PRId64 " ms", row->why, reply_outcome_name(outcome),
                 error_kind_name(err.kind), err.retry_after_ms);
    if (outcome != REPLY_TAKEN && !strstr(err.log, "slack"))
        fail_msg("%s: the log says \"%s\"", row->why, err.log);
}

static void answers_of_response_url_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(of_response_url); i++)
        check(&of_response_url[i], reply_judge);
}

static void answers_of_the_web_api_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(of_web_api); i++)
        check(&of_web_api[i], reply_judge_message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_response_url_are_judged),
        cmocka_unit_test(answers_of_the_web_api_are_judged),
    };

    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
