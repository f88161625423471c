"""What the app is said to collect, and what it is said not to: from sentences, tables, permission rows and SDK rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from auditor.model import Confidence, Passage, Platform
from auditor.policy.data import Named, declared_in, listed_data
from auditor.policy.flow import Piece, TablePart, passage, quote, sentences
from auditor.policy.lexicon import Lexicon, fold, squeeze
from auditor.policy.numbering import number_of
from auditor.policy.permissions import Permissions
from auditor.policy.records import Record, Value
from auditor.policy.rows import PermissionRow, add_places

__all__ = ["Collected", "DataRow"]

_SILENT = frozenset({"definitions", "exceptions", "rights", "contact", "updates", "minors"})
"""Sections in which naming data declares nothing."""
_MOST_PLACES = 5
_LONGEST_HEAD = 16
_CONSTANT = re.compile(r"(?:[A-Za-z]+\.)*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
"""A permission's constant, in which words such as LOCATION say nothing of their own."""
_LONG = 60
"""Sentences up to this length are quoted whole."""


@dataclass(slots=True)
class DataRow:
    """One kind of data."""

    type: str
    texts: list[str] = field(default_factory=list)
    places: list[Passage] = field(default_factory=list)
    vague: bool = True
    when: str = ""
    platform: Platform | None = None
    confidence: Confidence = Confidence.HIGH

    def add(self, text: str, place: Passage, *, vague: bool) -> None:
        """Add a place that names it."""
        self.vague = self.vague and vague
        text = " ".join(text.split())
        if text and text not in self.texts and len(self.texts) < _MOST_PLACES:
            self.texts.append(text)
        if len(self.places) < _MOST_PLACES:
            add_places(self.places, [place])


