#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is shown on a terminal: maps, colours, character sets, widths. Terminals are tmux's.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkimage --layout streams:3 --virtual 8G --allocated 40 --clump 64 --seed 1 a.qed >/dev/null
}

# Runs a command in a terminal of WIDTH columns and leaves what is on it, with escape sequences, in
# the file screen.
on_terminal() {
    local width=$1 socket
    shift
    socket=$BATS_TEST_TMPDIR/tmux$RANDOM
    tmux -S "$socket" -f /dev/null new-session -d -x "$width" -y 150 "$*; echo the end; sleep 60"
    for _ in $(seq 300); do
        tmux -S "$socket" capture-pane -p -e >screen
        ! grep -q '^the end' screen || break
        sleep 0.1
    done
    tmux -S "$socket" kill-server
}

escape=$'\033'

@test "a wide terminal gets maps, a narrow one does not unless asked for" {
    on_terminal 80 qedscrub info a.qed
    absent -q "The guest's disk" screen
    on_terminal 200 qedscrub info a.qed
    grep -q "The guest's disk" screen
    grep -q "data, a little to all of it" screen
    on_terminal 80 qedscrub info --map a.qed
    grep -q "The guest's disk" screen
    grep -q "The file" screen
}

@test "rows of maps are a power of two long and fit" {
    for width in 80 200; do
        on_terminal $width qedscrub info --map --color=never a.qed
        [ "$(grep -c '^ *[0-9.]* [GM]iB [▁▂▃▄▅▆▇█·]*$' screen)" -ge 5 ]
        [ "$(COLUMNS=$width qedscrub info --map a.qed | sed '1,/^The guest/d' | wc -L)" -le $width ]
    done
    on_terminal 80 qedscrub info --map --color=never a.qed
    row=$(sed -n 's/^ *1 GiB //p' screen | head -n 1)
    [ ${#row} -eq 64 ]
    on_terminal 200 qedscrub info --map --color=never a.qed
    row=$(sed -n 's/^ *2 GiB //p' screen | head -n 1)
    [ ${#row} -eq 128 ]
}

@test "without UTF-8 all is ASCII" {
    on_terminal 200 env LC_ALL=C qedscrub info --color=always a.qed
    grep -q "The guest's disk" screen
    LC_ALL=C absent -q '[^ -~]' <(sed "s/$escape\[[0-9;]*m//g" screen)
    on_terminal 200 env LC_ALL=C.UTF-8 qedscrub info a.qed
    grep -q '█' screen
}

@test "colour: on terminals, as asked for, and not where NO_COLOR is set" {
    on_terminal 80 qedscrub info a.qed
    grep -q "$escape" screen
    on_terminal 80 env NO_COLOR=1 qedscrub info a.qed
    absent -q "$escape" screen
    on_terminal 80 env TERM=dumb qedscrub info a.qed
    absent -q "$escape" screen
    on_terminal 80 qedscrub info --color=never a.qed
    absent -q "$escape" screen
    absent -q "$escape" <(qedscrub info a.qed)
    grep -q "$escape" <(NO_COLOR=1 qedscrub info --color=always a.qed)
    run qedscrub info --color=perhaps a.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"--color perhaps: give auto, always or never"* ]]
}

@test "the text is the same with colour and without" {
    cmp <(qedscrub info --color=always a.qed | sed "s/$escape\[[0-9;]*m//g") <(qedscrub info a.qed)
}

@test "maps tell leaks and what is referred to twice" {
    mkimage "$BATS_TEST_DIRNAME"/../../fixtures/bad-many.qedtxt b.qed
    run qedscrub info --map b.qed
    [ "$status" -eq 2 ]
    row=$(sed -n '/^The file/,/data$/s/^ *0 B //p' <<<"$output")
    [[ "$row" == H*1*2*x*'?'* ]]
    [[ "$output" == *"? leaked"*"x referred to more than once"*"1 element that points past the end"* ]]
}

# What waits for a file called go must not wait for ever where a test has failed.
teardown() {
    touch "$BATS_TEST_TMPDIR/go"
}

# Packs, with the options given, an archive that nobody takes before there is a file called go.
pack_slowly() {
    qedscrub "$@" --no-verify -o - | {
        while [ ! -e go ]; do sleep 0.1; done
        cat >/dev/null
    }
}

# What tmux shows, in the file screen, has a line like this.
screen_shows() {
    tmux -S "$socket" capture-pane -p >screen
    grep -qE "$1" screen
}

@test "progress: one line on a terminal, which disappears" {
    mkimage --layout frag:30 --virtual 32G big.qed >/dev/null
    socket=$BATS_TEST_TMPDIR/tmux$RANDOM
    export -f pack_slowly
    tmux -S "$socket" -f /dev/null new-session -d -x 80 -y 20 \
        "bash -c 'pack_slowly big.qed; echo the end; sleep 60'"
    until_true screen_shows '^packing: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)'
    touch go
    until_true screen_shows '^the end'
    tmux -S "$socket" kill-server
    absent 'packing: ' screen
    grep 'verdict: ' screen
}

@test "progress: nothing without a terminal, lines with -p" {
    mkimage --layout frag:30 --virtual 32G big.qed >/dev/null
    pack_slowly -p big.qed 2>err &
    until_true grep -qE '^packing: .* left$|^packing: .*/s' err
    touch go
    wait
    absent -q $'\r' err
    rm go
    pack_slowly big.qed 2>err &
    sleep 1.5
    touch go
    wait
    absent 'packing: ' err
}

@test "progress: SIGUSR1 asks for a line; with -q there is none" {
    mkimage --layout frag:30 --virtual 32G big.qed >/dev/null
    mkfifo fifo
    trap '' USR1 # it must not end what is still about to become qedscrub
    { while [ ! -e go ]; do sleep 0.1; done && cat >/dev/null; } <fifo &
    qedscrub big.qed --no-verify -o - >fifo 2>err &
    packer=$!
    asked() { kill -USR1 $packer && sleep 0.2 && grep -q '^packing: ' err; }
    until_true asked
    touch go
    wait $packer
    qedscrub -q big.qed --no-verify -o - 2>err >out.tar.gz &
    packer=$!
    until_true eval '! kill -USR1 $packer 2>/dev/null'
    wait $packer
    [ ! -s err ]
}

# Some reads of a bundle and writes of an image take more than half a second.
slowed() {
    traced -qq -o trace -e trace=read,pwrite64 -e inject=read:delay_enter=600000:when=12+16 \
        -e inject=pwrite64:delay_enter=600000:when=3+6 qedscrub "$@"
}

@test "progress of what reads bundles" {
    mkimage --layout frag:30 --virtual 32G big.qed >/dev/null
    qedscrub -q big.qed -o big.tar
    slowed verify -p big.tar 2>err >/dev/null
    grep -E '^verifying: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)' err
    slowed info -p big.tar 2>err >/dev/null
    grep -E '^reading: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)' err
    slowed restore -p big.tar -o one.qed 2>err
    grep -E '^reading: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)' err
    grep -E '^writing: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)' err
    qedscrub diff one.qed big.qed
    slowed diff -p big.tar big.tar 2>err >/dev/null
    grep -E '^reading the first: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)' err
    grep -E '^reading the second: [0-9.]+ [KM]iB of [0-9.]+ MiB \([0-9]+ %\)' err
    slowed restore -q big.tar -o two.qed 2>err
    [ ! -s err ]
}

@test "progress of an audit counts images" {
    for i in $(seq 40); do cp --reflink=auto a.qed $i.qed; done
    qedscrub audit -p -j 1 . 2>err >/dev/null
    [ ! -s err ] || grep -E '^auditing images: [0-9]+ of 41 ' err
}
