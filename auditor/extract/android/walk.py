"""What the code of a DEX file refers to: every place that names a wanted method, field, string or type.

``walk`` uses the C twin (auditor/_native/dexwalk.c) where it was built, else the stdlib one below; both give the same
records in the same order, as long as the budget lasts. The stdlib twin decodes class data and looks for candidates by
arithmetic on whole numbers as long as the class data and the code are, and confirms them by walking only the methods they
fall into; it walks everything only where nearly everything is wanted, so that of methods without anything wanted it is not
seen whether they end as they should.
"""

from __future__ import annotations

import struct
import sys
from array import array

from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
_STEPS = b"\0" + _LENGTH[1:]
"""The same as _LENGTH, but for what may be the data of a switch or an array."""
_MOST_OVERLAP = 16
"""How often a file's bytes may be part of code items, on average."""
_PIECE = 1 << 21
"""Bytes of code that are searched at once."""
_MOST_CLASS_DATA = 4 << 20
"""Bytes of class data that are decoded at once: far more than 65,536 fields and methods take."""
_MOST_ROW = 1 << 29
"""Bytes of a file whose places, three times as large, fit into 31 bits."""
_HIGH = bytes(range(0x80, 0x100))
_LAST_BYTES = bytes([1] * 0x80 + [0] * 0x80)
_NOT_ZERO = bytes([0] + [1] * 0xFF)


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


class _Defined(NamedTuple):
    """The methods that the classes of a file define, in file order."""

    classes: list[tuple[int, int, int, int, int]]
    """Of each that has any: class_def, number of its first method, where in ``values`` its methods are, how many, and how many of
    them are direct ones."""
    values: array[int]
    """Three a method: what is added to the index of the one before, flags, the place of its code item."""
    codes: array[int]
    """The place of each method's code item; 0 where it has none."""
    bad_classes: int
    cut: int | None
    """Index of the class where it was given up."""

    def methods(self, number: int) -> list[int]:
        """Return the indices of the methods of ``classes[number]``, of which the lowest 32 bits count."""
        from itertools import accumulate

        _, _, begin, count, direct = self.classes[number]
        middle, end = begin + 3 * direct, begin + 3 * count
        return [*accumulate(self.values[begin:middle:3]), *accumulate(self.values[middle:end:3])]


class _Items(NamedTuple):
    """The code items of a file."""

    places: list[int]
    """Where they stand, in order, each once; those that end inside the file."""
    end: int
    """Where the last one ends."""
    broken: frozenset[int]
    """Those that do not."""
    apart: frozenset[int]
    """Those that overlap others or stand at an odd place: what is looked for in all of them at once is not found there."""


def walk_python(data: Bytes, header: int, wanted: Wanted, budget: int | None = None) -> Walked:
    """Do what ``walk`` does, with the standard library alone."""
    from itertools import compress, count

    left = len(data) if budget is None else budget
    defined = _defined(data, header)
    items = _items(data, defined.codes)
    bad_methods = sum(map(items.broken.__contains__, defined.codes)) if items.broken else 0
    flags_of = _flags_of(wanted)
    everywhere = frozenset(items.places) if _nearly_all(wanted) else items.apart
    hits = _hits(data, items, flags_of) if len(everywhere) < len(items.places) else {}
    telling = bytes(0 if opcode in flags_of else length for opcode, length in enumerate(_STEPS))
    records = array("I")
    exhausted = defined.cut is not None
    at = code = -1
    steps = bytearray()
    methods: list[int] = []
    past = first = class_def = 0
    # a budget of what is made ready for walking: code items may overlap, and a single instruction take a whole one
    room = _MOST_OVERLAP * len(data)
    for number in compress(count(), map((everywhere | hits.keys()).__contains__, defined.codes)):
        while number >= past:
            at += 1
            class_def, first, _, amount, _ = defined.classes[at]
            past = first + amount
            methods = []
        methods = methods or defined.methods(at)
        if defined.codes[number] != code:
            code = defined.codes[number]
            steps = bytearray(_opcodes(data, code).translate(telling if code in everywhere else _STEPS))
            room -= len(steps)
            for hit in hits.get(code, ()):
                if hit < len(steps):
                    steps[hit] = 0
        left, sound = _walk_code(data, (class_def, methods[number - first] & 0xFFFFFFFF, code), steps, flags_of, left, records)
        if left < 0 or room < 0:
            exhausted = True
            break
        bad_methods += not sound
    return Walked(records, defined.bad_classes, bad_methods, exhausted)


