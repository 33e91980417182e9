/*
 * A real redis-server for one test: its own folder, unix socket and loopback port, gone with the
 * test. What does not work ends the test with its reason on standard error.
 */
#ifndef RAIOX_TESTS_SUPPORT_REDIS_SERVER_H
#define RAIOX_TESTS_SUPPORT_REDIS_SERVER_H

#include <sys/types.h>

struct redis_server {
    pid_t pid; /* 0: not running */
    int port;
    char dir[64];      /* its data, socket and log */
    char unix_url[96]; /* unix://... */
    char tcp_url[64];  /* redis://127.0.0.1:port */
    const char *const *arguments;
};

/*
 * Starts one and returns when it answers. arguments: more of redis-server's own ("--appendonly",
 * "yes"), ends with NULL, or NULL; it is kept by pointer for restarts.
 */
struct redis_server *redis_server_start(const char *const *arguments);
/* Ends it and removes its folder. NULL is fine. */
void redis_server_stop(struct redis_server *server);

void redis_server_freeze(struct redis_server *server); /* SIGSTOP: connects, never answers */
void redis_server_thaw(struct redis_server *server);
void redis_server_kill(struct redis_server *server);    /* SIGKILL; returns when it is dead */
void redis_server_restart(struct redis_server *server); /* again, on the same data and addresses */

/* Runs one command over a connection of its own: for what a test wants to see or do past the code
 * under test. The answer as text is the caller's to free: "(nil)" for none, array items in lines.
 */
char *redis_server_ask(const struct redis_server *server, const char *const *words);

#endif
