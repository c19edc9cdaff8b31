#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile names through every command and every format.

An image, its backing file, its folder, its bundle and what the user mistypes go by each name in
turn. Whatever is written, to standard output, standard error, a bundle or a report, is UTF-8
without control, bidirectional or invisible characters, holds nothing that its format would take for
more than text, and gives the name back to the byte.

Usage: test_names.py
"""

import collections
import html
import html.parser
import json
import os
import re
import shutil
import struct
import tarfile
import tempfile

import fleets
import test_formats
from harness import BUILD, QEDSCRUB, Tap, need, over_seeds, run

QED_TOOL = os.path.join(BUILD, "qed-tool")
NAMES = [name for name in fleets.HOSTILE if b"/" not in name and len(name) < 250]
HARMLESS = b"harmless"


class Page(html.parser.HTMLParser):
    """The elements of a page with their attributes, counted, and its text."""

    def __init__(self, data):
        super().__init__()
        self.elements, self.words = collections.Counter(), []
        self.feed(data.decode())

    def handle_starttag(self, tag, attrs):
        self.elements[tag, tuple(attrs)] += 1

    def handle_comment(self, data):
        self.elements["comment", data] += 1

    def handle_decl(self, decl):
        self.elements["declaration", decl] += 1

    def handle_data(self, data):
        self.words.append(data)


def quoted(name):
    """As base/quote.h has it: what a terminal, a log or a page shows."""
    try:
        plain = name.decode()
        if not name.startswith(b'"') and plain.isprintable() and \
                not test_formats.INVISIBLE.search(plain):
            return plain
    except UnicodeDecodeError:
        pass
    letters = {0x0a: "\\n", 0x09: "\\t", 0x0d: "\\r", 0x22: '\\"', 0x5c: "\\\\"}
    return '"%s"' % "".join(letters.get(byte, chr(byte) if 0x20 <= byte < 0x7f else "\\%03o" % byte)
                            for byte in name)


def shown(name):
    """As far as messages go, in which a name is not to take more than some lines."""
    text = quoted(name)
    return text if len(text.encode()) < 512 else text[:480]


def unsafe(what, data, wrong):
    """Notes what no output may hold."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        wrong.append("%s is no UTF-8: %s" % (what, error))
        return ""
    wrong += ["%s: %s" % (what, complaint)
              for complaint in test_formats.check_characters({"text": data}, None)]
    return text


class Runs:
    """Runs commands, and looks at all that they say."""

    def __init__(self, folder):
        self.folder, self.wrong, self.count = os.fsencode(folder), [], 0

    def __call__(self, program, *arguments, status=None, says=None, quotes=None):
        """Standard output of a run; it may have to say something, or to quote a name."""
        result = run(program, *arguments, cwd=self.folder)
        what = "%s %r" % (os.path.basename(program), arguments)
        out = unsafe(what, result.stdout, self.wrong)
        text = out + unsafe(what, result.stderr, self.wrong)
        self.count += 1
        if status is not None and result.returncode != status:
            self.wrong.append("%s: exit %d: %s" % (what, result.returncode, text[:200]))
        for word in [says] * (says is not None) + [quotes and shown(quotes)] * (quotes is not None):
            if word not in text:
                self.wrong.append("%s does not say %s: %s" % (what, word, text[:200]))
        return result.stdout

    def json(self, *arguments, **options):
        out = self(*arguments, **options)
        try:
            return json.loads(out)
        except ValueError as error:
            raise AssertionError("%s: %s" % (self.wrong, error)) from error

    def equal(self, what, found, expected):
        if found != expected:
            self.wrong.append("%s: %r is %r" % (what, expected, found))


def patch_backing_name(path, name):
    """Gives an image with a backing file another name for that."""
    with open(path, "r+b") as file:
        file.seek(56)
        offset = struct.unpack("<I", file.read(4))[0]
        file.write(struct.pack("<I", len(name)))
        file.seek(offset)
        file.write(name)


def make_image(path, name):
    need(run("qemu-img", "create", "-q", "-f", "qed", "-u", "-b", "base", "-F", "raw", path, "64M"))
    patch_backing_name(path, name)


