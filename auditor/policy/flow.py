"""A document as one flow: its lines in order, each with the subject of its section, and its tables among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from auditor.model import Passage
from auditor.policy.document import Document, Grid, Heading, Line, Paragraph
from auditor.policy.lexicon import Lexicon

__all__ = ["Flow", "Piece", "TablePart", "flow_of", "joined", "passage", "quote", "sentences"]

_QUOTE = 60
_STICKY = frozenset({"definitions", "exceptions", "rights", "minors", "contact", "updates"})
"""Subjects a subsection keeps unless it is about permissions or SDKs by its own heading."""
_STRONG = frozenset({"permissions", "sdk", "definitions", "exceptions"})
_SENTENCE_END = re.compile(r"[。！!？?；;\n]|\.(?=\s+[A-Z])")
_SHORT_HEADING = 14
_APPENDIX = re.compile(r"附[录件表则]")
_LONG_HEADING = 40


@dataclass(slots=True)
class Piece:
    """One line of running text where it stands."""

    text: str
    line: Line
    block: int
    """Index of its block in the document."""
    section: str
    """Subject of the section (see ``sections`` in the words of policies); empty where the headings tell none."""
    heading: bool = False
    item: bool = False
    title: str = ""
    """Text of the last heading above."""
    used: bool = False
    """A row was read from it."""
    told: list[str] = field(default_factory=list)
    """Sentences of it that tell what an SDK does: what they name the SDK takes, not the app."""


@dataclass(slots=True)
class TablePart:
    """A table where it stands."""

    grid: Grid
    block: int
    section: str
    title: str
    """Text of the last heading or short line above."""
    title_line: Line | None = None
    """Where that stands."""
    used: bool = False


@dataclass(slots=True)
class Flow:
    """The whole document."""

    document: Document
    pieces: list[Piece] = field(default_factory=list)
    tables: list[TablePart] = field(default_factory=list)

    def free(self) -> Iterator[Piece]:
        """Yield the lines nothing was read from yet."""
        return (piece for piece in self.pieces if not piece.used)

    def blocks(self) -> Iterator[list[Piece]]:
        """Yield the lines of one block after the other."""
        run: list[Piece] = []
        for piece in self.pieces:
            if run and run[-1].block != piece.block:
                yield run
                run = []
            run.append(piece)
        if run:
            yield run


def flow_of(document: Document, lexicon: Lexicon) -> Flow:
    """Return the flow of a document."""
    flow = Flow(document)
    stack: list[tuple[int, str]] = []
    title = above = ""
    title_line: Line | None = None
    for index, block in enumerate(document.blocks):
        if isinstance(block, Grid):
            caption = block.caption.text if block.caption else ""
            line = block.caption or title_line
            flow.tables.append(TablePart(block, index, stack[-1][1] if stack else "", caption or above or title, line))
            continue
        if isinstance(block, Heading) or (isinstance(block, Paragraph) and _is_appendix(block)):
            line = block.line if isinstance(block, Heading) else block.lines[0]
            level = block.level if isinstance(block, Heading) else 1
            while stack and stack[-1][0] >= level:
                stack.pop()
            outer = stack[-1][1] if stack else ""
            own = lexicon.section(line.text)
            if outer in _STICKY and own not in _STRONG:
                own = outer
            stack.append((level, own or outer))
            title = above = line.text
            title_line = line
            flow.pieces.append(Piece(line.text, line, index, own or outer, heading=True, title=title))
            continue
        for line in block.lines:
            if not block.item and (own := _bare_heading(line.text, lexicon)):
                # a heading by nothing but its words: 名词解释, 联系我们
                stack = [(1, own)]
                title = line.text
            section = stack[-1][1] if stack else ""
            flow.pieces.append(Piece(line.text, line, index, section, item=block.item, title=title))
        if block.lines:
            last = block.lines[-1].text
            above = last if len(last) <= _LONG_HEADING else ""
            title_line = block.lines[-1] if above else title_line
    return flow


def _bare_heading(text: str, lexicon: Lexicon) -> str:
    """Return the subject of a line that is one short phrase about a subject in which nothing is declared."""
    if len(text) > _SHORT_HEADING or re.search(r"[，。；：:,;!！?？\d]", text):
        return ""
    subject = lexicon.section(text)
    return subject if subject in _STICKY and subject != "updates" else ""


def _is_appendix(block: Paragraph) -> bool:
    return len(block.lines) == 1 and len(block.lines[0].text) <= _LONG_HEADING and _APPENDIX.match(block.lines[0].text) is not None


def quote(text: str, start: int = 0, end: int | None = None) -> str:
    """Return a short quote of ``text`` from ``start``, on one line."""
    cut = " ".join(text[start : len(text) if end is None else end].split())
    return cut if len(cut) <= _QUOTE else cut[:_QUOTE]


def passage(line: Line, words: str = "") -> Passage:
    """Return the place of a line, quoting ``words`` of it or its beginning."""
    return Passage(line=line.line, page=line.page, quote=quote(words or line.text))


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a text, each with its offset; brackets are not looked into."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.start() > start:
            yield start, text[start : match.start()]
        start = match.end()
    if start < len(text):
        yield start, text[start:]


def joined(pieces: Sequence[Piece]) -> str:
    """Return the text of several lines."""
    return "\n".join(piece.text for piece in pieces)
