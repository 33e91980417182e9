# What the scenes of machine-inside share, to be read by bash on the machine: how commands are typed, the outside world and its
# load, and what is looked for at the units. What held is a line "ok ...", what did not a line "FAILED ..." with what was said.
#
# Commands are typed by a root shell that knows nothing but what the documents tell it, and only as they stand there: a block of
# sh whole, or a command between backquotes. What is left untyped at the end, or typed and not written, is a failure.
set -u
sources=/root/raiox
readme=$sources/deploy/README.md
runbook=$sources/deploy/runbook.md
kept=/root/kept # from one life to the next
admin=http://127.0.0.1:9000/admin
channels='["C0123","C0GOLDEN9","C0CLIENTE1","C0HORIZONTE","C0AURORA","C0FORCA","C0MARESIA","C0IRIS","C0PAGINA","C0KIWI"]'
mkdir -p "$kept"
cd "$kept"

# ---- what is said ----

ok() { echo "ok $*"; }

bad() { # bad WHAT: with what was said
    echo "FAILED $*"
    tail -n 15 said | cut -c -300 | sed 's/^/    | /'
}

# holds WHAT COMMAND...: it ends with status 0.
holds() {
    local what=$1
    shift
    if "$@" >said 2>&1; then ok "$what"; else bad "$what"; fi
}

# soon SECONDS COMMAND...: is true within that time.
soon() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
}

# ---- typing ----

# root_types FILE: in a shell as root's is after logging in, in the sources, which ends at the first command that fails.
root_types() {
    (cd "$sources" && env -i HOME=/root LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -eu "$1")
}

# enter COMMAND: one that stands between backquotes, where the runbook's first lines lead.
enter() {
    { cat runbook.host.01 && echo "$1"; } >command
    echo "$1" >>typed
    root_types "$kept/command"
}

# enters COMMAND: the same, which must work; nothing is said of it then.
enters() { enter "$1" >said 2>&1 || bad "$1"; }

# enter_here COMMAND: the same in the sources.
enter_here() {
    echo "$1" >command
    echo "$1" >>typed
    root_types "$kept/command"
}

# type_block FILE [PRELUDE...]: a block of sh, behind others.
type_block() {
    local file=$1
    shift
    cat /dev/null "$@" "$file" >command
    echo "$file" >>typed_blocks
    root_types "$kept/command"
}

# blocks DOCUMENT FENCE NAME: its blocks of that kind as files NAME.01, ...
blocks() {
    awk -v fence="$2" -v name="$3" '$0 == "```" fence { n++; inside = 1; next } /^```/ { inside = 0 }
        inside { print > sprintf("%s.%02d", name, n) }' "$1"
}

# encrypting: the command that the example of credentials is made by.
encrypting() { sed -n 's/.*Made by: *\(systemd-creds .*\)/\1/p' "$sources/deploy/systemd/credentials.conf"; }

# written: every command between backquotes of both documents, and that one.
written() {
    encrypting
    cat "$readme" "$runbook" | tr -s '\n ' ' ' | grep -oE '`(systemctl|journalctl|coredumpctl|timedatectl|meson)( [^`]*)?`' |
        tr -d '`' | sort -u
}

# ---- the outside world ----

outside() { curl -sSf -X "${3:-POST}" "$admin/$1" ${2:+-d "$2"}; }

faults_end() { outside faults '' DELETE >/dev/null; }

# hanging: no platform answers from now on.
hanging() { outside faults '[{"service":"meta","kind":"hang"},{"service":"google_ads","kind":"hang"}]' >/dev/null; }

first=10000000 asker=10000000
askers() { # askers N: the next ones
    first=$asker
    asker=$((asker + $1))
}

# commands N DRY: a file for curl with so many, each typed by an asker of its own; DRY true: they are only signed.
commands() {
    jq -nr --argjson n "$1" --argjson dry "$2" --argjson from "$first" --argjson channels "$channels" 'range($n) |
        {channel: $channels[. % ($channels | length)], user: "U\($from + .)", text: "", dry: $dry} |
        "url = \"http://127.0.0.1:9000/admin/commands\"\ndata = \(tojson | tojson)\nwrite-out = \"\\n\"\nnext"' | sed '$d'
}

# ask N: so many commands at once, one after the other.
ask() {
    askers "$1"
    commands "$1" false >asked
    curl -sS -K asked >told
    [ "$(grep -c Buscando told)" -eq "$1" ] || { cp told said; bad "$1 commands acknowledged"; }
}

# signed ORIGIN [OPTION]: what the outside world has signed, for curl to send over a connection of its own each.
signed() {
    jq -r --arg origin "$1" --arg option "${2:-}" '(.headers[] | "header = \(tojson)"), "data-binary = \(.body | tojson)",
        "header = \"Connection: close\"", "url = \"\($origin)/slack/commands\"", $option,
        "write-out = \"\\t%{http_code} %{time_total} %{errormsg}\\n\"", "next"' | sed '$d'
}

# load N RATE: so many commands, so many a second, straight to the endpoint, a connection for each; told holds the answers.
load() {
    askers "$1"
    commands "$1" true >dry
    curl -sS -K dry | signed http://127.0.0.1:8080 >wet
    curl -sS --rate "$2/s" -K wet >told 2>&1 &
    loading=$!
}

