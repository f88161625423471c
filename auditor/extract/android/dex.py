"""DEX files: the classes they define, read from the tables alone, with every offset checked.

Format: Dalvik executable format, versions 035 to 041 (source.android.com/docs/core/runtime/dex-format); from version 041
on one file may hold several DEX headers ("container").
"""

from __future__ import annotations

import struct
import sys
from array import array

from auditor.archive.fast import adler32
from auditor.extract.android.names import type_names
from auditor.light import NamedTuple
from auditor.said import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from auditor.archive.fast import Bytes
    from auditor.build import Text

__all__ = ["Dex", "DexError", "is_dex", "read_dex"]

_HEADER_SIZE = 0x70
_CONTAINER_HEADER_SIZE = 0x78
_CLASS_DEF_SIZE = 32
_WIDTHS = (4, 4, 12, 8, 8, _CLASS_DEF_SIZE)
"""Bytes of one string, type, prototype, field, method and class definition."""
_MAX_DEXES = 256
_VERSIONS = frozenset(b"%03d" % number for number in range(35, 42))


class DexError(Exception):
    """A DEX file that is none, or too broken to read anything from; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Dex(NamedTuple):
    """What a DEX file defines, and what is wrong with it."""

    version: str
    """``035`` … ``041``."""
    classes: tuple[str, ...]
    """Dotted names of the classes defined, in file order."""
    doubts: tuple[Text, ...]
    """What is wrong with the file, where it could still be read."""
    headers: tuple[int, ...] = (0,)
    """Where each readable DEX header stands: one, but for containers."""
    types: tuple[tuple[str, ...], ...] = ()
    """For each of these, the dotted names of its types, by index; empty where it is no class or cannot be read."""


def is_dex(magic: Bytes) -> bool:
    """Tell whether the first eight bytes are a DEX header's."""
    return magic[:4] == b"dex\n" and magic[4:7].isdigit() and magic[7:8] == b"\0"


def read_dex(data: Bytes) -> Dex:
    """Read the tables of a DEX file. Raises DexError where nothing can be read."""
    if not is_dex(data[:8]):
        raise DexError(said(zh="不是 DEX 文件（文件头不符）", en="is no DEX file: it does not start like one"))
    reading = _Reading(data)
    reading.file()
    return Dex(
        data[4:7].decode(), tuple(reading.classes), tuple(reading.doubts.values()), tuple(reading.headers), tuple(reading.types)
    )


