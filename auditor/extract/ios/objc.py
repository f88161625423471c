"""The Objective-C and Swift classes a linked image defines, and their methods: a walk from ``__objc_classlist``.

Structures: ``class_t``, ``class_ro_t``, ``method_list_t`` and ``category_t`` of Apple's objc4 (objc-runtime-new.h); pointer
formats: <mach-o/fixup-chains.h> of dyld; Swift's class names: docs/ABI/OldMangling.rst of the Swift project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["ARM64E", "Memory", "Method", "Section", "class_names", "methods", "readable"]

ARM64E = 1
_ADDRESS_FORMATS_64 = frozenset((2, 6))
_WIDE_ORDINALS = frozenset((12,))
"""Formats whose imports have numbers of 24 bits."""
_OFFSET_FORMATS = frozenset((6, 7, 9, 12))
"""Formats whose unauthenticated targets count from the image's first byte and not from address 0."""
_ARM64E_FORMATS = frozenset((1, 7, 9, 10, 12))
_MAX_NAME = 4096
_MAX_CLASSES = 500_000
_MAX_METHODS = 2_000_000
"""Methods of one image; the largest real apps have some 300,000."""
_MAX_METHOD_NAMES = 64 << 20


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an image, as far as it lies in the file."""

    segment: str
    name: str
    address: int
    offset: int
    """In the image."""
    size: int
    """Bytes of it in the file."""
    relocations: tuple[int, int] = (0, 0)
    """Offset and number of its relocation entries; only objects have any."""
    first_indirect: int = 0
    """Of pointers and stubs, the index of the first one in the table of indirect symbols."""
    stub_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """An image's bytes, and how its addresses map to them."""

    data: bytes
    base: int
    """Where the image starts in ``data``."""
    size: int
    """Bytes of the image."""
    pointer_size: int
    segments: tuple[tuple[int, int, int], ...]
    """(first address, address after the bytes in the file, file offset of the first)."""
    pointer_format: int
    """DYLD_CHAINED_PTR_*; 0 = plain addresses."""
    text_address: int
    """Address of the image's first byte."""

    def pointer(self, at: int) -> int | None:
        """Return the address the pointer at file offset ``at`` holds; None where it is outside or bound elsewhere."""
        width = self.pointer_size
        if at < 0 or at + width > self.size:
            return None
        start = self.base + at
        raw = int.from_bytes(self.data[start : start + width], "little")
        form = self.pointer_format
        if not form:
            return raw
        if form in _ADDRESS_FORMATS_64:
            if raw >> 63:
                return None
            target = raw & 0xFFFFFFFFF
            return target + self.text_address if form == 6 else target
        if form in _ARM64E_FORMATS:
            if raw >> 62 & 1:
                return None
            if raw >> 63:
                return (raw & 0xFFFFFFFF) + self.text_address
            target = raw & 0x7FFFFFFFFFF
            return target + self.text_address if form in _OFFSET_FORMATS else target
        if form == 3:
            return None if raw >> 31 else raw & 0x3FFFFFF
        return None

    def bound(self, at: int) -> int | None:
        """Return the number of the import that the pointer at file offset ``at`` is bound to; None where it is to none."""
        if at < 0 or at + 8 > self.size or self.pointer_size != 8:
            return None
        raw = int.from_bytes(self.data[self.base + at : self.base + at + 8], "little")
        form = self.pointer_format
        if form in _ADDRESS_FORMATS_64:
            return raw & 0xFFFFFF if raw >> 63 else None
        if form in _ARM64E_FORMATS and raw >> 62 & 1:
            return raw & (0xFFFFFF if form in _WIDE_ORDINALS else 0xFFFF)
        return None

    def number(self, at: int, width: int, *, signed: bool = False) -> int | None:
        """Return the number of ``width`` bytes at file offset ``at``; None where it is outside."""
        if at < 0 or at + width > self.size:
            return None
        return int.from_bytes(self.data[self.base + at : self.base + at + width], "little", signed=signed)

    def string(self, at: int) -> bytes:
        """Return the string at file offset ``at``, without the zero that ends it; empty where there is none."""
        if not 0 <= at < self.size:
            return b""
        start, end = self.base + at, self.base + self.size
        stop = self.data.find(b"\0", start, min(start + _MAX_NAME, end))
        return self.data[start:stop] if stop > start else b""

    def address(self, offset: int) -> int | None:
        """Return the address of a file offset; None where it lies in no segment."""
        for first, end, start in self.segments:
            if start <= offset < start + end - first:
                return first + offset - start
        return None

    def offset(self, address: int | None) -> int | None:
        """Return the file offset of an address; None where no byte of the file is there."""
        if address is None:
            return None
        for first, end, offset in self.segments:
            if first <= address < end:
                return offset + address - first
        return None


