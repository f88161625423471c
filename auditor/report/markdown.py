"""Audits as GitHub-flavoured Markdown, for pull-request comments and step summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor.model import Audit, Language, Severity, Verdict
from auditor.report.outline import outline
from auditor.report.parts import Brought, Card, Group, Outline, Side, TableView
from auditor.report.words import Words

__all__ = ["SEVERITY_MARKS", "code", "escape", "fold", "grid", "render"]

MOST_ROWS = 100
"""Rows shown of one table: a comment on GitHub holds 65 536 characters."""

_VERDICT_MARKS = {Verdict.CONTRADICTED: "❌", Verdict.INCONCLUSIVE: "❔", Verdict.CONSISTENT: "✅"}
SEVERITY_MARKS = {Severity.HIGH: "🔴", Severity.MEDIUM: "🟠", Severity.LOW: "🔵", Severity.INFO: "⚪"}

_PLAIN = re.compile(r"[A-Za-z0-9._:;/$() -]*[A-Za-z0-9._:;/$()]\Z", re.ASCII)
_MARKUP = re.compile(r"[\\`*\[\]<>&|~{}!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What a forge turns into a link, a mention or a formula after the Markdown is read: an empty comment parts it.
_LIVE = re.compile(r"[@#$]|/(?=/)|(?<=www)(?=\.)|(?<=\bGH)(?=-\d)", re.IGNORECASE)


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as Markdown; no value in it can open markup, a link or a mention."""
    words = Words(language)
    if not audits:
        return f"{words('empty.audits')}\n"
    return "\n---\n\n".join("\n".join(_lines(outline(audit, language), words)) + "\n" for audit in audits)


def escape(text: str) -> str:
    """Return ``text`` as Markdown text that reads as itself: pipes, backticks, HTML and mentions included."""
    parts = (_MARKUP.sub(lambda match: f"&#{ord(match[0])};", part) for part in _LIVE.split(text))
    marks = (match[0] for match in _LIVE.finditer(text))
    escaped = next(parts)
    for mark, part in zip(marks, parts, strict=True):
        escaped += f"{mark}<!-- -->{part}"
    return escaped


def code(text: str) -> str:
    """Return ``text`` in type for code: a span of its own where nothing in it has a meaning, else HTML."""
    if not text:
        return ""
    return f"`{text}`" if _PLAIN.match(text) else f"<code>{escape(text)}</code>"


def _lines(one: Outline, words: Words) -> Iterator[str]:
    colon = words("colon")
    yield f"## {_VERDICT_MARKS[one.verdict]} {one.verdict_word}{colon}{escape(one.title)}"
    yield ""
    yield escape(one.subtitle)
    yield ""
    yield f"**{one.sentence}**"
    yield ""
    if one.warning:
        yield f"⚠️ **{escape(one.warning)}**"
        yield ""
    yield f"- {words('checked')}{colon}{words.listed([words.remarked(title, escape(remark)) for title, remark in one.checked])}"
    yield f"- {words('unchecked')}{colon}{words.listed([words.remarked(title, escape(remark)) for title, remark in one.unchecked])}"
    if one.inapplicable:
        others = words.listed([words.remarked(title, escape(remark)) for title, remark in one.inapplicable])
        yield f"- {words('inapplicable')}{colon}{others}"
    yield ""
    yield f"> {one.disclaimer}"
    yield ""
    sections = (_gaps, _findings) if one.gaps_first else (_findings, _gaps)
    for section in sections:
        yield from section(one, words)
        yield ""
    for card in one.grave:
        yield from fold(f"{code_in_html(card.rule)} {code_in_html(card.subject)}", _details(card, words))
        yield ""
    for group in one.light:
        mark = f"{SEVERITY_MARKS[group.severity]} {group.severity_word}"
        yield from fold(f"{mark} {code_in_html(group.rule)} {escape(group.title)} ({len(group.cards)})", _light(group, words))
        yield ""
    if one.accepted:
        cells = [(code(card.rule), code(card.subject), escape(card.message), escape(card.decision)) for card in one.accepted]
        body = grid((words("rule"), words("subject"), words("finding"), words("decision")), cells)
        yield from fold(f"{words('accepted')} ({len(one.accepted)})", body)
        yield ""
    if one.unmatched:
        lines = (f"- {code(where)} {escape(what)}" for where, what in one.unmatched)
        yield from fold(f"{words('decisions.unmatched')} ({len(one.unmatched)})", lines)
        yield ""
    for table in one.tables:
        if table.rows:
            counts = words.listed([f"{word} {number}" for _, word, number in table.counts])
            yield from fold(f"{table.title}{colon}{counts}", _rows(table, words))
            yield ""
    if one.brought:
        yield from fold(words("brought"), _brought(one.brought, words))
        yield ""
    if one.collectors:
        yield from fold(words("collectors"), _collectors(one, words))
        yield ""
    if one.not_checkable:
        yield from fold(words("not_checkable"), (f"- {escape(name)}{colon}{escape(why)}" for name, why in one.not_checkable))
        yield ""
    if one.presences:
        yield from fold(words("presences"), _presences(one, words))
        yield ""
    yield from fold(words("identity"), _identity(one))


def _findings(one: Outline, words: Words) -> Iterator[str]:
    yield f"### {words('findings')} ({len(one.findings)})"
    yield ""
    if one.grave:
        heads = (words("severity"), words("confidence"), words("subject"), words("finding"), words("rule"))
        yield from grid(heads, [_finding_cells(card) for card in one.grave])
        yield ""
    if one.light:
        yield f"{words('light')}{words('colon')}{sum(len(group.cards) for group in one.light)}"
    elif not one.grave:
        yield words("empty.findings")


