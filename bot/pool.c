/* What the processes of a pool are called. */
#include "bot/pool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void pool_worker_name(const char *host, pid_t pid, int64_t started_real_ms,
                      char ret[POOL_WORKER_NAME_MAX])
{
    static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    char word[65];

    snprintf(word, sizeof(word), "%s", *host ? host : "host");
    for (char *c = word + strspn(word, kept); *c; c += strspn(c, kept))
        *c = '_';
    snprintf(ret, POOL_WORKER_NAME_MAX, "%s:%d:%" PRIx64, word, (int)pid,
             (uint64_t)started_real_ms);
}
