"""Call sites of the methods a lens looks for: who calls, from where, and with which constant where that matters.

The same set as androguard's cross-references: an invoke instruction that names class and method. Calls through a class of
the build that inherits the method are added, with the class named in ``via``.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.extract.android.arguments import argument_of, register_of
from auditor.extract.android.dex import mutf8
from auditor.extract.android.tables import Tables
from auditor.extract.android.walk import Reference, Wanted, walk
from auditor.extract.lens import Lens

__all__ = ["CallSite", "Calls", "read_calls"]

_PASSES_ON = {("android.net.Uri", "parse"), ("java.lang.String", "valueOf"), ("java.lang.String", "intern")}
_STATIC = frozenset([0x71, 0x77])


@dataclass(frozen=True, slots=True)
class CallSite:
    """One invoke instruction."""

    owner: str
    """Class the instruction names, dotted."""
    method: str
    descriptor: str
    """``(Ljava/lang/String;)V``."""
    caller: str
    """``com.example.Foo.bar(I)V``."""
    offset: int
    """In 16-bit code units from the caller's first instruction."""
    argument: str | None
    """The constant of the argument that matters, as :mod:`arguments` writes it; None where it is not shown or none matters."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The call sites of one DEX, and what its classes inherit from."""

    sites: tuple[CallSite, ...]
    maybe: tuple[CallSite, ...]
    """Calls of a method of a wanted name on other classes: they count where the class inherits it."""
    parents: Mapping[str, str]
    """Class -> superclass."""
    bad: int
    exhausted: bool


def read_calls(tables: Tables, lens: Lens, strings: Mapping[int, str]) -> Calls:
    """Return the call sites a lens looks for. ``strings`` maps string indices to the wanted strings among them."""
    names = frozenset(name for wanted in lens.methods.values() for name in wanted)
    exact = frozenset(name for wanted in lens.exact.values() for name in wanted)
    methods = _Methods(tables)
    parents = dict(_parents(tables))
    flags = bytearray(len(methods))
    sure: set[int] = set()
    for index, name_index in enumerate(methods.names):
        name = strings.get(name_index)
        if name not in names and name not in exact:
            continue
        owner = tables.type_name(methods.owner_index(index))
        if name in lens.methods.get(owner, ()) or name in lens.exact.get(owner, ()):
            flags[index] = 1
            sure.add(index)
        elif name not in names:
            continue
        elif owner in parents or not owner.startswith(("android.", "java.", "javax.", "dalvik.", "org.w3c.", "org.xml.")):
            flags[index] = 1
    if not any(flags):
        return Calls((), (), parents, 0, False)
    walked = walk(tables.data, tables.header, Wanted(methods=bytes(flags)))
    sites: list[CallSite] = []
    maybe: list[CallSite] = []
    code = _Code(tables)
    for reference in walked:
        site = _site(reference, methods, tables, lens, code)
        (sites if reference.index in sure else maybe).append(site)
    return Calls(tuple(sites), tuple(maybe), parents, walked.bad_classes + walked.bad_methods, walked.exhausted)


