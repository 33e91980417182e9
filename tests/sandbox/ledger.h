/* Every call that the outside world received: what GET /admin/calls tells. Nothing secret is kept.
 */
#ifndef RAIOX_SANDBOX_LEDGER_H
#define RAIOX_SANDBOX_LEDGER_H

#include "tests/sandbox/sandbox.h"

struct ledger *ledger_create(void);
void ledger_destroy(struct ledger *ledger);
/* Returns the call's number, from 1. what: the path without secrets. */
uint64_t ledger_begin(struct ledger *ledger, const struct request *request, const char *what);
void ledger_end(struct ledger *ledger, const struct request *request, int status, int64_t took_ms);
void ledger_clear(struct ledger *ledger);
/* service NULL: all. The caller deletes it. */
cJSON *ledger_json(const struct ledger *ledger, const char *service, bool with_list);

#endif
