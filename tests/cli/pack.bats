#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job as a user sees it: where bundles go, what is in them, what is said.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
}

@test "pack writes a bundle, says so on standard error, and exits 0" {
    run --separate-stderr qedscrub a.qed -o bug.tar.gz
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" == *"bug.tar.gz: "*"sha256:            $(sha256sum bug.tar.gz | cut -d' ' -f1)"* ]]
    [[ "$stderr" == *"verdict:           consistent"*"identical"* ]]
    [[ "$stderr" == *"small enough:      GitHub (25 MB), GitLab (100 MiB), stock Bugzilla (1000 KB)"* ]]
}

@test "the word pack may be left out, and may be given" {
    qedscrub -q a.qed -o one.tar.gz
    qedscrub pack -q a.qed -o two.tar.gz
    cmp one.tar.gz two.tar.gz
}

@test "members: names, order, owners and times are constants" {
    qedscrub -q a.qed -o bug.tar.gz
    run tar --numeric-owner -tvf bug.tar.gz --utc
    [ "$(awk '{print $6}' <<<"$output" | xargs)" = \
      "qedscrub/README.txt qedscrub/ISSUE.md qedscrub/report.txt qedscrub/report.json qedscrub/report.html qedscrub/image.qed qedscrub/manifest.json" ]
    [ "$(awk '{print $1, $2, $4, $5}' <<<"$output" | sort -u)" = "-rw-r--r-- 0/0 1970-01-01 00:00" ]
}

@test "GNU tar, bsdtar and Python unpack the same sparse image" {
    mkimage --layout frag:30 --virtual 256G --seed 3 big.qed
    qedscrub -q big.qed -o bug.tar.gz
    mkdir gnu bsd python
    tar xf bug.tar.gz -C gnu
    bsdtar xf bug.tar.gz -C bsd
    /usr/bin/python3 -c 'import tarfile; tarfile.open("bug.tar.gz").extractall("python")'
    for image in {gnu,bsd,python}/qedscrub/image.qed; do
        [ "$(stat -c %s $image)" -eq "$(stat -c %s big.qed)" ]
        # The tables take 32 MiB; the file pretends to be 256 GiB.
        [ "$(stat -c %b $image)" -le $((40 * 2048)) ]
        /usr/bin/python3 - big.qed $image <<'END'
import os, sys
a, b = (os.open(name, os.O_RDONLY) for name in sys.argv[1:3])
end, at, seen = os.fstat(b).st_size, 0, 0
while at < end:
    try:
        at = os.lseek(b, at, os.SEEK_DATA)
    except OSError:
        break
    stop = os.lseek(b, at, os.SEEK_HOLE)
    while at < stop:
        size = min(1 << 20, stop - at)
        assert os.pread(a, size, at) == os.pread(b, size, at), hex(at)
        at, seen = at + size, seen + size
assert seen > 32 << 20, seen
END
    done
}

@test "the copy works in qemu-img: info, check and map say what they say of the original" {
    qedscrub -q a.qed -o bug.tar.gz
    tar xf bug.tar.gz
    for command in info check map; do
        qemu-img $command --output=json a.qed | sed 's/a\.qed/X/' >original
        qemu-img $command --output=json qedscrub/image.qed | sed 's,qedscrub/image\.qed,X,' >copy
        diff <(grep -v actual-size original) <(grep -v actual-size copy)
    done
}

@test "a backing file is neither opened nor named" {
    qemu-img create -q -f qed -b /nowhere/secret-base.img -F raw -u b.qed 64M
    traced -o trace -e trace=file qedscrub b.qed -o bug.tar
    absent secret-base trace
    absent -a secret-base bug.tar
    tar xf bug.tar
    qemu-img check qedscrub/image.qed
    [[ "$(cat qedscrub/report.txt)" == *"backing file name was removed"* ]]
}

