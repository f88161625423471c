"""What the policy declares and the build does not have."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Owner, Row, Severity, State, Table, Text
from auditor.rules._limits import ABSENCE
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_WHAT = {
    Table.PERMISSIONS: Text(zh="权限", en="permission"),
    Table.USAGE_KEYS: Text(zh="用途说明键", en="usage key"),
    Table.HARMONY_PERMISSIONS: Text(zh="HarmonyOS 权限", en="HarmonyOS permission"),
    Table.SDKS: Text(zh="第三方 SDK", en="third-party SDK"),
}
"""Data types are not among them: what the user types and what the network tells leaves no trace in a build."""


@rule(
    title=Text(zh="政策已声明但包内未见", en="Declared in the policy, not found in the build"),
    severity=Severity.LOW,
    limits=ABSENCE,
    cites=("PIPL-17",),
    zh="""
    检查内容：政策列出的权限、用途说明键和 SDK 中，哪些在本安装包内没有找到。包内有无法读取的部分时不作判断。

    为何重要：政策常为多个版本或平台合并书写，多列不等于违反规定；但与实际不符的清单会让用户误解收集范围，也可能是删除功能后忘记更新。

    如何处理：研发确认该功能是否仍在本版本或其他平台使用；不再使用的，由合规从政策中删去，或注明适用的版本与平台。
    """,
)
def declared_not_found(case: Case) -> Iterator[Claim]:
    """What it does: lists what the policy declares (permissions, usage keys, SDKs) and this build does not hold.
    Nothing is said where part of the build could not be read.

    Why it matters: policies are often written for several versions and platforms at once, so declaring more is no fault
    in itself; but a list that does not fit the app misleads its readers, and may have been forgotten after a change.

    How to put it right: check whether the function is still there in this version or on another platform; if not,
    remove the row or say which version and platform it is for.
    """
    for row in case.rows:
        if row.state is not State.NOT_FOUND or row.declared is None or row.table not in _WHAT:
            continue
        what = _WHAT[row.table]
        name = _name(row, case)
        yield Claim(
            subject=row.subject,
            confidence=Confidence.MEDIUM,
            declared=row.declared.location,
            policy=row.declared.policy,
            message=Text(
                zh=f"政策声明了{what.zh} {name.zh}，本安装包内未见。是否已不再使用，或仅用于其他版本？",
                en=f"The policy declares the {what.en} {name.en}, which this build does not have."
                " Is it no longer used, or used in other versions only?",
            ),
            steps=(
                Owner.ENGINEERING.step(zh="确认该项是否仍在使用", en="check whether it is still used"),
                Owner.LEGAL.step(
                    zh="不再使用的，更新政策，或注明适用的平台和版本",
                    en="where it is not, update the policy, or name the platforms and versions it is for",
                ),
            ),
        )


def _name(row: Row, case: Case) -> Text:
    """Return what people call the subject, beside its identifier."""
    sdk = case.knowledge.sdks.get(row.subject) if row.table is Table.SDKS else None
    known = case.knowledge
    permission = known.permissions.get(row.subject) if row.table is Table.PERMISSIONS else known.harmony_permissions.get(row.subject)
    if sdk is not None:
        return Text(zh=f"“{sdk.name.zh}”", en=f"“{sdk.name.en}”")
    if permission is not None and permission.label.zh:
        return Text(zh=f"{row.subject}（{permission.label.zh}）", en=f"{row.subject} ({permission.label.en})")
    return Text(zh=row.subject, en=row.subject)
