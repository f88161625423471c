"""resources.arsc: the few strings the manifest refers to.

Format: ResourceTypes.h of the Android Open Source Project (ResTable); which table the platform takes and which it refuses:
LoadedArsc.cpp and ChunkIterator.cpp. androguard reads configurations and values; the chunks on the way to one entry are walked
here, as reading all entries of a large app takes it many seconds.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Set

from auditor.build import Text
from auditor.extract.android.androguard_axml import androguard_axml
from auditor.extract.android.axml import clean
from auditor.extract.android.string_pool import StringPool

__all__ = ["ResourceError", "Resources", "missing_resource"]

_CHUNK = struct.Struct("<HHI")
_STRING_POOL, _TABLE, _PACKAGE, _TYPE, _TYPE_SPEC = 0x0001, 0x0002, 0x0200, 0x0201, 0x0202
_VARIES = 0xFFFFFFFF & ~0x60000400
"""Flags of an entry that say in which configurations it differs; the others are marks, and the platform's level."""
_TYPE_HEADER = struct.Struct("<BBHIII")
"""After the chunk header: type id, flags, reserved, entry count, start of entries, size of the configuration."""
_SPARSE, _OFFSET16 = 0x01, 0x02
_COMPLEX, _COMPACT = 0x0001, 0x0008
_REFERENCES, _STRING = (0x01, 0x07), 0x03
_PACKAGE_HEADER = 288
"""Bytes of a ResTable_package; older tables have none of its last four, the offset of type numbers."""
_MAX_HOPS = 8
_MAX_CONFIGURATIONS = 1_000

# what androguard's parsers raise on malformed input, found by feeding them damaged files
_ANDROGUARD_FAILS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnicodeError,
    ValueError,
    struct.error,
)


