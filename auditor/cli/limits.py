"""How long reading may take and how much memory: the options, and documents read within them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from auditor.errors import PolicyError
from auditor.model import Text

__all__ = ["max_memory_option", "read_document_within", "refusal", "timeout_option"]

Result = TypeVar("Result")

timeout_option = click.option(
    "--timeout",
    type=click.IntRange(1, 86_400),
    metavar="SECONDS",
    help="Most time that reading may take, of the clock and of the processor.  [default: by the size of what is read]",
)
max_memory_option = click.option(
    "--max-memory",
    type=click.IntRange(256, 1 << 20),
    metavar="MB",
    help="Most memory (address space) that reading may take.  [default: by the size of what is read]",
)


def read_document_within(document: Path, work: Callable[[], Result], timeout: int | None, max_memory: int | None) -> Result:
    """Return what ``work`` makes of a document (a policy, a declaration), or raise what it raises.

    It is done in a process of its own: whatever the document does to that is a PolicyError.
    """
    from auditor.sandbox import Stopped, allowance, contained

    try:
        return contained(lambda _: work(), allowance(document, timeout, max_memory), _quiet)
    except Stopped as stopped:
        raise refusal(document, stopped.reason) from None


def refusal(document: Path, reason: Text) -> PolicyError:
    """Return the error for a document whose reading ended before its end."""
    return PolicyError(
        f"{document} was not read: {reason.en}", "give its text as HTML, Markdown or plain text, or a declaration made from it"
    )


def _quiet(_: Text) -> None:
    return None
