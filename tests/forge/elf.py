"""Native libraries (``lib*.so``): small ELF shared objects with a name, needed libraries, symbols and strings.

Format: System V ABI, ELF-64 and ELF-32, little-endian. The whole file is one loaded segment, so offsets and
addresses are equal.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["ABIS", "write_elf"]

ABIS = {"arm64-v8a": (64, 183), "x86_64": (64, 62), "armeabi-v7a": (32, 40), "x86": (32, 3)}
"""Word size and ELF machine number of each Android ABI."""

_RETURN = {183: b"\xc0\x03\x5f\xd6", 62: b"\xc3\xcc\xcc\xcc", 40: b"\x1e\xff\x2f\xe1", 3: b"\xc3\xcc\xcc\xcc"}
_SECTION = {64: "<IIQQQQIIQQ", 32: "<IIIIIIIIII"}


def write_elf(
    soname: str,
    *,
    abi: str = "arm64-v8a",
    exports: Sequence[str] = (),
    needed: Sequence[str] = ("libc.so",),
    strings: Sequence[str] = (),
) -> bytes:
    """Return a shared object for ``abi``.

    ``exports`` are the functions it defines (each only returns), ``strings`` stand in its read-only data.
    """
    bits, machine = ABIS[abi]
    wide = bits == 64
    word, header, program, section = (8, 64, 56, 64) if wide else (4, 52, 32, 40)

    names = bytearray(b"\0")

    def name(text: str) -> int:
        at = len(names)
        names.extend(text.encode() + b"\0")
        return at

    soname_at = name(soname)
    needed_at = [name(library) for library in needed]
    export_at = [name(symbol) for symbol in exports]
    code = _RETURN[machine] * max(1, len(exports))
    rodata = b"".join(text.encode() + b"\0" for text in strings) or b"\0"

    programs = 3
    symbol_size = 24 if wide else 16
    symbols = 1 + len(exports)
    text_at = _up(header + programs * program, 16)
    rodata_at = text_at + len(code)
    dynsym_at = _up(rodata_at + len(rodata), 8)
    hash_at = dynsym_at + symbols * symbol_size
    dynstr_at = hash_at + 4 * (2 + 1 + symbols)
    dynamic_at = _up(dynstr_at + len(names), 8)

    symbol_table = bytes(symbol_size)
    for index, at in enumerate(export_at):
        address = text_at + index * len(_RETURN[machine])
        if wide:
            symbol_table += struct.pack("<IBBHQQ", at, 0x12, 0, 1, address, 4)
        else:
            symbol_table += struct.pack("<IIIBBH", at, address, 4, 0x12, 0, 1)
    # One bucket whose chain holds every symbol.
    chain = [0, *range(2, symbols), 0][:symbols] if symbols > 1 else [0]
    hash_table = struct.pack(f"<III{symbols}I", 1, symbols, 1 if symbols > 1 else 0, *chain)
    tags = [(1, at) for at in needed_at]
    tags += [(14, soname_at), (4, hash_at), (5, dynstr_at), (6, dynsym_at), (10, len(names)), (11, symbol_size), (0, 0)]
    pair = "<qQ" if wide else "<iI"
    dynamic = b"".join(struct.pack(pair, tag, value) for tag, value in tags)

    body = bytearray(dynamic_at)
    body[text_at : text_at + len(code)] = code
    body[rodata_at : rodata_at + len(rodata)] = rodata
    body[dynsym_at:hash_at] = symbol_table
    body[hash_at:dynstr_at] = hash_table
    body[dynstr_at : dynstr_at + len(names)] = names
    body += dynamic
    loaded = len(body)

    titles = b"\0"
    rows = [(0,) * 10]
    for title, kind, flags, at, size, link, info, align, entry in (
        (".text", 1, 6, text_at, len(code), 0, 0, 4, 0),
        (".rodata", 1, 2, rodata_at, len(rodata), 0, 0, 1, 0),
        (".dynsym", 11, 2, dynsym_at, len(symbol_table), 5, 1, 8, symbol_size),
        (".hash", 5, 2, hash_at, len(hash_table), 3, 0, 4, 4),
        (".dynstr", 3, 2, dynstr_at, len(names), 0, 0, 1, 0),
        (".dynamic", 6, 3, dynamic_at, len(dynamic), 5, 0, 8, 2 * word),
    ):
        rows.append((len(titles), kind, flags, at, at, size, link, info, align, entry))
        titles += title.encode() + b"\0"
    shstrtab = len(titles)
    titles += b".shstrtab\0"
    rows.append((shstrtab, 3, 0, 0, len(body), len(titles), 0, 0, 1, 0))
    body += titles
    body += bytes(-len(body) % 8)
    sections_at = len(body)
    for row in rows:
        body += struct.pack(_SECTION[bits], *row)

    # The dynamic section is mapped writable, as linkers expect; the file is mapped once as code.
    segments = [
        (1, 5, 0, loaded, 0x1000),
        (2, 6, dynamic_at, len(dynamic), 8),
        (0x6474E551, 6, 0, 0, 16),
    ]
    table = b""
    for kind, flags, at, size, align in segments:
        if wide:
            table += struct.pack("<IIQQQQQQ", kind, flags, at, at, at, size, size, align)
        else:
            table += struct.pack("<IIIIIIII", kind, at, at, at, size, size, flags, align)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1, 0]) + bytes(8)
    flags = 0x05000200 if machine == 40 else 0
    sizes = (header, program, programs, section, len(rows), len(rows) - 1)
    rest = struct.pack(
        "<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH", 3, machine, 1, 0, header, sections_at, flags, *sizes
    )
    body[:header] = ident + rest
    body[header : header + len(table)] = table
    return bytes(body)


def _up(number: int, to: int) -> int:
    return -(-number // to) * to
