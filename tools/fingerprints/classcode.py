"""The string operands of the instructions of a Java class: what code *uses*, not what its constant pool holds.

Format: The Java Virtual Machine Specification, section 4.7.3 (Code attribute) and 6.5 (lengths of instructions). The
constant pool also holds names of members and values of constants that compilers copy elsewhere; they do not survive an
optimiser and identify nobody.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from auditor.extract.android.names import mutf8

__all__ = ["BadClass", "class_literals"]

_UTF8, _CLASS, _STRING = 1, 7, 8
_WIDE_ENTRIES = (5, 6)
_POOL_SIZES = {3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 9: 5, 10: 5, 11: 5, 12: 5, 15: 4, 16: 3, 17: 5, 18: 5, 19: 3, 20: 3}
_LDC, _LDC_W, _TABLESWITCH, _LOOKUPSWITCH, _WIDE, _IINC = 0x12, 0x13, 0xAA, 0xAB, 0xC4, 0x84

_LENGTHS = bytes(
    [1] * 16 + [2, 3, 2, 3, 3] + [2] * 5 + [1] * 28 + [2] * 5 + [1] * 73 + [3] + [1] * 20 + [3] * 16 + [2]
    + [0, 0] + [1] * 6 + [3] * 7 + [5, 5] + [3, 2, 3, 1, 1, 3, 3, 1, 1] + [0, 4, 3, 3, 5, 5] + [0] * 54
)  # fmt: skip
"""Length of each instruction in bytes; 0 = it says so itself, or does not exist."""


class BadClass(ValueError):
    """Bytes that are no sound class file."""


def class_literals(data: bytes) -> tuple[str, frozenset[str]]:
    """Return the dotted name of a class, and the texts its ``ldc`` and ``ldc_w`` instructions load.

    Raises BadClass and nothing else, whatever the bytes.
    """
    if data[:4] != b"\xca\xfe\xba\xbe":
        raise BadClass("no class file")
    try:
        pool, at = _pool(data)
        (this,) = struct.unpack_from(">H", data, at + 2)
        name = pool.class_name(this)
        found: set[int] = set()
        for start, end in _codes(data, at, pool):
            found.update(_loaded(data, start, end))
        return name, frozenset(text for index in found if (text := pool.string(index)) is not None)
    except (IndexError, struct.error) as error:
        raise BadClass("cut short, or an index out of range") from error


class _Pool:
    """Where each entry of the constant pool starts; 0 where there is none."""

    def __init__(self, data: bytes, places: list[int]) -> None:
        self._data, self._places = data, places

    def _two(self, index: int, tag: int) -> int | None:
        place = self._places[index]
        if not place or self._data[place] != tag:
            return None
        return int(struct.unpack_from(">H", self._data, place + 1)[0])

    def text(self, index: int) -> str:
        size = self._two(index, _UTF8)
        place = self._places[index]
        if size is None or place + 3 + size > len(self._data):
            raise IndexError
        return mutf8(self._data[place + 3 : place + 3 + size])

    def class_name(self, index: int) -> str:
        name = self._two(index, _CLASS)
        if name is None:
            raise IndexError
        return self.text(name).replace("/", ".")

    def string(self, index: int) -> str | None:
        """Return the text of a String entry; None for an entry of another kind (a number, a class)."""
        text = self._two(index, _STRING)
        return None if text is None else self.text(text)


def _pool(data: bytes) -> tuple[_Pool, int]:
    (count,) = struct.unpack_from(">H", data, 8)
    places = [0] * max(count, 1)
    at, index = 10, 1
    while index < count:
        tag = data[at]
        places[index] = at
        if tag == _UTF8:
            at += 3 + int(struct.unpack_from(">H", data, at + 1)[0])
        elif tag in _POOL_SIZES:
            at += _POOL_SIZES[tag]
        else:
            raise BadClass(f"unknown constant {tag}")
        index += 2 if tag in _WIDE_ENTRIES else 1
    return _Pool(data, places), at


def _codes(data: bytes, at: int, pool: _Pool) -> Iterator[tuple[int, int]]:
    """Return where the instructions of each method start and end; ``at`` is the place behind the constant pool."""
    (interfaces,) = struct.unpack_from(">H", data, at + 6)
    at += 8 + 2 * interfaces
    for methods in (False, True):
        (count,) = struct.unpack_from(">H", data, at)
        at += 2
        for _ in range(count):
            (attributes,) = struct.unpack_from(">H", data, at + 6)
            at += 8
            for _ in range(attributes):
                kind, size = struct.unpack_from(">HI", data, at)
                at += 6
                if methods and pool.text(kind) == "Code":
                    (length,) = struct.unpack_from(">I", data, at + 4)
                    if at + 8 + length > len(data):
                        raise IndexError
                    yield at + 8, at + 8 + length
                at += size


def _loaded(data: bytes, start: int, end: int) -> Iterator[int]:
    """Return the constant-pool indices that the instructions between two places load."""
    at = start
    while at < end:
        opcode = data[at]
        if opcode == _LDC:
            yield data[at + 1]
        elif opcode == _LDC_W:
            yield int(struct.unpack_from(">H", data, at + 1)[0])
        size = _LENGTHS[opcode] or _own_length(data, at, start)
        if not size:
            raise BadClass(f"unknown instruction {opcode:#x}")
        at += size


def _own_length(data: bytes, at: int, start: int) -> int:
    """Return the length of an instruction whose length stands in itself; 0 where there is no such instruction."""
    opcode = data[at]
    if opcode == _WIDE:
        return 6 if data[at + 1] == _IINC else 4
    body = at + 1 + -(at + 1 - start) % 4
    if opcode == _TABLESWITCH:
        low, high = struct.unpack_from(">ii", data, body + 4)
        entries = max(high - low + 1, 0)
        return int(body + 12 + 4 * entries - at)
    if opcode == _LOOKUPSWITCH:
        (pairs,) = struct.unpack_from(">i", data, body + 4)
        return int(body + 8 + 8 * max(pairs, 0) - at)
    return 0
