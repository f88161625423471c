"""Audits as one self-contained HTML page, in both languages: nothing is fetched, readable on paper, in the dark and without script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING

from auditor.model import Audit, Language, Owner, Severity, State, Verdict
from auditor.report.bilingual import TAGS, Both, BothWords, SvgText, in_both, overlay
from auditor.report.outline import outline
from auditor.report.parts import Outline
from auditor.report.picture import matrix_of, tree_of
from auditor.report.plain import one_line
from auditor.report.words import PHRASES, Words

if TYPE_CHECKING:
    import jinja2

__all__ = ["page_parts", "render"]

# A shape beside every word: no state is told by colour alone.
_VERDICT_MARKS = {Verdict.CONTRADICTED: "✕", Verdict.INCONCLUSIVE: "?", Verdict.CONSISTENT: "✓"}
_STATE_MARKS = {
    State.MATCHED.value: "✓",
    State.UNDECLARED.value: "!",
    State.NOT_FOUND.value: "–",
    State.DIFFERS.value: "≠",
    State.UNCHECKED.value: "?",
    State.NOT_APPLICABLE.value: "·",
    "settled": "·",
    "flawed": "!",
}
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_SCRIPT_WORDS = tuple(
    key
    for key in PHRASES
    if re.match(r"decision\.[a-z]+\Z|decisions\.(?:count|forget\.sure|imported|unkept|unreadable)\Z", key)
    or key in ("copied", "copy", "decide.missing", "decide.past", "filter.count", "filter.none")
)
"""What the script says."""

_Chip = tuple[str, object, int | None]
"""Tag, word and number of one button of a filter."""


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as an HTML page, which opens in ``language``."""
    from markupsafe import escape

    environment, parts = page_parts(with_script=bool(audits))
    several = len(audits) > 1
    anchors = [f"b{number}-" if several else "" for number in range(1, len(audits) + 1)]
    in_each = {
        one: [outline(audit, one, anchor) for audit, anchor in zip(audits, anchors, strict=True)] for one in Language
    }
    outlines: list[Outline] = [overlay(zh, en) for zh, en in zip(in_each[Language.ZH], in_each[Language.EN], strict=True)]
    given = _given(audits)
    page: str = environment.get_template("report.html").render(
        audits=outlines,
        finding_chips=_finding_chips,
        given=given,
        is_digest=lambda value: isinstance(value, str) and _DIGEST.match(value),
        key=_key(audits, given),
        language=language.value,
        matrices=[matrix_of(one.collectors) for one in outlines],
        name=one_line(audits[0].identity.app_id) if len(audits) == 1 else "",
        rule_titles={rule.id: rule.title for one in outlines for rule in one.rules},
        script_words=_SCRIPT_WORDS,
        severity_class={severity: severity.word for severity in Severity},
        state_chips=lambda counts: [(f"state-{kind}", word, number) for kind, word, number in counts],
        state_marks=_STATE_MARKS,
        svg=lambda text: text.svg if isinstance(text, Both) else SvgText(str(escape(text))),
        tag=TAGS[language],
        titles={one.value: _title(in_each[one], Words(one)) for one in Language},
        trees=[tree_of(one.ways) for one in outlines],
        verdict_marks=_VERDICT_MARKS,
        words=BothWords(),
        **parts,
    )
    return page.lstrip()


def page_parts(*, with_script: bool) -> tuple[jinja2.Environment, dict[str, str]]:
    """Return what every page is made with: the templates, and style sheet, script and the policy that allows nothing else."""
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
    style, script = _part("report.css"), _part("report.js")
    # the policy names the script by its hash: nothing else on the page can run
    runs = f"script-src '{_digest(script)}'; " if with_script else ""
    return environment, {
        "policy": f"default-src 'none'; style-src '{_digest(style)}'; {runs}base-uri 'none'; form-action 'none'",
        "script": markupsafe.Markup(script),  # noqa: S704 - our own file, and its hash is what the policy allows
        "style": markupsafe.Markup(style),  # noqa: S704 - likewise
    }


def _given(audits: Sequence[Audit]) -> str:
    """Return the decisions the audits were read with, as the entries of their file; what is about nothing here comes along."""
    entries: dict[str, dict[str, str]] = {}
    for audit in audits:
        decided = audit.decided
        for one in (*decided.held, *decided.lapsed, *decided.unmatched) if decided else ():
            severity = one.severity.word if one.severity is not None else ""
            pairs = {"fingerprint": one.fingerprint, "rule": one.rule, "subject": one.subject, "gap": one.gap}
            pairs |= {"decision": one.kind.value, "by": one.by, "reason": one.reason, "until": one.until, "severity": severity}
            entries[one.fingerprint] = {name: value for name, value in pairs.items() if value}
    return json.dumps(list(entries.values()))


def _key(audits: Sequence[Audit], given: str) -> str:
    """Return what a browser keeps the decisions made in the page under: the builds, and what was decided before."""
    before = hashlib.sha256(given.encode()).hexdigest()[:12] if given != "[]" else ""
    return one_line(" ".join(filter(None, (*(audit.identity.sha256 for audit in audits), before))))


def _part(name: str) -> str:
    return resources.files("auditor.report").joinpath("templates", name).read_text("utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _title(outlines: Sequence[Outline], words: Words) -> str:
    parts = [words("title"), *(part for one in outlines if len(outlines) == 1 for part in (one.title, one.verdict_word))]
    return " · ".join(parts)


def _finding_chips(one: Outline) -> Iterator[_Chip]:
    """Yield the buttons by which findings are filtered: how grave, whose, and whether anything was decided."""
    for severity, word, number in one.severities:
        yield f"sev-{severity.word}", word, number
    counts = {owner: sum(any(step.owner == owner.value for step in card.steps) for card in one.findings) for owner in Owner}
    for owner, number in counts.items():
        if number:
            yield f"owner-{owner.value}", in_both(owner.actor.zh, owner.actor.en), number
    yield "undecided", in_both(*(PHRASES["undecided"].in_(language) for language in (Language.ZH, Language.EN))), None
