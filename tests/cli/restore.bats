#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The image of a bundle as a file again.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
    qedscrub -q a.qed -o bug.tar.gz
}

# Where the data of a file are, as SEEK_DATA tells.
data_map() {
    /usr/bin/python3 - "$1" <<'END'
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
at, end = 0, os.fstat(file).st_size
while at < end:
    try:
        start = os.lseek(file, at, os.SEEK_DATA)
    except OSError:
        break
    at = os.lseek(file, start, os.SEEK_HOLE)
    print(start, at)
print(end)
END
}

@test "restore writes the metadata image, holes included, and tells its size" {
    run --separate-stderr qedscrub restore bug.tar.gz -o copy.qed
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" == "copy.qed: 1.81 MiB (1900544 bytes), of which data 32.5 KiB"* ]]
    qed-tool a.qed copy_metadata other.qed 2>/dev/null
    cmp copy.qed other.qed
    [ "$(data_map copy.qed)" = "$(data_map other.qed)" ]
    [ "$(stat -c %a copy.qed)" = 644 ]
}

@test "nothing is ever replaced, the bundle neither" {
    echo precious >copy.qed
    run qedscrub restore bug.tar.gz -o copy.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"copy.qed: exists; choose another name" ]]
    [ "$(cat copy.qed)" = precious ]
    run qedscrub restore bug.tar.gz -o bug.tar.gz
    [ "$status" -eq 1 ]
    gzip -t bug.tar.gz
    run qedscrub restore bug.tar.gz -o copy.qed --force
    [ "$status" -eq 1 ]
}

@test "a bundle that did not arrive as it was sent gives nothing" {
    head -c 3000 bug.tar.gz >cut.tar.gz
    run qedscrub restore cut.tar.gz -o copy.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"cut.tar.gz: the gzip data end too early"* ]]
    patch a.qed 48 '\001'
    qedscrub -q a.qed -o only.tar.gz
    run qedscrub restore only.tar.gz -o copy.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"reports only"* ]]
    [ ! -e copy.qed ]
}

# Restores onto a file system of that size, and prints what is then there.
restore_onto() {
    mkdir -p small
    apart --mount sh -c "mount -t tmpfs -o size=$1 none small && qedscrub restore big.tar.gz -o small/copy.qed; \
                        status=\$?; stat -c %s small/copy.qed; exit \$status"
}

@test "room is counted by data, not by length" {
    truncate -s 5T a.qed
    qedscrub -q a.qed -o big.tar.gz
    run --separate-stderr restore_onto 1m
    [ "$status" -eq 0 ]
    [ "$output" -eq $((5 << 40)) ]
}

@test "a full file system is told beforehand" {
    mkimage --layout frag:30 --virtual 256G --seed 3 big.qed
    qedscrub -q big.qed -o big.tar.gz
    run restore_onto 4m
    [ "$status" -eq 1 ]
    [[ "$output" == *"small/copy.qed: takes 32"*"there is room for 4 MiB"*"No such file"* ]]
}

@test "where a file of that length cannot be, one is told what to do" {
    truncate -s 5T a.qed
    qedscrub -q a.qed -o big.tar.gz
    run cramped 1000 'qedscrub restore big.tar.gz -o copy.qed'
    [ "$status" -eq 1 ]
    [[ "$output" == *"cannot hold a file of 5 TiB"*"XFS, Btrfs or tmpfs"*"qedscrub info big.tar.gz"* ]]
    [ ! -e copy.qed ]
}

@test "--fill=offset: reads show positions, and qemu-img check says the same" {
    # The clusters at 0 and at 1 MiB are one.
    printf 'cluster-size 64K\nimage-size 64M\ndata 0 16\ndata 32M 4\nl2 0 16 data:0\n' |
        mkimage - b.qed
    qedscrub -q b.qed -o b.tar.gz
    qedscrub -q restore b.tar.gz -o plain.qed
    qedscrub restore b.tar.gz -o filled.qed --fill=offset
    run qemu-img check plain.qed
    told=$output
    run qemu-img check filled.qed
    [ "$output" = "$told" ]
    qemu-io -r -f qed -c 'read -v 0x30000 8' filled.qed | grep -q '00030000:  00 00 03 00 00 00 00 00'
    qemu-io -r -f qed -c 'read -v 0x2010000 512' filled.qed | grep -q '020101f0:  00 00 01 02 00 00 00 00'
    # Cross-linked: a read at 1 MiB shows the position 0.
    qemu-io -r -f qed -c 'read -v 0x100000 8' filled.qed | grep -q '00100000:  00 00 00 00 00 00 00 00'
    run qedscrub restore b.tar.gz -o x.qed --fill=zeros
    [ "$status" -eq 1 ]
}
