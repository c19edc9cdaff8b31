#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# qed-tool's commands that only read, and its command line.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
}

# Runs a command that must fail with one line on standard error that has the text, and print nothing.
refused() {
    local text=$1
    shift
    run --separate-stderr "$@"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ "$stderr" == *"$text"* ]]
}

# A value of the JSON in $output: an expression of Python, in which d is all of it.
value() {
    /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1" \
        <<<"$output"
}

@test "help fits a screen and names every command" {
    run qed-tool --help
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -le 25 ]
    for command in show duplicate invalidate need_check fragcheck zerocluster copy_metadata undo; do
        [[ "$output" == *"$command"* ]]
    done
    [ "$(awk '{ if (length($0) > 80) n++ } END { print n + 0 }' <<<"$output")" -eq 0 ]
}

@test "version" {
    run qed-tool --version
    [ "$status" -eq 0 ]
    [[ "$output" == "qed-tool "* ]]
}

@test "usage errors exit 1 and say what is wrong" {
    refused "give an image and a command" qed-tool
    refused "give an image and a command" qed-tool a.qed
    refused "no such command" qed-tool a.qed explode
    refused "no such command" qed-tool show a.qed
    refused "no such option" qed-tool a.qed show --explode
    refused "--at needs an argument" qed-tool a.qed duplicate l2 --at
    refused "qed-tool IMAGE duplicate l1|l2" qed-tool a.qed duplicate
    refused "give l1 or l2" qed-tool a.qed duplicate l3
    refused "give l1 or l2" qed-tool a.qed invalidate header
    refused "qed-tool IMAGE zerocluster" qed-tool a.qed zerocluster
    refused "give bytes" qed-tool a.qed zerocluster one
    refused "give a number" qed-tool a.qed zerocluster 0 -- -1
    refused "give on or off" qed-tool a.qed need_check maybe
    refused "does not apply" qed-tool a.qed show --dry-run
    refused "does not apply" qed-tool a.qed duplicate l2 --kind table
    refused "does not apply" qed-tool a.qed duplicate l2 -U
    refused "--at: an L2 element has two" qed-tool a.qed duplicate l2 --at 0
    refused "--at: an L1 element has one" qed-tool a.qed duplicate l1 --at 0:0
    refused "--kind" qed-tool a.qed invalidate l2 --kind=purple
    refused "--seed" qed-tool a.qed invalidate l2 --seed=-1
    refused "--output" qed-tool a.qed show --output=xml
}

@test "options may stand anywhere, hyphens stand for underscores" {
    for command in need_check need-check; do
        run qed-tool --output=json a.qed $command
        [ "$(value 'd["need-check"]')" = False ]
        run qed-tool a.qed $command --output=json
        [ "$(value 'd["need-check"]')" = False ]
    done
    qed-tool a.qed copy-metadata one.qed
    qed-tool a.qed copy_metadata two.qed
    cmp one.qed two.qed
    qed-tool a.qed zero-cluster @900 --dry-run
    qed-tool a.qed zerocluster @900 --dry-run
}

@test "what only reads changes nothing" {
    before=$(identity a.qed)
    qed-tool a.qed show
    qed-tool a.qed show l1 --all >/dev/null
    qed-tool a.qed show l2 @0
    qed-tool a.qed fragcheck
    qed-tool a.qed need_check
    qed-tool a.qed copy_metadata copy.qed
    qed-tool a.qed duplicate l2 --dry-run
    qed-tool a.qed zerocluster 0 5 --dry-run --save-undo none.json
    [ ! -e none.json ]
    [ "$(identity a.qed)" = "$before" ]
}

@test "a file that cannot be written can be shown" {
    chmod 444 a.qed
    as_nobody qed-tool a.qed show
    refused "cannot open the image for writing: Permission denied; nothing was written" \
        as_nobody qed-tool a.qed duplicate l2
}

@test "show: every field of the header, with its meaning" {
    qemu-img create -q -f qed -F raw -b base.raw -u b.qed 1G
    run qed-tool b.qed show
    [ "$status" -eq 0 ]
    for field in magic cluster_size table_size header_size features compat_features \
        autoclear_features l1_table_offset image_size backing_filename_offset backing_filename_size; do
        [ "$(grep -c "^$field " <<<"$output")" -eq 1 ]
    done
    [[ "$output" == *"65536 "*"64 KiB"* ]]
    [[ "$output" == *"BACKING_FILE BACKING_FORMAT_NO_PROBE"* ]]
    [[ "$output" == *"backing file name"*"base.raw"* ]]
    [ "$(qed-tool b.qed show header)" = "$output" ]
}

@test "show: JSON" {
    run qed-tool a.qed show --output=json
    [ "$(value 'd["header"]["cluster_size"]["value"]')" = 0x10000 ]
    [ "$(value 'len(d["faults"])')" -eq 0 ]
    run qed-tool a.qed show l1 --output=json
    [ "$(value 'sum(run["count"] for run in d["runs"])')" -eq 32768 ]
    run qed-tool a.qed show l2 @0 --output=json
    [ "$(value 'sum(run["count"] for run in d["runs"] if run["class"] == "data")')" -eq 20 ]
    [ "$(value 'd["l1-index"]')" -eq 0 ]
}

