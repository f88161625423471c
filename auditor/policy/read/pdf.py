"""PDF to blocks: the text layer put back into paragraphs, tables by their ruling lines or by their columns.

Characters, ruling lines and link areas come from pdfplumber (pdfminer.six). A PDF knows no paragraphs: a line that fills
the column goes on in the next, what repeats at the edge of pages is a running header or footer, and a table that ends a
page goes on at the top of the next.
"""

from __future__ import annotations

import bisect
import io
import logging
import math
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.errors import PolicyError
from auditor.model import Gap, Location, Table, Text
from auditor.policy.document import Block, Grid, Heading, Line, Paragraph
from auditor.policy.numbering import bold_heading, starts_item
from auditor.policy.read.grids import Span, expand
from auditor.policy.read.lines import line_of
from auditor.policy.read.pdf_limits import limited

__all__ = ["PdfText", "read_pdf"]

_MAX_PAGES = 500
_MAX_STREAM = 32 << 20
"""Bytes one stream that holds no picture may inflate to."""
_MAX_INFLATED = 256 << 20
_MAX_CHARACTERS = 60_000
"""Characters on one page; a full page of small print has 6000."""
_MAX_EDGES = 5_000
_LONG_LABEL = 24
_WIDE_GAP = 1.6
"""Gap, in character sizes, that parts columns."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in points from the top left corner of the page."""


@dataclass(slots=True)
class PdfText:
    """What a PDF holds."""

    blocks: list[Block]
    gaps: tuple[Gap, ...] = ()
    title: str = ""


@dataclass(slots=True)
class _Piece:
    """A stretch of characters on one line of print, without a wide gap."""

    text: str
    left: float
    right: float


@dataclass(slots=True)
class _Row:
    """One line of print."""

    pieces: list[_Piece]
    top: float
    bottom: float
    size: float
    bold: bool
    links: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def right(self) -> float:
        return self.pieces[-1].right


@dataclass(slots=True)
class _Ruled:
    """A table found by its ruling lines."""

    box: Box
    rows: list[list[tuple[Span, list[_Row]]]]


@dataclass(slots=True)
class _Page:
    number: int
    height: float
    rows: list[_Row]
    tables: list[_Ruled]
    pictures: int
    unmapped: bool


def read_pdf(data: bytes, shown: str) -> PdfText:
    """Return the blocks of a PDF.

    Raises PolicyError where it is damaged, protected by a password, over the limits, or where the package pdfplumber is
    missing. Pages without text give a gap.
    """
    try:
        import pdfplumber
        from pdfminer.pdfdocument import PDFPasswordIncorrect
        from pdfminer.psexceptions import PSException
        from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException
    except ImportError:
        raise PolicyError(f"{shown} is a PDF, which takes pdfplumber to read", "pip install 'auditor[policy]'") from None
    _check(data, shown)
    # what pdfminer says of every oddity of a file is nothing a reader of the policy can act on
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    broken = (
        PSException,
        MalformedPDFException,
        PdfminerException,
        struct.error,
        zlib.error,
        ArithmeticError,
        AssertionError,
        AttributeError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    )
    pages: list[_Page] = []
    failed: list[int] = []
    more = 0
    try:
        with limited() as budget, pdfplumber.open(io.BytesIO(data)) as pdf:
            total = len(pdf.pages)
            more = max(total - _MAX_PAGES, 0)
            for number, page in enumerate(pdf.pages[:_MAX_PAGES], 1):
                budget.turn_page()
                try:
                    pages.append(_page(page, number))
                except broken:
                    failed.append(number)
                finally:
                    page.close()
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            raise PolicyError(f"{shown} is protected by a password", "save it without one") from None
        raise PolicyError(f"{shown} is a damaged PDF", "get the file again or export it anew") from None
    except broken:
        raise PolicyError(f"{shown} is a damaged PDF", "get the file again or export it anew") from None
    if not pages and not failed:
        raise PolicyError(f"{shown} is a PDF without pages", "get the file again or export it anew")
    blocks = _Joiner(pages).blocks()
    return PdfText(blocks, tuple(_gaps(shown, pages, failed, more)))


