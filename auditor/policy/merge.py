"""A new draft merged into a reviewer's file: what the policy changed comes in, what the reviewer changed stays.

Three texts take part: the old draft the reviewer started from, the new draft, and the file as edited. Lines of the file
that need no change are left as they stand, comments among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import DeclarationError
from auditor.model import Confidence, Language
from auditor.policy.writing import TABLES, Plain, entry_yaml, row_yaml, table_yaml
from auditor.records import MAX_BYTES, Entry, read_entries

__all__ = ["Merged", "merge_into", "merge_texts"]

_WHAT = "declaration"
_FIELD = re.compile(r"(?P<lead>\s*(?:- )?)(?P<key>[a-z_0-9]+):(?P<rest>.*)\Z")
_COMMENT = re.compile(r"""\s+#[^"'{}\[\]]*\Z""")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Merged:
    """The text to write, and what changed, one line each: ``+`` came in, ``-`` went, ``~`` changed, ``!`` needs a look."""

    text: str
    changes: tuple[str, ...]


def merge_into(target: Path, old: str | None, new: Plain, fresh: str, language: Language) -> Merged:
    """Merge the new draft into the file at ``target``; the draft itself where there is no such file.

    Raises DeclarationError where the file cannot be read as YAML.
    """
    if old is None:
        return Merged(fresh, ())
    try:
        with target.open("rb") as stream:
            mine = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DeclarationError([f"{target}:1: cannot be read: {error.strerror or error}"]) from None
    return merge_texts(str(target), mine, old.encode("utf-8", "replace"), new, language)


def merge_texts(file: str, mine: bytes, old: bytes, new: Plain, language: Language) -> Merged:
    """Merge a new draft into the bytes of a file, given those of the old draft. Raises DeclarationError as above."""
    edited, mistakes = read_entries(file, mine, _WHAT)
    base, old_mistakes = read_entries(f"{file} (old draft)", old, _WHAT)
    if mistakes or old_mistakes:
        raise DeclarationError([str(mistake) for mistake in (*mistakes, *old_mistakes)])
    text = mine.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return _Merger(text, edited, {entry.key: entry.value for entry in base}, new, language).merge()


@dataclass(slots=True)
class _Row:
    """A row of the merged table, and the text it had."""

    value: Plain
    changed: dict[str, Any]
    """Fields to write anew; None for fields to take out."""
    lines: list[str] | None
    """Its lines in the edited file; None for a new row."""


