"""Raw text made lines: white space folded, invisible characters dropped, addresses found."""

from __future__ import annotations

import re
from collections.abc import Iterable

from auditor.policy.document import Line

__all__ = ["addresses", "fold", "line_of", "source_lines"]

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u0084\u0086-\u009f"  # controls that are no white space
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"  # soft hyphens, joiners, directions, marks
)
_EAST_ASIAN = "\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_BREAK_INSIDE = re.compile(f"(?<=[{_EAST_ASIAN}])[ \t]*\n\\s*(?=[{_EAST_ASIAN}])")
_SPACE = re.compile(r"\s+")
_ADDRESS = re.compile(r"https?://[!#$%&'*+,./0-9:;=?@A-Z_a-z~\[\]()-]+")
_TRAILING = ".,;:!?'*"


def source_lines(text: str) -> list[str]:
    """Return the lines of a source as editors count them: ended by LF, CRLF or CR, and by nothing else."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def fold(text: str) -> str:
    """Return ``text`` as it reads: white space folded to one space, or to none where a line broke between Chinese."""
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text)
    if "\n" in text:
        text = _BREAK_INSIDE.sub("", text)
    return _SPACE.sub(" ", text).strip()


def addresses(text: str) -> tuple[str, ...]:
    """Return the web addresses written in ``text``, without the punctuation that ends the sentence."""
    found = []
    for match in _ADDRESS.finditer(text):
        address = match[0]
        surplus = {close: address.count(close) - address.count(opening) for opening, close in ("()", "[]")}
        end = len(address)
        while end and (address[end - 1] in _TRAILING or surplus.get(address[end - 1], 0) > 0):
            end -= 1
            if address[end] in surplus:
                surplus[address[end]] -= 1
        if end > len("https://"):
            found.append(address[:end])
    return tuple(found)


def line_of(text: str, line: int, *, page: int | None = None, links: Iterable[str] = ()) -> Line | None:
    """Return the folded line with its links and the addresses it writes out, or None where nothing is left."""
    text = fold(text)
    if not text:
        return None
    written = addresses(text) if "://" in text else ()
    return Line(text=text, line=line, page=page, links=tuple(dict.fromkeys([*links, *written])))
