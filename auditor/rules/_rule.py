"""What a rule is: a function over a case that yields claims, made into a value by a decorator that registers nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from auditor.model import Confidence, Fact, Finding, Location, RuleInfo, Severity, Step, Table, Text
from auditor.tables import Case

__all__ = ["Claim", "Rule", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a rule says of one subject; rule id, clauses and the usual severity are added by the rule."""

    subject: str
    message: Text
    steps: tuple[Step, ...]
    confidence: Confidence = Confidence.HIGH
    severity: Severity | None = None
    """Where it is not the rule's usual one."""
    evidence: tuple[Fact, ...] = ()
    declared: Location | None = None
    policy: Location | None = None
    table: Table | None = None
    """The data table, where the subject is a data type."""
    wording: Text | None = None
    """Words to paste into the policy, or into what the user is shown."""
    cites: tuple[str, ...] | None = None
    """The clauses of the rule that fit this one; None = all of them."""
    limits: Text | None = None
    """What was not checked about this one, where that is not what the rule says."""


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
                steps=claim.steps,
                severity=severity,
                confidence=claim.confidence,
                evidence=claim.evidence,
                declared=claim.declared,
                policy=claim.policy,
                regulations=self.info.cites if claim.cites is None else claim.cites,
                limits=claim.limits,
                table=claim.table,
                wording=claim.wording,
            )


def rule(
    *, title: Text, severity: Severity, zh: str, limits: Text, cites: tuple[str, ...] = (), document: bool = False
) -> Callable[[Callable[[Case], Iterable[Claim]]], Rule]:
    """Make a function a rule. Its name is the id; its docstring is its reference page, of which ``zh`` is the Chinese.
    ``limits`` says what it does not look at.
    """

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
            limits=limits,
        )
        return Rule(info=info, document=document, check=check)

    return make
