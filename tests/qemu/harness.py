# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests against the real qemu-img share: run programs, make images, print TAP."""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
QEDSCRUB = os.path.join(BUILD, "qedscrub")
MKIMAGE = os.path.join(BUILD, "mkimage")

FIGURES = ("corruptions", "leaks", "total-clusters", "allocated-clusters", "fragmented-clusters")


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          stdin=subprocess.DEVNULL, **options)


def need(result):
    """The result of a command that must have succeeded."""
    if result.returncode != 0:
        raise AssertionError("%s: exit %d: %s" % (result.args, result.returncode,
                                                  result.stderr.decode(errors="replace")))
    return result


def random_image(seed, path, *options):
    """Makes an image and returns the line that says what it is."""
    return need(run(MKIMAGE, "--random", str(seed), path, *options)).stdout.decode().strip()


def without_backing(path):
    """A name for qemu-img under which it opens no backing file, whatever the image names."""
    return "json:" + json.dumps({"driver": "qed", "backing": None,
                                 "file": {"driver": "file", "filename": path}})


def qemu_check(path):
    """What the real qemu-img check says, in the form of a record's `qemu-img` object."""
    result = run("qemu-img", "check", "--output=json", without_backing(path))
    if result.returncode == 1:
        # Without the name of the file, so that two answers can be compared.
        return {"opens": False, "exit-status": 1,
                "error": result.stderr.decode().strip().rsplit("': ", 1)[-1]}
    counts = json.loads(result.stdout)
    check = {name: counts.get(name, 0) for name in FIGURES}
    check.update({"opens": True, "exit-status": result.returncode})
    return check


def differences(predicted, real):
    """What is wrong with a prediction, as a list of texts."""
    if not real["opens"]:
        if predicted["opens"] or predicted["error"] not in real["error"]:
            return ["predicted %s, qemu-img says %s" % (predicted, real["error"])]
        return []
    return ["%s: predicted %s, real %s" % (name, predicted.get(name), real[name])
            for name in FIGURES + ("opens", "exit-status") if predicted.get(name) != real[name]]


def unpack(archive, into):
    """Unpacks a bundle and returns its folder."""
    need(run("bsdtar", "-xf", archive, "-C", into))
    return os.path.join(into, "qedscrub")


def _guarded(job):
    """Runs check(seed) in a folder of its own; a text is a failure."""
    check, seed = job
    folder = tempfile.mkdtemp(prefix="qedscrub-")
    try:
        return check(seed, folder)
    except Exception as error:  # a broken check is a failed one
        return {"failed": "seed %s: %s: %s" % (seed, type(error).__name__, error)}
    finally:
        shutil.rmtree(folder)


def over_seeds(check, seeds):
    """Calls check(seed, folder) for every seed, on all cores; yields what it returns."""
    # A worker that is killed must be an error: a Pool of multiprocessing would wait for it for ever.
    with concurrent.futures.ProcessPoolExecutor() as pool:
        yield from pool.map(_guarded, [(check, seed) for seed in seeds], chunksize=8)


class Tap:
    """Counts and prints tests."""

    def __init__(self):
        self.number = 0
        self.failed = 0

    def test(self, name, good, *details):
        self.number += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number, name), flush=True)
        for line in details if not good else ():
            print("#   %s" % line)

    def end(self):
        print("1..%d" % self.number)
        sys.exit(1 if self.failed else 0)


def is_sanitized():
    """Whether the program needs more memory, and far more address space, than it would by itself."""
    with open(QEDSCRUB, "rb") as file:
        return b"__asan_init" in file.read()
