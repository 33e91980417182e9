/*
 * The Lua scripts of the queue. Each moves a job from one place to another as a whole. A script
 * names the keys of many jobs, so only the stream is declared; all keys have one hash tag, hence
 * one slot. Everything that is written first may be refused (OOM, MISCONF, READONLY) and nothing
 * after it, so a refused script has changed nothing.
 *
 * An entry of the stream: i = id, c = command (packed, queue/pack.h), s = state, absent while new.
 * A job's hash {raiox}:job:<id>: entry = where it is in the stream now ("" nowhere), left = the
 * entry that its holder ended last, mark and posts while it is held, c and s while delayed or dead,
 * reason, error, client. It is there from the first thing that happened to the job until
 * QUEUE_KEEP_MS after the last.
 */
#include "queue/scripts.h"

#include "queue/keys.h"
#include "queue/queue.h"

#define NUMBER_(value) #value
#define NUMBER(value) NUMBER_(value)

/* A line of Lua is a line here. */
/* clang-format off */

/* The names of keys.h, for the scripts; done once. */
#define LUA_NAMES                                                                               \
    "local jobs, group = KEYS[1], '" KEY_GROUP "'\n"                                            \
    "local delayed, dead = '" KEY_DELAYED "', '" KEY_DEAD "'\n"                                 \
    "local accepted_in, done_in = '" KEY_ACCEPTED "', '" KEY_DONE "'\n"                         \
    "local life, keep = " NUMBER(QUEUE_JOB_LIFE_MS) ", " NUMBER(QUEUE_KEEP_MS) "\n"             \
    "local max_crashes, max_dead = " NUMBER(QUEUE_MAX_CRASHES) ", " NUMBER(QUEUE_MAX_DEAD) "\n" \
    "local function key(id) return '" KEY_JOB "' .. id end\n"

/* Redis' clock is the only one that counts. */
#define LUA_NOW                                           \
    "local t = redis.call('TIME')\n"                      \
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

/*
 * Counters by the minute, and a rate: this minute's count and what the last minute still weighs (x
 * 1000).
 */
#define LUA_COUNT                                                                               \
    "local function minute_key(what, ago) return what .. (math.floor(now / 60000) - ago) end\n" \
    "local function count(what, n)\n"                                                           \
    "  local k = minute_key(what, 0)\n"                                                         \
    "  if redis.call('INCRBY', k, n) == tonumber(n) then redis.call('EXPIRE', k, 600) end\n"    \
    "end\n"                                                                                     \
    "local function rate(what)\n"                                                               \
    "  local this = tonumber(redis.call('GET', minute_key(what, 0)) or 0)\n"                    \
    "  local last = tonumber(redis.call('GET', minute_key(what, 1)) or 0)\n"                    \
    "  return math.floor((this + last * (1 - now % 60000 / 60000)) * 1000)\n"                   \
    "end\n"

/* A job's ways: into the stream, out of a consumer's hands, among the dead. */
#define LUA_MOVE                                                                      \
    "local function enter(id, c, s)\n"                                                \
    "  local entry = redis.call('XADD', jobs, '*', 'i', id, 'c', c, 's', s)\n"        \
    "  redis.call('HDEL', key(id), 'c', 's', 'mark', 'posts', 'reason')\n"            \
    "  redis.call('HSET', key(id), 'entry', entry)\n"                                 \
    "  redis.call('PEXPIRE', key(id), keep)\n"                                        \
    "end\n"                                                                           \
    "local function leave(id, entry, ...)\n"                                          \
    "  redis.call('XACK', jobs, group, entry)\n"                                      \
    "  redis.call('XDEL', jobs, entry)\n"                                             \
    "  redis.call('HSET', key(id), 'left', entry, ...)\n"                             \
    "end\n"                                                                           \
    "local function bury(id, c, s, reason, err)\n"                                    \
    "  redis.call('HSET', key(id), 'c', c, 's', s, 'reason', reason, 'error', err,\n" \
    "    'entry', '')\n"                                                              \
    "  redis.call('PERSIST', key(id))\n"                                              \
    "  redis.call('ZADD', dead, now, id)\n"                                           \
    "  while redis.call('ZCARD', dead) > max_dead do\n"                               \
    "    redis.call('DEL', key(redis.call('ZPOPMIN', dead)[1]))\n"                    \
    "  end\n"                                                                         \
    "end\n"

