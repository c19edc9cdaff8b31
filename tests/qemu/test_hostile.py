#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives that are no bundles, or not quite: refused in one line, at once, in little memory.

Each is given to verify, info and restore with 256 MiB of address space and five seconds: exit
status 1, a line that says what is wrong, no crash, and nothing written. All are made by hand here
from a bundle that is right, which has to pass by the same way.

Usage: test_hostile.py
"""

import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

import bundles
from bundles import BLOCK, END, Bundle, attributes, header, member, sparse_member
from harness import MKIMAGE, QEDSCRUB, Tap, is_sanitized, need, run

MEMORY = 256 << 10  # KiB
SECONDS = 5
COMMANDS = (("verify",), ("info",), ("restore", "-o", "restored.qed"))
# A sanitizer reserves more address space than any machine has memory.
LIMIT = "true" if is_sanitized() else "ulimit -v %d" % MEMORY


def bomb(inside, size):
    """So many zeros in gzip, behind what comes first: a block of them, again and again."""
    block = bytes(1 << 20)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = b"\x1f\x8b\x08" + bytes(7) + deflate.compress(inside) + deflate.flush(zlib.Z_FULL_FLUSH)
    once = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(inside)
    for _ in range(size >> 20):
        checksum = zlib.crc32(block, checksum)
    return out + once * (size >> 20) + deflate.flush() + \
        struct.pack("<II", checksum, (len(inside) + size) & 0xffffffff)


def replaced(parts, name, data):
    return {key: data if key == name else value for key, value in parts.items()}


def without(parts, name):
    return {key: value for key, value in parts.items() if key != name}


def joined(parts, end=END):
    return b"".join(parts.values()) + end


def renamed(data, name):
    """A member under another name."""
    return header(name, int(data[124:135], 8)) + data[BLOCK:]


def link(kind, target):
    return header("qedscrub/README.txt", 0, kind=kind, linkname=target)


def members(parts):
    """Wrong names, kinds and orders."""
    readme = parts["README.txt"]
    text = readme[BLOCK:]
    size = int(readme[124:135], 8)
    yield "../ in a name", joined(replaced(parts, "README.txt", renamed(readme, "qedscrub/../x")))
    yield "a name that begins with ../", joined(
        replaced(parts, "README.txt", renamed(readme, "../README.txt")))
    yield "an absolute name", joined(
        replaced(parts, "README.txt", renamed(readme, "/qedscrub/README.txt")))
    yield "a name without a folder", joined(
        replaced(parts, "README.txt", renamed(readme, "README.txt")))
    yield "a folder more", joined(
        replaced(parts, "README.txt", renamed(readme, "qedscrub/a/README.txt")))
    yield "another folder", joined(replaced(parts, "report.txt",
                                            renamed(parts["report.txt"], "other/report.txt")))
    yield "a name with a newline", joined(
        replaced(parts, "README.txt", renamed(readme, "qedscrub/READ\nME.txt")))
    yield "a name with an escape", joined(
        replaced(parts, "README.txt", renamed(readme, "qedscrub/\x1b[31m.txt")))
    yield "an unknown member", joined({"x": member("qedscrub/extra.txt", b"x"), **parts})
    yield "a hidden member", joined({"x": member("qedscrub/.README.txt", b"x"), **parts})
    yield "a member twice", joined({"x": readme, **parts})
    yield "the image twice", joined({**without(parts, "manifest.json"), "x": parts["image.qed"],
                                     "manifest.json": parts["manifest.json"]})
    yield "another order", joined({"report.json": parts["report.json"],
                                   **without(parts, "report.json")})
    yield "something behind the manifest", joined({**parts, "x": member("qedscrub/x.txt", b"x")})
    for name in ("README.txt", "report.txt", "report.json", "manifest.json"):
        yield "no " + name, joined(without(parts, name))
    for kind, what in ((b"1", "a hard link"), (b"2", "a symbolic link"), (b"3", "a device"),
                       (b"4", "a block device"), (b"5", "a folder"), (b"6", "a FIFO"),
                       (b"7", "a contiguous file"), (b"g", "attributes of all members"),
                       (b"L", "a long name of GNU tar"), (b"S", "a sparse file of old GNU tar"),
                       (b"\0", "a member of old tar"), (b"Z", "a member of no known kind")):
        yield what, joined(replaced(parts, "README.txt", link(kind, b"/etc/passwd")))
    yield "a link's target in a regular file", joined(
        replaced(parts, "README.txt", link(b"0", b"/etc/passwd")))
    for field, value in (("uname", b"root"), ("gname", b"wheel"), ("uid", b"001750 \0"),
                         ("gid", b"001750 \0"), ("mode", b"004755 \0"), ("devmajor", b"000001 \0"),
                         ("rest", b"secret"), ("magic", b"ustar  \0")):
        yield "a header with another " + field, joined(
            replaced(parts, "README.txt",
                     header("qedscrub/README.txt", size, **{field: value}) + text))
    yield "a wrong checksum", joined(
        replaced(parts, "README.txt",
                 header("qedscrub/README.txt", size, checksum=None) + text))
    yield "something in the padding", joined(
        replaced(parts, "README.txt", readme[:-1] + b"x"))
    yield "an unknown attribute", joined({"x": attributes(
        "qedscrub/README.txt", [("comment", b"hello")]), **parts})
    yield "attributes of nothing", joined(parts, attributes(
        "qedscrub/README.txt", [("mtime", b"1")]) + END)
    yield "64 KiB of attributes", joined({"x": attributes(
        "qedscrub/README.txt", [("mtime", b"1" * 65536)]), **parts})


def sizes(parts):
    """Sizes that are not so."""
    readme = parts["README.txt"]
    size = int(readme[124:135], 8)
    for what, told in (("a member that tells a size too large", b"%011o " % (size + BLOCK)),
                       ("a member that tells a size too small", b"%011o " % (size - BLOCK)),
                       ("a member of 8 GiB", b"77777777777 "),
                       ("a negative size", b"-0000000001 "),
                       ("a size in base 256", b"\x80" + bytes(3) + b"\x7f" + bytes(6) + b" "),
                       ("no size at all", bytes(12))):
        yield what, joined(replaced(parts, "README.txt",
                                    header("qedscrub/README.txt", 0, told=told) + readme[BLOCK:]))


def maps(bundle, parts):
    """Maps of the image that are none."""
    name, data, size = "qedscrub/image.qed", bytes(bundle.data), bundle.size
    good = [entry for entry in bundle.ranges if entry[1]]

    def with_map(ranges, real_size=size, data=data, records=()):
        return joined(replaced(parts, "image.qed",
                               sparse_member(name, real_size, ranges, data, records)))

    yield "ranges that overlap", with_map([good[0], (0, good[1][1])] + good[2:])
    yield "ranges in another order", with_map([good[1], good[0]] + good[2:])
    yield "a range behind the end", with_map(good[:-1] + [(size, good[-1][1])])
    yield "a range across the end", with_map(good[:-1] + [(size - BLOCK, good[-1][1])])
    yield "a range at 2^63", with_map(good[:-1] + [(1 << 63, good[-1][1])])
    yield "a range of 2^63", with_map(good[:-1] + [(good[-1][0], 1 << 63)])
    yield "a range around 2^64", with_map(good[:-1] + [((1 << 64) - BLOCK, good[-1][1])])
    yield "an odd range", with_map([(8, good[0][1])] + good[1:])
    yield "an empty range", with_map([good[0], (4096, 0)] + good[1:])
    yield "less data than ranges", with_map(good, data=data[:-BLOCK])
    yield "more data than ranges", with_map(good, data=data + bytes(BLOCK))
    yield "a real size of 2^63", with_map(good, real_size=1 << 63)
    yield "a million ranges of nothing", with_map(b"1000000\n" + b"0\n0\n" * 1000000)
    yield "a map that says it has a billion ranges", with_map(b"1000000000\n0\n512\n")
    yield "a map with letters", with_map(b"1\n0x10\n512\n")
    yield "a map without an end", with_map(b"1" * BLOCK)
    yield "another version of sparse files", with_map(good, records=[
        ("GNU.sparse.major", b"0"), ("GNU.sparse.minor", b"1"),
        ("GNU.sparse.name", name.encode()), ("GNU.sparse.realsize", b"%d" % size)])
    yield "a real name elsewhere", with_map(good, records=[
        ("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"/etc/image.qed"), ("GNU.sparse.realsize", b"%d" % size)])
    yield "64 TiB that are one hole", with_map([(1 << 46, 0)], real_size=1 << 46, data=b"")
    claim = (1 << 46) - (1 << 20)
    yield "64 TiB of data in a few bytes", gzip.compress(joined(replaced(
        parts, "image.qed", sparse_member(name, 1 << 46, [(0, claim)], b"")))[:-BLOCK])


def bombs(bundle, parts):
    """Little that becomes much."""
    before = b"".join(data for key, data in parts.items()
                      if key not in ("image.qed", "manifest.json"))
    size = 1 << 33
    image = attributes("qedscrub/image.qed", [
        ("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"qedscrub/image.qed"), ("GNU.sparse.realsize", b"%d" % size)])
    stored = bundles.sparse_map([(0, size - (1 << 20))])
    image += header("qedscrub/GNUSparseFile.0/image.qed", size - (1 << 20) + BLOCK) + stored
    yield "an image of 8 GiB of zeros in 2 MiB of gzip", bomb(before + image, 2 << 30)
    yield "a README of 2 GiB of zeros", bomb(
        header("qedscrub/README.txt", 2 << 30), 2 << 30)
    yield "a manifest of 400 MiB of zeros", bomb(
        before + parts["image.qed"] + header("qedscrub/manifest.json", 400 << 20), 400 << 20)
    yield "2 GiB of zeros behind the end", bomb(joined(parts), 2 << 30)
    yield "nothing but zeros", bomb(b"", 2 << 30)


def others(bundle, parts, folder):
    """What else can stand under such a name."""
    whole = joined(parts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in bundle.members.items():
            archive.writestr("qedscrub/" + name, data)
    yield "a zip archive", buffer.getvalue()
    yield "bzip2", bz2.compress(whole)
    yield "lzma of old", lzma.compress(whole, format=lzma.FORMAT_ALONE)
    yield "two gzip members", gzip.compress(whole) + gzip.compress(b"")
    yield "something behind the gzip data", gzip.compress(whole) + b"x"
    yield "gzip with a name", bytes([0x1f, 0x8b, 8, 8]) + bytes(6) + b"secret\0" + \
        gzip.compress(whole)[10:]
    yield "xz with something behind", lzma.compress(whole) + b"x"
    yield "gzip in gzip", gzip.compress(gzip.compress(whole))
    yield "gzip that is damaged", gzip.compress(whole)[:2000] + bytes(100)
    yield "an archive without an end", joined(parts, b"")
    yield "an archive with half an end", joined(parts, bytes(BLOCK))
    yield "something behind the end", whole + b"x"
    yield "another archive behind the end", whole + whole
    yield "an empty archive", END
    yield "an empty file", b""
    yield "one byte", b"\x1f"
    yield "text", b"Nothing to see here.\n" * 100
    for kind in ("cpio", "7zip", "ar", "gnutar", "ustar", "mtree", "iso9660", "xar"):
        path = os.path.join(folder, "other")
        for name, data in list(bundle.members.items())[:2]:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        result = run("bsdtar", "-cf", path, "--format", kind, "-C", folder, "README.txt")
        if result.returncode == 0:
            with open(path, "rb") as file:
                yield kind + " by bsdtar", file.read()


def cuts(parts):
    """Cut at every block."""
    whole = joined(parts)
    for at in range(BLOCK, len(whole) - 2 * BLOCK, BLOCK):
        yield "cut at block %d of %d" % (at // BLOCK, len(whole) // BLOCK), whole[:at]
    packed = gzip.compress(whole, mtime=0)
    for at in range(BLOCK, len(packed), BLOCK):
        yield "gzip cut at %d of %d" % (at, len(packed)), packed[:at]


def attack(folder, data, commands):
    """What is wrong with how an archive is met, as a list of texts."""
    wrong = []
    path = os.path.join(folder, "bug.tar.gz")
    with open(path, "wb") as file:
        file.write(data)
    before = sorted(os.listdir(folder))
    for command in commands:
        line = "%s; exec timeout %d \"$@\"" % (LIMIT, SECONDS * (5 if LIMIT == "true" else 1))
        result = subprocess.run(["bash", "-c", line, "bash", QEDSCRUB, command[0], path,
                                 *command[1:]], cwd=folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False)
        text = (result.stdout + result.stderr).decode(errors="replace")
        if result.returncode != 1 and (command[0], result.returncode) != ("info", 63):
            wrong.append("%s: exit %d: %s" % (command[0], result.returncode, text[:300]))
        said = [line for line in text.splitlines()
                if line.startswith(("  FAILED ", "qedscrub: "))]
        if len(said) != 1 or "signal" in text or "killed" in text or \
                not text.replace("\n", "").isprintable():
            wrong.append("%s says: %r" % (command[0], text[:300]))
        if sorted(os.listdir(folder)) != before:
            wrong.append("%s left %s" % (command[0], os.listdir(folder)))
    return wrong


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as work:
        image = os.path.join(work, "image.qed")
        packed = os.path.join(work, "good.tar")
        need(run(MKIMAGE, "--random", "7", image, "--corrupt", "0", "--max-file", "1M"))
        need(run(QEDSCRUB, "-q", image, "-o", packed))
        bundle = Bundle(packed)
        parts = bundle.parts()
        with open(packed, "rb") as file:
            tap.test("the bundle put together again is what it was", file.read() == joined(parts))
        tap.test("and is proved within the limits",
                 need(run("bash", "-c", LIMIT + "; exec \"$@\"", "bash", QEDSCRUB, "verify",
                          packed)).returncode == 0)
        groups = (("members", members(parts)), ("sizes", sizes(parts)),
                  ("maps", maps(bundle, parts)), ("bombs", bombs(bundle, parts)),
                  ("other formats", others(bundle, parts, work)))
        for group, archives in groups:
            for name, data in archives:
                wrong = attack(folder, data, COMMANDS)
                tap.test("%s: %s" % (group, name), not wrong, *wrong)
        wrong = []
        count = 0
        for name, data in cuts(parts):
            wrong += ["%s: %s" % (name, what) for what in attack(folder, data, COMMANDS[:1])]
            count += 1
        tap.test("%d archives that are cut" % count, not wrong and count > 50, *wrong[:10])
    tap.end()


if __name__ == "__main__":
    main()
