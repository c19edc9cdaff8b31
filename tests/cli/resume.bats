#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Audits that are ended before their time, and what is left for the next run: strace sends the
# signals, at a line of the journal, and tells which images are opened afterwards.

load common

# 200 images, some of them corrupt, one of them with two names: only read by all tests.
setup_file() {
    local i
    cd "$BATS_FILE_TMPDIR"
    make_image sound
    mkdir fleet
    for i in $(seq 200); do cp sound "fleet/$i.qed"; done
    for i in $(seq 7 9 200); do patch "fleet/$i.qed" 0x10008 '\x01\x02\x03'; done
    ln fleet/50.qed fleet/linked.qed
    # Where the host keeps a file is told too, and changes until it is on the disk.
    sync -f fleet
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

take_fleet() {
    ln -s "$BATS_FILE_TMPDIR/fleet" d
}

# A folder with images of the names given, to do with as one likes.
take_images() {
    mkdir d
    for name; do cp "$BATS_FILE_TMPDIR/sound" "d/$name"; done
    sync -f d
}

# An audit to which signal $1 is sent when it is about to write line $2 of journal j.
audit_until() {
    local signal=$1 line=$2
    shift 2
    >>j
    ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -P "$PWD/j" -e trace=write \
        -e inject=write:signal="$signal:when=$line" qedscrub audit d -j4 --journal=j "$@"
}

# The images of an audit that were opened, by their names in d.
opened() {
    local status=0
    ASAN_OPTIONS=detect_leaks=0 strace -qq -o log -e trace=openat qedscrub audit d "$@" >/dev/null || status=$?
    [ $status -eq 0 ] || [ $status -eq 2 ] || echo "status $status"
    sed -nE 's/^openat\([0-9]+, "([^"/]*\.qed)".*/\1/p' log | sort -u
}

# The names in d that a record file does not have.
missing() {
    comm -23 <(listing d/ | sed 's,d/,,' | sort) \
        <(grep -o '"filename":"[^"]*"' "$1" | sed -E 's,.*/(.*)",\1,' | sort)
}

reports() {
    rm -f "$1".*
    echo --report "json=$1.json" --report "csv=$1.csv" --report "html=$1.html"
}

same_reports() {
    cmp "$1.json" "$2.json" && cmp "$1.csv" "$2.csv" && cmp "$1.html" "$2.html"
}

@test "after SIGKILL the journal has what was done, and the next run reads only the rest" {
    take_fleet
    run -2 qedscrub audit d $(reports whole)
    run -137 audit_until KILL 100 $(reports part)
    [ ! -e part.json ]
    lines=$(wc -l <j)
    [ "$lines" -ge 99 ] && [ "$lines" -le 100 ]
    missing j >due
    [ "$(opened --journal=j $(reports part))" = "$(cat due)" ]
    same_reports whole part
    [ "$(wc -l <j)" -eq 201 ]
    [ -z "$(opened --journal=j $(reports part))" ]
    same_reports whole part
    [ "$(wc -l <j)" -eq 201 ]
}

@test "one command line for the first run and all others, with --resume too" {
    take_fleet
    run -2 qedscrub audit d $(reports whole)
    for line in 50 60 70; do
        run -137 audit_until KILL $line --resume=j $(reports part)
    done
    [ "$(wc -l <j)" -ge 177 ]
    [ "$(wc -l <j)" -lt 200 ]
    rm -f part.*
    run -2 qedscrub audit d --journal=j --resume=j $(reports part)
    same_reports whole part
    [ "$(wc -l <j)" -eq 201 ]
    rm j
    run -2 qedscrub audit d --journal=j --resume=j
    [ "$(wc -l <j)" -eq 201 ]
    run -1 qedscrub audit d --journal=j --resume=k
    [ "$output" = "qedscrub: k: No such file or directory" ]
}

@test "a journal is a record file: of --resume, and of merge, which knows it to be incomplete" {
    take_fleet
    run -2 qedscrub audit d $(reports whole)
    run -137 audit_until KILL 100 --map
    cp j before
    [ "$(opened --resume=j $(reports part))" = "$(missing j)" ]
    cmp j before
    same_reports whole part
    run qedscrub merge j
    [ "$status" -ne 0 ]
    [[ $output == *"incomplete: not all images were examined"* ]]
    run -2 qedscrub audit d --resume=j --journal=rest $(reports part)
    same_reports whole part
    [ "$(cat j rest | wc -l)" -eq 201 ]
}

@test "a line of it is the record of NDJSON, without what only all images tell" {
    take_fleet
    qemu-img create -q -f qed -b "$PWD/d/1.qed" -F qed overlay.qed
    sync -f overlay.qed
    run -2 qedscrub audit d overlay.qed nowhere --journal=j --report ndjson=whole
    /usr/bin/python3 - <<'PYTHON'
import json
def read(name):
    lines = [json.loads(line) for line in open(name)]
    return {line["filename"]: line for line in lines if "filename" in line}
whole, journal = read("whole"), read("j")
removed = {key for path in whole for key in set(whole[path]) - set(journal[path])}
assert removed == {"hard-link-of", "chain", "policy"}, removed
for record in whole.values():
    for key in removed:
        record.pop(key, None)
assert whole == journal and len(journal) == 203
PYTHON
}

@test "what is not what it was is examined again" {
    take_images image.qed other.qed
    qedscrub audit d --journal=j >/dev/null
    touch -d 2001-01-01 d/other.qed
    [ "$(opened --journal=j)" = other.qed ]
    [ "$(wc -l <j)" -eq 3 ]
    chmod 000 d/image.qed
    touch d/image.qed
    mkdir -m 777 open
    run -1 as_nobody qedscrub audit d --journal=open/k
    [[ "$(cat open/k)" == *'"status":"unreadable"'* ]]
    chmod 644 d/image.qed
    run -0 as_nobody qedscrub audit d --journal=open/k
    [[ $output == *"2 images: 2 consistent"* ]]
}

@test "of several lines for an image the last holds, whatever the times of the file were" {
    take_images image.qed other.qed
    qedscrub audit d --journal=j >/dev/null
    cp j first
    patch d/other.qed 0x10008 '\x01\x02\x03'
    touch -d 2001-01-01 d/other.qed
    sync -f d
    run -2 qedscrub audit d
    whole=$output
    [ "$(opened --journal=j)" = other.qed ]
    [ -z "$(opened --journal=j)" ]
    [ "$(wc -l <j)" -eq 3 ]
    run -2 --separate-stderr qedscrub merge j
    [[ $output == *"1 consistent, 1 corrupt"* ]]
    run -2 qedscrub audit d --journal=j
    [ "$output" = "$whole" ]
    # And what the journal has is later than what another run had.
    tail -n 1 j >k
    [ -z "$(opened --journal=k --resume=first)" ]
}

@test "reports have maps of all images or of none, whatever the journal has" {
    take_images image.qed other.qed
    damage() { patch d/other.qed 0x10008 '\x01\x02\x03'; }
    for damage in : damage; do
        $damage
        sync -f d
        qedscrub audit d --output=ndjson >plain || true
        qedscrub audit d --output=ndjson --map >maps || true
        grep -q guest-map maps
        qedscrub audit d --output=ndjson --resume=plain --map | cmp - maps
        qedscrub audit d --output=ndjson --resume=maps | cmp - plain
        [ -z "$(opened --resume=maps --map)" ]
        [ -z "$(opened --resume=maps)" ]
    done
}

@test "a cut last line is passed over, with a word, and gone when others follow" {
    take_images image.qed other.qed
    qedscrub audit d -j1 --journal=j >whole
    cp j full
    first=$(head -n 1 full | wc -c) second=$(tail -n 1 full | wc -c)
    for kept in 1 2 $((second / 2)) $((second - 2)); do
        head -c $((first + kept)) full >j
        cp j k
        run -0 --separate-stderr qedscrub audit d --resume=k
        [ "$stderr" = "qedscrub: k: the last line is cut, and passed over" ]
        run -0 --separate-stderr qedscrub audit d --journal=j
        [ "$stderr" = "qedscrub: j: the last line is cut, and passed over" ]
        [ "$output" = "$(cat whole)" ]
        cmp j full
    done
    # Without the end of its line, a record is whole.
    head -c -1 full >j
    [ -z "$(opened --journal=j)" ]
    cmp j full
    # What a power failure leaves where blocks were not written.
    (head -c $((first + 9)) full && head -c 5000 /dev/zero) >j
    run -0 --separate-stderr qedscrub audit d --journal=j
    [ "$stderr" = "qedscrub: j: the last line is cut, and passed over" ]
    cmp j full
}

@test "damage anywhere else is an error, and the file stays as it is" {
    take_images image.qed
    qedscrub audit d --journal=j >/dev/null
    (head -c 100 j && echo && cat j) >damaged
    echo 'notes: buy milk' >notes
    printf 'no line end' >text
    for file in damaged notes text; do
        before=$(identity $file)
        run -1 qedscrub audit d --journal=$file
        [[ $output == "qedscrub: $file: value "* ]]
        [ "${#lines[@]}" -eq 1 ]
        [ "$(identity $file)" = "$before" ]
    done
}

@test "a file that is not ours is not cut, however it ends" {
    take_images image.qed
    truncate -s 1M zeros
    printf '{"name": "a", "version": 1' >cut
    (printf '{' && head -c 100 /dev/zero && echo data) >binary
    for file in zeros cut binary; do
        before=$(identity $file)
        run -1 qedscrub audit d --journal=$file --force
        [ "$output" = "qedscrub: $file: is not a journal" ]
        [ "$(identity $file)" = "$before" ]
    done
}

@test "a block that was not written: what is whole before it is kept" {
    take_images a.qed b.qed c.qed
    qedscrub audit d -j1 --journal=j >whole
    cp j full
    first=$(head -n 1 full | wc -c)
    patch j $((first + 9)) "$(printf '\\0%.0s' {1..50})"
    cp j k
    run -0 --separate-stderr qedscrub audit d -j1 --journal=j
    [ "$stderr" = "qedscrub: j: has zeros in it; what follows them is passed over" ]
    [ "$output" = "$(cat whole)" ]
    cmp j full
    [ -z "$(opened --journal=j)" ]
    run qedscrub merge k
    [[ $output == *"k: was cut, or not all of it is there; what is, was read"* ]]
    [[ $output == *"1 image: 1 consistent"* ]]
}

@test "what was written is asked to be on the disk, the name of a new file too" {
    take_images image.qed
    ASAN_OPTIONS=detect_leaks=0 strace -qq -y -o log -e trace=write,fsync,fdatasync \
        qedscrub audit d --journal=j >/dev/null
    grep -oE "^(write|fsync|fdatasync)\([0-9]+<($PWD|$PWD/j)>" log | sed -E 's/\(.*\//(/' >calls
    printf '%s\n' "fsync(${PWD##*/}>" 'write(j>' 'fdatasync(j>' | diff - calls
}

@test "times of an earlier run are told where it took them" {
    take_images image.qed other.qed
    qedscrub audit d --journal=j >/dev/null
    qedscrub audit d --journal=j --timings --output=ndjson >again
    absent '"seconds"' again
    rm j
    qedscrub audit d --journal=j --timings --output=ndjson | head -n 2 >first
    qedscrub audit d --journal=j --timings --output=ndjson | head -n 2 | cmp - first
    grep -q '"seconds"' first
}

@test "what cannot be a journal" {
    take_images image.qed
    mkfifo fifo
    ln -s j link
    before=$(identity d/image.qed)
    for path in fifo link /dev/full; do
        run -1 timeout 10 qedscrub audit d --journal=$path
        [ "$output" = "qedscrub: $path: exists and is not a regular file" ]
    done
    [ ! -e j ]
    run -1 qedscrub audit d --journal=d
    [ "$output" = "qedscrub: d: is a directory, a file name is needed" ]
    run -1 qedscrub audit d --journal=nowhere/j
    [ "$output" = "qedscrub: nowhere/j: No such file or directory" ]
    run -1 qedscrub audit --journal=j
    run -1 qedscrub audit d --journal=j --report csv=nowhere/a.csv
    [ ! -e j ]
    for name in - ''; do
        run -1 qedscrub audit d "--journal=$name"
        [[ $output == *"give the name of a file"* ]]
    done
    run -1 qedscrub audit d --journal=d/image.qed
    [ "$(identity d/image.qed)" = "$before" ]
    # What is both would be no JSON.
    qedscrub audit d --journal=k >/dev/null
    cp k before
    run -1 bash -c 'qedscrub audit d --output=ndjson --journal=k >>k'
    [ "$output" = "qedscrub: k: is standard output; choose another name" ]
    cmp k before
    # One that would pass for a journal, and is to be examined.
    >empty
    run -1 qedscrub audit d empty --journal=empty
    [ "$output" = "qedscrub: empty: is one of the images; choose another name" ]
    [ ! -s empty ]
}

@test "two runs do not share a journal" {
    take_images image.qed
    qedscrub audit d --journal=j >whole
    cp j before
    exec 9>>j
    flock 9
    qedscrub audit d --journal=j >out 2>err 9>&- 3>&- &
    until [ -s err ]; do sleep 0.1; done
    [ "$(cat err)" = "qedscrub: j: is in use by another audit; waiting for its end" ]
    # That one ends, and its report takes the place of the journal.
    cp before j.new
    mv j.new j
    exec 9>&-
    wait $!
    [ "$(wc -l <err)" -eq 1 ]
    cmp out whole
    cmp j before
}

@test "a journal on a full disk: said once, the reports are right, the run has failed" {
    take_fleet
    run -2 qedscrub audit d $(reports whole)
    run -2 --separate-stderr apart --mount sh -c 'mkdir m && mount -t tmpfs -o size=16k none m &&
        qedscrub audit d --journal=m/j "$@"; status=$?; cp m/j j; exit $status' sh $(reports part)
    [ "$stderr" = "qedscrub: m/j: cannot write; the audit goes on without a journal: \
No space left on device" ]
    same_reports whole part
    [ "$(grep -c filename j)" -lt 20 ]
    # What came to be written is good for another run.
    run -2 qedscrub audit d --journal=j $(reports part)
    same_reports whole part
    # A limit on the size of files, and images that are sound.
    rm d
    take_images sound.qed
    run -1 cramped 0 'exec qedscrub audit d --exit-zero --journal=k >/dev/stderr'
    [[ $output == *"k: cannot write; the audit goes on without a journal: File too large"* ]]
    [[ $output == *"1 image: 1 consistent"* ]]
}

@test "SIGINT, SIGTERM and SIGHUP: what is done is reported, marked incomplete" {
    take_fleet
    run -2 qedscrub audit d $(reports whole)
    for signal in INT TERM HUP; do
        rm -f j stopped.ndjson
        run -$((128 + $(kill -l $signal))) audit_until $signal 100 --map \
            --report ndjson=stopped.ndjson
        [[ $output == *"incomplete: not all images were examined"* ]]
        [[ "$(tail -n 1 stopped.ndjson)" == *'"complete":false,"interrupted":true'* ]]
        done=$(grep -c qedscrub-record stopped.ndjson)
        [ "$done" -ge 100 ] && [ "$done" -lt 150 ]
        [ "$(wc -l <j)" -eq "$done" ]
        [ "$(opened --resume=stopped.ndjson $(reports part))" = "$(missing stopped.ndjson)" ]
        same_reports whole part
    done
}

@test "a run that goes on and is stopped keeps what was known" {
    take_fleet
    run -2 qedscrub audit d --journal=whole
    # Those that come last are known, and would not have had their turn.
    tail -n 100 whole >j
    run -143 audit_until TERM 5 --report ndjson=part.ndjson
    [ "$(wc -l <j)" -ge 104 ] && [ "$(wc -l <j)" -lt 150 ]
    [ "$(grep -c qedscrub-record part.ndjson)" -eq "$(wc -l <j)" ]
}

@test "the report may take the journal's place" {
    take_fleet
    run -2 qedscrub audit d --report ndjson=whole.ndjson
    both=(--force --report ndjson=j)
    run -137 audit_until KILL 100 "${both[@]}"
    absent qedscrub-summary j
    run -143 audit_until TERM 20 "${both[@]}"
    grep -q '"interrupted":true' j
    run -137 audit_until KILL 20 "${both[@]}"
    missing j >due
    [ "$(opened --journal=j "${both[@]}")" = "$(cat due)" ]
    cmp j whole.ndjson
    [ -z "$(opened --journal=j "${both[@]}")" ]
    cmp j whole.ndjson
    run -1 qedscrub audit d --journal=j --report ndjson=j
    [[ $output == *"j: exists"* ]]
    cmp j whole.ndjson
}