class _Reading:
    """One pass over a DEX file, or over the DEX files of a container."""

    def __init__(self, data: Bytes) -> None:
        self.data = data
        self.classes: list[str] = []
        self.headers: list[int] = []
        self.types: list[tuple[str, ...]] = []
        self.doubts: dict[str, Text] = {}
        self.unreadable = 0
        # In a sound file every class definition and every name takes bytes of its own. Tables that overlap or names
        # that share their bytes could otherwise make a small file ask for any amount of memory and time.
        self.definitions_left = len(data) // _CLASS_DEF_SIZE
        self.name_bytes_left = len(data)

    def file(self) -> None:
        """Read every DEX header the file holds."""
        data = self.data
        version = bytes(data[4:7])
        if version < b"041":
            self._one(0)
        else:
            self._container()
        if version not in _VERSIONS:
            self.doubts["version"] = said(
                zh=f"DEX 版本 {version.decode()} 未知，按已知格式读取，可能有类未读到",
                en=f"has the unknown DEX version {version.decode()}; read as a known one, so classes may be missing",
            )
        if self.unreadable:
            self.doubts["names"] = said(
                zh=f"{self.unreadable} 个类的名称无法读取", en=f"has {self.unreadable} classes whose names cannot be read"
            )

    def _container(self) -> None:
        """Read the headers of a container, one behind the other; all offsets count from the start of the file."""
        data, at = self.data, 0
        end = int.from_bytes(data[0x70:0x74], "little")
        if end > len(data):
            self._cut(end)
        for _ in range(_MAX_DEXES):
            try:
                size = self._one(at)
            except DexError as error:
                if at == 0:
                    raise
                self.doubts["rest"] = error.reason
                return
            at += size
            if at >= min(end, len(data)):
                return
            if size < _CONTAINER_HEADER_SIZE or not is_dex(data[at : at + 8]):
                break
        self.doubts["rest"] = said(
            zh="容器中有一部分 DEX 无法读取", en="is a container of which a part cannot be read"
        )

    def _cut(self, size: int) -> None:
        there = len(self.data)
        self.doubts["cut"] = said(
            zh=f"DEX 被截断：应有 {size} 字节，只有 {there} 字节；其中部分类无法读取",
            en=f"is cut short: {there} of {size} bytes are there, so part of its classes cannot be read",
        )

    def _one(self, at: int) -> int:
        """Read the DEX whose header stands at ``at``; return its size as declared."""
        data = self.data
        container = data[at + 4 : at + 7] >= b"041"
        if at + (_CONTAINER_HEADER_SIZE if container else _HEADER_SIZE) > len(data):
            raise DexError(said(zh="DEX 文件头被截断", en="is cut off inside its header"))
        size, _, endian = struct.unpack_from("<3I", data, at + 32)
        if endian == 0x78563412:
            raise DexError(said(zh="DEX 使用大端字节序，Android 不会加载", en="is big-endian, which Android does not load"))
        self.headers.append(at)
        if not container:
            checksum = int.from_bytes(data[8:12], "little")
            if size > len(data):
                self._cut(size)
            elif adler32(memoryview(data)[12:size]) != checksum:
                self.doubts["checksum"] = said(
                    zh="DEX 校验值（Adler-32）不符，内容可能已损坏或被改动",
                    en="does not match its checksum (Adler-32): it may be damaged or changed",
                )
        counts = struct.unpack_from("<14I", data, at + 0x38)
        tables = [_table(data, counts[one + 1], counts[one], width) for one, width in ((0, 4), (2, 4), (10, _CLASS_DEF_SIZE))]
        if _overlap(counts):
            self.doubts["overlap"] = said(
                zh="DEX 的索引表相互重叠，Android 不会加载；其中的名称和调用可能读错",
                en="has tables that overlap, which Android does not load: names and calls in it may have been misread",
            )
        types: tuple[str, ...] = ()
        if all(one is not None for one in tables):
            types = type_names(data, at, self.name_bytes_left)
            self._classes(types, tables[2] or array("I"))
        elif "cut" not in self.doubts:
            raise DexError(
                said(zh="DEX 的索引表超出文件范围，无法读取其中的类", en="has tables that lie outside the file, so no class can be read")
            )
        self.types.append(types)
        if container:
            self.name_bytes_left -= sum(map(len, types))
        return int(size)

    def _classes(self, types: tuple[str, ...], class_defs: array[int]) -> None:
        indices = class_defs[:: _CLASS_DEF_SIZE // 4]
        self.unreadable += max(0, len(indices) - self.definitions_left)
        del indices[self.definitions_left :]
        self.definitions_left -= len(indices)
        known = len(types)
        names = [name for index in indices if index < known and (name := types[index])]
        self.unreadable += len(indices) - len(names)
        self.classes += names


def _overlap(counts: tuple[int, ...]) -> bool:
    """Tell whether any two of the tables a header names (number and offset of entries, each) share bytes."""
    end = 0
    tables = zip(counts[1:12:2], counts[0:12:2], _WIDTHS, strict=True)
    for start, count, width in sorted(one for one in tables if one[1]):
        if start < end:
            return True
        end = start + count * width
    return False


def _table(data: Bytes, offset: int, count: int, width: int) -> array[int] | None:
    """Return a table as 32-bit words, or None where it does not lie inside the file."""
    if count == 0:
        return array("I")
    if offset < _HEADER_SIZE or count > len(data) // width or offset + count * width > len(data):
        return None
    words = array("I")
    words.frombytes(memoryview(data)[offset : offset + count * width])
    if sys.byteorder == "big":
        words.byteswap()
    return words
