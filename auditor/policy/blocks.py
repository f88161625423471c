"""Lists of labelled lines to records: where each block starts, what its name is, and which value belongs to which label."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from auditor.policy.flow import Flow, Piece
from auditor.policy.lexicon import Lexicon, squeeze
from auditor.policy.numbering import number_of
from auditor.policy.permissions import constants_in, named_in
from auditor.policy.records import Form, Record, Value, breaks_off, joined_text

__all__ = ["LabelHit", "label_before", "labels_in", "name_of_line", "records_of_blocks"]

_COLON = re.compile(r"[：:∶︰|]")
_HARD = "；;。！!？?，,\n|【"
_REACH = 28
_HALF = 12
"""Characters of a label that may stand on the next line."""
_LONGEST_NAME = 60
_LONGEST_ITEM = 60
_LONGEST_GAP = 2
"""Lines without a label between two labels of one block."""
_LEAST_GLUED = 4
"""Characters of a label that nothing parts from what stands before it."""
_SENTENCE = re.compile(r"[。；;！!？?]")
_NAME_END = re.compile(r"[：:\s]+\Z")


@dataclass(slots=True)
class LabelHit:
    """A label in a line, with the value behind it."""

    field: str
    label: str
    start: int
    value_start: int
    value_end: int


def labels_in(text: str, lexicon: Lexicon) -> list[LabelHit]:
    """Return the labels of a line: words before a colon (or a pipe) that name a field."""
    found: list[LabelHit] = []
    for match in _COLON.finditer(text):
        at = match.start()
        if text.startswith("//", at + 1):
            continue
        floor = max(0, at - _REACH, found[-1].value_start if found else 0)
        start = at
        while start > floor and text[start - 1] not in _HARD:
            start -= 1
        label, field_ = label_before(text[start:at], lexicon)
        if not field_ and found:  # glued to the value before it
            label, field_ = _label_at_end(text[start:at], lexicon)
        if not field_:
            continue
        start = at - len(label)
        if found:
            found[-1].value_end = start
        found.append(LabelHit(field_, label.strip(), start, match.end(), len(text)))
    return found


def _label_at_end(text: str, lexicon: Lexicon) -> tuple[str, str]:
    """Return the longest sure label a text ends with, wherever in it that starts."""
    for start in range(1, len(text) - _LEAST_GLUED + 1):
        if field_ := lexicon.label(text[start:]):
            return text[start:], field_
    return "", ""


def label_before(text: str, lexicon: Lexicon) -> tuple[str, str]:
    """Return the longest end of ``text`` that is a label, and its field."""
    starts = [0, *(match.end() for match in re.finditer(r"[\s\u3000】\]）)]+", text))]
    if address := re.search(r"[a-z0-9/_-]+[./?=&][a-z0-9/._=&#?-]*(?=[\u4e00-\u9fffA-Z])", text):
        starts.append(address.end())  # an address with nothing between it and the next label
    for start in starts:
        if start and re.sub(r"[（(].*", "", text[start:]).isascii():
            continue  # the last word of an English phrase is no label, nor is the word SDK behind a name
        field_ = lexicon.label(text[start:])
        if field_:
            return text[start:], field_
    for start in (starts[-1], 0):
        if start and text[start:].isascii():
            continue
        field_ = lexicon.label(text[start:], guess=True)
        if field_:
            return text[start:], field_
    return "", ""


@dataclass(slots=True)
class _Token:
    """A label with its value, or a line without a label."""

    piece: Piece
    text: str
    hit: LabelHit | None = None


@dataclass(slots=True)
class _Block:
    record: Record
    spellings: set[str] = field(default_factory=set)
    paragraphs: set[int] = field(default_factory=set)
    first: str = ""
    last: Value | None = None
    field: str = ""
    """Field of the last value."""


class _Assembler:
    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.blocks: list[_Block] = []
        self.block: _Block | None = None
        self.pending: list[_Token] = []
        self.leading: dict[str, int] = {}

    def close(self) -> None:
        """End the block that is open."""
        if self.block is not None:
            self.blocks.append(self.block)
            self.leading[self.block.first] = self.leading.get(self.block.first, 0) + 1
        self.block = None
        self.pending = []

    def line(self, token: _Token) -> None:
        """Take a line without a label: the value of the label above, or perhaps the name of the next block."""
        block = self.block
        if block is not None and block.last is not None and not self.pending:
            empty = not block.last.text.strip()
            follows = token.piece.item and block.last.lines and not token.piece.heading and not self._like_name(token)
            if (empty and not token.piece.heading) or (follows and not _SENTENCE.search(block.last.text[-1:])):
                self._extend(block, token)
                return
            if not token.piece.heading and self._goes_on(block, token):
                self._extend(block, token)
                return
        self.pending.append(token)
        if len(self.pending) > _LONGEST_GAP + 2:
            keep = self.pending[-1]
            self.close()
            self.pending = [keep]

    def _goes_on(self, block: _Block, token: _Token) -> bool:
        """Tell whether a line goes on with the value above: the rest of an address, or one more item of a list of lines."""
        last, text = block.last, token.text.strip()
        if last is None:
            return False
        if block.field in ("url", "site"):
            return breaks_off(last.text, text)
        if len(text) > _LONGEST_ITEM or _SENTENCE.search(text):
            return False
        if block.field == "permissions":
            return bool(constants_in(text, self.lexicon, listed=True)) or bool(named_in(text, self.lexicon))
        return block.field == "data" and squeeze(text).strip("、，,") in self.lexicon.data.known

    def _extend(self, block: _Block, token: _Token) -> None:
        last = block.last
        if last is None:
            return
        listed = token.piece.item or block.field in ("permissions", "data")
        if block.field in ("url", "site") and breaks_off(last.text, token.text):
            last.text += token.text.strip()
        else:
            last.text = f"{last.text}、{token.text}" if listed and last.text else joined_text((last.text, token.text))
        last.lines = (*last.lines, token.piece.line)
        block.record.pieces.append(token.piece)

    def label(self, token: _Token) -> None:
        """Take a label: the next of its block, or the first of a new one."""
        hit = token.hit
        if hit is None:
            return
        above = self.pending[-1] if self.pending else None
        named = above is not None and hit.field not in ("name", "package") and self._may_name(above)
        if self.block is not None:
            if self._starts_new(hit, token.piece, above if named else None):
                pending = self.pending
                self.close()
                self.pending = pending
            elif self.pending:
                if len(self.pending) > _LONGEST_GAP:
                    self.close()
                else:
                    for one in self.pending:
                        self._extend(self.block, one)
        if self.block is None:
            self.block = _Block(Record(Form.BLOCK, token.piece.section, token.piece.title), first=hit.field)
            if named and above is not None:
                name = Value(name_of_line(above.text, self.lexicon), (above.piece.line,))
                self.block.record.add("name", name)
                self.block.record.pieces.append(above.piece)
        self.pending = []
        text = token.text[hit.value_start : hit.value_end].strip(" \t；;，,、|*_")
        value = Value(text, (token.piece.line,), hit.label)
        self.block.record.add(hit.field, value)
        self.block.spellings.add(squeeze(hit.label))
        self.block.paragraphs.add(token.piece.block)
        self.block.last = value
        self.block.field = hit.field
        if not self.block.record.pieces or self.block.record.pieces[-1] is not token.piece:
            self.block.record.pieces.append(token.piece)

    def _starts_new(self, hit: LabelHit, piece: Piece, name: _Token | None) -> bool:
        block = self.block
        if block is None:
            return True
        repeated = squeeze(hit.label) in block.spellings
        # blocks set as one paragraph each: the same field under another label, in the next paragraph, is the next block's
        compact = len(block.paragraphs) == 1 and len(block.spellings) > 1
        if compact and hit.field in block.record.values and piece.block not in block.paragraphs:
            repeated = True
        if name is not None:
            return repeated or hit.field == block.first or self._like_name(name) or name.piece.heading
        if repeated:
            return True
        if hit.field == "name":
            if "name" in block.record.values:
                return True
            led = max(self.leading, key=lambda field_: self.leading[field_], default="")
            return led == "name" or len(block.record.values) >= 3
        return False

    def _may_name(self, token: _Token) -> bool:
        text = token.text.strip()
        if not text or len(text) > _LONGEST_NAME or "://" in text:
            return False
        if _SENTENCE.search(_NAME_END.sub("", text)):
            return token.piece.heading
        return not self.lexicon.cue("intro", text) and not self.lexicon.label(text) and not self.lexicon.is_platform(text)

    def _like_name(self, token: _Token) -> bool:
        text = token.text.strip()
        if len(text) > _LONGEST_NAME or "://" in text or _SENTENCE.search(text) or self.lexicon.cue("intro", text):
            return False
        known = squeeze(name_of_line(text, self.lexicon)) in self.lexicon.sdk_names.known
        return known or self.lexicon.cue("sdk", text) or (number_of(text) is not None and not token.piece.item)


def name_of_line(text: str, lexicon: Lexicon) -> str:
    """Return the name a line gives: without number, bullet and colon."""
    number = number_of(text.strip())
    name = number.title if number is not None and number.title else text
    name = re.sub(r"\A[\s①-⑳●○■◆·•*\-–—>▪]+", "", name)
    name = re.sub(r"\A[a-zA-Z][)）.、]\s*(?=\S)", "", name)
    name = name.strip(" \t：:*_`【】[]「」《》")
    for ending in lexicon.words("name_endings"):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            name = name[: -len(ending)]
    return name.strip()


def _tokens(run: Sequence[Piece], lexicon: Lexicon) -> Iterator[_Token]:
    run = list(_mended(run, lexicon))
    bare = [lexicon.label(piece.text) if not _COLON.search(piece.text) else "" for piece in run]
    for index, piece in enumerate(run):
        text = piece.text
        # the colon may stand at the start of the line below its label
        if text[:1] in "：:∶" and index and bare[index - 1]:
            continue
        hits = labels_in(text, lexicon) if _COLON.search(text) else []
        if not hits:
            if bare[index] and not piece.heading and _upright(bare, index):
                hit = LabelHit(bare[index], text, 0, len(text), len(text))
                after = run[index + 1].text if index + 1 < len(run) else ""
                if after[:1] in "：:∶" and after:
                    joined = text + after
                    yield _Token(run[index + 1], joined, LabelHit(bare[index], text, 0, len(text) + 1, len(joined)))
                else:
                    yield _Token(piece, text, hit)
            else:
                yield _Token(piece, text)
            continue
        before = text[: hits[0].start].strip(" \t；;，,、*_·•-（(")
        if before and number_of(f"{before} x") is None:
            yield _Token(piece, before)
        for hit in hits:
            yield _Token(piece, text, hit)


def _mended(run: Sequence[Piece], lexicon: Lexicon) -> Iterator[Piece]:
    """Yield the lines; one that ends in the first half of a label is joined with the next, which starts with the other."""
    skip = False
    for index, piece in enumerate(run):
        if skip:
            skip = False
            continue
        below = run[index + 1] if index + 1 < len(run) else None
        head = _COLON.search(below.text[:_HALF]) if below is not None and below.block == piece.block else None
        if below is not None and head is not None and head.start() and not labels_in(below.text, lexicon):
            half = below.text[: head.start()]
            label, field_ = label_before(f"{piece.text[-_HALF:]}{half}", lexicon)
            if field_ and len(half) < len(label) and not lexicon.label(piece.text):
                skip = True
                piece.text += below.text
                below.text, below.used = "", True
        yield piece


def _upright(bare: Sequence[str], index: int) -> bool:
    """Tell whether a label without a colon is one of several that alternate with their values."""
    if index + 1 >= len(bare) or bare[index + 1]:
        return False
    near = [at for at in range(max(0, index - 6), min(len(bare), index + 7)) if bare[at]]
    return len(near) >= 3 and all(later - earlier > 1 for earlier, later in itertools.pairwise(near))


def records_of_blocks(flow: Flow, lexicon: Lexicon) -> list[Record]:
    """Return one record per block of labelled lines among the lines nothing was read from yet."""
    assembler = _Assembler(lexicon)
    run = [piece for piece in flow.pieces if not piece.used]
    previous: Piece | None = None
    for token in _tokens(run, lexicon):
        piece = token.piece
        if previous is not None and any(part.block > previous.block and part.block < piece.block for part in flow.tables):
            assembler.close()
        previous = piece
        if token.hit is not None:
            assembler.label(token)
        else:
            assembler.line(token)
    assembler.close()
    return [block.record for block in assembler.blocks]
