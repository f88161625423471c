"""A build file opened safely: entries read in place from a ZIP container, within limits, never written to disk.

The central directory alone says what is inside, as Android's installer has it (libziparchive): local headers only tell
where the data starts, the "encrypted" flag is not believed, and an unknown compression method means stored bytes where they
can be that, deflated ones where they inflate. What Android would refuse is read all the same, and said to be odd: see
``docs/explanation/hostile-archives.md``. Where the directory is lost, what local headers tell is read.
"""

from __future__ import annotations

import mmap
import os
import stat
import struct
import zlib

from auditor.archive.fast import Bytes, crc32, inflated
from auditor.archive.records import (
    CENTRAL_MAGIC,
    DEFLATED,
    DESCRIPTOR,
    ENCRYPTED,
    LOCAL,
    LOCAL_MAGIC,
    STORED,
    Data,
    Directory,
    Entry,
    decode,
    directories,
    end_records,
    listed,
)
from auditor.errors import BuildError
from auditor.light import NamedTuple
from auditor.said import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from auditor.archive.oddities import Odd
    from auditor.build import Oddity, Text

__all__ = ["Archive", "Budget", "Entry", "Limits", "Unreadable", "printable"]

_BOMB_SIZE = 64 << 20
"""Below this many bytes a high ratio is no danger."""
_FIRST_LOOK, _LONGEST_LOOK = 1 << 10, 256 << 10
"""Compressed bytes looked at to find an entry's first bytes."""
_HASHED_AT_ONCE = 1 << 20
_LENGTHS = struct.Struct("<HH")
"""Of name and extra field, as a local header has them."""
_LARGE = 1 << 18
"""Bytes from which on it is worth while to give memory back."""
_MAX_SIGNING_BLOCK = 64 << 20
_PIECE = 8 << 20
"""Bytes of an entry that is read piece by piece."""
_LOOKED = 2 << 30
"""So many bytes are worked through to find entries without a directory."""
_COMPARED = 256 << 20
"""So many bytes are inflated to compare what readers of an odd archive would see."""


class Limits(NamedTuple):
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


