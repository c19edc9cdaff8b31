# SPDX-License-Identifier: GPL-2.0-or-later
"""Bundles taken apart and put together again: plain tar archives as qedscrub writes them.

The writer can be told to do every wrong thing; what it gives is right unless it is.
"""

import hashlib
import json
import os
import struct

BLOCK = 512


def pad(data, unit=BLOCK):
    return data + bytes(-len(data) % unit)


def header(name, size, kind=b"0", **other):
    """A header block. other: fields by name, as bytes; checksum=None leaves a wrong one."""
    fields = {"mode": b"000644 \0", "uid": b"000000 \0", "gid": b"000000 \0",
              "told": b"%011o " % size, "mtime": b"00000000000 ", "linkname": b"",
              "magic": b"ustar\00000", "uname": b"", "gname": b"", "devmajor": b"000000 \0",
              "devminor": b"000000 \0", "prefix": b"", "rest": b""}
    checksum = other.pop("checksum", 0)
    fields.update(other)
    block = bytearray(BLOCK)
    for at, width, value in ((0, 100, name.encode()), (100, 8, fields["mode"]),
                             (108, 8, fields["uid"]), (116, 8, fields["gid"]),
                             (124, 12, fields["told"]), (136, 12, fields["mtime"]),
                             (148, 8, b" " * 8), (156, 1, kind), (157, 100, fields["linkname"]),
                             (257, 8, fields["magic"]), (265, 32, fields["uname"]),
                             (297, 32, fields["gname"]), (329, 8, fields["devmajor"]),
                             (337, 8, fields["devminor"]), (345, 155, fields["prefix"]),
                             (500, 12, fields["rest"])):
        block[at:at + len(value[:width])] = value[:width]
    if checksum is not None:
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name, data, **other):
    return header(name, len(data), **other) + pad(data)


def attributes(name, records):
    """A member of attributes, for the one that follows: a list of (key, value)."""
    text = b""
    for key, value in records:
        record = b" %s=%s\n" % (key.encode(), value)
        length = len(record) + 1
        while len(b"%d" % length) + len(record) != length:
            length += 1
        text += b"%d" % length + record
    folder, base = name.rsplit("/", 1)
    return header(folder + "/PaxHeader/" + base, len(text), kind=b"x") + pad(text)


def sparse_map(ranges):
    """The map of a sparse member; a string is taken as it is."""
    if isinstance(ranges, bytes):
        return pad(ranges)
    lines = [len(ranges)] + [number for entry in ranges for number in entry]
    return pad(b"".join(b"%d\n" % number for number in lines))


def sparse_member(name, real_size, ranges, data, records=()):
    stored = sparse_map(ranges) + data
    folder, base = name.rsplit("/", 1)
    return attributes(name, list(records) or [
        ("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", name.encode()), ("GNU.sparse.realsize", b"%d" % real_size)]) + \
        member(folder + "/GNUSparseFile.0/" + base, stored)


END = bytes(2 * BLOCK)


class Bundle:
    """A bundle in parts: small members, and the image as size, ranges and data."""

    def __init__(self, path):
        with open(path, "rb") as file:
            archive = file.read()
        self.members = {}
        self.label = archive[:archive.index(b"/")].decode()
        at = 0
        records = {}
        while archive[at]:
            name = archive[at:at + 100].rstrip(b"\0").decode().rsplit("/", 1)[-1]
            size = int(archive[at + 124:at + 135], 8)
            data = archive[at + BLOCK:at + BLOCK + size]
            if archive[at + 156:at + 157] == b"x":
                records = dict(line.split(b" ", 1)[1].split(b"=", 1)
                               for line in data.splitlines())
            elif records:
                self.size = int(records[b"GNU.sparse.realsize"])
                self._take_image(data)
                records = {}
            else:
                self.members[name] = data
            at += BLOCK + size + -size % BLOCK

    def _take_image(self, stored):
        lines = stored.split(b"\n")
        count = int(lines[0])
        numbers = [int(line) for line in lines[1:1 + 2 * count]]
        used = sum(len(line) + 1 for line in lines[:1 + 2 * count])
        self.ranges = list(zip(numbers[::2], numbers[1::2]))
        self.data = bytearray(stored[used + -used % BLOCK:])

    def offset_of(self, at):
        """The offset in the image of a byte of the data."""
        for offset, size in self.ranges:
            if at < size:
                return offset + at
            at -= size
        raise IndexError(at)

    def fix(self):
        """Makes the manifest tell the digests of what is there now."""
        manifest = json.loads(self.members["manifest.json"])
        for entry in manifest["members"]:
            data = self.members[entry["name"]]
            entry["size"] = len(data)
            entry["sha256"] = hashlib.sha256(data).hexdigest()
        ranges = [entry for entry in self.ranges if entry[1]]
        manifest["image"]["data-sha256"] = hashlib.sha256(self.data).hexdigest()
        manifest["image"]["map-sha256"] = hashlib.sha256(
            b"".join(struct.pack("<QQ", *entry) for entry in ranges)).hexdigest()
        manifest["image"]["data-bytes"] = len(self.data)
        self.members["manifest.json"] = json.dumps(manifest, separators=(",", ":")).encode()

    def image_member(self):
        return sparse_member(self.label + "/image.qed", self.size, self.ranges, bytes(self.data))

    def parts(self):
        """The members of the archive in order, by name."""
        parts = {}
        for name, data in self.members.items():
            if name == "manifest.json":
                parts["image.qed"] = self.image_member()
            parts[name] = member(self.label + "/" + name, data)
        return parts

    def write(self, path, parts=None, end=END):
        with open(path, "wb") as file:
            file.write(b"".join((parts or self.parts()).values()) + end)
        return path


def remove(path):
    if os.path.exists(path):
        os.remove(path)
