"""Rows of the draft while they are being put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditor.model import Confidence, Passage, Platform

__all__ = ["Doubt", "PermissionRow", "SdkRow", "add_places"]


@dataclass(slots=True)
class PermissionRow:
    """One permission (Android or HarmonyOS) or one iOS key."""

    name: str
    text: str
    purpose: str = ""
    about: str = ""
    """What the permission does, where a column of its own says so."""
    shared_with: str = ""
    places: list[Passage] = field(default_factory=list)
    confidence: Confidence = Confidence.HIGH
    written: bool = True
    """Its constant stands in the text."""


@dataclass(slots=True)
class SdkRow:
    """One SDK."""

    name: str = ""
    package: str = ""
    aliases: list[str] = field(default_factory=list)
    id: str = ""
    vendor: str = ""
    purpose: str = ""
    shared_with: str = ""
    data_text: str = ""
    data: list[str] = field(default_factory=list)
    vague: bool = False
    permissions: list[str] = field(default_factory=list)
    permission_text: str = ""
    platform: Platform | None = None
    url: str = ""
    places: list[Passage] = field(default_factory=list)
    confidence: Confidence = Confidence.HIGH
    listed: bool = True
    """It stands in a list of SDKs, not only in running text."""


@dataclass(slots=True)
class Doubt:
    """What a person has to look at: nothing was declared from it."""

    table: str
    subject: str
    reason: str
    places: list[Passage] = field(default_factory=list)
    confidence: Confidence = Confidence.LOW


_MOST_PLACES = 12


def add_places(places: list[Passage], more: list[Passage]) -> None:
    """Add the places not yet there, a dozen at most."""
    if len(places) >= _MOST_PLACES:
        return
    known = {(place.line, place.page, place.quote) for place in places}
    places.extend(place for place in more if (place.line, place.page, place.quote) not in known)
