"""Policies and declarations read in a process of their own: a document may be as hostile as a build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from auditor.errors import PolicyError
from auditor.sandbox import Stopped, allowance, contained

__all__ = ["of_document"]

Result = TypeVar("Result")


def of_document(path: Path, work: Callable[[], Result]) -> Result:
    """Return what ``work`` makes of a document, or raise what it raises. Raises PolicyError where it crashed or had no end."""
    try:
        return contained(lambda tell: work(), allowance(path), lambda stage: None)
    except Stopped as stopped:
        name = str(path) if str(path).isprintable() else str(path).encode("unicode_escape", "backslashreplace").decode("ascii")
        reason = stopped.reason.en.partition(" (")[0]
        raise PolicyError(f"{name} was given up: {reason}", "give the policy as plain text, HTML or Markdown") from None
