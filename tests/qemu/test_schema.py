#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records and manifests against their JSON Schemas, and manifests against the bundles they are in.

Every fixture and as many random images as asked for are reported on and packed. A schema that took
anything would prove nothing, so each also has to refuse documents with a key too many or too few.

Usage: test_schema.py [COUNT [FIRST_SEED]]
"""

import base64
import glob
import hashlib
import json
import os
import struct
import sys

from jsonschema import Draft202012Validator

from harness import MKIMAGE, QEDSCRUB, Tap, need, over_seeds, random_image, run, unpack

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIXTURES = sorted(glob.glob(os.path.join(ROOT, "fixtures", "*.qedtxt")))
OPTIONAL = {"filename-b64", "actual-size", "host-extents", "backing-filename",
            "backing-filename-b64", "copy", "table-offset", "l1-index", "l2-index", "offset",
            "claimed-by", "reason", "suspect", "environment", "kernel", "architecture",
            "distribution", "guest-map", "file-map"}
CHUNK = 1 << 20


def load_schema(name):
    with open(os.path.join(ROOT, "bugreport", "schema", name), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


RECORD = load_schema("record-1.schema.json")
MANIFEST = load_schema("manifest-1.schema.json")


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key twice among %s" % keys)
    return dict(pairs)


def no_constant(name):
    raise ValueError("%s is no JSON" % name)


def parse(text):
    """Stricter than Python's usual: no key twice, no NaN."""
    return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)


def errors(validator, document):
    return ["%s: %s" % ("/".join(str(step) for step in error.absolute_path), error.message[:200])
            for error in validator.iter_errors(document)]


