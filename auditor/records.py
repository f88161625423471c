"""YAML documents read field by field, with every mistake collected as ``file:line: message``.

The declaration and the knowledge are both YAML written by people, so both are read through this one door: unknown keys,
wrong types, missing values, duplicate keys, anchors and syntax errors are all mistakes, and all are reported at once.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from auditor.errors import Mistakes
from auditor.model import Text
from auditor.unseen import visible

__all__ = ["Entry", "Mistake", "Record", "bytes_of", "did_you_mean", "json_yaml", "read_entries", "read_record", "scalar_yaml"]

MAX_BYTES = 8 << 20
MAX_DEPTH = 32

_Member = TypeVar("_Member", bound=Enum)
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLS = {"true": True, "True": True, "false": False, "False": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")  # more digits make int() itself refuse
_PLAIN = re.compile(r"[\u4e00-\u9fffA-Za-z_《（(][\u4e00-\u9fffA-Za-z0-9_.,，。、；：！？/（）()《》“”+&% -]*\Z")
_WORDS = frozenset("null true false yes no on off y n ~ null".split())
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a document."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """Return ``file:line: message``."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class _Scalar:
    value: str
    plain: bool
    line: int


@dataclass(slots=True)
class _Sequence:
    items: list[_Node]
    line: int


@dataclass(slots=True)
class _Mapping:
    pairs: list[tuple[_Scalar, _Node]]
    line: int


_Node = _Scalar | _Sequence | _Mapping


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


