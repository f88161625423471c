"""The mapping a minifier writes (R8, ProGuard): which name in the build stands for which name in the source.

Format: ProGuard manual, "Retrace"; R8's ``doc/retrace.md`` for the comments in JSON. A file of a large app has a million lines,
so it is read once for its class lines; the members of a class are read where they stand when somebody asks for them.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from auditor.errors import SideFileError

__all__ = ["Member", "NameMap", "open_mapping"]

_CLASS = re.compile(r"(\S+) -> (\S+):\s*(?:#.*)?\Z")
_MEMBER = re.compile(
    r"\s+(?:(?P<from>\d+):(?:(?P<to>\d+):)?)?(?P<type>\S+)\s+(?P<name>[^\s(]+)(?P<arguments>\([^\s)]*\))?"
    r"(?::(?P<line>\d+)(?::(?P<last>\d+))?)?\s+->\s+(?P<written>\S+)\s*\Z"
)
_RESIDUAL = re.compile(r"[\"']com\.android\.tools\.r8\.residualsignature[\"'].*\bsignature[\"']?\s*:\s*[\"']([^\"']+)")
_HEADER = re.compile(r"#\s*(compiler|pg_map_id|pg_map_hash):\s*(.*?)\s*\Z")
_REMOVED = "R8$$REMOVED$$CLASS$$"
"""What R8 calls a class of which only inlined code is left."""
_PRIMITIVES = {"V": "void", "Z": "boolean", "B": "byte", "S": "short", "C": "char", "I": "int", "J": "long", "F": "float", "D": "double"}
_ARROW = b" -> "


@dataclass(frozen=True, slots=True)
class Member:
    """A field or method as the build calls it, and what it was."""

    written: str
    """Its name in the build."""
    class_: str
    """The class it comes from, where a minifier moved it here from another; else empty."""
    name: str
    """Its name in the source."""
    parameters: tuple[str, ...] | None
    """Types of the parameters, as the source names them (``java.lang.String[]``); None for a field."""
    residual: str
    """Its descriptor in the build, where the mapping says that it changed; else empty."""


@dataclass(slots=True)
class NameMap:
    """The names of one mapping. Iterate over its classes, ask for the members of single ones."""

    path: Path
    file: str
    """Name of the file, as reports print it."""
    sha256: str
    map_id: str
    """``pg_map_id`` of the header; empty where it has none."""
    whole: bool
    """Whether the rest of the file has the hash its header states; True where it states none."""
    originals: dict[str, str]
    """Class in the build -> class in the source; those that kept their names too."""
    _order: dict[str, int] = field(default_factory=dict)
    _offsets: array[int] = field(default_factory=lambda: array("Q"))
    _lines: array[int] = field(default_factory=lambda: array("Q"))
    _members: dict[str, tuple[Member, ...]] = field(default_factory=dict)

    def members(self, class_: str) -> tuple[Member, ...]:
        """Return the members of a class of the build, each once, in the order of the file. Raises SideFileError."""
        found = self._members.get(class_)
        if found is None:
            number = self._order.get(class_)
            found = () if number is None else tuple(dict.fromkeys(self._read_members(number)))
            self._members[class_] = found
        return found

    def class_(self, name: str) -> str:
        """Return a class's name in the source; arrays and what the mapping does not name stay as they are."""
        return self.originals.get(name, name)

    def method(self, class_: str, name: str, descriptor: str) -> str | None:
        """Return ``com.vendor.Foo.bar`` for a method of the build; None where the mapping leaves open which it was."""
        candidates = [one for one in self.members(class_) if one.written == name and one.parameters is not None]
        if not candidates:
            return f"{self.class_(class_)}.{name}" if class_ in self.originals else None
        parameters = self.parameters(descriptor)
        written = descriptor.partition(")")[0]
        fitting = [
            one
            for one in candidates
            if (one.residual.partition(")")[0] == written if one.residual else one.parameters == parameters)
        ]
        names = {f"{one.class_ or self.class_(class_)}.{one.name}" for one in fitting or candidates}
        return names.pop() if len(names) == 1 else None

    def field(self, name: str) -> str:
        """Return ``com.vendor.Foo.BAR`` for a field of the build, given dotted."""
        class_, _, field = name.rpartition(".")
        found = {one.name for one in self.members(class_) if one.written == field and one.parameters is None and not one.class_}
        return f"{self.class_(class_)}.{found.pop() if len(found) == 1 else field}"

    def parameters(self, descriptor: str) -> tuple[str, ...]:
        """Return the parameter types of a DEX descriptor, as the source names them."""
        return tuple(self.type_(one) for one in _types(descriptor.partition(")")[0].removeprefix("(")))

    def type_(self, written: str) -> str:
        """Return a type of the build (``[La/b;``) as the source names it (``com.vendor.Foo[]``)."""
        bare = written.lstrip("[")
        name = self.class_(bare[1:-1].replace("/", ".")) if bare[:1] == "L" else _PRIMITIVES.get(bare, bare)
        return name + "[]" * (len(written) - len(bare))

    def descriptor(self, written: str) -> str:
        """Return a DEX descriptor with the classes in it as the source names them."""
        return _IN_DESCRIPTOR.sub(lambda found: f"L{self.class_(found[1].replace('/', '.')).replace('.', '/')};", written)

    def keep(self, classes: Iterable[str]) -> None:
        """Forget every class but these: the build has no others."""
        kept = set(classes)
        self.originals = {written: name for written, name in self.originals.items() if written in kept}
        self._order = {written: number for written, number in self._order.items() if written in kept}

    def written(self, originals: frozenset[str]) -> Mapping[str, str]:
        """Return the names in the build of classes of the source, for those the mapping has: original -> written."""
        return {name: written for written, name in self.originals.items() if name in originals}

    def _read_members(self, number: int) -> Iterator[Member]:
        with _opened(self.path) as file:
            file.seek(self._offsets[number])
            at = self._lines[number]
            last: re.Match[str] | None = None
            residual = ""
            for raw in file:
                at += 1
                if raw[:1] not in b" \t#\r\n":
                    break
                text = _text(raw, at, self.path)
                if not text.strip():
                    continue
                if text.lstrip().startswith("#"):
                    if last is not None and (found := _RESIDUAL.search(text)):
                        residual = found[1]
                    continue
                match = _MEMBER.match(text)
                if match is None:
                    raise _malformed(self.path, at, text, "[1:2:]type name[(types)][:3:4] -> renamed")
                # a frame of code that was inlined is followed by the frame of the caller, for the same lines
                if last is not None and not _is_caller_of(match, last):
                    yield _member(last, residual)
                last, residual = match, ""
            if last is not None:
                yield _member(last, residual)