def _check(data: bytes, shown: str) -> None:
    """Make sure that no stream inflates beyond the limits: pdfminer inflates whatever it meets."""
    total = 0
    for match in re.finditer(rb"stream\r?\n(?=[\x08\x18\x28\x38\x48\x58\x68\x78])", data):
        part = data[match.end() :]
        for _ in range(3):  # a stream may be deflated more than once
            try:
                part = zlib.decompressobj().decompress(part, _MAX_STREAM + 1)
            except zlib.error:
                break
            picture = b"/Image" in data[max(match.start() - 400, 0) : match.start()]
            if len(part) > _MAX_STREAM and not picture:
                raise PolicyError(f"{shown} unpacks to more than a policy can hold", "export the policy anew")
            total += len(part)
        if total > _MAX_INFLATED:
            raise PolicyError(f"{shown} unpacks to more than a policy can hold", "export the policy anew")


def _gaps(shown: str, pages: Sequence[_Page], failed: Sequence[int], more: int) -> Iterator[Gap]:
    silent = [page.number for page in pages if not page.rows and not page.tables and page.pictures]
    unmapped = [page.number for page in pages if page.unmapped]
    spoken = any(page.rows or page.tables for page in pages)
    if not spoken and not failed:
        yield _gap(
            shown,
            "",
            "PDF 没有文字层，可能是扫描件；请先做文字识别（OCR），或提供可复制文字的版本",
            "the PDF has no text layer, so it is probably a scan; have it read by OCR first, or give a version with text",
        )
    elif silent:
        yield _gap(
            shown,
            _numbers(silent),
            f"第 {_numbers(silent)} 页只有图片、没有文字层，未读取；请先做文字识别（OCR）",
            f"page {_numbers(silent)} has only pictures and no text layer, so it was not read; have it read by OCR first",
        )
    if unmapped:
        yield _gap(
            shown,
            _numbers(unmapped),
            f"第 {_numbers(unmapped)} 页的字体没有文字编码，读出的是乱码；请重新导出 PDF，或做文字识别（OCR）",
            f"page {_numbers(unmapped)} has fonts that say not which characters they show; export the PDF anew or use OCR",
        )
    if failed:
        yield _gap(
            shown,
            _numbers(failed),
            f"第 {_numbers(failed)} 页已损坏或内容过多，未读取；请重新导出 PDF",
            f"page {_numbers(failed)} is damaged or holds too much, so it was not read; export the PDF anew",
        )
    if more:
        yield _gap(
            shown,
            "",
            f"仅读取了前 {_MAX_PAGES} 页，其余 {more} 页未读取；请只提供隐私政策部分",
            f"only the first {_MAX_PAGES} pages were read and {more} were not; give the policy alone",
        )


def _gap(shown: str, pages: str, zh: str, en: str) -> Gap:
    at = f"page {pages}" if pages else ""
    return Gap(location=Location(file=shown, at=at), reason=Text(zh=zh, en=en), hides=frozenset(Table))


def _numbers(pages: Sequence[int]) -> str:
    return ", ".join(map(str, pages[:10])) + (" …" if len(pages) > 10 else "")


# -- one page -------------------------------------------------------------------------------------------------------


def _page(page: Any, number: int) -> _Page:
    """Read one page. Raises ValueError where it holds too much."""
    every = _characters(page)
    characters = _once([one for one in every if one["text"].strip() and one["upright"]])
    links = [(_box(link), str(link["uri"])) for link in page.hyperlinks if link.get("uri")]
    lines = page.lines + page.rects + page.curves
    tables: list[_Ruled] = []
    if 4 <= len(lines) <= _MAX_EDGES:
        for found in page.find_tables():
            ruled = _ruled(found.cells, characters, links)
            if ruled is not None:
                tables.append(ruled)
                left, top, right, bottom = ruled.box
                characters = [
                    one
                    for one in characters
                    if not (left <= (one["x0"] + one["x1"]) / 2 <= right and top <= (one["top"] + one["bottom"]) / 2 <= bottom)
                ]
    rows = _rows(characters, links)
    unmapped = sum(one["text"].startswith("(cid:") for one in every) * 5 > len(every) > 0
    return _Page(number, float(page.height), rows, tables, len(page.images), unmapped)


