"""A comparison as one self-contained HTML page, in both languages, in the style of the reports."""

from __future__ import annotations

from auditor.diff import Comparison, How, Standing
from auditor.model import Language
from auditor.report.bilingual import TAGS, BothWords, overlay
from auditor.report.compared.outline import view
from auditor.report.html import page_parts
from auditor.report.outline import is_contradiction
from auditor.report.plain import one_line
from auditor.report.words import Words

__all__ = ["render"]

# A shape beside every word, as in the reports; the classes are those of their style sheet.
_MARKS = {How.ADDED: "+", How.CHANGED: "≠", How.DROPPED: "–", How.NOT_SEEN: "?"}
_TONES = {How.ADDED: "s-not-found", How.CHANGED: "s-differs", How.DROPPED: "s-not-applicable", How.NOT_SEEN: "s-unchecked"}
_STANDING_MARKS = {
    Standing.UNDECLARED: "!",
    Standing.FINDING: "!",
    Standing.KNOWN: "≠",
    Standing.ACCEPTED: "·",
    Standing.DECLARED: "✓",
    Standing.NOT_REQUIRED: "·",
    Standing.UNCHECKED: "?",
}
_STANDING_TONES = {
    Standing.UNDECLARED: "s-undeclared",
    Standing.FINDING: "s-undeclared",
    Standing.KNOWN: "s-differs",
    Standing.ACCEPTED: "s-settled",
    Standing.DECLARED: "s-matched",
    Standing.NOT_REQUIRED: "s-not-applicable",
    Standing.UNCHECKED: "s-unchecked",
}


def render(comparison: Comparison, language: Language) -> str:
    """Return a comparison as an HTML page, which opens in ``language``."""
    views = {one: view(comparison, one) for one in Language}
    tone, mark = "info", "↔"
    if comparison.declaration is not None:
        tone, mark = ("contradicted", "✕") if any(map(is_contradiction, comparison.findings)) else ("consistent", "✓")
    if comparison.doubted and tone != "contradicted":
        tone, mark = "inconclusive", "?"
    environment, parts = page_parts(with_script=True)
    page: str = environment.get_template("compared.html").render(
        key=one_line(f"{comparison.old.sha256} {comparison.new.sha256}"),
        language=language.value,
        mark=mark,
        marks=_MARKS,
        one=overlay(views[Language.ZH], views[Language.EN]),
        standing_marks=_STANDING_MARKS,
        standing_tones=_STANDING_TONES,
        tag=TAGS[language],
        titles={one.value: f"{Words(one)('compare.title')} · {views[one].title}" for one in Language},
        tone=tone,
        tones=_TONES,
        words=BothWords(),
        **parts,
    )
    return page.lstrip()
