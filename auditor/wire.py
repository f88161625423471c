"""The JSON form of results: ``auditor/audit/1`` (written and read back), ``auditor/facts/1`` and ``auditor/comparison/1`` (written).

The JSON Schemas beside this module (``schemas/``) describe them. Names are never changed or reused within a version;
a later release of the same version may add fields, so a reader has to ignore names it does not know.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, IntEnum
from typing import Any, TypeVar

from auditor.diff import Change, Comparison
from auditor.errors import WireError
from auditor.model import (
    Audit,
    Bringer,
    Build,
    Checked,
    Clause,
    Collection,
    Conduct,
    Confidence,
    Decided,
    Decision,
    DecisionKind,
    Declaration,
    DeclaredData,
    DeclaredPermission,
    DeclaredRow,
    DeclaredSdk,
    DeclaredStatement,
    DeclaredUsageKey,
    Fact,
    FactKind,
    Finding,
    Gap,
    Identity,
    Location,
    ManifestEntry,
    NotCheckable,
    Owner,
    OwnerKind,
    Passage,
    Platform,
    PolicySource,
    Presence,
    Provenance,
    Reach,
    Reference,
    Row,
    RuleInfo,
    ScriptCall,
    Sdk,
    SdkTier,
    Severity,
    Signer,
    State,
    Step,
    Supplier,
    Table,
    Text,
    Tool,
    Verdict,
)
from auditor.unseen import UNSEEN

__all__ = ["AUDIT", "COMPARISON", "FACTS", "audit_from_wire", "audit_to_wire", "comparison_to_wire", "dumps", "facts_to_wire"]

AUDIT = "auditor/audit/1"
FACTS = "auditor/facts/1"
COMPARISON = "auditor/comparison/1"

_Declared = DeclaredPermission | DeclaredUsageKey | DeclaredSdk | DeclaredData
_Value = TypeVar("_Value")
_Member = TypeVar("_Member", bound=Enum)
_Rank = TypeVar("_Rank", bound=IntEnum)

_SURROGATE = re.compile("[\ud800-\udfff]")
# JSON leaves these as they are; a terminal obeys some of them and an editor shows others in a false order.
_UNSEEN = re.compile(f"[{UNSEEN}]")
_LINE = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)

_SHOWN_FACTS = frozenset(
    {
        FactKind.USAGE_STRING,
        FactKind.PRIVACY_ACCESSED,
        FactKind.PRIVACY_COLLECTED,
        FactKind.PRIVACY_TRACKING,
        FactKind.SYMBOL,
        FactKind.SELECTOR,
        FactKind.CALL,
        FactKind.SCRIPT_CALL,
        FactKind.SCRIPT_MODULE,
        FactKind.HOST,
    }
)
"""Kinds that ``facts/1`` gives in full under a name of their own, or only counts."""


def dumps(obj: object) -> str:
    """Return ``obj`` as JSON text: indented by two, a newline at the end, encodable as UTF-8.

    Invisible and direction-changing characters are written as JSON escapes; a lone surrogate becomes U+FFFD.
    """
    text = json.dumps(obj, ensure_ascii=False, indent=2, allow_nan=False)
    text = _SURROGATE.sub("\ufffd", text)
    return _UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n"


# -- audit/1, written -----------------------------------------------------------------------------------------------


def audit_to_wire(audit: Audit) -> dict[str, Any]:
    """Return ``audit`` as an ``auditor/audit/1`` document."""
    return {
        "schema": AUDIT,
        "tool": _tool(audit.tool),
        "identity": _identity(audit.identity),
        "declaration": _declaration(audit.declaration),
        "verdict": audit.verdict.value,
        "checked": [one.table.value for one in audit.checked if one.compared],
        "coverage": [
            {
                "table": one.table.value,
                "compared": one.compared,
                "doubtful": one.doubtful,
                "reason": _text(one.reason) if one.reason else None,
            }
            for one in audit.checked
        ],
        "tables": {table.value: [_row(row) for row in audit.table(table)] for table in Table},
        "findings": [_finding(one) for one in audit.findings],
        "accepted": [_finding(one) for one in audit.accepted],
        "gaps": [_gap(one) for one in audit.gaps],
        "rules": [
            {
                "id": rule.id,
                "title": _text(rule.title),
                "severity": rule.severity.word,
                "cites": list(rule.cites),
                "help": _text(rule.help),
                "limits": _text(rule.limits),
            }
            for rule in audit.rules
        ],
        "clauses": [
            {"id": clause.id, "cite": _text(clause.cite), "summary": _text(clause.summary)} for clause in audit.clauses
        ],
        "manifest": [_manifest_entry(one) for one in audit.manifest],
        "names": {subject: _text(name) for subject, name in sorted(audit.names, key=lambda pair: pair[0])},
        **({"beside": [_fact(fact) for fact in audit.beside]} if audit.beside else {}),
        "data_names": {subject: _text(name) for subject, name in sorted(audit.data_names, key=lambda pair: pair[0])},
        "not_checkable": [
            {
                "id": one.id,
                "name": _text(one.name),
                "why": _text(one.why),
                "declared": [_place(place) for place in one.declared],
            }
            for one in audit.not_checkable
        ],
        **({"presences": [_presence(one) for one in audit.presences]} if audit.presences else {}),
        "suppliers": [{"sdk": one.sdk, "vendor": _text(one.vendor), "url": one.url} for one in audit.suppliers],
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
        **_place(one.location),
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _tool(tool: Tool) -> dict[str, Any]:
    return {"version": tool.version, "knowledge": tool.knowledge}


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "platform": identity.platform.value,
        "app_id": identity.app_id,
        "label": identity.label,
        "version": identity.version,
        "version_code": identity.version_code,
        "sha256": identity.sha256,
        "size": identity.size,
        "signer": [_signer(one) for one in identity.signer],
        "signature_faults": [_text(one) for one in identity.signature_faults],
        **({"teams": list(identity.teams)} if identity.teams else {}),
    }


def _signer(signer: Signer) -> dict[str, Any]:
    return {
        "sha256": signer.sha256,
        "subject": signer.subject,
        "scheme": signer.scheme,
        "verified": signer.verified,
        "reason": _text(signer.reason) if signer.reason else None,
        "earlier": list(signer.earlier),
        "certificate": base64.b64encode(signer.certificate).decode(),
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


def _place(location: Location) -> dict[str, Any]:
    line = int(location.at) if _LINE.match(location.at) else None
    return {"file": location.file, "at": location.at, "line": line}


def _place_or_none(location: Location | None) -> dict[str, Any] | None:
    return _place(location) if location else None


def _fact(fact: Fact) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "file": fact.location.file,
        "at": fact.location.at,
        "kind": fact.kind.value,
        "name": fact.name,
        "value": fact.value,
    }
    if fact.by:
        wire["by"] = fact.by
    if fact.traits:
        wire["traits"] = dict(fact.traits)
    return wire


def _origin(one: DeclaredRow | DeclaredStatement) -> dict[str, Any]:
    """Return where a row stands in the declaration, and the passages of the policy it was read from."""
    passages = [{"line": passage.line, "page": passage.page, "quote": passage.quote} for passage in one.at]
    return {**_place(one.location), "policy": _place_or_none(one.policy), "passages": passages}


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
        found = {"evidence": [_fact(fact) for fact in row.found]}
        if row.sdk:
            # One list for both: the evidence of the SDK is what the row found.
            evidence = dict.fromkeys((*row.found, *row.sdk.evidence))
            found = {**_sdk(row.sdk), "evidence": [_fact(fact) for fact in evidence]}
    return {
        "subject": row.subject,
        "declared": _declared(row.declared) if row.declared else None,
        "found": found,
        "state": row.state.value,
        "covered_by": row.covered_by or None,
        "asked_by": list(row.asked_by),
        "note": _text(row.note) if row.note else None,
        **_data_sides(row),
    }


def _data_sides(row: Row) -> dict[str, Any]:
    """Return what only rows of the data table have."""
    if row.table is not Table.DATA:
        return {"used_by": [_fact(fact) for fact in row.used_by]} if row.table is Table.PERMISSIONS else {}
    return {
        "collectors": [_collection(one) for one in row.collectors],
        "beyond": list(row.beyond),
        "also_declared": [_declared(one) for one in row.also_declared],
        "denied_by": [_declared(one) for one in row.denied_by],
    }


def _sdk(sdk: Sdk) -> dict[str, Any]:
    return {
        "id": sdk.id,
        "version": sdk.version,
        "tier": sdk.tier.word,
        "confidence": sdk.confidence.word,
        "evidence": [_fact(fact) for fact in sdk.evidence],
    }


def _manifest_entry(one: ManifestEntry) -> dict[str, Any]:
    return {
        **_fact(one.fact),
        "provenance": one.provenance.value,
        "brought_by": [{"id": by.id, "versions": list(by.versions), "without": list(by.without)} for by in one.by],
        "class_of": list(one.class_of),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    limits = {"limits": _text(finding.limits)} if finding.limits else {}
    return {
        "rule": finding.rule,
        "subject": finding.subject,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": _text(finding.message),
        "remedy": _text(finding.remedy),
        "steps": [{"owner": one.owner.value, **_text(one.text)} for one in finding.steps],
        "wording": _text(finding.wording) if finding.wording else None,
        "evidence": [_fact(fact) for fact in finding.evidence],
        "declared": _place_or_none(finding.declared),
        "policy": _place_or_none(finding.policy),
        "regulations": list(finding.regulations),
        "fingerprint": finding.fingerprint,
        "table": finding.table.value if finding.table else None,
        **limits,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "file": gap.location.file,
        "at": gap.location.at,
        "reason": gap.reason.en,
        "message": _text(gap.reason),
        "hides": [table.value for table in Table if table in gap.hides],
        "fingerprint": gap.fingerprint,
    }


# -- facts/1, written -----------------------------------------------------------------------------------------------


def facts_to_wire(
    build: Build, conduct: Conduct, tool: Tool, *, effective: Mapping[str, tuple[int, int | None] | None]
) -> dict[str, Any]:
    """Return what was read from ``build`` as an ``auditor/facts/1`` document.

    ``effective`` gives for each permission the API levels on which it can be granted (``infer.permissions``); a
    permission that is missing there, or maps to None, is written as not effective.
    """
    gaps = sorted(set(build.gaps) | set(conduct.gaps), key=lambda gap: gap.key)
    return {
        "schema": FACTS,
        "tool": _tool(tool),
        "identity": {**_identity(build.identity), "kind": build.identity.kind.value},
        "sdk_levels": {fact.name: fact.value for fact in build.of(FactKind.SDK_LEVEL)},
        "permissions": _permissions(build, effective),
        "implied_permissions": _names(build, FactKind.PERMISSION_IMPLIED),
        "usage_strings": [
            {"key": fact.name, "value": fact.value, "file": fact.location.file, "language": fact.by}
            for fact in build.of(FactKind.USAGE_STRING)
        ],
        "sdks": [_sdk(sdk) for sdk in conduct.sdks],
        "renamed_classes": [
            {
                "class": one.class_,
                "owner": one.owner,
                "origin": one.origin.value,
                "literals": list(one.literals),
            }
            for one in conduct.attributions
        ],
        "calls": [
            {
                "api": call.site.name,
                "argument": call.site.value or call.site.trait("argument"),
                "reflection": call.site.trait("reflection"),
                "data": list(call.data),
                "may": list(call.may),
                "caller": call.site.location.at.rpartition(" +0x")[0],
                "file": call.site.location.file,
                "offset": int(call.site.location.at.rpartition(" +0x")[2], 16),
                "via": call.site.trait("via"),
                "owner": {
                    "kind": call.owner.value,
                    "sdk": call.sdk or None,
                    "origin": call.origin.value if call.origin else None,
                },
                "permission_held": call.permission_held,
                "can_succeed": call.can_succeed,
                "why_not": _text(call.why_not) if call.why_not else None,
                "tier": call.reach.word,
                "path": list(call.path),
                "direct": call.direct,
                "entries": [one.value for one in call.entries],
            }
            for call in conduct.calls
        ],
        "permission_requests": [
            {
                "api": one.site.name,
                "permissions": list(one.permissions),
                "whole": one.whole,
                "caller": one.site.location.at.rpartition(" +0x")[0],
                "file": one.site.location.file,
                "offset": int(one.site.location.at.rpartition(" +0x")[2], 16),
                "owner": {
                    "kind": one.owner.value,
                    "sdk": one.sdk or None,
                    "origin": one.origin.value if one.origin else None,
                },
                "tier": one.reach.word,
                "path": list(one.path),
            }
            for one in conduct.requests
        ],
        "references": [_reference(one) for one in conduct.references],
        "collections": [_collection(one) for one in conduct.collections],
        "manifest": [_manifest_entry(one) for one in conduct.manifest],
        "script_calls": [_script_call(one) for one in conduct.script_calls],
        "script_modules": [
            {
                "layer": fact.by,
                "module": fact.name,
                "as": fact.trait("as"),
                "value": fact.value or None,
                "file": fact.location.file,
                "at": fact.location.at,
            }
            for fact in build.of(FactKind.SCRIPT_MODULE)
        ],
        "hosts": [
            {
                "host": one.name,
                "schemes": list(one.schemes),
                "owner": {"kind": one.owner.value, "sdk": one.sdk or None},
                "operator": one.operator or None,
                "country": one.country or None,
                "count": one.count,
                "places": [{"file": fact.location.file, "at": fact.location.at} for fact in one.evidence],
            }
            for one in conduct.hosts
        ],
        "packers": [
            {"id": one.id, "name": _text(one.name), "proven": one.proven, "signs": list(one.signs)} for one in conduct.packers
        ],
        "frameworks_used": [
            {
                "id": one.id,
                "name": _text(one.name),
                "kind": one.kind.value,
                "version": one.version or None,
                "evidence": [_fact(fact) for fact in one.evidence],
            }
            for one in conduct.frameworks
        ],
        "presences": [_presence(one) for one in conduct.presences],
        "classes_count": len({name for unit in build.code for name in unit.classes}),
        "symbols_count": len({fact.name for fact in build.of(FactKind.SYMBOL)}),
        "native_libraries": _names(build, FactKind.NATIVE_LIBRARY),
        "frameworks": _names(build, FactKind.FRAMEWORK),
        "entitlements": _entitlements(build),
        "privacy_manifests": _privacy_manifests(build),
        "facts": [_fact(fact) for fact in build.facts if fact.kind not in _SHOWN_FACTS],
        "gaps": [_gap(gap) for gap in gaps],
    }


def _script_call(one: ScriptCall) -> dict[str, Any]:
    return {
        "api": one.site.name,
        "layer": one.site.by,
        "written": one.site.value if one.site.kind is FactKind.SCRIPT_CALL else "module",
        "text": one.site.trait("text"),
        "data": list(one.data),
        "may": list(one.may),
        "file": one.site.location.file,
        "at": one.site.location.at,
        "owner": {"kind": one.owner.value, "sdk": one.sdk or None},
        "confidence": one.confidence.word,
        "permission_held": one.permission_held,
        "can_succeed": one.can_succeed,
        "why_not": _text(one.why_not) if one.why_not else None,
    }


def _presence(one: Presence) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "name": _text(one.name),
        "found": bool(one.evidence),
        "evidence": [_fact(fact) for fact in one.evidence],
        "note": _text(one.note) if one.note else None,
    }


def _collection(one: Collection) -> dict[str, Any]:
    return {
        "type": one.type,
        "owner": {"kind": one.owner.value, "sdk": one.sdk or None},
        "confidence": one.confidence.word,
        "severity": one.severity.word,
        "may": one.may,
        "permission_held": one.permission_held,
        "can_succeed": one.can_succeed,
        "why_not": _text(one.why_not) if one.why_not else None,
        "tier": one.reach.word,
        "count": one.count,
        "evidence": [_fact(fact) for fact in one.evidence],
    }


def _reference(one: Reference) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "name": one.name,
        "image": one.image,
        "data": list(one.data),
        "may": list(one.may),
        "owner": {
            "kind": one.owner.value,
            "sdk": one.sdk or None,
            "origin": one.origin.value if one.origin else None,
        },
        "confidence": one.confidence.word,
        "severity": one.severity.word,
        "usage_keys": list(one.usage_keys),
        "evidence": [_fact(fact) for fact in one.evidence],
    }


def _names(build: Build, kind: FactKind) -> list[str]:
    return sorted({fact.name for fact in build.of(kind)})


def _permissions(build: Build, effective: Mapping[str, tuple[int, int | None] | None]) -> list[dict[str, Any]]:
    elements: dict[str, list[Fact]] = {}
    for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23):
        elements.setdefault(fact.name, []).append(fact)
    rows = []
    for name, facts in sorted(elements.items()):
        levels = effective.get(name)
        rows.append(
            {
                "name": name,
                "max_sdk": _max_sdk(facts),
                "sdk23": all(fact.kind is FactKind.PERMISSION_SDK23 for fact in facts),
                "effective": levels is not None,
                "api_levels": {"from": levels[0], "to": levels[1]} if levels else None,
            }
        )
    return rows


def _max_sdk(facts: Sequence[Fact]) -> int | None:
    """Return the highest limit of the elements, None as soon as one has none: together they ask for the union."""
    limits = []
    for fact in facts:
        written = fact.trait("max-sdk") or ""
        if not re.fullmatch(r"[0-9]{1,9}", written, re.ASCII):
            return None
        limits.append(int(written))
    return max(limits, default=None)


def _entitlements(build: Build) -> dict[str, Any]:
    """Return key → value over all images; where two differ, the app's own, whose path is the shortest, stands."""
    merged: dict[str, Any] = {}
    for fact in sorted(build.of(FactKind.ENTITLEMENT), key=lambda one: (one.name, len(one.by), one.by)):
        if fact.name not in merged:
            try:
                merged[fact.name] = json.loads(fact.value, parse_constant=str)
            except (ValueError, RecursionError):
                merged[fact.name] = fact.value
    return merged


