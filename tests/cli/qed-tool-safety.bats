#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What keeps an image safe from qed-tool: undo files, locks, failing writes, being killed.

load common

setup() {
    # LeakSanitizer cannot work in what strace holds.
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
    cp a.qed original.qed
}

teardown() {
    [ -z "${holder:-}" ] || kill "$holder" || true
}

WRITES=("duplicate l1" "duplicate l2" "invalidate l1" "invalidate l2" "zerocluster 0 3" "need_check on")

# Runs qed-tool with a system call made to fail or to kill.
injected() {
    strace -f -qq -o /dev/null -e trace="${1%%:*}" -e inject="$1" qed-tool "${@:2}"
}

# Every write command refuses, with a clear line, and changes nothing.
all_refused() {
    for command in "${WRITES[@]}"; do
        run --separate-stderr qed-tool a.qed $command --save-undo no.json
        [ "$status" -eq 1 ]
        [ -z "$output" ]
        [[ "$stderr" == "qed-tool: a.qed: is in use, perhaps by a virtual machine; nothing was written" ]]
        [ ! -e no.json ]
    done
}

@test "undo restores bit for bit after every command" {
    for command in "${WRITES[@]}" "invalidate l1 --at 0" "zerocluster 0 1024" "duplicate l2 --at 0:0"; do
        rm -f u.json
        qed-tool a.qed $command --save-undo u.json >/dev/null
        run cmp -s a.qed original.qed
        [ "$status" -eq 1 ]
        run qed-tool a.qed undo u.json
        [ "$status" -eq 0 ]
        cmp a.qed original.qed
        run qed-tool a.qed undo u.json
        [ "$status" -eq 0 ]
        [[ "$output" == *"nothing to do"* ]]
    done
}

@test "undo can itself be undone, and edits in the reverse order" {
    qed-tool a.qed duplicate l2 --save-undo 1.json >/dev/null
    cp a.qed one.qed
    qed-tool a.qed invalidate l2 --save-undo 2.json >/dev/null
    cp a.qed two.qed
    qed-tool a.qed undo 2.json --save-undo redo.json >/dev/null
    cmp a.qed one.qed
    qed-tool a.qed undo redo.json >/dev/null
    cmp a.qed two.qed
    qed-tool a.qed undo 2.json >/dev/null
    qed-tool a.qed undo 1.json >/dev/null
    cmp a.qed original.qed
}

@test "undo refuses what was changed since, another length, another image" {
    qed-tool a.qed zerocluster 0 2 --save-undo u.json >/dev/null
    offset=$(sed -n 's/.*"offset": \([0-9]*\),/\1/p' u.json)
    cp a.qed b.qed
    patch b.qed "$offset" '\x77'
    cp b.qed c.qed
    run qed-tool b.qed undo u.json
    [ "$status" -eq 1 ]
    [[ "$output" == *"holds neither the old bytes nor the new ones"*"nothing was written"* ]]
    cmp b.qed c.qed
    printf x >>a.qed
    run qed-tool a.qed undo u.json
    [ "$status" -eq 1 ]
    [[ "$output" == *"for an image of"*"nothing was written"* ]]
}

