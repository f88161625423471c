"""Tables to records: which row is a header, what its columns mean, and what each row says of its subject."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.policy.document import Cell
from auditor.policy.flow import TablePart
from auditor.policy.lexicon import Lexicon, platform_of, squeeze
from auditor.policy.permissions import constants_in, usage_keys_in
from auditor.policy.records import Form, Record, Value, joined_text

__all__ = ["records_of_table"]

_LONGEST_HEADER = 30
_NAMES = ("name", "package", "third_party", "vendor", "url", "site")
_SUBJECTS = ("name", "package", "permissions", "code", "third_party", "vendor")


def records_of_table(part: TablePart, lexicon: Lexicon) -> list[Record]:
    """Return one record per row; none where no row is a header and the cells do not say what they are."""
    rows = part.grid.rows
    width = len(rows[0]) if rows else 0
    if width == 0 or len(rows) > 5000:
        return []
    first = [row[0].text.replace("\n", "") for row in rows] if width == 2 and len(rows) > 1 else []
    labelled = all(lexicon.label(text, guess=True) for text in first) and sum(lexicon.label(text) != "" for text in first) > 1
    if labelled or not any(_fields(row, lexicon) for row in rows[:4]):
        upright = _upright(part, lexicon)
        if upright:
            return upright
    records: list[Record] = []
    fields: list[str] = []
    labels: list[str] = []
    title = part.title
    owners: dict[tuple[int, int], Record] = {}
    heading = -2
    for at, row in enumerate(rows):
        found = _fields(row, lexicon, below=heading == at - 1)
        if found:
            under = [cell.text for cell in row]
            if heading == at - 1:  # a header of two rows: what the second leaves open the first has said
                found = [new if text.strip() else old for new, old, text in zip(found, fields, under, strict=False)]
                under = [text if text.strip() else old for text, old in zip(under, labels, strict=False)]
            fields, labels, heading = found, under, at
            continue
        distinct = {cell.origin: cell for cell in row if cell.text.strip()}
        if not distinct:
            continue
        if len(distinct) == 1 and width > 1 and _is_caption(row, at, lexicon):
            caption = next(iter(distinct.values())).text
            kept = platform_of(title, lexicon) is not None and platform_of(caption, lexicon) is None
            title = f"{title} {caption}" if kept else caption
            continue
        if not fields:
            continue
        record = _row(row, at, fields, labels, part, title)
        if records and fields[0] == "vendor" and not row[0].text.strip():
            _carry(records[-1], record)
        subjects = ("code",) if "code" in fields else _SUBJECTS
        subject = next((field for field in subjects if field in fields), "")
        key = next((origin for field in subjects if (origin := _origin_of(row, fields, field)) is not None), None)
        if key is None and records and subject and any(record.values):
            _append(records[-1], record)  # the cell that names the subject was left out: the row goes on
            continue
        if key is not None and key in owners and subject in ("name", "permissions", "code", "package"):
            _append(owners[key], record)
            continue
        if key is not None:
            owners[key] = record
        records.append(record)
    return records


def _fields(row: Sequence[Cell], lexicon: Lexicon, *, below: bool = False) -> list[str]:
    """Return the field of each column where the row is a header, else nothing. ``below``: the row above is one."""
    texts = {cell.origin: cell.text.replace("\n", "") for cell in row if cell.text.strip()}
    if not texts or any(len(text) > _LONGEST_HEADER or "://" in text for text in texts.values()):
        return []
    if any(text in lexicon.words("none") for text in texts.values()):
        return []
    sure = sum(lexicon.label(text) != "" for text in texts.values())
    guessed = sum(lexicon.label(text, guess=True) != "" for text in texts.values())
    needed = 1 if len(texts) == 1 and len(row) == 1 else 2
    known = sure >= needed and guessed >= len(texts) * 0.5
    likely = sure >= 1 and guessed >= max(2, len(texts) * 0.6)
    marked = all(cell.header for cell in row) and guessed >= 1 and len(texts) > 1
    below = below and sure == len(texts)
    if not (known or likely or marked or below):
        return []
    return [lexicon.label(cell.text.replace("\n", ""), guess=True) or "other" for cell in row]


def _origin_of(row: Sequence[Cell], fields: Sequence[str], field: str) -> tuple[int, int] | None:
    """Return the origin of the first cell with text in a column of this field."""
    return next((cell.origin for cell, one in zip(row, fields, strict=False) if one == field and cell.text.strip()), None)


def _is_caption(row: Sequence[Cell], at: int, lexicon: Lexicon) -> bool:
    """Tell whether the only cell of a row with text in it heads the rows below: it spans them, or is no subject of its own."""
    filled = [cell for cell in row if cell.text.strip()]
    if len(filled) > 1:
        return True
    text = filled[0].text
    subject = constants_in(text, lexicon, listed=True) or usage_keys_in(text, lexicon) or squeeze(text) in lexicon.sdk_names.known
    return filled[0].origin[0] == at and filled[0] is row[0] and len(text) <= 40 and not subject


def _value(cell: Cell, field: str, label: str, at: int) -> Value:
    texts = [line.text for line in cell.lines]
    text = joined_text(texts) if field in _NAMES else " ".join(texts)
    return Value(text, cell.lines, label.replace("\n", ""), cell.origin[0] != at)


def _row(
    row: Sequence[Cell], at: int, fields: Sequence[str], labels: Sequence[str], part: TablePart, title: str
) -> Record:
    record = Record(Form.TABLE, part.section, title)
    seen: set[tuple[int, int]] = set()
    for cell, field, label in zip(row, fields, labels, strict=False):
        if cell.lines and cell.origin not in seen:
            record.add(field, _value(cell, field, label, at))
        seen.add(cell.origin)
    for cell in row[len(fields) :]:  # more cells than the header has
        if cell.lines:
            record.add(fields[-1] if fields else "other", _value(cell, "", "", at))
    return record


def _carry(above: Record, record: Record) -> None:
    """Give a record the company of the row above: the first column was merged, and the merging lost."""
    for value in above.values.get("vendor", ())[:1]:
        record.add("vendor", Value(value.text, value.lines, value.label, spans=True))


def _append(record: Record, more: Record) -> None:
    """Add to a record what a further row of the same subject says anew."""
    for field, values in more.values.items():
        known = {(value.text, value.lines) for value in record.values.get(field, ())}
        for value in values:
            if (value.text, value.lines) not in known:
                record.add(field, value)


def _upright(part: TablePart, lexicon: Lexicon) -> list[Record]:
    """Return the records of a table whose labels stand in the first column: one per further column, or one per block."""
    rows = part.grid.rows
    named = [(row, lexicon.label(row[0].text.replace("\n", ""), guess=True)) for row in rows]
    labelled = [field for row, field in named if field]
    if len(labelled) < 2 or len(labelled) < 0.6 * len(rows) or len(rows[0]) < 2:
        return []
    cells = [cell.text.strip() for row, field in named for cell in row[1:] if field]
    if any(lexicon.label(text) and text not in lexicon.words("none") for text in cells if text):
        return []
    records: list[Record] = []
    for column in range(1, len(rows[0])):
        record = Record(Form.TABLE, part.section, part.title)
        for row, field in named:
            cell = row[column]
            if field in record.values and field in ("name", "third_party") and len(rows[0]) == 2:
                records.append(record)
                record = Record(Form.TABLE, part.section, part.title)
            if field and cell.lines:
                record.add(field, _value(cell, field, row[0].text, cell.origin[0]))
            elif not field and row[0].lines and row[0].origin == cell.origin and not record.values:
                record.title = row[0].text
        if record.values:
            records.append(record)
    return records


def headless_records(part: TablePart, lexicon: Lexicon) -> list[Record]:
    """Return the records of a table without a header in which a column holds constants or keys."""
    rows = [row for row in part.grid.rows if any(cell.text.strip() for cell in row)]
    width = len(rows[0]) if rows else 0
    if width < 2 or len(rows) > 5000:
        return []

    def held(column: int) -> int:
        texts = (row[column].text for row in rows)
        return sum(len(text) < 200 and bool(constants_in(text, lexicon, listed=True) or usage_keys_in(text, lexicon)) for text in texts)

    counts = [held(column) for column in range(width)]
    best = max(range(width), key=lambda column: counts[column])
    if counts[best] * 2 < len(rows):
        return []
    fields = ["permissions" if column == best else "about" for column in range(width)]
    if fields[-1] != "permissions" and width > 1:
        fields[-1] = "purpose"
    return [_row(row, at, fields, [""] * width, part, part.title) for at, row in enumerate(rows)]
