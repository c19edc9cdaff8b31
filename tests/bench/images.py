# SPDX-License-Identifier: GPL-2.0-or-later
"""The images that are measured: made by mkimage, sparse, the same for the same seed."""
import json
import os
import subprocess

LAYOUTS = {
    'sequential': ['--layout', 'seq'],
    'frag:30': ['--layout', 'frag:30'],
    'local:30': ['--layout', 'local:30'],
    '8 streams': ['--layout', 'streams:8'],
    'random': ['--layout', 'random'],
    '1 % scattered': ['--layout', 'seq', '--allocated', '1'],
    '1 % clumped': ['--layout', 'seq', '--allocated', '1', '--clump', '4096'],
}
MAIN_LAYOUTS = ['sequential', 'frag:30', 'random']
FULL_TABLES = ['sequential', 'frag:30', 'local:30', '8 streams', 'random']
CHUNK = 1 << 20


class Image:
    """An image file, removed when it is done with."""

    def __init__(self, folder, layout, size, seed=1, name='image.qed'):
        self.layout, self.size = layout, size
        self.path = os.path.join(folder, name)
        made = subprocess.run(
            ['mkimage', *LAYOUTS[layout], '--virtual', size, '--seed', str(seed), self.path],
            check=True, capture_output=True, text=True)
        self.facts = json.loads(made.stdout)
        self.table_bytes = self.facts['metadata-bytes']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.unlink(self.path)

    def name(self):
        return f'{self.size} {self.layout}'


def ranges_of_data(fd):
    """The file's ranges that are not holes."""
    size, at = os.fstat(fd).st_size, 0
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, at, os.SEEK_HOLE)
        yield at, end
        at = end


def copy_flat(source, target):
    """All data of a sparse file in one dense one: what reading the tables costs, without seeking."""
    fd = os.open(source, os.O_RDONLY)
    with open(target, 'wb') as out:
        for at, end in ranges_of_data(fd):
            while at < end:
                part = os.pread(fd, min(CHUNK, end - at), at)
                out.write(part)
                at += len(part)
    os.close(fd)


def make_many(folder, count):
    """Images of 8 GiB, 1.4 MB of tables each."""
    os.makedirs(folder)
    for i in range(count):
        Image(folder, 'frag:30', '8G', seed=i, name=f'{i:04}.qed')


def make_ten_tables(path, size, distance):
    """Ten full L2 tables, that far apart on the guest's disk."""
    lines = [f'image-size {size}']
    lines += [f'data {i * distance} 32768' for i in range(10)]
    subprocess.run(['mkimage', '-', path], input='\n'.join(lines) + '\n', check=True, text=True)
