"""Sentences for people, made where there is something to say: most builds give no cause, and need not load what a sentence is."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from auditor.build import Text

__all__ = ["said"]


def said(*, zh: str, en: str) -> Text:
    """Return a sentence in both languages."""
    from auditor.build import Text

    return Text(zh=zh, en=en)
