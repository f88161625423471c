"""A comparison as GitHub-flavoured Markdown: a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.diff import Comparison, How, Standing
from auditor.model import Language
from auditor.report.compared.outline import Line, Notice, Section, View, view
from auditor.report.markdown import SEVERITY_MARKS, code, escape, fold, grid
from auditor.report.outline import is_contradiction
from auditor.report.words import Words

__all__ = ["render"]

MOST_ROWS = 60
"""Rows shown of one kind of change: a comment on GitHub holds 65 536 characters."""
MOST_TOLD = 20
"""Findings told in full."""
_MARKS = {How.ADDED: "➕", How.CHANGED: "🔁", How.DROPPED: "➖", How.NOT_SEEN: "❔"}
_STANDINGS = {
    Standing.UNDECLARED: "❌",
    Standing.FINDING: "❌",
    Standing.KNOWN: "⚠️",
    Standing.ACCEPTED: "☑️",
    Standing.DECLARED: "✅",
    Standing.NOT_REQUIRED: "⚪",
    Standing.UNCHECKED: "❔",
}


def render(comparison: Comparison, language: Language) -> str:
    """Return a comparison as Markdown; no value in it can open markup, a link or a mention."""
    words = Words(language)
    return "\n".join(_lines(view(comparison, language), comparison, words)) + "\n"


def _lines(one: View, comparison: Comparison, words: Words) -> Iterator[str]:
    mark = "❌" if any(map(is_contradiction, comparison.findings)) else "❔" if comparison.doubted else "✅"
    yield f"## {mark if comparison.declaration else '🔁'} {escape(one.title)}"
    yield ""
    yield f"**{escape(one.sentence)}**" + (f" {escape(one.gate)}" if one.gate else "")
    for warning in one.warnings:
        yield ""
        yield f"> ⚠️ {escape(warning)}"
    if one.sections:
        yield ""
        yield from grid(
            (words("compare.what"), *(words(f"compare.how.{how.value}") for how in How)),
            [_tally(section, words) for section in one.sections],
        )
    if grave := [notice for notice in one.notices if notice.grave]:
        yield ""
        yield from grid(_heads(words), map(_notice, grave[:MOST_TOLD]))
        if len(grave) > MOST_TOLD:
            yield ""
            yield words("rows.more", n=len(grave) - MOST_TOLD)
    if light := [notice for notice in one.notices if not notice.grave]:
        yield ""
        yield from fold(words("compare.light", n=len(light)), grid(_heads(words), map(_notice, light[:MOST_ROWS])))
    for section in one.sections:
        yield ""
        yield from fold(f"{escape(section.title)} ({escape(section.counts)})", _section(section, words))
    if one.gaps:
        yield ""
        heads = (words("compare.side"), words("at"), words("reason"), words("hides"))
        cells = [(escape(gap.side), code(gap.place), escape(gap.reason), words.listed(list(gap.hides))) for gap in one.gaps]
        yield from fold(f"{words('gaps')} ({len(one.gaps)})", grid(heads, cells))
    yield ""
    yield from fold(words("compare.about"), _about(one, words))


def _tally(section: Section, words: Words) -> tuple[str, ...]:
    counts = [sum(line.how is how for line in section.lines) for how in How]
    return escape(section.title), *(str(count) if count else "" for count in counts)


def _heads(words: Words) -> tuple[str, ...]:
    return tuple(words(key) for key in ("severity", "confidence", "subject", "finding", "rule"))


def _notice(notice: Notice) -> tuple[str, ...]:
    subject = code(notice.subject) + (f" {escape(notice.name)}" if notice.name else "")
    severity = f"{SEVERITY_MARKS[notice.severity]} {notice.severity_word}"
    return severity, notice.confidence_word, subject, escape(notice.message), code(notice.rule)


def _section(section: Section, words: Words) -> Iterator[str]:
    owners = any(line.owner for line in section.lines)
    judged = any(line.standing_word or line.findings for line in section.lines)
    heads = ["", words("subject")]
    heads += [words("attribution")] if owners else []
    heads += [words("compare.detail")]
    heads += [words("declaration")] if judged else []
    yield from grid(heads, [_row(line, words, owners=owners, judged=judged) for line in section.lines[:MOST_ROWS]])
    if len(section.lines) > MOST_ROWS:
        yield ""
        yield words("rows.more", n=len(section.lines) - MOST_ROWS)


def _row(line: Line, words: Words, *, owners: bool, judged: bool) -> Sequence[str]:
    subject = code(line.subject) + (f"<br>{escape(line.name)}" if line.name else "")
    details = [escape(part) for part in (*line.details, line.doubt) if part]
    if line.way:
        details.append(f"{words('way')}{code(line.way)}")
    elif line.example:
        details.append(code(line.example))
    cells = [f"{_MARKS[line.how]} {line.how_word}", subject]
    cells += [escape(line.owner)] if owners else []
    cells += ["<br>".join(details)]
    if judged:
        standing = f"{_STANDINGS[line.standing]} {line.standing_word}" if line.standing else ""
        rules = list(dict.fromkeys(f"{SEVERITY_MARKS[notice.severity]} {code(notice.rule)}" for notice in line.findings))
        cells.append("<br>".join(part for part in (standing, *rules) if part))
    return cells


def _about(one: View, words: Words) -> Iterator[str]:
    names = [name for name, _ in one.new]
    rows = [(name, *(code(dict(side).get(name, "—")) for side in (one.old, one.new))) for name in names]
    yield from grid(("", words("compare.side.old"), words("compare.side.new")), rows)
    yield ""
    if one.declaration:
        yield f"- {words('declaration')}{words('colon')}{code(one.declaration)}"
    for note in one.notes:
        yield f"- {escape(note)}"
    yield f"- {escape(one.tool)}"
