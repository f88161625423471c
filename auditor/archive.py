"""A build file opened safely: entries read in place from a ZIP container, within limits, never written to disk.

The central directory alone says what is inside, as Android's installer has it (libziparchive): the "encrypted" flag is not
believed, any compression method but 0 is taken for deflate, and local headers only tell where the data starts. Format:
PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (ZIP64).
"""

from __future__ import annotations

import fnmatch
import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from auditor.errors import BuildError
from auditor.model import Text

__all__ = ["Archive", "Entry", "Limits", "Unreadable"]

_EOCD = struct.Struct("<4s4H2IH")
_EOCD_MAGIC = b"PK\x05\x06"
_EOCD64_LOCATOR = struct.Struct("<4sIQI")
_EOCD64 = struct.Struct("<4sQ2H2I4Q")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_CENTRAL_MAGIC = b"PK\x01\x02"
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_MAX_COMMENT = 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800
_BOMB_SIZE = 64 << 20
"""Below this many bytes a high ratio is no danger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a build may ask of the machine; generous for any real app, small for a bomb."""

    entries: int = 300_000
    """Entries in one archive."""
    entry_bytes: int = 1 << 30
    """Uncompressed size of one entry."""
    total_bytes: int = 8 << 30
    """Sum of everything inflated from one build file."""
    ratio: int = 200
    """Uncompressed over compressed size, for entries of 64 MiB and more."""
    depth: int = 3
    """Archives inside archives."""


