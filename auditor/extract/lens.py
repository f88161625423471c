"""What to look for in code: given by whoever asks, so that extraction itself knows no SDK and no law."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Lens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """The things whose use in code is worth recording. An empty lens reads class names only, which is fastest."""

    literals: frozenset[str] = frozenset()
    """String literals, exact."""
    references: bool = False
    """Whether to record which class refers to which."""
