"""Audits as a workbook (Office Open XML, ECMA-376): one sheet for each table, ready to filter and to print.

Every cell is text: nothing in it is computed, and no address becomes a link. There is no time in the file but a fixed one.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence

from auditor.model import Audit, Language
from auditor.report.sheets import Sheet, sheets
from auditor.report.words import Words

__all__ = ["render"]

_LONGEST = 32_767
"""Characters a cell can hold."""
_MOST_ROWS = 1_048_576
"""Rows a sheet can hold, the heads among them."""
_WIDEST = 60
_NARROWEST = 8
_CREATED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
"""When every workbook says it was made: equal audits give equal bytes."""


def render(audits: Sequence[Audit], language: Language) -> bytes:
    """Return ``audits`` as the bytes of a workbook."""
    import xlsxwriter

    words = Words(language)
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": words("title"), "comments": words("disclaimer"), "created": _CREATED})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E7ECF3", "border": 1})
    cell = book.add_format({"text_wrap": True, "valign": "top"})
    for sheet in sheets(audits, language):
        page = book.add_worksheet(_name(sheet.title))
        for column, title in enumerate(sheet.heads):
            page.write_string(0, column, title, head)
            page.set_column(column, column, _width(sheet, column))
        rows = sheet.rows
        if len(rows) >= _MOST_ROWS:
            left = len(rows) - (_MOST_ROWS - 2)
            rows = (*rows[: _MOST_ROWS - 2], (words("rows.more", n=left), *([""] * (len(sheet.heads) - 1))))
        for number, row in enumerate(rows, 1):
            for column, text in enumerate(row):
                page.write_string(number, column, text[:_LONGEST], cell)
        page.freeze_panes(1, 0)
        if rows:
            page.autofilter(0, 0, len(rows), len(sheet.heads) - 1)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
    book.close()
    return target.getvalue()


def _name(title: str) -> str:
    """Return a title as the name of a sheet: 31 characters, none of those a reference needs."""
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)[:31].strip()


def _width(sheet: Sheet, column: int) -> int:
    """Return the width of a column, in characters; Chinese ones count twice."""
    cells = [sheet.heads[column], *(row[column] for row in sheet.rows[:200])]
    longest = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) for text in cells for line in text.split("\n"))
    return min(max(longest + 2, _NARROWEST), _WIDEST)