def _privacy_manifests(build: Build) -> list[dict[str, Any]]:
    manifests: dict[str, dict[str, Any]] = {}

    def manifest(fact: Fact) -> dict[str, Any]:
        file = fact.location.file
        empty: dict[str, Any] = {"file": file, "bundle": "", "tracking": None, "domains": []}
        found = manifests.setdefault(file, {**empty, "collected": [], "accessed": []})
        found["bundle"] = found["bundle"] or fact.by
        return found

    for fact in build.of(FactKind.PRIVACY_TRACKING):
        one = manifest(fact)
        one["tracking"] = {"true": True, "false": False}.get(fact.value)
        one["domains"] = _listed(fact.trait("domains"))
    for fact in build.of(FactKind.PRIVACY_COLLECTED):
        manifest(fact)["collected"].append(
            {
                "type": fact.name,
                "linked": {"true": True, "false": False}.get(fact.trait("linked") or ""),
                "tracking": {"true": True, "false": False}.get(fact.trait("tracking") or ""),
                "purposes": _listed(fact.trait("purposes")),
            }
        )
    for fact in build.of(FactKind.PRIVACY_ACCESSED):
        manifest(fact)["accessed"].append({"api": fact.name, "reasons": _listed(fact.value)})
    return [manifests[file] for file in sorted(manifests)]


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


