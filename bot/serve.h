/* `raiox serve`: the HTTP endpoint. Verifies, accepts once, answers; the work is the pool's. */
#ifndef RAIOX_BOT_SERVE_H
#define RAIOX_BOT_SERVE_H

#include "base/metrics.h"
#include "bot/config.h"
#include "bot/meters.h"

/*
 * Serves until TERM, INT or HUP, then answers what it has accepted. fd: a listening socket, port
 * its port. whose: what /metrics shows. Returns the exit status.
 */
int serve(const struct config *config, struct metrics *metrics, enum meters_of whose, int fd,
          int port);

#endif
