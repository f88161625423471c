"""Static libraries: the members of an ar archive, by name, without a copy of their bytes.

Formats: <ar.h> and ar(5) of BSD (long names before the content, ``#1/<length>``), the GNU and System V form (a table of
long names called ``//``, members called ``/<offset>``). Symbol tables and name tables are not yielded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["AR", "THIN", "ArError", "Member", "read_members"]

AR, THIN = b"!<arch>\n", b"!<thin>\n"
_HEADER = 60
_END = b"`\n"
_MAX_MEMBERS = 100_000
_MAX_NAME = 1024


class ArError(ValueError):
    """The archive goes on, but cannot be read any further; holds the reason in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class Member(NamedTuple):
    """One file of an archive."""

    name: str
    start: int
    """Where its content starts in the bytes."""
    size: int


def read_members(data: bytes, base: int, size: int) -> Iterator[Member]:
    """Yield the members of the archive that takes ``size`` bytes from ``base`` on, headed by ``!<arch>``.

    Raises ArError, after the members before, where one is damaged or cut off.
    """
    at, end = base + len(AR), base + size
    long_names = b""
    for _ in range(_MAX_MEMBERS):
        if end - at < _HEADER:
            if data[at:end].strip(b"\0\n"):
                raise ArError("静态库被截断", "is a static library cut short")
            return
        header = data[at : at + _HEADER]
        digits = header[48:58].strip()
        if header[58:] != _END or not digits.isdigit():
            raise ArError("静态库已损坏", "is a damaged static library")
        start, stop = at + _HEADER, at + _HEADER + int(digits)
        if stop > end:
            raise ArError("静态库被截断", "is a static library cut short")
        raw = header[:16].rstrip(b" ")
        if raw.startswith(b"#1/") and raw[3:].isdigit():
            length = int(raw[3:])
            if start + length > stop:
                raise ArError("静态库已损坏", "is a damaged static library")
            raw = data[start : start + min(length, _MAX_NAME)].split(b"\0", 1)[0]
            start += length
        elif raw == b"//":
            long_names = data[start:stop]
        elif raw.startswith(b"/") and raw[1:].isdigit():
            offset = int(raw[1:])
            raw = long_names[offset : offset + _MAX_NAME].split(b"\n", 1)[0]
        if not raw.startswith(b"__.SYMDEF") and raw not in (b"/", b"//", b"/SYM64/"):
            yield Member(raw.removesuffix(b"/").decode("utf-8", "backslashreplace"), start, stop - start)
        # members start at even offsets
        at = stop + (stop - base & 1)
    raise ArError(f"静态库成员超过 {_MAX_MEMBERS} 个", f"is a static library of more than {_MAX_MEMBERS} members")
