"""Rows of cells that span, expanded to a grid in which every row has the same number of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.policy.document import Cell, Grid, Line

__all__ = ["MAX_CELLS", "Span", "expand"]

MAX_CELLS = 200_000
"""Places one grid may have once its spans are expanded."""
_MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Span:
    """One cell as a table writes it."""

    lines: tuple[Line, ...]
    rows: int = 1
    """How many rows it covers; 0 = all that follow."""
    columns: int = 1
    header: bool = False


def expand(rows: Sequence[Sequence[Span]], caption: Line | None = None) -> tuple[Grid | None, bool]:
    """Return the grid of a table's rows, None where it has no cell with text; and whether it had to be cut short.

    A cell goes to the first place in its row that none from above covers (HTML, "forming a table"). Spans end at the
    last row and at 200 columns, so that a hostile span costs nothing.
    """
    places: list[dict[int, Cell]] = [{} for _ in rows]
    used = 0
    cut = False
    for at, row in enumerate(rows):
        column = 0
        for span in row:
            while column in places[at]:
                column += 1
            if column >= _MAX_COLUMNS:
                cut = True
                break
            wide = min(max(span.columns, 1), _MAX_COLUMNS - column)
            high = min(span.rows or len(rows), len(rows) - at)
            used += wide * high
            if used > MAX_CELLS:
                wide = high = 1
            cell = Cell(lines=span.lines, origin=(at, column), header=span.header)
            for down in range(at, at + max(high, 1)):
                for across in range(column, column + wide):
                    places[down].setdefault(across, cell)
            column += wide
    width = max((max(row, default=-1) + 1 for row in places), default=0)
    if not any(cell.lines for row in places for cell in row.values()):
        return None, cut
    most = MAX_CELLS // width
    if len(places) > most:
        cut = cut or any(cell.lines for row in places[most:] for cell in row.values())
        del places[most:]
    filled = tuple(
        tuple(row.get(column) or Cell(lines=(), origin=(at, column)) for column in range(width))
        for at, row in enumerate(places)
    )
    return Grid(rows=filled, caption=caption), cut
