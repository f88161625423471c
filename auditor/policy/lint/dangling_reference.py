"""References to sections of the policy that it does not have, or that speak of something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Passage, Remark, lint
from auditor.policy.lint._sections import numbered, top_sections
from auditor.policy.numbering import chinese_number

_TO = re.compile(
    r"(?:本|上述|前述)\s?《?(?:用户)?(?:隐私权?|个人信息)?(?:保护)?(?:政策|声明|协议|条款|指引|说明)》?\s?(?:的|中|之)?\s?[“\"]?第\s?"
    r"([〇零一二三四五六七八九十百]{1,5}|\d{1,2}(?:\.\d{1,2}){0,4})\s?(条|章|节|部分)"
)
_CONTACT = re.compile(r"[^，。；、！？]{0,12}联系")
_CONTACT_TITLE = re.compile(r"联系|投诉|反馈|申诉|争议|客服")


@lint(
    title=Text(zh="引用了政策中不存在的条款", en="A reference leads to a section that is not there"),
    severity=Severity.MEDIUM,
    cites=("PIPL-17", "CAC191-2.4"),
    zh="""
    检查内容：“本政策第十条”等引用所指的章节是否存在；引用第几条作为联系方式的，该条是否确为联系方式。

    为何重要：告知须真实、准确、完整；用户按引用找不到内容，尤其是找不到行使权利的途径，等于没有告知。

    如何处理：合规改正章节号，或补上缺少的章节。
    """,
)
def dangling_reference(paper: Paper) -> Iterator[Remark]:
    """What it does: looks whether the section a reference such as "article 10 of this policy" leads to is there, and, where
    it is given as the place of the contact, whether it is about that.

    Why it matters: what people are told must be true, accurate and complete; a reference that leads nowhere, above all
    one to the way to exercise rights, tells them nothing.

    How to put it right: correct the number, or add the section that is missing.
    """
    sections = top_sections(paper)
    if not sections:
        return
    present = {one.number.values for one in numbered(paper)}
    last = max(sections)
    contact = [number for number, title in sections.items() if _CONTACT_TITLE.search(title)]
    for passage, match in paper.find(_TO):
        parts = [chinese_number(part) for part in match[1].split(".")]
        values = tuple(part for part in parts if part is not None)
        if not values:
            continue
        words, line = match[0], passage.line_at(match.start())
        if (len(values) == 1 and values[0] not in sections) or (len(values) > 1 and values not in present and values[0] not in sections):
            yield Remark(
                subject=words,
                line=line,
                message=Text(
                    zh=f"文中引用“{words}”，但政策只有第 1 至第 {last} 部分",
                    en=f"“{words}” is referred to, but the policy has only sections 1 to {last}",
                ),
                todo=Owner.LEGAL.step(zh="改正章节号，或补上缺少的章节", en="correct the number, or add what is missing"),
            )
        elif len(values) == 1 and contact and values[0] not in contact and _is_contact(passage, match):
            yield Remark(
                subject=words,
                line=line,
                confidence=Confidence.MEDIUM,
                severity=Severity.LOW,
                message=Text(
                    zh=f"文中称联系方式见“{words}”，但该部分是“{sections[values[0]]}”，联系方式在第 {contact[-1]} 部分",
                    en=f"“{words}” is given as the place of the contact, but that section is “{sections[values[0]]}”;"
                    f" the contact is in section {contact[-1]}",
                ),
                todo=Owner.LEGAL.step(zh="改正章节号", en="correct the number"),
            )


def _is_contact(passage: Passage, match: re.Match[str]) -> bool:
    """Tell whether the words right after a reference call it the way to get in touch."""
    return _CONTACT.match(passage.text, match.end()) is not None