def _characters(page: Any) -> list[Any]:
    """Return the characters of a page, and leave it the lines and pictures only. Raises ValueError where there are too many.

    pdfplumber makes a mapping of two dozen attributes of each character; that costs more than reading the page.
    """
    from pdfminer.layout import LTChar, LTContainer

    found: list[Any] = []
    others: dict[str, list[Any]] = {}
    left, above = page.mediabox[:2]
    stack = [iter(page.layout)]
    while stack:
        thing = next(stack[-1], None)
        if thing is None:
            stack.pop()
        elif isinstance(thing, LTChar):
            if len(found) >= _MAX_CHARACTERS:
                raise ValueError("too many characters")
            found.append(
                {
                    "text": thing.get_text(),
                    "x0": thing.x0 + left,
                    "x1": thing.x1 + left,
                    "top": page.height - thing.y1 + above,
                    "bottom": page.height - thing.y0 + above,
                    "size": thing.size,
                    "upright": thing.upright,
                    "fontname": str(thing.fontname),
                }
            )
        elif isinstance(thing, LTContainer):
            stack.append(iter(thing))
        else:
            made = page.process_object(thing)
            others.setdefault(made["object_type"], []).append(made)
    page._objects = others
    return found


def _box(thing: Any) -> Box:
    return (float(thing["x0"]), float(thing["top"]), float(thing["x1"]), float(thing["bottom"]))


def _once(characters: list[Any]) -> list[Any]:
    """Return the characters without those printed again in the same place, as imitated bold type does."""
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for one in characters:
        places = [(one["text"], round(one["x0"] + dx), round(one["top"])) for dx in (0, -1, 1)]
        if not any(place in seen for place in places) or one["text"].isspace():
            kept.append(one)
        seen.add(places[0])
    return kept


def _rows(characters: Sequence[Any], links: Sequence[tuple[Box, str]]) -> list[_Row]:
    """Return the lines of print, top to bottom."""
    rows: list[list[Any]] = []
    for one in sorted(characters, key=lambda one: (one["bottom"] + one["top"], one["x0"])):
        middle = (one["top"] + one["bottom"]) / 2
        if rows:
            last = rows[-1][-1]
            # a smaller character may stand a little off the line
            if abs(middle - (last["top"] + last["bottom"]) / 2) < max(last["size"], one["size"]) * 0.35:
                rows[-1].append(one)
                continue
        rows.append([one])
    return [_row(row, links) for row in rows]


def _row(row: list[Any], links: Sequence[tuple[Box, str]]) -> _Row:
    row.sort(key=lambda one: one["x0"])
    size = max(one["size"] for one in row)
    pieces: list[_Piece] = []
    for one in row:
        text = one["text"]
        if pieces:
            gap = one["x0"] - pieces[-1].right
            if gap < size * _WIDE_GAP:
                latin = gap > size * 0.18 and (text.isascii() or pieces[-1].text[-1:].isascii())
                pieces[-1].text += (" " if latin else "") + text
                pieces[-1].right = max(pieces[-1].right, one["x1"])
                continue
        pieces.append(_Piece(text, one["x0"], one["x1"]))
    top, bottom = min(one["top"] for one in row), max(one["bottom"] for one in row)
    bold = all("bold" in one["fontname"].lower() or "heavy" in one["fontname"].lower() for one in row)
    made = _Row(pieces, top, bottom, size, bold)
    for (left, above, right, below), link in links:
        if above < (top + bottom) / 2 < below and left < made.right and right > made.left and link not in made.links:
            made.links.append(link)
    return made


def _ruled(cells: Sequence[Box], characters: Sequence[Any], links: Sequence[tuple[Box, str]]) -> _Ruled | None:
    """Return the table the cells make, with their text, or None where they are no more than a frame."""
    if len(cells) < 3:
        return None
    across = _stops([edge for cell in cells for edge in (cell[0], cell[2])])
    down = _stops([edge for cell in cells for edge in (cell[1], cell[3])])
    if len(across) < 3 or len(down) < 2 or len(across) > 60 or len(down) > 2_000:
        return None
    owner: dict[tuple[int, int], int] = {}
    spans: list[tuple[int, int, int, int]] = []
    for left, top, right, bottom in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        place = (_index(down, top), _index(across, left), _index(down, bottom), _index(across, right))
        inside = [(row, column) for row in range(place[0], place[2]) for column in range(place[1], place[3])]
        if not inside or any(one in owner for one in inside):
            continue
        owner.update(dict.fromkeys(inside, len(spans)))
        spans.append(place)
    held: list[list[Any]] = [[] for _ in spans]
    for one in characters:
        row = _index(down, (one["top"] + one["bottom"]) / 2, floor=True)
        column = _index(across, (one["x0"] + one["x1"]) / 2, floor=True)
        if (which := owner.get((row, column))) is not None:
            held[which].append(one)
    rows: list[list[tuple[Span, list[_Row]]]] = []
    for row in range(len(down) - 1):
        made: list[tuple[Span, list[_Row]]] = []
        for column in range(len(across) - 1):
            which = owner.get((row, column))
            if which is None:
                made.append((Span(()), []))
            elif spans[which][:2] == (row, column):
                first, start, end, stop = spans[which]
                text = _unwrapped(_rows(held[which], links), across[start], across[stop])
                made.append((Span((), end - first, stop - start), text))
        rows.append(made)
    if not any(len([1 for _, text in row if text]) > 1 for row in rows):
        return None
    return _Ruled((across[0], down[0], across[-1], down[-1]), rows)


