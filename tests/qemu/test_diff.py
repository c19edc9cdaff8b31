#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What diff says of two states of an image, against what the real qemu-io did to it.

Random images are also compared with themselves, with their records and with their bundles, of which
none may differ, and with one another.

Usage: test_diff.py [COUNT [FIRST_SEED]]
"""

import json
import os
import random
import shutil
import sys

from jsonschema import Draft202012Validator

from harness import QEDSCRUB, Tap, need, over_seeds, random_image, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CLUSTER = 65536

with open(os.path.join(ROOT, "bugreport", "schema", "diff-1.schema.json"), encoding="utf-8") as FILE:
    SCHEMA = json.load(FILE)
Draft202012Validator.check_schema(SCHEMA)
DIFF = Draft202012Validator(SCHEMA)


def diff(before, after, *options):
    """The exit status, and what it prints as JSON."""
    result = run(QEDSCRUB, "diff", "--output=json", "-f", "qed", *options, before, after) \
        if options else run(QEDSCRUB, "diff", "--output=json", before, after)
    if result.returncode not in (0, 1):
        return result.returncode, {"failed": result.stderr.decode()}
    document = json.loads(result.stdout)
    DIFF.validate(document)
    if document["same"] != (result.returncode == 0):
        raise AssertionError("exit %d, %s" % (result.returncode, document))
    return result.returncode, document


def check_random(seed, folder):
    """A random image against itself in all its forms, and against another."""
    image, other, record, bundle = (os.path.join(folder, name) for name in
                                    ("image", "other", "record", "bundle.tar.gz"))
    told = random_image(seed, image)
    random_image(seed + 1, other)
    wrong = []
    with open(image, "rb") as file:
        head = file.read(64)
    if len(head) < 64 or not head.startswith(b"QED\0"):
        return {"failed": None, "skipped": True}
    with open(record, "wb") as file:
        file.write(run(QEDSCRUB, "info", "--output=json", image).stdout)
    need(run(QEDSCRUB, "-q", "--no-verify", image, "-o", bundle))
    for name in (image, record, bundle):
        for before, after in ((image, name), (name, image)):
            status, document = diff(before, after)
            if status:
                wrong.append("%s -> %s: exit %d, %s" % (os.path.basename(before),
                                                        os.path.basename(after), status,
                                                        json.dumps(document)[:300]))
    forth, back = diff(image, other)[1], diff(other, image)[1]
    if "record" in forth and "record" in back:
        turned = {key: (value["after"], value["before"]) for key, value in back["record"].items()}
        if turned != {key: (value["before"], value["after"])
                      for key, value in forth["record"].items()}:
            wrong.append("to and fro the records differ in other things")
    return {"failed": "%s: %s" % (told, "; ".join(wrong)) if wrong else None}


def check_writes(seed, folder):
    """Writes by qemu-io into an image with every other MiB in use."""
    dice = random.Random(seed)
    before, after = os.path.join(folder, "before"), os.path.join(folder, "after")
    need(run("qemu-img", "create", "-q", "-f", "qed", before, "64M"))
    need(run("qemu-io", "-f", "qed", *sum((["-c", "write -P 1 %dM 1M" % at]
                                           for at in range(0, 64, 2)), []), before))
    shutil.copy(before, after)
    used = {position for at in range(0, 64, 2) for position in
            range(at << 20, (at + 1) << 20, CLUSTER)}
    allocated, zeroed = set(), set()
    commands = []
    for _ in range(dice.randrange(1, 8)):
        position = dice.randrange(1024) * CLUSTER
        size = min(dice.randrange(1, 20) * CLUSTER, (64 << 20) - position)
        touched = set(range(position, position + size, CLUSTER))
        # Zeros that are written to a cluster with a place go there, and its element stays.
        if dice.randrange(2):
            commands += ["-c", "write -P 2 %d %d" % (position, size)]
            allocated |= touched - used
            zeroed -= touched
        else:
            commands += ["-c", "write -z %d %d" % (position, size)]
            zeroed |= touched - used - allocated
    need(run("qemu-io", "-f", "qed", *commands, after))
    document = diff(before, after, "--max-findings=1000")[1]
    clusters = document["clusters"]
    seen = {kind: {at for item in clusters[kind]["listed"] for at in
                   range(item["guest-position"], item["guest-position"] + item["guest-size"],
                         CLUSTER)} for kind in clusters}
    expected = dict.fromkeys(seen, set())
    expected.update(allocated=allocated, zeroed=zeroed)
    wrong = ["%s: %s" % (kind, sorted(seen[kind] ^ expected[kind])) for kind in seen
             if seen[kind] != expected[kind]]
    return {"failed": "seed %d, %s: %s" % (seed, commands, wrong) if wrong else None}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    results = list(over_seeds(check_writes, range(first, first + count // 3)))
    failures = [result["failed"] for result in results if result["failed"]]
    tap.test("%d images that qemu-io wrote to: what changed, cluster by cluster" % len(results),
             not failures, *failures[:10])
    results = list(over_seeds(check_random, range(first, first + count)))
    failures = [result["failed"] for result in results if result["failed"]]
    tap.test("%d random images: the same as their records and bundles" % len(results),
             not failures, *failures[:10])
    skipped = sum(bool(result.get("skipped")) for result in results)
    tap.test("nearly all of them were QED images", skipped * 4 < len(results), str(skipped))
    tap.end()


if __name__ == "__main__":
    main()