def _nearly_all(wanted: Wanted) -> bool:
    tables = (wanted.methods, wanted.fields, wanted.types, wanted.strings)
    return any(len(table) - table.count(0) > _MOST_WANTED * len(table) and len(table) > 64 for table in tables)


def _flags_of(wanted: Wanted) -> dict[int, bytes]:
    """Return what is wanted of the table an opcode refers to, for those opcodes of whose table anything is."""
    kinds = ((_INVOKES, wanted.methods), (_FIELDS, wanted.fields), (_STRINGS, wanted.strings), (_TYPES, wanted.types))
    return {opcode: flags for opcodes, flags in kinds if len(flags) > flags.count(0) for opcode in opcodes}


def _defined(data: Bytes, header: int) -> _Defined:
    """Return the methods that are defined. Raises ValueError where the class table lies outside the file.

    Classes may share their data: no more entries are read than the file has bytes.
    """
    if header < 0 or header + 0x70 > len(data):
        raise ValueError("the class table lies outside the file")
    count, table = struct.unpack_from("<2I", data, header + 0x60)
    if count and table + 32 * count > len(data):
        raise ValueError("the class table lies outside the file")
    places = _little(array("I", data[table : table + 32 * count]))[6::8] if count else array("I")
    return _all_defined(data, places) or _defined_by_class(data, places)


def _all_defined(data: Bytes, places: array[int]) -> _Defined | None:
    """Do what ``_defined_by_class`` does, all classes at once; None where anything is out of the ordinary."""
    from itertools import accumulate, repeat
    from operator import sub

    sorted_places = sorted(set(places) - {0})
    if not sorted_places:
        return _Defined([], array("I"), array("I"), 0, None)
    base = sorted_places[0]
    end = _end_of_class_data(data, sorted_places[-1])
    if end is None or end - base > _MOST_CLASS_DATA:
        return None
    section = bytes(data[base:end])
    values = _numbers(section)
    if values is None:
        return None
    # how many numbers end before each class's data tells where these are among the numbers
    ends = section.translate(_LAST_BYTES)
    starts = [place - base for place in sorted_places]
    if not all(map(ends.__getitem__, map(sub, starts[1:], repeat(1)))):
        return None
    before = dict(zip(sorted_places, accumulate(map(ends.count, repeat(1), starts, starts[1:]), initial=0), strict=True))
    classes: list[tuple[int, int, int, int, int]] = []
    codes = array("I")
    known, left = len(values), len(data)
    for class_def, place in enumerate(places):
        if not place:
            continue
        at = before[place]
        if at + 4 > known:
            return None
        static, instance, direct, virtual = values[at : at + 4]
        fields, methods = static + instance, direct + virtual
        begin = at + 4 + 2 * fields
        past = begin + 3 * methods
        left -= fields + methods
        if past > known or left < 0:
            return None
        if methods:
            classes.append((class_def, len(codes), begin, methods, direct))
            codes += values[begin + 2 : past : 3]
    return _Defined(classes, values, codes, 0, None)


def _end_of_class_data(data: Bytes, at: int) -> int | None:
    """Return where the data of a class end that start at ``at``; None where they do not or are out of the ordinary."""
    most = at + _MOST_CLASS_DATA
    try:
        counts = []
        for _ in range(4):
            value, at = uleb(data, at)
            counts.append(value)
        for _ in range(2 * (counts[0] + counts[1]) + 3 * (counts[2] + counts[3])):
            _, at = uleb(data, at)
            if at > most:
                return None
    except IndexError:
        return None
    return at


