#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bundles that hold a word of a guest must not be proved.

A word in a table of a bundle's image, or one byte of it, is replaced as a defect or a malicious
packer would do it: with digests, sizes and everything else made right again. Words that no table
can hold are found by the grammar, wherever they stand. Words that one could hold are found where
they change a figure, or the map in report.html; what is left is the residue, which is counted and
has to be small.

Usage: test_mutants.py [COUNT [FIRST_SEED]]
"""

import os
import random
import struct
import sys

from bundles import Bundle
from harness import QEDSCRUB, Tap, need, over_seeds, random_image, run

MARKER = int.from_bytes(b"REDACTED", "little")
LIMIT = 1 << 46
PER_IMAGE = 10
BLOCK_OF_HEADER = 512


def guest_word(rng, offset):
    """A word of the kinds that guests have on their disks."""
    return rng.choice((
        lambda: int.from_bytes(bytes(rng.choice(b"abcdefghij klmnop\n.,") for _ in range(8)),
                               "little"),
        lambda: rng.getrandbits(64),
        lambda: rng.getrandbits(32),
        lambda: rng.getrandbits(16) << 12 | 0x67,
        lambda: rng.getrandbits(4),
        lambda: rng.getrandbits(rng.choice((24, 34, 48))) & ~0xfff,
        lambda: offset ^ 1 << rng.randrange(64),
    ))()


class Grammar:
    """What a word may be, written down independently of the program."""

    def __init__(self, bundle):
        fields = struct.unpack_from("<IIII", bundle.data)
        self.cluster_size, self.table_size, self.header_size = fields[1:]
        self.l1_offset, = struct.unpack_from("<Q", bundle.data, 40)
        self.table_bytes = self.cluster_size * self.table_size
        self.limit = max(bundle.size, LIMIT)

    def holds(self, offset, word):
        in_l1 = 0 <= offset - self.l1_offset < self.table_bytes
        above = word - MARKER
        if word == 0 or (word == 1 and not in_l1):
            return True
        if above >= 0 and above % self.cluster_size == 0:
            return above // self.cluster_size < self.table_bytes // 8
        return word % self.cluster_size == 0 and \
            self.header_size * self.cluster_size <= word < self.limit


def mutate(bundle, rng):
    """Changes a word of the image's tables; returns its offset and what it was and is."""
    words = range(BLOCK_OF_HEADER, len(bundle.data) - 7, 8)
    at = rng.choice(words)
    if rng.random() < 0.5:
        # One of those that say something, or near them.
        used = [here for here in words if any(bundle.data[here:here + 8])]
        at = min(max(rng.choice(used) + 8 * rng.randrange(-1, 2), words[0]), words[-1])
    old, = struct.unpack_from("<Q", bundle.data, at)
    new = old
    while new == old:
        new = guest_word(rng, old)
        if rng.random() < 0.3:
            new = old ^ rng.randrange(1, 256) << 8 * rng.randrange(8)
    struct.pack_into("<Q", bundle.data, at, new)
    return bundle.offset_of(at), old, new


def judge(path, grammar, offset, new):
    """What verify says of a mutant: the check that found it, None if none did; or a complaint."""
    result = run(QEDSCRUB, "verify", path)
    text = result.stdout.decode()
    if result.returncode == 0:
        return (None, None) if grammar.holds(offset, new) else (None, "proved")
    found = text.split("FAILED", 1)[-1].split()[0] if "FAILED" in text else "nothing"
    if not grammar.holds(offset, new):
        if found != "grammar" or "image.qed at 0x%x:" % offset not in text:
            return found, "not found by the grammar at 0x%x: %s" % (offset, text)
    elif found not in ("figures", "grammar", "reports"):
        return found, text
    return found, None


def check(seed, folder):
    image = os.path.join(folder, "image.qed")
    archive = os.path.join(folder, "bug.tar")
    told = random_image(seed, image, "--corrupt", str(seed % 3), "--max-file", "4M")
    need(run(QEDSCRUB, "-q", "-f", "qed", image, "-o", archive))
    result = {"failed": None, "found": {}, "residue": []}
    if b"image.qed\0" not in open(archive, "rb").read():
        return result
    rng = random.Random(seed)
    # Unchanged, put together again: proved, or all that follows means nothing.
    bundle = Bundle(archive)
    if not any(bundle.data[BLOCK_OF_HEADER:]):
        return result
    bundle.fix()
    again = run(QEDSCRUB, "verify", bundle.write(os.path.join(folder, "again.tar")))
    if again.returncode != 0:
        return {"failed": "%s: not proved when put together again: %s" % (told, again.stdout)}
    for _ in range(PER_IMAGE):
        bundle = Bundle(archive)
        grammar = Grammar(bundle)
        offset, old, new = mutate(bundle, rng)
        bundle.fix()
        path = bundle.write(os.path.join(folder, "mutant.tar"))
        found, complaint = judge(path, grammar, offset, new)
        if complaint:
            result["failed"] = "%s: 0x%x at 0x%x instead of 0x%x: %s" % (told, new, offset, old,
                                                                         complaint)
        if found:
            result["found"][found] = result["found"].get(found, 0) + 1
        elif not complaint:
            result["residue"].append("0x%x instead of 0x%x" % (new, old))
    return result


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 700
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    failures, found, residue = [], {}, []
    for result in over_seeds(check, range(first, first + count // PER_IMAGE)):
        if result["failed"]:
            failures.append(result["failed"])
        for name, number in result.get("found", {}).items():
            found[name] = found.get(name, 0) + number
        residue += result.get("residue", [])
    caught = sum(found.values())
    tap.test("no bundle with a word that no table can hold is proved", not failures,
             *failures[:10])
    tap.test("%d mutants are caught, %d by the grammar, %d by the figures" % (
        caught, found.get("grammar", 0), found.get("figures", 0)),
             caught >= count * 5 // 7 and found.get("grammar", 0) > found.get("figures", 0) > 0)
    tap.test("%d words that tables can hold change no figure: the residue" % len(residue),
             len(residue) <= count // 50, *residue[:10])
    tap.end()


if __name__ == "__main__":
    main()
