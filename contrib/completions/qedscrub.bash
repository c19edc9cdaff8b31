# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for qedscrub. Which options a command takes is asked of the program itself.

_qedscrub() {
    local cur prev words cword word command=pack split
    local commands='pack info audit verify restore merge diff'
    _init_completion -s || return
    for word in "${words[@]:1:cword-1}"; do
        [[ $word == -* ]] && continue
        [[ " $commands " == *" $word "* ]] && command=$word
        break
    done
    case $prev in
    --output)
        local formats='human json'
        [[ $command == info ]] && formats+=' html'
        [[ $command == audit || $command == merge ]] &&
            formats+=' html ndjson csv junit openmetrics markdown github'
        mapfile -t COMPREPLY < <(compgen -W "$formats" -- "$cur")
        ;;
    --report)
        mapfile -t COMPREPLY < <(compgen -S = -W 'human json html ndjson csv junit openmetrics
            markdown github' -- "$cur")
        compopt -o nospace
        ;;
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur") ;;
    --deflate) mapfile -t COMPREPLY < <(compgen -W 'tables zlib' -- "$cur") ;;
    --fill) mapfile -t COMPREPLY < <(compgen -W 'offset' -- "$cur") ;;
    --format | -f) mapfile -t COMPREPLY < <(compgen -W 'qed' -- "$cur") ;;
    --only) mapfile -t COMPREPLY < <(compgen -W 'corrupt leaks dirty all' -- "$cur") ;;
    --fail-on) mapfile -t COMPREPLY < <(compgen -W 'corrupt leaks unreadable unsupported
            fragmentation dirty in-use' -- "$cur") ;;
    --label | --jobs | -j | --max-findings | --shard | --timeout | --max-fragmentation | --max-leaked) ;;
    *)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_parse_help "$1" "$command --help")" -- "$cur")
            return
        fi
        _filedir
        ((cword == 1)) &&
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$commands" -- "$cur")
        ;;
    esac
} && complete -F _qedscrub qedscrub