# -- comparison/1, written --------------------------------------------------------------------------------------------


def comparison_to_wire(comparison: Comparison) -> dict[str, Any]:
    """Return ``comparison`` as an ``auditor/comparison/1`` document."""
    declaration = comparison.declaration
    return {
        "schema": COMPARISON,
        "tool": _tool(comparison.tool),
        "old": _identity(comparison.old),
        "new": _identity(comparison.new),
        "same_app": comparison.same_app,
        "same_file": comparison.same_file,
        "declaration": {"file": declaration.file, "sha256": declaration.sha256} if declaration else None,
        "changes": [_change(one) for one in comparison.changes],
        "findings": [_finding(one) for one in comparison.findings],
        "gaps": {
            "old": [_gap(gap) for gap in comparison.old_gaps],
            "new": [_gap(gap) for gap in comparison.new_gaps],
            "declaration": [_gap(gap) for gap in comparison.declared_gaps],
        },
        "doubted": [table.value for table in comparison.doubted],
        "names": {subject: _text(name) for subject, name in comparison.names},
        "data_names": {subject: _text(name) for subject, name in comparison.data_names},
    }


def _change(one: Change) -> dict[str, Any]:
    item = one.item
    return {
        "kind": item.matter.value,
        "subject": item.subject,
        "change": one.how.value,
        "doubtful": one.doubtful,
        "owner": {"kind": item.owner.value, "sdk": item.sdk or None} if item.owner else None,
        "values": [{"aspect": shift.aspect.value, "of": shift.of or None, "old": shift.old, "new": shift.new} for shift in one.shifts],
        "standing": one.standing.value if one.standing else None,
        "findings": [finding.fingerprint for finding in one.findings],
        "example": _fact(item.evidence[0]) if item.evidence else None,
        "path": list(item.way),
    }


