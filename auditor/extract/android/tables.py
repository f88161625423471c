"""The tables of a DEX file, asked for single names."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable

from auditor.extract.android.dex import mutf8

__all__ = ["Tables", "class_name_of", "read_strings", "read_strings_python"]

_LONGEST = 1 << 16
"""Bytes of a string; names, versions and telling literals stay far below."""


class Tables:
    """The tables of one DEX, asked for single names; indices are checked, names read once."""

    def __init__(self, data: bytes, header: int) -> None:
        self.data, self.header = data, header
        values = struct.unpack_from("<14I", data, header + 0x38)
        self.strings = read_strings(data, header)
        """As their bytes (modified UTF-8); what cannot be read is empty."""
        self.types = self._words(values[3], values[2])
        self.field_ids, self.fields = values[7], values[6]
        self.class_defs, self.classes = values[11], values[10]
        for offset, count, width in ((self.field_ids, self.fields, 8), (self.class_defs, self.classes, 32)):
            if offset + width * count > len(data):
                raise ValueError("a table lies outside the file")
        self._class_types = self._words(self.class_defs, 8 * self.classes)[::8]
        self._names: dict[int, str] = {}

    def _words(self, offset: int, count: int) -> array[int]:
        if count > len(self.data) // 4 or offset + 4 * count > len(self.data):
            raise ValueError("a table lies outside the file")
        words = array("I", self.data[offset : offset + 4 * count])
        if sys.byteorder == "big":
            words.byteswap()
        return words

    def string(self, index: int) -> bytes | None:
        """Return one string's bytes (modified UTF-8), or None where there is none; what cannot be read is empty."""
        return self.strings[index] if index < len(self.strings) else None

    def type_name(self, index: int) -> str:
        """Return a class's dotted name; empty for arrays, primitives and what cannot be read."""
        name = self._names.get(index)
        if name is None:
            raw = (self.string(self.types[index]) or b"") if index < len(self.types) else b""
            name = self._names[index] = class_name_of(raw)
        return name

    def names(self) -> Callable[[], tuple[list[str], list[str]]]:
        """Return what gives the names of defined classes and of types later, without keeping the file itself."""
        strings, count = self.strings, len(self.strings)
        types = [strings[index] if index < count else b"" for index in self.types]
        classes = self._class_types

        def names() -> tuple[list[str], list[str]]:
            dotted = [class_name_of(raw) for raw in types]
            return [dotted[index] if index < len(dotted) else "" for index in classes], dotted

        return names

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

    def field_type(self, index: int) -> str:
        """Return a field's type as the format writes it; ``?`` where it cannot be read."""
        return self.descriptor(struct.unpack_from("<H", self.data, self.field_ids + 8 * index + 2)[0]) if index < self.fields else "?"

    def class_type(self, class_def: int) -> int:
        """Return the type index of a defined class."""
        return self._class_types[class_def]

    def class_name(self, class_def: int) -> str:
        """Return the dotted name of a defined class."""
        return self.type_name(self.class_type(class_def))


def class_name_of(raw: bytes) -> str:
    """Return the dotted name in a type descriptor; empty where it is no class."""
    return mutf8(raw[1:-1]).replace("/", ".") if raw[:1] == b"L" and raw[-1:] == b";" else ""


def read_strings(data: bytes, header: int) -> list[bytes]:
    """Return every string of a DEX file as its bytes. Raises ValueError where the table lies outside the file.

    A string that cannot be read or is longer than 65,535 bytes is empty, and so is what comes after twice as many bytes as
    the file has: strings may share theirs.
    """
    try:
        from auditor._native.dexwalk import dexstrings
    except ImportError:
        return read_strings_python(data, header)
    return dexstrings(data, header, _LONGEST, 2 * len(data))  # type: ignore[no-any-return]


def read_strings_python(data: bytes, header: int) -> list[bytes]:
    """Do what ``read_strings`` does, with the standard library alone."""
    size, left = len(data), 2 * len(data)
    if header < 0 or header + 0x70 > size:
        raise ValueError("a table lies outside the file")
    count, table = struct.unpack_from("<2I", data, header + 0x38)
    if table + 4 * count > size:
        raise ValueError("a table lies outside the file")
    words = array("I", data[table : table + 4 * count])
    if sys.byteorder == "big":
        words.byteswap()
    found: list[bytes] = []
    for at in words:
        skipped = 0
        while at < size and data[at] & 0x80 and skipped < 5:
            at += 1
            skipped += 1
        end = data.find(b"\0", at + 1, at + 1 + _LONGEST) if at < size else -1
        text = data[at + 1 : end] if end >= 0 and end - at - 1 <= left else b""
        left -= len(text)
        found.append(text)
    return found
