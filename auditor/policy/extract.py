"""A policy document to a draft: the order in which its tables, lists and sentences are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditor.knowledge.schema import Knowledge
from auditor.policy.blocks import records_of_blocks
from auditor.policy.collected import Collected
from auditor.policy.document import Document
from auditor.policy.draft import Draft, DraftGap, Parts, draft_of
from auditor.policy.flat import records_of_flat, records_of_pipes
from auditor.policy.flow import Flow, flow_of
from auditor.policy.items import read_items, read_link_list, read_mentions, read_name_lists, read_run_ons
from auditor.policy.lexicon import Lexicon, lexicon_of
from auditor.policy.meta import read_meta
from auditor.policy.permissions import Permissions, constants_in, usage_keys_in
from auditor.policy.records import Record
from auditor.policy.sdks import Sdks, in_lists, is_sdk_record
from auditor.policy.statements import read_statements
from auditor.policy.tables import records_of_table

__all__ = ["extract_policy"]

_NO_PERMISSIONS = frozenset({"definitions", "exceptions", "contact", "updates", "minors", "rights"})
"""Sections in which naming a permission declares none."""


@dataclass(slots=True)
class _Reading:
    """What is read from one document, step by step."""

    flow: Flow
    lexicon: Lexicon
    permissions: Permissions
    sdks: Sdks
    collected: Collected
    tables: list[list[Record]] = field(default_factory=list)


def extract_policy(document: Document, knowledge: Knowledge) -> Draft:
    """Return the draft of a declaration: what the document says, each row with its place; raises nothing.

    What a document does not say is not in the draft: a document without lists gives rows for what its sentences surely
    declare, and ``gaps`` say what was looked for and not found.
    """
    lexicon = lexicon_of(knowledge)
    flow = flow_of(document, lexicon)
    reading = _Reading(flow, lexicon, Permissions(lexicon), Sdks(lexicon), Collected(lexicon))
    _read_tables(reading)
    for records in (*records_of_pipes(flow, lexicon), *records_of_flat(flow, lexicon)):
        _read_records(reading, records)
    read_run_ons(flow, lexicon, reading.sdks)
    read_items(flow, lexicon, reading.sdks)
    read_name_lists(flow, lexicon, reading.sdks)
    _read_blocks(reading)
    _read_lines(reading)
    read_link_list(flow, lexicon, reading.sdks)
    read_mentions(flow, lexicon, reading.sdks)
    _read_sentences(reading)
    reading.collected.of_rows(reading.permissions, reading.sdks)
    parts = Parts(
        permissions=reading.permissions,
        sdks=reading.sdks,
        collected=reading.collected,
        statements=read_statements(flow, lexicon, reading.collected),
        meta=read_meta(flow, lexicon),
        gaps=tuple(_gaps(reading)),
    )
    return draft_of(document, knowledge, parts)


def _gaps(reading: _Reading) -> list[DraftGap]:
    return []


def _read_tables(reading: _Reading) -> None:
    for part in reading.flow.tables:
        records = records_of_table(part, reading.lexicon)
        if records:
            part.used = _read_records(reading, records)
        else:
            part.used = _headless(reading, part)
        if not part.used:
            reading.collected.table(part)


def _headless(reading: _Reading, part) -> bool:  # type: ignore[no-untyped-def]
    """Read a table without a header whose cells say what they are: constants and keys."""
    from auditor.policy.tables import headless_records

    records = headless_records(part, reading.lexicon)
    return bool(records) and _read_records(reading, records)


def _read_records(reading: _Reading, records: list[Record]) -> bool:
    """Read the rows of one table: about permissions or about SDKs; False where they are about neither."""
    lexicon = reading.lexicon
    held = sum(_holds_constant(record, lexicon) for record in records)
    fields = set().union(*(record.values for record in records))
    listed = in_lists(records, lexicon)
    about_sdks = [is_sdk_record(record, lexicon, in_list=one) for record, one in zip(records, listed, strict=True)]
    if sum(about_sdks) * 2 >= len(records) and not (held * 2 > len(records) and not fields & {"name", "package", "vendor", "third_party"}):
        for record in records:
            reading.sdks.record(record)
        return True
    if held or fields & {"permissions", "code"}:
        found = [reading.permissions.record(record) for record in records]
        for record in records:
            reading.collected.record(record, reading.permissions)
        return any(found)
    return False


def _holds_constant(record: Record, lexicon: Lexicon) -> bool:
    texts = [value.text for value in record.all("permissions", "code", "name", "about")]
    return any(constants_in(text, lexicon, listed=True) or usage_keys_in(text, lexicon, listed=True) for text in texts)


def _read_blocks(reading: _Reading) -> None:
    lexicon = reading.lexicon
    records = records_of_blocks(reading.flow, lexicon)
    listed = in_lists(records, lexicon)
    for record, one in zip(records, listed, strict=True):
        if is_sdk_record(record, lexicon, in_list=one):
            row = reading.sdks.record(record)
            used = row is not None or bool(record.values)
        elif record.has("code", "permissions") or (record.section == "permissions" and record.has("name")):
            used = reading.permissions.record(record)
            if used:
                reading.collected.record(record, reading.permissions)
        else:
            used = False
        if used:
            for piece in record.pieces:
                piece.used = True


def _read_lines(reading: _Reading) -> None:
    """Read constants and keys from the lines nothing was read from yet."""
    for run in reading.flow.blocks():
        free = [piece for piece in run if not piece.used]
        if not free or free[0].section in ("definitions", "exceptions"):
            continue
        listed = free[0].section == "permissions" or reading.lexicon.cue("permission", free[0].title)
        groups = [free] if _belong_together(free) else [[piece] for piece in free]
        for group in groups:
            if reading.permissions.line(group, listed=listed and len(group[0].text) < 400):
                for piece in group:
                    piece.used = len(group[0].text) < 400
                    reading.collected.line(piece)


def _belong_together(pieces) -> bool:  # type: ignore[no-untyped-def]
    """Tell whether the lines of a block are one item broken over lines: only the first is numbered."""
    from auditor.policy.numbering import number_of

    return len(pieces) > 1 and number_of(pieces[0].text) is not None and all(number_of(piece.text) is None for piece in pieces[1:])


def _read_sentences(reading: _Reading) -> None:
    for piece in reading.flow.pieces:
        if not piece.used and not piece.heading and piece.section not in _NO_PERMISSIONS:
            reading.permissions.sentence(piece)
        reading.collected.line(piece)
