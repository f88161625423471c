"""What was read of a build, kept in a folder, so that an unchanged build is judged anew without being read again.

The key is made of everything that the facts depend on: the bytes of the build and of the files beside it, their names, the version of the
knowledge and the code of this package. An entry is JSON of our own (no pickle: reading one makes nothing but the nouns it may hold), with a
digest; one that is damaged, cut short or of another form is passed over and read anew. Who can write the folder can say what is in a build:
it is to be as private as the pipeline. What nobody asks of a build once it is understood (its call graph, the literals of its classes)
is not kept.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import errno
import functools
import hashlib
import json
import os
import stat
import tempfile
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from auditor.build import Build, Fact, Text
from auditor.model import Conduct

__all__ = ["MOST_BYTES", "Cache", "key_of", "pack", "unpack"]

FORMAT = "auditor/cache/1"
MOST_BYTES = 1 << 30
"""Size of all entries together; the ones that were not used for longest go first."""
_MOST_UNPACKED = 1 << 30
_SUFFIX = ".facts"
_BLOCK = 1 << 20

Note = Callable[[Text], None]
"""Told what is wrong with the cache: nothing of that stops the work."""


def key_of(paths: Iterable[Path | None], knowledge: str, *, calls: bool) -> str:
    """Return the key of what is read from a build and the files beside it, in this order, None for one that is not given.

    Raises OSError where one cannot be read: whoever reads it properly says so better.
    """
    state = hashlib.sha256(f"{FORMAT}\0{knowledge}\0{calls}\0{_limit()}\0{_code()}".encode())
    for path in paths:
        state.update(_content(path).encode() if path is not None else b"-")
    return state.hexdigest()


def _limit() -> int:
    """Return how much memory reading may use: a gap for want of it is no fact of the build."""
    try:
        import resource
    except ImportError:  # Windows
        return -1
    return resource.getrlimit(resource.RLIMIT_AS)[0]


@functools.cache
def _code() -> str:
    """Return a digest of the code of this package: the reader's version, in a checkout too."""
    root = Path(__file__).parent
    state = hashlib.sha256()
    for path in sorted(one for pattern in ("*.py", "*.so", "*.pyd") for one in root.rglob(pattern)):
        state.update(f"{path.relative_to(root)}\0".encode("utf-8", "surrogateescape"))
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


def _content(path: Path) -> str:
    """Return a digest of a file, or of a folder with all in it, and of its name."""
    state = hashlib.sha256(path.resolve().name.encode("utf-8", "surrogateescape") + b"\0" + path.name.encode("utf-8", "surrogateescape"))
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                one = Path(folder, name)
                state.update(f"\0{one.relative_to(path)}\0".encode("utf-8", "surrogateescape"))
                state.update(os.readlink(one).encode("utf-8", "surrogateescape") if one.is_symlink() else _digest(one))
    elif stat.S_ISREG(path.stat().st_mode):
        state.update(_digest(path))
    else:
        raise OSError(errno.EINVAL, "no file whose content stays")  # a pipe can be read once
    return state.hexdigest()


def _digest(path: Path) -> bytes:
    state = hashlib.sha256()
    if path.is_file():  # in a folder, whatever else it is, it is there
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                state.update(block)
    return state.digest()


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of what was read. Several processes may use it at once."""

    folder: Path
    note: Note
    most: int = MOST_BYTES

    def get(self, key: str) -> tuple[Build, Conduct] | None:
        """Return what is kept under ``key``; None where nothing is that can be used."""
        path = self.folder / f"{key}{_SUFFIX}"
        try:
            if path.stat().st_size > self.most:
                raise ValueError("it is too large")
            found = unpack(path.read_bytes(), key)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.note(
                Text(
                    zh=f"缓存条目 {path.name} 不可用（{error}），已忽略并重新读取安装包",
                    en=f"the cache entry {path.name} cannot be used ({error}): ignored, and the build is read anew",
                )
            )
            return None
        with contextlib.suppress(OSError):  # of somebody else, or on a disk that is read only: it serves all the same
            os.utime(path)  # used now: the last to go
        return found

    def put(self, key: str, build: Build, conduct: Conduct) -> None:
        """Keep what was read under ``key``, whole or not at all, and let go what is too much."""
        content = pack(build, conduct, key)
        if len(content) > self.most:
            return
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".auditor.")
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            os.replace(temporary, self.folder / f"{key}{_SUFFIX}")
            self._trim()
        except OSError as error:
            if temporary is not None and os.path.exists(temporary):
                os.unlink(temporary)
            self.note(
                Text(
                    zh=f"无法写入缓存目录 {self.folder}（{error.strerror or error}），本次结果未缓存",
                    en=f"the cache {self.folder} cannot be written ({error.strerror or error}): this build is not kept",
                )
            )

    def _trim(self) -> None:
        """Remove the entries not used for longest until the rest is small enough; another process may be at it, too."""
        entries = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            try:
                state = path.stat()
            except FileNotFoundError:
                continue
            entries.append((state.st_mtime_ns, path.name, state.st_size))
        total = sum(size for _, _, size in entries)
        for _, name, size in sorted(entries):
            if total <= self.most:
                return
            (self.folder / name).unlink(missing_ok=True)
            total -= size


# -- an entry -----------------------------------------------------------------------------------------------------------


def pack(build: Build, conduct: Conduct, key: str) -> bytes:
    """Return the bytes of an entry: a line of JSON that says what it is, then compressed JSON."""
    kept = replace(
        build, flow=None, code=tuple(replace(unit, literals=(), references=(), linked=(), written=()) for unit in build.code)
    )
    facts: dict[Fact, int] = {}
    rest = [_plain(kept, facts), _plain(conduct, facts)]
    document = [[_fields(fact, facts) for fact in facts], *rest]
    # zlib level 1: an entry is written once and seldom read more than a few times
    body = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)
    head = {"format": FORMAT, "key": key, "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body


def unpack(content: bytes, key: str) -> tuple[Build, Conduct]:
    """Return what an entry holds. Raises ValueError where it is none of this form, not that of ``key``, or damaged."""
    head, _, body = content.partition(b"\n")
    try:
        said = json.loads(head)
    except ValueError:
        raise ValueError("it is no entry of this cache") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError(f"it is not of the form {FORMAT}")
    if said.get("key") != key:
        raise ValueError("it belongs to another build")
    if said.get("sha256") != hashlib.sha256(body).hexdigest():
        raise ValueError("it is damaged")
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(body, _MOST_UNPACKED)
        if not unpacking.eof:
            raise ValueError("it is cut short, or too large")
        document = json.loads(text)
        plain_facts, build, conduct = document
        facts: list[Fact] = []
        read = _Readers(facts)
        for one in plain_facts:
            facts.append(read.noun(Fact, one))
        return read.noun(Build, build), read.noun(Conduct, conduct)
    except (zlib.error, TypeError, IndexError, RecursionError, KeyError) as error:
        raise ValueError(f"it is damaged: {type(error).__name__}") from None


def _plain(value: Any, facts: dict[Fact, int]) -> Any:
    """Return a noun as JSON: the values of its fields in order; a fact is its number in the list of all."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, int):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_plain(one, facts) for one in value]
    if isinstance(value, frozenset):
        return sorted(_plain(one, facts) for one in value)
    if isinstance(value, Fact):
        return facts.setdefault(value, len(facts))
    return _fields(value, facts)


