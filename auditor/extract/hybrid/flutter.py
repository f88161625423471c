"""Flutter: the strings of a compiled Dart snapshot (``libapp.so``, ``App.framework/App``), and of a debug build's kernel.

A snapshot keeps the strings its code uses, among them the names of the channels that plug-ins talk to the platform over, and
the addresses of the libraries it was built from (``package:geolocator/…``), unless it was built with ``--obfuscate``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["is_snapshot", "packages", "strings_of"]

_SNAPSHOT = b"_kDartVmSnapshotInstructions"
"""Symbol every compiled snapshot exports (Dart SDK, runtime/include/dart_api.h)."""
_PACKAGE = re.compile(rb"package:([a-z_][a-z0-9_]{0,63})/")
_MOST_PACKAGES = 1000


def is_snapshot(data: bytes) -> bool:
    """Tell whether an image is a compiled Dart program."""
    return _SNAPSHOT in data


def packages(data: bytes) -> dict[str, int]:
    """Return the Dart packages whose libraries a program names, with the offset of the first place."""
    found: dict[str, int] = {}
    at = data.find(b"package:")
    while at >= 0 and len(found) < _MOST_PACKAGES:
        match = _PACKAGE.match(data, at)
        if match:
            found.setdefault(match[1].decode("ascii"), at)
        at = data.find(b"package:", at + 8)
    return dict(sorted(found.items()))


def strings_of(data: bytes, wanted: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield which wanted strings stand in a program as a string of their own, and where."""
    for text in wanted:
        raw = text.encode()
        at = data.find(raw)
        while at >= 0:
            end = at + len(raw)
            if not _printable(data, at - 1) and not _printable(data, end):
                yield text, at
                break
            at = data.find(raw, end)


def _printable(data: bytes, at: int) -> bool:
    return 0 <= at < len(data) and 0x20 < data[at] < 0x7F