class _Merger:
    def __init__(self, text: str, edited: Sequence[Entry], base: Plain, new: Plain, language: Language) -> None:
        self.lines = text.split("\n")
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        self.edited = list(edited)
        self.base = base
        self.new = new
        self.language = language
        self.changes: list[str] = []

    def say(self, mark: str, what: str, zh: str, en: str) -> None:
        """Note one change."""
        words = zh if self.language is Language.ZH else en
        self.changes.append(f"{mark} {what}" + (f": {words}" if words else ""))

    def conflict(self, what: str, mine: Any, new: Any) -> None:
        """Note that both the reviewer and the policy changed a value."""
        self.say("!", what, f"保留 {_shown(mine)}；政策中为 {_shown(new)}", f"kept {_shown(mine)}; the policy says {_shown(new)}")

    def merge(self) -> Merged:
        """Return the merged text."""
        starts = [entry.line - 1 for entry in self.edited]
        output = self.lines[: starts[0] if starts else len(self.lines)]
        for index, entry in enumerate(self.edited):
            end = starts[index + 1] if index + 1 < len(starts) else len(self.lines)
            chunk = self.lines[starts[index] : end]
            if entry.key in TABLES:
                output += self.table(entry, chunk, starts[index])
            else:
                output += self.scalar(entry, chunk)
        known = {entry.key for entry in self.edited}
        for key, value in self.new.items():
            if key in known or _normal(value) is None or _normal(self.base.get(key)) is not None:
                continue
            self.say("+", key, "", "")
            output += (table_yaml(key, value) if key in TABLES else entry_yaml(key, value)).rstrip("\n").split("\n")
        return Merged("\n".join(output).rstrip("\n") + "\n", tuple(self.changes))

    # -- single values ------------------------------------------------------------------------------------------------

    def scalar(self, entry: Entry, chunk: list[str]) -> list[str]:
        """Return the lines of a top-level value: a text, or a mapping such as ``policy``."""
        if entry.key not in self.new:
            return chunk
        mine, new, base = _normal(entry.value), _normal(self.new[entry.key]), _normal(self.base.get(entry.key))
        if isinstance(mine, dict) and (isinstance(new, dict) or new is None):
            value, changed = self.fields(entry.key, mine, new or {}, base if isinstance(base, dict) else {})
            if not changed:
                return chunk
            body, tail = _split_tail(chunk)
            merged = {key: _written(self.new, entry.key, key, value) for key in value}
            return [*entry_yaml(entry.key, merged).rstrip("\n").split("\n"), *tail] if body else chunk
        if new == base or mine == new:
            return chunk
        if mine != base:
            self.conflict(entry.key, mine, new)
            return chunk
        self.say("~", entry.key, f"{_shown(base)} → {_shown(new)}", f"{_shown(base)} -> {_shown(new)}")
        body, tail = _split_tail(chunk)
        return [*entry_yaml(entry.key, self.new[entry.key]).rstrip("\n").split("\n"), *tail] if body else chunk

    def fields(self, what: str, mine: Plain, new: Plain, base: Plain) -> tuple[Plain, dict[str, Any]]:
        """Merge the fields of one row; return them all, and those to write anew."""
        merged = dict(mine)
        changed: dict[str, Any] = {}
        for key in dict.fromkeys((*base, *new, *mine)):
            old, fresh, own = base.get(key), new.get(key), mine.get(key)
            if fresh in (old, own):
                continue
            if own != old:
                if key != "at":  # places move with every version of the text
                    self.conflict(f"{what}.{key}", own, fresh)
                continue
            changed[key] = fresh
            if fresh is None:
                merged.pop(key, None)
            else:
                merged[key] = fresh
            if key not in ("at", "confidence"):
                self.say("~", f"{what}.{key}", f"{_shown(old)} → {_shown(fresh)}", f"{_shown(old)} -> {_shown(fresh)}")
        return merged, changed

    # -- tables -------------------------------------------------------------------------------------------------------

    def table(self, entry: Entry, chunk: list[str], offset: int) -> list[str]:
        """Return the lines of a list of rows."""
        table = entry.key
        mine = [_normal(row) or {} for row in entry.value or [] if isinstance(row, dict)]
        raw = list(self.new.get(table) or [])
        new = [_normal(row) or {} for row in raw]
        base = [_normal(row) or {} for row in self.base.get(table) or [] if isinstance(row, dict)]
        to_base, to_new = _match(table, mine, base), _match(table, mine, new)
        base_to_new = _match(table, base, new)
        places = [line - 1 - offset for line in entry.items]
        apart = len(set(places)) == len(places) and all(place > 0 for place in places) and len(places) == len(mine)
        rows: list[_Row] = []
        for index, row in enumerate(mine):
            lines = None
            if apart:
                lines = chunk[places[index] : places[index + 1] if index + 1 < len(places) else len(chunk)]
            kept = self.row(table, row, to_base.get(index), to_new.get(index), base, new)
            if kept is not None:
                source = raw[to_new[index]] if index in to_new else {}
                changed = {key: None if value is None else source[key] for key, value in kept[1].items()}
                rows.append(_Row(_typed({**kept[0], **{key: one for key, one in changed.items() if one is not None}}), changed, lines))
            elif lines is not None:
                tail = _split_tail(lines)[1]
                if tail and rows and rows[-1].lines is not None:
                    rows[-1].lines = [*rows[-1].lines, *tail]
        added = [_Row(raw[index], {}, None) for index in self.added(table, new, set(to_new.values()), set(base_to_new.values()))]
        if not added and len(rows) == len(mine) and not any(row.changed for row in rows):
            return chunk
        if not apart and mine:
            return [*table_yaml(table, [row.value for row in (*rows, *added)]).rstrip("\n").split("\n"), *_split_tail(chunk)[1]]
        if not rows and not added:
            return [f"{table}: []", *_split_tail(chunk)[1]]
        head = chunk[: places[0]] if places else [f"{table}:"]
        output = list(head)
        tail = [] if places else _split_tail(chunk)[1]
        for row in rows:
            body, rest = _split_tail(_rewritten(row))
            output += [*tail, *body]
            tail = rest
        for row in added:
            output += row_yaml(row.value).rstrip("\n").split("\n")
        return output + tail

    def row(
        self, table: str, mine: Plain, old: int | None, fresh: int | None, base: Sequence[Plain], new: Sequence[Plain]
    ) -> tuple[Plain, dict[str, Any]] | None:
        """Merge one row of the file; None where it goes."""
        what = f"{table} {_name(mine)}"
        if fresh is not None:
            return self.fields(what, mine, new[fresh], base[old] if old is not None else mine)
        if old is None:
            return mine, {}  # the reviewer's own
        if mine == base[old]:
            self.say("-", what, "", "")
            return None
        self.say("!", what, "政策中已删除；因有人工修改而保留", "gone from the policy; kept, because it was edited")
        return mine, {}

    def added(self, table: str, new: Sequence[Plain], there: set[int], known: set[int]) -> Iterator[int]:
        """Yield which rows the policy has anew; what the reviewer had taken out stays out."""
        for index, row in enumerate(new):
            if index not in there and index not in known:
                self.say("+", f"{table} {_name(row)}", "", "")
                yield index