def _stops(edges: Sequence[float]) -> list[float]:
    """Return the places of the ruling lines: edges less than three points apart are one."""
    stops: list[float] = []
    for edge in sorted(edges):
        if not stops or edge - stops[-1] > 3:
            stops.append(edge)
    return stops


def _index(stops: Sequence[float], edge: float, floor: bool = False) -> int:
    if floor:
        return bisect.bisect_right(stops, edge) - 1
    return min(range(len(stops)), key=lambda index: abs(stops[index] - edge))


def _unwrapped(rows: Sequence[_Row], left: float, right: float) -> list[_Row]:
    """Return the lines of one column, each with those that only the width of the column broke off."""
    joined: list[_Row] = []
    if rows:
        # cells and pages keep a margin: the longest line shows where the column ends
        margin = max(row.right for row in rows)
        edge = margin if right - margin < 2.5 * rows[0].size else right
    for row in rows:
        previous = joined[-1] if joined else None
        if previous is None or not _goes_on(previous, row, edge):
            joined.append(row)
            continue
        text = _joined(previous.text, row.text)
        joined[-1] = _Row(
            [_Piece(text, min(previous.left, row.left), row.right)],
            previous.top,
            row.bottom,
            previous.size,
            previous.bold and row.bold,
            list(dict.fromkeys([*previous.links, *row.links])),
        )
    return joined


_WORD = re.compile(r"[A-Za-z0-9_.,:;/%?=&#@~+*'()-]+")


def _goes_on(previous: _Row, row: _Row, edge: float) -> bool:
    """Tell whether a line filled its column, so that the next continues it."""
    first = _WORD.match(row.text)
    # a word that did not fit leaves room for less than itself; of Chinese, any character would have fit
    needed = row.size * (0.5 * len(first[0]) if first else 1.0)
    return edge - previous.right < needed + row.size * 0.6


_CAMEL = re.compile(r"(?:[A-Z]{1,4}[a-z]+){3,}[A-Z]?\Z")
"""A name in code, such as a key of Info.plist, cut where the column ended."""


def _joined(first: str, second: str) -> str:
    """Return two parts of a broken line as one: an identifier or address was cut in itself, other words at a space."""
    if first[-1:].isascii() and second[:1].isascii() and first[-1:] != " ":
        tail = re.search(r"\S*\Z", first)
        token = (tail[0] if tail else "") + second.split(" ", 1)[0]
        cut = "://" in token or re.search(r"[a-z]\.[a-z]+\.", token) is not None or "_" in token or first[-1] in "-/."
        cut = cut or _CAMEL.match(token) is not None
        if not cut and first[-1].isalnum() and second[0].isalnum():
            return f"{first} {second}"
        return first + second if cut else f"{first} {second}"
    return first + second


# -- all pages ------------------------------------------------------------------------------------------------------


