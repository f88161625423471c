"""Third-party SDKs in a build that the policy does not declare."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import SdkTier, Severity, State, Table, Text
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="嵌入的第三方 SDK 未在政策中声明", en="An embedded third-party SDK is not declared"),
    severity=Severity.HIGH,
    cites=("CAC191-2.1", "PIPL-23", "MIIT164-1"),
    zh="""
    检查内容：包内有其代码、且能够收集个人信息的每个第三方 SDK 是否在政策的 SDK 清单中。属于已声明 SDK 组成部分的视为已涵盖；
    不收集个人信息的开源库（如网络、图片库）只列表；仅在清单或资源中出现名称、没有代码的不作发现。

    为何重要：191号文要求逐一列出委托的第三方或嵌入的第三方代码、插件收集使用个人信息的目的、方式、范围；
    向其他个人信息处理者提供个人信息须告知接收方。

    如何处理：在政策中补充该 SDK 的名称、提供方、收集的个人信息、目的和隐私政策链接；不再使用的，从依赖中移除。
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
        yield Claim(
            subject=sdk.id,
            confidence=sdk.confidence,
            evidence=sdk.evidence,
            declared=case.declaration.heading(Table.SDKS),
            message=Text(
                zh=f"安装包内有第三方 SDK「{name.zh}」（{vendor.zh}）的代码，政策的 SDK 清单未列出",
                en=f"The build holds code of the third-party SDK {name.en} ({vendor.en}), which the policy does not list",
            ),
            remedy=Text(
                zh=f"请在政策中补充「{name.zh}」的名称、提供方、收集的个人信息类型、使用目的及隐私政策链接；不再使用的，请从工程依赖中移除",
                en=f"Add {name.en} to the policy with provider, data collected, purpose and policy link, or remove the dependency",
            ),
        )
