"""What in a manifest readers may take in several ways, and which of it makes them see different content."""

from __future__ import annotations

from typing import NamedTuple

from auditor.build import Oddity

__all__ = ["DIFFER", "Odd"]

DIFFER = frozenset(
    {
        *(Oddity.XML_POOLS, Oddity.XML_MAPS, Oddity.XML_ZERO, Oddity.XML_LENGTH, Oddity.XML_NAME, Oddity.XML_NO_NAME, Oddity.XML_NAMESPACE),
        *(Oddity.XML_NO_ID, Oddity.XML_ORDER, Oddity.XML_TWICE, Oddity.XML_RAW),
        *(Oddity.NESTED_ELEMENT, Oddity.SECOND_APPLICATION, Oddity.INNER_MANIFEST),
    }
)
"""Where a reader that goes by names, by the first of several, or by where elements stand sees another manifest than the device."""


class Odd(NamedTuple):
    """One oddity of a manifest."""

    kind: Oddity
    at: str
