"""Audits as text for people and documents for machines: one pure function per format, all listed in FORMATS."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from auditor.errors import OutputError
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
    binary: bool = False
    """Whether it is no text: ``render`` is not for it then, ``encoded`` is."""
    needs: tuple[str, str] = ("", "")
    """Library it takes beyond those every installation has, as it is imported and as it is called; empty = none."""

    def render(self, audits: Sequence[Audit], language: Language) -> str:
        """Return ``audits`` in this format: text that can be encoded as UTF-8 and ends with a newline.

        Equal audits give equal text. Formats for machines use ``language`` for messages that have to be one string.
        """
        render: Callable[[Sequence[Audit], Language], str] = importlib.import_module(self.module).render
        return render(audits, language)

    def encoded(self, audits: Sequence[Audit], language: Language) -> bytes:
        """Return ``audits`` as the bytes of a file of this format. Equal audits give equal bytes."""
        if not self.binary:
            return self.render(audits, language).encode("utf-8", "replace")
        render: Callable[[Sequence[Audit], Language], bytes] = importlib.import_module(self.module).render
        return render(audits, language)

    def check(self) -> None:
        """Raise OutputError, which says what to install, where the library this format takes, or what that takes, is not there."""
        module, name = self.needs
        try:
            missing = bool(module) and importlib.util.find_spec(module) is None
        except ValueError:  # told not to be there: sys.modules has None for it
            missing = True
        if missing:
            raise OutputError(f"the format {self.name} takes {name} to write", "pip install 'auditor[reports]'")
        if module and (check := getattr(importlib.import_module(self.module), "check", None)) is not None:
            check()


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format(name="text", suffix=".txt", human=True, module="auditor.report.text"),
        Format(name="json", suffix=".json", human=False, module="auditor.report.json"),
        Format(name="html", suffix=".html", human=True, module="auditor.report.html"),
        Format(name="sarif", suffix=".sarif", human=False, module="auditor.report.sarif"),
        Format(name="junit", suffix=".xml", human=False, module="auditor.report.junit"),
        Format(name="markdown", suffix=".md", human=True, module="auditor.report.markdown"),
        Format(name="csv", suffix=".csv", human=True, module="auditor.report.csv"),
        Format(
            name="xlsx",
            suffix=".xlsx",
            human=True,
            module="auditor.report.xlsx",
            binary=True,
            needs=("xlsxwriter", "XlsxWriter"),
        ),
        Format(
            name="pdf",
            suffix=".pdf",
            human=True,
            module="auditor.report.pdf",
            binary=True,
            needs=("weasyprint", "WeasyPrint"),
        ),
        Format(
            name="cyclonedx",
            suffix=".cdx.json",
            human=False,
            module="auditor.report.cyclonedx",
            needs=("cyclonedx", "cyclonedx-python-lib"),
        ),
    )
}
"""Every format by its name."""
