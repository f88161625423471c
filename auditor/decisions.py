"""What people decided about findings and gaps: one file, read, applied to an audit, and written as a baseline.

The file is YAML (or JSON, which is YAML); ``schemas/decisions-1.schema.json`` describes it for programs, and
docs/reference/decisions.md for people. A decision never changes what was found: findings it accepts stand apart, where the
gate does not count them, and the verdict stays what the comparison says.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from auditor.errors import DecisionsError
from auditor.model import (
    Audit,
    Confidence,
    Decided,
    Decision,
    DecisionKind,
    Finding,
    Gap,
    Location,
    Owner,
    RuleInfo,
    Severity,
    Table,
    Text,
    fingerprint,
)
from auditor.records import Mistake, Record, bytes_of, json_yaml, read_record, scalar_yaml

__all__ = [
    "LAPSED",
    "SCHEMA",
    "Decisions",
    "baseline",
    "decide",
    "decide_all",
    "parse_decisions",
    "plain",
    "read_decisions",
    "to_json",
    "to_yaml",
]

SCHEMA = "auditor/decisions/1"
"""Name and version of the format, as the key ``schema`` writes it."""
BASELINE_BY = "auditor --write-baseline"
"""Who decides what stands in a baseline."""

LAPSED = RuleInfo(
    id="decision-lapsed",
    title=Text(zh="已记录的决定不再有效", en="A recorded decision no longer holds"),
    severity=Severity.LOW,
    cites=(),
    help=Text(
        zh="检查内容：决定文件中的每条决定是否已过其有效期（until），或其针对的问题是否比决定所允许的（severity）更严重。\n\n"
        "为何重要：接受总有前提；前提变了，应当有人重新看一遍。失效的决定所针对的问题重新计入门禁。\n\n"
        "如何处理：处理该问题；或重新评估后，在决定文件中更新 until 或 severity。",
        en="What it does: looks whether a decision's last day (`until`) is past, or what it is about is graver than it covers"
        " (`severity`).\n\n"
        "Why it matters: a risk is accepted for a while and as it was; when that changes somebody has to look again. What the"
        " decision was about counts at the gate again.\n\n"
        "How to put it right: mend what it is about; or judge it anew, and write the new `until` or `severity`.",
    ),
    limits=Text(
        zh="只看日期与严重程度：理由是否成立、问题是否已有变化，仍须由人判断。",
        en="It looks at the day and at the severity: whether the reason still holds is for people to say.",
    ),
)
"""The one rule that looks at decisions and not at a build."""

_FINGERPRINT = re.compile(r"[0-9a-f]{32}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_KINDS = tuple(kind.value for kind in DecisionKind)
_SEVERITIES = {severity.word: severity for severity in Severity}
_LONGEST = 300
"""Characters of a subject that is written beside its fingerprint for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """A decisions file as it was read."""

    file: str
    """Path of the file, relative to where the command was run."""
    sha256: str
    """SHA-256 of the file, lower-case hex."""
    decisions: tuple[Decision, ...]
    """In the order of the file; each fingerprint once."""


# -- reading ----------------------------------------------------------------------------------------------------------


def read_decisions(path: Path, shown_as: str | None = None) -> Decisions:
    """Read the decisions file at ``path``; ``shown_as`` is the name to print and to keep (the path as given by default).

    Raise :class:`~auditor.errors.DecisionsError` with every mistake in it, or with the one reason why it cannot be read.
    """
    shown = str(path) if shown_as is None else shown_as
    data = bytes_of(path, shown, DecisionsError, "decisions", "no such file; --write-baseline writes one")
    return parse_decisions(data, shown)


def parse_decisions(data: bytes, file: str) -> Decisions:
    """Read decisions from the bytes of their file; ``file`` is the name to print and to keep.

    Raise :class:`~auditor.errors.DecisionsError` with every mistake, in the order of the lines.
    """
    mistakes: list[Mistake] = []
    top = read_record(file, data, mistakes, "decisions file")
    found: tuple[Decision, ...] = ()
    if top is not None:
        schema = top.text("schema")
        if schema != SCHEMA:
            # what another version means by its keys is not known: nothing more can be said of it
            written = f"is written for {schema!r}" if schema else f"lacks 'schema: {SCHEMA}'"
            top.wrong(f"{written}; this auditor reads {SCHEMA}", "schema")
        else:
            if not top.has("decisions") and not top.is_list("decisions"):
                top.wrong("lacks 'decisions' (write 'decisions: []' where there is none yet)")
            found = tuple(_entries(top, file))
            top.done()
    if mistakes:
        raise DecisionsError([str(mistake) for mistake in sorted(mistakes, key=lambda mistake: mistake.line)])
    return Decisions(file=file, sha256=hashlib.sha256(data).hexdigest(), decisions=found)


