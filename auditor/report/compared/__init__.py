"""Comparisons of two builds as text for people and a document for machines: one pure function per format."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from auditor.diff import Comparison
from auditor.model import Language

__all__ = ["FORMATS", "render"]

FORMATS: Mapping[str, str] = {"text": ".txt", "markdown": ".md", "json": ".json", "html": ".html"}
"""Every format, and the usual ending of its files."""


def render(format_: str, comparison: Comparison, language: Language) -> str:
    """Return a comparison in a format: text that can be encoded as UTF-8 and ends with a newline. Equal comparisons give equal text."""
    made: Callable[[Comparison, Language], str] = importlib.import_module(f"auditor.report.compared.{format_}").render
    return made(comparison, language)
