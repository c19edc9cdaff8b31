# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs commands and measures them: time by the clock and of the processor, peak memory."""
import os
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass, field


class Missing(Exception):
    """A program that a comparison needs is not there."""


@dataclass
class Run:
    wall: float
    cpu: float


@dataclass
class Memory:
    """Peaks in bytes over all processes of a command; pages that they share count once."""
    anonymous: int = 0
    mapped: int = 0
    total: int = 0
    samples: int = 0


@dataclass
class Pairs:
    """Runs of ours and theirs in turn; ratios are taken pair by pair."""
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)

    def ratios(self):
        return [a.wall / b.wall for a, b in zip(self.ours, self.theirs)]

    def median(self):
        return statistics.median(self.ratios())


def require(program):
    if not shutil.which(program):
        raise Missing(program)


def start(argv, output):
    require(argv[0])
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE)


def check(argv, status, message, allowed):
    if status not in allowed:
        raise RuntimeError(f'{" ".join(argv)}: status {status}: {message.decode(errors="replace")}')


def run(argv, allowed=(0,)):
    """Runs a command once, standard output thrown away."""
    with open(os.devnull, 'wb') as output:
        before = time.monotonic()
        process = start(argv, output)
        message = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    check(argv, process.returncode, message, allowed)
    return Run(wall, usage.ru_utime + usage.ru_stime)


def alternate(ours, theirs, count, before_each=lambda command: None, allowed=(0,)):
    """Pairs of runs: ours, theirs, ours, theirs..."""
    pairs = Pairs()
    for _ in range(count):
        before_each(ours)
        pairs.ours.append(run(ours, allowed))
        before_each(theirs)
        pairs.theirs.append(run(theirs, allowed))
    return pairs


def family(pid):
    """A process and those that it started, and they."""
    yield pid
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as children:
            for child in children.read().split():
                yield from family(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass


def proportional(pid):
    """Resident bytes of a process by kind, shared pages divided among those who share them."""
    sums = {'Pss_Anon:': 0, 'Pss_File:': 0, 'Pss_Shmem:': 0}
    try:
        with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as rollup:
            for line in rollup:
                words = line.split()
                if words[0] in sums:
                    sums[words[0]] = int(words[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return sums['Pss_Anon:'], sums['Pss_File:'] + sums['Pss_Shmem:']


def peak_memory(argv, interval=0.001):
    """Samples a run of its own, since reading the figures holds the process up."""
    peak = Memory()
    process = start(argv, subprocess.DEVNULL)
    while process.poll() is None:
        figures = [proportional(pid) for pid in family(process.pid)]
        anonymous, mapped = (sum(kind) for kind in zip(*figures))
        peak.anonymous = max(peak.anonymous, anonymous)
        peak.mapped = max(peak.mapped, mapped)
        peak.total = max(peak.total, anonymous + mapped)
        peak.samples += 1
        time.sleep(interval)
    message = process.stderr.read()
    process.stderr.close()
    check(argv, process.returncode, message, (0,))
    return peak


def page_cache():
    """Bytes of files that the kernel keeps in memory."""
    with open('/proc/meminfo', encoding='ascii') as meminfo:
        for line in meminfo:
            if line.startswith('Cached:'):
                return int(line.split()[1]) * 1024
    raise RuntimeError('/proc/meminfo has no Cached:')


def drop_caches(_command=None):
    os.sync()
    with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as drop:
        drop.write('3')
