"""``auditor lint-policy``: what a policy document leaves out or leaves open, told from its text alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli import ExitCode, complain
from auditor.cli.configured import LANGUAGES, LEVELS
from auditor.cli.limits import max_memory_option, read_document_within, timeout_option
from auditor.cli.outputs import print_line
from auditor.model import Language

if TYPE_CHECKING:
    from auditor.pipeline import Linted

__all__ = ["lint_policy"]


@click.command()
@click.argument("document", type=click.Path(path_type=Path))
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="medium",
    show_default=True,
    help="Exit 1 from this severity on; findings of low confidence never count.",
)
@timeout_option
@max_memory_option
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    envvar="AUDITOR_LANG",
    help="Language of the findings: Chinese or English.",
)
def lint_policy(document: Path, fail_on: str, timeout: int | None, max_memory: int | None, language: str) -> int:
    """Check the privacy policy DOCUMENT (HTML, Markdown, text, Word or PDF) alone: what it leaves out or leaves open.

    auditor rules lists what is looked for, and auditor rules ID shows the clauses. A list of SDKs or permissions is
    checked as what it is: what holds for whole policies is then left out.

    Exit codes: 0; 1 when the document is at fault (at or over --fail-on); 2 when DOCUMENT cannot be read or is no
    policy; 3 when part of it could not be read.
    """
    from auditor.cli.commands import gated, shown

    def read() -> Linted:
        from auditor.pipeline import lint_policy as lint

        return lint(document, shown_as=name)

    speak = Language(language)
    name = shown(document)
    found = read_document_within(document, read, timeout, max_memory)
    for finding in found.findings:
        place = f":{finding.policy.at}" if finding.policy is not None and finding.policy.at else ""
        print_line(f"{name}{place}: {finding.severity.word} {finding.rule}: {finding.message.in_(speak)}")
    if found.note is not None:
        print_line(f"{name}: {found.note.in_(speak)}")
    for gap in found.gaps:
        complain(f"{gap.location}: {gap.reason.in_(speak)}")
    if gated(found.findings, fail_on):
        return ExitCode.CONTRADICTED
    return ExitCode.INCONCLUSIVE if found.gaps else ExitCode.CONSISTENT
