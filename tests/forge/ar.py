"""Static libraries (ar archives), in the form of BSD and in that of GNU, with any damage a reader has to survive.

Formats: <ar.h> and ar(5) of BSD; the GNU form as binutils' bfd/archive.c writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Member", "write_ar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of an archive. What is None is filled in truthfully."""

    name: str
    data: bytes = b""
    size: str | None = None
    """Text of the size field."""
    mark: bytes = b"`\n"
    """What the header ends with."""


def write_ar(members: Iterable[Member], *, gnu: bool = False, symbols: bool = True, magic: bytes = b"!<arch>\n") -> bytes:
    """Return an ar archive; with a table of symbols (of no use to anybody here) unless told otherwise."""
    members = list(members)
    out = magic
    if symbols:
        out += _gnu(Member(name="/", data=bytes(4)), "/") if gnu else _bsd(Member(name="__.SYMDEF SORTED", data=bytes(8)))
    if not gnu:
        return out + b"".join(map(_bsd, members))
    table = b""
    fields = {}
    for one in members:
        if len(one.name) < 16:
            fields[one.name] = one.name + "/"
        else:
            fields[one.name] = f"/{len(table)}"
            table += one.name.encode() + b"/\n"
    if table:
        out += _gnu(Member(name="//", data=table), "//")
    return out + b"".join(_gnu(one, fields[one.name]) for one in members)


def _header(field: str, size: str, mark: bytes) -> bytes:
    return field.ljust(16).encode() + b"0           0     0     100644  " + size.ljust(10).encode() + mark


def _bsd(one: Member) -> bytes:
    raw = one.name.encode() + b"\0"
    raw += bytes(-len(raw) % 8)
    body = raw + one.data
    head = _header(f"#1/{len(raw)}", one.size or str(len(body)), one.mark)
    return head + body + b"\n" * (len(body) % 2)


def _gnu(one: Member, field: str) -> bytes:
    return _header(field, one.size or str(len(one.data)), one.mark) + one.data + b"\n" * (len(one.data) % 2)
