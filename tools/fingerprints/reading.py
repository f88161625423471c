"""Which string literals the code of an artefact loads, class by class: jar, aar, apk, dex and smali."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from auditor.extract.android.dex import is_dex
from auditor.extract.android.names import mutf8
from auditor.extract.android.walk import Wanted, walk
from tools.fingerprints.classcode import BadClass, class_literals

__all__ = ["Code", "read_artefact", "read_smali"]

Code = dict[str, frozenset[str]]
"""Dotted class name -> the literals its instructions load."""

_MOST_BYTES = 256 << 20
_DEX_HEADER = 0x70
_DEPTH = 3
"""An aar holds jars, and those may hold jars again."""
_CONST_STRING = re.compile(rb'^\s*const-string(?:/jumbo)? [vp]\d+, "(.*)"[ \t]*\r?$', re.MULTILINE)
_CLASS = re.compile(rb"^\.class .*?L([^;\s]+);", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


def read_artefact(data: bytes) -> Code:
    """Return the literals of every class in a jar, aar, apk or DEX file; what cannot be read is left out."""
    found: Code = {}
    _read(data, found, _DEPTH)
    return found


def _read(data: bytes, found: Code, depth: int) -> None:
    if is_dex(data[:8]):
        for name, literals in _dex(data):
            found[name] = found.get(name, frozenset()) | literals
    elif data[:4] == b"\xca\xfe\xba\xbe":
        try:
            name, literals = class_literals(data)
        except BadClass:
            return
        found[name] = found.get(name, frozenset()) | literals
    elif data[:2] == b"PK" and depth:
        for inner in _members(data):
            _read(inner, found, depth - 1)


def _members(data: bytes) -> Iterator[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    with archive:
        for member in archive.infolist():
            if not member.filename.endswith((".class", ".jar", ".dex")) or member.file_size > _MOST_BYTES:
                continue
            try:
                yield archive.read(member)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
                continue


def _dex(data: bytes) -> Iterator[tuple[str, frozenset[str]]]:
    """Return the classes of a DEX file with the operands of their const-string instructions."""
    if len(data) < _DEX_HEADER:
        return
    strings, string_table, types, type_table = struct.unpack_from("<4I", data, 0x38)
    classes, class_table = struct.unpack_from("<2I", data, 0x60)
    if 4 * strings > len(data):
        return
    try:
        walked = walk(data, 0, Wanted(strings=b"\1" * strings))
    except ValueError:
        return
    used: dict[int, set[int]] = {}
    for reference in walked:
        used.setdefault(reference.class_def, set()).add(reference.entry)
    texts: dict[int, str | None] = {}

    def text(index: int) -> str | None:
        if index not in texts:
            texts[index] = _text(data, string_table, strings, index)
        return texts[index]

    for class_def in range(classes):
        try:
            (type_index,) = struct.unpack_from("<I", data, class_table + 32 * class_def)
            (name_index,) = struct.unpack_from("<I", data, type_table + 4 * type_index)
        except struct.error:
            return
        name = text(name_index) if type_index < types else None
        if name and name[0] == "L" and name[-1] == ";":
            literals = (text(index) for index in used.get(class_def, ()))
            yield name[1:-1].replace("/", "."), frozenset(one for one in literals if one is not None)


def _text(data: bytes, table: int, count: int, index: int) -> str | None:
    if index >= count or table + 4 * index + 4 > len(data):
        return None
    (at,) = struct.unpack_from("<I", data, table + 4 * index)
    for _ in range(5):  # the length in UTF-16 units, a ULEB128, of which the bytes tell enough
        if at >= len(data):
            return None
        at += 1
        if data[at - 1] < 0x80:
            break
    end = data.find(b"\0", at)
    return mutf8(data[at:end]) if end >= 0 else None


def read_smali(text: bytes) -> tuple[str, frozenset[str]]:
    """Return the class of a smali file and its literals; the name is empty where the file defines none."""
    named = _CLASS.search(text)
    literals = {_unescape(match.decode("utf-8")) for match in _CONST_STRING.findall(text) if _is_utf8(match)}
    return (named[1].decode("utf-8", "replace").replace("/", ".") if named else ""), frozenset(literals)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return _ESCAPED.get(match[2], match[2])

    return _join(_ESCAPE.sub(one, text))


def _join(text: str) -> str:
    """Put surrogate pairs together, as the readers of class files and DEX files do."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if not text.isascii() else text
