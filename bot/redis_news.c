/* Redis is there, refuses, or is away. */
#include "bot/redis_news.h"

#include "base/log.h"

void log_redis_news(const char *part, bool up, const struct error *err)
{
    if (up && err)
        LOG(LOG_WARN, "redis refuses", LOG_S("part", part), LOG_S("error", err->log));
    else if (up)
        LOG(LOG_INFO, "redis is there", LOG_S("part", part));
    else
        LOG(LOG_WARN, "redis is away", LOG_S("part", part), LOG_S("error", err ? err->log : ""));
}
