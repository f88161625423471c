"""The words of policies, indexed for finding them in text: labels, sections, permissions, kinds of data, cues."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from auditor.knowledge.schema import Knowledge, PermissionWords
from auditor.model import Platform

__all__ = ["DataWord", "Finder", "Folded", "Hit", "Lexicon", "fold", "lexicon_of", "platform_of", "squeeze"]

Value = TypeVar("Value")

_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2236: ":", 0xFE30: ":", 0xA0: " "}
_AROUND = "*_`【】[]「」『』〔〕\"'“”‘’()（）<>《》:：∶|.。·•-—–、，,;； \t\u3000"
_INDEX = re.compile(r"[\s(（]*(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[①-⑳]|[a-zA-Z](?=[.、)）]))\s*[.、)）．:：]?\s*(?=\D)")
_LINKING = re.compile("(?<!目)的")
_LAST_BRACKET = re.compile(r"[（(]([^（）()]{1,12})[)）]\s*\Z")
_INFLECTED = 5
"""English words of so many letters are found in their inflected forms, too."""
_INFLECTION = re.compile(r"(?:s|es|d|ed|ing)(?![0-9A-Za-z])")
_ASCII = re.compile(r"[0-9A-Za-z]")
_LONGEST_LABEL = 24
_PLATFORMS = tuple(platform.value for platform in Platform)
_MOST_LABELS = 20_000
"""Texts of which is remembered whether they are labels; the same ones are asked for again and again."""
_LONGEST_ENDING_LABEL = 14
_PARTS = re.compile(r"[/／、&]|(?<=[\u4e00-\u9fff])[及和与或](?=[\u4e00-\u9fff])")
"""Between two labels in one."""
_LEAST_JOINED = 2
_BRACKETS = re.compile(r"[（(][^（）()]{0,60}[)）]")
_BESIDE = "：:。.·•-*“”\"'「」"


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without white space, in lower case and plain width; ``at`` leads back to the text."""

    text: str
    letters: str
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hit(Generic[Value]):
    """A word found: its place in the text (not the folded one), and what it stands for."""

    start: int
    end: int
    value: Value


def fold(text: str) -> Folded:
    """Return ``text`` in the form words are looked for in."""
    plain = text.translate(_FULL_WIDTH)
    letters: list[str] = []
    at: list[int] = []
    for index, letter in enumerate(plain):
        if letter.isspace():
            continue
        lower = letter.lower()
        letters.append(lower if len(lower) == 1 else letter)
        at.append(index)
    return Folded(text, "".join(letters), tuple(at))


def squeeze(text: str) -> str:
    """Return ``text`` in the form two spellings of one word share."""
    return fold(text).letters


class Finder(Generic[Value]):
    """Finds words in text, leftmost first, the longest of those that start together.

    A word that starts or ends in a Latin letter or digit is found only where no other stands beside it; with ``glued`` it
    may end a longer one when it is written in capitals: OpenSDK.
    """

    def __init__(self, words: Iterable[tuple[str, Value]], *, glued: bool = False) -> None:
        self._glued = glued
        known: dict[str, Value] = {}
        for word, value in words:
            known.setdefault(squeeze(word), value)
        known.pop("", None)
        self.known: Mapping[str, Value] = known
        self._single = {word: value for word, value in known.items() if len(word) == 1}
        starts: dict[str, list[str]] = defaultdict(list)
        for word in known:
            if len(word) > 1:
                starts[word[:2]].append(word)
        self._starts = {start: sorted(found, key=len, reverse=True) for start, found in starts.items()}

    def __call__(self, text: str | Folded) -> list[Hit[Value]]:
        """Return every word found in ``text``."""
        return list(self._scan(fold(text) if isinstance(text, str) else text))

    def _scan(self, folded: Folded) -> Iterator[Hit[Value]]:
        letters, at = folded.letters, folded.at
        starts, single = self._starts, self._single
        index, end = 0, len(letters)
        while index < end:
            word = ""
            for candidate in starts.get(letters[index : index + 2], ()):
                if letters.startswith(candidate, index) and _apart(folded, index, index + len(candidate), glued=self._glued):
                    word = candidate
                    break
            if not word and letters[index] in single and _apart(folded, index, index + 1):
                word = letters[index]
            if word:
                last = index + len(word) - 1
                yield Hit(at[index], at[last] + 1, self.known[word])
                index = last + 1
            else:
                index += 1

    def first(self, text: str | Folded) -> Hit[Value] | None:
        """Return the first word found."""
        return next(self._scan(fold(text) if isinstance(text, str) else text), None)

    def __contains__(self, text: str) -> bool:
        """Tell whether ``text`` is one of the words."""
        return squeeze(text) in self.known


