"""The names a native library gives its dynamic linker, read from the first part of the file alone.

What is wanted are the Java methods it implements: the virtual machine looks them up by name (``Java_com_acme_Push_start``), so
they stand in the dynamic string table whatever a minifier did to the Java side. Linkers put that table near the start of the
file and what points at it near the end, and most libraries are compressed inside the app: to read the pointer is to inflate
everything. The table is told by what no other part of a file looks like: names apart by one zero byte, among them that of the
C library, which every library asks for. Formats: System V ABI, chapter 5; JNI specification, "Resolving native method names".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

__all__ = ["ELF", "dynamic_names", "java_method"]

ELF = b"\x7fELF"
_STEPS = (1 << 18, 1 << 20, 1 << 22, 1 << 23)
"""Bytes looked at: as many as it takes to find the table, and no more."""
_C_LIBRARY = re.compile(rb"\0libc\.so\0")
_MOST_TABLES = 16
_NO_NAME = re.compile(rb"[^\x21-\x7e\0]")
_TWO_ENDS = b"\0\0"
_MOST_NAMES = 100_000
_JAVA = b"Java_"
_NO_ESCAPE = re.compile(r"_(?!0[0-9a-f]{4}|[123])")
_ESCAPED = re.compile(r"_(?:0([0-9a-f]{4})|([123]))")
_PLAIN = {"1": "_", "2": ";", "3": "["}
_CLASS = re.compile(r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)+\Z")
_LONGEST = 512


def dynamic_names(first: Callable[[int], bytes]) -> tuple[bytes, ...] | None:
    """Return the names in the dynamic string table; None where none is found, or the file is no ELF file.

    ``first`` gives the file's first bytes: as many as asked for, or all it has.
    """
    for step in _STEPS:
        data = first(step)
        if not data.startswith(ELF):
            return None
        whole = len(data) < step
        tables = [_table(data, match.start(), whole) for match in islice(_C_LIBRARY.finditer(data), _MOST_TABLES)]
        # code that opens the C library itself has its name among its strings; one that goes on may be the longest
        if tables and None not in tables:
            longest = max(filter(None, tables), key=len)
            return tuple(longest.split(b"\0", _MOST_NAMES)[:_MOST_NAMES])
        if whole:
            break
    return None


def _table(data: bytes, at: int, whole: bool) -> bytes | None:
    """Return the table around a name, or None where it may go on behind what was read."""
    end = data.find(_TWO_ENDS, at + 1)
    if end < 0:
        end = len(data)
    if other := _NO_NAME.search(data, at, end):
        end = data.rfind(b"\0", at, other.start())
    elif end == len(data) and not whole:
        return None
    # the table starts with an empty name, behind which another stands right away
    before = _NO_NAME.split(data[data.rfind(_TWO_ENDS, 0, at + 1) + 1 : at])[-1]
    return (before + data[at:end]).strip(b"\0")


def java_method(symbol: bytes) -> tuple[str, str] | None:
    """Return class and method a native function implements, by its name; None where it is no such function."""
    if not symbol.startswith(_JAVA) or len(symbol) > _LONGEST:
        return None
    # behind two underscores the signature tells overloads apart; escapes begin with one and a digit
    mangled = re.split(r"__(?![0-3])", symbol[len(_JAVA) :].decode("ascii", "replace"), maxsplit=1)[0]
    parts = re.split(r"_(?![0-3])", mangled)
    if any(_NO_ESCAPE.search(part) for part in parts):
        return None
    names = [_ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else _PLAIN[match[2]], part) for part in parts]
    class_ = ".".join(names[:-1])
    return (class_, names[-1]) if names[-1] and _CLASS.match(class_) else None
