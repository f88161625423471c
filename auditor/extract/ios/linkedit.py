"""What an image's link data says: the names it binds and exports, and the form of its pointers.

Formats: <mach-o/loader.h> (bind opcodes, export trie) and <mach-o/fixup-chains.h> of Apple's dyld and cctools
(opensource.apple.com). No count, size or offset is believed before it is checked.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from auditor.extract.ios import references

__all__ = ["MAX_IMPORTS", "MAX_NAME", "chained_names", "exported_names", "opcode_names", "pointer_format"]

MAX_IMPORTS = 200_000
"""Imported symbols kept of one image; the largest real apps have some 30,000."""
MAX_NAME = 16 << 10
_CHAINS = struct.Struct("<7I")
_MAX_SEGMENTS = 256

String = Callable[[bytes, int], str | None]
"""Gives the name at an offset of a table; None once the names together pass the limit."""


def chained_names(chains: bytes, string: String) -> Iterator[str]:
    """Yield the names of the imports of the chained fixups, in the order that numbers them.

    Raises ValueError where they cannot be read.
    """
    if len(chains) < _CHAINS.size:
        return
    _, _, imports_at, symbols_at, count, form, symbols_form = _CHAINS.unpack_from(chains)
    width = {1: 4, 2: 8, 3: 16}.get(form, 0)
    if not width or symbols_form or imports_at + count * width > len(chains):
        raise ValueError("imports that cannot be read")
    strings = chains[symbols_at:]
    for number in range(min(count, MAX_IMPORTS)):
        at = imports_at + number * width
        word = int.from_bytes(chains[at : at + min(width, 8)], "little")
        name = string(strings, word >> 32 if form == 3 else word >> 9 & 0x7FFFFF)
        if name is None:
            return
        yield name


def opcode_names(codes: bytes, string: String) -> Iterator[str]:
    """Yield the symbol names of a stream of bind opcodes (BIND_OPCODE_* of <mach-o/loader.h>)."""
    at, found = 0, 0
    while at < len(codes) and found < MAX_IMPORTS:
        opcode = codes[at] & 0xF0
        at += 1
        if opcode == 0x40:
            name = string(codes, at)
            end = codes.find(b"\0", at)
            if name is None or end < 0:
                return
            yield name
            at, found = end + 1, found + 1
        elif opcode in (0x20, 0x60, 0x70, 0x80, 0xA0, 0xC0):
            # one ULEB128 or SLEB128, two after opcode 0xC0
            for _ in range(2 if opcode == 0xC0 else 1):
                _, at = references.uleb(codes, at)


def exported_names(trie: bytes, marker: bytes) -> Iterator[bytes]:
    """Yield the exported names that start with ``marker``, without it (ExportInfo trie of <mach-o/loader.h>)."""
    pending, budget = [(0, b"")], len(trie)
    while pending and budget > 0:
        at, prefix = pending.pop()
        budget -= 1
        size, at = references.uleb(trie, at)
        if size and prefix.startswith(marker):
            yield prefix[len(marker) :]
        at += size
        if at >= len(trie):
            continue
        children, at = trie[at], at + 1
        for _ in range(children):
            end = trie.find(b"\0", at, at + MAX_NAME)
            if end < 0:
                break
            name = prefix + trie[at:end]
            child, at = references.uleb(trie, end + 1)
            budget -= 1
            if child and len(name) <= MAX_NAME and (name.startswith(marker) or marker.startswith(name)):
                pending.append((child, name))


def pointer_format(chains: bytes) -> int:
    """Return the DYLD_CHAINED_PTR_* format of the pointers; 0 where no segment says."""
    if len(chains) >= _CHAINS.size:
        starts = _CHAINS.unpack_from(chains)[1]
        count = int.from_bytes(chains[starts : starts + 4], "little")
        for number in range(min(count, _MAX_SEGMENTS)):
            at = starts + 4 + number * 4
            offset = int.from_bytes(chains[at : at + 4], "little")
            if offset and starts + offset + 8 <= len(chains):
                return int.from_bytes(chains[starts + offset + 6 : starts + offset + 8], "little")
    return 0
