"""iOS usage strings that ask for something and name no purpose."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.rules._limits import ASKING
from auditor.rules._purposes import app_names, only_asks, quoted, shown_texts
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_usage_key
from auditor.tables import Case


@rule(
    title=Text(zh="用途说明没有说出用途", en="A usage string names no purpose"),
    severity=Severity.LOW,
    limits=ASKING,
    cites=("ASRG-5.1.1-ii",),
    zh="""
    检查内容：NS…UsageDescription（HarmonyOS：权限的申请理由）的中文或英文文字，除去应用名称、所请求的资源（相机、位置等）
    和请求用语（需要访问、以便正常使用等）后，是否还剩下任何内容；什么都不剩，就是只说了要什么、没说做什么。空文字和占位符由“用途说明为空或没有内容”报告。

    为何重要：该文字显示在系统授权弹窗中；App Store 审核指南要求清楚、完整地说明数据用途，此类文字常被拒审。

    如何处理：研发写明具体功能，例如“用于扫描商品二维码”，并补齐各语言。
    """,
)
def usage_string_vague(case: Case) -> Iterator[Claim]:
    """What it does: takes the Chinese or English text of an NS…UsageDescription key (HarmonyOS: of a permission's reason) and
    leaves out the app's name, what is asked for (camera, location) and the words of asking (needs access to, to work
    properly). Where nothing is left, the text says what is wanted and not what for. Empty texts and placeholders are left to
    "A usage string is empty".

    Why it matters: the text is shown in the system's dialogue; App Review asks for a clear and complete description of how
    the data is used, and such texts are often rejected.

    How to put it right: name the feature ("To scan product codes"), in each language.
    """
    names = app_names(case)
    for row, shown in shown_texts(case):
        facts = tuple(fact for fact in shown if only_asks(fact.value, row.subject, names, case.knowledge))
        if not facts:
            continue
        texts = " / ".join(dict.fromkeys(quoted(fact.value) for fact in facts))
        yield Claim(
            subject=row.subject,
            confidence=Confidence.MEDIUM,
            evidence=facts,
            declared=row.declared.location if row.declared else None,
            policy=row.declared.policy if row.declared else None,
            message=Text(
                zh=f"{row.subject} 只说要什么，没有说做什么：“{texts}”",
                en=f"{row.subject} says what is asked for, not what for: “{texts}”",
            ),
            steps=(
                Owner.PRODUCT.step(zh="定稿该用途说明", en="settle what the text is to say"),
                Owner.ENGINEERING.step(
                    zh="写明具体功能，例如“用于扫描商品二维码”，与政策中的目的一致",
                    en="name the feature (“To scan product codes”), as the policy does",
                ),
            ),
            wording=of_usage_key(row.subject, case),
        )