# midway N: so many of the load are acknowledged.
midway() { soon 60 eval "[ \"\$(wc -l <told)\" -ge $1 ]"; }

# served WHAT N SECONDS: all of the load were acknowledged, and are answered within that time after its end.
served() {
    wait "$loading"
    local taken
    taken=$(grep -c 'Buscando.*	200 ' told)
    cp told said
    [ "$taken" -eq "$2" ] || { grep -v 'Buscando.*	200 ' told >said; bad "$1: $taken of $2 commands acknowledged"; return; }
    answered "$1" "$2" "$3" "slowest acknowledgement $(awk -F'\t' '{ split($2, t, " "); if (t[2] > m) m = t[2] } END { print m }' told) s"
}

replied() { # replied N: how many of the last N askers have a reply that Slack took
    outside 'replies?after=0' '' GET | jq --argjson from "$first" --argjson n "$1" '[.replies[] | select(.ok) | .user | ltrimstr("U") |
        tonumber? | select(. >= $from and . < $from + $n)] | {askers: (unique | length), replies: length}' >replied
    jq -e --argjson n "$1" '.askers >= $n' replied
}

answered() { # answered WHAT N SECONDS [MORE]
    local from=$SECONDS
    if soon "$3" replied "$2" >/dev/null 2>&1; then
        ok "$1: $2 of $2 answered, $(($(jq .replies replied) - $2)) of them twice, the last one $((SECONDS - from)) s after the load${4:+; $4}"
    else
        { jq -c . replied; raiox queue; journalctl -n 15 -o cat -u 'raiox*'; } >said 2>&1
        bad "$1: $(jq .askers replied) of $2 answered"
    fi
}

# ---- the units ----

raiox() { (cd /etc/raiox && runuser -u raiox -- raiox "$@"); }
main_of() { systemctl show -P MainPID "$1"; }
workers() { cat "/proc/$(main_of "$1")/task/$(main_of "$1")/children"; }
active() { for unit; do systemctl -q is-active "$unit" || return 1; done; }
in_flight() { raiox queue --json | jq -e --argjson n "$1" '(.in_flight | length) >= $n'; }
ready() { curl -sf "$1/readyz"; }
set_env() { # set_env NAME VALUE: in .env, as with an editor
    sed -i "/^$1=/d" /etc/raiox/.env
    echo "$1=$2" >>/etc/raiox/.env
}

# What an operator fills in: the outside world's addresses and tokens, the month of its sample agency, no remembered reports, so
# that each command is work.
edit_env() {
    local name value
    journalctl -u outside -o cat | grep '"url"' | jq -r '.env | to_entries[] | "\(.key) \(.value)"' | while read -r name value; do
        set_env "$name" "$value"
    done
    sed -nE 's/^(SLACK_SIGNING_SECRET|META_ACCESS_TOKEN|MONDAY_API_TOKEN|GOOGLE_ADS_REFRESH_TOKEN)=(.+)/\2/p' /etc/raiox/.env >secrets
    set_env RAIOX_NOW 2026-11-21T12:00:00-03:00
    set_env RAIOX_REPORT_CACHE_SECONDS 0
    set_env RAIOX_WORKERS 2
}

# The administrator's password is the one that stands in the runbook.
edit_users() {
    sha256() { printf %s "$1" | sha256sum | cut -c -64; }
    sed -i "s/ADMIN_SHA256/$(sha256 PASSWORD)/; s/PASSWORD_SHA256/$(sha256 word)/" /etc/redis/users.acl
}

all_replaced() { # all_replaced BEFORE UNIT: none of these workers is left, and others are there
    local now
    now=" $(workers "$2") "
    for pid in $1; do case $now in *" $pid "*) return 1 ;; esac; done
    [ "$(echo $now | wc -w)" -ge "$(echo $1 | wc -w)" ]
}

boxed() { # boxed UNIT: the kernel knows its sandbox
    local status
    status=/proc/$(main_of "$1")/status
    grep -E '^(Seccomp|NoNewPrivs|CapEff|Uid):' "$status"
    grep -q '^Seccomp:	2' "$status" && grep -q '^NoNewPrivs:	1' "$status" && grep -q '^CapEff:	0*$' "$status" &&
        grep -q "^Uid:	$(id -u raiox)	" "$status"
}

exposed() { # exposed UNIT: less than 2.0, as it runs
    systemd-analyze security --no-pager --threshold=20 "$1" | tail -n 1
    return "${PIPESTATUS[0]}"
}

# no_secret FILE: none of the four that .env was filled with is in it.
no_secret() { [ "$(wc -l <secrets)" -eq 4 ] && [ -s "$1" ] && ! grep -F -f secrets "$1"; }

# right WHAT: the sample's first client is answered to the cent, through the units as they run.
right() {
    outside replies '' DELETE >/dev/null
    outside commands '{"channel":"C0123","user":"U0ANALISTA","text":""}' >said
    if outside 'replies?after=0&wait_ms=30000' '' GET | tee said | jq -e '.replies[0] | .ok and (.body.text |
        contains("R$\u00a01.234,56") and contains("R$\u00a02.134,56") and contains("R$\u00a0196,16"))' >/dev/null; then
        ok "$1: the reply is right to the cent"
    else
        bad "$1: the reply"
    fi
}

# in_time COMMAND...: how long it takes, in seconds, is in took.
in_time() {
    local from=$EPOCHREALTIME
    "$@"
    took=$(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
}
