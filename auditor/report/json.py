"""Audits as JSON: one ``auditor/audit/1`` document, or several of them in one list."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model import Audit, Language
from auditor.wire.audit import audit_to_wire
from auditor.wire.document import dumps

__all__ = ["render"]


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return one audit as ``auditor/audit/1``; none or several as ``{"schema": "auditor/audits/1", "audits": […]}``.

    Both languages are always in it, so ``language`` changes nothing.
    """
    documents = [audit_to_wire(audit) for audit in audits]
    if len(documents) == 1:
        return dumps(documents[0])
    return dumps({"schema": "auditor/audits/1", "audits": documents})
