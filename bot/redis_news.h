/*
 * What the queue tells of Redis (queue_create's on_state), as a line of the log that names the part
 * of the program.
 */
#ifndef RAIOX_BOT_REDIS_NEWS_H
#define RAIOX_BOT_REDIS_NEWS_H

#include "base/error.h"

#include <stdbool.h>

void log_redis_news(const char *part, bool up, const struct error *err);

#endif
