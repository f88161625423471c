"""What the code of a DEX file refers to: every place that names a wanted method, field, string or type.

``walk`` uses the C twin (auditor/_native/dexwalk.c) where it was built, else the stdlib one below; both give the same
records in the same order, as long as the budget lasts. The stdlib twin finds candidates with one regular expression over
the file and confirms them by walking only the methods they fall into; it decodes everything only where nearly everything
is wanted.
"""

from __future__ import annotations

import struct
from array import array

from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.archive.fast import Bytes

__all__ = [
    "WORDS",
    "Reference",
    "Walked",
    "Wanted",
    "class_edges",
    "class_edges_python",
    "instruction_length",
    "uleb",
    "walk",
    "walk_python",
]

_LENGTH = bytes(
    [1] * 2 + [2, 3, 1, 2, 3, 1, 2, 3] + [1] * 9 + [2, 3, 2, 2, 3, 5, 2, 2, 3, 2, 1, 1, 2]
    + [2, 1, 2, 2, 3, 3, 3, 1, 1, 2, 3, 3, 3] + [2] * 17 + [1] * 6
    + [2] * 42 + [3] * 5 + [1] + [3] * 5 + [1] * 7
    + [1] * 16 + [2] * 32 + [1] * 32 + [2] * 19 + [1] * 23 + [4, 4, 3, 3, 2, 2]
)
"""Length of each instruction in 16-bit code units."""

_INVOKES = frozenset([*range(0x6E, 0x73), *range(0x74, 0x79), 0xFA, 0xFB])
_FIELDS = frozenset(range(0x52, 0x6E))
_STRINGS = frozenset([0x1A, 0x1B])
_TYPES = frozenset([0x1C, 0x22])
_JUMBO = 0x1B
WORDS = 6
"""Words of one record."""
_MOST_WANTED = 0.25
"""Share of a table from which on looking for candidates costs more than decoding everything."""


class Wanted(NamedTuple):
    """One flag byte per entry of each table of the DEX file; 0 = not wanted."""

    methods: bytes = b""
    fields: bytes = b""
    strings: bytes = b""
    types: bytes = b""


class Reference(NamedTuple):
    """One instruction that names something wanted."""

    opcode: int
    class_def: int
    """Index of the class whose method holds it."""
    method: int
    """Index of that method."""
    offset: int
    """In 16-bit code units from the method's first instruction."""
    entry: int
    """Index of what is named, in the table its opcode refers to."""
    code: int
    """Where the method's code item stands in the file."""


class Walked:
    """The references found, and how much of the file could not be read; iterated, it gives each Reference."""

    __slots__ = ("bad_classes", "bad_methods", "exhausted", "records")

    def __init__(self, records: array[int], bad_classes: int, bad_methods: int, exhausted: bool) -> None:
        """``records``: six words each, the fields of Reference, in file order; ``exhausted``: the budget of instructions was used up."""
        self.records, self.bad_classes, self.bad_methods, self.exhausted = records, bad_classes, bad_methods, exhausted

    def __iter__(self) -> Iterator[Reference]:
        words = iter(self.records)
        return map(Reference, words, words, words, words, words, words)

    def __len__(self) -> int:
        return len(self.records) // WORDS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Walked) and all(getattr(self, one) == getattr(other, one) for one in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Walked({', '.join(f'{one}={getattr(self, one)!r}' for one in self.__slots__)})"


def walk(data: Bytes, header: int, wanted: Wanted, budget: int | None = None) -> Walked:
    """Return every reference to what is wanted in the DEX whose header stands at ``header``.

    ``budget`` is the most instructions to look at (by default twice as many as the file could hold: code items may be
    shared). Raises ValueError where the class table lies outside the file.
    """
    native = _native()
    if native is None:
        return walk_python(data, header, wanted, budget)
    most = len(data) if budget is None else budget
    records, bad_classes, bad_methods, exhausted = native(
        data, header, wanted.methods, wanted.fields, wanted.strings, wanted.types, most
    )
    return Walked(array("I", records), bad_classes, bad_methods, exhausted)


def class_edges(data: Bytes, header: int, budget: int | None = None) -> tuple[array[int], bool]:
    """Return which class refers to which type, and whether the budget was used up.

    Pairs of class_def and type index, each once, in file order: superclass and interfaces first, then what the code calls,
    reads, writes or makes. Raises ValueError where the tables lie outside the file.
    """
    try:
        from auditor._native.dexwalk import dexedges
    except ImportError:
        return class_edges_python(data, header, budget)
    pairs, exhausted = dexedges(data, header, len(data) if budget is None else budget)
    return array("I", pairs), exhausted


def _native() -> Callable[..., tuple[bytes, int, int, bool]] | None:
    try:
        from auditor._native.dexwalk import dexwalk
    except ImportError:
        return None
    return dexwalk  # type: ignore[no-any-return]


# -- the stdlib twin ------------------------------------------------------------------------------------------------


class _Method(NamedTuple):
    class_def: int
    method: int
    start: int
    """Byte offset of its first instruction."""
    units: int


