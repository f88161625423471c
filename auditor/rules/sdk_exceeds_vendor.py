"""SDKs whose code can collect more than they are known to."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Table, Text
from auditor.rules._data import evidence_of, grave, of_sdk, types_named
from auditor.rules._limits import RUNNING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case, covered


@rule(
    title=Text(zh="SDK 可收集的信息超出已知范围", en="An SDK can collect more than it is known to"),
    severity=Severity.LOW,
    limits=RUNNING,
    cites=("PIPL-21",),
    zh="""
    检查内容：SDK 在本安装包中的代码可读取的信息，与知识库记载的该 SDK（依据服务商公示和已发布的版本）可收集的信息比对。
    机型等环境信息和 IP 地址等联网即知的信息不计。知识库可能有遗漏，故可信度为低。

    为何重要：与公示不符的 SDK 可能是旧版本、被修改的版本，或服务商公示不全；应用运营者对所集成的 SDK 负有评估和监督责任。

    如何处理：研发向服务商核实该版本的收集范围，升级或更换；合规据实更新政策。知识库有遗漏的，请反馈。
    """,
)
def sdk_exceeds_vendor(case: Case) -> Iterator[Claim]:
    """What it does: compares what an SDK's code in this build can read with what the auditor's knowledge (from the vendor's
    own notices and published versions) says that it can collect. Context such as the device's model is left out, and what
    every connection tells a server (IP address). The confidence is low, as that knowledge may lack something.

    Why it matters: an SDK that does more than its vendor says may be an old or a changed one, or the vendor's notice is
    incomplete; whoever builds an SDK in has to assess and supervise it.

    How to put it right: ask the vendor what this version collects; update or replace it. If the auditor's knowledge lacks
    something, tell us.
    """
    for sdk, found in sorted(of_sdk(case, case.table(Table.DATA)).items()):
        known = case.knowledge.sdks[sdk]
        beyond = sorted(
            (
                one
                for _, one in found
                if one.severity > Severity.LOW
                and one.type not in known.collects
                and not _is_told_anyway(one.type, case)
                and covered(one.type, known.collects, case.knowledge.data_covers) is None
            ),
            key=lambda one: (-one.severity, one.type),
        )
        if not beyond or grave(beyond) is Severity.INFO:
            continue
        types = types_named([one.type for one in beyond], case)
        yield Claim(
            subject=sdk,
            confidence=Confidence.LOW,
            evidence=evidence_of(beyond, each=2),
            message=Text(
                zh=f"{known.name.zh} 在安装包中的代码可读取：{types.zh}；已知该 SDK 不收集这些信息",
                en=f"The code of {known.name.en} in the build can read: {types.en}; the SDK is not known to collect it",
            ),
            steps=(
                Owner.VENDOR.step(
                    zh="说明该版本是否收集上述信息、用于什么、如何关闭",
                    en="say whether this version collects it, what for, and how to switch it off",
                ),
                Owner.ENGINEERING.step(
                    zh="向提供方核实该版本的收集范围，必要时升级或更换",
                    en="ask the vendor what this version collects, and update or replace it where needed",
                ),
                Owner.LEGAL.step(zh="据实更新政策", en="keep the policy to what it does"),
            ),
        )


def _is_told_anyway(type_: str, case: Case) -> bool:
    """Tell whether every connection tells a server the data, so that reading it says nothing new."""
    known = case.knowledge.data_types.get(type_)
    return known is not None and known.arises == "network"