@test "--keep-backing-name keeps it in copy and report" {
    qemu-img create -q -f qed -b base.img -F raw -u b.qed 64M
    qedscrub -q b.qed -o bug.tar.gz --keep-backing-name
    tar xf bug.tar.gz
    [[ "$(qemu-img info --output=json qedscrub/image.qed)" == *'"backing-filename": "base.img"'* ]]
    grep -q 'backing file .*base.img' qedscrub/report.txt
}

@test "the image's own name and place are not in the bundle, unless asked for" {
    mkdir very-secret-folder
    mv a.qed very-secret-folder/very-secret-name.qed
    qedscrub -q very-secret-folder/very-secret-name.qed -o bug.tar
    absent -a very-secret bug.tar
    absent -a "$(hostname)" bug.tar
    qedscrub -q very-secret-folder/very-secret-name.qed -o named.tar --keep-names
    grep -aq very-secret-name.qed named.tar
    absent -a very-secret-folder named.tar
}

@test "same input, same bytes: at another time, under another name, from a dense file" {
    qedscrub -q a.qed -o one.tar.gz
    mkdir elsewhere
    cp --sparse=never a.qed elsewhere/b.qed
    sleep 1.1
    (cd elsewhere && qedscrub -q b.qed -o two.tar.gz)
    cmp one.tar.gz elsewhere/two.tar.gz
}

@test "same input, same bytes: as another user, elsewhere, with another mask, language and clock" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
    qedscrub -q a.qed -o one.tar.gz
    mkdir -p elsewhere/mine
    chown 65534 elsewhere/mine
    cp a.qed elsewhere/other.qed
    chmod 644 elsewhere/other.qed
    cd elsewhere
    umask 077
    LC_ALL=C TZ=Asia/Tokyo HOME=/nowhere USER=nobody as_nobody qedscrub -q other.qed -o mine/two.tar.gz -j 1
    cmp ../one.tar.gz mine/two.tar.gz
    [ "$(stat -c %u mine/two.tar.gz)" -eq 65534 ]
}

@test "SOURCE_DATE_EPOCH sets the time of the members" {
    SOURCE_DATE_EPOCH=86400 qedscrub -q a.qed -o bug.tar.gz
    [ "$(tar --utc -tvf bug.tar.gz | awk '{print $4}' | sort -u)" = 1970-01-02 ]
}

@test "--label names the folder, and must be harmless" {
    qedscrub -q a.qed -o bug.tar.gz --label qemu-bug-4711
    [ "$(tar tf bug.tar.gz | cut -d/ -f1 | sort -u)" = qemu-bug-4711 ]
    for label in ../up a/b '' .hidden -dash; do
        run qedscrub -q a.qed -o x.tar.gz "--label=$label"
        [ "$status" -eq 1 ]
    done
    [ ! -e x.tar.gz ]
}

@test "the name's ending picks the compression" {
    for ending in tar tar.gz tar.zst tar.xz; do
        qedscrub -q a.qed -o bug.$ending
        mkdir $ending
        bsdtar xf bug.$ending -C $ending
        cmp tar/qedscrub/image.qed $ending/qedscrub/image.qed
    done
    [ "$(head -c 2 bug.tar.gz | od -An -tx1)" = " 1f 8b" ]
    [ "$(head -c 4 bug.tar.zst | od -An -tx1)" = " 28 b5 2f fd" ]
    [ "$(head -c 6 bug.tar.xz | od -An -tx1)" = " fd 37 7a 58 5a 00" ]
}

@test "-o - writes to standard output" {
    qedscrub -q a.qed -o - >piped.tar.gz
    qedscrub -q a.qed -o named.tar.gz
    cmp piped.tar.gz named.tar.gz
}

@test "-o - refuses a terminal" {
    run script -qec 'qedscrub -q a.qed -o -' /dev/null
    [ "$status" -eq 1 ]
    [[ "$output" == *"standard output is a terminal"* ]]
}

@test "-o DIR/ writes one bundle per image, numbered where stems collide" {
    mkdir x y out
    cp a.qed x/disk.qed
    cp a.qed y/disk.qed
    cp a.qed other.img
    qedscrub -q x/disk.qed y/disk.qed other.img -o out/
    [ "$(listing out)" = "$(printf 'out/disk-2.bug.tar.gz\nout/disk.bug.tar.gz\nout/other.bug.tar.gz')" ]
}

