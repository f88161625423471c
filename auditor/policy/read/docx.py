"""Word documents (.docx) to blocks: headings by style, automatic numbers written out, merged cells, nothing struck or hidden.

The package and its parts are opened by python-docx, which never resolves entities; the paragraphs are read from
WordprocessingML (ECMA-376 part 1, clause 17) because tracked changes, content controls, text boxes and list numbers have
no place in that library's own text. Lines are counted through the document, since Word keeps none.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import PolicyError
from auditor.model import Gap, Location, Table, Text
from auditor.policy.document import Block, Heading, Line, Paragraph
from auditor.policy.numbering import bold_heading
from auditor.policy.read.grids import Span, expand
from auditor.policy.read.lines import line_of

__all__ = ["DocxText", "read_docx"]

_MAX_ENTRIES = 5_000
_MAX_PART = 64 << 20
_MAX_TOTAL = 256 << 20
_DEEPEST_TABLE = 8
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_GONE = frozenset(_W + tag for tag in ("del", "moveFrom", "pPr", "rPr", "delText", "tblPr", "trPr", "tcPr", "sdtPr")) | {
    _MC + "Fallback"
}
_MAIN = b"wordprocessingml.document.main+xml"
_HYPERLINK = re.compile(r'HYPERLINK\s+"?([^\s"]+)')
_HEADING_NAME = re.compile(r"(?:heading|标题)\s*([1-9])\Z", re.IGNORECASE)
_OFF = frozenset(["0", "false", "off", "none"])


@dataclass(slots=True)
class DocxText:
    """What a Word document holds."""

    blocks: list[Block]
    gaps: tuple[Gap, ...] = ()
    title: str = ""


def read_docx(data: bytes, shown: str) -> DocxText:
    """Return the blocks of a Word document.

    Raises PolicyError where the file is another kind of archive, damaged, protected, over the limits, or where the
    package python-docx is missing.
    """
    _check(data, shown)
    try:
        import docx
        from docx.opc.exceptions import OpcError
        from docx.oxml.exceptions import XmlchemyError
        from lxml.etree import XMLSyntaxError
    except ImportError:
        raise PolicyError(f"{shown} is a Word document, which takes python-docx to read", "pip install 'auditor[policy]'") from None
    try:
        document = docx.Document(io.BytesIO(data))
        reader = _Reader(document.part)
        reader.read(document.element.body)
    except (
        OpcError,
        XmlchemyError,
        XMLSyntaxError,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        AttributeError,
        AssertionError,
        EOFError,
        IndexError,
        KeyError,
        NotImplementedError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ):
        # what python-docx and lxml raise on parts that are missing, no XML, or not what they are related as
        raise PolicyError(f"{shown} is a damaged Word document", "open it in Word or WPS, save it anew and try again") from None
    gaps = []
    if reader.cut:
        gaps.append(
            _gap(
                shown,
                Text(zh="表格过大或嵌套过深，部分内容未读取", en="a table is too large or nested too deep; part of it was not read"),
            )
        )
    if not reader.blocks:
        gaps.append(
            _gap(
                shown,
                Text(
                    zh="文档中没有文字，可能全为图片；请提供文字版，或先做文字识别（OCR）",
                    en="the document holds no text, perhaps only images; give the text itself, or have it read by OCR first",
                ),
            )
        )
    return DocxText(reader.blocks, tuple(gaps))


def _gap(shown: str, reason: Text) -> Gap:
    return Gap(location=Location(file=shown), reason=reason, hides=frozenset(Table))


def _check(data: bytes, shown: str) -> None:
    """Make sure the archive is a Word document within limits, before anything of it is inflated."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if len(entries) > _MAX_ENTRIES:
                raise PolicyError(f"{shown} holds more than {_MAX_ENTRIES} entries", "give the policy's own document")
            if any(entry.flag_bits & 0x1 for entry in entries):
                raise PolicyError(f"{shown} is protected by a password", "save it without one")
            total = sum(entry.file_size for entry in entries)
            if total > _MAX_TOTAL or any(entry.file_size > _MAX_PART for entry in entries):
                raise PolicyError(f"{shown} unpacks to more than a Word document can hold", "give the policy's own document")
            _refuse_others(names, shown)
            types = archive.read("[Content_Types].xml")
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError):
        raise PolicyError(f"{shown} is a damaged archive", "get the file again") from None
    if _MAIN not in types and b"wordprocessingml.template.main+xml" not in types and b"macroEnabled" not in types:
        raise PolicyError(f"{shown} is an Office file, but no Word document", "save the policy as .docx or as a web page")


