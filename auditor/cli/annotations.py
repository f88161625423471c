"""Findings as annotations of GitHub Actions, on standard error, where ``GITHUB_ACTIONS`` says that a workflow is running.

Source: GitHub, "Workflow commands for GitHub Actions" (``::error file=…,line=…,title=…::message``). GitHub shows the first ten of a level
in a step, so only what counts is annotated: what fails the gate, other contradictions, and gaps that leave a table in doubt.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from auditor.model import Audit, Confidence, Finding, Language, Location, Severity
from auditor.report.plain import one_line

__all__ = ["annotate", "annotate_mistakes", "running"]

_LINE = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)
_MISTAKE = re.compile(r"(?P<file>.+?):(?P<line>[1-9][0-9]{0,8}): (?P<message>.+)\Z", re.DOTALL)


def running() -> bool:
    """Tell whether a GitHub workflow runs the command."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(audits: Sequence[Audit], failing: Iterable[Finding], files: Mapping[str, Path], language: Language) -> None:
    """Annotate what counts in ``audits``: ``failing`` as errors; ``files`` gives the path of each file that findings name.

    Does nothing outside of GitHub Actions.
    """
    if running():
        for line in dict.fromkeys(_lines(audits, set(failing), files, language)):
            click.echo(line, err=True)


def annotate_mistakes(mistakes: Iterable[str]) -> None:
    """Annotate mistakes of the form ``file:line: message``; others, and all outside of GitHub Actions, are left alone."""
    if running():
        for mistake in mistakes:
            if match := _MISTAKE.match(mistake):
                place = {"file": _in_workspace(Path(match["file"])), "line": match["line"]}
                click.echo(_command("error", place, match["message"]), err=True)


def _lines(audits: Sequence[Audit], failing: set[Finding], files: Mapping[str, Path], language: Language) -> Iterator[str]:
    from auditor.report.outline import evidence_line
    from auditor.report.words import Words

    words = Words(language)
    for audit in audits:
        for finding in audit.findings:
            grave = finding.severity >= Severity.MEDIUM and finding.confidence >= Confidence.MEDIUM
            if finding in failing or grave:
                place = _place(finding.declared or Location(file=audit.declaration.file, at="1"), files)
                place["title"] = f"{finding.rule}: {finding.subject}" if finding.subject else finding.rule
                told = (finding.message.in_(language), evidence_line(finding.evidence, words), finding.remedy.in_(language))
                yield _command("error" if finding in failing else "warning", place, "\n".join(filter(None, told)))
        for gap in audit.open_gaps:
            if gap.hides:
                place = _place(Location(file=audit.declaration.file, at="1"), files)
                place["title"] = str(gap.location)
                yield _command("warning", place, gap.reason.in_(language))


def _place(location: Location, files: Mapping[str, Path]) -> dict[str, str]:
    file = files.get(location.file)
    place = {"file": _in_workspace(file)} if file is not None else {}
    if place and _LINE.match(location.at):
        place["line"] = location.at
    return place


def _in_workspace(path: Path) -> str:
    """Return a path as GitHub wants it: from the root of the checkout."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    whole = os.path.abspath(path)
    try:
        relative = os.path.relpath(whole, workspace) if workspace else os.path.relpath(whole)
    except ValueError:  # another drive (Windows)
        return whole
    return whole if relative.startswith("..") else Path(relative).as_posix()


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    """Return a workflow command; nothing in a value ends it, or starts another one."""
    pairs = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = "%0A".join(_data(one_line(line)) for line in message.split("\n"))
    return f"::{level} {pairs}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
