"""What an image refers to by name, of the names that are looked for: selectors, strings, and imports in their slots.

A selector is referred to where ``__objc_selrefs`` points at its name: the table of method names alone also holds what the
image itself defines. Structures: <mach-o/loader.h>, <mach-o/reloc.h> and <mach-o/fixup-chains.h> of Apple's cctools and dyld.
No name is looked at that nobody asked for, so that an image of any size costs little.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from auditor.extract.ios.objc import Memory, Section

__all__ = ["Found", "Indirect", "bound_slots", "constant_strings", "literals", "object_selectors", "pointer_slots", "selectors", "uleb"]

_MAX_REFERENCES = 1_000_000
"""Selector references of one image; the largest real apps have some 100,000."""
_MAX_BINDS = 2_000_000
_MAX_PLACES = 1000
_PIECE = 1 << 20
_RELOCATION = struct.Struct("<II")


@dataclass(slots=True)
class Found:
    """Names that were looked for, each with the addresses from which code takes it."""

    places: dict[str, list[int]] = field(default_factory=dict)
    unread: int = 0
    """References that could not be followed."""
    targets: set[int] = field(default_factory=set)
    """File offsets of the names that references lead to."""

    def add(self, name: str, address: int) -> None:
        """Add one place of a name."""
        self.places.setdefault(name, []).append(address)


def _content(memory: Memory, section: Section) -> bytes:
    start = memory.base + section.offset
    return memory.data[start : start + section.size]


def _held(memory: Memory, sections: Iterable[Section], wanted: Collection[str]) -> dict[int, str]:
    """Return the file offset of each wanted name in the tables of method names; some linkers keep one table of strings."""
    names = {name.encode(): name for name in wanted}
    offsets: dict[int, str] = {}
    for section in sections:
        if section.name not in ("__objc_methname", "__cstring"):
            continue
        content = _content(memory, section)
        there: set[bytes] = set()
        start = 0
        while start < len(content):
            # piece by piece: a section of zeros would be as many names
            end = content.find(b"\0", start + _PIECE)
            end = len(content) if end < 0 else end
            there |= names.keys() & set(content[start:end].split(b"\0"))
            start = end
        for raw in there:
            for at in _entries(content, raw):
                offsets[section.offset + at] = names[raw]
    return offsets


def _entries(content: bytes, name: bytes) -> Iterable[int]:
    """Yield where a table of strings, each ended by a zero, has ``name``; a sound one has it once."""
    if content.startswith(name + b"\0"):
        yield 0
    at = content.find(b"\0" + name + b"\0")
    for _ in range(_MAX_PLACES):
        if at < 0:
            return
        yield at + 1
        at = content.find(b"\0" + name + b"\0", at + 1)


def selectors(
    memory: Memory, sections: Collection[Section], wanted: Collection[str], strings: Collection[str] = ()
) -> Found:
    """Return the wanted selectors that a linked image refers to, with the addresses of their references.

    Where names of methods are among the ``strings`` that are looked for, they are among the targets.
    """
    found = Found()
    held = _held(memory, sections, {*wanted, *strings})
    if not held:
        return found
    width = memory.pointer_size
    left = _MAX_REFERENCES
    for section in sections:
        if section.name != "__objc_selrefs":
            continue
        count = min(section.size // width, left)
        left -= count
        for at in range(section.offset, section.offset + count * width, width):
            offset = memory.offset(memory.pointer(at))
            if offset is None:
                found.unread += 1
            elif offset in held:
                found.targets.add(offset)
                if held[offset] in wanted:
                    found.add(held[offset], section.address + at - section.offset)
    return found


def object_selectors(
    memory: Memory, sections: Collection[Section], wanted: Collection[str], value_of: Callable[[int], int | None]
) -> Found:
    """Return the wanted selectors that an object file refers to: its references wait for relocation.

    ``value_of`` gives the address of the symbol of a number.
    """
    found = Found()
    held = _held(memory, sections, wanted)
    if not held:
        return found
    width = memory.pointer_size
    for section in sections:
        if section.name != "__objc_selrefs":
            continue
        start, count = section.relocations
        for at in range(start, start + min(count, section.size // width) * _RELOCATION.size, _RELOCATION.size):
            address = None
            if 0 <= at <= memory.size - _RELOCATION.size:
                place, about = _RELOCATION.unpack_from(memory.data, memory.base + at)
                # a scattered entry has no symbol; the pointer itself is the address
                inside = place & 0xFFFFFF if place >> 31 else place
                external = not place >> 31 and about >> 27 & 1
                if inside + width <= section.size:
                    address = memory.number(section.offset + inside, width)
                if external and address is not None:
                    value = value_of(about & 0xFFFFFF)
                    address = None if value is None else value + address
            offset = memory.offset(address)
            if offset is None:
                found.unread += 1
            elif offset in held:
                found.add(held[offset], section.address)
    return found


def literals(
    memory: Memory, sections: Iterable[Section], wanted: Collection[str], methods: Collection[int] = ()
) -> Found:
    """Return the wanted strings among an image's C strings, with their addresses; CFStrings lead to them.

    ``methods`` are file offsets of names of methods, which are no strings of the code's own.
    """
    found = Found()
    for section in sections:
        if section.name != "__cstring":
            continue
        content = _content(memory, section)
        for name in sorted(wanted):
            for at in _entries(content, name.encode()):
                if section.offset + at not in methods:
                    found.add(name, section.address + at)
    return found


def constant_strings(memory: Memory, sections: Iterable[Section], strings: Found) -> Found:
    """Return the constant CFStrings that hold strings which were found, under the same names."""
    found = Found()
    names = {place: name for name, places in strings.places.items() for place in places}
    width = memory.pointer_size
    for section in sections:
        # isa, flags, characters, length
        if section.name == "__cfstring" and names:
            for number in range(min(section.size // (4 * width), _MAX_REFERENCES)):
                at = number * 4 * width
                name = names.get(memory.pointer(section.offset + at + 2 * width) or 0)
                if name is not None:
                    found.add(name, section.address + at)
    return found


# -- imports in their slots ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Indirect:
    """The table of indirect symbols: which symbol each pointer and stub is for."""

    table: bytes
    names: Mapping[int, str]
    """Name of each import that is wanted, by its index in the symbol table."""

    def name(self, index: int) -> str:
        """Return the name of the import at an index of the table; empty where it is none that is wanted."""
        raw = self.table[index * 4 : index * 4 + 4]
        return self.names.get(int.from_bytes(raw, "little"), "") if len(raw) == 4 else ""


def pointer_slots(
    memory: Memory, sections: Iterable[Section], indirect: Indirect, imports: Mapping[int, str]
) -> tuple[Found, Found]:
    """Return the slots that hold wanted imports, and the stubs that jump to them.

    ``imports`` names those of the chained fixups by their numbers.
    """
    slots, stubs = Found(), Found()
    width = memory.pointer_size
    for section in sections:
        if section.name in ("__stubs", "__auth_stubs") and section.stub_size >= 4:
            for number in range(min(section.size // section.stub_size, _MAX_REFERENCES)):
                if name := indirect.name(section.first_indirect + number):
                    stubs.add(name, section.address + number * section.stub_size)
        elif section.name in ("__got", "__auth_got", "__la_symbol_ptr", "__nl_symbol_ptr", "__objc_classrefs"):
            for number in range(min(section.size // width, _MAX_REFERENCES)):
                ordinal = memory.bound(section.offset + number * width)
                name = "" if ordinal is None else imports.get(ordinal, "")
                if not name and section.name != "__objc_classrefs":
                    name = indirect.name(section.first_indirect + number)
                if name:
                    slots.add(name, section.address + number * width)
    return slots, stubs


def bound_slots(codes: bytes, addresses: Collection[int], width: int, wanted: Collection[str]) -> Found:
    """Return the slots that a stream of bind opcodes (BIND_OPCODE_* of <mach-o/loader.h>) binds to wanted imports.

    ``addresses`` are those of the image's segments, in their order.
    """
    found = Found()
    starts = list(addresses)
    at, name, address, left = 0, "", 0, _MAX_BINDS
    while at < len(codes) and left > 0:
        left -= 1
        opcode, immediate = codes[at] & 0xF0, codes[at] & 0x0F
        at += 1
        times, skip = 0, 0
        if opcode == 0x40:
            end = codes.find(b"\0", at)
            if end < 0:
                break
            raw = codes[at:end].decode("utf-8", "backslashreplace")
            name, at = raw if raw in wanted else "", end + 1
        elif opcode == 0x70:
            offset, at = uleb(codes, at)
            address = starts[immediate] + offset if immediate < len(starts) else 0
        elif opcode == 0x80:
            offset, at = uleb(codes, at)
            address += offset
        elif opcode == 0x90:
            times = 1
        elif opcode == 0xA0:
            times = 1
            skip, at = uleb(codes, at)
        elif opcode == 0xB0:
            times, skip = 1, immediate * width
        elif opcode == 0xC0:
            times, at = uleb(codes, at)
            skip, at = uleb(codes, at)
        elif opcode in (0x20, 0x60):
            _, at = uleb(codes, at)
        if not name:
            address += times * (width + skip)
            times = 0
        for _ in range(min(times, left)):
            left -= 1
            found.add(name, address & 0xFFFFFFFFFFFFFFFF)
            address += width + skip
        address &= 0xFFFFFFFFFFFFFFFF
    return found


def uleb(data: bytes, at: int) -> tuple[int, int]:
    """Return (value, position after it) of a ULEB128 number; what runs out of the data ends there."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return value & 0xFFFFFFFFFFFFFFFF, at