@test "show l2: by byte offset in both notations and by L1 index" {
    output=$(qed-tool a.qed show l1 --output=json)
    offset=$(value 'd["runs"][0]["value"]')
    [[ "$offset" == 0x* ]]
    qed-tool a.qed show l2 @0 >by-index
    qed-tool a.qed show l2 "$offset" >by-hex
    qed-tool a.qed show l2 "$((offset))" >by-number
    qed-tool a.qed show l2 "$((offset / 1024))k" >by-suffix
    cmp by-index by-hex
    cmp by-index by-number
    cmp by-index by-suffix
    [ "$(qed-tool a.qed show l2 @0 --all | grep -c data$)" -eq 20 ]
    [ "$(qed-tool a.qed show l2 @0 --all | wc -l)" -eq $((32768 + 2)) ]
}

@test "show l2: what is no table is refused, or said to be none" {
    refused "unallocated" qed-tool a.qed show l2 @1
    refused "32768 elements" qed-tool a.qed show l2 @32768
    refused "not a multiple" qed-tool a.qed show l2 1000
    refused "the file has" qed-tool a.qed show l2 1T
    refused "give the table's offset" qed-tool a.qed show l2
    refused "only l2" qed-tool a.qed show l1 0
    run qed-tool a.qed show l2 0x50000
    [[ "$output" == *"may be guest data"* ]]
}

@test "show: each class of element" {
    output=$(qed-tool a.qed show l1 --output=json)
    table=$(($(value 'd["runs"][0]["value"]')))
    qed-tool a.qed zerocluster @100 >/dev/null
    patch a.qed $((table + 8 * 101)) '\x02\x00\x00\x00\x00\x00\x00\x00'
    patch a.qed $((table + 8 * 102)) '\x00\x00\x00\x00\x00\x01\x00\x00'
    run qed-tool a.qed show l2 @0
    [[ "$output" == *"100 "*"zero cluster"*"101 "*"invalid: unaligned"*"102 "*"invalid: beyond-end"* ]]
    patch a.qed $((0x10000 + 8 * 2)) '\x00\x00\x1c\x00\x00\x00\x00\x00'
    run qed-tool a.qed show l1
    [[ "$output" == *"invalid: cut"* ]]
    run qed-tool a.qed show l2 @2
    [ "$status" -eq 0 ]
    [[ "$output" == *"cuts the table"* ]]
}

