# SPDX-License-Identifier: GPL-2.0-or-later
"""What is compared with what, on which images, and how good it is to be."""
import os
from dataclasses import dataclass, field
from typing import Callable, Optional

from images import FULL_TABLES, LAYOUTS, MAIN_LAYOUTS


@dataclass
class Row:
    name: str
    what: str
    ours: Callable  # of a Place, the command
    theirs: Callable
    peer: str       # how the table names theirs
    goal: Callable = lambda layout: None  # of a layout: the ratio not to exceed, None: no goal
    goal_sizes: tuple = ('1T', '4T')
    layouts: list = field(default_factory=lambda: list(LAYOUTS))
    pairs: Optional[int] = None  # None: as many as usual; slow peers get one
    sizes: tuple = ('64G', '1T', '4T')


class Place:
    """Where one image and what is made of it are."""

    def __init__(self, folder, image):
        self.image = image.path
        self.flat = f'{folder}/flat'
        self.ours = f'{folder}/ours.tar.gz'
        self.theirs = f'{folder}/theirs.tar.gz'

    def forget(self, command):
        """Removes what a command will write: to free an old archive is no part of making one."""
        for path in (self.ours, self.theirs):
            if path in command and os.path.exists(path):
                os.unlink(path)


def pack(*options):
    return lambda at: ['qedscrub', '-q', '--force', *options, at.image, '-o', at.ours]


def info(*before):
    return lambda at: [*before, 'qedscrub', 'info', '--output=json', at.image]


def tar(*options):
    return lambda at: ['tar', *options, '-cSf', at.theirs, at.image]


def qemu_check(at):
    return ['qemu-img', 'check', '--output=json', at.image]


def dd(at):
    return ['dd', f'if={at.flat}', 'of=/dev/null', 'bs=256K', 'status=none']


def bsdtar(at):
    return ['bsdtar', '-czf', at.theirs, at.image]


def size_goal(layout):
    return 1.00 if layout in MAIN_LAYOUTS else 1.06


PIGZ_1 = ('-I', 'pigz -1 -p2')

ROWS = [
    Row('audit', 'audit of one image', info(), qemu_check, 'qemu-img check',
        lambda layout: 0.10 if layout in MAIN_LAYOUTS else None, ('4T',)),
    Row('audit-one-thread', 'audit on one core', info('taskset', '-c', '0'), qemu_check,
        'qemu-img check', lambda layout: 0.15 if layout in MAIN_LAYOUTS else None, ('4T',)),
    Row('audit-reading', 'audit against reading alone', info(), dd, 'dd of a flat copy',
        lambda layout: 1.0 if layout == 'sequential' else 3.0, ('4T',), FULL_TABLES),
    Row('pack', 'pack without verify', pack('--no-verify'), tar(*PIGZ_1), 'tar, pigz -1 -p2',
        lambda layout: 0.30 if layout in FULL_TABLES else None),
    Row('pack-verify', 'pack with verify', pack(), tar(*PIGZ_1), 'tar, pigz -1 -p2',
        lambda layout: 0.60 if layout in FULL_TABLES else None),
    Row('pack-zlib', 'pack --deflate=zlib without verify', pack('--no-verify', '--deflate=zlib'),
        tar(*PIGZ_1), 'tar, pigz -1 -p2', layouts=MAIN_LAYOUTS),
    Row('pack-pigz', 'pack with verify', pack(), tar('-I', 'pigz -p2'), 'tar, pigz -p2',
        layouts=MAIN_LAYOUTS, pairs=1, sizes=('64G', '1T')),
    Row('pack-bsdtar', 'pack with verify', pack(), bsdtar, 'bsdtar -czf',
        layouts=MAIN_LAYOUTS, pairs=1, sizes=('64G', '1T')),
    # Last of those that pack: what it leaves behind is what the sizes are compared with.
    Row('pack-gzip', 'pack with verify', pack(), tar('-z'), 'tar -z (gzip -6)',
        pairs=1, sizes=('64G', '1T')),
]
