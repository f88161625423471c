"""Permissions a build asks for and the policy does not declare."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.knowledge.schema import HarmonyLevel, HarmonyPermissionKnowledge, PermissionKnowledge, ProtectionLevel
from auditor.model import Fact, FactKind, Owner, Row, Severity, State, Table, Text
from auditor.rules._limits import ASKING
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_permission
from auditor.tables import Case


@rule(
    title=Text(zh="安装包申请的权限未在政策中声明", en="A permission the build asks for is not declared"),
    severity=Severity.HIGH,
    limits=ASKING,
    cites=("CAC191-2.1", "PIPL-17"),
    zh="""
    检查内容：AndroidManifest.xml（HarmonyOS：module.json）申请的每项权限是否在政策的权限表中。危险权限和需在设置页单独授权的
    特殊权限为高；普通权限但可读取个人信息（如 QUERY_ALL_PACKAGES）为中；其他普通、签名、厂商及应用自定义权限只在表中列出，不列为问题。
    HarmonyOS 以需用户授权的为高，可读取个人信息的 normal 级系统授权权限为中，其余只在表中列出。
    从不生效的权限（如 maxSdkVersion 低于最低支持版本）、被已声明权限涵盖的权限，以及申请了 BIND_… 权限但没有对应服务的，不列为问题。

    为何重要：用户和监管部门以政策中的权限表判断应用可能收集什么；申请而未声明，即未逐一列出收集使用的方式和范围。

    如何处理：研发确认是否需要该权限，不需要的从清单中移除（由 SDK 合并进来的可用 tools:node="remove" 去除）；
    确需使用的，由合规在政策权限表中补充该权限及其使用场景和目的。
    """,
)
def undeclared_permission(case: Case) -> Iterator[Claim]:
    """What it does: compares every permission of AndroidManifest.xml (HarmonyOS: module.json) with the policy's table. Dangerous
    permissions and those granted on a settings page are high; normal ones that open personal data (QUERY_ALL_PACKAGES)
    are medium; other normal, signature, vendor and app-defined ones stand in the table without a finding, as do those
    that can never be granted (maxSdkVersion below the minimum), those a declared permission covers, and a BIND_…
    permission asked for by an app without a service of that kind. Of HarmonyOS, those the user grants are high, and those
    of level normal that open personal data medium.

    Why it matters: users and regulators judge by the policy's table what an app may collect; asking for more than it
    lists means that the ways and scope of collection are not listed one by one.

    How to put it right: declare the permission with its purpose, or remove it from the manifest (tools:node="remove"
    for one that a library merges in).
    """
    for row in (*case.table(Table.PERMISSIONS), *case.table(Table.HARMONY_PERMISSIONS)):
        known = _known(row, case)
        if row.state is not State.UNDECLARED or known is None:
            continue
        severity = _severity(known)
        if severity is None:
            continue
        name = row.subject.rpartition(".")[2]
        manifest = _MANIFESTS[row.table]
        services = _services(case, row.subject)
        if name.startswith("BIND_") and not services:
            continue  # the system alone is granted it: asking for it opens nothing, answering to it does
        askers = [_asker(id_, case) for id_ in row.asked_by]
        zh_by = f"（已知“{'”“'.join(one.zh for one in askers)}”的清单会带入）" if askers else ""
        en_by = f" ({', '.join(one.en for one in askers)} is known to bring it in)" if askers else ""
        ask_vendor = (
            Owner.VENDOR.step(
                zh="说明其 SDK 为何申请该权限，不申请能否使用", en="say what the SDK asks for it for, and whether it works without"
            ),
        )
        yield Claim(
            subject=row.subject,
            severity=severity,
            evidence=(*row.found, *services),
            declared=case.declaration.heading(row.table),
            message=Text(
                zh=f"安装包申请了{_kind(known).zh} {name}（{known.label.zh or name}），政策的权限表未列出",
                en=f"The build asks for the {_kind(known).en} {name} ({known.label.en or name}),"
                f" which {_opens(known)}the policy does not list",
            ),
            steps=(
                Owner.PRODUCT.step(zh="确认哪项功能需要该权限", en="say which function needs it"),
                Owner.ENGINEERING.step(
                    zh=f"确认代码是否需要该权限{zh_by}，不需要的从 {manifest.zh} 中移除",
                    en=f"check whether code needs it{en_by}, and remove it from {manifest.en} if not",
                ),
                *(ask_vendor if askers else ()),
                Owner.LEGAL.step(
                    zh="确需使用的，在政策权限表中补充该权限及其使用场景和目的",
                    en="if it is needed, add it with its purpose to the policy's table",
                ),
            ),
            wording=of_permission(row.subject, case),
        )


_MANIFESTS = {
    Table.PERMISSIONS: Text(zh="AndroidManifest.xml", en="the manifest"),
    Table.HARMONY_PERMISSIONS: Text(zh="module.json5", en="module.json5"),
}
"""Where permissions are asked for."""


def _asker(id_: str, case: Case) -> Text:
    """Return the name of an SDK, or of a library that is none, which a merger report names by its coordinates."""
    sdk = case.knowledge.sdks.get(id_)
    return Text(zh=id_, en=id_) if sdk is None else sdk.name


def _known(row: Row, case: Case) -> PermissionKnowledge | HarmonyPermissionKnowledge | None:
    if row.table is Table.PERMISSIONS:
        return case.knowledge.permissions.get(row.subject)
    return case.knowledge.harmony_permissions.get(row.subject)


def _services(case: Case, permission: str) -> tuple[Fact, ...]:
    """Return the components that only the holder of ``permission`` may bind."""
    if case.build is None:
        return ()
    return tuple(fact for fact in case.build.of(FactKind.COMPONENT) if fact.trait("permission") == permission)


def _severity(known: PermissionKnowledge | HarmonyPermissionKnowledge) -> Severity | None:
    if _is_grave(known):
        return Severity.HIGH
    ordinary = known.level is HarmonyLevel.NORMAL if isinstance(known, HarmonyPermissionKnowledge) else _is_normal(known)
    return Severity.MEDIUM if ordinary and known.data else None


def _is_grave(known: PermissionKnowledge | HarmonyPermissionKnowledge) -> bool:
    """Tell whether the user is the one to grant it."""
    if isinstance(known, HarmonyPermissionKnowledge):
        return known.by_user and not known.system
    return known.level is ProtectionLevel.DANGEROUS or known.special_access


def _is_normal(known: PermissionKnowledge) -> bool:
    return known.level is ProtectionLevel.NORMAL and not known.vendor


def _opens(known: PermissionKnowledge | HarmonyPermissionKnowledge) -> str:
    return "" if _is_grave(known) else "opens personal data and which "


def _kind(known: PermissionKnowledge | HarmonyPermissionKnowledge) -> Text:
    if isinstance(known, HarmonyPermissionKnowledge):
        if known.by_user:
            return Text(zh=f"用户授权权限（{known.grant.value}）", en=f"permission granted by the user ({known.grant.value})")
        return Text(zh="可读取个人信息的系统授权权限", en="permission granted by the system")
    if known.level is ProtectionLevel.DANGEROUS:
        return Text(zh="危险权限", en="dangerous permission")
    if known.special_access:
        return Text(zh="特殊权限", en="special-access permission")
    return Text(zh="可读取个人信息的普通权限", en="normal permission")
