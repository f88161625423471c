"""``auditor lint-policy``: what a policy document leaves out or leaves open, told from its text alone."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli import ExitCode
from auditor.cli.configured import LANGUAGES, LEVELS
from auditor.cli.outputs import print_text
from auditor.model import Language

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
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    envvar="AUDITOR_LANG",
    help="Language of the findings: Chinese or English.",
)
def lint_policy(document: Path, fail_on: str, language: str) -> int:
    """Check the privacy policy DOCUMENT (HTML, Markdown, text, Word or PDF) alone: what it leaves out or leaves open.

    auditor rules lists what is looked for, and auditor rules ID shows the clauses. A list of SDKs or permissions is
    checked as what it is: what holds for whole policies is then left out.

    Exit codes: 0; 1 when the document is at fault (at or over --fail-on); 2 when DOCUMENT cannot be read or is no
    policy; 3 when part of it could not be read.
    """
    from auditor.cli.commands import gated, shown
    from auditor.cli.documents import of_document
    from auditor.pipeline import lint_policy as lint

    speak = Language(language)
    name = shown(document)
    found = of_document(document, lambda: lint(document, shown_as=name))
    for finding in found.findings:
        place = f":{finding.policy.at}" if finding.policy is not None and finding.policy.at else ""
        print_text(f"{name}{place}: {finding.severity.word} {finding.rule}: {finding.message.in_(speak)}\n")
    if found.note is not None:
        print_text(f"{name}: {found.note.in_(speak)}\n")
    for gap in found.gaps:
        click.echo(f"{gap.location}: {gap.reason.in_(speak)}", err=True)
    if gated(found.findings, fail_on):
        return ExitCode.CONTRADICTED
    return ExitCode.INCONCLUSIVE if found.gaps else ExitCode.CONSISTENT
