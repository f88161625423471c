"""Ark bytecode (``modules.abc``): the modules it defines, and what each of them imports. No instruction is looked at.

Format: the Ark bytecode file format of OpenHarmony's documentation (arkts-bytecode-file-format.md, for version 12.0.6.0), whose
header, class index, classes and fields have been the same since version 9; where a module's requests lie is told by its field
``moduleRecordIdx`` (openharmony/arkcompiler_ets_frontend, which writes it). Names of modules are those of the documentation of
the import rules: ``bundle&package/path&version`` since API level 12, paths below ``pkg_modules`` before.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

__all__ = ["MAGIC", "AbcError", "Bytecode", "Named", "named", "read_abc", "requested"]

MAGIC = b"PANDA\0\0\0"
_HEADER = struct.Struct("<8sI4s11I")
_RECORD = b"moduleRecordIdx"
_LONGEST_NAME = 4096
_MOST_FIELDS = 1 << 16
_MOST_REQUESTS = 1 << 16
_INT_VALUE, _VALUE = 1, 2
_INTERFACES, _SOURCE_LANGUAGE = 1, 2


class AbcError(Exception):
    """Bytecode that cannot be read; the message says where it fails."""


@dataclass(frozen=True, slots=True)
class Bytecode:
    """What one file of bytecode defines."""

    version: str
    """``12.0.6.0``."""
    modules: tuple[tuple[str, tuple[str, ...]], ...]
    """(name of a defined class, what its module imports), in the file's order; annotations and the like are among them."""
    unread: int
    """Classes whose imports could not be read."""


@dataclass(frozen=True, slots=True)
class Named:
    """A package that a name speaks of."""

    package: str
    version: str = ""


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def number(self, at: int) -> int:
        """Return a 32-bit number."""
        if at < 0 or at + 4 > len(self.data):
            raise AbcError(f"+0x{max(at, 0):x}: points outside the file")
        return int.from_bytes(self.data[at : at + 4], "little")

    def packed(self, at: int) -> tuple[int, int]:
        """Return an unsigned LEB128 number and where it ends."""
        value = shift = 0
        for index in range(at, min(at + 5, len(self.data))):
            byte = self.data[index]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, index + 1
            shift += 7
        raise AbcError(f"+0x{at:x}: a number does not end")

    def text(self, at: int) -> tuple[bytes, int]:
        """Return a string, in modified UTF-8, and where it ends."""
        if at < 0 or at >= len(self.data):
            raise AbcError(f"+0x{max(at, 0):x}: points outside the file")
        _, start = self.packed(at)
        end = self.data.find(b"\0", start, start + _LONGEST_NAME)
        if end < 0:
            raise AbcError(f"+0x{at:x}: a name does not end")
        return self.data[start:end], end + 1


def read_abc(data: bytes) -> Bytecode:
    """Read the classes of a file of Ark bytecode. Raises AbcError where it is none, or its index of classes is damaged."""
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise AbcError("does not begin as bytecode does")
    header = _HEADER.unpack_from(data)
    version = ".".join(str(one) for one in header[2])
    size, foreign, foreign_size, count, index = header[3:8]
    if size > len(data):
        raise AbcError(f"is cut short: {len(data)} of {size} bytes")
    if index + 4 * count > len(data):
        raise AbcError("its index of classes points outside the file")
    file = _Bytes(data)
    modules: list[tuple[str, tuple[str, ...]]] = []
    unread = 0
    for at in struct.unpack_from(f"<{count}I", data, index):
        name, end = file.text(at)
        requests: tuple[str, ...] = ()
        if not foreign <= at < foreign + foreign_size:
            try:
                requests = _requests(file, end)
            except AbcError:
                unread += 1
            modules.append((_decoded(name), requests))
    return Bytecode(version=version, modules=tuple(modules), unread=unread)


def _requests(file: _Bytes, at: int) -> tuple[str, ...]:
    """Return what the module of a class imports; ``at`` is behind the class's name."""
    record = _module_record(file, at)
    if record is None:
        return ()
    count = file.number(record + 4)
    if count > _MOST_REQUESTS:
        raise AbcError(f"+0x{record:x}: {count} imports")
    return tuple(_decoded(file.text(file.number(record + 8 + 4 * index))[0]) for index in range(count))


def _module_record(file: _Bytes, at: int) -> int | None:
    at += 4  # reserved
    _, at = file.packed(at)  # access flags
    fields, at = file.packed(at)
    _, at = file.packed(at)  # number of methods
    while (tag := file.data[at : at + 1]) != b"\0":
        if not tag:
            raise AbcError(f"+0x{at:x}: points outside the file")
        at += 1
        if tag[0] == _INTERFACES:
            count, at = file.packed(at)
            at += 2 * count
        else:
            at += 1 if tag[0] == _SOURCE_LANGUAGE else 4
    at += 1
    for _ in range(min(fields, _MOST_FIELDS)):
        name, _ = file.text(file.number(at + 4))
        _, at = file.packed(at + 8)
        value: int | None = None
        while (tag := file.data[at : at + 1]) != b"\0":
            if not tag:
                raise AbcError(f"+0x{at:x}: points outside the file")
            at += 1
            if tag[0] == _INT_VALUE:
                value, at = file.packed(at)
            else:
                value, at = file.number(at), at + 4
        at += 1
        if name == _RECORD:
            return value
    return None


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "replace")


# -- names ----------------------------------------------------------------------------------------------------------

_NORMALIZED = re.compile(r"[^&;]*&(?P<path>[^&;]+)&(?P<version>[^&;]*)\Z")
_REQUESTED = re.compile(r"@normalized:N&[^&]*&[^&]*&(?P<path>[^&]+)&(?P<version>[^&]*)\Z")
_PACKAGE = re.compile(r"@[^/]+/[^/]+|[^/@][^/]*")
_BELOW = re.compile(
    r".*(?:pkg_modules|oh_modules|node_modules)(?:@[^/]+)?/(?P<package>@[^/]+/[^/]+|(?!\.ohpm/)[^/@][^/]*)(?:/|\Z)"
)
_STORED = re.compile(r"/\.ohpm/(?:@?[^/@]+)@(?P<version>[^/@]+)/(?:pkg_modules|oh_modules)/")


def named(class_: str) -> Named | None:
    """Return the package whose module a defined class is, by its descriptor; None where it is none's (annotations, the system's).

    Of names before API level 12 that stand below no folder of packages, the app's own bundle is the package.
    """
    if not class_.startswith("L") or not class_.endswith(";"):
        return None
    name = class_[1:-1]
    if name.startswith(("_", "@ohos.", "@system.", "@native.", "@hms.")):
        return None
    if match := _NORMALIZED.match(name):
        return _of_path(match["path"], match["version"])
    if found := _below(name):
        return found
    bundle, slash, _ = name.partition("/")
    return Named(bundle) if bundle and slash else None


def requested(request: str) -> Named | None:
    """Return the package that a module imports from; None where it is the app's own, the system's or native code."""
    if match := _REQUESTED.match(request):
        return _of_path(match["path"], match["version"])
    return _below(request)


def _of_path(path: str, version: str) -> Named | None:
    match = _PACKAGE.match(path)
    return Named(match[0], version) if match else None


def _below(path: str) -> Named | None:
    match = _BELOW.match(path)
    if match is None:
        return None
    stored = _STORED.search(path)
    return Named(match["package"], stored["version"] if stored else "")
