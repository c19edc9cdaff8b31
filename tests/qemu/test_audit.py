#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Audits of many images: all found and none twice, records that agree with the real qemu-img
check, every format free of control characters, parts of a run that add up to the whole, and runs
that are broken off and resumed.

Usage: test_audit.py [IMAGES [SAMPLE]]
"""

import base64
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from fleet import make_fleet
from test_formats import (check_characters, check_csv, check_github, check_json, check_junit,
                          check_openmetrics)
from harness import MKIMAGE, QEDSCRUB, Tap, differences, need, qemu_check, run

FORMATS = ("human", "json", "ndjson", "csv", "junit", "openmetrics", "markdown", "github")
SHARDS = 8


def name_of(record):
    """The path of a record, as bytes."""
    if "filename-b64" in record:
        return base64.b64decode(record["filename-b64"])
    return record["filename"].encode()


def parse(text):
    """Records by path, and the summary, of NDJSON."""
    lines = [json.loads(line) for line in text.splitlines()]
    return {name_of(line): line for line in lines[:-1]}, lines[-1]


def reports(folder):
    return ["--report=%s=%s" % (name, os.path.join(folder, name)) for name in FORMATS]


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def compare_with_qemu(job):
    """Under a name that qemu-img bears."""
    path, predicted, link = job
    os.symlink(path, link)
    return ["%r: %s" % (path, line) for line in differences(predicted, qemu_check(link))]


class Fleet:
    """The images, and the run over all of them with which others are compared."""

    def __init__(self, work, count):
        self.work = work
        self.top = os.path.join(work, "images")
        os.mkdir(self.top)
        self.paths = make_fleet(self.top, count)
        # Where the host keeps a file is told too, and changes until it is on the disk.
        need(run("sync", "-f", self.top))
        self.whole = os.path.join(work, "whole")
        os.mkdir(self.whole)
        self.result = self.audit("images", "--output=ndjson", *reports(self.whole))
        self.records, self.summary = parse(self.result.stdout)

    def audit(self, *options):
        return run(QEDSCRUB, "audit", *options, cwd=self.work)

    def full(self, path):
        return os.path.join(self.work.encode(), path)


def test_whole(tap, fleet):
    expected = {b"./images/" + path for path in fleet.paths}
    tap.test("every image has its record, and nothing else", set(fleet.records) == expected,
             "missing: %r" % sorted(expected - set(fleet.records))[:3],
             "too many: %r" % sorted(set(fleet.records) - expected)[:3])
    tap.test("the run fails as the worst image says", fleet.result.returncode == 2,
             "exit %d" % fleet.result.returncode)
    tap.test("nothing on standard error", not fleet.result.stderr, fleet.result.stderr.decode())
    inodes = {os.stat(fleet.full(b"images/" + path)).st_ino for path in fleet.paths}
    links = sum("hard-link-of" in record for record in fleet.records.values())
    tap.test("hard links are one image", fleet.summary["images"] == len(inodes)
             and links == len(fleet.paths) - len(inodes),
             "%s, %d links, %d files" % (fleet.summary, links, len(inodes)))


def test_formats(tap, fleet):
    """Every format by its validator; the slow one of JSON sees a part of the records."""
    outputs = {name: read(fleet.whole, name) for name in FORMATS}
    for check in (check_characters, check_csv, check_junit, check_openmetrics, check_github):
        wrong = check(outputs, fleet.work)
        tap.test(check.__name__.replace("_", " "), not wrong, *wrong[:5])
    whole = json.loads(outputs["json"])
    whole["images"] = whole["images"][::len(whole["images"]) // 200 + 1]
    lines = [json.dumps(line) for line in whole["images"] + [whole["summary"]]]
    wrong = check_json({"json": json.dumps(whole), "ndjson": "\n".join(lines + [""]).encode()},
                       fleet.work)
    tap.test("check json", not wrong, *wrong[:5])


def test_against_qemu(tap, fleet, count):
    examined = sorted(path for path in fleet.records if fleet.records[path]["status"] == "ok")
    chosen = random.Random(1).sample(examined, min(count, len(examined)))
    jobs = [(fleet.full(path), fleet.records[path]["qemu-img"],
             os.path.join(fleet.work, "link%d" % number)) for number, path in enumerate(chosen)]
    with multiprocessing.Pool() as pool:
        bad = sum(pool.map(compare_with_qemu, jobs, chunksize=8), [])
    tap.test("%d records agree with qemu-img check" % len(jobs), jobs and not bad, *bad[:5])


def test_shards(tap, fleet):
    parts = []
    for number in range(1, SHARDS + 1):
        part = os.path.join(fleet.work, "part%d" % number)
        fleet.audit("images", "--shard=%d/%d" % (number, SHARDS), "--report=ndjson=" + part)
        parts.append(part)
    sizes = [len(parse(read(part))[0]) for part in parts]
    tap.test("shards are of like size", min(sizes) * 2 > max(sizes), repr(sizes))
    merged = os.path.join(fleet.work, "merged")
    os.mkdir(merged)
    result = run(QEDSCRUB, "merge", *parts, *reports(merged))
    for name in FORMATS:
        tap.test("merged shards are the whole run in %s" % name,
                 read(merged, name) == read(fleet.whole, name), result.stderr.decode())
    result = run(QEDSCRUB, "merge", *parts[1:], "--output=ndjson")
    tap.test("a missing shard is named, and a failure",
             parse(result.stdout)[1]["shards"] == {"count": SHARDS,
                                                   "present": list(range(2, SHARDS + 1))}
             and result.returncode in (1, 2), "exit %d" % result.returncode)


def stop_midway(fleet, number):
    """Sends a run a signal when half of its records are in the journal; strace waits for that.
    Returns exit status, report and journal."""
    name = number.name[3:]
    part, journal = (os.path.join(fleet.work, kind + name) for kind in ("part", "journal"))
    with open(journal, "wb"):
        pass
    result = run("env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-qq", "-o", "/dev/null", "-P",
                 journal, "-e", "trace=write", "-e", "inject=write:signal=%s:when=%d"
                 % (name, len(fleet.paths) // 2), QEDSCRUB, "audit", "images", "--journal",
                 journal, "--report=ndjson=" + part, cwd=fleet.work)
    return result.returncode, part, journal


def opened(log):
    """How many times a file was opened to be looked at, in a trace of a program's calls."""
    return sum(b"O_NOCTTY" in line and b"O_DIRECTORY" not in line and b"O_RDONLY" in line
               for line in read(log).splitlines())


