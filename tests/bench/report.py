# SPDX-License-Identifier: GPL-2.0-or-later
"""Results as NDJSON, as lines to watch, and as the tables of docs/speed.md."""
import json
import re
import statistics

BEGIN, END = '<!-- make bench writes from here -->', '<!-- to here -->'


class Report:
    def __init__(self, path, machine):
        self.results, self.missing = [], []
        self.machine = machine
        self.out = open(path, 'w', encoding='utf-8')
        self.write({'machine': machine})

    def write(self, line):
        self.out.write(json.dumps(line) + '\n')
        self.out.flush()

    def add(self, result):
        """A result has row, what, image, peer, median, min, max, goal, and whatever else."""
        if result['goal'] is not None:
            result['met'] = result['median'] <= result['goal']
        self.results.append(result)
        self.write(result)
        print(f"  {result['what']}, {result['image']}: {result['median']:.3f} of {result['peer']}"
              f" ({result['min']:.3f} to {result['max']:.3f}){verdict(result)}", flush=True)

    def add_pairs(self, row, image, pairs, goal):
        ratios = pairs.ratios()
        self.add({
            'row': row.name, 'what': row.what, 'image': image.name(), 'peer': row.peer,
            'median': pairs.median(), 'min': min(ratios), 'max': max(ratios), 'goal': goal,
            'table-bytes': image.table_bytes,
            'ours': summary(pairs.ours), 'theirs': summary(pairs.theirs),
        })

    def add_missing(self, row, program):
        self.missing.append(program)
        self.write({'row': row, 'missing': program})
        print(f'  {row}: {program} is missing', flush=True)

    def stage(self, line):
        self.write(line)

    def finish(self, document, stages):
        self.out.close()
        if document:
            replace_between(document, '\n'.join([*self.about(), *self.goals(), *stages,
                                                 *self.table()]))

    def about(self):
        machine = self.machine
        return [f"Measured on {machine['cpu']}, {machine['cores']} cores, "
                f"{machine['memory-bytes'] / (1 << 30):.0f} GiB, Linux {machine['kernel']}, images "
                f"on {machine['file-system']}; {', '.join(machine['programs'].values())}.", '']

    def goals(self):
        """A line for each goal, with the image that comes closest to missing it, or misses it."""
        lines = ['| goal | images | worst median | of which image | |', '|---|---|---|---|---|']
        groups = {}
        for result in self.results:
            if 'met' in result:
                groups.setdefault((result['row'], result['peer'], result['goal']), []).append(result)
        for (row, peer, goal), results in groups.items():
            worst = max(results, key=lambda result: result['median'])
            missed = [result for result in results if not result['met']]
            outcome = f'MISSED by {len(missed)}' if missed else 'met'
            lines.append(f"| {row}: <= {goal:.2f} of {peer} | {len(results)} | "
                         f"{worst['median']:.3f} | {worst['image']} | {outcome} |")
        return lines + ['']

    def table(self):
        lines = ['| ours | image | ratio: median (from, to) | goal | | ours | theirs |',
                 '|---|---|---|---|---|---|---|']
        for result in self.results:
            goal = '' if result['goal'] is None else f"<= {result['goal']:.2f}"
            lines.append(
                f"| {result['what']} | {result['image']} | {result['median']:.3f} "
                f"({result['min']:.3f}, {result['max']:.3f}) of {result['peer']} | {goal} | "
                f"{verdict(result).strip(' :')} | {amount(result, 'ours')} | "
                f"{amount(result, 'theirs')} |")
        return lines + ['']


def summary(runs):
    return {'wall': [round(run.wall, 4) for run in runs],
            'cpu': [round(run.cpu, 4) for run in runs]}


def verdict(result):
    if 'met' not in result:
        return ''
    return ': met' if result['met'] else ': MISSED'


def amount(result, side):
    value = result.get(side)
    if isinstance(value, dict):
        return f"{statistics.median(value['wall']):.3f} s"
    if isinstance(value, (int, float)):
        return f'{value / 1e6:.2f} MB'
    return ''


def replace_between(path, text):
    with open(path, encoding='utf-8') as old:
        document = old.read()
    pattern = re.escape(BEGIN) + '.*?' + re.escape(END)
    document, count = re.subn(pattern, lambda _: f'{BEGIN}\n\n{text}\n{END}', document,
                              flags=re.S)
    if count != 1:
        raise RuntimeError(f'{path} has no place for the table')
    with open(path, 'w', encoding='utf-8') as new:
        new.write(document)
