#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Audits of folders as a user sees them: which files, what is said of those that cannot be read,
# where reports go, with which status it ends. Crowds of images are in tests/qemu/test_audit.py.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir d
    make_image d/good.qed
}

# A member of the record of the image at path $1, of an audit with the options that follow $2.
member() {
    local path=$1 key=$2
    shift 2
    qedscrub audit --output=ndjson "$@" >records || true
    /usr/bin/python3 - "$path" "$key" records <<'EOF'
import json, sys
for line in open(sys.argv[3]):
    record = json.loads(line)
    if record.get("filename") == sys.argv[1]:
        print(record.get(sys.argv[2]))
EOF
}

paths() {
    qedscrub audit --output=csv "$@" | tail -n +2 | cut -d'"' -f2
}

corrupt() {
    make_image "$1"
    patch "$1" 0x10008 '\x01\x02\x03'
}

@test "a sound image: a line, totals, status 0" {
    run qedscrub audit d
    [ "$status" -eq 0 ]
    [[ "$output" == *"consistent"*"./d/good.qed"* ]]
    [[ "$output" == *"1 image"* ]]
}

@test "the worst image decides the status" {
    corrupt d/bad.qed
    run qedscrub audit d
    [ "$status" -eq 2 ]
    [[ "${lines[1]}" == *"./d/bad.qed"* ]]
}

@test "nothing to audit is no error" {
    mkdir empty
    run qedscrub audit empty
    [ "$status" -eq 0 ]
}

@test "images are known by what is in them, not by name" {
    cp d/good.qed d/disk.img
    echo "no image" >d/text.qed
    mkfifo d/fifo.qed
    [ "$(paths d)" = "./d/disk.img
./d/good.qed" ]
}

@test "what is named is examined, whatever it is" {
    head -c 1000 /dev/zero >zeros
    run qedscrub audit zeros
    [ "$status" -eq 63 ]
    [[ "$output" == *"not a QED image"* ]]
    [ "$(member ./zeros status -f qed zeros)" = ok ]
    run timeout 10 qedscrub audit /dev/zero
    [ "$status" -eq 1 ]
    mkfifo fifo
    run timeout 10 qedscrub audit fifo
    [ "$status" -eq 1 ]
}

@test "a missing path is a record and a failure, and the others are examined" {
    run qedscrub audit missing d
    [ "$status" -eq 1 ]
    [[ "$output" == *"./missing"*"No such file"* ]]
    [[ "$output" == *"./d/good.qed"* ]]
}

@test "symbolic links: followed if they were named, else not" {
    ln -s good.qed d/link.qed
    ln -s d folder
    ln -s .. d/up
    [ "$(paths d)" = ./d/good.qed ]
    [ "$(paths folder d/link.qed)" = "./d/link.qed
./folder/good.qed" ]
}

@test "hard links are one image with several names" {
    ln d/good.qed d/other.qed
    [ "$(member ./d/other.qed hard-link-of d)" = ./d/good.qed ]
    run qedscrub audit d
    [[ "$output" == *"1 image"* ]]
    traced -e trace=sendmsg -o log qedscrub audit -j1 --no-sandbox d
    [ "$(grep -c SCM_RIGHTS log)" -eq 1 ]
}

@test "unreadable files and folders are records" {
    mkdir d/closed
    cp d/good.qed d/secret.qed
    chmod 000 d/secret.qed d/closed
    run as_nobody qedscrub audit d
    [ "$status" -eq 1 ]
    [[ "$output" == *"./d/secret.qed"*"Permission denied"* ]]
    [[ "$output" == *"./d/closed"*"cannot read the folder: Permission denied"* ]]
    [[ "$output" == *"consistent"*"./d/good.qed"* ]]
}

@test "a file that vanishes is a record" {
    cp d/good.qed d/gone.qed
    ASAN_OPTIONS=detect_leaks=0 strace -qq -o log -P gone.qed -e trace=openat \
        -e inject=openat:error=ENOENT:when=2 qedscrub audit --output=ndjson d >records || true
    grep -q '"filename":"./d/gone.qed","status":"vanished"' records
    grep -q '"filename":"./d/good.qed".*"status":"ok"' records
}

@test "an image in use is marked and not examined, unless with -U" {
    corrupt d/busy.qed
    /usr/bin/python3 - d/busy.qed <<'EOF' &
import fcntl, os, struct, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, 37, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 201, 1, 0))  # F_OFD_SETLK
fcntl.fcntl(fd, 37, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 101, 1, 0))
open("locked", "w").close()
time.sleep(60)
EOF
    holder=$!
    until [ -e locked ]; do sleep 0.05; done
    run qedscrub audit d
    busy=$output
    state=$status
    verdict=$(member ./d/busy.qed verdict -U d)
    kill $holder
    [ "$state" -eq 0 ]
    [[ "$busy" == *"in-use"*"./d/busy.qed"* ]]
    [[ "$(grep busy.qed <<<"$busy")" != *corrupt* ]]
    [ "$verdict" = corrupt ]
}

