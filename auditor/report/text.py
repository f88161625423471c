"""Audits as plain text, for terminals and logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from auditor.model import Audit, Language, Severity, Verdict
from auditor.report.outline import outline
from auditor.report.parts import Card, Outline
from auditor.report.words import Words

__all__ = ["inert", "render"]

_BOLD, _DIM, _RED, _YELLOW, _GREEN, _BLUE = "1", "2", "31", "33", "32", "34"
_VERDICT_COLOURS = {
    Verdict.CONTRADICTED: f"{_BOLD};{_RED}",
    Verdict.INCONCLUSIVE: f"{_BOLD};{_YELLOW}",
    Verdict.CONSISTENT: f"{_BOLD};{_GREEN}",
}
_SEVERITY_COLOURS = {Severity.HIGH: _RED, Severity.MEDIUM: _YELLOW, Severity.LOW: _BLUE, Severity.INFO: _DIM}
_COMMAND = re.compile(r"::|##(?=\[|vso\[|teamcity\[)")
_RULE = "─" * 72


def render(audits: Sequence[Audit], language: Language, colour: bool = False) -> str:
    """Return ``audits`` as text; ``colour`` adds ANSI escapes, of which values from a build can hold none."""
    words = Words(language)
    if not audits:
        return words("empty.audits") + "\n"
    paint = _Paint(colour)
    parts = ["\n".join(map(inert, _lines(outline(audit, language), words, paint))) for audit in audits]
    return f"\n\n{_RULE}\n\n".join(parts) + "\n"


def inert(line: str) -> str:
    """Return ``line`` as no command to a CI server, which GitHub, Azure and TeamCity take from any job's output."""
    return _COMMAND.sub(lambda match: f"{match[0][0]} {match[0][1:]}", line)


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def _lines(one: Outline, words: Words, paint: _Paint) -> Iterator[str]:
    colon = words("colon")
    yield paint(_VERDICT_COLOURS[one.verdict], one.verdict_word)
    yield one.sentence
    if one.warning:
        yield paint(f"{_BOLD};{_YELLOW}", one.warning)
    yield ""
    yield f"{paint(_BOLD, one.title)}  {one.subtitle}"
    signers = words("signer"), words("signer.claimed")
    wanted = {"SHA-256", *signers, *(f"{name} SHA-256" for name in signers), words("signature.fault")}
    yield from (f"{name}{colon}{value}" for name, value in one.build if name in wanted)
    yield f"{words('declaration')}{colon}{_declaration(one, words)}"
    yield f"{words('checked')}{colon}{words.listed([words.remarked(*pair) for pair in one.checked])}"
    yield f"{words('unchecked')}{colon}{words.listed([words.remarked(*pair) for pair in one.unchecked])}"
    if one.inapplicable:
        yield f"{words('inapplicable')}{colon}{words.listed([words.remarked(*pair) for pair in one.inapplicable])}"
    yield paint(_DIM, one.disclaimer)
    sections = (_gaps, _findings) if one.gaps_first else (_findings, _gaps)
    for section in sections:
        yield ""
        yield from section(one, words, paint)
    if one.accepted:
        yield ""
        yield paint(_BOLD, f"{words('accepted')} ({len(one.accepted)})")
        for decision, cards in groupby(sorted(one.accepted, key=lambda card: card.decision), key=lambda card: card.decision):
            # a baseline holds many: a log says once what was decided of them
            if decision:
                yield f"  {decision}"
            yield from (f"      [{card.severity_word}] {card.rule}  {card.subject}" for card in cards)
    if one.unmatched:
        yield ""
        yield paint(_BOLD, f"{words('decisions.unmatched')} ({len(one.unmatched)})")
        yield from (f"  {where}{colon}{what}" for where, what in one.unmatched)
    yield ""
    yield paint(_BOLD, words("counts"))
    for table in one.tables:
        counts = words.listed([f"{word} {number}" for _, word, number in table.counts])
        if table.compared:
            yield f"  {words.remarked(table.title, table.remark)}{colon}{counts}"
        elif not table.rows:
            yield f"  {table.title}{colon}{words('inapplicable' if (table.title, table.remark) in one.inapplicable else 'unchecked')}"
        else:
            yield f"  {table.title}{colon}{counts}"
    if one.not_checkable:
        yield f"{words('not_checkable')}{colon}{words('semicolon').join(name for name, _ in one.not_checkable)}"
    if one.presences:
        yield ""
        yield paint(_BOLD, words("presences"))
        yield from (f"  {name}{colon}{found}" for name, found in one.presences)
    yield ""
    yield paint(_DIM, " · ".join(value if name == words("tool") else f"{name} {value}" for name, value in one.tool))


