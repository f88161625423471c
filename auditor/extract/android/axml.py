"""Binary XML as the device reads it, and whatever in it a plain reader would take otherwise.

Format and rules, all of the Android Open Source Project: ResXMLTree and ResXMLParser (ResourceTypes.h, ResourceTypes.cpp) for
chunks and nodes, RetrieveAttributes (AttributeResolution.cpp) for attributes asked for by resource id, XmlBlock.java for those
asked for by name. What the platform goes by, and trees made for people do not: an attribute is known by its resource id, not by
its name or namespace, and only while ids ascend; its text is the typed value's, not the raw one; elements close by their order,
not by their names; of several string pools the last one before the first node holds.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.build import Oddity, Text
from auditor.extract.android.androguard_axml import androguard_axml
from auditor.extract.android.oddities import Odd
from auditor.extract.android.string_pool import PoolError, StringPool

__all__ = ["ANDROID", "AxmlError", "Document", "Element", "attribute_name", "attribute_number", "clean", "read_axml", "read_document"]

ANDROID = "http://schemas.android.com/apk/res/android"
"""Namespace of the platform's attributes."""
_NONE = 0xFFFFFFFF
_MAX_ELEMENTS = 100_000
_MAX_ATTRIBUTES = 1_000_000
_MOST_ODDITIES = 20
"""Oddities told of one kind."""
_MAX_CHARACTERS = 32 << 20
"""Characters of all names and values, counted as often as they are used: one long string can be used everywhere."""

_CHUNK = struct.Struct("<HHI")
_XML, _STRING_POOL, _RESOURCE_MAP = 0x0003, 0x0001, 0x0180
_FIRST_NODE, _LAST_NODE = 0x0100, 0x017F
_START_NAMESPACE, _END_NAMESPACE, _START, _END, _CDATA = 0x0100, 0x0101, 0x0102, 0x0103, 0x0104
_NODE_SIZE = 16
_BODY = {_START_NAMESPACE: 8, _END_NAMESPACE: 8, _START: 20, _END: 8, _CDATA: 12}
"""What a node must hold behind its header, in bytes."""
_ATTRIBUTE = struct.Struct("<IIIHBBI")
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
    """What the platform finds by resource id, and without a prefix what it finds by name."""
    children: list[Element] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What the platform finds by name and namespace: there the raw value comes before the typed one."""
    text: str = field(default="", compare=False, repr=False)
    """The text that stands right in it."""

    def get(self, name: str) -> str:
        """Return an attribute as text, empty where it is not there. Resource references read ``@7F010000``."""
        return self.attributes.get(name, "")

    def get_named(self, name: str) -> str:
        """Return an attribute that the platform asks for by its name and not by its resource id."""
        return self.named[name] if name in self.named else self.attributes.get(name, "")

    def all(self, tag: str) -> Iterator[Element]:
        """Return the direct children called ``tag``."""
        return (child for child in self.children if child.tag == tag)


@dataclass(slots=True)
class Document:
    """A document of binary XML."""

    root: Element
    after: list[Element]
    """Elements behind the root element, which some of the platform's readers go on to."""
    oddities: list[Odd]
    """What readers may take in several ways, each kind once for each place of its kind."""


def read_axml(data: bytes) -> Element:
    """Return the root element. Raises AxmlError, and nothing else, whatever the bytes."""
    return read_document(data).root


def read_document(data: bytes) -> Document:
    """Return the document as the device reads it. Raises AxmlError, and nothing else, whatever the bytes."""
    return _Reading(data).document()


def attribute_name(number: int) -> str:
    """Return the name of the platform's attribute with this resource id; empty for any other."""
    names: dict[int, str] = androguard_axml().public.SYSTEM_RESOURCES["attributes"]["inverse"]
    return names.get(number) or _NEWER.get(number, "")


def attribute_number(name: str) -> int | None:
    """Return the resource id of the platform's attribute of this name; None for any other."""
    numbers: dict[str, int] = androguard_axml().public.SYSTEM_RESOURCES["attributes"]["forward"]
    return numbers.get(name)


