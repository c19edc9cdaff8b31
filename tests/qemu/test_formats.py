#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every report format of many images, against a validator that others wrote, with hostile names.

The records are those of all fixtures, under names with whatever breaks formats, and of images that
could not be examined. Markdown and annotations have no validator: what they are for a handful of
images stands in golden/, and is written anew with UPDATE=1.
"""

import csv
import io
import json
import os
import random
import re
import shutil
import sys
import tempfile
import unicodedata
import xml.etree.ElementTree as ElementTree

from jsonschema import Draft202012Validator, RefResolver
from prometheus_client.openmetrics import parser as openmetrics

import fleets
from harness import QEDSCRUB, Tap, run

SCHEMAS = os.path.join(fleets.ROOT, "bugreport", "schema")
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
FORMATS = ["human", "json", "ndjson", "csv", "junit", "openmetrics", "markdown", "github"]
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff"
                       "\U000e0000-\U000e007f]")
POLICY = ["--max-fragmentation=5", "--timings",
          "--fail-on=corrupt,leaks,unreadable,fragmentation,dirty"]


def merge(*arguments):
    """What merge prints, its status, and what it says."""
    result = run(QEDSCRUB, "merge", *arguments)
    return result.stdout, result.returncode, result.stderr.decode(errors="replace")


def absolute(value, name):
    """The schema with references that this validator's resolver finds from another schema too."""
    if isinstance(value, dict):
        return {key: name + item if key == "$ref" and item.startswith("#") else
                absolute(item, name) for key, item in value.items()}
    return [absolute(item, name) for item in value] if isinstance(value, list) else value


def validators():
    documents = {}
    for name in ("record-1", "summary-1", "fleet-1"):
        with open(os.path.join(SCHEMAS, name + ".schema.json"), encoding="utf-8") as file:
            document = json.load(file)
        Draft202012Validator.check_schema(document)
        documents[document["$id"]] = absolute(document, document["$id"])
    return {name: Draft202012Validator(document, resolver=RefResolver(name, document, documents))
            for name, document in documents.items()}


def errors(validator, document):
    return ["%s: %s" % ("/".join(map(str, error.absolute_path)), error.message[:200])
            for error in validator.iter_errors(document)]


def check_json(outputs, folder):
    wrong = []
    validator = validators()
    fleet = json.loads(outputs["json"])
    lines = [json.loads(line) for line in outputs["ndjson"].decode().split("\n")[:-1]]
    wrong += errors(validator["urn:qedscrub:fleet-1"], fleet)[:5]
    for line in lines[:-1]:
        wrong += errors(validator["urn:qedscrub:record-1"], line)[:5]
    wrong += errors(validator["urn:qedscrub:summary-1"], lines[-1])
    if fleet["images"] + [fleet["summary"]] != lines:
        wrong.append("JSON and NDJSON differ")
    names = [fleets.get_name(line, "filename") for line in lines[:-1]]
    if names != sorted(names):
        wrong.append("records are not in the order of their names")
    spoiled = dict(lines[0], extra=1), dict(lines[-1], extra=1), dict(fleet, extra=1)
    for document, name in zip(spoiled, ("record-1", "summary-1", "fleet-1")):
        if validator["urn:qedscrub:" + name].is_valid(document):
            wrong.append("%s takes anything" % name)
    return wrong


def check_names(found, records, what):
    """The names of a format, decoded, are those of the records, to the byte."""
    expected = [fleets.get_name(record, "filename") for record in records]
    if found == expected:
        return []
    return ["%s: %r is %r" % (what, a, b) for a, b in zip(expected, found) if a != b][:3] or \
           ["%s: %d names, %d records" % (what, len(found), len(expected))]


def number(value):
    """Of a record: what does not fit into a signed 64-bit number is a hex string."""
    return int(value, 16) if isinstance(value, str) else value