def read_file(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def objects_of(document):
    """All objects in a document."""
    if isinstance(document, dict):
        yield document
        document = list(document.values())
    if isinstance(document, list):
        for item in document:
            yield from objects_of(item)


def spoiled(document):
    """Says what was done to the document, which is spoiled until the next step."""
    for item in list(objects_of(document)):
        item["extra"] = 1
        yield "an extra key in an object with %s" % sorted(item)
        del item["extra"]
        for key in list(item):
            value = item.pop(key)
            if key not in OPTIONAL:
                yield "no %s in an object with %s" % (key, sorted(item))
            item[key] = [value]
            yield "a list as %s in an object with %s" % (key, sorted(item))
            item[key] = value


def accepted_spoils(validator, document):
    return [what for what in spoiled(document) if validator.is_valid(document)]


def check_ranges(manifest, file_size):
    """Ranges follow one another from 0 to the file's size, and their sums are the totals."""
    wrong = []
    position = 0
    totals = dict.fromkeys(manifest["totals"], 0)
    for offset, size, action, _ in manifest["ranges"]:
        if offset != position:
            wrong.append("a range at %d, not %d" % (offset, position))
        position = offset + size
        totals[action] += size
    if position != file_size:
        wrong.append("ranges end at %d, the file at %d" % (position, file_size))
    if totals != manifest["totals"]:
        wrong.append("totals %s, ranges give %s" % (manifest["totals"], totals))
    return wrong


def check_members(manifest, bundle):
    wrong = []
    names = {member["name"] for member in manifest["members"]} | {"manifest.json"}
    if manifest["image"]:
        names.add("image.qed")
    if names != set(os.listdir(bundle)):
        wrong.append("members %s, the bundle holds %s" % (names, os.listdir(bundle)))
    for member in manifest["members"]:
        data = read_file(bundle, member["name"])
        if len(data) != member["size"] or hashlib.sha256(data).hexdigest() != member["sha256"]:
            wrong.append("%s is not what the manifest says" % member["name"])
    return wrong


def data_segments(file, size):
    """Where a sparse file is not hole."""
    position = 0
    while position < size:
        try:
            start = os.lseek(file.fileno(), position, os.SEEK_DATA)
        except OSError:
            return
        position = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        yield start, position


def nonzero_outside(file, size, ranges):
    """The offset of a piece of the image with a byte other than 0 outside all ranges, or None."""
    gaps = zip([0] + [offset + length for offset, length in ranges],
               [offset for offset, _ in ranges] + [size])
    segments = list(data_segments(file, size))
    for start, end in gaps:
        for data_start, data_end in segments:
            at = max(start, data_start)
            while at < min(end, data_end):
                piece = os.pread(file.fileno(), min(CHUNK, min(end, data_end) - at), at)
                if piece.strip(b"\0"):
                    return at
                at += len(piece)
    return None


def check_image(manifest, bundle):
    """The image holds its ranges, to the byte, and nothing else."""
    told = manifest["image"]
    ranges = [(offset, size) for offset, size, _, reason in manifest["ranges"]
              if reason in ("header", "table")]
    data_hash = hashlib.sha256()
    map_hash = hashlib.sha256()
    wrong = []
    with open(os.path.join(bundle, "image.qed"), "rb") as file:
        if os.fstat(file.fileno()).st_size != told["size"]:
            wrong.append("image.qed has another length than the manifest says")
        for offset, size in ranges:
            map_hash.update(struct.pack("<QQ", offset, size))
            for at in range(offset, offset + size, CHUNK):
                data_hash.update(os.pread(file.fileno(), min(CHUNK, offset + size - at), at))
        outside = nonzero_outside(file, told["size"], ranges)
    if outside is not None:
        wrong.append("image.qed has bytes outside its ranges, near %d" % outside)
    if sum(size for _, size in ranges) != told["data-bytes"]:
        wrong.append("data-bytes is not the sum of the ranges")
    if data_hash.hexdigest() != told["data-sha256"] or map_hash.hexdigest() != told["map-sha256"]:
        wrong.append("a digest of the image is wrong")
    return wrong


def kinds_of(record):
    """Findings without their places: of those a bundle may tell less."""
    return [(finding["kind"], finding["count"]) for finding in record["findings"]]


def check_record(record, packed, manifest):
    """The record of the bundle against the one that info shows, and against the manifest."""
    wrong = []
    if bool(manifest["image"]) != ("copy" in packed):
        wrong.append("manifest and record disagree on whether there is an image")
    if "copy" in packed and manifest["image"]["data-bytes"] != packed["copy"]["data-bytes"]:
        wrong.append("manifest and record disagree on data-bytes")
    if {"actual-size", "host-extents"} & set(packed):
        wrong.append("a bundle tells of its host")
    for key in ("verdict", "file-size", "corruptions", "leaks", "qemu-img", "run-histogram"):
        if record.get(key) != packed.get(key):
            wrong.append("info and pack disagree on %s" % key)
    if kinds_of(record) != kinds_of(packed):
        wrong.append("info and pack disagree on findings")
    return wrong


def check_file(path, folder, name):
    """All tests of one image. Returns its documents and what is wrong with them."""
    archive = os.path.join(folder, "bug.tar")
    info = run(QEDSCRUB, "info", "--output=json", "-f", "qed", path)
    record = parse(info.stdout)
    need(run(QEDSCRUB, "-q", "-f", "qed", path, "-o", archive))
    bundle = unpack(archive, folder)
    packed = parse(read_file(bundle, "report.json"))
    manifest = parse(read_file(bundle, "manifest.json"))
    wrong = ["info: " + text for text in errors(RECORD, record)]
    wrong += ["report.json: " + text for text in errors(RECORD, packed)]
    wrong += ["manifest.json: " + text for text in errors(MANIFEST, manifest)]
    wrong += check_ranges(manifest, os.path.getsize(path)) + check_members(manifest, bundle)
    wrong += check_record(record, packed, manifest)
    if manifest["image"]:
        wrong += check_image(manifest, bundle)
    return {"failed": "%s: %s" % (name, "; ".join(wrong)) if wrong else None,
            "record": packed, "manifest": manifest}


def check(seed, folder):
    """One random image, or, for a number below 0, a fixture; some are spoiled as well."""
    image = os.path.join(folder, "image.qed")
    if seed < 0:
        recipe = FIXTURES[-1 - seed]
        need(run(MKIMAGE, recipe, image))
        told = os.path.basename(recipe)
    else:
        told = random_image(seed, image)
    result = check_file(image, folder, told)
    record, manifest = result.pop("record"), result.pop("manifest")
    result["seen"] = {finding["kind"] for finding in record["findings"]}
    result["copy"] = "copy" in record
    manifest["ranges"] = manifest["ranges"][:5]
    if seed < 0 or seed % 10 == 0:
        result["accepted"] = (accepted_spoils(RECORD, record) +
                              accepted_spoils(MANIFEST, manifest))
    return result


def check_hostile_name(_, folder):
    """An image whose name is not UTF-8."""
    name = b"a\xff\n\xe2\x80\xaeb.qed"
    path = os.path.join(os.fsencode(folder), name)
    random_image(1, path)
    record = parse(run(QEDSCRUB, "info", "--output=json", "-f", "qed", path).stdout)
    wrong = errors(RECORD, record)
    if base64.b64decode(record.get("filename-b64", "")) != path:
        wrong.append("filename-b64 is not the name")
    return {"failed": "; ".join(wrong) or None}


def report(tap, results):
    """Prints the tests that sum up all images."""
    failures = [result["failed"] for result in results if result["failed"]]
    accepted = [text for result in results for text in result.get("accepted", ())]
    seen = {kind for result in results for kind in result.get("seen", ())}
    kinds = set(RECORD.schema["$defs"]["finding"]["properties"]["kind"]["enum"])
    copies = sum(bool(result.get("copy")) for result in results)
    tap.test("%d images: records and manifests are valid and tell the truth" % len(results),
             not failures, *failures[:20])
    tap.test("with a key too many, too few or of another type none is valid", not accepted,
             *accepted[:20])
    # They take a locked image, a file that changes, a bad disk, an L1 table at offset 0: other tests
    # have them.
    missing = kinds - seen - {"in-use", "changed", "l1-unreadable", "l2-unreadable",
                              "l1-table-shared"}
    tap.test("every other kind of finding was among them", not missing, str(sorted(missing)))
    tap.test("bundles with an image and without were among them (%d with)" % copies,
             len(results) // 2 < copies < len(results))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    seeds = list(range(-len(FIXTURES), 0)) + list(range(first, first + count))
    report(tap, list(over_seeds(check, seeds)))
    for hostile in over_seeds(check_hostile_name, [0]):
        tap.test("a name that is not UTF-8 is told exactly", not hostile["failed"],
                 str(hostile["failed"]))
    tap.end()


if __name__ == "__main__":
    main()
