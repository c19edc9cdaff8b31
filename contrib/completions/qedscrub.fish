# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for qedscrub. Which options a command takes is asked of the program itself.

function __qedscrub_command
    set -l words (commandline -opc | string match -v -- '-*')
    if contains -- "$words[2]" pack info audit verify restore merge diff
        echo $words[2]
    else
        echo pack
    end
end

# A line for each option: its name, a tab, what it does.
function __qedscrub_options
    qedscrub (__qedscrub_command) --help | string match -r -- '^ +(?:-., )?--.*' |
        string replace -r -- '^ +(?:-., )?(--[a-z0-9-]+)(?: [A-Z][^ ]*| qed| offset)? +(.*)' '$1\t$2'
end

function __qedscrub_takes
    qedscrub (__qedscrub_command) --help | string match -q -- "*--$argv[1] *"
end

complete -c qedscrub -n 'test (count (commandline -opc)) -eq 1' \
    -a 'pack info audit verify restore merge diff'
complete -c qedscrub -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__qedscrub_options)'
complete -c qedscrub -n '__qedscrub_takes output' -l output -x -a 'human json html ndjson csv junit openmetrics markdown github'
complete -c qedscrub -n '__qedscrub_takes color' -l color -x -a 'auto always never'
complete -c qedscrub -n '__qedscrub_takes deflate' -l deflate -x -a 'tables zlib'
complete -c qedscrub -n '__qedscrub_takes fill' -l fill -x -a offset
complete -c qedscrub -n '__qedscrub_takes only' -l only -x -a 'corrupt leaks dirty all'
complete -c qedscrub -n '__qedscrub_takes fail-on' -l fail-on -x -a 'corrupt leaks unreadable unsupported fragmentation dirty in-use'
complete -c qedscrub -n '__qedscrub_takes archive' -s o -l archive -r -F
complete -c qedscrub -n '__qedscrub_takes against' -l against -r -F
complete -c qedscrub -n '__qedscrub_takes baseline' -l baseline -r -F
complete -c qedscrub -n '__qedscrub_takes resume' -l resume -r -F
complete -c qedscrub -n '__qedscrub_takes journal' -l journal -r -F
complete -c qedscrub -n '__qedscrub_takes files0-from' -l files0-from -r -F
complete -c qedscrub -n '__qedscrub_takes format' -s f -l format -x -a qed
