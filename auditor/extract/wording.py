"""Texts that were looked for, in the bytes of a file, whatever holds them: scripts, string tables, resources."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from auditor.build import FactKind
from auditor.extract.collector import Collector

__all__ = ["Wording", "links_in", "record_texts", "wordings_in", "wordings_of_strings"]

_LINK = re.compile(rb"https?://[a-zA-Z0-9._~:/?#@!$&()*+,;=%-]{4,300}")
_ANCHOR = 2
"""Characters of a piece that words share."""
_PER_SUBJECT = 3
"""Places kept per subject and file."""
_LOOKED_AT = 20_000
"""Addresses looked at in one file."""

Wording = tuple[str, str, int]
"""(subject, words or address, offset in bytes)"""


def wordings_in(
    data: bytes, wordings: Mapping[str, Sequence[str]], *, wide: bool = False, big: bool = False, script: bool = False
) -> Iterator[Wording]:
    """Yield where a file holds one of the words of each subject.

    They are looked for as UTF-8; with ``wide`` also as UTF-16, with ``big`` also as big-endian UTF-16, with ``script`` also as
    JavaScript escapes.
    """
    anchors = _anchors(tuple(sorted({word for words in wordings.values() for word in words})))
    forms = {anchor: [form for form in _forms(anchor, wide, big, script) if form in data] for anchor in set(anchors.values())}
    for subject, words in wordings.items():
        left = _PER_SUBJECT
        for word in words:
            if not left or not forms[anchors[word]]:
                continue
            at = min((at for form in _forms(word, wide, big, script) if (at := data.find(form)) >= 0), default=-1)
            if at >= 0:
                left -= 1
                yield subject, word, at


@cache
def _anchors(words: tuple[str, ...]) -> Mapping[str, str]:
    """Return for each word a piece of it that few files hold and many words share: one look for that spares those for all."""
    left = set(words)
    found: dict[str, str] = {}
    while left:
        shared = Counter(word[at : at + _ANCHOR] for word in left for at in range(max(1, len(word) - _ANCHOR + 1)))
        anchor = min(shared, key=lambda piece: (piece.isascii(), -shared[piece], piece))
        if anchor.isascii():
            return found | {word: word for word in left}
        holding = {word for word in left if anchor in word}
        found |= dict.fromkeys(holding, anchor)
        left -= holding
    return found


def _forms(word: str, wide: bool, big: bool, script: bool) -> Iterator[bytes]:
    yield word.encode()
    if wide:
        yield word.encode("utf-16-le")
    if big:
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


def record_texts(
    collect: Collector,
    file: str,
    data: bytes,
    *,
    wide: bool = False,
    big: bool = False,
    script: bool = False,
    placed: bool = True,
) -> None:
    """Record the words and links of a file that were looked for; ``placed`` says that offsets mean something."""
    lens = collect.lens
    for wordings in (wordings_in(data, lens.wordings, wide=wide, big=big, script=script), links_in(data, lens.links)):
        for subject, text, at in wordings:
            collect.fact(FactKind.WORDING, subject, file, f"+0x{at:x}" if placed else "string table", value=text)