class Budget:
    """What is left of the bytes that may be inflated from one build file, archives inside it included."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Archive:
    """The entries of a ZIP container, readable by name.

    Use :meth:`open` for files and :meth:`nested` for archives inside.
    """

    shown: str
    """The file's path as messages print it, or the name of a nested archive."""
    path: str
    """Prefix of every entry's place: empty for the build file itself, ``a.zip!/`` for a nested archive."""
    entries: dict[str, Entry]
    """By name, in the order of the central directory; of duplicate names the first."""
    duplicates: tuple[str, ...]
    """Names that stand more than once."""
    size: int
    """Bytes of the whole file."""
    whole: bool
    """Whether the directory ends where it says; if not, names in it may be damaged."""
    recovered: bool
    """Whether the directory is lost or cut short, so that entries were found by their local headers."""
    lost: tuple[str, ...]
    """Entries that are named somewhere, and whose data is not all there; only where the directory is lost."""
    damaged: dict[str, Text]
    """By entry name, what was read although something about it is wrong (a bad checksum); the caller turns it into gaps."""
    noted: dict[Odd, None]
    """Oddities found while entries were read."""

    def __init__(self, shown: str, path: str, entries: dict[str, Entry], size: int, limits: Limits, budget: Budget, depth: int = 0) -> None:
        """``budget`` is what is left of the bytes that may be inflated, ``depth`` how many archives this one lies in."""
        self.shown, self.path, self.entries, self.size = shown, path, entries, size
        self.duplicates, self.whole, self.recovered, self.lost = (), True, False, ()
        self.damaged, self.noted = {}, {}
        self._limits, self._budget, self._depth = limits, budget, depth
        self._data: Data = b""
        self._directory: Directory | None = None
        """None where it is lost."""
        self._rivals: tuple[Directory, ...] = ()
        """What further end records lead to."""
        self._shift = 0
        """Bytes before the archive proper, to be added to every offset."""

    @classmethod
    def open(cls, path: str | os.PathLike[str], limits: Limits | None = None) -> Archive:
        """Open a build file. Raises BuildError when it is not there, not a file, not readable, or no ZIP archive."""
        limits = limits or Limits()
        shown = printable(path)
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                raise BuildError(f"{shown} is a directory", "give the path of an .apk, .ipa or .hap file")
            # opening a pipe would wait for its writer, a device has no end
            if not stat.S_ISREG(mode):
                raise BuildError(f"{shown} is no regular file", "give the path of an .apk, .ipa or .hap file")
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size == 0:
                    raise BuildError(f"{shown} is empty", "the download or copy may have failed; get the file again")
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, NotADirectoryError):
            raise BuildError(f"{shown} does not exist", "check the path") from None
        except PermissionError:
            raise BuildError(f"{shown} may not be read", "check the file's permissions") from None
        except OSError as error:
            raise BuildError(f"{shown} cannot be read ({error.strerror})", "check the path") from None
        except ValueError:
            raise BuildError(f"{shown} is no path", "check the path") from None
        try:
            return cls._read(shown, "", data, limits, Budget(limits.total_bytes), 0)
        except BuildError:
            data.close()
            raise

    @classmethod
    def _read(
        cls, shown: str, prefix: str, data: Data, limits: Limits, budget: Budget, depth: int
    ) -> Archive:
        found = directories(data)
        directory = found[0] if found else None
        if directory is not None and directory.start == directory.record and data[:4] == LOCAL_MAGIC:
            # an end record that tells of nothing, behind entries
            directory = None
        entries: dict[str, Entry] = {}
        duplicates: dict[str, None] = {}
        seen, read_to = 0, directory.start if directory is not None else 0
        for end, entry in listed(data, directory) if directory is not None else ():
            seen, read_to = seen + 1, end
            if seen > limits.entries:
                raise BuildError(f"{shown} holds more than {limits.entries} entries", "give an app build; this is none")
            if entries.setdefault(entry[0], entry) is not entry:
                duplicates[entry[0]] = None
        archive = cls(shown, prefix, entries, len(data), limits, budget, depth)
        archive.duplicates = tuple(duplicates)
        # a recovered one says more than that
        archive.whole = directory is None or seen < directory.claimed or read_to == directory.end <= directory.record
        archive._data = data
        archive._directory = directory
        archive._rivals = tuple(found[1:]) if directory is not None else tuple(found)
        archive._shift = directory.shift if directory is not None else 0
        if directory is None or seen < directory.claimed:
            archive._recover(directory is not None)
        return archive

    def _recover(self, partly: bool) -> None:
        """Find entries by their local headers, beside what the directory still has."""
        from auditor.archive.recover import Exhausted, recover

        left = min(self._budget.left, _LOOKED)

        def spend(cost: int) -> None:
            nonlocal left
            left -= cost
            if left < 0:
                # less is found, and the directory is lost anyway
                raise Exhausted

        found = recover(self._data, self._limits.entries, spend)
        if not partly and not found.entries:
            raise _no_archive(self.shown, self._data)
        self.recovered = True
        self.entries |= {name: entry for name, entry in found.entries.items() if name not in self.entries}
        self.duplicates = tuple(dict.fromkeys((*self.duplicates, *found.copies)))
        self.lost = tuple(name for name in found.lost if name not in self.entries)

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def checksum(self) -> str:
        """Return the SHA-256 of the whole file, lower-case hex; empty for a nested archive."""
        if not isinstance(self._data, mmap.mmap):
            return ""
        import hashlib  # loads OpenSSL, which not every look at an archive has a use for

        state = hashlib.sha256()
        with memoryview(self._data) as whole:
            for at in range(0, len(whole), _HASHED_AT_ONCE):
                state.update(whole[at : at + _HASHED_AT_ONCE])
                self._let_go(at, min(_HASHED_AT_ONCE, len(whole) - at))
        return state.hexdigest()

    def _let_go(self, at: int, length: int) -> None:
        """Give back the memory a part of the file was mapped into, which counts as ours; whoever reads it again has it mapped again."""
        if isinstance(self._data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            first = at - at % mmap.PAGESIZE
            self._data.madvise(mmap.MADV_DONTNEED, first, at + length - first)

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
        """Return the names that match a glob in which ``*`` also crosses ``/``; case counts on every system."""
        import fnmatch

        return [name for name in self.entries if fnmatch.fnmatchcase(name, pattern)]

    def place(self, name: str) -> str:
        """Return the path reports print for an entry: ``a.zip!/b`` inside a nested archive."""
        return self.path + name

    # -- reading --------------------------------------------------------------------------------------------------

    def magic(self, name: str, length: int = 8) -> bytes:
        """Return the first bytes of an entry, or fewer, without reading the rest; b"" where it cannot be read."""
        try:
            return self.peek(name, length)
        except Unreadable:
            return b""

    def peek(self, name: str, length: int = 8) -> bytes:
        """Return the first bytes of an entry, or fewer, without reading the rest.

        Raises KeyError for an unknown name and Unreadable for an entry that cannot be read.
        """
        entry = self.entries[name]
        _, method, flags, _, packed, size, _, _ = entry
        if flags & ENCRYPTED or size <= length or not entry.plausible:
            # only the checksum of the whole tells what such an entry really holds
            return self.read(name)[:length]
        start = self._start(entry)
        if not self._is_followed(entry, start):
            return self.read(name)[:length]
        if method == STORED:
            return bytes(self._raw(entry, length, start))
        if length <= _FIRST_LOOK and packed <= len(self._data) - start:
            # what nearly every entry takes; the rest is for those that hide their first bytes
            try:
                found = zlib.decompressobj(-15).decompress(self._data[start : start + min(packed, _FIRST_LOOK)], length)
            except zlib.error:
                raise _bad_deflate() from None
            if len(found) == length:
                return found
        # the code tables of one deflate block take some 600 bytes, and empty blocks may stand before it
        most, longest = max(_FIRST_LOOK, length), max(_LONGEST_LOOK, 2 * length)
        if length > _FIRST_LOOK:
            self._spend(length)
        while True:
            try:
                found = zlib.decompressobj(-15).decompress(self._raw(entry, min(entry.packed, most), start), length)
            except zlib.error:
                raise _bad_deflate() from None
            if len(found) == length:
                return found
            if most >= min(entry.packed, longest):
                raise _wrong_size(len(found), entry.size) if most >= entry.packed else _bad_deflate()
            most *= 16
            # many entries may share the same long nothing
            self._spend(most)

    def read(self, name: str, limit: int | None = None, *, asset: bool = False) -> bytes:
        """Return an entry's bytes. Raises KeyError for an unknown name and Unreadable for one that cannot be read.

        ``limit`` (bytes) is the most the caller has use for; the archive's own limits hold beside it. ``asset`` reads as
        Android's asset reader does, by which manifest and resources are opened: whatever is not deflated is stored.
        """
        return bytes(self.read_buffer(name, limit, asset=asset))

    def read_buffer(self, name: str, limit: int | None = None, *, asset: bool = False) -> Bytes:
        """Return an entry's bytes as inflating gives them, without copying them: for what is large. Raises as :meth:`read`."""
        entry = self.entries[name]
        most = min(self._limits.entry_bytes, limit or self._limits.entry_bytes)
        if entry.size > most:
            raise Unreadable(
                said(
                    zh=f"声明的大小 {entry.size} 字节超过上限 {most} 字节，未读取",
                    en=f"declares {entry.size} bytes, over the limit of {most}; not read",
                )
            )
        if self._is_bomb(entry):
            raise Unreadable(
                said(
                    zh=f"压缩比超过 {self._limits.ratio}，疑似压缩炸弹，未读取",
                    en=f"compressed more than {self._limits.ratio} to 1, like a decompression bomb; not read",
                )
            )
        self._spend(max(entry.size, entry.packed))
        data = self._content(entry, asset=asset)
        if crc32(data) != entry.crc:
            # damaged data is read as Android reads it
            data = self._content(entry, asset=asset, exact=True)
            if entry.flags & ENCRYPTED:
                raise _encrypted()
            from auditor.build import Oddity

            self._note(Oddity.WRONG_CHECKSUM, name)
            self.damaged[name] = said(
                zh="内容与其 CRC-32 校验值不符；按读到的内容继续，但内容可能已损坏",
                en="does not match its CRC-32; read as it stands, but it may be damaged",
            )
        return data

    def nested(self, name: str) -> Archive:
        """Open an archive inside this one. Raises Unreadable when it cannot be, or lies too deep."""
        if self._depth + 1 > self._limits.depth:
            raise Unreadable(
                said(zh=f"嵌套超过 {self._limits.depth} 层，未读取", en=f"nested deeper than {self._limits.depth}; not read")
            )
        data = self.read(name)
        try:
            return self._read(
                name, self.place(name) + "!/", data, self._limits, self._budget, self._depth + 1
            )
        except BuildError as error:
            raise Unreadable(
                said(zh="其中的压缩包无法打开，可能已损坏", en=f"the archive inside cannot be opened: {error.message}")
            ) from None

    def before_directory(self, magic: bytes) -> bytes | None:
        """Return the pairs of the APK Signing Block, which stands right before the central directory, or None.

        ``magic`` is the block's closing 16 bytes; its size stands before them and again at its start. Raises
        Unreadable where the closing bytes are there and the block before them is not.
        """
        end = self.directory
        if end < 32 or self._data[end - 16 : end] != magic:
            return None
        size = int.from_bytes(self._data[end - 24 : end - 16], "little")
        start = end - size - 8
        if size < 24 or start < 0 or int.from_bytes(self._data[start : start + 8], "little") != size:
            raise Unreadable(
                said(zh="声明的长度与实际不符，文件可能已损坏", en="has lengths that contradict each other; it may be damaged")
            )
        if size > _MAX_SIGNING_BLOCK:
            raise Unreadable(
                said(
                    zh=f"大小 {size} 字节超过上限 {_MAX_SIGNING_BLOCK} 字节，未读取",
                    en=f"takes {size} bytes, over the limit of {_MAX_SIGNING_BLOCK}; not read",
                )
            )
        return self._data[start + 8 : end - 24]

    @property
    def directory(self) -> int:
        """Where the central directory starts in the file; 0 where it is lost."""
        return self._directory.start if self._directory is not None else 0

    def ahead(self, length: int) -> bytes:
        """Return the ``length`` bytes right before the central directory, or fewer where there are no more."""
        return bytes(self._data[max(0, self.directory - length) : self.directory])

    def whole_file(self) -> memoryview:
        """Return the bytes of the whole archive, nothing of them copied; none of a folder. To be released before the archive is closed."""
        return memoryview(self._data)

    def pieces(self, name: str) -> Iterator[bytes | memoryview]:
        """Yield an entry's bytes piece by piece, so that a long one is never in memory as a whole.

        Raises KeyError for an unknown name and Unreadable, at any piece, for an entry that cannot be read.
        """
        entry = self.entries[name]
        if entry.size <= _PIECE or not entry.plausible or entry.flags & ENCRYPTED or self._is_bomb(entry):
            yield self.read(name)
            return
        self._spend(max(entry.size, entry.packed))
        raw = self._raw(entry, entry.packed)
        if entry.method == STORED:
            for at in range(0, len(raw), _PIECE):
                yield raw[at : at + _PIECE]
            return
        state, left, at = zlib.decompressobj(-15), entry.size, 0
        try:
            while not state.eof and (at < len(raw) or state.unconsumed_tail):
                fed = state.unconsumed_tail or raw[at : at + _PIECE]
                at += 0 if state.unconsumed_tail else len(fed)
                piece = state.decompress(fed, _PIECE)
                left -= len(piece)
                if left < 0:
                    raise _wrong_size(entry.size + 1, entry.size)
                yield piece
        except zlib.error:
            raise _bad_deflate() from None
        if left:
            raise _wrong_size(entry.size - left, entry.size)

    def _is_bomb(self, entry: Entry) -> bool:
        return entry.size > _BOMB_SIZE and entry.size > self._limits.ratio * max(entry.packed, 1)

    def _spend(self, cost: int) -> None:
        """Take ``cost`` bytes of the work one build file may cause; entries may overlap, so its size bounds nothing."""
        if cost > self._budget.left:
            raise Unreadable(
                said(zh="已达到整个文件的解压总量上限，未读取", en="the limit on all bytes inflated is used up; not read")
            )
        self._budget.left -= cost

    def _is_followed(self, entry: Entry, start: int) -> bool:
        """Tell whether a further record stands right behind an entry's data, which starts at ``start``.

        The local header alone says where the data starts. If a length in it is damaged, what comes next is out of step.
        """
        end = start + entry.packed
        return self._data[end : end + 2] == b"PK" or bool(entry.flags & DESCRIPTOR)

    def _raw(self, entry: Entry, length: int, start: int | None = None) -> memoryview:
        """Return the first ``length`` bytes of an entry as they are stored; a view, valid while the archive is open."""
        start = self._start(entry) if start is None else start
        if start + length > len(self._data):
            raise Unreadable(said(zh="数据在文件末尾被截断", en="its data is cut off by the end of the file"))
        return memoryview(self._data)[start : start + length]

    def _start(self, entry: Entry) -> int:
        """Return where an entry's data starts."""
        data, at = self._data, entry.offset + self._shift
        if at + LOCAL.size > len(data) or data[at : at + 4] != LOCAL_MAGIC:
            raise Unreadable(
                said(zh="目录指向的位置没有该条目的数据；文件已损坏", en="the directory points at no data; the file is damaged")
            )
        name_length, extra_length = _LENGTHS.unpack_from(data, at + 26)
        name_at = at + LOCAL.size
        raw = data[name_at : name_at + name_length]
        if raw != entry.name.encode("utf-8", "replace") and decode(raw, entry.flags) != entry.name:
            self.damaged[entry.name] = said(
                zh="目录指向的数据属于另一名称的条目；按读到的内容继续，但内容可能已损坏或被改动",
                en="stands under another name where the directory points; read as it stands, but it may be damaged or changed",
            )
        return int(name_at + name_length + extra_length)

    def _content(self, entry: Entry, *, asset: bool = False, exact: bool = False) -> Bytes:
        if entry.method == STORED or (asset and entry.method != DEFLATED):
            return bytes(self._raw(entry, entry.size))
        if entry.method != DEFLATED and self._is_stored(entry):
            return bytes(self._raw(entry, entry.size))
        data = inflated(self._raw(entry, entry.packed), entry.size, exact)
        if entry.packed >= _LARGE:
            self._let_go(self._start(entry), entry.packed)
        if data is not None and len(data) == entry.size:
            return data
        if entry.method != DEFLATED:
            # Android's asset reader takes an unknown method for stored bytes, whatever the compressed size says
            return bytes(self._raw(entry, entry.size))
        if entry.flags & ENCRYPTED:
            raise _encrypted()
        if data is None:
            raise _bad_deflate()
        told = f"{len(data)}" if len(data) < entry.size else f"over {entry.size}"
        from auditor.build import Oddity

        self._note(Oddity.WRONG_SIZE, entry.name, ("claimed", str(entry.size)), ("found", told))
        raise _wrong_size(len(data), entry.size)

    def _is_stored(self, entry: Entry) -> bool:
        """Tell whether data under an unknown method is what its checksum says, as it stands."""
        try:
            return crc32(self._raw(entry, entry.size)) == entry.crc
        except Unreadable:
            return False

    # -- what is odd ----------------------------------------------------------------------------------------------

    def oddities(self) -> tuple[Odd, ...]:
        """Return what no build tool writes, as far as it was seen: ask once everything that is wanted has been read."""
        left = _COMPARED

        def content(entry: Entry) -> bytes | None:
            nonlocal left
            cost = max(entry.size, entry.packed)
            if cost > left or not self._leads_somewhere(entry):
                return None
            left -= cost
            damaged, noted = dict(self.damaged), dict(self.noted)
            try:
                return bytes(self._content(entry))
            except Unreadable:
                return None
            finally:
                # what a comparison comes across is no damage of what was read
                self.damaged, self.noted = damaged, noted

        from auditor.archive.oddities import find_oddities
        from auditor.build import Oddity

        if self.recovered:
            self._note(Oddity.DIRECTORY_LOST, "", ("found", str(len(self.entries))))
            for name in self.lost:
                self._note(Oddity.NO_DATA, name)
        return find_oddities(self._data, self._directory, self._rivals, content, self.noted)

    def _note(self, kind: Oddity, name: str, *traits: tuple[str, str]) -> None:
        """Keep an oddity for :meth:`oddities`."""
        from auditor.archive.oddities import Odd

        self.noted[Odd(kind, name, traits)] = None

    @property
    def faulty(self) -> bool:
        """Whether anything of the archive itself, as far as it was read, leaves in doubt what it holds."""
        return self.recovered or not self.whole or bool(self.damaged or self.duplicates)

    def _leads_somewhere(self, entry: Entry) -> bool:
        at = entry.offset + self._shift
        return self._data[at : at + 4] == LOCAL_MAGIC


def _encrypted() -> Unreadable:
    return Unreadable(said(zh="条目已加密，无法读取；请提供未加密的安装包", en="is encrypted; supply a build that is not"))


def _bad_deflate() -> Unreadable:
    return Unreadable(
        said(zh="压缩数据已损坏，无法解压；请重新获取安装包", en="its compressed data is damaged; get the build again")
    )


def _wrong_size(found: int, declared: int) -> Unreadable:
    count = f"more than {declared}" if found > declared else str(found)
    return Unreadable(
        said(
            zh=f"解压得到的字节数（{'超过 ' + str(declared) if found > declared else found}）与目录声明的 {declared} 不符；文件已损坏",
            en=f"inflates to {count} bytes where the directory says {declared}; the file is damaged",
        )
    )


def printable(path: str | os.PathLike[str]) -> str:
    """Return a path as messages print it: one line that any terminal can take."""
    text = os.fspath(path)
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode("ascii")


def _no_archive(shown: str, data: Data) -> BuildError:
    """Return what is wrong with a file in which no entry could be found."""
    if end_records(data):
        return BuildError(f"{shown}: the archive's directory is damaged or cut off", "get the file again")
    if data[:4] in (LOCAL_MAGIC, CENTRAL_MAGIC):
        return BuildError(f"{shown} is cut short: the archive's directory is missing", "get the file again")
    return BuildError(f"{shown} is no ZIP archive", "an Android .apk, iOS .ipa or HarmonyOS .hap is expected")
