"""Texts that were looked for, in the bytes of a file, whatever holds them: scripts, string tables, resources."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Wording", "links_in", "wordings_in", "wordings_of_strings"]

_LINK = re.compile(rb"https?://[a-zA-Z0-9._~:/?#@!$&()*+,;=%-]{4,300}")
_PER_SUBJECT = 3
"""Places kept per subject and file."""
_LOOKED_AT = 20_000
"""Addresses looked at in one file."""

Wording = tuple[str, str, int]
"""(subject, words or address, offset in bytes)"""


def wordings_in(data: bytes, wordings: Mapping[str, Sequence[str]], *, wide: bool = False, script: bool = False) -> Iterator[Wording]:
    """Yield where a file holds one of the words of each subject.

    They are looked for as UTF-8; with ``wide`` also as UTF-16, with ``script`` also as JavaScript escapes.
    """
    for subject, words in wordings.items():
        left = _PER_SUBJECT
        for word in words:
            at = min((at for form in _forms(word, wide, script) if (at := data.find(form)) >= 0), default=-1)
            if at >= 0 and left:
                left -= 1
                yield subject, word, at


def _forms(word: str, wide: bool, script: bool) -> Iterator[bytes]:
    yield word.encode()
    if wide:
        yield word.encode("utf-16-le")
        yield word.encode("utf-16-be")
    if script and not word.isascii():
        escaped = "".join(char if char.isascii() else f"\\u{ord(char):04x}" for char in word)
        yield escaped.encode()
        yield escaped.replace("\\u", "\0").upper().replace("\0", "\\u").encode()


def links_in(data: bytes, links: Mapping[str, Sequence[str]]) -> Iterator[Wording]:
    """Yield the addresses in a file that have one of the words of a subject behind their host."""
    kept: dict[str, set[str]] = {subject: set() for subject in links}
    at = data.find(b"http")
    for _ in range(_LOOKED_AT):
        if at < 0:
            return
        match = _LINK.match(data, at)
        if match:
            for subject, address in _subjects(match[0], links):
                if address not in kept[subject] and len(kept[subject]) < _PER_SUBJECT:
                    kept[subject].add(address)
                    yield subject, address, at
        at = data.find(b"http", at + 4)


def _subjects(raw: bytes, links: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    address = raw.decode("ascii")
    path = address.lower().split("://", 1)[1]
    # a host alone, such as privacy.example.com, leads nowhere in particular unless a path follows
    rest = path if "/" in path.rstrip("/") else ""
    for subject, words in links.items():
        if rest and any(word in rest for word in words):
            yield subject, address


def wordings_of_strings(
    strings: Sequence[bytes], wordings: Mapping[str, Sequence[str]], links: Mapping[str, Sequence[str]]
) -> dict[int, tuple[str, str]]:
    """Return which strings of a DEX file speak of a subject: index -> (subject, words or address).

    They are sorted, so texts that begin with a Chinese character stand together at the end, and addresses side by side.
    """
    found: dict[int, tuple[str, str]] = {}
    words = [(subject, word, word.encode()) for subject, every in wordings.items() for word in every if not word.isascii()]
    for index in range(bisect_left(strings, b"\xc3"), len(strings)):
        for subject, word, raw in words:
            if raw in strings[index]:
                found[index] = subject, word
                break
    for index in range(bisect_left(strings, b"http"), bisect_left(strings, b"httpt")):
        if (match := _LINK.match(strings[index])) is not None:
            for subject, address in _subjects(match[0], links):
                found[index] = subject, address
                break
    return found
