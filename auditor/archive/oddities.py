"""What about an archive no build tool writes: where readers of ZIP archives disagree, or something is hidden.

Every entry's two headers are compared, and every byte of the file is accounted for. What is ordinary is no oddity: zeros that align,
sizes behind the data, the signing block of an APK or HAP, the marker of a JAR, the space that incremental build tools leave.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from auditor.archive.records import (
    CENTRAL,
    CENTRAL_MAGIC,
    DEFLATED,
    DESCRIPTOR,
    ENCRYPTED,
    EOCD,
    EOCD64,
    EOCD64_LOCATOR,
    EOCD_MAGIC,
    HAP_MAGICS,
    LOCAL,
    LOCAL_MAGIC,
    OVERFLOW,
    STORED,
    Data,
    Directory,
    Entry,
    decode,
    listed,
    locator_of,
    zip64,
)
from auditor.archive.recover import DESCRIPTOR_MAGIC
from auditor.build import Oddity

__all__ = ["DIFFER", "Odd", "find_oddities"]

DIFFER = ("readers", "differ")
"""Said where the platform and a plain reader of archives find different content."""
_METHODS = (STORED, DEFLATED)
_MOST_EXTRA = 20_000
"""An extra field longer than this is no alignment: pages take 16 KiB."""
_MOST_RIVALS = 3
"""So many further directories are compared."""
_MOST_RATIO = 1032
"""Bytes that one deflated byte can stand for at most."""
_MOST = 12
"""So many oddities of one kind are told one by one."""
_SHORT = 3
"""Letters of a name that a tool has made short, at most."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SPLIT = re.compile(r"[\\/]")
_CODE = ((b"dex\n", "dex"), (b"\x7fELF", "elf"), (LOCAL_MAGIC, "zip"))


class Odd(NamedTuple):
    """One oddity of an archive."""

    kind: Oddity
    name: str = ""
    """The entry it is about; empty for the archive as a whole."""
    traits: tuple[tuple[str, str], ...] = ()
    """What its kind says beside; each at most once."""


Content = Callable[[Entry], bytes | None]
"""Gives what an entry holds, or None where it cannot be read."""


def find_oddities(
    data: Data, directory: Directory | None, others: Iterable[Directory], content: Content, noted: Collection[Odd]
) -> tuple[Odd, ...]:
    """Return what is odd about an archive: of each kind the first, and with each how many there are.

    Where the directory is lost, only what was noted is told. ``others`` are directories that further end records lead to,
    ``noted`` what was found while entries were read.
    """
    by_kind: dict[Oddity, dict[Odd, None]] = defaultdict(dict)
    sources: list[Iterable[Odd]] = [noted]
    if directory is not None:
        entries = [entry for _, entry in listed(data, directory)]
        sources += (
            _ends(data, directory, others, entries),
            _names(data, entries),
            _copies(entries, content),
            _headers(data, directory, entries, content),
        )
        if directory.claimed <= len(entries):
            sources.append(_bytes_between(data, directory, entries, content))
    for found in sources:
        for odd in found:
            by_kind[odd.kind][odd] = None
    return tuple(_counted(by_kind))


def _counted(by_kind: dict[Oddity, dict[Odd, None]]) -> Iterator[Odd]:
    for _, found in sorted(by_kind.items(), key=lambda pair: pair[0].value):
        # what readers disagree on is told first
        first = sorted(found, key=lambda odd: DIFFER not in odd.traits)[:_MOST]
        for odd in first:
            more = (("entries", str(len(found))),) if len(found) > _MOST else ()
            yield Odd(odd.kind, odd.name, tuple(sorted((*odd.traits, *more))))


# -- the end of the file --------------------------------------------------------------------------------------------