def _findings(one: Outline, words: Words, paint: _Paint) -> Iterator[str]:
    yield paint(_BOLD, f"{words('findings')} ({len(one.findings)})") + _tally(one, words)
    if not one.findings:
        yield f"  {words('empty.findings')}"
    light = False
    for card in one.findings:
        # a log is read from the top: light findings take one line each, the other formats have them in full
        if card.severity >= Severity.MEDIUM:
            yield ""
            yield from _card(card, words, paint)
        else:
            if not light:
                yield ""
            light = True
            label = paint(_SEVERITY_COLOURS[card.severity], f"[{card.severity_word}]")
            where = f" ({card.declared})" if card.declared else ""
            yield f"{label} {card.rule}  {card.subject}{words('colon')}{card.message}{where}"
            if card.decision:
                yield f"      {words('decision')}{words('colon')}{card.decision}"


def _gaps(one: Outline, words: Words, paint: _Paint) -> Iterator[str]:
    yield paint(_BOLD, f"{words('gaps')} ({len(one.gaps)})")
    if not one.gaps:
        yield f"  {words('empty.gaps')}"
    for gap in one.gaps:
        yield f"  {paint(_YELLOW, gap.place)}"
        yield f"      {gap.reason}"
        if gap.hides:
            yield f"      {words('hides')}{words('colon')}{words.listed(list(gap.hides))}"
        if gap.decision:
            yield f"      {words('decision')}{words('colon')}{gap.decision}"


def _card(card: Card, words: Words, paint: _Paint) -> Iterator[str]:
    colon = words("colon")
    label = paint(_SEVERITY_COLOURS[card.severity], f"[{card.severity_word}]")
    subject = words.remarked(card.subject, words("semicolon").join(part for part in (card.name, card.mark) if part))
    sure = words("confidence.is", word=card.confidence_word)
    yield f"{label} {paint(_BOLD, card.rule)}  {subject}  {sure if card.bears else words.remarked(sure, words('bears.not', n=1))}"
    yield f"      {card.message}"
    if card.decision:
        yield f"      {words('decision')}{colon}{card.decision}"
    for evidence in card.evidence:
        yield f"      {words('evidence')}{colon}{evidence.line}"
    if card.more:
        yield f"      {card.more}"
    yield f"      {words('declaration')}{colon}{' · '.join(part for part in (card.declared, card.policy) if part)}"
    yield f"      {words('remedy')}{colon}{card.remedy}"
    for _, name, title in card.also:
        yield f"      {words('also')}{colon}{words.remarked(name, title)}"
    for cite, _ in card.clauses:
        yield f"      {words('basis')}{colon}{cite}"


def _declaration(one: Outline, words: Words) -> str:
    values = dict(one.declaration)
    keys = ("declaration.file", "app", "policy", "effective")
    parts = [values.get(words(key), "") for key in keys]
    if parts[-1]:
        parts[-1] = f"{words('effective')} {parts[-1]}"
    if words("unreviewed") in values:
        parts.append(words("unreviewed"))
    return " · ".join(part for part in parts if part)


def _tally(one: Outline, words: Words) -> str:
    parts = (("bears", one.bearing), ("bears.not", one.apart))
    told = [
        f"{words(key)}{words('colon')}{words.listed([f'{word} {number}' for _, word, number in counts])}"
        for key, counts in parts
        if counts
    ]
    return f"  {words('semicolon').join(told)}" if told else ""