def _fields(value: Any, facts: dict[Fact, int]) -> list[Any]:
    return [_plain(getattr(value, one.name), facts) for one in dataclasses.fields(value)]


class _Readers:
    """Makes nouns of plain values by the types their fields are declared with, and of nothing else."""

    def __init__(self, facts: list[Fact]) -> None:
        self._facts = facts
        self._of: dict[Any, Callable[[Any], Any]] = {}
        self._nouns: dict[type, tuple[tuple[str, ...], tuple[Callable[[Any], Any], ...]]] = {}

    def noun(self, kind: Any, value: Any) -> Any:
        """Return the noun ``kind`` whose fields have these values."""
        known = self._nouns.get(kind)
        if known is None:
            hints = typing.get_type_hints(kind)
            names = tuple(one.name for one in dataclasses.fields(kind))
            known = self._nouns[kind] = (names, tuple(self.of(hints[name]) for name in names))
        names, readers = known
        if type(value) is not list or len(value) != len(names):
            raise ValueError(f"it has no {kind.__name__} where one belongs")
        return kind(**{name: read(one) for name, read, one in zip(names, readers, value, strict=True)})

    def of(self, hint: Any) -> Callable[[Any], Any]:
        """Return what reads a value of a type."""
        if hint not in self._of:
            self._of[hint] = self._make(hint)
        return self._of[hint]

    def _make(self, hint: Any) -> Callable[[Any], Any]:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if hint is Fact:
            return self._fact
        if hint in (str, int, bool):
            return functools.partial(_exactly, hint)
        if hint is bytes:
            return _bytes
        if origin in (typing.Union, types.UnionType):
            (inner,) = [one for one in arguments if one is not types.NoneType]
            read = self.of(inner)
            return lambda value: None if value is None else read(value)
        if origin is tuple and arguments[1:] == (Ellipsis,):
            return _texts if arguments[0] is str else functools.partial(_many, tuple, self.of(arguments[0]))
        if origin is tuple:
            return functools.partial(_some, tuple(map(self.of, arguments)))
        if origin is frozenset:
            return functools.partial(_many, frozenset, self.of(arguments[0]))
        if isinstance(hint, type) and issubclass(hint, Enum):
            return functools.partial(_member, {member.value: member for member in hint})
        if dataclasses.is_dataclass(hint):
            return functools.partial(self.noun, hint)
        raise TypeError(f"the cache cannot keep a {hint}")

    def _fact(self, value: Any) -> Fact:
        if type(value) is not int or value < 0:
            raise ValueError("it has no fact where one belongs")
        return self._facts[value]


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"it has no {kind.__name__} where one belongs")
    return value


def _bytes(value: Any) -> bytes:
    return base64.b64decode(_exactly(str, value), validate=True)


def _texts(value: Any) -> tuple[str, ...]:
    if type(value) is not list or not all(type(one) is str for one in value):
        raise ValueError("it has no texts where some belong")
    return tuple(value)


def _many(collect: Callable[[Iterator[Any]], Any], read: Callable[[Any], Any], value: Any) -> Any:
    if type(value) is not list:
        raise ValueError("it has no list where one belongs")
    return collect(map(read, value))


def _some(readers: tuple[Callable[[Any], Any], ...], value: Any) -> tuple[Any, ...]:
    if type(value) is not list or len(value) != len(readers):
        raise ValueError("it has no list where one belongs")
    return tuple(read(one) for read, one in zip(readers, value, strict=True))


def _member(members: dict[Any, Enum], value: Any) -> Enum:
    if type(value) not in (str, int) or value not in members:
        raise ValueError("it has a word that is not known")
    return members[value]
