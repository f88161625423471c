"""What a table row, a block of labelled lines or a sentence says of one subject, before it is known what the subject is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from auditor.model import Confidence, Passage
from auditor.policy.document import Line
from auditor.policy.flow import Piece, passage

__all__ = ["Form", "Record", "Value", "breaks_off", "joined_text", "url_of", "urls_in"]

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'“”，。；、（）【】《》|\]]{3,400}", re.IGNORECASE)
_WHOLE_URL = re.compile(r"https?://\S{3,400}\Z", re.IGNORECASE)
_LABELLED = re.compile(r"[\u2e80-\u9fff][^/]*[:：]")
"""What goes on behind an address is another label."""
_CJK = re.compile(r"[\u2e80-\u9fff]")
_BARE_HOST = re.compile(
    r"(?:[a-z0-9-]{1,40}\.){1,4}(?:com|cn|net|org|io|top|vip|cc)(?:/[^\s\u2e80-\u9fff，。；、（）]{0,200})?\Z", re.IGNORECASE
)
_TAIL = ".,;:!?'*，。；、)"
_CONTINUES = re.compile(r"[A-Za-z0-9/_.?=&%#~+-]{1,120}\Z")


class Form(Enum):
    """How the words stood in the document."""

    TABLE = "table"
    BLOCK = "block"
    FLAT = "flat"
    ITEM = "item"
    PROSE = "prose"


@dataclass(slots=True)
class Value:
    """What stands under one label."""

    text: str
    lines: tuple[Line, ...]
    label: str = ""
    """The label as written; empty for a name that has none."""
    spans: bool = False
    """The cell belongs to a row above, too."""

    @property
    def place(self) -> Passage:
        """Where it stands."""
        return passage(self.lines[0], self.text) if self.lines else Passage(line=1)


@dataclass(slots=True)
class Record:
    """One row, block or sentence."""

    form: Form
    section: str
    title: str
    """Heading or caption above."""
    values: dict[str, list[Value]] = field(default_factory=dict)
    """Field (see ``labels`` in the words of policies) -> what stands there, in order."""
    pieces: list[Piece] = field(default_factory=list)
    confidence: Confidence = Confidence.HIGH

    def add(self, field_: str, value: Value) -> None:
        """Add a value."""
        self.values.setdefault(field_, []).append(value)

    def has(self, *fields: str) -> bool:
        """Tell whether any of the fields has a value with text in it."""
        return any(value.text.strip() for field_ in fields for value in self.values.get(field_, ()))

    def first(self, *fields: str) -> Value | None:
        """Return the first value with text of the first field that has one."""
        found = (value for field_ in fields for value in self.values.get(field_, ()) if value.text.strip())
        return next(found, None)

    def all(self, *fields: str) -> Iterator[Value]:
        """Yield every value with text of the fields."""
        return (value for field_ in fields for value in self.values.get(field_, ()) if value.text.strip())

    def text(self, *fields: str) -> str:
        """Return the text of the first field that has one, further values of it behind semicolons."""
        for field_ in fields:
            texts = list(dict.fromkeys(value.text.strip() for value in self.values.get(field_, ()) if value.text.strip()))
            if texts:
                return "；".join(texts)
        return ""

    def place(self) -> Passage:
        """Return where its first value stands."""
        lines = [value.lines[0] for values in self.values.values() for value in values if value.lines]
        if self.pieces:
            lines.append(self.pieces[0].line)
        return passage(min(lines, key=lambda line: (line.page or 0, line.line))) if lines else Passage(line=1)


def joined_text(texts: Iterable[str]) -> str:
    """Join lines of one cell or sentence: a space between Latin words, nothing between Chinese."""
    result = ""
    for text in texts:
        if result and text and ord(result[-1]) < 0x2E80 and ord(text[0]) < 0x2E80:
            result += " "
        result += text
    return result


def urls_in(text: str) -> list[str]:
    """Return the web addresses written in running text."""
    found = []
    for match in _URL.finditer(text):
        url = match[0]
        cut = _CJK.search(url)
        if cut:
            url = url[: cut.start()]
        while url and url[-1] in _TAIL and not (url[-1] == ")" and url.count("(") >= url.count(")")):
            url = url[:-1]
        if len(url) > len("https://") or url.lower().startswith("www."):
            found.append(url)
    return found


def url_of(values: Iterable[Value]) -> str:
    """Return the address a cell or a labelled value gives: as written, or that of its link."""
    for value in values:
        for url in _urls_of(value):
            return url
    return ""


def _urls_of(value: Value) -> Iterator[str]:
    texts = [line.text for line in value.lines] or [value.text]
    for whole in (value.text.strip(), *(text.strip() for text in texts)):
        if _WHOLE_URL.match(whole) and whole.count("://") == 1 and not _LABELLED.search(whole):
            yield whole.rstrip(_TAIL) if not whole.endswith(")") or "(" not in whole else whole.rstrip(".,;:!?'*，。；、")
            return
    broken = _broken(texts)
    if broken:
        yield broken
    yield from urls_in(value.text)
    for line in value.lines:
        yield from (link for link in line.links if link.startswith(("http://", "https://")))
    if _BARE_HOST.match(value.text.strip()):
        yield value.text.strip()


def _broken(texts: Sequence[str]) -> str:
    """Return an address that goes on on the next line."""
    for index, text in enumerate(texts[:-1]):
        if breaks_off(text, texts[index + 1]):
            start = max(match.start() for match in _URL.finditer(text))
            return text[start:].rstrip() + texts[index + 1].strip()
    return ""


def breaks_off(text: str, below: str) -> bool:
    """Tell whether an address at the end of a line goes on on the line below."""
    matches = list(_URL.finditer(text))
    rest = below.strip()
    if not matches or matches[-1].end() != len(text.rstrip()) or not _CONTINUES.match(rest):
        return False
    return text.rstrip()[-1] in "./-_=&?%#" or any(mark in rest for mark in "/=?&%") or rest.endswith((".html", ".htm"))