def _apart(folded: Folded, start: int, end: int, *, glued: bool = False) -> bool:
    """Tell whether the letters from start to end stand apart from Latin letters beside them in the text itself."""
    text, first, last = folded.text, folded.at[start], folded.at[end - 1]
    if first and _ASCII.match(text[first]) and _ASCII.match(text[first - 1]) and not (glued and text[first].isupper()):
        return False
    if last + 1 < len(text) and _ASCII.match(text[last]) and _ASCII.match(text[last + 1]):
        # an English word may be inflected: permissions, collected
        return last - first + 1 >= _INFLECTED and text[first].isalpha() and _INFLECTION.match(text, last + 1) is not None
    return True


@dataclass(frozen=True, slots=True)
class DataWord:
    """What a word of data stands for."""

    type: str
    """Data-type id; empty for phrases that mean nothing."""
    level: int
    """0 counts only where data is listed, 1 beside a word of collecting, 2 in any sentence."""
    vague: bool = False


class Lexicon:
    """The words of one knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        words = knowledge.policy_words
        self.knowledge = knowledge
        self.cues: Mapping[str, Finder[str]] = {
            id_: Finder(((word, word) for word in listed), glued=id_ == "sdk") for id_, listed in words.cues.items()
        }
        self._labels = {_label_key(word): field for field, listed in words.labels.items() for word in listed}
        self._endings = sorted(
            ((_label_key(word), field) for field, listed in words.label_endings.items() for word in listed),
            key=lambda pair: -len(pair[0]),
        )
        self._known_labels: dict[tuple[str, bool], str] = {}
        self._companies = tuple(squeeze(word) for word in self.words("company") if len(word) > 2)
        self.sections = Finder((cue, (rank, id_)) for rank, (id_, cues) in enumerate(words.sections) for cue in cues)
        self.permission_words = Finder((word, entry) for entry in words.permissions for word in entry.words)
        self.permission_items = Finder((word, entry) for entry in words.permissions for word in (*entry.words, *entry.bare))
        self.permission_data: Mapping[str, tuple[str, ...]] = _by_permission(words.permissions)
        self.constants = _constants(knowledge)
        self.usage_keys = Finder((word, key) for key, listed in words.usage_keys.items() for word in listed)
        self.data = Finder(_data_words(knowledge))
        self.statements = [
            (entry.kind, [Finder((word, word) for word in group) for group in entry.all], Finder((word, word) for word in entry.none))
            for entry in words.statements
        ]
        self.sdk_names = Finder(
            (name, sdk.id)
            for sdk in knowledge.sdks.values()
            for name in (*sdk.aliases, sdk.name.zh)
            if len(squeeze(name)) > 1
        )

    def cue(self, id_: str, text: str | Folded) -> bool:
        """Tell whether a cue of this kind stands in ``text``."""
        finder = self.cues.get(id_)
        return finder is not None and finder.first(text) is not None

    def hits(self, id_: str, text: str | Folded) -> list[Hit[str]]:
        """Return the cues of this kind in ``text``."""
        finder = self.cues.get(id_)
        return finder(text) if finder is not None else []

    def words(self, id_: str) -> tuple[str, ...]:
        """Return the words of a kind of cue, in their order."""
        return self.knowledge.policy_words.cues.get(id_, ())

    def label(self, text: str, *, guess: bool = False) -> str:
        """Return the field a label names; empty where it is none. ``guess`` allows labels known by their ending only."""
        if len(text) > 3 * _LONGEST_LABEL:
            return ""
        known = self._known_labels.get((text, guess))
        if known is None:
            known = self._label(text, guess=guess)
            if len(self._known_labels) < _MOST_LABELS:
                self._known_labels[text, guess] = known
        return known

    def _label(self, text: str, *, guess: bool) -> str:
        key = _label_key(text)
        if not key or len(key) > _LONGEST_LABEL:
            return ""
        field = self._labels.get(key) or self._labels.get(_label_key(_INDEX.sub("", text, count=1))) or self._joined_label(text)
        if field == "data" and self._not_collected(text):
            return "not_data"
        if field or not guess or len(key) > _LONGEST_ENDING_LABEL or key.isascii():
            return field or ""
        if self.permission(_INDEX.sub("", text, count=1)) is not None or key.endswith(self._companies):
            return ""  # the name of a permission or of a company, and no label
        if self.cue("intro", key):
            return ""  # a sentence that brings in a list
        return next((field for ending, field in self._endings if key.endswith(ending)), "")

    def _joined_label(self, text: str) -> str:
        """Return the field of two labels in one, or of one with a bracket inside: 所属公司/机构, 软件开发工具包（SDK）名称."""
        plain = _BRACKETS.sub("", text)
        if plain != text and (field := self._labels.get(_label_key(plain))):
            return field
        first, *rest = _PARTS.split(plain)
        field = self._labels.get(_label_key(first), "") if rest and all(part.strip() for part in rest) else ""
        known = len(_label_key(first)) >= _LEAST_JOINED and all(len(part) <= _LONGEST_ENDING_LABEL for part in rest)
        return field if known and field not in ("other", "contact") else ""

    def _not_collected(self, label: str) -> bool:
        bracket = _LAST_BRACKET.search(label)
        return bracket is not None and self._labels.get(_label_key(bracket[1])) == "not_data"

    def permission(self, text: str) -> PermissionWords | None:
        """Return what a whole item stands for: as it is, without the word permission, without what is in brackets."""
        known = self.permission_items.known
        key = squeeze(text).strip(_BESIDE)
        for candidate in (key, squeeze(_BRACKETS.sub("", text)).strip(_BESIDE)):
            for form in self._forms(candidate):
                if form in known:
                    return known[form]
        return None

    def _forms(self, key: str) -> Iterator[str]:
        yield key
        for word in self.words("permission"):
            if key.endswith(word) and len(key) > len(word):
                short = key[: -len(word)]
                yield short
                for use in self.words("permission_verbs"):
                    if short.endswith(use):
                        yield short[: -len(use)]
                key = short
        for use in self.words("permission_openings"):
            if key.startswith(use) and len(key) > len(use):
                yield key[len(use) :]

    def is_platform(self, text: str) -> bool:
        """Tell whether a text names a platform and nothing else: "iOS 端"."""
        key = squeeze(text).strip(_BESIDE)
        return any(key in self.cues[id_].known for id_ in _PLATFORMS if id_ in self.cues)

    def section(self, heading: str) -> str:
        """Return the subject of a section by its heading; empty where the heading tells none."""
        return min((hit.value for hit in self.sections(heading)), default=(0, ""))[1]


def _label_key(text: str) -> str:
    key = squeeze(_LAST_BRACKET.sub("", text.strip().rstrip("：:∶|* "))).strip(_AROUND)
    return key if key.isascii() else _LINKING.sub("", key)


def _by_permission(entries: Sequence[PermissionWords]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        for permission in entry.permissions:
            if entry.data:
                found.setdefault(permission, entry.data)
    return found


def _constants(knowledge: Knowledge) -> dict[str, str]:
    """Return the last word of every permission, in upper case, with its full name; the platform's own come first."""
    names = sorted(knowledge.permissions, key=lambda name: (not name.startswith("android.permission."), name))
    found: dict[str, str] = {}
    for name in names:
        if name.startswith(("android.permission.", "com.android.")):
            found.setdefault(name.rpartition(".")[2].upper(), name)
    return found


