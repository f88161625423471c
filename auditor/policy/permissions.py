"""Permissions and iOS keys: constants as written, names in words, and the purposes given for them."""

from __future__ import annotations

import bisect
import difflib
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.knowledge.schema import PermissionWords
from auditor.model import Confidence, Passage, Platform
from auditor.policy.flow import Piece, passage, sentences
from auditor.policy.lexicon import Hit, Lexicon, fold, platform_of
from auditor.policy.numbering import number_of
from auditor.policy.records import Form, Record, Value, joined_text
from auditor.policy.rows import Doubt, PermissionRow, add_places

__all__ = ["Constant", "Permissions", "constants_in", "named_in", "usage_keys_in"]

_PREFIX = "android.permission."
_FULL = re.compile(
    r"(?<![\w.])((?:[A-Za-z][A-Za-z0-9_]{0,40}\.){1,8}permission)\s?\.\s?((?:[a-z]{1,20}\.)?[A-Za-z][A-Za-z0-9_]{1,80})", re.ASCII
)
_BARE = re.compile(r"(?<![\w.])[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,8}(?![\w])", re.ASCII)
_WORD = re.compile(r"(?<![\w.])[A-Z][A-Z0-9]{2,30}(?![\w])", re.ASCII)
_KEY = re.compile(r"(?<![A-Za-z0-9])(NS[A-Z][A-Za-z]{2,60}UsageDescription(?:Dictionary)?|NFCReaderUsageDescription)(?![A-Za-z])", re.ASCII)
_PLIST = re.compile(r"(?<![A-Za-z0-9.])((?:NS|UI|CF|NFC|GAD|SK)[A-Z][A-Za-z]{3,60})(?![A-Za-z])", re.ASCII)
_BROKEN_KEY = re.compile(r"(?<=[a-z])\s(?=(?:Usage|UsageDescription|Description|Dictionary)\b)")
_HARMONY = "ohos.permission"
_IN_WORDS = {Platform.IOS: ("usage_keys", "key-in-words"), Platform.HARMONYOS: ("harmony_permissions", "harmony-in-words")}
"""Platforms whose permissions cannot be told from words, for those known are of Android's: their table, what to look at."""
_LINK = re.compile(r"[\s、，,及和与或/（）()「」“”\"以]{0,6}(?:访问|使用|读取)?(?:权限)?[、，,及和与或/]?")
_LONGEST_NAME = 24
_LONGEST_PURPOSE = 200
_COLON = re.compile(r"[：:]")
_SPLIT = re.compile(r"[、，,;；/\n|＋+]|(?<=[\u4e00-\u9fff])[和及与或](?=[\u4e00-\u9fff])")
_MARKUP = re.compile(r"[\"“”'<>/\\]|uses-permission|android:name\s?=")


@dataclass(frozen=True, slots=True)
class Constant:
    """A permission's constant where it stands in a text."""

    start: int
    end: int
    name: str
    """Full name."""
    written: str
    harmony: bool = False


class _Spans:
    """Stretches of a text that do not overlap, found by a place in them."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Add one."""
        bisect.insort(self._spans, (start, end))

    def __contains__(self, place: int) -> bool:
        """Tell whether one holds ``place``."""
        at = bisect.bisect_right(self._spans, (place, sys.maxsize)) - 1
        return at >= 0 and place < self._spans[at][1]


def constants_in(text: str, lexicon: Lexicon, *, listed: bool = False) -> list[Constant]:
    """Return the permission constants in a text: full names, known bare ones, and in lists also words like CAMERA."""
    text = text.replace("\\_", "_ ").replace("_ ", "_") if "\\_" in text else text
    found: list[Constant] = []
    taken = _Spans()
    for match in _FULL.finditer(text):
        prefix, word = match[1].replace(" ", ""), match[2]
        if prefix.lower() == _HARMONY:
            found.append(Constant(match.start(), match.end(), f"{_HARMONY}.{word.upper()}", match[0], harmony=True))
        else:
            name = _full_name(prefix, word, lexicon)
            found.append(Constant(match.start(), match.end(), name, match[0]))
        taken.add(*match.span())
    patterns = (_BARE, _WORD) if listed else (_BARE,)
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match.start() in taken:
                continue
            full = lexicon.constants.get(match[0])
            if full is None and listed and "_" in match[0]:
                full = _spelt_right(match[0], lexicon)
            if full is not None:
                found.append(Constant(match.start(), match.end(), full, match[0]))
                taken.add(*match.span())
    return sorted(found, key=lambda one: one.start)


