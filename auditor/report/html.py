"""Audits as one self-contained HTML page: no script, no remote asset, readable on paper and in the dark."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from auditor.model import Audit, Language, Severity, State, Verdict
from auditor.report.outline import outline
from auditor.report.words import Words

__all__ = ["render"]

_TAGS = {Language.ZH: "zh-Hans", Language.EN: "en"}
# A shape beside every word: no state is told by colour alone.
_VERDICT_MARKS = {Verdict.CONTRADICTED: "✕", Verdict.INCONCLUSIVE: "?", Verdict.CONSISTENT: "✓"}
_STATE_MARKS = {
    State.MATCHED.value: "✓",
    State.UNDECLARED.value: "!",
    State.NOT_FOUND.value: "–",
    State.DIFFERS.value: "≠",
    State.UNCHECKED.value: "?",
    State.NOT_APPLICABLE.value: "·",
}


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as an HTML page."""
    import jinja2
    import markupsafe

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("auditor.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = resources.files("auditor.report").joinpath("templates", "report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    several = len(audits) > 1
    page: str = environment.get_template("report.html").render(
        audits=[
            outline(audit, language, f"b{number}-" if several else "") for number, audit in enumerate(audits, 1)
        ],
        language=_TAGS[language],
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        severity_class={severity: severity.word for severity in Severity},
        state_marks=_STATE_MARKS,
        style=markupsafe.Markup(style),  # noqa: S704 - our own file, and its hash is what the policy allows
        verdict_marks=_VERDICT_MARKS,
        words=Words(language),
    )
    return page.lstrip()
