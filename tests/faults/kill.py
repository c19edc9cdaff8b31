#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kills qedscrub, or the process in which it reads, at random moments.

Afterwards there is a bundle equal to the one that is written undisturbed, or nothing, and no process
is left. Usage: kill.py IMAGE FOLDER program|reader SIGNAL[,SIGNAL...] TIMES
"""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time

image, folder, victim, names, times = sys.argv[1:6]
signals = [getattr(signal, "SIG" + name) for name in names.split(",")]
chance = random.Random(2)
bundle = os.path.join(folder, "b.tar.gz")
command = ["qedscrub", "-q", image, "-o", bundle]
died = finished = 0


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def child_of(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            children = file.read().split()
    except FileNotFoundError:
        return 0
    return int(children[0]) if children else 0


def group_is_gone(group):
    """Whether no process of a group runs; a dead one may wait for somebody to ask for its status."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as file:
                state, _, its_group = file.read().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state not in "ZX":
            return False
    return True


def hit(process, number):
    """Sends the signal; the program may have ended before."""
    pid = process.pid if victim == "program" else child_of(process.pid)
    try:
        if pid:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def take_signals():
    """What a shell's background jobs ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def once(number):
    global died, finished
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True,
                               preexec_fn=take_signals)
    time.sleep(chance.uniform(0, usual))
    hit(process, number)
    _, err = process.communicate(timeout=60)
    for _ in range(1000):
        if group_is_gone(process.pid):
            break
        time.sleep(0.002)
    else:
        raise AssertionError("a process is left")
    status = process.returncode
    if status == 0:
        finished += 1
        assert digest(bundle) == whole
        os.unlink(bundle)
    else:
        died += 1
        assert status == (-number if victim == "program" else 1), (status, err)
        if os.path.exists(bundle):
            # Named, and then killed before the end.
            assert victim == "program" and digest(bundle) == whole
            os.unlink(bundle)
        assert victim == "program" or err.startswith(b"qedscrub: "), err
    assert os.listdir(folder) == [], os.listdir(folder)


start = time.monotonic()
subprocess.run(command, check=True)
usual = min(1.1 * (time.monotonic() - start), 0.2)
whole = digest(bundle)
os.unlink(bundle)
for i in range(int(times)):
    once(signals[i % len(signals)])
print("%s times: %d died, %d finished before" % (times, died, finished))
assert died >= int(times) // 3