@test "a hostile undo file is refused with a clear line" {
    cat >hostile <<'END'
[]
{}
not JSON
{"schema":"qed-tool-undo/2","image":{"length":1,"device":1,"inode":1},"writes":[{"offset":16,"old":"00","new":"02"}]}
{"schema":"qed-tool-undo/1","image":{"length":1900544,"device":1,"inode":1},"writes":[{"offset":0,"old":"00","new":"51"}]}
{"schema":"qed-tool-undo/1","image":{"length":1900544,"device":1,"inode":1},"writes":[{"offset":48,"old":"0000000000000000","new":"0000000400000000"}]}
{"schema":"qed-tool-undo/1","image":{"length":1900544,"device":1,"inode":1},"writes":[{"offset":9223372036854775800,"old":"0000000000000000","new":"0000000400000000"}]}
{"schema":"qed-tool-undo/1","image":{"length":1900544,"device":1,"inode":1},"writes":[{"offset":-8,"old":"0000000000000000","new":"0000000400000000"}]}
{"schema":"qed-tool-undo/1","image":{"length":1900544,"device":1,"inode":1},"writes":[{"offset":99999999999999999999999,"old":"00","new":"01"}]}
{"schema":"\u001b[31m","image":{"length":1900544,"device":1,"inode":1},"writes":[{"offset":16,"old":"00","new":"02"}]}
END
    while read -r line; do
        printf '%s' "$line" >u.json
        run qed-tool a.qed undo u.json
        [ "$status" -eq 1 ]
        [[ "$output" == *"not an undo file that can be used: u.json"* ]]
        [[ "$output" != *$'\e'* ]]
        [ "${#lines[@]}" -eq 1 ]
        cmp a.qed original.qed
    done <hostile
    head -c 100000 /dev/zero | tr '\0' '[' >u.json
    run qed-tool a.qed undo u.json
    [ "$status" -eq 1 ]
    mkfifo fifo
    for file in fifo . /dev/zero missing; do
        run timeout 5 qed-tool a.qed undo $file
        [ "$status" -eq 1 ]
    done
    cmp a.qed original.qed
}

@test "an undo file replaces nothing, the image least of all" {
    echo precious >there
    ln -s nowhere dangling
    for name in there dangling a.qed . missing/u.json; do
        run qed-tool a.qed duplicate l2 --save-undo $name
        [ "$status" -eq 1 ]
        [[ "$output" == *"nothing was written"* ]]
        cmp a.qed original.qed
    done
    [ "$(cat there)" = precious ]
    [ ! -e nowhere ]
}

@test "the undo file is written and synced before the first write to the image" {
    strace -f -qq -e trace=openat,fsync,linkat,pwrite64 -o trace qed-tool a.qed duplicate l2 --save-undo u.json
    image=$(sed -n 's/.*openat(AT_FDCWD, "a.qed", O_RDWR.*= \([0-9]*\)$/\1/p' trace)
    [ "$(grep -oE 'fsync|linkat|pwrite64' trace | xargs)" = "fsync linkat fsync pwrite64 fsync" ]
    grep -qE "pwrite64\($image, .*, 8, [0-9]+\) = 8" trace
}

@test "killed between the undo file and the write: undo finds nothing to do, bit for bit" {
    for command in "${WRITES[@]}"; do
        rm -f u.json
        run injected pwrite64:signal=KILL:when=1 a.qed $command --save-undo u.json
        [ "$status" -eq 137 ]
        [ -s u.json ]
        cmp a.qed original.qed
        qed-tool a.qed undo u.json
        cmp a.qed original.qed
    done
}

@test "killed after the write, or in the middle of many: undo restores bit for bit" {
    for when in 2 7 10; do
        rm -f u.json
        run injected pwrite64:signal=KILL:when=$when a.qed zerocluster 0 10 --save-undo u.json
        [ "$status" -eq 137 ]
        run cmp -s a.qed original.qed
        [ "$status" -eq 1 ]
        qed-tool a.qed undo u.json
        cmp a.qed original.qed
    done
    run injected fsync:signal=KILL:when=3 a.qed duplicate l2 --save-undo v.json
    [ "$status" -eq 137 ]
    qed-tool a.qed undo v.json
    cmp a.qed original.qed
}

@test "a write that fails: the old bytes are put back, and it says so" {
    for when in 1 2 5; do
        run injected pwrite64:error=EIO:when=$when a.qed zerocluster 0 5
        [ "$status" -eq 1 ]
        [[ "$output" == *"cannot write at 0x"*"Input/output error; the old bytes were put back"* ]]
        cmp a.qed original.qed
    done
    run injected fsync:error=EIO:when=1 a.qed duplicate l2
    [ "$status" -eq 1 ]
    [[ "$output" == *"the old bytes were put back"* ]]
    cmp a.qed original.qed
}

