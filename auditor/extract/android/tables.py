"""The tables of a DEX file, asked for single names."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator

from auditor.extract.android.dex import mutf8

__all__ = ["Tables"]

_LONGEST = 65536
"""Bytes of a string that is asked for singly; names and versions stay far below."""


class Tables:
    """The tables of one DEX, asked for single names; indices are checked, names read once."""

    def __init__(self, data: bytes, header: int) -> None:
        self.data, self.header = data, header
        values = struct.unpack_from("<14I", data, header + 0x38)
        self.strings = self._words(values[1], values[0])
        self.types = self._words(values[3], values[2])
        self.field_ids, self.fields = values[7], values[6]
        self.class_defs, self.classes = values[11], values[10]
        for offset, count, width in ((self.field_ids, self.fields, 8), (self.class_defs, self.classes, 32)):
            if offset + width * count > len(data):
                raise ValueError("a table lies outside the file")
        self._names: dict[int, str] = {}

    def _words(self, offset: int, count: int) -> array[int]:
        if count > len(self.data) // 4 or offset + 4 * count > len(self.data):
            raise ValueError("a table lies outside the file")
        words = array("I", self.data[offset : offset + 4 * count])
        if sys.byteorder == "big":
            words.byteswap()
        return words

    def string(self, index: int) -> bytes | None:
        """Return one string's bytes (modified UTF-8), or None where it cannot be read."""
        if index >= len(self.strings):
            return None
        at = self.strings[index]
        for _ in range(5):
            if at >= len(self.data) or self.data[at] < 0x80:
                break
            at += 1
        end = self.data.find(b"\0", at + 1, at + 1 + _LONGEST)
        return self.data[at + 1 : end] if end > at else None

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
            raw = (self.string(self.types[index]) or b"") if index < len(self.types) else b""
            name = mutf8(raw[1:-1]).replace("/", ".") if raw[:1] == b"L" and raw[-1:] == b";" else ""
            self._names[index] = name
        return name

    def descriptor(self, index: int) -> str:
        """Return a type as the format writes it (``Lcom/example/Foo;``, ``[I``); ``?`` where it cannot be read."""
        raw = self.string(self.types[index]) if index < len(self.types) else None
        return mutf8(raw) if raw else "?"

    def field_name(self, index: int) -> str:
        """Return a field as ``com.example.Foo.BAR``; ``?`` where it cannot be read."""
        if index >= self.fields:
            return "?"
        class_, _, name = struct.unpack_from("<HHI", self.data, self.field_ids + 8 * index)
        raw = self.string(name)
        return f"{self.type_name(class_)}.{mutf8(raw)}" if raw else "?"

    def class_name(self, class_def: int) -> str:
        """Return the dotted name of a defined class."""
        (index,) = struct.unpack_from("<I", self.data, self.class_defs + 32 * class_def)
        return self.type_name(index)