@dataclass(slots=True)
class Record:
    """A mapping of the document, read key by key; what was never asked for is a mistake at :meth:`done`."""

    file: str
    line: int
    mistakes: list[Mistake]
    what: str
    """What the record describes, for messages (``permissions[3]``)."""
    _pairs: dict[str, _Node]
    _lines: dict[str, int]
    _asked: set[str] = field(default_factory=set)

    # -- mistakes -------------------------------------------------------------------------------------------------

    def wrong(self, message: str, key: str | None = None) -> None:
        """Record a mistake at ``key``'s line, or at the record's own."""
        line = self._lines.get(key, self.line) if key else self.line
        self.mistakes.append(Mistake(self.file, line, message))

    def line_of(self, key: str) -> int:
        """Return the line ``key`` stands on (the record's own where it is absent)."""
        return self._lines.get(key, self.line)

    def done(self) -> None:
        """Report every key that was not asked for."""
        for key in self._pairs:
            if key not in self._asked:
                self.wrong(f"unknown key {key!r} in {self.what}{did_you_mean(key, self._asked)}", key)

    # -- values ---------------------------------------------------------------------------------------------------

    def has(self, key: str) -> bool:
        """Tell whether ``key`` is present and not null."""
        self._asked.add(key)
        node = self._pairs.get(key)
        return node is not None and not _is_null(node)

    def is_list(self, key: str) -> bool:
        """Tell whether ``key`` holds a list: for keys that take one value or several."""
        return isinstance(self._pairs.get(key), _Sequence)

    def keys(self) -> tuple[str, ...]:
        """Return every key and count them all as asked for: for mappings whose keys are data."""
        self._asked.update(self._pairs)
        return tuple(self._pairs)

    def text(self, key: str, *, required: bool = False, default: str = "") -> str:
        """Return a string; numbers and dates are taken as written."""
        node = self._take(key, required)
        if node is None:
            return default
        if not isinstance(node, _Scalar):
            self.wrong(f"{self.what}.{key} must be text", key)
            return default
        value = node.value.strip()
        if required and not value:
            self.wrong(f"{self.what}.{key} is empty", key)
        return value

    def integer(self, key: str, *, required: bool = False, default: int = 0) -> int:
        """Return a whole number."""
        node = self._take(key, required)
        if node is None:
            return default
        if not isinstance(node, _Scalar) or not _INTEGER.match(node.value):
            self.wrong(f"{self.what}.{key} must be a whole number", key)
            return default
        return int(node.value)

    def boolean(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        node = self._take(key, False)
        if node is None:
            return default
        if not isinstance(node, _Scalar) or not node.plain or node.value not in _BOOLS:
            self.wrong(f"{self.what}.{key} must be true or false", key)
            return default
        return _BOOLS[node.value]

    def choice(self, key: str, choices: Collection[str], *, required: bool = False, default: str = "") -> str:
        """Return one of ``choices``."""
        value = self.text(key, required=required, default=default)
        if value and value not in choices:
            self.wrong(f"{self.what}.{key}: {value!r} is none of its values{did_you_mean(value, choices)}", key)
            return default
        return value

    def member(self, key: str, of: type[_Member], *, default: _Member) -> _Member:
        """Return the member of an enum whose value is text."""
        value = self.choice(key, [str(member.value) for member in of])
        return next((member for member in of if member.value == value), default)

    def texts(
        self,
        key: str,
        *,
        required: bool = False,
        among: Collection[str] | None = None,
        fault: Callable[[str], str] | None = None,
        exact: bool = False,
    ) -> tuple[str, ...]:
        """Return a list of strings; each must be one of ``among`` where that is given.

        ``fault`` says what is wrong with a value, or nothing (an empty string). ``exact`` keeps the space around a value.
        """
        found: list[str] = []
        for node in self._list(key, required):
            if not isinstance(node, _Scalar) or not node.value.strip():
                self.mistakes.append(Mistake(self.file, node.line, f"{self.what}.{key} must be a list of texts"))
                continue
            value = node.value if exact else node.value.strip()
            if among is not None and value not in among:
                message = f"{self.what}.{key}: {value!r} is not known{did_you_mean(value, among)}"
                self.mistakes.append(Mistake(self.file, node.line, message))
                continue
            if fault is not None and (message := fault(value)):
                self.mistakes.append(Mistake(self.file, node.line, f"{self.what}.{key}: {message}"))
                continue
            if value in found:
                self.mistakes.append(Mistake(self.file, node.line, f"{self.what}.{key}: {value!r} is listed twice"))
                continue
            found.append(value)
        return tuple(found)

    def both(self, key: str, *, required: bool = True) -> Text:
        """Return a ``{zh: …, en: …}`` pair."""
        record = self.record(key, required=required)
        if record is None:
            return Text(zh="", en="")
        pair = Text(zh=record.text("zh", required=required), en=record.text("en", required=required))
        record.done()
        return pair

    def record(self, key: str, *, required: bool = False) -> Record | None:
        """Return a nested mapping."""
        node = self._take(key, required)
        if node is None:
            return None
        return self._as_record(node, f"{self.what}.{key}" if self.what else key)

    def records(self, key: str, *, required: bool = False) -> Iterator[Record]:
        """Return the mappings of a list."""
        for index, node in enumerate(self._list(key, required)):
            record = self._as_record(node, f"{key}[{index}]")
            if record is not None:
                yield record

    def texts_or_records(self, key: str) -> Iterator[str | Record]:
        """Return the items of a list that may each be a text or a mapping."""
        for index, node in enumerate(self._list(key, False)):
            if isinstance(node, _Scalar):
                if node.value.strip():
                    yield node.value.strip()
                else:
                    self.mistakes.append(Mistake(self.file, node.line, f"{key}[{index}] is empty"))
            elif (record := self._as_record(node, f"{key}[{index}]")) is not None:
                yield record

    # -- nodes ----------------------------------------------------------------------------------------------------

    def entries(self) -> tuple[Entry, ...]:
        """Return every key with its value as it stands; depth is bounded by what a document may have."""
        return tuple(
            Entry(key, self._lines[key], _plain(node), tuple(item.line for item in node.items) if isinstance(node, _Sequence) else ())
            for key, node in self._pairs.items()
        )

    def _take(self, key: str, required: bool) -> _Node | None:
        self._asked.add(key)
        node = self._pairs.get(key)
        if node is None or _is_null(node):
            if required:
                self.wrong(f"{self.what} lacks {key!r}", key if key in self._lines else None)
            return None
        return node

    def _list(self, key: str, required: bool) -> list[_Node]:
        node = self._take(key, required)
        if node is None:
            return []
        if not isinstance(node, _Sequence):
            self.wrong(f"{self.what}.{key} must be a list", key)
            return []
        return node.items

    def _as_record(self, node: _Node, what: str) -> Record | None:
        if not isinstance(node, _Mapping):
            self.mistakes.append(Mistake(self.file, node.line, f"{what} must be a mapping of keys to values"))
            return None
        return _record(node, self.file, self.mistakes, what)


def bytes_of(path: Path, shown: str, error: type[Mistakes], what: str, missing: str = "no such file") -> bytes:
    """Return what a file holds, a little more than a document may have at the most.

    Raises ``error`` with the one reason why it cannot be read: ``what`` names the document, ``missing`` says what to do where
    there is none.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise error([f"{shown}:1: this is a directory; name a {what} file"]) from None
    except FileNotFoundError:
        raise error([f"{shown}:1: {missing}"]) from None
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else str(failure)
        raise error([f"{shown}:1: cannot be read: {reason}"]) from None


def read_record(file: str, data: bytes, mistakes: list[Mistake], what: str) -> Record | None:
    """Read one YAML document whose top is a mapping.

    ``file`` is the name to print; ``what`` says what the document is. Mistakes are appended to ``mistakes``; None is
    returned where nothing can be read at all.
    """
    if len(data) > MAX_BYTES:
        mistakes.append(Mistake(file, 1, f"larger than {MAX_BYTES >> 20} MiB: this is no {what}"))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        mistakes.append(Mistake(file, line, "not UTF-8 text; save the file as UTF-8"))
        return None
    try:
        node = _compose(text)
    except _Refused as refused:
        mistakes.append(Mistake(file, refused.line, refused.message))
        return None
    except (yaml.YAMLError, ValueError) as error:  # PyYAML without libyaml lets int() and chr() speak for themselves
        mistakes.append(_syntax_mistake(file, error))
        return None
    if node is None or _is_null(node):
        mistakes.append(Mistake(file, 1, f"empty: a {what} was expected"))
        return None
    if not isinstance(node, _Mapping):
        mistakes.append(Mistake(file, node.line, f"a {what} must be a mapping of keys to values"))
        return None
    return _record(node, file, mistakes, what)


@dataclass(frozen=True, slots=True)
class Entry:
    """A top-level key of a document as it stands: for programs that edit the text around it."""

    key: str
    line: int
    """Where the key stands, from 1."""
    value: Any
    """Text, a list or a dictionary; None for null. Nothing is converted: ``true`` and ``12`` are texts."""
    items: tuple[int, ...] = ()
    """Where the items of a list stand."""


def read_entries(file: str, data: bytes, what: str) -> tuple[tuple[Entry, ...], tuple[Mistake, ...]]:
    """Return the top-level keys of one YAML document in order, or what keeps it from being read."""
    mistakes: list[Mistake] = []
    record = read_record(file, data, mistakes, what)
    if record is None or mistakes:
        return (), tuple(mistakes)
    return record.entries(), ()


def _plain(node: _Node) -> Any:
    if isinstance(node, _Scalar):
        return None if _is_null(node) else node.value
    if isinstance(node, _Sequence):
        return [_plain(item) for item in node.items]
    return {key.value: _plain(value) for key, value in node.pairs}


def _record(node: _Mapping, file: str, mistakes: list[Mistake], what: str) -> Record:
    pairs: dict[str, _Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.pairs:
        if key.value in pairs:
            message = f"{key.value!r} stands twice in {what} (first on line {lines[key.value]})"
            mistakes.append(Mistake(file, key.line, message))
            continue
        pairs[key.value] = value
        lines[key.value] = key.line
    return Record(file, node.line, mistakes, what, pairs, lines)


def _is_null(node: _Node) -> bool:
    return isinstance(node, _Scalar) and node.plain and node.value in _NULLS


class _Refused(Exception):
    """The document uses a part of YAML that has no place here."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def _compose(text: str) -> _Node | None:
    """Build the node tree from the event stream: no recursion, no anchors, bounded depth, lines kept."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root: _Node | None = None
    open_nodes: list[_Sequence | _Mapping] = []
    pending: list[_Scalar | None] = []
    documents = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Refused(line, "a second YAML document in one file; keep one")
            continue
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(line, "YAML anchors and aliases are not used here; write the value out")
        if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            open_nodes.pop()
            pending.pop()
            continue
        node: _Node
        if isinstance(event, yaml.ScalarEvent):
            if not event.value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in event.value):
                raise _Refused(line, "half a surrogate pair; write the character itself")
            node = _Scalar(event.value, event.style in (None, ""), line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = _Sequence([], line)
        elif isinstance(event, yaml.MappingStartEvent):
            node = _Mapping([], line)
        else:
            continue
        if not open_nodes:
            root = node
        elif isinstance(parent := open_nodes[-1], _Sequence):
            parent.items.append(node)
        elif pending[-1] is None:
            if not isinstance(node, _Scalar):
                raise _Refused(line, "a key must be text")
            pending[-1] = node
        else:
            parent.pairs.append((pending[-1], node))
            pending[-1] = None
        if not isinstance(node, _Scalar):
            if len(open_nodes) >= MAX_DEPTH:
                raise _Refused(line, f"nested more than {MAX_DEPTH} levels deep")
            open_nodes.append(node)
            pending.append(None)
    return root


def _syntax_mistake(file: str, error: yaml.YAMLError | ValueError) -> Mistake:
    if isinstance(error, yaml.MarkedYAMLError):
        mark: Any = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        return Mistake(file, mark.line + 1 if mark is not None else 1, f"not valid YAML: {problem}")
    return Mistake(file, 1, f"not valid YAML: {' '.join(str(error).split())}")


def scalar_yaml(value: Any) -> str:
    """Return one value as YAML: as it is where YAML can read nothing else from it, else in double quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = _SURROGATE.sub("\ufffd", str(value))
    simple = text.isidentifier() or (_PLAIN.match(text) and not re.search(r"[,，](?=\s)|,|: |\s#|:\Z|  ", text) and text == text.strip())
    if simple and text.lower() not in _WORDS:
        return text
    return visible(json.dumps(text, ensure_ascii=False))


def json_yaml(value: Any, indent: int | None = None) -> str:
    """Return JSON that YAML reads as the same: without what breaks a line there or cannot stand in it, and no surrogates.

    What is unseen is written as escapes both know, which leaves out the tag characters beyond U+FFFF.
    """
    return visible(json.dumps(value, ensure_ascii=False, indent=indent), most=0xFFFF)
