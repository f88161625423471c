"""Hermes bytecode: the string table of a compiled React Native bundle.

Format: include/hermes/BCGen/HBC/BytecodeFileFormat.h of facebook/hermes. The layout up to the strings changed with versions
71 (string kinds), 84, 87, 97 and 98 (header); every version from 59 to 99 is read.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

from auditor.build import Text

__all__ = ["Hermes", "HermesError", "is_hermes", "read_hermes"]

MAGIC = struct.pack("<Q", 0x1F1903C103BC1FC6)
_VERSIONS = range(59, 100)
_HEADER = 128
"""Bytes of the header with its padding."""
_FUNCTION, _FUNCTION_97 = 16, 12
"""Bytes of one function header, and from version 97 on."""
_OVERFLOW = 0xFF
_MOST_STRINGS = 4_000_000


class HermesError(Exception):
    """Bytecode whose strings cannot be read; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Hermes:
    """The strings of a bundle."""

    version: int
    strings: tuple[str, ...]
    """In the order of the table: literals, then names of properties and variables."""
    unreadable: int
    """How many of them lie outside the file."""


def is_hermes(head: bytes) -> bool:
    """Tell whether the first eight bytes are a Hermes bundle's."""
    return head[:8] == MAGIC


def read_hermes(data: bytes) -> Hermes:
    """Read the string table. Raises HermesError where the version is not known, or the tables lie outside the file."""
    if not is_hermes(data) or len(data) < _HEADER:
        raise HermesError(Text(zh="不是 Hermes 字节码，或文件头被截断", en="is no Hermes bytecode, or is cut off inside its header"))
    (version,) = struct.unpack_from("<I", data, 8)
    if version not in _VERSIONS:
        raise HermesError(
            Text(
                zh=f"Hermes 字节码版本 {version} 未知，其中的脚本无法读取；请向开发者索取未编译的脚本包",
                en=f"has the unknown Hermes bytecode version {version}, so its script cannot be read;"
                " ask the developer for the bundle before it was compiled",
            )
        )
    functions, kinds, identifiers, strings, overflows, storage = struct.unpack_from("<6I", data, 40)
    if strings > _MOST_STRINGS:
        raise HermesError(_outside())
    at = _HEADER + functions * (_FUNCTION if version < 97 else _FUNCTION_97)
    for size in (4 * kinds, 4 * identifiers):
        at = _aligned(at) + size
    small = _aligned(at)
    overflow = _aligned(small + 4 * strings)
    blob = _aligned(overflow + 8 * overflows)
    if blob > len(data) or blob + storage > len(data):
        raise HermesError(_outside())
    return _strings(data, version, array("I", data[small : small + 4 * strings]), data[overflow : overflow + 8 * overflows], blob, storage)


def _aligned(at: int) -> int:
    return at + 3 & ~3


def _strings(data: bytes, version: int, entries: array[int], overflow: bytes, blob: int, storage: int) -> Hermes:
    found: list[str] = []
    unreadable = 0
    left = 2 * len(data)
    for entry in entries:
        wide, offset, length = entry & 1, entry >> 1 & 0x7FFFFF, entry >> 24
        if length == _OVERFLOW:
            if 8 * offset + 8 > len(overflow):
                unreadable += 1
                continue
            offset, length = struct.unpack_from("<2I", overflow, 8 * offset)
        size = 2 * length if wide else length
        if offset + size > storage or size > left:
            unreadable += 1
            continue
        left -= size
        raw = data[blob + offset : blob + offset + size]
        found.append(raw.decode("utf-16-le", "replace") if wide else raw.decode("latin-1"))
    return Hermes(version, tuple(found), unreadable)


def _outside() -> Text:
    return Text(
        zh="字符串表超出文件范围，文件可能被截断或改动，其中的脚本无法读取",
        en="has a string table that lies outside the file: it may be cut short or changed, and its script cannot be read",
    )
