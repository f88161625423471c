"""Policies that do not say since when they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Remark, lint

_DATE = re.compile(
    r"(?:19|20)\d{2}\s?(?:年\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?[日号])?|[-./]\s?\d{1,2}\s?[-./]\s?\d{1,2})|[二〇○零]{2,4}[〇○零一二三四五六七八九]{1,3}年"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?20\d{2}"
    r"|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?,?\s+20\d{2}"
)
_DATED = re.compile(
    r"生效|更新|发布|修订|公布|施行|实施|版本|日期|effective|updated|revised|last\s+modified|as of|version|date", re.IGNORECASE
)
_EDGE = 60
"""Passages at either end among which a date may stand without words."""


@lint(
    title=Text(zh="政策未注明更新或生效日期", en="The policy has no effective or updated date"),
    severity=Severity.MEDIUM,
    cites=("CAC191-2.2", "PIPL-17"),
    zh="""
    检查内容：隐私政策是否写明生效日期、更新日期或发布日期。

    为何重要：没有日期，用户无法得知规则何时变更，也无法与所用版本对应。

    如何处理：合规在政策开头写明更新日期和生效日期。
    """,
)
def policy_undated(paper: Paper) -> Iterator[Remark]:
    """What it does: looks for the date on which the policy takes effect, was updated or was published.

    Why it matters: without one nobody can tell when the rules changed, or which version an app goes with.

    How to put it right: write the updated and the effective date at the top of the policy.
    """
    passages = paper.passages
    for index, passage in enumerate(passages):
        for match in _DATE.finditer(passage.text):
            before = passages[index - 1].text[-12:] if index else ""
            around = before + passage.text[max(match.start() - 24, 0) : match.end() + 16]
            # a date alone on its line near the start or end is the policy's own
            alone = len(passage.line_at(match.start()).text) <= match.end() - match.start() + 4
            if _DATED.search(around) or (alone and (index < _EDGE or index >= len(passages) - _EDGE)):
                return
    yield Remark(
        subject="effective-date",
        message=Text(
            zh="政策全文没有生效日期、更新日期或发布日期",
            en="The policy gives no date on which it takes effect, was updated or was published",
        ),
        todo=Owner.LEGAL.step(zh="在政策开头写明更新日期和生效日期", en="write the updated and effective dates at its top"),
        confidence=Confidence.MEDIUM if paper.document.gaps else Confidence.HIGH,
    )