def _typed(value: Any, key: str = "") -> Any:
    """Return what was read from a file, where all is text, with numbers and truth values as such."""
    if isinstance(value, dict):
        return {name: _typed(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_typed(one, key) for one in value]
    if key in ("line", "page") and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value == "true" if key == "vague" and value in ("true", "false") else value


def _rewritten(row: _Row) -> list[str]:
    """Return the lines of a row with its changed fields written anew, the others as they stand."""
    if row.lines is None or not row.changed:
        return row.lines if row.lines is not None else row_yaml(row.value).rstrip("\n").split("\n")
    lines = list(row.lines)
    for key, value in row.changed.items():
        at = _line_of(lines, key)
        if at is None and any(_FIELD.match(line) for line in lines) and value is not None and not _spread(lines):
            body, tail = _split_tail(lines)
            lines = [*body, *_field(key, value, "    "), *tail]
        elif at is None or _spread(lines):
            body, tail = _split_tail(lines)
            return [*row_yaml(row.value).rstrip("\n").split("\n"), *tail]
        elif value is None:
            del lines[at]
        else:
            match = _FIELD.match(lines[at])
            comment = _COMMENT.search(lines[at])
            lead = match["lead"] if match else "    "
            lines[at] = _field(key, value, lead)[0] + (comment[0] if comment else "")
    return lines


def _field(key: str, value: Any, lead: str) -> list[str]:
    written = row_yaml({key: value}).rstrip("\n")
    return [lead + written.removeprefix("  - ")] if written else []


def _line_of(lines: Sequence[str], key: str) -> int | None:
    return next((at for at, line in enumerate(lines) if (match := _FIELD.match(line)) and match["key"] == key), None)


def _spread(lines: Sequence[str]) -> bool:
    """Tell whether a field of the row takes more than one line."""
    return any(line.strip() and not line.lstrip().startswith("#") and not _FIELD.match(line) for line in lines) or any(
        (match := _FIELD.match(line)) and match["rest"].strip() in ("", "|", ">", ">-", "|-") for line in lines
    )


def _split_tail(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split off the blank lines and comments at the end: they belong to what follows."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return list(lines[:end]), list(lines[end:])


def _written(new: Plain, key: str, field: str, merged: Plain) -> Any:
    """Return a field's value as the draft has it (numbers as numbers) where it is the draft's."""
    source = new.get(key)
    if isinstance(source, dict) and _normal(source.get(field)) == merged[field]:
        return source[field]
    return merged[field]


def _normal(value: Any) -> Any:
    """Return a value so that two ways to write it are equal: nothing is None, numbers are texts, a list of one place is it."""
    if value in (None, "", [], {}, False):
        return None
    if isinstance(value, bool):
        return "true"
    if isinstance(value, dict):
        found = {key: one for key, item in value.items() if (one := _normal(item)) is not None}
        if found.get("confidence") == Confidence.HIGH.word:
            del found["confidence"]
        for key in ("at",):
            if isinstance(found.get(key), list) and len(found[key]) == 1:
                found[key] = found[key][0]
        return found or None
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return " ".join(str(value).split())


_Key = Callable[[Plain], Any]


def _keys(table: str) -> tuple[_Key, ...]:
    """Return what tells the rows of a table apart, the surest first."""
    if table == "sdks":
        return (
            lambda row: (row.get("package"), row.get("name"), row.get("platform")),
            lambda row: (row.get("package"), row.get("name")),
            lambda row: row.get("package"),
            lambda row: row.get("name"),
            lambda row: _quote(row),
        )
    if table in ("data", "denials"):
        return (lambda row: (row.get("type"), row.get("when"), row.get("platform")), lambda row: (row.get("type"), row.get("when")))
    if table == "usage_keys":
        return (lambda row: row.get("key"),)
    if table == "statements":
        return (lambda row: (row.get("kind"), row.get("text")), lambda row: (row.get("kind"), _quote(row)))
    if table == "review":
        return (lambda row: (row.get("table"), row.get("subject"), row.get("reason")),)
    if table == "gaps":
        return (lambda row: row.get("reason"),)
    return (lambda row: row.get("name"), lambda row: _quote(row))


def _quote(row: Plain) -> Any:
    places = row.get("at")
    first = places[0] if isinstance(places, list) and places else places
    return first.get("quote") if isinstance(first, dict) else None


def _match(table: str, rows: Sequence[Plain], others: Sequence[Plain]) -> dict[int, int]:
    """Pair the rows of two versions of a table: index -> index."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    for key in _keys(table):
        free: dict[Any, list[int]] = {}
        for index, other in enumerate(others):
            if index not in taken and (value := key(other)) not in (None, (None, None), (None, None, None)):
                free.setdefault(_hashable(value), []).append(index)
        for index, row in enumerate(rows):
            candidates = free.get(_hashable(key(row))) if index not in found else None
            if candidates:
                found[index] = candidates.pop(0)
                taken.add(found[index])
    return found


def _hashable(value: Any) -> Any:
    return repr(value)


def _name(row: Plain) -> str:
    for key in ("name", "package", "key", "type", "kind", "subject", "reason"):
        if isinstance(row.get(key), str):
            return str(row[key])[:_SHOWN]
    return "?"


def _shown(value: Any) -> str:
    text = "∅" if value is None else value if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
