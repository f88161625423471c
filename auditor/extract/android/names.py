"""What the tables of a DEX file name: its strings, its types, and which methods and fields have a name that is looked for.

Each function uses its C twin (auditor/_native/dexnames.c) where that was built, else the stdlib one below; both give the same.
Strings may share their bytes, so that a small file could ask for any amount of memory: only so many bytes are read.
"""

from __future__ import annotations

import struct
import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.archive.fast import Bytes

__all__ = [
    "ANY",
    "FIELDS",
    "METHODS",
    "OWNED",
    "OWNER",
    "as_mutf8",
    "callers",
    "callers_python",
    "class_name_of",
    "descriptor_of",
    "find_strings",
    "find_strings_python",
    "members",
    "members_python",
    "methods",
    "methods_python",
    "mutf8",
    "one_string",
    "one_string_python",
    "read_strings",
    "read_strings_python",
    "type_names",
    "type_names_python",
]

_LONGEST = 1 << 16
"""Bytes of a string; names, versions and telling literals stay far below."""
_LONGEST_NAME = 4096
"""Bytes of a type's descriptor; real ones stay below 500."""
_OUTSIDE = "a table lies outside the file"
ANY, OWNED, OWNER = 1, 2, 4
"""Flags of strings, see :func:`members`."""
METHODS, FIELDS = 0x58, 0x50
"""Where in the header the size of the table of methods or fields stands."""
_BLOCK = 1 << 15
"""Entries of a table that are handled at once."""
_HIGH = bytes(range(0x80, 0x100))
_METHOD = struct.Struct("<HHI")
"""Type of the class, prototype, string of the name."""


