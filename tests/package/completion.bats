#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The completions, loaded into the shells they are for and asked.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../../contrib/completions"
    PATH=$BUILD:$PATH
}

# What bash offers for a command line, whose last word is being typed.
bash_offers() {
    bash --norc -c '
        . /usr/share/bash-completion/bash_completion
        . "./$1.bash"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        function=$(complete -p "$1" | sed -E "s/.*-F ([^ ]+) .*/\1/")
        "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}" | sort' bash "$@"
}

fish_offers() {
    fish --no-config -c "source ./$1.fish; complete -C '$2'" | cut -f1 | sort
}

# zsh completes only at a prompt, so one is run on a pseudo-terminal and its list is read.
zsh_offers() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty -b shell zsh -f -i
        zpty -w shell "PS1=PROMPT; stty columns 400; fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -d /dev/null; compdef _'"$1"' '"$1"'; zstyle \":completion:*\" list-grouped false; setopt nobeep; LISTMAX=0"
        sleep 1
        while zpty -rt shell junk; do :; done
        zpty -w -n shell "'"$2"'"$'"'\\t\\t'"'
        sleep 1
        while zpty -rt shell chunk; do print -rn -- $chunk; done
        zpty -d shell' | tr -c 'a-zA-Z0-9_@.-' '\n' | sort -u
}

long_options() {
    "$1" --help | grep -oE -- '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u
}

@test "bash: every option of --help is offered" {
    for program in qedscrub qed-tool; do
        diff <(long_options $program) <(bash_offers $program $program image --)
    done
}

@test "fish: every option of --help is offered" {
    for program in qedscrub qed-tool; do
        diff <(long_options $program) <(fish_offers $program "$program image --")
    done
}

@test "zsh: every option of --help is in the completion" {
    for program in qedscrub qed-tool; do
        diff <(long_options $program) <(grep -oE -- "--[a-z][a-z-]+" _$program | sort -u)
        zsh -n _$program
    done
}

@test "bash: commands and their words" {
    run -0 bash_offers qed-tool qed-tool image ''
    [[ $output == *copy_metadata*zerocluster* ]]
    run -0 bash_offers qed-tool qed-tool image show ''
    [ "$output" = "header
l1
l2" ]
    run -0 bash_offers qed-tool qed-tool image invalidate l2 --kind ''
    [ "$output" = "beyond-eof
in-header
table
unaligned" ]
}

@test "fish: commands and their words" {
    run -0 fish_offers qed-tool 'qed-tool image '
    [[ $output == *copy_metadata*zerocluster* ]]
    run -0 fish_offers qed-tool 'qed-tool image duplicate '
    [ "$output" = "l1
l2" ]
}

@test "zsh: commands are offered at a prompt" {
    run -0 zsh_offers qed-tool 'qed-tool image '
    [[ $output == *copy_metadata*fragcheck*zerocluster* ]]
}
