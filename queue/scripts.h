/* The Lua scripts of the queue; what each takes and returns is told in scripts.c. */
#ifndef RAIOX_QUEUE_SCRIPTS_H
#define RAIOX_QUEUE_SCRIPTS_H

#include "base/redis.h"

extern struct redis_script script_accept, script_pulse, script_group, script_finish, script_mark,
    script_release, script_retry, script_give_up, script_due, script_touch, script_hand_back,
    script_reclaim, script_stats, script_find, script_dead, script_settle, script_client,
    script_note;

#endif
