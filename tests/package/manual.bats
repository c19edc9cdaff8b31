#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages: clean, and in step with --help.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    pages=(src/qedscrub/qedscrub.1 src/qed-tool/qed-tool.1 bugreport/qedscrub-bundle.5)
}

# The long options of what a program prints as help, one a line.
options_listed() {
    "$@" --help | sed -nE 's/^ +(-., )?(--[a-z0-9-]+).*/\2/p'
}

# The long options that the lists of a manual page explain.
options_explained() {
    sed -nE 's/^\.It Fl (. , )?-([a-z0-9-]+).*/--\2/p' "$1" | sort -u
}

@test "mandoc and man find nothing to complain of" {
    for page in "${pages[@]}"; do
        # References to one another are found once the pages are installed.
        run mandoc -T lint -W style "$page"
        run -1 grep -vE 'referenced manual not found|makewhatis' <<<"$output"
        run -0 --separate-stderr man --warnings -l "$page"
        [ -z "$stderr" ]
    done
}

@test "every option of --help is explained in the manual, and no other" {
    diff <(options_listed "$BUILD/qed-tool" | sort -u) <(options_explained src/qed-tool/qed-tool.1)
    diff <(for command in pack info audit verify restore merge diff; do
        options_listed "$BUILD/qedscrub" $command
    done | sort -u) <(options_explained src/qedscrub/qedscrub.1)
}

@test "every command of --help is in the manual, and no other" {
    diff <("$BUILD/qedscrub" --help | sed -nE 's/^  (\[pack\]|[a-z]+) [A-Z].*/\1/p' | tr -d '[]' | sort) \
        <(sed -nE 's/^\.It Ic ([a-z]+)$/\1/p' src/qedscrub/qedscrub.1 | sort)
}
