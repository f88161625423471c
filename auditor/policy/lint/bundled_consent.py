"""Wording that takes the use of the app, or a consent to something else, for consent to the policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Passage, Remark, lint

_MEANS = (
    r"(?:[，,]?\s?(?:即|就|则|均)?(?:视为|视作|视同|默认|表示|代表|意味着?|表明)(?:您|用户|你)?(?:已经?|均|就)?"
    r"(?:(?:充分|仔细|完全|阅读|并|且|、|，|理解|了解|知悉|知晓|认可|自愿|接受和?|明确)){0,8}(?:同意|接受|认可))"
)
_USE = re.compile(
    r"(?:(?:一旦|如果?|若|只要|当)?(?:您|用户|你)?(?:在)?(?:我们)?[^。；！？]{0,30}?"
    r"(?:使用或(?:者)?(?:在[^。；]{0,16})?继续使用|开始使用|继续使用|安装|下载|注册|登录|浏览|访问)[^。；！？]{0,40}?)"
    + _MEANS
    + r"[^。；！？]{0,40}"
)
_OTHER = re.compile(
    r"(?:您|用户|你)?在?同意[^。；！？]{0,24}(?:协议|服务条款)[^。；！？]{0,10}" + _MEANS + r"[^。；！？]{0,40}(?:政策|隐私|条款)"
)
_ENGLISH = re.compile(
    r"by\s+(?:using|accessing|installing|downloading|continuing)[^.]{0,80}?"
    r"\b(?:you\s+(?:hereby\s+)?(?:agree|consent|accept)|constitutes)[^.]{0,60}",
    re.IGNORECASE,
)
_NOT = re.compile(r"不(?:代表|意味着?|表示|视为|等于)|并非|不会(?:被)?视为")


@lint(
    title=Text(zh="以使用行为或对其他协议的同意代替对政策的同意", en="Use, or consent to something else, is taken for consent"),
    severity=Severity.MEDIUM,
    cites=("PIPL-14",),
    zh="""
    检查内容：政策中是否有“使用或继续使用即表示同意”“同意用户协议即视为同意本政策”等捆绑式的同意条款。

    为何重要：个人的同意应当在充分知情的前提下自愿、明确作出；以使用行为或对其他协议的同意推定同意，不是明确的同意。

    如何处理：合规删去此类表述，改为由用户主动点选同意；政策有重大变更时重新取得同意。
    """,
)
def bundled_consent(paper: Paper) -> Iterator[Remark]:
    """What it does: looks for wording such as "by using the app you agree", or "agreeing to the terms of use counts as
    agreeing to this policy".

    Why it matters: consent must be informed, voluntary and explicit; consent that is inferred from use, or from a consent
    to something else, is not explicit.

    How to put it right: delete the wording, let people choose to agree, and ask anew when the policy changes materially.
    """
    seen: set[int] = set()
    for pattern in (_OTHER, _USE, _ENGLISH):
        for passage, match in paper.find(pattern):
            line = passage.line_at(match.start())
            if _NOT.search(match[0]) or line.line in seen or not _speaks_of_the_policy(passage, match):
                continue
            seen.add(line.line)
            words = passage.sentence(match.start(), match.end(), 20)
            yield Remark(
                subject=f"{match[0].strip('，, ')[:40]}",
                line=line,
                message=Text(zh=f"以捆绑方式推定同意：“{words}”", en=f"Consent is inferred from something else: “{words}”"),
                todo=Owner.LEGAL.step(
                    zh="删去该表述，改为由用户主动、明确作出同意",
                    en="delete the wording and let people agree by an act of their own",
                ),
                confidence=Confidence.MEDIUM,
            )


def _speaks_of_the_policy(passage: Passage, match: re.Match[str]) -> bool:
    """Tell whether what is agreed to is the policy or the handling of data, and no other thing."""
    tail = passage.text[match.start() : match.end() + 60]
    return re.search(r"政策|隐私|个人信息|信息|修订|变更|修改|更新|条款|polic|priva|terms", tail, re.IGNORECASE) is not None
