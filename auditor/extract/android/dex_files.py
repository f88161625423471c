"""What the DEX files of a build define and use, recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.archive import Archive
from auditor.archive.fast import Bytes
from auditor.build import FactKind, Table, Text
from auditor.extract.android.code import read_code
from auditor.extract.android.dex import Dex
from auditor.extract.android.dex_search import search_dex
from auditor.extract.collector import MANIFEST, Collector, hidden_with

__all__ = ["Recorder", "read_dex_files"]

_CODE = (Table.SDKS, Table.DATA)


def read_dex_files(archive: Archive, collect: Collector, app: Callable[[Archive, Collector], None] | None = None) -> int:
    """Record every DEX file in this archive and in archives inside it; return how many.

    ``app`` is given each app that lies inside, once its code is read.
    """
    return search_dex(archive, Recorder(collect, app))


class Recorder:
    """Records what is found of code."""

    def __init__(self, collect: Collector, app: Callable[[Archive, Collector], None] | None = None) -> None:
        self._collect, self._app = collect, app
        self.seen = collect.code_seen

    def reading(self, place: str) -> None:
        """Be told which file is read next."""
        self._collect.reading = place

    def dex(self, place: str, data: Bytes, dex: Dex, *, copy: bool) -> None:
        """Record what a DEX file defines and uses; a second copy of it only as being there."""
        collect = self._collect
        collect.fact(FactKind.DEX, place, place, value=dex.version, classes=str(len(dex.classes)))
        if copy:
            return
        collect.code(place, dex.classes)
        for header, types in zip(dex.headers, dex.types, strict=True):
            read_code(data, header, place, collect.lens, collect, types)
        for doubt in dex.doubts:
            self.unread(place, doubt)

    def unread(self, place: str, reason: Text) -> None:
        """Record code that cannot be read."""
        self._collect.gap(place, "", reason, *_CODE)

    def closed(self, archive: Archive, entries: Sequence[tuple[str, Text]]) -> None:
        """Record entries that cannot be looked into; what holds for many once, as an encrypted archive may have thousands."""
        names: dict[tuple[Text, tuple[Table, ...]], list[str]] = {}
        for name, reason in entries:
            names.setdefault((reason, hidden_with(name)), []).append(name)
        for (reason, hides), alike in names.items():
            self._collect.gap(archive.place(alike[0]), "", _of_several(reason, len(alike)), *hides)

    def inside(self, archive: Archive) -> None:
        """Record what is wrong with an archive inside, and what app it is."""
        if self._app is not None and MANIFEST in archive:
            self._app(archive, self._collect)
        self._collect.faults(archive)


def _of_several(reason: Text, count: int) -> Text:
    if count == 1:
        return reason
    return Text(
        zh=f"{reason.zh}（另有 {count - 1} 个条目同样如此）", en=f"{reason.en} (so it is with {count - 1} more entries)"
    )