/*
 * The fence. Goes on only if the entry is still in this consumer's hands; else the script ends
 * with 0 (another's, or ended by another: this process was taken for dead) or 1 (this is a repeat
 * of what was already done, its answer having been cut). An entry that is nobody's and of which
 * nothing is known was forgotten by Redis itself (FLUSHALL): who holds it still may end it.
 */
#define LUA_HELD                                                                              \
    "local function held(id, entry, me)\n"                                                    \
    "  local pending = redis.pcall('XPENDING', jobs, group, entry, entry, 1)\n"               \
    "  if pending.err and not pending.err:find('NOGROUP', 1, true) then return pending end\n" \
    "  if pending[1] then return pending[1][2] == me and 'yes' or 'lost' end\n"               \
    "  local known = redis.call('HMGET', key(id), 'entry', 'left')\n"                         \
    "  if known[2] == entry then return 'left' end\n"                                         \
    "  if not known[1] or known[1] == entry then return 'yes' end\n"                          \
    "  return 'lost'\n"                                                                       \
    "end\n"                                                                                   \
    "local id, entry, me = ARGV[1], ARGV[2], ARGV[3]\n"                                       \
    "local mine = held(id, entry, me)\n"                                                      \
    "if mine ~= 'yes' then\n"                                                                 \
    "  if type(mine) == 'table' then return mine end\n"                                       \
    "  return mine == 'left' and 1 or 0\n"                                                    \
    "end\n"

/*
 * An entry of the stream, and the state in it. A new job has none: its entry id is its time.
 */
#define LUA_READ                                                                        \
    "local function read(entry)\n"                                                      \
    "  local got, found = {}, redis.call('XRANGE', jobs, entry, entry)[1]\n"            \
    "  if found then\n"                                                                 \
    "    for i = 1, #found[2], 2 do got[found[2][i]] = found[2][i + 1] end\n"           \
    "  end\n"                                                                           \
    "  return got\n"                                                                    \
    "end\n"                                                                             \
    "local function state(entry, s)\n"                                                  \
    "  local accepted, deadline, attempt, crashes, posts, mark =\n"                     \
    "    (s or ''):match('^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')\n"                    \
    "  if accepted then return accepted, deadline, attempt, crashes, posts, mark end\n" \
    "  accepted = entry:match('^%d+')\n"                                                \
    "  return accepted, accepted + life, 1, 0, 0, 0\n"                                  \
    "end\n"                                                                             \
    "local function pack(...) return string.format('%.0f %.0f %d %d %d %d', ...) end\n"

/*
 * Hands an entry back: a new entry with the same id and what is known of it, charged if it
 * crashed.
 */
#define LUA_BACK                                                                        \
    "local function back(entry, crashed)\n"                                             \
    "  local got = read(entry)\n"                                                       \
    "  local id, c = got.i, got.c\n"                                                    \
    "  if not id or not c then\n"                                                       \
    "    redis.call('XACK', jobs, group, entry)\n"                                      \
    "    redis.call('XDEL', jobs, entry)\n"                                             \
    "    return\n"                                                                      \
    "  end\n"                                                                           \
    "  local accepted, deadline, attempt, crashes, posts, mark = state(entry, got.s)\n" \
    "  local known = redis.call('HMGET', key(id), 'mark', 'posts')\n"                   \
    "  mark, posts = known[1] or mark, known[2] or posts\n"                             \
    "  if id == crashed then crashes = crashes + 1 end\n"                               \
    "  local s = pack(accepted, deadline, attempt, crashes, posts, mark)\n"             \
    "  if id == crashed and crashes > max_crashes then\n"                               \
    "    bury(id, c, s, 'crashed', 'crashed ' .. crashes .. ' workers')\n"              \
    "  else\n"                                                                          \
    "    enter(id, c, s)\n"                                                             \
    "  end\n"                                                                           \
    "  redis.call('XACK', jobs, group, entry)\n"                                        \
    "  redis.call('XDEL', jobs, entry)\n"                                               \
    "end\n"

