#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Canary words of the guest must not come out, however the image was corrupted.

Every data cluster, the header's padding, a former backing name, leaked clusters and the tail of
each image hold words that spell CANARY. The search must find them in a copy made the plain way.

Usage: test_leaks.py [COUNT [FIRST_SEED]]
"""

import os
import struct
import sys

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
    return {"failed": told + ": in " + ", ".join(places) if places else None,
            "guest": holds_canary(data), "plain": plain}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1150
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    failures = []
    guests = plain = 0
    for result in over_seeds(check, range(first, first + count)):
        if result["failed"]:
            failures.append(result["failed"])
        guests += bool(result.get("guest"))
        plain += bool(result.get("plain"))
    tap.test("%d images with canaries: none comes out" % count, not failures, *failures[:20])
    tap.test("the images do hold canaries (%d of %d)" % (guests, count), guests >= count * 0.9 and (count < 1150 or guests >= 1000))
    tap.test("the same search finds them in plain copies (%d of %d)" % (plain, count),
             plain >= count // 4)
    tap.end()


if __name__ == "__main__":
    main()
