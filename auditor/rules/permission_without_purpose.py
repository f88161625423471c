"""Declared permissions without a purpose."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import DeclaredPermission, DeclaredUsageKey, Owner, Severity, Text
from auditor.rules._limits import WORDS
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_permission
from auditor.tables import Case


@rule(
    title=Text(zh="声明的权限未写明目的", en="A declared permission has no purpose"),
    severity=Severity.MEDIUM,
    limits=WORDS,
    cites=("CAC191-2.1", "PIPL-17"),
    document=True,
    zh="""
    检查内容：政策权限表中的每项 Android、HarmonyOS 权限和 iOS 用途说明键是否写明使用场景或目的。
    与相邻行合并单元格、共用同一目的的，不列为问题。

    为何重要：收集使用个人信息的目的、方式、范围须逐一列出；只列权限名称，用户无法判断是否必要。

    如何处理：合规为每项权限写明在什么场景下、为何使用。
    """,
)
def permission_without_purpose(case: Case) -> Iterator[Claim]:
    """What it does: looks whether every Android or HarmonyOS permission and iOS usage key of the policy's tables has a
    purpose. A purpose shared with the row above through a merged cell counts.

    Why it matters: purpose, way and scope must be listed one by one; a bare name does not let anybody judge the need.

    How to put it right: say for each one in which situation and what for it is used.
    """
    declaration = case.declaration
    rows: list[tuple[str, DeclaredPermission | DeclaredUsageKey]] = [
        *((row.name, row) for row in declaration.permissions),
        *((row.name, row) for row in declaration.harmony_permissions),
        *((row.key, row) for row in declaration.usage_keys),
    ]
    for subject, row in rows:
        if row.purpose or row.purpose_shared_with:
            continue
        yield Claim(
            subject=subject,
            declared=row.location,
            policy=row.policy,
            message=Text(zh=f"政策声明了 {subject}，但未写明使用目的", en=f"The policy declares {subject} without a purpose"),
            steps=(Owner.LEGAL.step(zh="补充该权限的使用场景和目的", en="add when and what for it is used"),),
            wording=of_permission(subject, case),
        )
