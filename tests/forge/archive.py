"""Zip files written byte by byte, so that a test can plant any damage a reader has to survive.

Format: PKWARE APPNOTE.TXT 6.3.10. Entries are stored unless asked otherwise: deflated bytes depend on the zlib
build, stored ones are the same on every machine.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["DEFLATED", "STORED", "Entry", "deflate", "deflated_zeros", "write_zip"]

STORED = 0
DEFLATED = 8

FLAG_ENCRYPTED = 0x0001
FLAG_DESCRIPTOR = 0x0008
FLAG_UTF8 = 0x0800

# 1981-01-01 01:01:02, the time Android's own build tools write: no clock takes part.
DOS_TIME = 1 << 11 | 1 << 5 | 1
DOS_DATE = (1981 - 1980) << 9 | 1 << 5 | 1

# Extra field in which Android's signing tools note the alignment of a stored entry.
ALIGNMENT_EXTRA = 0xD935
ZIP64_EXTRA = 0x0001
MAX_32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of an archive. Fields set to None are filled in truthfully; the others are written as given."""

    name: str | bytes
    """Path; bytes are written as they are."""
    data: bytes = b""
    """The content, before compression."""
    method: int = STORED
    """How the content is really written: STORED or DEFLATED."""
    packed: bytes | None = None
    """The bytes to write as the compressed content, where they are not made from ``data``."""
    encoding: str = "utf-8"
    """How a text name becomes bytes (``gbk`` for what Chinese Windows tools write)."""
    utf8_flag: bool | None = None
    """Whether flag bit 11 is set; None = only where it is needed and true."""
    mode: int = 0
    """Unix file mode (``0o100755``); 0 = none, as Android's tools write."""
    descriptor: bool = False
    """Sizes and CRC only after the content, as streaming writers leave them."""
    encrypted: bool = False
    """Claims to be encrypted."""
    crc: int | None = None
    """CRC-32 to claim."""
    size: int | None = None
    """Uncompressed size to claim; from 4 GiB - 1 up it is written as zip64."""
    packed_size: int | None = None
    """Compressed size to claim."""
    claimed_method: int | None = None
    """Compression method to claim, in both headers."""
    local_name: str | bytes | None = None
    """Name in the local header, where it differs from the central directory's."""
    local_method: int | None = None
    """Compression method in the local header alone."""
    local_size: int | None = None
    """Uncompressed size in the local header alone."""
    local_packed_size: int | None = None
    """Compressed size in the local header alone."""
    local_crc: int | None = None
    """CRC-32 in the local header alone."""
    local_encrypted: bool | None = None
    """Whether the local header claims encryption, where it is not as in the directory."""
    described: tuple[int, int, int] | None = None
    """CRC-32, compressed and uncompressed size to write behind the content, where they are not the true ones."""
    extra: bytes = b""
    """Extra field of both headers."""
    local_extra: bytes = b""
    """More of it in the local header alone."""
    central_extra: bytes = b""
    """More of it in the central directory alone."""
    align: int = 1
    """The content's offset is made a multiple of this."""
    offset: int | None = None
    """Offset of the local header to claim."""
    hidden: bool = False
    """Written, but left out of the central directory."""


