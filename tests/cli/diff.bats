# SPDX-License-Identifier: GPL-2.0-or-later
# diff: what changed between two states of an image, and its exit status.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
    cp a.qed b.qed
    qemu-io -f qed -c 'write -P 0x43 40M 128k' b.qed >/dev/null
}

@test "the same: exit 0, and says so" {
    run -0 --separate-stderr qedscrub diff a.qed a.qed
    [ "$output" = "a.qed -> a.qed: the same" ]
    [ -z "$stderr" ]
}

@test "different: exit 1, figures and places" {
    run -1 --separate-stderr qedscrub diff a.qed b.qed
    [[ "$output" == *"allocated clusters"*" -> "* ]]
    [[ "$output" == *"clusters allocated: 2 in 1 range"* ]]
    [[ "$output" == *"guest 0x2800000+0x20000: nowhere -> 0x"* ]]
    [ -z "$stderr" ]
}

@test "trouble: exit 2, whatever it is" {
    run -2 --separate-stderr qedscrub diff a.qed missing
    [[ "$stderr" == "qedscrub: missing: No such file"* ]]
    [ -z "$output" ]
    run -2 qedscrub diff a.qed
    run -2 qedscrub diff a.qed a.qed b.qed
    run -2 qedscrub diff --output=csv a.qed a.qed
    run -2 qedscrub diff --no-such-option a.qed a.qed
    run -2 qedscrub diff --force a.qed a.qed
    run -2 qedscrub diff a.qed .
    echo text >text
    run -2 qedscrub diff a.qed text
    [[ "$output" == *"not a QED image"* ]]
    printf '{"schema": 5}' >odd
    run -2 qedscrub diff odd a.qed
    [[ "$output" == "qedscrub: odd: value 1: schema: is not text" ]]
    printf '\x1f\x8b' >cut.gz
    run -2 qedscrub diff cut.gz a.qed
    [ "${#lines[@]}" -eq 1 ]
    qedscrub diff a.qed a.qed >/dev/full || [ $? -eq 2 ]
}

@test "a bundle and a record stand for their image" {
    qedscrub -q a.qed -o a.tar.gz
    qedscrub info --output=json a.qed >a.json
    for side in a.tar.gz a.json; do
        run -0 qedscrub diff a.qed "$side"
        [[ "${lines[0]}" == *": the same" ]]
        run -1 qedscrub diff "$side" b.qed
        [[ "$output" == *"allocated clusters"* ]]
    done
    run -1 qedscrub diff a.tar.gz b.qed
    [[ "$output" == *"clusters allocated: 2 in 1 range"* ]]
    run -1 qedscrub diff a.json b.qed
    [[ "$output" == *"tables were not compared"* ]]
}

@test "what the guest's data are does not matter" {
    cp a.qed c.qed
    qemu-io -f qed -c 'write -P 0x77 0 1M' c.qed >/dev/null
    run -0 qedscrub diff a.qed c.qed
}

@test "findings that appear and go" {
    qed-tool b.qed duplicate l2 --seed 1
    run -1 qedscrub diff a.qed b.qed
    [[ "$output" == *"verdict"*"consistent -> corrupt"* ]]
    [[ "$output" == *"findings.duplicate"*"none -> 1"* ]]
    run -1 qedscrub diff b.qed a.qed
    [[ "$output" == *"findings.duplicate"*"1 -> none"* ]]
}

@test "two runs: images that appeared, went and changed" {
    qedscrub info --output=json a.qed >one
    sed 's/"a.qed"/"gone.qed"/' one >>two
    cat one two >before
    qedscrub info --output=json b.qed >three
    sed 's/"b.qed"/"a.qed"/' three >after
    cat three >>after
    run -1 qedscrub diff before after
    [[ "$output" == *"./a.qed: changed"*"./b.qed: appeared"*"./gone.qed: gone"* ]]
    run -0 qedscrub diff before before
    run -2 qedscrub diff before a.qed
    [[ "$output" == *"holds other than one record"* ]]
}

@test "images are not touched, and hostile names are shown safely" {
    local odd=$'b\e[31m\n.qed'
    mv b.qed "$odd"
    before=$(identity a.qed "$odd")
    run -1 qedscrub diff a.qed "$odd"
    [[ "${lines[0]}" == 'a.qed -> "b\033[31m\n.qed"' ]]
    [ "$before" = "$(identity a.qed "$odd")" ]
}
