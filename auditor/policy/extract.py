"""A policy document to a draft: the order in which its tables, lists and sentences are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from auditor.errors import PolicyError
from auditor.knowledge.schema import Knowledge
from auditor.model import Confidence, Gap, Location, Table, Text
from auditor.policy.blocks import name_of_line, records_of_blocks
from auditor.policy.collected import Collected
from auditor.policy.document import Document, Grid, Heading
from auditor.policy.draft import Draft, DraftGap, Parts, draft_of
from auditor.policy.flat import records_of_flat, records_of_pipes
from auditor.policy.flow import Flow, Piece, TablePart, flow_of, passage
from auditor.policy.items import names_sdk, read_items, read_link_list, read_mentions, read_name_lists, read_run_ons
from auditor.policy.lexicon import Lexicon, lexicon_of, platform_of, squeeze
from auditor.policy.meta import read_meta
from auditor.policy.numbering import number_of
from auditor.policy.permissions import Permissions, constants_in, usage_keys_in
from auditor.policy.records import Record, Value
from auditor.policy.sdks import Sdks, in_lists, is_sdk_record
from auditor.policy.statements import read_statements
from auditor.policy.tables import headless_records, records_of_table

__all__ = ["extract_policy"]

_LEAST_WORDS = 3
"""Words of policies a document without a title has at least."""
_LONGEST_TITLE = 40
_NEAR = 6
"""Lines between a heading about permissions and a name, or between two names of a list."""
_SENTENCE_MARK = re.compile(r"[。；;！!？?，,]")
_FRESH = re.compile(r"[\u4e00-\u9fff]|NS[A-Z]|android\.|Privacy|[A-Z_]{5,}")
"""How a line starts that is a statement of its own and no rest of the one above."""
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
    """Return the draft of a declaration: what the document says, each row with its place.

    Raises PolicyError where the document is no privacy policy at all.

    What a document does not say is not in the draft: a document without lists gives rows for what its sentences surely
    declare, and ``gaps`` say what was looked for and not found.
    """
    lexicon = lexicon_of(knowledge)
    document = _within_reason(document)
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
    _read_titles(reading)
    read_link_list(flow, lexicon, reading.sdks)
    read_mentions(flow, lexicon, reading.sdks)
    _read_sentences(reading)
    _check(reading)
    reading.collected.of_rows(reading.permissions)
    parts = Parts(
        permissions=reading.permissions,
        sdks=reading.sdks,
        collected=reading.collected,
        statements=read_statements(flow, lexicon, reading.collected),
        meta=read_meta(flow, lexicon),
        gaps=tuple(_gaps(reading)),
    )
    return draft_of(document, knowledge, parts)


def _within_reason(document: Document) -> Document:
    """Return a document without what goes beyond the length of any policy; a gap says so."""
    left = _MOST_CHARACTERS
    for index, block in enumerate(document.blocks):
        if isinstance(block, Grid):
            left -= sum(len(line.text) for row in block.rows for cell in row for line in cell.lines)
        else:
            left -= sum(len(line.text) for line in ((block.line,) if isinstance(block, Heading) else block.lines))
        if left < 0 and index:
            gap = Gap(location=Location(file=document.file), reason=_TOO_LONG, hides=frozenset(Table))
            return replace(document, blocks=document.blocks[:index], gaps=(*document.gaps, gap))
    return document


_MOST_CHARACTERS = 400_000
"""Characters read of a document: several times the longest policy seen."""
_TOO_LONG = Text(
    zh=f"文档超过 {_MOST_CHARACTERS} 个字符，其后内容未读取；请只提供隐私政策部分",
    en=f"the document is longer than {_MOST_CHARACTERS} characters and was not read beyond them; give the policy alone",
)
_BEHIND_LINK = Text(
    zh="SDK 清单不在本文件中，而在链接或另一份文件里；请一并提供该清单",
    en="the list of SDKs is not in this document but behind a link or in another one: give that document, too",
)
_NO_SDKS = Text(
    zh="本文件中没有读到 SDK 清单；若确未集成第三方 SDK，请删去此项",
    en="no list of SDKs was found in this document; if the app truly has none, delete this entry",
)
_NO_PERMISSIONS_FOUND = Text(
    zh="本文件中没有读到权限列表；若确未申请权限，请删去此项",
    en="no list of permissions was found in this document; if the app truly asks for none, delete this entry",
)


def _gaps(reading: _Reading) -> Iterator[DraftGap]:
    """Yield what was looked for in the document and not found."""
    for gap in reading.flow.document.gaps:
        yield DraftGap(reason=gap.reason, hides=tuple(sorted(gap.hides, key=lambda table: table.value)))
    if _in_traditional(reading):
        yield DraftGap(reason=_TRADITIONAL, hides=tuple(Table))
    if not any(row.confidence > Confidence.LOW for row in reading.sdks.rows):
        link = _list_elsewhere(reading)
        if link is not None:
            yield DraftGap(reason=_BEHIND_LINK, hides=(Table.SDKS,), at=(passage(link.line),))
        else:
            yield DraftGap(reason=_NO_SDKS, hides=(Table.SDKS,))
    permissions = reading.permissions
    if not permissions.rows and not permissions.keys and not permissions.harmony:
        yield DraftGap(reason=_NO_PERMISSIONS_FOUND, hides=(Table.PERMISSIONS, Table.USAGE_KEYS, Table.HARMONY_PERMISSIONS))


def _in_traditional(reading: _Reading) -> bool:
    """Tell whether a document is written in traditional characters, in which hardly any word is known."""
    telling = frozenset("".join(reading.lexicon.words("traditional")))
    text = "".join(piece.text for piece in reading.flow.pieces)[:_LOOKED_AT]
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    return chinese > 0 and sum(letter in telling for letter in text) > _TRADITIONAL_SHARE * chinese


_LOOKED_AT = 20_000
_TRADITIONAL_SHARE = 0.05
"""Of the Chinese characters of a text; a name or two in a simplified one stay far below."""
_TRADITIONAL = Text(
    zh="文档使用繁体字，其中的词语大多无法识别；请提供简体版本，或将其转换为简体后重试",
    en="the document is in traditional characters, in which hardly any word is known; give it in simplified ones",
)


def _list_elsewhere(reading: _Reading) -> Piece | None:
    """Return the line that sends the reader to a list of SDKs elsewhere."""
    lexicon = reading.lexicon
    for piece in reading.flow.pieces:
        named = lexicon.hits("list_names", piece.text)
        if named and (piece.line.links or lexicon.cue("leads_to", piece.text) or "《" in piece.text) and not piece.heading:
            return piece
    return None


def _check(reading: _Reading) -> None:
    """Raise PolicyError where the document is no privacy policy."""
    found = reading.permissions.rows or reading.permissions.keys or reading.permissions.harmony or reading.sdks.rows
    cells = (cell for part in reading.flow.tables for row in part.grid.rows for cell in row)
    words: set[str] = set()
    for text in (*(piece.text for piece in reading.flow.pieces), *(cell.text for cell in cells)):
        words.update(hit.value for hit in reading.lexicon.hits("policy", text))
        titled = len(text) <= _LONGEST_TITLE and reading.lexicon.cue("title", text)
        if titled or len(words) >= _LEAST_WORDS or (found and words):
            return
    for gap in reading.flow.document.gaps:
        raise PolicyError(f"{reading.flow.document.file} holds nothing that could be read as a policy", gap.reason.en)
    if _in_traditional(reading):
        raise PolicyError(f"{reading.flow.document.file} holds nothing that could be read as a policy", _TRADITIONAL.en)
    raise PolicyError(
        f"{reading.flow.document.file} is no privacy policy: it speaks of neither personal data nor permissions nor SDKs",
        "give the policy, or the list of permissions or SDKs that belongs to it",
    )


def _read_tables(reading: _Reading) -> None:
    for part in reading.flow.tables:
        records = records_of_table(part, reading.lexicon)
        if len(records) == 1 and not records[0].has("name"):
            _name_by_title(records[0], part, reading.lexicon)
        if records:
            part.used = _read_records(reading, records)
        else:
            part.used = _headless(reading, part)
        if not part.used:
            reading.collected.table(part)


def _name_by_title(record: Record, part: TablePart, lexicon: Lexicon) -> None:
    """Give the only record of a table the name that stands above it, where that is an SDK's."""
    name = name_of_line(part.title, lexicon)
    third = record.text("third_party")
    if third and not third.endswith(lexicon.words("company")):
        return
    if part.title_line is not None and names_sdk(name, lexicon):
        record.add("name", Value(name, (part.title_line,)))


