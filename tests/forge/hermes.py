"""Hermes bytecode that holds nothing but strings: the header and the tables up to them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["write_hermes"]


def write_hermes(strings: Sequence[str], *, version: int = 96, functions: int = 2) -> bytes:
    """Return a bundle whose string table holds ``strings``."""
    entries, overflow, blob = [], [], b""
    for text in strings:
        wide = not text.isascii()
        raw = text.encode("utf-16-le" if wide else "ascii")
        if wide and len(blob) % 2:
            blob += b"\0"
        length = len(text.encode("utf-16-le")) // 2 if wide else len(text)
        if length >= 0xFF or len(blob) >= 1 << 23:
            entries.append(wide | len(overflow) << 1 | 0xFF << 24)
            overflow.append((len(blob), length))
        else:
            entries.append(wide | len(blob) << 1 | length << 24)
        blob += raw
    head = struct.pack("<QI20s", 0x1F1903C103BC1FC6, version, b"")
    counts = struct.pack("<8I", 0, 0, functions, 1, 0, len(strings), len(overflow), len(blob))
    body = (head + counts).ljust(128, b"\0")
    body += bytes(functions * (16 if version < 97 else 12))
    body += struct.pack("<I", len(strings))
    body += b"".join(struct.pack("<I", entry) for entry in entries)
    body += b"".join(struct.pack("<2I", *pair) for pair in overflow)
    return body + blob
