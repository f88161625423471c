"""Values from a build made harmless for the eye: nothing in them moves a cursor, turns a line round or hides itself."""

from __future__ import annotations

import re

from auditor.unseen import UNSEEN

__all__ = ["one_line", "paragraphs"]

LONGEST = 2000
"""Characters shown of one value; the JSON form holds all of it."""

_HARMFUL = re.compile(f"[\x00-\x1f{UNSEEN}\ud800-\udfff\ufffe\uffff]")

# A line break between Chinese characters stands for nothing; anywhere else it stands for a space.
_WRAPPED = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u2e80-\u9fff\uff00-\uffef])")


def one_line(value: str) -> str:
    r"""Return ``value`` as one line that shows what it holds: ``\x1b`` or ``\u202e`` stand for what has no shape.

    A value longer than LONGEST characters is cut, and says by how many.
    """
    shown = _HARMFUL.sub(_escape, value[:LONGEST])
    return shown if len(value) <= LONGEST else f"{shown}… (+{len(value) - LONGEST})"


def paragraphs(value: str) -> tuple[str, ...]:
    """Return the paragraphs of a text of our own (a rule's help), each as one line; blank lines part them."""
    parts = (" ".join(_WRAPPED.sub("", part).split()) for part in re.split(r"\n\s*\n", value))
    return tuple(one_line(part) for part in parts if part)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
