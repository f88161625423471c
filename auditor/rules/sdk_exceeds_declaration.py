"""SDKs whose code can collect more than their rows in the policy say."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import DeclaredSdk, Owner, Row, Severity, Table, Text
from auditor.rules._data import UNTOLD, evidence_of, fitting, grave, of_sdk, sure, types_named
from auditor.rules._limits import RUNNING
from auditor.rules._naming import called
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_sdk_data
from auditor.tables import Case

_CITES = ("CAC191-2.1", "PIPL-23", "MIIT164-3", *UNTOLD)


@rule(
    title=Text(zh="SDK 可收集的信息超出政策对它的说明", en="An SDK can collect more than its row in the policy says"),
    severity=Severity.MEDIUM,
    limits=RUNNING,
    cites=_CITES,
    zh="""
    检查内容：政策 SDK 清单中写有收集信息种类的条目，与该 SDK 在本安装包中的代码可读取的信息逐一比对。
    条目未写种类的不比对（见 incomplete-sdk-row）；
    条目只写“设备信息”之类笼统的词的，其所指的设备标识等视为涉及。只涉及机型、运营商等环境信息的为低。

    为何重要：向第三方提供个人信息须告知种类；SDK 的实际行为以本安装包为准，服务商的公示只是参考。
    涉及敏感个人信息的，另引《个人信息保护法》第二十八条和第三十条。

    如何处理：研发核对 SDK 的版本和配置，关闭不需要的采集；合规按实际补充条目中的信息种类。
    """,
)
def sdk_exceeds_declaration(case: Case) -> Iterator[Claim]:
    """What it does: compares every row of the policy's SDK list that says what the SDK collects with what that SDK's code
    in this build can read. Rows that say nothing are not compared (see incomplete-sdk-row); general words such as
    "device information" count for the identifiers they may mean. Low where only context such as the device's model is
    missing.

    Why it matters: people must be told which kinds of data go to which third party; what counts is the code in this
    build, not what the vendor says of a version. Where sensitive personal information is among them, Art. 28 and 30 of the
    Personal Information Protection Law are cited as well.

    How to put it right: check version and configuration of the SDK and switch off what is not needed; complete the
    row with what is.
    """
    exceeding = [row for row in case.table(Table.DATA) if row.beyond]
    for sdk, found in sorted(of_sdk(case, exceeding).items()):
        beyond = [(row, one) for row, one in found if sdk in row.beyond]
        collections = sorted((one for _, one in beyond), key=lambda one: (-one.severity, one.type))
        severity = min(grave(collections), Severity.MEDIUM)
        if severity is Severity.INFO:
            continue
        declared = _row_of(sdk, case)
        name = case.knowledge.sdks[sdk].name
        types = types_named([one.type for one in collections], case)
        written = called(declared) if declared else Text(zh=f"“{name.zh}”", en=f"“{name.en}”")
        yield Claim(
            subject=sdk,
            severity=severity,
            confidence=sure(collections),
            cites=fitting(_CITES, [one.type for one in collections], case),
            evidence=evidence_of(collections, each=2),
            declared=declared.location if declared else case.declaration.heading(Table.SDKS),
            policy=declared.policy if declared else None,
            message=Text(
                zh=f"{name.zh} 在安装包中的代码还可读取：{types.zh}；政策中 {written.zh}的条目未列出",
                en=f"The code of {name.en} in the build can also read: {types.en}; the policy's row {written.en} does not list it",
            ),
            steps=(
                Owner.ENGINEERING.step(
                    zh="核对该 SDK 的版本与配置，关闭不需要的采集",
                    en="check the SDK's version and settings, and switch off what is not needed",
                ),
                Owner.VENDOR.step(
                    zh="说明该版本实际收集的信息种类，以及关闭采集的开关",
                    en="say what this version collects, and by which setting each kind is switched off",
                ),
                Owner.LEGAL.step(
                    zh="在该 SDK 的条目中补充其收集的信息种类",
                    en="complete the SDK's row with the kinds of data it collects",
                ),
            ),
            wording=of_sdk_data([one.type for one in collections], case),
        )


def _row_of(sdk: str, case: Case) -> DeclaredSdk | None:
    row: Row | None = next((row for row in case.table(Table.SDKS) if row.subject == sdk), None)
    return row.declared if row is not None and isinstance(row.declared, DeclaredSdk) else None
