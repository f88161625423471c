"""Everything the auditor raises on purpose.

AuditorError                the root; carries a message and a hint
├── BuildError              the file cannot be opened as a mobile build at all
├── Mistakes                a YAML document with mistakes; carries every one of them
│   ├── DeclarationError    … it is the declaration
│   ├── DecisionsError      … it is the decisions file
│   ├── ConfigError         … it is the configuration
│   └── KnowledgeError      … it is the shipped (or a user's own) knowledge
├── PolicyError             the file cannot be read as a policy document at all
├── SideFileError           a file given beside the build (mapping, merger report) cannot be used
├── EvidenceError           an evidence pack cannot be made, or a file is none
├── WireError               a JSON document is not the result it claims to be
└── OutputError             a report cannot be written where it was asked for

Partial failure is never raised: it is a ``Gap`` in the result.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class AuditorError(Exception):
    """Root of the errors a user can do something about."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep ``message`` (what, where) and ``hint`` (what to do); both are one line."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return message and hint in one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


class BuildError(AuditorError):
    """The file cannot be opened as a mobile build at all."""


class Mistakes(AuditorError):
    """A YAML document with mistakes, each already formatted as ``file:line: message``."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        """Keep every mistake, in file order."""
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class DeclarationError(Mistakes):
    """The declaration is broken."""


class DecisionsError(Mistakes):
    """The decisions file is broken."""


class ConfigError(Mistakes):
    """The configuration is broken."""


class KnowledgeError(Mistakes):
    """The knowledge is broken."""


class PolicyError(AuditorError):
    """The file cannot be read as a policy document at all."""


class SideFileError(AuditorError):
    """A file given beside the build (mapping, merger report) cannot be used, or belongs to another build."""


class EvidenceError(AuditorError):
    """An evidence pack cannot be made as asked, or what was given as one is none; or a key cannot be used."""


class WireError(AuditorError):
    """A JSON document is not the result it claims to be; the message names the place in it."""


class OutputError(AuditorError):
    """A report cannot be written where it was asked for."""
