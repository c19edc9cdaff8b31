#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images on bad disks, images that change while they are read: what can be read is reported, the
# rest is told, nothing crashes.

load common

# An image of four L2 tables. Prints the offset of each table, and the size of all.
make_tables() {
    qemu-img create -q -f qed "$1" 16G
    for gib in 0 3 7 9; do
        qemu-io -f qed -c "write -P 0x41 ${gib}G 1M" "$1" >/dev/null
    done
    qed-tool "$1" show header --output=json | /usr/bin/python3 -c '
import json, struct, sys
header = json.load(sys.stdin)
with open(sys.argv[1], "rb") as file:
    file.seek(65536)
    print(65536, *[word for word in struct.unpack("<32768Q", file.read(262144)) if word])
' "$1"
}

# Serves an image with one page that cannot be read as disk/image: IMAGE OFFSET.
bad_disk() {
    echo "0x0 + 1" >map
    if [ "$2" -gt 0 ]; then
        printf '0x0 0x%x +\n' "$2" >>map
    fi
    printf '0x%x 0x1000 -\n0x%x 0x1000000000000 +\n' "$2" $(($2 + 4096)) >>map
    serve "$1" --filter=ddrescue ddrescue-mapfile=map
}

good_disk() {
    umount disk/image
    wait
}

# The record of an image that had one page of 512 elements that cannot be read: KIND.
is_told() {
    /usr/bin/python3 - "$1" <<'END'
import json, sys
record = json.load(open("record.json"))
kinds = {finding["kind"]: finding for finding in record["findings"]}
assert record["verdict"] == "unreadable", record["verdict"]
assert record["check-errors"] == 512
assert record["leaks"] is None and record["leaked-bytes"] is None
assert kinds[sys.argv[1]]["count"] == 512
assert kinds[sys.argv[1]]["listed"][0]["guest-size"] > 0
assert record["qemu-img"]["exit-status"] == 1
assert set(record["qemu-img"]) == {"opens", "exit-status", "error"}
END
}

# Packs the image on the bad disk: the copy has a hole there, the manifest says why.
is_packed() {
    rm -rf bug.tar qedscrub
    qedscrub -q disk/image -o bug.tar
    tar xf bug.tar
    /usr/bin/python3 - "$1" <<'END'
import json, sys
manifest = json.load(open("qedscrub/manifest.json"))
assert manifest["totals"]["unreadable"] == 4096, manifest["totals"]
assert [int(sys.argv[1]), 4096, "unreadable", "read-error"] in manifest["ranges"]
with open("qedscrub/image.qed", "rb") as image:
    image.seek(int(sys.argv[1]))
    assert image.read(4096) == bytes(4096)
END
}

@test "a page of each table cannot be read, in turn: mapped" {
    promise P7 "EIO on each table of an image in turn, mapped (SIGBUS)" 5
    tables=$(make_tables a.qed)
    [ "$(wc -w <<<"$tables")" -eq 5 ]
    kind=l1-unreadable
    for table in $tables; do
        bad_disk a.qed "$table"
        run --separate-stderr qedscrub info --output=json disk/image
        [ "$status" -eq 1 ]
        echo "$output" >record.json
        is_told $kind
        is_packed "$table"
        kind=l2-unreadable
        good_disk
    done
}

# A file too long for the address space: it is read with system calls.
@test "a page of each table cannot be read, in turn: read" {
    promise P7 "EIO on each table of an image in turn, read (EIO)" 5
    tables=$(make_tables a.qed)
    [ "$(wc -w <<<"$tables")" -eq 5 ]
    truncate -s 1T a.qed
    kind=l1-unreadable
    for table in $tables; do
        bad_disk a.qed "$table"
        run --separate-stderr bash -c 'ulimit -v 1000000; exec qedscrub info --output=json disk/image'
        [ "$status" -eq 1 ]
        echo "$output" >record.json
        is_told $kind
        kind=l2-unreadable
        good_disk
    done
}

@test "what qemu-img says of such an image is what is foretold" {
    promise P14 "EIO on L1, L2 and data: qemu-img's own answer" 3
    tables=($(make_tables a.qed))
    for place in 65536 "${tables[2]}" 327680; do
        bad_disk a.qed "$place"
        qemu-img check -f qed disk/image >real 2>&1 || true
        qedscrub info --output=json disk/image >record.json || true
        good_disk
        /usr/bin/python3 - <<'END'
import json
told, real = json.load(open("record.json"))["qemu-img"], open("real").read()
assert told.get("error", told.get("summary")) in real, (told, real)
END
    done
}

@test "the header cannot be read" {
    promise P7 "EIO on the header" 1
    make_image a.qed
    bad_disk a.qed 0
    fails out 1 "the header cannot be read: Input/output error" qedscrub disk/image -o out/b.tar.gz
    good_disk
}

@test "data that cannot be read do not matter" {
    promise P7 "EIO on data clusters, which are never read" 1
    make_image a.qed
    bad_disk a.qed 1048576
    qedscrub -q disk/image -o out/b.tar.gz
    good_disk
    qedscrub -q a.qed -o plain.tar.gz
    cmp out/b.tar.gz plain.tar.gz
}