def clean(text: str) -> str:
    """Replace what no report could show: control characters and lone surrogates become U+FFFD."""
    text = _CONTROL.sub("\ufffd", text)
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _damaged(why: str) -> AxmlError:
    return AxmlError(
        "二进制 XML 已损坏，无法读取；请重新获取安装包", f"is damaged binary XML and cannot be read ({' '.join(why.split())[:100]})"
    )


class _Reading:
    """One pass over a document."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = len(data)
        self._pool: StringPool | None = None
        self._ids: tuple[int, ...] = ()
        self._elements = self._attributes = self._characters = 0
        self._oddities: dict[tuple[Oddity, str], Odd] = {}
        self._seen: dict[Oddity, int] = {}
        self._looked: set[int] = set()

    # -- the document ---------------------------------------------------------------------------------------------

    def document(self) -> Document:
        at = self._prologue(self._header())
        roots: list[Element] = []
        open_elements: list[tuple[Element, int]] = []
        for kind, body, size in self._nodes(at, roots):
            if kind == _START:
                element, name = self._start(body, size, "/".join(one.tag for one, _ in open_elements[-1:]))
                (open_elements[-1][0].children if open_elements else roots).append(element)
                open_elements.append((element, name))
            elif kind == _CDATA and open_elements:
                text = clean(self._text(struct.unpack_from("<I", self._data, body)[0]) or "")
                self._count(text)
                open_elements[-1][0].text += text
            elif kind == _END and open_elements:
                element, name = open_elements.pop()
                closing = struct.unpack_from("<I", self._data, body + 4)[0]
                if closing != name and self._text(closing) != self._text(name):
                    self._odd(Oddity.XML_CLOSING, element.tag)
        # the document may break off where nobody looks any more, but not inside the root element
        if not roots or (open_elements and open_elements[0][0] is roots[0]):
            raise _damaged("the root element is never closed")
        if len(roots) > 1:
            self._odd(Oddity.XML_BEHIND, roots[1].tag)
        return Document(roots[0], roots[1:], list(self._oddities.values()))

    def _header(self) -> int:
        """Check the outer chunk; return where its content starts."""
        data = self._data
        if len(data) < 8:
            raise _damaged("shorter than its header")
        kind, head, size = _CHUNK.unpack_from(data)
        if data.lstrip()[:1] == b"<" and kind != _XML:
            raise AxmlError("是明文 XML，不是已编译的二进制格式，系统不会接受", "is plain XML, not the compiled form a device accepts")
        if not 8 <= head <= size <= len(data):
            if kind != _XML and head != 8:
                raise AxmlError("不是二进制 XML，无法读取", "is no binary XML and cannot be read")
            raise _damaged(f"cut short: {len(data)} of {size} bytes" if size > len(data) else "its header does not fit")
        self._end = size
        if kind != _XML:
            self._odd(Oddity.XML_TYPE, f"0x{kind:04x}")
        if head != 8:
            self._odd(Oddity.XML_HEADER, str(head))
        return int(head)

    def _prologue(self, at: int) -> int:
        """Read what stands before the first node; return where that is (ResXMLTree::setTo)."""
        pools = maps = 0
        while at < self._end - 8:
            kind, head, size = _CHUNK.unpack_from(self._data, at)
            if at >= self._end - size:
                break
            self._fits(at, head, size, 8)
            if kind == _STRING_POOL:
                pools += 1
                self._open_pool(at)
            elif kind == _RESOURCE_MAP:
                maps += 1
                count = (size - head) // 4
                self._ids = struct.unpack_from(f"<{count}I", self._data, at + head)
            elif _FIRST_NODE <= kind <= _LAST_NODE:
                if self._pool is None:
                    raise _damaged("a string pool is missing")
                if pools > 1:
                    self._odd(Oddity.XML_POOLS, str(pools))
                if maps > 1:
                    self._odd(Oddity.XML_MAPS, str(maps))
                return at
            else:
                self._odd(Oddity.XML_CHUNK, f"0x{kind:04x}")
            at += size
        raise _damaged("it has no root element")

    def _open_pool(self, at: int) -> None:
        try:
            self._pool = StringPool(self._data, at)
        except PoolError as error:
            raise _damaged(str(error)) from None

    def _fits(self, at: int, head: int, size: int, least: int) -> None:
        """Raise AxmlError where the platform refuses a chunk (validate_chunk)."""
        if head < least or size < head or (head | size) & 3 or at + size > self._end:
            raise _damaged(f"a chunk at byte {at} does not fit")

    def _nodes(self, at: int, roots: list[Element]) -> Iterator[tuple[int, int, int]]:
        """Yield type, start and size of the body of each node (ResXMLParser::nextNode)."""
        depth = 0
        while at < self._end:
            try:
                if at + 8 > self._end:
                    raise _damaged(f"a chunk at byte {at} does not fit")
                kind, head, size = _CHUNK.unpack_from(self._data, at)
                self._fits(at, head, size, _NODE_SIZE)
                if size - head < _BODY.get(kind, 0):
                    raise _damaged(f"a node at byte {at} does not fit")
                if kind == _START:
                    self._check_attributes(at, head, size)
            except AxmlError:
                if depth or not roots:
                    raise
                # nobody reads on behind the root element, but those who look for another one
                self._odd(Oddity.XML_BEHIND, "")
                return
            if kind in _BODY:
                if head != _NODE_SIZE:
                    self._odd(Oddity.XML_HEADER, str(head))
                depth += (kind == _START) - (kind == _END and depth > 0)
                yield kind, at + head, size - head
            else:
                self._odd(Oddity.XML_CHUNK, f"0x{kind:04x}")
            at += size

    # -- elements -------------------------------------------------------------------------------------------------

    def _check_attributes(self, at: int, head: int, size: int) -> None:
        start, step, count = struct.unpack_from("<3H", self._data, at + head + 8)
        if start + step * count > size - head or (count and at + head + start + step * (count - 1) + 20 > self._end):
            raise _damaged(f"the attributes of the element at byte {at} do not fit")
        self._elements += 1
        # attributes that stand in one place are all the same, and the first one counts
        self._attributes += count if step else min(count, 1)
        if self._elements > _MAX_ELEMENTS or self._attributes > _MAX_ATTRIBUTES:
            raise AxmlError("二进制 XML 的元素过多，未读取", "is binary XML with too many elements; not read")

    def _start(self, body: int, size: int, inside: str) -> tuple[Element, int]:
        """Return an element without its children, and the index of its name."""
        _, name, start, step, count = struct.unpack_from("<2I3H", self._data, body)
        tag = self._text(name)
        element = Element(clean(tag or ""))
        where = f"{inside}/{element.tag}" if inside else element.tag
        self._count(element.tag)
        if tag is None:
            self._odd(Oddity.XML_UNREADABLE, where)
        elif self._pool is not None:
            self._odd_text(name, where)
        if count and (start, step) != (20, 20):
            self._odd(Oddity.XML_PLACE, f"{where} +{start} x{step}")
        highest = 0
        undone: dict[str, str] = {}
        for number in range(count if step else min(count, 1)):
            highest = self._attribute(element, body + start + step * number, highest, where, undone)
        if not self._ids:
            # nothing has an id: the platform finds none of these, and a manifest would seem to ask for nothing
            for key, shown in undone.items():
                self._odd(Oddity.XML_NO_MAP, "")
                element.attributes.setdefault(key, shown)
        return element, name

    def _attribute(self, element: Element, at: int, highest: int, where: str, undone: dict[str, str]) -> int:
        """Read one attribute; return the highest resource id so far."""
        space, name, raw, _, _, kind, value = _ATTRIBUTE.unpack_from(self._data, at)
        number = self._ids[name] if name < len(self._ids) else 0
        written = self._text(name)
        namespace = self._text(space) if space < 0x80000000 else None
        shown = self._value(kind, value, where)
        text = self._text(raw) if raw < 0x80000000 else None
        literal = clean(text) if text is not None else shown
        self._count(shown)
        self._count(literal)
        if text is not None and kind == _TYPE_STRING and literal != shown:
            self._odd(Oddity.XML_RAW, f"{where}: {literal[:80]} | {shown[:80]}")
        if raw < 0x80000000 and text is not None:
            self._odd_text(raw, where)
        if kind == _TYPE_STRING:
            self._odd_text(value, where)
        self._by_name(element, clean(written or ""), namespace, literal, bool(number))
        if not number:
            if namespace == ANDROID and written:
                if self._ids:
                    self._odd(Oddity.XML_NO_ID, f"{where} {clean(written)[:80]}={shown[:80]}")
                undone.setdefault("android:" + clean(written), shown)
            return highest
        key = self._key(number, written, namespace, where)
        if number < highest:
            self._odd(Oddity.XML_ORDER, f"{where} {key}={shown[:80]}")
        elif number == highest:
            self._odd(Oddity.XML_TWICE, f"{where} {key}={shown[:80]}")
        else:
            element.attributes[key] = shown
        return max(number, highest)

    def _by_name(self, element: Element, written: str, namespace: str | None, literal: str, numbered: bool) -> None:
        """Note an attribute as it is found by name: the first of a name counts, and its raw value before the typed one."""
        if namespace is None:
            element.named.setdefault(written, literal)
            if not numbered:
                element.attributes.setdefault(written, literal)
        elif namespace == ANDROID:
            element.named.setdefault("android:" + written, literal)

    def _key(self, number: int, written: str | None, namespace: str | None, where: str) -> str:
        """Return the name of an attribute by its resource id; what is written beside the id decides nothing."""
        if number >> 24 != 0x01:
            return "app:" + (clean(written or "") or f"{number:08X}")
        if name := attribute_name(number):
            if not written:
                self._odd(Oddity.XML_NO_NAME, f"{where} {name}")
            elif written != name:
                self._odd(Oddity.XML_NAME, f"{where} {clean(written)[:80]} = {name}")
            if namespace != ANDROID:
                self._odd(Oddity.XML_NAMESPACE, f"{where} {name}")
            return "android:" + name
        # an id this program does not know goes by its name, but never by the name of another id
        known = androguard_axml().public.SYSTEM_RESOURCES["attributes"]["forward"]
        return "android:" + (clean(written) if written and written not in known else f"{number:08X}")

    def _value(self, kind: int, value: int, where: str) -> str:
        """Return a typed value as text."""
        if kind == _TYPE_STRING:
            text = self._text(value)
            if text is None:
                self._odd(Oddity.XML_UNREADABLE, where)
            return clean(text or "")
        if kind == _TYPE_NULL:
            return ""
        if kind in (_TYPE_DIMENSION, _TYPE_FRACTION):
            # androguard knows no name for some of their units
            return f"0x{value:08X}"
        shown: str = androguard_axml().format_value(_TYPE_REFERENCE if kind == _TYPE_DYNAMIC_REFERENCE else kind, value)
        return shown

    def _text(self, index: int) -> str | None:
        return self._pool.get(index) if self._pool is not None else None

    def _count(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > _MAX_CHARACTERS:
            raise AxmlError("二进制 XML 的文本过多，未读取", "is binary XML with too much text; not read")

    # -- what may be taken otherwise ------------------------------------------------------------------------------

    def _odd_text(self, index: int, where: str) -> None:
        """Note what is odd about a string that is used."""
        pool = self._pool
        if pool is None or index in self._looked:
            return
        self._looked.add(index)
        text = clean(pool.get(index) or "")[:80]
        if index in pool.cut:
            self._odd(Oddity.XML_ZERO, f"{where} {text}")
        if index in pool.unterminated:
            self._odd(Oddity.XML_UNTERMINATED, f"{where} {text}")
        if pool.lies(index):
            self._odd(Oddity.XML_LENGTH, f"{where} {text}")

    def _odd(self, kind: Oddity, at: str) -> None:
        """Note an oddity; of many of a kind the first are enough."""
        seen = self._seen.get(kind, 0)
        if seen < _MOST_ODDITIES and (kind, at) not in self._oddities:
            self._seen[kind] = seen + 1
            self._oddities[kind, at] = Odd(kind, at)
