"""HTML to blocks: any page a browser shows, Word exports and fragments among them.

Parsed by libxml2 through lxml, which mends what is broken and keeps the source line of each element; what a browser
hides is left out, tables keep their spans, and line breaks, list numbers and links are kept. The text is UTF-8 by then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from auditor.policy.document import Block, Grid, Heading, Line, Paragraph
from auditor.policy.numbering import bold_heading
from auditor.policy.read.grids import Span, expand
from auditor.policy.read.lines import line_of

__all__ = ["HtmlText", "known_tag", "read_html"]

_HIDDEN = frozenset("head script style template noscript svg math object embed audio video canvas select datalist del".split())
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " header hgroup hr html legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul textarea"
    " caption h1 h2 h3 h4 h5 h6 option".split()
)
_INLINE = frozenset(
    "a abbr b big bdi bdo br button cite code col colgroup dfn em font i img input ins kbd label mark nobr q s samp small"
    " span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NOT_SHOWN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE)
_KEEPS_BREAKS = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_LONG_TAG = re.compile(r"(<[A-Za-z][A-Za-z0-9]*)(?:\s+[^\s<>]+){3000,}")
"""A tag of thousands of attributes, each of which libxml2 compares with all before it."""
_DEEPEST_TABLE = 12
_MOST_LINES = 65_535
"""libxml2 counts the lines of elements no further."""


@dataclass(slots=True)
class HtmlText:
    """What an HTML text holds."""

    blocks: list[Block]
    title: str = ""
    cut: bool = False
    """Part of it could not be read: nested too deep, or a table too large."""
    hollow: str = ""
    """What stands in the place of the text where there is none: ``script``, ``frame``, ``image``; else empty."""


@dataclass(slots=True)
class _Table:
    """A table while it is read."""

    caption: Line | None = None
    rows: list[list[tuple[Span, list[Block]]]] = field(default_factory=list)


@dataclass(slots=True)
class _Flow:
    """Running content while it is read: the page's own, or one cell's."""

    blocks: list[Block] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    line: int = 0
    """Source line of the first visible character of the line being read; 0 = none yet."""
    links: list[str] = field(default_factory=list)
    marker: str = ""
    """Number of the list item that begins."""
    item: bool = False
    heading: int = 0
    plain: bool = False
    """Some of the block is not bold."""
    bold: set[int] = field(default_factory=set)
    """Which of the blocks are bold throughout."""

    def text(self, text: str, line: int, keep_breaks: bool) -> None:
        """Add text that begins on source line ``line``."""
        if keep_breaks and "\n" in text:
            for offset, part in enumerate(text.split("\n")):
                if offset:
                    self.end_line()
                self.text(part, line + offset, False)
            return
        if not self.line:
            bare = text.lstrip()
            if bare:
                self.line = line + text[: len(text) - len(bare)].count("\n")
        self.pieces.append(text)

    def end_line(self) -> None:
        """End the line, as ``<br>`` does."""
        if self.line:
            made = line_of(self.marker + "".join(self.pieces), self.line, links=self.links)
            if made is not None:
                self.lines.append(made)
                self.marker = ""
            self.links.clear()
        self.pieces.clear()
        self.line = 0

    def end_block(self) -> None:
        """End the paragraph or heading."""
        self.end_line()
        if self.lines:
            if self.heading:
                self.blocks += [Heading(level=self.heading, line=line) for line in self.lines]
            else:
                self.blocks.append(Paragraph(lines=tuple(self.lines), item=self.item))
                if not self.plain and not self.item:
                    self.bold.add(len(self.blocks) - 1)
            self.lines.clear()
        self.plain = False


def read_html(text: str, first_line: int = 1) -> HtmlText:
    """Return the blocks of an HTML text whose first line is line ``first_line`` of its file."""
    from lxml import etree

    # a NUL ends nothing in HTML; lines are counted by LF alone
    source = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    source, bared = _LONG_TAG.subn(_bare, source)
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_pis=True)
    try:
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return HtmlText([])  # nothing in it at all
    if root is None:
        return HtmlText([])
    reader = _Reader(first_line - 1)
    reader.read(root, etree.iterwalk(root, events=("start", "end", "comment")))
    # an element's depth is bounded by libxml2 (2048); what lies deeper is lost with all that follows
    too_deep = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    title = root.findtext(".//title") or ""
    page = reader.flows[0]
    blocks = [bold_heading(block) if index in page.bold else block for index, block in enumerate(page.blocks)]
    return HtmlText(blocks, " ".join(title.split()), reader.cut or too_deep or bared > 0, reader.hollow())


def _bare(tag: re.Match[str]) -> str:
    """Return a tag without its attributes, on as many lines."""
    return tag[1] + "\n" * tag[0].count("\n")


class _Reader:
    """Walks the elements once, without recursion."""

    def __init__(self, shift: int) -> None:
        self.shift = shift
        self.flows = [_Flow()]
        self.tables: list[_Table] = []
        self.lists: list[int | None] = []
        self.breaks = 0
        """How many open elements keep line breaks."""
        self.bold = 0
        """How many open elements make bold."""
        self.links: list[str] = []
        self.cut = False
        self.line = 1
        self.seen: set[str] = set()

    def hollow(self) -> str:
        """Return what stands in the place of the text, where there is none."""
        if self.flows[0].blocks:
            return ""
        return next((what for tag, what in _STAND_INS if tag in self.seen), "")

    def read(self, root: Any, walk: Any) -> None:
        """Walk the tree by lxml's events."""
        hidden = None
        for event, element in walk:
            if event == "comment":
                self._pass(element)
                self._tail(element)
                continue
            if event == "start":
                if hidden is not None:
                    continue
                self._resync(element)
                tag = _tag(element)
                if tag in _STAND_IN_TAGS:
                    self.seen.add(tag)
                if tag in _HIDDEN or _is_hidden(element):
                    hidden = element
                    self._pass_over(element)
                    walk.skip_subtree()
                    continue
                self._start(tag, element)
                if element.text:
                    self._add(element.text)
            else:
                if element is hidden:
                    hidden = None
                elif hidden is None:
                    self._end(_tag(element), element)
                if hidden is None and element is not root:
                    self._tail(element)
        self.flows[0].end_block()

    # -- lines ----------------------------------------------------------------------------------------------------

    def _resync(self, element: Any) -> None:
        """Take libxml2's word for the line (where the start tag ends), as far as it counts."""
        line = element.sourceline
        if line is not None and line < _MOST_LINES:
            self.line = line

    def _add(self, text: str) -> None:
        flow = self.flows[-1]
        flow.text(text, self.line + self.shift, self.breaks > 0)
        if not self.bold and text.strip():
            flow.plain = True
        if self.links and text.strip():
            flow.links += [link for link in self.links if link and link not in flow.links]
        self.line += text.count("\n")

    def _tail(self, element: Any) -> None:
        if element.tail:
            self._add(element.tail)

    def _pass(self, node: Any) -> None:
        self._resync(node)  # the line of a comment is the one it ends on
        if _tag(node):
            self.line += (node.text or "").count("\n")

    def _pass_over(self, element: Any) -> None:
        for node in element.iter():
            self._pass(node)
            if node is not element and node.tail:
                self.line += node.tail.count("\n")

    # -- elements -------------------------------------------------------------------------------------------------

    def _start(self, tag: str, element: Any) -> None:
        flow = self.flows[-1]
        if tag == "br":
            flow.end_line()
            return
        if tag == "a":
            self.links.append(_address(element.get("href") or ""))
            return
        if tag == "img":
            return
        self.bold += _makes_bold(tag, element)
        if tag not in _BLOCKS:
            self.breaks += _keeps_breaks(tag, element)
            if tag.startswith("uses-permission") and (name := element.get("android:name")):
                self._add(name)  # a manifest pasted into the page as it is
            return
        if tag in ("td", "th") and self.tables:
            self.flows.append(_Flow())
        elif tag == "table":
            flow.end_block()
            if len(self.tables) < _DEEPEST_TABLE:
                self.tables.append(_Table())
            else:
                self.tables.append(self.tables[-1])
        elif tag == "tr" and self.tables:
            self.tables[-1].rows.append([])
        elif tag == "caption" and self.tables:
            self.flows.append(_Flow())
        else:
            flow.end_block()
            if tag in _HEADINGS:
                flow.heading = _HEADINGS[tag]
            elif tag in ("ol", "ul", "menu", "dir"):
                self.lists.append(_number(element.get("start"), 1) if tag == "ol" else None)
            elif tag == "li":
                flow.item = True
                if self.lists and self.lists[-1] is not None:
                    number = _number(element.get("value"), self.lists[-1])
                    flow.marker = f"{number}. "
                    self.lists[-1] = number + 1
        self.breaks += _keeps_breaks(tag, element)

    def _end(self, tag: str, element: Any) -> None:
        flow = self.flows[-1]
        if tag == "a":
            if self.links:
                self.links.pop()
            return
        if tag in ("br", "img"):
            return
        self.breaks -= _keeps_breaks(tag, element)
        self.bold -= _makes_bold(tag, element)
        if tag not in _BLOCKS:
            return
        if tag in ("td", "th") and self.tables:
            rows = _number(element.get("rowspan"), 1)
            columns = _number(element.get("colspan"), 1)
            parent = element.getparent()
            grand = parent.getparent() if parent is not None else None
            header = tag == "th" or (grand is not None and _tag(grand) == "thead")
            self._close_cell(rows, columns, header)
        elif tag == "table" and self.tables:
            table = self.tables.pop()
            if not self.tables or self.tables[-1] is not table:
                flow.end_block()
                self._close_table(table, element)
        elif tag == "caption" and self.tables and len(self.flows) > 1:
            self.flows.pop()
            flow.end_block()
            lines = _flat(flow.blocks)
            self.tables[-1].caption = lines[0] if lines else None
        else:
            flow.end_block()
            if tag in _HEADINGS:
                flow.heading = 0
            elif tag in ("ol", "ul", "menu", "dir") and self.lists:
                self.lists.pop()
            elif tag == "li":
                flow.item = False
                flow.marker = ""

    def _close_cell(self, rows: int, columns: int, header: bool) -> None:
        flow = self.flows.pop()
        flow.end_block()
        table = self.tables[-1]
        if not table.rows:
            table.rows.append([])
        table.rows[-1].append((Span(tuple(_flat(flow.blocks)), rows, columns, header), flow.blocks))

    def _close_table(self, table: _Table, element: Any) -> None:
        blocks = self.flows[-1].blocks
        rows = [row for row in table.rows if row]
        if _is_layout(rows) or element.get("role") == "presentation":
            if table.caption is not None:
                blocks.append(Paragraph(lines=(table.caption,)))
            for row in rows:
                for _, inside in row:
                    blocks += inside
            return
        grid, cut = expand([[span for span, _ in row] for row in rows], table.caption)
        self.cut = self.cut or cut
        if grid is not None:
            blocks.append(grid)


