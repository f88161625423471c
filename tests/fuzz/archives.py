"""Changes made inside an archive, so that a fuzzer gets past checksums and compression to the readers behind them."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

from tests.forge.archive import Entry, write_zip

__all__ = ["mutate_inside"]

_MOST_ENTRIES = 64
_LARGEST = 1 << 20


def mutate_inside(data: bytes, seed: int, mutate: Callable[[bytes], bytes]) -> bytes | None:
    """Return the archive with the content of one entry changed and all its checksums right; None where it is none.

    ``mutate`` changes the bytes of the entry; ``seed`` says which one, and how it is stored.
    """
    chance = random.Random(seed)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()[:_MOST_ENTRIES]
            entries = [Entry(name=info.filename, data=archive.read(info), method=info.compress_type) for info in infos if _small(info)]
    except Exception:  # noqa: BLE001 - whatever ``zipfile`` makes of it, it cannot be taken apart here
        return None
    if not entries:
        return None
    at = chance.randrange(len(entries))
    one = entries[at]
    match chance.randrange(16):
        case 0:
            del entries[at]
        case 1:
            entries.append(one)
        case 2:
            other = chance.choice(entries)
            entries[at] = Entry(name=one.name, data=other.data, method=other.method)
        case _:
            entries[at] = Entry(name=one.name, data=mutate(one.data), method=chance.choice((0, one.method)))
    try:
        return write_zip(entries)
    except (ValueError, UnicodeError):
        return None


def _small(info: zipfile.ZipInfo) -> bool:
    return info.file_size <= _LARGEST and info.compress_type in (0, 8)
