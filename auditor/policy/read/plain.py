"""Plain text to blocks: paragraphs as blank lines part them, items, and tables typed with pipes or tabs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from auditor.policy.document import Block, Grid, Line, Paragraph
from auditor.policy.numbering import stands_alone, starts_item, without_bullet
from auditor.policy.read.grids import Span, expand
from auditor.policy.read.lines import line_of, source_lines
from auditor.policy.read.pipes import Raw, Region, find_tables

__all__ = ["grid_of", "paragraphs_of", "read_plain"]


def read_plain(text: str) -> list[Block]:
    """Return the blocks of a plain text, in order."""
    lines = source_lines(text)
    wrapped = _is_wrapped(lines)
    blocks: list[Block] = []
    at = 0
    for region in find_tables(lines):
        blocks += paragraphs_of(_lines(lines, at, region.first, wrapped))
        grid, _ = grid_of(region, _cell)
        if grid is not None:
            blocks.append(grid)
        at = region.end
    blocks += paragraphs_of(_lines(lines, at, len(lines), wrapped))
    return blocks


def _lines(lines: Sequence[str], first: int, end: int, wrapped: bool) -> list[Line | None]:
    found: list[Line | None] = []
    at = first
    while at < end:
        start, text = at, lines[at]
        while wrapped and at + 1 < end and _goes_on(lines[at], lines[at + 1]):
            at += 1
            # a line broken behind a hyphen goes on without a blank
            text += ("" if text.endswith("-") else " ") + lines[at].strip()
        found.append(line_of(text, start + 1))
        at += 1
    return found


_WRAPPED_AT = 78
"""Columns html2text breaks lines at."""
_LEAST_BREAKS = 3


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Tell whether lines were broken at a width: those that end where the source had them end have two blanks behind."""
    return sum(line.endswith("  ") and bool(line.strip()) for line in lines) >= _LEAST_BREAKS


def _goes_on(line: str, below: str) -> bool:
    """Tell whether a line ends only because the first word below did not fit on it."""
    if line.endswith("  ") or not line.strip() or not below.strip() or starts_item(below.strip()):
        return False
    word = _FIRST_WORD.match(below)
    head = line.rstrip().rpartition(" ")[0]
    return len(line) + 1 + len(word[0] if word else below) > _WRAPPED_AT and len(head) < _WRAPPED_AT


_FIRST_WORD = re.compile(r"[^\s-]*-?")


def paragraphs_of(lines: Sequence[Line | None]) -> list[Block]:
    """Return the paragraphs of lines, None standing for a blank one: a numbered or bulleted line starts a new one."""
    blocks: list[Block] = []
    run: list[Line] = []
    item = False

    def close() -> None:
        nonlocal item
        if run:
            blocks.append(Paragraph(lines=tuple(run), item=item))
            run.clear()
        item = False

    for line in lines:
        if line is None:
            close()
            continue
        if set(line.text) <= _RULE and len(line.text) > 2:
            close()
            continue
        if starts_item(line.text) or stands_alone(line.text):
            close()
            bare = without_bullet(line)
            item = bare is not line
            run.append(bare)
            if stands_alone(line.text):
                close()
        else:
            run.append(line)
    close()
    return blocks


_RULE = set("=-_*~—─━")


def _cell(raw: Sequence[Raw]) -> tuple[Line, ...]:
    return tuple(line for index, text in raw if (line := line_of(text, index + 1)) is not None)


def grid_of(region: Region, cell: Callable[[Sequence[Raw]], tuple[Line, ...]]) -> tuple[Grid | None, bool]:
    """Return the grid of a table typed as text, and whether it had to be cut; ``cell`` reads what stands in one cell."""
    width = max(len(row) for row in region.rows)
    high: dict[int, int] = {}
    owner = 0
    for at in range(len(region.rows)):
        if at in region.spanned:
            high[owner] = at - owner + 1
        else:
            owner = at
    rows: list[list[Span]] = []
    for at, row in enumerate(region.rows):
        if at in region.spanned:
            rows.append([Span(cell(row[0]))])
            continue
        spans = [Span(cell(raw), header=at < region.header) for raw in row]
        if at in high:
            column = region.spanned[at + 1]
            spans += [Span(()) for _ in range(width - len(spans))]
            spans = [
                span if index == column else Span(span.lines, rows=high[at], header=span.header)
                for index, span in enumerate(spans)
            ]
        rows.append(spans)
    return expand(rows)