@test "several images: the worst status counts, and the others are packed" {
    mkdir out
    echo nothing >b.qed
    run qedscrub -q a.qed b.qed missing.qed -o out
    [ "$status" -eq 1 ]
    [ "$(listing out)" = out/a.bug.tar.gz ]
    run qedscrub -q b.qed -o out
    [ "$status" -eq 63 ]
}

@test "several images need a directory" {
    run qedscrub a.qed a.qed -o bug.tar.gz
    [ "$status" -eq 1 ]
    [[ "$output" == *"existing directory"* ]]
}

@test "the number of threads does not show; --deflate=zlib unpacks to the same" {
    mkimage --layout frag:30 --virtual 64G --seed 4 big.qed
    qedscrub -q big.qed -o one.tar.gz -j1
    for jobs in 2 3 7; do
        qedscrub -q big.qed -o more.tar.gz --force --jobs $jobs
        cmp one.tar.gz more.tar.gz
    done
    qedscrub -q big.qed -o plain.tar.gz --deflate=zlib
    gzip -t one.tar.gz plain.tar.gz
    cmp <(gzip -dc one.tar.gz) <(gzip -dc plain.tar.gz)
    run -1 cmp -s one.tar.gz plain.tar.gz
    for wrong in -j0 -j -jx --jobs=257 --deflate=best; do
        run -1 qedscrub big.qed -o wrong.tar.gz $wrong
    done
    [ ! -e wrong.tar.gz ]
}

@test "--dry-run tells the size that packing then has, and writes nothing" {
    run --separate-stderr qedscrub a.qed -o bug.tar.gz --dry-run
    [ "$status" -eq 0 ]
    [ ! -e bug.tar.gz ]
    [[ "$output" == *image.qed*manifest.json* ]]
    told=$(grep -o '([0-9]* bytes)' <<<"${lines[0]}" | tr -dc 0-9)
    qedscrub -q a.qed -o bug.tar.gz
    [ "$(stat -c %s bug.tar.gz)" -eq "$told" ]
}

@test "an existing bundle is replaced only with --force" {
    echo precious >bug.tar.gz
    run qedscrub a.qed -o bug.tar.gz
    [ "$status" -eq 1 ]
    [[ "$output" == *"bug.tar.gz: exists"*--force* ]]
    [ "$(cat bug.tar.gz)" = precious ]
    qedscrub -q a.qed -o bug.tar.gz --force
    tar tf bug.tar.gz >/dev/null
}

@test "the bundle gets the permissions that umask allows" {
    (umask 027 && qedscrub -q a.qed -o bug.tar.gz)
    [ "$(stat -c %a bug.tar.gz)" = 640 ]
}

@test "-q says nothing" {
    run qedscrub -q a.qed -o bug.tar.gz
    [ -z "$output" ]
}

@test "corrupt and leaking images are packed with exit 0; report and closing line tell" {
    mkimage "$BATS_TEST_DIRNAME/../../fixtures/bad-many.qedtxt" bad.qed
    run qedscrub bad.qed -o bug.tar.gz
    [ "$status" -eq 0 ]
    [[ "$output" == *"verdict:           corrupt"* ]]
    tar xf bug.tar.gz
    grep -q '^Verdict: corrupt' qedscrub/report.txt
    grep -q 'l2-invalid' qedscrub/report.txt
}

@test "report.txt begins with the line that qemu-img check ends with" {
    qedscrub -q a.qed -o bug.tar.gz
    [ "$(tar xOf bug.tar.gz qedscrub/report.txt | head -n 1)" = "$(qemu-img check a.qed | tail -n 1)" ]
}

