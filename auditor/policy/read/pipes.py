"""Tables typed as text: cells between pipes or tabs, with or without the separator row Markdown asks for.

GitHub Flavored Markdown (section 4.10, tables) drops what a row has too much and ends a table at the first blank line;
real policies leave pipes out, put some too many, break rows over lines and set each cell on a line of its own, so rows
are split here and nothing of them is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Region", "find_tables", "split_cells"]

_SEPARATOR = re.compile(r"\s*(?:\|\s*)?:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*(?:\|\s*)?\Z")
_WITHOUT_PIPE = re.compile(r"\s*\|?\s*(`[^`|]+`)\s{2,}([^|\s][^|]*?)\s*\|?\s*\Z")
_FRAME = re.compile(r"\s*\+[-=+]{3,}\s*\Z")
_SHORT = 60
_MOST_CELLS = 200
_SPREAD = re.compile(r"信息|数据|权限|类型|内容|data|permission|information", re.IGNORECASE)

Raw = tuple[int, str]
"""Index of a source line, and text on it."""


@dataclass(slots=True)
class Region:
    """A table found: the lines it takes (end exclusive), and its cells as written."""

    first: int
    end: int
    rows: list[list[list[Raw]]] = field(default_factory=list)
    header: int = 0
    """How many rows at the top are headers by markup."""
    spanned: dict[int, int] = field(default_factory=dict)
    """Row -> the only column that is its own; the others belong to the row above, which spans."""


def split_cells(line: str) -> list[str]:
    """Return the cells of one row: split at every pipe that no backslash escapes, outer pipes taken off."""
    text = line.strip()
    if text.startswith("|"):
        text = text[1:]
    cells: list[str] = []
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "|":
            cells.append(text[start:at])
            start = at + 1
        at += 1
    last = text[start:]
    if last.strip() or not cells:
        cells.append(last)
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _cells_of(line: str, header: str) -> list[str]:
    """Return the cells of a row below a header: under one without outer pipes, an outer pipe closes an empty cell."""
    cells = split_cells(line)
    plain = header.strip()
    if line.lstrip().startswith("|") and not plain.startswith("|"):
        cells.insert(0, "")
    if line.rstrip().endswith("|") and not plain.endswith("|") and not plain.startswith("|"):
        cells.append("")
    return cells


def _is_separator(line: str) -> bool:
    return "|" in line and "-" in line and _SEPARATOR.match(line) is not None


def _is_lone(line: str) -> bool:
    return line.strip() == "|"


def _pipes(line: str) -> int:
    return line.count("|") - line.count("\\|")


def find_tables(lines: Sequence[str], skip: Sequence[bool] | None = None) -> list[Region]:
    """Return the tables of a text, in order; lines for which ``skip`` is true belong to none."""
    taken = skip or [False] * len(lines)
    found: list[Region] = []
    at = 0
    while at < len(lines):
        region = None
        line = lines[at]
        if not taken[at] and line.strip():
            if at + 1 < len(lines) and _is_lone(lines[at + 1]) and not taken[at + 1] and not _is_lone(line):
                region = _lone_pipes(lines, at, taken)
            elif "|" in line:
                region = _with_separator(lines, at, taken) or _without_separator(lines, at, taken)
            elif "\t" in line.strip():
                region = _tabbed(lines, at, taken)
            elif at + 1 < len(lines) and _FRAME.match(line) and _pipes(lines[at + 1]) >= 2:
                region = _framed(lines, at, taken)
        if region is None:
            at += 1
        else:
            found.append(region)
            at = region.end
    return found


# -- one row, one line ----------------------------------------------------------------------------------------------


def _with_separator(lines: Sequence[str], at: int, taken: Sequence[bool]) -> Region | None:
    """Return the table whose header stands at ``at`` and whose separator row follows it."""
    if at + 1 >= len(lines) or taken[at + 1] or not _is_separator(lines[at + 1]) or _is_separator(lines[at]):
        return None
    region = Region(at, at + 2, [_row(lines[at], at)], header=1)
    _body(lines, region, taken)
    return region


def _body(lines: Sequence[str], region: Region, taken: Sequence[bool]) -> None:
    """Add the rows that follow, as far as the table goes."""
    width = len(region.rows[0])
    framed = lines[region.first].lstrip().startswith("|")
    at = region.end
    while at < len(lines) and not taken[at]:
        line = lines[at]
        if not line.strip():
            # a blank line ends a table, unless the very next line is a further row of it
            after = at + 1
            if (
                after < len(lines)
                and not taken[after]
                and lines[after].lstrip().startswith("|")
                and len(split_cells(lines[after])) == width
                and not (after + 1 < len(lines) and _is_separator(lines[after + 1]))
            ):
                at = after
                continue
            break
        if _is_separator(line) or _FRAME.match(line):
            at += 1
        elif _pipes(line):
            if at + 1 < len(lines) and _is_separator(lines[at + 1]) and at + 1 < len(taken) and not taken[at + 1]:
                break  # the header of the next table
            if width > 1 and (parts := _WITHOUT_PIPE.match(line)):
                # the pipe after the name was forgotten
                region.rows.append([[(at, parts[1])], [(at, parts[2])]])
            elif framed and _open(lines[at - 1]) and _is_rest(region.rows[-1], line, width):
                _continue(region, line, at)
            else:
                cells = split_cells(line)
                if len(cells) < width and len(outer := _cells_of(line, lines[region.first])) <= width:
                    cells = outer
                region.rows.append([[(at, cell)] for cell in cells])
            at += 1
        elif framed and len(region.rows) > 1 and _open(lines[at - 1]):
            region.rows[-1][-1].append((at, line.strip()))
            at += 1
        else:
            break
        region.end = at


def _open(line: str) -> bool:
    """Tell whether a framed row goes on after this line: its closing pipe is missing."""
    return bool(line.strip()) and not line.rstrip().endswith("|")


def _is_rest(row: Sequence[list[Raw]], line: str, width: int) -> bool:
    """Tell whether a line that has pipes is the rest of an open row: together they have no cell too many."""
    cells = len(split_cells(line))
    if line.lstrip().startswith("|"):
        return len(row) + cells <= width
    return cells < width


def _continue(region: Region, line: str, at: int) -> None:
    """Add the rest of a row that was broken over lines."""
    cells = split_cells(line)
    if not line.lstrip().startswith("|"):
        region.rows[-1][-1].append((at, cells.pop(0)))
    region.rows[-1] += [[(at, cell)] for cell in cells]


def _row(line: str, at: int) -> list[list[Raw]]:
    return [[(at, cell)] for cell in split_cells(line)]


def _without_separator(lines: Sequence[str], at: int, taken: Sequence[bool]) -> Region | None:
    """Return the table of two or more adjacent lines that split into the same number of cells, or None."""
    width = len(split_cells(lines[at]))
    framed = lines[at].lstrip().startswith("|") and lines[at].rstrip().endswith("|")
    if width < 2 or _is_separator(lines[at]):
        return None
    end = at + 1
    rows = [_row(lines[at], at)]
    while end < len(lines) and not taken[end] and _pipes(lines[end]):
        if not _is_separator(lines[end]):
            cells = split_cells(lines[end])
            if len(cells) != width:
                cells = _cells_of(lines[end], lines[at])
            if len(cells) != width:
                break
            rows.append([[(end, cell)] for cell in cells])
        end += 1
    if len(rows) < 2 and not (framed and width > 2):
        return None
    beside = [index for index in (at - 1, end) if 0 <= index < len(lines) and not taken[index]]
    if not framed and any(_pipes(lines[index]) or lines[index].startswith(("http://", "https://")) for index in beside):
        return None  # rows broken over lines
    return Region(at, end, rows)


def _tabbed(lines: Sequence[str], at: int, taken: Sequence[bool]) -> Region | None:
    """Return the table of two or more adjacent lines with as many tabs inside: a table copied from a page."""
    width = len(lines[at].strip().split("\t"))
    end = at
    while end < len(lines) and not taken[end] and len(lines[end].strip("\r\n ").split("\t")) == width and lines[end].strip():
        end += 1
    if width < 2 or end - at < 2:
        return None
    rows = [[[(index, cell.strip())] for cell in lines[index].strip("\r\n ").split("\t")] for index in range(at, end)]
    return Region(at, end, rows)


def _framed(lines: Sequence[str], at: int, taken: Sequence[bool]) -> Region | None:
    """Return a table drawn with ``+---+``: what stands between two rules is one row."""
    region = Region(at, at)
    row: list[list[Raw]] = []
    end = at
    while end < len(lines) and not taken[end]:
        if _FRAME.match(lines[end]):
            if row:
                region.rows.append(row)
            row = []
        elif _pipes(lines[end]) >= 2:
            cells = split_cells(lines[end])
            row += [[] for _ in range(len(cells) - len(row))]
            for index, cell in enumerate(cells):
                if cell:
                    row[index].append((end, cell))
        else:
            break
        end += 1
    if row:
        region.rows.append(row)
    region.end = end
    return region if region.rows else None


# -- one cell, one line ---------------------------------------------------------------------------------------------


def _lone_pipes(lines: Sequence[str], at: int, taken: Sequence[bool]) -> Region | None:
    """Return a table whose cells stand on lines of their own, parted by lines that hold one pipe and nothing else.

    Blank lines part the rows. Where a cell spans rows, the rows below hold only what is new in them, mostly one cell.
    """
    region = Region(at, at)
    width = 0
    while at < len(lines) and not taken[at]:
        if not lines[at].strip():
            at += 1
            continue
        if _is_separator(lines[at]):
            if len(region.rows) != 1:
                break
            width = len(split_cells(lines[at]))
            region.header = 1
            at += 1
            region.end = at
            continue
        row, end = _chunk(lines, at, taken, width)
        if len(row) > _MOST_CELLS:
            break
        if len(row) == 1 and not _continues(row[0], region):
            break
        if len(row) > 1 and width and abs(len(row) - width) > 1:
            break
        if len(row) == 1 and width:
            region.spanned[len(region.rows)] = _spread_column(region)
        if len(row) == 1 and not width:
            break
        region.rows.append(row)
        width = width or len(row)
        at = region.end = end
    return region if len(region.rows) > 1 else None


def _chunk(lines: Sequence[str], at: int, taken: Sequence[bool], width: int) -> tuple[list[list[Raw]], int]:
    """Return the cells from ``at`` to the end of the row, and the line after it."""
    row: list[list[Raw]] = [[]]
    while at < len(lines) and not taken[at] and not _is_separator(lines[at]):
        line = lines[at]
        if len(row) > _MOST_CELLS:
            break
        if _is_lone(line):
            row.append([])
        elif line.strip():
            row[-1].append((at, line.strip()))
        else:
            after = at
            while after < len(lines) and not lines[after].strip():
                after += 1
            inside = after < len(lines) and (_is_lone(lines[after]) or not row[-1])
            if not inside or len(row) == 1 or len(row) >= (width or 99):
                break
        at += 1
    return row, at


def _continues(cell: Sequence[Raw], region: Region) -> bool:
    """Tell whether a chunk without a pipe is one more cell of a spanning row: short, no sentence, no rule of a text."""
    if len(region.rows) <= region.header or len(cell) > 2:
        return False
    text = "".join(part for _, part in cell)
    return len(text) <= _SHORT and text[-1] not in "。：:" and re.match(r"[=*#_-]{3,}|#+ ", text) is None


def _spread_column(region: Region) -> int:
    """Return the column a lone cell belongs to: what repeats under one name are the data or permissions."""
    if region.header:
        for column, cell in enumerate(region.rows[0]):
            if column and _SPREAD.search("".join(text for _, text in cell)):
                return column
    return max(len(region.rows[0]) - 2, 0)