def _entries(top: Record, file: str) -> Iterator[Decision]:
    first: dict[str, int] = {}
    for record in top.records("decisions"):
        rule, subject, gap = record.text("rule"), record.text("subject"), record.text("gap")
        print_ = _fingerprint(record, rule, subject, gap)
        kind = record.choice("decision", _KINDS, required=True)
        by, reason = record.text("by", required=True), record.text("reason", required=True)
        until = record.text("until")
        if until and not _is_date(until):
            record.wrong(f"{record.what}.until: {until!r} is no date (ISO 8601: 2027-03-31)", "until")
        severity = record.choice("severity", _SEVERITIES)
        record.done()
        if print_ in first:
            record.wrong(f"{record.what} decides again what line {first[print_]} decides; keep one of them")
        elif print_:
            first[print_] = record.line
            if kind:
                yield Decision(
                    fingerprint=print_,
                    kind=DecisionKind(kind),
                    by=by,
                    reason=reason,
                    location=Location(file=file, at=str(record.line)),
                    until=until,
                    severity=_SEVERITIES.get(severity),
                    rule=rule,
                    subject=subject,
                    gap=gap,
                )


def _fingerprint(record: Record, rule: str, subject: str, gap: str) -> str:
    """Return the fingerprint of an entry, as written or that of its rule and subject; empty where it has none."""
    written = record.text("fingerprint").lower()
    if written and not _FINGERPRINT.match(written):
        record.wrong(f"{record.what}.fingerprint: {written[:80]!r} is no fingerprint (32 hexadecimal digits)", "fingerprint")
        return ""
    if rule and gap:
        record.wrong(f"{record.what} is about a finding ('rule') or about a gap ('gap'), not both", "gap")
    if subject and not rule:
        record.wrong(f"{record.what} has a 'subject' and no 'rule'", "subject")
    if not written and not rule:
        record.wrong(f"{record.what} lacks 'fingerprint' (reports show it), or 'rule' and 'subject'")
    if written and rule and record.has("subject") and written != fingerprint(rule, subject):
        record.wrong(
            f"{record.what}.fingerprint is not that of {rule} {subject}: delete it, or copy rule, subject and fingerprint"
            " from one finding",
            "fingerprint",
        )
    return written or (fingerprint(rule, subject) if rule else "")


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


# -- applying ---------------------------------------------------------------------------------------------------------


def decide(audit: Audit, decisions: Decisions, on: datetime.date) -> Audit:
    """Return ``audit`` as ``decisions`` leave it on the day ``on``.

    Findings that are accepted or in the baseline go to ``accepted``. A decision whose last day is past, or whose finding has
    become graver than it covers, holds no longer: its finding stays, and a finding of its own says so. The verdict stays.
    """
    findings: dict[str, list[Finding]] = {}
    for finding in audit.findings:
        findings.setdefault(finding.fingerprint, []).append(finding)
    gaps = {gap.fingerprint: gap for gap in audit.gaps}
    held, lapsed, unmatched, notes = [], [], [], []
    for one in decisions.decisions:
        matched, gap = findings.get(one.fingerprint, []), gaps.get(one.fingerprint)
        if not matched and gap is None:
            unmatched.append(one)
        elif why := _lapse(one, matched, on):
            lapsed.append(one)
            notes.append(_lapsed(one, matched[0] if matched else gap, why))
        else:
            held.append(one)
    lifted = {one.fingerprint for one in held if one.kind.lifts}
    return replace(
        audit,
        findings=tuple(
            sorted((*(one for one in audit.findings if one.fingerprint not in lifted), *notes), key=lambda one: one.key)
        ),
        accepted=tuple(one for one in audit.findings if one.fingerprint in lifted),
        rules=(*audit.rules, LAPSED),
        decided=Decided(
            file=decisions.file,
            sha256=decisions.sha256,
            on=on.isoformat(),
            held=tuple(held),
            lapsed=tuple(lapsed),
            unmatched=tuple(unmatched),
        ),
    )


def decide_all(audits: Sequence[Audit], decisions: Decisions, on: datetime.date) -> list[Audit]:
    """Return audits made together as ``decisions`` leave them: one about something in any of them is unmatched in none."""
    decided = [decide(audit, decisions, on) for audit in audits]
    matched = {one for audit in decided if audit.decided for one in (*audit.decided.held, *audit.decided.lapsed)}
    return [
        replace(audit, decided=replace(audit.decided, unmatched=tuple(one for one in audit.decided.unmatched if one not in matched)))
        for audit in decided
        if audit.decided
    ]


def _lapse(one: Decision, findings: Sequence[Finding], on: datetime.date) -> Text | None:
    """Return why a decision no longer holds; None where it does."""
    if one.until and datetime.date.fromisoformat(one.until) < on:
        return Text(zh=f"有效期至 {one.until}，已过期", en=f"held until {one.until}, which is past")
    if one.severity is not None and any(finding.severity > one.severity for finding in findings):
        gravest = max(finding.severity for finding in findings)
        return Text(
            zh=f"只涵盖严重程度不高于 {one.severity.word} 的问题，现为 {gravest.word}",
            en=f"covers findings up to {one.severity.word}; this one is {gravest.word} now",
        )
    return None


