"""Purposes read from a sentence: a policy's, or one that a build shows the user."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from auditor.knowledge.schema import Knowledge, PurposeWords
from auditor.model import Fact, FactKind, Row, Table, Text
from auditor.tables import Case

__all__ = ["app_names", "names_of", "only_asks", "purposes_in", "purposes_of_category", "quoted", "shown_texts"]

_QUOTED = 60
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OTHER_SCRIPT = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]")
_WORD = re.compile(r"[a-z]+")
_LETTERS = re.compile(r"[^\W\d_]")


def purposes_in(text: str, knowledge: Knowledge) -> frozenset[str]:
    """Return the ids of the purposes a text in Chinese or English names; none where it names none that is known."""
    plain = text.casefold()
    found = set()
    for purpose in knowledge.policy_words.purposes:
        if any(cue.casefold() in plain for cue in purpose.zh) or any(_starts_word(cue).search(plain) for cue in purpose.en):
            found.add(purpose.id)
    return frozenset(found)


@lru_cache(maxsize=2000)
def _starts_word(cue: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){re.escape(cue.casefold())}")


def purposes_of_category(category: str, knowledge: Knowledge) -> frozenset[str]:
    """Return the ids of the purposes SDKs of a category serve."""
    return frozenset(purpose.id for purpose in knowledge.policy_words.purposes if category in purpose.categories)


def names_of(ids: Iterable[str], knowledge: Knowledge) -> Text:
    """Return the names of purposes, joined."""
    wanted = set(ids)
    named: list[PurposeWords] = [one for one in knowledge.policy_words.purposes if one.id in wanted]
    return Text(zh="、".join(one.name.zh for one in named), en=", ".join(one.name.en for one in named))


def quoted(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _QUOTED else plain[:_QUOTED] + "…"


def app_names(case: Case) -> frozenset[str]:
    """Return what the app is called, folded."""
    label = case.build.identity.label if case.build else ""
    return frozenset(name.casefold() for name in (label, case.declaration.app) if name)


def shown_texts(case: Case) -> Iterator[tuple[Row, tuple[Fact, ...]]]:
    """Yield what the user is shown of why something is asked for: iOS usage strings, HarmonyOS reasons, by their rows."""
    for row in case.table(Table.USAGE_KEYS):
        yield row, row.found
    for row in case.table(Table.HARMONY_PERMISSIONS):
        if facts := tuple(fact for fact in row.found if fact.kind is FactKind.PERMISSION_REASON):
            yield row, facts


def only_asks(text: str, key: str, names: Collection[str], knowledge: Knowledge) -> bool:
    """Tell whether a text in Chinese or English asks for what a usage key or permission opens and says nothing of what for.

    That is so where nothing is left of it without the app's names, the thing asked for and the words of asking.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    chinese = _CHINESE.search(plain) is not None
    if _OTHER_SCRIPT.search(plain) or any(ord(one) > 0x7F for one in plain if one.isalpha() and not _CHINESE.match(one)):
        return False  # another language
    if not _LETTERS.search(plain) or plain.strip() in names or not (chinese or len(_WORD.findall(plain)) > 2):
        return False  # empty, or a placeholder
    zh, en = _fillers(knowledge)
    for word in (*sorted(names, key=len, reverse=True), *_resources(key, knowledge), *(zh if chinese else ())):
        plain = plain.replace(word, " ")
    return all(word in en for word in _WORD.findall(plain)) and _CHINESE.search(plain) is None


def _fillers(knowledge: Knowledge) -> tuple[list[str], frozenset[str]]:
    """Return the words of asking: Chinese ones, the longest first, and English ones."""
    cues = knowledge.policy_words.cues
    zh = sorted((one.casefold() for one in cues.get("usage_fillers_zh", ())), key=len, reverse=True)
    return zh, frozenset(word for phrase in cues.get("usage_fillers_en", ()) for word in _WORD.findall(phrase.casefold()))


def _resources(key: str, knowledge: Knowledge) -> list[str]:
    """Return the names of what a key or permission asks for."""
    known = knowledge.usage_keys.get(key) or knowledge.harmony_permissions.get(key)
    found = {known.label.zh, known.label.en.casefold()} if known else set()
    for type_ in known.data if known else ():
        data = knowledge.data_types.get(type_)
        if data is not None:
            found |= {data.name.zh, data.name.en.casefold()}
    return sorted(found - {""}, key=len, reverse=True)
