"""Section numbers as Chinese documents write them: 一、 （一） 1、 1.1 （1） 第一条, and which lines they make headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from auditor.policy.document import Block, Heading, Line, Paragraph

__all__ = [
    "BOLD_LEVEL",
    "Number",
    "Style",
    "bold_heading",
    "chinese_number",
    "may_be_heading",
    "number_of",
    "stands_alone",
    "starts_item",
    "with_headings",
    "without_bullet",
]

_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_NUMERAL = "[〇零一二三四五六七八九十百]"
BOLD_LEVEL = 6
"""Level of a heading that is one by bold type alone."""
_LONGEST_TITLE = 40
_LONGEST_LATIN_TITLE = 90


class Style(Enum):
    """How a section is numbered, from the outermost in; the value is the rank."""

    CHAPTER = 0
    """第一章, 第一部分, 第一节."""
    ARTICLE = 1
    """第一条."""
    CHINESE = 2
    """一、"""
    BRACKETED = 3
    """（一）"""
    DECIMAL = 4
    """1、 1. 1.1 1.1.1"""
    BRACKETED_DECIMAL = 5
    """（1） 1）"""


@dataclass(frozen=True, slots=True)
class Number:
    """The number a line starts with."""

    style: Style
    values: tuple[int, ...]
    """One value; several for ``1.2.3``."""
    written: str
    """As the line writes it, without the separator."""
    title: str
    """What follows it."""

    @property
    def rank(self) -> tuple[int, int]:
        """The order of styles from the outermost in."""
        return (self.style.value, len(self.values))


_STARTS = frozenset("第（(〇零一二三四五六七八九十百0123456789")
_UNNUMBERED = re.compile(r"(?:引\s?言|前\s?言|序\s?言|导\s?言|附\s?录|附\s?则)(?:[一二三四五六七八九十\d]{0,2})(?:[:：]\s?.{1,20})?\Z")

_FORMS: tuple[tuple[Style, re.Pattern[str]], ...] = (
    (Style.CHAPTER, re.compile(rf"第\s?({_NUMERAL}{{1,5}}|\d{{1,3}})\s?(?:章|部分|节|篇)[:：、.．]?\s?")),
    (Style.ARTICLE, re.compile(rf"第\s?({_NUMERAL}{{1,5}}|\d{{1,3}})\s?条(?![款第例])[:：、.．]?\s?")),
    (Style.CHINESE, re.compile(rf"({_NUMERAL}{{1,5}})\s?(?:[、.．:：]|[,，]\s?|\s)\s?")),
    (Style.BRACKETED, re.compile(rf"[（(]\s?({_NUMERAL}{{1,5}})\s?[)）][、.．]?\s?")),
    (Style.DECIMAL, re.compile(r"(\d{1,2}(?:[.．]\d{1,2}){1,5})(?![\d%％])(?:[.．、:：]|\s|(?=[^\s\d.．年月日元米倍万/-]\S))\s?")),
    (Style.DECIMAL, re.compile(r"(\d{1,2})\s?[、.．](?!\d)\s?")),
    (Style.BRACKETED_DECIMAL, re.compile(r"[（(]\s?(\d{1,2})\s?[)）][、.．]?\s?")),
    (Style.BRACKETED_DECIMAL, re.compile(r"(\d{1,2})\s?[)）][、.．]?\s?")),
)


def chinese_number(text: str) -> int | None:
    """Return the value of a numeral up to 999 (``十二``, ``一百零三``, ``二〇``), or None where it is none."""
    if text.isdecimal():
        return int(text) if len(text) <= 9 else None
    if not text or any(character not in _DIGITS and character not in "十百" for character in text):
        return None
    if not set(text) & set("十百"):
        value = 0
        for character in text[:9]:
            value = value * 10 + _DIGITS[character]
        return value
    total, pending = 0, 0
    for character in text:
        if character == "百":
            total += (pending or 1) * 100
            pending = 0
        elif character == "十":
            total += (pending or 1) * 10
            pending = 0
        else:
            pending = _DIGITS[character]
    return total + pending


def number_of(text: str) -> Number | None:
    """Return the section number ``text`` starts with, or None."""
    if text[:1] not in _STARTS:
        return None
    for style, form in _FORMS:
        match = form.match(text)
        if match is None:
            continue
        written = match[1]
        parts = re.split(r"[.．]", written) if style is Style.DECIMAL else [written]
        values = [chinese_number(part) for part in parts]
        if any(value is None for value in values) or not values[0]:
            return None
        return Number(style, tuple(value or 0 for value in values), written, text[match.end() :].strip())
    return None


def may_be_heading(text: str) -> Number | None:
    """Return the number of a line that is short enough and looks like a heading, or None."""
    number = number_of(text)
    if number is None or not number.title:
        return None
    title = number.title
    outer = number.style in (Style.CHAPTER, Style.ARTICLE, Style.CHINESE)
    if len(title) > (_LONGEST_TITLE if any(ord(one) > 0x2E7F for one in title) else _LONGEST_LATIN_TITLE):
        return None
    if title[-1] in "。；;，,、！!？" + ("" if outer else "：:") or (title[-1] == "." and not outer):
        return None
    if not outer and re.search(r"[:：；;。]", title[:-1]):
        return None
    if number.style.value >= Style.DECIMAL.value and len(number.values) == 1 and re.search(r"[，,]", title):
        return None  # a clause of a sentence
    return number


def _candidate(block: Block) -> Number | None:
    """Return the number of a paragraph that is one line which may be a heading, or None."""
    if not isinstance(block, Paragraph) or len(block.lines) != 1:
        return None
    return may_be_heading(block.lines[0].text)


def _repeated(numbers: Sequence[Number | None], blocks: Sequence[Block]) -> set[int]:
    """Return which of the numbered lines stand in a table of contents: beside another, and again further down."""
    last: dict[tuple[tuple[int, ...], str], int] = {}
    for index, block in enumerate(blocks):
        number = number_of(block.line.text) if isinstance(block, Heading) else numbers[index]
        if number is not None:
            last[number.values, _letters(number.title)] = index
    return {
        index
        for index, number in enumerate(numbers)
        if number is not None
        and last[number.values, _letters(number.title)] > index
        and (numbers[index - 1 : index] or [None])[0] is not (numbers[index + 1 : index + 2] or [None])[0]
    }


def _letters(title: str) -> str:
    return "".join(character for character in title.lower() if character.isalnum())


def _listed(numbers: Sequence[Number | None], blocks: Sequence[Block]) -> set[int]:
    """Return which of the numbered lines are items of a list or a table of contents: no text stands under them."""
    items = _repeated(numbers, blocks)
    at = 0
    while at < len(numbers):
        end = at
        while end < len(numbers) and numbers[end] is not None:
            end += 1
        run = [number for number in numbers[at:end] if number is not None]
        bare = [index for index in range(len(run) - 1) if run[index + 1].rank <= run[index].rank]
        if len(bare) >= 2:
            first = bare[0]
            # what leads down to the first bare item heads it, unless the list goes on at its level
            ranks = {run[index].rank for index in bare}
            while first and run[first - 1].rank in ranks:
                first -= 1
            last = bare[-1] + 1
            follows = run[last].rank == run[bare[-1]].rank and run[last].values[-1] == run[bare[-1]].values[-1] + 1
            items.update(range(at + first, at + last + (1 if follows else 0)))
        at = max(end, at + 1)
    return items


def with_headings(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks with every short numbered line made a heading, and those of a list or of contents left items.

    Levels follow the nesting of the numbering styles in the document, below the last heading that markup makes.
    """
    numbers = [_candidate(block) for block in blocks]
    items = _listed(numbers, blocks)
    marked: dict[tuple[int, int], int] = {}
    for block in blocks:
        if isinstance(block, Heading) and (number := number_of(block.line.text)) is not None:
            marked.setdefault(number.rank, block.level)
    result: list[Block] = []
    open_ranks: list[tuple[int, int]] = []
    above = 0
    for index, block in enumerate(blocks):
        number = numbers[index]
        if isinstance(block, Heading) and block.level < BOLD_LEVEL:
            above = block.level
            open_ranks = []
        if number is None or not isinstance(block, Paragraph):
            if isinstance(block, Paragraph) and len(block.lines) == 1 and _UNNUMBERED.match(block.lines[0].text):
                block = Heading(level=above + 1, line=block.lines[0])
                open_ranks = []
            result.append(block)
            continue
        if index in items:
            result.append(replace(block, item=True))
            continue
        while open_ranks and open_ranks[-1] >= number.rank:
            open_ranks.pop()
        open_ranks.append(number.rank)
        level = marked.get(number.rank) or above + len(open_ranks)
        result.append(Heading(level=min(level, 9), line=block.lines[0]))
    return tuple(result)


def bold_heading(block: Block) -> Block:
    """Return a paragraph set in bold throughout as a heading, if it is one short line and no sentence or number."""
    if not isinstance(block, Paragraph) or len(block.lines) != 1:
        return block
    text = block.lines[0].text
    sentence = text[-1] in "。；;，,、！!？?.：:" or re.search(r"[。；;：:]", text) is not None
    if sentence or len(text) > _LONGEST_TITLE or number_of(text) is not None:
        return block
    return Heading(level=BOLD_LEVEL, line=block.lines[0])


def stands_alone(text: str) -> bool:
    """Tell whether a line looks like a heading among running lines: numbered and short, or a known title such as 附录."""
    return may_be_heading(text) is not None or _UNNUMBERED.match(text) is not None


def starts_item(text: str) -> bool:
    """Tell whether a line of running text starts an item of its own: by a number or a bullet."""
    return number_of(text) is not None or _BULLET.match(text) is not None


_BULLET = re.compile(r"[-*+•·●○■◆◇➢▪►–—](?=\s)")


def without_bullet(line: Line) -> Line:
    """Return the line without the bullet it starts with."""
    match = _BULLET.match(line.text)
    return replace(line, text=line.text[match.end() :].strip()) if match and line.text[match.end() :].strip() else line
