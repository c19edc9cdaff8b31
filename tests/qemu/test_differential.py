#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Predictions against the real qemu-img check, on random images and on their metadata images.

On the way each image is audited by a survey and in qemu's order, which must be the same. The images
that the fuzz targets make of their corpus, and of random inputs, take part too: those have what
nobody thought of.

Usage: test_differential.py [COUNT [FIRST_SEED]]
"""

import glob
import json
import os
import random
import re
import sys
import tempfile

from harness import (BUILD, MKIMAGE, QEDSCRUB, Tap, differences, need, over_seeds, qemu_check,
                     random_image, run, unpack)

AUDITS = os.path.join(BUILD, "tests/bench/audits")
DUMP = os.path.join(BUILD, "tests/fuzz/dump")

# The fuzz targets that read images, and how many bytes of an input are not the image's.
TARGETS = {"walk": 3, "scrub": 1}
CORPUS = [(target, path) for target in TARGETS
          for path in sorted(glob.glob("tests/fuzz/corpus/%s/*" % target))]


def check_copy(image, folder, real):
    """Packs, unpacks, and compares the copy's verdict with the report's word on it."""
    archive = os.path.join(folder, "bug.tar")
    need(run(QEDSCRUB, "-q", "-f", "qed", image, "-o", archive))
    bundle = unpack(archive, folder)
    with open(os.path.join(bundle, "report.json"), encoding="utf-8") as file:
        record = json.load(file)
    if "copy" not in record:
        present = os.path.exists(os.path.join(bundle, "image.qed"))
        return "none", ["an image.qed of which the report knows nothing"] if present else []
    copy = qemu_check(os.path.join(bundle, "image.qed"))
    wrong = differences(record["copy"]["qemu-img"], copy)
    same = copy == real
    if record["copy"]["identical"] != same:
        wrong.append("identical: %s, but %s and %s" % (record["copy"]["identical"], real, copy))
    return "identical" if same else "differs", wrong


def check_image(image, folder, told):
    """One image, of which it is told what it is."""
    real = qemu_check(image)
    info = run(QEDSCRUB, "info", "-f", "qed", "--output=json", image)
    record = json.loads(info.stdout)
    wrong = differences(record["qemu-img"], real)
    copy, wrong_copy = check_copy(image, folder, real)
    wrong += ["copy: " + text for text in wrong_copy]
    two_ways = run(AUDITS, "--compare", image)
    if two_ways.returncode != 0:
        wrong.append(two_ways.stderr.decode().strip())
    if info.returncode not in (0, 2, 3, 63):
        wrong.append("info: exit %d" % info.returncode)
    return {"failed": told + ": " + "; ".join(wrong) if wrong else None, "copy": copy,
            "outcome": real["exit-status"],
            "kinds": re.findall(r" ([a-z0-9-]+)\[", told)}


def check(seed, folder):
    image = os.path.join(folder, "image.qed")
    return check_image(image, folder, random_image(seed, image))


def check_input(number, folder):
    """The image that a fuzz target makes of an input of its corpus, or of a random one."""
    image, name = os.path.join(folder, "image.qed"), os.path.join(folder, "input")
    target = "walk"
    if number < len(CORPUS):
        target, name = CORPUS[number]
    else:
        dice = random.Random(number)
        with open(name, "wb") as file:
            file.write(dice.randbytes(dice.randrange(12, 300)))
    need(run(DUMP, str(TARGETS[target]), name, image))
    return check_image(image, folder, "input %d (%s, %s)" % (number, target, name))


def fixtures_as_registered():
    """What the real qemu-img says of each fixture, against fixtures/expected.txt."""
    wrong = []
    with open("fixtures/expected.txt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "image.qed")
        for line in lines:
            need(run(MKIMAGE, "fixtures/%s.qedtxt" % line.split()[0], image))
            real = qemu_check(image)
            figures = [str(real.get(name, "-")) for name in (
                "corruptions", "leaks", "allocated-clusters", "fragmented-clusters",
                "total-clusters")]
            if line.split()[1:] != [str(real["exit-status"])] + figures:
                wrong.append("%s: real %s %s" % (line, real["exit-status"], figures))
    return wrong


def test_inputs(tap, count):
    """The corpus, and so many random inputs."""
    results = list(over_seeds(check_input, range(len(CORPUS) + count)))
    failures = [result["failed"] for result in results if result["failed"]]
    tap.test("%d images from fuzz inputs, of them %d of the corpus: equal too" %
             (len(results), len(CORPUS)), len(CORPUS) > 100 and not failures, *failures[:20])
    opened = sum(result.get("outcome", 1) != 1 for result in results)
    tap.test("qemu opens many of them", opened > len(results) // 4, "%d" % opened)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    wrong = fixtures_as_registered()
    tap.test("the register of fixtures is what the real qemu-img says", not wrong, *wrong)
    failures = []
    tally = {}
    kinds = set()
    for result in over_seeds(check, range(first, first + count)):
        if result["failed"]:
            failures.append(result["failed"])
            continue
        for key in ("outcome", "copy"):
            name = "%s %s" % (key, result[key])
            tally[name] = tally.get(name, 0) + 1
        kinds.update(result["kinds"])
    tap.test("%d images: every figure and exit status equals the real qemu-img check's" % count,
             not failures, *failures[:20])
    for name in sorted(tally):
        print("#   %-16s %d" % (name, tally[name]))
    tap.test("the images were sound, leaking, corrupt and not openable",
             all(tally.get("outcome %d" % status, 0) >= count // 50 for status in (0, 1, 2, 3)))
    listed = need(run(MKIMAGE, "--list-corruptions")).stdout.decode().splitlines()
    missing = [line.split()[0] for line in listed
               if not any(kind.startswith(line.split()[0]) for kind in kinds)]
    tap.test("every kind of corruption occurred", not missing or count < 2000, *missing)
    tap.test("most copies have the original's verdict",
             tally.get("copy identical", 0) > 10 * tally.get("copy differs", 0))
    test_inputs(tap, count // 10)
    tap.end()


if __name__ == "__main__":
    main()
