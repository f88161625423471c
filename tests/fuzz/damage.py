"""Builds damaged, and builds changed into other valid ones: every change follows from a seed.

Damage leaves some checksum, length or copy wrong, as transfers, disks and hands do that want to hide something from readers. An
edit puts everything right again: what comes of it is another build, about which nothing is known but that it must be read to its
end or refused.
"""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.forge.archive import Entry, write_zip

__all__ = ["DAMAGE", "EDITS", "changed"]

_ODD = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF)
_WORDS = (b"\0", b"\xff", b"PK\3\4", b"PK\1\2", b"PK\5\6", b"dex\n035\0", b"\x03\0\x08\0", b"bplist00", b"\xcf\xfa\xed\xfe", b"../", b"A")
_LOCAL = {"flags": (6, 2), "method": (8, 2), "crc": (14, 4), "packed": (18, 4), "size": (22, 4), "name": (26, 2), "extra": (28, 2)}
_CENTRAL = {
    "flags": (8, 2), "method": (10, 2), "crc": (16, 4), "packed": (20, 4), "size": (24, 4), "name": (28, 2), "extra": (30, 2),
    "comment": (32, 2), "disk": (34, 2), "offset": (42, 4),
}  # fmt: skip
_MOST = 1 << 20
"""Bytes an entry has at most that is changed inside."""

Change = Callable[[random.Random, bytearray], bytes | bytearray | None]


@dataclass(frozen=True, slots=True)
class _Record:
    """Where the directory of an archive speaks of an entry, and the local header it leads to."""

    at: int
    local: int
    name: bytes


def _directory(data: bytes | bytearray) -> list[_Record]:
    end = data.rfind(b"PK\5\6")
    if end < 0 or end + 22 > len(data):
        return []
    (count,), (at,) = struct.unpack_from("<H", data, end + 10), struct.unpack_from("<I", data, end + 16)
    found = []
    for _ in range(count):
        if data[at : at + 4] != b"PK\1\2" or at + 46 > len(data):
            break
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        (local,) = struct.unpack_from("<I", data, at + 42)
        found.append(_Record(at, local, bytes(data[at + 46 : at + 46 + name])))
        at += 46 + name + extra + comment
    return found


# -- damage ------------------------------------------------------------------------------------------------------------


def _flip(chance: random.Random, data: bytearray) -> bytearray:
    for _ in range(chance.choice((1, 1, 1, 2, 8, 64))):
        bit = chance.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
    return data


def _cut(chance: random.Random, data: bytearray) -> bytearray:
    del data[chance.randrange(len(data)) :]
    return data


def _drop(chance: random.Random, data: bytearray) -> bytearray:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 4096)]
    return data


def _overwrite(chance: random.Random, data: bytearray) -> bytearray:
    at, length = chance.randrange(len(data)), chance.randint(1, 8192)
    word = chance.choice(_WORDS)
    piece = data[at : at + length]
    data[at : at + length] = (word * length)[: len(piece)]
    return data


def _splice(chance: random.Random, data: bytearray) -> bytearray:
    """Copy a stretch of the file over, or into, another place."""
    start, length, to = chance.randrange(len(data)), chance.randint(1, 4096), chance.randrange(len(data))
    piece = data[start : start + length]
    data[to : to + (len(piece) if chance.random() < 0.5 else 0)] = piece
    return data


def _around(chance: random.Random, data: bytearray) -> bytes:
    extra = chance.randbytes(chance.randint(1, 70_000)) if chance.random() < 0.7 else b"PK\5\6" + bytes(18)
    return extra + bytes(data) if chance.random() < 0.5 else bytes(data) + extra


def _header(fields: dict[str, tuple[int, int]], of: Callable[[_Record], int]) -> Change:
    def change(chance: random.Random, data: bytearray) -> bytearray | None:
        records = _directory(data)
        if not records:
            return None
        for _ in range(chance.choice((1, 1, 2))):
            record = chance.choice(records)
            offset, width = fields[chance.choice(list(fields))]
            at = of(record) + offset
            if at + width > len(data):
                return None
            old = int.from_bytes(data[at : at + width], "little")
            new = chance.choice((*_ODD, old ^ 1, old + 1, old - 1, old * 2, chance.randrange(len(data)), 8, 99))
            data[at : at + width] = (new % (1 << 8 * width)).to_bytes(width, "little")
        return data

    return change


def _rename(chance: random.Random, data: bytearray) -> bytearray | None:
    """Change a byte of a name in one of its two places."""
    records = [one for one in _directory(data) if one.name]
    if not records:
        return None
    record = chance.choice(records)
    at = (record.at + 46 if chance.random() < 0.5 else record.local + 30) + chance.randrange(len(record.name))
    if at < len(data):
        data[at] = chance.choice(b"\0/.\\aA\xff\x80")
    return data