/*
 * Accepts commands, each once: all of a turn in one call, for a call costs as much as an
 * acceptance. KEYS: stream, a trigger for each. ARGV: ceiling, seconds to remember a trigger, and
 * for each: deadline, id, command. Answers for each OK, BUSY, the id that had this trigger before,
 * or Redis' clock when the deadline is past. XLEN comes before the first SET so that a key of a
 * wrong type fails before anything is written; the first SET is refused for all (OOM, READONLY).
 * One loop and no function: that alone is a quarter of what it costs Redis.
 */
struct redis_script script_accept = {
    .source =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])\n"
    "local answers, wrote = {}, false\n"
    "for i = 2, #KEYS do\n"
    "  local at = 3 * i - 3\n"
    "  local id, answer = ARGV[at + 1], now\n"
    "  if now <= tonumber(ARGV[at]) then\n"
    "    answer = redis.pcall('SET', KEYS[i], id, 'NX', 'GET', 'EX', ARGV[2])\n"
    "    if answer then\n"
    "      if not wrote and type(answer) == 'table' then return answer end\n"
    "    elseif room <= 0 then\n"
    "      redis.call('DEL', KEYS[i])\n"
    "      wrote, answer = true, 'BUSY'\n"
    "    else\n"
    "      redis.call('XADD', KEYS[1], '*', 'i', id, 'c', ARGV[at + 2])\n"
    "      wrote, answer, room = true, 'OK', room - 1\n"
    "    end\n"
    "  end\n"
    "  answers[i - 1] = answer\n"
    "end\n"
    "return answers\n",
};

/*
 * ARGV: accepted since the last pulse. Returns Redis' clock and what was done in a minute (x
 * 1000).
 */
struct redis_script script_pulse = {
    .source =
        LUA_NAMES LUA_NOW LUA_COUNT
    "if tonumber(ARGV[1]) > 0 then count(accepted_in, ARGV[1]) end\n"
    "return { now, rate(done_in) }\n",
};

/*
 * Creates the stream and its group. A new group reads everything again: what a lost one had handed
 * out and begun to post is added anew with its mark, so that who held it is fenced off.
 */
struct redis_script script_group = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_READ LUA_BACK
    "local made = redis.pcall('XGROUP', 'CREATE', jobs, group, '0', 'MKSTREAM')\n"
    "if made.err then\n"
    "  if made.err:find('BUSYGROUP', 1, true) then return 0 end\n"
    "  return made\n"
    "end\n"
    "local last = redis.call('XREVRANGE', jobs, '+', '-', 'COUNT', 1)[1]\n"
    "local from = '-'\n"
    "while last do\n"
    "  local some = redis.call('XRANGE', jobs, from, last[1], 'COUNT', 100)\n"
    "  if #some == 0 then break end\n"
    "  for _, e in ipairs(some) do\n"
    "    local id = e[2][2]\n"
    "    if e[2][1] == 'i' and redis.call('HEXISTS', key(id), 'mark') == 1 then back(e[1]) end\n"
    "  end\n"
    "  from = '(' .. some[#some][1]\n"
    "end\n"
    "return 1\n",
};

/* ARGV: id, entry, consumer. */
struct redis_script script_finish = {
    .source =
        LUA_NAMES LUA_NOW LUA_COUNT LUA_MOVE LUA_HELD
    "leave(id, entry, 'entry', '')\n"
    "redis.call('PEXPIRE', key(id), keep)\n"
    "count(done_in, 1)\n"
    "return 1\n",
};

/* ARGV: id, entry, consumer, mark, posts. */
struct redis_script script_mark = {
    .source =
        LUA_NAMES LUA_NOW LUA_HELD
    "redis.call('HSET', key(id), 'entry', entry, 'mark', ARGV[4], 'posts', ARGV[5])\n"
    "redis.call('PEXPIRE', key(id), keep)\n"
    "return 1\n",
};

