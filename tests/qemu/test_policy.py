#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where safety and equal counts could collide: each case by default and with --faithful.

The real qemu-img check must say of the copy what it says of the original; by default no word of
what is suspect may be in the copy, with --faithful every valid offset must be.
"""

import os
import tempfile

from harness import MKIMAGE, QEDSCRUB, Tap, need, qemu_check, run
from oracle import MARKER, Geometry, words_of, words_of_file

HEAD = "cluster-size 4K\ntable-size 2\nimage-size 64M\n"
TWO_TABLES = HEAD + "data 1M 40\ndata 5M 40\n"

# The table made for L1 index 0, whose 40 clusters follow it, and the other.
FIRST, OTHER = 0x3000, 0x2d000


def elements(index, values):
    return "".join("l2 %d %d %s\n" % (index, i, value) for i, value in enumerate(values))


CASES = {
    # name: recipe, tables of which no word may come out
    "a few invalid words": (TWO_TABLES + "l2 0 5 0x5005\nl2 1 7 0x123456789\nl1 9 3\n", []),
    "a table overwritten": (TWO_TABLES + elements(0, range(5, 3000, 7)), [FIRST]),
    "a pointer at data": (HEAD + "data 4M 40\nguest text\nl1 0 data:0x410000\n", [0x15000]),
    "a pointer at data that look like offsets":
        (HEAD + "data 4M 40\nguest aligned\nl1 0 data:0x410000\n", [0x15000]),
    "a reference to a table": (TWO_TABLES + "l2 1 0 table:0\n", [FIRST]),
    "double allocation on a large scale":
        (TWO_TABLES + elements(1, ("data:0x%x" % ((256 + i) << 12) for i in range(30))), [OTHER]),
    "an L1 table elsewhere": (TWO_TABLES + "guest text\nset l1_table_offset data:0x108000\n", [0xd000]),
    "an L1 table elsewhere, of offsets":
        (TWO_TABLES + "guest aligned\nset l1_table_offset data:0x108000\n", [0xd000]),
    "an L1 table overwritten":
        (TWO_TABLES + "".join("l1 %d %d\n" % (i, 77 + i) for i in range(2, 300)), [0x1000]),
    "a suspect word that hits a table of a later pointer":
        (TWO_TABLES + elements(0, range(5, 300, 7)) + "l2 0 50 table:1\n", [FIRST]),
    "a cut file": (TWO_TABLES + "cut 80K\n", []),
    "ones like an array of bits":
        (HEAD + "data 0 9\n" + elements(0, (i * i % 7 % 2 for i in range(500))), [FIRST]),
}


def pack(image, folder, *options):
    archive = os.path.join(folder, "bug%d.tar" % len(options))
    label = "x%d" % len(options)
    need(run(QEDSCRUB, "-q", image, "-o", archive, "--label", label, *options))
    need(run("bsdtar", "-xf", archive, "-C", folder))
    with open(os.path.join(folder, label, "report.txt"), encoding="utf-8") as file:
        return os.path.join(folder, label, "image.qed"), file.read()


def check_default(image, copy, tables):
    """The words of suspect tables are not where they were."""
    wrong = []
    words = dict(words_of_file(copy))
    for table in tables:
        kept = [at for at, word in words_of(image, table, 8192)
                if word > 1 and words.get(at) == word and word != MARKER]
        if len(kept) > len(words_of(image, table, 8192)) // 4:
            wrong.append("%d words of the table at 0x%x are where they were" % (len(kept), table))
    return wrong


def check_faithful(image, copy, tables):
    """Valid offsets stay, others are markers or go on from the word before."""
    geometry = Geometry(image)
    words = dict(words_of_file(copy))
    return ["0x%x at 0x%x was not kept" % (word, at)
            for table in tables for at, word in words_of(image, table, 8192)
            if geometry.is_valid(word, 4096) and not geometry.in_l1(at) and words.get(at) != word]


def check(recipe, tables, folder):
    path, lines = os.path.join(folder, "image.qed"), os.path.join(folder, "recipe")
    with open(lines, "w", encoding="utf-8") as file:
        file.write(recipe)
    need(run(MKIMAGE, lines, path))
    with open(path, "rb") as file:
        image = file.read()
    wrong = []
    for options in ((), ("--faithful",)):
        copy, report = pack(path, folder, *options)
        original, after = qemu_check(path), qemu_check(copy)
        wrong += (check_faithful if options else check_default)(image, copy, tables)
        if after != original:
            wrong.append("%s: %s, was %s" % (options, after, original))
        if "verdict of original and copy: identical" not in report:
            wrong.append("%s: the report does not say identical" % (options,))
        if ("suspect: " in report) != (bool(tables) and not options):
            wrong.append("%s: suspect tables in the report" % (options,))
    return wrong


def backing_names(folder):
    """Without its backing name a copy is checked alike and mapped otherwise; with it, the same."""
    path, lines = os.path.join(folder, "image.qed"), os.path.join(folder, "recipe")
    with open(lines, "w", encoding="utf-8") as file:
        file.write(HEAD + "backing /nowhere/base.img\ndata 0 4\nl2 0 2 5\n")
    need(run(MKIMAGE, lines, path))
    copy, report = pack(path, folder)
    kept, _ = pack(path, folder, "--keep-backing-name")
    wrong = []
    if not qemu_check(path) == qemu_check(copy) == qemu_check(kept):
        wrong.append("the checks differ")
    if b"base.img" in open(copy, "rb").read() or b"base.img" not in open(kept, "rb").read():
        wrong.append("the name is where it must not be, or not where it must")
    if run("qemu-img", "check", copy).returncode != 2 or \
            run("qemu-img", "check", kept).returncode != 1:
        wrong.append("without a name the copy opens by itself, with one it does not")
    if "the backing file name was removed" not in report:
        wrong.append("the report does not say so")
    return wrong


def main():
    tap = Tap()
    for name, (recipe, tables) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            wrong = check(recipe, tables, folder)
        tap.test(name, not wrong, *wrong[:5])
    with tempfile.TemporaryDirectory() as folder:
        wrong = backing_names(folder)
    tap.test("a backing file", not wrong, *wrong)
    tap.end()


if __name__ == "__main__":
    main()
