#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Untrusted bytes are read by a child process that can open nothing.

load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_image a.qed
}

# What was opened inside a sandbox: by a process that loads a filter from there on, and by all that
# neither do that nor are the first, which are threads of the others. Of a call during which another
# thread was heard the second line has the result.
opened_inside() {
    awk 'NR == FNR {
             if (FNR == 1) outside[$1] = 1
             if (/seccomp\(SECCOMP_SET_MODE_FILTER, 0, \{/) outside[$1] = 1
             next
         }
         /seccomp\(SECCOMP_SET_MODE_FILTER, 0, \{/ {delete outside[$1]}
         !($1 in outside)' "$1" "$1" |
        grep -E '(open|creat|socket|connect|execve)[a-z0-9]*(\(| resumed>)' |
        grep -vE ' = -1 |<unfinished \.\.\.>$' || true
}

# Builds for sanitizers, and odd kernels, have no sandbox to look at.
need_sandbox() {
    if [[ "$(qedscrub --version)" != *"Sandbox: Landlock and seccomp"* ]]; then
        skip "no sandbox here"
    fi
}

@test "--version names the layers" {
    run qedscrub --version
    [[ "$output" == *"Sandbox: "* ]]
}

@test "the process that reads an image opens nothing" {
    need_sandbox
    for arguments in "pack -q a.qed -o bug.tar.gz" "pack -q a.qed -o bug.tar.xz" "info a.qed" \
        "info --output=json a.qed" "pack a.qed -o bug.tar.gz --dry-run"; do
        rm -f bug.tar.*
        traced -o trace qedscrub $arguments >/dev/null
        grep -q 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {' trace
        [ -z "$(opened_inside trace)" ]
    done
}

@test "what is opened at all is libraries, what was named, and its directory" {
    need_sandbox
    mkdir in out
    mv a.qed in
    traced -ff -o trace -e trace=openat,open,openat2 qedscrub -q in/a.qed -o out/bug.tar.gz
    cat trace.* | grep -v ' = -1 ' | sed -n 's/.*openat*([^"]*"\([^"]*\)".*/\1/p' |
        grep -vE '^(/lib|/usr/lib|/etc/ld\.so|/usr/share/locale|/etc/localtime|/proc/self/|/dev/null$)' >opened
    [ "$(sort -u opened | xargs)" = ". in/a.qed out" ]
}

@test "--no-sandbox does without, and gives the same" {
    qedscrub -q a.qed -o jailed.tar.gz
    traced -o trace qedscrub -q a.qed -o free.tar.gz --no-sandbox
    absent -E 'landlock_restrict_self|SECCOMP_SET_MODE_FILTER, 0, \{' trace
    cmp jailed.tar.gz free.tar.gz
}

@test "a process that cannot be started is told" {
    run bash -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&-; ulimit -n 7; exec qedscrub a.qed -o bug.tar.gz'
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "qedscrub: "*"Too many open files" ]]
    [ ! -e bug.tar.gz ]
}
