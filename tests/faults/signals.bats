#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Signals at any moment: a whole bundle or nothing, and the image as it was.

load common

@test "killed at random moments" {
    make_big_image a.qed 6G
    tmpfs fast -o size=100m
    promise P2 "SIGKILL to the program, at random moments" 200
    promise P2 "SIGINT, SIGTERM or SIGHUP to the program, at random moments" 150
    promise P2 "SIGKILL to the process that reads, at random moments" 150
    before=$(tables_identity a.qed)
    /usr/bin/python3 "$BATS_TEST_DIRNAME/kill.py" a.qed fast program KILL 200
    /usr/bin/python3 "$BATS_TEST_DIRNAME/kill.py" a.qed fast program INT,TERM,HUP 150
    /usr/bin/python3 "$BATS_TEST_DIRNAME/kill.py" a.qed fast reader KILL 150
    [ "$(tables_identity a.qed)" = "$before" ]
}

@test "without nameless files: signals remove the temporary name" {
    promise P2 "SIGINT, SIGTERM or SIGHUP where O_TMPFILE is missing, at random moments" 60
    make_big_image a.qed 6G
    tmpfs real -o size=100m
    mkdir bound
    bindfs real bound
    /usr/bin/python3 "$BATS_TEST_DIRNAME/kill.py" a.qed bound program INT,TERM,HUP 60
    [ -z "$(listing real)" ]
}

@test "nohup: an ignored signal stays ignored" {
    promise P2 "SIGHUP while ignored" 1
    make_big_image a.qed 6G
    (
        trap '' HUP
        qedscrub -q a.qed -o out/b.tar.gz &
        pid=$!
        sleep 0.02
        kill -HUP $pid
        wait $pid
    )
    qedscrub verify out/b.tar.gz
}

@test "one killed reader in an audit of 100 images: 99 records, and one that says what happened" {
    promise P6 "SIGKILL to a process that reads, in an audit of 100 images" 1
    mkdir many
    make_image many/0.qed
    for i in $(seq 98); do
        cp many/0.qed many/$i.qed
    done
    cp many/0.qed a.qed
    serve a.qed --filter=delay rdelay=500ms
    qedscrub audit --output=ndjson many disk/image >records &
    audit=$!
    victim=
    for _ in $(seq 1000); do
        for child in $(pgrep -P $audit); do
            if ls -l /proc/"$child"/fd 2>/dev/null | grep -q 'disk/image'; then
                victim=$child
            fi
        done
        [ -z "$victim" ] || break
        sleep 0.005
    done
    [ -n "$victim" ]
    kill -KILL "$victim"
    wait $audit || true
    /usr/bin/python3 - <<'END'
import json
records = [json.loads(line) for line in open("records")]
images = [record for record in records if "filename" in record or "path" in record]
good = [record for record in images if record.get("verdict") == "consistent"]
bad = [record for record in images if record not in good]
assert len(good) == 99, len(good)
assert len(bad) == 1 and "disk/image" in json.dumps(bad[0]), bad
assert "killed" in json.dumps(bad[0]), bad
END
}