def _defined_by_class(data: Bytes, places: array[int]) -> _Defined:
    """Return the methods that classes define whose data stand at ``places``, one after the other."""
    classes: list[tuple[int, int, int, int, int]] = []
    values, codes = array("I"), array("I")
    bad_classes, left, cut = 0, len(data), None
    for class_def, at in enumerate(places):
        if not at:
            continue
        first, direct = len(codes), 0
        try:
            counts = []
            for _ in range(4):
                value, at = uleb(data, at)
                counts.append(value)
            left -= counts[0] + counts[1]
            for _ in range(2 * (counts[0] + counts[1]) if left >= 0 else 0):
                _, at = uleb(data, at)
            direct = counts[2]
            for _ in range(counts[2] + counts[3] if left >= 0 else 0):
                left -= 1
                if left < 0:
                    break
                difference, at = uleb(data, at)
                flags, at = uleb(data, at)
                code, at = uleb(data, at)
                values.extend((difference, flags, code))
                codes.append(code)
        except IndexError:
            bad_classes += 1
        if methods := len(codes) - first:
            classes.append((class_def, first, 3 * first, methods, min(direct, methods)))
        if left < 0:
            cut = class_def
            break
    return _Defined(classes, values, codes, bad_classes, cut)


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


def _numbers(section: bytes) -> array[int] | None:
    """Return all ULEB128 values of bytes that hold nothing else; None where one takes more than four bytes.

    In whole numbers that are as long as ``section``, where arithmetic costs a small part of what a loop does.
    """
    size = len(section)
    whole, ones = int.from_bytes(section, "little"), int.from_bytes(b"\1" * size, "little")
    more = whole & (ones << 7)
    """The bytes after which a number goes on."""
    if more & more >> 8 & more >> 16 & more >> 24:
        return None
    inside = more << 8 & (ones << 7)
    goes_on = (more >> 7) * 0x7F
    # of each number the first, second, third and fourth byte, at the place of the first; zero where it is shorter
    planes, valid = [whole & ones * 0x7F], goes_on
    for number in range(1, 4):
        planes.append(whole >> 8 * number & valid)
        valid &= goes_on >> 8 * number
    kept = [(plane | inside).to_bytes(size, "little").translate(None, _HIGH) for plane in planes]
    if section and section[-1] & 0x80:
        kept = [plane[:-1] for plane in kept]
    count = len(kept[0])
    spread = bytearray(4 * count)
    for number, plane in enumerate(kept):
        spread[number::4] = plane
    words, low = int.from_bytes(spread, "little"), int.from_bytes(b"\x7f\0\0\0" * count, "little")
    joined = words & low | (words & low << 8) >> 1 | (words & low << 16) >> 2 | (words & low << 24) >> 3
    return _little(array("I", joined.to_bytes(4 * count, "little")))


def _items(data: Bytes, codes: array[int]) -> _Items:
    """Return the code items that methods name."""
    size = len(data)
    places = sorted(codes)
    del places[: places.count(0)]
    end = _end_of_row(data, places)
    if end is None:
        # methods may share their code
        places = list(dict.fromkeys(places))
        end = _end_of_row(data, places)
    if end is not None:
        return _Items(places, end, frozenset(), frozenset())
    sound: list[int] = []
    broken: set[int] = set()
    apart: set[int] = set()
    end = owner = 0
    for place in places:
        past = place + 16
        if past <= size:
            past += 2 * int.from_bytes(data[place + 12 : place + 16], "little")
        if past > size:
            broken.add(place)
            continue
        sound.append(place)
        if place & 1:
            apart.add(place)
        if place < end:
            apart.update((place, owner))
        if past > end:
            end, owner = past, place
    return _Items(sound, end, frozenset(broken), frozenset(apart))


def _end_of_row(data: Bytes, places: list[int]) -> int | None:
    """Return where the last of code items ends that stand one behind the other; None where they do not, or not where they should."""
    from operator import itemgetter

    count, size = len(places), len(data)
    if count < 2 or places[-1] + 16 > size or size > _MOST_ROW or sys.byteorder == "big":
        return None
    ones = int.from_bytes(b"\1\0\0\0" * count, "little")
    here = int.from_bytes(array("I", places).tobytes(), "little")
    if here & 3 * ones:
        return None
    # the number of code units stands twelve bytes behind the start
    words = memoryview(data)[12 : 12 + (size - 12 & ~3)].cast("I")
    units = array("I", itemgetter(*array("I", (here >> 2).to_bytes(4 * count, "little")))(words))
    if max(units) > size:
        return None
    ends = here + 16 * ones + 2 * int.from_bytes(units.tobytes(), "little")
    next_ = here >> 32 | size << 32 * (count - 1)
    # in each word the highest bit stays where nothing is borrowed from it
    free = ones << 31
    return places[-1] + 16 + 2 * units[-1] if (next_ | free) - ends & free == free else None


