"""The DEX files of an Android build, wherever in it they lie: each read once, its bytes let go before the next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.extract.android.code import read_code
from auditor.extract.android.compressed import hidden_code
from auditor.extract.android.dex import DexError, is_dex, read_dex
from auditor.extract.collector import MANIFEST, Collector, hidden_with

__all__ = ["read_dex_files"]

_CODE = (Table.SDKS, Table.DATA)
_MAX_DEX = 256 << 20
_LOADED = re.compile(r"(?:[^/]+/dex/)?classes([0-9]{,6})\.dex")
_ZIP = b"PK\x03\x04"


def read_dex_files(archive: Archive, collect: Collector, app: Callable[[Archive, Collector], None] | None = None) -> int:
    """Read every DEX file, found by its first bytes, in this archive and in archives inside it; return how many.

    ``app`` is given each app that lies inside, once its code is read.
    """
    found = 0
    unreadable: dict[tuple[Text, tuple[Table, ...]], list[str]] = {}
    # telling copies apart takes longer than looking through them, so that is done only where there may be some
    contents = Counter((entry.size, entry.crc) for entry in archive.entries.values())
    for name in sorted(archive, key=_load_order):
        if name == MANIFEST:
            continue
        loaded = name.startswith("classes") and name.endswith(".dex")
        try:
            magic = archive.peek(name)
        except Unreadable as error:
            unreadable.setdefault((error.reason, hidden_with(name)), []).append(name)
            continue
        if loaded or is_dex(magic):
            entry = archive.entries[name]
            found += _dex(archive, name, collect, copied=bool(archive.path) or contents[entry.size, entry.crc] > 1)
        elif magic[:4] == _ZIP:
            found += _nested(archive, name, collect, app)
        elif reason := hidden_code(archive, name, magic):
            collect.gap(archive.place(name), "", reason, *_CODE)
    for (reason, hides), names in unreadable.items():
        collect.gap(archive.place(names[0]), "", _of_several(reason, len(names)), *hides)
    return found


def _load_order(name: str) -> tuple[int, str]:
    """Return the order in which the runtime looks for classes: classes.dex, classes2.dex and so on; whatever else comes after.

    Of a class that several files define the first counts. The order of the archive says nothing.
    """
    match = _LOADED.fullmatch(name)
    return (int(match[1] or 1), name) if match else (1 << 32, name)


def _of_several(reason: Text, count: int) -> Text:
    """Say once what holds for many entries: an encrypted archive may have thousands."""
    if count == 1:
        return reason
    return Text(
        zh=f"{reason.zh}（另有 {count - 1} 个条目同样如此）", en=f"{reason.en} (so it is with {count - 1} more entries)"
    )


def _dex(archive: Archive, name: str, collect: Collector, *, copied: bool) -> int:
    place = archive.place(name)
    data = collect.read_buffer(archive, name, *_CODE, limit=_MAX_DEX)
    if data is None:
        return 0
    try:
        dex = read_dex(data)
    except DexError as error:
        collect.gap(place, "", error.reason, *_CODE)
        return 0
    collect.fact(FactKind.DEX, place, place, value=dex.version, classes=str(len(dex.classes)))
    if copied and not collect.anew(data):
        return 1
    collect.code(place, dex.classes)
    for header, types in zip(dex.headers, dex.types, strict=True):
        read_code(data, header, place, collect.lens, collect, types)
    for doubt in dex.doubts:
        collect.gap(place, "", doubt, *_CODE)
    return 1


def _nested(archive: Archive, name: str, collect: Collector, app: Callable[[Archive, Collector], None] | None) -> int:
    collect.reading = archive.place(name)
    try:
        inner = archive.nested(name)
    except Unreadable as error:
        collect.gap(archive.place(name), "", error.reason, *hidden_with(name))
        return 0
    found = read_dex_files(inner, collect, app)
    if app is not None and MANIFEST in inner:
        app(inner, collect)
    collect.faults(inner)
    return found
