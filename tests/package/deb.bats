#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package: builds, the same bits twice, lintian has nothing to say, its own test passes.

bats_require_minimum_version 1.5.0

setup_file() {
    export PLACE=$BATS_FILE_TMPDIR
    cd "$BATS_TEST_DIRNAME/../.."
    # The tree as committed, and what is not committed yet.
    for copy in first second/deeper; do
        mkdir -p "$PLACE/$copy/source"
        git ls-files -z | xargs -0 cp --parents -t "$PLACE/$copy/source" --
    done
}

build_package() {
    (cd "$1/source" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u CFLAGS -u LDFLAGS -u BUILD \
        dpkg-buildpackage -us -uc -b) >"$1/log" 2>&1 || { tail -n 40 "$1/log" && return 1; }
}

@test "the package builds" {
    build_package "$PLACE/first"
    ls "$PLACE"/first/qedscrub_*.deb
}

@test "a second build at another place and time gives the same bits" {
    TZ=Asia/Tokyo LC_ALL=C build_package "$PLACE/second/deeper"
    cmp "$PLACE"/first/qedscrub_*.deb "$PLACE"/second/deeper/qedscrub_*.deb
}

@test "lintian finds neither errors nor warnings" {
    run -0 lintian --allow-root --fail-on error,warning "$PLACE"/first/qedscrub_*.changes
}

@test "the package's own test passes on what is in it" {
    dpkg-deb -x "$PLACE"/first/qedscrub_*_*.deb "$PLACE/root"
    env PATH="$PLACE/root/usr/bin:$PATH" MANPATH="$PLACE/root/usr/share/man" \
        bash "$BATS_TEST_DIRNAME/../../debian/tests/pack-and-check"
}
