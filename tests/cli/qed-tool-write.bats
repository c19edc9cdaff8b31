#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# qed-tool's commands that write, each judged by the real qemu-img and qemu-io.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
    cp a.qed original.qed
}

# A value of JSON on standard input: an expression of Python, in which d is all of it.
value() {
    /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

# What the real qemu-img check counts: corruptions, leaks, exit status.
real_check() {
    local status=0
    qemu-img check --output=json "$1" >check.json || status=$?
    echo "$(value 'd.get("corruptions", 0), d.get("leaks", 0)' <check.json)" $status
}

# Runs an edit of a.qed, and holds the announced figures against the real ones, the bytes that
# differ against the announced writes, and undo against the original.
edit() {
    cp a.qed before.qed
    rm -f undo.json
    qed-tool a.qed "$@" --output=json --save-undo undo.json >edit.json
    announced=$(value '(lambda q: "%s %d" % ((q["corruptions"], q["leaks"]), q["exit-status"]))(d["after"]["qemu-img"])' <edit.json)
    [ "$(real_check a.qed)" = "$announced" ]
    only_writes_differ
    cp a.qed edited.qed
    qed-tool a.qed undo undo.json >/dev/null
    cmp a.qed before.qed
    cp edited.qed a.qed
}

# Compares all of before.qed and a.qed with the writes of edit.json.
only_writes_differ() {
    /usr/bin/python3 - <<'END'
import json
before, after = bytearray(open("before.qed", "rb").read()), open("a.qed", "rb").read()
for write in json.load(open("edit.json"))["writes"]:
    old, new = bytes.fromhex(write["old"]), bytes.fromhex(write["new"])
    assert len(old) == len(new) <= 8
    assert before[write["offset"]:write["offset"] + len(old)] == old
    before[write["offset"]:write["offset"] + len(new)] = new
assert before == after
END
}

corruptions() {
    value "d['$1']['qemu-img']['corruptions']" <edit.json
}

@test "duplicate l1: exactly the corruptions announced" {
    edit duplicate l1
    [ "$(corruptions after)" -eq 4 ]
    [ "$(value 'len(d["writes"])' <edit.json)" -eq 1 ]
}

@test "the original's crash: duplicate l2" {
    edit duplicate l2
    [ "$(corruptions after)" -eq 1 ]
}

@test "invalidate l1: each kind, exactly the corruptions announced" {
    for kind in beyond-eof unaligned in-header table; do
        cp original.qed a.qed
        edit invalidate l1 --kind=$kind
        [ "$(corruptions after)" -ge 1 ]
    done
}

@test "the original's crash: invalidate l2" {
    edit invalidate l2
    [ "$(corruptions after)" -eq 1 ]
}

@test "invalidate l2: each kind, exactly the corruptions announced" {
    for kind in beyond-eof unaligned in-header table; do
        cp original.qed a.qed
        edit invalidate l2 --kind=$kind
        [ "$(corruptions after)" -ge 1 ]
    done
}

@test "invalidate --kind=in-header: an aligned offset where the header has two clusters" {
    mkimage "$BATS_TEST_DIRNAME/../../fixtures/good-header-size-2.qedtxt" a.qed
    edit invalidate l2 --kind=in-header
    [ "$(value 'd["writes"][0]["new"]' <edit.json)" = 0010000000000000 ]
}

@test "corruption upon corruption is announced exactly" {
    for seed in 1 2 3 4 5 6; do
        edit duplicate l2 --seed $seed
        edit invalidate l2 --seed $seed
    done
    [ "$(corruptions after)" -eq 12 ]
    edit duplicate l1 --seed 1
}

@test "--at names the element, and a live one leaks what it pointed at" {
    edit duplicate l2 --at 0:3
    [ "$(value 'd["after"]["leaks"]' <edit.json)" -eq 1 ]
    grep -q '"L2 element 0:3, at offset' edit.json
    cp original.qed a.qed
    edit invalidate l1 --at 0
    [ "$(value 'd["after"]["leaks"]' <edit.json)" -gt 20 ]
    cp original.qed a.qed
    edit invalidate l2 --at 0:32767
}

@test "--at: what is not there is refused" {
    for at in 1:0 0:32768 32768:0; do
        run qed-tool a.qed duplicate l2 --at $at
        [ "$status" -eq 1 ]
        [[ "$output" == *"nothing was written"* ]]
    done
    run qed-tool a.qed invalidate l1 --at 32768
    [ "$status" -eq 1 ]
    cmp a.qed original.qed
}

@test "duplicate never takes the value of a zero cluster" {
    for seed in $(seq 30); do
        cp original.qed a.qed
        [ "$seed" -gt 1 ] || qed-tool original.qed zerocluster @20 500 >/dev/null
        cp original.qed a.qed
        qed-tool a.qed duplicate l2 --seed "$seed" --output=json >edit.json
        [ "$(value 'd["writes"][0]["new"]' <edit.json)" != 0100000000000000 ]
        [ "$(corruptions after)" -eq 1 ]
    done
    qemu-img create -q -f qed z.qed 64M
    qemu-io -f qed -c 'write 0 64k' z.qed >/dev/null
    qed-tool z.qed zerocluster 0 >/dev/null
    run qed-tool z.qed duplicate l2
    [ "$status" -eq 1 ]
    [[ "$output" == *"no live L2 element"*"nothing was written"* ]]
}

@test "duplicate and invalidate on an image without any table are refused, with the reason" {
    qemu-img create -q -f qed e.qed 1G
    for command in "duplicate l1" "duplicate l2" "invalidate l2"; do
        cp e.qed e2.qed
        run qed-tool e.qed $command
        [ "$status" -eq 1 ]
        [[ "$output" == *"nothing was written"* ]]
        cmp e.qed e2.qed
    done
    qed-tool e.qed invalidate l1
    [[ "$(real_check e.qed)" == "(1, 0) 2" ]]
}

@test "--seed: the same choice again; without it another, and the seed is printed" {
    qed-tool a.qed duplicate l2 --seed 77 --dry-run >one
    qed-tool a.qed duplicate l2 --seed 77 --dry-run >two
    cmp one two
    grep -qx 'seed: 77' one
    run qed-tool a.qed duplicate l2 --dry-run
    seed=$(sed -n 's/^seed: //p' <<<"$output")
    [ "$(qed-tool a.qed duplicate l2 --dry-run --seed "$seed")" = "$output" ]
    [ "$(for i in 1 2 3 4 5 6; do qed-tool a.qed invalidate l2 --dry-run | grep ' -> '; done | sort -u | wc -l)" -gt 1 ]
}

@test "--dry-run prints the writes that are then made, and makes none" {
    for command in "duplicate l1" "duplicate l2" "invalidate l1" "invalidate l2 --kind table" \
        "zerocluster 0 40" "need_check on"; do
        cp original.qed a.qed
        seed="--seed 5"
        [[ "$command" == *l[12]* ]] || seed=
        qed-tool a.qed $command $seed --dry-run >dry
        grep -q 'dry run: nothing was written' dry
        cmp a.qed original.qed
        qed-tool a.qed $command $seed --output=json >edit.json
        cp original.qed before.qed
        only_writes_differ
        [ "$(grep -c ' -> ' dry)" -eq "$(value 'len(d["writes"])' <edit.json)" ]
        [ "$(sed -n 's/.* \([0-9a-f]*\) -> \([0-9a-f]*\)$/\1 \2/p' dry)" = \
          "$(value '"\n".join(w["old"] + " " + w["new"] for w in d["writes"])' <edit.json)" ]
    done
}

@test "zerocluster: reads back as zeroes, neighbours intact, the leak announced" {
    edit zerocluster 320k
    qemu-io -f qed -c 'read -P 0 320k 64k' a.qed >io
    qemu-io -f qed -c 'read -P 0x41 0 256k' -c 'read -P 0x41 384k 640k' -c 'read -P 0 256k 128k' \
        -c 'read -P 0x42 32M 256k' a.qed >>io
    absent -i 'verification failed' io
    [ "$(value 'd["after"]["leaks"]' <edit.json)" -eq 1 ]
    grep -q '"leaks 0x[0-9a-f]* to 0x[0-9a-f]*, 1 data cluster"' edit.json
}

@test "zerocluster: a count, a cluster number, suffixes; allocated and not" {
    edit zerocluster @14 4
    [ "$(value 'd["after"]["leaks"]' <edit.json)" -eq 2 ]
    [ "$(value 'len(d["writes"])' <edit.json)" -eq 4 ]
    qemu-io -f qed -c 'read -P 0x41 512k 384k' -c 'read -P 0 896k 1M' a.qed >io
    absent -i 'verification failed' io
    cp original.qed a.qed
    edit zerocluster 0x100000
    cp a.qed hex.qed
    cp original.qed a.qed
    edit zerocluster 1M
    cmp a.qed hex.qed
    cp original.qed a.qed
    edit zerocluster @16 1
    cmp a.qed hex.qed
}

@test "zerocluster: a second time there is nothing to do" {
    qed-tool a.qed zerocluster 0 4 >/dev/null
    cp a.qed before.qed
    run qed-tool a.qed zerocluster 0 4 --save-undo u.json
    [ "$status" -eq 0 ]
    [[ "$output" == *"nothing to do"* ]]
    cmp a.qed before.qed
}

@test "zerocluster: bounds are checked before anything is written" {
    for args in "64M" "63M 17" "@1024" "@0 1025" "@0 18446744073709551615" "18446744073709551615" \
        "@18446744073709551615 2" "@1023 2" "0 0" "@0 16E"; do
        run qed-tool a.qed zerocluster $args --save-undo u.json
        [ "$status" -eq 1 ]
        [ "${#lines[@]}" -le 2 ]
        [ ! -e u.json ]
        cmp a.qed original.qed
    done
    edit zerocluster 64512k
    edit zerocluster @1023
}

@test "zerocluster: all or nothing where a part of the range has no table" {
    qemu-img create -q -f qed -o cluster_size=4096,table_size=2 t.qed 64M
    qemu-io -f qed -c 'write -P 1 0 64k' -c 'write -P 1 8M 64k' t.qed >/dev/null
    cp t.qed t2.qed
    run qed-tool t.qed zerocluster 2M 1000
    [ "$status" -eq 1 ]
    [[ "$output" == *"L1 element 1 is unallocated"*"no L2 table"*"nothing was written"* ]]
    cmp t.qed t2.qed
    qed-tool t.qed zerocluster 0 1024
    qemu-io -f qed -c 'read -P 0 0 4M' -c 'read -P 1 8M 64k' t.qed >io
    absent -i 'verification failed' io
}

@test "zerocluster: across tables" {
    qemu-img create -q -f qed -o cluster_size=4096,table_size=2 t.qed 64M
    for mib in 0 4 8; do qemu-io -f qed -c "write -P 1 ${mib}M 4M" t.qed >/dev/null; done
    qed-tool t.qed zerocluster 4092k 1026
    qemu-io -f qed -c 'read -P 1 0 4092k' -c 'read -P 0 4092k 4104k' -c 'read -P 1 8196k 4092k' \
        t.qed >io
    absent -i 'verification failed' io
    [[ "$(real_check t.qed)" == "(0, 1026) 3" ]]
}

@test "zerocluster: a cluster that is referenced twice does not leak" {
    qed-tool a.qed duplicate l2 --at 0:100 --seed 1 --output=json >edit.json
    qed-tool a.qed zerocluster @100 --output=json >edit.json
    grep -q 'still referenced from elsewhere' edit.json
    [ "$(value 'd["after"]["leaks"]' <edit.json)" -eq 0 ]
    [[ "$(real_check a.qed)" == "(0, 0) 0" ]]
    cmp <(qemu-io -f qed -c 'read -v 0 1M' a.qed | head -n -2) \
        <(qemu-io -f qed -c 'read -v 0 1M' original.qed | head -n -2)
}

@test "need_check: shown, set, and repaired by qemu on a writable open" {
    [ "$(qed-tool a.qed need_check)" = "need_check: off" ]
    edit need_check on
    [ "$(value 'd["writes"]' <edit.json)" = "[{'offset': 16, 'old': '00', 'new': '02'}]" ]
    [ "$(qed-tool a.qed need_check)" = "need_check: on" ]
    qed-tool a.qed invalidate l2 >/dev/null
    [[ "$(real_check a.qed)" == "(1, 0) 2" ]]
    qemu-io -f qed -c 'read 0 512' a.qed >/dev/null
    [ "$(qed-tool a.qed need_check)" = "need_check: off" ]
    [[ "$(real_check a.qed)" == "(0, 0) 0" ]]
}

@test "the original's crash: need_check off" {
    qed-tool a.qed need_check on >/dev/null
    edit need_check off
    cmp a.qed original.qed
    run qed-tool a.qed need_check off
    [ "$status" -eq 0 ]
    [[ "$output" == *"nothing to do"* ]]
}

@test "no command changes a file that is not a sound image" {
    printf 'just some text, longer than a header of QED takes, which is 64 bytes: ......' >text
    for name in bad-cluster-size-odd bad-table-size-odd bad-header-size-zero bad-l1-offset-beyond \
        bad-image-size-over unsupported-feature unsupported-cut-header unsupported-empty; do
        mkimage "$BATS_TEST_DIRNAME/../../fixtures/$name.qedtxt" $name
    done
    for file in text bad-* unsupported-*; do
        for command in "duplicate l1" "duplicate l2" "invalidate l1" "invalidate l2" "zerocluster 0" \
            "need_check on" "need_check off" "undo undo.json"; do
            cp $file copy
            run qed-tool copy $command
            [ "$status" -eq 1 ]
            cmp copy $file
        done
    done
}

@test "nobody is told: nothing is done" {
    [ -e /dev/full ]
    run bash -c 'qed-tool a.qed duplicate l2 >/dev/full'
    [ "$status" -eq 1 ]
    [[ "$output" == *"nothing was written"* ]]
    cmp a.qed original.qed
}
