r"""Characters that are not seen or turn a line round, written so that they are: ``\u202e``, not what it does."""

from __future__ import annotations

import re

__all__ = ["UNSEEN", "visible"]

# C1 controls, soft hyphen, Arabic letter mark, zero-width space, direction marks and overrides, line and paragraph separators,
# word joiner and its kin, byte-order mark, interlinear marks, tag characters. Zero-width (non-)joiners stay: scripts and emoji
# need them.
UNSEEN = "\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""The characters, as they stand in a character class; C0 controls and what is no character at all are not among them."""

_WRITTEN = re.compile(f"[\x00-\x08\x0b-\x1f{UNSEEN}\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def visible(text: str, most: int = 0x10FFFF) -> str:
    r"""Return ``text`` with ``\u202e`` for what is not seen and U+FFFD for a lone surrogate; line breaks and tabs stay.

    Characters beyond ``most`` stay, too.
    """

    def escape(match: re.Match[str]) -> str:
        code = ord(match[0])
        return match[0] if code > most else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _WRITTEN.sub(escape, _SURROGATE.sub("\ufffd", text))
