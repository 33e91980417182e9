# bash completion of raiox
_raiox() {
    local word=${COMP_WORDS[COMP_CWORD]} words=''
    case $COMP_CWORD/${COMP_WORDS[1]} in
    1/*) words='run serve work report clients queue why check version help' ;;
    2/work) words='--check-config' ;;
    2/clients) words='--json' ;;
    2/queue) words='dead retry drop --json' ;;
    2/help) words='run serve work report clients queue why check version help' ;;
    3/report | 3/why) words='--json' ;;
    3/queue)
        case ${COMP_WORDS[2]} in
        dead) words='--json' ;;
        retry | drop) words='--all' ;;
        esac
        ;;
    4/queue) [ "${COMP_WORDS[2]}" != dead ] || words='--json' ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _raiox raiox