class _Methods:
    """The method table: names by index, owners and descriptors on demand."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        count, at = struct.unpack_from("<2I", tables.data, tables.header + 0x58)
        if at + 8 * count > len(tables.data):
            raise ValueError("a table lies outside the file")
        words = array("I", tables.data[at : at + 8 * count])
        self._halves = words[::2]
        self.names = words[1::2]
        self._protos: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.names)

    def owner_index(self, index: int) -> int:
        return self._halves[index] & 0xFFFF

    def name(self, index: int) -> str:
        raw = self._tables.string(self.names[index]) if index < len(self.names) else None
        return mutf8(raw) if raw is not None else ""

    def descriptor(self, index: int) -> str:
        """Return ``(…)R`` of a method; ``()?`` where it cannot be read."""
        number = self._halves[index] >> 16
        found = self._protos.get(number)
        if found is None:
            found = self._protos[number] = self._descriptor(number)
        return found

    def _descriptor(self, number: int) -> str:
        tables = self._tables
        data = tables.data
        count, at = struct.unpack_from("<2I", data, tables.header + 0x48)
        if number >= count or at + 12 * count > len(data):
            return "()?"
        _, result, parameters = struct.unpack_from("<3I", data, at + 12 * number)
        words: list[str] = []
        if parameters and parameters + 4 <= len(data):
            size = int.from_bytes(data[parameters : parameters + 4], "little")
            if size < 256 and parameters + 4 + 2 * size <= len(data):
                words = [
                    tables.descriptor(int.from_bytes(data[one : one + 2], "little"))
                    for one in range(parameters + 4, parameters + 4 + 2 * size, 2)
                ]
        return f"({''.join(words)}){tables.descriptor(result)}"


class _Code:
    """Code items by class and method, found through the class data."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._offsets: dict[int, dict[int, int]] = {}

    def units(self, class_def: int, method: int) -> array[int] | None:
        """Return a method's instructions."""
        if class_def not in self._offsets:
            self._offsets[class_def] = dict(self._read(class_def))
        code = self._offsets[class_def].get(method)
        data = self._tables.data
        if code is None or code + 16 > len(data):
            return None
        count = int.from_bytes(data[code + 12 : code + 16], "little")
        if code + 16 + 2 * count > len(data):
            return None
        return array("H", data[code + 16 : code + 16 + 2 * count])

    def _read(self, class_def: int) -> Iterator[tuple[int, int]]:
        data = self._tables.data
        (at,) = struct.unpack_from("<I", data, self._tables.class_defs + 32 * class_def + 24)
        try:
            counts = []
            for _ in range(4):
                value, at = _uleb(data, at)
                counts.append(value)
            for _ in range(2 * (counts[0] + counts[1])):
                _, at = _uleb(data, at)
            for number in counts[2:]:
                method = 0
                for _ in range(number):
                    difference, at = _uleb(data, at)
                    _, at = _uleb(data, at)
                    code, at = _uleb(data, at)
                    method += difference
                    if code:
                        yield method, code
        except IndexError:
            return


def _uleb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for offset in range(at, at + 5):
        byte = data[offset]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset + 1
        shift += 7
    raise IndexError("a number that does not end")


def _parents(tables: Tables) -> Iterator[tuple[str, str]]:
    for class_def in range(tables.classes):
        class_, _, parent = struct.unpack_from("<3I", tables.data, tables.class_defs + 32 * class_def)
        yield tables.type_name(class_), tables.type_name(parent) if parent != 0xFFFFFFFF else ""


def _site(reference: Reference, methods: _Methods, tables: Tables, lens: Lens, code: _Code) -> CallSite:
    owner = tables.type_name(methods.owner_index(reference.index))
    name = methods.name(reference.index)
    descriptor = methods.descriptor(reference.index)
    class_ = tables.class_name(reference.class_def)
    caller = f"{class_}.{methods.name(reference.method)}{methods.descriptor(reference.method)}"
    position = lens.arguments.get((owner, name))
    value = None
    if position is not None:
        value = _argument(reference, position, descriptor, methods, tables, code)
    return CallSite(owner, name, descriptor, caller, reference.offset, value)


def _argument(
    reference: Reference, position: int, descriptor: str, methods: _Methods, tables: Tables, code: _Code
) -> str | None:
    units = code.units(reference.class_def, reference.method)
    if units is None or reference.offset + 3 > len(units):
        return None
    word = _word_of(descriptor, position)
    if word is None:
        return None
    register = register_of(units, reference.offset, word + (reference.opcode not in _STATIC))
    if register is None:
        return None

    def string(index: int) -> str:
        raw = tables.string(index)
        return mutf8(raw) if raw is not None else ""

    def passes_on(index: int) -> bool:
        return index < len(methods) and (tables.type_name(methods.owner_index(index)), methods.name(index)) in _PASSES_ON

    return argument_of(units, reference.offset, register, string, tables.field_name, passes_on)


def _word_of(descriptor: str, position: int) -> int | None:
    """Return the argument word at which parameter ``position`` starts: long and double take two."""
    word = number = 0
    at = 1
    while at < len(descriptor) and descriptor[at] != ")":
        if number == position:
            return word
        start = at
        while at < len(descriptor) and descriptor[at] == "[":
            at += 1
        end = descriptor.find(";", at) if descriptor[at : at + 1] == "L" else at
        if end < 0:
            return None
        word += 2 if descriptor[start] in "JD" else 1
        number += 1
        at = end + 1
    return None
