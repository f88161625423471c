"""Personal data the build's code can collect and the policy does not list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model import Collection, DeclaredSdk, Owner, OwnerKind, Row, Severity, State, Table, Text
from auditor.rules._data import UNTOLD, evidence_of, fitting, grave, shown, sure, type_name, who
from auditor.rules._limits import RUNNING
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_data
from auditor.tables import Case

_CITES = ("CAC191-2.1", "MIIT164-1", "PIPL-17", *UNTOLD)


@rule(
    title=Text(zh="安装包可收集的个人信息未在政策中声明", en="Personal data the build can collect is not declared"),
    severity=Severity.HIGH,
    limits=RUNNING,
    cites=_CITES,
    zh="""
    检查内容：安装包（含第三方 SDK）的代码能够读取的每一类个人信息，政策是否逐一列出。只计有调用、能得到结果、且知道参数的读取；
    支持库的调用、缺少所需权限的调用、参数不明的调用不据此下结论。申明某项权限的，视为已声明该权限直接对应的信息。

    严重程度：设备标识、位置、通讯录等为高；传感器、IP 地址等为中；机型、运营商等环境信息为低。
    政策只有“设备信息”“设备标识符”之类笼统的词，或应用自身收集而政策只列在 SDK 名下的，最高为中：政策有所涉及，但未逐一列出。

    为何重要：收集使用规则须逐一列出收集的个人信息，包括嵌入的第三方代码收集的；未列出而收集是监管通报最常见的问题。
    涉及敏感个人信息的，另引《个人信息保护法》第二十八条和第三十条。

    如何处理：研发按所列类、方法和位置确认该调用是否需要，不需要的删除或关闭 SDK 的相应开关；
    确需收集的，由合规在政策中写明种类、目的和方式。
    """,
)
def undeclared_data(case: Case) -> Iterator[Claim]:
    """What it does: for every kind of personal data that code of the build, SDKs included, can read, looks whether the
    policy lists it. Only calls count that can succeed and whose data is known: not those of support libraries, nor
    those without the permission they need, nor those whose argument is not shown. To declare a permission is to declare
    the data it directly opens.

    Severity: high for device identifiers, location, contacts and the like, medium for sensors or IP addresses, low
    for context such as the device's model. At most medium where the policy has general words only ("device
    information"), or where the app collects what the policy lists for SDKs alone: it is touched, but not listed.

    Why it matters: the rules of collection must list the personal data one by one, including what embedded third-party
    code collects; collecting what is not listed is what notices of the authorities are most often about. Where the data is
    sensitive personal information, Art. 28 and 30 of the Personal Information Protection Law are cited as well.

    How to put it right: check by class, method and place whether the call is needed; if not, remove it, or switch the
    SDK's collection off; if it is, the policy has to tell kind, purpose and manner.
    """
    for row in case.table(Table.DATA):
        if row.denied_by or row.state not in (State.UNDECLARED, State.DIFFERS):
            continue
        collectors = shown(row)
        severity = _severity(row, collectors)
        if severity is Severity.INFO:
            continue
        name = type_name(row.subject, case)
        owners = who(collectors, case)
        gap = _gap(row)
        yield Claim(
            subject=row.subject,
            table=Table.DATA,
            severity=severity,
            confidence=sure(collectors),
            cites=fitting(_CITES, [row.subject], case),
            evidence=evidence_of(collectors),
            declared=row.declared.location if row.declared else case.declaration.heading(Table.DATA),
            policy=row.declared.policy if row.declared else None,
            message=Text(
                zh=f"安装包的代码可读取“{name.zh}”（{owners.zh}），{gap.zh}",
                en=f"Code of the build can read “{name.en}” ({owners.en}); {gap.en}",
            ),
            steps=(
                Owner.PRODUCT.step(zh="确认哪项功能需要该信息", en="say which function needs it"),
                Owner.ENGINEERING.step(
                    zh="按证据所列位置确认是否需要读取，不需要的删除调用或关闭 SDK 的相应功能",
                    en="check at the places named whether it is needed; if not, remove the call or switch the SDK's collection off",
                ),
                *(_ASK_VENDOR if any(one.owner is OwnerKind.SDK for one in collectors) else ()),
                Owner.LEGAL.step(
                    zh="确需收集的，在政策中逐一写明种类、目的和方式",
                    en="if it is needed, list it in the policy with purpose and manner",
                ),
            ),
            wording=of_data(row.subject, collectors, case),
        )


_ASK_VENDOR = (
    Owner.VENDOR.step(
        zh="说明其 SDK 为何读取该信息，以及如何关闭", en="say what the SDK reads it for, and how to switch that off"
    ),
)


def _severity(row: Row, collectors: Sequence[Collection]) -> Severity:
    """Return how bad it is: what the calls say, at most medium where the policy touches the data at all."""
    if row.state is State.UNDECLARED:
        return grave(collectors)
    if isinstance(row.declared, DeclaredSdk):
        own = [one for one in collectors if one.owner is OwnerKind.APP]
        return min(grave(own), Severity.MEDIUM) if own else min(grave(collectors), Severity.LOW)
    return min(grave(collectors), Severity.MEDIUM)


def _gap(row: Row) -> Text:
    if row.state is State.UNDECLARED or row.declared is None:
        return Text(zh="政策未列出", en="the policy does not list it")
    if isinstance(row.declared, DeclaredSdk):
        return Text(zh="政策只在第三方 SDK 的条目中列出", en="the policy lists it in rows of SDKs only")
    words = row.declared.text if hasattr(row.declared, "text") else ""
    return Text(
        zh=f"政策只有笼统的表述“{words}”，未逐一列出", en=f"the policy has only the general words “{words}” and does not list it"
    )