def _refuse_others(names: set[str], shown: str) -> None:
    if "AndroidManifest.xml" in names or any(name.startswith("Payload/") for name in names):
        raise PolicyError(f"{shown} is an app build, no policy document", "give the policy as HTML, Markdown, text, DOCX or PDF")
    if "mimetype" in names:
        raise PolicyError(f"{shown} is an OpenDocument file or e-book, which is not read", "save it as .docx or as a web page")
    if "[Content_Types].xml" not in names:
        raise PolicyError(f"{shown} is an archive", "unpack it first and give the document inside")


@dataclass(slots=True)
class _Level:
    """One level of an automatic numbering."""

    start: int
    format: str
    text: str
    legal: bool
    """All numbers in it are shown as decimals, whatever their own format."""


@dataclass(slots=True)
class _Style:
    name: str
    parent: str
    outline: int | None
    numbering: tuple[str, int] | None


@dataclass(slots=True)
class _Numbering:
    """Automatic numbers, counted as paragraphs go by."""

    abstract: dict[str, str] = field(default_factory=dict)
    """Id of each numbering instance -> id of its definition."""
    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    restarts: dict[str, dict[int, int]] = field(default_factory=dict)
    counts: dict[str, list[int | None]] = field(default_factory=dict)

    def next(self, number: str, level: int) -> str:
        """Count one paragraph of a numbering and return its number as Word shows it; "" for bullets."""
        definition = self.abstract.get(number, "")
        levels = self.levels.get(definition, {})
        if level not in levels or not 0 <= level < 9:
            return ""
        counts = self.counts.setdefault(definition, [None] * 9)
        restart = self.restarts.get(number, {}).pop(level, None)
        if restart is not None:
            counts[level] = None
        before = counts[level]
        counts[level] = (levels[level].start if restart is None else restart) if before is None else before + 1
        counts[level + 1 :] = [None] * (8 - level)
        if levels[level].format in ("bullet", "none"):
            return ""

        def value(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            shown = levels.get(index)
            count = counts[index] if index < 9 else None
            if shown is None:
                return ""
            return _formatted(shown.start if count is None else count, "decimal" if levels[level].legal else shown.format)

        return re.sub(r"%([1-9])", value, levels[level].text)


class _Reader:
    def __init__(self, part: Any) -> None:
        self.part = part
        self.blocks: list[Block] = []
        self.cut = False
        self.line = 0
        self.styles = _styles(part)
        self.numbering = _numbering(part)

    def read(self, body: Any) -> None:
        """Read the body of the document."""
        for element in _inside(body, "p", "tbl"):
            if element.tag == _W + "tbl":
                self._table(element, 0, self.blocks)
            else:
                self._paragraph(element, self.blocks)

    # -- paragraphs -----------------------------------------------------------------------------------------------

    def _paragraph(self, element: Any, blocks: list[Block]) -> None:
        style, numbering = self._properties(element)
        number = self.numbering.next(*numbering) if numbering else ""
        rows, links, bold = self._text(element)
        if number and any(row.strip() for row in rows):
            gap = "" if number[-1] in "、）)" else " "
            rows[0] = number + gap + rows[0]
        contents = style.name.lower().startswith(("toc ", "目录"))
        lines: list[Line] = []
        for row in rows:
            text = re.sub(r"[\t .…·]+\d+\s*\Z", "", row) if contents and len(row) < 500 else row
            if (line := line_of(text, self.line + 1, links=links if not lines else ())) is not None:
                self.line += 1
                lines.append(line)
        if lines:
            if style.outline is not None and not contents:
                blocks += [Heading(level=style.outline + 1, line=line) for line in lines]
            else:
                paragraph = Paragraph(lines=tuple(lines), item=numbering is not None or contents)
                blocks.append(bold_heading(paragraph) if bold and not contents else paragraph)
        for box in element.iter(_W + "txbxContent"):
            if not any(parent.tag in _GONE for parent in box.iterancestors()):
                for inner in _inside(box, "p"):
                    if inner is not element and next(inner.iterancestors(_W + "txbxContent"), None) is box:
                        self._paragraph_in_box(inner, blocks)

    def _paragraph_in_box(self, element: Any, blocks: list[Block]) -> None:
        rows, links, _ = self._text(element)
        lines = []
        for row in rows:
            if (line := line_of(row, self.line + 1, links=links)) is not None:
                self.line += 1
                lines.append(line)
        if lines:
            blocks.append(Paragraph(lines=tuple(lines)))

    def _properties(self, element: Any) -> tuple[_Style, tuple[str, int] | None]:
        """Return the paragraph's style, with its own outline level where it has one, and its numbering."""
        properties = element.find(_W + "pPr")
        if properties is None:
            return self._style("", None, None), self._style("", None, None).numbering
        style = self._style(_value(properties.find(_W + "pStyle")), _outline(properties), _own_numbering(properties))
        return style, style.numbering

    def _style(self, id_: str, outline: int | None, numbering: tuple[str, int] | None) -> _Style:
        """Return a style with what it inherits; what the paragraph says of itself comes first."""
        name = self.styles[id_].name if id_ in self.styles else id_
        for _ in range(20):
            style = self.styles.get(id_)
            if style is None:
                break
            if outline is None:
                match = _HEADING_NAME.match(style.name)
                outline = int(match[1]) - 1 if match else style.outline
                if outline is None and style.name.lower() in ("title", "标题"):
                    outline = 0
            numbering = numbering or style.numbering
            id_ = style.parent
        if numbering is not None and numbering[0] == "0":
            numbering = None  # Word's way to take a number off
        return _Style(name, "", outline if outline is not None and outline < 9 else None, numbering)

    def _text(self, element: Any) -> tuple[list[str], list[str], bool]:
        """Return the lines of a paragraph, its links, and whether all of it is bold."""
        rows = [""]
        links: list[str] = []
        bold = plain = False
        stack = [iter(element)]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
                continue
            tag = child.tag
            if not isinstance(tag, str) or tag in _GONE or tag == _W + "txbxContent":
                continue
            if tag == _W + "r" and _is_on(child, "vanish"):
                continue
            if tag == _W + "t":
                text = child.text or ""
                rows[-1] += text
                if text.strip():
                    run = next(child.iterancestors(_W + "r"), None)
                    strong = run is not None and _is_on(run, "b")
                    bold, plain = bold or strong, plain or not strong
            elif tag == _W + "tab":
                rows[-1] += "\t"
            elif tag in (_W + "br", _W + "cr"):
                rows.append("")
            elif tag == _W + "noBreakHyphen":
                rows[-1] += "-"
            elif tag == _W + "instrText":
                links += _HYPERLINK.findall(child.text or "")
            else:
                if tag == _W + "hyperlink" and (link := self._link(child)):
                    links.append(link)
                stack.append(iter(child))
        return rows, links, bold and not plain

    def _link(self, element: Any) -> str:
        relation = self.part.rels.get(element.get(_R + "id"))
        return str(relation.target_ref) if relation is not None and relation.is_external else ""

    # -- tables ---------------------------------------------------------------------------------------------------

    def _table(self, element: Any, depth: int, blocks: list[Block]) -> None:
        rows: list[list[Span]] = []
        parts: list[list[Block]] = []
        merged: dict[int, tuple[int, int]] = {}
        several = False
        for row in _inside(element, "tr"):
            spans: list[Span] = []
            column = 0
            properties = row.find(_W + "trPr")
            header = properties is not None and properties.find(_W + "tblHeader") is not None
            before = _integer(_value(properties.find(_W + "gridBefore"))) if properties is not None else 0
            if before:
                spans.append(Span((), columns=before))
                column += before
            filled = 0
            for cell in _inside(row, "tc"):
                wide, merge = _spans(cell)
                if merge == "continue" and column in merged:
                    at, index = merged[column]
                    above = rows[at][index]
                    rows[at][index] = Span(above.lines, len(rows) - at + 1, above.columns, above.header)
                    column += wide
                    continue
                inside = self._cell(cell, depth)
                lines = tuple(line for block in inside for line in _lines(block))
                parts.append(inside)
                filled += bool(lines)
                if merge == "restart":
                    merged[column] = (len(rows), len(spans))
                else:
                    merged.pop(column, None)
                spans.append(Span(lines, 1, wide, header))
                column += wide
            several = several or filled > 1
            rows.append(spans)
        if not several:
            # a frame around running text
            blocks += [block for inside in parts for block in inside]
            return
        grid, cut = expand(rows)
        self.cut = self.cut or cut
        if grid is not None:
            blocks.append(grid)

    def _cell(self, cell: Any, depth: int) -> list[Block]:
        inside: list[Block] = []
        for element in _inside(cell, "p", "tbl"):
            if element.tag == _W + "p":
                self._paragraph(element, inside)
            elif depth < _DEEPEST_TABLE:
                self._table(element, depth + 1, inside)
            else:
                self.cut = True
        return inside


def _lines(block: Block) -> Iterator[Line]:
    if isinstance(block, Heading):
        yield block.line
    elif isinstance(block, Paragraph):
        yield from block.lines
    else:
        for at, row in enumerate(block.rows):
            for column, cell in enumerate(row):
                if cell.origin == (at, column):
                    yield from cell.lines


def _inside(element: Any, *wanted: str) -> Iterator[Any]:
    """Yield the nearest elements of the wanted kinds, through content controls, insertions and other wrappers."""
    tags = {_W + tag for tag in wanted}
    stack = [iter(element)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
        elif child.tag in tags:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _GONE and child.tag not in (_W + "p", _W + "tbl"):
            stack.append(iter(child))


def _value(element: Any) -> str:
    return (element.get(_W + "val") or "") if element is not None else ""


def _integer(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else 0


def _is_on(run: Any, name: str) -> bool:
    properties = run.find(_W + "rPr")
    element = properties.find(_W + name) if properties is not None else None
    return element is not None and (element.get(_W + "val") or "true").lower() not in _OFF


def _spans(cell: Any) -> tuple[int, str]:
    properties = cell.find(_W + "tcPr")
    if properties is None:
        return 1, ""
    merge = properties.find(_W + "vMerge")
    wide = max(_integer(_value(properties.find(_W + "gridSpan"))), 1)
    return wide, "" if merge is None else (_value(merge) or "continue")


def _outline(properties: Any) -> int | None:
    level = _value(properties.find(_W + "outlineLvl"))
    return _integer(level) if level else None


def _own_numbering(properties: Any) -> tuple[str, int] | None:
    own = properties.find(_W + "numPr")
    if own is None:
        return None
    number = _value(own.find(_W + "numId"))
    return (number, _integer(_value(own.find(_W + "ilvl")))) if number else None


def _related(part: Any, kind: str) -> Any:
    """Return the root element of the part related as ``kind`` (``styles``, ``numbering``), or None."""
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.endswith("/" + kind):
            return getattr(relation.target_part, "element", None)
    return None


def _styles(part: Any) -> dict[str, _Style]:
    root = _related(part, "styles")
    styles: dict[str, _Style] = {}
    for style in root.iter(_W + "style") if root is not None else ():
        properties = style.find(_W + "pPr")
        styles[style.get(_W + "styleId") or ""] = _Style(
            _value(style.find(_W + "name")),
            _value(style.find(_W + "basedOn")),
            _outline(properties) if properties is not None else None,
            _own_numbering(properties) if properties is not None else None,
        )
    return styles


def _numbering(part: Any) -> _Numbering:
    root = _related(part, "numbering")
    numbering = _Numbering()
    if root is None:
        return numbering
    for abstract in root.iter(_W + "abstractNum"):
        levels = {}
        for level in abstract.iter(_W + "lvl"):
            start = _value(level.find(_W + "start"))
            levels[_integer(level.get(_W + "ilvl") or "0")] = _Level(
                _integer(start) if start else 0,
                _value(level.find(_W + "numFmt")),
                _value(level.find(_W + "lvlText")),
                level.find(_W + "isLgl") is not None,
            )
        numbering.levels[abstract.get(_W + "abstractNumId") or ""] = levels
    for number in root.iter(_W + "num"):
        id_ = number.get(_W + "numId") or ""
        numbering.abstract[id_] = _value(number.find(_W + "abstractNumId"))
        for override in number.iter(_W + "lvlOverride"):
            start = override.find(_W + "startOverride")
            if start is not None:
                level = _integer(override.get(_W + "ilvl") or "0")
                numbering.restarts.setdefault(id_, {})[level] = _integer(_value(start))
    return numbering


_CHINESE = "零一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def _formatted(count: int, format_: str) -> str:
    """Return a number in one of Word's number formats; those not listed here are shown as decimals."""
    if format_.startswith(("chinese", "japanese", "ideograph", "taiwanese")) and 0 < count < 100:
        tens, ones = divmod(count, 10)
        return ("" if tens == 0 else "十" if tens == 1 else _CHINESE[tens] + "十") + (_CHINESE[ones] if ones else "")
    if format_ in ("lowerLetter", "upperLetter") and 0 < count <= 26:
        return chr((ord("a") if format_ == "lowerLetter" else ord("A")) + count - 1)
    if format_ in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for value, letters in _ROMAN:
            times, count = divmod(count, value)
            roman += letters * times
        return roman if format_ == "lowerRoman" else roman.upper()
    if format_ == "decimalZero":
        return f"{count:02d}"
    if format_ == "decimalEnclosedCircle" and 0 < count <= 20:
        return chr(0x2460 + count - 1)
    return str(count)
