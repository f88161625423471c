"""Sentences a build can contradict: encryption, place of storage, user action, background, what is not collected."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model import Passage
from auditor.policy.collected import Collected
from auditor.policy.data import listed_data
from auditor.policy.document import Line
from auditor.policy.flow import Flow, passage, sentences
from auditor.policy.lexicon import Lexicon, fold

__all__ = ["Statement", "read_statements"]

_SILENT = frozenset({"definitions", "exceptions", "rights"})
_MOST = 3
"""Statements of one kind."""
_LONGEST = 300
_LONG = 100
"""From this length on a sentence is cut to the clauses that make the statement."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence."""

    kind: str
    text: str
    data: tuple[str, ...]
    at: tuple[Passage, ...]


def read_statements(flow: Flow, lexicon: Lexicon, collected: Collected) -> list[Statement]:
    """Return the statements of the document, a few of each kind, in order."""
    found: list[Statement] = []
    counts: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for section, line in _lines(flow):
        if section in _SILENT:
            continue
        for _, sentence in sentences(line.text):
            text = sentence.strip()
            if len(text) < 6:
                continue
            folded = fold(text)
            for kind, groups, none in lexicon.statements:
                if counts.get(kind, 0) >= _MOST or not all(group.first(folded) for group in groups) or none.first(folded):
                    continue
                clause = _narrowed(text, lexicon, kind)
                if (kind, clause) in seen:
                    continue
                seen.add((kind, clause))
                counts[kind] = counts.get(kind, 0) + 1
                data = tuple(dict.fromkeys(one.type for one in listed_data(clause, lexicon, least=1) if not one.vague))
                data = data if kind in ("user-action", "background") else ()
                found.append(Statement(kind, clause, data, (passage(line, clause),)))
    for row in collected.denials.values():
        if not row.when:
            found.append(Statement("not-collected", row.texts[0] if row.texts else row.type, (row.type,), tuple(row.places)))
    return found


def _lines(flow: Flow) -> list[tuple[str, Line]]:
    lines = [(piece.section, piece.line) for piece in flow.pieces if not piece.heading]
    for part in flow.tables:
        seen = set()
        for row in part.grid.rows:
            for cell in row:
                if cell.origin not in seen:
                    seen.add(cell.origin)
                    lines += [(part.section, line) for line in cell.lines if len(line.text) > 12]
    return sorted(lines, key=lambda pair: (pair[1].page or 0, pair[1].line))


def _narrowed(text: str, lexicon: Lexicon, kind: str) -> str:
    """Return the part of an overlong sentence that makes the statement."""
    if len(text) <= _LONG:
        return text
    clauses = text.split("，")
    for _, groups, _none in (one for one in lexicon.statements if one[0] == kind):
        for width in (1, 2, 3):
            for at in range(len(clauses) - width + 1):
                part = "，".join(clauses[at : at + width])
                if len(part) <= _LONGEST and all(group.first(part) for group in groups):
                    return part.strip("（() ）")
    return text[:_LONGEST]
