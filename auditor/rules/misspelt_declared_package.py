"""Package names in the policy that are no package of the SDK meant."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.rules._limits import WORDS
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="SDK 包名书写有误", en="An SDK's package is misspelt"),
    severity=Severity.LOW,
    limits=WORDS,
    document=True,
    zh="""
    检查内容：政策所写的 SDK 包名是否为该 SDK 真实的包名。

    为何重要：检测机构按包名核对 SDK 清单；写错后，按政策在安装包中查不到该 SDK。

    如何处理：合规改为该 SDK 官方文档中的包名。
    """,
)
def misspelt_declared_package(case: Case) -> Iterator[Claim]:
    """What it does: looks whether the package written in a row of the SDK list is a real package of that SDK.

    Why it matters: the package is what the list is checked by; with a typo in it, nobody finds the SDK by the policy.

    How to put it right: write the package as the SDK's own documentation has it.
    """
    for row in case.declaration.sdks:
        suggestion = case.resolutions[row].suggestion
        if not suggestion or not row.package:
            continue
        yield Claim(
            subject=row.package,
            confidence=Confidence.MEDIUM,
            declared=row.location,
            policy=row.policy,
            message=Text(
                zh=f"政策所写的包名 {row.package} 不是该 SDK 的包名，是否应为 {suggestion}？",
                en=f"The package {row.package} in the policy is not one of that SDK; is {suggestion} meant?",
            ),
            steps=(Owner.LEGAL.step(zh=f"把 {row.package} 改为 {suggestion}", en=f"write {suggestion} for {row.package}"),),
        )
