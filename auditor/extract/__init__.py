"""From a build file to facts: knows no law and no SDK."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.archive import Limits
    from auditor.build import Build
    from auditor.extract.lens import Lens

__all__ = ["extract"]


def extract(
    path: Path, *, lens: Lens | None = None, limits: Limits | None = None, tell: Callable[[str], None] | None = None
) -> Build:
    """Read a build file, or a library's directory; ``lens`` says what to look for in its code, ``tell`` is told each file read.

    Raises BuildError when it cannot be opened as an app or a library at all, MemoryError where the memory does not do, and
    nothing else.
    """
    from auditor.extract.reading import read  # knows every form of build, which whoever reads one part of one need not

    return read(path, lens, limits, tell)
