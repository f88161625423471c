"""Protected resources an iOS build describes a use of and the policy does not declare."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Owner, Severity, State, Table, Text
from auditor.rules._limits import ASKING
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_permission
from auditor.tables import Case


@rule(
    title=Text(zh="安装包的用途说明键未在政策中声明", en="A usage-description key of the build is not declared"),
    severity=Severity.HIGH,
    limits=ASKING,
    cites=("CAC191-2.1", "PIPL-17"),
    zh="""
    检查内容：应用、扩展和手表应用 Info.plist 中的每个 NS…UsageDescription 键是否在政策的 iOS 权限表中。

    为何重要：应用须有用途说明键，系统才会弹窗询问用户并开放该资源；键在包内而不在政策中，即政策未逐一列出收集使用的方式和范围。

    如何处理：研发确认是否使用，不使用的从 Info.plist 中删除，并确认没有代码调用；确需使用的，由合规在政策的 iOS 权限表中补充该键及其目的。
    """,
)
def undeclared_usage_key(case: Case) -> Iterator[Claim]:
    """What it does: compares every NS…UsageDescription key in the Info.plist of app, extensions and watch app with the
    policy's table of iOS permissions.

    Why it matters: the system opens a protected resource only to an app that has the key; a key in the build that the
    policy does not list means that the ways and scope of collection are not listed one by one.

    How to put it right: declare the key with its purpose, or remove it from Info.plist once no code needs it.
    """
    for row in case.table(Table.USAGE_KEYS):
        if row.state is not State.UNDECLARED:
            continue
        known = case.knowledge.usage_keys.get(row.subject)
        label = known.label if known else Text(zh="", en="")
        yield Claim(
            subject=row.subject,
            evidence=row.found,
            declared=case.declaration.heading(Table.USAGE_KEYS),
            message=Text(
                zh=f"安装包含用途说明键 {row.subject}" + (f"（{label.zh}）" if label.zh else "") + "，政策的 iOS 权限表未列出",
                en=f"The build has the usage key {row.subject}" + (f" ({label.en})" if label.en else "")
                + ", which the policy does not list",
            ),
            steps=(
                Owner.PRODUCT.step(zh="确认哪项功能需要该权限", en="say which function needs it"),
                Owner.ENGINEERING.step(
                    zh="确认代码是否需要该键，不需要的从 Info.plist 中删除",
                    en="check whether code needs the key, and remove it from Info.plist if not",
                ),
                Owner.LEGAL.step(
                    zh="确需使用的，在政策的 iOS 权限表中补充该键及其目的",
                    en="if it is needed, add it with its purpose to the policy",
                ),
            ),
            wording=of_permission(row.subject, case),
        )
