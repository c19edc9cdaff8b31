#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of every run, faults or not, and of images that are in use or nothing of the kind.

load common

@test "the source is opened for reading only, and stays as it was" {
    promise P1 "every command that reads an image or a bundle, its system calls traced" 8
    make_image a.qed
    qedscrub -q a.qed -o bug.tar.gz
    before=$(identity a.qed bug.tar.gz)
    for arguments in "info a.qed" "info --output=html a.qed" "a.qed -o out/1.tar.gz" "a.qed -o out/2.tar.xz" \
        "a.qed -o out/3 --dry-run" "audit a.qed" "verify bug.tar.gz --against a.qed" "restore bug.tar.gz -o out/r.qed"; do
        traced -qq -o trace -e trace=open,openat,openat2,creat,truncate,ftruncate,fallocate \
            qedscrub $arguments >/dev/null
        grep -qE '(a\.qed|bug\.tar\.gz)", O_RDONLY' trace
        absent -E '(a\.qed|bug\.tar\.gz)", .*O_(WRONLY|RDWR|TRUNC|CREAT)' trace
    done
    [ "$(identity a.qed bug.tar.gz)" = "$before" ]
}

@test "a sparse image on tmpfs gets no page by being read" {
    promise P1 "a sparse image on tmpfs, where a mapped hole that is read becomes a page" 1
    tmpfs fast -o size=100m
    make_big_image a.qed 8G
    cp --sparse=always a.qed fast/a.qed
    before=$(identity fast/a.qed)
    qedscrub -q fast/a.qed -o out/b.tar.gz
    [ "$(identity fast/a.qed)" = "$before" ]
}