def _member(match: re.Match[str], residual: str) -> Member:
    class_, _, name = match["name"].rpartition(".")
    arguments = match["arguments"]
    parameters = None if arguments is None else tuple(one for one in arguments[1:-1].split(",") if one)
    return Member(match["written"], class_, name, parameters, residual)


def _is_caller_of(match: re.Match[str], inner: re.Match[str]) -> bool:
    """Tell whether a line is the frame that the code of the line above was inlined into."""
    return (
        match["from"] is not None
        and match["line"] is not None
        and match["last"] is None
        and (match["from"], match["to"], match["written"]) == (inner["from"], inner["to"], inner["written"])
    )


def open_mapping(path: Path) -> NameMap:
    """Read the header and the class lines of a mapping. Raises SideFileError where it is none."""
    header: dict[str, str] = {}
    found = NameMap(path=path, file=path.name, sha256="", map_id="", whole=True, originals={})
    body = None
    with _opened(path) as file:
        offset = 0
        for number, raw in enumerate(file, 1):
            offset += len(raw)
            first = raw[0]
            if first in b" \t":
                # one test per line: a million of these are usual, and are looked at closely where somebody asks for the class
                if _ARROW not in raw and raw.strip() and raw.lstrip()[:1] != b"#":
                    raise _malformed(path, number, _text(raw, number, path), "[1:2:]type name[(types)][:3:4] -> renamed")
                if not found.originals:
                    raise _malformed(path, number, _text(raw, number, path), "a class (com.example.Foo -> a.b:) before its members")
            elif first == 0x23:
                if not found.originals and (match := _HEADER.match(_text(raw, number, path))):
                    header.setdefault(match[1], match[2])
                    if match[1] == "pg_map_hash":
                        body = offset
            elif raw.strip():
                _class_line(_text(raw, number, path), number, offset, found)
        if not found.originals:
            raise SideFileError(f"{path.name} is no mapping: it names no class", _HINT)
        found.sha256 = _hash(file, 0)
        stated = header.get("pg_map_hash", "").removeprefix("SHA-256").strip().lower()
        if body is not None and header.get("compiler") == "R8" and len(stated) == 64:
            found.whole = _hash(file, body) == stated
    found.map_id = header.get("pg_map_id", "")
    return found


_HINT = "give the mapping.txt that R8 or ProGuard wrote for this build"


def _class_line(text: str, number: int, offset: int, found: NameMap) -> None:
    match = _CLASS.match(text)
    if match is None:
        raise _malformed(found.path, number, text, "com.example.Foo -> a.b:")
    original, written = match[1], match[2]
    if written.startswith(_REMOVED):
        return
    before = found.originals.get(written)
    if before is not None:
        raise SideFileError(f"{found.path.name}:{number}: {written} stands for {before} already, and cannot for {original} too", _HINT)
    found.originals[written] = written if original == written else original
    found._order[written] = len(found._offsets)
    found._offsets.append(offset)
    found._lines.append(number)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SideFileError(f"{path} cannot be opened ({error.strerror})", "check the path of the mapping") from None


def _hash(file: BinaryIO, start: int) -> str:
    file.seek(start)
    state = hashlib.sha256()
    while block := file.read(1 << 20):
        state.update(block)
    return state.hexdigest()


def _text(raw: bytes, number: int, path: Path) -> str:
    try:
        return raw.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        raise SideFileError(f"{path.name}:{number}: is not written in UTF-8", _HINT) from None


def _malformed(path: Path, number: int, text: str, expected: str) -> SideFileError:
    shown = text.strip()
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return SideFileError(f"{path.name}:{number}: {shown!r} is no line of a mapping; expected {expected}", _HINT)


_IN_DESCRIPTOR = re.compile(r"L([^;]+);")
_ONE_TYPE = re.compile(r"\[*(?:L[^;]+;|[A-Z])")


def _types(text: str) -> Sequence[str]:
    return _ONE_TYPE.findall(text)
