"""What the code of a DEX file uses of what a lens looks for, by class."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from auditor.extract.android.dex import mutf8
from auditor.extract.android.walk import Wanted, class_edges, walk
from auditor.extract.collector import Collector
from auditor.extract.lens import Lens
from auditor.model import Table, Text

__all__ = ["read_code"]

_CODE = (Table.SDKS, Table.DATA)


def read_code(data: bytes, header: int, place: str, lens: Lens, collect: Collector) -> None:
    """Record what the classes of the DEX at ``header`` use; code that cannot be walked is a gap."""
    if not lens.literals:
        return
    try:
        tables = _Tables(data, header)
        bad, exhausted = _literals(tables, place, lens, collect)
        if lens.renamed is not None:
            pairs, cut = class_edges(data, header)
            exhausted |= cut
            types = [tables.type_name(index) for index in range(len(tables.types))]
            collect.references(place, [tables.class_name(index) for index in range(tables.classes)], types, pairs)
    except (ValueError, struct.error):
        collect.gap(
            place,
            "",
            Text(zh="代码区的索引表超出文件范围，无法读取其中的代码", en="has code tables that lie outside the file; its code was not read"),
            *_CODE,
        )
        return
    if bad:
        collect.gap(
            place,
            "",
            Text(zh=f"{bad} 个类或方法的代码已损坏，未能读取", en=f"holds {bad} classes or methods whose code is broken and was not read"),
            *_CODE,
        )
    if exhausted:
        collect.gap(
            place,
            "",
            Text(zh="代码指令数超过上限，其余部分未读取", en="holds more instructions than a file of its size can; the rest was not read"),
            *_CODE,
        )


class _Tables:
    """The tables of one DEX, asked for single names; indices are checked, names read once."""

    def __init__(self, data: bytes, header: int) -> None:
        self.data, self.header = data, header
        values = struct.unpack_from("<14I", data, header + 0x38)
        self.strings = self._words(values[1], values[0])
        self.types = self._words(values[3], values[2])
        self.class_defs, self.classes = values[11], values[10]
        self._names: dict[int, str] = {}

    def _words(self, offset: int, count: int) -> array[int]:
        if count > len(self.data) // 4 or offset + 4 * count > len(self.data):
            raise ValueError("a table lies outside the file")
        return array("I", self.data[offset : offset + 4 * count])

    def raw_strings(self) -> Iterator[bytes]:
        """Yield every string of the file as its bytes (modified UTF-8); an unreadable one is empty."""
        data, size = self.data, len(self.data)
        find = data.find
        for at in self.strings:
            skipped = 0
            while at < size and data[at] & 0x80 and skipped < 5:
                at += 1
                skipped += 1
            end = find(b"\0", at + 1)
            yield data[at + 1 : end] if end > at else b""

    def type_name(self, index: int) -> str:
        """Return a class's dotted name; empty for arrays, primitives and what cannot be read."""
        name = self._names.get(index)
        if name is None:
            raw = b""
            if index < len(self.types) and self.types[index] < len(self.strings):
                at = self.strings[self.types[index]]
                while at < len(self.data) and self.data[at] & 0x80:
                    at += 1
                end = self.data.find(b"\0", at + 1, at + 4096)
                raw = self.data[at + 1 : end] if end > at else b""
            name = mutf8(raw[1:-1]).replace("/", ".") if raw[:1] == b"L" and raw[-1:] == b";" else ""
            self._names[index] = name
        return name

    def class_name(self, class_def: int) -> str:
        """Return the dotted name of a defined class."""
        (index,) = struct.unpack_from("<I", self.data, self.class_defs + 32 * class_def)
        return self.type_name(index)


def _literals(tables: _Tables, place: str, lens: Lens, collect: Collector) -> tuple[int, bool]:
    wanted = {_as_mutf8(literal): literal for literal in lens.literals}
    flags = bytearray(len(tables.strings))
    texts: dict[int, str] = {}
    for index, raw in enumerate(tables.raw_strings()):
        literal = wanted.get(raw)
        if literal is not None:
            flags[index] = 1
            texts[index] = literal
    if not texts:
        return 0, False
    walked = walk(tables.data, tables.header, Wanted(strings=bytes(flags)))
    for reference in walked:
        collect.literal(place, tables.class_name(reference.class_def), texts[reference.index])
    return walked.bad_classes + walked.bad_methods, walked.exhausted


def _as_mutf8(text: str) -> bytes:
    """Encode as DEX strings are: NUL as two bytes, characters beyond the basic plane as surrogate pairs."""
    if text.isascii() and "\0" not in text:
        return text.encode()
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = (units[at] << 8 | units[at + 1] for at in range(0, len(units), 2))
    return b"".join(b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass") for unit in pairs)