@test "a header that allows no copy gives reports only, and says so" {
    patch a.qed 48 '\001'
    run qedscrub a.qed -o bug.tar.gz
    [ "$status" -eq 0 ]
    [[ "$output" == *"reports only"* ]]
    [[ "$(tar tf bug.tar.gz)" != *image.qed* ]]
    [[ "$(tar xOf bug.tar.gz qedscrub/README.txt)" == *"No copy"* ]]
}

@test "a table that data claim too is not believed, and the report says which" {
    printf 'cluster-size 4K\ntable-size 2\nimage-size 16M\ndata 0 2\ndata 4M 3\nl2 1 0 table:0\n' |
        mkimage - bad.qed
    qedscrub -q bad.qed -o bug.tar.gz
    [[ "$(tar xOf bug.tar.gz qedscrub/report.txt)" == *"suspect: the L2 table at 0x"*"referred to as data"*"stand-ins"* ]]
    tar xf bug.tar.gz
    run qemu-img check --output=json qedscrub/image.qed
    [[ "$output" == *'"corruptions": 1'* ]]
    [ "$status" -eq 2 ]
}

@test "--faithful keeps what stand-ins would replace, and says so" {
    printf 'cluster-size 4K\ntable-size 2\nimage-size 16M\ndata 0 2\ndata 4M 2\nl2 1 0 table:0\n' |
        mkimage - bad.qed
    qedscrub -q bad.qed -o bug.tar --faithful
    tar xf bug.tar
    [[ "$(cat qedscrub/report.txt)" == *"--faithful: what looks like an offset was kept"* ]]
    [ "$(qemu-img map --output=json qedscrub/image.qed | grep -v filename)" = \
      "$(qemu-img map --output=json bad.qed | grep -v filename)" ]
}

@test "a copy can be packed again, and its copy is the same" {
    printf 'cluster-size 4K\ntable-size 2\nimage-size 16M\ndata 0 9\nl2 0 4 5\nl2 0 5 0x5005\nl1 4 3\n' |
        mkimage - bad.qed
    qedscrub -q bad.qed -o bug.tar
    tar xf bug.tar
    qedscrub -q qedscrub/image.qed -o again.tar --label again
    tar xf again.tar
    cmp qedscrub/image.qed again/image.qed
}

@test "ISSUE.md: the tracker's headings, filled in; of the host only what is asked for" {
    qedscrub -q a.qed -o bug.tar.gz
    tar xOf bug.tar.gz qedscrub/ISSUE.md >plain.md
    [ "$(grep '^## ' plain.md)" = "$(printf '## %s\n' 'Host environment' \
        'Emulated/Virtualized environment' 'Description of problem' 'Steps to reproduce' \
        'Additional information')" ]
    grep -q 'Verdict: consistent; 0 corruptions' plain.md
    grep -q "$(qemu-img check a.qed | tail -n 1)" plain.md
    grep -q 'Architecture: <!-- uname -m -->' plain.md
    grep -q '(libarchive [0-9.]* zlib/' plain.md
    absent -qF "$(uname -r)" plain.md
    qedscrub -q --host-facts a.qed -o told.tar.gz
    tar xOf told.tar.gz qedscrub/ISSUE.md >told.md
    grep -qF "Architecture: $(uname -m)" told.md
    grep -qF "kernel version: Linux $(uname -r)" told.md
    . /etc/os-release
    grep -qF "Operating system: $PRETTY_NAME" told.md
    qedscrub verify told.tar.gz
}

@test "the node name is in no bundle" {
    apart --uts sh -c 'hostname canary-node && qedscrub -q --host-facts a.qed -o bug.tar.gz'
    tar xOf bug.tar.gz | absent -a canary-node
}

@test "--host-facts: what an os-release says is plain text in ISSUE.md" {
    apart --mount sh -c 'printf "PRETTY_NAME=\"--> <b>*x* \`y\` [z]\"\n" >release &&
        mount --bind release "$(realpath /etc/os-release)" &&
        qedscrub -q --host-facts a.qed -o bug.tar.gz'
    tar xOf bug.tar.gz qedscrub/ISSUE.md | grep -F 'Operating system: --? ?b??x? ?y? ?z?'
}
