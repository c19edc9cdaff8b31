#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever happens to the output: a bundle that is whole and durable, or none.

load common

@test "no room for a write, at every 64 KiB of the bundle" {
    make_big_image a.qed 4G
    qedscrub -q a.qed -o whole.tar --no-verify
    size=$(stat -c %s whole.tar)
    steps=$(((size - 1) / 65536))
    promise P2 "ENOSPC in a write, at every 64 KiB of a bundle" "$steps"
    [ "$steps" -ge 8 ]
    mkdir full
    for step in $(seq "$steps"); do
        mount -t tmpfs -o "size=$((step * 64))k" none full
        fails full 1 "full/b.tar: cannot write: No space left" qedscrub a.qed -o full/b.tar
        umount full
    done
    mount -t tmpfs -o "size=$((size + 131072))" none full
    qedscrub -q a.qed -o full/b.tar --no-verify
    cmp full/b.tar whole.tar
}

@test "no room that only fsync tells of" {
    promise P2 "ENOSPC that only fsync tells of: every write succeeds" 1
    make_big_image m.qed 256G
    tmpfs little -o size=20m
    loop ext4 little/disk disk 300M
    fails disk 1 "cannot make it durable: No space left" qedscrub m.qed -o disk/b.tar --no-verify
}

@test "a quota" {
    promise P2 "EDQUOT in a write" 1
    make_big_image m.qed
    loop btrfs disk-file disk 300M -m single -d single
    btrfs quota enable disk
    btrfs subvolume create disk/s >/dev/null
    btrfs qgroup limit 1M disk/s
    fails disk/s 1 "Disk quota exceeded" qedscrub m.qed -o disk/s/b.tar --no-verify
}

@test "a limit on the size of files" {
    promise P2 "EFBIG in a write, SIGXFSZ with it" 1
    make_image a.qed
    fails out 1 "File too large" bash -c 'ulimit -f 50; exec qedscrub a.qed -o out/b.tar'
}

# strace makes the call of a number fail, by putting another in its place: for a sandbox that is a
# call that is not allowed.
@test "errors of single calls: nothing is left" {
    make_image a.qed
    # Of the failed writes one is that of the message.
    cases=("write:EIO:1:" "write:ENOSPC:2:" "write:EDQUOT:3:"
        "fsync:EIO:1:cannot make it durable: Input/output error" "fsync:ENOSPC:1:cannot make it durable"
        "linkat:EPERM:1+:cannot name the file" "fchmod:EIO:1:cannot make it durable"
        "pipe2:EMFILE:1:Too many open files")
    promise P2 "one system call fails: write, fsync, linkat, fchmod, pipe2" 8
    for case in "${cases[@]}"; do
        IFS=: read -r call error when text <<<"$case"
        run traced -qq -o trace -e trace="$call" -e inject="$call:error=$error:when=$when" \
            qedscrub -q a.qed -o out/b.tar --no-sandbox
        grep -q INJECTED trace
        [ "$status" -eq 1 ]
        [[ "$output" == *"$text"* ]]
        [ -z "$(listing out)" ]
    done
}

@test "the folder cannot be synchronized: told, and the whole bundle stays" {
    promise P2 "EIO from the fsync of the folder" 1
    make_image a.qed
    run traced -qq -o trace -e trace=fsync -e inject=fsync:error=EIO:when=2 qedscrub a.qed -o out/b.tar.gz
    grep -q INJECTED trace
    [ "$status" -eq 1 ]
    [[ "$output" == *"written, but perhaps not durable"* ]]
    qedscrub verify out/b.tar.gz
}

# The file is closed twice: a copy of its descriptor before it has a name, the last one when it has.
@test "close tells of a failed write: nothing is left, or told and the whole bundle stays" {
    promise P2 "EIO from the close of the file, before it has its name and after" 2
    make_image a.qed
    strace -qq -o trace -e trace=close,fcntl qedscrub -q a.qed -o b.tar.gz --no-verify
    copy=$(($(sed '/F_DUPFD_CLOEXEC/,$d' trace | grep -c '^close') + 1))
    fails out 1 "cannot make it durable: Input/output error" strace -qq -o trace -e trace=close \
        -e inject=close:error=EIO:when=$copy qedscrub -q a.qed -o out/b.tar.gz --no-verify
    grep -q INJECTED trace
    run strace -qq -o trace -e trace=close -e inject=close:error=EIO:when=$((copy + 1)) \
        qedscrub -q a.qed -o out/b.tar.gz --no-verify
    grep -q INJECTED trace
    [ "$status" -eq 1 ]
    [[ "$output" == *"written, but perhaps not durable: Input/output error" ]]
    cmp out/b.tar.gz b.tar.gz
}

@test "without nameless files: a temporary name, and nothing of it is left" {
    promise P2 "a file system without O_TMPFILE; ENOSPC, --force, existing file there" 4
    make_big_image a.qed 4G
    tmpfs real -o size=700k
    mkdir bound
    bindfs real bound
    qedscrub -q a.qed -o bound/b.tar.gz
    [ "$(listing real)" = real/b.tar.gz ]
    fails bound 1 "exists" qedscrub a.qed -o bound/b.tar.gz
    qedscrub -q a.qed -o bound/b.tar.gz --force
    [ "$(listing real)" = real/b.tar.gz ]
    fails bound 1 "cannot write: No space left" qedscrub a.qed -o bound/c.tar
    [ "$(listing real)" = real/b.tar.gz ]
}

