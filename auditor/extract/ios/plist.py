"""Property lists of every kind Apple's tools write (binary, XML, old-style text), read behind one function.

Formats: CFBinaryPList.c and CFOldStylePList.c of Apple's CoreFoundation (opensource.apple.com), PropertyList-1.0.dtd.
"""

from __future__ import annotations

import codecs
import plistlib
import re
import struct
import warnings
from datetime import datetime
from io import BytesIO
from xml.parsers.expat import ExpatError

from auditor.build import Text

__all__ = ["PlistError", "PlistValue", "read_plist"]

PlistValue = str | int | float | bool | bytes | datetime | None | list["PlistValue"] | dict[str, "PlistValue"]
"""What a property list holds: the types plistlib gives, sets as lists, UIDs as integers, keys always text."""

MAX_BYTES = 16 << 20
"""No plist an app is described by comes near this."""
MAX_NODES = 300_000
"""Values in one plist, counted as often as they are referred to."""
MAX_DEPTH = 64
_MAX_PAYLOAD = 64 << 20
"""Bytes of all strings and data, counted as often as they are referred to."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MAX_BRACKETS = 1_000
"""Opening brackets in an old-style plist: openstep-plist recurses in C, and 2,000 levels overflow a 512 KiB stack."""


class PlistError(ValueError):
    """Bytes that are no property list, or one too big or too tangled to be read; ``reason`` says which."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


def read_plist(data: bytes) -> PlistValue:
    """Return the value at the root of a property list. Raises PlistError and nothing else, whatever the bytes.

    Binary plists are read by plistlib, and where it refuses (sets, versions other than 00, dates out of range) by
    biplist; XML, in UTF-8 or UTF-16, by plistlib; old-style text, ``.strings`` files among it, by openstep-plist.
    """
    if len(data) > MAX_BYTES:
        raise PlistError(f"大于 {MAX_BYTES >> 20} MiB，未读取", f"is larger than {MAX_BYTES >> 20} MiB; not read")
    if data.startswith(b"bplist"):
        _measure_binary(data)
        return _settle(_load_binary(data))
    text = _decode(data)
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _settle(_load_xml(text))
    return _settle(_load_old_style(text))


# -- binary -------------------------------------------------------------------------------------------------------


def _load_binary(data: bytes) -> object:
    try:
        return plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except (ValueError, TypeError, IndexError, OverflowError, RecursionError, MemoryError):
        return _load_binary_again(data)