def mutf8(raw: bytes) -> str:
    """Decode modified UTF-8 (the encoding of DEX strings); what is malformed becomes U+FFFD."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raw = raw.replace(b"\xc0\x80", b"\0")
    try:
        # characters beyond U+FFFF are written as two surrogates of three bytes each
        units = raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")
    return units.decode("utf-16-le", "replace")


def as_mutf8(text: str) -> bytes:
    """Encode as DEX strings are: NUL as two bytes, characters beyond the basic plane as surrogate pairs."""
    if text.isascii() and "\0" not in text:
        return text.encode()
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = (units[at] << 8 | units[at + 1] for at in range(0, len(units), 2))
    return b"".join(b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass") for unit in pairs)


def descriptor_of(name: str) -> str:
    """Return a dotted class name as the format writes it."""
    return f"L{name.replace('.', '/')};"


def class_name_of(raw: bytes) -> str:
    """Return the dotted name in a type descriptor; empty where it is no class."""
    return mutf8(raw[1:-1].replace(b"/", b".")) if len(raw) > 2 and raw[:1] == b"L" and raw[-1:] == b";" else ""


def read_strings(data: Bytes, header: int) -> list[bytes]:
    """Return every string of a DEX file as its bytes. Raises ValueError where the table lies outside the file.

    A string that cannot be read or is longer than 65,535 bytes is empty, and so is what comes after twice as many bytes as
    the file has.
    """
    try:
        from auditor._native.dexwalk import dexstrings
    except ImportError:
        return read_strings_python(data, header)
    return dexstrings(data, header, _LONGEST, 2 * len(data))  # type: ignore[no-any-return]


def read_strings_python(data: Bytes, header: int) -> list[bytes]:
    """Do what ``read_strings`` does, with the standard library alone."""
    found: list[bytes] = []
    for block in _in_blocks(data, _table(data, header, 0x38)):
        if block is None or max(map(len, block[0])) > _LONGEST:
            return [raw or b"" for raw in _strings(data, header, _LONGEST, 2 * len(data))]
        first = len(found)
        found += [piece[1:] for piece in block[0]]
        for index in block[1]:
            found[first + index] = _text_of(block[0][index])
    return found


def one_string(data: Bytes, at: int) -> bytes:
    """Return the bytes of the string whose data starts at ``at``; empty where they cannot be read."""
    try:
        from auditor._native.dexwalk import dexstring
    except ImportError:
        return one_string_python(data, at)
    return dexstring(data, at, _LONGEST)  # type: ignore[no-any-return]


def one_string_python(data: Bytes, at: int) -> bytes:
    """Do what ``one_string`` does, with the standard library alone."""
    return _string(data, at, _LONGEST, len(data)) or b""


def find_strings(data: Bytes, header: int, names: tuple[bytes, ...]) -> array[int]:
    """Return which strings of a DEX file are one of ``names``, which stand there once each.

    Pairs of a string's index and a name's, in the order of the table. Raises ValueError where the table lies outside the
    file. Once twice as many bytes as the file has are compared, nothing more is found.
    """
    try:
        from auditor._native.dexwalk import dexfind
    except ImportError:
        return find_strings_python(data, header, names)
    return array("I", dexfind(data, header, names, 2 * len(data)))


def find_strings_python(data: Bytes, header: int, names: tuple[bytes, ...]) -> array[int]:
    """Do what ``find_strings`` does, with the standard library alone."""
    from itertools import compress, count

    numbers = {name: number for number, name in enumerate(names)}
    pieces_of = {bytes([len(name)]) + name for name in names if len(name) < 0x80}
    found = array("I")
    first = 0
    for block in _in_blocks(data, _table(data, header, 0x38)):
        if block is None:
            break
        for index in sorted({*compress(count(), map(pieces_of.__contains__, block[0])), *block[1]}):
            number = numbers.get(_text_of(block[0][index]))
            if number is not None:
                found.extend((first + index, number))
        first += len(block[0])
    else:
        return found
    found = array("I")
    for index, raw in enumerate(_strings(data, header, max(map(len, names), default=0) + 1, 2 * len(data))):
        if raw in numbers:
            found.extend((index, numbers[raw]))
    return found


def type_names(data: Bytes, header: int, budget: int) -> tuple[str, ...]:
    """Return the dotted name of every type of a DEX file, by index; empty where it is no class or cannot be read.

    At most ``budget`` bytes of names are read. Raises ValueError where the table lies outside the file.
    """
    try:
        from auditor._native.dexwalk import dextypes
    except ImportError:
        return type_names_python(data, header, budget)
    return tuple(dextypes(data, header, _LONGEST_NAME, budget, mutf8))


def type_names_python(data: Bytes, header: int, budget: int) -> tuple[str, ...]:
    """Do what ``type_names`` does, with the standard library alone."""
    strings, types = _table(data, header, 0x38), _table(data, header, 0x40)
    found = _all_type_names(data, strings, types, budget)
    if found is not None:
        return tuple(found)
    found = []
    for index in types:
        raw = _string(data, strings[index], _LONGEST_NAME, budget) if index < len(strings) else None
        budget -= len(raw or b"")
        found.append(class_name_of(raw or b""))
    return tuple(found)


def _all_type_names(data: Bytes, strings: array[int], types: array[int], budget: int) -> list[str] | None:
    """Do what ``type_names_python`` does, for all types at once; None where anything is out of the ordinary."""
    from operator import itemgetter, sub

    if not 1 < len(types) <= 1 << 16 or max(types) >= len(strings):
        return None
    # a string ends where the next one starts
    ends = strings[1:]
    ends.append(data.find(b"\0", strings[-1] + 1) + 1)
    starts, ends = itemgetter(*types)(strings), itemgetter(*types)(ends)
    lengths = list(map(sub, ends, starts))
    if min(lengths) < 2 or max(lengths) > _LONGEST_NAME + 1 or sum(lengths) - 2 * len(lengths) > budget:
        return None
    whole = b"".join([data[start:end] for start, end in zip(starts, ends, strict=True)])
    # one character for each byte, for now
    texts = whole.decode("latin-1").replace("/", ".").split("\0")
    texts.pop()
    if list(map((1).__add__, map(len, texts))) != lengths:
        return None
    names = [text[2:-1] if text[1:2] == "L" and text[-1] == ";" and len(text) > 3 else "" for text in texts]
    if not whole.isascii():
        for number, text in enumerate(texts):
            if not text.isascii():
                piece = text.encode("latin-1")
                if _is_endless(piece):
                    return None
                names[number] = class_name_of(_text_of(piece))
    return names


def members(data: Bytes, header: int, place: int, flags: bytes) -> array[int]:
    """Return which methods or fields are looked for, by index; the size of their table stands at ``place`` in the header.

    ``flags`` has one byte per string: :data:`ANY` for the name of any class's member, :data:`OWNED` for one that counts only
    in a class whose descriptor has :data:`OWNER`. Raises ValueError where a table lies outside the file.
    """
    try:
        from auditor._native.dexwalk import dexmembers
    except ImportError:
        return members_python(data, header, place, flags)
    return array("I", dexmembers(data, header, place, flags))


def members_python(data: Bytes, header: int, place: int, flags: bytes) -> array[int]:
    """Do what ``members`` does, with the standard library alone."""
    from itertools import compress, count
    from operator import itemgetter

    _table(data, header, 0x38)
    types = _table(data, header, 0x40)
    number, at = _words(data, header + place, 2)
    words = _words(data, at, 2 * number)
    found = array("I")
    for first in range(0, number, _BLOCK):
        names = words[2 * first + 1 : 2 * (first + _BLOCK) : 2]
        try:
            roles = bytes(itemgetter(0, *names)(flags))[1:]
        except IndexError:
            roles = bytes(flags[name] if name < len(flags) else 0 for name in names)
        for index in compress(count(first), roles):
            wanted = roles[index - first]
            if not wanted & ANY:
                owner = words[2 * index] & 0xFFFF
                descriptor = types[owner] if owner < len(types) else len(flags)
                if not (wanted & OWNED and descriptor < len(flags) and flags[descriptor] & OWNER):
                    continue
            found.append(index)
    return found


def methods(data: Bytes, header: int, indices: array[int], types: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return class, name and descriptor of methods by their indices; ``types`` are the dotted names of the types.

    ``("", "", "()?")`` for one that no table has. Raises ValueError where the table lies outside the file.
    """
    try:
        from auditor._native.dexwalk import dexmethods
    except ImportError:
        return methods_python(data, header, indices, types)
    found: list[tuple[str, str, str]] = dexmethods(data, header, indices.tobytes(), types, _LONGEST, _LONGEST_NAME, mutf8)
    return found


