#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What make install, uninstall, dist and static leave behind.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    stage=$BATS_TEST_TMPDIR/stage
}

# make without the jobserver and variables of the make that runs the tests.
own_make() {
    : "${BUILD:?tests/run sets it}"
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory BUILD="$BUILD" "$@"
}

@test "install puts programs, manuals and completions in place, and nothing else" {
    own_make install DESTDIR="$stage" PREFIX=/usr
    run -0 bash -c "cd '$stage' && find . -type f | LC_ALL=C sort"
    [ "$output" = "./usr/bin/qed-tool
./usr/bin/qedscrub
./usr/share/bash-completion/completions/qed-tool
./usr/share/bash-completion/completions/qedscrub
./usr/share/fish/vendor_completions.d/qed-tool.fish
./usr/share/fish/vendor_completions.d/qedscrub.fish
./usr/share/man/man1/qed-tool.1
./usr/share/man/man1/qedscrub.1
./usr/share/man/man5/qedscrub-bundle.5
./usr/share/zsh/vendor-completions/_qed-tool
./usr/share/zsh/vendor-completions/_qedscrub" ]
    run -0 "$stage/usr/bin/qedscrub" --version
    run -0 env MANPATH="$stage/usr/share/man" man --pager=cat qedscrub-bundle
    [[ $output == *"metadata image"* ]]
}

@test "install over an older one works, and uninstall leaves nothing" {
    own_make install DESTDIR="$stage"
    echo old >"$stage/usr/local/bin/qedscrub"
    own_make install DESTDIR="$stage"
    run -0 "$stage/usr/local/bin/qedscrub" --version
    own_make uninstall DESTDIR="$stage"
    run -0 find "$stage" -type f
    [ -z "$output" ]
}

@test "the programs load only the libraries that were chosen" {
    run -0 bash -c "readelf -d '$BUILD/qedscrub' '$BUILD/qed-tool' | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort -u"
    allowed='^(libarchive|libc|libdeflate|libjansson|libnettle|libseccomp|libz|ld-linux[a-z0-9-]*)\.so\.[0-9]+$'
    run -1 grep -vE "$allowed" <<<"$output"
}

@test "the tarball is the same each time, and builds" {
    [ -d .git ] || [ -f .git ] || skip "not a git checkout: the tarball is made of a commit"
    own_make dist
    tarball=$(echo "$BUILD"/qedscrub-*.tar.gz)
    cp "$tarball" "$BATS_TEST_TMPDIR/first"
    own_make dist
    cmp "$tarball" "$BATS_TEST_TMPDIR/first"
    tar xzf "$tarball" -C "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"/qedscrub-*/
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -j2 BUILD=out all
    run -0 out/qedscrub --version
}

@test "static programs need no libraries, are small, and do the main job" {
    own_make static
    run -0 readelf -ld "$BUILD/static/qedscrub"
    [[ $output != *INTERP* && $output != *NEEDED* ]]
    [ "$(stat -c %s "$BUILD/static/qedscrub")" -lt 5000000 ]
    [ "$(stat -c %s "$BUILD/static/qed-tool")" -lt 2500000 ]
    cd "$BATS_TEST_TMPDIR"
    qemu-img create -q -f qed a.qed 64M
    for archive in a.tar.gz a.tar.zst a.tar.xz; do
        "$BUILD/static/qedscrub" a.qed -o "$archive"
        tar tf "$archive" >/dev/null
    done
    run -0 "$BUILD/static/qed-tool" a.qed show
}
