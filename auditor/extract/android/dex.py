"""DEX files: the classes they define, read from the tables alone, with every offset checked.

Format: Dalvik executable format, versions 035 to 041 (source.android.com/docs/core/runtime/dex-format); from version 041
on one file may hold several DEX headers ("container").
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from dataclasses import dataclass

from auditor.model import Text

__all__ = ["Dex", "DexError", "is_dex", "read_dex"]

_HEADER_SIZE = 0x70
_CONTAINER_HEADER_SIZE = 0x78
_CLASS_DEF_SIZE = 32
_MAX_DEXES = 256
_VERSIONS = frozenset(b"%03d" % number for number in range(35, 42))


class DexError(Exception):
    """A DEX file that is none, or too broken to read anything from; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Dex:
    """What a DEX file defines, and what is wrong with it."""

    version: str
    """``035`` … ``041``."""
    classes: tuple[str, ...]
    """Dotted names of the classes defined, in file order."""
    doubts: tuple[Text, ...]
    """What is wrong with the file, where it could still be read."""


def is_dex(magic: bytes) -> bool:
    """Tell whether the first eight bytes are a DEX header's."""
    return magic[:4] == b"dex\n" and magic[4:7].isdigit() and magic[7:8] == b"\0"


def read_dex(data: bytes) -> Dex:
    """Read the tables of a DEX file. Raises DexError where nothing can be read."""
    if not is_dex(data[:8]):
        raise DexError(Text(zh="不是 DEX 文件（文件头不符）", en="is no DEX file: it does not start like one"))
    version = data[4:7]
    classes: list[str] = []
    doubts: dict[str, Text] = {}
    at = 0
    for _ in range(_MAX_DEXES):
        size = _read_one(data, at, classes, doubts)
        # only a container (041) continues after the first header's own size
        if version < b"041" or at + size >= len(data) or not is_dex(data[at + size : at + size + 8]):
            break
        at += size
    if version not in _VERSIONS:
        doubts["version"] = Text(
            zh=f"DEX 版本 {version.decode()} 未知，按已知格式读取", en=f"has the unknown DEX version {version.decode()}"
        )
    return Dex(version.decode(), tuple(classes), tuple(doubts.values()))


def _read_one(data: bytes, at: int, classes: list[str], doubts: dict[str, Text]) -> int:
    """Read the DEX whose header stands at ``at``; return its size as declared (at least a header's)."""
    container = data[at + 4 : at + 7] >= b"041"
    header_size = _CONTAINER_HEADER_SIZE if container else _HEADER_SIZE
    if at + header_size > len(data):
        raise DexError(Text(zh="DEX 文件头被截断", en="is cut off inside its header"))
    checksum: int = struct.unpack_from("<I", data, at + 8)[0]
    size: int
    size, _, endian = struct.unpack_from("<3I", data, at + 32)
    if endian == 0x78563412:
        raise DexError(Text(zh="DEX 使用大端字节序，Android 不会加载", en="is big-endian, which Android does not load"))
    if not container:
        if size > len(data):
            doubts["cut"] = Text(
                zh=f"DEX 被截断：应有 {size} 字节，只有 {len(data)} 字节；其中部分类无法读取",
                en=f"is cut short: {len(data)} of {size} bytes are there, so part of its classes cannot be read",
            )
        elif zlib.adler32(memoryview(data)[12:size]) != checksum:
            doubts["checksum"] = Text(
                zh="DEX 校验值（Adler-32）不符，内容可能已损坏或被改动",
                en="does not match its checksum (Adler-32): it may be damaged or changed",
            )
    counts = struct.unpack_from("<14I", data, at + 0x38)
    n_strings, o_strings, n_types, o_types = counts[0:4]
    n_classes, o_classes = counts[10:12]
    strings = _table(data, o_strings, n_strings, 4)
    types = _table(data, o_types, n_types, 4)
    class_defs = _table(data, o_classes, n_classes, _CLASS_DEF_SIZE)
    if strings is None or types is None or class_defs is None:
        if "cut" in doubts:
            return max(size, header_size)
        raise DexError(
            Text(zh="DEX 的索引表超出文件范围，无法读取其中的类", en="has tables that lie outside the file, so no class can be read")
        )
    unreadable = 0
    for type_index in class_defs[:: _CLASS_DEF_SIZE // 4]:
        name = None
        if type_index < len(types) and types[type_index] < len(strings):
            name = _class_name(data, strings[types[type_index]])
        if name is None:
            unreadable += 1
        else:
            classes.append(name)
    if unreadable:
        doubts["names"] = Text(
            zh=f"{unreadable} 个类的名称无法读取", en=f"has {unreadable} classes whose names cannot be read"
        )
    return max(size, header_size)


def _table(data: bytes, offset: int, count: int, width: int) -> array[int] | None:
    """Return a table as 32-bit words, or None where it does not lie inside the file."""
    if count == 0:
        return array("I")
    if offset < _HEADER_SIZE or count > len(data) // width or offset + count * width > len(data):
        return None
    words = array("I", data[offset : offset + count * width])
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _class_name(data: bytes, offset: int) -> str | None:
    """Return the dotted name behind a type descriptor's string_data_item, or None."""
    # utf16_size as ULEB128: at most five bytes
    for _ in range(5):
        if offset >= len(data):
            return None
        offset += 1
        if data[offset - 1] < 0x80:
            break
    else:
        return None
    end = data.find(b"\0", offset)
    if end - offset < 3 or data[offset] != 0x4C or data[end - 1] != 0x3B:
        return None
    return mutf8(data[offset + 1 : end - 1]).replace("/", ".")


def mutf8(raw: bytes) -> str:
    """Decode modified UTF-8 (the encoding of DEX strings); what is malformed becomes U+FFFD."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass" if _surrogates_only(raw) else "replace")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _surrogates_only(raw: bytes) -> bool:
    try:
        raw.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True
