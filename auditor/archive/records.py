"""The records a ZIP archive is made of, found and taken apart: end records, central directory, local headers.

Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (ZIP64). What Android takes of it: libziparchive's zip_archive.cc
of the Android Open Source Project.
"""

from __future__ import annotations

import struct
from mmap import mmap

from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CENTRAL",
    "CENTRAL_MAGIC",
    "DEFLATED",
    "DESCRIPTOR",
    "ENCRYPTED",
    "EOCD",
    "EOCD64",
    "EOCD64_LOCATOR",
    "EOCD_MAGIC",
    "HAP_MAGICS",
    "LOCAL",
    "LOCAL_MAGIC",
    "OVERFLOW",
    "STORED",
    "Data",
    "Directory",
    "Entry",
    "central_entries",
    "decode",
    "directories",
    "end_records",
    "listed",
    "locator_of",
    "zip64",
]

Data = mmap | bytes
"""What archives are read from."""

EOCD = struct.Struct("<4s4H2IH")
HAP_MAGICS = (b"<hap sign block>", b"HAP Sig Block 42")
"""Letters near the end of the signing block of a HarmonyOS module: since its version 3, and before."""
EOCD_MAGIC = b"PK\x05\x06"
EOCD64_LOCATOR = struct.Struct("<4sIQI")
EOCD64_LOCATOR_MAGIC = b"PK\x06\x07"
EOCD64 = struct.Struct("<4sQ2H2I4Q")
EOCD64_MAGIC = b"PK\x06\x06"
CENTRAL = struct.Struct("<4s6H3I5H2I")
CENTRAL_MAGIC = b"PK\x01\x02"
LOCAL = struct.Struct("<4s5H3I2H")
LOCAL_MAGIC = b"PK\x03\x04"
STORED, DEFLATED = 0, 8
ENCRYPTED, DESCRIPTOR, UTF8 = 0x1, 0x8, 0x800
OVERFLOW, OVERFLOW_16 = 0xFFFFFFFF, 0xFFFF
"""What stands in a field whose value is too large for it; ZIP64 has the value."""
_MAX_COMMENT = 0xFFFF


class Entry(NamedTuple):
    """One entry of the central directory."""

    name: str
    """Path, decoded: UTF-8 where the bytes are UTF-8 (flagged or not), else GBK, else code page 437."""
    method: int
    flags: int
    crc: int
    packed: int
    """Compressed size in bytes."""
    size: int
    """Uncompressed size in bytes, as declared."""
    offset: int
    """Where its local header starts."""
    record: int = -1
    """Where its record in the central directory starts; -1 where it has none."""

    @property
    def plausible(self) -> bool:
        """Whether method and sizes fit each other, as whatever Android's tools write does."""
        return (self.method, self.packed == self.size) in ((STORED, True), (DEFLATED, False))


class Directory(NamedTuple):
    """A central directory, as an end record has it."""

    start: int
    """Where it starts in the file."""
    claimed: int
    """How many entries it has, as the end record says."""
    end: int
    """Where it ends, as the end record says."""
    shift: int
    """Bytes before the archive proper, to be added to every offset."""
    record: int
    """Where the end record stands; that of ZIP64 where there is one."""
    last: int
    """Where the end record proper stands."""

    def comment_end(self, data: Data) -> int:
        """Return where the end record's comment ends: the end of a sound file."""
        return self.last + EOCD.size + int.from_bytes(data[self.last + 20 : self.last + 22], "little")


def end_records(data: Data) -> list[int]:
    """Return where end records may stand, likeliest first.

    The last one is Android's, and its comment has to end with the file. Where it does not, those whose comment does come
    first: a comment may hold the same four bytes.
    """
    found: list[tuple[bool, int]] = []
    lowest = max(0, len(data) - EOCD.size - _MAX_COMMENT)
    at = data.rfind(EOCD_MAGIC, lowest)
    while at >= 0:
        if at + EOCD.size <= len(data):
            end = at + EOCD.size + int.from_bytes(data[at + 20 : at + 22], "little")
            if end <= len(data):
                found.append((end < len(data), -at))
        at = data.rfind(EOCD_MAGIC, lowest, at + 3)
    return [-at for _, at in sorted(found)]