def info(runs, name):
    """One image, in all formats of info."""
    runs(QEDSCRUB, "info", "--", name, status=0, says="\nimage: " + shown(name))
    runs(QEDSCRUB, "info", "--", name, status=0, says="\n  backing file                 " + shown(name))
    record = runs.json(QEDSCRUB, "info", "--output=json", "--", name, status=0)
    for key in ("filename", "backing-filename"):
        runs.equal("info: " + key, fleets.get_name(record, key), name)
    pages = [Page(runs(QEDSCRUB, "info", "--output=html", "--", some, status=0))
             for some in (name, HARMLESS)]
    runs.equal("info: elements of a page", pages[0].elements, pages[1].elements)
    if quoted(name) not in "".join(pages[0].words):
        runs.wrong.append("info: the page does not name %r" % name)


def bundle(runs, name):
    """The bundle, under that name too, and what is in it."""
    pages = []
    for some, packed in ((name, name + b".tar.gz"), (HARMLESS, b"harmless.tar.gz")):
        runs(QEDSCRUB, "--keep-names", "--keep-backing-name", "-o", packed, "--", some, status=0,
             quotes=packed)
        with tarfile.open(os.path.join(runs.folder, packed)) as archive:
            for member in archive:
                if member.name.endswith(".qed"):
                    continue
                data = archive.extractfile(member).read()
                unsafe("%s of %r" % (member.name, some), data, runs.wrong)
                if member.name.endswith(".html"):
                    pages.append(Page(data))
                if member.name.endswith("report.json"):
                    record = json.loads(data)
        for key in ("filename", "backing-filename"):
            runs.equal("bundle: " + key, fleets.get_name(record, key), some)
    runs.equal("bundle: elements of a page", pages[0].elements, pages[1].elements)
    packed = name + b".tar.gz"
    runs(QEDSCRUB, "verify", "--", packed, status=0, quotes=packed)
    runs(QEDSCRUB, "verify", "--against", name, "--", packed, status=0)
    runs(QEDSCRUB, "info", "--", packed, status=0, quotes=packed)
    runs(QEDSCRUB, "--dry-run", "-o", name + b".dry.tar", "--", name, status=0,
         quotes=name + b".dry.tar")
    restored = name + b".restored"
    runs(QEDSCRUB, "restore", "-o", restored, "--", packed, status=0, quotes=restored)
    runs(QEDSCRUB, "restore", "-o", restored, "--", packed, status=1, quotes=restored)


def diff(runs, name):
    runs(QEDSCRUB, "diff", "--", name, HARMLESS, status=1, quotes=name)
    told = runs.json(QEDSCRUB, "diff", "--output=json", "--", HARMLESS, name, status=1)
    runs.equal("diff: after", fleets.get_name(told, "after"), name)
    runs(QEDSCRUB, "diff", "--", name, name + b".missing", status=2, quotes=name + b".missing")


def mistakes(runs, name):
    """What a user mistypes is told back."""
    missing = name + b".missing"
    for command in ("info", "verify", "audit", "merge"):
        runs(QEDSCRUB, command, "--", missing, status=1, says="No such file")
    for command in ("info", "audit", "merge", "diff"):
        runs(QEDSCRUB, command, b"--output=" + name, "--", name, name, says="qedscrub: ")
    runs(QEDSCRUB, "-o", missing + b"/b.tar.gz", "--", name, status=1, quotes=missing + b"/b.tar.gz")
    runs(QEDSCRUB, "restore", "-o", missing, "--", name, says="qedscrub: ")
    for option in (b"--label=", b"--jobs=", b"--only=", b"--deflate=", b"--color=", b"--format="):
        runs(QEDSCRUB, option + name, "-o", b"never", "--", missing, status=1)
    for option in (b"--fail-on=", b"--baseline=", b"--report=", b"--report=json=", b"--resume=",
                   b"--shard=", b"--files0-from=", b"--timeout=", b"--max-leaked="):
        runs(QEDSCRUB, "audit", option + name, "--", missing)
    runs(QEDSCRUB, b"--" + name, status=1)


def tool(runs, name):
    path = b"./" + name
    runs(QED_TOOL, path, "show", status=0)
    runs.json(QED_TOOL, path, "show", "--output=json", status=0)
    runs(QED_TOOL, path + b".missing", "show", status=1, quotes=path + b".missing")
    for arguments in ((name,), ("show", name), ("show", "l2", name), ("invalidate", name),
                      ("invalidate", "l2", b"--kind=" + name), ("undo", name + b".missing"),
                      ("copy_metadata", path), ("need_check", name), ("zerocluster", name)):
        runs(QED_TOOL, path, *arguments, status=1)
    runs(QED_TOOL, path, "need_check", "on", b"--save-undo=" + path + b".undo", status=0)
    runs(QED_TOOL, path, "undo", path + b".undo", status=0)


