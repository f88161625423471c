"""The command line: flags in, exit code out. Nothing heavy is imported until a command needs it.

Exit codes: 0 consistent (or accepted); 1 contradicted at or over ``--fail-on``; 2 usage error, broken declaration, or nothing that can
be opened as a build; 3 inconclusive (gaps); 70 a bug of the auditor; 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import click

from auditor import __version__
from auditor.errors import AuditorError, Mistakes

__all__ = ["ExitCode", "command", "complain", "main"]

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class ExitCode(IntEnum):
    """What the exit codes mean."""

    CONSISTENT = 0
    CONTRADICTED = 1
    UNUSABLE = 2
    INCONCLUSIVE = 3
    BUG = 70
    INTERRUPTED = 130


class _Lazy(click.Group):
    """A group whose commands live in modules of their own, imported when called or when their help is wanted."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.short = {
            "audit": "Audit a build against a declaration.",
            "compare": "Compare two builds: what a release adds and drops.",
            "facts": "Show what a build holds.",
            "evidence": "Pack an audit as evidence to be filed.",
            "verify": "Check a pack of evidence.",
            "check-declaration": "Check a declaration alone.",
            "declare": "Draft a declaration from a policy.",
            "lint-policy": "Check a policy document alone.",
            "rules": "List the rules, or explain one.",
            "sdks": "List the SDKs known, or show one.",
            "config": "Show the configuration in effect.",
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of their importance."""
        return list(self.short)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in self.short:
            return None
        if cmd_name == "config":
            from auditor.cli import configured

            return configured.config
        if cmd_name == "compare":
            from auditor.cli import compare

            return compare.compare
        if cmd_name in ("evidence", "verify"):
            from auditor.cli import evidence

            return evidence.COMMANDS[cmd_name]
        from auditor.cli import commands

        found: click.Command = getattr(commands, cmd_name.replace("-", "_"))
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.short.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for one that does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from auditor.records import did_you_mean

            ctx.fail(f"No such command {args[0]!r}{did_you_mean(args[0], self.short)}.")


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=False)
@click.version_option(__version__, prog_name="auditor")
@click.option(
    "--config", "config_file", metavar="FILE", envvar="AUDITOR_CONFIG",
    help="Configuration to use instead of the nearest auditor.yaml.",
)
@click.option("--no-config", is_flag=True, help="Use no configuration.")
@click.pass_context
def command(ctx: click.Context, config_file: str | None, no_config: bool) -> None:
    """Audit a mobile app build (APK, IPA, HAP) against the privacy policy its owner declared.

    An auditor.yaml in this folder or above it gives what the command line leaves out.

    Exit codes: 0 consistent, 1 contradicted, 2 unusable input, 3 inconclusive, 70 internal error, 130 interrupted.
    """
    from pathlib import Path

    from auditor.cli.configured import configure

    configure(ctx, Path(config_file) if config_file else None, ignore=no_config)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    _open_streams()
    early = _on_interrupt(signal.default_int_handler)
    try:
        code = command.main(arguments, prog_name="auditor", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.Exit as exit_:
        return int(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        return ExitCode.UNUSABLE
    except (KeyboardInterrupt, click.Abort):
        _on_interrupt(signal.SIG_IGN)
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has left (auditor … | head): there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.UNUSABLE
    except Mistakes as error:
        from auditor.cli.annotations import annotate_mistakes

        for mistake in error.mistakes:
            complain(mistake)
        annotate_mistakes(error.mistakes)
        return ExitCode.UNUSABLE
    except AuditorError as error:
        complain(f"auditor: {error}")
        return ExitCode.UNUSABLE
    except Exception as error:  # the last door: our own bug must not look like a finding (exit 1)
        if isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None:
            # only a stream has no name: standard output is a file on a full disk
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            complain(f"auditor: standard output could not be written ({error.strerror}); free some space")
            return ExitCode.UNUSABLE
        if os.environ.get("AUDITOR_DEBUG"):
            raise
        complain(
            f"auditor: internal error ({type(error).__name__}: {error}); please report it"
            " (AUDITOR_DEBUG=1 shows where it happened)"
        )
        return ExitCode.BUG
    finally:
        _on_interrupt(early)


def _on_interrupt(handler: Any) -> Any:
    """Say what an interrupt does from here on; return what it did. Whoever ignores it goes on ignoring it."""
    early = signal.getsignal(signal.SIGINT)
    if early is not signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
    return early


def _open_streams() -> None:
    """Open what whoever started us has closed (``>&-``, ``2>&-``): the exit code and the files still count."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open for as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def complain(message: str) -> None:
    """Say something on standard error in one line, whatever a path or a build's own words in it hold."""
    from auditor.report.plain import one_line

    click.echo(one_line(message), err=True)
