"""What in a build's own files readers may take in several ways."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Oddity"]


class Oddity(NamedTuple):
    """One place where a plain reader may see something else than the device."""

    name: str
    at: str
