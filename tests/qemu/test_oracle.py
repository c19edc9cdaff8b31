#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The leak oracle: no word of a guest in the copy, even if the guest's data look like tables.

An image is made whose genuine metadata are known, its data clusters are filled with words of one of
nine kinds, and then it is corrupted. A word of the copy is a leak if it stands outside the genuine
metadata (or where the guest's words went over them), says something (is not 0, 1 or a marker), was
not planted by the corruption, and equals the image's word at that place. The oracle must find leaks
in a plain copy and in one that only filters words.

Usage: test_oracle.py [COUNT [FIRST_SEED]]
"""

import json
import os
import struct
import sys

from oracle import Oracle, words_of, words_of_file
from harness import (QEDSCRUB, Tap, need, over_seeds, qemu_check, random_image, run, unpack)

GUESTS = ("canary", "text", "random", "aligned", "beyond", "l2like", "nested", "bits", "pte")
LARGEST = 16 << 20  # bytes of an image, which the oracle reads whole


def plain_copy(image, filtered):
    """The words a plain copy_metadata takes; filtered: only those that can be offsets."""
    cluster_size, table_size, header_size = struct.unpack_from("<III", image, 4)
    l1_offset, = struct.unpack_from("<Q", image, 40)
    size = cluster_size * table_size
    words = [] if filtered else words_of(image, 0, header_size * cluster_size)
    l1_words = words_of(image, l1_offset, size)
    words += l1_words
    # A garbage L1 table points everywhere; a few tables are enough to leak.
    for offset in sorted({offset for _, offset in l1_words})[:16]:
        if offset < len(image) and (not filtered or offset % cluster_size == 0):
            words += words_of(image, offset, size)
    if filtered:
        words = [(at, word) for at, word in words
                 if word % cluster_size == 0 and header_size * cluster_size <= word < len(image)]
    return words


def peers_leak(oracle):
    """Whether the plain copy and the filtered one leak, to see that the oracle can tell."""
    try:
        return [bool(oracle.leaks(plain_copy(oracle.image, filtered)))
                for filtered in (False, True)]
    except (struct.error, ZeroDivisionError):
        return [False, False]


def check(seed, folder):
    image, facts = (os.path.join(folder, name) for name in ("image.qed", "facts.json"))
    archive = os.path.join(folder, "bug.tar")
    told = random_image(seed, image, "--guest", GUESTS[seed % len(GUESTS)], "--corrupt",
                        str(1 + seed // len(GUESTS) % 3), "--max-file", "4M", "--oracle", facts)
    if os.stat(image).st_size > LARGEST:
        return {"failed": None, "plain": False, "filtered": False, "copy": "too large"}
    need(run(QEDSCRUB, "-q", "-f", "qed", image, "-o", archive))
    bundle = unpack(archive, folder)
    with open(image, "rb") as file:
        oracle = Oracle(facts, file.read())
    plain, filtered = peers_leak(oracle)
    result = {"failed": None, "plain": plain, "filtered": filtered, "copy": "none"}
    copy = os.path.join(bundle, "image.qed")
    if not os.path.exists(copy):
        return result
    leaks = oracle.leaks(words_of_file(copy))
    if leaks:
        result["failed"] = "%s: %d words leak, the first at 0x%x" % (told, len(leaks), leaks[0])
    with open(os.path.join(bundle, "report.json"), encoding="utf-8") as file:
        record = json.load(file)
    result["copy"] = "identical" if record["copy"]["identical"] else "differs"
    if result["copy"] == "identical" and qemu_check(copy) != qemu_check(image):
        result["failed"] = told + ": said to be identical, is not"
    a, b = record["qemu-img"], record["copy"]["qemu-img"]
    if result["copy"] == "differs" and all(
            a.get(key) == b.get(key) for key in a if key not in ("summary", "fragmented-clusters")):
        result["copy"] = "fragmented"
    return result


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    failures = []
    tally = {}
    for result in over_seeds(check, range(first, first + count)):
        if result["failed"]:
            failures.append(result["failed"])
            continue
        for key in ("plain", "filtered"):
            tally[key] = tally.get(key, 0) + result[key]
        name = "copy " + result["copy"]
        tally[name] = tally.get(name, 0) + 1
    tap.test("%d hostile images: no word of a guest in a copy" % count, not failures,
             *failures[:20])
    for name in sorted(tally):
        print("#   %-16s %d" % (name, tally[name]))
    tap.test("hardly an image was too large for the oracle",
             tally.get("copy too large", 0) < count // 11)
    tap.test("the oracle finds leaks in plain copies and in copies that only filter words",
             tally["plain"] > count // 5 and tally["filtered"] > count // 40)
    tap.end()


if __name__ == "__main__":
    main()
