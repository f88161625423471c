"""Kinds of personal data: what a list or a sentence names, whether it denies it, and whether it is more than a general word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.policy.lexicon import DataWord, Folded, Hit, Lexicon, fold

__all__ = ["Named", "Predicate", "declared_in", "listed_data", "predicates_in"]

_SHORT = 2
"""Words of so few letters (地址, 位置) stand inside too many others: they count as a whole item only."""
_ITEM_START = re.compile(r"[、，,；;：:/（(「【\s]|[和及与或如]")
_ITEM_END = re.compile(r"[、，,；;。/）)」】\s]|[和及与或等]")
_CLAUSE_END = re.compile(r"[，,：:]")


@dataclass(frozen=True, slots=True)
class Named:
    """A kind of data named in a text."""

    start: int
    end: int
    type: str
    vague: bool
    denied: bool


@dataclass(frozen=True, slots=True)
class Predicate:
    """A word of collecting in a sentence."""

    start: int
    end: int
    denies: bool


def listed_data(text: str, lexicon: Lexicon, *, least: int = 0) -> Iterator[Named]:
    """Yield the kinds of data a list (a column, a labelled value) names, words of level ``least`` and up."""
    folded = fold(text)
    words = lexicon.data(folded)
    denials = [one for one in _verbs(predicates_in(text, folded, lexicon), words) if one.denies]
    none = any(text.strip() == word for word in lexicon.words("none"))
    if none:
        return
    for hit in words:
        word = hit.value
        if not word.type or word.level < least:
            continue
        if word.level == 0 and hit.end - hit.start <= _SHORT and not _is_item(text, hit.start, hit.end):
            continue
        denied = any(one.end <= hit.start and not _ends_between(text, one.end, hit.start) for one in denials)
        yield Named(hit.start, hit.end, word.type, word.vague, denied)


def _is_item(text: str, start: int, end: int) -> bool:
    """Tell whether the words from start to end are one whole item of a list."""
    return (start == 0 or _ITEM_START.match(text[start - 1]) is not None) and (
        end == len(text) or _ITEM_END.match(text[end]) is not None
    )


def _ends_between(text: str, start: int, end: int) -> bool:
    return re.search(r"[。；;！!？?\n]", text[start:end]) is not None


def predicates_in(text: str, folded: Folded, lexicon: Lexicon) -> list[Predicate]:
    """Return the words of collecting in a sentence, each with whether it is denied."""
    found: list[Predicate] = []
    negations = lexicon.hits("negation", folded)
    for hit in lexicon.hits("collect", folded):
        denied = any(
            negation.end <= hit.start and _nothing_between(text[negation.end : hit.start], lexicon)
            for negation in negations
            if hit.start - negation.end <= 16
        )
        # "监听、获取": a verb joined to a denied one is denied, too
        if not denied and found and found[-1].denies and re.fullmatch(r"[\s、，,及和与或]{0,3}", text[found[-1].end : hit.start]):
            denied = True
        found.append(Predicate(hit.start, hit.end, denied))
    return found


def _verbs(predicates: Sequence[Predicate], words: Sequence[Hit[DataWord]]) -> list[Predicate]:
    """Return the predicates that are no part of a noun: 记录 in 通话记录 records nothing, 获取 in 获取位置 does."""
    return [one for one in predicates if not any(hit.start < one.start < hit.end for hit in words)]


def _nothing_between(text: str, lexicon: Lexicon) -> bool:
    rest = text
    for word in sorted(lexicon.words("between"), key=len, reverse=True):
        rest = rest.replace(word, "")
    return not rest.strip()


def _serves(between: str, lexicon: Lexicon) -> bool:
    """Tell whether words between a verb and a thing open a purpose: in "收集手机号，用于创建账号" no account is collected."""
    clause = re.split(r"[，,]", between)
    return len(clause) > 1 and any(
        hit.start == 0 and hit.end > 1 for part in clause[1:] for hit in lexicon.hits("purpose", part.lstrip())[:1]
    )


def declared_in(sentence: str, lexicon: Lexicon, *, governed: bool = False) -> Iterator[Named]:
    """Yield the kinds of data a sentence says are collected (or, denied, are not).

    A word counts by the nearest word of collecting before it in the sentence, else by the first one after it; strong
    words (level 2) count without any, unless only what is ``governed`` is wanted.
    """
    folded = fold(sentence)
    words = lexicon.data(folded)
    hits = [hit for hit in words if hit.value.type and hit.value.level]
    if not hits:
        return
    predicates = _verbs(predicates_in(sentence, folded, lexicon), words)
    unless = lexicon.cue("unless", folded)
    refused = [*lexicon.hits("condition", folded), *lexicon.hits("deny", folded)]
    for hit in hits:
        before = [one for one in predicates if one.end <= hit.start]
        after = [one for one in predicates if one.start >= hit.end]
        governing = before[-1] if before else None
        # what the reader refuses or takes back is neither declared nor denied
        floor = governing.start if governing is not None else -1
        if any(floor <= one.end and one.start < hit.start for one in refused):
            continue
        if governing is None and after:
            same = not _CLAUSE_END.search(sentence[hit.end : after[0].start])
            if same and (after[0].denies or hit.value.level == 1):
                governing = after[0]
        if governing is None and (governed or hit.value.level < 2):
            continue
        if governing is not None and hit.value.level < 2 and _serves(sentence[governing.end : hit.start], lexicon):
            continue
        if unless and governing is not None and governing.denies:
            continue
        yield Named(hit.start, hit.end, hit.value.type, hit.value.vague, governing is not None and governing.denies)