/* ARGV: id, entry, consumer, command, state. */
struct redis_script script_release = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_HELD
    "enter(id, ARGV[4], ARGV[5])\n"
    "leave(id, entry)\n"
    "return 1\n",
};

/* ARGV: id, entry, consumer, command, state, delay_ms, error. */
struct redis_script script_retry = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_HELD
    "redis.call('HSET', key(id), 'c', ARGV[4], 's', ARGV[5], 'error', ARGV[7], 'entry', '')\n"
    "redis.call('PERSIST', key(id))\n"
    "redis.call('ZADD', delayed, now + tonumber(ARGV[6]), id)\n"
    "leave(id, entry)\n"
    "return 1\n",
};

/* ARGV: id, entry, consumer, command, state, reason, error. */
struct redis_script script_give_up = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_HELD
    "bury(id, ARGV[4], ARGV[5], ARGV[6], ARGV[7])\n"
    "leave(id, entry)\n"
    "return 1\n",
};

/*
 * Moves the delayed jobs whose time has come. Returns their count and the ms until the next one,
 * or -1.
 */
struct redis_script script_due = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE
    "local ids = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 100)\n"
    "for _, id in ipairs(ids) do\n"
    "  redis.call('ZREM', delayed, id)\n"
    "  local kept = redis.call('HMGET', key(id), 'c', 's')\n"
    "  if kept[1] and kept[2] then enter(id, kept[1], kept[2]) end\n"
    "end\n"
    "local next = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')\n"
    "if not next[2] then return { #ids, -1 } end\n"
    "return { #ids, math.max(0, tonumber(next[2]) - now) }\n",
};

/*
 * Renews the lease on all that is pending on a consumer. ARGV: consumer, where to start. Returns
 * Redis' clock, the entries, and for each the ms since it was handed out or touched.
 */
struct redis_script script_touch = {
    .source =
        LUA_NAMES LUA_NOW
    "local rows = redis.pcall('XPENDING', jobs, group, ARGV[2], '+', 200, ARGV[1])\n"
    "if rows.err then return rows end\n"
    "local entries, idle = {}, {}\n"
    "for i, row in ipairs(rows) do entries[i], idle[i] = row[1], row[3] end\n"
    "if #entries > 0 then\n"
    "  local claim = { 'XCLAIM', jobs, group, ARGV[1], 0, unpack(entries) }\n"
    "  claim[#claim + 1] = 'JUSTID'\n"
    "  redis.call(unpack(claim))\n"
    "end\n"
    "return { now, entries, idle }\n",
};

/*
 * Hands back what a dead consumer held, 100 at a time, and forgets the consumer. ARGV: consumer,
 * id that crashed it or "". Returns the count and whether there may be more.
 */
struct redis_script script_hand_back = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_READ LUA_BACK
    "local rows = redis.pcall('XPENDING', jobs, group, '-', '+', 100, ARGV[1])\n"
    "if rows.err then\n"
    "  if rows.err:find('NOGROUP', 1, true) then return { 0, 0 } end\n"
    "  return rows\n"
    "end\n"
    "for _, row in ipairs(rows) do back(row[1], ARGV[2]) end\n"
    "if #rows == 100 then return { 100, 1 } end\n"
    "redis.call('XGROUP', 'DELCONSUMER', jobs, group, ARGV[1])\n"
    "return { #rows, 0 }\n",
};

/*
 * Hands back what was not touched for idle_ms, 100 at a time, and forgets consumers that hold
 * nothing and were not heard of for an hour. ARGV: idle_ms, own consumer, where to start, "look"
 * to only count. Returns the count and the last entry seen, "" when there are no more.
 */