def methods_python(data: Bytes, header: int, indices: array[int], types: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Do what ``methods`` does, with the standard library alone."""
    return _Naming(data, header).methods(indices, types)


def callers(data: Bytes, header: int, records: array[int], types: tuple[str, ...]) -> list[str]:
    """Return how evidence names the method that holds each reference: ``com.example.Foo.bar(I)V``.

    ``records`` are those of :mod:`walk`, ``types`` the dotted names of the types. Raises ValueError where a table lies outside
    the file.
    """
    try:
        from auditor._native.dexwalk import dexcallers
    except ImportError:
        return callers_python(data, header, records, types)
    return dexcallers(data, header, records, types, _LONGEST, _LONGEST_NAME, mutf8)  # type: ignore[no-any-return]


def callers_python(data: Bytes, header: int, records: array[int], types: tuple[str, ...]) -> list[str]:
    """Do what ``callers`` does, with the standard library alone."""
    count, at = _words(data, header + 0x60, 2)
    classes = _words(data, at, 8 * count)[::8]
    places = list(zip(records[1::6], records[2::6], strict=True))
    indices = array("I", {method for _, method in places})
    named = dict(zip(indices, (f"{name}{descriptor}" for _, name, descriptor in methods_python(data, header, indices, types)), strict=True))
    known: dict[tuple[int, int], str] = {}
    for place in set(places):
        type_ = classes[place[0]] if place[0] < count else len(types)
        known[place] = f"{types[type_] if type_ < len(types) else ''}.{named[place[1]]}"
    return [known[place] for place in places]


class _Naming:
    """What the methods of a file are called, asked for some at a time: nothing is read but what that takes."""

    def __init__(self, data: Bytes, header: int) -> None:
        self._data = data
        self._strings, self._string_table = _place_of(data, header, 0x38, 4)
        self._methods, self._method_table = _place_of(data, header, METHODS, 8)
        self._protos, self._proto_table = _words(data, header + 0x48, 2)
        if self._proto_table + 12 * self._protos > len(data):
            self._protos = 0
        try:
            self._types, self._type_table = _place_of(data, header, 0x40, 4)
        except ValueError:
            self._types = self._type_table = 0
        self._descriptors: dict[int, bytes] = {}
        self._prototypes: dict[int, str] = {}
        self._names: dict[int, str] = {}

    def methods(self, indices: array[int], types: tuple[str, ...]) -> list[tuple[str, str, str]]:
        """Return class, name and descriptor of methods."""
        data, table, prototypes, names = self._data, self._method_table, self._prototypes, self._names
        found = []
        for index in indices:
            if index >= self._methods:
                found.append(("", "", "()?"))
                continue
            owner, proto, name = _METHOD.unpack_from(data, table + 8 * index)
            shown = prototypes.get(proto)
            if shown is None:
                shown = prototypes[proto] = self._prototype(proto)
            named = names.get(name)
            if named is None:
                named = names[name] = mutf8(self._string(name, _LONGEST))
            found.append((types[owner] if owner < len(types) else "", named, shown))
        return found

    def _string(self, index: int, longest: int) -> bytes:
        if index >= self._strings:
            return b""
        at = self._string_table + 4 * index
        return _string(self._data, int.from_bytes(self._data[at : at + 4], "little"), longest, longest) or b""

    def _descriptor(self, type_: int) -> bytes:
        found = self._descriptors.get(type_)
        if found is None:
            at = self._type_table + 4 * type_
            index = int.from_bytes(self._data[at : at + 4], "little") if type_ < self._types else self._strings
            found = self._descriptors[type_] = self._string(index, _LONGEST_NAME) or b"?"
        return found

    def _prototype(self, number: int) -> str:
        """Return how the format writes a prototype, ``(ILcom/example/Foo;)V``; ``()?`` where it cannot be read."""
        data = self._data
        if number >= self._protos:
            return "()?"
        _, returned, parameters = _words(data, self._proto_table + 12 * number, 3)
        listed = array("H")
        if parameters and parameters + 4 <= len(data):
            (size,) = _words(data, parameters, 1)
            if size < 256 and parameters + 4 + 2 * size <= len(data):
                listed.frombytes(data[parameters + 4 : parameters + 4 + 2 * size])
                if sys.byteorder == "big":
                    listed.byteswap()
        return mutf8(b"(%b)%b" % (b"".join(map(self._descriptor, listed)), self._descriptor(returned)))


def _words(data: Bytes, at: int, count: int) -> array[int]:
    if not count:
        # a table of nothing lies nowhere, wherever it is said to stand
        return array("I")
    if count < 0 or at < 0 or at + 4 * count > len(data):
        raise ValueError(_OUTSIDE)
    words = array("I", data[at : at + 4 * count])
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _table(data: Bytes, header: int, place: int) -> array[int]:
    """Return the table of words whose size and offset stand at ``place`` in the header."""
    if header < 0 or header + 0x70 > len(data):
        raise ValueError(_OUTSIDE)
    count, at = _words(data, header + place, 2)
    return _words(data, at, count)


def _place_of(data: Bytes, header: int, place: int, width: int) -> tuple[int, int]:
    """Return how many entries a table has whose size and offset stand at ``place`` in the header, and where it starts."""
    if header < 0 or header + 0x70 > len(data):
        raise ValueError(_OUTSIDE)
    count, at = _words(data, header + place, 2)
    if count and at + width * count > len(data):
        raise ValueError(_OUTSIDE)
    return count, at


def _in_blocks(data: Bytes, starts: array[int]) -> Iterator[tuple[list[bytes], list[int]] | None]:
    """Yield the strings, many at a time, as :func:`_pieces` does; None, and no more, where that cannot be done.

    In every file that a compiler wrote the strings lie one behind the other, in the order of the table.
    """
    for first in range(0, len(starts), _BLOCK):
        block = _pieces(data, starts, first, min(first + _BLOCK, len(starts)))
        yield block
        if block is None:
            return


def _pieces(data: Bytes, starts: array[int], first: int, past: int) -> tuple[list[bytes], list[int]] | None:
    """Return some of the strings, each with its length before it; None where they do not lie one behind the other.

    With them come the indices of those before which there is more than one byte, or one that is not the number of their bytes:
    they are long, not ASCII, or the length lies.
    """
    from itertools import compress, count
    from operator import itemgetter

    begin = starts[first]
    # the next string starts behind the end of the last one
    end = starts[past] - 1 if past < len(starts) else data.find(b"\0", starts[-1] + 1)
    if end >= len(data) or begin > end or data[end]:
        return None
    # the empty string, which comes first, has a length that looks like an end
    empty = int(first == 0 and not data[begin])
    if empty and data[begin : begin + 2] != b"\0\0":
        return None
    number = past - first - empty
    pieces = memoryview(data)[begin + 2 * empty : end].tobytes().split(b"\0", max(number, 0))
    if len(pieces) != number or not all(pieces):
        return None
    if empty:
        pieces.insert(0, b"\0")
    sizes, ones = array("I", map(len, pieces)), int.from_bytes(b"\1\0\0\0" * len(pieces), "little")
    # the start of one + its length + 1 = the start of the next, for all at once
    here, next_ = _as_number(starts[first : past - 1]), _as_number(starts[first + 1 : past])
    if here + _as_number(sizes[:-1]) + (ones >> 32) != next_:
        return None
    stated = _as_number(array("I", map(itemgetter(0), pieces)))
    differ = stated + ones ^ _as_number(sizes) | stated & ones << 7
    odd = list(compress(count(), _as_words(differ, len(pieces))))
    return None if any(_is_endless(pieces[index]) for index in odd) else (pieces, odd)


def _as_number(words: array[int]) -> int:
    """Return words as one number that has the first of them last, so that what one has too many goes into the next."""
    return int.from_bytes(words.tobytes(), "little") if sys.byteorder == "little" else int.from_bytes(words[::-1].tobytes(), "big")


def _as_words(number: int, count: int) -> array[int]:
    """Return the words that :func:`_as_number` made a number of."""
    words = array("I", number.to_bytes(4 * count, "little"))
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _is_endless(piece: bytes) -> bool:
    """Tell whether the length before a string does not end where the string does."""
    return len(piece) < 6 and not piece.translate(None, _HIGH)


def _text_of(piece: bytes) -> bytes:
    """Return the bytes of a string that has its length before it."""
    at = 0
    while at < 5 and piece[at] & 0x80:
        at += 1
    return piece[at + 1 :]


def _string(data: Bytes, at: int, longest: int, budget: int) -> bytes | None:
    """Return a string's bytes; None where it cannot be read, or has ``longest`` bytes or more, or over ``budget``."""
    size, skipped = len(data), 0
    while at < size and data[at] & 0x80 and skipped < 5:
        at += 1
        skipped += 1
    end = data.find(b"\0", at + 1, at + 1 + longest) if at < size else -1
    return bytes(data[at + 1 : end]) if end >= 0 and end - at - 1 <= budget else None


def _strings(data: Bytes, header: int, longest: int, budget: int) -> Sequence[bytes | None]:
    found = []
    for at in _table(data, header, 0x38):
        raw = _string(data, at, longest, budget)
        budget -= len(raw or b"")
        found.append(raw)
    return found
