"""Bytes to text, whatever they say of themselves: byte order marks, UTF-8, UTF-16 without a mark, GB18030, Big5."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

__all__ = ["Decoded", "decode", "is_binary"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESSES = ["gb18030", "big5", "cp1252", "shift_jis", "euc_kr"]
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})|<\?xml[^>]{1,100}encoding\s*=\s*[\"']([A-Za-z0-9_-]{2,40})")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 200_000
"""Bytes looked at to tell one encoding from another."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was read in, and how many of its characters could not be."""

    text: str
    encoding: str
    lost: int = 0


def is_binary(text: str) -> bool:
    """Tell whether what was decoded is no text: control characters all over it."""
    sample = text[:_SAMPLE]
    return len(_CONTROL.findall(sample)) > len(sample) // 50 + 2


def decode(data: bytes) -> Decoded:
    """Return the text of a file.

    A byte order mark decides; then what is valid UTF-8 is UTF-8, whatever the file declares, since no other encoding
    gives valid UTF-8 by chance; then what the file declares, if the bytes bear it out; then the likeliest guess.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _with_losses(data[len(mark) :], encoding)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if "\0" not in text[:_SAMPLE]:
            return Decoded(text, "utf-8")
    wide = _wide(data)
    if wide:
        return _with_losses(data, wide)
    declared = _declared(data)
    if declared and declared not in ("utf-8", "iso8859-1", "ascii"):
        try:
            return Decoded(data.decode(declared), declared)
        except UnicodeDecodeError:
            pass
    damaged = _with_losses(data, "utf-8")
    if damaged.lost * 50 < sum(1 for character in damaged.text if ord(character) > 0x7F):
        return damaged
    return _with_losses(data, _likeliest(data))


def _with_losses(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    return Decoded(text, encoding, text.count("\ufffd"))


def _wide(data: bytes) -> str:
    """Return the UTF-16 in which the ASCII characters of the text have their zero bytes; "" where it is none."""
    sample = data[: _SAMPLE // 2 * 2]
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if max(first, second) * 100 < len(sample) or min(first, second) * 20 > max(first, second):
        return ""
    encoding = "utf-16-be" if first > second else "utf-16-le"
    text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")
    return "" if is_binary(text) or text.count("\ufffd") * 50 > len(text) else encoding


def _declared(data: bytes) -> str:
    """Return the encoding an HTML or XML text declares near its start, as Python calls it; "" for none known."""
    match = _DECLARED.search(data[:4096])
    if match is None:
        return ""
    name = (match[1] or match[2]).decode("ascii").lower()
    if name in ("gb2312", "gbk", "x-gbk", "gb_2312-80"):
        return "gb18030"  # the later standard holds the earlier ones
    try:
        found = codecs.lookup(name)
    except LookupError:
        return ""
    # UTF-16 would have shown by its zero bytes; a codec that makes no text is none of ours
    return found.name if getattr(found, "_is_text_encoding", True) and not found.name.startswith("utf-") else ""


def _likeliest(data: bytes) -> str:
    """Return the encoding the letters speak for; every one of them takes nearly any bytes, so it is about letters."""
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE]
    found = from_bytes(sample, cp_isolation=_GUESSES).best()
    return str(found.encoding) if found is not None else "gb18030"