def resume(tap, fleet, what, records, *options):
    """Goes on with a run that has some records; exactly the others are looked at."""
    log = os.path.join(fleet.work, "log")
    missing = {path for path in fleet.records
               if path not in records or records[path]["status"] != "ok"}
    # A file of several names is read if there is no record under the first of them.
    first = {}
    for path in sorted(fleet.records):
        first.setdefault(os.stat(fleet.full(path)).st_ino, path)
    files = missing.intersection(first.values())
    result = run("env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=openat",
                 "-o", log, QEDSCRUB, "audit", "images", "--output=ndjson", *options,
                 cwd=fleet.work)
    tap.test("a run that goes on after %s opens only what is missing" % what,
             opened(log) == len(missing) + len(files),
             "%d opened, %d missing of %d files" % (opened(log), len(missing), len(files)))
    tap.test("and comes to the same end", result.stdout == fleet.result.stdout)


def test_resume(tap, fleet):
    for number in (signal.SIGINT, signal.SIGTERM):
        status, part, _ = stop_midway(fleet, number)
        records, summary = parse(read(part))
        tap.test("a run that gets %s reports what it has, and says so" % number.name,
                 status == 128 + number and summary["interrupted"] and not summary["complete"]
                 and 0 < len(records) < len(fleet.paths), "exit %d, %s" % (status, summary))
        resume(tap, fleet, number.name, records, "--resume", part)
    status, killed, journal = stop_midway(fleet, signal.SIGKILL)
    text = read(journal)
    lines = text[:text.rfind(b"\n")].splitlines()
    tap.test("a run that is killed leaves a journal and no report",
             status == -signal.SIGKILL and not os.path.exists(killed)
             and 0 < len(lines) < len(fleet.paths), "exit %d, %d lines" % (status, len(lines)))
    journaled = {name_of(line): line for line in map(json.loads, lines)}
    resume(tap, fleet, "SIGKILL", journaled, "--journal", journal)

    changed = sorted(records)[0]
    os.utime(fleet.full(changed), ns=(1, 1))
    result = fleet.audit("images", "--resume", part, "--output=ndjson")
    record = parse(result.stdout)[0][changed]
    tap.test("what has changed since is read again", record["identity"]["mtime-ns"] == 1)


def workers_of(process):
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid), encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def is_reading(pid, path):
    """Whether a process has a file open; its descriptors are few."""
    try:
        return any(os.path.samefile("/proc/%d/fd/%s" % (pid, fd), path)
                   for fd in os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return False


def strike(folder, big, signals, *options):
    """Audits a folder, and sends signals to the worker that reads the big image."""
    process = subprocess.Popen([QEDSCRUB, "audit", folder, "-j2", "--output=ndjson", *options],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    struck = False
    while not struck and process.poll() is None:
        for pid in workers_of(process):
            if is_reading(pid, big):
                os.kill(pid, signal.SIGSTOP)
                # It may have come to its end between the two.
                struck = is_reading(pid, big)
                for number in signals if struck else (signal.SIGCONT,):
                    os.kill(pid, number)
        time.sleep(0.001)
    return struck, parse(process.communicate()[0])[0]


def test_workers(tap, work):
    """One of a hundred images costs a worker its life."""
    folder = os.path.join(work, "hundred")
    os.mkdir(folder)
    make_fleet(folder, 99, randoms=20, link_every=1000)
    big = os.path.join(folder, "big.qed")
    need(run(MKIMAGE, "--layout", "frag:30", "--virtual", "512G", big))
    name = big.encode()
    good = parse(run(QEDSCRUB, "audit", folder, "--output=ndjson").stdout)[0]
    for status, signals, options in (("crashed", (signal.SIGKILL,), ()),
                                     ("crashed", (signal.SIGSEGV, signal.SIGCONT), ()),
                                     ("timeout", (), ("--timeout=3",))):
        struck, records = strike(folder, big, signals, *options)
        what = "%s %s" % (status, " ".join(number.name for number in signals))
        if not struck:
            tap.test("%s: the big image was met" % what, False)
            continue
        tap.test("%s: the image is a record that says so" % what,
                 records[name]["status"] == status and records[name]["message"], records[name])
        del records[name]
        tap.test("%s: the other 99 are as ever" % what,
                 len(records) == 99 and all(good[path] == records[path] for path in records))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    sample = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="qedscrub-") as work:
        fleet = Fleet(work, count)
        test_whole(tap, fleet)
        test_formats(tap, fleet)
        test_against_qemu(tap, fleet, sample)
        test_shards(tap, fleet)
        test_resume(tap, fleet)
        test_workers(tap, work)
    tap.end()


if __name__ == "__main__":
    main()
