"""Permissions the build asks for and no code of it can use."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, FactKind, Owner, Platform, SdkTier, Severity, State, Table, Text
from auditor.rules._limits import ABSENCE
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="申请了权限，但未见能使用它的代码", en="A permission is asked for that no code can use"),
    severity=Severity.LOW,
    limits=ABSENCE,
    cites=("PIPL-6", "TC260-PG-20204A"),
    zh="""
    检查内容：安装包申请的危险权限和特殊权限中，哪些没有任何代码（含第三方 SDK、支持库和参数不明的调用）能够使用。
    只看使用方式全部为系统调用的权限（位置、相机、麦克风、通讯录、短信、电话等）；存储、通知、悬浮窗等另有用法的不看。
    包内有无法读取的代码、或包内某个 SDK 已知会申请该权限或读取相应信息时，不作判断；含原生库时可信度为低，因为原生代码也可能使用。

    为何重要：不得申请与业务功能无关的权限；没有代码使用的权限多是遗留或由依赖带入的。

    如何处理：研发确认后从清单中移除；由依赖带入的，用 tools:node="remove" 去除。
    """,
)
def permission_unused(case: Case) -> Iterator[Claim]:
    """What it does: names the dangerous and special permissions the build asks for that no code can use: neither the app's,
    nor an SDK's, nor a support library's, nor a call whose argument is not shown. Only permissions that are used by calls
    alone are looked at (location, camera, microphone, contacts, messages, phone); those used in other ways too (storage,
    notifications, overlays) are not. Nothing is said where code could not be read, nor where an SDK of the build is known to
    ask for the permission or to read what it opens; with native libraries the confidence is low, as native code may use it.

    Why it matters: no permission may be asked for that no function needs; one that no code uses is mostly a leftover, or came
    with a dependency.

    How to put it right: remove it from the manifest; with tools:node="remove" where a dependency brings it.
    """
    if case.build is None or case.build.identity.platform is not Platform.ANDROID or Table.DATA in case.hidden or not case.build.code:
        return
    native = bool(case.build.of(FactKind.NATIVE_LIBRARY))
    collected = _collected_by_sdks(case)
    for row in case.table(Table.PERMISSIONS):
        known = case.knowledge.permissions.get(row.subject)
        if known is None or not known.by_calls or not row.found or row.state is State.NOT_APPLICABLE:
            continue
        if row.used_by or row.asked_by or collected & set(known.data):
            continue
        yield Claim(
            subject=row.subject,
            confidence=Confidence.LOW if native else Confidence.MEDIUM,
            evidence=row.found,
            declared=row.declared.location if row.declared else case.declaration.heading(Table.PERMISSIONS),
            policy=row.declared.policy if row.declared else None,
            message=Text(
                zh=f"安装包申请了权限 {row.subject}（{known.label.zh}），未见能使用它的代码"
                + ("；原生库中的代码未核对" if native else ""),
                en=f"The build asks for {row.subject} ({known.label.en}), and no code was found that can use it"
                + ("; native libraries were not looked into" if native else ""),
            ),
            steps=(
                Owner.PRODUCT.step(zh="确认没有功能需要该权限", en="make sure that no function needs it"),
                Owner.ENGINEERING.step(zh="从清单中移除该权限", en="then remove it from the manifest"),
                Owner.LEGAL.step(zh="政策中相应删去", en="remove it from the policy likewise"),
            ),
        )


def _collected_by_sdks(case: Case) -> set[str]:
    """Return what the SDKs of the build are known to collect, by calls seen or in ways that cannot be seen."""
    there = [row.sdk for row in case.table(Table.SDKS) if row.sdk is not None and row.sdk.tier > SdkTier.NAMED]
    return {type_ for sdk in there if sdk.id in case.knowledge.sdks for type_ in case.knowledge.sdks[sdk.id].collects}
