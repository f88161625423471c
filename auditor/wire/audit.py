"""``auditor/audit/1``, written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.model import (
    Audit,
    Decided,
    Decision,
    Declaration,
    DeclaredPermission,
    DeclaredRow,
    DeclaredSdk,
    DeclaredStatement,
    DeclaredUsageKey,
    Platform,
    Row,
    Table,
)
from auditor.wire.document import AUDIT
from auditor.wire.parts import (
    write_collection,
    write_fact,
    write_finding,
    write_gap,
    write_identity,
    write_manifest_entry,
    write_place,
    write_place_or_none,
    write_presence,
    write_sdk,
    write_text,
    write_tool,
)

__all__ = ["audit_to_wire"]


def audit_to_wire(audit: Audit) -> dict[str, Any]:
    """Return ``audit`` as an ``auditor/audit/1`` document."""
    return {
        "schema": AUDIT,
        "tool": write_tool(audit.tool),
        "identity": write_identity(audit.identity),
        "declaration": _declaration(audit.declaration),
        "verdict": audit.verdict.value,
        "checked": [one.table.value for one in audit.checked if one.compared],
        "coverage": [
            {
                "table": one.table.value,
                "compared": one.compared,
                "doubtful": one.doubtful,
                "reason": write_text(one.reason) if one.reason else None,
            }
            for one in audit.checked
        ],
        "tables": {table.value: [_row(row) for row in audit.table(table)] for table in Table},
        "findings": [write_finding(one) for one in audit.findings],
        "accepted": [write_finding(one) for one in audit.accepted],
        "gaps": [write_gap(one) for one in audit.gaps],
        "rules": [
            {
                "id": rule.id,
                "title": write_text(rule.title),
                "severity": rule.severity.word,
                "cites": list(rule.cites),
                "help": write_text(rule.help),
                "limits": write_text(rule.limits),
            }
            for rule in audit.rules
        ],
        "clauses": [
            {"id": clause.id, "cite": write_text(clause.cite), "summary": write_text(clause.summary)} for clause in audit.clauses
        ],
        "manifest": [write_manifest_entry(one) for one in audit.manifest],
        "names": {subject: write_text(name) for subject, name in sorted(audit.names, key=lambda pair: pair[0])},
        **({"beside": [write_fact(fact) for fact in audit.beside]} if audit.beside else {}),
        "data_names": {subject: write_text(name) for subject, name in sorted(audit.data_names, key=lambda pair: pair[0])},
        **({"sensitive_data": list(audit.sensitive)} if audit.sensitive else {}),
        **({"opens": {subject: list(types) for subject, types in audit.opens}} if audit.opens else {}),
        "not_checkable": [
            {
                "id": one.id,
                "name": write_text(one.name),
                "why": write_text(one.why),
                "declared": [write_place(place) for place in one.declared],
            }
            for one in audit.not_checkable
        ],
        **({"presences": [write_presence(one) for one in audit.presences]} if audit.presences else {}),
        "suppliers": [{"sdk": one.sdk, "vendor": write_text(one.vendor), "url": one.url} for one in audit.suppliers],
        **({"decided": _decided(audit.decided)} if audit.decided else {}),
    }


def _decided(decided: Decided) -> dict[str, Any]:
    return {
        "file": decided.file,
        "sha256": decided.sha256,
        "on": decided.on,
        "held": [_decision(one) for one in decided.held],
        "lapsed": [_decision(one) for one in decided.lapsed],
        "unmatched": [_decision(one) for one in decided.unmatched],
    }


def _decision(one: Decision) -> dict[str, Any]:
    return {
        "fingerprint": one.fingerprint,
        "decision": one.kind.value,
        "by": one.by,
        "reason": one.reason,
        "until": one.until or None,
        "severity": one.severity.word if one.severity is not None else None,
        "rule": one.rule,
        "subject": one.subject,
        "gap": one.gap,
        **write_place(one.location),
    }


def _declaration(declaration: Declaration) -> dict[str, Any]:
    return {
        "file": declaration.file,
        "sha256": declaration.sha256,
        "app": declaration.app,
        "effective": declaration.policy.effective,
        "operator": declaration.operator,
        "policy": {"file": declaration.policy.file, "sha256": declaration.policy.sha256},
        "category": declaration.category,
        "app_ids": list(declaration.app_ids),
        "signers": list(declaration.signers),
        "permissions": [_declared(one) for one in declaration.permissions],
        "usage_keys": [_declared(one) for one in declaration.usage_keys],
        "sdks": [_declared(one) for one in declaration.sdks],
        "data": [_declared(one) for one in declaration.data],
        "denials": [_declared(one) for one in declaration.denials],
        "harmony_permissions": [_declared(one) for one in declaration.harmony_permissions],
        "statements": [
            {"kind": one.kind, "text": one.text, "data": list(one.data), **_origin(one)} for one in declaration.statements
        ],
        **({} if declaration.reviewed else {"reviewed": False}),
    }


def _origin(one: DeclaredRow | DeclaredStatement) -> dict[str, Any]:
    """Return where a row stands in the declaration, and the passages of the policy it was read from."""
    passages = [{"line": passage.line, "page": passage.page, "quote": passage.quote} for passage in one.at]
    return {**write_place(one.location), "policy": write_place_or_none(one.policy), "passages": passages}


def _declared(one: DeclaredRow) -> dict[str, Any]:
    wire: dict[str, Any]
    if isinstance(one, DeclaredPermission):
        wire = {
            "is": "permission",
            "name": one.name,
            "text": one.text,
            "purpose": one.purpose,
            "purpose_shared_with": one.purpose_shared_with,
        }
    elif isinstance(one, DeclaredUsageKey):
        wire = {
            "is": "usage_key",
            "key": one.key,
            "purpose": one.purpose,
            "purpose_shared_with": one.purpose_shared_with,
        }
    elif isinstance(one, DeclaredSdk):
        wire = {
            "is": "sdk",
            "name": one.name,
            "package": one.package,
            "aliases": list(one.aliases),
            "id": one.id,
            "vendor": one.vendor,
            "purpose": one.purpose,
            "purpose_shared_with": one.purpose_shared_with,
            "data": list(one.data),
            "data_text": one.data_text,
            "permissions": list(one.permissions),
            "platforms": _platforms(one.platforms),
            "url": one.url,
        }
    else:
        wire = {
            "is": "data",
            "type": one.type,
            "text": one.text,
            "vague": one.vague,
            "when": one.when,
            "platforms": _platforms(one.platforms),
        }
    return {**wire, "confidence": one.confidence.word, **_origin(one)}


def _platforms(platforms: Iterable[Platform]) -> list[str]:
    return sorted(platform.value for platform in platforms)


def _row(row: Row) -> dict[str, Any]:
    found: dict[str, Any] | None = None
    if row.found or row.sdk:
        found = {"evidence": [write_fact(fact) for fact in row.found]}
        if row.sdk:
            # One list for both: the evidence of the SDK is what the row found.
            evidence = dict.fromkeys((*row.found, *row.sdk.evidence))
            found = {**write_sdk(row.sdk), "evidence": [write_fact(fact) for fact in evidence]}
    return {
        "subject": row.subject,
        "declared": _declared(row.declared) if row.declared else None,
        "found": found,
        "state": row.state.value,
        "covered_by": row.covered_by or None,
        "asked_by": list(row.asked_by),
        "note": write_text(row.note) if row.note else None,
        **_data_sides(row),
    }


def _data_sides(row: Row) -> dict[str, Any]:
    """Return what only rows of the data table have."""
    if row.table is not Table.DATA:
        return {"used_by": [write_fact(fact) for fact in row.used_by]} if row.table is Table.PERMISSIONS else {}
    return {
        "collectors": [write_collection(one) for one in row.collectors],
        "beyond": list(row.beyond),
        "also_declared": [_declared(one) for one in row.also_declared],
        "denied_by": [_declared(one) for one in row.denied_by],
    }
