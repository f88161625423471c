"""``auditor/facts/1``, written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from auditor.model import Build, Conduct, Fact, FactKind, Reference, ScriptCall, Tool
from auditor.wire.document import FACTS
from auditor.wire.parts import (
    write_collection,
    write_fact,
    write_gap,
    write_identity,
    write_manifest_entry,
    write_presence,
    write_sdk,
    write_text,
    write_tool,
)

__all__ = ["facts_to_wire"]

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
        "tool": write_tool(tool),
        "identity": {**write_identity(build.identity), "kind": build.identity.kind.value},
        "sdk_levels": {fact.name: fact.value for fact in build.of(FactKind.SDK_LEVEL)},
        "permissions": _permissions(build, effective),
        "implied_permissions": _names(build, FactKind.PERMISSION_IMPLIED),
        "usage_strings": [
            {"key": fact.name, "value": fact.value, "file": fact.location.file, "language": fact.by}
            for fact in build.of(FactKind.USAGE_STRING)
        ],
        "sdks": [write_sdk(sdk) for sdk in conduct.sdks],
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
                "why_not": write_text(call.why_not) if call.why_not else None,
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
        "collections": [write_collection(one) for one in conduct.collections],
        "manifest": [write_manifest_entry(one) for one in conduct.manifest],
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
            {"id": one.id, "name": write_text(one.name), "proven": one.proven, "signs": list(one.signs)} for one in conduct.packers
        ],
        "frameworks_used": [
            {
                "id": one.id,
                "name": write_text(one.name),
                "kind": one.kind.value,
                "version": one.version or None,
                "evidence": [write_fact(fact) for fact in one.evidence],
            }
            for one in conduct.frameworks
        ],
        "presences": [write_presence(one) for one in conduct.presences],
        "classes_count": len({name for unit in build.code for name in unit.classes}),
        "symbols_count": len({fact.name for fact in build.of(FactKind.SYMBOL)}),
        "native_libraries": _names(build, FactKind.NATIVE_LIBRARY),
        "frameworks": _names(build, FactKind.FRAMEWORK),
        "entitlements": _entitlements(build),
        "privacy_manifests": _privacy_manifests(build),
        "facts": [write_fact(fact) for fact in build.facts if fact.kind not in _SHOWN_FACTS],
        "gaps": [write_gap(gap) for gap in gaps],
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
        "why_not": write_text(one.why_not) if one.why_not else None,
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
        "evidence": [write_fact(fact) for fact in one.evidence],
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
