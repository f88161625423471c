"""Members of an archive whose directory is lost or cut short, found by their local headers."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from auditor.archive.records import (
    CENTRAL_MAGIC,
    DEFLATED,
    DESCRIPTOR,
    LOCAL,
    LOCAL_MAGIC,
    OVERFLOW,
    Data,
    Entry,
    central_entries,
    decode,
    zip64,
)

__all__ = ["DESCRIPTOR_MAGIC", "Exhausted", "Recovered", "recover"]

DESCRIPTOR_MAGIC = b"PK\x07\x08"
_STEP = 1 << 16


class Exhausted(Exception):
    """So much work may be spent on looking, and no more."""


class Recovered(NamedTuple):
    """What could be found without the directory."""

    entries: dict[str, Entry]
    """By name, in the order of the file; of equal names the first."""
    copies: dict[str, list[Entry]]
    """Further entries of names that stand more than once."""
    lost: tuple[str, ...]
    """Names that are told, and whose data is not all there."""


def recover(data: Data, most: int, spend: Callable[[int], None]) -> Recovered:
    """Walk through an archive by its local headers, and through what is left of its directory.

    At most ``most`` entries are found; ``spend`` is told the bytes worked through beside the headers, and raises Exhausted
    where they are too many: then what was found by then is returned.
    """
    found = Recovered({}, {}, ())
    lost: dict[str, None] = {}
    with contextlib.suppress(Exhausted):
        for entry, whole in _walk(data, spend):
            if len(found.entries) >= most:
                break
            known = found.entries.get(entry.name)
            if not whole:
                lost[entry.name] = None
            elif known is None or (known.offset == entry.offset and entry.record >= 0):
                # what is left of the directory says the same as a header, and more surely
                found.entries[entry.name] = entry
            elif known.offset != entry.offset:
                found.copies.setdefault(entry.name, []).append(entry)
    return found._replace(lost=tuple(name for name in lost if name not in found.entries))


def _walk(data: Data, spend: Callable[[int], None]) -> Iterator[tuple[Entry, bool]]:
    """Yield what headers tell of, and whether its data is all there."""
    at = data.find(LOCAL_MAGIC)
    while 0 <= at < len(data):
        head = data[at : at + 4]
        if head == LOCAL_MAGIC:
            entry, end = _local(data, at, spend)
            if entry is None:
                return
            # a header without a name fills a place where a build tool has taken an entry out
            if entry.name:
                yield entry, end <= len(data)
            at = end + 16 if data[end : end + 4] == DESCRIPTOR_MAGIC else end
        elif head == CENTRAL_MAGIC:
            directory, at = at, at + 4
            for end, entry in central_entries(data, directory, len(data)):
                start, at = entry.offset, end
                yield entry, data[start : start + 4] == LOCAL_MAGIC and start + LOCAL.size + entry.packed <= directory
        else:
            nexts = [place for magic in (LOCAL_MAGIC, CENTRAL_MAGIC) if (place := data.find(magic, at)) >= 0]
            spend((min(nexts) if nexts else len(data)) - at)
            at = min(nexts, default=-1)


def _local(data: Data, at: int, spend: Callable[[int], None]) -> tuple[Entry | None, int]:
    """Return what the local header at ``at`` tells of, and where its data ends: past the file's end where it is cut off."""
    if at + LOCAL.size > len(data):
        return None, len(data)
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack_from(data, at)
    start = at + LOCAL.size + name_length + extra_length
    if start > len(data):
        return None, len(data)
    name = decode(data[at + LOCAL.size : at + LOCAL.size + name_length], flags)
    if OVERFLOW in (packed, size):
        size, packed, _ = zip64(data[start - extra_length : start], size, packed)
    end = start + packed
    if flags & DESCRIPTOR and not packed:
        crc, packed, size = _streamed(data, start, method, spend)
        end = start + packed
    return Entry(name, method, flags, crc, packed, size, at), end


def _streamed(data: Data, start: int, method: int, spend: Callable[[int], None]) -> tuple[int, int, int]:
    """Return CRC-32, packed size and size of data whose header does not tell them; a packed size past the end where it is cut off."""
    if method == DEFLATED:
        inflater, crc, size, at = zlib.decompressobj(-15), 0, 0, start
        try:
            while not inflater.eof and at < len(data):
                part = inflater.unconsumed_tail or data[at : at + _STEP]
                at += 0 if inflater.unconsumed_tail else len(part)
                out = inflater.decompress(part, _STEP)
                spend(len(out) + 64)
                crc, size = zlib.crc32(out, crc), size + len(out)
            while inflater.unconsumed_tail and not inflater.eof:
                out = inflater.decompress(inflater.unconsumed_tail, _STEP)
                spend(len(out) + 64)
                crc, size = zlib.crc32(out, crc), size + len(out)
        except zlib.error:
            return 0, len(data), 0
        return (crc, at - len(inflater.unused_data) - start, size) if inflater.eof else (0, len(data), 0)
    at = data.find(DESCRIPTOR_MAGIC, start)
    while at >= 0:
        spend(at - start)
        if at + 16 <= len(data):
            crc, packed, size = struct.unpack_from("<III", data, at + 4)
            if packed == at - start:
                return crc, packed, size
        at = data.find(DESCRIPTOR_MAGIC, at + 4)
    return 0, len(data), 0
