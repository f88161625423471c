"""A comparison as an ``auditor/comparison/1`` document."""

from __future__ import annotations

from auditor.diff import Comparison
from auditor.model import Language
from auditor.wire.comparison import comparison_to_wire
from auditor.wire.document import dumps

__all__ = ["render"]


def render(comparison: Comparison, language: Language) -> str:
    """Return the document. Both languages are always in it, so ``language`` changes nothing."""
    return dumps(comparison_to_wire(comparison))
