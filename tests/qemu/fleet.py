# SPDX-License-Identifier: GPL-2.0-or-later
"""A directory of many small images for tests of audits: sound and broken ones under all sorts of
names, hard links among them."""

import glob
import itertools
import os

from fleets import HOSTILE
from harness import MKIMAGE, need, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIXTURES = sorted(glob.glob(os.path.join(ROOT, "fixtures", "*.qedtxt")))

NAMES = [name for name in HOSTILE if b"/" not in name and len(name) < 250]


class Template:
    """A small image in memory, with its holes."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.size = os.fstat(file.fileno()).st_size
            self.extents = []
            end = 0
            while end < self.size:
                try:
                    start = os.lseek(file.fileno(), end, os.SEEK_DATA)
                except OSError:
                    break
                end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
                self.extents.append((start, os.pread(file.fileno(), end - start, start)))

    def begins_with(self, magic):
        return self.extents and self.extents[0][0] == 0 and self.extents[0][1].startswith(magic)

    def write(self, path):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            for start, data in self.extents:
                os.pwrite(fd, data, start)
            os.ftruncate(fd, self.size)
        finally:
            os.close(fd)


def templates(folder, randoms):
    """One of each fixture, and some random images; as a list."""
    made = []
    path = os.path.join(folder, "template")
    jobs = [(recipe,) for recipe in FIXTURES]
    jobs += [("--random", str(seed)) for seed in range(1, randoms + 1)]
    for job in jobs:
        need(run(MKIMAGE, *job, path))
        template = Template(path)
        # An audit passes by what has no magic.
        if template.begins_with(b"QED\0"):
            made.append(template)
        os.unlink(path)
    return made


def names(count):
    """Relative paths, as bytes: some folders, some of hostile names, hostile files in each."""
    folders = [b"plain%d" % i for i in range(10)] + NAMES[:10] + [b"deep/er/and/deeper"]
    rounds = itertools.count()
    while True:
        number = next(rounds)
        for folder in folders:
            for name in ([b"image%d.qed" % number] * 3 + NAMES)[number % 4::4]:
                if count == 0:
                    return
                count -= 1
                yield os.path.join(folder, b"%d%s" % (number, name) if number else name)


def make_fleet(folder, count, randoms=200, link_every=7):
    """Makes count images below a folder; returns paths in a list, relative and as bytes."""
    sources = templates(folder, randoms)
    paths, seen, last = [], set(), None
    top = os.fsencode(folder)
    for number, path in enumerate(names(count * 2)):
        if path in seen:
            continue
        seen.add(path)
        full = os.path.join(top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if number % link_every == 0 and last:
            os.link(last, full)
        else:
            sources[number % len(sources)].write(full)
            last = full
        paths.append(path)
        if len(paths) == count:
            return paths
    raise AssertionError("not enough names")