@test "a write that fails, and putting back fails too: it says so, lists the bytes, undo helps" {
    run injected pwrite64:error=EIO:when=2+ a.qed zerocluster 0 3 --save-undo u.json
    [ "$status" -eq 1 ]
    [[ "$output" == *"the image is changed in part"* ]]
    [[ "$output" == *"To undo it: qed-tool a.qed undo u.json"* ]]
    [ "$(grep -c ' -> 01' <<<"$output")" -ge 3 ]
    qed-tool a.qed undo u.json
    cmp a.qed original.qed
}

@test "an undo file that cannot be written: nothing is" {
    for call in fsync:error=EIO:when=1 fsync:error=ENOSPC:when=2 write:error=ENOSPC:when=2; do
        cp original.qed a.qed
        run injected $call a.qed zerocluster 0 3 --save-undo u.json
        [ "$status" -eq 1 ]
        cmp a.qed original.qed
        rm -f u.json
    done
}

@test "an image held by qemu-storage-daemon: every write refuses, -U shows it" {
    qemu-storage-daemon --pidfile pid --daemonize \
        --blockdev driver=file,node-name=f,filename=a.qed --blockdev driver=qed,node-name=q,file=f \
        --nbd-server addr.type=unix,addr.path="$PWD/socket" \
        --export type=nbd,id=e,node-name=q,writable=on
    holder=$(cat pid)
    before=$(sha256sum a.qed)
    all_refused
    for command in show "show l1" fragcheck need_check "copy_metadata c.qed" "duplicate l2 --dry-run"; do
        run qed-tool a.qed $command
        [ "$status" -eq 1 ]
        [[ "$output" == *"is in use"* ]]
    done
    for command in show "show l1" "show l2 @0" fragcheck need_check "copy_metadata c.qed"; do
        qed-tool a.qed $command -U
    done
    [ "$(sha256sum a.qed)" = "$before" ]
}

@test "an image held by qemu-io: every write refuses, until it lets go" {
    mkfifo commands
    qemu-io -f qed a.qed <commands >/dev/null &
    holder=$!
    exec 5>commands
    for i in $(seq 50); do
        run qed-tool a.qed show
        [ "$status" -eq 0 ] || break
        sleep 0.1
    done
    all_refused
    exec 5>&-
    wait "$holder"
    holder=
    qed-tool a.qed duplicate l2
}

@test "while qed-tool writes, qemu-img and qemu-io are refused" {
    strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:delay_enter=2000000 \
        qed-tool a.qed duplicate l2 >told &
    editor=$!
    for i in $(seq 50); do
        [ ! -s told ] || break
        sleep 0.05
    done
    run qemu-io -f qed -c 'write 0 512' a.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *'Failed to get "write" lock'* ]]
    run qemu-img check a.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"lock"* ]]
    run qed-tool a.qed duplicate l2
    [ "$status" -eq 1 ]
    [[ "$output" == *"is in use"* ]]
    wait "$editor"
    qemu-io -f qed -c 'write 0 512' a.qed
}

@test "a read-only user of qemu's, who forbids writing, is respected" {
    mkfifo commands
    qemu-io -r -f qed a.qed <commands >/dev/null &
    holder=$!
    exec 5>commands
    sleep 0.5
    all_refused
    exec 5>&-
    wait "$holder"
    holder=
}

@test "file systems without locks: refused, not ignored" {
    run injected fcntl:error=EINVAL:when=1+ a.qed duplicate l2
    [ "$status" -eq 1 ]
    [[ "$output" == *"cannot lock the image"*"nothing was written"* ]]
    cmp a.qed original.qed
}

@test "signals wait until the writes are done" {
    strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:delay_enter=1000000 \
        qed-tool a.qed zerocluster 0 3 >told &
    tracer=$!
    for i in $(seq 50); do
        [ ! -s told ] || break
        sleep 0.05
    done
    sleep 0.2
    kill -TERM "$(pgrep -P "$tracer" qed-tool)"
    wait "$tracer" || true
    qemu-io -f qed -c 'read -P 0 0 192k' a.qed >io
    absent -i 'verification failed' io
}
