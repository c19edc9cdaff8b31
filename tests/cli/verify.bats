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

@test "-q says nothing of a bundle that is proved, and all of one that is not" {
    run qedscrub verify -q bug.tar
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    qemu-io -f qed -c 'write 48M 64k' a.qed >/dev/null
    run qedscrub verify -q bug.tar --against a.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"FAILED  original"*"not proved"* ]]
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

@test "a large image is verified and restored from the archive, however that is compressed" {
    mkimage --layout frag:30 --virtual 256G --seed 5 big.qed
    qedscrub -q big.qed -o big.tar.gz
    gzip -dc big.tar.gz | gzip -1 >again.tar.gz
    for bundle in big.tar.gz again.tar.gz; do
        for jobs in 1 3; do
            run qedscrub verify -j$jobs $bundle --against big.qed
            [ "$status" -eq 0 ]
            [[ "$output" == *"ok      original"*"ok      verdict"*"proved"* ]]
        done
        rm -f copy.qed
        qedscrub restore $bundle -o copy.qed
        qedscrub diff big.qed copy.qed
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

@test "pack verifies what it wrote, and says so" {
    run --separate-stderr qedscrub a.qed -o new.tar.gz
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"guest data inside: none (verified)" ]]
    run --separate-stderr qedscrub a.qed -o new.tar.gz --force --no-verify
    [[ "$stderr" == *"guest data inside: none (not verified)" ]]
    run --separate-stderr qedscrub a.qed -o new.tar.gz --force --faithful
    [[ "$stderr" == *"none but what --faithful keeps (verified)" ]]
}

# Packs while the Nth write() claims to have written a byte that it has not.
lose_a_byte() {
    local number=$1
    shift
    traced -qq -o /dev/null -e trace=write -e inject=write:retval=1:when="$number" \
        qedscrub -q --no-sandbox a.qed "$@"
}

@test "a bundle that does not verify is never published" {
    local number caught=0
    for number in 2 3 4; do
        run lose_a_byte $number -o lost.tar.gz
        [ "$status" -ne 0 ] || continue
        [[ "$output" == *"lost.tar.gz: not written"*"could not be verified"* ]] && caught=$((caught + 1))
        [ "$(listing . | grep -c -e lost -e tmp)" -eq 0 ]
    done
    [ "$caught" -gt 0 ]
    # It would have been.
    lose_a_byte 3 -o lost.tar.gz --no-verify
    [ -e lost.tar.gz ]
    run gzip -t lost.tar.gz
    [ "$status" -ne 0 ]
}

@test "-o - lets nothing out that does not verify" {
    local number caught=0
    qedscrub -q a.qed -o - >piped.tar
    qedscrub -q a.qed -o named.tar.gz
    cmp piped.tar named.tar.gz
    for number in 2 3 4; do
        lose_a_byte $number -o - >piped.tar 2>message && continue
        [ ! -s piped.tar ]
        grep -q 'not written' message && caught=$((caught + 1))
    done
    [ "$caught" -gt 0 ]
}
