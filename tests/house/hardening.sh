#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The programs have the protection that the compiler was found to offer; see scripts/hardening.
set -u
cd "$(dirname "$0")/../.." || exit 1
number=0 bad=0

# Prints a test: name, then a command that must succeed.
check() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >/dev/null; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        bad=1
    fi
}

offers() { grep -q -- "$1" "$BUILD/hardening"; }
# shellcheck disable=SC2317 # called through check
shows() { readelf -W "$1" "$2" | grep -qE "$3"; }
# shellcheck disable=SC2317
lacks() { ! shows "$@"; }

if ! grep -q -- -fPIE "$BUILD/flags"; then
    echo "ok 1 - built without on purpose # SKIP HARDEN=0"
    echo "1..1"
    exit 0
fi
for program in "$BUILD/qedscrub" "$BUILD/qed-tool"; do
    name=$(basename "$program")
    if offers -pie; then
        check "$name can be loaded anywhere" shows -h "$program" 'Type: +DYN'
    fi
    if offers relro; then
        check "$name has read-only relocations" shows -l "$program" GNU_RELRO
    fi
    if offers ,now; then
        check "$name is bound when it starts" shows -d "$program" 'FLAGS.*NOW'
    fi
    check "$name has no executable stack" shows -l "$program" 'GNU_STACK.* RW +0x'
    check "$name has no segment to write and execute" lacks -l "$program" 'LOAD.* RWE '
    check "$name has no relocations in its text" lacks -d "$program" TEXTREL
    if offers -fstack-protector; then
        check "$name guards its stack" shows --dyn-syms "$program" __stack_chk_fail
    fi
    if offers _FORTIFY_SOURCE; then
        check "$name calls checked functions" shows --dyn-syms "$program" '__[a-z]+_chk'
    fi
    if offers -fcf-protection=full; then
        # Of the objects: the C library's own, linked in, may be without.
        check "$name marks its branch targets" shows -n "$BUILD/src/$name/main.o" 'IBT, SHSTK'
    fi
done
echo "1..$number"
exit $bad