def walk_python(data: Bytes, header: int, wanted: Wanted, budget: int | None = None) -> Walked:
    """Do what ``walk`` does, with the standard library alone."""
    left = len(data) if budget is None else budget
    methods, bad_classes, bad_methods, cut = _methods(data, header)
    interesting = None if _nearly_all(wanted) else _candidates(data, methods, wanted)
    records = array("I")
    exhausted = cut is not None
    for number, one in enumerate(methods):
        if interesting is not None and number not in interesting:
            left -= 1
            continue
        found, left, sound = _walk_code(data, one, wanted, left)
        records.extend(found)
        if left < 0:
            exhausted = True
            break
        bad_methods += not sound
    return Walked(records, bad_classes, bad_methods, exhausted)


def _nearly_all(wanted: Wanted) -> bool:
    tables = (wanted.methods, wanted.fields, wanted.types, wanted.strings)
    return any(len(table) - table.count(0) > _MOST_WANTED * len(table) and len(table) > 64 for table in tables)


def _methods(data: Bytes, header: int) -> tuple[list[_Method], int, int, int | None]:
    """Return every method with code, in file order, how many classes and methods are broken, and the class where it was given up.

    Classes may share their data: no more entries are read than the file has bytes.
    """
    if header < 0 or header + 0x70 > len(data):
        raise ValueError("the class table lies outside the file")
    count, table = struct.unpack_from("<2I", data, header + 0x60)
    if count and table + 32 * count > len(data):
        raise ValueError("the class table lies outside the file")
    found: list[_Method] = []
    bad_classes = bad_methods = 0
    left = len(data)
    for class_def in range(count):
        offset = struct.unpack_from("<I", data, table + 32 * class_def + 24)[0]
        if offset:
            whole, broken, left = _class_methods(data, class_def, offset, found, left)
            bad_classes += not whole
            bad_methods += broken
            if left < 0:
                return found, bad_classes, bad_methods, class_def
    return found, bad_classes, bad_methods, None


def _class_methods(data: Bytes, class_def: int, at: int, found: list[_Method], left: int) -> tuple[bool, int, int]:
    """Add a class's methods; return whether it is whole, how many are broken, and the entries left (negative: given up)."""
    size = len(data)
    broken = 0
    try:
        counts = []
        for _ in range(4):
            value, at = uleb(data, at)
            counts.append(value)
        left -= counts[0] + counts[1]
        if left < 0:
            return True, broken, left
        for _ in range(2 * (counts[0] + counts[1])):
            _, at = uleb(data, at)
        for number in counts[2:]:
            method = 0
            for _ in range(number):
                left -= 1
                if left < 0:
                    return True, broken, left
                difference, at = uleb(data, at)
                _, at = uleb(data, at)
                code, at = uleb(data, at)
                method = method + difference & 0xFFFFFFFF
                if not code:
                    continue
                if code + 16 > size:
                    broken += 1
                    continue
                units = int.from_bytes(data[code + 12 : code + 16], "little")
                if code + 16 + 2 * units > size:
                    broken += 1
                    continue
                found.append(_Method(class_def, method, code + 16, units))
    except IndexError:
        return False, broken, left
    return True, broken, left


def uleb(data: Bytes, at: int) -> tuple[int, int]:
    """Return a ULEB128 value of at most five bytes and the offset after it. Raises IndexError where there is none."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    for offset in range(at + 1, at + 5):
        byte = data[offset]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFF, offset + 1
        shift += 7
    raise IndexError("a number that does not end")


_CANDIDATE = rb"(?=([\x1a-\x1c\x22\x52-\x72\x74-\x78\xfa\xfb]).(..))"


def _candidates(data: Bytes, methods: list[_Method], wanted: Wanted) -> set[int]:
    """Return the numbers of the methods that may hold a wanted reference: every wanted instruction looks like one."""
    starts = sorted({one.start for one in methods})
    by_start: dict[int, list[int]] = {}
    for number, one in enumerate(methods):
        by_start.setdefault(one.start, []).append(number)
    tables = {}
    for opcodes, flags in ((_INVOKES, wanted.methods), (_FIELDS, wanted.fields), (_STRINGS, wanted.strings), (_TYPES, wanted.types)):
        indices = {index.to_bytes(4, "little")[:2] for index, flag in enumerate(flags) if flag}
        for opcode in opcodes:
            tables[bytes([opcode])] = indices
    if not starts or not any(tables.values()):
        return set()
    import re
    from bisect import bisect_right

    hit: set[int] = set()
    low, high = starts[0], max(one.start + 2 * one.units for one in methods)
    for match in re.compile(_CANDIDATE, re.DOTALL).finditer(data, low, high):
        opcode, index = match.groups()
        if index in tables[opcode]:
            at = match.start()
            hit.add(starts[max(bisect_right(starts, at) - 1, 0)])
    return {number for start in hit for number in by_start[start]}


def _walk_code(data: Bytes, one: _Method, wanted: Wanted, left: int) -> tuple[list[int], int, bool]:
    """Return a method's records, what is left of the budget (negative when used up), and whether it ended soundly."""
    units = array("H", data[one.start : one.start + 2 * one.units])
    if struct.pack("=H", 1) != b"\x01\x00":
        units.byteswap()
    flags_of = {**dict.fromkeys(_INVOKES, wanted.methods), **dict.fromkeys(_FIELDS, wanted.fields)}
    flags_of |= {**dict.fromkeys(_STRINGS, wanted.strings), **dict.fromkeys(_TYPES, wanted.types)}
    found: list[int] = []
    at, end = 0, one.units
    while at < end:
        left -= 1
        if left < 0:
            return found, left, True
        unit = units[at]
        opcode = unit & 0xFF
        length = _LENGTH[opcode]
        if opcode == 0 and unit:
            length = _payload_length(units, at, end)
        elif opcode in flags_of:
            if at + (3 if opcode == _JUMBO else 2) > end:
                return found, left, False
            index = units[at + 1] | units[at + 2] << 16 if opcode == _JUMBO else units[at + 1]
            flags = flags_of[opcode]
            if index < len(flags) and flags[index]:
                found += (opcode, one.class_def, one.method, at, index, one.start - 16)
        at += length
    return found, left, at == end