@test "a checksum of the file system is wrong" {
    promise P7 "EIO by a wrong checksum (btrfs), mapped" 1
    truncate -s 300M file
    mkfs.btrfs -q -m single -d single file >/dev/null
    mkdir disk
    mount -o loop file disk
    make_tables a.qed >tables
    cp --sparse=always a.qed disk/image
    sync disk/image
    read -r _ table _ <tables
    place=$(filefrag -b4096 -v disk/image | awk -F'[ .:]+' -v block=$((table / 4096)) \
        '$2 ~ /^[0-9]+$/ && block >= $3 && block <= $4 {print $5 + block - $3}')
    umount disk
    # What filefrag tells are addresses of the first data chunk, in a small file system those of the disk.
    run btrfs inspect-internal dump-tree -t chunk file
    [ -n "$place" ]
    logical=$((place * 4096))
    physical=$(echo "$output" | /usr/bin/python3 -c '
import re, sys
logical = int(sys.argv[1])
text = sys.stdin.read()
for start, length, stripe in re.findall(
        r"CHUNK_ITEM (\d+)\).*?length (\d+).*?stripe 0 devid 1 offset (\d+)", text, re.S):
    if int(start) <= logical < int(start) + int(length):
        print(logical - int(start) + int(stripe))
' "$logical")
    printf 'BAD' | dd of=file bs=1 seek="$physical" conv=notrunc status=none
    mount -o loop,ro file disk
    run --separate-stderr qedscrub info --output=json disk/image
    [ "$status" -eq 1 ]
    echo "$output" >record.json
    is_told l2-unreadable
}

@test "a full tmpfs: holes cannot be mapped, but read" {
    promise P7 "SIGBUS from a hole of a file in a full tmpfs" 1
    tmpfs full -o size=8m
    make_tables a.qed >/dev/null
    # The tables' pages are there, and after this no page more.
    cp --sparse=always a.qed full/image
    dd if=/dev/zero of=full/rest bs=4096 status=none 2>/dev/null || true
    before=$(stat -c %b full/image)
    run --separate-stderr qedscrub info --output=json full/image
    [ "$status" -eq 0 ]
    [ "$(stat -c %b full/image)" = "$before" ]
}

@test "cut at a known point of the walk" {
    promise P8 "the file is cut when the audit begins" 1
    make_tables a.qed >tables
    cat >script <<'END'
set pagination off
set follow-fork-mode child
handle SIGBUS nostop noprint pass
break audit_run
run info --output=json a.qed >record.json
shell truncate -s 1M a.qed
delete
continue
END
    run timeout 60 gdb -batch -x script --args "$(command -v qedscrub)"
    /usr/bin/python3 - <<'END'
import json
record = json.load(open("record.json"))
kinds = {finding["kind"] for finding in record["findings"]}
assert "changed" in kinds and "l2-unreadable" in kinds, kinds
assert record["leaks"] is None
END
}

@test "changed at a known point of the walk: told by info, not packed, unless -U" {
    promise P8 "a byte is written when the audit begins" 3
    make_image original.qed
    cat >script <<'END'
set pagination off
set follow-fork-mode child
break audit_run
run
shell printf x | dd of=a.qed conv=notrunc bs=1 seek=200000 status=none
delete
continue
END
    for arguments in "info --output=json a.qed" "-q a.qed -o out/b.tar.gz" "-U -q a.qed -o out/c.tar.gz"; do
        cp original.qed a.qed
        timeout 60 gdb -batch -x script --args "$(command -v qedscrub)" $arguments >said 2>&1
        [[ "$arguments" != info* ]] || grep -q '"kind": "changed"' said
    done
    [ "$(listing out)" = out/c.tar.gz ]
    tar xOf out/c.tar.gz qedscrub/report.json | grep -q '"kind": "changed"'
}

@test "cut and rewritten at random while they are read" {
    promise P6 "the file is cut, or its tables rewritten, at a random moment" 100
    make_big_image a.qed 32G
    tmpfs fast -o size=200m
    /usr/bin/python3 "$BATS_TEST_DIRNAME/disturb.py" a.qed fast 100
}

@test "no address space, few descriptors" {
    promise P6 "ulimit -v, at 8 sizes; ulimit -n, from 3 to 12" 18
    make_big_image a.qed 32G
    count=0
    for size in 20000 40000 60000 80000 100000 200000 400000 800000; do
        run timeout 60 bash -c "ulimit -v $size; exec qedscrub -q a.qed -o out/b$size.tar.gz"
        [ "$status" -le 1 ] || [ "$status" -eq 127 ]
        if [ "$status" -eq 0 ]; then
            count=$((count + 1))
        else
            [ ! -e out/b$size.tar.gz ]
        fi
    done
    [ "$count" -ge 2 ]
    for limit in $(seq 3 12); do
        run timeout 60 bash -c "exec 3>&- 4>&- 5>&- 6>&-; ulimit -n $limit; exec qedscrub -q a.qed -o out/n$limit.tar.gz"
        [ "$status" -le 1 ] || [ "$status" -eq 127 ]
        [ "$status" -eq 0 ] || [ ! -e out/n$limit.tar.gz ]
    done
    [ -e out/n12.tar.gz ]
}
