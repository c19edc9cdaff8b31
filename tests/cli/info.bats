#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# info, the help, and usage errors.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    fixtures=$BATS_TEST_DIRNAME/../../fixtures
}

# A key of the top level of the record of an image.
figure() {
    qedscrub info --output=json "$1" | /usr/bin/python3 -c \
        'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

@test "info shows the dirty flag, which qemu-img info does not" {
    make_image a.qed
    [ "$(figure a.qed dirty-flag)" = False ]
    patch a.qed 16 '\002'
    [ "$(figure a.qed dirty-flag)" = True ]
    [[ "$(qedscrub info a.qed)" == *"dirty flag (need-check)"*yes* ]]
}

@test "info exits as qemu-img check does" {
    for fixture in good-fragmented bad-leak bad-l2-duplicate; do
        mkimage $fixtures/$fixture.qedtxt $fixture.qed
    done
    run qedscrub info good-fragmented.qed
    [ "$status" -eq 0 ]
    run qedscrub info bad-leak.qed
    [ "$status" -eq 3 ]
    run qedscrub info bad-l2-duplicate.qed
    [ "$status" -eq 2 ]
}

@test "unknown feature bits: unsupported, exit 63, and the header is shown" {
    mkimage $fixtures/unsupported-feature.qedtxt u.qed
    run qedscrub info u.qed
    [ "$status" -eq 63 ]
    [[ "$output" == *"Verdict: unsupported"*header-unknown-features* ]]
}

@test "phantom leaks: consistent by the true figures, qemu-img's beside them with the reason" {
    mkimage $fixtures/good-phantom-leaks.qedtxt p.qed
    run qedscrub info p.qed
    [ "$status" -eq 0 ]
    [[ "$output" == *"true figures: 0 corruptions, 0 leaks"*"qemu-img check of the image: 0 corruptions, 1 leaks, "*" exit 3"* ]]
    [[ "$output" == *"divides offsets by cluster_size - 1"* ]]
    run qemu-img check p.qed
    [ "$status" -eq 3 ]
}

@test "every fixture: qemu-img's figures as in the register" {
    while read -r name exit corruptions leaks allocated fragmented total; do
        mkimage $fixtures/$name.qedtxt $name.qed
        qedscrub info -f qed --output=json $name.qed >record || [ $? -ne 1 ]
        told=$(/usr/bin/python3 -c '
import json
q = json.load(open("record"))["qemu-img"]
keys = "corruptions leaks allocated-clusters fragmented-clusters total-clusters".split()
print(q["exit-status"], *(q[key] if q["opens"] else "-" for key in keys))')
        [ "$told" = "$exit $corruptions $leaks $allocated $fragmented $total" ] || {
            echo "$name: $told, expected $exit $corruptions $leaks $allocated $fragmented $total"
            return 1
        }
        rm $name.qed
    done <$fixtures/expected.txt
}

@test "the prefix of every fixture is its true verdict" {
    for recipe in $fixtures/*.qedtxt; do
        name=$(basename $recipe .qedtxt)
        mkimage $recipe x.qed
        run qedscrub info x.qed
        case $name:$status in
        good-*:0 | bad-*:[23] | unsupported-*:63) ;;
        *) echo "$name: $status" && return 1 ;;
        esac
    done
}

@test "the other claimant of a duplicate is named" {
    mkimage $fixtures/bad-l2-duplicate.qedtxt d.qed
    run qedscrub info d.qed
    [[ "$output" == *"claimed before by data, L1 index"*"L2 index"* ]]
    mkimage $fixtures/bad-l2-to-l1.qedtxt l.qed
    run qedscrub info l.qed
    [[ "$output" == *"claimed before by l1-table"* ]]
}

@test "--max-findings limits what is listed, not what is counted" {
    {
        printf 'cluster-size 4K\ntable-size 2\nimage-size 16M\ndata 0 9\n'
        printf 'l2 0 %d 7\n' 0 2 4 6
    } | mkimage - t.qed
    all=$(qedscrub info t.qed --max-findings 1000000 | grep -c ' in the table at ' || true)
    few=$(qedscrub info t.qed --max-findings 1 | grep -c ' in the table at ' || true)
    [ "$all" -eq 4 ]
    [ "$few" -eq 1 ]
    [ "$(figure t.qed corruptions)" -eq 4 ]
}

@test "help: on standard output, exit 0, names the first command to try" {
    run --separate-stderr qedscrub --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"qedscrub image.qed -o bug.tar.gz"* ]]
    [ "${#lines[@]}" -le 40 ]
    for command in pack info audit verify restore merge diff; do
        run --separate-stderr qedscrub $command --help
        [ "$status" -eq 0 ]
        [[ "$output" == "Usage: qedscrub "*"$command"*"For example:  qedscrub "* ]]
        [ "${#lines[@]}" -le 40 ]
    done
    run qedscrub info --help
    [[ "$output" == *--map* ]]
    [[ "$output" != *--dry-run* ]]
    run qedscrub pack --help
    [[ "$output" == *--dry-run* ]]
    run qedscrub --version
    [[ "$output" == "qedscrub "* ]]
}

@test "usage errors: exit 1, the option is named" {
    make_image a.qed
    for words in "--nonsense" "-Z a.qed" "a.qed -o" "info" "info a.qed b.qed" "info a.qed --force" \
        "a.qed" "" "info a.qed --output=xml" "-f raw a.qed -o x" "a.qed -o x --max-findings=-1"; do
        run --separate-stderr qedscrub $words
        [ "$status" -eq 1 ]
        [ -z "$output" ]
        [[ "$stderr" == "qedscrub: "* ]]
    done
    run qedscrub --nonsense
    [[ "$output" == *"--nonsense: no such option"* ]]
}

@test "usage errors: the nearest option or command is suggested" {
    run -1 qedscrub audit --max-fragmentaion=3 .
    [[ "${lines[0]}" == *"did you mean --max-fragmentation?" ]]
    [ "${lines[1]}" = "Try 'qedscrub audit --help'." ]
    run -1 qedscrub aduit .
    [[ "${lines[0]}" == *"aduit: neither a file nor a command; did you mean audit?" ]]
    make_image aduit
    run -1 qedscrub aduit
    [[ "$output" != *"did you mean"* ]]
    run -1 qedscrub --xyzzy=info
    [[ "$output" != *"did you mean"* ]]
}

@test "an image that is called like a command can be named" {
    make_image info
    qedscrub -q ./info -o bug.tar.gz
    qedscrub -q -o two.tar.gz -- info
    cmp bug.tar.gz two.tar.gz
    run -0 qedscrub info -- info
    [[ "$output" == *"image: info"* ]]
}

@test "an image whose name begins with a dash can be named" {
    make_image ./-rf
    run -0 qedscrub info -- -rf
    [[ "$output" == *"image: -rf"* ]]
    qedscrub -q -o a.tar.gz -- -rf
    qedscrub pack -q -o b.tar.gz -- -rf
    cmp a.tar.gz b.tar.gz
}

@test "info of a bundle says of its image what info says of the original" {
    make_image a.qed
    qedscrub -q a.qed -o bug.tar.gz
    run qedscrub info bug.tar.gz
    [ "$status" -eq 0 ]
    [ "$output" = "$(qedscrub info a.qed | grep -v -e 'disk size' -e 'host extents' | sed 's/image: a.qed/image: bug.tar.gz/')" ]
    qedscrub info --output=json bug.tar.gz | grep -q '"filename": "bug.tar.gz"'
    qedscrub info --output=html bug.tar.gz | grep -q '<svg'
    mkimage "$BATS_TEST_DIRNAME/../../fixtures/bad-many.qedtxt" bad.qed
    qedscrub -q bad.qed -o bad.tar.xz
    run qedscrub info bad.tar.xz
    [ "$status" -eq 2 ]
}

@test "info of a bundle of reports tells what they say, and of a damaged one that it is" {
    make_image a.qed
    patch a.qed 48 '\001'
    qedscrub -q a.qed -o only.tar
    run qedscrub info only.tar
    [ "$status" -eq 2 ]
    [[ "${lines[0]}" == *"QED image size is invalid"* ]]
    patch only.tar 600 'x'
    run qedscrub info only.tar
    [ "$status" -eq 1 ]
    [[ "$output" == "qedscrub: only.tar: README.txt is not what the manifest says"* ]]
}