struct redis_script script_reclaim = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_READ LUA_BACK
    "local rows = redis.pcall('XPENDING', jobs, group, 'IDLE', ARGV[1], ARGV[3], '+', 100)\n"
    "if rows.err then\n"
    "  if rows.err:find('NOGROUP', 1, true) then return { 0, '' } end\n"
    "  return rows\n"
    "end\n"
    "local moved, look = 0, ARGV[4] == 'look'\n"
    "for _, row in ipairs(rows) do\n"
    "  if row[2] ~= ARGV[2] then\n"
    "    if not look then back(row[1]) end\n"
    "    moved = moved + 1\n"
    "  end\n"
    "end\n"
    "if #rows == 100 then return { moved, rows[100][1] } end\n"
    "if not look then\n"
    "  for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', jobs, group)) do\n"
    "    local name, pending, idle = c[2], c[4], c[6]\n"
    "    if name ~= ARGV[2] and pending == 0 and idle > 3600000 then\n"
    "      redis.call('XGROUP', 'DELCONSUMER', jobs, group, name)\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return { moved, '' }\n",
};

/*
 * ARGV: most rows. Returns waiting, delayed, dead, in flight, oldest ms, accepted and done a
 * minute (x 1000), and a row for each job in flight: id, worker, client, age ms, attempt.
 */
struct redis_script script_stats = {
    .source =
        LUA_NAMES LUA_NOW LUA_COUNT LUA_READ
    "local oldest, rows, held = now, {}, 0\n"
    "local function age(entry, s)\n"
    "  local accepted, _, attempt = state(entry, s)\n"
    "  oldest = math.min(oldest, tonumber(accepted))\n"
    "  return math.max(0, now - accepted), tonumber(attempt)\n"
    "end\n"
    "local summary = redis.pcall('XPENDING', jobs, group)\n"
    "if summary.err and not summary.err:find('NOGROUP', 1, true) then return summary end\n"
    "if not summary.err then\n"
    "  held = summary[1]\n"
    "  for i, p in ipairs(redis.call('XPENDING', jobs, group, '-', '+', ARGV[1])) do\n"
    "    local got = read(p[1])\n"
    "    local ms, attempt = age(p[1], got.s)\n"
    "    local client = got.i and redis.call('HGET', key(got.i), 'client') or ''\n"
    "    rows[i] = { got.i or '', p[2], client, ms, attempt }\n"
    "  end\n"
    "end\n"
    "for _, e in ipairs(redis.call('XRANGE', jobs, '-', '+', 'COUNT', 100)) do\n"
    "  age(e[1], e[2][5] == 's' and e[2][6])\n"
    "end\n"
    "for _, id in ipairs(redis.call('ZRANGE', delayed, 0, 99)) do\n"
    "  local s = redis.call('HGET', key(id), 's')\n"
    "  if s then age('', s) end\n"
    "end\n"
    "return { math.max(0, redis.call('XLEN', jobs) - held), redis.call('ZCARD', delayed),\n"
    "  redis.call('ZCARD', dead), held, now - oldest, rate(accepted_in), rate(done_in), rows }\n",
};

/*
 * Looks for a job that waits, is delayed or in flight. ARGV: id, where in the stream to start, how
 * many entries are before that. Returns Redis' clock, "delayed", "waiting" or "in flight", command,
 * state, client, and: when it is due and the last error, or how many wait before it, or its worker;
 * or, of a page without it, "more", its last entry and how many are before the next one; or
 * "nowhere".
 */
struct redis_script script_find = {
    .source =
        LUA_NAMES LUA_NOW LUA_READ
    "local id, before = ARGV[1], tonumber(ARGV[3])\n"
    "local kept = redis.call('HMGET', key(id), 'c', 's', 'error', 'client')\n"
    "local client = kept[4] or ''\n"
    "local due = redis.call('ZSCORE', delayed, id)\n"
    "if due and kept[1] and kept[2] then\n"
    "  return { now, 'delayed', kept[1], kept[2], client, due, kept[3] or '' }\n"
    "end\n"
    "local page = redis.call('XRANGE', jobs, ARGV[2], '+', 'COUNT', 500)\n"
    "for i, e in ipairs(page) do\n"
    "  local f = e[2]\n"
    "  if f[1] == 'i' and f[2] == id and f[3] == 'c' then\n"
    "    local s = pack(state(e[1], f[5] == 's' and f[6]))\n"
    "    local summary = redis.pcall('XPENDING', jobs, group)\n"
    "    local held = not summary.err and summary[1] or 0\n"
    "    local mine = held > 0 and redis.call('XPENDING', jobs, group, e[1], e[1], 1)[1]\n"
    "    if mine then return { now, 'in flight', f[4], s, client, mine[2] } end\n"
    "    return { now, 'waiting', f[4], s, client, math.max(0, before + i - 1 - held) }\n"
    "  end\n"
    "end\n"
    "if #page < 500 then return { now, 'nowhere' } end\n"
    "return { now, 'more', page[#page][1], before + #page }\n",
};