class Collected:
    """Collects kinds of data."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.rows: dict[tuple[str, str], DataRow] = {}
        """By kind of data and condition."""
        self.denials: dict[tuple[str, str], DataRow] = {}

    def add(self, type_: str, text: str, place: Passage, *, vague: bool = False, sure: bool = True, when: str = "") -> None:
        """Add a kind of data the app is said to collect."""
        fresh = DataRow(type_, when=when, confidence=Confidence.HIGH if sure else Confidence.MEDIUM)
        row = self.rows.setdefault((type_, when), fresh)
        row.add(text, place, vague=vague)
        if sure:
            row.confidence = Confidence.HIGH

    def line(self, piece: Piece) -> None:
        """Read a line of running text."""
        if piece.section in _SILENT or piece.heading:
            return
        if not piece.used:
            self._entry(piece)
        for offset, sentence in sentences(piece.text):
            if piece.told and sentence.strip() in piece.told:
                continue
            if len(sentence) > 6000 or self._defines(sentence) or self._reader_acts(sentence):
                continue
            for named in declared_in(sentence, self.lexicon):
                words = sentence[named.start : named.end]
                when = self._when(sentence, named.start)
                if named.denied:
                    if piece.used:
                        continue  # said of an SDK
                    clause = sentence.strip() if len(sentence) <= _LONG else _clause(sentence, named.start, named.end)
                    row = self.denials.setdefault((named.type, when), DataRow(named.type, vague=False, when=when))
                    row.add(clause, passage(piece.line, clause), vague=False)
                elif not piece.used:
                    place = passage(piece.line, quote(piece.text, offset + named.start, offset + named.end))
                    self.add(named.type, words, place, vague=named.vague, when=when)

    def _when(self, sentence: str, start: int) -> str:
        """Return the condition a sentence attaches to what it names: in the background, or only when the user acts."""
        if self.lexicon.cue("in_background", sentence[:start]):
            return "background"
        folded = fold(sentence)
        for kind, groups, none in self.lexicon.statements:
            if kind == "user-action" and all(group.first(folded) for group in groups) and not none.first(folded):
                return kind
        return ""

    def _entry(self, piece: Piece) -> None:
        """Read a line that lists data by its head: "位置信息：用于…", or nothing but the name of a kind of data."""
        head, colon, rest = piece.text.partition("：" if "：" in piece.text[:24] else ":")
        number = number_of(head)
        name = number.title if number is not None and number.title else head
        if len(name) > _LONGEST_HEAD or not (colon or piece.item or number is not None):
            return
        word = self.lexicon.data.known.get(squeeze(name))
        if word is None or not word.type or word.level < 1 or self.lexicon.cue("defines", rest[:12]) or rest.lstrip().startswith("指"):
            return
        self.add(word.type, name, passage(piece.line, name), vague=word.vague, sure=False)

    def _reader_acts(self, sentence: str) -> bool:
        """Tell whether a sentence says what the reader may do or shall not: it names data, and nobody collects it."""
        return self.lexicon.cue("reader_acts", sentence) and not self.lexicon.cue("we_collect", sentence)

    def _defines(self, sentence: str) -> bool:
        """Tell whether a sentence says what a word means: it lists data and collects none."""
        hit = next(iter(self.lexicon.hits("defines", sentence[:60])), None)
        return hit is not None and not self.lexicon.cue("collect", sentence[: hit.start])

    def table(self, part: TablePart) -> None:
        """Read a table about neither permissions nor SDKs: the cells of its data columns are lists."""
        if part.section in _SILENT:
            return
        from auditor.policy.tables import records_of_table

        for record in records_of_table(part, self.lexicon):
            for value in record.all("data"):
                for named in listed_data(value.text, self.lexicon):
                    if not named.denied and value.lines:
                        self.add(named.type, value.text[named.start : named.end], value.place, vague=named.vague)
            for field_ in ("purpose", "scene", "name", "other", "about"):
                for value in record.all(field_):
                    for named in declared_in(value.text, self.lexicon):
                        if not named.denied:
                            self.add(named.type, value.text[named.start : named.end], value.place, vague=named.vague, sure=False)

    def record(self, record: Record, permissions: Permissions) -> None:
        """Read what a row about a permission says it opens."""
        del permissions
        for field_ in ("about", "purpose", "scene", "data", "code", "permissions"):
            for value in record.all(field_):
                if value.label and self.lexicon.label(value.label) == "data":
                    found = listed_data(value.text, self.lexicon)
                else:
                    # what a permission is for names things that are not collected: to change the 头像
                    found = declared_in(_wordless(value.text), self.lexicon, governed=field_ in ("purpose", "scene"))
                for named in found:
                    self._said(value, named)

    def _said(self, value: Value, named: Named) -> None:
        before, sentence = next(
            ((at, one) for at, one in sentences(value.text) if at <= named.start < at + len(one)), (0, value.text)
        )
        when = self._when(sentence, named.start - before)
        if named.denied:
            clause = _clause(value.text, named.start, named.end)
            row = self.denials.setdefault((named.type, when), DataRow(named.type, vague=False, when=when))
            row.add(clause, value.place, vague=False)
        else:
            self.add(named.type, value.text[named.start : named.end], value.place, vague=named.vague, when=when)

    def of_rows(self, permissions: Permissions) -> None:
        """Add what declared permissions and keys open."""
        for row in permissions.rows.values():
            for named in listed_data(_wordless(row.text), self.lexicon, least=1):
                if row.places:
                    self.add(named.type, row.text[named.start : named.end], row.places[0], vague=named.vague)
            for type_ in self.lexicon.permission_data.get(row.name, ()):
                self._opened(type_, row)
        for row in permissions.keys.values():
            known = self.lexicon.knowledge.usage_keys.get(row.name)
            for type_ in known.data[:1] if known else ():
                self._opened(type_, row)
        for row in permissions.harmony.values():
            for named in listed_data(f"{row.text} {row.about}", self.lexicon, least=1):
                self.add(named.type, row.text, row.places[0], vague=named.vague)

    def _opened(self, type_: str, row: PermissionRow) -> None:
        if row.places:
            self.add(type_, row.text if (type_, "") not in self.rows else "", row.places[0])


def _wordless(text: str) -> str:
    """Return a text of the same length with blanks for the constants in it."""
    return _CONSTANT.sub(lambda match: " " * len(match[0]), text)


def _clause(text: str, start: int, end: int) -> str:
    left = max(text.rfind(mark, 0, start) for mark in "，。；;,！!")
    rights = [at for mark in "，。；;,！!" if (at := text.find(mark, end)) >= 0]
    return text[left + 1 : min(rights, default=len(text))].strip()
