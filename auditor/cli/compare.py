"""``auditor compare``: what a release adds and drops between two builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.beside import Beside
from auditor.cli import ExitCode
from auditor.cli.commands import (
    audited_keeping,
    cache_option,
    fail_on_option,
    failing,
    gated,
    kept,
    knowledge_option,
    knowledge_with,
    language_option,
    mistakes_in,
    shown,
)
from auditor.cli.limits import max_memory_option, timeout_option
from auditor.cli.outputs import Output, OutputType, claim, print_text, write
from auditor.diff import Side, side_of
from auditor.errors import BuildError
from auditor.model import Audit, Language, Text
from auditor.report.compared import FORMATS, render

if TYPE_CHECKING:
    from auditor.diff import Comparison

__all__ = ["compare"]


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "-d", "--declaration", type=click.Path(path_type=Path),
    help="The declared policy: a declaration (YAML), or the policy document itself. Marks what is new and undeclared.",
)
@click.option(
    "-o", "--output", "outputs", multiple=True, type=OutputType(tuple(FORMATS)),
    help=f"Write a report to a file; may be repeated. Formats: {', '.join(FORMATS)}.",
)
@click.option("--format", "format_", type=click.Choice(tuple(FORMATS)), help="Format on standard output (text, unless -o is given).")
@fail_on_option
@click.option(
    "--decisions", type=click.Path(path_type=Path), metavar="FILE",
    help="What people decided about findings and gaps: those accepted do not count. Needs a declaration.",
)
@click.option("--old-mapping", type=click.Path(path_type=Path), metavar="FILE", help="mapping.txt that R8 or ProGuard wrote for OLD.")
@click.option("--mapping", type=click.Path(path_type=Path), metavar="FILE", help="mapping.txt that R8 or ProGuard wrote for NEW.")
@knowledge_option
@cache_option
@timeout_option
@max_memory_option
@language_option
def compare(
    old: Path,
    new: Path,
    declaration: Path | None,
    outputs: tuple[Output, ...],
    format_: str | None,
    fail_on: str,
    decisions: Path | None,
    old_mapping: Path | None,
    mapping: Path | None,
    own_sdks: Path | None,
    cache: Path | None,
    timeout: int | None,
    max_memory: int | None,
    language: str,
) -> int:
    """Compare two builds of an app: what NEW adds, changes and drops that OLD had or had not.

    Permissions, usage descriptions, SDKs with versions, kinds of personal data and whose code can collect them, what can be read at
    start-up, hosts, signer and system versions. With a declaration each addition is marked as declared or undeclared.

    Exit codes: 0; 1 when something is new and undeclared (a finding that OLD has not, at or over --fail-on); 2 unusable input;
    3 when something could not be read that leaves the comparison in doubt.
    """
    from auditor.cli.annotations import annotate
    from auditor.cli.decided import Decider
    from auditor.pipeline import compare_builds

    if decisions is not None and declaration is None:
        raise click.UsageError("--decisions are about findings, which take a declaration (-d)")
    sides = ((old, Beside(mapping=old_mapping)), (new, Beside(mapping=mapping)))
    inputs = [path for build, beside in sides for path in (build, *beside.paths)]
    inputs += [path for path in (declaration, decisions) if path is not None]
    claim(outputs, inputs)
    for build, _ in sides:
        _no_facts(build)
    speak = Language(language)
    decider = Decider.of(decisions, None, inputs=inputs) if declaration is not None else None
    read: list[Side] = []
    audits: list[Audit] = []
    for build, beside in sides:
        if declaration is None:
            read.append(_side(build, beside, own_sdks, timeout, max_memory, speak, cache))
            continue
        with mistakes_in(declaration):
            audit, side = audited_keeping(
                build, declaration, beside, own_sdks, timeout, max_memory, speak, keep=side_of, cache=cache
            )
        read.append(side)
        audits.append(audit)
    if decider is not None:
        audits = decider.applied(audits)
    result = compare_builds(read[0], read[1], (audits[0], audits[1]) if audits else None, knowledge_with(own_sdks))
    for output in outputs:
        write(output, render(output.format, result, speak))
    if format_ or not outputs:
        print_text(render(format_ or "text", result, speak))
    if declaration is not None and decider is not None:
        decider.tell(audits, speak)
        named = {shown(path): path for path in (declaration, decisions) if path is not None}
        # what was there before is left to the audit
        annotate([replace(audits[1], findings=result.findings)], failing(result.findings, fail_on), named, speak)
    return _exit_code(result, fail_on)


def _exit_code(result: Comparison, fail_on: str) -> int:
    if gated(result.findings, fail_on):
        return ExitCode.CONTRADICTED
    return ExitCode.INCONCLUSIVE if result.doubted else ExitCode.CONSISTENT


def _side(
    build: Path, beside: Beside, own_sdks: Path | None, timeout: int | None, max_memory: int | None, speak: Language, cache: Path | None
) -> Side:
    """Read one build in a process of its own; one that was stopped is a side with a gap over everything."""
    from auditor.cli.progress import Progress
    from auditor.sandbox import Stopped, allowance, contained

    def work(tell: Callable[[Text], None]) -> Side:
        from auditor.pipeline import read_build

        return side_of(
            read_build(build, knowledge=knowledge_with(own_sdks), calls=True, beside=beside, progress=tell, cache=kept(cache, speak))
        )

    with Progress(speak) as progress:
        try:
            return contained(work, allowance(build, timeout, max_memory), progress)
        except Stopped as stopped:
            from auditor.pipeline import unread

            return side_of(unread(build, stopped.sentence, knowledge=knowledge_with(own_sdks)))


def _no_facts(path: Path) -> None:
    """Refuse what `auditor facts` wrote: it is a summary, from which no build can be judged again."""
    try:
        with path.open("rb") as file:
            head = file.read(200)
    except OSError:
        return  # the reader of builds says what is wrong
    if head.lstrip().startswith(b"{") and b"auditor/" in head:
        raise BuildError(f"{path} is a result and no build", "give the build it was made from; --cache spares reading it twice")