def _ends(data: Data, directory: Directory, others: Iterable[Directory], entries: list[Entry]) -> Iterator[Odd]:
    last = directory.last
    _, disk, first_disk, here, count, size, start, _ = EOCD.unpack_from(data, last)
    if trailing := len(data) - directory.comment_end(data):
        yield Odd(Oddity.TRAILING, "", (("bytes", str(trailing)),))
    # an archive kept inside has an end record too, and is nobody's rival
    rivals = [other for other in others if other.last > directory.start or other.comment_end(data) == len(data)]
    # further ones are told of and not compared: a comment has room for thousands
    for other in rivals[_MOST_RIVALS:]:
        yield Odd(Oddity.END_RECORDS, "", (("at", str(other.last)),))
    for other in rivals[:_MOST_RIVALS]:
        theirs = {entry.name: entry for _, entry in listed(data, other)}
        same = list(theirs.values()) == entries
        yield Odd(Oddity.END_RECORDS, "", (("at", str(other.last)), *(() if same else (DIFFER,))))
    # Android looks for the last of the four bytes that leave room for a record, and reads no other
    android = data.rfind(EOCD_MAGIC, 0, len(data) - EOCD.size + len(EOCD_MAGIC))
    if android not in (last, *(other.last for other in rivals)):
        yield Odd(Oddity.END_RECORDS, "", (("at", str(android)),))
    if (disk, first_disk) not in ((0, 0), (0xFFFF, 0xFFFF)):
        yield Odd(Oddity.DISKS, "", (("disk", f"{disk}, {first_disk}"),))
    if here != count:
        yield Odd(Oddity.COUNT, "", (("claimed", f"{here} / {count}"), ("found", str(len(entries)))))
    # one that counts more than there are has lost some: that is told otherwise
    if directory.claimed < len(entries):
        wraps = directory.claimed == len(entries) & 0xFFFF
        readers = () if wraps else (DIFFER,)
        claimed = (("claimed", str(directory.claimed)), ("found", str(len(entries))))
        yield Odd(Oddity.COUNT, "", (*claimed, *readers, *((("wraps", "yes"),) if wraps else ())))
    yield from _wide(data, directory, (count, size, start))
    if not entries:
        return
    end = max(end for end, _ in listed(data, directory))
    if end != directory.end or end > directory.record:
        yield Odd(Oddity.DIRECTORY_END, "", (("claimed", str(directory.end)), ("found", str(end))))
    between = directory.record - max(end, directory.end)
    if between > 0:
        yield Odd(Oddity.BEFORE_END, "", (("bytes", str(between)),))
        # a reader that counts back from the end record, as many do, finds what stands there
        at = directory.record - (directory.end - directory.start)
        if at != directory.start and data[at : at + 4] == CENTRAL_MAGIC:
            yield Odd(Oddity.TWO_DIRECTORIES, "", (("at", str(at)), DIFFER))


def _wide(data: Data, directory: Directory, narrow: tuple[int, int, int]) -> Iterator[Odd]:
    """Tell of a ZIP64 end record, and of one that contradicts the other."""
    locator = locator_of(data, directory.last)
    if locator is None:
        return
    yield Odd(Oddity.ZIP64)
    written = EOCD64_LOCATOR.unpack_from(data, locator)[2] + directory.shift
    if data[written : written + 4] != b"PK\x06\x06":
        yield Odd(Oddity.ZIP64_LIES, "", (("field", "locator"),))
        written = locator - EOCD64.size
        if written < 0 or data[written : written + 4] != b"PK\x06\x06":
            return
    if written + EOCD64.size > len(data):
        return
    count, size, start = EOCD64.unpack_from(data, written)[7:10]
    claims = zip(("count", "size", "offset"), narrow, (count, size, start), (0xFFFF, OVERFLOW, OVERFLOW), strict=True)
    for field, short, long, overflow in claims:
        if short not in (overflow, long):
            yield Odd(Oddity.ZIP64_LIES, "", (("field", field), ("values", f"{short}, {long}"), DIFFER))


# -- names ----------------------------------------------------------------------------------------------------------