def _full_name(prefix: str, word: str, lexicon: Lexicon) -> str:
    known = lexicon.knowledge.permissions
    name = f"{prefix}.{word}"
    if name in known:
        return name
    upper = f"{prefix.lower()}.{word.upper()}"
    if upper in known:
        return upper
    platform = f"{prefix.lower()}." == _PREFIX
    if platform or difflib.SequenceMatcher(None, f"{prefix.lower()}.", _PREFIX).ratio() > 0.9:
        return _spelt_right(word.upper(), lexicon) or (upper if platform else name)
    return name


def _spelt_right(word: str, lexicon: Lexicon) -> str:
    """Return the full name of the permission a word is a slip of; empty where it is none of one."""
    near = difflib.get_close_matches(word, [one for one in lexicon.constants if abs(len(one) - len(word)) <= 2], n=1, cutoff=0.9)
    return lexicon.constants[near[0]] if near else lexicon.constants.get(word, "")


def usage_keys_in(text: str, lexicon: Lexicon, *, listed: bool = False) -> list[tuple[int, int, str]]:
    """Return the iOS keys in a text: start, end and key; in a list of keys any name of an Info.plist key counts."""
    if "NS" not in text and "UI" not in text and "Description" not in text and "CF" not in text:
        return []
    plain = _BROKEN_KEY.sub("\u0001", text)
    if plain != text:
        text = plain.replace("\u0001", "")
    found = [(match.start(), match.end(), match[1]) for match in _KEY.finditer(text)]
    found += [(hit.start, hit.end, hit.value) for hit in lexicon.usage_keys(text)]
    if listed:
        taken = _Spans()
        for start, end, _ in found:
            taken.add(start, end)
        found += [(match.start(), match.end(), match[1]) for match in _PLIST.finditer(text) if match.start() not in taken]
    return sorted(found)


def named_in(text: str, lexicon: Lexicon) -> list[tuple[str, PermissionWords]]:
    """Return the permissions an item or a list of items names in words: (as written, entry) each."""
    found: list[tuple[str, PermissionWords]] = []
    whole = lexicon.permission(text)
    if whole is not None:
        return [(text.strip(), whole)]
    for part in _SPLIT.split(text):
        part = part.strip()
        if not part or len(part) > 40:
            continue
        entry = lexicon.permission(part)
        if entry is not None:
            found.append((part, entry))
            continue
        found += [(part, hit.value) for hit in lexicon.permission_words(part)[:1]]
    return found