@test "interrupted system calls" {
    promise P2 "EINTR from every other write and fsync" 2
    make_image a.qed
    qedscrub -q a.qed -o plain.tar
    for call in write fsync; do
        rm -f out/b.tar
        traced -qq -o trace -e trace=$call -e inject=$call:error=EINTR:when=1+2 \
            qedscrub -q a.qed -o out/b.tar --no-sandbox
        grep -q INJECTED trace
        cmp out/b.tar plain.tar
    done
}

# How many writes a traced run made.
writes() {
    traced -qq -o trace -e trace=write,pwrite64 "$@" >/dev/null
    grep -cE ' p?write' trace
}

@test "short writes" {
    cc -shared -fPIC -o short_writes.so "$BATS_TEST_DIRNAME/short_writes.c"
    half=(-E "LD_PRELOAD=$PWD/short_writes.so")
    make_image a.qed
    for name in b.tar b.tar.gz b.tar.xz; do
        plain=$(writes qedscrub -q a.qed -o $name)
        [ "$(writes "${half[@]}" qedscrub -q a.qed -o out/$name)" -gt $((3 * plain)) ]
        cmp out/$name $name
    done
    LD_PRELOAD=$PWD/short_writes.so qedscrub -q a.qed -o - >out/stdout.tar.gz
    cmp out/stdout.tar.gz b.tar.gz
    plain=$(writes qedscrub restore -q b.tar --fill=offset -o r.qed)
    [ "$(writes "${half[@]}" qedscrub restore -q b.tar --fill=offset -o out/r.qed)" -gt $((3 * plain)) ]
    cmp out/r.qed r.qed
    for image in b.qed out/b.qed; do cp a.qed $image; done
    plain=$(writes qed-tool b.qed invalidate l2 --seed 1 --save-undo undo)
    [ "$(writes "${half[@]}" qed-tool out/b.qed invalidate l2 --seed 1 --save-undo out/undo)" -gt $((2 * plain)) ]
    cmp out/b.qed b.qed
    writes "${half[@]}" qed-tool out/b.qed undo out/undo
    cmp out/b.qed a.qed
    promise P2 "every write takes half, and every third is interrupted: bundles, standard output, restore, edits" 7
}

@test "the output is the image, by any name" {
    promise P3 "the output is the source: same name, hard link, symbolic link, other path, /proc, bind mount; --force" 12
    make_image a.qed
    exec 9<a.qed
    ln a.qed hard.qed
    ln -s a.qed soft.qed
    mkdir D
    : >D/bound.qed
    mount --bind a.qed D/bound.qed
    before=$(identity a.qed | grep -v ' D/')
    for name in a.qed hard.qed soft.qed ./D/../a.qed /proc/self/fd/9 D/bound.qed; do
        for force in "" --force; do
            run qedscrub a.qed -o "$name" $force
            [ "$status" -eq 1 ]
        done
    done
    exec 9<&-
    [ "$(identity a.qed)" = "$before" ]
}

@test "the output is something odd" {
    promise P3 "the output is a FIFO, device, folder, link, existing file, in a missing folder, one without rights or a read-only file system" 10
    make_image a.qed
    mkdir D
    mkfifo fifo
    echo keep >victim
    ln -s victim link
    ln -s nowhere dangling
    tmpfs readonly -o ro
    for name in fifo link dangling /dev/full; do
        fails out 1 "not a regular file" qedscrub a.qed -o "$name" --force
    done
    fails out 1 "exists" qedscrub a.qed -o victim
    fails out 1 "Read-only file system" qedscrub a.qed -o readonly/b.tar.gz
    fails out 1 "No such file" qedscrub a.qed -o nowhere/b.tar.gz
    qedscrub -q a.qed -o b.tar.gz
    for name in D D/; do
        fails . 1 "is a directory" qedscrub restore b.tar.gz -o $name
    done
    chmod 755 . D
    run as_nobody qedscrub a.qed -o D/b.tar.gz
    [ "$output" = "qedscrub: D/b.tar.gz: Permission denied" ]
    [ -z "$(listing D)" ]
    [ "$(cat victim)" = keep ]
}

@test "started without standard streams" {
    promise P2 "standard input, output and error closed, each and all" 4
    make_image a.qed
    qedscrub -q a.qed -o plain.tar.gz
    qedscrub a.qed -o out/0.tar.gz <&- 2>said
    qedscrub a.qed -o out/1.tar.gz >&-
    qedscrub a.qed -o out/2.tar.gz 2>&-
    qedscrub a.qed -o out/all.tar.gz <&- >&- 2>&-
    for bundle in out/*; do
        cmp "$bundle" plain.tar.gz
    done
    grep 'verdict: ' said
}

@test "standard output: full, closed, a pipe that nobody reads" {
    promise P2 "standard output full, a pipe without a reader" 3
    make_big_image m.qed
    run bash -c 'qedscrub -q m.qed -o - >/dev/full'
    [ "$status" -eq 1 ]
    run bash -c 'qedscrub info m.qed >/dev/full'
    [ "$status" -eq 1 ]
    run bash -c 'set -o pipefail; qedscrub m.qed -o - | true'
    [ "$status" -eq 1 ]
    [[ "$output" == *"standard output: cannot write: Broken pipe"* ]]
}
