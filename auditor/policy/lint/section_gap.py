"""Section numbers that skip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model import Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Remark, lint
from auditor.policy.lint._sections import Numbered, numbered
from auditor.policy.numbering import Style

_NUMERALS = "零一二三四五六七八九十"
_LONGEST = 6
"""More numbers than these are not skipped by an oversight."""


@lint(
    title=Text(zh="章节编号不连续", en="Section numbers skip"),
    severity=Severity.LOW,
    cites=("PIPL-17",),
    zh="""
    检查内容：同级标题的编号是否连续，例如（四）之后是否直接到了（七）。

    为何重要：编号中断往往意味着删去了内容而未整理，或转换时遗漏了章节；告知须完整。

    如何处理：合规核对是否缺少章节，补上内容或重新编号。
    """,
)
def section_gap(paper: Paper) -> Iterator[Remark]:
    """What it does: looks whether the numbers of sections of one level follow each other: (4) and then (7) do not.

    Why it matters: a gap tells that something was cut without care, or lost when the document was converted; what people
    are told must be complete.

    How to put it right: find out whether a section is missing; add it, or number anew.
    """
    lines = list(numbered(paper))
    for at, one in enumerate(lines):
        if not one.heading:
            continue
        before = _previous(lines, at)
        if before is None:
            continue
        missing = range(before.number.values[-1] + 1, one.number.values[-1])
        if not 0 < len(missing) <= _LONGEST:
            continue
        first, second = _shown(before), _shown(one)
        yield Remark(
            subject=f"{first}-{second} {one.number.title[:20]}",
            line=one.line,
            message=Text(
                zh=f"标题编号从“{first}”（第 {before.line.line} 行）跳到“{second}”，缺少{_all(one, missing)}",
                en=f"Headings go from “{first}” (line {before.line.line}) to “{second}”; {_all(one, missing)} is missing",
            ),
            todo=Owner.LEGAL.step(zh="补上缺少的章节，或重新编号", en="add what is missing, or number anew"),
        )


def _previous(lines: Sequence[Numbered], at: int) -> Numbered | None:
    """Return the numbered line before one that has its style and the same section above it, or None."""
    one = lines[at].number
    for earlier in reversed(lines[:at]):
        number = earlier.number
        if number.rank < one.rank and (number.style is not one.style or number.values != one.values[: len(number.values)]):
            # a line of an outer style starts a new section, unless it is a mere item inside one
            if earlier.heading or number.style is Style.CHINESE:
                return None
        elif number.rank == one.rank and number.values[:-1] == one.values[:-1]:
            return earlier if number.values[-1] < one.values[-1] else None
    return None


def _shown(one: Numbered) -> str:
    written = one.number.written
    style = one.number.style
    if style in (Style.BRACKETED, Style.BRACKETED_DECIMAL):
        return f"（{written}）"
    return f"第{written}章" if style is Style.CHAPTER else f"第{written}条" if style is Style.ARTICLE else written


def _all(one: Numbered, missing: range) -> str:
    def shown(value: int) -> str:
        if one.number.style in (Style.DECIMAL, Style.BRACKETED_DECIMAL):
            return ".".join(map(str, (*one.number.values[:-1], value)))
        tens, ones = divmod(value, 10)
        return ("" if not tens else "十" if tens == 1 else _NUMERALS[tens] + "十") + (_NUMERALS[ones] if ones else "")

    return "、".join(f"“{shown(value)}”" for value in missing)
