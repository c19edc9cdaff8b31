#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages: clean, and in step with --help.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    pages=(src/qedscrub/qedscrub.1 src/qed-tool/qed-tool.1 bugreport/qedscrub-bundle.5)
}

# The long options that a text names, one a line.
options_in() {
    grep -oE -- '--[a-z][a-z-]+' | sort -u
}

# The long options of a manual page: those that its lists explain.
options_explained() {
    sed -nE 's/^\.It Fl (. , )?-([a-z-]+).*/--\2/p' "$1" | sort -u
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
    for program in qedscrub qed-tool; do
        diff <("$BUILD/$program" --help | grep -E '^ +(-., )?--' | sed -E 's/^( *(-., )?--[a-z-]+).*/\1/' | options_in) \
            <(options_explained "src/$program/$program.1")
    done
}
