#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""qed-tool's edits on random images, damaged ones too.

Of every image all bytes are compared: after an edit those that were announced differ and no others,
after a refused one and after a dry run none, and after undo it is what it was. What the element
written should be is worked out here once more, and the announced figures are held against the real
qemu-img check.

Usage: test_edit.py [COUNT [FIRST_SEED]]
"""

import json
import os
import random
import struct
import sys

from harness import BUILD, Tap, over_seeds, qemu_check, random_image, run

QED_TOOL = os.path.join(BUILD, "qed-tool")
KINDS = ("beyond-eof", "unaligned", "in-header", "table")


class Image:
    """What there is to know of an image for these tests, from its bytes."""

    def __init__(self, data):
        self.data = data
        (self.magic, self.cluster_size, table_size, self.header_size, self.features, _, _, self.l1,
         self.image_size) = struct.unpack_from("<IIIIQQQQQ", data.ljust(64, b"\0"))
        self.table_size = table_size * self.cluster_size
        self.nelems = self.table_size // 8
        self.end = (len(data) + 511) // 512 * 512 // max(self.cluster_size, 1) * self.cluster_size

    def word(self, offset):
        return int.from_bytes(self.data[offset:offset + 8], "little")

    def valid(self, offset, size):
        return (offset % self.cluster_size == 0 and
                offset >= self.header_size * self.cluster_size and offset + size <= self.end)

    def words(self, table):
        """The elements of a table, as far as the file goes: no header makes this large."""
        size = min(self.table_size, max(len(self.data) - table, 0)) // 8
        return struct.unpack_from("<%dQ" % size, self.data, table) if size else ()

    def l2_tables(self):
        """Offsets of what valid L1 elements point at, by L1 index."""
        return {index: offset for index, offset in enumerate(self.words(self.l1))
                if offset and self.valid(offset, self.table_size)}

    def live(self, level):
        """Values that an element of this level could be made equal to."""
        tables = self.l2_tables()
        if level == "l1":
            return set(tables.values())
        words = set()
        for offset in set(tables.values()):
            for value in self.words(offset):
                if value > 1 and self.valid(value, self.cluster_size):
                    words.add(value)
        return words

    def in_table(self, offset, level):
        """Whether an element of this level stands at offset."""
        starts = [self.l1] if level == "l1" else set(self.l2_tables().values())
        return any(0 <= offset - start < self.table_size and offset % 8 == 0 for start in starts)


def draw_command(dice, image):
    """A command line that may well be refused."""
    level = dice.choice(("l1", "l2"))
    options = ["--seed", str(dice.getrandbits(40))]
    nelems = max(1, min(image.nelems, 1 << 20))
    if dice.random() < 0.4:
        l1 = dice.choice(list(range(4)) + [dice.randrange(nelems), nelems])
        if image.l1 < len(image.data) and image.cluster_size and dice.random() < 0.7:
            l1 = dice.choice(list(image.l2_tables()) or [l1])
        options += ["--at", str(l1) if level == "l1" else "%d:%d" % (l1, dice.randrange(nelems + 1))]
    what = dice.choice(("duplicate", "invalidate", "invalidate", "zerocluster", "zerocluster",
                        "need_check", "undo"))
    if what == "duplicate":
        return what, level, [what, level] + options
    if what == "invalidate":
        return what, level, [what, level, "--kind", dice.choice(KINDS)] + options
    if what == "zerocluster":
        total = max(1, min(image.image_size // max(image.cluster_size, 1), 1 << 62))
        first = dice.choice((dice.randrange(total), dice.randrange(min(total, 64)), total, total + 1))
        if image.cluster_size and dice.random() < 0.7:
            tables = list(image.l2_tables()) or [0]
            first = dice.choice(tables) * nelems + dice.randrange(min(nelems, 300))
        position = "@%d" % first if dice.random() < 0.5 else str(first * image.cluster_size)
        return what, level, [what, position, str(dice.choice((1, 1, 2, 7, 40, 2000)))]
    if what == "need_check":
        return what, level, [what, dice.choice(("on", "off"))]
    return what, level, [what, "forged.json"]


def forge_undo(dice, image, folder):
    """An undo file that fits the image, or nearly so."""
    offset = dice.choice((16, image.l1, image.l1 + 8, 64, len(image.data), 0))
    size = 1 if offset == 16 else 8
    old = image.data[offset:offset + size].ljust(size, b"\0")
    new = bytes([old[0] ^ 2]) + old[1:]
    if dice.random() < 0.5:
        old, new = new, old
    if dice.random() < 0.2:
        old = b"\1" * size
        new = b"\2" * size
    length = len(image.data) + dice.choice((0, 0, 0, 1))
    with open(os.path.join(folder, "forged.json"), "w", encoding="utf-8") as file:
        json.dump({"schema": "qed-tool-undo/1", "image": {"length": length, "device": 1, "inode": 1},
                   "writes": [{"offset": offset, "old": old.hex(), "new": new.hex()}]}, file)


def apply(data, writes):
    """The bytes after the announced writes, and what is wrong with those."""
    after, wrong = bytearray(data), []
    for write in writes:
        offset, old, new = write["offset"], bytes.fromhex(write["old"]), bytes.fromhex(write["new"])
        if len(old) != len(new) or len(new) not in (1, 8) or old == new:
            wrong.append("odd write %s" % write)
        if after[offset:offset + len(old)] != old:
            wrong.append("other old bytes at 0x%x" % offset)
        after[offset:offset + len(new)] = new
    return bytes(after), wrong


def check_meaning(what, level, words, image, writes):
    """Whether the writes are what the command is for."""
    if what == "need_check":
        return [w for w in writes if w["offset"] != 16 or
                int(w["old"], 16) ^ int(w["new"], 16) != 2]
    if what == "zerocluster":
        first = int(words[1][1:]) if words[1][0] == "@" else int(words[1]) // image.cluster_size
        tables, expected = image.l2_tables(), {}
        for cluster in range(first, first + int(words[2])):
            offset = tables[cluster // image.nelems] + cluster % image.nelems * 8
            if image.word(offset) != 1:
                expected[offset] = "0100000000000000"
        return [] if {w["offset"]: w["new"] for w in writes} == expected else ["wrong elements"]
    if what == "undo":
        return []
    value = int.from_bytes(bytes.fromhex(writes[0]["new"]), "little")
    wrong = [] if len(writes) == 1 else ["%d writes" % len(writes)]
    if not image.in_table(writes[0]["offset"], level):
        wrong.append("0x%x is no %s element" % (writes[0]["offset"], level))
    size = image.table_size if level == "l1" else image.cluster_size
    kind = words[3] if what == "invalidate" else None
    if what == "duplicate" and (value not in image.live(level) or value < 2):
        wrong.append("0x%x is no live value" % value)
    if kind and kind != "table" and value and image.valid(value, size):
        wrong.append("0x%x is valid" % value)
    if kind == "table" and not (image.in_table(value, "l1") or image.in_table(value, "l2")):
        wrong.append("0x%x is not in a table" % value)
    return wrong


def check_figures(path, told):
    """The announced figures against the real ones; a forced increase where there must be one."""
    real, predicted = qemu_check(path), told["after"]["qemu-img"]
    if real["opens"] != predicted["opens"]:
        return ["opens: %s, real %s" % (predicted["opens"], real["opens"])]
    if not real["opens"]:
        return []
    return ["%s: announced %s, real %s" % (key, predicted[key], real[key])
            for key in ("corruptions", "leaks", "exit-status") if predicted[key] != real[key]]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_edit(path, folder, data, words, told, saved):
    """An edit that was made: the bytes, the figures, and undo."""
    expected, wrong = apply(data, told["writes"])
    if read(path) != expected:
        wrong.append("other bytes than the announced ones differ")
    wrong += check_figures(path, told)
    if told["command"] in ("duplicate", "invalidate"):
        counts = [told[when]["corruptions"] for when in ("before", "after")]
        if counts[1] <= counts[0]:
            wrong.append("no corruption was added")
    if os.path.exists(saved) != bool(told["writes"]):
        wrong.append("undo file: %s" % os.path.exists(saved))
    if told["writes"]:
        undone = run(QED_TOOL, path, "undo", saved, cwd=folder)
        if undone.returncode or read(path) != data:
            wrong.append("undo: exit %d, %s" % (undone.returncode, undone.stderr))
    return wrong


def check(seed, folder):
    path, saved = os.path.join(folder, "image.qed"), os.path.join(folder, "undo.json")
    told = random_image(seed, path, "--max-file", "2M")
    data, dice = read(path), random.Random(seed)
    image = Image(data)
    what, level, words = draw_command(dice, image)
    if what == "undo":
        forge_undo(dice, image, folder)
    dry = run(QED_TOOL, path, *words, "--output=json", "--dry-run", cwd=folder)
    wrong = ["a dry run changed the image"] if read(path) != data else []
    done = run(QED_TOOL, path, *words, "--output=json", "--save-undo", saved, cwd=folder)
    if done.returncode not in (0, 1) or done.returncode != dry.returncode:
        wrong.append("exit %d, dry %d: %s" % (done.returncode, dry.returncode, done.stderr))
    elif done.returncode == 1:
        if read(path) != data or os.path.exists(saved):
            wrong.append("refused, but something was written")
        if done.stdout or not done.stderr.rstrip().endswith(b"nothing was written"):
            wrong.append("no clear refusal: %s" % done.stderr)
    else:
        announced = json.loads(done.stdout)
        if dict(json.loads(dry.stdout), written=None) != dict(announced, written=None):
            wrong.append("the dry run announced something else")
        if announced["writes"]:
            wrong += check_meaning(what, level, words, image, announced["writes"])
        wrong += check_edit(path, folder, data, words, announced, saved)
    text = "%s: %s: %s" % (told, " ".join(words), "; ".join(map(str, wrong)))
    written = done.returncode == 0 and announced["writes"]
    return {"failed": text if wrong else None, "command": what,
            "outcome": "refused" if done.returncode else "edited" if written else "nothing to do"}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap, failures, tally = Tap(), [], {}
    for result in over_seeds(check, range(first, first + count)):
        if result["failed"]:
            failures.append(result["failed"])
            continue
        key = "%s %s" % (result["command"], result["outcome"])
        tally[key] = tally.get(key, 0) + 1
    tap.test("%d random images and commands: the intended bytes differ and no others, the figures "
             "announced are the real qemu-img check's, undo restores" % count,
             not failures, *failures[:20])
    for name in sorted(tally):
        print("#   %-26s %d" % (name, tally[name]))
    edited = sum(number for name, number in tally.items() if name.endswith("edited"))
    print("#   edits checked by the real qemu-img: %d" % edited)
    tap.test("a good part was edited, another refused",
             edited >= count // 4 and count - edited >= count // 10)
    tap.end()


if __name__ == "__main__":
    main()
