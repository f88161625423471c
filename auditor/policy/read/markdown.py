"""Markdown to blocks: as CommonMark has it inside a line, and as policies really write it around lines.

Inline markup (emphasis, links, code, escapes, entities) is read by markdown-it-py. Blocks are told apart here, line by
line: policies indent tables until they are code, part table rows by blank lines, underline sections with ``=====`` and
number them by hand, all of which a strict reader would turn into code, headings and lists that nobody meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.policy.document import Block, Heading, Line, Paragraph
from auditor.policy.numbering import bold_heading, stands_alone, starts_item
from auditor.policy.read.html import known_tag, read_html
from auditor.policy.read.lines import line_of, source_lines
from auditor.policy.read.pipes import Raw, Region, find_tables
from auditor.policy.read.plain import grid_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = ["MarkdownText", "looks_like_markdown", "read_markdown"]

_ATX = re.compile(r" {0,3}(#{1,6})(?:\s(.*)|(?![#!/])(.{1,60}))?\Z", re.DOTALL)
_BULLET = re.compile(r"\s*[-*+•·●]\s+(?=\S)")
_ORDERED = re.compile(r"\s*\d{1,9}\\?[.)]\s")
_QUOTE = re.compile(r"\A\s{0,3}(?:>\s?)+")
_FENCE = re.compile(r"\s*(?:```+|~~~+)[\w -]*\Z")
_RULE = re.compile(r"\s*([-*_=~])(?:\s*\1){2,}\s*\Z")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-{2,})\s*\Z")
_HTML_BLOCK = re.compile(
    r"\s{0,3}</?(?:address|article|aside|blockquote|body|center|dd|details|dir|div|dl|dt|footer|form|h[1-6]|head|header"
    r"|html|li|main|menu|nav|ol|p|pre|section|style|script|summary|tbody|td|tfoot|th|thead|title|tr|ul)(?=[\s>/]|\Z)",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<(/?)table(?=[\s>])", re.IGNORECASE)
_MODULE = re.compile(r"(?:import\s.+\sfrom\s+['\"]|export\s+(?:const|default)\s)")
_LONGEST_RUN = 20_000
"""Characters of one paragraph up to which its inline markup is read; no real one comes near."""
_MARKED = re.compile(r"[*_`\[\]<>&\\!]")
_STRAY = re.compile(r"\*\*+|(?<![A-Za-z0-9_*])[_*](?![A-Za-z0-9_*])|(?<![A-Za-z0-9_])__+(?![A-Za-z0-9_])")
_BOLD_LINE = re.compile(r"\s*(\*\*|__)(?!\s)((?:(?!\1).)+)\1\s*\Z")
_HREF = re.compile(r"""\shref\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_SIGNS = re.compile(
    r"""^\ {0,3}\#{1,6}[\ \t]+\S
    | ^[\ \t]*(?:\|[\ \t]*)?:?-{2,}:?[\ \t]*(?:\|[\ \t]*:?-+:?[\ \t]*)+(?:\|[\ \t]*)?$
    | \*\*[^*\n]{1,80}\*\*
    | \]\((?:https?:|mailto:|/|\#)
    | ^[\ \t]*```\w*[\ \t]*$
    | \\[_.*\#|()\[\]-]
    | <br[\ ]?/?> | <t[dr][\s>] | <https?://[^>\s]+>""",
    re.MULTILINE | re.VERBOSE | re.IGNORECASE,
)
_FRONT_MATTER = re.compile(r"---\r?\n(?:[\w-]+:.*\n|\s*- .*\n){1,60}---\r?\n")


def looks_like_markdown(text: str) -> bool:
    """Tell whether a text carries marks that only Markdown gives a meaning."""
    return _SIGNS.search(text) is not None or _FRONT_MATTER.match(text) is not None


@dataclass(slots=True)
class MarkdownText:
    """What a Markdown text holds."""

    blocks: list[Block]
    title: str = ""
    """The title of its front matter; empty where it has none."""
    cut: bool = False
    """A table in it was too large, or its HTML too deep."""


