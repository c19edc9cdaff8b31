#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command that README and manual pages show is run, in the order in which it stands there.

bats_require_minimum_version 1.5.0

setup() {
    top=$(realpath "$BATS_TEST_DIRNAME/../..")
    PATH=$BUILD:$PATH
    cd "$BATS_TEST_TMPDIR"
    mkdir images out bundles
    qemu-img create -q -f qed image.qed 1G
    qemu-io -f qed -c 'write 0 2M' -c 'write 512M 1M' image.qed >/dev/null
    cp image.qed images/sound.qed
    cp image.qed images/broken.qed
    qed-tool images/broken.qed duplicate l2 --seed 1 >/dev/null
    qedscrub audit images --output=ndjson --exit-zero >yesterday.ndjson
    for part in 2 3 4 5 6 7 8; do
        qedscrub audit images/ --shard $part/8 --output=ndjson --exit-zero >part-$part.ndjson
    done
}

# The commands of a Markdown file: lines that begin with a $, without what follows a # there.
commands_of_markdown() {
    sed -nE 's/^    \$ ([^#]*).*/\1/p' "$1"
}

commands_of_manual() {
    sed -nE 's/^\.Dl \$ (.*)/\1/p' "$1"
}

# What needs other machines, or is a test of its own.
is_elsewhere() {
    [[ $1 == parallel* || $1 == "make check-leaks"* ]]
}

# Runs the commands. The statuses of damaged images are as good as 0; 1 and others are not.
run_all() {
    local command status count=0
    while read -r command; do
        is_elsewhere "$command" && continue
        status=0
        bash -c "$command" </dev/null >log 2>&1 || status=$?
        case "$status: $command" in
        0:* | 2:*"qedscrub audit"* | 4:*"qedscrub audit"* | 2:*"qedscrub merge"* | 1:*"qedscrub diff"* | \
            2:*"qemu-img check"*) ;;
        *)
            echo "status $status: $command"
            cat log
            return 1
            ;;
        esac
        count=$((count + 1))
    done
    [ "$count" -ge "$1" ]
}

@test "the commands of the README" {
    run_all 15 < <(commands_of_markdown "$top/README.md")
}

@test "the commands of qedscrub(1)" {
    rm -f image.qed
    cp images/sound.qed image.qed
    run_all 12 < <(commands_of_manual "$top/src/qedscrub/qedscrub.1")
}

@test "the commands of qed-tool(1)" {
    run_all 5 < <(commands_of_manual "$top/src/qed-tool/qed-tool.1")
}

@test "the commands of qedscrub-bundle(5)" {
    qedscrub image.qed -o bug.tar.gz
    run_all 4 < <(commands_of_manual "$top/bugreport/qedscrub-bundle.5")
}

@test "files and folders that the documents name are there" {
    cd "$top"
    for document in README.md CONTRIBUTING.md; do
        grep -oE '\]\(([^)#:]+)\)' "$document" | tr -d ']()' | while read -r path; do
            [ -e "$path" ] || { echo "$document: $path" && false; }
        done
    done
}