def check(number, folder):
    """All of it for one name."""
    name = NAMES[number]
    runs = Runs(folder)
    for some in (name, HARMLESS):
        make_image(os.path.join(runs.folder, some), some)
    for group in (info, bundle, diff, mistakes, tool):
        group(runs, name)
    return {"failed": "%r: %s" % (name, "; ".join(runs.wrong[:5])) if runs.wrong else None,
            "count": runs.count}


def check_markdown(text, records, wrong):
    """Rows of seven bars, names in code, and nothing else that Markdown or HTML could mean."""
    known = {fleets.get_name(record, "filename") for record in records}
    rows = [line for line in text.split("\n") if line.startswith("| <code>")]
    for row in rows:
        match = re.fullmatch(r"\| <code>([^|<>`*_\[\]]*)</code> ((?:\|[^|<>`_\[\]]*){5})\|", row)
        if not match or re.search("&(?!#[0-9]+;)", row):
            wrong.append("markdown: %r" % row)
        elif fleets.unquote(html.unescape(match.group(1))) not in known:
            wrong.append("markdown: no image is called %r" % match.group(1))
    if not rows:
        wrong.append("markdown: no image is named")


def audit_all(folder, names):
    """An audit of images of these names in folders of these names, in all formats."""
    top = os.path.join(os.fsencode(folder), b"images")
    for number, name in enumerate(names):
        place = os.path.join(top, name)
        os.makedirs(place)
        path = os.path.join(place, b"%d" % number + name)
        make_image(path, b"/nowhere/" + name)
        if number % 2:  # a leaked cluster, and so more to say
            with open(path, "ab") as file:
                file.write(bytes(65536))
    outputs, said = {}, []
    for kind in test_formats.FORMATS + ["html"]:
        result = run(QEDSCRUB, "audit", "--output", kind, *test_formats.POLICY[:1],
                     "--fail-on=leaks,unreadable", "images", "missing", cwd=folder)
        outputs[kind] = result.stdout
        said.append(result.stderr)
    shutil.rmtree(top)
    return outputs, said


def check_audit(tap):
    folder = tempfile.mkdtemp(prefix="qedscrub-")
    try:
        outputs, said = audit_all(folder, NAMES)
        plain, _ = audit_all(folder, [b"name%03d" % number for number in range(len(NAMES))])
        wrong = test_formats.check_characters(outputs, folder)
        for text in said:
            unsafe("standard error", text, wrong)
        for what in (test_formats.check_json, test_formats.check_csv, test_formats.check_junit,
                     test_formats.check_openmetrics):
            wrong += what(outputs, folder)
        records = json.loads(outputs["json"])["images"]
        check_markdown(outputs["markdown"].decode(), records, wrong)
        pages = [Page(some["html"]) for some in (outputs, plain)]
        if pages[0].elements != pages[1].elements:
            wrong.append("html: %s" % ((pages[0].elements - pages[1].elements) +
                                       (pages[1].elements - pages[0].elements)))
        words = "".join(pages[0].words)
        wrong += ["html does not name %r" % fleets.get_name(record, "filename")
                  for record in records if quoted(fleets.get_name(record, "filename")) not in words]
        for line in outputs["github"].decode().split("\n")[:-1]:
            if not re.fullmatch(r"::(error|warning|notice) [^:]*::.*", line):
                wrong.append("github: %r" % line)
        tap.test("audit: %d images in folders, %d formats" % (len(NAMES), len(outputs)),
                 not wrong and len(records) == len(NAMES) + 1, *wrong[:10])
    finally:
        shutil.rmtree(folder)


def main():
    tap = Tap()
    results = list(over_seeds(check, range(len(NAMES))))
    failures = [result["failed"] for result in results if result["failed"]]
    tap.test("%d names, %d runs: nothing raw, and every name comes back" %
             (len(NAMES), sum(result.get("count", 0) for result in results)),
             not failures, *failures[:20])
    check_audit(tap)
    tap.end()


if __name__ == "__main__":
    main()
