# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for qed-tool: an image, a command, then what the command takes.

_qed_tool() {
    local cur prev words cword
    _init_completion || return
    case $prev in
    --output)
        mapfile -t COMPREPLY < <(compgen -W 'human json' -- "$cur")
        return
        ;;
    --kind)
        mapfile -t COMPREPLY < <(compgen -W 'beyond-eof unaligned in-header table' -- "$cur")
        return
        ;;
    --save-undo | undo | copy_metadata)
        _filedir
        return
        ;;
    --seed | --at) return ;;
    show)
        mapfile -t COMPREPLY < <(compgen -W 'header l1 l2' -- "$cur")
        return
        ;;
    duplicate | invalidate)
        mapfile -t COMPREPLY < <(compgen -W 'l1 l2' -- "$cur")
        return
        ;;
    need_check)
        mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur")
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_parse_help "$1" --help)" -- "$cur")
    elif [[ $cword -eq 1 ]]; then
        _filedir
    elif [[ $cword -eq 2 ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'show fragcheck copy_metadata need_check duplicate
            invalidate zerocluster undo' -- "$cur")
    fi
} && complete -F _qed_tool qed-tool
