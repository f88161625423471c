"""The numbered sections of a document, for the lints that look at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.policy.document import Heading, Line, Paragraph
from auditor.policy.lint._lint import Paper
from auditor.policy.numbering import Number, number_of

__all__ = ["Numbered", "numbered", "top_sections"]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line that starts with a section number."""

    number: Number
    line: Line
    heading: bool
    """It is a heading, and no item of a list or a clause."""


def numbered(paper: Paper) -> Iterator[Numbered]:
    """Yield every numbered line outside tables, in reading order."""
    for block in paper.document.blocks:
        if isinstance(block, Heading):
            number = number_of(block.line.text)
            if number is not None:
                yield Numbered(number, block.line, True)
        elif isinstance(block, Paragraph):
            for line in block.lines:
                number = number_of(line.text)
                if number is not None:
                    yield Numbered(number, line, False)


def top_sections(paper: Paper) -> dict[int, str]:
    """Return number and title of the sections of the outermost style the headings have; empty where none is numbered."""
    found = [one for one in numbered(paper) if one.heading]
    if not found:
        return {}
    outermost = min(one.number.rank for one in found)
    sections = {one.number.values[-1]: one.number.title for one in found if one.number.rank == outermost}
    # one number alone is no sequence of sections; a first section that is not the first is part of a larger document
    return sections if len(sections) >= 3 and min(sections) == 1 and outermost[1] == 1 else {}
