"""Third-party SDKs in a build that the policy does not declare."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Owner, SdkTier, Severity, State, Table, Text
from auditor.rules._limits import SWITCHES
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_sdk_row
from auditor.tables import Case


@rule(
    title=Text(zh="嵌入的第三方 SDK 未在政策中声明", en="An embedded third-party SDK is not declared"),
    severity=Severity.HIGH,
    limits=SWITCHES,
    cites=("CAC191-2.1", "PIPL-23", "MIIT164-1"),
    zh="""
    检查内容：包内有其代码、且能够收集个人信息的每个第三方 SDK 是否在政策的 SDK 清单中。属于已声明 SDK 组成部分的视为已涵盖；
    不收集个人信息的开源库（如网络、图片库）只在表中列出；仅在清单或资源中出现名称、没有代码的，不列为问题。

    为何重要：国信办秘字〔2019〕191号要求逐一列出委托的第三方或嵌入的第三方代码、插件收集使用个人信息的目的、方式、范围；
    向其他个人信息处理者提供个人信息，须向个人告知接收方。

    如何处理：研发确认是否仍在使用，不再使用的从依赖中移除；仍在使用的，由合规在政策中补充该 SDK 的名称、提供方、
    收集的个人信息类型、使用目的和隐私政策链接。
    """,
)
def undeclared_sdk(case: Case) -> Iterator[Claim]:
    """What it does: compares every third-party SDK whose code is in the build, and which is able to collect personal
    data, with the policy's SDK list. What ships as part of a declared SDK is covered; libraries that collect nothing
    stand in the table only; an SDK that is merely named (manifest, resources), without code, gives no finding.

    Why it matters: the purposes, ways and scope of collection by embedded third-party code must be listed one by one,
    and people must be told who receives their data.

    How to put it right: add name, provider, data collected, purpose and policy link of the SDK to the policy, or drop
    the dependency.
    """
    for row in case.table(Table.SDKS):
        sdk = row.sdk
        if row.state is not State.UNDECLARED or sdk is None or sdk.tier < SdkTier.BUNDLED:
            continue
        known = case.knowledge.sdks[sdk.id]
        if not known.collects:
            continue
        name, vendor = known.name, known.vendor
        sure = sdk.confidence > Confidence.LOW
        seems = Text(zh="", en="holds") if sure else Text(zh="疑似", en="seems to hold")
        first = Owner.REVIEWER.step(
            zh="先按证据核实该代码是否属于此 SDK", en="check by the evidence whether it is this SDK's code at all"
        )
        yield Claim(
            subject=sdk.id,
            confidence=sdk.confidence,
            evidence=sdk.evidence,
            declared=case.declaration.heading(Table.SDKS),
            message=Text(
                zh=f"安装包内{seems.zh}有第三方 SDK“{name.zh}”（提供方：{vendor.zh}）的代码，政策的 SDK 清单未列出",
                en=f"The build {seems.en} code of the third-party SDK {name.en} ({vendor.en}), which the policy does not list",
            ),
            steps=(
                *(() if sure else (first,)),
                Owner.ENGINEERING.step(
                    zh="确认是否仍在使用该 SDK，不再使用的从工程依赖中移除",
                    en="check whether the SDK is still used, and remove the dependency if not",
                ),
                Owner.LEGAL.step(
                    zh="仍在使用的，在政策的 SDK 清单中补充其名称、提供方、收集的个人信息类型、使用目的和隐私政策链接",
                    en="if it is used, add it to the policy with provider, data collected, purpose and policy link",
                ),
            ),
            wording=of_sdk_row(sdk.id, case),
        )