class _Joiner:
    """Puts the pages together."""

    def __init__(self, pages: Sequence[_Page]) -> None:
        self.pages = pages
        self.line = 0
        self.made: list[Block] = []
        self.body = self._body_size()

    def blocks(self) -> list[Block]:
        """Return the blocks of all pages, in order."""
        self._drop_running()
        margins = [row.right for page in self.pages for row in page.rows if len(row.text) > 20]
        edge = _upper(margins)
        left = min((row.left for page in self.pages for row in page.rows), default=0.0)
        open_paragraph: list[_Row] = []
        open_page = 0
        for page in self.pages:
            items: list[tuple[float, list[_Row] | _Ruled]] = [(table.box[1], table) for table in page.tables]
            items += [(rows[0].top, rows) for rows in self._runs(page)]
            for _, item in sorted(items, key=lambda item: item[0]):
                if isinstance(item, _Ruled):
                    self._close(open_paragraph, open_page)
                    self._table(item, page)
                    continue
                for part in _columns(item):
                    if isinstance(part, _Ruled):
                        self._close(open_paragraph, open_page)
                        self._table(part, page)
                        continue
                    for row in part:
                        if open_paragraph and self._continues(open_paragraph, row, edge, left, open_page != page.number):
                            open_paragraph.append(row)
                        else:
                            self._close(open_paragraph, open_page)
                            open_paragraph.append(row)
                        open_page = page.number if len(open_paragraph) == 1 else open_page
        self._close(open_paragraph, open_page)
        return self.made

    def _body_size(self) -> float:
        sizes: Counter[float] = Counter()
        for page in self.pages:
            for row in page.rows:
                sizes[round(row.size * 2) / 2] += len(row.text)
        return sizes.most_common(1)[0][0] if sizes else 10.0

    def _drop_running(self) -> None:
        """Take off what stands at the edge of several pages in the same words, and page numbers."""
        seen: Counter[str] = Counter()
        for page in self.pages:
            seen.update({_pattern(row.text) for row in _edges(page)})
        often = max(2, (len(self.pages) + 1) // 2)
        for page in self.pages:
            edges = _edges(page)
            page.rows = [
                row
                for row in page.rows
                if row not in edges
                or not (_PAGE_NUMBER.match(row.text) or (len(self.pages) > 1 and seen[_pattern(row.text)] >= often))
            ]

    def _runs(self, page: _Page) -> Iterator[list[_Row]]:
        """Yield the lines of print between the ruled tables of a page."""
        run: list[_Row] = []
        tops = sorted(table.box[1] for table in page.tables)
        for row in page.rows:
            if run and any(run[-1].top < top <= row.top for top in tops):
                yield run
                run = []
            run.append(row)
        if run:
            yield run

    def _continues(self, rows: Sequence[_Row], row: _Row, edge: float, left: float, new_page: bool) -> bool:
        last = rows[-1]
        if starts_item(row.text) or abs(row.size - last.size) > 0.15 * self.body or row.bold != last.bold:
            return False
        if not new_page and row.top - last.bottom > 1.1 * last.size and row.top - last.top > 2.3 * last.size:
            return False
        if len(row.pieces) > 1 or len(last.pieces) > 1:
            return False
        if last.text[-1:] in "：:" and sum(len(one.text) for one in rows) > _LONG_LABEL:
            return False  # what brings in a list
        indented = row.left - left > 1.5 * row.size and (len(rows) > 1 or rows[0].left - left < 0.5 * row.size)
        if indented and abs(row.left - last.left) > row.size:
            return False
        return _goes_on(last, row, edge)

    def _close(self, rows: list[_Row], page: int) -> None:
        """End the paragraph that is open."""
        if not rows:
            return
        text = rows[0].text
        for row in rows[1:]:
            text = _joined(text, row.text)
        links = [link for row in rows for link in row.links]
        line = self._line(text, page, links)
        large = rows[0].size > 1.15 * self.body
        bold = all(row.bold for row in rows)
        rows.clear()
        if line is None:
            return
        paragraph = Paragraph(lines=(line,))
        if large and len(line.text) <= 60 and line.text[-1] not in "。；;，,":
            self.made.append(Heading(level=1, line=line))
        else:
            self.made.append(bold_heading(paragraph) if bold else paragraph)

    def _line(self, text: str, page: int, links: Sequence[str]) -> Line | None:
        line = line_of(text, self.line + 1, page=page, links=links)
        if line is not None:
            self.line += 1
        return line

    def _table(self, table: _Ruled, page: _Page) -> None:
        spans = [
            [
                replace(span, lines=tuple(line for row in text if (line := self._line(row.text, page.number, row.links))))
                for span, text in row
            ]
            for row in table.rows
        ]
        grid, _ = expand(spans)
        if grid is None:
            return
        above = self.made[-1] if self.made else None
        if isinstance(above, Grid) and len(above.rows[0]) == len(grid.rows[0]) and _first_page(grid) == _last_page(above) + 1:
            self.made[-1] = _one_table(above, grid)
        else:
            self.made.append(grid)


def _upper(values: Sequence[float]) -> float:
    """Return where most full lines end: the ninth tenth of their right ends; nowhere if no line is long."""
    return sorted(values)[len(values) * 9 // 10] if values else math.inf


def _edges(page: _Page) -> list[_Row]:
    """Return the lines a running header or footer may be: two at the top, two at the bottom, near the edge."""
    near = [row for row in page.rows[:2] if row.bottom < page.height * 0.12]
    return near + [row for row in page.rows[-2:] if row.top > page.height * 0.88 and row not in near]


_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:(?:第|page|p\.?)\s*)?[0-9ivx]{1,4}\s*(?:页)?\s*(?:[/／|,，]|of|共|之)?\s*(?:共\s*)?[0-9]{0,4}\s*(?:页)?[-–—\s]*\Z",
    re.IGNORECASE,
)


