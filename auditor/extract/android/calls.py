"""Call sites of the methods a lens looks for: who calls, from where, and with which constant where that matters.

The same set as androguard's cross-references: an invoke instruction that names class and method. Calls through a class of
the build that inherits the method are added, with the class named in ``via``.
"""

from __future__ import annotations

import struct
import sys
from array import array

from auditor.extract.android.arguments import LOOK_UPS, Reading, Steps, Text, register_of, show
from auditor.extract.android.body import Body
from auditor.extract.android.constants import initial_values
from auditor.extract.android.names import (
    ANY,
    FIELDS,
    METHODS,
    OWNED,
    OWNER,
    as_mutf8,
    callers,
    descriptor_of,
    members,
    mutf8,
)
from auditor.extract.android.names import methods as named_methods
from auditor.extract.android.walk import Reference, Wanted, uleb, walk
from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from auditor.extract.android.arguments import Known
    from auditor.extract.android.tables import Tables

    class WantedCalls(Protocol):
        """What to look for, as a lens has it."""

        @property
        def methods(self) -> Mapping[str, frozenset[str]]:
            """Dotted class -> methods whose calls are wanted."""

        @property
        def fields(self) -> Mapping[str, frozenset[str]]:
            """Dotted class -> fields whose reading is wanted."""

        @property
        def exact(self) -> Mapping[str, frozenset[str]]:
            """Dotted class -> methods that count only where the call names the class itself."""

        @property
        def arguments(self) -> Mapping[tuple[str, str], Mapping[str, int]]:
            """(class, method) -> by descriptor, the parameter that decides."""

        @property
        def carriers(self) -> Mapping[tuple[str, str], Mapping[str, int]]:
            """The same for methods of the objects such a parameter may be."""


__all__ = ["CallSite", "Calls", "Sought", "read_calls", "settled"]

_CONSTRUCTOR = "<init>"
_STATIC = frozenset([0x71, 0x77])
_STRINGS = frozenset([0x1A, 0x1B])
_SPUT = range(0x67, 0x6E)
_FIELD_OPCODES = range(0x52, 0x6E)
_FIELD_READS = frozenset([*range(0x52, 0x59), *range(0x60, 0x67)])
_MOST_HANDLERS = 4096
"""Of one method; real ones have a few dozen."""
_LONGEST_INITIALISER = 20_000
"""Code units; longer ones fill tables."""


class CallSite(NamedTuple):
    """One invoke instruction."""

    owner: str
    """Class that has the method, dotted: the one the instruction names, but for ``via``."""
    method: str
    descriptor: str
    """``(Ljava/lang/String;)V``."""
    caller: str
    """``com.example.Foo.bar(I)V``."""
    offset: int
    """In 16-bit code units from the caller's first instruction."""
    argument: str | None
    """The constant of the argument that matters, as :mod:`arguments` writes it; empty where it is not shown, None where none
    matters."""
    partial: bool = False
    """Part of the argument is not known."""
    reflection: str = ""
    """``invoked`` or ``looked-up``, where the method is reached by its name."""
    field: bool = False
    """It is the reading of a field: ``method`` is the field, ``descriptor`` its type."""
    via: str = ""
    """The class of the build the instruction names, where that inherits the method from ``owner``."""


class Calls(NamedTuple):
    """The call sites of one DEX, and what its classes inherit from."""

    sites: Sequence[CallSite]
    maybe: Mapping[tuple[str, str], Sequence[CallSite]]
    """Calls of a method of a wanted name on other classes, by class and name: they count where the class inherits it."""
    parents: Mapping[str, str]
    """Class -> superclass."""
    bad: int
    exhausted: bool


