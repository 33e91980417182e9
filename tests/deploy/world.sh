# What the tests of deploy/ share, to be read by sh: a folder of their own, the simulated outside world, a redis-server, and
# the real raiox, on free ports of loopback. Who waits, waits for a line of a log.
# Environment: RAIOX (the program), SANDBOX (the outside world), SOURCE (the repository).
set -eu

dir=$(mktemp -d "${TMPDIR:-/tmp}/raiox-deploy.XXXXXX")
children=''
now=2026-11-21T12:00:00-03:00 # the sample agency's month
patience=120 # seconds; longer than anything takes on a busy machine
cd "$dir"

finish() {
    trap '' INT TERM
    for child in $children; do # the last one first
        kill "$child" 2>/dev/null && wait "$child" 2>/dev/null || true
    done
    cd /
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "FAILED: $*" >&2
    for log in "$dir"/*.log; do
        [ ! -s "$log" ] || { echo "== ${log##*/}" >&2; tail -n 15 "$log" >&2; }
    done
    exit 1
}

# started NAME COMMAND...: runs it with its output in NAME.log; its pid is in $pid. Appends when it is started again.
started() {
    log=$dir/$1.log
    shift
    : >>"$log"
    "$@" >>"$log" 2>&1 &
    pid=$!
    children="$pid $children"
}

# ended PID: waits for its end, which must be status 0.
ended() {
    wait "$1" || fail "process $1 ended with status $?"
    children=$(echo " $children " | sed "s/ $1 / /")
}

# line NAME PATTERN [FROM]: waits until a line of NAME.log from that number on matches, prints it.
line() {
    timeout "$patience" tail -n "+${3:-1}" -f "$dir/$1.log" 2>/dev/null | grep -m 1 -e "$2" ||
        fail "$1 did not say $2"
}

lines() { # lines NAME: where the next line of NAME.log will be
    echo $(($(wc -l <"$dir/$1.log") + 1))
}

# until_true COMMAND...: asks again until it is true; for what says nothing when it happens.
until_true() {
    end=$(($(date +%s) + patience))
    while ! "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || fail "never true: $*"
        sleep 0.05
    done
}

start_sandbox() {
    started sandbox "$SANDBOX" --port 0 --now "$now"
    facts=$(line sandbox '"url"')
    admin=$(echo "$facts" | jq -r .admin)
    echo "$facts" | jq -r '.env | to_entries[] | "\(.key)=\(.value)"' >.env
    printf '%s\n' "RAIOX_NOW=$now" RAIOX_LISTEN=127.0.0.1:0 RAIOX_WORK_LISTEN=127.0.0.1:0 RAIOX_WORKERS=3 \
        "RAIOX_STATE_DIR=$dir/var" >>.env
}

free_port() { # below those that the kernel gives to whoever does not care
    python3 - <<'EOF'
import random, socket
while True:
    port = random.randrange(12000, 32000)
    try:
        socket.socket().bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break
EOF
}

# start_redis [ARGUMENT...]: on $redis_port; further arguments win.
start_redis() {
    redis_port=$(free_port)
    started redis redis-server "$@" --bind 127.0.0.1 --port "$redis_port" --dir "$dir" --logfile "" --daemonize no
    line redis 'Ready to accept connections' >/dev/null
}

raiox() { # exactly the environment of .env
    env -i PATH="$PATH" "$RAIOX" "$@"
}

port_of() { # port_of NAME [FROM]
    line "$1" '"event":"listening"' "${2:-1}" | jq -r .port
}

start_serve() {
    started serve env -i PATH="$PATH" "$RAIOX" serve
    serve_pid=$pid serve_port=$(port_of serve)
    serve=http://127.0.0.1:$serve_port
    line serve '"redis is there"' >/dev/null
    admin options "{\"raiox_url\":\"$serve\"}" >/dev/null
}

start_work() {
    started work env -i PATH="$PATH" "$RAIOX" work
    work_pid=$pid work_port=$(port_of work)
    work=http://127.0.0.1:$work_port
    line work '"redis is there".*"worker"' >/dev/null
}

admin() { # admin PATH JSON: tells the outside world; prints what it says
    curl -sSf -X POST "$admin/$1" -d "$2" || fail "the outside world does not take $1 $2"
}

# typed CHANNEL TEXT: /raiox TEXT; prints what was acknowledged.
typed() {
    answer=$(admin commands "{\"channel\":\"$1\",\"user\":\"U0ANALISTA\",\"text\":\"$2\"}")
    [ "$(echo "$answer" | jq .status)" = 200 ] || fail "the command was not acknowledged: $answer"
    echo "$answer" | jq -r '.body | fromjson | .text'
}

# replies N: waits until Slack took N replies.
replies() {
    until_true sh -c "[ \"\$(curl -sf '$admin/replies?after=0' | jq .posted)\" -ge $1 ]"
}
