# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests with injected faults share. They need root, for mounts.

load ../cli/common

# States what the test is about to show: a promise of docs/reliability.md, the fault, how often it is
# injected. teardown() enters it in $FAULTS_LOG with the result.
promise() {
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$BATS_TEST_TMPDIR/.promises"
}

setup() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "these tests mount file systems: run them as root" >&2
        return 1
    fi
    cd "$BATS_TEST_TMPDIR"
    mkdir out
}

teardown() {
    local result=broken mounted
    if [ "$BATS_TEST_COMPLETED" = 1 ]; then
        result=kept
    fi
    if [ -e .promises ] && [ -n "${FAULTS_LOG:-}" ]; then
        sed "s/\$/\t$result/" .promises >>"$FAULTS_LOG"
    fi
    cd /
    # The last one mounted goes first.
    grep -o " $BATS_TEST_TMPDIR/[^ ]*" /proc/mounts | tac | while read -r mounted; do
        umount "$mounted" || umount -l "$mounted"
    done
}

# A run that must fail with one clear line, and leave nothing in the folder $1: FOLDER STATUS TEXT
# COMMAND...
fails() {
    local folder=$1 expected=$2 text=$3 before
    shift 3
    before=$(listing "$folder")
    run timeout 60 "$@"
    [ "$status" -eq "$expected" ]
    [[ "$output" == "qedscrub: "*"$text"* ]]
    [ "${#lines[@]}" -eq 1 ]
    [ "$(listing "$folder")" = "$before" ]
}

# A folder on a file system of its own: FOLDER OPTIONS...
tmpfs() {
    local folder=$1
    shift
    mkdir -p "$folder"
    mount -t tmpfs "$@" none "$folder"
}

# Serves a file as disk/image through nbdkit: FILE FILTERS...
serve() {
    local file=$1
    shift
    mkdir -p disk
    : >disk/image
    nbdfuse -r disk/image --command nbdkit -s --exit-with-parent file "$file" "$@" >/dev/null 2>&1 3>&- &
    for _ in $(seq 200); do
        if [ "$(stat -c %s disk/image)" -gt 0 ]; then
            return 0
        fi
        sleep 0.05
    done
    return 1
}

# As identity(), of an image too long to be read as a whole.
tables_identity() {
    sync "$1"
    stat -c '%n %s %b %Y %Z %i' "$1"
    head -c 4M "$1" | sha256sum
}

# A file system in a file: KIND FILE FOLDER SIZE [mkfs options...]
loop() {
    local kind=$1 file=$2 folder=$3 size=$4
    shift 4
    truncate -s "$size" "$file"
    "mkfs.$kind" -q "$@" "$file" >/dev/null 2>&1
    mkdir -p "$folder"
    mount -o loop "$file" "$folder"
}

# An image of several MiB of tables in a sparse file.
make_big_image() {
    mkimage --layout frag:30 --virtual "${2:-64G}" --seed 3 "$1" >/dev/null
}
