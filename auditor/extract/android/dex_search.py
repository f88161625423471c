"""The DEX files of a build, wherever in it they lie: each read once, its bytes let go before the next."""

from __future__ import annotations

from auditor.archive import Unreadable
from auditor.extract.android.compressed import hidden_code
from auditor.extract.android.dex import DexError, is_dex, read_dex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from auditor.archive import Archive
    from auditor.archive.fast import Bytes
    from auditor.build import Text
    from auditor.extract.android.dex import Dex

    class Visitor(Protocol):
        """Takes what is found."""

        seen: set[bytes]
        """Digests of the DEX files there may be copies of."""

        def reading(self, place: str) -> None:
            """Be told which file is read next."""

        def dex(self, place: str, data: Bytes, dex: Dex, *, copy: bool) -> None:
            """Take a DEX file; ``copy`` where one of the same content was taken before. Its bytes are not to be kept."""

        def unread(self, place: str, reason: Text) -> None:
            """Take code that cannot be read, and why."""

        def closed(self, archive: Archive, entries: Sequence[tuple[str, Text]]) -> None:
            """Take the entries of an archive that cannot be looked into, code or not, and why."""

        def inside(self, archive: Archive) -> None:
            """Take an archive inside, once its code is read."""


__all__ = ["MANIFEST", "search_dex"]

MANIFEST = "AndroidManifest.xml"
_MAX_DEX = 256 << 20
_ZIP = b"PK\x03\x04"


def search_dex(archive: Archive, visitor: Visitor) -> int:
    """Read every DEX file, found by its first bytes, in this archive and in archives inside it; return how many."""
    found = 0
    closed: list[tuple[str, Text]] = []
    # telling copies apart takes time, so that is done only where there may be some: splits of an app may each hold the same code
    contents: dict[tuple[int, int], int] = {}
    for entry in archive.entries.values():
        key = entry.size, entry.crc
        contents[key] = contents.get(key, 0) + 1
    for name in _in_load_order(archive.entries):
        if name == MANIFEST:
            continue
        try:
            magic = archive.peek(name)
        except Unreadable as error:
            closed.append((name, error.reason))
            continue
        if is_dex(magic) or (name.startswith("classes") and name.endswith(".dex")):
            entry = archive.entries[name]
            found += _dex(archive, name, visitor, copied=bool(archive.path) or contents[entry.size, entry.crc] > 1)
        elif magic[:4] == _ZIP:
            visitor.reading(archive.place(name))
            try:
                inner = archive.nested(name)
            except Unreadable as error:
                closed.append((name, error.reason))
                continue
            found += search_dex(inner, visitor)
            visitor.inside(inner)
        elif reason := hidden_code(archive, name, magic):
            visitor.unread(archive.place(name), reason)
    if closed:
        visitor.closed(archive, closed)
    return found


def _dex(archive: Archive, name: str, visitor: Visitor, *, copied: bool) -> int:
    """Read one; ``copied`` where there may be another of the same content."""
    place = archive.place(name)
    visitor.reading(place)
    try:
        data = archive.read_buffer(name, _MAX_DEX)
        dex = read_dex(data)
    except (Unreadable, DexError) as error:
        visitor.unread(place, error.reason)
        return 0
    copy = False
    if copied:
        digest = _digest(data)
        copy = digest in visitor.seen
        visitor.seen.add(digest)
    visitor.dex(place, data, dex, copy=copy)
    return 1


def _digest(data: Bytes) -> bytes:
    try:
        # hashlib loads OpenSSL, which takes as long as looking through a small file
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b(data).digest()


def _in_load_order(names: Mapping[str, object]) -> list[str]:
    """Return names in the order in which the runtime looks for classes: classes.dex, classes2.dex and so on; then whatever else there is.

    Of a class that several files define the first counts. The order of the archive says nothing.
    """
    loaded: list[tuple[int, str]] = []
    rest: list[str] = []
    for name in names:
        number = _number(name) if name.endswith(".dex") else None
        if number is None:
            rest.append(name)
        else:
            loaded.append((number, name))
    return [*(name for _, name in sorted(loaded)), *sorted(rest)]


def _number(name: str) -> int | None:
    """Return which file of code a name says it is: ``classes2.dex``, or the same in the directory ``dex`` of a module."""
    module, inside, last = name.rpartition("/dex/")
    number = last.removeprefix("classes").removesuffix(".dex")
    if "/" in last or "/" in module or (inside and not module) or not last.startswith("classes") or len(number) > 6:
        return None
    return int(number) if number.isascii() and number.isdigit() else None if number else 1