class ResourceError(Exception):
    """A resource table that cannot be read, or an entry it does not have; ``reason`` says why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


def missing_resource(reference: str) -> ResourceError:
    """Return what to raise where a table does not have what the manifest refers to."""
    return ResourceError(
        f"引用的资源 {reference} 在资源表中不存在或无法读取",
        f"refers to {reference}, which the resource table does not have or cannot be read",
    )


class Resources:
    """A resource table, asked for single strings."""

    def __init__(self, data: bytes) -> None:
        """Open ``resources.arsc``. Raises ResourceError where it cannot be read."""
        self._data = data
        self._fails = (*_ANDROGUARD_FAILS, androguard_axml().ResParserError)
        self._buffer = io.BufferedReader(io.BytesIO(data))
        self._packages: list[tuple[int, int, int, int]] = []
        strings: StringPool | None = None
        try:
            for kind, _, body, stop in _chunks(data, 0, len(data)):
                # whatever other chunk stands beside the table is passed over
                for chunk, at, start, end in _chunks(data, body, stop) if kind == _TABLE else ():
                    if chunk == _STRING_POOL and strings is None:
                        strings = StringPool(data, at)
                    elif chunk == _PACKAGE:
                        number: int = struct.unpack_from("<I", data, at + 8)[0]
                        self._packages.append((number, at, start, end))
            if strings is None:
                raise ValueError("no resource table, or one without strings")
        except (ValueError, struct.error) as error:
            why = " ".join(str(error).split())[:100]
            raise ResourceError("资源表已损坏，无法读取", f"is a damaged resource table ({why})") from None
        self._strings = strings

    def strings(self, reference: str) -> tuple[tuple[str, str], ...]:
        """Return (language, text) for each configuration of a reference such as ``@7F0B0001``; the default first.

        Languages read ``zh`` or ``zh-rCN``, the default is empty. Raises ResourceError where the table has no such text.
        """
        found: dict[str, str] = {}
        digits = reference.lstrip("@?").rpartition(":")[2]
        try:
            for language, text in self._resolve(int(digits, 16)):
                found.setdefault(language, text)
        except self._fails:
            # what was read before the damage still names the app
            pass
        if not found:
            raise missing_resource(reference)
        return tuple(sorted(found.items(), key=lambda item: (item[0] != "", item[0])))

    def string(self, reference: str) -> str:
        """Return the text of a reference in the plainest configuration. Raises ResourceError where the table has none."""
        return self.strings(reference)[0][1]

    def constant(self, reference: str) -> str:
        """Return the text of a reference that the table says is the same in every configuration; empty for any other.

        Only such a one may name a class in a manifest (TypedArray.getNonConfigurationString).
        """
        try:
            number = int(reference.lstrip("@").rpartition(":")[2], 16)
            for _ in range(_MAX_HOPS):
                found = next(self._values(number), None)
                if found is None or self._varies(number):
                    return ""
                _, kind, value = found
                if kind not in _REFERENCES:
                    return clean(self._strings.get(value) or "") if kind == _STRING else ""
                number = value
        except self._fails:
            pass
        return ""

    def paths(self, types: Set[str]) -> list[str]:
        """Return the files that resources of some types are, each once; those of tables that cannot be read are left out."""
        texts: dict[int, None] = {}
        for _, head, start, end in self._packages:
            try:
                numbers = self._type_numbers(head, start, types)
                for kind, at, body, stop in _chunks(self._data, start, end):
                    if kind == _TYPE and body - at >= 8 + _TYPE_HEADER.size and self._data[at + 8] in numbers:
                        texts.update(dict.fromkeys(value for found, value in _entries(self._data[at:stop], body - at) if found == _STRING))
            except (ValueError, struct.error, IndexError):
                continue
        return [text for index in texts if (text := self._strings.get(index))]

    def _type_numbers(self, head: int, start: int, types: Set[str]) -> set[int]:
        """Return the numbers of the types of a package that have one of these names (ResTable_package.typeStrings, .typeIdOffset)."""
        names = StringPool(self._data, head + struct.unpack_from("<I", self._data, head + 268)[0])
        offset = struct.unpack_from("<I", self._data, head + 284)[0] if start - head >= _PACKAGE_HEADER else 0
        return {number + 1 + offset for number in range(len(names)) if names.get(number) in types}

    def _varies(self, number: int) -> bool:
        """Tell whether the table says of an entry that it differs by configuration."""
        flags = 0
        for package, _, start, end in self._packages:
            if package == number >> 24:
                for kind, at, body, stop in _chunks(self._data, start, end):
                    place = body + 4 * (number & 0xFFFF)
                    if kind == _TYPE_SPEC and self._data[at + 8] == number >> 16 & 0xFF and place + 4 <= stop:
                        flags |= int.from_bytes(self._data[place : place + 4], "little")
        return bool(flags & _VARIES)

    def _resolve(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield (language, text) for a resource, following references to further ones."""
        format_value = androguard_axml().format_value
        asked = {number}
        pending = [(number, "", 0)]
        while pending:
            number, outer, hops = pending.pop(0)
            for language, kind, value in self._values(number):
                if kind in _REFERENCES:
                    if value not in asked and hops < _MAX_HOPS:
                        asked.add(value)
                        pending.append((value, outer or language, hops + 1))
                else:
                    shown = self._strings.get(value) or "" if kind == _STRING else format_value(kind, value)
                    yield outer or language, clean(shown)

    def _values(self, number: int) -> Iterator[tuple[str, int, int]]:
        """Yield (language, type, data) for each configuration an entry has; the plainest configuration first."""
        ARSCResTableConfig = androguard_axml().ARSCResTableConfig  # noqa: N806 - a class
        data = self._data
        found: list[tuple[bool, int, str, int, int]] = []
        for package, _, start, end in self._packages:
            if package != number >> 24:
                continue
            for kind, at, body, stop in _chunks(data, start, end):
                if kind != _TYPE or body - at < 8 + _TYPE_HEADER.size or data[at + 8] != number >> 16 & 0xFF:
                    continue
                _, flags, _, count, entries, config_size = _TYPE_HEADER.unpack_from(data, at + 8)
                entry = _entry(data[at:stop], flags, body - at, count, entries, number & 0xFFFF)
                if entry is None or not 16 <= config_size <= body - at - 20:
                    continue
                self._buffer.seek(at + 20)
                config = ARSCResTableConfig(self._buffer)
                language = config.get_language_and_region().strip("\0")
                found.append((not config.is_default(), len(found), clean(language), *entry))
                if len(found) >= _MAX_CONFIGURATIONS:
                    break
        for _, _, language, kind, value in sorted(found):
            yield language, kind, value


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (type, start, start of its content, end) of the chunks between two offsets. Raises ValueError.

    As on the device, one that reaches over the end ends the list, unless it is the first; any other fault refuses the table.
    """
    first = at
    while at < end:
        kind, head, length = _CHUNK.unpack_from(data, at) if at + 8 <= end else (0, 0, 0)
        if at != first and (at + 8 > end or at + length > end):
            return
        if head < 8 or length < head or at + length > end or (head | length) & 3:
            raise ValueError(f"the chunk at byte {at} does not fit")
        yield kind, at, at + head, at + length
        at += length


def _entries(chunk: bytes, offsets: int) -> Iterator[tuple[int, int]]:
    """Yield (type, data) of every entry of a ResTable_type chunk that holds one value."""
    _, flags, _, count, entries, _ = _TYPE_HEADER.unpack_from(chunk, 8)
    width = 2 if flags & _OFFSET16 and not flags & _SPARSE else 4
    table = chunk[offsets : min(entries, offsets + width * count)]
    if flags & _SPARSE:
        found = [value * 4 for _, value in struct.iter_unpack("<HH", table[: len(table) & ~3])]
    elif width == 2:
        found = [value * 4 for (value,) in struct.iter_unpack("<H", table[: len(table) & ~1]) if value != 0xFFFF]
    else:
        found = [value for (value,) in struct.iter_unpack("<I", table[: len(table) & ~3]) if value != 0xFFFFFFFF]
    for offset in found:
        if (entry := _value_at(chunk, entries + offset)) is not None:
            yield entry


def _entry(chunk: bytes, flags: int, offsets: int, count: int, entries: int, index: int) -> tuple[int, int] | None:
    """Return (type, data) of one entry of a ResTable_type chunk, or None where this configuration does not have it."""
    offset = None
    width = 2 if flags & _OFFSET16 and not flags & _SPARSE else 4
    table = chunk[offsets : min(entries, offsets + width * count)]
    if flags & _SPARSE:
        offset = next((value * 4 for at, value in struct.iter_unpack("<HH", table[: len(table) & ~3]) if at == index), None)
    elif width * (index + 1) <= len(table):
        raw = int.from_bytes(table[width * index : width * (index + 1)], "little")
        if raw != (1 << 8 * width) - 1:
            offset = raw * 4 if width == 2 else raw
    return None if offset is None else _value_at(chunk, entries + offset)


def _value_at(chunk: bytes, at: int) -> tuple[int, int] | None:
    """Return (type, data) of the ResTable_entry at ``at``; None where it holds no single value."""
    if at + 8 > len(chunk):
        return None
    size, bits, key = struct.unpack_from("<HHI", chunk, at)
    if bits & _COMPACT:
        return bits >> 8, key
    if bits & _COMPLEX or at + size + 8 > len(chunk):
        return None
    _, _, kind, value = struct.unpack_from("<HBBI", chunk, at + size)
    return kind, value
