#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input of every kind: one clear line, the right status, nothing left behind; and inputs are
# never written to.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir out
}

# Packs a file, expects status $1 and a line that matches $2, and nothing in out.
refused() {
    local expected=$1 pattern=$2
    shift 2
    run timeout 10 qedscrub "$@"
    [ "$status" -eq "$expected" ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == "qedscrub: "*$pattern* ]]
    [ -z "$(listing out)" ]
}

@test "missing file" {
    refused 1 "missing.qed: No such file or directory" missing.qed -o out/b.tar.gz
}

@test "directory" {
    refused 1 "-o must name an existing directory" out -o out/b.tar.gz
}

@test "FIFO is not waited for" {
    mkfifo fifo
    refused 1 "fifo: is a FIFO" fifo -o out/b.tar.gz
}

@test "device" {
    refused 1 "/dev/null: is a device" /dev/null -o out/b.tar.gz
    refused 1 "/dev/zero: is a device" /dev/zero -o out/b.tar.gz
}

@test "empty file" {
    : >empty
    refused 63 "not a QED image: 0 bytes, a header takes 64" empty -o out/b.tar.gz
}

@test "63 bytes" {
    make_image a.qed
    head -c 63 a.qed >short
    refused 63 "not a QED image: 63 bytes" short -o out/b.tar.gz
}

@test "not QED" {
    head -c 100000 /dev/urandom >noise
    refused 63 "noise: not a QED image: no magic at offset 0x0" noise -o out/b.tar.gz
}

@test "not QED, but -f qed: reports only" {
    echo "some text that is long enough to be taken for a header, sixty-four bytes" >text
    qedscrub -q -f qed text -o out/b.tar
    absent -a "some text" out/b.tar
    run qedscrub info -f qed text
    [ "$status" -eq 2 ]
    [[ "$output" == *header-magic* ]]
}

@test "unreadable file" {
    make_image a.qed
    chmod 000 a.qed
    chmod 755 .
    chmod 777 out
    run as_nobody qedscrub a.qed -o out/b.tar.gz
    [ "$status" -eq 1 ]
    [[ "$output" == "qedscrub: a.qed: Permission denied" ]]
    [ -z "$(listing out)" ]
}

@test "dangling link and loop of links" {
    ln -s nowhere dangling
    ln -s loop loop
    refused 1 "dangling: No such file" dangling -o out/b.tar.gz
    refused 1 "loop: Too many levels" loop -o out/b.tar.gz
}

@test "a symbolic link to an image is followed" {
    make_image a.qed
    ln -s a.qed link.qed
    qedscrub -q link.qed -o out/b.tar.gz
}

@test "output directory missing" {
    make_image a.qed
    refused 1 "nowhere/b.tar.gz: cannot open its directory: No such file" a.qed -o nowhere/b.tar.gz
}

@test "output directory not writable" {
    make_image a.qed
    chmod 555 out
    chmod 755 .
    run as_nobody qedscrub a.qed -o out/b.tar.gz
    [ "$status" -eq 1 ]
    [[ "$output" == "qedscrub: out/b.tar.gz: Permission denied" ]]
}

@test "output is no regular file" {
    make_image a.qed
    mkfifo fifo
    ln -s victim link
    echo keep >victim
    for name in fifo link /dev/full; do
        refused 1 "exists and is not a regular file" a.qed -o $name --force
    done
    [ "$(cat victim)" = keep ]
}

@test "output is the image: by name, hard link, symbolic link, another path, /proc, even with --force" {
    make_image a.qed
    ln a.qed hard.qed
    ln -s a.qed soft.qed
    before=$(identity a.qed)
    exec 9<a.qed
    for name in a.qed hard.qed soft.qed ./out/../a.qed /proc/self/fd/9; do
        refused 1 "is the image itself" a.qed -o "$name" --force || [ "$name" = soft.qed ] ||
            [ "$name" = /proc/self/fd/9 ]
        [ "$status" -eq 1 ]
    done
    [ "$(listing . | wc -l)" -eq 4 ]
    [ "$(identity a.qed)" = "$before" ]
}

@test "standard output is the image" {
    make_image a.qed
    before=$(identity a.qed)
    run bash -c 'qedscrub -q a.qed -o - 1<>a.qed'
    [ "$status" -eq 1 ]
    run bash -c 'qedscrub -q a.qed -o - >>a.qed'
    [ "$status" -eq 1 ]
    [[ "$output" == *"standard output is the image itself"* ]]
    [ "$(identity a.qed)" = "$before" ]
}

@test "output is another of the images, with --force" {
    make_image a.qed
    cp a.qed out/a.bug.tar.gz
    before=$(identity out/a.bug.tar.gz)
    run qedscrub -q a.qed out/a.bug.tar.gz -o out --force
    [ "$status" -eq 1 ]
    [[ "$output" == *"is the image itself"* ]]
    [ "$(identity out/a.bug.tar.gz)" = "$before" ]
}

@test "no room for the output: a message, and nothing left" {
    make_image a.qed
    run cramped 1 'exec qedscrub a.qed -o out/b.tar'
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == *"out/b.tar: cannot write: File too large" ]]
    [ -z "$(listing out)" ]
}

