#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The image that restore writes is the metadata image, bit for bit and hole for hole.

Random images, sound and corrupt, are packed and restored, and the result is compared with what
qed-tool makes of the same image by a way without any archive. Filled with positions, qemu-img
check says the same of it, and each data cluster holds the first position that refers to it.

Usage: test_restore.py [COUNT [FIRST_SEED]]
"""

import os
import struct
import sys

from harness import BUILD, QEDSCRUB, Tap, differences, need, over_seeds, qemu_check, random_image, \
    run

QED_TOOL = os.path.join(BUILD, "qed-tool")
ENDINGS = ("tar.gz", "tar.zst", "tar.xz", "tar")


def data_map(path):
    """Ranges of data, as the file system tells, and the length."""
    file = os.open(path, os.O_RDONLY)
    size = os.fstat(file).st_size
    ranges, at = [], 0
    try:
        while at < size:
            start = os.lseek(file, at, os.SEEK_DATA)
            at = os.lseek(file, start, os.SEEK_HOLE)
            ranges.append((start, at))
    except OSError:
        pass  # no more data
    os.close(file)
    return ranges, size


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def positions(data):
    """The first guest position of each data cluster that is in no table, in guest order."""
    cluster, table, header = struct.unpack_from("<III", data, 4)
    l1_offset, = struct.unpack_from("<Q", data, 40)
    size = cluster * table
    end = (len(data) + 511) // 512 * 512 // cluster * cluster

    def words(offset):
        return struct.unpack("<%dQ" % (size // 8), data[offset:offset + size].ljust(size, b"\0"))

    def is_valid(word, length):
        return word % cluster == 0 and header * cluster <= word and word + length <= end

    tables = [word for word in words(l1_offset) if word and is_valid(word, size)]
    taken = {start + i * cluster for start in tables + [l1_offset] for i in range(table)}
    found = {}
    for l1_index, offset in enumerate(words(l1_offset)):
        if offset not in tables:
            continue
        for index, word in enumerate(words(offset)):
            if word > 1 and is_valid(word, cluster) and word not in taken:
                found.setdefault(word, (l1_index * (size // 8) + index) * cluster)
    return found


def wrongly_filled(plain, filled, sound):
    """What is wrong with the file that was filled."""
    expected = bytearray(plain)
    for offset, position in positions(plain).items():
        expected[offset:offset + 512] = struct.pack("<Q", position & (1 << 64) - 1) * 64
    if sound:
        return [] if filled == bytes(expected[:len(plain)]) else ["filled with something else"]
    # Of a corrupt image some tables are not walked; what is filled is filled like that.
    return ["0x%x is neither as before nor filled" % at for at in range(0, len(plain), 512)
            if filled[at:at + 512] not in (plain[at:at + 512], expected[at:at + 512])
            and len(set(struct.iter_unpack("<Q", filled[at:at + 512]))) != 1][:3]


def check(seed, folder):
    image, archive, copy, restored, filled = (
        os.path.join(folder, name) for name in
        ("image.qed", "bug." + ENDINGS[seed % 4], "copy.qed", "restored.qed", "filled.qed"))
    told = random_image(seed, image, "--corrupt", str(seed % 3), "--max-file", "4M")
    need(run(QEDSCRUB, "-q", "-f", "qed", image, "-o", archive))
    made = run(QED_TOOL, image, "copy_metadata", copy)
    back = run(QEDSCRUB, "restore", archive, "-o", restored)
    if made.returncode != 0:
        return {"failed": None if back.returncode == 1 else told + ": restored, but not copied"}
    need(back)
    need(run(QEDSCRUB, "-q", "restore", archive, "-o", filled, "--fill=offset"))
    wrong = []
    plain = read_file(restored)
    if plain != read_file(copy):
        wrong.append("the bytes differ")
    if data_map(restored) != data_map(copy):
        wrong.append("the holes differ: %s, %s" % (data_map(restored), data_map(copy)))
    real = qemu_check(restored)
    wrong += differences(real, qemu_check(filled))
    wrong += wrongly_filled(plain, read_file(filled), seed % 3 == 0)
    return {"failed": "%s: %s" % (told, "; ".join(wrong)) if wrong else None, "copied": 1,
            "opened": real["opens"]}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    failures, copied, opened = [], 0, 0
    for result in over_seeds(check, range(first, first + count)):
        if result["failed"]:
            failures.append(result["failed"])
        copied += result.get("copied", 0)
        opened += result.get("opened", False)
    tap.test("%d images are restored as they were packed, and filled" % copied, not failures,
             *failures[:10])
    tap.test("most images could be copied, and opened by qemu-img (%d of %d)" % (opened, count),
             copied >= opened >= count // 2)
    tap.end()


if __name__ == "__main__":
    main()
