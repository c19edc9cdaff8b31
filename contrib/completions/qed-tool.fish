# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for qed-tool: an image, a command, then what the command takes.

function __qed_tool_words
    count (commandline -opc | string match -v -- '-*')
end

function __qed_tool_command
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -ge 3; and contains -- $words[3] $argv
end

complete -c qed-tool -n 'test (__qed_tool_words) -ne 1' -f
complete -c qed-tool -n 'test (__qed_tool_words) -eq 2' -f \
    -a 'show fragcheck copy_metadata need_check duplicate invalidate zerocluster undo'
complete -c qed-tool -n '__qed_tool_command show' -f -a 'header l1 l2'
complete -c qed-tool -n '__qed_tool_command duplicate invalidate' -f -a 'l1 l2'
complete -c qed-tool -n '__qed_tool_command need_check' -f -a 'on off'
complete -c qed-tool -n '__qed_tool_command undo copy_metadata' -F
complete -c qed-tool -l dry-run -d 'show each write, make none'
complete -c qed-tool -l save-undo -r -F -d 'first save what undo needs'
complete -c qed-tool -l seed -x -d 'make random choices reproducible'
complete -c qed-tool -l at -x -d 'the element to overwrite, L1[:L2]'
complete -c qed-tool -l kind -x -a 'beyond-eof unaligned in-header table' -d 'what to plant'
complete -c qed-tool -l all -d 'show every element'
complete -c qed-tool -l output -x -a 'human json' -d 'format'
complete -c qed-tool -l force -d 'replace an existing OUT'
complete -c qed-tool -s U -l force-share -d 'read an image although it is in use'
complete -c qed-tool -s h -l help -d 'help'
complete -c qed-tool -l version -d 'version and licence'