def _hits(data: Bytes, items: _Items, flags_of: Mapping[int, bytes]) -> dict[int, array[int]]:
    """Return the code items in which something looks like a wanted reference, and where, in code units.

    Every wanted one does, but for code items that stand apart.
    """
    from bisect import bisect_right

    numbers = {flags: frozenset(index & 0xFFFF for index in _nonzero(flags)) for flags in set(flags_of.values())}
    wanted = {opcode: numbers[flags] for opcode, flags in flags_of.items()}
    hits: dict[int, array[int]] = {}
    places = items.places
    for at in _likely(data, (places[0] + 16) & ~1, items.end, wanted) if wanted and places else ():
        if data[at + 2] | data[at + 3] << 8 in wanted[data[at]]:
            place = places[bisect_right(places, at - 16) - 1]
            hits.setdefault(place, array("I")).append((at - place - 16) >> 1)
    return hits


def _likely(data: Bytes, low: int, high: int, wanted: Mapping[int, frozenset[int]]) -> Iterator[int]:
    """Yield where a code unit has a wanted opcode, and the one after is wanted with any opcode; they start at even places.

    Each byte is translated to what it may be a part of, and whole numbers as long as the file's code are compared, which costs
    a small part of what a loop or a regular expression does.
    """
    from itertools import compress
    from operator import itemgetter

    anything = frozenset[int]().union(*wanted.values())
    opcode_of, low_of, high_of = bytearray(256), bytearray(256), bytearray(256)
    for bit, (opcodes, numbers) in enumerate(_in_groups(wanted)):
        for table, places in ((opcode_of, opcodes), (low_of, {one & 0xFF for one in numbers}), (high_of, {one >> 8 for one in numbers})):
            for place in places:
                table[place] |= 1 << bit
    for start in range(low, high, _PIECE):
        end = min(start + _PIECE + 2, high + 2, len(data)) & ~1
        even, odd = data[start:end:2], data[start + 1 : end : 2]
        units = int.from_bytes(even.translate(opcode_of), "little")
        units &= (int.from_bytes(even.translate(low_of), "little") & int.from_bytes(odd.translate(high_of), "little")) >> 8
        found = _nonzero(units.to_bytes(len(even), "little"))
        if found:
            behind = _little(array("H", data[start + 2 : end]))
            named = itemgetter(0, *found)(behind)[1:]
            for at in compress(found, map(anything.__contains__, named)):
                yield start + 2 * at


def _in_groups(wanted: Mapping[int, frozenset[int]]) -> list[tuple[list[int], list[int]]]:
    """Return opcodes with numbers wanted of them, in at most eight groups; the fewer the numbers of one, the less else looks like them."""
    opcodes: dict[frozenset[int], list[int]] = {}
    for opcode, numbers in wanted.items():
        opcodes.setdefault(numbers, []).append(opcode)
    groups = [(of, sorted(numbers)) for numbers, of in opcodes.items()]
    while len(groups) < 8:
        groups.sort(key=lambda group: len(group[0]) * len({one & 0xFF for one in group[1]}) * len({one >> 8 for one in group[1]}))
        of, numbers_ = groups[-1]
        middle = len(numbers_) // 2
        if not middle:
            break
        groups[-1:] = [(of, numbers_[:middle]), (of, numbers_[middle:])]
    return groups


def _nonzero(flags: Bytes) -> list[int]:
    """Return the places of bytes that are not zero."""
    found = []
    find = flags.translate(_NOT_ZERO).find
    at = find(1)
    while at >= 0:
        found.append(at)
        at = find(1, at + 1)
    return found


def _opcodes(data: Bytes, code: int) -> Bytes:
    """Return the low bytes of a method's code units."""
    units = int.from_bytes(data[code + 12 : code + 16], "little")
    return data[code + 16 : code + 16 + 2 * units : 2]


