"""What a rule is: a function over a case that yields claims, made into a value by a decorator that registers nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from auditor.model import Confidence, Fact, Finding, Location, RuleInfo, Severity, Table, Text
from auditor.tables import Case

__all__ = ["Claim", "Rule", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a rule says of one subject; rule id, clauses and the usual severity are added by the rule."""

    subject: str
    message: Text
    remedy: Text
    confidence: Confidence = Confidence.HIGH
    severity: Severity | None = None
    """Where it is not the rule's usual one."""
    evidence: tuple[Fact, ...] = ()
    declared: Location | None = None
    policy: Location | None = None
    table: Table | None = None
    """The data table, where the subject is a data type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: what a reader has to know of it, and how it is checked."""

    info: RuleInfo
    document: bool
    """Looks at the declaration alone; counts as low beside a build, where the build is what is audited."""
    check: Callable[[Case], Iterable[Claim]]

    def run(self, case: Case) -> Iterator[Finding]:
        """Yield the rule's findings on a case."""
        for claim in self.check(case):
            severity = self.info.severity if claim.severity is None else claim.severity
            if self.document and case.build is not None:
                severity = min(severity, Severity.LOW)
            yield Finding(
                rule=self.info.id,
                subject=claim.subject,
                message=claim.message,
                remedy=claim.remedy,
                severity=severity,
                confidence=claim.confidence,
                evidence=claim.evidence,
                declared=claim.declared,
                policy=claim.policy,
                regulations=self.info.cites,
                table=claim.table,
            )


def rule(
    *, title: Text, severity: Severity, zh: str, cites: tuple[str, ...] = (), document: bool = False
) -> Callable[[Callable[[Case], Iterable[Claim]]], Rule]:
    """Make a function a rule. Its name is the id; its docstring is its reference page, of which ``zh`` is the Chinese."""

    def make(check: Callable[[Case], Iterable[Claim]]) -> Rule:
        text = inspect.getdoc(check)
        if not text:
            raise ValueError(f"rule {check.__name__} has no docstring")
        info = RuleInfo(
            id=check.__name__.replace("_", "-"),
            title=title,
            severity=severity,
            cites=cites,
            help=Text(zh=inspect.cleandoc(zh), en=text),
        )
        return Rule(info=info, document=document, check=check)

    return make