@test "show: every fixture, with what is wrong" {
    for recipe in "$BATS_TEST_DIRNAME"/../../fixtures/*.qedtxt; do
        name=$(basename "$recipe" .qedtxt)
        mkimage "$recipe" x.qed
        qed-tool x.qed show >shown
        [ "$(grep -c . shown)" -ge 11 ]
        case $name in
        bad-cluster-size-odd) grep -q "cluster_size is not a power of two" shown ;;
        bad-l1-offset-unaligned) grep -q "l1_table_offset is not a multiple" shown ;;
        unsupported-no-magic) grep -q "does not begin with the magic" shown ;;
        unsupported-feature) grep -q "unknown 0x" shown ;;
        esac
        for what in l1 "l2 @0" "l2 0x20000"; do
            run qed-tool x.qed show $what
            [ "$status" -le 1 ]
            run qed-tool x.qed show $what --output=json
            [ "$status" -eq 1 ] || value d >/dev/null
        done
        rm x.qed
    done
}

@test "input that is no image: a clear line, nothing else" {
    mkfifo fifo
    : >empty
    for command in show fragcheck need_check "duplicate l2" "invalidate l1" "zerocluster 0" "need_check on"; do
        refused "a directory" timeout 5 qed-tool . $command || refused "Is a directory" timeout 5 qed-tool . $command
        refused "fifo" timeout 5 qed-tool fifo $command
        refused "No such file" timeout 5 qed-tool missing $command
    done
    refused "the file ends inside" qed-tool empty duplicate l2
    run qed-tool empty show
    [ "$status" -eq 0 ]
    [[ "$output" == *"the file ends inside"* ]]
}

@test "fragcheck: the original's definition and qemu's, named" {
    mkimage "$BATS_TEST_DIRNAME/../../fixtures/good-fragmented.qedtxt" f.qed
    run qed-tool f.qed fragcheck
    [ "$status" -eq 0 ]
    output=$(qemu-img check --output=json f.qed)
    fragmented=$(value 'd["fragmented-clusters"]') allocated=$(value 'd["allocated-clusters"]')
    run qed-tool f.qed fragcheck
    [[ "${lines[0]}" == "original qed-tool.py"* ]]
    [[ "${lines[1]}" == "qemu-img check"* ]]
    run qed-tool f.qed fragcheck --output=json
    [ "$(value 'd["qemu-img"]["fragmented-clusters"]')" -eq "$fragmented" ]
    [ "$(value 'd["qemu-img"]["allocated-clusters"]')" -eq "$allocated" ]
}

@test "fragcheck: the original counts table boundaries, qemu does not" {
    mkimage --layout seq --virtual 4G --cluster-size 4096 --table-size 2 s.qed
    run qed-tool s.qed fragcheck --output=json
    [ "$(value 'd["qemu-img"]["fragmented-clusters"]')" -eq 0 ]
    [ "$(value 'd["original"]["fragmented-clusters"]')" -gt 0 ]
}

@test "the original's crash: fragcheck on an empty image" {
    qemu-img create -q -f qed empty.qed 1G
    run qed-tool empty.qed fragcheck
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == *"0/16384 = 0.00% allocated, 0.00% fragmented (0)" ]]
    mkimage "$BATS_TEST_DIRNAME/../../fixtures/good-zero-size.qedtxt" zero.qed
    run qed-tool zero.qed fragcheck
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == *"0/0 = 0.00% allocated"* ]]
}

@test "copy_metadata: sparse, without guest data, and qemu-img check says the same" {
    qed-tool a.qed invalidate l2 --seed 1 >/dev/null
    run --separate-stderr qed-tool a.qed copy_metadata copy.qed
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" == *"guest data are left out"*"says the same"* ]]
    [ "$(stat -c %s copy.qed)" -eq "$(stat -c %s a.qed)" ]
    [ "$(stat -c %b copy.qed)" -lt "$(stat -c %b a.qed)" ]
    for image in a copy; do
        run qemu-img check --output=json $image.qed
        value 'sorted((k, v) for k, v in d.items() if k != "filename")' >$image.json
    done
    cmp a.json copy.json
    absent -c AAAAAAAA copy.qed
}

@test "copy_metadata: says what was removed" {
    qemu-img create -q -f qed -F raw -b secret.raw -u b.qed 64M
    run qed-tool b.qed copy_metadata copy.qed
    [[ "$output" == *"removed: the name of the backing file (10 bytes)"* ]]
    absent -q secret copy.qed
}

@test "copy_metadata: of every fixture, whose verdict is told rightly, or refused" {
    copied=0
    for recipe in "$BATS_TEST_DIRNAME"/../../fixtures/*.qedtxt; do
        mkimage "$recipe" x.qed
        rm -f copy.qed
        run --separate-stderr qed-tool x.qed copy_metadata copy.qed
        if [ "$status" -eq 1 ]; then
            [ ! -e copy.qed ]
            [[ "$stderr" == "qed-tool: x.qed: the header is not sound: "* ]]
            continue
        fi
        copied=$((copied + 1))
        for image in x copy; do
            output=$(qemu-img check --output=json "json:{\"driver\":\"qed\",\"backing\":null,
                \"file\":{\"driver\":\"file\",\"filename\":\"$image.qed\"}}" 2>/dev/null || true)
            [ -z "$output" ] || value 'sorted((k, v) for k, v in d.items() if k != "filename")' >$image.json
            [ -n "$output" ] || echo cannot open >$image.json
        done
        if cmp -s x.json copy.json; then
            [[ "$stderr" == *"says the same"* ]]
        else
            [[ "$stderr" == *"says something else"* ]]
        fi
    done
    [ "$copied" -gt 40 ]
}

@test "copy_metadata: never onto its input, never over a file unless told to, never in halves" {
    ln a.qed link.qed
    ln -s a.qed symlink.qed
    before=$(identity a.qed | grep -v link)
    for out in a.qed link.qed symlink.qed ./a.qed; do
        refused "is the image itself" qed-tool a.qed copy_metadata $out
        refused "is the image itself" qed-tool a.qed copy_metadata $out --force
    done
    [ "$(identity a.qed)" = "$before" ]
    echo precious >there
    refused "exists" qed-tool a.qed copy_metadata there
    [ "$(cat there)" = precious ]
    qed-tool a.qed copy_metadata there --force
    qemu-img check there
    files=$(listing .)
    run strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:error=ENOSPC:when=2 \
        qed-tool a.qed copy_metadata half.qed
    [ "$status" -eq 1 ]
    [[ "$output" == *"No space left"* ]]
    [ "$(listing .)" = "$files" ]
}

@test "copy_metadata: refuses what has no sound header, with the reason" {
    for name in bad-cluster-size-odd bad-l1-offset-beyond unsupported-no-magic unsupported-feature; do
        mkimage "$BATS_TEST_DIRNAME/../../fixtures/$name.qedtxt" x.qed
        refused "the header is not sound: " qed-tool x.qed copy_metadata out.qed
        [ ! -e out.qed ]
    done
}

@test "qed-tool links neither libarchive nor zlib, and only edit.c can open for writing" {
    run ldd "$(command -v qed-tool)"
    [[ "$output" == *libjansson* ]]
    [[ "$output" != *libarchive* ]]
    [[ "$output" != *libz.* ]]
    cd "$BATS_TEST_DIRNAME/../.."
    [ "$(grep -rlwE 'O_RDWR' src/base src/qed src/qed-tool)" = src/qed-tool/edit.c ]
    [ "$(wc -l <src/qed-tool/edit.c)" -lt 200 ]
    run nm "$(command -v qedscrub)"
    [[ "$output" != *edit_apply* ]]
    [[ "$output" != *" edit_"* ]]
}
