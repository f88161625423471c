"""Binary XML as Android reads it: androguard reads chunks and strings, the tree is built by the platform's rules.

Format and rules: ResourceTypes.h and ResourceTypes.cpp of the Android Open Source Project (ResXMLTree, ResXMLParser).
What the platform goes by, and trees made for people do not: an attribute is known by its resource id, not by its name or
namespace; its text is the typed value's, not the raw one; elements close by their order, not by their names.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.build import Text
from auditor.extract.android.androguard_axml import androguard_axml

__all__ = ["ANDROGUARD_FAILS", "ANDROID", "AxmlError", "Element", "attribute_name", "check_string_pool", "clean", "read_axml"]

ANDROID = "http://schemas.android.com/apk/res/android"
"""Namespace of the platform's attributes."""
_NONE = 0xFFFFFFFF
_MAX_ELEMENTS = 100_000
_MAX_CHARACTERS = 32 << 20
"""Characters of all names and values, counted as often as they are used: one long string can be used everywhere."""

_CHUNK = struct.Struct("<HHI")
_STRING_POOL, _RESOURCE_MAP = 0x0001, 0x0180
_START_NAMESPACE, _END_NAMESPACE, _START, _END, _CDATA, _LAST_NODE = 0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x017F
_NODE_SIZE = 16
_SMALLEST = {_START: 36, _END: 24, _CDATA: 28}
_TYPE_NULL, _TYPE_REFERENCE, _TYPE_STRING, _TYPE_DYNAMIC_REFERENCE = 0x00, 0x01, 0x03, 0x07
_TYPE_DIMENSION, _TYPE_FRACTION = 0x05, 0x06

_NEWER = {
    0x01010576: "versionCodeMajor",
    0x0101057A: "appComponentFactory",
    0x01010591: "isSplitRequired",
    0x0101064E: "requiredSplitTypes",
    0x0101064F: "splitTypes",
}
"""Attributes the manifest reader asks for and androguard's list, of API level 27, lacks (public-final.xml)."""

# what androguard's parsers raise on malformed input, found by feeding them damaged files
ANDROGUARD_FAILS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnicodeError,
    ValueError,
    struct.error,
)

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class AxmlError(Exception):
    """Bytes that are no binary XML Android would read; ``reason`` says why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


@dataclass(slots=True)
class Element:
    """An element; attributes of the platform have the prefix ``android:``."""

    tag: str
    """Name, empty where it cannot be read."""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Return an attribute as text, empty where it is not there. Resource references read ``@7F010000``."""
        return self.attributes.get(name, "")

    def all(self, tag: str) -> Iterator[Element]:
        """Return the direct children called ``tag``."""
        return (child for child in self.children if child.tag == tag)


def read_axml(data: bytes) -> Element:
    """Return the root element. Raises AxmlError, and nothing else, whatever the bytes."""
    _check(data)
    androguard = androguard_axml()
    start_tag, end_tag, end_document = androguard.START_TAG, androguard.END_TAG, androguard.END_DOCUMENT
    open_elements: list[Element] = []
    characters = 0
    try:
        parser = androguard.AXMLParser(data)
        while parser.is_valid():
            event = next(parser)
            if event == start_tag:
                element = _element(parser)
                characters += sum(map(len, element.attributes.values())) + len(element.tag)
                if characters > _MAX_CHARACTERS:
                    raise AxmlError("二进制 XML 的文本过多，未读取", "is binary XML with too much text; not read")
                if open_elements:
                    open_elements[-1].children.append(element)
                open_elements.append(element)
            elif event == end_tag:
                element = open_elements.pop()
                if not open_elements:
                    return element
            elif event == end_document:
                break
    except (*ANDROGUARD_FAILS, androguard.ResParserError) as error:
        raise _damaged(str(error)) from None
    raise _damaged("the root element is never closed")