# -- audit/1, read --------------------------------------------------------------------------------------------------


def audit_from_wire(document: object) -> Audit:
    """Return the Audit of a parsed ``auditor/audit/1`` document; unknown names are ignored.

    Raises WireError, which names the place, where the document is not one.
    """
    top = _Object(document, "")
    schema = top.text("schema")
    if schema != AUDIT:
        raise WireError(f"not a document of the form {AUDIT}: schema is {schema[:80]!r}")
    tool = top.nested("tool")
    return Audit(
        tool=Tool(version=tool.text("version"), knowledge=tool.text("knowledge")),
        identity=_read_identity(top.nested("identity")),
        declaration=_read_declaration(top.nested("declaration")),
        verdict=top.member("verdict", Verdict),
        checked=top.each("coverage", _read_checked),
        rows=_read_rows(top.nested("tables")),
        findings=top.each("findings", _read_finding),
        accepted=top.each("accepted", _read_finding),
        gaps=top.each("gaps", _read_gap),
        rules=top.each("rules", _read_rule),
        clauses=top.each("clauses", _read_clause),
        # absent from documents of releases that did not ask who brought what
        manifest=top.each("manifest", _read_manifest_entry) if "manifest" in top.value else (),
        names=_read_names(top.nested("names")),
        beside=top.each("beside", _read_fact) if "beside" in top.value else (),
        data_names=_read_names(top.nested("data_names")) if "data_names" in top.value else (),
        not_checkable=top.some("not_checkable", _read_not_checkable),
        presences=top.each("presences", _read_presence) if "presences" in top.value else (),
        suppliers=top.some("suppliers", _read_supplier),
        decided=top.optional("decided", _read_decided),
    )


