#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bundles for the images of a folder that deserve one, and their index.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir d d/sub out
    for name in good-backing bad-leak bad-many good-dirty; do
        mkimage "$BATS_TEST_DIRNAME/../../fixtures/$name.qedtxt" d/$name.qed
    done
    cp d/bad-many.qed d/sub/
    ln d/bad-leak.qed d/sub/same-leak.qed
}

bundles() {
    (cd out && ls)
}

@test "all images of a folder, a file of several names once" {
    qedscrub -q d -o out
    [ "$(bundles)" = "bad-leak.bug.tar.gz
bad-many-2.bug.tar.gz
bad-many.bug.tar.gz
good-backing.bug.tar.gz
good-dirty.bug.tar.gz
index.csv" ]
    for bundle in out/*.tar.gz; do
        qedscrub verify "$bundle" >/dev/null
    done
}

@test "only those that deserve it" {
    qedscrub pack -q d -o out --only corrupt
    [ "$(bundles)" = "bad-many-2.bug.tar.gz
bad-many.bug.tar.gz
index.csv" ]
    rm out/*
    qedscrub pack -q d -o out --only dirty
    [ "$(bundles)" = "good-dirty.bug.tar.gz
index.csv" ]
    rm out/*
    qedscrub pack -q d -o out --only=leaks,dirty
    [ "$(bundles)" = "bad-leak.bug.tar.gz
bad-many-2.bug.tar.gz
bad-many.bug.tar.gz
good-dirty.bug.tar.gz
index.csv" ]
}

@test "the index says which bundle is of which image" {
    run qedscrub pack d -o out --only corrupt
    [ "$status" -eq 0 ]
    [[ "$output" == *"out/bad-many-2.bug.tar.gz: ./d/sub/bad-many.qed, corrupt"* ]]
    [[ "$output" == *"2 of 6 images packed; index.csv says which"* ]]
    /usr/bin/python3 - <<'EOF'
import csv
rows = list(csv.DictReader(open("out/index.csv", newline="")))
assert [(row["bundle"], row["image"]) for row in rows] == [
    ("out/bad-many.bug.tar.gz", "./d/bad-many.qed"),
    ("out/bad-many-2.bug.tar.gz", "./d/sub/bad-many.qed")], rows
assert all(row["verdict"] == "corrupt" and int(row["corruptions"]) > 0 for row in rows), rows
EOF
}

@test "an image that cannot be examined is a failure, and the others are packed" {
    printf 'QED\0' >d/short.qed
    run qedscrub d -o out
    [ "$status" -eq 1 ]
    [[ "$output" == *"qedscrub: ./d/short.qed: not a QED image: 4 bytes"* ]]
    [ "$(bundles | wc -l)" -eq 6 ]
}

@test "images from a list" {
    find d -name 'bad-*' -print0 | qedscrub pack -q --files0-from=- -o out
    [ "$(bundles | wc -l)" -eq 4 ]
}

@test "nothing is replaced, nothing written for a dry run" {
    qedscrub -q d -o out --dry-run >inventory
    [ "$(bundles | wc -l)" -eq 0 ]
    grep -q 'out/bad-many-2.bug.tar.gz: would be' inventory
    qedscrub -q d -o out
    before=$(identity out/*)
    run qedscrub d -o out
    [ "$status" -eq 1 ]
    [[ "$output" == *"index.csv: exists"* ]]
    [ "$(identity out/*)" = "$before" ]
    qedscrub -q d -o out --force
}

@test "what makes no sense" {
    run qedscrub d -o bundle.tar.gz
    [ "$status" -eq 1 ]
    [[ "$output" == *"-o must name an existing directory"* ]]
    run qedscrub d -o out --only broken
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == *"--only broken: give some of corrupt,leaks,dirty, or all" ]]
    run qedscrub audit d --only corrupt
    [ "$status" -eq 1 ]
}

@test "bundles of the images of a folder tell no names" {
    mkdir 'd/secret place'
    cp d/bad-many.qed 'd/secret place/secret.qed'
    qedscrub -q 'd/secret place' -o out
    absent -rl secret out --include='*.gz'
    gzip -dc out/secret.bug.tar.gz | absent -a secret
}