def _names(data: Data, entries: list[Entry]) -> Iterator[Odd]:
    names = dict.fromkeys(entry.name for entry in entries)
    by_case: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_case[name.casefold()].append(name)
        if "\0" in name:
            yield Odd(Oddity.NAME_NUL, name, (DIFFER,))
        if ".." in name and ".." in _SPLIT.split(name):
            yield Odd(Oddity.NAME_LEADS_OUT, name)
        if name.startswith(("/", "\\")) or _DRIVE.match(name):
            yield Odd(Oddity.NAME_ABSOLUTE, name)
        if not name:
            yield Odd(Oddity.NAME_EMPTY, name)
    in_order = sorted(names)
    for name in names:
        below = bisect_left(in_order, f"{name}/")
        if name and below < len(in_order) and in_order[below].startswith(f"{name}/"):
            yield Odd(Oddity.FILE_AND_DIRECTORY, name)
    for alike in by_case.values():
        if len(alike) > 1 and not any(map(_is_minified, alike)):
            for name in alike:
                yield Odd(Oddity.NAME_CASE, name, (("beside", next(other for other in alike if other != name)),))
    for entry in entries:
        # bytes that break the flag of UTF-8 are escaped
        if not entry.name.isascii() or "\\x" in entry.name:
            raw = _raw_name(data, entry)
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                yield Odd(Oddity.NAME_ENCODING, entry.name)


def _is_minified(name: str) -> bool:
    """Tell whether a tool may have made a name short: such names differ by case alone in most release builds."""
    parts = name.split("/")
    return len(parts) > 1 and any(len(part.partition(".")[0]) <= _SHORT for part in parts[1:] or parts)


def _raw_name(data: Data, entry: Entry) -> bytes:
    start = entry.record + CENTRAL.size
    return data[start : start + int.from_bytes(data[entry.record + 28 : entry.record + 30], "little")]


# -- entries --------------------------------------------------------------------------------------------------------


def _copies(entries: list[Entry], content: Content) -> Iterator[Odd]:
    by_name: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_name[entry.name].append(entry)
    for name, copies in by_name.items():
        if len(copies) == 1:
            continue
        digests = [_digest(entry, content(entry)) for entry in copies[:_MOST]]
        differ = len(set(digests)) > 1
        told = (("copies", str(len(copies))), ("sha256", ", ".join(digests)))
        yield Odd(Oddity.DUPLICATE, name, (*told, *((DIFFER,) if differ else ())))


def _digest(entry: Entry, content: bytes | None) -> str:
    """Return the start of the SHA-256 of a copy; where it cannot be read, what the directory says of it."""
    import hashlib  # few archives have anything to compare

    return f"unread, CRC-32 {entry.crc:08x}" if content is None else hashlib.sha256(content).hexdigest()[:16]


def _headers(data: Data, directory: Directory, entries: list[Entry], content: Content) -> Iterator[Odd]:
    """Compare what each entry's two headers say."""
    length = len(data)
    for entry in entries:
        at = entry.offset + directory.shift
        yield from _record(data, entry, at, content)
        if at + LOCAL.size > length or data[at : at + 4] != LOCAL_MAGIC:
            yield Odd(Oddity.NO_DATA, entry.name, (("offset", str(at)),))
            continue
        _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack_from(data, at)
        name_at = at + LOCAL.size
        extra_at = name_at + name_length
        start = extra_at + extra_length
        raw = data[name_at:extra_at]
        if raw != _raw_name(data, entry):
            yield Odd(Oddity.LOCAL_NAME, entry.name, (("local", decode(raw, flags)), DIFFER))
        if method != entry.method:
            # each of the two methods makes other bytes of the same data
            differ = method in _METHODS and entry.method in _METHODS and entry.packed > 0
            traits = (("central", str(entry.method)), ("local", str(method)))
            yield Odd(Oddity.LOCAL_METHOD, entry.name, (*traits, *((DIFFER,) if differ else ())))
        if flags & ENCRYPTED and not entry.flags & ENCRYPTED:
            yield Odd(Oddity.ENCRYPTED_FLAG, entry.name, (("header", "local"),))
        if extra_length and (odd := _extra(data[extra_at:start])):
            yield Odd(Oddity.EXTRA, entry.name, (("header", "local"), *odd))
        if OVERFLOW in (packed, size):
            size, packed, _ = zip64(data[extra_at:start], size, packed)
        if not flags & DESCRIPTOR:
            yield from _sizes(entry, crc, packed, size)
        elif odd := _descriptor(data, start + entry.packed, entry):
            yield Odd(Oddity.DESCRIPTOR, entry.name, odd)
        if start + max(entry.packed, entry.size if entry.method == STORED else 0) > directory.start:
            yield Odd(Oddity.NO_DATA, entry.name, (("offset", str(at)), ("bytes", str(entry.packed))))