def _sum(chance: random.Random, data: bytearray) -> bytes | None:
    """Write a DEX file's content or checksum anew while the archive's own checksums are right: only the file's tell."""

    def change(content: bytearray) -> bytearray:
        if chance.random() < 0.3:
            content[8 + chance.randrange(4)] ^= 1 << chance.randrange(8)
        else:
            bit = chance.randrange(8 * 32, 8 * len(content))
            content[bit // 8] ^= 1 << bit % 8
        return content

    entries = _entries(data)
    dex = [at for at, one in enumerate(entries or ()) if one.data.startswith(b"dex\n") and len(one.data) > 0x70]
    if entries is None or not dex:
        return None
    at = chance.choice(dex)
    entries[at] = Entry(name=entries[at].name, data=bytes(change(bytearray(entries[at].data))), method=entries[at].method)
    return write_zip(entries)


DAMAGE: dict[str, Change] = {
    "flip": _flip,
    "cut": _cut,
    "drop": _drop,
    "overwrite": _overwrite,
    "splice": _splice,
    "around": _around,
    "local-header": _header(_LOCAL, lambda record: record.local),
    "central-header": _header(_CENTRAL, lambda record: record.at),
    "crc": _header({"crc": _CENTRAL["crc"]}, lambda record: record.at),
    "rename": _rename,
    "dex-checksum": _sum,
}
"""Damage by its kind; None = this archive offers nothing to do it to."""


# -- edits -------------------------------------------------------------------------------------------------------------


def _entries(data: bytes | bytearray) -> list[Entry] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
            return [Entry(name=info.filename, data=archive.read(info), method=info.compress_type) for info in archive.infolist()]
    except Exception:  # noqa: BLE001 - what ``zipfile`` cannot take apart is not edited
        return None


def _inside(change: Callable[[random.Random, bytearray], bytearray], wanted: Sequence[str] = ()) -> Change:
    """Change the content of an entry whose name ends like one of ``wanted``, and put every checksum right."""

    def edit(chance: random.Random, data: bytearray) -> bytes | None:
        entries = _entries(data)
        if entries is None:
            return None
        found = [
            at
            for at, one in enumerate(entries)
            if one.data and len(one.data) <= _MOST and (not wanted or str(one.name).endswith(tuple(wanted)) or _is_image(one, wanted))
        ]
        if not found:
            return None
        at = chance.choice(found)
        content = _summed(change(chance, bytearray(entries[at].data)))
        entries[at] = Entry(name=entries[at].name, data=content, method=entries[at].method)
        return write_zip(entries)

    return edit


def _is_image(entry: Entry, wanted: Sequence[str]) -> bool:
    return "Mach-O" in wanted and entry.data[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def _summed(content: bytearray) -> bytes:
    """Put the checksums of a DEX file right."""
    if content.startswith(b"dex\n") and len(content) > 32:
        content[12:32] = hashlib.sha1(content[32:]).digest()
        content[8:12] = zlib.adler32(content[12:]).to_bytes(4, "little")
    return bytes(content)


def _bytes(chance: random.Random, content: bytearray) -> bytearray:
    return chance.choice((_flip, _flip, _cut, _drop, _overwrite, _splice))(chance, content)


def _numbers(chance: random.Random, content: bytearray) -> bytearray:
    """Write odd numbers over aligned words: lengths, counts, offsets and indices are such."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        width = chance.choice((1, 2, 4, 4, 8))
        # structure stands in front more often than behind
        last = len(content) if chance.random() < 0.5 else min(len(content), 0x400)
        at = chance.randrange(max(1, last // width)) * width
        old = int.from_bytes(content[at : at + width], "little")
        new = chance.choice((*_ODD, old + 1, old - 1, old + width, old * 2, chance.randrange(len(content)), len(content)))
        content[at : at + width] = (new % (1 << 8 * width)).to_bytes(width, "little")[: len(content) - at]
    return content


def _shuffle(chance: random.Random, data: bytearray) -> bytes | None:
    """Drop, double, swap or rename entries, or store them another way."""
    entries = _entries(data)
    if not entries:
        return None
    at, other = chance.randrange(len(entries)), chance.randrange(len(entries))
    one = entries[at]
    match chance.randrange(6):
        case 0:
            del entries[at]
        case 1:
            entries.insert(other, Entry(name=one.name, data=entries[other].data, method=one.method))
        case 2:
            entries[at], entries[other] = (
                Entry(name=one.name, data=entries[other].data, method=one.method),
                Entry(name=entries[other].name, data=one.data, method=entries[other].method),
            )
        case 3:
            entries[at] = Entry(name=f"{chance.choice(('x/', 'Payload/', 'base/', 'assets/'))}{one.name}", data=one.data, method=one.method)
        case 4:
            entries = [Entry(name=each.name, data=each.data, method=chance.choice((0, 8))) for each in entries]
        case _:
            chance.shuffle(entries)
    return write_zip(entries)


EDITS: dict[str, Change] = {
    "manifest": _inside(_numbers, ("AndroidManifest.xml",)),
    "resources": _inside(_numbers, ("resources.arsc", ".pb")),
    "dex": _inside(_numbers, (".dex",)),
    "plist": _inside(_bytes, (".plist", ".strings", ".xcprivacy", ".mobileprovision")),
    "mach-o": _inside(_numbers, ("Mach-O",)),
    "library": _inside(_numbers, (".so", ".class", ".jar", ".a")),
    "any": _inside(_bytes),
    "entries": _shuffle,
}
"""Changes into another valid archive, by what they change."""


def changed(data: bytes, seed: int) -> tuple[str, bytes]:
    """Return the build of a seed, and the kind of the change that made it."""
    chance = random.Random(seed)
    kinds = [*DAMAGE, *EDITS]
    while True:
        kind = chance.choice(kinds)
        try:
            found = (DAMAGE.get(kind) or EDITS[kind])(chance, bytearray(data))
        except (ValueError, UnicodeError):
            continue  # what cannot be written as an archive
        if found:
            return kind, bytes(found)
