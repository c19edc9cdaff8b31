# SPDX-License-Identifier: GPL-2.0-or-later
# What the bats files share. Programs come from $BUILD, which tests/run puts on PATH.

bats_require_minimum_version 1.5.0

# A sound image of 64 MiB with some data, made by the real qemu tools.
make_image() {
    qemu-img create -q -f qed "$1" 64M
    qemu-io -f qed -c 'write -P 0x41 0 1M' -c 'write -P 0x42 32M 256k' -c 'write -z 256k 128k' \
        "$1" >/dev/null
}

# What must not change in a file that was only read.
identity() {
    stat -c '%n %s %b %Y %Z %i' "$@"
    sha256sum "$@"
}

# Overwrites bytes: FILE OFFSET BYTES (printf escapes).
patch() {
    printf "$3" | dd of="$1" bs=1 seek="$(($2))" conv=notrunc status=none
}

# The names in a folder, hidden ones too.
listing() {
    find "$1" -mindepth 1 | sort
}

# Fails if grep finds something, where a negated command would not fail a test.
absent() {
    if grep "$@"; then
        return 1
    fi
}

# Runs a line of shell that may write no more than some KiB to a file: KIB LINE. Where programs are
# built for coverage, what they note of it would be cut as well, and goes nowhere instead.
cramped() {
    GCOV_PREFIX=/dev/null bash -c "ulimit -f $1; $2"
}

# strace, which the leak checker of a sanitized build does not bear.
traced() {
    ASAN_OPTIONS=detect_leaks=0 strace -f "$@"
}

# Runs a program as a user without rights, from a copy here: the build may be in a private place.
as_nobody() {
    local program=$1
    shift
    cp -f "$(command -v "$program")" . && chmod 755 . "$program"
    setpriv --reuid=65534 --regid=65534 --clear-groups "./$program" "$@"
}

# Runs a command in namespaces of its own, told by unshare's options. Root can have them without a
# user namespace, which a chroot does not give.
apart() {
    if [ "$(id -u)" -eq 0 ]; then
        unshare "$@"
    else
        unshare --map-root-user "$@"
    fi
}

# Waits until a command succeeds, half a minute at most.
until_true() {
    for _ in $(seq 300); do
        ! "$@" || return 0
        sleep 0.1
    done
    return 1
}
