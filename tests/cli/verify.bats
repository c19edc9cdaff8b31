#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The proof that a bundle holds no guest data, as a user sees it.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
    qedscrub -q a.qed -o bug.tar
}

@test "verify proves a bundle, a line for each check, and exits 0" {
    run --separate-stderr qedscrub verify bug.tar
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(awk '/^  ok/ {print $2}' <<<"$output" | xargs)" = "members digests account grammar figures reports" ]
    [[ "$output" == *"21 kept, 0 rewritten"*"tells of the guest"*"bug.tar: proved"* ]]
}

@test "--against compares with the original" {
    run qedscrub verify bug.tar --against a.qed
    [ "$status" -eq 0 ]
    [[ "$output" == *"ok      original"*"ok      verdict"* ]]
    qemu-io -f qed -c 'write 48M 64k' a.qed >/dev/null
    run qedscrub verify bug.tar --against a.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"FAILED  original"*"not proved"* ]]
}

@test "every kind of archive is verified" {
    for ending in tar.gz tar.zst tar.xz; do
        qedscrub -q a.qed -o bug.$ending --label some-label
        run qedscrub verify bug.$ending
        [ "$status" -eq 0 ]
        [[ "$output" == *"in the folder some-label"* ]]
    done
}

@test "a bundle of reports only is verified" {
    patch a.qed 48 '\001'
    qedscrub -q a.qed -o only.tar.gz
    run qedscrub verify only.tar.gz
    [ "$status" -eq 0 ]
    [[ "$output" == *"reports only"*"proved"* ]]
    [[ "$output" != *figures* ]]
}

@test "a changed word is found by its digest" {
    # The first word of the L2 table.
    at=$(LC_ALL=C grep -aobP '\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x06' bug.tar | head -n 1 | cut -d: -f1)
    patch bug.tar "$at" 'secret12'
    run qedscrub verify bug.tar
    [ "$status" -eq 1 ]
    [[ "$output" == *"FAILED  digests"* ]]
}

@test "what is no bundle is refused in one line" {
    echo nothing >text
    : >empty
    mkfifo fifo
    for file in text empty a.qed; do
        run qedscrub verify $file
        [ "$status" -eq 1 ]
        [[ "${lines[0]}" == *"FAILED  members"* ]]
        [ "${#lines[@]}" -eq 2 ]
    done
    for file in fifo . missing; do
        run qedscrub verify $file
        [ "$status" -eq 1 ]
        [ "${#lines[@]}" -eq 1 ]
    done
    run qedscrub verify
    [ "$status" -eq 1 ]
}