def _record(data: Data, entry: Entry, at: int, content: Content) -> Iterator[Odd]:
    """Tell what is odd about an entry's record in the directory alone; its local header stands at ``at``."""
    if entry.flags & ENCRYPTED:
        header = int.from_bytes(data[at + 6 : at + 8], "little") & ENCRYPTED
        yield Odd(Oddity.ENCRYPTED_FLAG, entry.name, (("header", "both" if header else "central"),))
    if entry.method not in _METHODS:
        inflated = entry.packed != entry.size and _inflates(entry, content)
        yield Odd(Oddity.UNKNOWN_METHOD, entry.name, (("method", str(entry.method)), *((DIFFER,) if inflated else ())))
    elif entry.method == STORED and entry.packed != entry.size:
        yield Odd(Oddity.STORED_SIZES, entry.name, (("packed", str(entry.packed)), ("size", str(entry.size)), DIFFER))
    elif entry.method == DEFLATED and entry.size > _MOST_RATIO * (entry.packed + 1):
        yield Odd(Oddity.WRONG_SIZE, entry.name, (("claimed", str(entry.size)), ("found", f"at most {_MOST_RATIO * entry.packed}")))
    name_length, extra_length = struct.unpack_from("<HH", data, entry.record + 28)
    if extra_length:
        start = entry.record + CENTRAL.size + name_length
        if odd := _extra(data[start : start + extra_length]):
            yield Odd(Oddity.EXTRA, entry.name, (("header", "central"), *odd))
    if OVERFLOW in (entry.packed, entry.size, entry.offset):
        yield Odd(Oddity.ZIP64_LIES, entry.name, (("field", "missing"),))


def _inflates(entry: Entry, content: Content) -> bool:
    """Tell whether data under an unknown method is deflated: Android's asset reader takes it for stored bytes all the same."""
    stored = content(Entry(entry.name, STORED, entry.flags, entry.crc, entry.size, entry.size, entry.offset, entry.record))
    return stored != content(entry)


def _sizes(entry: Entry, crc: int, packed: int, size: int) -> Iterator[Odd]:
    said = (("CRC-32", entry.crc, crc), ("packed", entry.packed, packed), ("size", entry.size, size))
    wrong = [(field, f"{central}, {local}") for field, central, local in said if central != local]
    if wrong:
        differ = any(field != "CRC-32" for field, _ in wrong)
        yield Odd(Oddity.LOCAL_SIZES, entry.name, (*wrong, *((DIFFER,) if differ else ())))


def _descriptor(data: Data, at: int, entry: Entry) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with the sizes behind an entry's data: with or without the mark, 32 or 64 bits wide."""
    if data[at : at + 4] == DESCRIPTOR_MAGIC:
        at += 4
    wanted = struct.pack("<I", entry.crc), entry.packed, entry.size
    found = data[at : at + 20]
    if found[:4] == wanted[0] and (found[4:12], found[4:20])[0] == struct.pack("<II", wanted[1] & OVERFLOW, wanted[2] & OVERFLOW):
        return ()
    if found == wanted[0] + struct.pack("<QQ", *wanted[1:]):
        return ()
    return (("found", found[:12].hex()),)


