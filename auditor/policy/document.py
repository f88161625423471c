"""A policy document as blocks: what every reader of a format produces and every extractor reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from auditor.model import Gap

__all__ = ["Block", "Cell", "Document", "DocumentKind", "Grid", "Heading", "Line", "Paragraph"]


class DocumentKind(Enum):
    """The format a document was read from, by its content."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    DOCX = "docx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of running text, and where it stands in the source."""

    text: str
    """Without markup, white space folded; never empty."""
    line: int
    """Line of the source file, from 1 (for DOCX and PDF: of the text as it was read, counted through the document)."""
    page: int | None = None
    """Page, from 1, where the format has pages."""
    links: tuple[str, ...] = ()
    """Addresses of the links in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading, by markup or by its numbering and length."""

    level: int
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Lines that belong together: a paragraph, a list item, a run of ``label: value`` lines."""

    lines: tuple[Line, ...]
    item: bool = False
    """It is an item of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a grid. A spanning cell stands in every place it covers, each time with the same ``origin``."""

    lines: tuple[Line, ...]
    origin: tuple[int, int]
    """Row and column of its top left corner: differs from its own place where it spans."""
    header: bool = False

    @property
    def text(self) -> str:
        """The cell's lines joined by newlines."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table with spans expanded: every row has the same number of cells."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: Line | None = None


Block = Heading | Paragraph | Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy document."""

    file: str
    """Name to print."""
    sha256: str
    kind: DocumentKind
    blocks: tuple[Block, ...]
    """In reading order."""
    gaps: tuple[Gap, ...] = ()
    """What could not be read: a scanned page without text, a part that is password-protected."""
    title: str = ""
    encoding: str = ""
    links: tuple[tuple[str, str], ...] = field(default=())
    """(text, address) of every link, in order."""
