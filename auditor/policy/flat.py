"""Tables that lost their lines: one cell after the other as paragraphs, under the labels of the columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.policy.blocks import labels_in
from auditor.policy.flow import Flow, Piece
from auditor.policy.lexicon import Lexicon
from auditor.policy.permissions import constants_in, usage_keys_in
from auditor.policy.read.pipes import split_cells
from auditor.policy.records import Form, Record, Value, joined_text, urls_in
from auditor.policy.sdks import is_package

__all__ = ["records_of_flat", "records_of_pipes"]

_LEAST_COLUMNS = 3
_MOST_CELLS = 600
_SHORT_NAME = 40
_LONGEST_ANCHOR = 120
_END = re.compile(r"列表\Z")


@dataclass(slots=True)
class _Cell:
    """One paragraph taken for one cell."""

    pieces: list[Piece]
    text: str
    anchor: bool | None = None
    """Whether it holds a constant or a key and little else, once that was looked at."""

    @property
    def value(self) -> Value:
        return Value(self.text, tuple(piece.line for piece in self.pieces))


def records_of_pipes(flow: Flow, lexicon: Lexicon) -> Iterator[list[Record]]:
    """Yield the records of one table after the other whose rows were typed with pipes and broken over lines."""
    pieces = flow.pieces
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        cells = split_cells(piece.text) if "|" in piece.text and not piece.used else []
        fields = [lexicon.label(cell, guess=True) for cell in cells]
        known = sum(lexicon.label(cell) != "" for cell in cells)
        if len(cells) < _LEAST_COLUMNS or known * 2 < len(cells) or not all(len(cell) <= _SHORT_NAME for cell in cells):
            at += 1
            continue
        records, end = _piped_rows([field or "other" for field in fields], cells, flow, at)
        if records:
            for used in pieces[at:end]:
                used.used = True
            yield records
        at = max(end, at + 1)


def _piped_rows(fields: Sequence[str], labels: Sequence[str], flow: Flow, header: int) -> tuple[list[Record], int]:
    """Return the rows below a header line, and the line after them: a cell ends at a pipe, a row when it is full."""
    records: list[Record] = []
    row: list[Value] = []
    cell: list[Piece] = []
    texts: list[str] = []
    at, end, since = header + 1, header + 1, 0

    def close_cell() -> None:
        lines = tuple(piece.line for piece in cell) or (piece.line,)
        row.append(Value(joined_text(texts), lines))
        cell.clear()
        texts.clear()

    def close_row() -> None:
        nonlocal end
        record = Record(Form.FLAT, piece.section, piece.title)
        for field, label, value in zip(fields, labels, row, strict=False):
            value.label = label
            record.add(field, value)
        records.append(record)
        row.clear()
        end = at + 1

    while at < len(flow.pieces) and at - header < _MOST_CELLS:
        piece = flow.pieces[at]
        since = 0 if "|" in piece.text else since + 1
        if piece.heading or piece.used or since > 6 or (not row and not texts and "|" not in piece.text):
            break
        parts = piece.text.strip().strip("|").split("|") if piece.text.strip().strip("|") else []
        closed = piece.text.rstrip().endswith("|")
        for index, part in enumerate(parts):
            texts.append(part.strip())
            cell.append(piece)
            if index + 1 < len(parts) or closed:
                close_cell()
            if len(row) == len(fields):
                close_row()
        if not closed and len(row) == len(fields) - 1 and texts:
            close_cell()
            close_row()
        at += 1
    return records, end


def records_of_flat(flow: Flow, lexicon: Lexicon) -> Iterator[list[Record]]:
    """Yield the records of one flattened table after the other."""
    cells = [_Cell(run, joined_text(piece.text for piece in run)) for run in _parted(list(_blocks(flow)), lexicon)]
    at = 0
    while at < len(cells):
        header, end = _header(cells, at, lexicon)
        if not header:
            at += 1
            continue
        body = cells[end : end + _MOST_CELLS]
        records, used = _rows(header, body, lexicon)
        if records:
            above = cells[at - 1].text if at else ""
            for record in records if lexicon.is_platform(above) else ():
                record.title = above
            for cell in cells[at : end + used]:
                for piece in cell.pieces:
                    piece.used = True
            yield records
        at = max(end + used, at + 1)


def _blocks(flow: Flow) -> Iterator[list[Piece]]:
    """Yield the lines of each block nothing was read from yet."""
    return (run for run in flow.blocks() if not any(piece.used for piece in run))


def _parted(blocks: Sequence[list[Piece]], lexicon: Lexicon) -> Iterator[list[Piece]]:
    """Yield the blocks; the first label of a header that ends the paragraph above it is a cell of its own."""
    for index, run in enumerate(blocks):
        below = blocks[index + 1] if index + 1 < len(blocks) else []
        if len(run) > 1 and below and lexicon.label(run[-1].text) and all(lexicon.label(piece.text) for piece in below):
            start = len(run) - 1
            while start > 1 and lexicon.label(run[start - 1].text):
                start -= 1
            if not lexicon.label(run[start - 1].text):
                yield run[:start]
                run = run[start:]
        yield run


def _header(cells: Sequence[_Cell], at: int, lexicon: Lexicon) -> tuple[list[str], int]:
    """Return the fields of the columns named by the cells from ``at`` on, and where the body starts."""
    fields: list[str] = []
    end, guessed, sure = at, 0, (0, at)
    while end < len(cells) and len(fields) < 12:
        run = cells[end]
        labels = [lexicon.label(piece.text) for piece in run.pieces]
        bare = len(run.text) <= _SHORT_NAME and not cells[at].text.rstrip().endswith(("：", ":"))
        if fields and bare and not all(labels):  # known by its ending, where a sure one follows
            labels = [lexicon.label(piece.text, guess=True) for piece in run.pieces]
            guessed += 1
        else:
            guessed = 0
        if not all(labels) or any(piece.heading and end > at for piece in run.pieces):
            break
        fields += labels
        end += 1
        if not guessed:
            sure = (len(fields), end)
    del fields[sure[0] :]
    end = sure[1]
    least = _LEAST_COLUMNS - 1 if set(fields) & {"permissions", "code"} else _LEAST_COLUMNS
    if len(fields) < least or len(set(fields)) < 2:
        return [], at
    if fields[0] in ("contact",) or not set(fields) & {"name", "permissions", "code", "package", "third_party", "vendor"}:
        return [], at
    return fields, end


def _rows(fields: Sequence[str], body: Sequence[_Cell], lexicon: Lexicon) -> tuple[list[Record], int]:
    """Return the records under a header, and how many cells they took."""
    anchored = [index for index, cell in enumerate(body) if _is_anchor(cell, lexicon)]
    if not anchored and set(fields) & {"permissions", "code"} and not set(fields) & {"package", "third_party", "vendor"}:
        anchored = [index for index, cell in enumerate(body) if _is_named(cell, lexicon)]
    before = anchored[0] if anchored else len(fields)
    if before < len(fields) and (before == 0 or fields[before] in ("code", "permissions")):
        return _anchored(fields, body, anchored, before, lexicon)
    if set(fields) & {"name", "package", "third_party", "vendor"}:
        return _aligned(fields, body, lexicon)
    return [], 0


def _is_anchor(cell: _Cell, lexicon: Lexicon) -> bool:
    """Tell whether a cell holds a constant or a key and little else."""
    if cell.anchor is None:
        text = cell.text
        short = len(text) <= _LONGEST_ANCHOR
        cell.anchor = short and bool(constants_in(text, lexicon, listed=True) or usage_keys_in(text, lexicon, listed=True))
    return cell.anchor


def _is_named(cell: _Cell, lexicon: Lexicon) -> bool:
    """Tell whether a cell is the name of a permission and nothing else."""
    return len(cell.text) <= _SHORT_NAME and not lexicon.label(cell.text) and lexicon.permission(cell.text) is not None


def _anchored(
    fields: Sequence[str], body: Sequence[_Cell], anchors: Sequence[int], before: int, lexicon: Lexicon
) -> tuple[list[Record], int]:
    """Read rows that each hold a constant or a key, with ``before`` cells in front of it.

    Cells left out belong to cells that spanned rows.
    """
    subject = before if before else next((index for index, field in enumerate(fields) if field in ("permissions", "code", "name")), 0)
    others = [field for index, field in enumerate(fields) if index != subject and index >= before]
    records: list[Record] = []
    used = 0
    for index, anchor in enumerate(anchors):
        if index and anchor - anchors[index - 1] > len(fields) + 2:
            break
        stop = anchors[index + 1] - before if index + 1 < len(anchors) else len(body)
        row = body[anchor + 1 : min(stop, anchor + len(fields) + 3)]
        last = index + 1 == len(anchors) or stop - anchor > len(fields) + 2
        record = Record(Form.FLAT, body[anchor].pieces[0].section, body[anchor].pieces[0].title, pieces=body[anchor].pieces)
        named = body[anchor].value
        named.text = " ".join(piece.text for piece in body[anchor].pieces)
        for cell, field in zip(body[max(0, anchor - before) : anchor], fields[:before], strict=False):
            record.add(field, cell.value)
            record.pieces.extend(cell.pieces)
        record.add(fields[subject], named)
        taken = 0
        for cell in row:
            if cell.pieces[0].heading or _header([cell, *row[taken + 1 :]], 0, lexicon)[0] or _END.search(cell.text):
                break
            if taken >= len(others) and not _continues(record, others[-1], cell, last=last):
                break
            if taken < len(others):
                record.add(others[taken], cell.value)
            else:
                previous = record.values[others[-1]][-1]
                previous.text = joined_text((previous.text, cell.text))
                previous.lines = (*previous.lines, *cell.value.lines)
            taken += 1
        records.append(record)
        used = anchor + 1 + taken
    return records, used


def _continues(record: Record, field: str, cell: _Cell, *, last: bool) -> bool:
    """Tell whether a cell too much goes on with the one above; below the last row only where that one is unfinished."""
    values = record.values.get(field)
    if not values or len(cell.text) >= 200:
        return False
    return not last or values[-1].text.rstrip()[-1:] in "，、,;；"


# -- rows of SDKs -----------------------------------------------------------------------------------------------------


def _aligned(fields: Sequence[str], body: Sequence[_Cell], lexicon: Lexicon) -> tuple[list[Record], int]:
    """Read rows of SDKs: each cell goes to the column it fits best, a new row starting where columns start over."""
    end = 0
    while end < len(body) and not body[end].pieces[0].heading and len(body[end].text) <= 600:
        if lexicon.is_platform(body[end].text) or _header(body, end, lexicon)[0]:
            break  # the next table
        if body[end].text.rstrip().endswith(("：", ":")) or _is_block(body[end], lexicon):
            break  # what follows the table
        end += 1
    cells = body[:end]
    if len(cells) < len(fields):
        return [], 0
    path = _align(fields, cells, lexicon)
    records: list[Record] = []
    last_good = 0
    column = len(fields)
    for index, (cell, at) in enumerate(zip(cells, path, strict=True)):
        if at < 0:
            break
        if at <= column and not (at == column and index and _wraps(cells[index - 1], cell)):
            if records and at > 0 and len(records[-1].values) < 2:
                break
            records.append(Record(Form.FLAT, cell.pieces[0].section, cell.pieces[0].title, pieces=list(cell.pieces)))
        records[-1].add(fields[at], cell.value)
        records[-1].pieces.extend(cell.pieces)
        column = at
        last_good = index + 1
    if fields[0] == "vendor":  # a first column of companies that was merged over rows
        for above, record in itertools.pairwise(records):
            if "vendor" not in record.values and "vendor" in above.values:
                record.add("vendor", above.values["vendor"][0])
    whole = [record for record in records if len(record.values) >= max(2, len(fields) // 2)]
    if len(whole) * 2 < len(records):
        return [], 0
    return whole, last_good


def _is_block(cell: _Cell, lexicon: Lexicon) -> bool:
    """Tell whether a paragraph is lines that each start with a label."""
    hits = [labels_in(piece.text, lexicon) for piece in cell.pieces]
    return len(hits) > 1 and all(hit and hit[0].start < 3 for hit in hits)


def _wraps(above: _Cell, cell: _Cell) -> bool:
    return bool(urls_in(above.text)) and bool(urls_in(cell.text))


def _align(fields: Sequence[str], cells: Sequence[_Cell], lexicon: Lexicon) -> list[int]:
    """Return the column of each cell: the cheapest way through rows in which columns come in order and some are left out."""
    width = len(fields)
    costs = [[_misfit(cell, field, lexicon) for field in fields] for cell in cells]
    best = [[0.0] * width for _ in cells]
    came = [[0] * width for _ in cells]
    for column in range(width):
        best[0][column] = costs[0][column] + 1.5 * column
    for index in range(1, len(cells)):
        for column in range(width):
            options = []
            for before in range(width):
                if before < column:
                    step = 1.5 * (column - before - 1)
                elif before == column:
                    step = 2.5 if width > 1 else 0.0
                else:
                    step = 1.5 * (width - 1 - before) + 1.5 * column
                options.append((best[index - 1][before] + step, before))
            value, came[index][column] = min(options)
            best[index][column] = value + costs[index][column]
    column = min(range(width), key=lambda one: best[-1][one])
    path = [column]
    for index in range(len(cells) - 1, 0, -1):
        column = came[index][column]
        path.append(column)
    return path[::-1]


def _misfit(cell: _Cell, field: str, lexicon: Lexicon) -> float:
    """Return how badly a cell fits a column, from 0 to 4."""
    text = cell.text
    has_url = bool(urls_in(text)) or any(piece.line.links for piece in cell.pieces)
    if field in ("url", "site"):
        return 0.0 if has_url else 2.5
    if has_url and len(text) < 300:
        return 4.0
    if is_package(text.strip()):
        return 0.0 if field == "package" else 0.5 if field in ("name", "third_party") else 4.0
    company = any(text.rstrip().endswith(word) for word in lexicon.words("company"))
    names_sdk = lexicon.cue("sdk", text) and len(text) <= _SHORT_NAME
    if field in ("vendor",):
        return 0.0 if company else 1.5 + (1.0 if names_sdk else 0.0)
    if field in ("name", "third_party", "package"):
        if names_sdk:
            return 0.0
        if company:
            return 0.5 if field == "third_party" else 2.0
        return 1.0 if len(text) <= 20 else 3.0
    if names_sdk and not lexicon.cue("purpose", text):
        return 2.0
    if company:
        return 3.0
    data = len([hit for hit in lexicon.data(text) if hit.value.type])
    purpose = lexicon.cue("purpose", text)
    if field in ("data", "permissions"):
        return 0.0 if data else 1.0 + (1.0 if purpose else 0.0)
    if field in ("purpose", "scene", "about"):
        return 0.0 if purpose and not data else 0.5 if purpose or not data else 1.2
    return 0.8