class Permissions:
    """Collects permission rows from tables, blocks, lists and sentences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.rows: dict[str, PermissionRow] = {}
        self.harmony: dict[str, PermissionRow] = {}
        self.keys: dict[str, PermissionRow] = {}
        self.doubts: list[Doubt] = []
        self._last: PermissionRow | None = None

    def add(self, into: dict[str, PermissionRow], row: PermissionRow) -> None:
        """Add a row, or its places and purpose to the row of the same name."""
        known = into.get(row.name)
        if known is None:
            into[row.name] = row
        else:
            add_places(known.places, row.places)
            if not known.purpose and not known.shared_with:
                known.purpose = row.purpose
                known.shared_with = row.shared_with if row.shared_with != row.name else ""
            if row.written and not known.written:
                known.text, known.written, known.confidence = row.text, True, row.confidence
        self._last = into[row.name]

    # -- tables and blocks --------------------------------------------------------------------------------------------

    def record(self, record: Record) -> bool:
        """Read a table row or a block about permissions; False where it names none."""
        names = [*record.all("code"), *record.all("permissions"), *record.all("name"), *record.all("about")]
        purpose = record.first("purpose", "scene")
        found = False
        before = self._last
        for value in names:
            for one in constants_in(value.text, self.lexicon, listed=True):
                found = True
                row = self._row(record, one.name, _shown(record, value, one.written), value, purpose, before)
                self.add(self.harmony if one.harmony else self.rows, row)
            for _, _, key in usage_keys_in(value.text, self.lexicon, listed=True):
                found = True
                self.add(self.keys, self._row(record, key, key, value, purpose, before))
        return found or self._named(record, purpose)

    def _row(
        self, record: Record, name: str, text: str, value: Value, purpose: Value | None, before: PermissionRow | None
    ) -> PermissionRow:
        row = PermissionRow(name=name, text=" ".join(text.split()), about=record.text("about"), places=[value.place])
        shares = before is not None and (before.purpose or before.shared_with) and before.name != name
        if shares and before is not None and (purpose.spans if purpose is not None else record.form is Form.FLAT):
            row.shared_with = before.shared_with or before.name
        elif purpose is not None:
            row.purpose = record.text("purpose") or record.text("scene")
        else:
            row.purpose = row.about
        return row

    def _named(self, record: Record, purpose: Value | None) -> bool:
        """Read a row that names its permission in words; rows for iOS alone name no Android permission."""
        platform = platform_of(record.text("platform") or record.title, self.lexicon)
        if platform is not None and platform in _IN_WORDS:
            value = record.first("permissions", "code", "name")
            if value is not None:
                table, reason = _IN_WORDS[platform]
                self.doubts.append(Doubt(table, value.text[:60], reason, [value.place]))
            return value is not None
        for value in (*record.all("permissions"), *record.all("code"), *record.all("name")):
            named = named_in(value.text, self.lexicon)
            for text, entry in named:
                for name in entry.permissions:
                    row = self._row(record, name, text, value, purpose, None)
                    row.confidence, row.written = Confidence.MEDIUM, False
                    self.add(self.rows, row)
            if named:
                return True
            if record.has("permissions") and value.text:
                self.doubts.append(Doubt("permissions", value.text[:60], "unknown-permission", [value.place]))
        return False

    # -- lines --------------------------------------------------------------------------------------------------------

    def line(self, pieces: Sequence[Piece], *, listed: bool) -> bool:
        """Read the constants and keys of a line, or of a few lines that belong together; False where there are none."""
        text = joined_text(piece.text for piece in pieces)
        constants = [one for one in constants_in(text, self.lexicon, listed=listed) if not self._declined(text, one.start)]
        keys = usage_keys_in(text, self.lexicon)
        if not constants and not keys:
            return False
        marks = sorted([(one.start, one.end) for one in constants] + [(start, end) for start, end, _ in keys])
        groups = _groups(text, marks)
        for start, end, shown, purpose in groups:
            for one in constants:
                if start <= one.start < end:
                    row = PermissionRow(one.name, shown or one.written, purpose, places=[_place(pieces, one.written)])
                    self.add(self.harmony if one.harmony else self.rows, row)
            for at, _, key in keys:
                if start <= at < end:
                    self.add(self.keys, PermissionRow(key, key, purpose, places=[_place(pieces, key)]))
        return True

    def _declined(self, text: str, at: int) -> bool:
        """Tell whether the clause before ``at`` says that the permission is not asked for."""
        clause = text[max(0, at - 14) : at]
        cut = max(clause.rfind(mark) for mark in "。；;，,")
        return self.lexicon.cue("not_asked", clause[cut + 1 :])

    def item(self, piece: Piece, platform: Platform | None, *, listed: bool) -> bool:
        """Read a line that gives a permission by name and, behind a colon, what for; ``listed``: among others of its kind."""
        number = number_of(piece.text)
        text = number.title if number is not None and number.title else piece.text
        colon = _COLON.search(text[: _LONGEST_NAME + 1])
        if colon is None or not text[colon.end() :].strip():
            return False
        head, purpose = text[: colon.start()].strip(" *_`·•-"), text[colon.end() :].strip()
        called = self.lexicon.cue("permission", head)
        if not (called or listed) or self.lexicon.label(head):
            return False
        named = named_in(head, self.lexicon) if called else [(head, one) for one in [self.lexicon.permission(head)] if one]
        if not named or self.lexicon.cue("not_asked", purpose[:14]):
            return False
        if platform is not None and platform in _IN_WORDS:
            table, reason = _IN_WORDS[platform]
            self.doubts.append(Doubt(table, head, reason, [passage(piece.line)]))
            return True
        for written, entry in named:
            for name in entry.permissions:
                row = PermissionRow(name, written, purpose[:_LONGEST_PURPOSE], places=[passage(piece.line)])
                row.confidence, row.written = Confidence.MEDIUM, False
                self.add(self.rows, row)
        return True

    def title(self, piece: Piece, after: Piece | None, platform: Platform | None) -> bool:
        """Read a line that is nothing but the name of a permission, with the sentence below it; False where it is not."""
        number = number_of(piece.text)
        text = number.title if number is not None and number.title else piece.text
        short = len(text) <= _LONGEST_NAME and not self.lexicon.label(text)
        entry = self.lexicon.permission(text) if short else None
        if entry is None:
            return False
        if platform is not None and platform in _IN_WORDS:
            table, reason = _IN_WORDS[platform]
            self.doubts.append(Doubt(table, text.strip(), reason, [passage(piece.line)]))
            return True
        purpose = after.text if after is not None and not after.heading and len(after.text) <= _LONGEST_PURPOSE else ""
        for name in entry.permissions:
            row = PermissionRow(name, text.strip(" ：:"), purpose, places=[passage(piece.line)])
            row.confidence, row.written = Confidence.MEDIUM, False
            self.add(self.rows, row)
        return True

    # -- sentences ----------------------------------------------------------------------------------------------------

    def sentence(self, piece: Piece) -> None:
        """Read the permissions that sentences name in words: "申请您的相机、麦克风权限"."""
        if not self.lexicon.cue("permission", piece.text) and not self.lexicon.cue("asks", piece.text):
            return
        for offset, sentence in sentences(piece.text):
            if len(sentence) > 4000 or self.lexicon.cue("sdk", sentence):
                continue
            for chain in _chains(sentence, self._hits(sentence)):
                sure = self._asked(sentence, chain)
                if sure is not None:
                    self._sentence_rows(piece, offset, sentence, chain, sure=sure)

    def _hits(self, sentence: str) -> list[Hit[PermissionWords]]:
        """Return the names of permissions in a sentence; those that mean something else, too, only before 权限."""
        lexicon = self.lexicon
        folded = fold(sentence)
        hits = lexicon.permission_words(folded)
        for word in lexicon.words("permission"):
            if word not in sentence:
                continue
            for hit in lexicon.permission_items(folded):
                named = sentence[hit.start : hit.end]
                apart = all(hit.end <= one.start or hit.start >= one.end for one in hits)
                if apart and sentence.startswith(word, hit.end) and not lexicon.label(named + word):
                    hits.append(hit)
        return sorted(hits, key=lambda hit: hit.start)

    def _asked(self, sentence: str, chain: Sequence[Hit[PermissionWords]]) -> bool | None:
        """Tell whether a sentence asks for what a chain names: surely, perhaps, or not at all (None)."""
        lexicon = self.lexicon
        before, after = sentence[: chain[0].start], sentence[chain[-1].end :]
        near = before[-16:]
        cut = max(near.rfind(mark) for mark in "，,。（(：:")
        clause = near[cut + 1 :] if cut >= 0 else near
        if lexicon.cue("not_asked", clause) or lexicon.cue("manages", clause) or lexicon.cue("condition", clause):
            return None
        follows = _follows(after, lexicon)
        listed = lexicon.cue("permission", before[-40:]) and (
            lexicon.cue("permission_list", before[-12:]) or near.rstrip()[-1:] in "：:（("
        )
        if follows:
            return lexicon.cue("asks", before) or listed or (lexicon.cue("granted", after) and lexicon.cue("asks", after))
        if listed:
            return True
        granted = lexicon.cue("granted", before)
        return True if granted and lexicon.cue("asks", clause[-8:]) else None

    def _sentence_rows(
        self, piece: Piece, offset: int, sentence: str, chain: Sequence[Hit[PermissionWords]], *, sure: bool
    ) -> None:
        groups = {self._group(name) for name, row in self.rows.items() if row.written or row.confidence > Confidence.LOW}
        known = set(self.rows)
        for hit in chain:
            text = sentence[hit.start : hit.end]
            place = passage(piece.line, text)
            for name in hit.value.permissions:
                if name in known:
                    add_places(self.rows[name].places, [place])
                elif self._group(name) not in groups and sure:
                    row = PermissionRow(name, text, purpose_of(sentence, self.lexicon), places=[place])
                    row.confidence, row.written = Confidence.MEDIUM, False
                    self.add(self.rows, row)
                elif self._group(name) not in groups:
                    self.doubts.append(Doubt("permissions", name, "permission-in-passing", [place]))
        del offset

    def _group(self, name: str) -> str:
        permission = self.lexicon.knowledge.permissions.get(name)
        return (permission.group if permission else "") or name


def purpose_of(sentence: str, lexicon: Lexicon) -> str:
    """Return the clause of a sentence that gives the purpose; empty where none does."""
    clauses = [clause.strip() for clause in re.split(r"[，,]", sentence)]
    for clause in clauses:
        hit = lexicon.cues["purpose"].first(clause) if "purpose" in lexicon.cues else None
        # 以 and 为 stand inside too many words: alone they open a purpose at the head of a clause only
        headed = hit is not None and (hit.start == 0 or clause[hit.start - 1] in "）) ")
        near = hit is not None and (hit.start <= 8 if hit.end - hit.start > 1 else headed)
        if hit is not None and near and len(clause) - hit.end >= 2:
            return clause[hit.start :]
    return ""


def _chains(sentence: str, hits: Sequence[Hit[PermissionWords]]) -> Iterator[list[Hit[PermissionWords]]]:
    """Yield the hits that stand in one enumeration together."""
    chain: list[Hit[PermissionWords]] = []
    for hit in hits:
        if chain and not _LINK.fullmatch(sentence[chain[-1].end : hit.start]):
            yield chain
            chain = []
        chain.append(hit)
    if chain:
        yield chain


def _follows(after: str, lexicon: Lexicon) -> bool:
    """Tell whether the word permission follows, with nothing but a filler between."""
    text = after[:14]
    hit = lexicon.cues["permission"].first(text) if "permission" in lexicon.cues else None
    if hit is None:
        return False
    between = text[: hit.start]
    for word in lexicon.words("permission_verbs"):
        between = between.replace(word, "")
    return not between.strip(" 、等及/或和与」”）)\"")


def _shown(record: Record, value: Value, written: str) -> str:
    name = record.first("name")
    if record.form is Form.BLOCK and name is not None and name is not value:
        return f"{name.text} {written}"
    return value.text


def _place(pieces: Sequence[Piece], words: str) -> Passage:
    piece = next((one for one in pieces if words in one.text), pieces[0])
    return passage(piece.line, words)


def _groups(text: str, marks: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, str, str]]:
    """Yield the parts of a line that give constants together one purpose: start, end, the words shown, the purpose."""
    bounds = [0]
    for (_, end), (start, _) in itertools.pairwise(marks):
        gap = text[end:start]
        cut = max(gap.rfind(mark) for mark in "；;。\n")
        if cut >= 0 and len(gap) > 4:
            bounds.append(end + cut + 1)
    bounds.append(len(text))
    for first, last in itertools.pairwise(bounds):
        inside = [mark for mark in marks if first <= mark[0] < last]
        if not inside:
            continue
        start, end = inside[0][0], inside[-1][1]
        before, after = text[first:start], text[end:last]
        number = number_of(before.strip() + "x")
        before = before if number is None else number.title[:-1]
        colon = _COLON.search(after[:24])
        if colon:
            shown, purpose = f"{before}{text[start:end]}{after[: colon.start()]}", after[colon.end() :]
        else:
            shown, purpose = before, after
        yield first, last, _clean(shown), _clean(purpose)


def _clean(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).split()).strip(" 、，,;；：:-—=`|")