def cell(value):
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def check_csv(outputs, folder):
    records = json.loads(outputs["json"])["images"]
    text = outputs["csv"].decode()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    wrong = check_names([fleets.unquote(row["filename"]) for row in rows], records, "csv")
    if text.count("\r\n") != len(rows) + 1 or text.count("\n") != len(rows) + 1:
        wrong.append("csv: lines do not end as RFC 4180 says")
    for row, record in zip(rows, records):
        for key in ("backing-filename", "message"):
            text = row[key][1:] if row[key].startswith("'") else row[key]
            if fleets.unquote(text) != (fleets.get_name(record, key) if key in record else b""):
                wrong.append("csv: %s of %r is %r" % (key, row["filename"], row[key]))
        for key, value in row.items():
            if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
                wrong.append("csv: a cell begins like a formula: %r" % value)
            if key in record and not isinstance(record[key], (dict, list, str)):
                same = float(value) == record[key] if isinstance(record[key], float) else \
                    value == cell(record[key])
                if not same:
                    wrong.append("csv: %s is %s, not %s" % (key, value, record[key]))
        if row["fails"] != cell(record["policy"]["fails"]):
            wrong.append("csv: fails of %r" % row["filename"])
        if row["causes"].split() != record["policy"]["causes"]:
            wrong.append("csv: causes of %r" % row["filename"])
    # Another writer's file of the same rows reads the same.
    again = io.StringIO(newline="")
    writer = csv.DictWriter(again, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    if list(csv.DictReader(io.StringIO(again.getvalue(), newline=""))) != rows:
        wrong.append("csv: does not survive a round trip")
    return wrong


def check_junit(outputs, folder):
    path = os.path.join(folder, "junit.xml")
    with open(path, "wb") as file:
        file.write(outputs["junit"])
    result = run("xmllint", "--noout", "--schema",
                 os.path.join(SCHEMAS, "junit-jenkins.xsd"), path)
    wrong = ["junit: " + result.stderr.decode()[:500]] if result.returncode else []
    records = json.loads(outputs["json"])["images"]
    suite = ElementTree.parse(path).getroot().find("testsuite")
    cases = suite.findall("testcase")
    images = [case for case in cases if case.get("name") == "consistency"]
    wrong += check_names([fleets.unquote(case.get("classname")) for case in images], records,
                         "junit")
    counts = {name: sum(case.find(name) is not None for case in cases)
              for name in ("failure", "error", "skipped")}
    told = (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped"))
    if told != tuple(str(n) for n in (len(cases), counts["failure"], counts["error"],
                                      counts["skipped"])):
        wrong.append("junit: the suite says %s" % (told,))
    failing = {case.get("classname") for case in cases
               if case.find("failure") is not None or case.find("error") is not None}
    if len(failing) != sum(record["policy"]["fails"] for record in records):
        wrong.append("junit: %d images fail" % len(failing))
    return wrong


RATIOS = {"allocated-percent": "allocated_ratio", "fragmented-percent": "fragmented_ratio"}
VALUES = {"corruptions": "corruptions", "leaked-bytes": "leaked_bytes",
          "virtual-size": "virtual_size_bytes", "file-size": "file_size_bytes", "runs": "runs",
          "dirty-flag": "need_check"}


def check_openmetrics(outputs, folder):
    text = outputs["openmetrics"].decode()
    with open(os.path.join(folder, "metrics"), "w", encoding="utf-8") as file:
        file.write(text)
    result = run("sh", "-c", 'exec promtool check metrics <"$1"', "sh",
                 os.path.join(folder, "metrics"))
    wrong = []
    if result.returncode or result.stderr:
        wrong.append("promtool: %s" % result.stderr.decode()[:500])
    families = {family.name: family for family in openmetrics.text_string_to_metric_families(text)}
    if {family.type for family in families.values()} != {"gauge"}:
        wrong.append("openmetrics: something is no gauge")
    records = json.loads(outputs["json"])["images"]
    found = [fleets.unquote(sample.labels["path"])
             for sample in families["qedscrub_image_outcome"].samples]
    wrong += check_names(found, records, "openmetrics")
    for key, name in list(RATIOS.items()) + list(VALUES.items()):
        expected = [number(record[key]) / (100 if key in RATIOS else 1) for record in records
                    if record.get(key) is not None]
        values = [sample.value for sample in families["qedscrub_image_" + name].samples]
        if len(values) != len(expected) or any(abs(a - b) > 1e-9 * max(1, abs(b))
                                               for a, b in zip(values, expected)):
            wrong.append("openmetrics: %s are not those of the records" % name)
    return wrong


def check_github(outputs, folder):
    """Workflow commands, each in a line, at most ten of a level; names come back."""
    wrong = []
    levels = {}
    records = {fleets.get_name(record, "filename") for record in
               json.loads(outputs["json"])["images"]}
    for line in outputs["github"].decode().split("\n")[:-1]:
        match = re.fullmatch(r"::(error|warning|notice) (?:file=([^,:]*),)?title=[^,:]*::(.*)", line)
        if not match or re.search("%(?!25|3A|2C)", line):
            wrong.append("github: %r" % line)
            continue
        levels[match.group(1)] = levels.get(match.group(1), 0) + 1
        name = match.group(2)
        if name is not None:
            name = name.replace("%2C", ",").replace("%3A", ":").replace("%25", "%")
            if fleets.unquote(name) not in records:
                wrong.append("github: no image is called %r" % name)
    if levels.get("error") != 10 or not levels.get("warning") or max(levels.values()) > 10:
        wrong.append("github: %s" % levels)
    return wrong


def check_characters(outputs, folder):
    wrong = []
    for name, output in outputs.items():
        text = output.decode()
        if name == "csv":
            text = text.replace("\r\n", "\n")
        bad = {character for character in text
               if character != "\n" and unicodedata.category(character) == "Cc"}
        bad |= set(INVISIBLE.findall(text))
        if bad:
            wrong.append("%s holds %r" % (name, sorted(bad)))
    return wrong


def render_all(*arguments):
    """The same records in all formats, with one run for each and with one for all."""
    return {name: merge("--output", name, *arguments)[0] for name in FORMATS}


def test_reports(tap, path, outputs, folder):
    """--report gives what --output gives, whatever stands on standard output."""
    files = {name: os.path.join(folder, "report." + name) for name in FORMATS}
    options = ["--report=%s=%s" % item for item in files.items()]
    printed, status, said = merge(path, *POLICY, *options, "--output=csv")
    wrong = [] if printed == outputs["csv"] and not said else [said or "another CSV"]
    for name, file_name in files.items():
        with open(file_name, "rb") as file:
            if file.read() != outputs[name]:
                wrong.append("another %s" % name)
    tap.test("any number of reports in one run", not wrong and status == 2, *wrong)
    before = os.stat(files["json"])
    again = merge(path, *POLICY, *options)
    tap.test("no report is replaced unasked", again[1] == 1 and "exists" in again[2] and
             before == os.stat(files["json"]), again[2])
    forced = merge(path, *POLICY, *options, "--force")
    tap.test("with --force they are", forced[1] == 2 and
             before.st_ino != os.stat(files["json"]).st_ino, forced[2])
    refused = merge(path, "--report=json=" + path, "--force")
    tap.test("the records are never replaced", refused[1] == 1 and not refused[0], refused[2])


def test_shards(tap, records, outputs, folder):
    """Records in eight parts, in any order, some twice."""
    dice = random.Random(1)
    parts = [[] for _ in range(8)]
    for record in records:
        parts[dice.randrange(8)].append(record)
    paths = [fleets.write_records(os.path.join(folder, "shard%d" % number), part,
                                  shards={"count": 8, "present": [number + 1]})
             for number, part in enumerate(parts)]
    shuffled = paths + paths[:2]
    dice.shuffle(shuffled)
    wrong = [name for name in FORMATS
             if merge("--output", name, *POLICY, *shuffled)[0] != outputs[name]]
    tap.test("shards merged are the whole, byte for byte, in every format", not wrong, *wrong)
    one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    for name, some in ((one, paths[:3]), (two, paths[3:])):
        with open(name, "wb") as file:
            file.write(merge("--output=ndjson", "--timings", *some)[0])
    tap.test("so are merges merged again, and their concatenation",
             merge("--output=ndjson", *POLICY, two, one)[0] == outputs["ndjson"])
    text, status, _ = merge(*paths[:2], *paths[4:])
    tap.test("missing shards are named", status == 2 and
             b"shards missing: 3, 4 of 8" in text, text[-300:])
    sound = [fleets.write_records(os.path.join(folder, "sound"), [],
                                  shards={"count": 2, "present": [1]})]
    tap.test("a run with a shard missing has failed", merge(*sound)[1] == 1)


def test_golden(tap, folder):
    """Markdown and annotations of a few images are what they were."""
    records = fleets.fixture_records(folder, ["good-sequential", "good-fragmented", "bad-many",
                                              "bad-leak", "good-dirty", "unsupported-feature"])
    fleet = [fleets.audited(record, b"./images/%s.qed" % name.encode())
             for name, record in records.items()]
    fleet.append(fleets.with_backing(fleets.audited(records["good-sequential"], b"./top.qed"),
                                     b"images/good-sequential.qed"))
    fleet.append(fleets.cannot_be_read(fleets.audited(records["good-dirty"], b"./disk")))
    fleet.append(fleets.other(b"./a|b,c:<d>%0A\n.qed", "crashed", b"died of signal 11"))
    path = fleets.write_records(os.path.join(folder, "golden.ndjson"), fleet)
    for name in ("human", "markdown", "github"):
        output = merge(path, "--output", name, "--max-fragmentation=10")[0]
        golden = os.path.join(GOLDEN, "fleet." + name)
        if os.environ.get("UPDATE"):
            with open(golden, "wb") as file:
                file.write(output)
        with open(golden, "rb") as file:
            expected = file.read()
        tap.test("%s as in golden/fleet.%s" % (name, name), output == expected,
                 *output.decode().split("\n"))


def test_policies(tap, folder):
    """The exit status, by the limits that are given."""
    found = fleets.fixture_records(folder, ["good-sequential", "good-random", "bad-many",
                                            "bad-leak", "good-dirty"])
    whole = {name: fleets.write_records(os.path.join(folder, name),
                                        [fleets.audited(record, b"./x")])
             for name, record in found.items()}
    for status in fleets.STATUSES:
        whole[status] = fleets.write_records(os.path.join(folder, status),
                                             [fleets.other(b"./x", status)])
    cases = [
        (0, "good-sequential"), (0, "good-random"), (2, "bad-many"), (3, "bad-leak"),
        (0, "good-dirty"), (1, "unreadable"), (0, "vanished"), (1, "crashed"), (1, "timeout"),
        (0, "in-use"), (63, "not-qed"), (4, "good-random", "--max-fragmentation=50"),
        (4, "good-random", "--max-fragmentation=50%"),
        (0, "good-random", "--max-fragmentation=100"), (4, "good-dirty", "--fail-on=dirty"),
        (4, "in-use", "--fail-on=dirty,in-use"), (0, "bad-many", "--fail-on=dirty"),
        (3, "bad-many", "--fail-on=leaks"), (0, "bad-leak", "--max-leaked=1G"),
        (3, "bad-leak", "--max-leaked=1"), (0, "bad-many", "--exit-zero"),
        (0, "bad-many", "--baseline=" + whole["bad-many"]),
        (2, "bad-many", "--baseline=" + whole["bad-leak"]),
        (0, "bad-leak", "--baseline=" + whole["bad-many"]),
        (1, "bad-many", "--fail-on=fragmentation"), (1, "bad-many", "--fail-on=odd"),
        (1, "bad-many", "--fail-on="), (1, "bad-many", "--max-leaked=-1"),
        (1, "bad-many", "--max-leaked=99999999999G"), (1, "bad-many", "--max-fragmentation=101"),
        (1, "bad-many", "--max-fragmentation=nan"), (1, "bad-many", "--report=xls=x"),
        (1, "bad-many", "--report=json="), (1, "bad-many", "--output=xls"),
    ]
    wrong = []
    for status, name, *options in cases:
        seen = merge(whole[name], *options)[1]
        if seen != status:
            wrong.append("%s %s: exit %d, not %d" % (name, options, seen, status))
    tap.test("%d exit statuses, by limits and baselines" % len(cases), not wrong, *wrong)
    order = ["good-sequential", "not-qed", "good-random", "bad-leak", "crashed", "bad-many"]
    statuses = [0, 63, 4, 3, 1, 2]
    many = []
    for number, name in enumerate(order):
        path = os.path.join(folder, "order%d" % number)
        with open(whole[name], encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace('"./x"', '"./%d"' % number))
        many.append(path)
    seen = [merge("--max-fragmentation=50", *many[:number + 1])[1] for number in range(6)]
    tap.test("of many images the worst counts", seen == statuses, str(seen))


def test_kept_policy(tap, path, folder):
    """Limits stay with the records that they judged, unless new ones are given."""
    kept = os.path.join(folder, "kept")
    first = merge(path, "--output=ndjson", *POLICY)
    with open(kept, "wb") as file:
        file.write(first[0])
    again = merge(kept, "--output=ndjson", "--timings")
    tap.test("limits stay with the records", first[:2] == again[:2])
    differ = merge(kept, path)
    tap.test("other limits in another file are an error", differ[1] == 1 and
             "different limits" in differ[2] and not differ[0], differ[2])
    tap.test("unless the user says by which", merge(kept, path, *POLICY, "--output=ndjson")[:2] ==
             first[:2])


def test_bundles(tap, folder):
    """Reports of bundles, in which every image has the same name."""
    found = fleets.fixture_records(folder, ["good-sequential", "bad-leak"])
    paths = []
    for name, record in found.items():
        paths.append(os.path.join(folder, name + ".json"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            json.dump(dict(record, filename="image.qed"), file)
    output, status, _ = merge("--output=json", *paths)
    names = [record["filename"] for record in json.loads(output)["images"]]
    tap.test("reports of bundles go by the names of their files", names == sorted(paths) and
             status == 3, str(names))


def test_cuts(tap, path, folder):
    with open(path, "rb") as file:
        text = file.read()
    wrong = []
    cut = os.path.join(folder, "cut")
    for size in (len(text) - 2, len(text) // 2, text.rindex(b"\n", 0, -1) + 1):
        with open(cut, "wb") as file:
            file.write(text[:size])
        output, status, said = merge(cut, "--exit-zero")
        if status != 1 or "was cut" not in said or b"incomplete" not in output:
            wrong.append("%d bytes: exit %d: %s" % (size, status, said))
    tap.test("a file that was cut shows", not wrong, *wrong)
    result = run("sh", "-c", 'cat "$1" "$1" | "$2" merge - --output=ndjson', "sh", path, QEDSCRUB)
    tap.test("standard input, and a file twice in it",
             result.stdout == merge(path, "--output=ndjson")[0])


def test_hostile_records(tap, path, folder):
    """Whatever bytes are changed: an answer or one line that says what is wrong."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    dice = random.Random(2)
    wrong = []
    spoiled = os.path.join(folder, "spoiled")
    refused = 0
    for turn in range(150):
        text = bytearray(b"\n".join(dice.sample(lines, 3)))
        for _ in range(dice.randrange(1, 5)):
            at = dice.randrange(len(text))
            text[at:at + dice.randrange(3)] = dice.choice(
                [b"-", b"9" * 30, b"null", b"[]", b"\xff", b"{", b'"', b"e999", b"\0", b"true"])
        with open(spoiled, "wb") as file:
            file.write(text)
        output, status, said = merge(spoiled, "--output=json")
        refused += status == 1 and not output
        if status not in (0, 1, 2, 3, 63) or (status == 1 and not output and
                                              said.count("\n") != 1):
            wrong.append("turn %d: exit %d: %s" % (turn, status, said))
    deep = b'{"schema":' * 100000
    for text in (deep, b"[" * 100000, b"{" + b"x" * 1000, b'{"schema": "qedscrub-record/1"}'):
        with open(spoiled, "wb") as file:
            file.write(text)
        output, status, said = merge(spoiled)
        if status != 1 or said.count("\n") != 1:
            wrong.append("%r...: exit %d: %s" % (text[:20], status, said))
    tap.test("spoiled records are refused in one line (%d of 150)" % refused,
             not wrong and refused > 50, *wrong[:10])


def main():
    tap = Tap()
    folder = tempfile.mkdtemp(prefix="qedscrub-")
    try:
        records = fleets.hostile_fleet(folder)
        path = fleets.write_records(os.path.join(folder, "records.ndjson"), records)
        outputs = render_all(path, *POLICY)
        for name, check in (("JSON and NDJSON by their schemas", check_json),
                            ("CSV by Python's reader", check_csv),
                            ("JUnit XML by the schema of Jenkins's dialect", check_junit),
                            ("OpenMetrics by promtool and the reference parser",
                             check_openmetrics),
                            ("annotations by GitHub's rules", check_github),
                            ("no control or invisible character in any format",
                             check_characters)):
            wrong = check(outputs, folder)
            tap.test("%d records: %s" % (len(records), name), not wrong, *wrong[:10])
        test_reports(tap, path, outputs, folder)
        test_shards(tap, records, outputs, folder)
        test_golden(tap, folder)
        test_policies(tap, folder)
        test_kept_policy(tap, path, folder)
        test_bundles(tap, folder)
        test_cuts(tap, path, folder)
        test_hostile_records(tap, path, folder)
    finally:
        shutil.rmtree(folder)
    tap.end()


if __name__ == "__main__":
    main()