@test "full standard output" {
    make_image a.qed
    run bash -c 'qedscrub info a.qed >/dev/full'
    [ "$status" -eq 1 ]
    run bash -c 'qedscrub -q a.qed -o - >/dev/full'
    [ "$status" -eq 1 ]
    [[ "$output" == *"No space left"* ]]
}

@test "closed standard streams do not end up in the output" {
    make_image a.qed
    qedscrub a.qed -o out/b.tar.gz >&- 2>&- <&-
    gzip -t out/b.tar.gz
}

@test "an image in use is refused with a hint at -U, and read with it" {
    make_image a.qed
    # Holds the locks of a writer, and the image open, until its input ends.
    mkfifo commands
    qemu-io -f qed a.qed <commands >/dev/null &
    exec 8>commands
    echo 'write 40M 64k' >&8
    for _ in $(seq 50); do
        qemu-img info a.qed >/dev/null 2>&1 || break
        sleep 0.1
    done
    refused 1 "a.qed: is in use"*-U a.qed -o out/b.tar.gz
    run qedscrub info -U --output=json a.qed
    exec 8>&-
    wait
    [[ "$output" == *'"in-use": true'* ]]
    qedscrub -q a.qed -o out/b.tar.gz
}

@test "an image that any program has open for writing is in use, without qemu's locks too" {
    make_image a.qed
    exec 8>>a.qed
    refused 1 "a.qed: is in use"*-U a.qed -o out/b.tar.gz
    run qedscrub info -U --output=json a.qed
    [[ "$output" == *'"in-use": true'* ]]
    run qed-tool a.qed show
    [ "$status" -eq 1 ]
    exec 8>&-
    exec 8<a.qed
    qedscrub -q a.qed -o out/b.tar.gz
}

@test "while an image is read it is marked as qemu marks one that is read" {
    make_image a.qed
    traced -o trace -e trace=fcntl qedscrub info a.qed >/dev/null
    grep -q 'F_OFD_SETLK, {l_type=F_RDLCK, l_whence=SEEK_SET, l_start=100, l_len=1}) = 0' trace
    absent 'F_OFD_SETLK, {l_type=F_WRLCK' trace
    [ "$(grep -c 'F_SETLEASE, F_RDLCK) = 0' trace)" -eq "$(grep -c 'F_SETLEASE, F_UNLCK) = 0' trace)" ]
}

@test "where locks cannot be had that is said, and the image is read" {
    make_image a.qed
    run traced -qq -o /dev/null -e trace=fcntl -e inject=fcntl:error=ENOLCK qedscrub a.qed -o out/b.tar.gz
    [ "$status" -eq 0 ]
    [[ "$output" == *"a.qed: cannot tell whether it is in use: No locks available"* ]]
    tar tf out/b.tar.gz >/dev/null
}

@test "inputs are never written to: same bytes, size, times and blocks" {
    make_image a.qed
    for fixture in bad-many good-tail bad-truncated-table good-64tib; do
        mkimage "$BATS_TEST_DIRNAME/../../fixtures/$fixture.qedtxt" $fixture.qed >/dev/null
    done
    sync ./*.qed # how many blocks there are is settled late
    before=$(identity *.qed)
    for image in *.qed; do
        qedscrub info $image >/dev/null || [ $? -ne 1 ]
        qedscrub -q $image -o out/
    done
    [ "$(identity *.qed)" = "$before" ]
}

@test "inputs on tmpfs keep their holes" {
    place=$(mktemp -d -p /dev/shm)
    mkimage --layout seq --virtual 64G --allocated 3 $place/a.qed >/dev/null
    before=$(identity $place/a.qed)
    truncate -s 1M $place/hole
    holes=$(identity $place/hole)
    qedscrub -q $place/a.qed -o out/b.tar.gz
    qedscrub info $place/hole || [ $? -eq 63 ]
    [ "$(identity $place/hole)" = "$holes" ]
    after=$(identity $place/a.qed)
    rm -r "$place"
    [ "$before" = "$after" ]
}

@test "no image is opened for writing, and nothing but it and the output is opened at all" {
    make_image a.qed
    for command in "a.qed -o out/b.tar.gz" "info a.qed"; do
        traced -qq -o trace -e trace=open,openat,openat2,creat,truncate,ftruncate,fallocate \
            qedscrub $command >/dev/null 2>&1
        grep 'a\.qed' trace
        grep 'a\.qed' trace | absent -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|truncate|fallocate'
        absent O_RDWR trace
        absent -vE '/(etc|lib|usr|proc|sys|dev)/|a\.qed|"\."|"out"|SIG|exited' trace
    done
}

@test "a hostile name reaches no terminal raw" {
    name=$'evil\e[31m\n\u202egpj.qed'
    run qedscrub "$name" -o out/b.tar.gz
    [ "$status" -eq 1 ]
    [[ "$output" == 'qedscrub: "evil\033[31m\n\342\200\256gpj.qed": No such file or directory' ]]
    make_image a.qed
    mv a.qed "$name"
    run qedscrub info "$name"
    [[ "$output" == *'image: "evil\033[31m\n\342\200\256gpj.qed"'* ]]
    run qedscrub info --output=json "$name"
    [[ "$output" != *$'\e'* ]]
}
