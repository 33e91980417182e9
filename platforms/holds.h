/*
 * What is not to be asked for some time: a quota that is used up for hours, a token that was
 * refused. Remembered by all processes together in the hash "{raiox}:holds" (field: the hold's
 * name; value: until when by Redis' clock, kind and texts), which outlives them; without Redis by
 * this process alone. What an operator deletes there is forgotten everywhere within a second.
 */
#ifndef RAIOX_PLATFORMS_HOLDS_H
#define RAIOX_PLATFORMS_HOLDS_H

#include "base/error.h"
#include "base/loop.h"
#include "base/redis.h"

struct holds;
/* redis may be NULL; it outlives the holds or is destroyed behind them. */
struct holds *holds_create(struct loop *loop, struct redis *redis);
void holds_destroy(struct holds *holds);

/*
 * Reads anew what all hold, when that was not done for a second. Nobody waits for it: what is
 * commanded over the same connection behind it is answered behind it.
 */
void holds_refresh(struct holds *holds);

struct hold {
    int64_t until_ms, wait_until_ms; /* monotonic: held here; what the host asked for */
    struct error err;                /* why */
};
/* Is nothing held? Then there is no name to look for. */
bool holds_none(const struct holds *holds);
/* NULL: it may be asked. Good until the next turn, or call of these. */
const struct hold *holds_find(struct holds *holds, const char *name);
/* held_ms, wait_ms: from now, as in struct hold. One of that name stays as it is. */
void holds_add(struct holds *holds, const char *name, const struct error *err, int64_t held_ms,
               int64_t wait_ms);

#endif
