/*
 * The real `raiox serve`, started and ended by a test, and the client's side of it: plain sockets
 * that say what they are told to the byte. What does not work ends the test with its reason.
 */
#ifndef RAIOX_TESTS_BOT_SERVE_RIG_H
#define RAIOX_TESTS_BOT_SERVE_RIG_H

#include "base/arena.h"
#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RIG_SECRET "0123456789abcdef0123456789abcdef"
/* Longer than anything here takes on a busy machine. */
#define RIG_PATIENCE_MS 60000

struct serve_rig {
    pid_t pid; /* 0: not running */
    int port;
    char dir[64]; /* its working directory and log */
};

/* program: path of raiox. variables: "NAME=value" on top of a working configuration, ends with
 * NULL; NULL: none. listen_fd: handed down as LISTEN_FDS; -1: none. Returns when it listens. */
struct serve_rig *serve_rig_start(const char *program, const char *redis_url,
                                  const char *const *variables, int listen_fd);
/* Waits for its end, which must be status 0. */
void serve_rig_wait(struct serve_rig *rig);
/* TERM, wait, and its folder goes. NULL is fine. */
void serve_rig_stop(struct serve_rig *rig);
/* What it has logged so far. */
const char *serve_rig_log(const struct serve_rig *rig, struct arena *arena);

/* ---- a client ---- */

/* A connection; host "127.0.0.1" or "::1". -1: refused. */
int rig_dial_host(const struct serve_rig *rig, const char *host);
int rig_dial(const struct serve_rig *rig);
/* Sends all of it; false when the other side is gone. */
bool rig_say(int fd, struct bytes text);
bool rig_says(int fd, const char *text);

struct rig_answer {
    int status; /* 0: the connection ended before one was whole */
    const char *head;
    struct bytes body;
};
/* Reads exactly one answer. bodyless: to a HEAD. */
struct rig_answer rig_hear(struct arena *arena, int fd, bool bodyless);
/* All that still comes until the other side closes; NULL: it does not. */
const char *rig_hear_end(struct arena *arena, int fd);
/* Nothing more comes, and the other side has closed. */
bool rig_is_closed(int fd);
/* Dials, says, hears, closes. */
struct rig_answer rig_ask(const struct serve_rig *rig, struct arena *arena, const char *request);
/* The same for a GET. */
struct rig_answer rig_get(const struct serve_rig *rig, struct arena *arena, const char *path);

/* ---- commands ---- */

/* A command's body, with a trigger_id of its own. text: encoded already. */
const char *rig_body(struct arena *arena, const char *trigger_id, const char *text);
/* The two headers of a good signature, made skew_s off now. */
const char *rig_signature(struct arena *arena, const char *body, int64_t skew_s);
/* A whole signed request. */
const char *rig_command(struct arena *arena, const char *body);

#endif
