/* Slack's side: channels, slash commands that it sends, and what is posted to it. */
#ifndef RAIOX_SANDBOX_SLACK_H
#define RAIOX_SANDBOX_SLACK_H

#include "tests/sandbox/sandbox.h"

struct slack *slack_create(struct sandbox *sandbox);
void slack_destroy(struct slack *slack);

/*
 * POST /admin/commands: {"channel","user","text"} becomes a signed slash command to raiox; answers
 * with what raiox said. The fields "trigger_id", "timestamp" and "signature" take the place of the
 * ones made, "dry": true tells body and headers without sending them.
 */
void slack_send_command(struct request *request, const cJSON *command);
/* POST /admin/response_urls: one for {"channel","user"}, for who signs commands alone. */
void slack_give_response_url(struct request *request, const cJSON *asked);
/* GET /admin/replies?after=N&wait_ms=T&limit=L&all=1 */
void slack_tell_replies(struct request *request);
void slack_clear_replies(struct slack *slack);
cJSON *slack_channels_json(const struct sandbox *sandbox);

#endif
