#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No word of a guest in a copy or a report, even if the guest's data look like tables.

An image is made whose genuine metadata are known, its data clusters are filled with words of one of
nine kinds, and then it is corrupted, one to three times. oracle.py says which words of the copy are
the guest's; it must find some in a plain copy and in one that only filters words. The copy of the
copy must be the copy, holes included. What qemu-img check says of both is compared and tallied.

Usage: test_oracle.py [COUNT [FIRST_SEED]]
"""

import collections
import json
import os
import struct
import sys
import tarfile

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


def pack(image, archive, *options):
    need(run(QEDSCRUB, "-q", "-f", "qed", image, "-o", archive, *options))


def image_of(bundle):
    """What the manifest says of a bundle's image: its size, and digests of its data and holes."""
    with tarfile.open(bundle) as archive:
        return json.load(archive.extractfile("qedscrub/manifest.json"))["image"]


def compare(record):
    """How the verdicts of original and copy compare, in a word, and why."""
    if record["copy"]["identical"]:
        return "identical", []
    original, copy = record["qemu-img"], record["copy"]["qemu-img"]
    equal = all(original.get(key) == copy.get(key) for key in original
                if key not in ("summary", "fragmented-clusters"))
    return "fragmented" if equal else "differs", record["copy"]["difference"]["reasons"]


def check(seed, folder):
    image, facts, archive, again = (os.path.join(folder, name) for name in
                                    ("image.qed", "facts.json", "bug.tar", "again.tar"))
    told = random_image(seed, image, "--guest", GUESTS[seed % len(GUESTS)], "--corrupt",
                        str(1 + seed // len(GUESTS) % 3), "--max-file", "4M", "--oracle", facts)
    result = {"failed": None, "plain": False, "filtered": False, "copy": "none", "why": []}
    if os.stat(image).st_size > LARGEST:
        return {**result, "copy": "too large"}
    pack(image, archive)
    bundle = unpack(archive, folder)
    with open(image, "rb") as file:
        oracle = Oracle(facts, file.read())
    result["plain"], result["filtered"] = peers_leak(oracle)
    copy = os.path.join(bundle, "image.qed")
    if not os.path.exists(copy):
        return result
    with open(os.path.join(bundle, "report.json"), encoding="utf-8") as file:
        record = json.load(file)
    result["copy"], result["why"] = compare(record)
    words = words_of_file(copy)
    wrong = ["the copy leaks at 0x%x" % offset for offset in oracle.leaks(words)[:3]]
    wrong += ["the report tells of " + what for what in oracle.told(record, words)[:3]]
    pack(copy, again, "--no-verify")
    if image_of(archive) != image_of(again):
        wrong.append("the copy of the copy is another one")
    if seed % 8 == 0 and result["copy"] == "identical" and qemu_check(copy) != qemu_check(image):
        wrong.append("said to be identical, is not")
    if result["copy"] != "identical" and not result["why"]:
        wrong.append("a verdict that differs without a reason")
    result["failed"] = told + ": " + "; ".join(wrong) if wrong else None
    return result


def tally_of(results):
    tally = collections.Counter()
    for result in results:
        tally["plain copies that leak"] += result["plain"]
        tally["filtered copies that leak"] += result["filtered"]
        tally["copy " + result["copy"]] += 1
        for reason in result["why"]:
            tally["  because of " + reason] += 1
    return tally


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    results = list(over_seeds(check, range(first, first + count)))
    failures = [result["failed"] for result in results if result["failed"]]
    tally = tally_of([result for result in results if "copy" in result])
    tap.test("%d hostile images: no word of a guest comes out, and copies of copies are the same" %
             count, not failures, *failures[:20])
    for name in sorted(tally):
        print("#   %-26s %d" % (name, tally[name]))
    copies = sum(tally["copy " + name] for name in ("identical", "fragmented", "differs"))
    tap.test("hardly an image was too large for the oracle",
             tally["copy too large"] < count // 11 and copies > count // 2)
    tap.test("in more than 98 of 100 copies the verdict is the original's (%d of %d)" %
             (copies - tally["copy differs"], copies), tally["copy differs"] * 50 < copies)
    tap.test("the oracle finds leaks in plain copies and in copies that only filter words",
             tally["plain copies that leak"] > count // 5 and
             tally["filtered copies that leak"] > count // 40)
    tap.end()


if __name__ == "__main__":
    main()
