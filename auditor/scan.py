"""The quick look at an Android build: the classes its DEX files define and the calls of the listed methods they make.

At about the cost of inflating the DEX files: nothing is said of whose the code is, when it runs or what it means. That is
:func:`auditor.read_build`, which finds the same calls.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from auditor.archive import Archive
from auditor.build import CodeUnit, Fact, FactKind, Gap
from auditor.extract.android.dex_files import read_dex_files
from auditor.extract.collector import Collector
from auditor.extract.lens import Lens
from auditor.knowledge.wanted import shipped_calls

__all__ = ["Scan", "scan"]


class Scan(NamedTuple):
    """What a quick look shows."""

    calls: tuple[Fact, ...]
    """Facts of kind CALL, sorted."""
    code: tuple[CodeUnit, ...]
    """The classes defined, by file."""
    gaps: tuple[Gap, ...]
    """What of the code could not be read."""


def scan(path: Path, tell: Callable[[str], None] | None = None) -> Scan:
    """Look through the DEX files of an APK, or of whatever ZIP archive holds APKs; ``tell`` is told each file.

    Raises BuildError where the file is no ZIP archive, KnowledgeError where the installation is broken.
    """
    collecting = gc.isenabled()
    gc.disable()  # nearly all that is made stays: looking for garbage in it takes a tenth of the time
    try:
        collect = Collector(Lens(**shipped_calls()._asdict()), tell)
        with Archive.open(path) as archive:
            read_dex_files(archive, collect)
            collect.faults(archive)
    finally:
        if collecting:
            gc.enable()
    return Scan(tuple(fact for fact in collect.facts if fact.kind is FactKind.CALL), collect.units, collect.gaps)
