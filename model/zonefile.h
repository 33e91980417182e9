/*
 * The machine's table of a time zone, a file of its own (TZif, RFC 8536). GLib reads it and
 * believes what is in it: a table that a full disk has cut would be the end of whoever asks it.
 */
#ifndef RAIOX_MODEL_ZONEFILE_H
#define RAIOX_MODEL_ZONEFILE_H

#include "base/bytes.h"

#include <stdbool.h>

/* Is it a whole table, in which nothing points to where nothing is? */
bool zonefile_is_whole(struct bytes table);
/* Has the machine such a table of the zone, where GLib looks for it? zone: a name without dots. */
bool zonefile_there(const char *zone);

#endif
