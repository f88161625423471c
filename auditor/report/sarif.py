"""Audits as SARIF 2.1.0, in the subset that GitHub code scanning accepts.

Sources: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; GitHub, "SARIF support for code
scanning". A result stands at the declaration's line, because that is the file a repository holds; where the build shows
it is given as logical locations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from auditor.model import (
    Audit,
    Checked,
    Collection,
    Decision,
    DecisionKind,
    Fact,
    Finding,
    Gap,
    Language,
    Location,
    RuleInfo,
    Severity,
    Table,
)
from auditor.report.outline import evidence_line
from auditor.report.plain import one_line, paragraphs
from auditor.report.words import Words
from auditor.wire.audit import audit_to_wire
from auditor.wire.document import dumps

__all__ = ["render"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note", Severity.INFO: "note"}
_LANGUAGES = {Language.ZH: "zh-CN", Language.EN: "en-US"}
_LINE = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:/")


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as one SARIF log, a run each; messages are in ``language``, properties hold both."""
    categories: dict[str, int] = {}
    runs = []
    for audit in audits:
        category = f"auditor/{audit.identity.platform.value}/{_segment(audit.identity.app_id) or 'unnamed'}"
        categories[category] = categories.get(category, 0) + 1
        # GitHub refuses two runs of one category in a file; everything before the last slash is the category.
        number = categories[category]
        runs.append(_run(audit, f"{category}/" if number == 1 else f"{category}-{number}/", language))
    return dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs})


def _segment(app_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", app_id)[:120]


def _run(audit: Audit, category: str, language: Language) -> dict[str, Any]:
    words = Words(language)
    wire = audit_to_wire(audit)
    seen: dict[str, int] = {}
    index = {rule.id: number for number, rule in enumerate(audit.rules)}
    cites = {clause.id: one_line(clause.cite.in_(language)) for clause in audit.clauses}
    return {
        "tool": {
            "driver": {
                "name": "auditor",
                "version": audit.tool.version,
                "language": _LANGUAGES[language],
                "rules": [_rule(rule, cites, language) for rule in audit.rules],
                "properties": {"knowledge": audit.tool.knowledge},
            }
        },
        "automationDetails": {"id": category},
        "language": _LANGUAGES[language],
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    *(_gap(gap, audit.decision_on(gap), language) for gap in audit.gaps),
                    *(_not_checked(one, words) for one in audit.checked if not one.compared),
                ],
            }
        ],
        "artifacts": [
            {
                "location": _artifact(audit.declaration.file),
                "roles": ["analysisTarget"],
                **({"hashes": {"sha-256": audit.declaration.sha256}} if audit.declaration.sha256 else {}),
            }
        ],
        "results": [
            _result(finding, document, audit, index, seen, words)
            for finding, document in zip(
                (*audit.findings, *audit.accepted), (*wire["findings"], *wire["accepted"]), strict=True
            )
        ],
        "properties": {
            "verdict": wire["verdict"],
            "notice": words("disclaimer"),
            "identity": wire["identity"],
            "checked": wire["checked"],
            "coverage": wire["coverage"],
            "accepted": wire["accepted"],
            **({"decided": wire["decided"]} if audit.decided else {}),
            "not_checkable": wire["not_checkable"],
        },
    }


def _rule(rule: RuleInfo, cites: dict[str, str], language: Language) -> dict[str, Any]:
    parts = [*paragraphs(rule.help.in_(language)), *(cites.get(id_, id_) for id_ in rule.cites)]
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": one_line(rule.title.in_(language))},
        "fullDescription": {"text": "\n\n".join(paragraphs(rule.help.in_(language)))[:1000] or rule.id},
        "help": {"text": "\n\n".join(parts) or rule.id},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["privacy"],
            "severity": rule.severity.word,
            "title": {"zh": rule.title.zh, "en": rule.title.en},
            "help": {"zh": rule.help.zh, "en": rule.help.en},
            "cites": list(rule.cites),
        },
    }


