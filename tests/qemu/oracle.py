# SPDX-License-Identifier: GPL-2.0-or-later
"""The leak oracle: which words of a copy are a guest's.

It knows an image's genuine metadata. A word of the copy is a leak if it stands outside of those (or
where the guest's words went over them), says something (is not 0, 1 or a marker), was not planted
by the corruption, and equals the image's word at that place.

Stand-ins can equal by chance what stood in their place. So that no leak hides there, the oracle
makes them up itself, from nothing but counts: how many words, references, markers and pairs a block
has. Words that come out so tell nothing else, whatever they are.
"""

import bisect
import json
import os
import struct

MARKER = int.from_bytes(b"REDACTED", "little")
HEADER = 64
BLOCK = 4096


def words_of(data, start, size):
    """The words other than 0 in a part of data, as (offset, word)."""
    part = data[start:start + size]
    part += b"\0" * (-len(part) % 8)
    return [(start + 8 * i, word) for i, (word,) in enumerate(struct.iter_unpack("<Q", part))
            if word]


def words_of_file(path):
    """All words other than 0 of a sparse file."""
    words = []
    with open(path, "rb") as file:
        end = os.fstat(file.fileno()).st_size
        at = 0
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            stop = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            data = os.pread(file.fileno(), stop - at, at)
            words += [(at + offset, word) for offset, word in words_of(data, 0, len(data))]
            at = stop
    return words


class Geometry:
    def __init__(self, image):
        head = image[:HEADER].ljust(HEADER, b"\0")
        self.cluster, tables, header = struct.unpack_from("<III", head, 4)
        self.l1, = struct.unpack_from("<Q", head, 40)
        self.header_end = header * self.cluster
        self.table = tables * self.cluster
        whole = self.cluster or 1
        self.whole = len(image) // whole
        self.file_end = (len(image) + 511) // 512 * 512 // whole * whole

    def is_marker(self, word):
        above = word - MARKER
        return above >= 0 and bool(self.cluster) and above % self.cluster == 0 and \
            above // self.cluster < self.table // 8

    def is_valid(self, word, size):
        return word > 1 and word % self.cluster == 0 and \
            self.header_end <= word <= self.file_end - size

    def in_l1(self, offset):
        return self.l1 <= offset < self.l1 + self.table


