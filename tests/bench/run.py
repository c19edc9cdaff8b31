#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Measures qedscrub beside its peers, ours and theirs in turn, on images made for it.

BENCH=quick (64 GiB) or full (1 TiB and 4 TiB, minutes); ONLY=names of rows, by their beginnings;
BENCH_DIR: where images go, memory by default; BENCH_DISK: where those go that are read cold.
Writes bench.ndjson to $BUILD; a full run of everything writes the tables of docs/speed.md too.
Fails where a program is missing: nothing passes by being absent.
"""
import json
import os
import subprocess
import sys
import tempfile

import images
import machine
import measure
import rows
from images import Image
from report import Report

BUILD = os.environ.get('BUILD', 'build')
FULL = os.environ.get('BENCH', 'quick') == 'full'
ONLY = os.environ.get('ONLY', '').split()
SIZES = ['1T', '4T'] if FULL else ['64G']
PAIRS = 5 if FULL else 3
REPORTS = 'reports: text, JSON, HTML'  # one of the stages
FOUND = (0, 2, 3)  # qemu-img check takes sound images for leaking ones


def wanted(name):
    return not ONLY or any(name.startswith(only) for only in ONLY)


def compare_sizes(report, image, at):
    ours, theirs = os.path.getsize(at.ours), os.path.getsize(at.theirs)
    report.add({'row': 'size', 'what': 'size of the archive', 'image': image.name(),
                'peer': 'tar -z (gzip -6)', 'median': ours / theirs, 'min': ours / theirs,
                'max': ours / theirs, 'goal': rows.size_goal(image.layout) if FULL else None,
                'ours': ours, 'theirs': theirs})


def compare(report, row, image, at):
    if not wanted(row.name) or image.layout not in row.layouts or image.size not in row.sizes:
        return
    try:
        pairs = measure.alternate(row.ours(at), row.theirs(at), row.pairs or PAIRS,
                                  at.forget, allowed=FOUND)
    except measure.Missing as program:
        report.add_missing(row.name, str(program))
        return
    report.add_pairs(row, image, pairs, row.goal(image.layout) if image.size in row.goal_sizes else None)
    if row.name == 'pack-gzip':
        compare_sizes(report, image, at)


def on_one_image(report, folder, layout, size):
    with Image(folder, layout, size) as image:
        at = rows.Place(folder, image)
        if wanted('audit-reading') and layout in images.FULL_TABLES:
            images.copy_flat(image.path, at.flat)
        for row in rows.ROWS:
            compare(report, row, image, at)
        for path in (at.flat, at.ours, at.theirs):
            if os.path.exists(path):
                os.unlink(path)


def memory(report, folder):
    """Anonymous pages and mapped ones, over the processes of a pack, sampled each millisecond."""
    for layout in images.MAIN_LAYOUTS:
        with Image(folder, layout, SIZES[-1]) as image:
            at = rows.Place(folder, image)
            peak = measure.peak_memory(rows.pack()(at))
            os.unlink(at.ours)
        limit = 24 << 20
        report.add({'row': 'memory', 'what': f'peak memory of pack, anonymous '
                    f'{peak.anonymous / (1 << 20):.1f} MiB, mapped {peak.mapped / (1 << 20):.1f}',
                    'image': image.name(), 'peer': '24 MiB', 'median': peak.total / limit,
                    'min': peak.total / limit, 'max': peak.total / limit, 'ours': peak.total,
                    'goal': 1.0 if FULL else None, 'anonymous': peak.anonymous,
                    'mapped': peak.mapped, 'samples': peak.samples})


def many(report, folder):
    """A folder of small images, against a loop of one process each."""
    count = 2000 if FULL else 200
    below = os.path.join(folder, 'many')
    images.make_many(below, count)
    row = rows.Row('bulk', f'audit of {count} images', None, None, 'a loop of qemu-img check')
    try:
        measure.require('qemu-img')
        pairs = measure.alternate(
            ['qedscrub', 'audit', '-q', '--output=ndjson', below],
            ['sh', '-c', f'for i in {below}/*; do qemu-img check "$i" >/dev/null; done'],
            PAIRS if FULL else 1, allowed=FOUND)
        ratios = pairs.ratios()
        report.add({'row': 'bulk', 'what': row.what, 'image': f'{count} of 8G frag:30',
                    'peer': row.peer, 'median': pairs.median(), 'min': min(ratios),
                    'max': max(ratios), 'goal': 0.03 if FULL else None,
                    'images-per-second': count / min(run.wall for run in pairs.ours),
                    'ours': summary_of(pairs.ours), 'theirs': summary_of(pairs.theirs)})
    except measure.Missing as program:
        report.add_missing('bulk', str(program))
    subprocess.run(['rm', '-r', below], check=True)


def summary_of(runs):
    return {'wall': [round(run.wall, 4) for run in runs],
            'cpu': [round(run.cpu, 4) for run in runs]}


def empty_space(report, folder):
    """Ten tables cost what ten tables cost, however large the disk around them is."""
    small, large = os.path.join(folder, 'small.qed'), os.path.join(folder, 'large.qed')
    images.make_ten_tables(small, '100G', 10 << 30)
    images.make_ten_tables(large, '64T', 6 << 40)
    for row, command in (('growth-audit', lambda image: ['qedscrub', 'info', image]),
                         ('growth-pack', lambda image: ['qedscrub', '-q', '--force', image, '-o',
                                                        os.path.join(folder, 'out.tar.gz')])):
        pairs = measure.alternate(command(large), command(small), 4 * PAIRS, allowed=FOUND)
        ratios = pairs.ratios()
        report.add({'row': row, 'what': f'{row[7:]} of 64 TiB with ten tables', 'image': 'ten tables',
                    'peer': '100 GiB with ten tables', 'median': pairs.median(),
                    'min': min(ratios), 'max': max(ratios), 'goal': 1.25,
                    'ours': summary_of(pairs.ours), 'theirs': summary_of(pairs.theirs)})
    for name in (small, large, os.path.join(folder, 'out.tar.gz')):
        os.unlink(name)


def growth(report):
    """Time per byte of tables at 4 TiB against 1 TiB, from what was measured before."""
    for name in ('audit', 'pack', 'pack-verify'):
        for layout in images.MAIN_LAYOUTS:
            costs = [min(result['ours']['wall']) / result['table-bytes']
                     for size in SIZES for result in report.results
                     if result['row'] == name and result['image'] == f'{size} {layout}']
            if len(costs) == 2:
                ratio = costs[1] / costs[0]
                report.add({'row': 'growth', 'what': f'{name}: time per byte of tables at 4T',
                            'image': layout, 'peer': 'that at 1T', 'median': ratio, 'min': ratio,
                            'max': ratio, 'goal': 1.5})


def cold(report):
    """From disk, with nothing in the page cache; needs root, and memory that nobody else uses."""
    below = os.environ.get('BENCH_DISK', BUILD)
    if machine.file_system(below) == 'tmpfs' or os.geteuid() != 0:
        report.add_missing('cold', 'a disk and root (BENCH_DISK)')
        return
    with tempfile.TemporaryDirectory(dir=below) as folder, \
            Image(folder, 'sequential', '4T') as image:
        at = rows.Place(folder, image)
        row = rows.Row('cold', f'audit, cold, on {machine.file_system(below)}', None, None,
                       'qemu-img check')
        pairs = measure.alternate(rows.info()(at), rows.qemu_check(at), 3,
                                  measure.drop_caches, allowed=FOUND)
        report.add_pairs(row, image, pairs, 0.30)
        measure.drop_caches()
        before = measure.page_cache()
        measure.run(rows.info()(at), FOUND)
        grown = measure.page_cache() - before
    ratio = grown / image.table_bytes
    report.add({'row': 'cold', 'what': 'page cache that an audit fills', 'image': image.name(),
                'peer': 'the size of the tables', 'median': ratio, 'min': ratio, 'max': ratio,
                'goal': 1.1, 'ours': grown, 'theirs': image.table_bytes})


def compare_reports(report, image, costs):
    """The reports against all that a pack does."""
    work = sum(costs[name] for name in ('audit', 'scrub', 'deflate, as packed', 'CRC-32', 'SHA-256'))
    ratio = costs[REPORTS] / (work + costs[REPORTS])
    report.add({'row': 'reports', 'what': 'text, JSON and HTML', 'image': image.name(),
                'peer': 'the work of a pack', 'median': ratio, 'min': ratio, 'max': ratio,
                'goal': 0.1 if FULL else None})


def stages(report, folder):
    """Where the time goes: nanoseconds of one core per byte of tables, stage by stage."""
    columns = {}
    for layout in images.LAYOUTS:
        with Image(folder, layout, SIZES[0]) as image:
            said = subprocess.run([os.path.join(BUILD, 'tests/bench/stages'), image.path],
                                  check=True, capture_output=True, text=True)
        columns[layout] = json.loads(said.stdout)
        report.stage({'row': 'stages', 'image': image.name(), 'ns-per-byte': columns[layout]})
        compare_reports(report, image, columns[layout])
    names = list(next(iter(columns.values())))
    lines = ['| stage, ns a byte of tables, one core | ' + ' | '.join(columns) + ' |',
             '|---' * (len(columns) + 1) + '|']
    for name in names:
        figures = ' | '.join(f'{column[name]:.2f}' for column in columns.values())
        lines.append(f'| {name} | {figures} |')
    print('\n'.join(lines), flush=True)
    return [*lines, '']


def work_folder():
    return os.environ.get('BENCH_DIR') or ('/dev/shm' if os.path.isdir('/dev/shm') else None)


def main():
    lines = []
    with tempfile.TemporaryDirectory(prefix='qedscrub-bench-', dir=work_folder()) as folder:
        report = Report(os.path.join(BUILD, 'bench.ndjson'), machine.describe(folder))
        print('\n'.join(report.about()))
        for size in SIZES:
            for layout in images.LAYOUTS:
                on_one_image(report, folder, layout, size)
        growth(report)
        if wanted('growth'):
            empty_space(report, folder)
        if wanted('memory'):
            memory(report, folder)
        if wanted('bulk'):
            many(report, folder)
        if wanted('stages'):
            lines = stages(report, folder)
    if FULL and wanted('cold'):
        cold(report)
    report.finish('docs/speed.md' if FULL and not ONLY else None, lines)
    missed = [result for result in report.results if result.get('met') is False]
    print(f"{len(report.results)} comparisons, {len(missed)} goals missed; "
          f"all figures: {os.path.join(BUILD, 'bench.ndjson')}")
    if report.missing:
        print(f"missing, see scripts/deps bench: {', '.join(sorted(set(report.missing)))}")
    return 1 if report.missing else 0


if __name__ == '__main__':
    sys.exit(main())