class _Object:
    """One JSON object of a document, read name by name; its path is what an error prints."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise WireError(f"{path[:120]!r} is not a JSON object" if path else "not a JSON object")
        self.value: dict[str, object] = value
        self.path = path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, expected: str) -> WireError:
        return WireError(f"{self.at(name)[:120]!r} is not {expected}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "a string")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        value = self.value.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(name, "a whole number")
        return value

    def flag(self, name: str) -> bool:
        value = self.value.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def optional_flag(self, name: str) -> bool | None:
        return None if self.value.get(name) is None else self.flag(name)

    def member(self, name: str, kind: type[_Member]) -> _Member:
        value = self.text(name)
        for member in kind:
            if member.value == value:
                return member
        raise self.wrong(name, f"one of {', '.join(str(member.value) for member in kind)}")

    def rank(self, name: str, kind: type[_Rank]) -> _Rank:
        value = self.text(name)
        for member in kind:
            if member.name.lower() == value:
                return member
        raise self.wrong(name, f"one of {', '.join(member.name.lower() for member in kind)}")

    def nested(self, name: str) -> _Object:
        return _Object(self.value.get(name), self.at(name))

    def optional(self, name: str, read: Callable[[_Object], _Value]) -> _Value | None:
        return None if self.value.get(name) is None else read(self.nested(name))

    def each(self, name: str, read: Callable[[_Object], _Value]) -> tuple[_Value, ...]:
        return tuple(read(_Object(item, f"{self.at(name)}[{index}]")) for index, item in enumerate(self._list(name)))

    def some(self, name: str, read: Callable[[_Object], _Value]) -> tuple[_Value, ...]:
        """Read a list that a document of an earlier release does not have."""
        return self.each(name, read) if name in self.value else ()

    def texts(self, name: str) -> tuple[str, ...]:
        items = []
        for item in self._list(name):
            if not isinstance(item, str):
                raise self.wrong(name, "a list of strings")
            items.append(item)
        return tuple(items)

    def _list(self, name: str) -> Iterable[object]:
        value = self.value.get(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        return value


def _read_text(wire: _Object) -> Text:
    return Text(zh=wire.text("zh"), en=wire.text("en"))


def _read_place(wire: _Object) -> Location:
    return Location(file=wire.text("file"), at=wire.text("at"))


def _read_identity(wire: _Object) -> Identity:
    return Identity(
        platform=wire.member("platform", Platform),
        app_id=wire.text("app_id"),
        label=wire.text("label"),
        version=wire.text("version"),
        version_code=wire.text("version_code"),
        sha256=wire.text("sha256"),
        size=wire.number("size"),
        signer=wire.each("signer", _read_signer),
        signature_faults=wire.each("signature_faults", _read_text) if "signature_faults" in wire.value else (),
        teams=wire.texts("teams") if "teams" in wire.value else (),
    )


def _read_signer(wire: _Object) -> Signer:
    return Signer(
        sha256=wire.text("sha256"),
        subject=wire.text("subject"),
        scheme=wire.text("scheme"),
        verified=wire.optional_flag("verified"),
        reason=_read_text(wire.nested("reason")) if wire.value.get("reason") else None,
        earlier=wire.texts("earlier") if "earlier" in wire.value else (),
        certificate=_read_base64(wire, "certificate") if "certificate" in wire.value else b"",
    )


def _read_base64(wire: _Object, name: str) -> bytes:
    try:
        return base64.b64decode(wire.text(name), validate=True)
    except ValueError:
        raise wire.wrong(name, "base64") from None


def _read_declaration(wire: _Object) -> Declaration:
    policy = wire.nested("policy")
    return Declaration(
        file=wire.text("file"),
        sha256=wire.text("sha256"),
        app=wire.text("app"),
        operator=wire.text("operator"),
        policy=PolicySource(file=policy.text("file"), sha256=policy.text("sha256"), effective=wire.text("effective")),
        category=wire.text("category"),
        app_ids=wire.texts("app_ids"),
        signers=wire.texts("signers"),
        permissions=wire.each("permissions", _read_declared_permission),
        usage_keys=wire.each("usage_keys", _read_declared_usage_key),
        sdks=wire.each("sdks", _read_declared_sdk),
        data=wire.each("data", _read_declared_data),
        denials=wire.each("denials", _read_declared_data),
        harmony_permissions=wire.each("harmony_permissions", _read_declared_permission),
        statements=wire.each("statements", _read_statement),
        reviewed=wire.optional_flag("reviewed") is not False,
    )


def _read_declared_permission(wire: _Object) -> DeclaredPermission:
    return DeclaredPermission(
        name=wire.text("name"),
        text=wire.text("text"),
        purpose=wire.text("purpose"),
        purpose_shared_with=wire.text("purpose_shared_with"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_declared_usage_key(wire: _Object) -> DeclaredUsageKey:
    return DeclaredUsageKey(
        key=wire.text("key"),
        purpose=wire.text("purpose"),
        purpose_shared_with=wire.text("purpose_shared_with"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_declared_sdk(wire: _Object) -> DeclaredSdk:
    return DeclaredSdk(
        name=wire.text("name"),
        package=wire.text("package"),
        aliases=wire.texts("aliases"),
        id=wire.text("id"),
        vendor=wire.text("vendor"),
        purpose=wire.text("purpose"),
        purpose_shared_with=wire.text("purpose_shared_with"),
        data=wire.texts("data"),
        data_text=wire.text("data_text"),
        permissions=wire.texts("permissions"),
        platforms=_read_platforms(wire),
        url=wire.text("url"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_declared_data(wire: _Object) -> DeclaredData:
    return DeclaredData(
        type=wire.text("type"),
        text=wire.text("text"),
        vague=wire.flag("vague"),
        when=wire.text("when"),
        platforms=_read_platforms(wire),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_statement(wire: _Object) -> DeclaredStatement:
    return DeclaredStatement(
        kind=wire.text("kind"),
        text=wire.text("text"),
        data=wire.texts("data"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
    )


def _read_passage(wire: _Object) -> Passage:
    page = None if wire.value.get("page") is None else wire.number("page")
    return Passage(line=wire.number("line"), page=page, quote=wire.text("quote"))


def _read_platforms(wire: _Object) -> frozenset[Platform]:
    platforms = {platform.value: platform for platform in Platform}
    named = wire.texts("platforms")
    if not platforms.keys() >= set(named):
        raise wire.wrong("platforms", f"a list of {', '.join(platforms)}")
    return frozenset(platforms[name] for name in named)


def _read_fact(wire: _Object) -> Fact:
    traits: tuple[tuple[str, str], ...] = ()
    if "traits" in wire.value:
        pairs = wire.nested("traits")
        traits = tuple(sorted((name, pairs.text(name)) for name in pairs.value))
    return Fact(
        kind=wire.member("kind", FactKind),
        name=wire.text("name"),
        value=wire.text("value"),
        location=_read_place(wire),
        by=wire.text("by", ""),
        traits=traits,
    )


_READ_DECLARED: Mapping[str, Callable[[_Object], DeclaredRow]] = {
    "permission": _read_declared_permission,
    "usage_key": _read_declared_usage_key,
    "sdk": _read_declared_sdk,
    "data": _read_declared_data,
}


def _read_declared(wire: _Object) -> DeclaredRow:
    read = _READ_DECLARED.get(wire.text("is"))
    if read is None:
        raise wire.wrong("is", f"one of {', '.join(_READ_DECLARED)}")
    return read(wire)


def _read_checked(wire: _Object) -> Checked:
    return Checked(
        table=wire.member("table", Table),
        compared=wire.flag("compared"),
        reason=wire.optional("reason", _read_text),
        doubtful=wire.flag("doubtful"),
    )


def _read_rows(tables: _Object) -> tuple[Row, ...]:
    rows: list[Row] = []
    for table in Table:

        def read(wire: _Object, table: Table = table) -> Row:
            return _read_row(table, wire)

        rows.extend(tables.each(table.value, read))
    return tuple(rows)


def _read_row(table: Table, wire: _Object) -> Row:
    found: tuple[Fact, ...] = ()
    sdk: Sdk | None = None
    if wire.value.get("found") is not None:
        side = wire.nested("found")
        found = side.each("evidence", _read_fact)
        if "tier" in side.value:
            sdk = _read_sdk(side)
    return Row(
        table=table,
        subject=wire.text("subject"),
        state=wire.member("state", State),
        declared=wire.optional("declared", _read_declared),
        covered_by=wire.optional_text("covered_by") or "",
        found=found,
        sdk=sdk,
        asked_by=wire.texts("asked_by") if "asked_by" in wire.value else (),
        used_by=wire.some("used_by", _read_fact),
        collectors=wire.some("collectors", _read_collection),
        beyond=wire.texts("beyond") if "beyond" in wire.value else (),
        also_declared=wire.some("also_declared", _read_declared),
        denied_by=wire.some("denied_by", _read_declared_data),
        note=wire.optional("note", _read_text),
    )


def _read_collection(wire: _Object) -> Collection:
    owner = wire.nested("owner")
    return Collection(
        type=wire.text("type"),
        owner=owner.member("kind", OwnerKind),
        sdk=owner.optional_text("sdk") or "",
        confidence=wire.rank("confidence", Confidence),
        evidence=wire.each("evidence", _read_fact),
        count=wire.number("count"),
        severity=wire.rank("severity", Severity),
        may=wire.flag("may"),
        permission_held=wire.optional_flag("permission_held"),
        can_succeed=wire.flag("can_succeed"),
        why_not=wire.optional("why_not", _read_text),
        reach=wire.rank("tier", Reach) if "tier" in wire.value else Reach.UNKNOWN,
    )


def _read_sdk(wire: _Object) -> Sdk:
    return Sdk(
        id=wire.text("id"),
        tier=wire.rank("tier", SdkTier),
        confidence=wire.rank("confidence", Confidence),
        evidence=wire.each("evidence", _read_fact),
        version=wire.optional_text("version"),
    )


def _read_manifest_entry(wire: _Object) -> ManifestEntry:
    return ManifestEntry(
        fact=_read_fact(wire),
        provenance=wire.member("provenance", Provenance),
        by=wire.each("brought_by", _read_bringer),
        class_of=wire.texts("class_of"),
    )


def _read_bringer(wire: _Object) -> Bringer:
    return Bringer(id=wire.text("id"), versions=wire.texts("versions"), without=wire.texts("without"))


def _read_finding(wire: _Object) -> Finding:
    return Finding(
        rule=wire.text("rule"),
        subject=wire.text("subject"),
        message=_read_text(wire.nested("message")),
        steps=wire.some("steps", _read_step),
        severity=wire.rank("severity", Severity),
        confidence=wire.rank("confidence", Confidence),
        evidence=wire.each("evidence", _read_fact),
        declared=wire.optional("declared", _read_place),
        policy=wire.optional("policy", _read_place),
        regulations=wire.texts("regulations"),
        table=None if wire.value.get("table") is None else wire.member("table", Table),
        wording=wire.optional("wording", _read_text),
        limits=wire.optional("limits", _read_text),
    )


def _read_step(wire: _Object) -> Step:
    return Step(owner=wire.member("owner", Owner), text=_read_text(wire))


def _read_gap(wire: _Object) -> Gap:
    tables = {table.value: table for table in Table}
    hides = wire.texts("hides")
    if not tables.keys() >= set(hides):
        raise wire.wrong("hides", f"a list of {', '.join(tables)}")
    return Gap(
        location=_read_place(wire),
        reason=_read_text(wire.nested("message")),
        hides=frozenset(tables[name] for name in hides),
    )


def _read_supplier(wire: _Object) -> Supplier:
    return Supplier(sdk=wire.text("sdk"), vendor=_read_text(wire.nested("vendor")), url=wire.text("url"))


def _read_decided(wire: _Object) -> Decided:
    return Decided(
        file=wire.text("file"),
        sha256=wire.text("sha256"),
        on=wire.text("on"),
        held=wire.each("held", _read_decision),
        lapsed=wire.each("lapsed", _read_decision),
        unmatched=wire.each("unmatched", _read_decision),
    )


def _read_decision(wire: _Object) -> Decision:
    return Decision(
        fingerprint=wire.text("fingerprint"),
        kind=wire.member("decision", DecisionKind),
        by=wire.text("by"),
        reason=wire.text("reason"),
        location=_read_place(wire),
        until=wire.optional_text("until") or "",
        severity=None if wire.value.get("severity") is None else wire.rank("severity", Severity),
        rule=wire.text("rule"),
        subject=wire.text("subject"),
        gap=wire.text("gap"),
    )


def _read_presence(wire: _Object) -> Presence:
    return Presence(
        subject=wire.text("subject"),
        name=_read_text(wire.nested("name")),
        evidence=wire.each("evidence", _read_fact),
        note=wire.optional("note", _read_text),
    )


def _read_rule(wire: _Object) -> RuleInfo:
    return RuleInfo(
        id=wire.text("id"),
        title=_read_text(wire.nested("title")),
        severity=wire.rank("severity", Severity),
        cites=wire.texts("cites"),
        help=_read_text(wire.nested("help")),
        limits=wire.optional("limits", _read_text) or Text(zh="", en=""),
    )


def _read_clause(wire: _Object) -> Clause:
    return Clause(
        id=wire.text("id"), cite=_read_text(wire.nested("cite")), summary=_read_text(wire.nested("summary"))
    )


def _read_not_checkable(wire: _Object) -> NotCheckable:
    return NotCheckable(
        id=wire.text("id"),
        name=_read_text(wire.nested("name")),
        why=_read_text(wire.nested("why")),
        declared=wire.each("declared", _read_place),
    )


def _read_names(names: _Object) -> tuple[tuple[str, Text], ...]:
    return tuple(sorted(((subject, _read_text(names.nested(subject))) for subject in names.value), key=lambda p: p[0]))
