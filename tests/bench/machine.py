# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine that the figures are of."""
import os
import platform
import subprocess


def cpu_model():
    with open('/proc/cpuinfo', encoding='utf-8') as cpuinfo:
        for line in cpuinfo:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.machine()


def file_system(folder):
    found = subprocess.run(['stat', '-f', '-c', '%T', folder], check=True, capture_output=True,
                           text=True)
    return found.stdout.strip()


def version(argv):
    """The first line that a program says of itself."""
    try:
        said = subprocess.run(argv, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return 'missing'
    return (said.stdout or said.stderr).splitlines()[0].strip()


def describe(folder):
    return {
        'cpu': cpu_model(),
        'cores': len(os.sched_getaffinity(0)),
        'memory-bytes': os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'),
        'kernel': platform.release(),
        'file-system': file_system(folder),
        'load': os.getloadavg()[0],
        'programs': {name: version(argv) for name, argv in {
            'qedscrub': ['qedscrub', '--version'],
            'qemu-img': ['qemu-img', '--version'],
            'tar': ['tar', '--version'],
            'pigz': ['pigz', '--version'],
            'gzip': ['gzip', '--version'],
            'bsdtar': ['bsdtar', '--version'],
        }.items()},
    }
