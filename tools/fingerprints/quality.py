"""Which literals can identify code at all: what any programmer writes, and what many SDKs name, cannot."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml

__all__ = ["is_readable", "is_telling", "struck_by_hand", "why_blocked"]

_SHORTEST, _LONGEST = 8, 160
_SHORTEST_WORD = 18
"""A single word or identifier below this is one that others write too."""
_BREAKS = str.maketrans("\t\n\r", "   ")
_FEWEST_LETTERS = 6
_WORD = re.compile(r"[\w$.-]*\Z", re.ASCII)
_WORDS = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]{2,}")
_HOST = re.compile(r"(?!(?:com|org|cn|net|io|android|java|javax)\.)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|io|me)\Z")
_NAME = re.compile(r"L?(?:com|org|cn|net|io|me|tv|miui|ccom)[./][\w$./-]+;?\Z", re.ASCII)
"""Names of classes, packages, intents and providers."""


def is_telling(text: str) -> bool:
    """Tell whether a literal is long and peculiar enough to be one SDK's own.

    Names of classes, packages and intents are not: adapters and vendors name each other, and optimisers rewrite them.
    """
    if not _SHORTEST <= len(text) <= _LONGEST or "\ufffd" in text or not text.translate(_BREAKS).isprintable():
        return False
    if sum(letter.isalpha() for letter in text) < _FEWEST_LETTERS:
        return False
    if _HOST.match(text):
        return True
    if _NAME.match(text.strip()):
        return False
    if _WORD.match(text.strip()):
        return len(text.strip()) >= _SHORTEST_WORD
    if any("\u4e00" <= letter <= "\u9fff" for letter in text):
        return True
    return len(_WORDS.findall(text)) >= 2 or len(text) >= _SHORTEST_WORD


def is_readable(text: str) -> bool:
    """Tell whether a reviewer who is shown the literal can make something of it: words, or an address."""
    return len(_WORDS.findall(text)) >= 2


@functools.cache
def _blocked() -> tuple[tuple[re.Pattern[str], str], ...]:
    entries = yaml.safe_load(Path(__file__).with_name("blocklist.yaml").read_text("utf-8"))["blocked"]
    return tuple((re.compile(pattern), entry["why"]) for entry in entries for pattern in entry["patterns"])


def why_blocked(text: str) -> str:
    """Return why a literal never identifies an SDK although only one may hold it; empty where it may."""
    return next((why for pattern, why in _blocked() if pattern.search(text)), "")


@functools.cache
def _struck() -> dict[str, tuple[re.Pattern[str], ...]]:
    entries = yaml.safe_load(Path(__file__).with_name("blocklist.yaml").read_text("utf-8")).get("struck") or {}
    return {id_: tuple(re.compile(pattern) for pattern in patterns) for id_, patterns in entries.items()}


def struck_by_hand(id_: str, text: str) -> str:
    """Return why a person who read the list of an id struck a literal from it; empty where nobody did."""
    return "generic, struck by its reader" if any(one.search(text) for one in _struck().get(id_, ())) else ""