def _lapsed(one: Decision, about: Finding | Gap | None, why: Text) -> Finding:
    what = f"{about.rule} {about.subject}".rstrip() if isinstance(about, Finding) else str(about.location) if about else one.about
    subject = about.subject if isinstance(about, Finding) else what
    return Finding(
        rule=LAPSED.id,
        subject=subject,
        message=Text(
            zh=f"{one.by} 对“{what}”的决定（{one.kind.value}）{why.zh}",
            en=f"the decision ({one.kind.value}) of {one.by} on {what} {why.en}",
        ),
        steps=(
            Owner.REVIEWER.step(
                zh="重新评估该问题：已处理的删去该条决定，仍可接受的更新其 until 或 severity",
                en="judge it anew: delete the decision where what it is about was mended, write a new `until` or `severity` where it"
                " can still be accepted",
            ),
        ),
        severity=LAPSED.severity,
        confidence=Confidence.HIGH,
        evidence=(),
        declared=one.location,
        table=about.table if isinstance(about, Finding) else None,
    )


# -- writing ----------------------------------------------------------------------------------------------------------


def baseline(audit: Audit, decisions: Decisions | None, on: datetime.date) -> tuple[Decisions, tuple[Gap, ...]]:
    """Return the decisions by which everything in ``audit``, which nothing was decided about yet, passes the gate; and the gaps
    left out of them.

    Every decision there is stays as it is: one that a person disputed, or whose day is past, goes on counting. Every other
    finding, and every gap that leaves a table in doubt, becomes part of the baseline. A gap over all tables is left out:
    nothing was compared then, which is no state to start from.
    """
    entries = list(decisions.decisions) if decisions else []
    known = {one.fingerprint for one in entries}
    file = decisions.file if decisions else ""
    identity = audit.identity
    build = " ".join(part for part in (identity.app_id, identity.version) if part) or identity.sha256[:12]
    reason = f"in {build} when the baseline was written on {on.isoformat()}"
    gravest: dict[str, Severity] = {}
    for finding in audit.findings:
        gravest[finding.fingerprint] = max(finding.severity, gravest.get(finding.fingerprint, Severity.INFO))
    left = tuple(gap for gap in audit.gaps if gap.hides == frozenset(Table))
    counting: list[Finding | Gap] = [*audit.findings, *(gap for gap in audit.gaps if gap.hides and gap not in left)]
    for one in counting:
        if one.fingerprint in known:
            continue
        known.add(one.fingerprint)
        entries.append(
            Decision(
                fingerprint=one.fingerprint,
                kind=DecisionKind.BASELINE,
                by=BASELINE_BY,
                reason=reason,
                location=Location(file=file),
                severity=gravest.get(one.fingerprint),
                **_words(one),
            )
        )
    return Decisions(file=file, sha256="", decisions=tuple(entries)), left


def plain(decisions: Decisions) -> dict[str, Any]:
    """Return decisions as the plain values of their file."""
    return {
        "schema": SCHEMA,
        "decisions": [
            {
                key: value
                for key, value in (
                    ("fingerprint", one.fingerprint),
                    ("rule", one.rule),
                    ("subject", one.subject),
                    ("gap", one.gap),
                    ("decision", one.kind.value),
                    ("by", one.by),
                    ("reason", one.reason),
                    ("until", one.until),
                    ("severity", one.severity.word if one.severity is not None else ""),
                )
                if value
            }
            for one in decisions.decisions
        ],
    }


def _words(one: Finding | Gap) -> dict[str, str]:
    """Return what tells a reader of the file what an entry is about; a subject that would not come back the same is left out."""
    if isinstance(one, Gap):
        place = str(one.location)
        return {"gap": place} if _is_plain(place) else {}
    return {"rule": one.rule, **({"subject": one.subject} if _is_plain(one.subject) else {})}


def _is_plain(text: str) -> bool:
    return bool(text) and len(text) <= _LONGEST and text.isprintable() and text == text.strip()


def to_yaml(decisions: Decisions) -> str:
    """Return a decisions file as YAML."""
    entries = plain(decisions)["decisions"]
    lines = [f"# What people decided about findings and gaps.\nschema: {SCHEMA}\n"]
    lines.append("decisions:\n" if entries else "decisions: []\n")
    for entry in entries:
        for number, (key, value) in enumerate(entry.items()):
            lines.append(f"{'    ' if number else '  - '}{key}: {scalar_yaml(value)}\n")
    return "".join(lines)


def to_json(decisions: Decisions) -> str:
    """Return a decisions file as JSON."""
    return json_yaml(plain(decisions), indent=2) + "\n"
