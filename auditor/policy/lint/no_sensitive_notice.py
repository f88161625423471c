"""Sensitive data named among the rest, as if it were like any other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Remark, lint

_SENSITIVE = re.compile(
    r"身份证(?:件)?(?:号码?|信息|照片)|人脸(?:识别)?(?:信息|特征|图像|数据)|指纹(?:信息|特征|数据)|声纹|虹膜"
    r"|面部(?:识别)?(?:特征|信息)|银行卡(?:号|信息)|行踪轨迹|精[准确](?:的)?(?:地理)?(?:位置|定位)"
    r"|健康(?:信息|数据|状况)|病历|宗教信仰|征信"
)
_HANDLED = re.compile(r"收集|采集|获取|读取|提供|提交|上传|填写|使用|处理|录入")
_DENIED = re.compile(r"不会|不得|不收集|未收集|无法|请勿|不应")
_SAID = re.compile(r"敏感(?:的)?(?:个人)?信息|个人敏感|敏感数据|单独同意|单独征[得求]|sensitive", re.IGNORECASE)


@lint(
    title=Text(zh="收集敏感个人信息而未单独说明", en="Sensitive data is collected and nothing set apart"),
    severity=Severity.LOW,
    cites=("PIPL-29", "PIPL-30"),
    zh="""
    检查内容：政策写明收集身份证号、人脸、银行卡号、行踪轨迹、精准位置等敏感个人信息时，全文是否提到“敏感个人信息”或单独同意。

    为何重要：处理敏感个人信息须取得单独同意，并另行告知必要性以及对个人权益的影响。

    如何处理：合规标明哪些属于敏感个人信息，写明必要性和影响，并在收集时单独征得同意。
    """,
)
def no_sensitive_notice(paper: Paper) -> Iterator[Remark]:
    """What it does: where the policy collects identity numbers, faces, bank cards, precise places and the like, looks whether
    it speaks of sensitive data or of separate consent anywhere.

    Why it matters: sensitive data takes separate consent, and people must be told why it is needed and what it may do to
    them.

    How to put it right: mark what is sensitive, say why it is needed, and ask for consent to it separately.
    """
    if paper.says(_SAID):
        return
    for passage, match in paper.find(_SENSITIVE):
        sentence = passage.sentence(match.start(), match.end())
        if not _HANDLED.search(sentence) or _DENIED.search(sentence):
            continue
        yield Remark(
            subject="sensitive-data",
            line=passage.line_at(match.start()),
            confidence=Confidence.MEDIUM,
            message=Text(
                zh=f"政策写明处理“{match[0]}”等敏感个人信息，但全文未提敏感个人信息或单独同意",
                en=f"“{match[0]}” is handled, which is sensitive; the policy speaks neither of sensitive data nor of separate consent",
            ),
            todo=Owner.LEGAL.step(
                zh="标明敏感个人信息，写明必要性和影响，并单独征得同意",
                en="mark what is sensitive, say why it is needed, and ask for consent to it separately",
            ),
        )
        return