def _walk_code(
    data: Bytes,
    method: tuple[int, int, int],
    steps: bytearray,
    flags_of: Mapping[int, bytes],
    left: int,
    records: array[int],
) -> tuple[int, bool]:
    """Add a method's records; return what is left of the budget (negative when used up), and whether it ended soundly.

    ``method``: class, index and place of the code item. ``steps`` has the length of each instruction; 0 for a zero opcode, and
    where what is there must be looked at.
    """
    class_def, index, code = method
    start = code + 16
    at, end = 0, len(steps)
    while at < end:
        if not left:
            return -1, True
        left -= 1
        step = steps[at]
        if step:
            at += step
            continue
        place = start + 2 * at
        opcode = data[place]
        length = _LENGTH[opcode]
        if not opcode:
            if data[place + 1]:
                length = _payload_length(_little(array("H", data[place : min(place + 8, start + 2 * end)])), 0, end - at)
        elif opcode in flags_of:
            width = 4 if opcode == _JUMBO else 2
            if 2 * at + 2 + width > 2 * end:
                return left, False
            entry = int.from_bytes(data[place + 2 : place + 2 + width], "little")
            flags = flags_of[opcode]
            if entry < len(flags) and flags[entry]:
                records.extend((opcode, class_def, index, at, entry, code))
        at += length
    return left, at == end


def _little(words: array[int]) -> array[int]:
    """Return words that were read as they lie in the file, where least comes first, as numbers."""
    if sys.byteorder == "big":
        words.byteswap()
    return words


def instruction_length(units: array[int], at: int, end: int) -> int:
    """Return the length of the instruction (or payload) at ``at``, in code units."""
    unit = units[at]
    opcode = unit & 0xFF
    return _payload_length(units, at, end) if opcode == 0 and unit else _LENGTH[opcode]


def _payload_length(units: array[int] | memoryview[int], at: int, end: int) -> int:
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
    defined = _defined(data, header)
    types = struct.unpack_from("<I", data, header + 0x40)[0]
    fields, field_table, method_ids, method_table, classes, class_table = struct.unpack_from("<6I", data, header + 0x50)
    size = len(data)
    if (method_ids and method_table + 8 * method_ids > size) or (fields and field_table + 8 * fields > size) or 4 * types > size:
        raise ValueError("the class table lies outside the file")
    owner_of = dict.fromkeys(_INVOKES, (method_table, method_ids)) | dict.fromkeys(_FIELDS, (field_table, fields))
    by_class = {class_def: defined.codes[first : first + number] for class_def, first, _, number, _ in defined.classes}
    pairs = array("I")
    # classes may share their lists of interfaces, too
    room = size
    for class_def in range(classes):
        named: dict[int, None] = {}
        _, _, parent, interfaces = struct.unpack_from("<4I", data, class_table + 32 * class_def)
        if parent != 0xFFFFFFFF and parent < types:
            named[parent] = None
        if interfaces and interfaces + 4 <= size:
            number = min(int.from_bytes(data[interfaces : interfaces + 4], "little"), 65536, (size - interfaces - 4) // 2)
            room -= number
            if room < 0:
                return pairs, True
            listed = _little(array("H", data[interfaces + 4 : interfaces + 4 + 2 * number]))
            named.update(dict.fromkeys(type_ for type_ in listed if type_ < types))
        for code in by_class.get(class_def, ()):
            left = _name_types(data, code, owner_of, types, named, left) if code else left
            if left < 0:
                break
        for type_ in named:
            pairs.extend((class_def, type_))
        if left < 0 or class_def == defined.cut:
            return pairs, True
    return pairs, False


def _name_types(
    data: Bytes, code: int, owner_of: dict[int, tuple[int, int]], types: int, named: dict[int, None], left: int
) -> int:
    """Add the types a method's code names; return what is left of the budget (negative when used up)."""
    at, end = 0, int.from_bytes(data[code + 12 : code + 16], "little")
    if code + 16 + 2 * end > len(data):
        return left
    # not copied: code items may overlap, and a single instruction take a whole one
    units = memoryview(data)[code + 16 : code + 16 + 2 * end].cast("H")
    if sys.byteorder == "big":
        units = memoryview(_little(array("H", units)))
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