/*
 * Dead jobs, the newest first. ARGV: an id, or "" and how many to skip. Returns rows: id, died,
 * command, state, reason, error.
 */
struct redis_script script_dead = {
    .source =
        LUA_NAMES LUA_NOW
    "local ids = { ARGV[1] }\n"
    "if ARGV[1] == '' then ids = redis.call('ZREVRANGE', dead, ARGV[2], ARGV[2] + 499) end\n"
    "local rows = {}\n"
    "for _, id in ipairs(ids) do\n"
    "  local died = redis.call('ZSCORE', dead, id)\n"
    "  local kept = redis.call('HMGET', key(id), 'c', 's', 'reason', 'error')\n"
    "  if died then rows[#rows + 1] = { id, died, kept[1], kept[2], kept[3], kept[4] } end\n"
    "end\n"
    "return rows\n",
};

/*
 * Runs dead jobs again or drops them. ARGV: "retry" or "drop", an id or "" for all, and for all:
 * dead until when, "" now. Returns the count, whether there may be more, and that "until".
 */
struct redis_script script_settle = {
    .source =
        LUA_NAMES LUA_NOW LUA_MOVE LUA_READ
    "local ids, last = { ARGV[2] }, ARGV[3] ~= '' and ARGV[3] or string.format('%.0f', now)\n"
    "if ARGV[2] == '' then\n"
    "  ids = redis.call('ZRANGEBYSCORE', dead, '-inf', last, 'LIMIT', 0, 100)\n"
    "end\n"
    "local settled = 0\n"
    "for _, id in ipairs(ids) do\n"
    "  if redis.call('ZREM', dead, id) == 1 then\n"
    "    settled = settled + 1\n"
    "    local kept = redis.call('HMGET', key(id), 'c', 's')\n"
    "    if ARGV[1] == 'retry' and kept[1] and kept[2] then\n"
    "      local accepted, _, _, _, _, mark = state('0', kept[2])\n"
    "      enter(id, kept[1], pack(accepted, now + life, 1, 0, 0, mark))\n"
    "    else\n"
    "      redis.call('HDEL', key(id), 'c', 's')\n"
    "      redis.call('PEXPIRE', key(id), keep)\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return { settled, (ARGV[2] == '' and #ids == 100) and 1 or 0, last }\n",
};

/*
 * Names the client of a job in flight (one that is delayed or dead by now is kept). ARGV: id,
 * client.
 */
struct redis_script script_client = {
    .source =
        LUA_NAMES LUA_NOW
    "redis.call('HSET', key(ARGV[1]), 'client', ARGV[2])\n"
    "if redis.call('HEXISTS', key(ARGV[1]), 'c') == 0 then redis.call('PEXPIRE', key(ARGV[1]), keep) end\n"
    "return 1\n",
};

/*
 * Adds an attempt to a job's story. ARGV: id, the attempt. Said twice in a row (its answer was cut)
 * it is there once.
 */
struct redis_script script_note = {
    .source =
    "local story = '" KEY_STORY "' .. ARGV[1]\n"
    "if redis.call('LINDEX', story, -1) == ARGV[2] then return 0 end\n"
    "redis.call('RPUSH', story, ARGV[2])\n"
    "redis.call('LTRIM', story, -" NUMBER(QUEUE_STORY_ATTEMPTS) ", -1)\n"
    "redis.call('EXPIRE', story, " NUMBER(QUEUE_STORY_S) ")\n"
    "return 1\n",
};
