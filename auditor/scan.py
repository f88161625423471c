"""The quick look at an Android build: the classes its DEX files define and the calls of the listed methods they make.

At about the cost of inflating the DEX files: nothing is said of whose the code is, when it runs or what it means. That is
:func:`auditor.read_build`, which finds the same calls. What is imported here is kept to a minimum on purpose.
"""

from __future__ import annotations

import gc
import struct

from auditor.archive import Archive
from auditor.extract.android.calls import Sought, read_calls, settled
from auditor.extract.android.dex_search import search_dex
from auditor.extract.android.faults import broken, endless, outside
from auditor.extract.android.names import find_strings
from auditor.extract.android.tables import Tables
from auditor.knowledge.wanted import shipped_calls
from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from auditor.archive.fast import Bytes
    from auditor.build import Gap, Text
    from auditor.extract.android.calls import Calls, CallSite
    from auditor.extract.android.dex import Dex
    from auditor.extract.android.dex_files import Recorder
    from auditor.extract.collector import Collector

__all__ = ["Scan", "scan"]


class Scan(NamedTuple):
    """What a quick look shows."""

    calls: tuple[tuple[str, CallSite], ...]
    """DEX file and call site."""
    classes: tuple[tuple[str, tuple[str, ...]], ...]
    """DEX file and the dotted names of the classes it defines, in its order."""
    gaps: tuple[Gap, ...]
    """What of the code could not be read."""


def scan(path: str | os.PathLike[str], tell: Callable[[str], None] | None = None) -> Scan:
    """Look through the DEX files of an APK, or of whatever ZIP archive holds APKs; ``tell`` is told each file.

    Raises BuildError where the file is no ZIP archive, KnowledgeError where the installation is broken.
    """
    collecting = gc.isenabled()
    gc.disable()  # nearly all that is made stays: looking for garbage in it takes a tenth of the time
    try:
        look = _Look(Sought(shipped_calls()), tell)
        with Archive.open(path) as archive:
            search_dex(archive, look)
            look.inside(archive)
        return look.found()
    finally:
        if collecting:
            gc.enable()


class _Look:
    """Takes the DEX files of a build, and keeps the calls and classes in them."""

    def __init__(self, sought: Sought, tell: Callable[[str], None] | None) -> None:
        self._sought, self._tell = sought, tell
        self._calls: list[tuple[str, Calls]] = []
        self._classes: dict[str, tuple[str, ...]] = {}
        self._faults: tuple[Collector, Recorder] | None = None
        self.seen: set[bytes] = set()

    def found(self) -> Scan:
        """Return what was found."""
        calls = tuple(settled(self._calls, self._sought.wanted.methods))
        return Scan(calls, tuple(self._classes.items()), self._faults[0].gaps if self._faults is not None else ())

    def reading(self, place: str) -> None:
        """Be told which file is read next."""
        if self._tell is not None:
            self._tell(place)

    def dex(self, place: str, data: Bytes, dex: Dex, *, copy: bool) -> None:
        """Look through a DEX file; not a second time through a copy."""
        if copy:
            return
        self._classes[place] = dex.classes
        sought = self._sought
        read: set[Text] = set()
        for header, types in zip(dex.headers, dex.types, strict=True):
            try:
                pairs = find_strings(data, header, sought.strings)
                strings = {index: sought.texts[number] for index, number in zip(pairs[::2], pairs[1::2], strict=True)}
                calls = read_calls(Tables(data, header, types), sought, strings)
            except (ValueError, struct.error):
                read.add(outside())
                continue
            self._calls.append((place, calls))
            if calls.bad:
                read.add(broken(calls.bad))
            if calls.exhausted:
                read.add(endless())
        for reason in (*dex.doubts, *read):
            self.unread(place, reason)

    def unread(self, place: str, reason: Text) -> None:
        """Keep why code cannot be read."""
        self._recorder.unread(place, reason)

    def closed(self, archive: Archive, entries: Sequence[tuple[str, Text]]) -> None:
        """Keep why entries cannot be looked into."""
        self._recorder.closed(archive, entries)

    def inside(self, archive: Archive) -> None:
        """Keep what is wrong with an archive."""
        if archive.faulty:
            self._recorder.inside(archive)

    @property
    def _recorder(self) -> Recorder:
        """What makes gaps of what is wrong: few builds need it."""
        if self._faults is None:
            from auditor.extract.android.dex_files import Recorder
            from auditor.extract.collector import Collector

            collect = Collector()
            self._faults = collect, Recorder(collect)
        return self._faults[1]