class Unreadable(Exception):
    """One entry cannot be read; ``reason`` says why in both languages."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
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


@dataclass(slots=True)
class _Budget:
    left: int


@dataclass(slots=True)
class Archive:
    """The entries of a ZIP container, readable by name.

    ``damaged`` collects, by entry name, what was read although something about it is wrong (a bad checksum); the caller
    turns it into gaps. Use :meth:`open` for files and :meth:`nested` for archives inside.
    """

    path: str
    """Prefix of every entry's place: empty for the build file itself, ``a.zip!/`` for a nested archive."""
    entries: dict[str, Entry]
    """By name, in the order of the central directory; of duplicate names the first."""
    duplicates: tuple[str, ...]
    """Names that stand more than once."""
    size: int
    sha256: str
    """Of the whole file, lower-case hex; empty for a nested archive."""
    damaged: dict[str, Text] = field(default_factory=dict)
    _data: mmap.mmap | bytes = b""
    _directory: int = 0
    """Where the central directory starts in the file."""
    _shift: int = 0
    """Bytes before the archive proper, to be added to every offset."""
    _limits: Limits = field(default_factory=Limits)
    _budget: _Budget = field(default_factory=lambda: _Budget(0))
    _depth: int = 0

    @classmethod
    def open(cls, path: Path, limits: Limits | None = None) -> Archive:
        """Open a build file. Raises BuildError when it is not there, not a file, not readable, or no ZIP archive."""
        limits = limits or Limits()
        try:
            if path.is_dir():
                raise BuildError(f"{path} is a directory", "give the path of an .apk or .ipa file")
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size == 0:
                    raise BuildError(f"{path} is empty", "the download or copy may have failed; get the file again")
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise BuildError(f"{path} does not exist", "check the path") from None
        except PermissionError:
            raise BuildError(f"{path} may not be read", "check the file's permissions") from None
        except (OSError, ValueError) as error:
            raise BuildError(f"{path} cannot be read ({error})", "check the path") from None
        try:
            return cls._read(str(path), "", data, digest, limits, _Budget(limits.total_bytes), 0)
        except BuildError:
            data.close()
            raise

    @classmethod
    def _read(
        cls, shown: str, prefix: str, data: mmap.mmap | bytes, digest: str, limits: Limits, budget: _Budget, depth: int
    ) -> Archive:
        start, count, shift = _find_directory(shown, data)
        entries: dict[str, Entry] = {}
        duplicates: list[str] = []
        seen = 0
        for entry in _central_entries(data, start):
            seen += 1
            if seen > limits.entries:
                raise BuildError(f"{shown} holds more than {limits.entries} entries", "this is no app build")
            if entry.name in entries:
                duplicates.append(entry.name)
            else:
                entries[entry.name] = entry
        # the 16-bit count of the end record wraps, so only its low bits can be compared
        if seen & 0xFFFF != count & 0xFFFF:
            raise BuildError(
                f"{shown}: the archive's directory is cut short ({seen} of {count} entries)",
                "the file is damaged; get it again",
            )
        return cls(
            path=prefix,
            entries=entries,
            duplicates=tuple(dict.fromkeys(duplicates)),
            size=len(data),
            sha256=digest,
            _data=data,
            _directory=start,
            _shift=shift,
            _limits=limits,
            _budget=budget,
            _depth=depth,
        )

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        if isinstance(self._data, mmap.mmap):
            self._data.close()

    # -- finding --------------------------------------------------------------------------------------------------

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def names(self) -> list[str]:
        """Return every entry name, in archive order."""
        return list(self.entries)

    def matching(self, pattern: str) -> list[str]:
        """Return the names that match a glob in which ``*`` also crosses ``/``."""
        return fnmatch.filter(self.entries, pattern)

    def place(self, name: str) -> str:
        """Return the path reports print for an entry: ``a.zip!/b`` inside a nested archive."""
        return self.path + name

    # -- reading --------------------------------------------------------------------------------------------------

    def magic(self, name: str, length: int = 8) -> bytes:
        """Return the first bytes of an entry, or fewer, without reading the rest; b"" where it cannot be read."""
        entry = self.entries[name]
        # the code tables of one deflate block take some 600 bytes, and empty blocks may stand before it
        most = 1024
        while True:
            try:
                raw = self._raw(entry, most)
                found = raw[:length] if entry.method == _STORED else zlib.decompressobj(-15).decompress(raw, length)
            except Unreadable:
                return b""
            except zlib.error:
                return bytes(raw[:length]) if entry.packed == entry.size else b""
            if len(found) >= min(length, entry.size) or most >= entry.packed:
                return bytes(found)
            most *= 16

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return an entry's bytes. Raises KeyError for an unknown name and Unreadable for one that cannot be read.

        ``limit`` (bytes) is the most the caller has use for; the archive's own limits hold beside it.
        """
        entry = self.entries[name]
        most = min(self._limits.entry_bytes, limit or self._limits.entry_bytes)
        if entry.size > most:
            raise Unreadable(
                Text(
                    zh=f"声明的大小 {entry.size} 字节超过上限 {most} 字节，未读取",
                    en=f"declares {entry.size} bytes, over the limit of {most}; not read",
                )
            )
        if entry.size > _BOMB_SIZE and entry.size > self._limits.ratio * max(entry.packed, 1):
            raise Unreadable(
                Text(
                    zh=f"压缩比超过 {self._limits.ratio}，疑似压缩炸弹，未读取",
                    en=f"compressed more than {self._limits.ratio} to 1, like a decompression bomb; not read",
                )
            )
        if entry.size > self._budget.left:
            raise Unreadable(
                Text(zh="已达到整个文件的解压总量上限，未读取", en="the limit on all bytes inflated is used up; not read")
            )
        data = self._inflate(entry)
        self._budget.left -= len(data)
        if len(data) != entry.size:
            raise Unreadable(
                Text(
                    zh=f"解压得到 {len(data)} 字节，目录声明 {entry.size} 字节；文件已损坏",
                    en=f"inflates to {len(data)} bytes where the directory says {entry.size}; the file is damaged",
                )
            )
        if zlib.crc32(data) != entry.crc:
            self.damaged[name] = Text(
                zh="内容与其 CRC-32 校验值不符；按读到的内容继续，但内容可能已损坏",
                en="does not match its CRC-32; read as it stands, but it may be damaged",
            )
        return data

    def nested(self, name: str) -> Archive:
        """Open an archive inside this one. Raises Unreadable when it cannot be, or lies too deep."""
        if self._depth + 1 > self._limits.depth:
            raise Unreadable(
                Text(zh=f"嵌套超过 {self._limits.depth} 层，未读取", en=f"nested deeper than {self._limits.depth}; not read")
            )
        data = self.read(name)
        try:
            return self._read(
                name, self.place(name) + "!/", data, "", self._limits, self._budget, self._depth + 1
            )
        except BuildError as error:
            raise Unreadable(
                Text(zh="其中的压缩包无法打开，可能已损坏", en=f"the archive inside cannot be opened: {error.message}")
            ) from None

    def before_directory(self, magic: bytes) -> bytes | None:
        """Return the pairs of the APK Signing Block, which stands right before the central directory, or None.

        ``magic`` is the block's closing 16 bytes; its size stands before them and again at its start.
        """
        end = self._directory
        if end < 32 or self._data[end - 16 : end] != magic:
            return None
        size = int.from_bytes(self._data[end - 24 : end - 16], "little")
        start = end - size - 8
        if start < 0 or int.from_bytes(self._data[start : start + 8], "little") != size:
            return None
        return self._data[start + 8 : end - 24]

    def _raw(self, entry: Entry, most: int | None = None) -> bytes:
        data, at = self._data, entry.offset + self._shift
        if at < 0 or at + _LOCAL.size > len(data) or data[at : at + 4] != _LOCAL_MAGIC:
            raise Unreadable(
                Text(zh="目录指向的位置没有该条目的数据；文件已损坏", en="the directory points at no data; the file is damaged")
            )
        name_length, extra_length = struct.unpack_from("<HH", data, at + 26)
        start = at + _LOCAL.size + name_length + extra_length
        length = entry.packed if most is None else min(entry.packed, most)
        raw = data[start : start + length]
        if len(raw) != length:
            raise Unreadable(Text(zh="数据在文件末尾被截断", en="its data is cut off by the end of the file"))
        return raw

    def _inflate(self, entry: Entry) -> bytes:
        raw = self._raw(entry)
        if entry.method == _STORED:
            return raw
        try:
            inflater = zlib.decompressobj(-15)
            data = inflater.decompress(raw, entry.size + 1)
        except zlib.error:
            data = b""
        else:
            if len(data) == entry.size:
                return data
        if entry.method != _DEFLATED and entry.packed == entry.size:
            return raw
        if entry.flags & _ENCRYPTED:
            raise Unreadable(
                Text(zh="条目已加密，无法读取；请提供未加密的安装包", en="is encrypted; supply a build that is not")
            )
        if entry.method != _DEFLATED:
            raise Unreadable(
                Text(zh=f"压缩方法 {entry.method} 无法读取", en=f"uses compression method {entry.method}, which cannot be read")
            )
        if data:
            return data
        raise Unreadable(Text(zh="压缩数据已损坏，无法解压", en="its compressed data is damaged"))


def _find_directory(shown: str, data: mmap.mmap | bytes) -> tuple[int, int, int]:
    """Return (start of the central directory, entries it should hold, bytes before the archive)."""
    not_zip = BuildError(f"{shown} is no ZIP archive", "an Android .apk or iOS .ipa is expected")
    lowest = max(0, len(data) - _EOCD.size - _MAX_COMMENT)
    at = data.rfind(_EOCD_MAGIC, lowest)
    # the record proper is the one whose comment ends with the file; a comment may hold the same four bytes
    while at >= 0:
        if at + _EOCD.size <= len(data):
            record = _EOCD.unpack_from(data, at)
            if at + _EOCD.size + record[7] <= len(data):
                break
        at = data.rfind(_EOCD_MAGIC, lowest, at + 3) if at > lowest else -1
    if at < 0:
        if data[:4] in (_LOCAL_MAGIC, _CENTRAL_MAGIC):
            raise BuildError(f"{shown} is cut short: the archive's directory is missing", "get the file again")
        raise not_zip
    _, _, _, _, count, size, start, _ = record
    end = at
    if count == 0xFFFF or size == 0xFFFFFFFF or start == 0xFFFFFFFF:
        locator = at - _EOCD64_LOCATOR.size
        if locator >= 0 and data[locator : locator + 4] == b"PK\x06\x07":
            at64 = _EOCD64_LOCATOR.unpack_from(data, locator)[2]
            if at64 + _EOCD64.size <= len(data) and data[at64 : at64 + 4] == b"PK\x06\x06":
                record64 = _EOCD64.unpack_from(data, at64)
                count, size, start, end = record64[7], record64[8], record64[9], at64
    shift = end - size - start
    if shift < 0 or start + shift + size > len(data):
        raise BuildError(f"{shown}: the archive's directory lies outside the file", "the file is damaged; get it again")
    if size and data[start + shift : start + shift + 4] != _CENTRAL_MAGIC:
        # an APK Signing Block or padding between directory and end record: the offset as written then stands
        if data[start : start + 4] != _CENTRAL_MAGIC:
            raise BuildError(f"{shown}: the archive's directory is damaged", "get the file again")
        shift = 0
    return start + shift, count, shift


def _central_entries(data: mmap.mmap | bytes, at: int) -> Iterator[Entry]:
    length = len(data)
    while at + _CENTRAL.size <= length and data[at : at + 4] == _CENTRAL_MAGIC:
        fields = _CENTRAL.unpack_from(data, at)
        _, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length = fields[:13]
        offset = fields[16]
        name_at = at + _CENTRAL.size
        raw = data[name_at : name_at + name_length]
        if 0xFFFFFFFF in (packed, size, offset):
            extra = data[name_at + name_length : name_at + name_length + extra_length]
            size, packed, offset = _zip64(extra, size, packed, offset)
        yield Entry(_decode(raw, flags), method, flags, crc, packed, size, offset)
        at = name_at + name_length + extra_length + comment_length


def _zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            body = extra[at + 4 : at + 4 + length]
            values = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            size = next(values, size) if size == 0xFFFFFFFF else size
            packed = next(values, packed) if packed == 0xFFFFFFFF else packed
            offset = next(values, offset) if offset == 0xFFFFFFFF else offset
            break
        at += 4 + length
    return size, packed, offset


def _decode(raw: bytes, flags: int) -> str:
    """Decode an entry name; tools on Chinese systems write UTF-8 or GBK without saying so."""
    for encoding in ("utf-8", "gbk") if not flags & _UTF8 else ("utf-8",):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace") if flags & _UTF8 else raw.decode("cp437")

