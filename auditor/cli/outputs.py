"""Where reports go: checked before work starts, written to a temporary file beside the target, then moved into place."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from auditor.errors import OutputError

__all__ = ["Output", "OutputType", "claim", "print_bytes", "print_line", "print_text", "write"]


@dataclass(frozen=True, slots=True)
class Output:
    """One report asked for: its format and its file."""

    format: str
    path: Path


class OutputType(click.ParamType):  # type: ignore[type-arg]
    """``FORMAT=PATH``."""

    name = "FORMAT=PATH"

    def __init__(self, formats: Collection[str]) -> None:
        self.formats = formats

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        """Split at the first ``=`` and check the format."""
        if isinstance(value, Output):
            return value
        format_, sign, path = str(value).partition("=")
        if not sign or not path:
            self.fail(f"{value!r} is not of the form FORMAT=PATH, such as html=reports/app.html", param, ctx)
        if format_ not in self.formats:
            from auditor.records import did_you_mean

            known = ", ".join(self.formats)
            self.fail(f"{format_!r} is no report format{did_you_mean(format_, self.formats)}; there are {known}", param, ctx)
        return Output(format_, Path(path))


def claim(outputs: Sequence[Output], inputs: Sequence[Path]) -> None:
    """Make sure every output can be written, and overwrites no input. Raises OutputError with what to do."""
    read = {Path(os.path.realpath(path)) for path in inputs}
    seen: set[Path] = set()
    for output in outputs:
        target = Path(os.path.realpath(output.path))
        if target in seen:
            raise OutputError(f"{output.path} is asked for twice", "give each report a file of its own")
        if target in read:
            raise OutputError(f"{output.path} is read by this command and would be lost", "give the report a file of its own")
        seen.add(target)
        try:
            if _is_device(output.path):
                continue
            if target.is_dir():
                raise OutputError(f"{output.path} is a directory", "name a file in it")
            target.parent.mkdir(parents=True, exist_ok=True)
            import tempfile

            with tempfile.TemporaryFile(dir=target.parent):
                pass
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(f"{output.path} cannot be written ({reason})", "choose a folder that can be written") from None


def _is_device(path: Path) -> bool:
    """Tell whether ``path`` is a pipe, a terminal, /dev/null: something to write to, never to put a file in place of."""
    return path.exists() and not path.is_file() and not path.is_dir()


def write(output: Output, report: str | bytes) -> None:
    """Write a report whole or not at all. Raises OutputError (a full disk, for one)."""
    target = Path(os.path.realpath(output.path))
    content = report.encode("utf-8", "replace") if isinstance(report, str) else report
    temporary = None
    try:
        if _is_device(output.path):
            output.path.write_bytes(content)
            return
        import tempfile

        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".auditor.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # mkstemp makes the file private; a report is as readable as any new file
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        reason = error.strerror or str(error)
        raise OutputError(f"{output.path} could not be written ({reason})", "free some space or choose another place") from None


def print_line(text: str) -> None:
    """Write one line to standard output, whatever the words of a document in it hold."""
    from auditor.report.plain import one_line

    print_text(one_line(text) + "\n")


def print_text(text: str) -> None:
    """Write to standard output as UTF-8, whatever the locale says."""
    if getattr(sys.stdout, "buffer", None) is None:
        sys.stdout.write(text)
    else:
        print_bytes(text.encode("utf-8", "replace"))


def print_bytes(content: bytes) -> None:
    """Write to standard output as it is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