@test "names inside an image are not opened" {
    names=(nbd://127.0.0.1:9/x 'json:{"driver":"file"}' /etc/passwd ../a.qed ssh://host/x)
    promise P5 "backing files called nbd:, json:, ssh:, and by paths" "${#names[@]}"
    make_image a.qed
    for name in "${names[@]}"; do
        rm -f b.qed out/*
        qemu-img create -q -f qed -u -b base -F raw b.qed 64M
        /usr/bin/python3 - "$name" <<'END'
import struct, sys
name = sys.argv[1].encode()
with open("b.qed", "r+b") as file:
    file.seek(56)
    offset = struct.unpack("<I", file.read(4))[0]
    file.seek(offset)
    file.write(name)
    file.seek(60)
    file.write(struct.pack("<I", len(name)))
END
        traced -qq -o trace -e trace=%file,%network qedscrub -q b.qed -o out/b.tar
        absent -F -- "$name" trace
        absent -E 'socket\(|connect\(' trace
        tar xf out/b.tar
        absent -aF -- "$name" out/b.tar
        qemu-img check -q qedscrub/image.qed
    done
}

@test "inside the sandbox nothing can be opened, connected to or executed" {
    promise P10 "system calls made from inside: allowed, refused or deadly, as the table says" 33
    [ "$(grep -cE '^    \{"[a-z ,/]+", do_' "$BATS_TEST_DIRNAME/../unit/jail_calls.h")" -eq 33 ]
    "$BUILD/tests/unit/test_sandbox"
}

@test "hostile names, everywhere" {
    promise P11 "names with control characters, bidi overrides, broken UTF-8, formulas and markup, in every command and format" 47
    run /usr/bin/python3 "$BATS_TEST_DIRNAME/../qemu/test_names.py"
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == "ok 1 - 47 names, "* ]]
}

@test "same image, same bytes" {
    promise P12 "packed twice: in another folder, time zone and language, from a dense file, under another name" 20
    mkdir elsewhere
    count=0
    for recipe in "$BATS_TEST_DIRNAME"/../../fixtures/*.qedtxt; do
        rm -f one.tar.gz elsewhere/*
        mkimage "$recipe" a.qed
        if [ "$(stat -c %s a.qed)" -gt 100000000 ] || ! qedscrub -q a.qed -o one.tar.gz 2>/dev/null; then
            continue
        fi
        cp --sparse=never a.qed elsewhere/b.qed
        (cd elsewhere && TZ=Asia/Tokyo LC_ALL=C qedscrub -q b.qed -j 1 -o two.tar.gz)
        cmp one.tar.gz elsewhere/two.tar.gz
        count=$((count + 1))
        [ $count -lt 20 ] || break
    done
    [ $count -eq 20 ]
}

@test "what qemu-img says of original and copy is what is foretold" {
    promise P14 "qemu-img check on original and copy of fixtures" 20
    count=0
    for recipe in "$BATS_TEST_DIRNAME"/../../fixtures/bad-l*.qedtxt "$BATS_TEST_DIRNAME"/../../fixtures/good-[a-f]*.qedtxt; do
        rm -rf qedscrub b.tar
        mkimage "$recipe" a.qed
        qedscrub -q -f qed a.qed -o b.tar
        tar xf b.tar
        [ -e qedscrub/image.qed ] || continue
        for image in a.qed qedscrub/image.qed; do
            qemu-img check --output=json -f qed $image 2>/dev/null >"said.$(basename $image)" || true
        done
        /usr/bin/python3 - <<'END'
import json
record = json.load(open("qedscrub/report.json"))
def said(name):
    text = open("said." + name).read()
    return json.loads(text) if text else None
def same(told, real):
    if not told["opens"] or real is None:
        return real is None and not told["opens"]
    return all(told[key] == real.get(key, 0)
               for key in ("corruptions", "leaks", "allocated-clusters", "fragmented-clusters"))
assert same(record["qemu-img"], said("a.qed")), record["qemu-img"]
assert same(record["copy"]["qemu-img"], said("image.qed")), record["copy"]
END
        count=$((count + 1))
        [ $count -lt 20 ] || break
    done
    [ $count -eq 20 ]
}

@test "an image in use is refused; -U reads it, and says so" {
    promise P9 "an image served by qemu-storage-daemon, written to meanwhile" 2
    promise P9 "an image open for writing without locks" 1
    make_image a.qed
    qemu-storage-daemon --blockdev driver=file,node-name=f,filename=a.qed \
        --blockdev driver=qed,node-name=q,file=f --nbd-server addr.type=unix,addr.path=socket \
        --export type=nbd,id=e,node-name=q,writable=on 3>&- &
    daemon=$!
    for _ in $(seq 100); do
        [ ! -S socket ] || break
        sleep 0.05
    done
    fails out 1 "a.qed: is in use" qedscrub a.qed -o out/b.tar.gz
    for at in $(seq 1 200); do echo "write -P 1 $((at * 64 + 2048))k 64k"; done >commands
    qemu-io -f raw "nbd+unix:///?socket=socket" <commands >/dev/null 3>&- &
    run --separate-stderr qedscrub info -U --output=json a.qed
    [[ "$output" == *'"in-use": true'* ]]
    kill $daemon
    wait || true
    exec 8>>a.qed
    fails out 1 "a.qed: is in use" qedscrub a.qed -o out/b.tar.gz
    exec 8>&-
    qedscrub -q a.qed -o out/b.tar.gz
}

@test "what is no image is told in one line" {
    promise P6 "FIFO, devices, folder, missing, empty, short, unreadable, dangling, looping, 64 TiB of hole" 13
    mkfifo fifo
    : >empty
    head -c 63 /dev/urandom >short
    head -c 100000 /dev/urandom >noise
    ln -s nowhere dangling
    ln -s loop loop
    for name in fifo /dev/null /dev/zero /dev/tty out missing dangling loop; do
        fails out 1 "" qedscrub "$name" -o out/b.tar.gz
    done
    for name in empty short noise; do
        fails out 63 "not a QED image" qedscrub "$name" -o out/b.tar.gz
    done
    make_image a.qed
    chmod 600 a.qed
    chmod 755 .
    run as_nobody qedscrub a.qed -o out/b.tar.gz
    [ "$status" -eq 1 ]
    tmpfs fast -o size=10m
    truncate -s 64T fast/hole
    fails out 63 "not a QED image" qedscrub fast/hole -o out/b.tar.gz
}

@test "every fixture in little memory and time" {
    promise P6 "every fixture, in 1 GiB of address space and 10 seconds" "$(find "$BATS_TEST_DIRNAME/../../fixtures" -name '*.qedtxt' | wc -l)"
    for recipe in "$BATS_TEST_DIRNAME"/../../fixtures/*.qedtxt; do
        mkimage "$recipe" a.qed
        run timeout 10 bash -c 'ulimit -v 1048576; exec qedscrub info --output=json a.qed'
        [ "$status" -le 3 ] || [ "$status" -eq 63 ]
        [[ "$output" != *"died of signal"* ]]
        [[ "$output" != *"Cannot allocate"* ]]
    done
}
