#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures in pictures are true.

Of random images, sick and sound, the numbers are read back out of the drawings of a page: their sums
must be the record's figures, and in a sound image each cell must hold what the tables say, which are
read here once more. The maps in a bundle must be those that its copy gives. Element counts must not depend on the image's name.

Usage: test_pictures.py [COUNT [FIRST_SEED]]
"""

import collections
import html.parser
import json
import os
import re
import struct
import sys
import tempfile

from harness import QEDSCRUB, Tap, need, over_seeds, random_image, run, unpack

UNITS = {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40, "PiB": 50, "EiB": 60}
GUEST = re.compile(r"guest (\S+ \S+): (\d+) data, (\d+) zero, (\d+) invalid; (\d+) fragmented")
DOT = re.compile(r"guest (\S+ \S+), file (\S+ \S+): (\d+) data")
BAR = re.compile(r"(\d+) to (\d+) clusters: (\d+) pieces")
BEYOND = re.compile(r"beyond the end of the file: (\d+) elements")
CELLS = re.compile(r"each of (\d+) cells: ")
USES = ("header", "L1", "L2", "data", "leaked", "again")
HOSTILE = ("<b>.qed", "a\"><img src=x>.qed", "</section>.qed", "&lt;i&gt;.qed", "-->.qed", "\x1b[2J.qed")


class Page(html.parser.HTMLParser):
    """Titles of a page's drawings, and how many elements of each name there are."""

    def __init__(self, text):
        super().__init__()
        self.titles = []
        self.elements = collections.Counter()
        self.in_title = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements[tag] += 1
        self.in_title = tag == "title"

    def handle_endtag(self, tag):
        self.in_title = False

    def handle_data(self, data):
        if self.in_title:
            self.titles.append(data)

    def matches(self, pattern):
        return [match.groups() for match in map(pattern.match, self.titles) if match]


def size(text):
    number, unit = text.split()
    return float(number) * (1 << UNITS[unit])


def file_uses(page):
    """Sums of what the map of the file says."""
    sums = dict.fromkeys(USES, 0)
    for title in page.titles:
        if title.startswith("file "):
            cells = CELLS.search(title)
            for part in title.split(": ")[1].split(", "):
                count, use = part.split()
                sums[use] += int(count) * (int(cells[1]) if cells else 1)
    return sums


def kind_of(record, name):
    return sum(kind["count"] for kind in record["findings"] if kind["kind"] == name)


def expect(wrong, what, got, wanted):
    if got != wanted:
        wrong.append("%s: %s in the picture, %s in the record" % (what, got, wanted))