def class_names(memory: Memory, at: int, size: int) -> tuple[dict[str, None], int]:
    """Return the names of the classes a list of class pointers leads to, in its order, and how many could not be read.

    ``at`` and ``size`` are file offset and bytes of ``__objc_classlist``.
    """
    width = memory.pointer_size
    # class_t.data carries flags in its low bits (Swift stable, Swift legacy, reserved)
    flags = 7 if width == 8 else 3
    name_at = 24 if width == 8 else 16
    end = memory.base + memory.size
    names: dict[str, None] = {}
    seen: set[int] = set()
    unread = 0
    for entry in range(at, at + min(size, _MAX_CLASSES * width) - width + 1, width):
        place = memory.offset(memory.pointer(entry))
        data = None if place is None else memory.pointer(place + 4 * width)
        read_only = None if data is None else memory.offset(data & ~flags)
        name = None if read_only is None else memory.offset(memory.pointer(read_only + name_at))
        if name is None:
            unread += 1
            continue
        if name in seen:
            continue
        seen.add(name)
        start = memory.base + name
        stop = memory.data.find(b"\0", start, min(start + _MAX_NAME, end))
        if stop <= start:
            unread += 1
            continue
        names[readable(memory.data[start:stop].decode("utf-8", "backslashreplace"))] = None
    return names, unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method that a class or category of the image defines."""

    address: int
    """Of its code."""
    class_: str
    """As ``readable`` gives it."""
    selector: str
    on_class: bool
    """A class method (``+``), not one of instances."""

    def __str__(self) -> str:
        """Return ``-[Class selector]``."""
        return f"{'+' if self.on_class else '-'}[{self.class_} {self.selector}]"


def methods(memory: Memory, sections: Iterable[Section]) -> Iterator[Method]:
    """Yield the methods of the classes that a 64-bit image defines, and of categories on them.

    What cannot be read is left out: methods only say whose a piece of code is.
    """
    if memory.pointer_size != 8:
        return
    left, bytes_left = _MAX_METHODS, _MAX_METHOD_NAMES
    for section in sections:
        # category_t: name, class, instance methods, class methods
        listed = section.name in ("__objc_classlist", "__objc_nlclslist")
        if not listed and section.name not in ("__objc_catlist", "__objc_nlcatlist"):
            continue
        for entry in range(section.offset, section.offset + min(section.size, _MAX_CLASSES * 8) - 7, 8):
            at = memory.offset(memory.pointer(entry))
            if at is None:
                continue
            class_at = at if listed else memory.offset(memory.pointer(at + 8))
            name = "" if class_at is None else _class_name(memory, class_at)
            if not name or class_at is None:
                continue
            if listed:
                meta = memory.offset(memory.pointer(class_at))
                lists = (_of_read_only(memory, class_at), None if meta is None else _of_read_only(memory, meta))
            else:
                lists = (memory.offset(memory.pointer(at + 16)), memory.offset(memory.pointer(at + 24)))
            for on_class, start in enumerate(lists):
                for selector, address in _method_list(memory, start, left):
                    left -= 1
                    bytes_left -= len(selector)
                    yield Method(address=address, class_=name, selector=selector, on_class=bool(on_class))
                    if left <= 0 or bytes_left <= 0:
                        return


def _read_only(memory: Memory, class_at: int) -> int | None:
    """Return the file offset of a class's class_ro_t."""
    data = memory.pointer(class_at + 32)
    return None if data is None else memory.offset(data & ~7)


