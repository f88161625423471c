"""Documents written down as strings, so that a test can be read."""

from __future__ import annotations

from collections.abc import Callable

from auditor.policy.document import Document, Grid, Heading

Read = Callable[[str | bytes], Document]
"""The fixture ``read``."""


def outline(document: Document) -> list[str]:
    """Return one string per block: ``12 ## heading``, ``12 text / next line``, ``12 * item``, ``[a | b] [c | d]``."""
    shown = []
    for block in document.blocks:
        if isinstance(block, Heading):
            shown.append(f"{block.line.line} {'#' * block.level} {block.line.text}")
        elif isinstance(block, Grid):
            shown.append(" ".join("[" + " | ".join(row) + "]" for row in texts(block)))
        else:
            mark = "* " if block.item else ""
            shown.append(f"{block.lines[0].line} {mark}" + " / ".join(line.text for line in block.lines))
    return shown


def texts(grid: Grid) -> list[list[str]]:
    """Return the texts of a grid."""
    return [[cell.text for cell in row] for row in grid.rows]


def grids(document: Document) -> list[Grid]:
    """Return the grids of a document."""
    return [block for block in document.blocks if isinstance(block, Grid)]
