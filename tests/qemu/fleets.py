# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of many images with names of every kind, for tests of formats."""

import base64
import copy
import glob
import json
import os
import re

from harness import MKIMAGE, QEDSCRUB, need, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

HOSTILE = [
    b"new\nline", b"carriage\rreturn", b"tab\t", b"esc\x1b[31mred\x1b[0m", b"bell\x07", b"del\x7f",
    "c1\x9b31m".encode(), b"raw c1 \x9b31m", "bidi\u202egpj.qed".encode(), "zero\u200bwidth".encode(),
    "bom\ufeff".encode(), "line\u2028sep".encode(), "tag\U000e0041".encode(), "none\uffff".encode(),
    b"invalid\xff\xfe", b"overlong\xc0\xaf", b"surrogate\xed\xa0\x80", b"cut\xc3", b"'single'",
    b'"double"', b'mid"dle', b"comma,comma", b"semi;colon", b"=1+1", b"+1", b"-rf", b"@SUM(A1)",
    b"=cmd|' /C calc'!A0", b"pipe|pipe", b"<script>alert(1)</script>", b"]]>", b"<![CDATA[x]]>",
    b"&amp;&#27;", b"percent%0A%0D::error::", b"::error::x", b"back\\slash\\n", b"`tick`",
    b"*star*_under_[a](b)", b"#head", b"  spaces  ", b"{brace}", b"x" * 250, b"\xff" * 200,
    "\u00e4\u4e2d\U0001f4be".encode(), b"dir/./file", b"$(id)", b"~", b"a=b", b"NUL", b"\\", b" ",
]

STATUSES = ["unreadable", "vanished", "crashed", "timeout", "in-use", "not-qed"]


def anchored(name):
    """The path that a record of such a name has."""
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    return (b"/" if name.startswith(b"/") else b"./") + b"/".join(parts)


def set_name(record, key, name):
    """As the program writes names."""
    try:
        record[key] = name.decode()
    except UnicodeDecodeError:
        record[key] = name.decode(errors="replace")
        record[key + "-b64"] = base64.b64encode(name).decode()


def get_name(record, key):
    if key + "-b64" in record:
        return base64.b64decode(record[key + "-b64"])
    return record[key].encode()


def info(path):
    result = run(QEDSCRUB, "info", "--output=json", "-f", "qed", path)
    record = json.loads(result.stdout)
    for key in ("actual-size", "host-extents"):
        record.pop(key, None)
    return record


def fixture_records(folder, names=None):
    """The records of fixtures, by name."""
    records = {}
    for recipe in sorted(glob.glob(os.path.join(ROOT, "fixtures", "*.qedtxt"))):
        name = os.path.basename(recipe)[:-len(".qedtxt")]
        if names is not None and name not in names:
            continue
        path = os.path.join(folder, "image.qed")
        need(run(MKIMAGE, recipe, path))
        records[name] = info(path)
        os.unlink(path)
    return records


def identity(number, links=1):
    return {"size": 4096 * number, "mtime-ns": 1600000000000000000 + number, "inode": number,
            "device": 64769, "links": links}


def audited(record, name, **more):
    """The record as an audit of that path gives it."""
    result = {key: value for key, value in copy.deepcopy(record).items()
              if not key.startswith("filename")}
    set_name(result, "filename", name)
    result["status"] = "ok"
    result.update(more)
    return result


def other(name, status, message=None):
    """The record of an image that was not examined."""
    result = {"schema": "qedscrub-record/1", "status": status}
    set_name(result, "filename", name)
    if message is not None:
        set_name(result, "message", message)
    return result


def cannot_be_read(record):
    """The record, had three elements of tables been unreadable."""
    record.update({"verdict": "unreadable", "check-errors": 3, "leaks": None, "leaked-bytes": None,
                   "qemu-img": {"opens": True, "exit-status": 1, "error": "Check failed"}})
    return record


def with_backing(record, name):
    record["header"] = dict(record["header"], **{"backing-file": True})
    for key in ("backing-filename", "backing-filename-b64"):
        record.pop(key, None)
    set_name(record, "backing-filename", name)
    return record


def hostile_fleet(folder):
    """Records of everything that there can be, under every hostile name."""
    records = []
    fixtures = fixture_records(folder)
    sick = list(fixtures.values())
    for number, name in enumerate(HOSTILE):
        record = audited(sick[number * 7 % len(sick)], anchored(name), identity=identity(number))
        if number % 3 == 0:
            with_backing(record, HOSTILE[(number + 1) % len(HOSTILE)])
        if number % 4 == 0:
            record["seconds"] = number / 8
        records.append(record)
        records.append(other(anchored(b"other/" + name), STATUSES[number % len(STATUSES)], name))
    for number, record in enumerate(sick):
        records.append(audited(record, b"./sick/%d" % number, identity=identity(number)))
    records.append(cannot_be_read(audited(fixtures["good-sequential"], b"./damaged disk")))
    for number in range(3):
        records.append(audited(sick[0], b"/linked/%d" % number, identity=identity(9999, 3)))
    return records


def summary(count, **more):
    result = {"schema": "qedscrub-summary/1", "paths": count, "interrupted": False,
              "policy": {"fail-on": ["corrupt", "leaks", "unreadable", "unsupported",
                                     "fragmentation"],
                         "max-fragmentation": None, "max-leaked": 0, "baseline": False}}
    result.update(more)
    return result


def write_records(path, records, **more):
    """A record file, as an audit ends it."""
    with open(path, "w", encoding="utf-8") as file:
        for value in records + [summary(len(records), **more)]:
            file.write(json.dumps(value) + "\n")
    return path


def unquote(text):
    """The bytes that stand for themselves, or as a C string in double quotes."""
    if not text.startswith('"'):
        return text.encode()
    letters = {"n": b"\n", "t": b"\t", "r": b"\r", '"': b'"', "\\": b"\\"}

    def replace(match):
        what = match.group(1).decode()
        return letters[what] if what in letters else bytes([int(what, 8)])

    return re.sub(rb"\\([ntr\"\\]|[0-7]{3})", replace, text[1:-1].encode())