def _pattern(text: str) -> str:
    return re.sub(r"[0-9]+", "#", re.sub(r"\s", "", text))


def _pages_of(grid: Grid) -> list[int]:
    return [line.page or 0 for row in grid.rows for cell in row for line in cell.lines]


def _first_page(grid: Grid) -> int:
    return min(_pages_of(grid), default=0)


def _last_page(grid: Grid) -> int:
    return max(_pages_of(grid), default=0)


def _one_table(first: Grid, second: Grid) -> Grid:
    """Return a table and its continuation on the next page as one: the header not repeated, a broken row mended."""
    rows = list(first.rows)
    more = list(second.rows)
    if [cell.text for cell in more[0]] == [cell.text for cell in rows[0]]:
        del more[0]
    if more and not more[0][0].lines and any(cell.lines for cell in more[0]) and all(cell.lines for cell in rows[-1][:1]):
        last = [replace(cell, lines=cell.lines + rest.lines) for cell, rest in zip(rows[-1], more[0], strict=True)]
        rows[-1] = tuple(last)
        del more[0]
    shift = len(rows) - (len(second.rows) - len(more))
    rows += [tuple(replace(cell, origin=(cell.origin[0] + shift, cell.origin[1])) for cell in row) for row in more]
    return Grid(rows=tuple(rows), caption=first.caption)


# -- tables without ruling lines ------------------------------------------------------------------------------------


def _columns(rows: Sequence[_Row]) -> Iterator[list[_Row] | _Ruled]:
    """Yield lines of print and, where three or more of them stand in the same columns, the tables they make."""
    plain: list[_Row] = []
    at = 0
    while at < len(rows):
        end, stops = _aligned(rows, at)
        if end - at < 3:
            plain.append(rows[at])
            at += 1
            continue
        if plain:
            yield plain
            plain = []
        yield _typed(rows[at:end], stops)
        at = end
    if plain:
        yield plain


def _aligned(rows: Sequence[_Row], at: int) -> tuple[int, list[float]]:
    """Return how far the lines from ``at`` on keep to the columns of the first, and where those start."""
    stops = [piece.left for piece in rows[at].pieces]
    if len(stops) < 2 or starts_item(rows[at].text):
        return at, []
    size = rows[at].size
    end, several = at, 0
    while end < len(rows):
        row = rows[end]
        if any(all(abs(piece.left - stop) > 0.6 * size for stop in stops) for piece in row.pieces):
            break
        if end > at and row.top - rows[end - 1].bottom > 2.5 * size:
            break
        if end > at and len(row.pieces) == 1 and abs(row.left - stops[0]) <= 0.6 * size and row.right > stops[1]:
            break  # running text again
        several += len(row.pieces) > 1
        end += 1
    while end > at and len(rows[end - 1].pieces) == 1 and abs(rows[end - 1].left - stops[0]) <= 0.6 * size:
        end -= 1
    return (end, stops) if several >= 3 else (at, [])


def _typed(rows: Sequence[_Row], stops: Sequence[float]) -> _Ruled:
    """Return the table that lines of print in columns make: a row starts where the first column has text."""
    made: list[list[list[_Row]]] = []
    for row in rows:
        cells: list[list[_Row]] = [[] for _ in stops]
        for piece in row.pieces:
            column = min(range(len(stops)), key=lambda index: abs(stops[index] - piece.left))
            cells[column].append(_Row([piece], row.top, row.bottom, row.size, row.bold, row.links if len(row.pieces) == 1 else []))
        if made and not (cells[0] and sum(map(bool, cells)) > 1):
            for column, cell in enumerate(cells):
                made[-1][column] += cell
        else:
            made.append(cells)
    edges = [*stops[1:], max(row.right for row in rows)]
    parts = [
        [(Span(()), _unwrapped(cell, stops[column], edges[column])) for column, cell in enumerate(cells)] for cells in made
    ]
    box = (min(stops), rows[0].top, edges[-1], rows[-1].bottom)
    return _Ruled(box, parts)
