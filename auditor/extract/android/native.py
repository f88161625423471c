"""Native libraries of an app or an Android library: which there are, and which Java methods each implements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table
from auditor.extract.android.elf import ELF, dynamic_names, java_method
from auditor.extract.collector import Collector

__all__ = ["record_native"]

_ABIS = ("arm64-v8a", "armeabi-v7a", "armeabi", "x86_64", "x86", "riscv64")
"""One library is built for several: the same source, so that one file tells of all. The first there is is read."""
_MOST_CLASSES = 2_000


def record_native(archive: Archive, paths: Iterable[str], collect: Collector) -> None:
    """Record the native libraries at ``paths`` (``lib/ABI/file`` or ``jni/ABI/file``) and what each implements."""
    found: dict[str, dict[str, str]] = {}
    for path in paths:
        _, abi, file = path.split("/")
        collect.fact(FactKind.NATIVE_LIBRARY, file, archive.place(path), value=abi)
        found.setdefault(file, {})[abi] = path
    for file, builds in found.items():
        _methods(archive, file, builds[min(builds, key=_rank)], collect)


def _rank(abi: str) -> tuple[int, str]:
    return (_ABIS.index(abi) if abi in _ABIS else len(_ABIS), abi)


def _methods(archive: Archive, file: str, path: str, collect: Collector) -> None:
    if archive.magic(path, len(ELF)) != ELF:
        # packers keep all sorts of things under such a name
        return
    collect.reading = archive.place(path)
    try:
        names = dynamic_names(partial(archive.peek, path))
    except Unreadable as unreadable:
        collect.gap(archive.place(path), "", unreadable.reason, Table.SDKS)
        return
    known = collect.lens.native
    for symbol in sorted({name.decode("ascii", "replace") for name in names or ()} & known) if known else ():
        collect.fact(FactKind.NATIVE_SYMBOL, symbol, archive.place(path), by=file)
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for name in sorted(names or ()):
        if method := java_method(name):
            counts[method[0]] += 1
            first.setdefault(method[0], name.decode("ascii", "replace"))
    for class_, count in sorted(counts.items())[:_MOST_CLASSES]:
        collect.fact(FactKind.NATIVE_METHODS, class_, archive.place(path), first[class_], value=str(count), by=file)