class Sought:
    """What is looked for in every DEX of a build, worked out once."""

    def __init__(self, wanted: WantedCalls) -> None:
        self.wanted = wanted
        self.names = frozenset(name for every in wanted.methods.values() for name in every)
        """Of methods whose calls are wanted."""
        self.inherited = self.names - {_CONSTRUCTOR}
        """Of those that a class may have from another."""
        self.certain: dict[str, frozenset[str]] = dict(wanted.methods)
        """Class -> methods that count where a call names it, those that reach others by their names included."""
        for class_, every in (*wanted.exact.items(), *((class_, frozenset({name})) for class_, name in LOOK_UPS)):
            self.certain[class_] = self.certain.get(class_, frozenset()) | every
        self.roles: dict[str, int] = {}
        """String -> what it tells of a method whose name or class it is: a flag of :func:`members`."""
        for class_ in (*wanted.methods, *wanted.exact, *(class_ for class_, _ in LOOK_UPS)):
            self.roles[descriptor_of(class_)] = OWNER
        exact = (name for every in wanted.exact.values() for name in every)
        for name in (*exact, *(name for _, name in LOOK_UPS), *self.names):
            self.roles[name] = OWNED
        for name in self.inherited:
            self.roles[name] = ANY
        self.field_roles = {descriptor_of(class_): OWNER for class_ in wanted.fields}
        """The same for fields."""
        for every in wanted.fields.values():
            self.field_roles.update(dict.fromkeys(every, OWNED))
        self.texts = tuple(dict.fromkeys((*self.roles, *self.field_roles)))
        """The strings of a DEX file it takes."""
        self.strings = tuple(map(as_mutf8, self.texts))
        """The same as a DEX file has them."""


def read_calls(tables: Tables, sought: Sought, strings: Mapping[int, str]) -> Calls:
    """Return the call sites that are looked for. ``strings`` maps string indices to the wanted strings among them."""
    lens = sought.wanted
    methods = _Methods(tables)
    parents = tables.parents
    wanted, look_ups = _wanted_methods(tables, methods, sought, strings, parents)
    fields = _wanted_fields(tables, sought, strings)
    if not wanted and not look_ups and not any(fields):
        return Calls((), {}, parents, 0, False)
    flags = bytearray(tables.methods)
    for index in (*wanted, *look_ups):
        flags[index] = 1
    # a method is looked up by its name only where that name is among the method's strings
    named = bytearray(tables.string_count if look_ups else 0)
    for index in strings if look_ups else ():
        named[index] = strings[index] in sought.names
    walked = walk(tables.data, tables.header, Wanted(methods=bytes(flags), fields=fields, strings=bytes(named)))
    words = iter(walked.records)
    sites: list[CallSite] = []
    maybe: dict[tuple[str, str], list[CallSite]] = {}
    code = _Code(tables, methods)
    naming: set[tuple[int, int]] = set()
    looking: dict[tuple[int, int], list[tuple[Reference, str]]] = {}
    deciding: dict[int, tuple[bool, tuple[int, bool] | None]] = {}
    by = callers(tables.data, tables.header, walked.records, tables.type_names)
    for opcode, class_def, method, offset, index, item, caller in zip(words, words, words, words, words, words, by, strict=True):
        if opcode in _STRINGS:
            naming.add((class_def, method))
        elif opcode in _FIELD_OPCODES:
            if opcode in _FIELD_READS:
                owner, _, name = tables.field_name(index).rpartition(".")
                sites.append(CallSite(owner, name, tables.field_type(index), caller, offset, None, field=True))
        elif index in look_ups:
            looking.setdefault((class_def, method), []).append((Reference(opcode, class_def, method, offset, index, item), caller))
        else:
            owner, name, descriptor = known = methods.known(index)
            if index not in deciding:
                position = _deciding(lens, known, parents)
                deciding[index] = position is not None, None if position is None else _word_of(descriptor, position)
            matters, word = deciding[index]
            if matters:
                argument, partial = _argument(opcode, offset, item, word, lens, code)
                site = CallSite(owner, name, descriptor, caller, offset, argument, partial)
            else:
                site = CallSite(owner, name, descriptor, caller, offset, None)
            (sites if wanted[index] else maybe.setdefault((owner, name), [])).append(site)
    for place, references in looking.items():
        if place in naming:
            sites += _reflected(references, lens, code)
    exhausted = walked.exhausted or code.steps.left < 0
    code.forget()
    return Calls(sites, maybe, parents, walked.bad_classes + walked.bad_methods, exhausted)


def settled(found: Iterable[tuple[str, Calls]], methods: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, CallSite]]:
    """Yield each call site with the file it is in, now that it is known which class inherits from which.

    ``found`` are the calls of every file, ``methods`` the wanted ones by class.
    """
    found = tuple(found)
    parents: dict[str, str] = {}
    for _, calls in found:
        parents.update(calls.parents)
    for file, calls in found:
        for site in calls.sites:
            yield file, site
        for (named, method), sites in calls.maybe.items():
            owner, seen = named, set[str]()
            while owner in parents and owner not in seen:
                seen.add(owner)
                owner = parents[owner]
                if method in methods.get(owner, ()):
                    for site in sites:
                        yield file, site._replace(owner=owner, via=named)
                    break