def _headless(reading: _Reading, part: TablePart) -> bool:
    """Read a table without a header whose cells say what they are: constants and keys."""
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
        for group in _statements(free, reading.lexicon):
            if reading.permissions.line(group, listed=listed and len(group[0].text) < 400):
                for piece in group:
                    piece.used = len(group[0].text) < 400
                    reading.collected.line(piece)


def _read_titles(reading: _Reading) -> None:
    """Read permissions that stand as lines of their own, by name, in a section or a list about permissions."""
    free = [piece for piece in reading.flow.pieces if not piece.used and piece.section not in _NO_PERMISSIONS]
    named = reading.lexicon.permission_items.known
    says = [reading.lexicon.cue("permission", piece.text) for piece in free]
    alone = [len(piece.text) <= 30 and squeeze(piece.text) in named for piece in free]
    last = -_NEAR - 1
    platform = None
    for index, piece in enumerate(free):
        about = piece.section == "permissions" or index - last <= _NEAR
        if not piece.heading and reading.permissions.item(piece, platform, listed=about):
            piece.used = True
            reading.collected.line(piece)
            last = index
            continue
        if len(piece.text) > 30 or _SENTENCE_MARK.search(piece.text):
            continue
        # a list of names, one per line or each with its explanation below
        beside = sum(alone[max(0, index - 4) : index]) + sum(alone[index + 1 : index + 5])
        if says[index] or (about and (piece.heading or beside >= 2)):
            after = free[index + 1] if index + 1 < len(free) else None
            if reading.permissions.title(piece, after, platform):
                piece.used = True
        if says[index] and not piece.used:
            platform = platform_of(piece.text, reading.lexicon)
        if says[index] or piece.used:
            last = index


def _statements(pieces: Sequence[Piece], lexicon: Lexicon) -> Iterator[list[Piece]]:
    """Yield the lines of a block that belong together: a numbered item goes on over lines until another statement starts."""
    if not pieces or number_of(pieces[0].text) is None:
        yield from ([piece] for piece in pieces)
        return
    group: list[Piece] = []
    for piece in pieces:
        fresh = _FRESH.match(piece.text) and (constants_in(piece.text, lexicon) or usage_keys_in(piece.text, lexicon))
        if group and (fresh or number_of(piece.text) is not None):
            yield group
            group = []
        group.append(piece)
    yield group


def _read_sentences(reading: _Reading) -> None:
    for piece in reading.flow.pieces:
        if not piece.used and not piece.heading and piece.section not in _NO_PERMISSIONS:
            reading.permissions.sentence(piece)
        reading.collected.line(piece)
