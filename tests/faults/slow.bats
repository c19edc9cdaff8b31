#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images on disks that are slow, that stop answering, and that fail in the middle of the work.

load common

# Whether a process has ended; one that waits for somebody to ask for its status has.
has_ended() {
    ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}

@test "a slow disk: lines tell how far it is, and the end is as usual" {
    promise P6 "every read takes 50 ms: progress of info, pack and diff is told" 3
    make_big_image a.qed 64G
    qedscrub -q a.qed -o plain.tar.gz
    serve a.qed --filter=delay rdelay=50ms
    qedscrub info -p --output=json disk/image >slow 2>said
    grep -E '^reading tables: [0-9.]+ [KMG]iB of [0-9.]+ [KMG]iB \([0-9]+ %\), [0-9.]+ [KMG]iB/s' said
    qedscrub -p disk/image -o out/b.tar.gz 2>said
    grep '^reading tables: ' said
    qedscrub diff -U -p a.qed disk/image 2>said
    grep '^reading tables: ' said
    umount disk/image
    cmp out/b.tar.gz plain.tar.gz
}

# The kernel lets nobody go who waits for such a disk before it answers; then the signal must do what
# it does, and not the rest of the work.
@test "a disk that stops answering: signals end the program, and nothing is left" {
    promise P2 "SIGINT, SIGTERM or SIGHUP while a read is blocked" 3
    make_big_image a.qed 64G
    for signal in INT TERM HUP; do
        serve a.qed --filter=delay rdelay=50ms
        disk=$(pgrep -P $!)
        # What a shell starts in the background ignores SIGINT.
        env --default-signal=INT,TERM,HUP qedscrub -p disk/image -o out/b.tar.gz 2>said 3>&- &
        program=$!
        until_true grep -q '^reading tables: ' said
        [ -n "$(pgrep -P $program)" ]
        # Whatever comes between these two must not fail.
        kill -STOP "$disk"
        sleep 0.2
        kill -$signal $program || true
        sleep 0.2
        kill -CONT "$disk"
        until_true has_ended $program
        status=0
        wait $program || status=$?
        [ "$status" -eq $((128 + $(kill -l $signal))) ]
        [ -z "$(listing out)" ]
        until_true umount disk/image
        wait
    done
}

@test "a disk that begins to fail: what was read counts, the rest is told" {
    promise P7 "EIO from every read, from the moment when the audit begins" 1
    make_big_image a.qed 32G
    serve a.qed --filter=error error-pread=EIO error-pread-rate=100% error-file="$PWD/broken"
    cat >script <<'END'
set pagination off
set follow-fork-mode child
handle SIGBUS nostop noprint pass
break survey_list
run info --output=json disk/image >record.json
shell touch broken
delete
continue
END
    run timeout 60 gdb -batch -x script --args "$(command -v qedscrub)"
    umount disk/image
    wait
    /usr/bin/python3 - <<'END'
import json
record = json.load(open("record.json"))
kinds = {finding["kind"]: finding for finding in record["findings"]}
assert record["verdict"] == "unreadable" and record["leaks"] is None, record["verdict"]
assert record["check-errors"] == kinds["l2-unreadable"]["count"] > 32768 * 8, kinds
assert record["l2-tables"] == 16, record["l2-tables"]
END
}
