"""Declared SDKs whose name means nothing that could be looked for."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Severity, Text
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="声明的 SDK 无法对应到具体产品", en="A declared SDK names no product that is known"),
    severity=Severity.MEDIUM,
    cites=("CAC191-2.1", "PIPL-23"),
    document=True,
    zh="""
    检查内容：政策 SDK 清单中的名称或包名能否对应到具体的第三方 SDK。

    为何重要：名称含糊（如“应用安全SDK”）时，用户和监管部门无从知道接收方是谁，也无法在安装包中核对。

    如何处理：写出 SDK 的产品全名、提供方和包名；已人工确认的，在声明的 id 中写上标准名称。
    """,
)
def unresolved_declared_sdk(case: Case) -> Iterator[Claim]:
    """What it does: tells which rows of the policy's SDK list name no third-party SDK that is known.

    Why it matters: behind a vague name ("app security SDK") nobody can tell who receives the data, nor look for it in
    the build.

    How to put it right: write the product's full name, its provider and package; where a person has made sure which
    one is meant, write its canonical id into the declaration.
    """
    for row in case.declaration.sdks:
        if row.id or case.resolutions[row].ids:
            continue
        yield Claim(
            subject=row.written,
            declared=row.location,
            policy=row.policy,
            message=Text(
                zh=f"政策所列 SDK「{row.written}」无法对应到已知的第三方 SDK，不能在安装包中核对",
                en=f"The SDK “{row.written}” of the policy is no third-party SDK known here and cannot be looked for in a build",
            ),
            remedy=Text(
                zh="请写明该 SDK 的产品全名、提供方和包名", en="Write the full product name, the provider and the package of the SDK"
            ),
        )