def compare_sums(page, record):
    wrong = []
    guest = [sum(map(int, column)) for column in list(zip(*page.matches(GUEST)))[1:]] or [0] * 4
    outside = kind_of(record, "beyond-image")
    uses = file_uses(page)
    if outside == 0:
        expect(wrong, "data and invalid", guest[0] + guest[2], record["allocated-clusters"])
        expect(wrong, "zero", guest[1], record["zero-clusters"])
        expect(wrong, "invalid", guest[2], kind_of(record, "l2-invalid"))
        expect(wrong, "fragmented", guest[3], record["fragmented-clusters"])
    expect(wrong, "dots", sum(int(dot[2]) for dot in page.matches(DOT)), guest[0])
    expect(wrong, "header", uses["header"], max(1, record["header-size"]))
    expect(wrong, "leaked", uses["leaked"], record["leaks"])
    expect(wrong, "again", uses["again"], kind_of(record, "duplicate") +
           kind_of(record, "table-shared") + kind_of(record, "l1-table-shared"))
    expect(wrong, "clusters of the file", sum(uses.values()) - uses["again"],
           -(-record["file-size"] // 512) * 512 // record["cluster-size"])
    bars = {int(first).bit_length() - 1: int(count) for first, _, count in page.matches(BAR)}
    expect(wrong, "histogram", bars, {power: count for power, count
                                      in enumerate(record["run-histogram"]) if count})
    return wrong


def tables_of(path):
    """(guest cluster, cluster of the file) of all data of a sound image."""
    with open(path, "rb") as file:
        cluster, clusters = struct.unpack("<II", file.read(16)[4:12])
        file.seek(40)
        l1_offset, = struct.unpack("<Q", file.read(8))
        elements = cluster * clusters // 8

        def table(offset):
            file.seek(offset)
            return struct.unpack("<%dQ" % elements, file.read(elements * 8).ljust(elements * 8, b"\0"))

        for i, l2_offset in enumerate(table(l1_offset)):
            if l2_offset:
                for j, offset in enumerate(table(l2_offset)):
                    if offset > 1:
                        yield i * elements + j, offset // cluster


def cell_bits(clusters, most):
    bits = 0
    while clusters - 1 >> bits >= most:
        bits += 1
    return bits


def compare_cells(page, record, path):
    """Each mark of the dot plot against the tables."""
    cluster = record["cluster-size"]
    columns = cell_bits(record["total-clusters"], 80)
    rows = cell_bits(record["file-size"] // cluster, 48)
    wanted = collections.Counter((guest >> columns, place >> rows)
                                 for guest, place in tables_of(path)
                                 if guest < record["total-clusters"])
    got = {(round(size(guest) / (cluster << columns)), round(size(place) / (cluster << rows))):
           int(count) for guest, place, count in page.matches(DOT)}
    return [] if got == wanted else ["dots are not where the tables say"]


def maps_of(page):
    return [title for title in page.titles if title.startswith(("guest ", "file ", "beyond "))]


def compare_packed(page, image, folder):
    """The maps in a bundle tell what the copy tells, whoever draws them, and nothing else."""
    need(run(QEDSCRUB, "-q", "-f", "qed", image, "-o", image + ".tar.gz"))
    bundle = unpack(image + ".tar.gz", folder)
    copy = os.path.join(bundle, "image.qed")
    with open(os.path.join(bundle, "report.html"), encoding="utf-8") as file:
        packed = Page(file.read())
    with open(os.path.join(bundle, "report.json"), encoding="utf-8") as file:
        told = json.load(file).get("copy")
    wrong = []
    if told and told["words-rewritten"] + told["words-stand-in"] == 0 and \
            packed.titles != page.titles:
        wrong.append("the bundle's pictures are not those of info")
    if maps_of(packed):
        drawn = Page(run(QEDSCRUB, "info", "--output=html", copy).stdout.decode())
        if maps_of(drawn) != maps_of(packed):
            wrong.append("the bundle's maps are not those of its copy")
    return wrong


def check(seed, folder):
    image = os.path.join(folder, "image.qed")
    sick = seed % 2
    what = random_image(seed, image, "--max-file", "16M", *(() if sick else ("--corrupt", "0")))
    record = json.loads(run(QEDSCRUB, "info", "-f", "qed", "--output=json", image).stdout)
    page = Page(run(QEDSCRUB, "info", "-f", "qed", "--output=html", image).stdout.decode())
    if "runs" not in record:
        return {"walked": 0, "sound": 0, "failed": None}
    wrong = compare_sums(page, record)
    sound = record["verdict"] == "consistent"
    if sound:
        wrong += compare_cells(page, record, image)
    wrong += compare_packed(page, image, folder)
    return {"walked": 1, "sound": sound, "failed": "%s: %s" % (what, wrong) if wrong else None}


def names_do_not_matter(tap, folder):
    plain = os.path.join(folder, "plain.qed")
    random_image(1, plain, "--corrupt", "0")
    counts = []
    for name in ("plain.qed", *HOSTILE):
        path = os.path.join(folder, name.replace("/", "\u2215"))
        if not os.path.exists(path):
            os.link(plain, path)
        counts.append(Page(run(QEDSCRUB, "info", "--output=html", path).stdout.decode()).elements)
    tap.test("element counts are the same for hostile names",
             len(counts[0]) > 20 and all(count == counts[0] for count in counts))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    results = list(over_seeds(check, range(first, first + count)))
    failed = [result["failed"] for result in results if result.get("failed")]
    tap = Tap()
    tap.test("pictures say what the records say, %d images" % count, not failed, *failed[:10])
    tap.test("sick images and sound ones were among them",
             count < 50 or count // 5 < sum(result.get("sound", 0) for result in results) <
             sum(result.get("walked", 0) for result in results), results)
    with tempfile.TemporaryDirectory(prefix="qedscrub-") as folder:
        names_do_not_matter(tap, folder)
    tap.end()


if __name__ == "__main__":
    main()