_PLATFORM = ("android.", "java.", "javax.", "dalvik.", "org.w3c.", "org.xml.", "org.json.")
"""How the names of classes begin that no build defines, but for ``_BUNDLED``."""
_BUNDLED = ("android.support.", "android.arch.", "android.databinding.")


def _wanted_methods(
    tables: Tables, methods: _Methods, sought: Sought, strings: Mapping[int, str], parents: Mapping[str, str]
) -> tuple[dict[int, bool], set[int]]:
    """Return the methods that are looked for, and those that reach others by their names, by index.

    True marks what is certain; what may only inherit a wanted method is left to whoever knows every class.
    """
    flags = bytearray(tables.string_count)
    for index, text in strings.items():
        flags[index] = sought.roles.get(text, 0)
    candidates = members(tables.data, tables.header, METHODS, bytes(flags))
    by_owner: dict[str, list[tuple[int, str]]] = {}
    for index, (owner, name, _) in zip(candidates, methods.learn(candidates), strict=True):
        by_owner.setdefault(owner, []).append((index, name))
    wanted: dict[int, bool] = {}
    look_ups: set[int] = set()
    for owner, named in by_owner.items():
        certain = sought.certain.get(owner, frozenset())
        inherited = _inherited(owner, parents, sought)
        for index, name in named:
            if name in certain:
                if (owner, name) in LOOK_UPS:
                    look_ups.add(index)
                else:
                    wanted[index] = True
            elif name in inherited:
                wanted[index] = False
    return wanted, look_ups


def _inherited(owner: str, parents: Mapping[str, str], sought: Sought) -> Container[str]:
    """Return the wanted methods a class inherits: any that can be, where it does as to a class other files may define."""
    seen = set[str]()
    found: frozenset[str] = frozenset()
    while owner in parents and owner not in seen:
        seen.add(owner)
        owner = parents[owner]
        found |= sought.wanted.methods.get(owner, frozenset())
    return found & sought.inherited if owner.startswith(_PLATFORM) and not owner.startswith(_BUNDLED) else sought.inherited


def _wanted_fields(tables: Tables, sought: Sought, strings: Mapping[int, str]) -> bytes:
    """Return one flag per field of the table; none where no field is wanted."""
    roles = sought.field_roles
    by_string = bytearray(tables.string_count)
    for index, text in strings.items() if roles else ():
        by_string[index] = roles.get(text, 0)
    if not any(by_string):
        return b""
    flags = bytearray(tables.fields)
    for index in members(tables.data, tables.header, FIELDS, bytes(by_string)):
        class_, _, name = tables.field_name(index).rpartition(".")
        flags[index] = name in sought.wanted.fields.get(class_, ())
    return bytes(flags)


