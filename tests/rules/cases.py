"""Cases for tests of rules: rows as given, a made-up knowledge, and what a rule says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.knowledge.names import Basis, Resolution
from auditor.knowledge.schema import Knowledge
from auditor.model import Build, Call, Declaration, DeclaredSdk, Row
from auditor.rules._rule import Rule
from auditor.tables import Case
from tests.factories import build, declaration
from tests.knowledge_factories import knowledge

NOTHING = Resolution(ids=(), basis=Basis.NONE, suggestion="")


def case(
    *rows: Row,
    declared: Declaration | None = None,
    known: Knowledge | None = None,
    of: Build | None = None,
    resolutions: Mapping[DeclaredSdk, Resolution] | None = None,
    calls: Sequence[Call] = (),
) -> Case:
    """A case beside a build."""
    return Case(
        declaration=declared or declaration(),
        knowledge=known or knowledge(),
        resolutions=resolutions or {},
        build=of or build(),
        rows=rows,
        calls=tuple(calls),
    )


def document(declared: Declaration, resolutions: Mapping[DeclaredSdk, Resolution] | None = None) -> Case:
    """A case of a declaration alone."""
    return Case(
        declaration=declared,
        knowledge=knowledge(),
        resolutions=resolutions or dict.fromkeys(declared.sdks, NOTHING),
    )


def said(rule: Rule, one: Case) -> dict[str, str]:
    """Return subject -> ``severity confidence`` of a rule's findings."""
    return {finding.subject: f"{finding.severity.word} {finding.confidence.word}" for finding in rule.run(one)}
