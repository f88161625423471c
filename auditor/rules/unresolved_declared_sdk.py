"""Declared SDKs whose name means nothing that could be looked for."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.rules._limits import WORDS
from auditor.rules._naming import called
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="声明的 SDK 无法对应到具体产品", en="A declared SDK names no product that is known"),
    severity=Severity.MEDIUM,
    limits=WORDS,
    cites=("CAC191-2.1", "PIPL-23"),
    document=True,
    zh="""
    检查内容：政策 SDK 清单中的名称或包名能否对应到具体的第三方 SDK。

    为何重要：名称含糊（如“应用安全SDK”）时，用户和监管部门无从知道接收方是谁，也无法在安装包中核对。
    写有包名且写明名称、提供方或链接的，可能只是本工具的知识库未收录，可信度为低。

    如何处理：合规写明 SDK 的产品全名、提供方和包名；已人工确认所指产品的，在声明的 id 中写上标准名称。
    """,
)
def unresolved_declared_sdk(case: Case) -> Iterator[Claim]:
    """What it does: tells which rows of the policy's SDK list name no third-party SDK that is known.

    Why it matters: behind a vague name ("app security SDK") nobody can tell who receives the data, nor look for it in
    the build. A row with a package and a name, provider or link may merely be missing in the auditor's knowledge:
    its confidence is low.

    How to put it right: write the product's full name, its provider and package; where a person has made sure which
    one is meant, write its canonical id into the declaration.
    """
    for row in case.declaration.sdks:
        if row.id or case.resolutions[row].ids:
            continue
        name = called(row)
        identified = bool(row.package and (row.name or row.vendor or row.url))
        yield Claim(
            subject=row.written,
            confidence=Confidence.LOW if identified else Confidence.HIGH,
            declared=row.location,
            policy=row.policy,
            message=Text(
                zh=f"政策所列 SDK {name.zh}无法对应到已知的第三方 SDK，未能在安装包中核对",
                en=f"The SDK {name.en} of the policy is no third-party SDK known here, so no build can be searched for it",
            ),
            steps=(_BY_HAND if identified else _BE_CLEAR,),
        )


_BE_CLEAR = Owner.LEGAL.step(
    zh="在政策中写明该 SDK 的产品全名、提供方和包名",
    en="write the full product name, the provider and the package of the SDK",
)
_BY_HAND = Owner.REVIEWER.step(
    zh="知识库可能未收录该 SDK，请人工核对安装包；能对应到已收录 SDK 的，在声明的 id 中写明",
    en="it may merely be unknown to the auditor; look for it by hand, or write its id into the declaration"
    " if it is one of those known under another name",
)
