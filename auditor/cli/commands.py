"""The commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from auditor.beside import Beside
from auditor.cli import ExitCode, complain
from auditor.cli.configured import LANGUAGES, LEVELS, configured
from auditor.cli.declare import declare as declare  # the group looks its commands up here
from auditor.cli.limits import max_memory_option, read_document_within, refusal, timeout_option
from auditor.cli.lint import lint_policy as lint_policy
from auditor.cli.outputs import Output, OutputType, claim, print_bytes, print_line, print_text, write
from auditor.errors import DeclarationError
from auditor.knowledge.schema import Knowledge
from auditor.model import Audit, Confidence, Finding, Gap, Language, Severity, Text

if TYPE_CHECKING:
    from auditor.cache import Cache
    from auditor.config import Config
    from auditor.pipeline import Facts

Kept = TypeVar("Kept")

_FORMATS = ("text", "json", "html", "sarif", "junit", "markdown", "csv", "xlsx", "pdf", "cyclonedx")

_build = click.argument("build", type=click.Path(path_type=Path))
language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    envvar="AUDITOR_LANG",
    help="Language of the reports for people: Chinese or English.",
)
knowledge_option = click.option(
    "--knowledge",
    "own_sdks",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with your own SDK descriptions (*.yaml), added to those that ship.",
)
_mapping = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="mapping.txt that R8 or ProGuard wrote for the build: gives its classes and methods their names back.",
)
_merger_report = click.option(
    "--merger-report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="manifest-merger-*-report.txt of the build: names the library that brought each permission and component.",
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="medium",
    show_default=True,
    help="Exit 1 from this severity on; findings of low confidence never count.",
)


cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder that keeps what was read of builds: one that is unchanged is not read again.",
)


@click.command()
@click.argument("builds", nargs=-1, type=click.Path(path_type=Path), metavar="[BUILD]...")
@click.option(
    "-d", "--declaration", required=True, type=click.Path(path_type=Path),
    help="The declared policy: a declaration (YAML), or the policy document itself.",
)
@click.option(
    "-o", "--output", "outputs", multiple=True, type=OutputType(_FORMATS),
    help=f"Write a report to a file; may be repeated. Formats: {', '.join(_FORMATS)}.",
)
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="Format on standard output (text, unless -o is given).")
@fail_on_option
@click.option(
    "--decisions", type=click.Path(path_type=Path), metavar="FILE",
    help="What people decided about findings and gaps: those accepted do not count at the gate.",
)
@click.option(
    "--write-baseline", "new_baseline", type=click.Path(path_type=Path), metavar="FILE",
    help="Write decisions by which all that is found now passes, and judge by them; those of --decisions are kept.",
)
@_mapping
@_merger_report
@knowledge_option
@cache_option
@timeout_option
@max_memory_option
@language_option
@click.pass_context
def audit(
    ctx: click.Context,
    builds: tuple[Path, ...],
    declaration: Path,
    outputs: tuple[Output, ...],
    format_: str | None,
    fail_on: str,
    decisions: Path | None,
    new_baseline: Path | None,
    mapping: Path | None,
    merger_report: Path | None,
    own_sdks: Path | None,
    cache: Path | None,
    timeout: int | None,
    max_memory: int | None,
    language: str,
) -> int:
    """Audit each BUILD against a declaration; those of auditor.yaml where none is given.

    BUILD is an .apk, an .aab, an archive or folder of one app's split APKs (.apks, .xapk, .apkm); an .ipa, an .app folder or
    an .xcarchive; a HarmonyOS .hap or .hsp, or a pack (.app), archive or folder of one app's.

    Exit codes: 0 consistent (or what is not is accepted), 1 contradicted (at or over --fail-on), 2 unusable input,
    3 inconclusive (something could not be read), 70 internal error, 130 interrupted.
    """
    from auditor.cli.annotations import annotate
    from auditor.cli.decided import Decider
    from auditor.cli.gate import tell_why
    from auditor.report import FORMATS

    wanted = _wanted(builds, configured(ctx), mapping, merger_report)
    inputs = [path for one, beside in wanted for path in (one, *beside.paths)] + [declaration]
    for name in dict.fromkeys((*(output.format for output in outputs), *([format_] if format_ else []))):
        FORMATS[name].check()
    if format_ and FORMATS[format_].binary and sys.stdout.isatty():
        raise click.UsageError(f"{format_} is nothing for a terminal; write it to a file (-o {format_}=PATH)")
    claim(outputs, [*inputs, *(path for path in (decisions, new_baseline) if path is not None)])
    speak = Language(language)
    decider = Decider.of(decisions, new_baseline, inputs=inputs)
    results = []
    with mistakes_in(declaration):
        for one, beside in wanted:
            results.append(audited(one, declaration, beside, own_sdks, timeout, max_memory, speak, cache=cache)[0])
    results = decider.applied(results)
    for output in outputs:
        write(output, FORMATS[output.format].encoded(results, speak))
    if format_ and FORMATS[format_].binary:
        print_bytes(FORMATS[format_].encoded(results, speak))
    elif format_ or not outputs:
        print_text(_on_stdout(results, format_ or "text", speak))
    decider.tell(results, speak)
    named = {shown(path): path for path in (declaration, decisions, new_baseline) if path is not None}
    annotate(results, (one for result in results for one in failing(result.findings, fail_on)), named, speak)
    if outputs and not format_:
        for (one, _), result in zip(wanted, results, strict=True):
            tell_why(shown(one), failing(result.findings, fail_on), _doubtful(result), fail_on, outputs, speak)
    return worst(_exit_code(result, fail_on) for result in results)


def _wanted(builds: Sequence[Path], given: Config, mapping: Path | None, merger_report: Path | None) -> list[tuple[Path, Beside]]:
    """Return the builds to audit, with what lies beside each: those named, else those of the configuration."""
    if mapping or merger_report:
        if len(builds or given.builds) > 1:
            raise click.UsageError("--mapping and --merger-report belong to one build; name it, or give them in auditor.yaml")
        return [(one, Beside(mapping=mapping, merger_report=merger_report)) for one in builds or [one.file for one in given.builds]]
    if builds:
        return [(one, Beside()) for one in builds]
    if not given.builds:
        if given.builds_line:
            raise click.UsageError(f"{given.file}:{given.builds_line}: no build is there yet; build the app, or name a BUILD")
        raise click.UsageError("Missing argument 'BUILD'; name one, or list it under 'builds' in auditor.yaml")
    return [(one.file, Beside(mapping=one.mapping, merger_report=one.merger_report)) for one in given.builds]


def audited(
    build: Path,
    declaration: Path,
    beside: Beside,
    own_sdks: Path | None,
    timeout: int | None,
    max_memory: int | None,
    speak: Language,
    *,
    cache: Path | None = None,
    shown_as: str = "",
    facts_as: Collection[str] = (),
) -> tuple[Audit, dict[str, str]]:
    """Audit one build in a process of its own; one that was stopped is an audit with a gap over everything.

    ``shown_as`` is the declaration's path as reports print it, where that is not its own. Returns the audit, and what the build
    holds in the formats ``facts_as`` asks for, from the same reading.
    """
    return audited_keeping(
        build,
        declaration,
        beside,
        own_sdks,
        timeout,
        max_memory,
        speak,
        keep=lambda found: _rendered(found, facts_as, speak),
        cache=cache,
        shown_as=shown_as,
    )


def audited_keeping(
    build: Path,
    declaration: Path,
    beside: Beside,
    own_sdks: Path | None,
    timeout: int | None,
    max_memory: int | None,
    speak: Language,
    *,
    keep: Callable[[Facts], Kept],
    cache: Path | None = None,
    shown_as: str = "",
) -> tuple[Audit, Kept]:
    """Audit one build as :func:`audited` does; return the audit and what ``keep`` makes of what the build holds, in that process."""
    from auditor.cli.progress import Progress
    from auditor.sandbox import Stopped, allowance, contained

    name = shown_as or shown(declaration)

    def work(tell: Callable[[Text], None]) -> tuple[Audit, Kept]:
        from auditor.pipeline import audit_and_facts

        audit, found = audit_and_facts(
            build,
            declaration,
            shown_as=name,
            knowledge=knowledge_with(own_sdks),
            beside=beside,
            progress=tell,
            cache=kept(cache, speak),
        )
        return audit, keep(found)

    with Progress(speak) as progress:
        try:
            return contained(work, allowance(build, timeout, max_memory), progress)
        except Stopped as stopped:
            from auditor.pipeline import DECLARING, declared_in, judge, unread

            if stopped.stage == DECLARING:
                raise refusal(declaration, stopped.reason) from None
            knowledge = knowledge_with(own_sdks)
            declared, gaps = read_document_within(
                declaration,
                lambda: declared_in(declaration, shown_as=name, knowledge=knowledge),
                timeout,
                max_memory,
            )
            found = unread(build, stopped.sentence, knowledge=knowledge)
            return judge(found, declared, knowledge, gaps), keep(found)


@click.command()
@_build
@click.option("-o", "--output", "outputs", multiple=True, type=OutputType(("text", "json")), help="Write to a file.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), help="Format on standard output (text, unless -o is given).")
@_mapping
@_merger_report
@knowledge_option
@cache_option
@timeout_option
@max_memory_option
@language_option
def facts(
    build: Path,
    outputs: tuple[Output, ...],
    format_: str | None,
    mapping: Path | None,
    merger_report: Path | None,
    own_sdks: Path | None,
    cache: Path | None,
    timeout: int | None,
    max_memory: int | None,
    language: str,
) -> int:
    """Show what BUILD holds: identity, permissions, usage strings, SDKs, and what could not be read.

    BUILD is an app (see `auditor audit --help`) or a library that apps are built from: an .aar, a .jar, a .framework or .xcframework
    (the directory, or a ZIP archive of it), a static library.

    Exit codes: 0, or 3 when something could not be read that leaves a table in doubt; 2 when BUILD cannot be opened at all.
    """
    from auditor.cli.progress import Progress
    from auditor.sandbox import Stopped, allowance, contained

    beside = Beside(mapping=mapping, merger_report=merger_report)
    claim(outputs, (build, *beside.paths))
    speak = Language(language)
    on_stdout = format_ or ("" if outputs else "text")
    wanted = {*(output.format for output in outputs), on_stdout} - {""}

    def work(tell: Callable[[Text], None]) -> tuple[dict[str, str], bool]:
        from auditor.pipeline import read_build

        found = read_build(
            build, knowledge=knowledge_with(own_sdks), calls=True, beside=beside, progress=tell, cache=kept(cache, speak)
        )
        return _rendered(found, wanted, speak), any(gap.hides for gap in found.gaps)

    with Progress(speak) as progress:
        try:
            texts, gaps = contained(work, allowance(build, timeout, max_memory), progress)
        except Stopped as stopped:
            from auditor.pipeline import unread

            texts, gaps = _rendered(unread(build, stopped.sentence, knowledge=knowledge_with(own_sdks)), wanted, speak), True
    for output in outputs:
        write(output, texts[output.format])
    if on_stdout:
        print_text(texts[on_stdout])
    return ExitCode.INCONCLUSIVE if gaps else ExitCode.CONSISTENT


def _rendered(found: Facts, wanted: Collection[str], language: Language) -> dict[str, str]:
    from auditor.infer.permissions import effective_ranges
    from auditor.report.facts_text import render_facts
    from auditor.wire.document import dumps
    from auditor.wire.facts import facts_to_wire

    texts = {}
    if "json" in wanted:
        texts["json"] = dumps(facts_to_wire(found.build, found.conduct, found.tool, effective=effective_ranges(found.build)))
    if "text" in wanted:
        texts["text"] = render_facts(found.build, found.conduct, found.tool, language)
    return texts


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@fail_on_option
@knowledge_option
@timeout_option
@max_memory_option
@language_option
def check_declaration(
    files: tuple[Path, ...], fail_on: str, own_sdks: Path | None, timeout: int | None, max_memory: int | None, language: str
) -> int:
    """Check each declaration FILE alone: its form, and what the document itself leaves out; that of auditor.yaml where none is given.

    Exit codes: 0, 1 when a document is at fault (at or over --fail-on), 2 when a FILE has mistakes.
    """
    if not files:
        raise click.UsageError("Missing argument 'FILE'; name one, or give 'declaration' in auditor.yaml")
    codes: list[int] = []
    mistakes: list[str] = []
    for file in files:
        try:
            with mistakes_in(file):
                codes.append(_checked(file, fail_on, own_sdks, timeout, max_memory, Language(language)))
        except DeclarationError as error:
            mistakes += error.mistakes
    if mistakes:
        raise DeclarationError(mistakes)
    return worst(codes)


def _checked(
    file: Path, fail_on: str, own_sdks: Path | None, timeout: int | None, max_memory: int | None, speak: Language
) -> int:
    from auditor.pipeline import check_declaration as check

    declaration, findings, gaps = read_document_within(
        file, lambda: check(file, shown_as=shown(file), knowledge=knowledge_with(own_sdks)), timeout, max_memory
    )
    for finding in findings:
        place = f"{finding.declared.file}:{finding.declared.at}" if finding.declared else declaration.file
        print_line(f"{place}: {finding.severity.word} {finding.rule}: {finding.message.in_(speak)}")
    for gap in gaps:
        complain(f"{gap.location}: {gap.reason.in_(speak)}")
    if gated(findings, fail_on):
        return ExitCode.CONTRADICTED
    return ExitCode.INCONCLUSIVE if gaps else ExitCode.CONSISTENT


@click.command()
@click.argument("rule_id", metavar="[ID]", required=False)
@language_option
def rules(rule_id: str | None, language: str) -> int:
    """List the rules, or explain the one called ID."""
    from auditor.decisions import LAPSED
    from auditor.knowledge.load import clauses_for, load
    from auditor.policy.lint import LINTS
    from auditor.records import did_you_mean
    from auditor.rules import RULES

    speak = Language(language)
    catalogue = {info.id: info for info in (*(rule.info for rule in RULES), *(lint.info for lint in LINTS), LAPSED)}
    if rule_id is None:
        width = max(map(len, catalogue))
        for id_, one in catalogue.items():
            print_text(f"{id_:<{width}}  {one.severity.word:<6}  {one.title.in_(speak)}\n")
        return ExitCode.CONSISTENT
    if rule_id not in catalogue:
        raise click.UsageError(f"there is no rule {rule_id!r}{did_you_mean(rule_id, catalogue)}; auditor rules lists them all")
    info = catalogue[rule_id]
    print_text(f"{info.id} ({info.severity.word})\n{info.title.in_(speak)}\n\n{info.help.in_(speak)}\n")
    if limits := info.limits.in_(speak):
        print_text(f"\n{'未核对：' if speak is Language.ZH else 'What it does not look at: '}{limits}\n")
    for clause in clauses_for(load(), info.cites):
        print_text(f"\n{clause.cite.in_(speak)}\n  {clause.summary.in_(speak)}\n")
    return ExitCode.CONSISTENT


@click.command()
@click.argument("sdk_id", metavar="[ID]", required=False)
@knowledge_option
@language_option
def sdks(sdk_id: str | None, own_sdks: Path | None, language: str) -> int:
    """List the third-party SDKs known, or show the one called ID."""
    from auditor.cli.sdk_page import render_sdk
    from auditor.records import did_you_mean

    speak = Language(language)
    knowledge = knowledge_with(own_sdks)
    known = knowledge.sdks
    if sdk_id is None:
        width = max(map(len, known))
        for id_, sdk in sorted(known.items()):
            print_text(f"{id_:<{width}}  {sdk.name.in_(speak)}  ({sdk.vendor.in_(speak)})\n")
        return ExitCode.CONSISTENT
    if sdk_id not in known:
        raise click.UsageError(f"there is no SDK {sdk_id!r}{did_you_mean(sdk_id, known)}; auditor sdks lists them all")
    print_text(render_sdk(known[sdk_id], knowledge, speak))
    return ExitCode.CONSISTENT


def kept(folder: Path | None, speak: Language) -> Cache | None:
    """Return the cache in ``folder``, which says on standard error what is wrong with it."""
    if folder is None:
        return None
    from auditor.cache import Cache

    return Cache(folder, lambda text: complain(text.in_(speak)))


def knowledge_with(own_sdks: Path | None) -> Knowledge:
    """Return the shipped knowledge, with the user's own SDKs where a folder of them is given."""
    from auditor.knowledge.load import load, load_with

    return load() if own_sdks is None else load_with(own_sdks)


