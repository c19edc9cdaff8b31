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
    fish --no-config -c "source ./$1.fish; complete -C '$2'" | cut -f1 | sort -u
}

# zsh completes only at a prompt, so one is run on a pseudo-terminal: compadd prints what it offers,
# and when all is offered a last word is printed.
zsh_offers() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "fpath=(\$PWD \$fpath); autoload -Uz compinit; compinit -u -D; compdef _$1 $1"
        zpty -w shell "PS1=; comppostfuncs=(answered); answered() { print END\"\"ED; }"
        zpty -w shell "compadd() {
            local -a offered
            [[ \${@[1,(i)(-|--)]} == *-[OAD]\ * ]] || builtin compadd -A offered \"\$@\"
            print -rl -- \$offered
            builtin compadd \"\$@\"
        }; print REA\"\"DY"
        zpty -r shell junk "*READY*"
        zpty -w -n shell "$2"$'"'\\t'"'
        zpty -r shell all "*ENDED*"
        print -r -- $all
        zpty -d shell' zsh "$@" | sed -E 's/\x1b\[[0-9;?]*[a-zA-Z]//g' |
        tr -c 'a-zA-Z0-9_@.-' '\n' | sort -u
}

long_options() {
    "$@" --help | grep -oE -- '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort -u
}

commands='pack info audit verify restore merge diff'

@test "bash: every option of --help is offered" {
    diff <(long_options qed-tool) <(bash_offers qed-tool qed-tool image --)
    for command in $commands; do
        diff <(long_options qedscrub $command) <(bash_offers qedscrub qedscrub $command --)
    done
    diff <(long_options qedscrub pack) <(bash_offers qedscrub qedscrub image --)
}

@test "fish: every option of --help is offered" {
    diff <(long_options qed-tool) <(fish_offers qed-tool 'qed-tool image --')
    for command in $commands; do
        diff <(long_options qedscrub $command) <(fish_offers qedscrub "qedscrub $command --")
    done
}

@test "zsh: every option of --help is offered" {
    diff <(long_options qed-tool) <(grep -oE -- "--[a-z][a-z-]+" _qed-tool | sort -u)
    for command in $commands; do
        diff <(long_options qedscrub $command) \
            <(zsh_offers qedscrub "qedscrub $command --" | grep -xE -- '--[a-z0-9-]+')
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

@test "bash: qedscrub's commands and words" {
    run -0 bash_offers qedscrub qedscrub ''
    [[ $output == *audit*diff*info*merge*pack*restore*verify* ]]
    run -0 bash_offers qedscrub qedscrub info --output ''
    [ "$output" = "html
human
json" ]
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
