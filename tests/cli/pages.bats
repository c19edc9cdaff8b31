#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pages: which commands make them, and what is in them. How they look is tests/browser's business.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir images
    make_image images/a.qed
    for fixture in good-fragmented bad-many bad-leak; do
        mkimage "$BATS_TEST_DIRNAME/../../fixtures/$fixture.qedtxt" images/$fixture.qed >/dev/null
    done
}

@test "info makes a page with maps, a table behind each" {
    qedscrub info --output=html images/good-fragmented.qed >page.html
    for id in meaning dots guest file runs worst findings host; do
        grep -q "<h2 id=\"$id\">" page.html
    done
    [ "$(grep -c '<summary>As a table</summary>' page.html)" -eq 4 ]
    grep -q 'images/good-fragmented.qed' page.html
}

@test "a page of a bundle tells what was removed, and nothing of the host" {
    qedscrub -q images/bad-leak.qed -o bug.tar.gz
    tar xOf bug.tar.gz qedscrub/report.html >page.html
    grep -q '<h2 id="copy">' page.html
    absent -q 'id="host"' page.html
    absent -q 'bad-leak.qed' page.html
}

@test "a header that breaks the rules gives a page without maps" {
    mkimage "$BATS_TEST_DIRNAME"/../../fixtures/bad-table-size-odd.qedtxt h.qed
    qedscrub info --output=html h.qed >page.html || [ $? -eq 2 ]
    absent -q 'role="img"' page.html
    grep -q 'header-table-size' page.html
}

@test "audit: a page of all images; merged records that kept their maps give the same" {
    qedscrub audit --exit-zero --output=html images >page.html
    [ "$(grep -c 'class="sketch"' page.html)" -eq 4 ]
    grep -q '2 of 4 images fail' page.html
    qedscrub audit --exit-zero --map --output=ndjson images >with.ndjson
    qedscrub merge --exit-zero --output=html with.ndjson | cmp - page.html
    qedscrub audit --exit-zero --output=ndjson --report html=too.html images >without.ndjson
    cmp too.html page.html
    qedscrub audit --exit-zero --output=ndjson images >without.ndjson
    absent -q guest-map without.ndjson
    qedscrub merge --exit-zero --output=html without.ndjson | absent 'class="sketch"'
}

@test "no maps in the records of bundles, and a bundle that has them is not proved" {
    qedscrub -q images/a.qed -o bug.tar
    tar xOf bug.tar qedscrub/report.json | absent '"guest-map"'
    qedscrub verify bug.tar
    /usr/bin/python3 - <<'END'
import hashlib, tarfile
with tarfile.open("bug.tar") as archive:
    member = archive.getmember("qedscrub/report.json")
bundle = bytearray(open("bug.tar", "rb").read())
begin, end = member.offset_data, member.offset_data + member.size
report = bytes(bundle[begin:end])
# Of the same length: the map takes the place of four lines' indentation.
changed = report.replace(b"\n    ", b"\n", 4).replace(b"{", b'{"guest-map":"1",', 1)
assert len(changed) == len(report)
bundle[begin:end] = changed
bundle = bundle.replace(hashlib.sha256(report).hexdigest().encode(),
                        hashlib.sha256(changed).hexdigest().encode())
open("spoiled.tar", "wb").write(bundle)
END
    run qedscrub verify spoiled.tar
    [ "$status" -eq 1 ]
    [[ "$output" == *"has maps, which no bundle has there"* ]]
}