_STAND_INS = (("iframe", "frame"), ("frame", "frame"), ("script", "script"), ("img", "image"))
_STAND_IN_TAGS = frozenset(tag for tag, _ in _STAND_INS)


def known_tag(markup: str) -> str:
    """Return the name of the element a piece of inline markup opens or closes, or "" where HTML knows none such."""
    match = re.match(r"</?([A-Za-z][\w:-]*)", markup)
    tag = match[1].lower() if match else ""
    return tag if tag in _BLOCKS or tag in _INLINE or tag in _HIDDEN else ""


def _tag(element: Any) -> str:
    tag = element.tag
    return tag.lower() if isinstance(tag, str) else ""


def _is_hidden(element: Any) -> bool:
    if element.get("hidden") is not None and _tag(element) != "body":
        return True
    style = element.get("style")
    return bool(style) and _NOT_SHOWN.search(style) is not None


def _keeps_breaks(tag: str, element: Any) -> int:
    if tag in ("pre", "textarea", "xmp", "listing", "plaintext"):
        return 1
    style = element.get("style")
    return int(bool(style) and _KEEPS_BREAKS.search(style) is not None)


def _makes_bold(tag: str, element: Any) -> int:
    if tag in ("b", "strong"):
        return 1
    style = element.get("style")
    return int(bool(style) and _BOLD.search(style) is not None)


