"""A comparison as plain text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.diff import Comparison, How
from auditor.model import Language
from auditor.report.compared.outline import Line, Notice, View, view
from auditor.report.text import inert
from auditor.report.words import Words

__all__ = ["render"]

_MARKS = {How.ADDED: "+", How.CHANGED: "~", How.DROPPED: "-", How.NOT_SEEN: "?"}


def render(comparison: Comparison, language: Language) -> str:
    """Return a comparison as text."""
    return "\n".join(map(inert, _lines(view(comparison, language), Words(language)))) + "\n"


def _lines(one: View, words: Words) -> Iterator[str]:
    colon = words("colon")
    yield one.title
    yield one.sentence
    if one.gate:
        yield one.gate
    yield from one.warnings
    yield ""
    for side, pairs in (("old", one.old), ("new", one.new)):
        yield f"{words(f'compare.side.{side}')}{colon}{'  '.join(value for _, value in pairs)}"
    if one.declaration:
        yield f"{words('declaration')}{colon}{one.declaration}"
    for section in one.sections:
        yield ""
        yield f"{section.title} ({section.counts})"
        for line in section.lines:
            yield from _change(line, words)
    if one.others:
        yield ""
        yield f"{words('compare.others')} ({len(one.others)})"
        for notice in one.others:
            yield _notice(notice, words, "  ")
    yield ""
    yield f"{words('gaps')} ({len(one.gaps)})"
    if not one.gaps:
        yield f"  {words('empty.gaps')}"
    for gap in one.gaps:
        yield f"  {gap.side}{colon}{gap.place}"
        yield f"      {gap.reason}"
        if gap.hides:
            yield f"      {words('hides')}{colon}{words.listed(list(gap.hides))}"
    yield ""
    yield from one.notes
    yield one.tool


def _change(line: Line, words: Words) -> Iterator[str]:
    head = f"  {_MARKS[line.how]} {words.remarked(line.subject, line.name)}"
    for part in (line.owner, line.standing_word):
        head += f"  {part}" if part else ""
    yield head
    for part in (*line.details, line.doubt):
        if part:
            yield f"      {part}"
    if line.way:
        yield f"      {words('way')}{line.way}"
    elif line.example:
        yield f"      {words('compare.example')}{words('colon')}{line.example}"
    for notice in line.findings:
        yield _notice(notice, words, "      ")


def _notice(notice: Notice, words: Words, indent: str) -> str:
    sure = words("confidence.is", word=notice.confidence_word)
    return f"{indent}[{notice.severity_word}] {notice.rule}  {notice.subject}{words('colon')}{notice.message} ({sure})"