def instruction_length(units: array[int], at: int, end: int) -> int:
    """Return the length of the instruction (or payload) at ``at``, in code units."""
    unit = units[at]
    opcode = unit & 0xFF
    return _payload_length(units, at, end) if opcode == 0 and unit else _LENGTH[opcode]


def _payload_length(units: array[int], at: int, end: int) -> int:
    """Return the length of what starts with a zero opcode and is no nop: the data of a switch or an array."""
    unit = units[at]
    if unit == 0x0100 and at + 1 < end:
        return 4 + 2 * units[at + 1]
    if unit == 0x0200 and at + 1 < end:
        return 2 + 4 * units[at + 1]
    if unit == 0x0300 and at + 3 < end:
        return 4 + ((units[at + 2] | units[at + 3] << 16) * units[at + 1] + 1) // 2
    return 1


def class_edges_python(data: Bytes, header: int, budget: int | None = None) -> tuple[array[int], bool]:
    """Do what ``class_edges`` does, with the standard library alone."""
    left = len(data) if budget is None else budget
    methods, _, _, cut = _methods(data, header)
    types = struct.unpack_from("<I", data, header + 0x40)[0]
    fields, field_table, method_ids, method_table, classes, class_table = struct.unpack_from("<6I", data, header + 0x50)
    size = len(data)
    if (method_ids and method_table + 8 * method_ids > size) or (fields and field_table + 8 * fields > size) or 4 * types > size:
        raise ValueError("the class table lies outside the file")
    owner_of = dict.fromkeys(_INVOKES, (method_table, method_ids)) | dict.fromkeys(_FIELDS, (field_table, fields))
    by_class: dict[int, list[_Method]] = {}
    for one in methods:
        by_class.setdefault(one.class_def, []).append(one)
    pairs = array("I")
    for class_def in range(classes):
        named: dict[int, None] = {}
        _, _, parent, interfaces = struct.unpack_from("<4I", data, class_table + 32 * class_def)
        if parent != 0xFFFFFFFF and parent < types:
            named[parent] = None
        if interfaces and interfaces + 4 <= size:
            number = int.from_bytes(data[interfaces : interfaces + 4], "little")
            for index in range(min(number, 65536)):
                at = interfaces + 4 + 2 * index
                if at + 2 > size:
                    break
                if (type_ := int.from_bytes(data[at : at + 2], "little")) < types:
                    named[type_] = None
        for one in by_class.get(class_def, ()):
            left = _name_types(data, one, owner_of, types, named, left)
            if left < 0:
                break
        for type_ in named:
            pairs.extend((class_def, type_))
        if left < 0 or class_def == cut:
            return pairs, True
    return pairs, False


def _name_types(
    data: Bytes, one: _Method, owner_of: dict[int, tuple[int, int]], types: int, named: dict[int, None], left: int
) -> int:
    """Add the types a method's code names; return what is left of the budget (negative when used up)."""
    units = array("H", data[one.start : one.start + 2 * one.units])
    if struct.pack("=H", 1) != b"\x01\x00":
        units.byteswap()
    at, end = 0, one.units
    while at < end:
        left -= 1
        if left < 0:
            return left
        unit = units[at]
        opcode = unit & 0xFF
        length = _LENGTH[opcode]
        if opcode == 0 and unit:
            length = _payload_length(units, at, end)
        elif at + 1 < end:
            index = units[at + 1]
            if opcode in owner_of:
                table, number = owner_of[opcode]
                if index < number:
                    place = table + 8 * index
                    index = data[place] | data[place + 1] << 8
                    if index < types:
                        named[index] = None
            elif opcode in _TYPES and index < types:
                named[index] = None
        at += length
    return left