class StandIns:
    """The blocks of a copy that are to be stand-ins, against what stand-ins there must be."""

    def __init__(self, geometry, blocks, suspect):
        self.geometry = geometry
        self.words = {word for words in blocks.values() for _, word in words}
        self.l1 = [blocks[b] for b in sorted(suspect) if geometry.in_l1(b * BLOCK)]
        self.l2 = [blocks[b] for b in sorted(suspect) if not geometry.in_l1(b * BLOCK)]
        self.taken = set()
        self._claim(geometry.l1, geometry.table)
        if geometry.header_end == 0:
            self.taken.add(0)
        for number, words in blocks.items():
            if number not in suspect and number * BLOCK >= HEADER:
                for offset, word in words:
                    size = geometry.table if geometry.in_l1(offset) else geometry.cluster
                    if geometry.is_valid(word, size):
                        self._claim(word, size)
        self.cursor = geometry.header_end // geometry.cluster

    def _claim(self, offset, size):
        cluster = self.geometry.cluster
        # A garbage header can make a table as long as it likes; the file has no clusters there.
        end = min(offset + size, self.geometry.file_end)
        self.taken.update(range(offset // cluster, end // cluster))

    @staticmethod
    def _packed(words):
        """The words of a block, None if they are not packed to its start."""
        ordered = sorted(words)
        if [offset % BLOCK for offset, _ in ordered] != list(range(0, 8 * len(words), 8)):
            return None
        return [word for _, word in ordered]

    def _split(self, words):
        """References and, behind them, markers: each goes on from the one before, or is plain."""
        count = sum(not self.geometry.is_marker(word) for word in words)
        markers = [(word - MARKER) // self.geometry.cluster for word in words[count:]
                   if self.geometry.is_marker(word)]
        chain = 1
        while chain < len(markers) and markers[chain] == markers[chain - 1] + 1:
            chain += 1
        if len(markers) < len(words) - count or any(markers[chain:]):
            return None
        return words[:count]

    def _place_table(self):
        """The first place with room for a table, from the last one on."""
        clusters = self.geometry.table // self.geometry.cluster
        end = self.geometry.whole
        while self.cursor + clusters <= end:
            hit = [c for c in range(self.cursor, self.cursor + clusters) if c in self.taken]
            if not hit:
                offset = self.cursor * self.geometry.cluster
                self._claim(offset, self.geometry.table)
                self.cursor += clusters
                self.last_table = offset
                return offset
            self.cursor = hit[-1] + 1
        return None

    def _l1_is_exact(self):
        for words in self.l1:
            pointers = self._packed(words)
            pointers = pointers and self._split(pointers)
            if pointers is None:
                return False
            self.last_table = self.geometry.l1
            for pointer in [word for word in pointers if word != self.geometry.l1]:
                into = pointer - self.last_table
                if 0 < into < self.geometry.table:
                    self._claim(pointer, self.geometry.table)
                elif pointer != self._place_table():
                    return False
        return True

    def _next_free(self):
        while self.cursor in self.taken:
            self.cursor += 1
        self.cursor += 1
        return (self.cursor - 1) * self.geometry.cluster

    def _follows_a_word(self, offset):
        """Whether a reference would follow a word: such a lone one is passed over."""
        return offset - self.geometry.cluster in self.words

    @staticmethod
    def _fall_and_rise(free, falling):
        """The last of some offsets in falling order, then the others in rising order."""
        rising = len(free) - falling
        return free[rising:][::-1] + free[:rising]

    def _l2_is_exact(self):
        self.cursor = self.geometry.header_end // self.geometry.cluster
        for words in self.l2:
            packed = self._packed(words)
            references = packed and self._split(packed)
            if references is None:
                return False
            free = [self._next_free() for _ in references]
            if len(free) == 1 and references != free and self._follows_a_word(free[0]):
                free = [self._next_free()]
            rises = [i for i, word in enumerate(references) if free and word == free[0]]
            if references and (not rises or references != self._fall_and_rise(free, rises[0])):
                return False
        return True

    def are_exact(self):
        return self._l1_is_exact() and self._l2_is_exact()


class Oracle:
    def __init__(self, path, image):
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        self.metadata = sorted(map(tuple, facts["metadata"]))
        self.overwritten = sorted(map(tuple, facts["overwritten"]))
        self.planted = {offset for offset, _ in facts["planted"]}
        self.image = image
        self.geometry = Geometry(image)

    @staticmethod
    def _inside(extents, offset):
        i = bisect.bisect_right(extents, (offset, 1 << 64)) - 1
        return i >= 0 and offset < extents[i][0] + extents[i][1]

    def original(self, offset):
        return int.from_bytes(self.image[offset:offset + 8], "little")

    def is_guests(self, offset, word):
        """Whether a word of a copy at offset is the guest's."""
        return (word > 1 and offset >= HEADER and offset not in self.planted
                and not self.geometry.is_marker(word)
                and (not self._inside(self.metadata, offset)
                     or self._inside(self.overwritten, offset))
                and self.original(offset) == word)

    def _is_filtered(self, words):
        """Whether a block of the copy can be the image's, but for words that were replaced."""
        start = words[0][0] // BLOCK * BLOCK
        there = {offset for offset, _ in words}
        original = {offset for offset, _ in words_of(self.image, start, BLOCK)}
        return there == original and all(
            word == self.original(offset) or
            not self.geometry.is_valid(word, self.geometry.cluster) for offset, word in words)

    def leaks(self, copy):
        """Offsets of the leaking words of a copy: a list of (offset, word)."""
        leaks = [offset for offset, word in copy if self.is_guests(offset, word)]
        if not leaks or not self.geometry.cluster:
            return leaks
        blocks = {}
        for offset, word in copy:
            blocks.setdefault(offset // BLOCK, []).append((offset, word))
        suspect = {offset // BLOCK for offset in leaks}
        suspect |= {number for number, words in blocks.items()
                    if number * BLOCK >= max(self.geometry.header_end, HEADER)
                    and not self._is_filtered(words)}
        return [] if StandIns(self.geometry, blocks, suspect).are_exact() else leaks

    def told(self, record, copy):
        """What a report tells that the copy does not: offsets of tables and clusters that are no
        words of it, and values of words that are the guest's."""
        known = {word for _, word in copy} | {self.geometry.l1}
        tables = record["copy"]["suspect-tables"] + \
            record["copy"].get("difference", {"tables": []})["tables"]
        told = ["a table at 0x%x" % table["table-offset"] for table in tables
                if table.get("table-offset", self.geometry.l1) not in known]
        for kind in record["findings"]:
            for place in kind["listed"]:
                offsets = [place.get("table-offset")]
                if kind["kind"] != "leak":
                    offsets.append(place.get("offset"))
                elif "offset" in place and record["copy"]["words-stand-in"]:
                    told.append("a leak at 0x%x beside stand-ins" % place["offset"])
                told += ["%s: 0x%x" % (kind["kind"], offset) for offset in offsets
                         if offset is not None and offset not in known]
                told += self._told_value(place)
        return told

    def _told_value(self, place):
        value = place.get("value", "redacted")
        index = place.get("l2-index", place.get("l1-index"))
        if value == "redacted" or index is None or "table-offset" not in place:
            return []
        at = place["table-offset"] + 8 * index
        return ["the guest's word %s" % value] if self.is_guests(at, int(value, 16)) else []
