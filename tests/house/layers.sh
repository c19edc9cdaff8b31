#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The house rules that a script can check: who may include whom, who may write, where big libraries
# are known, licence lines, sizes.
set -u
cd "$(dirname "$0")/../.." || exit 1
number=0 bad=0

# Prints a test; what follows the name are offending lines.
rule() {
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '#   %s\n' "$2"
        bad=1
    fi
}

# Includes in folder $1 of project headers outside the folders that follow.
strangers() {
    local folder=$1
    shift
    grep -rnE '#include "' "$folder" --include='*.[ch]' | grep -vE "#include \"($(IFS='|'; echo "$*"))/"
}

rule "base knows only itself" "$(strangers src/base base)"
rule "qed knows base and itself" "$(strangers src/qed base qed)"
rule "bugreport knows base, qed and itself" "$(strangers bugreport base qed bugreport)"
rule "qedscrub knows base, qed, bugreport and itself" \
    "$(strangers src/qedscrub base qed bugreport qedscrub)"
rule "qed-tool knows base, qed and itself" "$(strangers src/qed-tool base qed qed-tool)"
rule "one file that writes and one that reads know libarchive" \
    "$(grep -rlE '<archive(_entry)?\.h>' src bugreport |
        grep -vE '^bugreport/(pack/tarball|unpack/stream_filter)\.c$')"
rule "libarchive inflates for us, and reads no format" \
    "$(grep -rnoE 'archive_read_support_[a-z_]*' src bugreport |
        grep -vE 'unpack/stream_filter\.c:[0-9]+:archive_read_support_(filter_zstd|filter_xz|format_raw)$')"
rule "only edit.c, and journal.c its journal, open anything for reading and writing" \
    "$(grep -rnw O_RDWR src bugreport | grep -vE '^src/(qed-tool/edit|qedscrub/journal)\.c:')"
rule "the libraries never print" \
    "$(grep -rnE '\b(printf|puts|perror)\(|\b(stdout|stderr)\b' src/base src/qed bugreport --include='*.[ch]')"
rule "every source file starts with its licence" \
    "$(git ls-files '*.c' '*.h' '*.py' '*.bats' scripts tests/run tests/lint tests/house tests/faults .ci Makefile |
        while read -r file; do
            head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || echo "$file"
        done)"
rule "no source file is over 450 lines" \
    "$(git ls-files '*.c' '*.h' | xargs wc -l | awk '$2 != "total" && $1 > 450 {print $2, $1}')"
rule "every fixture is in the register" \
    "$(for file in fixtures/*.qedtxt; do
        name=$(basename "$file" .qedtxt)
        grep -q "$name" fixtures/README.md && grep -q "^$name " fixtures/expected.txt || echo "$name"
    done)"
rule "no test is a stub" "$(grep -rnE '(^|[^a-z])(TODO|FIXME|XXX)([^a-z]|$)' src bugreport tests scripts Makefile |
    grep -v 'house/layers.sh')"
if [ -e "$BUILD/qedscrub" ]; then
    rule "qedscrub has nothing of the editor" "$(nm "$BUILD/qedscrub" | grep -E ' [tT] edit_')"
fi
if [ -e "$BUILD/qed-tool" ]; then
    rule "qed-tool links neither libarchive, zlib nor libseccomp" \
        "$(ldd "$BUILD/qed-tool" | grep -E 'libarchive|libz\.|libseccomp')"
fi
echo "1..$number"
exit $bad