def _extra(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with an extra field. Zeros align data, whatever the format says of them."""
    if len(raw) > _MOST_EXTRA:
        return (("bytes", str(len(raw))),)
    at = 0
    while at + 4 <= len(raw):
        at += 4 + int.from_bytes(raw[at + 2 : at + 4], "little")
    # a field that claims more than there is makes all of it suspect, a rest that is too short for a field only itself
    rest = raw if at > len(raw) else raw[at:]
    return (("malformed", "yes"),) if rest.strip(b"\0") else ()


# -- every byte -----------------------------------------------------------------------------------------------------


def _bytes_between(data: Data, directory: Directory, entries: list[Entry], content: Content) -> Iterator[Odd]:
    """Account for every byte before the directory: overlapping entries, and what belongs to none."""
    spans: list[tuple[int, int, str]] = []
    for entry in entries:
        at = entry.offset + directory.shift
        if data[at : at + 4] == LOCAL_MAGIC and at + LOCAL.size <= len(data):
            name_length, extra_length = struct.unpack_from("<HH", data, at + 26)
            end = at + LOCAL.size + name_length + extra_length + entry.packed
            spans.append((at, min(end, len(data)), entry.name))
    by_name = {entry.name: entry for entry in reversed(entries)}
    reached, before = 0, ""
    for start, end, name in sorted(spans):
        if start < reached:
            yield Odd(Oddity.OVERLAP, name, (("with", before),))
        elif start > reached:
            yield from _unlisted(data, (reached, start), directory.shift, by_name, content)
        if end > reached:
            reached, before = end, name
    if entries:
        yield from _unlisted(data, (reached, _before_signature(data, directory.start, reached)), directory.shift, by_name, content)


def _before_signature(data: Data, end: int, lowest: int) -> int:
    """Return where the signing block of an APK or HAP before the directory starts; where there is none, the directory."""
    if end - lowest < 32:
        return end
    if data[end - 20 : end - 4] in HAP_MAGICS:
        start = end - int.from_bytes(data[end - 28 : end - 20], "little")
        return start if lowest <= start <= end - 32 else end
    size = int.from_bytes(data[end - 24 : end - 16], "little")
    start = end - size - 8
    return start if start >= lowest and int.from_bytes(data[start : start + 8], "little") == size else end


def _unlisted(data: Data, span: tuple[int, int], shift: int, by_name: dict[str, Entry], content: Content) -> Iterator[Odd]:
    """Tell what stands between two entries and belongs to none."""
    start, end = span
    if start and data[start : start + 4] == DESCRIPTOR_MAGIC:
        start += 24 if end - start == 24 else 16
    elif start and end - start in (12, 20):
        # the same without its mark
        return
    while start < end:
        if data[start : start + 4] == LOCAL_MAGIC and start + LOCAL.size <= end:
            _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack_from(data, start)
            name_at = start + LOCAL.size
            body = name_at + name_length + extra_length
            name = decode(data[name_at : name_at + name_length], flags)
            if name:
                hidden = content(Entry(name, method, flags, crc, packed, size, start - shift))
                listed = by_name.get(name)
                differ = listed is not None and hidden is not None and hidden != content(listed)
                yield Odd(Oddity.UNLISTED, name, (("at", str(start)), *((DIFFER,) if differ else ())))
            start = min(end, body + packed)
            if data[start : start + 4] == DESCRIPTOR_MAGIC:
                start = min(end, start + 16)
            continue
        # one that is cut off by the end is no header, and stands at the start itself
        found = data.find(LOCAL_MAGIC, start + 1, end)
        stop = found if found >= 0 else end
        piece = data[start : min(stop, start + (1 << 20))]
        if piece.strip(b"\0"):
            starts = next((word for magic, word in _CODE if piece.lstrip(b"\0").startswith(magic)), "")
            traits = (("at", str(start)), ("bytes", str(stop - start)), *((("starts", starts),) if starts else ()))
            if start:
                yield Odd(Oddity.UNLISTED_BYTES, "", traits)
            else:
                # old systems run a DEX file with an archive behind it, while readers of archives see the archive
                yield Odd(Oddity.PREFIX, "", (*traits, *((DIFFER,) if starts == "dex" else ())))
        start = stop