def deflate(data: bytes) -> bytes:
    """Return ``data`` as a raw deflate stream (zlib level 9)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def deflated_zeros(size: int) -> bytes:
    """Return a raw deflate stream of ``size`` zero bytes, without ever holding them: a zip bomb.

    Every chunk ends with a full flush, so the same compressed chunk can be repeated.
    """
    chunk = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(chunk)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size // chunk) + deflate(bytes(size % chunk))


def write_zip(
    entries: Iterable[Entry],
    *,
    comment: bytes = b"",
    prefix: bytes = b"",
    suffix: bytes = b"",
    before_directory: bytes = b"",
    between: bytes = b"",
    after_directory: bytes = b"",
    entry_count: int | None = None,
    directory_size: int | None = None,
    directory_offset: int | None = None,
    disk: int = 0,
    directory: bool = True,
    end: bool = True,
) -> bytes:
    """Return a zip archive.

    ``prefix`` and ``suffix`` are put before and after it (offsets count from the start of the file),
    ``before_directory`` between the last entry and the central directory, where APK signing blocks stand,
    ``between`` behind the first entry, ``after_directory`` before the end record.
    ``entry_count``, ``directory_size``, ``directory_offset`` and ``disk`` are what the end record claims;
    ``directory=False`` and ``end=False`` leave the parts out.
    """
    out = bytearray(prefix)
    central = bytearray()
    count = 0
    for entry in entries:
        local, record = _entry(entry, len(out))
        out += local
        out += between
        between = b""
        if not entry.hidden:
            central += record
            count += 1
    out += before_directory
    start = len(out)
    if directory:
        out += central
    if end:
        claimed = count if entry_count is None else entry_count
        size = len(out) - start if directory_size is None else directory_size
        offset = start if directory_offset is None else directory_offset
        out += after_directory
        out += struct.pack("<4sHHHHIIH", b"PK\5\6", disk, disk, claimed, claimed, size, offset, len(comment))
        out += comment
    return bytes(out + suffix)


def _entry(entry: Entry, at: int) -> tuple[bytes, bytes]:
    """Return the local header with its content, and the central directory record."""
    name, needs_flag = _name(entry.name, entry.encoding)
    if entry.packed is not None:
        packed = entry.packed
    elif entry.method == DEFLATED:
        packed = deflate(entry.data)
    else:
        packed = entry.data
    crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
    size = len(entry.data) if entry.size is None else entry.size
    packed_size = len(packed) if entry.packed_size is None else entry.packed_size
    method = entry.method if entry.claimed_method is None else entry.claimed_method
    flags = FLAG_UTF8 if (needs_flag if entry.utf8_flag is None else entry.utf8_flag) else 0
    flags |= FLAG_ENCRYPTED if entry.encrypted else 0
    flags |= FLAG_DESCRIPTOR if entry.descriptor else 0
    local_name = name if entry.local_name is None else _name(entry.local_name, entry.encoding)[0]
    local_method = method if entry.local_method is None else entry.local_method
    local_size = size if entry.local_size is None else entry.local_size
    common = entry.extra
    if max(size, packed_size, local_size) >= MAX_32:
        common += struct.pack("<HHQQ", ZIP64_EXTRA, 16, size, packed_size)
        size = local_size = packed_size = MAX_32
    local_packed = packed_size if entry.local_packed_size is None else entry.local_packed_size
    local_crc = crc if entry.local_crc is None else entry.local_crc
    local_sums = (0, 0, 0) if entry.descriptor else (local_crc, local_packed, local_size)
    local_flags = flags if entry.local_encrypted is None else flags & ~FLAG_ENCRYPTED | entry.local_encrypted
    extra = common + entry.local_extra
    extra += _alignment(at + 30 + len(local_name) + len(extra), entry.align)
    common += entry.central_extra
    local = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\3\4",
        20,
        local_flags,
        local_method,
        DOS_TIME,
        DOS_DATE,
        *local_sums,
        len(local_name),
        len(extra),
    )
    local += local_name + extra + packed
    if entry.descriptor:
        local += struct.pack("<4sIII", b"PK\7\x08", *(entry.described or (crc, packed_size, size)))
    record = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2",
        (3 << 8 if entry.mode else 0) | 20,
        20,
        flags,
        method,
        DOS_TIME,
        DOS_DATE,
        crc,
        packed_size,
        size,
        len(name),
        len(common),
        0,
        0,
        0,
        entry.mode << 16,
        at if entry.offset is None else entry.offset,
    )
    return local, record + name + common


def _name(name: str | bytes, encoding: str) -> tuple[bytes, bool]:
    """Return the name's bytes and whether they need flag bit 11."""
    if isinstance(name, bytes):
        return name, False
    data = name.encode(encoding)
    return data, encoding == "utf-8" and not name.isascii()


def _alignment(at: int, align: int) -> bytes:
    """Return an extra field that moves content from offset ``at`` to a multiple of ``align``."""
    if align < 2 or at % align == 0:
        return b""
    padding = -(at + 6) % align
    return struct.pack("<HHH", ALIGNMENT_EXTRA, 2 + padding, align) + bytes(padding)
