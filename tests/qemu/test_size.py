#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Big images: memory bounded, work by what is allocated and not by what the image pretends."""

import os
import subprocess
import tempfile
import threading

from harness import MKIMAGE, QEDSCRUB, Tap, is_sanitized, need, qemu_check, run

MIB = 1 << 20


def anonymous(pid):
    """Anonymous memory of a process and of those that it started: images are read in a child."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as file:
            own = sum(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            return own + sum(anonymous(int(child)) for child in file.read().split())
    except OSError:
        return 0


def peak_anonymous(*command):
    """Runs a command and returns the most anonymous memory it was seen with, in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    done = threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, anonymous(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    done.set()
    watcher.join()
    if status != 0:
        raise AssertionError("%s: exit %d" % (command, status))
    return peak


def ten_tables(folder, name, size):
    """An image whose guest sees 64 TiB and whose file is size long, with ten L2 tables."""
    recipe = "image-size 64T\n" + "".join("data %dT 1000\n" % i for i in range(10))
    image = os.path.join(folder, name)
    need(subprocess.run([MKIMAGE, "-", image], input=(recipe + "file-size " + size).encode(),
                        capture_output=True, check=False))
    return image


def system_calls(folder, image):
    """How many calls packing an image takes; holes that were read or copied would show."""
    log = os.path.join(folder, "log")
    # The leak checker of a sanitized build does not bear strace.
    need(run("env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-f", "-qq", "-o", log, QEDSCRUB, "-q", image, "-o",
             os.path.join(folder, os.path.basename(image) + ".tar.gz")))
    with open(log, encoding="utf-8", errors="replace") as file:
        return sum(1 for _ in file)


def main():
    tap = Tap()
    # A sanitizer keeps what was freed for a while.
    slack = 8 if is_sanitized() else 1
    # Files of 64 TiB need a file system that knows them; ext4 does not, tmpfs does.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        full = os.path.join(folder, "full.qed")
        need(run(MKIMAGE, "--layout", "frag:30", "--virtual", "1T", full))
        peak = peak_anonymous(QEDSCRUB, "-q", full, "-o", os.path.join(folder, "full.tar.gz"))
        tap.test("a full image of 1 TiB packs in less than 64 MiB of anonymous memory (%d KiB)"
                 % (peak // 1024), 0 < peak < 64 * MIB * slack)
        os.unlink(full)

        small = ten_tables(folder, "small.qed", "1T")
        large = ten_tables(folder, "large.qed", "64T")
        few, many = system_calls(folder, small), system_calls(folder, large)
        tap.test("64 TiB with ten tables take the system calls that 1 TiB takes (%d, %d)"
                 % (few, many), many < few * 1.2)
        peak = peak_anonymous(QEDSCRUB, "-q", large, "-o", os.path.join(folder, "l.tar.gz"))
        tap.test("... and less than 16 MiB of anonymous memory", 0 < peak < 16 * MIB * slack)

        need(run("tar", "-xf", large + ".tar.gz", "-C", folder))
        copy = os.path.join(folder, "qedscrub", "image.qed")
        tap.test("GNU tar unpacks 64 TiB sparse",
                 os.stat(copy).st_size == 64 << 40 and os.stat(copy).st_blocks * 512 < 4 * MIB)
        tap.test("qemu-img check says the same of the copy",
                 qemu_check(copy) == qemu_check(large))
    tap.end()


if __name__ == "__main__":
    main()
