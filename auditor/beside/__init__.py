"""What a build leaves beside the app: the mapping a minifier wrote, the report of the manifest merger.

Only whoever built the app has these files. Both are optional, and what they say is shown as theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["NOTHING", "Beside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Paths of the files given beside a build."""

    mapping: Path | None = None
    """``mapping.txt`` of R8 or ProGuard."""
    merger_report: Path | None = None
    """``manifest-merger-*-report.txt`` of the Android Gradle plugin."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are given."""
        return tuple(path for path in (self.mapping, self.merger_report) if path is not None)


NOTHING = Beside()
