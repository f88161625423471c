"""What several documents hold, written."""

from __future__ import annotations

import base64
import re
from typing import Any

from auditor.model import (
    Collection,
    Fact,
    Finding,
    Gap,
    Identity,
    Location,
    ManifestEntry,
    Presence,
    Sdk,
    Signer,
    Table,
    Text,
    Tool,
)

__all__ = [
    "write_collection",
    "write_fact",
    "write_finding",
    "write_gap",
    "write_identity",
    "write_manifest_entry",
    "write_place",
    "write_place_or_none",
    "write_presence",
    "write_sdk",
    "write_signer",
    "write_text",
    "write_tool",
]

_LINE = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


def write_text(text: Text) -> dict[str, str]:
    """Return a sentence in both languages."""
    return {"zh": text.zh, "en": text.en}


def write_tool(tool: Tool) -> dict[str, Any]:
    """Return what made a result."""
    return {"version": tool.version, "knowledge": tool.knowledge}


def write_identity(identity: Identity) -> dict[str, Any]:
    """Return which build a result is about."""
    return {
        "platform": identity.platform.value,
        "app_id": identity.app_id,
        "label": identity.label,
        "version": identity.version,
        "version_code": identity.version_code,
        "sha256": identity.sha256,
        "size": identity.size,
        "signer": [write_signer(one) for one in identity.signer],
        "signature_faults": [write_text(one) for one in identity.signature_faults],
        **({"teams": list(identity.teams)} if identity.teams else {}),
    }


def write_signer(signer: Signer) -> dict[str, Any]:
    """Return a certificate."""
    return {
        "sha256": signer.sha256,
        "subject": signer.subject,
        "scheme": signer.scheme,
        "verified": signer.verified,
        "reason": write_text(signer.reason) if signer.reason else None,
        "earlier": list(signer.earlier),
        "certificate": base64.b64encode(signer.certificate).decode(),
    }


def write_place(location: Location) -> dict[str, Any]:
    """Return a place; ``line`` where it is one."""
    line = int(location.at) if _LINE.match(location.at) else None
    return {"file": location.file, "at": location.at, "line": line}


def write_place_or_none(location: Location | None) -> dict[str, Any] | None:
    """Return a place, or None where there is none."""
    return write_place(location) if location else None


def write_fact(fact: Fact) -> dict[str, Any]:
    """Return a fact."""
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


def write_sdk(sdk: Sdk) -> dict[str, Any]:
    """Return an SDK found."""
    return {
        "id": sdk.id,
        "version": sdk.version,
        "tier": sdk.tier.word,
        "confidence": sdk.confidence.word,
        "evidence": [write_fact(fact) for fact in sdk.evidence],
    }


def write_manifest_entry(one: ManifestEntry) -> dict[str, Any]:
    """Return an element of the manifest with who asks for it."""
    return {
        **write_fact(one.fact),
        "provenance": one.provenance.value,
        "brought_by": [{"id": by.id, "versions": list(by.versions), "without": list(by.without)} for by in one.by],
        "class_of": list(one.class_of),
    }


def write_collection(one: Collection) -> dict[str, Any]:
    """Return who can collect what."""
    return {
        "type": one.type,
        "owner": {"kind": one.owner.value, "sdk": one.sdk or None},
        "confidence": one.confidence.word,
        "severity": one.severity.word,
        "may": one.may,
        "permission_held": one.permission_held,
        "can_succeed": one.can_succeed,
        "why_not": write_text(one.why_not) if one.why_not else None,
        "tier": one.reach.word,
        "count": one.count,
        "evidence": [write_fact(fact) for fact in one.evidence],
    }


def write_presence(one: Presence) -> dict[str, Any]:
    """Return what was looked for, found or not."""
    return {
        "subject": one.subject,
        "name": write_text(one.name),
        "found": bool(one.evidence),
        "evidence": [write_fact(fact) for fact in one.evidence],
        "note": write_text(one.note) if one.note else None,
    }


def write_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding."""
    limits = {"limits": write_text(finding.limits)} if finding.limits else {}
    return {
        "rule": finding.rule,
        "subject": finding.subject,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": write_text(finding.message),
        "remedy": write_text(finding.remedy),
        "steps": [{"owner": one.owner.value, **write_text(one.text)} for one in finding.steps],
        "wording": write_text(finding.wording) if finding.wording else None,
        "evidence": [write_fact(fact) for fact in finding.evidence],
        "declared": write_place_or_none(finding.declared),
        "policy": write_place_or_none(finding.policy),
        "regulations": list(finding.regulations),
        "fingerprint": finding.fingerprint,
        "table": finding.table.value if finding.table else None,
        **limits,
    }


def write_gap(gap: Gap) -> dict[str, Any]:
    """Return something that could not be read."""
    return {
        "file": gap.location.file,
        "at": gap.location.at,
        "reason": gap.reason.en,
        "message": write_text(gap.reason),
        "hides": [table.value for table in Table if table in gap.hides],
        "fingerprint": gap.fingerprint,
    }