def _data_words(knowledge: Knowledge) -> Iterator[tuple[str, DataWord]]:
    words = knowledge.policy_words
    for phrase in words.nothing:
        yield phrase, DataWord("", 2)
    for type_, listed in words.vague.items():
        for word in listed:
            yield word, DataWord(type_, 1, vague=True)
    for type_, entry in words.data.items():
        for level, group in ((2, entry.words), (1, entry.weak), (0, entry.cell)):
            for word in group:
                yield word, DataWord(type_, level)
    for type_, known in knowledge.data_types.items():
        strong = [squeeze(word) for word in (words.data[type_].words if type_ in words.data else ())]
        for alias in (*known.aliases_zh, *known.aliases_en):
            # a longer name with a strong word in it is as strong: "SIM卡IMSI"
            level = 2 if any(word in squeeze(alias) for word in strong) else 0
            yield alias, DataWord(type_, level)


@lru_cache(maxsize=2)
def lexicon_of(knowledge: Knowledge) -> Lexicon:
    """Return the lexicon of a knowledge, made once."""
    return Lexicon(knowledge)


def platform_of(text: str, lexicon: Lexicon) -> Platform | None:
    """Return the one platform a text speaks of; None for none or several."""
    named = [platform for platform in Platform if lexicon.cue(platform.value, text)]
    return named[0] if len(named) == 1 else None