def _class_name(memory: Memory, class_at: int) -> str:
    read_only = _read_only(memory, class_at)
    name = None if read_only is None else memory.offset(memory.pointer(read_only + 24))
    return "" if name is None else readable(memory.string(name).decode("utf-8", "backslashreplace"))


def _of_read_only(memory: Memory, class_at: int) -> int | None:
    """Return the file offset of the methods a class itself has; None where it has none."""
    read_only = _read_only(memory, class_at)
    address = None if read_only is None else memory.pointer(read_only + 32)
    return memory.offset(address & ~7) if address else None


def _method_list(memory: Memory, at: int | None, most: int) -> Iterator[tuple[str, int]]:
    """Yield selector and address of the code of each method in a list."""
    head = None if at is None else memory.number(at, 8)
    if at is None or head is None:
        return
    size, count = head & 0xFFFFFFFF, head >> 32
    relative, direct = size >> 31, size >> 30 & 1
    each = size & 0xFFFC
    if each < (12 if relative else 24):
        return
    for entry in range(at + 8, at + 8 + min(count, most) * each, each):
        name: int | None
        address: int | None
        if relative:
            name, address = _near(memory, entry), _address(memory, entry + 8)
            if not direct and name is not None:
                name = memory.offset(memory.pointer(name))
        else:
            name, address = memory.offset(memory.pointer(entry)), memory.pointer(entry + 16)
        if name is None or address is None:
            return  # what follows a broken entry is broken, too
        yield memory.string(name).decode("utf-8", "backslashreplace"), address


def _address(memory: Memory, at: int) -> int | None:
    """Return the address that the 32-bit distance at a file offset leads to."""
    distance, here = memory.number(at, 4, signed=True), memory.address(at)
    return None if distance is None or here is None else here + distance


def _near(memory: Memory, at: int) -> int | None:
    return memory.offset(_address(memory, at))


_SWIFT = re.compile(r"_Tt([CVO]+)(.+)", re.ASCII | re.DOTALL)
_LENGTH = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


def readable(name: str) -> str:
    """Return ``Module.Class`` (``Module.Outer.Inner``) for the name of a plain Swift class, any other name as it is.

    Left as they are: generic specialisations (``_TtG…``) and names with parts other than identifiers.
    """
    match = _SWIFT.fullmatch(name)
    if match is None:
        return name
    rest, parts = match[2], []
    # one identifier for the module, then one per level
    for level in range(len(match[1]) + 1):
        if level == 0 and rest.startswith("s"):
            parts.append("Swift")
            rest = rest[1:]
            continue
        if level == 0 and rest.startswith("So"):
            parts.append("__C")
            rest = rest[2:]
            continue
        if rest.startswith("P"):
            # a private declaration: the identifier of its file comes first
            _, rest = _identifier(rest[1:])
        part, rest = _identifier(rest)
        if not part:
            return name
        parts.append(part)
    return name if rest else ".".join(parts)


def _identifier(text: str) -> tuple[str, str]:
    """Split ``5Classrest`` into (``Class``, ``rest``); ("", text) where there is none. Lengths count UTF-8 bytes."""
    match = _LENGTH.match(text)
    if match is None:
        return "", text
    raw = text[match.end() :].encode("utf-8")
    length = int(match[0])
    if length > len(raw):
        return "", text
    try:
        return raw[:length].decode("utf-8"), raw[length:].decode("utf-8")
    except UnicodeDecodeError:
        return "", text
