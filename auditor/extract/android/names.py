"""What the tables of a DEX file name: its strings, its types, and which methods and fields have a name that is looked for.

Each function uses its C twin (auditor/_native/dexnames.c) where that was built, else the stdlib one below; both give the same.
Strings may share their bytes, so that a small file could ask for any amount of memory: only so many bytes are read.
"""

from __future__ import annotations

import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

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
    return [raw or b"" for raw in _strings(data, header, _LONGEST, 2 * len(data))]


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
    numbers = {name: number for number, name in enumerate(names)}
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
    strings = _table(data, header, 0x38)
    found = []
    for index in _table(data, header, 0x40):
        raw = _string(data, strings[index], _LONGEST_NAME, budget) if index < len(strings) else None
        budget -= len(raw or b"")
        found.append(class_name_of(raw or b""))
    return tuple(found)


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
    _table(data, header, 0x38)
    types = _table(data, header, 0x40)
    count, at = _words(data, header + place, 2)
    words = _words(data, at, 2 * count)
    owners = {index for index, name in enumerate(types) if name < len(flags) and flags[name] & OWNER}
    found = array("I")
    for index, name in enumerate(words[1::2]):
        wanted = flags[name] if name < len(flags) else 0
        if wanted & ANY or (wanted & OWNED and words[2 * index] & 0xFFFF in owners):
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
    strings = _table(data, header, 0x38)
    count, at = _words(data, header + METHODS, 2)
    words = _words(data, at, 2 * count)
    try:
        type_table = _table(data, header, 0x40)
    except ValueError:
        type_table = array("I")
    protos: dict[int, str] = {}
    found = []
    for index in indices:
        if index >= count:
            found.append(("", "", "()?"))
            continue
        owner, proto, name = words[2 * index] & 0xFFFF, words[2 * index] >> 16, words[2 * index + 1]
        if proto not in protos:
            protos[proto] = _prototype(data, header, proto, strings, type_table)
        raw = _string(data, strings[name], _LONGEST, _LONGEST) if name < len(strings) else None
        found.append((types[owner] if owner < len(types) else "", mutf8(raw or b""), protos[proto]))
    return found


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


def _prototype(data: Bytes, header: int, number: int, strings: array[int], types: array[int]) -> str:
    """Return how the format writes a prototype, ``(ILcom/example/Foo;)V``; ``()?`` where it cannot be read."""

    def descriptor(type_: int) -> bytes:
        index = types[type_] if type_ < len(types) else len(strings)
        return (_string(data, strings[index], _LONGEST_NAME, _LONGEST_NAME) if index < len(strings) else None) or b"?"

    count, at = _words(data, header + 0x48, 2)
    if number >= count or at + 12 * count > len(data):
        return "()?"
    _, returned, parameters = _words(data, at + 12 * number, 3)
    listed = b""
    if parameters and parameters + 4 <= len(data):
        (size,) = _words(data, parameters, 1)
        if size < 256 and parameters + 4 + 2 * size <= len(data):
            listed = bytes(data[parameters + 4 : parameters + 4 + 2 * size])
    given = b"".join(descriptor(int.from_bytes(listed[one : one + 2], "little")) for one in range(0, len(listed), 2))
    return mutf8(b"(" + given + b")" + descriptor(returned))


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