def _number(text: str | None, otherwise: int) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 5 else otherwise


def _address(href: str) -> str:
    address = "".join(href.split())
    scheme = address.partition(":")[0].lower()
    return "" if not address or address.startswith("#") or scheme in ("javascript", "data", "about") else address


def _flat(blocks: list[Block]) -> list[Line]:
    """Return every line of the blocks: what a cell holds, its lists and inner tables among it."""
    lines: list[Line] = []
    for block in blocks:
        if isinstance(block, Heading):
            lines.append(block.line)
        elif isinstance(block, Paragraph):
            lines += block.lines
        else:
            lines += _grid_lines(block)
    return lines


def _grid_lines(grid: Grid) -> list[Line]:
    return [
        line
        for at, row in enumerate(grid.rows)
        for column, cell in enumerate(row)
        if cell.origin == (at, column)
        for line in cell.lines
    ]


def _is_layout(rows: list[list[tuple[Span, list[Block]]]]) -> bool:
    """Tell whether a table only places what it holds: one row or one column, or headings inside its cells."""
    cells = [(span, blocks) for row in rows for span, blocks in row if blocks]
    if not cells:
        return False
    if any(isinstance(block, Heading) for _, blocks in cells for block in blocks):
        return True
    narrow = all(sum(1 for _, blocks in row if blocks) <= 1 for row in rows)
    if narrow and not any(span.header for span, _ in cells):
        return True
    inner = any(isinstance(block, Grid) for _, blocks in cells for block in blocks)
    return inner and (narrow or len(rows) == 1)
