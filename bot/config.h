/*
 * The configuration: environment variables, and a .env in the working directory (the environment
 * wins). Read once, typed, all faults told together. .env.example lists every variable of the
 * table.
 */
#ifndef RAIOX_BOT_CONFIG_H
#define RAIOX_BOT_CONFIG_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/redis.h"
#include "message/message.h"

#include <stdbool.h>
#include <stdint.h>

/* Where to listen. */
struct listen_address {
    char host[64]; /* a literal: "127.0.0.1", "::", "localhost"; empty: nowhere */
    int port;      /* 0: a free one */
};

/* Text is NULL where the variable is empty. Everything lives in the arena given to config_load().
 */
struct config {
    struct listen_address listen, work_listen;
    const char *public_url;
    const char *state_dir;
    enum locale locale;
    const char *timezone, *currency;
    int64_t workers, concurrency;
    enum log_level log_level;
    int64_t now_real_ms; /* RAIOX_NOW; 0: the real clock */

    const char *slack_signing_secret, *slack_bot_token, *slack_api_url, *slack_team_id;
    const char *slack_response_origin;

    const char *redis_url; /* secret */
    struct redis_address redis;
    const char *const *name_users; /* ends with NULL; NULL: everyone */

    const char *monday_token, *monday_board_id, *monday_url, *monday_version, *monday_active_group;
    int64_t monday_cache_ms, report_cache_ms;

    const char *meta_token, *meta_app_secret, *meta_url, *meta_version, *meta_agency_business_id;

    const char *google_client_id, *google_client_secret, *google_refresh_token;
    const char *google_login_customer_id, *google_developer_token;
    const char *google_url, *google_version, *google_token_url;
};

/* What a command cannot do without. */
enum {
    CONFIG_NEEDS_SLACK = 1 << 0,  /* SLACK_SIGNING_SECRET */
    CONFIG_NEEDS_REDIS = 1 << 1,  /* REDIS_URL */
    CONFIG_NEEDS_MONDAY = 1 << 2, /* MONDAY_API_TOKEN, MONDAY_BOARD_ID */
};

/* Looks a variable up; NULL or "" is none. getenv() in the program, a table in tests and the
 * fuzzer. */
typedef const char *config_lookup_fn(void *arg, const char *name);

/*
 * dotenv: the text of .env, data NULL where there is none. On false every fault is a line of
 * faults, which names the variable, what it holds (secrets never) and what it takes.
 */
MUST_CHECK bool config_load(struct arena *arena, unsigned needs, struct bytes dotenv,
                            config_lookup_fn *lookup, void *arg, struct config *ret,
                            struct buf *faults);

/* The program's way: reads .env and the environment; faults go to standard error and end it with
 * EX_CONFIG. */
void config_load_or_exit(struct arena *arena, unsigned needs, struct config *ret);

/* For the test that holds .env.example to the table: names in order, ends with NULL; and their
 * defaults. */
const char *const *config_names(void);
const char *config_default(const char *name); /* NULL: none, or worked out at start */

#endif
