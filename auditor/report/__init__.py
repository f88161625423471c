"""Audits as text for people and documents for machines: one pure function per format, all listed in FORMATS."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from auditor.model import Audit, Language

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One report format. Its module is imported when it is first used, so that an unused format costs no start-up."""

    name: str
    """What the command line calls it."""
    suffix: str
    """Usual ending of its files, with the dot."""
    human: bool
    """Whether it is made for people, who choose its language."""
    module: str
    """Module that holds its ``render``."""

    def render(self, audits: Sequence[Audit], language: Language) -> str:
        """Return ``audits`` in this format: text that can be encoded as UTF-8 and ends with a newline.

        Equal audits give equal text. Formats for machines use ``language`` for messages that have to be one string.
        """
        render: Callable[[Sequence[Audit], Language], str] = importlib.import_module(self.module).render
        return render(audits, language)


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format(name="text", suffix=".txt", human=True, module="auditor.report.text"),
        Format(name="json", suffix=".json", human=False, module="auditor.report.json"),
        Format(name="html", suffix=".html", human=True, module="auditor.report.html"),
        Format(name="sarif", suffix=".sarif", human=False, module="auditor.report.sarif"),
        Format(name="junit", suffix=".xml", human=False, module="auditor.report.junit"),
        Format(name="markdown", suffix=".md", human=True, module="auditor.report.markdown"),
    )
}
"""Every format by its name."""
