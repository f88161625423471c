"""Why a gate failed, on standard error, where no report stands on standard output: the log of a pipeline is what is read first."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.cli import complain
from auditor.cli.outputs import Output
from auditor.model import Finding, Gap, Language, Severity
from auditor.report.words import Words

__all__ = ["tell_why"]

_MOST_NAMED = 5


def tell_why(
    name: str, failing: Sequence[Finding], gaps: Sequence[Gap], fail_on: str, outputs: Sequence[Output], language: Language
) -> None:
    """Say in one line what of the build called ``name`` fails the gate, or leaves it undecided, and which reports have the rest.

    ``failing`` are the findings by which it fails from the severity ``fail_on`` on, ``gaps`` what leaves a compared table in doubt;
    where there is neither, nothing is said.
    """
    from auditor.report.text import inert

    words = Words(language)
    subjects = [f"{one.rule} {one.subject}".strip() for one in failing] or [str(gap.location) for gap in gaps]
    if not subjects:
        return
    more = len(subjects) - _MOST_NAMED
    named = subjects[:_MOST_NAMED] + ([words("gate.more", n=more)] if more > 0 else [])
    told = words(
        "gate.failed" if failing else "gate.undecided",
        n=len(subjects),
        level=words.severity(Severity[fail_on.upper()]) if failing else "",
        subjects=words.listed(named),
        reports=words.listed([str(output.path) for output in outputs]),
    )
    complain(inert(f"{name}{words('colon')}{told}"))
