/* HTTP in: libmicrohttpd on the loop, requests from their first byte to their last. */
#ifndef RAIOX_SANDBOX_SERVER_H
#define RAIOX_SANDBOX_SERVER_H

#include "tests/sandbox/sandbox.h"

/* NULL and errno when the port cannot be had. */
struct server *server_create(struct sandbox *sandbox, int port);
void server_destroy(struct server *server); /* connections that wait are closed */
int server_port(const struct server *server);
const char *server_url(const struct server *server); /* http://127.0.0.1:PORT */
void server_forget_bodies(struct server *server);    /* the cache of answers */
int server_connections(const struct server *server);

#endif