def _result(
    finding: Finding,
    document: dict[str, Any],
    audit: Audit,
    index: dict[str, int],
    seen: dict[str, int],
    words: Words,
) -> dict[str, Any]:
    seen[finding.fingerprint] = number = seen.get(finding.fingerprint, 0) + 1
    text = f"{one_line(finding.message.in_(words.language))} ({one_line(finding.subject)})"
    remedy = one_line(finding.remedy.in_(words.language))
    # viewers show the message and the line of the declaration, and no logical location
    told = [text, evidence_line(finding.evidence, words), f"{words('remedy')}{words('colon')}{remedy}" if remedy else ""]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message("\n".join(filter(None, told)))},
        "locations": [
            {
                "physicalLocation": _physical(finding.declared or Location(file=audit.declaration.file, at="1")),
                "logicalLocations": [_logical(fact) for fact in finding.evidence],
            }
        ],
        "partialFingerprints": {
            # GitHub follows an alert from one upload to the next by this one alone; the number tells twins apart.
            "primaryLocationLineHash": f"{finding.fingerprint}:{number}",
            "auditor/v1": finding.fingerprint,
        },
        "properties": {
            name: document[name]
            for name in ("subject", "severity", "confidence", "message", "remedy", "evidence", "policy", "regulations")
        },
    }
    if finding.table is Table.DATA:
        row = next((row for row in audit.table(Table.DATA) if row.subject == finding.subject), None)
        result["properties"]["collectors"] = [_collector(one) for one in row.collectors if one.shown] if row else []
    if not finding.evidence:
        del result["locations"][0]["logicalLocations"]
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if audit.decided or audit.accepted:
        # once one result of a run says whether it is suppressed, each has to (3.27.23)
        result["suppressions"] = _suppressions(audit.decision_on(finding), accepted=finding in audit.accepted)
    return result


def _suppressions(decision: Decision | None, *, accepted: bool) -> list[dict[str, Any]]:
    """Return what a decision means to SARIF (3.35): accepted suppresses, a dispute waits for review, to agree is neither."""
    if decision is None:
        return [{"kind": "external", "status": "accepted"}] if accepted else []
    if decision.kind is DecisionKind.AGREE:
        return []
    return [
        {
            "kind": "external",
            "status": "accepted" if decision.kind.lifts else "underReview",
            "justification": _message(one_line(decision.reason)),
            "location": {"physicalLocation": _physical(decision.location)},
            "properties": {"decision": decision.kind.value, "by": decision.by, "until": decision.until or None},
        }
    ]


def _collector(one: Collection) -> dict[str, Any]:
    """Return whose code collects, whether it holds the permission it needs, and from when on it can run."""
    return {
        "owner": one.owner.value,
        "sdk": one.sdk or None,
        "confidence": one.confidence.word,
        "permission_held": one.permission_held,
        "tier": one.reach.word,
        "places": one.count,
    }


def _message(text: str) -> str:
    """Return ``text`` with the brackets escaped that would make a link of it (SARIF 2.1.0, 3.11.6)."""
    return text.replace("[", "\\[") if "](" in text else text


def _physical(location: Location) -> dict[str, Any]:
    line = int(location.at) if _LINE.match(location.at) else 1
    return {"artifactLocation": _artifact(location.file), "region": {"startLine": line}}


def _artifact(file: str) -> dict[str, Any]:
    """Return a URI relative to the root of the source, or a file URI for a path that is not relative."""
    path = file.encode("utf-8", "replace").decode("utf-8").replace("\\", "/")
    if path.startswith("/"):
        return {"uri": "file://" + quote(path)}
    if _DRIVE.match(path):
        return {"uri": "file:///" + quote(path, safe="/:")}
    return {"uri": quote(path.removeprefix("./")), "uriBaseId": "%SRCROOT%"}


def _logical(fact: Fact) -> dict[str, Any]:
    return {
        "name": one_line(fact.name),
        "fullyQualifiedName": one_line(" ! ".join(part for part in (str(fact.location), fact.name) if part)),
        "kind": fact.kind.value,
    }


def _gap(gap: Gap, decision: Decision | None, language: Language) -> dict[str, Any]:
    hides = sorted(table.value for table in gap.hides)
    accepted = decision is not None and decision.kind.lifts
    decided = {"decision": decision.kind.value, "by": decision.by, "why": decision.reason} if decision else None
    return {
        "level": "warning" if hides and not accepted else "note",
        "message": {"text": _message(f"{one_line(str(gap.location))}: {one_line(gap.reason.in_(language))}")},
        "properties": {
            "kind": "gap",
            "hides": hides,
            "reason": {"zh": gap.reason.zh, "en": gap.reason.en},
            "fingerprint": gap.fingerprint,
            **({"decided": decided} if decided else {}),
        },
    }


def _not_checked(one: Checked, words: Words) -> dict[str, Any]:
    reason = one_line(one.reason.in_(words.language)) if one.reason else ""
    text = f"{words('unchecked')}{words('colon')}{words.table(one.table)}"
    return {
        "level": "note",
        "message": {"text": f"{text} ({reason})" if reason else text},
        "properties": {"kind": "not-checked", "table": one.table.value},
    }