class _Methods:
    """What methods are called, each worked out once, many at a time where that is known beforehand."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._known: dict[int, tuple[str, str, str]] = {}

    def learn(self, indices: array[int]) -> Sequence[tuple[str, str, str]]:
        """Return class, name and descriptor of methods, which may be asked for again."""
        tables = self._tables
        found = named_methods(tables.data, tables.header, indices, tables.type_names)
        self._known.update(zip(indices, found, strict=True))
        return found

    def known(self, index: int) -> tuple[str, str, str]:
        """Return class, name and descriptor of a method; ``()?`` for one that no table has, which class data may tell of."""
        found = self._known.get(index)
        if found is None:
            (found,) = self.learn(array("I", [index]))
        return found


class _Code:
    """Code items by class and method, found through the class data; and what the tables say, as the reader of arguments asks."""

    def __init__(self, tables: Tables, methods: _Methods) -> None:
        self._tables = tables
        self._methods = methods
        self._class_defs: dict[int, int] | None = None
        self._statics: dict[int, Sequence[Known] | None] = {}
        self._initialisers: dict[int, tuple[Reading, dict[int, list[int]]] | None] = {}
        self.steps = Steps()
        self._last: tuple[int, Reading | None] = (-1, None)

    def forget(self) -> None:
        """Let go of what was read: it refers back to this, and with it to the bytes of the file, which would stay for a while."""
        self._last = -1, None
        self._initialisers.clear()

    def reading(self, code: int) -> Reading | None:
        """Return what tells what registers hold in the method whose code item stands at ``code``; None where it cannot be read."""
        if self._last[0] != code:
            body = self._body(code)
            self._last = (code, None if body is None else Reading(body, self, self.steps))
        return self._last[1]

    def _body(self, code: int) -> Body | None:
        data = self._tables.data
        if code + 16 > len(data):
            return None
        tries = int.from_bytes(data[code + 6 : code + 8], "little")
        count = int.from_bytes(data[code + 12 : code + 16], "little")
        end = code + 16 + 2 * count
        if end > len(data):
            return None
        units = array("H", data[code + 16 : end])
        if sys.byteorder == "big":
            units.byteswap()
        guarded = tuple(self._tries(end + (2 if count % 2 else 0), tries))
        return None if sum(len(handlers) for _, _, handlers in guarded) > _MOST_HANDLERS else Body(units, guarded)

    def _tries(self, at: int, count: int) -> Iterator[tuple[int, int, Sequence[int]]]:
        """Yield the guarded ranges of a method and where each one's handlers start; what cannot be read is left out."""
        data, handlers = self._tables.data, at + 8 * count
        read = 0
        for number in range(count):
            if read > _MOST_HANDLERS:
                return
            if at + 8 * number + 8 > len(data):
                return
            start, length, offset = struct.unpack_from("<IHH", data, at + 8 * number)
            try:
                found = self._handlers(handlers + offset)
            except IndexError:
                continue
            read += len(found)
            yield start, start + length, found

    def _handlers(self, at: int) -> Sequence[int]:
        data = self._tables.data
        raw, at = uleb(data, at)
        # signed LEB128: one byte holds what any compiler writes
        size = raw - 128 if 63 < raw < 128 else raw
        found = []
        for _ in range(min(abs(size), _MOST_HANDLERS)):
            _, at = uleb(data, at)
            address, at = uleb(data, at)
            found.append(address)
        if size <= 0:
            found.append(uleb(data, at)[0])
        return found

    def string(self, index: int) -> str:
        """Return a string; empty where there is none."""
        raw = self._tables.string(index)
        return mutf8(raw) if raw is not None else ""

    def field(self, index: int) -> str:
        """Return a field as ``com.example.Foo.BAR``."""
        return self._tables.field_name(index)

    def type_(self, index: int) -> str:
        """Return a class's dotted name."""
        return self._tables.type_name(index)

    def method(self, index: int) -> tuple[str, str, str]:
        """Return class, name and descriptor of a method."""
        return self._methods.known(index)

    def static(self, index: int) -> Sequence[Known] | None:
        """Return the value of a static field of this file that is written down or set once; None where there is none."""
        if index not in self._statics:
            self._statics[index] = None  # a field whose value rests on itself has none
            self._statics[index] = self._static(index)
        return self._statics[index]

    def _static(self, index: int) -> Sequence[Known] | None:
        tables = self._tables
        if index >= tables.fields:
            return None
        (type_,) = struct.unpack_from("<H", tables.data, tables.field_ids + 8 * index)
        if self._class_defs is None:
            self._class_defs = {tables.class_type(one): one for one in range(tables.classes)}
        class_def = self._class_defs.get(type_)
        if class_def is None:
            return None
        value = initial_values(tables, class_def).get(index)
        if value is not None:
            return (value if isinstance(value, int) else Text(value),)
        return self._set_once(class_def, index)

    def _set_once(self, class_def: int, field: int) -> Sequence[Known] | None:
        """Return what the class's initialiser sets a static field to, where it does so at one place."""
        if class_def not in self._initialisers:
            self._initialisers[class_def] = self._initialiser(class_def)
        found = self._initialisers[class_def]
        if found is None or len(found[1].get(field, ())) != 1:
            return None
        reading, (place,) = found[0], found[1][field]
        register = reading.units[place] >> 8
        items = reading.items(place, register)
        return (items,) if items is not None else reading.at(place, register)

    def _initialiser(self, class_def: int) -> tuple[Reading, dict[int, list[int]]] | None:
        """Return a class's initialiser, and where it sets which static field."""
        for method, code in self._read(class_def):
            if self._methods.known(method)[1] == "<clinit>":
                body = self._body(code)
                if body is None or len(body.units) > _LONGEST_INITIALISER:
                    return None
                places: dict[int, list[int]] = {}
                for one in body.starts:
                    if body.units[one] & 0xFF in _SPUT and one + 1 < len(body.units):
                        places.setdefault(body.units[one + 1], []).append(one)
                return Reading(body, self, self.steps), places
        return None

    def _read(self, class_def: int) -> Iterator[tuple[int, int]]:
        data = self._tables.data
        (at,) = struct.unpack_from("<I", data, self._tables.class_defs + 32 * class_def + 24)
        try:
            counts = []
            for _ in range(4):
                value, at = uleb(data, at)
                counts.append(value)
            for _ in range(2 * (counts[0] + counts[1])):
                _, at = uleb(data, at)
            for number in counts[2:]:
                method = 0
                for _ in range(number):
                    difference, at = uleb(data, at)
                    _, at = uleb(data, at)
                    code, at = uleb(data, at)
                    method += difference
                    if code:
                        yield method, code
        except IndexError:
            return


