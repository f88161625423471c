"""``auditor/comparison/1``, written."""

from __future__ import annotations

from typing import Any

from auditor.diff import Change, Comparison
from auditor.wire.document import COMPARISON
from auditor.wire.parts import write_fact, write_finding, write_gap, write_identity, write_text, write_tool

__all__ = ["comparison_to_wire"]


def comparison_to_wire(comparison: Comparison) -> dict[str, Any]:
    """Return ``comparison`` as an ``auditor/comparison/1`` document."""
    declaration = comparison.declaration
    return {
        "schema": COMPARISON,
        "tool": write_tool(comparison.tool),
        "old": write_identity(comparison.old),
        "new": write_identity(comparison.new),
        "same_app": comparison.same_app,
        "same_file": comparison.same_file,
        "declaration": {"file": declaration.file, "sha256": declaration.sha256} if declaration else None,
        "changes": [_change(one) for one in comparison.changes],
        "findings": [write_finding(one) for one in comparison.findings],
        "gaps": {
            "old": [write_gap(gap) for gap in comparison.old_gaps],
            "new": [write_gap(gap) for gap in comparison.new_gaps],
            "declaration": [write_gap(gap) for gap in comparison.declared_gaps],
        },
        "doubted": [table.value for table in comparison.doubted],
        "names": {subject: write_text(name) for subject, name in comparison.names},
        "data_names": {subject: write_text(name) for subject, name in comparison.data_names},
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
        "example": write_fact(item.evidence[0]) if item.evidence else None,
        "path": list(item.way),
    }
