#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Canary words of the guest must not come out, however the image was corrupted.

Each image is packed, its bundle verified, alone and against the original, and searched.

Every data cluster, the header's padding, a former backing name, leaked clusters and the tail of
each image hold words that spell CANARY. The search must find them in a copy made the plain way.

Usage: test_leaks.py [COUNT [FIRST_SEED]]
"""

import os
import struct
import sys
import tempfile

from harness import QEDSCRUB, Tap, need, over_seeds, random_image, run

CANARY = b"CANARY"
# The same as a number in a report would show it.
AS_HEX = b"%x" % int.from_bytes(CANARY, "little")


def plain_copy(data):
    """What the original tool's copy_metadata takes: header clusters, L1, all that L1 points at."""
    cluster_size, table_size, header_size = struct.unpack_from("<III", data, 4)
    l1_offset, = struct.unpack_from("<Q", data, 40)
    size = cluster_size * table_size
    table = data[l1_offset:l1_offset + size]
    copy = data[:header_size * cluster_size] + table
    for offset, in struct.iter_unpack("<Q", table[:len(table) // 8 * 8]):
        if 0 < offset < len(data):
            copy += data[offset:offset + size]
    return copy


def holds_canary(text):
    return CANARY in text or AS_HEX in text.lower()


def check(seed, folder):
    image = os.path.join(folder, "image.qed")
    archive = os.path.join(folder, "bug.tar")
    told = random_image(seed, image, "--guest", "canary", "--corrupt", str(1 + seed % 3),
                        "--max-file", "4M")
    with open(image, "rb") as file:
        data = file.read()
    places = []
    packed = need(run(QEDSCRUB, "-f", "qed", image, "-o", archive))
    with open(archive, "rb") as file:
        outputs = {"archive": file.read(), "messages": packed.stdout + packed.stderr,
                   "listing": need(run("bsdtar", "-tvf", archive)).stdout}
    for command in (("info", "-f", "qed"), ("info", "-f", "qed", "--output=json")):
        result = run(QEDSCRUB, *command, image)
        # What info shows of a name that is still in force is the user's own business.
        outputs[" ".join(command)] = b"\n".join(
            line for line in (result.stdout + result.stderr).splitlines()
            if b"backing" not in line)
    places = [name for name, text in outputs.items() if holds_canary(text)]
    try:
        plain = holds_canary(plain_copy(data))
    except struct.error:
        plain = False
    proved = run(QEDSCRUB, "verify", archive, "--against", image)
    if proved.returncode != 0:
        return {"failed": None, "unproved": "%s: %s" % (told, proved.stdout.decode()[-600:])}
    return {"failed": told + ": in " + ", ".join(places) if places else None,
            "guest": holds_canary(data), "plain": plain}


# Where each field of the header stands, and its size.
FIELDS = ((4, 4), (8, 4), (12, 4), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8), (56, 4), (60, 4))


def header_leaks(folder):
    """Overwrites one or two fields of a header with text; returns where it comes out as a number."""
    sound = os.path.join(folder, "sound.qed")
    image = os.path.join(folder, "image.qed")
    archive = os.path.join(folder, "bug.tar")
    random_image(4, sound, "--corrupt", "0")
    with open(sound, "rb") as file:
        data = file.read()
    found = []
    for first in FIELDS:
        for second in FIELDS:
            text = bytearray(data)
            words = []
            for (offset, size), word in ((first, b"PIN=4711"), (second, b"SECRETLY")):
                text[offset:offset + size] = word[:size]
                words.append(int.from_bytes(word[:size], "little"))
            with open(image, "wb") as file:
                file.write(text)
            run(QEDSCRUB, "-q", "-f", "qed", image, "-o", archive, "--force")
            with open(archive, "rb") as file:
                packed = file.read().lower()
            found += ["fields at %d and %d: %#x" % (first[0], second[0], word) for word in words
                      if b"%d" % word in packed or b"%x" % word in packed
                      or word.to_bytes(8, "little").rstrip(b"\0").lower() in packed]
    return found


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1150
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    failures, unproved = [], []
    guests = plain = 0
    for result in over_seeds(check, range(first, first + count)):
        if result["failed"]:
            failures.append(result["failed"])
        if result.get("unproved"):
            unproved.append(result["unproved"])
        guests += bool(result.get("guest"))
        plain += bool(result.get("plain"))
    tap.test("%d images with canaries: none comes out" % count, not failures, *failures[:20])
    tap.test("each bundle is proved by verify, and against its original", not unproved,
             *unproved[:5])
    tap.test("the images do hold canaries (%d of %d)" % (guests, count), guests >= count * 0.9 and (count < 1150 or guests >= 1000))
    tap.test("the same search finds them in plain copies (%d of %d)" % (plain, count),
             plain >= count // 4)
    with tempfile.TemporaryDirectory() as folder:
        found = header_leaks(folder)
    tap.test("no word that stands in the header's fields comes out, as text or as a number",
             not found, *found[:20])
    tap.end()


if __name__ == "__main__":
    main()