def shown(path: Path) -> str:
    """Return the path reports print: relative to where the command runs, or the bare name of a file elsewhere."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive (Windows)
        return path.name
    return path.name if relative.startswith("..") else Path(relative).as_posix()


@contextmanager
def mistakes_in(declaration: Path) -> Iterator[None]:
    """Report mistakes under the path the user gave, which an editor can open, not the bare name that reports print."""
    try:
        yield
    except DeclarationError as error:
        here = shown(declaration)
        raise DeclarationError(
            [f"{declaration}{one.removeprefix(here)}" if one.startswith(f"{here}:") else one for one in error.mistakes]
        ) from None


def _on_stdout(results: Sequence[Audit], format_: str, language: Language) -> str:
    from auditor.report import FORMATS

    if format_ == "text":
        from auditor.report import text

        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        return text.render(results, language, colour=colour)
    return FORMATS[format_].render(results, language)


def failing(findings: Sequence[Finding], fail_on: str) -> tuple[Finding, ...]:
    """Return the findings grave enough for ``fail_on``, and sure enough to count."""
    if fail_on == "never":
        return ()
    level = Severity[fail_on.upper()]
    return tuple(one for one in findings if one.severity >= level and one.confidence >= Confidence.MEDIUM)


def gated(findings: Sequence[Finding], fail_on: str) -> bool:
    """Tell whether any finding is grave enough for ``fail_on``, and sure enough to count."""
    return bool(failing(findings, fail_on))


def worst(codes: Iterable[int]) -> int:
    """Return the exit code of several audits: a contradiction outranks a gap."""
    order = (ExitCode.CONSISTENT, ExitCode.INCONCLUSIVE, ExitCode.CONTRADICTED)
    return max(codes, key=lambda code: order.index(ExitCode(code)))


def _exit_code(result: Audit, fail_on: str) -> int:
    if gated(result.findings, fail_on):
        return ExitCode.CONTRADICTED
    return ExitCode.INCONCLUSIVE if _doubtful(result) else ExitCode.CONSISTENT


def _doubtful(result: Audit) -> tuple[Gap, ...]:
    """Return the gaps nobody accepted that leave a table in doubt which was compared."""
    compared = {one.table for one in result.checked if one.compared and one.doubtful}
    return tuple(gap for gap in result.open_gaps if gap.hides & compared)