def _element(parser: Any) -> Element:
    """Return the element androguard's parser stands on, without its children."""
    androguard = androguard_axml()
    format_value = androguard.format_value
    text, ids, flat = parser.sb.getString, parser.m_resourceIDs, parser.m_attributes
    element = Element(clean(parser.name))
    unnumbered: dict[str, str] = {}
    for at in range(0, len(flat), 5):
        space, name, raw, kind, value = flat[at : at + 5]
        number = ids[name] if name < len(ids) else 0
        word = attribute_name(number) or clean(text(name))
        if kind == _TYPE_STRING:
            shown = clean(text(value) or text(raw))
        elif kind == _TYPE_NULL:
            shown = ""
        elif kind in (_TYPE_DIMENSION, _TYPE_FRACTION):
            # androguard knows no name for some of their units
            shown = f"0x{value:08X}"
        else:
            shown = format_value(_TYPE_REFERENCE if kind == _TYPE_DYNAMIC_REFERENCE else kind, value)
        if number:
            # of equal attributes the platform takes the first
            prefix = "android:" if number >> 24 == 0x01 else "app:"
            element.attributes.setdefault(prefix + (word or f"{number:08X}"), shown)
        elif space == _NONE:
            element.attributes.setdefault(word, shown)
        elif text(space) == ANDROID:
            unnumbered.setdefault("android:" + word, shown)
    # the platform does not see these; a manifest written without ids would otherwise seem to ask for nothing
    for key, shown in unnumbered.items():
        element.attributes.setdefault(key, shown)
    return element


def attribute_name(number: int) -> str:
    """Return the name of the platform's attribute with this resource id; empty for any other."""
    names: dict[int, str] = androguard_axml().public.SYSTEM_RESOURCES["attributes"]["inverse"]
    return names.get(number) or _NEWER.get(number, "")


def clean(text: str) -> str:
    """Replace what no report could show: control characters and lone surrogates become U+FFFD."""
    text = _CONTROL.sub("\ufffd", text)
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _damaged(why: str) -> AxmlError:
    return AxmlError(
        "二进制 XML 已损坏，无法读取；请重新获取安装包", f"is damaged binary XML and cannot be read ({' '.join(why.split())[:100]})"
    )


def _check(data: bytes) -> None:
    """Walk the chunks from the first to the end of the root element, and refuse what androguard would misread.

    What androguard then reads is what the platform reads, in time and memory that the file's size bounds.
    """
    if len(data) < 8:
        raise _damaged("shorter than its header")
    _, head, size = _CHUNK.unpack_from(data)
    # the outer chunk's type is not looked at by the platform either
    if head != 8:
        if data.lstrip()[:1] == b"<":
            raise AxmlError(
                "是明文 XML，不是已编译的二进制格式，系统不会接受", "is plain XML, not the compiled form a device accepts"
            )
        raise AxmlError("不是二进制 XML，无法读取", "is no binary XML and cannot be read")
    if size > len(data):
        raise _damaged(f"cut short: {len(data)} of {size} bytes")
    at, depth, elements, maps = 8, 0, 0, 0
    while at + 8 <= size:
        kind, head, length = _CHUNK.unpack_from(data, at)
        if head < 8 or length < head or at + length > size:
            raise _damaged(f"a chunk at byte {at} does not fit")
        if (kind == _STRING_POOL) != (at == 8):
            raise _damaged("a string pool is missing or stands twice")
        if kind == _STRING_POOL:
            check_string_pool(data, at)
        elif kind == _RESOURCE_MAP:
            maps += 1
            if maps > 1 or head != 8 or length % 4:
                raise _damaged("a resource map is malformed or stands twice")
        elif _START_NAMESPACE <= kind <= _LAST_NODE:
            depth += _node(data, at, kind, head, length)
            elements += kind == _START
            if elements > _MAX_ELEMENTS:
                raise AxmlError("二进制 XML 的元素过多，未读取", "is binary XML with too many elements; not read")
            if kind == _END and depth <= 0:
                return
        at += length
    raise _damaged("the root element is never closed")


def _node(data: bytes, at: int, kind: int, head: int, length: int) -> int:
    """Check one node; return by how much it changes the depth."""
    if head != _NODE_SIZE or length < _SMALLEST.get(kind, 0):
        raise _damaged(f"a node at byte {at} does not fit")
    if kind in (_START_NAMESPACE, _END_NAMESPACE) and length != 24:
        raise _damaged(f"a namespace at byte {at} does not fit")
    if kind == _START:
        start, size, count = struct.unpack_from("<3H", data, at + 24)
        if count and (start != 20 or size < 20 or 36 + size * count > length):
            raise _damaged(f"the attributes of the element at byte {at} do not fit")
        return 1
    return -1 if kind == _END else 0


def check_string_pool(data: bytes, at: int) -> None:
    """Check that the tables of a string pool (ResStringPool) lie inside it. Raises AxmlError."""
    _, head, length = _CHUNK.unpack_from(data, at)
    if head != 28 or length < 28:
        raise _damaged("a string pool does not fit")
    strings, styles, _, strings_at, styles_at = struct.unpack_from("<5I", data, at + 8)
    tables = 28 + 4 * (strings + styles)
    if tables > length or (strings and not tables <= strings_at <= length) or styles_at > length:
        raise _damaged("the tables of a string pool do not fit")