def directories(data: Data) -> list[Directory]:
    """Return the directories that end records lead to, the likeliest first; those with entries before those without."""
    found = [directory for at in end_records(data) if (directory := _directory_of(data, at)) is not None]
    return sorted(found, key=lambda directory: directory.start == directory.record)


def _directory_of(data: Data, last: int) -> Directory | None:
    """Return what the end record at ``last`` leads to, or None where that is nothing."""
    _, _, _, _, count, size, start, _ = EOCD.unpack_from(data, last)
    at = _wide_record(data, last)
    record = last if at is None else at
    if at is not None and (count == OVERFLOW_16 or OVERFLOW in (size, start)):
        count, size, start = EOCD64.unpack_from(data, at)[7:10]
    if count == size == 0:
        return Directory(start=record, claimed=0, end=record, shift=0, record=record, last=last)
    shifts = [0]
    # The offset as written is the only one Android looks at. Bytes put before an archive shift it; but where the file
    # itself starts like an archive, what ends here is another one inside it, and its own end is lost.
    if data[:4] != LOCAL_MAGIC:
        shifts.append(record - size - start)
    for shift in shifts:
        at = start + shift
        if shift >= 0 and at <= record and data[at : at + 4] == CENTRAL_MAGIC:
            return Directory(start=at, claimed=count, end=at + size, shift=shift, record=record, last=last)
    return None


def _wide_record(data: Data, last: int) -> int | None:
    """Return where the ZIP64 end record stands: the place written, or the one it must have where bytes were put before the archive."""
    locator = locator_of(data, last)
    if locator is None:
        return None
    for at in (EOCD64_LOCATOR.unpack_from(data, locator)[2], locator - EOCD64.size):
        if 0 <= at <= locator - EOCD64.size and data[at : at + 4] == EOCD64_MAGIC:
            return int(at)
    return None


def locator_of(data: Data, last: int) -> int | None:
    """Return where the locator of a ZIP64 end record stands: right before the end record at ``last``, or nowhere."""
    locator = last - EOCD64_LOCATOR.size
    return locator if locator >= 0 and data[locator : locator + 4] == EOCD64_LOCATOR_MAGIC else None


def central_entries(data: Data, at: int, end: int) -> Iterator[tuple[int, Entry]]:
    """Yield each entry of the directory between ``at`` and ``end``, with the place its record ends."""
    last = min(end - 1, len(data) - CENTRAL.size)
    while at <= last:
        fields = CENTRAL.unpack_from(data, at)
        if fields[0] != CENTRAL_MAGIC:
            return
        record, name_at = at, at + CENTRAL.size
        _, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length, _, _, _, offset = fields
        at = name_at + name_length + extra_length + comment_length
        if at > len(data):
            return
        raw = data[name_at : name_at + name_length]
        if packed == OVERFLOW or size == OVERFLOW or offset == OVERFLOW:
            extra = data[name_at + name_length : name_at + name_length + extra_length]
            size, packed, offset = zip64(extra, size, packed, offset)
        yield at, Entry(decode(raw, flags), method, flags, crc, packed, size, offset, record)


def listed(data: Data, directory: Directory) -> Iterator[tuple[int, Entry]]:
    """Yield the entries of a directory, each with the place its record ends: to where it ends, or as many as it claims to have."""
    for seen, (end, entry) in enumerate(central_entries(data, directory.start, directory.record)):
        if entry.record >= directory.end and seen >= directory.claimed:
            return
        yield end, entry


def zip64(extra: bytes, size: int, packed: int, offset: int = 0) -> tuple[int, int, int]:
    """Return size, packed size and offset, each from the ZIP64 field of an extra field where it overflows."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            body = extra[at + 4 : at + 4 + length]
            values = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            size = next(values, size) if size == OVERFLOW else size
            packed = next(values, packed) if packed == OVERFLOW else packed
            offset = next(values, offset) if offset == OVERFLOW else offset
            break
        at += 4 + length
    return size, packed, offset


def decode(raw: bytes, flags: int) -> str:
    """Decode an entry name; tools on Chinese systems write UTF-8 or GBK without saying so."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    if flags & UTF8:
        return raw.decode("utf-8", "backslashreplace")
    try:
        return raw.decode("gbk")
    except UnicodeDecodeError:
        return raw.decode("cp437")