@test "names from a file and from standard input" {
    cp d/good.qed $'d/new\nline.qed'
    printf 'd/good.qed\0d/new\nline.qed\0' >list
    run qedscrub audit --files0-from list
    [ "$status" -eq 0 ]
    [[ "$output" == *'"./d/new\nline.qed"'* ]]
    [ "$(find d -type f -print0 | qedscrub audit --files0-from=- --output=csv | wc -l)" -eq 3 ]
    run qedscrub audit --files0-from list d
    [ "$status" -eq 1 ]
    run qedscrub audit --files0-from nowhere
    [ "$status" -eq 1 ]
    [[ "$output" == "qedscrub: nowhere: No such file or directory" ]]
}

@test "other file systems are left out, with a word, unless asked for" {
    mkdir d/mounted
    in_namespace() {
        apart --mount sh -c 'mount -t tmpfs none d/mounted && cp d/good.qed d/mounted/other.qed && "$@"' sh "$@"
    }
    run in_namespace qedscrub audit d
    [[ "$output" != *other.qed* ]]
    [[ "$output" == *"left out 1 mounted file system; --cross-mounts enters"* ]]
    run in_namespace qedscrub audit --cross-mounts d
    [[ "$output" == *./d/mounted/other.qed* ]]
}

@test "few descriptors are enough" {
    for i in $(seq 20); do cp d/good.qed d/$i.qed; done
    run bash -c 'ulimit -n 12; exec qedscrub audit -j 8 d'
    [ "$status" -eq 0 ]
    [[ "$output" == *"21 images"* ]]
}

@test "reports: written besides, nothing replaced without --force, an image never" {
    qedscrub audit d --report csv=a.csv --report junit=a.xml >table
    grep -q ./d/good.qed a.csv
    grep -q '<testsuite' a.xml
    grep -q ./d/good.qed table
    run qedscrub audit d --report csv=a.csv
    [ "$status" -eq 1 ]
    [[ "$output" == *"a.csv: exists"* ]]
    qedscrub audit d --report csv=a.csv --force >/dev/null
    before=$(identity d/good.qed)
    run qedscrub audit d --report csv=d/good.qed --force
    [ "$status" -eq 1 ]
    [ "$(identity d/good.qed)" = "$before" ]
}

@test "what cannot be written is said before any image is read" {
    traced -e trace=sendmsg -o log qedscrub audit d --report csv=nowhere/a.csv && return 1
    absent SCM_RIGHTS log
    run qedscrub audit d --report yaml=a.yaml
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == *"--report yaml=a.yaml: give FORMAT=FILE"*  ]]
    run qedscrub audit d --report csv
    [ "$status" -eq 1 ]
    run qedscrub audit d --output=yaml
    [ "$status" -eq 1 ]
}

@test "options that make no sense" {
    for option in --shard={0/2,3/2,1,1/,1/2x,/2,1/0} --timeout={0,x,-1} --jobs=0; do
        run qedscrub audit d "$option"
        [ "$status" -eq 1 ]
        [[ "${lines[0]}" == "qedscrub: ${option%=*} "* ]]
    done
    run qedscrub audit
    [ "$status" -eq 1 ]
    [[ "$output" == *"give a folder or image"* ]]
}

@test "timings only if asked for" {
    qedscrub audit d --output=ndjson >a
    absent '"seconds"' a
    qedscrub audit d --output=ndjson --timings >b
    grep -q '"seconds"' b
}

@test "images are only read" {
    corrupt d/bad.qed
    before=$(identity d/*)
    traced -e trace=openat,open,creat,truncate,ftruncate -o log qedscrub audit d >/dev/null || true
    absent -E 'qed.*(O_RDWR|O_WRONLY|O_CREAT)|truncate' log
    [ "$(identity d/*)" = "$before" ]
}

@test "backing files are not opened" {
    qemu-img create -q -f qed -b "$PWD/d/good.qed" -F qed overlay.qed
    mkfifo trap
    qemu-img create -q -f qed -u -b "$PWD/trap" -F raw caught.qed 1M
    traced -e trace=openat -o log timeout 10 qedscrub audit overlay.qed caught.qed >/dev/null
    absent -E 'good.qed|trap' log
}