def read_markdown(text: str) -> MarkdownText:
    """Return the blocks of a Markdown text, in order."""
    return _Reader(source_lines(text)).read()


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.result = MarkdownText([])
        self.fenced = [False] * len(lines)
        """Lines of code: taken as they stand."""
        self.html: dict[int, int] = {}
        """First line of each HTML passage -> the line after it."""
        self.inline: MarkdownIt | None = None
        self.rules = False
        """Lines of ``=`` part sections, so they underline no heading."""

    def read(self) -> MarkdownText:
        """Read front matter, comments, fences, HTML and tables out of the lines, and paragraphs from what is left."""
        self._front_matter()
        self._comments()
        skip = self._fences_and_html()
        underlines = [at for at, line in enumerate(self.lines) if "==" in line and _UNDERLINE.match(line)]
        self.rules = len(underlines) > 3 or any(not at or not self.lines[at - 1].strip() for at in underlines)
        tables = {region.first: region for region in find_tables(self.lines, skip)}
        at = start = 0
        while at < len(self.lines):
            if at in tables or at in self.html:
                self._paragraphs(start, at)
                at = start = self._table(tables[at]) if at in tables else self._passage(at)
            else:
                at += 1
        self._paragraphs(start, at)
        return self.result

    # -- what is not running text ---------------------------------------------------------------------------------

    def _front_matter(self) -> None:
        if not self.lines or self.lines[0].strip() != "---":
            return
        for end in range(1, min(len(self.lines), 60)):
            line = self.lines[end].strip()
            if line in ("---", "..."):
                for at in range(end + 1):
                    key, colon, value = self.lines[at].partition(":")
                    if key.strip() == "title" and colon:
                        self.result.title = value.strip().strip("'\"")
                    self.lines[at] = ""
                return
            if line and ":" not in line and not line.startswith(("-", "#")):
                return

    def _comments(self) -> None:
        inside = False
        for at, line in enumerate(self.lines):
            if not inside and "<!--" not in line:
                continue
            kept, start = "", 0
            while True:
                end = line.find("-->" if inside else "<!--", start)
                if not inside:
                    kept += line[start : end if end >= 0 else len(line)]
                if end < 0:
                    break
                start = end + (3 if inside else 4)
                inside = not inside
            self.lines[at] = kept

    def _fences_and_html(self) -> list[bool]:
        skip = [False] * len(self.lines)
        fence = False
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if _FENCE.match(line):
                # what stands in a fence is text like any other, but nothing in it is markup
                fence = not fence and any(_FENCE.match(later) for later in self.lines[at + 1 : at + 400])
                self.lines[at] = ""
            elif fence:
                self.fenced[at] = True
            elif "<" in line and (end := self._html_end(at)):
                self.html[at] = end
                skip[at:end] = [True] * (end - at)
                at = end
                continue
            at += 1
        return skip

    def _html_end(self, at: int) -> int:
        """Return the line after the HTML passage that starts at ``at``; 0 where none does."""
        line = self.lines[at]
        if _TABLE.search(line):
            depth = 0
            for end in range(at, len(self.lines)):
                for match in _TABLE.finditer(self.lines[end]):
                    depth += -1 if match[1] else 1
                if depth <= 0:
                    return end + 1
                if end > at and _ATX.match(self.lines[end]) and not self.lines[end - 1].strip():
                    return end  # never closed
            return len(self.lines)
        if not _HTML_BLOCK.match(line):
            return 0
        end = at
        while end < len(self.lines) and self.lines[end].strip():
            if end > at and (_TABLE.search(self.lines[end]) or _FENCE.match(self.lines[end])):
                break
            end += 1
        return end

    def _passage(self, at: int) -> int:
        end = self.html[at]
        found = read_html("\n".join(self.lines[at:end]), at + 1)
        self.result.blocks += found.blocks
        self.result.cut = self.result.cut or found.cut
        return end

    def _table(self, region: Region) -> int:
        grid, cut = grid_of(region, self._cell)
        self.result.cut = self.result.cut or cut
        if grid is not None:
            self.result.blocks.append(grid)
        return region.end

    def _cell(self, raw: Sequence[Raw]) -> tuple[Line, ...]:
        return tuple(line for at, text in raw for line in self._lines([text], at))

    # -- running text ---------------------------------------------------------------------------------------------

    def _paragraphs(self, first: int, end: int) -> None:
        run: list[str] = []
        start = first
        item = ""

        def close() -> None:
            nonlocal item
            if run:
                lines = self._lines(run, start, item)
                if lines:
                    self._add(Paragraph(lines=tuple(lines), item=item != ""), run)
                run.clear()
            item = ""

        for at in range(first, end):
            line = self.lines[at]
            if self.fenced[at]:
                close()
                made = line_of(line, at + 1)
                if made is not None:
                    self.result.blocks.append(Paragraph(lines=(made,)))
                continue
            line = _QUOTE.sub("", line)
            heading = _ATX.match(line)
            if not line.strip() or line.strip().lower() in ("<br>", "<br/>", "<br />") or heading or _MODULE.match(line):
                close()
                if heading:
                    self._heading(heading, at)
            elif run and len(run) == 1 and _UNDERLINE.match(line) and self._underlines(run[0], line, item):
                lines = self._lines(run, start)
                run.clear()
                level = 1 if "=" in line else 2
                self.result.blocks += [Heading(level=level, line=one) for one in lines]
            elif _RULE.match(line):
                close()
            elif _BULLET.match(line):
                close()
                start = at
                item = "-"
                run.append(_BULLET.sub("", line, count=1))
            else:
                bare = _bare(line)
                alone = stands_alone(bare)
                if alone or starts_item(bare) or _ORDERED.match(line):
                    close()
                    item = "1" if _ORDERED.match(line) else ""
                if not run:
                    start = at
                run.append(line)
                if alone and not item:
                    close()
        close()

    def _underlines(self, text: str, line: str, item: str) -> bool:
        """Tell whether a line of ``=`` or ``-`` makes the one short line above it a heading."""
        bare = _bare(text).strip("*_ ")
        return not item and not ("=" in line and self.rules) and len(bare) <= 40 and bare[-1:] not in "。；;，,：:"

    def _heading(self, match: re.Match[str], at: int) -> None:
        level = len(match[1])
        text = (match[2] or match[3] or "").rstrip()
        closed = text.rstrip("#")
        if closed != text and (not closed or closed[-1].isspace()):
            text = closed
        self.result.blocks += [Heading(level=level, line=line) for line in self._lines([text], at)]

    def _add(self, paragraph: Paragraph, run: list[str]) -> None:
        bold = len(run) == 1 and not paragraph.item and _BOLD_LINE.match(run[0])
        self.result.blocks.append(bold_heading(paragraph) if bold else paragraph)

    def _lines(self, run: Sequence[str], at: int, item: str = "") -> list[Line]:
        """Return the lines of one run of source lines, the first of which has index ``at``, without inline markup."""
        text = "\n".join(part.strip() for part in run)
        if not _MARKED.search(text) or len(text) > _LONGEST_RUN:
            plain = (line_of(part, at + 1 + offset) for offset, part in enumerate(text.split("\n")))
            return [line for line in plain if line is not None]
        if self.inline is None:
            from markdown_it import MarkdownIt

            self.inline = MarkdownIt("zero", {"html": True}).enable(
                ["escape", "backticks", "emphasis", "link", "image", "autolink", "html_inline", "entity", "newline"]
            )
        lines: list[Line] = []
        pieces: list[str] = []
        links: list[str] = []
        number = at + 1

        def end() -> None:
            line = line_of(_STRAY.sub("", "".join(pieces)), number, links=links)
            if line is not None:
                lines.append(line)
            pieces.clear()
            links.clear()

        for token in self.inline.parseInline(text)[0].children or []:
            if token.type in ("softbreak", "hardbreak"):
                end()
                number += 1
            elif token.type == "html_inline":
                if known_tag(token.content) == "br":
                    end()
                elif not known_tag(token.content):
                    pieces.append(token.content)
                elif match := _HREF.search(token.content):
                    links.append(match[1])
                number += token.content.count("\n")
            elif token.type == "link_open":
                href = str(token.attrGet("href") or "")
                if href and not href.startswith("#"):
                    links.append(href)
            elif token.type in ("text", "text_special", "code_inline"):
                pieces.append(token.content)
        end()
        return lines


def _bare(line: str) -> str:
    """Return a line without what may stand before its number: emphasis, white space, escapes."""
    return re.sub(r"\\([.)(、])", r"\1", line.strip().lstrip("*_ \t　"))
