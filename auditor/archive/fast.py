"""Inflating and checksums, by libdeflate where it is installed, by zlib otherwise, which takes several times as long."""

from __future__ import annotations

import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Bytes", "adler32", "crc32", "inflated"]

Bytes = bytes | bytearray
"""What inflating gives: libdeflate writes into a bytearray, and to copy it would take as long again."""

_MOST_RATIO = 1032
"""Bytes that one deflated byte can stand for at most."""


def inflated(packed: memoryview, size: int, exact: bool = False) -> Bytes | None:
    """Return what deflated bytes hold, at most one byte more than they should; None where they are damaged.

    libdeflate says nothing of what it does not like, and likes a little more than zlib, which ``exact`` asks for.
    """
    fast = _libdeflate() if 0 < size <= _MOST_RATIO * len(packed) and not exact else None
    if fast is not None:
        try:
            inflated: bytearray = fast.deflate_decompress(packed, size)
        except fast.DeflateError:
            pass
        else:
            return inflated
    try:
        return zlib.decompressobj(-15).decompress(packed, size + 1)
    except zlib.error:
        return None


def crc32(data: Bytes | memoryview) -> int:
    """Return the CRC-32 of ``data``, as ZIP archives have it."""
    fast = _libdeflate()
    return zlib.crc32(data) if fast is None else int(fast.crc32(data))


def adler32(data: Bytes | memoryview) -> int:
    """Return the Adler-32 of ``data``, as DEX files have it."""
    fast = _libdeflate()
    return zlib.adler32(data) if fast is None else int(fast.adler32(data))


_found: list[ModuleType | None] = []


def _libdeflate() -> ModuleType | None:
    """Return the module, looked for once; None where it is not installed."""
    if not _found:
        try:
            # by its name: type checkers know it only where it is installed
            _found.append(__import__("deflate"))
        except ImportError:
            _found.append(None)
    return _found[0]