def _deciding(lens: WantedCalls, method: tuple[str, str, str], parents: Mapping[str, str]) -> int | None:
    """Return the parameter that decides what a call of this method, or of the one it inherits from, is about."""
    owner, name, descriptor = method
    seen = set[str]()
    while (position := _parameter(lens.arguments, owner, name, descriptor)) is None and owner in parents and owner not in seen:
        seen.add(owner)
        owner = parents[owner]
    return position


def _parameter(known: Mapping[tuple[str, str], Mapping[str, int]], class_: str, name: str, descriptor: str) -> int | None:
    overloads = known.get((class_, name))
    return None if overloads is None else overloads.get(descriptor, overloads.get(""))


def _argument(
    opcode: int, offset: int, item: int, word: tuple[int, bool] | None, lens: WantedCalls, code: _Code
) -> tuple[str, bool]:
    """Return the constant of the argument ``word`` of a call, and whether part of it is not known; empty where it is not shown."""
    reading = code.reading(item)
    if reading is None or word is None or offset + 2 >= len(reading.units):
        return "", False
    register = register_of(reading.units, offset, word[0] + (opcode not in _STATIC))
    if word[1]:
        items = reading.items(offset, register)
        shown = None if items is None else show((items,))
    else:
        shown = show(reading.at(offset, register))
        if shown is None and lens.carriers:
            shown = show(reading.carried(offset, register, lambda *method: _carried(lens, *method)))
    return ("", False) if shown is None else (shown.text, not shown.whole)


def _carried(lens: WantedCalls, class_: str, name: str, descriptor: str) -> int | None:
    """Return the argument word of a method of an object that sets the constant it carries; None where there is none."""
    position = _parameter(lens.carriers, class_, name, descriptor)
    word = None if position is None else _word_of(descriptor, position)
    return None if word is None else word[0]


def _reflected(references: Sequence[tuple[Reference, str]], lens: WantedCalls, code: _Code) -> Iterator[CallSite]:
    """Yield the wanted methods that one method of the build reaches by name: where it calls them, else where it looks them up.

    ``references``: to methods of LOOK_UPS, each with what evidence calls the caller.
    """
    called_here: list[CallSite] = []
    looked_up_here: list[CallSite] = []
    for reference, caller in references:
        reading = code.reading(reference.code)
        looked_up = None if reading is None else reading.looked_up(reference.offset)
        if reading is None or looked_up is None:
            continue
        named, called = looked_up
        if named.member not in lens.methods.get(named.text, ()):
            continue
        argument, partial = None, False
        overloads = lens.arguments.get((named.text, named.member))
        if overloads:
            position = overloads.get("", next(iter(overloads.values())))
            items = reading.items(reference.offset, register_of(reading.units, reference.offset, 2)) if called else None
            item = items[position] if items is not None and position < len(items) else None
            shown = None if item is None else show((item,))
            argument, partial = shown.text if shown else "", shown is not None and not shown.whole
        reflection = "invoked" if called else "looked-up"
        site = CallSite(named.text, named.member, "", caller, reference.offset, argument, partial, reflection)
        (called_here if called else looked_up_here).append(site)
    yield from called_here
    called_names = {(one.owner, one.method) for one in called_here}
    yield from (one for one in looked_up_here if (one.owner, one.method) not in called_names)


def _word_of(descriptor: str, position: int) -> tuple[int, bool] | None:
    """Return the argument word at which parameter ``position`` starts (long and double take two), and whether it is an array."""
    word = number = 0
    at = 1
    while at < len(descriptor) and descriptor[at] != ")":
        if number == position:
            return word, descriptor[at] == "["
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