def _gaps(one: Outline, words: Words) -> Iterator[str]:
    yield f"### {words('gaps')} ({len(one.gaps)})"
    yield ""
    if one.gaps:
        cells = [
            (code(gap.place), "<br>".join(escape(part) for part in (gap.reason, gap.decision) if part), words.listed(list(gap.hides)))
            for gap in one.gaps
        ]
        yield from grid((words("at"), words("reason"), words("hides")), cells)
    else:
        yield words("empty.gaps")


def _finding_cells(card: Card) -> tuple[str, ...]:
    subject = code(card.subject) + (f" {escape(card.name)}" if card.name else "") + (f"<br>{card.mark}" if card.mark else "")
    severity = f"{SEVERITY_MARKS[card.severity]} {card.severity_word}"
    message = "<br>".join(escape(part) for part in (card.message, card.decision) if part)
    return severity, card.confidence_word, subject, message, code(card.rule)


def _details(card: Card, words: Words) -> Iterator[str]:
    colon = words("colon")
    yield f"{escape(card.title)}{colon}{escape(card.message)}"
    yield ""
    for evidence in card.evidence:
        place = code(evidence.where)
        value = f" = {code(evidence.value)}" if evidence.value else ""
        yield f"- {words('evidence')}{colon}{place} {escape(evidence.kind)} {code(evidence.name)}{value}"
    if card.more:
        yield f"- {card.more}"
    where = escape(card.declared) + (f" · {escape(card.policy)}" if card.policy else "")
    yield f"- {words('declaration')}{colon}{where}"
    yield f"- {words('remedy')}{colon}{escape(card.remedy)}"
    for _, name, title in card.also:
        yield f"- {words('also')}{colon}{escape(words.remarked(name, title))}"
    for cite, summary in card.clauses:
        yield f"- {words('basis')}{colon}{escape(cite)}" + (f" — {escape(summary)}" if summary else "")


def _light(group: Group, words: Words) -> Iterator[str]:
    rows = []
    for card in group.cards:
        subject = code(card.subject) + (f" {escape(card.name)}" if card.name else "")
        evidence = (f"{code(one.where)} {escape(one.kind)} {code(one.name)}" for one in card.evidence)
        where = escape(card.declared) + (f" · {escape(card.policy)}" if card.policy else "")
        parts = (escape(card.message), escape(card.decision), *evidence, card.more)
        rows.append((subject, "<br>".join(part for part in parts if part), card.confidence_word, escape(card.remedy), where))
    heads = ("subject", "finding", "confidence", "remedy", "declaration")
    yield from grid([words(head) for head in heads], rows)
    for cite, summary in group.clauses:
        yield ""
        yield f"{words('basis')}{words('colon')}{escape(cite)}" + (f" — {escape(summary)}" if summary else "")


def _rows(table: TableView, words: Words) -> Iterator[str]:
    heads = (words("subject"), words("declared"), words("found"), words("state"))
    rows = []
    for row in table.rows[:MOST_ROWS]:
        subject = "<br>".join(part for part in (code(row.subject), escape(row.name), row.mark) if part)
        state = row.state_word + (f"<br>{escape(row.note)}" if row.note else "")
        rows.append((subject, _side(row.declared), _side(row.found), state))
    yield from grid(heads, rows)
    if len(table.rows) > MOST_ROWS:
        yield ""
        yield words("rows.more", n=len(table.rows) - MOST_ROWS)


def _brought(rows: Sequence[Brought], words: Words) -> Iterator[str]:
    yield words("brought.note")
    yield ""
    cells = []
    for row in rows:
        components = [code(name) for name in row.components]
        if row.by_class:
            components += [escape(words("brought.class")), *(code(name) for name in row.by_class)]
        who = escape(row.who) + (f"<br>{escape(row.note)}" if row.note else "")
        cells.append((who, *("<br>".join(cell) for cell in (map(code, row.permissions), components, map(code, row.queries)))))
    heads = (words("brought.who"), words("brought.permissions"), words("brought.components"), words("brought.queries"))
    yield from grid(heads, cells)


def _collectors(one: Outline, words: Words) -> Iterator[str]:
    marks = {"named": "", "beyond": "+ ", "undeclared": "! "}
    rows = []
    for item in one.collectors:
        name = escape(item.name) + ("" if item.declared else f"<br>{words('collectors.unlisted')}")
        rows.append((name, words.listed([escape(f"{marks[mark]}{type_}") for type_, mark in item.types])))
    yield words("collectors.note")
    yield ""
    yield from grid((words("collector"), words("collectors.types")), rows)


def _presences(one: Outline, words: Words) -> Iterator[str]:
    yield words("presences.note")
    yield ""
    yield from (f"- {escape(name)}{words('colon')}{escape(found)}" for name, found in one.presences)


def _identity(one: Outline) -> Iterator[str]:
    for name, value in (*one.build, *one.declaration, *one.tool):
        yield f"- {escape(name)}: {code(value)}"


def _side(side: Side | None) -> str:
    return "<br>".join(escape(part) for part in (side.main, *side.notes)) if side else "—"


def code_in_html(text: str) -> str:
    """Return ``text`` as code inside an HTML element, where Markdown is not read everywhere."""
    return f"<code>{escape(text)}</code>"


def fold(summary: str, body: Iterator[str]) -> Iterator[str]:
    """Yield the lines of something that opens when asked."""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from body
    yield ""
    yield "</details>"


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; cells are Markdown already."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
