"""The Objective-C and Swift classes a linked image defines: a walk from ``__objc_classlist`` to each class's name.

Structures: ``class_t`` and ``class_ro_t`` of Apple's objc4 (objc-runtime-new.h); pointer formats:
<mach-o/fixup-chains.h> of dyld; Swift's class names: docs/ABI/OldMangling.rst of the Swift project.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ARM64E", "Memory", "class_names", "readable"]

ARM64E = 1
_ADDRESS_FORMATS_64 = frozenset((2, 6))
_OFFSET_FORMATS = frozenset((6, 7, 9, 12))
"""Formats whose unauthenticated targets count from the image's first byte and not from address 0."""
_ARM64E_FORMATS = frozenset((1, 7, 9, 10, 12))
_MAX_NAME = 4096
_MAX_CLASSES = 500_000


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

    def offset(self, address: int | None) -> int | None:
        """Return the file offset of an address; None where no byte of the file is there."""
        if address is None:
            return None
        for first, end, offset in self.segments:
            if first <= address < end:
                return offset + address - first
        return None


def class_names(memory: Memory, at: int, size: int) -> tuple[set[str], int]:
    """Return the names of the classes a list of class pointers leads to, and how many entries could not be read.

    ``at`` and ``size`` are file offset and bytes of ``__objc_classlist``.
    """
    width = memory.pointer_size
    # class_t.data carries flags in its low bits (Swift stable, Swift legacy, reserved)
    flags = 7 if width == 8 else 3
    name_at = 24 if width == 8 else 16
    end = memory.base + memory.size
    names: set[str] = set()
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
        names.add(readable(memory.data[start:stop].decode("utf-8", "backslashreplace")))
    return names, unread


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