def _load_binary_again(data: bytes) -> object:
    with warnings.catch_warnings():
        # biplist 1.0.3 calls datetime.utcfromtimestamp as it is imported
        warnings.simplefilter("ignore", DeprecationWarning)
        import biplist
    try:
        return biplist.PlistReader(BytesIO(data)).parse()
    except (
        biplist.InvalidPlistException,
        biplist.NotBinaryPlistException,
        struct.error,
        ValueError,
        TypeError,
        IndexError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        raise _damaged_binary(str(error)) from None


def _damaged_binary(why: str) -> PlistError:
    return PlistError("二进制 plist 已损坏", f"is a damaged binary plist ({_brief(why)})")


def _measure_binary(data: bytes) -> None:
    """Walk a binary plist's object graph without building it, as often as its objects are referred to.

    Both libraries trust the graph: plistlib recurses and re-reads overlapping objects without end, biplist expands
    every shared object. What this walk finishes within its limits, they finish too.
    """
    if len(data) < 40:
        raise _damaged_binary("shorter than its trailer")
    offset_size, ref_size, count, top, table = struct.unpack_from(">6xBBQQQ", data, len(data) - 32)
    end = len(data) - 32
    if not 1 <= offset_size <= 8 or not 1 <= ref_size <= 8 or table > end or count > (end - table) // offset_size:
        raise _damaged_binary("its offset table lies outside the file")
    nodes = payload = 0
    pending = [(top, 0)]
    while pending:
        ref, depth = pending.pop()
        nodes += 1
        if ref >= count:
            raise _damaged_binary("a reference to an object that is not there")
        if nodes > MAX_NODES or payload > _MAX_PAYLOAD:
            raise _too_big()
        if depth > MAX_DEPTH:
            raise _too_deep()
        at = table + ref * offset_size
        kind, length, start = _binary_header(data, int.from_bytes(data[at : at + offset_size], "big"), end)
        if kind in (0x4, 0x5, 0x6):
            size = length * (2 if kind == 0x6 else 1)
            payload += size
            if start + size > end:
                raise _damaged_binary("a string runs out of the file")
        elif kind in (0xA, 0xB, 0xC, 0xD):
            refs = length * (2 if kind == 0xD else 1)
            if start + refs * ref_size > end:
                raise _damaged_binary("a collection runs out of the file")
            if nodes + len(pending) + refs > MAX_NODES:
                raise _too_big()
            pending.extend(
                (int.from_bytes(data[start + i * ref_size : start + (i + 1) * ref_size], "big"), depth + 1)
                for i in range(refs)
            )


def _binary_header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return (kind, length, where the payload starts) of the object at ``at``."""
    if at >= end:
        raise _damaged_binary("an object lies outside the file")
    kind, length = data[at] >> 4, data[at] & 0xF
    at += 1
    if length == 0xF and kind in (0x4, 0x5, 0x6, 0xA, 0xB, 0xC, 0xD):
        if at >= end or data[at] & ~0x3 != 0x10:
            raise _damaged_binary("a length that is no integer")
        width = 1 << (data[at] & 0x3)
        length = int.from_bytes(data[at + 1 : at + 1 + width], "big")
        at += 1 + width
    return kind, length, at


# -- text ---------------------------------------------------------------------------------------------------------


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    # UTF-16 without a mark: the ASCII of the first key or bracket leaves every other byte zero
    if len(data) >= 4 and len(data) % 2 == 0:
        if data[1] == data[3] == 0 and data[0] and data[2]:
            return _decode_as(data, "utf-16-le")
        if data[0] == data[2] == 0 and data[1] and data[3]:
            return _decode_as(data, "utf-16-be")
    return _decode_as(data, "utf-8")


def _decode_as(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise PlistError(
            "既不是二进制 plist，也不是 UTF-8 或 UTF-16 文本",
            "is neither a binary plist nor text in UTF-8 or UTF-16",
        ) from None


_DECLARATION = re.compile(r"<\?xml[^>]*\?>")


def _load_xml(text: str) -> object:
    text = text.lstrip("\ufeff \t\r\n")
    # the text is decoded by now, so an encoding declared in it no longer holds
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    try:
        value: object = plistlib.loads(text.encode("utf-8"), fmt=plistlib.FMT_XML)
    except plistlib.InvalidFileException as error:
        # plistlib refuses entity declarations, so that no entity can expand
        raise PlistError("XML plist 含有实体声明，未读取", f"is an XML plist not read ({_brief(error)})") from None
    except (ExpatError, ValueError, TypeError, AttributeError, IndexError, LookupError, OverflowError) as error:
        raise PlistError("XML plist 已损坏", f"is a damaged XML plist ({_brief(error)})") from None
    if value is None:
        raise PlistError("XML plist 中没有任何值", "is an XML plist without a value")
    return value


def _load_old_style(text: str) -> object:
    if "\0" in text:
        raise PlistError("不是属性列表（含有零字节）", "is no property list (it holds zero bytes)")
    if text.count("(") + text.count("{") > _MAX_BRACKETS:
        raise PlistError(
            f"文本 plist 中的括号超过 {_MAX_BRACKETS} 个，未读取", f"has more than {_MAX_BRACKETS} brackets; not read"
        )
    import openstep_plist
    from openstep_plist.parser import ParseError

    try:
        value: object = openstep_plist.loads(text)
    except (ParseError, ValueError, TypeError, OverflowError) as error:
        raise PlistError(
            "不是属性列表，或文本 plist 有语法错误", f"is no property list, or has a mistake in it ({_brief(error)})"
        ) from None
    return value


# -- what comes out -----------------------------------------------------------------------------------------------


def _settle(root: object) -> PlistValue:
    """Copy what a library returned into plain values, within limits on depth and number; no recursion."""
    holder: list[PlistValue] = [None]
    nodes = 0
    pending: list[tuple[list[PlistValue] | dict[str, PlistValue], int | str, object, int]] = [(holder, 0, root, 0)]
    while pending:
        target, key, value, depth = pending.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise _too_big()
        settled: PlistValue
        if isinstance(value, dict | list | set | tuple):
            if depth >= MAX_DEPTH:
                raise _too_deep()
            if nodes + len(pending) + len(value) > MAX_NODES:
                raise _too_big()
            settled = _open(value, pending, depth + 1)
        else:
            settled = _scalar(value)
        target[key] = settled  # type: ignore[index]  # a list is filled by position, a dict by key
    return holder[0]


def _open(
    value: dict[object, object] | list[object] | set[object] | tuple[object, ...],
    pending: list[tuple[list[PlistValue] | dict[str, PlistValue], int | str, object, int]],
    depth: int,
) -> PlistValue:
    if isinstance(value, dict):
        mapping: dict[str, PlistValue] = {_key(key): None for key in value}
        pending.extend((mapping, _key(key), item, depth) for key, item in value.items())
        return mapping
    items = sorted(value, key=repr) if isinstance(value, set) else list(value)
    sequence: list[PlistValue] = [None] * len(items)
    pending.extend((sequence, position, item, depth) for position, item in enumerate(items))
    return sequence


def _key(key: object) -> str:
    return _clean(key) if isinstance(key, str) else _clean(str(_scalar(key)))


def _scalar(value: object) -> PlistValue:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bytes):
        return bytes(value)
    if value is None or isinstance(value, bool | float | datetime):
        return value
    # an integer, or a UID of either library
    number = int(value)  # type: ignore[call-overload]
    if abs(number) >> 128:
        raise PlistError("plist 中有超出 128 位的整数", "holds an integer of more than 128 bits")
    return int(number)


def _clean(text: str) -> str:
    """Replace lone surrogates, which no report could be encoded with."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return str(text)


def _too_big() -> PlistError:
    return PlistError("plist 中的值过多，未读取", "holds too many values; not read")


def _too_deep() -> PlistError:
    return PlistError(
        f"plist 嵌套超过 {MAX_DEPTH} 层或自我引用，未读取",
        f"is nested more than {MAX_DEPTH} levels deep, or refers to itself; not read",
    )


def _brief(why: object) -> str:
    text = " ".join(str(why).split())
    return _clean(text[:100]) or "no reason given"
