"""Audits as one CSV file, in UTF-8 with a byte-order mark: findings, what could not be read, and every row of the tables.

One set of columns serves them all, so that a spreadsheet can sort and filter the whole; ``xlsx`` has a sheet of its own for each. Form:
RFC 4180. A cell that a spreadsheet would take for a formula starts with an apostrophe (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from auditor.model import Audit, Language
from auditor.report.sheets import Sheet, sheets
from auditor.report.words import Words

__all__ = ["render"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a cell that is computed starts with; Excel takes the full-width forms as well."""
_COLUMNS = (
    "sheet.kind",
    *("app", "operator", "sheet.id", "version", "sheet.issue", "subject", "name", "state", "finding", "sheet.declared", "sheet.found"),
    *("basis", "severity", "confidence", "evidence", "sheet.place", "remedy", "decision", "rule", "fingerprint"),
    *("sheet.supplier", "sheet.version", "sheet.data", "sheet.link"),
)
"""Phrases that head the columns."""
_HERE = {
    "overview": {"sheet.item": "subject", "sheet.content": "finding"},
    "findings": {"sheet.status": "state"},
    "gaps": {"at": "subject", "reason": "finding", "hides": "state"},
}
"""Sheet -> its columns that stand in another here; the note of a row of a table stands with what findings say."""


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as CSV."""
    words = Words(language)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([words(key) for key in _COLUMNS])
    for sheet in sheets(audits, language):
        if sheet.id != "evidence":  # which stands with its finding
            for row in sheet.rows:
                cells = _by_column(sheet, row, words)
                writer.writerow([_safe(cells.get(key, "")) for key in _COLUMNS])
    return "\ufeff" + target.getvalue()


def _by_column(sheet: Sheet, row: Sequence[str], words: Words) -> Mapping[str, str]:
    names = _HERE.get(sheet.id, {"sheet.note": "finding"})
    cells = {names.get(key, key): cell for key, cell in zip(sheet.keys, row, strict=True)}
    if sheet.id == "gaps" and cells["state"]:
        cells["state"] = f"{words('hides')}{words('colon')}{cells['state']}"
    return {**cells, "sheet.kind": sheet.title}


def _safe(cell: str) -> str:
    text = "; ".join(line for line in cell.split("\n") if line)
    return f"'{text}" if text.startswith(_FORMULA) else text
