"""``auditor declare``: a draft of a declaration from a policy document, or of policy rows from a build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli import ExitCode, complain
from auditor.cli.configured import LANGUAGES
from auditor.cli.limits import max_memory_option, read_document_within, timeout_option
from auditor.cli.outputs import Output, OutputType, claim, print_text, write
from auditor.errors import OutputError
from auditor.model import Language

if TYPE_CHECKING:
    from auditor.policy.draft import Draft

__all__ = ["declare"]

_FORMATS = ("yaml", "json", "html")
_BUILD_FORMATS = ("yaml", "json", "markdown", "html")


@click.command()
@click.argument("policy", type=click.Path(path_type=Path), required=False)
@click.option(
    "--from-build", "build", type=click.Path(path_type=Path), metavar="BUILD",
    help="Draft the rows a policy for this app would need, instead of reading a policy.",
)
@click.option(
    "--base", type=click.Path(path_type=Path), metavar="POLICY",
    help="The policy (or its machine draft) the YAML file was drafted from, where the draft beside it is gone.",
)
@click.option(
    "-o", "--output", "outputs", multiple=True, type=OutputType((*_FORMATS, "markdown")),
    help="Write to a file; may be repeated. Formats: yaml, json, html; with --from-build yaml, json, markdown, html.",
)
@click.option(
    "--format", "format_", type=click.Choice((*_FORMATS, "markdown")), help="Format on standard output (yaml, unless -o is given).",
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
    help="Language of notes and of drafted rows: Chinese or English.",
)
def declare(
    policy: Path | None,
    build: Path | None,
    base: Path | None,
    outputs: tuple[Output, ...],
    format_: str | None,
    timeout: int | None,
    max_memory: int | None,
    language: str,
) -> int:
    """Draft a declaration from the privacy policy POLICY (HTML, Markdown, text, Word or PDF).

    Every row carries the place in the text it came from; what was not certain is listed under `review`. Where the YAML
    file asked for exists, what changed in the policy since is merged into it and the reviewer's edits are kept.

    Exit codes: 0; 3 when something could not be read or no list was found; 2 when POLICY is no policy.
    """
    if (policy is None) == (build is None):
        raise click.UsageError("give a POLICY, or --from-build BUILD")
    formats = _FORMATS if build is None else _BUILD_FORMATS
    for wanted in (*(output.format for output in outputs), *([format_] if format_ else [])):
        if wanted not in formats:
            raise click.UsageError(f"{wanted} is not written here; there are {', '.join(formats)}")
    speak = Language(language)
    if build is not None:
        return _from_build(build, outputs, format_, speak, timeout, max_memory)
    assert policy is not None  # noqa: S101 - checked above


    def read(document: Path, shown_as: str | None = None) -> Draft:
        from auditor.pipeline import draft_policy

        return read_document_within(document, lambda: draft_policy(document, shown_as=shown_as), timeout, max_memory)

    return _from_policy(policy, read, base, outputs, format_, speak)


def _from_policy(
    policy: Path,
    read: Callable[[Path, str | None], Draft],
    base: Path | None,
    outputs: tuple[Output, ...],
    format_: str | None,
    language: Language,
) -> int:
    from auditor.cli.commands import shown
    from auditor.policy.merge import merge_into
    from auditor.policy.view import render_view
    from auditor.policy.writing import draft_plain, to_json, to_yaml

    claim(outputs, (policy,))
    draft = read(policy, shown(policy))
    plain = draft_plain(draft, language)
    text = to_yaml(plain, language)
    for output in outputs:
        if output.format == "json":
            write(output, to_json(plain))
        elif output.format == "html":
            write(output, render_view(draft, language))
        else:
            old = _old_draft(output.path, base, read, language)
            merged = merge_into(output.path, old, plain, text, language)
            for line in merged.changes:
                complain(line)
            write(output, merged.text)
            write(Output("yaml", _beside(output.path)), text)
    if format_ or not outputs:
        print_text(to_json(plain) if format_ == "json" else render_view(draft, language) if format_ == "html" else text)
    declaration = draft.declaration
    harmony = f"{len(declaration.harmony_permissions)} HarmonyOS permissions, " if declaration.harmony_permissions else ""
    click.echo(
        f"{len(declaration.permissions)} permissions, {len(declaration.usage_keys)} usage keys, {harmony}{len(declaration.sdks)} SDKs, "
        f"{len(declaration.data)} kinds of data; {len(draft.review)} to review, {len(draft.gaps)} gaps",
        err=True,
    )
    for gap in draft.gaps:
        where = f"{declaration.file}:{gap.at[0].line}" if gap.at else declaration.file
        complain(f"{where}: {gap.reason.in_(language)}")
    return ExitCode.INCONCLUSIVE if draft.gaps else ExitCode.CONSISTENT


def _beside(target: Path) -> Path:
    """Return where the machine's own draft is kept: what the reviewer's file is compared with next time."""
    return target.with_name(f"{target.stem}.draft.yaml")


def _old_draft(target: Path, base: Path | None, read: Callable[[Path, str | None], Draft], language: Language) -> str | None:
    """Return the draft a reviewer's file was made from; None where there is no such file."""
    from auditor.policy.writing import draft_plain, to_yaml

    if not target.exists():
        return None
    source = base or _beside(target)
    if not source.exists():
        raise OutputError(
            f"{target} exists, and the draft it was made from is gone",
            f"give the policy it was drafted from (--base POLICY), or move {target} away to start anew",
        )
    if source.suffix.lower() in (".yaml", ".yml"):
        try:
            return source.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise OutputError(f"{source} cannot be read ({error})", "give the policy it was drafted from (--base POLICY)") from None
    return to_yaml(draft_plain(read(source, None), language), language)


def _from_build(
    build: Path,
    outputs: tuple[Output, ...],
    format_: str | None,
    language: Language,
    timeout: int | None,
    max_memory: int | None,
) -> int:
    from auditor.cli.progress import Progress
    from auditor.pipeline import draft_build, draft_of, unread
    from auditor.policy.needed import needed_plain, to_html_tables, to_markdown_tables
    from auditor.policy.writing import to_json, to_yaml
    from auditor.sandbox import Stopped, allowance, contained

    claim(outputs, (build,))
    with Progress(language) as progress:
        try:
            draft = contained(lambda tell: draft_build(build, progress=tell), allowance(build, timeout, max_memory), progress)
        except Stopped as stopped:
            draft = draft_of(unread(build, stopped.sentence))

    def rendered(wanted: str) -> str:
        if wanted == "markdown":
            return to_markdown_tables(draft, language)
        if wanted == "html":
            return to_html_tables(draft, language)
        plain = needed_plain(draft, language)
        return to_json(plain) if wanted == "json" else to_yaml(plain, language, drafted_from_build=True)

    for output in outputs:
        write(output, rendered(output.format))
    if format_ or not outputs:
        print_text(rendered(format_ or "yaml"))
    for gap in draft.gaps:
        complain(f"{gap.location}: {gap.reason.in_(language)}")
    return ExitCode.INCONCLUSIVE if draft.gaps else ExitCode.CONSISTENT
