"""What findings on collected data call data types and those who collect them, and which of them count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from auditor.model import Collection, Confidence, Fact, OwnerKind, Row, Severity, Text
from auditor.tables import Case

__all__ = ["UNASKED", "UNTOLD", "evidence_of", "fitting", "grave", "of_sdk", "shown", "sure", "type_name", "types_named", "who"]

UNTOLD = ("PIPL-28", "PIPL-30")
"""Clauses on sensitive data that people are not told of; with :func:`fitting`."""
UNASKED = ("PIPL-28", "PIPL-29")
"""Clauses on sensitive data collected without consent; with :func:`fitting`."""

MOST_NAMED = 4
"""Collectors named in one sentence."""


def shown(row: Row) -> list[Collection]:
    """Return those who are shown to collect what a row is about."""
    return [one for one in row.collectors if one.shown]


def grave(collections: Iterable[Collection]) -> Severity:
    """Return how much the strongest of some collections says."""
    return max((one.severity for one in collections), default=Severity.INFO)


def sure(collections: Sequence[Collection]) -> Confidence:
    """Return how sure the surest of those is that say most."""
    most = grave(collections)
    return max((one.confidence for one in collections if one.severity is most), default=Confidence.LOW)


def type_name(type_: str, case: Case) -> Text:
    """Return what people call a data type."""
    known = case.knowledge.data_types.get(type_)
    return known.name if known else Text(zh=type_, en=type_)


def fitting(cites: tuple[str, ...], types: Iterable[str], case: Case) -> tuple[str, ...]:
    """Return the clauses that fit data types: those on sensitive data only where one of them is sensitive."""
    known = case.knowledge.data_types
    if any(type_ in known and known[type_].sensitive for type_ in types):
        return cites
    return tuple(one for one in cites if one not in (*UNTOLD, *UNASKED))


def types_named(types: Iterable[str], case: Case) -> Text:
    """Return data types in one line."""
    names = [type_name(type_, case) for type_ in types]
    return Text(zh="、".join(name.zh for name in names), en=", ".join(name.en for name in names))


def who(collections: Iterable[Collection], case: Case) -> Text:
    """Return who collects, in one line."""
    names = [_owner(one, case) for one in collections]
    zh, en = [list(dict.fromkeys(texts)) for texts in ([name.zh for name in names], [name.en for name in names])]
    more = len(zh) - MOST_NAMED
    return Text(
        zh="、".join(zh[:MOST_NAMED]) + (f"等 {len(zh)} 方" if more > 0 else ""),
        en=", ".join(en[:MOST_NAMED]) + (f" and {more} more" if more > 0 else ""),
    )


def _owner(one: Collection, case: Case) -> Text:
    if one.owner is OwnerKind.SDK:
        known = case.knowledge.sdks.get(one.sdk)
        return Text(zh=known.name.zh, en=known.name.en) if known else Text(zh=one.sdk, en=one.sdk)
    if one.owner is OwnerKind.APP:
        return Text(zh="应用自身的代码", en="the app's own code")
    return Text(zh="归属未明的代码", en="code whose owner is not known")


def of_sdk(case: Case, rows: Iterable[Row]) -> dict[str, list[tuple[Row, Collection]]]:
    """Return, for each SDK, the rows of what its code is shown to collect, with the collection."""
    found: dict[str, list[tuple[Row, Collection]]] = {}
    for row in rows:
        for one in shown(row):
            if one.owner is OwnerKind.SDK and one.sdk in case.knowledge.sdks:
                found.setdefault(one.sdk, []).append((row, one))
    return found


def evidence_of(collections: Iterable[Collection], each: int = 3) -> tuple[Fact, ...]:
    """Return some evidence of each collection."""
    return tuple(dict.fromkeys(fact for one in collections for fact in one.evidence[:each]))
