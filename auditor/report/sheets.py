"""Audits as plain tables, for the formats that spreadsheets open.

The findings come first, in the order in which the notices of China's Ministry of Industry and Information Technology on apps list theirs
(number, app, operator, version, issue), followed by what a reviewer needs to act; then what could not be read; then the tables of the
comparison in the order of the lists that policies hold (an SDK's name, supplier, purpose, data, link to its policy); then the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.model import Audit, DeclaredSdk, Language, Row, Table
from auditor.report.outline import outline
from auditor.report.parts import Card, Outline, Side, TableRow, TableView
from auditor.report.plain import one_line
from auditor.report.words import Words

__all__ = ["Sheet", "sheets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: every row has a cell for each head."""

    id: str
    """``overview``, ``findings``, ``gaps``, a table of the comparison, ``evidence``."""
    title: str
    keys: tuple[str, ...]
    """The phrase that heads each column."""
    heads: tuple[str, ...]
    """Those phrases."""
    rows: tuple[tuple[str, ...], ...]
    """A cell may hold several lines."""


_APP = ("app", "operator", "sheet.id", "version")
_OVERVIEW = (*_APP, "sheet.item", "sheet.content")
_FINDINGS = (
    *("sheet.number", *_APP, "sheet.issue", "subject", "name", "finding", "basis", "severity", "confidence"),
    *("sheet.status", "evidence", "sheet.place", "remedy", "decision", "rule", "fingerprint"),
)
_GAPS = (*_APP, "at", "reason", "hides", "decision", "fingerprint")
_SUPPLIER = ("sheet.supplier", "sheet.version", "sheet.data", "sheet.link")
_TABLE = ("sheet.declared", "sheet.found", "state", "sheet.note", "rule")
_EVIDENCE = (*_APP, "rule", "subject", "file", "at", "kind", "name", "value")


def sheets(audits: Sequence[Audit], language: Language) -> tuple[Sheet, ...]:
    """Return ``audits`` as tables, each with the rows of every audit in order."""
    words = Words(language)
    views = [(audit, outline(audit, language)) for audit in audits]

    def sheet(id_: str, title: str, keys: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Sheet:
        return Sheet(id=id_, title=title, keys=keys, heads=tuple(map(words, keys)), rows=tuple(rows))

    return (
        sheet(
            "overview",
            words("sheet.overview"),
            _OVERVIEW,
            ((*_app(audit, one), *pair) for audit, one in views for pair in _overview(one, words)),
        ),
        sheet(
            "findings",
            words("findings"),
            _FINDINGS,
            (
                (str(number), *_app(audit, one), *_finding(card, words, accepted=accepted))
                for audit, one in views
                for number, (card, accepted) in enumerate(_cards(one), 1)
            ),
        ),
        sheet(
            "gaps",
            words("gaps"),
            _GAPS,
            (
                (*_app(audit, one), gap.place, gap.reason, words("comma").join(gap.hides), gap.decision, gap.fingerprint)
                for audit, one in views
                for gap in one.gaps
            ),
        ),
        *(
            sheet(
                table.value,
                words.table(table),
                (*_APP, "subject", "name", *(_SUPPLIER if table is Table.SDKS else ()), *_TABLE),
                (row for audit, one in views for row in _rows(table, audit, one, words)),
            )
            for table in Table
        ),
        sheet(
            "evidence",
            words("evidence"),
            _EVIDENCE,
            (
                (*_app(audit, one), card.rule, card.subject, item.file, item.at, item.kind, item.name, item.value)
                for audit, one in views
                for card, _ in _cards(one)
                for item in card.evidence
            ),
        ),
    )


def _app(audit: Audit, one: Outline) -> tuple[str, ...]:
    identity = audit.identity
    version = f"{identity.version} ({identity.version_code})" if identity.version_code else identity.version
    return (one.title, one_line(audit.declaration.operator), one_line(identity.app_id), one_line(version))


def _overview(one: Outline, words: Words) -> Iterator[tuple[str, str]]:
    yield words("verdict"), one.verdict_word
    yield words("sheet.sentence"), one.sentence
    for title, pairs in ((words("checked"), one.checked), (words("unchecked"), one.unchecked), (words("inapplicable"), one.inapplicable)):
        yield title, words.listed([words.remarked(*pair) for pair in pairs])
    yield words("findings"), str(len(one.findings))
    yield words("accepted"), str(len(one.accepted))
    yield words("gaps"), str(len(one.gaps))
    yield from one.build
    yield from one.declaration
    yield from one.tool
    for name, why in one.not_checkable:
        yield words("not_checkable"), f"{name}{words('colon')}{why}"
    for place, what in one.unmatched:
        yield words("decisions.unmatched"), f"{place}{words('colon')}{what}"
    yield words("sheet.notice"), one.disclaimer


def _cards(one: Outline) -> Iterator[tuple[Card, bool]]:
    yield from ((card, False) for card in one.findings)
    yield from ((card, True) for card in one.accepted)


def _finding(card: Card, words: Words, *, accepted: bool) -> tuple[str, ...]:
    return (
        card.title,
        card.subject,
        card.name,
        card.message,
        "\n".join(cite for cite, _ in card.clauses),
        card.severity_word,
        card.confidence_word,
        words("sheet.accepted" if accepted else "sheet.open"),
        "\n".join((*(item.line for item in card.evidence), *([card.more] if card.more else []))),
        "\n".join(part for part in (card.declared, card.policy) if part),
        card.remedy,
        card.decision,
        card.rule,
        card.fingerprint,
    )


def _rows(table: Table, audit: Audit, one: Outline, words: Words) -> Iterator[tuple[str, ...]]:
    (view,) = [view for view in one.tables if view.id == table.value]
    for row in view.rows:
        more = _supplier(audit, row, words) if table is Table.SDKS else ()
        note = words("semicolon").join(part for part in (row.mark, row.note or (view.remark if not view.compared else "")) if part)
        cells = (row.subject, row.name, *more, _side(row.declared), _side(row.found), _state(view, row, words), note)
        yield (*_app(audit, one), *cells, words("comma").join(dict.fromkeys(rule for _, rule in row.findings)))


def _state(view: TableView, row: TableRow, words: Words) -> str:
    return row.state_word if view.compared else words("unchecked")


def _supplier(audit: Audit, row: TableRow, words: Words) -> tuple[str, ...]:
    """Return who supplies an SDK, its version, the data declared for it, and the link to its policy: declared, else known."""
    found: Row | None = next((one for one in audit.table(Table.SDKS) if one_line(one.subject) == row.subject), None)
    known = next((one for one in audit.suppliers if one_line(one.sdk) == row.subject), None)
    declared = found.declared if found is not None and isinstance(found.declared, DeclaredSdk) else None
    vendor = (declared.vendor if declared else "") or (known.vendor.in_(words.language) if known else "")
    version = (found.sdk.version or "") if found is not None and found.sdk else ""
    link = (declared.url if declared else "") or (known.url if known else "")
    return (one_line(vendor), one_line(version), one_line(declared.data_text if declared else ""), one_line(link))


def _side(side: Side | None) -> str:
    return "\n".join((side.main, *side.notes)) if side else ""
